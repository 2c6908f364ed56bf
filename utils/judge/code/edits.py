"""In which line of a wrong answer one small change makes every result right.

Whoever slips writes one thing for another: a name, a sign, an axis, an operand too few. So each expression and each
statement is changed in every such way. All of these programs are compiled as one, in which a number picks the change,
so that a run costs no more than the answer's own.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from utils.judge.code.calls import agree, numbers
from utils.judge.code.diagnosis import Evidence
from utils.judge.code.inside import Endless, called, factory
from utils.judge.code.reading import Reading

PICK, TURN = "__pick__", "__turn__"
LONGER, MORE_TURNS = 4, 100  # times as many turns of loops as without a change, and so many: a change may have no end
FAMILIES = (  # functions of which one is written for another
    {"sum", "mean", "prod", "max", "min", "cumsum"},
    {"exp", "log", "expm1", "log1p", "log2", "log10"},
    {"zeros", "ones", "empty", "eye"},
    {"zeros_like", "ones_like", "empty_like"},
    {"argmax", "argmin", "argsort", "max", "min"},
    {"maximum", "minimum", "add", "subtract", "multiply", "divide"},
    {"dot", "matmul", "outer", "multiply", "inner"},
    {"vstack", "hstack", "stack", "column_stack", "concatenate", "array"},
    {"sqrt", "square", "abs", "sign"},
    {"any", "all"},
    {"append", "extend"},
)
REDUCING = {"sum", "mean", "prod", "max", "min", "argmax", "argmin", "cumsum", "norm", "stack", "concatenate"}
OPERATIONS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.MatMult, ast.Pow)
ORDERS, EQUALS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE), (ast.Eq, ast.NotEq)
COUNT = ast.parse(f"{TURN}()").body[0]  # stands first in each loop
FEW = 5  # elements of which every order is tried
EVERY, NONE = ast.Slice(), ast.Constant(None)
AXES = (ast.Constant(0), ast.Constant(1), ast.UnaryOp(ast.USub(), ast.Constant(1)))

# What is due in place of what was changed, in words.
NAME, NUMBER, OPERATION, FUNCTION = "another name", "another number", "another operation", "another function"
SIGN, AXIS, INDEX, ORDER = "another sign", "another axis, or another shape", "another index", "another order"
LESS, MORE, OPPOSITE, PLACE = "something less", "something more", "the opposite", "another place in the program"
ELSE = "something else"  # where more than one of these would do
KEPT = "`=`, which writes"
ADDS = {
    ast.Add: "`+=`, which adds to what stands there",
    ast.Sub: "`-=`, which takes from what stands there",
    ast.Mult: "`*=`, which multiplies what stands there",
    ast.Div: "`/=`, which divides what stands there",
}
WRITES = (KEPT, *ADDS.values())
SAID = {  # what is said of what stands there
    KEPT: "what comes out is thrown away",
    **dict.fromkeys(ADDS.values(), "this takes the place of what stands there"),
}
INSTEAD = (*WRITES, NAME, NUMBER, OPERATION, FUNCTION, SIGN, AXIS, INDEX, ORDER, OPPOSITE, PLACE)
DUE = (*INSTEAD, LESS, MORE, ELSE)

Option = tuple[str, Any]  # what is due in words, and what is written instead


class Edit(NamedTuple):
    """A change. due: what is meant instead. line: the `def` of its function is line 1. index: of the part that
    is changed, or that the change stands in."""

    due: str
    function: str
    line: int
    index: int


class Edited:
    """A function that is read, with all of its changes."""

    def __init__(self, reading: Reading) -> None:
        inside = reading.inside
        self.edits: list[Edit] = []
        self._reading, self._picked = reading, [-1]
        self._turns, self._usual = 0, dict[int, float]()  # of loops: in this run, and by the case as the answer is
        scope, made = dict(inside.answer.__globals__), dict[Any, Callable]()
        for function, (definition, captured) in inside.definitions.items():
            definition = _counting(definition)
            self._function, self._start = function, definition.lineno
            self._within, self._is_compared = 0, False
            self._first = {a.arg: 0 for a in ast.walk(definition) if isinstance(a, ast.arg)}  # where a name is given
            stored = (n for n in ast.walk(definition) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
            self._first |= {n.id: n.lineno for n in sorted(stored, key=lambda n: -n.lineno) if n.id not in self._first}
            loops = (n.target for n in ast.walk(definition) if isinstance(n, ast.For | ast.comprehension))
            self._turning = {n.id for target in loops for n in ast.walk(target) if isinstance(n, ast.Name)}
            self._operands = self._numbers()
            self._texts = {
                n.value for n in ast.walk(definition) if isinstance(n, ast.Constant) and isinstance(n.value, str)
            }
            tree, local = factory(self._defined(definition), (PICK, TURN, *captured)), dict[str, Any]()
            exec(compile(tree, "<edited>", "exec"), scope, local)
            made[function] = local["__make__"](self._picked, self._turn, *captured.values())
            made[function].__defaults__, made[function].__kwdefaults__ = function.__defaults__, function.__kwdefaults__
        scope |= {name: made[v] for name, v in scope.items() if isinstance(v, FunctionType) and v in made}
        self._answer = made[inside.answer]

    def _turn(self) -> None:
        self._turns += 1
        if self._turns > self._most:
            raise Endless

    def is_right(self, number: int, e: Evidence) -> bool:
        """Whether the result of a case is right with a change."""
        if id(e) not in self._usual:
            self._usual[id(e)] = float("inf")
            self.is_right(-1, e)  # as it is
            self._usual[id(e)] = self._turns
        self._picked[0], self._turns, self._most = number, 0, LONGER * self._usual[id(e)] + MORE_TURNS
        given, due = e.case.copies(), e.expected
        try:
            value = self._answer(*given.values())
        except KeyboardInterrupt:
            raise
        except BaseException:  # whatever a change leads to
            return False
        if not isinstance(due, tuple):
            value = numbers(value)
        elif isinstance(value, tuple | list) and len(value) == len(due):
            value = tuple(map(numbers, value))
        arrays = ((a, given[n]) for n, a in e.case.arguments.items() if isinstance(a, np.ndarray))
        return agree(value, due, e.case.atol) and all(np.array_equal(a, b, equal_nan=True) for a, b in arrays)

    # ---- all programs as one -------------------------------------------------------------------------------------

    def _defined(self, node: ast.FunctionDef | ast.Lambda) -> Any:
        new = copy.copy(node)
        new.args = copy.copy(node.args)
        new.args.defaults = [NONE for _ in node.args.defaults]
        new.args.kw_defaults = [default and NONE for default in node.args.kw_defaults]
        if isinstance(node, ast.Lambda):
            new.body = self._changed(node.body)
        else:
            new.body, new.decorator_list = self._body(node.body), []
        return new

    def _body(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        first, options = len(self.edits), []
        for statement, due, option in _arranged(statements):
            self._add(statement, due)
            options.append(option or [ast.Pass()])
        nested = (isinstance(s, ast.FunctionDef) for s in statements)
        own = [self._defined(s) if inner else self._parts(s) for s, inner in zip(statements, nested, strict=True)]
        return [ast.If(_is_one_of(first, options), _picked(first, options, ast.If), own)] if options else own

    def _changed(self, node: ast.expr, within: ast.AST | None = None) -> ast.expr:
        """An expression, or what is written instead."""
        first, options, seen = len(self.edits), [], {ast.dump(node)}
        for due, option in self._options(node, within):
            if (text := ast.dump(option)) not in seen:
                seen.add(text)
                self._add(node, due)
                options.append(option)
        compared, self._is_compared = self._is_compared, self._is_compared or _orders(node)
        own = self._parts(node)
        self._is_compared = compared
        return ast.IfExp(_is_one_of(first, options), _picked(first, options, ast.IfExp), own) if options else own

    def _add(self, node: ast.AST, due: str) -> None:
        inside = (node, *(getattr(node, field, None) for field in ("value", "test", "iter")))
        found = (self._index(part) for part in inside if hasattr(part, "lineno"))
        index = next((i for i in found if i is not None), self._within)
        self.edits.append(Edit(due, self._helper, node.lineno - self._start + 1, index))

    def _index(self, node: ast.AST) -> int | None:
        return self._reading.inside.index(self._function, node)

    def _parts(self, node: ast.AST) -> ast.AST:
        """The same, with each of its parts as it is or changed."""
        new = copy.copy(node)
        index, before = self._index(node) if hasattr(node, "lineno") else None, self._within
        self._within = before if index is None else index
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "decorator_list", "args", "func") and not isinstance(node, ast.Call):
                continue
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                setattr(new, field, self._body(value))
            elif isinstance(value, list):
                setattr(new, field, [self._part(part, node) for part in value])
            elif field == "func":
                setattr(new, field, self._parts(value) if isinstance(value, ast.Attribute) else value)
            else:
                setattr(new, field, self._part(value, node))
        self._within = before
        return new

    def _part(self, node: Any, within: ast.AST) -> Any:
        if not isinstance(node, ast.AST) or isinstance(node, ast.JoinedStr) or node is COUNT.value:
            return node
        stored = isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)
        if not isinstance(node, ast.expr) or isinstance(node, ast.Slice | ast.Starred | ast.Lambda) or stored:
            return self._defined(node) if isinstance(node, ast.Lambda) else self._parts(node)
        return self._changed(node, within)

    # ---- what is written instead ---------------------------------------------------------------------------------

    def _numbers(self) -> dict[str, np.ndarray]:
        """What there is to calculate with in this function: names, and entries of what has a name."""
        r, helper = self._reading, self._helper
        found = {} if helper else {n: np.asarray(v) for n, v in r.e.case.arguments.items() if not callable(v)}
        for i, part in enumerate(r.parts):
            known = part.id or part.name if isinstance(part.node, ast.Name) or part.is_named else ""
            text = known or (part.text if isinstance(part.node, ast.Subscript) else "")
            if part.function == helper and text and ", " not in known and (value := r.last(i)) is not None:
                found[text] = value
        return found

    @property
    def _helper(self) -> str:
        is_answer = self._function is self._reading.inside.answer
        return "" if is_answer else self._function.__name__

    def _names(self, line: int) -> list[str]:
        """What has a name, up to a line."""
        return [name for name, first in self._first.items() if first <= line]

    def _fitting(self, line: int) -> Iterator[tuple[ast.expr, np.ndarray]]:
        """The operands that there are up to a line."""
        names = self._names(line)
        for text, value in self._operands.items():
            node = ast.parse(text, mode="eval").body
            if all(n.id in names for n in ast.walk(node) if isinstance(n, ast.Name)):
                yield node, value

    def _options(self, e: ast.expr, within: ast.AST | None) -> Iterator[Option]:
        value = self._value(e)
        if isinstance(e, ast.Name | ast.Subscript) and not self._is_compared:
            receiver = getattr(getattr(within, "func", None), "value", None)
            itself = getattr(receiver, "id", "")  # a list in itself has no end
            yield from ((NAME, _name(n)) for n in self._names(e.lineno) if n != itself)
        if isinstance(e, ast.BinOp):
            yield from ((OPERATION, ast.BinOp(e.left, op(), e.right)) for op in OPERATIONS)
            yield from ((LESS, side) for side in (e.left, e.right))
            yield ORDER, ast.BinOp(e.right, e.op, e.left)
        elif isinstance(e, ast.UnaryOp):
            yield SIGN, e.operand
        elif isinstance(e, ast.Constant):
            yield from self._constants(e)
        elif isinstance(e, ast.Call):
            yield from self._calls(e)
        elif isinstance(e, ast.Subscript):
            yield from self._subscripts(e)
        elif isinstance(e, ast.Compare):
            left = self._value(e.left)
            counts = left is not None and left.dtype.kind in "iu"  # else `==` would choose the other way throughout
            others = EQUALS if not _orders(e) else ORDERS + EQUALS if counts else ORDERS
            yield from ((OPERATION, ast.Compare(e.left, [op()], e.comparators)) for op in others if len(e.ops) == 1)
        elif isinstance(e, ast.BoolOp):
            yield OPERATION, ast.BoolOp(ast.And() if isinstance(e.op, ast.Or) else ast.Or(), e.values)
            yield from ((LESS, part) for part in e.values)
        elif isinstance(e, ast.IfExp):
            yield from ((OPPOSITE, other) for other in (e.body, e.orelse, ast.IfExp(e.test, e.orelse, e.body)))
        elif isinstance(e, ast.Tuple | ast.List) and len(e.elts) < FEW:
            yield from ((ORDER, type(e)([*some], ast.Load())) for some in permutations(e.elts))
        elif isinstance(e, ast.Attribute) and e.attr == "T":
            yield AXIS, e.value
        if isinstance(e, ast.Compare | ast.BoolOp):
            yield from ((OPPOSITE, ast.UnaryOp(op(), e)) for op in (ast.Not, ast.Invert))
        if value is not None and not self._is_compared and not isinstance(e, ast.Constant | ast.Compare | ast.BoolOp):
            yield from self._more(e, value, within)

    def _value(self, e: ast.expr) -> np.ndarray | None:
        """The last value of an expression, where that is numbers."""
        index = self._index(e)
        return None if index is None else self._reading.last(index)

    def _constants(self, e: ast.Constant) -> Iterator[Option]:
        own = e.value
        if isinstance(own, bool):
            yield OPPOSITE, ast.Constant(not own)
        elif own is None or isinstance(own, int | float):
            for number in (0, 1, 2, -1, *(() if own is None else (own + 1, own - 1, 0.5))):
                yield NUMBER, ast.Constant(number) if number >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-number))
            yield AXIS, NONE
            yield from ((NAME, o) for o, _ in self._fitting(e.lineno) if not self._is_compared)
        elif isinstance(own, str) and "->" in own:
            yield from ((AXIS, ast.Constant(text)) for text in _subscripts_like(own))
        elif isinstance(own, str):
            yield from ((NAME, ast.Constant(text)) for text in self._texts)

    def _calls(self, e: ast.Call) -> Iterator[Option]:
        f, args, keywords = e.func, e.args, e.keywords
        name, is_module = called(e), isinstance(f, ast.Attribute) and getattr(f.value, "id", "") == "np"
        is_method = isinstance(f, ast.Attribute) and not is_module
        for other in sorted({n for family in FAMILIES if name in family for n in family}):
            g = ast.Attribute(f.value, other, ast.Load()) if isinstance(f, ast.Attribute) else _name(other)
            yield FUNCTION, ast.Call(g, args, keywords)
        yield from ((FUNCTION, ast.Call(g, args, keywords)) for g in self._functions if not is_method)
        yield from (
            (LESS, part) for part in ([f.value] if is_method else []) + args[:2] if not isinstance(part, ast.Starred)
        )
        if 1 < len(args) < FEW:
            yield from ((ORDER, ast.Call(f, [*some], keywords)) for some in permutations(args))
        yield from ((LESS, ast.Call(f, [*args[:i], *args[i + 1 :]], keywords)) for i in range(not is_method, len(args)))
        yield from ((AXIS, ast.Call(f, args, [*keywords[:i], *keywords[i + 1 :]])) for i in range(len(keywords)))
        if name in REDUCING:
            given, kept = {k.arg for k in keywords}, [ast.keyword("keepdims", ast.Constant(True))]
            along = [[ast.keyword("axis", axis)] for axis in AXES if "axis" not in given and len(args) <= is_module]
            for more in (*along, *([*a, *kept] for a in along), kept):
                yield AXIS, ast.Call(f, args, [*(k for k in keywords if k.arg != more[-1].arg), *more])

    @property
    def _functions(self) -> list[ast.expr]:
        """What a right program calls, as far as the answer has it."""
        calls = (
            n for step in self._reading.steps for n in ast.walk(ast.parse(step.expression)) if isinstance(n, ast.Call)
        )
        found = {ast.unparse(n.func): n.func for n in calls}
        scope = self._reading.inside.answer.__globals__
        return [f for text, f in found.items() if text.partition(".")[0] in ("np", *scope) and "." not in text[3:]]

    def _subscripts(self, e: ast.Subscript) -> Iterator[Option]:
        index, turning = e.slice, [_name(n) for n in self._names(e.lineno) if n in self._turning]

        def at(*parts: ast.expr) -> ast.Subscript:
            return ast.Subscript(e.value, parts[0] if len(parts) == 1 else ast.Tuple([*parts], ast.Load()), e.ctx)

        yield LESS, e.value
        parts = index.elts if isinstance(index, ast.Tuple) else [index]
        if len(parts) == 1 and not isinstance(index, ast.Slice):
            one = ast.Constant(1)
            yield from ((INDEX, at(*some)) for n in turning for some in ((index, n), (n, index)))
            yield from (
                (INDEX, at(*some)) for some in ((EVERY, index), (ast.Slice(None, index),), (ast.Slice(index, None),))
            )
            yield from ((INDEX, at(ast.BinOp(index, op(), one))) for op in (ast.Add, ast.Sub))
        elif 1 < len(parts) < FEW:
            yield from ((ORDER, at(*some)) for some in permutations(parts))
            yield from ((INDEX, at(part)) for part in parts)
        for i, part in enumerate(parts):
            if isinstance(part, ast.Slice):
                fields = [{"lower": None}, {"upper": None}, {"step": None}]
                slices = (
                    ast.Slice(**{"lower": part.lower, "upper": part.upper, "step": part.step, **f}) for f in fields
                )
                yield from ((INDEX, at(*parts[:i], s, *parts[i + 1 :])) for s in [*slices, *turning])

    def _more(self, e: ast.expr, own: np.ndarray, within: ast.AST | None) -> Iterator[Option]:
        """An expression of which something is missing: a sign, an axis, an operand, a call."""
        one, two = ast.Constant(1), ast.Constant(2)
        if own.ndim == 0 and own.dtype.kind in "iu":
            yield from ((NUMBER, ast.BinOp(e, op(), one)) for op in (ast.Add, ast.Sub))
            yield from ((NUMBER, number) for number in (ast.Constant(0), one))
            for name, value in self._reading.e.case.arguments.items():
                size = ast.Attribute(_name(name), "shape", ast.Load())
                axes = AXES[: np.ndim(value)] if name in self._first else ()
                yield from ((NUMBER, ast.Subscript(size, axis, ast.Load())) for axis in axes)
        if own.dtype.kind not in "fiuc" or isinstance(e, ast.Tuple | ast.List):
            return
        op = type(within.op) if isinstance(within, ast.BinOp | ast.UnaryOp) else None
        if op is not ast.USub:
            yield SIGN, ast.UnaryOp(ast.USub(), e)
        if own.ndim == 0 and own.dtype.kind in "iu":
            return
        for n in self._names(e.lineno):
            if n in self._turning and own.ndim:
                yield INDEX, ast.Subscript(e, _name(n), ast.Load())
        if own.ndim == 2:
            yield AXIS, ast.Attribute(e, "T", ast.Load())
        if own.ndim == 1:
            yield from (
                (AXIS, ast.Subscript(e, ast.Tuple(i, ast.Load()), ast.Load())) for i in ([EVERY, NONE], [NONE, EVERY])
            )
        product, total = op in (ast.Mult, ast.Div), op in (ast.Add, ast.Sub)  # where the whole of it is asked
        for o, value in self._fitting(e.lineno):
            if _broadcast(own, value) == own.shape and ast.dump(o) != ast.dump(e):
                yield from ((MORE, ast.BinOp(e, op(), o)) for op in (ast.Mult, ast.Div) if not product)
                if not product:
                    yield MORE, ast.BinOp(e, ast.Mult(), ast.BinOp(one, ast.Sub(), o))
                yield from ((MORE, ast.BinOp(e, op(), o)) for op in (ast.Add, ast.Sub) if not total)
                yield MORE, ast.BinOp(o, ast.Sub(), e)
            if own.ndim and value.ndim and own.shape[-1] == value.shape[0]:
                yield MORE, ast.BinOp(e, ast.MatMult(), o)
            if own.ndim and value.ndim == 2 and own.shape[-1] == value.shape[1]:
                yield MORE, ast.BinOp(e, ast.MatMult(), ast.Attribute(o, "T", ast.Load()))
        first = next(iter(self._first))
        if not product:
            yield MORE, ast.BinOp(e, ast.Div(), ast.Call(_name("len"), [_name(first)], []))
            yield from ((MORE, ast.BinOp(e, op(), two)) for op in (ast.Mult, ast.Div))
        yield MORE, ast.BinOp(e, ast.Pow(), two)
        yield from ((MORE, ast.BinOp(one, op(), e)) for op in (ast.Add, ast.Sub, ast.Div))
        yield MORE, ast.BinOp(e, ast.Sub(), one)
        calls = [ast.Attribute(_name("np"), f, ast.Load()) for f in ("exp", "log", "sum", "mean", "abs", "sqrt")]
        yield from ((MORE, ast.Call(f, [e], [])) for f in (*calls, *self._functions))


def _name(text: str) -> ast.Name:
    return ast.Name(text, ast.Load())


def _orders(node: ast.AST) -> bool:
    """Whether this compares by `<` and the like, to choose one of two ways: changes in it would avoid the other one."""
    return isinstance(node, ast.Compare) and isinstance(node.ops[0], ORDERS)


def _broadcast(a: np.ndarray, b: np.ndarray) -> tuple[int, ...] | None:
    try:
        return np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return None


def _subscripts_like(text: str) -> Iterator[str]:
    """What may be meant by the subscripts of an `einsum`."""
    inputs, *_ = text.partition("->")
    letters = sorted(filter(str.isalpha, {*text}))
    yield from (f"{inputs}->{''.join(some)}" for size in range(3) for some in permutations(letters, size))
    yield from (text[:i] + other + text[i + 1 :] for i, c in enumerate(text) if c in letters for other in letters)
    yield from (text.replace(term, term[::-1], 1) for term in inputs.split(","))


def _arranged(body: Sequence[ast.stmt]) -> Iterator[tuple[ast.stmt, str, list[ast.stmt]]]:
    """Statements of which one is another one, is left out, comes later, or stands in or below a loop."""
    for i, s in enumerate(body):
        if s is COUNT:
            continue
        before, after = body[:i], body[i + 1 :]
        if not isinstance(s, ast.Return | ast.FunctionDef | ast.Import | ast.ImportFrom | ast.Pass | ast.Assert):
            yield s, LESS, [*before, *after]
        for due, other in _assignments(s):
            yield s, due, [*before, other, *after]
        if after and not isinstance(s, ast.FunctionDef):
            yield s, ORDER, [*before, after[0], s, *after[1:]]
        if isinstance(s, ast.For | ast.While) and len(s.body) > 2:
            yield s.body[-1], PLACE, [*before, _with_body(s, s.body[:-1]), s.body[-1], *after]
        if isinstance(s, ast.For | ast.While) and after:
            yield after[0], PLACE, [*before, _with_body(s, [*s.body, after[0]]), *after[1:]]


def _assignments(s: ast.stmt) -> Iterator[tuple[str, ast.stmt]]:
    """What else may be meant by `a = b`, `a += b`, `a == b`, or `a + b` alone."""
    value = getattr(s, "value", None)
    if isinstance(s, ast.Expr) and isinstance(value, ast.Compare | ast.BinOp):
        target = copy.copy(value.left)
        target.ctx = ast.Store()
        if isinstance(target, ast.Name | ast.Subscript):
            yield KEPT, ast.Assign([target], value.comparators[0] if isinstance(value, ast.Compare) else value)
    elif isinstance(s, ast.Assign | ast.AugAssign):
        target = s.target if isinstance(s, ast.AugAssign) else s.targets[0]
        if isinstance(target, ast.Name | ast.Subscript):
            yield OPERATION, ast.Assign([target], value)
            for op, due in ADDS.items():
                yield due if isinstance(s, ast.Assign) else OPERATION, ast.AugAssign(target, op(), value)


def _counting(definition: ast.FunctionDef | ast.Lambda) -> Any:
    """A copy in which each turn of a loop is counted."""
    new = copy.deepcopy(definition)
    for node in ast.walk(new):
        if isinstance(node, ast.For | ast.While):
            node.body.insert(0, COUNT)
    return new


def _with_body(loop: ast.stmt, body: list[ast.stmt]) -> ast.stmt:
    new = copy.copy(loop)
    new.body = body
    return new


def _is_one_of(first: int, options: Sequence) -> ast.expr:
    return ast.Compare(ast.Constant(first), [ast.LtE(), ast.Lt()], [_number(), ast.Constant(first + len(options))])


def _number() -> ast.expr:
    return ast.Subscript(_name(PICK), ast.Constant(0), ast.Load())


def _picked(first: int, options: Sequence, kind: type) -> Any:
    """A tree of choices, for Python allows no deep nest."""
    if len(options) == 1:
        return options[0]
    half = len(options) // 2
    test = ast.Compare(_number(), [ast.Lt()], [ast.Constant(first + half)])
    low, high = _picked(first, options[:half], kind), _picked(first + half, options[half:], kind)
    return ast.IfExp(test, low, high) if kind is ast.IfExp else [ast.If(test, low, high)]
