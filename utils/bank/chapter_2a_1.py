"""The Python beside the catalogue of chapter 2a_1: laws."""

from __future__ import annotations

import numpy as np

from utils.bank.formulas import law

sums_to_one = law(
    lambda theta, *rest: np.allclose(np.sum(rest[-1], axis=-1), 1),
    "Probabilities sum to 1; a row of yours does not. Divide each row by its own sum.",
)
keeps_the_order = law(
    lambda theta, *rest: np.array_equal(np.argsort(theta, axis=-1), np.argsort(rest[-1], axis=-1)),
    "A larger logit must get a larger probability; in a row of yours one does not.",
)
log_of_probabilities = law(
    lambda theta, result: np.allclose(np.sum(np.exp(result), axis=-1), 1),
    "If these are logarithms of probabilities, their exponentials sum to 1. Those of yours do not.",
)
at_least_the_maximum = law(
    lambda theta, result: not np.any(result < np.max(theta, axis=-1) - 1e-9),
    "$\\log\\sum_j e^{\\theta_j}$ is never below the largest logit (drop all other terms). Yours is.",
)
