"""What is asked, what right and wrong look like, what to say. `get(id).check(answer)` is the whole contract."""

from __future__ import annotations

import difflib

from utils.exercises import (
    chapter_00,
    chapter_2a_1,
    chapter_2a_2,
    chapter_2a_3,
    chapter_2b_1,
    chapter_2b_2,
    chapter_2b_3,
    chapter_3_1,
    chapter_3_2,
    chapter_3_3,
)
from utils.exercises.derivation import Derivation
from utils.exercises.exercise import Choice, Exercise, Mistake, Option
from utils.exercises.sheet import Row, Sheet
from utils.exercises.verdict import Counterexample, Verdict

CHAPTERS = (
    chapter_00,
    chapter_2a_1,
    chapter_2a_2,
    chapter_2a_3,
    chapter_2b_1,
    chapter_2b_2,
    chapter_2b_3,
    chapter_3_1,
    chapter_3_2,
    chapter_3_3,
)
BANK: dict[str, Exercise | Derivation | Choice | Sheet] = {e.id: e for chapter in CHAPTERS for e in chapter.EXERCISES}


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
    "get",
]
