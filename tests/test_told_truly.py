"""Answers that look right from a distance, or are wrong for another reason than it seems: what is told is true."""

import ast
import json
import re
import warnings
from dataclasses import replace
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pytest

from tests.one_slip import from_steps, function
from utils.bank.markdown import Page, split
from utils.exercises import BANK, Derivation, Exercise, get
from utils.judge.code.steps import parse
from utils.reference import cross_entropy

FUNCTIONS = [e for e in BANK.values() if isinstance(e, Exercise)]
WITH_ARRAYS = [e for e in FUNCTIONS if e.id != "2b_2.count_parameters"]
SEEDS = 2
STATES = "wrong", "your code stopped"
TIMES_N = "(And your values are that times $N$, the"


def told(exercise, answer, states=STATES):
    """The name, the message and the place, which are the same at every draw."""
    draws = [()] if isinstance(exercise, Derivation) else [(np.random.default_rng(seed),) for seed in range(SEEDS)]
    found = [exercise.check(answer, *draw) for draw in draws]
    assert len({(v.state, v.mistake, v.message, v.place) for v in found}) == 1, found
    assert found[0].state in states, found
    return found[0]


def rows(a):
    return len(a) if np.ndim(a) == 2 else 1


def table():
    """(heading, answer, name, words) of each row of the page, and of each block with what stands below it."""
    for heading, blocks in split(Page(Path(__file__).with_name("told.md")).blocks(), "h2")[1:]:
        answers = [cells for block in blocks for _, cells in block.items[1:]]
        for code, told in pairwise(blocks):
            if code.kind == "code":
                answers.append([code.text, *re.fullmatch(r"Told \*\*(\S+)\*\*(?:: (.*))?", told.text).groups("")])
        for answer, name, words in answers:
            yield pytest.param(heading.text, answer.strip("`"), name, words, id=f"{heading.text.split(',')[0]}-{name}")


def source(exercise, text):
    """A function from what it returns, its statements, or steps of the right program that are written otherwise."""
    body = ast.parse(text).body
    if isinstance(body[0], ast.FunctionDef):
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


@pytest.mark.parametrize(("heading", "answer", "name", "words"), list(table()))
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


@pytest.mark.parametrize(
    ("id", "slug", "words"),
    [
        *(("2a_2.cross_entropy", slug, "") for slug in ("swapped", "hard-labels-only", "unweighted", "squared-error")),
        ("2a_2.cross_entropy", "entropy-of-y_hat", ""),
        *(("2a_3.gradient", slug, TIMES_N) for slug in ("forgot-y", "every-row-minus-one", "stopped-early")),
        *(("2a_3.gradient", slug, TIMES_N) for slug in ("wrong-axis", "one-total")),
    ],
)
def test_a_known_mistake_keeps_its_name_where_the_mean_is_forgotten_too(id, slug, words):
    exercise = get(id)
    formula = next(m.formula for m in exercise.mistakes if m.slug == slug)
    verdict = told(exercise, lambda *given: rows(given[0]) * formula(*given))
    assert verdict.mistake == slug and words in verdict.message


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


@pytest.mark.parametrize("id", ["3_1.forward_difference", "3_1.central_difference", "3_1.complex_step"])
def test_the_task_says_that_x_may_hold_integers(id):
    for folder in ("solutions", "notebooks"):
        page = json.loads((Path(folder) / "3_1_gradient_check.ipynb").read_text(encoding="utf-8"))
        cell = next("".join(c["source"]) for c in page["cells"] if f'@exercise("{id}")' in "".join(c["source"]))
        assert "integers" in cell


def test_a_counterexample_shows_the_fault_and_not_only_its_shadow():
    verdict = told(get("2a_2.cross_entropy"), lambda y, y_hat: cross_entropy(y, y_hat + 1e-8))
    assert verdict.mistake == "epsilon-patch" and not np.isclose(verdict.detail.returned, 1.204, atol=1e-3)
