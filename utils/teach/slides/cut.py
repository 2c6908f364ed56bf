"""A master, cut into slides: one idea each, no more words than a room takes in, the rest for the speaker.

`slideshow.slide_type` of a cell, the key that Jupyter itself knows, says what becomes of it: `slide` opens a section,
`subslide` a slide, `fragment` comes when the speaker goes on, `-` joins what stands above, `notes` are for the speaker,
`skip` stays in the notebook. Inside a cell a heading or a bold lead, such as **Proof.**, opens a slide too.
"""

import re
import textwrap
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any

from nbformat import NotebookNode

from utils.exercises import Choice, Derivation, Exercise, Sheet, get
from utils.judge.algebra import Setting, Unreadable, lines_of, parse, typeset
from utils.judge.algebra.markup import COMMENT as REASON
from utils.judge.algebra.notation import FUNCTIONS, LETTERS
from utils.panels.derivation import EXHIBIT, MARKS
from utils.panels.verdict import STATES
from utils.teach.notebooks import MARKER, VERDICT, is_solution, student_source
from utils.teach.slides import page
from utils.teach.slides.page import PIECES, Part, Slide

DOCSTRING_COLUMNS = 56
SHOWN = 170  # characters of a paragraph; what is longer is told, not read
SHOWN_LINES, SHOWN_COLUMNS = 8, 72  # of a demonstration; of a longer or wider one only what it prints

BLOCK = re.compile(r"(?ms)^```.+?^```$|^#+ [^\n]+|(?:^(?!#+ )[^\n]*\S[^\n]*(?:\n|\Z))+")
HEADING = re.compile(r"(#+) (.+)")
QUESTION = re.compile(r"\*\*(?:Exercise|Question) `([^`]+)`\.\*\*\s*")
LEAD = re.compile(r"\*\*([^*]+?)(?:[.:,]|(?<=\?))\*\*\s*")
TRY = "**Try this:**"
FOR_READERS = ("**You need**", "**Time:**", "**In this chapter**", "**Next:**")
LINK = re.compile(r"(?<!!)\[([^]]+)\]\([^)]+\)")
SENTENCE_END = re.compile(r"(?:(?<=[.?!])|(?<=[.?!][*)]))\s+")
LEADS_ON = re.compile(r"[a-z]\Z|[,:]\$*\Z")  # what stands below finishes the sentence
COMMENT = re.compile(r"(?m)^# ([^:.]+)")
FOR_THE_CHECKER = re.compile(rf"@exercise.*|{MARKER.pattern}")
DOCSTRING = re.compile(r'\s*""".*?"""', re.S)


def slides(master: NotebookNode, exercises: bool = True) -> list[Slide]:
    """The slides of an executed master. Raises ValueError if a verdict is on an exercise that there is not.

    exercises: whether the room is asked. If not, derivations are shown all the same: they are what is lectured on.
    """
    cutter = _Cutter(exercises)
    for cell in master.cells:
        cutter.cell(cell)
    return [slide for slide in cutter.slides if slide.parts]


class _Cutter:
    def __init__(self, exercises: bool) -> None:
        self.exercises = exercises
        self.left_out = False  # whether the latest answer was, so that its explanation has to be as well
        self.slides: list[Slide] = []
        self.section = ""
        # Of exercises whose cells are still to come: what leads to the question, and its blocks.
        self.questions: dict[str, tuple[list[Part], list[str]]] = {}

    def cell(self, cell: NotebookNode) -> None:
        how = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        if how == "skip" or (self.left_out and cell.cell_type == "markdown" and is_solution(cell)):
            return
        if how in ("slide", "subslide") or not self.slides:
            self.open(self.section, opens=how == "slide")
        here, above = self.slide, len(self.slide.parts)
        if how == "notes":
            here.notes.append(cell.source)
        elif cell.cell_type == "markdown":
            self.markdown(LINK.sub(r"\1", cell.source), leads=not is_solution(cell))
        else:
            self.code(cell)
        if how == "fragment":  # what it adds to the slide that is on show; a slide that it opens is on show by a key
            here.parts[above:] = [replace(part, later=True) for part in here.parts[above:]]

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

    def add(self, html: str, later: bool = False, at_the_edge: str = "stays") -> None:
        self.slide.parts.append(Part(html, later, at_the_edge))

    def markdown(self, source: str, leads: bool) -> None:
        """leads: whether a bold lead opens a slide."""
        blocks = [block.rstrip() for block in BLOCK.findall(source)]
        leads_to_figure = TRY in source and not HEADING.match(source)
        for i, block in enumerate(blocks):
            before, tries, what = block.partition(TRY)
            if question := QUESTION.match(block):
                self.questions[question[1]] = self.lead(), [block[question.end() :], *blocks[i + 1 :]]
                return
            if heading := HEADING.match(block):
                level, title = len(heading[1]), heading[2]
                if level <= 2:
                    self.section = title
                self.open(title, "title" if level == 1 else "text", opens=level <= 2)
            elif tries:
                self.open(self.section)
                self.slide.notes += [before] * bool(before)
                self.block(f"{TRY} {what.strip()}")
            elif leads_to_figure or block.startswith(FOR_READERS):
                self.slide.notes.append(block)
            elif leads and (lead := LEAD.match(block)):
                remember = lead[1] == "Remember"
                self.open(lead[1], "remember" if remember else "text")
                said = block[lead.end() :]
                self.block(said[:1].upper() + said[1:], whole=remember)
            else:
                self.block(block)

    def lead(self) -> list[Part]:
        """Take a lonely sentence off its slide: it goes where it leads to."""
        slide, lead = self.slide, []
        if slide.title == self.section and not slide.opens and len(slide.parts) == 1:
            lead, slide.parts = slide.parts, []
        return lead

    def block(self, block: str, whole: bool = False) -> None:
        """Show a block: formulas, lists and tables as they are, of a paragraph the gist, unless `whole`."""
        if block.startswith(("```", "    ")):
            self.add(page.listing(block))
            return
        if self.slide.title == "In one breath":
            shown = "\n".join(f"- {sentence}" for sentence in sentences(block))
        elif whole or block.startswith(("$$", "|", ">", "- ", "1.")):
            shown = block
        else:
            shown = gist(block)
            if len(shown) < len(block):
                self.slide.notes.append(block)
        html = page.formula(block) if block.startswith("$$") else page.markdown(shown)
        self.add(html, at_the_edge="goes along" if LEADS_ON.search(shown) else "stays")

    def code(self, cell: NotebookNode) -> None:
        bundles = [output.get("data", {}) for output in cell.outputs]
        holding = {kind: bundle for bundle in reversed(bundles) for kind in bundle}  # of each kind the first
        texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
        if verdict := holding.get(VERDICT):
            self.verdict(cell, get(verdict[VERDICT]["exercise"]), verdict)
        elif figure := holding.get("image/png"):
            printed = [text for text in texts if text != figure["text/plain"]]
            self.figure(figure, "".join(printed).strip())
        elif table := holding.get("text/html"):  # which speaks for itself
            self.add(table["text/html"])
        else:
            self.demonstration(cell.source, "".join(texts).rstrip())

    def figure(self, bundle: dict[str, str], printed: str) -> None:
        """A picture fills what a short prompt leaves of its slide. One without a text twin is told by what its cell
        prints; if that is nothing, by its title."""
        _, named, twin = bundle["text/plain"].partition("Figure: ")
        told = named + twin or printed
        if self.slide.kind != "text" or len(self.slide.parts) > 1:
            self.open(self.section)
        if named:
            self.slide.title, self.slide.above = twin.partition(". ")[0], ""
        self.slide.notes += [told] * bool(told)
        self.slide.kind = "figure"
        self.add(PIECES.picture(bundle["image/png"], told or self.slide.title))

    def demonstration(self, source: str, printed: str) -> None:
        """What a cell prints, below its code; where that is long, below the words that lead to it."""
        lines, above = source.split("\n"), self.slide.parts
        short = len(lines) <= SHOWN_LINES and max(map(len, lines)) <= SHOWN_COLUMNS
        code = f"```python\n{source}\n```"
        if short or not above:
            self.add(page.listing(code, printed))
        else:
            self.slide.notes.append(code)
            above[-1] = replace(above[-1], at_the_edge="goes along")
            self.add(page.listing("", printed))

    def verdict(self, cell: NotebookNode, asked: Any, bundle: dict[str, Any]) -> None:
        """An answer; where it is right, the question on a slide of its own before it.

        A right answer to what has been asked before is another way; its first comment says which.
        """
        right = bundle[VERDICT]["state"] == "right"
        question = self.questions.pop(asked.id, None) if right else None
        self.left_out = right and not (self.exercises or isinstance(asked, Derivation))
        if self.left_out:
            return
        if question and self.exercises:
            self.turn(cell, asked, *question)
            self.open(asked.title, "answer", "Answer")
        elif question:
            self.open(asked.title)
            self.slide.parts += question[0]
        elif right:
            way = COMMENT.search(cell.source)
            self.open(way[1] if way else asked.title)
        self.slide.parts += exercise(cell, asked, answered=True)
        told = bundle["text/plain"].split("\n")
        if question:
            self.add(PIECES.paragraph(asked.notice, "notice"), later=True)
        elif not right and told[0] != EXHIBIT:
            sign, word, _ = STATES[bundle[VERDICT]["state"]]
            self.add(PIECES.paragraph(f"{sign} **{word}.** {told[1]}", "verdict"), later=True)

    def turn(self, cell: NotebookNode, asked: Any, lead: list[Part], blocks: list[str]) -> None:
        minutes = f"{asked.minutes} minute{'s' * (asked.minutes > 1)}"
        level = "●" * asked.level + "○" * (3 - asked.level)
        self.open(asked.title, "turn", f"Your turn · {asked.id} · {minutes} · {level}")
        self.slide.parts += lead
        if blocks[0]:
            self.block(blocks[0], whole=True)
        self.slide.parts += exercise(cell, asked, answered=False)
        self.slide.notes += [*blocks[1:], *(f"- {hint}" for hint in asked.hints)]


# What a slide shows of an exercise


def exercise(cell: NotebookNode, asked: Exercise | Derivation | Choice | Sheet, answered: bool) -> Iterator[Part]:
    """What stands below the question; or, answered, below the title of its answer."""
    match asked:
        case Exercise():
            source = DOCSTRING.sub("", cell.source) if answered else DOCSTRING.sub(_wrapped, student_source(cell))
            kept = [line for line in source.split("\n") if not FOR_THE_CHECKER.fullmatch(line)]
            yield Part(page.listing("\n".join(["```python", *kept, "```"])))
        case Derivation() if answered:
            yield from derivation(cell, asked)
        case Derivation():
            question = asked.read(asked.accepts[0]).steps[0].latex
            yield Part(PIECES.step(rf"{question}\;=\;?"))
        case Choice():
            yield Part(PIECES.options((x, answered and slug == asked.right) for slug, x in asked.labels.items()))
        case Sheet():
            if not answered:
                yield Part(PIECES.paragraph(" · ".join(asked.labels.values()), "contract"), at_the_edge="heads all")
            for row in asked.rows:
                yield Part(PIECES.row(row.label, asked.labels[row.right] if answered else ""), later=answered)


def _wrapped(docstring: re.Match) -> str:
    """A docstring in lines so short that they can be large. A shape, such as (N, D), stays in one of them."""
    text = " ".join(docstring[0].split()).replace(' """', '"""')
    kept_together = re.sub(r", (?=[^()]*\))", ",\N{NO-BREAK SPACE}", text)
    lines = textwrap.fill(kept_together, DOCSTRING_COLUMNS).replace("\N{NO-BREAK SPACE}", " ")
    return "\n" + textwrap.indent(lines, "    ")


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
        if comment and not MARKER.fullmatch(line) and not any(comment in said for said in comments):
            comments.append(comment)
        for step in islice(steps, len(lines_of(expression))):
            marks = [MARKS[step.status][0]] + ["right again"] * step.is_right_again(before)
            reason = " ".join([in_formulas(each, asked.setting) for each in comments] + marks * (not reading.right))
            yield Part(PIECES.step(step.relation(before) + step.latex, reason), step.number > 1, "is repeated")
            comments, before = [], step


def in_formulas(reason: str, setting: Setting) -> str:
    """A reason with all that its author wrote as in a line of the derivation, such as y_hat[i], typeset."""
    words = "|".join([*setting.names, *LETTERS, *(rf"{name}'?(?=\()" for name in FUNCTIONS)])
    as_in_a_line = re.compile(rf"(?<![\w$])(?:(?:{words})(?![\w'])|\d+(?!\w)|[-+*/=()\[\]]|,? )+")

    def latex(text: str) -> str:
        return text if text in LETTERS else typeset(parse(text, setting.names), setting.shapes)

    def formula(found: re.Match) -> str:
        text = found[0].strip(" ,")
        with suppress(Unreadable):
            if any(map(str.isalpha, text)):
                return found[0].replace(text, f"${' = '.join(map(latex, text.split(' = ')))}$")
        return found[0]

    return as_in_a_line.sub(formula, reason)


# How many words a room takes in: what of a paragraph is shown; the rest is for the speaker


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph; a formula or an emphasis is never split."""
    kept = [""]
    for piece in SENTENCE_END.split(" ".join(text.split())):
        if kept[-1] and all(kept[-1].count(mark) % 2 == 0 for mark in "$*"):
            kept.append(piece)
        else:
            kept[-1] = f"{kept[-1]} {piece}".strip()
    return kept


def gist(paragraph: str) -> str:
    """Its first sentences, and the last one too where that leads on to what stands below."""
    first, *others = sentences(paragraph)
    shown = first
    while others and len(visible(f"{shown} {others[0]}")) <= SHOWN:
        shown += f" {others.pop(0)}"
    return f"{shown} {others[-1]}" if others and LEADS_ON.search(others[-1]) else shown


def visible(text: str) -> str:
    """Roughly the characters that are seen of Markdown with LaTeX."""
    return re.sub(r"[$`*{}^_]|\\[,;!]", "", re.sub(r"\\[a-zA-Z]+", "x", text))
