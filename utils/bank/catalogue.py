"""Reads the catalogue: a Markdown page a chapter, of what is asked and of what students get wrong.

`README.md` beside this file shows the form at an example. What was written is the lines that stood in place of the
steps of the same names, or a whole answer: an expression, lines that end in one, or a `def`. Answers are compiled under
the name and line of the page, so a traceback points into it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from utils.bank.answers import Program, Python, source
from utils.bank.inputs import each_shape_again
from utils.bank.markdown import Block, in_backticks, listed, split

ALSO_RIGHT, WITH_A_SLIP, GIVEN, HINTS, NOTICE = "Also right", "With a slip", "To be mended", "Hints", "What to notice"


class Kind(NamedTuple):
    """Of exercises. needs, facts: what its first line must tell besides minutes and level, and what it may. headings:
    those that name no mistake. more: what can be told of a mistake besides its words.
    """

    needs: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    headings: tuple[str, ...] = (HINTS, NOTICE)
    more: str = ""


OF_A_FUNCTION = ("returns", "reference", "laws", "silent", "like")
KINDS = {
    "Function": Kind(("inputs",), OF_A_FUNCTION, (ALSO_RIGHT, HINTS, NOTICE), "steps"),
    "Choice": Kind(headings=(HINTS,)),
    "Sheet": Kind(),
    "Derivation": Kind(("setting",), ("steps", "like"), (ALSO_RIGHT, WITH_A_SLIP, GIVEN, HINTS, NOTICE), "fact"),
}
EXAMPLES = {"minutes": "5 minutes", "level": "level 2", "inputs": "inputs `logits`", "setting": "setting `SAME_INDEX`"}
WITHIN = {"minutes": range(1, 31), "level": range(1, 4)}
CODE = re.compile("`[^`]+`(?:, ?`[^`]+`)*")
FACT = re.compile(rf"(?P<minutes>\d+) minutes?|(?:level|steps) (?P<number>\d+)|silent|[a-z]+ {CODE.pattern}")
MISTAKES = ["Mistake", "What was written", "What is said"]  # the heads of the table of mistakes
ANSWER = re.compile(r"(?:\*\*`([^`]+)`\*\*|`([^`]+)`|\*otherwise\*)(?: (.+))?")  # and what is said of it
LINE = re.compile(r"`([^`]+)`|\*\*`([^`]+)`\*\*")  # of a derivation: right, or in bold and wrong
UNFILLED = re.compile(r"(?<![\w^}])\{([A-Za-z_]\w*)\}")  # a name in braces, which no letter, ^, _ or } begins
HINT_COUNT = 3  # from a nudge to nearly there


class Told(NamedTuple):
    """What is said of some ways to write one mistake, as it stands: in a row of a table, or below a heading."""

    slug: str
    line: int
    code: Sequence[Block]
    words: str
    more: str = ""


@dataclass
class Entry:
    """One exercise as it stands on a page.

    line: that of its facts. parts: all that is told of the exercise, by the names that it has for them. program: the
    right one of a function. told: its mistakes, before they are compiled.
    """

    id: str
    kind: str
    line: int
    parts: dict[str, Any]
    program: Program | None = None
    told: list[Told] = field(default_factory=list)


@dataclass
class Reader(Python):
    """Reads one page. names: what blocks and facts may call by name. others: an exercise of an earlier chapter by its
    id, of which one of this may say that it is `like` it.
    """

    others: Callable[[str], Entry | None] = lambda id: None

    def entries(self) -> dict[str, Entry]:
        """The exercises of a chapter by their ids, in the order of its page. Raises CatalogueError."""
        chapter, lines = self.file.stem, {}
        self.read: dict[str, Entry] = {}
        (_, before), *exercises = split(self.blocks(), "h2")
        for number, block in enumerate(before):
            found = f"{block.called} above the first exercise"
            told = block.kind == "paragraph" or (block.kind == "h1" and number == 0)
            self.need(told, block, found, "A title stands there, and words; '##' opens the first exercise.")
        for head, blocks in exercises:
            match = re.fullmatch(rf"(.+) \(`({chapter}\.\w+)`\)", head.text)
            found = f"the heading {head.text!r} is no exercise of chapter {chapter}"
            self.need(match, head, found, f"'## Title (`{chapter}.name`)' would be one.")
            self.once(lines, match[2], head, "exercise")
            self.read[match[2]] = self.entry(head, {"title": match[1], "id": match[2]}, blocks)
        return self.read

    def entry(self, head: Block, parts: dict[str, Any], blocks: Sequence[Block]) -> Entry:
        (_, body), *sections = split(blocks, "h3")
        id, fits = parts["id"], "'Function of `theta` · 5 minutes · level 2 · inputs `logits`' would be one."
        has_facts = body and body[0].kind == "paragraph"
        self.need(has_facts, head, f"{id} has no line of facts below its heading", fits)
        kind, facts = self.facts(body[0])
        like = facts.pop("like", None)
        entry = Entry(id, kind, body[0].line, parts | facts)
        opening = {"Function": self.function, "Choice": self.choice, "Sheet": self.sheet, "Derivation": self.derivation}
        opening[kind](entry, body[0], body[1:])
        lines: dict[str, int] = {}
        for heading, section in sections:
            self.once(lines, heading.text, heading, f"heading in {id},")
            self.section(entry, heading, section)
        hints = entry.parts.get("hints", ())
        at, fits = lines.get(HINTS, head.line), f"'### {HINTS}', and below it a list of {HINT_COUNT}, would fit."
        self.need(len(hints) == HINT_COUNT, at, f"{id} has {len(hints)} hints", fits)
        says = entry.parts.get("notice")
        self.need(says, head, f"{id} says nothing to whoever got it right", f"'### {NOTICE}' and a sentence fit.")
        self.need(entry.parts.get("rows", True), head, f"{id} has no row", "'### name' opens one.")
        if like:
            self.add_mistakes_of(like, entry)
        if kind == "Function":
            entry.parts["mistakes"] = list(self.wrong_functions(entry))
        elif kind == "Derivation":
            entry.parts["traps"] = list(self.wrong_lines(entry))
            counts, steps = [text.count("\n") + 1 for text in entry.parts["accepts"]], facts.get("steps")
            found = f"steps is {steps}, and the right derivations of {id} have {listed(counts) or 'no'} lines"
            fits = "2 would fit, and up to as many as one of them has."
            self.need(steps is None or 1 < steps <= max(counts, default=0), entry.line, found, fits)
        self.filled(head, entry.parts)
        return entry

    def add_mistakes_of(self, like: str, entry: Entry) -> None:
        """What goes wrong in the exercise that this one is like, and so goes wrong here, too, but for what has words of
        its own here."""
        other = self.read.get(like) or self.others(like)
        fits = f"A {entry.kind.lower()} above it would fit, or one of an earlier chapter."
        is_like = other and other.kind == entry.kind
        self.need(is_like, entry.line, f"{like!r} is no exercise that {entry.id} can be like", fits)
        own = {told.slug for told in entry.told}
        entry.told = [told for told in other.told if told.slug not in own] + entry.told

    # ---- the line of facts

    def facts(self, at: Block) -> tuple[str, dict[str, Any]]:
        first, *rest = at.text.split(" · ")
        kind, _, of = first.partition(" of ")
        is_kind = kind in KINDS and bool(in_backticks(of)) == (kind == "Function")
        fits = "Function of `theta`, `y` or Choice or Sheet or Derivation would fit."
        self.need(is_kind, at, f"{first!r} is no kind of exercise", fits)
        needs, facts, lines = ("minutes", "level", *KINDS[kind].needs), {}, {}
        for name, value in (self.fact(at, fact, (*needs, *KINDS[kind].facts)) for fact in rest):
            self.once(lines, name, at, "fact")
            facts[name] = value
        for name in needs:
            self.need(name in facts, at, f"no {name} told", f"'{EXAMPLES[name]}' would fit.")
        for name, within in WITHIN.items():
            fits = f"'{EXAMPLES[name]}' would fit: {within[0]} to {within[-1]}."
            self.need(facts[name] in within, at, f"{name} is {facts[name]!r}", fits)
        return kind, facts

    def fact(self, at: Block, fact: str, known: Collection[str]) -> tuple[str, Any]:
        match = FACT.fullmatch(fact)
        fits = "'5 minutes', 'level 2', 'silent', or a name and Python in backticks, 'inputs `logits`', would fit."
        self.need(match, at, f"{fact!r} is no fact", fits)
        name = "minutes" if match["minutes"] else fact.partition(" ")[0]
        self.known(name, known, at, "fact of such an exercise")
        if number := match["minutes"] or match["number"]:
            return name, int(number)
        quoted = in_backticks(fact)
        if not quoted:
            return name, True
        if name in ("returns", "like"):  # which are names, and no Python
            return name, tuple(quoted) if name == "returns" else quoted[0]
        values = tuple(self.value(at.line, one) for one in quoted)
        wanted, fits = (self.names["Setting"], "A setting") if name == "setting" else (Callable, "A function")
        for value in values:
            self.need(isinstance(value, wanted), at, f"{name} of type {type(value).__name__}", f"{fits} would fit.")
        return name, values if name == "laws" or len(values) > 1 else values[0]

    # ---- what each kind of exercise opens with

    def function(self, entry: Entry, at: Block, blocks: Sequence[Block]) -> None:
        block, returns = self.opening(entry, at, blocks), entry.parts.get("returns", ())
        arguments = in_backticks(at.text.partition(" · ")[0])
        entry.program = Program(self, entry.id, arguments, block, returns)
        entry.parts.setdefault("reference", entry.program.right)
        entry.parts["inputs"] = each_shape_again(entry.parts["inputs"])
        try:
            drawn = [*entry.parts["inputs"](np.random.default_rng(0))[0].arguments]
        except Exception as error:
            found = f"the inputs of {entry.id} stop with {error!r}"
            raise self.error(at, found, "A draw of cases would fit.") from None
        found = f"{entry.id} is asked of ({', '.join(arguments)}), and its inputs are ({', '.join(drawn)})"
        self.need(drawn == arguments, at, found, "The same names in the same order would fit.")
        entry.parts["steps"] = entry.program.text

    def derivation(self, entry: Entry, at: Block, blocks: Sequence[Block]) -> None:
        block = self.opening(entry, at, blocks)
        lines = block.text.rstrip("\n").split("\n")
        fits = "Its first line is the question and its last the answer; a right derivation may stand between."
        self.need(len(lines) > 1, block, f"the derivation of {entry.id} has one line", fits)
        entry.parts |= {"question": lines[0], "answer": lines[-1], "mistakes": []}
        entry.parts["accepts"] = ["\n".join(lines)] if len(lines) > 2 else []

    def opening(self, entry: Entry, at: Block, blocks: Sequence[Block]) -> Block:
        """The block that a function or a derivation opens with. A table of mistakes may stand below it."""
        if len(blocks) == 2 and blocks[1].kind == "table":
            entry.told += self.table(entry, blocks[1])
            blocks = blocks[:1]
        return self.only(at, blocks, "code")[0]

    def choice(self, entry: Entry, at: Block, blocks: Sequence[Block]) -> None:
        question, table = self.only(at, blocks, "paragraph", "table")
        rows = table.items[1:]
        for line, row in rows:
            fits = "'| `slug` | what can be chosen | what is said |' would be one."
            self.need(len(row) == 3 and all(row), line, f"{' | '.join(row)!r} is no answer of a choice", fits)
        answers = [(line, f"{name} {words}") for line, (name, _, words) in rows]
        right, said = self.answers(entry.id, table, answers, [one for _, row in rows for one in in_backticks(row[0])])
        labels = {slug: row[1] for slug, (_, row) in zip(said, rows, strict=True)}
        entry.parts |= {"question": question.text, "labels": labels, "right": right, "notice": said.pop(right)}
        entry.parts["feedback"] = said

    def sheet(self, entry: Entry, at: Block, blocks: Sequence[Block]) -> None:
        question, answers = self.only(at, blocks, "paragraph", "list")
        entry.parts |= {"question": question.text, "labels": {}, "rows": []}
        for line, text in answers.items:
            match = re.fullmatch(r"`([^`]+)`(?: (.+))?", text)
            self.need(match, line, f"{text!r} is no answer", "'- `slug`' or '- `slug` label' would be one.")
            entry.parts["labels"][match[1]] = match[2] or match[1]

    def answers(self, of: str, at: Block, answers: Iterable, known: Collection[str]) -> tuple[str, dict[str, str]]:
        """The right one of some answers, (line, text), whose name is in bold; and what is said of each, by its name."""
        right, said, lines = "", {}, {}
        for line, text in answers:
            match = ANSWER.fullmatch(text)
            fits = "'**`slug`** words' would be the right one, '`slug` words' or '*otherwise* words' another."
            self.need(match, line, f"{text!r} is no answer of {of}", fits)
            bold, plain, words = match.groups()
            answer = bold or plain or "otherwise"
            self.known(answer, known, line, f"answer of {of}")
            self.once(lines, answer, line, f"answer of {of},")
            self.need(not (bold and right), line, f"a second right answer of {of}, {answer!r}", "One is in bold.")
            self.need(words or bold, line, f"nothing is said of {answer!r}, an answer of {of}", "Words would fit.")
            right, said[answer] = bold or right, words or ""
        self.need(right, at, f"no answer of {of} is right", "One is in bold: '**`slug`**'.")
        return right, said

    # ---- the sections below

    def section(self, entry: Entry, heading: Block, blocks: Sequence[Block]) -> None:
        name, known = heading.text, KINDS[entry.kind].headings
        mistyped = get_close_matches(name.capitalize(), known, 1, 0.8)
        named = entry.kind != "Choice" and " " not in name and not mistyped
        fits = f"{listed(map(repr, known))} would be" + ", and a name without spaces" * (entry.kind != "Choice") + "."
        self.need(name in known or named, heading, f"the heading {name!r} is no part of {entry.id}", fits)
        if name == HINTS:
            entry.parts["hints"] = [text for _, text in self.only(heading, blocks, "list")[0].items]
        elif name == NOTICE:
            entry.parts["notice"] = self.only(heading, blocks, "paragraph")[0].text
        elif name == GIVEN:
            entry.parts["given"] = self.only(heading, blocks, "code")[0].text
        elif name == WITH_A_SLIP:
            entry.parts["mistakes"] += self.derivations(heading, blocks, 1)
        elif name == ALSO_RIGHT and entry.kind == "Derivation":
            entry.parts["accepts"] += [text for _, _, text in self.derivations(heading, blocks, 0)]
        elif name == ALSO_RIGHT:
            (block,) = self.only(heading, blocks, "code")
            entry.parts["accepts"] = [answer for answer, _ in entry.program.answers(block)]
        elif entry.kind == "Sheet":
            entry.parts["rows"].append(self.row(entry, heading, blocks))
        else:
            entry.told += self.below(entry, heading, blocks)

    def row(self, entry: Entry, heading: Block, blocks: Sequence[Block]) -> tuple:
        """A row of a sheet. What is said of its right answer is said of all that have no words of their own."""
        label, answers = self.only(heading, blocks, "paragraph", "list")
        known = [*entry.parts["labels"], "otherwise"]
        right, said = self.answers(f"row {heading.text!r}", heading, answers.items, known)
        told = said.pop(right)
        otherwise = said.pop("otherwise", told)
        return (heading.text, label.text, right, said, *([otherwise, told] if otherwise else []))

    def derivations(self, heading: Block, blocks: Sequence[Block], wrong: int) -> Iterator[tuple[str, int, str]]:
        """Derivations, one an item, with `=` between their lines; with a name in front if one line is wrong: the name,
        the number of that line, and the text."""
        form = "- lost-minus: `line` = **`line`** = `line`" if wrong else "- `line` = `line`"
        for line, item in self.only(heading, blocks, "list")[0].items:
            name, chain = re.fullmatch(r"(?:(\S+): )?(.+)", item).groups()
            lines = [LINE.fullmatch(one) for one in re.split(r"(?<=[`*]) = (?=[`*])", chain)]
            self.need(all(lines), line, f"{item!r} is no derivation", f"'{form}' would be one.")
            slips = [number for number, match in enumerate(lines, 1) if match[2]]
            found = f"a derivation with {len(slips) or 'no'} wrong lines below {heading.text!r}"
            self.need(len(slips) == wrong and bool(name) == bool(wrong), line, found, f"'{form}' would be one.")
            yield name or "", sum(slips), "\n".join(match[1] or match[2] for match in lines)

    # ---- mistakes

    def table(self, entry: Entry, table: Block) -> Iterator[Told]:
        """A mistake a row. A further column tells more of it."""
        (line, head), *rows = table.items
        more = KINDS[entry.kind].more
        fits = f"{' | '.join(MISTAKES)} fit, and perhaps {more}."
        self.need(head in (MISTAKES, [*MISTAKES, more]), line, f"a table of {' | '.join(head)}", fits)
        for line, (slug, written, words, *others) in rows:
            self.need(re.fullmatch(r"\S+", slug), line, f"{slug!r} is no name of a mistake", "It has no spaces.")
            found = f"the mistake {slug!r} of {entry.id} has no formula, but {written!r}"
            fits = "Code in backticks, with commas between its variants, would fit; a '|' is written '\\|'."
            self.need(CODE.fullmatch(written), line, found, fits)
            self.need(words, line, f"the mistake {slug!r} of {entry.id} has no words", "Its third cell holds them.")
            yield Told(slug, line, [Block("code", line, one) for one in in_backticks(written)], words, *others)

    def below(self, entry: Entry, heading: Block, blocks: Sequence[Block]) -> Iterator[Told]:
        """What stands below the heading of a mistake: a block, and what is said of it, and perhaps more of both."""
        what = f"the mistake {heading.text!r} of {entry.id}"
        (_, before), *parts = split(blocks, "code")
        fits = "A fenced block of what was written stands above its words."
        self.need(parts and not before, heading, f"{what} has no formula", fits)
        for code, said in parts:
            self.need(said, code, f"{what} has no words", "What is said to whoever wrote it stands below the block.")
            for block in said:
                self.need(block.kind == "paragraph", block, f"{block.called} below {what}", "Words would fit.")
            yield Told(heading.text, heading.line, [code], "\n\n".join(block.text for block in said))

    def wrong_functions(self, entry: Entry) -> Iterator[tuple[str, Callable, str, tuple[str, ...]]]:
        """Each wrong function with its name, and what is said of it."""
        written = {source(entry.program.right): entry.line}
        for told in entry.told:
            steps = tuple(in_backticks(told.more))
            for name in steps:
                self.known(name, entry.program.steps, told.line, f"step of {entry.id}")
            for block in told.code:
                for answer, values in entry.program.answers(block):
                    first = written.setdefault(source(answer), block.line)
                    found = f"{told.slug!r} is written as what stands in line {first} already"
                    fits = "The first is told, so another way to write it would fit."
                    self.need(first == block.line, block, found, fits)
                    said = told.words
                    for name, value in values.items():
                        said = said.replace(f"{{{name}}}", value)
                    self.filled(told.line, said)
                    yield told.slug, answer, said, steps

    def filled(self, at: Block | int, part: Any) -> None:
        """Check that no text of a part has a name in braces that no `for` has filled."""
        if isinstance(part, str):
            for name in UNFILLED.findall(part):
                fits = f"'for {name} in (...):' in what was written would give one."
                raise self.error(at, f"{{{name}}} in a text, and no value for it", fits)
        elif isinstance(part, Mapping | list | tuple):
            for one in part.values() if isinstance(part, Mapping) else part:
                self.filled(at, one)

    def wrong_lines(self, entry: Entry) -> Iterator[tuple[str, str, str, bool]]:
        """Each wrong last line of a derivation with its name, and what is said of it."""
        for told in entry.told:
            for block in told.code:
                for line in block.text.rstrip("\n").split("\n"):
                    yield told.slug, line, told.words, bool(told.more)

    def only(self, at: Block, blocks: Sequence[Block], *kinds: str) -> Sequence[Block]:
        """The blocks, if they are just of these kinds."""
        found = " and ".join(block.called for block in blocks) or "nothing"
        fits = f"{' and '.join(Block(kind, 0).called for kind in kinds).capitalize()} would fit there."
        self.need([b.kind for b in blocks] == [*kinds], (*blocks, at)[0], f"{found} below {at.text!r}", fits)
        return blocks


def laws(file: Path, names: Mapping[str, Any]) -> dict[str, Callable[..., str | None]]:
    """The laws of a page by their names: functions of an exercise's arguments and of a result, by keyword, that say a
    sentence where they are broken. names: what their conditions may call."""
    page, found = Python(file, names), {}
    for table in (block for block in page.blocks() if block.kind == "table"):
        for line, (name, condition, said) in table.items[1:]:
            (code,) = in_backticks(condition)
            holds = compile(page.parsed(Block("code", line, code), "eval"), str(file), "eval")
            found[name] = partial(_told, holds, names, said)
    return found


def _told(holds: CodeType, names: Mapping[str, Any], said: str, **given: Any) -> str | None:
    return None if eval(holds, {**names, **given}) else said
