"""The figures of chapters 2b: what they show is what the reference says. Their sentences stand in figures.md."""

from itertools import combinations, product

import numpy as np
import pytest
from matplotlib.contour import ContourSet
from matplotlib.path import Path

from tests.figures import at, figure, shows
from tests.oracles import size
from utils.figures import saturation
from utils.figures.push import DART_LENGTH, EDGE, GRID, NAMES, NETWORK, _field
from utils.figures.saturation import W1, power
from utils.figures.shape_train import BLOCKS, NONE, SIZES, SLOTS, Train, _network, census
from utils.reference import forward, input_gradient, loss, one_hot

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
        [dot.get_xdata().tolist() for dot in at("saturation_figure", **{scale: 10})[0].dots[0]]
        for scale in ("W1_scale", "x_scale")
    )
    assert alike == same, "both scales saturate alike"
    assert size(10, 1) == pytest.approx(10 * size(1, 10)), "and that of x is no factor of the gradient"


# ---- The shape train

RIGHT = {"first": "W2ᵀ", "second": "diag σ′(z)", "third": "W1ᵀ"}
CHOICES = list(product((NONE, *BLOCKS), repeat=3))


@pytest.mark.parametrize(("sizes", "multiply", "fit"), [("4, 5, 3", 10, 2), ("all 3", 156, 156)])
def test_all_trains_are_told_as_numpy_multiplies_them(sizes, multiply, fit):
    train, seen = figure("shape_train"), {}
    start, blocks, goal = _network(sizes)
    for choice in CHOICES:
        names, row = [name for name in choice if name != NONE], start
        said = train.update(dict(zip(SLOTS, choice, strict=True)) | {"sizes": sizes})
        try:
            for name in names:
                row = row @ blocks[name]
        except ValueError:
            columns, rows = row.shape[1], len(blocks[name])
            verdict = f"does not multiply; {columns} columns meet {rows} row{'s' * (rows != 1)}, so the train stops "
            verdict += f"before {name}; the row so far"
        else:
            verdict = f"wrong shape; it arrives with shape {row.shape}, and x has shape {goal.shape}; what arrives"
            if row.shape == goal.shape:
                verdict = "right shape, wrong numbers; it has the shape of x, but "
            if names == list(RIGHT.values()):
                verdict = "it is dJ/dx; it has the shape of x and the numbers of dJ/dx; what arrives"
        assert f" @ {' @ '.join(names)}: {verdict}".replace(" @ : ", ": ") in said
        assert f"of all 259 trains of up to 3 blocks {multiply} multiply, {fit} of them to the shape of x, 1 to" in said
        seen[tuple(names)] = verdict
    found = (
        ["does not" not in verdict for verdict in seen.values()],
        ["has the s" in verdict for verdict in seen.values()],
    )
    assert census(sizes) == (259, multiply, fit, 1) == (len(seen), *map(sum, found), 1)  # a gap is told nowhere
    shows([train.counts], [3, 259, multiply, fit, 1])


def test_every_number_of_a_train_has_room_in_its_cell():
    trains = (
        Train(dict(zip(("sizes", *SLOTS), state, strict=True))) for state in product(SIZES, *[[NONE, *BLOCKS]] * 3)
    )
    assert max(np.abs(row).max() for train in trains for row in train.rows) < 9.995


def test_what_is_behind_a_mismatch_is_drawn_as_not_reached():
    train, _ = at("shape_train", **RIGHT | {"second": "W1"})
    assert [text.get_alpha() < 1 for text in train.names] == [False, False, True, True, True]
    assert train.rail.get_xdata()[-1] == train.rest.get_xdata()[0] == train.couplings[1].get_position()[0]
    assert [text.get_bbox_patch().get_linestyle() for text in train.couplings[:2]] == ["-", "--"]


def test_a_block_is_drawn_row_by_row_with_its_largest_number_fullest():
    train, _ = at("shape_train", **RIGHT)
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
        y = one_hot(NAMES.index(k), 3)
        slope = input_gradient(place, y, *NETWORK)
        assert along == pytest.approx(-DART_LENGTH * slope / np.sqrt(np.linalg.norm(slope)), abs=1e-6)
        assert loss(place + 1e-3 * along, y, *NETWORK) < loss(place, y, *NETWORK)
    outlines = [Path(dart[[0, 1, 2, 3, 0]]) for dart in darts]
    assert not any(one.intersects_path(other) for one, other in combinations(outlines, 2))


def test_a_region_holds_the_inputs_for_which_its_class_is_the_most_probable():
    plane = at("push_figure")[0].figure.axes[0]
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
