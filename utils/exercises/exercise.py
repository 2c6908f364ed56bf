"""What an exercise is, and how an answer to it is judged.

An exercise is data: what is asked, the right formula, the wrong ones with their names and what to say of each. Judging
is one way for all: check first, diagnose second, and say so plainly when the fault is the workbook's own.
"""

from __future__ import annotations

import inspect
import reprlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from utils.exercises.calls import (
    Case,
    Outcome,
    borrowed,
    call,
    is_stub,
    same_outcome,
    time_limit,
    under_its_own_name,
)
from utils.exercises.diagnosis import Evidence, diagnose, what_stopped, where
from utils.exercises.verdict import Counterexample, Verdict, checker_fault

NOT_ATTEMPTED = "Yours to write. Replace the `...` with your answer and run the cell again."


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people really give: its formula, its name, and what to say to whoever wrote it.

    factor: the first factor of the chain at which it goes wrong, where the exercise can tell.
    """

    slug: str
    formula: Callable
    feedback: str
    factor: str | None = None


@dataclass(frozen=True)
class Exercise:
    """A function to write.

    reference: the right function. inputs: draws the arguments of one check from a Generator, anew each time.
    mistakes: wrong formulas by name. accepts: other right ways to write it. hints: from a nudge to nearly there.
    notice: one sentence for whoever got it right. laws: what every right answer obeys, each a function of the arguments
    and a result that returns None or, when it is broken, a sentence: a fact that students can check by themselves.
    returns: the names of the results, where a tuple of several is asked. silent: whether a right answer raises no
    warning of NumPy's. locate: of an answer that is wrong, names the factor of the chain at which it first goes wrong.
    steps: the right program as text, a step a line, `name = expression  # meaning`; a single row is a batch of one.
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
    returns: Sequence[str] = ("result",)
    silent: bool = False
    locate: Callable[[Callable], str | None] | None = None
    steps: str = ""

    def check(self, answer: Any, rng: np.random.Generator | None = None) -> Verdict:
        """Judge a function: call it on inputs drawn with rng, fresh ones without it, and compare with the reference.
        Takes well under 100 ms."""
        with np.errstate(all="ignore"), warnings.catch_warnings():  # a notebook may have asked for errors
            warnings.simplefilter("ignore")
            return self._check(answer, rng or np.random.default_rng())

    def _check(self, answer: Any, rng: np.random.Generator) -> Verdict:
        if answer is None or answer is ...:
            return Verdict(self.id, "not attempted", NOT_ATTEMPTED)
        if not callable(answer):
            message = f"A function is asked here; this is a {type(answer).__name__}. Put `@exercise` above a `def`."
            return Verdict(self.id, "wrong", message, "not-a-function")
        try:
            cases = self.inputs(rng)
            expected = [self._expected(case) for case in cases]
        except Exception as error:
            return checker_fault(self.id, error)
        misfit = _signature_misfit(answer, cases[0])
        if misfit:
            return Verdict(self.id, "wrong", misfit, "signature")
        try:
            with time_limit(), under_its_own_name(answer):
                first, printed = self.run(answer, cases[0])
                if is_stub(answer) and _is_empty(first):
                    return Verdict(self.id, "not attempted", NOT_ATTEMPTED)
                outcomes = [first, *(self.run(answer, case)[0] for case in cases[1:])]
                again, _ = self.run(answer, cases[0])
        except TimeoutError as error:
            message = f"Your function is {error} and was stopped. Is there a loop that never ends?"
            return Verdict(self.id, "your code stopped", message, "too-slow")
        try:
            evidence = [Evidence(*row) for row in zip(cases, outcomes, expected, strict=True)]
            factor = None if all(map(self._passes, evidence)) else self._located(answer)
            verdict = self._judge(evidence, again, factor)
        except Exception as error:
            return checker_fault(self.id, error)
        message = verdict.message
        if factor:
            message += f" First wrong factor of the chain: {factor}."
        if verdict.state != "right" and (names := borrowed(answer)):
            message += (
                f" (Your function also reads `{names[0]}`, which is no argument of it: it took what a cell above left "
                "behind.)"
            )
        return replace(verdict, message=message, printed=printed)

    def run(self, function: Callable, case: Case) -> tuple[Outcome, str]:
        """Call a function as this exercise does; give back what happened and what was printed."""
        return call(function, case, len(self.returns))

    def recognised(self, cases: Sequence[Case], outcomes: Sequence[Outcome]) -> Iterator[Mistake]:
        """Every mistake of the list that does on these cases just what the answer did."""
        for mistake in self.mistakes:
            if all(
                self._same(outcome, self.run(mistake.formula, case)[0], case.atol)
                for case, outcome in zip(cases, outcomes, strict=True)
            ):
                yield mistake

    def _judge(self, evidence: Sequence[Evidence], again: Outcome, factor: str | None) -> Verdict:
        failing = [e for e in evidence if not self._passes(e)]
        if not failing:
            if not same_outcome(evidence[0].outcome, again):
                message = (
                    "Called twice with the same input, your function gave two results. Does it draw random numbers, "
                    "or keep something from one call to the next?"
                )
                return Verdict(self.id, "wrong", message, "not-deterministic")
            return Verdict(self.id, "right", self.notice)

        # An answer that is wrong on ordinary numbers is diagnosed on those alone: overflow is the next conversation.
        ordinary = not all(e.case.extreme for e in failing)
        judged = [e for e in evidence if not (ordinary and e.case.extreme)]
        found = self.recognised([e.case for e in judged], [e.outcome for e in judged])
        if factor and any(e.outcome.error for e in judged):  # NumPy tells of sizes only: another line may stop alike
            found = (mistake for mistake in found if mistake.factor in (None, factor))
        known = next(found, None)
        if not known and (misfit := self._misfit(judged)):
            return Verdict(self.id, "wrong", misfit, "returns", _counterexample(failing[0]))
        stop = next((i for i, e in enumerate(judged) if e.outcome.error), None)
        if not all(map(self._passes, judged[:stop])):  # what came out wrong is told before what came not at all
            judged, failing = judged[:stop], [e for e in failing if not e.outcome.error]
        part = self._first_wrong_part(judged)
        worst = min((e.part(part) for e in failing if not self._passes(e.part(part))), key=_readability)
        evidence = [e.part(part) for e in judged]
        failing = [e for e in evidence if not self._passes(e)]

        stopped = next((e for e in failing if e.outcome.error), None)
        if stopped:
            slug, message = (known.slug, known.feedback) if known else what_stopped(stopped)
            told = f"stopped with {_told(stopped.outcome)}".replace("`", "") if slug else "stopped there"
            message = message or f"{_told(stopped.outcome)}{where(judged)}."
            detail = Counterexample(stopped.case.arguments, told=told)
            return Verdict(self.id, "your code stopped", message, slug, detail)
        name = self.returns[part] if len(self.returns) > 1 else ""
        detail = _counterexample(worst, name)
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
        if all(e.outcome.view and e.agrees for e in failing):
            message = (
                "The values are right, but the array you return shares its memory with an argument: whoever changes "
                "one changes the other. Return an array of its own."
            )
            return Verdict(self.id, "wrong", message, "view-of-input", detail)
        if all(e.agrees for e in failing):
            message = (
                f"The values are right, but on the way NumPy warns: *{failing[0].outcome.warned[0]}*. Some step leaves "
                "the range of float64, and what saves you is luck. Which step?"
            )
            return Verdict(self.id, "wrong", message, "warns", detail)
        slug, message = diagnose(evidence, self.reference)
        if slug == "shape":  # the message tells of the first
            detail = _counterexample(next(e for e in evidence if e.outcome.value.shape != e.expected.shape), name)
        if slug in ("overflow", "not-finite"):
            worst = min(failing, key=lambda e: (np.isfinite(e.outcome.value).all(), e.case.size))
            detail = _counterexample(worst, name)
        if slug is None and (law := self._broken_law(worst)):
            message = f"{law} This happens{where(evidence)}." if where(evidence) else law
        if name and slug == "no-return" and all(e.several for e in judged):
            message = f"`{name}` is `None`. Was it ever given a value?"
        elif name and slug != "no-return":
            message = f"`{name}` is the first of your results that is wrong. {message}"
        return Verdict(self.id, "wrong", message, slug, detail)

    def _expected(self, case: Case) -> Any:
        result = self.reference(*_fresh(case))
        return tuple(map(np.asarray, result)) if len(self.returns) > 1 else np.asarray(result)

    def _same(self, a: Outcome, b: Outcome, atol: float) -> bool:
        return same_outcome(a, b, atol) and not (self.silent and a.warned != b.warned)

    def _passes(self, e: Evidence) -> bool:
        result = e.outcome
        return e.agrees and not (result.changed or result.view or (self.silent and result.warned))

    def _misfit(self, evidence: Sequence[Evidence]) -> str | None:
        """What is wrong with a return statement that hands out another number of results than is asked."""
        odd = next((e for e in evidence if not e.outcome.error and not e.several), None)
        if len(self.returns) == 1 or odd is None or odd.outcome.value is None:
            return None
        value = odd.outcome.value
        has = f"one array of shape {value.shape}" if odd.outcome.is_numeric else f"a {type(value).__name__}"
        if isinstance(value, list | tuple):
            has = f"a {type(value).__name__} of {len(value)}"
        return (
            f"{len(self.returns)} results are asked, in this order: `return {', '.join(self.returns)}`. Yours returned "
            f"{has}."
        )

    def _first_wrong_part(self, evidence: Sequence[Evidence]) -> int:
        """The first result with a wrong value; where the values are right, and a warning say is not, the first."""
        parts = range(len(self.returns))
        return next((i for i in parts if not all(e.part(i).agrees for e in evidence)), 0)

    def _located(self, answer: Callable) -> str | None:
        if self.locate is None:
            return None
        try:
            with time_limit(), under_its_own_name(answer):
                return self.locate(answer)
        except TimeoutError:
            return None

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
            return Verdict(
                self.id, "wrong", f"{reprlib.repr(answer)} is not one of the answers: {known}.", "no-such-answer"
            )
        if chosen.slug == self.right:
            return Verdict(self.id, "right", self.notice)
        return Verdict(self.id, "wrong", chosen.feedback, chosen.slug)


def _fresh(case: Case) -> list[Any]:
    return [np.copy(value) if isinstance(value, np.ndarray) else value for value in case.arguments.values()]


def _counterexample(e: Evidence, name: str = "") -> Counterexample:
    return Counterexample(e.case.arguments, e.outcome.value, name=name)


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
