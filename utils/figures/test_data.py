"""Design the test data of a gradient check, and see which of the bank's wrong formulas pass it, and what they are."""

import re
import textwrap
import unicodedata
from functools import cache, lru_cache
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from matplotlib.patches import Rectangle

from utils import reference
from utils.exercises import BANK
from utils.figures.live import Handle, LiveFigure, Slider
from utils.figures.parts import bare, box, words
from utils.figures.style import INK, ORANGE, PAPER, RAISED, TEAL, number
from utils.judge.code.steps import parse


def floored_error(a, n):
    """The relative error, but with 1 where both are smaller."""
    return np.max(np.abs(a - n) / np.maximum(1, np.maximum(np.abs(a), np.abs(n))))


GRADIENTS = {  # name: (the exercise that asks for it, J, the arguments of J by which it differentiates)
    "dJ/dθ": ("2a_3.gradient", reference.cross_entropy_from_logits, (0,)),
    "dJ/dx": ("2b_3.input_gradient", reference.loss, (0,)),
    "dJ/dW, dJ/db": ("3_3.parameter_gradients", reference.loss, (2, 3, 4, 5)),
}
RULES = {  # name: (the error, the numeric derivative)
    "|a − n| / max(1, |a|, |n|)": (floored_error, reference.central_difference),
    "relative": (reference.relative_error, reference.central_difference),
    "relative, complex step": (reference.relative_error, reference.complex_step),
}
CLASSIC, RELATIVE, COMPLEX_STEP = RULES
TOLERANCE = 1e-5
SCALES = (1e-5, 1e-4, 1e-3, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)
LABELS = ("all equal", "different", "soft")
COLUMNS, ROWS = 4, 17  # of the table; on a narrow page half as many columns, and twice as many rows
WHOLE = "in one expression"  # the group of formulas that are not the right program with another line in it
CELL = 0.97, 0.94  # of a column, and of a row
LOOKS = {True: {"facecolor": ORANGE, "hatch": "////"}, False: {"facecolor": TEAL, "hatch": None}}  # does it pass?
MARKUP = re.compile(r"`([^`]*)`|\$([^$]*)\$|\*")  # code, mathematics, emphasis
SIGNS = {"partial": "∂", "theta": "θ", "sigma": "σ", "cdot": " · ", "circ": " ∘ ", "mathrm": ""}
SIGNS |= {"ne": " ≠ ", "neq": " ≠ "}
LOWERED = str.maketrans("ijk", "ᵢⱼₖ", "{}")


class Entry(NamedTuple):
    """What stands in a cell of the table: a wrong formula by its slug, the head of a group of them, or nothing.

    line: what is written in place of the right line; of a head, the right line. told: what to say of it.
    """

    name: str = ""
    line: str = ""
    told: str = ""


class Outcome(NamedTuple):
    """What became of a formula in a gradient check. error: infinite where there is none. how: it, or why not."""

    error: float
    how: str

    @property
    def passes(self):
        return self.error <= TOLERANCE


@lru_cache
def outcomes(**design):
    """What becomes of the right gradient, and {slug: Outcome} of all wrong ones in the bank.

    design: the values of all sliders. Where a slug has several formulas, the one with the smallest error speaks.
    """
    (exercise, J, by), (rule, derivative) = GRADIENTS[design["gradient"]], RULES[design["rule"]]
    arguments = _arguments(design)
    numeric = [derivative(_along(J, arguments, i), arguments[i]) for i in by]
    asked, wrong = BANK[exercise], {}
    with np.errstate(all="ignore"):
        for mistake in asked.mistakes:
            outcome = _outcome(mistake.formula, arguments, numeric, rule)
            wrong[mistake.slug] = min(wrong.get(mistake.slug, outcome), outcome, key=attrgetter("error"))
    return _outcome(asked.reference, arguments, numeric, rule), wrong


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
            *(Slider(name[0], name, range(2, 7), 3) for name in ("D, inputs", "H, hidden units", "K, classes")),
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
        bare(axes, position=(0, 0, 1, 1), xlim=(-0.01, columns), ylim=(rows + below, -above))
        self.headline = words(axes, 0, 0.7 - above, fontsize=14, fontweight="bold")
        self.right = words(axes, 0, 1.4 - above, va="top")
        for i, (meaning, passes) in enumerate((("survives", True), ("is caught", False))):
            x, y = columns - 0.85 + 0.45 * i, -1 if self.narrow else 0.7 - above
            axes.add_patch(Rectangle((x, y - 0.3), 0.045, 0.6, linewidth=0, edgecolor=PAPER, **LOOKS[passes]))
            axes.text(x + 0.06, y, meaning, va="center")
        middles = [self._middle(cell) for cell in range(COLUMNS * ROWS)]
        self.names = [words(axes, x, y) for x, y in middles]
        look = {"linewidth": 0, "edgecolor": PAPER, "zorder": 1}
        self.tiles = [box(axes, 0.045, 0.6, (x - 0.475, y - 0.3), **look) for x, y in middles]
        self.frame = box(axes, *CELL, linewidth=2, zorder=1)
        self.chosen = words(axes, 0, rows + 0.4, fontweight="bold")
        self.line = words(axes, 0, 0, family="monospace", va="top")
        self.told = words(axes, 0, 0, va="top", linespacing=1.3)

    def update(self, state):
        right, wrong = outcomes(**state)
        passing = [slug for slug, outcome in wrong.items() if outcome.passes]
        counts = f"{len(passing)} of {len(wrong)} wrong"
        headline = f"{counts} formulas survive" if right.passes else f"False alarm! {counts} ones pass"
        listed = f": {', '.join(passing[:12])}" if passing else ""
        listed += f" and {len(passing) - 12} more" if len(passing) > 12 else ""
        about_right = _about_the_right_one(state, right)
        self.headline.set(text=headline, color=INK if right.passes else ORANGE)
        self.right.set(text=textwrap.fill(f"The {about_right}", self.letters), weight=("bold", "normal")[right.passes])
        for tile, name, entry in zip(self.tiles, self.names, table(state["gradient"]), strict=True):
            formula = entry.name in wrong
            tile.set(visible=formula, **LOOKS[formula and wrong[entry.name].passes])
            name.set(text=entry.name, x=tile.get_x() + 0.06 * formula, fontweight="normal" if formula else "bold")
        x, y = self._middle(state["formula"])
        self.frame.set_xy((x - CELL[0] / 2, y - CELL[1] / 2))
        chosen, line, told = table(state["gradient"])[int(state["formula"])]
        if chosen in wrong:
            chosen += f" {'survives' if wrong[chosen].passes else 'is caught'}: {wrong[chosen].how}"
        chosen = chosen or "Press a name to see what it is"
        lines = textwrap.wrap(line, round(0.88 * self.letters), subsequent_indent="    ")
        top = self.chosen.get_position()[1] + 0.8
        self.chosen.set_text(chosen)
        self.line.set(text="\n".join(lines), y=top)
        self.told.set(text=textwrap.fill(told, self.letters), y=top + 0.1 + 0.95 * len(lines))
        return f"{headline}{listed}; the {about_right}; {chosen}{f', {line}' if line else ''}. {told}"


@cache
def table(gradient):
    """The entries of all cells, group by group: a line of the right program, then the formulas that spoil it."""
    asked = BANK[GRADIENTS[gradient][0]]
    steps = {step.name: f"{step.name} = {step.expression}" for step in parse(asked.steps)}
    groups = {name: [] for name in (*steps, WHOLE)}
    for mistake in {mistake.slug: mistake for mistake in reversed(asked.mistakes)}.values():  # of each, the first way
        lines = mistake.formula.written
        name = lines[0].partition(" = ")[0]
        entry = Entry(mistake.slug, "; ".join(lines), f"Its author is told: {plain(mistake.feedback)}")
        groups[name if name in steps else WHOLE].insert(0, entry)
    entries = []
    for name, group in groups.items():
        if group and len(entries) % ROWS == ROWS - 1:
            entries.append(Entry())  # no head at the foot of a column
        if group:
            head = f"{name} = …" if name in steps else name
            entries += [Entry(head, steps.get(name, ""), f"Formulas that go wrong here: {len(group)}."), *group]
    return entries + [Entry()] * (COLUMNS * ROWS - len(entries))


def plain(markdown):
    r"""Markdown as plain text: ∂J/∂θ for $\partial J/\partial\theta$."""
    return MARKUP.sub(lambda found: _plain_maths(found[2]) if found[2] else found[1] or "", markdown)


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
    y = reference.softmax(soft[:N, :K]) if design["labels"] == "soft" else reference.one_hot(labels, K)
    scale, bias = design["scale"], float(design["biases"] != "zero")
    if design["gradient"] == "dJ/dθ":
        return scale * theta[:N, :K], y
    return x[:N, :D], y, scale * W1[:D, :H], bias * b1[:H], scale * W2[:H, :K], bias * b2[:K]


def _along(J, arguments, i):
    """J as a function of its argument i."""
    return lambda value: J(*arguments[:i], value, *arguments[i + 1 :])


def _outcome(formula, arguments, numeric, rule):
    try:
        result = formula(*(argument.copy() for argument in arguments))
    except Exception:
        return Outcome(np.inf, "it stops")
    claimed = [np.asarray(part) for part in (result if isinstance(result, tuple) else (result,))]
    if [part.shape for part in claimed] != [part.shape for part in numeric]:
        return Outcome(np.inf, "wrong shape")
    errors = [rule(a, n) if np.isfinite(a).all() else np.inf for a, n in zip(claimed, numeric, strict=True)]
    error = float(max(errors))
    if not np.isfinite(error):
        return Outcome(np.inf, "nan")
    one_digit = ".1g" if error > 0.01 else ".0e"  # which could be taken for the tolerance
    form = ".1e" if 0.5 < error / TOLERANCE < 2 else one_digit
    return Outcome(error, f"error {number(error, form)}")


def _about_the_right_one(state, outcome):
    right = BANK[GRADIENTS[state["gradient"]][0]].reference(*_arguments(state))
    size = max(np.abs(part).max() for part in (right if isinstance(right, tuple) else (right,)))
    told = "passes" if outcome.passes else "FAILS, a false alarm"
    return f"right {state['gradient']}, with entries up to {number(size, '.1g')}, {told}: {outcome.how}"
