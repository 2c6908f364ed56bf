"""The bank of chapter 2b_3: dJ/dx of the network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from utils.derivation import HIDDEN_LAYER, Trap
from utils.exercises.calls import Case
from utils.exercises.derivation import Derivation, WrongChain
from utils.exercises.exercise import Choice, Exercise, Mistake, Option
from utils.exercises.formulas import (
    BACKWARD_STEPS,
    FORWARD_STEPS,
    HARD_LABELS,
    ROUNDED,
    rows,
    step_by_step,
)
from utils.exercises.inputs import each_shape_again, network_input_and_target
from utils.reference import (
    forward,
    input_gradient,
    sigmoid,
    sigmoid_derivative,
    softmax,
    softmax_cross_entropy_gradient,
)

ENTRY = "D(theta[i], h[j])"
ENTRY_SUM = f"{ENTRY}\nD(sum(h[k] * W2[k, i], k) + b2[i], h[j])"
CHAIN = "D(J, theta) @ D(theta, h) @ D(h, z) @ D(z, x)"
DERIVED = f"D(J, x)\n{CHAIN}"
GRADIENT = "((y_hat - y) @ W2.T * h * (1 - h)) @ W1.T"

DX_STEPS = FORWARD_STEPS + BACKWARD_STEPS + r"dx = dz @ W1.T           # $\partial J/\partial x$"
# The steps at which a mistake may show first. A factor left out shows in its own step or in the next.
FORWARD = ("z", "h", "theta", "y_hat")
J_BY_THETA, THETA_BY_H, H_BY_Z, Z_BY_X = ("dtheta", "dh"), ("dh", "dz"), ("prime", "dz", "dx"), ("dz", "dx")
BATCH = ("dtheta", "dh", "dz", "dx")


def _with(**lines):
    """dJ/dx with these lines in place of the right ones."""
    return step_by_step(DX_STEPS, "dx", **lines)


def _moves_z(x, y, W1, b1, W2, b2, result):
    """What a right dJ/dx obeys: along a direction that changes no z, nothing changes."""
    still = result - result @ W1 @ np.linalg.pinv(W1)
    if np.any(np.abs(still) > 1e-9):
        return (
            "Your gradient has a part along which $x$ can move without changing any $z$ (it is perpendicular to every "
            "column of $W_1$). Along it $J$ stands still, so this part must be 0."
        )
    return None


def _is_more_than_noise(x, y, W1, b1, W2, b2, result):
    """Of a faint gradient a numeric derivative finds the rounding of J, divided by its step."""
    right = input_gradient(x, y, W1, b1, W2, b2)
    if np.max(np.abs(right)) < 1e-8 and np.max(np.abs(result - right)) < 1e-8:
        return (
            "Where all units are nearly flat the gradient is tiny, and yours is off by as much as its own size. A numeric "
            "derivative does that: it is for checking. The formula has all its digits, however small it is."
        )
    return None


# ---- other right ways to write it ---------------------------------------------------------------------------------


def _in_columns(x, y, W1, b1, W2, b2):
    """The other layout: columns, and the chain from right to left."""
    _, h, _, y_hat = forward(x, W1, b1, W2, b2)
    return (W1 @ ((h * (1 - h)).T * (W2 @ (y_hat - y).T))).T / rows(x)


def _by_jacobians(x, y, W1, b1, W2, b2):
    """Every factor as the matrix that it is, row by row."""

    def of_one(x, y):
        z, _, _, y_hat = forward(x, W1, b1, W2, b2)
        return (y_hat - y) @ W2.T @ np.diag(sigmoid_derivative(z)) @ W1.T

    X, Y = np.atleast_2d(x, y)
    return np.reshape([of_one(*row) for row in zip(X, Y, strict=True)], np.shape(x)) / len(X)


def _one_jacobian_of_all(x, y, W1, b1, W2, b2):
    """dtheta/dx first, a (K, D) for each row."""
    z, _, _, y_hat = forward(x, W1, b1, W2, b2)
    jacobian = np.einsum("hk,...h,dh->...kd", W2, sigmoid_derivative(z), W1)
    return np.einsum("...k,...kd->...d", y_hat - y, jacobian) / rows(x)


def _by_loops(x, y, W1, b1, W2, b2):
    X, Y = np.atleast_2d(x, y)
    dx = np.zeros_like(X)
    for n in range(len(X)):
        _, h, _, y_hat = forward(X[n], W1, b1, W2, b2)
        for d in range(W1.shape[0]):
            for j in range(W1.shape[1]):
                back = sum((y_hat[i] - Y[n, i]) * W2[j, i] for i in range(W2.shape[1]))
                dx[n, d] += back * h[j] * (1 - h[j]) * W1[d, j] / len(X)
    return dx.reshape(x.shape)


def _by_a_tape(x, y, W1, b1, W2, b2):
    """As an automatic differentiator goes: each step leaves behind how to come back through it."""
    tape, value = [], x
    for step, back in (
        (lambda v: v @ W1 + b1, lambda g, v, out: g @ W1.T),
        (sigmoid, lambda g, v, out: g * out * (1 - out)),
        (lambda v: v @ W2 + b2, lambda g, v, out: g @ W2.T),
    ):
        tape.append((back, value, out := step(value)))
        value = out
    g = softmax_cross_entropy_gradient(value, y)
    for back, v, out in reversed(tape):
        g = back(g, v, out)
    return g


def _row_by_row(x, y, *parameters):
    X, Y = np.atleast_2d(x, y)
    return np.reshape([input_gradient(*row, *parameters) for row in zip(X, Y, strict=True)], x.shape) / len(X)


# ---- wrong ways that are no single step ---------------------------------------------------------------------------


def _length_of_a_row(x, y, W1, b1, W2, b2):
    return input_gradient(x, y, W1, b1, W2, b2) * rows(x) / len(x)


def _batch_only(x, y, W1, b1, W2, b2):
    theta = forward(x, W1, b1, W2, b2).theta
    np.max(theta, axis=1, keepdims=True)
    return input_gradient(x, y, W1, b1, W2, b2)


def _updates_inside(x, y, W1, b1, W2, b2):
    dx = input_gradient(x, y, W1, b1, W2, b2)
    x -= 0.1 * dx
    return dx


# Of a single row and of a batch alike.
IN_THE_CHAIN = [
    Mistake(
        "sign",
        _with(dtheta="(y - y_hat) / N"),
        "Every entry has the wrong sign, and the result alone does not show where the minus came in. Look in both places: "
        "$\\partial J/\\partial\\theta$ is $\\hat y - y$, prediction minus truth, and $\\sigma'$ is $h(1 - h)$, never below 0.",
    ),
    Mistake(
        "starts-from-p",
        _with(dtheta="y_hat / N"),
        "The chain starts from $\\hat y$ alone, and the target is nowhere in it. $\\partial J/\\partial\\theta = \\hat y - y$.",
        J_BY_THETA,
    ),
    Mistake(
        "skips-softmax",
        _with(dtheta="-y / y_hat / N"),
        "You start from $-y/\\hat y$, which is $\\partial J/\\partial\\hat y$: the step through softmax is left out. With it, the "
        "two together are $\\hat y - y$.",
        J_BY_THETA,
    ),
    Mistake(
        "diagonal-only",
        _with(dtheta="-y * (1 - y_hat) / N"),
        "Of softmax's Jacobian only the diagonal is used, $\\hat y_i(1 - \\hat y_i)$, so every class but the true one gets 0. But "
        "$\\hat y_i$ depends on *every* logit. The whole matrix makes it $\\hat y - y$.",
        J_BY_THETA,
    ),
    Mistake(
        "elementwise-prime",
        _with(dh="dtheta * y_hat * (1 - y_hat) @ W2.T"),
        "$\\hat y(1 - \\hat y)$ is one factor too many: the whole derivative of softmax is inside $\\hat y - y$ already.",
        J_BY_THETA,
    ),
    Mistake(
        "softmax-counted-twice",
        _with(dh="np.einsum('...i,...ij->...j', dtheta, softmax_jacobian(theta)) @ W2.T"),
        "$\\hat y - y$ is the derivative by the *logits* already. You passed through the Jacobian of softmax once more.",
        J_BY_THETA,
    ),
    Mistake(
        "same-index-everywhere",
        _with(dtheta="(y_hat - 1) / N"),
        "$\\hat y_i - 1$ is right for the true class. From the others nothing is taken off: subtract $y$, not 1.",
        J_BY_THETA,
    ),
    Mistake(
        "hard-labels-only",
        _with(dtheta="(y_hat - np.eye(y.shape[-1])[np.argmax(y, axis=-1)]) / N"),
        HARD_LABELS.format(what=ROUNDED),
        J_BY_THETA,
    ),
    Mistake(
        "factor-2",
        _with(dx="2 * dz @ W1.T"),
        "A factor 2, the habit of squared errors. Cross-entropy has none.",
    ),
    Mistake(
        "1/K",
        _with(dx="dz @ W1.T / y.shape[-1]"),
        "You divide by the number of *classes*, $K$. Over the classes the loss is a sum; the mean is over the rows.",
    ),
    Mistake(
        "no-softmax",
        _with(y_hat="theta"),
        "$y$ is taken from the *logits*. $\\hat y = \\mathrm{softmax}(\\theta)$ comes first.",
        FORWARD,
    ),
    Mistake(
        "sigmoid-for-softmax",
        _with(y_hat="sigmoid(theta)"),
        "The output went through a sigmoid. This network ends in a softmax.",
        FORWARD,
    ),
    Mistake(
        "double-softmax",
        _with(y_hat="softmax(softmax(theta))"),
        "Softmax was applied twice on the way forward.",
        FORWARD,
    ),
    Mistake(
        "forgot-b1",
        _with(z="x @ W1"),
        "The forward pass leaves out $b_1$. It drops out of $\\partial z/\\partial x$, but not out of $z$.",
        FORWARD,
    ),
    Mistake(
        "forgot-b2",
        _with(theta="h @ W2"),
        "The forward pass leaves out $b_2$. It drops out of $\\partial\\theta/\\partial h$, but not out of $\\theta$.",
        FORWARD,
    ),
    Mistake(
        "z-for-h",
        _with(theta="z @ W2 + b2"),
        "The logits are made of $z$. Between the two layers stands the sigmoid: $\\theta = hW_2 + b_2$.",
        FORWARD,
    ),
    *(
        Mistake(
            "w2-not-transposed",
            _with(dh=dh),
            "$\\hat y - y$ has $K$ entries, and $W_2$ as it stands has $H$ rows: they do not meet. $W_2$ leads from $h$ to "
            "$\\theta$; for the way back you derived $[\\partial\\theta/\\partial h]_{ij} = W_{2,ji}$. (And it comes before $W_1$.)",
            THETA_BY_H,
        )
        for dh in ("dtheta @ W2", "np.dot(dtheta, W2)", "W2.T @ dtheta")
    ),
    Mistake(
        "transposed-to-fit",
        _with(dh="dtheta @ (W2 if dtheta.shape[-1] == W2.shape[0] else W2.T)"),
        "Right as long as $H \\neq K$. Where $H = K$ both $W_2$ and $W_2^T$ fit, and you take the wrong one: shapes can forbid "
        "a product, but never choose one. Derive which it is.",
        THETA_BY_H,
    ),
    Mistake(
        "reshape-for-transpose",
        _with(dh="dtheta @ W2.reshape(W2.shape[::-1])"),
        "`reshape` gives $W_2$ the shape of its transpose and leaves the numbers in their old order. `.T` exchanges rows and "
        "columns.",
        THETA_BY_H,
    ),
    Mistake(
        "forgot-w2",
        _with(dh="dtheta"),
        "The error at the $K$ logits meets $\\sigma'$ of the $H$ units: between them $\\partial\\theta/\\partial h$ is missing.",
        THETA_BY_H,
    ),
    Mistake(
        "hadamard-for-matmul",
        _with(dh="dtheta * W2.T"),
        "`*` multiplies entry by entry. Through $W_2$ every logit reaches every unit, and a sum over the logits is due: `@`.",
        THETA_BY_H,
    ),
    Mistake(
        "wrong-order",
        _with(dh="dtheta @ W1", dz="dh @ W2"),
        "The error at the logits meets $W_1$. The chain goes from $J$ backwards, a factor at a time: $\\theta$, then $h$, then "
        "$z$, then $x$. $W_2$ comes first.",
        THETA_BY_H,
    ),
    Mistake(
        "sigma-for-sigma-prime",
        _with(prime="h"),
        "$\\sigma(z)$ stands where its *derivative* belongs, $\\sigma'(z) = \\sigma(z)(1 - \\sigma(z))$.",
        H_BY_Z,
    ),
    Mistake(
        "half-of-the-prime",
        _with(prime="1 - h"),
        "You have $1 - h$. The derivative is $h(1 - h)$: one half of it is missing.",
        H_BY_Z,
    ),
    Mistake(
        "prime-of-sigma-fed-z",
        _with(prime="z * (1 - z)"),
        "$s(1 - s)$ is the derivative written in $s = \\sigma(z)$, and it was given $z$ itself. Give it $h$.",
        H_BY_Z,
    ),
    Mistake(
        "prime-fed-h",
        _with(prime="sigmoid_derivative(h)"),
        "The function $\\sigma'$ was given $h$: that is $\\sigma(h)(1 - \\sigma(h))$, one sigmoid too many. Give it $z$, or "
        "write $h(1 - h)$.",
        H_BY_Z,
    ),
    Mistake(
        "prime-without-bias",
        _with(prime="sigmoid_derivative(x @ W1)"),
        "$\\sigma'$ is taken at $xW_1$. The units stand at $z = xW_1 + b_1$, and that is where the slope counts.",
        H_BY_Z,
    ),
    Mistake(
        "no-prime",
        _with(prime="1"),
        "The sigmoid is left out on the way back. It stands between $z$ and $h$, so $\\sigma'(z)$ is a factor of the chain.",
        H_BY_Z,
    ),
    Mistake(
        "tanh-prime",
        _with(prime="1 - h**2"),
        "$1 - h^2$ is the derivative of tanh. The units are sigmoids: $h(1 - h)$.",
        H_BY_Z,
    ),
    Mistake(
        "missing-brackets",
        _with(dz="dh * h * 1 - h"),
        "`dh * h * 1 - h` takes $h$ off the whole product. The brackets of `h * (1 - h)` are missing.",
        H_BY_Z,
    ),
    *(
        Mistake(
            "matmul-for-hadamard",
            _with(**steps),
            "`@` of a row and a row is a single number, and of two batches it does not multiply. Unit $j$ has a slope of its "
            "own, so $\\sigma'(z)$ goes entry by entry: `*`. (`@` would be right for the whole matrix, `np.diag`.)",
            H_BY_Z,
        )
        for steps in (
            {"dz": "dh @ prime"},
            {"dz": "np.dot(dh, prime)"},
            {"dz": "dh @ prime.T"},
            {"dz": "np.dot(dh, prime.T)", "dx": "np.dot(dz, W1.T)"},
            {"dz": "dh @ h * (1 - h)"},
            {"dz": "dh @ h @ (1 - h)"},
        )
    ),
    Mistake(
        "softmax-for-sigmoid",
        _with(dz="dh * h - h * np.sum(dh * h, axis=-1, keepdims=True)"),
        "$\\mathrm{diag}(h) - h^Th$ is the Jacobian of *softmax*, where units compete. Each sigmoid minds its own $z$: the "
        "matrix is diagonal.",
        H_BY_Z,
    ),
    *(
        Mistake(
            "w1-not-transposed",
            _with(dx=dx),
            "$\\partial J/\\partial z$ has $H$ entries and $W_1$ has $D$ rows: they do not meet. $W_1$ leads from $x$ to $z$; the "
            "way back is $\\partial z/\\partial x = W_1^T$.",
            Z_BY_X,
        )
        for dx in ("dz @ W1", "np.dot(dz, W1)", "W1.T @ dz")
    ),
    Mistake(
        "transposed-to-fit",
        _with(dx="dz @ (W1 if dz.shape[-1] == W1.shape[0] else W1.T)"),
        "Right as long as $D \\neq H$. Where $D = H$ both $W_1$ and $W_1^T$ fit, and you take the wrong one: shapes can forbid "
        "a product, but never choose one. Derive which it is.",
        Z_BY_X,
    ),
    Mistake(
        "reshape-for-transpose",
        _with(dx="dz @ W1.reshape(W1.shape[::-1])"),
        "`reshape` gives $W_1$ the shape of its transpose and leaves the numbers in their old order. `.T` exchanges rows and "
        "columns.",
        Z_BY_X,
    ),
    Mistake(
        "forgot-w1",
        _with(dx="dz"),
        "You stopped at $\\partial J/\\partial z$, one number a unit. The last factor, $\\partial z/\\partial x$, is still to come.",
        Z_BY_X,
    ),
    Mistake(
        "hadamard-for-matmul",
        _with(dx="dz * W1.T"),
        "`*` multiplies entry by entry. Through $W_1$ every unit reaches every input, and a sum over the units is due: `@`.",
        Z_BY_X,
    ),
    Mistake(
        "prime-after-w1",
        _with(dx="dh @ W1.T * prime"),
        "$\\sigma'(z)$ comes after $W_1^T$. It belongs to the $H$ units, so it is due while you are *at* the units: after "
        "$W_2^T$ and before $W_1^T$.",
        Z_BY_X,
    ),
    *(
        Mistake(
            "last-term-only",
            _with(**{name: step}),
            f"Of each sum in `{name}` only the last term is left: does a loop write `=` where it should add, `+=`?",
        )
        for name, step in (
            ("dh", "dtheta[..., -1:] * W2[:, -1]"),
            ("dx", "dz[..., -1:] * W1[:, -1]"),
        )
    ),
    Mistake(
        "dW1-for-dx",
        _with(dx="np.atleast_2d(x).T @ np.atleast_2d(dz)"),
        "That is $\\partial J/\\partial W_1$, a slope for each weight. Here the weights stand still and $x$ moves.",
        Z_BY_X,
    ),
    Mistake(
        "times-x",
        _with(dx="dz @ W1.T * x"),
        "The gradient is multiplied by $x$ at the end. $z$ is linear in $x$, so its derivative no longer contains it.",
        Z_BY_X,
    ),
    Mistake(
        "summed-over-inputs",
        _with(dx="np.sum(dz @ W1.T, axis=-1)"),
        "The inputs were added up. Each entry of $x$ has a slope of its own: the result has the shape of $x$.",
    ),
    Mistake(
        "length-of-a-row",
        _length_of_a_row,
        "`len(x)` is $N$ for a batch, and $D$ for a single row, where there is nothing to divide by. Tell the two apart by "
        "`x.ndim`, or make a single row a batch of one.",
        BATCH,
    ),
    Mistake(
        "batch-only",
        _batch_only,
        "It works for a batch, but a single row has no axis 1. `axis=-1`, the last one, fits both.",
        BATCH,
    ),
    Mistake(
        "changed-arguments",
        _updates_inside,
        "The values are right, but `x -= ...` steps along the gradient inside the function, so the caller's input is "
        "changed. The function only says where it is downhill; who walks is another question.",
    ),
    *(
        Mistake(
            "overflow-sigmoid",
            _with(**steps),
            "Right for ordinary $z$. At $z = -1000$ your sigmoid, or its derivative, computes $e^{1000}$, and NumPy warns. Your "
            "stable one from 2b_1 does not: call it.",
        )
        for steps in (
            {"h": "1 / (1 + np.exp(-z))"},
            {"prime": "np.exp(-z) / (1 + np.exp(-z)) ** 2"},
            {"h": "1 / (1 + np.exp(-z))", "prime": "np.exp(-z) / (1 + np.exp(-z)) ** 2"},
            {"prime": "1 / (1 + np.exp(-z)) * (1 - 1 / (1 + np.exp(-z)))"},
        )
    ),
    Mistake(
        "by-way-of-probabilities",
        _with(dtheta="-y / y_hat / N", dh="np.einsum('...i,...ij->...j', dtheta, softmax_jacobian(theta)) @ W2.T"),
        "Right on paper: $-y/\\hat y$ times the Jacobian of softmax. But where $\\hat y_k$ underflows to 0 you compute "
        "$\\frac10 \\cdot 0$. Let the two cancel before you compute: $\\hat y - y$ is what is left.",
    ),
    Mistake(
        "overflow",
        _with(y_hat="np.exp(theta) / np.sum(np.exp(theta), axis=-1, keepdims=True)"),
        "Right for ordinary logits. At 10,000 the softmax overflows, and the gradient is `nan`. Call your stable one.",
    ),
]

# Of a batch alone.
IN_THE_BATCH = [
    Mistake(
        "no-1/N",
        _with(dtheta="y_hat - y"),
        "Right for a single row. For a batch $J$ is the *mean* over the rows, so each row counts only $1/N$: your values "
        "are $N$ times too large.",
        BATCH,
    ),
    Mistake(
        "1/N-twice",
        _with(dx="dz @ W1.T / N"),
        "The mean over the batch is taken twice: your values are $N$ times too small. (If $\\partial J/\\partial\\theta$ "
        "comes from 2a_3, its $1/N$ is in it.)",
        BATCH,
    ),
    Mistake(
        "precedence",
        _with(dtheta="y_hat - y / N"),
        "`y_hat - y / N` divides only the targets. The mean belongs to the whole difference.",
        BATCH,
    ),
    *(
        Mistake(
            "summed-over-batch",
            _with(dx=dx),
            "The rows were added up. Row $n$ of $x$ has a gradient of its own: the result has the shape of $x$. (A sum over the "
            "batch is due for what all rows *share*: weights and biases.)",
            BATCH,
        )
        for dx in (
            "np.sum(np.atleast_2d(dz @ W1.T), axis=0)",
            "np.sum(dz @ W1.T, axis=0)",
            "np.sum(np.atleast_2d(dz @ W1.T), axis=0, keepdims=x.ndim == 2)",
            "np.mean(np.atleast_2d(N * dz @ W1.T), axis=0)",
        )
    ),
    Mistake(
        "1/K",
        _with(dtheta="(y_hat - y) / y.shape[-1]"),
        "You divide by the number of *classes*, $K$. The mean runs over the rows, $N$.",
        BATCH,
    ),
    Mistake(
        "mean-over-everything",
        lambda x, *others: input_gradient(x, *others) * rows(x) / np.size(x),
        "You divide by $ND$, every entry of the batch. $J$ is a mean over its rows alone: $1/N$.",
    ),
    Mistake(
        "one-total",
        _with(y_hat="np.reshape(softmax(np.ravel(theta)), np.shape(theta))"),
        "Right for a single row. For a batch the softmax ran over the whole array, so that all rows *together* sum to 1.",
        BATCH,
    ),
    *(
        Mistake(
            "row-only",
            _with(dz=dz),
            "Right for a single row. Of a batch `np.diag` does not make a matrix for each row: it takes the diagonal *out* of "
            "the array it is given. The element-wise product works for both.",
            BATCH,
        )
        for dz in (
            "dh @ np.diag(prime)",
            "np.dot(dh, np.diag(prime))",
        )
    ),
    *(
        Mistake(
            "columns",
            _with(**steps),
            "Right for one row, by the habit of column vectors: a matrix stands on the left of what comes back. In a batch the "
            "examples are *rows*, and rows stand on the left themselves.",
            BATCH,
        )
        for steps in (
            {"dh": "W2 @ dtheta"},
            {"dh": "np.dot(W2, dtheta)"},
            {"dh": "W2 @ dtheta.T"},
            {"dz": "np.diag(prime) @ dh"},
            {"dx": "W1 @ dz"},
            {"dx": "np.dot(W1, dz)"},
        )
    ),
]


NEARLY_ONE = np.array([13.0, 18.0, 23.0])  # units at which a difference quotient is all rounding


@each_shape_again
def _pre_activations(rng):
    fixed = np.array([0.0, 1.0, -2.0])
    far = [np.array([1000.0, 0.0, -1000.0]), np.linspace(-1e4, 1e4, 4)]
    return [
        Case({"z": fixed}),
        *(Case({"z": rng.normal(0, 2, H)}) for H in (4, 6)),
        *(Case({"z": z}, extreme=True) for z in far),
        Case({"z": NEARLY_ONE}, extreme=True, atol=1e-14),
    ]


@each_shape_again
def _gradient_and_pre_activation(rng):
    H, N = sorted(int(n) for n in rng.choice(np.arange(4, 9), 2, replace=False))
    g, z = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]]), np.array([[0.0, 1.0, -2.0], [2.0, -1.0, 0.5]])
    far = np.array([[1000.0, 0.0, -1000.0], [-1e4, 1e4, 3.0]])
    return [
        Case({"g": g[0], "z": z[0]}),
        Case({"g": g, "z": z}),
        Case({"g": rng.normal(size=H), "z": rng.normal(0, 2, H)}),
        Case({"g": rng.normal(size=(N, H)), "z": rng.normal(0, 2, (N, H))}),
        *(Case({"g": g[n], "z": far[n]}, extreme=True) for n in range(2)),
        Case({"g": g, "z": far}, extreme=True),
        Case({"g": g[0], "z": NEARLY_ONE}, extreme=True, atol=1e-14),
    ]


def _single_rows(rng):
    return [case for case in network_input_and_target(rng) if case.arguments["x"].ndim == 1]


def _vjp(g, z):
    return g * sigmoid_derivative(z)


def _naive_prime(z):
    return np.exp(-z) / (1 + np.exp(-z)) ** 2


# A single row alone has no batch to go wrong in, or to be told of.
OF_A_ROW = {
    "length-of-a-row": {"steps": (), "feedback": "`len(x)` is $D$ here. One row: nothing to divide by."},
    "batch-only": {"steps": (), "feedback": "A single row has no axis 1. `axis=-1` is always the last one."},
}

EXERCISES = [
    Choice(
        id="2b_3.layout",
        title="Which way round",
        minutes=1,
        level=2,
        question="theta = h W2 + b2, with rows. The Jacobian has dtheta_i/dh_j in row i and column j. What is it?",
        options=[
            Option(
                "w2",
                "W2",
                "$W_2$ has $H$ rows and $K$ columns. The Jacobian has a row for each $\\theta_i$ and a column for each $h_j$: "
                "count them.",
            ),
            Option("w2-transposed", "W2 transposed"),
            Option(
                "w2-and-bias",
                "W2 transposed, plus b2",
                "$b_2$ does not move when $h$ does. A constant drops out.",
            ),
            Option(
                "times-h",
                "h times W2, it depends on h",
                "$\\theta$ is linear in $h$, and the slope of a straight line is the same everywhere: there is no $h$ in it.",
            ),
        ],
        right="w2-transposed",
        hints=[
            "How many rows has the Jacobian, and how many columns?",
            "$\\theta$ has $K$ entries and $h$ has $H$: the Jacobian is $K \\times H$.",
            "$W_2$ is $H \\times K$.",
        ],
        notice="Of $W_2$ and $W_2^T$ the shape rules one out, because $K \\neq H$. That the other is right, the next exercise proves.",
    ),
    Derivation(
        id="2b_3.entry",
        title="One entry of ∂θ/∂h",
        minutes=6,
        level=2,
        setting=replace(HIDDEN_LAYER, shown=("W2",)),
        question=ENTRY,
        answer="W2[j, i]",
        hints=[
            "What is $\\theta_i$, one entry of $hW_2 + b_2$? Write the matrix product as a sum, with a letter of its own.",
            "$\\theta_i = \\sum_k h_k W_{2,ki} + b_{2,i}$. You move $h_j$ and nothing else: which parts of this stand still?",
            "Of the sum, the term with $k = j$ is left. Its derivative is what $h_j$ is multiplied by.",
        ],
        notice="Entry $[i, j]$ of the Jacobian is entry $[j, i]$ of $W_2$: the letters have changed places, and that is what a "
        "transpose does.",
        traps=[
            Trap(
                "bias-kept",
                "W2[j, i] + b2[i]",
                "$b_{2,i}$ stands still when $h_j$ moves: its derivative is 0, and it drops out.",
            ),
            Trap(
                "all-terms-of-the-sum",
                "sum(W2[k, i], k)",
                "Every term of the sum was kept. You move $h_j$ alone: the terms with another $h_k$ stand still, and one is left.",
            ),
            Trap(
                "all-terms-of-the-sum",
                "sum(W2[k, i], k) + b2[i]",
                "Nothing here was differentiated by $h_j$: the $h$'s were struck out. Which terms contain $h_j$? All others, the "
                "bias among them, stand still.",
            ),
            Trap(
                "not-differentiated",
                "h[j] * W2[j, i]",
                "That is the one term that moves, as it stands. Its derivative by $h_j$ is what $h_j$ is multiplied by.",
            ),
            Trap(
                "by-the-weight",
                "h[j]",
                "That is the derivative by the *weight* $W_{2,ji}$. Here the weight stands still, and $h_j$ moves.",
            ),
            Trap(
                "nothing-left",
                "0",
                "0 would mean that $\\theta_i$ does not feel $h_j$ at all. One term of the sum does: which?",
            ),
            Trap(
                "weight-lost",
                "1",
                "$\\partial h_j/\\partial h_j$ is 1, but in the sum $h_j$ comes with its weight.",
            ),
            Trap(
                "one-step-too-far",
                "W2[j, i] * h[j] * (1 - h[j])",
                "That is $\\partial\\theta_i/\\partial z_j$, one step further back. Here $h_j$ itself is moved.",
            ),
            Trap(
                "summed-over-classes",
                "sum(W2[j, k], k)",
                "That is how far $h_j$ moves all logits together. The question is about one of them, $\\theta_i$.",
            ),
        ],
        accepts=[
            f"""{ENTRY_SUM}
            sum(D(h[k], h[j]) * W2[k, i], k) + D(b2[i], h[j])
            sum(delta(k, j) * W2[k, i], k) + 0
            W2[j, i]""",
            f"""{ENTRY}
            D(h @ W2[:, i] + b2[i], h[j])
            D(h @ W2[:, i], h[j])
            W2[j, i]""",
            f"""{ENTRY}
            D(h[j] * W2[j, i] + sum(h[k] * W2[k, i], k != j) + b2[i], h[j])
            W2[j, i] * D(h[j], h[j])
            W2[j, i]""",
            f"""{ENTRY}
            D(theta, h)[i, j]
            W2.T[i, j]""",
        ],
        mistakes=[
            WrongChain("wrong-index", 3, f"{ENTRY_SUM}\nW2[i, j]"),
            WrongChain("wrong-index", 2, f"{ENTRY}\nD(sum(h[k] * W2[i, k], k) + b2[i], h[j])\nW2[j, i]"),
            WrongChain("wrong-index", 2, f"{ENTRY}\nD(sum(h[j] * W2[j, i], j) + b2[i], h[j])\nW2[j, i]"),
            WrongChain("bias-kept", 3, f"{ENTRY_SUM}\nW2[j, i] + b2[i]"),
            WrongChain("all-terms-of-the-sum", 3, f"{ENTRY_SUM}\nsum(W2[k, i], k)"),
            WrongChain("not-differentiated", 3, f"{ENTRY_SUM}\nh[j] * W2[j, i]"),
            WrongChain("operator-lost", 2, f"{ENTRY}\nsum(h[k] * W2[k, i], k) + b2[i]\nW2[j, i]"),
            WrongChain("by-the-weight", 3, f"{ENTRY_SUM}\nh[j]"),
            WrongChain("shape", 2, f"{ENTRY}\nW2.T"),
            WrongChain("wrong-index", 3, f"{ENTRY_SUM}\nW2[k, i]"),
            WrongChain("product-rule", 2, f"{ENTRY}\nsum(D(h[k], h[j]) * D(W2[k, i], h[j]), k)"),
        ],
        steps=3,
    ),
    Choice(
        id="2b_3.columns",
        title="The other layout",
        minutes=2,
        level=2,
        question="Another book writes columns: theta = W2 h + b2, where W2 has a row for each class. What is dtheta/dh there?",
        options=[
            Option("w2", "W2"),
            Option(
                "w2-transposed",
                "W2 transposed, a derivative always turns it",
                "The derivation turned it, not a rule. There $\\theta_i = \\sum_k W_{2,ik}h_k$: derive it again, in one line.",
            ),
            Option(
                "h",
                "h transposed",
                "$\\theta$ is linear in $h$: what stands before $h$ is the slope, and $h$ itself is gone.",
            ),
            Option(
                "diagonal",
                "A diagonal matrix",
                "Every $\\theta_i$ feels every $h_j$. A diagonal is for entry-by-entry functions, such as $\\sigma$.",
            ),
        ],
        right="w2",
        hints=[
            "Write down $\\theta_i$ as a sum over $k$.",
            "$\\theta_i = \\sum_k W_{2,ik} h_k + b_{2,i}$.",
            "Which entry of $W_2$ stands before $h_j$?",
        ],
        notice="There the forward pass is $W_2h$ and the way back $W_2^T(\\hat y - y)$; here it is $hW_2$ and $(\\hat y - y)W_2^T$. "
        "Each book is right in its own layout, and a mixture of two is not.",
    ),
    Exercise(
        id="2b_3.diagonal",
        title="The Jacobian of a layer of sigmoids",
        minutes=4,
        level=2,
        reference=lambda z: np.diag(sigmoid_derivative(z)),
        steps=r"""
            h = sigmoid(z)             # $h = \sigma(z)$
            prime = h * (1 - h)        # $\sigma'(z)$, one slope a unit
            jacobian = np.diag(prime)  # $\partial h/\partial z$, the slopes on the diagonal
        """,
        inputs=_pre_activations,
        silent=True,
        mistakes=[
            Mistake(
                "vector-for-diagonal",
                sigmoid_derivative,
                "These are the right numbers, in a row. $H$ outputs and $H$ inputs make an $H \\times H$ matrix of derivatives: "
                "where do these stand in it, and what stands elsewhere?",
            ),
            Mistake(
                "sigma-for-sigma-prime",
                lambda z: np.diag(sigmoid(z)),
                "On the diagonal stands $\\sigma(z_j)$ itself. Its derivative belongs there.",
            ),
            Mistake(
                "prime-of-sigma-fed-z",
                lambda z: np.diag(z * (1 - z)),
                "$s(1 - s)$ is the derivative written in $s = \\sigma(z)$, and it was given $z$ itself.",
            ),
            Mistake(
                "outer-product",
                lambda z: np.outer(sigmoid(z), 1 - sigmoid(z)),
                "The diagonal is right. But `np.outer` fills the rest too, and would say that $h_i$ depends on $z_j$. What "
                "happens to $h_i$ when another unit's $z_j$ moves?",
            ),
            Mistake(
                "softmax-for-sigmoid",
                lambda z: np.diag(sigmoid(z)) - np.outer(sigmoid(z), sigmoid(z)),
                "$\\mathrm{diag}(h) - h^Th$ is the Jacobian of *softmax*, where a common sum ties all entries together. A sigmoid "
                "sees its own $z_j$ alone.",
            ),
            Mistake(
                "every-row",
                lambda z: np.tile(sigmoid_derivative(z), (len(z), 1)),
                "Every row holds $\\sigma'$ of all units. But $h_i$ depends on $z_i$ alone: one entry of row $i$ is not 0.",
            ),
            Mistake(
                "identity",
                lambda z: np.eye(len(z)),
                "The zeros are right. But where $z_j$ moves, $h_j$ does not move as far: the slope there is $\\sigma'(z_j)$.",
            ),
            Mistake(
                "tanh-prime",
                lambda z: np.diag(1 - sigmoid(z) ** 2),
                "$1 - h^2$ is the derivative of tanh. The units are sigmoids: $h(1 - h)$.",
            ),
            Mistake(
                "prime-fed-h",
                lambda z: np.diag(sigmoid_derivative(sigmoid(z))),
                "$\\sigma'$ was given $h$, one sigmoid too many. Give it $z$.",
            ),
            Mistake(
                "prime-sign",
                lambda z: -np.diag(sigmoid_derivative(z)),
                "A minus too many: a sigmoid rises everywhere, so its slope is never below 0.",
            ),
            *(
                Mistake(
                    "overflow-sigmoid",
                    formula,
                    "Right for ordinary $z$. At $z = -1000$ it computes $e^{1000}$, and NumPy warns. Your stable sigmoid does not.",
                )
                for formula in (
                    lambda z: np.diag(_naive_prime(z)),
                    lambda z: np.diag(1 / (1 + np.exp(-z)) * (1 - 1 / (1 + np.exp(-z)))),
                )
            ),
        ],
        accepts=[
            lambda z: np.diag(sigmoid(z) * (1 - sigmoid(z))),
            lambda z: np.eye(len(z)) * sigmoid_derivative(z),
            lambda z: np.diag(sigmoid(z)) @ np.diag(1 - sigmoid(z)),
            lambda z: np.diag(sigmoid(z)) * (1 - np.diag(sigmoid(z))),
            lambda z: [[s * (i == j) for j in range(len(z))] for i, s in enumerate(sigmoid_derivative(z))],
        ],
        hints=[
            "Row $i$, column $j$: how does $h_i = \\sigma(z_i)$ move when $z_j$ does? Take $i \\neq j$ first.",
            "Off the diagonal nothing moves. On it stands what you wrote in 2b_1.",
            "`np.diag` of a row puts it on the diagonal of a matrix of zeros.",
        ],
        notice="Unit $j$ minds its own business: of $H^2$ derivatives $H(H - 1)$ are 0.",
    ),
    Choice(
        id="2b_3.two_rows",
        title="Two rows and an @",
        minutes=1,
        level=1,
        question="g and s are 1-D arrays of length H. What is g @ s in NumPy?",
        options=[
            Option(
                "row",
                "A row of H products",
                "That is `g * s`. `@` multiplies the same pairs, and then adds them up.",
            ),
            Option("number", "One number"),
            Option(
                "matrix",
                "An H by H matrix",
                "That is `np.outer(g, s)`, every entry of one with every entry of the other.",
            ),
            Option(
                "error",
                "An error: a row does not multiply a row",
                "On paper it is one, and for two batches in NumPy too. But for two 1-D arrays, which are neither rows nor columns, "
                "NumPy has a meaning.",
            ),
        ],
        right="number",
        hints=[
            "`@` multiplies and then sums over the axis that the two have in common.",
            "Here that is the only axis that they have.",
            "$\\sum_j g_j s_j$.",
        ],
        notice="The inner product. It is what `@` in place of `*` gives for a single row, and $H$ numbers have become one.",
    ),
    Exercise(
        id="2b_3.vjp",
        title="Back through the sigmoids, without the matrix",
        minutes=4,
        level=2,
        reference=_vjp,
        steps=r"""
            h = sigmoid(z)       # $h = \sigma(z)$
            prime = h * (1 - h)  # $\sigma'(z)$
            dz = g * prime       # $\partial J/\partial z$
        """,
        inputs=_gradient_and_pre_activation,
        silent=True,
        mistakes=[
            Mistake(
                "sigma-for-sigma-prime",
                lambda g, z: g * sigmoid(z),
                "$\\sigma(z)$ stands where its derivative belongs, $\\sigma'(z) = \\sigma(z)(1 - \\sigma(z))$.",
            ),
            Mistake(
                "prime-of-sigma-fed-z",
                lambda g, z: g * z * (1 - z),
                "$s(1 - s)$ is the derivative written in $s = \\sigma(z)$, and it was given $z$ itself.",
            ),
            Mistake(
                "prime-fed-h",
                lambda g, z: g * sigmoid_derivative(sigmoid(z)),
                "$\\sigma'$ was given $h$, one sigmoid too many. Give it $z$.",
            ),
            Mistake(
                "tanh-prime",
                lambda g, z: g * (1 - sigmoid(z) ** 2),
                "$1 - h^2$ is the derivative of tanh. The units are sigmoids: $h(1 - h)$.",
            ),
            Mistake(
                "prime-sign",
                lambda g, z: -g * sigmoid_derivative(z),
                "A minus too many: a sigmoid rises everywhere, so its slope is never below 0.",
            ),
            Mistake(
                "forgot-g",
                lambda g, z: sigmoid_derivative(z),
                "That is $\\partial h/\\partial z$ alone. What comes from further up the chain, $g$, multiplies it.",
            ),
            Mistake(
                "forgot-prime",
                lambda g, z: g * 1.0,
                "$g$ goes through unchanged. On the way back a sigmoid multiplies by its slope.",
            ),
            *(
                Mistake(
                    "matmul-for-hadamard",
                    formula,
                    "`@` of a row and a row is a single number, and of two batches it does not multiply. Each unit has a slope of "
                    "its own: `*`.",
                )
                for formula in (
                    lambda g, z: g @ sigmoid_derivative(z),
                    lambda g, z: g @ sigmoid_derivative(z).T,
                    lambda g, z: g @ sigmoid(z) * (1 - sigmoid(z)),
                    lambda g, z: np.dot(g, sigmoid_derivative(z)),
                )
            ),
            Mistake(
                "full-table",
                lambda g, z: g[..., :, np.newaxis] * sigmoid_derivative(z)[..., np.newaxis, :],
                "That is the table of *all* products. Unit $j$'s gradient meets unit $j$'s slope, and no other.",
            ),
            *(
                Mistake(
                    "outer-product",
                    formula,
                    "`np.outer` meets every entry with every other. Unit $j$ needs $g_j$ with its own $s_j$ only.",
                )
                for formula in (
                    lambda g, z: np.outer(g, sigmoid_derivative(z)),
                    lambda g, z: np.outer(sigmoid_derivative(z), g),
                )
            ),
            Mistake(
                "summed",
                lambda g, z: np.sum(g * sigmoid_derivative(z), axis=-1),
                "The units were added up. Every $z_j$ has a slope of its own: the result has the shape of $z$.",
            ),
            Mistake(
                "added",
                lambda g, z: g + sigmoid_derivative(z),
                "The factors of a chain are multiplied. You added them.",
            ),
            Mistake(
                "divided",
                lambda g, z: g / sigmoid_derivative(z),
                "You divide by the slope. That would lead from $\\partial J/\\partial z$ to $\\partial J/\\partial h$, the other way.",
            ),
            *(
                Mistake(
                    "row-only",
                    formula,
                    "Right for a single row. Of a batch `np.diag` takes the diagonal *out*, it makes no matrix for each row. And no "
                    "matrix is needed.",
                )
                for formula in (
                    lambda g, z: g @ np.diag(sigmoid_derivative(z)),
                    lambda g, z: np.diag(sigmoid_derivative(z)) @ g,
                    lambda g, z: np.dot(g, np.diag(sigmoid_derivative(z))),
                    lambda g, z: np.dot(np.diag(sigmoid_derivative(z)), g),
                )
            ),
            Mistake(
                "missing-brackets",
                lambda g, z: g * sigmoid(z) * 1 - sigmoid(z),
                "`g * h * 1 - h` takes $h$ off the whole product. The brackets of `h * (1 - h)` are missing.",
            ),
            *(
                Mistake(
                    "overflow-sigmoid",
                    formula,
                    "Right for ordinary $z$. At $z = -1000$ it computes $e^{1000}$, and NumPy warns. Your stable sigmoid does not.",
                )
                for formula in (
                    lambda g, z: g * _naive_prime(z),
                    lambda g, z: g / (1 + np.exp(-z)) * (1 - 1 / (1 + np.exp(-z))),
                )
            ),
        ],
        accepts=[
            lambda g, z: g * sigmoid(z) * (1 - sigmoid(z)),
            lambda g, z: sigmoid(z) * sigmoid(-z) * g,
            lambda g, z: np.einsum("...j,...j->...j", g, sigmoid_derivative(z)),
            lambda g, z: np.einsum("...i,...i,ij->...j", g, sigmoid_derivative(z), np.eye(z.shape[-1])),
            lambda g, z: np.reshape([a * s for a, s in zip(g.flat, sigmoid_derivative(z).flat, strict=True)], z.shape),
        ],
        hints=[
            "Write entry $j$ of $g\\,\\mathrm{diag}(s)$ as a sum over $i$. How many of its terms are not 0?",
            "One: $g_j s_j$. So the result is a row of products.",
            "In NumPy that product is `*`, and it does not care how many rows there are.",
        ],
        notice="A vector times a Jacobian, and no Jacobian in sight. Every automatic differentiator is made of such functions.",
    ),
    Choice(
        id="2b_3.multiplications",
        title="Two ways to count",
        minutes=1,
        level=1,
        question="H = 1000 hidden units, one row. How many multiplications are g @ diag(s), with the whole matrix, and g * s?",
        options=[
            Option(
                "same",
                "1,000 each: the zeros cost nothing",
                "`@` does not know which entries are 0. It multiplies with every one of them.",
            ),
            Option("squared", "1,000,000 and 1,000"),
            Option(
                "cubed",
                "1,000,000,000 and 1,000",
                "That is a matrix times a matrix. Here a *row* meets a matrix.",
            ),
            Option(
                "both-squared",
                "1,000,000 each",
                "`*` meets each pair once, and there are as many pairs as units.",
            ),
        ],
        right="squared",
        hints=[
            "A row times a matrix: for each of $H$ columns a sum of how many products?",
            "$H$ columns with $H$ products each.",
            "$H^2$ against $H$.",
        ],
        notice="999 of 1,000 multiplications would be by 0, and the matrix takes 8 MB. For a batch, add a factor $N$ to both.",
    ),
    Choice(
        id="2b_3.biases",
        title="Do the biases matter",
        minutes=2,
        level=3,
        question="Both biases drop out of their Jacobians, dtheta/dh and dz/dx. On which of them does dJ/dx depend?",
        options=[
            Option(
                "none",
                "On neither",
                "They drop out of those two Jacobians. Look at the other two factors, $\\hat y - y$ and $\\sigma'(z)$: where are they "
                "taken?",
            ),
            Option(
                "b1",
                "On b1 only, through z",
                "Through $z$ it does. But $\\hat y$ is made of $\\theta = hW_2 + b_2$.",
            ),
            Option(
                "b2",
                "On b2 only, through y_hat",
                "Through $\\hat y$ it does. But $\\sigma'$ is taken at $z = xW_1 + b_1$.",
            ),
            Option("both", "On both"),
        ],
        right="both",
        hints=[
            "The chain has four factors. Two of them are constant matrices.",
            "$\\hat y - y$ and $\\sigma'(z)$ depend on *where* the network stands.",
            "Which biases are in $z$, and which in $\\hat y$?",
        ],
        notice="A constant drops out of a derivative, but not out of the place at which the derivative is taken.",
    ),
    Derivation(
        id="2b_3.chain",
        title="dJ/dx, in matrices",
        minutes=10,
        level=3,
        setting=HIDDEN_LAYER,
        question="D(J, x)",
        answer=GRADIENT,
        hints=[
            "Begin with the chain itself: `D(J, theta) @ D(theta, h) @ ...`, down to $x$. Check that the shapes meet.",
            "Put in what you know, a factor a line: $\\hat y - y$ from 2a, then what you derived for $\\partial\\theta/\\partial h$, "
            "$\\partial h/\\partial z$ and $\\partial z/\\partial x$.",
            "A row times `diag(s)` is the row `* s`. Where `@` and `*` meet in one line, put the brackets that you mean.",
        ],
        notice="Every factor leads one step back: the error at the logits, through $W_2$, through the slopes of the units, "
        "through $W_1$.",
        traps=[
            Trap(
                "stopped-early",
                "D(J, theta)",
                "That is $\\partial J/\\partial\\theta$, the first factor. Three more lead back to $x$.",
            ),
            Trap(
                "stopped-early",
                "D(J, h)",
                "That is $\\partial J/\\partial h$. The sigmoids and the first layer are still to come.",
            ),
            Trap(
                "stopped-early",
                "D(J, z)",
                "That is $\\partial J/\\partial z$. One factor is left, $\\partial z/\\partial x$.",
            ),
            Trap(
                "lost-minus",
                "((y - y_hat) @ W2.T * h * (1 - h)) @ W1.T",
                "The sign of the whole line is turned round. A sign can come from two places only: $\\hat y - y$, prediction minus "
                "truth, and $\\sigma' = \\sigma(1 - \\sigma)$, which is never below 0.",
            ),
            Trap(
                "no-prime",
                "D(J, theta) @ D(theta, h) @ D(z, x)",
                "The sigmoid is left out: between $h$ and $z$ stands $\\partial h/\\partial z$.",
            ),
            Trap(
                "half-of-the-prime",
                "((y_hat - y) @ W2.T * (1 - h)) @ W1.T",
                "$1 - h$ is one half of $\\sigma' = h(1 - h)$.",
            ),
            Trap(
                "prime-of-sigma-fed-z",
                "((y_hat - y) @ W2.T * z * (1 - z)) @ W1.T",
                "$s(1 - s)$ is the derivative written in $s = \\sigma(z)$. Here it is written in $z$ itself.",
            ),
            Trap(
                "prime-fed-h",
                "((y_hat - y) @ W2.T * sigma(h) * (1 - sigma(h))) @ W1.T",
                "$h$ is $\\sigma(z)$ already. $\\sigma'(z)$ is $\\sigma(z)(1 - \\sigma(z))$, or $h(1 - h)$.",
            ),
            Trap(
                "tanh-prime",
                "((y_hat - y) @ W2.T * (1 - h ** 2)) @ W1.T",
                "$1 - h^2$ is the derivative of tanh. The units are sigmoids: $h(1 - h)$.",
            ),
            Trap(
                "prime-without-bias",
                "((y_hat - y) @ W2.T * sigma(x @ W1) * (1 - sigma(x @ W1))) @ W1.T",
                "The slopes are taken at $xW_1$. The units stand at $z = xW_1 + b_1$.",
            ),
            Trap(
                "starts-from-p",
                "(y_hat @ W2.T * h * (1 - h)) @ W1.T",
                "The target is nowhere in this line. $\\partial J/\\partial\\theta = \\hat y - y$.",
            ),
            Trap(
                "same-index-everywhere",
                "((y_hat - 1) @ W2.T * h * (1 - h)) @ W1.T",
                "$\\hat y_i - 1$ is right for the true class only. For all of them it is $\\hat y - y$.",
            ),
            Trap(
                "skips-softmax",
                "D(J, y_hat) @ D(theta, h) @ D(h, z) @ D(z, x)",
                "$-y/\\hat y$ is $\\partial J/\\partial\\hat y$. The step through softmax, $\\partial\\hat y/\\partial\\theta$, is left out.",
            ),
            Trap(
                "softmax-counted-twice",
                "((y_hat - y) @ D(y_hat, theta) @ W2.T * h * (1 - h)) @ W1.T",
                "$\\hat y - y$ has passed through softmax already: it is $\\partial J/\\partial\\theta$.",
            ),
            Trap(
                "outer-product",
                "(y_hat - y) @ W2.T @ (h.T @ (1 - h)) @ W1.T",
                "The diagonal is right, but the rest is filled too: that would say that $h_i$ depends on $z_j$.",
            ),
            Trap(
                "softmax-for-sigmoid",
                "(y_hat - y) @ W2.T @ (diag(h) - h.T @ h) @ W1.T",
                "$\\mathrm{diag}(h) - h^Th$ is the Jacobian of *softmax*, where a common sum ties all entries together. A sigmoid "
                "sees its own $z_j$ alone.",
            ),
            Trap(
                "elementwise-prime",
                "(((y_hat - y) * y_hat * (1 - y_hat)) @ W2.T * h * (1 - h)) @ W1.T",
                "$\\hat y(1 - \\hat y)$ is one factor too many: the derivative of softmax is inside $\\hat y - y$ already.",
            ),
            Trap(
                "no-softmax",
                "((theta - y) @ W2.T * h * (1 - h)) @ W1.T",
                "The loss compares $y$ with $\\hat y = \\mathrm{softmax}(\\theta)$, not with the logits.",
            ),
        ],
        accepts=[
            f"""{DERIVED}
            (y_hat - y) @ W2.T @ diag(sigma(z) * (1 - sigma(z))) @ W1.T
            ((y_hat - y) @ W2.T * sigma(z) * (1 - sigma(z))) @ W1.T""",
            f"""D(J, x)
            D(J, y_hat) @ D(y_hat, theta) @ D(theta, x)
            (-y / y_hat) @ (diag(y_hat) - y_hat.T @ y_hat) @ D(theta, h) @ D(h, x)
            (y_hat - y) @ D(h @ W2 + b2, h) @ D(sigma(x @ W1 + b1), x)
            (y_hat - y) @ W2.T @ diag(h * (1 - h)) @ D(x @ W1 + b1, x)
            {GRADIENT}""",
            f"""D(-sum(y[k] * log(y_hat[k]), k), x)
            D(J, z) @ D(z, x)
            (D(J, h) * h * (1 - h)) @ W1.T
            {GRADIENT}""",
            """D(J, x)
            (W1 @ diag(h * (1 - h)) @ W2 @ (y_hat - y).T).T
            (h * (1 - h) * ((y_hat - y) @ W2.T)) @ W1.T""",
        ],
        mistakes=[
            WrongChain(
                "matmul-for-hadamard",
                2,
                f"D(J, x)\n(y_hat - y) @ W2.T @ sigma(x @ W1 + b1) @ (1 - sigma(x @ W1 + b1)) @ W1.T\n{GRADIENT}",
            ),
            WrongChain("matmul-for-hadamard", 3, f"{DERIVED}\n(y_hat - y) @ W2.T @ (h * (1 - h)) @ W1.T"),
            WrongChain("hadamard-for-matmul", 2, f"D(J, x)\n{CHAIN.replace('@', '*')}\n{GRADIENT}"),
            WrongChain("transpose", 3, f"{DERIVED}\n(y_hat - y) @ W2 @ D(h, z) @ D(z, x)\n{GRADIENT}"),
            WrongChain("transpose", 3, f"{DERIVED}\n(y_hat - y) @ W2.T @ D(h, z) @ W1\n{GRADIENT}"),
            WrongChain("on-its-side", 3, f"{DERIVED}\nW1 @ diag(h * (1 - h)) @ W2 @ (y_hat - y).T"),
            WrongChain("order-of-factors", 2, "D(J, x)\nD(z, x) @ D(h, z) @ D(theta, h) @ D(J, theta)"),
            WrongChain("order-of-factors", 3, f"{DERIVED}\n(y_hat - y) @ W2.T @ W1.T @ diag(h * (1 - h))"),
            WrongChain("upside-down", 2, f"D(J, x)\nD(J, theta) @ D(h, theta) @ D(h, z) @ D(z, x)\n{GRADIENT}"),
            WrongChain("no-prime", 2, f"D(J, x)\nD(J, theta) @ D(theta, h) @ D(z, x)\n{GRADIENT}"),
            WrongChain("sigma-for-sigma-prime", 3, f"{DERIVED}\n(y_hat - y) @ W2.T @ diag(h) @ W1.T"),
            WrongChain("missing-brackets", 3, f"{DERIVED}\n(y_hat - y @ W2.T * h * (1 - h)) @ W1.T\n{GRADIENT}"),
            WrongChain("missing-brackets", 3, f"{DERIVED}\n((y_hat - y) @ W2.T * h * 1 - h) @ W1.T\n{GRADIENT}"),
            WrongChain("lost-minus", 3, f"{DERIVED}\n((y_hat - y) @ W2.T * h * (h - 1)) @ W1.T"),
            WrongChain("stopped-early", 2, "D(J, x)\nD(J, theta) @ D(theta, h) @ D(h, z)"),
            WrongChain("shapes", 3, f"{DERIVED}\n(y_hat - y) @ W2.T @ diag(h * (1 - h)) @ W1.T + b1"),
        ],
    ),
    Choice(
        id="2b_3.precedence",
        title="Which product first",
        minutes=1,
        level=2,
        question="g, s and t are rows, A and B matrices. How does Python read g @ A * s * t @ B?",
        options=[
            Option("left-to-right", "(((g @ A) * s) * t) @ B"),
            Option(
                "at-first",
                "(g @ A) * s * (t @ B)",
                "That is how many read it. But in Python `@` does not bind more tightly than `*`: the two are equal.",
            ),
            Option(
                "star-first",
                "g @ (A * s * t) @ B",
                "In Python `*` does not bind more tightly than `@`: the two are equal.",
            ),
        ],
        right="left-to-right",
        hints=[
            "In Python `@`, `*` and `/` have one and the same precedence.",
            "Equals are read from left to right.",
            "Put a pair of brackets round the first two, then round these and the third, and so on.",
        ],
        notice="So this order needs no brackets, and `s * t * g @ A @ B`, which nobody would mind on paper, is another formula. "
        "Brackets cost nothing.",
    ),
    Exercise(
        id="2b_3.one_row",
        title="dJ/dx, for one row",
        minutes=10,
        level=3,
        reference=input_gradient,
        steps=DX_STEPS.replace("(y_hat - y) / N", "y_hat - y"),
        inputs=_single_rows,
        silent=True,
        mistakes=[replace(mistake, **OF_A_ROW.get(mistake.slug, {})) for mistake in IN_THE_CHAIN],
        accepts=[
            input_gradient,
            _in_columns,
            _by_jacobians,
            _by_loops,
            _by_a_tape,
            lambda x, y, W1, b1, W2, b2: (
                W1 @ (sigmoid_derivative(x @ W1 + b1) * (W2 @ (forward(x, W1, b1, W2, b2).y_hat - y)))
            ),
            lambda x, y, W1, b1, W2, b2: (
                W1 @ np.diag(sigmoid_derivative(x @ W1 + b1)) @ W2 @ (softmax(sigmoid(x @ W1 + b1) @ W2 + b2) - y)
            ),
        ],
        hints=[
            "First the forward pass. Of what it finds the way back needs two: $\\hat y$, and one of $z$ and $h$.",
            "Then back, a line a factor: `dtheta`, `dh`, `dz`, `dx`. Write the shape of each beside it.",
            "`dtheta` is $\\hat y - y$; `dh` is a matrix product, `dz` an element-wise one, `dx` a matrix product again.",
        ],
        notice="Four lines back for four lines forward, and each comes back through the one that it faces.",
        laws=[_moves_z, _is_more_than_noise],
    ),
    Choice(
        id="2b_3.more_rows",
        title="More rows",
        minutes=1,
        level=2,
        question="A batch of 10 rows gets 10 more. What happens to the gradient of J with respect to the first row?",
        options=[
            Option(
                "nothing",
                "Nothing: a row only sees itself",
                "Its *own* loss is as it was. But $J$ is the mean, and in the mean of 20 it counts half as much.",
            ),
            Option("halved", "It is halved"),
            Option(
                "depends",
                "It depends on the new rows",
                "The first row is in one of the 20 losses only. Whatever the others are, they stand still when it moves.",
            ),
            Option(
                "doubled",
                "It is doubled",
                "That would be so if the number of rows multiplied. A mean divides.",
            ),
        ],
        right="halved",
        hints=[
            "$J = \\frac1N \\sum_n J_n$. Which of the $J_n$ contain the first row?",
            "One of them. It stands in $J$ with the factor $1/N$.",
            "$N$ was 10, and is 20.",
        ],
        notice="$1/N$ of its own gradient, and nothing from the neighbours: that is all there is to a batch.",
    ),
    Exercise(
        id="2b_3.input_gradient",
        title="dJ/dx, for a row or a batch",
        minutes=6,
        level=3,
        reference=input_gradient,
        steps=DX_STEPS,
        inputs=network_input_and_target,
        silent=True,
        mistakes=[*IN_THE_CHAIN, *IN_THE_BATCH],
        accepts=[
            _in_columns,
            _by_jacobians,
            _one_jacobian_of_all,
            _by_loops,
            _by_a_tape,
            _with(),
            _with(dx="dtheta @ W2.T * h * (1 - h) @ W1.T"),
            _with(dtheta="y_hat - y", dx="dz @ W1.T / N"),
            _with(dh="(W2 @ dtheta.T).T", dx="(W1 @ dz.T).T"),
            _with(dh="np.inner(dtheta, W2)", dx="np.tensordot(dz, W1, (-1, 1))"),
            _with(dz="np.einsum('...i,ji,...j->...j', dtheta, W2, prime)"),
            _with(dx="(dz @ W1.T).tolist()"),
            _row_by_row,
        ],
        hints=[
            "Your lines for one row: which of them would be wrong for a batch, and which are right as they stand?",
            "`@` with a matrix on the right and `*` work row by row by themselves. $J$ is a mean: where does its $1/N$ go?",
            "A single row has shape $(D,)$, a batch $(N, D)$: `x.ndim` tells them apart, and `np.atleast_2d(x)` makes a batch of "
            "either.",
        ],
        notice="The same four lines, and a $1/N$. Nothing had to be transposed, looped or summed for the batch: in row layout it "
        "comes for free.",
        laws=[_moves_z, _is_more_than_noise],
    ),
]
