"""The functions that chapter 3_1 differentiates, the gradients that it checks, the draws of both, and a law."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import numpy as np

from utils.bank.inputs import cases
from utils.reference import gradient_check, input_gradient, loss, one_hot

# What is differentiated, and gradients that are claimed of it, by the names that are shown.
KNOWN = SimpleNamespace(
    sum_of_squares=lambda x: np.sum(x**2),
    sum_of_cubes=lambda x: np.sum(x**3),
    log_sum_exp=lambda x: np.log(np.sum(np.exp(x))),
    tiny_sum_of_squares=lambda x: 1e-9 * np.sum(x**2),
    huge_sum_of_squares=lambda x: 1e6 * np.sum(x**2),
    faint_sum_of_squares=lambda x: 1e-30 * np.sum(x**2),
    small_sum_of_squares=lambda x: 0.01 * np.sum(x**2),
    constant=lambda x: 7.0 + 0 * np.sum(x),
    twice_x=lambda x: 2 * x,
    minus_twice_x=lambda x: -2 * x,
    nearly_twice_x=lambda x: 2 * x * (1 + 1e-8),
    twice_x_and_a_little=lambda x: 2 * x + 3e-7,
    twice_x_to_three_digits=lambda x: 2 * x * (1 + 1e-3),
    one_entry_wrong=lambda x: 2 * x + np.eye(1, len(x), len(x) - 1)[0],
    twice_x_backwards=lambda x: 2 * x[::-1],
    twice_x_as_a_column=lambda x: 2 * x[:, np.newaxis],
    twice_x_with_a_nan=lambda x: np.where(np.arange(len(x)) == 1, np.nan, 2 * x),
    huge_nearly_twice_x=lambda x: 1e6 * (2 * x * (1 + 1e-8)),
    small_twice_x_to_five_digits=lambda x: 0.02 * x * (1 + 4e-6),
    tiny_twice_x=lambda x: 2e-9 * x,
    minus_tiny_twice_x=lambda x: -2e-9 * x,
    minus_faint_twice_x=lambda x: -2e-30 * x,
    zeros=lambda x: np.zeros(np.shape(x)),
)
for _name, _function in vars(KNOWN).items():
    _function.__name__ = _function.__qualname__ = _name
    globals()[_name] = _function  # where another process looks for it that is handed it


def _network(rng):
    """The loss of a network as a function of its inputs, its gradient, one without 1/N, and inputs to start from."""
    N, D, H, K = 4, 5, 6, 3
    x, W1, b1, W2, b2 = (rng.normal(size=shape) for shape in ((N, D), (D, H), H, (H, K), K))
    rest = {"y": one_hot(np.arange(N) % K, K), "W1": W1, "b1": b1, "W2": W2, "b2": b2}
    return (
        _of_x("network_loss", loss, rest),
        _of_x("network_gradient", input_gradient, rest),
        _of_x("network_gradient_without_1_over_N", _summed_gradient, rest),
        x,
    )


def _of_x(name, function, rest):
    """A function of x alone, under a name to show. No closure: it is handed to another process, so it is pickled."""
    of_x = partial(function, **rest)
    of_x.__name__ = name
    return of_x


def _summed_gradient(x, **rest):
    return len(x) * input_gradient(x, **rest)


def points(rng):
    network_loss, _, _, x = _network(rng)
    table = [[1.0, 0.0, -1.0], [2.0, 0.5, 0.3]]
    ordinary = [
        (KNOWN.sum_of_squares, [0.3, -1.0, 2.0], 0.1),
        (KNOWN.sum_of_cubes, table, 0.1),
        (KNOWN.sum_of_cubes, table, 0.2),
        (KNOWN.log_sum_exp, rng.normal(size=7), 0.02),
        (network_loss, x, 0.01),
        (KNOWN.log_sum_exp, rng.normal(size=(2, 4, 3)), 0.03),
    ]
    return cases("g x h", ordinary, [(KNOWN.sum_of_cubes, [3, -1, 2], 0.1)])


def points_and_tiny_steps(rng):
    network_loss, _, _, x = _network(rng)
    return points(rng) + cases("g x h", [], [(KNOWN.sum_of_cubes, [1.0, -2.0], 1e-200), (network_loss, x, 1e-200)])


def pairs(rng):
    a, b = rng.normal(size=(2, 4, 5))
    a[0, 0], b[1, 2] = -5, -6
    ordinary = [
        ([1.0, 2.0, -5.0], [1.0, 2.5, -5.0]),
        ([0.01, -0.02], [-0.01, 0.02]),
        ([[0.0, 4.0], [1.0, 2.0], [-6.0, 0.5]], [[1e-9, 4.0], [1.0, 3.0], [-6.0, 0.5]]),
        ([3.0, -0.5], [1.5, -0.5]),
        ([-5.0, 1.0], [-4.0, 1.0]),  # the largest of all is negative, in the one and in the other
        ([-4.0, 1.0], [-5.0, 1.0]),
        (a, b),
        (1e-3 * a[0], -2e-3 * a[0]),
    ]
    extreme = [
        ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
        ([1.0, np.nan, 2.0], [1.0, 2.0, 2.0]),
        ([2e-14, -1e-14], [1e-14, -1e-14]),
        ([2e-30, -1e-30], [1e-30, -1e-30]),
        ([2e-200, -1e-200], [1e-200, -1e-200]),
    ]
    return cases("a b", ordinary, extreme)


def claims(rng):
    network_loss, network_gradient, without_1_over_N, x = _network(rng)
    point = [1.0, -2.0, 0.5]
    ordinary = [
        (KNOWN.sum_of_squares, KNOWN.twice_x, point, 1e-6),
        (KNOWN.sum_of_squares, KNOWN.minus_twice_x, point, 1e-6),
        (KNOWN.sum_of_squares, KNOWN.one_entry_wrong, point, 1e-6),
        (KNOWN.sum_of_squares, KNOWN.twice_x_backwards, point, 1e-6),
        (KNOWN.sum_of_squares, KNOWN.twice_x_as_a_column, [0.5, 0.5, 0.5], 1e-6),
        (KNOWN.sum_of_squares, KNOWN.nearly_twice_x, rng.normal(size=4), 1e-6),
        (KNOWN.sum_of_squares, KNOWN.twice_x_and_a_little, [1.0, 0.001], 1e-6),
        (KNOWN.sum_of_squares, KNOWN.twice_x_to_three_digits, point, 1e-6),
        (KNOWN.sum_of_squares, KNOWN.twice_x_to_three_digits, point, 1e-2),
        (KNOWN.huge_sum_of_squares, KNOWN.huge_nearly_twice_x, point, 1e-6),
        (KNOWN.small_sum_of_squares, KNOWN.small_twice_x_to_five_digits, point, 1e-6),
        (KNOWN.constant, KNOWN.zeros, point, 1e-6),
        (network_loss, network_gradient, x, 1e-6),
        (network_loss, without_1_over_N, x, 1e-6),
        (KNOWN.tiny_sum_of_squares, KNOWN.tiny_twice_x, point, 1e-6),
        (KNOWN.tiny_sum_of_squares, KNOWN.minus_tiny_twice_x, point, 1e-6),
        (KNOWN.faint_sum_of_squares, KNOWN.minus_faint_twice_x, point, 1e-6),
    ]
    return cases("g gradient x tolerance", ordinary, [(KNOWN.sum_of_squares, KNOWN.twice_x_with_a_nan, point, 1e-6)])


def must_follow_the_error(g, gradient, x, tolerance, result):
    """As the laws of `laws.md`, but told with the error that was found."""
    check = gradient_check(g, gradient, x, tolerance=tolerance)
    if check.agrees == bool(result):
        return None
    claimed = gradient(x)
    where = f"the relative error is {check.relative_error:.1e}, the tolerance {tolerance:.0e}"
    if claimed.shape != x.shape:
        where = f"the claimed gradient has shape {claimed.shape}, `x` has shape {x.shape}"
    return f"Your check says `{bool(result)}` for the gradient below, where {where}."
