"""The Python beside the catalogue of chapter 2a_3: laws, and pieces of its formulas."""

from __future__ import annotations

import numpy as np

from utils.bank.formulas import law

rows_sum_to_zero = law(
    lambda theta, y, result: not np.any(np.abs(np.sum(result, axis=-1)) > 1e-9),
    "A row of your gradient does not sum to 0. Adding a constant to all logits changes nothing, so the entries of the "
    "gradient must sum to 0.",
)
jacobian_rows_sum_to_zero = law(
    lambda theta, result: not np.any(np.abs(np.sum(result, axis=-1)) > 1e-9),
    "A row of your matrix does not sum to 0. Adding a constant to all logits changes no probability, so each row must "
    "sum to 0.",
)


def table(a, b):
    """a_i (delta_ij - b_j), the Jacobian of softmax where a and b are its result."""
    return a[:, None] * (np.eye(len(a)) - b)


def on_the_diagonal(diagonal, rest):
    return np.where(np.eye(len(diagonal)) == 1, diagonal, rest)
