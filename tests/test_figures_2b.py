"""The figures of chapters 2b: saturation, the shape train, the diagonal matrix, and the input that is pushed."""

import re
from itertools import combinations, product

import numpy as np
import pytest
from matplotlib.contour import ContourSet
from matplotlib.path import Path

from tests.figures import at, between, lengths, made, near, numbers, shown, twin, words
from utils import hadamard_figure, push_figure, saturation_figure, shape_train
from utils.figures import saturation
from utils.figures.hadamard import DRAWN, SIZES, WRITTEN, G, Z
from utils.figures.push import DART_LENGTH, EDGE, GRID, MARGIN, NAMES, NETWORK, _field
from utils.figures.saturation import FLAT, SATURATED, SCALES, W1, W2, b1, b2, power
from utils.figures.shape_train import BLOCKS, NONE, SLOTS, Train, _network, census
from utils.reference import (
    central_difference,
    complex_step,
    forward,
    input_gradient,
    loss,
    one_hot,
    sigmoid,
    sigmoid_derivative,
    softmax,
)

# ---- Saturation

W1_SCALE, X_SCALE = saturation_figure.controls
STATES = [scale | other for scale in W1_SCALE.stops[::10] for other in X_SCALE.stops[::10]]


def powers(words):
    """The numbers in a sentence, back from 7.12·10⁻³³."""
    found = re.findall(r"([−\d][\d.]*)(?:·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", words.replace("1/4", ""))
    back = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    return [float(f"{digits.replace('−', '-')}e{exponent.translate(back) or 0}") for digits, exponent in found]


def hidden(W1_scale=1, x_scale=1):
    return x_scale * saturation.x @ (W1_scale * W1) + b1


def size(W1_scale=1, x_scale=1):
    return np.hypot.reduce(input_gradient(x_scale * saturation.x, saturation.y, W1_scale * W1, b1, W2, b2))


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.25, "0.25"), (451.3, "451"), (-0.0012345, "−0.00123"), (7.116e-33, "7.12·10⁻³³"), (0, "0"), (np.nan, "nan")],
)
def test_a_number_of_any_size_is_written_with_three_digits(value, written):
    assert power(value) == written


@pytest.mark.parametrize("state", STATES)
def test_the_sentence_and_the_dots_hold_the_slopes_and_the_size_of_the_gradient(state):
    figure, said = at(saturation_figure, **state)
    z = hidden(**state)
    flat = sigmoid_derivative(z) < SATURATED
    assert powers(between(said, "hidden units is ", ", never")) == pytest.approx(sigmoid_derivative(z), rel=0.006)
    assert f"never above 1/4, and {flat.sum()} of 6" in said
    assert powers(between(said, "size of dJ/dx is ", ",")) == pytest.approx([size(**state)], rel=0.006)
    assert flat.tolist() == (np.abs(z) > FLAT).tolist()  # where the grey arms begin
    for dots, heights in zip(figure.dots, (sigmoid(z), sigmoid_derivative(z)), strict=True):
        for dot, some in zip(dots, (~flat, flat), strict=True):
            np.testing.assert_allclose(dot.get_xydata(), np.column_stack([z.clip(-10, 10), heights])[some])
    assert [bar.get_hatch() for bar in figure.bars] == ["xx" if saturated else None for saturated in flat]


@pytest.mark.parametrize("x_scale", [0.1, 1, 10])
def test_the_curve_is_the_size_of_the_reference_gradient_at_every_scale(x_scale):
    figure, said = at(saturation_figure, x_scale=x_scale)
    line, point, _ = figure.sizes["size of dJ/dx"]
    right = [size(scale, x_scale) for scale in SCALES]
    assert line.get_ydata() == pytest.approx(right)
    assert point.get_xydata().ravel() == pytest.approx([1, size(1, x_scale)])
    assert powers(between(said, "while at ", ":")) == pytest.approx([SCALES[np.argmax(right)], max(right)], rel=0.006)


@pytest.mark.parametrize(
    ("W1_scale", "low", "high", "most", "drawn", "says"),
    [
        (0.01, 0.17, 0.25, 0.003, True, "here W1, the last factor, holds it down."),  # as the chapter says
        (W1_SCALE.stops[47]["W1_scale"], 0, 0.25, 1, True, ", the largest there is."),
        (100, 0, 1e-30, 1e-28, False, "here σ′ holds it down."),  # its point leaves the page with its line
    ],
)
def test_small_weights_and_large_ones_hold_the_gradient_down(W1_scale, low, high, most, drawn, says):
    figure, said = at(saturation_figure, W1_scale=W1_scale)
    slopes = sigmoid_derivative(hidden(W1_scale))
    assert low <= slopes.min().round(2) and slopes.max() <= high and size(W1_scale) < most and said.endswith(says)
    _, point, text = figure.sizes["size of dJ/dx"]
    assert point.get_visible() == drawn and text.get_text() == f"size of dJ/dx: {power(size(W1_scale))}"


def test_what_the_chapter_says_of_small_and_large_weights_and_of_large_inputs():
    assert size(0.02) / size(0.01) == pytest.approx(2, rel=0.05), "small weights: as small as themselves"
    rate = np.diff(np.log([size(scale) / scale for scale in (40, 60, 80, 100)])) / 20
    assert rate == pytest.approx(-np.abs(saturation.x @ W1).min(), rel=0.01), "large ones: exponentially small"
    alike, same = (
        [dot.get_xdata().tolist() for dot in at(saturation_figure, **{scale: 10})[0].dots[0]]
        for scale in ("W1_scale", "x_scale")
    )
    assert alike == same, "both scales saturate alike"
    assert size(10, 1) == pytest.approx(10 * size(1, 10)), "and that of x is no factor of the gradient"


def test_a_wrong_function_has_a_curve_and_a_gradient_of_its_own():
    figure, said = at(saturation_figure(sigmoid), W1_scale=10)
    z = hidden(10)
    dh = (softmax(sigmoid(z) @ W2 + b2) - saturation.y) @ W2.T
    wrong = [*sigmoid(z), np.linalg.norm((dh * sigmoid(z)) @ (10 * W1).T)]
    assert powers(between(said, "your function gives ", "!").rstrip(".")) == pytest.approx(wrong, rel=0.006)
    np.testing.assert_allclose(figure.curve.get_ydata(), sigmoid(figure.curve.get_xdata()))


# ---- The shape train

SHAPES = {"W1": "DH", "W1ᵀ": "HD", "W2": "HK", "W2ᵀ": "KH", "diag σ′(z)": "HH", "σ′(z)": "1H"}
LETTERS = {"4, 5, 3": {"D": 4, "H": 5, "K": 3, "1": 1}, "all 3": {"D": 3, "H": 3, "K": 3, "1": 1}}
RIGHT = {"first": "W2ᵀ", "second": "diag σ′(z)", "third": "W1ᵀ"}
CHOICES = list(product((NONE, *BLOCKS), repeat=3))
TRAINS = [dict(zip(SLOTS, choice, strict=True)) | {"sizes": sizes} for sizes in LETTERS for choice in CHOICES]


def taken(state):
    return [state[slot] for slot in SLOTS if state[slot] != NONE]


def journey(state):
    """The shapes of the running row by the letters alone, and the first pair of sizes that do not meet, or None."""
    letters = LETTERS[state["sizes"]]
    shapes = [(1, letters["K"])]
    for name in taken(state):
        rows, columns = (letters[letter] for letter in SHAPES[name])
        if shapes[-1][1] != rows:
            return shapes, (shapes[-1][1], rows, name)
        shapes.append((1, columns))
    return shapes, None


def test_all_trains_are_told_as_the_letters_of_their_shapes_say():
    train, seen, ends = made(shape_train), set(), {sizes: {} for sizes in LETTERS}
    for state in TRAINS:
        said = train.update(state)
        shapes, jam = journey(state)
        goal = (1, LETTERS[state["sizes"]]["D"])
        assert [text for text in words(train.row_shapes) if text] == [str(shape) for shape in shapes]
        if jam:
            columns, rows, name = jam
            verdict = f"does not multiply; {columns} columns meet {rows} row{'s' * (rows != 1)}, so the train stops "
            verdict += f"before {name}; the row so far"
        elif shapes[-1] != goal:
            verdict = f"wrong shape; it arrives with shape {shapes[-1]}, and x has shape {goal}; what arrives"
        elif taken(state) == list(RIGHT.values()):
            verdict = "it is dJ/dx; it has the shape of x and the numbers of dJ/dx; what arrives"
        else:
            verdict = "right shape, wrong numbers; it has the shape of x, but "
        assert f" @ {' @ '.join(taken(state))}: {verdict}".replace(" @ : ", ": ") in said
        if not jam:
            ends[state["sizes"]][tuple(taken(state))] = shapes[-1] == goal
        seen.add(said)
    assert len(seen) == 2 * 259  # a gap has no place in a sentence
    for sizes, fits in ends.items():
        assert census(sizes) == (259, len(fits), sum(fits.values()), 1)
        fit = sum(fits.values())
        assert (len(fits), fit) == {"4, 5, 3": (10, 2), "all 3": (156, 156)}[sizes]
        told = f"of all 259 trains of up to 3 blocks {len(fits)} multiply, {sum(fits.values())} of them to the shape "
        assert f"{told}of x, 1 to the numbers of dJ/dx." in twin(shape_train, sizes=sizes)
        assert f"with the shape of x: {fit}\n" in train.counts.get_text()


@pytest.mark.parametrize("sizes", LETTERS)
def test_the_blocks_are_those_of_one_network_and_the_goal_is_its_gradient(sizes):
    start, blocks, goal = _network(sizes)
    D, H, K, _ = LETTERS[sizes].values()
    x, *network = map(np.random.default_rng(274).standard_normal, ((1, D), (D, H), (H,), (H, K), (K,)))
    y, (z, _, _, y_hat) = one_hot([0], K), forward(x, *network)
    slopes = sigmoid_derivative(z)
    np.testing.assert_array_equal(start, y_hat - y)
    right = {"W1": network[0], "W1ᵀ": network[0].T, "W2": network[2], "W2ᵀ": network[2].T}
    right |= {"σ′(z)": slopes, "diag σ′(z)": np.diag(slopes[0])}
    assert blocks.keys() == right.keys()
    for name, block in right.items():
        np.testing.assert_array_equal(blocks[name], block)
    np.testing.assert_allclose(goal, complex_step(lambda x: loss(x, y, *network), x), rtol=1e-12)


@pytest.mark.parametrize("state", [state for state in TRAINS if journey(state)[1] is None][::7])
def test_the_cells_and_the_sentence_hold_the_running_product(state):
    train, said = at(shape_train, **state)
    start, blocks, goal = _network(state["sizes"])
    rows = [start]
    for name in taken(state):
        rows.append(rows[-1] @ blocks[name])
    for cells, row in zip(train.rows, rows, strict=False):
        assert shown(text for tile, text in cells if tile.get_visible()) == near(row[0])
        hatches = [tile.get_hatch() for tile, _ in cells if tile.get_visible()]
        assert hatches == ["///" if value < 0 else None for value in row[0]]
    assert numbers(between(said, "what arrives is ", ", and")) == near(rows[-1][0])
    assert numbers(between(said, "and dJ/dx is ", ";")) == near(goal[0])


def test_every_number_of_a_train_has_room_in_its_cell():
    assert max(np.abs(row).max() for state in TRAINS for row in Train(state).rows) < 9.995


@pytest.mark.parametrize(
    ("other", "couplings", "marks", "verdict"),
    [
        ({}, "3 = 3, 5 = 5, 5 = 5, 4 = 4", "====", "✓ it is dJ/dx"),
        ({"second": "W1"}, "3 = 3, 5 ≠ 4, , ", "", "✗ does not multiply"),
        ({"second": NONE}, "3 = 3, , 5 = 5, 4 = 4", "≠≠≠≠", "≠ right shape, wrong numbers"),
        ({"third": "diag σ′(z)"}, "3 = 3, 5 = 5, 5 = 5, 5 ≠ 4", "", "✗ wrong shape"),
        ({"third": "W1", "sizes": "all 3"}, "3 = 3, 3 = 3, 3 = 3, 3 = 3", "≠≠≠", "≠ right shape, wrong numbers"),
    ],
)
def test_the_train_goes_as_far_as_its_blocks_couple(other, couplings, marks, verdict):
    train, _ = at(shape_train, **RIGHT | other)
    jams = "multiply" in verdict
    troubles = ["(1, 5) @ (4, 5) does not multiply", "not reached"] if jams else ["", ""]
    assert ", ".join(words(train.couplings)) == couplings and "".join(words(train.marks)) == marks
    assert train.verdict.get_text() == verdict and words(train.troubles) == ["", "", *troubles]
    if jams:  # what is behind the mismatch is not reached
        assert words(train.products) == ["(1, 3)", "(1, 5)", "", ""]
        assert [text.get_alpha() < 1 for text in train.names] == [False, False, True, True, True]
        assert train.rail.get_xdata()[-1] == train.rest.get_xdata()[0] == train.couplings[1].get_position()[0]
        assert [text.get_bbox_patch().get_linestyle() for text in train.couplings[:2]] == ["-", "--"]


def test_a_block_is_drawn_row_by_row_with_its_largest_number_fullest():
    train, _ = at(shape_train, **RIGHT)
    block, numbers = train.blocks[1], np.abs(_network("4, 5, 3")[1]["W2ᵀ"]).ravel()
    np.testing.assert_array_equal(np.argsort(block.get_facecolor()[1:, 3]), np.argsort(numbers))
    corners = np.array([path.vertices.min(axis=0) for path in block.get_paths()[1:]])
    assert np.lexsort((corners[:, 0], corners[:, 1].round(6))).tolist() == list(range(numbers.size))


# ---- The diagonal matrix


@pytest.mark.parametrize(("H", "j", "nudge"), [(4, 0, 0), (5, 3, -4), (6, 1, 1.6), (8, 2, 4), (10, 0, 1)])
def test_both_products_show_the_same_numbers_signs_and_frames_and_they_are_right(H, j, nudge):
    figure, said = at(hadamard_figure, H=H, j=j, nudge=nudge)
    g, z = G[:H], Z[:H] + nudge * one_hot(j, H)
    jacobian = np.array([central_difference(lambda z, i=i: sigmoid(z)[i], z) for i in range(H)])
    slopes, short = np.diag(jacobian), g @ jacobian
    strips = figure.given, figure.slopes, figure.result, *figure.rows
    for strip, values in zip(strips, (g, slopes, short) * 2, strict=True):
        tiles = [tile for tile in strip.tiles if tile.get_visible()]
        assert [tile.get_hatch() is not None for tile in tiles] == list(values < 0)
        assert H > WRITTEN or shown(strip.texts) == near(values)
        tile, frame = strip.tiles[j].get_bbox(), strip.frame.get_bbox()
        assert frame.x0 < tile.x0 < tile.x1 < frame.x1 and frame.y0 < tile.y0 < tile.y1 < frame.y1
    assert figure.column.get_bbox().intervalx == pytest.approx(figure.slopes.frame.get_bbox().intervalx)
    corner, cell = figure.slopes.box.get_xy(), figure.slopes.box.get_bbox().size / H
    zeros = {tuple(place) for place in ((np.array(figure.zeros.get_xydata()) - corner) // cell).astype(int)}
    assert zeros == {(i, j) for i in range(H) for j in range(H) if i != j}
    entry = g[j], slopes[j], short[j]
    assert numbers(figure.unit.get_text()) == numbers(between(said, f" entry {j} is ", "; the chain")) == near(entry)
    assert f"{H - 1} zeros in column {j}" in figure.reason.get_text()
    assert H > WRITTEN or numbers(between(said, "both give ", "; column")) == near(short)
    assert numbers(figure.slip.get_text()) == numbers(said)[-1:] == near([sum(short)])


@pytest.mark.parametrize("H", SIZES)
def test_the_sentence_and_the_panel_count_up_to_millions(H):
    figure, said = at(hadamard_figure, H=H)
    assert f"takes {H**2:,} multiplications, {H**2 - H:,} by 0, and g ∘ σ′(z) takes {H:,}; both" in said
    assert words(figure.costs) == [f"{H**2:,} multiplications, {H**2 - H:,} by 0", f"{H:,} multiplications"]
    assert [point.get_xydata().tolist() for point in figure.counts] == [[[H, H**2]], [[H, H]]]
    strips, drawn = (figure.given, figure.result, *figure.rows), H <= DRAWN
    assert {strip.length.get_text() for strip in strips} == {"" if drawn else f"{H:,} numbers"}
    assert figure.line.get_visible() == (not drawn)
    assert any(tile.get_visible() for strip in (*strips, figure.slopes) for tile in strip.tiles) == drawn


# ---- The pushed input

CORNERS = [{"x_0": x, "x_1": y, "k": k} for x, y, k in product((-3, 3), (-3, 3), NAMES)]
PLACES = [
    {"x_0": x, "x_1": y, "k": NAMES[i % 3], "step": round(0.05 * (1 + i % 40), 2)}
    for i, (x, y) in enumerate(np.random.default_rng(3).uniform(-3, 3, (24, 2)).round(1).tolist())
]


def example(x_0=-2, x_1=0, k="owl", step=0.3):
    """x, y, dJ/dx as it is measured, the step length, and where the step ends."""
    x, y = np.array([x_0, x_1]), one_hot(NAMES.index(k), 3)
    slope = central_difference(lambda x: loss(x, y, *NETWORK), x)
    return x, y, slope, step, x - step * slope


@pytest.mark.parametrize("place", [{}, *CORNERS, *PLACES])
def test_the_sentence_the_bars_and_the_arrow_tell_where_the_step_leads(place):
    figure, said = at(push_figure, **place)
    x, y, slope, step, end = example(**place)
    for told, (bars, texts), here in (
        (between(said, "ŷ is ", "; dJ/dx"), figure.shares[0], x),
        (between(said, "where ŷ is ", " nats, a"), figure.shares[1], end),
    ):
        y_hat = forward(here, *NETWORK).y_hat
        assert numbers(told) == near([*y_hat, loss(here, y, *NETWORK)])
        assert lengths(bars) == pytest.approx(y_hat, abs=1e-6) and shown(texts) == near(y_hat)
    assert numbers(between(said, "; dJ/dx is ", "; the step")) == near([*slope, np.linalg.norm(slope)])
    assert numbers(between(said, "lands at ", ", where")) == near(end)
    change, promised = numbers(said.partition(" a change of ")[2])
    assert change == pytest.approx(loss(end, y, *NETWORK) - loss(x, y, *NETWORK), abs=0.01001)
    assert promised == near(-step * slope @ slope)
    assert figure.x.get_xydata().ravel() == pytest.approx(x) and figure.arrow.get_offsets().ravel() == pytest.approx(x)
    assert [figure.arrow.U[0], figure.arrow.V[0]] == pytest.approx(end - x, abs=1e-6)
    assert figure.landing.get_xydata().ravel() == pytest.approx(end, abs=1e-6)
    assert figure.facts[-1].get_text().endswith("off the map") == (abs(end).max() > EDGE + MARGIN)


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


def test_the_smallest_step_of_the_slider_lowers_J_by_about_what_the_slope_promised():
    for k, x_0, x_1 in product(NAMES, (-2.6, 0, 2.4), (-2.6, -1.3, 1.1)):
        place = {"k": k, "x_0": x_0, "x_1": x_1, "step": 0.05}
        x, y, slope, step, end = example(**place)
        change = loss(end, y, *NETWORK) - loss(x, y, *NETWORK)
        assert change < 0 and "too long" not in twin(push_figure, **place)
        assert change == pytest.approx(-step * slope @ slope, rel=0.5, abs=0.02)


@pytest.mark.parametrize(("step", "longer"), [(0.3, False), (1, True)])
def test_a_step_can_be_so_long_that_it_jumps_over_the_island(step, longer):
    figure, said = at(push_figure, x_0=2.4, x_1=1.2, step=step)
    before, after = numbers(figure.J.get_text())
    assert (after > before) == said.endswith("; the step is too long.") == longer


@pytest.mark.parametrize(
    ("place", "y_hat"),
    [
        ({"k": "owl", "x_0": 0.3, "x_1": -0.2, "step": 2}, 0.99),  # sure and right
        ({"k": "owl", "x_0": -2.6, "x_1": 3, "step": 0.5}, 0),  # deep among the cats, as the chapter says
        ({"k": "dog", "x_0": -3, "x_1": 3, "step": 0.5}, 0.02),  # wrong, but all five units are saturated
    ],
)
def test_the_arrow_vanishes_where_nothing_is_to_be_gained_and_where_the_slope_is_lost(place, y_hat):
    x, y, slope, step, _ = example(**place)
    assert np.linalg.norm(step * slope) < 0.05 and y @ forward(x, *NETWORK).y_hat == near(y_hat)
    assert sigmoid_derivative(forward(x, *NETWORK).z).max() < 0.06
    assert twin(push_figure, **place).endswith("; the arrow has all but vanished.")


def test_a_region_holds_the_inputs_for_which_its_class_is_the_most_probable():
    plane = at(push_figure)[0].figure.axes[0]
    areas = [artist for artist in plane.get_children() if isinstance(artist, ContourSet) and artist.filled]
    assert len({area.hatches[0] for area in areas}) == len(areas) == 3
    points = np.random.default_rng(0).uniform(-EDGE, EDGE, (300, 2))
    theta = forward(points, *NETWORK).theta
    runner_up, best = np.sort(theta, axis=1)[:, 1:].T
    clear = best - runner_up > 0.05
    inside = np.array([area.get_paths()[0].contains_points(points) for area in areas]).T
    assert clear.sum() > 250
    assert (inside[clear] == np.eye(3, dtype=bool)[theta[clear].argmax(axis=1)]).all()


def test_the_field_follows_the_true_class_and_not_the_input():
    states = {}, {"x_0": 1.0}, {"step": 2}, {"k": "cat"}, {"k": "dog"}
    fields = [at(push_figure, **state)[0].field.get_path().vertices.tolist() for state in states]
    assert fields[0] == fields[1] == fields[2] and fields[0] != fields[3] != fields[4] != fields[0]


def test_the_network_is_unsure_somewhere_and_sure_of_each_class_somewhere():
    y_hat = forward(GRID, *NETWORK).y_hat
    assert (y_hat.max(axis=0) > 0.95).all() and y_hat.max(axis=1).min() < 0.7
    assert np.bincount(y_hat.argmax(axis=1)).min() > 0.15 * len(GRID)


def test_a_wrong_function_of_the_readers_has_its_own_arrow_and_its_own_J():
    figure, said = at(push_figure(lambda *network: -input_gradient(*network)))
    x, y, slope, step, end = example()
    assert [figure.mine.U[0], figure.mine.V[0]] == pytest.approx(x - end, abs=1e-6)
    expected = near([*-slope, loss(x + step * slope, y, *NETWORK)])
    assert numbers(between(said, "your function gives ", " nats.")) == numbers(figure.verdict.get_text()) == expected
