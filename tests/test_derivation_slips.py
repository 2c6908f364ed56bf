"""Every recognised slip: found in its own example, called by its own name, and told in a whole sentence."""

import random
from collections import Counter

import pytest
from fuzz_slips import attack

from utils.exercises import BANK
from utils.judge import algebra
from utils.judge.algebra import SLIPS, judge, parse
from utils.judge.algebra.rewriting import plain

PLANTED = 1200

SETTINGS = {
    "same": algebra.SAME_INDEX,
    "other": algebra.OTHER_INDEX,
    "network": algebra.HIDDEN_LAYER,
    "sigmoid": algebra.SIGMOID,
    "soft": algebra.SOFT_LABELS,
}
CHAIN = "D(J, theta) @ D(theta, h) @ D(h, z) @ D(z, x)"
NAMED = [pytest.param(slip, id=f"{slip.slug}-{n}") for n, slip in enumerate(SLIPS)]


@pytest.mark.parametrize("slip", NAMED)
def test_a_slip_is_recognised_in_its_own_example(slip):
    setting, above, line = slip.example
    for _ in range(3):
        first, second = judge(f"{above}\n{line}", SETTINGS[setting], above, above).steps
        assert first.status == "right"
        assert (second.status in ("slip", "does not multiply"), second.slug) == (True, slip.slug)
        assert slip.feedback in second.reason


@pytest.mark.parametrize("slip", NAMED)
def test_the_line_above_an_example_is_not_taken_for_a_slip(slip):
    setting, above, _ = slip.example
    assert judge(f"{above}\n1 * ({above})", SETTINGS[setting], above, above).first_slip is None


@pytest.mark.parametrize("slip", NAMED)
def test_what_is_said_of_a_slip_is_whole(slip):
    assert slip.feedback[-1] in ".?!" and "  " not in slip.feedback
    assert slip.feedback.count("$") % 2 == 0 and slip.feedback.count("`") % 2 == 0
    assert slip.mend or slip.spoil


@pytest.mark.parametrize(
    ("above", "line", "slug"),
    [
        ("D(theta, h)", "W2", "transpose"),
        ("D(J, h)", "(y_hat - y) @ W2", "transpose"),
        ("D(J, x)", "((y_hat - y) @ W2.T * h) @ W1.T", "sigma-for-sigma-prime"),
        ("D(J, x)", "((y - y_hat) @ W2.T * h * (1 - h)) @ W1.T", "lost-minus"),
        ("D(J, x)", "((y_hat - y) @ W2.T * h * (1 - h)) @ W1", "transpose"),
        ("D(J, h)", "W2 @ (y_hat - y)", "transpose"),
        ("D(J, x)", "W1 @ diag(h * (1 - h)) @ W2 @ (y_hat - y).T", "on-its-side"),
        ("D(J, x)", "W1.T @ diag(h * (1 - h)) @ W2.T @ (y_hat - y)", "order-of-factors"),
        ("D(J, x)", "(y_hat - y) @ W2.T @ W1.T * h * (1 - h)", "order-of-factors"),
        ("D(J, x)", "(y_hat - y) * h * (1 - h) @ W2.T @ W1.T", "order-of-factors"),
        ("D(J, x)", "D(J, theta) * D(theta, h) * D(h, z) * D(z, x)", "hadamard-for-matmul"),
        ("D(J, h)", "y_hat - y @ W2.T", "missing-brackets"),
        (CHAIN, "D(J, theta) @ D(theta, h) @ D(z, x)", "factor-missing"),
        ("D(J, x)", "D(J, h) @ D(h, z) @ D(z, x) @ x", "factor-too-many"),
        ("D(J, x)", "(y_hat - y) @ W2.T @ diag(h) @ (1 - diag(h)) @ W1.T", "one-for-identity"),
        ("D(J, W2[j, i])", "D(J, theta) * D(theta, W2[j, i])", "hadamard-for-matmul"),
        ("D(J, z)", "(y_hat - y) @ W2.T * diag(h * (1 - h))", "hadamard-for-matmul"),
        ("D(h, z)", "diag(D(sigma(z), z))", "shapes"),
        ("D(theta[i], h[j])", "W2[i, j]", "wrong-index"),
        ("D(sum(h[k] * W2[k, i], k), h[j])", "sum(W2[k, i], k)", "all-terms-of-the-sum"),
        ("D(J, W2)", "(y_hat - y).T @ h", "on-its-side"),
    ],
)
def test_slips_with_matrices_are_called_by_their_names(above, line, slug):
    step = judge(f"{above}\n{line}", SETTINGS["network"], above, above).steps[1]
    assert step.status != "right"
    assert step.slug == slug


FALSE_NAMES = [  # what was told of these lines, and was not true of them
    ("2a_3.same_index", "0", "other-index-used"),
    ("2a_3.same_index", "D(-log(exp(theta[i])), theta[i]) / D(log(sum(exp(theta))), theta[i])", "stopped-early"),
    (
        "2a_3.other_index",
        "-1/y_hat[k] * D(y_hat[k], theta[i])\n-1/y_hat[k] * (y_hat[k] * y_hat[i])",
        "softmax-derivative",
    ),
    ("2b_1.identity", "(1 + exp(-z))**-2 * D(exp(-z), z)", "operator-doubled"),
    ("2b_1.identity", "D((1 + exp(-z))**-1, z)\n(1 + exp(-z))**-2 * D(exp(-z), z)", "operator-doubled"),
    ("2b_1.identity", "sigma(z) * 1 - sigma(z)", "constant"),
    ("2b_1.identity", "D(log(1 + exp(-z)), z)", "square-lost"),
    ("2b_3.chain", "(y_hat - y) @ W2.T @ D(h * (1 - h), z) @ W1.T", "factor-too-many"),
    ("2a_3.any_index", "D(-sum(y[j], j) * sum(log(y_hat[j]), j), theta[i])", "factor-missing"),
    (
        "2a_3.same_index",
        "D(-sum(y[m], m) * log(y_hat[i]), theta[i])\nD(-sum(y[m] * theta[m], m), theta[i])",
        "operator-doubled",
    ),
    (
        "2a_3.same_index",  # an identity in names that did not stand above
        "D(log(sum(exp(theta))) - theta[i], theta[i])\n"
        "(1/sum(exp(theta)) - 1) * (1 + y[k] * J) - (1/sum(exp(theta)) - 1) * y[k] * J",
        "forgot-inner-derivative",
    ),
]
TRUE_NAMES = [
    ("2a_3.other_index", FALSE_NAMES[2][1], "lost-minus"),
    ("2b_1.identity", "(1 + exp(-z))**-2 * D(exp(-z), z)", "lost-minus"),
    ("2b_1.identity", "D((1 + exp(-z))**-1, z)\n(1 + exp(-z))**-2 * D(exp(-z), z)", "lost-minus"),
    ("2b_1.identity", "sigma(z) * 1 - sigma(z)", "missing-brackets"),
    ("2b_3.chain", "(y_hat - y) @ W2.T @ D(h * (1 - h), z) @ W1.T", "operator-doubled"),
    ("2a_3.same_index", "D(-theta[k] + log(sum(exp(theta))), theta[i])\n-1", "sum-for-constant"),
    ("2a_3.same_index", "-1/y_hat[i] * D(exp(theta[i]) / sum(exp(theta)), theta[i])\n"
     "-1/y_hat[i] * D(exp(theta[i]), theta[i]) / sum(exp(theta))", "sum-for-constant"),
    ("2b_1.identity", "D(exp(z) / (1 + exp(z)), z)\n(exp(z)*(1 + exp(z)) - exp(z)*exp(z)) / (1 + exp(z))",
     "quotient-rule"),
    ("2a_3.any_index", "D(-sum(y[j], j) * sum(log(y_hat[j]), j), theta[i])", "sum-of-products"),
    ("2a_3.any_index", "sum(D(J, y_hat[j]) * D(y_hat[j], theta[i]), j)\n"
     "sum(D(J, y_hat[j]), j) * sum(D(y_hat[j], theta[i]), j)", "sum-of-products"),
    ("2b_1.identity", "1 / D(1 + exp(-z), z)", "reciprocal-rule"),
]  # fmt: skip


def told(id, lines):
    exercise = BANK[id]
    return exercise.read(f"{exercise.question}\n{lines}").steps[-1]


@pytest.mark.parametrize(("id", "lines", "slug"), FALSE_NAMES)
def test_a_name_that_a_mere_value_has_is_not_told(id, lines, slug):
    step = told(id, lines)
    assert step.status != "right" and step.slug != slug


@pytest.mark.parametrize(("id", "lines", "slug"), TRUE_NAMES)
def test_the_name_is_that_of_the_form(id, lines, slug):
    assert told(id, lines).slug == slug


def test_of_a_value_alone_it_is_said_which_it_is():
    step = told("2a_3.same_index", "D(-log(exp(theta[i])), theta[i]) / D(log(sum(exp(theta))), theta[i])")
    assert step.slug is None
    assert step.reason.endswith(r"It has the value of $\frac{\partial J}{\partial \hat{y}_{i}}$.")


def test_slips_planted_at_random_get_a_true_name_or_none():
    rng = random.Random(15)
    told = Counter(found[1] is not None for found in (attack(rng) for _ in range(PLANTED)) if found)
    assert told.total() > PLANTED / 4 and told[True] > told.total() / 4


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("-(1 - y_hat[i])", "y_hat[i] - 1", True),
        ("theta[i] - (y[i] - y_hat[i])", "y_hat[i] + theta[i] - y[i]", True),
        ("-(y[i] - theta[i]) * y_hat[i]", "1 * y_hat[i] * (theta[i] - y[i]) + 0", True),
        ("D(-theta[i], theta[i])", "-D(theta[i], theta[i])", True),
        ("y[i] * (1 / y_hat[i])", "y[i] / y_hat[i]", True),
        ("1 / 1 + y[i]", "1 + y[i]", False),
        ("y_hat * (y + 1)", "y_hat * y + y_hat", False),
        ("W2 @ W1", "W1 @ W2", False),
        ("y[i] / y_hat[i]", "y_hat[i] / y[i]", False),
    ],
)
def test_lines_are_plainly_the_same_up_to_order_brackets_and_where_a_minus_stands(a, b, same):
    a, b = (parse(text, ("theta", "y", "y_hat", "W1", "W2")) for text in (a, b))
    assert (plain(a) == plain(b)) is same


def test_two_shapes_are_told_where_a_product_does_not_multiply():
    step = judge("D(J, x)\n(y_hat - y) @ W1.T", SETTINGS["network"], "D(J, x)", "D(J, x)").steps[1]
    assert step.status == "does not multiply" and step.slug == "does-not-multiply"
    assert "(1, 3)" in step.reason and "(5, 4)" in step.reason


@pytest.mark.parametrize(
    ("line", "slug"),
    [
        ("exp(-z) / (1 + exp(-z))", "quotient-rule"),
        ("-exp(-z) / (1 + exp(-z)) ** 2", "lost-minus"),
        ("-1 / (1 + exp(-z)) ** 2", "forgot-inner-derivative"),
    ],
)
def test_slips_on_the_way_to_the_derivative_of_the_sigmoid(line, slug):
    above = "D(1 / (1 + exp(-z)), z)"
    step = judge(f"{above}\n{line}", SETTINGS["sigmoid"], "D(sigma(z), z)", "sigma(z) * (1 - sigma(z))").steps[1]
    assert (step.status, step.slug) == ("slip", slug)


@pytest.mark.parametrize(
    ("above", "line"),
    [
        ("D(1 / (1 + exp(-z)), z)", "D(log(1 + exp(-z)), z)"),  # one D above, and one here
        ("exp(-z) / (1 + exp(-z)) ** 2", "sigma(z) - 1"),  # none above that could be lost
    ],
)
def test_an_operator_is_lost_only_where_there_was_one_more(above, line):
    lines = f"D(sigma(z), z)\n{above}\n{line}"
    step = judge(lines, SETTINGS["sigmoid"], "D(sigma(z), z)", "sigma(z) * (1 - sigma(z))").steps[2]
    assert (step.status, step.slug) == ("slip", None)


def test_an_operator_is_lost_from_a_term_or_a_factor_and_not_from_an_exponent_or_a_denominator():
    for setting, asked, line in (
        ("sigmoid", "D(sigma(z), z)", "(exp(z) * (1 + exp(z)) - exp(z ** 2)) / (1 + exp(z)) ** 2"),
        ("other", "D(J, theta[i])", "exp(theta[i]) / (exp(theta[k]) + sum(exp(theta)))"),
        ("soft", "D(J, theta[i])", "y_hat[i] + sum(y[m] * y_hat[m], m) * y[j] - y[i]"),  # y moves with nothing
    ):
        step = judge(f"{asked}\n{line}", SETTINGS[setting], asked, asked).steps[1]
        assert (step.status, step.slug) == ("slip", None)


@pytest.mark.parametrize(
    "line",
    ["D(1 / 1 + exp(-z), z)", "D(exp(z) / 1 + exp(z), z)", "h * (1 + exp(-z) - 1 / (1 + exp(-z)))"],
)
def test_brackets_round_a_denominator_or_a_numerator_are_missed(line):
    step = judge(f"D(sigma(z), z)\n{line}", SETTINGS["sigmoid"], "D(sigma(z), z)", "h * (1 - h)").steps[1]
    assert (step.status, step.slug) == ("slip", "missing-brackets")


def test_what_is_said_of_a_product_of_two_rows_names_no_matrix_that_is_not_there():
    step = judge(
        "D(J, theta[i])\nD(-y @ log(y_hat), theta[i])", SETTINGS["same"], "D(J, theta[i])", "y_hat[i] - 1"
    ).steps[1]
    assert step.slug == "transpose" and "W_2" not in step.reason


def test_an_operator_that_one_term_of_two_has_lost_is_missed():
    above = "D(log(sum(exp(theta[j]), j)) - theta[i], theta[i])"
    line = "log(sum(exp(theta[j]), j)) - D(theta[i], theta[i])"
    step = judge(f"{above}\n{line}", SETTINGS["same"], above, above).steps[1]
    assert step.slug == "operator-lost"


@pytest.mark.parametrize(
    ("setting", "line", "slug"),
    [
        ("same", "D(D(J, theta[i]), theta[i])", "operator-doubled"),
        ("same", "D(y_hat[i] - y[i], theta[i])", "operator-doubled"),
        ("other", "D(y_hat[i], theta[i])", "operator-doubled"),
        ("network", "D(J, theta[i]) * D(h[j], W2[j, i])", None),  # h[j] is a factor, and no derivative of anything
    ],
)
def test_an_operator_is_doubled_only_where_something_is_differentiated_already(setting, line, slug):
    question = "D(J, W2[j, i])" if setting == "network" else "D(J, theta[i])"
    assert judge(f"{question}\n{line}", SETTINGS[setting], question, question).steps[1].slug == slug


@pytest.mark.parametrize(
    ("setting", "a", "b", "by", "stands_still"),
    [
        ("network", "h[j]", "W2[j, i]", "h[j]", True),
        ("same", "exp(theta[i])", "y[k]", "theta[i]", True),
        ("sigmoid", "z", "sigma(z)", "z", False),
        ("other", "theta[i]", "y_hat[i]", "theta[i]", False),
    ],
)
def test_a_factor_is_said_to_stand_still_only_if_it_does(setting, a, b, by, stands_still):
    question = f"D({a} * {b}, {by})"
    step = judge(f"{question}\nD({a}, {by}) * D({b}, {by})", SETTINGS[setting], question, question).steps[1]
    assert step.slug == "product-rule" and ("stands still" in step.reason) == stands_still


def test_two_slips_in_a_row_get_a_name_each_and_a_carried_one_none():
    lines = ["D(J, theta[i])", "-D(J, theta[i])", "1 - y_hat[i]", "-(-1 - y_hat[i])", "1 + y_hat[i]", "y_hat[i] - 1"]
    steps = judge("\n".join(lines), SETTINGS["same"], lines[0], lines[-1]).steps
    assert [step.status for step in steps] == ["right", "slip", "carried", "slip", "carried", "right"]
    assert [step.slug for step in steps] == [None, "lost-minus", None, "sign-of-a-term", None, None]
