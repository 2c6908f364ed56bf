"""The figure of chapter 2b_2: every train there is, whether it multiplies, and whether it is dJ/dx."""

import json
from itertools import product

import numpy as np
import pytest

from tests.figures import between, numbers, twin, words
from utils.figures.shape_train import BLOCKS, NONE, SIZES, SLOTS, Train, _network, census, shape_train
from utils.reference import complex_step, forward, input_gradient, loss, one_hot, sigmoid_derivative

SHAPES = {"W1": "DH", "W1ᵀ": "HD", "W2": "HK", "W2ᵀ": "KH", "diag σ′(z)": "HH", "σ′(z)": "1H"}
RIGHT = {"first": "W2ᵀ", "second": "diag σ′(z)", "third": "W1ᵀ"}
STATES = [
    dict(zip(SLOTS, choice, strict=True)) | {"sizes": sizes}
    for sizes in SIZES
    for choice in product((NONE, *BLOCKS), repeat=3)
]


@pytest.fixture(scope="module")
def figure():
    return shape_train()


def picture(figure, **values):
    made = figure.picture(figure.state(**values))
    assert made["shapes"], made["twin"]
    return made


def names(state):
    return [state[slot] for slot in SLOTS if state[slot] != NONE]


def journey(state):
    """The shapes of the running row by the letters alone, and the first pair of sizes that do not meet, or None."""
    size = dict(zip("DHK", SIZES[state["sizes"]], strict=True)) | {"1": 1}
    shapes = [(1, size["K"])]
    for name in names(state):
        rows, columns = (size[letter] for letter in SHAPES[name])
        if shapes[-1][1] != rows:
            return shapes, (shapes[-1][1], rows, name)
        shapes.append((1, columns))
    return shapes, None


# ---- All states


def test_all_states_are_drawn_and_told_as_the_letters_of_their_shapes_say(figure):
    seen = set()
    for state in STATES:
        figure.update(state)
        said = figure.twin(state)
        shapes, jam = journey(state)
        goal = (1, SIZES[state["sizes"]][0])
        assert [text for text in words(figure.row_shapes) if text] == [str(shape) for shape in shapes]
        if jam:
            assert ": does not multiply; " in said
            assert f"; {jam[0]} columns meet {jam[1]} row" in said
            assert f"so the train stops before {jam[2]};" in said
        elif shapes[-1] != goal:
            assert f": wrong shape; it arrives with shape {shapes[-1]}, and x has shape {goal};" in said
        else:
            right = names(state) == list(RIGHT.values())
            assert (": it is dJ/dx; " if right else ": right shape, wrong numbers; ") in said
        seen.add(said)
    assert len(STATES) == 686 and len(seen) == 2 * 259  # a gap has no place in a sentence
    drawn = [json.dumps(picture(figure, **state), allow_nan=False) for state in STATES[::49]]
    assert len(set(drawn)) == len(drawn)


# ---- The numbers


@pytest.mark.parametrize("sizes", SIZES)
def test_the_blocks_are_those_of_one_network_and_the_goal_is_its_gradient(sizes):
    start, blocks, goal = _network(sizes)
    D, H, K = SIZES[sizes]
    x, W1, b1, W2, b2 = map(np.random.default_rng(274).standard_normal, ((1, D), (D, H), (H,), (H, K), (K,)))
    y = one_hot([0], K)
    made = forward(x, W1, b1, W2, b2)
    np.testing.assert_array_equal(start, made.y_hat - y)
    np.testing.assert_array_equal(blocks["W1"], W1)
    np.testing.assert_array_equal(blocks["W1ᵀ"], W1.T)
    np.testing.assert_array_equal(blocks["W2"], W2)
    np.testing.assert_array_equal(blocks["W2ᵀ"], W2.T)
    np.testing.assert_array_equal(blocks["σ′(z)"], sigmoid_derivative(made.z))
    np.testing.assert_array_equal(blocks["diag σ′(z)"], np.diag(sigmoid_derivative(made.z)[0]))
    np.testing.assert_array_equal(goal, input_gradient(x, y, W1, b1, W2, b2))
    np.testing.assert_allclose(goal, complex_step(lambda x: loss(x, y, W1, b1, W2, b2), x), rtol=1e-12)


@pytest.mark.parametrize("state", [state for state in STATES if journey(state)[1] is None][::7])
def test_the_cells_and_the_sentence_hold_the_running_product(figure, state):
    said = twin(figure, **state)
    start, blocks, goal = _network(state["sizes"])
    rows = [start]
    for name in names(state):
        rows.append(np.einsum("ij,jk->ik", rows[-1], blocks[name]))
    for cells, row in zip(figure.rows, rows, strict=False):
        shown = [(float(text.get_text().replace("−", "-"))) for tile, text in cells if tile.get_visible()]
        assert shown == pytest.approx(row[0], abs=0.00501)
        hatches = [tile.get_hatch() for tile, _ in cells if tile.get_visible()]
        assert hatches == ["///" if value < 0 else None for value in row[0]]
    assert numbers(between(said, "what arrives is ", ", and")) == pytest.approx(rows[-1][0], abs=0.00501)
    assert numbers(between(said, "and dJ/dx is ", ";")) == pytest.approx(goal[0], abs=0.00501)


def test_every_number_has_room_in_its_cell():
    rows = [row for state in STATES for row in Train(state).rows]
    assert max(np.abs(row).max() for row in rows) < 9.995


# ---- What it teaches


def test_the_right_train_brings_the_numbers_of_the_gradient_to_x(figure):
    assert ": it is dJ/dx; it has the shape of x and the numbers of dJ/dx;" in twin(figure, **RIGHT)
    assert words(figure.marks) == ["=", "=", "=", "=", ""]
    assert words(figure.couplings) == ["3 = 3", "5 = 5", "5 = 5", "4 = 4"]
    assert words(figure.products) == ["(1, 3)", "(1, 5)", "(1, 5)", "(1, 4)"]
    assert figure.verdict.get_text() == "✓ it is dJ/dx"


def test_the_first_mismatch_is_marked_and_what_is_behind_it_is_not_reached(figure):
    twin(figure, **RIGHT | {"second": "W1"})
    assert words(figure.couplings) == ["3 = 3", "5 ≠ 4", "", ""]
    assert words(figure.products) == ["(1, 3)", "(1, 5)", "", ""]
    assert words(figure.troubles) == ["", "", "(1, 5) @ (4, 5) does not multiply", "not reached"]
    assert [text.get_alpha() < 1 for text in figure.names] == [False, False, True, True, True]
    assert figure.rail.get_xdata()[-1] == figure.rest.get_xdata()[0] == figure.couplings[1].get_position()[0]
    edges = [coupling.get_bbox_patch().get_linestyle() for coupling in figure.couplings[:2]]
    assert edges == ["-", "--"]


def test_sigma_prime_as_a_row_is_no_factor_of_a_matrix_product(figure):
    said = twin(figure, **RIGHT | {"second": "σ′(z)"})
    assert "(ŷ − y) @ W2ᵀ @ σ′(z) @ W1ᵀ: does not multiply; 5 columns meet 1 row, so" in said
    assert not any(Train(state).multiplies for state in STATES if "σ′(z)" in names(state))


def test_a_gap_is_passed_and_the_train_without_sigma_prime_fits_but_is_wrong(figure):
    said = twin(figure, **RIGHT | {"second": NONE})
    assert "(ŷ − y) @ W2ᵀ @ W1ᵀ: right shape, wrong numbers; it has the shape of x, but 4 of 4 numbers" in said
    assert words(figure.couplings) == ["3 = 3", "", "5 = 5", "4 = 4"]
    assert words(figure.marks) == ["≠"] * 4 + [""]


def test_the_train_that_arrives_with_another_shape_does_not_couple_to_x(figure):
    twin(figure, **RIGHT | {"third": "diag σ′(z)"})
    assert words(figure.couplings) == ["3 = 3", "5 = 5", "5 = 5", "5 ≠ 4"]
    assert figure.verdict.get_text() == "✗ wrong shape"
    assert words(figure.marks) == [""] * 5


@pytest.mark.parametrize(("sizes", "multiply", "fit"), [("4, 5, 3", 10, 2), ("all 3", 156, 156)])
def test_of_all_trains_so_many_multiply_so_many_fit_and_one_is_right(figure, sizes, multiply, fit):
    trains = {tuple(names(state)): state for state in STATES if state["sizes"] == sizes}
    ends = {train: shapes[-1] for train, state in trains.items() for shapes, jam in [journey(state)] if not jam}
    goal = (1, SIZES[sizes][0])
    assert (len(trains), len(ends), sum(end == goal for end in ends.values())) == (259, multiply, fit)
    assert census(sizes) == (259, multiply, fit, 1)
    assert f"{multiply} multiply, {fit} of them to the shape of x, 1 to the numbers" in twin(figure, sizes=sizes)
    assert f"with the shape of x: {fit}\n" in figure.counts.get_text()


def test_at_equal_sizes_turning_a_block_changes_no_shape_but_the_numbers(figure):
    right, turned = (twin(figure, **RIGHT | third, sizes="all 3") for third in ({}, {"third": "W1"}))
    assert "it is dJ/dx" in right
    assert "right shape, wrong numbers" in turned
    assert words(figure.couplings) == ["3 = 3"] * 4


def test_a_block_is_drawn_row_by_row_with_its_largest_number_fullest(figure):
    twin(figure, **RIGHT)
    W2T = _network("4, 5, 3")[1]["W2ᵀ"]
    block = figure.blocks[1]
    shades = block.get_facecolor()[1:, 3]
    assert shades.size == W2T.size
    np.testing.assert_array_equal(np.argsort(shades), np.argsort(np.abs(W2T).ravel()))
    corners = np.array([path.vertices.min(axis=0) for path in block.get_paths()[1:]])
    order = np.lexsort((corners[:, 0], corners[:, 1].round(6)))
    assert order.tolist() == list(range(W2T.size))
