"""The figures of chapter 2a_3: gradient bars, the Jacobian cell by cell, the compass on the simplex."""

import numpy as np
import pytest

from tests.figures import between, near, numbers, shown, twin
from utils.figures.gradient import gradient_figure
from utils.figures.jacobian import jacobian_figure
from utils.figures.parts import compact, scores, target
from utils.figures.simplex import CORNERS, GRID, LEVELS, NAMES, _contours, simplex_compass
from utils.figures.style import number
from utils.reference import (
    central_difference,
    cross_entropy,
    cross_entropy_from_logits,
    one_hot,
    softmax,
    softmax_cross_entropy_gradient,
    softmax_jacobian,
)

THETA = np.array([2, 1, -1, 0.5])  # where the figures start, with the true class dog
LOGITS = [
    {"theta_0": 0.0, "theta_1": 0.0, "theta_2": 0.0, "theta_3": 0.0, "k": "cat"},
    {"theta_0": 5.0, "theta_1": -5.0, "theta_2": -5.0, "theta_3": -5.0, "k": "fox"},
    {"theta_0": -1.3, "theta_1": 0.7, "theta_2": 3.1, "theta_3": 2.9, "k": "owl", "softness": 0.35},
    {"theta_0": 1.0, "theta_1": 1.0, "theta_2": 1.0, "theta_3": 1.0, "softness": 1.0},
]
PREDICTIONS = [
    {"cat": 0.02, "dog": 0.02, "k": "dog"},
    {"cat": 0.96, "dog": 0.02, "k": "owl"},
    {"cat": 0.3, "dog": 0.5, "k": "cat", "softness": 0.54},
]


def wrong_sign(theta, y):
    return y - softmax(theta)


def only_diagonal(theta):
    return np.diag(softmax(theta) * (1 - softmax(theta)))


def test_the_softest_target_is_uniform_and_the_hardest_one_hot():
    np.testing.assert_array_equal(target("owl", 0), one_hot(2, 4))
    np.testing.assert_allclose(target("owl", 1), 0.25)
    assert target("owl", 0.35).sum() == pytest.approx(1)


@pytest.mark.parametrize("value", [0, 0.004, -99.994, 1234.5, -66082, 2e12, np.nan, np.inf])
def test_a_compact_number_has_room_in_a_cell(value):
    assert len(compact(value, "+")) <= 6


# ---- The gradient


@pytest.mark.parametrize("start", [{}, *LOGITS])
def test_the_bars_and_the_sentence_give_the_reference_gradient(start):
    figure = gradient_figure(**start)
    state = figure.state()
    theta, y = scores(state), target(state["k"], state["softness"])
    right = softmax_cross_entropy_gradient(theta, y)
    numeric = central_difference(lambda theta: cross_entropy_from_logits(theta, y), theta)
    said = twin(figure)
    assert [bar.get_height() for bar in figure.slopes] == pytest.approx(right)
    assert figure.numeric.get_ydata() == pytest.approx(numeric)
    assert numbers(between(said, "ŷ − y is ", "; central")) == near([*right, 0])
    assert numbers(between(said, "J is ", " nats")) == near([cross_entropy_from_logits(theta, y)])
    assert "with sum 0.00; central differences agree" in said


def test_the_true_class_is_pushed_up_by_what_it_lacks_and_the_others_down_by_what_they_have():
    y_hat = softmax(THETA)
    figure = gradient_figure()
    gaps = [text.get_text() for text in figure.gap_texts]
    assert gaps[1] == f"+{number(1 - y_hat[1])}\n= 1 − {number(y_hat[1])}"
    assert [gaps[i] for i in (0, 2, 3)] == [f"−{number(y_hat[i])}" for i in (0, 2, 3)]
    assert "cat down 0.61, dog up 0.78, owl down 0.03, fox down 0.14" in twin(figure)


def test_a_score_that_has_nothing_to_learn_stays():
    figure = gradient_figure(softness=1, theta_0=1, theta_1=1, theta_2=1, theta_3=1)
    assert [text.get_text() for text in figure.gap_texts] == ["0.00"] * 4
    assert "cat stays" in twin(figure)
    assert not any(gap.get_visible() for gap in figure.gaps)


def test_a_wrong_gradient_of_the_readers_stands_beside_the_reference_and_is_marked():
    figure = gradient_figure(wrong_sign)
    assert "your function gives cat −0.61, dog +0.78, owl −0.03, fox −0.14." in twin(figure)
    assert [text.get_text() for text in figure.mine_texts] == ["≠ −0.61", "≠ +0.78", "≠ −0.03", "≠ −0.14"]
    assert [bar.get_height() for bar in figure.mine] == pytest.approx(wrong_sign(THETA, one_hot(1, 4)))


def test_only_the_entries_that_differ_are_marked():
    figure = gradient_figure(lambda theta, y: softmax(theta) * (1 - y))  # forgets the case i = k
    assert ["≠" in text.get_text() for text in figure.mine_texts] == [False, True, False, False]
    assert figure.sum.get_text() == f"sum 0.00, yours {number(1 - softmax(THETA)[1])}"


@pytest.mark.parametrize("value", [1e9, -1e9, np.nan, np.inf])
def test_a_gradient_off_the_scale_is_still_drawn_and_told(value):
    figure = gradient_figure(lambda theta, y: np.full(y.shape, value))
    assert all(abs(bar.get_height()) < 1.5 for bar in figure.mine)
    assert figure.mine_texts[0].get_text() == f"≠ {compact(value, '+')}"
    assert f"your function gives cat {number(value, '+.2f')}" in twin(figure)


# ---- The Jacobian


@pytest.mark.parametrize("start", [{}, *LOGITS])
def test_the_cells_hold_the_jacobian_its_weighted_rows_and_their_sum(start):
    figure = jacobian_figure(**start)
    state = figure.state()
    theta, y = scores(state), target(state["k"], state["softness"])
    right = softmax_jacobian(theta)
    weights = central_difference(lambda y_hat: cross_entropy(y, y_hat), softmax(theta), h=1e-8)
    numeric = [central_difference(lambda theta, i=i: softmax(theta)[i], theta) for i in range(4)]
    assert shown(text for _, text in figure.entries) == near(np.ravel(numeric))
    assert shown(text for _, text in figure.weighted) == near(np.ravel(weights[:, None] * right))
    assert shown(text for _, text in figure.totals) == near(softmax(theta) - y)
    assert shown(figure.weights) == pytest.approx(weights, rel=1e-3, abs=0.006)


def test_a_tiny_probability_is_not_shown_as_zero():
    figure = jacobian_figure(theta_0=5, theta_1=-5, theta_2=-5, theta_3=-5, k="dog", i=1, j=0)  # y_hat of dog is 4.5e-5
    assert "= −4.54e-05 · 1.000 = −4.54e-05" in figure.formula.get_text()
    assert figure.outcome.get_text() == "times −y₁/ŷ₁ = −22029, it gives +1.00"
    assert [text.get_text() for text in figure.shares] == ["1.00", "5e-05", "5e-05", "5e-05"]


@pytest.mark.parametrize("start", [{}, *LOGITS])
def test_each_row_and_each_column_sums_to_zero(start):
    figure = jacobian_figure(**start)
    assert {text.get_text() for text in (*figure.row_sums, *figure.column_sums)} == {"0.00"}
    assert "each row and each column sums to 0.00;" in twin(figure)


def test_for_a_hard_target_only_the_row_of_the_true_class_survives():
    figure = jacobian_figure()
    rows = np.reshape([text.get_text() for _, text in figure.weighted], (4, 4))
    assert (rows[[0, 2, 3]] == "0").all()
    assert (rows[1] == [text.get_text() for _, text in figure.totals]).all()
    assert "dJ/dŷ weighs the rows with dog −4.46, all else 0, and dJ/dθ = ŷ − y is cat +0.61, dog −0.78" in twin(figure)


def test_for_a_soft_target_every_row_counts():
    figure = jacobian_figure(softness=0.5)
    assert not {"0"} & {text.get_text() for _, text in figure.weighted}
    assert "all else 0" not in twin(figure)


def test_the_chosen_cell_has_its_formula_by_the_two_cases():
    figure = jacobian_figure()
    same, other = twin(figure, i=0, j=0), twin(figure, i=3, j=1)
    assert "Row cat, column cat: i = j: ∂ŷ₀/∂θ₀ = ŷ₀(1 − ŷ₀) = 0.609 · (1 − 0.609) = +0.238;" in same
    assert "Row fox, column dog: i ≠ j: ∂ŷ₃/∂θ₁ = −ŷ₃ · ŷ₁ = −0.136 · 0.224 = −0.030;" in other
    assert figure.outcome.get_text() == "times −y₃/ŷ₃ = 0, it gives 0: the row drops out"
    assert {frame.get_y() for frame in figure.frames} == {3 - 0.47}


def test_just_the_cells_where_the_readers_jacobian_differs_are_marked():
    figure = jacobian_figure(only_diagonal)
    marked = np.reshape(["≠0" in text.get_text() for _, text in figure.entries], (4, 4))
    assert (marked == ~np.eye(4, dtype=bool)).all()
    assert twin(figure).endswith("your function differs in 12 of 16 cells.")
    assert figure.verdict.get_text() == "yours differs in 12 of 16 cells"


def test_a_mark_goes_when_the_difference_goes():
    figure = jacobian_figure(lambda theta: softmax_jacobian(theta) * (1 if theta[0] > 2.05 else 2))
    assert twin(figure).endswith("differs in 16 of 16 cells.")
    assert twin(figure, theta_0=2.1).endswith("gives the same.")
    assert not any("≠" in text.get_text() or text.get_fontweight() == "bold" for _, text in figure.entries)


# ---- The compass


def prediction(figure, **values):
    state = figure.state(**values)
    y_hat = np.array([state["cat"], state["dog"], 1 - state["cat"] - state["dog"]])
    return y_hat, target(state["k"], state["softness"], NAMES)


@pytest.mark.parametrize("start", [{}, *PREDICTIONS])
def test_the_compass_tells_J_its_floor_the_step_and_how_the_step_moves_the_prediction(start):
    figure = simplex_compass(**start)
    y_hat, y = prediction(figure)
    said = twin(figure)
    theta = np.log(y_hat)
    step = -central_difference(lambda theta: cross_entropy_from_logits(theta, y), theta)
    moved = (softmax(theta + 1e-6 * step) - softmax(theta - 1e-6 * step)) / 2e-6
    expected = [cross_entropy(y, y_hat), cross_entropy(y, y)]
    assert numbers(between(said, "J is ", " is the least")) == near(expected)
    expected = [*step, np.linalg.norm(step)]
    assert numbers(between(said, "y − ŷ is ", "; it moves")) == near(expected)
    expected = [*moved, np.linalg.norm(moved)]
    assert numbers(between(said, "it moves ŷ by ", "!")) == near(expected)
    assert [figure.arrow.U[0], figure.arrow.V[0]] == pytest.approx(moved @ CORNERS, abs=1e-6)


@pytest.mark.parametrize("k", NAMES)
@pytest.mark.parametrize("softness", [0.06, 0.48, 0.96])
def test_for_a_soft_target_the_arrow_vanishes_where_the_prediction_is_the_target(k, softness):
    y = target(k, softness, NAMES)
    figure = simplex_compass(k=k, softness=softness, cat=round(y[0], 2), dog=round(y[1], 2))
    assert twin(figure).endswith("ŷ = y: the gradient is 0, and the arrow is gone.")
    assert np.hypot(figure.arrow.U, figure.arrow.V) == pytest.approx(0, abs=1e-12)


def test_a_step_along_the_arrow_lowers_J_wherever_the_prediction_is():
    figure = simplex_compass()
    for k, softness in (("cat", 0), ("dog", 0.3), ("owl", 0.96)):
        y = target(k, softness, NAMES)
        twin(figure, k=k, softness=softness)
        moves = np.linalg.lstsq(
            np.vstack([CORNERS.T, np.ones(3)]),
            np.vstack([figure.field.U, figure.field.V, np.zeros(len(GRID))]),
            rcond=None,
        )[0].T
        for p, move in zip(GRID, moves, strict=True):
            if not np.allclose(p, y, atol=1e-3):
                assert cross_entropy(y, p + 0.01 * move) < cross_entropy(y, p)


@pytest.mark.parametrize("k", NAMES)
@pytest.mark.parametrize("softness", [0, 0.06, 0.3, 0.96])
def test_contours_lie_in_the_triangle_where_J_has_their_level(k, softness):
    y = target(k, softness, NAMES)
    lines, widths = _contours(k, softness)
    levels = LEVELS[cross_entropy(y, y) < LEVELS]
    assert len(lines) == len(levels) == len(widths)
    for line, level, width in zip(lines, levels, widths, strict=True):
        p = np.linalg.solve(np.vstack([CORNERS.T, np.ones(3)]), np.vstack([line.T, np.ones(len(line))])).T
        assert p.min() > -1e-9
        inside = p[p.min(axis=1) > 1e-5] if softness else p
        J = np.array([cross_entropy(y, row) for row in inside.clip(0)])
        assert abs(J - level).max(initial=0) < 0.01
        assert width == (2 if level == int(level) else 0.8)


def test_contours_follow_the_target_and_not_the_prediction():
    figure = simplex_compass()
    outlines = []
    for values in ({}, {"cat": 0.2}, {"k": "cat"}, {"softness": 0.3}):
        twin(figure, **values)
        outlines.append(np.concatenate([path.vertices for path in figure.contours.get_paths()]).tolist())
    assert outlines[0] == outlines[1]
    assert outlines[0] != outlines[2]
    assert outlines[0] != outlines[3]


def test_a_prediction_outside_the_triangle_is_refused_with_what_is_near():
    with pytest.raises(ValueError, match=r"cat, dog: no position 0.7, 0.7; what fits is"):
        simplex_compass(cat=0.7, dog=0.7)
