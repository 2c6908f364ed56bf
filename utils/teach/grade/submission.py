"""Reading a returned notebook: which exercises it answers, and which of its statements the answers need.

Nothing is run here. A notebook is taken apart into statements; an exercise's function needs the statements that bind
the names it uses, and what these need in turn. All else, the figures and the reader's own experiments, is left alone.
"""

import ast
import dis
import json
import re
import textwrap
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

from utils.exercises import BANK, CHAPTERS
from utils.judge.verdict import MIME

NOTEBOOKS = Path(__file__).resolve().parents[3] / "notebooks"
COPIES = {chapter: path for chapter in CHAPTERS for path in NOTEBOOKS.glob(f"{chapter}_*.ipynb")}  # what is handed out

ASKING = ("exercise", "predict", "fill_in")
COMMAND = re.compile(  # of IPython: a line in which there is no Python, or that takes its value from none
    r"^([ \t]*+)(?:(?:[\w, \t]++=[ \t]*+)?(?:%\S|!|\?\S).*|[\w.*]++\?++[ \t]*+)$", re.M
)
PYLAB = re.compile(r"^([ \t]*)%pylab\b.*$", re.M)
HEAD = re.compile(r"(?:\s*#.*\n)*\s*(%%\w+)[ \t]*(.*)\n?")  # of a cell with a magic, below what is said of it
PASSING = ("%%time", "%%timeit", "%%capture", "%%prun")  # cell magics that run the cell as it is
NOTHING = ast.Pass()  # the node of a step that uses and binds no name
UNUSUAL = "asked in a way that cannot be marked: a plain call, or a decorator of a plain function, would fit"
UNREAD = "an exercise is asked whose id cannot be read: {}"
QUOTES = "'\"“”„‟‘’‚«»"  # a word processor makes curly ones of those that Python reads
ASKED = re.compile(rf"(?:\b(?:{'|'.join(ASKING)})\(\s*|%%derivation\s+)[{QUOTES}]?([\w.]+)")
LONGEST = 1 << 20  # characters of code in a notebook; a chapter has some twenty thousand
PLAIN = 8 << 20  # characters of a notebook besides its outputs
PARTS = 8_000_000  # lists, records and quotes; to read so many may take half a gigabyte


class Unreadable(ValueError):
    """Why a file is no notebook."""


@dataclass(frozen=True)
class Cell:
    """A cell as it was handed in. records: what its output keeps of a verdict, by exercise. An answer that was pressed
    stands nowhere else, and is judged like any other; the verdict beside it counts for nothing."""

    kind: str
    id: str
    source: str
    records: dict[str, dict[str, Any]]


Notebook = Sequence[Cell] | Unreadable


@dataclass(frozen=True, eq=False)
class Statement:
    """Something that answers need: an import, a helper, a constant.

    source: what is run; of a definition its own lines, for what is said of it counts them. node: the same, without
    comments.
    """

    source: str
    node: ast.AST


@dataclass(frozen=True, eq=False, kw_only=True)
class Attempt(Statement):
    """What answers an exercise: a function, an expression, or what cannot be read.

    source: a function's definition, without the decorator; a derivation's text, quoted. exercise: "" where not even
    that is known. name: of a function. said: why it cannot be read. pressed: another answer, which was pressed below
    the cell. written: as it was handed in. stored: the state that its output tells. needs: what is run for it, itself
    and no other answer.
    """

    exercise: str
    name: str = ""
    said: str = ""
    pressed: Any = None
    written: str = ""
    stored: str = ""
    needs: Sequence[Statement] = ()


class Names:
    """What is known of a notebook's names, its statements being read in order: which stand for something of the
    workbook's, by its name there, or for a text, which may be an exercise's id."""

    def __init__(self) -> None:
        self._known = {name: name for name in ASKING}

    def learn(self, node: ast.stmt) -> None:
        for name in bound(node):
            self._known.pop(name, None)
        self._known |= imported(node)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and (text := self._text(node.value)):
            self._known[node.targets[0].id] = text

    def asked(self, call: ast.AST) -> tuple[str, str]:
        """Of a call that asks an exercise, the function, and the id or "" where there is none that can be read; of all
        else "" and "". A call that asks with record=False only shows something."""
        if not isinstance(call, ast.Call):
            return "", ""
        function = self._text(call.func) or getattr(call.func, "attr", getattr(call.func, "id", ""))
        given, records = _given(call, 0, "id"), _given(call, 1, "record")
        if function == "exercise" and any(isinstance(value, ast.Constant) and not value.value for value in records):
            return "", ""
        id = self._text(given[0]) if given else ""
        asks = function in ASKING and (id in BANK or root(call.func) in self._known)
        return (function, id) if asks else ("", "")

    def _text(self, node: ast.expr) -> str:
        """The text, or the name of something of the workbook's, that an expression stands for; "" if it is unknown."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.Attribute) and root(node) in self._known:
            return node.attr
        return self._known.get(node.id, "") if isinstance(node, ast.Name) else ""


def steps(notebook: Sequence[Cell]) -> list[Statement]:
    """What there is to run, in the notebook's order."""
    found = list(all_steps(notebook))
    bind = _binders(found)
    needed: set[int] = set()
    for i, step in enumerate(found):
        if isinstance(step, Attempt):
            mine, waiting = {i}, [i]
            while waiting:
                more = {j for j in bind(waiting.pop()) if not isinstance(found[j], Attempt)} - mine
                mine |= more
                waiting += more
            needed |= mine
            found[i] = replace(step, needs=[found[j] for j in sorted(mine)])
    return [found[i] for i in sorted(needed)]


def all_steps(notebook: Sequence[Cell]) -> Iterator[Statement]:
    """Every statement of a notebook, whether or not an answer needs it."""
    names = Names()
    for cell in notebook:
        for step in _taken_apart(cell.source, names) if cell.kind == "code" else ():
            if isinstance(step, Attempt) and (record := cell.records.get(step.exercise)):
                pressed = None if step.name else record.get("answer")
                step = replace(step, stored=str(record.get("state", "")), pressed=pressed)
            yield step


def read(text: str) -> Notebook:
    """The cells of a notebook, or why there are none."""
    if not text.strip():
        return Unreadable("the file is empty")
    if sum(map(text.count, '[{"')) > PARTS:
        return Unreadable("it is made of more parts than any notebook")
    try:
        notebook = json.loads(text)
        sheets = [notebook] if "cells" in notebook else notebook["worksheets"]  # as it was before the fourth format
        cells = [_cell(cell) for sheet in sheets for cell in sheet["cells"]]
        size = len(repr(cells))
    except (ValueError, RecursionError):
        return Unreadable("the file is not JSON")
    except (KeyError, TypeError, AttributeError):
        return Unreadable("the file is JSON, but not a notebook")
    if size > PLAIN:
        return Unreadable(f"the file has {size >> 20} MB besides its outputs, and no more than {PLAIN >> 20} are read")
    if sum(len(cell.source) for cell in cells if cell.kind == "code") > LONGEST:
        return Unreadable("it holds more code than anybody writes")
    return cells


@cache
def handed_out(chapter: str) -> list[Cell]:
    """The cells of the student's copy of a chapter; none where there is no copy."""
    return read(COPIES[chapter].read_text(encoding="utf-8")) if chapter in COPIES else []


def is_master(notebook: Sequence[Cell]) -> bool:
    """Whether a notebook is one of the workbook's masters: most of its answers stand between their markers."""
    asking = [cell.source for cell in notebook if cell.kind == "code" and ASKED.search(cell.source)]
    return 2 * sum("### BEGIN SOLUTION" in source for source in asking) > len(asking)


def _cell(cell: dict[str, Any]) -> Cell:
    source = re.sub("\r\n?", "\n", "".join(cell["source"] if "source" in cell else cell.get("input", "")))
    found = [output.get("data", {}).get(MIME) for output in cell.get("outputs", ())]
    records = {str(record["exercise"]): record for record in found if isinstance(record, dict) and "exercise" in record}
    return Cell(cell["cell_type"], str(cell.get("id", "")), source, records)


def _taken_apart(source: str, names: Names) -> Iterator[Statement]:
    """Each step of a cell."""
    while (head := HEAD.match(source)) and head[1] in PASSING:
        source = source[head.end() :]
    if head and head[1] == "%%derivation":
        exercise, _, option = head[2].strip().partition(" ")
        lines = source[head.end() :]
        if option.strip() != "record=False":
            yield Attempt(repr(lines), NOTHING, exercise=exercise, written=lines)
        return
    found, said = [], f"what stands below {head[1]} is not marked" if head else ""
    try:
        tree, text = (ast.Module([], []), "") if head else _parsed(source)
        for statement in tree.body:
            written = _lines(source, statement)
            for node in _one_by_one(statement):
                names.learn(node)
                step = _step(node, names, text)
                found.append(replace(step, written=written) if isinstance(step, Attempt) else step)
    except (SyntaxError, ValueError, RuntimeError, MemoryError) as error:  # too deep is a RuntimeError, too
        said = f"{type(error).__name__}: {error}"
    unread = [Attempt("", NOTHING, exercise=id, said=said, written=source) for id in ASKED.findall(source)]
    yield from unread if said else found


def _lines(source: str, node: ast.stmt) -> str:
    """The lines of a statement, with its decorators and comments."""
    first = min(part.lineno for part in (node, *getattr(node, "decorator_list", ())))
    return "\n".join(source.split("\n")[first - 1 : node.end_lineno])


def _parsed(source: str) -> tuple[ast.Module, str]:
    """A cell's tree, and the text that it is of. No answer needs a magic or a command of the shell; where many are,
    IPython takes long to read them."""
    try:
        return ast.parse(source), source
    except SyntaxError:
        source = PYLAB.sub(r"\1from numpy import *; import numpy as np", textwrap.dedent(source))
        source = COMMAND.sub(r"\1pass", source)
        return ast.parse(source), source


def _one_by_one(node: ast.stmt) -> list[ast.stmt]:
    """An import of several names as several imports: beside what an answer needs may stand what cannot be had."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [type(node)(**dict(ast.iter_fields(node)) | {"names": [alias]}) for alias in node.names]
    return [node]


def _step(node: ast.stmt, names: Names, text: str) -> Statement:
    for i, decorator in enumerate(node.decorator_list if isinstance(node, ast.FunctionDef) else ()):
        function, exercise = names.asked(decorator)
        if function == "exercise" and exercise:
            del node.decorator_list[: i + 1]  # those below it are part of the answer
            return Attempt(_lines(text, node), node, exercise=exercise, name=node.name)
    if isinstance(node, ast.Expr | ast.Assign) and isinstance(node.value, ast.Call):
        call, target = node.value, getattr(node, "targets", [ast.Name("answer")])[0]
        function, exercise = names.asked(call.func)
        if function == "exercise" and exercise and len(call.args) == 1 and isinstance(target, ast.Name):
            named = ast.parse(f"{target.id} = {ast.unparse(call.args[0])}").body[0]
            return Attempt(ast.unparse(named), named, exercise=exercise, name=target.id)
        function, exercise = names.asked(call)
        if function != "exercise" and exercise and isinstance(node, ast.Expr):
            answer = next(iter(_given(call, 1, "answer", "answers")), ast.Constant(...))
            return Attempt(ast.unparse(answer), answer, exercise=exercise)
    for part in ast.walk(node):
        function, exercise = names.asked(part)
        if function:
            said = UNUSUAL if exercise else UNREAD.format(ast.unparse(part))
            return Attempt("", NOTHING, exercise=exercise, said=said)
    defines = isinstance(node, ast.FunctionDef | ast.ClassDef)
    return Statement(_lines(text, node) if defines else ast.unparse(node), node)


def _given(call: ast.Call, place: int, *names: str) -> list[ast.expr]:
    """The arguments of a call that stand at a place or bear one of these names."""
    return [*call.args[place : place + 1], *(keyword.value for keyword in call.keywords if keyword.arg in names)]


def root(node: ast.expr) -> str:
    """The name that an expression such as `name.x[0]` begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _binders(found: Sequence[Statement]) -> Callable[[int], Iterable[int]]:
    """Of a step, those that bind a name it needs: the last binding before, else the next one."""
    # Where a name is bound, or a method of it called for what that does to it, as in `name.append(...)`.
    places: dict[str, list[int]] = {}
    nodes = [step.node for step in found]
    modules = {name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for name in bound(node)}
    for i, node in enumerate(nodes):
        called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and node.value.func
        changed = {root(called)} - modules if isinstance(called, ast.Attribute) else set()
        for name in bound(node) | changed:
            places.setdefault(name, []).append(i)

    @cache
    def binders(i: int) -> list[int]:
        found = []
        for name in used(nodes[i]):
            if name in places:
                before, after = bisect_left(places[name], i), bisect_right(places[name], i)
                found += places[name][before - 1 : before] or places[name][after : after + 1]
            else:
                found += places.get("*", ())  # an `import *` may bind it
        return found

    return binders


def imported(node: ast.AST) -> dict[str, str]:
    """What a statement imports of the workbook's: by its name here, its name there."""
    found = {}
    for part in ast.walk(node):
        if isinstance(part, ast.Import | ast.ImportFrom):
            package = f"{part.module}." if isinstance(part, ast.ImportFrom) else ""
            ours = [alias for alias in part.names if f"{package}{alias.name}.".startswith("utils.")]
            found |= {alias.asname or alias.name.partition(".")[0]: alias.name for alias in ours}
    return found


def bound(node: ast.AST) -> set[str]:
    """Names that a statement binds at the top level, or whose object it changes by `name[...] =` or `name.x =`."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    names = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name | ast.Attribute | ast.Subscript) and isinstance(part.ctx, ast.Store):
            names.add(root(part))
        elif isinstance(part, ast.FunctionDef | ast.ClassDef):
            names.add(part.name)
        elif isinstance(part, ast.alias):
            names.add((part.asname or part.name).partition(".")[0])
    return names


def used(node: ast.AST) -> set[str]:
    """Names that a statement reads or changes, at once or when what it defines is called; no function's own."""
    try:
        waiting, names = [compile(ast.unparse(node), "a cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)], set()
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # too long or too deep for it
        return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    while waiting:
        code = waiting.pop()
        waiting += (part for part in code.co_consts if isinstance(part, CodeType))
        names |= {op.argval for op in dis.get_instructions(code) if re.fullmatch("LOAD_.*(NAME|GLOBALS?)", op.opname)}
    return names
