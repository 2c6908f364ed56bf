"""Wrong turns, as rewritings of a tree: each yields what a part of a line could have been taken for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, reduce
from itertools import islice, product, repeat
from math import prod
from typing import Literal

from utils.judge.algebra.notation import parse
from utils.judge.algebra.tree import Node

MOST_WAYS = 120  # of making, or undoing, one slip in one line
LINEAR = {"neg", "+", "-", "*", "/", "@", "T", "index", "sum", "total", "diag"}
ONE, ZERO = Node("number", (1.0,)), Node("number", (0.0,))


@dataclass(frozen=True)
class Context:
    """What a slip may need to know. variable: what the question takes its derivative by, if by anything. case: of i and
    k, "i = k" or "i != k", if y is one-hot at k. line: the reader's own, where the one above is spoilt; above: the line
    that the reader came from, where the own is mended."""

    variable: Node | None
    case: str
    line: Node | None = None
    above: Node | None = None


Rewrite = Callable[[Node, Context], Iterable[Node]]
At = Literal["parts", "terms", "whole"]
Table = Mapping[str, str | Sequence[str]]  # what a part looks like in the notation: what it becomes


# ---- trees --------------------------------------------------------------------------------------------------------


def everywhere(node: Node, rewrite: Rewrite, context: Context | None, at: At = "parts") -> Iterator[Node]:
    """The tree with one part rewritten, in the first ways of all; but not what a derivative is taken by. at: only the
    whole, or only its terms and factors, not what stands in an exponent, a denominator, a derivative or another
    function."""

    def ways(part: Node) -> Iterator[Node]:
        yield from (new for new in rewrite(part, context) if new != part)
        if at == "whole" or (at == "terms" and part.op not in LINEAR):
            return
        first_alone = part.op == "D" or (at == "terms" and part.op == "/")
        for n, arg in enumerate(part.args[:1] if first_alone else part.args):
            for new in ways(arg) if isinstance(arg, Node) else ():
                yield Node(part.op, (*part.args[:n], new, *part.args[n + 1 :]))

    return islice(ways(node), MOST_WAYS)


def neg(a: Node) -> Node:
    return a.args[0] if a.op == "neg" else Node("neg", (a,))


def times(a: Node, b: Node) -> Node:
    return Node("*", (a, b))


def plain(node: Node) -> Node:
    """One tree for all lines that differ in order, in brackets, in where a minus stands, or in a 0 or 1 that does
    nothing."""
    sign, tree = signed(node)
    return tree if sign > 0 else Node("neg", (tree,))


@lru_cache(1024)
def signed(node: Node) -> tuple[int, Node]:
    """The sign in front, and one tree for all that it can stand before."""
    terms = sorted((t for t in _terms(node) if t[1] != ZERO), key=lambda t: repr(t[1])) or [(1, ZERO)]
    first = terms[0][0]  # the sign of the whole is that of its first term
    trees = [tree if sign == first else Node("neg", (tree,)) for sign, tree in terms]
    return first, reduce(lambda a, b: Node("+", (a, b)), trees)


def _factors(node: Node, is_above: bool = True) -> list[tuple[Node, bool]]:
    """The factors of a product, and whether each stands above the bar."""
    if node.op not in ("*", "/"):
        return [(node, is_above)]
    a, b = node.args
    return [*_factors(a, is_above), *_factors(b, is_above == (node.op == "*"))]


def _terms(node: Node) -> list[tuple[int, Node]]:
    """The terms of a sum, each with its sign and as one tree for all that it could be written as."""
    match node:
        case Node("number", (value,)):
            return [(-1 if value < 0 else 1, Node("number", (abs(value),)))]
        case Node("+" | "-" | "neg" as op, (*before, last)):
            turned = 1 if op == "+" else -1
            return [*(t for a in before for t in _terms(a)), *((turned * sign, tree) for sign, tree in _terms(last))]
        case Node("*" | "/" | "@" | "T" | "D" | "sum" | "total" | "diag" as op, args):
            parts = [signed(arg) if isinstance(arg, Node) else (1, arg) for arg in args]
            sign, trees = prod(sign for sign, _ in parts), tuple(part for _, part in parts)
            if op not in ("*", "/"):
                return [(sign, Node(op, trees))]
            factors = sorted(_factors(Node(op, trees)), key=repr)
            top = reduce(times, [factor for factor, is_above in factors if is_above and factor != ONE] or [ONE])
            if below := [factor for factor, is_above in factors if not is_above]:
                return [(sign, Node("/", (top, reduce(times, below))))]
            return [(sign * s, t) for s, t in _terms(top)] if top.op == "+" else [(sign, top)]
    return [(1, node.changed(plain))]


def cancels(line: Node) -> bool:
    """Whether something is added in a line and taken away again: it could be anything, and tells nothing of the way."""
    for node in line.walk():
        if node.op in ("+", "-"):
            terms = {term for term in _terms(node) if term[1].op != "number"}
            if any((-sign, tree) in terms for sign, tree in terms):
                return True
    return False


def on_the_way(node: Node) -> Iterator[Node]:
    """The same value with no derivative taken, then with one step taken of each, and so on as far as it goes."""
    seen = None
    while node != seen:
        yield node
        seen, node = node, _one_step(node)


# ---- rules in the notation ----------------------------------------------------------------------------------------

# What a name in a rule stands for: any part, if it is none of these. A letter stands for any letter.
STANDS_FOR = {
    "c": lambda part: part.op == "number",
    "u": lambda part: part.op != "number",
    "w": lambda part: part.op != "number",
    "f": lambda part: part.op not in ("number", "*"),
    "t": lambda part: part.op != "/",
    "s": lambda part: part.op in ("sum", "total"),
    "g": lambda part: part.has("exp"),
    "x": lambda part: part.op == "name",
    "p": lambda part: part.op != "name",
    # y at a letter that means one entry throughout
    "o": [Node("index", (Node("name", ("y",)), letter)) for letter in "ik"].__contains__,
    # what moves, and has no derivative in it, taken (as a delta comes from) or not
    "r": lambda part: not (part.names <= {"y"} or part.has("D", "delta")),
}
ANY_PART, THEMSELVES = ("a", "b", "q", "v"), ("theta", "y", "y_hat", "h")
ANY_SIGN = {"±": "+-", "°": "*@/", "¤": "*@/", "•": "*@/"}  # each is one of these throughout a rule
VARIABLE = "V"  # what the question takes its derivative by


def rules(table: Table) -> Rewrite:
    """A rewriting that is told in the notation. A letter of a result that is not in the pattern is itself, and there
    `sum(delta(i, j) * a, j)` is a with i in the place of j."""

    @cache  # read when it is first used: a grammar takes a while to build
    def known() -> dict[str, list[tuple[Node, list[Node]]]]:
        found: dict[str, list[tuple[Node, list[Node]]]] = {}
        names = *STANDS_FOR, *ANY_PART, *THEMSELVES, VARIABLE
        for text, becomes in table.items():
            marks = [mark for mark in ANY_SIGN if mark in text]
            for signs in product(*map(ANY_SIGN.get, marks)):
                meant = str.maketrans(dict(zip(marks, signs, strict=True)))
                texts = text, *((becomes,) if isinstance(becomes, str) else becomes)
                pattern, *results = (parse(each.translate(meant), names) for each in texts)
                found.setdefault(pattern.op, []).append((pattern, results))
        return found

    def rewrite(node: Node, context: Context | None = None) -> Iterator[Node]:
        for pattern, results in (rule for op in dict.fromkeys((node.op, "name")) for rule in known().get(op, ())):
            bound: dict[str | None, object] = {VARIABLE: context and context.variable}
            if _fits(pattern, node, bound):
                yield from (_filled(result, bound) for result in results)

    return rewrite


def _fits(pattern: object, part: object, bound: dict[str | None, object]) -> bool:
    """Whether a part looks like a pattern. bound: what the pattern's names and letters stand for."""
    match pattern:
        case float():
            return pattern == part
        case str() | None:  # a letter; or None, for what a sum leaves out, which every sum of the rule then does
            return part != ":" and bound.setdefault(pattern, part) == part
        case Node("name", (name,)) if name in THEMSELVES:
            return pattern == part
        case Node("name", ("r",)) if part.op == "name" and part == bound.get(VARIABLE):
            return False  # the derivative of a row by itself is a matrix
        case Node("name", (name,)):
            return (name in ANY_PART or STANDS_FOR[name](part)) and bound.setdefault(name, part) == part
    fits = pattern.op == part.op and len(pattern.args) == len(part.args)
    return fits and all(map(_fits, pattern.args, part.args, repeat(bound)))


def _filled(result: Node, bound: Mapping[str | None, object]) -> Node:
    if result.op == "name":
        return bound.get(result.args[0], result)
    args = tuple(_filled(arg, bound) if isinstance(arg, Node) else bound.get(arg, arg) for arg in result.args)
    match result.op, args:
        case "neg", (a,):
            return neg(a)
        case "sum", (Node("*", (Node("delta", (new, letter)), a)), over, _) if letter == over:
            return a.renamed(letter, new)
    return Node(result.op, args)


term_by_term = rules({"D(-a, v)": "-D(a, v)", "D(a ± b, v)": "D(a, v) ± D(b, v)"})
one_rule = rules(
    {
        "D(sigma(a), v)": "D(1 / (1 + exp(-a)), v)",
        "D(log(a), v)": "1 / a * D(a, v)",
        "D(exp(a), v)": "exp(a) * D(a, v)",
        "D(a * b, v)": "D(a, v) * b + a * D(b, v)",
        "D(a / c, v)": "D(a, v) / c",
        "D(c / u, v)": "-(c / u ** 2) * D(u, v)",
        "D(u / w, v)": "(D(u, v) * w - u * D(w, v)) / w ** 2",
    }
)


def throughout(rule: Rewrite) -> Callable[[Node], Node]:
    def rewrite(node: Node) -> Node:
        node = node.changed(rewrite)
        return next(rule(node), node)

    return rewrite


one_hot = throughout(rules({"sum(y[j] * a, j)": "sum(delta(k, j) * a, j)"}))  # if y is one-hot at k
over_all = throughout(rules({"sum(D(a, b) * D(b, v), j)": "D(a, v)"}))
in_one = throughout(rules({"D(a, b) @ D(b, v)": "D(a, v)", "D(a, b) * D(b, v)": "D(a, v)"}))
in_powers = throughout(rules({"sigma(a)": "1 / (1 + exp(-a))", "a ** -1": "1 / a"}))


def as_asked(line: Node) -> Node:
    """The same with the chain rule undone, and every sigma and every reciprocal in one form."""
    return in_powers(in_one(over_all(line)))


@lru_cache(256)
def spread(node: Node) -> Node:
    """The same value with every derivative taken of single terms."""
    for term in term_by_term(node):
        return spread(term)
    return node if node.op == "D" else node.changed(spread)


def _one_step(node: Node) -> Node:
    if (single := spread(node)) != node:
        return single
    match node:
        case Node("D", (Node("**", (a, power)), v)):
            return times(times(Node("number", (power,)), Node("**", (a, power - 1))), Node("D", (a, v)))
        case Node("D", _):
            return next(one_rule(node), node)
    return node.changed(_one_step)


def operator_twice(node: Node, context: Context) -> Iterator[Node]:
    if node.op == "D" and not node.args[0].names <= {"y"}:
        due = on_the_way(context.above or context.line)
        if not any(node == part for step in due for part in step.walk()):
            yield node.args[0]
            yield Node("diag", node.args[:1])


def in_several(table: Table) -> Rewrite:
    """A rule, at one, two or all of the parts of the whole tree that it fits."""
    rule = rules(table)
    in_all = throughout(rule)

    def rewrite(node: Node, context: Context) -> Iterator[Node]:
        once = list(everywhere(node, rule, context))
        yield from (*once, in_all(node))
        for tree in once:
            yield from everywhere(tree, rule, context)

    return rewrite
