"""Where in its program an answer goes wrong, found by comparing the values on its way with the steps of the right one.

A value is known if it is a step of the right program or a part of one, as it is, in another layout, a row or an entry
of it, or times a number. The place is the first part that is made of known values and is not what is due, *and* at
which the right value makes the result right: each place is tried, by a run in which that part gives what is due.
Where no such try succeeds nothing is said: a way of one's own is no slip.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, combinations, islice, pairwise, takewhile
from typing import Any, NamedTuple

import numpy as np

from utils.judge.code.calls import agree
from utils.judge.code.card import COPY, SUMS, WRITTEN, Card
from utils.judge.code.diagnosis import Evidence, axes
from utils.judge.code.inside import MOST, Inside, Run, Supply, Unreadable, changed
from utils.judge.code.reading import is_truth
from utils.judge.code.way import Match, Quantity, array, is_plain, times
from utils.judge.verdict import Place

SLOW = 0.05  # seconds; an answer that needs so long for one case is not run hundreds of times more
TRIES = 400  # runs with another value in one place; each takes some 0.1 ms
EVALUATED = 400_000  # values in all of these, which take some 0.1 s


class Seen(NamedTuple):
    """What is seen from inside: the place, and of an answer that stops, at what, and whether that is why. What is not
    sure is not told."""

    place: Place | None = None
    stopped: str = ""
    explained: bool = False


def look(answer: Callable, exercise: Any, evidence: Sequence[Evidence]) -> Seen:
    """Read an answer that is wrong from inside."""
    ordinary = [e for e in evidence if not e.case.extreme]
    failing = [e for e in ordinary if not e.agrees]
    if not exercise.steps or not failing:
        return Seen()
    try:
        inside = Inside(answer)
    except Unreadable:
        return Seen()
    first = _Search(inside, exercise, failing[0], ()) if failing[0].outcome.error else None  # which is told then
    stopped = first.meeting(first.run.stopped) if first else ("", False)
    # Of a function that calls itself a single row shows more.
    for e in sorted(failing, key=lambda e: (inside.calls_itself and axes(e.case) > 1, *_chances(e))):
        started = time.process_time()  # a busy machine is slow, not the answer
        inside.run(e.case, len(exercise.returns))
        if inside.count <= MOST and time.process_time() - started < SLOW:
            search = _Search(inside, exercise, e, [other for other in ordinary if other is not e])
            found = search.found()
            if found and not first and e is not failing[0] and not search.shows(failing[0], *found[:2]):
                search = _Search(inside, exercise, failing[0], [other for other in ordinary if other is not failing[0]])
                found = search.found()
            search.stops = bool(found and first and found[0] in first.cut)  # in the case that is told, too
            if found and first and found[0] not in first.order:  # it does not get there
                return Seen(None, *stopped)
            return Seen(found and search.told(*found), *stopped)
    return Seen()


Found = tuple[int, Quantity, bool]  # a part, what is due there, and whether all is right with that


class _Search(Card):
    """The search for the first place at which the right value mends the result of one case."""

    def __init__(self, inside: Inside, exercise: Any, e: Evidence, others: Sequence[Evidence]) -> None:
        super().__init__(inside, exercise, e, others)
        self.most = self.tries = min(TRIES, EVALUATED // (inside.count or 1))
        self.going_on = dict[frozenset, Inside]()  # without the parts at which the answer stops

    def found(self) -> Found | None:
        """The part that is wrong, what is due there, and whether all is right with that."""
        if found := self.compared() or self.not_added():
            return found
        found = self.mend({})
        while found and (above := self.named_above(*found[:2])):
            found = above
        found = found or self.first_of_two() or self.stopped()
        found = found and self.without_doubt(self.where_an_axis_comes_off(*found))
        return found and self.where_it_was_given(*found)

    def shows(self, shown: Evidence, index: int, due: Quantity) -> bool:
        """Whether a place is wrong in the case that a reader is shown, too, and not only what came to it."""
        other = self.elsewhere(shown)
        match = other.match(index)
        if not (match and match.quantity.whole and match.quantity.step == due.step):
            return index in other.order
        came = [m.factor for m in other.made(index) if m.kind == "times"]
        return not (match.kind == "same" or (match.kind == "times" and np.isclose(came, match.factor).any()))

    def compared(self) -> Found | None:
        """A statement that is nothing but `a == b` or `a[i] == b`."""
        for i in self.order:
            node, below = self.parts[i].node, self.parts[i].below
            alone = i not in self.above and isinstance(self.parts[i].statement, ast.Expr)
            equal = alone and isinstance(node, ast.Compare) and [*map(type, node.ops)] == [ast.Eq]
            if equal and below and isinstance(self.parts[below[0]].node, ast.Name | ast.Subscript):
                return i, self.way.quantities[-1]._replace(label=WRITTEN), True
        return None

    def not_added(self) -> Found | None:
        """A loop that writes `=` where `+=` or `-=` makes every result right."""
        for i in self.order:
            part, values = self.parts[i], self.values(i)
            again = isinstance(part.statement, ast.Assign) and part.name and len(values) > 1
            if not again or array(values[0]) is None or (part.role and not part.is_entry) or part.role == "before":
                continue
            for sign, label in SUMS.items():
                sums = self.summing(i, sign)
                cases = (self.e, *self.others) if sums else ()
                runs = ((e, self.inside.run(e.case, self.results, sums, keep=False)) for e in cases)
                right = bool(cases) and all(agree(run.outcome.value, e.expected, e.case.atol) for e, run in runs)
                if right and self.overwrites(i):
                    return i, self.way.quantities[-1]._replace(label=label), True
        return None

    def overwrites(self, index: int) -> bool:
        """Whether a turn of a loop writes where another has written, not each to an entry of its own."""
        if not self.parts[index].is_entry:
            return True
        states = self.values(index)
        steps = [changed(before, after) for before, after in pairwise([np.zeros_like(states[0]), *states])]
        return any((a & b).any() for a, b in combinations(steps, 2))

    def summing(self, index: int, sign: int) -> dict[int, Supply]:
        """What makes a sum of the terms that a part gives one after the other; nothing where no sum is begun."""
        part, total = self.parts[index], [np.zeros(())]
        given = part.below if part.role else self.giving(part.name, part.function)
        role = "before" if part.role else ""
        begun = [i for i in given if i < index and self.parts[i].role == role]
        if role:
            begun = [i for i in begun if isinstance(self.parts[i].node, ast.Name)]

        def begin(_: int, value: object) -> object:
            total[0] = np.array(value)
            return value

        def add(_: int, value: object) -> object:
            summed = total[0] + sign * np.asarray(value)
            total[0] = np.where(changed(total[0], value), summed, value) if part.role else summed
            return total[0].copy()

        return dict.fromkeys(begun, begin) | {index: add} if begun else {}

    def without_doubt(self, found: Found) -> Found | None:
        """What was found, if it is the only reading: not where a statement above changes nothing, and not where a value
        that comes from above is on the right way, but with another one in its place all would be right, too."""
        index, due, _ = found
        scaled = (m := self.match(index)) and m.kind == "times"  # which explains itself
        if (
            (m and self.reads_scaled(index, m))
            or (index in self.cut and self.parts[index].nested)
            or self.is_made_of_the_unknown(index, due)
            or self.is_undone_below(index, due)
        ):
            return None
        if self.inside.calls_itself and len(self.values(index)) > 1:  # it is not clear in which call
            return None
        if any(map(self.is_idle, self.earlier(index))):
            return None
        for i in self.earlier(index):
            part, match = self.parts[i], self.match(i)
            given = self.parts[self.above.get(i, i)].called in self.inside.helpers
            if not (match and (match.exact or match.kind == "logarithm") and part.role != "before"):
                continue
            if not (given or (part.name and self.reads(index, part.name))):
                continue
            meant = self.asked(part)
            own = match.quantity
            says_so = not part.name and getattr(part.node, "id", None) == own.name
            is_copy = own.step < 0 and match.kind == "same" and isinstance(part.node, ast.Call)  # to be worked on
            if len(self.values(i)) > 1 and match.kind == "row" and self.mends(i, own):  # the same one at each turn
                return None
            if meant is own or says_so or is_copy:
                continue
            turned = [own._replace(value=-own.value)] if not scaled and own.value.dtype != bool else []
            for q in [*turned, *self.way.quantities]:
                if q.step < 0 or q.step == due.step or (own.whole and not q.whole and own.step == q.step):
                    continue
                if match.exact and agree(q.value, own.value):
                    continue
                if self.mends(i, q):
                    short = q is own or (q.whole and not own.whole and own.step == q.step)
                    return (i, q, True) if short or (meant and meant.step == q.step) else None
        return self.where_it_stands_still(*found) or self.where_it_is_scaled(*found)

    def is_made_of_the_unknown(self, index: int, due: Quantity) -> bool:
        """Whether a part reads names that other statements gave, and nothing in it is known; or a number of these that,
        were it a step, would make all right."""
        read = [i for i in self.earlier(index) if self.parts[i].name and self.reads(index, self.parts[i].name)]
        read = [i for i in read if self.parts[i].statement is not self.parts[index].statement]
        last = {self.parts[i].name: i for i in read}.values()
        sizes = [i for i in last if self.is_neutral(i) and (value := self.last(i)) is not None and not value.ndim]
        chosen = any(isinstance(self.parts[i].node, ast.IfExp) and not self.match(i) for i in sizes)
        if chosen or any(self.mends(i, q) for i in sizes for q in self.way.whole.values()):
            return True
        turns = [i for i in last if not self.parts[i].role and len(self.values(i)) > 1 == len(self.values(index))]
        if any((m := self.match(i)) and m.kind == "row" for i in turns):  # of which it has the last
            return True
        if self.parts[index].role or index in self.cut or self.match(index) or self.sizes(index):
            return False
        return not self.made_of(index, due) and not all(map(self.is_same, read))

    def reads_scaled(self, index: int, found: Match) -> bool:
        """Whether a part reads a name that has the minus too much already, or the factors of its rows."""
        below = self.parts[index].below
        names = [i for i in below if isinstance(self.parts[i].node, ast.Name) and not self.parts[i].role]
        known = [m for i in names if (m := self.match(i)) and m.kind == found.kind]
        if found.kind == "times" and found.factor < 0 and any(m.factor < 0 for m in known):
            return True
        own = found.kind == "rows times" and any(m.quantity is found.quantity for m in known)
        return own or any(self.reads_scaled(i, found) for i in below if i not in names)

    def is_undone_below(self, index: int, due: Quantity) -> bool:
        """Whether the result, put in place of a part, passes unchanged through lines that change what the part gave:
        then any of these may be wrong."""
        part = self.parts[index]
        if due is not self.way.quantities[-1] or self.results > 1 or part.name == "return" or part.role:
            return False
        inside = {*self.around(index)}
        later = [i for i in self.order[self.order.index(index) + 1 :] if i not in inside and self.parts[i].name]
        later = [i for i in later if self.parts[i].statement is not part.statement and self.parts[i].role != "before"]
        given = [v for v in map(array, self.values(index)) if v is not None]
        flat = np.sort(np.concatenate([np.ravel(v) for v in given])) if given else None

        def differs(i: int) -> bool:
            value = self.last(i)
            return value is not None and not agree(np.sort(np.ravel(value)), flat)

        return flat is not None and any(map(differs, later))

    def where_it_was_given(self, index: int, due: Quantity, sole: bool) -> Found | None:
        """Of a name that is returned, and that no step has: the statement that gave it this. Nothing is told where
        something unseen has changed it since."""
        name = getattr(self.parts[index].node, "id", None)
        if not name or self.parts[index].name[:6] != "return" or self.way.step(name) or name in self.e.case.arguments:
            return index, due, sole
        given = [i for i in self.earlier(index) if self.parts[i].name == name and self.parts[i].role != "before"]
        if not given or self.last(given[-1]) is None:
            return index, due, sole
        if not np.array_equal(self.last(given[-1]), self.last(index), equal_nan=True):
            return None
        alone = len(given) > 1 == self.results and not self.parts[given[-1]].role
        return (given[-1] if alone else index), due, sole

    def where_an_axis_comes_off(self, index: int, due: Quantity, sole: bool) -> Found:
        """Of a part with an axis left over that its own parts brought: what is returned with it."""
        if self.has_axis_left(index) and any(map(self.has_axis_left, self.parts[index].below)):
            for i in reversed(self.order):
                result = self.asked(self.parts[i])
                if self.parts[i].name == "return" and self.has_axis_left(i) and self.mends(i, result):
                    return i, result, sole
        return index, due, sole

    def where_it_stands_still(self, index: int, due: Quantity, sole: bool) -> Found | None:
        """Of a name that holds a step already reached before: the line that gave it this, and so led nowhere."""
        match = self.match(index)
        if not (sole and match and match.exact and match.quantity.whole) or match.quantity.step == due.step:
            return None
        alike = [i for i in self.earlier(index) if (m := self.match(i)) and m.exact and m.quantity is match.quantity]
        given = [i for i in alike if (part := self.parts[i]).name and self.reads(index, part.name)]
        given = [i for i in given if self.parts[i].role != "before"]
        before = alike[: alike.index(given[-1])] if given else []
        is_new = all(self.parts[i].statement is self.parts[given[-1]].statement for i in before)
        return None if is_new else (given[-1], due, True)

    def where_it_is_scaled(self, index: int, due: Quantity, sole: bool) -> Found | None:
        """Of a part that lacks a factor only: the line below that has a wrong one, if there is one."""
        match = self.match(index)
        if not sole or not match or not match.exact or match.quantity.whole or match.quantity.step != due.step:
            return index, due, sole
        for i in self.order[self.order.index(index) + 1 :]:
            node, below, later = self.parts[i].node, self.parts[i].below, self.match(i)
            scales = isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Mult | ast.Div)
            by_a_number = scales and (len(below) == 1 or any(map(self.is_neutral, below)))
            if by_a_number and later and later.kind == "times":
                return (i, later.quantity, True) if self.mends(i, later.quantity) else None
        return index, due, sole

    def named_above(self, index: int, due: Quantity) -> Found | None:
        """Where what has the name of a step above is something else, though what is due is made of that step, or has a
        factor that this has, too."""
        wanted = set(self.steps[due.step].code.co_names) if due.step >= 0 else ()
        factors = [m.factor for m in self.made(index) if m.kind == "times"]
        for i in self.earlier(index):
            asked, match, part = self.asked(self.parts[i]), self.match(i), self.parts[i]
            if asked is None or part.role or asked.step == due.step or isinstance(asked.value, tuple):
                continue
            if not (match or self.is_neutral(i)):
                continue
            other = not match or match.quantity.step != asked.step
            as_asked = not other and match.quantity is asked and match.exact
            scaled = None if other or as_asked else times(self.last(i), asked)
            enters = scaled and scaled.kind == "times" and bool(np.isclose(scaled.factor, factors or [0]).any())
            short = other or (match.exact and not match.quantity.whole)
            lacks = short and asked.name in wanted and self.reads(index, asked.name)
            if (enters or lacks) and not self.is_changed_later(i):
                whole = self.run
                leads = any(self.leads_on(i, supply) for supply in self.supplies(i, asked))
                self.read(whole)
                if leads:
                    return i, asked, False
        return None

    def leads_on(self, index: int, supply: Supply) -> bool:
        """Take in a run in which a part gives this. Whether all that was right elsewhere is right there, too."""
        twins = self.twins(index)
        known = [i for i in self.order if i not in twins and not self.is_neutral(i) and self.is_same(i)]
        stopped = self.run.stopped  # where it stops still, is the second slip
        self.read(self.supplied(dict.fromkeys(twins, supply)))
        return self.run.stopped in (None, stopped) and all(self.is_right(i) for i in known)

    def mend(self, before: dict[int, Supply]) -> Found | None:
        """The first part, and the quantity that is due there, at which the result becomes right."""
        for index, quantities in chain(self.candidates(before), self.candidates(before, lines=True)):
            for quantity in quantities:
                if self.is_there_above(index, quantity) or not self.fits(index, quantity):
                    continue
                for form, supply in enumerate(self.supplies(index, quantity)):
                    if self.tries <= 0:
                        return None
                    if self.becomes_right(before, index, supply) and self.stays_right(index, quantity, form):
                        return (not before and self.entered(index)) or (index, quantity, not before)
        return None

    def fits(self, index: int, quantity: Quantity) -> bool:
        """Whether a quantity may be due here: no truth value for a number, and nothing that has another name."""
        part, asked = self.parts[index], self.asked(self.parts[index])
        if asked is quantity:
            return True
        if asked and part.name[:6] != "return" and not part.role and quantity.whole and quantity.step >= 0:
            return False
        numbers = [number for value in self.values(index) if (number := array(value)) is not None]
        if not is_truth(quantity) and numbers and all(n.dtype == bool and not n.ndim for n in numbers):  # of an `if`
            return False
        return not is_truth(quantity) or all(number.dtype == bool for number in numbers)

    def is_there_above(self, index: int, quantity: Quantity) -> bool:
        """Whether an expression that this part is in gives already what is due: then the part has no need to."""
        above = takewhile(lambda i: not self.parts[i].role, self.around(self.above.get(index)))
        return any(m.exact and m.quantity is quantity for i in above if (m := self.match(i)))

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
                named = self.parts[index].name == quantity.name
                match = self.match(index)
                done = not named and (quantity.step in reached or (match and match.exact and match.quantity.whole))
                if (
                    done
                    or not quantity.whole
                    or quantity.step < 0
                    or not self.is_meant(index, quantity)
                    or self.is_changed_later(index)
                ):
                    continue
                unknown = [i for i in self.order if i not in self.twins(index) and not self.match(i)]
                for supply in self.supplies(index, quantity):
                    self.tries = given = min(left, self.most // 4)
                    first, whole = dict.fromkeys(self.twins(index), supply), self.run
                    leads = self.leads_on(index, supply) and (
                        named or any(self.is_reached(i, quantity) for i in unknown)
                    )
                    found = leads and self.mend(first)
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
        reached, used = self.reached(), self.used(index)
        by_name = [q for i in self.cut if (q := self.asked(self.parts[i])) and not isinstance(q.value, tuple)]
        made_of = {n: len(used.intersection(self.steps[n].code.co_names)) for n in self.way.whole if n not in reached}
        likely = sorted((n for n, count in made_of.items() if count), key=lambda n: -made_of[n])
        due = by_name + [self.way.whole[n] for n in likely]
        return (index, due[0], True) if due else None

    def candidates(self, before: Mapping[int, Supply], lines: bool = False) -> Iterator[tuple[int, list[Quantity]]]:
        """Parts that may be wrong, in the program's order, each with what may be due there, the likeliest first.

        lines: take also parts that are right nowhere inside, as long as all that came into their line was right.
        """
        reached = self.reached()
        by_due = sorted(
            (q for q in self.way.quantities if q.step >= 0),
            key=lambda q: (q.step in reached, q.step, not q.whole),
        )
        for index in self.order:
            part, match = self.parts[index], self.match(index)
            if index in before or part.role == "before" or not self.is_made_of_right_ones(index, lines):
                continue
            if self.plain and part.role and len(self.values(index)) > 1:  # a sum of whole numbers, made in a loop
                continue
            if self.hands_on(index) and not (match and match.quantity.whole):
                continue  # what is wrong with it stands in the helper
            if isinstance(part.node, ast.Constant | ast.List) and len(self.giving(part.name, part.function)) > 1:
                continue  # what a loop begins with
            asked = self.asked(part)
            if asked and isinstance(asked.value, tuple) and part.called == "tuple":  # one of them is wrong, not all
                continue
            quantities = [asked] if asked is not None and not self.is_exactly(index, asked) else []
            to_be_filled = part.called.startswith(("zeros", "empty")) and part.name[:6] not in ("", "return")
            to_be_filled |= isinstance(part.node, ast.Name) and self.is_neutral(index)
            if to_be_filled and np.ndim(self.last(index)):
                quantities = []  # the slip is where nothing fills it
            if self.is_neutral(index):
                quantities += self.sizes(index) + ([] if match else self.truths(index))
                if match and match.kind == "times" and match.quantity.step >= 0:
                    quantities.append(match.quantity)
            elif isinstance(part.node, ast.Name):
                known = match and (match.exact or match.kind == "logarithm")
                no_number = not match and (index in self.cut or array(self.values(index)[0]) is None)
                quantities = quantities if known or no_number else []
                if part.name and match and match.kind == "same" and match.quantity.value.ndim:  # two names of one array
                    quantities.append(match.quantity._replace(label=COPY))
            elif isinstance(part.node, ast.Tuple) and not all(map(self.is_same, part.below)):
                continue
            elif match and match.kind == "logarithm":
                quantities += by_due if match.quantity.step in self.reached(index) else []
            elif match and match.exact:
                quantities += [] if match.quantity.whole else self.times_a_step(index)
            elif match and match.kind in ("axes", "transposed"):
                quantities.append(match.quantity)
            elif not quantities or not isinstance(quantities[0].value, tuple):
                near = [q for q in by_due if self.is_next(index, q)]
                times = [match.quantity] if match and match.kind == "times" else []
                yield index, _distinct(quantities + times + near)
                quantities = by_due + [m.quantity for i in part.below if (m := self.match(i)) and m.quantity.step < 0]
            if quantities:
                yield index, _distinct(quantities)

    def hands_on(self, index: int) -> bool:
        """Whether a part calls a function of the reader's, or gives it to another one to be called."""
        part = self.parts[index]
        called = [i for i in part.below if callable((*self.values(i), None)[0])]
        reads = any(self.inside.reads(self.values(i)[0]) or self.hands_on(i) for i in called)
        return reads or part.called in self.inside.helpers

    def is_next(self, index: int, quantity: Quantity) -> bool:
        """Whether a step is made of just what this part is made of, as far as that is steps."""
        return self.used(index) <= {quantity.name, *self.steps[quantity.step].code.co_names}

    def is_meant(self, index: int, quantity: Quantity) -> bool:
        """Whether a part is called what this step is called, or made of all that it is made of, and of nothing else."""
        names = {q.name for q in self.way.quantities if q.whole and q.name != "N"}
        made_of = names.intersection(self.steps[quantity.step].code.co_names)
        return self.parts[index].name == quantity.name or self.used(index) == made_of

    def sizes(self, index: int) -> list[Quantity]:
        """Where a number, a shape or a range may be meant to be another one: these, $N$ before all others."""
        values, node = self.values(index)[:1], self.parts[index].node
        if not values or isinstance(node, ast.Name | ast.UnaryOp):
            return []
        given = {name: np.shape(value) for name, value in self.e.case.arguments.items() if np.ndim(value)}
        if isinstance(values[0], tuple) and getattr(node, "attr", "") == "shape":
            shapes = {
                shape: Quantity(tuple(map(np.int64, shape)), -1, False, name, f"the shape of `{name}`")
                for name, shape in given.items()
            }
            return [q for shape, q in shapes.items() if shape != values[0]]
        is_count = type(values[0]) is int and getattr(node, "attr", "") != "ndim"
        if not is_count and not isinstance(values[0], range):
            return []
        asked = any("N" in step.code.co_names for step in self.steps) and self.way.N > 1
        found = {self.way.N: self.way.step("N")} if asked else {}
        for name, shape in given.items():
            for axis, size in enumerate(shape):
                label = f"the size of axis {axis} of `{name}`"
                found.setdefault(size, Quantity(np.array(size), -1, False, name, label))
        return [q for size, q in found.items() if values[0] not in (size, range(size))]

    def times_a_step(self, index: int) -> list[Quantity]:
        """Of a part of a step that is the whole step times a number, that step: the number may be what is missing."""
        above = self.parts[self.above[index]] if index in self.above else None
        scaled = above and isinstance(above.node, ast.BinOp) and isinstance(above.node.op, ast.Mult | ast.Div)
        if scaled and all(i == index or self.is_neutral(i) for i in above.below):  # it is what comes next
            return []
        value = self.match(index).quantity.value
        found = (times(value, q) for q in self.way.quantities if q.whole and q.step >= 0)
        return [m.quantity for m in found if m and m.kind == "times"][:1]

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
        values = self.values(index)
        arrays = [number for value in values if (number := array(value)) is not None]
        shapes = {np.shape(number) for number in arrays}
        if values and isinstance(values[0], range):
            yield lambda n, _: range(int(due))
            return
        if not values or len(shapes) != 1:
            yield lambda n, _: due.copy()
            if due.ndim:
                yield lambda n, _: due[n % len(due)].copy()
            return
        (shape,), count = shapes, len(values)
        due = due.astype(np.result_type(due, *arrays))
        if shape == due.shape == ():
            yield lambda n, _: due.item()
            if due.dtype == bool:
                yield lambda n, _: not due
        elif shape == due.shape:
            if self.parts[index].name or all(np.array_equal(arrays[0], a, equal_nan=True) for a in arrays):
                yield lambda n, _: due.copy()
        elif count > 1 and due.ndim and count % len(due) == 0 and shape == due.shape[1:]:
            yield lambda n, _: due[n % len(due)].copy()
        elif count > 1 and count == due.size and shape == ():
            yield lambda n, _: due.flat[n]
        else:
            if count > 1 and due.ndim and count == len(due):
                yield lambda n, _: due[n].copy()
            yield lambda n, _: due.copy()
            if due.T.shape == shape != due.shape:
                yield lambda n, _: due.T.copy()
            elif due.size == np.prod(shape) and due.shape != shape:
                yield lambda n, _: due.reshape(shape).copy()

    def mends(self, index: int, quantity: Quantity) -> bool:
        """Whether the result is right with this quantity in place of a part, in one of its forms."""
        return any(self.becomes_right({}, index, supply) for supply in self.supplies(index, quantity))

    def becomes_right(self, before: dict[int, Supply], index: int, supply: Supply) -> bool:
        """Whether the result is right with this in place of a part, or of all that are written as it is."""
        twins = self.twins(index)
        for places in [[index], twins] if len(twins) > 1 else [twins]:
            self.tries -= 1
            outcome = self.supplied(before | dict.fromkeys(places, supply), keep=False).outcome
            if agree(outcome.value, self.e.expected, self.e.case.atol):
                return True
        return False

    def supplied(self, supplied: Mapping[int, Supply], keep: bool = True) -> Run:
        """A run in which these parts give something else."""
        inside = self.inside
        around = frozenset(supplied).intersection(twin for i in self.cut for twin in self.twins(i))
        if around and around not in self.going_on:
            self.going_on[around] = Inside(inside.answer, around)
        inside = self.going_on[around] if around else inside
        return inside.run(self.e.case, self.results, supplied, keep)

    def twins(self, index: int) -> list[int]:
        part = self.parts[index]
        if part.role or not part.below or part.function:
            return [index]
        return [
            i for i, p in enumerate(self.parts) if p.text == part.text and p.below and not p.function and not p.role
        ]

    def stays_right(self, index: int, quantity: Quantity, form: int) -> bool:
        """Whether the same quantity at the same place mends other cases too: of truth values, of which every other one
        is right by chance, all of them."""
        for other in self.others if self.plain else ():
            search = self.elsewhere(other)
            due = search.same(index, quantity)
            if due is None:  # it is no number there
                if other.agrees:
                    continue
                return False
            supplies = search.supplies(index, due)
            tried = islice(supplies, form, form + 1) if is_truth(due) else supplies
            if not any(search.becomes_right({}, index, supply) for supply in tried):
                return False
        return True


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
