"""What can be said of a wrong answer when no mistake of its exercise's own list fits.

Each rule looks at how the answer's results relate to the right ones over several inputs and returns its slug and what
to tell the student, or None. They are asked in order, the most certain first. No rule tells the right values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
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
    def value(self) -> Any:
        return self.outcome.value

    @property
    def agrees(self) -> bool:
        return agree(self.value, self.expected, self.case.atol)

    @property
    def rows(self) -> int:
        return rows_and_classes(self.case)[0]

    @property
    def several(self) -> bool:
        """Whether several results came out, as many as should have."""
        value, due = self.value, self.expected
        return isinstance(value, tuple) and isinstance(due, tuple) and len(value) == len(due)

    @property
    def is_numeric(self) -> bool:
        """Whether numbers came out, in as many results as should have."""
        if isinstance(self.expected, tuple):
            return self.several and all(map(is_numeric, self.value))
        return is_numeric(self.value)

    def part(self, i: int) -> Evidence:
        """The same for the i-th of several results."""
        if not isinstance(self.expected, tuple):
            return self
        outcome = replace(self.outcome, value=self.value[i]) if self.several else self.outcome
        return self._replace(outcome=outcome, expected=self.expected[i])


NEARLY = 1e-4  # relative; what a constant that was added for safety leaves of the right digits
Rule = Callable[[Sequence[Evidence], Any], tuple[str, str] | None]


def diagnose(evidence: Sequence[Evidence], exercise: Any) -> tuple[str | None, str]:
    """The first rule that fits, or a sentence on where the answer goes wrong."""
    nothing = None, f"The values differ{where(evidence)}. Work the input below through on paper, one step at a time."
    return next(filter(None, (rule(evidence, exercise) for rule in RULES)), nothing)


# ---- what is no number, or has another shape ---------------------------------------------------------------------


def _nothing_returned(evidence: Sequence[Evidence], _: Any) -> tuple[str, str] | None:
    nothing = [e for e in evidence if e.value is None and not e.outcome.error]
    if not nothing:
        return None
    if len(nothing) == len(evidence):
        return "no-return", "Your function computes something but hands nothing back. Is a `return` missing?"
    return "no-return", "For some inputs your function hands nothing back. Does every branch end in a `return`?"


def _not_numbers(evidence: Sequence[Evidence], _: Any) -> tuple[str, str] | None:
    odd = next((e.value for e in evidence if not e.outcome.error and not e.is_numeric), None)
    if odd is None:
        return None
    kind = f"array of dtype {odd.dtype}" if isinstance(odd, np.ndarray) else type(odd).__name__
    return "not-numbers", f"Your function returned: {kind}. It should return one array (or a float) of numbers."


def _complex(evidence: Sequence[Evidence], _: Any) -> tuple[str, str] | None:
    if any(e.value.dtype.kind == "c" for e in _values(evidence)):
        return "complex", "Your function returned complex numbers for real input; the answer is real."
    return None


def _shape(evidence: Sequence[Evidence], _: Any) -> tuple[str, str] | None:
    e = next((e for e in _values(evidence) if e.value.shape != e.expected.shape), None)
    if e is None:
        return None
    has, due = e.value.shape, e.expected.shape
    pairs = "That is a table of all pairs: an outer product, or a diagonal matrix? One number each is asked."
    squeezed = "The batch's own axis is gone too: a bare `np.squeeze` removes every axis of length 1. Name the one you "
    known = (
        (has == due[::-1], "The two axes are exchanged: check where a transpose is missing, or one too many."),
        (due[:1] == (1,) and has == due[1:], f"{squeezed}mean, with `axis`."),
        (e.value.size == e.expected.size == 1, "One number is asked, not an array that holds one."),
        (has == (), "Everything was gathered into one number. Which axes should have stayed?"),
        (has in ((1, *due), (*due, 1)), "An axis of length 1 was added, and not taken off again."),
        (due and has == (*due, due[-1]), pairs),
        (len(has) == len(due) + 1, "One axis too many is left: which one should have been summed or averaged away?"),
        (len(has) + 1 == len(due), "Your result has one axis too few."),
        (True, "Write the shape of each intermediate result beside your lines."),
    )
    why = next(why for holds, why in known if holds)
    given = {name: np.shape(value) for name, value in e.case.arguments.items() if np.ndim(value)}
    inputs = ", ".join(f"`{name}` of shape {shape}" for name, shape in given.items())
    at = f"For {inputs} your" if inputs else "Your"
    return "shape", f"{at} result has shape {has} and should have shape {due}. {why}"


def _not_finite(evidence: Sequence[Evidence], _: Any) -> tuple[str, str] | None:
    bad = [e for e in _values(evidence) if not np.isfinite(e.value).all() and np.isfinite(e.expected).all()]
    if not bad:
        return None
    what = "nan" if any(np.isnan(e.value).any() for e in bad) else "inf"
    if all(e.case.extreme for e in bad) and any(np.any(v) for e in bad for v in e.case.arguments.values()):
        return "overflow", (
            f"Right for ordinary inputs, but for large ones your result holds `{what}`. An exponential leaves the "
            "range of float64 (beyond about $e^{709}$), or a 0 comes into a logarithm or below a fraction bar: which "
            "step is the first?"
        )
    return "not-finite", f"Your result holds `{what}`. Look for a division by 0, a $\\log 0$ or a $0 \\cdot \\infty$."


# ---- how numbers relate to the right ones ------------------------------------------------------------------------

# What values are often multiplied with: its name, whether that speaks of a mean, what is said of the constant, and the
# factor, from the rows and the classes of a case.
FACTORS: tuple[tuple[str, bool, str, Callable[[int, int], float]], ...] = (
    ("sign", False, "$-1$: every sign is turned round.", lambda n, k: -1),
    ("no-1/N", True, "$N$, the number of rows: is a mean over the batch asked, where you sum?", lambda n, k: n),
    ("1/N-twice", True, "$1/N$: is the mean over the batch taken twice?", lambda n, k: 1 / n),
    ("sign", False, "$-N$. The sign comes first: follow the minus. Then the mean, its $1/N$.", lambda n, k: -n),
    ("sign", False, "$-1/N$. The sign comes first: follow the minus. Then the mean, taken twice.", lambda n, k: -1 / n),
    ("ratio", True, "the size of the last axis: did you divide by a mean where a sum is asked?", lambda n, k: k),
    (
        "mean-over-everything",
        True,
        "one over the size of the last axis: over the classes a sum is asked, and only over the rows a mean.",
        lambda n, k: 1 / k,
    ),
    (
        "1/K",
        True,
        "$N/K$: you divide by $K$, the size of the last axis, and the mean runs over the $N$ rows.",
        lambda n, k: n / k,
    ),
    ("factor-2", False, "2, the habit of squared errors. Here no square is asked.", lambda n, k: 2),
    ("factor-2", False, "1/2, the habit of squared errors. Here no square is asked.", lambda n, k: 0.5),
    ("log-base-2", False, "$1/\\ln 2$: a logarithm to base 2 in place of the natural one?", lambda n, k: 1 / np.log(2)),
    (
        "log-base-10",
        False,
        "$1/\\ln 10$: a logarithm to base 10 in place of the natural one?",
        lambda n, k: 1 / np.log(10),
    ),
)


def usual_factor(evidence: Sequence[Evidence], exercise: Any, rtol: float = NEARLY) -> tuple[str, str] | None:
    """What all values are those expected times, its name and what is said of it. rtol: nearly will do where that is all
    there is to tell, for what is inexact besides can wait."""
    for slug, of_a_mean, said, factor in FACTORS:
        pairs = [(e, factor(*rows_and_classes(e.case))) for e in _values(evidence)]
        scaled = (agree(e.value, e.expected * f, e.case.atol, rtol) for e, f in pairs)
        if {f for _, f in pairs} not in (set(), {1}) and all(scaled):
            if of_a_mean and not takes_a_mean(exercise):  # where none is taken, no factor has to do with it
                slug, said = "ratio", f"{said.partition(':')[0]}."
            elif slug == "no-1/N" and all(e.expected.ndim == 0 for e in evidence):
                slug = "sum-for-mean"
            return slug, said
    return None


def _ratio(evidence: Sequence[Evidence], exercise: Any) -> tuple[str, str] | None:
    if usual := usual_factor(evidence, exercise):
        return usual[0], f"Your values are the right ones times {usual[1]}"
    ratios = [_constant_ratio(e) for e in _values(evidence)]
    if len(ratios) > 1 and None not in ratios and np.ptp(ratios) < 1e-6 * abs(ratios[0]) and abs(ratios[0] - 1) > 1e-3:
        return "ratio", f"Your values are the right ones times {ratios[0]:.4g}, always. Which constant is that?"
    return None


def takes_a_mean(exercise: Any) -> bool:
    """Whether the right program divides by the number of rows."""
    return any("N" in step.code.co_names or "mean" in step.code.co_names for step in parse(exercise.steps))


def _constant_ratio(e: Evidence) -> float | None:
    nonzero = np.abs(e.expected) > 1e-6
    if not nonzero.any() or not np.isfinite(e.value).all():
        return None
    ratios = np.asarray(e.value)[nonzero] / e.expected[nonzero]
    ratio = float(ratios.flat[0])
    same = np.ptp(ratios) < 1e-6 * abs(ratio) and np.allclose(e.value, ratio * e.expected, rtol=1e-6, atol=1e-6)
    return ratio if same else None


class Relation(NamedTuple):
    """How numbers are related to the right ones on every input, and on one at least in a way that tells: a rule."""

    slug: str
    said: str
    everywhere: Callable[[Evidence], bool]
    somewhere: Callable[[Evidence], bool] = lambda e: True

    def __call__(self, evidence: Sequence[Evidence], _: Any) -> tuple[str, str] | None:
        fits = any(map(self.somewhere, _values(evidence))) and _all(evidence, self.everywhere)
        return (self.slug, self.said) if fits else None


def _is_turned(e: Evidence) -> bool:
    return agree(e.value, 0 - e.expected, e.case.atol)  # NumPy does not negate a bool


def _is_shifted(e: Evidence) -> bool:
    gap = e.value - e.expected
    return e.agrees or (np.isfinite(gap).all() and np.ptp(gap) <= 1e-6 * np.max(np.abs(gap)))


def _is_near(e: Evidence) -> bool:
    return np.allclose(e.value, e.expected, rtol=5e-3, atol=5e-3 if e.case.atol == ATOL else e.case.atol)


def _is_right_but_for_zeros(e: Evidence, zeros: bool, end: int) -> bool:
    """zeros: whether these alone stand at this end of an axis, or what is right."""
    left, filled = (e.value == 0) & (e.expected != 0), (e.value != 0) & (e.expected != 0)
    if not (left.any() and filled.any() and agree(np.where(left, e.expected, e.value), e.expected, e.case.atol)):
        return e.agrees
    some = left if zeros else filled
    return e.agrees or any(not np.delete(some, end, axis).any() for axis in range(some.ndim) if some.shape[axis] > 1)


def _is_plainly_wrong(e: Evidence) -> bool:
    return not (e.agrees or e.case.extreme)  # of large inputs what is 0 has underflowed


SIGN = "Every value has the wrong sign and the right size. Follow the minus through your lines."
SHORT = "The values are right to a few digits only: somewhere they pass through a short float."
INEXACT = (
    "You are close, but only to a few digits. A rounding, a small constant added for safety, or a numeric "
    "approximation does that; this one can be had exactly."
)
SHIFTED = "Within each input your values are off by one and the same amount. Which term is missing, or one too many?"
ZEROS = (  # where a loop fills an array of zeros, those that are left tell what is wrong with it
    (
        True,
        -1,
        "All is right but what comes last, and there it is 0: does a loop, or what picks an entry, stop one short?",
    ),
    (True, 0, "All is right but what comes first, and there it is 0: does a loop, or what picks an entry, begin at 1?"),
    (False, -1, "Only what comes last is right, the rest is 0: is the array of zeros made anew inside a loop?"),
    (False, 0, "Only what comes first is right, the rest is 0: does the `return` stand inside a loop?"),
)

# A value that is not there is told before its shape, its shape before its numbers, and what is certain before a guess.
RULES: tuple[Rule, ...] = (
    _nothing_returned,
    _not_numbers,
    _complex,
    _shape,
    Relation("sign", SIGN, _is_turned),
    _ratio,
    *(
        Relation("zeros-left", said, partial(_is_right_but_for_zeros, zeros=zeros, end=end), _is_plainly_wrong)
        for zeros, end, said in ZEROS
    ),
    _not_finite,
    Relation(
        "single-precision",
        SHORT,
        lambda e: np.allclose(e.value, e.expected, rtol=1e-2, atol=1e-3),
        lambda e: e.value.dtype.itemsize < 8,
    ),
    Relation("inexact", INEXACT, _is_near),
    Relation("offset", SHIFTED, _is_shifted, lambda e: e.expected.size > 1 and not e.agrees),
)


def _values(evidence: Sequence[Evidence]) -> list[Evidence]:
    return [e for e in evidence if e.is_numeric]


def _all(evidence: Sequence[Evidence], holds: Callable[[Evidence], bool]) -> bool:
    values = _values(evidence)
    return bool(values) and all(map(holds, values))


# ---- which inputs ------------------------------------------------------------------------------------------------


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
    failing, passing = [[e.case for e in evidence if e.agrees is right] for right in (False, True)]
    if not failing or not passing:
        return ""
    if all(case.extreme for case in failing):
        if all(any(map(_is_square, case.arguments.values())) for case in failing):
            return " where two sizes are equal: where they differ it is right"
        return " for extreme inputs only: ordinary ones are right"
    if min(map(axes, failing)) > 1 >= max(map(axes, passing)):
        return " for a batch: a single row is right"
    if max(map(axes, failing)) <= 1 < max(map(axes, passing)):
        x = next(iter(failing[0].arguments))
        return (
            " for a single row: a batch is right (a single row has one axis, of *numbers*: what walks over "
            f"`{x}`, or counts it, meets these)"
        )
    return " for some inputs only"


def _is_square(value: Any) -> bool:
    return np.ndim(value) == 2 and len(set(np.shape(value))) == 1
