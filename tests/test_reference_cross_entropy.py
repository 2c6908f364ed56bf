"""cross_entropy, from probabilities and from logits, and its gradient."""

import autograd
import autograd.numpy as anp
import mpmath
import numpy as np
import pytest
import scipy.special
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from tests.refusal import refusal
from utils.reference import (
    central_difference,
    complex_step,
    cross_entropy,
    cross_entropy_from_logits,
    log_softmax,
    one_hot,
    softmax,
    softmax_cross_entropy_gradient,
)

# What NumPy warns of. Not everything: what another file left behind may be collected, and warned of, while these run.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning", "error::DeprecationWarning")

EPS = np.finfo(float).eps
A_FEW_ROUNDINGS = 8 * EPS  # products and sums of at most six terms, over at most six rows
EXPONENT_ROUNDING = 745 * EPS  # exp(t) turns the error eps |t| of t into a relative one, and is 0 below t = -745
CENTRAL_DIFFERENCE = 1e-9  # h^2 from cutting off and eps / h from rounding, for h = 1e-5

N, K = 6, 3
by_property = settings(deadline=None, derandomize=True)


@st.composite
def logits_and_targets(draw, largest=1e4):
    """Logits (N, K) and soft targets of any sizes; about every other target row is one-hot."""
    shape = draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    theta = draw(hnp.arrays(float, shape, elements=st.floats(-largest, largest)))
    weights = draw(hnp.arrays(float, shape, elements=st.integers(0, 9).map(float)))
    labels = draw(hnp.arrays(int, shape[0], elements=st.integers(0, shape[1] - 1)))
    total = weights.sum(axis=-1, keepdims=True)
    hard = (total == 0) | (labels[:, None] % 2 == 0)
    return theta, np.where(hard, one_hot(labels, shape[1]), weights / np.where(total == 0, 1, total))


@pytest.fixture
def rng():
    return np.random.default_rng(2)


@pytest.fixture(params=["one-hot", "soft"])
def y(request, rng):
    return one_hot([0, 2, 1, 1, 0, 2], K) if request.param == "one-hot" else rng.dirichlet(np.ones(K), size=N)


@pytest.fixture(params=[1.0, 30.0, 1e4], ids="|theta| up to {:g}".format)
def theta(request, rng):
    return rng.uniform(-request.param, request.param, size=(N, K))


# Values


@pytest.mark.parametrize(
    ("y", "y_hat", "J"),
    [
        ([0, 1, 0], [0.25, 0.5, 0.25], np.log(2)),
        ([0.75, 0.25, 0], [0.25, 0.5, 0.25], 0.75 * np.log(4) + 0.25 * np.log(2)),
        ([[1, 0], [1, 0]], [[0.5, 0.5], [0.125, 0.875]], (np.log(2) + np.log(8)) / 2),  # the mean, not the sum
        ([[0, 1, 0]], [[0, 0.5, 0.5]], np.log(2)),  # 0 log 0 is 0, and silent
        ([[1, 0], [0, 1]], [[0, 1], [0, 1]], np.inf),
        ([1, 0], [0.5, 3.0], np.log(2)),  # predictions need not sum to one
    ],
)
def test_the_loss_is_the_mean_over_rows_of_the_surprises_weighed_by_the_targets(y, y_hat, J):
    assert cross_entropy(y, y_hat) == pytest.approx(J, rel=A_FEW_ROUNDINGS)


def test_equal_logits_cost_log_K():
    for K in range(1, 7):
        y = one_hot([0, K - 1], K)
        assert cross_entropy_from_logits(np.zeros((2, K)), y) == pytest.approx(np.log(K), rel=A_FEW_ROUNDINGS)
        assert cross_entropy(y, np.full((2, K), 1 / K)) == pytest.approx(np.log(K), rel=A_FEW_ROUNDINGS)


def test_cross_entropy_agrees_with_scipys_entropies(y, rng):
    y_hat = rng.dirichlet(np.ones(K), size=N)
    entropies = np.sum(scipy.special.entr(y) + scipy.special.rel_entr(y, y_hat), axis=-1)
    assert cross_entropy(y, y_hat) == pytest.approx(entropies.mean(), rel=A_FEW_ROUNDINGS)


def test_the_loss_from_logits_has_every_digit(theta, y):
    with mpmath.workdps(50):
        rows = [
            mpmath.log(mpmath.fsum(mpmath.exp(t) for t in row)) - mpmath.fsum(map(mpmath.fmul, targets, row))
            for row, targets in zip(theta, y / y.sum(axis=-1, keepdims=True), strict=True)
        ]
        exact = float(mpmath.fsum(rows) / N)
    # Soft labels sum to 1 only up to rounding, and that times |theta| is what J may differ by.
    tolerance = A_FEW_ROUNDINGS * np.abs(theta).max()
    assert cross_entropy_from_logits(theta, y) == pytest.approx(exact, rel=A_FEW_ROUNDINGS, abs=tolerance)


def test_the_result_is_a_plain_float(theta, y):
    assert type(cross_entropy_from_logits(theta, y)) is float
    assert type(cross_entropy(y, softmax(theta / 1e4))) is float


# The edges


def test_from_logits_a_certain_and_wrong_prediction_costs_its_margin():
    assert cross_entropy_from_logits([1e4, -1e4], [0, 1]) == 2e4


def test_a_perfect_prediction_costs_zero_without_a_minus_sign():
    for J in (cross_entropy([0, 1], [0, 1]), cross_entropy_from_logits([-1e4, 1e4], [0, 1])):
        assert J == 0
        assert not np.signbit(J)


def test_nan_is_not_hidden_behind_a_target_of_zero():
    assert np.isnan(cross_entropy([1, 0], [1, np.nan]))
    assert np.isnan(cross_entropy_from_logits([1, np.nan], [1, 0]))


# Properties


@by_property
@given(logits_and_targets())
def test_the_loss_is_finite_never_negative_and_the_mean_of_the_losses_of_its_rows(theta_and_y):
    J = cross_entropy_from_logits(*theta_and_y)
    singles = [cross_entropy_from_logits(*row) for row in zip(*theta_and_y, strict=True)]
    assert 0 <= J < np.inf and pytest.approx(np.mean(singles), rel=A_FEW_ROUNDINGS) == J


@by_property
@given(logits_and_targets(largest=300))
def test_both_losses_agree_where_no_probability_underflows_and_none_is_below_that_of_the_targets(theta_and_y):
    theta, y = theta_and_y
    J = cross_entropy(y, softmax(theta))
    # y_hat is rounded before the logarithm is taken: where J is near 0 that costs digits, and only there.
    assert pytest.approx(cross_entropy_from_logits(theta, y), rel=A_FEW_ROUNDINGS, abs=EXPONENT_ROUNDING) == J
    assert cross_entropy(y, y) - EXPONENT_ROUNDING <= J


@by_property
@given(logits_and_targets(), st.floats(-1e4, 1e4))
def test_a_common_shift_of_the_logits_costs_nothing(theta_and_y, c):
    theta, y = theta_and_y
    shifted = cross_entropy_from_logits(theta + c, y)
    assert shifted == pytest.approx(cross_entropy_from_logits(theta, y), abs=A_FEW_ROUNDINGS * 2e4)


@by_property
@given(logits_and_targets())
def test_each_row_of_the_gradient_sums_to_zero_and_is_that_of_the_row_alone_over_N(theta_and_y):
    gradient = softmax_cross_entropy_gradient(*theta_and_y)
    singles = [softmax_cross_entropy_gradient(*row) for row in zip(*theta_and_y, strict=True)]
    assert_allclose(gradient.sum(axis=-1), 0, atol=A_FEW_ROUNDINGS)
    assert_allclose(gradient, np.array(singles) / len(gradient), atol=A_FEW_ROUNDINGS)


@by_property
@given(logits_and_targets(largest=30))
def test_a_step_against_the_gradient_lowers_the_loss(theta_and_y):
    theta, y = theta_and_y
    gradient = softmax_cross_entropy_gradient(theta, y)
    assume(np.abs(gradient).max() > 1e-3)
    assert cross_entropy_from_logits(theta - gradient, y) < cross_entropy_from_logits(theta, y)


# The gradient, by other ways


def test_the_gradient_is_the_complex_step_of_the_loss_what_autograd_finds_and_right_to_the_digit(theta, y):
    def loss(theta):
        shifted = theta - anp.max(theta, axis=-1, keepdims=True)
        return -anp.mean(anp.sum(y * (shifted - anp.log(anp.sum(anp.exp(shifted), axis=-1, keepdims=True))), axis=-1))

    with mpmath.workdps(50):
        sums = [mpmath.fsum(mpmath.exp(t) for t in row) for row in theta]
        exact = [
            [(mpmath.exp(t) / s - p) / N for t, p in zip(row, targets, strict=True)]
            for row, targets, s in zip(theta, y, sums, strict=True)
        ]
    gradient = softmax_cross_entropy_gradient(theta, y)
    by_complex_step = complex_step(lambda t: cross_entropy_from_logits(t, y), theta)
    assert_allclose(gradient, by_complex_step, atol=A_FEW_ROUNDINGS)
    assert_allclose(gradient, autograd.grad(loss)(theta), atol=A_FEW_ROUNDINGS)
    assert_allclose(gradient, np.array(exact, float), rtol=EXPONENT_ROUNDING, atol=A_FEW_ROUNDINGS)


def test_the_two_cases_of_the_derivation():
    y_hat = np.array([0.5, 0.25, 0.25])
    gradient = softmax_cross_entropy_gradient(np.log(y_hat), [0, 1, 0])
    assert_allclose(gradient, [0.5, 0.25 - 1, 0.25], rtol=A_FEW_ROUNDINGS)


def test_the_gradient_vanishes_where_the_prediction_is_the_target(theta):
    assert_array_equal(softmax_cross_entropy_gradient(theta, softmax(theta)), np.zeros((N, K)))


def test_the_loss_can_be_differentiated_with_respect_to_each_probability(rng):
    y, y_hat = one_hot([0, 2], K), rng.dirichlet(np.ones(K), size=2)
    by_complex_step = complex_step(lambda p: cross_entropy(y, p), y_hat)
    assert_allclose(by_complex_step, -y / y_hat / 2, rtol=A_FEW_ROUNDINGS)


@pytest.mark.parametrize("derivative", [central_difference, complex_step])
def test_a_probability_of_zero_under_a_target_of_zero_has_derivative_zero(derivative):
    slope = derivative(lambda p: cross_entropy([1, 0], p), [0.5, 0.0])
    assert_allclose(slope, [-2, 0], rtol=CENTRAL_DIFFERENCE)


def test_the_loss_is_linear_in_the_targets_so_their_complex_step_is_the_surprise(rng):
    theta, y = rng.normal(size=K), rng.dirichlet(np.ones(K))
    by_complex_step = complex_step(lambda y: cross_entropy_from_logits(theta, y), y)
    assert_allclose(by_complex_step, -log_softmax(theta), rtol=A_FEW_ROUNDINGS)


# What is refused

FROM_Y_AND_LOGITS = [
    pytest.param(lambda y, theta: cross_entropy_from_logits(theta, y), "theta", id="cross_entropy_from_logits"),
    pytest.param(lambda y, theta: softmax_cross_entropy_gradient(theta, y), "theta", id="gradient"),
    pytest.param(lambda y, y_hat: cross_entropy(y, y_hat), "y_hat", id="cross_entropy"),
]


@pytest.mark.parametrize(("f", "other"), FROM_Y_AND_LOGITS)
@pytest.mark.parametrize(
    ("shape", "y", "message"),
    [
        (
            (6, 3),
            np.zeros(6),
            "y has shape (6,), it should have shape {}: one row per example, e.g. one_hot(labels, 3)",
        ),
        ((6, 3), np.zeros((3, 6)), "y has shape (3, 6), it should have shape {}; is y transposed?"),
        ((6, 3), np.zeros((6, 2)), "y has shape (6, 2), it should have shape {}"),
        ((6, 3), np.zeros((1, 6, 3)), "y has shape (1, 6, 3), it should have shape {}"),
        ((6, 3), np.full((6, 3), 0.5), "row 0 of y sums to 1.5, it should sum to 1"),
        ((6, 3), np.vstack([np.eye(3), np.eye(3) * 0.75]), "row 3 of y sums to 0.75, it should sum to 1"),
        ((6, 3), np.vstack([np.eye(3), np.eye(3) * np.nan]), "row 3 of y sums to nan, it should sum to 1"),
        ((6, 3), [[1.5, -0.5, 0]] * 6, "row 0 of y holds -0.5, probabilities should not be negative"),
        ((3,), 2, "y has shape (), it should have shape {}: one row per example, e.g. one_hot(label, 3)"),
        ((3,), [[0, 0, 1]], "y has shape (1, 3), it should have shape {}; y.ravel() has it"),
        ((3,), [0, 0, 0.5], "y sums to 0.5, it should sum to 1"),
        ((3,), [0, -0.25, 1.25], "y holds -0.25, probabilities should not be negative"),
        ((2,), [0.5, 0.5 + 2.1e-6], "y sums to 1.0000021, it should sum to 1"),
    ],
)
def test_targets_that_do_not_fit_are_refused_in_words(f, other, shape, y, message):
    assert refusal(f, y, np.full(shape, 0.25)) == message.format(f"{shape} like {other}")


def test_soft_labels_may_be_off_by_a_millionth():
    assert cross_entropy_from_logits([0, 0], [0.5, 0.5 + 9e-7]) == pytest.approx(np.log(2), abs=1e-6)


def test_a_negative_prediction_where_the_target_is_positive_is_refused():
    said = refusal(cross_entropy, [[1, 0], [0, 1]], [[0.5, 0.5], [1.1, -0.1]])
    assert said == "y_hat holds -0.1 where y > 0, probabilities should not be negative"
