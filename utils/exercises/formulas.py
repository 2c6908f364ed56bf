"""Small pieces that the formulas of the bank are made of, and what is said in more than one exercise.

Batches are rows; the last axis is classes.
"""

from __future__ import annotations

import numpy as np

BATCH_ONLY = "It works for a batch, but a single row of shape $(K,)$ has no axis 1. `axis=-1`, the last one, fits both."
LENGTH_OF_A_ROW = (
    "`len(y)` is $N$ for a batch, and $K$ for a single row. Sum over the last axis, and then take `np.mean` of what is "
    "left."
)
# What people add "for numerical stability".
EPSILONS = (*(10.0**-n for n in (*range(3, 17), 20, 30, 32, 100, 300)), np.finfo(float).eps, np.finfo(float).tiny)


def row_sum(a):
    return np.sum(a, axis=-1, keepdims=True)


def row_max(a):
    return np.max(a, axis=-1, keepdims=True)


def normalised(a):
    return a / row_sum(a)


def naive_softmax(theta):
    return normalised(np.exp(theta))


def rows(a):
    """N, where a single row is a batch of one."""
    return 1 if np.ndim(a) == 1 else len(a)


def mean(per_row):
    """The mean over the batch of one number per row."""
    return float(np.mean(per_row))
