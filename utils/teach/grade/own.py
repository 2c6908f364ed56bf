"""The workbook's own functions: which of them an answer uses, and which of them its notebook gives to it.

They are read from the answer and what it needs, whatever names it gives to them. That finds habits, and no expert.
"""

import ast
from collections.abc import Mapping, Sequence
from functools import cache

from utils import reference
from utils.exercises import BANK, Exercise, chapter_of
from utils.teach.grade.submission import Statement, all_steps, bound, handed_out, imported, root, used

PUBLIC = {getattr(reference, name): name for name in reference.__all__}


def borrowed(exercise: str, steps: Sequence[Statement], stands_in: Mapping[str, str]) -> list[str]:
    """Of those that an answer uses, the ones that its notebook does not give to it. steps: what is run for it.
    stands_in: the exercises whose reference stands in for an answer above, by the name of that."""
    mine, answers = _used(steps, stands_in), {exercise, _name(exercise)}
    asked = [id for id in BANK if chapter_of(id) == chapter_of(exercise)]
    # What stands in for the answers above, where these are not right, is given as well.
    above = {_name(id) for id in asked[: asked.index(exercise)] if isinstance(BANK[id], Exercise)}
    return sorted(mine & answers | mine - _given(chapter_of(exercise)) - above)


def _used(steps: Sequence[Statement], stands_in: Mapping[str, str]) -> set[str]:
    """Names of functions, ids of exercises of which something is taken from the bank, or at least "reference"."""
    parts = [part for step in steps for part in ast.walk(step.node)]
    ours = {name: there for step in steps for name, there in imported(step.node).items()}
    found = {there.rpartition(".")[2] for there in ours.values()}
    found |= {part.attr for part in parts if isinstance(part, ast.Attribute) and root(part) in ours}
    free = set().union(*(used(step.node) for step in steps)).difference(*(bound(step.node) for step in steps))
    found |= {_name(stands_in[name]) for name in free & stands_in.keys()}
    if "*" in found:
        found |= free
    if found & {"get", "BANK"}:
        found |= {part.value for part in parts if isinstance(part, ast.Constant) and part.value in BANK}
    return found & {*PUBLIC.values(), *BANK} or found & {"reference"}


@cache
def _given(chapter: str) -> set[str]:
    """What the student's copy uses; anything where there is no copy, for then it cannot be told."""
    cells = handed_out(chapter)
    return _used(list(all_steps(cells)), {}) if cells else {*PUBLIC.values(), *BANK, "reference"}


def _name(exercise: str) -> str:
    return PUBLIC.get(BANK[exercise].reference, exercise)
