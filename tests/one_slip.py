"""Programs with one slip, made from the right ones: a part is left out, two products are exchanged, an axis is wrong.

The right programs are the answers in solutions/ and, where an exercise has them, its `steps`. The syntax tree of each
is changed in one place. `slips()` gives them all, in an order that never changes. A few do no harm (a squeeze along
another axis of a row, a sign below a square): whether a program is wrong, only the check of its exercise can tell.
"""

from __future__ import annotations

import ast
import functools
import json
import linecache
import pickle
import re
import textwrap
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from utils import reference
from utils.exercises import BANK, Exercise

ROOT = Path(__file__).parent.parent
# What the workbook finds out about a result and says as a fact; other names are those of an exercise's own mistakes.
FACTS = {"sign", "ratio", "wrong-axis", "changed-arguments", "no-return", "overflow"}
# Functions that are taken for each other, as methods too.
NEIGHBOURS = (
    ("softmax", "sigmoid", "np.exp"),
    ("softmax", "log_softmax", "log_sum_exp"),
    ("sigmoid_derivative", "sigmoid", "np.tanh"),
    ("jacobian", "softmax", "np.diag"),
    ("vjp", "np.multiply", "np.dot"),
    ("np.exp", "np.log", "np.exp2"),
    ("np.log", "np.log2", "np.log1p"),
    ("np.sum", "np.mean", "np.max"),
    ("np.max", "np.min", "np.sum"),
    ("sum", "mean", "max"),
    ("max", "min", "sum"),
    ("np.abs", "np.sign", "np.square"),
    ("np.sign", "np.abs"),
    ("np.imag", "np.real", "np.abs"),
    ("np.outer", "np.dot", "np.multiply"),
    ("np.diag", "np.eye"),
    ("np.zeros_like", "np.ones_like"),
    ("np.empty", "np.zeros", "np.ones"),
    ("central_difference", "forward_difference"),
)
# What a step is multiplied with by mistake; `first` is an array among the arguments.
FACTORS = ("2", "0.5", "len({first})", "1 / len({first})", "{first}.shape[-1]", "1 / {first}.shape[-1]")
# What is written in place of a and b with an operation between them.
OPERATIONS = {
    ast.Add: (("part dropped", "a", "b"), ("sign", "a - b"), ("product", "a * b")),
    ast.Sub: (
        ("part dropped", "a"),
        ("sign", "b"),
        ("part dropped", "b"),
        ("sign", "b - a", "a + b"),
        ("product", "a * b"),
    ),
    ast.MatMult: (("part dropped", "a", "b"), ("product", "a * b", "np.outer(a, b)", "a + b", "b @ a")),
    ast.Mult: (("part dropped", "a", "b"), ("product", "a @ b", "np.outer(a, b)", "a + b"), ("factor", "a / b")),
    ast.Div: (("part dropped", "a", "b"), ("factor", "a * b", "b / a")),
    ast.Pow: (("part dropped", "a", "b"),),
}
COMPARED = {ast.GtE: (ast.Lt, ast.LtE), ast.Gt: (ast.Lt,), ast.LtE: (ast.Gt, ast.GtE), ast.Lt: (ast.Gt,)}
COMPARED |= {ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,)}

Slot = tuple[ast.AST, str, int | None]  # a node, a field of it and, where that holds a list, the place there
Edit = tuple[Slot, str, ast.AST | None]  # where, the kind of slip, what is put there; None leaves a statement out
PARTS = (ast.BinOp, ast.UnaryOp, ast.Call, ast.Subscript, ast.Compare, ast.IfExp, ast.Attribute)
TIGHTNESS = {ast.Add: 0, ast.Sub: 0, ast.Mult: 1, ast.Div: 1, ast.MatMult: 1, ast.Pow: 2}


@dataclass(frozen=True)
class Program:
    """A function as a student has it in a cell.

    line: where the slip stands (the `def` is line 1). parts: the expressions that may be blamed for it: what stands
    there in place of the right part, and what is made of that. In a step a line they go up to the end of the line; of
    one long expression the next two operations only. A line that was left out has no parts.
    """

    source: str
    line: int
    parts: tuple[str, ...]

    def is_at(self, line: int, expression: str) -> bool:
        """Whether this is where the slip stands."""
        return line == self.line and (not self.parts or _normal(expression) in self.parts)


@dataclass(frozen=True)
class Slip:
    """One slip: in a right program something else is put into a slot; None leaves a statement out.

    source: the program, a step a line.
    """

    exercise: str
    kind: str
    right: ast.Module
    slot: Slot
    wrong: ast.AST | None
    source: str

    @cached_property
    def before(self) -> str:
        return ast.unparse(_in(self.slot))

    @cached_property
    def after(self) -> str:
        return ast.unparse(self.wrong) if self.wrong is not None else ""

    @cached_property
    def forms(self) -> tuple[Program, ...]:
        """The program a step a line and, where that can be, as one expression."""
        tree, slot = _with_slip(self.right, self.slot, self.wrong)
        steps = _program(tree, slot, _in(self.slot))
        return (steps, _program(tree, slot, _in(self.slot), reach=2)) if _inline(tree) else (steps,)

    def __str__(self) -> str:
        return f"{self.exercise}: {self.kind}, {self.before or 'nothing'} -> {self.after or 'nothing'}"


def is_told(exercise: str, program: Program, state: str, mistake: str | None, place: object) -> bool:
    """Whether a verdict names a slip truly, or places it.

    A name is true where the known mistake gives the same values. Where the code stopped, NumPy's words are the same for
    many causes, so there only the place tells.
    """
    if place is not None and program.is_at(place.line, place.expression):
        return True
    own = {known.slug for known in BANK[exercise].mistakes}
    return state == "wrong" and place is None and mistake in own | FACTS


def function(exercise: str, source: str) -> Callable:
    """The function of a program, with source that can be read, among the names that its cell would have."""
    file = f"<answer {exercise} {zlib.crc32(source.encode()):x}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    scope = dict(_names())
    exec(compile(source, file, "exec"), scope)
    return scope[ast.parse(source).body[0].name]


@functools.cache
def right_programs() -> tuple[tuple[str, str], ...]:
    """(exercise, source) of each right program."""
    found = []
    for path in sorted((ROOT / "solutions").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            named = re.search(r'^@exercise\("(\S+?)"\)\n', source, re.MULTILINE)
            if named and "BEGIN SOLUTION" in source and isinstance(BANK[named[1]], Exercise):
                found.append((named[1], source[named.end() :]))
    for exercise in BANK.values():
        if isinstance(exercise, Exercise) and getattr(exercise, "steps", ""):
            found.append((exercise.id, from_steps(exercise)))
    return tuple(found)


@functools.cache
def slips(*of: str) -> tuple[Slip, ...]:
    """All slips of these exercises, or of all; no two of one exercise are the same program."""
    found = {}
    for exercise, source in right_programs():
        if of and exercise not in of:
            continue
        right = _plain(source)
        for slot, kind, wrong in _edits(right):
            slip = Slip(exercise, kind, right, slot, wrong, ast.unparse(_with_slip(right, slot, wrong)[0]))
            found.setdefault((exercise, slip.source), slip)
        same = _copied(right)
        found.pop((exercise, ast.unparse(same)), None)
        if _inline(same):
            found.pop((exercise, ast.unparse(same)), None)
    return tuple(found.values())


def styles(file: str = "styles.txt") -> Iterator[tuple[str, str, int | None]]:
    """(exercise, source, line of the slip or None) of answers in styles of all kinds, right and with one slip each."""
    text = (ROOT / "tests" / file).read_text(encoding="utf-8")
    for block in text.split("### ")[1:]:
        exercise, _, template = block.strip().partition("\n")
        pieces = [piece.split("¦") for piece in re.split("[⟦⟧]", template)]  # every other one is a slot
        right = [options[0] for options in pieces]
        yield exercise, "".join(right) + "\n", None
        for i, options in enumerate(pieces):
            above, below = "".join(right[:i]), "".join(right[i + 1 :])
            for wrong in options[1:]:
                yield exercise, f"{above}{wrong}{below}\n", above.count("\n") + 1


def from_steps(exercise: Exercise) -> str:
    """The right program of an exercise as a function."""
    arguments = list(exercise.inputs(np.random.default_rng(0))[0].arguments)
    lines = [line for line in textwrap.dedent(exercise.steps).splitlines() if line.strip()]
    body = ast.parse("\n".join(lines)).body
    bound = [name.id for node in body for name in ast.walk(node) if isinstance(name, ast.Name)]
    if "N" in bound and "N" not in arguments:
        lines.insert(0, f"N = 1 if {arguments[0]}.ndim == 1 else len({arguments[0]})")
    results = exercise.returns
    if not set(results) <= set(bound):
        (results,) = (ast.unparse(target) for target in body[-1].targets)
    returned = f"return {results if isinstance(results, str) else ', '.join(results)}"
    name = re.sub(r"\W|^\d+\w*\.", "", exercise.id.partition(".")[2])
    return f"def {name}({', '.join(arguments)}):\n" + "".join(f"    {line}\n" for line in [*lines, returned])


@functools.cache
def _names() -> dict[str, object]:
    """NumPy, the reference, and the functions of exercises before, which later answers call by the cells' names."""
    names = {"np": np} | {name: getattr(reference, name) for name in reference.__all__}
    for exercise, source in right_programs():
        names[ast.parse(source).body[0].name] = BANK[exercise].reference
    return names


def _plain(source: str) -> ast.Module:
    """Without comments and docstring, as `ast.unparse` writes it."""
    tree = ast.parse(source)
    (function,) = tree.body
    if isinstance(function.body[0], ast.Expr) and isinstance(function.body[0].value, ast.Constant):
        del function.body[0]
    return ast.parse(ast.unparse(tree))


def _with_slip(right: ast.Module, slot: Slot, wrong: ast.AST | None) -> tuple[ast.Module, Slot]:
    """The program with the slip in it, and the slot there."""
    tree, slot, wrong = _copied((right, slot, wrong))
    owner, field, i = slot
    if wrong is None:
        del owner.body[i]
        owner.body = owner.body or [ast.Pass()]
        return tree, slot
    wrong.slip = True
    if i is None:
        setattr(owner, field, wrong)
    else:
        getattr(owner, field)[i] = wrong
    return tree, slot


def _program(tree: ast.Module, slot: Slot, before: ast.AST, reach: int = 1000) -> Program:
    """before: what stood where the slip is. reach: how many operations around the slip are parts of it."""
    source = ast.unparse(tree)
    twins = dict(zip(ast.walk(tree), ast.walk(ast.parse(source)), strict=True))  # as they stand in the source
    holders = {child: twin for twin in twins.values() for child in ast.iter_child_nodes(twin)}
    slips = [twin for node, twin in twins.items() if getattr(node, "slip", False)]
    if not slips:  # a line was left out: it shows in the next that uses what it would have changed
        target = getattr(before, "target", before)
        changed = _names_in(target.value if isinstance(target, ast.Subscript) else target)
        body = twins[slot[0]].body
        lines = body[slot[2] :] or body[-1:]
        return Program(source, next((line for line in lines if changed & _names_in(line)), lines[0]).lineno, ())
    slips.sort(key=lambda node: (node.lineno, node.col_offset))
    parts = []
    for node in slips:
        above = [node]
        while above[-1] in holders:
            above.append(holders[above[-1]])
        around = [part for part in above[1:] if isinstance(part, PARTS)]
        changed = [part for part in above[1:] if isinstance(part, ast.AugAssign)]
        parts += [part for part in (node, *around[:reach], *changed) if isinstance(part, ast.expr | ast.AugAssign)]
    return Program(source, slips[0].lineno, tuple(dict.fromkeys(map(ast.unparse, parts))))


def _names_in(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _normal(expression: str) -> str:
    try:
        return ast.unparse(ast.parse(expression.strip(), mode="eval"))
    except SyntaxError:  # a statement that changes an array
        return expression.strip()


def _inline(tree: ast.Module) -> bool:
    """Put the value in place of each name that is given one, once. False, and nothing is changed, if there is no such
    name, or if one of them would be evaluated at another moment."""
    (function,) = tree.body
    nodes = [*ast.walk(function)]
    stored = [node for node in nodes if isinstance(getattr(node, "ctx", None), ast.Store)]
    if any(isinstance(node, ast.For | ast.AugAssign) for node in nodes) or any(
        isinstance(node, ast.Subscript) for node in stored
    ):
        return False
    bound = Counter(node.id for node in stored if isinstance(node, ast.Name))
    bound.update(node.arg for node in nodes if isinstance(node, ast.arg))
    values, body = {}, []
    for statement in function.body:
        statement = _Replace(values).visit(statement)
        simple = isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
        if simple and bound[statement.targets[0].id] == 1:
            values[statement.targets[0].id] = statement.value
        else:
            body.append(statement)
    function.body = body
    ast.fix_missing_locations(tree)
    return bool(values)


def _copied(tree: Any) -> Any:
    """A copy of a syntax tree, or of some with nodes in common, many times quicker than by `copy.deepcopy`."""
    return pickle.loads(pickle.dumps(tree, pickle.HIGHEST_PROTOCOL))


class _Replace(ast.NodeTransformer):
    def __init__(self, values: dict[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if not isinstance(node.ctx, ast.Load) or node.id not in self.values:
            return node
        value = _copied(self.values[node.id])
        if getattr(node, "slip", False):  # a wrong name: its value stands where it should not
            value.slip = True
        return value


def _edits(right: ast.Module) -> Iterator[Edit]:
    (function,) = right.body
    scope = [argument.arg for argument in function.args.args]
    first = next((name for name in ("y", "x", "theta", "z", "h", "y_hat", "a") if name in scope), None)
    for slot in _statements(function):
        statement = _in(slot)
        yield from _around(slot, statement, first)
        for below in _expressions(statement):
            for kind, wrong in _slips_of(_in(below), *below[:2], scope):
                yield below, kind, _expression(wrong) if isinstance(wrong, str) else wrong
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id not in scope:
                scope.append(node.id)


def _around(slot: Slot, statement: ast.stmt, first: str | None) -> Iterator[Edit]:
    """What goes wrong with a line as a whole."""
    if isinstance(statement, ast.AugAssign):
        other = {ast.Add: ast.Sub, ast.Sub: ast.Add}.get(type(statement.op))
        if other:
            yield slot, "sign", _changed(statement, op=other())
        yield slot, "part dropped", None
    # x, y = np.atleast_2d(x), np.atleast_2d(y): a line without which the rest still runs.
    if isinstance(statement, ast.If) or (
        isinstance(statement, ast.Assign) and _names_in(statement.targets[0]) <= _names_in(statement.value)
    ):
        yield slot, "part dropped", None
    if not isinstance(statement, ast.Assign | ast.Return | ast.AugAssign) or statement.value is None:
        return
    parts = statement.value.elts if isinstance(statement.value, ast.Tuple) else [statement.value]
    for i, part in enumerate(parts):
        at = (statement, "value", None) if part is statement.value else (statement.value, "elts", i)
        code = ast.unparse(part)
        if isinstance(part, ast.Constant) or code.startswith(("np.empty", "np.zeros", "len(")) or "ndim" in code:
            continue
        if isinstance(statement, ast.Assign) and not isinstance(statement.targets[0], ast.Name | ast.Subscript):
            continue
        bracketed = f"({code})"
        yield at, "sign", _expression(f"-{bracketed}")
        for factor in FACTORS if first else FACTORS[:2]:
            yield at, "factor", _expression(f"{bracketed} * ({factor.format(first=first)})")
        if not isinstance(statement, ast.AugAssign):
            yield at, "axis", _expression(f"{bracketed}.sum(axis=0)")
            yield at, "transpose", _expression(f"{bracketed}.T")
    for i in range(len(parts) - 1) if isinstance(statement, ast.Return) else ():
        exchanged = [*parts[:i], parts[i + 1], parts[i], *parts[i + 2 :]]
        yield (statement, "value", None), "name", _changed(statement.value, elts=exchanged)


def _slips_of(node: ast.expr, above: ast.AST, field: str, scope: list[str]) -> Iterator[tuple[str, ast.expr | str]]:
    code = ast.unparse(node)
    if isinstance(node, ast.BinOp):
        yield from _of_operation(node)
    elif isinstance(node, ast.UnaryOp):
        yield "sign" if isinstance(node.op, ast.USub) else "part dropped", node.operand
    elif isinstance(node, ast.Call):
        yield from _of_call(node)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield "transpose", node.value
    elif isinstance(node, ast.Subscript):
        yield "part dropped", node.value
        if isinstance(node.slice, ast.Name):
            array, i = map(ast.unparse, (node.value, node.slice))
            yield from (("index", f"{array}[{i} {other}]") for other in ("+ 1", "- 1"))
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in COMPARED.get(type(node.ops[0]), ()):
            yield "comparison", _changed(node, ops=[other()])
    elif isinstance(node, ast.IfExp):
        yield from (("part dropped", node.body), ("part dropped", node.orelse))
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float) and field != "slice":
        if not (isinstance(above, ast.keyword) or (isinstance(above, ast.UnaryOp) and "axis" in code)):
            other = {0: "1", 1: "2", 2: "1"}.get(node.value)
            yield from [("factor", other)] if other and not isinstance(node.value, bool) else []
    elif isinstance(node, ast.Name) and code in scope and field != "func":
        yield from (("name", other) for other in scope if other != code)
        if isinstance(above, ast.BinOp) and isinstance(above.op, ast.MatMult):
            yield "transpose", f"{code}.T"
        if isinstance(above, ast.BinOp) and isinstance(above.op, ast.Mult):
            yield "power", f"{code} ** 2"


def _of_operation(node: ast.BinOp) -> Iterator[tuple[str, ast.expr]]:
    for kind, *others in OPERATIONS.get(type(node.op), ()):
        yield from ((kind, _Replace({"a": node.left, "b": node.right}).visit(_expression(other))) for other in others)
    for inner, turned in (
        (node.left, lambda b: ast.BinOp(b.left, b.op, ast.BinOp(b.right, node.op, node.right))),
        (node.right, lambda b: ast.BinOp(ast.BinOp(node.left, node.op, b.left), b.op, b.right)),
    ):
        # Brackets that bind what is looser than what stands outside them can be forgotten; others can be put wrongly.
        if isinstance(inner, ast.BinOp) and type(inner.op) in TIGHTNESS and type(node.op) in TIGHTNESS:
            yield "brackets", turned(inner)


def _of_call(node: ast.Call) -> Iterator[tuple[str, ast.expr | str]]:
    name = ast.unparse(node.func)
    method = isinstance(node.func, ast.Attribute) and not name.startswith("np.")
    short = node.func.attr if method else name
    inside = node.func.value if method else node.args[0] if node.args else None
    if inside is not None and short not in ("len", "forward", "np.empty", "np.ndindex", "np.eye"):
        yield "part dropped", inside
    for other in (other for first, *others in NEIGHBOURS if first == short for other in others):
        func = ast.Attribute(node.func.value, other, ast.Load()) if method else _expression(other)
        yield "function", _changed(node, func=func)
    arguments = [keyword.arg for keyword in node.keywords]
    for i, keyword in enumerate(node.keywords):
        before, after = node.keywords[:i], node.keywords[i + 1 :]
        kind = keyword.arg if keyword.arg in ("axis", "keepdims") else "part dropped"
        yield kind, _changed(node, keywords=before + after)
        for other in {"-1": ("0", "1"), "0": ("1", "-1")}.get(ast.unparse(keyword.value), ()) if kind == "axis" else ():
            yield kind, _changed(node, keywords=[*before, _keyword("axis", other), *after])
    if short in ("sum", "max", "np.sum", "np.mean", "np.max"):
        for axis in ("0", "-1") if "axis" not in arguments else ():
            yield "axis", _changed(node, keywords=[*node.keywords, _keyword("axis", axis)])
        if "axis" in arguments and "keepdims" not in arguments:
            yield "keepdims", _changed(node, keywords=[*node.keywords, _keyword("keepdims", "True")])
    if len(node.args) == 2 and short != "forward":
        yield "name", _changed(node, args=node.args[::-1])


def _changed(node: ast.AST, **fields: object) -> ast.AST:
    """A node with some of its fields exchanged."""
    return type(node)(**dict(ast.iter_fields(node)) | fields)


def _keyword(name: str, value: str) -> ast.keyword:
    return ast.keyword(name, _expression(value))


def _expression(source: str) -> ast.expr:
    return ast.parse(source, mode="eval").body


def _statements(owner: ast.AST) -> Iterator[Slot]:
    """Every statement of the function, outer before inner."""
    for i, statement in enumerate(owner.body):
        yield owner, "body", i
        if hasattr(statement, "body"):
            yield from _statements(statement)


def _expressions(node: ast.AST) -> Iterator[Slot]:
    """Every expression of one statement that is read; not those of the statements inside it."""
    for field, value in ast.iter_fields(node):
        if field in ("body", "targets", "target") and not isinstance(node, ast.IfExp):
            continue
        for i, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.expr):
                yield node, field, i
            if isinstance(child, ast.AST):
                yield from _expressions(child)


def _in(slot: Slot) -> ast.AST:
    owner, field, i = slot
    return getattr(owner, field) if i is None else getattr(owner, field)[i]
