"""The slips that are recognised, as slips.toml tells them: how each is made or undone, and what is said of it.

A slip is found in one of two ways. `spoil` makes it: each wrong tree that it yields from a part of the line above is
put in that part's place, and if one has the values of the reader's line, that is what happened. `mend` undoes it: each
tree that it yields from a part of the reader's line is put there, and if one has the right value, that was wrong.
Values are compared at all points, so that it does not matter how the reader's line is written. The first that fits is
told, so the narrow ones come first. Most are told in the notation itself.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from utils.judge.algebra import rewriting
from utils.judge.algebra.rewriting import At, Context, Rewrite, Table, everywhere, spread
from utils.judge.algebra.tree import Node


@dataclass(frozen=True)
class Slip:
    """One entry of slips.toml, which tells what its fields mean."""

    slug: str
    feedback: str
    example: tuple[str, str, str]
    spoil: Rewrite | None = None
    mend: Rewrite | None = None
    at: At = "parts"
    where: Callable[[Context], object] = bool
    sure: bool = False
    formal: bool = False
    literal: bool = False

    def made(self, line: Node, context: Context) -> Iterator[Node]:
        """What a line becomes by this slip."""
        return everywhere(line, self.spoil, context, self.at) if self.spoil and self.where(context) else iter(())

    def undone(self, line: Node, context: Context) -> Iterator[Node]:
        """What a line becomes without this slip."""
        return everywhere(line, self.mend, context, self.at) if self.mend and self.where(context) else iter(())


# What must hold for a slip to have been made at all, as slips.toml tells it. "i = k": of an exercise in which they are.
WHERE: dict[str, Callable[[Context], object]] = {
    "i != k": lambda here: here.case == "i != k",
    "i = k": lambda here: here.case == "i = k",
    "a derivative stood above": lambda here: here.above and here.above.has("D"),
    "a derivative is gone": lambda here: (
        here.variable and not (here.above and _operators(here.line) >= _operators(spread(here.above)))
    ),
    "no minus stands before brackets": lambda here: (
        not any(part.op in ("neg", "-") and part.args[-1].op in ("+", "-") for part in here.line.walk())
    ),
}


def _operators(line: Node | None) -> int:
    return sum(node.op == "D" for node in line.walk()) if line else 0


def _slip(entry: dict) -> Slip:
    how = rewriting.in_several if entry.pop("several", False) else rewriting.rules
    ways: dict[str, str | Table] = {way: entry.pop(way) for way in ("spoil", "mend") if way in entry}
    made = {way: getattr(rewriting, told) if isinstance(told, str) else how(told) for way, told in ways.items()}
    made |= {"where": WHERE[entry.pop("where")]} if "where" in entry else {}
    return Slip(feedback=" ".join(entry.pop("said").split()), example=tuple(entry.pop("example")), **entry, **made)


_FILE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
SLIPS = tuple(map(_slip, _FILE["slip"]))
TITLES: dict[str, str] = _FILE["titles"]
# Names that say what was done to the line above, and not only which change would make the line right.
DEEDS = {slip.slug for slip in SLIPS if slip.spoil} - {slip.slug for slip in SLIPS if slip.mend}
