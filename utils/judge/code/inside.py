"""An answer read from inside: its source, rewritten so that the value of each part of it is kept while it runs.

Each expression `e` of a function becomes `keep(i, e)`, as pytest rewrites `assert`: nothing is evaluated twice, and
loops, branches, comprehensions, lambdas and nested functions go as they went. A helper of the same notebook is read
too, as soon as the answer gets hold of it, and so is a class with its methods. Instead of what an expression gives,
another value can be supplied, so that a run shows what would have come of it.
"""

from __future__ import annotations

import ast
import functools
import linecache
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from utils.judge.code.calls import Case, Outcome, call

KEEP = "__keep__"
CALLED = 30  # values that take as long as a call
MOST = 20_000  # values that are kept of one run
LARGEST = 10_000  # entries of an array that is kept

# Times as many values as at first, and so many, may come in a run in which something is supplied: it may never end.
LONGER, SPARE = 4, 1_000

Supply = Callable[[int, Any], Any]  # from the count of the evaluation, and the value, to the one that is taken instead


class Endless(Exception):
    """A loop goes on and on with what is supplied in it."""


class Unreadable(Exception):
    """The source of a function is not to be had."""


@dataclass(eq=False)
class Part:
    """An expression of a function, or what a statement has made of the array or the name that it changes.

    line: the `def` is line 1. text: as the reader wrote it. statement: the line it belongs to, as a whole. below: the
    parts it is made of. name: of a value that is given a name as a whole, that name, or "a, b"
    of several; "return" where it is returned, "return 0" where it is the first of several. id: the name that it is, if
    it is nothing but that. An attribute, as `self.h`, and an entry, as `cache["h"]`, are names, too.
    role: "" for an expression, "after" for what a statement has changed, "before" for what stood there before.
    called: the name of the function of a call. function: the name of the helper it stands in, if it is one. nested:
    whether it stands in a function inside the function.
    """

    node: ast.AST
    line: int
    text: str
    statement: ast.stmt | None
    function: str = ""
    called: str = ""
    below: list[int] = field(default_factory=list)
    name: str = ""
    role: str = ""
    nested: bool = False
    id: str = ""

    @property
    def is_named(self) -> bool:
        """Whether it gets a name, and is not returned."""
        return self.name[:6] not in ("", "return")

    @property
    def is_entry(self) -> bool:
        """Whether it is a statement that writes entries of an array, as `a[i] = b` and `a[i] += b` do."""
        targets = getattr(self.node, "targets", [getattr(self.node, "target", None)])
        return self.role == "after" and any(isinstance(target, ast.Subscript) for target in targets)


@dataclass(frozen=True)
class Run:
    """One run. values: of each part, what it gave, in order. stopped: the part at which it stopped, where known."""

    outcome: Outcome
    values: Mapping[int, Sequence[Any]]
    order: Sequence[int]
    stopped: int | None = None


class Inside:
    """A function that can be run with all of its values kept. Raises Unreadable.

    without: parts that are not evaluated, for they stop the function; what is supplied for them is taken. modules: of
    which the functions are read, too. count: how many values the last run had.
    """

    def __init__(self, function: Callable, without: Container[int] = (), modules: Container[str] = ()) -> None:
        if not isinstance(function, FunctionType):
            raise Unreadable
        self.answer, self.parts = function, list[Part]()
        self.lines: dict[int, str] = {}
        self._scope, self._modules = function.__globals__, modules
        self._classes: dict[type, bool] = {}  # whether they are read
        self._read: dict[Callable, Callable] = {}  # functions and classes, each as it is rewritten
        self.definitions: dict[Callable, tuple[Any, dict[str, Any]]] = {}  # with what they have captured
        self._supplied: Mapping[int, Supply] = {}
        self._places: dict[tuple, int] = {}
        self._forget()
        self._longest, self._keeping, self._without = 0, False, without
        self._going_on: dict[frozenset[int], Inside] = {}
        self._main = function.__code__
        self.helpers: set[str] = set()  # names of functions and classes that are read, too
        self.function = self._read[function] = self._rewritten(function)

    def run(self, case: Case, results: int, supplied: Mapping[int, Supply] | None = None, keep: bool = True) -> Run:
        """Call the function on a case. supplied: of some parts, what is to be taken in place of their values."""
        self._forget()
        self._supplied, self._keeping = supplied or {}, keep
        try:
            outcome, _ = call(self.function, case, results)
        finally:
            self._longest = max(self._longest, 0 if self._supplied else self._passed)
            self._supplied, self._keeping = {}, False
        stopped = self._where(outcome.error) if outcome.error else None
        return Run(outcome, self.values, list(self.values), stopped)

    @property
    def work(self) -> int:
        """How long a run like the last one takes, told in values: a call of what is not the reader's takes longer."""
        given = (v for v in self.values.values() if isinstance(v[0], FunctionType) and not self.reads(v[0]))
        return self.count + CALLED * (1 + sum(map(len, given)))

    def going_on(self, without: frozenset[int]) -> Inside:
        """The same function without the parts at which it stops."""
        if without not in self._going_on:
            self._going_on[without] = Inside(self.answer, without)
        return self._going_on[without]

    def _forget(self) -> None:
        self.values: dict[int, list] = {}
        self.count, self._passed, self._evaluated, self._before = 0, 0, dict[int, int](), None

    def _keep(self, index: int, value: Any) -> Any:
        """What every expression of the rewritten function goes through."""
        if self.parts[index].role == "before" and isinstance(self.parts[index].node, ast.Name):
            self._before = _copied(value)
        self._passed += 1
        if self._supplied and self._passed > LONGER * self._longest + SPARE:
            raise Endless
        if index in self._supplied:
            count = self._evaluated[index] = self._evaluated.get(index, -1) + 1
            value = self._taken(index, value, self._supplied[index](count, value))
        if self._keeping:
            self.count += 1
            if self.count <= MOST:
                large = isinstance(value, np.ndarray) and value.size > LARGEST
                self.values.setdefault(index, []).append(None if large else _copied(value))
        return self._helper(value) if self.reads(value) else value

    def index(self, function: Callable, node: ast.AST) -> int | None:
        """The part that an expression or a statement of a function that is read is."""
        return self._places.get((function.__code__.co_filename, *_position(node)))

    @property
    def calls_itself(self) -> bool:
        return any(part.called == self.answer.__name__ for part in self.parts)

    def reads(self, value: Any) -> bool:
        """Whether this is a function or a class of the same notebook, or of a module that is read, and none that was
        judged right."""
        if isinstance(value, type):
            if value not in self._classes:  # which a loop may ask for at each turn
                parts = (part for base in value.__mro__ for part in vars(base).values())
                self._classes[value] = any(self.reads(_function(part)) for part in parts)
            return self._classes[value]
        ours = isinstance(value, FunctionType) and not getattr(value, "is_right", False)
        return ours and (value.__globals__ is self._scope or value.__module__ in self._modules)

    def _taken(self, index: int, value: Any, supplied: Any) -> Any:
        """What is supplied, written into the array where a statement has written into one: into what that changed."""
        if self.parts[index].role == "after" and np.shape(value) == np.shape(supplied) != ():
            if isinstance(value, list):
                value[:] = supplied
                return value
            written = changed(self._before, value) if self.parts[index].is_entry else ...
            value[written] = np.asarray(supplied)[written]
            return value
        return supplied

    def _helper(self, value: Any) -> Any:
        """A function or a class that is read, with all that it evaluates kept; as it is where that cannot be."""
        if value not in self._read:
            self.helpers.add(value.__name__)
            try:
                is_class = isinstance(value, type)
                made = with_methods(value, self._method) if is_class else self._rewritten(value)
            except (Unreadable, TypeError):
                made = value
            self._read |= {value: made, made: made}
        return self._read[value]

    def _method(self, function: Any) -> Any:
        return self._helper(function) if self.reads(function) else function

    def _rewritten(self, function: FunctionType) -> FunctionType:
        code = function.__code__
        if KEEP in code.co_freevars:  # it is defined in one that is rewritten
            return function
        try:
            captured = {
                n: cell.cell_contents for n, cell in zip(code.co_freevars, function.__closure__ or (), strict=True)
            }
            lines = tuple(linecache.getlines(code.co_filename, function.__globals__))
            definition = _definition(code, lines)
            rewrite = _Rewrite(self.parts, lines, definition, name_of(function) if code is not self._main else "")
            rewrite.without = self._without
            if not rewrite.function:
                self.lines = {n - definition.lineno + 1: line for n, line in enumerate(lines, 1)}
            self.definitions[function] = definition, captured
            tree = rewrite.whole()
            self.helpers |= {code.co_name} | {n.name for n in ast.walk(definition) if isinstance(n, ast.FunctionDef)}
            names = (KEEP, *captured)
            local: dict[str, Any] = {}
            # This module's `__future__` holds there, too: annotations are not evaluated.
            module = ast.fix_missing_locations(factory(tree, names))
            exec(compile(module, code.co_filename, "exec"), function.__globals__, local)
        except (SyntaxError, ValueError, RecursionError) as error:  # of a cell that is empty, ValueError
            raise Unreadable from error
        self._places |= {(code.co_filename, *where): index for where, index in rewrite.places.items()}
        made = local["__make__"](self._keep, *captured.values())
        made.__defaults__, made.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
        return made

    def _where(self, error: BaseException) -> int | None:
        """The part at which an error arose: the last that it passed through on its way out."""
        found, step = None, error.__traceback__
        while step:
            code = step.tb_frame.f_code
            if KEEP in code.co_freevars:
                found = code, step.tb_lasti
            step = step.tb_next
        return found and self._places.get((found[0].co_filename, *list(found[0].co_positions())[found[1] // 2]))


def name_of(function: FunctionType) -> str:
    """What a function is called, a method with its class."""
    return function.__qualname__.rpartition("<locals>.")[2]


def with_methods(cls: type, made: Callable[[FunctionType], FunctionType]) -> type:
    """A class like this, with what is made of each method in its place. Raises TypeError where there can be none."""
    private, own, changes = f"_{cls.__name__.lstrip('_')}__", {}, False
    for name, part in ((name, part) for base in reversed(cls.__mro__) for name, part in vars(base).items()):
        if not isinstance(function := _function(part), FunctionType):
            continue
        if any(used.startswith(private) for used in function.__code__.co_names):
            raise TypeError(f"{name} uses a name that means something in this class alone")
        own[name] = new = made(function)
        changes |= new is not function
        if isinstance(part, property):
            own[name] = property(new, part.fset, part.fdel)
        elif part is not function:  # a static method, or one of the class
            own[name] = type(part)(new)
    return type(cls)(cls.__name__, (cls,), own) if changes else cls


def _function(member: Any) -> Any:
    """What a method, or a property, of a class calls; of anything else nothing."""
    if isinstance(member, FunctionType):
        return member
    return getattr(member, "fget" if isinstance(member, property) else "__func__", None)


def changed(before: Any, after: np.ndarray) -> np.ndarray:
    """Which entries of an array a statement has changed; all, where that is not to be known."""
    if not isinstance(before, np.ndarray) or before.shape != after.shape:
        return np.ones(np.shape(after), bool)
    return (before != after) & ~(np.isnan(before) & np.isnan(after))


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray | list) else value


def cloned(tree: Any) -> Any:
    """A tree of nodes once more, in a fraction of the time that `copy.deepcopy` takes."""
    if isinstance(tree, list):
        return [cloned(part) for part in tree]
    if not isinstance(tree, ast.AST) or not tree._fields:
        return tree
    new = type(tree)()
    vars(new).update((field, cloned(value)) for field, value in vars(tree).items())
    return new


class _Nodes:
    """The kinds of nodes of `ast`, with a place from the start: to find all that have none takes longer than to compile
    them."""

    def __getattr__(self, name: str) -> type:
        kind = getattr(ast, name)
        place = {"lineno": 1, "end_lineno": 1, "col_offset": 0, "end_col_offset": 0}
        setattr(self, name, type(name, (kind,), place) if "lineno" in kind._attributes else kind)
        return getattr(self, name)


placed = _Nodes()


def factory(definition: ast.AST, names: Sequence[str]) -> ast.Module:
    """A function that, given what `names` stand for, gives the function that is defined."""
    module = ast.parse(f"def __make__({', '.join(names)}): pass")
    module.body[0].body = [placed.Return(definition)]
    if not isinstance(definition, ast.Lambda):
        module.body[0].body = [definition, placed.Return(placed.Name(definition.name, ast.Load()))]
    return module


@functools.lru_cache(maxsize=8)
def _tree(lines: tuple[str, ...]) -> ast.Module:
    return ast.parse("".join(lines))


def _definition(code: CodeType, lines: tuple[str, ...]) -> ast.FunctionDef | ast.Lambda:
    """The `def` or `lambda` that a code object was made from, in the lines of its file. Raises Unreadable."""
    for node in ast.walk(_tree(lines)):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            if code.co_firstlineno in {part.lineno for part in (node, *node.decorator_list)}:
                return node
        elif isinstance(node, ast.Lambda) and code.co_name == "<lambda>" and node.lineno == code.co_firstlineno:
            spans = [p for p in code.co_positions() if p[0] is not None and p[2] is not None and p[3]]
            first, last = min((p[0], p[2]) for p in spans if p[3] > p[2]), max((p[1], p[3]) for p in spans)
            body = node.body
            if (body.lineno, body.col_offset) <= first and last == (body.end_lineno, body.end_col_offset):
                return node
    raise Unreadable


class _Rewrite(ast.NodeTransformer):
    """Puts `keep(i, e)` in place of each expression e of one definition, and lists the parts."""

    def __init__(self, parts: list[Part], lines: Sequence[str], definition: Any, function: str) -> None:
        self.parts, self.function, self.places = parts, function, dict[tuple, int]()
        self._lines, self._definition = lines, definition
        self.without: Container[int] = ()
        self._statement: ast.stmt | None = None

    def whole(self) -> Any:
        definition = cloned(self._definition)
        if isinstance(definition, ast.Lambda):
            definition.args = self._bare(definition.args)
            definition.body = self._returned(definition.body)
            return definition
        return self.visit_FunctionDef(definition)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        first, nested = len(self.parts), self._statement is not None
        if not nested:  # the definition that is read; its defaults were evaluated long ago
            node.decorator_list, node.args = [], self._bare(node.args)
        node.body = self.generic_visit(ast.Module(node.body, [])).body
        for part in self.parts[first:] if nested else ():
            part.nested = True
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        first = len(self.parts)
        node.body = self._named(node.body, "return")
        for part in self.parts[first:]:
            part.nested = True
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        if node.value is not None:
            node.value = self._returned(node.value)
        return node

    def _returned(self, node: ast.expr) -> ast.expr:
        """A value that is returned; of several in a tuple each is one."""
        if not isinstance(node, ast.Tuple):
            return self._named(node, "return")
        node.elts = [self._named(value, f"return {i}") for i, value in enumerate(node.elts)]
        return self._kept(self._part(node, _kept_in(node), "return"), node)

    def visit_Assign(self, node: ast.Assign) -> Any:
        target = node.targets[0]
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        names = [spelled(n.value if isinstance(n, ast.Starred) else n) for n in names]
        name = ", ".join(names) if all(names) else ""
        several = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
        if several and len(target.elts) == len(node.value.elts):  # a, b = e, f: two names, each of one value
            pairs = zip(target.elts, node.value.elts, strict=True)
            node.value.elts = [self._named(value, spelled(name)) for name, value in pairs]
        else:
            node.value = self._named(node.value, name)
        node.targets = [self.visit(target) for target in node.targets]
        after = self._after(node, node.targets, _kept_in(node.value, *node.targets))
        stops = any(index in self.without for index in map(self.places.get, map(_position, node.targets)))
        return after if stops else [node, *after]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self._named(node.value, spelled(node.target))
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        """a += b gives a part for what a was, for b, and for what a is then."""
        if isinstance(node.target, ast.Subscript):
            node.value, node.target = self.visit(node.value), self.visit(node.target)
            return [node, *self._after(node, [node.target], _kept_in(node.value, node.target))]
        if not isinstance(node.target, ast.Name):
            return self.generic_visit(node)
        before = ast.copy_location(ast.Expr(self.visit(_loaded(node.target))), node)
        self.parts[-1].role = "before"
        node.value = self.visit(node.value)
        index = self._part(node, _kept_in(before, node.value), node.target.id, "after")
        kept = ast.Assign([ast.Name(node.target.id, ast.Store())], self._kept(index, _loaded(node.target)))
        return [before, *([node] if index not in self.without else []), ast.copy_location(kept, node)]

    def visit_Expr(self, node: ast.Expr) -> Any:
        """A call that stands alone may change what it is given: what that is then is a part."""
        if not isinstance(node.value, ast.Call):
            return self.generic_visit(node)
        call = node.value
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        given += [call.func.value] if isinstance(call.func, ast.Attribute) else []
        names = [cloned(part) for part in given if isinstance(part, ast.Name)]
        node.value = self.visit(node.value)
        return [node, *self._after(node, [ast.Subscript(name) for name in names], _kept_in(node.value))]

    def _as_it_is(self, node: ast.AST) -> ast.AST:
        return node

    visit_JoinedStr = visit_AsyncFunctionDef = _as_it_is

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        node.body = [self.visit(part) if isinstance(part, ast.FunctionDef) else part for part in node.body]
        return node

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.stmt):
            self._statement = node if node is not self._definition else None
            return super().visit(node)
        if not isinstance(node, ast.expr) or isinstance(node, ast.Constant | ast.Lambda | ast.JoinedStr):
            return super().visit(node)
        is_no_value = isinstance(node, ast.Slice | ast.Starred | ast.Await | ast.Yield | ast.YieldFrom)
        if is_no_value or isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            return self.generic_visit(node)
        name, method = called(node), _position(node.func) if isinstance(node, ast.Call) else None
        own = spelled(node)
        inner = self._inner(node)
        index = self._part(node, _kept_in(inner))
        self.parts[index].called, self.parts[index].id = name, own
        if method:  # which an error may find missing
            self.places.setdefault(method, index)
        return self._kept(index, inner)

    def _inner(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                node.func.value = self.visit(node.func.value)  # a method is no value
            elif not (isinstance(node.func, ast.Name) and node.func.id in ("super", "locals", "vars", "eval", "exec")):
                node.func = self.visit(node.func)
            node.args = [self.visit(part) for part in node.args]
            node.keywords = [self.visit(part) for part in node.keywords]
            return node
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):  # it may hold slices
            node.value = self.visit(node.value)
            node.slice.elts = [self.visit(part) for part in node.slice.elts]
            return node
        return self.generic_visit(node)

    def _named(self, node: ast.expr, name: str) -> ast.expr:
        """A value that is given a name, or returned, as a whole."""
        if isinstance(node, ast.Constant) and name:
            return self._kept(self._part(node, [], name), node)
        kept = self.visit(node)
        if name and kept is not node:
            self.parts[-1].name = name
        return kept

    def _after(self, statement: ast.stmt, targets: Sequence[ast.AST], below: Sequence[int]) -> list[ast.stmt]:
        """What a statement has made of the arrays into which it has written."""
        found = []
        for target in targets:
            base, made_of = target, list(below)
            # `a[i, j]` and `a[i][j]` write into `a`: what was kept on the way to it stood there before.
            while isinstance(base, ast.Subscript) or called(base) == KEEP:
                if isinstance(base, ast.Call):
                    kept, base = base.args[0].value, base.args[1]
                    self.parts[kept].role = "before"
                    made_of = [kept, *(i for i in made_of if i != kept and self.parts[i].role != "before")]
                else:
                    base = base.value
            if target is not base and isinstance(base, ast.Name):
                index = self._part(statement, made_of, base.id, "after")
                if hasattr(target, "lineno"):  # where an index does not fit
                    self.places.setdefault(_position(target), index)
                found.append(ast.copy_location(ast.Expr(self._kept(index, _loaded(base))), statement))
        return found

    def _part(self, node: ast.AST, below: list[int], name: str = "", role: str = "") -> int:
        index = len(self.parts)
        line = node.lineno - self._definition.lineno + 1
        self.parts.append(Part(node, line, self._text(node), self._statement, self.function, "", below, name, role))
        self.places[_position(node)] = index
        return index

    def _kept(self, index: int, value: ast.expr) -> ast.expr:
        if index in self.without and not isinstance(value, ast.Name):
            value = ast.copy_location(ast.Constant(None), value)
        called = ast.Call(ast.Name(KEEP, ast.Load()), [ast.Constant(index), value], [])
        return ast.copy_location(called, value)  # the rest of it gets its place with the whole module

    def _text(self, node: ast.AST) -> str:
        lines = [line.encode() for line in self._lines[node.lineno - 1 : node.end_lineno]]
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        return " ".join(line.decode().strip() for line in lines)

    def _bare(self, arguments: ast.arguments) -> ast.arguments:
        """Arguments with defaults that are none: the function's own are set later."""
        arguments.defaults = [ast.Constant(None) for _ in arguments.defaults]
        arguments.kw_defaults = [default and ast.Constant(None) for default in arguments.kw_defaults]
        return arguments


def _position(node: ast.AST) -> tuple[int, int, int, int]:
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset


def spelled(node: ast.AST) -> str:
    """A name, an attribute that is no array's, or an entry that is picked by a text; of anything else nothing."""
    match node:
        case ast.Name(id):
            return id
        case ast.Attribute(value, attr) if not hasattr(np.ndarray, attr) and (base := spelled(value)):
            return f"{base}.{attr}"
        case ast.Subscript(value, ast.Constant(str(key))) if base := spelled(value):
            return f"{base}[{key!r}]"
    return ""


def called(node: ast.expr) -> str:
    function = node.func if isinstance(node, ast.Call) else node
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _kept_in(*nodes: ast.AST) -> list[int]:
    """The parts that these hold, but for what is inside of those."""
    found = []
    for node in nodes:
        kept = isinstance(node, ast.Call) and called(node) == KEEP
        found += [node.args[0].value] if kept else _kept_in(*ast.iter_child_nodes(node))
    return found


def _loaded(name: ast.Name) -> ast.Name:
    return ast.copy_location(ast.Name(name.id, ast.Load()), name)
