"""The Python beside the catalogue of chapter 2b_1: draws, laws, and pieces of its formulas."""

from __future__ import annotations

import numpy as np
from numpy import exp

from utils.bank.case import Case, cases
from utils.bank.formulas import law
from utils.bank.inputs import each_shape_again
from utils.reference import sigmoid_derivative

TINIEST = 1e-300  # what is smaller than this has ever fewer digits, and is not asked for
LIMITS = (10, 15, 16, 20, 30, 32, 36, 40, 50, 60, 64, 88, 100, 200, 250, 300, 500, 600)  # of z, that people choose
BETWEEN_LIMITS = -np.add(LIMITS, (*LIMITS[1:], 690)) / 2  # where a cut at one differs from a cut at the next


@each_shape_again
def preactivations(rng):
    """Of one, two and three axes; then both tails, where a result is judged by all its digits however small it is."""
    fixed = [2.0, 0.0, -1.0], [[1.0, 0.0, -1.0], [3.0, -2.0, 0.5]]
    drawn = rng.normal(0, 2, (6, 5)), rng.normal(0, 2, (4, 2, 3))
    tails = [[-30.0, -680.0, -690.0], [1000.0, 0.0, -1000.0], -rng.uniform(20, 690, (5, 4)), BETWEEN_LIMITS]
    wide = np.linspace(-1e4, 1e4, 12).reshape(3, 4)
    return cases("z", [*fixed, *drawn]) + cases("z", extreme=[*tails, wide], atol=TINIEST)


def preactivations_to_the_usual_digits(rng):
    nearly_one = cases("z", extreme=[[13.0, 18.0, 23.0]], atol=1e-14)  # where a difference quotient is all rounding
    return [*(Case(case.arguments, case.extreme) for case in preactivations(rng)), *nearly_one]


@each_shape_again
def hidden_values(rng):
    fixed, saturated = ([0.9, 0.5, 0.2], [[0.1, 0.7, 0.4], [0.8, 0.25, 0.6]]), [0.0, 1.0, 0.5]
    return cases("h", [*fixed, rng.uniform(0.05, 0.95, 7), rng.uniform(0.05, 0.95, (6, 5))], [saturated])


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


def naive(z):
    return 1 / (1 + exp(-z))


def naive_below(z):
    return exp(z) / (1 + exp(z))
