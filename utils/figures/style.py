"""One look for every figure: colours that the colour-blind tell apart, legible on paper and on a dark screen.

INK and PAPER are exactly black and exactly white; the browser paints them in the theme's text and background colour.
Every other colour keeps a contrast of 4.5:1 or better to white, and of 3:1 or better to the dark theme's background,
where the browser draws coloured words towards the ink, so that they are legible too. ON_COLOUR is for words on a bar in
one of these colours, SHADE for what lies under INK. Colour never speaks alone: a hatch, an outline, a sign or a word
says the same.
"""

import math
from pathlib import Path

import matplotlib.style

INK, PAPER = "black", "white"
BLUE, ORANGE, TEAL, PURPLE, OCHRE = "#2b78b8", "#bf5509", "#0a8069", "#9450b8", "#8f6800"
ON_COLOUR = "#fefefe"
SHADE = 0.55  # how strong a colour is at most under a number in ink

# What a colour and its hatch mean, everywhere in the workbook. Use as ax.bar(..., **YOURS).
POSITIVE = {"facecolor": BLUE, "edgecolor": PAPER, "linewidth": 0, "hatch": None}
NEGATIVE = {"facecolor": ORANGE, "edgecolor": PAPER, "linewidth": 0, "hatch": "///"}
REFERENCE = {"facecolor": TEAL, "edgecolor": PAPER, "linewidth": 0}
YOURS = {"facecolor": PURPLE, "edgecolor": PAPER, "linewidth": 0, "hatch": "--"}
NAIVE = {"facecolor": OCHRE, "edgecolor": PAPER, "linewidth": 0, "hatch": "xx"}
OUTLINED = {"facecolor": "none", "edgecolor": INK, "linewidth": 1.2, "hatch": "//", "alpha": 0.5, "animated": True}
HEAD = {"fontsize": 12, "fontweight": "bold"}  # of words that stand over others
BOX = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}  # behind a number that stands on something

RAISED = str.maketrans("0123456789-−T", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻ᵀ", "{}")  # what stands in an exponent, braces left out
RC = matplotlib.rc_params_from_file(Path(__file__).with_name("look.mplstyle"), use_default_template=False)
DPI = int(RC["figure.dpi"])  # a figure's inch is the browser's inch, so 11 points are 11 points


def style():
    """A context for making and drawing figures, whatever rcParams the reader has set; theirs come back after it."""
    return matplotlib.style.context(RC, after_reset=True)


def signed(value):
    """The look of a bar that stands for this value."""
    return NEGATIVE if value < 0 else POSITIVE


def number(value, form=".2f"):
    """A number as it is printed: with real minus signs, at which no line breaks; nan and infinity by name."""
    if math.isnan(value):
        return "nan"
    plain = form.lstrip("+") if abs(value) < 1e6 else ".0e"
    text = "∞" if math.isinf(value) else format(abs(value), plain)
    text = text.replace("e+0", "e+").replace("e-0", "e-").replace("e-", "e−")
    if not any(digit in text for digit in "123456789∞"):
        return text.partition("e")[0]
    return "−" + text if value < 0 else ("+" if form.startswith("+") else "") + text
