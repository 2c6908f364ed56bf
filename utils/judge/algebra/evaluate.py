"""What a line is, a number, a row, a column or a matrix, and its value at many points at once. Nothing is ever executed
but these few operations.

An array has the axes (..., point, row, column). A sum over a letter, or a derivative by a whole row, puts one more axis
in front while it lasts, so nothing is computed in a loop. A derivative is a complex step; with another derivative
inside, it is an eighth-order difference, for there is only one imaginary unit.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from zlib import crc32

import numpy as np

from utils.judge.algebra.functions import Function
from utils.judge.algebra.notation import SAID, UNEXPECTED, Unreadable
from utils.judge.algebra.setting import NUMBER, Setting
from utils.judge.algebra.tree import MOVES, Node, nesting, written_out
from utils.judge.algebra.typeset import typeset
from utils.reference import sigmoid, softmax

Shape = tuple[int, int]
Picked = tuple[np.ndarray, int]  # which entry a letter means at each point, and how many there are
UNKNOWN = 0  # how many values a number has that picks an entry itself
DEEPEST = 4  # sums and derivatives inside one another: the axes that an array can have besides its own
LONGEST_NAME = 80  # characters of LaTeX that are still read as one thing
STEP = 1e-200  # of the complex step
WEIGHTS = {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}  # of a difference, by how many steps away
STENCIL = [(sign * n, sign * weight) for n, weight in WEIGHTS.items() for sign in (1, -1)]
WIDTH = 0.02  # of the stencil: what it cuts off and what it loses to rounding are both about 1e-14
MOST_WORK = 2_000_000  # array entries; a derivation of twelve lines takes some 10,000


class Misfit(Unreadable):
    """Two parts that do not go together. told: what is wrong; mend: what is usually meant."""

    def __init__(self, told: str, slug: str = "shapes", mend: str = "") -> None:
        super().__init__(told, None, slug, mend=mend)


def in_words(shape: Shape) -> str:
    match shape:
        case (1, 1):
            return "a number"
        case (1, _):
            return f"a row {shape}"
        case (_, 1):
            return f"a column {shape}"
    return f"a matrix {shape}"


def _positive(a: np.ndarray) -> np.ndarray:
    """a, and NaN where it is not positive: the complex logarithm would go on as if nothing were wrong."""
    return np.where(a.real > 0, a, np.nan)


OPERATIONS = {
    "neg": operator.neg,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "T": lambda a: a.swapaxes(-1, -2),
    "exp": np.exp,
    "log": lambda a: np.log(_positive(a)),
    "sqrt": lambda a: np.sqrt(_positive(a)),
    "sigma": sigmoid,
    "sigma'": lambda a: sigmoid(a) * sigmoid(-a),
}


class World:
    """One setting at some points. points: {name: (points, rows, columns), letter: (points,)}.

    kept: of the derivatives in this line, and of all that are multiples of them, each has a factor of its own here, by
    which it can be told from what comes out when it is taken. So a line that still asks for a derivative is no other
    line that has taken it.
    """

    @np.errstate(all="ignore")
    def __init__(self, setting: Setting, points: Mapping[str, np.ndarray], kept: Node | None = None) -> None:
        self.setting, self.points, self.work = setting, points, 0
        self.count = len(next(iter(points.values())))
        self.one = Node("name", tuple(setting.shapes)) if len(setting.shapes) == 1 else None  # the one given thing
        ops = frozenset().union(*(meant.ops for meant in setting.definitions.values()))
        self.is_softmax = "softmax" in ops and "sigma" not in ops  # as many books call it
        self.signs: dict[Node, str] = {}  # of products of arrays in the line read last: which was written, if any
        self.slopes: dict[bytes, float] | None = None
        self.shapes: dict[str, Shape] = dict(setting.shapes)
        self.definitions: dict[str, Node] = {}
        self.top = self._top()
        for name, node in setting.definitions.items():
            frame = self.top.defining(node)
            self.definitions[name] = frame.meant(node)
            self.shapes[name] = frame.of(node)
        if kept is not None and kept.has("D"):
            self.slopes, self.top = {}, self._top()
            self.value(kept)
            self.slopes = {slope: 1.2 + crc32(slope) / 2**32 for slope in self.slopes}
            self.top = self._top()

    def _top(self) -> _Frame:
        sizes = self.setting.indices
        letters = {letter: (np.asarray(self.points[letter]).reshape(-1, 1, 1), sizes[letter]) for letter in sizes}
        return _Frame(self, letters, {name: self.points[name] for name in self.setting.shapes})

    @np.errstate(all="ignore")
    def meant(self, line: Node) -> Node:
        """The same line with each product that has a dot, or no sign at all, as what its shapes let it be: the matrix
        product where two arrays multiply, else the product entry by entry."""
        self.signs = {}
        return self.top.meant(line)

    def latex(self, line: Node) -> str:
        return typeset(line, self.shapes)

    def has_one_sign_for_two(self, line: Node) -> bool:
        """Whether factors in a row have one sign, or none, for both kinds of product."""
        products = [(node, node.args[0]) for node in self.meant(line).walk() if node in self.signs]
        return any(self.signs[a] == self.signs.get(b) and a.op != b.op for a, b in products)

    def entries(self, line: Node, letter: str) -> int | None:
        """How many entries a letter counts in a line that nothing says more of it, if that is one number."""
        with suppress(Unreadable):
            found = {*self.top.sizes(line, letter)} if line.names <= {*self.shapes} else ()
            return found.pop() if len(found) == 1 else None
        return None

    @np.errstate(all="ignore")
    def value(self, line: Node) -> np.ndarray:
        """(points, rows, columns); NaN where a point is singular. Raises Unreadable if the line has no value at all."""
        for letter in line.summed.intersection(self.setting.indices):
            if letter in line.letters:
                raise _taken(letter)
        value = self.top.value(line)
        return np.broadcast_to(value, (self.count, *value.shape[-2:]))


@dataclass(eq=False)
class _Frame:
    """What the names and letters mean in one part of a line, with the values found so far.

    nested: how many sums and derivatives it stands in, of which `depth` have an axis. names: where names are looked up:
    inside a sum they mean what they mean outside.
    """

    world: World
    letters: dict[str, Picked]
    values: dict[str, np.ndarray]
    nested: int = 0
    depth: int = 0
    names: _Frame | None = None
    known: dict[Node, np.ndarray | Unreadable] = field(default_factory=dict, init=False)
    frames: dict[tuple, _Frame] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.names = self.names or self

    # ---- what is meant ---------------------------------------------------------------------------------------------

    def meant(self, node: Node) -> Node:
        inside = self
        if node.op in ("sum", "row", "limit"):
            with suppress(Unreadable):
                inside = next(self._approaching(node)) if node.op == "limit" else self._summed(node)
        return self._as_meant(node.changed(inside.meant))

    def _as_meant(self, node: Node) -> Node:
        """What a part is by the shapes of what stands in it."""
        match node:
            case Node("beside" | "dot" as sign, (a, b)):
                left, right = self._shape(a), self._shape(b)
                if NUMBER in (left, right):
                    return Node("*", (a, b))
                multiply = left[1] == right[0] or left != right or self._is_turned(left, right, b)
                product = Node("@" if multiply else "*", (a, b))
                self.world.signs[product] = sign
                return product
            case Node("sigma", (a,)) if self.world.is_softmax and self._shape(a)[1] > 1:
                return Node("softmax", (a,))
            case Node("Σ", (a,)):  # of Σ y_j, with no j below, it is j
                free = a.letters.difference(self.letters)
                return Node("sum", (a, *free, None)) if len(free) == 1 else Node("total", (a,))
            case Node("index", (Node("index", (base, row)), column)) if 1 not in self._shape(base):
                return Node("index", (base, row, column))  # W2[k][i]
            case Node("prime", (Node("name", (name,)),)) if self._means(name).op == "sigma":
                return Node("sigma'", self._means(name).args)
            case Node("prime", (a,)) if self._shape(a)[0] > 1:
                return Node("T", (a,))
            case Node("prime", (a, *d)):
                is_asked = d or self._shape(a) == NUMBER
                by = (is_asked and self.world.setting.moves) or self.world.one
                is_row = d and by and self.world.setting.moves_in_rows and self._shape(by) != NUMBER
                return Node("D", (a, by)) if by and not is_row else node
            case Node("D", (body, Node("index", (base, letter)))) if base == MOVES and (row := self._moving_row()):
                return Node("D", (body, Node("index", (row, letter))))
            case Node("D", (body, Node("name", (name,)))) if self._means(name).op == "index":  # w = W_{2,ji}
                return Node("D", (body, self._means(name)))
            case Node("D", (body, Node("name", (name,)) as by)) if self._lies_between(body, name):
                return Node("/", (Node("D", (body, self.world.one)), Node("D", (by, self.world.one))))
        return node

    def _moving_row(self) -> Node | None:
        """The row whose entries move by the question."""
        by = self.world.setting.moves
        row = by.args[0] if by and by.op == "index" else by
        return None if row is None or self._shape(row) == NUMBER else row

    def _means(self, name: str) -> Node:
        return self.world.definitions.get(name, Node("name", (name,)))

    def _is_turned(self, left: Shape, right: Shape, node: Node) -> bool:
        """Whether on the right of a product a row is differentiated by a number: by itself that is a row, in the chain
        rule a column of the Jacobian."""
        return node.op == "D" and left[1] == right[1] > right[0] == 1 and self._shape(node.args[1]) == NUMBER

    def _lies_between(self, body: Node, name: str) -> bool:
        """Whether a derivative is taken by what lies between this and the one number that moves, although it is not
        written in it: as dσ/du where u = 1 + e^{-z}."""
        world = self.world
        if not world.one or name not in world.definitions:
            return False
        uses = {name, *(used for used in world.definitions if world.setting.depends(used, name))}
        return world.shapes[world.one.args[0]] == world.shapes[name] == NUMBER and not uses & body.names

    # ---- shapes and values -----------------------------------------------------------------------------------------

    def of(self, node: Node) -> Shape:
        return self.value(node).shape[-2:]

    def _shape(self, node: Node) -> Shape:
        try:
            return self.of(node)
        except Unreadable:  # which is told of the line as a whole
            return NUMBER

    def value(self, node: Node) -> np.ndarray:
        if node not in self.known:
            try:
                result = self._value(self._as_meant(node))
                self.world.work += result.size
                if self.world.work > MOST_WORK:
                    raise Unreadable("This takes more work than any derivation needs. Write it more simply.")
                self.known[node] = result
            except Unreadable as trouble:  # is remembered, too: in a long product it would be met again and again
                self.known[node] = trouble
        known = self.known[node]
        if isinstance(known, Unreadable):
            raise known.with_traceback(None)
        return known

    def _value(self, node: Node) -> np.ndarray:
        match node:
            case Node("number", (value,)):
                return np.full((1, 1, 1), value)
            case Node("name", (name,)):
                return self.names.name(name)
            case Node("index", (base, *picked)):
                return self._entry(base, picked)
            case Node("**", (a, power)):
                base = self.value(a)
                return (base if power == int(power) else _positive(base)) ** power
            case Node("softmax" | "diag" as op, (a,)):
                row, (rows, columns) = self.value(a), self.of(a)
                if rows != 1 or columns == 1:
                    told = "makes a matrix of a row" if op == "diag" else "is taken of a row, such as theta"
                    told += "; its entry is `softmax(theta)[i]`" * (op == "softmax" and columns == rows)
                    raise Misfit(f"{op} {told}; this is {in_words((rows, columns))}.")
                return row * np.eye(columns) if op == "diag" else softmax(row.reshape(-1, columns)).reshape(row.shape)
            case Node("total", (a,)):
                if self.of(a) == NUMBER:
                    raise Misfit("A sum over numbers needs the letter it runs over: `sum(expr, j)`.", "syntax")
                return self.value(a).sum(axis=(-1, -2), keepdims=True)
            case Node("sum" | "row" as op, (body, letter, without)):
                inside = self._summed(node)
                terms, (index, size) = inside.value(body), inside.letters[letter]
                if without is not None:
                    terms = np.where(index != self._letter(without)[0], terms, 0)
                if op == "row" and terms.shape[-2:] != NUMBER and not body.has("row"):  # of rows, it is a matrix
                    raise Misfit(f"An entry of a row is a number; this is {in_words(terms.shape[-2:])}.")
                terms = self._along(terms, size)
                return terms.sum(axis=0) if op == "sum" else np.moveaxis(terms, 0, -1)[..., 0, :]
            case Node("limit", (body, _, _)):
                near = np.array(np.broadcast_arrays(*(frame.value(body) for frame in self._approaching(node))))
                limit = np.tensordot([n * weight for n, weight in STENCIL], near, 1)
                gap, wide = (np.abs(near[n] - near[n + 1]) for n in (0, -2))  # of the two sides, near and far away
                return np.where(gap <= wide / 2 + 1e-9 * np.abs(limit) + 1e-12, limit, np.nan)  # else there is none
            case Node("list", entries):
                if any(self.of(entry) != NUMBER for entry in entries):
                    raise Misfit("On a diagonal stand numbers, with commas between them, or a row.")
                return np.concatenate(np.broadcast_arrays(*map(self.value, entries)), axis=-1)
            case Node("delta", (a, b)):
                return np.asarray(self._letter(a)[0] == self._letter(b)[0], dtype=float)
            case Node("applied", (told, _)):
                return self.value(self.meant(written_out(node, {told.node: told.means})))
            case Node("D", (_, Node("index", (base, letter)))) if base == MOVES:
                raise Misfit(f"The question does not say what has an entry `{letter}`: name it, as in `∂/∂θ_{letter}`.")
            case Node("D", (body, variable)):
                return self._told(self._derivative(body, variable))
            case Node("prime", (a, "d")) if self.world.setting.moves:
                slopes = self._derivative(a, self.world.setting.moves)
                ways = np.sin(1.0 + np.arange(slopes.shape[-1]))  # in no direction in which a slip could hide
                moved = np.sum(slopes * ways, axis=-1)[..., np.newaxis, :]
                return moved.reshape(*moved.shape[:-2], *self.of(a))
            case Node("prime", _):
                raise Misfit(UNEXPECTED["_PRIME"], "syntax")
            case Node(Function() as added, (a,)):
                if added.number and self.of(a) == NUMBER:
                    raise Misfit(f"`{added}` is taken of a row, a column or a matrix. {added.meaning}".rstrip())
                return added.value(self.value(a))
            case Node("@", (a, b)):
                return self._product(a, b)
            case Node(op, (a, b)):
                left, right = self.of(a), self.of(b)
                if left != right and NUMBER not in (left, right):
                    what = "This product entry by entry does not fit" if op == "*" else "This does not fit"
                    told = f"{what}: {self._sides(a, b)}; `{op}` takes two of one shape."
                    scales = op == "*" and left[1] == right[1] and 1 in (left[0], right[0])
                    slug = "does-not-multiply" if op == "*" else "shapes"
                    raise Misfit(told, slug, SAID["row-by-matrix"] if scales else "")
                return OPERATIONS[op](self.value(a), self.value(b))
            case Node(op, (a,)):
                return OPERATIONS[op](self.value(a))
        raise AssertionError(node)

    def name(self, name: str) -> np.ndarray:
        if name not in self.values:
            node = self.world.definitions[name]
            self.values[name] = self.defining(node).value(node)
        return self.values[name]

    def defining(self, node: Node) -> _Frame:
        """Where a definition is read: with the letters of the setting, but for those that its own sums run over."""
        letters = {letter: meant for letter, meant in self.world.top.letters.items() if letter not in node.summed}
        return replace(self, letters=letters, values={}, nested=0, names=self)

    def _inner(self, key: tuple, **changes: object) -> _Frame:
        """Inside a sum or a derivative."""
        if key not in self.frames:
            if self.nested == DEEPEST:
                raise Misfit(f"More than {DEEPEST} sums or derivatives stand one inside the other.", "syntax")
            self.frames[key] = replace(self, nested=self.nested + 1, **changes)
        return self.frames[key]

    def _sides(self, a: Node, b: Node) -> str:
        """What the two sides of an operator are; a long one goes without its formula."""
        told = []
        for side, which in ((a, "left"), (b, "right")):
            latex = f"${self.world.latex(side)}$"
            shown = latex if len(latex) <= LONGEST_NAME else f"the {which} side"
            told.append(f"{shown} is {in_words(self.of(side))}")
        return " and ".join(told)

    def _product(self, a: Node, b: Node) -> np.ndarray:
        left, right = self.of(a), self.of(b)
        turned = self._is_turned(left, right, b)
        rows = right[1] if turned else right[0]
        if left[1] != rows:
            told = f"This does not multiply: {self._sides(a, b)}; between them {left[1]} meets {rows}."
            two_rows = SAID["two-rows"] if left == right and rows == 1 else ""
            of_number = "A number multiplies with `*`." if NUMBER in (left, right) else two_rows
            raise Misfit(told, "does-not-multiply", of_number)
        second = self.value(b)
        product = self.value(a) @ (second.swapaxes(-1, -2) if turned else second)
        by_matrix = self._by_matrix(b) if left[0] == 1 else None
        return product.reshape(*product.shape[:-2], *by_matrix) if by_matrix else product

    def _by_matrix(self, node: Node) -> Shape | None:
        """The shape of the matrix that a row is differentiated by, if that is what this is, or ends in: a row times it
        is the derivative of a number by this matrix again."""
        match node:
            case Node("@", (_, b)):
                return self._by_matrix(b)
            case Node("D", (body, Node("name", (name,)))) if 1 not in self.world.shapes[name]:
                return self.world.shapes[name] if self._shape(body) != NUMBER else None
        return None

    # ---- entries and sums ------------------------------------------------------------------------------------------

    def _letter(self, letter: str) -> Picked:
        if letter.isdigit():
            return np.full((1, 1, 1), int(letter) - 1), UNKNOWN
        if letter not in self.letters:
            entries = " or ".join(f"`{name}`" for name in self.world.setting.indices)
            which = f"the entry that is looked at is called {entries}" if entries else SAID["no-entry"]
            raise Misfit(f"`{letter}` has a meaning only inside a sum over it; {which}.", "unbound-index")
        return self.letters[letter]

    def _entry(self, base: Node, picked: list[str]) -> np.ndarray:
        array, (rows, columns) = self.value(base), self.of(base)
        if (rows, columns) == NUMBER:
            raise Misfit("This is one number already: it has no entries to pick.")
        if (len(picked) == 2) == (1 in (rows, columns)):
            how = "two letters, one for the row and one for the column" if len(picked) == 1 else "one letter: `[i]`"
            raise Misfit(f"An entry of {in_words((rows, columns))} has {how}.")
        if len(picked) == 2:
            places = {-2: ("rows", rows), -1: ("columns", columns)}
        else:
            places = {-1 if rows == 1 else -2: ("entries", rows * columns)}
        for letter, (axis, (what, size)) in zip(picked, places.items(), strict=True):
            if letter == ":":
                continue
            index, has = self._letter(letter)
            of = f"the {what} of ${self.world.latex(base)}$"
            if has not in (size, UNKNOWN):
                raise Misfit(f"`{letter}` has {has} values, but here it counts {size}: {of}.", "wrong-index")
            if letter.isdigit() and int(letter) > size:
                raise Misfit(f"There is no entry {letter}: {of} are {size}.", "wrong-index")
            ndim = max(array.ndim, index.ndim)
            array, index = (a.reshape((1,) * (ndim - a.ndim) + a.shape) for a in (array, index))
            array = np.take_along_axis(array, index, axis)
        return array

    def _summed(self, node: Node) -> _Frame:
        """Inside a sum, where its letter has as many values as there are entries where it stands."""
        body, letter, without = node.args
        if letter in self.letters and letter not in self.world.setting.indices:
            raise _taken(letter)
        sizes = {self._letter(without)[1]} if without is not None else set()
        alike = {other for part in body.walk() if part.op == "delta" and letter in part.args for other in part.args}
        found = set(self.sizes(body, letter)) or {size for other in alike for size in self.sizes(body, other)}
        if not found:
            told = f"The sum runs over `{letter}`, but `{letter}` does not occur in what is summed."
            raise Misfit(told, "wrong-index")
        if len(found) > 1:
            small, large = sorted(found)[:2]
            raise Misfit(f"`{letter}` counts {small} entries in one place and {large} in another.", "wrong-index")
        if sizes - found:
            raise Misfit(f"`{letter}` and `{without}` count different things.", "wrong-index")
        (size,) = found
        index = np.arange(size).reshape(-1, *(1,) * (self.depth + 3))
        letters = self.letters | {letter: (index, size)}
        return self._inner(("sum", letter, size), letters=letters, depth=self.depth + 1)

    def sizes(self, node: Node, letter: str) -> Iterator[int]:
        if node.op == "index" and letter in node.args:
            base = node.args[0]
            rows, columns = self.of(base)
            places = (rows, columns) if len(node.args) == 3 else (rows * columns,)
            yield from (size for size, at in zip(places, node.args[1:], strict=True) if at == letter)
        elif node.op == "delta" and letter in node.args:
            yield from (self.letters[other][1] for other in node.args if other in self.letters)
        for child in node.children:
            yield from self.sizes(child, letter)

    def _approaching(self, node: Node) -> Iterator[_Frame]:
        """Inside a limit, with what goes somewhere at places on both sides of it, the near ones first."""
        _, name, at = node.args
        end, known = self.value(at), {other: self.names.name(other) for other in self.world.shapes} | self.values
        for n, _ in STENCIL:
            yield self._inner(("limit", name, at, n), values=known | {name: end + n * WIDTH}, names=None)

    def _along(self, array: np.ndarray, size: int) -> np.ndarray:
        """With the axis of what is summed over, or differentiated by, in front, even where nothing varies along it."""
        array = array.reshape((1,) * (self.depth + 4 - array.ndim) + array.shape)
        return np.broadcast_to(array, (size, *array.shape[1:]))

    # ---- derivatives -----------------------------------------------------------------------------------------------

    def _derivative(self, body: Node, variable: Node) -> np.ndarray:
        """[..., a, b] = d body_a / d variable_b. The variable is cut free; what is computed from it moves with it."""
        base, *picked = variable.args if variable.op == "index" else (variable,)
        whole = self.of(variable) != NUMBER
        here, (rows, columns) = self.value(base), self.of(base)
        places = np.arange(size := rows * columns)
        place = places.reshape(-1, *(1,) * (self.depth + 3)) if whole else 0
        for letter in picked:
            place = place * columns + self._letter(letter)[0]
        direction = places.reshape(rows, columns) == place

        stay = (name for name in self.world.shapes if not self.world.setting.depends(name, base.args[0]))
        still = {name: self.names.name(name) for name in stay}

        def moved(n: int, value: np.ndarray) -> np.ndarray:
            """The body with the variable in another place."""
            changed = {"values": still | {base.args[0]: value}, "names": None}
            return self._inner(("D", variable, n), depth=self.depth + whole, **changed).value(body)

        if nesting(body):
            slope = sum(weight / WIDTH * moved(n, here + n * WIDTH * direction) for n, weight in STENCIL)
        else:
            slope = moved(0, here + 1j * STEP * direction).imag / STEP
        if not whole:
            return slope
        shape = slope.shape[-2:]
        if 1 not in shape:
            count = "three" if 1 in (rows, columns) else "four"
            raise Misfit(f"The derivative of {in_words(shape)} by {in_words((rows, columns))} has {count} indices.")
        slope = np.moveaxis(self._along(slope, size), 0, -1)  # (..., row, column, direction)
        by_matrix = shape == NUMBER and 1 not in (rows, columns)
        return slope.reshape(*slope.shape[:-3], *((rows, columns) if by_matrix else (-1, size)))

    def _told(self, slope: np.ndarray) -> np.ndarray:
        """A derivative with the factor that it is told by, if it is one of those that the world keeps."""
        slopes = self.world.slopes
        if slopes is None or self.names is not self.world.top:
            return slope
        largest = slope.flat[np.argmax(np.abs(slope))]
        shares = np.round(slope / largest, 8) + 0.0  # without the sign of a zero
        if np.isin(shares, (-1, 0, 1)).all():  # of a name by itself: nobody leaves that to be taken
            return slope
        key = shares.tobytes()
        return slope * slopes.setdefault(key, 1.0)


def _taken(letter: str) -> Misfit:
    told = f"`{letter}` is taken: it already says which entry is meant. Let the sum run over another letter."
    return Misfit(told, "wrong-index")
