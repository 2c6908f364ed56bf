"""What is known of each part of an answer, from one run of it: which step its value is, and whether it is right."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from utils.judge.code.calls import agree
from utils.judge.code.diagnosis import Evidence
from utils.judge.code.inside import Inside, Run, changed
from utils.judge.code.steps import parse, result
from utils.judge.code.way import Match, Quantity, Way, array, is_plain

# What gives an array by its shape alone.
SHAPED = ("len", "range", "enumerate", "zip", "zeros", "ones", "empty", "eye", "arange", "ndindex", "full", "identity")
SHAPED += ("zeros_like", "ones_like", "empty_like", "shape", "ndim", "size", "isinstance", "dtype")

LAYOUTS = ("axes", "transposed", "reshaped")
SCALED = ("times", "rows times", "logarithm")  # what is no step in another layout


class Reading:
    """What the parts of an answer are in one case. others: cases that tell what one alone does not."""

    def __init__(self, inside: Inside, exercise: Any, e: Evidence, others: Sequence[Evidence]) -> None:
        self.inside, self.exercise, self.e = inside, exercise, e
        self.others = [other for other in others if other is not e]
        self.parts, self.results = inside.parts, len(exercise.returns)
        self.steps = parse(exercise.steps)
        self.way = Way(exercise.steps, e.case)
        self.plain = is_plain(e.expected)
        self.above = {below: i for i, part in enumerate(self.parts) for below in part.below}
        self._elsewhere = dict[int, Reading]()
        self.read(inside.run(e.case, self.results))

    def read(self, run: Run) -> None:
        """Take in the values of a run."""
        self.run = run
        self.matches: dict[int, Match | None] = {}
        self._neutral: dict[int, bool] = {}
        self._made: dict[int, list[Match]] = {}
        self.cut = list(self.around(run.stopped))
        self.order = [*(i for i in run.order if i not in self.cut), *self.cut]

    def around(self, index: int | None) -> Iterator[int]:
        """A part, and those that it is a part of."""
        while index is not None:
            yield index
            index = self.above.get(index)

    def values(self, index: int) -> Sequence[Any]:
        return self.run.values.get(index, ())

    def last(self, index: int) -> np.ndarray | None:
        """The last value of a part, where that is numbers."""
        return array(self.values(index)[-1]) if self.values(index) else None

    def earlier(self, index: int) -> list[int]:
        """The parts that were evaluated before this one."""
        return self.order[: self.order.index(index)]

    def giving(self, name: str, function: str) -> list[int]:
        """The parts that give this name what it stands for, in a function, or in any if it is what an object holds."""
        alike = (i for i, part in enumerate(self.parts) if part.name == name)
        return [i for i in alike if self.parts[i].function == function or not name.isidentifier()]

    def given_to(self, index: int) -> list[int]:
        """The parts that give a part, if that is nothing but a name, what it stands for."""
        part = self.parts[index]
        return self.giving(part.id, part.function) if part.id else []

    def match(self, index: int) -> Match | None:
        if index not in self.matches:
            garbage = self.parts[index].called in ("empty", "empty_like")  # whatever lies there is meant by nobody
            self.matches[index] = None if garbage else self._match(index)
        return self.matches[index]

    def matches_in(self, index: int) -> list[Match | None]:
        """How a part is known; of several values in a tuple each."""
        values = self.values(index)
        return [*map(self.way.match, values[-1])] if values and isinstance(values[-1], tuple) else [self.match(index)]

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
        found = self.together(values) or self.common(values)
        counted = type(values[0]) is int and any("N" in step.code.co_names for step in self.steps)
        if found and found.quantity.name == "N" and not counted:  # as `argmax`: no size of an array
            return None
        if found and found.kind == "same" and self.plain and self.others and is_plain(values[0]):
            return found if self.is_true_everywhere(index, found.quantity) else None
        asked = self.asked(index) if found is None and len(values) == 1 else None
        return Match(asked, "same") if asked and self.does_as_well(index, asked) else found

    def together(self, values: Sequence[Any]) -> Match | None:
        """The quantity of which the values of all turns are the rows or entries, in order."""
        arrays = [number for value in values if (number := array(value)) is not None]
        if len(values) < 2 or len(arrays) < len(values) or len({a.shape for a in arrays}) > 1:
            return None
        whole = self.way.match(np.stack(arrays))
        in_order = ("same", "axes", "transposed") if arrays[0].ndim else ("same", "axes", "transposed", "reshaped")
        known = whole and whole.kind in in_order
        known = known and whole.quantity.value.size == arrays[0].size * len(arrays) > 1
        return Match(whole.quantity, "row" if arrays[0].ndim else "entry") if known else None

    def common(self, values: Sequence[Any]) -> Match | None:
        """How all of these are known, if that is alike."""
        found = [self.way.match(values[n]) for n in sorted({*range(0, len(values), max(1, len(values) // 5))})]
        first = found[0]
        alike = (m and (m.kind, m.quantity.name) == (first.kind, first.quantity.name) for m in found)
        return first if all(alike) else None

    def changes(self, index: int) -> list[tuple[Any, Any]]:
        """What stood before a statement where it writes, and what it has made of that, each time."""
        before = [i for i in self.parts[index].below if self.parts[i].role == "before"]
        return [*zip(self.values(before[0]), self.values(index), strict=False)] if before else []

    def written(self, index: int) -> list[np.ndarray]:
        """What a statement has written into an array, each time."""
        arrays = [(b, a) for b, a in self.changes(index) if isinstance(a, np.ndarray) and np.shape(a)]
        return [a[changed(b, a)].squeeze() for b, a in arrays if changed(b, a).any()]

    def is_true_everywhere(self, index: int, quantity: Quantity) -> bool:
        """Whether a truth value is what a step is, or always the opposite, and a whole number the same: by one case
        nobody can tell."""
        met = set()
        for search in (self, *map(self.elsewhere, self.others)):
            values, due = search.values(index), search.same(index, quantity)
            if values and due is not None:
                met.add(bool(np.array_equal(values[-1], due.value)))
        return met == {True} or (is_truth(quantity) and len(met) == 1)

    def elsewhere(self, other: Evidence) -> Any:
        """The same in another case."""
        key = id(other)
        if key not in self._elsewhere:
            self._elsewhere[key] = type(self)(self.inside, self.exercise, other, ())
        return self._elsewhere[key]

    def same(self, index: int, quantity: Quantity) -> Quantity | None:
        """The quantity of this case that is what another one is in its own."""
        if isinstance(quantity.value, tuple):
            return self.asked(index)
        known = (quantity.step, quantity.name, quantity.label, quantity.text)
        return next((q for q in self.way.quantities if (q.step, q.name, q.label, q.text) == known), None)

    def is_exactly(self, index: int, quantity: Quantity) -> bool:
        values = self.values(index)
        if isinstance(quantity.value, tuple):
            own = tuple(map(array, values[-1])) if values and isinstance(values[-1], tuple) else None
            return own is not None and None not in map(type, own) and agree(own, quantity.value)
        value = self.last(index)
        return value is not None and agree(value, quantity.value)

    def is_known_as(self, index: int, quantity: Quantity) -> bool:
        match = self.match(index)
        return match is not None and match.exact and match.quantity is quantity

    def reaches_a_step(self, index: int) -> bool:
        """Whether a part, and no other, is a step on the way to the result, and is called nothing else."""
        match, asked, part = self.match(index), self.asked(index), self.parts[index]
        if not match or match.kind != "same" or part.id or len(self.values(index)) > 1 or is_truth(match.quantity):
            return False
        own, others = match.quantity, {*self.order}.difference(self.subtree(index))
        is_step = own.whole and 0 <= own.step < len(self.steps) - 1 and (asked is None or asked is own)
        return is_step and not any(self.is_known_as(i, own) and not self.takes_over(i, own) for i in others)

    def takes_over(self, index: int, quantity: Quantity) -> bool:
        """Whether a part gets a quantity from what has it already: a name, a helper, or one with another layout."""
        part = self.parts[index]
        below = any(self.is_known_as(i, quantity) for i in part.below)
        return bool(part.id) or part.called in self.inside.helpers or below

    def is_same(self, index: int) -> bool:
        match = self.match(index)
        return match is not None and match.exact

    def is_equal(self, index: int, quantity: Quantity) -> bool | None:
        """Whether a part has the numbers of what a quantity of another case is in this one, if it has as many."""
        own, due = self.last(index), self.same(index, quantity)
        if own is None or due is None or own.size != due.value.size:
            return None
        return agree(np.ravel(own), np.ravel(due.value))

    def does_as_well(self, index: int, step: Quantity) -> bool:
        """Whether the right way comes to the right result with the value of a part in place of a step."""
        is_read = any(step.name in other.code.co_names for other in self.steps)  # else any value does
        if isinstance(step.value, tuple) or not is_read or (value := self.last(index)) is None:
            return False
        try:
            came = result(self.exercise.steps, self.exercise.returns, self.e.case, {step.name: value})
        except Exception:  # whatever a value of another kind or shape leads to
            return False
        return agree(came, self.e.expected, self.e.case.atol)

    def has_axis_left(self, index: int) -> bool:
        """Whether a part has the numbers of a quantity, and more axes."""
        match = self.match(index)
        return bool(match and match.kind == "axes") and np.ndim(self.values(index)[-1]) > match.quantity.value.ndim

    def is_right(self, index: int) -> bool:
        if index in self.cut:
            return False
        values = self.values(index)
        part = self.parts[index]
        if part.role == "before" and isinstance(part.node, ast.Name) and values:
            given = self.given_to(index)
            first = [i for i in given if not self.parts[i].role]
            others = [i for i in given if self.parts[i].role and self.parts[i].statement is not part.statement]
            if not all(self.is_right(i) for i in others if i in self.run.values and i < index):
                return False
            return all(map(self.is_right, first)) if first else self.way.match(values[0]) is not None
        return not values or self.match(index) is not None or self.is_neutral(index)

    def is_made_of_right_ones(self, index: int, line: bool = False) -> bool:
        """line: whether that is asked only of what came into the line that it stands in."""
        below = self.parts[index].below
        if not line:
            return all(map(self.is_right, below))
        if self.parts[index].called in self.inside.helpers:  # what is wrong with it stands in the helper
            return False
        return all(self.is_right(i) or (self.parts[i].below and self.is_made_of_right_ones(i, True)) for i in below)

    def is_made_of_steps(self, index: int) -> bool:
        """Whether a part is one operation with whole steps, of which one at least is no argument."""
        parts = [i for i in self.parts[index].below if not self.is_neutral(i)]
        known = [m.quantity for i in parts if (m := self.match(i)) and m.quantity.whole and m.kind not in SCALED]
        return len(known) == len(parts) > 1 and any(q.step >= 0 for q in known)

    def is_neutral(self, index: int) -> bool:
        """Whether a value says nothing of the data: a size, an index, an array of zeros to be filled."""
        if index not in self._neutral:
            self._neutral[index] = self._is_neutral(index)
        return self._neutral[index]

    def _is_neutral(self, index: int, seen: frozenset = frozenset()) -> bool:
        part, values = self.parts[index], self.values(index)
        node = part.node
        if index in self.cut:
            return False
        if values and isinstance(values[-1], tuple) and any(map(np.ndim, values[-1])):
            return all(self.way.match(value) for value in values[-1])
        if not values or array(values[0]) is None:
            return part.name[:6] != "return" and (not values or all(map(self.is_right, part.below)))
        if part.role == "after" or part.called in self.inside.helpers:
            return False
        if isinstance(node, ast.Name):
            if node.id in seen:
                return True
            if (match := self.match(index)) and match.exact:
                return match.quantity.name == "N"
            given = self.given_to(index)
            return all(self._is_neutral(i, seen | {node.id}) for i in given) and (bool(given) or is_plain(values[0]))
        if part.called in SHAPED:
            return True
        return all(self._is_neutral(i, seen) for i in part.below)

    def reached(self, before: int | None = None) -> set[int]:
        """The steps that are reached, as they are or in another layout; before: by the parts before this one."""
        order = self.order if before is None else self.earlier(before)
        whole = [m for i in order for m in self.matches_in(i) if m and m.quantity.whole]
        return {m.quantity.step for m in whole if m.kind not in SCALED}

    def asked(self, index: int) -> Quantity | None:
        """What a part is to be by its name: that of a step, or the result that is returned."""
        part = self.parts[index]
        name = "" if part.function or (part.nested and part.name[:6] == "return") else part.name
        if name == "return" and self.results == 1:
            return self.way.quantities[-1]
        if name.startswith("return "):
            number = int(name[7:])
            return self.way.step(self.exercise.returns[number]) if number < self.results > 1 else None
        names = self.exercise.returns if name == "return" else name.split(", ")
        found = [self.way.step(name) for name in names]
        if len(found) == 1 or None in found:  # of `N, K = x.shape` N alone is none of the two
            return found[0] if len(found) == 1 and not self.has_another_name(found[0], index) else None
        return self.way.several.setdefault(name, found[0]._replace(value=tuple(q.value for q in found), name=name))

    def is_returned_as(self, name: str) -> bool:
        """Whether this name stands in the return statement where the result of this name is asked."""
        asked = (f"return {n}" for n, returned in enumerate(self.exercise.returns) if returned == name)
        return any(part.name == where and part.id == name for where in asked for part in self.parts)

    def has_another_name(self, step: Quantity | None, index: int) -> bool:
        """Whether the name of a step means something else here: a line above has given the step a name of the reader's
        own, or the part that gets the name is the first to hold another step."""
        part = self.parts[index]
        if step is None or not part.is_named or part.role or self.is_returned_as(part.name):
            return False
        above = [i for i in range(index) if self.parts[i].is_named and not self.parts[i].function]
        if any(self.is_known_as(i, step) for i in above if self.parts[i].name != part.name):
            return True
        own = self.way.match(self.values(index)[-1]) if self.values(index) else None
        holds = (
            own is not None and own.kind == "same" and own.quantity.whole and own.quantity.step not in (-1, step.step)
        )
        return holds and not any(self.is_known_as(i, own.quantity) for i in above)

    def speaks_as_asked(self, index: int) -> bool:
        """Whether the lines above call steps by their names, and nothing else: only then a name says what is meant."""
        above = (i for i in self.earlier(index) if self.parts[i].is_named and not self.parts[i].function)
        above = [i for i in above if not self.is_neutral(i)]
        named = [(i, q) for i in above if (q := self.way.step(self.parts[i].name)) and not self.parts[i].role]
        return bool(named) and all((m := self.match(i)) and m.quantity is q for i, q in named)

    def used(self, index: int) -> set[str]:
        """The names of the steps and arguments that a part is made of."""
        return {m.quantity.name for m in self.made(index) if m.quantity.whole and m.quantity.name != "N"}

    def made(self, index: int) -> list[Match]:
        """The known values that a part is made of. What a single number or zeros have in common with one is chance."""
        if index not in self._made:
            self._made[index] = list(self._made_of(index))
        return self._made[index]

    def _made_of(self, index: int) -> Iterator[Match]:
        for i in self.parts[index].below:
            match, value = self.match(i), self.last(i)
            picked = isinstance(self.parts[i].node, ast.Subscript) or len(self.values(i)) > 1
            single = match and match.kind == "entry" and not picked
            by_chance = single or (match and value is not None and not value.any()) or self.is_neutral(i)
            yield from [match] if match and not by_chance else self.made(i)

    def whole(self, index: int) -> int:
        """The part that a part is in, and that is in no other."""
        *_, last = self.around(index)
        return last

    def subtree(self, index: int) -> Iterator[int]:
        """A part, and all that it is made of."""
        yield index
        for i in self.parts[index].below:
            yield from self.subtree(i)

    def names_in(self, index: int) -> list[int]:
        """The parts of a part that are nothing but a name."""
        return [i for i in self.subtree(index) if self.parts[i].id]

    def reads(self, index: int, name: str) -> bool:
        """Whether this name stands in a part."""
        return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(self.parts[index].node))

    def is_called(self, index: int, quantity: Quantity) -> bool:
        """Whether a part gets the name of this quantity."""
        called = self.way.step(self.parts[index].name)
        return called is not None and called.name == quantity.name

    def is_own_name(self, index: int) -> bool:
        """Whether a part gets a name that no step has."""
        return self.parts[index].is_named and not self.asked(index)

    def needed(self, step: int) -> set[str]:
        """The names on the way to a step, and its own."""
        names = {self.steps[step].name} if step >= 0 else set[str]()
        for earlier in reversed(self.steps[: step + 1]):
            if earlier.name in names:
                names.update(earlier.code.co_names)
        return names

    def sizes(self, index: int) -> list[Quantity]:
        """Where a number may be meant to be the size of something: these, $N$ before all others."""
        value, node = (*self.values(index), None)[0], self.parts[index].node
        if type(value) is not int or isinstance(node, ast.Name | ast.UnaryOp) or getattr(node, "attr", "") == "ndim":
            return []
        asked = any("N" in step.code.co_names for step in self.steps) and (self.way.N > 1 or value != 1)
        found = {self.way.N: self.way.step("N")} if asked else {}
        for name, given in self.e.case.arguments.items():
            for axis, size in enumerate(np.shape(given)):
                label = f"the size of axis {axis} of `{name}`"
                found.setdefault(size, Quantity(np.array(size), -1, False, name, label))
        return [q for size, q in found.items() if size != value]

    def truths(self, index: int) -> list[Quantity]:
        """Of a truth value those on the right way, or their opposites, that may be made of what it is made of."""
        if not isinstance((*self.values(index), None)[0], bool | np.bool_):
            return []
        truths = [q for q in self.way.quantities if q.whole and is_truth(q)]
        if all(map(self.is_neutral, self.parts[index].below)):  # of sizes
            return truths
        used = self.used(index)
        direct = (q for q in truths if used.intersection(self.steps[q.step].code.co_names))
        return [q for q in direct if used <= self.needed(q.step)]


def is_truth(quantity: Quantity) -> bool:
    """Whether this is true or false, and no number."""
    return not isinstance(quantity.value, tuple) and quantity.value.dtype == bool
