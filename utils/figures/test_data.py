"""Design the test data of a gradient check, and see which of the bank's wrong formulas pass it."""

from collections.abc import Callable
from functools import lru_cache
from math import ceil
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from matplotlib.patches import Rectangle

from utils.exercises import BANK
from utils.figures.live import LiveFigure, Slider
from utils.figures.style import DPI, ORANGE, PAPER, TEAL, number
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
COLUMNS = 3


class Outcome(NamedTuple):
    """What became of a formula in a gradient check. error: infinite where there is none. how: it, or why not."""

    error: float
    how: str

    @property
    def passes(self):
        return self.error <= TOLERANCE


def test_data_figure(**start):
    """The live figure of the wrong formulas that pass a gradient check with these test data.

    Keyword arguments say where the sliders start: gradient (a name of GRADIENTS), N, D, H, K, scale (of the weights; of
    theta for dJ/dθ), labels ("all equal", "different", "soft"), biases ("zero", "N(0, 1)") and rule (a name of RULES).
    """
    return DesignFigure(**start)


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
    title = "Which wrong formulas survive"
    swept = False  # a picture holds a hundred words: too much to send ahead
    controls = (
        Slider("gradient", "gradient", tuple(GRADIENTS), "dJ/dx"),
        Slider("N", "N, rows", range(1, 9), 1),
        Slider("D", "D, inputs", range(2, 7), 3),
        Slider("H", "H, hidden units", range(2, 7), 3),
        Slider("K", "K, classes", range(2, 7), 3),
        Slider("scale", "weights, N(0, 1) times", SCALES, 1e-4, "g"),
        Slider("labels", "labels", LABELS, "all equal"),
        Slider("biases", "biases", ("zero", "N(0, 1)"), "zero"),
        Slider("rule", "error rule", tuple(RULES), CLASSIC),
    )

    def build(self, figure):
        slugs = ({mistake.slug for mistake in BANK[checked.exercise].mistakes} for checked in GRADIENTS.values())
        rows = ceil(max(map(len, slugs)) / COLUMNS)
        figure.set_size_inches(self.size[0], round((0.21 * rows + 0.75) * DPI) / DPI)
        axes = figure.subplots()
        axes.set(xlim=(0, COLUMNS - 0.03), ylim=(rows - 0.4, -2.9))
        axes.axis("off")
        self.headline = axes.text(0, -2.3, "", va="center", fontsize=14, fontweight="bold", animated=True)
        self.right = axes.text(0, -1.2, "", va="center", animated=True)
        caught = "Left of each caught formula: its error, or what gave it away."
        axes.text(COLUMNS - 0.06, -2.3, caught, ha="right", va="center")
        self.cells = [_Cell(axes, column, row) for row in range(rows) for column in range(COLUMNS)]

    def update(self, state):
        right, wrong = outcomes(state)
        self.headline.set_text(_headline(wrong))
        self.right.set_text(f"{_about_the_right_one(state, right)}: error {right.how}")
        for cell, (slug, outcome) in zip(self.cells, wrong.items(), strict=False):
            cell.show(slug, outcome)
        for cell in self.cells[len(wrong) :]:
            cell.hide()

    def twin(self, state):
        right, wrong = outcomes(state)
        passing = [slug for slug, outcome in wrong.items() if outcome.passes]
        listed = ", ".join(passing[:12]) + (f" and {len(passing) - 12} more" if len(passing) > 12 else "")
        return f"{_headline(wrong)}{f': {listed}' if passing else ''}. {_about_the_right_one(state, right)}."


class _Cell:
    """One formula: a tile, what became of it, and its name."""

    def __init__(self, axes, column, row):
        place = {"va": "center", "animated": True}
        look = {"edgecolor": PAPER, "linewidth": 0, "animated": True}
        self.tile = axes.add_patch(Rectangle((column, row - 0.3), 0.03, 0.6, **look))
        self.how = axes.text(column + 0.04, row, "", **place)
        self.slug = axes.text(column + 0.225, row, "", **place)
        self.parts = self.tile, self.how, self.slug

    def show(self, slug, outcome):
        self.tile.set(facecolor=ORANGE if outcome.passes else TEAL, hatch="////" if outcome.passes else None)
        self.how.set(text="pass" if outcome.passes else outcome.how, fontweight="bold" if outcome.passes else "normal")
        self.slug.set(text=slug)
        for part in self.parts:
            part.set_visible(True)

    def hide(self):
        for part in self.parts:
            part.set_visible(False)


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
        return Outcome(np.inf, "stops")
    claimed = [np.asarray(part) for part in (result if isinstance(result, tuple) else (result,))]
    if [part.shape for part in claimed] != [part.shape for part in numeric]:
        return Outcome(np.inf, "shape")
    error = max(_error(a, n, floor) for a, n in zip(claimed, numeric, strict=True))
    if not np.isfinite(error):
        return Outcome(np.inf, "nan")
    return Outcome(error, _written(error))


def _written(error):
    """One digit will do, but where it could be taken for the tolerance."""
    form = ".1g" if error > 0.01 else ".1e" if 0.5 < error / TOLERANCE < 2 else ".0e"
    return number(error, form).replace("e-0", "e-")


def _error(a, n, floor):
    if not np.isfinite(a).all():
        return np.inf  # NaN would be lost in max
    if not floor:
        return relative_error(a, n)
    return float(np.max(np.abs(a - n) / np.maximum(floor, np.maximum(np.abs(a), np.abs(n)))))


def _headline(wrong):
    passing = sum(outcome.passes for outcome in wrong.values())
    return f"{passing} of {len(wrong)} wrong formulas survive"


def _about_the_right_one(state, outcome):
    arguments, checked = _arguments(state), GRADIENTS[state["gradient"]]
    right = BANK[checked.exercise].reference(*arguments)
    size = max(np.abs(part).max() for part in (right if isinstance(right, tuple) else (right,)))
    told = "passes" if outcome.passes else "FAILS, a false alarm"
    return f"The right {state['gradient']}, with entries up to {number(size, '.1g')}, {told}"
