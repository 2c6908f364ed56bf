"""Numeric derivatives, the relative error and the gradient check."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from utils.reference import (
    central_difference,
    complex_step,
    cross_entropy_from_logits,
    forward_difference,
    gradient_check,
    input_gradient,
    loss,
    one_hot,
    relative_error,
    softmax_cross_entropy_gradient,
)

# What NumPy warns of. Not everything: what another file left behind may be collected, and warned of, while these run.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning", "error::DeprecationWarning")

A_FEW_ROUNDINGS = 8 * np.finfo(float).eps  # the complex step subtracts nothing: only g's own roundings are left
CENTRAL_DIFFERENCE = 1e-9  # for h = 1e-5: cutting off costs h^2 / 6 = 2e-11, rounding eps / h = 2e-11, both times a few
FORWARD_DIFFERENCE = 1e-6  # for h = 1e-7: cutting off costs h / 2 = 5e-8, rounding eps / h = 2e-9, both times a few
TOLERANCE = {
    central_difference: CENTRAL_DIFFERENCE,
    forward_difference: FORWARD_DIFFERENCE,
    complex_step: A_FEW_ROUNDINGS,
}

DERIVATIVES = pytest.mark.parametrize("derivative", TOLERANCE, ids=lambda f: f.__name__)
by_property = settings(deadline=None, derandomize=True)
arrays = hnp.arrays(float, hnp.array_shapes(min_dims=0, max_dims=3, max_side=3), elements=st.floats(-3, 3))


# Derivatives


@DERIVATIVES
@by_property
@given(x=arrays)
def test_the_derivative_of_a_sum_of_sines_is_the_cosines_in_any_shape(derivative, x):
    d = derivative(lambda x: np.sum(np.sin(x)), x)
    assert d.shape == x.shape
    assert d.dtype == np.float64
    # The difference quotients see the rounding of the whole sum.
    assert_allclose(d, np.cos(x), atol=TOLERANCE[derivative] * max(1, x.size))


@DERIVATIVES
def test_a_function_that_changes_or_keeps_its_argument_does_no_harm(derivative):
    kept = []

    def g(x):
        kept.append(x)
        value = np.sum(x**2)
        x[...] = 7
        return value

    x = np.array([1.0, 2.0, 3.0])
    assert_allclose(derivative(g, x), [2, 4, 6], rtol=10 * TOLERANCE[derivative])
    assert_array_equal(x, [1, 2, 3])


@DERIVATIVES
def test_integers_are_moved_by_fractions_nan_comes_through_and_an_array_of_no_dimension_will_do(derivative):
    assert_allclose(derivative(lambda x: x @ x, [1, 2]), [2, 4], rtol=10 * TOLERANCE[derivative])
    assert np.isnan(derivative(lambda x: np.sum(x) * np.nan, [1.0, 2.0])).all()
    assert_allclose(derivative(lambda x: np.array(x.sum()), [1.0, 2.0]), 1, rtol=10 * TOLERANCE[derivative])


def into_floats(x):
    values = np.empty(x.shape)
    values[...] = x
    return values


@pytest.mark.parametrize(
    "g",
    [
        lambda x: np.sum(np.abs(x)),
        lambda x: np.sum(x.real**2),
        lambda x: np.sum(x.astype(float)),
        lambda x: np.sum(into_floats(x)),
        lambda x: np.sum(x) * np.sum(into_floats(x)),  # in one of two places
        lambda x: float(x[0]),
        lambda x: 1.0,
    ],
)
def test_the_complex_step_notices_a_function_that_drops_the_imaginary_part(g):
    with warnings.catch_warnings(), pytest.raises(ValueError, match="g drops the imaginary part"):
        warnings.simplefilter("ignore")  # the cast is to be noticed also where nobody looks at its warning
        complex_step(g, np.ones(3))


# The relative error


@by_property
@given(hnp.arrays(float, (2, 3), elements=st.floats(-1, 1, width=32)), st.integers(-300, 300))
def test_the_relative_error_knows_no_units_and_no_order(pair, exponent):
    a, b = pair
    assert relative_error(a, b) == relative_error(b, a)
    scale = 2.0**exponent  # a power of two changes no digit
    assert relative_error(scale * a, scale * b) == pytest.approx(relative_error(a, b), rel=A_FEW_ROUNDINGS)


# The gradient check


@pytest.fixture
def problem():
    """g, its gradient and a point."""
    rng = np.random.default_rng(5)
    theta, y = rng.normal(size=(6, 3)), one_hot([0, 2, 1, 1, 0, 2], 3)
    return lambda t: cross_entropy_from_logits(t, y), lambda t: softmax_cross_entropy_gradient(t, y), theta


@DERIVATIVES
def test_a_right_gradient_agrees(problem, derivative):
    check = gradient_check(*problem, derivative=derivative)
    assert check and check.agrees is True
    assert check.relative_error <= 10 * TOLERANCE[derivative]
    assert str(check).startswith("agrees: relative error ")


@pytest.mark.parametrize(("factor", "shift"), [(-1, 0), (6, 0), (1, 1e-5), (0, 0), (np.inf, 0)])
def test_a_wrong_gradient_does_not_agree(problem, factor, shift):
    g, gradient, x = problem
    check = gradient_check(g, lambda x: factor * gradient(x) + shift, x)
    assert not check and check.agrees is False
    assert str(check).startswith("does not agree: relative error ")


@pytest.mark.parametrize(("derivative", "tolerance"), [(complex_step, 1e-6), (central_difference, 1e-2)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_lost_sign_is_seen_through_tiny_weights(derivative, tolerance, sign):
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(6, 4)), one_hot(rng.integers(3, size=6), 3)
    rest = y, *(1e-4 * rng.normal(size=shape) for shape in [(4, 5), (5,), (5, 3), (3,)])
    check = gradient_check(
        lambda x: loss(x, *rest), lambda x: sign * input_gradient(x, *rest), x, derivative, tolerance
    )
    assert check.agrees is (sign == 1)


@pytest.mark.parametrize("factor", [-1, np.nan])
@pytest.mark.parametrize("worst", [(4, 1), (0, 0)])  # one entry is positive and one negative
def test_the_worst_entry_is_shown_with_both_values(problem, worst, factor):
    g, gradient, x = problem
    claimed, right = gradient(x), gradient(x)[worst]
    claimed[worst] *= factor
    check = gradient_check(g, lambda x: claimed, x)
    assert not check and check.worst == worst
    assert np.isnan(check.relative_error) == np.isnan(factor)
    np.testing.assert_equal(check.gradient[worst], factor * right)
    assert check.numeric[worst] == pytest.approx(right, abs=CENTRAL_DIFFERENCE)
    shown = f"gradient {factor * right:.6g}, numeric {check.numeric[worst]:.6g}"
    assert f"worst at {list(worst)}, {shown}" in str(check)


def test_nan_on_both_sides_does_not_agree():
    assert not gradient_check(lambda x: np.nan * x.sum(), lambda x: np.full(x.shape, np.nan), [1.0, 2.0])


@pytest.mark.parametrize("shape", [(1, 3), (3,), (), (3, 1, 1)])
def test_another_shape_does_not_agree_though_it_would_broadcast(shape):
    check = gradient_check(lambda x: x.sum(), lambda x: np.ones(shape), np.zeros((3, 1)))
    assert not check and check.worst is None and np.isnan(check.relative_error)
    assert str(check) == f"does not agree: the gradient has shape {shape}, x has shape (3, 1)"


@pytest.mark.parametrize(("tolerance", "agrees"), [(1e-2, True), (np.float64(1e-2), True), (1e-4, False)])
def test_the_tolerance_is_what_is_asked_for(tolerance, agrees):
    check = gradient_check(lambda x: np.sum(x**2), lambda x: 2.002 * x, [1.0, -2.0], tolerance=tolerance)
    assert check.agrees is agrees


def test_a_gradient_that_changes_its_argument_does_no_harm_and_a_point_of_no_dimension_can_be_checked():
    def gradient(x):
        x *= 2
        return x

    x = np.array([1.0, -2.0])
    assert gradient_check(lambda x: np.sum(x**2), gradient, x)
    assert_array_equal(x, [1, -2])
    assert gradient_check(np.sin, np.cos, 0.5).worst == ()
