"""Every recognised slip: found in its own example, called by its own name, and told in a whole sentence."""

import random
from collections import Counter

import pytest
from fuzz_slips import attack

from tests.derivation_data import rows
from utils.exercises import BANK
from utils.judge import algebra
from utils.judge.algebra import SLIPS, judge, parse
from utils.judge.algebra.rewriting import plain

PLANTED = 500  # 20,000 are planted by tests/benchmarks/long.py

SETTINGS = {
    "same": algebra.SAME_INDEX,
    "other": algebra.OTHER_INDEX,
    "network": algebra.HIDDEN_LAYER,
    "sigmoid": algebra.SIGMOID,
    "soft": algebra.SOFT_LABELS,
}
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


@pytest.mark.parametrize(("setting", "asked", "lines", "slug"), rows("called"))
def test_a_slip_is_called_by_its_name_or_by_none(setting, asked, lines, slug):
    step = judge(f"{asked} = {lines}", SETTINGS[setting], asked, asked).steps[-1]
    assert (step.status != "right", step.slug or "-") == (True, slug)


def told(id, lines):
    exercise = BANK[id]
    return exercise.read(f"{exercise.question} = {lines}").steps[-1]


@pytest.mark.parametrize(("id", "lines", "slug"), rows("false names"))
def test_a_name_that_a_mere_value_has_is_not_told(id, lines, slug):
    step = told(id, lines)
    assert step.status != "right" and step.slug != slug


@pytest.mark.parametrize(("id", "lines", "slug"), rows("true names"))
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


def test_what_is_said_of_a_product_of_two_rows_names_no_matrix_that_is_not_there():
    step = judge(
        "D(J, theta[i])\nD(-y @ log(y_hat), theta[i])", SETTINGS["same"], "D(J, theta[i])", "y_hat[i] - 1"
    ).steps[1]
    assert step.slug == "transpose" and "W_2" not in step.reason


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
