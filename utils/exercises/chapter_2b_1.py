"""The bank of chapter 2b_1: the sigmoid, its derivative in two forms, and saturation."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy import exp

from utils.derivation import SIGMOID, Trap
from utils.exercises.calls import Case
from utils.exercises.derivation import Derivation, WrongChain
from utils.exercises.exercise import Choice, Exercise, Mistake, Option
from utils.exercises.inputs import each_shape_again
from utils.reference import sigmoid, sigmoid_derivative, softmax

TINIEST = 1e-300  # what is smaller than this has ever fewer digits, and is not asked for
LIMITS = (10, 15, 16, 20, 30, 32, 36, 40, 50, 60, 64, 88, 100, 200, 250, 300, 500, 600)  # of z, that people choose
BETWEEN_LIMITS = -np.add(LIMITS, (*LIMITS[1:], 690)) / 2  # where a cut at one differs from a cut at the next


@each_shape_again
def _preactivations(rng):
    """Of one, two and three axes; then both tails, where a result is judged by all its digits however small it is."""
    return [
        Case({"z": np.array([2.0, 0.0, -1.0])}),
        Case({"z": np.array([[1.0, 0.0, -1.0], [3.0, -2.0, 0.5]])}),
        Case({"z": rng.normal(0, 2, (6, 5))}),
        Case({"z": rng.normal(0, 2, (4, 2, 3))}),
        Case({"z": np.array([-30.0, -680.0, -690.0])}, extreme=True, atol=TINIEST),
        Case({"z": np.array([1000.0, 0.0, -1000.0])}, extreme=True, atol=TINIEST),
        Case({"z": -rng.uniform(20, 690, (5, 4))}, extreme=True, atol=TINIEST),
        Case({"z": BETWEEN_LIMITS}, extreme=True, atol=TINIEST),
        Case({"z": np.linspace(-1e4, 1e4, 12).reshape(3, 4)}, extreme=True, atol=TINIEST),
    ]


def _preactivations_to_the_usual_digits(rng):
    return [
        *(Case(case.arguments, case.extreme) for case in _preactivations(rng)),
        Case({"z": np.array([13.0, 18.0, 23.0])}, extreme=True, atol=1e-14),  # a difference quotient is all rounding
    ]


@each_shape_again
def _hidden_values(rng):
    return [
        Case({"h": np.array([0.9, 0.5, 0.2])}),
        Case({"h": np.array([[0.1, 0.7, 0.4], [0.8, 0.25, 0.6]])}),
        Case({"h": rng.uniform(0.05, 0.95, 7)}),
        Case({"h": rng.uniform(0.05, 0.95, (6, 5))}),
        Case({"h": np.array([0.0, 1.0, 0.5])}, extreme=True),  # units that are saturated to the last digit
    ]


def _between_0_and_1(z, result):
    if np.any((result < 0) | (result > 1)):
        return "A sigmoid lies between 0 and 1, whatever goes in. An entry of yours does not."
    return None


def _rises(z, result):
    if not np.array_equal(np.argsort(z, axis=None), np.argsort(result, axis=None)):
        return "A sigmoid rises: a larger $z$ gets a larger $\\sigma(z)$. Here that is not so."
    return None


def _at_most_a_quarter(z_or_h, result):
    if np.any((result < 0) | (result > 0.25 + 1e-12)):
        return "$\\sigma'$ lies between 0 and $\\frac14$, wherever it is taken. An entry of yours does not."
    return None


def _is_more_than_noise(z, result):
    """Of a small slope a numeric derivative finds the rounding of sigma, divided by its step."""
    if np.allclose(result, sigmoid_derivative(z), rtol=0, atol=1e-6):
        return (
            "Right to a few digits, and where the slope is small, to none. A numeric derivative does that: it is for "
            "checking. The formula has all its digits."
        )
    return None


def _naive(z):
    return 1 / (1 + exp(-z))


def _naive_below(z):
    return exp(z) / (1 + exp(z))


def _by_masks(z):
    h, low = np.empty_like(z), z < 0
    h[low] = exp(z[low]) / (1 + exp(z[low]))
    h[~low] = 1 / (1 + exp(-z[~low]))
    return h


def _number_by_number(z):
    h = [1 / (1 + math.exp(-v)) if v >= 0 else math.exp(v) / (1 + math.exp(v)) for v in np.ravel(z)]
    return np.reshape(h, np.shape(z))


def _muted(z):
    """The formula as it stands. It overflows to exactly the right 0, and here somebody has thought of that."""
    with np.errstate(over="ignore"):
        return _naive(z)


def _one_branch_only(z):
    h = np.zeros_like(z)
    h[z >= 0] = _naive(z[z >= 0])
    return h


def _if(z):
    if z >= 0:
        return _naive(z)
    return _naive_below(z)


def _if_in_a_loop(z):
    return np.array([_if(v) for v in z])


def _math_exp(z):
    return 1 / (1 + math.exp(-z))


def _math_exp_in_a_loop(z):
    return np.array([_math_exp(v) for v in z])


def _prime_by_loop(z):
    h = _number_by_number(z)
    return np.reshape([s * (1 - s) for s in h.flat], h.shape)


CANCELLED = (
    "For very negative $z$ you take something that rounds to 1 off 1, and all digits go. The tail $\\sigma(z) \\approx e^z$ "
    "is small, and known exactly: write that branch without a subtraction."
)
BOTH_MINUSES = (
    "This is $-\\sigma'(z)$; but $\\sigma$ rises everywhere, so its derivative is positive. Somewhere a minus was lost: of "
    "the exponent $-z$, of its derivative, or of the power $-1$. (By the quotient rule it is $a'b - ab'$, in this order.)"
)

EXERCISES = [
    Choice(
        id="2b_1.mirror",
        title="The other side",
        minutes=1,
        level=1,
        question="sigma(3) is 0.953. What is sigma(-3)?",
        options=[
            Option(
                "odd",
                "-0.953",
                "That is how tanh behaves, which is odd. A sigmoid is never negative: both $e^{-z}$ and 1 are positive.",
            ),
            Option("complement", "0.047"),
            Option("even", "0.953", "Then it could not rise all the way from 0 to 1."),
            Option(
                "reciprocal",
                "1.049",
                "$e^{-z}$ turns into its reciprocal, but $1 + e^{-z}$ does not. And no value of $\\sigma$ is above 1.",
            ),
        ],
        right="complement",
        hints=[
            "Think of $\\sigma(z)$ as the probability of *yes*. What does $-z$ do to yes and no?",
            "$\\sigma(0) = \\frac12$, and the curve is symmetric about that point.",
            "What $\\sigma(3)$ leaves free up to 1, $\\sigma(-3)$ takes.",
        ],
        notice="$\\sigma(z)$ and $\\sigma(-z)$ share 1 between them. That is worth a proof, and it will save work.",
    ),
    Derivation(
        id="2b_1.symmetry",
        title="What is left up to 1",
        minutes=5,
        level=1,
        setting=replace(SIGMOID, defined={}),  # its text gives one name, z
        question="1 - sigma(z)",
        steps=4,
        answer="sigma(-z)",
        hints=[
            "Write $\\sigma(z)$ out, and bring both terms over one denominator.",
            "The 1s in the numerator cancel, and $\\frac{e^{-z}}{1 + e^{-z}}$ is left.",
            "Multiply above and below by $e^z$: what does $e^{-z} e^z$ come to? Then compare with $\\sigma$ at $-z$.",
        ],
        notice="No derivative was needed, and it will be of use: it shortens $\\sigma'$, and it saves digits.",
        traps=[
            Trap(
                "fraction-not-reduced",
                "sigma(z)",
                "That is $\\sigma(z)$, and not what it leaves up to 1. (If you only meant to write $\\sigma(z)$ out, its exponent is $-z$.) "
                "$\\frac{e^{-z}}{1 + e^{-z}}$ is the *other* one: multiply above and below by $e^z$.",
            ),
            Trap(
                "odd",
                "-sigma(z)",
                "$\\sigma$ is not odd: $\\sigma(-z)$ is positive. What is odd is $\\sigma(z) - \\frac12$.",
            ),
            Trap(
                "forgotten-denominator",
                "exp(-z)",
                "The numerator is right, but it stands over $1 + e^{-z}$ still: over a common denominator the denominator stays. "
                "(If you only meant to write $\\sigma(z)$ out, its denominator needs brackets.)",
            ),
            Trap(
                "forgotten-denominator",
                "-exp(-z)",
                "$1 - (1 + e^{-z})$ would be the numerator if the second term were not a fraction. Write the first 1 as "
                "$\\frac{1 + e^{-z}}{1 + e^{-z}}$.",
            ),
            Trap(
                "reciprocal-split",
                "-exp(z)",
                "$\\frac{1}{1 + e^{-z}}$ is not $1 + \\frac{1}{e^{-z}}$: a sum below a fraction bar cannot be split.",
            ),
            Trap(
                "numerators-subtracted",
                "0",
                "The two terms have different denominators until you bring them over one: 1 is "
                "$\\frac{1 + e^{-z}}{1 + e^{-z}}$.",
            ),
            Trap(
                "sign-of-a-term",
                "(2 + exp(-z)) / (1 + exp(-z))",
                "The second term is *subtracted*: $1 + e^{-z} - 1$, and not $1 + e^{-z} + 1$.",
            ),
            Trap(
                "minus-in-denominator",
                "1 / (1 - exp(-z))",
                "A minus in front of a fraction belongs to its numerator. It cannot move to one term of the denominator.",
            ),
        ],
        accepts=[
            """1 - sigma(z)
            1 - 1 / (1 + exp(-z))
            (1 + exp(-z) - 1) / (1 + exp(-z))
            exp(-z) / (1 + exp(-z))
            1 / (exp(z) + 1)
            sigma(-z)""",
            """1 - sigma(z)
            1 - exp(z) / (1 + exp(z))
            (1 + exp(z)) / (1 + exp(z)) - exp(z) / (1 + exp(z))
            1 / (1 + exp(z))
            sigma(-z)""",
        ],
        mistakes=[
            WrongChain(
                "fraction-not-reduced",
                4,
                "1 - sigma(z)\n1 - 1 / (1 + exp(-z))\nexp(-z) / (1 + exp(-z))\n1 / (1 + exp(-z))\nsigma(z)",
            ),
            WrongChain("reciprocal-split", 3, "1 - sigma(z)\n1 - 1 / (1 + exp(-z))\n1 - (1 + 1 / exp(-z))\n-exp(z)"),
            WrongChain("numerators-subtracted", 3, "1 - sigma(z)\n1 - 1 / (1 + exp(-z))\n(1 - 1) / (1 + exp(-z))\n0"),
            WrongChain("odd", 2, "1 - sigma(z)\n-sigma(z)"),
            WrongChain(
                "forgotten-denominator", 4, "1 - sigma(z)\n1 - 1 / (1 + exp(-z))\nexp(-z) / (1 + exp(-z))\nexp(-z)"
            ),
        ],
    ),
    Choice(
        id="2b_1.overflow",
        title="Minus one thousand",
        minutes=1,
        level=2,
        question="1 / (1 + np.exp(-z)) with z = np.array([-1000.0]). What comes out?",
        options=[
            Option(
                "silent-zero",
                "[0.], and nothing is said",
                "The 0 is right. But which power of $e$ is computed on the way?",
            ),
            Option(
                "nan",
                "[nan]",
                "That was softmax, inf / inf. Here the overflow stands below the fraction bar only: what is 1 / inf?",
            ),
            Option("warned-zero", "[0.], and a RuntimeWarning"),
            Option(
                "tiny",
                "[5.08e-435]",
                "That is the value on paper. The smallest number that float64 holds is about $5 \\cdot 10^{-324}$.",
            ),
        ],
        right="warned-zero",
        hints=[
            "The exponent is $-z$.",
            "`np.exp(1000.0)` is inf, and NumPy says so.",
            "1 / (1 + inf) has a value.",
        ],
        notice="A right value by luck: inf happens to stand where it does no harm. Whoever learns to ignore this warning will "
        "ignore the next one too, which may announce a `nan`.",
    ),
    Exercise(
        id="2b_1.sigmoid",
        title="A sigmoid for every z, without a word",
        minutes=10,
        level=2,
        reference=sigmoid,
        steps=r"""
            e = np.exp(-np.abs(z))          # $e^{-|z|}$, which is never above 1
            above = np.where(z >= 0, 1, e)  # the numerator: 1 where $z \ge 0$, $e^z$ where $z < 0$
            below = 1 + e                   # the denominator, $1 + e^{-|z|}$
            h = above / below               # $\sigma(z)$
        """,
        inputs=_preactivations,
        silent=True,
        mistakes=[
            *(
                Mistake(
                    "overflow-sigmoid",
                    formula,
                    "Every value is right, even at $z = -1000$: but there $e^{1000}$ overflows on the way, and NumPy warns. "
                    "For negative $z$ put the formula into another form, in which the exponent is not above 0.",
                )
                for formula in (_naive, lambda z: 1 / (1 + np.e**-z))
            ),
            Mistake(
                "both-branches",
                lambda z: np.where(z >= 0, _naive(z), _naive_below(z)),
                "Two branches, each right where it is used. But `np.where` chooses between two arrays that are *both* computed "
                "in full, so what you throw away still overflows. Find one exponent that is never above 0, or compute each "
                "branch on its own entries only.",
            ),
            Mistake(
                "inf-over-inf",
                _naive_below,
                "The same function, and right for negative $z$. But for $z = 1000$ it is inf / inf, `nan`. One form serves one "
                "side, the other form the other side.",
            ),
            *(
                Mistake(
                    "patched-nan",
                    lambda z, nan=nan: np.nan_to_num(_naive_below(z), nan=nan),
                    "`nan_to_num` puts a number of its own where $\\sigma(1000)$ should stand. Avoid the inf / inf in the "
                    "first place.",
                )
                for nan in (0.0, 0.5)
            ),
            *(
                Mistake(
                    "clipped",
                    lambda z, limit=limit: _naive(np.clip(z, -limit, limit)),
                    f"Silent, but $z$ is cut off at $\\pm {limit}$: below, every $\\sigma(z)$ comes out the same, though float64 "
                    "can still tell $10^{-290}$ from $10^{-300}$. Keep $z$ as it is, and choose an exponent that cannot "
                    "overflow.",
                )
                for limit in LIMITS
            ),
            *(
                Mistake(
                    "cut-off",
                    formula,
                    f"Below $-{limit}$ you say 0. $\\sigma(z)$ is small there, about $e^z$, but it is not 0, and its logarithm "
                    "is an ordinary number.",
                )
                for limit in LIMITS
                for formula in (
                    lambda z, limit=limit: np.where(z < -limit, 0.0, _naive(np.maximum(z, -limit))),
                    lambda z, limit=limit: np.where(z < -limit, 0.0, _naive(z)),
                )
            ),
            Mistake(
                "tanh-form",
                lambda z: 0.5 * (1 + np.tanh(z / 2)),
                "An identity, and silent. But for $z = -30$ it adds 1 to a number that is nearly $-1$, and what is left is "
                "mostly rounding; from about $-37$ on it is 0. A small result should not come out of a difference.",
            ),
            Mistake("cancellation", lambda z: 1 - 1 / (1 + exp(z)), CANCELLED),
            Mistake("cancellation", lambda z: 1 - _naive(-z), CANCELLED),
            Mistake("cancellation", lambda z: np.where(z >= 0, _naive(z), 1 - 1 / (1 + exp(z))), CANCELLED),
            Mistake("cancellation", lambda z: np.where(z >= 0, _naive(np.abs(z)), 1 - _naive(np.abs(z))), CANCELLED),
            Mistake(
                "abs-not-undone",
                lambda z: _naive(np.abs(z)),
                "Right for positive $z$, but negative $z$ gets the same as $-z$. Over $1 + e^{-|z|}$, whose exponent is never "
                "above 0, negative $z$ needs a numerator of its own.",
            ),
            Mistake(
                "abs-not-undone",
                lambda z: exp(-np.abs(z)) / (1 + exp(-np.abs(z))),
                "Right for negative $z$, but positive $z$ gets the same as $-z$. Over $1 + e^{-|z|}$, whose exponent is never "
                "above 0, positive $z$ needs a numerator of its own.",
            ),
            Mistake(
                "one-branch-only",
                _one_branch_only,
                "Negative $z$ all came out 0: the mask for $z \\ge 0$ is there, and its other half is missing.",
            ),
            Mistake(
                "sign",
                lambda z: sigmoid(-z),
                "Your curve falls: $\\sigma(-z)$. In $\\frac{1}{1 + e^{-z}}$ the exponent has a minus, so that large $z$ gives 1.",
            ),
            Mistake(
                "precedence",
                lambda z: 1 / 1 + exp(-z),
                "`1 / 1 + np.exp(-z)` is $\\frac11 + e^{-z}$. The denominator needs brackets.",
            ),
            Mistake(
                "forgot-the-one",
                exp,
                "$1/e^{-z}$ is just $e^z$. The 1 in the denominator is what keeps the result below 1.",
            ),
            Mistake(
                "minus-in-denominator",
                lambda z: 1 / (1 - exp(-z)),
                "$1 - e^{-z}$ is 0 at $z = 0$. The denominator is $1 + e^{-z}$, and never 0.",
            ),
            Mistake(
                "tanh",
                np.tanh,
                "That is tanh, from -1 to 1. It is a sigmoid stretched and shifted, $2\\sigma(2z) - 1$; here 0 to 1 is asked.",
            ),
            *(
                Mistake(
                    "softmax-for-sigmoid",
                    formula,
                    "Softmax makes entries compete, because it divides by their sum. A sigmoid looks at each entry by itself.",
                )
                for formula in (
                    softmax,
                    lambda z: exp(z) / np.sum(exp(z)),
                    lambda z: exp(z) / np.sum(exp(z), axis=0),
                    lambda z: exp(z) / np.sum(exp(z), axis=1, keepdims=True),
                    lambda z: exp(z) / np.sum(exp(z), axis=-1),
                    lambda z: exp(z) / np.sum(exp(z), axis=-1, keepdims=True),
                )
            ),
            Mistake(
                "derivative",
                sigmoid_derivative,
                "That is $\\sigma'(z)$, which comes later in this chapter. At $z = 0$ a sigmoid is $\\frac12$.",
            ),
            Mistake(
                "step",
                lambda z: (z > 0).astype(float),
                "That is a step: 0 or 1. A sigmoid is its smooth relative, and the smoothness is what has a derivative.",
            ),
            Mistake(
                "if-on-an-array",
                _if,
                "`if z >= 0` asks one question, and an array gives many answers. Let NumPy choose entry by entry.",
            ),
            Mistake(
                "if-on-an-array",
                _if_in_a_loop,
                "`z[i]` is a whole row when $z$ has two axes, and an `if` asks for one number. Let NumPy choose entry by entry, "
                "whatever the shape.",
            ),
            Mistake(
                "math-exp",
                _math_exp,
                "`math.exp` takes one number; `np.exp` takes a whole array.",
            ),
            Mistake(
                "math-exp",
                _math_exp_in_a_loop,
                "`z[i]` is a whole row when $z$ has two axes, and `math.exp` takes one number. `np.exp` takes a whole array.",
            ),
            *(
                Mistake(
                    "by-way-of-softmax",
                    formula,
                    "Right on paper. But `softmax` takes one row or a batch, and $z$ may have any shape.",
                )
                for formula in (
                    lambda z: softmax(np.stack([z, 0 * z], axis=-1))[..., 0],
                    lambda z: softmax(np.stack([z, 0 * z], axis=1))[:, 0],
                    lambda z: np.array([softmax([v, 0.0])[0] for v in z]),
                    lambda z: np.array([softmax(np.array([v, 0.0]))[0] for v in z]),
                    lambda z: np.array([softmax(np.stack([v, 0 * v]))[0] for v in z]),
                )
            ),
        ],
        accepts=[
            _by_masks,
            _number_by_number,
            _muted,
            lambda z: exp(-np.logaddexp(0, -z)),
            lambda z: np.where(z >= 0, 1, exp(-np.abs(z))) / (1 + exp(-np.abs(z))),
            lambda z: np.where(z >= 0, _naive(np.abs(z)), _naive_below(-np.abs(z))),
            lambda z: exp(np.minimum(z, 0)) / (exp(np.minimum(z, 0)) + exp(np.minimum(-z, 0))),
            lambda z: np.vectorize(lambda v: 1 / (1 + math.exp(-v)) if v > -700 else 0.0)(z),
            lambda z: _naive(np.clip(z, -700, 700)),
            lambda z: np.piecewise(z, [z < 0], [_naive_below, _naive]),
            lambda z: softmax(np.stack([z.ravel(), 0 * z.ravel()], axis=-1))[:, 0].reshape(z.shape),
        ],
        hints=[
            "$\\frac{1}{1 + e^{-z}}$ overflows on one side only. Multiply above and below by $e^z$, and see which side the new "
            "form fears.",
            "So there is a form for each side, and both contain $e$ to *minus the size of* $z$, which is never above 1.",
            "Compute that power once, call it $e$. The denominator is the same on both sides; only the numerator has to be "
            "chosen, and there `np.where` is harmless.",
        ],
        notice="It said nothing and lost nothing, from $-10^4$ to $10^4$: even of a result near $10^{-300}$ the digits are right.",
        laws=[_between_0_and_1, _rises],
    ),
    Derivation(
        id="2b_1.identity",
        title="The derivative of the sigmoid",
        minutes=12,
        level=2,
        setting=SIGMOID,
        question="D(sigma(z), z)",
        steps=4,
        answer="sigma(z) * (1 - sigma(z))",
        hints=[
            "Write $\\sigma(z)$ out. Is it a quotient to you, or a power $-1$? Either will do.",
            "Chain rule: $\\frac{d}{dz}\\frac1u = -\\frac{1}{u^2} \\cdot \\frac{du}{dz}$, here with $u = 1 + e^{-z}$. Its own "
            "derivative has a minus too.",
            "You have $\\frac{e^{-z}}{(1 + e^{-z})^2}$? Share the square out between two fractions. One of them is $\\sigma(z)$; "
            "the other you have met in `2b_1.symmetry`.",
        ],
        notice="The derivative is made of the value: whoever has computed $h = \\sigma(z)$ has $\\sigma'(z) = h(1 - h)$ for one "
        "product more.",
        traps=[
            Trap("lost-minus", "-sigma(z) * (1 - sigma(z))", BOTH_MINUSES),
            Trap(
                "forgot-inner-derivative",
                "-sigma(z) ** 2",
                "$-\\frac{1}{(1 + e^{-z})^2}$ is the outer derivative. The inner one, of $1 + e^{-z}$, still multiplies it.",
            ),
            Trap(
                "forgot-inner-derivative",
                "sigma(z) ** 2",
                "$\\frac{1}{(1 + e^{-z})^2}$ is the outer derivative, but for its sign. The inner one, of $1 + e^{-z}$, still "
                "multiplies it.",
            ),
            Trap(
                "square-lost",
                "1 - sigma(z)",
                "Of the two factors this is one. $\\frac1u$ has the derivative $-\\frac{u'}{u^2}$: is the denominator squared?",
            ),
            Trap(
                "square-lost",
                "sigma(z) - 1",
                "Up to its sign this is one of the two factors. Split $\\frac{1 + e^{-z} - 1}{(1 + e^{-z})^2}$ into two fractions: "
                "which power of $\\sigma$ is each?",
            ),
            Trap(
                "square-split",
                "exp(-z) / (1 + exp(-2 * z))",
                "$(1 + e^{-z})^2$ is not $1 + e^{-2z}$: a square of a sum has a mixed term. Leave it as it is, you will want it so.",
            ),
            Trap(
                "outer-forgotten",
                "-exp(-z)",
                "That is the derivative of $1 + e^{-z}$ alone; it stands below a fraction bar. (If you only meant to write "
                "$\\sigma(z)$ out, its denominator needs brackets.)",
            ),
            Trap(
                "reciprocal-rule",
                "-exp(z)",
                "The derivative of $\\frac1u$ is not $\\frac{1}{u'}$. It is $-\\frac{u'}{u^2}$.",
            ),
            Trap(
                "derivative-of-a-constant",
                "(1 + 2 * exp(-z)) / (1 + exp(-z)) ** 2",
                "In the quotient rule the numerator's derivative comes in, and the numerator is 1, a constant: its derivative "
                "is 0.",
            ),
            Trap(
                "derivative-of-a-constant",
                "(1 - exp(-z)) / (1 + exp(-z)) ** 2",
                "The derivative of $1 + e^{-z}$ is $-e^{-z}$: the 1 is a constant, and its derivative is 0.",
            ),
            Trap(
                "exponent-turned",
                "exp(z) / (1 + exp(-z)) ** 2",
                "The derivative of $e^{-z}$ is $-e^{-z}$: the minus comes out in front, and the exponent stays what it was.",
            ),
            Trap(
                "prime-of-sigma-fed-z",
                "z * (1 - z)",
                "That is the rule $s(1 - s)$ with $z$ in the place of $s$. It is $s = \\sigma(z)$ that it wants.",
            ),
            Trap(
                "sigma-prime-of-sigma",
                "sigma(sigma(z)) * (1 - sigma(sigma(z)))",
                "Here $\\sigma$ is applied to $\\sigma(z)$. In $s(1 - s)$ the $s$ is $\\sigma(z)$ itself.",
            ),
            Trap(
                "tanh-prime",
                "1 - sigma(z) ** 2",
                "$1 - s^2$ is the derivative of $s = \\tanh z$. The sigmoid's has two factors, of which one is $1 - s$.",
            ),
            Trap("constant", "0", "$\\sigma$ is no constant: its slope at $z = 0$ is $\\frac14$."),
        ],
        accepts=[
            """D(sigma(z), z)
            D(1 / (1 + exp(-z)), z)
            (D(1, z) * (1 + exp(-z)) - 1 * D(1 + exp(-z), z)) / (1 + exp(-z)) ** 2
            exp(-z) / (1 + exp(-z)) ** 2
            1 / (1 + exp(-z)) * exp(-z) / (1 + exp(-z))
            1 / (1 + exp(-z)) * (1 + exp(-z) - 1) / (1 + exp(-z))
            sigma(z) * (1 - sigma(z))""",
            """D(sigma(z), z)
            D((1 + exp(-z)) ** -1, z)
            -(1 + exp(-z)) ** -2 * D(1 + exp(-z), z)
            (1 + exp(-z)) ** -2 * exp(-z)
            sigma(z) ** 2 * exp(-z)
            sigma(z) * sigma(-z)
            sigma(z) * (1 - sigma(z))""",
            """D(h, z)
            D(exp(z) / (1 + exp(z)), z)
            (exp(z) * (1 + exp(z)) - exp(z) * exp(z)) / (1 + exp(z)) ** 2
            exp(z) / (1 + exp(z)) ** 2
            exp(z) / (1 + exp(z)) - (exp(z) / (1 + exp(z))) ** 2
            h - h ** 2""",
            """D(sigma(z), z)
            D(1 - sigma(-z), z)
            -D(sigma(-z), z)
            -D(1 / (1 + exp(z)), z)
            exp(z) / (1 + exp(z)) ** 2
            sigma(-z) * sigma(z)
            (1 - sigma(z)) * sigma(z)""",
        ],
        mistakes=[
            WrongChain(
                "lost-minus",
                3,
                "D(sigma(z), z)\nD((1 + exp(-z)) ** -1, z)\n-(1 + exp(-z)) ** -2 * exp(-z)\n-sigma(z) * (1 - sigma(z))",
            ),
            WrongChain("lost-minus", 2, "D(sigma(z), z)\nD(1 / (1 + exp(z)), z)\n-exp(z) / (1 + exp(z)) ** 2"),
            WrongChain(
                "forgot-inner-derivative",
                3,
                "D(sigma(z), z)\nD(1 / (1 + exp(-z)), z)\n-1 / (1 + exp(-z)) ** 2\n-sigma(z) ** 2",
            ),
            WrongChain(
                "square-lost", 3, "D(sigma(z), z)\nD(1 / (1 + exp(-z)), z)\nexp(-z) / (1 + exp(-z))\n1 - sigma(z)"
            ),
            WrongChain("reciprocal-rule", 3, "D(sigma(z), z)\nD(1 / (1 + exp(-z)), z)\n1 / D(1 + exp(-z), z)\n-exp(z)"),
            WrongChain(
                "product-rule", 3, "D(sigma(z), z)\nD(exp(z) / (1 + exp(z)), z)\nD(exp(z), z) / D(1 + exp(z), z)\n1"
            ),
            WrongChain(
                "derivative-of-a-constant",
                3,
                "D(sigma(z), z)\nD(1 / (1 + exp(-z)), z)\n(1 * (1 + exp(-z)) + exp(-z)) / (1 + exp(-z)) ** 2",
            ),
            WrongChain("missing-brackets", 2, "D(sigma(z), z)\nD(1 / 1 + exp(-z), z)\n-exp(-z)"),
            WrongChain("operator-lost", 2, "D(sigma(z), z)\n1 / (1 + exp(-z))\nsigma(z)"),
        ],
    ),
    Choice(
        id="2b_1.ceiling",
        title="How steep",
        minutes=1,
        level=1,
        question="How large can sigma'(z) be, and where?",
        options=[
            Option(
                "one",
                "1, at z = 0",
                "Then the curve would leave the middle at 45 degrees. $\\sigma(0) = \\frac12$: put that into $\\sigma(1 - \\sigma)$.",
            ),
            Option(
                "half",
                "1/2, at z = 0",
                "$\\frac12$ is the *value* at 0. The slope is a product of two factors of that size.",
            ),
            Option("quarter", "1/4, at z = 0"),
            Option(
                "unbounded",
                "As large as you like, for large z",
                "For large $z$ the curve is flat: it has only the way up to 1 left to go.",
            ),
        ],
        right="quarter",
        hints=[
            "$\\sigma' = s(1 - s)$ with $s$ between 0 and 1. For which $s$ is that largest?",
            "A product of two numbers that sum to 1 is largest when they are equal.",
            "$s = \\frac12$. Where is $\\sigma(z) = \\frac12$?",
        ],
        notice="A sigmoid never passes on more than a quarter of what it receives, and that only in the middle.",
    ),
    Exercise(
        id="2b_1.sigmoid_derivative",
        title="A formula in z",
        minutes=5,
        level=1,
        reference=sigmoid_derivative,
        steps=r"""
            h = sigmoid(z)    # $\sigma(z)$
            rest = 1 - h      # $1 - \sigma(z)$
            prime = h * rest  # $\sigma'(z)$
        """,
        inputs=_preactivations_to_the_usual_digits,
        silent=True,
        mistakes=[
            Mistake(
                "sigma-for-sigma-prime",
                sigmoid,
                "That is $\\sigma(z)$ itself. Its derivative has a second factor, $1 - \\sigma(z)$.",
            ),
            Mistake(
                "prime-of-sigma-fed-z",
                lambda z: z * (1 - z),
                "$s(1 - s)$ is a formula in $s = \\sigma(z)$, and you put $z$ itself into it. Compute $s$ first.",
            ),
            *(
                Mistake(
                    "half-fed-z",
                    formula,
                    f"Both factors want $\\sigma(z)$; the {which} got $z$.",
                )
                for which, formula in (
                    ("second", lambda z: sigmoid(z) * (1 - z)),
                    ("first", lambda z: z * (1 - sigmoid(z))),
                )
            ),
            Mistake(
                "sigma-prime-of-sigma",
                lambda z: sigmoid_derivative(sigmoid(z)),
                "One sigmoid too many: this is $\\sigma'$ at the place $\\sigma(z)$. In $s(1 - s)$ the $s$ is $\\sigma(z)$, applied "
                "once.",
            ),
            Mistake(
                "prime-sign",
                lambda z: -sigmoid_derivative(z),
                "Every value is negative, but $\\sigma$ rises everywhere. A minus was lost in the quotient rule: $1 - s$, and not "
                "$s - 1$.",
            ),
            Mistake(
                "tanh-prime",
                lambda z: 1 - sigmoid(z) ** 2,
                "$1 - s^2$ is the derivative of tanh. For the sigmoid it is $s(1 - s)$.",
            ),
            Mistake(
                "tanh-prime",
                lambda z: 1 - np.tanh(z) ** 2,
                "That is the derivative of tanh, which is four times as steep in the middle.",
            ),
            Mistake(
                "factor-lost",
                lambda z: 1 - sigmoid(z),
                "$1 - \\sigma(z)$ is one of the two factors. (By the quotient rule: the denominator is squared.)",
            ),
            Mistake(
                "square",
                lambda z: sigmoid(z) ** 2,
                "$\\frac{1}{(1 + e^{-z})^2}$ is only the outer derivative. The inner one, $e^{-z}$, turns it into $s(1 - s)$.",
            ),
            Mistake(
                "precedence",
                lambda z: sigmoid(z) * 1 - sigmoid(z),
                "`s * 1 - s` is $s - s$, which is 0. The second factor needs brackets.",
            ),
            Mistake(
                "overflow",
                lambda z: exp(-z) / (1 + exp(-z)) ** 2,
                "Right on paper, but for $z = -1000$ it is inf / inf. Your sigmoid survives that: build the derivative from it.",
            ),
            Mistake(
                "overflow",
                lambda z: exp(z) / (1 + exp(z)) ** 2,
                "Right on paper, but for $z = 1000$ it is inf / inf. Your sigmoid survives that: build the derivative from it.",
            ),
            Mistake(
                "overflow-sigmoid",
                lambda z: _naive(z) * (1 - _naive(z)),
                "The values are right, but for $z$ of size 1000 an exponential overflows on the way, and NumPy warns. Exercise "
                "`2b_1.sigmoid` asks for a sigmoid that does not: build the derivative from it.",
            ),
            *(
                Mistake(
                    "matmul-for-hadamard",
                    lambda z, product=product: product(sigmoid(z), 1 - sigmoid(z)),
                    "`@` and `np.dot` sum over entries. Each entry has a derivative of its own: multiply entry by entry, with `*`.",
                )
                for product in (np.matmul, np.dot)
            ),
            *(
                Mistake(
                    "diagonal-matrix",
                    lambda z, matrix=matrix: matrix(sigmoid_derivative(z)),
                    "That is the Jacobian, which comes in 2b_3: a matrix with these slopes on its diagonal. Asked are the slopes "
                    "themselves, in the shape of $z$.",
                )
                for matrix in (np.diag, np.diagflat)
            ),
        ],
        accepts=[
            lambda z: sigmoid(z) * (1 - sigmoid(z)),
            lambda z: sigmoid(z) * sigmoid(-z),
            lambda z: sigmoid(z) - sigmoid(z) ** 2,
            lambda z: (1 - np.tanh(z / 2) ** 2) / 4,
            lambda z: exp(-np.abs(z)) / (1 + exp(-np.abs(z))) ** 2,
            _prime_by_loop,
        ],
        hints=[
            "The identity of section 3 has $\\sigma(z)$ in it twice, and you have a function for that.",
            "Compute $s = \\sigma(z)$ once, and give it a name.",
            "What is asked is the product of $s$ and of what $s$ leaves free up to 1, entry by entry.",
        ],
        notice="On paper it is even: $\\sigma'(-z) = \\sigma'(z)$, because $z \\to -z$ only exchanges the two factors.",
        laws=[_at_most_a_quarter, _is_more_than_noise],
    ),
    Exercise(
        id="2b_1.derivative_from_h",
        title="A formula in h",
        minutes=3,
        level=1,
        reference=lambda h: np.asarray(h) * (1 - np.asarray(h)),
        steps=r"""
            rest = 1 - h      # $1 - h$
            prime = h * rest  # $\sigma'(z)$
        """,
        inputs=_hidden_values,
        silent=True,
        mistakes=[
            Mistake(
                "sigma-of-h",
                lambda h: sigmoid(h) * (1 - sigmoid(h)),
                "What comes in *is* a $\\sigma(z)$ already. You send it through the sigmoid a second time.",
            ),
            Mistake(
                "sigma-of-h",
                lambda h: sigmoid(h) * (1 - h),
                "What comes in *is* a $\\sigma(z)$ already. In the first factor you send it through the sigmoid a second time.",
            ),
            Mistake(
                "sigma-of-minus-h",
                lambda h: h * sigmoid(-h),
                "$1 - h$ is $\\sigma(-z)$, not $\\sigma(-h)$.",
            ),
            Mistake(
                "by-way-of-z",
                lambda h: sigmoid_derivative(np.log(h / (1 - h))),
                "You undo the sigmoid, only to apply it again, and where $h$ has reached 0 or 1 the logarithm fails. "
                "$h$ is all you need.",
            ),
            Mistake(
                "prime-sign",
                lambda h: h * (h - 1),
                "Every value is negative, but $\\sigma$ rises. It is $1 - h$, and not $h - 1$.",
            ),
            Mistake("tanh-prime", lambda h: 1 - h**2, "That is the formula for $h = \\tanh z$. Here $h = \\sigma(z)$."),
            Mistake("factor-lost", lambda h: 1 - h, "That is one of the two factors."),
            Mistake(
                "sigma-for-sigma-prime",
                lambda h: 1 * h,
                "That is $h$ as it came in. The derivative has a second factor.",
            ),
            Mistake(
                "square-of-both",
                lambda h: h**2 * (1 - h) ** 2,
                "Each factor stands there twice: once each is enough.",
            ),
            Mistake(
                "factor-2",
                lambda h: h - 2 * h**2,
                "$h(1 - h) = h - h^2$. Where does the 2 come from?",
            ),
            Mistake("precedence", lambda h: h * 1 - h, "`h * 1 - h` is $h - h$. The second factor needs brackets."),
            *(
                Mistake(
                    "matmul-for-hadamard",
                    lambda h, product=product: product(h, 1 - h),
                    "`@` and `np.dot` sum over entries. Each entry has a derivative of its own: multiply entry by entry, with `*`.",
                )
                for product in (np.matmul, np.dot)
            ),
            *(
                Mistake(
                    "diagonal-matrix",
                    lambda h, matrix=matrix: matrix(h * (1 - h)),
                    "That is the Jacobian, which comes in 2b_3: a matrix with these slopes on its diagonal. Asked are the slopes "
                    "themselves, in the shape of $h$.",
                )
                for matrix in (np.diag, np.diagflat)
            ),
        ],
        accepts=[
            lambda h: h - h**2,
            lambda h: h - h * h,
            lambda h: 0.25 - (h - 0.5) ** 2,
            lambda h: np.multiply(h, 1 - h),
            lambda h: np.array([v * (1 - v) for v in h]),
        ],
        hints=[
            "No exponential is needed, and no $z$.",
            "$h$ is $\\sigma(z)$. Put it into $\\sigma(z)(1 - \\sigma(z))$.",
            "One subtraction, one product, entry by entry.",
        ],
        notice="This is why a network keeps $h$ on its way forward: on the way back each $\\sigma'$ costs one product, and no "
        "exponential.",
        laws=[_at_most_a_quarter],
    ),
    Choice(
        id="2b_1.fed",
        title="0.9 goes in",
        minutes=1,
        level=2,
        question="A network has kept h = sigma(z) = 0.9. Somebody calls sigmoid_derivative(h). What comes out?",
        options=[
            Option(
                "from-h",
                "0.09, the slope at this unit",
                "$0.9 \\cdot 0.1$ is right for this unit. But `sigmoid_derivative` takes its argument for a $z$, and sends it "
                "through the sigmoid first.",
            ),
            Option("elsewhere", "0.206, a slope at a place where this unit never was"),
            Option(
                "error",
                "An error",
                "0.9 is a perfectly good $z$. Nothing in the number tells that it is an $h$, and that is the trouble.",
            ),
            Option(
                "negative",
                "-0.72",
                "That would be $h(1 - h)$ fed with something above 1, such as $z$. Here $h$ is fed to the function of $z$.",
            ),
        ],
        right="elsewhere",
        hints=[
            "`sigmoid_derivative` does not know where its argument comes from.",
            "It computes $\\sigma(0.9)$, about 0.711, first.",
            "$0.711 \\cdot 0.289$.",
        ],
        notice="No error, no warning, and always between 0.196 and 0.25, since $h$ lies between 0 and 1: nothing that one "
        "looks at by chance gives this bug away.",
    ),
    Choice(
        id="2b_1.tail",
        title="Forty",
        minutes=1,
        level=3,
        question="z = 40, so sigma'(z) is 4.2e-18 on paper. What is h * (1 - h) in float64?",
        options=[
            Option("exact", "4.2e-18", "On paper. But which float64 is nearest to $h = 1 - 4 \\cdot 10^{-18}$?"),
            Option("zero", "0.0"),
            Option(
                "epsilon",
                "1.1e-16",
                "That is the gap between 1 and the next float64 below it. Is $h$ nearer to that one, or to 1?",
            ),
            Option("nan", "nan", "Nothing here is infinite, and nothing is divided."),
        ],
        right="zero",
        hints=[
            "float64 has about 16 digits. How many nines has $h$?",
            "$h$ rounds to 1.",
            "$1 - h$ is then exactly 0.",
        ],
        notice="$1 - h$ has lost every digit; $\\sigma(-z)$, which is the same number on paper, has lost none. Symmetry again.",
    ),
    Choice(
        id="2b_1.weights",
        title="A hundred times",
        minutes=1,
        level=2,
        question="Weights of ordinary size, several inputs, z = x W1. Now W1 is multiplied by 100. What happens to dJ/dx?",
        options=[
            Option(
                "hundred",
                "It grows a hundredfold",
                "The factor $W_1^T$ does. But $z$ grows a hundredfold as well, and what becomes of $\\sigma'(z)$ out there?",
            ),
            Option("vanishes", "It all but vanishes, at most inputs x"),
            Option(
                "same",
                "Nothing: the two effects cancel",
                "Softmax with cross-entropy cancels like that. Here one factor grows 100 times, and the other shrinks like "
                "$e^{-|z|}$: not the same thing at all.",
            ),
            Option(
                "quarter",
                "It shrinks to a quarter",
                "A quarter is the *largest* that $\\sigma'$ can be. With $|z|$ near 100, how large is it?",
            ),
        ],
        right="vanishes",
        hints=[
            "Two factors of the chain change: $W_1^T$, and $\\sigma'(z)$.",
            "If $z$ was 1, it is 100 now.",
            "$\\sigma'(100) \\approx e^{-100}$. What is a hundred times that?",
        ],
        notice="The units are *saturated*: flat, and deaf. Only where some $z_j$ happens to be near 0 is the network steep, a "
        "hundred times steeper than before.",
    ),
    Choice(
        id="2b_1.layers",
        title="Ten in a row",
        minutes=1,
        level=1,
        question="Ten sigmoids one after the other, every weight is 1, and the biases are whatever suits you. How large can the slope from end to end be?",
        options=[
            Option("quarter", "1/4", "That is one of them. The chain rule multiplies: there are ten such factors."),
            Option("forty", "1/40", "The chain rule *multiplies* its factors: not ten times 4, but 4 to the tenth."),
            Option("millionth", "About one millionth"),
            Option("one", "1", "Each of the ten lets at most a quarter pass."),
        ],
        right="millionth",
        hints=[
            "One factor $\\sigma'$ for each of the ten.",
            "Each is at most $\\frac14$.",
            "$4^{10} = 1\\,048\\,576$.",
        ],
        notice="This is the *vanishing gradient*, at its best: wherever a $z$ is not 0 it is worse. It is one reason why deep networks "
        "use other functions between their layers.",
    ),
]
