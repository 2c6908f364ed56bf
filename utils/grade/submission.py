"""Reading a returned notebook: which exercises it answers, and which of its statements the answers need.

Nothing is run here. A notebook is taken apart into statements; an exercise's function needs the statements that bind
the names it uses, and what these need in turn. All else, the figures and the reader's own experiments, is left alone.
"""

from __future__ import annotations

import ast
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from utils.exercises.verdict import MIME

# In a cell that cannot be read: what it meant to answer.
ASKED = re.compile(r"""(?:exercise\(|predict\(|fill_in\(|%%derivation)\s*['"]?([\w.]+)""")
COMMAND = re.compile(r"^([ \t]*)(?:[%!?]\S.*|[\w.]+\?+)[ \t]*$", re.M)  # of IPython: a line in which there is no Python
PASSING = ("%%time", "%%timeit", "%%capture", "%%prun")  # cell magics that run the cell as it is
UNUSUAL = "asked in a way that cannot be marked: a plain call, or a decorator of a plain function, would fit"
LONGEST = 1 << 20  # characters of code in a notebook; a chapter has some twenty thousand


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
    """An exercise in a cell that cannot be read."""

    exercise: str
    said: str


@dataclass(frozen=True)
class Statement:
    """Something that answers need: an import, a helper, a constant."""

    source: str


Step = Function | Value | Broken | Statement


def steps(text: str) -> list[Step]:
    """What there is to run, in the notebook's order. Raises Unreadable if the text is no notebook."""
    cells = list(_code_cells(text))
    if sum(len(source) for source, _ in cells) > LONGEST:
        raise Unreadable("it holds more code than anybody writes")
    found: list[tuple[Step, ast.AST]] = []
    for source, pressed in cells:
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
                records = [output.get("data", {}).get(MIME) for output in cell.get("outputs", ())]
                pressed = {str(r["exercise"]): r["answer"] for r in records if isinstance(r, dict) and "answer" in r}
                yield source if isinstance(source, str) else "".join(source), pressed
    except (ValueError, RecursionError) as error:
        raise Unreadable("the file is not JSON") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise Unreadable("the file is JSON, but not a notebook") from error


def _taken_apart(source: str) -> list[tuple[Step, ast.AST]]:
    """Each step of a cell, and the part of it whose names have to mean something."""
    head, _, body = source.lstrip().partition("\n")
    magic, _, line = head.partition(" ")
    if magic == "%%derivation":
        exercise, _, option = line.strip().partition(" ")
        return [] if option.strip() == "record=False" else [(Value(exercise, repr(body)), ast.Pass())]
    if magic in PASSING:
        source = body
    elif magic.startswith("%%"):
        return []
    try:
        return [_step(node) for node in _parsed(source).body]
    except (SyntaxError, ValueError, RuntimeError, MemoryError) as error:  # too deep is a RuntimeError, too
        said = f"{type(error).__name__}: {error}"
        return [(Broken(exercise, said), ast.Pass()) for exercise in ASKED.findall(source)]


def _parsed(source: str) -> ast.Module:
    """No answer needs a magic or a command of the shell; where many are, IPython takes long to read them."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.parse(COMMAND.sub(r"\1pass", source))


def _step(node: ast.stmt) -> tuple[Step, ast.AST]:
    if isinstance(node, ast.FunctionDef):
        for i, decorator in enumerate(node.decorator_list):
            exercise = _first_argument(decorator, "exercise")
            if exercise and not _only_shows(decorator):
                del node.decorator_list[: i + 1]  # those below it are part of the answer
                return Function(exercise, node.name, ast.unparse(node)), node
    if isinstance(node, ast.Expr):
        for asking in ("predict", "fill_in"):
            exercise = _first_argument(node.value, asking)
            if exercise:
                named = [k.value for k in node.value.keywords if k.arg in ("answer", "answers")]
                answer = next(iter([*node.value.args[1:2], *named]), ast.Constant(...))
                return Value(exercise, ast.unparse(answer)), answer
    for part in ast.walk(node):
        for asking in ("exercise", "predict", "fill_in"):
            exercise = _first_argument(part, asking)
            if exercise and not (asking == "exercise" and _only_shows(part)):
                return Broken(exercise, UNUSUAL), ast.Pass()
    return Statement(ast.unparse(node)), node


def _only_shows(call: ast.Call) -> bool:
    """Whether an exercise is asked with record=False."""
    given = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "record")]
    return any(isinstance(value, ast.Constant) and not value.value for value in given)


def _first_argument(node: ast.expr, function: str) -> str | None:
    """The exercise's id in a call of `function`."""
    if not isinstance(node, ast.Call) or function not in (getattr(node.func, key, "") for key in ("id", "attr")):
        return None
    given = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "id")]
    return given[0].value if given and isinstance(given[0], ast.Constant) and isinstance(given[0].value, str) else None


def _needed(nodes: Sequence[ast.AST], asked: Sequence[bool]) -> set[int]:
    """Which statements are answers, or bind a name that an answer needs: the last binding before, else the next one."""
    places: dict[str, list[int]] = {}  # where a name is bound
    for i, node in enumerate(nodes):
        for name in _bound(node):
            places.setdefault(name, []).append(i)
    needed, waiting = set(), [i for i, is_asked in enumerate(asked) if is_asked]
    while waiting:
        i = waiting.pop()
        if i in needed:
            continue
        needed.add(i)
        for name in _used(nodes[i]):
            if name in places:
                before, after = bisect_left(places[name], i), bisect_right(places[name], i)
                waiting += places[name][before - 1 : before] or places[name][after : after + 1]
            else:
                waiting += places.get("*", ())  # an `import *` may bind it
    return needed


def _bound(node: ast.AST) -> set[str]:
    """Names that a statement binds at the top level, or whose object it changes by `name[...] =` or `name.x =`."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    names = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name | ast.Attribute | ast.Subscript) and isinstance(part.ctx, ast.Store):
            while isinstance(part, ast.Attribute | ast.Subscript):
                part = part.value
            if isinstance(part, ast.Name):
                names.add(part.id)
        elif isinstance(part, ast.FunctionDef | ast.ClassDef):
            names.add(part.name)
        elif isinstance(part, ast.alias):
            names.add((part.asname or part.name).partition(".")[0])
    return names


def _used(node: ast.AST) -> set[str]:
    """Names that a statement reads or changes, at once or when what it defines is called."""
    read = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            read.add(part.id)
        elif isinstance(part, ast.Global):
            read.update(part.names)
        elif isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name):
            read.add(part.target.id)
    return read
