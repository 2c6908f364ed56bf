"""The logistic sigmoid and its derivative.

Both are written with e = exp(-|z|), which lies between 0 and 1: nothing overflows, and 1 - h loses neither tail.
"""

import numpy as np

from utils.reference.shapes import as_array


def sigmoid(z):
    """sigma(z) = 1 / (1 + exp(-z)) where z >= 0, exp(z) / (1 + exp(z)) where z < 0: exp(min(z, 0)) / (1 + exp(-|z|)).

    z: numbers of any shape, real or complex. Returns the shape of z. Raises ValueError if z is empty or no number.
    """
    z = as_array(z, "z")
    h = _exp(np.minimum(z, 0.0))
    h /= 1.0 + _exp(_minus_abs(z))
    return h


def sigmoid_derivative(z):
    """sigma'(z) = sigma(z) (1 - sigma(z)) = e / (1 + e)^2, with e = exp(-|z|), because sigma' is even.

    The quotient rule of 2(b). It takes z, not h = sigma(z).
    z: numbers of any shape, real or complex. Returns the shape of z. Raises ValueError if z is empty or no number.
    """
    e = _exp(_minus_abs(as_array(z, "z")))
    e /= (1.0 + e) ** 2
    return e


def _minus_abs(z):
    """-|z|. NumPy orders complex numbers by their real parts first, so this is -z or z there, hence analytic."""
    return np.minimum(z, -z) if np.iscomplexobj(z) else -np.abs(z)


def _exp(a):
    """exp of a temporary, in its own place: for a large array a fresh one costs more than the exponentials."""
    return np.exp(a, out=a if a.ndim else None)
