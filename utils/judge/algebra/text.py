"""A whole text: which of its lines are steps of the derivation, and which tell a name, belong to a calculation beside
it, or are only said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import replace
from functools import cached_property
from itertools import islice, pairwise, takewhile

from utils.judge.algebra.judge import Judge, Reading, Step, Trap
from utils.judge.algebra.lines import Line, Prose, cut
from utils.judge.algebra.notation import LETTERS, LOSSES, SAID, Unreadable, letters_in, new_name
from utils.judge.algebra.setting import NUMBER, Setting
from utils.judge.algebra.spelling import OTHERS, plainly_spelled
from utils.judge.algebra.tree import Node, Told, matrix_of, written_out

# What is a thing by itself at the left of an equation, and no step of a derivation.
CALLED_BY_NAME = {"name", "index", "log", "exp", "sigma", "softmax", "sum", "total", "Σ"}
LONGEST_TEXT, MOST_LINES = 8_000, 40
MOST_MENDED = 8  # lines that are tried together with the next, and equations that are tried without remarks
MOST_PARTS = 24  # of a line that cannot be read, which are tried as formulas
ALIKE = re.compile(r"(?<![\w\[{,])(?<!\w\()([i-n])\s*=\s*([i-n])(?!\w)")  # the case where two letters are one
LETTER = re.compile(rf"(?<![\\\w^])(?<!\^\{{)(?![{OTHERS}])[^\W\d_](?![^\W\d_])")  # that stands for itself


def judge(text: str, setting: Setting, question: str, answer: str, traps: Sequence[Trap] = ()) -> Reading:
    """Compare each line of `text` with the line above at fresh points of the setting. Never raises for any text."""
    if len(text) > LONGEST_TEXT or len(lines := cut(text, setting.names)) > MOST_LINES:
        told_limit = f"A derivation has {MOST_LINES} lines and {LONGEST_TEXT} characters at most. Shorten yours."
        return Reading(problem=told_limit, slug="too-long")
    if not lines or (len(lines) == 1 and setting.tree(lines[0].text) == setting.read(question)):
        return Reading(not_attempted=True)

    def read(setting: Setting, unreadable: Mapping[str, str | None]) -> Reading:
        return Text(text, lines, setting, question, answer, traps, unreadable).read()

    reading = read(setting, {})
    if unreadable := reading.unreadable:
        reading = min(reading, read(setting, unreadable), key=lambda each: len(each.unreadable))
    if not reading.right and any(step.tree and step.tree.has("prime") for step in reading.steps):
        other = read(replace(setting, moves_in_rows=False), unreadable)
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
        unreadable: Mapping[str, str | None],
    ) -> None:
        self.text, self.lines, self.unreadable = text, lines, unreadable
        self.letters, self.names = letters_in(text, setting.names), setting.names
        alone = {line.text for line in lines if line.said != "mentioned"}
        asked = setting.read(question)
        moves = next((node.args[1] for node in asked.walk() if node.op == "D"), None)
        self.setting = setting = replace(setting, letters=tuple(self.letters - LETTERS - alone), moves=moves)
        self.own = Judge(setting, asked, setting.read(answer), traps)
        self.alike = {pair for a, b in ALIKE.findall(text) for pair in ((a, b), (b, a))}
        self.told: dict[str, Told] = {}  # the lines that tell what a name means, and the name
        self.said: dict[Node, int] = {}  # what the lines so far say, and the first of them that does
        self.parts: set[Node] = set()  # what stands in them
        self.unread: list[str] = []  # equations beside the derivation that are not judged

    @cached_property
    def prose(self) -> Prose:
        """What is said in the text, which is asked only where a line cannot be read."""
        return Prose(self.names, self.text)

    def read(self) -> Reading:
        steps: list[Step] = []
        chains: list[Judge] = []
        sides = pairwise(self.lines)
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
                step = replace(step, status="slip", slug="another-case", reason=SAID["another-case"], equal=True)
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
            if is_bare and tried <= MOST_MENDED and self.goes_on_in(lines, line.text):
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
            if tried == MOST_MENDED or self.unreadable.keys().isdisjoint(line.text for line in equation):
                yield from equation
                continue
            tried, first = tried + 1, _begun(self.lines[: start + 1])
            judge = self.own if self.own.holds(first) else self.started([first] * 2) or self.own
            if self.is_led_by_words(equation):
                equation = [equation[1]._replace(continues=False, leads=True, said=""), *equation[2:]]
            kept = list(self.formulas_in(equation, judge))
            if kept[-1:] == [None] and self.is_beside(equation):
                self.unread.append(" = ".join(line.text for line in equation))
            else:
                yield from equation if None in kept else kept

    def formulas_in(self, equation: Sequence[Line], judge: Judge) -> Iterator[Line | None]:
        """The lines of an equation; of one that cannot be read the part that is right without a remark, or None in the
        end."""
        for line, after in pairwise([*equation, None]):
            if line.text not in self.unreadable:
                yield line
                continue
            parts = islice(self.prose.parts(line.text), MOST_PARTS)
            part = next((part for part in parts if judge.holds(part)), None)
            yield part and line._replace(text=part, said="")
            if part is None or (after and not judge.holds(after.text)):
                break  # the remark is an equation, which goes on there

    def is_led_by_words(self, equation: Sequence[Line]) -> bool:
        """Whether words stand before the first `=` of an equation, and behind it what goes on from the question."""
        first, second, *_ = (*(line.text for line in equation), "")
        return first in self.unreadable and self.prose.may_be_said(first) and self.own.holds(second)

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
                claimed = trees[0].op != "name" and first.said == "claimed" and is_asked and not left_out
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
            elif first.said != "mentioned" and len(texts) > 1 and not about_numbers:
                self.unread.append(" = ".join(texts))
            left_out = first.by_itself and not stays  # so that it is unknown what the next one goes on from
            if not first.by_itself:
                above = [*above, *texts] if first.goes_on else texts

    def own_letters(self, line: str) -> set[str]:
        """The letters of a line that stand for a thing of the reader's own."""
        known = {name.rstrip("0123456789") for name in self.setting.names}  # the W of W_2, too
        spelled = plainly_spelled(line, tuple(self.setting.names))[0].replace("D(", "(")  # which is an operator
        return set(LETTER.findall(spelled)) - known - LETTERS - {"d", "e"}

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
            names = " or ".join(f"${self.own.world.latex(name)}$" for _, name in meanings)
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
            return chain, Step(number, line.text, "right", latex=self.own.world.latex(tree))
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
