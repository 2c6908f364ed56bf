"""The figures of chapter 2b_3: the diagonal matrix beside the element-wise product, and the input that is pushed."""

from itertools import combinations, product

import numpy as np
import pytest
from matplotlib.contour import ContourSet
from matplotlib.path import Path

from tests.figures import at, between, near, numbers, shown, twin
from utils import reference
from utils.figures.hadamard import DRAWN, SIZES, WRITTEN, G, Z, hadamard_figure
from utils.figures.push import DART_LENGTH, EDGE, GRID, MARGIN, NAMES, NETWORK, _field, push_figure
from utils.figures.style import number
from utils.reference import central_difference, forward, loss, one_hot, sigmoid, sigmoid_derivative

LAYERS = [
    {"H": H, "j": j, "nudge": nudge} for H, j, nudge in ((4, 0, 0), (5, 3, -4), (6, 1, 1.6), (8, 2, 4), (10, 0, 1))
]
CORNERS = [{"x_0": x, "x_1": y, "k": k} for x, y, k in product((-3, 3), (-3, 3), NAMES)]
PLACES = [
    {"x_0": x, "x_1": y, "k": NAMES[i % 3], "step": round(0.05 * (1 + i % 40), 2)}
    for i, (x, y) in enumerate(np.random.default_rng(3).uniform(-3, 3, (24, 2)).round(1).tolist())
]


@pytest.fixture(scope="module")
def layers():
    return hadamard_figure()


@pytest.fixture(scope="module")
def push():
    return push_figure()


def wrong_sign(x, y, *parameters):
    return -reference.input_gradient(x, y, *parameters)


# ---- The diagonal matrix


def layer(H, j, nudge):
    """g = dJ/dh, and the numeric Jacobian dh/dz."""
    z = Z[:H] + nudge * one_hot(j, H)
    return G[:H], np.array([central_difference(lambda z, i=i: sigmoid(z)[i], z) for i in range(H)])


@pytest.mark.parametrize("start", [start for start in LAYERS if start["H"] <= WRITTEN])
def test_both_products_show_the_same_numbers_and_they_are_right(layers, start):
    figure = at(layers, **start)
    g, jacobian = layer(**start)
    h_row, slopes, short = figure.rows
    assert shown(figure.given.texts) == shown(h_row.texts) == near(g)
    assert shown(figure.slopes.texts) == shown(slopes.texts) == near(np.diag(jacobian))
    assert shown(figure.result.texts) == shown(short.texts) == near(g @ jacobian)
    assert numbers(between(twin(figure, **start), "both give ", "; column")) == near(g @ jacobian)


@pytest.mark.parametrize("start", LAYERS)
def test_there_is_a_zero_in_each_cell_off_the_diagonal_and_only_there(layers, start):
    figure = at(layers, **start)
    H, (_, jacobian) = start["H"], layer(**start)
    assert not jacobian[~np.eye(H, dtype=bool)].any()
    x, y, side, height = (figure.slopes.box.get_x(), figure.slopes.box.get_y(), *figure.slopes.box.get_bbox().size)
    columns, rows = np.array(figure.zeros.get_data()) - [[x], [y]]
    cells = {(int(row * H / height), int(column * H / side)) for row, column in zip(rows, columns, strict=True)}
    assert cells == {(i, j) for i in range(H) for j in range(H) if i != j}
    assert len(rows) == H * (H - 1)


@pytest.mark.parametrize("start", LAYERS)
def test_the_cells_have_the_signs_of_their_values_in_hatch_as_well_as_in_colour(layers, start):
    figure = at(layers, **start)
    g, jacobian = layer(**start)
    slopes = np.diag(jacobian)
    rows = (figure.given, g), (figure.result, g @ jacobian), *zip(figure.rows, (g, slopes, g * slopes), strict=True)
    for cells, values in rows:
        tiles = [tile for tile in cells.tiles if tile.get_visible()]
        assert [tile.get_hatch() is not None for tile in tiles] == list(values < 0)


class Counted:
    """A number that counts how often it is multiplied, and how often by 0."""

    done = by_zero = 0

    def __init__(self, value):
        self.value = value

    def __mul__(self, other):
        Counted.done += 1
        Counted.by_zero += other.value == 0
        return Counted(self.value * other.value)

    def __add__(self, other):
        return Counted(self.value + other.value)


@pytest.mark.parametrize("H", [H for H in SIZES if H <= 50])
def test_the_counts_are_those_of_the_products_when_they_are_carried_out(layers, H):
    figure = at(layers, H=H)
    g, slopes = np.vectorize(Counted)(G[:H]), np.vectorize(Counted)(sigmoid(Z[:H]))
    matrix = np.vectorize(Counted)(np.diag(sigmoid(Z[:H])))
    Counted.done = Counted.by_zero = 0
    full = g @ matrix
    assert figure.costs[0].get_text() == f"{Counted.done:,} multiplications, {Counted.by_zero:,} by 0"
    Counted.done = Counted.by_zero = 0
    short = g * slopes
    assert figure.costs[1].get_text() == f"{Counted.done} multiplications"
    assert [entry.value for entry in full] == [entry.value for entry in short]


@pytest.mark.parametrize("H", SIZES)
def test_the_sentence_and_the_panel_count_up_to_millions(layers, H):
    figure = at(layers, H=H)
    said = between(twin(figure, H=H), "takes ", "; both")
    assert said == f"{H**2:,} multiplications, {H**2 - H:,} by 0, and g ∘ σ′(z) takes {H:,}"
    assert [point.get_xydata().tolist() for point in figure.counts] == [[[H, H**2]], [[H, H]]]


@pytest.mark.parametrize("H", [H for H in SIZES if H > DRAWN])
def test_where_cells_have_no_room_boxes_tell_their_length_and_the_diagonal_is_a_line(layers, H):
    figure = at(layers, H=H)
    strips = figure.given, figure.result, *figure.rows
    assert {strip.length.get_text() for strip in strips} == {f"{H:,} numbers"}
    assert figure.line.get_visible()
    assert not any(tile.get_visible() for strip in (*strips, figure.slopes) for tile in strip.tiles)
    thinner = hadamard_figure(H=SIZES[SIZES.index(H) - 1])
    assert figure.line.get_linewidth() <= thinner.line.get_linewidth()


@pytest.mark.parametrize("start", LAYERS)
def test_the_frames_show_that_one_cell_of_the_column_makes_the_entry(layers, start):
    figure = at(layers, **start)
    j = start["j"]
    g, jacobian = layer(**start)
    strips = figure.given, figure.slopes, figure.result, *figure.rows
    for strip in strips:
        tile, frame = strip.tiles[j].get_bbox(), strip.frame.get_bbox()
        assert frame.x0 < tile.x0 < tile.x1 < frame.x1
        assert frame.y0 < tile.y0 < tile.y1 < frame.y1
    column, cell = figure.column.get_bbox(), figure.slopes.frame.get_bbox()
    assert (column.x0, column.x1) == pytest.approx((cell.x0, cell.x1))
    assert column.height == pytest.approx(figure.slopes.box.get_height())
    entry = g[j], jacobian[j, j], g[j] * jacobian[j, j]
    assert numbers(figure.unit.get_text()) == near(entry)
    assert numbers(between(twin(figure, **start), f" entry {j} is ", "; the chain")) == near(entry)
    assert f"{start['H'] - 1} zeros in column {j}" in figure.reason.get_text()


def test_a_nudge_of_one_z_moves_one_entry_and_no_other():
    before, after = (shown(hadamard_figure(j=1, nudge=nudge).result.texts) for nudge in (0, 1.6))
    assert [i for i in range(5) if before[i] != after[i]] == [1]


@pytest.mark.parametrize("start", LAYERS)
def test_without_diag_the_product_is_one_number_the_sum_of_the_row(layers, start):
    figure = at(layers, **start)
    g, jacobian = layer(**start)
    assert numbers(figure.slip.get_text()) == near([sum(g @ jacobian)])
    assert numbers(twin(figure, **start))[-1:] == near([sum(g @ jacobian)])


# ---- The pushed input


def example(figure, **values):
    state = figure.state(**values)
    return np.array([state["x_0"], state["x_1"]]), one_hot(NAMES.index(state["k"]), 3), state["step"]


def slope_at(x, y):
    return central_difference(lambda x: loss(x, y, *NETWORK), x)


@pytest.mark.parametrize("place", [{}, *CORNERS, *PLACES])
def test_the_sentence_and_the_bars_tell_where_the_step_leads(push, place):
    figure = at(push, **place)
    x, y, step = example(figure, **place)
    slope = slope_at(x, y)
    end = x - step * slope
    said = twin(figure, **place)
    for words, (bars, texts), here in (
        (between(said, "ŷ is ", "; dJ/dx"), figure.shares[0], x),
        (between(said, "where ŷ is ", " nats, a"), figure.shares[1], end),
    ):
        y_hat = forward(here, *NETWORK).y_hat
        assert numbers(words) == near([*y_hat, loss(here, y, *NETWORK)])
        assert [bar.get_width() for bar in bars] == pytest.approx(y_hat, abs=1e-6)
        assert shown(texts) == near(y_hat)
    assert numbers(between(said, "; dJ/dx is ", "; the step")) == near([*slope, np.linalg.norm(slope)])
    assert numbers(between(said, "lands at ", ", where")) == near(end)
    change, promised = numbers(said.partition(" a change of ")[2])
    assert change == pytest.approx(loss(end, y, *NETWORK) - loss(x, y, *NETWORK), abs=0.01001)
    assert promised == near(-step * slope @ slope)


@pytest.mark.parametrize("place", [{}, *PLACES])
def test_the_arrow_goes_from_the_input_to_where_the_step_lands(push, place):
    figure = at(push, **place)
    x, y, step = example(figure, **place)
    assert figure.arrow.get_offsets().ravel() == pytest.approx(x)
    assert [figure.arrow.U[0], figure.arrow.V[0]] == pytest.approx(-step * slope_at(x, y), abs=1e-6)
    assert figure.x.get_xydata().ravel() == pytest.approx(x)
    assert figure.landing.get_xydata().ravel() == pytest.approx(x - step * slope_at(x, y), abs=1e-6)
    outside = abs(x - step * slope_at(x, y)).max() > EDGE + MARGIN
    assert figure.facts[-1].get_text().endswith("off the map") == outside


@pytest.mark.parametrize("k", NAMES)
def test_a_small_step_along_any_dart_of_the_field_lowers_J(k):
    y = one_hot(NAMES.index(k), 3)
    darts = _field(k).vertices.reshape(len(GRID), -1, 2)
    for x, dart in zip(GRID, darts, strict=True):
        along = dart[0] - (dart[1] + dart[3]) / 2  # from the tail to the tip
        slope = slope_at(x, y)
        assert along == pytest.approx(-DART_LENGTH * slope / np.sqrt(np.linalg.norm(slope)), abs=1e-6)
        assert loss(x + 1e-3 * along, y, *NETWORK) < loss(x, y, *NETWORK)


@pytest.mark.parametrize("k", NAMES)
def test_the_smallest_step_of_the_slider_lowers_J_by_about_what_the_slope_promised(push, k):
    figure = at(push, k=k)
    for x_0, x_1 in product((-2.6, -1.3, 0, 1.1, 2.4), repeat=2):
        x, y, step = example(figure, x_0=x_0, x_1=x_1, step=0.05)
        slope = slope_at(x, y)
        change = loss(x - step * slope, y, *NETWORK) - loss(x, y, *NETWORK)
        assert change < 0
        assert change == pytest.approx(-step * slope @ slope, rel=0.5, abs=0.02)
        said = twin(figure, x_0=x_0, x_1=x_1, step=0.05)
        assert "too long" not in said


def test_a_step_can_be_so_long_that_it_jumps_over_the_island(push):
    figure = at(push, x_0=2.4, x_1=1.2, step=0.3)
    before, after = numbers(figure.J.get_text())
    assert after < before
    assert "too long" not in twin(push, x_0=2.4, x_1=1.2, step=0.3)
    figure = at(push, x_0=2.4, x_1=1.2, step=1)
    before, after = numbers(figure.J.get_text())
    assert after > before
    assert twin(push, x_0=2.4, x_1=1.2, step=1).endswith("; the step is too long.")


@pytest.mark.parametrize(
    ("place", "J"),
    [
        ({"k": "owl", "x_0": 0.3, "x_1": -0.2, "step": 2}, 0.01),  # sure and right
        ({"k": "dog", "x_0": -3, "x_1": 3, "step": 0.5}, 3.84),  # wrong, but all five units are saturated
    ],
)
def test_the_arrow_vanishes_where_nothing_is_to_be_gained_and_where_the_slope_is_lost(push, place, J):
    figure = at(push, **place)
    x, y, _ = example(figure, **place)
    assert np.hypot(figure.arrow.U[0], figure.arrow.V[0]) < 0.05
    assert loss(x, y, *NETWORK) == near(J)
    assert sigmoid_derivative(forward(x, *NETWORK).z).max() < 0.06
    assert twin(figure, **place).endswith("; the arrow has all but vanished.")


def test_the_field_follows_the_true_class_and_not_the_input(push):
    figure = at(push)
    fields = []
    for values in ({}, {"x_0": 1.0}, {"step": 2}, {"k": "cat"}, {"k": "dog"}):
        twin(figure, **values)
        fields.append(figure.field.get_path().vertices.tolist())
    assert fields[0] == fields[1] == fields[2]
    assert fields[0] != fields[3] != fields[4] != fields[0]


def test_no_two_darts_touch():
    for k in NAMES:
        darts = [Path(dart[[0, 1, 2, 3, 0]]) for dart in _field(k).vertices.reshape(len(GRID), -1, 2)]
        assert not any(one.intersects_path(other) for one, other in combinations(darts, 2))


def test_a_region_holds_the_inputs_for_which_its_class_is_the_most_probable():
    plane, *_ = push_figure().figure.axes
    areas = [artist for artist in plane.get_children() if isinstance(artist, ContourSet) and artist.filled]
    assert len({area.hatches[0] for area in areas}) == len(areas) == 3
    points = np.random.default_rng(0).uniform(-EDGE, EDGE, (300, 2))
    theta = forward(points, *NETWORK).theta
    runner_up, best = np.sort(theta, axis=1)[:, 1:].T
    clear = best - runner_up > 0.05
    inside = np.array([area.get_paths()[0].contains_points(points) for area in areas]).T
    assert clear.sum() > 250
    assert (inside[clear] == np.eye(3, dtype=bool)[theta[clear].argmax(axis=1)]).all()


def test_top_left_the_network_is_wrong_about_an_owl_and_its_gradient_has_all_but_vanished():
    x, owl = np.array([-2.6, 3.0]), 2
    z, _, _, y_hat = forward(x, *NETWORK)
    assert y_hat[owl] < 0.01 and y_hat[0] > 0.95
    assert np.linalg.norm(reference.input_gradient(x, np.eye(3)[owl], *NETWORK)) < 0.05
    assert reference.sigmoid_derivative(z).max() < 0.01  # because every unit is flat there


@pytest.mark.parametrize("place", [{}, *PLACES[:6]])
def test_a_wrong_function_of_the_readers_has_its_own_arrow_and_its_own_J(place):
    figure = push_figure(wrong_sign, **place)
    x, y, step = example(figure)
    slope = slope_at(x, y)
    assert [figure.mine.U[0], figure.mine.V[0]] == pytest.approx(step * slope, abs=1e-6)
    assert [figure.arrow.U[0], figure.arrow.V[0]] == pytest.approx(-step * slope, abs=1e-6)
    expected = near([*-slope, loss(x + step * slope, y, *NETWORK)])
    assert numbers(between(twin(figure), "your function gives ", " nats.")) == expected
    assert numbers(figure.verdict.get_text()) == expected
    assert figure.verdict.get_text().startswith("yours: (")


def test_the_network_is_unsure_somewhere_and_sure_of_each_class_somewhere():
    y_hat = forward(GRID, *NETWORK).y_hat
    assert (y_hat.max(axis=0) > 0.95).all()
    assert y_hat.max(axis=1).min() < 0.7
    assert np.bincount(y_hat.argmax(axis=1)).min() > 0.15 * len(GRID)


@pytest.mark.parametrize("value", [1e9, np.nan, np.inf])
def test_a_gradient_off_the_scale_is_still_told(value):
    figure = push_figure(lambda x, *rest: np.full((1, 2), value))
    picture = figure.picture(figure.state())
    assert picture["shapes"]
    assert f"your function gives ({number(value, '+.2f')}, " in picture["twin"]
