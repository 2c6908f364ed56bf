"""Calling a function that someone else wrote: on copies, with a time limit, catching whatever it does."""

from __future__ import annotations

import contextlib
import dis
import inspect
import io
import linecache
import math
import os
import signal
import sys
import textwrap
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import singledispatch, wraps
from types import FrameType
from typing import Any

import numpy as np

from utils.bank.inputs import ATOL, Case

PRINTED_LIMIT = 1000  # characters of the answer's own prints that are shown
NUMERIC = "biufc"  # the kinds of dtype that hold numbers
DEEPEST = 8  # lists in lists; a right result needs 2
COPIED_LIMIT = 1_000_000  # entries; a larger result has the wrong shape anyway


def _seconds() -> float:
    """How long an answer may run. A right one needs milliseconds; WORKBOOK_SECONDS sets another limit."""
    given = os.environ.get("WORKBOOK_SECONDS", "5")
    try:
        if (seconds := float(given)) > 0:
            return seconds
    except ValueError:
        pass
    raise ValueError(f"WORKBOOK_SECONDS is {given!r}; a number of seconds above 0 would fit")


SECONDS = _seconds()
AGAIN = 1  # seconds between one interrupt and the next
HAS_ALARM = hasattr(signal, "setitimer") and sys.platform != "emscripten"  # neither Windows has one nor a browser
RTOL = 1e-9  # wide enough for another order of the same products, narrow enough for any wrong formula


@dataclass(frozen=True)
class Outcome:
    """What one call did. value: the result as an array of numbers, or the bare object where it is none; where several
    results are asked, a tuple of these.

    said: what the error says, in one short line. changed: the names of the arguments that it has changed, left:
    what became of these. warned: what NumPy warned of, each text once.
    """

    value: Any = None
    error: BaseException | None = None
    said: str = ""
    line: str = ""
    changed: tuple[str, ...] = ()
    left: tuple[Any, ...] = ()
    view: bool = False
    warned: tuple[str, ...] = ()


class _Printed(io.StringIO):
    """Keeps the first characters of a stream and forgets the rest, so that a million prints cost nothing."""

    def write(self, text: str) -> int:
        return super().write(text) if self.tell() <= PRINTED_LIMIT else len(text)

    def __str__(self) -> str:
        text = self.getvalue()
        return text[:PRINTED_LIMIT].rstrip() + ("\n... (and more)" if len(text) > PRINTED_LIMIT else "")


@singledispatch
def call(function: Callable, case: Case, results: int = 1, loud: bool = False) -> tuple[Outcome, str]:
    """Call `function` on copies of the case's arguments; give back what happened and what it printed.

    results: how many arrays it is asked for; more than one are expected in a tuple or list. loud: whether what it does
    to mute NumPy's warnings is in vain.
    KeyboardInterrupt passes through: it is the reader's stop button, or `time_limit`. What is no function,
    but stands for one elsewhere, registers for its class how it is called, and how the questions below are answered.
    """
    arguments = case.copies()
    printed = _Printed()
    try:
        with listening(printed) as caught, _unmuted(function) if loud else contextlib.nullcontext(function) as asked:
            result = asked(*arguments.values())
        value = as_results(result, results)
        several = results > 1 and isinstance(value, tuple) and len(value) == results
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit and RecursionError are answers' errors too
        if isinstance(error, MemoryError):  # what fills it goes first: to tell of it takes some
            traceback.clear_frames(error.__traceback__)
        changed = changed_arguments(case.arguments, arguments)
        return Outcome(error=error, said=_said(error), line=_line_of(function, error), changed=changed), str(printed)
    view = any(
        isinstance(array, np.ndarray) and isinstance(argument, np.ndarray) and np.may_share_memory(array, argument)
        for array in (value if several else (value,))
        for argument in arguments.values()
    )
    value = tuple(map(_kept, value)) if several else _kept(value)
    warned = tuple(dict.fromkeys(str(warning.message) for warning in caught))
    changed = changed_arguments(case.arguments, arguments)
    left = tuple(arguments[name] for name in changed)
    return Outcome(value=value, changed=changed, left=left, view=view, warned=warned), str(printed)


def is_numeric(value: Any) -> bool:
    """Whether this is an array of numbers, or one of NumPy's own numbers, which arithmetic makes of a 0-d array."""
    return isinstance(value, np.ndarray | np.generic) and value.dtype.kind in NUMERIC


def agree(a: Any, b: Any, atol: float = ATOL, rtol: float = RTOL) -> bool:
    """Whether two results are the same numbers in the same shape, up to rounding. NaN agrees with NaN only, and
    a complex number, whatever its imaginary part, with no real one."""
    several = isinstance(a, tuple) and isinstance(b, tuple)
    pairs = [*zip(a, b, strict=False)] if several else [(a, b)]
    if (several and len(a) != len(b)) or not all(_may_agree(x, y, atol, rtol) for x, y in pairs):
        return False
    return all(_close(x, y, atol, rtol) for x, y in pairs)


def _close(a: np.ndarray, b: np.ndarray, atol: float, rtol: float) -> bool:
    if np.isfinite(b).all():
        return bool(near(a, b, atol, rtol).all())
    return bool(np.isclose(a, b, rtol, atol, equal_nan=True).all())


def near(a: np.ndarray, b: np.ndarray, atol: float, rtol: float = RTOL) -> np.ndarray:
    """`np.isclose` for numbers `b` that are finite, in a fifth of its time."""
    gap = np.subtract(a, b, dtype=np.result_type(a, b, float))  # of truth values, too
    return np.abs(gap) <= atol + rtol * np.abs(b)


def _may_agree(a: Any, b: Any, atol: float, rtol: float) -> bool:
    """Whether both are numbers in one shape, and the first of them agree: what differs mostly does so from the start,
    and that costs a tenth."""
    if not (is_numeric(a) and is_numeric(b)) or a.shape != b.shape or np.iscomplexobj(a) != np.iscomplexobj(b):
        return False
    if not a.size or a.dtype.kind == "c":
        return True
    first, due = a.item(0), b.item(0)
    return not abs(first - due) > atol + rtol * abs(due)  # a NaN may agree


def same_outcome(a: Outcome, b: Outcome, atol: float = ATOL) -> bool:
    """Whether two calls went the same way: the same numbers, or the same error, and the same arguments changed."""
    if a.error or b.error:
        return type(a.error) is type(b.error) and a.said == b.said
    return a.changed == b.changed and agree(a.value, b.value, atol)


@singledispatch
def limited(function: Callable) -> contextlib.AbstractContextManager:
    """The time limit of calls of a function."""
    return time_limit()


class _Late(KeyboardInterrupt):
    """Which passes through an answer's `except Exception`, as the reader's stop button does."""


@contextlib.contextmanager
def time_limit(seconds: float = SECONDS) -> Iterator[None]:
    """Raise TimeoutError inside the block once `seconds` have passed.

    Only the main thread can be interrupted; elsewhere the block runs without a limit.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    try:
        with _alarm(seconds) if HAS_ALARM else _watch(seconds):
            yield
    except _Late:
        raise TimeoutError(f"still running after {seconds:g} seconds") from None


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Interrupt the block by a signal, which wakes it from a sleep, too, and goes on until the block has ended: Python
    drops what is raised where it tidies up, and so does a bare `except`."""
    over = False

    def ring(number: int, frame: FrameType | None) -> None:
        if not over:
            raise _Late

    before = signal.signal(signal.SIGALRM, ring)
    left = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)  # of an alarm that somebody else has set
    try:
        try:
            yield
        finally:
            over = True
    finally:
        signal.setitimer(signal.ITIMER_REAL, *left)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _watch(seconds: float) -> Iterator[None]:
    """Interrupt the block by a look at the clock at each of its lines, which makes it two to three times slower. One
    call into compiled code is not stopped, however long it takes."""
    end = time.monotonic() + seconds

    def look(frame: FrameType, event: str, argument: Any) -> Callable:
        if time.monotonic() > end:
            raise _Late
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        yield
    finally:
        sys.settrace(before)


@contextlib.contextmanager
def under_its_own_name(function: Callable) -> Iterator[None]:
    """Let a function that calls itself find itself: under a decorator its name is bound after the check only, and may
    be bound to the reference until then, from an earlier check."""
    scope, name = getattr(function, "__globals__", {}), getattr(function, "__name__", "")
    before = {name: scope[name]} if name in scope else {}
    scope[name] = function
    try:
        yield
    finally:
        scope.pop(name, None)
        scope.update(before)


@singledispatch
def borrowed(function: Callable) -> list[str]:
    """Names of numbers and arrays that a function reads from the cells above, and not from its arguments."""
    scope, code = getattr(function, "__globals__", {}), getattr(function, "__code__", None)
    steps = dis.get_instructions(code) if code else ()
    names = dict.fromkeys(step.argval for step in steps if step.opname == "LOAD_GLOBAL")  # co_names has attributes, too
    meant = vars(math).keys()  # `from math import pi`, and constants in capitals, are meant
    return [
        name
        for name in names
        if isinstance(scope.get(name), int | float | np.ndarray | np.generic)
        and not (name.isupper() and len(name) > 1)
        and not (name in meant and scope[name] is getattr(math, name))
    ]


@singledispatch
def is_stub(function: Callable) -> bool:
    """Whether a function's body is untouched: it uses no name but its arguments', and does nothing with these."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return False
    works = any(step.opname.startswith(("BINARY", "UNARY", "COMPARE", "STORE")) for step in dis.get_instructions(code))
    return not works and not code.co_freevars and set(code.co_names) <= {"NotImplementedError", "NotImplemented"}


@contextlib.contextmanager
def listening(printed: io.TextIOBase) -> Iterator[list[warnings.WarningMessage]]:
    """Keep what is printed, and what NumPy warns of."""
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        warnings.catch_warnings(record=True) as caught,
        np.errstate(all="warn", under="ignore"),  # NumPy's own setting, whatever the notebook has chosen
    ):
        warnings.simplefilter("ignore")
        warnings.simplefilter("default", RuntimeWarning)
        yield caught


class _Nothing(dict):
    """What stands in for a call that mutes: it does nothing, also in a `with`, and as settings to go back to."""

    def __enter__(self) -> _Nothing:
        return self

    def __exit__(self, *error: object) -> None:
        pass


MUTES = (np.errstate, np.seterr, warnings.catch_warnings, warnings.simplefilter, warnings.filterwarnings)


@contextlib.contextmanager
def _unmuted(function: Callable) -> Iterator[Callable]:
    """The function, called where nothing can be muted."""
    inner = inspect.unwrap(function)  # `@np.errstate(...)` has wrapped it
    mutes = set(map(id, MUTES))  # by identity: comparing may be costly, or an array
    scopes = [vars(np), vars(warnings), getattr(inner, "__globals__", {})]
    changed = [(scope, name, value) for scope in scopes for name, value in scope.items() if id(value) in mutes]
    try:
        for scope, name, _ in changed:
            scope[name] = lambda *_, **__: _Nothing()
        yield inner
    finally:
        for scope, name, value in changed:
            scope[name] = value


def _kept(value: Any) -> Any:
    """An answer may hand out one buffer at every call."""
    return value.copy() if isinstance(value, np.ndarray) and value.size <= COPIED_LIMIT else value


def changed_arguments(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    """The names of the arrays that are others than before a call."""
    return tuple(
        name
        for name, value in before.items()
        if isinstance(value, np.ndarray) and not _is_unchanged(value, after[name])
    )


def _is_unchanged(before: np.ndarray, after: Any) -> bool:
    return np.array_equal(before, after) or np.array_equal(before, after, equal_nan=True)  # which is slower


def as_results(result: Any, results: int) -> Any:
    """What came out, as numbers: an array or, where several are asked and as many are there, a tuple of arrays."""
    if results == 1 or not isinstance(result, tuple | list):
        return _numbers(result)
    return tuple(map(_numbers, result)) if len(result) == results else result


def _numbers(result: Any) -> Any:
    """The result as an array of its own where it is made of numbers, else the bare result."""
    row = result
    for _ in range(DEEPEST):
        if not (isinstance(row, list | tuple) and row):
            break
        row = row[0]
    else:
        return result  # a list that holds itself would keep NumPy busy for ever
    try:
        array = np.asarray(result)
    except Exception:  # a ragged list, or an object whose conversion fails: not numbers
        return result
    return array if array.dtype.kind in NUMERIC else result


class Memory:
    """What functions that depend on nothing but their arguments gave for these: hundreds of runs ask for the same
    again."""

    def __init__(self) -> None:
        self._given, self._functions = dict[tuple, Any](), set[Callable]()

    def of(self, function: Callable) -> Callable:
        """The same function with this memory."""

        @wraps(function)
        def remembering(*arguments: Any, **named: Any) -> Any:
            values = (*arguments, *named.values())
            if not all(_is_number(v) or (callable(v) and v in self._functions) for v in values):
                return function(*arguments, **named)
            key = (function, *named, *map(_key, values))
            if key not in self._given:
                result = function(*arguments, **named)
                if not (_is_number(result) or isinstance(result, tuple)):
                    return result
                self._given[key] = result
            given = self._given[key]
            return getattr(given, "_make", tuple)(map(_kept, given)) if isinstance(given, tuple) else _kept(given)

        self._functions.add(remembering)
        return remembering

    def read_only(self, case: Case) -> dict[str, Any]:
        """The arguments of a case, into which nothing can be written, and with this memory where they are called."""
        given = case.copies()
        for array in (value for value in given.values() if isinstance(value, np.ndarray)):
            array.flags.writeable = False
        return {name: self.of(value) if callable(value) else value for name, value in given.items()}


def _is_number(value: Any) -> bool:
    return is_numeric(value) or isinstance(value, float | int)


def _key(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype, value.tobytes()
    return value if callable(value) else (type(value), repr(value))


def _said(error: BaseException) -> str:
    """Some errors say pages, and some fail when they are asked."""
    try:
        return textwrap.shorten(str(error), 200).replace("`", "'")
    except Exception:
        return ""


def _line_of(function: Callable, error: BaseException) -> str:
    """The last line of the answer's own file that the error passed through, where the `def` is line 1: the answer's, or
    that of a helper, which is named then."""
    code = getattr(function, "__code__", None)
    passed = [(frame.f_code, number) for frame, number in traceback.walk_tb(error.__traceback__)]
    passed = [(own, number) for own, number in passed if code and own.co_filename == code.co_filename and number]
    if not passed:
        return ""
    last, number = passed[-1]
    name, _, _ = last.co_qualname.partition(".<locals>")  # a comprehension is counted from the `def` it stands in
    is_helper = name != code.co_qualname.partition(".<locals>")[0]
    around = [own.co_firstlineno for own, _ in passed if own.co_qualname.partition(".<locals>")[0] == name]
    first = min(around) if is_helper else code.co_firstlineno
    while linecache.getline(code.co_filename, first).lstrip().startswith("@"):
        first += 1
    source = linecache.getline(code.co_filename, number).strip().replace("`", "'")
    return f"line {number - first + 1}{f' of `{name}`' * is_helper}" + (f": `{source}`" if source else "")
