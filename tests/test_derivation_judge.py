"""The verdict on a derivation: right ones of many kinds, wrong ones at the right line, and no text that does harm."""

import random
from dataclasses import replace

import pytest

from tests.derivation_data import PAGES, RIGHT, UNFINISHED, WRONG, rows
from tests.fuzz_derivation import SECONDS, attack
from utils.exercises import BANK, Derivation
from utils.judge.algebra import judge
from utils.panels.verdict import STATES, bundle

DERIVATIONS = [e for e in BANK.values() if isinstance(e, Derivation)]
SAME, OTHER = (next(e for e in DERIVATIONS if e.id == f"2a_3.{case}_index") for case in ("same", "other"))
QUESTION = SAME.question
FUZZED = 400  # 300,000 are judged by tests/benchmarks/long.py


def first_slip(exercise, text):
    verdict, reading = exercise.examine(text)
    slip = reading.first_slip
    return verdict.state, slip.number if slip else None, verdict.mistake


# ---- right and wrong derivations ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("id", "text"), RIGHT)
def test_a_right_derivation_passes_however_it_goes(id, text):
    verdict, reading = BANK[id].examine(text)
    assert verdict.state == "right", verdict
    assert "to $10^{-9}$" in verdict.message and f"{reading.points} points" in verdict.message


@pytest.mark.parametrize(("id", "line", "slug", "text"), WRONG)
def test_a_wrong_derivation_is_rejected_at_its_line_and_by_its_name_and_in_the_same_words_at_every_run(
    id, line, slug, text
):
    assert first_slip(BANK[id], text) == ("wrong", line, slug)
    assert len({(v.message, v.mistake, str(v.detail)) for v in (BANK[id].check(text) for _ in range(3))}) == 1


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


@pytest.mark.parametrize(("setting", "page"), PAGES)
def test_a_page_yields_exactly_its_slips(setting, page):
    lines = [line for line, *_ in page]
    reading = judge("\n".join(lines), setting, lines[0], lines[-1])
    assert [(step.text, step.status, step.slug) for step in reading.steps] == page


# ---- what is said -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("id", "lines", "slug", "said"), rows("what is told"))
def test_a_line_that_is_wrong_or_not_the_last_is_called_by_its_name_and_told_what_it_is(id, lines, slug, said):
    exercise = BANK[id]
    verdict = exercise.check(f"{exercise.question}\n= {lines}")
    assert (verdict.state, verdict.mistake or "-") == ("wrong", slug)
    assert said in " ".join(f"{verdict.message} {verdict.detail}".split())


def test_a_line_that_says_what_a_line_above_has_said_is_no_step():
    reading = SAME.read("D(J, theta[i])\nD( J,theta[i] )\n(D(J, θ[i]))\nsoftmax(theta)[i] - 1\ny_hat[i] - 1")
    assert [step.repeats for step in reading.steps] == [None, 1, 1, None, None]
    assert reading.right and reading.different == 3 and reading.taken == 2


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


@pytest.mark.parametrize("text", [None, ..., "", "\n \n", "...", "# later", f"{QUESTION}\n...", f"{QUESTION}\n"])
def test_a_stub_is_not_attempted(text):
    verdict = SAME.check(text)
    assert (verdict.state, verdict.mistake, verdict.detail) == ("not attempted", None, None)


def test_what_is_no_text_is_told_so():
    for answer in (3, [], lambda: 1, b"y_hat"):
        assert SAME.check(answer).mistake == "not-a-text"


def test_a_line_that_has_a_value_at_few_points_is_called_the_same_at_every_run():
    line = "D(log(exp(theta[i]) - sum(exp(theta[j]), j != i)), theta[i])"
    assert len({first_slip(OTHER, f"{QUESTION}\n{line}") for _ in range(30)}) == 1


def test_a_fault_of_the_checker_is_never_blamed_on_the_reader():
    broken = replace(SAME, setting=replace(SAME.setting, draw=lambda rng, count: {}))
    verdict = broken.check(RIGHT[0][1])
    assert verdict.state == "checker fault" and "not yours" in verdict.message


# ---- texts of every kind ------------------------------------------------------------------------------------------


def test_no_fuzzed_text_raises_or_takes_long_or_gets_a_tick_that_it_does_not_deserve():
    rng = random.Random(20)
    slowest = max(attack(rng)[2] for _ in range(FUZZED))
    assert slowest < SECONDS


@pytest.mark.parametrize(
    "lines",
    [
        "y_hat[i]\n" * 1000,
        "x" * 100_000,
        "D(sum(sum(sum(exp(theta[j] * y[l] * y[m]), j), l), m), theta[i])\n" * 39,
        "\n".join(f"D(D(log(sum(exp({n} * theta[j]), j)), theta[i]), y_hat[k]) * {n}" for n in range(38)),
        "\n".join(" * ".join(["D(J, theta[i])"] * 12) + f" + {n}" for n in range(38)),
        "where u = " * 700,
        "(and " * 1500,
        "d" + "x" * 7000 + " = 3",
        "exp(" * 20 + "theta[i]" + ")" * 20,
        "((((theta[i] ** 8) ** 8) ** 8) ** 8) ** 8",
    ],
)
def test_long_and_heavy_texts_are_judged_in_bounded_work(lines):
    assert SAME.check(f"{QUESTION}\n{lines}").state == "wrong"
