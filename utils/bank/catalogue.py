"""Reads the catalogue: a Markdown file a chapter, of what is asked and of what students get wrong.

The form, which `README.md` beside this file shows at an example:

- `## Title (`id`)` opens an exercise. The line below it tells its facts, with ` · ` between them: what kind it is, its
  minutes and level, and the names of its draws and laws. What stands in backticks there is Python.
- Of a function the right program follows, a step a line, and then what goes wrong: in a table with a mistake a row, or,
  where there is more to show, below a `### heading` that is its name. What was written is the lines that stood in place
  of the steps of the same names, or a whole answer: an expression, lines that end in one, or a `def`. A block, or code
  between two commas of a table, is a variant. So is each expression of a block that has only expressions, and what
  begins where a step comes again; `for eps in (...):` before an expression makes one of each value.
- Other headings: `### Also right`, `### Hints`, `### What to notice`, and of a derivation `### With a slip`.

Answers are compiled under the name and line of the Markdown file, so a traceback points into it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from utils.bank.answers import Program, Python
from utils.bank.markdown import Block, CatalogueError, blocks_of, groups, in_backticks, listed, nearest, split

ALSO_RIGHT, WITH_A_SLIP, HINTS, NOTICE = "Also right", "With a slip", "Hints", "What to notice"
GENERAL = (ALSO_RIGHT, WITH_A_SLIP, HINTS, NOTICE)  # headings that are no mistake's name
KINDS = {"Function": "Function of `theta`, `y`", "Choice": "Choice", "Sheet": "Sheet", "Derivation": "Derivation"}
MISTAKES = ("Mistake", "What was written", "What is said")  # the heads of the table of mistakes
SLIP = re.compile(r"\s*# slip: (\S+)$")  # names the wrong line of a derivation
SAID = re.compile(r"(?:\*\*`(?P<right>[^`]+)`\*\*|`(?P<wrong>[^`]+)`|\*otherwise\*)(?: (?P<said>.+))?")  # of an answer
RIGHT = "**right**"  # in the table of a choice: the answer that is right
NAMED = ("returns", "like", "steps")  # in their backticks stand names, and no Python
HINT_COUNT = 3  # from a nudge to nearly there


@dataclass(frozen=True)
class Wrong:
    """One wrong answer: a function, a line, or a derivation of several lines; and what is said of it.

    line: of the file. slip: the number of the wrong line, of a derivation. more: whatever else is told of it.
    """

    slug: str
    answer: Callable | str
    said: str
    line: int
    slip: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """What is said of some ways to write one mistake, as it stands: in a row of a table, or below a heading."""

    slug: str
    line: int
    code: Sequence[Block]
    words: str
    more: Mapping[str, str]


@dataclass(frozen=True)
class Option:
    """One answer to a choice. What is said of the right one is its exercise's `notice`."""

    slug: str
    label: str
    said: str = ""


@dataclass(frozen=True)
class Row:
    """One row of a sheet. said: by option, why it does not fit; None for all that have no words of their own."""

    slug: str
    label: str
    right: str
    told: str
    said: Mapping[str | None, str]


@dataclass
class Entry:
    """One exercise as it stands in the catalogue.

    facts: what its second line tells, by name: minutes, level, inputs, laws, setting ... arguments: of a function.
    right: the function, or the text, that is the right answer. program: the right function in steps, where it has any.
    """

    file: Path
    line: int
    id: str
    title: str
    kind: str
    facts: dict[str, Any]
    arguments: tuple[str, ...] = ()
    program: Program | None = None
    right: Any = None
    question: str = ""
    accepts: list[Any] = field(default_factory=list)
    mistakes: list[Wrong] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    notice: str = ""
    told: list[Told] = field(default_factory=list)


# ---- Exercises


def read(file: Path, names: Mapping[str, Any], others: Callable[[str], Entry | None] = lambda id: None) -> list[Entry]:
    """The exercises of a chapter, in the order of its file. names: what blocks and facts may call by name. others: an
    exercise of another chapter by its id, of which one of this may say that it is `like` it.

    Raises CatalogueError.
    """
    return list(Reader(file, names, others).entries())


def code_of(file: Path) -> Iterator[tuple[int, str]]:
    """The Python of a page, each piece with its line: fenced blocks, and what was written in tables of mistakes."""
    for head, blocks in split(blocks_of(file), 2):
        is_function = head is not None and blocks[0].text.startswith("Function")
        for block in blocks if is_function else ():
            if block.kind == "code":
                yield block.line, block.text
            elif block.kind == "table":
                yield from ((line, code) for line, row in block.items[1:] for code in in_backticks(row[1]))


class Reader:
    """Reads one file."""

    def __init__(self, file: Path, names: Mapping[str, Any], others: Callable[[str], Entry | None]) -> None:
        self.file, self.others, self.python = file, others, Python(file, names)
        self.read: dict[str, Entry] = {}

    def entries(self) -> Iterator[Entry]:
        chapter = self.file.stem
        for head, blocks in split(blocks_of(self.file), 2):
            if head is None:
                continue
            match = re.fullmatch(r"(.+) \(`(\w+\.\w+)`\)", head.text)
            if not match or not match[2].startswith(f"{chapter}."):
                raise self.error(
                    head, f"the heading {head.text!r} is no exercise", f"'## Title (`{chapter}.name`)' would be one."
                )
            title, id = match.groups()
            if id in self.read:
                raise self.error(head, f"a second exercise {id}", f"The first stands in line {self.read[id].line}.")
            self.read[id] = self.entry(head, title, id, blocks)
            yield self.read[id]

    def error(self, at: Block | int, found: str, fits: str) -> CatalogueError:
        return CatalogueError(self.file, at if isinstance(at, int) else at.line, found, fits)

    def entry(self, head: Block, title: str, id: str, blocks: Sequence[Block]) -> Entry:
        (_, body), *sections = split(iter(blocks), 3)
        if not body or body[0].kind != "paragraph":
            fits = "'Function of `theta` · 5 minutes · level 2 · inputs `logits`' would be one."
            raise self.error(head, f"{id} has no line of facts below its heading", fits)
        kind, arguments, facts = self.facts(body[0])
        entry = Entry(self.file, head.line, id, title, kind, facts, arguments)
        opening = {"Function": self.program, "Choice": self.choice, "Sheet": self.sheet, "Derivation": self.derivation}
        opening[kind](entry, body[0], body[1:])
        seen: dict[str, int] = {}
        for heading, section in sections:
            if heading.text in seen:
                found = f"a second heading {heading.text!r} in {id}"
                raise self.error(heading, found, f"The first stands in line {seen[heading.text]}: add to it.")
            seen[heading.text] = heading.line
            self.section(entry, heading, section)
        own = {told.slug for told in entry.told}
        entry.told = [told for told in self.shared(entry, body[0]) if told.slug not in own] + entry.told
        entry.mistakes = [wrong for told in entry.told for wrong in self.wrong(entry, told)] + entry.mistakes
        if len(entry.hints) != HINT_COUNT:
            at = seen.get(HINTS, head.line)
            found = f"{id} has {len(entry.hints)} hints"
            raise self.error(at, found, f"'### {HINTS}', and below it a list of {HINT_COUNT}, would fit.")
        if not entry.notice:
            raise self.error(head, f"{id} says nothing to whoever got it right", f"'### {NOTICE}' and a sentence fit.")
        return entry

    def shared(self, entry: Entry, at: Block) -> list[Told]:
        """What goes wrong in the exercise that this one is like, and so goes wrong here, too."""
        (like,) = entry.facts.pop("like", (None,))
        if like is None:
            return []
        other = self.read.get(like) or self.others(like)
        if other is None or other.kind != entry.kind:
            fits = f"{nearest(like, self.read)} would fit, or one of another chapter."
            raise self.error(at, f"{like!r} is no exercise that {entry.id} can be like", fits)
        return other.told

    def facts(self, at: Block) -> tuple[str, tuple[str, ...], dict[str, Any]]:
        first, *rest = at.text.split(" · ")
        kind, _, of = first.partition(" of ")
        if kind not in KINDS or bool(of) != (kind == "Function"):
            raise self.error(at, f"{first!r} is no kind of exercise", f"{listed(KINDS.values())} would fit.")
        facts: dict[str, Any] = {}
        for fact in rest:
            name, value = self.fact(at, fact)
            if name in facts:
                raise self.error(at, f"{name} is told twice", "Once would fit.")
            facts[name] = value
        for name, example in {"minutes": "5 minutes", "level": "level 2"}.items():
            if not isinstance(facts.get(name), int):
                raise self.error(at, f"the {name} are not told" if name == "minutes" else "no level is told", example)
        return kind, tuple(in_backticks(of)), facts

    def fact(self, at: Block, fact: str) -> tuple[str, Any]:
        if match := re.fullmatch(r"(\d+) minutes?", fact):
            return "minutes", int(match[1])
        name, _, value = fact.partition(" ")
        if not name.isidentifier():
            fits = "'5 minutes', 'level 2', 'silent', or a name and Python in backticks, 'inputs `logits`', would fit."
            raise self.error(at, f"{fact!r} is no fact", fits)
        if not value:
            return name, True
        if value.isdigit():
            return name, int(value)
        quoted = in_backticks(value)
        if not quoted:
            fits = f"Its value is a number, or Python in backticks: '{name} `...`'."
            raise self.error(at, f"{fact!r} is no fact", fits)
        if name in NAMED:
            return name, tuple(quoted)
        found = [self.python.value(at, source) for source in quoted]
        return name, found if name == "laws" else found[0] if len(found) == 1 else tuple(found)

    # ---- the parts of an exercise

    def section(self, entry: Entry, heading: Block, blocks: Sequence[Block]) -> None:
        if heading.text == HINTS:
            entry.hints = [text for _, text in self.only(heading, blocks, "list").items]
        elif heading.text == NOTICE:
            entry.notice = self.only(heading, blocks, "paragraph").text
        elif entry.kind == "Choice":
            fits = f"It has {HINTS!r} and {NOTICE!r}; its answers stand in a table."
            raise self.error(heading, f"the heading {heading.text!r} is no part of a choice", fits)
        elif " " in heading.text and heading.text not in GENERAL:
            fits = f"A mistake's name has no spaces, but hyphens; the other headings are {listed(map(repr, GENERAL))}."
            raise self.error(heading, f"the heading {heading.text!r} is no part of an exercise", fits)
        elif entry.kind == "Sheet":
            entry.rows.append(self.row(entry, heading, blocks))
        elif heading.text == ALSO_RIGHT:
            for block in blocks:
                if block.kind != "code":
                    raise self.error(block, f"a {block.kind} below {ALSO_RIGHT!r}", "Fenced blocks stand here.")
                answers = [block.text.rstrip("\n")] if entry.kind == "Derivation" else self.python.answers(entry, block)
                entry.accepts += [answer for answer, _ in answers] if entry.kind == "Function" else answers
        elif heading.text == WITH_A_SLIP and entry.kind == "Derivation":
            entry.mistakes += [wrong for block in blocks for wrong in self.slips(entry, block)]
        else:
            entry.told += self.below(entry, heading, blocks)

    def program(self, entry: Entry, at: Block, blocks: Sequence[Block]) -> None:
        block = self.opening(entry, at, blocks)
        entry.program = self.python.program(entry.id, block, entry.facts.get("returns", ()))
        entry.right = entry.facts.pop("reference", None) or self.python.right(entry, block.line)

    def choice(self, entry: Entry, at: Block, blocks: Sequence[Block]) -> None:
        if [block.kind for block in blocks] != ["paragraph", "table"]:
            found = f"{entry.id} is not a question and the table of its answers"
            raise self.error(at, found, "A choice has one of each, in this order.")
        entry.question = blocks[0].text
        for line, row in blocks[1].items[1:]:
            slug = "".join(in_backticks(row[0])[:1])
            if len(row) != 3 or not slug or not row[1]:
                found = f"a row of the table of {entry.id} is no answer: {' | '.join(row)}"
                raise self.error(line, found, "'| `slug` | what can be chosen | what is said |' would be one.")
            if slug in {option.slug for option in entry.options}:
                raise self.error(line, f"a second answer {slug!r} in {entry.id}", "Every answer has a name of its own.")
            if row[2] == RIGHT:
                if entry.right:
                    raise self.error(line, f"a second right answer in {entry.id}", "A choice has one.")
                entry.right = slug
            elif not row[2]:
                found = f"nothing is said of the answer {slug!r} of {entry.id}"
                raise self.error(line, found, f"Words, or {RIGHT} for the right one, would fit.")
            entry.options.append(Option(slug, row[1], "" if row[2] == RIGHT else row[2]))
        if not entry.right:
            raise self.error(blocks[1], f"no answer of {entry.id} is right", f"One has {RIGHT} in its last cell.")

    def sheet(self, entry: Entry, at: Block, blocks: Sequence[Block]) -> None:
        if [block.kind for block in blocks] != ["paragraph", "list"]:
            found = f"{entry.id} is not a question and the list of its answers"
            raise self.error(at, found, "A sheet has one of each, in this order.")
        entry.question = blocks[0].text
        for line, text in blocks[1].items:
            match = re.fullmatch(r"`([^`]+)`(?: (.+))?", text)
            if not match:
                raise self.error(line, f"{text!r} is no answer", "'- `slug`' or '- `slug` label' would be one.")
            entry.options.append(Option(match[1], match[2] or match[1]))

    def row(self, entry: Entry, heading: Block, blocks: Sequence[Block]) -> Row:
        slug = heading.text
        if [block.kind for block in blocks] != ["paragraph", "list"]:
            found = f"row {slug!r} of {entry.id} is not a paragraph and a list"
            raise self.error(heading, found, "What is asked comes first, then what is said of each answer.")
        right, told, said = None, "", {}
        known = {option.slug for option in entry.options}
        for line, text in blocks[1].items:
            match = SAID.fullmatch(text)
            if not match:
                fits = "'- **`slug`** words' of the right answer, '- `slug` words' and '- *otherwise* words' of others."
                raise self.error(line, f"{text!r} is nothing that is said of an answer", fits)
            answer = match["right"] or match["wrong"]
            if answer is not None and answer not in known:
                raise self.error(line, f"{answer!r} is no answer of {entry.id}", f"{nearest(answer, known)} would fit.")
            if answer in said or (match["right"] and right):
                raise self.error(line, f"row {slug!r} tells of {answer!r} twice", "Once would fit.")
            if match["right"]:
                right, told = answer, match["said"] or ""
            elif not match["said"]:
                raise self.error(line, f"nothing is said of {answer!r} in row {slug!r}", "Words would fit.")
            else:
                said[answer] = match["said"]
        if right is None:
            raise self.error(heading, f"no answer of row {slug!r} is right", "One stands in bold: '- **`slug`**'.")
        return Row(slug, blocks[0].text, right, told, said)

    def derivation(self, entry: Entry, at: Block, blocks: Sequence[Block]) -> None:
        block = self.opening(entry, at, blocks)
        lines = block.text.rstrip("\n").split("\n")
        if len(lines) < 2:
            fits = "Its first line is the question and its last the answer; a right derivation may stand between."
            raise self.error(block, f"the derivation of {entry.id} has one line", fits)
        entry.question, entry.right = lines[0], lines[-1]
        if len(lines) > 2:
            entry.accepts.append("\n".join(lines))

    def opening(self, entry: Entry, at: Block, blocks: Sequence[Block]) -> Block:
        """The block that a function or a derivation opens with. A table of mistakes may stand below it."""
        if len(blocks) == 2 and blocks[1].kind == "table":
            entry.told += self.table(entry, blocks[1])
            blocks = blocks[:1]
        return self.only(at, blocks, "code")

    def table(self, entry: Entry, table: Block) -> Iterator[Told]:
        """A mistake a row. Further columns tell more of it, by their heads."""
        (line, head), *rows = table.items
        if tuple(head[:3]) != MISTAKES:
            raise self.error(line, f"a table of {' | '.join(head)}", f"Its heads are {' | '.join(MISTAKES)}.")
        for line, row in rows:
            slug, written, words, *others = row
            code = in_backticks(written)
            if not re.fullmatch(r"\S+", slug):
                raise self.error(line, f"{slug!r} is no name of a mistake", "It has no spaces, but hyphens.")
            if not code or written.replace(" ", "") != ",".join(f"`{one}`" for one in code).replace(" ", ""):
                fits = "Code in backticks, with commas between its variants, would fit; `\\|` stands for a stroke."
                raise self.error(line, f"the mistake {slug!r} of {entry.id} has no formula, but {written!r}", fits)
            if not words:
                raise self.error(line, f"the mistake {slug!r} of {entry.id} has no words", "Its third cell holds them.")
            more = {name: value for name, value in zip(head[3:], others, strict=True) if value}
            yield Told(slug, line, [Block("code", line, one + "\n") for one in code], words, more)

    def below(self, entry: Entry, heading: Block, blocks: Sequence[Block]) -> Iterator[Told]:
        """What stands below the heading of a mistake: blocks, and what is said of them, and perhaps more of both."""
        for code, rest in groups(blocks) or [([], [])]:
            words = "\n\n".join(block.text for block in rest if block.kind == "paragraph")
            if not code:
                fits = "A fenced block of what was written stands above its words."
                raise self.error(heading, f"the mistake {heading.text!r} of {entry.id} has no formula", fits)
            if not words:
                fits = "A paragraph of what is said to whoever wrote it stands below the block."
                raise self.error(heading, f"the mistake {heading.text!r} of {entry.id} has no words", fits)
            yield Told(heading.text, heading.line, code, words, self.more(heading, rest))

    def more(self, heading: Block, blocks: Sequence[Block]) -> dict[str, str]:
        found = {}
        for block in blocks:
            if block.kind not in ("list", "paragraph"):
                raise self.error(block, f"a {block.kind} below the mistake {heading.text!r}", "Blocks and words fit.")
            for line, item in block.items:
                name, colon, value = item.partition(": ")
                if not colon or not name.isidentifier():
                    raise self.error(line, f"{item!r} tells nothing of a mistake", "'- name: value' would.")
                found[name] = value
        return found

    def wrong(self, entry: Entry, told: Told) -> Iterator[Wrong]:
        more = {name: self.told_more(told.line, name, value) for name, value in told.more.items()}
        for block in told.code:
            if entry.kind == "Function":
                for answer, values in self.python.answers(entry, block):
                    said = told.words
                    for name, value in values.items():
                        said = said.replace(f"{{{name}}}", str(value))
                    yield Wrong(told.slug, answer, said, block.line, more=more)
            else:
                for number, line in enumerate(block.text.rstrip("\n").split("\n")):
                    yield Wrong(told.slug, line, told.words, block.line + number, more=more)

    def told_more(self, line: int, name: str, value: str) -> Any:
        if name in NAMED:
            return tuple(in_backticks(value))
        python = re.fullmatch(r"`([^`]+)`", value)
        return self.python.value(Block("code", line), python[1]) if python else value

    def slips(self, entry: Entry, block: Block) -> Iterator[Wrong]:
        """Derivations of which one line is wrong, with an empty line between them."""
        if block.kind != "code":
            raise self.error(block, f"a {block.kind} below {WITH_A_SLIP!r}", "Fenced blocks stand here.")
        lines = block.text.rstrip("\n").split("\n")
        ends = [i for i, line in enumerate(lines) if not line.strip()] + [len(lines)]
        start = 0
        for end in ends:
            derivation, first = lines[start:end], block.line + start
            start = end + 1
            found = [(number, match[1]) for number, line in enumerate(derivation, 1) if (match := SLIP.search(line))]
            if len(found) != 1:
                told = f"{len(found) or 'no'} lines of a derivation of {entry.id} are marked as wrong"
                raise self.error(first, told, "One ends in '# slip: name'.")
            (number, slug), text = found[0], "\n".join(SLIP.sub("", line) for line in derivation)
            yield Wrong(slug, text, "", first, number)

    def only(self, at: Block, blocks: Sequence[Block], kind: str) -> Block:
        if [block.kind for block in blocks] == [kind]:
            return blocks[0]
        found = " and ".join(f"a {block.kind}" for block in blocks) or "nothing"
        name = {"code": "one fenced block", "list": "one list", "paragraph": "one paragraph"}[kind]
        at_fault = blocks[0] if blocks else at
        raise self.error(at_fault, f"{found} below {at.text!r}", f"{name.capitalize()} belongs there.")
