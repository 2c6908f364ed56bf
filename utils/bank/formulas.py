"""What the formulas of several pages are made of, the functions that chapter 3_1 differentiates, and a law of it.

Batches are rows; the last axis is classes.
"""

from functools import partial
from types import SimpleNamespace

import numpy as np

from utils.reference import gradient_check

# What people add "for numerical stability".
EPSILONS = (*(10.0**-n for n in (*range(3, 17), 20, 30, 32, 100, 300)), np.finfo(float).eps, np.finfo(float).tiny)

row_sum, row_max, row_mean, row_min = (partial(f, axis=-1, keepdims=True) for f in (np.sum, np.max, np.mean, np.min))


def normalised(a):
    return a / row_sum(a)


def naive_softmax(theta):
    return normalised(np.exp(theta))


def rows(a):
    """N, where a single row is a batch of one."""
    return len(a) if np.ndim(a) > 1 else 1


def mean(per_row):
    """The mean over the batch of one number per row."""
    return float(np.mean(per_row))


def safe_log(y_hat):
    """log, with 0 in place of -inf; only ever multiplied with a target of 0 there."""
    return np.log(np.where(y_hat > 0, y_hat, 1))


def naive(z):
    return 1 / (1 + np.exp(-z))


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
    first_entry_wrong=lambda x: 2 * x + np.eye(1, len(x))[0],
    twice_x_backwards=lambda x: 2 * x[::-1],
    twice_x_as_a_column=lambda x: 2 * x[:, np.newaxis],
    twice_the_first_row=lambda x: 2 * x[:1],
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


def must_follow_the_error(g, gradient, x, tolerance, result):
    """As the laws of `laws.md`, but told with the error that was found."""
    check = gradient_check(g, gradient, x, tolerance=tolerance)
    if check.agrees == bool(result):
        return None
    claimed = gradient(x)
    where = f"the relative error is {check.relative_error:.1e}, the tolerance {tolerance:.0e}"
    if claimed.shape != x.shape:
        where = f"the claimed gradient has shape {claimed.shape} and `x` has shape {x.shape}"
    return f"Your check says `{bool(result)}` for the gradient below, where {where}."
