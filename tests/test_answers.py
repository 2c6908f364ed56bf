"""What answers are told that do what no formula of the bank does: right ones, and slips however they are written."""

from functools import partial

import numpy as np
import pytest

from utils.exercises import get
from utils.reference import central_difference, forward, input_gradient, sigmoid, softmax

DRAWS = 2


def one_off(p, mask):
    p[mask] -= 1
    return p


def cut(z, limit):
    return 1 / (1 + np.exp(-np.clip(z, -limit, limit)))


def softmax_by_hand(z, axis, keepdims):
    e = np.exp(z - np.max(z, axis=axis, keepdims=keepdims))
    return e / np.sum(e, axis=axis, keepdims=keepdims)


def quotient(z, f, step):
    return (f(z + step) - f(z - step)) / (2 * step)


def doubled(x, W1, b1, W2, b2):
    z = x @ W1 + b1
    theta = 2 * (sigmoid(z) @ W2 + b2)
    return z, sigmoid(z), theta, softmax(theta)


def turned(x, W1, b1, W2, b2):
    theta = sigmoid(x @ W1 + b1) @ W2.T + b2
    return theta, theta, theta, theta


def in_columns(x, y, W1, b1, W2, b2):
    _, h, _, y_hat = forward(x, W1, b1, W2, b2)
    return W1 @ ((W2 @ (y_hat - y)) * h * (1 - h))


def typed_from_paper(x, y, W1, b1, W2, b2):
    """(y_hat - y) W2^T sigma (1 - sigma) W1^T, with one dot for both products."""
    _, h, _, y_hat = forward(x, W1, b1, W2, b2)
    return (y_hat - y) @ W2.T @ h @ (1 - h) @ W1.T


def not_turned_and_with_a_wrong_sign(x, y, W1, b1, W2, b2):
    _, h, _, y_hat = forward(x, W1, b1, W2, b2)
    return ((y - y_hat) @ W2 * h * (1 - h)) @ W1.T


def for_batches(x, y, W1, b1, W2, b2):
    _, h, _, y_hat = forward(x, W1, b1, W2, b2)
    dtheta = (y_hat - y) / len(x)
    dW2 = h.T @ dtheta
    dz = dtheta @ W2.T * h * (1 - h)
    return x.T @ dz, dz.sum(axis=0), dW2, dtheta.sum(axis=0)


def in_place(g, x, h, below):
    """A difference quotient that moves the caller's own array by h and -below * h, and puts each old value back."""
    x = x.astype(float, copy=False)
    d = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + h
        above = g(x)
        x[i] = old - below * h
        d[i] = (above - g(x)) / ((1 + below) * h)
        x[i] = old
    return d


def complex_entry_by_entry(g, x, h):
    d = np.zeros(x.shape)
    for i in np.ndindex(d.shape):
        e = np.zeros(d.shape)
        e[i] = h
        d[i] = np.imag(g(x + 1j * e)) / h
    return d


def by_norm(g, gradient, x, tolerance):
    a, n = gradient(x), central_difference(g, x, 1e-4)
    size = np.linalg.norm(a) + np.linalg.norm(n)
    return a.shape == n.shape and bool(size == 0 or np.linalg.norm(a - n) / size <= tolerance)


SIGMOID, PRIME, FORWARD = "2b_1.sigmoid", "2b_1.sigmoid_derivative", "2b_2.forward"
ROW, BATCH, CHECK = "2b_3.one_row", "2b_3.input_gradient", "3_1.gradient_check"
# The exercise, an answer, what it is: "right" or the name of its mistake; and what it is told, in part.
ANSWERS = [
    ("2a_1.one_row", lambda theta: np.exp(theta - theta.max(axis=1, keepdims=True)), "batch-only", ""),
    ("2a_1.softmax", lambda theta: np.exp(theta) / np.exp(theta).sum(axis=-1)[:, np.newaxis], "batch-only", ""),
    ("2a_2.cross_entropy", lambda y, y_hat: -np.sum(y_hat * np.log(y)), "swapped", ""),
    ("2a_3.gradient", lambda theta, y: one_off(softmax(theta), y == 1) / len(theta), "hard-labels-only", ""),
    ("2a_3.gradient", lambda theta, y: one_off(softmax(theta), y == 1), "hard-labels-only", ""),
    ("2a_3.gradient", lambda theta, y: one_off(softmax(theta), y > 0) / len(theta), "hard-labels-only", ""),
    ("2a_3.matrix_route", lambda theta, y: softmax(theta) - y, "right", "passes here too"),
    (SIGMOID, partial(cut, limit=123.0), None, "larger $z$ gets a larger"),  # where it costs digits
    (SIGMOID, partial(cut, limit=666.0), None, "larger $z$ gets a larger"),
    (SIGMOID, partial(cut, limit=691.0), "right", ""),  # where nothing is asked any more
    (SIGMOID, partial(cut, limit=709.0), "right", ""),
    (SIGMOID, partial(softmax_by_hand, axis=None, keepdims=False), "softmax-for-sigmoid", ""),
    (SIGMOID, partial(softmax_by_hand, axis=-1, keepdims=False), "softmax-for-sigmoid", ""),
    (SIGMOID, partial(softmax_by_hand, axis=0, keepdims=True), "softmax-for-sigmoid", ""),
    (SIGMOID, lambda z: np.exp(np.abs(z)) / (1 + np.exp(np.abs(z))), "abs-not-undone", "Right for positive $z$"),
    (SIGMOID, lambda z: 1 / (1 + np.exp(np.abs(z))), "abs-not-undone", "Right for negative $z$"),
    (PRIME, partial(quotient, f=sigmoid, step=1e-3), "inexact", "numeric"),
    (PRIME, partial(quotient, f=lambda z: 1 / (1 + np.exp(-z)), step=1e-7), "inexact", "numeric"),
    (FORWARD, lambda *given: forward(*given).y_hat, "returns", "return z, h, theta, y_hat"),
    (FORWARD, doubled, "factor-2", "`theta` is the first of your results that is wrong."),
    (FORWARD, turned, "w2-transposed", ""),
    (ROW, in_columns, "right", ""),
    (BATCH, in_columns, "columns", ""),
    (ROW, typed_from_paper, "matmul-for-hadamard", "`(y_hat - y) @ W2.T @ h @ (1 - h)`: "),
    (ROW, not_turned_and_with_a_wrong_sign, "w2-not-transposed", "`y - y_hat`: "),
    (BATCH, not_turned_and_with_a_wrong_sign, "w2-not-transposed", "there is another one below"),
    ("3_3.parameter_gradients", for_batches, "one-dimensional", "dW2 = h.T @ dtheta"),
    ("3_1.forward_difference", partial(in_place, below=0), "right", ""),
    ("3_1.central_difference", partial(in_place, below=1), "right", ""),
    ("3_1.complex_step", complex_entry_by_entry, "right", ""),
    (CHECK, by_norm, "right", ""),
    (CHECK, lambda g, gradient, x, tolerance: True, None, "`True` for the gradient below, where the relative error is"),
    (CHECK, lambda g, gradient, x, tolerance: np.False_, None, "`False` for the gradient below, where the relative"),
]


@pytest.mark.parametrize(("id", "answer", "called", "told"), ANSWERS)
def test_an_answer_is_called_what_it_is_however_it_is_written(id, answer, called, told):
    for seed in range(DRAWS):
        verdict = get(id).check(answer, np.random.default_rng(seed))
        assert (verdict.state == "right") == (called == "right"), verdict
        assert verdict.mistake == (None if called == "right" else called)
        assert told in f"{verdict.message}\n{verdict.place}\n{verdict.detail}"


@pytest.mark.parametrize("slug", ["forgot-y", "every-row-minus-one", "stopped-early", "wrong-axis", "one-total"])
def test_a_slip_in_the_gradient_keeps_its_name_where_the_mean_is_forgotten_too(slug):
    exercise = get("2a_3.gradient")
    mistake = next(m for m in exercise.mistakes if m.slug == slug)
    verdict = exercise.check(lambda theta, y: mistake.formula(theta, y) * len(theta))
    assert verdict.mistake == slug and verdict.message.endswith("the $1/N$ is missing, too.)")


@pytest.mark.parametrize("id", ["2a_2.cross_entropy", "2a_2.from_logits", "2a_3.matrix_route", "2a_3.gradient"])
def test_a_slip_that_shows_with_soft_targets_only_is_shown_on_an_input_for_paper(id):
    exercise = get(id)
    at = list(exercise.inputs(np.random.default_rng(0))[0].arguments).index("y")

    def with_rounded_targets(*given):
        y = np.eye(given[at].shape[-1])[np.argmax(given[at], axis=-1)]
        return exercise.reference(*given[:at], y, *given[at + 1 :])

    for seed in range(DRAWS):
        y = exercise.check(with_rounded_targets, np.random.default_rng(seed)).detail.inputs["y"]
        assert y.size <= 6 and np.any((y > 0) & (y < 1))


@pytest.mark.parametrize("index", [lambda y_hat, k: k + 1, lambda y_hat, k: 2, lambda y_hat, k: -1])
def test_a_slip_of_the_index_is_told_alike_at_every_run(index):
    check = get("2a_2.surprise").check
    verdicts = [check(lambda p, k: -np.log(p[index(p, k)]), np.random.default_rng(seed)) for seed in range(10)]
    assert len({(v.state, v.mistake, v.message, str(v.detail)) for v in verdicts}) == 1


@pytest.mark.parametrize("id", [ROW, BATCH])
def test_a_gradient_with_a_part_that_moves_no_z_is_told_so(id):
    """It is a fact that can be checked without knowing the gradient."""
    law, given = get(id).laws[0], get(ROW).inputs(np.random.default_rng(0))[0].arguments
    right = input_gradient(**given)
    assert law(*given.values(), right) is None
    assert "without changing any $z$" in law(*given.values(), right + 1)
