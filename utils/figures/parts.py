"""What figures share: the reader's function beside the right one, and texts, marks, bars and tiles that move."""

from itertools import zip_longest

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from utils.figures.live import LiveFigure, Stopped, own, yours
from utils.figures.style import INK, PAPER, SHADE, number, signed


class Beside(LiveFigure):
    """A figure with the reader's own function, if there is one, beside the right one, which a subclass gives."""

    right = None

    def __init__(self, function=None, **start):
        self.function = own(function, self.right)
        # What stands in for a wrong answer brings it along: one that is right here may go wrong elsewhere.
        self.alike = "the same" + " here, but is not right yet: see its card" * hasattr(function, "answer")
        super().__init__(**start)

    def asked(self, *arguments, shape=()):
        """What the reader's function makes of the arguments and "", or NaN of the shape and what it did instead."""
        try:
            return yours(self.function, *arguments, shape=shape), ""
        except Stopped as stopped:
            return np.full(shape, np.nan), str(stopped)

    def told(self, trouble, gives):
        """How a twin tells of the reader's function, and ends."""
        if self.function is None:
            return "."
        return f"; your function {trouble or gives}."


def briefly(trouble):
    """What the reader's function did in place of an answer, in the room of a picture: "stopped", "returned None"."""
    return trouble.partition(": ")[0].partition(", not")[0]


def same(mine, right, atol=1e-6):
    """Which numbers are those of the reference."""
    return np.isclose(mine, right, rtol=0, atol=atol)


def compact(value, plus=""):
    """A number in the room of six characters, with its sign where plus is "+". "0" is exact, "0.00" may be rounded."""
    size = abs(value)
    return number(value, plus + (".2f" if size < 100 else ".0f" if size < 1e5 else ".0e")) if value else "0"


def listed(values):
    return ", ".join(compact(value, "+") for value in values)


def above_floor(J, floor):
    """J, and what it is made of, as it is printed: the parts add up to the whole."""
    return f"{number(J)} = floor {number(floor)} + {number(round(J, 2) - round(floor, 2))}"


def words(axes, x, y, said="", **look):
    """A text that moves, empty until it is told what to say."""
    return axes.text(x, y, said, **{"va": "center", "animated": True} | look)


def column(axes, xs, ys, sayings="", **look):
    """Such a text at each of these places; with animated=False it stays as it is."""
    return [words(axes, *place, **look) for place in np.broadcast(xs, ys, sayings)]


def say(texts, sayings):
    """Tell each of the texts what to say."""
    for text, saying in zip(texts, sayings, strict=True):
        text.set_text(saying)


def dot(axes, marker, colour, size, **look):
    """A mark that moves, nowhere until it is put somewhere."""
    look = {"color": colour, "markersize": size, "markeredgecolor": PAPER, "animated": True} | look
    (mark,) = axes.plot([], [], marker=marker, linestyle="none", **look)
    return mark


def put(mark, *places):
    """Show the mark at these places, (x, y) each."""
    mark.set_data(*np.transpose(places))


def bare(axes, **limits):
    """Axes with their limits alone: no frame and no ticks."""
    axes.set(**limits)
    axes.axis("off")


def plain_rows(axes, start, end):
    """Rows that have names but no spine beside them, and below them an axis from start to end."""
    axes.spines.left.set_visible(False)
    axes.spines.bottom.set_bounds(start, end)
    axes.tick_params(axis="y", length=0)


def arrow(axes, x, y, colour, width, **look):
    """Arrows that move, in data coordinates, from each of these places; without length until they are pointed."""
    look = {"angles": "xy", "scale_units": "xy", "scale": 1, "zorder": 3, "animated": True} | look
    return axes.quiver(x, y, np.zeros_like(x), np.zeros_like(y), color=colour, width=width, **look)


def point(arrow, start, way):
    """Have an arrow go this way from its start."""
    arrow.set_offsets(start)
    arrow.set_UVC(*way)


def grow(bars, values, texts=(), gap=0.02, signs=False):
    """Bars of these lengths, upright ones or others, and beyond their ends the numbers. signs: in the sign's look."""
    length, along = ("height", "y") if bars.orientation == "vertical" else ("width", "x")
    for bar, value, text in zip_longest(bars, values, texts):
        bar.set(**{length: value}, **(signed(value) if signs else {}))
        if text:
            text.set(text=number(value), **{along: value + gap})


def cut(bars, values, low, high, marks, **look):
    """Bars that end at low or at high at the latest. Returns their ends. marks: a pair, for the bars that are cut."""
    ends = np.nan_to_num(values).clip(low, high)
    grow(bars, ends, **look)
    lying = bars.orientation == "horizontal"
    middles = np.array([bar.get_center()[int(lying)] for bar in bars])
    for mark, end, beyond in zip(marks, (low, high), (values < low - 1e-9, values > high + 1e-9), strict=True):
        places = np.full(beyond.sum(), 0.88 * end), middles[beyond]
        mark.set_data(places if lying else places[::-1])
    return ends


def box(axes, width=0, height=0, corner=(0, 0), **look):
    """An empty frame that moves."""
    look = {"facecolor": "none", "edgecolor": INK, "zorder": 4, "animated": True} | look
    return axes.add_patch(Rectangle(corner, width, height, **look))


def tiles(axes, middles, width, height):
    """A tile with a number in it at each of these places: pairs of a patch and a text."""
    look = {"edgecolor": PAPER, "linewidth": 0, "zorder": 1}
    patches = [box(axes, width, height, (x - width / 2, y - height / 2), **look) for x, y in middles]
    return list(zip(patches, [words(axes, x, y, ha="center") for x, y in middles], strict=True))


def fill(cells, values, full=1, least=0, form=compact):
    """Numbers in tiles, from the first on, in the colour and the hatch of their signs. The larger one is the fuller the
    colour, from `least` on, up to `full`. Of the tiles beyond the last number nothing is seen."""
    for (tile, text), value in zip_longest(cells, values):
        tile.set_visible(value is not None)
        text.set_text("" if value is None else form(value, "+"))
        if value is not None:
            look, strength = signed(value), least + (SHADE - least) * min(abs(value) / full, 1)
            tile.set(facecolor=to_rgba(look["facecolor"], strength), hatch=look["hatch"])
