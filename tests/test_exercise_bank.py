"""The walk over the bank: every mistake is rejected and called by its own name and by no other, every right way to
write an answer passes, and every exercise has all that a student is promised."""

import pickle
import traceback
from dataclasses import replace
from functools import lru_cache
from itertools import combinations

import numpy as np
import pytest

from tests.pages import rows
from utils.exercises import BANK, Choice, Exercise
from utils.judge.bank import names
from utils.judge.code.calls import Case, agree, call
from utils.judge.code.diagnosis import Evidence
from utils.judge.code.steps import parse, run

FUNCTIONS, CHOICES = ([e for e in BANK.values() if isinstance(e, kind)] for kind in (Exercise, Choice))
MISTAKES = [pytest.param(e, i, id=f"{e.id}-{m.slug}-{i}") for e in FUNCTIONS for i, m in enumerate(e.mistakes)]
of_functions = pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.id)

NOISE = names()["is_more_than_noise"], names()["gradient_is_more_than_noise"]  # these compare with what is right
# Steps that may have one value: a mean over a single row changes nothing, and a right gradient is the measured one.
BY_NATURE = {
    "2a_2.cross_entropy": {("losses", "J")},
    "2a_2.from_logits": {("losses", "J")},
    "3_1.gradient_check": {("claimed", "numeric"), ("same_shape", "agrees"), ("same_shape", "error")},
    "3_3.parameter_gradients": {("dz", "db1"), ("dtheta", "db2")},
}
# Inputs are fresh at each check, so a mistake that is told from another only by luck shows within a few.
DRAWS = 5


class Known:
    """A function of which is known already what it does on these cases."""

    def __init__(self, function, exercise, cases):
        self.function, self.results = function, len(exercise.returns)
        self.outcomes = {id(case): call(function, case, self.results) for case in cases}

    def __call__(self, *arguments):
        return self.function(*arguments)


@call.register
def _(known: Known, case, results=1, loud=False):
    return (not loud and known.outcomes.get(id(case))) or call(known.function, case, results, loud)


@lru_cache(maxsize=1)  # mistakes are tried exercise by exercise
def at_draws(id):
    """An exercise at a few fixed draws, every formula of it called once on each case: n calls, not n times n."""
    exercise, drawn = BANK[id], []
    for seed in range(DRAWS):
        cases = exercise.inputs(np.random.default_rng(seed))
        known = [replace(m, formula=Known(m.formula, exercise, cases)) for m in exercise.mistakes]
        drawn.append((cases, replace(exercise, inputs=lambda rng, cases=cases: cases, mistakes=known)))
    return drawn


@pytest.mark.parametrize(("exercise", "i"), MISTAKES)
def test_a_mistake_is_rejected_and_called_by_its_own_name_and_by_no_other(exercise, i):
    for cases, drawn in at_draws(exercise.id):
        mistake = drawn.mistakes[i]
        verdict = drawn.check(mistake.formula)
        assert verdict.state in ("wrong", "your code stopped"), verdict
        assert verdict.mistake == mistake.slug
        assert verdict.detail is not None
        seen = [Evidence(case, mistake.formula.outcomes[id(case)][0], None) for case in cases]
        later = replace(drawn, mistakes=drawn.mistakes[i + 1 :])  # the check has asked those before it
        assert {found.slug for found in later.recognised(seen)} <= {mistake.slug}


@of_functions
def test_a_right_answer_passes_however_it_is_written_and_rounded(exercise):
    def noisy(*arguments):
        result = exercise.reference(*arguments)
        several = len(exercise.returns) > 1
        return tuple(part * (1 + 1e-12) for part in result) if several else np.asarray(result) * (1 + 1e-12)

    for right in (exercise.reference, noisy, *exercise.accepts):
        for seed in range(DRAWS):
            verdict = exercise.check(right, np.random.default_rng(seed))
            assert verdict.state == "right", verdict


@of_functions
def test_every_stub_is_not_attempted(exercise):
    names = ", ".join(exercise.inputs(np.random.default_rng(0))[0].arguments)
    for (body,) in rows("What a stub can hold"):
        namespace = {}
        exec(f"def stub({names}):\n    {body}", namespace)
        verdict = exercise.check(namespace["stub"])
        assert (verdict.state, verdict.mistake, verdict.detail) == ("not attempted", None, None), body


@of_functions
def test_an_exercise_has_all_that_is_promised_and_steps_with_names_and_meanings_of_their_own(exercise):
    assert len({m.slug for m in exercise.mistakes}) >= 4
    assert exercise.accepts
    tame = exercise.level == 1 or exercise.id == "2a_3.matrix_route"  # which divides by probabilities, on purpose
    assert any(case.extreme for case in exercise.inputs(np.random.default_rng(0))) or tame
    steps = parse(exercise.steps)
    names = [step.name for step in steps]
    assert len(set(names)) == len(names) == len({step.meaning for step in steps}) >= 2
    assert exercise.returns == ("result",) or set(exercise.returns) <= set(names)
    for step in steps:
        assert step.meaning and step.meaning.count("$") % 2 == 0 and step.meaning[-1] != "."


@pytest.mark.parametrize("exercise", BANK.values(), ids=lambda e: e.id)
def test_what_is_said_is_a_sentence(exercise):
    """Whatever else a page has to hold, its reader asks for."""
    parts = (getattr(exercise, name, ()) for name in ("mistakes", "traps", "rows"))
    holders = [exercise, *(part for some in parts for part in some)]
    said = [getattr(one, name, "") for one in holders for name in ("feedback", "otherwise", "told")]
    said = [text for told in said for text in (told.values() if isinstance(told, dict) else [told]) if text]
    texts = [*exercise.hints, exercise.notice, *said]
    assert len(set(exercise.hints)) == 3
    for text in texts:
        assert text.strip() and text[-1] in ".?)!" and "  " not in text, text
        assert text.count("$") % 2 == text.count("`") % 2 == 0, text


@of_functions
def test_inputs_are_fresh_and_can_be_handed_to_another_process_and_their_sizes_tell_axes_apart(exercise):
    first, second = (exercise.inputs(np.random.default_rng(seed)) for seed in (1, 2))
    assert any(not np.array_equal(a, b) for x, y in zip(first, second, strict=True) for a, b in _pairs(x, y))
    for case in first:
        for value, copied in _pairs(case, pickle.loads(pickle.dumps(case))):
            assert callable(value) == callable(copied)
            assert callable(value) or np.array_equal(value, copied, equal_nan=True)
            if np.ndim(value) == 2 and not case.extreme:
                assert value.shape[0] != value.shape[1]
    shapes = [[np.shape(value) for value in case.arguments.values() if np.ndim(value)] for case in first]
    assert not any(shapes) or any(shapes.count(shape) > 1 for shape in shapes)
    if "N" not in exercise.steps and exercise.level == 1:
        return
    for name in {"theta", "y", "y_hat", "W2"} & first[0].arguments.keys():  # but somewhere two sizes are equal
        shapes = [np.shape(case.arguments[name]) for case in first]
        tables = [shape for shape in shapes if len(shape) == 2]
        assert any(shape[-1] == 2 for shape in shapes), "two classes"
        assert not tables or any(rows == columns for rows, columns in tables)


def _pairs(x, y):
    return zip(x.arguments.values(), y.arguments.values(), strict=True)


@of_functions
def test_a_law_holds_for_what_is_right_and_is_told_in_the_same_words_whatever_was_drawn(exercise):
    for cases in zip(*(exercise.inputs(np.random.default_rng(seed)) for seed in range(DRAWS)), strict=True):
        right = [exercise.expected(case) for case in cases]
        for law in exercise.laws:
            if law not in NOISE:
                assert {law(**c.arguments, result=result) for c, result in zip(cases, right, strict=True)} == {None}
            said = {law(**c.arguments, result=1.3 * result + 0.1) for c, result in zip(cases, right, strict=True)}
            assert len(said - {None}) <= 1


@pytest.mark.parametrize("exercise", CHOICES, ids=lambda e: e.id)
def test_every_choice_has_one_right_answer_and_tells_the_others_why(exercise):
    assert len(exercise.labels) >= 3
    for slug in exercise.labels:
        verdict = exercise.check(slug)
        if slug == exercise.right:
            assert (verdict.state, verdict.message) == ("right", exercise.notice)
        else:
            assert (verdict.state, verdict.mistake, verdict.message) == ("wrong", slug, exercise.feedback[slug])
    assert exercise.check(...).state == exercise.check(None).state == "not attempted"
    unknown = exercise.check("perhaps")
    assert unknown.state == "wrong" and all(slug in unknown.message for slug in exercise.labels)


# ---- the steps of the right programs; test_told_truly.py tries that they are right


@of_functions
def test_no_two_steps_have_the_same_value_where_it_is_not_their_nature(exercise):
    for seed in range(DRAWS):
        apart, met = set(), set()
        for case in exercise.inputs(np.random.default_rng(seed)):
            if case.extreme:
                continue
            with np.errstate(all="ignore"):
                values = {name: np.asarray(value) for name, value in run(exercise.steps, case).items()}
            for pair in combinations(values, 2):
                (met if agree(*(values[name] for name in pair)) else apart).add(pair)
        chance = met - BY_NATURE.get(exercise.id, set())
        assert not chance, f"{chance} are equal for an input; choose other steps, or say that it is their nature"
        assert met <= apart  # these do not meet on every input


@of_functions
def test_an_exercise_without_steps_is_judged_all_the_same(exercise):
    bare = replace(exercise, steps="")
    assert bare.check(exercise.reference).state == "right"
    assert bare.check(lambda *given: np.nan).state == "wrong"
    assert bare.check(exercise.mistakes[0].formula).mistake == exercise.mistakes[0].slug


def test_a_traceback_points_to_the_step():
    case = Case({"x": np.ones(2)})
    with pytest.raises(ValueError) as caught:
        run("a = x + 1  # one more\nb = a @ np.ones(3)  # a sum", case)
    assert "b = a @ np.ones(3)" in "".join(traceback.format_exception(caught.value))
