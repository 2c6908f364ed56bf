"""The bank of chapter 3_3: training."""

from __future__ import annotations

import numpy as np

from utils.derivation import HIDDEN_LAYER, Trap
from utils.exercises.calls import Case
from utils.exercises.derivation import Derivation, WrongChain
from utils.exercises.exercise import Choice, Exercise, Mistake, Option
from utils.exercises.formulas import BACKWARD_STEPS, FORWARD_STEPS, HARD_LABELS, ROUNDED, step_by_step
from utils.exercises.inputs import each_shape_again, network_input_and_target
from utils.exercises.steps import parse
from utils.reference import forward, parameter_gradients, softmax

WEIGHT = "D(J, W2[j, i])"
RESULTS = ("dW1", "db1", "dW2", "db2")

# A single row is a batch of one: its own transpose would turn nothing.
PARAMETER_STEPS = (
    FORWARD_STEPS
    + BACKWARD_STEPS
    + r"""
dW1 = np.atleast_2d(x).T @ np.atleast_2d(dz)      # $\partial J/\partial W_1$
db1 = np.atleast_2d(dz).sum(axis=0)               # $\partial J/\partial b_1$
dW2 = np.atleast_2d(h).T @ np.atleast_2d(dtheta)  # $\partial J/\partial W_2$
db2 = np.atleast_2d(dtheta).sum(axis=0)           # $\partial J/\partial b_2$
"""
)


def _with(returns=RESULTS, rows=np.atleast_2d, **lines):
    """The gradients of the parameters, with these lines in place of the right ones. A single row is a batch of one."""
    return step_by_step(PARAMETER_STEPS, *returns, as_rows=rows, **lines)


def _layer_2_first(x, y, W1, b1, W2, b2):
    _, h, _, y_hat = forward(x, W1, b1, W2, b2)
    np.matmul(h.T, y_hat - y)  # a single row gets no further
    return parameter_gradients(x, y, W1, b1, W2, b2)


def _length_of_a_row(x, y, W1, b1, W2, b2):
    return tuple(g * len(np.atleast_2d(x)) / len(x) for g in parameter_gradients(x, y, W1, b1, W2, b2))


def _updates(rate=0.1, *, too_early=False):
    """The parameters take a step inside the function; too early: W2 does so before the error passes back through it."""

    def gradients(x, y, W1, b1, W2, b2):
        parameters = W1, b1, W2, b2
        through = W2 - rate * parameter_gradients(x, y, *parameters).dW2 if too_early else W2
        result = _with(dh=lambda s: s.dtheta @ through.T)(x, y, *parameters)
        for parameter, gradient in zip(parameters, result, strict=True):
            parameter -= rate * gradient
        return result

    return gradients


def _row_by_row(x, y, W1, b1, W2, b2):
    """A sum of outer products, one a row."""
    total = [np.zeros_like(parameter) for parameter in (W1, b1, W2, b2)]
    for row, target in zip(np.atleast_2d(x), np.atleast_2d(y), strict=True):
        _, h, _, y_hat = forward(row, W1, b1, W2, b2)
        dtheta = (y_hat - target) / len(np.atleast_2d(x))
        dz = W2 @ dtheta * (h - h**2)
        for sum_, part in zip(total, (np.outer(row, dz), dz, np.outer(h, dtheta), dtheta), strict=True):
            sum_ += part
    return total


def _by_einsum(x, y, W1, b1, W2, b2):
    x, y = np.atleast_2d(x, y)
    h = 1 / (1 + np.exp(-np.clip(x @ W1 + b1, -700, 700)))
    dtheta = softmax(h @ W2 + b2) / len(x) - y / len(x)
    dz = np.einsum("nk,hk,nh->nh", dtheta, W2, h * (1 - h))
    return np.einsum("nd,nh->dh", x, dz), np.einsum("nh->h", dz), np.einsum("nh,nk->hk", h, dtheta), np.sum(dtheta, 0)


def _bias_as_a_weight(x, y, W1, b1, W2, b2):
    """A column of ones beside x and beside h, so that a bias is one more row of the weights."""
    x, y = np.atleast_2d(x, y)
    h = forward(x, W1, b1, W2, b2).h
    ones = np.ones((len(x), 1))
    dtheta = (softmax(h @ W2 + b2) - y) / len(x)
    dz = dtheta @ W2.T * h * (1 - h)
    first, second = np.hstack([x, ones]).T @ dz, np.hstack([h, ones]).T @ dtheta
    return first[:-1], first[-1], second[:-1], second[-1]


@each_shape_again
def parameter_and_gradient(rng):
    D, H = (int(n) for n in rng.permutation(np.arange(4, 9))[:2])
    weights = np.array([[1.0, 0.5], [-1.0, 2.0], [0.0, 3.0]])
    slope = np.array([[0.2, -0.4], [0.0, 1.0], [-2.0, 0.6]])
    return [
        Case({"parameter": np.array([1.0, -2.0]), "gradient": np.array([0.5, -1.0]), "rate": 0.1}),
        Case({"parameter": np.array([1.0, -2.0]), "gradient": np.array([0.5, -1.0]), "rate": 0.2}),
        Case({"parameter": weights, "gradient": slope, "rate": 0.5}),
        Case({"parameter": rng.normal(size=H), "gradient": rng.normal(size=H), "rate": float(rng.uniform(0.01, 0.3))}),
        Case(
            {
                "parameter": rng.normal(size=(D, H)),
                "gradient": rng.normal(size=(D, H)),
                "rate": float(rng.uniform(2, 4)),
            }
        ),
    ]


@each_shape_again
def image_and_gradient(rng):
    N, D = (int(n) for n in rng.permutation(np.arange(4, 9))[:2])
    x = np.array([[0.0, 0.25, 0.5, 1.0], [1.0, 0.75, 0.25, 0.0]])
    dx = np.array([[0.3, 0.0, -0.4, 0.1], [0.2, -0.6, 0.05, -0.01]])

    def drawn(shape, epsilon):
        """With a pixel at each end of the ink, so that both are met."""
        image, gradient = rng.uniform(size=shape), rng.normal(size=shape)
        image[..., :2], gradient[..., :2] = (0, 1), np.abs(gradient[..., :2]) * (1, -1)
        return Case({"x": image, "dx": gradient, "epsilon": epsilon})

    return [
        Case({"x": x[0], "dx": dx[0], "epsilon": 0.25}),
        Case({"x": x[0], "dx": dx[0], "epsilon": 0.5}),
        Case({"x": x, "dx": dx, "epsilon": 0.25}),
        drawn(D, 0.4),
        drawn((N, D), float(rng.uniform(0.1, 0.3))),
    ]


def step(parameter, gradient, rate):
    """One step of gradient descent: a new array, rate times the gradient downhill of the parameter."""
    return parameter - rate * gradient


def push(x, dx, epsilon):
    """The image within epsilon of x, pixel by pixel, that lowers J most as long as J is a plane. Ink stays in 0 to 1."""
    return np.clip(x - epsilon * np.sign(dx), 0, 1)


def _changes_the_parameter(parameter, gradient, rate):
    parameter -= rate * gradient
    return parameter


def _changes_the_image(x, dx, epsilon):
    x -= epsilon * np.sign(dx)
    return np.clip(x, 0, 1)


def _norm(a):
    return np.sqrt(np.sum(np.square(a), axis=-1, keepdims=True))


def _largest(a):
    return np.max(np.abs(a), axis=-1, keepdims=True)


EXERCISES = [
    Derivation(
        id="3_3.weight",
        title="The derivative with respect to one weight",
        minutes=7,
        level=2,
        setting=HIDDEN_LAYER,
        question=WEIGHT,
        steps=4,
        answer="h[j] * (y_hat[i] - y[i])",
        hints=[
            "The weight $W_{2,j,i}$ acts on the loss through the logits only. The chain rule sums over all of them.",
            "$\\theta_k = \\sum_m h_m W_{2,m,k} + b_{2,k}$. For which $k$, and in which term of the sum, does $W_{2,j,i}$ stand?",
            "Only in $\\theta_i$, where it is multiplied by $h_j$. And $\\partial J/\\partial\\theta_i$ is question 2(a).",
        ],
        notice="What goes *in* at the one end of the weight, times the error at the other: all these products together are an "
        "outer product.",
        traps=[
            Trap(
                "stopped-early",
                "D(J, theta[i])",
                "That is $\\partial J/\\partial\\theta_i$. One factor is missing: how much $\\theta_i$ moves when the weight does.",
            ),
            Trap(
                "factor-alone",
                "D(theta[i], W2[j, i])",
                "That is $\\partial\\theta_i/\\partial W_{2,j,i}$, the last factor alone. The error $\\hat y_i - y_i$ stands in front of it.",
            ),
            Trap(
                "weight-for-input",
                "W2[j, i] * (y_hat[i] - y[i])",
                "$\\theta_i$ contains the product $h_j W_{2,j,i}$. Its derivative with respect to $h_j$ is the weight; with respect to "
                "the *weight* it is $h_j$.",
            ),
            Trap(
                "logit-for-input",
                "z[j] * (y_hat[i] - y[i])",
                "$W_2$ multiplies $h_j$, what the hidden unit puts out, and not $z_j$, what goes into it.",
            ),
            Trap(
                "prime-too-early",
                "h[j] * (1 - h[j]) * (y_hat[i] - y[i])",
                "$h_j(1 - h_j)$ is $\\sigma'(z_j)$, due on the way to layer 1. $W_2$ multiplies $h_j$ itself.",
            ),
            Trap(
                "forgot-y",
                "h[j] * y_hat[i]",
                "The error is $\\hat y_i - y_i$: what came out, minus what should have.",
            ),
            Trap(
                "same-index-everywhere",
                "h[j] * (y_hat[i] - 1)",
                "$y_i$ is 1 only for the true class.",
            ),
            Trap(
                "nothing-left",
                "0",
                "This is 0. $h$ does not depend on $W_2$; and of the logits only $\\theta_i$ contains this weight, the others stay "
                "out of the sum.",
            ),
        ],
        accepts=[
            f"""{WEIGHT}
            sum(D(J, theta[k]) * D(theta[k], W2[j, i]), k)
            sum((y_hat[k] - y[k]) * D(sum(h[m] * W2[m, k], m) + b2[k], W2[j, i]), k)
            sum((y_hat[k] - y[k]) * h[j] * delta(k, i), k)
            (y_hat[i] - y[i]) * h[j]""",
            f"""{WEIGHT}
            D(J, theta[i]) * D(theta[i], W2[j, i])
            (y_hat[i] - y[i]) * D(h[j] * W2[j, i], W2[j, i])
            (y_hat[i] - y[i]) * h[j]""",
        ],
        mistakes=[
            WrongChain("stopped-early", 3, f"{WEIGHT}\nD(J, theta[i]) * D(theta[i], W2[j, i])\ny_hat[i] - y[i]"),
            WrongChain(
                "weight-for-input",
                3,
                f"{WEIGHT}\nD(J, theta[i]) * D(theta[i], W2[j, i])\n(y_hat[i] - y[i]) * W2[j, i]\nh[j] * (y_hat[i] - y[i])",
            ),
            WrongChain("logit-for-input", 2, f"{WEIGHT}\n(y_hat[i] - y[i]) * z[j]"),
            WrongChain("forgot-y", 3, f"{WEIGHT}\nD(J, theta[i]) * h[j]\ny_hat[i] * h[j]"),
            WrongChain("factor-alone", 2, f"{WEIGHT}\nD(theta[i], W2[j, i])\nh[j]"),
        ],
    ),
    Choice(
        id="3_3.bias",
        title="One bias, many rows",
        minutes=1,
        level=1,
        question="J is the mean over N rows, and dtheta = (y_hat - y) / N, of shape (N, K). The bias b2 is added to every row "
        "of theta. What is dJ/db2?",
        options=[
            Option(
                "dtheta",
                "dtheta itself",
                "That has a row for each example, and there is only one $b_2$, of shape $(K,)$. It moves *all* rows at once: what "
                "do their shares come to?",
            ),
            Option("sum", "The sum of dtheta over the rows"),
            Option(
                "mean",
                "The mean of dtheta over the rows",
                "The $1/N$ of the mean is in `dtheta` already. Taken again, it would be there twice.",
            ),
            Option(
                "one",
                "1, because dtheta/db2 = 1",
                "That is the last factor. The chain rule multiplies it by the error in front.",
            ),
        ],
        right="sum",
        hints=[
            "A number that enters $J$ in several places has a derivative with several terms, one for each place.",
            "$b_{2,i}$ enters through $\\theta_{n,i}$, for every row $n$, each time with the factor 1.",
            "$\\sum_n \\partial J/\\partial\\theta_{n,i} \\cdot 1$.",
        ],
        notice="What is shared in the forward pass is summed in the backward pass. (A bias is a weight whose input is always 1: put "
        "a column of ones where $h$ stands, and the formula for $W_2$ says the same.)",
    ),
    Exercise(
        id="3_3.parameter_gradients",
        title="The gradients of the parameters",
        minutes=12,
        level=3,
        reference=parameter_gradients,
        steps=PARAMETER_STEPS,
        returns=RESULTS,
        inputs=network_input_and_target,
        mistakes=[
            Mistake(
                "sign",
                _with(dtheta="(y - y_hat) / N"),
                "All four have the wrong sign. You have $y - \\hat y$, the direction in which to *step*; the gradient points "
                "uphill.",
            ),
            Mistake(
                "forgot-y",
                _with(dtheta="y_hat / N"),
                "Your chain begins with $\\hat y$. It begins with the error, $\\hat y - y$: question 2(a).",
            ),
            Mistake(
                "starts-from-dyhat",
                _with(dtheta="-y / y_hat / N"),
                "Your chain begins with $-y/\\hat y$, which is $dJ/d\\hat y$. The Jacobian of softmax comes next, and together they "
                "are $\\hat y - y$.",
            ),
            Mistake(
                "diagonal-only",
                _with(dtheta="-y * (1 - y_hat) / N"),
                "Of softmax's Jacobian only the diagonal is used, so every class but the true one gets an error of 0. The whole "
                "matrix makes it $\\hat y - y$.",
            ),
            Mistake(
                "elementwise-prime",
                _with(dtheta="(y_hat - y) * y_hat * (1 - y_hat) / N"),
                "There is a factor $\\hat y(1 - \\hat y)$ too many. The derivative of softmax is inside $\\hat y - y$ already.",
            ),
            Mistake(
                "double-softmax",
                _with(dtheta="(softmax(y_hat) - y) / N"),
                "Softmax was applied twice: what `forward` returns last is $\\hat y$ already.",
            ),
            Mistake(
                "sigmoid-for-softmax",
                _with(dtheta="(sigmoid(theta) - y) / N"),
                "That is the error of $K$ independent sigmoids. Our output is a softmax.",
            ),
            Mistake(
                "no-1/N",
                _with(dtheta="y_hat - y"),
                "All four are too large by the factor $N$: $J$ is the *mean* over the rows. Put the $1/N$ into `dtheta`, and "
                "everything behind it inherits it.",
            ),
            Mistake(
                "1/N-twice",
                _with(dW1="x.T @ dz / N", dW2="h.T @ dtheta / N"),
                "The $1/N$ is in `dtheta` already, and `dW1` and `dW2` inherit it. You divide them by $N$ once more.",
            ),
            Mistake(
                "no-1/N-in-biases",
                _with(
                    dtheta="y_hat - y",
                    dW1="x.T @ dz / N",
                    dW2="h.T @ dtheta / N",
                ),
                "The weights are right, the biases too large by the factor $N$: they are derivatives of the same mean. With the "
                "$1/N$ in `dtheta` it cannot be forgotten anywhere.",
            ),
            Mistake(
                "no-1/N-in-layer-1",
                _with(
                    dh="dtheta * N @ W2.T",
                ),
                "Layer 2 is right, layer 1 too large by the factor $N$. The $1/N$ belongs to `dtheta`, before it travels back.",
            ),
            Mistake(
                "precedence",
                _with(dtheta="y_hat - y / N"),
                "`y_hat - y / N` divides only the targets. The mean belongs to the whole difference: `(y_hat - y) / N`.",
            ),
            Mistake(
                "1/D",
                _with(dtheta="(y_hat - y) / x.shape[1]"),
                "You divide by the number of *inputs*. The mean runs over the rows.",
            ),
            Mistake(
                "1/N-twice",
                _with(dtheta="(y_hat - y) / N**2"),
                "All four are too small by the factor $N$: the mean over the batch is taken twice.",
            ),
            Mistake(
                "1/K",
                _with(dtheta="(y_hat - y) / y.shape[1]"),
                "You divide by the number of *classes*. The mean runs over the rows.",
            ),
            Mistake(
                "mean-over-everything",
                _with(dtheta="(y_hat - y) / y.size"),
                "You divide by $NK$. Over the classes the loss is a sum; only over the rows it is a mean.",
            ),
            Mistake(
                "factor-2",
                _with(dtheta="2 * (y_hat - y) / N"),
                "A factor 2, the habit of squared errors. A logarithm has none.",
            ),
            Mistake(
                "hard-labels-only",
                _with(dtheta="(y_hat - np.eye(y.shape[1])[y.argmax(axis=1)]) / N"),
                HARD_LABELS.format(what=ROUNDED),
            ),
            Mistake(
                "length-of-a-row",
                _length_of_a_row,
                "Right for a batch. For a single row `len(x)` is $D$, the number of its entries, and not 1.",
            ),
            *(
                Mistake(
                    "one-dimensional",
                    formula,
                    "For a single row `x.T` is `x` itself: the transpose of a 1-D array does nothing, and an "
                    "inner product is tried where an outer one is meant. A single row is a batch of one: `np.atleast_2d`.",
                )
                for formula in (_with(rows=np.asarray, dW1="x.T @ dz", dW2="h.T @ dtheta"), _layer_2_first)
            ),
            *(
                Mistake(
                    "bias-not-summed",
                    _with(**steps),
                    f"{' and '.join(f'`{name}`' for name in steps)} still {'have' if len(steps) > 1 else 'has'} a row for each "
                    "example. A bias is shared by all rows: sum over axis 0.",
                )
                for steps in (
                    {"db1": "dz", "db2": "dtheta"},
                    {"db1": "dz"},
                    {"db2": "dtheta"},
                )
            ),
            *(
                Mistake(
                    "ones-for-biases",
                    _with(**steps),
                    "1 is $\\partial\\theta_i/\\partial b_{2,i}$, the last factor alone. The chain rule multiplies it by the error that "
                    "arrives there.",
                )
                for steps in (
                    {"db1": "np.ones(W1.shape[1])", "db2": "np.ones(W2.shape[1])"},
                    {"db1": "np.ones_like(dz)", "db2": "np.ones_like(dtheta)"},
                    {"db1": "1.0", "db2": "1.0"},
                )
            ),
            Mistake(
                "bias-mean",
                _with(db1="dz.mean(axis=0)", db2="dtheta.mean(axis=0)"),
                "The biases are too small by the factor $N$: the mean is in `dtheta` already, so its rows are *summed*.",
            ),
            Mistake(
                "bias-mean",
                _with(
                    dtheta="y_hat - y",
                    db1="dz.mean(axis=0)",
                    db2="dtheta.mean(axis=0)",
                ),
                "The biases have their $1/N$, by the mean, and the weights have none: they are too large by the factor $N$. Put it "
                "into `dtheta`, once, and sum.",
            ),
            Mistake(
                "keepdims",
                _with(db1="dz.sum(axis=0, keepdims=True)", db2="dtheta.sum(axis=0, keepdims=True)"),
                "`keepdims` leaves an axis of length 1: `db1` has shape $(1, H)$ where `b1` has $(H,)$. A gradient has the shape of "
                "its parameter.",
            ),
            Mistake(
                "bias-wrong-axis",
                _with(db1="dz.sum(axis=1)", db2="dtheta.sum(axis=1)"),
                "The biases are summed along the rows, and what is left is a number for each *example*. Axis 0 is the batch.",
            ),
            Mistake(
                "summed-over-everything",
                _with(db1="dz.sum()", db2="dtheta.sum()"),
                "`sum()` without an axis adds up everything. Each hidden unit and each class has a bias of its own: axis 0.",
            ),
            Mistake(
                "x-for-h",
                _with(dW2="x.T @ dtheta"),
                "`dW2` is made with $x$. What enters layer 2 is $h$.",
            ),
            Mistake(
                "z-for-h",
                _with(dW2="z.T @ dtheta"),
                "`dW2` is made with $z$. What $W_2$ multiplies is $h = \\sigma(z)$.",
            ),
            Mistake(
                "prime-for-h",
                _with(dW2="(h * (1 - h)).T @ dtheta"),
                "`dW2` is made with $\\sigma'(z)$ in place of $h$. The slope of the sigmoid belongs to `dz`, on the way to layer 1. "
                "(Was `h` overwritten by `h *= 1 - h`?)",
            ),
            *(
                Mistake(
                    "dx-for-dW1",
                    formula,
                    "That is $\\partial J/\\partial x$. Now $W_1$ moves and $x$ stands still: what multiplies $W_1$?",
                )
                for formula in (
                    _with(dW1="dz @ W1.T"),
                    _with(dW1="dz @ W1.T", dW2="dtheta @ W2.T"),
                )
            ),
            Mistake(
                "dh-for-dW2",
                _with(dW2="dtheta @ W2.T"),
                "`dW2` is $\\partial J/\\partial h$. Now $W_2$ moves and $h$ stands still: what multiplies $W_2$?",
            ),
            Mistake(
                "h-for-x",
                _with(dW1="h.T @ dz"),
                "`dW1` is made with $h$. What enters layer 1 is $x$.",
            ),
            Mistake(
                "transposed",
                _with(dW1="dz.T @ x", dW2="dtheta.T @ h"),
                "`dW1` and `dW2` are transposed. A gradient has the shape of its parameter: what goes in counts the rows, the error "
                "the columns.",
            ),
            Mistake(
                "not-transposed",
                _with(dW1="x @ dz"),
                "`x @ dz` is $(N, D)$ times $(N, H)$. The sum has to run over the batch, so the batch belongs in the middle.",
            ),
            *(
                Mistake(
                    "rows-do-not-multiply",
                    formula,
                    "Two arrays with a row for each example do not multiply with `@`. If the line is the one of `dW2`: the batch "
                    "belongs in the middle of the product, so `h` is turned. If it is the one of $\\sigma'(z)$: each hidden unit has "
                    "a slope of its own, which multiplies entry by entry, `*`.",
                )
                for formula in (_with(dW2="h @ dtheta"), _with(dz="dh @ (h * (1 - h))"))
            ),
            Mistake(
                "hadamard-for-matmul",
                _with(dW1="x.T * dz"),
                "`*` lines two arrays up entry by entry. `dW1` is a sum over the batch of outer products, and that is `@`.",
            ),
            Mistake(
                "hadamard-for-matmul",
                _with(dW1="x * dz"),
                "`*` lines two arrays up entry by entry. `dW1` is a sum over the batch of outer products: `@`, with a transpose.",
            ),
            Mistake(
                "not-summed-over-batch",
                _with(
                    dW1="x[:, :, None] * dz[:, None, :]",
                    dW2="h[:, :, None] * dtheta[:, None, :]",
                ),
                "You have the outer product of each row, one by one. The batch shares its weights, so these are added up.",
            ),
            Mistake(
                "product-of-sums",
                _with(
                    dW1="np.outer(x.sum(axis=0), dz.sum(axis=0))",
                    dW2="np.outer(h.sum(axis=0), dtheta.sum(axis=0))",
                ),
                "You multiply two sums over the batch. Each row's input belongs to its own error: first the products, then the "
                "sum.",
            ),
            Mistake(
                "product-of-sums",
                _with(
                    dW1="np.outer(x.mean(axis=0), dz.sum(axis=0))",
                    dW2="np.outer(h.mean(axis=0), dtheta.sum(axis=0))",
                ),
                "You multiply the *average* input by the error. Each row's input belongs to its own error: first the products, then "
                "the sum.",
            ),
            Mistake(
                "layer-skipped",
                _with(dW1="x.T @ dtheta", db1="dtheta.sum(axis=0)"),
                "Layer 1 gets the error of the logits. On its way back this has to pass $W_2$ and the sigmoid: layer 1 needs `dz`.",
            ),
            Mistake(
                "w2-not-transposed",
                _with(dh="dtheta @ W2"),
                "`dtheta @ W2` is $(N, K)$ times $(H, K)$. On the way back the error passes $W_2$ from the other side: which way "
                "round does it multiply?",
            ),
            Mistake(
                "no-prime",
                _with(dz="dh"),
                "Layer 2 is right. On the way to layer 1 the sigmoid was left out: its slope $\\sigma'(z)$ multiplies the error, entry "
                "by entry.",
            ),
            Mistake(
                "sigma-for-sigma-prime",
                _with(dz="dh * h"),
                "Layer 2 is right. `dz` is multiplied by $\\sigma(z)$, where its slope $\\sigma'(z) = \\sigma(z)(1 - \\sigma(z))$ is meant.",
            ),
            Mistake(
                "prime-of-sigma-fed-z",
                _with(dz="dh * z * (1 - z)"),
                "Layer 2 is right. $s(1 - s)$ is the slope of the sigmoid where $s = \\sigma(z)$; you put in $z$.",
            ),
            Mistake(
                "prime-fed-h",
                _with(dz="dh * sigmoid(h) * (1 - sigmoid(h))"),
                "Layer 2 is right. The slope was taken at $h$, so the sigmoid is applied twice. It is $\\sigma'(z)$, or $h(1 - h)$.",
            ),
            Mistake(
                "prime-without-brackets",
                _with(dz="dh * h * 1 - h"),
                "Layer 2 is right. `h * 1 - h` is 0, and with something in front worse: the brackets of $h(1 - h)$ are missing.",
            ),
            Mistake(
                "prime-sign",
                _with(dz="-dh * h * (1 - h)"),
                "Layer 2 is right, and layer 1 has the wrong sign: the slope of the sigmoid is $h(1 - h)$, which is positive.",
            ),
            Mistake(
                "tanh-prime",
                _with(dz="dh * (1 - h**2)"),
                "Layer 2 is right. $1 - h^2$ is the slope of the tanh; the sigmoid's is $h(1 - h)$.",
            ),
            Mistake(
                "order",
                _with(returns=("dW2", "db2", "dW1", "db1")),
                "The four are right, in another order. Asked is `dW1, db1, dW2, db2`, that of the arguments.",
            ),
            Mistake(
                "update-inside",
                _updates(),
                "The gradients are right, but the parameters are changed on the way: whoever asks for a gradient does not expect a "
                "step. Measuring and moving are two functions.",
            ),
            *(
                Mistake(
                    "updated-too-early",
                    _updates(rate, too_early=True),
                    "`W2` takes its step inside the function, and *then* the error passes back through it: layer 1 gets the "
                    "gradient of another network. First all four gradients, then the step, and that elsewhere.",
                )
                for rate in (0.01, 0.1, 0.5, 1.0)
            ),
        ],
        accepts=[
            _row_by_row,
            _by_einsum,
            _bias_as_a_weight,
            _with(dW1="(dz.T @ x).T", db1="np.add.reduce(dz)", db2="np.ones(N) @ dtheta"),
            _with(
                dtheta="y_hat - y",
                **{step.name: f"{step.expression} / N" for step in parse(PARAMETER_STEPS) if step.name in RESULTS},
            ),
            _with(dz="np.stack([d @ W2.T @ np.diag(h * (1 - h)) for d, h in zip(dtheta, h, strict=True)])"),
        ],
        hints=[
            "You know half of it from 2(b): `dtheta`, and `dz` behind it. Only the last factor is new, and it differs for a weight "
            "and for a bias.",
            "A gradient has the shape of its parameter. `dW2` has shape $(H, K)$: which two arrays, of shapes $(N, H)$ and $(N, K)$, "
            "make it, and which of them is turned so that the sum runs over the batch?",
            "For both layers alike: (what goes in).T @ (the error that comes back), and for the bias the error summed over axis 0. "
            "The $1/N$ stands in `dtheta`, once; one row is made a batch of one with `np.atleast_2d`.",
        ],
        notice="Both layers have one pattern: input transposed, times error; and the error's column sums for the bias. A deeper "
        "network repeats it, layer by layer.",
    ),
    Choice(
        id="3_3.start",
        title="Before the first step",
        minutes=1,
        level=1,
        question="The weights are small random numbers: the network knows nothing. About how large is J on the ten digits?",
        options=[
            Option(
                "zero",
                "About 0: it has made no mistake yet",
                "$J = 0$ would mean probability 1 for the right digit, every time. Knowing nothing is not being right.",
            ),
            Option("log-10", "About log 10 = 2.3"),
            Option(
                "one",
                "About 1: it is right once in ten tries",
                "How *often* it is right does not matter to $J$. What counts is the probability that the right digit gets.",
            ),
            Option(
                "ten",
                "About 10: one for each class",
                "$J$ is one term a row, $-\\log\\hat y_k$. Which probability does a network give that has no opinion?",
            ),
        ],
        right="log-10",
        hints=[
            "Small weights make small logits, all about the same. What does softmax make of equal logits?",
            "Every digit gets about $1/10$.",
            "$J = -\\log\\hat y_k$ with $\\hat y_k = 1/10$.",
        ],
        notice="A first loss of about $\\log K$ is the cheapest test there is. If yours is far from it, do not start training.",
    ),
    Exercise(
        id="3_3.step",
        title="One step downhill",
        minutes=2,
        level=1,
        reference=step,
        steps=r"""
            move = rate * gradient    # how far it is moved
            moved = parameter - move  # the parameter, downhill
        """,
        inputs=parameter_and_gradient,
        mistakes=[
            Mistake(
                "uphill",
                lambda parameter, gradient, rate: parameter + rate * gradient,
                "The gradient points *uphill*. With a plus, every step makes $J$ larger.",
            ),
            Mistake(
                "no-rate",
                lambda parameter, gradient, rate: parameter - gradient,
                "The whole gradient is subtracted. The learning rate says how much of it.",
            ),
            Mistake(
                "step-alone",
                lambda parameter, gradient, rate: -rate * gradient,
                "That is the step. Where you *arrive* is the parameter with the step added.",
            ),
            Mistake(
                "step-alone",
                lambda parameter, gradient, rate: rate * gradient,
                "That is the size of the step. Where you arrive is the parameter, less this.",
            ),
            Mistake(
                "precedence",
                lambda parameter, gradient, rate: rate * (parameter - gradient),
                "The rate multiplies the parameter as well, which shrinks it at each step. It belongs to the gradient alone.",
            ),
            Mistake(
                "divided-by-rate",
                lambda parameter, gradient, rate: parameter - gradient / rate,
                "You divide by the rate: the smaller it is, the larger the step. It multiplies.",
            ),
            Mistake(
                "no-gradient",
                lambda parameter, gradient, rate: parameter - rate * parameter,
                "The gradient does not occur: each step shrinks the parameter, whatever the data say.",
            ),
            Mistake(
                "no-gradient",
                lambda parameter, gradient, rate: parameter - rate,
                "The gradient does not occur: every entry goes down by the same.",
            ),
            Mistake(
                "sign-only",
                lambda parameter, gradient, rate: parameter - rate * np.sign(gradient),
                "Only the sign of the gradient is used, so steep and flat directions get the same step.",
            ),
            Mistake(
                "unit-length",
                lambda parameter, gradient, rate: parameter - rate * gradient / np.linalg.norm(gradient),
                "The gradient is cut to length 1. Its length is part of the step: near a minimum it gets small by itself.",
            ),
            Mistake(
                "1/N-twice",
                lambda parameter, gradient, rate: parameter - rate * gradient / len(gradient),
                "`len(gradient)` is no number of examples, and the mean over the batch is in the gradient already.",
            ),
            Mistake(
                "changed-arguments",
                _changes_the_parameter,
                "The values are right, but `-=` changes the caller's array. That saves memory in earnest, and costs an afternoon the "
                "day somebody still needs the old one. Here: a new array.",
            ),
        ],
        accepts=[
            lambda parameter, gradient, rate: parameter + -rate * gradient,
            lambda parameter, gradient, rate: np.subtract(parameter, np.multiply(gradient, rate)),
            lambda parameter, gradient, rate: (parameter - rate * gradient).tolist(),
        ],
        hints=[
            "The gradient says where $J$ rises fastest. You want it to fall.",
            "How far: the rate, times the gradient.",
            "The new parameter is the old one, less rate times gradient.",
        ],
        notice="All of deep learning's optimisers are variations on this line.",
    ),
    Choice(
        id="3_3.rate",
        title="A rate of 100",
        minutes=1,
        level=2,
        question="The rate 0.5 works well here. What do you see with a rate of 100?",
        options=[
            Option(
                "faster",
                "The same in fewer epochs: longer steps, sooner there",
                "A gradient is a promise about the neighbourhood only. A step that is too long lands where it says nothing.",
            ),
            Option("stuck", "J jumps up, and the network stays bad"),
            Option(
                "nan",
                "nan, after a few steps",
                "That is what overflow would do. Your softmax is stable and the sigmoid ends at 1, so the numbers stay finite; they "
                "are only useless.",
            ),
            Option(
                "same",
                "Nothing changes: only the direction counts",
                "The direction is right at the point where it was measured. How far you follow it is the rate.",
            ),
        ],
        right="stuck",
        hints=[
            "The gradient is the slope *here*. How far does a slope hold?",
            "Think of a narrow valley, and of a step that is longer than the valley is wide.",
            "After such a step the hidden units have large $|z|$. What was $\\sigma'(z)$ there?",
        ],
        notice="The first steps throw the hidden units into saturation, where $\\sigma'(z)$ is nearly 0: no error gets through to "
        "bring them back.",
    ),
    Choice(
        id="3_3.proof",
        title="98 %, and so?",
        minutes=1,
        level=2,
        question="The network recognises 98 % of images that it has never seen. What does that say of the gradient that "
        "trained it?",
        options=[
            Option(
                "right",
                "It is right: with a wrong one the network could not have learned",
                "It could. A wrong gradient that mostly points downhill goes downhill, too.",
            ),
            Option("little", "Little: a wrong one may get there as well"),
            Option(
                "nothing",
                "It is wrong: a right one would have reached 100 %",
                "A right gradient finds a good network for the *training* images. New ones may still surprise it.",
            ),
            Option(
                "sign",
                "It is right up to a factor, which the learning rate makes up for",
                "Had only a factor been possible, yes. But one gradient may be wrong and the other three right.",
            ),
        ],
        right="little",
        hints=[
            "What does a step need, so that the loss falls?",
            "Any direction that makes less than a right angle with $-dJ/dW$ will do.",
            "How many of the mistakes that you have met in this workbook leave a gradient within a right angle of the true one?",
        ],
        notice="Learning is forgiving, which is why wrong gradients live long. Only a gradient check asks the gradient itself.",
    ),
    Choice(
        id="3_3.saliency",
        title="What a pixel's derivative says",
        minutes=1,
        level=2,
        question="Take y = one-hot of 8, whatever the picture shows. At one grey pixel dJ/dx is +0.3. What brings the network nearer "
        "to seeing an 8?",
        options=[
            Option(
                "more",
                "More ink in that pixel",
                "$dJ/dx > 0$ means that more ink makes the loss of an 8 *larger*. You want it smaller.",
            ),
            Option("less", "Less ink in that pixel"),
            Option(
                "none",
                "Nothing: only pixels with a negative entry help",
                "A positive entry helps as well, the other way: take ink out.",
            ),
            Option(
                "weights",
                "It says nothing about pixels, only about weights",
                "$dJ/dx$ has an entry for each *pixel*. The weights stay as they are; now the picture moves.",
            ),
        ],
        right="less",
        hints=[
            "$J$ is now the loss of the answer 8. A small $J$ means a network that is sure of an 8.",
            "A positive derivative: more $x$, more $J$.",
            "You want less $J$.",
        ],
        notice="The same gradient as in training, taken one step further: not the network gives way, but the picture.",
    ),
    Exercise(
        id="3_3.push",
        title="Push the picture",
        minutes=4,
        level=1,
        reference=push,
        steps=r"""
            direction = np.sign(dx)        # the sign of each entry of $\partial J/\partial x$
            change = epsilon * direction   # by how much each pixel moves
            moved = x - change             # the picture, moved against the signs
            result = np.clip(moved, 0, 1)  # the same with its ink between 0 and 1
        """,
        inputs=image_and_gradient,
        mistakes=[
            Mistake(
                "uphill",
                lambda x, dx, epsilon: np.clip(x + epsilon * np.sign(dx), 0, 1),
                "With a plus the loss of the target *grows*: the picture is pushed away from it.",
            ),
            Mistake(
                "uphill",
                lambda x, dx, epsilon: x + epsilon * np.sign(dx),
                "With a plus the loss of the target *grows*: the picture is pushed away from it. (And ink stays between 0 and 1.)",
            ),
            Mistake(
                "no-clip",
                lambda x, dx, epsilon: x - epsilon * np.sign(dx),
                "Some pixels now hold less ink than none, or more than full. A picture stays between 0 and 1: `np.clip`.",
            ),
            Mistake(
                "one-end-clipped",
                lambda x, dx, epsilon: np.minimum(x - epsilon * np.sign(dx), 1),
                "Some pixels hold less ink than none. Clip at 0, too.",
            ),
            Mistake(
                "one-end-clipped",
                lambda x, dx, epsilon: np.maximum(x - epsilon * np.sign(dx), 0),
                "Some pixels hold more ink than full. Clip at 1, too.",
            ),
            Mistake(
                "no-sign",
                lambda x, dx, epsilon: np.clip(x - epsilon * dx, 0, 1),
                "That is a step along the gradient itself. Its small entries hardly move; asked is a move by the *same* `epsilon` in "
                "every pixel, each in its own direction.",
            ),
            Mistake(
                "no-sign",
                lambda x, dx, epsilon: x - epsilon * dx,
                "That is a step along the gradient itself. Asked is a move by the *same* `epsilon` in every pixel, each in its own "
                "direction. (And ink stays between 0 and 1.)",
            ),
            *(
                Mistake(
                    "no-sign",
                    formula,
                    "The gradient is scaled, and its small entries still move less than its large ones. Asked is a move by the "
                    "*same* `epsilon` in every pixel: only the signs count.",
                )
                for size in (_norm, np.linalg.norm, _largest, lambda dx: np.max(np.abs(dx)), np.max)
                for formula in (
                    lambda x, dx, epsilon, size=size: np.clip(x - epsilon * dx / size(dx), 0, 1),
                    lambda x, dx, epsilon, size=size: x - epsilon * dx / size(dx),
                )
            ),
            *(
                Mistake("zero-over-zero", formula, "0/0 where the derivative is 0: `np.sign` knows that case.")
                for formula in (
                    lambda x, dx, epsilon: np.clip(x - epsilon * dx / np.abs(dx), 0, 1),
                    lambda x, dx, epsilon: x - epsilon * dx / np.abs(dx),
                )
            ),
            *(
                Mistake(
                    "zero-moved",
                    lambda x, dx, epsilon, way=way, ink=ink: np.clip(x - epsilon * np.where(way(dx, 0), 1, -1), *ink),
                    "Where the derivative is 0 neither way lowers $J$, and the pixel stays. A choice of two has no answer for "
                    "it; `np.sign` has three.",
                )
                for way in (np.greater, np.greater_equal)
                for ink in ((0, 1), (-np.inf, np.inf))
            ),
            Mistake(
                "direction-lost",
                lambda x, dx, epsilon: np.clip(x - epsilon * np.abs(np.sign(dx)), 0, 1),
                "Every pixel loses ink. Where $dJ/dx$ is negative, more ink helps.",
            ),
            Mistake(
                "one-sided",
                lambda x, dx, epsilon: np.clip(x - epsilon * (dx > 0), 0, 1),
                "Pixels with a negative derivative stay where they are. There, more ink lowers the loss.",
            ),
            Mistake(
                "change-clipped",
                lambda x, dx, epsilon: x - np.clip(epsilon * np.sign(dx), 0, 1),
                "The *change* is clipped, which cuts off its negative half. It is the picture that has to stay between 0 and 1.",
            ),
            Mistake(
                "change-alone",
                lambda x, dx, epsilon: -epsilon * np.sign(dx),
                "That is the change alone. Add it to the picture.",
            ),
            Mistake(
                "changed-arguments",
                _changes_the_image,
                "The values are right, but `x -= ...` spoils the caller's picture. Work on a new array.",
            ),
        ],
        accepts=[
            lambda x, dx, epsilon: np.minimum(np.maximum(x - epsilon * np.sign(dx), 0), 1),
            lambda x, dx, epsilon: np.where(dx > 0, np.maximum(x - epsilon, 0), np.minimum(x + epsilon * (dx < 0), 1)),
            lambda x, dx, epsilon: (x + epsilon * ((dx < 0) * 1 - (dx > 0) * 1)).clip(0, 1),
        ],
        hints=[
            "Each pixel may move by `epsilon`, up or down. Which of the two lowers $J$, given the sign of its derivative?",
            "Against the sign of `dx`. `np.sign` gives -1, 0 or 1.",
            "Subtract epsilon times the sign, and clip what comes out to the range from 0 to 1.",
        ],
        notice="To first order this changes $J$ by $-\\epsilon\\sum_i|dJ/dx_i|$, and no other change that is as small in every pixel "
        "does more.",
    ),
]
