"""What a slip could be taken for, and is not: each other slip that its lines allow, with what speaks against it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from utils.judge.algebra.judge import Difference, Judge, Step, Trap
from utils.judge.algebra.lines import cut
from utils.judge.algebra.notation import Unreadable
from utils.judge.algebra.setting import Setting
from utils.judge.algebra.slips import SLIPS, Slip
from utils.judge.algebra.text import Text

EXPLAINED = -1, None


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
    whole = Text(text, cut(text, setting.names), setting, question, answer, traps, {})
    reading = whole.read()
    slip = reading.first_slip
    if slip is None or slip.tree is None:
        return {}
    judge = whole.chains[slip.number - 1]
    beside = zip(reading.steps[: slip.number - 1], whole.chains, strict=False)
    above = [step for step, chain in beside if chain is judge and step.tree]
    found = defaultdict(list)
    for other in SLIPS if above else ():
        if other.slug != slip.slug:
            found[other.slug] += _against(other, judge, above[-1], slip)
    best = {slug: min(ranked, key=itemgetter(0))[1] for slug, ranked in found.items() if ranked}
    return {slug: other for slug, other in best.items() if other}


def _against(slip: Slip, judge: Judge, above: Step, line: Step) -> Iterator[tuple[int, Other | None]]:
    """What speaks against a slip, and before it how soon that comes to mind: 0 is first, and if it does explain the
    line, nothing does."""
    context = replace(judge.context, line=line.tree, above=above.tree)
    value = judge.value(line.tree)
    for source in judge.sources(above.tree):
        for tree in slip.made(source, context):
            made = judge.value(tree)
            if judge.agree(made, value):
                yield EXPLAINED
            elif made is not None and not judge.agree(made, judge.right):
                difference = None if value is None else judge.difference(line.tree, made, f"line {line.number}")
                yield int(source != above.tree), Other(judge.world.latex(tree), True, difference)
    for tree in slip.undone(line.tree, context):
        latex = judge.world.latex(tree)
        try:
            mended = judge.world.value(tree)
        except Unreadable as trouble:
            if value is None and latex != line.latex:
                yield 3, Other(latex, False, trouble=trouble.told)
            continue
        if judge.agree(mended, judge.right):
            yield EXPLAINED
        elif not judge.agree(mended, value):
            rank = 1 if mended.shape == judge.right.shape else 2
            yield rank, Other(latex, False, judge.difference(above.tree, mended, f"line {above.number}"))
