"""What every right answer obeys: functions of the arguments and the result that say a sentence where it is broken."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from utils.bank.functions import FUNCTIONS
from utils.reference import gradient_check, input_gradient, sigmoid_derivative


def law(holds: Callable[..., bool], said: str) -> Callable[..., str | None]:
    """A condition of arguments and result, and what is said where it is broken."""
    return lambda *given: None if holds(*given) else said


one_sum_each = law(
    lambda labels, K, result: np.allclose(np.sum(result, axis=-1), 1),
    "Not every row of your result sums to 1. How many ones should a row hold?",
)
sums_to_one = law(
    lambda theta, *rest: np.allclose(np.sum(rest[-1], axis=-1), 1),
    "Probabilities sum to 1; a row of yours does not. Divide each row by its own sum.",
)


def _in_order(theta, *rest):
    """Far below the largest logit all probabilities are 0, and none of them is larger than another."""
    probabilities = np.take_along_axis(rest[-1], np.argsort(theta, axis=-1), axis=-1)
    return np.all(np.diff(probabilities) >= 0) and np.all(np.ptp(rest[-1], axis=-1) > 0)


keeps_the_order = law(
    _in_order,
    "A larger logit must get a larger probability; in a row of yours one does not.",
)
log_of_probabilities = law(
    lambda theta, result: np.allclose(np.sum(np.exp(result), axis=-1), 1),
    "If these are logarithms of probabilities, their exponentials sum to 1. Those of yours do not.",
)
at_least_the_maximum = law(
    lambda theta, result: not np.any(result < np.max(theta, axis=-1) - 1e-9),
    "$\\log\\sum_j e^{\\theta_j}$ is never below the largest logit (drop all other terms). Yours is.",
)
not_negative = law(
    lambda first, second, result: not np.any(np.asarray(result) < 0),
    "Surprise is never negative, for no probability exceeds 1. Yours is: look at the sign.",
)
rows_sum_to_zero = law(
    lambda theta, y, result: not np.any(np.abs(np.sum(result, axis=-1)) > 1e-9),
    "A row of your gradient does not sum to 0. Adding a constant to all logits changes nothing, so the entries of the "
    "gradient must sum to 0.",
)
jacobian_rows_sum_to_zero = law(
    lambda theta, result: not np.any(np.abs(np.sum(result, axis=-1)) > 1e-9),
    "A row of your matrix does not sum to 0. Adding a constant to all logits changes no probability, so each row must "
    "sum to 0.",
)
between_0_and_1 = law(
    lambda z, result: not np.any((result < 0) | (result > 1)),
    "A sigmoid lies between 0 and 1, whatever goes in. An entry of yours does not.",
)
rises = law(
    lambda z, result: np.array_equal(np.argsort(z, axis=None), np.argsort(result, axis=None)),
    "A sigmoid rises: a larger $z$ gets a larger $\\sigma(z)$. Here that is not so.",
)
at_most_a_quarter = law(
    lambda z_or_h, result: not np.any((result < 0) | (result > 0.25 + 1e-12)),
    "$\\sigma'$ lies between 0 and $\\frac14$, wherever it is taken. An entry of yours does not.",
)
is_more_than_noise = law(  # of a small slope a numeric derivative finds the rounding of sigma, divided by its step
    lambda z, result: not np.allclose(result, sigmoid_derivative(z), rtol=0, atol=1e-6),
    "Right to a few digits, and where the slope is small, to none. A numeric derivative does that: it is for checking. "
    "The formula has all its digits.",
)
moves_z = law(  # along a direction that changes no z, nothing changes
    lambda x, y, W1, b1, W2, b2, result: not np.any(np.abs(result - result @ W1 @ np.linalg.pinv(W1)) > 1e-9),
    "Your gradient has a part along which $x$ can move without changing any $z$ (it is perpendicular to every column of "
    "$W_1$). Along it $J$ stands still, so this part must be 0.",
)


def _gradient_is_more_than_noise(*given):
    """Of a faint gradient a numeric derivative finds the rounding of J, divided by its step."""
    *arguments, result = given
    right = input_gradient(*arguments)
    return np.max(np.abs(right)) >= 1e-8 or np.max(np.abs(result - right)) >= 1e-8


gradient_is_more_than_noise = law(
    _gradient_is_more_than_noise,
    "Where all units are nearly flat the gradient is tiny, and yours is off by as much as its own size. A numeric "
    "derivative does that: it is for checking. The formula has all its digits, however small it is.",
)
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


def must_follow_the_error(g, gradient, x, tolerance, result):
    check = gradient_check(g, gradient, x, tolerance=tolerance)
    if check.agrees == bool(result):
        return None
    claimed = gradient(x)
    error = f"the relative error is {check.relative_error:.1e}, the tolerance {tolerance:.0e}"
    shapes = f"the claimed gradient has shape {claimed.shape}, `x` has shape {x.shape}"
    return f"Your check says `{bool(result)}` for the gradient below, where {shapes if claimed.shape != x.shape else error}."
