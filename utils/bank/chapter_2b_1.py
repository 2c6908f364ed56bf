"""The Python beside the catalogue of chapter 2b_1: draws, laws, and formulas of several lines."""

from __future__ import annotations

import math

import numpy as np
from numpy import exp

from utils.bank.case import Case
from utils.bank.inputs import each_shape_again
from utils.reference import sigmoid_derivative

TINIEST = 1e-300  # what is smaller than this has ever fewer digits, and is not asked for
LIMITS = (10, 15, 16, 20, 30, 32, 36, 40, 50, 60, 64, 88, 100, 200, 250, 300, 500, 600)  # of z, that people choose
BETWEEN_LIMITS = -np.add(LIMITS, (*LIMITS[1:], 690)) / 2  # where a cut at one differs from a cut at the next


@each_shape_again
def preactivations(rng):
    """Of one, two and three axes; then both tails, where a result is judged by all its digits however small it is."""
    return [
        Case({"z": np.array([2.0, 0.0, -1.0])}),
        Case({"z": np.array([[1.0, 0.0, -1.0], [3.0, -2.0, 0.5]])}),
        Case({"z": rng.normal(0, 2, (6, 5))}),
        Case({"z": rng.normal(0, 2, (4, 2, 3))}),
        Case({"z": np.array([-30.0, -680.0, -690.0])}, extreme=True, atol=TINIEST),
        Case({"z": np.array([1000.0, 0.0, -1000.0])}, extreme=True, atol=TINIEST),
        Case({"z": -rng.uniform(20, 690, (5, 4))}, extreme=True, atol=TINIEST),
        Case({"z": BETWEEN_LIMITS}, extreme=True, atol=TINIEST),
        Case({"z": np.linspace(-1e4, 1e4, 12).reshape(3, 4)}, extreme=True, atol=TINIEST),
    ]


def preactivations_to_the_usual_digits(rng):
    return [
        *(Case(case.arguments, case.extreme) for case in preactivations(rng)),
        Case({"z": np.array([13.0, 18.0, 23.0])}, extreme=True, atol=1e-14),  # a difference quotient is all rounding
    ]


@each_shape_again
def hidden_values(rng):
    return [
        Case({"h": np.array([0.9, 0.5, 0.2])}),
        Case({"h": np.array([[0.1, 0.7, 0.4], [0.8, 0.25, 0.6]])}),
        Case({"h": rng.uniform(0.05, 0.95, 7)}),
        Case({"h": rng.uniform(0.05, 0.95, (6, 5))}),
        Case({"h": np.array([0.0, 1.0, 0.5])}, extreme=True),  # units that are saturated to the last digit
    ]


def between_0_and_1(z, result):
    if np.any((result < 0) | (result > 1)):
        return "A sigmoid lies between 0 and 1, whatever goes in. An entry of yours does not."
    return None


def rises(z, result):
    if not np.array_equal(np.argsort(z, axis=None), np.argsort(result, axis=None)):
        return "A sigmoid rises: a larger $z$ gets a larger $\\sigma(z)$. Here that is not so."
    return None


def at_most_a_quarter(z_or_h, result):
    if np.any((result < 0) | (result > 0.25 + 1e-12)):
        return "$\\sigma'$ lies between 0 and $\\frac14$, wherever it is taken. An entry of yours does not."
    return None


def is_more_than_noise(z, result):
    """Of a small slope a numeric derivative finds the rounding of sigma, divided by its step."""
    if np.allclose(result, sigmoid_derivative(z), rtol=0, atol=1e-6):
        return (
            "Right to a few digits, and where the slope is small, to none. A numeric derivative does that: it is for "
            "checking. The formula has all its digits."
        )
    return None


def naive(z):
    return 1 / (1 + exp(-z))


def naive_below(z):
    return exp(z) / (1 + exp(z))


def number_by_number(z):
    h = [1 / (1 + math.exp(-v)) if v >= 0 else math.exp(v) / (1 + math.exp(v)) for v in np.ravel(z)]
    return np.reshape(h, np.shape(z))


def if_(z):
    if z >= 0:
        return naive(z)
    return naive_below(z)


def math_exp(z):
    return 1 / (1 + math.exp(-z))
