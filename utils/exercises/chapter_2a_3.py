"""The bank of chapter 2a_3: dJ/dtheta of softmax with cross-entropy."""

from __future__ import annotations

import numpy as np
from numpy import exp

from utils.derivation import ANY_INDEX, OTHER_INDEX, SAME_INDEX, Trap
from utils.exercises.derivation import Derivation, WrongChain
from utils.exercises.exercise import Choice, Exercise, Mistake, Option
from utils.exercises.formulas import HARD_LABELS, ROUNDED, naive_softmax, rows
from utils.exercises.inputs import batch_and_targets, one_row_at_any_size, row_and_target
from utils.reference import sigmoid, softmax, softmax_cross_entropy_gradient, softmax_jacobian

QUESTION = "D(-sum(y[j] * log(y_hat[j]), j), theta[i])"


def _rows_sum_to_zero(theta, y, result):
    if np.any(np.abs(np.sum(result, axis=-1)) > 1e-9):
        return (
            "A row of your gradient does not sum to 0. Adding a constant to all logits changes nothing, so the entries of "
            "the gradient must sum to 0."
        )
    return None


def _jacobian_rows_sum_to_zero(theta, result):
    if np.any(np.abs(np.sum(result, axis=-1)) > 1e-9):
        return (
            "A row of your matrix does not sum to 0. Adding a constant to all logits changes no probability, so each row "
            "must sum to 0."
        )
    return None


def _label_by_index(theta, y):
    """Subtract 1 at each row's own label; soft targets by their weights."""
    g = softmax(theta)
    for n in range(len(g)):
        for i in range(g.shape[1]):
            g[n, i] -= y[n, i]
    return g / len(g)


def _through_the_jacobian(theta, y):
    """The matrix route for a batch: right on paper, and 0/0 where a probability underflows."""
    return np.einsum("ni,nij->nj", -y / softmax(theta), softmax_jacobian(theta)) / len(theta)


def _every_row_minus_one(theta, y):
    g = softmax(theta)
    g[:, np.argmax(y, axis=-1)] -= 1
    return g / len(g)


def _table(a, b):
    """a_i (delta_ij - b_j), the Jacobian of softmax where a and b are its result."""
    return a[:, None] * (np.eye(len(a)) - b)


def _on_the_diagonal(diagonal, rest):
    return np.where(np.eye(len(diagonal)) == 1, diagonal, rest)


IN_THE_GRADIENT = [
    Mistake(
        "sign",
        lambda theta, y: (y - softmax(theta)) / len(theta),
        "You have $y - \\hat y$: every entry with the wrong sign. It is the direction in which to *step*; the "
        "gradient points uphill. (A minus lost at $-y/\\hat y$ does the same.)",
    ),
    Mistake(
        "forgot-y",
        lambda theta, y: softmax(theta) / len(theta),
        "$\\hat y$ alone is the case $i \\ne k$. In the true class 1 has to be taken off.",
    ),
    Mistake(
        "no-1/N",
        lambda theta, y: softmax(theta) - y,
        "Right for the *sum* of the row losses. $J$ is their mean, so each row counts only $1/N$: your values are too large by "
        "the factor $N$.",
    ),
    Mistake(
        "precedence",
        lambda theta, y: softmax(theta) - y / len(theta),
        "`p - y / N` divides only the targets. The mean belongs to the whole difference: `(p - y) / N`.",
    ),
    Mistake(
        "1/N-twice",
        lambda theta, y: (softmax(theta) - y) / len(theta) ** 2,
        "The mean over the batch is taken twice: your values are too small by the factor $N$.",
    ),
    Mistake(
        "1/K",
        lambda theta, y: (softmax(theta) - y) / np.shape(theta)[1],
        "You divide by the number of *classes*, $K$. The mean runs over the rows, $N$. (With $K = N$ nobody would "
        "have noticed.)",
    ),
    Mistake(
        "mean-over-everything",
        lambda theta, y: (softmax(theta) - y) / np.size(theta),
        "You divide by $NK$. Over the classes the loss is a sum; only over the rows it is a mean.",
    ),
    Mistake(
        "factor-2",
        lambda theta, y: 2 * (softmax(theta) - y) / len(theta),
        "A factor 2, the habit of squared errors. A logarithm has none.",
    ),
    Mistake(
        "hard-labels-only",
        lambda theta, y: (softmax(theta) - np.eye(np.shape(y)[1])[np.argmax(y, axis=1)]) / len(theta),
        HARD_LABELS.format(what=ROUNDED),
    ),
    Mistake(
        "diagonal-only",
        lambda theta, y: -y * (1 - softmax(theta)) / len(theta),
        'Right where $i = k$, and 0 elsewhere: "for $i \\ne k$ nothing happens, because $y_i = 0$". But $\\theta_i$ '
        "is in the denominator of $\\hat y_k$ as well, and the result there is $\\hat y_i$.",
    ),
    Mistake(
        "elementwise-prime",
        lambda theta, y: (softmax(theta) - y) * softmax(theta) * (1 - softmax(theta)) / len(theta),
        "$\\hat y(1 - \\hat y)$ is the derivative of a *sigmoid*, entry by entry, and here it is one factor too many: "
        "the whole Jacobian of softmax is inside $\\hat y - y$ already.",
    ),
    Mistake(
        "stopped-early",
        lambda theta, y: -y / softmax(theta) / len(theta),
        "That is $dJ/d\\hat y$. The logits are one step further back: the Jacobian of softmax is still to come.",
    ),
    Mistake(
        "every-row-minus-one",
        _every_row_minus_one,
        "1 was subtracted in the label's column of *every* row. `p[:, labels]` means all rows; each row has its own "
        "label.",
    ),
    Mistake(
        "sigmoid-for-softmax",
        lambda theta, y: (sigmoid(theta) - y) / len(theta),
        "That is the gradient of $K$ independent sigmoids with binary cross-entropy. It passes a gradient check of "
        "*its own* loss; ours is softmax.",
    ),
    Mistake(
        "softmax-of-sigmoid",
        lambda theta, y: (softmax(sigmoid(theta)) - y) / len(theta),
        "The logits went through a sigmoid first. Softmax takes them as they are.",
    ),
    Mistake(
        "double-softmax",
        lambda theta, y: (softmax(softmax(theta)) - y) / len(theta),
        "Softmax was applied twice: the function gets logits, not probabilities, and takes softmax once.",
    ),
    Mistake(
        "summed-over-batch",
        lambda theta, y: np.sum(softmax(theta) - y, axis=0) / len(theta),
        "The rows were added up. Each row of $\\theta$ has a gradient of its own: the result has the shape of $\\theta$.",
    ),
    Mistake(
        "wrong-axis",
        lambda theta, y: (softmax(np.transpose(theta)).T - y) / len(theta),
        "Softmax ran down the columns. Each row is one example: normalise along the last axis.",
    ),
    Mistake(
        "overflow",
        lambda theta, y: (naive_softmax(theta) - y) / len(theta),
        "Right for ordinary logits, but at 1000 the softmax overflows and the gradient is `nan`. Use your stable one.",
    ),
    Mistake(
        "by-way-of-probabilities",
        _through_the_jacobian,
        "Right on paper: $-y/\\hat y$ times the Jacobian. But where $\\hat y_k$ underflows to 0 you compute "
        "$\\frac10 \\cdot 0$. Let the two factors cancel before you compute: that is what $\\hat y - y$ is.",
    ),
    Mistake(
        "global-max",
        lambda theta, y: (naive_softmax(theta - np.max(theta)) - y) / len(theta),
        "Softmax subtracts the maximum of the *whole array*: a row far below it underflows to 0/0. Each row needs its "
        "own.",
    ),
    Mistake(
        "no-keepdims",
        lambda theta, y: (exp(theta) / exp(theta).sum(axis=1) - y) / len(theta),
        "`e.sum(axis=1)` of an $(N, K)$ array has shape $(N,)$, and NumPy lines that up with the *columns*. Your stable "
        "softmax has this right: call it.",
    ),
    Mistake(
        "one-total",
        lambda theta, y: (np.reshape(softmax(np.ravel(theta)), np.shape(theta)) - y) / len(theta),
        "Softmax ran over the whole array, so all rows *together* sum to 1. Each row has its own sum.",
    ),
]


EXERCISES = [
    Derivation(
        id="2a_3.same_index",
        title="Case i = k: the logit of the true class",
        minutes=12,
        level=2,
        setting=SAME_INDEX,
        question=QUESTION,
        steps=4,
        answer="y_hat[i] - 1",
        hints=[
            "The target is one-hot at $k = i$. Which terms of $-\\sum_j y_j \\log \\hat y_j$ are left?",
            "Write $\\hat y_i$ as $e^{\\theta_i} / \\sum_j e^{\\theta_j}$. The logarithm of a quotient is a difference, and one of "
            "its two parts undoes the exponential.",
            "$\\frac{\\partial}{\\partial\\theta_i}\\theta_i = 1$, and by the chain rule $\\frac{\\partial}{\\partial\\theta_i}\\log"
            "\\sum_j e^{\\theta_j} = \\frac{1}{\\sum_j e^{\\theta_j}} \\cdot e^{\\theta_i}$. Mind the minus in front of both.",
        ],
        notice="The true class is always pushed up: $\\hat y_i - 1$ is negative, and the harder the less likely the model "
        "found it.",
        traps=[
            Trap(
                "other-index-used",
                "y_hat[i]",
                "That is what comes out for $i \\neq k$. Here $i = k$, so $\\theta_i$ stands in the numerator too, and its "
                "derivative by itself is 1.",
            ),
            Trap(
                "forgotten-denominator",
                "exp(theta[i]) - 1",
                "A $\\frac{1}{\\sum_j e^{\\theta_j}}$ is missing: the derivative of $\\log u$ is $\\frac1u$ *times* the derivative "
                "of $u$.",
            ),
            Trap(
                "stopped-early",
                "D(J, y_hat[i])",
                "That is $\\partial J / \\partial\\hat y_i$. The chain goes on: $\\hat y_i$ depends on $\\theta_i$.",
            ),
            Trap(
                "stopped-early",
                "D(y_hat[i], theta[i])",
                "That is the derivative of $\\hat y_i$ itself. The loss is $-\\log\\hat y_i$: a factor $-\\frac{1}{\\hat y_i}$ "
                "stands in front.",
            ),
        ],
        accepts=[
            f"""{QUESTION}
            D(-y[i] * log(y_hat[i]), theta[i])
            D(-log(exp(theta[i]) / sum(exp(theta[j]), j)), theta[i])
            D(-(theta[i] - log(sum(exp(theta[j]), j))), theta[i])
            -(1 - 1 / sum(exp(theta[j]), j) * D(sum(exp(theta[j]), j), theta[i]))
            -(1 - exp(theta[i]) / sum(exp(theta[j]), j))
            y_hat[i] - 1""",
            """D(J, theta[i])
            D(J, y_hat[i]) * D(y_hat[i], theta[i])
            -1 / y_hat[i] * y_hat[i] * (1 - y_hat[i])
            y_hat[i] - y[i]""",
        ],
        mistakes=[
            WrongChain("lost-minus", 2, f"{QUESTION}\nD(log(y_hat[i]), theta[i])\n1 - y_hat[i]"),
            WrongChain(
                "value-for-operator",
                2,
                f"{QUESTION}\nD(J, theta[i]) * (-log(y_hat[i]))\nD(J, theta[i]) * (-log(y_hat[k]))",
            ),
            WrongChain(
                "constant-sign",
                3,
                f"{QUESTION}\nD(-(theta[i] - log(sum(exp(theta[j]), j))), theta[i])\n-(-1 - y_hat[i])\ny_hat[i] - 1",
            ),
            WrongChain("other-index-used", 3, f"{QUESTION}\nD(-log(y_hat[k]), theta[i])\ny_hat[i]"),
            WrongChain(
                "log-of-sum",
                3,
                f"{QUESTION}\nD(log(sum(exp(theta[j]), j)) - theta[i], theta[i])\nD(sum(theta[j], j) - theta[i], theta[i])\n0",
            ),
            WrongChain("forgotten-denominator", 3, f"{QUESTION}\nD(-log(y_hat[i]), theta[i])\nexp(theta[i]) - 1"),
        ],
    ),
    Derivation(
        id="2a_3.other_index",
        title="Case i ≠ k: the logit of any other class",
        minutes=10,
        level=2,
        setting=OTHER_INDEX,
        question=QUESTION,
        steps=4,
        answer="y_hat[i]",
        hints=[
            "The target is one-hot at $k$, and $i$ is another class. The term that is left is the one with $\\hat y_k$: does it "
            "depend on $\\theta_i$ at all?",
            "It does, through the denominator: $\\log\\hat y_k = \\theta_k - \\log\\sum_j e^{\\theta_j}$. Moving $\\theta_i$ leaves "
            "$\\theta_k$ where it is.",
            "$\\frac{\\partial}{\\partial\\theta_i}\\theta_k = 0$, and one term of the sum moves: $\\frac{\\partial}{\\partial\\theta_i}"
            "\\sum_j e^{\\theta_j} = e^{\\theta_i}$.",
        ],
        notice="Every other class is pushed down by just the probability that it got: $\\hat y_i$ is $\\hat y_i - y_i$ with "
        "$y_i = 0$, so both cases are one formula.",
        traps=[
            Trap(
                "same-index-used",
                "y_hat[i] - 1",
                "That is what comes out for $i = k$. Here $i \\neq k$: of the sum the term with $\\hat y_k$ is left, and its "
                "$\\theta_k$ does not move when $\\theta_i$ does.",
            ),
            Trap(
                "same-index-used",
                "y_hat[k] - 1",
                "That is the derivative by $\\theta_k$, the case $i = k$. Here another logit is moved.",
            ),
            Trap(
                "lost-minus",
                "-y_hat[i]",
                "This is $-\\hat y_i$: a minus is lost, or it has not reached all that it stands before. Of $-(\\theta_k - "
                "\\log\\sum_j e^{\\theta_j})$ it is the second term that moves: $\\theta_k$ stands still here.",
            ),
            Trap(
                "nothing-left",
                "0",
                "This is 0, and should not be: $\\hat y_k$ does depend on $\\theta_i$, by its denominator, whichever $i$ is.",
                fact=True,
            ),
            Trap(
                "forgotten-denominator",
                "exp(theta[i])",
                "A $\\frac{1}{\\sum_j e^{\\theta_j}}$ is missing: the derivative of $\\log u$ is $\\frac1u$ *times* the derivative "
                "of $u$.",
            ),
            Trap(
                "stopped-early",
                "D(J, y_hat[k])",
                "That is $\\partial J / \\partial\\hat y_k$. The chain goes on: $\\hat y_k$ depends on $\\theta_i$.",
            ),
            Trap(
                "stopped-early",
                "D(y_hat[k], theta[i])",
                "That is the derivative of $\\hat y_k$ itself. The loss is $-\\log\\hat y_k$: a factor $-\\frac{1}{\\hat y_k}$ "
                "stands in front.",
            ),
        ],
        accepts=[
            f"""{QUESTION}
            D(-log(y_hat[k]), theta[i])
            D(-(theta[k] - log(sum(exp(theta[j]), j))), theta[i])
            -(0 - exp(theta[i]) / sum(exp(theta[j]), j))
            y_hat[i]""",
            """D(J, theta[i])
            D(J, y_hat[k]) * D(y_hat[k], theta[i])
            -1 / y_hat[k] * (-y_hat[k] * y_hat[i])
            y_hat[i] - y[i]""",
        ],
        mistakes=[
            WrongChain(
                "lost-minus",
                2,
                f"{QUESTION}\nD(theta[k] - log(sum(exp(theta[j]), j)), theta[i])\n"
                "-(D(theta[k], theta[i]) - D(log(sum(exp(theta[j]), j)), theta[i]))\ny_hat[i]",
            ),
            WrongChain("same-index-used", 3, f"{QUESTION}\nD(-log(y_hat[k]), theta[i])\ny_hat[i] - 1"),
            WrongChain("same-index-used", 2, f"{QUESTION}\nD(-log(y_hat[i]), theta[i])\ny_hat[i] - 1"),
            WrongChain("one-term-of-the-sum", 2, f"{QUESTION}\n-D(y[i] * log(y_hat[i]), theta[i])\n0"),
            WrongChain(
                "softmax-derivative",
                3,
                f"{QUESTION}\n-1 / y_hat[k] * D(y_hat[k], theta[i])\n-1 / y_hat[k] * y_hat[i] * (1 - y_hat[i])",
            ),
            WrongChain("wrong-index", 3, f"{QUESTION}\nD(-log(y_hat[k]), theta[i])\ny_hat[k]"),
        ],
    ),
    Choice(
        id="2a_3.direction",
        title="Which way",
        minutes=1,
        level=1,
        question="y_hat = (0.7, 0.2, 0.1) and class 1 is the truth. Which logits does a step along -dJ/dtheta raise?",
        options=[
            Option("true", "Only that of class 1, by 0.8"),
            Option(
                "largest",
                "Only that of class 0, the largest",
                "Class 0 has the largest probability, wrongly: its logit is pushed *down*, by 0.7.",
            ),
            Option(
                "none-else",
                "That of class 1; the others stay where they are",
                "The others do not stay. Each is pushed down, by the probability it should not have had.",
            ),
            Option(
                "all",
                "All, each by its own y_hat",
                "$\\hat y$ is how far the *wrong* classes go down. The entries of the step sum to 0, so not all can rise.",
            ),
        ],
        right="true",
        hints=[
            "$dJ/d\\theta = \\hat y - y$. Write it down for these numbers.",
            "$(0.7,\\ 0.2 - 1,\\ 0.1)$, and the step is its negative.",
            "$(-0.7,\\ +0.8,\\ -0.1)$: what is raised, and what is lowered?",
        ],
        notice="The true class rises by $1 - \\hat y_k$; every other falls by its own $\\hat y_i$; and the two cancel exactly.",
    ),
    Choice(
        id="2a_3.saturated",
        title="Confident, and wrong",
        minutes=1,
        level=2,
        question="The model gives the true class a probability of 10⁻⁹. How large is the entry of dJ/dtheta for it?",
        options=[
            Option(
                "tiny",
                "About 10⁻⁹: softmax is saturated",
                "The slope of softmax is indeed that small there. But the loss is steep, $-1/\\hat y_k = -10^9$, and the "
                "product of the two is what counts.",
            ),
            Option(
                "huge",
                "About -10⁹",
                "That is $dJ/d\\hat y_k = -1/\\hat y_k$, one step too early. Softmax's own slope, about $10^{-9}$, multiplies it.",
            ),
            Option("one", "About -1"),
            Option(
                "zero",
                "0",
                "0 is what the entry goes to when the model is *right*. Here it is as wrong as it can be.",
            ),
        ],
        right="one",
        hints=[
            "$\\hat y_k - y_k$, with $y_k = 1$.",
            "$10^{-9} - 1$.",
            "The two extremes, a flat softmax and a steep logarithm, cancel.",
        ],
        notice="This cancellation is why the two are used together: the gradient never vanishes while the answer is wrong.",
    ),
    Derivation(
        id="2a_3.any_index",
        title="Any i, and soft labels",
        minutes=8,
        level=3,
        setting=ANY_INDEX,
        question=QUESTION,
        steps=4,
        answer="y_hat[i] - y[i]",
        hints=[
            "Do not look for cases. Write $\\log\\hat y_j$ out first: $\\theta_j - \\log\\sum_m e^{\\theta_m}$.",
            "The log-sum-exp does not depend on $j$. It comes out of the sum, and is multiplied by $\\sum_j y_j$.",
            "$\\sum_j y_j = 1$, so $J = \\log\\sum_m e^{\\theta_m} - \\sum_j y_j\\theta_j$. Differentiate these two terms.",
        ],
        notice="One-hot or soft, true class or not: it is always $\\hat y_i - y_i$, because the entries of $y$ sum to 1.",
        traps=[
            Trap(
                "forgot-y",
                "y_hat[i]",
                "That is the first of the two terms. The second, $-\\sum_j y_j\\theta_j$, has a derivative too.",
            ),
            Trap(
                "one-hot-only",
                "y_hat[i] - 1",
                "That is right for a one-hot target at $i$. Here $y_i$ can be any number between 0 and 1.",
            ),
            Trap(
                "diagonal-only",
                "-y[i] * (1 - y_hat[i])",
                "Only the term $j = i$ of the sum was differentiated. All the others contain $\\theta_i$ as well, in their "
                "denominators.",
            ),
        ],
        accepts=[
            f"""{QUESTION}
            D(-sum(y[j] * (theta[j] - log(sum(exp(theta[m]), m))), j), theta[i])
            -sum(y[j] * (delta(i, j) - y_hat[i]), j)
            -y[i] + y_hat[i] * sum(y[j], j)
            y_hat[i] - y[i]""",
            """D(J, theta[i])
            sum(D(J, y_hat[j]) * D(y_hat[j], theta[i]), j)
            sum(-y[j] / y_hat[j] * y_hat[j] * (delta(i, j) - y_hat[i]), j)
            y_hat[i] - y[i]""",
        ],
        mistakes=[
            WrongChain(
                "forgot-y", 3, f"{QUESTION}\nD(log(sum(exp(theta))) - sum(y[j] * theta[j], j), theta[i])\ny_hat[i]"
            ),
            WrongChain(
                "lost-minus",
                2,
                f"{QUESTION}\nD(sum(y[j] * log(y_hat[j]), j), theta[i])\ny_hat[i] - y[i]",
            ),
            WrongChain("one-hot-only", 2, f"{QUESTION}\ny_hat[i] - 1"),
            WrongChain("diagonal-only", 3, f"D(J, theta[i])\n{QUESTION}\n-y[i] * (1 - y_hat[i])"),
        ],
    ),
    Exercise(
        id="2a_3.jacobian",
        title="The Jacobian of softmax",
        minutes=7,
        level=2,
        reference=softmax_jacobian,
        steps=r"""
            y_hat = softmax(theta)             # $\hat y$
            diagonal = np.diag(y_hat)          # $\mathrm{diag}(\hat y)$, with $\hat y_i$ where $i = j$
            products = np.outer(y_hat, y_hat)  # the table of all $\hat y_i \hat y_j$
            jacobian = diagonal - products     # $\partial\hat y_i/\partial\theta_j$
        """,
        inputs=one_row_at_any_size,
        mistakes=[
            Mistake(
                "diagonal-only",
                lambda theta: np.diag(softmax(theta) * (1 - softmax(theta))),
                "The diagonal is right, and zeros stand beside it. But $\\hat y_i$ depends on *every* logit, through the "
                "sum in the denominator: raise $\\theta_j$, and all others must give way.",
            ),
            Mistake(
                "elementwise-prime",
                lambda theta: softmax(theta) * (1 - softmax(theta)),
                "$\\hat y_i(1 - \\hat y_i)$ is only the diagonal. $K$ outputs and $K$ inputs make a $K \\times K$ matrix of "
                "derivatives.",
            ),
            Mistake(
                "outer-only",
                lambda theta: -np.outer(softmax(theta), softmax(theta)),
                "That is the part for $i \\ne j$, used on the diagonal too. Where $i = j$ the numerator depends on "
                "$\\theta_j$ as well, and one term more appears.",
            ),
            Mistake(
                "same-index-everywhere",
                lambda theta: np.outer(softmax(theta), 1 - softmax(theta)),
                "You used $\\hat y_i(1 - \\hat y_j)$ everywhere, the formula for $i = j$. Where $i \\ne j$ the derivative of "
                "the numerator is 0, and the 1 goes with it.",
            ),
            Mistake(
                "lost-minus",
                lambda theta: np.diag(softmax(theta)) + np.outer(softmax(theta), softmax(theta)),
                "The second term of the quotient rule comes with a *minus*: raising $\\theta_j$ makes the sum larger and so "
                "every other probability smaller.",
            ),
            Mistake(
                "sign",
                lambda theta: -softmax_jacobian(theta),
                "Every entry has the wrong sign. Raising a logit raises its own probability: the diagonal is positive.",
            ),
            Mistake(
                "of-the-logarithm",
                lambda theta: np.eye(len(theta)) - softmax(theta),
                "That is the Jacobian of *log*-softmax, $\\delta_{ij} - \\hat y_j$. For softmax itself a factor $\\hat y_i$ "
                "is missing from each row.",
            ),
            Mistake(
                "overflow",
                lambda theta: np.diag(naive_softmax(theta)) - np.outer(naive_softmax(theta), naive_softmax(theta)),
                "The right formula, from a softmax that overflows: for $\\theta = 1000$ all is `nan`. Use your stable one.",
            ),
            Mistake(
                "one-dimensional",
                lambda theta: np.diag(softmax(theta)) - softmax(theta) @ softmax(theta).T,
                "`p.T` of a 1-D array is `p` itself, so `p @ p.T` is a single number. `np.outer(p, p)` makes the table of all "
                "products.",
            ),
            Mistake(
                "scaled-columns",
                lambda theta: softmax(theta) * (np.eye(len(theta)) - softmax(theta)),
                "NumPy lines `p` up with the *columns*, so in column $j$ both factors are $\\hat y_j$. In row $i$ one of them is "
                "$\\hat y_i$: make it a column, `p[:, np.newaxis]`.",
            ),
            *(
                Mistake(
                    "logits-for-probabilities",
                    formula,
                    "A logit stands where a probability belongs: $\\partial\\hat y_i/\\partial\\theta_j$ is made of $\\hat y_i$ and "
                    "$\\hat y_j$ alone. Compute `p = softmax(theta)` once, and go on with `p`.",
                )
                for formula in (
                    lambda theta: _table(softmax(theta), theta),
                    lambda theta: _table(theta, softmax(theta)),
                    lambda theta: _table(theta, theta),
                    lambda theta: _on_the_diagonal(softmax(theta) * (1 - theta), softmax_jacobian(theta)),
                    lambda theta: _on_the_diagonal(theta * (1 - softmax(theta)), softmax_jacobian(theta)),
                    lambda theta: _on_the_diagonal(theta * (1 - theta), softmax_jacobian(theta)),
                )
            ),
            Mistake(
                "double-softmax",
                lambda theta: softmax_jacobian(softmax(theta)),
                "Softmax was applied twice. What comes in are logits; one softmax makes probabilities of them.",
            ),
            Mistake(
                "lost-minus",
                lambda theta: _on_the_diagonal(softmax(theta) * (1 - softmax(theta)), np.outer(*[softmax(theta)] * 2)),
                "The diagonal is right. Beside it a minus is lost: raising $\\theta_j$ makes the sum larger, and so every other "
                "probability *smaller*.",
            ),
            Mistake(
                "sign-of-a-case",
                lambda theta: _on_the_diagonal(softmax(theta) * (softmax(theta) - 1), softmax_jacobian(theta)),
                "Beside the diagonal all is right. On it the sign is turned: raising a logit raises its own probability, "
                "$\\hat y_i(1 - \\hat y_i)$.",
            ),
            Mistake(
                "sigmoid-for-softmax",
                lambda theta: np.diag(sigmoid(theta) * (1 - sigmoid(theta))),
                "That is the Jacobian of $K$ sigmoids, of which each sees its own logit alone. In softmax a common sum ties all "
                "entries together.",
            ),
            *(
                Mistake(
                    "not-multiplied-out",
                    formula,
                    "What is taken off is `p` itself, and no table of products: $\\hat y_i\\hat y_j$ for every $i$ and $j$. "
                    "`np.outer(p, p)` has them.",
                )
                for formula in (
                    lambda theta: np.diag(softmax(theta)) - softmax(theta),
                    lambda theta: np.diag(softmax(theta)) - softmax(theta)[:, None],
                )
            ),
            Mistake(
                "diagonal-twice",
                lambda theta: np.diag(softmax(theta) * (1 - softmax(theta))) - np.outer(softmax(theta), softmax(theta)),
                "$-\\hat y_i^2$ is taken off the diagonal twice: the outer product brings it along already. `np.diag(p)` is enough.",
            ),
        ],
        accepts=[
            lambda theta: np.diag(softmax(theta)) - np.outer(softmax(theta), softmax(theta)),
            lambda theta: softmax(theta)[:, None] * (np.eye(len(theta)) - softmax(theta)),
            lambda theta: [
                [p * ((i == j) - q) for j, q in enumerate(softmax(theta))] for i, p in enumerate(softmax(theta))
            ],
        ],
        hints=[
            "Call softmax once, and name the 1-D result `p`. What is asked is the difference of two tables: which of them is "
            "full, and which is mostly zeros?",
            "The full table holds the product of every entry of `p` with every entry, so `p` has to run down the rows *and* "
            "along the columns. The other holds `p` from corner to corner. NumPy makes each of them in one call.",
            "`np.diag(p)` puts a vector on the diagonal, and `np.outer(p, p)` has the entries `p[i] * p[j]`.",
        ],
        notice="The matrix is symmetric, and its rows *and* columns sum to 0: what one class gains, the others lose.",
        laws=[_jacobian_rows_sum_to_zero],
    ),
    Exercise(
        id="2a_3.matrix_route",
        title="The matrix route",
        minutes=5,
        level=2,
        reference=softmax_cross_entropy_gradient,
        steps=r"""
            y_hat = softmax(theta)              # $\hat y$
            dy_hat = -y / y_hat                 # $\partial J/\partial\hat y$
            jacobian = softmax_jacobian(theta)  # $\partial\hat y/\partial\theta$
            dtheta = dy_hat @ jacobian          # $\partial J/\partial\theta$
        """,
        inputs=row_and_target,
        mistakes=[
            Mistake(
                "stopped-early",
                lambda theta, y: -y / softmax(theta),
                "That is $dJ/d\\hat y$, the derivative with respect to the *probabilities*. One factor of the chain is "
                "left: the Jacobian of softmax.",
            ),
            Mistake(
                "lost-minus-chain",
                lambda theta, y: y / softmax(theta) @ softmax_jacobian(theta),
                "The chain is right and its first factor has lost its minus: $dJ/d\\hat y_i = -y_i/\\hat y_i$.",
            ),
            Mistake(
                "no-division",
                lambda theta, y: -y @ softmax_jacobian(theta),
                "The derivative of $-y_i\\log\\hat y_i$ is $-y_i/\\hat y_i$. You have $-y_i$: where did the $1/\\hat y_i$ go?",
            ),
            Mistake(
                "elementwise-product",
                lambda theta, y: -y / softmax(theta) * softmax_jacobian(theta),
                "`*` multiplies entry by entry and leaves a matrix. The chain rule *sums* over the probabilities: `@`.",
            ),
            Mistake(
                "diagonal-only",
                lambda theta, y: -y * (1 - softmax(theta)),
                "Only the diagonal of the Jacobian was used, so every class but the true one gets 0. They all have a share "
                "in the sum.",
            ),
            Mistake(
                "wrong-factor-first",
                lambda theta, y: softmax_jacobian(theta) @ (softmax(theta) - y),
                "$\\hat y - y$ is the *result*, already with respect to the logits. The first factor is "
                "$dJ/d\\hat y = -y/\\hat y$.",
            ),
        ],
        accepts=[
            lambda theta, y: -y / softmax(theta) @ softmax_jacobian(theta),
            lambda theta, y: softmax_jacobian(theta).T @ (-y / softmax(theta)),
            lambda theta, y: np.einsum("i,ij->j", -y / softmax(theta), softmax_jacobian(theta)),
            lambda theta, y: softmax(theta) - y,
        ],
        hints=[
            "Two factors: $dJ/d\\hat y$, a row of $K$ numbers, and the $K \\times K$ Jacobian that you have written.",
            "$J = -\\sum_i y_i\\log\\hat y_i$, so $dJ/d\\hat y_i = -y_i / \\hat y_i$.",
            "A row vector stands on the left of its matrix, with `@` between the two.",
        ],
        notice="$-y_k/\\hat y_k$ picks row $k$ and divides out its factor $\\hat y_k$: what is left of the row is "
        "$\\hat y_j - \\delta_{kj}$, and so $\\hat y - y$. (Which, written straight away, passes here too: values do not tell "
        "by which route they came.)",
        laws=[_rows_sum_to_zero],
    ),
    Exercise(
        id="2a_3.gradient",
        title="The gradient, for a batch",
        minutes=6,
        level=2,
        reference=softmax_cross_entropy_gradient,
        steps=r"""
            y_hat = softmax(theta)  # $\hat y$
            error = y_hat - y       # $\hat y - y$
            dtheta = error / N      # $\partial J/\partial\theta$
        """,
        inputs=batch_and_targets,
        mistakes=IN_THE_GRADIENT,
        accepts=[
            _label_by_index,
            lambda theta, y: (softmax(theta) - y) / theta.shape[0],
            lambda theta, y: softmax(theta) / len(theta) - y / len(theta),
            lambda theta, y: -(y - softmax(theta)) * (1 / rows(theta)),
            lambda theta, y: ((softmax(theta) - y) / len(theta)).tolist(),
        ],
        hints=[
            "One row first: which vector did both derivations end in, case $i = k$ and case $i \\ne k$?",
            "$J$ is the *mean* over the rows. What happens to a derivative when the function is divided by $N$?",
            "`softmax(theta) - y` is the sum's gradient; one division, in the right brackets, is left.",
        ],
        notice="Every row sums to 0, because $\\sum_i\\hat y_i = 1 = \\sum_i y_i$: a gradient step never moves all logits "
        "of a row up together.",
        laws=[_rows_sum_to_zero],
    ),
    Choice(
        id="2a_3.temperature",
        title="With a temperature",
        minutes=2,
        level=3,
        question="Let y_hat = softmax(theta / T). What is dJ/dtheta now, with J = CE(y, y_hat)?",
        options=[
            Option(
                "same",
                "y_hat - y, as before",
                "With this $\\hat y$ it is the derivative with respect to $\\theta/T$. The chain rule has one factor more.",
            ),
            Option("divided", "(y_hat - y) / T"),
            Option(
                "multiplied",
                "T (y_hat - y)",
                "The inner function is $\\theta / T$, with derivative $1/T$. It *divides*.",
            ),
            Option(
                "inside",
                "y_hat - y / T",
                "The factor $1/T$ belongs to the whole difference: it comes from the chain rule, not from the target.",
            ),
        ],
        right="divided",
        hints=[
            "Call $u = \\theta / T$, and you know $dJ/du$ already.",
            "$dJ/d\\theta = dJ/du \\cdot du/d\\theta$.",
            "$du_i/d\\theta_i = 1/T$, and all others are 0.",
        ],
        notice="A hot softmax is also a slow one: its gradient shrinks by $1/T$.",
    ),
]
