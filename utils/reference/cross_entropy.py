"""Cross-entropy, from probabilities and from logits, and its gradient with respect to the logits.

J is the mean over the rows of the batch. One example (K,) is a batch of one.
"""

import numpy as np

from utils.reference.shapes import as_rows, as_targets
from utils.reference.softmax import log_softmax, softmax


def cross_entropy(y, y_hat):
    """J = mean over n of -sum_i y_ni log y_hat_ni, with 0 log 0 = 0.

    y: targets, a probability vector per row, one-hot or soft. y_hat: predicted probabilities. Both (K,) or (N, K).
    y_hat need not sum to 1, so that J can be differentiated with respect to each of its entries.
    Returns a float (a complex number if an argument is complex); inf, silently, where y > 0 and y_hat = 0.
    Raises ValueError if the shapes differ, if a row of y is not a probability vector, or if y_hat < 0 where y > 0.
    """
    y_hat = as_rows(y_hat, "y_hat")
    y = as_targets(y, y_hat, "y_hat")
    awaited = y_hat.real[y != 0]
    if np.any(awaited < 0):
        raise ValueError(f"y_hat holds {awaited.min():.6g} where y > 0, probabilities should not be negative")
    asked = (y != 0) | np.isnan(y_hat)  # NaN is never hidden, not even behind y = 0
    with np.errstate(divide="ignore"):
        return _mean_over_rows(y, np.log(y_hat, where=asked, out=np.zeros_like(y_hat)))


def cross_entropy_from_logits(theta, y):
    """J = mean over n of -sum_i y_ni log softmax(theta_n)_i, in one stable step: finite wherever theta is.

    theta: logits (K,) or (N, K). y: targets of the same shape, a probability vector per row, one-hot or soft.
    Returns a float (a complex number if an argument is complex).
    Raises ValueError if the shapes differ, or if a row of y is not a probability vector.
    """
    theta = as_rows(theta)
    y = as_targets(y, theta)
    return _mean_over_rows(y, log_softmax(theta))


def softmax_cross_entropy_gradient(theta, y):
    """dJ/dtheta = (softmax(theta) - y) / N, the gradient of `cross_entropy_from_logits`.

    2(a), for one example with y_k = 1. Case i = k: dJ/dtheta_i = y_hat_i - 1. Case i != k: dJ/dtheta_i = y_hat_i.
    Vector form: dJ/dtheta = y_hat - y, for soft labels too, since the entries of y sum to 1. The mean gives the 1/N.
    theta: logits (K,) or (N, K), where (K,) means N = 1. y: targets of the same shape, a probability vector per row.
    Returns the shape of theta. Raises ValueError as `cross_entropy_from_logits` does.
    """
    theta = as_rows(theta)
    y = as_targets(y, theta)
    return (softmax(theta) - y) / len(np.atleast_2d(theta))


def _mean_over_rows(y, log_y_hat):
    J = -np.sum(y * log_y_hat) / len(np.atleast_2d(y))
    return (J + 0.0).item()  # + 0.0, so that a perfect prediction costs 0.0 and not -0.0
