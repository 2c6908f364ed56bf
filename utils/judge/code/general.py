"""Slips that can be made in any exercise, recognised by what the right program gives where they are made.

The steps of the right program refuse no arguments, so they can be asked for what comes out of the wrong ones: of
targets that are rounded, of two arguments exchanged, of a table that is turned. A mistake of an exercise's own list,
and targets that are rounded, are known with a usual factor besides, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, combinations, permutations
from typing import Any, NamedTuple

import numpy as np

from utils.bank.formulas import row_max, row_sum
from utils.judge.code.calls import RTOL, Case, agree, is_numeric
from utils.judge.code.diagnosis import NEARLY, Evidence, axes, rows_and_classes, usual_factor
from utils.judge.code.steps import result


class Known(NamedTuple):
    """A slip that is recognised: its name, and what to say of it."""

    slug: str
    feedback: str
    steps: Sequence[str] = ()


BESIDES = ("sign", "no-1/N", "sum-for-mean", "1/N-twice", "mean-over-everything")  # that slip in beside another slip
Given = dict[str, Any]  # the arguments of a case
Due = Callable[[Evidence], Any]  # what an answer with a slip gives


def in_general(exercise: Any, evidence: Sequence[Evidence], alone: bool = False) -> Known | None:
    """A slip that can be made in any exercise, or one of the exercise's own list and another one besides. alone:
    whether there is none besides."""
    if all(e.agrees for e in evidence):
        return None
    if not all(e.is_numeric for e in evidence):
        return _of_rows_or_batches(exercise, evidence)
    soonest = sorted(evidence, key=lambda e: (e.agrees, -rows_and_classes(e.case)[0]))  # a wrong one decides
    slips = chain(_hardened(exercise, evidence), _from_the_right_program(exercise, evidence))
    fitting = (known for known, due in slips if all(agree(e.value, due(e), e.case.atol) for e in soonest))
    if found := next(fitting, None) or _ignored(evidence) or _kept(evidence):
        return found
    if common := _factor(exercise, soonest, lambda e: e.expected, NEARLY):
        several = len(exercise.returns) > 1  # one alone is a slip by itself, and nothing besides
        said = f"The results have one slip in common: your values are the right ones times {common[1]}"
        return Known(common[0], said) if several else None
    for known, due in () if alone else chain(_of_the_list(exercise), _hardened(exercise, evidence)):
        besides = _factor(exercise, soonest[:1], due) and _factor(exercise, soonest, due)
        if not besides or besides[0] not in BESIDES:
            continue
        slipped = [e._replace(outcome=replace(e.outcome, value=due(e))) for e in soonest]
        if not _factor(exercise, slipped, lambda e: e.expected):  # two factors are one, and have another story
            said = f"{known.feedback} (And your values are that times {besides[1]})"
            return known._replace(feedback=said)
    return None


def _of_the_list(exercise: Any) -> Iterator[tuple[Known, Due]]:
    for mistake in exercise.mistakes:
        known = Known(mistake.slug, mistake.feedback)
        yield known, lambda e, formula=mistake.formula: exercise.run(formula, e.case)[0].value


def _factor(exercise: Any, evidence: Sequence[Evidence], due: Due, rtol: float = RTOL) -> tuple[str, str] | None:
    """What all results are those of a slip times, if that is one and the same usual constant."""
    parts = range(len(exercise.returns))
    if any(np.asarray(e.part(i).expected).dtype.kind == "b" for e in evidence for i in parts):
        return None  # yes times a number is no answer
    given = [e._replace(expected=due(e)) for e in evidence]
    results = [[e.part(i) for e in given] for i in parts]
    for e in chain(*results):
        if not is_numeric(e.expected) or e.expected.dtype.kind == "b" or np.shape(e.value) != np.shape(e.expected):
            return None
    first = usual_factor(results[0], exercise, rtol)
    return first if first and all(usual_factor(result, exercise, rtol) == first for result in results[1:]) else None


# ---- what can be made of the right program -----------------------------------------------------------------------

HARD_LABELS = "Right for one-hot targets, but {}. Every class counts with its own weight $y_i$: use $y$ itself."
ROUNDED = "soft ones are rounded"
HARDENED: tuple[tuple[str, Callable[[np.ndarray], np.ndarray]], ...] = (  # targets that only a one-hot row survives
    (ROUNDED, lambda y: np.eye(y.shape[-1])[np.argmax(y, axis=-1)]),
    ("in a soft row no entry is exactly 1, so none is picked", lambda y: 1.0 * (y == 1)),
    ("in a soft row every entry that is not 0 is taken for a whole 1", lambda y: 1.0 * (y > 0)),
    ("of a soft row the first class alone is taken", lambda y: np.eye(y.shape[-1])[np.argmax(y > 0, axis=-1)]),
    (ROUNDED, lambda y: 1.0 * (y > 0.5)),
    (ROUNDED, lambda y: 1.0 * (y >= 0.5)),
)
SCALED = Known(
    "scaled",
    "The logits are divided by something, so their differences shrink or grow: for $\\theta = (2, 0)$ the winner "
    "should be $e^2$ times as likely as the other. *Subtract* a constant: a shift leaves all differences as they are.",
)
SIZES = (  # what people divide logits by, to make them small
    row_max,
    np.max,
    row_sum,
    np.sum,
    lambda theta: row_max(np.abs(theta)),
    lambda theta: np.max(np.abs(theta)),
    lambda theta: np.linalg.norm(theta, axis=-1, keepdims=True),
    lambda theta: np.std(theta, axis=-1, keepdims=True),
    lambda theta: np.ptp(theta, axis=-1, keepdims=True),
    *(lambda theta, number=number: np.array(number) for number in (2, 1 / 2, 10, 1 / 10, 100)),
    lambda theta: np.array(theta.shape[-1]),
)
WRONG_AXIS = "You work along axis 0, the batch. Each row is one example: work along the last axis."


def _hardened(exercise: Any, evidence: Sequence[Evidence]) -> Iterator[tuple[Known, Due]]:
    """What the right program gives for targets in which only hard labels survive."""
    for what, to in HARDENED if "y" in evidence[0].case.arguments else ():
        due = _changed(exercise, lambda given, to=to: {"y": to(given["y"])})
        yield Known("hard-labels-only", HARD_LABELS.format(what)), due


def _changed(exercise: Any, change: Callable[[Given], Given]) -> Due:
    return lambda e: right_program(exercise, e.case, change)


def _from_the_right_program(exercise: Any, evidence: Sequence[Evidence]) -> Iterator[tuple[Known, Due]]:
    """What the right program gives for other arguments, or in another order."""
    given, of = evidence[0].case.arguments, partial(_changed, exercise)
    for size in SIZES if "theta" in given else ():
        yield SCALED, of(lambda given, size=size: {"theta": given["theta"] / size(given["theta"])})
    for order in list(permutations(range(len(exercise.returns))))[1:]:
        said = f"The results are right, in another order than asked: `return {', '.join(exercise.returns)}`."
        yield Known("results-exchanged", said), lambda e, order=order: tuple(e.expected[i] for i in order)
    for a, b in combinations(given, 2):
        said = f"`{a}` stands where `{b}` belongs, and `{b}` where `{a}` belongs. Is a function called with its "
        said += "arguments in another order than it takes them?"
        yield Known("arguments-exchanged", said), of(lambda given, a=a, b=b: {a: given[b], b: given[a]})
    shapes = [set(map(np.shape, _tables(e.case.arguments).values())) for e in evidence]
    of_one_shape = any(shapes) and max(map(len, shapes)) == 1  # the examples
    if of_one_shape and len(exercise.returns) == 1:
        yield Known("wrong-axis", WRONG_AXIS), partial(_along_the_batch, exercise)


def _along_the_batch(exercise: Any, e: Evidence) -> Any:
    """What comes of it if that is done to each column that is asked of each row; a single row has no columns."""
    if not _tables(e.case.arguments):
        return e.expected
    result = right_program(exercise, e.case, lambda given: {name: table.T for name, table in _tables(given).items()})
    return np.transpose(result) if is_numeric(result) else None


def _tables(given: Given) -> Given:
    return {name: value for name, value in given.items() if np.ndim(value) == 2}


def right_program(exercise: Any, case: Case, change: Callable[[Given], Given]) -> Any:
    """What the steps give for other arguments, of which they refuse none; None where they stop, or where there are
    none."""
    try:
        changed = replace(case, arguments=case.arguments | change(case.arguments))
        return result(exercise.steps, exercise.returns, changed)
    except Exception:
        return None


# ---- what shows in several inputs, or in several results ---------------------------------------------------------


def _ignored(evidence: Sequence[Evidence]) -> Known | None:
    """Of two inputs that differ in one number only, the same came out, and should not have."""

    def differ_in(a: Evidence, b: Evidence) -> set[str]:
        theirs = b.case.arguments
        return {name for name, value in a.case.arguments.items() if not np.array_equal(value, theirs[name])}

    for name in (name for name, value in evidence[0].case.arguments.items() if np.isscalar(value)):
        pairs = [(a, b) for a, b in combinations(evidence, 2) if differ_in(a, b) == {name}]
        alike = [agree(a.value, b.value) for a, b in pairs if not agree(a.expected, b.expected)]
        if alike and all(alike) and not all(agree(e.value, evidence[0].value) for e in evidence):
            said = f"Your result is the same whatever `{name}` is. Use the `{name}` you are given."
            return Known(f"ignores-{name}", said)
    return None


def _kept(evidence: Sequence[Evidence]) -> Known | None:
    """Every wrong result is one that was right before, for another input of the same shapes."""

    def shapes(e: Evidence) -> list[tuple[int, ...]]:
        return [np.shape(value) for value in e.case.arguments.values()]

    def seen(i: int, e: Evidence) -> bool:
        return any(b.agrees and agree(b.value, e.value) and shapes(b) == shapes(e) for b in evidence[:i])

    yes_or_no = evidence[0].part(0).expected.dtype.kind == "b"  # which is seen again in any case
    if not yes_or_no and all(e.agrees or seen(i, e) for i, e in enumerate(evidence)):
        return Known(
            "kept-result",
            "Right the first time, but for another input of the same shape your function gives the old result again. "
            "Does it keep something from one call to the next, in a global name, a default argument or a cache?",
        )
    return None


def _of_rows_or_batches(exercise: Any, evidence: Sequence[Evidence]) -> Known | None:
    """Of two slips, one in single rows and one in batches, the one in single rows, which are met first. NumPy's errors
    tell of sizes only, and many a slip stops alike: numbers have to come out.
    """
    for kind, which, other in ((1, "a single row", "a batch"), (2, "a batch", "a single row")):
        of_kind = [e for e in evidence if axes(e.case) == kind]
        if not all(e.is_numeric for e in of_kind) or all(e.agrees for e in of_kind):
            continue
        if all(e.agrees for e in evidence if axes(e.case) != kind):
            continue
        found = list(exercise.recognised(of_kind))
        if len({mistake.slug for mistake in found}) == 1 and not found[0].feedback.startswith("Right"):
            besides = f"(That is said of {which}. For {other} something else is wrong besides.)"
            return Known(found[0].slug, f"{found[0].feedback} {besides}", found[0].steps)
    return None
