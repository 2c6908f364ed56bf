"""Pieces that the formulas of the pages are made of, and formulas of several lines.

Batches are rows; the last axis is classes.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy import exp, log

from utils.reference import forward, parameter_gradients

# What people add "for numerical stability".
EPSILONS = (*(10.0**-n for n in (*range(3, 17), 20, 30, 32, 100, 300)), np.finfo(float).eps, np.finfo(float).tiny)


row_sum, row_max, row_mean, row_min = (
    partial(function, axis=-1, keepdims=True) for function in (np.sum, np.max, np.mean, np.min)
)


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


def with_a_loop(labels, K):
    y = np.zeros((len(labels), K))
    for n, label in enumerate(labels):
        y[n, label] = 1
    return y


def safe_log(y_hat):
    """log, with 0 in place of -inf; only ever multiplied with a target of 0 there."""
    return log(np.where(y_hat > 0, y_hat, 1))


def nll(y, y_hat):
    """The naive row losses: nan where y and y_hat are both 0."""
    return -np.sum(y * log(y_hat), axis=-1)


def table(a, b):
    """a_i (delta_ij - b_j), the Jacobian of softmax where a and b are its result."""
    return a[:, None] * (np.eye(len(a)) - b)


def on_the_diagonal(diagonal, rest):
    return np.where(np.eye(len(diagonal)) == 1, diagonal, rest)


def naive(z):
    return 1 / (1 + exp(-z))


def naive_below(z):
    return exp(z) / (1 + exp(z))


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


def largest_difference(a, b):
    return np.max(np.abs(a - b))


def largest_size(a, b):
    return np.maximum(np.max(np.abs(a)), np.max(np.abs(b)))


def updates(x, y, W1, b1, W2, b2, rate=0.1, too_early=False):
    """The parameters take a step inside the function; too early: W2 does so before the error passes back through it."""
    parameters = W1, b1, W2, b2
    result = parameter_gradients(x, y, *parameters)
    if too_early:
        _, h, _, y_hat = forward(np.atleast_2d(x), *parameters)
        dz = (y_hat - y) / len(h) @ (W2 - rate * result.dW2).T * h * (1 - h)
        result = np.atleast_2d(x).T @ dz, dz.sum(axis=0), result.dW2, result.db2
    for parameter, gradient in zip(parameters, result, strict=True):
        parameter -= rate * gradient
    return result


def push(x, dx, epsilon):
    """The image within epsilon of x, pixel by pixel, that lowers a plane J most. Ink stays in 0 to 1."""
    return np.clip(x - epsilon * np.sign(dx), 0, 1)
