"""The bank of chapter 2a_1: softmax, log-sum-exp, log-softmax, temperature."""

from __future__ import annotations

import numpy as np
from numpy import exp, log

from utils.exercises.exercise import Choice, Exercise, Mistake, Option
from utils.exercises.formulas import EPSILONS, naive_softmax, normalised, row_max, row_mean, row_min, row_sum
from utils.exercises.inputs import logits, logits_and_temperature, one_row
from utils.reference import log_softmax, log_sum_exp, sigmoid, softmax


def _sums_to_one(theta, *rest):
    sums = np.atleast_1d(np.sum(rest[-1], axis=-1))
    if not np.allclose(sums, 1):
        return "Probabilities sum to 1; a row of yours does not. Divide each row by its own sum."
    return None


def _keeps_the_order(theta, *rest):
    result = rest[-1]
    if not np.array_equal(np.argsort(theta, axis=-1), np.argsort(result, axis=-1)):
        return "A larger logit must get a larger probability; in a row of yours one does not."
    return None


def _log_of_probabilities(theta, result):
    sums = np.atleast_1d(np.sum(exp(result), axis=-1))
    if not np.allclose(sums, 1):
        return "If these are logarithms of probabilities, their exponentials sum to 1. Those of yours do not."
    return None


def _at_least_the_maximum(theta, result):
    if np.any(result < np.max(theta, axis=-1) - 1e-9):
        return "$\\log\\sum_j e^{\\theta_j}$ is never below the largest logit (drop all other terms). Yours is."
    return None


def _no_keepdims(theta):
    e = exp(theta)
    return e / e.sum(axis=-1)


def _no_keepdims_shifted(theta):
    e = exp(theta - row_max(theta))
    return e / e.sum(axis=-1)


def _no_keepdims_in_max(theta):
    e = exp(theta - np.max(theta, axis=-1))
    return e / row_sum(e)


def _one_total(theta):
    e = exp(theta - np.max(theta))
    return e / e.sum()


def _row_by_row(theta):
    if np.ndim(theta) == 1:
        e = [np.exp(t - max(theta)) for t in theta]
        return np.array(e) / sum(e)
    return np.array([_row_by_row(row) for row in theta])


def _reciprocal(theta):
    """1 / sum_j exp(theta_j - theta_i): no shift is needed where only differences are exponentiated."""
    theta = np.asarray(theta)
    with np.errstate(over="ignore"):
        return 1 / exp(theta[..., None, :] - theta[..., :, None]).sum(axis=-1)


NO_KEEPDIMS = (
    "A maximum or a sum along the last axis of an $(N, K)$ array has shape $(N,)$, and NumPy lines that up with the "
    "*columns*. Say `keepdims=True` in the line shown below, so that it stays a column, $(N, 1)$. (With $N = K$ it would "
    "have run, and been wrong.)"
)
NO_AXIS_BESIDE = (
    "For a single row the maximum, or the sum, is one number, and has no axis for `[:, None]` to stand beside. "
    "`keepdims=True` where you take it, or `[..., np.newaxis]`, serves both a row and a batch."
)
OVERFLOW = (
    "Right for ordinary numbers, but for $\\theta = 1000$ it gives `nan`: $e^{1000}$ is beyond what float64 can hold "
    "(about $e^{709}$), and inf / inf is not a number. Adding one constant to a whole row changes nothing: choose a "
    "constant that makes every exponent harmless."
)

EXERCISES = [
    Exercise(
        id="2a_1.one_row",
        title="Softmax of one row",
        minutes=4,
        level=1,
        reference=softmax,
        steps=r"""
            e = np.exp(theta)  # $e^{\theta_i}$
            total = np.sum(e)  # $\sum_j e^{\theta_j}$
            y_hat = e / total  # $\hat y$
        """,
        inputs=one_row,
        mistakes=[
            Mistake(
                "not-normalised",
                exp,
                "The exponentials are right, and positive, but they do not sum to 1 yet. What are they to be divided by?",
            ),
            Mistake(
                "no-exponential",
                normalised,
                "You divided the logits by their sum. Logits can be negative, and their sum can be 0: exponentiate first.",
            ),
            Mistake(
                "divided-by-max",
                lambda theta: exp(theta) / exp(theta).max(),
                "The largest of your numbers is always 1: the logits were shifted, or divided by the largest exponential, but not "
                "normalised. Divide by the sum.",
            ),
            Mistake(
                "argmax",
                lambda theta: np.eye(len(theta))[np.argmax(theta)],
                "That is the *hard* maximum: everything to the winner. The soft one leaves each class a share.",
            ),
            Mistake(
                "sigmoid-for-softmax",
                sigmoid,
                "$1/(1 + e^{-\\theta_i})$ looks at each logit alone. In softmax the classes compete: each probability "
                "depends on all logits, through the sum.",
            ),
            Mistake(
                "base-2",
                lambda theta: normalised(2.0**theta),
                "Powers of 2 keep the order, but softmax is made of powers of $e$: `np.exp`.",
            ),
            Mistake(
                "negative-exponent",
                lambda theta: naive_softmax(-theta),
                "The smallest logit gets the largest probability. Did a minus slip into the exponent?",
            ),
            Mistake(
                "double-softmax",
                lambda theta: naive_softmax(naive_softmax(theta)),
                "Softmax was applied twice. Its result is a probability vector already; a second round flattens it.",
            ),
            Mistake(
                "squares",
                lambda theta: normalised(np.square(theta)),
                "Squares are positive as well, but they cannot tell 2 from -2. The exponential keeps the order.",
            ),
            *(
                Mistake(
                    "returned-too-early",
                    formula,
                    "You return after the first probability, from inside the loop. Move `return` out by one indent.",
                )
                for formula in (
                    lambda theta: softmax(theta)[0],
                    lambda theta: softmax(theta)[:1],
                    lambda theta: softmax(theta) * (np.arange(len(theta)) == 0),
                )
            ),
        ],
        accepts=[naive_softmax, _row_by_row, softmax, lambda theta: exp(theta - log(np.sum(exp(theta))))],
        hints=[
            "Two steps: make every number positive, then make them sum to 1.",
            "`np.exp` takes a whole array. Give the result a name: you need it twice.",
            "Call `np.exp(theta)` by a short name, $e$ say; what is left is one division, by the sum of $e$.",
        ],
        notice="For $\\theta = (1, 0, -1)$ each probability is $e$ times the next: a difference of 1 between logits is "
        "a factor $e \\approx 2.718$ between probabilities.",
        laws=[_sums_to_one, _keeps_the_order],
    ),
    Choice(
        id="2a_1.shift",
        title="Ten more for everyone",
        minutes=1,
        level=1,
        question="Every logit of a row grows by 10. What happens to the probabilities?",
        options=[
            Option("larger", "Each is multiplied by e¹⁰", "Then they would sum to $e^{10}$, and not to 1."),
            Option("unchanged", "Nothing at all"),
            Option(
                "flatter",
                "They move towards 1/K",
                "That happens when all logits are *divided* by something. Look at "
                "$e^{\\theta_i + 10} = e^{10} e^{\\theta_i}$ above and below the fraction bar.",
            ),
            Option(
                "sharper",
                "The largest one moves towards 1",
                "That happens when all logits are *multiplied*. Look at $e^{\\theta_i + 10} = e^{10} e^{\\theta_i}$ "
                "above and below the fraction bar.",
            ),
        ],
        right="unchanged",
        hints=[
            "Write $e^{\\theta_i + 10}$ as a product.",
            "The factor $e^{10}$ stands in the numerator and in each term of the denominator.",
            "$\\frac{e^{10} e^{\\theta_i}}{\\sum_j e^{10} e^{\\theta_j}}$: what cancels?",
        ],
        notice="Only differences of logits matter. That is why a row may be shifted before it is exponentiated.",
    ),
    Choice(
        id="2a_1.overflow",
        title="One thousand",
        minutes=1,
        level=2,
        question="np.exp(theta) / np.exp(theta).sum() with theta = [1000, 999, 0]. What comes out?",
        options=[
            Option(
                "on-paper",
                "[0.731, 0.269, 0]",
                "That is the value on paper. But $e^{1000} \\approx 10^{434}$, and float64 ends near $10^{308}$.",
            ),
            Option(
                "infinite",
                "[inf, inf, 0]",
                "Half of it: `np.exp` gives inf, inf and 1. Then the division comes: what is inf / inf?",
            ),
            Option("nan", "[nan, nan, 0]"),
            Option(
                "error",
                "An OverflowError",
                "Plain Python's `math.exp(1000)` raises one. NumPy gives inf with a warning, and goes on computing.",
            ),
        ],
        right="nan",
        hints=[
            "The largest float64 is about $1.8 \\cdot 10^{308}$, which is $e^{709.78}$.",
            "`np.exp(1000)` is `inf`, so the sum is `inf` too.",
            "inf / inf has no value; 1 / inf has.",
        ],
        notice="`nan` is worse than an error: it travels on in silence, through the loss into every weight.",
    ),
    Exercise(
        id="2a_1.softmax",
        title="Softmax of rows, at any size",
        minutes=8,
        level=2,
        reference=softmax,
        steps=r"""
            m = np.max(theta, axis=-1, keepdims=True)  # $m$, the largest logit of each row
            shifted = theta - m                        # $\theta_i - m$, nowhere above 0
            e = np.exp(shifted)                        # $e^{\theta_i - m}$
            total = np.sum(e, axis=-1, keepdims=True)  # $\sum_j e^{\theta_j - m}$
            y_hat = e / total                          # $\hat y$
        """,
        inputs=logits,
        mistakes=[
            Mistake("overflow", naive_softmax, OVERFLOW),
            Mistake(
                "patched-nan",
                lambda theta: np.nan_to_num(naive_softmax(theta)),
                "`nan_to_num` hides the symptom: for large logits rows now hold 0 and no longer sum to 1. Keep "
                "$e^{\\theta}$ from overflowing in the first place.",
            ),
            *(
                Mistake(
                    "clipped",
                    formula,
                    "Clipping the logits makes 1000 and 999 equal, so their probabilities come out equal too. A shift "
                    "keeps the differences, and only these matter.",
                )
                for limit in (100, 300, 500, 600, 700, 709)
                for formula in (
                    lambda theta, limit=limit: naive_softmax(np.clip(theta, -limit, limit)),
                    lambda theta, limit=limit: naive_softmax(np.minimum(theta, limit)),
                )
            ),
            Mistake(
                "global-max",
                lambda theta: naive_softmax(theta - np.max(theta)),
                "You subtract the largest logit of the *whole array*. A row far below it underflows to 0/0. Each row "
                "needs its own maximum.",
            ),
            Mistake(
                "mean-for-max",
                lambda theta: naive_softmax(theta - row_mean(theta)),
                "Subtracting the mean is allowed, but it leaves large exponents in a wide row. Which constant makes "
                "*every* exponent 0 or less?",
            ),
            Mistake(
                "min-for-max",
                lambda theta: naive_softmax(theta - row_min(theta)),
                "Subtracting the minimum makes every exponent 0 or *more*, which invites overflow. You want 0 or less.",
            ),
            Mistake(
                "shifted-above-only",
                lambda theta: exp(theta - row_max(theta)) / row_sum(exp(theta)),
                "You shift the numerator and not the denominator, so the constant no longer cancels. Name the shifted "
                "exponentials once, and use them in both places.",
            ),
            Mistake(
                "one-total",
                _one_total,
                "You divide by one sum for the whole array, so all rows *together* sum to 1. Each row needs its own sum.",
            ),
            Mistake(
                "no-keepdims",
                _no_keepdims,
                NO_KEEPDIMS,
            ),
            Mistake(
                "no-keepdims",
                _no_keepdims_shifted,
                NO_KEEPDIMS,
            ),
            Mistake(
                "no-keepdims",
                _no_keepdims_in_max,
                NO_KEEPDIMS,
            ),
            Mistake(
                "batch-only",
                lambda theta: naive_softmax(theta - np.max(theta, axis=-1)[:, None]),
                NO_AXIS_BESIDE,
            ),
            Mistake(
                "double-softmax",
                lambda theta: softmax(softmax(theta)),
                "Softmax was applied twice. Its result is a probability vector already; a second round flattens it.",
            ),
            Mistake(
                "sigmoid-for-softmax",
                sigmoid,
                "$1/(1 + e^{-\\theta_i})$ looks at each logit alone, and the rows do not sum to 1. In softmax the "
                "classes compete.",
            ),
            Mistake(
                "softmax-of-sigmoid",
                lambda theta: softmax(sigmoid(theta)),
                "The logits went through a sigmoid first. That squeezes them into (0, 1), and no probability can then "
                "be more than $e$ times another.",
            ),
            Mistake(
                "not-normalised",
                lambda theta: exp(theta - row_max(theta)),
                "The shifted exponentials are right, and the largest of each row is 1. They do not sum to 1 yet: divide "
                "each row by its own sum.",
            ),
            Mistake(
                "not-normalised",
                exp,
                "The exponentials are right, and positive, but they do not sum to 1 yet. What is each row to be divided by?",
            ),
            Mistake(
                "negative-exponent",
                lambda theta: naive_softmax(row_max(theta) - theta),
                "The smallest logit gets the largest probability: take the maximum off the logits, `theta - m`, not the "
                "logits off the maximum.",
            ),
            Mistake(
                "no-exponential",
                lambda theta: normalised(theta - row_max(theta)),
                "You divided the shifted logits by their sum. They are 0 or less, so the order is turned round: exponentiate "
                "first.",
            ),
            Mistake(
                "log-softmax",
                log_softmax,
                "These are the *logarithms* of the probabilities, all of them 0 or less. One exponential is missing.",
            ),
            Mistake(
                "builtin-sum",
                lambda theta: exp(theta - row_max(theta)) / sum(exp(theta - row_max(theta))),
                "Python's own `sum` adds the *rows* of a batch to one another. `np.sum(e, axis=-1, keepdims=True)` adds "
                "within each row.",
            ),
            Mistake(
                "builtin-max",
                lambda theta: naive_softmax(theta - max(theta)),
                "Python's own `max` compares whole rows with one another, and an array has no single truth value. "
                "`np.max(theta, axis=-1, keepdims=True)` looks within each row.",
            ),
        ],
        accepts=[
            _row_by_row,
            _reciprocal,
            lambda theta: exp(log_softmax(theta)),
            lambda theta: softmax(theta).tolist(),
            lambda theta: np.apply_along_axis(lambda row: normalised(exp(row - row.max())), -1, theta),
            lambda theta: naive_softmax(theta - row_max(theta) - 1),
        ],
        hints=[
            "You may subtract any constant from a row. Which one makes sure that no exponent is above 0?",
            "For one row and for many alike: `axis=-1` is the last axis, and `keepdims=True` keeps the result a column.",
            "`theta - theta.max(axis=-1, keepdims=True)` is the shifted array. Exponentiate it once, and divide by its sum along the same axis.",
        ],
        notice="After the shift the largest term is exactly $e^0 = 1$, so the sum is at least 1: it can neither "
        "overflow nor vanish.",
        laws=[_sums_to_one, _keeps_the_order],
    ),
    Exercise(
        id="2a_1.log_sum_exp",
        title="Log-sum-exp",
        minutes=6,
        level=2,
        reference=log_sum_exp,
        steps=r"""
            m = np.max(theta, axis=-1, keepdims=True)  # $m$, the largest logit of each row
            shifted = theta - m                        # $\theta_i - m$, nowhere above 0
            e = np.exp(shifted)                        # $e^{\theta_i - m}$
            total = np.sum(e, axis=-1, keepdims=True)  # $\sum_j e^{\theta_j - m}$
            log_total = np.log(total)                  # $\log\sum_j e^{\theta_j - m}$
            lse = np.squeeze(m + log_total, axis=-1)   # $m + \log\sum_j e^{\theta_j - m}$, one number a row
        """,
        inputs=logits,
        mistakes=[
            Mistake(
                "overflow",
                lambda theta: log(np.sum(exp(theta), axis=-1)),
                "Right for ordinary numbers, but for $\\theta = 1000$ the sum overflows to inf before the logarithm can "
                "bring it back (and at -1000 it underflows to 0). Take $e^m$ out of the sum first.",
            ),
            Mistake(
                "no-keepdims",
                lambda theta: np.max(theta, axis=-1) + log(np.sum(exp(theta - np.max(theta, axis=-1)), axis=-1)),
                NO_KEEPDIMS,
            ),
            Mistake(
                "mixed-keepdims",
                lambda theta: row_max(theta) + log(np.sum(exp(theta - row_max(theta)), axis=-1)),
                "Your maximum is a column, $(N, 1)$, and the logarithm of the sum a plain $(N,)$: added up they make an "
                "$(N, N)$ table. Bring both to one shape before you add.",
            ),
            Mistake(
                "forgot-to-add-back",
                lambda theta: log(np.sum(exp(theta - row_max(theta)), axis=-1)),
                "The sum is shifted by $m$, and stays so. Taking $e^m$ out of the sum leaves a factor $e^m$; what becomes "
                "of a factor when the logarithm is taken?",
            ),
            Mistake(
                "subtracted-back",
                lambda theta: log(np.sum(exp(theta - row_max(theta)), axis=-1)) - np.max(theta, axis=-1),
                "You take $m$ off twice: once in the exponents, as you should, and once more at the end. It is to be "
                "added back.",
            ),
            Mistake(
                "global-max",
                lambda theta: log(np.sum(exp(theta - np.max(theta)), axis=-1)) + np.max(theta),
                "One maximum for the whole array leaves other rows far below it, where every exponential is 0 and the "
                "logarithm $-\\infty$. Each row needs its own.",
            ),
            Mistake(
                "maximum-only",
                lambda theta: np.max(theta, axis=-1),
                "That is the largest logit. Log-sum-exp lies above it, by at most $\\log K$: the other terms count too.",
            ),
            Mistake(
                "log-of-each",
                lambda theta: np.sum(theta, axis=-1),
                "$\\log(a + b)$ is not $\\log a + \\log b$. The logarithm is taken of the whole sum, once.",
            ),
            Mistake(
                "mean-for-sum",
                lambda theta: log_sum_exp(theta) - log(np.shape(theta)[-1]),
                "You averaged the exponentials; they are to be summed. The difference is exactly $\\log K$.",
            ),
            Mistake(
                "kept-axis",
                lambda theta: np.expand_dims(log_sum_exp(theta), -1),
                "The values are right, but the summed axis is still there, with length 1. `keepdims=True` helps inside; "
                "on the way out the axis must go: one number a row.",
            ),
            Mistake(
                "one-total",
                lambda theta: log_sum_exp(np.ravel(theta)),
                "Everything was summed into one number. Each row has its own: a batch of $N$ rows gives $N$ numbers.",
            ),
            Mistake(
                "forgot-the-log",
                lambda theta: np.sum(exp(theta), axis=-1),
                "That is the sum of the exponentials. Its logarithm is asked.",
            ),
            Mistake(
                "builtin-max",
                lambda theta: max(theta) + log(sum(exp(theta - max(theta)))),
                "Python's own `max` compares whole rows with one another, and an array has no single truth value. "
                "`np.max(theta, axis=-1)` looks within each row.",
            ),
            Mistake(
                "batch-only",
                lambda theta: (
                    np.max(theta, axis=-1) + log(np.sum(exp(theta - np.max(theta, axis=-1)[:, None]), axis=-1))
                ),
                NO_AXIS_BESIDE,
            ),
        ],
        accepts=[
            lambda theta: np.logaddexp.reduce(theta, axis=-1),
            lambda theta: np.max(theta, axis=-1) + log(exp(theta - row_max(theta)).sum(axis=-1)),
            lambda theta: np.squeeze(log(row_sum(exp(theta - row_max(theta)))) + row_max(theta), -1),
        ],
        hints=[
            "With $m = \\max_j \\theta_j$: $\\sum_j e^{\\theta_j} = e^m \\sum_j e^{\\theta_j - m}$.",
            "Take the logarithm of both sides; the product becomes a sum of two terms.",
            "You need $m$ twice: with `keepdims=True` inside the exponent, and without it outside. "
            "`np.squeeze(m, axis=-1)` takes the axis away.",
        ],
        notice="$\\max_j\\theta_j \\le \\mathrm{LSE}(\\theta) \\le \\max_j\\theta_j + \\log K$: it is a smooth maximum, and "
        "its gradient, as 2(a) will show, is softmax.",
        laws=[_at_least_the_maximum],
    ),
    Exercise(
        id="2a_1.log_softmax",
        title="Log-softmax",
        minutes=5,
        level=2,
        reference=log_softmax,
        steps=r"""
            m = np.max(theta, axis=-1, keepdims=True)  # $m$, the largest logit of each row
            shifted = theta - m                        # $\theta_i - m$, nowhere above 0
            e = np.exp(shifted)                        # $e^{\theta_i - m}$
            total = np.sum(e, axis=-1, keepdims=True)  # $\sum_j e^{\theta_j - m}$
            log_total = np.log(total)                  # $\log\sum_j e^{\theta_j - m}$
            lse = m + log_total                        # $\log\sum_j e^{\theta_j}$, one number a row
            log_y_hat = theta - lse                    # $\log\hat y_i$
        """,
        inputs=logits,
        mistakes=[
            Mistake(
                "log-of-softmax",
                lambda theta: log(softmax(theta)),
                "Softmax is stable, but its small entries round to 0, and $\\log 0 = -\\infty$. On paper "
                "$\\log e^{\\theta_i}$ is just $\\theta_i$: simplify before you compute.",
            ),
            Mistake(
                "overflow",
                lambda theta: theta - log(row_sum(exp(theta))),
                "The right formula, but $e^{1000}$ overflows inside the sum. You have a log-sum-exp that does not.",
            ),
            Mistake(
                "overflow",
                lambda theta: log(naive_softmax(theta)),
                "$e^{1000}$ overflows, and inf / inf is `nan`, long before the logarithm. Simplify the logarithm of the "
                "quotient on paper; then only a log-sum-exp is left to be careful with.",
            ),
            Mistake(
                "forgot-to-add-back",
                lambda theta: theta - log(row_sum(exp(theta - row_max(theta)))),
                "The sum is shifted by the maximum and the first term is not. Shift both, or neither.",
            ),
            Mistake(
                "sign",
                lambda theta: -log_softmax(theta),
                "Every value has the wrong sign: logarithms of probabilities are 0 or less. (Yours are the surprises, "
                "which come in the next chapter.)",
            ),
            *(
                Mistake(
                    "epsilon-patch",
                    lambda theta, eps=eps: log(softmax(theta) + eps),
                    "A small constant inside the logarithm avoids $-\\infty$ but changes every value, and cuts off all that "
                    "lies below about -20 or -30. The exact value costs no more.",
                )
                for eps in EPSILONS
            ),
            Mistake(
                "no-keepdims",
                lambda theta: theta - log_sum_exp(theta),
                "One log-sum-exp per row has shape $(N,)$, and NumPy lines that up with the *columns*. Make it a column of "
                "shape $(N, 1)$ with `[..., np.newaxis]`.",
            ),
            Mistake(
                "batch-only",
                lambda theta: theta - log_sum_exp(theta)[:, None],
                "For a single row `log_sum_exp` gives one number, which has no axis for `[:, None]` to stand beside. "
                "`[..., np.newaxis]` serves both.",
            ),
            Mistake(
                "global-max",
                lambda theta: theta - np.max(theta) - log(row_sum(exp(theta - np.max(theta)))),
                "One maximum for the whole array leaves other rows far below it, where the sum underflows to 0. Each row "
                "needs its own.",
            ),
            Mistake(
                "forgot-the-log",
                softmax,
                "These are the probabilities themselves. Their logarithms are asked: all of them 0 or less.",
            ),
            Mistake(
                "log-of-each",
                lambda theta: theta - row_sum(theta),
                "$\\log\\sum_j e^{\\theta_j}$ is not $\\sum_j \\theta_j$: the logarithm of a sum does not split.",
            ),
            Mistake(
                "quotient-of-logs",
                lambda theta: theta / np.expand_dims(log_sum_exp(theta), -1),
                "The logarithm of a quotient is a *difference* of logarithms, and not their quotient.",
            ),
            Mistake(
                "maximum-for-lse",
                lambda theta: theta - row_max(theta),
                "You took off the largest logit. That is the shift; the log-sum-exp of what is left is still to come off.",
            ),
            Mistake(
                "lost-minus",
                lambda theta: theta - row_max(theta) + log(row_sum(exp(theta - row_max(theta)))),
                "The logarithm of the denominator is *subtracted*. You added it.",
            ),
            Mistake(
                "one-total",
                lambda theta: theta - log_sum_exp(np.ravel(theta)),
                "You subtract one log-sum-exp of the whole array, so all rows *together* sum to 1. Each row has its own.",
            ),
        ],
        accepts=[
            lambda theta: theta - np.expand_dims(log_sum_exp(theta), -1),
            lambda theta: theta - row_max(theta) - log(row_sum(exp(theta - row_max(theta)))),
            lambda theta: np.asarray(theta) - np.logaddexp.reduce(theta, axis=-1, keepdims=True),
        ],
        hints=[
            "The logarithm of a quotient is a difference of two logarithms. One of them undoes the exponential.",
            "$\\log\\hat y_i = \\theta_i - \\log\\sum_j e^{\\theta_j}$, and you have written the second term already.",
            "`log_sum_exp(theta)` has one number a row; `[..., np.newaxis]` turns that into a column for the subtraction.",
        ],
        notice="At $\\theta = (10^4, 0)$ softmax rounds the second entry to 0, yet its logarithm, $-10^4$, is known "
        "exactly. Logarithms keep what probabilities lose.",
        laws=[_log_of_probabilities],
    ),
    Choice(
        id="2a_1.hot",
        title="Very hot",
        minutes=1,
        level=1,
        question="Softmax of θ/T, and T grows without bound. Where do the probabilities go?",
        options=[
            Option(
                "winner",
                "The largest goes to 1, the rest to 0",
                "That is the other end, $T \\to 0$, where the differences of the logits are blown up.",
            ),
            Option("uniform", "All go to 1/K"),
            Option("zero", "All go to 0", "They sum to 1 at every temperature, so they cannot all vanish."),
            Option(
                "same",
                "They stay as they are",
                "*Adding* a number to all logits leaves them alone. Dividing shrinks their differences.",
            ),
        ],
        right="uniform",
        hints=[
            "What does $\\theta / T$ look like when $T$ is a million?",
            "All entries are nearly 0, so all differences are.",
            "Equal logits, equal probabilities; and they sum to 1.",
        ],
        notice="Temperature scales the differences: hot forgets them, cold exaggerates them. Their order never changes.",
    ),
    Exercise(
        id="2a_1.temperature",
        title="Softmax with a temperature",
        minutes=3,
        level=1,
        reference=lambda theta, T: softmax(theta / T),
        steps=r"""
            scaled = theta / T       # $\theta / T$
            y_hat = softmax(scaled)  # $\mathrm{softmax}(\theta / T)$
        """,
        inputs=logits_and_temperature,
        mistakes=[
            Mistake(
                "multiplied",
                lambda theta, T: softmax(theta * T),
                "You multiply by $T$, so hot and cold are exchanged. A high temperature must flatten: divide.",
            ),
            Mistake(
                "divided-after",
                lambda theta, T: softmax(theta) / T,
                "You divide the probabilities, and they no longer sum to 1. The temperature acts on the logits.",
            ),
            Mistake(
                "no-temperature",
                lambda theta, T: softmax(theta),
                "The temperature has no effect: a factor on all exponentials cancels, like any constant. It must act "
                "inside the exponent.",
            ),
            Mistake(
                "shifted-by-T",
                lambda theta, T: exp(theta - T) / row_sum(exp(theta)),
                "You subtract $T$ above the fraction bar only. A temperature divides the logits, above and below.",
            ),
            Mistake(
                "overflow",
                lambda theta, T: naive_softmax(theta / T),
                "Right for ordinary numbers, but a low temperature makes large exponents: $12 / 0.01 = 1200$. Your stable "
                "softmax is made for this: call it.",
            ),
            Mistake(
                "numerator-only",
                lambda theta, T: exp(theta / T) / row_sum(exp(theta)),
                "The temperature divides the logits above the fraction bar and not below it. Divide once, before anything "
                "else.",
            ),
            Mistake(
                "not-normalised",
                lambda theta, T: softmax(theta) ** (1 / T),
                "Raising the probabilities to the power $1/T$ is right, but afterwards they no longer sum to 1.",
            ),
            Mistake(
                "one-total",
                lambda theta, T: np.reshape(softmax(np.ravel(theta / T)), np.shape(theta)),
                "You divide by one sum for the whole array, so all rows *together* sum to 1. Each row needs its own sum.",
            ),
            Mistake("no-keepdims", lambda theta, T: _no_keepdims_shifted(theta / T), NO_KEEPDIMS),
        ],
        accepts=[
            lambda theta, T: softmax(np.asarray(theta) * (1 / T)),
            lambda theta, T: exp(log_softmax(theta / T)),
            lambda theta, T: softmax((theta - row_max(theta)) / T),
        ],
        hints=[
            "What should happen to the differences of the logits when it gets hot?",
            "Divide the logits, before anything else happens.",
            "You have a stable `softmax` above. Hand it $\\theta / T$.",
        ],
        notice="$T = 2$ turns a difference of 1 into one half: each factor $e$ between probabilities becomes $\\sqrt e$.",
        laws=[_sums_to_one, _keeps_the_order],
    ),
]
