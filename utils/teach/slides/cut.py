"""A master, cut into slides: one idea each, no more words than a room takes in, the rest for the speaker.

`slideshow.slide_type` of a cell, the key that Jupyter itself knows, says what becomes of it: `slide` opens a section,
`subslide` a slide, `fragment` comes when the speaker goes on, `-` joins what stands above, `notes` are for the speaker,
`skip` stays in the notebook. Inside a cell a heading or a bold lead, such as **Proof.**, opens a slide too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Literal

from nbformat import NotebookNode

from utils.exercises import Choice, Derivation, Exercise, Sheet, get
from utils.judge.algebra import lines_of
from utils.judge.algebra.lines import COMMENT as REASON
from utils.panels.derivation import EXHIBIT, MARKS
from utils.panels.verdict import STATES
from utils.teach.notebooks import MARKER, VERDICT, is_solution, student_source
from utils.teach.slides import markup
from utils.teach.slides.room import (
    LEADS_ON,
    LEGIBLE,
    LINES,
    code_height,
    code_lines,
    code_size,
    gist,
    height,
    row_height,
    rows,
    sentences,
    step_height,
    text_lines,
)

SHOWN_CODE = 6  # lines of a demonstration; of a longer one, or one too wide to be legible, only what it prints

BLOCK = re.compile(r"(?ms)^```.+?^```$|^#+ [^\n]+|(?:^(?!#+ )[^\n]*\S[^\n]*(?:\n|\Z))+")
HEADING = re.compile(r"(#+) (.+)")
QUESTION = re.compile(r"\*\*(?:Exercise|Question) `([^`]+)`\.\*\*\s*")
LEAD = re.compile(r"\*\*([^*]+?)(?:[.:,]|(?<=\?))\*\*\s*")
TRY = "**Try this:**"
FOR_READERS = ("**You need**", "**Time:**", "**In this chapter**", "**Next:**")
LINK = re.compile(r"(?<!!)\[([^]]+)\]\([^)]+\)")
COMMENT = re.compile(r"(?m)^# ([^:.]+)")
DOCSTRING = re.compile(r'\s*"""(.*?)"""', re.S)


@dataclass(frozen=True)
class Part:
    """A piece of a slide.

    lines: its height. later: whether it comes when the speaker goes on. at_the_edge: what becomes of it when the next
    one does not fit below and begins a new slide; what heads all is repeated whatever stands below it.
    """

    html: str
    lines: float
    later: bool = False
    at_the_edge: Literal["stays", "goes along", "is repeated", "heads all"] = "stays"


@dataclass
class Slide:
    """One slide. kind: its look. above: what stands over the title. opens: whether a section begins with it."""

    title: str
    kind: Literal["title", "text", "remember", "figure", "turn", "answer"] = "text"
    above: str = ""
    opens: bool = False
    parts: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def lines(self) -> float:
        return sum(part.lines for part in self.parts)


def slides(master: NotebookNode) -> list[Slide]:
    """The slides of an executed master. Raises ValueError if a verdict is on an exercise that there is not."""
    cutter = _Cutter()
    for cell in master.cells:
        cutter.cell(cell)
    return [slide for slide in cutter.slides if slide.parts]


class _Cutter:
    def __init__(self) -> None:
        self.slides: list[Slide] = []
        self.section = ""
        self.questions: dict[str, list[str]] = {}  # the blocks of exercises whose cells are still to come

    def cell(self, cell: NotebookNode) -> None:
        how = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        if how == "skip":
            return
        if how in ("slide", "subslide") or not self.slides:
            self.open(self.section, opens=how == "slide")
        if how == "notes":
            self.slide.notes.append(cell.source)
        elif cell.cell_type == "markdown":
            self.markdown(LINK.sub(r"\1", cell.source), how == "fragment", leads=not is_solution(cell))
        else:
            self.code(cell, how == "fragment")

    # Slides

    @property
    def slide(self) -> Slide:
        return self.slides[-1]

    def open(self, title: str, kind: str = "text", above: str | None = None, opens: bool = False) -> None:
        """Begin a slide; one that is still empty gives way to it."""
        above = self.section if above is None else above
        new = Slide(title, kind, "" if above == title else above, opens)
        if self.slides and not self.slide.parts:
            empty = self.slides.pop()
            new.opens, new.notes = opens or empty.opens, empty.notes
        self.slides.append(new)

    def add(self, part: Part) -> None:
        full = self.slide
        if full.parts and full.lines + part.lines > LINES:
            self.open(full.title, full.kind, full.above)
            last = full.parts[-1]
            again = [part for part in full.parts if part.at_the_edge == "heads all"]
            again += [last] * (last.at_the_edge == "is repeated")
            self.slide.parts += [replace(part, later=False) for part in again]
            while full.parts[-1].at_the_edge == "goes along" and len(full.parts) > 1:
                self.slide.parts.insert(0, full.parts.pop())
        self.slide.parts.append(part)

    # Markdown

    def markdown(self, source: str, later: bool, leads: bool) -> None:
        """leads: whether a bold lead opens a slide."""
        blocks = [block.rstrip() for block in BLOCK.findall(source)]
        leads_to_figure = TRY in source and not HEADING.match(source)
        for i, block in enumerate(blocks):
            before, tries, what = block.partition(TRY)
            if question := QUESTION.match(block):
                self.questions[question[1]] = [block[question.end() :], *blocks[i + 1 :]]
                return
            if heading := HEADING.match(block):
                later = False
                self.heading(len(heading[1]), heading[2])
            elif tries:
                later = False
                self.open(self.section)
                self.slide.notes += [before] * bool(before)
                self.block(f"{TRY} {what.strip()}")
            elif leads_to_figure or block.startswith(FOR_READERS):
                self.slide.notes.append(block)
            elif leads and (lead := LEAD.match(block)):
                later = False
                remember = lead[1] == "Remember"
                self.open(lead[1], "remember" if remember else "text")
                said = block[lead.end() :]
                self.block(said[:1].upper() + said[1:], whole=remember)
            else:
                self.block(block, later)

    def heading(self, level: int, text: str) -> None:
        if level <= 2:
            self.section = text
        self.open(text, "title" if level == 1 else "text", opens=level <= 2)

    def block(self, block: str, later: bool = False, whole: bool = False) -> None:
        """Show a block: formulas, lists and tables as they are, of a paragraph the gist, unless `whole`."""
        if code := code_lines(block):
            self.add(Part(markup.listing(block, code_size(code)), code_height(code), later))
            return
        shown = block
        if self.slide.title == "In one breath":
            shown = "\n".join(f"- {sentence}" for sentence in sentences(block))
        elif block.startswith("$$"):
            shown = markup.formula(rows(block))
        elif not (whole or block.startswith(("|", ">", "- ", "1."))):
            shown = gist(block)
            if len(shown) < len(block):
                self.slide.notes.append(block)
        read = block if block.startswith("$$") else shown
        edge = "goes along" if LEADS_ON.search(read) else "stays"
        self.add(Part(markup.markdown(shown), height(read), later, edge))

    # Code

    def code(self, cell: NotebookNode, later: bool) -> None:
        bundles = [output.data for output in cell.outputs if "data" in output]
        if verdict := next((bundle for bundle in bundles if VERDICT in bundle), None):
            self.verdict(cell, get(verdict[VERDICT]["exercise"]), verdict)
        elif figure := next((bundle for bundle in bundles if "image/png" in bundle), None):
            self.figure(figure, "".join(output.get("text", "") for output in cell.outputs).strip())
        else:
            self.demonstration(cell, later)

    def figure(self, bundle: dict[str, str], printed: str) -> None:
        """A picture fills what a short prompt leaves of its slide. One without a text twin is told by what its cell
        prints; if that is nothing, by its title."""
        _, named, twin = bundle["text/plain"].partition("Figure: ")
        told = named + twin or printed
        if self.slide.kind != "text" or self.slide.lines > LINES / 3:
            self.open(self.section)
        if named:
            self.slide.title, self.slide.above = twin.partition(". ")[0], ""
        self.slide.notes += [told] * bool(told)
        self.slide.kind = "figure"
        self.slide.parts.append(Part(markup.picture(bundle["image/png"], told or self.slide.title), 0))

    def demonstration(self, cell: NotebookNode, later: bool) -> None:
        """What a cell prints, below its code if that is short."""
        source = cell.source.split("\n")
        legible = len(source) <= SHOWN_CODE and code_size(source) >= LEGIBLE
        text = "".join(out.get("text") or out.get("data", {}).get("text/plain", "") for out in cell.outputs).rstrip()
        html, lines = "", 0.0
        if legible:
            html, lines = markup.code(cell.source, code_size(source)), code_height(source)
        else:
            self.slide.notes.append(f"```python\n{cell.source}\n```")
        if text:
            printed = text.split("\n")
            html, lines = html + markup.output(text, code_size(printed)), lines + code_height(printed)
        if html:
            self.add(Part(html, lines, later))

    def verdict(self, cell: NotebookNode, asked: Any, bundle: dict[str, Any]) -> None:
        """An answer; where it is right, the question on a slide of its own before it.

        A right answer to what has been asked before is another way; its first comment says which.
        """
        right = bundle[VERDICT]["state"] == "right"
        question = self.questions.pop(asked.id, None) if right else None
        if question:
            self.turn(cell, asked, *question)
            self.open(asked.title, "answer", "Answer")
        elif right:
            way = COMMENT.search(cell.source)
            self.open(way[1] if way else asked.title)
        for part in answer(cell, asked):
            self.add(part)
        told = bundle["text/plain"].split("\n")
        if question:
            self.add(Part(markup.paragraph(asked.notice, "notice"), height(asked.notice) + 0.6, True))
        elif not right and told[0] != EXHIBIT:
            sign, word, _ = STATES[bundle[VERDICT]["state"]]
            self.add(Part(markup.paragraph(f"{sign} **{word}.** {told[1]}", "verdict"), height(told[1]) + 0.6, True))

    def turn(self, cell: NotebookNode, asked: Any, question: str, *more: str) -> None:
        minutes = f"{asked.minutes} minute{'s' * (asked.minutes > 1)}"
        level = "●" * asked.level + "○" * (3 - asked.level)
        self.open(asked.title, "turn", f"Your turn · {asked.id} · {minutes} · {level}")
        if question:
            self.block(question, whole=True)
        for part in puzzle(cell, asked):
            self.add(part)
        self.slide.notes += [*more, *(f"- {hint}" for hint in asked.hints)]


# What a slide shows of an exercise


def puzzle(cell: NotebookNode, asked: Exercise | Derivation | Choice | Sheet) -> Iterator[Part]:
    """What stands below the question."""
    match asked:
        case Exercise():
            if contract := DOCSTRING.search(cell.source):
                yield Part(markup.literal(contract[1], "contract"), text_lines(contract[1]) + 0.4)
            yield function(student_source(cell))
        case Derivation():
            latex = asked.read(asked.accepts[0]).steps[0].latex
            yield Part(markup.step(rf"{latex}\;=\;?"), step_height(latex))
        case Choice():
            yield choices(asked)
        case Sheet():
            yield Part(markup.literal(" · ".join(asked.labels.values()), "contract"), 1.2, at_the_edge="heads all")
            yield from (Part(markup.row(row.label), row_height(row.label)) for row in asked.rows)


def answer(cell: NotebookNode, asked: Exercise | Derivation | Choice | Sheet) -> Iterator[Part]:
    match asked:
        case Exercise():
            yield function(cell.source)
        case Derivation():
            yield from derivation(cell, asked)
        case Choice():
            yield choices(asked, asked.right)
        case Sheet():
            for row in asked.rows:
                yield Part(markup.row(row.label, asked.labels[row.right]), row_height(row.label), True)


def function(source: str) -> Part:
    """A function, without what only the checker needs."""
    lines = DOCSTRING.sub("", source).split("\n")
    kept = [line for line in lines if not (MARKER.fullmatch(line) or line.startswith("@exercise"))]
    return Part(markup.code("\n".join(kept), code_size(kept)), code_height(kept))


def choices(asked: Choice, right: str | None = None) -> Part:
    return Part(
        markup.options((option.label, option.slug == right) for option in asked.options), 1.3 * len(asked.options)
    )


def derivation(cell: NotebookNode, asked: Derivation) -> Iterator[Part]:
    """The lines of a derivation, each with the reason that the comments above and behind it give.

    Where one of them is wrong, each has its mark as well.
    """
    text = cell.source.partition("\n")[2]
    reading = asked.read(text)
    steps, before = iter(reading.steps), None
    comments: list[str] = []
    for line in text.split("\n"):
        expression = REASON.sub("", line)
        comment = line[len(expression) :].lstrip("#% ").rstrip()
        comments += [comment] * bool(comment and not MARKER.fullmatch(line))
        for step in islice(steps, len(lines_of(expression))):
            marks = [MARKS[step.status][0]] + ["right again"] * step.is_right_again(before)
            reason = " ".join(comments + marks * (not reading.right))
            lines = step_height(step.latex, reason)
            yield Part(markup.step(step.relation(before) + step.latex, reason), lines, step.number > 1, "is repeated")
            comments, before = [], step
