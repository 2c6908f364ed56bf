"""The gradient of J with respect to the scores: y_hat - y, class by class, beside a numeric derivative."""

import numpy as np
from matplotlib.patches import FancyArrowPatch

from utils.figures.live import LiveFigure, Slider, own, span, tried
from utils.figures.logits import CLASSES, SCORES, scores
from utils.figures.style import INK, PAPER, PURPLE, TEAL, YOURS, number, signed
from utils.reference import (
    central_difference,
    cross_entropy_from_logits,
    one_hot,
    softmax,
    softmax_cross_entropy_gradient,
)

COLUMNS = np.arange(len(CLASSES))
TARGET = Slider("k", "true class k", CLASSES, "dog"), Slider("softness", "how soft y is", span(0, 1, 0.05), 0)
LIMIT = 1.1  # of the bars of the gradient; the right ones end at 1


def gradient_figure(gradient=None, **start):
    """The live figure of dJ/dtheta = y_hat - y, with the reader's own gradient(theta, y) beside the reference. It is
    called with one row, (1, 4) and (1, 4), and returns (1, 4).

    Keyword arguments say where the sliders start: theta_0 to theta_3, k (a class, by its name) and softness.
    """
    return GradientFigure(gradient, **start)


class GradientFigure(LiveFigure):
    title = "The gradient, class by class"
    size, narrow_size = (8.6, 4.9), (4.6, 5.6)
    controls = (*SCORES, *TARGET)

    def __init__(self, gradient=None, **start):
        self.gradient = own(gradient, softmax_cross_entropy_gradient)
        super().__init__(**start)

    def build(self, figure):
        figure.get_layout_engine().set(hspace=0.05)
        shares, slopes = figure.subplots(2, 1, height_ratios=(1, 1.15))
        for axes in (shares, slopes):
            axes.set(xlim=(-0.3, 3.82), xticks=COLUMNS, xticklabels=CLASSES)
            axes.spines.bottom.set_visible(False)
            axes.tick_params(axis="x", length=0)
            axes.axhline(0, color=INK, linewidth=0.8)

        shares.set_title("y − ŷ" if self.narrow else "probabilities: ŷ (filled), y (outlined), gap y − ŷ")
        shares.set(ylim=(0, 1.25), yticks=(0, 0.5, 1))
        outline = {"facecolor": "none", "edgecolor": INK, "linewidth": 1.2, "hatch": "//", "alpha": 0.5}
        self.y = shares.bar(COLUMNS, 0, 0.4, animated=True, **outline)
        self.y_hat = shares.bar(COLUMNS, 0, 0.24, color=TEAL, animated=True)
        box = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}
        self.y_hat_texts = _texts(shares, COLUMNS, ha="center", va="bottom", bbox=box)
        look = {"arrowstyle": "|-|", "mutation_scale": 4, "linewidth": 2.5, "shrinkA": 0, "shrinkB": 0}
        self.gaps = [shares.add_patch(FancyArrowPatch((i, 0), (i, 0), animated=True, **look)) for i in COLUMNS]
        self.gap_texts = _texts(shares, COLUMNS + 0.32, va="center", fontweight="bold")
        self.J = _headline(shares)

        slopes.set_title("dJ/dθ" if self.narrow else "scores: gradient dJ/dθ = ŷ − y")
        slopes.set(ylim=(-1.5, 1.5), yticks=(-1, 0, 1), yticklabels=("−1", "0", "+1"))
        slopes.tick_params(labelbottom=False)
        self.slopes = slopes.bar(COLUMNS, 0, 0.3, animated=True)
        self.slope_texts = _texts(slopes, COLUMNS, ha="center")
        look = {"marker": "D", "markersize": 8, "markerfacecolor": PAPER, "markeredgecolor": INK, "linestyle": "none"}
        (self.numeric,) = slopes.plot(COLUMNS, COLUMNS, label="central difference of J", animated=True, **look)
        if self.gradient:
            self.mine = slopes.bar(COLUMNS + 0.34, 0, 0.3, label="yours", animated=True, **YOURS)
            self.mine_texts = _texts(slopes, COLUMNS + 0.34, ha="center")
        self.sum = _headline(slopes)
        figure.legend(loc="outside lower right", ncols=2)

    def update(self, state):
        theta, y = scores(state), target(state["k"], state["softness"])
        y_hat, slopes = softmax(theta), softmax_cross_entropy_gradient(theta, y)
        self.J.set_text(f"J = {number(cross_entropy_from_logits(theta, y))} nats")
        for i in COLUMNS:
            self.y[i].set_height(y[i])
            self.y_hat[i].set_height(y_hat[i])
            self.y_hat_texts[i].set(text=number(y_hat[i]), y=y_hat[i] + 0.03)
            self.gaps[i].set_positions((i + 0.26, y_hat[i]), (i + 0.26, y[i]))
            self.gaps[i].set(color=signed(-slopes[i])["facecolor"], visible=bool(abs(slopes[i]) > 0.03))
            gap = number(-slopes[i], "+.2f")
            self.gap_texts[i].set(text=gap, y=max((y_hat[i] + y[i]) / 2, 0.08))
            if y[i] == 1 and not self.narrow:
                self.gap_texts[i].set_text(f"{gap}\n= 1 − {number(y_hat[i])}")

        _draw(self.slopes, self.slope_texts, slopes)
        for bar, slope in zip(self.slopes, slopes, strict=True):
            bar.set(**signed(slope))
        self.numeric.set_ydata(_numeric(theta, y))
        sums = f"sum {number(slopes.sum())}"
        if self.gradient:
            mine, trouble = self._mine(theta, y)
            sums += f", yours {'stopped' if trouble else number(mine.sum())}"
            _draw(self.mine, self.mine_texts, mine)
            for text, same in zip(self.mine_texts, np.isclose(mine, slopes, rtol=0, atol=1e-6), strict=True):
                text.set(color=INK if same else PURPLE, fontweight="normal" if same else "bold")
                text.set_text("" if trouble else text.get_text() if same else f"≠ {text.get_text()}")
        self.sum.set_text(sums)

    def twin(self, state):
        theta, y = scores(state), target(state["k"], state["softness"])
        slopes = softmax_cross_entropy_gradient(theta, y)
        steps = ", ".join(f"{name} {_step(slope)}" for name, slope in zip(CLASSES, slopes, strict=True))
        numeric = _numeric(theta, y)
        agree = "agree" if np.allclose(numeric, slopes, rtol=0, atol=1e-8) else f"give {named(numeric)}"
        sentence = (
            f"With true class {state['k']}, J is {number(cross_entropy_from_logits(theta, y))} nats and dJ/dθ = ŷ − y "
            f"is {named(slopes)}, with sum {number(slopes.sum())}; central differences {agree}; a step against it "
            f"moves the scores, not the probabilities: {steps}"
        )
        if self.gradient:
            mine, trouble = self._mine(theta, y)
            gives = "the same" if np.allclose(mine, slopes, rtol=0, atol=1e-6) else named(mine)
            sentence += f"; your function stopped: {trouble}" if trouble else f"; your function gives {gives}"
        return sentence + "."

    def _mine(self, theta, y):
        mine, trouble = tried(self.gradient, [theta], [y], shape=(1, len(theta)))
        return mine[0], trouble


def target(k, softness, classes=CLASSES):
    """One-hot at k, of which softness is taken and spread evenly over all classes."""
    return (1 - softness) * one_hot(classes.index(k), len(classes)) + softness / len(classes)


def named(values, form="+.2f"):
    """Numbers of the first classes, in words."""
    return ", ".join(f"{name} {number(value, form)}" for name, value in zip(CLASSES, values, strict=False))


def compact(value, plus=""):
    """A number in the room of six characters, with its sign where plus is "+". "0" is exact, "0.00" may be rounded."""
    size = abs(value)
    return number(value, plus + (".2f" if size < 100 else ".0f" if size < 1e5 else ".0e")) if value else "0"


def _numeric(theta, y):
    return central_difference(lambda theta: cross_entropy_from_logits(theta, y), theta)


def _step(slope):
    """Which way, and how far, a step of size 1 against the gradient moves the score."""
    if abs(slope) < 0.005:
        return "stays"
    return f"{'down' if slope > 0 else 'up'} {number(abs(slope))}"


def _texts(axes, columns, **look):
    return [axes.text(x, 0, "", animated=True, **look) for x in columns]


def _headline(axes):
    look = {"transform": axes.transAxes, "ha": "right", "va": "bottom", "fontsize": 12, "fontweight": "bold"}
    return axes.text(1, 1.05, "", animated=True, **look)


def _draw(bars, texts, values):
    """Bars that end at the axis' limit at the latest, and their numbers beyond the end."""
    for bar, text, value, end in zip(bars, texts, values, np.nan_to_num(values).clip(-LIMIT, LIMIT), strict=True):
        bar.set_height(end)
        text.set(text=compact(value, "+"), y=end + (-0.17 if end < 0 else 0.17), va="top" if end < 0 else "bottom")
