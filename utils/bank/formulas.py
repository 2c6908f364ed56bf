"""Pieces that the formulas of several pages are made of. Batches are rows; the last axis is classes."""

from __future__ import annotations

from functools import partial

import numpy as np

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


def safe_log(y_hat):
    """log, with 0 in place of -inf; only ever multiplied with a target of 0 there."""
    return np.log(np.where(y_hat > 0, y_hat, 1))


def naive(z):
    return 1 / (1 + np.exp(-z))
