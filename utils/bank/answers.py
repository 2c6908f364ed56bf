"""The Python of a page: answers, right and wrong, as functions.

Each is compiled as the `def` that somebody would have written, under the page's name and line, as in `2a_3.md:27`: a
traceback points there, and its source can be read like that of any other function.
"""

from __future__ import annotations

import ast
import builtins
import copy
import linecache
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, Protocol

from utils.bank.markdown import Block, CatalogueError, nearest

Values = dict[str, str]  # of a `for`, by the name of its variable, as the words tell them


@dataclass(frozen=True)
class Program:
    """The right program, a step a line. text: as written, with comments. steps: each by the names that it binds."""

    text: str
    steps: dict[tuple[str, ...], ast.stmt]
    result: ast.expr


class Asked(Protocol):
    """What is known of an exercise before its answers are compiled."""

    id: str
    arguments: tuple[str, ...]
    program: Program | None


class Python:
    """Compiles the blocks of one page. names: what they may call."""

    def __init__(self, file: Path, names: Mapping[str, Any]) -> None:
        self.file, self.names = file, {"__builtins__": builtins, **names}
        self.compiled_at = Counter[int]()

    def error(self, line: int, found: str, fits: str) -> CatalogueError:
        return CatalogueError(self.file, line, found, fits)

    def value(self, at: Block, source: str) -> Any:
        """What an expression of the page comes to."""
        tree = self.parsed(at, source, "eval")
        self.check_names(tree, at.line)
        try:
            return self.evaluated(tree)
        except Exception as error:
            raise self.error(at.line, f"`{source}` stops with {error!r}", "A value would fit.") from None

    def evaluated(self, tree: ast.Expression) -> Any:
        return eval(compile(tree, str(self.file), "eval"), dict(self.names))

    def parsed(self, block: Block, source: str | None = None, mode: str = "exec") -> Any:
        try:
            tree = ast.parse(block.text if source is None else source, str(self.file), mode)
        except SyntaxError as error:
            line = block.line + (error.lineno or 1) - 1
            found = f"{(error.text or source or '').strip()!r} does not compile, {error.msg}"
            raise self.error(line, found, "Python would fit.") from None
        if mode == "exec" and not tree.body:
            raise self.error(block.line, "an empty block", "Lines of Python would fit.")
        return ast.increment_lineno(tree, block.line - 1)

    def program(self, id: str, block: Block, returns: Sequence[str]) -> Program:
        """The right program as it stands in a block: steps, or one expression."""
        text, tree = block.text.rstrip("\n"), self.parsed(block)
        if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
            return Program(text, {}, tree.body[0].value)
        steps: dict[tuple[str, ...], ast.stmt] = {}
        for line in tree.body:
            if not isinstance(line, ast.Assign) or _targets(line) in steps:
                fits = "'name = expression' is a step, and each has a name of its own."
                raise self.error(line.lineno, f"`{ast.unparse(line)}` is no step of {id}", fits)
            steps[_targets(line)] = line
        returns = returns or list(steps)[-1]
        if missing := set(returns) - {name for step in steps for name in step}:
            found = f"no step of {id} is called {missing.pop()!r}"
            raise self.error(block.line, found, "It is said to be returned, so a step would bind it.")
        result = ast.parse(", ".join(returns), mode="eval")
        return Program(text, steps, ast.increment_lineno(result, block.line - 1).body)

    @staticmethod
    def source(answer: Callable) -> str:
        """An answer as it was compiled."""
        return "".join(linecache.getlines(answer.__code__.co_filename))

    def right(self, asked: Asked, line: int) -> Callable:
        """The right program as a function."""
        return self.function(asked, line, [*asked.program.steps.values()], asked.program.result)

    def answers(self, asked: Asked, block: Block) -> Iterator[tuple[Callable, Values]]:
        """Each answer that a block holds: a `def` that no later one calls; an expression, with the lines above it;
        lines in place of steps, which end where a step comes again; and of a `for` each expression with each value.
        """
        tree, lines = self.parsed(block), []
        for line in [*tree.body, None]:
            ends = not isinstance(line, ast.Assign | ast.Expr) or _targets(line) in map(_targets, lines)
            if ends and lines:
                yield self.in_place_of_steps(asked, lines), {}
                lines = []
            if isinstance(line, ast.Assign):
                lines.append(line)
            elif isinstance(line, ast.Expr):
                yield self.function(asked, (lines or [line])[0].lineno, lines, line.value), {}
                lines = []
            elif isinstance(line, ast.For):
                yield from self.family(asked, line)
            elif isinstance(line, ast.FunctionDef):
                later = tree.body[tree.body.index(line) + 1 :]
                if not any(line.name in _free(other) for other in later):
                    yield self.whole(asked, block, tree.body, line), {}
            elif line:
                fits = "Lines 'name = ...', an expression, or a whole 'def' would be one."
                raise self.error(line.lineno, f"a line that is no part of an answer: {ast.unparse(line)}", fits)

    def family(self, asked: Asked, loop: ast.For) -> Iterator[tuple[Callable, Values]]:
        """One answer for each value of a loop, and for each expression in it."""
        if not isinstance(loop.target, ast.Name) or not all(isinstance(line, ast.Expr) for line in loop.body):
            found = "a loop with more than expressions in it"
            raise self.error(loop.lineno, found, "'for name in (...):' and below it expressions would fit.")
        values = loop.iter.elts if isinstance(loop.iter, ast.Tuple) else self.constants(loop)
        for value in values:
            for line in loop.body:
                answer = self.function(asked, line.lineno, [], _with_value(line.value, loop.target.id, value))
                yield answer, {loop.target.id: str(value.value if isinstance(value, ast.Constant) else _text(value))}

    def constants(self, loop: ast.For) -> Iterator[ast.Constant]:
        self.check_names(loop.iter)
        for value in self.evaluated(ast.Expression(loop.iter)):
            plain = value.item() if getattr(value, "size", None) == 1 else value
            if not isinstance(plain, int | float | str):
                found = f"{value!r} as a value of {loop.target.id!r}"
                raise self.error(loop.lineno, found, "Numbers and strings would fit.")
            yield ast.Constant(plain)

    def in_place_of_steps(self, asked: Asked, lines: Sequence[ast.stmt]) -> Callable:
        """The right program with these lines in place of its own of the same names."""
        steps = asked.program.steps if asked.program else {}
        for line in lines:
            if _targets(line) not in steps:
                name = ", ".join(_targets(line))
                fits = nearest(name, [", ".join(names) for names in steps], "A whole answer")
                raise self.error(line.lineno, f"{name!r} is no step of {asked.id}", fits)
        body = {**steps, **{_targets(line): line for line in lines}}
        return self.function(asked, lines[0].lineno, [*body.values()], asked.program.result)

    def function(self, asked: Asked, line: int, body: Sequence[ast.stmt], result: ast.expr) -> Callable:
        """A function of the exercise's arguments: these lines, and then this result."""
        body = self.with_the_steps(asked, body, result)
        made = set(asked.arguments)
        for part in (*body, result):
            if "N" in _free(part) and "N" not in made:
                body = [ast.parse(f"N = rows({asked.arguments[0]})").body[0], *body]
                made.add("N")
            self.check_names(part, made=made)
            made.update(_targets(part))
        name = asked.id.partition(".")[2]
        if any(name in _free(part) for part in (*body, result)):
            name += "_"  # what it calls is the reference of this name, and not itself
        lines = [f"def {name}({', '.join(asked.arguments)}):", *map(_text, body), f"return {_text(result)}"]
        code = self.compiled("\n    ".join(lines) + "\n", line)
        return FunctionType(next(c for c in code.co_consts if isinstance(c, CodeType)), self.names)

    def whole(self, asked: Asked, block: Block, lines: Sequence[ast.stmt], answer: ast.FunctionDef) -> Callable:
        """An answer that is a `def`. What it calls stands above it in its block, and is compiled with it."""
        if not answer.args.vararg and len(answer.args.args) != len(asked.arguments):
            found = f"`{answer.name}` takes ({ast.unparse(answer.args)})"
            raise self.error(answer.lineno, found, f"{asked.id} is asked of ({', '.join(asked.arguments)}).")
        above = [line for line in lines[: lines.index(answer)] if isinstance(line, ast.FunctionDef)]
        called = [answer]
        for line in reversed(above):
            if any(line.name in _free(one) for one in called):
                called.insert(0, line)
        text, first = block.text.split("\n"), block.line
        source = "\n\n\n".join("\n".join(text[one.lineno - first : one.end_lineno - first + 1]) for one in called)
        scope = dict(self.names)  # in which they find one another
        self.check_names(ast.Module(called, []))
        exec(self.compiled(source + "\n", called[0].lineno), scope)
        return scope[answer.name]

    def compiled(self, source: str, line: int) -> CodeType:
        self.compiled_at[line] += 1
        variant = f" ({self.compiled_at[line]})" if self.compiled_at[line] > 1 else ""
        place = f"{self.file}:{line}{variant}"
        linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)
        return compile(source, place, "exec")

    def with_the_steps(self, asked: Asked, body: Sequence[ast.stmt], result: ast.expr) -> Sequence[ast.stmt]:
        """These lines behind the right program's steps, or in place of them, if they use one that they do not make."""
        steps = asked.program.steps if asked.program else {}
        made, used = set(asked.arguments), set()
        for part in (*body, result):
            used |= _free(part).keys() - made
            made.update(_targets(part))
        if not any(used & set(names) for names in steps):
            return body
        own = {_targets(part): part for part in body if _targets(part) in steps}
        return [*{**steps, **own}.values(), *(part for part in body if part not in own.values())]

    def check_names(self, tree: ast.AST, at: int | None = None, made: Collection[str] = ()) -> None:
        """Whether every name that is read is one that somebody binds."""
        for name, line in _free(tree).items():
            if not (name in self.names or name in made or hasattr(builtins, name)):
                others = (
                    "An argument, a step, or a name of NumPy's `np`, of `utils.reference` or of the chapter's own file"
                )
                fits = nearest(name, {*self.names, *made}, others)
                raise self.error(at or line, f"{name!r} is no name known here", fits)


@cache
def _text(tree: ast.AST) -> str:
    return ast.unparse(tree)


def _targets(line: ast.AST | None) -> tuple[str, ...]:
    """The names that a line binds, if it is an assignment."""
    target = line.targets[0] if isinstance(line, ast.Assign) else None
    names = target.elts if isinstance(target, ast.Tuple) else [target]
    return tuple(ast.unparse(name) for name in names if name is not None)


@cache
def _free(tree: ast.AST) -> dict[str, int]:
    """The names that are read and not bound in this tree, each with its line."""
    read: dict[str, int] = {}
    bound = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            read.setdefault(node.id, node.lineno)
        elif isinstance(node, ast.Name | ast.arg | ast.FunctionDef):
            bound.add(node.id if isinstance(node, ast.Name) else node.arg if isinstance(node, ast.arg) else node.name)
    return {name: line for name, line in read.items() if name not in bound}


def _with_value(tree: ast.expr, name: str, value: ast.expr) -> ast.expr:
    """A copy in which a name is replaced by its value."""

    class Replaced(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return ast.copy_location(copy.deepcopy(value), node) if node.id == name else node

    return Replaced().visit(copy.deepcopy(tree))
