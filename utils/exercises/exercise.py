"""What an exercise is, and how an answer to it is judged.

An exercise is data: what is asked, the right formula, the wrong ones with their names and what to say of each. Judging
is one way for all: check first, diagnose second, and say so plainly when the fault is the workbook's own.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from utils.exercises.calls import (
    Case,
    Outcome,
    agree,
    borrowed,
    call,
    is_stub,
    same_outcome,
    time_limit,
    under_its_own_name,
)
from utils.exercises.diagnosis import Evidence, diagnose, where
from utils.exercises.verdict import Counterexample, Verdict, checker_fault

NOT_ATTEMPTED = "Yours to write. Replace the `...` with your answer and run the cell again."


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people really give: its formula, its name, and what to say to whoever wrote it."""

    slug: str
    formula: Callable
    feedback: str


@dataclass(frozen=True)
class Exercise:
    """A function to write.

    reference: the right function. inputs: draws the arguments of one check from a Generator, anew each time.
    mistakes: wrong formulas by name. accepts: other right ways to write it. hints: from a nudge to nearly there.
    notice: one sentence for whoever got it right. laws: what every right answer obeys, each a function of the arguments
    and a result that returns None or, when it is broken, a sentence: a fact that students can check by themselves.
    """

    id: str
    title: str
    minutes: int
    level: int
    reference: Callable
    inputs: Callable[[np.random.Generator], Sequence[Case]]
    hints: Sequence[str]
    notice: str
    mistakes: Sequence[Mistake] = ()
    accepts: Sequence[Callable] = ()
    laws: Sequence[Callable[..., str | None]] = ()

    def check(self, answer: Any) -> Verdict:
        """Judge a function: call it on fresh inputs and compare with the reference. Takes well under 100 ms."""
        with np.errstate(all="ignore"), warnings.catch_warnings():  # a notebook may have asked for errors
            warnings.simplefilter("ignore")
            return self._check(answer)

    def _check(self, answer: Any) -> Verdict:
        if answer is None or answer is ...:
            return Verdict(self.id, "not attempted", NOT_ATTEMPTED)
        if not callable(answer):
            message = f"A function is asked here; this is a {type(answer).__name__}. Put `@exercise` above a `def`."
            return Verdict(self.id, "wrong", message, "not-a-function")
        try:
            cases = self.inputs(np.random.default_rng())
            expected = [np.asarray(self.reference(*_fresh(case))) for case in cases]
        except Exception as error:
            return checker_fault(self.id, error)
        misfit = _signature_misfit(answer, cases[0])
        if misfit:
            return Verdict(self.id, "wrong", misfit, "signature")
        try:
            with time_limit(), under_its_own_name(answer):
                first, printed = call(answer, cases[0])
                if is_stub(answer) and _is_empty(first):
                    return Verdict(self.id, "not attempted", NOT_ATTEMPTED)
                outcomes = [first, *(call(answer, case)[0] for case in cases[1:])]
                again, _ = call(answer, cases[0])
        except TimeoutError as error:
            message = f"Your function is {error} and was stopped. Is there a loop that never ends?"
            return Verdict(self.id, "your code stopped", message, "too-slow")
        try:
            verdict = self._judge(cases, outcomes, again, expected)
        except Exception as error:
            return checker_fault(self.id, error)
        message = verdict.message
        if verdict.state != "right" and (names := borrowed(answer)):
            message += (
                f" (Your function also reads `{names[0]}`, which is no argument of it: it took what a cell above left "
                "behind.)"
            )
        return replace(verdict, message=message, printed=printed)

    def recognised(self, cases: Sequence[Case], outcomes: Sequence[Outcome]) -> Iterator[Mistake]:
        """Every mistake of the list that does on these cases just what the answer did."""
        for mistake in self.mistakes:
            if all(
                same_outcome(outcome, call(mistake.formula, case)[0])
                for case, outcome in zip(cases, outcomes, strict=True)
            ):
                yield mistake

    def _judge(
        self, cases: Sequence[Case], outcomes: Sequence[Outcome], again: Outcome, expected: Sequence[np.ndarray]
    ) -> Verdict:
        evidence = [Evidence(*row) for row in zip(cases, outcomes, expected, strict=True)]
        failing = [e for e in evidence if not _passes(e)]
        if not failing:
            if not same_outcome(outcomes[0], again):
                message = (
                    "Called twice with the same input, your function gave two results. Does it draw random numbers, "
                    "or keep something from one call to the next?"
                )
                return Verdict(self.id, "wrong", message, "not-deterministic")
            return Verdict(self.id, "right", self.notice)

        # An answer that is wrong on ordinary numbers is diagnosed on those alone: overflow is the next conversation.
        worst = min(failing, key=_readability)
        if not all(e.case.extreme for e in failing):
            evidence = [e for e in evidence if not e.case.extreme]
            failing = [e for e in failing if not e.case.extreme]
        stopped = next((e for e in failing if e.outcome.error), None)
        known = next(self.recognised([e.case for e in evidence], [e.outcome for e in evidence]), None)
        if stopped:
            message = known.feedback if known else _told(stopped.outcome) + where(evidence) + "."
            told = f"stopped with {_told(stopped.outcome)}".replace("`", "") if known else "stopped there"
            detail = Counterexample(stopped.case.arguments, told=told)
            return Verdict(self.id, "your code stopped", message, known.slug if known else None, detail)
        detail = _counterexample(worst)
        if known:
            return Verdict(self.id, "wrong", known.feedback, known.slug, detail)
        changed = next((e.outcome.changed for e in failing if e.outcome.changed), None)
        if changed:
            names = " and ".join(f"`{name}`" for name in changed)
            message = (
                f"Your function changes its argument {names} in place, so the caller's array is spoilt. "
                "Work on new arrays: `a = a - m` makes one, `a -= m` does not."
            )
            return Verdict(self.id, "wrong", message, "changed-arguments", detail)
        if all(e.outcome.view and agree(e.outcome.value, e.expected) for e in failing):
            message = (
                "The values are right, but the array you return shares its memory with an argument: whoever changes "
                "one changes the other. Return an array of its own."
            )
            return Verdict(self.id, "wrong", message, "view-of-input", detail)
        slug, message = diagnose(evidence, self.reference)
        if slug in ("overflow", "not-finite"):
            detail = _counterexample(min(failing, key=lambda e: (np.isfinite(e.outcome.value).all(), e.case.size)))
        if slug is None and (law := self._broken_law(worst)):
            message = f"{law} This happens{where(evidence)}." if where(evidence) else law
        return Verdict(self.id, "wrong", message, slug, detail)

    def _broken_law(self, e: Evidence) -> str | None:
        return next(filter(None, (law(*_fresh(e.case), e.outcome.value) for law in self.laws)), None)


@dataclass(frozen=True)
class Option:
    """One thing to choose. feedback: why it is wrong; the right option has none, its exercise's `notice` speaks."""

    slug: str
    label: str
    feedback: str = ""


@dataclass(frozen=True)
class Choice:
    """A question with a few answers to choose from, to be answered before looking."""

    id: str
    title: str
    minutes: int
    level: int
    question: str
    options: Sequence[Option]
    right: str
    hints: Sequence[str]
    notice: str

    def check(self, answer: Any) -> Verdict:
        """Judge a choice, given by its slug."""
        if answer is None or answer is ...:
            return Verdict(self.id, "not attempted", "Choose before you look: a guess that is wrong teaches most.")
        chosen = next((o for o in self.options if isinstance(answer, str) and answer in (o.slug, o.label)), None)
        if chosen is None:
            known = ", ".join(repr(option.slug) for option in self.options)
            return Verdict(self.id, "wrong", f"{answer!r} is not one of the answers: {known}.", "no-such-answer")
        if chosen.slug == self.right:
            return Verdict(self.id, "right", self.notice)
        return Verdict(self.id, "wrong", chosen.feedback, chosen.slug)


def _fresh(case: Case) -> list[Any]:
    return [np.copy(value) if isinstance(value, np.ndarray) else value for value in case.arguments.values()]


def _passes(e: Evidence) -> bool:
    result = e.outcome
    real = result.is_numeric and result.value.dtype.kind != "c"
    return real and not result.changed and not result.view and agree(result.value, e.expected)


def _counterexample(e: Evidence) -> Counterexample:
    return Counterexample(e.case.arguments, e.outcome.value)


def _readability(e: Evidence) -> tuple[bool, bool, int]:
    """Small ordinary inputs first, but none on which the fault is too small to see."""
    result = e.outcome.value
    hidden = e.outcome.is_numeric and result.shape == e.expected.shape and not e.outcome.changed
    return bool(hidden and np.allclose(result, e.expected, rtol=1e-3, atol=1e-3)), e.case.extreme, e.case.size


def _is_empty(outcome: Outcome) -> bool:
    if outcome.error:
        return isinstance(outcome.error, NotImplementedError)
    return any(outcome.value is nothing for nothing in (None, ..., NotImplemented))


def _told(outcome: Outcome) -> str:
    name = type(outcome.error).__name__
    what = f"`{name}: {outcome.said}`" if outcome.said else f"`{name}`"
    return f"{what} in {outcome.line}" if outcome.line else what


def _signature_misfit(answer: Callable, case: Case) -> str | None:
    try:
        inspect.signature(answer).bind(*case.arguments)
    except TypeError:
        asked = ", ".join(case.arguments)
        return (
            f"Your function takes `{inspect.signature(answer)}`, but this exercise calls it with `({asked})`. "
            "Keep the first line of the cell as it was."
        )
    except ValueError:  # a built-in that tells no signature: calling it will show
        return None
    return None
