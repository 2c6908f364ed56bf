"""A digit, dJ/dx in each of its pixels, and what becomes of it, and of the network's opinion, when it is pushed."""

import numpy as np
from matplotlib.colors import to_rgb

from utils.figures.live import LiveFigure, Slider, span, yours
from utils.figures.parts import column, dot, grow, say, words
from utils.figures.style import BLUE, BOX, INK, ORANGE, OUTLINED, SHADE, TEAL, number
from utils.reference import cross_entropy_from_logits, forward, input_gradient, one_hot

SIDE, K = 8, 10  # pixels, digits
DIGITS = tuple(map(str, range(K)))
LARGEST = 0.5  # push
STRONG = 0.25  # change of a pixel that is shown in full colour
FAINT = 0.1  # of the largest entry of dJ/dx: below this no sign is drawn


class DigitFigure(LiveFigure):
    """The live figure of a network that looks at a digit while the digit is pushed towards another one.

    images: (N, 64), ink from 0 to 1. labels: (N,) integers. W1 to b2: the network. push: x, dx, epsilon -> the new
    image, (64,) each, where dx = dJ/dx for the target as truth, or else by signs; what leaves 0 to 1 is cut off.
    Keyword arguments say where the sliders start: image (its row), target (a digit as a string, "8") and epsilon.
    """

    title = "Push the digit"
    size, narrow_size = (8.6, 5.0), (4.4, 8)

    def __init__(self, images, labels, W1, b1, W2, b2, push=None, **start):
        self.images, self.labels = np.array(images, dtype=float), np.array(labels)
        self.parameters, self.push = (W1, b1, W2, b2), push or (lambda x, dx, epsilon: x - epsilon * np.sign(dx))
        self.controls = (
            Slider("image", "image", range(len(self.images)), 0),
            Slider("target", "push towards", DIGITS, "8"),
            Slider("epsilon", "size of the push ε", span(0, LARGEST, 0.01), 0),
        )
        super().__init__(**start)

    def build(self, figure):
        layout = {"mosaic": "0123;bbbb", "height_ratios": (1.3, 1)}
        if self.narrow:
            figure.get_layout_engine().set(hspace=0.16)
            layout = {"mosaic": "01;23;bb", "height_ratios": (1, 1, 0.9)}
        *panels, bars = figure.subplot_mosaic(**layout).values()
        for axes, title in zip(panels, ("the image", "dJ/dx", "the change", "the result"), strict=True):
            axes.set(title=title, xticks=(), yticks=())
            axes.spines[:].set(visible=True, animated=True)  # over the picture, not under its edge
        self.pictures = [axes.imshow(np.zeros((SIDE, SIDE, 4)), interpolation="none", animated=True) for axes in panels]
        look = {"markeredgecolor": INK, "markeredgewidth": 1.2}
        self.signs = {i: [dot(panels[i], marker, INK, 8, **look) for marker in ("+", "_")] for i in (1, 2)}
        self.notes = [words(axes, 0, -0.05, va="top", transform=axes.transAxes) for axes in panels]

        title, pad = ("ŷ", 30) if self.narrow else ("probabilities ŷ", None)  # J stands beside it, or below
        bars.set_title(f"{title} before (outlined), after (filled)", pad=pad)
        bars.set(xlim=(-0.6, K - 0.4), xticks=range(K), ylim=(0, 1.55 if self.narrow else 1.4), yticks=(0, 0.5, 1))
        bars.spines.left.set_bounds(0, 1)
        bars.tick_params(axis="x", length=0)
        self.after = bars.bar(range(K), 0, 0.5, color=TEAL, animated=True)
        self.before = bars.bar(range(K), 0, 0.7, **OUTLINED)
        self.numbers = column(bars, range(K), 0, ha="center", va="bottom", bbox=BOX | {"pad": 1})
        self.roles = column(bars, 0, (1.22, 1.22), ha="center", va="baseline", fontweight="bold")
        self.J = words(bars, 1, 1.05, ha="right", va="bottom", transform=bars.transAxes)

    def update(self, state):
        image, target = int(state["image"]), int(state["target"])
        label, x, y = int(self.labels[image]), self.images[image], one_hot(target, K)
        dx = input_gradient(x, y, *self.parameters)
        result = np.clip(yours(self.push, x, dx, state["epsilon"], shape=x.shape), 0, 1)
        before, after = (forward(ink, *self.parameters) for ink in (x, result))
        J = [number(cross_entropy_from_logits(there.theta, y)) for there in (before, after)]
        seen = [f"{there.y_hat.argmax()} ({number(there.y_hat.max())})" for there in (before, after)]
        change, strongest = result - x, dx[np.abs(dx).argmax()]
        most = np.abs(change).max()
        for i, ink in ((0, x), (3, result)):
            self.pictures[i].set_data(np.repeat((1 - ink).reshape(SIDE, SIDE, 1), 3, axis=2))
        for i, values, full, least in ((1, dx, abs(strongest), FAINT * abs(strongest)), (2, change, STRONG, 1e-9)):
            self.pictures[i].set_data(_signed(values / (full or 1)))
            for marks, sign in zip(self.signs[i], (1, -1), strict=True):
                rows, columns = np.divmod(np.flatnonzero(sign * values > least), SIDE)
                marks.set_data(columns, rows)
        notes = [
            f"a {label}; seen as {seen[0]}",
            f"strongest {number(strongest, '+.2g')}",
            f"at most {number(most)}",
            f"seen as {seen[1]}",
        ]
        say(self.notes, notes)

        grow(self.before, before.y_hat)
        grow(self.after, after.y_hat, self.numbers, gap=0.03)
        for text, share in zip(self.numbers, after.y_hat, strict=True):
            text.set_visible(bool(share >= 0.005))
        roles = ("true", "target") if label != target else ("true, target", "")
        for text, digit, role in zip(self.roles, (label, target), roles, strict=True):
            text.set(x=min(digit, K - 2) if self.narrow and role == "true, target" else digit, text=role)
        self.roles[0].set_y(1.38 if self.narrow and abs(label - target) == 1 else 1.22)  # side by side they collide
        self.J.set_text(f"J for the answer {target}: {J[0]} → {J[1]}")

        said = (
            f"Image {state['image']:.0f} is a {label}, and the network sees {seen[0]}; the entry "
            f"of dJ/dx for the answer {target} that is largest in size is {number(strongest, '+.2g')}"
        )
        if not change.any():
            return f"{said}; no push yet."
        return (
            f"{said}; a push by ε = {number(state['epsilon'])} changes {np.count_nonzero(change)} of {change.size} "
            f"pixels, by {number(most)} at most, J goes from {J[0]} to {J[1]}, and the network sees {seen[1]}."
        )


def _signed(values):
    """Colours of pixels, full from -1 downwards and from 1 upwards."""
    colours = np.where(values[:, np.newaxis] < 0, to_rgb(ORANGE), to_rgb(BLUE))
    return np.column_stack([colours, SHADE * np.minimum(np.abs(values), 1)]).reshape(SIDE, SIDE, 4)
