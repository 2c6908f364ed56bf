"""The Python beside the catalogue of chapter 3_1: draws, laws, and formulas of several lines."""

from __future__ import annotations

from functools import partial

import numpy as np

from utils.bank.case import cases
from utils.bank.formulas import law
from utils.bank.inputs import each_shape_again
from utils.reference import gradient_check, input_gradient, loss, one_hot

# What is differentiated, and gradients that are claimed of it, by the names that are shown.
FUNCTIONS = {
    "sum_of_squares": lambda x: np.sum(x**2),
    "sum_of_cubes": lambda x: np.sum(x**3),
    "log_sum_exp": lambda x: np.log(np.sum(np.exp(x))),
    "tiny_sum_of_squares": lambda x: 1e-9 * np.sum(x**2),
    "huge_sum_of_squares": lambda x: 1e6 * np.sum(x**2),
    "faint_sum_of_squares": lambda x: 1e-30 * np.sum(x**2),
    "small_sum_of_squares": lambda x: 0.01 * np.sum(x**2),
    "constant": lambda x: 7.0 + 0 * np.sum(x),
    "twice_x": lambda x: 2 * x,
    "minus_twice_x": lambda x: -2 * x,
    "nearly_twice_x": lambda x: 2 * x * (1 + 1e-8),
    "twice_x_and_a_little": lambda x: 2 * x + 3e-7,
    "twice_x_to_three_digits": lambda x: 2 * x * (1 + 1e-3),
    "one_entry_wrong": lambda x: 2 * x + np.eye(1, len(x), len(x) - 1)[0],
    "twice_x_backwards": lambda x: 2 * x[::-1],
    "twice_x_as_a_column": lambda x: 2 * x[:, np.newaxis],
    "twice_x_with_a_nan": lambda x: np.where(np.arange(len(x)) == 1, np.nan, 2 * x),
    "huge_nearly_twice_x": lambda x: 1e6 * (2 * x * (1 + 1e-8)),
    "small_twice_x_to_five_digits": lambda x: 0.02 * x * (1 + 4e-6),
    "tiny_twice_x": lambda x: 2e-9 * x,
    "minus_tiny_twice_x": lambda x: -2e-9 * x,
    "minus_faint_twice_x": lambda x: -2e-30 * x,
    "zeros": lambda x: np.zeros(np.shape(x)),
}
for name, function in FUNCTIONS.items():
    function.__name__ = function.__qualname__ = name
globals().update(FUNCTIONS)  # where another process looks for what it is handed


def _network(rng):
    """The loss of a network as a function of its inputs, its gradient, one that forgot 1/N, and inputs to start from."""
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
    """A function of x alone, under a name to show. No closure: what is handed to another process has to be picklable."""
    of_x = partial(function, **rest)
    of_x.__name__ = name
    return of_x


def _summed_gradient(x, **rest):
    return len(x) * input_gradient(x, **rest)


def _cases(names, ordinary, extreme):
    """Cases, in which a string stands for the function of this name."""
    named = (
        [[FUNCTIONS.get(v, v) if isinstance(v, str) else v for v in row] for row in rows]
        for rows in (ordinary, extreme)
    )
    return cases(names, *named)


@each_shape_again
def points(rng):
    network_loss, _, _, x = _network(rng)
    table = [[1.0, 0.0, -1.0], [2.0, 0.5, 0.3]]
    ordinary = [
        ("sum_of_squares", [0.3, -1.0, 2.0], 0.1),
        ("sum_of_cubes", table, 0.1),
        ("sum_of_cubes", table, 0.2),
        ("log_sum_exp", rng.normal(size=7), 0.02),
        (network_loss, x, 0.01),
        ("log_sum_exp", rng.normal(size=(2, 4, 3)), 0.03),
    ]
    return _cases("g x h", ordinary, [("sum_of_cubes", [3, -1, 2], 0.1)])


def points_and_tiny_steps(rng):
    network_loss, _, _, x = _network(rng)
    return points(rng) + _cases("g x h", [], [("sum_of_cubes", [1.0, -2.0], 1e-200), (network_loss, x, 1e-200)])


@each_shape_again
def pairs(rng):
    a, b = rng.normal(size=(2, 4, 5))
    ordinary = [
        ([1.0, 2.0, -5.0], [1.0, 2.5, -5.0]),
        ([0.01, -0.02], [-0.01, 0.02]),
        ([[0.0, 4.0], [1.0, 2.0], [-6.0, 0.5]], [[1e-9, 4.0], [1.0, 3.0], [-6.0, 0.5]]),
        ([3.0, -0.5], [1.5, -0.5]),
        (a, b),
        (1e-3 * a[0], -2e-3 * a[0]),
    ]
    extreme = [
        ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
        ([1.0, np.nan, 2.0], [1.0, 2.0, 2.0]),
        ([2e-14, -1e-14], [1e-14, -1e-14]),
        ([2e-30, -1e-30], [1e-30, -1e-30]),
    ]
    return cases("a b", ordinary, extreme)


def claims(rng):
    network_loss, network_gradient, without_1_over_N, x = _network(rng)
    point = [1.0, -2.0, 0.5]
    ordinary = [
        ("sum_of_squares", "twice_x", point, 1e-6),
        ("sum_of_squares", "minus_twice_x", point, 1e-6),
        ("sum_of_squares", "one_entry_wrong", point, 1e-6),
        ("sum_of_squares", "twice_x_backwards", point, 1e-6),
        ("sum_of_squares", "twice_x_as_a_column", [0.5, 0.5, 0.5], 1e-6),
        ("sum_of_squares", "nearly_twice_x", rng.normal(size=4), 1e-6),
        ("sum_of_squares", "twice_x_and_a_little", [1.0, 0.001], 1e-6),
        ("sum_of_squares", "twice_x_to_three_digits", point, 1e-6),
        ("sum_of_squares", "twice_x_to_three_digits", point, 1e-2),
        ("huge_sum_of_squares", "huge_nearly_twice_x", point, 1e-6),
        ("small_sum_of_squares", "small_twice_x_to_five_digits", point, 1e-6),
        ("constant", "zeros", point, 1e-6),
        (network_loss, network_gradient, x, 1e-6),
        (network_loss, without_1_over_N, x, 1e-6),
        ("tiny_sum_of_squares", "tiny_twice_x", point, 1e-6),
        ("tiny_sum_of_squares", "minus_tiny_twice_x", point, 1e-6),
        ("faint_sum_of_squares", "minus_faint_twice_x", point, 1e-6),
    ]
    return _cases("g gradient x tolerance", ordinary, [("sum_of_squares", "twice_x_with_a_nan", point, 1e-6)])


def row_steps(x):
    """For each entry what moves its whole row, as `for i in range(len(x))` does."""
    size = x[0].size
    return np.kron(np.eye(len(x)), np.ones((size, size))).reshape(-1, *x.shape)


def in_place(first, second, g, x, h, back, here=None):
    """x itself is moved, by first * h and by second * h, and at the end by back * h. here: what g was after the first
    move, where that is computed once."""
    slopes = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += first * h
        before = g(x) if here is None else here
        x[i] += second * h
        slopes[i] = (g(x) - before) / (second * h)
        x[i] += back * h
    return slopes


forward_in_place, central_in_place = partial(in_place, 0, 1), partial(in_place, 1, -2)
forward_is_exact_for_squares = law(
    lambda g, x, h, result: g is not FUNCTIONS["sum_of_squares"] or np.allclose(result, 2 * x + h, atol=1e-9),
    "For a sum of squares you can say by hand what must come out: $((x + h)^2 - x^2)/h = 2x + h$, entry by entry. "
    "Compare yours.",
)
central_is_exact_for_squares = law(
    lambda g, x, h, result: g is not FUNCTIONS["sum_of_squares"] or np.allclose(result, 2 * x, atol=1e-9),
    "For a sum of squares you can say by hand what must come out: $((x + h)^2 - (x - h)^2)/2h = 2x$, entry by entry, "
    "whatever $h$ is. Compare yours.",
)


def largest_difference(a, b):
    return np.max(np.abs(a - b))


def largest_size(a, b):
    return np.maximum(np.max(np.abs(a)), np.max(np.abs(b)))


def broadcast_error(a, b):
    """The relative error of two arrays whatever their shapes are. 0/0 is 0."""
    above, below = largest_difference(a, b), largest_size(a, b)
    return 0.0 if above == 0 and below == 0 else above / below


def must_follow_the_error(g, gradient, x, tolerance, result):
    check = gradient_check(g, gradient, x, tolerance=tolerance)
    if check.agrees == bool(result):
        return None
    claimed = gradient(x)
    error = f"the relative error is {check.relative_error:.1e}, the tolerance {tolerance:.0e}"
    shapes = f"the claimed gradient has shape {claimed.shape}, `x` has shape {x.shape}"
    return f"Your check says `{bool(result)}` for the gradient below, where {shapes if claimed.shape != x.shape else error}."
