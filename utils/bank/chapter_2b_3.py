"""The Python beside the catalogue of chapter 2b_3: draws, laws, and formulas of several lines."""

from __future__ import annotations

import numpy as np

from utils.bank.case import Case
from utils.bank.formulas import (
    rows,
)
from utils.bank.inputs import each_shape_again, network_input_and_target
from utils.reference import (
    forward,
    input_gradient,
    sigmoid,
    sigmoid_derivative,
    softmax_cross_entropy_gradient,
)

ENTRY = "D(theta[i], h[j])"
ENTRY_SUM = f"{ENTRY}\nD(sum(h[k] * W2[k, i], k) + b2[i], h[j])"
CHAIN = "D(J, theta) @ D(theta, h) @ D(h, z) @ D(z, x)"
DERIVED = f"D(J, x)\n{CHAIN}"
GRADIENT = "((y_hat - y) @ W2.T * h * (1 - h)) @ W1.T"


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


def in_columns(x, y, W1, b1, W2, b2):
    """The other layout: columns, and the chain from right to left."""
    _, h, _, y_hat = forward(x, W1, b1, W2, b2)
    return (W1 @ ((h * (1 - h)).T * (W2 @ (y_hat - y).T))).T / rows(x)


def by_jacobians(x, y, W1, b1, W2, b2):
    """Every factor as the matrix that it is, row by row."""

    def of_one(x, y):
        z, _, _, y_hat = forward(x, W1, b1, W2, b2)
        return (y_hat - y) @ W2.T @ np.diag(sigmoid_derivative(z)) @ W1.T

    X, Y = np.atleast_2d(x, y)
    return np.reshape([of_one(*row) for row in zip(X, Y, strict=True)], np.shape(x)) / len(X)


def by_loops(x, y, W1, b1, W2, b2):
    X, Y = np.atleast_2d(x, y)
    dx = np.zeros_like(X)
    for n in range(len(X)):
        _, h, _, y_hat = forward(X[n], W1, b1, W2, b2)
        for d in range(W1.shape[0]):
            for j in range(W1.shape[1]):
                back = sum((y_hat[i] - Y[n, i]) * W2[j, i] for i in range(W2.shape[1]))
                dx[n, d] += back * h[j] * (1 - h[j]) * W1[d, j] / len(X)
    return dx.reshape(x.shape)


def by_a_tape(x, y, W1, b1, W2, b2):
    """As an automatic differentiator goes: each step leaves behind how to come back through it."""
    tape, value = [], x
    for step, back in (
        (lambda v: v @ W1 + b1, lambda g, v, out: g @ W1.T),
        (sigmoid, lambda g, v, out: g * out * (1 - out)),
        (lambda v: v @ W2 + b2, lambda g, v, out: g @ W2.T),
    ):
        tape.append((back, value, out := step(value)))
        value = out
    g = softmax_cross_entropy_gradient(value, y)
    for back, v, out in reversed(tape):
        g = back(g, v, out)
    return g


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
