"""A derivation, line by line: which lines are right, which is the slip, and what kind of slip it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, replace
from itertools import islice, pairwise, takewhile
from types import MappingProxyType
from typing import Literal

import numpy as np

from utils.judge.algebra.evaluate import Misfit, World, in_words
from utils.judge.algebra.lines import Line, Prose, cut
from utils.judge.algebra.notation import (
    LETTERS,
    LOSSES,
    Node,
    Told,
    Unreadable,
    letters_in,
    matrix_of,
    new_name,
    written_out,
)
from utils.judge.algebra.rewriting import Context, as_asked, cancels, on_the_way, one_hot, plain, spread
from utils.judge.algebra.setting import NUMBER, UNCHANGING, Setting
from utils.judge.algebra.slips import DEEDS, SLIPS, Slip
from utils.judge.algebra.spelling import plainly_spelled
from utils.judge.algebra.typeset import typeset

RTOL, ATOL = 1e-9, 1e-12
NOT_EQUAL = "This line is not equal to {}."
# What is a thing by itself at the left of an equation, and no step of a derivation.
CALLED_BY_NAME = {"name", "index", "log", "exp", "sigma", "softmax", "sum", "total", "Σ"}
FEWEST = 2  # points at which a line must have a value, of those that never change
LONGEST_TEXT, MOST_LINES, MOST_BROKEN = 8_000, 40, 8
MOST_PARTS = 24  # of a line that cannot be read, which are tried as formulas
MOST_TRIES = 700  # trees tried for all slips of one derivation together
# How little an explanation needs: nothing but order and brackets (0), what the names mean, or the case in hand.
BY_NAMES, CASE = 1, 2

ONE_SIGN = (
    "One sign stands for two products: between some of these factors the matrix product is meant, between others the "
    "product entry by entry, and a reader cannot tell which is which. Write `∘` (or `*`) for the one entry by entry."
)

ANOTHER_CASE = (
    "What is said of $i$ and $k$ with this line is not so here: the question is about the other case. Leave it out, or "
    "look whether this line is the one that you meant."
)

ALIKE = re.compile(r"(?<![\w\[{,])(?<!\w\()([i-n])\s*=\s*([i-n])(?!\w)")  # the case where two letters are one
LETTER = re.compile(r"(?<![\\\w^])(?<!\^\{)[^\W\d_](?![^\W\d_])")  # that stands for itself

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

    points: at how many points the lines were compared. unread: the equations of sentences that were not judged.
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


def judge(text: str, setting: Setting, question: str, answer: str, traps: Sequence[Trap] = ()) -> Reading:
    """Compare each line of `text` with the line above at fresh points of the setting. Never raises for any text."""
    if len(text) > LONGEST_TEXT or len(lines := cut(text, setting.names)) > MOST_LINES:
        told_limit = f"A derivation has {MOST_LINES} lines and {LONGEST_TEXT} characters at most. Shorten yours."
        return Reading(problem=told_limit, slug="too-long")
    if not lines or (len(lines) == 1 and setting.tree(lines[0].text) == setting.read(question)):
        return Reading(not_attempted=True)
    reading = Text(text, lines, setting, question, answer, traps).read()
    if reading.unreadable:
        other = Text(text, lines, setting, question, answer, traps, reading.unreadable).read()
        reading = min(reading, other, key=lambda each: len(each.unreadable))
    if not reading.right and any(step.tree and step.tree.has("prime") for step in reading.steps):
        other = Text(text, lines, replace(setting, moves_in_rows=False), question, answer, traps).read()
        return max(reading, other, key=lambda each: each.first_slip.number if each.first_slip else MOST_LINES)
    return reading


class Text:
    """A whole text: a derivation, with what is calculated or given a name beside it. unreadable: lines that have no
    meaning as they stand, each with the kind of trouble; some may be remarks."""

    def __init__(
        self,
        text: str,
        lines: list[Line],
        setting: Setting,
        question: str,
        answer: str,
        traps: Sequence[Trap],
        unreadable: Mapping[str, str | None] = MappingProxyType({}),
    ) -> None:
        self.lines, self.letters, self.unreadable = lines, letters_in(text, setting.names), unreadable
        self.prose = Prose(setting.names, text)
        alone = {line.text for line in lines if line.said != "mentioned"}
        asked = setting.read(question)
        moves = next((node.args[1] for node in asked.walk() if node.op == "D"), None)
        self.setting = setting = replace(setting, letters=tuple(self.letters - LETTERS - alone), moves=moves)
        self.own = Judge(setting, asked, setting.read(answer), traps)
        self.alike = {pair for a, b in ALIKE.findall(text) for pair in ((a, b), (b, a))}
        self.told: dict[str, Told] = {}  # the lines that tell what a name means, and the name
        self.said: dict[Node, int] = {}  # what the lines so far say, and the first of them that does
        self.parts: set[Node] = set()  # what stands in them
        self.unread: list[str] = []  # equations that sentences claim, and that are not judged

    def read(self) -> Reading:
        steps: list[Step] = []
        chains: list[Judge] = []
        lines = self.lines
        sides = pairwise(lines)
        equations = [(line.text, value.text) for line, value in sides if value.continues and not line.leads]
        while any([self.define(line, value) for line, value in equations]):
            pass  # what a name means may be told below the line that uses it
        self.lines = self.unbroken()
        self.lines = list(self.without_remarks())
        self.lines = lines = list(self.without_asides())
        for name in sorted({*LOSSES} - {new_name(line, self.setting.names) for line, _ in equations}):
            if "J" in self.setting.names and any(self.takes_derivative_of(name, line.text) for line in lines):
                self.define(name, "J")
                self.told.pop(name, None)  # no line says so
        chain = before = resumed = self.own
        trees = (self.setting.tree(line.text) for line in lines)
        asked = (tree and self.own.is_question(self.own.world.meant(tree)) for tree in trees)
        self.asked_at = next((n for n, is_asked in enumerate(asked, 1) if is_asked), 0)
        another = {"i", "k", "≠" if self.setting.same else "="}  # as words tell the case that is not in hand
        for number, line in enumerate(lines, 1):
            step, is_new = None, not (line.continues or line.leads)
            if line.leads and chain.closed and not chain.holds(line.text):
                chain = resumed if resumed.holds(line.text) else self.own  # that a name was explained in between
            elif is_new or (line.leads and chain.fits(line.text) < self.own.fits(line.text)):
                chain = self.own
            if is_new:
                below = [each.text for each in takewhile(lambda each: each.goes_on, lines[number:])]
                led = any(above.leads for above in lines[:number])
                if below and (lines[number].continues or number < self.asked_at or led):
                    chain, step = self.opened(number, line, below)
            step = step or chain.step(number, line.text)
            if step.status == "slip" and steps and steps[-1].repeats and steps[-1].text in self.told:
                told = f"`{steps[-1].text}` has a meaning already: give what is new a name of its own."
                step = replace(step, slug="name-twice", reason=told, difference=None)
            is_last = not any(after.continues for after in lines[number : number + 1])  # of its equation
            if is_last and step.status == "right" and self.own.context.case and {*line.case} == another:
                step = replace(step, status="slip", slug="another-case", reason=ANOTHER_CASE, equal=True)
            if step.tree:
                self.parts.update(step.tree.walk())
                first = self.said.setdefault(step.tree, number)
                self.said.setdefault(self.own.plainly(step.tree), number)  # in other words, the same
                is_meaning = steps and steps[-1].text in self.told  # of the name above, which it repeats in a way
                if first < number and not is_meaning:
                    step = replace(step, repeats=first)
            steps.append(replace(step, beside=chain is not self.own, follows=chain is before))
            chains.append(chain)
            before, resumed = chain, resumed if chain.closed else chain
        self.chains = chains
        steps = self.without_echoes(self.traced(steps, chains), [line for line, _ in equations])
        return replace(self.own.finished(*self.counted(steps, chains)), unread=tuple(self.unread))

    def unbroken(self) -> list[Line]:
        """The lines, with one that goes on in the line below as one."""
        lines, tried = self.lines[:1], 0
        for line, after in pairwise([*self.lines[1:], None] if lines else ()):
            is_bare = not (line.continues or line.leads or line.said or (after and after.continues))
            tried += is_bare
            if is_bare and tried <= MOST_BROKEN and self.goes_on_in(lines, line.text):
                lines[-1] = lines[-1]._replace(text=f"{lines[-1].text} {line.text}")
            else:
                lines.append(line)
        return lines

    def goes_on_in(self, lines: Sequence[Line], below: str) -> bool:
        """Whether the last of these lines and the one below are right together, and neither alone."""
        above, whole = lines[-1], f"{lines[-1].text} {below}"
        if not above.goes_on or any(map(self.own.holds, (above.text, below))):
            return False
        if self.own.holds(whole):
            return True
        beside = self.started([_begun(lines), whole])
        return beside is not None and beside.holds(whole) and not beside.holds(above.text)

    def without_remarks(self) -> Iterator[Line]:
        """The lines without what has no meaning, as far as that is a remark: beside a formula that is right without it,
        or in an equation of its own, which is left out as a whole."""
        starts = [n for n, line in enumerate(self.lines) if not line.continues]
        tried = 0
        for start, end in pairwise([*starts, len(self.lines)]):
            equation = self.lines[start:end]
            if tried == MOST_BROKEN or self.unreadable.keys().isdisjoint(line.text for line in equation):
                yield from equation
                continue
            tried, first = tried + 1, _begun(self.lines[: start + 1])
            judge = self.own if self.own.holds(first) else self.started([first] * 2) or self.own
            formulas = [self.formula_in(line, judge) for line in equation]
            if all(formulas):
                for line, formula, after in zip(equation, formulas, [*formulas[1:], None], strict=True):
                    yield formula
                    if formula is not line and after and not judge.holds(after.text):
                        break  # the remark is an equation, which goes on there
            elif self.is_beside(equation):
                self.unread.append(" = ".join(line.text for line in equation))
            else:
                yield from equation

    def formula_in(self, line: Line, judge: Judge) -> Line | None:
        """A line, or the part of it that is right without a remark, if it cannot be read."""
        if line.text not in self.unreadable:
            return line
        parts = islice(self.prose.parts(line.text), MOST_PARTS)
        return next((line._replace(text=part, said="") for part in parts if judge.holds(part)), None)

    def is_beside(self, equation: Sequence[Line]) -> bool:
        """Whether an equation that cannot be read may be no step: it is not about what is asked, and has words in it or
        is about something else."""
        texts = [line.text for line in equation]
        first, *others = texts
        if equation[0].goes_on or self.own.holds(first):
            return False
        troubles = {self.unreadable.get(text, "syntax") for text in texts}
        is_about_else = first in self.unreadable or first in self.setting.shapes or troubles == {"syntax"}
        return any(map(self.prose.may_be_said, texts)) or (bool(others) and is_about_else)

    def without_asides(self) -> Iterator[Line]:
        """The lines without the equations in sentences that cannot be read, or hold under a condition only, and without
        what sentences only mention; those about the question itself stay."""
        starts = [n for n, line in enumerate(self.lines) if not (line.continues and line.said)]
        above: list[str] = []  # the equation, or line, that a mention may go on from
        left_out = is_asked = False
        in_hand = self.own.context.case.replace("!=", "≠").replace(" ", "") or None
        judged = [self.lines[n] for n in starts if self.lines[n].said != "mentioned"]
        for start, end in pairwise([*starts, len(self.lines)]):
            first, texts = self.lines[start], [line.text for line in self.lines[start:end]]
            own = sorted(set().union(*map(self.own_letters, texts)))
            trees = [self.setting.tree(text, *own) for text in texts]
            stays = all(tree or text in self.told for tree, text in zip(trees, texts, strict=True))
            about_numbers = all(tree is not None and not tree.has("name") for tree in trees)  # the sizes, say
            stays = stays and not about_numbers
            if stays and first.by_itself:
                chain = self.started([*above, *texts], case=first.case) if above else None
                judges = [self.own, *([chain] if chain and all(map(chain.holds, above)) else ())]
                fits = [judge.fits(texts[0]) for judge in judges]
                # What a text in sentences ends with is its result, unless that is only something called by its name.
                ends = end == len(self.lines) and judged and judged[-1].said
                claimed = trees[0].op != "name" and first.said == "claimed" and not left_out
                must_hold = not (claimed or (ends and trees[0].op not in CALLED_BY_NAME))
                stays = max(fits) > must_hold  # of another shape it is about another thing
                if fits[-1] == 2:  # it goes on from what stands above it
                    self.lines[start] = first._replace(said="")
            elif stays and first.said and texts[0] not in self.told:
                base = trees[0].args[0] if trees[0].op == "index" else trees[0]
                is_given = base.op == "name" and base.args[0] not in self.setting.definitions  # which is only assumed
                doubtful = first.said == "under a condition" and first.case != in_hand
                if doubtful or own or is_given:
                    chain = self.started(texts, self.setting.with_more(own), first.case)
                    stays = chain is not None and all(map(chain.holds, texts))
            stays = stays or not first.said or any(map(self.own.holds, texts))
            if first.said == "mentioned" and trees[0] == self.own.asked and is_asked:
                stays = False  # the question is only named again
            if stays:
                is_asked |= self.own.asked in trees
                yield from self.lines[start:end]
            elif first.said == "claimed" and len(texts) > 1 and not about_numbers:
                self.unread.append(" = ".join(texts))
            left_out = first.by_itself and not stays  # so that it is unknown what the next one goes on from
            if not first.by_itself:
                above = [*above, *texts] if first.goes_on else texts

    def own_letters(self, line: str) -> set[str]:
        """The letters of a line that stand for a thing of the reader's own."""
        known = {name.rstrip("0123456789") for name in self.setting.names}  # the W of W_2, too
        return set(LETTER.findall(plainly_spelled(line, tuple(self.setting.names))[0])) - known - LETTERS - {"d", "e"}

    def takes_derivative_of(self, name: str, line: str) -> bool:
        """Whether a line can be read if this new name has a meaning, and takes its derivative."""
        tree = None if self.setting.tree(line) else self.setting.tree(line, name)
        return tree is not None and any(part.op == "D" and part.args[0] == Told(name).node for part in tree.walk())

    def without_echoes(self, steps: list[Step], told: Sequence[str]) -> list[Step]:
        """The steps, with the trouble of a name that has no value told at what it is set equal to, and not wherever it
        stands. told: the lines that tell a name."""
        names = [name for line in told if (name := new_name(line, self.setting.names))]
        untold = [Told(part) for name in names for part in {name, name.base}]
        echo = {"status": "carried", "slug": None, "reason": "This has no value, for a name in it has none."}
        first = [
            replace(step, column=None, **echo)
            if not self.setting.tree(step.text) and self.setting.tree(step.text, *untold)
            else step
            for step in steps
        ]
        return first if any(step.status not in ("right", "carried") for step in first) else steps

    def traced(self, steps: list[Step], chains: Sequence[Judge]) -> list[Step]:
        """The steps, with the first slip where it is: a name of the reader's own may have brought it into a line. What
        names mean that stand in right lines is right."""
        slips = ((step, chain) for step, chain in zip(steps, chains, strict=True) if step.status == "slip")
        slip, judge = next(slips, (None, None))
        if slip is None or slip.equal:
            return steps
        right = [step.tree for step in judge.lines]
        beside, right = ([], right) if judge is self.own else (right[:1], right[1:])  # what begins there is only taken
        taken = set().union(*map(self.own_names, beside))
        doubtful = (taken | self.own_names(slip.tree)).difference(*map(self.own_names, right))
        meanings = [(n, self.told[step.text].node) for n, step in enumerate(steps) if step.text in self.told]
        meanings = [(n, name) for n, name in meanings if name in doubtful]
        if not meanings:
            return steps
        here = judge.mended(slip.tree)
        found = ((n, judge.mended(slip.tree, within=name)) for n, name in meanings)
        n, there = next((each for each in found if each[1]), (0, None))
        if there and not here:
            steps[n + 1] = replace(steps[n + 1], status="slip", slug=there[0], reason=there[1])
            told = f"Not equal to what stands above it, for a slip has come in with line {n + 2}."
            steps[slip.number - 1] = replace(slip, status="carried", slug=None, reason=told, difference=None)
        elif there or not here or taken & doubtful:
            names = " or ".join(f"${typeset(name, self.own.world.shapes)}$" for _, name in meanings)
            told = f"{slip.reason} If it is not here, the slip is in what {names} stands for."
            steps[slip.number - 1] = replace(slip, reason=told)
        return steps

    def own_names(self, tree: Node) -> set[Node]:
        """The names of the reader's own that a line is made of, or may be, and those that these are made of."""
        parts = {part.args[0].node if part.op == "applied" else part for part in tree.walk()}
        given = self.setting.given
        alike = {word.node for word in self.setting.names if isinstance(word, Told) and word.alike in tree.names}
        return alike.union(*({name} | self.own_names(given[name]) for name in parts & given.keys()))

    def counted(self, steps: Sequence[Step], chains: Sequence[Judge]) -> tuple[tuple[Step, ...], dict[Node, Node]]:
        """The steps, told which of them count, and what was found beside the derivation: {a name, or a derivative: what
        it is}. What the derivation never uses does not count, nor does a line that another says with all written out.
        """
        counting, *beside = (chain.lines for chain in dict.fromkeys([self.own, *chains]))
        beside = [lines for lines in beside if lines]
        found = {first.tree: last.tree for first, *_, last in (each for each in beside if len(each) > 1)}
        found = self.setting.given | found
        parts = {part for step in counting for part in step.tree.walk()}
        while used := [each for each in beside if not parts.isdisjoint(_about(each))]:
            beside = [each for each in beside if each not in used]
            counting = counting + [step for each in used for step in each[1:]]
            parts = {part for each in used for step in each for part in step.tree.walk()}
        said = {self.own.plainly(written_out(step.tree, found, fully=True)): step.number for step in reversed(counting)}
        numbers = {*said.values()}
        return tuple(replace(step, counts=step.number in numbers) for step in steps), found

    def opened(self, number: int, line: Line, below: Sequence[str]) -> tuple[Judge, Step | None]:
        """The chain that the left-hand side of an equation belongs to, and its step where that is no line of one: the
        derivation itself, unless it is a name, or the derivative of one, that is something else. below: the lines that
        go on from it."""
        names = self.setting.names
        tree = self.setting.tree(line.text)
        if tree is None:
            name = new_name(line.text, names)
            own = sorted({name, name.base} if name else self.own_letters(line.text))
            tree = self.setting.tree(line.text, *own)
            if tree is None:
                return self.own, None
            if tree.op != "name" and (law := self.started([line.text, *below], self.setting.with_more(own))):
                law.closed = True
                return law, None
            chain = tree.op != "name" and self.started(below)
            if not chain:  # of f_i nothing is known but what it is set equal to
                chain = copy(self.own)
                chain.closed, chain.lines = True, []
            return chain, Step(number, line.text, "right", latex=typeset(tree, self.own.world.shapes))
        what = tree.args[0] if tree.op == "D" else tree
        if line.text not in self.told and self.own.has_value(tree, self.own.right):
            return self.own, None
        chain = self.started([line.text, *below], case=line.case)
        if what.op not in CALLED_BY_NAME:  # a law that is told and used, unless it might be a step with a slip
            told = self.lines[number].continues and tree.op not in ("D", "neg") and chain and chain.holds(below[0])
            known = line.said or number < self.asked_at or self.own.world.meant(tree) in self.parts
            is_law = known or (told and not any(map(self.own.holds, below)))
            return (chain if is_law and chain else self.own), None
        chain = chain or self.own
        chain.closed = chain is not self.own and line.text in self.told
        return chain, None

    def started(self, lines: Sequence[str], setting: Setting | None = None, case: str = "") -> Judge | None:
        """A calculation of its own that is made of these lines, if the first of them has a value. A letter that the
        question does not have means any entry; or, if only so each line is right, any other than those it has, unless
        a case is told."""
        setting = setting or self.setting
        below = [tree for line in lines[1:] if (tree := setting.tree(line))]
        letters = {letter for tree in below for letter in tree.letters}
        has_cases = any(tree.has("delta") for tree in below)  # so that each of them has to be right
        chains = []
        for asked in setting.ways(lines[0]):
            here = setting
            if asked.letters and not self.own.asked.has("index"):
                here = replace(setting, indices={}, defined=setting.definitions)
            more = {letter: self.own.world.entries(asked, letter) for letter in sorted(asked.letters - {*here.indices})}
            if len(more) > 1 and all(more.values()):  # of two letters one is any entry, and the other may be the same
                first = min(more, key=lambda letter: (letter not in case, letter))
                here = here.with_more(letters={first: more.pop(first)})
            cases = (None, "", *here.indices) if more and not has_cases else (None,)
            if more and min(more) in case:
                cases = ("",) if "≠" in case else [letter for letter in here.indices if letter in case] or cases
            for alike in cases:
                if not all(more.values()) or (alike and (min(more), alike) not in self.alike):
                    continue
                with suppress(Unreadable):
                    chain = Judge(here.with_more(letters=more, alike=alike), asked, asked, (), letters)
                    chain.tries, chain.asks = self.own.tries, "what stands above it is"
                    chains.append(chain)
        return next((chain for chain in chains if all(map(chain.holds, lines))), next(iter(chains), None))

    def define(self, line: str, value: str) -> bool:
        """Let a new name mean what it is set equal to, if that can be read. Returns whether it does."""
        names = self.setting.names
        told = new_name(line, names)
        meant = told and self.setting.tree(value, *(told.of.names if told.of_any else ()))
        if meant is None:
            return False
        if told.of_any:
            told.means, self.told[line] = meant, told
            self.setting = replace(self.setting, functions=(*self.setting.functions, told))
            self.own = self.judge_in(self.setting)
            return True
        base, _, letters = told.rpartition("_")
        meanings = {told: meant}
        if base and len(letters) < 3 and self.letters.issuperset(letters):  # told of p_j is told of a row p
            whole = matrix_of(meant, *letters) if len(letters) > 1 else Node("row", (meant, letters, None))
            meanings = {Told(base): whole, **meanings}
        for called, meaning in meanings.items() if meanings.keys().isdisjoint(self.told.values()) else ():
            with suppress(Unreadable):
                called.means = self.own.world.meant(meaning)
                setting = self.with_name(called)
                own = self.judge_in(setting)
                if called in names or (own.world.shapes[called] == NUMBER and called.rstrip("0123456789") in names):
                    return False  # z_1 is an entry of z, unless it is a row itself
                values = {known: own.value(Node("name", (known,))) for known in own.world.shapes}
                same = (known for known in names if known in values and own.agree(values[known], values[called]))
                called.alike = next(same, "")  # ∂θ/∂a, where a = σ(z), is ∂θ/∂h
                self.own, self.setting, self.told[line] = own, setting, called
                return True
        return False

    def judge_in(self, setting: Setting) -> Judge:
        return Judge(setting, self.own.asked, self.own.wanted, tuple(self.own.wrong))

    def with_name(self, told: Told) -> Setting:
        """The setting with a name more, and with it in what holds what it means: where s = h W_2, θ is s + b_2."""
        defined: dict[str, Node] = {}
        for known, means in self.setting.definitions.items():
            is_within = told.means.op in "+-*/@" and told.means != means
            whole = written_out(means, {told.means: told.node}) if is_within else means
            defined |= {known: whole} if whole == means or told in defined else {told: told.means, known: whole}
        return replace(self.setting, defined=defined if told in defined else {**defined, told: told.means})


def _begun(lines: Sequence[Line]) -> str:
    """The line that the last of these goes on from, or is."""
    return next((line.text for line in reversed(lines) if not line.goes_on), "")


def _about(lines: Sequence[Step]) -> set[Node]:
    """What a calculation beside the derivation is of use for: its first line, and what that is the derivative of; if
    it tells a law, all that this says something of."""
    first = lines[0].tree
    if first.op in ("name", "index"):
        return {first}
    said = {part for line in lines for part in line.tree.walk() if part.op not in ("number", "name", "index", "neg")}
    return said.union([first, *(first.children[:1] if first.op == "D" else ())])


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
        step = replace(step, tree=tree, latex=typeset(tree, self.world.shapes))
        try:
            value = self.world.value(tree)
        except Unreadable as trouble:
            return self.no_value(replace(step, latex=typeset(written, self.world.shapes)), trouble)
        if self.agree(value, self.right):
            self.compared_at = min(self.compared_at, int(_finite(value).sum()))
            if self.world.has_one_sign_for_two(written):
                latex = typeset(written, self.world.shapes)  # as it stands there, and not as it may be meant
                return replace(
                    step, status="slip", latex=latex, slug="matmul-for-hadamard", reason=ONE_SIGN, equal=True
                )
            return step
        if self.above != self.last_right and self.agree(value, self.world.value(self.above)):
            return replace(step, status="carried", reason="Equal to the line above, and so still wrong.")
        if value.shape != self.right.shape:
            return self.other_shape(step, value)
        if not _enough(_finite(value)):
            reason = "This line has no value: at the points where it was tried something is divided by 0, or a "
            return replace(step, status="slip", slug="singular", reason=reason + "logarithm is taken of 0 or less.")
        ways = dict.fromkeys([tree, written_out(tree, self.setting.given, fully=True)])
        named = (self.recognised(way, value) for way in ways)
        slug, reason = next(filter(None, named), None) or self.in_general(value)
        if not slug:
            told = NOT_EQUAL.format("what stands above it" if step.number > 1 else "the question")
            reason = f"{told} {reason}".rstrip()
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
            here = f"It has the value of ${typeset(wrong, self.world.shapes)}$."
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
            told = (
                "Your first line has the right value, but it is not the question."
                if own
                else "The question is missing."
            )
            problem = f"{told} Start from ${typeset(self.asked, self.world.shapes)}$."
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
        raw = {node.op for node in last.walk()} - {node.op for node in self.wanted.walk()}
        for ops, mend in (
            ({"exp"}, "what is still written out with exponentials has a name."),
            ({"log", "sqrt"}, "a logarithm or a root in it can still be worked out."),
            ({"sum", "total"}, "a sum in it can still be worked out."),
        ):
            if raw & ops:
                return "not-simplified", f"The last line has the right value, and can be told in fewer words: {mend}"
        if not self.asked.has("D") and last != self.wanted:  # the question would be its own answer
            latex = typeset(self.wanted, self.world.shapes)
            problem = f"The last line has the right value, and another form is asked: end with ${latex}$."
            return "not-the-answer", problem
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
