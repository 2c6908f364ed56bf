"""How an answer is judged when it does something that no list of wrong formulas foresees; and what the parts of the
screen write, and how they refuse what does not fit: the rows of screen.md."""

import logging
import re
import signal
import time
from dataclasses import replace

import numpy as np
import pytest

import utils
from tests.pages import rows
from utils import reference
from utils.exercises import Counterexample, Derivation, Mistake, get
from utils.figures import live
from utils.figures.parts import compact
from utils.figures.saturation import power
from utils.figures.test_data import plain
from utils.judge.algebra import Function, Setting
from utils.judge.code import calls
from utils.judge.code.calls import Case, call, time_limit
from utils.judge.code.way import Quantity
from utils.panels.buttons import heard
from utils.panels.derivation import derivation
from utils.panels.verdict import inline
from utils.reference import softmax
from utils.teach.slides.cut import sentences

SOFTMAX, ONE_HOT, DERIVED = map(get, ("2a_1.softmax", "00.one_hot", "2a_3.same_index"))


def judged(answer, exercise=SOFTMAX):
    verdict = exercise.check(answer)
    return verdict.state, verdict.mistake


def asked(reference, *inputs, atol=calls.ATOL, **more):
    """An exercise about `x`, judged on these inputs."""
    cases = [Case({"x": np.array(x)}, atol=atol) for x in inputs]
    bare = replace(get("2a_1.one_row"), reference=reference, inputs=lambda rng: cases, mistakes=(), laws=(), steps="")
    return replace(bare, **more)


COPY = asked(np.array, [1.0, 0.0, -1.0], [2.0, 1.0])
HALVED = Mistake("halved", lambda x: (x**2 / 2, x**3 / 2), "Both are half of what they should be.")
POWERS = asked(lambda x: (x**2, x**3), [1.0, 2.0, 3.0], [0.5, -1.5], returns=("square", "cube"), mistakes=[HALVED])
COPY_AND_CUBE = replace(POWERS, reference=lambda x: (x.copy(), x**3))
ONES = asked(lambda x: np.ones(x.shape), [1.0, -10.0], [1.0, -1000.0])
SILENT = replace(ONES, silent=True)
OVERFLOW = SOFTMAX.mistakes[0]
EXPLODES = replace(OVERFLOW, slug="explodes", formula=lambda theta: theta.nothing)
TINY, LENIENT = asked(np.exp, [-40.0], atol=0.0), asked(np.exp, [-40.0], atol=1e-10)


@pytest.mark.parametrize(("call", "state", "mistake", "words"), rows("What an answer of any kind is told"))
def test_an_answer_of_any_kind_is_told_what_it_is(call, state, mistake, words):
    exercise, answer = eval(call, vars(reference) | globals())
    verdict = exercise.check(answer)
    assert (verdict.state, verdict.mistake or "") == (state, mistake)
    assert words in f"{verdict.message}\n{verdict.detail}" and (state != "not attempted" or verdict.detail is None)


# ---- answers that misbehave ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer", [lambda theta: exec("while True: theta = theta + 1"), lambda theta: time.sleep(60)], ids=["loop", "sleep"]
)
def test_what_does_not_end_is_stopped(answer, monkeypatch):
    monkeypatch.setattr("utils.judge.code.calls.time_limit", lambda: time_limit(0.2))
    started = time.monotonic()
    assert judged(answer) == ("your code stopped", "too-slow")
    assert time.monotonic() - started < 30


@pytest.fixture
def signals():
    """By number, the signals that whoever runs the notebook hears."""
    numbers, before = [], {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGALRM)}
    for number in before:
        signal.signal(number, lambda number, _: numbers.append(number))
    yield numbers
    for number, handler in before.items():
        signal.signal(number, handler)


def test_the_stop_button_keeps_its_meaning_while_an_answer_runs(signals):
    with time_limit(5):
        signal.raise_signal(signal.SIGINT)
    assert signals == [signal.SIGINT]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as under `nohup`, or `&` in a script
    with pytest.raises(TimeoutError), time_limit(0.1):
        time.sleep(5)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_an_alarm_of_somebody_else_still_rings(signals):
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    with pytest.raises(TimeoutError), time_limit(0.1):
        time.sleep(5)
    time.sleep(0.3)
    assert signals == [signal.SIGALRM]


def test_the_readers_own_interrupt_is_not_taken_for_a_verdict():
    def interrupted(theta):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SOFTMAX.check(interrupted)


def test_an_answer_that_swallows_what_stops_it_is_stopped_all_the_same(monkeypatch):
    monkeypatch.setattr(calls, "AGAIN", 0.05)
    swallowed = []
    with pytest.raises(TimeoutError), time_limit(0.1):
        while True:
            try:
                time.sleep(60)
            except KeyboardInterrupt:
                swallowed.append(1)
                if len(swallowed) > 2:
                    raise


def test_the_time_limit_leaves_quick_work_and_its_errors_alone():
    with time_limit(5):
        pass
    with pytest.raises(ZeroDivisionError), time_limit(5):
        _ = 1 / 0
    started = time.monotonic()
    with pytest.raises(TimeoutError, match=r"0\.1 seconds"), time_limit(0.1):
        while time.monotonic() - started < 30:
            pass


def test_another_limit_can_be_set_and_one_that_cannot_be_is_refused(monkeypatch):
    monkeypatch.setenv("WORKBOOK_SECONDS", "0.5")
    assert calls._seconds() == 0.5
    for wrong in ("soon", "0", "nan"):
        monkeypatch.setenv("WORKBOOK_SECONDS", wrong)
        with pytest.raises(ValueError, match=f"WORKBOOK_SECONDS is '{wrong}'; a number of seconds above 0 would fit"):
            calls._seconds()


def test_an_answer_that_calls_itself_row_by_row_is_right_at_its_first_run():
    scope = {"np": np}
    exec(
        "def mine(theta):\n    if theta.ndim == 2:\n        return np.array([mine(row) for row in theta])\n"
        "    e = np.exp(theta - theta.max())\n    return e / e.sum()",
        scope,
    )
    assert judged(scope.pop("mine")) == ("right", None) and "mine" not in scope


def test_a_function_that_calls_itself_is_not_rescued_by_a_reference_of_the_same_name():
    scope = {"softmax": softmax}
    exec("def softmax(theta):\n    return softmax(theta)", scope)
    mine, scope["softmax"] = scope["softmax"], softmax  # as after an earlier check that was not right
    verdict = SOFTMAX.check(mine)
    assert verdict.state == "your code stopped" and "RecursionError" in verdict.message
    assert scope["softmax"] is softmax


def test_a_number_that_a_cell_above_left_behind_is_pointed_out():
    scope = {"np": np, "e": np.ones(3)}
    exec("def mine(theta):\n    return np.exp(theta) / sum(e)", scope)
    assert "reads `e`" in get("2a_1.one_row").check(scope["mine"]).message
    assert "reads" not in get("2a_1.one_row").check(lambda theta: np.exp(theta)).message


def test_a_notebook_that_turns_warnings_into_errors_is_judged_all_the_same():
    with np.errstate(all="raise"):
        assert judged(softmax) == ("right", None)
        assert judged(lambda theta: np.exp(theta) / np.exp(theta).sum(-1, keepdims=True)) == ("wrong", "overflow")


@pytest.mark.parametrize(("chosen",), rows("How a reader may print arrays"))
def test_how_the_reader_prints_arrays_does_not_change_a_counterexample(chosen):
    """With two decimals the fault may not be seen at all."""
    shown = Counterexample({"theta": np.array([[1 / 3, 1e-9], [np.nan, np.inf]])}, [np.float64(1 / 3), np.ones(9) / 7])
    before = str(shown)
    assert "3.3333e-01" in before and "1.0000e-09" in before
    with np.printoptions(**eval(f"dict({chosen})")):
        assert str(shown) == before


def test_a_million_prints_are_cut_and_the_first_are_kept(capsys):
    def talks(theta):
        for n in range(20_000):
            print("here", n)
        return softmax(theta)

    verdict = SOFTMAX.check(talks)
    assert verdict.state == "right"
    assert verdict.printed.startswith("here 0\nhere 1\n") and len(verdict.printed) < 1100
    assert verdict.printed.endswith("(and more)")
    assert capsys.readouterr().out == ""


def test_each_call_gets_arguments_of_its_own():
    def once(theta):
        theta += 1
        return softmax(theta)

    cases = SOFTMAX.inputs(np.random.default_rng(0))
    before = [case.arguments["theta"].copy() for case in cases]
    for case in cases:
        call(once, case)
    assert all(np.array_equal(case.arguments["theta"], kept) for case, kept in zip(cases, before, strict=True))


def test_different_results_for_the_same_input_are_noticed():
    called = []

    def fickle(theta):
        called.append(0)
        first_of_the_check = len(called) == 1
        if first_of_the_check or not np.array_equal(theta, [1, 0, -1]):
            return softmax(theta)
        return softmax(theta + theta)

    assert judged(fickle) == ("wrong", "not-deterministic")


# ---- what is told, and the checker's own faults ---------------------------------------------------------------------


def test_the_counterexample_is_the_smallest_and_never_tells_the_right_values():
    verdict = SOFTMAX.check(lambda theta: softmax(theta) * 0 + 0.123)
    assert list(verdict.detail.inputs) == ["theta"] and verdict.detail.inputs["theta"].shape == (3,)
    text = str(verdict.detail)
    assert "[ 1.,  0., -1.]" in text and "0.123" in text
    for value in softmax([1.0, 0.0, -1.0]):
        assert f"{value:.3f}" not in text + verdict.message


def test_a_fault_of_ours_while_an_answer_is_read_takes_its_place_alone_and_is_logged(monkeypatch, caplog):
    monkeypatch.setattr("utils.judge.judging.look", lambda *_: 1 / 0)
    monkeypatch.setattr(logging.getLogger("utils"), "handlers", [])  # where tests run it would be raised
    verdict = SOFTMAX.check(lambda theta: softmax(theta) ** 1.5)
    assert verdict.state == "wrong" and verdict.message and verdict.place is None
    assert "could not be read" in caplog.text and "ZeroDivisionError" in caplog.text


def test_what_a_notebook_has_told_numpy_to_ignore_is_noticed_all_the_same():
    with np.errstate(all="ignore"):
        outcome, _ = call(lambda x: np.exp(x), Case({"x": np.array([1e4])}))
    assert outcome.warned == ("overflow encountered in exp",)


# ---- what the parts of the screen write ---------------------------------------------------------------------------

OF_SCREENS = (Derivation, Function, Setting, compact, derivation, get, heard, inline, plain, power, sentences)
NAMES = vars(live) | {name: getattr(utils, name) for name in utils.__all__} | {it.__name__: it for it in OF_SCREENS}
NAMES |= {"OWN": {"id": "own.bad", "title": "", "hints": [], "notice": "", "minutes": 1, "level": 1}}
NAMES |= {"np": np, "due": lambda label: Quantity(np.zeros(1), 0, True, "z", label).told}  # a step that comes next


@pytest.mark.parametrize(("call", "words"), rows("What is written"))
def test_a_call_gives_these_words(call, words):
    assert eval(call, NAMES) == words


@pytest.mark.parametrize(("call", "words"), rows("What is refused"))
def test_a_call_is_refused_in_these_words(call, words):
    with pytest.raises((ValueError, live.Stopped), match=re.escape(words)):
        eval(call, NAMES)
