"""Slips that can be made in any exercise, recognised by what the right program gives where they are made.

The steps of the right program refuse no arguments, so they can be asked for what comes out of the wrong ones: of
targets that are rounded, of two arguments exchanged, of a table that is turned. Only `_and_a_factor` looks at the
formulas of an exercise: it finds one of them beside a second slip.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations, permutations, product
from typing import Any, NamedTuple

import numpy as np

from utils.bank.formulas import row_max, row_mean, row_min, row_sum
from utils.judge.code.calls import Case, Outcome, agree, is_numeric
from utils.judge.code.diagnosis import Evidence, axes, ratio, rows_and_classes, takes_a_mean
from utils.judge.code.steps import run

HARD_LABELS = "Right for one-hot targets, but {what}. Every class counts with its own weight $y_i$: use $y$ itself."
ROUNDED = "soft ones are rounded"


class Known(NamedTuple):
    """A slip that is recognised: its name, and what to say of it."""

    slug: str
    feedback: str
    steps: Sequence[str] = ()


Factor = Callable[[int, int], float]  # of N and K


def _one(n: int, k: int) -> float:
    return 1


def _factors(exercise: Any) -> list[tuple[Factor, str]]:
    """What can slip in anywhere beside another slip, and what to add."""
    of_a_mean = [
        (lambda n, k: n, " (And $J$ is a mean over the rows: the $1/N$ is missing, too.)"),
        (lambda n, k: 1 / n, " (And the mean over the rows is taken twice.)"),
        (lambda n, k: -n, " (And every sign is turned round, and the $1/N$ of the mean is missing.)"),
        (lambda n, k: 1 / k, " (And the mean is taken over the classes, too, where a sum is asked.)"),
    ]
    turned = [(lambda n, k: -1, " (And every sign is turned round.)")]
    return turned + of_a_mean if takes_a_mean(exercise) else turned


def in_general(exercise: Any, evidence: Sequence[Evidence]) -> Known | None:
    """A slip that can be made in any exercise, or one of the exercise's own list and another one besides."""
    if all(e.agrees for e in evidence):
        return None
    if not all(e.is_numeric for e in evidence):
        return _of_rows_or_batches(exercise, evidence)
    for rule in (
        _hard_targets,
        _scaled_logits,
        _results_exchanged,
        _arguments_exchanged,
        _along_the_batch,
        _ignored,
        _kept,
    ):
        found = rule(exercise, evidence)
        if found:
            return found
    if all(np.shape(e.part(i).outcome.value) == e.part(i).expected.shape for e in evidence for i in _results(exercise)):
        of_each = [ratio([e.part(i) for e in evidence], exercise) for i in _results(exercise)]
        if of_each[0] and len(set(of_each)) == 1 < len(of_each):
            slug, said = of_each[0]
            return Known(slug, f"All {len(of_each)} results have one slip in common. {said}")
        if len(of_each) == 1 and of_each[0]:
            return None  # which is a slip by itself, and nothing besides
    return _and_a_factor(exercise, evidence)


def _results(exercise: Any) -> range:
    return range(len(exercise.returns))


def right_program(exercise: Any, case: Case) -> Any:
    """What the steps give, which refuse no arguments; None where they stop, or where there are none."""
    try:
        values = run(exercise.steps, case)
    except Exception:
        return None
    if not values:
        return None
    if len(exercise.returns) > 1:
        return tuple(np.asarray(values[name]) for name in exercise.returns)
    return np.asarray([*values.values()][-1])


def _is_right_of(
    exercise: Any, evidence: Sequence[Evidence], changed: Callable[[dict], dict], factor: Factor = _one
) -> bool:
    """Whether every answer is the right one for other arguments than were given, up to a factor."""

    def agrees(e: Evidence) -> bool:
        due = right_program(exercise, replace(e.case, arguments=changed(e.case.arguments)))
        return agree(e.outcome.value, _times(factor(*rows_and_classes(e.case)), due), e.case.atol)

    return all(agrees(e) for e in sorted(evidence, key=lambda e: e.agrees))  # a wrong one decides soonest


def _hard_targets(exercise: Any, evidence: Sequence[Evidence]) -> Known | None:
    """Targets that only a one-hot row survives."""
    if not (exercise.steps and "y" in evidence[0].case.arguments):
        return None
    for hardened, what in (
        (lambda y: np.eye(y.shape[-1])[np.argmax(y, axis=-1)], ROUNDED),
        (lambda y: 1.0 * (y == 1), "in a soft row no entry is exactly 1, so none is picked"),
        (lambda y: 1.0 * (y > 0), "in a soft row every entry that is not 0 is taken for a whole 1"),
        (lambda y: np.eye(y.shape[-1])[np.argmax(y > 0, axis=-1)], "of a soft row the first class alone is taken"),
        (lambda y: 1.0 * (y > 0.5), ROUNDED),
        (lambda y: 1.0 * (y >= 0.5), ROUNDED),
    ):
        for factor, besides in ((_one, ""), *_factors(exercise)):
            if _is_right_of(exercise, evidence, lambda given, to=hardened: given | {"y": to(given["y"])}, factor):
                return Known("hard-labels-only", HARD_LABELS.format(what=what) + besides)
    return None


# What people divide logits by, to make them small.
SIZES = (
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


def _scaled_logits(exercise: Any, evidence: Sequence[Evidence]) -> Known | None:
    """Logits that were made small by a division, where only a shift leaves their differences."""
    if not (exercise.steps and "theta" in evidence[0].case.arguments):
        return None
    for size, shift in product(SIZES, (np.zeros_like, row_mean, row_min)):

        def scaled(given: dict, size: Callable = size, shift: Callable = shift) -> dict:
            return given | {"theta": (given["theta"] - shift(given["theta"])) / size(given["theta"])}

        if _is_right_of(exercise, evidence, scaled):
            return Known(
                "scaled",
                "The logits are divided by something, so their differences shrink or grow: for $\\theta = (2, 0)$ the "
                "winner should be $e^2$ times as likely as the other. *Subtract* a constant: a shift leaves all "
                "differences as they are.",
            )
    return None


def _results_exchanged(exercise: Any, evidence: Sequence[Evidence]) -> Known | None:
    count = len(exercise.returns)
    for order in permutations(range(count)) if count > 1 else ():
        if all(agree(e.outcome.value, tuple(e.expected[i] for i in order), e.case.atol) for e in evidence):
            asked, number = ", ".join(exercise.returns), {2: "Both", 3: "All three", 4: "All four"}.get(count, "All")
            said = f"{number} results are right, in another order than asked: `return {asked}`."
            return Known("results-exchanged", said)
    return None


def _arguments_exchanged(exercise: Any, evidence: Sequence[Evidence]) -> Known | None:
    names = list(evidence[0].case.arguments)
    for a, b in combinations(names, 2) if exercise.steps else ():
        if _is_right_of(exercise, evidence, lambda given, a=a, b=b: given | {a: given[b], b: given[a]}):
            said = f"`{a}` stands where `{b}` belongs, and `{b}` where `{a}` belongs. Is a function called with its "
            said += "arguments in another order than it takes them?"
            return Known("arguments-exchanged", said)
    return None


def _along_the_batch(exercise: Any, evidence: Sequence[Evidence]) -> Known | None:
    """What is asked of each row was done to each column. The examples are the matrices of one shape; a single row has
    no columns."""

    def turned(e: Evidence) -> Any:
        tables = {name: value for name, value in e.case.arguments.items() if np.ndim(value) == 2}
        if not tables:
            return e.expected
        case = replace(e.case, arguments=e.case.arguments | {name: table.T for name, table in tables.items()})
        return np.transpose(result) if is_numeric(result := right_program(exercise, case)) else None

    shapes = [{np.shape(v) for v in e.case.arguments.values() if np.ndim(v) == 2} for e in evidence]
    if not any(shapes) or max(map(len, shapes)) > 1 or len(exercise.returns) > 1:
        return None
    if not all(agree(e.outcome.value, turned(e), e.case.atol) for e in evidence):
        return None
    said = "You work along axis 0, the batch. Each row is one example: work along the last axis."
    return Known("wrong-axis", said)


def _ignored(exercise: Any, evidence: Sequence[Evidence]) -> Known | None:
    """Of two inputs that differ in one number only, the same came out, and should not have."""
    for name in (name for name, value in evidence[0].case.arguments.items() if np.isscalar(value)):
        pairs = [(a, b) for a, b in combinations(evidence, 2) if _differ_in(a.case, b.case) == {name}]
        alike = [agree(a.outcome.value, b.outcome.value) for a, b in pairs if not agree(a.expected, b.expected)]
        if alike and all(alike) and not all(agree(e.outcome.value, evidence[0].outcome.value) for e in evidence):
            return Known(
                f"ignores-{name}", f"Your result is the same whatever `{name}` is. Use the `{name}` you are given."
            )
    return None


def _kept(exercise: Any, evidence: Sequence[Evidence]) -> Known | None:
    """Every wrong result is one that was right before, for another input of the same shapes."""

    def seen(i: int, e: Evidence) -> bool:
        shapes = [np.shape(value) for value in e.case.arguments.values()]
        return any(
            b.agrees
            and agree(b.outcome.value, e.outcome.value)
            and [np.shape(value) for value in b.case.arguments.values()] == shapes
            for b in evidence[:i]
        )

    yes_or_no = evidence[0].part(0).expected.dtype.kind == "b"  # which is seen again in any case
    if not yes_or_no and all(e.agrees or seen(i, e) for i, e in enumerate(evidence)):
        return Known(
            "kept-result",
            "Right the first time, but for another input of the same shape your function gives the old result again. "
            "Does it keep something from one call to the next, in a global name, a default argument or a cache?",
        )
    return None


def _and_a_factor(exercise: Any, evidence: Sequence[Evidence]) -> Known | None:
    """A mistake of the list, and besides a factor that can slip in anywhere."""
    factors = _factors(exercise)
    first = max(evidence, key=lambda e: (not e.agrees, rows_and_classes(e.case)[0]))
    if np.issubdtype(getattr(first.expected, "dtype", float), np.bool_):  # yes times a number is no answer
        return None
    for mistake in exercise.mistakes:
        outcome, _ = exercise.run(mistake.formula, first.case)
        for factor, besides in factors:

            def fits(e: Evidence, outcome: Outcome, factor: Factor = factor) -> bool:
                scale = factor(*rows_and_classes(e.case))
                return outcome.error is None and agree(e.outcome.value, _times(scale, outcome.value), e.case.atol)

            if fits(first, outcome) and all(fits(e, exercise.run(mistake.formula, e.case)[0]) for e in evidence):
                return Known(mistake.slug, mistake.feedback + besides)
    return None


def _of_rows_or_batches(exercise: Any, evidence: Sequence[Evidence]) -> Known | None:
    """Of two slips, one in single rows and one in batches, the one in single rows, which are met first. NumPy's errors
    tell of sizes only, and many a slip stops alike: numbers have to come out.
    """
    for kind in (1, 2):
        of_kind = [e for e in evidence if axes(e.case) == kind]
        if not all(e.is_numeric for e in of_kind) or all(e.agrees for e in of_kind):
            continue
        if all(e.agrees for e in evidence if axes(e.case) != kind):
            continue
        found = list(exercise.recognised([e.case for e in of_kind], [e.outcome for e in of_kind]))
        if len({mistake.slug for mistake in found}) == 1 and not found[0].feedback.startswith("Right"):
            which, other = ("a single row", "a batch") if kind == 1 else ("a batch", "a single row")
            besides = f"(That is said of {which}. For {other} something else is wrong besides.)"
            return Known(found[0].slug, f"{found[0].feedback} {besides}", found[0].steps)
    return None


def _differ_in(a: Case, b: Case) -> set[str]:
    return {name for name, value in a.arguments.items() if not _same(value, b.arguments[name])}


def _same(a: Any, b: Any) -> bool:
    return a is b if callable(a) else np.array_equal(a, b)


def _times(scale: float, value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_times(scale, part) for part in value)
    return value * scale if is_numeric(value) else value
