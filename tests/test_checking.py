"""How an answer is judged when it does something that no list of wrong formulas foresees."""

import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from utils.exercises import Counterexample, Mistake, get
from utils.judge.code.calls import Case, call, time_limit
from utils.reference import (
    cross_entropy,
    forward,
    log_softmax,
    one_hot,
    sigmoid,
    sigmoid_derivative,
    softmax,
    softmax_cross_entropy_gradient,
    softmax_jacobian,
)

SOFTMAX = get("2a_1.softmax")
LSE = get("2a_1.log_sum_exp")
LOSS = get("2a_2.cross_entropy")


def judged(answer, exercise=SOFTMAX):
    verdict = exercise.check(answer)
    return verdict.state, verdict.mistake


# ---- answers that are no function of the right kind ---------------------------------------------------------------


@pytest.mark.parametrize("nothing", [None, ...])
def test_nothing_is_not_attempted(nothing):
    assert judged(nothing) == ("not attempted", None)


@pytest.mark.parametrize("thing", [3, "softmax", np.ones(3), [softmax]])
def test_something_that_cannot_be_called_is_told_so(thing):
    verdict = SOFTMAX.check(thing)
    assert (verdict.state, verdict.mistake) == ("wrong", "not-a-function")
    assert type(thing).__name__ in verdict.message


@pytest.mark.parametrize("function", [lambda: 0, lambda theta, y: theta, lambda theta, *, T: theta])
def test_a_changed_first_line_is_told_with_both_signatures(function):
    verdict = SOFTMAX.check(function)
    assert (verdict.state, verdict.mistake) == ("wrong", "signature")
    assert "(theta)" in verdict.message


def test_parameters_may_be_renamed_and_a_callable_object_will_do():
    class Softmax:
        def __call__(self, scores):
            return softmax(scores)

    assert judged(lambda scores: softmax(scores))[0] == "right"
    assert judged(Softmax())[0] == "right"


def test_a_body_that_computes_and_returns_nothing_is_missing_its_return():
    def forgets(theta):
        e = np.exp(theta)
        e / e.sum()

    assert judged(forgets) == ("wrong", "no-return")


@pytest.mark.parametrize("result", ["0.5", {"p": 1}, [[1, 2], [3]], object(), (n for n in range(3)), np.array(["a"])])
def test_a_result_that_is_no_numbers_is_told_so(result):
    def answer(theta):
        return result

    assert judged(answer) == ("wrong", "not-numbers")


# ---- answers that misbehave ---------------------------------------------------------------------------------------


def test_an_exception_is_the_answers_own_and_shows_its_line():
    def answer(theta):
        half = theta / 2
        return half.no_such_thing

    verdict = SOFTMAX.check(answer)
    assert (verdict.state, verdict.mistake) == ("your code stopped", None)
    assert "AttributeError" in verdict.message and "`return half.no_such_thing`" in verdict.message


@pytest.mark.parametrize(
    "answer", [lambda theta: theta ^ 2, lambda theta: float(theta.flat[0]) ^ 2], ids=["array", "number"]
)
def test_a_caret_is_told_that_it_is_no_power_whatever_the_error_says(answer):
    verdict = SOFTMAX.check(answer)
    assert (verdict.state, verdict.mistake) == ("your code stopped", "caret-for-power")
    assert "write `**`" in verdict.message and "TypeError" in str(verdict.detail)


def test_endless_recursion_and_exit_are_the_answers_own():
    def recurses(theta):
        return recurses(theta)

    verdict = SOFTMAX.check(recurses)
    assert verdict.state == "your code stopped" and "RecursionError" in verdict.message
    verdict = SOFTMAX.check(lambda theta: sys.exit())
    assert verdict.state == "your code stopped" and "SystemExit" in verdict.message


def test_an_endless_loop_is_stopped(monkeypatch):
    monkeypatch.setattr("utils.judge.code.calls.time_limit", lambda: time_limit(0.2))

    def loops(theta):
        while True:
            theta = theta + 1

    verdict = SOFTMAX.check(loops)
    assert (verdict.state, verdict.mistake) == ("your code stopped", "too-slow")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no `nohup`")
@pytest.mark.parametrize("body", ["while True:\n        pass", "time.sleep(60)"])
def test_a_limit_fires_where_the_shell_has_the_interrupt_ignored(body):
    """As under `nohup`, or `&` in a script."""
    script = f"""
import signal, sys, time
from utils.exercises import get
from utils.judge.code import calls
assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
limit = calls.time_limit
calls.time_limit = lambda: limit(0.2)
def answer(theta):
    {body}
print(get("2a_1.softmax").check(answer).mistake)
assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
signal.raise_signal(signal.SIGINT)
"""
    ignoring = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    )
    command = [sys.executable, "-c", ignoring, sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout == "too-slow\n", done.stderr


def test_the_stop_button_keeps_its_meaning_while_an_answer_runs():
    pressed = []
    before = signal.signal(signal.SIGINT, lambda *_: pressed.append(1))
    try:
        with time_limit(5):
            signal.raise_signal(signal.SIGINT)
        assert pressed == [1]
        with pytest.raises(TimeoutError), time_limit(0.1):
            time.sleep(5)
        signal.raise_signal(signal.SIGINT)
        assert pressed == [1, 1]
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_sleep_is_woken(monkeypatch):
    monkeypatch.setattr("utils.judge.code.calls.time_limit", lambda: time_limit(0.2))
    started = time.monotonic()
    assert judged(lambda theta: time.sleep(60)) == ("your code stopped", "too-slow")
    assert time.monotonic() - started < 30


def test_another_limit_can_be_set_and_one_that_cannot_be_is_refused(monkeypatch):
    from utils.judge.code import calls

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


def test_a_list_that_holds_itself_is_no_numbers():
    def looped(theta):
        out = []
        out.append(out)
        return out

    assert judged(looped) == ("wrong", "not-numbers")


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


def test_the_readers_own_interrupt_is_not_taken_for_a_verdict():
    def interrupted(theta):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SOFTMAX.check(interrupted)


def test_the_time_limit_leaves_quick_work_and_its_errors_alone():
    with time_limit(5):
        pass
    with pytest.raises(ZeroDivisionError), time_limit(5):
        _ = 1 / 0
    started = time.monotonic()
    with pytest.raises(TimeoutError, match=r"0\.1 seconds"), time_limit(0.1):
        while time.monotonic() - started < 30:
            pass


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


def test_a_huge_result_is_judged_by_its_shape_alone():
    assert judged(lambda theta: np.broadcast_to(0.5, (10**6, 10**6))) == ("wrong", "shape")


def test_changing_an_argument_is_noticed_even_when_the_values_are_right():
    def changes(y, y_hat):
        J = cross_entropy(y, y_hat)
        y_hat[...] = 0
        return J

    assert judged(changes, LOSS) == ("wrong", "changed-arguments")


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
    calls = []

    def fickle(theta):
        calls.append(0)
        first_of_the_check = len(calls) == 1
        if first_of_the_check or not np.array_equal(theta, [1, 0, -1]):
            return softmax(theta)
        return softmax(theta + theta)

    assert judged(fickle) == ("wrong", "not-deterministic")


def test_nan_and_empty_results_do_not_slip_through():
    assert judged(lambda theta: np.full(theta.shape, np.nan)) == ("wrong", "not-finite")
    assert judged(lambda theta: np.array([])) == ("wrong", "shape")
    assert judged(lambda y, y_hat: np.nan, LOSS)[0] == "wrong"


def test_a_result_that_would_only_broadcast_is_a_wrong_shape():
    verdict = LSE.check(lambda theta: np.expand_dims(log_softmax(theta)[..., 0] * 0, -1))
    assert (verdict.state, verdict.mistake) == ("wrong", "shape")
    assert "(1,)" in verdict.message and "()" in verdict.message


# ---- what can be said without a name ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "answer"),
    [
        ("sign", lambda theta: -softmax(theta)),
        ("ratio", lambda theta: softmax(theta) * (len(theta) if theta.ndim == 2 else 1)),
        ("ratio", lambda theta: softmax(theta) / (len(theta) if theta.ndim == 2 else 1)),
        ("ratio", lambda theta: softmax(theta) / theta.shape[-1]),
        ("factor-2", lambda theta: 2 * softmax(theta)),
        ("ratio", lambda theta: 1.7 * softmax(theta)),
        ("offset", lambda theta: softmax(theta) + 0.25),
        ("complex", lambda theta: softmax(theta) + 0j),
        ("single-precision", lambda theta: softmax(theta).astype(np.float32)),
        ("single-precision", lambda theta: softmax(theta).astype(np.float16)),
        ("inexact", lambda theta: softmax(theta) + 1e-7),
        ("shape", lambda theta: softmax(theta)[..., None]),
        ("shape", lambda theta: softmax(theta).sum()),
        ("shape", lambda theta: softmax(theta).T if theta.ndim == 2 else softmax(theta)[:2]),
        ("wrong-axis", lambda theta: softmax(theta.T).T + 0),
        ("overflow", lambda theta: np.log(np.exp(np.exp(theta) / np.exp(theta).sum(-1, keepdims=True)))),
    ],
)
def test_a_general_reason_is_named_where_no_mistake_of_the_list_fits(slug, answer):
    exercise = replace(SOFTMAX, mistakes=())
    assert judged(answer, exercise) == ("wrong", slug)


def test_a_transposed_matrix_is_named():
    exercise = replace(
        get("2a_1.one_row"), reference=lambda theta: np.outer(theta, np.exp(theta)), mistakes=(), laws=()
    )
    assert judged(lambda theta: np.outer(np.exp(theta), theta), exercise) == ("wrong", "transpose")


def test_a_factor_is_told_by_its_cause():
    exercise = replace(get("2a_2.from_logits"), reference=softmax_cross_entropy_gradient, mistakes=(), laws=())
    assert "$N$" in exercise.check(lambda theta, y: softmax(theta) - y).message
    both = exercise.check(lambda theta, y: y - softmax(theta))
    assert both.mistake == "sign" and "The sign comes first" in both.message and "$1/N$" in both.message


def test_a_factor_is_told_although_the_values_are_inexact_besides():
    summed = lambda y, y_hat: -np.sum(y * np.log(y_hat + 1e-7))  # noqa: E731
    verdict = LOSS.check(summed)
    assert verdict.mistake == "sum-for-mean" and "$N$" in verdict.message
    one_row = replace(get("2a_1.one_row"), mistakes=())  # whose N is 1
    assert judged(lambda theta: softmax(theta) + 1e-7, one_row) == ("wrong", "inexact")


def test_a_table_of_all_pairs_is_not_told_to_sum():
    message = SOFTMAX.check(lambda theta: softmax(theta)[..., None] * np.eye(theta.shape[-1])).message
    assert "diagonal matrix" in message and "summed" not in message


@pytest.mark.parametrize("exercise_id", ["2b_3.one_row", "2b_3.input_gradient"])
def test_a_zero_below_the_fraction_bar_is_not_told_to_be_an_overflow(exercise_id):
    def by_the_matrix_route(x, y, W1, b1, W2, b2):
        _, h, theta, y_hat = forward(x, W1, b1, W2, b2)
        rows = 1 if x.ndim == 1 else len(x)
        dtheta = np.einsum("...i,...ij->...j", -y / y_hat, softmax_jacobian(theta)) / rows
        return dtheta @ W2.T * h * (1 - h) @ W1.T

    verdict = get(exercise_id).check(by_the_matrix_route)
    assert verdict.mistake == "by-way-of-probabilities"
    unnamed = replace(get(exercise_id), mistakes=()).check(by_the_matrix_route)
    assert unnamed.mistake == "overflow" and "fraction bar" in unnamed.message


def test_without_any_reason_a_law_that_is_broken_is_told():
    verdict = SOFTMAX.check(lambda theta: softmax(theta) ** 1.5)
    assert (verdict.state, verdict.mistake) == ("wrong", None)
    assert "sum to 1" in verdict.message


@pytest.mark.parametrize(
    ("where", "answer"),
    [
        ("a single row is right", lambda theta: softmax(theta) if theta.ndim == 1 else softmax(theta) ** 2),
        ("a batch is right", lambda theta: softmax(theta) if theta.ndim == 2 else softmax(theta) ** 2),
        ("ordinary ones are right", lambda theta: softmax(theta) ** (1 + (np.abs(theta).max() > 100))),
    ],
)
def test_without_any_reason_it_is_told_which_inputs_fail(where, answer):
    assert where in replace(SOFTMAX, mistakes=(), laws=()).check(answer).message


def test_two_mistakes_at_once_are_told_one_after_the_other():
    naive_sum = lambda theta, y: -np.sum(y * np.log(np.exp(theta) / np.exp(theta).sum(-1, keepdims=True)))  # noqa: E731
    naive_mean = lambda theta, y: naive_sum(theta, y) / (len(theta) if theta.ndim == 2 else 1)  # noqa: E731
    assert judged(naive_sum, get("2a_2.from_logits")) == ("wrong", "sum-for-mean")
    assert judged(naive_mean, get("2a_2.from_logits")) == ("wrong", "overflow")


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


def test_a_loop_over_rows_that_forgets_the_single_row_is_told_so():
    def by_rows(theta):
        return np.array([np.exp(row - np.max(row)) / np.sum(np.exp(row - np.max(row))) for row in theta])

    message = SOFTMAX.check(by_rows).message
    assert "a batch is right" in message and "a loop over `theta` walks over these" in message


def test_what_is_said_of_a_single_row_is_true_of_code_without_a_loop():
    message = SOFTMAX.check(lambda theta: np.einsum("nk,n->nk", softmax(theta), np.ones(len(theta)))).message
    assert "for a single row: a batch is right (a single row has one axis, of *numbers*:" in message


def test_a_part_that_stops_for_one_row_and_is_wrong_for_a_batch_is_not_said_to_be_right_for_a_batch():
    def leaves_the_last_row_out(x, W1, b1, W2, b2):
        z, h, theta, _ = forward(x, W1, b1, W2, b2)
        y_hat = np.zeros_like(theta)
        for n in range(len(x) - 1):
            y_hat[n] = softmax(theta[n])
        return z, h, theta, y_hat

    verdict = get("2b_2.forward").check(leaves_the_last_row_out)
    assert verdict.state == "your code stopped" and "batch is right" not in verdict.message


def test_an_axis_that_a_single_row_does_not_have_is_told_so():
    verdict = SOFTMAX.check(lambda theta: np.exp(theta) ** 2 / np.sum(np.exp(theta), axis=1)[:, None])
    assert (verdict.state, verdict.mistake) == ("your code stopped", "batch-only")
    assert "axis=-1" in verdict.message
    lost_in_a_batch = replace(SOFTMAX, inputs=lambda rng: [Case({"theta": rng.normal(size=(3, 4))})])
    verdict = lost_in_a_batch.check(lambda theta: theta.sum(axis=1).sum(axis=1))
    assert verdict.mistake is None and "AxisError" in verdict.message


def test_a_wrong_value_is_told_before_a_later_input_on_which_the_answer_stops():
    verdict = get("2b_1.sigmoid").check(lambda z: softmax(z))
    assert (verdict.state, verdict.mistake) == ("wrong", "softmax-for-sigmoid")
    assert verdict.detail.inputs["z"].shape == (3,)
    verdict = get("2b_3.vjp").check(lambda g, z: g * np.diag(sigmoid_derivative(z)))
    assert (verdict.state, verdict.mistake) == ("wrong", "shape") and "diagonal matrix" in verdict.message


def test_an_answer_for_one_row_is_told_that_one_row_is_right_whatever_the_axes_of_the_rest():
    def numbers(z):
        out = np.zeros(len(z))
        for i in range(len(z)):
            out[i] = 1 / (1 + np.exp(-z[i]))
        return out

    assert "for a batch: a single row is right" in get("2b_1.sigmoid").check(numbers).message


def test_a_wrong_shape_is_shown_on_the_input_of_which_it_is_told():
    verdict = LSE.check(lambda theta: theta.max() - np.log(np.sum(np.exp(theta - theta.max()))))
    assert verdict.mistake == "shape" and "shape (2, 3)" in verdict.message
    assert verdict.detail.inputs["theta"].shape == (2, 3)
    verdict = LOSS.check(lambda y, y_hat: -(np.mean(y * np.log(y_hat), axis=-1) ** 2))
    assert verdict.mistake == "shape" and verdict.detail.inputs["y"].shape == (2, 3)


def _filled(function):
    """The results of an entry-by-entry function but for the last one."""

    def answer(*arguments):
        out = np.zeros(np.shape(arguments[-1]))
        for i in range(out.shape[-1] - 1):
            out[..., i] = function(*(a[..., i] for a in arguments))
        return out

    return answer


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        ("2b_1.sigmoid", _filled(sigmoid)),
        ("2b_1.derivative_from_h", _filled(lambda h: h * (1 - h))),
        ("2b_3.vjp", _filled(lambda g, z: g * sigmoid_derivative(z))),
        ("2b_3.diagonal", lambda z: np.diag(_filled(sigmoid_derivative)(z))),
        ("2b_2.hidden", lambda x, W1, b1: (_filled(lambda v: v)(x @ W1 + b1), sigmoid(x @ W1 + b1))),
    ],
)
def test_a_loop_that_stops_one_short_is_told_by_the_zero_it_leaves(exercise, answer):
    for seed in range(5):
        verdict = get(exercise).check(answer, np.random.default_rng(seed))
        assert verdict.mistake == "zeros-left" and "stop one short" in verdict.message


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("begin at 1", lambda theta: softmax(theta) * (np.arange(theta.shape[-1]) > 0)),
        ("anew", lambda theta: softmax(theta) * (np.arange(theta.shape[-1]) == theta.shape[-1] - 1)),
        ("`return`", lambda theta: softmax(theta) * (np.arange(theta.shape[-1]) == 0)),
    ],
)
def test_zeros_that_a_loop_leaves_are_told_by_where_they_stand(said, answer):
    verdict = replace(SOFTMAX, mistakes=()).check(answer)
    assert verdict.mistake == "zeros-left" and said in verdict.message


def test_zeros_here_and_there_are_not_blamed_on_a_loop():
    assert replace(SOFTMAX, mistakes=()).check(lambda theta: softmax(theta) * (theta > 0.3)).mistake != "zeros-left"
    assert replace(SOFTMAX, mistakes=()).check(lambda theta: softmax(theta) * 0).mistake != "zeros-left"


def test_a_counterexample_shows_the_fault_and_not_only_its_shadow():
    verdict = LOSS.check(lambda y, y_hat: np.mean(-np.sum(y * np.log(y_hat + 1e-8), axis=-1)))
    assert verdict.mistake == "epsilon-patch" and not np.isclose(verdict.detail.returned, 1.204, atol=1e-3)
    verdict = SOFTMAX.check(lambda theta: np.exp(np.minimum(theta, 709.5)) / np.exp(theta).sum(-1, keepdims=True))
    assert not np.isfinite(verdict.detail.returned).all()


# ---- the counterexample, and the checker's own faults --------------------------------------------------------------


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


def test_the_message_is_the_same_at_every_run():
    for answer in (np.exp, lambda theta: softmax(theta) + 0.25, lambda theta: softmax(theta)[..., None]):
        assert len({SOFTMAX.check(answer).message for _ in range(5)}) == 1


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


def test_boolean_and_integer_and_list_results_are_taken_for_what_they_say():
    exercise = get("00.one_hot")
    for kind in (bool, int, float, np.float64):
        assert judged(lambda labels, K, kind=kind: one_hot(labels, K).astype(kind), exercise)[0] == "right"
    assert judged(lambda labels, K: one_hot(labels, K).tolist(), exercise)[0] == "right"


# ---- several results, silence, tiny values, the factor of a chain ------------------------------------------------


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
