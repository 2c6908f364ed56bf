"""The softmax Jacobian, cell by cell, and how the rows that -y/y_hat weighs collapse to y_hat - y."""

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from utils.figures.gradient import TARGET, compact, named, target
from utils.figures.live import Handle, LiveFigure, own, tried
from utils.figures.logits import CLASSES, SCORES, SUBSCRIPTS, scores
from utils.figures.style import INK, PAPER, PURPLE, SHADE, number, signed
from utils.reference import softmax, softmax_jacobian

K = len(CLASSES)
SUM, WEIGHT, WEIGHTED = K - 0.1, K + 1.05, K + 2.1  # columns to the right of the Jacobian
TALLEST = 0.25  # no entry of a softmax Jacobian is larger


def jacobian_figure(jacobian=None, **start):
    """The live figure of the softmax Jacobian, and of dJ/dy_hat times it. Where the reader's own jacobian(theta),
    (4,) -> (4, 4), differs from the reference, its number stands in the cell as well.

    Keyword arguments say where it starts: theta_0 to theta_3, k (a class, by its name), softness, and the chosen cell's
    i and j.
    """
    return JacobianFigure(jacobian, **start)


class JacobianFigure(LiveFigure):
    title = "The Jacobian, and why it collapses"
    size = 8.6, 4.3
    controls = (
        *SCORES,
        *TARGET,
        Handle(("i", "j"), "cell of the Jacobian", (range(K),) * 2, (1, 0), place=lambda i, j: (j, i)),
    )

    def __init__(self, jacobian=None, **start):
        self.jacobian = own(jacobian, softmax_jacobian)
        super().__init__(**start)

    def build(self, figure):
        axes = figure.subplots()
        axes.set(xlim=(-1.8, WEIGHTED + K - 0.45), ylim=(6.1, -1.75))
        axes.axis("off")
        heads = {-1: "ŷᵢ", 0: "∂ŷᵢ/∂θⱼ", WEIGHT: "dJ/dŷᵢ", WEIGHTED: "row i, times dJ/dŷᵢ"}
        for x, words in heads.items():
            block = x in (0, WEIGHTED)
            place = {"x": x - 0.5 * block, "y": -1.35, "ha": "left" if block else "center"}
            axes.text(s=words, va="center", fontsize=12, fontweight="bold", **place)
        for i, name in enumerate(CLASSES):
            axes.text(-1.4, i, name, ha="right", va="center")
            for x in (i, WEIGHTED + i):
                axes.text(x, -0.75, name, ha="center", va="center")
        for x, y, words in ((SUM, -0.75, "sum"), (-1, SUM, "sum"), (WEIGHT, -0.75, "−yᵢ/ŷᵢ")):
            axes.text(x, y, words, ha="center", va="center")
        axes.text(WEIGHTED - 0.6, SUM, "dJ/dθ = ŷ − y", ha="right", va="center", fontweight="bold")

        self.entries = _cells(axes, 0, range(K))
        self.weighted = _cells(axes, WEIGHTED, range(K))
        self.totals = _cells(axes, WEIGHTED, [SUM])
        self.shares, self.weights, self.row_sums = ([_text(axes, x, i) for i in range(K)] for x in (-1, WEIGHT, SUM))
        self.column_sums = [_text(axes, j, SUM) for j in range(K)]
        frame = {"width": 0.94, "height": 0.94, "facecolor": "none", "edgecolor": INK, "linewidth": 3}
        self.frames = [axes.add_patch(Rectangle((0, 0), zorder=4, animated=True, **frame)) for _ in range(2)]
        self.formula = axes.text(-0.5, 5, "", va="center", fontsize=12, fontweight="bold", animated=True)
        self.outcome = axes.text(-0.5, 5.65, "", va="center", animated=True)
        self.verdict = axes.text(WEIGHTED + K - 0.5, 5.65, "", ha="right", va="center", color=PURPLE, animated=True)
        self.verdict.set_fontweight("bold")

    def update(self, state):
        y_hat, entries, weights = _product(state)
        weighted = weights[:, np.newaxis] * entries
        _fill(self.entries, entries, TALLEST)
        _fill(self.weighted, weighted, 1)
        _fill(self.totals, weighted.sum(axis=0), 1)
        for text, share in zip(self.shares, y_hat, strict=True):
            text.set_text(_fine(share))
        for texts, totals in ((self.row_sums, entries.sum(axis=1)), (self.column_sums, entries.sum(axis=0))):
            for text, total in zip(texts, totals, strict=True):
                text.set_text(number(total))
        for text, weight in zip(self.weights, weights, strict=True):
            text.set(text=compact(weight), fontweight="bold" if weight else "normal")

        i, j = int(state["i"]), int(state["j"])
        for frame, x in zip(self.frames, (j, WEIGHTED + j), strict=True):
            frame.set_xy((x - 0.47, i - 0.47))
        self.formula.set_text(_formula(y_hat, i, j))
        a = SUBSCRIPTS[i]
        outcome = f"times −y{a}/ŷ{a} = {compact(weights[i])}, it gives {_fine(weighted[i, j], '+')}"
        self.outcome.set_text(outcome + ("" if weights[i] else ": the row drops out"))
        if self.jacobian:
            mine, trouble = tried(self.jacobian, scores(state), shape=(K, K))
            wrong = ~_same(mine, entries)
            for (_, text), cell in zip(self.entries, np.ndindex(K, K), strict=True):
                marked = bool(wrong[cell]) and not trouble
                text.set_fontweight("bold" if marked else "normal")
                text.set_text(text.get_text() + (f"\n≠{_fine(mine[cell], '+')}" if marked else ""))
            self.verdict.set_text(f"yours {'stopped' if trouble else _verdict(wrong.sum())}")

    def twin(self, state):
        y_hat, entries, weights = _product(state)
        i, j = int(state["i"]), int(state["j"])
        rows = ", ".join(f"{name} {compact(weight)}" for name, weight in zip(CLASSES, weights, strict=True) if weight)
        sums = {number(total) for axis in (0, 1) for total in entries.sum(axis=axis)}
        sentence = (
            f"Row {CLASSES[i]}, column {CLASSES[j]}: {_formula(y_hat, i, j)}; each row and each column sums to "
            f"{' or '.join(sorted(sums))}; dJ/dŷ weighs the rows with {rows}{'' if weights.all() else ', all else 0'}, "
            f"and dJ/dθ = ŷ − y is {named(weights @ entries)}"
        )
        if self.jacobian:
            mine, trouble = tried(self.jacobian, scores(state), shape=(K, K))
            wrong = (~_same(mine, entries)).sum()
            sentence += f"; your function stopped: {trouble}" if trouble else f"; your function {_verdict(wrong)}"
        return sentence + "."


def _product(state):
    """y_hat, the Jacobian, and dJ/dy_hat = -y/y_hat, which weighs its rows."""
    theta = scores(state)
    y_hat = softmax(theta)
    return y_hat, softmax_jacobian(theta), -target(state["k"], state["softness"]) / y_hat


def _same(mine, entries):
    return np.isclose(mine, entries, rtol=0, atol=1e-6)


def _verdict(wrong):
    return f"differs in {wrong} of {K * K} cells" if wrong else "gives the same"


def _formula(y_hat, i, j):
    a, b, p, q = SUBSCRIPTS[i], SUBSCRIPTS[j], _digits(y_hat[i]), _digits(y_hat[j])
    if i == j:
        return f"i = j: ∂ŷ{a}/∂θ{a} = ŷ{a}(1 − ŷ{a}) = {p} · (1 − {p}) = {_digits(y_hat[i] * (1 - y_hat[i]), '+')}"
    return f"i ≠ j: ∂ŷ{a}/∂θ{b} = −ŷ{a} · ŷ{b} = −{p} · {q} = {_digits(-y_hat[i] * y_hat[j], '+')}"


def _fine(value, plus=""):
    """As compact, but what is small here meets what is large, and is not rounded away; rounding error is."""
    return number(value, f"{plus}.1g") if 1e-9 < abs(value) < 0.005 else compact(value, plus)


def _digits(value, plus=""):
    return number(value, plus + (".3f" if abs(value) >= 0.01 else ".3g"))


def _text(axes, x, y):
    return axes.text(x, y, "", ha="center", va="center", animated=True)


def _cells(axes, left, rows):
    """Tiles with a number each, row by row."""
    corners = [(left + j, i) for i in rows for j in range(K)]
    look = {"edgecolor": PAPER, "linewidth": 0, "animated": True}
    tiles = [axes.add_patch(Rectangle((x - 0.47, y - 0.47), 0.94, 0.94, **look)) for x, y in corners]
    return [(tile, _text(axes, x, y)) for tile, (x, y) in zip(tiles, corners, strict=True)]


def _fill(cells, values, tallest):
    for (tile, text), value in zip(cells, values.flat, strict=True):
        colour, strength = signed(value)["facecolor"], min(abs(value) / tallest, 1)
        tile.set(facecolor=to_rgba(colour, SHADE * strength), hatch="///" if value < 0 else None, visible=bool(value))
        text.set_text(_fine(value, "+"))
