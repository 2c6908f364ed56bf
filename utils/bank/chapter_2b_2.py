"""The Python beside the catalogue of chapter 2b_2: draws, laws, and formulas of several lines."""

from __future__ import annotations

import numpy as np
from numpy import exp

from utils.bank.case import Case
from utils.bank.formulas import row_max
from utils.bank.inputs import each_shape_again
from utils.reference import sigmoid, softmax


@each_shape_again
def row_and_hidden_layer(rng):
    return [
        Case(
            {
                "x": np.array([1.0, 2.0]),
                "W1": np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 1.0]]),
                "b1": np.array([0.5, -1.0, 2.0]),
            }
        ),
        *(
            Case({"x": rng.normal(size=D), "W1": rng.normal(size=(D, H)), "b1": rng.normal(size=H)})
            for D, H in ((4, 6), (7, 5))
        ),
    ]


def sizes(rng):
    primes = (5, 7, 11, 13, 17, 19, 23, 29, 31, 37)  # so that no two counts meet
    return [
        Case({"D": 2, "H": 3, "K": 4}),
        Case({"D": 64, "H": 32, "K": 10}),
        *(Case(dict(zip("DHK", map(int, rng.permutation(primes)[:3]), strict=True))) for _ in range(3)),
    ]


def layer(x, W1, b1, sigma=sigmoid):
    z = x @ W1 + b1
    return z, sigma(z)


def of_the_last_input(x, W1, b1, bias):
    z = x[-1] * W1[-1] + (b1 if bias else 0)
    return z, sigmoid(z)


def network_(x, W1, b1, W2, b2, sigma=sigmoid, out=softmax):
    z = x @ W1 + b1
    h = sigma(z)
    theta = h @ W2 + b2
    return z, h, theta, out(theta)


def onward(z, h, W2, b2):
    """The rest of the way, from a z and an h that are wrong already."""
    theta = h @ W2 + b2
    return z, h, theta, softmax(theta)


def sigmoid_as_it_stands(z):
    return 1 / (1 + exp(-z))


def relu(z):
    return np.maximum(z, 0)


def hard_maximum(theta):
    return np.eye(theta.shape[-1])[np.argmax(theta, axis=-1)]


def down_the_columns(theta):
    e = exp(theta - np.max(theta, axis=0))
    return e / np.sum(e, axis=0)


def one_total(theta):
    e = exp(theta - np.max(theta))
    return e / np.sum(e)


def no_keepdims(theta):
    e = exp(theta - row_max(theta))
    return e / np.sum(e, axis=-1)
