"""What figures share: the classes, their scores and targets, numbers in words, and how each of them is drawn."""

from itertools import zip_longest

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from utils.figures.live import LiveFigure, Slider, own, span, tried
from utils.figures.style import INK, PAPER, SHADE, number, signed
from utils.reference import one_hot

CLASSES = ("cat", "dog", "owl", "fox")
SUBSCRIPTS = "₀₁₂₃"
SCORES = tuple(
    Slider(f"theta_{i}", f"θ{SUBSCRIPTS[i]}, {CLASSES[i]}", span(-5, 5, 0.1), start)
    for i, start in enumerate((2, 1, -1, 0.5))
)
TARGET = Slider("k", "true class k", CLASSES, "dog"), Slider("softness", "how soft y is", span(0, 1, 0.05), 0)
OUTLINED = {"facecolor": "none", "edgecolor": INK, "linewidth": 1.2, "hatch": "//", "alpha": 0.5, "animated": True}
BOX = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}  # behind a number that stands on something


class Beside(LiveFigure):
    """A figure with the reader's own function, if there is one, beside the right one, which a subclass gives."""

    right = None

    def __init__(self, function=None, **start):
        self.function = own(function, self.right)
        super().__init__(**start)

    def asked(self, *arguments, shape=()):
        """What the reader's function makes of the arguments and "", or NaN of the shape and why there is nothing."""
        return tried(self.function, *arguments, shape=shape)

    def told(self, trouble, gives):
        """How a twin tells of the reader's function, and ends."""
        if self.function is None:
            return "."
        return f"; your function stopped: {trouble}." if trouble else f"; your function {gives}."


def same(mine, right, atol=1e-6):
    """Which numbers are those of the reference."""
    return np.isclose(mine, right, rtol=0, atol=atol)


def scores(state):
    return np.array([state[slider.name] for slider in SCORES])


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


def above_floor(J, floor):
    """J, and what it is made of, as it is printed: the parts add up to the whole."""
    return f"{number(J)} = floor {number(floor)} + {number(round(J, 2) - round(floor, 2))}"


def words(axes, x, y, **look):
    """A text that moves, empty until it is told what to say."""
    return axes.text(x, y, "", **{"va": "center", "animated": True} | look)


def column(axes, xs, ys, **look):
    """Such a text at each of these places."""
    return [words(axes, x, y, **look) for x, y in np.broadcast(xs, ys)]


def grow(bars, values, texts=(), gap=0.02):
    """Bars of these lengths, upright ones or others, and beyond their ends the numbers."""
    length, along = ("height", "y") if bars.orientation == "vertical" else ("width", "x")
    for bar, value, text in zip_longest(bars, values, texts):
        bar.set(**{length: value})
        if text:
            text.set(text=number(value), **{along: value + gap})


def tiles(axes, middles, width, height):
    """A tile with a number in it at each of these places: pairs of a patch and a text."""
    look = {"edgecolor": PAPER, "linewidth": 0, "animated": True}
    patches = [Rectangle((x - width / 2, y - height / 2), width, height, **look) for x, y in middles]
    texts = [words(axes, x, y, ha="center") for x, y in middles]
    return [(axes.add_patch(patch), text) for patch, text in zip(patches, texts, strict=True)]


def tint(tile, value, full=1, least=0):
    """The colour and the hatch of the value's sign. The larger it is the fuller, from `least` on, up to `full`."""
    look, strength = signed(value), least + (SHADE - least) * min(abs(value) / full, 1)
    tile.set(facecolor=to_rgba(look["facecolor"], strength), hatch=look["hatch"])
