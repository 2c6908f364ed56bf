"""Answers that look right from a distance, or are wrong for another reason than it seems: what is told is true."""

import ast
import json
import re
import warnings
from dataclasses import replace
from functools import partial
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from tests.one_slip import from_steps, function
from utils.exercises import BANK, Exercise, get
from utils.judge.code.steps import parse
from utils.judge.code.way import Quantity
from utils.reference import cross_entropy, forward, input_gradient, softmax

FUNCTIONS = [e for e in BANK.values() if isinstance(e, Exercise)]
WITH_ARRAYS = [e for e in FUNCTIONS if e.id != "2b_2.count_parameters"]
SEEDS = 2


def told(exercise, answer, states=("wrong", "your code stopped")):
    """The name, the message and the place, which are the same at every draw."""
    found = [exercise.check(answer, np.random.default_rng(seed)) for seed in range(SEEDS)]
    assert len({(v.state, v.mistake, v.message, v.place) for v in found}) == 1, found
    assert found[0].state in states, found
    return found[0]


def rows(a):
    return len(a) if np.ndim(a) == 2 else 1


def table():
    """(heading, answer, name, words) of each row of the page."""
    heading = ""
    for line in Path(__file__).with_name("told.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line[3:]
        elif line.startswith("| `"):
            answer, name, words = re.fullmatch(r"\| `(.*?)` \| (\S+) \| (.*?) ?\|", line).groups()
            yield pytest.param(heading, answer, name, words, id=f"{heading.split(',')[0]}-{name}")


def source(exercise, text):
    """A function from what it returns, its statements, or steps of the right program that are written otherwise."""
    body = ast.parse(text).body
    if all(isinstance(statement, ast.Assign) for statement in body):
        written = {ast.unparse(statement.targets[0]): ast.unparse(statement) for statement in body}
        right = {step.name: f"{step.name} = {' '.join(step.expression.split())}" for step in parse(exercise.steps)}
        others = {name: line for name, line in written.items() if name not in right}  # as `y = np.ceil(y)`
        return from_steps(replace(exercise, steps="\n".join((others | right | written).values())))
    *lines, last = [ast.unparse(statement) for statement in body]
    arguments = ", ".join(exercise.inputs(np.random.default_rng(0))[0].arguments)
    lines = [*lines, last if last.startswith("return") else f"return {last}"]
    return f"def answer({arguments}):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(("heading", "answer", "name", "words"), list(table()))
def test_an_answer_is_told_its_name_and_what_is_true_of_it(heading, answer, name, words):
    id, _, without = heading.partition(", without")
    exercise = replace(get(id), mistakes=(), laws=()) if without else get(id)
    states = {"states": ["right"]} if name == "right" else {}
    verdict = told(exercise, function(id, source(exercise, answer)), **states)
    assert verdict.mistake == (None if name in ("-", "right") else name), verdict
    for word in filter(None, words.split("; ")):
        if word.startswith("at `"):
            assert verdict.place.expression == word[4:-1]
        else:
            assert word in verdict.message or (word == "again" and verdict.place.again)
    for name, value in verdict.detail.inputs.items() if verdict.detail else ():  # what is shown is small
        assert callable(value) or np.size(value) <= 20, name


def in_place(g, x, h, below):
    """A difference quotient that moves the caller's own array by h and -below * h, and puts each old value back."""
    x = x.astype(float, copy=False)
    d = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + h
        above = g(x)
        x[i] = old - below * h
        d[i] = (above - g(x)) / ((1 + below) * h)
        x[i] = old
    return d


def complex_entry_by_entry(g, x, h):
    d = np.zeros(x.shape)
    for i in np.ndindex(d.shape):
        e = np.zeros(d.shape)
        e[i] = h
        d[i] = np.imag(g(x + 1j * e)) / h
    return d


def test_a_derivative_may_be_found_entry_by_entry_in_the_callers_own_array():
    assert told(get("3_1.forward_difference"), partial(in_place, below=0), ["right"])
    assert told(get("3_1.central_difference"), partial(in_place, below=1), ["right"])
    assert told(get("3_1.complex_step"), complex_entry_by_entry, ["right"])


# ---- several results, several inputs --------------------------------------------------------------------------------


@pytest.mark.parametrize("exercise", [e for e in FUNCTIONS if len(e.returns) > 1], ids=lambda e: e.id)
def test_results_in_any_other_order_are_told_so(exercise):
    for order in list(permutations(range(len(exercise.returns))))[1::4]:
        verdict = exercise.check(lambda *given, order=order: [exercise.reference(*given)[i] for i in order])
        assert verdict.mistake == "results-exchanged" and ", ".join(exercise.returns) in verdict.message


@pytest.mark.parametrize("exercise", WITH_ARRAYS, ids=lambda e: e.id)
def test_a_result_that_is_kept_for_the_next_input_of_its_shape_is_no_right_answer(exercise):
    for seed in range(SEEDS):
        before = {}

        def answer(*given, before=before):
            shapes = tuple(np.shape(value) if np.ndim(value) or callable(value) else value for value in given)
            return before.setdefault(shapes, exercise.reference(*given))

        verdict = exercise.check(answer, np.random.default_rng(seed))
        assert verdict.state == "wrong"
        assert verdict.mistake == "kept-result" or exercise.id == "3_1.gradient_check"  # whose results are yes or no


@pytest.mark.parametrize("exercise", WITH_ARRAYS, ids=lambda e: e.id)
def test_an_argument_that_is_changed_is_named(exercise):
    def answer(*given):
        result = exercise.reference(*given)
        next(value for value in given if np.ndim(value))[...] = 1
        return result

    verdict = exercise.check(answer)
    assert verdict.mistake in ("changed-arguments", "restored-by-arithmetic")
    given = exercise.inputs(np.random.default_rng(0))[0].arguments
    name = next(name for name, value in given.items() if np.ndim(value))
    assert f"`{name}`" in verdict.message or "caller" in verdict.message


@pytest.mark.parametrize("exercise", [e for e in FUNCTIONS if e.level > 1 and len(e.returns) == 1], ids=lambda e: e.id)
def test_an_overflow_is_told_to_be_right_for_ordinary_inputs(exercise):
    def answer(*given):
        large = any(np.ndim(a) and np.max(np.abs(a)) > 500 for a in given if not callable(a))
        return np.asarray(exercise.reference(*given)) * (np.nan if large else 1)

    verdict = exercise.check(answer)
    assert verdict.mistake not in ("overflow", "not-finite") or "ight for ordinary" in verdict.message


@pytest.mark.parametrize("id", ["2a_2.cross_entropy", "2a_2.from_logits", "2a_3.gradient", "2b_3.input_gradient"])
@pytest.mark.parametrize(
    ("factor", "names"),
    [
        (lambda n, k: n, {"sum-for-mean", "no-1/N"}),
        (lambda n, k: 1 / n, {"1/N-twice"}),
        (lambda n, k: -n, {"sign", "lost-sign-loss"}),
        (lambda n, k: -1 / n, {"sign"}),
        (lambda n, k: 1 / k, {"mean-over-everything", "1/K"}),
        (lambda n, k: n / k, {"1/K"}),
        (lambda n, k: 2, {"factor-2"}),
    ],
)
def test_a_factor_has_one_name_in_every_exercise(id, factor, names):
    exercise = get(id)
    first = 1 if id == "2b_3.input_gradient" else 0
    answer = lambda *given: exercise.reference(*given) * factor(rows(given[0]), given[first].shape[-1])  # noqa: E731
    verdict = told(exercise, answer)
    assert verdict.mistake in names
    if verdict.mistake == "sign" and "$1/N$" in verdict.message:  # of a sign and a missing mean the sign comes first
        assert verdict.message.lower().index("sign") < verdict.message.index("$1/N$")


@pytest.mark.parametrize("slug", ["swapped", "hard-labels-only", "unweighted", "squared-error", "entropy-of-y_hat"])
def test_a_known_mistake_keeps_its_name_beside_a_sum(slug):
    exercise = get("2a_2.cross_entropy")
    formula = next(m.formula for m in exercise.mistakes if m.slug == slug)
    assert told(exercise, lambda y, y_hat: rows(y) * formula(y, y_hat)).mistake == slug


@pytest.mark.parametrize("slug", ["forgot-y", "every-row-minus-one", "stopped-early", "wrong-axis", "one-total"])
def test_a_slip_in_the_gradient_keeps_its_name_where_the_mean_is_forgotten_too(slug):
    exercise = get("2a_3.gradient")
    mistake = next(m for m in exercise.mistakes if m.slug == slug)
    verdict = exercise.check(lambda theta, y: mistake.formula(theta, y) * len(theta))
    assert verdict.mistake == slug and "(And your values are that times $N$, the" in verdict.message


@pytest.mark.parametrize("id", ["2a_2.cross_entropy", "2a_2.from_logits", "2a_3.matrix_route", "2a_3.gradient"])
def test_a_slip_that_shows_with_soft_targets_only_is_shown_on_an_input_for_paper(id):
    exercise = get(id)
    at = list(exercise.inputs(np.random.default_rng(0))[0].arguments).index("y")

    def with_rounded_targets(*given):
        y = np.eye(given[at].shape[-1])[np.argmax(given[at], axis=-1)]
        return exercise.reference(*given[:at], y, *given[at + 1 :])

    for seed in range(SEEDS):
        y = exercise.check(with_rounded_targets, np.random.default_rng(seed)).detail.inputs["y"]
        assert y.size <= 6 and np.any((y > 0) & (y < 1))


@pytest.mark.parametrize("index", [lambda y_hat, k: k + 1, lambda y_hat, k: 2, lambda y_hat, k: -1])
def test_a_slip_of_the_index_is_told_alike_at_every_run(index):
    check = get("2a_2.surprise").check
    verdicts = [check(lambda p, k: -np.log(p[index(p, k)]), np.random.default_rng(seed)) for seed in range(10)]
    assert len({(v.state, v.mistake, v.message, str(v.detail)) for v in verdicts}) == 1


@pytest.mark.parametrize("id", ["2b_3.one_row", "2b_3.input_gradient"])
def test_a_gradient_with_a_part_that_moves_no_z_is_told_so(id):
    """It is a fact that can be checked without knowing the gradient."""
    law, given = get(id).laws[0], get("2b_3.one_row").inputs(np.random.default_rng(0))[0].arguments
    right = input_gradient(**given)
    assert law(*given.values(), right) is None
    assert "without changing any $z$" in law(*given.values(), right + 1)


# ---- single rows and batches ----------------------------------------------------------------------------------------


def test_a_slip_of_single_rows_is_told_although_another_one_is_made_in_batches():
    def answer(theta):
        return np.exp(theta) if theta.ndim == 1 else softmax(theta)[:, :-1] @ theta

    verdict = told(get("2a_1.softmax"), answer)
    assert verdict.mistake == "not-normalised" and "something else is wrong besides" in verdict.message


def test_where_single_rows_only_stop_the_slip_in_batches_is_named():
    def answer(x, y, W1, b1, W2, b2):
        _, h, _, y_hat = forward(x, W1, b1, W2, b2)
        dtheta = (y_hat - y) / rows(x)
        dz = dtheta @ W2.T * h * (1 - h)
        return x.T @ dz, dz.sum(axis=0, keepdims=True), h.T @ dtheta, dtheta.sum(axis=0, keepdims=True)

    verdict = told(get("3_3.parameter_gradients"), answer)
    assert verdict.mistake == "keepdims" and "For a single row something else is wrong besides" in verdict.message


def test_where_a_single_row_stops_no_place_of_a_batch_stands_beside_it():
    def answer(x, y, W1, b1, W2, b2):
        _, h, _, y_hat = forward(x, W1, b1, W2, b2)
        dtheta = (y_hat - y) / len(x)
        dW2 = h.T @ dtheta
        dz = dtheta @ W2.T * h * (1 - h)
        return x.T @ dz, dz.sum(axis=0), dW2, dtheta.mean(axis=0)

    verdict = told(get("3_3.parameter_gradients"), answer)
    assert "`dW2 = h.T @ dtheta`" in verdict.message and verdict.place is None


def test_a_loop_that_writes_each_entry_once_is_not_told_to_add():
    def answer(theta):
        p = softmax(theta)
        J = np.zeros((len(p), len(p)))
        for i in range(len(p)):
            for j in range(len(p)):
                if i == j:
                    J[i, j] = p[i] * (1 - p[i])
                else:
                    J[i, j] = p[i] * p[j]  # taken off zeros, this would be right
        return J

    verdict = told(get("2a_3.jacobian"), answer)
    assert verdict.mistake == "lost-minus" and "all turns" not in f"{verdict.place}"


def test_what_is_told_of_a_batch_is_shown_on_a_batch():
    def answer(theta):
        top = theta.max(axis=-1, keepdims=True)
        return top + np.log(np.exp(theta - top).sum(axis=-1))

    verdict = told(get("2a_1.log_sum_exp"), answer)
    assert verdict.mistake == "mixed-keepdims" and verdict.detail.inputs["theta"].ndim == 2


# ---- what is muted --------------------------------------------------------------------------------------------------

NAIVE = "return 1 / (1 + np.exp(-z))"
MUTED = {
    "errstate": f"def answer(z):\n    with np.errstate(over='ignore'):\n        {NAIVE}",
    "all": f"def answer(z):\n    with np.errstate(all='ignore'):\n        {NAIVE}",
    "decorator": f"@np.errstate(over='ignore')\ndef answer(z):\n    {NAIVE}",
    "warnings": "def answer(z):\n    import warnings\n    with warnings.catch_warnings():\n"
    f"        warnings.simplefilter('ignore')\n        {NAIVE}",
    "filter": f"def answer(z):\n    import warnings\n    warnings.filterwarnings('ignore', 'overflow')\n    {NAIVE}",
    "seterr": f"def answer(z):\n    old = np.seterr(over='ignore')\n    try:\n        {NAIVE}\n"
    "    finally:\n        np.seterr(**old)",
    "helper": "def answer(z):\n    return helper(z)\n\ndef helper(z):\n    with np.errstate(over='ignore'):\n"
    f"        {NAIVE}",
}


@pytest.mark.parametrize("text", MUTED.values(), ids=MUTED)
def test_what_was_muted_is_said(text):
    before, filters = np.geterr(), list(warnings.filters)
    verdict = get("2b_1.sigmoid").check(function("2b_1.sigmoid", text + "\n"))
    assert verdict.state == "right"
    assert "overflow encountered in exp" in verdict.message and "said nothing" not in verdict.message
    assert np.geterr() == before and warnings.filters == filters


def test_a_careful_answer_that_mutes_nothing_is_not_told_of_muting():
    def careful(z):
        with np.errstate(over="ignore"):
            return np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))

    exercise = get("2b_1.sigmoid")
    assert exercise.check(careful).message == exercise.notice


# ---- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ["3_1.forward_difference", "3_1.central_difference", "3_1.complex_step"])
def test_the_task_says_that_x_may_hold_integers(id):
    for folder in ("solutions", "notebooks"):
        page = json.loads((Path(folder) / "3_1_gradient_check.ipynb").read_text(encoding="utf-8"))
        cell = next("".join(c["source"]) for c in page["cells"] if f'@exercise("{id}")' in "".join(c["source"]))
        assert "integers" in cell


def test_an_example_tells_where_a_named_answer_stopped_and_not_what_numpy_says_of_it():
    answer = function("2b_3.one_row", source(get("2b_3.one_row"), "return forward(x, W1, b1, W2, b2)[3] @ W2"))
    detail = told(get("2b_3.one_row"), answer).detail
    assert "ValueError in line" in str(detail) and "matmul" not in str(detail)


def test_a_counterexample_shows_the_fault_and_not_only_its_shadow():
    verdict = told(get("2a_2.cross_entropy"), lambda y, y_hat: cross_entropy(y, y_hat + 1e-8))
    assert verdict.mistake == "epsilon-patch" and not np.isclose(verdict.detail.returned, 1.204, atol=1e-3)


@pytest.mark.parametrize(
    ("label", "told"),
    [
        (r"$z = xW_1 + b_1$", "$z$"),
        (r"$z = xW_1$, the inputs", "$z$, the inputs"),
        (r"$y_i \log\hat y_i$, and 0 where $y_i = 0$", r"$y_i \log\hat y_i$, and 0 where $y_i = 0$"),
    ],
)
def test_of_what_is_due_the_name_is_told_and_its_condition_but_not_its_formula(label, told):
    assert Quantity(np.zeros(1), 0, True, "z", label).told == told
