"""The bank of chapter 2b_2: the network with one hidden layer, forwards."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy import exp

from utils.exercises.calls import Case
from utils.exercises.exercise import Choice, Exercise, Mistake, Option
from utils.exercises.formulas import FORWARD_STEPS, naive_softmax, normalised, row_max
from utils.exercises.inputs import each_shape_again, network_and_input
from utils.exercises.sheet import Row, Sheet
from utils.reference import forward, log_softmax, sigmoid, sigmoid_derivative, softmax


@each_shape_again
def _row_and_hidden_layer(rng):
    return [
        Case(
            {
                "x": np.array([1.0, 2.0]),
                "W1": np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 1.0]]),
                "b1": np.array([0.5, -1.0, 2.0]),
            }
        ),
        *(
            Case({"x": rng.normal(size=D), "W1": rng.normal(size=(D, H)), "b1": rng.normal(size=H)})
            for D, H in ((4, 6), (7, 5))
        ),
    ]


def _sizes(rng):
    primes = (5, 7, 11, 13, 17, 19, 23, 29, 31, 37)  # so that no two counts meet
    return [
        Case({"D": 2, "H": 3, "K": 4}),
        Case({"D": 64, "H": 32, "K": 10}),
        *(Case(dict(zip("DHK", map(int, rng.permutation(primes)[:3]), strict=True))) for _ in range(3)),
    ]


def _layer(x, W1, b1, sigma=sigmoid):
    z = x @ W1 + b1
    return z, sigma(z)


def _of_the_last_input(x, W1, b1, bias):
    z = x[-1] * W1[-1] + (b1 if bias else 0)
    return z, sigmoid(z)


def _network(x, W1, b1, W2, b2, sigma=sigmoid, out=softmax):
    z = x @ W1 + b1
    h = sigma(z)
    theta = h @ W2 + b2
    return z, h, theta, out(theta)


def _onward(z, h, W2, b2):
    """The rest of the way, from a z and an h that are wrong already."""
    theta = h @ W2 + b2
    return z, h, theta, softmax(theta)


def _sigmoid_as_it_stands(z):
    return 1 / (1 + exp(-z))


def _relu(z):
    return np.maximum(z, 0)


def _hard_maximum(theta):
    return np.eye(theta.shape[-1])[np.argmax(theta, axis=-1)]


def _down_the_columns(theta):
    e = exp(theta - np.max(theta, axis=0))
    return e / np.sum(e, axis=0)


def _one_total(theta):
    e = exp(theta - np.max(theta))
    return e / np.sum(e)


def _no_keepdims(theta):
    e = exp(theta - row_max(theta))
    return e / np.sum(e, axis=-1)


def _row_by_row(x, W1, b1, W2, b2):
    if np.ndim(x) == 2:
        return tuple(map(np.array, zip(*(_row_by_row(row, W1, b1, W2, b2) for row in x), strict=True)))
    z = [sum(x[i] * W1[i, j] for i in range(len(x))) + b1[j] for j in range(len(b1))]
    h = [sigmoid(v) for v in z]
    theta = [sum(h[j] * W2[j, k] for j in range(len(h))) + b2[k] for k in range(len(b2))]
    return np.array(z), np.array(h), np.array(theta), softmax(theta)


def _by_columns(x, W1, b1, W2, b2):
    """The other convention, turned back into rows at the end of each layer."""
    z = (W1.T @ x.T).T + b1
    h = sigmoid(z)
    theta = (W2.T @ h.T).T + b2
    return z, h, theta, softmax(theta)


def _in_its_own_buffers(x, W1, b1, W2, b2):
    z = x @ W1
    z += b1
    theta = sigmoid(z) @ W2
    theta += b2
    return [z, sigmoid(z), theta, softmax(theta)]


def _into_the_bias(x, W1, b1, W2, b2):
    z = b1
    z += x @ W1
    return _onward(z, sigmoid(z), W2, b2)


def _one_buffer(x, W1, b1, W2, b2):
    _, h, theta, y_hat = _network(x, W1, b1, W2, b2)
    return h, h, theta, y_hat


def _one_buffer_at_the_output(x, W1, b1, W2, b2):
    z, h, _, y_hat = _network(x, W1, b1, W2, b2)
    return z, h, y_hat, y_hat


def _squashed_logits(x, W1, b1, W2, b2):
    z, h, theta, _ = _network(x, W1, b1, W2, b2)
    return z, h, sigmoid(theta), softmax(sigmoid(theta))


W1_TURNED = (
    "The $D$ entries of $x$ meet a matrix with $H$ rows: $W_1$ turned round, or $W_2$, which is $h$'s. As it stands $W_1$ is "
    "$(D, H)$, a row for each input. (With $D = H$ it would have run, and been wrong.)"
)
W2_TURNED = (
    "The $H$ entries of $h$ meet a matrix with $K$ rows: $W_2$ turned round. As it stands it is $(H, K)$, a row for each "
    "hidden unit. (With $H = K$ it would have run, and been wrong.)"
)
WEIGHTS_FIRST = (
    "The weights stand on the left. That is the habit of column vectors, $Wx$; here $x$ is a row, and comes first."
)
COLUMNS = (
    "Right for one row, by the habit of column vectors. In a batch the examples are *rows*, $(N, D)$: they stand on the "
    "left of the weights, and nothing need be turned."
)
BIAS_COLUMN = (
    "$b_1$ was made a column: with one row $(H,) + (H, 1)$ is a table $(H, H)$, and with a batch the shapes do not meet. It "
    "is meant as a row, and as it comes, $(H,)$, it lines up with the last axis by itself."
)
OVERFLOW = (
    "Right for ordinary numbers. But logits of 1000 overflow in the softmax, and inf / inf is `nan`. Each row's maximum "
    "has to go first; `softmax` from the cell at the top does that."
)
SAME_BUFFER = (
    "Your `{first}` holds the values of `{second}`: two names for one array, of which the second writing wiped out the "
    "first. Both are asked."
)
SHAPES = ("(N, D)", "(N, H)", "(N, K)", "(D, H)", "(H, D)", "(H, K)", "(K, H)", "(N,)", "(D,)", "(H,)", "(K,)")

EXERCISES = [
    Choice(
        id="2b_2.unit",
        title="One column",
        minutes=1,
        level=1,
        question="Column 1 of W1 is doubled, and nothing else. Which entries of z = x W1 + b1 can change?",
        options=[
            Option(
                "all",
                "All of them",
                "Entry $j$ of $z$ is $\\sum_i x_i W_{1,ij} + b_{1,j}$. Which columns of $W_1$ occur in it?",
            ),
            Option("own", "Only z[1]"),
            Option(
                "input",
                "Those that x[1] feeds",
                "$x_1$ is multiplied with *row* 1 of $W_1$, and feeds every unit. A column belongs to a unit.",
            ),
            Option("none", "None: it comes out in the bias", "The bias is added afterwards, and knows nothing of it."),
        ],
        right="own",
        hints=[
            "Write down $z_0$ and $z_1$ for two inputs and two units.",
            "The second index of $W_{1,ij}$ is the unit.",
            "In $z_j$ stands column $j$, and no other.",
        ],
        notice="Column $j$ of $W_1$ *is* hidden unit $j$, with $b_{1,j}$; row $i$ is what input $i$ tells to each of them.",
    ),
    Exercise(
        id="2b_2.hidden",
        title="One row through the first layer",
        minutes=4,
        level=1,
        reference=_layer,
        steps=r"""
            z = x @ W1 + b1  # $z = xW_1 + b_1$
            h = sigmoid(z)   # $h = \sigma(z)$
        """,
        returns=("z", "h"),
        inputs=_row_and_hidden_layer,
        mistakes=[
            *(
                Mistake(
                    "w1-transposed",
                    formula,
                    "The $D$ entries of $x$ meet a matrix with $H$ rows: $W_1$ is turned round. As it stands it is $(D, H)$, a "
                    "row for each input. (With $D = H$ it would have run, and been wrong.)",
                )
                for formula in (lambda x, W1, b1: _layer(x, W1.T, b1), lambda x, W1, b1: np.dot(x, W1.T) + b1)
            ),
            *(
                Mistake("weights-first", formula, WEIGHTS_FIRST)
                for formula in (lambda x, W1, b1: W1 @ x + b1, lambda x, W1, b1: np.dot(W1, x) + b1)
            ),
            Mistake(
                "hadamard-for-matmul",
                lambda x, W1, b1: x * W1 + b1,
                "`*` multiplies entry by entry. A unit *sums* over its inputs: that is `@`.",
            ),
            Mistake(
                "no-bias",
                lambda x, W1, b1: (x @ W1, sigmoid(x @ W1)),
                "The bias is missing: $z = xW_1 + b_1$.",
            ),
            Mistake(
                "bias-after-sigma",
                lambda x, W1, b1: (x @ W1, sigmoid(x @ W1) + b1),
                "The bias is added to $\\sigma$ of the rest. It belongs inside: it moves the place where a unit switches.",
            ),
            Mistake(
                "no-sigmoid",
                lambda x, W1, b1: (x @ W1 + b1, x @ W1 + b1),
                "$h$ is $z$ again: the sigmoid is missing. Without it two layers are no more than one.",
            ),
            Mistake(
                "tanh-for-sigmoid",
                partial(_layer, sigma=np.tanh),
                "That is tanh. Here $\\sigma$ is the sigmoid, from 0 to 1.",
            ),
            Mistake("relu-for-sigmoid", partial(_layer, sigma=_relu), "That is ReLU. Here $\\sigma$ is the sigmoid."),
            Mistake(
                "minus-in-sigma",
                partial(_layer, sigma=lambda z: sigmoid(-z)),
                "$h$ is $\\sigma(-z)$: it falls where $z$ rises. There is a minus too many, or one too few.",
            ),
            Mistake(
                "bias-not-in-z",
                lambda x, W1, b1: (x @ W1, sigmoid(x @ W1 + b1)),
                "$h$ is right, but the bias is missing in `z`: $z = xW_1 + b_1$ is what $\\sigma$ is taken of.",
            ),
            *(
                Mistake(
                    "last-term-only",
                    partial(_of_the_last_input, bias=bias),
                    "Of each sum over the inputs only the last term is left: does a loop write `=` where it should add, "
                    "`+=`?",
                )
                for bias in (True, False)
            ),
            Mistake(
                "sigma-prime-for-sigma",
                partial(_layer, sigma=sigmoid_derivative),
                "That is $\\sigma'(z)$, which belongs to the way back. Forwards it is $\\sigma(z)$.",
            ),
            Mistake(
                "softmax-in-the-middle",
                partial(_layer, sigma=softmax),
                "Softmax ties the units together; each hidden unit answers by itself: sigmoid.",
            ),
            Mistake(
                "bias-as-column",
                lambda x, W1, b1: _layer(x, W1, b1[:, None]),
                "$b_1$ was made a column: $(H,) + (H, 1)$ is a table $(H, H)$. It is meant as a row.",
            ),
            Mistake(
                "same-buffer",
                lambda x, W1, b1: (sigmoid(x @ W1 + b1),) * 2,
                SAME_BUFFER.format(first="z", second="h"),
            ),
        ],
        accepts=[
            lambda x, W1, b1: (W1.T @ x + b1, sigmoid(W1.T @ x + b1)),
            lambda x, W1, b1: (np.sum(x[:, None] * W1, axis=0) + b1, sigmoid(x @ W1 + b1)),
            lambda x, W1, b1: [np.einsum("i,ij->j", x, W1) + b1, sigmoid(np.dot(x, W1) + b1)],
            lambda x, W1, b1: (x @ W1 + b1, _sigmoid_as_it_stands(x @ W1 + b1)),
        ],
        hints=[
            "Two lines, one for each arrow of the drawing. Then `return` both.",
            "The matrix product is `@`, and the row comes first.",
            "Give the weighted sum plus bias the name `z`; `sigmoid` of that is the second result.",
        ],
        notice="$z$ is kept, and not only $h$: the way back will ask for $\\sigma'$ at this very place.",
    ),
    Choice(
        id="2b_2.row",
        title="One row of a batch",
        minutes=1,
        level=1,
        question="A batch of N = 6 rows. Only row 0 of x changes. Which rows of h, theta and y_hat change?",
        options=[
            Option("own", "Row 0 of each, and no other"),
            Option(
                "y_hat-all",
                "Row 0 of h and theta, but all rows of y_hat: softmax divides by a sum",
                "It divides by the sum of its own *row*, over classes. No other example is in that sum.",
            ),
            Option(
                "all",
                "All rows: they go through the same weights",
                "The same weights, but each row by itself: row $n$ of $xW_1$ is row $n$ of $x$ times $W_1$.",
            ),
            Option(
                "columns",
                "Column 0 of each",
                "Columns are units and classes. Row 0 of $x$ is one example, and stays a row all the way.",
            ),
        ],
        right="own",
        hints=[
            "Row $n$ of $xW_1$: which rows of $x$ occur in it?",
            "The sigmoid looks at single entries.",
            "Softmax looks at single rows.",
        ],
        notice="Examples meet for the first time in $J$, where their mean is taken. That is where $\\frac1N$ comes from.",
    ),
    Choice(
        id="2b_2.column_bias",
        title="A bias that stands",
        minutes=2,
        level=2,
        question="x @ W1 is (N, H), with H > 1. Somebody has stored b1 as a column, (H, 1), and adds it. What happens?",
        options=[
            Option(
                "fine",
                "The right thing: there are H biases, and H units",
                "There are, but NumPy compares shapes from the *right*: $H$ columns against 1, then $N$ rows against $H$.",
            ),
            Option("depends", "An error, unless N is H or 1; then no error, and wrong numbers"),
            Option(
                "error",
                "Always an error",
                "Nearly always. But $(H, H)$ and $(H, 1)$ fit, and so do $(1, H)$ and $(H, 1)$.",
            ),
            Option(
                "flattened",
                "NumPy turns it into (H,) by itself",
                "NumPy stretches axes of length 1. It never lays a column down.",
            ),
        ],
        right="depends",
        hints=[
            "NumPy lines shapes up at their last axes.",
            "An axis of length 1 is stretched to whatever stands beside it. Which axes meet here?",
            "$H$ meets 1, which is stretched; and $N$ meets $H$.",
        ],
        notice="With a single example, $(1, H) + (H, 1)$ even makes an $(H, H)$ table. Test with $N$, $D$, $H$ and $K$ all "
        "different, and mistakes like this stop you at once.",
    ),
    Exercise(
        id="2b_2.forward",
        title="Forward, for a row or a batch",
        minutes=10,
        level=2,
        reference=forward,
        steps=FORWARD_STEPS,
        returns=("z", "h", "theta", "y_hat"),
        inputs=network_and_input,
        silent=True,
        mistakes=[
            *(
                Mistake("w1-transposed", formula, W1_TURNED)
                for formula in (
                    lambda x, W1, b1, W2, b2: _network(x, W1.T, b1, W2, b2),
                    lambda x, W1, b1, W2, b2: _onward(0, sigmoid(np.dot(x, W1.T) + b1), W2, b2),
                )
            ),
            *(
                Mistake("w2-transposed", formula, W2_TURNED)
                for formula in (
                    lambda x, W1, b1, W2, b2: _network(x, W1, b1, W2.T, b2),
                    lambda x, W1, b1, W2, b2: np.dot(sigmoid(x @ W1 + b1), W2.T) + b2,
                )
            ),
            *(
                Mistake("weights-first", formula, WEIGHTS_FIRST)
                for formula in (
                    lambda x, W1, b1, W2, b2: W1 @ x + b1,
                    lambda x, W1, b1, W2, b2: np.dot(W1, x) + b1,
                    lambda x, W1, b1, W2, b2: W2 @ sigmoid(x @ W1 + b1) + b2,
                    lambda x, W1, b1, W2, b2: np.dot(W2, sigmoid(x @ W1 + b1)) + b2,
                )
            ),
            *(
                Mistake("columns", formula, COLUMNS)
                for formula in (
                    lambda x, W1, b1, W2, b2: _onward(W1.T @ x + b1, sigmoid(W1.T @ x + b1), W2, b2),
                    lambda x, W1, b1, W2, b2: _onward(W1.T @ x.T + b1, sigmoid(W1.T @ x.T + b1), W2, b2),
                )
            ),
            *(
                Mistake(
                    "hadamard-for-matmul",
                    formula,
                    "`*` multiplies entry by entry. A unit *sums* over what comes in: that is `@`.",
                )
                for formula in (
                    lambda x, W1, b1, W2, b2: x * W1 + b1,
                    lambda x, W1, b1, W2, b2: sigmoid(x @ W1 + b1) * W2 + b2,
                )
            ),
            Mistake(
                "no-biases",
                lambda x, W1, b1, W2, b2: _network(x, W1, 0, W2, 0),
                "Both biases are missing: $z = xW_1 + b_1$ and $\\theta = hW_2 + b_2$.",
            ),
            Mistake(
                "no-b1",
                lambda x, W1, b1, W2, b2: _network(x, W1, 0, W2, b2),
                "The bias of the hidden layer is missing: $z = xW_1 + b_1$.",
            ),
            Mistake(
                "no-b2",
                lambda x, W1, b1, W2, b2: _network(x, W1, b1, W2, 0),
                "The bias of the output is missing: $\\theta = hW_2 + b_2$.",
            ),
            Mistake(
                "bias-after-sigma",
                lambda x, W1, b1, W2, b2: _onward(x @ W1, sigmoid(x @ W1) + b1, W2, b2),
                "$b_1$ is added to $\\sigma$ of the rest. It belongs inside: it moves the place where a unit switches.",
            ),
            *(
                Mistake(
                    "biases-exchanged",
                    formula,
                    "A bias stands in the place of the other: $b_1$ has one entry for each hidden unit, $b_2$ one for each class.",
                )
                for formula in (
                    lambda x, W1, b1, W2, b2: _network(x, W1, b2, W2, b1),
                    lambda x, W1, b1, W2, b2: _network(x, W1, b1, W2, b1),
                )
            ),
            *(
                Mistake("bias-as-column", formula, text)
                for text, formula in (
                    (BIAS_COLUMN, lambda x, W1, b1, W2, b2: _network(x, W1, b1[:, None], W2, b2)),
                    (BIAS_COLUMN, lambda x, W1, b1, W2, b2: _network(x, W1, b1[:, None], W2, b2[:, None])),
                    (
                        BIAS_COLUMN.replace("b_1", "b_2").replace("H", "K"),
                        lambda x, W1, b1, W2, b2: _network(x, W1, b1, W2, b2[:, None]),
                    ),
                )
            ),
            Mistake(
                "no-sigmoid",
                partial(_network, sigma=lambda z: 1 * z),
                "$h$ is $z$ again: the sigmoid is missing. Without it the two layers are no more than one, "
                "$x(W_1W_2)$ and a bias.",
            ),
            Mistake(
                "z-for-h",
                lambda x, W1, b1, W2, b2: (*_layer(x, W1, b1), *_network(x, W1, b1, W2, b2, sigma=lambda z: z)[2:]),
                "You compute $h$, and then $\\theta$ from $z$: the sigmoid is passed by.",
            ),
            Mistake(
                "tanh-for-sigmoid",
                partial(_network, sigma=np.tanh),
                "$h$ is tanh of $z$. Here $\\sigma$ is the sigmoid, from 0 to 1.",
            ),
            Mistake(
                "relu-for-sigmoid", partial(_network, sigma=_relu), "$h$ is ReLU of $z$. Here $\\sigma$ is the sigmoid."
            ),
            Mistake(
                "softmax-in-the-middle",
                partial(_network, sigma=softmax),
                "Softmax stands in the hidden layer, where units would have to share 1 between them. There it is $\\sigma$, "
                "entry by entry; softmax comes last.",
            ),
            Mistake(
                "sigma-prime-for-sigma",
                partial(_network, sigma=sigmoid_derivative),
                "$h$ is $\\sigma'(z)$, which belongs to the way back. Forwards it is $\\sigma(z)$.",
            ),
            Mistake(
                "sigma-for-softmax",
                partial(_network, out=sigmoid),
                "A sigmoid at the output looks at each class alone, and the rows of $\\hat y$ do not sum to 1. There it is "
                "softmax.",
            ),
            Mistake(
                "softmax-of-sigmoid",
                partial(_network, out=lambda theta: softmax(sigmoid(theta))),
                "The logits went through a sigmoid on their way into the softmax. It takes them as they are.",
            ),
            Mistake(
                "softmax-of-sigmoid",
                _squashed_logits,
                "The logits are the weighted sums as they are. After $hW_2 + b_2$ comes softmax, no sigmoid.",
            ),
            Mistake(
                "double-softmax",
                partial(_network, out=lambda theta: softmax(softmax(theta))),
                "Softmax was applied twice. A second round flattens the probabilities.",
            ),
            Mistake(
                "no-softmax",
                partial(_network, out=lambda theta: 1 * theta),
                "$\\hat y$ is $\\theta$ again: the softmax is missing.",
            ),
            Mistake(
                "log-softmax",
                partial(_network, out=log_softmax),
                "These are the logarithms of $\\hat y$. The probabilities themselves are asked.",
            ),
            Mistake(
                "hard-maximum",
                partial(_network, out=_hard_maximum),
                "That is the decision, everything to the winner. $\\hat y$ gives each class its share.",
            ),
            Mistake(
                "not-normalised",
                partial(_network, out=lambda theta: exp(theta - row_max(theta))),
                "The exponentials of a row do not sum to 1 yet: divide by their sum.",
            ),
            Mistake(
                "no-exponential",
                partial(_network, out=normalised),
                "You divided the logits by their sum. They can be negative: exponentiate first, or call `softmax`.",
            ),
            Mistake(
                "wrong-axis",
                partial(_network, out=_down_the_columns),
                "Right for one row. In a batch your softmax runs down the columns, over the *examples*. Classes are the last "
                "axis.",
            ),
            Mistake(
                "one-total",
                partial(_network, out=_one_total),
                "Right for one row. In a batch all rows of $\\hat y$ *together* sum to 1: each has its own sum.",
            ),
            Mistake(
                "no-keepdims",
                partial(_network, out=_no_keepdims),
                "The sums of the rows, $(N,)$, line up with the *columns*. `keepdims=True` keeps them a column of their own.",
            ),
            Mistake("overflow-softmax", partial(_network, out=naive_softmax), OVERFLOW),
            Mistake("overflow-softmax", partial(_network, sigma=_sigmoid_as_it_stands, out=naive_softmax), OVERFLOW),
            Mistake(
                "global-max",
                partial(_network, out=lambda theta: naive_softmax(theta - np.max(theta))),
                "The maximum of the *whole* batch is subtracted: rows far below it underflow to 0/0. Each row needs its own.",
            ),
            Mistake(
                "overflow-sigmoid",
                partial(_network, sigma=_sigmoid_as_it_stands),
                "The values are right, but $\\frac{1}{1 + e^{-z}}$ as it stands overflows on the way for $z = -1000$. You have a "
                "sigmoid that does not.",
            ),
            Mistake("same-buffer", _one_buffer, SAME_BUFFER.format(first="z", second="h")),
            Mistake("same-buffer", _one_buffer_at_the_output, SAME_BUFFER.format(first="theta", second="y_hat")),
            Mistake(
                "row-became-batch",
                lambda x, W1, b1, W2, b2: _network(np.atleast_2d(x), W1, b1, W2, b2),
                "Right for a batch; but a single row $(D,)$ comes back as a batch of one. `@` and broadcasting serve both as "
                "they are.",
            ),
            Mistake(
                "changed-arguments",
                _into_the_bias,
                "`z = b1` makes no copy: it is a second name for the caller's bias, and `z += ...` writes into that. "
                "`x @ W1 + b1` makes a new array.",
            ),
        ],
        accepts=[
            _network,
            _row_by_row,
            _by_columns,
            _in_its_own_buffers,
            lambda x, W1, b1, W2, b2: list(_onward(np.dot(x, W1) + b1, sigmoid(b1 + np.matmul(x, W1)), W2, b2)),
            lambda x, W1, b1, W2, b2: _onward(
                np.einsum("...i,ij->...j", x, W1) + b1, exp(-np.logaddexp(0, -(x @ W1 + b1))), W2, b2
            ),
        ],
        hints=[
            "Four lines, one for each symbol of the drawing, in the order of the drawing.",
            "Rows stand on the left of their weights, for one row and for a batch alike: `@` needs to know of no $N$.",
            "After `z` and `h`, as before, the logits are made of `h`, `W2` and `b2` in just the same way. The last line is "
            "`softmax` of them.",
        ],
        notice="The same four lines serve one row and a million: nothing in them mentions $N$.",
    ),
    Sheet(
        id="2b_2.shapes",
        title="The shape of everything",
        minutes=6,
        level=1,
        question="A batch of N examples goes through a network with D inputs, H hidden units and K classes. Which shape has "
        "each array?",
        options=[*SHAPES, ("()", "a number")],
        rows=[
            Row(
                "x",
                "$x$, the inputs",
                "(N, D)",
                {"(D,)": "That is one example. A batch is a stack of $N$ such rows."},
                otherwise="An example is a row of $D$ inputs, and a batch is $N$ of them.",
                told="One row for each example, one column for each input.",
            ),
            Row(
                "W1",
                "$W_1$",
                "(D, H)",
                {
                    "(H, D)": "That is the layout for column vectors, $W_1x$. Here $x$ is a row and comes first: its $D$ entries "
                    "meet $D$ *rows* of $W_1$.",
                    "(N, H)": "Weights know nothing of how many examples come through. This is the shape of what comes out.",
                },
                otherwise="It turns a row of $D$ numbers into one of $H$, whatever $N$ is.",
                told="It is met by rows of $D$ entries, and lets out rows of $H$.",
            ),
            Row(
                "b1",
                "$b_1$",
                "(H,)",
                {
                    "(D,)": "A bias belongs to a unit, not to an input: it is added to $xW_1$.",
                    "(N, H)": "Then every example would have biases of its own. They all share one row.",
                    "(N,)": "Then every example would have a bias of its own. Units have.",
                    "()": "Then all units would share one bias. Each has its own.",
                },
                otherwise="It is added to each row of $xW_1$. How long is such a row?",
                told="One number for each hidden unit.",
            ),
            Row(
                "z",
                "$z = xW_1 + b_1$",
                "(N, H)",
                {"(H,)": "That is $z$ of one example.", "(N, D)": "The $D$ inputs were summed over, in $xW_1$."},
                otherwise="In $xW_1$ the two inner sizes meet, and go. Which are the two outer ones?",
                told="In a product $(N, D)(D, H)$ the two inner sizes go, and the two outer ones stay.",
            ),
            Row(
                "h",
                "$h = \\sigma(z)$",
                "(N, H)",
                {"(H,)": "That is $h$ of one example."},
                otherwise="$\\sigma$ goes entry by entry. What does that do to a shape?",
                told="$\\sigma$ goes entry by entry: it changes no shape.",
            ),
            Row(
                "W2",
                "$W_2$",
                "(H, K)",
                {"(K, H)": "Turned: $h$ is a row and comes first, so its $H$ entries meet $H$ *rows* of $W_2$."},
                otherwise="It turns a row of $H$ numbers into one of $K$, whatever $N$ is.",
                told="It is met by rows of $H$ entries, and lets out rows of $K$.",
            ),
            Row(
                "b2",
                "$b_2$",
                "(K,)",
                {
                    "(H,)": "It is added to $hW_2$, whose last axis is classes.",
                    "(N, K)": "All examples share one row of biases.",
                },
                otherwise="It is added to each row of $hW_2$. How long is such a row?",
                told="One number for each class.",
            ),
            Row(
                "theta",
                "$\\theta = hW_2 + b_2$",
                "(N, K)",
                {"(K,)": "Those are the logits of one example.", "(N,)": "Each example has a score for *each* class."},
                otherwise="In $hW_2$ the two inner sizes meet, and go. Which are the two outer ones?",
                told="In a product $(N, H)(H, K)$ the two inner sizes go, and the two outer ones stay.",
            ),
            Row(
                "y_hat",
                "$\\hat y = \\mathrm{softmax}(\\theta)$",
                "(N, K)",
                {
                    "(N,)": "That would be the decisions, one class for each example. $\\hat y$ has a probability for each class.",
                    "(K,)": "Those are the probabilities of one example.",
                },
                otherwise="Each example gets a probability for each class.",
                told="Softmax divides each row by a number: it changes no shape.",
            ),
            Row(
                "J",
                "$J$, the mean of the cross-entropies",
                "()",
                {"(N,)": "That is one loss for each example, before the mean is taken."},
                otherwise="The sum over the classes takes one axis away, the mean over the examples the other.",
                told="A loss has to be one number, or nothing could be called *smaller*.",
            ),
            Row(
                "dJ/dtheta",
                "$\\partial J/\\partial\\theta$",
                "(N, K)",
                {"()": "$J$ is one number, but it has a slope along *each* entry of $\\theta$."},
                otherwise="$J$ has one slope along each entry of $\\theta$. How many entries are there, and in which order?",
                told="One slope for each entry of $\\theta$. You have met it: $\\frac1N(\\hat y - y)$.",
            ),
            Row(
                "dJ/dx",
                "$\\partial J/\\partial x$",
                "(N, D)",
                {
                    "(D,)": "That is the slope for one example, or all of them added up. Each input of each example has its own.",
                    "()": "$J$ is one number, but it has a slope along *each* entry of $x$.",
                    "(D, H)": "That is the shape of $\\partial J/\\partial W_1$. A gradient is shaped like what one differentiates by.",
                },
                otherwise="$J$ has one slope along each entry of $x$. How many entries are there, and in which order?",
                told="One slope for each entry of $x$.",
            ),
            Row(
                "dJ/dW1",
                "$\\partial J/\\partial W_1$",
                "(D, H)",
                {
                    "(H, D)": "A gradient is shaped like what one differentiates by, so that it can be subtracted from it.",
                    "(N, H)": "That is the shape of $\\partial J/\\partial z$. The weights are shared by all examples.",
                },
                otherwise="$J$ has one slope along each entry of $W_1$, and $W_1$ knows nothing of $N$.",
                told="One slope for each entry of $W_1$.",
            ),
        ],
        hints=[
            "Follow one row first: $D$ numbers go in, $H$ are in the middle, $K$ come out. Then stack $N$ of them.",
            "In a matrix product the inner sizes must agree, and vanish.",
            "$J$ is one number, so its gradient by anything has the shape of that thing.",
        ],
        notice="Weights and biases never contain $N$, activations always do. And a gradient has the shape of what it is taken by: "
        "that is the cheapest check there is.",
    ),
    Choice(
        id="2b_2.square",
        title="Square",
        minutes=1,
        level=2,
        question="D = H = K = 4. In somebody's code W1 stands transposed, x @ W1.T + b1. What happens?",
        options=[
            Option(
                "error",
                "An error: the shapes do not fit",
                "$(N, 4)$ times $(4, 4)$ fits, whichever way the square is turned.",
            ),
            Option("silent", "It runs, and the numbers are wrong"),
            Option(
                "same",
                "It runs, and the numbers are right",
                "Only if $W_1$ happens to be symmetric. Turned, unit $j$ gets the weights that *input* $j$ should hand out.",
            ),
            Option(
                "nan",
                "nan",
                "Every number is finite and quite plausible. That is the trouble.",
            ),
        ],
        right="silent",
        hints=[
            "Which shape has `W1.T`?",
            "A product asks for sizes only.",
            "So nothing stops it. Is $W_1^T$ the same matrix as $W_1$?",
        ],
        notice="Shapes catch a wrong product only where sizes differ. Test with $D$, $H$, $K$ and $N$ all different.",
    ),
    Exercise(
        id="2b_2.count_parameters",
        title="How many numbers are learnt",
        minutes=3,
        level=1,
        reference=lambda D, H, K: D * H + H + H * K + K,
        steps=r"""
            W1 = D * H                   # the entries of $W_1$
            W2 = H * K                   # the entries of $W_2$
            first = W1 + H               # $W_1$ and $b_1$ together
            second = W2 + K              # $W_2$ and $b_2$ together
            parameters = first + second  # all four
        """,
        inputs=_sizes,
        mistakes=[
            Mistake(
                "no-biases",
                lambda D, H, K: D * H + H * K,
                "Those are the weights. Biases are learnt as well: one for each hidden unit, one for each class.",
            ),
            Mistake(
                "no-output-bias",
                lambda D, H, K: D * H + H + H * K,
                "The biases of the output are missing: each class has one.",
            ),
            Mistake(
                "no-hidden-bias",
                lambda D, H, K: D * H + H * K + K,
                "The biases of the hidden layer are missing: each unit has one.",
            ),
            Mistake(
                "one-bias-a-layer",
                lambda D, H, K: D * H + 1 + H * K + 1,
                "You gave each *layer* one bias. Each of its units has one.",
            ),
            Mistake(
                "bias-for-each-input",
                lambda D, H, K: D * H + D + H * K + H,
                "Biases belong to what comes out of a layer, not to what goes in: $H$ and $K$, not $D$ and $H$.",
            ),
            Mistake(
                "bias-for-each-input",
                lambda D, H, K: D * H + H * K + D + K,
                "The classes have their biases. The hidden layer's belong to what comes out of it: one for each unit, not for "
                "each input.",
            ),
            Mistake(
                "activations-counted",
                lambda D, H, K: D + H + K,
                "Those are the numbers that *flow* through the network for one example. Learnt are the weights and biases "
                "between them.",
            ),
            Mistake(
                "activations-counted",
                lambda D, H, K: D * H + H + H * K + K + D + H + K,
                "$x$, $h$ and $\\hat y$ are counted too. They flow through, and are other numbers for each example.",
            ),
            Mistake(
                "layers-multiplied",
                lambda D, H, K: (D * H + H) * (H * K + K),
                "Each layer has its own parameters, and they are *added* up.",
            ),
            Mistake(
                "layers-multiplied",
                lambda D, H, K: D * H * K,
                "$DHK$ would be one weight for each *path* from input to class. The paths share their weights: $DH$ and $HK$.",
            ),
            Mistake(
                "layers-multiplied",
                lambda D, H, K: (D + 1) * (H + 1) * K,
                "To count a bias as one input more is a good idea. But each layer has its own two sizes, and the layers are "
                "*added* up.",
            ),
            Mistake(
                "no-hidden-layer",
                lambda D, H, K: D * K + K,
                "That is a network that goes from $x$ to $\\theta$ in one step. The hidden layer stands between.",
            ),
        ],
        accepts=[
            lambda D, H, K: (D + 1) * H + (H + 1) * K,
            lambda D, H, K: sum(np.prod(shape) for shape in ((D, H), (H,), (H, K), (K,))),
            lambda D, H, K: np.int64(D * H + H * K) + H + K,
        ],
        hints=[
            "Four arrays are learnt. You know the shape of each.",
            "A matrix $(D, H)$ holds $D \\cdot H$ numbers, a bias $(H,)$ holds $H$.",
            "Two products and two single sizes, added up.",
        ],
        notice="$(D + 1)H + (H + 1)K$: a bias is the weight of one more input, which is always 1.",
    ),
]
