"""What all exercises have, and what a check says: one of five states, a named mistake where one is recognised, and a
counterexample."""

import re
import reprlib
from collections.abc import Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

MIME = "application/vnd.workbook.verdict+json"  # of the record that an output keeps of a verdict
State = Literal["right", "wrong", "not attempted", "your code stopped", "checker fault"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An exercise. hints: from a nudge to nearly there. notice: one sentence for whoever got it right. way: what it is,
    and how a notebook asks it."""

    way: ClassVar[str]
    id: str
    title: str
    minutes: int
    level: int
    hints: Sequence[str]
    notice: str


@dataclass(frozen=True)
class Counterexample:
    """The smallest input found on which an answer fails, and what came out; never what should have come out.

    told: what happened, in words, where nothing was returned. name: of the result, where there are several. after: what
    the call has made of the inputs that it changed.
    """

    inputs: dict[str, Any]
    returned: Any = None
    told: str = ""
    name: str = ""
    after: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        shown = partial(Context().run, _shown)  # where nothing is known of the form that the notebook has chosen
        lines = [shown(f"{name} = ", value) for name, value in self.inputs.items()]
        result = "your function returned " + (f"{self.name} = " if self.name else "")
        lines.append(f"your function {self.told}" if self.told else shown(result, self.returned))
        return "\n".join([*lines, *(shown(f"after the call {name} = ", value) for name, value in self.after.items())])


def with_due(what: str, due: str) -> str:
    """What stands in a place, and what is due there; in another layout it is the same, and told once."""
    is_told = due in what and what.endswith(("lost", "left over", "axes", "exchanged", "shape"))
    return what if is_told else f"{what}; due here: {due}"


class Line(NamedTuple):
    """A line of an answer, or a part of one: its number, what stands there, a sign, and what it is, as short Markdown.

    number: of a part of a line 0. sign: "✓" if it is what it is called, "✗" where the answer goes wrong, else "".
    start: where in the text the part begins that goes wrong, if that is a part of it.
    """

    number: int
    text: str
    sign: str
    what: str
    start: int | None = None


@dataclass(frozen=True)
class Place:
    """Where in its program an answer goes wrong.

    line: the `def` is line 1. expression: the smallest part that is not what it should be, as the reader wrote it.
    last: the step of the right way that was reached last, due: another, the one to reach here, as short maths. what:
    what the expression is. function: the helper it stands in, if it is one. again: whether something is wrong below,
    too. lines: the reader's own, with what each of them is; in a helper the expression alone. missed: the names of the
    steps up to the one that is due that were not reached: somewhere among them the slip was made.
    """

    line: int
    expression: str
    last: str
    due: str
    what: str = ""
    function: str = ""
    again: bool = False
    lines: tuple[Line, ...] = ()
    missed: tuple[str, ...] = ()

    def __str__(self) -> str:
        """A sentence or two, Markdown."""
        where = f"Line {self.line} of `{self.function}`" if self.function else f"Line {self.line}"
        again = " This is the first slip; there is another one below." if self.again else ""
        return f"{where}, `{self.expression.replace('`', chr(39))}`: {with_due(self.what, self.due)}.{again}"


@dataclass(frozen=True)
class Verdict:
    """The answer to an answer.

    state: one of five words. mistake: the slug of the recognised mistake, or None. message: one to three sentences
    to the student, Markdown with $maths$, the same at every run for the same answer. detail: the smallest
    counterexample, or None. printed: what the answer itself printed while it was checked, cut to a readable length.
    place: where in its program the answer goes wrong, or None where that cannot be told for sure.
    """

    exercise: str
    state: State
    message: str
    mistake: str | None = None
    detail: Counterexample | None = None
    printed: str = ""
    place: Place | None = None


def checker_fault(id: str, error: Exception) -> Verdict:
    """What is said when the workbook's own side fails: never the student's fault."""
    message = (
        f"The fault is the workbook's, not yours: its check of `{id}` stopped with {type(error).__name__}. Go on, and "
        "please report it with the line below."
    )
    return Verdict(id, "checker fault", message, None, Counterexample({}, told=f"was not judged: {error!r}"))


@np.printoptions(precision=4, threshold=30, edgeitems=2)
def _shown(prefix: str, value: Any) -> str:
    """An array as a reader would write it on paper: four significant digits, rows under one another."""
    if callable(value):
        return prefix + getattr(value, "__name__", "a function")
    if value is None or isinstance(value, str | list | tuple | dict | set):
        # Short, however long or deep; and without the addresses of functions, which differ at every run.
        return prefix + re.sub(r"(?: at 0|\.{3})x[0-9a-f]+>", "...>", reprlib.repr(value))
    array = np.asarray(value) if isinstance(value, np.ndarray | np.generic | int | float) else None
    if array is None or array.dtype.kind not in "biufc":
        return prefix + f"a {type(value).__name__}"  # a repr may fail, or hold an address that differs at every run
    array = array + 0 if array.dtype.kind in "fc" else array  # no minus before a 0
    return prefix + np.array2string(array, separator=", ", prefix=prefix)
