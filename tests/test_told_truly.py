"""Answers that look right from a distance, or are wrong for another reason than it seems: what is told is true."""

import ast
import re
import warnings
from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import pytest

from tests.one_slip import from_steps, function, right_programs
from tests.pages import sections
from utils.exercises import BANK, Derivation, Exercise, get
from utils.judge.code.calls import call, same_outcome
from utils.judge.code.inside import Inside, Unreadable
from utils.judge.code.steps import parse
from utils.panels.verdict import bundle
from utils.reference import cross_entropy

FUNCTIONS = [e for e in BANK.values() if isinstance(e, Exercise)]
WITH_ARRAYS = [e for e in FUNCTIONS if e.id != "2b_2.count_parameters"]
SEEDS = 2
STATES = "wrong", "your code stopped"


def told(exercise, answer, states=STATES):
    """The name, the message and the place, which are the same at every draw."""
    draws = [()] if isinstance(exercise, Derivation) else [(np.random.default_rng(seed),) for seed in range(SEEDS)]
    found = [exercise.check(answer, *draw) for draw in draws]
    assert len({(v.state, v.mistake, v.message, v.place) for v in found}) == 1, found
    assert found[0].state in states, found
    return found[0]


def answers():
    """(heading, answer, name, words) of each row of the page, and of each block with what stands below it."""
    for heading, blocks in sections("told.md").items():
        found = [cells for block in blocks for _, cells in block.items[1:]]
        for code, told in pairwise(blocks):
            if code.kind == "code":
                found.append([code.text, *re.fullmatch(r"Told \*\*(\S+)\*\*(?:: (.*))?", told.text).groups("")])
        yield from ((heading, answer.strip("`"), name, words) for answer, name, words in found)


def source(exercise, text):
    """A function from what it returns, its statements, or steps of the right program that are written otherwise."""
    body = ast.parse(text).body
    if isinstance(body[0], ast.FunctionDef | ast.ClassDef):
        return text
    if all(isinstance(statement, ast.Assign) for statement in body):
        written = {ast.unparse(statement.targets[0]): ast.unparse(statement) for statement in body}
        right = {step.name: f"{step.name} = {' '.join(step.expression.split())}" for step in parse(exercise.steps)}
        others = {name: line for name, line in written.items() if name not in right}  # as `y = np.ceil(y)`
        return from_steps(replace(exercise, steps="\n".join((others | right | written).values())))
    *lines, last = [ast.unparse(statement) for statement in body]
    arguments = ", ".join(exercise.inputs(np.random.default_rng(0))[0].arguments)
    lines = [*lines, last if last.startswith("return") else f"return {last}"]
    return f"def answer({arguments}):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("heading", "answer", "name", "words"), [pytest.param(*row, id=f"{row[0]}-{row[2]}") for row in answers()]
)
def test_an_answer_is_told_its_name_and_what_is_true_of_it(heading, answer, name, words, recwarn):
    muted, filters = np.geterr(), list(warnings.filters)
    id, _, without = heading.partition(", without")
    exercise = replace(get(id), mistakes=(), laws=()) if without else get(id)
    given = answer if isinstance(exercise, Derivation) else function(id, source(exercise, answer))
    verdict = told(exercise, given, ["right"] if name == "right" else STATES)
    assert verdict.mistake == (None if name in ("-", "right") else name), verdict
    said = f"{verdict.message} {verdict.place or ''}"
    for word in filter(None, words.split("; ")):
        kind, _, rest = word.partition(" ")
        match kind:
            case "at":
                assert verdict.place.expression == rest.strip("`")
            case "nowhere":
                assert verdict.place is None
            case "shown":
                assert rest in str(verdict.detail)
            case "never":
                assert rest not in said
            case _:
                assert word in said
    for name, value in getattr(verdict.detail, "inputs", {}).items():  # what is shown is small
        assert callable(value) or np.size(value) <= 20, name
    assert np.geterr() == muted and warnings.filters == filters
    assert {warning.category for warning in recwarn} <= {ResourceWarning}  # the garbage collector may warn at any time


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
    name = next(name for name, value in verdict.detail.inputs.items() if np.ndim(value))
    assert name in verdict.detail.after and (f"`{name}`" in verdict.message or "caller" in verdict.message)


@pytest.mark.parametrize("exercise", [e for e in FUNCTIONS if e.level > 1 and len(e.returns) == 1], ids=lambda e: e.id)
def test_an_overflow_is_told_to_be_right_for_ordinary_inputs(exercise):
    def answer(*given):
        large = any(np.ndim(a) and np.max(np.abs(a)) > 500 for a in given if not callable(a))
        return np.asarray(exercise.reference(*given)) * (np.nan if large else 1)

    verdict = exercise.check(answer)
    assert verdict.mistake not in ("overflow", "not-finite") or "ight for ordinary" in verdict.message


@pytest.mark.parametrize("id", ["2a_2.cross_entropy", "2a_2.from_logits", "2a_3.matrix_route", "2a_3.gradient"])
def test_a_slip_that_shows_with_soft_targets_only_is_shown_on_an_input_for_paper(id):
    exercise = get(id)
    names = exercise.inputs(np.random.default_rng(0))[0].arguments

    def with_rounded_targets(*given):
        given = dict(zip(names, given, strict=True))
        y = np.eye(given["y"].shape[-1])[np.argmax(given["y"], axis=-1)]
        return exercise.reference(**given | {"y": y})

    for seed in range(SEEDS):
        y = exercise.check(with_rounded_targets, np.random.default_rng(seed)).detail.inputs["y"]
        assert y.size <= 6 and np.any((y > 0) & (y < 1))


@pytest.mark.parametrize("index", [lambda y_hat, k: k + 1, lambda y_hat, k: 2, lambda y_hat, k: -1])
def test_a_slip_of_the_index_is_told_alike_at_every_run(index):
    check = get("2a_2.surprise").check
    verdicts = [check(lambda p, k: -np.log(p[index(p, k)]), np.random.default_rng(seed)) for seed in range(10)]
    assert len({(v.state, v.mistake, v.message, str(v.detail)) for v in verdicts}) == 1


# ---- words ----------------------------------------------------------------------------------------------------------


def test_a_counterexample_shows_the_fault_and_not_only_its_shadow():
    verdict = told(get("2a_2.cross_entropy"), lambda y, y_hat: cross_entropy(y, y_hat + 1e-8))
    assert verdict.mistake == "epsilon-patch" and not np.isclose(verdict.detail.returned, 1.204, atol=1e-3)


# ---- Read from inside: reading changes nothing, and a slip is placed


DX = "2b_3.input_gradient"
HEAD = "def f(x, y, W1, b1, W2, b2):\n    z, h, theta, y_hat = forward(x, W1, b1, W2, b2)\n"
ALSO_RIGHT = [(id, source(get(id), text)) for id, text, name, _ in answers() if name == "right" and "def " in text]
READ = [*right_programs(), *ALSO_RIGHT]


@pytest.mark.parametrize(("exercise", "source"), READ, ids=[exercise for exercise, _ in READ])
def test_a_right_answer_is_right_and_does_what_it_did_when_it_is_read(exercise, source):
    answer, asked = function(exercise, source), BANK[exercise]
    assert asked.check(answer).state == "right"
    inside = Inside(answer)
    for case in asked.inputs(np.random.default_rng(0)):
        bare, _ = call(answer, case, len(asked.returns))
        assert same_outcome(inside.run(case, len(asked.returns)).outcome, bare)


@pytest.mark.parametrize("thing", [np.exp, max, type("A", (), {"__call__": lambda self, x: x})()])
def test_what_has_no_source_is_unreadable(thing):
    with pytest.raises(Unreadable):
        Inside(thing)
    scope = {}
    exec("def f(x, y, W1, b1, W2, b2):\n    return x", scope)
    assert get(DX).check(scope["f"]).place is None


def test_a_helper_of_another_cell_is_read_too():
    answer = function(DX, HEAD + "    return back((y_hat - y) / (1 if x.ndim == 1 else len(x)), W2, h) @ W1.T")
    helper = function(DX, "def back(d, W, h):\n    return d @ W.T * h")
    # The same function among other names, as if its cell stood in the same notebook.
    answer.__globals__["back"] = type(helper)(helper.__code__, answer.__globals__, "back")
    found = get(DX).check(answer).place
    assert (found.function, found.line, found.expression) == ("back", 2, "d @ W.T * h")
    assert found.lines[0].what.startswith("in `back`: ")  # whose second line it is
    assert found.last == r"$\partial J/\partial h$"


def test_the_card_shows_the_readers_lines_and_never_what_is_right():
    dtheta = "dtheta = (y_hat - y) / (1 if x.ndim == 1 else len(x))"
    source = f"{HEAD}    {dtheta}\n    dh = dtheta @ W2.T\n    return dh * h @ W1.T"
    shown = bundle(get(DX).check(function(DX, source), np.random.default_rng(0)))
    assert f"   3 ✓ {dtheta}   $\\partial J/\\partial\\theta$" in shown["text/plain"]
    assert "   5 ✗ return dh * h @ W1.T" in shown["text/plain"] and "1 - h" not in shown["text/plain"]
    assert 'aria-label="here it goes wrong"' in shown["text/html"] and "underline wavy" in shown["text/html"]


def test_the_card_keeps_the_indentation_of_a_line():
    loop = "    s = 0.0\n    for j in range(theta.shape[-1]):\n        s = e[..., j]\n    return e / s[..., None]"
    answer = function("2a_1.softmax", f"def f(theta):\n    e = np.exp(theta)\n{loop}")
    shown = bundle(get("2a_1.softmax").check(answer, np.random.default_rng(0)))
    assert "   4   for j in" in shown["text/plain"] and "   5 ✗     s = e[..., j]" in shown["text/plain"]


def test_a_function_that_was_judged_right_is_not_blamed_where_another_calls_it():
    right = "def lse(t):\n    m = t.max(axis=-1)\n    return m + np.log(np.sum(np.exp(t - m[..., None]), axis=-1))\n"
    answer = function("2a_1.log_softmax", f"def f(theta):\n    return theta - lse(theta)\n\n{right}")
    assert get("2a_1.log_softmax").check(answer).place.function == "lse"
    answer.__globals__["lse"].is_right = True  # as `@exercise` says of it
    assert get("2a_1.log_softmax").check(answer).place.expression == "lse(theta)"
