"""What speaks against a place that the values alone tell: another line may be wrong instead.

That all is right with what is due in place of a part proves that the slip is there, or on the way to it. So a part is
blamed only if what comes to it is known. Each rule asks of one way in which another line may be wrong; where any of
them says yes, no line is blamed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import FunctionType
from typing import TYPE_CHECKING

import numpy as np

from utils.judge.code.way import Quantity, is_plain

if TYPE_CHECKING:
    from utils.judge.code.inside import Part
    from utils.judge.code.place import Search


def reads_the_scaled(s: Search, index: int, due: Quantity) -> bool:
    """Whether a part has a minus and reads a name that has one already, or is unknown and reads a name with an odd
    factor."""
    found, names = s.match(index), [i for i in s.names_in(index) if i != index and not s.parts[i].role]
    known = [m for i in names if (m := s.match(i)) and "times" in m.kind]
    if found and found.kind == "times":
        return found.factor < 0 and any(np.max(m.factor) < 0 for m in known)
    return not found and any(m.kind != "times" or m.factor not in (s.way.N, 1 / s.way.N) for m in known)


def reads_the_unknown(s: Search, index: int, due: Quantity) -> bool:
    """Whether a part reads what another statement gave, and what is not known."""
    part, names = s.parts[index], list(_given_elsewhere(s, index))
    if any(_is_unknown(s, i) or _is_of_the_last_turn(s, i) for i in names):
        return True
    if not names or part.role or index in s.cut or s.match(index) or s.sizes(index):
        return False
    return not s.made_of(index, due) and not all(map(s.is_same, names))


def _given_elsewhere(s: Search, index: int) -> Iterator[int]:
    """The names that a part is made of, as far as it is not known, and that another statement gave, or a helper."""
    part = s.parts[index]
    for i in part.below:
        if s.parts[i].id or not s.is_same(i):
            yield from _given_elsewhere(s, i)
        elif isinstance(s.parts[i].node, ast.Subscript):  # what picks, which may pick too little
            yield from (j for j in s.subtree(i) if s.parts[j].id and s.is_neutral(j) and np.ndim(s.last(j)))
        elif s.parts[i].called in s.inside.helpers:
            yield i
    alike = (p for p in s.parts if p.function == part.function and part.id in p.name.split(", "))
    if part.id and part.role != "before" and any(p.statement is not part.statement for p in alike):
        yield index


def _is_unknown(s: Search, index: int) -> bool:
    value, match, turns = s.last(index), s.match(index), len(s.values(index))
    if value is None or index in s.cut:
        return False
    if value.ndim:
        return not match and not (s.is_neutral(index) and _is_usual(s, index))
    q = match.quantity if match else None  # a single number has by chance what an entry has
    if q and q.whole and (q.name == s.parts[index].id or (q.step >= 0 and turns == 1)):
        return False
    if value.dtype.kind in "iub" and value.item() in {n for v in s.e.case.arguments.values() for n in np.shape(v)}:
        return any(s.mends(index, q) for q in s.way.whole.values())  # a size, where a step may be meant
    return turns == 1 or not match


def _is_usual(s: Search, index: int) -> bool:
    """Whether a name holds what is to be filled, numbers from 0 on, an identity, or 0 or 1 throughout, as many as there
    are of something."""
    value, given = s.last(index), s.e.case.arguments.values()
    if any(s.parts[i].called.startswith(("zeros", "empty")) for i in s.given_to(index)):
        return True
    sizes = {1, *(n for v in given for n in np.shape(v)), *(v for v in given if is_plain(v) and not np.shape(v))}
    counts = value.ndim == 1 and np.array_equal(value, np.arange(len(value)))
    table = value.ndim == 2 and np.array_equal(value, np.eye(*value.shape))
    alike = np.ptp(value) == 0 and value.flat[0] in (0, 1)
    return (counts or table or alike) and {*value.shape} <= sizes


def _is_of_the_last_turn(s: Search, index: int) -> bool:
    """Whether a name holds a row that each turn of a loop gave it, and is read after the loop."""
    given = [i for i in s.given_to(index) if i in s.run.values]
    afresh = [i for i in given if not s.parts[i].role and len(s.values(i)) > 1]
    match = s.match(index)
    is_row = bool(match and match.kind == "row") or any(s.parts[i].role for i in given)  # a sum of one turn alone
    return bool(afresh) and len(s.values(index)) == 1 and is_row


def is_hidden_in_an_object(s: Search, index: int, due: Quantity) -> bool:
    """Whether a part is made of what an object gives: a table, or a function or a class of the reader's, in which the
    slip may stand."""
    unsure = (i for i in s.parts[index].below if not ((m := s.match(i)) and m.kind == "same" and m.quantity.whole))
    return any(_is_object(s, i, s.parts[index]) or is_hidden_in_an_object(s, i, due) for i in unsure)


def _is_object(s: Search, index: int, above: Part) -> bool:
    """A function that is called where it stands is none: that is read."""
    part, value = s.parts[index], (*s.values(index), None)[0]
    if part.id in s.e.case.arguments or isinstance(value, np.ndarray):
        return False
    if isinstance(value, FunctionType):
        return s.inside.reads(value) and part.id != above.called
    return isinstance(value, dict) or any(map(s.inside.reads, vars(type(value)).values()))


def stands_in_another_call(s: Search, index: int, due: Quantity) -> bool:
    """Whether it is not clear in which call of the answer, or of a function that is called in a part, the slip is."""
    function = s.parts[index].function
    calls = sum(part.called == function for part in s.parts)
    if (s.inside.calls_itself and len(s.values(index)) > 1) or (function and calls > 1 and index in s.cut):
        return True
    called = [value for i in s.names_in(index) for value in s.values(i)[:1] if s.inside.reads(value)]
    return len(called) > len(set(called))


def is_given_too_much(s: Search, index: int, due: Quantity) -> bool:
    """Whether a part of a function in a function is another size than what is due, and may be meant for each row."""
    values = s.values(index)
    return s.parts[index].nested and len(values) == 1 and np.shape(values[0]) != np.shape(due.value)


def is_filled_later(s: Search, index: int, due: Quantity) -> bool:
    """Whether entries are written into the array of a part before it is what is due."""
    part = s.parts[index]
    is_first = part.is_named and not part.role and index not in s.cut  # which stops the function
    filled = (s.parts[i].is_entry for i in s.giving(part.name, part.function)) if is_first else ()
    return due.step == s.way.quantities[-1].step and any(filled)


DOUBTS = (
    is_filled_later,
    reads_the_scaled,
    stands_in_another_call,
    reads_the_unknown,
    is_hidden_in_an_object,
    is_given_too_much,
)
