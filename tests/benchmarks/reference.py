"""How fast the reference is, against SciPy, against its own matrix products, and against an autodiff library."""

import autograd
import autograd.numpy as anp
import numpy as np
import scipy.special
from autograd.scipy.special import logsumexp

from tests.benchmarks.timing import Row, interleaved_medians
from utils.reference import input_gradient, log_softmax, one_hot, relative_error


def rows():
    """Measure, and yield a Row for each comparison."""
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(4096, 1000))
    ours, scipys = interleaved_medians(
        lambda: log_softmax(theta), lambda: scipy.special.log_softmax(theta, axis=-1), rounds=31
    )
    yield Row("log_softmax (4096, 1000)", ours, "scipy.special.log_softmax", scipys, 1.0)

    N, D, H, K = 4096, 784, 512, 10
    x, y = rng.normal(size=(N, D)), one_hot(rng.integers(K, size=N), K)
    W1, b1 = rng.normal(size=(D, H)) / np.sqrt(D), rng.normal(size=H)
    W2, b2 = rng.normal(size=(H, K)) / np.sqrt(H), rng.normal(size=K)
    h, dtheta = rng.random(size=(N, H)), rng.normal(size=(N, K))

    def ours():
        return input_gradient(x, y, W1, b1, W2, b2)

    def products():
        """The four of them, each result kept until the end as in any gradient; what lies between is left out."""
        z = x @ W1
        theta = h @ W2
        dz = dtheta @ W2.T
        return z, theta, dz @ W1.T

    def autodiff_loss(x):
        theta = anp.dot(1 / (1 + anp.exp(-(anp.dot(x, W1) + b1))), W2) + b2
        return anp.mean(logsumexp(theta, axis=-1) - anp.sum(y * theta, axis=-1))

    autodiff = autograd.grad(autodiff_loss)
    assert relative_error(ours(), autodiff(x)) < 1e-12

    seconds, in_products, in_autodiff = interleaved_medians(ours, products, lambda: autodiff(x), rounds=31)
    name = f"input_gradient N={N} D={D} H={H} K={K}"
    yield Row(name, seconds, "its matrix products alone", in_products, 1.3)
    yield Row(name, seconds, "autograd, forward and backward", in_autodiff)
