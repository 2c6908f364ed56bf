"""Where in its program an answer goes wrong, found by comparing the values on its way with the steps of the right one.

A value is known if it is a step of the right program or a part of one, as it is, in another layout, a row or an entry
of it, or times a number. The place is the first part that is made of known values and is not what is due, *and* at
which the right value makes the result right: each place is tried, by a run in which that part gives what is due.
Where no such try succeeds nothing is said: a way of one's own is no slip.
"""

from __future__ import annotations

import ast
import functools
import linecache
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from utils.exercises.calls import Case, agree, is_numeric
from utils.exercises.diagnosis import Evidence
from utils.exercises.inside import Inside, Part, Run, Supply, Unreadable
from utils.exercises.steps import namespace, parse
from utils.exercises.verdict import Place

TRIES = 400  # runs with another value in one place; each takes some 0.1 ms
TOLD = 12  # lines of an answer that are shown
# What gives an array by its shape alone.
SHAPED = ("len", "range", "enumerate", "zip", "zeros", "ones", "empty", "eye", "arange", "ndindex", "full", "identity")
SHAPED += ("zeros_like", "ones_like", "empty_like", "shape", "ndim", "size", "isinstance", "dtype")


class Quantity(NamedTuple):
    """A value on the right way. step: its place among the steps, -1 for an argument. whole: not only a part of it."""

    value: np.ndarray
    step: int
    whole: bool
    name: str
    label: str
    text: str = ""


class Match(NamedTuple):
    """How a value is known. kind: "same", "row", "entry", "axes", "transposed", "times" (factor), "rows times"."""

    quantity: Quantity
    kind: str
    factor: float = 1.0

    @property
    def exact(self) -> bool:
        return self.kind in ("same", "row", "entry")


class Way:
    """The values on the right way for one case, and how another value is known among them."""

    def __init__(self, steps: str, case: Case) -> None:
        self.quantities = list(_quantities(steps, case))
        self.several: dict[str, Quantity] = {}  # values that are given together, as those of a tuple
        sizes = [(q.value.size, q.value.sum(), np.vdot(q.value, q.value).real) for q in self.quantities]
        self._size, self._sum, self._square = (np.array(column) for column in zip(*sizes, strict=True))

    def step(self, name: str) -> Quantity | None:
        return next((q for q in self.quantities if q.name == name and q.whole), None)

    def match(self, value: Any) -> Match | None:
        """How this value is known: as it is rather than turned, as a step rather than as a part of one."""
        value = _array(value)
        if value is None or value.size == 0 or not np.isfinite(value).all():
            return None
        same_size = self._size == value.size
        square = np.vdot(value, value).real
        near = same_size & (np.abs(self._square - square) <= 1e-7 * self._square)
        found = [match for i in np.flatnonzero(near) if (match := _as_a_whole(value, self.quantities[i]))]
        if found:
            return min(found, key=lambda m: (m.kind != "same", m.kind != "axes", not m.quantity.whole))
        part = min(filter(None, (_as_a_part(value, q) for q in self.quantities)), key=_wholeness, default=None)
        if part:
            return part
        if square == 0:
            return None
        times = [_times(value, self.quantities[i]) for i in np.flatnonzero(same_size & (self._square > 0))]
        return min(filter(None, times), key=lambda m: (m.kind != "times", not m.quantity.whole), default=None)


def locate(answer: Callable, exercise: Any, evidence: Sequence[Evidence]) -> Place | None:
    """The place of an answer's first slip, or None where it cannot be told for sure."""
    failing = [e for e in evidence if not e.agrees and not e.case.extreme]
    if not exercise.steps or not failing:
        return None
    try:
        inside = Inside(answer)
    except Unreadable:
        return None
    results = len(exercise.returns)
    for e in reversed(failing):
        inside.run(e.case, results)
        if not inside.overfull:
            return _Search(inside, exercise, e, [other for other in failing if other is not e]).place()
    return None


class _Search:
    """The search for the first place at which the right value mends the result of one case."""

    def __init__(self, inside: Inside, exercise: Any, e: Evidence, others: Sequence[Evidence]) -> None:
        self.inside, self.exercise, self.e, self.others = inside, exercise, e, others
        self.parts, self.results = inside.parts, len(exercise.returns)
        self.steps = parse(exercise.steps)
        self.way = Way(exercise.steps, e.case)
        self.tries = TRIES
        self.above = {below: i for i, part in enumerate(self.parts) for below in part.below}
        self.read(inside.run(e.case, self.results))

    def read(self, run: Run) -> None:
        """Take in the values of a run."""
        self.run = run
        self.matches: dict[int, Match | None] = {}
        self.bypass: Inside | None = None
        self.order = [i for i in run.order if i != run.stopped]
        if run.stopped is not None:
            self.order.append(run.stopped)

    def place(self) -> Place | None:
        found = self.mend({}) or self.mend({}, lines=True) or self.first_of_two() or self.stopped()
        return found and self.told(*found)

    # ---- the search ------------------------------------------------------------------------------------------------

    def mend(self, before: dict[int, Supply], lines: bool = False) -> tuple[int, Quantity, bool] | None:
        """The first part, and the quantity that is due there, at which the result becomes right."""
        for index, quantities in list(self.candidates(before, lines)):
            for quantity in quantities:
                for supply in self.supplies(index, quantity):
                    if self.tries <= 0:
                        return None
                    if self.becomes_right(before, index, supply) and (
                        not _is_plain(self.e.expected) or self.stays_right(index, quantity)
                    ):
                        return index, quantity, not before
        return None

    def first_of_two(self) -> tuple[int, Quantity, bool] | None:
        """Of two slips the first: where the step that is due, and only then a second place, mends the result."""
        due = next((n for n in range(len(self.steps)) if n not in self.reached()), None)
        first = list(self.candidates({}))
        for index, quantities in first:
            for quantity in quantities:
                if quantity.step != due or not quantity.whole:
                    continue
                for supply in self.supplies(index, quantity):
                    self.tries -= 1
                    first = dict.fromkeys(self.twins(index), supply)
                    self.read(self.supplied(first))
                    found = self.mend(first)
                    self.read(self.inside.run(self.e.case, self.results))
                    if found:
                        return index, quantity, False
        return None

    def stopped(self) -> tuple[int, Quantity, bool] | None:
        """Where what it stopped at was given right values only, as they are."""
        index = self.run.stopped
        plain = _is_plain(self.e.expected)  # where a branch not taken may be to blame
        if index is None or plain or not all(self.is_neutral(i) or self.is_same(i) for i in self.parts[index].below):
            return None
        due = next((q for q in self.way.quantities if q.whole and q.step >= 0 and q.step not in self.reached()), None)
        return due and (index, due, True)

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
            asked = self.asked(part)
            quantities = [asked] if asked is not None and not self.is_exactly(index, asked) else []
            if self.is_neutral(index):
                quantities += self.count_of_rows(index)
                if match and match.kind == "times" and match.quantity.step >= 0:
                    quantities.append(match.quantity)
            elif isinstance(part.node, ast.Name):
                told = match.exact if match else _array(self.values(index)[0]) is None
                quantities = quantities if told else []
            elif match and match.exact:
                quantities += [] if match.quantity.whole else self.times_a_step(index)
            elif match and match.kind in ("axes", "transposed"):
                quantities.append(match.quantity)
            elif not quantities or not isinstance(quantities[0].value, tuple):
                near = [q for q in by_due if self.is_next(index, q)]
                yield index, _distinct(quantities + ([match.quantity] if match else []) + near)
                yield from self.unfinished(index)
                quantities = by_due
            if quantities:
                yield index, _distinct(quantities)

    def is_next(self, index: int, quantity: Quantity) -> bool:
        """Whether a step is made of just what this part is made of, as far as that is steps."""
        matches = (self.match(i) for i in self.parts[index].below)
        used = {m.quantity.name for m in matches if m and m.quantity.whole and m.quantity.step >= 0}
        return used <= {quantity.name, *self.steps[quantity.step].code.co_names}

    def unfinished(self, index: int) -> Iterator[tuple[int, list[Quantity]]]:
        """Of a part that is wrong: what it is made of, and is right but not ready, as it stands there."""
        for i in self.parts[index].below:
            match = self.match(i)
            if match and "times" not in match.kind and not isinstance(self.parts[i].node, ast.Name):
                step = match.quantity.step
                likely = [q for q in self.way.quantities if q.whole and q.step >= 0 and q is not match.quantity]
                yield i, sorted(likely, key=lambda q: abs(q.step - step))

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

    def count_of_rows(self, index: int) -> list[Quantity]:
        """N, where a number may be meant to be that."""
        N, value, node = self.way.step("N"), self.values(index)[:1], self.parts[index].node
        asked = any("N" in step.code.co_names for step in self.steps) and int(N.value) > 1
        number = value and type(value[0]) is int and not (isinstance(node, ast.Attribute) and node.attr == "ndim")
        return [N] if asked and number and value[0] != N.value and not isinstance(node, ast.Name) else []

    def times_a_step(self, index: int) -> list[Quantity]:
        """Of a part of a step that is the whole step times a number, that step: the number may be what is missing."""
        above = self.parts[self.above[index]] if index in self.above else None
        if above and isinstance(above.node, ast.BinOp) and isinstance(above.node.op, ast.Mult | ast.Div):
            if all(i == index or self.is_neutral(i) for i in above.below):  # it is what comes next
                return []
        value = _array(self.values(index)[0])
        found = (_times(value, q) for q in self.way.quantities if q.whole and q.step >= 0)
        return [m.quantity for m in found if m and m.kind == "times"][:1]

    def supplies(self, index: int, quantity: Quantity) -> Iterator[Supply]:
        """Ways to give what is due in place of a part's values: as a whole, turned, or a row at a time."""
        due, values = quantity.value, self.values(index)
        if isinstance(due, tuple):
            yield lambda n, _: tuple(value.copy() for value in due)
            return
        shapes = {np.shape(value) for value in values if _array(value) is not None}
        if not values or len(shapes) != 1:
            yield lambda n, _: due.copy()
            if due.ndim == 2:
                yield lambda n, _: due.T.copy()
            if due.ndim:
                yield lambda n, _: due[n % len(due)].copy()
            return
        (shape,), count = shapes, len(values)
        if shape == due.shape == ():
            yield lambda n, _: due.item()
        elif shape == due.shape:
            yield lambda n, value: due.astype(np.result_type(due, value))
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
        if self.run.stopped in supplied:
            if self.bypass is None:
                self.bypass = Inside(inside.answer, self.run.stopped)
            inside = self.bypass
        return inside.run(self.e.case, self.results, supplied, keep)

    def twins(self, index: int) -> list[int]:
        part = self.parts[index]
        if part.role or not part.below or part.function:
            return [index]
        return [i for i, p in enumerate(self.parts) if p.text == part.text and p.below and not p.function and not p.role]

    def stays_right(self, index: int, quantity: Quantity) -> bool:
        """Whether the same quantity at the same place mends the other cases too."""
        for other in self.others:
            search = _Search(self.inside, self.exercise, other, ())
            if isinstance(quantity.value, tuple):
                due = search.asked(self.parts[index])
            else:
                same = [q for q in search.way.quantities if (q.step, q.name, q.text) == (*quantity[1:2], quantity.name, quantity.text)]
                due = same[0] if same else None
            if due is None or not any(search.becomes_right({}, index, supply) for supply in search.supplies(index, due)):
                return False
        return True

    # ---- what is known of a part -----------------------------------------------------------------------------------

    def values(self, index: int) -> Sequence[Any]:
        return self.run.values.get(index, ())

    def match(self, index: int) -> Match | None:
        if index not in self.matches:
            self.matches[index] = self._match(index)
        return self.matches[index]

    def _match(self, index: int) -> Match | None:
        values = self.values(index)
        if not values or index == self.run.stopped:
            return None
        if self.parts[index].role == "after":
            return self.way.match(values[-1])
        found = [self.way.match(values[n]) for n in sorted({*range(0, len(values), max(1, len(values) // 5))})]
        first = found[0]
        return first if all(m and m.kind == first.kind and m.quantity.name == first.quantity.name for m in found) else None

    def is_exactly(self, index: int, quantity: Quantity) -> bool:
        values = self.values(index)
        if isinstance(quantity.value, tuple):
            own = tuple(map(_array, values[-1])) if values and isinstance(values[-1], tuple) else None
            return own is not None and None not in map(type, own) and agree(own, quantity.value)
        value = _array(values[-1]) if values else None
        return value is not None and (agree(value, quantity.value) or self._is_row_of(index, quantity))

    def is_same(self, index: int) -> bool:
        match = self.match(index)
        return match is not None and match.exact

    def _is_row_of(self, index: int, quantity: Quantity) -> bool:
        match = self.match(index)
        return match is not None and match.exact and match.kind != "same" and match.quantity.name == quantity.name

    def is_right(self, index: int) -> bool:
        if index == self.run.stopped:
            return False
        values = self.values(index)
        part = self.parts[index]
        if part.role == "before" and values:
            given = [i for i, p in enumerate(self.parts) if p.name == part.node.id and p.function == part.function]
            first = [i for i in given if not self.parts[i].role]
            return all(map(self.is_right, first)) if first else self.way.match(values[0]) is not None
        return not values or self.match(index) is not None or self.is_neutral(index)

    def is_made_of_right_ones(self, index: int, line: bool = False) -> bool:
        """line: whether that is asked only of what came into the line that it stands in."""
        below = self.parts[index].below
        if line:
            return all(self.is_right(i) or (self.parts[i].below and self.is_made_of_right_ones(i, True)) for i in below)
        return all(map(self.is_right, below))

    def is_neutral(self, index: int, seen: frozenset = frozenset()) -> bool:
        """Whether a value says nothing of the data: a size, an index, an array of zeros to be filled."""
        part, values = self.parts[index], self.values(index)
        node = part.node
        if not values or _array(values[0]) is None:
            return part.name[:6] != "return"
        if part.role == "after":
            return False
        if isinstance(node, ast.Name):
            if node.id in seen:
                return True
            if (match := self.match(index)) and match.kind == "same":
                return match.quantity.name == "N"
            given = [i for i, p in enumerate(self.parts) if p.name == node.id and p.function == part.function]
            if any(self.parts[i].role for i in given):
                return False
            return all(self.is_neutral(i, seen | {node.id}) for i in given) and (bool(given) or _is_plain(values[0]))
        if part.called in SHAPED:
            return True
        return all(self.is_neutral(i, seen) for i in part.below)

    def reached(self, before: int | None = None) -> set[int]:
        """The steps that are reached, as they are or in another layout; before: by the parts before this one."""
        order = self.order if before is None else self.order[: self.order.index(before)]
        matches = (self.match(i) for i in order)
        return {m.quantity.step for m in matches if m and m.quantity.whole and "times" not in m.kind}

    # ---- what is told ----------------------------------------------------------------------------------------------

    def told(self, index: int, quantity: Quantity, sole: bool) -> Place:
        part = self.parts[index]
        labels = [step.meaning for step in self.steps]
        reached = sorted(n for n in self.reached(index) if n >= 0)
        return Place(
            line=part.line,
            expression=part.text,
            last=labels[reached[-1]] if reached else "",
            due=labels[quantity.step] if quantity.step >= 0 else quantity.label,
            sole=sole,
        )


# ---- the values on the right way ---------------------------------------------------------------------------------------


@functools.cache
def _right_program(steps: str, arguments: tuple[str, ...]) -> Inside:
    lines = [f"    {step.name} = {' '.join(step.expression.split())}\n" for step in parse(steps)]
    source = [f"def right({', '.join(arguments)}):\n", *lines]
    file = f"<right {hash(steps):x} {len(arguments)}>"
    linecache.cache[file] = (sum(map(len, source)), None, source, file)
    scope = namespace(Case({"x": np.zeros(1)}))
    exec(compile("".join(source), file, "exec"), scope)
    return Inside(scope["right"])


def _quantities(steps: str, case: Case) -> Iterator[Quantity]:
    """The arguments, and the steps with their parts, in order."""
    arguments = {"N": namespace(case)["N"]} | case.arguments
    for name, value in arguments.items():
        if not callable(value) and is_numeric(np.asarray(value)):
            yield Quantity(np.asarray(value), -1, True, name, f"`{name}`" if name != "N" else "$N$")
    inside, parsed = _right_program(steps, tuple(arguments)), parse(steps)
    run = inside.run(Case(arguments), 1)
    for index in run.order:
        part, values = inside.parts[index], run.values[index]
        shapes = {np.shape(value) for value in values if not callable(value)}
        if isinstance(part.node, ast.Name) or len(shapes) != 1 or _array(values[0]) is None:
            continue
        value = np.stack(values) if len(values) > 1 else np.asarray(values[0])
        step = part.line - 2
        if value.size and np.isfinite(value).all():
            yield Quantity(value, step, bool(part.name), part.name, parsed[step].meaning, part.text)


def _as_a_whole(value: np.ndarray, q: Quantity) -> Match | None:
    for kind, due in (("same", q.value), ("axes", np.squeeze(q.value)), ("transposed", np.squeeze(q.value).T)):
        own = value if kind == "same" else np.squeeze(value)
        if own.shape == due.shape and _close(own, due):
            return Match(q, kind)
    if q.value.ndim == value.ndim == 3:
        for axes in ((0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1)):
            due = q.value.transpose(axes)
            if due.shape == value.shape and _close(value, due):
                return Match(q, "transposed")
    return None


def _as_a_part(value: np.ndarray, q: Quantity) -> Match | None:
    """A row, a column or an entry of a quantity, or a row that is repeated."""
    own, due = np.squeeze(value), q.value
    if due.ndim == 0 or due.size <= own.size:
        repeated = own.ndim > due.ndim and own.size > due.size and due.size > 1
        return Match(q, "axes") if repeated and _broadcasts(own, due) else None
    if own.ndim == 0:
        if due.size > 1 and not _is_plain(own) and np.isclose(due, own, rtol=1e-9, atol=1e-13).any():
            return Match(q, "entry")
        return None
    for axis in range(due.ndim):
        rows = np.moveaxis(due, axis, 0)
        if np.squeeze(rows[0]).shape == own.shape and rows.shape[0] > 1:
            flat = rows.reshape(len(rows), -1)
            if np.isclose(flat, own.ravel(), rtol=1e-9, atol=1e-12 * _size(due)).all(axis=1).any():
                return Match(q, "row")
    return None


def _broadcasts(own: np.ndarray, due: np.ndarray) -> bool:
    try:
        return _close(own, np.broadcast_to(due, own.shape))
    except ValueError:
        return False


def _times(value: np.ndarray, q: Quantity) -> Match | None:
    """A quantity times one number, in any layout; of a single number only times one that often is to blame."""
    own, due = np.squeeze(value), np.squeeze(q.value)
    for turned in (due, due.T):
        if own.shape != turned.shape or not np.any(turned):
            continue
        factor = np.vdot(turned, own) / np.vdot(turned, turned)
        if np.iscomplexobj(factor) and abs(factor.imag) > 1e-12 * abs(factor) or factor == 0:
            continue
        factor = float(factor.real)
        if abs(factor - 1) < 1e-9 or own.size < 3 and not _is_usual(factor):
            continue
        if _close(own, factor * turned):
            return Match(q, "times", factor)
        if own.ndim == 2 and own.shape[1] > 2:
            ratio = own[:, :1] / np.where(turned[:, :1] == 0, np.nan, turned[:, :1])
            if np.isfinite(ratio).all() and _close(own, ratio * turned):
                return Match(q, "rows times")
    return None


def _is_usual(factor: float) -> bool:
    """-1, 2, 1/2, and whatever a size of at most 10 may bring in."""
    return any(abs(abs(f) - round(abs(f))) < 1e-9 and round(abs(f)) <= 10 for f in (factor, 1 / factor))


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.allclose(a, b, rtol=1e-9, atol=1e-12 * _size(b)))


def _array(value: Any) -> np.ndarray | None:
    """A value as an array of numbers, or None where it is no number and no array."""
    array = np.asarray(value) if isinstance(value, np.ndarray | np.generic | int | float | complex) else None
    return array if is_numeric(array) else None


def _size(a: np.ndarray) -> float:
    return float(np.abs(a).max()) if a.size else 0.0


def _is_plain(value: Any) -> bool:
    """Whether all of this is whole numbers, as sizes, indices and arrays to be filled are."""
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    array = np.asarray(value)
    return array.dtype.kind in "biu" or (array.dtype.kind == "f" and bool((array == np.round(array)).all()))


def _wholeness(m: Match) -> tuple[bool, int]:
    return not m.quantity.whole, -m.quantity.value.ndim


def _distinct(quantities: Sequence[Quantity]) -> list[Quantity]:
    found: list[Quantity] = []
    for q in quantities:
        if not any(q.value is f.value or agree(q.value, f.value) for f in found):
            found.append(q)
    return found
