"""Surprise; and cross-entropy, the surprise that the target expects, for one-hot and for soft targets."""

import numpy as np

from utils import reference
from utils.figures.live import LiveFigure, Slider, own, span, tried
from utils.figures.style import BLUE, INK, ON_COLOUR, ORANGE, PAPER, PURPLE, TEAL, number
from utils.reference import cross_entropy

CLASSES = ("cat", "dog", "owl")
COLOURS = (BLUE, ORANGE, TEAL)
TOP = 5  # nats


def surprise_figure(cross_entropy=None, **start):
    """The live figure of -log p and of J = -sum(y log y_hat), with the reader's own cross_entropy(y, y_hat) beside the
    reference. It is called with one row, (1, 3) and (1, 3), and returns a number.

    Keyword arguments say where the sliders start: p, rest and softness.
    """
    return SurpriseFigure(cross_entropy, **start)


class SurpriseFigure(LiveFigure):
    title = "Surprise and cross-entropy"
    size, narrow_size = (8.6, 4.0), (4.4, 7.6)
    controls = (
        Slider("p", "p, what ŷ gives to cat", span(0, 1, 0.01), 0.3),
        Slider("rest", "dog's part of the rest", span(0, 1, 0.05), 0.9),
        Slider("softness", "how soft y is", span(0, 1, 0.05), 0),
    )

    def __init__(self, cross_entropy=None, **start):
        self.cross_entropy = own(cross_entropy, reference.cross_entropy)
        super().__init__(**start)

    def build(self, figure):
        figure.get_layout_engine().set(wspace=0.06, hspace=0.08)
        if self.narrow:
            rooms = figure.subplot_mosaic([["curve"], ["shares"], ["total"]], height_ratios=(1.6, 1, 0.9))
        else:
            rooms = [["curve", "shares"], ["curve", "total"]]
            rooms = figure.subplot_mosaic(rooms, width_ratios=(1, 1.5), height_ratios=(1.25, 1))
        curve, shares, total = rooms["curve"], rooms["shares"], rooms["total"]

        curve.set_title("surprise −log p")
        curve.set(xlim=(0, 1), ylim=(0, TOP), xlabel="p", ylabel="nats")
        curve.grid(True)
        p = np.linspace(np.exp(-TOP), 1, 400)
        curve.plot(p, -np.log(p), color=INK, clip_on=False)
        (self.drop,) = curve.plot([], [], color=BLUE, linestyle="--", linewidth=1.5, animated=True)
        look = {"markersize": 10, "clip_on": False, "animated": True}
        self.points = [
            curve.plot([], [], mark, color=colour, **look)[0] for mark, colour in zip("osD", COLOURS, strict=True)
        ]
        self.point_text = curve.text(0, 0, "", fontweight="bold", animated=True)

        shares.set_title("target y (outlined) and ŷ (filled)")
        shares.set(xlim=(-0.6, 2.6), ylim=(0, 1.2), xticks=range(3), xticklabels=CLASSES, yticks=(0, 0.5, 1))
        style = {"facecolor": "none", "edgecolor": INK, "linewidth": 1.2, "hatch": "//", "alpha": 0.5}
        self.y = shares.bar(range(3), 0, 0.8, animated=True, **style)
        self.y_hat = shares.bar(range(3), 0, 0.4, color=COLOURS, animated=True)
        box = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}
        self.y_hat_texts = [shares.text(i, 0, "", ha="center", va="bottom", bbox=box, animated=True) for i in range(3)]

        total.set(xlim=(0, TOP), ylim=(-1, 1.7), yticks=(), xlabel="nats")
        total.spines.left.set_visible(False)
        self.total = total.text(0, 1.35, "", fontsize=12, fontweight="bold", va="center", animated=True)
        self.terms = total.barh([0, 0, 0], 0, 0.8, color=COLOURS, edgecolor=PAPER, animated=True)
        style = {"ha": "center", "va": "center", "color": ON_COLOUR}
        self.term_texts = [total.text(0, 0, name, **style, animated=True) for name in CLASSES]
        (self.beyond,) = total.plot([TOP], [0], ">", color=PAPER, markersize=11, clip_on=False, animated=True)
        self.beyond.set(markeredgecolor=INK, markeredgewidth=1.5)
        (self.floor,) = total.plot([], [], color=INK, linestyle="--", clip_on=False, animated=True)
        self.floor_text = total.text(0, 0.55, "floor", ha="center", va="bottom", animated=True)
        if self.cross_entropy:
            (self.mine,) = total.plot([], [], "^", color=PURPLE, markersize=11, clip_on=False, animated=True)
            self.mine_text = total.text(0, -0.72, "", va="center", fontweight="bold", color=PURPLE, animated=True)

    def update(self, state):
        y, y_hat, terms = _row(state)
        p, surprise = state["p"], -np.log(state["p"])
        for point, wanted, q in zip(self.points, y, y_hat, strict=True):  # each class that the target expects
            point.set_data(([q], [min(-np.log(q), TOP)]) if wanted else ([], []))
        self.drop.set_data([p, p, 0], [0, min(surprise, TOP), min(surprise, TOP)])
        self.point_text.set(text=number(surprise), position=(p + 0.04, min(surprise, TOP - 0.4) + 0.12))

        for bar, height in zip(self.y, y, strict=True):
            bar.set_height(height)
        for bar, text, height in zip(self.y_hat, self.y_hat_texts, y_hat, strict=True):
            bar.set_height(height)
            text.set(text=number(height), y=height + 0.04)

        start = 0
        self.beyond.set_visible(terms.sum() > TOP)
        for bar, text, term in zip(self.terms, self.term_texts, terms, strict=True):
            end = min(start + term, TOP)
            bar.set(x=start, width=end - start)
            text.set(x=(start + end) / 2, visible=bool(end - start > 0.45))
            start = end
        J, floor = cross_entropy(y, y_hat), cross_entropy(y, y)
        self.total.set_text(
            f"J = −Σ y log ŷ = {number(J)} = floor {number(floor)} + {number(round(J, 2) - round(floor, 2))}"
        )
        self.floor.set_data([floor, floor], [-0.5, 0.5])
        self.floor_text.set_x(max(floor, 0.3))

        if self.cross_entropy:
            mine, trouble = tried(self.cross_entropy, [y], [y_hat])
            fine = np.isfinite(mine)
            at = np.clip(mine, 0, TOP) if fine else 0
            self.mine.set_data([at] if fine else [], [-0.6] if fine else [])
            words = "yours stopped" if trouble else f"yours {number(mine)}"
            self.mine_text.set(text=words, x=at + 0.12 if at < 4 else at - 0.12, ha="left" if at < 4 else "right")

    def twin(self, state):
        y, y_hat, _ = _row(state)
        target, given = (", ".join(map("{} {}".format, CLASSES, map(number, row))) for row in (y, y_hat))
        J, floor = cross_entropy(y, y_hat), cross_entropy(y, y)
        sentence = (
            f"The prediction is {given}, the target {target}: cat is a surprise of {number(-np.log(y_hat[0]))} nats, "
            f"and J is {number(J)} nats, where {number(floor)} is the least it can be for this target"
        )
        if self.cross_entropy:
            mine, trouble = tried(self.cross_entropy, [y], [y_hat])
            sentence += f"; your function stopped: {trouble}" if trouble else f"; your function gives {number(mine)}"
        return sentence + "."


def _row(state):
    """One example: its target, its prediction, and the terms of its J."""
    p, rest, softness = state["p"], state["rest"], state["softness"]
    y = (1 - softness) * np.array([1.0, 0.0, 0.0]) + softness / 3
    y_hat = np.array([p, (1 - p) * rest, (1 - p) * (1 - rest)])
    return y, y_hat, -y * np.log(y_hat, where=y > 0, out=np.zeros(3))
