"""Reads the catalogue: a Markdown page a chapter, of what is asked and of what students get wrong.

`README.md` beside this file shows the form at an example.
"""

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
from utils.bank.markdown import Block, Shape, in_backticks, listed, split

ALSO_RIGHT, WITH_A_SLIP, GIVEN, HINTS, NOTICE = "Also right", "With a slip", "To be mended", "Hints", "What to notice"
CODE, WORDS, LIST = Shape("code", "A fenced block"), Shape("paragraph", "A paragraph"), Shape(r"list \d+", "A list")
THREE = Shape("list 3", "A list of 3, from a nudge to nearly there,")
PROGRAM = Shape(r"code( table \d+)?", "A fenced block, and perhaps a table of mistakes,")
MISTAKE = Shape("code paragraph( code paragraph)*", "A fenced block of what was written, and words on it,")
CHOICE = Shape(r"paragraph table \d+", "A paragraph and a table")
SHEET = Shape(r"paragraph list \d+", "A paragraph and a list")


class Kind(NamedTuple):
    """Of exercises. opening: what stands below the line of facts. sections: what stands below headings of these names;
    other: below any other, which is the name of a mistake or a row. needs, facts: what the line of facts tells besides
    minutes and level, and what it may. more: what a table tells of a mistake besides its words.
    """

    opening: Shape
    sections: Mapping[str, Shape]
    other: Shape | None = None
    needs: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    more: str = ""


TEXTS = {NOTICE: "notice", GIVEN: "given"}  # what stands below as it is
CLOSING, OF_A_FUNCTION = {HINTS: THREE, NOTICE: WORDS}, ("returns", "reference", "laws", "silent", "like")
OF_A_DERIVATION = {ALSO_RIGHT: LIST, WITH_A_SLIP: LIST, GIVEN: CODE}
KINDS = {
    "Function": Kind(PROGRAM, {ALSO_RIGHT: CODE} | CLOSING, MISTAKE, ("inputs",), OF_A_FUNCTION, "steps"),
    "Choice": Kind(CHOICE, {HINTS: THREE}),
    "Sheet": Kind(SHEET, CLOSING, SHEET),
    "Derivation": Kind(PROGRAM, OF_A_DERIVATION | CLOSING, None, ("setting",), ("steps", "like"), "fact"),
}

# Of each fact what fits, and whether its value does: a number, what stands in backticks, or True where it is bare.
FACTS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "minutes": ("'5 minutes', 1 to 30", range(1, 31).__contains__),
    "level": ("'level 2', 1 to 3", range(1, 4).__contains__),
    "steps": ("'steps 4'", range(2, 100).__contains__),
    "inputs": ("'inputs `logits`', a draw of cases", callable),
    "setting": ("'setting `SAME_INDEX`'", lambda value: type(value).__name__ == "Setting"),
    "reference": ("'reference `softmax`'", callable),
    "laws": ("'laws `sums_to_one`'", lambda values: values and all(map(callable, values))),
    "returns": ("'returns `z`, `h`'", bool),
    "like": ("'like `2a_3.same_index`'", lambda value: isinstance(value, str)),
    "silent": ("'silent'", lambda value: value is True),
}
QUOTED = "`[^`]+`"
WRITTEN = re.compile(f"{QUOTED}(?:, ?{QUOTED})*")
KIND = re.compile(f"Function of {WRITTEN.pattern}|Choice|Sheet|Derivation")
FACT = re.compile(rf"(?P<minutes>\d+) minutes?|(?P<name>[a-z]+)(?: (?P<number>\d+)| {WRITTEN.pattern})?")
ANSWER = re.compile(r"(?:\*\*`([^`]+)`\*\*|`([^`]+)`|\*otherwise\*)(?: (.+))?")  # and what is said of it
LABEL = re.compile(r"`([^`]+)`(?: (.+))?")  # of an answer
RIGHT = re.compile(rf"()(){QUOTED}(?: = {QUOTED})*")  # a derivation, and one with a name and a wrong line in bold
WRONG = re.compile(rf"(\S+): ((?:{QUOTED} = )*)\*\*{QUOTED}\*\*(?: = {QUOTED})*")
MISTAKES = ["Mistake", "What was written", "What is said"]  # the heads of the table of mistakes
UNFILLED = re.compile(r"(?<![\w^}])\{([A-Za-z_]\w*)\}")  # a name in braces, which no letter, ^, _ or } begins


class Told(NamedTuple):
    """One way to write a mistake, and what is said of it, as both stand in a row of a table or below a heading."""

    slug: str
    code: Block
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
        top = Shape("h1( paragraph| code)*", "A title, words and Python, and '##' above each exercise")
        for block in self.only(Block("h1", 1, "the first line"), before, top):
            if block.kind == "code":
                self.define(block)
        for head, blocks in exercises:
            form, fits = re.compile(rf"(.+) \(`({chapter}\.\w+)`\)"), f"'## Title (`{chapter}.name`)'"
            match = self.shaped(form, head.text, head, f"exercise of chapter {chapter}", fits)
            self.once(lines, match[2], head, "exercise")
            self.read[match[2]] = self.entry(head, {"title": match[1], "id": match[2]}, blocks)
        return self.read

    def entry(self, head: Block, parts: dict[str, Any], blocks: Sequence[Block]) -> Entry:
        (_, body), *sections = split(blocks, "h3")
        facts = Shape("paragraph", "'Function of `theta` · 5 minutes · level 2 · inputs `logits`'")
        (at,) = self.only(head, body[:1], facts)
        kind, facts = self.facts(at)
        like = facts.pop("like", None)
        entry = Entry(parts["id"], kind, at.line, parts | facts)
        opened = {"Function": self.function, "Choice": self.choice, "Sheet": self.sheet, "Derivation": self.derivation}
        opened[kind](entry, at, *self.only(at, body[1:], KINDS[kind].opening))
        lines: dict[str, int] = {}
        for heading, section in sections:
            self.once(lines, heading.text, heading, f"heading in {entry.id},")
            self.section(entry, heading, section)
        for part, opens in {"hints": HINTS, "notice": NOTICE, "rows": "name"}.items():
            told = entry.parts.get(part, part == "rows")  # which a sheet alone has
            self.need(told, head, f"{entry.id} has no {part}", f"A part '### {opens}' would tell them.")
        if like:
            self.add_mistakes_of(like, entry)
        if kind == "Function":
            entry.parts["mistakes"] = list(self.wrong_functions(entry))
        elif kind == "Derivation":
            entry.parts["traps"] = [(t.slug, t.code.text, t.words, bool(t.more)) for t in entry.told]
            most = max((text.count("\n") + 1 for text in entry.parts["accepts"]), default=0)
            found = f"{facts.get('steps')} steps are asked, and no right derivation of {entry.id} has more than {most}"
            self.need(facts.get("steps", 0) <= most, at, found, "As many as one of them has would fit.")
        self.filled(head, repr(entry.parts), {})
        return entry

    def add_mistakes_of(self, like: str, entry: Entry) -> None:
        """What goes wrong in the exercise that this one is like, too, but for what has words of its own here."""
        other = self.read.get(like) or self.others(like)
        fits = f"A {entry.kind.lower()} above it would fit, or one of an earlier chapter."
        is_like = other and other.kind == entry.kind
        self.need(is_like, entry.line, f"{like!r} is no exercise that {entry.id} can be like", fits)
        own = {told.slug for told in entry.told}
        entry.told = [told for told in other.told if told.slug not in own] + entry.told

    # ---- the line of facts

    def facts(self, at: Block) -> tuple[str, dict[str, Any]]:
        first, *rest = at.text.split(" · ")
        fits = "'Function of `theta`, `y`', 'Choice', 'Sheet' or 'Derivation'"
        kind = self.shaped(KIND, first, at, "kind of exercise", fits)[0].partition(" ")[0]
        needs, facts, lines = ("minutes", "level", *KINDS[kind].needs), {}, {}
        for text in rest:
            match = self.shaped(FACT, text, at, "fact", "'5 minutes', 'level 2', 'silent' or 'inputs `logits`'")
            name = match["name"] or "minutes"
            self.known(name, (*needs, *KINDS[kind].facts), at, "fact of such an exercise")
            self.once(lines, name, at, "fact")
            number = match["minutes"] or match["number"]
            facts[name] = int(number) if number else self.quoted(at, name, in_backticks(text))
            fits, holds = FACTS[name]
            self.need(holds(facts[name]), at, f"{text!r} is no fact", f"{fits}, would be one.")
        for name in needs:
            self.need(name in facts, at, f"no {name} told", f"{FACTS[name][0]}, would fit.")
        return kind, facts

    def quoted(self, at: Block, name: str, quoted: Sequence[str]) -> Any:
        """What a fact has in backticks: several values or one, names or Python; or True, if it has nothing there."""
        values = quoted if name in ("returns", "like") else [self.value(at.line, one) for one in quoted]
        return tuple(values) if name in ("returns", "laws") or len(values) > 1 else (*values, True)[0]

    # ---- what each kind of exercise opens with

    def function(self, entry: Entry, at: Block, block: Block, *tables: Block) -> None:
        arguments = in_backticks(at.text.partition(" · ")[0])
        entry.program = Program(self, entry.id, arguments, block, entry.parts.get("returns", ()))
        inputs = each_shape_again(entry.parts["inputs"])
        entry.parts = {"reference": entry.program.right} | entry.parts | {"inputs": inputs, "steps": entry.program.text}
        entry.told += self.mistakes(entry, tables)
        try:
            drawn = [*inputs(np.random.default_rng(0))[0].arguments]
        except Exception as error:
            found = f"the inputs of {entry.id} stop with {error!r}"
            raise self.error(at, found, "A draw of cases would fit.") from None
        found = f"{entry.id} is asked of ({', '.join(arguments)}), and its inputs are ({', '.join(drawn)})"
        self.need(drawn == arguments, at, found, "The same names in the same order would fit.")

    def derivation(self, entry: Entry, at: Block, block: Block, *tables: Block) -> None:
        lines = block.text.rstrip("\n").split("\n")
        fits = "Its first line is the question and its last the answer; a right derivation may stand between."
        self.need(len(lines) > 1, block, f"the derivation of {entry.id} has one line", fits)
        entry.parts |= {"question": lines[0], "answer": lines[-1], "mistakes": []}
        entry.parts["accepts"] = ["\n".join(lines)] if len(lines) > 2 else []
        entry.told += self.mistakes(entry, tables)

    def choice(self, entry: Entry, at: Block, question: Block, table: Block) -> None:
        rows = table.items[1:]
        for line, row in rows:
            form = "'| `slug` | what can be chosen | what is said |' would be one."
            self.need(len(row) == 3 and all(row), line, f"{' | '.join(row)!r} is no answer of a choice", form)
        answers = [(line, f"{name} {words}") for line, (name, _, words) in rows]
        right, said = self.answers(entry.id, table, answers, [one for _, row in rows for one in in_backticks(row[0])])
        labels = {slug: row[1] for slug, (_, row) in zip(said, rows, strict=True)}
        entry.parts |= {"question": question.text, "labels": labels, "right": right, "notice": said.pop(right)}
        entry.parts["feedback"] = said

    def sheet(self, entry: Entry, at: Block, question: Block, answers: Block) -> None:
        entry.parts |= {"question": question.text, "labels": {}, "rows": []}
        for line, text in answers.items:
            match = self.shaped(LABEL, text, line, "answer", "'- `slug`' or '- `slug` label'")
            entry.parts["labels"][match[1]] = match[2] or match[1]

    def answers(self, of: str, at: Block, answers: Iterable, known: Collection[str]) -> tuple[str, dict[str, str]]:
        """The right one of some answers, (line, text), whose name is in bold; and what is said of each, by its name."""
        right, said, lines = [], {}, {}
        for line, text in answers:
            fits = "'**`slug`** words', '`slug` words' or '*otherwise* words'"
            match = self.shaped(ANSWER, text, line, f"answer of {of}", fits)
            answer = match[1] or match[2] or "otherwise"
            self.known(answer, known, line, f"answer of {of}")
            self.once(lines, answer, line, f"answer of {of},")
            self.need(match[1] or match[3], line, f"nothing is said of {answer!r} in {of}", "Words would fit.")
            right += [answer] if match[1] else []
            said[answer] = match[3] or ""
        self.need(len(right) == 1, at, f"{len(right)} right answers of {of}", "One is in bold: '**`slug`**'.")
        return right[0], said

    # ---- the sections below

    def section(self, entry: Entry, heading: Block, blocks: Sequence[Block]) -> None:
        name, kind, parts = heading.text, KINDS[entry.kind], entry.parts
        named = kind.other and " " not in name and not get_close_matches(name.capitalize(), kind.sections, 1, 0.8)
        fits = f"{listed(map(repr, kind.sections))} would be{', and a name without spaces' if kind.other else ''}."
        self.need(name in kind.sections or named, heading, f"the heading {name!r} is no part of {entry.id}", fits)
        first, *rest = self.only(heading, blocks, kind.sections.get(name, kind.other))
        if name == HINTS:
            parts["hints"] = [text for _, text in first.items]
        elif name in TEXTS:
            parts[TEXTS[name]] = first.text
        elif name == WITH_A_SLIP:
            parts["mistakes"] += self.derivations(name, first, WRONG, "'- lost-minus: `line` = **`line`** = `line`'")
        elif name == ALSO_RIGHT and entry.kind == "Derivation":
            parts["accepts"] += [text for *_, text in self.derivations(name, first, RIGHT, "'- `line` = `line`'")]
        elif name == ALSO_RIGHT:
            parts["accepts"] = [answer for answer, _ in entry.program.answers(first)]
        elif entry.kind == "Sheet":
            known = [*parts["labels"], "otherwise"]
            right, said = self.answers(f"row {name!r}", heading, rest[0].items, known)
            told = said.pop(right)  # which is said of all that have no words of their own, too
            otherwise = said.pop("otherwise", told)
            parts["rows"].append((name, first.text, right, said, *([otherwise, told] if otherwise else [])))
        else:
            pairs = zip(blocks[::2], blocks[1::2], strict=True)
            entry.told += [Told(name, code, words.text) for code, words in pairs]

    def derivations(self, below: str, items: Block, form: re.Pattern, fits: str) -> Iterator[tuple[str, int, str]]:
        """Derivations, one an item, with `=` between their lines: of each its name and the number of the line in bold,
        where it is wrong, and its text."""
        for line, item in items.items:
            match = self.shaped(form, item, line, f"derivation below {below!r}", fits)
            yield match[1], len(in_backticks(match[2])) + 1, "\n".join(in_backticks(item))

    # ---- mistakes

    def mistakes(self, entry: Entry, tables: Sequence[Block]) -> Iterator[Told]:
        """A mistake a row. A further column tells more of it."""
        more = KINDS[entry.kind].more
        for (line, head), *rows in (table.items for table in tables):
            fits = f"{' | '.join(MISTAKES)} fit, and perhaps {more}."
            self.need(head in (MISTAKES, [*MISTAKES, more]), line, f"a table of {' | '.join(head)}", fits)
            for line, (slug, written, words, *others) in rows:
                told = re.fullmatch(r"\S+", slug) and WRITTEN.fullmatch(written) and words
                found = f"{' | '.join((slug, written, words))!r} is no mistake of {entry.id}"
                fits = "'| name-without-spaces | `code`, `another` | words |' would be one; a '|' is written '\\|'."
                self.need(told, line, found, fits)
                for code in in_backticks(written):
                    yield Told(slug, Block("code", line, code), words, *others)

    def wrong_functions(self, entry: Entry) -> Iterator[tuple[str, Callable, str, tuple[str, ...]]]:
        """Each wrong function with its name, and what is said of it."""
        written = {source(entry.program.right): entry.line}
        for told in entry.told:
            line, steps = told.code.line, tuple(in_backticks(told.more))
            for name in steps:
                self.known(name, entry.program.steps, line, f"step of {entry.id}")
            for answer, values in entry.program.answers(told.code):
                first = written.setdefault(source(answer), line)
                found = f"{told.slug!r} is written as what stands in line {first} already"
                self.need(first == line, line, found, "The first is told, so another way to write it would fit.")
                yield told.slug, answer, self.filled(line, told.words, values), steps

    def filled(self, at: Block | int, text: str, values: Mapping[str, str]) -> str:
        """A text with the value of each name in braces, which a `for` has given it."""
        for name in UNFILLED.findall(text):
            fits = f"'for {name} in (...):' in what was written would give one."
            self.need(name in values, at, f"{{{name}}} in a text, and no value for it", fits)
            text = text.replace(f"{{{name}}}", values[name])
        return text


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
