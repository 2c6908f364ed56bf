"""Answers that stand in a notebook and not in its marks: a decorator that is gone, a cell that became text, an answer
in a cell of one's own. What is seen here changes no mark. It is told, so that somebody looks.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain

from utils.exercises import BANK, Derivation, Exercise
from utils.teach.grade.submission import ASKED, COPIES, Cell, handed_out

COMMENT = re.compile(r"^[ \t]*#.*$", re.M)
DEFINED = re.compile(r"^[ \t]*(def \w+)", re.M)
WORK = {Exercise: re.compile(r"\bdef\b|\blambda\b"), Derivation: re.compile(r"[\w\]})] *(?:[-+*/=^&]|\\frac)")}


def overlooked(notebook: Sequence[Cell], open: set[str]) -> dict[str, str]:
    """Of these exercises those that may be answered after all, and where."""
    seen = reversed(list(_seen(notebook, open)))  # the first that is seen of an exercise is told
    return {exercise: where for exercise, where in seen if exercise in open}


def _seen(notebook: Sequence[Cell], open: set[str]) -> Iterator[tuple[str, str]]:
    texts, asked = _handed_out()
    above = ""  # the exercise that the nearest cell above asks
    for cell in notebook:
        code = cell.kind == "code"
        source = COMMENT.sub("", cell.source) if code else cell.source
        asks = ASKED.findall(source) if code else []
        own = bool(source.strip()) and _squeezed(cell.source) not in texts
        if own and not asks:
            where = "in a comment" if code else f"in a cell of kind {cell.kind}, which is not run"
            yield from ((id, f"it is asked {where}") for id in ASKED.findall(cell.source))
            yield from ((id, "the cell that asks it holds something else") for id in asked.get(cell.id, ()))
            for name in DEFINED.findall(source):
                yield from ((id, f"`{name[4:]}` is defined, but not asked") for id in asked.get(name, ()))
            for id, record in cell.records.items():
                yield id, f"a verdict says {record.get('state')!r} below a cell that does not ask it"
            if above in open and (work := WORK.get(type(BANK[above]))) and work.search(source):
                yield above, "a cell below it may hold the answer"
        if asks or (source.strip() and not own):
            above = asks[-1] if asks else ""


@cache
def _handed_out() -> tuple[set[str], dict[str, list[str]]]:
    """Of all cells that are handed out the texts, without blanks, and the exercises that are asked in a cell of an id,
    and below a `def name`."""
    texts, asked = set(), defaultdict(list)
    for cell in chain.from_iterable(map(handed_out, COPIES)):
        texts.add(_squeezed(cell.source))
        for place in (cell.id, *DEFINED.findall(cell.source)) if cell.kind == "code" else ():
            asked[place] += ASKED.findall(cell.source)
    return texts, asked


def _squeezed(source: str) -> str:
    return "".join(source.split())
