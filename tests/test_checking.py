"""How an answer is judged when it does something that no list of wrong formulas foresees."""

import logging
import signal
import time
from dataclasses import replace

import numpy as np
import pytest

from utils.exercises import Counterexample, Mistake, get
from utils.judge.code import calls
from utils.judge.code.calls import Case, call, time_limit
from utils.reference import forward, one_hot, softmax

SOFTMAX = get("2a_1.softmax")


def judged(answer, exercise=SOFTMAX):
    verdict = exercise.check(answer)
    return verdict.state, verdict.mistake


# ---- answers that are no function of the right kind ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("thing", "state", "mistake", "words"),
    [
        (None, "not attempted", None, ""),
        (..., "not attempted", None, ""),
        (3, "wrong", "not-a-function", "int"),
        ("softmax", "wrong", "not-a-function", "str"),
        (np.ones(3), "wrong", "not-a-function", "ndarray"),
        ([softmax], "wrong", "not-a-function", "list"),
        (lambda: 0, "wrong", "signature", "(theta)"),
        (lambda theta, y: theta, "wrong", "signature", "(theta)"),
        (lambda theta, *, T: theta, "wrong", "signature", "(theta)"),
    ],
)
def test_what_is_no_function_of_the_arguments_is_told_so(thing, state, mistake, words):
    verdict = SOFTMAX.check(thing)
    assert (verdict.state, verdict.mistake) == (state, mistake) and words in verdict.message


def test_parameters_may_be_renamed_and_a_callable_object_will_do():
    class Softmax:
        def __call__(self, scores):
            return softmax(scores)

    assert judged(lambda scores: softmax(scores))[0] == "right"
    assert judged(Softmax())[0] == "right"


def test_boolean_and_integer_and_list_results_are_taken_for_what_they_say():
    exercise = get("00.one_hot")
    for kind in (bool, int, float, np.float64):
        assert judged(lambda labels, K, kind=kind: one_hot(labels, K).astype(kind), exercise)[0] == "right"
    assert judged(lambda labels, K: one_hot(labels, K).tolist(), exercise)[0] == "right"


# ---- answers that misbehave ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer", [lambda theta: exec("while True: theta = theta + 1"), lambda theta: time.sleep(60)], ids=["loop", "sleep"]
)
def test_what_does_not_end_is_stopped(answer, monkeypatch):
    monkeypatch.setattr("utils.judge.code.calls.time_limit", lambda: time_limit(0.2))
    started = time.monotonic()
    assert judged(answer) == ("your code stopped", "too-slow")
    assert time.monotonic() - started < 30


def test_the_stop_button_keeps_its_meaning_while_an_answer_runs():
    pressed = []
    before = signal.signal(signal.SIGINT, lambda *_: pressed.append(1))
    try:
        with time_limit(5):
            signal.raise_signal(signal.SIGINT)
        assert pressed == [1]
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # as under `nohup`, or `&` in a script
        with pytest.raises(TimeoutError), time_limit(0.1):
            time.sleep(5)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_alarm_of_somebody_else_still_rings():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(TimeoutError), time_limit(0.1):
            time.sleep(5)
        time.sleep(0.5)
        assert rung == [1]
    finally:
        signal.signal(signal.SIGALRM, before)


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


def test_an_error_that_cannot_say_what_it_is_stays_the_answers_own():
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError("no words")

    def raises(theta):
        raise Mute

    verdict = SOFTMAX.check(raises)
    assert verdict.state == "your code stopped" and "Mute" in verdict.message


@pytest.mark.parametrize(
    "chosen",
    [
        {"formatter": {"float": "{:.2f}".format}},
        {"precision": 1, "suppress": True},
        {"threshold": 2, "edgeitems": 1, "linewidth": 20},
        {"sign": "+", "floatmode": "fixed", "nanstr": "-", "infstr": "oo"},
        {"legacy": "1.13"},
    ],
    ids=["formatter", "precision", "threshold", "sign", "legacy"],
)
def test_how_the_reader_prints_arrays_does_not_change_a_counterexample(chosen):
    """With two decimals the fault may not be seen at all."""
    shown = Counterexample({"theta": np.array([[1 / 3, 1e-9], [np.nan, np.inf]])}, [np.float64(1 / 3), np.ones(9) / 7])
    before = str(shown)
    assert "3.3333e-01" in before and "1.0000e-09" in before
    with np.printoptions(**chosen):
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


def test_warnings_of_an_answer_do_not_reach_the_page(recwarn):
    assert judged(lambda theta: np.exp(theta) / np.exp(theta).sum(-1, keepdims=True)) == ("wrong", "overflow")
    assert {warning.category for warning in recwarn} <= {ResourceWarning}  # the garbage collector may warn at any time


def test_each_call_gets_arguments_of_its_own():
    def once(theta):
        theta += 1
        return softmax(theta)

    cases = SOFTMAX.inputs(np.random.default_rng(0))
    before = [case.arguments["theta"].copy() for case in cases]
    for case in cases:
        call(once, case)
    assert all(np.array_equal(case.arguments["theta"], kept) for case, kept in zip(cases, before, strict=True))


def test_a_view_of_the_input_is_noticed():
    exercise = replace(SOFTMAX, reference=lambda theta: np.array(theta), mistakes=(), laws=())
    assert judged(lambda theta: theta[:], exercise) == ("wrong", "view-of-input")
    assert judged(lambda theta: theta.copy(), exercise) == ("right", None)


def test_an_answer_that_hands_out_one_buffer_is_judged_by_what_it_said_each_time():
    buffers = {}

    def reuses(theta):
        out = buffers.setdefault(theta.shape, np.empty(theta.shape))
        out[...] = softmax(theta)
        return out

    assert judged(reuses)[0] == "right"


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


def test_a_transposed_matrix_is_named():
    exercise = replace(
        get("2a_1.one_row"), reference=lambda theta: np.outer(theta, np.exp(theta)), mistakes=(), laws=()
    )
    assert judged(lambda theta: np.outer(np.exp(theta), theta), exercise) == ("wrong", "transpose")


def test_a_part_that_stops_for_one_row_and_is_wrong_for_a_batch_is_not_said_to_be_right_for_a_batch():
    def leaves_the_last_row_out(x, W1, b1, W2, b2):
        z, h, theta, _ = forward(x, W1, b1, W2, b2)
        y_hat = np.zeros_like(theta)
        for n in range(len(x) - 1):
            y_hat[n] = softmax(theta[n])
        return z, h, theta, y_hat

    verdict = get("2b_2.forward").check(leaves_the_last_row_out)
    assert verdict.state == "your code stopped" and "batch is right" not in verdict.message


def test_the_counterexample_is_the_smallest_and_never_tells_the_right_values():
    verdict = SOFTMAX.check(lambda theta: softmax(theta) * 0 + 0.123)
    assert list(verdict.detail.inputs) == ["theta"] and verdict.detail.inputs["theta"].shape == (3,)
    text = str(verdict.detail)
    assert "[ 1.,  0., -1.]" in text and "0.123" in text
    for value in softmax([1.0, 0.0, -1.0]):
        assert f"{value:.3f}" not in text + verdict.message


def test_a_text_that_is_returned_is_not_taken_for_what_happened():
    detail = SOFTMAX.check(lambda theta: "stopped").detail
    assert str(detail).endswith("your function returned 'stopped'")


@pytest.mark.parametrize(
    "broken",
    [
        {"reference": lambda theta: 1 / 0},
        {"inputs": lambda rng: 1 / 0},
        {"inputs": lambda rng: [Case({"theta": "three"})]},
        {"mistakes": [None]},
    ],
    ids=["reference", "inputs", "arguments", "mistakes"],
)
def test_a_fault_of_the_checker_is_never_blamed_on_the_answer(broken):
    verdict = replace(SOFTMAX, **broken).check(lambda theta: theta)
    assert (verdict.state, verdict.mistake) == ("checker fault", None)
    assert "not yours" in verdict.message


def test_a_mistake_formula_that_fails_itself_takes_no_diagnosis_away():
    explodes = replace(SOFTMAX.mistakes[0], slug="explodes", formula=lambda theta: theta.nothing)
    exercise = replace(SOFTMAX, mistakes=[explodes, *SOFTMAX.mistakes])
    assert judged(SOFTMAX.mistakes[0].formula, exercise) == ("wrong", "overflow")


def test_a_fault_of_ours_while_an_answer_is_read_takes_its_place_alone_and_is_logged(monkeypatch, caplog):
    monkeypatch.setattr("utils.judge.judging.look", lambda *_: 1 / 0)
    monkeypatch.setattr(logging.getLogger("utils"), "handlers", [])  # where tests run it would be raised
    verdict = SOFTMAX.check(lambda theta: softmax(theta) ** 1.5)
    assert verdict.state == "wrong" and verdict.message and verdict.place is None
    assert "could not be read" in caplog.text and "ZeroDivisionError" in caplog.text


# ---- several results, silence, tiny values --------------------------------------------------------------------------


def two_rows(rng):
    return [Case({"x": np.array([1.0, 2.0, 3.0])}), Case({"x": rng.normal(0, 1, 5)})]


POWERS = replace(
    get("2a_1.one_row"),
    reference=lambda x: (x**2, x**3),
    inputs=two_rows,
    returns=("square", "cube"),
    mistakes=[Mistake("halved", lambda x: (x**2 / 2, x**3 / 2), "Both are half of what they should be.")],
    laws=(),
)


def test_several_results_are_judged_one_after_the_other():
    assert judged(lambda x: (x**2, x**3), POWERS)[0] == "right"
    assert judged(lambda x: [x * x, (x * x * x).tolist()], POWERS)[0] == "right"
    verdict = POWERS.check(lambda x: (x**2, -(x**3)))
    assert (verdict.state, verdict.mistake) == ("wrong", "sign")
    assert verdict.message.startswith("`cube` is the first of your results that is wrong.")
    assert str(verdict.detail).endswith("your function returned cube = [ -1.,  -8., -27.]")
    assert POWERS.check(lambda x: (x**2 + 0.5, -(x**3))).message.startswith("`square`")


def test_a_mistake_of_several_results_is_known_by_all_of_them():
    assert judged(lambda x: (x**2 / 2, x**3 / 2), POWERS) == ("wrong", "halved")
    assert judged(lambda x: (x**2 / 2, x**3), POWERS) == ("wrong", "factor-2")


@pytest.mark.parametrize(
    ("answer", "has"),
    [
        (lambda x: x**2, "one array of shape (3,)"),
        (lambda x: (x**2, x**3, x), "a tuple of 3"),
        (lambda x: (x**2, x**3, 0.0), "a tuple of 3"),
        (lambda x: {"square": x**2}, "a dict"),
    ],
)
def test_another_number_of_results_is_told_with_the_names_that_are_asked(answer, has):
    verdict = POWERS.check(answer)
    assert (verdict.state, verdict.mistake) == ("wrong", "returns")
    assert has in verdict.message and "`return square, cube`" in verdict.message


def test_of_several_results_none_may_be_an_argument_itself():
    exercise = replace(POWERS, reference=lambda x: (x.copy(), x**3))
    assert judged(lambda x: (x, x**3), exercise) == ("wrong", "view-of-input")


def test_several_results_that_stop_or_never_come_are_told_as_one_would_be():
    assert judged(lambda x: x[9], POWERS)[0] == "your code stopped"
    assert judged(lambda x: print(x), POWERS) == ("wrong", "no-return")


def test_an_exercise_may_ask_that_nothing_warns():
    ones = replace(
        get("2a_1.one_row"),
        reference=lambda theta: np.ones(theta.shape),
        inputs=lambda rng: [Case({"theta": np.array([1.0, -10.0])}), Case({"theta": np.array([1.0, -1000.0])})],
        mistakes=(),
        laws=(),
    )
    careful = lambda theta: 1 + 0 * theta  # noqa: E731
    assert judged(careful, ones)[0] == judged(careful, replace(ones, silent=True))[0] == "right"
    lucky = lambda theta: np.minimum(np.exp(-theta), 1) ** 0  # noqa: E731
    assert judged(lucky, ones)[0] == "right"
    verdict = replace(ones, silent=True).check(lucky)
    assert (verdict.state, verdict.mistake) == ("wrong", "warns")
    assert "overflow encountered in exp" in verdict.message


def test_what_a_notebook_has_told_numpy_to_ignore_is_noticed_all_the_same():
    with np.errstate(all="ignore"):
        outcome, _ = call(lambda x: np.exp(x), Case({"x": np.array([1e4])}))
    assert outcome.warned == ("overflow encountered in exp",)


def test_a_case_may_ask_for_the_digits_of_a_tiny_value():
    tiny = Case({"theta": np.array([-40.0])}, atol=0.0)
    exercise = replace(
        get("2a_1.one_row"), reference=np.exp, inputs=lambda rng: [tiny], mistakes=(), laws=(), notice="Right."
    )
    assert judged(np.exp, exercise)[0] == "right"
    assert judged(lambda theta: 1 + np.tanh(theta), exercise)[0] == "wrong"
    lenient = replace(exercise, inputs=lambda rng: [replace(tiny, atol=1e-10)])
    assert judged(lambda theta: 1 + np.tanh(theta), lenient)[0] == "right"
