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
import re
import textwrap
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.pages import rows
from utils import reference
from utils.exercises import BANK, Exercise

ROOT = Path(__file__).parent.parent
# What the workbook finds out about a result and says as a fact; other names are those of an exercise's own mistakes.
FACTS = {"sign", "ratio", "wrong-axis", "changed-arguments", "no-return", "overflow"}
# Functions that are taken for each other, as methods too.
NEIGHBOURS = rows("Which functions are taken for each other", "slips.md")
# What a step is multiplied with by mistake; `first` is an array among the arguments.
FACTORS = ("2", "0.5", "len({first})", "1 / len({first})", "{first}.shape[-1]", "1 / {first}.shape[-1]")
OPERATIONS = [
    (ast.parse(right, mode="eval").body, kind, wrong.split("; "))
    for right, kind, wrong in rows("What is written in place of an operation", "slips.md")
]
PARTS = (ast.BinOp, ast.UnaryOp, ast.Call, ast.Subscript, ast.Compare, ast.IfExp, ast.Attribute)
TIGHTNESS = {ast.Add: 0, ast.Sub: 0, ast.Mult: 1, ast.Div: 1, ast.MatMult: 1, ast.Pow: 2}
MARK = "_slip_"  # a call of it stands around what is wrong; as a line, above it or where a line was left out

Edit = tuple[ast.AST, str, str]  # what is replaced, the kind of slip, by what; "" leaves a statement out


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
    """One slip: in a right program something else, `after`, stands in place of `before`; "" leaves a statement out.

    source: the program, a step a line. marked: the same with MARK at the slip.
    """

    exercise: str
    kind: str
    before: str
    after: str
    source: str
    marked: str

    @property
    def forms(self) -> tuple[Program, ...]:
        """The program a step a line and, where that can be, as one expression."""
        steps, inlined = _program(self.marked, self), _inlined(self.marked)
        return (steps, _program(inlined, self, reach=2)) if inlined else (steps,)

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
    return scope[next(node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))]


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
        for node, kind, wrong in _edits(ast.parse(right)):
            marked = _marked(right, node, wrong)
            slip = Slip(exercise, kind, ast.unparse(node), wrong, ast.unparse(_unmarked(marked)), marked)
            found.setdefault((exercise, slip.source), slip)
        for same in (right, _inlined(right)):
            found.pop((exercise, same), None)
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


def _plain(source: str) -> str:
    """Without comments and docstring, as `ast.unparse` writes it."""
    tree = ast.parse(source)
    (function,) = tree.body
    if ast.get_docstring(function) is not None:
        del function.body[0]
    return ast.unparse(tree)


def _marked(source: str, node: ast.AST, wrong: str) -> str:
    """The source with something else in place of a node, and MARK there."""
    lines = source.splitlines(keepends=True)
    above, below = "".join(lines[: node.lineno - 1]), "".join(lines[node.end_lineno :])
    before, behind = lines[node.lineno - 1][: node.col_offset], lines[node.end_lineno - 1][node.end_col_offset :]
    put = "\n".join(filter(None, (MARK, before + wrong))) if isinstance(node, ast.stmt) else f"{MARK}({wrong})"
    return f"{above}{before}{put}{behind}{below}"


def _unmarked(marked: str, slip: Slip | None = None) -> ast.Module:
    """The program without MARK; what is wrong has the attribute `slip`. A line that was left out shows in the next that
    uses what it would have changed."""
    tree = _Unmark().visit(ast.parse(marked))
    (function,) = tree.body
    for owner in (function, *_statements(function)):
        for i, statement in enumerate(getattr(owner, "body", ())):
            if isinstance(statement, ast.Expr) and ast.unparse(statement) == MARK:
                owner.body[i : i + 1] = [] if len(owner.body) > 1 else [ast.Pass()]
                below = owner.body[i:] or owner.body[-1:]
                changed = _changed_by(slip.before) if slip and not slip.after else set()
                next((line for line in below if changed & _names_in(line)), below[0]).slip = True
    return tree


class _Unmark(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if ast.unparse(node.func) != MARK:
            return node
        (wrong,) = node.args
        wrong.slip = True
        return wrong


def _changed_by(statement: str) -> set[str]:
    """The names that a statement gives a value, or all that stand in it where it is none that gives one."""
    (node,) = ast.parse(statement).body
    target = getattr(node, "target", node)
    return _names_in(target.value if isinstance(target, ast.Subscript) else target)


def _program(marked: str, slip: Slip, reach: int = 1000) -> Program:
    """reach: how many operations around the slip are parts of it."""
    tree = _unmarked(marked, slip)
    source = ast.unparse(tree)
    written = ast.parse(source)  # the same nodes, as they stand in the source
    holders = {child: node for node in ast.walk(written) for child in ast.iter_child_nodes(node)}
    slips = [twin for node, twin in zip(ast.walk(tree), ast.walk(written), strict=True) if hasattr(node, "slip")]
    slips.sort(key=lambda node: (node.lineno, node.col_offset))
    parts = []
    for node in slips if slip.after else ():
        above = [node]
        while above[-1] in holders:
            above.append(holders[above[-1]])
        around = [part for part in above[1:] if isinstance(part, PARTS)]
        changed = [part for part in above[1:] if isinstance(part, ast.AugAssign)]
        parts += [node, *around[:reach], *changed]
    return Program(source, slips[0].lineno, tuple(dict.fromkeys(map(ast.unparse, parts))))


def _names_in(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _normal(expression: str) -> str:
    try:
        return ast.unparse(ast.parse(expression.strip(), mode="eval"))
    except SyntaxError:  # a statement that changes an array
        return expression.strip()


def _inlined(source: str) -> str | None:
    """The source with the value in place of each name that is given one, once. None if there is no such name, or if one
    of them would be evaluated at another moment."""
    tree = ast.parse(source)
    (function,) = tree.body
    nodes = [*ast.walk(function)]
    stored = [node for node in nodes if isinstance(getattr(node, "ctx", None), ast.Store)]
    if any(isinstance(node, ast.For | ast.AugAssign) for node in nodes) or any(
        isinstance(node, ast.Subscript) for node in stored
    ):
        return None
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
    return ast.unparse(tree) if values else None


class _Replace(ast.NodeTransformer):
    def __init__(self, values: dict[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.values.get(node.id, node) if isinstance(node.ctx, ast.Load) else node


def _edits(right: ast.Module) -> Iterator[Edit]:
    (function,) = right.body
    scope = [argument.arg for argument in function.args.args]
    first = next((name for name in ("y", "x", "theta", "z", "h", "y_hat", "a") if name in scope), None)
    for statement in _statements(function):
        yield from _around(statement, first)
        for node, above, field in _expressions(statement):
            for kind, wrong in _slips_of(node, above, field, scope):
                yield node, kind, _normal(wrong)
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id not in scope:
                scope.append(node.id)


def _around(statement: ast.stmt, first: str | None) -> Iterator[Edit]:
    """What goes wrong with a line as a whole."""
    if isinstance(statement, ast.AugAssign):
        if isinstance(statement.op, ast.Add | ast.Sub):
            other = ast.Sub() if isinstance(statement.op, ast.Add) else ast.Add()
            yield statement, "sign", ast.unparse(ast.AugAssign(statement.target, other, statement.value))
        yield statement, "part dropped", ""
    # x, y = np.atleast_2d(x), np.atleast_2d(y): a line without which the rest still runs.
    if isinstance(statement, ast.If) or (
        isinstance(statement, ast.Assign) and _names_in(statement.targets[0]) <= _names_in(statement.value)
    ):
        yield statement, "part dropped", ""
    if not isinstance(statement, ast.Assign | ast.Return | ast.AugAssign) or statement.value is None:
        return
    parts = statement.value.elts if isinstance(statement.value, ast.Tuple) else [statement.value]
    for part in parts:
        code = ast.unparse(part)
        if isinstance(part, ast.Constant) or code.startswith(("np.empty", "np.zeros", "len(")) or "ndim" in code:
            continue
        if isinstance(statement, ast.Assign) and not isinstance(statement.targets[0], ast.Name | ast.Subscript):
            continue
        wrong = [("sign", f"-({code})")]
        wrong += [("factor", f"({code}) * ({f.format(first=first)})") for f in (FACTORS if first else FACTORS[:2])]
        if not isinstance(statement, ast.AugAssign):
            wrong += [("axis", f"({code}).sum(axis=0)"), ("transpose", f"({code}).T")]
        yield from ((part, kind, _normal(each)) for kind, each in wrong)
    for i in range(len(parts) - 1) if isinstance(statement, ast.Return) else ():
        exchanged = [*parts[:i], parts[i + 1], parts[i], *parts[i + 2 :]]
        yield statement.value, "name", ast.unparse(ast.Tuple(exchanged, ast.Load()))


def _slips_of(node: ast.expr, above: ast.AST, field: str, scope: list[str]) -> Iterator[tuple[str, str]]:
    yield from _in_place(node)
    code = ast.unparse(node)
    match node:
        case ast.BinOp():
            yield from _with_other_brackets(node)
        case ast.Call():
            yield from _of_call(node)
        case ast.Subscript(array, ast.Name(index)):
            yield from (("index", f"{ast.unparse(array)}[{index} {other}]") for other in ("+ 1", "- 1"))
        case ast.Constant(0 | 1 | 2 as value) if field != "slice" and not isinstance(above, ast.keyword):
            yield from [("factor", "2" if value == 1 else "1")] if not isinstance(value, bool) else []
        case ast.Name() if code in scope and field != "func":
            yield from (("name", other) for other in scope if other != code)
            operation = isinstance(above, ast.BinOp) and type(above.op)
            if operation is ast.MatMult:
                yield "transpose", f"{code}.T"
            if operation is ast.Mult:
                yield "power", f"{code} ** 2"


def _in_place(node: ast.expr) -> Iterator[tuple[str, str]]:
    def parts(of: ast.expr) -> tuple[list[ast.expr], list]:
        """What an operation is made of, and what tells it from others."""
        inner = [*ast.iter_child_nodes(of)]
        signs = [type(each) for each in inner if not isinstance(each, ast.expr)]
        return [each for each in inner if isinstance(each, ast.expr)], [type(of), getattr(of, "attr", ""), *signs]

    inner, operation = parts(node)
    for pattern, kind, others in OPERATIONS:
        names, wanted = parts(pattern)
        if operation == wanted:
            sides = {name.id: f"({ast.unparse(side)})" for name, side in zip(names, inner, strict=True)}
            for other in others:
                yield kind, re.sub(r"\b[abc]\b", lambda side, sides=sides: sides[side[0]], other)


def _with_other_brackets(node: ast.BinOp) -> Iterator[tuple[str, str]]:
    for inner, turned in (
        (node.left, lambda b: ast.BinOp(b.left, b.op, ast.BinOp(b.right, node.op, node.right))),
        (node.right, lambda b: ast.BinOp(ast.BinOp(node.left, node.op, b.left), b.op, b.right)),
    ):
        # Brackets that bind what is looser than what stands outside them can be forgotten; others can be put wrongly.
        if isinstance(inner, ast.BinOp) and type(inner.op) in TIGHTNESS and type(node.op) in TIGHTNESS:
            yield "brackets", ast.unparse(turned(inner))


def _of_call(node: ast.Call) -> Iterator[tuple[str, str]]:
    name = ast.unparse(node.func)
    given, named = (
        [*map(ast.unparse, node.args)],
        {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords},
    )
    method = isinstance(node.func, ast.Attribute) and not name.startswith("np.")
    of, short = name.rpartition(".")[::2] if method else ("", name)
    inside = [of] if method else given[:1]

    def call(given: list[str] = given, named: dict[str, str] = named, name: str = name) -> str:
        return f"{name}({', '.join([*given, *(f'{key}={value}' for key, value in named.items())])})"

    if short not in ("len", "forward", "np.empty", "np.ndindex", "np.eye"):
        yield from (("part dropped", array) for array in inside)
    for other in (other for right, wrong in NEIGHBOURS if right == short for other in wrong.split(", ")):
        yield "function", call(name=f"{of}.{other}" if method else other)
    for key, value in named.items():
        kind = key if key in ("axis", "keepdims") else "part dropped"
        yield kind, call(named={other: named[other] for other in named if other != key})
        for other in {"-1": ("0", "1"), "0": ("1", "-1")}.get(value, ()) if kind == "axis" else ():
            yield kind, call(named=named | {key: other})
    if short in ("sum", "max", "np.sum", "np.mean", "np.max"):
        for axis in ("0", "-1") if "axis" not in named else ():
            yield "axis", call(named=named | {"axis": axis})
        if "axis" in named and "keepdims" not in named:
            yield "keepdims", call(named=named | {"keepdims": "True"})
    if len(given) == 2 and short != "forward":
        yield "name", call(given=given[::-1])


def _statements(owner: ast.AST) -> Iterator[ast.stmt]:
    """Every statement of the function, outer before inner."""
    for statement in owner.body:
        yield statement
        if hasattr(statement, "body"):
            yield from _statements(statement)


def _expressions(node: ast.AST) -> Iterator[tuple[ast.expr, ast.AST, str]]:
    """Every expression of one statement that is read, with the node and the field where it stands; not those of the
    statements inside it."""
    for field, value in ast.iter_fields(node):
        if field in ("body", "targets", "target") and not isinstance(node, ast.IfExp):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.expr):
                yield child, node, field
            if isinstance(child, ast.AST):
                yield from _expressions(child)
