"""The verdict on a derivation: right ones of many kinds, wrong ones at the right line, and no text that does harm."""

import random
from dataclasses import replace

import pytest

from tests.derivation_data import RIGHT, UNFINISHED, WRONG, rows
from tests.derivation_page import BOTH_CASES, CHAIN, FACTORS, OTHER_INDEX, QUESTION, SAME_INDEX
from tests.fuzz_derivation import SECONDS, attack
from utils.exercises import BANK, Derivation
from utils.judge import algebra
from utils.judge.algebra import judge
from utils.panels.verdict import STATES, bundle

DERIVATIONS = [e for e in BANK.values() if isinstance(e, Derivation)]
SAME, OTHER = (next(e for e in DERIVATIONS if e.id == f"2a_3.{case}_index") for case in ("same", "other"))
FUZZED = 400  # 300,000 are judged by tests/benchmarks/long.py


def first_slip(exercise, text):
    verdict, reading = exercise.examine(text)
    slip = reading.first_slip
    return verdict.state, slip.number if slip else None, verdict.mistake


def found(page, setting, question, answer):
    reading = judge("\n".join(line for line, *_ in page), setting, question, answer)
    return [(step.text, step.status, step.slug) for step in reading.steps]


# ---- right and wrong derivations ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("id", "text"), RIGHT)
def test_a_right_derivation_passes_however_it_goes(id, text):
    verdict, reading = BANK[id].examine(text)
    assert verdict.state == "right", verdict
    assert "to $10^{-9}$" in verdict.message and f"{reading.points} points" in verdict.message


@pytest.mark.parametrize(("id", "line", "slug", "text"), WRONG)
def test_a_wrong_derivation_is_rejected_at_its_line_and_by_its_name(id, line, slug, text):
    for _ in range(3):
        assert first_slip(BANK[id], text) == ("wrong", line, slug)


@pytest.mark.parametrize(("slug", "text"), UNFINISHED)
def test_a_derivation_without_a_wrong_line_that_is_not_finished_is_told_what_is_missing(slug, text):
    assert first_slip(SAME, text) == ("wrong", None, slug)


@pytest.mark.parametrize("exercise", DERIVATIONS, ids=lambda e: e.id)
def test_the_bank_keeps_its_word(exercise):
    assert all(exercise.check(text).state == "right" for text in exercise.accepts)
    assert len({wrong.slug for wrong in exercise.mistakes}) >= 4
    for wrong in exercise.mistakes:
        assert first_slip(exercise, wrong.text) == ("wrong", wrong.line, wrong.slug)
    for trap in exercise.traps:
        assert first_slip(exercise, f"{exercise.question}\n{trap.text}") == ("wrong", 2, trap.slug)
    short = exercise.check(f"{exercise.question}\n{exercise.answer}")
    if exercise.steps > 2:
        assert (short.state, short.mistake) == ("wrong", "lines-missing" if exercise.given else "too-few-steps")


# ---- the scanned page ---------------------------------------------------------------------------------------------


def test_the_scanned_page_typed_in_yields_exactly_its_slips():
    assert found(SAME_INDEX, SAME.setting, QUESTION, "y_hat[i] - 1") == SAME_INDEX
    assert found(OTHER_INDEX, OTHER.setting, QUESTION, "y_hat[i]") == OTHER_INDEX
    assert found(BOTH_CASES, algebra.SOFT_LABELS, "D(J, theta)", "y_hat - y") == BOTH_CASES


def test_the_second_scanned_page_typed_in_yields_exactly_its_slips():
    assert found(CHAIN, algebra.HIDDEN_LAYER, "D(J, x)", CHAIN[-1][0]) == CHAIN
    for page in FACTORS:
        assert found(page, algebra.HIDDEN_LAYER, page[0][0], page[-1][0]) == page


# ---- what is said -------------------------------------------------------------------------------------------------


def test_the_counterexample_is_small_and_readable():
    verdict = SAME.check(f"{QUESTION}\nD(log(y_hat[i]), theta[i])\n1 - y_hat[i]")
    assert str(verdict.detail) == "At theta = (1, 0, -1), i = k = 0\nline 1 is -0.335\nthis line is 0.335"
    assert verdict.message.startswith("Line 2: ")


def test_the_counterexample_of_a_matrix_question_tells_no_letters_and_that_of_an_entry_tells_its_own():
    network = algebra.HIDDEN_LAYER
    step = judge("D(J, x)\n-D(J, x)", network, "D(J, x)", "D(J, x)").first_slip
    assert list(step.difference.inputs) == ["x", "y"]
    step = judge("D(theta[i], h[j])\n-W2[j, i]", network, "D(theta[i], h[j])", "W2[j, i]").first_slip
    assert step.difference.inputs["i"] != step.difference.inputs["j"]


def test_a_matrix_where_a_number_is_asked_is_told_that_an_entry_is_missing():
    step = judge("D(theta[i], h[j])\nW2", algebra.HIDDEN_LAYER, "D(theta[i], h[j])", "W2[j, i]").first_slip
    assert step.reason == "This line is a matrix (5, 3); the question asks for a number. Which of its entries?"


@pytest.mark.parametrize(
    "line",
    ["sum(D(J, z[j]) * W1[:, j].T, j)", "sum(D(J, theta[i]) * D(theta[i], x), i)", "sum(D(J, h[k]) * D(h[k], x), k)"],
)
def test_where_the_question_picks_no_entry_a_sum_may_run_over_any_letter(line):
    assert judge(f"D(J, x)\n{line}", algebra.HIDDEN_LAYER, "D(J, x)", "D(J, x)").first_slip is None


def test_where_the_question_picks_no_entry_a_letter_alone_is_told_so():
    step = judge("D(J, x)\ny_hat[i] - y[i]", algebra.HIDDEN_LAYER, "D(J, x)", "D(J, x)").first_slip
    assert step.slug == "unbound-index" and "the question picks no entry" in step.reason


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-1 + exp(theta[i]) / sum(exp(theta))", "with exponentials"),
        ("y_hat[i] - sum(y[j], j)", "a sum in it"),
        ("y_hat[i] - sum(y)", "a sum in it"),
        ("y_hat[i] - 1 + log(1)", "a logarithm or a root in it"),
    ],
)
def test_what_could_still_be_told_in_fewer_words_is_named(line, said):
    verdict = SAME.check(f"{QUESTION}\n{line}")
    assert verdict.mistake == "not-simplified" and said in verdict.message


def test_a_line_that_says_what_a_line_above_has_said_is_no_step():
    reading = SAME.read("D(J, theta[i])\nD( J,theta[i] )\n(D(J, θ[i]))\nsoftmax(theta)[i] - 1\ny_hat[i] - 1")
    assert [step.repeats for step in reading.steps] == [None, 1, 1, None, None]
    assert reading.right and reading.different == 3 and reading.taken == 2


def test_a_sum_over_the_logits_by_the_chain_rule_may_be_written_as_a_product_of_matrices():
    weight = BANK["3_3.weight"]
    lines = f"{weight.question}\nD(J, theta) @ D(theta, W2[j, i])\n{weight.answer}"
    assert weight.read(lines).right


def test_a_row_of_derivatives_times_the_column_of_a_jacobian_is_the_chain_rule():
    assert SAME.read(f"{QUESTION}\nD(J, y_hat) @ D(y_hat, theta[i])\ny_hat[i] - 1").right


def test_a_line_that_is_right_again_is_told():
    verdict = SAME.check(f"{QUESTION}\nD(log(y_hat[i]), theta[i])\ny_hat[i] - 1")
    assert "(Line 3 is right again.)" in verdict.message


def test_a_line_that_cannot_be_read_is_shown_with_a_mark_under_the_column():
    verdict = SAME.check(f"{QUESTION}\nD(-log(y_hat[k]) -, theta[i])")
    assert str(verdict.detail) == "D(-log(y_hat[k]) -, theta[i])\n                  ^"


@pytest.mark.parametrize(
    "lines",
    [
        "y_hat[i] - 1",
        f"{QUESTION}\n{QUESTION}\ny_hat[i] - 1",
        f"D(J, theta[i])\n{QUESTION}\ny_hat[i] - 1",
        "-D(sum(log(y_hat[j]) * y[j], j), theta[i])\n-(1 - y_hat[i])\n(-1 + y_hat[i]) * 1 + 0\nsoftmax(theta)[i] - 1\n"
        "y_hat[i] - 1",
    ],
)
def test_an_answer_without_the_way_to_it_is_not_finished_and_a_line_that_says_nothing_new_is_no_step(lines):
    verdict = SAME.check(f"{QUESTION}\n{lines}")
    assert (verdict.state, verdict.mistake) == ("wrong", "too-few-steps")
    assert verdict.message.startswith("Not wrong, and not finished: how do you get there? 4 lines are asked")
    assert verdict.message.endswith("these are 2." if lines == "y_hat[i] - 1" else "is no step.")


def test_the_card_of_what_is_not_finished_is_not_that_of_a_mistake():
    cards = [bundle(SAME.check(f"{QUESTION}\n{lines}"))["text/html"] for lines in ("y_hat[i] - 1", "y_hat[i]")]
    assert "… Right so far" in cards[0] and STATES["wrong"][2] not in cards[0]
    assert "✗ Not yet" in cards[1]


@pytest.mark.parametrize("exercise", [e for e in DERIVATIONS if e.given and e.steps > 2], ids=lambda e: e.id)
def test_a_page_is_mended_and_not_shortened(exercise):
    first, *_, last = exercise.accepts[0].splitlines()
    for text in (f"{first}\n{last}", f"{exercise.question}\n" * (exercise.steps - 1) + exercise.answer):
        verdict = exercise.check(text)
        assert (verdict.state, verdict.mistake) == ("wrong", "lines-missing")
        assert f"has {exercise.steps}, and these are 2" in verdict.message
    assert "for a line that repeats another is no step" in verdict.message
    assert exercise.check(f"{exercise.question}\n{exercise.accepts[0]}").state == "right", "more lines are welcome"


def test_a_factor_is_told_only_if_it_holds_where_the_right_value_is_0_too():
    def told(line):
        return judge(f"D(h, z)\n{line}", algebra.HIDDEN_LAYER, "D(h, z)", "diag(h * (1 - h))").first_slip

    assert "is 2 times what" in told("2 * D(h, z)").reason and told("2 * D(h, z)").slug == "ratio"
    for line in ("h.T @ (1 - h)", "diag(h) - h.T @ h", "2 * h.T @ (1 - h)"):
        assert told(line).slug is None, line


def test_a_factor_near_1_is_told_with_its_digits():
    assert "is 1.0000001 times what" in OTHER.check(f"{QUESTION}\ny_hat[i] * 1.0000001").message


@pytest.mark.parametrize(("id", "lines", "slug", "said"), rows("what readers wrote"))
def test_what_readers_wrote_is_called_by_its_name(id, lines, slug, said):
    exercise = BANK[id]
    verdict = exercise.check(f"{exercise.question} = {lines}")
    assert (verdict.state, verdict.mistake or "-") == ("wrong", slug)
    assert said in verdict.message


def test_the_derivative_of_sigma_by_the_name_of_a_row_is_announced_as_a_matrix():
    verdict = BANK["2b_3.chain"].check("D(J, x)\n(D(J, h) * dsigma(z)) @ W1.T")
    assert "which is a matrix when $z$ is a row" in verdict.message


@pytest.mark.parametrize("text", [None, ..., "", "\n \n", "...", "# later", f"{QUESTION}\n...", f"{QUESTION}\n"])
def test_a_stub_is_not_attempted(text):
    verdict = SAME.check(text)
    assert (verdict.state, verdict.mistake, verdict.detail) == ("not attempted", None, None)


def test_what_is_no_text_is_told_so():
    for answer in (3, [], lambda: 1, b"y_hat"):
        assert SAME.check(answer).mistake == "not-a-text"


def test_a_row_that_has_no_value_anywhere_is_a_row_where_a_number_is_asked():
    assert first_slip(OTHER, f"{QUESTION}\ny_hat / y") == ("wrong", 2, "shape")


def test_verdicts_are_the_same_at_every_run():
    for id, _, _, text in WRONG:
        assert len({(v.message, v.mistake, str(v.detail)) for v in (BANK[id].check(text) for _ in range(4))}) == 1


def test_a_line_that_has_a_value_at_few_points_is_called_the_same_at_every_run():
    line = "D(log(exp(theta[i]) - sum(exp(theta[j]), j != i)), theta[i])"
    assert len({first_slip(OTHER, f"{QUESTION}\n{line}") for _ in range(60)}) == 1


def test_a_fault_of_the_checker_is_never_blamed_on_the_reader():
    broken = replace(
        SAME, answer="y_hat[i] - 1 + h", setting=replace(SAME.setting, defined=SAME.setting.defined | {"h": "y @ y"})
    )
    verdict = broken.check(RIGHT[0][1])
    assert verdict.state == "checker fault" and "not yours" in verdict.message


def test_a_tick_stands_only_where_the_value_is_right_at_every_point_and_close_is_not_right():
    assert first_slip(SAME, f"{QUESTION}\ny_hat[i] - 1 + 0.0000001") == ("wrong", 2, "offset")
    assert first_slip(OTHER, f"{QUESTION}\ny_hat[i] * 1.0000001") == ("wrong", 2, "ratio")


# ---- texts of every kind ------------------------------------------------------------------------------------------


def test_no_fuzzed_text_raises_or_takes_long_or_gets_a_tick_that_it_does_not_deserve():
    rng = random.Random(20)
    slowest = max(attack(rng)[2] for _ in range(FUZZED))
    assert slowest < SECONDS


@pytest.mark.parametrize(
    "text",
    [
        "y_hat[i]\n" * 1000,
        "x" * 100_000,
        f"{QUESTION}\n" + "D(sum(sum(sum(exp(theta[j] * y[l] * y[m]), j), l), m), theta[i])\n" * 39,
        f"{QUESTION}\n"
        + "\n".join(f"D(D(log(sum(exp({n} * theta[j]), j)), theta[i]), y_hat[k]) * {n}" for n in range(38)),
        f"{QUESTION}\n" + "\n".join(" * ".join(["D(J, theta[i])"] * 12) + f" + {n}" for n in range(38)),
        f"{QUESTION}\n" + "where u = " * 700,
        f"{QUESTION}\n" + "(and " * 1500,
        f"{QUESTION}\n" + "d" + "x" * 7000 + " = 3",
        f"{QUESTION}\n" + "exp(" * 20 + "theta[i]" + ")" * 20,
        f"{QUESTION}\n" + "((((theta[i] ** 8) ** 8) ** 8) ** 8) ** 8",
    ],
)
def test_long_and_heavy_texts_are_judged_in_bounded_work(text):
    assert SAME.check(text).state == "wrong"
