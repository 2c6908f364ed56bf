"""What the names of a derivation stand for, and the points at which its lines are compared.

At each point every name is a matrix: a number is (1, 1), a row (1, n). So x and h are rows as on paper, `.T` turns a
row into a column, and a product of two rows does not multiply, which one-dimensional arrays would let through.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np

from utils.judge.algebra.functions import Function
from utils.judge.algebra.notation import FUNCTIONS, Unreadable, readings
from utils.judge.algebra.tree import Letter, Node, Told

NUMBER = (1, 1)
# Points that never change, for a verdict that stays: the readable one, and those drawn with one seed. The others are
# drawn anew at each check.
UNCHANGING, FRESH = 6, 8
Draw = Callable[[np.random.Generator, int], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Setting:
    """shapes: of the names that are given. defined: the others, each by an expression in the names before it.
    indices: the letters that mean one entry throughout, and how many values each has.
    draw: a Generator and a count of points -> {name: (points, rows, columns), letter: (points,)}; any numbers, if there
    is none. first: a point that is easy to read, in the same form; one of those, rounded, if there is none.
    shown: the names that a counterexample tells; all that are given, if none are named.
    wider: draws where less is known than in this case, such as soft labels beside one-hot ones.
    functions: those that its derivations may use besides those of the notation. letters: that count, besides i to n.
    moves: what a differential is taken by. moves_in_rows: whether that of a row is a row, as in dJ = (ŷ - y) dθ^T, and
    not what the chain rule makes of it, as in dJ = (ŷ - y) dθ.
    """

    shapes: Mapping[str, tuple[int, int]]
    defined: Mapping[str, str | Node]
    indices: Mapping[str, int] = field(default_factory=dict)
    draw: Draw | None = None
    first: Mapping[str, np.ndarray] | None = None
    shown: tuple[str, ...] = ()
    wider: Draw | None = None
    functions: Sequence[Function] = ()
    letters: Collection[Letter] = ()
    moves: Node | None = None
    moves_in_rows: bool = True
    known: dict[tuple, list[Node]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        taken = {*FUNCTIONS, *self.shapes, *self.defined}
        for function in self.functions:  # but for the reader's own, who may give an old word a new meaning
            if function in taken and not isinstance(function, Told):
                raise ValueError(f"no function can be called {str(function)!r}: it must be a new word")
        draw = self.draw or partial(_any_numbers, self.shapes, self.indices)
        first = self.first or {name: np.round(value, 1) for name, value in draw(np.random.default_rng(1), 1).items()}
        for name, value in {"draw": draw, "first": first, "shown": self.shown or tuple(self.shapes)}.items():
            object.__setattr__(self, name, value)

    @cached_property
    def names(self) -> tuple[str, ...]:
        names = [*self.shapes]
        for name in self.defined:
            names.append(name if isinstance(name, Told) else Told(name, on=tuple(names)))
        return (*names, *self.functions, *self.letters)

    @cached_property
    def definitions(self) -> dict[str, Node]:
        return {n: d if isinstance(d, Node) else self.read(d) for n, d in self.defined.items()}

    @cached_property
    def given(self) -> dict[Node, Node]:
        """What the names mean that a text itself gives."""
        return {name.node: name.means for name in self.names if isinstance(name, Told) and name.means}

    def readings(self, text: str, *more: str) -> list[Node]:
        """All that a line may be; each is read once. more: names that count in it alone. Raises Unreadable."""
        if (text, more) not in self.known:
            self.known[text, more] = readings(text, (*self.names, *more))
        return self.known[text, more]

    def read(self, text: str) -> Node:
        """The tree of a line that is asked, or known to its author. Raises Unreadable."""
        return self.readings(text)[0]

    def ways(self, text: str, *more: str) -> list[Node]:
        """All that a line may be; nothing if it cannot be read."""
        with suppress(Unreadable):
            return self.readings(text, *more)
        return []

    def tree(self, text: str, *more: str) -> Node | None:
        """The tree of a line, if it can be read."""
        return next(iter(self.ways(text, *more)), None)

    @property
    def same(self) -> bool:
        """Whether i and k are one class throughout."""
        return {"i", "k"} <= set(self.indices) and bool(np.all(self.first["i"] == self.first["k"]))

    def depends(self, name: str, on: str) -> bool:
        """Whether `name` is computed from `on`, so that it moves when `on` is moved."""
        if name not in self.definitions:
            return False
        used = self.definitions[name].names
        return on in used or any(self.depends(other, on) for other in used)

    def points(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """The readable point, a few that never change, and fresh ones."""
        drawn = [self.first, self.draw(np.random.default_rng(0), UNCHANGING - 1), self.draw(rng, FRESH)]
        return {name: np.concatenate([points[name] for points in drawn]) for name in self.first}

    def with_more(
        self, numbers: Collection[str] = (), letters: Mapping[str, int] | None = None, alike: str | None = None
    ) -> Setting:
        """This setting with more names, each of any positive number, and more letters, each of any entry. alike: the
        letter that these are equal to; "" if they are equal to none."""
        shapes, letters = dict.fromkeys(sorted(numbers), NUMBER), letters or {}

        def more(draw: Draw, rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
            drawn = draw(rng, count) | {name: rng.uniform(0.3, 1.5, (count, *NUMBER)) for name in shapes}
            sizes = dict(self.indices)
            for letter, entry in _any_numbers({}, letters, rng, count).items():
                others = [drawn[other] for other, size in sizes.items() if size == letters[letter]]
                sizes |= {letter: letters[letter]} if alike == "" else {}
                for _ in others * (alike == ""):
                    entry = np.where(np.any([entry == other for other in others], axis=0), entry + 1, entry)
                    entry %= letters[letter]
                drawn[letter] = drawn[alike] if alike else entry
            return drawn

        first = {name: np.full((1, *NUMBER), 2.0 + n) for n, name in enumerate(shapes)}
        for n, (letter, size) in enumerate(letters.items()):
            taken = [int(self.first[other][0]) for other, count in self.indices.items() if count == size]
            free = [entry for entry in reversed(range(size)) if alike is None or entry not in taken] or [0]
            first[letter] = self.first[alike] if alike else np.array([free[n % len(free)]])
        return replace(
            self,
            shapes=self.shapes | shapes,
            defined=self.definitions,
            indices=self.indices | letters,
            draw=partial(more, self.draw),
            wider=self.wider and partial(more, self.wider),
            first=self.first | first,
            shown=(*self.shown, *shapes),
        )


def _any_numbers(
    shapes: Mapping[str, tuple[int, int]], indices: Mapping[str, int], rng: np.random.Generator, count: int
) -> dict[str, np.ndarray]:
    arrays = {name: rng.normal(size=(count, *shape)) for name, shape in shapes.items()}
    return arrays | {letter: rng.permuted(np.arange(count) % size) for letter, size in indices.items()}


# Each case of a classification with what its letters are at the readable point. y is one-hot at k, or soft without it.
CASES = {"same": {"i": 0, "k": 0}, "other": {"i": 1, "k": 0}, "any": {"i": 0}, "soft": {"i": 0, "j": 1}}


def _classes(case: str, rng: np.random.Generator, count: int, K: int = 3, soft: bool = False) -> dict[str, np.ndarray]:
    theta = rng.normal(scale=1.3, size=(count, 1, K))
    i = rng.permuted(np.arange(count) % K)
    away = rng.integers(1, K, count)
    other = i if case == "same" else (i + away) % K
    one_hot = "k" in CASES[case] and not soft
    y = np.eye(K)[other][:, None, :] if one_hot else rng.dirichlet(np.full(K, 2.0), (count, 1))
    return {"theta": theta, "y": y, **dict(zip(CASES[case], (i, other), strict=False))}


def _classification(case: str) -> Setting:
    letters, one_hot = CASES[case], "k" in CASES[case]
    y = np.array([[[1.0, 0.0, 0.0] if one_hot else [0.7, 0.2, 0.1]]])
    first = {"theta": np.array([[[1.0, 0.0, -1.0]]]), "y": y}
    return Setting(
        shapes={"theta": (1, 3), "y": (1, 3)},
        defined={"y_hat": "softmax(theta)", "J": "-sum(y[j] * log(y_hat[j]), j)"},
        indices=dict.fromkeys(letters, 3),
        draw=partial(_classes, case),
        first=first | {letter: np.array([entry]) for letter, entry in letters.items()},
        shown=("theta",) if one_hot else ("theta", "y"),
        wider=partial(_classes, case, soft=True),
    )


NETWORK = {"x": (1, 4), "W1": (4, 5), "b1": (1, 5), "W2": (5, 3), "b2": (1, 3)}


def _weights(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    drawn = {name: rng.normal(scale=0.8, size=(count, *shape)) for name, shape in NETWORK.items()}
    i, j = rng.integers(0, 3, count), rng.integers(0, 5, count)
    j[1:2] = i[1:2]  # once at least, or delta(i, j) might be 0 throughout
    return drawn | {"y": rng.dirichlet(np.full(3, 2.0), (count, 1)), "i": i, "j": j}


# A network that is easy to read and hides nothing: no entry is 0, those of W2 differ, and i is not j.
READABLE = {name: np.round(value, 1) for name, value in _weights(np.random.default_rng(15028), 1).items()}


SAME_INDEX = _classification("same")  # y is one-hot at k, and i = k
OTHER_INDEX = _classification("other")  # y is one-hot at k, and i is another class
ANY_INDEX = _classification("any")  # y is any probability vector
SOFT_LABELS = _classification("soft")  # y is any probability vector; i and j are any two different classes
HIDDEN_LAYER = Setting(
    shapes=NETWORK | {"y": (1, 3)},
    defined={
        "z": "x @ W1 + b1",
        "h": "sigma(z)",
        "theta": "h @ W2 + b2",
        "y_hat": "softmax(theta)",
        "J": "-sum(y[j] * log(y_hat[j]), j)",
    },
    indices={"i": 3, "j": 5},
    draw=_weights,
    first=READABLE | {"y": np.array([[[0.0, 1.0, 0.0]]])},
    shown=("x", "y"),
)
SIGMOID = Setting(
    shapes={"z": (1, 1)},
    defined={"h": "sigma(z)"},
    first={"z": np.array([[[1.0]]])},
    functions=[Function("tanh", np.tanh, r"\tanh")],  # for sigma(z) = (1 + tanh(z/2)) / 2
)
