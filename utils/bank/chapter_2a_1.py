"""The Python beside the catalogue of chapter 2a_1: draws, laws, and formulas of several lines."""

from __future__ import annotations

import numpy as np
from numpy import exp

from utils.bank.formulas import row_max


def sums_to_one(theta, *rest):
    sums = np.atleast_1d(np.sum(rest[-1], axis=-1))
    if not np.allclose(sums, 1):
        return "Probabilities sum to 1; a row of yours does not. Divide each row by its own sum."
    return None


def keeps_the_order(theta, *rest):
    result = rest[-1]
    if not np.array_equal(np.argsort(theta, axis=-1), np.argsort(result, axis=-1)):
        return "A larger logit must get a larger probability; in a row of yours one does not."
    return None


def log_of_probabilities(theta, result):
    sums = np.atleast_1d(np.sum(exp(result), axis=-1))
    if not np.allclose(sums, 1):
        return "If these are logarithms of probabilities, their exponentials sum to 1. Those of yours do not."
    return None


def at_least_the_maximum(theta, result):
    if np.any(result < np.max(theta, axis=-1) - 1e-9):
        return "$\\log\\sum_j e^{\\theta_j}$ is never below the largest logit (drop all other terms). Yours is."
    return None


def no_keepdims_shifted(theta):
    e = exp(theta - row_max(theta))
    return e / e.sum(axis=-1)


def row_by_row(theta):
    if np.ndim(theta) == 1:
        e = [np.exp(t - max(theta)) for t in theta]
        return np.array(e) / sum(e)
    return np.array([row_by_row(row) for row in theta])
