"""What an exercise is, and how an answer to it is judged.

An exercise is data: what is asked, the right formula, the wrong ones with their names and what to say of each. Judging
is one way for all: check first, diagnose second, and say so plainly when the fault is the workbook's own.
"""

import inspect
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from utils.judge.code.calls import Case, Outcome, borrowed, call, is_stub, limited, same_outcome, under_its_own_name
from utils.judge.code.diagnosis import Evidence
from utils.judge.judging import Trial, judge
from utils.judge.verdict import Asked, Verdict, checker_fault

EITHER = " A small change in line {} makes every result right."
NOT_ATTEMPTED = "Yours to write. Replace the `...` with your answer and run the cell again."
BORROWED = " (Your function also reads `{}`, which is no argument of it: it took what a cell above left behind.)"


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people really give: its formula, its name, and what to say to whoever wrote it.

    steps: the steps at which it may go wrong; where they are told, it is the name of no answer that does so elsewhere.
    """

    slug: str
    formula: Callable
    feedback: str
    steps: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Exercise(Asked):
    """A function to write.

    reference: the right function. inputs: draws the arguments of one check from a Generator, anew each time.
    mistakes: wrong formulas by name. accepts: other right ways to write it. laws: what every right answer obeys, each a
    function of the arguments and a result by keyword that returns None or, when it is broken, a sentence: a fact that
    students can check. returns: the names of the results, where a tuple of several is asked. silent: whether a right
    answer raises no warning of NumPy's. steps: the right program, a step a line, as `steps.py` reads it; the last ones
    bind the names of `returns`.
    """

    way = "a function to write: put @exercise({!r}) above it"
    reference: Callable
    inputs: Callable[[np.random.Generator], Sequence[Case]]
    mistakes: Sequence[Mistake] = ()
    accepts: Sequence[Callable] = ()
    laws: Sequence[Callable[..., str | None]] = ()
    returns: Sequence[str] = ("result",)
    silent: bool = False
    steps: str = ""

    def check(self, answer: Any, rng: np.random.Generator | None = None) -> Verdict:
        """Judge a function: call it on inputs drawn with rng, fresh ones without it, and compare with the reference.
        Takes well under 100 ms."""
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):  # a notebook may ask for errors
            try:
                return self._check(answer, rng or np.random.default_rng())
            except Exception as error:  # what an answer raises is caught where it is called
                return checker_fault(self.id, error)

    def _check(self, answer: Any, rng: np.random.Generator) -> Verdict:
        if answer is None or answer is ...:
            return Verdict(self.id, "not attempted", NOT_ATTEMPTED)
        if not callable(answer):
            message = f"A function is asked here; this is a {type(answer).__name__}. Put `@exercise` above a `def`."
            return Verdict(self.id, "wrong", message, "not-a-function")
        cases = self.inputs(rng)
        misfit = _signature_misfit(answer, cases[0])
        if misfit:
            return Verdict(self.id, "wrong", misfit, "signature")
        try:
            with limited(answer), under_its_own_name(answer):
                first, printed = self.run(answer, cases[0])
                if is_stub(answer) and _is_empty(first):
                    return Verdict(self.id, "not attempted", NOT_ATTEMPTED)
                outcomes = [first, *(self.run(answer, case)[0] for case in cases[1:])]
                again, _ = self.run(answer, cases[0])
                loud = [self.run(answer, case, loud=True)[0] for case in cases] if self.silent else []
        except TimeoutError as error:
            message = f"Your function is {error} and was stopped. Is there a loop that never ends?"
            return Verdict(self.id, "your code stopped", message, "too-slow")
        evidence = [Evidence(*row) for row in zip(cases, outcomes, map(self.expected, cases), strict=True)]
        verdict = judge(trial := Trial(self, answer, evidence, again, loud))
        if verdict.state == "right":
            return replace(verdict, printed=printed)
        also = "".join(BORROWED.format(name) for name in borrowed(answer)[:1])
        place = None if verdict.mistake == "kept-result" else trial.seen.place  # which no line alone brings about
        if place is None and trial.seen.either:
            also += EITHER.format(", or in line ".join(_lines(trial.seen.either)))
        return replace(verdict, message=verdict.message + also, printed=printed, place=place)

    def run(self, function: Callable, case: Case, loud: bool = False) -> tuple[Outcome, str]:
        """Call a function as this exercise does; give back what happened and what was printed."""
        return call(function, case, len(self.returns), loud)

    def recognised(self, evidence: Sequence[Evidence]) -> Iterator[Mistake]:
        """Every mistake of the list that does in these cases just what the answer did."""
        for mistake in self.mistakes:
            if all(self._same(e.outcome, self.run(mistake.formula, e.case)[0], e.case.atol) for e in evidence):
                yield mistake

    def expected(self, case: Case) -> Any:
        """The right result, or several in a tuple."""
        result = self.reference(*case.copies().values())
        return tuple(map(np.asarray, result)) if len(self.returns) > 1 else np.asarray(result)

    def _same(self, a: Outcome, b: Outcome, atol: float) -> bool:
        return same_outcome(a, b, atol) and not (self.silent and _kinds(a.warned) != _kinds(b.warned))


def _lines(either: Sequence[tuple[str, int]]) -> Iterator[str]:
    """Lines in words, those of one function together."""
    for function, of_it in groupby(either, key=itemgetter(0)):
        *first, last = (str(line) for _, line in of_it)
        yield (f"{', '.join(first)} or {last}" if first else last) + (f" of `{function}`" if function else "")


def _is_empty(outcome: Outcome) -> bool:
    if outcome.error:
        return isinstance(outcome.error, NotImplementedError)
    return any(outcome.value is nothing for nothing in (None, ..., NotImplemented))


def _kinds(warned: Sequence[str]) -> set[str]:
    """What was warned of, wherever it was: "overflow encountered in exp" is an overflow."""
    return {text.partition(" encountered")[0] for text in warned}


def _signature_misfit(answer: Callable, case: Case) -> str | None:
    try:
        inspect.signature(answer).bind(*case.arguments)
    except TypeError:
        asked = ", ".join(case.arguments)
        return (
            f"Your function takes `{inspect.signature(answer)}`, but this exercise calls it with `({asked})`. "
            "Keep the first line of the cell as it was."
        )
    except ValueError:
        pass  # a built-in that tells no signature: calling it will show
    return None
