"""Small pieces that the formulas of the bank are made of, and what is said in more than one exercise.

Batches are rows; the last axis is classes.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from utils.exercises.calls import Case
from utils.exercises.steps import namespace, parse

Line = str | Callable[[SimpleNamespace], Any]

LENGTH_OF_A_ROW = (
    "`len(y)` is $N$ for a batch, and $K$ for a single row. Sum over the last axis, and then take `np.mean` of what is "
    "left."
)
HARD_LABELS = "Right for one-hot targets, but {what}. Every class counts with its own weight $y_i$: use $y$ itself."
ROUNDED = "soft ones are rounded"
# What people add "for numerical stability".
EPSILONS = (*(10.0**-n for n in (*range(3, 17), 20, 30, 32, 100, 300)), np.finfo(float).eps, np.finfo(float).tiny)


def row_sum(a):
    return np.sum(a, axis=-1, keepdims=True)


def row_max(a):
    return np.max(a, axis=-1, keepdims=True)


def row_mean(a):
    return np.mean(a, axis=-1, keepdims=True)


def row_min(a):
    return np.min(a, axis=-1, keepdims=True)


def normalised(a):
    return a / row_sum(a)


def naive_softmax(theta):
    return normalised(np.exp(theta))


def rows(a):
    """N, where a single row is a batch of one."""
    return len(a) if np.ndim(a) > 1 else 1


def mean(per_row):
    """The mean over the batch of one number per row."""
    return float(np.mean(per_row))


# The network's way forward, and back to z. What follows is each exercise's own.
FORWARD_STEPS = r"""
z = x @ W1 + b1           # $z = xW_1 + b_1$
h = sigmoid(z)            # $h = \sigma(z)$
theta = h @ W2 + b2       # $\theta = hW_2 + b_2$
y_hat = softmax(theta)    # $\hat y$
"""
BACKWARD_STEPS = r"""
prime = h * (1 - h)       # $\sigma'(z)$
dtheta = (y_hat - y) / N  # $\partial J/\partial\theta$
dh = dtheta @ W2.T        # $\partial J/\partial h$
dz = dh * prime           # $\partial J/\partial z$
"""


def step_by_step(
    steps: str, *results: str, as_rows: Callable = np.asarray, N: Callable = rows, **lines: Line
) -> Callable:
    """The function of (x, y, W1, b1, W2, b2) that takes these steps in order and returns those of the names `results`:
    one array, or a tuple of several. Most wrong gradients are the right steps with a line exchanged.

    lines: in place of the steps of the same names, as text or as a function of all that is there by then; others come
    last. as_rows: what x and y go through first. N: how their rows are counted.
    """
    right = {step.name: step.expression for step in parse(steps)}
    program = {
        name: line if callable(line) else parse(f"{name} = {line}")[0].code for name, line in (right | lines).items()
    }

    def function(x, y, W1, b1, W2, b2):
        x, y = as_rows(x), as_rows(y)
        scope = namespace(Case({"x": x, "y": y, "W1": W1, "b1": b1, "W2": W2, "b2": b2})) | {"N": N(x)}
        for name, line in program.items():
            scope[name] = line(SimpleNamespace(**scope)) if callable(line) else eval(line, scope)
        found = tuple(scope[name] for name in results)
        return found if len(found) > 1 else found[0]

    return function
