"""The lines of a calculation, one by one: which are right, which is the slip, and what kind of slip it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from utils.judge.algebra.evaluate import Misfit, World, in_words
from utils.judge.algebra.notation import LEFT, SAID, Unreadable
from utils.judge.algebra.rewriting import Context, as_asked, cancels, on_the_way, one_hot, plain, spread
from utils.judge.algebra.setting import NUMBER, UNCHANGING, Setting
from utils.judge.algebra.slips import DEEDS, SLIPS, Slip
from utils.judge.algebra.tree import Node, written_out

RTOL, ATOL = 1e-9, 1e-12
FEWEST = 2  # points at which a line must have a value, of those that never change
MOST_TRIES = 700  # trees tried for all slips of one derivation together
# How little an explanation needs: nothing but order and brackets (0), what the names mean, or the case in hand.
BY_NAMES, CASE = 1, 2

Status = Literal["right", "slip", "carried", "unreadable", "does not multiply"]


@dataclass(frozen=True)
class Difference:
    """Where two lines part: a point that is easy to read, and what the line above and the reader's own are there."""

    inputs: dict[str, str]
    above: str
    yours: str
    above_is: str

    def __str__(self) -> str:
        at = ", ".join(f"{name} = {value}" for name, value in self.inputs.items())
        return f"At {at}\n{self.above_is} is {self.above}\nthis line is {self.yours}"


EQUAL = {("right", "right"), ("slip", "carried"), ("carried", "carried")}  # a line, and the next


@dataclass(frozen=True)
class Step:
    """One line. column: where it cannot be read, from 0. slug, reason: of the slip, where one is recognised.

    repeats: the line above that says the same, up to spaces and brackets, if there is one. beside: whether it belongs
    to a calculation of its own. counts: whether it is a step of the derivation, or of a calculation that this uses, and
    says more than a line above in another order, or with a name written out. follows: whether it stands to the line
    above it. equal: whether it has the right value, although there is a slip in how it is written.
    """

    number: int
    text: str
    status: Status
    tree: Node | None = None
    latex: str = ""
    slug: str | None = None
    reason: str = ""
    column: int | None = None
    difference: Difference | None = None
    repeats: int | None = None
    beside: bool = False
    counts: bool = False
    follows: bool = True
    equal: bool = False

    def relation(self, before: Step | None) -> str:
        """How this line stands to the one above it, as LaTeX: equal, not equal, or "" where one has no value."""
        if before is None or not self.follows or {before.status, self.status} & {"unreadable", "does not multiply"}:
            return ""
        return "= " if self.equal or before.equal or (before.status, self.status) in EQUAL else r"\neq "

    def is_right_again(self, before: Step | None) -> bool:
        """Whether this line is right although the one above it is not."""
        return self.status == "right" and before is not None and self.follows and before.status != "right"


@dataclass(frozen=True)
class Reading:
    """What was found in a derivation. problem, slug: why it is not finished although no line is wrong, if so.

    points: at how many points the lines were compared. unread: equations beside it that were not judged.
    """

    steps: tuple[Step, ...] = ()
    problem: str = ""
    slug: str | None = None
    points: int = 0
    unread: tuple[str, ...] = ()
    not_attempted: bool = False

    @property
    def first_slip(self) -> Step | None:
        wrong = (step for step in self.steps if step.status != "right")
        return min(wrong, key=lambda step: step.status == "carried", default=None)

    @property
    def unreadable(self) -> dict[str, str | None]:
        """The lines whose notation has no meaning, each with the kind of trouble."""
        return {step.text: step.slug for step in self.steps if step.status == "unreadable" and step.tree is None}

    @property
    def different(self) -> int:
        """How many lines say what no line above has said."""
        return sum(step.repeats is None and not step.beside for step in self.steps)

    @property
    def taken(self) -> int:
        """How many steps were taken: lines that say something new, the question one of them."""
        return sum(step.counts for step in self.steps)

    @property
    def right(self) -> bool:
        return bool(self.steps) and not (self.first_slip or self.problem or self.not_attempted)


@dataclass(frozen=True)
class Trap:
    """A wrong value that belongs to this question alone. text: an expression that has it.

    fact: slug and feedback say what is true of every line with this value; without it they are told only of one that
    is what the expression is.
    """

    slug: str
    text: str
    feedback: str
    fact: bool = False


class Judge:
    """What a line is compared with: the question of the derivation, or the first line of a calculation beside it.

    closed: whether it only says what a name means, or tells a law, so that no line below goes on from it. last_right,
    above: the last right line, and the last one with a value.
    """

    asks = "the question asks for"
    closed = False
    above_is = "the question"

    def __init__(
        self, setting: Setting, asked: Node, wanted: Node, traps: Sequence[Trap], picked: Collection[str] = ()
    ) -> None:
        self.wrong = {trap: setting.read(trap.text) for trap in traps}
        if not asked.has("index"):  # no letter says which entry is meant, so that all but those picked are for sums
            moves = (setting.moves,) if setting.moves and asked.has("prime") else ()
            picked = {*picked}.union(*(meant.letters for meant in (*setting.definitions.values(), *moves)))
            letters = {letter: size for letter, size in setting.indices.items() if letter in picked}
            setting = replace(setting, indices=letters, defined=setting.definitions)
        self.world = World(setting, setting.points(np.random.default_rng()))
        self.setting, self.asked, self.wanted = setting, self.world.meant(asked), wanted
        self.definitions = {Node("name", (name,)): meant for name, meant in setting.definitions.items()}
        self.numbers = {name: d for name, d in self.definitions.items() if self.world.shapes[name.args[0]] == NUMBER}
        self.right = self.world.value(asked)
        self.last_right = self.above = asked
        self.lines: list[Step] = []  # those that are right
        self.tries, self.compared_at = MOST_TRIES, self.world.count
        self.known_sources: dict[Node, list[Node]] = {}
        self.forms: dict[Node, World] = {}
        variable = next((node.args[1] for node in asked.walk() if node.op == "D"), None)
        case = "i = k" if setting.same else "i != k"
        self.context = Context(variable, case if {"i", "k"} <= {*setting.indices} else "")

    def fits(self, line: str) -> int:
        """How well a line fits here: if it has the right value (2), or its shape at least (1)."""
        values = [self.value(way) for way in self.setting.ways(line)]
        shapes = [value.shape for value in values if value is not None]
        return 2 if any(self.agree(value, self.right) for value in values) else int(self.right.shape in shapes)

    def holds(self, line: str) -> bool:
        """Whether a line can be read and has the right value."""
        return self.fits(line) == 2

    def written(self, line: str) -> Node:
        """A line as it is written; of the ways in which it can be read, the first that makes it right."""
        return max(self.setting.readings(line), key=lambda way: self.has_value(way, self.right))

    def plainly(self, tree: Node) -> Node:
        """What a line says: the same for all that differ in order and brackets, or only write out what a name means."""
        named = {name: d for name, d in self.definitions.items() if d.op in ("softmax", "sigma")}
        return plain(written_out(plain(tree), named | self.numbers))

    def step(self, number: int, line: str) -> Step:
        """What is found in the next line."""
        step = self.judged(number, line)
        if step.status == "right":
            self.last_right = step.tree
            self.lines.append(step)
        if step.status in ("right", "slip", "carried"):
            self.above, self.above_is = step.tree, f"line {number}"
        return step

    def judged(self, number: int, line: str) -> Step:
        step = Step(number, line, "right")
        try:
            written = self.written(line)
        except Unreadable as trouble:
            return replace(step, status="unreadable", slug=trouble.slug, reason=trouble.all, column=trouble.column)
        tree = self.world.meant(written)
        step = replace(step, tree=tree, latex=self.world.latex(tree))
        try:
            value = self.world.value(tree)
        except Unreadable as trouble:
            return self.no_value(replace(step, latex=self.world.latex(written)), trouble)
        if self.agree(value, self.right):
            self.compared_at = min(self.compared_at, int(_finite(value).sum()))
            if self.world.has_one_sign_for_two(written):
                latex = self.world.latex(written)  # as it stands there, and not as it may be meant
                return replace(
                    step, status="slip", latex=latex, slug="matmul-for-hadamard", reason=SAID["one-sign"], equal=True
                )
            return step
        if self.above != self.last_right and self.agree(value, self.world.value(self.above)):
            return replace(step, status="carried", reason="Equal to the line above, and so still wrong.")
        if value.shape != self.right.shape:
            return self.other_shape(step, value)
        if not _enough(_finite(value)):
            reason = SAID["no-limit" if tree.has("limit") else "singular"]
            return replace(step, status="slip", slug="singular", reason=f"This line has no value: {reason}")
        ways = dict.fromkeys([tree, written_out(tree, self.setting.given, fully=True)])
        named = (self.recognised(way, value) for way in ways)
        slug, reason = next(filter(None, named), None) or self.in_general(value)
        if not slug:
            other = "what stands above it" if step.number > 1 else "the question"
            reason = f"This line is not equal to {other}. {reason}".rstrip()
        difference = self.difference(self.above, value, self.above_is)
        return replace(step, status="slip", slug=slug, reason=reason, difference=difference)

    def no_value(self, step: Step, trouble: Unreadable) -> Step:
        status = "does not multiply" if trouble.slug == "does-not-multiply" else "unreadable"
        mended = self.mended(step.tree) if isinstance(trouble, Misfit) else None
        slug, feedback = mended or (trouble.slug, "")
        if slug == "wrong-index":  # the trouble itself has said which
            feedback = ""
        reason = f"{trouble.told} {feedback}" if feedback else trouble.message
        return replace(step, status=status, slug=slug, reason=reason)

    def other_shape(self, step: Step, value: np.ndarray) -> Step:
        is_, should = value.shape[1:], self.right.shape[1:]
        which = " Which of its entries?" if should == NUMBER else ""
        here = f"This line is {in_words(is_)}; {self.asks} {in_words(should)}.{which}"
        slug, feedback = self.recognised(step.tree, value) or ("shape", "")
        return replace(step, status="slip", slug=slug, reason=f"{here} {feedback}".rstrip())

    # ---- naming a slip --------------------------------------------------------------------------------------------

    def recognised(self, tree: Node, value: np.ndarray) -> tuple[str | None, str] | None:
        """The slug and the feedback of the slip that explains this line best; of a mere value only what it is."""
        if self.tries <= 0:
            return None
        if slip := self.best([slip for slip in SLIPS if slip.sure], tree, value, {self.last_right: self.right}):
            return slip.slug, slip.feedback
        meets = [(trap, wrong) for trap, wrong in self.wrong.items() if self.has_value(wrong, value)]
        for trap, wrong in meets:
            too_late = trap.slug in DEEDS and self.asked.has("D") and not self.last_right.has("D", "sigma'")
            if self.has_form(wrong, tree) and not (too_late and plain(wrong) != plain(tree)):
                return trap.slug, trap.feedback
        bases = {self.last_right: self.right, self.above: self.world.value(self.above)}
        if slip := self.best(SLIPS, tree, value, bases):
            return slip.slug, slip.feedback
        for trap, wrong in meets[:1]:
            here = f"It has the value of ${self.world.latex(wrong)}$."
            return (trap.slug, trap.feedback) if trap.fact else (None, here)
        return None

    def best(self, slips: Sequence[Slip], tree: Node, value: np.ndarray, bases: dict[Node, np.ndarray]) -> Slip | None:
        """Of the slips that explain this line, the one that needs least; of two such, the first in the list."""
        found: dict[str, tuple[int, Slip]] = {}
        for base, target in bases.items():
            for slip in slips:
                for rank in self.explanations(slip, tree, value, base, target):
                    least, first = found.get(slip.slug, (rank, slip))
                    found[slip.slug] = min(rank, least), first
                    if rank == 0:
                        return first
        return min(found.values(), key=lambda each: each[0])[1] if found else None

    def explanations(self, slip: Slip, tree: Node, value: np.ndarray, base: Node, target: np.ndarray) -> Iterator[int]:
        """How little is needed for the two lines to be equal, each time that they are by this slip.

        Undone in the reader's own line, the slip gives a right line: that much is true of the line whatever was meant.
        Made in the line above, it must give this line by form: that the values meet in the case in hand says nothing.
        """
        context = replace(self.context, line=tree, above=base)
        sources, is_number = self.sources(base), _constant(value)
        for tried in self.affordable(slip.undone(tree, context)):
            if self.has_value(tried, target):
                rank = min(self.rank(source, tried, tree) for source in sources)
                if rank == 0 or (target.any() and (rank < CASE or not slip.formal)):  # much is 0 by chance
                    yield rank
        for source in sources[:1] if slip.literal else sources:
            for tried in self.affordable(slip.made(source, context)):
                if self.has_value(tried, value):
                    rank = self.rank(tried, tree, tree)
                    # Where something came in that says nothing, whoever wrote this came by another way. A number is
                    # come by in many ways: what stands there must be it, or have been worked out to it.
                    by_another_way = cancels(tree) or not self.made_of(tree) <= self.made_of(tried)
                    asked = (part.args[0].op for part in spread(tried).walk() if part.op == "D")
                    by_chance = is_number and (tree.has("name") or not {"name", "index", "number"}.issuperset(asked))
                    if rank == 0 or (rank < CASE and not (slip.formal or by_another_way or by_chance)):
                        yield rank

    def sources(self, base: Node) -> list[Node]:
        """A line and what it is after steps that most readers take in their heads."""
        if base not in self.known_sources:
            written = written_out(written_out(base, self.setting.given), self.numbers)
            starts = dict.fromkeys([base, written, one_hot(written)])
            same = [start for start in starts if self.has_value(start, self.world.value(base))]
            forms = [form for start in same for form in on_the_way(start)]
            self.known_sources[base] = list(dict.fromkeys(forms))
        return self.known_sources[base]

    def rank(self, longer: Node, shorter: Node, line: Node) -> int:
        """How little has to be known of the names for the one to be the other, with derivatives taken on the way; but
        not those that are in the reader's line."""
        ways, aim = list(on_the_way(longer)), plain(shorter)
        if any(plain(way) == aim for way in ways):
            return 0
        with suppress(Unreadable):
            world = self.form(line)
            value = world.value(spread(shorter))
            if any(self.agree(world.value(way), value) for way in ways):
                return BY_NAMES
        return CASE

    def form(self, line: Node) -> World:
        """A world in which nothing is known of the case in hand. What is equal there is so by what the names mean."""
        if line not in self.forms:
            draw = self.setting.wider or self.setting.draw
            self.forms[line] = World(self.setting, draw(np.random.default_rng(2), UNCHANGING), kept=spread(line))
        return self.forms[line]

    def made_of(self, tree: Node) -> set[str]:
        """The given names that a line is computed from."""
        return {on for on in self.setting.shapes for name in tree.names if name == on or self.setting.depends(name, on)}

    def has_form(self, trap: Node, tree: Node) -> bool:
        """Whether a line of a trap's value is what the trap says, too: no line with a derivative that neither the trap
        asks for nor the line above, if it is none of the chain rule's, of a name by a name; no number that only came
        about, and nothing that is added and taken away again."""
        if cancels(tree):
            return plain(tree) == plain(trap)
        derivatives = {part for part in tree.walk() if part.op == "D"} - set(self.last_right.walk())
        if any(arg.op != "name" for part in derivatives for arg in part.args):
            return self.rank(trap, tree, tree) < CASE
        return trap.has("name") or not tree.has("name")

    def affordable(self, trees: Iterator[Node]) -> Iterator[Node]:
        """The first of these trees, as many as there is work left for."""
        for tree in trees:
            self.tries -= 1
            if self.tries < 0:
                return
            yield tree

    def mended(self, tree: Node, slips: Sequence[Slip] = SLIPS, within: Node | None = None) -> tuple[str, str] | None:
        """The slip that, undone, gives a line the right value. within: the name in whose meaning it is undone."""
        context, given = replace(self.context, above=self.last_right), self.setting.given
        for slip in slips:
            for tried in self.affordable(slip.undone(given[within] if within else tree, context)):
                line = written_out(tree, {**given, within: tried}, fully=True) if within else tried
                if self.has_value(line, self.right):
                    return slip.slug, slip.feedback
        return None

    def value(self, tree: Node) -> np.ndarray | None:
        """The value of a line, if it has one."""
        with suppress(Unreadable):
            return self.world.value(tree)
        return None

    def has_value(self, tree: Node, value: np.ndarray) -> bool:
        return self.agree(self.value(tree), value)

    def in_general(self, value: np.ndarray) -> tuple[str | None, str]:
        """What can be said without a name: a factor, or a constant, that is too much everywhere."""
        fine = _finite(value) & _finite(self.right)
        a, b = value[fine], self.right[fine]
        with np.errstate(all="ignore"):
            ratio = np.sum(a * b) / np.sum(b * b)  # least squares: entries that should be 0 count too
        if abs(ratio) > ATOL and self.agree(value, ratio * self.right):
            digits = 4 if abs(ratio - 1) > 1e-3 else 10  # never "1 times"
            return "ratio", f"This line is {ratio:.{digits}g} times what it should be, at every point."
        if _constant(a - b):
            return "offset", "This line differs from the right value by the same number at every point: a constant."
        return None, ""

    # ---- comparing ------------------------------------------------------------------------------------------------

    def agree(self, a: np.ndarray | None, b: np.ndarray | None) -> bool:
        """Whether two values are equal at every point where both exist, and exist at enough of them."""
        gaps = self.gaps(a, b)
        return gaps is not None and not gaps.any()

    def gaps(self, a: np.ndarray | None, b: np.ndarray | None) -> np.ndarray | None:
        """At which points two values differ; None if they have two shapes, or too few points at which both exist."""
        if a is None or b is None or a.shape != b.shape or not _enough(fine := _finite(a) & _finite(b)):
            return None
        with np.errstate(all="ignore"):
            near = np.abs(a - b) <= RTOL * np.maximum(np.abs(a), np.abs(b)) + ATOL
        return fine & ~near.all(axis=(1, 2))

    def difference(self, above: Node, value: np.ndarray, above_is: str) -> Difference | None:
        other = self.world.value(above)
        gaps = self.gaps(other, value)
        if gaps is None or not gaps.any():
            return None
        at = int(np.argmax(gaps))
        inputs = {name: _shown(self.world.points[name][at]) for name in self.setting.shown}
        for letter in self.setting.indices:
            shown = "i = k" if self.setting.same and letter in "ik" else letter
            inputs[shown] = str(self.world.points[letter][at])
        return Difference(inputs, _shown(other[at]), _shown(value[at]), above_is)

    # ---- the whole ------------------------------------------------------------------------------------------------

    def finished(self, steps: tuple[Step, ...], found: dict[Node, Node]) -> Reading:
        """What is still missing where no line is wrong. found: what was worked out beside the derivation."""
        reading = Reading(steps, points=self.compared_at)
        if reading.first_slip:
            return reading
        own = [step for step in steps if not step.beside]
        if not any(self.is_question(step.tree) for step in own):
            told = SAID["another-first-line" if own else "no-question"]
            problem = f"{told} Start from ${self.world.latex(self.asked)}$."
            return replace(reading, problem=problem, slug="not-the-question")
        # That two things are equal may be shown from either, and from both until they meet.
        last, asked = (plain(written_out(line, self.definitions, fully=True)) for line in (own[-1].tree, self.asked))
        met = own[-1].repeats or last == asked
        ends = own[-1:] + own[:1] * bool(met)
        problems = [self.unfinished(end.tree, found) for end in ends]
        slug, problem = problems[0] if all(problems) else (None, "")
        return replace(reading, problem=problem, slug=slug)

    def unfinished(self, last: Node, found: Mapping[Node, Node]) -> tuple[str, str] | None:
        """Why a line of the right value is not the answer yet, if it is not: the name for that, and what is said."""
        if written_out(last, found, fully=True).has("D") or last.op == "sigma'":
            return "operator-left", "A $\\partial$ is left in the last line: go on."
        if mend := next((LEFT[op] for op in LEFT if op in last.ops - self.wanted.ops), None):
            return "not-simplified", f"The last line has the right value, and can be told in fewer words: {mend}"
        if not self.asked.has("D") and last != self.wanted:  # the question would be its own answer
            form = self.world.latex(self.wanted)
            return "not-the-answer", f"The last line has the right value, and another form is asked: end with ${form}$."
        return None

    def is_question(self, line: Node) -> bool:
        """Whether a line of the right value asks what the question does: whether no derivative in it is taken yet, so
        that without the operators it is what the question takes the derivative of; or, where that takes none, whether
        it only writes out what stands there."""
        lines = [as_asked(written_out(each, self.setting.given, fully=True)) for each in (line, self.asked)]
        same = len(set(map(plain, lines))) == 1
        takes = all(each.has("D", "sigma'") for each in lines)
        return same or (takes and self.agree(*(self.value(self.undone(each)) for each in lines)))

    def undone(self, node: Node) -> Node:
        """With what each derivative is taken of in its place."""
        match node:
            case Node("D", (body, _)):
                return body
            case Node("sigma'", of):
                return Node("sigma", of)
            case Node("index", (Node("D", (body, _)), *picked)):
                value = self.value(body)
                return body if value is None or value.shape[1:] == NUMBER else Node("index", (body, picked[0]))
        return node.changed(self.undone)


def _finite(value: np.ndarray) -> np.ndarray:
    return np.isfinite(value).all(axis=(1, 2))


def _enough(fine: np.ndarray) -> bool:
    return fine[:UNCHANGING].sum() >= FEWEST


def _constant(values: np.ndarray) -> bool:
    """Whether it is one number at all points and in all places, of those at which it is any."""
    values = values[_finite(values)]
    return values.size > 0 and bool(np.ptp(values) <= 1e-7 * np.max(np.abs(values)) + ATOL)


def _shown(matrix: np.ndarray) -> str:
    """A number, a row or a column as it is written on paper, with three digits."""
    rows = [[f"{value:.3g}" if abs(value) > 5e-13 else "0" for value in row] for row in matrix]
    if matrix.size == 1:
        return rows[0][0]
    if len(rows) == 1:
        return f"({', '.join(rows[0])})"
    return "[" + "; ".join(", ".join(row) for row in rows) + "]"
