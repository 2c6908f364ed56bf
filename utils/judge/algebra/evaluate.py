"""The value of a line at many points at once. Nothing is ever executed but these few operations.

An array has the axes (..., point, row, column). A sum over a letter, or a derivative by a whole row, puts one more axis
in front while it lasts, so nothing is computed in a loop. A derivative is a complex step; with another derivative
inside, it is an eighth-order difference, for there is only one imaginary unit.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from zlib import crc32

import numpy as np

from utils.judge.algebra.functions import Function
from utils.judge.algebra.kinds import NUMBER, Kinds
from utils.judge.algebra.notation import Node, Unreadable, nesting
from utils.judge.algebra.setting import Setting
from utils.reference import sigmoid, softmax

STEP = 1e-200  # of the complex step
STENCIL = {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}
WIDTH = 0.02  # of the stencil: what it cuts off and what it loses to rounding are both about 1e-14
MOST_WORK = 2_000_000  # array entries; a derivation of twelve lines takes some 10,000


def _positive(a: np.ndarray) -> np.ndarray:
    """a, and NaN where it is not positive: the complex logarithm would go on as if nothing were wrong."""
    return np.where(a.real > 0, a, np.nan)


def _chained(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a @ b. Where the two do not meet, b is the derivative of a row by a number, and stands for a column."""
    return a @ (b if a.shape[-1] == b.shape[-2] else b.swapaxes(-1, -2))


OPERATIONS = {
    "neg": operator.neg,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "@": _chained,
    "T": lambda a: a.swapaxes(-1, -2),
    "exp": np.exp,
    "log": lambda a: np.log(_positive(a)),
    "sqrt": lambda a: np.sqrt(_positive(a)),
    "sigma": sigmoid,
    "sigma'": lambda a: sigmoid(a) * sigmoid(-a),
    "total": lambda a: a.sum(axis=(-1, -2), keepdims=True),
}


class World:
    """One setting at some points. points: {name: (points, rows, columns), letter: (points,)}.

    kept: of the derivatives in this line, and of all that are multiples of them, each has a factor of its own here, by
    which it can be told from what comes out when it is taken. So a line that still asks for a derivative is no other
    line that has taken it.
    """

    def __init__(self, setting: Setting, points: Mapping[str, np.ndarray], kept: Node | None = None) -> None:
        self.setting, self.kinds, self.work = setting, Kinds(setting), 0
        self.points = points
        self.count = len(next(iter(points.values())))
        self.slopes: dict[bytes, float] | None = None
        self.top = self._top()
        if kept is not None and kept.has("D"):
            self.slopes = {}
            self.value(kept)
            self.slopes = {slope: 1.2 + crc32(slope) / 2**32 for slope in self.slopes}
            self.top = self._top()

    def _top(self) -> _Frame:
        letters = {letter: np.asarray(self.points[letter]).reshape(-1, 1, 1) for letter in self.setting.indices}
        given = {name: self.points[name] for name in self.setting.shapes}
        return _Frame(self, given, letters, dict(self.setting.indices), 0)

    def value(self, node: Node) -> np.ndarray:
        """(points, rows, columns); NaN where a point is singular. Raises Unreadable if the line has no value at all."""
        node = self.kinds.meant(node)
        shape = self.kinds.of(node)
        with np.errstate(all="ignore"):
            return np.broadcast_to(self.top.value(node), (self.count, *shape))


class _Frame:
    """What the names and letters mean in one part of a line, with the values found so far."""

    def __init__(
        self, world: World, values: dict, letters: dict, sizes: dict, depth: int, names: _Frame | None = None
    ) -> None:
        self.world, self.values, self.letters, self.sizes, self.depth = world, values, letters, sizes, depth
        self.inside_a_derivative = False
        self.names = names or self  # where names are looked up: inside a sum they mean what they mean outside
        self.outer: _Frame | None = None
        self.moved = ""
        self.known: dict[Node, np.ndarray] = {}
        self.frames: dict[tuple, _Frame] = {}

    def value(self, node: Node) -> np.ndarray:
        if node not in self.known:
            result = self._value(node)
            self.world.work += result.size
            if self.world.work > MOST_WORK:
                raise Unreadable("This takes more work than any derivation needs. Write it more simply.")
            self.known[node] = result
        return self.known[node]

    def _value(self, node: Node) -> np.ndarray:
        match node:
            case Node("number", (value,)):
                return np.full((1, 1, 1), value)
            case Node("name", (name,)):
                return self.names.name(name)
            case Node("index", (base, *picked)):
                return self._entry(self.value(base), picked)
            case Node("**", (a, power)):
                base = self.value(a)
                return (base if power == int(power) else _positive(base)) ** power
            case Node("softmax", (a,)):
                rows = self.value(a)
                return softmax(rows.reshape(-1, rows.shape[-1])).reshape(rows.shape)
            case Node("diag", (a,)):
                row = self.value(a)
                return row * np.eye(row.shape[-1])
            case Node("delta", (a, b)):
                return np.asarray(self.letters[a] == self.letters[b], dtype=float)
            case Node("sum", (body, letter, without)):
                return self._sum(node, body, letter, without)
            case Node("@", (a, b)) if shape := self.world.kinds.by_matrix(b):
                row = self.value(a) @ self.value(b)
                return row.reshape(*row.shape[:-2], *shape) if row.shape[-2] == 1 else row
            case Node("D", (body, variable)):
                slope = self._derivative(body, variable)
                free = body.op in ("name", "index") and self.world.setting.free  # nobody can take it
                return slope if free else self._told(slope)
            case Node(Function() as added, (a,)):
                return added.value(self.value(a))
            case Node(op, args):
                return OPERATIONS[op](*map(self.value, args))

    def name(self, name: str) -> np.ndarray:
        if name in self.values:
            return self.values[name]
        if self.outer and not self.world.setting.depends(name, self.moved):
            return self.outer.names.name(name)
        node = self.world.kinds.definitions[name]
        sizes = self.world.kinds.free_letters(node)  # its sums have letters of their own
        key = "definitions", *sizes
        if key not in self.frames:
            letters = {letter: self.world.top.letters[letter] for letter in sizes}
            self.frames[key] = _Frame(self.world, {}, letters, sizes, self.depth, self)
        return self.frames[key].value(node)

    def _entry(self, array: np.ndarray, picked: list[str]) -> np.ndarray:
        axes = (-2, -1) if len(picked) == 2 else (-1,) if array.shape[-2] == 1 else (-2,)
        for axis, letter in zip(axes, picked, strict=True):
            if letter != ":":
                index = self.letters[letter]
                ndim = max(array.ndim, index.ndim)
                array, index = (a.reshape((1,) * (ndim - a.ndim) + a.shape) for a in (array, index))
                array = np.take_along_axis(array, index, axis)
        return array

    def _sum(self, node: Node, body: Node, letter: str, without: str | None) -> np.ndarray:
        size = self.world.kinds.range(node, self.sizes)
        inside = self._inside(("sum", letter, size), letter, size)
        terms = inside.value(body)
        if without is not None:
            terms = np.where(inside.letters[letter] != self.letters[without], terms, 0)
        return self._along(terms, size).sum(axis=0)

    def _along(self, array: np.ndarray, size: int) -> np.ndarray:
        """With the axis of what is summed over, or differentiated by, in front, even where nothing varies along it."""
        array = array.reshape((1,) * (self.depth + 4 - array.ndim) + array.shape)
        return np.broadcast_to(array, (size, *array.shape[1:]))

    def _inside(self, key: tuple, letter: str, size: int) -> _Frame:
        if key not in self.frames:
            index = np.arange(size).reshape(-1, *(1,) * (self.depth + 3))
            letters, sizes = self.letters | {letter: index}, self.sizes | {letter: size}
            self.frames[key] = _Frame(self.world, {}, letters, sizes, self.depth + 1, self.names)
            self.frames[key].inside_a_derivative = self.inside_a_derivative
        return self.frames[key]

    def _derivative(self, body: Node, variable: Node) -> np.ndarray:
        """[..., a, b] = d body_a / d variable_b. The variable is cut free; what is computed from it moves with it."""
        base, *picked = variable.args if variable.op == "index" else (variable,)
        name = base.args[0]
        here = self.names.name(name)
        rows, columns = self.world.kinds.shapes[name]
        whole = not picked and (rows, columns) != NUMBER
        if whole:
            size = rows * columns
            direction = np.eye(size).reshape(size, *(1,) * (self.depth + 1), rows, columns)
        else:
            direction = np.ones((1, 1, 1))
            counters = np.arange(columns)[None, :], np.arange(rows)[:, None]
            if columns == 1:  # the entry of a column counts its rows
                counters = counters[::-1]
            for letter, counter in zip(reversed(picked), counters, strict=False):
                direction = direction * (counter == self.letters[letter])
        if nesting(body):
            moved = [
                (sign * weight / WIDTH, here + sign * n * WIDTH * direction)
                for n, weight in STENCIL.items()
                for sign in (1, -1)
            ]
            slope = sum(w * self._moved(variable, n, name, at, whole).value(body) for n, (w, at) in enumerate(moved))
        else:
            slope = self._moved(variable, -1, name, here + 1j * STEP * direction, whole).value(body).imag / STEP
        if not whole:
            return slope
        slope = np.moveaxis(self._along(slope, size), 0, -1)  # (..., row, column, direction)
        if rows > 1 and columns > 1 and slope.shape[-3:-1] == NUMBER:
            return slope.reshape(*slope.shape[:-3], rows, columns)
        return slope.reshape(*slope.shape[:-3], -1, size)

    def _told(self, slope: np.ndarray) -> np.ndarray:
        """A derivative with the factor that it is told by, if it is one of those that the world keeps."""
        slopes = self.world.slopes
        if slopes is None or self.inside_a_derivative:
            return slope
        largest = slope.flat[np.argmax(np.abs(slope))]
        shares = np.round(slope / largest, 8) + 0.0  # without the sign of a zero
        if np.isin(shares, (-1, 0, 1)).all():  # of a name by itself: nobody leaves that to be taken
            return slope
        key = shares.tobytes()
        return slope * slopes.setdefault(key, 1.0)

    def _moved(self, variable: Node, n: int, name: str, value: np.ndarray, whole: bool) -> _Frame:
        key = "D", variable, n
        if key not in self.frames:
            depth = self.depth + whole
            frame = _Frame(self.world, {name: value}, self.letters, self.sizes, depth)
            frame.outer, frame.moved, frame.inside_a_derivative = self, name, True
            self.frames[key] = frame
        return self.frames[key]
