"""One look for every figure: colours that the colour-blind tell apart, legible on paper and on a dark screen.

INK and PAPER are exactly black and exactly white; the browser paints them in the theme's text and background colour.
Every other colour keeps a contrast of 3:1 or better to both. Colour never speaks alone: what it tells apart is also told
apart by a hatch, an outline or a sign.
"""

from matplotlib import rc_context

INK, PAPER = "black", "white"
BLUE, ORANGE, TEAL, PURPLE, OCHRE = "#2f81c4", "#d1600e", "#0b9178", "#9a55bf", "#b08000"

# What a colour and its hatch mean, everywhere in the workbook. Use as ax.bar(..., **YOURS).
POSITIVE = {"facecolor": BLUE, "edgecolor": PAPER}
NEGATIVE = {"facecolor": ORANGE, "edgecolor": PAPER, "hatch": "///"}
REFERENCE = {"facecolor": TEAL, "edgecolor": PAPER}
YOURS = {"facecolor": PURPLE, "edgecolor": PAPER, "hatch": ".."}
NAIVE = {"facecolor": OCHRE, "edgecolor": PAPER, "hatch": "xx"}

DPI = 96  # a figure's inch is the browser's inch, so 11 points are 11 points
RC = {
    "figure.dpi": DPI,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": PAPER,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 9,
    "axes.labelsize": 11,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "legend.fontsize": 11,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "xtick.major.width": 0.8,
    "ytick.major.width": 0.8,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "axes.axisbelow": True,
    "grid.color": INK,
    "grid.alpha": 0.12,
    "grid.linewidth": 0.8,
    "lines.linewidth": 2,
    "hatch.linewidth": 1,
    "mathtext.fontset": "dejavusans",
}
for _role in ("text.color", "axes.edgecolor", "axes.labelcolor", "axes.titlecolor", "xtick.color", "ytick.color"):
    RC[_role] = INK


def style():
    """A context in which figures are made and drawn; the reader's own rcParams come back after it."""
    return rc_context(RC)
