"""Where in its program an answer goes wrong, found by comparing the values on its way with the steps of the right one.

A value is known if it is a step of the right program or a part of one, as it is, in another layout, a row or an entry
of it, or times a number. The place is the first part that is made of known values and is not what is due, *and* at
which the right value makes the result right: each place is tried, by a run in which that part gives what is due.
Before that, small changes of the answer are tried (variants.py). Where the likeliest that make every result right stand
in one line, the place is there, and the values tell only what is due in it. Where they stand in several, the values
choose among these, and where there are none, they tell alone, if no other line may be wrong instead (doubts.py). Else
nothing is said: a way of one's own is no slip.
"""

from __future__ import annotations

import ast
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np

from utils.judge.code.calls import agree
from utils.judge.code.card import COPY, Card
from utils.judge.code.diagnosis import Evidence, axes
from utils.judge.code.doubts import DOUBTS
from utils.judge.code.inside import MOST, Inside, Run, Supply, Unreadable
from utils.judge.code.reading import LAYOUTS, is_truth
from utils.judge.code.variants import LESS, MORE, NAME, ORDER, WRITES, Edit, in_one_line, likeliest
from utils.judge.code.way import Quantity, array, is_plain, times
from utils.judge.verdict import Place

SLOW = 0.05  # seconds; an answer that needs so long for one case is not run hundreds of times more
TRIES = 200  # runs with another value in one place; each takes some 0.3 ms
EVALUATED = 100_000  # values in all of these, which take some 0.06 s
EITHER = 3  # lines that are told where each of them may be wrong
ALSO = 2  # wrong cases besides, in which a place has to be one, too


class Seen(NamedTuple):
    """What is seen from inside: the place, and of an answer that stops, at what, and whether that is why. What is not
    sure is not told. shown: the number of the case in which the place is wrong, where in the first wrong one it is not.
    reads: the arguments that stand in the answer. of_steps: whether the place is made of whole steps, so that nothing
    but what is done with them is wrong. either: where there is no place, the lines of which each may be it, with
    their functions.
    """

    place: Place | None = None
    stopped: str = ""
    explained: bool = False
    shown: int | None = None
    reads: Sequence[str] = ()
    of_steps: bool = False
    either: Sequence[tuple[str, int]] = ()


def look(answer: Callable, exercise: Any, evidence: Sequence[Evidence]) -> Seen:
    """Read an answer that is wrong from inside."""
    try:
        inside = Inside(answer)
    except Unreadable:
        return Seen()
    seen, read = _look(inside, exercise, evidence), {part.id for part in inside.parts}
    return seen._replace(reads=tuple(name for name in evidence[0].case.arguments if name in read))


def _look(inside: Inside, exercise: Any, evidence: Sequence[Evidence]) -> Seen:
    ordinary = [e for e in evidence if not e.case.extreme]
    failing = [e for e in ordinary if not e.agrees]
    if not exercise.steps or not failing:
        return Seen()
    first = Search(inside, exercise, failing[0], ()) if failing[0].outcome.error else None  # which is told then
    stopped = first.meeting(first.run.stopped) if first else ("", False)
    # Of a function that calls itself a single row shows more.
    telling = sorted(failing, key=lambda e: (inside.calls_itself and axes(e.case) > 1, *_chances(e)))
    searches = (Search(inside, exercise, e, ordinary) for e in telling if _is_quick(inside, exercise, e))
    search = next(searches, None)
    if not search:
        return Seen(None, *stopped)
    edits = search.amiss(likeliest(search, evidence, search.may_avoid))
    by_changes = found = search.by_changes(edits)
    if not found:
        search, found = _told_by_values(search, telling, ordinary)
        if found and edits and not search.is_surely_one_of(edits, *found[:2]):
            found = None
    search.stops = bool(found and first and found[0] in first.cut)  # in the case that is told, too
    if not found or (first and found[0] not in first.order):  # it does not get there
        lines = sorted({(edit.function, edit.line) for edit in edits})
        return Seen(None, *stopped, either=lines if len(lines) <= EITHER else ())
    place, of_steps = search.told(*found), found[2] and search.is_made_of_steps(found[0])
    shows = (e for e in failing if by_changes or e is search.e or search.shows(e, *found[:2]))
    shown = next(shows)  # the first, which is small
    is_first = first or shown is failing[0]
    number = None if is_first else next(n for n, e in enumerate(evidence) if e is shown)
    return Seen(place, *stopped, number, of_steps=of_steps)


def _told_by_values(search: Search, telling: Sequence[Evidence], ordinary: Sequence[Evidence]) -> tuple[Search, Any]:
    """What is found in one case; where that is not wrong in the first, or hides another slip, in another case."""
    found, shown = search.found(), next(e for e in ordinary if not e.agrees)
    if found and not shown.outcome.error and not search.shows(shown, *found[:2]):
        search = search.beside(shown, ordinary)
        found = search.found()
    for hidden, steps in islice(search.hides(found[0], telling), 2) if found else ():
        other = search.beside(hidden, ordinary)  # another slip, which may be the first
        above = other.found()
        if above and above[0] in other.earlier(found[0]) and above[1].step in steps:
            return other, (*above[:2], False)
    return search, found


def _is_quick(inside: Inside, exercise: Any, e: Evidence) -> bool:
    """Whether one of two runs is quick: what Python does beside the first, as to free memory, is not the answer's."""
    for _ in range(2):
        started = time.process_time()  # a busy machine is slow, not the answer
        inside.run(e.case, len(exercise.returns))
        if inside.count <= MOST and time.process_time() - started < SLOW:
            return True
    return False


Found = tuple[int, Quantity, bool]  # a part, what is due there, and whether all is right with that


class Search(Card):
    """The search for the first place at which the right value mends the result of one case."""

    def __init__(self, inside: Inside, exercise: Any, e: Evidence, others: Sequence[Evidence]) -> None:
        super().__init__(inside, exercise, e, others)
        self.most = self.tries = min(TRIES, EVALUATED // inside.work)

    def beside(self, e: Evidence, others: Sequence[Evidence]) -> Search:
        """A search in another case, which shares what is known of all cases."""
        search = Search(self.inside, self.exercise, e, others)
        search._elsewhere = self._elsewhere
        return search

    def found(self) -> Found | None:
        """The part that is wrong, what is due there, and whether all is right with that."""
        found = self.mend({})
        if self.tries <= 0:  # in long loops most parts are not tried: what has the name of a step comes first
            self.tries = self.most
            found = self.mend({}, by_name=True)
        while found and (above := self.named_above(*found[:2])):
            found = above
        found = found or self.first_of_two() or self.stopped()
        found = found and self.where_another_is_due(*found)
        found = found and (self.where_it_was_given(found[0]), *found[1:])
        return None if found and any(doubt(self, *found[:2]) for doubt in DOUBTS) else found

    def by_changes(self, edits: Sequence[Edit]) -> Found | None:
        """The line in which all of these stand; with what is due there, where the values tell it."""
        if not (found := in_one_line(self, edits)):
            return None
        index, due = found
        several = any(isinstance(value, tuple) for value in self.values(index)[-1:])  # that are given in another order
        told = None if due in WRITES or several else self.mend({}, line=self.line(index))
        return told or (index, self.way.quantities[-1]._replace(label=due), True)

    def amiss(self, edits: Sequence[Edit]) -> Sequence[Edit]:
        """The likeliest of these changes: as far as others are left, none that may only avoid what is wrong, none of
        what is right as it stands, none that only add to what does something where others change it, and none but those
        in a line that does nothing."""
        edits = [e for e in edits if isinstance(e.written, ast.Assign) and e.due == ORDER] or edits  # of names
        edits = [e for e in edits if not e.chooses] or edits
        edits = [e for e in edits if not self.is_right_as_it_stands(e)] or edits
        if all(e.adds for e in edits):
            return [e for e in edits if self.is_another_name(e, for_good=True)] or edits
        lines = {(e.function, e.line) for e in edits if not e.adds or self.is_another_name(e)}
        return [e for e in edits if (e.function, e.line) in lines]

    def may_avoid(self, edit: Edit) -> bool:
        """Whether a change may only lead round what is wrong. What is thrown away may be right, and is the slip."""
        return edit.chooses or (edit.due not in WRITES and self.is_right_as_it_stands(edit))

    def is_right_as_it_stands(self, edit: Edit) -> bool:
        """Whether a change is one of what holds an argument, or reaches a step, from which nothing may be missing."""
        index, own = self.whole(edit.index), self.match(edit.index)
        match, part = self.match(index), self.parts[index]
        if isinstance(edit.written, ast.BinOp) and edit.due == ORDER and own and own.exact:  # 1 - h of the right way
            opposite = self.way.match(-self.last(edit.index))
            return not (opposite and opposite.exact)
        if match and match.kind == "same" and match.quantity.step < 0 and part.is_named:
            return isinstance(part.node, ast.Call) and edit.due != NAME
        return edit.due not in (LESS, MORE) and self.reaches_a_step(index)

    def is_right_by_name(self, edit: Edit) -> bool:
        """Whether a change is one of what is the step that it is called."""
        index = self.whole(edit.index)
        return self.asked(index) is not None and self.reaches_a_step(index)

    def is_another_name(self, edit: Edit, for_good: bool = False) -> bool:
        """Whether a change stands in what only gives a name another name; for_good: one that a line above gave, and
        that nothing else gets."""
        part = self.parts[self.whole(edit.index)]
        given = [name for p in self.parts if p.function == part.function for name in p.name.split(", ")]
        once = part.id in given and given.count(part.name) == 1
        return bool(part.id) and part.is_named and "." not in part.name and (once or not for_good)

    def is_surely_one_of(self, edits: Sequence[Edit], index: int, due: Quantity) -> bool:
        """Whether a part in one of these lines is surely the wrong one: of several nobody knows what a name of the
        reader's own is meant to hold, and at the end everything can be made up for."""
        edits = [e for e in edits if not self.is_right_by_name(e)] or edits
        adds = {edit.due for edit in edits} <= {LESS, MORE}
        at_the_end = adds and due.step == self.way.quantities[-1].step
        here = any((edit.function, edit.line) == self.line(index) for edit in edits)
        alone = len({(edit.function, edit.line) for edit in edits}) == 1
        match, whole = self.match(index), self.whole(index)
        is_part = match and match.kind == "same" and not match.quantity.whole  # of what is right
        is_doubtful = self.is_own_name(whole) or (is_part and not self.is_called(whole, due))
        return here and not at_the_end and (alone or not is_doubtful)

    def line(self, index: int) -> tuple[str, int]:
        """The function and the line of a part."""
        return self.parts[index].function, self.parts[index].line

    def shows(self, shown: Evidence, index: int, due: Quantity) -> bool:
        """Whether a place is wrong in the case that a reader is shown, too, and not only what came to it."""
        other = self.elsewhere(shown)
        match = other.match(index)
        if not (match and match.quantity.whole and match.quantity.step == due.step):
            return index in other.order
        came = [m.factor for m in other.made(index) if m.kind == "times"]
        return not (match.kind == "same" or (match.kind == "times" and np.isclose(came, match.factor).any()))

    def hides(self, index: int, failing: Sequence[Evidence]) -> Iterator[tuple[Evidence, set[int]]]:
        """Cases in which what is a step here is other numbers, above a part: with these steps."""
        known = [(i, m.quantity) for i in self.earlier(index) if (m := self.match(i)) and m.kind == "same"]
        known = [(i, q) for i, q in known if q.whole and q.step >= 0]
        alike = [e for e in failing if e is not self.e and not self.inside.calls_itself]
        for other in map(self.elsewhere, alike):
            often = [(i, q) for i, q in known if len(other.values(i)) == len(self.values(i))]
            if steps := {q.step for i, q in often if other.is_equal(i, q) is False and not other.does_as_well(i, q)}:
                yield other.e, steps

    def where_another_is_due(self, index: int, due: Quantity, sole: bool) -> Found | None:
        """Of a part that reads a value of the right way which is not the one that is due: the statement that gave it
        this. Nothing where that is not sure."""
        explains_itself = (scaled := self.match(index)) and scaled.kind == "times"
        for i in self.earlier(index):
            part, match, meant = self.parts[i], self.match(i), self.asked(i)
            alias = part.id and part.name
            short = match and match.kind in LAYOUTS and not (match.quantity.whole or match.quantity.within)
            known = match and (match.exact or alias or short) and meant is not match.quantity
            if not known or not part.name or not self.reads(index, part.name):
                continue
            own = match.quantity
            is_copy = own.step < 0 and isinstance(part.node, ast.Call)  # of an argument, for which another may be meant
            turned = [] if explains_itself or own.value.dtype == bool else [own._replace(value=-own.value)]
            for q in [*turned, *self.way.quantities]:
                is_other = (q.step < 0) == is_copy and (q.step != due.step or alias)
                if is_other and self.mends(i, q):
                    of_one_step = q is own or (q.whole and not own.whole and own.step == q.step)
                    is_sure = of_one_step or q.step in (-1, due.step) or (meant and meant.step == q.step)
                    return (i, q, True) if is_sure else None
        return index, due, sole

    def where_it_was_given(self, index: int) -> int:
        """Of a name that no step has, and that stands alone: the statement that gave it its entries."""
        name = self.parts[index].id
        given = [i for i in self.earlier(index) if self.parts[i].name == name and self.parts[i].is_entry]
        if not given or self.way.step(name) or self.last(given[-1]) is None:
            return index
        return given[-1] if np.array_equal(self.last(given[-1]), self.last(index), equal_nan=True) else index

    def named_above(self, index: int, due: Quantity) -> Found | None:
        """Where what has the name of a step above is something else, though what is due is made of that step, or has a
        factor that this has, too."""
        wanted = self.needed(due.step)
        factors = [m.factor for m in self.made(index) if m.kind == "times"]
        for i in self.earlier(index):
            asked, match, part = self.asked(i), self.match(i), self.parts[i]
            if asked is None or part.role or isinstance(asked.value, tuple) or not self.speaks_as_asked(i):
                continue
            if asked.step == due.step and not self.reads(index, part.name):
                continue
            if not (match or (self.is_neutral(i) and np.ndim(self.last(i)) == 0)):
                continue
            other = not match or match.quantity.step != asked.step
            as_asked = not other and match.quantity is asked and match.exact
            scaled = None if other or as_asked else times(self.last(i), asked)
            enters = scaled and scaled.kind == "times" and bool(np.isclose(scaled.factor, factors or [0]).any())
            short = other or (match.exact and not match.quantity.whole)
            own = match and (match.quantity.within or self.is_equal(i, asked))  # a way of one's own, or a layout
            short &= not own
            lacks = short and asked.name in wanted and self.reads(self.whole(index), part.name)
            lacks = lacks and not all(e.does_as_well(i, asked) for e in (self, *map(self.elsewhere, self.others)))
            if enters or lacks:
                whole = self.run
                leads = any(self.leads_on(i, supply, index) for supply in self.supplies(i, asked))
                self.read(whole)
                if leads:
                    return i, asked, False
        return None

    def leads_on(self, index: int, supply: Supply, second: int | None = None) -> bool:
        """Take in a run in which a part gives this. Whether all that was right elsewhere is right there, too. second:
        where another slip is known to be; there it may stop."""
        twins = self.twins(index)
        known = [i for i in self.order if i not in twins and not self.is_neutral(i) and self.is_same(i)]
        stopped, came = self.run.stopped, self.run.outcome.value  # where it stops still, is the second slip
        self.read(self.supplied(dict.fromkeys(twins, supply)))
        is_idle = self.run.stopped is stopped is None and agree(came, self.run.outcome.value)
        is_known = self.run.stopped in (None, stopped, *([] if second is None else self.around(second)))
        return not is_idle and is_known and all(self.is_right(i) for i in known)

    def mend(self, before: dict[int, Supply], by_name: bool = False, line: Any = None) -> Found | None:
        """The first part, and the quantity that is due there, at which the result becomes right. by_name: ask that
        only of what a line is called. line: of which alone parts are asked."""
        for index, quantities in chain(self.candidates(before), self.candidates(before, lines=True)):
            if line and self.line(index) != line:
                continue
            asked = self.asked(index)
            for quantity in (q for q in quantities if q is asked or not by_name):
                if not self.fits(index, quantity):
                    continue
                for supply in self.supplies(index, quantity):
                    if self.tries <= 0:
                        return None
                    at = self.where_it_mends(before, index, supply)
                    if at is not None and (before or self.mends_elsewhere(at, quantity)):
                        return (not (before or line) and self.entered(at)) or (at, quantity, not before)
        return None

    def fits(self, index: int, quantity: Quantity) -> bool:
        """Whether a quantity may be due here: no truth value for a number, and nothing that has another name."""
        part, asked = self.parts[index], self.asked(index)
        if asked is quantity:
            return True
        later = asked and quantity.step >= 0 and (quantity.whole or quantity.step > asked.step)
        if later and part.name[:6] != "return" and not part.role:
            return False
        numbers = [number for value in self.values(index) if (number := array(value)) is not None]
        if not is_truth(quantity) and numbers and all(n.dtype == bool and not n.ndim for n in numbers):  # of an `if`
            return False
        if len(self.values(index)) == 1 and self.chooses(index):
            return is_truth(quantity)
        return not is_truth(quantity) or all(number.dtype == bool and not number.ndim for number in numbers)

    def chooses(self, index: int) -> bool:
        """Whether a part stands in what chooses one of two ways, and so may only lead round what is wrong."""
        own = self.parts[index].node
        whole = [self.parts[index].statement, *(self.parts[i].node for i in self.around(index))]
        tests = [node.test for node in whole if isinstance(node, ast.If | ast.IfExp)]
        return any(node is own for test in tests for node in ast.walk(test))

    def entered(self, index: int) -> Found | None:
        """Of what stops, and has a factor from above with which the result is not right: where that factor enters."""
        if index not in self.cut:
            return None
        factors = {m.factor for i in self.parts[index].below if (m := self.match(i)) and m.kind == "times"}
        scaled = ((i, m) for i in self.order if (m := self.match(i)) and m.kind == "times" and m.factor in factors)
        return next(((i, m.quantity, False) for i, m in scaled if not self.is_neutral(i)), None)

    def first_of_two(self) -> Found | None:
        """Of two slips the first: where the step that is due, and only then a second place, mends the result."""
        left = self.most
        reached = self.reached()
        for index, quantities in list(self.candidates({}, lines=True)):
            for quantity in quantities:
                named = self.is_called(index, quantity) and self.speaks_as_asked(index)
                match = self.match(index)
                done = not named and (quantity.step in reached or (match and match.exact and match.quantity.whole))
                if (
                    done
                    or (match and match.kind in LAYOUTS and match.quantity is quantity)
                    or not quantity.whole
                    or quantity.step < 0
                    or not self.is_meant(index, quantity)
                    or not self.fits(index, quantity)
                ):
                    continue
                unknown = [i for i in self.order if i not in self.twins(index) and not self.match(i)]
                for supply in self.supplies(index, quantity):
                    self.tries = given = min(left, self.most // 4)
                    first, whole = dict.fromkeys(self.twins(index), supply), self.run
                    leads = self.leads_on(index, supply) and (
                        named or any(self.is_reached(i, quantity) for i in unknown)
                    )
                    found = leads and (self.mend(first, by_name=True) or self.mend(first))
                    self.read(whole)
                    left -= given - self.tries
                    if found:
                        return index, quantity, False
        return None

    def is_reached(self, index: int, given: Quantity) -> bool:
        """Whether a part is what it should be, and more than what was given to it."""
        return self.is_same(index) and not self.is_neutral(index) and self.match(index).quantity.step != given.step

    def stopped(self) -> Found | None:
        """Where what it stopped at was given right values only, as they are."""
        index = self.run.stopped
        plain = is_plain(self.e.expected)  # where a branch not taken may be to blame
        if index is None or plain or not all(self.is_neutral(i) or self.is_same(i) for i in self.parts[index].below):
            return None
        for i in self.parts[index].below:
            given = self.given_to(i)
            asked, match = (self.asked(given[-1]), self.match(i)) if given else (None, None)
            if asked and match and match.quantity is not asked and not self.parts[given[-1]].role:
                return given[-1], asked, False
        reached, used = self.reached(), self.used(index)
        by_name = [q for i in self.cut if (q := self.asked(i)) and not isinstance(q.value, tuple)]
        made_of = {n: len(used.intersection(self.steps[n].code.co_names)) for n in self.way.whole if n not in reached}
        likely = sorted((n for n, count in made_of.items() if count), key=lambda n: -made_of[n])
        due = by_name + [self.way.whole[n] for n in likely]
        return (index, due[0], True) if due else None

    def candidates(self, before: Mapping[int, Supply], lines: bool = False) -> Iterator[tuple[int, list[Quantity]]]:
        """Parts that may be wrong, in the program's order, each with what may be due there, the likeliest first.

        lines: take also parts that are right nowhere inside, as long as all that came into their line was right.
        """
        reached = self.reached()
        steps = (q for q in self.way.quantities if q.step >= 0 and not (q.within and q.step in reached))
        by_due = sorted(steps, key=lambda q: (q.step in reached, q.step, not q.whole))
        for index in self.order:
            if index not in before and self.may_be_wrong(index, lines) and (quantities := self.due(index, by_due)):
                yield index, quantities

    def may_be_wrong(self, index: int, lines: bool) -> bool:
        """Whether what a part is made of is right, and it is no part of which another one is to blame."""
        part, match = self.parts[index], self.match(index)
        if part.role == "before" or not self.is_made_of_right_ones(index, lines):
            return False
        if self.plain and part.role and len(self.values(index)) > 1:
            return False  # a sum of whole numbers, made in a loop
        if self.hands_on(index) and not (match and match.exact and match.quantity.whole):
            return False  # what is wrong with it stands in the helper
        if isinstance(part.node, ast.Constant | ast.List) and len(self.giving(part.name, part.function)) > 1:
            return False  # what a loop begins with
        return not isinstance(part.node, ast.Tuple) or all(map(self.is_same, part.below))  # one is wrong, not all

    def due(self, index: int, by_due: Sequence[Quantity]) -> list[Quantity]:
        """What may be due in place of a part, the likeliest first. by_due: the steps, unreached ones first."""
        part, match, asked = self.parts[index], self.match(index), self.asked(index)
        exactly = asked is not None and self.is_exactly(index, asked)
        if exactly and part.is_named:
            return []
        quantities = [asked] if asked is not None and not exactly else []
        to_be_filled = part.called.startswith(("zeros", "empty")) and part.is_named
        to_be_filled |= isinstance(part.node, ast.Name) and self.is_neutral(index)
        is_array = np.ndim(self.last(index)) > 0
        if to_be_filled and is_array:
            quantities = []  # the slip is where nothing fills it
        if part.is_named and not asked and is_array and not self.last(index).any():
            return []
        if self.is_neutral(index):
            quantities += self.sizes(index) + ([] if match else self.truths(index))
        elif isinstance(part.node, ast.Name):
            returned = part.name == "return" and match and match.kind in LAYOUTS
            known = match and (match.exact or match.kind == "logarithm" or returned)
            no_number = not match and (index in self.cut or array(self.values(index)[0]) is None)
            quantities = quantities if known or no_number else []
            if part.name and match and match.kind == "same" and match.quantity.value.ndim:  # two names of one array
                quantities.append(match.quantity._replace(label=COPY))
        elif match and match.exact:
            pass  # nothing but what it is called may be due
        elif match and match.kind in LAYOUTS:
            own = match.quantity.within or self.is_laid_out_above(index)  # a layout that has to end at the return
            if own and part.name != "return":
                return []
            quantities.append(match.quantity)
        elif not quantities or not isinstance(quantities[0].value, tuple):
            given = [m.quantity for i in part.below if (m := self.match(i)) and m.quantity.step < 0]
            quantities += ([match.quantity] if match and match.kind == "times" else []) + [*by_due, *given]
        return _distinct(quantities)

    def is_laid_out_above(self, index: int) -> bool:
        """Whether a part has a layout of the reader's own, which a line above has brought in."""
        kind, below = self.match(index).kind, self.parts[index].below
        alike = [i for i in below if (m := self.match(i)) and m.kind == kind and np.ndim(m.quantity.value)]
        above = any(self.parts[i].id or self.is_laid_out_above(i) for i in alike)
        return above or (kind == "reshaped" and not any(map(self.is_same, below)))

    def hands_on(self, index: int) -> bool:
        """Whether a part calls a function of the reader's, or gives it to another one to be called."""
        part = self.parts[index]
        called = [i for i in part.below if callable((*self.values(i), None)[0])]
        inside = (i for i in self.subtree(index) if isinstance(self.parts[i].node, ast.ListComp | ast.GeneratorExp))
        each = [j for i in inside if i == index or not self.match(i) for j in self.parts[i].below]
        reads = any(self.inside.reads(self.values(i)[0]) or self.hands_on(i) for i in called)
        return reads or part.called in self.inside.helpers or any(map(self.hands_on, each))

    def is_meant(self, index: int, quantity: Quantity) -> bool:
        """Whether a part is called what this step is called, or without a name is made of all that it is made of, and
        of nothing else."""
        names = {q.name for q in self.way.quantities if q.whole and q.name != "N"}
        made_of = names.intersection(self.steps[quantity.step].code.co_names)
        if self.is_called(index, quantity):
            return True
        return self.used(index) == made_of and not self.is_own_name(self.whole(index))

    def supplies(self, index: int, quantity: Quantity) -> Iterator[Supply]:
        """Ways to give what is due in place of a part's values: as a whole, turned, or a row at a time."""
        due = quantity.value
        if isinstance(due, tuple):
            yield lambda n, _: tuple(value.copy() for value in due)
            return
        factors = [1, *(m.factor for m in self.made(index) if "times" in m.kind)]  # which may come off again below
        for factor in factors:
            try:
                yield from self.forms(index, due * factor if np.any(factor != 1) else due)
            except ValueError:  # a factor of each row, and no row there
                continue

    def forms(self, index: int, due: np.ndarray) -> Iterator[Supply]:
        """As a whole in the shape of the part, or at each turn of a loop a row or an entry."""
        values = self.values(index)
        arrays = [number for value in values if (number := array(value)) is not None]
        shapes, count = {np.shape(number) for number in arrays}, len(values)
        shape = shapes.pop() if len(shapes) == 1 else None  # of turns of a loop that differ in it none
        due = due if shape is None else due.astype(np.result_type(due, *arrays))
        if shape == due.shape == ():
            yield lambda n, _: due.item()
            if due.dtype == bool:
                yield lambda n, _: not due
        elif shape == () and count == due.size:
            yield lambda n, _: due.flat[n]
        else:
            if due.ndim and shape != due.shape and (shape is None or count == len(due) > 1):
                yield lambda n, _: due[n % len(due)].copy()
            alike = (np.array_equal(arrays[0], a, equal_nan=True) for a in arrays)  # what differs by turns is no whole
            is_row = shape == due.shape[1:] and count == len(due) > 1  # at each turn one, where a whole is too much
            if (shape != due.shape and not is_row) or self.parts[index].name or all(alike):
                yield lambda n, _: due.copy()
            if shape not in (None, due.shape) and due.size == math.prod(shape):
                yield lambda n, _: (due.T if due.T.shape == shape else due.reshape(shape)).copy()

    def mends(self, index: int, quantity: Quantity) -> bool:
        """Whether the result is right with this quantity in place of a part, in one of its forms."""
        return any(self.where_it_mends({}, index, supply) is not None for supply in self.supplies(index, quantity))

    def mends_elsewhere(self, index: int, quantity: Quantity) -> bool:
        """Whether the same mends other wrong cases, too; of truth values, half of which are right by chance, all."""
        wrong = (e for e in self.others if not e.agrees and axes(e.case) == axes(self.e.case))  # else by another slip
        for other in map(self.elsewhere, self.others if self.plain else islice(wrong, ALSO)):
            due = other.same(index, quantity)
            if not self.plain and (due is None or quantity.within or len(other.values(index)) != 1):
                continue  # the turns of a loop may be other ones there
            if not (other.mends(index, due) if due else other.e.agrees):
                return False
        return True

    def where_it_mends(self, before: dict[int, Supply], index: int, supply: Supply) -> int | None:
        """This part, if the result is right with this in its place; where it takes all that are written as it is, the
        one of them that is enough, if there is one."""
        twins = self.twins(index)
        if self.is_right_with(before | {index: supply}):
            return index
        if len(twins) < 2 or not self.is_right_with(before | dict.fromkeys(twins, supply)):
            return None
        return next((i for i in twins if i != index and self.is_right_with(before | {i: supply})), index)

    def is_right_with(self, supplied: Mapping[int, Supply]) -> bool:
        """Whether the result is right in a run in which these parts give something else."""
        self.tries -= 1
        return agree(self.supplied(supplied, keep=False).outcome.value, self.e.expected, self.e.case.atol)

    def supplied(self, supplied: Mapping[int, Supply], keep: bool = True) -> Run:
        """A run in which these parts give something else."""
        around = frozenset(supplied).intersection(twin for i in self.cut for twin in self.twins(i))
        inside = self.inside.going_on(around) if around else self.inside
        return inside.run(self.e.case, self.results, supplied, keep)

    def twins(self, index: int) -> list[int]:
        part = self.parts[index]
        if part.role or not part.below or part.function:
            return [index]
        return [
            i for i, p in enumerate(self.parts) if p.text == part.text and p.below and not p.function and not p.role
        ]


def _chances(e: Evidence) -> tuple[int, int, int]:
    """How easily two values of a case meet by chance: round numbers do, and sizes that are alike, and few numbers."""
    given = [value for value in e.case.arguments.values() if not callable(value)]
    sizes = {size for value in given for size in np.shape(value)}
    return sum(np.ndim(value) > 0 and is_plain(value) for value in given), -len(sizes), -e.case.size


def _distinct(quantities: Sequence[Quantity]) -> list[Quantity]:
    found: list[Quantity] = []
    for q in quantities:
        if not any(q.value is f.value or agree(q.value, f.value) for f in found):
            found.append(q)
    return found
