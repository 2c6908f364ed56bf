"""The Python beside the catalogue of chapter 2b_3: draws, laws, and formulas of several lines."""

from __future__ import annotations

import numpy as np

from utils.bank.case import Case
from utils.bank.inputs import each_shape_again, network_input_and_target
from utils.reference import input_gradient, sigmoid_derivative


def moves_z(x, y, W1, b1, W2, b2, result):
    """What a right dJ/dx obeys: along a direction that changes no z, nothing changes."""
    still = result - result @ W1 @ np.linalg.pinv(W1)
    if np.any(np.abs(still) > 1e-9):
        return (
            "Your gradient has a part along which $x$ can move without changing any $z$ (it is perpendicular to every "
            "column of $W_1$). Along it $J$ stands still, so this part must be 0."
        )
    return None


def is_more_than_noise(x, y, W1, b1, W2, b2, result):
    """Of a faint gradient a numeric derivative finds the rounding of J, divided by its step."""
    right = input_gradient(x, y, W1, b1, W2, b2)
    if np.max(np.abs(right)) < 1e-8 and np.max(np.abs(result - right)) < 1e-8:
        return (
            "Where all units are nearly flat the gradient is tiny, and yours is off by as much as its own size. A numeric "
            "derivative does that: it is for checking. The formula has all its digits, however small it is."
        )
    return None


NEARLY_ONE = np.array([13.0, 18.0, 23.0])  # units at which a difference quotient is all rounding


@each_shape_again
def pre_activations(rng):
    fixed = np.array([0.0, 1.0, -2.0])
    far = [np.array([1000.0, 0.0, -1000.0]), np.linspace(-1e4, 1e4, 4)]
    return [
        Case({"z": fixed}),
        *(Case({"z": rng.normal(0, 2, H)}) for H in (4, 6)),
        *(Case({"z": z}, extreme=True) for z in far),
        Case({"z": NEARLY_ONE}, extreme=True, atol=1e-14),
    ]


@each_shape_again
def gradient_and_pre_activation(rng):
    H, N = sorted(int(n) for n in rng.choice(np.arange(4, 9), 2, replace=False))
    g, z = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]]), np.array([[0.0, 1.0, -2.0], [2.0, -1.0, 0.5]])
    far = np.array([[1000.0, 0.0, -1000.0], [-1e4, 1e4, 3.0]])
    return [
        Case({"g": g[0], "z": z[0]}),
        Case({"g": g, "z": z}),
        Case({"g": rng.normal(size=H), "z": rng.normal(0, 2, H)}),
        Case({"g": rng.normal(size=(N, H)), "z": rng.normal(0, 2, (N, H))}),
        *(Case({"g": g[n], "z": far[n]}, extreme=True) for n in range(2)),
        Case({"g": g, "z": far}, extreme=True),
        Case({"g": g[0], "z": NEARLY_ONE}, extreme=True, atol=1e-14),
    ]


def single_rows(rng):
    return [case for case in network_input_and_target(rng) if case.arguments["x"].ndim == 1]


def vjp(g, z):
    return g * sigmoid_derivative(z)


def naive_prime(z):
    return np.exp(-z) / (1 + np.exp(-z)) ** 2
