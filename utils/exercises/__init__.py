"""What is asked, what right and wrong look like, what to say. `get(id).check(answer)` is the whole contract."""

from __future__ import annotations

import difflib
from importlib import import_module

from utils.exercises.derivation import Derivation
from utils.exercises.exercise import Choice, Exercise, Mistake, Option
from utils.exercises.sheet import Row, Sheet
from utils.exercises.verdict import Counterexample, Verdict

CHAPTERS = ("00", "2a_1", "2a_2", "2a_3", "2b_1", "2b_2", "2b_3", "3_1", "3_2", "3_3")
BANK: dict[str, Exercise | Derivation | Choice | Sheet] = {
    asked.id: asked for name in CHAPTERS for asked in import_module(f"utils.exercises.chapter_{name}").EXERCISES
}


def chapter_of(id: str) -> str:
    """The chapter that asks an exercise: "2a_1" of "2a_1.softmax"."""
    return id.partition(".")[0]


def get(id: str) -> Exercise | Derivation | Choice | Sheet:
    """The exercise with this id, such as "2a_1.softmax". Raises ValueError with the nearest ids if there is none."""
    if id in BANK:
        return BANK[id]
    near = difflib.get_close_matches(str(id), BANK, n=3, cutoff=0.4) or sorted(BANK)
    raise ValueError(f"There is no exercise {id!r}. Did you mean {' or '.join(map(repr, near))}?")


__all__ = [
    "BANK",
    "Choice",
    "Counterexample",
    "Derivation",
    "Exercise",
    "Mistake",
    "Option",
    "Row",
    "Sheet",
    "Verdict",
    "chapter_of",
    "get",
]
