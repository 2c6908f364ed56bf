"""The workbook's own functions: which of them an answer calls, and which of them its notebook gives to it.

Calling them is seen where it happens, whatever name an answer knows them by. That finds habits, and no expert.
"""

import _thread
import ast
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from types import CodeType, FrameType
from typing import Any

from utils import reference
from utils.exercises import BANK, Exercise, chapter_of
from utils.teach.grade.submission import all_steps, handed_out

# ---- in the process that runs answers


def _key(code: CodeType) -> tuple[str, int, bytes]:
    """What a copy of the code has in common with it, though it be given another name."""
    return code.co_filename, code.co_firstlineno, code.co_code


def _code(function: Any) -> CodeType | None:
    while hasattr(function, "func"):  # a partial
        function = function.func
    return getattr(function, "__code__", None)


_public = [(getattr(reference, name), name) for name in reference.__all__]
_functions = [e for e in BANK.values() if isinstance(e, Exercise)]
_answers = [(f, e.id) for e in _functions for f in (e.reference, *e.accepts)]
_mistakes = [(m.formula, f"mistakes of {e.id}") for e in _functions for m in e.mistakes]
OWN = {_key(code): name for f, name in reversed(_public + _answers + _mistakes) if (code := _code(f))}
FILES = {filename for filename, _, _ in OWN}

# Threads of one call, at once and one after the other; more would fill the memory, or take all the time, at another
# place in every run.
AT_ONCE, IN_ALL = 8, 100

_called: set[str] = set()
_handed_in: set[tuple] = set()  # functions that are arguments of an answer are its to call
_threads: list[Callable] = []  # that were begun in this call
_set_profile = sys.setprofile


def _look(frame: FrameType, event: str, _: Any) -> None:
    if event == "call" and frame.f_code.co_filename in FILES:
        caller = frame.f_back
        if caller is None or caller.f_code.co_filename not in FILES:
            key = _key(frame.f_code)
            if key in OWN and key not in _handed_in:
                _called.add(OWN[key])


def hold_the_watch() -> None:
    """Watch threads as well, and let nothing that an answer sets take the watch away."""
    sys.setprofile = lambda _: _set_profile(_look)
    threading.setprofile = lambda _: None
    for module in (_thread, threading):
        for name in [name for name in vars(module) if name.lstrip("_").startswith("start_")]:
            setattr(module, name, _watched(getattr(module, name)))


def _watched(start: Callable) -> Callable:
    """What starts a thread, as long as there are few, and watches it."""

    def start_watched(function: Callable, *given: Any, **how: Any) -> Any:
        def watched(*arguments: Any, **named: Any) -> None:
            _set_profile(_look)
            function(*arguments, **named)

        if _thread._count() >= AT_ONCE or len(_threads) >= IN_ALL:
            raise RuntimeError(f"can't start new thread: there may be {AT_ONCE} at once, and {IN_ALL} in all")
        _threads.append(function)
        return start(watched, *given, **how)

    return start_watched


@contextmanager
def watching(handed_in: Iterable[Any] = ()) -> Iterator[set[str]]:
    """The names of those that are called in the block, but by each other. handed_in: what is the caller's to call."""
    for kept in (_called, _handed_in, _threads):
        kept.clear()
    _handed_in.update(_key(code) for function in handed_in if (code := _code(function)))
    _set_profile(_look)
    try:
        yield _called
    finally:
        _set_profile(None)


# ---- at the judge's


def borrowed(exercise: str, used: set[str]) -> list[str]:
    """Of those that an answer uses, the ones that its notebook does not give to it."""
    answers, given = {exercise, _name(BANK[exercise].reference)}, _given(chapter_of(exercise))
    if not given:  # without the chapter it cannot be told what it gives
        return sorted(used & answers)
    asked = [id for id in BANK if chapter_of(id) == chapter_of(exercise)]
    # What stands in for the answers above, where these are not right, is given as well.
    above = {_name(BANK[id].reference) for id in asked[: asked.index(exercise)] if isinstance(BANK[id], Exercise)}
    return sorted(used & answers | used - given - above)


@cache
def _given(chapter: str) -> set[str]:
    """What the student's copy imports."""
    parts = [part for step in all_steps(handed_out(chapter)) for part in ast.walk(step.node)]
    imported = {part.name for part in parts if isinstance(part, ast.alias)}
    return imported | {part.attr for part in parts if isinstance(part, ast.Attribute)}


def _name(function: Callable) -> str:
    return OWN.get(_key(code), "") if (code := _code(function)) else ""
