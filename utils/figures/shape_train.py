"""dJ/dx as a train of blocks: put them in order, turn them, and see where the shapes stop, and what numbers arrive."""

import textwrap
from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba

from utils.figures.live import LiveFigure, Slider
from utils.figures.parts import bare, column, fill, listed, say, tiles, words
from utils.figures.style import BLUE, HEAD, INK, ORANGE, PAPER, SHADE, TEAL
from utils.reference import forward, input_gradient, one_hot, sigmoid_derivative

SIZES = {"4, 5, 3": (4, 5, 3), "all 3": (3, 3, 3)}  # D, H, K
BLOCKS = "W1", "W1ᵀ", "W2", "W2ᵀ", "diag σ′(z)", "σ′(z)"
SLOTS = {"first": "W2", "second": "diag σ′(z)", "third": "W1"}  # and the blocks in them at the start
START, NONE = "ŷ − y", "none"

# Places are in inches, y downwards.
CELL, RAIL = 0.2, 1.24  # the side of a block's cell, and the height of the middle of all blocks
LINES, GOAL = (2.3, 2.68, 3.06, 3.44), 4.16  # the running rows, and dJ/dx
LEFT, WIDE, HIGH = 1.66, 0.52, 0.31  # of their numbers
FAINT = 0.66  # what is not reached


class Track(NamedTuple):
    """Where the train goes. stops: the middles of ŷ − y, of the slots, and of x. couplings: before each stop but the
    first. turns: of the rail, between the second coupling and the third. words: where the verdict begins."""

    stops: tuple
    couplings: tuple
    turns: tuple
    words: tuple

    @property
    def rail(self):
        return (self.stops[0], *self.couplings[:2], *self.turns, *self.couplings[2:], self.stops[-1])


STRAIGHT = Track(
    stops=tuple((x, RAIL) for x in (0.55, 2.27, 4.19, 6.11, 7.95)),
    couplings=tuple((x, RAIL) for x in (1.31, 3.23, 5.15, 7.08)),
    turns=(),
    words=(5.05, 0),
)
BELOW = RAIL + 2.05  # the height of the second part of a train that turns
TURNED = Track(
    stops=((0.45, RAIL), (1.98, RAIL), (3.62, RAIL), (1.98, BELOW), (3.62, BELOW)),
    couplings=((1.12, RAIL), (2.8, RAIL), (0.9, BELOW), (2.8, BELOW)),
    turns=((4.3, RAIL), (4.3, RAIL + 0.76), (0.3, RAIL + 0.76), (0.3, BELOW)),
    words=(0.15, 2.45),
)


class ShapeTrain(LiveFigure):
    """The live figure of ŷ − y times up to three blocks: do they multiply, has the product the shape of x, is it dJ/dx?

    Keyword arguments say where the sliders start: first, second and third (one of BLOCKS, or "none") and sizes
    ("4, 5, 3" or "all 3").
    """

    title = "The shape train"
    size, narrow_size = (8.6, 4.5), (4.4, 8.9)
    controls = (
        *(Slider(slot, f"{slot} block", (NONE, *BLOCKS), block) for slot, block in SLOTS.items()),
        Slider("sizes", "sizes D, H, K", tuple(SIZES), "4, 5, 3"),
    )

    def build(self, figure):
        width, height = self.narrow_size if self.narrow else self.size
        self.track = track = TURNED if self.narrow else STRAIGHT
        down = track.stops[-1][1] - RAIL  # what is below the train is that much lower
        lines, goal = [y + down for y in LINES], GOAL + down
        axes = figure.subplots()
        bare(axes, position=(0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
        for end, y in ((width - 0.1, 2.06), (LEFT + 5 * WIDE, 3.71)):
            axes.plot((0.1, end), (y + down, y + down), color=INK, linewidth=0.8, alpha=0.4)
        axes.text(0.15, goal, "dJ/dx", va="center", fontweight="bold")
        axes.text(0.15, 1.91 + down, "fuller colour: larger in size", va="center")

        (self.rail,) = axes.plot([], [], color=INK, linewidth=3, animated=True)
        (self.rest,) = axes.plot([], [], color=INK, linewidth=3, linestyle=":", alpha=FAINT, animated=True)
        self.blocks = [axes.add_collection(PolyCollection([], zorder=3, animated=True)) for _ in track.stops]
        (stop_x, stop_y), (x, y) = np.transpose(track.stops), np.transpose(track.couplings)
        self.names = column(axes, stop_x, stop_y - 1.04, ha="center", **HEAD)
        self.shapes = column(axes, stop_x, stop_y - 0.77, ha="center")
        box = {"boxstyle": "round,pad=0.25", "facecolor": PAPER, "linewidth": 1.5}
        self.couplings = [words(axes, *at, ha="center", fontweight="bold", bbox=box) for at in track.couplings]
        self.products = column(axes, x, y + 0.35, ha="center")

        self.heads, self.troubles = column(axes, 0.15, lines), column(axes, LEFT, lines)
        *self.row_shapes, self.goal_shape = column(axes, 1.4, (*lines, goal), ha="center")
        middles = LEFT + WIDE * (np.arange(5) + 0.5)
        *self.rows, self.goal = (tiles(axes, [(x, y) for x in middles], 0.48, HIGH) for y in (*lines, goal))
        self.marks = column(axes, middles, 3.86 + down, ha="center", fontweight="bold")
        left, down = track.words[0], down + track.words[1]
        self.verdict = words(axes, left, LINES[0] + down, **HEAD)
        self.reason = words(axes, left, 2.52 + down, va="top", linespacing=1.4)
        self.counts = words(axes, left, GOAL + HIGH / 2 + down, va="bottom", linespacing=1.4)

    def update(self, state):
        train = Train(state)
        self._draw_blocks(train)
        self._draw_rows(train)
        sign, verdict, reason = train.verdict()
        self.verdict.set_text(f"{sign} {verdict}")
        self.reason.set_text(textwrap.fill(f"{reason[0].upper()}{reason[1:]}.", 40))
        trains, multiply, fit, right = census(state["sizes"])
        self.counts.set_text(
            f"trains of up to 3 blocks: {trains}\nthat multiply: {multiply}\nwith the shape of x: {fit}\n"
            f"with the numbers of dJ/dx: {right}"
        )
        return (
            f"With D, H, K = {', '.join(map(str, SIZES[state['sizes']]))}, "
            f"{' @ '.join([f'({START})', *train.names[1:]])}: {verdict}; {reason}; "
            f"{'what arrives' if train.multiplies else 'the row so far'} is {listed(train.rows[-1][0])}, and dJ/dx is "
            f"{listed(train.goal[0])}; of all {trains} trains of up to 3 blocks {multiply} multiply, {fit} of them to "
            f"the shape of x, {right} to the numbers of dJ/dx."
        )

    def _draw_blocks(self, train):
        for block in self.blocks:
            block.set_verts([])
        for text in (*self.names, *self.shapes, *self.couplings, *self.products):
            text.set_text("")
        x = train.rows[-1] if train.fits else np.zeros(train.goal.shape)
        end = self.track.stops[-1]
        cars = zip((*train.stops, 4), (*train.names, "x"), (*train.blocks, x), strict=True)
        for i, (stop, name, block) in enumerate(cars):
            reached = train.fits or i < len(train.rows)
            _lay(self.blocks[stop], block, self.track.stops[stop], reached)
            self.names[stop].set(text=name, alpha=1 if reached else FAINT)
            self.shapes[stop].set(text=str(block.shape), alpha=1 if reached else FAINT)
            if 0 < i <= len(train.rows):
                shape = train.rows[i - 1].shape
                size = block.shape[1] if name == "x" else len(block)
                colour = TEAL if reached else ORANGE
                coupling = self.couplings[stop - 1]
                coupling.set(text=f"{shape[1]} {'=' if reached else '≠'} {size}", color=colour)
                coupling.get_bbox_patch().set(edgecolor=colour, linestyle="-" if reached else "--")
                self.products[stop - 1].set_text(str(shape))
                end = end if reached else self.track.couplings[stop - 1]
        reach = self.track.rail.index(end)
        self.rail.set_data(*np.transpose(self.track.rail[: reach + 1]))
        self.rest.set_data(*np.transpose(self.track.rail[reach:]))

    def _draw_rows(self, train):
        heads = [START, *(f"@ {name}" for name in train.names[1:])]
        for i in range(len(LINES)):
            there, reached = i < len(train.names), i < len(train.rows)
            row = train.rows[i] if reached else np.empty((1, 0))
            self.heads[i].set(text=heads[i] if there else "", alpha=1 if reached else FAINT)
            self.row_shapes[i].set_text(str(row.shape) if reached else "")
            fill(self.rows[i], row[0], least=0.15)
            self.troubles[i].set(text="not reached" if there and not reached else "", alpha=FAINT)
        if not train.multiplies:
            row, block = train.rows[-1], train.blocks[len(train.rows)]
            self.troubles[len(train.rows)].set(text=f"{row.shape} @ {block.shape} does not multiply", alpha=1)
        self.goal_shape.set_text(str(train.goal.shape))
        fill(self.goal, train.goal[0], least=0.15)
        marks = ["=" if same else "≠" for same in train.same] if train.fits else []
        say(self.marks, marks + [""] * (len(self.marks) - len(marks)))


class Train:
    """ŷ − y and the blocks of a state.

    stops, names, blocks: which of STOPS are taken, and by what. rows: the row vectors, (1, n) each, that ŷ − y becomes
    on its way, as far as the blocks multiply. goal: dJ/dx, (1, D). same: which of its numbers have arrived, (D,).
    """

    def __init__(self, state):
        start, blocks, self.goal = _network(state["sizes"])
        taken = {k: state[slot] for k, slot in enumerate(SLOTS, 1) if state[slot] != NONE}
        self.stops = [0, *taken]
        self.names = [START, *taken.values()]
        self.blocks = [start, *(blocks[name] for name in taken.values())]
        self.rows = self.blocks[:1]
        for block in self.blocks[1:]:
            if self.rows[-1].shape[1] != len(block):
                break
            self.rows.append(self.rows[-1] @ block)
        self.multiplies = len(self.rows) == len(self.blocks)
        self.fits = self.multiplies and self.rows[-1].shape == self.goal.shape
        self.same = np.isclose(self.rows[-1], self.goal)[0] if self.fits else np.full(self.goal.size, False)

    def verdict(self):
        """A sign, the verdict, and why."""
        shape, wanted = self.rows[-1].shape, self.goal.shape
        if not self.multiplies:
            i = len(self.rows)
            rows = "1 row" if len(self.blocks[i]) == 1 else f"{len(self.blocks[i])} rows"
            reason = f"{shape[1]} columns meet {rows}, so the train stops before {self.names[i]}"
            return "✗", "does not multiply", reason
        if not self.fits:
            return "✗", "wrong shape", f"it arrives with shape {shape}, and x has shape {wanted}"
        if not self.same.all():
            wrong = f"{(~self.same).sum()} of {self.same.size}"
            reason = f"it has the shape of x, but {wrong} numbers are not those of dJ/dx: fitting shapes are not enough"
            return "≠", "right shape, wrong numbers", reason
        return "✓", "it is dJ/dx", "it has the shape of x and the numbers of dJ/dx"


@lru_cache
def _network(sizes):
    """For one example: ŷ − y, (1, K); the blocks by their names; dJ/dx, (1, D)."""
    D, H, K = SIZES[sizes]
    shapes = (1, D), (D, H), (H,), (H, K), (K,)
    x, W1, b1, W2, b2 = map(np.random.default_rng(274).standard_normal, shapes)
    y = one_hot([0], K)
    z, _, _, y_hat = forward(x, W1, b1, W2, b2)
    slopes = sigmoid_derivative(z)
    blocks = W1, W1.T, W2, W2.T, np.diag(slopes[0]), slopes
    return y_hat - y, dict(zip(BLOCKS, blocks, strict=True)), input_gradient(x, y, W1, b1, W2, b2)


@lru_cache
def census(sizes):
    """How many trains there are, and how many of them multiply, have the shape of x, and are dJ/dx."""
    choices = product((NONE, *BLOCKS), repeat=len(SLOTS))
    trains = [Train(dict(zip(SLOTS, choice, strict=True)) | {"sizes": sizes}) for choice in choices]
    trains = {tuple(train.names): train for train in trains}.values()  # a gap between two blocks is no other train
    right = sum(train.same.all() for train in trains)
    return len(trains), sum(train.multiplies for train in trains), sum(train.fits for train in trains), right


def _lay(collection, block, middle, reached):
    """Puts a block on the rail, cell by cell: the fuller the colour, the larger the number."""
    rows, columns = block.shape
    corner = np.array(middle) - np.array([columns, rows]) * CELL / 2
    square = np.array([(0, 0), (0, CELL), (CELL, CELL), (CELL, 0)])
    paper = corner + square * (columns, rows)  # lest the rail shine through
    cells = [corner + square + (CELL * j, CELL * i) for i, j in np.ndindex(block.shape)]
    shades = (SHADE if reached else 0.2) * np.abs(block).ravel() / np.abs(block).max(initial=1e-9)
    collection.set_verts([paper, *cells])
    collection.set_facecolor([PAPER, *(to_rgba(BLUE, shade) for shade in shades)])
    collection.set(edgecolor=to_rgba(INK, 0.8 if reached else 0.4), linestyle="-" if reached else ":", linewidth=0.8)
