"""An input in the plane, pushed against dJ/dx: where a step of chosen length leads, and what the network says there."""

from functools import lru_cache

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from utils.figures.classes import CLASSES, named
from utils.figures.live import Handle, Slider, span
from utils.figures.parts import Beside, arrow, bare, briefly, column, dot, grow, point, put, same, say, words
from utils.figures.style import BLUE, BOX, HEAD, INK, ORANGE, PAPER, PURPLE, TEAL, number
from utils.reference import forward, input_gradient, loss, one_hot

# D = 2, H = 5, K = 3: owls on an island, cats to the left of it, dogs to the right; far from it, most units saturate.
W1 = np.array([[1.9, -0.7, -2.9, -1.4, -0.5], [0.4, 2.8, 0.9, -2.4, 2.1]])
b1 = np.array([-3.3, -2.7, -3.1, -2.9, 3.4])
W2 = np.array([[-0.8, 4.0, -3.2], [1.3, 2.9, -4.3], [5.0, -2.2, -2.8], [4.1, -2.0, -2.1], [-2.4, -1.3, 3.7]])
b2 = np.array([-0.6, 0.1, 0.5])
NETWORK = W1, b1, W2, b2

NAMES = CLASSES[:3]
COLOURS, HATCHES = (BLUE, ORANGE, TEAL), (None, "//", "\\\\")  # of each class
LABELS = (-2.25, 2.25, 0.4), (-1.5, 2, -0.25)  # x, y
EDGE, MARGIN = 3, 0.3  # of the map: how far the input goes, and what is drawn beyond
TICKS = np.linspace(-2.75, 2.75, 9)
GRID = np.stack(np.meshgrid(TICKS, TICKS), axis=-1).reshape(-1, 2)  # of the field
DART = np.array([(0.5, 0), (-0.5, 0.22), (-0.3, 0), (-0.5, -0.22)])  # of length 1, along the first axis
DART_LENGTH = 0.34  # where dJ/dx has the size 1; where it has the size 4, twice as long
VANISHED = 0.05  # a step so short is lost under the point it starts from


class PushFigure(Beside):
    """The live figure of the field -dJ/dx over the regions of three classes, and of the step from x to x - s dJ/dx. The
    step of the reader's own input_gradient(x, y, W1, b1, W2, b2) is beside that of the reference. It is called with one
    row, x (1, 2) and y (1, 3), and returns (1, 2).

    Keyword arguments say where it starts: x_0 and x_1 (-3 to 3, in steps of 0.1), k (the true class, by its name) and
    step (the step length s, 0.05 to 2).
    """

    title = "Push the input"
    size, narrow_size = (8.6, 4.7), (4.4, 8.2)
    controls = (
        Slider("k", "true class k", NAMES, "owl"),
        Slider("step", "step length s", span(0.05, 2, 0.05), 0.3),
        Handle(("x_0", "x_1"), "input x", (span(-EDGE, EDGE, 0.1),) * 2, (-2, 0)),
    )
    right = staticmethod(input_gradient)

    def build(self, figure):
        figure.get_layout_engine().set(wspace=0.05)
        wide, narrow = {"ncols": 2, "width_ratios": (1.15, 1)}, {"nrows": 2, "height_ratios": (1.05, 1)}
        plane, shares = figure.subplots(**narrow if self.narrow else wide)
        edges = -EDGE - MARGIN, EDGE + MARGIN
        ticks = range(-EDGE, EDGE + 1)
        plane.set(xlim=edges, ylim=edges, xticks=ticks, yticks=ticks, xlabel="x₀", ylabel="x₁", aspect="equal")
        plane.set_title("field −dJ/dx, and step −s · dJ/dx")
        _regions(plane, edges)
        column(plane, *LABELS, NAMES, ha="center", fontweight="bold", bbox=BOX | {"pad": 2})
        self.field = plane.add_patch(PathPatch(_field(NAMES[0]), color=INK, linewidth=0, alpha=0.6, animated=True))
        self.arrow = arrow(plane, 0, 0, INK, 0.012)
        self.landing = dot(plane, "o", INK, 13, zorder=4)
        self.x = dot(plane, "o", PAPER, 13, zorder=5, markeredgecolor=INK, markeredgewidth=2.5)

        bare(shares, xlim=(-0.33, 1.2), ylim=(7.6, -0.6))
        shares.set_title("ŷ before (outlined), after (filled)")
        rows = np.arange(len(NAMES))
        shares.plot((0, 0), (-0.45, 2.45), color=INK, linewidth=0.8)
        self.names = column(shares, -0.04, rows, ha="right")
        before = shares.barh(rows - 0.2, 0, 0.36, facecolor="none", edgecolor=INK, linewidth=1.2, animated=True)
        look = {"edgecolor": PAPER, "linewidth": 0, "animated": True}
        after = shares.barh(rows + 0.2, 0, 0.36, color=COLOURS, hatch=HATCHES, **look)
        self.shares = (before, column(shares, 0, rows - 0.2)), (after, column(shares, 0, rows + 0.2))
        self.J, *self.facts = column(shares, -0.33, (3.3, 4.2, 5.1, 6))
        self.J.set(**HEAD)
        if self.function:
            self.mine = arrow(plane, 0, 0, PURPLE, 0.028, zorder=2.5)
            self.mine_landing = dot(plane, "D", PURPLE, 12, zorder=3.5)
            self.verdict = words(shares, -0.33, 7, color=PURPLE, fontweight="bold")

    def update(self, state):
        x, y = np.array([state["x_0"], state["x_1"]]), one_hot(NAMES.index(state["k"]), len(NAMES))
        slope, s = input_gradient(x, y, *NETWORK), state["step"]
        landing, size = x - s * slope, np.linalg.norm(slope)
        y_hats = forward(np.array([x, landing]), *NETWORK).y_hat
        J, after = (loss(place, y, *NETWORK) for place in (x, landing))
        self.field.set_path(_field(state["k"]))
        point(self.arrow, x, landing - x)
        put(self.landing, landing)
        put(self.x, x)

        for text, name in zip(self.names, NAMES, strict=True):
            true = name == state["k"]
            text.set(text=f"{name}, true" if true else name, fontweight="bold" if true else "normal")
        for (bars, texts), y_hat in zip(self.shares, y_hats, strict=True):
            grow(bars, y_hat, texts)
        self.J.set_text(f"J = {number(J)} → {number(after)} nats")
        change, foretold = _change(after - J), _change(-s * slope @ slope)
        facts = [
            f"J changes by {change}, slope says {foretold}",
            f"dJ/dx = {_pair(slope)}, size {number(size)}",
            f"lands at {_pair(landing)}{', off the map' if np.abs(landing).max() > EDGE + MARGIN else ''}",
        ]
        say(self.facts, facts)
        (mine,), trouble = self.asked([x], [y], *NETWORK, shape=(1, 2))
        leads = _pair(mine), number(loss(x - s * mine, y, *NETWORK))
        agrees = same(mine, slope).all()
        if self.function:
            point(self.mine, x, -s * mine)
            put(self.mine_landing, x - s * mine)
            said = self.alike.partition(",")[0] if agrees else "{},\nJ → {} nats".format(*leads)
            self.verdict.set_text(f"yours: {briefly(trouble) or said}")

        here, there = (named(y_hat, ".2f") for y_hat in y_hats)
        sentence = (
            f"At x = {_pair(x, '+.1f')} with true class {state['k']}, ŷ is {here} and J is {number(J)} nats; dJ/dx is "
            f"{_pair(slope)}, of size {number(size)}; the step −{number(s)} · dJ/dx lands at {_pair(landing)}, where ŷ "
            f"is {there} and J is {number(after)} nats, a change of {change} where the slope says {foretold}"
        )
        if round(after, 2) > round(J, 2):
            sentence += "; the step is too long"
        elif s * size < VANISHED:
            sentence += "; the arrow has all but vanished"
        gives = self.alike if agrees else "{}, and its step leads to J = {} nats".format(*leads)
        return sentence + self.told(trouble, f"gives {gives}")


@lru_cache
def _field(k):
    """Darts along -dJ/dx for one true class; the steeper J, the longer, by its root, lest they lie on one another."""
    y = np.tile(one_hot(NAMES.index(k), len(NAMES)), (len(GRID), 1))
    slopes = len(GRID) * input_gradient(GRID, y, *NETWORK)  # of each J, not of their mean
    along = -DART_LENGTH * slopes / np.sqrt(np.linalg.norm(slopes, axis=1, keepdims=True))
    axes = np.stack([along, along[:, ::-1] * (-1, 1)], axis=1)  # rows: where a dart's own two axes point
    return Path.make_compound_path_from_polys(GRID[:, np.newaxis] + DART @ axes)


def _regions(plane, edges):
    """Where each class is the most probable one."""
    ticks = np.linspace(*edges, 121)
    theta = forward(np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2), *NETWORK).theta
    for i, (colour, hatch) in enumerate(zip(COLOURS, HATCHES, strict=True)):
        lead = (theta[:, i] - np.delete(theta, i, axis=1).max(axis=1)).reshape(len(ticks), -1)
        area = plane.contourf(ticks, ticks, lead, (0, lead.max()), colors=[to_rgba(colour, 0.25)], hatches=[hatch])
        area.set(edgecolor=to_rgba(colour, 0.6), linewidth=0)
        plane.contour(ticks, ticks, lead, (0,), colors=INK, linewidths=1)


def _change(amount):
    """A change of J: a small one is shown with more decimals than J itself."""
    return number(amount, "+.2f" if abs(amount) >= 0.1 else "+.4f")


def _pair(values, form="+.2f"):
    return f"({', '.join(number(value, form) for value in values)})"
