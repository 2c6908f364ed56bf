"""Chapter 2b_1: derivations of the sigmoid, what is demanded of its digits, and what its questions claim."""

import numpy as np
import pytest

from utils.exercises import Derivation, get
from utils.judge.bank import exercises
from utils.reference import input_gradient, one_hot, sigmoid, sigmoid_derivative

EXERCISES = list(exercises("2b_1").values())

DERIVATIONS = [e for e in EXERCISES if isinstance(e, Derivation)]
SYMMETRY, IDENTITY = DERIVATIONS

RIGHT = """
D(sigma(z), z)
-D(sigma(-z), z)
sigma(-z) * (1 - sigma(-z))
sigma(z) * (1 - sigma(z))

D(sigma(z), z)
D(1 / (1 + exp(-z)), z)
-1 / (1 + exp(-z)) ** 2 * D(exp(-z), z)
-1 / (1 + exp(-z)) ** 2 * exp(-z) * D(-z, z)
exp(-z) / (1 + exp(-z)) ** 2
sigma(z) * exp(-z) / (1 + exp(-z))
sigma(z) * (1 - sigma(z))

D(sigma(z), z)
D(exp(z) * (1 + exp(z)) ** -1, z)
exp(z) * (1 + exp(z)) ** -1 - exp(z) * (1 + exp(z)) ** -2 * exp(z)
sigma(z) - sigma(z) ** 2
h - h ** 2

D(h, z)
exp(-z) / (1 + 2 * exp(-z) + exp(-z) ** 2)
exp(-z) / (1 + exp(-z)) ** 2
1 / (exp(z) * (1 + exp(-z)) ** 2)
1 / ((exp(z) + 1) * (1 + exp(-z)))
sigma(-z) * sigma(z)
(1 - h) * h
"""

WRONG = {
    "D(sigma(z), z)\n1 / D(1 + exp(-z), z)": (2, "reciprocal-rule"),
    "D(sigma(z), z)\nD(1 / (1 + exp(-z)), z)\n(1 + exp(-z)) ** -2": (3, "forgot-inner-derivative"),
    "D(sigma(z), z)\nD(exp(z) / (1 + exp(z)), z)\n(exp(z) * exp(z) - exp(z) * (1 + exp(z))) / (1 + exp(z)) ** 2": (
        3,
        "lost-minus",
    ),
    "D(sigma(z), z)\nD(1 - sigma(-z), z)\nD(sigma(-z), z)\n-sigma(-z) * (1 - sigma(-z))": (3, "lost-minus"),
    "D(sigma(z), z)\nexp(-z) / (1 + exp(-z)) ** 2\nsigma(z) * (sigma(z) - 1)": (3, "lost-minus"),
    "D(sigma(z), z)\nexp(-z) / (1 + exp(-z)) ** 2\nexp(-z) / (1 + exp(-2 * z))": (3, "square-split"),
    "D(sigma(z), z)\nD(1 / 1 + exp(-z), z)": (2, "missing-brackets"),
}


def first_slip(exercise, text):
    verdict, reading = exercise.examine(text)
    return verdict.state, reading.first_slip and reading.first_slip.number, verdict.mistake


@pytest.mark.parametrize("text", RIGHT.strip().split("\n\n"))
def test_the_derivative_of_the_sigmoid_may_be_reached_on_any_way(text):
    assert IDENTITY.check(text).state == "right"


def test_the_symmetry_is_written_with_one_name():
    verdict = SYMMETRY.check("1 - sigma(z)\n1 - h\nsigma(-z)")
    assert verdict.mistake == "unknown-name" and "There is `z`." in verdict.message


@pytest.mark.parametrize(("text", "found"), WRONG.items())
def test_a_slip_on_the_way_is_found_in_its_line_and_called_by_its_name(text, found):
    assert first_slip(IDENTITY, text) == ("wrong", *found)


def test_a_derivation_that_ends_in_exponentials_is_not_finished():
    assert IDENTITY.check("D(sigma(z), z)\nexp(-z) / (1 + exp(-z)) ** 2").mistake == "not-simplified"
    assert SYMMETRY.check("1 - sigma(z)\n1 / (1 + exp(z))").mistake == "not-simplified"


@pytest.mark.parametrize("line", ["1 + -sigma(z)", "-(sigma(z) - 1)", "1 - 1 * sigma(z)"])
def test_a_question_without_a_derivative_is_not_its_own_answer(line):
    verdict = SYMMETRY.check(f"1 - sigma(z)\n{line}")
    assert (verdict.state, verdict.mistake) == ("wrong", "not-the-answer")


@pytest.mark.parametrize("line", ["sigma(z) ** 2", "exp(-z) / (2 + exp(-z))", "1 / (1 + exp(-2 * z))", "z"])
def test_a_wrong_line_of_a_question_without_a_derivative_is_a_slip_and_no_fault_of_the_checker(line):
    assert first_slip(SYMMETRY, f"1 - sigma(z)\n{line}\nsigma(-z)")[:2] == ("wrong", 2)


# ---- digits and silence -------------------------------------------------------------------------------------------


def clipped(limit):
    return lambda z: 1 / (1 + np.exp(-np.clip(z, -limit, limit)))


@pytest.mark.parametrize("limit", [22.0, 123.0, 444.0, 666.0])
def test_a_cut_at_any_limit_that_costs_digits_is_wrong_and_told_why(limit):
    verdict = get("2b_1.sigmoid").check(clipped(limit))
    assert verdict.state == "wrong" and "larger $z$ gets a larger" in verdict.message


@pytest.mark.parametrize("limit", [691.0, 700.0, 709.0, 745.0])
def test_a_cut_where_nothing_is_asked_any_more_is_right(limit):
    verdict = get("2b_1.sigmoid").check(clipped(limit))
    assert verdict.state == ("right" if limit < 710 else "wrong"), verdict  # exp(745) overflows, and says so


def test_the_right_tail_of_the_derivative_may_be_lost_in_1_minus_h_but_not_to_an_overflow():
    exercise = get("2b_1.sigmoid_derivative")
    assert exercise.check(lambda z: sigmoid(z) * (1 - sigmoid(z))).state == "right"
    assert exercise.check(lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2).mistake == "overflow"


def by_hand(axis, keepdims, shift):
    def softmax(z):
        e = np.exp(z - shift * np.max(z, axis=axis, keepdims=keepdims))
        return e / np.sum(e, axis=axis, keepdims=keepdims)

    return softmax


@pytest.mark.parametrize("shift", [0, 1])
@pytest.mark.parametrize(
    ("axis", "keepdims"), [(None, False), (-1, True), (-1, False), (0, True), (0, False), (1, True)]
)
def test_a_softmax_written_by_hand_is_told_to_be_one(axis, keepdims, shift):
    assert get("2b_1.sigmoid").check(by_hand(axis, keepdims, shift)).mistake == "softmax-for-sigmoid"


# ---- feedback tells of no code that may not be there --------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "answer"),
    [
        ("positive", lambda z: 1 / (1 + np.exp(-np.abs(z)))),
        ("positive", lambda z: np.exp(np.abs(z)) / (1 + np.exp(np.abs(z)))),
        ("negative", lambda z: np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z)))),
        ("negative", lambda z: 1 / (1 + np.exp(np.abs(z)))),
    ],
)
def test_an_even_sigmoid_is_told_on_which_side_it_is_right(side, answer):
    verdict = get("2b_1.sigmoid").check(answer)
    assert verdict.mistake == "abs-not-undone"
    assert verdict.message.startswith(f"Right for {side} $z$") and "good exponent" not in verdict.message


def test_an_overflow_in_the_derivative_is_told_without_a_formula_that_may_not_be_there():
    for answer in (lambda z: 1 / (2 + np.exp(z) + np.exp(-z)), lambda z: 1 / (1 + np.exp(-z)) / (1 + np.exp(z))):
        verdict = get("2b_1.sigmoid_derivative").check(answer)
        assert verdict.mistake == "overflow-sigmoid" and "frac" not in verdict.message


def test_the_derivative_is_called_even_on_paper_as_in_float64_it_need_not_be():
    exercise = get("2b_1.sigmoid_derivative")
    assert sigmoid(40.0) * (1 - sigmoid(40.0)) != sigmoid(-40.0) * (1 - sigmoid(-40.0))
    assert exercise.check(lambda z: sigmoid(z) * (1 - sigmoid(z))).message.startswith("On paper")


# ---- what the questions claim -------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1e-3, 1e-5, 1e-7])
def test_a_difference_quotient_is_told_to_be_one(step):
    exercise = get("2b_1.sigmoid_derivative")
    for f in (sigmoid, lambda z: 1 / (1 + np.exp(-z))):
        verdict = exercise.check(lambda z, f=f: (f(z + step) - f(z - step)) / (2 * step))
        assert verdict.state == "wrong" and "numeric" in verdict.message


@pytest.mark.parametrize("name", ["sigmoid_derivative", "derivative_from_h"])
def test_the_jacobian_in_place_of_its_diagonal_is_called_so(name):
    exercise = get(f"2b_1.{name}")
    for matrix in (np.diag, np.diagflat):  # np.diag stops at a z of three axes, but was wrong before
        verdict = exercise.check(lambda v, matrix=matrix: matrix(exercise.reference(v)))
        assert (verdict.state, verdict.mistake) == ("wrong", "diagonal-matrix")


def test_the_numbers_that_the_questions_tell_are_so():
    assert np.round(sigmoid([3.0, -3.0]), 3).tolist() == [0.953, 0.047]
    assert round(float(sigmoid_derivative(0.9)), 3) == 0.206
    assert sigmoid_derivative(0.0) == 0.25
    assert sigmoid_derivative(1.0) > 0.196
    h = 1 / (1 + np.exp(-40.0))
    assert h * (1 - h) == 0 and sigmoid_derivative(40.0) == pytest.approx(4.2e-18, rel=0.02)


def test_a_hundredfold_W1_all_but_stops_the_gradient_at_most_inputs():
    rng = np.random.default_rng(0)
    W1, b1, W2, b2 = (rng.normal(size=size) for size in ((4, 6), 6, (6, 3), 3))
    x, y = rng.normal(size=(500, 4)), one_hot(rng.integers(0, 3, 500), 3)
    before, after = (np.linalg.norm(input_gradient(x, y, scale * W1, b1, W2, b2), axis=1) for scale in (1, 100))
    assert np.median(after / before) < 1e-4
    assert np.max(after) > 10 * np.max(before)  # at an input where a unit is just switching
