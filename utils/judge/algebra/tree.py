"""The tree of an expression: its parts, its names, and what many terms with dots between them stand for."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property, reduce
from typing import NamedTuple

MOST_NODES = 150


class Node(NamedTuple("Node", [("op", str), ("args", tuple)])):
    """A part of an expression. op: what it is; args: Nodes, and for some the letters, name or number that belong to it.

    number (value,), name (name,), index (of, letters), neg (a,), + - * / @ (a, b), ** (a, number), T (a,), log exp sqrt
    softmax sigma sigma' diag total (a,), sum (body, letter, the letter left out or None), D (body, of what), delta (a,
    b), row (entry, letter, None), list (a, b, ...) on a diagonal, prime (a,), prime (a, "d") for a differential, limit
    (body, name, where to), applied (the name of a function of the reader's own, of what). A letter may be a number,
    counted from 1, and of an index ":" for all entries. What stands beside another, or has a dot between, is `beside`
    or `dot` (a, b), until the shapes tell which product is meant, and a sign of a sum without a letter Σ (a,), until it
    is known whether one is meant (`World.meant`).
    """

    @cached_property
    def children(self) -> tuple[Node, ...]:
        return tuple([arg for arg in self.args if isinstance(arg, Node)])

    def changed(self, change: Callable[[Node], Node]) -> Node:
        """The same with each of its parts changed."""
        return Node(self.op, tuple([change(arg) if isinstance(arg, Node) else arg for arg in self.args]))

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()

    @cached_property
    def letters(self) -> frozenset[str]:
        """The letters that count in it, but for those that a sum of its own runs over."""
        inside = frozenset().union(*(part.letters for part in self.children))
        match self:
            case Node("delta", own) | Node("index", (_, *own)):
                return inside.union(filter(str.isalpha, own))
            case Node("sum" | "row", (_, over, without)):
                return (inside - {over}).union(without or ())
        return inside

    @cached_property
    def ops(self) -> frozenset[str]:
        """What its parts are, and it itself."""
        return frozenset({self.op}).union(*(part.ops for part in self.children))

    @cached_property
    def summed(self) -> frozenset[str]:
        """The letters that its sums run over, and those of rows that are told entry by entry."""
        own = {self.args[1]} if self.op in ("sum", "row") else ()
        return frozenset(own).union(*(part.summed for part in self.children))

    def renamed(self, old: str, new: str) -> Node:
        """The same with every `old` that counts as `new`."""
        args = (a.renamed(old, new) if isinstance(a, Node) else new if a == old else a for a in self.args)
        return Node(self.op, tuple(args))

    @property
    def names(self) -> set[str]:
        return {node.args[0] for node in self.walk() if node.op == "name"}

    def has(self, *ops: str) -> bool:
        return not self.ops.isdisjoint(ops)


BOUND = "→"  # stands before the name of what goes somewhere in a limit
MOVES = Node("name", ("∂",))  # what a derivative is taken by that names only a letter, as ∂_i


class Letter(str):
    """A letter that counts."""


class Told(str):
    """A name that is told by others. on: names that it may be taken of, so that `h(z)` is h. of, means: what it is told
    of and set equal to, as f(z) is; of_any: whether that only stands for any number. alike: the name that means the
    same."""

    on: Collection[str] = ()
    of_any = False
    of: Node | None = None
    means: Node | None = None
    alike = ""

    def __new__(cls, word: str, **known: object) -> Told:
        told = super().__new__(cls, word)
        vars(told).update(known)
        return told

    @property
    def node(self) -> Node:
        return Node("name", (str(self),))

    @property
    def base(self) -> str:
        """The row, or the matrix, that a name with letters below is an entry of; or the name itself."""
        return self.rpartition("_")[0] or str(self)


def nesting(node: Node) -> int:
    """How many derivatives stand one inside the other."""
    return (node.op == "D") + max(map(nesting, node.children), default=0)


def matrix_of(entry: Node, row: str, column: str) -> Node:
    """The matrix with these entries, of which two letters say where they stand."""
    return Node("row", (Node("T", (Node("row", (entry, row, None)),)), column, None))


def all_terms(node: Node, letter: str) -> Node:
    """With `y_1 + ... + y_K`, or `y_1 + ... + y_j + ...`, as the sum over all entries, and `y_1 + ... + y_3` as three
    terms. Where there are dots on both sides and nothing else, they may stand for anything."""
    terms = terms_of(node)
    if len(terms) == 1:
        return node.changed(lambda part: all_terms(part, letter))
    terms = [(sign, all_terms(term, letter)) for sign, term in terms]
    dots = {n for n, (_, term) in enumerate(terms) if term.op == "dots"}
    nothing = {n for n, (_, term) in enumerate(terms) if _vanishes(term)}  # 0 + ... + y_i + ... + 0
    nothing |= {n for n in dots if not nothing.isdisjoint((n - 1, n + 1))}
    if len(dots) == 2 and len(terms) == 3:
        return node
    if dots:
        terms = [(sign, Node("number", (0.0,)) if n in nothing else term) for n, (sign, term) in enumerate(terms)]
    for stop in range(len(terms), 0, -1):
        n, sign, aim, end = listed(terms[:stop], letter)
        if n is not None:
            whole = [aim.renamed(letter, str(k)) for k in range(1, int(end) + 1)] if end.isdigit() else []
            terms[n:stop] = [(sign, term) for term in whole or [Node("sum", (aim, letter, None))]]
    first = terms[0][1] if terms[0][0] == "+" else Node("neg", (terms[0][1],))
    return reduce(lambda before, term: Node(term[0], (before, term[1])), terms[1:], first)


def listed(terms: list[tuple[str, Node]], letter: str) -> tuple[int | None, str, Node, str]:
    """Where those terms begin that dots stand for, their sign, what each of them is with a letter for its entry, and
    the entry of the last one, or of one between dots. None if there are none, or not all are alike."""
    dots = [at for at, (_, term) in enumerate(terms) if term.op == "dots"]
    is_open = dots[-2:] == [len(terms) - 3, len(terms) - 1]
    sign, last = terms[-2 if is_open else -1]
    ends = {picked for picked in _picks(last) if re.fullmatch("[1-9A-Z]", picked)}
    if is_open:  # what all its entries have
        ends = set.intersection(_picks(last), *(_picks(part) for part in last.walk() if part.op == "index"))
    aim = last.renamed(end := min(ends, default=""), letter)

    def is_like(at: int, start: int) -> bool:
        """Whether it is one of the terms that begin at `start`: the second, the third; behind dots, any."""
        before, term = terms[at]
        entries = [str(at - start + 1)] if at < dots[0] else _picks(term)
        return term.op == "dots" or (before == sign and any(term.renamed(entry, letter) == aim for entry in entries))

    starts = range(dots[0] or 1) if len(ends) == 1 and (is_open or dots[-1:] == [len(terms) - 2]) else ()
    return next((n for n in starts if all(is_like(at, n) for at in range(n, len(terms)))), None), sign, aim, end


def _vanishes(term: Node) -> bool:
    """Whether a term is written as 0, or as a product with it."""
    return term == Node("number", (0.0,)) or (term.op in ("beside", "dot", "*") and any(map(_vanishes, term.args)))


def _picks(node: Node) -> set[str]:
    picked = (letter for part in node.walk() if part.op in ("index", "delta") for letter in part.args)
    return {letter for letter in picked if isinstance(letter, str)}


def terms_of(node: Node) -> list[tuple[str, Node]]:
    """The terms of a sum, each with its sign."""
    if node.op in ("+", "-"):
        return [*terms_of(node.args[0]), (node.op, node.args[1])]
    if node.op == "neg":
        return [("-", node.args[0])]
    if node.op in ("beside", "dot", "*", "/"):  # with the minus that its first factor has
        first, *more = terms_of(node.args[0])
        return [("+", node)] if more else [(first[0], Node(node.op, (first[1], node.args[1])))]
    return [("+", node)]


def written_out(node: Node, definitions: Mapping[Node, Node], fully: bool = False) -> Node:
    """With what it is in place of each of these parts, which are names, functions by their names, or derivatives.
    fully: as far down as that goes."""
    if fully:
        for _ in definitions:
            if sum(1 for _ in node.walk()) > MOST_NODES:
                break
            node = written_out(node, definitions)
        return node
    if node in definitions:
        return definitions[node]
    if node.op == "applied" and node.args[0].node in definitions:
        told, of = node.args
        return written_out(definitions[told.node], {told.of: written_out(of, definitions)})
    if node.op == "D":  # what it is taken by stays a name
        return Node("D", (written_out(node.args[0], definitions), node.args[1]))
    return node.changed(lambda part: written_out(part, definitions))
