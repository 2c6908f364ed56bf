"""The gradient of J with respect to the scores: y_hat - y, class by class, beside a numeric derivative."""

from matplotlib.patches import FancyArrowPatch

from utils.figures.classes import CLASSES, INDICES, SCORES, TARGET, named, scores, target
from utils.figures.parts import Beside, briefly, column, compact, cut, dot, grow, same, words
from utils.figures.style import BOX, HEAD, INK, OUTLINED, PAPER, PURPLE, TEAL, YOURS, number, signed
from utils.reference import central_difference, cross_entropy_from_logits, softmax, softmax_cross_entropy_gradient

LIMIT = 1.1  # of the bars of the gradient; the right ones end at 1


class GradientFigure(Beside):
    """The live figure of dJ/dtheta = y_hat - y, with the reader's own gradient(theta, y) beside the reference. It is
    called with one row, (1, 4) and (1, 4), and returns (1, 4).

    Keyword arguments say where the sliders start: theta_0 to theta_3, k (a class, by its name) and softness.
    """

    title = "The gradient, class by class"
    size, narrow_size = (8.6, 4.9), (4.6, 5.6)
    controls = (*SCORES, *TARGET)
    right = staticmethod(softmax_cross_entropy_gradient)

    def build(self, figure):
        figure.get_layout_engine().set(hspace=0.05)
        shares, slopes = figure.subplots(2, 1, height_ratios=(1, 1.15))
        for axes in (shares, slopes):
            axes.set(xlim=(-0.3, 3.82), xticks=INDICES, xticklabels=CLASSES)
            axes.spines.bottom.set_visible(False)
            axes.tick_params(axis="x", length=0)
            axes.axhline(0, color=INK, linewidth=0.8)

        title = "ŷ filled, y outlined, y − ŷ" if self.narrow else "probabilities: ŷ (filled), y (outlined), gap y − ŷ"
        shares.set(title=title, ylim=(0, 1.25), yticks=(0, 0.5, 1))
        self.side = 0.21 if self.narrow else 0.26  # of the gap; the number beside it ends before the next bar's
        self.y = shares.bar(INDICES, 0, 0.3 if self.narrow else 0.4, **OUTLINED)
        self.y_hat = shares.bar(INDICES, 0, 0.24, color=TEAL, animated=True)
        self.y_hat_texts = column(shares, INDICES, 0, ha="center", va="bottom", bbox=BOX)
        look = {"arrowstyle": "|-|", "mutation_scale": 4, "linewidth": 2.5, "shrinkA": 0, "shrinkB": 0}
        self.gaps = [shares.add_patch(FancyArrowPatch((i, 0), (i, 0), animated=True, **look)) for i in INDICES]
        self.gap_texts = column(shares, INDICES + self.side + 0.05, 0, fontweight="normal" if self.narrow else "bold")

        title = "dJ/dθ" if self.narrow else "scores: gradient dJ/dθ = ŷ − y"
        slopes.set(title=title, ylim=(-1.5, 1.5), yticks=(-1, 0, 1), yticklabels=("−1", "0", "+1"))
        slopes.tick_params(labelbottom=False)
        self.slopes = slopes.bar(INDICES, 0, 0.3, animated=True)
        self.slope_texts = column(slopes, INDICES - (0.12 if self.narrow and self.function else 0), 0, ha="center")
        self.numeric = dot(slopes, "D", PAPER, 8, markeredgecolor=INK, label="central difference of J")
        if self.function:
            self.mine = slopes.bar(INDICES + 0.34, 0, 0.3, label="yours", animated=True, **YOURS)
            self.mine_texts = column(slopes, INDICES + 0.34, 0, ha="center")
            self.cut = [dot(slopes, way, PAPER, 9, markeredgecolor=INK) for way in "v^"]
        look = {"ha": "right", "va": "bottom", **HEAD}
        self.J, self.sum = (words(axes, 1, 1.05, transform=axes.transAxes, **look) for axes in (shares, slopes))
        figure.legend(loc="outside lower right", ncols=2)

    def update(self, state):
        theta, y = scores(state), target(state["k"], state["softness"])
        y_hat, slopes = softmax(theta), softmax_cross_entropy_gradient(theta, y)
        J = number(cross_entropy_from_logits(theta, y))
        numeric = central_difference(lambda theta: cross_entropy_from_logits(theta, y), theta)
        self.J.set_text(f"J = {J} nats")
        grow(self.y, y)
        grow(self.y_hat, y_hat, self.y_hat_texts, gap=0.03)
        for i in INDICES:
            self.gaps[i].set_positions((i + self.side, y_hat[i]), (i + self.side, y[i]))
            self.gaps[i].set(color=signed(-slopes[i])["facecolor"], visible=bool(abs(slopes[i]) > 0.03))
            whole = f"\n= 1 − {number(y_hat[i])}" if y[i] == 1 and not self.narrow else ""
            high = (y_hat[i] + y[i]) / 2
            if self.narrow and abs(high - y_hat[i] - 0.08) < 0.17:  # beside the number of y_hat, they read as one row
                high = min(y_hat[i] + 0.22, 1.18)
            self.gap_texts[i].set(text=number(-slopes[i], "+.2f") + whole, y=max(high, 0.08))

        grow(self.slopes, slopes, signs=True)
        _write(self.slope_texts, slopes, slopes, 0.17)  # clear of the diamond at the end
        self.numeric.set_data(INDICES, numeric)
        sums = f"sum {number(slopes.sum())}"
        (mine,), trouble = self.asked([theta], [y], shape=(1, len(theta)))
        if self.function:
            sums += f", yours {briefly(trouble) or number(mine.sum())}"
            _write(self.mine_texts, mine, cut(self.mine, mine, -LIMIT, LIMIT, self.cut), 0.05)
            unequal = "≠" if self.narrow else "≠ "
            for text, fits in zip(self.mine_texts, same(mine, slopes), strict=True):
                said = "" if trouble else text.get_text() if fits else unequal + text.get_text()
                text.set(text=said, color=INK if fits else PURPLE, fontweight="normal" if fits else "bold")
        self.sum.set_text(sums)
        steps = ", ".join(f"{name} {_step(slope)}" for name, slope in zip(CLASSES, slopes, strict=True))
        agree = "agree" if same(numeric, slopes, 1e-8).all() else f"give {named(numeric)}"
        gives = self.alike if same(mine, slopes).all() else named(mine)
        target_name = f"true class {state['k']}" if state["softness"] < 1 else "an even target"
        return (
            f"With {target_name}, J is {J} nats and dJ/dθ = ŷ − y is {named(slopes)}, with sum "
            f"{number(slopes.sum())}; central differences {agree}; one step against it moves the scores: "
            f"{steps}{self.told(trouble, f'gives {gives}')}"
        )


def _step(slope):
    """Which way, and how far, a step of size 1 against the gradient moves the score."""
    if abs(slope) < 0.005:
        return "stays" if abs(slope) < 1e-9 else "all but stays"
    return f"{'down' if slope > 0 else 'up'} {number(abs(slope))}"


def _write(texts, values, ends, gap):
    """Numbers of bars, beyond their ends."""
    for text, value, end in zip(texts, values, ends, strict=True):
        text.set(text=compact(value, "+"), y=end + (-gap if end < 0 else gap), va="top" if end < 0 else "bottom")
