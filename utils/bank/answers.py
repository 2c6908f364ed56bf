"""The Python of a page: answers, right and wrong, as functions.

Each is compiled as the `def` that somebody would have written, under the page's name and line, as in `2a_3.md:27`: a
traceback points there, and its source can be read like that of any other function.
"""

import ast
import builtins
import linecache
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from utils.bank.markdown import Block, Page

OTHERS = "An argument, a step, or a name of NumPy's `np`, of `utils.reference` or of the files beside the page"


@dataclass
class Python(Page):
    """A page whose code is compiled. names: what it may call."""

    names: Mapping[str, Any]
    compiled_at: Counter[int] = field(default_factory=Counter, init=False)

    def value(self, line: int, source: str) -> Any:
        """What an expression of the page comes to."""
        tree = self.parsed(Block("code", line, source), "eval")
        self.check_names(tree)
        try:
            return eval(compile(tree, str(self.file), "eval"), dict(self.names))
        except Exception as error:
            raise self.error(line, f"`{source}` stops with {error!r}", "A value would fit.") from None

    def define(self, block: Block) -> None:
        """Add what a block binds to what the page may call."""
        tree, self.names = self.parsed(block), dict(self.names)
        self.check_names(tree)
        exec(compile(tree, str(self.file), "exec"), self.names)

    def parsed(self, block: Block, mode: str = "exec") -> Any:
        try:
            tree = ast.parse(block.text, mode=mode)  # under the page's name Python would quote the page's first line
        except SyntaxError as error:
            found = f"{(error.text or block.text).strip()!r} does not compile, {error.msg}"
            raise self.error(block.line + (error.lineno or 1) - 1, found, "Python would fit.") from None
        self.need(mode == "eval" or tree.body, block, "an empty block", "Lines of Python would fit.")
        return ast.increment_lineno(tree, block.line - 1)

    def check_names(self, tree: ast.AST) -> None:
        """Whether every name that is read and not bound there is known."""
        read, bound = _names(tree)
        for name, line in read.items():
            if not (name in bound or name in self.names or hasattr(builtins, name)):
                self.known(name, {*self.names, *bound}, line, "name known here", OTHERS)

    def compiled(self, function: ast.FunctionDef, line: int, own: Sequence[ast.AST]) -> Callable:
        """What a `def` makes. own: what stands on the page of it, kept on the function as `written`."""
        self.check_names(function)
        self.compiled_at[line] += 1
        variant = f" ({self.compiled_at[line]})" if self.compiled_at[line] > 1 else ""
        place, scope, source = f"{self.file}:{line}{variant}", dict(self.names), _text(function) + "\n"
        linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)
        exec(compile(source, place, "exec"), scope)
        scope[function.name].written = [*map(_text, own)]
        return scope[function.name]


class Program:
    """The right program of an exercise, a step a line, and what others write in place of it, or of its steps.

    text: as written, with comments. steps: each by its name.
    """

    def __init__(self, page: Python, id: str, arguments: Sequence[str], block: Block, returns: Sequence[str]) -> None:
        self.page, self.id, self.arguments, self.text = page, id, arguments, block.text.rstrip("\n")
        self.steps: dict[str, ast.stmt] = {}
        for line in page.parsed(block).body:
            fits = "'name = expression' is a step, and each has a name of its own."
            is_step = _name(line).isidentifier() and _name(line) not in self.steps
            page.need(is_step, line.lineno, f"`{_text(line)}` is no step of {id}", fits)
            self.steps[_name(line)] = line
        returns = returns or [*self.steps][-1:]
        for name in returns:
            page.known(name, self.steps, block, f"step of {id}, and is said to be returned")
        self.result = ast.parse(", ".join(returns), mode="eval").body
        self.right = self.function(block.line, [])

    def answers(self, block: Block) -> Iterator[tuple[Callable, dict[str, str]]]:
        """Each answer that a block holds: a `def`; an expression, with the lines above it; lines in place of steps,
        which end where a step comes again; and of a `for` each expression with each value. With it, by the name of
        the variable of a `for`, its value, as the words tell it.
        """
        for lines in _parts(self.page.parsed(block).body):
            line, last = lines[0].lineno, lines[-1]
            if isinstance(last, ast.Assign):
                yield self.function(line, lines), {}
            elif isinstance(last, ast.Expr):
                yield self.function(line, lines[:-1], last.value), {}
            elif isinstance(last, ast.For):
                yield from self.family(last)
            elif isinstance(last, ast.FunctionDef):
                yield self.whole(block, last), {}
            else:
                fits = "Lines 'name = ...', an expression, or a whole 'def' would be one."
                raise self.page.error(line, f"a line that is no part of an answer: {_text(last)}", fits)

    def family(self, loop: ast.For) -> Iterator[tuple[Callable, dict[str, str]]]:
        """One answer for each value of a loop, and for each expression in it."""
        plain = isinstance(loop.target, ast.Name) and all(isinstance(line, ast.Expr) for line in loop.body)
        fits = "'for name in (...):' and below it expressions would fit."
        self.page.need(plain, loop.lineno, "a loop with more than expressions in it", fits)
        if isinstance(loop.iter, ast.Tuple):
            values = [_text(value) for value in loop.iter.elts]
        else:
            values = map(repr, np.ravel(self.page.value(loop.lineno, _text(loop.iter))).tolist())
        for value in values:
            for line in loop.body:
                text = re.sub(rf"\b{loop.target.id}\b", f"({value})", _text(line.value))
                result = self.page.parsed(Block("code", line.lineno, text), "eval").body
                yield self.function(line.lineno, [], result), {loop.target.id: value}

    def whole(self, block: Block, answer: ast.FunctionDef) -> Callable:
        """An answer that is a `def`."""
        found = f"`{answer.name}` takes ({ast.unparse(answer.args)})"
        fits = f"{self.id} is asked of ({', '.join(self.arguments)})."
        takes = answer.args.vararg or len(answer.args.args) == len(self.arguments)
        self.page.need(takes, answer.lineno, found, fits)
        return self.page.compiled(answer, answer.lineno, answer.body[ast.get_docstring(answer) is not None :])

    def function(self, line: int, lines: Sequence[ast.stmt], result: ast.expr | None = None) -> Callable:
        """A function of the exercise's arguments: these lines, and then this result. Where they use a step that they do
        not make, or have no result of their own, they stand in place of the steps of the same names, and behind them.
        """
        if result is None:
            for one in lines:
                self.page.known(_name(one), self.steps, one.lineno, f"step of {self.id}", "A whole answer")
        written = [*lines, *([result] if result else [])]
        if result is None or _free(written) & self.steps.keys():
            own = {_name(one): one for one in lines if _name(one) in self.steps}
            lines = [*(self.steps | own).values(), *(one for one in lines if one not in own.values())]
        body = [*lines, ast.Return(result or self.result)]
        if "N" in _free(body):
            body = [ast.parse(f"N = rows({self.arguments[0]})").body[0], *body]
        name = self.id.partition(".")[2]
        name += "_" * (name in _free(body))  # what it calls is the reference of this name, and not itself
        (function,) = ast.parse(f"def {name}({', '.join(self.arguments)}): ...").body
        function.body = body
        return self.page.compiled(function, line, written)


def source(answer: Callable) -> str:
    """An answer as it was compiled."""
    return "".join(linecache.getlines(answer.__code__.co_filename))


def _parts(body: Sequence[ast.stmt]) -> Iterator[list[ast.stmt]]:
    """The lines of each answer: one ends with what is no assignment, or where a step comes again."""
    part: list[ast.stmt] = []
    for line in body:
        steps = map(_name, part) if isinstance(line, ast.Assign) else ()
        goes_on = isinstance(line, ast.Assign | ast.Expr) and _name(line) not in steps
        if part and not (goes_on and isinstance(part[-1], ast.Assign)):
            yield part
            part = []
        part.append(line)
    yield part


_text = cache(ast.unparse)  # of a tree


def _name(line: ast.AST) -> str:
    """What a line binds, if it is an assignment."""
    return _text(line.targets[0]) if isinstance(line, ast.Assign) else ""


@cache
def _names(tree: ast.AST) -> tuple[dict[str, int], set[str]]:
    """The names that are read in a tree, each with its line, and those that are bound there."""
    read: dict[str, int] = {}
    bound = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            read.setdefault(node.id, node.lineno)
        elif isinstance(node, ast.Name | ast.arg | ast.FunctionDef):
            bound.add(getattr(node, "id", None) or getattr(node, "arg", None) or node.name)
    return read, bound


def _free(lines: Sequence[ast.AST]) -> set[str]:
    """The names that are read in some lines and not bound there."""
    names = [*map(_names, lines)]
    return set().union(*(read for read, _ in names)) - set().union(*(bound for _, bound in names))
