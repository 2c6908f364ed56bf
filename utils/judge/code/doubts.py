"""What speaks against a place that was found: another line may be wrong instead.

That all is right with what is due in place of a part proves that the slip is there, or on the way to it or from it. So
a part is blamed only if what comes to it is known, and what it gives is not changed once more. Each rule asks of one
way in which another line may be wrong; where any of them says yes, no line is blamed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from itertools import combinations
from types import FunctionType
from typing import TYPE_CHECKING

import numpy as np

from utils.judge.code.calls import agree
from utils.judge.code.reading import is_truth
from utils.judge.code.way import Quantity, array, is_plain

if TYPE_CHECKING:
    from utils.judge.code.inside import Part
    from utils.judge.code.place import Search

FLIPPED = 40  # turns of a loop of which each is tried with the other branch


def reads_the_scaled(s: Search, index: int, due: Quantity) -> bool:
    """Whether a part reads a name that has its minus or its factor already, or one of which the factor is odd."""
    found, names = s.match(index), [i for i in s.names_in(index) if i != index and not s.parts[i].role]
    known = [m for i in names if (m := s.match(i)) and "times" in m.kind]
    if found and "times" in found.kind:
        has_minus = found.kind == "times" and found.factor < 0 and any(np.max(m.factor) < 0 for m in known)
        brings_it = any(map(s.is_scaling, s.subtree(index)))
        return has_minus or any(m.quantity is found.quantity for m in known if not brings_it)
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
    if turns > 1 and match and match.kind in ("row", "entry"):  # each turn has the same one
        alike = not s.parts[index].id and all(np.array_equal(value, other) for other in s.values(index))
        if alike or s.mends(index, match.quantity):
            return True
    if value.ndim:
        return not match and not (s.is_neutral(index) and (_is_usual(s, index) or _is_where_it_holds(s, index)))
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


def _is_where_it_holds(s: Search, index: int) -> bool:
    """Whether a name holds the indices at which a truth value of the right way is true."""
    parts = (i for whole in s.given_to(index) for i in s.subtree(whole))
    return any((m := s.match(i)) and is_truth(m.quantity) for i in parts)


def _is_of_the_last_turn(s: Search, index: int) -> bool:
    """Whether a name holds a row that each turn of a loop gave it, and is read after the loop."""
    given = [i for i in s.given_to(index) if i in s.run.values]
    turns = len(s.values(given[-1])) if given and not s.parts[given[-1]].role else 0
    match = s.match(index)
    return turns > 1 == len(s.values(index)) and bool(match and match.kind == "row")


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
    wraps = isinstance(value, dict | partial | np.vectorize | map | filter)
    return wraps or any(map(s.inside.reads, vars(type(value)).values()))


def is_written_twice(s: Search, index: int, due: Quantity) -> bool:
    """Whether another line is written just so, and all is right only with what is due in both."""
    twins = [i for i in s.twins(index) if s.parts[i].statement is not s.parts[index].statement]
    named = [i for i in (index, *twins) if s.is_own_name(i)]
    alone = (s.is_right_with({index: supply}) for supply in s.supplies(index, due)) if len(named) > 1 else [True]
    return not any(alone)


def calls_as_it_should(s: Search, index: int, due: Quantity) -> bool:
    """Whether a part calls the function that is due, with an array that statements have changed."""
    part = s.parts[index]
    given = [j for i in part.below for j in s.given_to(i)]
    return bool(part.called) and f"{part.called}(" in due.text and any(s.parts[j].role == "after" for j in given)


def is_one_of_the_sizes(s: Search, index: int, due: Quantity) -> bool:
    """Whether another size than this one may be the wrong one."""
    if due.label not in [q.label for q in s.sizes(index)]:
        return False
    others = (i for i in s.order if i not in s.around(index) and index not in s.around(i) and s.sizes(i))
    return any(s.mends(i, q) for i in others if s.parts[i].text != s.parts[index].text for q in s.sizes(i))


def makes_an_argument(s: Search, index: int, due: Quantity) -> bool:
    """Whether an argument as it is would do in place of what is made of others, or has another name."""
    part = s.parts[index]
    if due.step >= 0 or due.label != f"`{due.name}`" or part.id or s.match(index):
        return False
    read = {s.parts[i].id for i in s.names_in(index) if not s.is_neutral(i)}
    return len(read) > 1 or part.name not in ("", due.name)


def lacks_a_minus(s: Search, index: int, due: Quantity) -> bool:
    """Whether what gets a name of the reader's own lacks nothing but a minus, which may be meant to come later, or has
    one inside, which may be meant to be taken back."""
    value = s.last(index)
    takes_back = index != s.whole(index) and any(_has_minus(s, i) and not s.is_same(i) for i in s.later(index))
    own = s.whole(index) if _has_minus(s, index) and takes_back else index
    if not _is_worked_on(s, own) or _has_minus(s, own) or value is None or isinstance(due.value, tuple):
        return False
    return agree(0 - value, due.value)  # NumPy does not negate a bool


def _has_minus(s: Search, index: int) -> bool:
    node = s.parts[index].node
    return isinstance(node, ast.UnaryOp) or isinstance(getattr(node, "op", None), ast.Sub)


def _is_worked_on(s: Search, index: int) -> bool:
    """Whether a part gets a name of the reader's own with which something is made below."""
    read = (i for i in s.later(index) if s.parts[i].id == s.parts[index].name)
    return s.is_own_name(index) and any(s.parts[i].name[:6] != "return" for i in read)


def leaves_unread(s: Search, index: int, due: Quantity) -> bool:
    """Whether something above what gets a name of the reader's own is read nowhere: another line may have lost it."""
    is_last = due.step == s.way.quantities[-1].step
    if not s.is_own_name(index if is_last else s.whole(index)):
        return False
    wanted = {due.name, *(s.steps[due.step].code.co_names if due.step >= 0 else ())}
    read = {part.id for part in s.parts}
    above = [i for i in s.earlier(index) if s.parts[i].name.isidentifier() and s.parts[i].is_named]
    unread = [i for i in above if s.parts[i].name not in read and not s.is_neutral(i)]
    lost = [
        i for i in unread if not (m := s.match(i)) or (m.quantity.step != due.step and m.quantity.name not in wanted)
    ]
    return any(not _is_meant_in(s, index, i) for i in lost)


def _is_meant_in(s: Search, index: int, unread: int) -> bool:
    """Whether a part is right with what is read nowhere in place of one of its names."""
    value = s.last(unread)
    names = s.names_in(index) if value is not None else ()
    return any(s.is_right_with({i: lambda n, _: value.copy()}) for i in names if not s.is_neutral(i))


def was_there_before(s: Search, index: int, due: Quantity) -> bool:
    """Whether a part puts together only what a loop has reached: what lacks may be meant to stand there."""
    match = s.match(index)
    if not (match and match.exact and match.quantity.whole) or match.quantity.step in (due.step, -1):
        return False
    alike = [i for i in s.earlier(index) if s.is_known_as(i, match.quantity)]
    others = (i for i in alike if not s.parts[i].id and s.parts[i].statement is not s.parts[index].statement)
    part = s.parts[index]
    return not (part.id or part.role or (part.is_named and s.asked(index))) and any(
        len(s.values(i)) > 1 for i in others
    )


def stands_in_another_call(s: Search, index: int, due: Quantity) -> bool:
    """Whether it is not clear in which call of the answer, or of a function that is called in a part, the slip is."""
    if s.inside.calls_itself and len(s.values(index)) > 1:
        return True
    called = [value for i in s.names_in(index) for value in s.values(i)[:1] if s.inside.reads(value)]
    return len(called) > len(set(called))


def is_called_wrongly(s: Search, index: int, due: Quantity) -> bool:
    """Whether a part stands in a function which with other arguments makes all right."""
    part, values = s.parts[index], s.values(index)
    if part.nested and (index in s.cut or part.id or (len(values) == 1 and np.shape(values[0]) != due.value.shape)):
        return True
    inner = [i for i, p in enumerate(s.parts) if p.nested or p.function]
    for i in s.names_in(index) if index in inner else ():
        name, match = s.parts[i].id, s.match(i)
        anew = min(s.given_to(i), default=len(s.parts))  # where it is given another value
        if not match or match.quantity.name == name or anew < i:
            continue
        same = [n for n in inner if s.parts[n].id == name and n < anew]
        others = (q for q in s.way.whole.values() if q is not match.quantity)
        if any(s.is_right_with(dict.fromkeys(same, supply)) for q in others for supply in s.supplies(i, q)):
            return True
    calls = [p for p in s.parts if p.called in s.inside.helpers] if index in inner else ()
    for i, j in (pair for call in calls for pair in combinations(call.below, 2)):
        a, b = s.values(i), s.values(j)
        known = s.last(i) is not None and s.last(j) is not None and len(a) == len(b)
        if known and s.is_right_with({i: lambda n, _, b=b: b[n], j: lambda n, _, a=a: a[n]}):
            return True
    return False


def is_branched_wrongly(s: Search, index: int, due: Quantity) -> bool:
    """Whether a part is under an `if` or in a `while` that with other truth values makes all right."""
    line = s.parts[index].node.lineno
    whole = [i for i in s.earlier(index) if i not in s.above and isinstance(s.parts[i].statement, ast.If | ast.While)]
    around = [i for i in whole if s.parts[i].statement.lineno < line <= s.parts[i].statement.end_lineno]
    return any(_another_branch_mends(s, i) for i in around)


def _another_branch_mends(s: Search, test: int) -> bool:
    def right(value: object) -> int:
        own = array(value)
        return np.isclose(own, s.e.expected).sum() if own is not None and own.shape == np.shape(s.e.expected) else 0

    flipped, best = set(), right(s.run.outcome.value)
    for turn in range(min(len(s.values(test)), FLIPPED)):
        turns = flipped | {turn}
        supplied = {test: lambda n, value, turns=turns: bool(value) != (n in turns)}
        if s.is_right_with(supplied):
            return True
        if (now := right(s.supplied(supplied, keep=False).outcome.value)) > best:
            best, flipped = now, turns
    return False


def is_undone_below(s: Search, index: int, due: Quantity) -> bool:
    """Whether what is due, put in place of a part, passes unchanged through lines that change what the part gave."""
    part, value = s.parts[index], due.value
    if part.name == "return" or part.role or isinstance(value, tuple) or (value.ndim == 0 and is_plain(value)):
        return False
    final, inside = value is s.way.quantities[-1].value and s.results == 1, {*s.around(index)}
    later = [i for i in s.later(index) if s.parts[i].name and i not in inside]
    later = [i for i in later if s.parts[i].statement is not part.statement and s.parts[i].role != "before"]
    before, given = s.run.values, _numbers(s.values(index))
    changed = [i for i in later if not agree(_numbers(before.get(i, ())[-1:]), given)]
    if final or not changed:
        return given is not None and bool(changed)
    supply = next((v for v in s.supplies(index, due) if s.becomes_right({}, index, v)), None)
    now = s.supplied(dict.fromkeys(s.twins(index), supply)).values if supply else {}
    for i in changed:
        was, is_now = _numbers(before.get(i, ())[-1:]), _numbers(now.get(i, ())[-1:])
        if not (s.parts[i].role or s.parts[i].id) and agree(is_now, _numbers([value])) and not agree(was, is_now):
            return True
    return False


def _numbers(values: object) -> np.ndarray | None:
    """All numbers in these, in order of size."""
    found = [np.ravel(v) for v in map(array, values) if v is not None]
    return np.sort(np.concatenate(found)) if found else None


DOUBTS = (
    reads_the_scaled,
    stands_in_another_call,
    reads_the_unknown,
    is_hidden_in_an_object,
    calls_as_it_should,
    is_written_twice,
    is_one_of_the_sizes,
    makes_an_argument,
    lacks_a_minus,
    leaves_unread,
    was_there_before,
    is_called_wrongly,
    is_branched_wrongly,
    is_undone_below,
)
