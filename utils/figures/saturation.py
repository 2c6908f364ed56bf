"""Saturation: where the scale of W1 puts the hidden units on sigma', and what that leaves of dJ/dx."""

import numpy as np
from matplotlib.markers import CARETDOWN

from utils.figures.live import Slider
from utils.figures.parts import Beside, briefly, column, compact, dot, grow, plain_rows, say, words
from utils.figures.style import BLUE, INK, ORANGE, PAPER, PURPLE, RAISED, TEAL, number
from utils.reference import one_hot, sigmoid, sigmoid_derivative, softmax

D, H, K = 4, 6, 3
x, W1, b1, W2, b2 = map(np.random.default_rng(5).standard_normal, ((D,), (D, H), (H,), (H, K), (K,)))
y = one_hot(0, K)
SCALES = np.geomspace(0.01, 100, 81)  # of W1

EDGE = 10  # of the axis of z
SIZES = 1e-10, 1e7  # of the axis of sizes, with room for its legend above all curves
SATURATED = 0.01  # a unit whose slope is less is called saturated
FLAT = np.arccosh(1 / (2 * SATURATED) - 1)  # its |z| is larger than this, for sigma'(z) = 1 / (2 + 2 cosh z)


class SaturationFigure(Beside):
    """The live figure of six hidden units on sigma', and of the size (Euclidean) of dJ/dx against the scale of W1,
    with the reader's own sigmoid_derivative(z) beside the reference. It is called with arrays of one and of two axes.

    Keyword arguments say where the sliders start: W1_scale and x_scale.
    """

    title = "Saturation"
    size, narrow_size = (8.6, 5.2), (4.6, 11)
    controls = (
        Slider("W1_scale", "scale of W1", SCALES, 1, form=".3g"),
        Slider("x_scale", "scale of x", np.geomspace(0.1, 10, 41), 1, form=".3g"),
    )
    right = staticmethod(sigmoid_derivative)

    def build(self, figure):
        figure.get_layout_engine().set(wspace=0.04, hspace=0.04)
        left, right = figure.add_gridspec(2, 1) if self.narrow else figure.add_gridspec(1, 2, width_ratios=(1, 1.35))
        h, slopes = left.subgridspec(2, 1, height_ratios=(1, 1.6)).subplots()
        sizes, units = right.subgridspec(2, 1, height_ratios=(1.35, 1)).subplots()
        self._build_curves(h, slopes)
        self._build_sizes(sizes)
        self._build_units(units)
        figure.legend(*slopes.get_legend_handles_labels(), loc="outside lower left", ncols=2 if self.narrow else 3)

    def _build_curves(self, h, slopes):
        z = np.linspace(-EDGE, EDGE, 401)
        h.set(title="h = σ(z)", ylim=(-0.08, 1.08), yticks=(0, 0.5, 1))
        h.plot(z, sigmoid(z), color=INK)
        h.tick_params(labelbottom=False)
        slopes.set(title="its slope σ′(z)", ylim=(-0.02, 0.3), yticks=(0, 0.1, 0.2), xlabel="z = x W1 + b1")
        slopes.plot(z, sigmoid_derivative(z), color=TEAL)
        slopes.axhline(1 / 4, color=INK, linewidth=1.2, linestyle="--")
        slopes.text(0.3 - EDGE, 0.26, "ceiling 1/4", va="bottom")
        for axes in (h, slopes):
            axes.set(xlim=(-EDGE, EDGE), xticks=(-10, -5, 0, 5, 10), xticklabels=("≤−10", "−5", "0", "5", "≥10"))
            for arm in ((-EDGE, -FLAT), (FLAT, EDGE)):
                axes.axvspan(*arm, facecolor=INK, alpha=0.1)
        kinds = ("o", BLUE, "hidden unit"), ("X", ORANGE, f"saturated: σ′ < {SATURATED}")
        self.dots = [
            [dot(axes, marker, colour, 11, label=label, clip_on=False) for marker, colour, label in kinds]
            for axes in (h, slopes)
        ]
        if self.function:
            (self.curve,) = slopes.plot(z, z, color=PURPLE, linestyle=":", linewidth=3, label="yours", animated=True)

    def _build_sizes(self, axes):
        axes.set(title="size of dJ/dx", xlabel="scale of W1", xscale="log", yscale="log")
        axes.set(xlim=SCALES[[0, -1]], ylim=SIZES, yticks=10.0 ** np.arange(-9, 4, 3))
        axes.minorticks_off()
        looks = {"size of W1": ("s", INK, "--"), "largest σ′": ("^", TEAL, "-."), "size of dJ/dx": ("o", BLUE, "-")}
        if self.function:
            looks["yours"] = "D", PURPLE, ":"
        inside = {"transform": axes.transAxes}
        self.sizes = {}
        for i, (name, (marker, colour, dashes)) in enumerate(looks.items()):
            at, look = 0.94 - 0.09 * i, {"color": colour, "linestyle": dashes}
            sign = {"marker": marker, "markersize": 9, "markeredgecolor": PAPER, "markevery": [1]}
            axes.plot((0.02, 0.1), (at, at), **sign, **look, **inside)
            (line,) = axes.plot(SCALES, SCALES, animated=True, **look)
            self.sizes[name] = line, dot(axes, marker, colour, 9, clip_on=False), words(axes, 0.13, at, **inside)
        self.peak = dot(axes, CARETDOWN, INK, 8, markeredgecolor=INK)
        self.headline = words(axes, 1, 1.03, ha="right", va="bottom", **inside)

    def _build_units(self, axes):
        left, rows = SIZES[0], range(H)
        axes.set(title="z and σ′(z), unit by unit", xscale="log", xlim=(2e-15, 2e11), ylim=(H - 0.4, -0.6))
        axes.set(xticks=(1e-9, 1e-6, 1e-3, 1), yticks=rows, yticklabels=[f"unit {j}" for j in rows])
        axes.minorticks_off()
        plain_rows(axes, left, 1)
        axes.plot((1 / 4, 1 / 4), axes.get_ylim(), color=INK, linewidth=1.2, linestyle="--")
        self.bars = axes.barh(rows, left, 0.7, left=left, edgecolor=PAPER, linewidth=0, animated=True)
        self.z_texts, self.slope_texts = column(axes, left / 3, rows, ha="right"), column(axes, 1.4, rows)

    def update(self, state):
        i = np.abs(SCALES - state["W1_scale"]).argmin()
        z = SCALES[:, np.newaxis] * (state["x_scale"] * x @ W1) + b1  # of the units, for all scales
        slopes = sigmoid_derivative(z)
        mine, trouble = self.asked(z, shape=z.shape) if self.function else (slopes, "")
        written = [list(map(power, some[i])) for some in (slopes, mine)]
        flat = slopes[i] < SATURATED
        for dots, heights in zip(self.dots, (sigmoid(z[i]), slopes[i]), strict=True):
            for some, unit in zip((~flat, flat), dots, strict=True):
                unit.set_data(z[i, some].clip(-EDGE, EDGE), heights[some])

        grow(self.bars, (slopes[i] - SIZES[0]).clip(0))
        say(self.z_texts, [compact(value, "+") for value in z[i]])
        for j, (right, said) in enumerate(zip(*written, strict=True)):
            self.bars[j].set(facecolor=ORANGE if flat[j] else BLUE, hatch="xx" if flat[j] else None)
            differs = said != right and not trouble
            text = f"{right} ≠ {said}" if differs else right
            self.slope_texts[j].set(text=text, color=PURPLE if differs else INK)

        size = _sizes(z, slopes)
        sizes = {"size of W1": SCALES * np.linalg.norm(W1), "largest σ′": slopes.max(axis=1), "size of dJ/dx": size}
        best = size.argmax()
        self.peak.set_data(SCALES[[best]], 1.5 * size[[best]])
        self.headline.set_text(f"▾ largest at scale {SCALES[best]:.3g}")
        if self.function:
            at = self.curve.get_xdata()
            self.curve.set_ydata(self.asked(at, shape=at.shape)[0])
            sizes["yours"] = _sizes(z, mine)
        for name, values in sizes.items():
            line, point, text = self.sizes[name]
            line.set_ydata(values)
            point.set_data(SCALES[[i]], values[[i]])
            point.set_visible(SIZES[0] < values[i] < SIZES[1])  # it leaves the page with its line
            text.set_text(f"yours {briefly(trouble)}" if name == "yours" and trouble else f"{name}: {power(values[i])}")

        right, said = map(", ".join, written)
        most = "the largest there is"
        if i != best:
            brake = "W1, the last factor, holds" if i < best else "σ′ holds"
            most = f"while at scale {SCALES[best]:.3g} it is largest, {power(size[best])}: here {brake} it down"
        gives = self.alike if said == right else f"{said}, and dJ/dx of size {power(_sizes(z, mine)[i])}"
        return (
            f"With W1 scaled by {state['W1_scale']:.3g} and x by {state['x_scale']:.3g}, σ′ of the hidden units is "
            f"{right}, never above 1/4, and {flat.sum()} of {H} are saturated, "
            f"below {SATURATED}; the size of dJ/dx is {power(size[i])}, {most}{self.told(trouble, f'gives {gives}')}"
        )


def power(value):
    """A number of any size with three digits: 0.248, 7.12·10⁻³³."""
    mantissa, _, exponent = number(value, ".3g").partition("e")
    return f"{mantissa}·10{exponent.lstrip('+').translate(RAISED)}" if exponent else mantissa


def _sizes(z, slopes):
    """The size of dJ/dx for each of SCALES, with these slopes in the chain."""
    dh = (softmax(sigmoid(z) @ W2 + b2) - y) @ W2.T
    return SCALES * np.hypot.reduce((dh * slopes) @ W1.T, axis=1)  # norm would square 1e-200, and lose it
