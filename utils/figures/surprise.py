"""Surprise; and cross-entropy, the surprise that the target expects, for one-hot and for soft targets."""

import numpy as np

from utils.figures.classes import CLASSES, named, target
from utils.figures.live import Slider, span
from utils.figures.parts import Beside, above_floor, briefly, column, dot, grow, words
from utils.figures.style import BLUE, BOX, HEAD, INK, ON_COLOUR, ORANGE, OUTLINED, PAPER, PURPLE, TEAL, number
from utils.reference import cross_entropy

NAMES = CLASSES[:3]
COLOURS = (BLUE, ORANGE, TEAL)
TOP = 5  # nats


class SurpriseFigure(Beside):
    """The live figure of -log p and of J = -sum(y log y_hat), with the reader's own cross_entropy(y, y_hat) beside the
    reference. It is called with one row, (1, 3) and (1, 3), and returns a number.

    Keyword arguments say where the sliders start: p, rest and softness.
    """

    title = "Surprise and cross-entropy"
    size, narrow_size = (8.6, 4.0), (4.4, 7.6)
    controls = (
        Slider("p", "p, what ŷ gives to cat", span(0, 1, 0.01), 0.3),
        Slider("rest", "dog's part of the rest", span(0, 1, 0.05), 0.9),
        Slider("softness", "how soft y is", span(0, 1, 0.05), 0),
    )
    right = staticmethod(cross_entropy)

    def build(self, figure):
        figure.get_layout_engine().set(wspace=0.06, hspace=0.08)
        layout = {"mosaic": "cs;ct", "width_ratios": (1, 1.5), "height_ratios": (1.25, 1)}
        if self.narrow:
            layout = {"mosaic": "c;s;t", "height_ratios": (1.6, 1, 0.9)}
        curve, shares, total = figure.subplot_mosaic(**layout).values()

        curve.set(title="surprise −log p", xlim=(0, 1), ylim=(0, TOP), xlabel="p", ylabel="nats")
        curve.grid(True)
        p = np.linspace(np.exp(-TOP), 1, 400)
        curve.plot(p, -np.log(p), color=INK, clip_on=False)
        (self.drop,) = curve.plot([], [], color=BLUE, linestyle="--", linewidth=1.5, animated=True)
        looks = zip("osD", COLOURS, strict=True)
        self.points = [dot(curve, *look, 10, markeredgecolor=look[1], clip_on=False) for look in looks]
        self.point_text = words(curve, 0, 0, va="baseline", fontweight="bold")

        shares.set_title("target y (outlined) and ŷ (filled)")
        shares.set(xlim=(-0.6, 2.6), ylim=(0, 1.2), xticks=range(3), xticklabels=NAMES, yticks=(0, 0.5, 1))
        self.y = shares.bar(range(3), 0, 0.8, **OUTLINED)
        self.y_hat = shares.bar(range(3), 0, 0.4, color=COLOURS, animated=True)
        self.y_hat_texts = column(shares, range(3), 0, ha="center", va="bottom", bbox=BOX)

        total.set(xlim=(0, TOP), ylim=(-1, 1.7), yticks=(), xlabel="nats")
        total.spines.left.set_visible(False)
        self.total = words(total, 0, 1.35, **HEAD)
        self.terms = total.barh([0, 0, 0], 0, 0.8, color=COLOURS, edgecolor=PAPER, animated=True)
        self.term_texts = column(total, 0, 0, NAMES, ha="center", color=ON_COLOUR)
        self.beyond = dot(total, ">", PAPER, 11, markeredgecolor=INK, markeredgewidth=1.5, clip_on=False)
        self.beyond.set_data([TOP], [0])
        (self.floor,) = total.plot([], [], color=INK, linestyle="--", clip_on=False, animated=True)
        self.floor_text = total.text(0, 0.55, "floor", ha="center", va="bottom", animated=True)
        if self.function:
            self.mine = dot(total, "^", PURPLE, 11, markeredgecolor=PURPLE, clip_on=False)
            self.mine_text = words(total, 0, -0.72, fontweight="bold", color=PURPLE)

    def update(self, state):
        p, rest, softness = state["p"], state["rest"], state["softness"]
        y, y_hat = target("cat", softness, NAMES), np.array([p, (1 - p) * rest, (1 - p) * (1 - rest)])
        terms = -y * np.log(y_hat, where=y > 0, out=np.zeros(3))
        J, floor, surprise = cross_entropy(y, y_hat), cross_entropy(y, y), -np.log(p)
        for point, wanted, q in zip(self.points, y, y_hat, strict=True):  # each class that the target expects
            point.set_data(([q], [min(-np.log(q), TOP)]) if wanted else ([], []))
        self.drop.set_data([p, p, 0], [0, min(surprise, TOP), min(surprise, TOP)])
        side, gap, up = ("left", 0.04, 0.12) if p < 0.9 else ("right", -0.02, 0.3)  # to the left the curve is higher
        self.point_text.set(text=number(surprise), ha=side, position=(p + gap, min(surprise, TOP - 0.4) + up))

        grow(self.y, y)
        grow(self.y_hat, y_hat, self.y_hat_texts, gap=0.04)

        ends = np.cumsum(terms).clip(max=TOP)
        self.beyond.set_visible(terms.sum() > TOP)
        for bar, text, start, end in zip(self.terms, self.term_texts, (0, *ends[:-1]), ends, strict=True):
            bar.set(x=start, width=end - start)
            at = np.clip(floor, start, end)  # no name stands under the floor
            left, right = (start, at) if at > (start + end) / 2 else (at, end)
            text.set(x=(left + right) / 2, visible=bool(right - left > 0.38))
        self.total.set_text(f"J = −Σ y log ŷ = {above_floor(J, floor)}")
        self.floor.set_data([floor, floor], [-0.5, 0.5])
        self.floor_text.set_x(max(floor, 0.3))

        mine, trouble = self.asked([y], [y_hat])
        if self.function:
            fine = np.isfinite(mine)
            at = np.clip(mine, 0, TOP) if fine else 0
            self.mine.set_data([at] if fine else [], [-0.6] if fine else [])
            said = f"yours {briefly(trouble) or number(mine)}"
            self.mine_text.set(text=said, x=at + 0.12 if at < 4 else at - 0.12, ha="left" if at < 4 else "right")
        return (
            f"The prediction is {named(y_hat, '.2f')}, the target {named(y, '.2f')}: cat is a surprise of "
            f"{number(surprise)} nats, and J is {number(J)} nats, where {number(floor)} is the least it can be for "
            f"this target{self.told(trouble, f'gives {number(mine)}')}"
        )
