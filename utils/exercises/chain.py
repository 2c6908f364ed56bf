"""Where in the chain: the first factor of dJ/dx at which a wrong function goes wrong, found from outside by its values.

The function is called on small networks on which all factors but one are trivial: with W1 the identity, x and b1
constant, all units have one z, so that sigma', and whatever was taken for it, is one constant. Two facts about

    dx = (y_hat - y) M    with    M = W2^T diag(sigma'(z)) W1^T

tell the way back from the forward pass. Two results for two targets differ by (y_b - y_a) M: no y_hat is left in it.
And where y = y_hat the result is 0, whatever M is. A constant has no place, and a minus is one: anywhere in a product
it does the same. So neither is looked for, and neither hides what else is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from utils.exercises.calls import Case, call
from utils.reference import forward, input_gradient

FORWARD = "the forward pass"
J_BY_THETA = r"$\partial J/\partial\theta$"
THETA_BY_H = r"$\partial\theta/\partial h$"
H_BY_Z = r"$\partial h/\partial z$"
Z_BY_X = r"$\partial z/\partial x$"
BATCH = "the batch and its $1/N$"

N, D, H, K = 6, 4, 5, 3
ONE_Z = 0.5  # sigma' is not 0 here, nor is anything that is mistaken for it: sigma, z(1 - z), 1 - h^2, 1
FLAT_Z = -40.0  # sigma' is 0 here
SLACK = 1e-4  # wide enough for a numeric derivative, which goes wrong nowhere in the chain
NOTHING = 1e-6  # what such a derivative may find where nothing is


class Network(NamedTuple):
    """A batch of inputs and what they go through."""

    x: np.ndarray
    W1: np.ndarray
    b1: np.ndarray
    W2: np.ndarray
    b2: np.ndarray

    def at_one_z(self) -> Network:
        """The same with z = ONE_Z in every unit, not 0 if b1 is left out, and with logits that do not see it: no unit
        stands out in anything, and a sum over the units is 0."""
        H = len(self.b1)
        same, b1 = np.full((H, H), ONE_Z / 2), np.full(H, ONE_Z / 2)
        return self._replace(x=same, W1=np.eye(H), b1=b1, W2=self.W2 - self.W2.mean(axis=0))


def where_in_the_chain(answer: Callable, batch: bool = True) -> str | None:
    """The first factor of dJ/dx at which `answer`, a function of (x, y, W1, b1, W2, b2), goes wrong, as short maths.

    batch: whether it is asked for batches, and not only for a single row. None where no factor is to blame: the answer
    is right on ordinary numbers up to a constant, or it gives no gradient even on the plainest network of all.
    """
    square, no_W1, full = _network(K, K, K, N=K), _network(H, H, K), _network(D, H, K)
    plain = square._replace(W2=np.eye(K)).at_one_z()
    if not _comes_back(answer, plain, _apart(K)):
        return J_BY_THETA if _starts_wrong(answer, full) else None
    if not (_comes_back(answer, square.at_one_z(), _apart(K)) and _comes_back(answer, no_W1.at_one_z(), _apart(H))):
        return THETA_BY_H
    adds = _adds(answer, square)
    if adds == FORWARD:  # before sigma', which stands wherever the way forward has put z
        return FORWARD
    if adds == H_BY_Z or not _comes_back(answer, no_W1._replace(x=np.ones((N, H)), W1=np.eye(H)), np.eye(H)):
        return H_BY_Z
    if adds == Z_BY_X or not all(_comes_back(answer, network) for network in (square, full)):
        return Z_BY_X
    scales = [_parallel(_first(answer, x, full), _first(input_gradient, x, full)) for x in _rows(full)]
    return BATCH if batch and (None in scales or np.ptp(scales) > SLACK * np.max(np.abs(scales))) else None


def _network(D: int, H: int, K: int, N: int = N) -> Network:
    """The same at every run."""
    rng = np.random.default_rng(0)
    return Network(*(rng.normal(size=shape) for shape in [(N, D), (D, H), (H,), (H, K), (K,)]))


def _rows(network: Network) -> tuple[np.ndarray, ...]:
    """A single row, the same as a batch of one, and the batch. A function may be right on one of them only."""
    return network.x[0], network.x[:1], network.x


def _comes_back(answer: Callable, network: Network, square_batch: np.ndarray | None = None) -> bool:
    """Whether a change of the target comes back to x as it should, up to a constant.

    square_batch: inputs with as many rows as units, of which only the diagonal is looked at. There `@` and `*` may be
    confused: nothing stops, and where one of two factors is an identity, or flat beside its diagonal, no more than the
    sign is turned.
    """
    row, batch_of_one, _ = _rows(network)
    if any(_parallel(*_changes(answer, x, network)) is not None for x in (row, batch_of_one)):
        return True
    if square_batch is None:
        return False
    change, due = _changes(answer, square_batch, network)
    return change is not None and _parallel(np.diag(change), np.diag(due)) is not None


def _apart(H: int) -> np.ndarray:
    """For `Network.at_one_z`: in row n all units are flat but unit n."""
    return np.where(np.eye(H), ONE_Z / 2, FLAT_Z)


def _starts_wrong(answer: Callable, network: Network) -> bool:
    """Whether dJ/dtheta is to blame. It alone sees the logits: where another b2 changes what a change of the target
    brings back, or, if that is nothing, what comes back at all, no later factor has done it.

    Unless that one bends, as `abs` does. So of an answer that is no straight line in y nothing is said.
    """
    for x in _rows(network)[:2]:
        step, seen = np.subtract(*_targets(x, network)), []
        for b2 in (network.b2, -network.b2):
            there = network._replace(b2=b2)
            y_hat = forward(x, *there[1:]).y_hat
            before, at, after = (_value(answer, x, y_hat + k * step, there) for k in (-1, 0, 1))
            if before is None or at is None or after is None or _size(before + after - 2 * at) > SLACK * _size(after):
                break
            seen.append(at if _size(after - before) < NOTHING else after - before)
        if len(seen) == 2 and _size(seen[0] - seen[1]) > SLACK * _size(seen[0]):
            return True
    return False


def _adds(answer: Callable, square: Network) -> str | None:
    """Whence something comes where y = y_hat and nothing should: from behind W1, from behind W2, or from y_hat."""
    if _vanishes(_at_the_prediction, answer, square):
        return None
    for factor, cut in ((Z_BY_X, "W1"), (H_BY_Z, "W2")):
        without = square._replace(**{cut: np.zeros((K, K))})
        if _vanishes(_change, answer, without) and not _vanishes(_first, answer, without):
            return factor
    return FORWARD


def _vanishes(what: Callable, answer: Callable, network: Network) -> bool:
    """Whether nothing comes back to a single row, in one way of calling it or the other. Batches tell of 1/N too."""
    results = [what(answer, x, network) for x in _rows(network)[:2]]
    return min((_size(result) for result in results if result is not None), default=0) < NOTHING


def _first(function: Callable, x: np.ndarray, network: Network) -> np.ndarray | None:
    """The result for the first of two targets."""
    return _value(function, x, _targets(x, network)[0], network)


def _at_the_prediction(function: Callable, x: np.ndarray, network: Network) -> np.ndarray | None:
    return _value(function, x, forward(x, *network[1:]).y_hat, network)


def _changes(answer: Callable, x: np.ndarray, network: Network) -> tuple[np.ndarray | None, np.ndarray]:
    return _change(answer, x, network), _change(input_gradient, x, network)


def _change(function: Callable, x: np.ndarray, network: Network) -> np.ndarray | None:
    """By what the result changes from one target to another."""
    values = [_value(function, x, y, network) for y in _targets(x, network)]
    return None if any(value is None for value in values) else values[1] - values[0]


def _targets(x: np.ndarray, network: Network) -> np.ndarray:
    """Two soft targets, which every function takes that takes probabilities."""
    return np.random.default_rng(1).dirichlet(np.ones(len(network.b2)), (2, *x.shape[:-1]))


def _value(function: Callable, x: np.ndarray, y: np.ndarray, network: Network) -> np.ndarray | None:
    """The result, or None where it has too few numbers or too many, or some that are none."""
    outcome, _ = call(function, Case({"x": x, "y": y} | network._replace(x=x)._asdict()))
    fits = outcome.is_numeric and outcome.value.size == x.size and np.isfinite(outcome.value).all()
    return outcome.value.reshape(x.shape) if fits else None


def _parallel(a: np.ndarray | None, b: np.ndarray) -> float | None:
    """The number, not 0, that a is of b, or None."""
    if a is None or not np.any(a):
        return None
    scale = float(np.vdot(a, b) / np.vdot(b, b))
    return scale if _size(a - scale * b) < SLACK * _size(a) else None


def _size(a: np.ndarray) -> float:
    return float(np.abs(a).max())
