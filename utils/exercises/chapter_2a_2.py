"""The bank of chapter 2a_2: surprise, cross-entropy, and the loss from logits."""

from __future__ import annotations

import math

import numpy as np
from numpy import exp, log

from utils.exercises.exercise import Choice, Exercise, Mistake, Option
from utils.exercises.formulas import EPSILONS, LENGTH_OF_A_ROW, mean, naive_softmax, row_max, row_sum, rows
from utils.exercises.inputs import logits_and_targets, probabilities_and_class, targets_and_probabilities
from utils.reference import cross_entropy, cross_entropy_from_logits, log_softmax, log_sum_exp, sigmoid, softmax


def _not_negative(first, second, result):
    if np.any(np.asarray(result) < 0):
        return "Surprise is never negative, for no probability exceeds 1. Yours is: look at the sign."
    return None


def _safe_log(y_hat):
    """log, with 0 in place of -inf; only ever multiplied with a target of 0 there."""
    return log(np.where(y_hat > 0, y_hat, 1))


def _asked_log(y, y_hat):
    """log where the target asks for it, 0 elsewhere."""
    return log(y_hat, where=y > 0, out=np.zeros(np.shape(y_hat)))


def _nll(y, y_hat):
    """The naive row losses: nan where y and y_hat are both 0."""
    return -np.sum(y * log(y_hat), axis=-1)


def _entropy(y):
    return -np.sum(y * _safe_log(y), axis=-1)


def _label_by_label(y, y_hat):
    y, y_hat = np.atleast_2d(y), np.atleast_2d(y_hat)
    total = 0.0
    for row, probabilities in zip(y, y_hat, strict=True):
        for weight, p in zip(row, probabilities, strict=True):
            if weight > 0:
                total -= weight * np.log(p)
    return total / len(y)


def _label_by_label_in_python(y, y_hat):
    y, y_hat = np.atleast_2d(y), np.atleast_2d(y_hat)
    return -sum(w * math.log(p) for w, p in zip(y.flat, y_hat.flat, strict=True) if w > 0) / len(y)


def _masked(y, y_hat):
    asked = y > 0
    return -np.sum(y[asked] * log(y_hat[asked])) / rows(y)


NOTHING_PICKED = (
    "Right for one-hot targets, but in a soft one no entry is exactly 1, so `y == 1` picks nothing. Every class with "
    "$y_i > 0$ counts, with its weight."
)

EXERCISES = [
    Choice(
        id="2a_2.halved",
        title="Half as likely",
        minutes=1,
        level=1,
        question="The probability of what happened falls from 1/4 to 1/8. By how much does the surprise -log p grow?",
        options=[
            Option(
                "doubles",
                "It doubles, as p halves",
                "It would have from $\\frac12$ to $\\frac14$, by coincidence. Here 1.39 becomes 2.08.",
            ),
            Option("log2", "By log 2 ≈ 0.69, as for every halving"),
            Option(
                "eighth",
                "By 1/8",
                "That is by how much $p$ fell. The surprise is a logarithm: ratios of $p$ become differences.",
            ),
            Option("half", "It halves", "What is less likely surprises more, so it must grow."),
        ],
        right="log2",
        hints=[
            "Write $-\\log\\frac18$ as a difference from $-\\log\\frac14$.",
            "$\\frac18 = \\frac14 \\cdot \\frac12$, and the logarithm of a product is a sum.",
            "Halving $p$ always adds the same amount, wherever it started.",
        ],
        notice="Each halving costs the same $\\log 2 \\approx 0.69$. At $p = 2^{-20}$, one in a million, that makes "
        "$20 \\cdot 0.69 \\approx 13.9$.",
    ),
    Exercise(
        id="2a_2.surprise",
        title="The surprise of one label",
        minutes=3,
        level=1,
        reference=lambda y_hat, k: -log(y_hat[k]),
        steps=r"""
            p = y_hat[k]       # $\hat y_k$, the probability of what happened
            log_p = np.log(p)  # $\log\hat y_k$
            surprise = -log_p  # $-\log\hat y_k$
        """,
        inputs=probabilities_and_class,
        mistakes=[
            Mistake(
                "lost-sign",
                lambda y_hat, k: log(y_hat[k]),
                "A logarithm of a probability is negative. Surprise is a cost, 0 or more: the minus belongs to it.",
            ),
            Mistake(
                "no-log",
                lambda y_hat, k: 1 - y_hat[k],
                "$1 - \\hat y_k$ also falls from 1 to 0, but it never exceeds 1: being wrong with certainty would cost "
                "hardly more than being unsure. Surprise is a logarithm.",
            ),
            Mistake(
                "one-over-p",
                lambda y_hat, k: 1 / y_hat[k],
                "$1/\\hat y_k$ is how many times less likely than certain it was. The surprise is the *logarithm* of that.",
            ),
            Mistake(
                "weighted",
                lambda y_hat, k: -y_hat[k] * log(y_hat[k]),
                "$-\\hat y_k \\log\\hat y_k$ is a term of an *entropy*, weighed with how likely it was. It has happened: its "
                "weight is 1.",
            ),
            Mistake(
                "minus-p",
                lambda y_hat, k: -y_hat[k],
                "You have minus the probability itself. Surprise is minus its *logarithm*.",
            ),
            Mistake(
                "no-log",
                lambda y_hat, k: y_hat[k],
                "You have the probability itself, the right one. The surprise is minus its *logarithm*.",
            ),
            Mistake(
                "other-side",
                lambda y_hat, k: -log(1 - y_hat[k]),
                "That is the surprise when class $k$ does *not* happen. It did.",
            ),
            Mistake(
                "of-the-favourite",
                lambda y_hat, k: -log(np.max(y_hat)),
                "You took the largest probability: the class that the model likes best, not the one that happened.",
            ),
            Mistake(
                "counts-from-one",
                lambda y_hat, k: -log(y_hat[k - 1]),
                "You read the probability of the class before. Classes count from 0, so class $k$ is `y_hat[k]`.",
            ),
            Mistake(
                "log-base-2",
                lambda y_hat, k: -np.log2(y_hat[k]),
                "Right, if surprise is counted in bits. Here it is counted in nats: the natural logarithm, `np.log`.",
            ),
            Mistake(
                "log-base-10",
                lambda y_hat, k: -np.log10(y_hat[k]),
                "That is the logarithm to base 10. The natural one is meant here, `np.log`: its derivative is $1/p$.",
            ),
            Mistake(
                "all-classes",
                lambda y_hat, k: -log(y_hat),
                "You have the surprises of all classes. Only one of them happened: pick entry $k$.",
            ),
            Mistake(
                "sum-of-all",
                lambda y_hat, k: -np.sum(log(y_hat)),
                "You summed the surprises of all classes. Only one of them happened: pick entry $k$.",
            ),
        ],
        accepts=[
            lambda y_hat, k: log(1 / y_hat[k]),
            lambda y_hat, k: -np.sum(np.eye(len(y_hat))[k] * log(y_hat)),
            lambda y_hat, k: -log(y_hat)[k],
        ],
        hints=[
            "Two steps: the probability that was given to class $k$, and then its surprise.",
            "`y_hat[k]` is that probability.",
            "`np.log` is the natural logarithm; mind the sign.",
        ],
        notice='At $\\hat y_k = 1$ the surprise is 0, and it has no upper bound: a model that says "impossible" of what '
        "then happens pays without limit.",
        laws=[_not_negative],
    ),
    Choice(
        id="2a_2.floor",
        title="The best that can be had",
        minutes=2,
        level=2,
        question="The target is soft, y = (0.7, 0.2, 0.1). What is the smallest J that any y_hat can reach?",
        options=[
            Option(
                "zero",
                "0, when y_hat = y",
                "$\\hat y = y$ is indeed the best, but put it in: $-\\sum_i y_i \\log y_i$ is about 0.80, and not 0. "
                "Only a one-hot target has the floor 0.",
            ),
            Option("entropy", "About 0.80, when y_hat = y"),
            Option(
                "favourite",
                "About 0.36, when y_hat = (1, 0, 0)",
                "$-\\log 0.7 \\approx 0.36$ mixes up the two vectors, and $\\hat y = (1, 0, 0)$ gives the other classes "
                "probability 0: $J$ would be infinite.",
            ),
            Option(
                "log3",
                "log 3 ≈ 1.10, when y_hat is uniform",
                "That is what uniform costs, for every target. $\\hat y$ can lean towards what is frequent and do better.",
            ),
        ],
        right="entropy",
        hints=[
            "Try three candidates by hand: uniform, (1, 0, 0), and $y$ itself.",
            "A zero in $\\hat y$ is fatal where $y$ is not 0.",
            "At $\\hat y = y$ the cross-entropy becomes the entropy of $y$.",
        ],
        notice="$J$ = entropy of $y$ plus a distance that is 0 only at $\\hat y = y$. The first part is not the model's "
        "fault, and its gradient is 0.",
    ),
    Exercise(
        id="2a_2.cross_entropy",
        title="Cross-entropy, mean over the rows",
        minutes=7,
        level=2,
        reference=cross_entropy,
        steps=r"""
            log_y_hat = np.log(y_hat)                  # $\log\hat y_i$, which is $-\infty$ where $\hat y_i = 0$
            terms = np.where(y > 0, y * log_y_hat, 0)  # $y_i \log\hat y_i$, and 0 where $y_i = 0$
            losses = -np.sum(terms, axis=-1)           # $-\sum_i y_i \log\hat y_i$, one number a row
            J = np.mean(losses)                        # $J$, the mean over the rows
        """,
        inputs=targets_and_probabilities,
        mistakes=[
            Mistake(
                "lost-sign-loss",
                lambda y, y_hat: -cross_entropy(y, y_hat),
                "Your loss is negative, so training would run uphill. (If the gradient loses the same sign, even a "
                "gradient check is content!) Where did the minus go?",
            ),
            Mistake(
                "log-zero",
                lambda y, y_hat: mean(_nll(y, y_hat)),
                "Right as long as no probability is 0. Where $y_i = 0$ and $\\hat y_i = 0$ you compute "
                "$0 \\cdot (-\\infty)$, which is `nan`. That class never happens, so its term is 0: leave it out.",
            ),
            *(
                Mistake(
                    "free-miss",
                    formula,
                    "Where $\\hat y_i = 0$ you charge nothing, or a sum of your own choosing, whatever $y_i$ is. But if "
                    "$y_i > 0$ the model called impossible what happened, and $J$ is infinite. Let $y$ decide which terms "
                    "are left out, not $\\hat y$.",
                )
                for formula in (
                    lambda y, y_hat: mean(-np.sum(y * _safe_log(y_hat), axis=-1)),
                    lambda y, y_hat: mean(-np.sum(np.nan_to_num(y * log(y_hat)), axis=-1)),
                    lambda y, y_hat: mean(-np.sum(y * np.nan_to_num(log(y_hat)), axis=-1)),
                )
            ),
            *(
                Mistake(
                    "epsilon-patch",
                    formula,
                    "A small constant added to the probabilities, or a floor put under them, hides the `nan` and changes "
                    "the loss: $10^{-200}$ should cost 460 and costs no more than minus the logarithm of your constant, and $\\hat y - y$ is no longer the gradient. "
                    "Leave out the terms with $y_i = 0$ instead.",
                )
                for eps in EPSILONS
                for formula in (
                    lambda y, y_hat, eps=eps: mean(_nll(y, y_hat + eps)),
                    lambda y, y_hat, eps=eps: mean(_nll(y, np.clip(y_hat, eps, 1))),
                    lambda y, y_hat, eps=eps: mean(_nll(y, np.clip(y_hat, eps, 1 - eps))),
                )
            ),
            Mistake(
                "length-of-a-row",
                lambda y, y_hat: -np.sum(y * _asked_log(y, y_hat)) / len(y),
                LENGTH_OF_A_ROW,
            ),
            Mistake(
                "per-row",
                lambda y, y_hat: -np.sum(y * _safe_log(y_hat), axis=-1),
                "You have one loss a row. Now take their mean: $J$ is a single number.",
            ),
            Mistake(
                "binary-ce",
                lambda y, y_hat: mean(-np.sum(y * _safe_log(y_hat) + (1 - y) * _safe_log(1 - y_hat), axis=-1)),
                "The terms with $1 - y$ belong to the *binary* cross-entropy, for independent yes/no outputs. With softmax "
                "the other classes pay already, through the sum in its denominator.",
            ),
            *(
                Mistake(
                    "swapped",
                    lambda y, y_hat, log=log: mean(np.sum(-y_hat * log(y), axis=-1)),
                    "The two vectors are exchanged: the targets stand inside the logarithm, and they are mostly 0. Weigh "
                    "with $y$, take the logarithm of $\\hat y$.",
                )
                for log in (np.log, _safe_log)
            ),
            Mistake("hard-labels-only", lambda y, y_hat: -np.mean(log(y_hat[y == 1])), NOTHING_PICKED),
            *(
                Mistake(
                    "hard-labels-only",
                    formula,
                    "Right for one-hot targets. A soft one has several classes with $y_i > 0$: multiply the logarithm of each "
                    "by its $y_i$, add these up within a row, and take the mean over the *rows*.",
                )
                for formula in (
                    lambda y, y_hat: -np.mean(log(y_hat[y > 0])),
                    lambda y, y_hat: -np.mean((y * log(y_hat))[y > 0]),
                )
            ),
            Mistake(
                "hard-labels-only",
                lambda y, y_hat: mean(-log(np.sum(y * y_hat, axis=-1))),
                "Right for one-hot targets, where the sum has one term. For soft ones the logarithm of a mean is not the mean "
                "of the logarithms: take the logarithm first, then weigh with $y$.",
            ),
            Mistake(
                "forgot-y",
                lambda y, y_hat: mean(-log(np.max(y_hat, axis=-1))),
                "Your loss never looks at $y$: it takes the model's favourite class. It would fall to 0 for any model that "
                "is sure, right or wrong.",
            ),
            Mistake(
                "unweighted",
                lambda y, y_hat: mean(-np.sum(_safe_log(y_hat), axis=-1)),
                "You sum the surprises of all classes. Each is to be weighed with $y_i$, how far class $i$ is the truth.",
            ),
            Mistake(
                "kl-divergence",
                lambda y, y_hat: cross_entropy(y, y_hat) - mean(_entropy(y)),
                "That is the Kullback-Leibler divergence: the entropy of $y$ is taken off. Its gradient is the same, its "
                "value is not.",
            ),
            Mistake(
                "squared-error",
                lambda y, y_hat: mean(np.sum((y - y_hat) ** 2, axis=-1)),
                "That is the squared error. It is 2 at most, however sure and wrong the model was; cross-entropy has no "
                "upper bound.",
            ),
            Mistake(
                "math-log",
                _label_by_label_in_python,
                "`math.log(0)` is an error, where `np.log(0)` is $-\\infty$. If the model called impossible what happened, $J$ is "
                "infinite.",
            ),
            Mistake(
                "entropy-of-y_hat",
                lambda y, y_hat: mean(_entropy(y_hat)),
                "That is the entropy of $\\hat y$, and the targets do not occur in it: a model could make it 0 by being sure of "
                "anything. Weigh with $y$.",
            ),
        ],
        accepts=[
            _label_by_label,
            _masked,
            lambda y, y_hat: mean(-np.sum(np.where(y > 0, y * log(y_hat), 0), axis=-1)),
            lambda y, y_hat: -np.einsum("nk,nk->", *map(np.atleast_2d, (y, _asked_log(y, y_hat)))) / rows(y),
            lambda y, y_hat: np.mean(-np.nansum(y * log(y_hat), axis=-1)),
        ],
        hints=[
            "One row first: which terms of $-\\sum_i y_i \\log\\hat y_i$ count, and which are 0 whatever $\\hat y_i$ is?",
            "Sum over the last axis, then take the mean of what is left. For a single row that mean changes nothing.",
            "`np.log(y_hat, where=y > 0, out=np.zeros_like(y_hat))` takes the logarithm only where it is asked for.",
        ],
        notice="With one-hot rows this is the mean surprise: the sum over classes picks one term out of each row.",
        laws=[_not_negative],
    ),
    Choice(
        id="2a_2.clueless",
        title="A model that knows nothing",
        minutes=1,
        level=1,
        question="All logits are 0 and there are K = 10 classes. What is J?",
        options=[
            Option(
                "zero",
                "0",
                "$\\theta = 0$ does not mean a loss of 0: equal logits mean equal probabilities, $1/10$ for the truth as "
                "for the rest.",
            ),
            Option("tenth", "0.1", "0.1 is the probability of the true class. What is its surprise?"),
            Option("log10", "log 10 ≈ 2.30, whatever the labels"),
            Option(
                "depends",
                "It depends on the labels",
                "Every class has probability $1/10$, so every label has the same surprise.",
            ),
        ],
        right="log10",
        hints=[
            "What is softmax of ten zeros?",
            "The surprise of a probability $1/K$ is $\\log K$.",
            "$-\\log\\frac1{10} = \\log 10$.",
        ],
        notice="$J = \\log K$ at $\\theta = 0$ is the first thing to check in any new classifier: it needs no training and "
        "catches a wrong sign, a wrong mean and a forgotten softmax.",
    ),
    Exercise(
        id="2a_2.from_logits",
        title="From logits in one stable step",
        minutes=7,
        level=3,
        reference=cross_entropy_from_logits,
        steps=r"""
            lse = log_sum_exp(theta)                     # $\log\sum_j e^{\theta_j}$, one number a row
            log_y_hat = theta - np.expand_dims(lse, -1)  # $\log\hat y_i$
            terms = y * log_y_hat                        # $y_i \log\hat y_i$
            losses = -np.sum(terms, axis=-1)             # $-\sum_i y_i \log\hat y_i$, one number a row
            J = np.mean(losses)                          # $J$, the mean over the rows
        """,
        inputs=logits_and_targets,
        mistakes=[
            Mistake(
                "log-of-softmax",
                lambda theta, y: mean(_nll(y, softmax(theta))),
                "Softmax is stable, but its small entries round to 0, and $\\log 0 = -\\infty$. The probabilities must not "
                "be formed at all: go from logits to *log*-probabilities directly.",
            ),
            Mistake(
                "log-of-softmax",
                lambda theta, y: cross_entropy(y, softmax(theta)),
                "Two stable steps, and yet infinite: softmax rounds the probability of the truth to 0, and no logarithm "
                "brings it back. The probabilities must not be formed at all.",
            ),
            Mistake(
                "overflow",
                lambda theta, y: mean(-np.sum(y * (theta - log(row_sum(exp(theta)))), axis=-1)),
                "Right for ordinary logits. But somewhere $e^{1000}$ overflows, and all is `nan` from there on. Simplify $\\log\\hat y_i$ on paper: you have a log-sum-exp, and a log-softmax, that do not overflow.",
            ),
            Mistake(
                "overflow",
                lambda theta, y: mean(_nll(y, naive_softmax(theta))),
                "Right for ordinary logits. But somewhere $e^{1000}$ overflows, and all is `nan` from there on. Simplify $\\log\\hat y_i$ on paper: you have a log-sum-exp, and a log-softmax, that do not overflow.",
            ),
            *(
                Mistake(
                    "epsilon-patch",
                    formula,
                    "A small constant added to the probabilities, or a floor put under them, hides the $-\\infty$ and changes "
                    "the loss: it can never grow beyond 20 or 30, and $\\hat y - y$ is no longer its gradient. The exact "
                    "value costs no more.",
                )
                for eps in EPSILONS
                for formula in (
                    lambda theta, y, eps=eps: mean(_nll(y, softmax(theta) + eps)),
                    lambda theta, y, eps=eps: mean(_nll(y, np.clip(softmax(theta), eps, 1))),
                    lambda theta, y, eps=eps: mean(_nll(y, np.clip(softmax(theta), eps, 1 - eps))),
                )
            ),
            Mistake(
                "lost-sign-loss",
                lambda theta, y: -cross_entropy_from_logits(theta, y),
                "Your loss is negative, so training would run uphill. Where did the minus go?",
            ),
            Mistake(
                "length-of-a-row",
                lambda theta, y: -np.sum(y * log_softmax(theta)) / len(y),
                LENGTH_OF_A_ROW,
            ),
            Mistake(
                "per-row",
                lambda theta, y: -np.sum(y * log_softmax(theta), axis=-1),
                "You have one loss a row. Now take their mean: $J$ is a single number.",
            ),
            Mistake(
                "double-softmax",
                lambda theta, y: cross_entropy_from_logits(softmax(theta), y),
                "Softmax is applied twice: this function gets *logits*, and takes the (log-)softmax itself. In a framework "
                "this mistake runs without a word, and learns slowly.",
            ),
            Mistake(
                "sign-of-a-term",
                lambda theta, y: mean(log_sum_exp(theta) + np.sum(y * theta, axis=-1)),
                "The log-sum-exp is right, and what is taken off it was added: $-\\log\\hat y_i = "
                "\\mathrm{LSE}(\\theta) - \\theta_i$.",
            ),
            Mistake(
                "no-softmax",
                lambda theta, y: mean(-np.sum(y * theta, axis=-1)),
                "You dropped the log-sum-exp. Without it the loss can fall for ever: just make the true logit larger.",
            ),
            Mistake(
                "forgot-to-add-back",
                lambda theta, y: mean(-np.sum(y * (theta - log(row_sum(exp(theta - row_max(theta))))), axis=-1)),
                "The sum is shifted by the maximum and the first term is not. Shift both, or neither.",
            ),
            Mistake(
                "sigmoid-for-softmax",
                lambda theta, y: mean(-np.sum(y * log(sigmoid(theta)), axis=-1)),
                "A sigmoid for each logit is not softmax: the classes do not compete, and $J$ at $\\theta = 0$ would be "
                "$\\log 2$, whatever $K$ is.",
            ),
            Mistake(
                "softmax-of-sigmoid",
                lambda theta, y: cross_entropy_from_logits(sigmoid(theta), y),
                "The logits went through a sigmoid first. They can then differ by 1 at most, and the loss never gets near 0.",
            ),
            Mistake(
                "binary-ce",
                lambda theta, y: mean(
                    -np.sum(y * log_softmax(theta) + (1 - y) * _safe_log(1 - softmax(theta)), axis=-1)
                ),
                "The terms with $1 - y$ belong to the *binary* cross-entropy, for independent yes/no outputs. With softmax "
                "the log-sum-exp makes the other classes pay already.",
            ),
            *(
                Mistake("hard-labels-only", formula, NOTHING_PICKED)
                for formula in (
                    lambda theta, y: np.mean(log_sum_exp(theta) - theta[y == 1]),
                    lambda theta, y: -np.mean(log_softmax(theta)[y == 1]),
                )
            ),
            *(
                Mistake(
                    "swapped",
                    lambda theta, y, log=log: mean(-np.sum(softmax(theta) * log(y), axis=-1)),
                    "The two vectors are exchanged: the targets came into the logarithm, and they are mostly 0. It is $y$ that "
                    "weighs, and $\\log\\hat y$ that is weighed.",
                )
                for log in (np.log, _safe_log)
            ),
            Mistake(
                "no-keepdims",
                lambda theta, y: mean(-np.sum(y * (theta - log_sum_exp(theta)), axis=-1)),
                "One log-sum-exp per row has shape $(N,)$, and NumPy lines that up with the *columns*. Make it a column of "
                "shape $(N, 1)$: `[..., np.newaxis]`, or `keepdims=True`.",
            ),
            Mistake(
                "batch-only",
                lambda theta, y: mean(-np.sum(y * (theta - log_sum_exp(theta)[:, None]), axis=-1)),
                "For a single row `log_sum_exp` gives one number, which has no axis for `[:, None]` to stand beside. "
                "`[..., np.newaxis]` serves both.",
            ),
            Mistake(
                "free-miss",
                lambda theta, y: mean(-np.sum(y * _safe_log(softmax(theta)), axis=-1)),
                "Where softmax underflows to 0 you leave the term out, so the most confident mistakes cost nothing at all. Go "
                "from logits to *log*-probabilities directly.",
            ),
            Mistake(
                "unweighted",
                lambda theta, y: mean(-np.sum(log_softmax(theta), axis=-1)),
                "You sum the surprises of all classes. Each is to be weighed with $y_i$, how far class $i$ is the truth.",
            ),
            Mistake(
                "binary-ce",
                lambda theta, y: mean(np.sum(np.logaddexp(0, theta) - y * theta, axis=-1)),
                "That is the *binary* cross-entropy of $K$ independent sigmoids. Softmax has one log-sum-exp for the whole row, "
                "and not one for each class.",
            ),
            Mistake(
                "wrong-axis",
                lambda theta, y: mean(-np.sum(y * np.transpose(log_softmax(np.transpose(theta))), axis=-1)),
                "Softmax ran down the columns (axis 0). Each row is one example: normalise along the last axis.",
            ),
        ],
        accepts=[
            lambda theta, y: mean(log_sum_exp(theta) - np.sum(y * theta, axis=-1)),
            lambda theta, y: -np.sum(y * log_softmax(theta)) / rows(theta),
            lambda theta, y: np.mean(
                [-np.dot(t, log_softmax(r)) for t, r in zip(*map(np.atleast_2d, (y, theta)), strict=True)]
            ),
        ],
        hints=[
            "$J = -\\sum_i y_i \\log\\hat y_i$ needs the logarithms of the probabilities, never the probabilities.",
            "You wrote a function that goes from logits to those logarithms: `2a_1.log_softmax`.",
            "`-np.sum(y * log_softmax(theta), axis=-1)` is one loss a row. What is left?",
        ],
        notice="The logarithm undoes the exponential, so nothing is lost on the way: a logit $10^4$ below the winner costs "
        "$10^4$, finite, with a gradient that can still repair it.",
        laws=[_not_negative],
    ),
]
