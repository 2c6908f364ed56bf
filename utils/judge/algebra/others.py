"""What a slip could be taken for, and is not: each other slip that its lines allow, with what speaks against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from operator import itemgetter

import numpy as np

from utils.judge.algebra.evaluate import Misfit
from utils.judge.algebra.judge import MOST_OF_ONE_SLIP, Difference, Trap, _Judge, _Text
from utils.judge.algebra.lines import cut
from utils.judge.algebra.notation import Node, Unreadable, parse
from utils.judge.algebra.rewriting import Rewrite, everywhere
from utils.judge.algebra.setting import Setting
from utils.judge.algebra.slips import SLIPS, Slip
from utils.judge.algebra.typeset import typeset


@dataclass(frozen=True)
class Other:
    """A slip that was not made.

    made: whether `latex` is what it makes of the line above, and not what stands below it; if not, `latex` is that line
    without this slip, and no more right. difference: of `latex` and the line that it should be equal to. trouble: why
    it has no value.
    """

    latex: str
    made: bool
    difference: Difference | None = None
    trouble: str = ""


def others(text: str, setting: Setting, question: str, answer: str, traps: Sequence[Trap] = ()) -> dict[str, Other]:
    """By slug: what the first slip of a derivation could be taken for, and is not."""
    whole = _Text(setting, parse(question, setting.names), parse(answer, setting.names), traps)
    reading = whole.read(cut(text, setting.names))
    slip = reading.first_slip
    if slip is None or slip.tree is None or slip.number == 1:
        return {}
    lines = _Lines(whole.judge, slip.number, reading.steps[slip.number - 2].tree, slip.tree)
    by_slug = {each.slug: [other for other in SLIPS if other.slug == each.slug] for each in SLIPS}
    found = {slug: lines.against(slips) for slug, slips in by_slug.items() if slug != slip.slug}
    return {slug: other for slug, other in found.items() if other}


class _Lines:
    """A line with a slip, its number, and the right line above it."""

    def __init__(self, judge: _Judge, number: int, above: Node, line: Node) -> None:
        self.judge, self.number, self.above, self.line = judge, number, above, line
        self.context = replace(judge.context, line=line, above=above)
        self.value = self._value(line)

    def against(self, slips: Sequence[Slip]) -> Other | None:
        """What speaks best against a slip that is made in one of these ways. None if one of them explains the line, or
        none can be tried in it."""
        ranked = []
        for slip in slips:
            for source in self.judge.sources(self.above) if slip.spoil else ():
                for tree in self._rewritten(source, slip.spoil, slip.whole):
                    if self.value is not None and self.judge.has_value(tree, self.value):
                        return None
                    ranked += self._made(tree, source)
            for tree in self._rewritten(self.line, slip.mend, slip.whole) if slip.mend else ():
                if self.judge.has_value(tree, self.judge.right):
                    return None
                ranked += self._mended(tree)
        return min(ranked, key=itemgetter(0))[1] if ranked else None

    # Each of the two yields what speaks against a slip, and before it how soon it comes to mind: 0 is first.

    def _made(self, tree: Node, source: Node) -> Iterator[tuple[int, Other]]:
        value = self._value(tree)
        if value is not None and not self.judge.agree(value, self.judge.right):
            difference = None if self.value is None else self._difference(self.line, self.number, value)
            yield int(source != self.above), Other(self._latex(tree), True, difference)

    def _mended(self, tree: Node) -> Iterator[tuple[int, Other]]:
        try:
            value = self.judge.world.value(tree)
        except Unreadable as trouble:
            told = trouble.told if isinstance(trouble, Misfit) else trouble.message
            if self.value is None and self._latex(tree) != self._latex(self.line):
                yield 3, Other(self._latex(tree), False, trouble=told)
            return
        if self.value is None or not self.judge.agree(value, self.value):
            rank = 1 if value.shape == self.judge.right.shape else 2
            yield rank, Other(self._latex(tree), False, self._difference(self.above, self.number - 1, value))

    def _difference(self, line: Node, number: int, value: np.ndarray) -> Difference | None:
        found = self.judge.difference(line, value)
        return found and replace(found, above_is=f"line {number}")

    def _rewritten(self, line: Node, rewrite: Rewrite, whole: bool) -> Iterator[Node]:
        return islice(everywhere(line, rewrite, self.context, whole), MOST_OF_ONE_SLIP)

    def _value(self, tree: Node) -> np.ndarray | None:
        try:
            return self.judge.world.value(tree)
        except Unreadable:
            return None

    def _latex(self, tree: Node) -> str:
        return typeset(tree, self.judge.world.shapes)
