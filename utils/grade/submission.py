"""Reading a returned notebook: which exercises it answers, and which of its statements the answers need.

Nothing is run here. A notebook is taken apart into statements; an exercise's function needs the statements that bind
the names it uses, and what these need in turn. All else, the figures and the reader's own experiments, is left alone.
"""

from __future__ import annotations

import ast
import builtins
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

ASKED = re.compile(r"@exercise\(\s*['\"]([\w.]+)['\"]\s*\)")  # in a cell that is no Python: what it meant to answer
RECORD = "application/vnd.workbook.verdict+json"
BUILTINS = frozenset(dir(builtins))


class Unreadable(ValueError):
    """Why a file is no notebook."""


@dataclass(frozen=True)
class Function:
    """A function that answers an exercise. source: its definition, without the decorator."""

    exercise: str
    name: str
    source: str


@dataclass(frozen=True)
class Value:
    """An expression that answers an exercise; a derivation's is its text, quoted."""

    exercise: str
    source: str


@dataclass(frozen=True)
class Broken:
    """An exercise in a cell that Python cannot read."""

    exercise: str
    said: str


@dataclass(frozen=True)
class Statement:
    """Something that answers need: an import, a helper, a constant."""

    source: str


Step = Function | Value | Broken | Statement


def steps(text: str) -> list[Step]:
    """What there is to run, in the notebook's order. Raises Unreadable if the text is no notebook."""
    found: list[tuple[Step, ast.AST]] = []
    for source, pressed in _code_cells(text):
        for step, node in _taken_apart(source):
            if isinstance(step, Value) and step.source == "..." and step.exercise in pressed:
                step = replace(step, source=repr(pressed[step.exercise]))
            found.append((step, node))
    needed = _needed([node for _, node in found], [not isinstance(step, Statement) for step, _ in found])
    return [step for i, (step, _) in enumerate(found) if i in needed]


def _code_cells(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The source of each cell of code, and the answers that were pressed below it, by exercise.

    What is pressed stands nowhere but in the output. It is an answer like any other, and judged as they are; the
    verdict beside it is not looked at.
    """
    if not text.strip():
        raise Unreadable("the file is empty")
    try:
        for cell in json.loads(text)["cells"]:
            if cell["cell_type"] == "code":
                source = cell["source"]
                records = [output.get("data", {}).get(RECORD) for output in cell.get("outputs", ())]
                pressed = {str(r["exercise"]): r["answer"] for r in records if isinstance(r, dict) and "answer" in r}
                yield source if isinstance(source, str) else "".join(source), pressed
    except (ValueError, RecursionError) as error:
        raise Unreadable("the file is not JSON") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise Unreadable("the file is JSON, but not a notebook") from error


def _taken_apart(source: str) -> Iterator[tuple[Step, ast.AST]]:
    """Each step of a cell, and the part of it whose names have to mean something."""
    head, _, body = source.lstrip().partition("\n")
    if head.startswith("%%derivation"):
        yield Value(head.removeprefix("%%derivation").strip(), repr(body)), ast.Pass()
        return
    if head.startswith("%%"):
        return
    try:
        nodes = ast.parse(TransformerManager().transform_cell(source)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        for exercise in ASKED.findall(source):
            yield Broken(exercise, f"{type(error).__name__}: {error}"), ast.Pass()
        return
    yield from map(_step, nodes)


def _step(node: ast.stmt) -> tuple[Step, ast.AST]:
    if isinstance(node, ast.FunctionDef):
        for decorator in node.decorator_list:
            exercise = _first_argument(decorator, "exercise")
            if exercise and not any(keyword.arg == "record" for keyword in decorator.keywords):
                node.decorator_list.clear()
                return Function(exercise, node.name, ast.unparse(node)), node
    if isinstance(node, ast.Expr):
        for asking in ("predict", "fill_in"):
            exercise = _first_argument(node.value, asking)
            if exercise:
                named = [k.value for k in node.value.keywords if k.arg in ("answer", "answers")]
                answer = next(iter([*node.value.args[1:2], *named]), ast.Constant(...))
                return Value(exercise, ast.unparse(answer)), answer
    return Statement(ast.unparse(node)), node


def _first_argument(node: ast.expr, function: str) -> str | None:
    """The exercise's id in a call of `function`."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function):
        return None
    given = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "id")]
    return given[0].value if given and isinstance(given[0], ast.Constant) and isinstance(given[0].value, str) else None


def _needed(nodes: Sequence[ast.AST], asked: Sequence[bool]) -> set[int]:
    """Which statements are answers, or bind a name that an answer needs: the last binding before, else the next one."""
    bound = [_bound(node) for node in nodes]
    used = [_used(node) for node in nodes]
    needed, waiting = set(), [i for i, is_asked in enumerate(asked) if is_asked]
    while waiting:
        i = waiting.pop()
        if i in needed:
            continue
        needed.add(i)
        for name in used[i] - BUILTINS:
            before = next((j for j in reversed(range(i)) if name in bound[j]), None)
            after = (j for j in range(i + 1, len(nodes)) if name in bound[j])
            found = next(after, None) if before is None else before
            if found is not None:
                waiting.append(found)
    return needed


def _bound(node: ast.AST) -> set[str]:
    """Names that a statement binds at the top level, or whose object it changes by `name[...] =` or `name.x =`."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    names = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name | ast.Attribute | ast.Subscript) and isinstance(part.ctx, ast.Store):
            while isinstance(part, ast.Attribute | ast.Subscript):
                part = part.value
            if isinstance(part, ast.Name):
                names.add(part.id)
        elif isinstance(part, ast.FunctionDef | ast.ClassDef):
            names.add(part.name)
    return names


def _used(node: ast.AST) -> set[str]:
    """Names that a statement reads, at once or when what it defines is called."""
    read = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        read.add(node.target.id)
    return read
