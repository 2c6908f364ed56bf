"""The Python beside the catalogue of chapter 00: draws, laws, and formulas of several lines."""

from __future__ import annotations

import numpy as np


def with_a_loop(labels, K):
    y = np.zeros((len(labels), K))
    for n, label in enumerate(labels):
        y[n, label] = 1
    return y


def one_sum_each(labels, K, result):
    if not np.allclose(np.sum(result, axis=-1), 1):
        return "Not every row of your result sums to 1. How many ones should a row hold?"
    return None
