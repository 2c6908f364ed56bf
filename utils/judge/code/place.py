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
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from utils.judge.code.calls import agree
from utils.judge.code.diagnosis import Evidence
from utils.judge.code.inside import Inside, Part, Run, Supply, Unreadable, called, changed
from utils.judge.code.steps import parse
from utils.judge.code.way import Match, Quantity, Way, array, is_plain, times
from utils.judge.verdict import Line, Place

SLOW = 0.05  # seconds; an answer that needs so long for one case is not run hundreds of times more
TRIES = 400  # runs with another value in one place; each takes some 0.1 ms
ELEMENTWISE = ("add", "subtract", "multiply", "divide", "maximum", "minimum", "where", "power")
TOLD = 11  # lines of an answer that are shown
# What gives an array by its shape alone.
SHAPED = ("len", "range", "enumerate", "zip", "zeros", "ones", "empty", "eye", "arange", "ndindex", "full", "identity")
SHAPED += ("zeros_like", "ones_like", "empty_like", "shape", "ndim", "size", "isinstance", "dtype")


class Seen(NamedTuple):
    """What is seen from inside: the place, and of an answer that stops, at what. What is not sure is not told."""

    place: Place | None = None
    stopped: str = ""


def look(answer: Callable, exercise: Any, evidence: Sequence[Evidence]) -> Seen:
    """Read an answer that is wrong from inside."""
    failing = [e for e in evidence if not e.agrees and not e.case.extreme]
    if not exercise.steps or not failing:
        return Seen()
    try:
        inside = Inside(answer)
    except Unreadable:
        return Seen()
    for e in sorted(failing, key=_chances):
        started = time.process_time()  # a busy machine is slow, not the answer
        inside.run(e.case, len(exercise.returns))
        if not inside.overfull and time.process_time() - started < SLOW:
            others = [other for other in evidence if other is not e and not other.case.extreme]
            search = _Search(inside, exercise, e, others)
            found = search.found()
            return Seen(found and search.told(*found), _stopped(inside, exercise, failing))
    return Seen()


def _stopped(inside: Inside, exercise: Any, failing: Sequence[Evidence]) -> str:
    """What an answer stops at in the first case in which it does, which is the one that is shown."""
    first = next((e for e in failing if e.outcome.error), None)
    if first is None:
        return ""
    search = _Search(inside, exercise, first, ())
    return "" if search.run.stopped is None else search.meeting(search.run.stopped)


Found = tuple[int, Quantity, bool]  # a part, what is due there, and whether all is right with that


class _Search:
    """The search for the first place at which the right value mends the result of one case."""

    def __init__(self, inside: Inside, exercise: Any, e: Evidence, others: Sequence[Evidence]) -> None:
        self.inside, self.exercise, self.e, self.others = inside, exercise, e, others
        self.parts, self.results = inside.parts, len(exercise.returns)
        self.steps = parse(exercise.steps)
        self.way = Way(exercise.steps, e.case)
        self.tries, self.around = TRIES, dict[frozenset, Inside]()
        self._elsewhere = dict[int, _Search]()
        self.plain = is_plain(e.expected)
        self.above = {below: i for i, part in enumerate(self.parts) for below in part.below}
        self.read(inside.run(e.case, self.results))

    def read(self, run: Run) -> None:
        """Take in the values of a run."""
        self.run = run
        self.matches: dict[int, Match | None] = {}
        self.cut: list[int] = []  # the part at which it stopped, and those that it is a part of
        index = run.stopped
        while index is not None:
            self.cut.append(index)
            index = self.above.get(index)
        self.order = [*(i for i in run.order if i not in self.cut), *self.cut]

    def found(self) -> Found | None:
        """The part that is wrong, what is due there, and whether all is right with that."""
        if found := self.mend({}):
            found = self.named_above(*found[:2]) or found
        found = found or self.mend({}, lines=True) or self.first_of_two() or self.stopped()
        return found if found is None else self.without_doubt(found)

    def without_doubt(self, found: Found) -> Found | None:
        """What was found, if it is the only reading: not where a statement above changes nothing, and not where a value
        that comes from above is on the right way, but with another one in its place all would be right, too."""
        index, due, _ = found
        scaled = (m := self.match(index)) and m.kind == "times"  # which explains itself
        above = self.order[: self.order.index(index)]
        if any(self.is_idle(i) for i in above):
            return None
        for i in above:
            part, match = self.parts[i], self.match(i)
            given = self.parts[self.above.get(i, i)].called in self.inside.helpers
            if not (match and (match.exact or match.kind == "logarithm") and part.role != "before"):
                continue
            if not (given or (part.name and self.reads(index, part.name))):
                continue
            meant = self.asked(part)
            says_so = not part.name and getattr(part.node, "id", None) == match.quantity.name
            if meant is match.quantity or says_so:
                continue
            own = match.quantity
            turned = [own._replace(value=-own.value)] if not scaled and own.value.dtype != bool else []
            for q in [*turned, *self.way.quantities]:
                if q.step < 0 or q.step == due.step or (own.whole and not q.whole and own.step == q.step):
                    continue
                if agree(q.value, match.quantity.value):
                    continue
                if any(self.becomes_right({}, i, supply) for supply in self.supplies(i, q)):
                    is_part = q.whole and not match.quantity.whole and match.quantity.step == q.step
                    return (i, q, True) if is_part or (meant and meant.step == q.step) else None
        return self.where_it_stands_still(*found) or self.where_it_is_scaled(*found)

    def where_it_stands_still(self, index: int, due: Quantity, sole: bool) -> Found | None:
        """Of a name that holds a step already reached before: the line that gave it this, and so led nowhere."""
        match, earlier = self.match(index), self.order[: self.order.index(index)]
        if not (sole and match and match.exact and match.quantity.whole) or match.quantity.step == due.step:
            return None
        alike = [i for i in earlier if (m := self.match(i)) and m.exact and m.quantity is match.quantity]
        given = [
            i
            for i in alike
            if self.parts[i].name and self.parts[i].role != "before" and self.reads(index, self.parts[i].name)
        ]
        if not given or not any(
            self.parts[i].statement is not self.parts[given[-1]].statement for i in alike[: alike.index(given[-1])]
        ):
            return None
        return given[-1], due, True

    def where_it_is_scaled(self, index: int, due: Quantity, sole: bool) -> Found | None:
        """Of a part that lacks a factor only: the line below that has a wrong one, if there is one."""
        match = self.match(index)
        if not sole or not match or not match.exact or match.quantity.whole or match.quantity.step != due.step:
            return index, due, sole
        for i in self.order[self.order.index(index) + 1 :]:
            node = self.parts[i].node
            scales = isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Mult | ast.Div)
            later = (
                self.match(i)
                if scales and (len(self.parts[i].below) == 1 or any(map(self.is_neutral, self.parts[i].below)))
                else None
            )
            if later and later.kind == "times":
                mends = any(self.becomes_right({}, i, supply) for supply in self.supplies(i, later.quantity))
                return (i, later.quantity, True) if mends else None
        return index, due, sole

    def is_idle(self, index: int) -> bool:
        """Whether a statement as `a += b` or `a[i] = a[i] + b` leaves all as it was."""
        part = self.parts[index]
        again = isinstance(part.node, ast.Assign) and part.name in map(called, ast.walk(part.node.value))
        if part.role != "after" or not (again or isinstance(part.node, ast.AugAssign)):
            return False
        before = next((i for i in part.below if self.parts[i].role == "before"), None)
        pairs = zip(self.values(before), self.values(index), strict=False) if before is not None else [(0, 1)]
        return all(np.array_equal(a, b) for a, b in pairs)

    def named_above(self, index: int, due: Quantity) -> Found | None:
        """Where what has the name of a step above is something else, though what is due is made of that step, or has a
        factor that this has, too."""
        wanted = set(self.steps[due.step].code.co_names) if due.step >= 0 else ()
        factors = [m.factor for m in self.made(index) if m.kind == "times"]
        for i in self.order[: self.order.index(index)]:
            asked, match, part = self.asked(self.parts[i]), self.match(i), self.parts[i]
            if not (asked and match) or part.role or asked.step == due.step or isinstance(asked.value, tuple):
                continue
            own, other = match.quantity, match.quantity.step != asked.step
            scaled = None if other or (own is asked and match.exact) else times(array(self.values(i)[-1]), asked)
            enters = scaled and scaled.kind == "times" and bool(np.isclose(scaled.factor, factors or [0]).any())
            lacks = (
                asked.name in wanted and self.reads(index, asked.name) and (other or (match.exact and not own.whole))
            )
            if (enters or lacks) and not self.is_changed_later(i):
                whole = self.run
                leads = any(self.leads_on(i, supply) for supply in self.supplies(i, asked))
                self.read(whole)
                if leads:
                    return i, asked, False
        return None

    def reads(self, index: int, name: str) -> bool:
        """Whether this name stands in a part."""
        return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(self.parts[index].node))

    def leads_on(self, index: int, supply: Supply) -> bool:
        """Take in a run in which a part gives this. Whether all that was right elsewhere is right there, too."""
        twins = self.twins(index)
        known = [i for i in self.order if i not in twins and not self.is_neutral(i) and self.is_same(i)]
        self.read(self.supplied(dict.fromkeys(twins, supply)))
        return self.run.stopped is None and all(self.is_right(i) for i in known)

    # ---- the search ------------------------------------------------------------------------------------------------

    def mend(self, before: dict[int, Supply], lines: bool = False) -> Found | None:
        """The first part, and the quantity that is due there, at which the result becomes right."""
        for index, quantities in list(self.candidates(before, lines)):
            for quantity in quantities:
                if self.is_there_above(index, quantity) or not self.fits(index, quantity):
                    continue
                for form, supply in enumerate(self.supplies(index, quantity)):
                    if self.tries <= 0:
                        return None
                    if self.becomes_right(before, index, supply) and self.stays_right(index, quantity, form):
                        return index, quantity, not before
        return None

    def fits(self, index: int, quantity: Quantity) -> bool:
        """Whether a truth value may be due here: not in place of a number, unless that is the result."""
        numbers = [number for value in self.values(index) if (number := array(value)) is not None]
        return (
            not _is_truth(quantity)
            or all(number.dtype == bool for number in numbers)
            or self.asked(self.parts[index]) is quantity
        )

    def is_there_above(self, index: int, quantity: Quantity) -> bool:
        """Whether an expression that this part is in gives already what is due: then the part has no need to."""
        above = self.above.get(index)
        while above is not None and not self.parts[above].role:
            match = self.match(above)
            if match and match.exact and match.quantity is quantity:
                return True
            above = self.above.get(above)
        return False

    def first_of_two(self) -> Found | None:
        """Of two slips the first: where the step that is due, and only then a second place, mends the result."""
        left = TRIES
        reached, first = self.reached(), list(self.candidates({}, lines=True))
        for index, quantities in first:
            for quantity in quantities:
                named = self.parts[index].name == quantity.name
                match = self.match(index)
                done = not named and (quantity.step in reached or (match and match.exact and match.quantity.whole))
                if done or not quantity.whole or not self.is_meant(index, quantity) or self.is_changed_later(index):
                    continue
                for supply in self.supplies(index, quantity):
                    self.tries = given = min(left, TRIES // 4)
                    first, whole = dict.fromkeys(self.twins(index), supply), self.run
                    found = self.leads_on(index, supply) and (self.mend(first) or self.mend(first, lines=True))
                    self.read(whole)
                    left -= given - self.tries
                    if found:
                        return index, quantity, False
        return None

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
            if part.called in self.inside.helpers and not (
                match and match.quantity.whole
            ):  # what is wrong with it stands in the helper
                continue
            asked = self.asked(part)
            quantities = [asked] if asked is not None and not self.is_exactly(index, asked) else []
            if part.called in SHAPED and self.is_changed_later(index):
                quantities = []
            if self.is_neutral(index):
                quantities += self.sizes(index) + ([] if match else self.truths(index))
                if match and match.kind == "times" and match.quantity.step >= 0:
                    quantities.append(match.quantity)
            elif isinstance(part.node, ast.Name):
                told = (
                    match.exact or match.kind == "logarithm"
                    if match
                    else index in self.cut or array(self.values(index)[0]) is None
                )
                quantities = quantities if told else []
                if part.name and match and match.kind == "same" and match.quantity.value.ndim:  # two names of one array
                    quantities.append(match.quantity._replace(label="a copy of it"))
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

    def is_changed_later(self, index: int) -> bool:
        """Whether another statement changes what has this name."""
        part = self.parts[index]
        later = (p for p in self.parts[index + 1 :] if p.role == "after" and p.name == part.name)
        return any(p.function == part.function for p in later)

    def is_next(self, index: int, quantity: Quantity) -> bool:
        """Whether a step is made of just what this part is made of, as far as that is steps."""
        return self.used(index) <= {quantity.name, *self.steps[quantity.step].code.co_names}

    def is_meant(self, index: int, quantity: Quantity) -> bool:
        """Whether a part is called what this step is called, or made of all that it is made of, and of nothing else."""
        names = {q.name for q in self.way.quantities if q.whole and q.name != "N"}
        made_of = names.intersection(self.steps[quantity.step].code.co_names)
        return self.parts[index].name == quantity.name or self.used(index) == made_of

    def used(self, index: int) -> set[str]:
        """The names of the steps and arguments that a part is made of."""
        return {m.quantity.name for m in self.made(index) if m.quantity.whole and m.quantity.name != "N"}

    def made(self, index: int) -> Iterator[Match]:
        """The known values that a part is made of."""
        for i in self.parts[index].below:
            match = self.match(i)
            yield from [match] if match else self.made(i)

    def asked(self, part: Part) -> Quantity | None:
        """What a part is to be by its name: that of a step, or the result that is returned."""
        name = "" if part.function else part.name
        if name == "return" and self.results == 1:
            return self.way.quantities[-1]
        if name.startswith("return "):
            return self.way.step(self.exercise.returns[int(name[7:])]) if self.results > 1 else None
        names = self.exercise.returns if name == "return" else name.split(", ")
        found = [self.way.step(name) for name in names]
        if len(found) == 1 or None in found:
            return found[0]
        return self.way.several.setdefault(name, found[0]._replace(value=tuple(q.value for q in found), name=name))

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

    def truths(self, index: int) -> list[Quantity]:
        """Of a truth value those on the right way, or their opposites."""
        is_truth = isinstance((*self.values(index), None)[0], bool | np.bool_)
        return [q for q in self.way.quantities if q.whole and _is_truth(q)] if is_truth else []

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
            if due.ndim == 2:
                yield lambda n, _: due.T.copy()
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
        if around and around not in self.around:
            self.around[around] = Inside(inside.answer, around)
        inside = self.around[around] if around else inside
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
            tried = islice(supplies, form, form + 1) if _is_truth(due) else supplies
            if not any(search.becomes_right({}, index, supply) for supply in tried):
                return False
        return True

    def elsewhere(self, other: Evidence) -> _Search:
        """The same search in another case."""
        key = id(other)
        if key not in self._elsewhere:
            self._elsewhere[key] = _Search(self.inside, self.exercise, other, ())
        return self._elsewhere[key]

    def same(self, index: int, quantity: Quantity) -> Quantity | None:
        """The quantity of this case that is what another one is in its own."""
        if isinstance(quantity.value, tuple):
            return self.asked(self.parts[index])
        known = (quantity.step, quantity.name, quantity.text)
        return next((q for q in self.way.quantities if (q.step, q.name, q.text) == known), None)

    # ---- what is known of a part -----------------------------------------------------------------------------------

    def values(self, index: int) -> Sequence[Any]:
        return self.run.values.get(index, ())

    def match(self, index: int) -> Match | None:
        if index not in self.matches:
            garbage = self.parts[index].called in ("empty", "empty_like")  # whatever lies there is meant by nobody
            self.matches[index] = None if garbage else self._match(index)
        return self.matches[index]

    def _match(self, index: int) -> Match | None:
        values = self.values(index)
        if not values or index in self.cut:
            return None
        if self.parts[index].role == "after":
            whole = self.way.match(values[-1])
            written = self.written(index) if whole is None and self.parts[index].is_entry else []
            return self.common(written) if written else whole
        if isinstance(values[0], bool | np.bool_):
            return next((Match(q, "same") for q in self.truths(index) if self.is_true_everywhere(index, q)), None)
        found = self.common(values)
        if found and found.kind == "same" and self.plain and self.others and is_plain(values[0]):
            return found if self.is_true_everywhere(index, found.quantity) else None
        return found

    def common(self, values: Sequence[Any]) -> Match | None:
        """How all of these are known, if that is alike."""
        found = [self.way.match(values[n]) for n in sorted({*range(0, len(values), max(1, len(values) // 5))})]
        first = found[0]
        alike = (m and (m.kind, m.quantity.name) == (first.kind, first.quantity.name) for m in found)
        return first if all(alike) else None

    def written(self, index: int) -> list[np.ndarray]:
        """What a statement has written into an array, each time."""
        before = next((i for i in self.parts[index].below if self.parts[i].role == "before"), None)
        pairs = zip(self.values(before), self.values(index), strict=False) if before is not None else ()
        arrays = [(b, a) for b, a in pairs if isinstance(a, np.ndarray) and np.shape(a)]
        return [a[changed(b, a)].squeeze() for b, a in arrays if changed(b, a).any()]

    def is_true_everywhere(self, index: int, quantity: Quantity) -> bool:
        """Whether a truth value is what a step is, or always the opposite, and a whole number the same: by one case
        nobody can tell."""
        met = set()
        for search in (self, *map(self.elsewhere, self.others)):
            values, due = search.values(index), search.same(index, quantity)
            if values and due is not None:
                met.add(bool(np.array_equal(values[-1], due.value)))
        return met == {True} or (_is_truth(quantity) and len(met) == 1)

    def is_exactly(self, index: int, quantity: Quantity) -> bool:
        values = self.values(index)
        if isinstance(quantity.value, tuple):
            own = tuple(map(array, values[-1])) if values and isinstance(values[-1], tuple) else None
            return own is not None and None not in map(type, own) and agree(own, quantity.value)
        value = array(values[-1]) if values else None
        return value is not None and (agree(value, quantity.value) or self._is_row_of(index, quantity))

    def is_same(self, index: int) -> bool:
        match = self.match(index)
        return match is not None and match.exact

    def _is_row_of(self, index: int, quantity: Quantity) -> bool:
        match = self.match(index)
        return match is not None and match.exact and match.kind != "same" and match.quantity.name == quantity.name

    def is_right(self, index: int) -> bool:
        if index in self.cut:
            return False
        values = self.values(index)
        part = self.parts[index]
        if part.role == "before" and values:
            given = [i for i, p in enumerate(self.parts) if p.name == part.node.id and p.function == part.function]
            first = [i for i in given if not self.parts[i].role]
            others = [i for i in given if self.parts[i].role and self.parts[i].statement is not part.statement]
            if not all(self.is_right(i) for i in others if i in self.run.values and i < index):
                return False
            return all(map(self.is_right, first)) if first else self.way.match(values[0]) is not None
        return not values or self.match(index) is not None or self.is_neutral(index)

    def is_made_of_right_ones(self, index: int, line: bool = False) -> bool:
        """line: whether that is asked only of what came into the line that it stands in."""
        below = self.parts[index].below
        if line:
            below_helpers = self.parts[index].called in self.inside.helpers
            return not below_helpers and all(
                self.is_right(i) or (self.parts[i].below and self.is_made_of_right_ones(i, True)) for i in below
            )
        return all(map(self.is_right, below))

    def is_neutral(self, index: int, seen: frozenset = frozenset()) -> bool:
        """Whether a value says nothing of the data: a size, an index, an array of zeros to be filled."""
        part, values = self.parts[index], self.values(index)
        node = part.node
        if index in self.cut:
            return False
        if not values or array(values[0]) is None:
            return part.name[:6] != "return" and (not values or all(map(self.is_right, part.below)))
        if part.role == "after" or part.called in self.inside.helpers:
            return False
        if isinstance(node, ast.Name):
            if node.id in seen:
                return True
            if (match := self.match(index)) and match.exact:
                return match.quantity.name == "N"
            given = [i for i, p in enumerate(self.parts) if p.name == node.id and p.function == part.function]
            if any(self.parts[i].role for i in given):
                return False
            return all(self.is_neutral(i, seen | {node.id}) for i in given) and (bool(given) or is_plain(values[0]))
        if part.called in SHAPED:
            return True
        return all(self.is_neutral(i, seen) for i in part.below)

    def reached(self, before: int | None = None) -> set[int]:
        """The steps that are reached, as they are or in another layout; before: by the parts before this one."""
        order = self.order if before is None else self.order[: self.order.index(before)]
        several = (self.values(i)[-1:] for i in order)
        inside = [
            self.way.match(part) for value in several if value and isinstance(value[0], tuple) for part in value[0]
        ]
        matches = [*inside, *(self.match(i) for i in order)]
        return {
            m.quantity.step
            for m in matches
            if m and m.quantity.whole and m.kind not in ("times", "rows times", "logarithm")
        }

    # ---- what is told ----------------------------------------------------------------------------------------------

    def told(self, index: int, quantity: Quantity, sole: bool) -> Place:
        part = self.parts[index]
        reached = self.reached(index)
        *_, last = "", *(self.way.whole[n].told for n in sorted(reached) if n >= 0)
        way = self.way.whole.items() if sole else ()  # of two slips either may have a name
        missed = [q.name for n, q in way if n == quantity.step or (n < quantity.step and n not in reached)]
        what = self.described(index, quantity)
        return Place(
            part.line,
            part.text,
            last,
            quantity.told
            if quantity.step < 0 or quantity.label == "a copy of it"
            else self.way.whole[quantity.step].told,
            what,
            part.function,
            not sole,
            () if part.function else tuple(self.lines(index, what)),
            tuple(missed),
        )

    def described(self, index: int, due: Quantity) -> str:
        """What the value of a part is, as far as it is known: the end of a sentence that begins with the part."""
        match, part = self.match(index), self.parts[index]
        if match and match.exact and not match.quantity.whole and array(self.values(index)[-1]) is not None:
            match = times(array(self.values(index)[-1]), due) or match
        if due.label == "a copy of it":
            return "this is a second name of one array, so what changes the one changes the other"
        if index in self.cut:
            return f"it stops here, {self.made_of(index)}" if self.made_of(index) else "it stops here"
        if match is None and self.is_neutral(index) and self.sizes(index):
            return "this is another size"
        if match is None:
            made_of = self.made_of(index)
            return f"{made_of}, and no step of the right way" if made_of else "no step of the right way"
        label = match.quantity.told if match.quantity.whole else f"a part of {match.quantity.told}"
        if match.kind == "logarithm":
            return f"this is the logarithm of {label}"
        if match.kind == "rows times":
            return f"this is {label} with a factor of its own in each row"
        if match.kind == "times":
            return f"this is {label} times {self.factor(match.factor)}"
        if match.kind == "transposed":
            return f"this is {label} with its axes exchanged"
        if match.kind == "axes" and np.ndim(self.values(index)[-1]) != match.quantity.value.ndim:
            lost = np.ndim(self.values(index)[-1]) < match.quantity.value.ndim
            return f"this has the numbers of {label}, but an axis of length 1 is {'lost' if lost else 'left over'}"
        row = {"row": "a row of ", "entry": "an entry of "}.get(match.kind, "")
        return f"this is {row}{label}" if not part.role else f"this makes it {row}{label}"

    def meeting(self, index: int) -> str:
        """Of what stopped: what its operands are, their shapes, and where these do not meet."""
        node = self.parts[index].node
        given = [
            i for i in self.parts[index].below if array(self.values(i)[-1] if self.values(i) else None) is not None
        ]
        shapes = [np.shape(self.values(i)[-1]) for i in given]
        if not any(shapes) or isinstance(self.run.outcome.error, NameError | AttributeError):
            return ""
        told = [f"{self.operand(i)} has shape {shape}" for i, shape in zip(given, shapes, strict=True)]
        subscripts = node.args[0] if isinstance(node, ast.Call) and node.args else None
        why = ""
        if isinstance(subscripts, ast.Constant) and isinstance(subscripts.value, str):
            why = _in_einsum(subscripts.value, shapes)
        elif len(shapes) == 2:
            product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
            inner = product or self.parts[index].called in ("matmul", "dot")
            elementwise = isinstance(node, ast.BinOp | ast.AugAssign) or self.parts[index].called in ELEMENTWISE
            why = _in_product(*shapes) if inner else _in_broadcast(*shapes) if elementwise else ""
        return f"{', '.join(told)}{why and f': {why}'}."

    def operand(self, index: int) -> str:
        """A part as the reader wrote it, and what it is."""
        match, text = self.match(index), f"`{self.parts[index].text}`"
        known = match and match.quantity.whole and match.exact and match.quantity.told != text
        return f"{text} ({match.quantity.told})" if known else text

    def made_of(self, index: int) -> str:
        """What a part is made of, in words."""
        made = [m.quantity for m in self.made(index) if m.quantity.name != "N"]
        labels = dict.fromkeys(q.told if q.whole else f"a part of {q.told}" for q in made)
        if not labels:
            return ""
        *first, last = labels
        return f"made of {', '.join(first)} and {last}" if first else f"made of {last}"

    def factor(self, factor: float) -> str:
        """A factor by its cause where it has one: sizes are drawn anew at each check, and are no help as numbers."""
        sizes = {"$N$": int(self.way.step("N").value)}
        for name, value in self.e.case.arguments.items():
            if np.ndim(value) and not callable(value):
                sizes.setdefault(f"the size of the last axis of `{name}`", np.shape(value)[-1])
        for name, size in sizes.items():
            for sign, minus in ((1, ""), (-1, "minus ")):
                if size > 2 and np.isclose(factor, sign * size):
                    return minus + name
                if size > 2 and np.isclose(factor, sign / size):
                    return f"{minus}one over {name}"
        known = {-1: "$-1$", 2: "2", 0.5: "1/2", -2: "$-2$", -0.5: "$-1/2$"}
        return next((text for f, text in known.items() if np.isclose(factor, f)), "a number")

    def lines(self, blamed: int, what: str) -> Iterator[Line]:
        """The lines of the function with what each is, and the parts of the one that goes wrong."""
        roots: dict[int, list[int]] = {}  # of each statement, the parts that are in no other
        for i, part in enumerate(self.parts):
            ours = part.statement and not part.function and part.role != "before" and (i in self.order or i == blamed)
            if ours and (i not in self.above or self.parts[self.above[i]].statement is not part.statement):
                roots.setdefault(id(part.statement), []).append(i)
        rows = []
        for whole in roots.values():
            part = self.parts[whole[-1]]
            number = part.statement.lineno - part.node.lineno + part.line
            source = self.inside.lines[number]
            text = source.partition("#")[0].strip()
            holds = part.statement is self.parts[blamed].statement
            if holds and whole != [blamed]:
                rows += self.within(blamed, part.statement)
            sign, label = ("✗", what) if holds else self.called(whole)
            start = None
            if holds and self.parts[blamed].line == number:
                before = source.encode()[: self.parts[blamed].node.col_offset].decode()
                start = len(before) - (len(source) - len(source.lstrip()))
            rows.append((number, Line(number, text, sign, label, start)))
        rows.sort(key=lambda row: row[0])
        told = [line for _, line in rows]
        while len(told) > TOLD:  # what is least to the point goes first
            told.remove(next((line for line in told if not line.sign), told[0]))
        yield from told

    def within(self, blamed: int, statement: ast.stmt) -> Iterator[tuple[int, Line]]:
        """The steps that are reached inside one line."""
        seen = set()
        for i in self.order:
            part = self.parts[i]
            if i == blamed:
                return
            sign, label = self.called([i]) if part.statement is statement and part.below else ("", "")
            if sign and not self.is_neutral(i) and part.text not in seen:
                seen.add(part.text)
                yield part.line, Line(0, part.text, sign, label)

    def called(self, whole: Sequence[int]) -> tuple[str, str]:
        """The sign of a line, and what it is, from its parts as a whole."""
        matches: list[Match | None] = []
        for i in whole:
            values = self.values(i)
            if values and isinstance(values[-1], tuple):
                matches += [self.way.match(value) for value in values[-1]]
            else:
                matches.append(self.match(i))
        if not matches or not all(m and m.quantity.whole and m.kind != "rows times" for m in matches):
            return "", ""
        if any(m.kind == "logarithm" for m in matches):
            return "", f"the logarithm of {matches[0].quantity.told}" if len(matches) == 1 else ""
        if any(m.kind == "times" for m in matches):
            m = matches[0]
            return "", f"{m.quantity.told} times {self.factor(m.factor)}" if len(matches) == 1 else ""
        return "✓", ", ".join(m.quantity.told for m in matches)


def _chances(e: Evidence) -> tuple[int, int, int]:
    """How easily two values of a case meet by chance: round numbers do, and sizes that are alike, and few numbers."""
    given = [value for value in e.case.arguments.values() if not callable(value)]
    sizes = {size for value in given for size in np.shape(value)}
    return sum(np.ndim(value) > 0 and is_plain(value) for value in given), -len(sizes), -e.case.size


def _in_product(a: tuple[int, ...], b: tuple[int, ...]) -> str:
    if not a or not b:
        return "a single number has no axis to sum over"
    ours, theirs = a[-1], b[-2] if len(b) > 1 else b[0]
    return f"{ours}, the last of the first, meets {theirs}" if ours != theirs else ""


def _in_broadcast(a: tuple[int, ...], b: tuple[int, ...]) -> str:
    pairs = zip(reversed(a), reversed(b), strict=False)
    met = next(((n, m) for n, m in pairs if n != m and 1 not in (n, m)), None)
    return f"counted from the last axis, {met[0]} meets {met[1]}" if met else ""


def _in_einsum(subscripts: str, shapes: Sequence[tuple[int, ...]]) -> str:
    inputs = subscripts.replace(" ", "").partition("->")[0].split(",")
    if len(inputs) != len(shapes):
        return f"`{subscripts}` speaks of {len(inputs)} arrays, and is given {len(shapes)}"
    sizes: dict[str, int] = {}
    for letters, shape in zip(inputs, shapes, strict=True):
        if "..." in letters:
            continue
        if len(letters) != len(shape):
            return f"`{letters}` asks for {len(letters)} axes, and meets {len(shape)}"
        for letter, size in zip(letters, shape, strict=True):
            if sizes.setdefault(letter, size) != size:
                return f"`{letter}` is {sizes[letter]} in one and {size} in the other"
    return ""


def _is_truth(quantity: Quantity) -> bool:
    return not isinstance(quantity.value, tuple) and quantity.value.dtype == bool


def _distinct(quantities: Sequence[Quantity]) -> list[Quantity]:
    found: list[Quantity] = []
    for q in quantities:
        if not any(q.value is f.value or agree(q.value, f.value) for f in found):
            found.append(q)
    return found
