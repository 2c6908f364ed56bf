"""The steps of the right programs: each has a meaning, and no two can be mixed up. (test_inside.py: they are right.)"""

import traceback
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from utils.exercises import BANK, Exercise
from utils.judge.code.calls import Case, agree
from utils.judge.code.steps import parse, run

FUNCTIONS = [e for e in BANK.values() if isinstance(e, Exercise)]
SEEDS = 5


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.id)
def test_each_step_has_a_name_of_its_own_and_a_meaning(exercise):
    steps = parse(exercise.steps)
    names = [step.name for step in steps]
    assert len(set(names)) == len(names) >= 2
    assert len({step.meaning for step in steps}) == len(steps)
    assert exercise.returns == ("result",) or set(exercise.returns) <= set(names)
    for step in steps:
        assert step.meaning and step.meaning.count("$") % 2 == 0 and step.meaning[-1] != "."


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.id)
def test_no_two_steps_have_the_same_value_where_it_is_not_their_nature(exercise):
    """A mean over the rows of a single row changes nothing, and a right gradient is the measured one."""
    for seed in range(SEEDS):
        apart, met = set(), set()
        for case in exercise.inputs(np.random.default_rng(seed)):
            if case.extreme:
                continue
            with np.errstate(all="ignore"):
                values = {name: np.asarray(value) for name, value in run(exercise.steps, case).items()}
            for pair in combinations(values, 2):
                (met if agree(*(values[name] for name in pair)) else apart).add(pair)
        by_nature = {
            "2a_2.cross_entropy": {("losses", "J")},
            "2a_2.from_logits": {("losses", "J")},
            "3_1.gradient_check": {("claimed", "numeric"), ("same_shape", "agrees")},
            "3_3.parameter_gradients": {("dz", "db1"), ("dtheta", "db2")},
        }
        chance = met - by_nature.get(exercise.id, set())
        assert not chance, f"{chance} are equal for an input; choose other steps, or say that it is their nature"
        assert met <= apart  # these do not meet on every input


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = x\nfor b in a: pass", "line 2: `for b in a: pass` is no step"),
        ("a, b = x", "line 1: `a, b = x` is no step"),
        ("x += 1", "line 1: `x \\+= 1` is no step"),
        ("a = x\nb = (a", "line 2: no step can be read here"),
    ],
)
def test_what_is_no_step_is_refused_with_its_line(text, said):
    with pytest.raises(ValueError, match=said):
        parse(text)


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.id)
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
