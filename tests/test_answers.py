"""What answers are told that stand on no page of the bank: right ones, and slips however they are written."""

from functools import partial

import numpy as np
import pytest

from utils.exercises import get
from utils.reference import (
    central_difference,
    forward,
    forward_difference,
    input_gradient,
    log_sum_exp,
    relative_error,
    sigmoid,
    sigmoid_derivative,
    softmax,
)

DRAWS = 2


# ---- one-hot rows, softmax, cross-entropy -------------------------------------------------------------------------


def first_only(theta):
    for value in theta:
        return np.exp(value) / np.sum(np.exp(theta))


def one_off(p, mask):
    p[mask] -= 1
    return p


def written_into(y, labels):
    y[np.arange(len(labels)), labels] = 1
    return y


def one_row_again_and_again(labels, K):
    row, out = np.zeros(K), []
    for label in labels:
        row[label] = 1
        out.append(row)
    return np.array(out)


# The exercise, an answer, what it is: "right" or the name of its mistake; and what it is told, in part.
FIRST_CHAPTERS = [
    ("2a_1.one_row", first_only, "returned-too-early", ""),
    ("2a_1.one_row", lambda theta: np.exp(theta - theta.max(axis=1, keepdims=True)), "batch-only", ""),
    ("2a_1.softmax", lambda theta: np.exp(theta) / np.exp(theta).sum(axis=-1)[:, np.newaxis], "batch-only", ""),
    ("2a_2.surprise", lambda y_hat, k: float(y_hat[k]), "no-log", ""),
    ("2a_2.cross_entropy", lambda y, y_hat: np.mean(-np.log(y_hat)[y == 1]), "hard-labels-only", ""),
    ("2a_2.cross_entropy", lambda y, y_hat: -np.sum(y_hat * np.log(y)), "swapped", ""),
    ("2a_2.from_logits", lambda theta, y: np.mean(log_sum_exp(theta) - theta[y == 1]), "hard-labels-only", ""),
    ("2a_2.from_logits", lambda theta, y: -np.sum(softmax(theta) * np.log(y), axis=-1).mean(), "swapped", ""),
    ("2a_3.gradient", lambda theta, y: one_off(softmax(theta), y == 1) / len(theta), "hard-labels-only", ""),
    ("2a_3.gradient", lambda theta, y: one_off(softmax(theta), y == 1), "hard-labels-only", ""),
    ("2a_3.gradient", lambda theta, y: one_off(softmax(theta), y > 0) / len(theta), "hard-labels-only", ""),
    ("2a_3.gradient", lambda theta, y: softmax(theta) - y, "no-1/N", "factor $N$"),
    ("2a_3.matrix_route", lambda theta, y: softmax(theta) - y, "right", "passes here too"),
    ("00.one_hot", one_row_again_and_again, "every-row", "the *same* row"),
    ("00.one_hot", lambda labels, K: np.eye(K)[labels - 1], "counts-from-one", "last column"),  # of label 0
    ("00.one_hot", lambda labels, K: np.eye(4)[labels], "fixed-K", ""),
    ("00.one_hot", lambda labels, K: written_into(np.zeros((len(labels), 4)), labels), "fixed-K", ""),
]


# ---- the sigmoid --------------------------------------------------------------------------------------------------


def cut(z, limit):
    return 1 / (1 + np.exp(-np.clip(z, -limit, limit)))


def softmax_by_hand(z, axis, keepdims):
    e = np.exp(z - np.max(z, axis=axis, keepdims=keepdims))
    return e / np.sum(e, axis=axis, keepdims=keepdims)


def quotient(z, f, step):
    return (f(z + step) - f(z - step)) / (2 * step)


SIGMOID, PRIME = "2b_1.sigmoid", "2b_1.sigmoid_derivative"
SIGMOIDS = [
    (SIGMOID, partial(cut, limit=123.0), None, "larger $z$ gets a larger"),  # where it costs digits
    (SIGMOID, partial(cut, limit=666.0), None, "larger $z$ gets a larger"),
    (SIGMOID, partial(cut, limit=691.0), "right", ""),  # where nothing is asked any more
    (SIGMOID, partial(cut, limit=709.0), "right", ""),
    (SIGMOID, partial(cut, limit=745.0), "overflow-sigmoid", ""),
    (SIGMOID, partial(softmax_by_hand, axis=None, keepdims=False), "softmax-for-sigmoid", ""),
    (SIGMOID, partial(softmax_by_hand, axis=-1, keepdims=False), "softmax-for-sigmoid", ""),
    (SIGMOID, partial(softmax_by_hand, axis=0, keepdims=True), "softmax-for-sigmoid", ""),
    (SIGMOID, lambda z: np.exp(np.abs(z)) / (1 + np.exp(np.abs(z))), "abs-not-undone", "Right for positive $z$"),
    (SIGMOID, lambda z: 1 / (1 + np.exp(np.abs(z))), "abs-not-undone", "Right for negative $z$"),
    (PRIME, lambda z: 1 / (2 + np.exp(z) + np.exp(-z)), "overflow-sigmoid", "an exponential overflows"),
    (PRIME, lambda z: 1 / (1 + np.exp(-z)) / (1 + np.exp(z)), "overflow-sigmoid", "an exponential overflows"),
    (PRIME, partial(quotient, f=sigmoid, step=1e-3), "inexact", "numeric"),
    (PRIME, partial(quotient, f=lambda z: 1 / (1 + np.exp(-z)), step=1e-7), "inexact", "numeric"),
]


# ---- the network --------------------------------------------------------------------------------------------------


def doubled(x, W1, b1, W2, b2):
    z = x @ W1 + b1
    theta = 2 * (sigmoid(z) @ W2 + b2)
    return z, sigmoid(z), theta, softmax(theta)


def turned(x, W1, b1, W2, b2):
    theta = sigmoid(x @ W1 + b1) @ W2.T + b2
    return theta, theta, theta, theta


def overwrites(x, W1, b1):
    z = np.array(b1)
    for j in range(len(b1)):
        for i in range(len(x)):
            z[j] = x[i] * W1[i, j] + b1[j]
    return z, sigmoid(z)


def by_fitting_shapes(x, y, W1, b1, W2, b2):
    """Transposed only where it does not fit: wrong only where sizes are equal."""
    z, _, _, y_hat = forward(x, W1, b1, W2, b2)
    d = y_hat - y
    return d @ (W2 if d.shape[-1] == len(W2) else W2.T) * sigmoid_derivative(z) @ W1.T / (1 if x.ndim == 1 else len(x))


def in_columns(x, y, W1, b1, W2, b2):
    _, h, _, y_hat = forward(x, W1, b1, W2, b2)
    return W1 @ ((W2 @ (y_hat - y)) * h * (1 - h))


def with_overwritten_sum(x, y, W1, b1, W2, b2):
    _, h, _, y_hat = forward(x, W1, b1, W2, b2)
    dz = (y_hat - y) @ W2.T * h * (1 - h)
    dx = np.zeros(len(x))
    for d in range(len(x)):
        for j in range(len(dz)):
            dx[d] = dz[j] * W1[d, j]
    return dx


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


HIDDEN, FORWARD, ROW, BATCH, VJP = "2b_2.hidden", "2b_2.forward", "2b_3.one_row", "2b_3.input_gradient", "2b_3.vjp"
NETWORKS = [
    (FORWARD, lambda *given: forward(*given).y_hat, "returns", "return z, h, theta, y_hat"),
    (FORWARD, doubled, "factor-2", "`theta` is the first of your results that is wrong."),
    (FORWARD, turned, "w2-transposed", ""),
    (HIDDEN, lambda x, W1, b1: (x @ W1 + b1, sigmoid(-(x @ W1 + b1))), "minus-in-sigma", ""),
    (HIDDEN, lambda x, W1, b1: (x @ W1, sigmoid(x @ W1 + b1)), "bias-not-in-z", ""),
    (HIDDEN, overwrites, "last-term-only", ""),
    (BATCH, by_fitting_shapes, "transposed-to-fit", ""),
    (ROW, in_columns, "right", ""),
    (BATCH, in_columns, "columns", ""),
    (ROW, with_overwritten_sum, "last-term-only", ""),
    (VJP, lambda g, z: g @ np.diag(sigmoid_derivative(z)), "row-only", ""),
    (VJP, lambda g, z: np.dot(np.diag(sigmoid_derivative(z)), g), "row-only", ""),
    (ROW, typed_from_paper, "matmul-for-hadamard", "`(y_hat - y) @ W2.T @ h @ (1 - h)`: "),
    (ROW, not_turned_and_with_a_wrong_sign, "w2-not-transposed", "`y - y_hat`: "),
    (BATCH, not_turned_and_with_a_wrong_sign, "w2-not-transposed", "there is another one below"),
    ("3_3.parameter_gradients", for_batches, "one-dimensional", "stopped with ValueError"),
    ("3_3.push", lambda x, dx, epsilon: np.clip(x - epsilon * dx / np.abs(dx), 0, 1), "zero-over-zero", ""),
]


# ---- differences, errors and checks -------------------------------------------------------------------------------


def by_index(rule):
    """A numeric derivative as a student would write it, with the quotient left open."""

    def derivative(g, x, h):
        d = np.zeros(np.shape(x))
        for i in np.ndindex(d.shape):
            e = np.zeros(d.shape)
            e[i] = 1
            d[i] = rule(g, x, e, h)
        return d

    return derivative


def in_place(below, kept):
    """A difference quotient that moves the array kept(x) by h and -below * h, and puts each old value back."""

    def difference(g, x, h):
        x = kept(x)
        d = np.empty(x.shape)
        for i in np.ndindex(x.shape):
            old = x[i]
            x[i] = old + h
            above = g(x)
            x[i] = old - below * h
            d[i] = (above - g(x)) / ((1 + below) * h)
            x[i] = old
        return d

    return difference


def ratio(a, b):
    return np.max(np.abs(a - b)), max(np.max(np.abs(a)), np.max(np.abs(b)))


def only_above_0(a, b):
    n, m = ratio(a, b)
    return n / m if m > 0 else 0.0


def compared(agrees, shapes=True, derivative=central_difference, **step):
    """A check that asks `agrees` of the claimed gradient, the numeric one and the tolerance, after the shapes."""

    def check(g, gradient, x, tolerance):
        a, n = gradient(x), derivative(g, x, **step)
        return (a.shape == n.shape or not shapes) and agrees(a, n, tolerance)

    return check


def within(a, n, tolerance):
    return relative_error(a, n) <= tolerance


def by_norm(a, n, tolerance):
    size = np.linalg.norm(a) + np.linalg.norm(n)
    return bool(size == 0 or np.linalg.norm(a - n) / size <= tolerance)


def close(a, n, tolerance, **atol):
    return np.allclose(a, n, rtol=tolerance, **atol)


ONE_SIDED, CENTRAL, COMPLEX = "3_1.forward_difference", "3_1.central_difference", "3_1.complex_step"
ERROR, CHECK = "3_1.relative_error", "3_1.gradient_check"
DIFFERENCES = [
    (ONE_SIDED, in_place(0, lambda x: x.astype(float, copy=False)), "right", ""),  # moves the caller's own array
    (CENTRAL, in_place(1, lambda x: x.astype(float, copy=False)), "right", ""),
    (ONE_SIDED, in_place(0, lambda x: x), "integers", "an array of integers, or a copy of one,"),
    (CENTRAL, in_place(1, lambda x: x), "integers", "an array of integers, or a copy of one,"),
    (COMPLEX, by_index(lambda g, x, e, h: np.imag(g(x + 1j * h * e)) / h), "right", ""),
    (ONE_SIDED, by_index(lambda g, x, e, h: (g(x) - g(x - h * e)) / h), "backward", ""),
    (CENTRAL, by_index(lambda g, x, e, h: (g(x + h * e) - g(x - h * e)) / h), "no-2", ""),
    (CENTRAL, by_index(lambda g, x, e, h: (g(x + h * e) - g(x - h * e)) / 2 * h), "precedence", ""),
    (COMPLEX, by_index(lambda g, x, e, h: g(x + 1j * h * e).real / h), "real-part", ""),
    (ERROR, only_above_0, "nan-passes", "A NaN gets an error of 0 here, and passes"),
    (ERROR, lambda a, b: np.nan_to_num(np.divide(*ratio(a, b))), "nan-passes", "`nan_to_num` makes a 0 of it"),
    (CHECK, compared(by_norm, h=1e-4), "right", ""),
    (CHECK, compared(partial(close, atol=0)), "entry-by-entry", "one small entry decides"),
    (CHECK, compared(partial(close, atol=0), shapes=False), "entry-by-entry", "one small entry decides"),
    (CHECK, compared(close), "allclose", "10^{-8}"),
    (CHECK, compared(within, h=1e-1), "rough-derivative", "step"),
    (CHECK, compared(within, derivative=forward_difference, h=1e-5), "rough-derivative", "step"),
    (CHECK, lambda g, gradient, x, tolerance: True, None, "`True` for the gradient below, where the relative error is"),
    (CHECK, lambda g, gradient, x, tolerance: np.False_, None, "`False` for the gradient below, where the relative"),
]


ANSWERS = FIRST_CHAPTERS + SIGMOIDS + NETWORKS + DIFFERENCES


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


def test_a_gradient_with_a_part_that_moves_no_z_is_told_so():
    """It is a fact that can be checked without knowing the gradient."""
    given = get(ROW).inputs(np.random.default_rng(0))[0].arguments
    right = input_gradient(**given)
    for law in (get(ROW).laws[0], get(BATCH).laws[0]):
        assert law(*given.values(), right) is None
        assert "without changing any $z$" in law(*given.values(), right + 1)
