"""Reads the catalogue: a Markdown page a chapter, of what is asked and of what students get wrong.

`README.md` beside this file shows the form at an example. What was written is the lines that stood in place of the
steps of the same names, or a whole answer: an expression, lines that end in one, or a `def`. Answers are compiled under
the name and line of the page, so a traceback points into it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from utils.bank.answers import Program, Python
from utils.bank.markdown import Block, CatalogueError, blocks_of, groups, in_backticks, listed, nearest, split

ALSO_RIGHT, WITH_A_SLIP, GIVEN, HINTS, NOTICE = "Also right", "With a slip", "To be mended", "Hints", "What to notice"


class Kind(NamedTuple):
    """Of exercises. first: the first of its facts. facts: the others. headings: those that name no mistake. more: what
    can be told of a mistake besides its words.
    """

    first: str
    facts: tuple[str, ...]
    headings: tuple[str, ...]
    more: tuple[str, ...] = ()


KINDS = {
    "Function": Kind(
        "Function of `theta`, `y`",
        ("minutes", "level", "inputs", "returns", "reference", "laws", "silent", "like"),
        (ALSO_RIGHT, HINTS, NOTICE),
        ("steps",),
    ),
    "Choice": Kind("Choice", ("minutes", "level"), (HINTS,)),
    "Sheet": Kind("Sheet", ("minutes", "level"), (HINTS, NOTICE)),
    "Derivation": Kind(
        "Derivation",
        ("minutes", "level", "setting", "steps", "like"),
        (ALSO_RIGHT, WITH_A_SLIP, GIVEN, HINTS, NOTICE),
        ("fact",),
    ),
}
MISTAKES = ("Mistake", "What was written", "What is said")  # the heads of the table of mistakes
SAID = re.compile(r"(?:\*\*`([^`]+)`\*\*|`([^`]+)`|\*otherwise\*)(?: (.+))?")  # of an answer
RIGHT = re.compile(r"\*\*Right\.\*\* (.+)")  # in the table of a choice: what is said of the right answer
LINE = re.compile(r"`([^`]+)`|\*\*`([^`]+)`\*\*")  # of a derivation: right, or in bold and wrong
NAMES = ("returns", "like", "steps")  # in their backticks stand names, and no Python
CALLED = {kind: f"a {kind}" for kind in ("heading", "paragraph", "list", "table")} | {"code": "a fenced block"}
HINT_COUNT = 3  # from a nudge to nearly there
MINUTES, LEVELS = range(1, 31), range(1, 4)


class Wrong(NamedTuple):
    """A wrong answer: a function, or a line of a derivation; what is said of it, and whatever else is told of it."""

    slug: str
    answer: Callable | str
    said: str
    more: Mapping[str, Any]


class Told(NamedTuple):
    """What is said of some ways to write one mistake, as it stands: in a row of a table, or below a heading."""

    slug: str
    line: int
    code: Sequence[Block]
    words: str
    more: Mapping[str, str]


@dataclass
class Entry:
    """One exercise as it stands on a page.

    line: that of its facts. arguments, program: of a function, its right program in steps. parts: all that is told of
    the exercise, by the names that it has for them. told: its mistakes, before they are compiled.
    """

    file: Path
    line: int
    id: str
    kind: str
    arguments: tuple[str, ...]
    parts: dict[str, Any]
    program: Program | None = None
    told: list[Told] = field(default_factory=list)


def read(file: Path, names: Mapping[str, Any], others: Callable[[str], Entry | None] = lambda id: None) -> list[Entry]:
    """The exercises of a chapter, in the order of its page. names: what blocks and facts may call by name. others: an
    exercise of another chapter by its id, of which one of this may say that it is `like` it.

    Raises CatalogueError.
    """
    return list(Reader(file, names, others).entries())


class Reader:
    """Reads one page."""

    def __init__(self, file: Path, names: Mapping[str, Any], others: Callable[[str], Entry | None]) -> None:
        self.file, self.others, self.python = file, others, Python(file, names)
        self.read: dict[str, Entry] = {}

    def need(self, holds: Any, at: Block | int, found: str, fits: str) -> None:
        """Raise CatalogueError unless something holds."""
        if not holds:
            raise CatalogueError(self.file, at if isinstance(at, int) else at.line, found, fits)

    def entries(self) -> Iterator[Entry]:
        chapter, lines = self.file.stem, {}
        (_, before), *exercises = split(blocks_of(self.file), 2)
        for number, block in enumerate(before):
            fits = "A title stands there, and words; '##' opens the first exercise."
            told = block.kind == "paragraph" or (block.kind == "heading" and number == 0)
            self.need(told, block, f"{CALLED[block.kind]} above the first exercise", fits)
        for head, blocks in exercises:
            match = re.fullmatch(r"(.+) \(`(\w+\.\w+)`\)", head.text)
            fits = f"'## Title (`{chapter}.name`)' would be one."
            here = match and match[2].startswith(f"{chapter}.")
            self.need(here, head, f"the heading {head.text!r} is no exercise of chapter {chapter}", fits)
            title, id = match.groups()
            self.need(id not in lines, head, f"a second exercise {id}", f"The first stands in line {lines.get(id)}.")
            lines[id] = head.line
            self.read[id] = self.entry(head, title, id, blocks)
            yield self.read[id]

    def entry(self, head: Block, title: str, id: str, blocks: Sequence[Block]) -> Entry:
        (_, body), *sections = split(iter(blocks), 3)
        fits = "'Function of `theta` · 5 minutes · level 2 · inputs `logits`' would be one."
        has_facts = body and body[0].kind == "paragraph"
        self.need(has_facts, head, f"{id} has no line of facts below its heading", fits)
        kind, arguments, facts = self.facts(body[0])
        entry = Entry(self.file, body[0].line, id, kind, arguments, {"id": id, "title": title, **facts})
        opening = {"Function": self.function, "Choice": self.choice, "Sheet": self.sheet, "Derivation": self.derivation}
        opening[kind](entry, body[0], body[1:])
        lines: dict[str, int] = {}
        for heading, section in sections:
            found, first = f"a second heading {heading.text!r} in {id}", lines.get(heading.text)
            self.need(not first, heading, found, f"The first stands in line {first}: add to it.")
            lines[heading.text] = heading.line
            self.section(entry, heading, section)
        hints = entry.parts.get("hints", ())
        at, fits = lines.get(HINTS, head.line), f"'### {HINTS}', and below it a list of {HINT_COUNT}, would fit."
        self.need(len(hints) == HINT_COUNT, at, f"{id} has {len(hints)} hints", fits)
        says = "notice" in entry.parts
        self.need(says, head, f"{id} says nothing to whoever got it right", f"'### {NOTICE}' and a sentence fit.")
        own = {told.slug for told in entry.told}
        entry.told = [told for told in self.shared(entry) if told.slug not in own] + entry.told
        if kind in ("Function", "Derivation"):
            written: dict[str, int] = {}  # the line of each answer, the right one's too
            if entry.program:
                written[self.python.source(self.python.right(entry, entry.line))] = entry.line
            wrong = [wrong for told in entry.told for wrong in self.wrong(entry, told, written)]
            entry.parts["mistakes" if kind == "Function" else "traps"] = wrong
        self.need(entry.parts.get("rows", True), head, f"{id} has no row", "'### name' opens one.")
        return entry

    def shared(self, entry: Entry) -> list[Told]:
        """What goes wrong in the exercise that this one is like, and so goes wrong here, too, but for what has words of
        its own here."""
        (like,) = entry.parts.pop("like", (None,))
        if like is None:
            return []
        other = self.read.get(like) or self.others(like)
        fits = f"A {entry.kind.lower()} above it would fit, or one of another chapter."
        is_like = other and other.kind == entry.kind
        self.need(is_like, entry.line, f"{like!r} is no exercise that {entry.id} can be like", fits)
        return other.told

    # ---- the line of facts

    def facts(self, at: Block) -> tuple[str, tuple[str, ...], dict[str, Any]]:
        first, *rest = at.text.split(" · ")
        kind, _, of = first.partition(" of ")
        known = kind in KINDS and bool(in_backticks(of)) == (kind == "Function")
        fits = f"{listed(kind.first for kind in KINDS.values())} would fit."
        self.need(known, at, f"{first!r} is no kind of exercise", fits)
        facts: dict[str, Any] = {}
        for name, value in (self.fact(at, fact) for fact in rest):
            found = f"{name!r} is no fact of a {kind.lower()}"
            self.need(name in KINDS[kind].facts, at, found, nearest(name, KINDS[kind].facts))
            self.need(name not in facts, at, f"{name} is told twice", "Once would fit.")
            facts[name] = value
        for name, fit, values in (("minutes", "5 minutes", MINUTES), ("level", "level 2", LEVELS)):
            found = f"{name} is {facts[name]!r}" if name in facts else f"no {name} told"
            self.need(facts.get(name) in values, at, found, f"'{fit}' would fit: {values[0]} to {values[-1]}.")
        return kind, tuple(in_backticks(of)), facts

    def fact(self, at: Block, fact: str) -> tuple[str, Any]:
        if match := re.fullmatch(r"(\d+) minutes?", fact):
            return "minutes", int(match[1])
        if fact == "silent":
            return fact, True
        name, _, value = fact.partition(" ")
        fits = "'5 minutes', 'level 2', 'silent', or a name and Python in backticks, 'inputs `logits`', would fit."
        quoted = in_backticks(value)
        whole = value.isdigit() or (quoted and value == ", ".join(f"`{one}`" for one in quoted))
        self.need(name.isidentifier() and whole, at, f"{fact!r} is no fact", fits)
        if value.isdigit():
            return name, int(value)
        found = quoted if name in NAMES else [self.python.value(at, source) for source in quoted]
        return name, tuple(found) if name in (*NAMES, "laws") or len(found) > 1 else found[0]

    # ---- what each kind of exercise opens with

    def function(self, entry: Entry, at: Block, blocks: Sequence[Block]) -> None:
        block = self.opening(entry, at, blocks)
        entry.program = self.python.program(entry.id, block, entry.parts.get("returns", ()))
        entry.parts.setdefault("reference", self.python.right(entry, block.line))
        if entry.program.steps:
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
        (block,) = self.only(at, blocks, "code")
        return block

    def choice(self, entry: Entry, at: Block, blocks: Sequence[Block]) -> None:
        question, table = self.only(at, blocks, "paragraph", "table")
        options: dict[str, tuple[str, str, str]] = {}
        for line, row in table.items[1:]:
            slug = "".join(in_backticks(row[0])[:1])
            fits = "'| `slug` | what can be chosen | what is said |' would be one."
            self.need(len(row) == 3 and slug and row[1], line, f"{' | '.join(row)!r} is no answer of a choice", fits)
            self.need(slug not in options, line, f"a second answer {slug!r}", "Every answer has a name of its own.")
            fits = "Words would fit, or of the right one '**Right.** Words.'"
            self.need(row[2], line, f"nothing is said of the answer {slug!r} of {entry.id}", fits)
            if right := RIGHT.fullmatch(row[2]):
                found = f"a second right answer of {entry.id}, {slug!r}"
                self.need("right" not in entry.parts, line, found, "A choice has one.")
                entry.parts |= {"right": slug, "notice": right[1]}
            options[slug] = (slug, row[1], "" if right else row[2])
        fits = "One has '**Right.** Words.' in its last cell."
        self.need("right" in entry.parts, table, f"no answer of {entry.id} is right", fits)
        entry.parts |= {"question": question.text, "options": [*options.values()]}

    def sheet(self, entry: Entry, at: Block, blocks: Sequence[Block]) -> None:
        question, answers = self.only(at, blocks, "paragraph", "list")
        entry.parts |= {"question": question.text, "options": [], "rows": []}
        for line, text in answers.items:
            match = re.fullmatch(r"`([^`]+)`(?: (.+))?", text)
            self.need(match, line, f"{text!r} is no answer", "'- `slug`' or '- `slug` label' would be one.")
            entry.parts["options"].append((match[1], match[2] or match[1]))

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
            entry.parts["accepts"] = [answer for answer, _ in self.python.answers(entry, block)]
        elif entry.kind == "Sheet":
            entry.parts["rows"].append(self.row(entry, heading, blocks))
        else:
            entry.told += self.below(entry, heading, blocks)

    def row(self, entry: Entry, heading: Block, blocks: Sequence[Block]) -> dict[str, Any]:
        """A row of a sheet. What is said of its right answer is said of all that have no words of their own."""
        slug, (label, answers) = heading.text, self.only(heading, blocks, "paragraph", "list")
        known = ["otherwise", *(name for name, _ in entry.parts["options"])]
        right, said = "", {}
        for line, text in answers.items:
            match = SAID.fullmatch(text)
            fits = "'- **`slug`** words' of the right one, '- `slug` words' or '- *otherwise* words' of another would."
            self.need(match, line, f"{text!r} says nothing of an answer", fits)
            bold, plain, words = match.groups()
            answer = bold or plain or "otherwise"
            self.need(answer in known, line, f"{answer!r} is no answer", nearest(answer, known[1:]))
            self.need(answer not in said, line, f"row {slug!r} tells of {answer!r} twice", "Once would fit.")
            self.need(not (bold and right), line, f"a second right answer in row {slug!r}", "One stands in bold.")
            self.need(words or bold, line, f"nothing is said of {answer!r} in row {slug!r}", "Words would fit.")
            right, said[answer] = bold or right, words or ""
        self.need(right, heading, f"no answer of row {slug!r} is right", "One stands in bold: '- **`slug`**'.")
        told = said.pop(right)
        row = {"label": label.text, "right": right, "told": told, "otherwise": said.pop("otherwise", told)}
        return {"slug": slug, "feedback": said} | {name: text for name, text in row.items() if text}

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
        """A mistake a row. Further columns tell more of it, by their heads."""
        (line, head), *rows = table.items
        self.need(tuple(head[:3]) == MISTAKES, line, f"a table of {' | '.join(head)}", f"{' | '.join(MISTAKES)} fit.")
        for line, (slug, written, words, *others) in rows:
            code = in_backticks(written)
            self.need(re.fullmatch(r"\S+", slug), line, f"{slug!r} is no name of a mistake", "It has no spaces.")
            found = f"the mistake {slug!r} of {entry.id} has no formula, but {written!r}"
            fits = "Code in backticks, with commas between its variants, would fit; a '|' is written '\\|'."
            whole = code and re.sub(" ", "", written) == re.sub(" ", "", ",".join(f"`{one}`" for one in code))
            self.need(whole, line, found, fits)
            self.need(words, line, f"the mistake {slug!r} of {entry.id} has no words", "Its third cell holds them.")
            more = {name: value for name, value in zip(head[3:], others, strict=True) if value}
            yield Told(slug, line, [Block("code", line, one + "\n") for one in code], words, more)

    def below(self, entry: Entry, heading: Block, blocks: Sequence[Block]) -> Iterator[Told]:
        """What stands below the heading of a mistake: blocks, and what is said of them, and perhaps more of both."""
        what = f"the mistake {heading.text!r} of {entry.id}"
        for code, rest in groups(blocks) or [([], [])]:
            words = "\n\n".join(block.text for block in rest if block.kind == "paragraph")
            self.need(
                code, heading, f"{what} has no formula", "A fenced block of what was written stands above its words."
            )
            self.need(
                words, code[0], f"{what} has no words", "What is said to whoever wrote it stands below the block."
            )
            more = {}
            for block in rest:
                self.need(
                    block.kind in ("list", "paragraph"), block, f"{CALLED[block.kind]} below {what}", "Words would fit."
                )
                for line, item in block.items:
                    name, _, value = item.partition(": ")
                    self.need(
                        name.isidentifier() and value, line, f"{item!r} tells nothing of {what}", "'- name: value'."
                    )
                    more[name] = value
            yield Told(heading.text, heading.line, code, words, more)

    def wrong(self, entry: Entry, told: Told, written: dict[str, int]) -> Iterator[Wrong]:
        more = {}
        for name, value in told.more.items():
            known = KINDS[entry.kind].more
            self.need(name in known, told.line, f"{name!r} is told of {told.slug!r}", nearest(name, known))
            more[name] = self.told_more(told.line, name, value)
        steps = [step for names in (entry.program.steps if entry.program else ()) for step in names]
        for name in more.get("steps", ()):
            self.need(name in steps, told.line, f"{name!r} is no step of {entry.id}", nearest(name, steps))
        for block in told.code:
            if entry.kind == "Derivation":
                for line in block.text.rstrip("\n").split("\n"):
                    yield Wrong(told.slug, line, told.words, more)
                continue
            for answer, values in self.python.answers(entry, block):
                source = self.python.source(answer)
                first = written.setdefault(source, block.line)
                found = f"{told.slug!r} is written as what stands in line {first} already"
                self.need(first == block.line, block, found, "The first is told, so another way to write it would fit.")
                said = told.words
                for name, value in values.items():
                    said = said.replace(f"{{{name}}}", value)
                yield Wrong(told.slug, answer, said, more)

    def told_more(self, line: int, name: str, value: str) -> Any:
        if name in NAMES:
            return tuple(in_backticks(value))
        python = re.fullmatch(r"`([^`]+)`", value)
        return self.python.value(Block("code", line), python[1]) if python else value

    def only(self, at: Block, blocks: Sequence[Block], *kinds: str) -> Sequence[Block]:
        """The blocks, if they are just of these kinds."""
        found = " and ".join(CALLED[block.kind] for block in blocks) or "nothing"
        fits = f"{' and '.join(CALLED[kind] for kind in kinds).capitalize()} would fit there."
        self.need([b.kind for b in blocks] == [*kinds], (*blocks, at)[0], f"{found} below {at.text!r}", fits)
        return blocks
