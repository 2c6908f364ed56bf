"""Softmax, its logarithm and its Jacobian.

The largest logit of each row is subtracted before anything is exponentiated. That changes no result, because
softmax(theta + c) = softmax(theta), and it leaves no exponent above 0. Where theta is complex, for the complex step,
the largest real part is subtracted: only the real part can overflow, and a constant drops out of the derivative.
"""

import numpy as np

from utils.reference.shapes import as_rows


def log_sum_exp(theta):
    """log sum_j exp(theta_j) = m + log sum_j exp(theta_j - m), with m = max_j theta_j.

    theta: logits (K,) or (N, K). Returns a scalar or (N,). Raises ValueError if theta has another shape or is empty.
    """
    theta = as_rows(theta)
    m = theta.real.max(axis=-1, keepdims=True)
    return np.squeeze(m, axis=-1) + np.log(np.sum(np.exp(theta - m), axis=-1))


def log_softmax(theta):
    """log y_hat_i = theta_i - log sum_j exp(theta_j), without forming y_hat, so that no log of 0 is taken.

    theta: logits (K,) or (N, K). Returns the shape of theta. Raises ValueError if theta has another shape or is empty.
    """
    log_y_hat = _below_max(as_rows(theta))
    log_y_hat -= np.log(np.sum(np.exp(log_y_hat), axis=-1, keepdims=True))
    return log_y_hat


def softmax(theta):
    """y_hat_i = exp(theta_i) / sum_j exp(theta_j).

    theta: logits (K,) or (N, K). Returns the shape of theta. Raises ValueError if theta has another shape or is empty.
    """
    y_hat = _below_max(as_rows(theta))
    np.exp(y_hat, out=y_hat)
    y_hat /= np.sum(y_hat, axis=-1, keepdims=True)
    return y_hat


def softmax_jacobian(theta):
    """d y_hat_i / d theta_j = y_hat_i (delta_ij - y_hat_j), that is diag(y_hat) - y_hat^T y_hat for a row y_hat.

    The quotient rule in two cases: y_hat_i (1 - y_hat_i) for i = j, -y_hat_i y_hat_j for i != j.
    theta: logits (K,) or (N, K). Returns (K, K) or (N, K, K), where [..., i, j] is d y_hat_i / d theta_j.
    Raises ValueError if theta has another shape or is empty.
    """
    y_hat = softmax(theta)
    return y_hat[..., :, np.newaxis] * (np.eye(y_hat.shape[-1]) - y_hat[..., np.newaxis, :])


def _below_max(theta):
    """theta - max_j theta_j, row by row, in a new array."""
    return theta - theta.real.max(axis=-1, keepdims=True)
