"""The network with one hidden layer of question 2(b): forward, loss, and the gradients of the loss.

    z = x W1 + b1        h = sigma(z)        theta = h W2 + b2        y_hat = softmax(theta)        J = CE(y, y_hat)

J is the mean over the N rows; a single example (D,) is a batch of one. The gradient of J with respect to v is dv.
"""

from typing import NamedTuple

import numpy as np

from utils.reference.cross_entropy import cross_entropy_from_logits, softmax_cross_entropy_gradient
from utils.reference.shapes import as_array
from utils.reference.sigmoid import sigmoid, sigmoid_derivative
from utils.reference.softmax import softmax


class Forward(NamedTuple):
    """What the network computes on the way: z, h (H,) or (N, H); theta, y_hat (K,) or (N, K)."""

    z: np.ndarray
    h: np.ndarray
    theta: np.ndarray
    y_hat: np.ndarray


class ParameterGradients(NamedTuple):
    """dJ/dW1 (D, H), dJ/db1 (H,), dJ/dW2 (H, K), dJ/db2 (K,)."""

    dW1: np.ndarray
    db1: np.ndarray
    dW2: np.ndarray
    db2: np.ndarray


def forward(x, W1, b1, W2, b2):
    """z = x W1 + b1, h = sigma(z), theta = h W2 + b2, y_hat = softmax(theta).

    x: inputs (D,) or (N, D). Parameters: W1 (D, H), b1 (H,), W2 (H, K), b2 (K,).
    Returns Forward(z, h, theta, y_hat), each with as many rows as x. Raises ValueError if a shape does not fit.
    """
    x, W1, b1, W2, b2 = _as_network(x, W1, b1, W2, b2)
    z = x @ W1
    z += b1
    h = sigmoid(z)
    theta = h @ W2
    theta += b2
    return Forward(z, h, theta, softmax(theta))


def loss(x, y, W1, b1, W2, b2):
    """J = mean over the rows of CE(y, y_hat), by way of the logits.

    x: inputs (D,) or (N, D). y: targets (K,) or (N, K), a probability vector per row, one-hot or soft.
    Parameters: W1 (D, H), b1 (H,), W2 (H, K), b2 (K,). Returns a float (a complex number if an argument is complex).
    Raises ValueError if a shape does not fit, or if a row of y is not a probability vector.
    """
    return cross_entropy_from_logits(forward(x, W1, b1, W2, b2).theta, y)


def input_gradient(x, y, W1, b1, W2, b2):
    """dJ/dx = ((y_hat - y)/N W2^T o sigma'(z)) W1^T, where o is the element-wise product.

    2(b), the chain dJ/dtheta . dtheta/dh . dh/dz . dz/dx, with dtheta/dh = W2^T, dh/dz = diag(sigma'(z)), dz/dx = W1^T.
    Arguments and errors as in `loss`. Returns the shape of x: row n is the gradient of the mean J with respect to x_n.
    """
    x, W1, b1, W2, b2 = _as_network(x, W1, b1, W2, b2)
    _, _, dz = _backward(x, y, W1, b1, W2, b2)
    return dz @ W1.T


def parameter_gradients(x, y, W1, b1, W2, b2):
    """dW2 = h^T dtheta, db2 = sum over the rows of dtheta, dW1 = x^T dz, db1 = sum over the rows of dz.

    The chain of 2(b) with its last factor changed: dz/dW1 in place of dz/dx, dtheta/dW2 in place of dtheta/dh.
    Arguments and errors as in `loss`. Returns ParameterGradients(dW1, db1, dW2, db2), each shaped as its parameter.
    """
    x, W1, b1, W2, b2 = _as_network(x, W1, b1, W2, b2)
    # One example is a batch of one: the transpose of a 1-D array is the array itself, and x.T @ dz no outer product.
    x, h, dtheta, dz = map(np.atleast_2d, (x, *_backward(x, y, W1, b1, W2, b2)))
    return ParameterGradients(dW1=x.T @ dz, db1=dz.sum(axis=0), dW2=h.T @ dtheta, db2=dtheta.sum(axis=0))


def _backward(x, y, W1, b1, W2, b2):
    """h, and the gradients of J with respect to theta and to z."""
    z, h, theta, _ = forward(x, W1, b1, W2, b2)
    dtheta = softmax_cross_entropy_gradient(theta, y)
    dz = sigmoid_derivative(z) * (dtheta @ W2.T)
    return h, dtheta, dz


def _as_network(x, W1, b1, W2, b2):
    W1 = as_array(W1, "W1", ("D", "H"))
    D, H = W1.shape
    x = as_array(x, "x", (D,), ("N", D), note=f" to multiply W1, which has shape {W1.shape}")
    b1 = as_array(b1, "b1", (H,), note=f": one bias for each column of W1, which has shape {W1.shape}")
    W2 = as_array(W2, "W2", (H, "K"), note=f": one row for each column of W1, which has shape {W1.shape}")
    b2 = as_array(b2, "b2", W2.shape[1:], note=f": one bias for each column of W2, which has shape {W2.shape}")
    dtype = np.result_type(x, W1, b1, W2, b2)  # complex for all if any is, so that sums can be made in place
    return tuple(a.astype(dtype, copy=False) for a in (x, W1, b1, W2, b2))
