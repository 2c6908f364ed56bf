"""The Python beside the catalogue of chapter 3_3: draws, laws, and formulas of several lines."""

from __future__ import annotations

import numpy as np

from utils.bank.case import cases
from utils.bank.inputs import each_shape_again
from utils.reference import forward, parameter_gradients


def updates(rate=0.1, *, too_early=False):
    """The parameters take a step inside the function; too early: W2 does so before the error passes back through it."""

    def gradients(x, y, W1, b1, W2, b2):
        parameters = W1, b1, W2, b2
        result = parameter_gradients(x, y, *parameters)
        if too_early:
            _, h, _, y_hat = forward(np.atleast_2d(x), *parameters)
            dz = (y_hat - y) / len(h) @ (W2 - rate * result.dW2).T * h * (1 - h)
            result = np.atleast_2d(x).T @ dz, dz.sum(axis=0), result.dW2, result.db2
        for parameter, gradient in zip(parameters, result, strict=True):
            parameter -= rate * gradient
        return result

    return gradients


@each_shape_again
def parameter_and_gradient(rng):
    D, H = (int(n) for n in rng.permutation(np.arange(4, 9))[:2])
    row, slope = [1.0, -2.0], [0.5, -1.0]
    table = [[1.0, 0.5], [-1.0, 2.0], [0.0, 3.0]], [[0.2, -0.4], [0.0, 1.0], [-2.0, 0.6]], 0.5
    drawn = [
        (rng.normal(size=shape), rng.normal(size=shape), float(rng.uniform(*rates)))
        for shape, rates in ((H, (0.01, 0.3)), ((D, H), (2, 4)))
    ]
    return cases("parameter gradient rate", [(row, slope, 0.1), (row, slope, 0.2), table, *drawn])


@each_shape_again
def image_and_gradient(rng):
    N, D = (int(n) for n in rng.permutation(np.arange(4, 9))[:2])
    x = np.array([[0.0, 0.25, 0.5, 1.0], [1.0, 0.75, 0.25, 0.0]])
    dx = np.array([[0.3, 0.0, -0.4, 0.1], [0.2, -0.6, 0.05, -0.01]])

    def drawn(shape, epsilon):
        """With a pixel at each end of the ink, so that both are met."""
        image, gradient = rng.uniform(size=shape), rng.normal(size=shape)
        image[..., :2], gradient[..., :2] = (0, 1), np.abs(gradient[..., :2]) * (1, -1)
        return image, gradient, epsilon

    fixed = (x[0], dx[0], 0.25), (x[0], dx[0], 0.5), (x, dx, 0.25)
    return cases("x dx epsilon", [*fixed, drawn(D, 0.4), drawn((N, D), float(rng.uniform(0.1, 0.3)))])


def push(x, dx, epsilon):
    """The image within epsilon of x, pixel by pixel, that lowers J most as long as J is a plane. Ink stays in 0 to 1."""
    return np.clip(x - epsilon * np.sign(dx), 0, 1)
