"""From what an answer did on every case to what is said of it: rules in order, of which the first that fits speaks."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial, singledispatch
from typing import Any

import numpy as np

from utils.judge.code.calls import Case, Outcome, is_numeric, limited, same_outcome, under_its_own_name
from utils.judge.code.card import OTHER_SIZE
from utils.judge.code.diagnosis import Evidence, diagnose, speaks_of_N, what_stopped, where
from utils.judge.code.general import in_general
from utils.judge.code.place import Seen, look
from utils.judge.verdict import Counterexample, Verdict

LOG = logging.getLogger(__name__)
LUCK = "Some step leaves the range of float64, and what saves you is luck. Which step?"
FICKLE = (
    "Called twice with the same input, your function gave two results. Does it draw random numbers, or keep something "
    "from one call to the next?"
)
CHANGED = (
    "Your function changes its argument {} in place, so the caller's array is spoilt. Work on new arrays: `a = a - m` "
    "makes one, `a -= m` does not."
)
VIEW = (
    "The values are right, but the array you return shares its memory with an argument: whoever changes one changes "
    "the other. Return an array of its own."
)


@dataclass(frozen=True)
class Trial:
    """An answer and what it did: on every case, once more on the first, and where it could mute nothing."""

    exercise: Any
    answer: Callable
    evidence: Sequence[Evidence]
    again: Outcome
    loud: Sequence[Outcome]

    @property
    def verdict(self) -> Callable[..., Verdict]:
        """Makes one on this exercise, of a state, a message, and perhaps a mistake and a counterexample."""
        return partial(Verdict, self.exercise.id)

    def passes(self, e: Evidence) -> bool:
        result = e.outcome
        return e.agrees and not (result.changed or result.view or (self.exercise.silent and result.warned))

    @cached_property
    def failing(self) -> list[Evidence]:
        return [e for e in self.evidence if not self.passes(e)]

    @cached_property
    def judged(self) -> list[Evidence]:
        """What is diagnosed: of an answer that is wrong on ordinary numbers those alone. Overflow can wait."""
        ordinary = not all(e.case.extreme for e in self.failing)
        return [e for e in self.evidence if not (ordinary and e.case.extreme)]

    @cached_property
    def read_with(self) -> list[Case]:
        """The inputs an answer is read with: of one draw, so that the same is told of it at every run."""
        return self.exercise.inputs(np.random.default_rng(0))

    @cached_property
    def seen(self) -> Seen:
        """What is seen inside an answer that is wrong on ordinary numbers."""
        try:
            with limited(self.answer):
                return read(self.answer, self.exercise, self.read_with)
        except TimeoutError:
            return Seen()
        except Exception:  # a fault of ours: the verdict stands without a place, too
            LOG.debug("An answer to %s could not be read.", self.exercise.id, exc_info=True)
            return Seen()

    @cached_property
    def known(self) -> Any:
        """The mistake that does just the same, of the exercise's own list or in general; not one that happens elsewhere
        than where this answer is seen to go wrong."""
        place = self.seen.place
        missed = place.missed if place else ()
        same = self.exercise.recognised(self.judged)
        here = (m for m in same if not (missed and m.steps and set(missed).isdisjoint(m.steps)))
        untrue = {f"ignores-{name}" for name in self.seen.reads}  # which are read, and have no effect all the same
        if place and place.what == OTHER_SIZE:
            untrue.add("wrong-axis")
        own = next((mistake for mistake in here if mistake.slug not in untrue), None)
        known = own or in_general(self.exercise, self.judged, self.seen.of_steps)
        return known if known and known.slug not in untrue else None

    @cached_property
    def first(self) -> int:
        """The first result with a wrong value; where the values are right, and a warning say is not, the first."""
        parts = range(len(self.exercise.returns))
        return next((i for i in parts if not all(e.part(i).agrees for e in self._before_it_stops)), 0)

    @cached_property
    def _before_it_stops(self) -> list[Evidence]:
        """What came out wrong is told before what came not at all."""
        stop = next((i for i, e in enumerate(self.judged) if e.outcome.error), None)
        return self.judged[:stop] if not all(map(self.passes, self.judged[:stop])) else self.judged

    @cached_property
    def told(self) -> list[Evidence]:
        """Of the result that is told of, what is looked at."""
        return [e.part(self.first) for e in self._before_it_stops]

    @cached_property
    def wrong(self) -> list[Evidence]:
        return [e for e in self.told if not self.passes(e)]

    @cached_property
    def name(self) -> str:
        """Of the result that is told of, where there are several."""
        return self.exercise.returns[self.first] if len(self.exercise.returns) > 1 else ""

    @cached_property
    def worst(self) -> Evidence:
        """The case that is shown."""
        of_a_batch = self.known and speaks_of_N(self.known.feedback)  # which no single row shows
        failing = (e.part(self.first) for e in self.failing if not e.outcome.error)
        wrong = [e for e in failing if not self.passes(e)]
        i = self.seen.shown
        placed = [e for e in wrong if i is not None and e.case is self.evidence[i].case]  # where it is seen
        return min(placed or [e for e in wrong if of_a_batch and e.rows > 1] or wrong, key=_readability)

    def shown(self, e: Evidence | None = None) -> Counterexample:
        e = e or self.worst
        after = dict(zip(e.outcome.changed, e.outcome.left, strict=False))
        return Counterexample(e.case.arguments, e.value, name=self.name, after=after)


@singledispatch
def read(answer: Callable, exercise: Any, cases: Sequence[Case]) -> Seen:
    """Read an answer from inside, as it goes on these cases."""
    with under_its_own_name(answer):
        evidence = [Evidence(case, exercise.run(answer, case)[0], exercise.expected(case)) for case in cases]
        return look(answer, exercise, evidence)


def judge(trial: Trial) -> Verdict:
    """The first rule that fits. The last one for an answer that is right, and for one that is not, always does."""
    return next(filter(None, (rule(trial) for rule in (FOR_WRONG if trial.failing else FOR_RIGHT))))


# ---- where nothing fails ------------------------------------------------------------------------------------------


def _fickle(trial: Trial) -> Verdict | None:
    same = same_outcome(trial.evidence[0].outcome, trial.again)
    return None if same else trial.verdict("wrong", FICKLE, "not-deterministic")


def _right(trial: Trial) -> Verdict:
    muted = next((text for outcome in trial.loud for text in outcome.warned), "")
    said = f"Every value is right. But it is silent only because NumPy was muted: on the way there is *{muted}*. {LUCK}"
    return trial.verdict("right", said if muted else trial.exercise.notice)


# ---- where something does -----------------------------------------------------------------------------------------


def _another_number_of_results(trial: Trial) -> Verdict | None:
    """A return statement that hands out more or less than is asked."""
    returns = trial.exercise.returns
    odd = next((e for e in trial.judged if not e.outcome.error and not e.several), None)
    if trial.known or len(returns) == 1 or odd is None or odd.value is None:
        return None
    value = odd.value
    has = f"one array of shape {value.shape}" if is_numeric(value) else f"a {type(value).__name__}"
    if isinstance(value, list | tuple):
        has = f"a {type(value).__name__} of {len(value)}"
    message = f"{len(returns)} results are asked, in this order: `return {', '.join(returns)}`. Yours returned {has}."
    return trial.verdict("wrong", message, "returns", Counterexample(odd.case.arguments, value))


def _stopped(trial: Trial) -> Verdict | None:
    e = next((e for e in trial.wrong if e.outcome.error), None)
    if e is None:
        return None
    slug, message = (trial.known.slug, trial.known.feedback) if trial.known else what_stopped(e)
    is_read = repr(e.case) in map(repr, trial.read_with)  # then what is told of shapes is true of this case
    seen = trial.seen if is_read else Seen()
    told = f"stopped with {_error(e.outcome, said=False)}".replace("`", "") if slug else "stopped there"
    message = message or f"{_error(e.outcome, said=not seen.explained)}{where(trial.judged)}. {seen.stopped}".rstrip()
    return trial.verdict("your code stopped", message, slug, Counterexample(e.case.arguments, told=told))


def _known(trial: Trial) -> Verdict | None:
    return trial.known and trial.verdict("wrong", trial.known.feedback, trial.known.slug, trial.shown())


def _beside_the_values(trial: Trial) -> Verdict | None:
    """What is wrong with an answer of which every value may be right."""
    outcomes = [e.outcome for e in trial.wrong]
    if spoilt := min((e for e in trial.wrong if e.outcome.changed), key=_readability, default=None):
        names = " and ".join(f"`{name}`" for name in spoilt.outcome.changed)
        return trial.verdict("wrong", CHANGED.format(names), "changed-arguments", trial.shown(spoilt))
    if not all(e.agrees for e in trial.wrong):
        return None
    if all(outcome.view for outcome in outcomes):
        return trial.verdict("wrong", VIEW, "view-of-input", trial.shown())
    warned = next(text for outcome in outcomes for text in outcome.warned)
    message = f"The values are right, but on the way NumPy warns: *{warned}*. {LUCK}"
    return trial.verdict("wrong", message, "warns", trial.shown())


def _values(trial: Trial) -> Verdict:
    """What the values have to do with the right ones; if nothing, a law that they break, or where they go wrong."""
    slug, message = diagnose(trial.told, trial.exercise)
    worst, name = trial.worst, trial.name
    if slug == "shape":  # the message tells of the first
        worst = next(e for e in trial.told if e.value.shape != e.expected.shape)
    if slug in ("overflow", "not-finite"):
        worst = min(trial.wrong, key=lambda e: (np.isfinite(e.value).all(), e.case.size))
    if slug is None:
        message = _law(trial) or _at_a_place(trial) or message
    if name and slug == "no-return" and all(e.several for e in trial.judged):
        message = f"`{name}` is `None`. Was it ever given a value?"
    elif name and slug != "no-return":
        message = f"`{name}` is the first of your results that is wrong. {message}"
    return trial.verdict("wrong", message, slug, trial.shown(worst))


def _at_a_place(trial: Trial) -> str:
    some = where(trial.told)
    return f"{f'The values differ{some}. ' if some else ''}{trial.seen.place}" if trial.seen.place else ""


def _law(trial: Trial) -> str:
    e, place = trial.worst, where(trial.told)
    laws = (law(**e.case.copies(), result=e.value) for law in trial.exercise.laws)
    broken = next(filter(None, laws), "")
    return f"{broken} This happens{place}." if broken and place else broken


FOR_RIGHT = (_fickle, _right)
FOR_WRONG = (_another_number_of_results, _stopped, _known, _beside_the_values, _values)


def _error(outcome: Outcome, said: bool = True) -> str:
    name = type(outcome.error).__name__
    what = f"`{name}: {outcome.said}`" if outcome.said and said else f"`{name}`"
    return f"{what} in {outcome.line}" if outcome.line else what


def _readability(e: Evidence) -> tuple[bool, bool, int]:
    """Ordinary inputs first, in their order, which begins with small ones; but none on which the fault is too small to
    see. Of those that are not ordinary, the smallest."""
    result, extreme = e.value, e.case.extreme
    comparable = is_numeric(result) and result.shape == e.expected.shape and not e.outcome.changed
    hidden = bool(comparable and np.allclose(result, e.expected, rtol=1e-3, atol=1e-3))
    return hidden, extreme, extreme * e.case.size
