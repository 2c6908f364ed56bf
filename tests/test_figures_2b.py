"""The figures of chapters 2b: what they show is what the reference says. Their sentences stand in figures.md."""

from functools import cache
from itertools import combinations, product

import numpy as np
import pytest
from matplotlib.contour import ContourSet
from matplotlib.path import Path

import utils
from tests.figures import at, between, holds, made, shows, words
from utils.figures import saturation
from utils.figures.hadamard import DRAWN, WRITTEN, G, Z
from utils.figures.push import DART_LENGTH, EDGE, GRID, MARGIN, NAMES, NETWORK, _field
from utils.figures.saturation import FLAT, SATURATED, SCALES, W1, W2, b1, b2, power
from utils.figures.shape_train import BLOCKS, NONE, SIZES, SLOTS, Train, _network, census
from utils.reference import (
    complex_step,
    forward,
    input_gradient,
    loss,
    one_hot,
    sigmoid,
    sigmoid_derivative,
    softmax,
)

# ---- What each figure shows in a state


def hidden(W1_scale=1, x_scale=1):
    return x_scale * saturation.x @ (W1_scale * W1) + b1


def size(W1_scale=1, x_scale=1):
    return np.hypot.reduce(input_gradient(x_scale * saturation.x, saturation.y, W1_scale * W1, b1, W2, b2))


@cache
def sizes_at(x_scale):
    return np.array([size(scale, x_scale) for scale in SCALES])


def saturation_figure(figure, state, said):
    z = hidden(**state)
    slopes, sizes = sigmoid_derivative(z), sizes_at(state["x_scale"])
    flat = slopes < SATURATED
    assert flat.tolist() == (np.abs(z) > FLAT).tolist()  # where the grey arms begin
    yield between(said, "hidden units is ", ", never"), slopes
    yield between(said, "above 1/4, and ", " are"), [flat.sum(), 6]
    yield between(said, "size of dJ/dx is ", ","), size(**state)
    if "while at scale" in said:
        yield between(said, "while at scale ", ":"), [SCALES[sizes.argmax()], sizes.max()]
    for dots, heights in zip(figure.dots, (sigmoid(z), slopes), strict=True):
        for dot, some in zip(dots, (~flat, flat), strict=True):
            yield dot, np.column_stack([z.clip(-10, 10), heights])[some]
    line, point, text = figure.sizes["size of dJ/dx"]
    yield np.log(line.get_ydata() + 1e-200), np.log(sizes + 1e-200)
    yield point, [state["W1_scale"], size(**state)]
    yield [text], size(**state)
    yield [point.get_visible()], 1e-10 < size(**state) < 1e7  # it leaves the page with its line
    yield [bar.get_hatch() == "xx" for bar in figure.bars], flat
    if figure.function:
        at = figure.curve.get_xdata()
        yield figure.curve, np.column_stack([at, figure.function(at)])
        mine = figure.function(z)
        dh = (softmax(sigmoid(z) @ W2 + b2) - saturation.y) @ W2.T
        yield [figure.sizes["yours"][2]], np.hypot.reduce((dh * mine) @ (state["W1_scale"] * W1).T)


def hadamard_figure(figure, state, said):
    H, j = int(state["H"]), int(state["j"])
    g, z = G[:H], Z[:H] + state["nudge"] * one_hot(j, H)
    slopes = np.imag(sigmoid(z + 1e-20j)) / 1e-20
    short, drawn = g * slopes, H <= DRAWN
    strips = figure.given, figure.slopes, figure.result, *figure.rows
    for strip, values in zip(strips, (g, slopes, short) * 2, strict=True):
        yield strip.texts, values if H <= WRITTEN else []
        tiles = [tile for tile in strip.tiles if tile.get_visible()]
        yield [tile.get_hatch() is not None for tile in tiles], values < 0 if drawn else []
        yield strip.length.get_text().removesuffix(" numbers"), [] if drawn or strip is figure.slopes else H
        if drawn:
            tile, frame = strip.tiles[j].get_bbox(), strip.frame.get_bbox()
            assert frame.x0 < tile.x0 < tile.x1 < frame.x1 and frame.y0 < tile.y0 < tile.y1 < frame.y1
    yield figure.column.get_bbox().intervalx, figure.slopes.frame.get_bbox().intervalx
    corner, cell = figure.slopes.box.get_xy(), figure.slopes.box.get_bbox().size / H
    zeros = {tuple(place) for place in ((np.array(figure.zeros.get_xydata()) - corner) // cell).astype(int)}
    assert zeros == {(i, j) for i in range(H) for j in range(H) if i != j and drawn}
    assert figure.line.get_visible() == (not drawn)
    for point, cost, count, zeros_of_it in zip(
        figure.counts, figure.costs, (H**2, H), ([H**2 - H, 0], []), strict=True
    ):
        yield point, [H, count]
        yield [cost], [count, *zeros_of_it]
    yield between(said, "σ′(z)) takes ", "; both"), [H**2, H**2 - H, 0, H]
    yield between(said, "both give ", "; column"), short if H <= WRITTEN else H
    for entry in (
        figure.unit.get_text().partition(" = ")[2],
        between(said, f"entry {j} is ", "; the chain").partition(" = ")[2],
    ):
        yield entry, [g[j], slopes[j], short[j]]
    yield between(figure.reason.get_text(), ": ", " zeros"), H - 1
    for slip in (figure.slip.get_text(), said):
        yield slip.partition("is one number, ")[2], sum(short)


def push_figure(figure, state, said):
    x, y, slope, step, end = example(**state)
    here, there = (forward(place, *NETWORK).y_hat for place in (x, end))
    J, after = (loss(place, y, *NETWORK) for place in (x, end))
    yield between(said, "ŷ is ", "; dJ/dx"), [*here, J]
    yield between(said, "; dJ/dx is ", "; the step"), [*slope, np.linalg.norm(slope)]
    yield between(said, "lands at ", ", a change"), [*end, *there, after]
    for change in (figure.facts[0].get_text(), said.partition(" a change of ")[2]):
        yield change, [after - J, -step * slope @ slope]
    yield [figure.J], [J, after]
    for (bars, texts), y_hat in zip(figure.shares, (here, there), strict=True):
        yield bars, y_hat
        yield texts, y_hat
    yield figure.x, x
    yield figure.arrow.get_offsets(), x
    yield figure.arrow, end - x
    yield figure.landing, end
    yield figure.field.get_path().vertices, _field(state["k"]).vertices
    if figure.function:
        mine = figure.function(x[np.newaxis], y[np.newaxis], *NETWORK)[0]
        yield figure.mine, np.where(np.isfinite(mine), -step * mine, 1)  # matplotlib puts 1 where it draws nothing
        yield figure.mine_landing, x - step * mine
        yield [figure.verdict], [*mine, loss(x - step * mine, y, *NETWORK)]
    assert said.endswith("; the step is too long.") == (round(after, 2) > round(J, 2))
    assert figure.facts[-1].get_text().endswith("off the map") == (abs(end).max() > EDGE + MARGIN)


def example(x_0=-2, x_1=0, k="owl", step=0.3):
    """x, y, dJ/dx, the step length, and where the step ends."""
    x, y = np.array([x_0, x_1]), one_hot(NAMES.index(k), 3)
    slope = complex_step(lambda x: loss(x, y, *NETWORK), x)
    return x, y, slope, step, x - step * slope


@pytest.mark.parametrize("oracle", [saturation_figure, hadamard_figure, push_figure])
def test_the_picture_and_the_sentence_hold_what_the_reference_gives(oracle):
    assert holds(oracle)


# ---- Saturation


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.25, "0.25"), (451.3, "451"), (-0.0012345, "−0.00123"), (7.116e-33, "7.12·10⁻³³"), (0, "0"), (np.nan, "nan")],
)
def test_a_number_of_any_size_is_written_with_three_digits(value, written):
    assert power(value) == written


def test_what_the_chapter_says_of_small_and_large_weights_and_of_large_inputs():
    assert size(0.02) / size(0.01) == pytest.approx(2, rel=0.05), "small weights: as small as themselves"
    rate = np.diff(np.log([size(scale) / scale for scale in (40, 60, 80, 100)])) / 20
    assert rate == pytest.approx(-np.abs(saturation.x @ W1).min(), rel=0.01), "large ones: exponentially small"
    alike, same = (
        [dot.get_xdata().tolist() for dot in at(utils.saturation_figure, **{scale: 10})[0].dots[0]]
        for scale in ("W1_scale", "x_scale")
    )
    assert alike == same, "both scales saturate alike"
    assert size(10, 1) == pytest.approx(10 * size(1, 10)), "and that of x is no factor of the gradient"


# ---- The shape train

RIGHT = {"first": "W2ᵀ", "second": "diag σ′(z)", "third": "W1ᵀ"}
CHOICES = list(product((NONE, *BLOCKS), repeat=3))
TRAINS = [dict(zip(SLOTS, choice, strict=True)) | {"sizes": sizes} for sizes in SIZES for choice in CHOICES]


@pytest.mark.parametrize(("sizes", "multiply", "fit"), [("4, 5, 3", 10, 2), ("all 3", 156, 156)])
def test_all_trains_are_told_as_numpy_multiplies_them(sizes, multiply, fit):
    train, seen = made(utils.shape_train), {}
    start, blocks, goal = _network(sizes)
    for state in TRAINS:
        names = [state[slot] for slot in SLOTS if state[slot] != NONE]
        rows, verdict = [start], ""
        for name in names:
            try:
                rows.append(rows[-1] @ blocks[name])
            except ValueError:
                columns, count = rows[-1].shape[1], len(blocks[name])
                verdict = (
                    f"does not multiply; {columns} columns meet {count} row{'s' * (count != 1)}, so the train stops "
                )
                verdict += f"before {name}; the row so far"
                break
        fits = not verdict and rows[-1].shape == goal.shape
        if not verdict and not fits:
            verdict = f"wrong shape; it arrives with shape {rows[-1].shape}, and x has shape {goal.shape}; what arrives"
        elif fits:
            verdict = "right shape, wrong numbers; it has the shape of x, but "
            if names == list(RIGHT.values()):
                verdict = "it is dJ/dx; it has the shape of x and the numbers of dJ/dx; what arrives"
        said = train.update(state | {"sizes": sizes})
        seen[tuple(names)] = "does not multiply" not in said, fits
        assert f" @ {' @ '.join(names)}: {verdict}".replace(" @ : ", ": ") in said
        assert f"of all 259 trains of up to 3 blocks {multiply} multiply, {fit} of them to the shape of x, 1 to" in said
        assert [text for text in words(train.row_shapes) if text] == [str(row.shape) for row in rows]
        for cells, row in zip(train.rows, rows, strict=False):
            shows([text for _, text in cells], row[0])
            hatches = [tile.get_hatch() for tile, _ in cells if tile.get_visible()]
            assert hatches == ["///" if value < 0 else None for value in row[0]]
        shows(said.partition(" is ")[2].partition(", and dJ/dx is ")[0], rows[-1][0])
        shows(between(said, "and dJ/dx is ", ";"), goal[0])
    assert np.sum(list(seen.values()), axis=0).tolist() == [multiply, fit] and len(seen) == 259  # no gap tells
    assert census(sizes) == (259, multiply, fit, 1)
    shows(train.counts.get_text(), [3, 259, multiply, fit, 1])


def test_every_number_of_a_train_has_room_in_its_cell():
    assert max(np.abs(row).max() for state in TRAINS for row in Train(state).rows) < 9.995


def test_what_is_behind_a_mismatch_is_drawn_as_not_reached():
    train, _ = at(utils.shape_train, **RIGHT | {"second": "W1"})
    assert [text.get_alpha() < 1 for text in train.names] == [False, False, True, True, True]
    assert train.rail.get_xdata()[-1] == train.rest.get_xdata()[0] == train.couplings[1].get_position()[0]
    assert [text.get_bbox_patch().get_linestyle() for text in train.couplings[:2]] == ["-", "--"]


def test_a_block_is_drawn_row_by_row_with_its_largest_number_fullest():
    train, _ = at(utils.shape_train, **RIGHT)
    block, numbers = train.blocks[1], np.abs(_network("4, 5, 3")[1]["W2ᵀ"]).ravel()
    np.testing.assert_array_equal(np.argsort(block.get_facecolor()[1:, 3]), np.argsort(numbers))
    corners = np.array([path.vertices.min(axis=0) for path in block.get_paths()[1:]])
    assert np.lexsort((corners[:, 0], corners[:, 1].round(6))).tolist() == list(range(numbers.size))


# ---- The pushed input


@pytest.mark.parametrize("k", NAMES)
def test_a_small_step_along_any_dart_of_the_field_lowers_J_and_no_two_darts_touch(k):
    darts = _field(k).vertices.reshape(len(GRID), -1, 2)
    for place, dart in zip(GRID, darts, strict=True):
        along = dart[0] - (dart[1] + dart[3]) / 2  # from the tail to the tip
        x, y, slope, *_ = example(*place, k)
        assert along == pytest.approx(-DART_LENGTH * slope / np.sqrt(np.linalg.norm(slope)), abs=1e-6)
        assert loss(x + 1e-3 * along, y, *NETWORK) < loss(x, y, *NETWORK)
    outlines = [Path(dart[[0, 1, 2, 3, 0]]) for dart in darts]
    assert not any(one.intersects_path(other) for one, other in combinations(outlines, 2))


def test_a_region_holds_the_inputs_for_which_its_class_is_the_most_probable():
    plane = at(utils.push_figure)[0].figure.axes[0]
    areas = [artist for artist in plane.get_children() if isinstance(artist, ContourSet) and artist.filled]
    assert len({area.hatches[0] for area in areas}) == len(areas) == 3
    points = np.random.default_rng(0).uniform(-EDGE, EDGE, (300, 2))
    theta = forward(points, *NETWORK).theta
    runner_up, best = np.sort(theta, axis=1)[:, 1:].T
    clear = best - runner_up > 0.05
    inside = np.array([area.get_paths()[0].contains_points(points) for area in areas]).T
    assert clear.sum() > 250
    assert (inside[clear] == np.eye(3, dtype=bool)[theta[clear].argmax(axis=1)]).all()


def test_the_network_is_unsure_somewhere_and_sure_of_each_class_somewhere():
    y_hat = forward(GRID, *NETWORK).y_hat
    assert (y_hat.max(axis=0) > 0.95).all() and y_hat.max(axis=1).min() < 0.7
    assert np.bincount(y_hat.argmax(axis=1)).min() > 0.15 * len(GRID)
