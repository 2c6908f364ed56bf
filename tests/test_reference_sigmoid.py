"""sigmoid and sigmoid_derivative: both tails to the last digit, real and complex."""

import mpmath
import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from utils.reference import complex_step, sigmoid, sigmoid_derivative

pytestmark = pytest.mark.filterwarnings("error")

A_FEW_ROUNDINGS = 4 * np.finfo(float).eps  # an exponential, a sum, a square and a quotient
TINIEST = 2 * np.finfo(float).smallest_subnormal  # below 1e-308 numbers have fewer digits

LADDER = np.array([0.0, 1e-300, 1e-8, 0.5, 1.0, 5.0, 20.0, 36.0, 37.0, 40.0, 700.0, 709.5, 710.0, 744.0, 1e4])
BOTH_TAILS = np.concatenate([-LADDER[::-1], LADDER])

numbers = hnp.arrays(float, hnp.array_shapes(min_dims=0, max_dims=3, max_side=4), elements=st.floats(-1e4, 1e4))
by_property = settings(deadline=None, derandomize=True)


def exactly(f):
    with mpmath.workdps(50):
        return np.array([float(f(mpmath.mpf(z))) for z in BOTH_TAILS])


def test_sigmoid_has_every_digit_in_both_tails():
    exact = exactly(lambda z: 1 / (1 + mpmath.exp(-z)))
    np.testing.assert_allclose(sigmoid(BOTH_TAILS), exact, rtol=A_FEW_ROUNDINGS, atol=TINIEST)


def test_its_derivative_has_every_digit_in_both_tails():
    exact = exactly(lambda z: mpmath.exp(-z) / (1 + mpmath.exp(-z)) ** 2)
    np.testing.assert_allclose(sigmoid_derivative(BOTH_TAILS), exact, rtol=A_FEW_ROUNDINGS, atol=TINIEST)


def test_the_derivative_is_the_complex_step_of_sigmoid_in_both_tails():
    z = BOTH_TAILS[np.abs(BOTH_TAILS) < 40]  # farther out the imaginary part, h sigma'(z), is no longer a normal number
    by_complex_step = [complex_step(sigmoid, entry) for entry in z]
    np.testing.assert_allclose(by_complex_step, sigmoid_derivative(z), rtol=A_FEW_ROUNDINGS)


def test_complex_numbers_pass_without_a_warning_far_out():
    z = BOTH_TAILS + 1e-200j
    np.testing.assert_allclose(sigmoid(z).real, sigmoid(BOTH_TAILS), rtol=A_FEW_ROUNDINGS, atol=TINIEST)
    np.testing.assert_allclose(
        sigmoid_derivative(z).real, sigmoid_derivative(BOTH_TAILS), rtol=A_FEW_ROUNDINGS, atol=TINIEST
    )


@pytest.mark.parametrize("h", [1e-200, -1e-200])
def test_the_two_branches_join_smoothly_at_zero(h):
    np.testing.assert_allclose(sigmoid(1j * h).imag / h, 0.25, rtol=A_FEW_ROUNDINGS)


@by_property
@given(numbers)
def test_any_shape_agrees_with_scipy_and_keeps_its_shape(z):
    assert np.shape(sigmoid(z)) == np.shape(sigmoid_derivative(z)) == z.shape
    # SciPy rounds what is too small for a normal float to 0.
    np.testing.assert_allclose(sigmoid(z), scipy.special.expit(z), rtol=A_FEW_ROUNDINGS, atol=np.finfo(float).tiny)


@by_property
@given(numbers)
def test_sigmoid_of_minus_z_is_one_minus_sigmoid_and_the_derivative_is_even(z):
    np.testing.assert_allclose(sigmoid(-z), 1 - sigmoid(z), atol=A_FEW_ROUNDINGS)
    np.testing.assert_array_equal(sigmoid_derivative(-z), sigmoid_derivative(z))


@by_property
@given(numbers)
def test_the_derivative_is_sigma_times_one_minus_sigma(z):
    h = sigmoid(z)
    assert np.all((h >= 0) & (h <= 1))
    np.testing.assert_allclose(sigmoid_derivative(z), h * (1 - h), atol=A_FEW_ROUNDINGS)


def test_the_limits_are_reached_at_infinity_and_nan_is_kept():
    np.testing.assert_array_equal(sigmoid([-np.inf, np.inf, np.nan]), [0, 1, np.nan])
    np.testing.assert_array_equal(sigmoid_derivative([-np.inf, np.inf, np.nan]), [0, 0, np.nan])


def test_a_number_gives_a_number():
    assert isinstance(sigmoid(0), float)
    assert sigmoid(0) == 0.5
    assert sigmoid_derivative(0) == 0.25
