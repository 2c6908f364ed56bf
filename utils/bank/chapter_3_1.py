"""The Python beside the catalogue of chapter 3_1: draws, laws, and formulas of several lines."""

from __future__ import annotations

from functools import partial

import numpy as np

from utils.bank.case import Case
from utils.bank.inputs import each_shape_again
from utils.reference import (
    central_difference,
    gradient_check,
    input_gradient,
    loss,
    one_hot,
    relative_error,
)


def sum_of_squares(x):
    return np.sum(x**2)


def sum_of_cubes(x):
    return np.sum(x**3)


def log_sum_exp(x):
    return np.log(np.sum(np.exp(x)))


def tiny_sum_of_squares(x):
    return 1e-9 * np.sum(x**2)


def huge_sum_of_squares(x):
    return 1e6 * np.sum(x**2)


def faint_sum_of_squares(x):
    return 1e-30 * np.sum(x**2)


def small_sum_of_squares(x):
    return 0.01 * np.sum(x**2)


def constant(x):
    return 7.0 + 0 * np.sum(x)


def _network(rng):
    """The loss of a network as a function of its inputs, its gradient, one that forgot 1/N, and inputs to start from."""
    N, D, H, K = 4, 5, 6, 3
    x, W1, b1, W2, b2 = (rng.normal(size=shape) for shape in ((N, D), (D, H), H, (H, K), K))
    rest = {"y": one_hot(np.arange(N) % K, K), "W1": W1, "b1": b1, "W2": W2, "b2": b2}
    return (
        _named("network_loss", loss, rest),
        _named("network_gradient", input_gradient, rest),
        _named("network_gradient_without_1_over_N", _summed_gradient, rest),
        x,
    )


def _named(name, function, rest):
    """A function of x alone, under a name to show. No closure: what is handed to another process has to be picklable."""
    of_x = partial(function, **rest)
    of_x.__name__ = name
    return of_x


def _summed_gradient(x, **rest):
    return len(x) * input_gradient(x, **rest)


@each_shape_again
def points(rng):
    network_loss, _, _, x = _network(rng)
    return [
        Case({"g": sum_of_squares, "x": np.array([0.3, -1.0, 2.0]), "h": 0.1}),
        Case({"g": sum_of_cubes, "x": np.array([[1.0, 0.0, -1.0], [2.0, 0.5, 0.3]]), "h": 0.1}),
        Case({"g": sum_of_cubes, "x": np.array([[1.0, 0.0, -1.0], [2.0, 0.5, 0.3]]), "h": 0.2}),
        Case({"g": log_sum_exp, "x": rng.normal(size=7), "h": 0.02}),
        Case({"g": network_loss, "x": x, "h": 0.01}),
        Case({"g": log_sum_exp, "x": rng.normal(size=(2, 4, 3)), "h": 0.03}),
        Case({"g": sum_of_cubes, "x": np.array([3, -1, 2]), "h": 0.1}, extreme=True),
    ]


def points_and_tiny_steps(rng):
    network_loss, _, _, x = _network(rng)
    return [
        *points(rng),
        Case({"g": sum_of_cubes, "x": np.array([1.0, -2.0]), "h": 1e-200}, extreme=True),
        Case({"g": network_loss, "x": x, "h": 1e-200}, extreme=True),
    ]


@each_shape_again
def pairs(rng):
    a, b = rng.normal(size=(2, 4, 5))
    return [
        Case({"a": np.array([1.0, 2.0, -5.0]), "b": np.array([1.0, 2.5, -5.0])}),
        Case({"a": np.array([0.01, -0.02]), "b": np.array([-0.01, 0.02])}),
        Case(
            {
                "a": np.array([[0.0, 4.0], [1.0, 2.0], [-6.0, 0.5]]),
                "b": np.array([[1e-9, 4.0], [1.0, 3.0], [-6.0, 0.5]]),
            }
        ),
        Case({"a": np.array([3.0, -0.5]), "b": np.array([1.5, -0.5])}),
        Case({"a": a, "b": b}),
        Case({"a": 1e-3 * a[0], "b": -2e-3 * a[0]}),
        Case({"a": np.zeros(3), "b": np.zeros(3)}, extreme=True),
        Case({"a": np.array([1.0, np.nan, 2.0]), "b": np.array([1.0, 2.0, 2.0])}, extreme=True),
        Case({"a": np.array([2e-14, -1e-14]), "b": np.array([1e-14, -1e-14])}, extreme=True),
        Case({"a": np.array([2e-30, -1e-30]), "b": np.array([1e-30, -1e-30])}, extreme=True),
    ]


def twice_x(x):
    return 2 * x


def minus_twice_x(x):
    return -2 * x


def nearly_twice_x(x):
    return 2 * x * (1 + 1e-8)


def twice_x_and_a_little(x):
    return 2 * x + 3e-7


def twice_x_to_three_digits(x):
    return 2 * x * (1 + 1e-3)


def just_too_far(x):
    """One entry is off by 1.2 per cent of the largest."""
    return _with_the_first_off_by(0.012, 2 * x)


def just_near_enough(x):
    """One entry is off by 0.8 per cent of the largest."""
    return _with_the_first_off_by(0.008, 2 * x)


def _with_the_first_off_by(share, gradient):
    return gradient + share * np.max(np.abs(gradient)) * np.eye(1, len(gradient))[0]


def one_entry_wrong(x):
    return 2 * x + np.eye(1, len(x), len(x) - 1)[0]


def twice_x_backwards(x):
    return 2 * x[::-1]


def twice_x_as_a_column(x):
    return 2 * x[:, np.newaxis]


def twice_x_with_a_nan(x):
    return np.where(np.arange(len(x)) == 1, np.nan, 2 * x)


def huge_nearly_twice_x(x):
    return 1e6 * nearly_twice_x(x)


def small_twice_x_to_five_digits(x):
    return 0.02 * x * (1 + 4e-6)


def tiny_twice_x(x):
    return 2e-9 * x


def minus_tiny_twice_x(x):
    return -2e-9 * x


def minus_faint_twice_x(x):
    return -2e-30 * x


def zeros(x):
    return np.zeros(np.shape(x))


def claims(rng):
    network_loss, network_gradient, without_1_over_N, x = _network(rng)
    alike, point = np.array([0.5, 0.5, 0.5]), np.array([1.0, -2.0, 0.5])
    return [
        _claim(sum_of_squares, twice_x, point),
        _claim(sum_of_squares, minus_twice_x, point),
        _claim(sum_of_squares, one_entry_wrong, point),
        _claim(sum_of_squares, twice_x_backwards, point),
        _claim(sum_of_squares, twice_x_as_a_column, alike),
        _claim(sum_of_squares, nearly_twice_x, rng.normal(size=4)),
        _claim(sum_of_squares, twice_x_and_a_little, np.array([1.0, 0.001])),
        _claim(sum_of_squares, twice_x_to_three_digits, point),
        _claim(sum_of_squares, twice_x_to_three_digits, point, tolerance=1e-2),
        _claim(sum_of_squares, just_too_far, point, tolerance=1e-2),
        _claim(sum_of_squares, just_near_enough, point, tolerance=1e-2),
        _claim(huge_sum_of_squares, huge_nearly_twice_x, point),
        _claim(small_sum_of_squares, small_twice_x_to_five_digits, point),
        _claim(constant, zeros, point),
        _claim(network_loss, network_gradient, x),
        _claim(network_loss, without_1_over_N, x),
        _claim(sum_of_squares, twice_x_with_a_nan, point, extreme=True),
        _claim(tiny_sum_of_squares, tiny_twice_x, point),
        _claim(tiny_sum_of_squares, minus_tiny_twice_x, point),
        _claim(faint_sum_of_squares, minus_faint_twice_x, point),
    ]


def _claim(g, gradient, x, tolerance=1e-6, extreme=False):
    return Case({"g": g, "gradient": gradient, "x": x, "tolerance": tolerance}, extreme)


def _moved(x, i, step):
    x = x.astype(np.result_type(x, step, float))
    x[i] += step
    return x


def entry_by_entry(rule):
    def differences(g, x, h):
        d = np.empty(x.shape)
        for i in np.ndindex(x.shape):
            d[i] = rule(g, lambda step, i=i: _moved(x, i, step), h)
        return d

    return differences


def all_at_once(rule):
    return lambda g, x, h: rule(g, lambda step: x + step, h)


def one_slope_for_all(rule):
    return lambda g, x, h: np.full(x.shape, rule(g, lambda step: x + step, h))


def rows_at_once(rule):
    def differences(g, x, h):
        d = np.zeros(x.shape)
        for i in range(len(x)):
            d[i] = rule(g, lambda step, i=i: _moved(x, i, step), h)
        return d

    return differences


def a_slope_a_row(rule):
    return lambda g, x, h: [rule(g, lambda step, i=i: _moved(x, i, step), h) for i in range(len(x))]


def flattened(rule):
    return lambda g, x, h: entry_by_entry(rule)(g, x.ravel(), h).reshape(x.shape)


def flat_result(rule):
    return lambda g, x, h: entry_by_entry(rule)(g, x.ravel(), h)


def integer_result(rule):
    """`np.zeros_like(x)` is an integer array where x is one."""
    return lambda g, x, h: entry_by_entry(rule)(g, x, h).astype(x.dtype)


def integer_point(rule):
    """`x.copy()` is one as well, and `+= h` into it is cut off."""

    def moved(x, i, step):
        x = x.copy()
        x[i] = x[i] + step
        return x

    def differences(g, x, h):
        d = np.zeros(x.shape)
        for i in np.ndindex(x.shape):
            d[i] = rule(g, lambda step, i=i: moved(x, i, step), h)
        return d

    return differences


def integer_both(rule):
    return lambda g, x, h: integer_point(rule)(g, x, h).astype(x.dtype)


def forward_rule(g, at, h):
    return (g(at(h)) - g(at(0))) / h


def central_rule(g, at, h):
    return (g(at(h)) - g(at(-h))) / (2 * h)


def complex_rule(g, at, h):
    return np.imag(g(at(1j * h))) / h


def forward_in_place(step_back, here_once=False):
    """x is moved in place, and afterwards by step_back * h."""

    def differences(g, x, h):
        d, start = np.empty(x.shape), g(x)
        for i in np.ndindex(x.shape):
            here = start if here_once else g(x)
            x[i] += h
            d[i] = (g(x) - here) / h
            x[i] += step_back * h
        return d

    return differences


def central_in_place(step_back):
    def differences(g, x, h):
        d = np.empty(x.shape)
        for i in np.ndindex(x.shape):
            x[i] += h
            above = g(x)
            x[i] -= 2 * h
            d[i] = (above - g(x)) / (2 * h)
            x[i] += step_back * h
        return d

    return differences


def forward_is_exact_for_squares(g, x, h, result):
    if g is not sum_of_squares or np.allclose(result, 2 * x + h, atol=1e-9):
        return None
    return (
        "For a sum of squares you can say by hand what must come out: $((x + h)^2 - x^2)/h = 2x + h$, entry by entry. "
        "Compare yours."
    )


def central_is_exact_for_squares(g, x, h, result):
    if g is not sum_of_squares or np.allclose(result, 2 * x, atol=1e-9):
        return None
    return (
        "For a sum of squares you can say by hand what must come out: $((x + h)^2 - (x - h)^2)/2h = 2x$, entry by entry, "
        "whatever $h$ is. Compare yours."
    )


def _ratio_of(difference, size):
    """A relative error with another difference above, or another size below. 0/0 is 0."""

    def error(a, b):
        above, below = difference(a, b), size(a, b)
        return 0.0 if above == 0 and below == 0 else above / below

    return error


def largest_difference(a, b):
    return np.max(np.abs(a - b))


def largest_size(a, b):
    return np.maximum(np.max(np.abs(a)), np.max(np.abs(b)))


def floored(floor):
    return lambda a, b: largest_difference(a, b) / np.maximum(floor, largest_size(a, b))


def padded(epsilon):
    return lambda a, b: largest_difference(a, b) / (largest_size(a, b) + epsilon)


def verdict(fails):
    """A gradient check that looks at the claimed gradient and at the numeric one, and says no where `fails` does."""

    def check(g, gradient, x, tolerance):
        return not fails(gradient(x), central_difference(g, x), tolerance)

    return check


def measured_by(derivative, h):
    """A gradient check that is right but for the step of its numeric derivative."""

    def check(g, gradient, x, tolerance):
        claimed = gradient(x)
        return claimed.shape == x.shape and relative_error(claimed, derivative(g, x, h)) <= tolerance

    return check


def must_follow_the_error(g, gradient, x, tolerance, result):
    check = gradient_check(g, gradient, x, tolerance=tolerance)
    if check.agrees == bool(result):
        return None
    claimed = gradient(x)
    error = f"the relative error is {check.relative_error:.1e}, the tolerance {tolerance:.0e}"
    shapes = f"the claimed gradient has shape {claimed.shape}, `x` has shape {x.shape}"
    return f"Your check says `{bool(result)}` for the gradient below, where {shapes if claimed.shape != x.shape else error}."


def broadcast_error(a, b):
    return _ratio_of(largest_difference, largest_size)(a, b)
