"""Design the test data of a gradient check, and see which of the bank's wrong formulas pass it, and what they are."""

import ast
import inspect
import re
import textwrap
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from matplotlib.patches import Rectangle

from utils.exercises import BANK
from utils.figures.live import Handle, LiveFigure, Slider
from utils.figures.parts import words
from utils.figures.style import INK, ORANGE, PAPER, TEAL, number
from utils.judge.code.steps import parse
from utils.reference import (
    central_difference,
    complex_step,
    cross_entropy_from_logits,
    loss,
    one_hot,
    relative_error,
    softmax,
)


class Checked(NamedTuple):
    """A gradient to check. exercise: where it is asked. by: the arguments of J by which it differentiates."""

    exercise: str
    J: Callable
    by: tuple[int, ...]


GRADIENTS = {
    "dJ/dθ": Checked("2a_3.gradient", cross_entropy_from_logits, (0,)),
    "dJ/dx": Checked("2b_3.input_gradient", loss, (0,)),
    "dJ/dW, dJ/db": Checked("3_3.parameter_gradients", loss, (2, 3, 4, 5)),
}
RULES = {  # name: (the floor under |a| and |n|, the numeric derivative)
    "|a − n| / max(1, |a|, |n|)": (1, central_difference),
    "relative": (0, central_difference),
    "relative, complex step": (0, complex_step),
}
CLASSIC, RELATIVE, COMPLEX_STEP = RULES
TOLERANCE = 1e-5
SCALES = (1e-5, 1e-4, 1e-3, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)
LABELS = ("all equal", "different", "soft")
COLUMNS, ROWS = 4, 17  # of the table; on a narrow page half as many columns, and twice as many rows
WHOLE = "written in one"  # the group of formulas that are not the right program with another line in it
CELL = 0.97, 0.94  # of a column, and of a row
SIGNS = {
    "partial": "∂",
    "theta": "θ",
    "sigma": "σ",
    "cdot": " · ",
    "ne": " ≠ ",
    "neq": " ≠ ",
    "circ": " ∘ ",
    "mathrm": "",
}
RAISED = str.maketrans("0123456789-T", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀ", "{}")
LOWERED = str.maketrans("ijk", "ᵢⱼₖ", "{}")


class Entry(NamedTuple):
    """What stands in a cell of the table: a wrong formula, or the head of a group of them, which has no slug.

    line: what is written in place of the right line; of a head, the right line. told: what to say of it.
    """

    name: str
    line: str
    told: str
    slug: str = ""


class Outcome(NamedTuple):
    """What became of a formula in a gradient check. error: infinite where there is none. how: it, or why not."""

    error: float
    how: str

    @property
    def passes(self):
        return self.error <= TOLERANCE


def outcomes(design):
    """What becomes of the right gradient, and {slug: Outcome} of all wrong ones in the bank.

    design: {name: value} of all sliders. Where a slug has several formulas, the one with the smallest error speaks.
    """
    return _outcomes(tuple(design.items()))


@lru_cache
def _outcomes(design):
    design = dict(design)
    checked, (floor, derivative) = GRADIENTS[design["gradient"]], RULES[design["rule"]]
    arguments = _arguments(design)
    numeric = [derivative(_along(checked.J, arguments, i), arguments[i]) for i in checked.by]
    asked, wrong = BANK[checked.exercise], {}
    with np.errstate(all="ignore"):
        for mistake in asked.mistakes:
            outcome = _outcome(mistake.formula, arguments, numeric, floor)
            wrong[mistake.slug] = min(wrong.get(mistake.slug, outcome), outcome, key=attrgetter("error"))
    return _outcome(asked.reference, arguments, numeric, floor), wrong


class DesignFigure(LiveFigure):
    """The live figure of the wrong formulas that pass a gradient check with these test data.

    Keyword arguments say where it starts: gradient (a name of GRADIENTS), N, D, H, K, scale (of the weights; of theta
    for dJ/dθ), labels ("all equal", "different", "soft"), biases ("zero", "N(0, 1)"), rule (a name of RULES) and
    formula (which cell of the table is explained, counted down its columns).
    """

    title = "Which wrong formulas survive"
    size, narrow_size = (8.6, 5.6), (4.4, 9.8)
    swept = False  # a picture holds a hundred words: too much to send ahead

    def __init__(self, **start):
        cells = range(COLUMNS * ROWS)
        self.controls = (
            Slider("gradient", "gradient", tuple(GRADIENTS), "dJ/dx"),
            Slider("N", "N, rows", range(1, 9), 1),
            Slider("D", "D, inputs", range(2, 7), 3),
            Slider("H", "H, hidden units", range(2, 7), 3),
            Slider("K", "K, classes", range(2, 7), 3),
            Slider("scale", "weights, N(0, 1) times", SCALES, 1e-4, "g"),
            Slider("labels", "labels", LABELS, "all equal"),
            Slider("biases", "biases", ("zero", "N(0, 1)"), "zero"),
            Slider("rule", "error rule", tuple(RULES), CLASSIC),
            Handle(("formula",), "wrong formula", (cells,), (1,), place=self._middle, box=CELL),
        )
        super().__init__(**start)

    def _middle(self, cell):
        """Where a cell is: the table is read down its columns."""
        column, row = divmod(int(cell), 2 * ROWS if self.narrow else ROWS)
        return column + 0.5, row

    def build(self, figure):
        columns, rows, self.letters = (COLUMNS // 2, 2 * ROWS, 52) if self.narrow else (COLUMNS, ROWS, 100)
        above, below = (5, 10.5) if self.narrow else (3, 6)
        axes = figure.subplots()
        axes.set(position=(0, 0, 1, 1), xlim=(-0.01, columns), ylim=(rows + below, -above))
        axes.axis("off")
        self.headline = words(axes, 0, 0.7 - above, fontsize=14, fontweight="bold")
        self.right = words(axes, 0, 1.4 - above, va="top")
        for i, (meaning, passes) in enumerate((("survives", True), ("is caught", False))):
            x, y = (columns - 0.85 + 0.45 * i, -1) if self.narrow else (columns - 0.85 + 0.45 * i, 0.7 - above)
            axes.add_patch(Rectangle((x, y - 0.3), 0.045, 0.6, linewidth=0, edgecolor=PAPER, **_look(passes)))
            axes.text(x + 0.06, y, meaning, va="center")
        self.tiles, self.names = [], []
        for cell in range(COLUMNS * ROWS):
            x, y = self._middle(cell)
            tile = Rectangle((x - 0.475, y - 0.3), 0.045, 0.6, linewidth=0, edgecolor=PAPER, animated=True)
            self.tiles.append(axes.add_patch(tile))
            self.names.append(words(axes, x, y))
        self.frame = axes.add_patch(Rectangle((0, 0), *CELL, fill=False, edgecolor=INK, linewidth=2, animated=True))
        self.chosen = words(axes, 0, rows + 0.4, fontweight="bold")
        self.line = words(axes, 0, 0, family="monospace", va="top")
        self.told = words(axes, 0, 0, va="top", linespacing=1.3)

    def update(self, state):
        right, wrong = outcomes(state)
        self.headline.set_text(_headline(wrong))
        self.right.set_text(textwrap.fill(f"The {_about_the_right_one(state, right)}", self.letters))
        entries = table(state["gradient"])
        for tile, name, entry in zip(self.tiles, self.names, entries, strict=False):
            tile.set(visible=bool(entry.slug), **_look(bool(entry.slug) and wrong[entry.slug].passes))
            name.set(text=entry.name, fontweight="normal" if entry.slug else "bold")
            name.set_x(tile.get_x() + (0.06 if entry.slug else 0))
        for tile, name in zip(self.tiles[len(entries) :], self.names[len(entries) :], strict=True):
            tile.set_visible(False)
            name.set_text("")
        x, y = self._middle(state["formula"])
        self.frame.set_xy((x - CELL[0] / 2, y - CELL[1] / 2))
        chosen, line, told = _explained(state)
        line = textwrap.fill(line, round(0.88 * self.letters), subsequent_indent="    ")
        top = self.chosen.get_position()[1] + 0.8
        self.chosen.set_text(chosen)
        self.line.set(text=line, y=top)
        self.told.set(text=textwrap.fill(told, self.letters), y=top + 0.1 + 0.95 * (line.count("\n") + bool(line)))

    def twin(self, state):
        right, wrong = outcomes(state)
        passing = [slug for slug, outcome in wrong.items() if outcome.passes]
        listed = ", ".join(passing[:12]) + (f" and {len(passing) - 12} more" if len(passing) > 12 else "")
        chosen, line, told = _explained(state)
        return (
            f"{_headline(wrong)}{f': {listed}' if passing else ''}; the {_about_the_right_one(state, right)}; "
            f"{chosen}{f', {line}' if line else ''}. {told}"
        )


@cache
def table(gradient):
    """The entries of the table, group by group: a line of the right program, then the formulas that spoil it."""
    asked = BANK[GRADIENTS[gradient].exercise]
    steps = {step.name: f"{step.name} = {step.expression}" for step in parse(asked.steps)}
    groups = {name: [] for name in (*steps, WHOLE)}
    for mistake in {mistake.slug: mistake for mistake in reversed(asked.mistakes)}.values():  # of each, the first way
        lines = _other_lines(mistake.formula, asked)
        name = lines[0].partition(" = ")[0]
        entry = Entry(mistake.slug, "; ".join(lines), f"To whoever writes it: {plain(mistake.feedback)}", mistake.slug)
        groups[name if name in steps else WHOLE].insert(0, entry)
    entries = []
    for name, group in groups.items():
        if group and len(entries) % ROWS == ROWS - 1:
            entries.append(Entry("", "", ""))  # no head at the foot of a column
        if group:
            head = f"{name} = …" if name in steps else name
            entries += [Entry(head, steps.get(name, ""), f"Formulas that go wrong here: {len(group)}."), *group]
    return entries


def _other_lines(formula, asked):
    """The lines of a formula that are not in the right program."""
    steps = parse(asked.steps)
    right = {ast.unparse(ast.parse(f"{step.name} = {step.expression}")) for step in steps} | {"N = rows(x)"}
    right |= {f"return {steps[-1].name}", f"return ({', '.join(asked.returns)})"}
    (function,) = ast.parse(inspect.getsource(formula)).body
    lines = [
        ast.unparse(line)
        for line in function.body
        if ast.get_docstring(function) is None or line is not function.body[0]
    ]
    return [line for line in lines if line not in right] or lines[-1:]


def plain(markdown):
    r"""Markdown as plain text: ∂J/∂θ for $\partial J/\partial\theta$."""
    parts = re.split(r"`([^`]*)`|\$([^$]*)\$", markdown)
    for i, (code, maths) in enumerate(zip(parts[1::3], parts[2::3], strict=True)):
        parts[3 * i + 1], parts[3 * i + 2] = code or "", _plain_maths(maths or "")
    parts[::3] = [words.replace("*", "") for words in parts[::3]]
    return "".join(parts)


def _plain_maths(latex):
    latex = re.sub(r"\\d?frac *(\w|\{[^{}]*\})(\w|\{[^{}]*\})", r"\1/\2", latex)
    latex = re.sub(r"\\hat *(\w)", "{\\1\N{COMBINING CIRCUMFLEX ACCENT}}", latex)
    latex = re.sub(r"\^(\w|\{[^{}]*\})", lambda found: found[1].translate(RAISED), latex)
    latex = re.sub(r"_(\w|\{[^{}]*\})", lambda found: found[1].translate(LOWERED), latex)
    latex = re.sub(r"\\([A-Za-z]+)(?: (?=[\w\\]))?", lambda found: SIGNS.get(found[1], found[1]), latex)
    latex = re.sub(r"[{}]|\\.", "", latex).replace("-", "−")
    return unicodedata.normalize("NFC", re.sub(" +", " ", latex))


def _arguments(design):
    """The arguments of the gradient, cut out of the same arrays for all designs: what is not moved does not change."""
    rng = np.random.default_rng(3)
    x, W1, W2, theta, soft, b1, b2 = (rng.normal(size=size) for size in [(8, 8)] * 5 + [8] * 2)
    N, D, H, K = (int(design[name]) for name in "NDHK")
    labels = np.zeros(N, int) if design["labels"] == "all equal" else np.arange(N) % K
    y = softmax(soft[:N, :K]) if design["labels"] == "soft" else one_hot(labels, K)
    scale, bias = design["scale"], float(design["biases"] != "zero")
    if design["gradient"] == "dJ/dθ":
        return scale * theta[:N, :K], y
    return x[:N, :D], y, scale * W1[:D, :H], bias * b1[:H], scale * W2[:H, :K], bias * b2[:K]


def _along(J, arguments, i):
    """J as a function of its argument i."""
    return lambda value: J(*arguments[:i], value, *arguments[i + 1 :])


def _outcome(formula, arguments, numeric, floor):
    try:
        result = formula(*(argument.copy() for argument in arguments))
    except Exception:
        return Outcome(np.inf, "it stops")
    claimed = [np.asarray(part) for part in (result if isinstance(result, tuple) else (result,))]
    if [part.shape for part in claimed] != [part.shape for part in numeric]:
        return Outcome(np.inf, "wrong shape")
    error = max(_error(a, n, floor) for a, n in zip(claimed, numeric, strict=True))
    if not np.isfinite(error):
        return Outcome(np.inf, "nan")
    return Outcome(error, _written(error))


def _written(error):
    """One digit will do, but where it could be taken for the tolerance."""
    form = ".1g" if error > 0.01 else ".1e" if 0.5 < error / TOLERANCE < 2 else ".0e"
    return f"error {number(error, form)}".replace("e-0", "e-")


def _error(a, n, floor):
    if not np.isfinite(a).all():
        return np.inf  # NaN would be lost in max
    if not floor:
        return relative_error(a, n)
    return float(np.max(np.abs(a - n) / np.maximum(floor, np.maximum(np.abs(a), np.abs(n)))))


def _look(passes):
    return {"facecolor": ORANGE, "hatch": "////"} if passes else {"facecolor": TEAL, "hatch": None}


def _explained(state):
    """What became of the chosen entry, its line, and what is said of it."""
    entries, chosen = table(state["gradient"]), int(state["formula"])
    if chosen >= len(entries) or not entries[chosen].name:
        return "Press a name to see what it is", "", ""
    name, line, told, slug = entries[chosen]
    outcome = slug and outcomes(state)[1][slug]
    how = f" {'survives' if outcome.passes else 'is caught'}: {outcome.how}" if slug else ""
    return f"{name}{how}", line, told


def _headline(wrong):
    passing = sum(outcome.passes for outcome in wrong.values())
    return f"{passing} of {len(wrong)} wrong formulas survive"


def _about_the_right_one(state, outcome):
    arguments, checked = _arguments(state), GRADIENTS[state["gradient"]]
    right = BANK[checked.exercise].reference(*arguments)
    size = max(np.abs(part).max() for part in (right if isinstance(right, tuple) else (right,)))
    told = "passes" if outcome.passes else "FAILS, a false alarm"
    told += f": {outcome.how}"
    return f"right {state['gradient']}, with entries up to {number(size, '.1g')}, {told}"
