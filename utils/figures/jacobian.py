"""The softmax Jacobian, cell by cell, and how the rows that -y/y_hat weighs collapse to y_hat - y."""

import numpy as np

from utils.figures.classes import CLASSES, SCORES, SUBSCRIPTS, TARGET, scores, target
from utils.figures.live import Handle
from utils.figures.parts import Beside, bare, box, briefly, column, compact, fill, same, say, tiles, words
from utils.figures.style import HEAD, PURPLE, number
from utils.reference import softmax, softmax_jacobian

K = len(CLASSES)
SUM = K + 0.1  # the row below the Jacobian, and the column beside it
TALLEST = 0.25  # no entry of a softmax Jacobian is larger


class JacobianFigure(Beside):
    """The live figure of the softmax Jacobian, and of dJ/dy_hat times it. Where the reader's own jacobian(theta),
    (4,) -> (4, 4), differs from the reference, its number stands in the cell as well.

    Keyword arguments say where it starts: theta_0 to theta_3, k (a class, by its name), softness, and the chosen cell's
    i and j.
    """

    title = "The Jacobian, and why it collapses"
    size, narrow_size = (8.6, 4.3), (4.4, 7.6)
    controls = (
        *SCORES,
        *TARGET,
        Handle(("i", "j"), "cell of the Jacobian", (range(K),) * 2, (1, 0), lambda i, j: (j, i), box=(0.94, 0.94)),
    )
    right = staticmethod(softmax_jacobian)

    def build(self, figure):
        axes = figure.subplots()
        if self.narrow:  # the weighted rows stand below the Jacobian
            bare(axes, xlim=(-2.15, SUM + 0.5), ylim=(14.2, -1.75))
            self.weighted_at, weight, foot = (0, 6.4), -1, 12
            axes.text(-0.6, 6.4 + SUM, "dJ/dθ =\nŷ − y", ha="right", va="center", fontweight="bold")
        else:
            bare(axes, xlim=(-2.05, 2 * K + 1.65), ylim=(6.1, -1.75))
            self.weighted_at, weight, foot = (K + 2.1, 0), K + 1.05, 5
            axes.text(K + 1.5, SUM, "dJ/dθ = ŷ − y", ha="right", va="center", fontweight="bold")
        (left, top), rows = self.weighted_at, np.arange(K)
        heads = (-1, 0, "center", "ŷᵢ"), (-0.5, 0, "left", "∂ŷᵢ/∂θⱼ"), (left - 0.5, top, "left", "row i, times dJ/dŷᵢ")
        beside = (weight + 0.3, top, "right") if self.narrow else (weight, top, "center")  # the head of the rows
        for x, y, side, head in (*heads, (*beside, "dJ/dŷᵢ")):
            axes.text(x, y - 1.35, head, ha=side, va="center", **HEAD)
        for y in {0, top}:
            column(axes, -1.55, y + rows, CLASSES, ha="right", animated=False)
        for x, y in ((0, 0), (left, top)):
            column(axes, x + rows, y - 0.75, CLASSES, ha="center", animated=False)
        sums = (SUM, -1, weight), (-0.75, SUM, top - 0.75), ("sum", "sum", "−yᵢ/ŷᵢ")
        column(axes, *sums, ha="center", animated=False)

        self.entries, self.weighted, self.totals = (
            tiles(axes, [(x + j, y) for y in ys for j in rows], 0.94, 0.94)
            for x, ys in ((0, rows), (left, top + rows), (left, [top + SUM]))
        )
        self.shares, self.weights = column(axes, -1, rows, ha="center"), column(axes, weight, top + rows, ha="center")
        self.row_sums, self.column_sums = column(axes, SUM, rows, ha="center"), column(axes, rows, SUM, ha="center")
        self.frames = [box(axes, 0.94, 0.94, linewidth=3) for _ in range(2)]
        left = axes.get_xlim()[0] + 0.1 if self.narrow else -0.5
        self.formula = words(axes, left, foot, **HEAD)
        foot += 0.65 * (1 + self.narrow)
        self.outcome = words(axes, left, foot)
        place = {"x": left, "y": foot + 0.65} if self.narrow else {"x": 2 * K + 1.6, "y": foot, "ha": "right"}
        self.verdict = words(axes, color=PURPLE, fontweight="bold", **place)

    def update(self, state):
        theta = scores(state)
        y_hat, entries = softmax(theta), softmax_jacobian(theta)
        weights = -target(state["k"], state["softness"]) / y_hat  # dJ/dy_hat
        weighted = weights[:, np.newaxis] * entries
        sums = [entries.sum(axis=1), entries.sum(axis=0)]
        fill(self.entries, entries.flat, TALLEST, form=_fine)
        fill(self.weighted, weighted.flat, form=_fine)
        fill(self.totals, weighted.sum(axis=0), form=_fine)
        say(self.shares, map(_fine, y_hat))
        say((*self.row_sums, *self.column_sums), map(number, np.ravel(sums)))
        for text, weight in zip(self.weights, weights, strict=True):
            text.set(text=compact(weight), fontweight="bold" if weight else "normal")

        i, j = int(state["i"]), int(state["j"])
        for frame, (x, y) in zip(self.frames, ((0, 0), self.weighted_at), strict=True):
            frame.set_xy((x + j - 0.47, y + i - 0.47))
        formula = _formula(y_hat, i, j)
        what, letters, numbers = formula.split(" = ", 2)
        self.formula.set_text(f"{what} = {letters}\n= {numbers}" if self.narrow else formula)
        a = SUBSCRIPTS[i]
        outcome = f"times −y{a}/ŷ{a} = {compact(weights[i])}, it gives {_fine(weighted[i, j], '+')}"
        self.outcome.set_text(outcome + ("" if weights[i] else ": the row drops out"))
        mine, trouble = self.asked(theta, shape=(K, K))
        wrong = ~same(mine, entries)
        verdict = f"differs in {wrong.sum()} of {K * K} cells" if wrong.any() else f"gives {self.alike}"
        if self.function:
            for (_, text), cell in zip(self.entries, np.ndindex(K, K), strict=True):
                marked = bool(wrong[cell]) and not trouble
                text.set_text(text.get_text() + (f"\n≠{_fine(mine[cell], '+')}" if marked else ""))
            self.verdict.set_text(f"yours {briefly(trouble) or verdict.partition(',')[0]}")

        rows = ", ".join(f"{name} {compact(weight)}" for name, weight in zip(CLASSES, weights, strict=True) if weight)
        slopes = [f"{name} {_fine(slope, '+')}" for name, slope in zip(CLASSES, weights @ entries, strict=True)]
        said = " or ".join(sorted(set(map(number, np.ravel(sums)))))
        return (
            f"Row {CLASSES[i]}, column {CLASSES[j]}: {formula}; each row and each column sums to {said}; "
            f"dJ/dŷ weighs the rows with {rows}{'' if weights.all() else ', all else 0'}, and dJ/dθ = ŷ − y is "
            f"{', '.join(slopes)}{self.told(trouble, verdict)}"
        )


def _formula(y_hat, i, j):
    a, b, p, q = SUBSCRIPTS[i], SUBSCRIPTS[j], _digits(y_hat[i]), _digits(y_hat[j])
    if i == j:
        return f"i = j: ∂ŷ{a}/∂θ{a} = ŷ{a}(1 − ŷ{a}) = {p} · (1 − {p}) = {_digits(y_hat[i] * (1 - y_hat[i]), '+')}"
    return f"i ≠ j: ∂ŷ{a}/∂θ{b} = −ŷ{a} · ŷ{b} = −{p} · {q} = {_digits(-y_hat[i] * y_hat[j], '+')}"


def _fine(value, plus=""):
    """As compact, but what is small here meets what is large, and is not rounded away; rounding error is."""
    form = ".1g" if abs(value) >= 0.001 else ".0e"  # 0.0006 would stand on the frame of its cell
    return number(value, plus + form) if 1e-9 < abs(value) < 0.005 else compact(value, plus)


def _digits(value, plus=""):
    return number(value, plus + (".3f" if abs(value) >= 0.01 else ".3g"))
