"""Marking one submission: the judge's side of the process in which the answers run."""

import ast
import base64
import builtins
import hashlib
import inspect
import re
import warnings
from collections.abc import Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from functools import cache
from operator import attrgetter
from types import NoneType
from typing import Any, get_args, get_type_hints

import numpy as np

from utils.exercises import BANK, Derivation, Exercise, chapter_of
from utils.judge import judging
from utils.judge.code import calls
from utils.judge.code.calls import SECONDS, Case, Outcome, call, is_numeric, is_stub, limited
from utils.judge.code.place import Seen
from utils.judge.verdict import Place
from utils.teach.grade.overlooked import overlooked
from utils.teach.grade.own import borrowed
from utils.teach.grade.process import START, Desk, Late, Stopped
from utils.teach.grade.submission import NOTHING, Attempt, Cell, Notebook, Statement, Unreadable, read, steps

NOTE = 300  # characters of a note
SHOWN = 20_000  # characters of an answer, and of what is said to it
STATES = ("right", "wrong", "your code stopped", "checker fault", "not attempted", "missing", "unreadable")  # by worth


@dataclass(frozen=True)
class Mark:
    """state: one of the verdict's, or "missing" (the notebook has no such exercise) or "unreadable" (no notebook).

    note: to whoever marks. answer: as it was handed in. stored: the state that its output told. told, detail, place:
    what the verdict says to the student. notebook: in which the answer stands.
    """

    exercise: str
    state: str
    mistake: str = ""
    note: str = ""
    answer: str = ""
    stored: str = ""
    told: str = ""
    detail: str = ""
    notebook: str = ""
    place: Place | None = None

    def __post_init__(self) -> None:
        """What an answer has said may be long, hold what no file can, and name a place in memory."""
        for name in ("note", "answer", "stored", "told", "detail"):
            text = getattr(self, name)
            if name in ("note", "told", "detail"):
                text = re.sub(r" at 0x[0-9a-fA-F]+", "", text)
            text = text[: NOTE if name == "note" else SHOWN].encode("utf-8", "backslashreplace").decode()
            object.__setattr__(self, name, text)


class Answer:
    """A function on the desk, asked what a function here would be, and called as `calls.call` does. It keeps its own
    time: a limit here would interrupt whoever speaks with its process, at any place."""

    def __init__(self, desk: Desk, name: str, told: dict[str, Any]) -> None:
        self._desk, self._name, self._end = desk, name, desk.left - SECONDS
        self._last: Outcome | None = None  # of one that has ended its process or filled its memory: once is enough
        self.is_stub, self.borrowed = bool(told["stub"]), [str(name) for name in told["borrowed"]]
        parameters = [
            inspect.Parameter(name, inspect._ParameterKind(kind), default=None if optional else inspect.Parameter.empty)
            for name, kind, optional in told["parameters"]
        ]
        self.__signature__ = inspect.Signature(parameters)

    def __call__(self, case: Case, results: int = 1, loud: bool = False) -> tuple[Outcome, str]:
        if self._last:
            return self._last, ""
        try:
            told = self._desk.ask("invoke", self._name, case, results, loud, seconds=self._desk.left - self._end)
            outcome = typed(Outcome, told["outcome"])
            # What fills the memory or runs beside it may stay, and the next answer needs memory and time.
            if isinstance(outcome.error, MemoryError) or (outcome.error and told["threads"]):
                self._desk.close()
                self._last = outcome
            return outcome, str(told["printed"])
        except Late:
            raise
        except Exception as why:  # whatever came, it was no reply of ours
            self._last = Outcome(error=SystemExit(), said=str(why) if isinstance(why, Stopped) else "nonsense")
            return self._last, ""

    def read(self, exercise: Exercise, cases: Sequence[Case]) -> Seen:
        """Raises whatever comes of it where no reply of ours does: then nothing is seen."""
        if self._last:
            return Seen()
        told = self._desk.ask("read", self._name, exercise.id, cases, seconds=self._desk.left - self._end)
        return typed(Seen, told["seen"])


call.register(Answer, Answer.__call__)
limited.register(Answer, lambda answer: nullcontext())
is_stub.register(Answer, attrgetter("is_stub"))
calls.borrowed.register(Answer, attrgetter("borrowed"))
judging.read.register(Answer, Answer.read)


def mark(notebook: Notebook | str, seed: str = "") -> list[Mark]:
    """The marks of a notebook, or of its text: one for each exercise of the chapters it belongs to.

    seed: with the code of the notebook it gives the inputs on which answers are tried. So marks are the same at every
    run with the same seed, and as long as it is a secret nobody can prepare for them.
    """
    notebook = read(notebook) if isinstance(notebook, str) else notebook
    if isinstance(notebook, Unreadable):
        return [Mark("", "unreadable", note=str(notebook))]
    try:
        with warnings.catch_warnings(action="ignore"):  # of what Python says of how an answer is written
            return _marks(notebook, seed)
    except Exception as error:  # whatever it is, it must not cost the others theirs
        return [Mark("", "unreadable", note=f"the marking of it failed: {type(error).__name__}: {error}")]


def _marks(notebook: Sequence[Cell], seed: str) -> list[Mark]:
    found = steps(notebook)
    marks: dict[str, Mark] = {}
    unread = ""  # why an exercise is not among the marks
    failed: dict[Statement, str] = {}  # what a statement stopped with
    with closing(Desk()) as desk:
        for step in found:
            if not isinstance(step, Attempt):
                imports = step.source.startswith(("import ", "from "))  # a large package is not the answer's own time
                if said := desk.keep("run", step.source, seconds=START if imports else None):
                    failed[step] = said
            elif step.exercise not in BANK:
                unread = unread or (f"there is no exercise {step.exercise!r}" if step.exercise else step.said)
            else:
                given = _marked(desk, step, _inputs(found, step.exercise, seed))
                if failed and given.state == "your code stopped":
                    why = [f" Above it: {failed[needed]}" for needed in step.needs if needed in failed]
                    given = replace(given, note="".join([given.note, *why[:1]]))
                if _counts(given, marks.get(step.exercise)):
                    marks[step.exercise] = given
    unanswered = {id for id in BANK if id not in marks or marks[id].state == "not attempted"}
    seen = overlooked(notebook, unanswered)
    chapters = {chapter_of(exercise) for exercise in marks or seen}
    due = [marks.get(exercise, Mark(exercise, "missing")) for exercise in BANK if chapter_of(exercise) in chapters]
    said = {id: "; ".join(filter(None, (seen.get(id), unread))) for id in unanswered}
    return [replace(m, note=said[m.exercise]) if m.exercise in said else m for m in due] or [
        Mark("", "unreadable", note=unread or "no exercise of the workbook is in it")
    ]


def _inputs(handed_in: list[Statement], exercise: str, seed: str) -> np.random.Generator:
    """Outputs do not matter, for these are other ones when a notebook is run again."""
    code = [step.source if step.node is NOTHING else ast.unparse(step.node) for step in handed_in]
    digest = hashlib.sha256(repr((seed, exercise, code)).encode("utf-8", "backslashreplace")).digest()
    return np.random.default_rng(int.from_bytes(digest))


def _counts(given: Mark, before: Mark | None) -> bool:
    """Whether a mark takes the place of the one before. A question that may be answered again and again has one answer,
    the last; work that was right stays right, and one's own before what calls the workbook's."""
    if before is None or isinstance(BANK[given.exercise], Exercise | Derivation):
        return before is None or rank(given) <= rank(before)
    return given.state != "not attempted"


def rank(given: Mark) -> tuple[int, bool]:
    """The better mark comes first."""
    return STATES.index(given.state), given.state == "right" and bool(given.note)


def _marked(desk: Desk, step: Attempt, rng: np.random.Generator) -> Mark:
    answer = step.written if step.pressed is None else f"{step.written}\npressed: {step.pressed}"
    try:
        given = _judged(desk, step, rng)
    except Stopped as stopped:
        given = Mark(step.exercise, "your code stopped", note=str(stopped))
    except Exception as error:  # ours: it must not cost the others their marks
        desk.close()
        given = Mark(step.exercise, "checker fault", note=repr(error))
    # As in a notebook, what is below goes on with the answer where it is right, and with the reference where not.
    if step.name and given.state != "right" and isinstance(BANK[step.exercise], Exercise):
        desk.stands_in[step.name] = step.exercise
        desk.keep("stand_in", step.name, step.exercise)
    elif step.name:
        desk.stands_in.pop(step.name, None)
        desk.keep("run", step.source)
    return replace(given, answer=answer, stored=step.stored)


def _judged(desk: Desk, step: Attempt, rng: np.random.Generator) -> Mark:
    """Raises Stopped."""
    asked = BANK[step.exercise]
    if step.said:
        return Mark(step.exercise, "your code stopped", note=step.said)
    if step.pressed is not None:  # which of the two came last cannot be told
        pressed = _mark(asked.check(step.pressed))
        return min(pressed, _judged(desk, replace(step, pressed=None), rng), key=rank)
    if not step.name:
        told = {} if (value := _literal(step.source)) else desk.ask("value", step.source)
        if not (value := value or _literal(told.get("value"))):
            return Mark(step.exercise, "your code stopped", note=str(told.get("error")))
        return _mark(asked.check(*value))
    if not isinstance(asked, Exercise):
        return Mark(step.exercise, "wrong", note="a function stands where none is asked")
    told = desk.ask("define", step.name, step.source)
    if told.get("error"):
        return Mark(step.exercise, "your code stopped", note=str(told["error"]))
    answer = Answer(desk, step.name, told)
    given = _mark(asked.check(answer, rng))
    if given.state == "right" and (ours := borrowed(step.exercise, step.needs, desk.stands_in)):
        return replace(given, note=f"uses the workbook's own {' and '.join(ours)}")
    return given


def _mark(verdict: Any) -> Mark:
    mistake = verdict.mistake if verdict.state != "right" else None
    says_why = verdict.state in ("your code stopped", "checker fault") and not mistake
    seen = [str(verdict.detail or ""), verdict.printed and f"Printed during the first call:\n{verdict.printed}"]
    return Mark(
        verdict.exercise,
        verdict.state,
        mistake or "",
        verdict.message if says_why else "",
        told=verdict.message,
        detail="\n".join(filter(None, seen)),
        place=verdict.place,
    )


def _literal(source: Any) -> tuple[Any] | None:
    """The value of a literal, in a tuple, for it may be None; or None of anything else, whoever has told it."""
    try:
        return (ast.literal_eval(source),)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


_hints = cache(get_type_hints)


def typed(kind: Any, told: Any) -> Any:
    """What was told as JSON as a value of this type, whoever has told it: a dataclass or a tuple by its fields, and of
    an answer's own types what `worker.encoded` says. Raises KeyError, TypeError or ValueError for anything else."""
    parts = get_args(kind)
    if NoneType in parts:
        return None if told is None else typed(parts[0], told)
    if fields := getattr(kind, "__dataclass_fields__", None) or getattr(kind, "_fields", None):
        return kind(*(typed(_hints(kind)[name], field) for name, field in zip(fields, told, strict=True)))
    if kind is BaseException:
        return _error(told)
    return _result(told) if kind is Any else tuple(typed(parts[0], part) for part in told) if parts else kind(told)


def _result(told: Any) -> Any:
    if "dtype" in told:
        dtype, shape = np.dtype(told["dtype"]), tuple(told["shape"])
        empty = np.empty(0, dtype)
        if not is_numeric(empty) or not all(isinstance(n, int) and n >= 0 for n in shape):
            raise ValueError("no array of numbers")
        if told["data"] is None:
            return np.broadcast_to(np.array(np.nan if dtype.kind in "fc" else 0, dtype), shape)
        return np.frombuffer(base64.b64decode(told["data"]), dtype).reshape(shape).copy()
    for kind in (tuple, list):
        if kind.__name__ in told:
            return kind(_result(part) for part in told[kind.__name__])
    name = str(told["other"])
    known = {"None": None, "ellipsis": ..., "NotImplementedType": NotImplemented}
    return known[name] if name in known else type(name, (), {})()


def _error(name: str) -> BaseException:
    """An error of this name, as far as it is Python's own or NumPy's."""
    kind = getattr(builtins, name, None) or getattr(np.exceptions, name, None) or getattr(np.linalg, name, None)
    if not (isinstance(kind, type) and issubclass(kind, BaseException)):
        kind = type(name, (Exception,), {})
    return kind.__new__(kind)
