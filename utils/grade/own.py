"""The workbook's own functions: which of them an answer calls, and which of them its notebook gives to it.

Calling them is seen where it happens, whatever name an answer knows them by. That finds habits, and no expert.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

from utils import reference
from utils.exercises import BANK, Exercise, chapter_of
from utils.grade.submission import statements

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"

_public = [(getattr(reference, name), name) for name in reference.__all__]
_answers = [(f, e.id) for e in BANK.values() if isinstance(e, Exercise) for f in (e.reference, *e.accepts)]
OWN = {f.__code__: name for f, name in reversed(_public + _answers) if hasattr(f, "__code__")}
NAMES = {id(code): name for code, name in OWN.items()}  # to hash a code takes long
FILES = {code.co_filename for code in OWN}


@contextmanager
def watching() -> Iterator[set[str]]:
    """The names of those that are called in the block, but by each other."""
    called: set[str] = set()

    def look(frame: FrameType, event: str, _: Any) -> None:
        name = NAMES.get(id(frame.f_code))
        if name and event == "call" and frame.f_back and frame.f_back.f_code.co_filename not in FILES:
            called.add(name)

    sys.setprofile(look)
    try:
        yield called
    finally:
        sys.setprofile(None)


def borrowed(exercise: str, called: set[str]) -> list[str]:
    """Of those that an answer calls, the ones that its notebook does not give to it."""
    answers = {exercise, _name(BANK[exercise].reference)}
    return sorted(called & answers | called - _given(exercise))


@cache
def _given(exercise: str) -> set[str]:
    """What the student's copy imports, and what stands in for the answers above, where these are not right."""
    chapter = chapter_of(exercise)
    asked = [id for id in BANK if chapter_of(id) == chapter]
    above = [BANK[id] for id in asked[: asked.index(exercise)]]
    names = {_name(e.reference) for e in above if isinstance(e, Exercise)}
    for copy in NOTEBOOKS.glob(f"{chapter}_*.ipynb"):
        parts = [part for node in statements(copy.read_text(encoding="utf-8")) for part in ast.walk(node)]
        names |= {part.name for part in parts if isinstance(part, ast.alias)}
        names |= {part.attr for part in parts if isinstance(part, ast.Attribute)}
    return names


def _name(function: Callable) -> str:
    return OWN.get(getattr(function, "__code__", None), "")
