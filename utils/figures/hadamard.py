"""A row times a diagonal matrix is an element-wise product: the same numbers for H multiplications in place of H²."""

import numpy as np
from matplotlib.patches import Rectangle

from utils.figures.classes import SUBSCRIPTS
from utils.figures.live import LiveFigure, Slider, span
from utils.figures.parts import bare, box, column, compact, dot, fill, listed, say, tiles, words
from utils.figures.style import BLUE, HEAD, INK, ORANGE, TEAL, number
from utils.reference import sigmoid_derivative

SIZES = (4, 5, 6, 8, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
WRITTEN, DRAWN = 6, 10  # the largest H whose numbers, and whose cells, have room
# A layer for every H: numbers of both signs that follow no pattern the eye would see.
Z = np.round(2.5 * np.sin(1.7 * np.arange(SIZES[-1]) + 0.4), 1)
G = np.round(0.9 * np.cos(2.3 * np.arange(SIZES[-1]) + 0.5), 2)
STEEPEST = 0.25  # no sigma' is larger

# Where things are, measured in cells that have room for their number.
GIVEN, MATRIX, RIGHT, ROWS, TOP = 0.03, 1.25, 8.1, 9.65, 2.05


class HadamardFigure(LiveFigure):
    """The live figure of g = dJ/dh times dh/dz = diag(sigma'(z)), beside g o sigma'(z), and of what either costs.

    Keyword arguments say where it starts: H (4, 5, 6, 8, 10, 20, 50, 100 and so on, to 5000), j (the unit, 0 to 3),
    and nudge, which is added to z_j.
    """

    title = "A diagonal matrix, or an element-wise product"
    size, narrow_size = (8.6, 5.05), (4.4, 10.1)
    controls = (
        Slider("H", "hidden units H", SIZES, 5, ",.0f"),
        Slider("j", "unit j, one of the first 4", range(SIZES[0]), 2),  # every size has these
        Slider("nudge", "nudge of zⱼ", span(-4, 4, 0.2), 0),
    )

    def build(self, figure):
        axes = figure.subplots()
        if self.narrow:  # the element-wise product stands below the other
            bare(axes, xlim=(0, 7.75), ylim=(22, 0))
            right, self.rows_at, growing = (GIVEN, 11.2), (GIVEN + ROWS - RIGHT, 11.2 + TOP), (0.25, 0.06, 0.6, 0.14)
        else:
            bare(axes, xlim=(0, 15.7), ylim=(11, 0))
            right, self.rows_at, growing = (RIGHT, 0), (ROWS, TOP), (0.66, 0.115, 0.28, 0.24)
        (left, top), (x, y) = right, self.rows_at
        heads = "g @ diag(σ′(z))", "g ∘ σ′(z)"
        column(axes, (GIVEN, left), (0.25, top + 0.25), heads, animated=False, **HEAD)
        column(axes, (GIVEN, MATRIX), TOP - 0.35, ("gᵢ", "∂hᵢ/∂zⱼ"), animated=False)
        rows = "g = dJ/dh", "∘ σ′(z)", "= dJ/dz"
        column(axes, x - 0.2, y + np.arange(3) + 0.5, rows, ha="right", animated=False)
        self.costs = column(axes, (GIVEN, left), (0.85, top + 0.85))
        self.unit, self.reason, self.slip = column(axes, (GIVEN, GIVEN, left), (10, 10.7, top + 5.6))
        self.unit.set_fontweight("bold")
        self.equals = words(axes, MATRIX - 0.15, 0, "= dJ/dz", ha="right")

        self.given, self.slopes = _Cells(axes, (0, 1)), _Cells(axes, (1, 1), STEEPEST)
        self.result = _Cells(axes, (1, 0), STEEPEST)
        self.rows = [_Cells(axes, (1, 0), tallest) for tallest in (1, STEEPEST, STEEPEST)]
        self.column = box(axes, linewidth=3)
        self.zeros = dot(axes, "$0$", INK, 8, markeredgewidth=0)
        (self.line,) = axes.plot((MATRIX, MATRIX + WRITTEN), (TOP, TOP + WRITTEN), color=BLUE, animated=True)
        self.line.set_clip_path(Rectangle((MATRIX, TOP), WRITTEN, WRITTEN, transform=axes.transData))
        places = [(MATRIX + WRITTEN * a, TOP + WRITTEN * (1 - a)) for a in (0.25, 0.75)]
        self.voids = [words(axes, *place, "0", ha="center", fontsize=44) for place in places]

        growth = figure.add_axes(growing, xscale="log", yscale="log", xlim=(3, 7000), ylim=(1, 1e8))
        growth.set(xlabel="H", xticks=(10, 100, 1000), xticklabels=("10", "100", "1,000"))
        growth.set(yticks=(1, 1e3, 1e6), yticklabels=("1", "thousand", "million"))
        growth.minorticks_off()
        growth.text(3, 2e8, "multiplications")
        ends = np.array(growth.get_xlim())
        self.counts = []
        for power, name, colour, dashes, mark in ((2, "H²", ORANGE, "--", "s"), (1, "H", TEAL, "-", "o")):
            growth.plot(ends, ends**power, color=colour, linestyle=dashes)
            growth.text(1.2 * ends[1], ends[1] ** power, name, va="center", color=colour, fontweight="bold")
            self.counts.append(dot(growth, mark, colour, 10))

    def update(self, state):
        H, j = int(state["H"]), int(state["j"])
        z, g = Z[:H].copy(), G[:H]
        z[j] += state["nudge"]
        slopes = sigmoid_derivative(z)
        drawn = H <= DRAWN
        full = g @ np.diag(slopes) if drawn else g * slopes  # the matrix of 5,000 units would fill 200 MB
        length = min(H, WRITTEN)  # with more units the cells shrink
        side, below = length / H, TOP + length + 0.2
        self.given.show((GIVEN, TOP), (1, length), g, j)
        self.slopes.show((MATRIX, TOP), (length, length), slopes, j)
        self.result.show((MATRIX, below), (length, 1), full, j)
        for i, (row, values) in enumerate(zip(self.rows, (g, slopes, g * slopes), strict=True)):
            row.show((self.rows_at[0], self.rows_at[1] + i), (length, 1), values, j)
        self.equals.set_y(below + 0.5)
        self.column.set(bounds=(MATRIX + j * side, TOP, side, length), visible=drawn)
        rows, columns = np.nonzero(1 - np.eye(H if drawn else 0))
        self.zeros.set_data(MATRIX + (columns + 0.5) * side, TOP + (rows + 0.5) * side)
        self.line.set(linewidth=max(28 * side, 1.5), visible=not drawn)
        for void in self.voids:
            void.set_visible(not drawn)

        a = SUBSCRIPTS[j]
        cost, nudged = f"{H * H:,} multiplications, {H * (H - 1):,} by 0", f"z{a} = {number(z[j], '+.1f')}"
        product = f"{number(g[j])} · {number(slopes[j])} = {number(g[j] * slopes[j], '+.2f')}"
        entry, slip = f"g{a} · σ′(z{a}) = {product}", f"g @ σ′(z) is one number, {compact(g @ slopes, '+')}"
        say(self.costs, [cost, f"{H:,} multiplications"])
        self.unit.set_text(f"entry {j}: {entry}")
        self.reason.set_text(f"{nudged} moves h{a} alone: {H - 1:,} zeros in column {j}")
        self.slip.set_text(f"without diag: {slip}")
        for point, power in zip(self.counts, (2, 1), strict=True):
            point.set_data([H], [H**power])
        row = listed(g * slopes) if H <= WRITTEN else f"the same {H:,} numbers"
        return (
            f"With H = {H:,}, g @ diag(σ′(z)) takes {cost}, and g ∘ σ′(z) takes {H:,}; both give {row}; column {j} is "
            f"0 but for σ′(z{a}), and at {nudged} entry {j} is {entry}; the chain needs this vector-Jacobian product, "
            f"never the Jacobian; {slip}."
        )


class _Cells:
    """Values in a row, in a column or along the diagonal of a box; the bare box where they are too many to draw.

    way: from one cell to the next, (1, 0) to the right, (0, 1) down. tallest: the value with the fullest colour.
    """

    def __init__(self, axes, way, tallest=1):
        self.way, self.tallest = np.array(way), tallest
        self.box, self.frame = box(axes, linewidth=0.8), box(axes, linewidth=3)
        self.cells = tiles(axes, [(0, 0)] * DRAWN, 1, 1)
        self.length = words(axes, 0, 0, ha="center", rotation=0 if way[0] else 90)

    def show(self, corner, size, values, chosen):
        """The values in the box of this corner and size, with a frame around the chosen one."""
        H, corner, size = len(values), np.array(corner), np.array(size)
        cell = np.where(self.way, size / H, size)
        drawn = H <= DRAWN
        self.box.set_bounds(*corner, *size)
        self.frame.set(bounds=(*corner + chosen * self.way * cell, *cell), visible=drawn)
        self.length.set(position=corner + size / 2, text="" if drawn or self.way.all() else f"{H:,} numbers")
        for i, (tile, text) in enumerate(self.cells):
            tile.set_bounds(*corner + (i * self.way + 0.03) * cell, *0.94 * cell)
            text.set_position(corner + (i * self.way + 0.5) * cell)
        written = compact if H <= WRITTEN else lambda value, plus: ""
        fill(self.cells, values if drawn else (), self.tallest, form=written)
