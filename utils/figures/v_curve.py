"""The error of a numeric derivative over its step h: what is cut off falls with h, what is rounded grows."""

from functools import lru_cache
from itertools import takewhile

import numpy as np

from utils import reference
from utils.figures.live import LiveFigure, Slider
from utils.figures.parts import bare, column, dot, words
from utils.figures.style import BLUE, BOX, INK, ORANGE, PURPLE, TEAL, number
from utils.reference import input_gradient, loss, one_hot, relative_error

STEPS = tuple(float(f"{h:.3g}") for h in np.geomspace(1e-14, 1, 57))
METHODS = {
    "forward": (reference.forward_difference, ORANGE, "o"),
    "central": (reference.central_difference, BLUE, "s"),
    "complex step": (reference.complex_step, TEAL, "D"),
}
ROOTS = {"forward": (2, "√ε"), "central": (3, "∛ε")}  # where h = eps/h, and where h^2 = eps/h
PRECISIONS = {"float64": np.finfo(np.float64), "float32": np.finfo(np.float32)}
ANCHOR = STEPS.index(1e-2)  # here next to nothing is rounding, so it tells how much is cut off
LEAST, MOST = 1e-17, 10  # of the error axis

# Two examples and a network: float32 holds these numbers exactly, so both precisions see the same.
_drawn = map(np.random.default_rng(8).standard_normal, ((2, 4), (4, 5), 5, (5, 3), 3))
X, *_parameters = (values.astype(np.float32).astype(float) for values in _drawn)
REST = one_hot([0, 2], 3), *_parameters  # y, W1, b1, W2, b2
RIGHT = input_gradient(X, *REST)


@lru_cache
def errors(precision):
    """{method: the relative error of its dJ/dx at each of STEPS}, in float64 or float32."""
    return {
        name: np.array([relative_error(derivative(_loss(precision), X, h), RIGHT) for h in STEPS])
        for name, (derivative, _, _) in METHODS.items()
    }


def best_step(precision, method):
    """The step of STEPS at which the method erred least, and the one that theory says: eps^(1/2) or eps^(1/3)."""
    root, _ = ROOTS[method]
    return STEPS[np.argmin(errors(precision)[method])], float(PRECISIONS[precision].eps) ** (1 / root)


class VCurve(LiveFigure):
    """The live figure of the error of dJ/dx, measured with three numeric derivatives on a small network, over the step.

    Keyword arguments say where the sliders start: h (one of STEPS, such as 1e-5) and precision ("float64", "float32").
    """

    title = "The V curve"
    size, narrow_size = (8.6, 6.2), (4.6, 7)
    controls = (
        Slider("h", "step h", STEPS, 1e-2, ".1e"),
        Slider("precision", "precision", tuple(PRECISIONS), "float64"),
    )

    def build(self, figure):
        figure.get_layout_engine().set(hspace=0.04)
        curves, digits = figure.subplots(2, 1, height_ratios=(2, 1) if self.narrow else (3.6, 1))
        curves.set(xscale="log", yscale="log", xlim=(STEPS[0] / 1.5, STEPS[-1] * 1.5), ylim=(LEAST, MOST))
        curves.set(xticks=10.0 ** np.arange(-14, 1, 2), yticks=10.0 ** np.arange(-16, 1, 4), xlabel="step h")
        curves.minorticks_off()
        curves.grid()
        curves.set_title("relative error of dJ/dx", pad=38 if self.narrow else 22)
        look = {"color": INK, "linewidth": 1.2, "linestyle": (0, (6, 3)), "alpha": 0.6, "zorder": 1, "animated": True}
        self.guides = {name: curves.plot(STEPS, STEPS, **look)[0] for name in ("h", "h²", "1/h")}
        look = {"linespacing": 1.1, "bbox": BOX | {"alpha": 0.8, "pad": 1}}  # a curve may run behind it
        self.names = {
            "h": words(curves, 2e-13, 1, "cut off ∝ h", va="top", **look),
            "h²": words(curves, 1.5e-7, 1, "cut off ∝ h²", va="top", **look),
            "1/h": words(curves, 1, 0.03, "rounding ∝ 1/h", **look),
        }
        self.best = {}
        for name, side in (("forward", "right"), ("central", "left")):
            line = curves.axvline(1, 0.14, color=METHODS[name][1], linewidth=1.5, linestyle=":", animated=True)
            self.best[name] = line, words(curves, 1, 2 * MOST, ha=side, va="bottom")
        self.here = curves.axvline(1, color=INK, linewidth=1.5, animated=True)

        left, top = (0.02, 3) if self.narrow else (0.53, 0)  # where the three methods are told of
        bare(digits, xlim=(0, 1), ylim=(top + 2.6, -0.6))
        mono = {"family": "monospace", "fontsize": 12}
        self.same = column(digits, 0, (0, 1), alpha=0.7, **mono)
        self.left = column(digits, 0, (0, 1), color=PURPLE, fontweight="bold", **mono)
        self.shared = words(digits, 0, 2)
        self.curves, self.points, self.told = {}, {}, {}
        for i, (name, (_, colour, marker)) in enumerate(METHODS.items()):
            under = name == "complex step"  # the central one lies upon it where both only cut off
            look = {"linewidth": 4 if under else 1.5, "zorder": 1.5 if under else 2, "animated": True}
            look |= {"color": colour, "marker": marker, "markevery": 4, "markersize": 5}
            (self.curves[name],) = curves.plot(STEPS, STEPS, **look)
            look = {"markeredgewidth": 1.5, "zorder": 2.5 if under else 3}
            self.points[name] = dot(curves, marker, colour, 17 if under else 12, **look)
            digits.plot(left, top + i, color=colour, marker=marker, markersize=9, clip_on=False)
            digits.text(left + 0.05 * (1 + self.narrow) / 2, top + i, name, va="center", fontweight="bold")
            self.told[name] = words(digits, left + 0.19 * (1 + self.narrow), top + i)

    def update(self, state):
        h, precision = state["h"], state["precision"]
        guides = _guides(precision)
        for name, guide in guides.items():
            self.guides[name].set_ydata(guide(np.array(STEPS)))
        for name in ("h", "h²"):
            x, _ = self.names[name].get_position()
            self.names[name].set_y(guides[name](x) / 4)
        line, free = guides["1/h"](1) / 0.03, precision == "float64"  # in float32 its other curves come close behind it
        look = {"x": 2 * line, "ha": "left", "va": "bottom"} if free else {"x": line / 9, "ha": "right", "va": "top"}
        self.names["1/h"].set(**look)
        rule = {}
        for name, (line, text) in self.best.items():
            _, theory = best_step(precision, name)
            rule[name] = number(theory, ".0e")
            line.set_xdata([theory, theory])
            text.set(x=min(theory, 1e-4) if self.narrow else theory, text=f"{ROOTS[name][1]} = {rule[name]}")
            if name == "central":  # side by side they collide
                text.set_y(MOST * (100 if self.narrow and theory > 1e-4 else 2))
        self.here.set_xdata([h, h])
        told = {}
        for name, measured in errors(precision).items():
            self.curves[name].set_ydata(np.maximum(measured, LEAST))
            error = measured[STEPS.index(h)]
            self.points[name].set_data([h], [max(error, LEAST)])
            cut = guides["h" if name == "forward" else "h²"](h)
            rounded = PRECISIONS[precision].eps if name == "complex step" else guides["1/h"](h)
            told[name] = f"{number(error, '.0e')}, mostly {'cut off' if cut > rounded else 'rounding'}"
            self.told[name].set_text(told[name])
        above, below, alike = _two_losses(precision, h)
        for i, (label, digits) in enumerate((("J(x + h) = ", above), ("J(x − h) = ", below))):
            self.same[i].set_text(label + digits[:alike])
            self.left[i].set_text(" " * (len(label) + alike) + digits[alike:])
        shared = _shared(above, alike)
        self.shared.set_text(shared)
        return (
            f"With h = {number(h, '.1e')} in {precision} the relative error of dJ/dx is: "
            f"{'; '.join(map(' '.join, told.items()))}; of J(x + h) and J(x − h) {shared}. By the rule forward "
            f"differences are best near h = {rule['forward']}, central ones near h = {rule['central']}."
        )


def _loss(precision):
    """J as a function of x."""
    function = loss if precision == "float64" else single_precision_loss
    return lambda x: function(x, *REST)


def single_precision_loss(*network):
    """The loss of `utils.reference`, which works in float64, with float32 at every step; complex64 if x is complex."""
    x, y, W1, b1, W2, b2 = (a.astype(np.complex64 if np.iscomplexobj(a) else np.float32) for a in network)
    h = 1 / (1 + np.exp(-(x @ W1 + b1)))
    theta = h @ W2 + b2
    theta -= theta.real.max(axis=-1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(theta), axis=-1)) - np.sum(y * theta, axis=-1))


@lru_cache
def _guides(precision):
    """What is cut off by forward (h) and by central differences (h²), and what is rounded (1/h), as functions of h."""
    eps, size = PRECISIONS[precision].eps, np.max(np.abs(RIGHT))
    forward, central = (errors("float64")[name][ANCHOR] for name in ("forward", "central"))
    return {
        "h": lambda h: forward * (h / STEPS[ANCHOR]),
        "h²": lambda h: central * (h / STEPS[ANCHOR]) ** 2,
        "1/h": lambda h: eps * loss(X, *REST) / (h * size),
    }


def _two_losses(precision, h):
    """J(x + h) and J(x - h) to all their digits, moved in the first entry, and how many characters are alike."""
    way, decimals = one_hot(0, X.size).reshape(X.shape), PRECISIONS[precision].precision + 1
    values = [f"{_loss(precision)(X + step * way):.{decimals}f}" for step in (h, -h)]
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(*values, strict=True))
    return *values, len(list(alike))


def _shared(digits, alike):
    same, all_ = (len(digits[:end].replace(".", "")) for end in (alike, None))
    if same == 1:
        return f"only the first of {all_} digits is the same"
    return f"all {all_} digits are the same" if same == all_ else f"the first {same} of {all_} digits are the same"
