"""The Python beside the catalogue of chapter 2a_2: laws, and pieces of its formulas."""

from __future__ import annotations

import numpy as np
from numpy import log

from utils.bank.formulas import law

not_negative = law(
    lambda first, second, result: not np.any(np.asarray(result) < 0),
    "Surprise is never negative, for no probability exceeds 1. Yours is: look at the sign.",
)


def safe_log(y_hat):
    """log, with 0 in place of -inf; only ever multiplied with a target of 0 there."""
    return log(np.where(y_hat > 0, y_hat, 1))


def asked_log(y, y_hat):
    """log where the target asks for it, 0 elsewhere."""
    return log(y_hat, where=y > 0, out=np.zeros(np.shape(y_hat)))


def nll(y, y_hat):
    """The naive row losses: nan where y and y_hat are both 0."""
    return -np.sum(y * log(y_hat), axis=-1)


def entropy(y):
    return -np.sum(y * safe_log(y), axis=-1)
