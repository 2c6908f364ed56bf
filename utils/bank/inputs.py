"""The arguments of one check, drawn anew each time.

Every list begins with small round examples, which are what a student is shown when one fails. Sizes are pairwise
different (equal ones hide transposes and factors) but in one case each, where nothing is stopped by its shape; batches
have more than one row (one row hides every 1/N), no two rows are labelled alike by design, and the last cases are as
large as float64 allows a careful answer to survive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps

import numpy as np

from utils.bank.case import Case

Generator = np.random.Generator
Draw = Callable[[Generator], list[Case]]
SOFT = np.array([[0.2, 0.8, 0.0], [0.25, 0.0, 0.75]])  # small targets for slips that a one-hot row hides


def each_shape_again(draw: Draw) -> Draw:
    """The same cases, and the first single row and the first batch once more with other values: an answer that keeps a
    result for the next input of that shape is right the first time only."""

    @wraps(draw)
    def drawn(rng: Generator) -> list[Case]:
        cases = draw(rng)
        first: dict[int, Case] = {}
        for case in cases:
            first.setdefault(next(np.ndim(value) for value in case.arguments.values() if np.ndim(value)), case)
        return [*cases, *filter(None, map(_with_other_values, first.values()))]

    return drawn


def _with_other_values(case: Case) -> Case | None:
    """The same case with its first array moved back by one place, within each row."""
    name, value = next((name, value) for name, value in case.arguments.items() if np.ndim(value))
    moved = np.roll(value, -1, axis=-1)
    return None if np.array_equal(moved, value) else replace(case, arguments=case.arguments | {name: moved})


@each_shape_again
def labels_and_K(rng: Generator) -> list[Case]:
    N, K = _sizes(rng, 2)
    return [
        Case({"labels": np.array([2, 0]), "K": 4}),
        Case({"labels": np.array([1, 1, 0]), "K": 2}),
        Case({"labels": np.array([1, 1, 0]), "K": 5}),
        Case({"labels": rng.integers(0, K, N), "K": K}),
        Case({"labels": rng.integers(0, K, N + K), "K": K + 1}),
        Case({"labels": rng.integers(0, K, K), "K": K}, extreme=True),
    ]


@each_shape_again
def one_row(rng: Generator) -> list[Case]:
    return [
        Case({"theta": np.array([1.0, 0.0, -1.0])}),
        Case({"theta": np.array([2.0, 0.0])}),
        *(Case({"theta": rng.normal(0, 2, K)}) for K in (4, 5, 7)),
    ]


@each_shape_again
def logits(rng: Generator) -> list[Case]:
    N, K = _sizes(rng, 2)
    return [
        Case({"theta": np.array([1.0, 0.0, -1.0])}),
        Case({"theta": np.array([[1.0, 0.0, -1.0], [2.0, 2.0, 0.0]])}),
        Case({"theta": np.array([2.0, 0.0])}),
        Case({"theta": rng.normal(0, 2, K)}),
        Case({"theta": rng.normal(0, 2, (N, K))}),
        Case({"theta": rng.normal(0, 2, (K, K))}, extreme=True),
        *(Case({"theta": theta}, extreme=True) for theta in _large_logits(rng, N, K)),
    ]


@each_shape_again
def logits_and_temperature(rng: Generator) -> list[Case]:
    N, K = _sizes(rng, 2)
    return [
        Case({"theta": np.array([1.0, 0.0, -1.0]), "T": 2.0}),
        Case({"theta": np.array([[1.0, 0.0, -1.0], [2.0, 2.0, 0.0]]), "T": 2.0}),
        Case({"theta": np.array([1.0, 0.0, -1.0]), "T": 0.5}),
        Case({"theta": np.array([2.0, 0.0]), "T": 4.0}),
        Case({"theta": rng.normal(0, 2, K), "T": 0.5}),
        Case({"theta": rng.normal(0, 2, (N, K)), "T": float(rng.uniform(1.5, 4))}),
        Case({"theta": rng.normal(0, 2, (K, K)), "T": 1.5}, extreme=True),
        Case({"theta": np.array([12.0, 10.0, -3.0]), "T": 0.01}, extreme=True),
        *(Case({"theta": theta, "T": 3.0}, extreme=True) for theta in _large_logits(rng, N, K)),
    ]


@each_shape_again
def probabilities_and_class(rng: Generator) -> list[Case]:
    return [
        Case({"y_hat": np.array([0.2, 0.3, 0.5]), "k": 1}),
        Case({"y_hat": np.array([0.2, 0.3, 0.5]), "k": 0}),
        Case({"y_hat": np.array([0.9, 0.1]), "k": 1}),
        # The first and the last class are fixed too: what an index out of range does must not depend on the draw.
        Case({"y_hat": np.array([0.6, 0.3, 0.1]), "k": 2}),
        Case({"y_hat": np.array([0.3, 0.4, 0.2, 0.1]), "k": 0}),
        *(Case({"y_hat": rng.dirichlet(np.ones(K)), "k": int(rng.integers(K))}) for K in (5, 7)),
    ]


@each_shape_again
def targets_and_probabilities(rng: Generator) -> list[Case]:
    N, K = _sizes(rng, 2)
    certain = np.array([[1.0, 0.0, 0.0], [0.5, 0.0, 0.5]])
    return [
        Case({"y": np.array([0.0, 1.0, 0.0]), "y_hat": np.array([0.5, 0.3, 0.2])}),
        Case({"y": np.eye(3)[[2, 0]], "y_hat": np.array([[0.2, 0.7, 0.1], [0.6, 0.3, 0.1]])}),
        Case({"y": SOFT[0], "y_hat": np.array([0.5, 0.3, 0.2])}),
        Case({"y": np.eye(2)[[1, 0, 1]], "y_hat": np.array([[0.2, 0.8], [0.6, 0.4], [0.9, 0.1]])}),
        Case({"y": _hard(rng, N, K), "y_hat": rng.dirichlet(np.ones(K), N)}),
        Case({"y": rng.dirichlet(np.ones(K), N), "y_hat": rng.dirichlet(np.ones(K), N)}),
        Case({"y": rng.dirichlet(np.ones(K), K), "y_hat": rng.dirichlet(np.ones(K), K)}, extreme=True),
        Case({"y": certain[0], "y_hat": certain[0]}, extreme=True),
        Case({"y": certain, "y_hat": np.array([[0.9, 0.1, 0.0], [0.25, 0.0, 0.75]])}, extreme=True),
        Case({"y": np.array([0.0, 1.0]), "y_hat": np.array([1.0, 1e-200])}, extreme=True),
        Case({"y": np.array([0.0, 1.0]), "y_hat": np.array([1.0, 0.0])}, extreme=True),
    ]


@each_shape_again
def logits_and_targets(rng: Generator) -> list[Case]:
    N, K = _sizes(rng, 2)
    return [
        Case({"theta": np.array([1.0, 0.0, -1.0]), "y": np.array([0.0, 0.0, 1.0])}),
        Case({"theta": np.array([[1.0, 0.0, -1.0], [2.0, 2.0, 0.0]]), "y": np.eye(3)[[1, 0]]}),
        Case({"theta": np.array([1.0, 0.0, -1.0]), "y": SOFT[0]}),
        Case({"theta": np.array([[1.0, 0.0, -1.0], [2.0, 2.0, 0.0]]), "y": SOFT}),
        Case({"theta": np.array([[2.0, 0.0], [0.0, 1.0], [-1.0, 1.0]]), "y": np.eye(2)[[1, 0, 1]]}),
        Case({"theta": rng.normal(0, 2, (N, K)), "y": _hard(rng, N, K)}),
        Case({"theta": rng.normal(0, 2, (N, K)), "y": rng.dirichlet(np.ones(K), N)}),
        Case({"theta": rng.normal(0, 2, (K, K)), "y": rng.dirichlet(np.ones(K), K)}, extreme=True),
        *(Case({"theta": theta, "y": _unlikely(theta)}, extreme=True) for theta in _large_logits(rng, N, K)),
    ]


def one_row_at_any_size(rng: Generator) -> list[Case]:
    large = [np.array([1000.0, 999.0, 0.0]), np.array([-1000.0, -1001.0, -1002.0]), np.linspace(-1e4, 1e4, 5)]
    return [*one_row(rng), *(Case({"theta": theta}, extreme=True) for theta in large)]


@each_shape_again
def row_and_target(rng: Generator) -> list[Case]:
    return [
        Case({"theta": np.array([1.0, 0.0, -1.0]), "y": np.array([0.0, 1.0, 0.0])}),
        Case({"theta": np.array([1.0, 0.0, -1.0]), "y": SOFT[0]}),
        Case({"theta": np.array([2.0, 0.0]), "y": np.array([0.0, 1.0])}),
        *(Case({"theta": rng.normal(0, 2, K), "y": np.eye(K)[rng.integers(K)]}) for K in (4, 5)),
        Case({"theta": rng.normal(0, 2, 7), "y": rng.dirichlet(np.ones(7))}),
    ]


def batch_and_targets(rng: Generator) -> list[Case]:
    return [case for case in logits_and_targets(rng) if case.arguments["theta"].ndim == 2]


@each_shape_again
def network_and_input(rng: Generator) -> list[Case]:
    N, *sizes = _sizes(rng, 4)
    D, H, K = map(int, rng.permutation(sizes))
    W1, b1 = np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 2.0]]), np.array([0.5, -1.0, 0.0])
    W2, b2 = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 2.0]]), np.array([0.0, 1.0])
    small = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    drawn = _parameters(rng, D, H, K)
    far = np.array([[1000.0, -1000.0], [-1000.0, -1000.0]])  # units at both ends; logits that exp does not hold
    return [
        Case({"x": np.array([1.0, 2.0]), **small}),
        Case({"x": np.array([[1.0, 2.0], [-1.0, 0.5], [0.0, -2.0], [3.0, 0.0]]), **small}),
        Case({"x": rng.normal(size=D), **drawn}),
        Case({"x": rng.normal(size=(N, D)), **drawn}),
        Case({"x": far[0], **small, "W2": 2000 * W2}, extreme=True),
        Case({"x": far, **small, "W2": 2000 * W2}, extreme=True),
        Case({"x": np.array([[1.0, 2.0]]), **small}, extreme=True),  # a batch of one is no single row
        Case({"x": rng.normal(size=(H, H)), **_parameters(rng, H, H, H)}, extreme=True),
        Case({"x": 1000 * rng.normal(size=(N, D)), **drawn, "W2": 1000 * drawn["W2"]}, extreme=True),
    ]


@each_shape_again
def network_input_and_target(rng: Generator) -> list[Case]:
    N, *sizes = _sizes(rng, 4)
    D, H, K = map(int, rng.permutation(sizes))
    W1, b1 = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 1.0]]), np.array([0.5, -0.5])
    W2, b2 = np.array([[1.0, 0.0, -1.0, 2.0], [0.0, 2.0, 1.0, -1.0]]), np.array([0.0, 0.5, -0.5, 1.0])
    small = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    x = np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 1.0], [-1.0, 1.0, 0.0], [2.0, 0.0, 1.0], [0.0, -1.0, 1.0]])
    y = np.eye(4)[[1, 0, 3, 2, 1]]
    drawn, inputs = _parameters(rng, D, H, K), rng.normal(size=(N, D))
    hard, soft = _hard(rng, N, K), rng.dirichlet(np.ones(K), N)
    two, of_two = _hard(rng, N, 2), _parameters(rng, D, H, 2)
    square, squares = _parameters(rng, K, K, K), rng.normal(size=(K, K))  # where nothing is stopped by its shape
    steep = small | {"W2": 1e4 * W2}  # logits that exp does not hold
    faint = small | {"b1": b1 - 25}  # units so flat that a numeric derivative is all noise
    return [
        Case({"x": x[0], "y": y[0], **small}),
        Case({"x": x, "y": y, **small}),
        Case({"x": x[0], "y": np.array([0.0, 0.75, 0.25, 0.0]), **small}),
        Case({"x": inputs[0], "y": hard[0], **drawn}),
        Case({"x": inputs[0], "y": soft[0], **drawn}),
        Case({"x": inputs, "y": hard, **drawn}),
        Case({"x": inputs, "y": soft, **drawn}),
        Case({"x": inputs[0], "y": two[0], **of_two}),
        Case({"x": inputs, "y": two, **of_two}),
        Case({"x": x[:1], "y": y[:1], **small}, extreme=True),  # a batch of one is no single row
        Case({"x": squares[0], "y": soft[0], **square}, extreme=True),
        Case({"x": squares, "y": soft[:K], **square}, extreme=True),
        Case({"x": 1000 * x[0], "y": y[0], **small}, extreme=True),  # units at both ends
        Case({"x": 1000 * x, "y": y, **small}, extreme=True),
        Case({"x": x[0], "y": y[0], **steep}, extreme=True),
        Case({"x": x, "y": y, **steep}, extreme=True),
        Case({"x": x[0], "y": y[0], **faint}, extreme=True, atol=1e-14),
        Case({"x": x, "y": y, **faint}, extreme=True, atol=1e-14),
    ]


def _sizes(rng: Generator, count: int) -> list[int]:
    """Pairwise different sizes, the batch first and largest, none of them that of a fixed example."""
    return sorted((int(n) for n in rng.choice(np.arange(5, 10), count, replace=False)), reverse=True)


def _parameters(rng: Generator, D: int, H: int, K: int) -> dict[str, np.ndarray]:
    shapes = {"W1": (D, H), "b1": H, "W2": (H, K), "b2": K}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def _hard(rng: Generator, N: int, K: int) -> np.ndarray:
    """One-hot rows in which, if there are two, labels differ."""
    labels = rng.integers(0, K, N)
    labels[1:2] = (labels[0] + 1) % K
    return np.eye(K)[labels]


def _unlikely(theta: np.ndarray) -> np.ndarray:
    """One-hot rows at the least likely class: where a probability that underflows, or has a floor under it, shows."""
    return np.eye(theta.shape[-1])[np.argmin(theta, axis=-1)]


def _large_logits(rng: Generator, N: int, K: int) -> list[np.ndarray]:
    """Rows far above and far below what exp can hold, rows so far apart that one maximum cannot serve both, and rows
    whose maximum stands in each column once, so that no column can pass for it; the first is a row by itself."""
    far_apart = rng.normal(0, 2, (N, K)) + np.linspace(-1e4, 1e4, N)[:, None]
    wide = np.stack([np.roll(np.linspace(-1e4, 1e4, K), n) for n in range(N)])
    high, low = [1000.0, 999.0, 0.0], [-1000.0, -1001.0, -1002.0]
    return [wide[2], np.array([high]), np.array([low]), np.array([high, low]), far_apart, wide]
