"""The values on the right way through an exercise, and how another value is known among them.

A value is known if it is a step of the right program or a part of one: as it is, in another layout, a row or an entry
of it, or times a number that is often to blame.
"""

from __future__ import annotations

import ast
import functools
import linecache
import math
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from utils.judge.code.calls import Case, is_numeric, near
from utils.judge.code.inside import Inside
from utils.judge.code.steps import namespace, parse

# Their functions are also written out where they are called, and what is met on the way is known then.
WRITTEN_OUT = ("utils.reference.softmax", "utils.reference.sigmoid")
# A gradient that is called `dJ_dz`, `dLdz`, `grad_z`, `d_z` or `z_grad` in place of `dz`.
GRADIENT = re.compile(r"(?:d[JL]_?d_?|grad(?:ient)?_|d_)(\w+)|(\w+)_grad(?:ient)?")


class Quantity(NamedTuple):
    """A value on the right way. step: its place among the steps, -1 for an argument. whole: not only a part of it.
    within: whether it is met only inside of a function that the step calls."""

    value: np.ndarray
    step: int
    whole: bool
    name: str
    label: str
    text: str = ""
    within: bool = False

    @property
    def told(self) -> str:
        """Its name without its formula: a name that comes with one begins with `$z = `."""
        return re.sub(r"^\$([^$]*?) = [^$]*\$", r"$\1$", self.label)

    @property
    def called(self) -> str:
        """Its name, or that of what it is a part of."""
        return self.told if self.whole else f"a part of {self.told}"


class Match(NamedTuple):
    """How a value is known. kind: "same", "row", "entry", "axes", "transposed", "reshaped", "times" (factor), "rows
    times" (each row its own), "logarithm"."""

    quantity: Quantity
    kind: str
    factor: Any = 1.0

    @property
    def exact(self) -> bool:
        return self.kind in ("same", "row", "entry")


class Way:
    """The values on the right way for one case, and how another value is known among them."""

    def __init__(self, steps: str, case: Case) -> None:
        self.quantities = list(_quantities(steps, case))
        self._named = {q.name: q for q in reversed(self.quantities) if q.whole}
        self.whole = {q.step: q for q in self.quantities if q.whole and q.step >= 0}
        self.N = int(self.step("N").value)
        self.several: dict[str, Quantity] = {}  # values that are given together, as those of a tuple
        sizes = [(q.value.size, q.value.sum(), np.vdot(q.value, q.value).real) for q in self.quantities]
        self._matched: dict[tuple, Match | None] = {}
        self._pieces: dict[tuple, tuple] = {}  # by their shape
        self._is_truth = np.array([q.value.dtype == bool for q in self.quantities])
        self._is_count = np.array([q.name == "N" for q in self.quantities])  # and a sum of probabilities is no count
        self._size, self._sum, self._square = (np.array(column) for column in zip(*sizes, strict=True))

    def step(self, name: str) -> Quantity | None:
        known, found = self._named.get(name), GRADIENT.fullmatch(name)
        return known or (self._named.get(f"d{found[1] or found[2]}") if found else None)

    def match(self, value: Any) -> Match | None:
        """How this value is known: as it is rather than turned, as a step rather than as a part of one."""
        value = array(value)
        if value is None or value.size == 0 or not np.isfinite(value).all():
            return None
        key = value.shape, value.dtype.str, value.tobytes()  # one value is met again and again
        if key not in self._matched:
            self._matched[key] = self._match(value)
        return self._matched[key]

    def _match(self, value: np.ndarray) -> Match | None:
        same_size = (self._size == value.size) & ~(self._is_count & (value.dtype.kind not in "iu"))
        same_size &= self._is_truth == (value.dtype == bool)
        square = np.vdot(value, value).real
        alike = same_size & (np.abs(self._square - square) <= 1e-7 * self._square)
        found = [match for i in np.flatnonzero(alike) if (match := _as_a_whole(value, self.quantities[i]))]
        if found:
            return min(found, key=lambda m: (m.kind != "same", m.kind != "axes", not m.quantity.whole))
        part = self._as_a_part(np.squeeze(value))
        if square == 0 or (part and part.kind != "times"):
            return part
        scaled = [times(value, self.quantities[i]) for i in np.flatnonzero(same_size & (self._square > 0))]
        return min(filter(None, scaled), key=self._simplicity, default=part) or self._logarithm(value)

    def _as_a_part(self, own: np.ndarray) -> Match | None:
        """A row, a column or an entry of a quantity, or N times that, or a quantity that is repeated."""
        found, plain = [Match(q, "axes") for q in self.quantities if _is_repeated(q.value, own)], is_plain(own)
        known = own.ndim or (not plain and abs(own) > 1e-9)  # a 0 that is rounded stands anywhere
        pieces, of, atol = self._cut(own.shape)
        for factor in (1, self.N) if known else ():
            met = near(factor * pieces, own.ravel(), atol).all(axis=1)
            quantities = [self.quantities[i] for i in np.unique(of[met])]
            kind = "times" if factor != 1 else "row" if own.ndim else "entry"
            # Of zeros and ones there may be a row anywhere.
            found += [Match(q, kind, factor) for q in quantities if is_plain(q.value) or not plain]
        return min(found, key=lambda m: (m.kind == "times", not m.quantity.whole, -m.quantity.value.ndim), default=None)

    def _cut(self, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All pieces of this shape, of which quantity each is, and what is near enough."""
        if shape not in self._pieces:
            pieces = [_pieces(q.value, shape) for q in self.quantities]
            of = np.repeat(np.arange(len(pieces)), [len(some) for some in pieces])
            atol = [1e-12 * _size(q.value) if shape else 1e-13 for q in self.quantities]
            cut = np.concatenate(pieces)
            largest = np.abs(cut).max(axis=1, initial=0)  # what is left of a rounding is near to all that is small
            self._pieces[shape] = cut, of, np.minimum(np.array(atol)[of], 1e-6 * largest)[:, np.newaxis]
        return self._pieces[shape]

    def _logarithm(self, value: np.ndarray) -> Match | None:
        """A step whose logarithm this is: a detour that is no slip."""
        if value.ndim == 0 or np.abs(value.real).max() > 700:
            return None
        power = np.exp(value)
        steps = (q for q in self.whole.values() if q.value.shape == value.shape and q.value.dtype != bool)
        return next((Match(q, "logarithm") for q in steps if _close(power, q.value)), None)

    def _simplicity(self, m: Match) -> tuple[bool, bool, bool, bool]:
        usual = [1, 2, 1 / 2, self.N, 1 / self.N]
        known = m.kind == "times" and bool(np.isclose(np.abs(m.factor), usual).any())
        return m.kind != "times", not known, abs(m.factor) != 1 if known else True, not m.quantity.whole


@functools.cache
def _right_program(steps: str, arguments: tuple[str, ...]) -> Inside:
    lines = [f"    {step.name} = {' '.join(step.expression.split())}\n" for step in parse(steps)]
    source = [f"def right({', '.join(arguments)}):\n", *lines]
    file = f"<right {hash(steps):x} {len(arguments)}>"
    linecache.cache[file] = (sum(map(len, source)), None, source, file)
    scope = namespace(Case({"x": np.zeros(1)}))
    exec(compile("".join(source), file, "exec"), scope)
    return Inside(scope["right"], modules=WRITTEN_OUT)


def _quantities(steps: str, case: Case) -> Iterator[Quantity]:
    """The arguments, and the steps with their parts, in order."""
    arguments = {"N": namespace(case)["N"]} | case.arguments
    for name, value in arguments.items():
        if not callable(value) and is_numeric(np.asarray(value)):
            yield Quantity(np.asarray(value), -1, True, name, f"`{name}`" if name != "N" else "$N$")
    inside, parsed = _right_program(steps, tuple(arguments)), parse(steps)
    run, within = inside.run(Case(arguments), 1), dict[tuple, np.ndarray]()
    for index in run.order:
        part, values = inside.parts[index], run.values[index]
        shapes = {np.shape(value) for value in values if not callable(value)}
        if isinstance(part.node, ast.Name) or len(shapes) != 1 or array(values[0]) is None:
            continue
        if part.function:
            arrays = (value for value in values if isinstance(value, np.ndarray) and value.dtype != bool and value.ndim)
            within |= {(value.shape, value.tobytes()): value for value in arrays}
            continue
        step, value = part.line - 2, np.stack(values) if len(values) > 1 else np.asarray(values[0])
        met = [Quantity(own, step, False, "", parsed[step].meaning, within=True) for own in within.values()]
        met.append(Quantity(value, step, bool(part.name), part.name, parsed[step].meaning, part.text))
        yield from (q for q in met if q.value.size and np.isfinite(q.value).all())
        within.clear()


def _as_a_whole(value: np.ndarray, q: Quantity) -> Match | None:
    shapes = ("same", q.value), ("axes", np.squeeze(q.value)), ("transposed", np.squeeze(q.value).T)
    for kind, due in (*shapes, ("reshaped", q.value.ravel())):
        own = value if kind == "same" else value.ravel() if kind == "reshaped" else np.squeeze(value)
        if own.shape == due.shape and _close(own, due):
            return Match(q, kind)
    return None


def _pieces(due: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The rows and columns of this shape, or the entries, a line each."""
    if shape == ():
        return due.reshape(-1, 1) if due.size > 1 else np.empty((0, 1))
    along = (np.moveaxis(due, axis, 0) for axis in range(due.ndim) if due.shape[axis] > 1)
    fitting = [rows.reshape(len(rows), -1) for rows in along if np.squeeze(rows[0]).shape == shape]
    return np.concatenate(fitting) if fitting else np.empty((0, math.prod(shape)))


def _is_repeated(due: np.ndarray, own: np.ndarray) -> bool:
    if not (own.ndim > due.ndim and 1 < due.size < own.size):
        return False
    try:
        return _close(own, np.broadcast_to(due, own.shape))
    except ValueError:
        return False


def times(value: np.ndarray, q: Quantity) -> Match | None:
    """A quantity times one number, in any layout; of a single number only times one that often is to blame."""
    own, due = np.squeeze(value), np.squeeze(q.value)
    if own.ndim == 0 and is_plain(own):  # of two whole numbers one is often some times the other
        return None
    for turned in (due, due.T):
        if own.shape != turned.shape or not np.any(turned):
            continue
        factor = np.vdot(turned, own) / np.vdot(turned, turned)
        if factor == 0 or abs(np.imag(factor)) > 1e-12 * abs(factor):
            continue
        factor = float(factor.real)
        if _is_usual(factor, of_sizes=own.ndim > 0) and _close(own, factor * turned):
            return Match(q, "times", factor)
        if own.ndim == 2 and np.count_nonzero(turned, axis=1).min() > 2:
            ratio = own[:, :1] / np.where(turned[:, :1] == 0, np.nan, turned[:, :1])
            if np.isfinite(ratio).all() and _close(own, ratio * turned):
                return Match(q, "rows times", ratio)
    return None


def _is_usual(factor: float, of_sizes: bool) -> bool:
    """-1, 2, 1/2, and whatever a size of at most 10 may bring in, or of_sizes one divided by another, but 1."""
    ratio = Fraction(abs(factor)).limit_denominator(10)
    top, bottom = ratio.as_integer_ratio()
    known = 1 <= top <= 10 and (of_sizes or 1 in (top, bottom)) and abs(ratio - abs(factor)) < 1e-9
    return known and abs(factor - 1) > 1e-9


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(near(a, b, 1e-12 * _size(b)).all())


def array(value: Any) -> np.ndarray | None:
    """A value as an array of numbers, or None where it is no number, no array, and no list of these."""
    if isinstance(value, list) and value:
        try:
            value = np.array(value)
        except ValueError:  # of rows of different lengths
            return None
    array = np.asarray(value) if isinstance(value, np.ndarray | np.generic | int | float | complex) else None
    return array if is_numeric(array) else None


def _size(a: np.ndarray) -> float:
    return float(np.abs(a).max()) if a.size else 0.0


def is_plain(value: Any) -> bool:
    """Whether all of this is whole numbers, as sizes, indices and arrays to be filled are."""
    if isinstance(value, tuple):
        return all(map(is_plain, value))
    array = np.asarray(value)
    return array.dtype.kind in "biu" or (array.dtype.kind == "f" and bool((array == np.round(array)).all()))
