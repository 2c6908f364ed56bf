"""Wrong turns, as rewritings of a tree: each yields what a part of a line could have been taken for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import combinations
from math import prod

from utils.derivation.notation import Node

ONE, ZERO = Node("number", (1.0,)), Node("number", (0.0,))


@dataclass(frozen=True)
class Context:
    """What a slip may need to know. variable: what the question takes its derivative by, if by anything. letters: that
    mean one entry; same: whether they are one and the same; target: what y is one-hot at, if it is. line: the reader's
    own, where the one above is spoilt; above: the line that the reader came from, where the own is mended."""

    variable: Node | None
    letters: tuple[str, ...]
    target: str | None
    same: bool
    line: Node | None = None
    above: Node | None = None


Rewrite = Callable[[Node, Context], Iterable[Node]]


# ---- trees --------------------------------------------------------------------------------------------------------


def replaced(node: Node, path: tuple[int, ...], new: Node) -> Node:
    if not path:
        return new
    args = list(node.args)
    args[path[0]] = replaced(args[path[0]], path[1:], new)
    return Node(node.op, tuple(args))


def places(node: Node, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Node]]:
    """Every part with the way to it, the whole first; but not what a derivative is taken by."""
    yield path, node
    for n, arg in enumerate(node.args[:1] if node.op == "D" else node.args):
        if isinstance(arg, Node):
            yield from places(arg, (*path, n))


def linear_places(node: Node, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Node]]:
    """Of these, the terms and the factors: not what stands in an exponent, a denominator or another function."""
    yield path, node
    if node.op in ("neg", "+", "-", "*", "/", "@", "T", "index", "sum", "total", "diag"):
        for n, arg in enumerate(node.args[:1] if node.op == "/" else node.args):
            if isinstance(arg, Node):
                yield from linear_places(arg, (*path, n))


def everywhere(node: Node, rewrite: Rewrite, context: Context, whole: bool = False) -> Iterator[Node]:
    """The tree with one part rewritten, in every way."""
    for path, part in places(node):
        if path and whole:
            break
        for new in rewrite(part, context):
            if new != part:
                yield replaced(node, path, new)


def with_letter(node: Node, old: str, new: str) -> Node:
    """Every `old` that counts is `new`."""
    args = (with_letter(a, old, new) if isinstance(a, Node) else new if a == old else a for a in node.args)
    return Node(node.op, tuple(args))


def neg(a: Node) -> Node:
    return a.args[0] if a.op == "neg" else Node("neg", (a,))


def times(a: Node, b: Node) -> Node:
    return Node("*", (a, b))


def over(a: Node, b: Node) -> Node:
    return Node("/", (a, b))


def D(a: Node, variable: Node) -> Node:
    return Node("D", (a, variable))


def minus_one(a: Node) -> Node:
    return Node("-", (ONE, a))


def plain(node: Node) -> Node:
    """One tree for all lines that differ in order, in brackets, in where a minus stands, or in a 0 or 1 that does
    nothing."""
    sign, tree = _signed(node)
    return tree if sign > 0 else Node("neg", (tree,))


@lru_cache(1024)
def _signed(node: Node) -> tuple[int, Node]:
    match node:
        case Node("number", (value,)):
            return (-1 if value < 0 else 1), Node("number", (abs(value),))
        case Node("neg", (a,)):
            sign, tree = _signed(a)
            return -sign, tree
        case Node("+" | "-", _):
            terms = sorted((t for t in _terms(node) if t[1] != ZERO), key=lambda t: repr(t[1])) or [(1, ZERO)]
            first = terms[0][0]  # the sign of the whole is that of its first term
            trees = [tree if sign == first else Node("neg", (tree,)) for sign, tree in terms]
            return first, reduce(lambda a, b: Node("+", (a, b)), trees)
        case Node("*" | "/" | "@" | "T" | "D" | "sum" | "total" | "diag" as op, args):
            parts = [_signed(arg) if isinstance(arg, Node) else (1, arg) for arg in args]
            sign, trees = prod(sign for sign, _ in parts), tuple(part for _, part in parts)
            if op not in ("*", "/"):
                return sign, Node(op, trees)
            (a, below_a), (b, below_b) = map(_bar, trees)
            above, below = (a + b, below_a + below_b) if op == "*" else (a + below_b, below_a + b)
            top = reduce(times, sorted((factor for factor in above if factor != ONE), key=repr) or [ONE])
            return sign, over(top, reduce(times, sorted(below, key=repr))) if below else top
    return 1, Node(node.op, tuple(plain(a) if isinstance(a, Node) else a for a in node.args))


def _bar(node: Node) -> tuple[list[Node], list[Node]]:
    """The factors above and below the bar."""
    above, *below = node.args if node.op == "/" else (node,)
    return _factors(above, "*"), [factor for part in below for factor in _factors(part, "*")]


def _terms(node: Node) -> list[tuple[int, Node]]:
    """The terms of a sum, each with its sign."""
    if node.op not in ("+", "-", "neg"):
        sign, tree = _signed(node)
        return [(sign, tree)] if tree.op != "+" else [(sign * s, t) for s, t in _terms(tree)]
    *before, last = node.args
    turned = -1 if node.op in ("-", "neg") else 1
    return [*(t for a in before for t in _terms(a)), *((turned * sign, tree) for sign, tree in _terms(last))]


@lru_cache(256)
def spread(node: Node) -> Node:
    """The same value with every derivative taken of single terms."""
    if node.op != "D":
        return Node(node.op, tuple(spread(a) if isinstance(a, Node) else a for a in node.args))
    body, v = node.args
    match body:
        case Node("neg", (a,)):
            return neg(spread(D(a, v)))
        case Node("+" | "-" as op, (a, b)):
            return Node(op, (spread(D(a, v)), spread(D(b, v))))
    return node


def written_out(node: Node, definitions: Mapping[str, Node]) -> Node:
    """With the definition in place of each of these names."""
    if node.op == "name":
        return definitions.get(node.args[0], node)
    if node.op == "D":  # what it is taken by stays a name
        return D(written_out(node.args[0], definitions), node.args[1])
    return Node(node.op, tuple(written_out(a, definitions) if isinstance(a, Node) else a for a in node.args))


def collapsed(node: Node, context: Context) -> Node:
    """The same value, if y is one-hot at the target: of a sum over y the one term is left."""
    match node:
        case Node("sum", (body, letter, None)) if context.target:
            for factor in [part for part in body.walk() if part == Node("index", (Node("name", ("y",)), letter))]:
                return with_letter(_without(body, factor), letter, context.target)
    return Node(node.op, tuple(collapsed(a, context) if isinstance(a, Node) else a for a in node.args))


def _without(node: Node, factor: Node) -> Node:
    """With 1 in place of a factor, and without it where it multiplies."""
    if node.op == "*" and factor in node.args:
        return node.args[1 - node.args.index(factor)]
    if node == factor:
        return ONE
    return Node(node.op, tuple(_without(a, factor) if isinstance(a, Node) else a for a in node.args))


def on_the_way(node: Node) -> Iterator[Node]:
    """The same value with no derivative taken, then with one step taken of each, and so on as far as it goes."""
    seen = None
    while node != seen:
        yield node
        seen, node = node, _one_step(node)


def _one_step(node: Node) -> Node:
    if (single := spread(node)) != node:
        return single
    if node.op != "D":
        return Node(node.op, tuple(_one_step(a) if isinstance(a, Node) else a for a in node.args))
    body, v = node.args
    match body:
        case Node("sigma", (a,)):
            return D(over(ONE, Node("+", (ONE, Node("exp", (neg(a),))))), v)
        case Node("log", (a,)):
            return times(over(ONE, a), D(a, v))
        case Node("exp", (a,)):
            return times(body, D(a, v))
        case Node("**", (a, power)):
            return times(times(Node("number", (power,)), Node("**", (a, power - 1))), D(a, v))
        case Node("*", (a, b)):
            return Node("+", (times(D(a, v), b), times(a, D(b, v))))
        case Node("/", (a, Node("number", _) as b)):
            return over(D(a, v), b)
        case Node("/", (Node("number", _) as a, b)):
            return times(neg(over(a, Node("**", (b, 2.0)))), D(b, v))
        case Node("/", (a, b)):
            above = Node("-", (times(D(a, v), b), times(a, D(b, v))))
            return over(above, Node("**", (b, 2.0)))
    return node


# ---- the derivative and its operator ------------------------------------------------------------------------------


def value_for_operator(node: Node, context: Context) -> Iterator[Node]:
    if node.op == "*":
        for derivative, other in (node.args, node.args[::-1]):
            if derivative.op == "D" and derivative.args[0].op == "name":
                yield D(other, derivative.args[1])


def operator_twice(line: Node, context: Context) -> Iterator[Node]:
    due = {part for step in on_the_way(context.above or line) for part in step.walk() if part.op == "D"}
    parts = dict(places(line))
    for path, part in parts.items():
        if part.op == "D" and part not in due and _moves(part.args[0]):
            factor = path and parts[path[:-1]].op in ("*", "@")
            if not (factor and part.args[0].op in ("name", "index")):  # a mere factor is not differentiated yet
                yield replaced(line, path, part.args[0])
                yield replaced(line, path, Node("diag", part.args[:1]))


def operator_lost(line: Node, context: Context) -> Iterator[Node]:
    if not context.variable or (context.above and _operators(line) >= _operators(spread(context.above))):
        return
    for path, part in linear_places(line):
        itself = part == context.variable and part.op == "name"  # the derivative of a row by itself is a matrix
        if _moves(part) and not itself and not part.has("D"):
            yield replaced(line, path, D(part, context.variable))


def _moves(part: Node) -> bool:
    return any(node.op == "name" and node.args[0] != "y" for node in part.walk())


def _operators(line: Node) -> int:
    return sum(node.op == "D" for node in line.walk())


def outer_forgotten(node: Node, context: Context) -> Iterator[Node]:
    match node:
        case Node("D", (Node("log" | "exp" | "sigma", (a,)), v)):
            yield D(a, v)
        case Node("D", (Node("/", (Node("number", _), a)), v)):
            yield D(a, v)
            yield neg(D(a, v))


def denominator_forgotten(node: Node, context: Context) -> Iterator[Node]:
    match node:
        case Node("/", (a, b)) if b.has("exp") and a.op != "number":
            yield a
        case Node("softmax", (a,)):
            yield Node("exp", (a,))
        case Node("index", (Node("name", ("y_hat",)), i)):
            yield Node("exp", (Node("index", (Node("name", ("theta",)), i)),))


def inner_forgotten(node: Node, context: Context) -> Iterator[Node]:
    match node:
        case Node("D", (Node("log", (a,)), _)):
            yield over(ONE, a)
        case Node("D", (Node("exp", (a,)) as whole, v)) if a != v:
            yield whole
        case Node("D", (Node("sigma", (a,)) as s, v)) if a != v:
            yield times(s, minus_one(s))
        case Node("D", (Node("/", (Node("number", (c,)), a)), _)):
            yield over(Node("number", (-c,)), Node("**", (a, 2.0)))
            yield over(Node("number", (c,)), Node("**", (a, 2.0)))
        case Node("D", (Node("**", (a, power)), _)):
            yield times(Node("number", (power,)), Node("**", (a, power - 1)))
        case Node("D", (Node("index", (Node("name", ("h",)), j)), _)):
            h = Node("index", (Node("name", ("h",)), j))
            yield times(h, minus_one(h))


def upside_down(node: Node, context: Context) -> Iterator[Node]:
    match node:
        case Node("D", ((Node("name", _) | Node("index", (Node("name", _), *_))) as a, v)) if ":" not in a.args:
            yield D(v, a)


def product_rule(node: Node, context: Context) -> Iterator[Node]:
    match node:
        case Node("D", (Node("*" | "/" as op, (a, b)), v)) if "number" not in (a.op, b.op):
            yield Node(op, (D(a, v), D(b, v)))
            if op == "*":
                yield times(D(a, v), b)
                yield times(a, D(b, v))


def product_of_derivatives(node: Node, context: Context) -> Iterator[Node]:
    match node:
        case Node("*", (Node("D", (a, v)), Node("D", (b, w)))) if v == w:
            yield D(times(a, b), v)


def derivative_of_one_factor(node: Node, context: Context) -> Iterator[Node]:
    match node:
        case Node("*", (Node("D", (a, v)), Node("D", (b, w)))) if v == w:
            yield times(node.args[0], b)
            yield times(a, node.args[1])


def quotient_rule(node: Node, context: Context) -> Iterator[Node]:
    match node:
        case Node("D", (Node("/", (a, b)), v)) if b.op != "number":
            for op, first, second in (("+", a, b), ("-", b, a)):
                top = Node(op, (times(D(first, v), second), times(first, D(second, v))))
                yield over(top, Node("**", (b, 2.0)))
            top = Node("-", (times(D(a, v), b), times(a, D(b, v))))
            yield over(top, b)


def one_term(node: Node, context: Context) -> Iterator[Node]:
    match node:
        case Node("D", (Node("sum", (body, letter, None)), Node("index", (_, i)) as v)):
            yield D(with_letter(body, letter, i), v)
        case Node("D", (Node("total", (Node(f, (Node("name", (name,)),)),)), Node("index", (_, i)) as v)):
            yield D(Node(f, (Node("index", (Node("name", (name,)), i)),)), v)


def all_terms(node: Node, context: Context) -> Iterator[Node]:
    match node:
        case Node("D", (Node("sum", (body, letter, None)), Node("index", (base, _)))):
            yield Node("sum", (D(body, Node("index", (base, letter))), letter, None))
            if body == Node("exp", (Node("index", (base, letter)),)):  # its own derivative
                yield node.args[0]
        case Node("D", (Node("total", (Node("exp", _) as body,)), _)):
            yield Node("total", (body,))


def one_for_all_terms(line: Node, context: Context) -> Iterator[Node]:
    """One term where the whole sum stands, if there was a derivative that could have left it."""
    if not (context.above and context.above.has("D") and context.variable and context.variable.op == "index"):
        return
    letter = context.variable.args[1]
    for path, part in linear_places(line):
        match part:
            case Node("sum", (body, over_all, None)) if not body.has("D"):
                yield replaced(line, path, with_letter(body, over_all, letter))
            case Node("total", (Node("exp", (Node("name", _) as row,)),)):
                yield replaced(line, path, Node("exp", (Node("index", (row, letter)),)))


def reciprocal(node: Node, context: Context) -> Iterator[Node]:
    match node:
        case Node("D", (Node("/", (Node("number", _) as a, b)), v)):
            yield over(a, D(b, v))
            yield neg(over(a, D(b, v)))


def one_denominator(node: Node, context: Context) -> Iterator[Node]:
    match node:
        case Node("+" | "-" as op, (a, Node("/", (b, c)))) if a.op != "/":
            yield over(Node(op, (a, b)), c)
        case Node("+" | "-" as op, (Node("/", (a, c)), b)) if b.op != "/":
            yield over(Node(op, (a, b)), c)


def sum_for_constant(node: Node, context: Context) -> Iterator[Node]:
    match node:
        case Node("D", (Node("log", (a,)) | Node("/", (Node("number", _), a)), _)) if a.op in ("sum", "total"):
            yield ZERO
        case Node("D", (Node("/", (a, b)), v)) if b.op in ("sum", "total"):
            yield over(D(a, v), b)


def sum_of_product(node: Node, context: Context) -> Iterator[Node]:
    match node:
        case Node("sum", (Node("*" | "/" as op, (a, b)), letter, without)):
            yield Node(op, (Node("sum", (a, letter, without)), Node("sum", (b, letter, without))))
        case Node("total", (Node("*", (a, b)),)):
            yield times(Node("total", (a,)), Node("total", (b,)))


def own_variable(node: Node, context: Context) -> Iterator[Node]:
    match node:
        case Node("sum", (Node("D", (body, Node("index", (base, letter)))), over_all, without)):
            moved = context.variable
            if letter == over_all and moved and moved.op == "index" and moved.args[0] == base:
                yield D(Node("sum", (body, over_all, without)), moved)


def term_left_out(node: Node, context: Context) -> Iterator[Node]:
    match node:
        case Node("sum", (body, letter, None)):
            yield from (Node("sum", (body, letter, without)) for without in context.letters)


# ---- logarithms ---------------------------------------------------------------------------------------------------


def log_of_quotient(node: Node, context: Context) -> Iterator[Node]:
    match node:
        case Node("log", (Node("/", (a, b)),)):
            log_a, log_b = Node("log", (a,)), Node("log", (b,))
            yield over(log_a, log_b)
            yield Node("+", (log_a, log_b))
            yield Node("-", (log_b, log_a))
            yield Node("-", (log_a, b))
            if a.op == "exp":
                yield over(a.args[0], log_b)
                yield Node("-", (a, log_b))
                yield Node("-", (a.args[0], b))


def log_of_sum(node: Node, context: Context) -> Iterator[Node]:
    match node:
        case Node("log", (Node("sum", (body, letter, without)),)):
            yield Node("sum", (Node("log", (body,)), letter, without))
            if body.op == "exp":
                yield Node("sum", (body.args[0], letter, without))
        case Node("log", (Node("total", (body,)),)):
            yield Node("total", (Node("log", (body,)),))
            if body.op == "exp":
                yield Node("total", body.args)
        case Node("log", (Node("+" | "-" as op, (a, b)),)):
            yield Node(op, (Node("log", (a,)), Node("log", (b,))))


# ---- signs --------------------------------------------------------------------------------------------------------


def whole_sign(node: Node, context: Context) -> Iterator[Node]:
    yield neg(node)


def constant_sign(node: Node, context: Context) -> Iterator[Node]:
    if node.op in ("+", "-"):
        for n, arg in enumerate(node.args):
            if (arg.args[0] if arg.op == "neg" else arg).op == "number":
                yield Node(node.op, tuple(neg(a) if m == n else a for m, a in enumerate(node.args)))


def term_sign(node: Node, context: Context) -> Iterator[Node]:
    if node.op in ("+", "-"):
        yield Node("-" if node.op == "+" else "+", node.args)
        yield Node(node.op, (neg(node.args[0]), node.args[1]))
    elif node.op == "neg":
        yield node.args[0]
    elif node.op in ("D", "sum", "log", "index", "/"):
        yield neg(node)


def not_distributed(node: Node, context: Context) -> Iterator[Node]:
    if context.line and any(map(_minus_before_brackets, context.line.walk())):
        return  # it is still where it was, so that no term was missed
    match node:
        case Node("neg", (Node("+" | "-" as op, (a, b)),)):
            yield Node(op, (neg(a), b))
        case Node("-", (c, Node("+" | "-" as op, (a, b)))):
            yield Node(op, (Node("-", (c, a)), b))
        case Node("neg", (D_sum,)) if D_sum.op == "D" and D_sum.args[0].op in ("+", "-"):
            (a, b), v = D_sum.args[0].args, D_sum.args[1]
            yield Node(D_sum.args[0].op, (neg(D(a, v)), D(b, v)))
        case Node("D", (Node("neg", (Node("+" | "-" as op, (a, b)),)), v)):
            yield D(Node(op, (neg(a), b)), v)


def _minus_before_brackets(node: Node) -> bool:
    return node.op in ("neg", "-") and node.args[-1].op in ("+", "-")


# ---- factors and brackets -----------------------------------------------------------------------------------------


def factor_dropped(node: Node, context: Context) -> Iterator[Node]:
    if node.op in ("*", "@"):
        yield from (kept for kept, dropped in (node.args, node.args[::-1]) if dropped.op != "number")


def factor_too_many(line: Node, context: Context) -> Iterator[Node]:
    """The line without one of its factors; not those of a single term of it."""
    yield from factor_dropped(line, context)
    if line.op in ("neg", "*", "@", "T"):
        for n, arg in enumerate(line.args):
            for new in factor_too_many(arg, context):
                yield replaced(line, (n,), new)


def brackets(node: Node, context: Context) -> Iterator[Node]:
    """A sum that had lost its brackets to the product or the quotient beside it."""
    if node.op in ("+", "-"):
        a, b = node.args
        yield from _at_the_end(b, 0, lambda first: Node(node.op, (a, first)))
        yield from _at_the_end(a, 1, lambda last: Node(node.op, (last, b)))
        if node.op == "+":
            yield from _at_the_end(b, 1, lambda last: Node("+", (last, a)))


def grouped(node: Node, context: Context) -> Iterator[Node]:
    """a @ b * c as a @ (b * c), and a * b @ c as a * (b @ c)."""
    match node:
        case Node("*" | "@" as last, (Node("*" | "@" as first, (a, b)), c)) if first != last:
            yield Node(first, (a, Node(last, (b, c))))


def _at_the_end(node: Node, side: int, change: Callable[[Node], Node]) -> Iterator[Node]:
    """A product or a quotient with its first (0) or last (1) factor changed, however many count as one."""
    if node.op in ("*", "@", "/"):
        factor = node.args[side]
        for new in (change(factor), *_at_the_end(factor, side, change)):
            yield replaced(node, (side,), new)


# ---- indices and cases --------------------------------------------------------------------------------------------


def index(node: Node, context: Context) -> Iterator[Node]:
    letters = {*context.letters, "j"}
    if node.op in ("index", "delta"):
        start = 1 if node.op == "index" else 0
        for n in range(start, len(node.args)):
            for letter in sorted(letters - {node.args[n], ":"}):
                yield Node(node.op, (*node.args[:n], letter, *node.args[n + 1 :]))
        if node.op == "index" and len(node.args) == 3:
            yield Node("index", (node.args[0], node.args[2], node.args[1]))
    if node.op == "sum":
        body, letter, without = node.args
        for other in context.letters:
            yield Node("sum", (with_letter(body, other, letter), letter, without))
            if letter == other:
                yield Node("sum", (with_letter(body, letter, "m"), "m", without))


def all_of_a_letter(node: Node, context: Context) -> Iterator[Node]:
    for old in ("i", "j", "k"):
        for new in context.letters:
            yield with_letter(node, old, new)


def same_for_other(node: Node, context: Context) -> Iterator[Node]:
    if context.same or context.target is None or context.variable is None:
        return
    match node:
        case Node("D", (Node("index", (Node("name", ("theta",)), _)), _)):
            yield ONE
        case Node("index", (Node("name", ("y",)), letter)) if letter in context.letters and letter != context.target:
            yield ONE
    if node.op in ("D", "log"):
        yield with_letter(node, context.target, context.variable.args[1])


def other_for_same(node: Node, context: Context) -> Iterator[Node]:
    if not context.same:
        return
    match node:
        case Node("D", (Node("index", (Node("name", ("theta",)), _)), _)):
            yield ZERO
        case Node("index", (Node("name", ("y",)), letter)) if letter in context.letters:
            yield ZERO


def softmax_prime(node: Node, context: Context) -> Iterator[Node]:
    match node:
        case Node("D", (Node("index", (Node("name" | "softmax", _) as base, a)), Node("index", (_, b)))):
            if base in (Node("name", ("y_hat",)), Node("softmax", (Node("name", ("theta",)),))):
                p, q = Node("index", (base, a)), Node("index", (base, b))
                yield times(p, minus_one(p))
                yield times(q, minus_one(q))
                yield times(p, minus_one(q))
                yield neg(times(p, q))


def softmax_factor(node: Node, context: Context) -> Iterator[Node]:
    """p (1 - p) where 1 - p stands."""
    match node:
        case Node("-", (one, Node("index", (Node("name", ("y_hat",)) | Node("softmax", _), _)) as p)) if one == ONE:
            yield times(p, node)


# ---- matrices -----------------------------------------------------------------------------------------------------


def _one_two_or_all(node: Node, ops: Collection[str], change: Callable[[Node], Node]) -> Iterator[Node]:
    """The whole tree with one, two or all of the parts changed that have one of these ops."""
    able = [path for path, part in places(node) if part.op in ops]
    able.sort(key=len, reverse=True)  # the deepest first: what is changed inside a part is kept when the part is
    for count in dict.fromkeys((1, 2, len(able))):
        for chosen in combinations(able, count):
            tree = node
            for path in chosen:
                part = reduce(lambda node, n: node.args[n], path, tree)
                tree = replaced(tree, path, change(part))
            yield tree


def to_entrywise(node: Node, context: Context) -> Iterator[Node]:
    yield from _one_two_or_all(node, ("@",), lambda part: Node("*", part.args))


def to_matrix_product(node: Node, context: Context) -> Iterator[Node]:
    yield from _one_two_or_all(node, ("*",), lambda part: Node("@", part.args))


def transposed(node: Node, context: Context) -> Iterator[Node]:
    turnable = "T", "name", "@", "D", "-"
    yield from _one_two_or_all(node, turnable, lambda part: part.args[0] if part.op == "T" else Node("T", (part,)))


def on_its_side(node: Node, context: Context) -> Iterator[Node]:
    if node.op == "@":
        yield Node("T", (node,))


def order(node: Node, context: Context) -> Iterator[Node]:
    if node.op == "@":
        a, b = node.args
        yield Node("@", (b, a))
        yield reduce(lambda left, right: Node("@", (left, right)), reversed(_factors(node, "@")))
        if a.op in ("@", "*"):  # a chain: the last two factors exchanged
            yield Node("@", (Node(a.op, (a.args[0], b)), a.args[1]))
    first, *steps = _left_to_right(node)
    for n, step in enumerate(steps):
        rest = steps[:n] + steps[n + 1 :]
        for m in range(len(steps)):
            turns = [*rest[:m], step, *rest[m:]]
            yield reduce(lambda left, turn: Node(turn.op, (left, turn.args[1])), turns, first)


def _factors(node: Node, op: str) -> list[Node]:
    return [factor for a in node.args for factor in _factors(a, op)] if node.op == op else [node]


def _left_to_right(node: Node) -> list[Node]:
    """What a product begins with, and then each product by a factor more."""
    return [*_left_to_right(node.args[0]), node] if node.op in ("@", "*") else [node]


def identity_for_one(node: Node, context: Context) -> Iterator[Node]:
    """1 - a beside an @, as I - a."""
    match node:
        case Node("@", (a, Node("-", (one, b)))) if one == ONE:
            yield Node("-", (a, Node("@", (a, b))))
        case Node("@", (Node("-", (one, a)), b)) if one == ONE:
            yield Node("-", (b, Node("@", (a, b))))


def diagonal(node: Node, context: Context) -> Iterator[Node]:
    if node.op != "diag":
        yield Node("diag", (node,))


def sigma_for_prime(node: Node, context: Context) -> Iterator[Node]:
    h = {Node("name", ("h",)), Node("sigma", (Node("name", ("z",)),))}
    if node in h or node.op == "sigma":
        yield times(node, minus_one(node))
