"""The Python beside the catalogue of chapter 2a_3: draws, laws, and formulas of several lines."""

from __future__ import annotations

import numpy as np

QUESTION = "D(-sum(y[j] * log(y_hat[j]), j), theta[i])"


def rows_sum_to_zero(theta, y, result):
    if np.any(np.abs(np.sum(result, axis=-1)) > 1e-9):
        return (
            "A row of your gradient does not sum to 0. Adding a constant to all logits changes nothing, so the entries of "
            "the gradient must sum to 0."
        )
    return None


def jacobian_rows_sum_to_zero(theta, result):
    if np.any(np.abs(np.sum(result, axis=-1)) > 1e-9):
        return (
            "A row of your matrix does not sum to 0. Adding a constant to all logits changes no probability, so each row "
            "must sum to 0."
        )
    return None


def table(a, b):
    """a_i (delta_ij - b_j), the Jacobian of softmax where a and b are its result."""
    return a[:, None] * (np.eye(len(a)) - b)


def on_the_diagonal(diagonal, rest):
    return np.where(np.eye(len(diagonal)) == 1, diagonal, rest)
