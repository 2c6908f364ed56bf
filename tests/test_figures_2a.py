"""The figures of chapters 2a: what they show is what the reference says, and what the reader's function does."""

from itertools import product

import numpy as np
import pytest

from tests.figures import at, between, lengths, near, numbers, shown, twin, words
from utils import gradient_figure, jacobian_figure, logits_figure, scores_figure, simplex_compass, surprise_figure
from utils.figures.classes import CLASSES, named, scores, target
from utils.figures.parts import compact
from utils.figures.simplex import CORNERS, GRID, LEVELS, NAMES, _contours
from utils.figures.style import number
from utils.reference import (
    central_difference,
    cross_entropy,
    cross_entropy_from_logits,
    one_hot,
    softmax,
    softmax_jacobian,
)

NAN = ["nan"] * 4


@pytest.mark.parametrize("value", [0, 0.004, -99.994, 1234.5, -66082, 2e12, np.nan, np.inf])
def test_a_compact_number_has_room_in_a_cell(value):
    assert len(compact(value, "+")) <= 6


def test_the_softest_target_is_uniform_and_the_hardest_one_hot():
    np.testing.assert_array_equal(target("owl", 0), one_hot(2, 4))
    np.testing.assert_allclose(target("owl", 1), 0.25)
    assert target("owl", 0.35).sum() == pytest.approx(1)


# ---- Scores, and logits


def test_the_first_figure_shows_scores_and_their_probabilities():
    figure, said = at(scores_figure(theta_3=2.5))
    shares = softmax([2, 1, -1, 2.5])
    assert lengths(figure.shares) == pytest.approx(shares) and lengths(figure.scores) == [2, 1, -1, 2.5]
    assert said.endswith(f"become the probabilities {named(shares, '.2f')}.")


@pytest.mark.parametrize(
    "state", [{}, {"theta_0": -5, "theta_2": 5}, {"T": 0.1}, {"T": 5}, {"c": 800}, {"c": -1000, "T": 0.5}]
)
def test_the_sentence_and_the_bars_hold_the_probabilities_of_the_reference(state):
    figure, said = at(logits_figure, **state)
    state = figure.state(**state)
    z = scores(state) / state["T"] + state["c"]
    bars, texts = figure.shares["reference"]
    assert f"make {named(softmax(z), '.2f')};" in said
    assert lengths(bars) == pytest.approx(softmax(z)) and words(texts) == [number(p) for p in softmax(z)]
    assert words(figure.score_texts) == [number(score, "+.1f") for score in z]
    assert [bool(bar.get_hatch()) for bar in figure.scores] == (z < state["c"]).tolist()


@pytest.mark.parametrize(
    ("c", "powers", "naive", "lost", "says"),
    [
        (700, ["7e+304", "3e+304", "4e+303", "2e+304"], ["0.61", "0.22", "0.03", "0.14"], [], "the same"),
        (710, ["inf", "inf", "8e+307", "inf"], ["nan", "nan", "0.00", "nan"], [0, 1, 3], "overflows to inf"),
        (800, ["inf"] * 4, NAN, [0, 1, 2, 3], "nan, nan, nan, nan; some e^s overflows to inf"),
        (-740, ["3e-321", "1e-321", "2e-322", "7e-322"], ["0.61", "0.22", "0.03", "0.14"], [], "the same"),
        (-1000, ["0"] * 4, NAN, [0, 1, 2, 3], "nan, nan, nan, nan; every e^s underflows to 0"),
    ],
)
def test_a_common_shift_moves_the_powers_till_the_naive_formula_meets_a_wall(c, powers, naive, lost, says):
    figure, said = at(logits_figure, c=c)
    assert words(figure.power_texts) == powers and words(figure.shares["naive"][1]) == naive
    assert lengths(figure.shares["naive"][0]) == near([0 if share == "nan" else float(share) for share in naive])
    assert figure.lost.get_ydata().tolist() == lost and len(figure.held.get_xdata()) == 4 - len(lost)
    for marks, outside in ((figure.lost, True), (figure.held, False)):
        exponents = marks.get_xdata()
        assert ((exponents < np.log10(5e-324)) | (exponents > np.log10(np.finfo(float).max)) == outside).all()
    assert "make cat 0.61, dog 0.22, owl 0.03, fox 0.14; the naive formula gives " in said
    assert said.endswith(f"{says}.")


@pytest.mark.parametrize(
    ("state", "left", "right"),
    [
        ({"theta_0": 0.6, "theta_1": -0.6, "theta_3": 0, "T": 0.1}, ["owl"], []),  # +6, -6, -10, 0
        ({"theta_0": 0.7, "theta_1": -0.7, "T": 0.1, "c": 50}, ["dog", "owl"], ["cat"]),  # the axis moves along
    ],
)
def test_a_score_beyond_the_axis_ends_in_an_arrow(state, left, right):
    figure, _ = at(logits_figure, **state)
    assert [[CLASSES[row] for row in figure.beyond[way].get_ydata()] for way in "<>"] == [left, right]


# ---- Surprise


@pytest.mark.parametrize(
    ("p", "rest", "s"),
    [(0.3, 0.9, 0), (1, 0.9, 0), (0.9, 0.9, 1), (0.2, 0.5, 0.3), (0.6, 0.5, 0.6)],  # at the last J is its floor
)
def test_the_terms_end_to_end_are_as_long_as_J_beside_its_floor_and_the_sentence_tells_both(p, rest, s):
    figure, said = at(surprise_figure, p=p, rest=rest, softness=s)
    y, y_hat = np.array([1 - 2 * s / 3, s / 3, s / 3]), np.array([p, (1 - p) * rest, (1 - p) * (1 - rest)])
    J, floor = cross_entropy(y, y_hat), cross_entropy(y, y)
    assert lengths(figure.y) == pytest.approx(y) and lengths(figure.y_hat) == pytest.approx(y_hat)
    ends = np.cumsum(lengths(figure.terms))
    assert [bar.get_x() for bar in figure.terms] == pytest.approx([0, *ends[:-1]])
    assert ends[-1] == pytest.approx(J) and figure.floor.get_xdata()[0] == pytest.approx(floor)
    assert f"cat is a surprise of {number(-np.log(p))} nats" in said
    assert f"J is {number(J)} nats, where {number(floor)} is the least" in said
    assert figure.total.get_text() == f"J = −Σ y log ŷ = {number(J)} = floor {number(floor)} + {number(J - floor)}"


def test_a_true_class_given_nothing_is_an_infinite_surprise_that_can_still_be_drawn():
    figure, said = at(surprise_figure, p=0)
    assert "a surprise of ∞ nats, and J is ∞ nats" in said and figure.point_text.get_text() == "∞"
    assert sum(lengths(figure.terms)) == 5  # the whole axis


@pytest.mark.parametrize(
    ("J", "mark", "said"), [(1.5, [1.5], "yours 1.50"), (9, [5], "yours 9.00"), (np.nan, [], "yours nan")]
)
def test_the_readers_own_J_is_marked_where_it_is_or_at_the_end_of_the_axis(J, mark, said):
    figure, _ = at(surprise_figure(lambda y, y_hat: J))
    assert list(figure.mine.get_xdata()) == mark and figure.mine_text.get_text() == said


# ---- The gradient

LOGITS = [
    {},
    {"theta_0": 0, "theta_1": 0, "theta_2": 0, "theta_3": 0, "k": "cat"},
    {"theta_0": 5, "theta_1": -5, "theta_2": -5, "theta_3": -5, "k": "fox"},
    {"theta_0": -1.3, "theta_1": 0.7, "theta_2": 3.1, "theta_3": 2.9, "k": "owl", "softness": 0.35},
    {"theta_0": 1, "theta_1": 1, "theta_2": 1, "theta_3": 1, "softness": 1},
]


def example(figure, state):
    state = figure.state(**state)
    return scores(state), target(state["k"], state["softness"])


@pytest.mark.parametrize("state", LOGITS)
def test_the_bars_and_the_sentence_give_the_gradient_that_is_measured(state):
    figure, said = at(gradient_figure, **state)
    theta, y = example(figure, state)
    slopes = central_difference(lambda theta: cross_entropy_from_logits(theta, y), theta)
    assert lengths(figure.slopes) == pytest.approx(slopes, abs=1e-8)
    assert figure.numeric.get_ydata() == pytest.approx(slopes)
    assert numbers(between(said, "ŷ − y is ", "; central")) == near([*slopes, 0])
    assert numbers(between(said, "J is ", " nats")) == near([cross_entropy_from_logits(theta, y)])
    assert "with sum 0.00; central differences agree" in said


@pytest.mark.parametrize(
    ("state", "gaps", "steps"),
    [
        (LOGITS[0], ["−0.61", "+0.78\n= 1 − 0.22", "−0.03", "−0.14"], "cat down 0.61, dog up 0.78, owl down 0.03"),
        (LOGITS[-1], ["0.00"] * 4, "cat stays, dog stays, owl stays, fox stays"),
    ],
)
def test_the_true_class_is_pushed_up_by_what_it_lacks_and_the_others_down_by_what_they_have(state, gaps, steps):
    figure, said = at(gradient_figure, **state)
    assert words(figure.gap_texts) == gaps and steps in said
    assert [gap.get_visible() for gap in figure.gaps] == [gap != "0.00" for gap in gaps]


def test_the_bars_of_the_readers_gradient_end_where_the_axis_does():
    figure = gradient_figure(lambda theta, y: np.array([[-0.3, 1e9, -1e9, np.nan]]))
    assert lengths(figure.mine) == [-0.3, 1.1, -1.1, 0]
    figure, _ = at(gradient_figure(lambda theta, y: softmax(theta) * (1 - y)))  # forgets the case i = k
    assert figure.sum.get_text() == f"sum 0.00, yours {number(1 - softmax([2, 1, -1, 0.5])[1])}"


# ---- The Jacobian


def cells(tiles):
    return [text for _, text in tiles]


@pytest.mark.parametrize("state", LOGITS)
def test_the_cells_hold_the_jacobian_that_is_measured_its_weighted_rows_and_their_sum(state):
    figure, said = at(jacobian_figure, **state)
    theta, y = example(figure, state)
    numeric = np.array([central_difference(lambda theta, i=i: softmax(theta)[i], theta) for i in range(4)])
    weights = central_difference(lambda y_hat: cross_entropy(y, y_hat), softmax(theta), h=1e-8)
    assert shown(cells(figure.entries)) == near(np.ravel(numeric))
    assert shown(cells(figure.weighted)) == near(np.ravel(weights[:, None] * softmax_jacobian(theta)))
    assert shown(cells(figure.totals)) == near(softmax(theta) - y)
    assert shown(figure.weights) == pytest.approx(weights, rel=1e-3, abs=0.006)
    assert set(words([*figure.row_sums, *figure.column_sums])) == {"0.00"}
    assert words(figure.shares) == [number(p) if p > 0.005 else f"{p:.0e}" for p in softmax(theta)]
    assert "each row and each column sums to 0.00;" in said
    assert ("all else 0" in said) == ("0" in words(cells(figure.weighted))) == (not y.all())


def test_for_a_hard_target_only_the_row_of_the_true_class_survives():
    figure, said = at(jacobian_figure)
    rows = np.reshape(words(cells(figure.weighted)), (4, 4))
    assert (rows[[0, 2, 3]] == "0").all() and rows[1].tolist() == words(cells(figure.totals))
    assert "dJ/dŷ weighs the rows with dog −4.46, all else 0, and dJ/dθ = ŷ − y is cat +0.61, dog −0.78" in said


@pytest.mark.parametrize(
    ("state", "formula", "outcome"),
    [
        ({"i": 0, "j": 0}, "i = j: ∂ŷ₀/∂θ₀ = ŷ₀(1 − ŷ₀) = 0.609 · (1 − 0.609) = +0.238", "= 0, it gives 0: the row"),
        ({"i": 3, "j": 1}, "i ≠ j: ∂ŷ₃/∂θ₁ = −ŷ₃ · ŷ₁ = −0.136 · 0.224 = −0.030", "= 0, it gives 0: the row drops out"),
        # a tiny probability is not shown as zero
        (LOGITS[2] | {"k": "dog", "i": 1, "j": 0}, "= −4.54e-05 · 1.000 = −4.54e-05", "= −22029, it gives +1.00"),
    ],
)
def test_the_chosen_cell_has_its_formula_by_the_two_cases(state, formula, outcome):
    figure, said = at(jacobian_figure, **state)
    assert formula in said and formula in figure.formula.get_text() and outcome in figure.outcome.get_text()
    assert {frame.get_y() for frame in figure.frames} == {state["i"] - 0.47}


def test_the_marks_at_the_readers_jacobian_go_with_the_difference():
    figure = jacobian_figure(lambda theta: softmax_jacobian(theta) * (1 if theta[0] > 2.05 else 2))
    assert twin(figure).endswith("differs in 16 of 16 cells.") and "≠" in words(cells(figure.entries))[0]
    assert twin(figure, theta_0=2.1).endswith("gives the same.") and "≠" not in "".join(words(cells(figure.entries)))


# ---- The compass


@pytest.mark.parametrize(
    ("cat", "dog", "k", "softness"),
    [(0.6, 0.3, "owl", 0), (0.02, 0.02, "dog", 0), (0.96, 0.02, "owl", 0), (0.3, 0.5, "cat", 0.54)],
)
def test_the_compass_tells_J_its_floor_the_step_and_how_the_step_moves_the_prediction(cat, dog, k, softness):
    figure, said = at(simplex_compass, cat=cat, dog=dog, k=k, softness=softness)
    y, y_hat = target(k, softness, NAMES), np.array([cat, dog, 1 - cat - dog])
    theta = np.log(y_hat)
    step = -central_difference(lambda theta: cross_entropy_from_logits(theta, y), theta)
    moved = (softmax(theta + 1e-6 * step) - softmax(theta - 1e-6 * step)) / 2e-6
    assert numbers(between(said, "J is ", " is the least")) == near([cross_entropy(y, y_hat), cross_entropy(y, y)])
    assert numbers(between(said, "y − ŷ is ", "; it moves")) == near([*step, np.linalg.norm(step)])
    assert numbers(between(said, "it moves ŷ by ", "!")) == near([*moved, np.linalg.norm(moved)])
    assert [figure.arrow.U[0], figure.arrow.V[0]] == pytest.approx(moved @ CORNERS, abs=1e-6)


@pytest.mark.parametrize(("k", "softness"), list(product(NAMES, [0.06, 0.48, 0.96])))
def test_for_a_soft_target_the_arrow_vanishes_where_the_prediction_is_the_target(k, softness):
    y = target(k, softness, NAMES)
    figure, said = at(simplex_compass, k=k, softness=softness, cat=round(y[0], 2), dog=round(y[1], 2))
    assert said.endswith("ŷ = y: the gradient is 0, and the arrow is gone.")
    assert np.hypot(figure.arrow.U, figure.arrow.V) == pytest.approx(0, abs=1e-12)


def barycentric(points, whole):
    """Points of the plane, or ways in it, as three parts of the corners, whose sum is `whole`."""
    return np.linalg.solve(np.vstack([CORNERS.T, np.ones(3)]), np.vstack([points.T, np.full(len(points), whole)])).T


def test_a_step_along_the_arrow_lowers_J_wherever_the_prediction_is():
    for k, softness in (("cat", 0), ("dog", 0.3), ("owl", 0.96)):
        y = target(k, softness, NAMES)
        figure, _ = at(simplex_compass, k=k, softness=softness)
        moves = barycentric(np.column_stack([figure.field.U, figure.field.V]), 0)
        for p, move in zip(GRID, moves, strict=True):
            if not np.allclose(p, y, atol=1e-3):
                assert cross_entropy(y, p + 0.01 * move) < cross_entropy(y, p)


@pytest.mark.parametrize(("k", "softness"), list(product(NAMES, [0, 0.06, 0.3, 0.96])))
def test_contours_lie_in_the_triangle_where_J_has_their_level(k, softness):
    y = target(k, softness, NAMES)
    lines, widths = _contours(k, softness)
    levels = LEVELS[cross_entropy(y, y) < LEVELS]
    for line, level, width in zip(lines, levels, widths, strict=True):
        p = barycentric(line, 1)
        assert p.min() > -1e-9
        inside = p[p.min(axis=1) > 1e-5] if softness else p
        J = np.array([cross_entropy(y, row) for row in inside.clip(0)])
        assert abs(J - level).max(initial=0) < 0.01
        assert width == (2 if level == int(level) else 0.8)


def test_contours_follow_the_target_and_not_the_prediction():
    outlines = [
        [path.vertices.tolist() for path in at(simplex_compass, **state)[0].contours.get_paths()]
        for state in ({}, {"cat": 0.2}, {"k": "cat"}, {"softness": 0.3})
    ]
    assert outlines[0] == outlines[1] and outlines[0] not in outlines[2:]
