"""`%%derivation ID`: a derivation as a cell, a line a step, judged and typeset line by line below it."""

import html
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise

from IPython import get_ipython
from IPython.core.error import UsageError

from utils.exercises import BANK, Derivation, get
from utils.figures.page import display
from utils.judge.algebra import ANY_INDEX, Reading, Setting, Step, Unreadable, example_lines, judge, lines_of, parse
from utils.judge.derivation import LATEST
from utils.panels.progress import PROGRESS
from utils.panels.verdict import MUTED, STATES, bundle, ink, inline, solution_button, table, underlined

# Mark, what it says, and the colour that repeats it.
MARKS = {
    "right": ("✓", "right", STATES["right"][2]),
    "slip": ("✗", "here is a slip", STATES["wrong"][2]),
    "carried": ("↳", "carries the slip", STATES["not attempted"][2]),
    "unreadable": ("?", "cannot be read", STATES["wrong"][2]),
    "does not multiply": ("✗", "does not multiply", STATES["wrong"][2]),
}
EXHIBIT = "An exhibit: marked, not counted."
NAMED = re.compile(r"% ([A-Z]\d+) *$", re.MULTILINE)  # a line of a page that has a number of its own
SHADE = "background:var(--jp-layout-color2,#8882)"


def register() -> None:
    """Make `%%derivation ID` known to the IPython that runs; without one, do nothing.

    `%%derivation ID record=False` is an exhibit: its lines are marked, and it is nobody's attempt.
    """
    shell = get_ipython()
    if shell is not None:
        shell.register_magic_function(_magic, "cell", "derivation")
        # Below another line IPython takes `%%derivation` for a line magic with a percent sign in its name.
        shell.register_magic_function(_misplaced, "line", "%derivation")


def _magic(line: str, cell: str) -> None:
    id, _, option = line.strip().partition(" ")
    derivation(id, cell, record=option.strip() != "record=False")


def _misplaced(line: str) -> None:
    raise UsageError(
        "`%%derivation` must be the very first line of its cell: move what stands above it, comments too, below it."
    )


def derivation(id: str, text: str, record: bool = True) -> None:
    """Judge `text` as the answer to a derivation and show each line with what was found.

    id: such as "2a_3.same_index". record: whether it counts as the reader's own attempt; if not, its lines are marked
    and nothing else is told, since the exercise itself may follow. Raises ValueError if there is no such derivation.
    """
    asked = get(id, Derivation)
    verdict, reading = asked.examine(text)
    shown = bundle(verdict)
    if not record:  # the marked lines alone, and the record that the tests of a notebook look for
        edge = f"border-left:4px solid {STATES['not attempted'][2]};padding:4px 14px;margin:6px 0;{MUTED}"
        card = f'<div class="workbook-exhibit" style="{edge}">{EXHIBIT}</div>'
        shown |= {"text/plain": EXHIBIT, "text/html": card}
    shown["text/plain"] = "\n".join([shown["text/plain"], *_plain(reading)])
    if reading.steps:
        rows = _rows(reading, record and verdict.state != "not attempted", _names(text, asked.setting.names))
        shown["text/html"] = _table(rows) + shown["text/html"]
    display(shown, raw=True)
    if record:
        LATEST[id] = text
        PROGRESS.record(verdict)
        solution_button(verdict)


def notation(chapter: str = "") -> None:
    """Show the notation, ten lines that hold all of it. chapter: such as "2a_3"; only what it needs is shown then, if
    anything is derived there."""
    settings = [e.setting for e in BANK.of(chapter) if isinstance(e, Derivation)] if chapter else []
    lines = [(line, said) for line, said in example_lines() if not settings or _is_needed(line, settings)]
    width = max(len(line) for line, _ in lines)
    rows = (
        f'<tr style="background:none"><td style="text-align:left"><code>{html.escape(line)}</code></td>'
        f'<td style="text-align:left">{html.escape(said)}</td></tr>'
        for line, said in lines
    )
    text = "\n".join(f"{line:<{width}}  {said}" for line, said in lines)
    display({"text/plain": text, "text/html": f"<table>{''.join(rows)}</table>"}, raw=True)


def _is_needed(line: str, settings: Sequence[Setting]) -> bool:
    """Whether one of these settings has all the names in a line."""
    for setting in settings:
        with suppress(Unreadable):
            parse(line, setting.names)
            return True
    return False


def worked_derivation(text: str, setting: Setting = ANY_INDEX) -> None:
    """Show a derivation that somebody else wrote, a line a step: as on paper, as it is typed, and why it holds.

    text: its first line is the question, and what follows a # is the reason of the line. It counts for nobody; a slip
    in it is told as in an exercise. Raises ValueError if a line is no step.
    """
    pieces = [line.partition("#") for line in text.strip().split("\n")]
    lines, reasons = [line.strip() for line, _, _ in pieces], [reason.strip() for _, _, reason in pieces]
    reading = judge("\n".join(lines), setting, lines[0], lines[-1])
    if len(reading.steps) != len(lines):
        raise ValueError(f"a worked derivation has a step on each line; of these {len(lines)} not each is one")
    slip = reading.first_slip
    rows = (
        row + _cell(f"<code>{html.escape(step.text)}</code>") + _cell(inline(reason))
        for row, step, reason in zip(_rows(reading), reading.steps, reasons, strict=True)
    )
    told = [f"Line {slip.number} ({slip.slug}): {slip.reason}", f"{slip.difference or ''}"] if slip else []
    plain = (f"{line}  {reason}".rstrip() for line, reason in zip(_plain(reading), reasons, strict=True))
    below = f"<div>{inline(told[0])}</div><pre>{html.escape(told[1])}</pre>" if told else ""
    display({"text/plain": "\n".join([*plain, *told]), "text/html": _table(rows) + below}, raw=True)


def _plain(reading: Reading) -> list[str]:
    return [f"  {step.number:>2} {MARKS[step.status][0]} {step.text}" for step in reading.steps]


def _table(rows: Iterable[str]) -> str:
    return table((f"{row}</tr>" for row in rows), "workbook-derivation", "The lines of the derivation")


def _names(text: str, names: Collection[str]) -> dict[int, str]:
    """What the lines are called on the page that they are from, by their numbers here."""
    called, before = {}, 0
    for found in NAMED.finditer(text):
        counted = len(lines_of(text[: found.end()], names))
        called |= dict.fromkeys(range(before + 1, counted + 1), found[1])
        before = counted
    return called


def _rows(reading: Reading, named: bool = False, called: Mapping[int, str] | None = None) -> Iterator[str]:
    """Each line with its number, mark and formula, and a word where there is something to say. named: of which slip.
    called: what some lines are called on the page that they are from."""
    for before, step in pairwise((None, *reading.steps)):
        sign, said, colour = MARKS[step.status]
        first = step is reading.first_slip
        shade = f"{SHADE};box-shadow:inset 4px 0 {colour}" if first else "background:none"
        beside = "color:inherit" if first else MUTED  # which is too pale on a shade
        indent = f"font-size:110%;white-space:nowrap;padding-left:{5 if step.beside else 1}0px"
        page = f"<small>{called.get(step.number, '')}</small>&ensp;" if called else ""
        width = "min-width:4.2em;" if called else ""
        word = _word(step, before, named and not first)  # of the first slip the verdict below tells more
        yield (
            f'<tr style="{shade}" data-status="{step.status}">'
            + _cell(f"{page}{step.number}", f"{width}text-align:right;{beside};font-variant-numeric:tabular-nums")
            + _cell(sign, f"color:{ink(colour)};font-weight:bold", f' title="{said}" aria-label="{said}"')
            + _cell(_formula(step, before), indent)
            + _cell(word, f"{beside};white-space:normal;max-width:22em")
        )


def _cell(inside: str, style: str = "", named: str = "") -> str:
    style = f"padding:5px 10px;vertical-align:middle;text-align:left{style and ';'}{style}"
    return f'<td style="{style}"{named}>{inside}</td>'


def _formula(step: Step, before: Step | None) -> str:
    """Typeset, or as it was typed where that cannot be; then the place where reading stopped is underlined."""
    if not step.latex:
        return f'<code style="white-space:pre-wrap">{underlined(f"{step.text} ", step.column, 1)}</code>'
    return f"$\\displaystyle {html.escape(step.relation(before) + step.latex, quote=False)}$"


def _word(step: Step, before: Step | None, named: bool) -> str:
    """What is said beside a line. named: with the name of its slip."""
    if step.status == "right" and step.repeats:
        return f"repeats line {step.repeats}"
    if step.status == "right":
        return "right again" if step.is_right_again(before) else ""
    said = "does not fit" if step.status == "unreadable" and step.latex else MARKS[step.status][1]
    slip = step.slug.replace("-", " ") if named and step.slug else said
    return said if slip == said else f"{said}: {slip}"
