"""The steps of a right program: text with a step a line, `name = expression  # what it is`.

An expression may use the exercise's arguments, the steps above it, the functions of `utils.reference`, NumPy as `np`,
and `N`, the number of rows, where a single row is a batch of one. A `#` begins what the step is, for students to read.
"""

from __future__ import annotations

import ast
import io
import linecache
import textwrap
import tokenize
from collections.abc import Mapping, Sequence
from functools import cache
from types import CodeType, MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from utils import reference
from utils.bank.inputs import Case


class Step(NamedTuple):
    """One line of a right program. code: the expression, compiled so that a traceback points to its line."""

    name: str
    expression: str
    meaning: str
    code: CodeType


@cache
def parse(steps: str) -> tuple[Step, ...]:
    """The steps of this text, which whoever read its page has found to be a step a line."""
    steps = textwrap.dedent(steps)
    file = f"<steps {abs(hash(steps)):x}>"
    linecache.cache[file] = (len(steps), None, steps.splitlines(keepends=True), file)
    meanings, found = _comments(steps), []
    for line in ast.parse(steps, file).body:
        text, meaning = ast.get_source_segment(steps, line.value), meanings.get(line.end_lineno, "")
        found.append(Step(line.targets[0].id, text, meaning, compile(ast.Expression(line.value), file, "eval")))
    return tuple(found)


def run(steps: str, case: Case, given: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
    """The value of each step on the arguments of a case, by name, in order. given: what has another value, a step, an
    argument or N."""
    scope = namespace(case) | dict(given)
    for step in (parsed := parse(steps)):
        scope[step.name] = given[step.name] if step.name in given else eval(step.code, scope)
    return {step.name: scope[step.name] for step in parsed}


def result(steps: str, returns: Sequence[str], case: Case, given: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """What the steps come to: the last, or where several are asked these, in a tuple."""
    values = run(steps, case, given)
    return (
        tuple(np.asarray(values[name]) for name in returns) if len(returns) > 1 else np.asarray([*values.values()][-1])
    )


def namespace(case: Case) -> dict[str, Any]:
    """What an expression may name, but for the steps."""
    first = next(value for value in case.arguments.values() if not callable(value))
    helpers = {name: getattr(reference, name) for name in reference.__all__}
    N = len(first) if np.ndim(first) > 1 else 1
    return {**helpers, "np": np, "N": N, **case.arguments}


def _comments(text: str) -> dict[int, str]:
    """What stands behind a `#`, by line."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
