"""one_hot, the sigmoid and the softmax family: against SciPy, mpmath and the complex step, and by property."""

import mpmath
import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from tests.refusal import refusal
from utils.reference import (
    complex_step,
    log_softmax,
    log_sum_exp,
    one_hot,
    sigmoid,
    sigmoid_derivative,
    softmax,
    softmax_jacobian,
)

# What NumPy warns of. Not everything: what another file left behind may be collected, and warned of, while these run.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning", "error::DeprecationWarning")

EPS = np.finfo(float).eps
A_FEW_ROUNDINGS = 4 * EPS  # of a sum of few terms, an exponential or a logarithm, and a quotient: half an eps each
EXPONENT_ROUNDING = 745 * EPS  # exp(t) turns the error eps |t| of t into a relative one, and is 0 below t = -745
TINIEST = 2 * np.finfo(float).smallest_subnormal  # below 1e-308 numbers have fewer digits
ROUNDED = {"rtol": A_FEW_ROUNDINGS, "atol": A_FEW_ROUNDINGS}

by_property = settings(deadline=None, derandomize=True)


# Labels


@pytest.mark.parametrize(
    ("labels", "K", "rows"),
    [
        ([2, 0, 2], 3, [[0, 0, 1], [1, 0, 0], [0, 0, 1]]),
        (1, 4, [0, 1, 0, 0]),
        ([0, 0], 1, [[1], [1]]),
        *((np.array([0, 1, 1], type), np.int32(2), [[1, 0], [0, 1], [0, 1]]) for type in "?BhlL"),
    ],
)
def test_labels_become_rows_of_float64_with_a_single_one(labels, K, rows):
    assert one_hot(labels, K).dtype == np.float64
    assert_array_equal(one_hot(labels, K), rows)


@by_property
@given(st.integers(1, 20).flatmap(lambda K: st.tuples(st.lists(st.integers(0, K - 1), min_size=1), st.just(K))))
def test_the_label_is_where_the_one_is_and_rows_sum_to_one(labels_and_K):
    labels, K = labels_and_K
    y = one_hot(labels, K)
    assert y.shape == (len(labels), K)
    assert_array_equal(y.argmax(axis=-1), labels)
    assert_array_equal(y.sum(axis=-1), 1)


@pytest.mark.parametrize(
    ("labels", "K", "message"),
    [
        ([0, 3], 3, "labels holds 3, with K = 3 labels should be from 0 to 2"),
        ([0, -1], 3, "labels holds -1, with K = 3 labels should be from 0 to 2"),
        (5, 2, "labels holds 5, with K = 2 labels should be from 0 to 1"),
        ([0.0, 1.0], 2, "labels should be integers, not float64; if every one is whole, labels.astype(int)"),
        (["a"], 2, "labels should be integers, not list of dtype <U1"),
        (None, 2, "labels should be integers, not NoneType of dtype object"),
        ([[0], [0, 1]], 2, "labels should be integers; its rows have different lengths"),
        ([[0], [1]], 2, "labels has shape (2, 1), it should have shape () or (N,): one integer per example"),
        ([], 2, "labels is empty: it has shape (0,), it should have shape () or (N,) with N >= 1"),
        *(([0], K, f"K should be a positive integer, not {K}") for K in (0, -2, 2.0, None)),
    ],
)
def test_what_cannot_be_encoded_is_refused_in_words(labels, K, message):
    assert refusal(one_hot, labels, K) == message


# The sigmoid

LADDER = np.array([0.0, 1e-300, 1e-8, 0.5, 1.0, 5.0, 20.0, 36.0, 37.0, 40.0, 700.0, 709.5, 710.0, 744.0, 1e4])
BOTH_TAILS = np.concatenate([-LADDER[::-1], LADDER])

numbers = hnp.arrays(float, hnp.array_shapes(min_dims=0, max_dims=3, max_side=4), elements=st.floats(-1e4, 1e4))


def of_numbers(test):
    return by_property(given(numbers)(test))


@pytest.mark.parametrize(
    ("f", "exact"),
    [
        (sigmoid, lambda z: 1 / (1 + mpmath.exp(-z))),
        (sigmoid_derivative, lambda z: mpmath.exp(-z) / (1 + mpmath.exp(-z)) ** 2),
    ],
)
def test_sigmoid_and_its_derivative_have_every_digit_in_both_tails_complex_or_not(f, exact):
    with mpmath.workdps(50):
        expected = np.array([float(exact(mpmath.mpf(z))) for z in BOTH_TAILS])
    assert_allclose(f(BOTH_TAILS), expected, rtol=A_FEW_ROUNDINGS, atol=TINIEST)
    assert_allclose(f(BOTH_TAILS + 1e-200j).real, f(BOTH_TAILS), rtol=A_FEW_ROUNDINGS, atol=TINIEST)


def test_the_derivative_is_the_complex_step_of_sigmoid_in_both_tails_and_from_both_sides_of_zero():
    z = BOTH_TAILS[np.abs(BOTH_TAILS) < 40]  # farther out the imaginary part, h sigma'(z), is no longer a normal number
    assert_allclose([complex_step(sigmoid, entry) for entry in z], sigmoid_derivative(z), rtol=A_FEW_ROUNDINGS)
    for h in (1e-200, -1e-200):
        assert_allclose(sigmoid(1j * h).imag / h, 0.25, rtol=A_FEW_ROUNDINGS)


@of_numbers
def test_any_shape_agrees_with_scipy_and_keeps_its_shape(z):
    assert np.shape(sigmoid(z)) == np.shape(sigmoid_derivative(z)) == z.shape
    # SciPy rounds what is too small for a normal float to 0.
    assert_allclose(sigmoid(z), scipy.special.expit(z), rtol=A_FEW_ROUNDINGS, atol=np.finfo(float).tiny)


@of_numbers
def test_sigmoid_is_symmetric_and_its_derivative_even_and_sigma_times_one_minus_sigma(z):
    h = sigmoid(z)
    assert np.all((h >= 0) & (h <= 1))
    assert_allclose(sigmoid(-z), 1 - h, atol=A_FEW_ROUNDINGS)
    assert_array_equal(sigmoid_derivative(-z), sigmoid_derivative(z))
    assert_allclose(sigmoid_derivative(z), h * (1 - h), atol=A_FEW_ROUNDINGS)


def test_a_number_gives_a_number_and_the_limits_are_reached_at_infinity_and_nan_is_kept():
    assert isinstance(sigmoid(0), float) and (sigmoid(0), sigmoid_derivative(0)) == (0.5, 0.25)
    assert_array_equal(sigmoid([-np.inf, np.inf, np.nan]), [0, 1, np.nan])
    assert_array_equal(sigmoid_derivative([-np.inf, np.inf, np.nan]), [0, 0, np.nan])


# The softmax family

SHAPES = st.tuples(st.integers(1, 5), st.integers(1, 6))
logits = hnp.arrays(float, SHAPES, elements=st.floats(-1e4, 1e4))


def of_logits(test):
    return by_property(given(logits)(test))


# Eighths are exact in binary, and so are their sums and differences.
eighths = st.integers(-80_000, 80_000).map(lambda n: n / 8)


@pytest.fixture(
    params=[
        [0.0, 0.0, 0.0],
        [1.0, 2.0, 3.0],
        [0.1, -0.7, 0.25, 1.5],
        [1e4, -1e4, 0.0],
        [1e4, 9999.5, 9990.0],
        [-1e4, -9999.75, -9300.0],
        [30.0, -30.0, 700.0],
        [-3.25],
    ],
    ids=str,
)
def theta(request):
    return np.array(request.param)


def test_every_digit_is_there_that_the_logits_determine(theta):
    with mpmath.workdps(50):
        log_sum = mpmath.log(mpmath.fsum(mpmath.exp(t) for t in theta))
        log_y_hat = [t - log_sum for t in theta]
        y_hat = [mpmath.exp(t) for t in log_y_hat]
        jacobian = [[p * ((i == j) - q) for j, q in enumerate(y_hat)] for i, p in enumerate(y_hat)]
    assert_allclose(log_sum_exp(theta), float(log_sum), rtol=A_FEW_ROUNDINGS)
    assert_allclose(log_softmax(theta), np.array(log_y_hat, float), **ROUNDED)
    assert_allclose(softmax(theta), np.array(y_hat, float), rtol=EXPONENT_ROUNDING, atol=TINIEST)
    assert_allclose(softmax_jacobian(theta), np.array(jacobian, float), rtol=EXPONENT_ROUNDING, atol=A_FEW_ROUNDINGS)


def test_each_is_the_derivative_of_the_one_before(theta):
    def rows(f):
        return [complex_step(lambda t, i=i: f(t)[i], theta) for i in range(len(theta))]

    assert_allclose(complex_step(log_sum_exp, theta), softmax(theta), atol=A_FEW_ROUNDINGS)
    assert_allclose(rows(softmax), softmax_jacobian(theta), atol=A_FEW_ROUNDINGS)
    assert_allclose(rows(log_softmax), np.eye(len(theta)) - softmax(theta), atol=A_FEW_ROUNDINGS)


def test_entry_i_j_of_the_jacobian_moves_y_hat_i_by_theta_j():
    y_hat = np.array([0.5, 0.25, 0.125, 0.125])
    assert_allclose(softmax_jacobian(np.log(y_hat))[0], [0.25, -0.125, -0.0625, -0.0625], rtol=A_FEW_ROUNDINGS)


@of_logits
def test_a_batch_agrees_with_scipy_and_with_each_of_its_rows_alone(theta):
    assert_allclose(softmax(theta), scipy.special.softmax(theta, axis=-1), rtol=A_FEW_ROUNDINGS)
    assert_allclose(log_softmax(theta), scipy.special.log_softmax(theta, axis=-1), **ROUNDED)
    assert_allclose(log_sum_exp(theta), scipy.special.logsumexp(theta, axis=-1), **ROUNDED)
    for f in (softmax, log_softmax, log_sum_exp, softmax_jacobian):
        assert_allclose(f(theta), [f(row) for row in theta], rtol=A_FEW_ROUNDINGS, atol=TINIEST)


@by_property
@given(hnp.arrays(float, SHAPES, elements=eighths), eighths)
def test_a_common_shift_changes_no_bit_and_is_added_to_log_sum_exp(theta, c):
    for f in (softmax, log_softmax, softmax_jacobian):
        assert_array_equal(f(theta + c), f(theta))
    size = np.abs(theta).max() + abs(c) + 2  # the larger of the two numbers that are compared, or of their parts
    assert_allclose(log_sum_exp(theta + c), log_sum_exp(theta) + c, rtol=0, atol=A_FEW_ROUNDINGS * size)


@of_logits
def test_rows_are_probabilities_and_the_largest_logit_stays_the_most_probable(theta):
    y_hat = softmax(theta)
    assert np.all((y_hat >= 0) & (y_hat <= 1)) and np.all(log_softmax(theta) <= 0)
    assert_allclose(y_hat.sum(axis=-1), 1, rtol=A_FEW_ROUNDINGS)
    assert_array_equal(np.take_along_axis(y_hat, theta.argmax(-1)[:, None], -1)[:, 0], y_hat.max(-1))


@of_logits
def test_log_sum_exp_lies_between_the_maximum_and_log_K_above_it(theta):
    above = log_sum_exp(theta) - theta.max(axis=-1)
    slack = A_FEW_ROUNDINGS * (np.abs(theta).max() + 2)
    assert np.all((above >= 0) & (above <= np.log(theta.shape[-1]) + slack))


@of_logits
def test_the_jacobian_is_symmetric_sums_to_zero_and_has_a_diagonal_from_zero_to_a_quarter(theta):
    jacobian = softmax_jacobian(theta)
    assert_allclose(jacobian, np.swapaxes(jacobian, -1, -2), **ROUNDED)
    assert_allclose(jacobian.sum(axis=-1), 0, atol=A_FEW_ROUNDINGS)
    assert_allclose(jacobian.sum(axis=-2), 0, atol=A_FEW_ROUNDINGS)
    diagonal = np.diagonal(jacobian, axis1=-2, axis2=-1)
    assert np.all((diagonal >= 0) & (diagonal <= 0.25 + EPS))


def test_rows_do_not_disturb_each_other_and_infinity_and_nan_stay_what_they_are():
    assert_allclose(softmax([[1e4, 1e4], [-1e4, -1e4]]), np.full((2, 2), 0.5), rtol=A_FEW_ROUNDINGS)
    assert_array_equal(softmax([0.0, -np.inf, 0.0]), [0.5, 0.0, 0.5])
    assert_array_equal(log_softmax([0.0, -np.inf]), [0.0, -np.inf])
    with_nan = [[0.0, np.nan], [0.0, 0.0]]
    assert_array_equal(np.isnan(softmax(with_nan)), [[True, True], [False, False]])
    assert_array_equal(np.isnan(log_sum_exp(with_nan)), [True, False])


@pytest.mark.parametrize("f", [softmax, log_softmax, log_sum_exp, softmax_jacobian])
@pytest.mark.parametrize("shape", [(), (2, 3, 4)])
def test_logits_of_another_dimension_are_refused(f, shape):
    assert refusal(f, np.zeros(shape)) == f"theta has shape {shape}, it should have shape (K,) or (N, K)"
