"""log_sum_exp, softmax, log_softmax, softmax_jacobian: against SciPy, mpmath and the complex step, and by property."""

import mpmath
import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from utils.reference import complex_step, log_softmax, log_sum_exp, softmax, softmax_jacobian

pytestmark = pytest.mark.filterwarnings("error")

EPS = np.finfo(float).eps
A_FEW_ROUNDINGS = 4 * EPS  # a subtraction, a logarithm, a sum of few terms: half an eps each
EXPONENT_ROUNDING = 745 * EPS  # exp(t) turns the error eps |t| of t into a relative one, and is 0 below t = -745
TINIEST = 2 * np.finfo(float).smallest_subnormal  # below 1e-308 numbers have fewer digits

ROWS = [
    [0.0, 0.0, 0.0],
    [1.0, 2.0, 3.0],
    [0.1, -0.7, 0.25, 1.5],
    [1e4, -1e4, 0.0],
    [1e4, 9999.5, 9990.0],
    [-1e4, -9999.75, -9300.0],
    [30.0, -30.0, 700.0],
    [-3.25],
]

logits = hnp.arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 6)), elements=st.floats(-1e4, 1e4))
# Eighths are exact in binary, and so are their sums and differences.
exact_logits = hnp.arrays(
    float, st.tuples(st.integers(1, 5), st.integers(1, 6)), elements=st.integers(-80_000, 80_000).map(lambda n: n / 8)
)
by_property = settings(deadline=None, derandomize=True)


@pytest.fixture(params=ROWS, ids=str)
def theta(request):
    return np.array(request.param)


@pytest.fixture
def exact(theta):
    """log sum_j exp(theta_j), the log-probabilities and the probabilities, at 50 digits."""
    with mpmath.workdps(50):
        log_sum = mpmath.log(mpmath.fsum(mpmath.exp(t) for t in theta))
        log_y_hat = [t - log_sum for t in theta]
        return log_sum, log_y_hat, [mpmath.exp(t) for t in log_y_hat]


def test_log_sum_exp_has_every_digit(theta, exact):
    np.testing.assert_allclose(log_sum_exp(theta), float(exact[0]), rtol=A_FEW_ROUNDINGS)


def test_log_softmax_has_every_digit(theta, exact):
    np.testing.assert_allclose(
        log_softmax(theta), np.array(exact[1], float), rtol=A_FEW_ROUNDINGS, atol=A_FEW_ROUNDINGS
    )


def test_softmax_has_every_digit_that_its_logits_determine(theta, exact):
    np.testing.assert_allclose(softmax(theta), np.array(exact[2], float), rtol=EXPONENT_ROUNDING, atol=TINIEST)


def test_the_jacobian_has_every_digit_that_the_logits_determine(theta, exact):
    y_hat = exact[2]
    with mpmath.workdps(50):
        jacobian = [[p * ((i == j) - q) for j, q in enumerate(y_hat)] for i, p in enumerate(y_hat)]
    np.testing.assert_allclose(
        softmax_jacobian(theta), np.array(jacobian, float), rtol=EXPONENT_ROUNDING, atol=A_FEW_ROUNDINGS
    )


@by_property
@given(logits)
def test_a_batch_agrees_with_scipy(theta):
    np.testing.assert_allclose(softmax(theta), scipy.special.softmax(theta, axis=-1), rtol=A_FEW_ROUNDINGS)
    np.testing.assert_allclose(
        log_softmax(theta), scipy.special.log_softmax(theta, axis=-1), rtol=A_FEW_ROUNDINGS, atol=A_FEW_ROUNDINGS
    )
    np.testing.assert_allclose(
        log_sum_exp(theta), scipy.special.logsumexp(theta, axis=-1), rtol=A_FEW_ROUNDINGS, atol=A_FEW_ROUNDINGS
    )


@by_property
@given(logits)
def test_every_row_of_a_batch_is_treated_as_if_it_were_alone(theta):
    for f in (softmax, log_softmax, log_sum_exp, softmax_jacobian):
        np.testing.assert_allclose(f(theta), [f(row) for row in theta], rtol=A_FEW_ROUNDINGS, atol=TINIEST)


@by_property
@given(exact_logits, st.integers(-80_000, 80_000).map(lambda n: n / 8))
def test_a_common_shift_changes_no_bit_of_the_probabilities(theta, c):
    np.testing.assert_array_equal(softmax(theta + c), softmax(theta))
    np.testing.assert_array_equal(log_softmax(theta + c), log_softmax(theta))
    np.testing.assert_array_equal(softmax_jacobian(theta + c), softmax_jacobian(theta))


@by_property
@given(exact_logits, st.integers(-80_000, 80_000).map(lambda n: n / 8))
def test_a_common_shift_is_added_to_log_sum_exp(theta, c):
    size = np.abs(theta).max() + abs(c) + 2  # the larger of the two numbers that are compared, or of their parts
    np.testing.assert_allclose(log_sum_exp(theta + c), log_sum_exp(theta) + c, rtol=0, atol=A_FEW_ROUNDINGS * size)


@by_property
@given(logits)
def test_rows_are_probabilities(theta):
    y_hat = softmax(theta)
    assert np.all((y_hat >= 0) & (y_hat <= 1))
    np.testing.assert_allclose(y_hat.sum(axis=-1), 1, rtol=A_FEW_ROUNDINGS)
    assert np.all(log_softmax(theta) <= 0)


@by_property
@given(logits)
def test_the_largest_logit_stays_the_most_probable(theta):
    y_hat = softmax(theta)
    np.testing.assert_array_equal(np.take_along_axis(y_hat, theta.argmax(-1)[:, None], -1)[:, 0], y_hat.max(-1))


@by_property
@given(logits)
def test_log_sum_exp_lies_between_the_maximum_and_log_K_above_it(theta):
    above = log_sum_exp(theta) - theta.max(axis=-1)
    slack = A_FEW_ROUNDINGS * (np.abs(theta).max() + 2)
    assert np.all((above >= 0) & (above <= np.log(theta.shape[-1]) + slack))


@by_property
@given(logits)
def test_rows_and_columns_of_the_jacobian_sum_to_zero(theta):
    jacobian = softmax_jacobian(theta)
    np.testing.assert_allclose(jacobian.sum(axis=-1), 0, atol=A_FEW_ROUNDINGS)
    np.testing.assert_allclose(jacobian.sum(axis=-2), 0, atol=A_FEW_ROUNDINGS)


@by_property
@given(logits)
def test_the_jacobian_is_symmetric_with_a_diagonal_from_zero_to_a_quarter(theta):
    jacobian = softmax_jacobian(theta)
    np.testing.assert_allclose(jacobian, np.swapaxes(jacobian, -1, -2), rtol=A_FEW_ROUNDINGS, atol=A_FEW_ROUNDINGS)
    diagonal = np.diagonal(jacobian, axis1=-2, axis2=-1)
    assert np.all((diagonal >= 0) & (diagonal <= 0.25 + EPS))


def test_the_jacobian_is_the_derivative_row_by_row(theta):
    by_complex_step = [complex_step(lambda t, i=i: softmax(t)[i], theta) for i in range(len(theta))]
    np.testing.assert_allclose(softmax_jacobian(theta), by_complex_step, atol=A_FEW_ROUNDINGS)


def test_entry_i_j_of_the_jacobian_moves_y_hat_i_by_theta_j():
    y_hat = np.array([0.5, 0.25, 0.125, 0.125])
    np.testing.assert_allclose(
        softmax_jacobian(np.log(y_hat))[0], [0.25, -0.125, -0.0625, -0.0625], rtol=A_FEW_ROUNDINGS
    )


def test_the_gradient_of_log_sum_exp_is_softmax(theta):
    np.testing.assert_allclose(complex_step(log_sum_exp, theta), softmax(theta), atol=A_FEW_ROUNDINGS)


def test_the_derivative_of_log_softmax_is_the_identity_minus_softmax(theta):
    for i in range(len(theta)):
        np.testing.assert_allclose(
            complex_step(lambda t, i=i: log_softmax(t)[i], theta),
            np.eye(len(theta))[i] - softmax(theta),
            atol=A_FEW_ROUNDINGS,
        )


def test_rows_of_very_different_height_do_not_disturb_each_other():
    np.testing.assert_allclose(softmax([[1e4, 1e4], [-1e4, -1e4]]), np.full((2, 2), 0.5), rtol=A_FEW_ROUNDINGS)


def test_a_class_ruled_out_by_minus_infinity_has_probability_zero():
    np.testing.assert_array_equal(softmax([0.0, -np.inf, 0.0]), [0.5, 0.0, 0.5])
    np.testing.assert_array_equal(log_softmax([0.0, -np.inf]), [0.0, -np.inf])


def test_nan_stays_in_its_row():
    theta = [[0.0, np.nan], [0.0, 0.0]]
    np.testing.assert_array_equal(np.isnan(softmax(theta)), [[True, True], [False, False]])
    np.testing.assert_array_equal(np.isnan(log_sum_exp(theta)), [True, False])


@pytest.mark.parametrize("f", [softmax, log_softmax, log_sum_exp, softmax_jacobian])
@pytest.mark.parametrize("shape", [(), (2, 3, 4)])
def test_logits_of_another_dimension_are_refused(f, shape):
    with pytest.raises(ValueError) as refusal:
        f(np.zeros(shape))
    assert str(refusal.value) == f"theta has shape {shape}, it should have shape (K,) or (N, K)"
