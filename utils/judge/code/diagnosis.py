"""What can be said of a wrong answer when no mistake of its exercise's own list fits.

Each rule looks at how the answer's results relate to the right ones over several inputs and returns its slug and what
to tell the student, or None. They are asked in order, the most certain first. No rule tells the right values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from utils.judge.code.calls import ATOL, Case, Outcome, agree, is_numeric
from utils.judge.code.steps import parse


class Evidence(NamedTuple):
    """One failing or passing input: what went in, what came out, what should have: an array, or a tuple of several."""

    case: Case
    outcome: Outcome
    expected: Any

    @property
    def agrees(self) -> bool:
        return agree(self.outcome.value, self.expected, self.case.atol)

    @property
    def rows(self) -> int:
        return rows_and_classes(self.case)[0]

    @property
    def several(self) -> bool:
        """Whether several results came out, as many as should have."""
        value, due = self.outcome.value, self.expected
        return isinstance(value, tuple) and isinstance(due, tuple) and len(value) == len(due)

    @property
    def is_numeric(self) -> bool:
        """Whether numbers came out, in as many results as should have."""
        value = self.outcome.value
        return self.several and all(map(is_numeric, value)) if isinstance(self.expected, tuple) else is_numeric(value)

    def part(self, i: int) -> Evidence:
        """The same for the i-th of several results."""
        if not isinstance(self.expected, tuple):
            return self
        outcome = replace(self.outcome, value=self.outcome.value[i]) if self.several else self.outcome
        return self._replace(outcome=outcome, expected=self.expected[i])


NEARLY = 1e-4  # relative; what a constant that was added for safety leaves of the right digits
Rule = Callable[[Sequence[Evidence], Any], tuple[str, str] | None]


def diagnose(evidence: Sequence[Evidence], exercise: Any) -> tuple[str | None, str]:
    """The first rule that fits, or a sentence on where the answer goes wrong."""
    for rule in RULES:
        found = rule(evidence, exercise)
        if found:
            return found
    return None, f"The values differ{where(evidence)}. Work the input below through on paper, one step at a time."


def _nothing_returned(evidence: Sequence[Evidence], _: Any) -> tuple[str, str] | None:
    nothing = [e for e in evidence if e.outcome.value is None and not e.outcome.error]
    if not nothing:
        return None
    if len(nothing) == len(evidence):
        return "no-return", "Your function computes something but hands nothing back. Is a `return` missing?"
    return "no-return", "For some inputs your function hands nothing back. Does every branch end in a `return`?"


def _not_numbers(evidence: Sequence[Evidence], _: Any) -> tuple[str, str] | None:
    odd = next((e for e in evidence if not e.outcome.error and not e.outcome.is_numeric), None)
    if odd:
        value = odd.outcome.value
        kind = f"array of dtype {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
        return "not-numbers", f"Your function returned: {kind}. It should return one array (or a float) of numbers."
    return None


def _complex(evidence: Sequence[Evidence], _: Any) -> tuple[str, str] | None:
    if any(e.outcome.is_numeric and e.outcome.value.dtype.kind == "c" for e in evidence):
        return "complex", "Your function returned complex numbers for real input; the answer is real."
    return None


def _shape(evidence: Sequence[Evidence], _: Any) -> tuple[str, str] | None:
    for case, outcome, expected in evidence:
        if outcome.error or outcome.value.shape == expected.shape:
            continue
        has, due = outcome.value.shape, expected.shape
        if has == due[::-1]:
            why = "The two axes are exchanged: check where a transpose is missing, or one too many."
        elif due[:1] == (1,) and has == due[1:]:
            why = (
                "The batch's own axis is gone too: a bare `np.squeeze` removes every axis of length 1. Name the "
                "one you mean, with `axis`."
            )
        elif outcome.value.size == expected.size == 1:
            why = "One number is asked, not an array that holds one."
        elif has == () and due:
            why = "Everything was gathered into one number. Which axes should have stayed?"
        elif has in ((1, *due), (*due, 1)):
            why = "An axis of length 1 was added, and not taken off again."
        elif due and has == (*due, due[-1]):
            why = "That is a table of all pairs: an outer product, or a diagonal matrix? One number each is asked."
        elif len(has) == len(due) + 1:
            why = "One axis too many is left: which one should have been summed or averaged away?"
        elif len(has) + 1 == len(due):
            why = "Your result has one axis too few."
        else:
            why = "Write the shape of each intermediate result beside your lines."
        given = ", ".join(
            f"`{name}` of shape {np.shape(value)}" for name, value in case.arguments.items() if np.ndim(value)
        )
        at = f"For {given} your" if given else "Your"
        return "shape", f"{at} result has shape {has} and should have shape {due}. {why}"
    return None


def _not_finite(evidence: Sequence[Evidence], _: Any) -> tuple[str, str] | None:
    bad = [e for e in _values(evidence) if not np.isfinite(e.outcome.value).all() and np.isfinite(e.expected).all()]
    if not bad:
        return None
    what = "nan" if any(np.isnan(e.outcome.value).any() for e in bad) else "inf"
    if all(e.case.extreme for e in bad):
        return "overflow", (
            f"Right for ordinary inputs, but for large ones your result holds `{what}`. An exponential leaves the "
            "range of float64 (beyond about $e^{709}$), or a 0 comes into a logarithm or below a fraction bar: which "
            "step is the first?"
        )
    return "not-finite", f"Your result holds `{what}`. Look for a division by 0, a $\\log 0$ or a $0 \\cdot \\infty$."


def _sign(evidence: Sequence[Evidence], _: Any) -> tuple[str, str] | None:
    if _all(evidence, lambda e: agree(e.outcome.value, 0 - e.expected, e.case.atol)):  # NumPy does not negate a bool
        return "sign", "Every value has the wrong sign and the right size. Follow the minus through your lines."
    return None


# What the right values are often multiplied with: its name, whether that speaks of a mean, what is said of the
# constant, and the factor, from the rows and the classes of a case.
FACTORS: tuple[tuple[str, bool, str, Callable[[int, int], float]], ...] = (
    ("no-1/N", True, "$N$, the number of rows: is a mean over the batch asked, where you sum?", lambda n, k: n),
    ("1/N-twice", True, "$1/N$: is the mean over the batch taken twice?", lambda n, k: 1 / n),
    ("sign", False, "$-N$. The sign comes first: follow the minus. Then the mean, its $1/N$", lambda n, k: -n),
    ("sign", False, "$-1/N$. The sign comes first: follow the minus. Then the mean, taken twice", lambda n, k: -1 / n),
    ("ratio", False, "$K$, the size of the last axis: did you divide by a mean where a sum is asked?", lambda n, k: k),
    (
        "mean-over-everything",
        True,
        "$1/K$, the size of the last axis: over the classes a sum is asked, and only over the rows a mean",
        lambda n, k: 1 / k,
    ),
    (
        "1/K",
        True,
        "$N/K$: you divide by $K$, the size of the last axis, and the mean runs over the $N$ rows",
        lambda n, k: n / k,
    ),
    ("factor-2", False, "2, the habit of squared errors. Here nothing is squared", lambda n, k: 2),
    ("factor-2", False, "1/2, the habit of squared errors. Here nothing is squared", lambda n, k: 0.5),
    ("log-base-2", False, "$1/\\ln 2$: a logarithm to base 2 in place of the natural one?", lambda n, k: 1 / np.log(2)),
    (
        "log-base-10",
        False,
        "$1/\\ln 10$: a logarithm to base 10 in place of the natural one?",
        lambda n, k: 1 / np.log(10),
    ),
)


def ratio(evidence: Sequence[Evidence], exercise: Any) -> tuple[str, str] | None:
    for slug, of_a_mean, name, factor in FACTORS:
        factors = [factor(*rows_and_classes(e.case)) for e in evidence]

        def scaled(e: Evidence, factor: Callable = factor) -> bool:  # nearly will do: what is inexact besides can wait
            due = e.expected * factor(*rows_and_classes(e.case))
            return bool(np.allclose(e.outcome.value, due, rtol=NEARLY, atol=e.case.atol, equal_nan=True))

        if set(factors) != {1} and _all(evidence, scaled):
            if of_a_mean and not takes_a_mean(exercise):  # a factor N has nothing to do with a mean where none is taken
                slug = "ratio"
            elif slug == "no-1/N" and all(e.expected.ndim == 0 for e in evidence):
                slug = "sum-for-mean"
            return slug, f"Your values are the right ones times a constant: {name}{'' if name[-1] == '?' else '.'}"
    ratios = [_constant_ratio(e) for e in _values(evidence)]
    if len(ratios) > 1 and None not in ratios and np.ptp(ratios) < 1e-6 * abs(ratios[0]) and abs(ratios[0] - 1) > 1e-3:
        return "ratio", f"Your values are the right ones times {ratios[0]:.4g}, always. Which constant is that?"
    return None


def takes_a_mean(exercise: Any) -> bool:
    """Whether the right program divides by the number of rows."""
    return any("N" in step.code.co_names or "mean" in step.code.co_names for step in parse(exercise.steps))


def _offset(evidence: Sequence[Evidence], _: Any) -> tuple[str, str] | None:
    def shifted(e: Evidence) -> bool:
        gap = e.outcome.value - e.expected
        return e.agrees or (np.isfinite(gap).all() and np.ptp(gap) <= 1e-6 * np.max(np.abs(gap)))

    if any(e.expected.size > 1 and not e.agrees for e in _values(evidence)) and _all(evidence, shifted):
        return "offset", "Within each input your values are off by one and the same amount. Which term is missing?"
    return None


def _transposed(evidence: Sequence[Evidence], _: Any) -> tuple[str, str] | None:
    if any(e.expected.ndim == 2 for e in evidence) and _all(
        evidence,
        lambda e: agree(e.outcome.value, np.moveaxis(e.expected, -1, 0) if e.expected.ndim > 1 else e.expected),
    ):
        return "transpose", "Your matrix is the transpose of the right one: rows and columns are exchanged."
    return None


def _zeros_left(evidence: Sequence[Evidence], _: Any) -> tuple[str, str] | None:
    """Where a loop fills an array of zeros, those that are left tell what is wrong with it."""
    if all(e.case.extreme for e in evidence if not e.agrees):  # these have underflowed
        return None

    def right_but_for_zeros(e: Evidence) -> bool:
        left = _left(e)
        return left.any() and agree(np.where(left, e.expected, e.outcome.value), e.expected, e.case.atol)

    for some, place, told in (
        (_left, -1, "All is right but what comes last, and there it is 0: does a loop stop one short?"),
        (_left, 0, "All is right but what comes first, and there it is 0: does a loop begin at 1?"),
        (_filled, -1, "Only what comes last is right, the rest is 0: is the array of zeros made anew inside the loop?"),
        (_filled, 0, "Only what comes first is right, the rest is 0: does the `return` stand inside the loop?"),
    ):

        def fits(e: Evidence, some: Callable = some, place: int = place) -> bool:
            return e.agrees or (right_but_for_zeros(e) and _filled(e).any() and _at_one_end(some(e), place))

        if _all(evidence, fits):
            return "zeros-left", told
    return None


def _left(e: Evidence) -> np.ndarray:
    return (e.outcome.value == 0) & (e.expected != 0)


def _filled(e: Evidence) -> np.ndarray:
    return (e.outcome.value != 0) & (e.expected != 0)


def _at_one_end(some: np.ndarray, place: int) -> bool:
    """Whether all that is true stands at this place of one of the axes."""
    return any(not np.delete(some, place, axis).any() for axis in range(some.ndim) if some.shape[axis] > 1)


def _single_precision(evidence: Sequence[Evidence], _: Any) -> tuple[str, str] | None:
    if any(e.outcome.value.dtype.itemsize < 8 for e in _values(evidence)) and _all(
        evidence, lambda e: np.allclose(e.outcome.value, e.expected, rtol=1e-2, atol=1e-3)
    ):
        return (
            "single-precision",
            "The values are right to a few digits only: somewhere they pass through a short float.",
        )
    return None


def _rounded(evidence: Sequence[Evidence], _: Any) -> tuple[str, str] | None:
    def near(e: Evidence) -> bool:
        return np.allclose(e.outcome.value, e.expected, rtol=5e-3, atol=5e-3 if e.case.atol == ATOL else e.case.atol)

    if _all(evidence, near):
        return "inexact", (
            "You are close, but only to a few digits. A rounding, a small constant added for safety, or a numeric "
            "approximation does that; this one can be had exactly."
        )
    return None


# A value that is not there is told before its shape, its shape before its numbers, and what is certain before a guess.
RULES: tuple[Rule, ...] = (
    _nothing_returned,
    _not_numbers,
    _complex,
    _shape,
    _sign,
    ratio,
    _transposed,
    _zeros_left,
    _not_finite,
    _single_precision,
    _rounded,
    _offset,
)


def _values(evidence: Sequence[Evidence]) -> list[Evidence]:
    return [e for e in evidence if e.outcome.is_numeric]


def _all(evidence: Sequence[Evidence], holds: Callable[[Evidence], bool]) -> bool:
    values = _values(evidence)
    return bool(values) and all(holds(e) for e in values)


def _constant_ratio(e: Evidence) -> float | None:
    nonzero = np.abs(e.expected) > 1e-6
    if not nonzero.any() or not np.isfinite(e.outcome.value).all():
        return None
    ratios = np.atleast_1d(e.outcome.value)[np.atleast_1d(nonzero)] / np.atleast_1d(e.expected)[np.atleast_1d(nonzero)]
    ratio = float(ratios.flat[0])
    same = np.ptp(ratios) < 1e-6 * abs(ratio) and np.allclose(e.outcome.value, ratio * e.expected, rtol=1e-6, atol=1e-6)
    return ratio if same else None


def rows_and_classes(case: Case) -> tuple[int, int]:
    """N and K of a case, read off y or else what comes first, which weights do not: (N, K) is a batch, (K,) one row."""
    first = next((a for a in case.arguments.values() if not callable(a)), 0)
    shape = np.shape(case.arguments.get("y", first))
    return (shape[0] if len(shape) > 1 else 1), (shape[-1] if shape else 1)


def axes(case: Case) -> int:
    """Of what comes through, which comes first: weights are matrices, whatever that is."""
    return np.ndim(next(iter(case.arguments.values())))


def what_stopped(e: Evidence) -> tuple[str | None, str]:
    """Of an error whose own words do not help, its name and what is meant."""
    said = e.outcome.said
    if "bitwise_xor" in said or "for ^" in said:  # NumPy's words, and Python's
        return "caret-for-power", "In Python `^` is not a power: write `**`."
    if "axis 1 is out of bounds for array of dimension 1" in said and axes(e.case) == 1:
        return "batch-only", "A single row has no axis 1. `axis=-1`, the last one, fits a row and a batch alike."
    return None, ""


def speaks_of_N(text: str) -> bool:
    """Whether a sentence tells of the rows of a batch."""
    return bool(re.search(r"\$[^$]*\bN\b[^$]*\$", text))


def where(evidence: Sequence[Evidence]) -> str:
    """Which inputs fail, when some do not: one row or batches, ordinary numbers or large ones."""
    failing = [e for e in evidence if not e.agrees]
    passing = [e for e in evidence if e.agrees]
    if failing and passing:
        if all(e.case.extreme for e in failing):
            if all(any(_is_square(value) for value in e.case.arguments.values()) for e in failing):
                return " where two sizes are equal: where they differ it is right"
            return " for extreme inputs only: ordinary ones are right"

        if all(axes(e.case) > 1 for e in failing) and not any(axes(e.case) > 1 for e in passing):
            return " for a batch: a single row is right"
        if not any(axes(e.case) > 1 for e in failing) and any(axes(e.case) > 1 for e in passing):
            x = next(iter(failing[0].case.arguments))
            return (
                " for a single row: a batch is right (a single row has one axis, of *numbers*: a loop over "
                f"`{x}` walks over these, and `len({x})` counts them)"
            )
        return " for some inputs and not for others"
    return ""


def _is_square(value: Any) -> bool:
    return np.ndim(value) == 2 and len(set(np.shape(value))) == 1
