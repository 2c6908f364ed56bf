"""All predictions for three classes as one triangle: the map of J, and where a step against the gradient leads."""

from functools import lru_cache
from itertools import pairwise

import numpy as np
from matplotlib.collections import LineCollection

from utils.figures.classes import CLASSES, named, target
from utils.figures.live import Handle, LiveFigure, Slider, span
from utils.figures.parts import above_floor, arrow, bare, column, dot, grow, point, put, say
from utils.figures.style import BLUE, HEAD, INK, ORANGE, PAPER, number
from utils.reference import cross_entropy, softmax_cross_entropy_gradient, softmax_jacobian

NAMES = CLASSES[:3]
CORNERS = np.array([[0.5, 3**0.5 / 2], [0, 0], [1, 0]])
LEVELS = np.arange(0.25, 4.1, 0.25)  # of the contours, in nats
GRID = np.array([(cat, dog, 9 - cat - dog) for cat in range(1, 8) for dog in range(1, 9 - cat)]) / 9  # of the field
Y_HAT, Y = ("o", BLUE, 13), ("X", ORANGE, 14)


class SimplexCompass(LiveFigure):
    """The live figure of J over the triangle of three probabilities, and of how the step -dJ/dtheta moves y_hat there.

    Keyword arguments say where it starts: cat and dog (the first two of y_hat, in steps of 0.02, the third is above 0,
    too), k (the true class, by its name) and softness.
    """

    title = "The compass on the simplex"
    size, narrow_size = (8.6, 4.4), (4.4, 7.6)
    controls = (
        Slider("k", "true class k", NAMES, "owl"),
        Slider("softness", "how soft y is", span(0, 0.96, 0.06), 0),  # each such y is a place where y_hat can be
        Handle(
            ("cat", "dog"),
            "prediction ŷ",
            (span(0.02, 0.96, 0.02),) * 2,
            (0.6, 0.3),
            place=lambda cat, dog: (cat, dog, 1 - cat - dog) @ CORNERS,
            allowed=lambda cat, dog: cat + dog < 0.99,
        ),
    )

    def build(self, figure):
        wide, narrow = {"ncols": 2, "width_ratios": (1.45, 1)}, {"nrows": 2, "height_ratios": (1, 0.85)}
        field, table = figure.subplots(**narrow if self.narrow else wide)
        bare(field, xlim=(-0.06, 1.06), ylim=(-0.09, 0.95), aspect="equal")
        bare(table, xlim=(-2.6, 2.15), ylim=(6.9, -1.4))

        field.fill(*CORNERS.T, facecolor="none", edgecolor=INK, linewidth=1.5, joinstyle="round")
        for name, (x, y), gap, va in zip(NAMES, CORNERS, (0.03, -0.03, -0.03), ("bottom", "top", "top"), strict=True):
            field.text(x, y + gap, name, ha="center", va=va, **HEAD)
        self.contours = field.add_collection(LineCollection([], colors=INK, alpha=0.5, animated=True))
        self.field = arrow(field, *(GRID @ CORNERS).T, BLUE, 0.006, scale=2.5, pivot="mid", zorder=1)
        self.y = dot(field, *Y, zorder=5, clip_on=False)
        self.arrow = arrow(field, 0, 0, BLUE, 0.016, scale=0.7)
        self.y_hat = dot(field, *Y_HAT, zorder=4)

        for x, words, (marker, colour, size) in ((-1.75, "ŷ", Y_HAT), (-1, "y", Y)):
            table.plot(x - 0.2, -0.8, marker, color=colour, markersize=size, markeredgecolor=PAPER)
            table.text(x + 0.02, -0.8, words, va="center", **HEAD)
        table.text(-0.45, -0.8, "step −dJ/dθ = y − ŷ", va="center", **HEAD)
        table.plot((0.35, 0.35), (-0.4, 2.4), color=INK, linewidth=0.8)
        table.text(-2.6, 6.35, "Contours: J, every 0.25 nats;\nheavier at 1, 2, 3 and 4 nats.", va="center")
        column(table, -2.6, range(3), NAMES, animated=False)
        self.columns = [column(table, x, range(3), ha="center") for x in (-1.75, -1, 1.75)]
        self.steps = table.barh(range(3), 0, 0.6, left=0.35, animated=True)
        self.facts = column(table, -2.6, (3.2, 3.95, 4.7))
        self.facts[0].set_fontweight("bold")

    def update(self, state):
        cat, dog, y = state["cat"], state["dog"], target(state["k"], state["softness"], NAMES)
        y_hat = np.array([cat, dog, 1 - cat - dog])
        step, velocity = -softmax_cross_entropy_gradient(np.log(y_hat), y), _velocity(y_hat, y)
        J, floor = cross_entropy(y, y_hat), cross_entropy(y, y)
        lengths = [number(np.linalg.norm(arrow)) for arrow in (step, velocity)]
        lines, widths = _contours(state["k"], state["softness"])
        self.contours.set(segments=lines, linewidth=widths)
        self.field.set_UVC(*(_velocity(GRID, y) @ CORNERS).T)
        point(self.arrow, y_hat @ CORNERS, velocity @ CORNERS)
        put(self.y_hat, y_hat @ CORNERS)
        put(self.y, y @ CORNERS)

        for texts, row, form in zip(self.columns, (y_hat, y, step), (".2f", ".2f", "+.2f"), strict=True):
            say(texts, [number(value, form) for value in row])
        grow(self.steps, step, signs=True)
        facts = [
            f"J = {above_floor(J, floor).replace(' =', ' nats =')}",
            f"size of dJ/dθ: {lengths[0]}",
            f"size of the arrow at ŷ: {lengths[1]}",
        ]
        say(self.facts, facts)
        leads = f"the step −dJ/dθ = y − ŷ is {named(step)}, of size {lengths[0]}; "
        leads += f"it moves ŷ by {named(velocity)}, an arrow of size {lengths[1]}"
        if np.allclose(step, 0):
            leads = "ŷ = y: the gradient is 0, and the arrow is gone"
        return (
            f"At ŷ = {named(y_hat, '.2f')} with target {named(y, '.2f')}, J is {number(J)} nats, where {number(floor)} "
            f"is the least it can be for this target; {leads}."
        )


def _velocity(y_hat, y):
    """How y_hat moves when theta moves by y - y_hat: the Jacobian times it, row by row."""
    return np.einsum("...ij,...j->...i", softmax_jacobian(np.log(y_hat)), y - y_hat)


@lru_cache
def _contours(k, softness):
    """Lines on which J has each of LEVELS, and their widths: found on rays from y, where J is least, to the edge."""
    y = target(k, softness, NAMES)
    corners = np.eye(3)[y < 1]
    if softness:
        corners = corners[[0, 1, 2, 0]]
    along = np.linspace(0, 1, 50)[:, np.newaxis]
    edge = np.concatenate([a + along * (b - a) for a, b in pairwise(corners)])
    t = 1 - np.geomspace(1, 1e-6, 300)[:, np.newaxis, np.newaxis]
    p = y + t * (edge - y)
    J = -np.sum(y * np.log(p, where=p > 0, out=np.zeros(p.shape)), axis=-1)
    levels = LEVELS[J.min() < LEVELS]
    t = np.array([np.interp(levels, ray, t.ravel()) for ray in J.T])
    lines = y + t.T[:, :, np.newaxis] * (edge - y)
    return lines @ CORNERS, np.where(levels % 1, 0.8, 2)
