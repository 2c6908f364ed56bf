"""What goes back to the students: a page each, in one file that needs no network, with every exercise, the answer as it
was handed in, and what the verdict says to it. No solution is on it.
"""

import csv
import html
import re
import secrets
import unicodedata
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

from jinja2 import Template
from markupsafe import Markup

from utils.exercises import BANK, chapter_of
from utils.panels.verdict import inline, standing, your_lines
from utils.teach.grade.marking import Mark
from utils.teach.grade.report import Marks, counted, write
from utils.teach.grade.roster import EXCEL, Roster
from utils.teach.grade.submission import handed_out

LINKS = "links.csv"
MATHML = "{http://www.w3.org/1998/Math/MathML}m"
HAT = re.compile(r"\\hat(?:\s+([A-Za-z])(?![A-Za-z])|\s*\{([A-Za-z])\})")  # a letter: browsers set the sign into it
ENDS = re.compile(r"<math(?:(?!</math>).)*</math>[.,;:)]", re.S)  # a formula with the sign that must not leave it
MISSING = ("–", "Not found in your notebook", "#808a93")
PAGE = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"), autoescape=True, trim_blocks=True)


def write_feedback(marks: Marks, folder: Path, roster: Roster | None = None) -> None:
    """A page for each student, and a list of them for mailing. The name of a page cannot be guessed, so that the folder
    can lie on a web server; a student keeps it when the pages are written again."""
    folder.mkdir(parents=True, exist_ok=True)
    links = folder / LINKS
    known = {}
    if links.exists():
        with links.open(encoding=EXCEL, newline="") as file:
            known = {row["student"].removeprefix("'"): row["page"] for row in csv.DictReader(file)}
    addresses = {name: roster.address(row) for row, name in roster.names.items()} if roster else {}
    rows = []
    for student, given in sorted(marks.items()):
        safe = re.sub(r"[^\w-]+", "-", student)[:60].strip("-")
        file = known.get(student) or f"{safe}-{secrets.token_hex(8)}.html"
        (folder / file).write_text(page(student, given), encoding="utf-8")
        rows.append([student, addresses.get(student, ""), file, *counted(given)[:2]])
    write(links, ("student", "address", "page", "right", "of"), rows)


def page(student: str, given: Sequence[Mark]) -> str:
    return PAGE.render(
        student=student,
        given=given,
        chapters=groupby((m for m in given if m.exercise), lambda m: chapter_of(m.exercise)),
        title=lambda chapter: handed_out(chapter)[0].source.partition("\n")[0].lstrip("# "),
        standing=lambda m: MISSING if m.state == "missing" else standing(m),
        text=lambda markdown: _formulas(inline(markdown)),
        lines=lambda place: _formulas(your_lines(place)),
        bank=BANK,
        counted=counted,
    )


def _formulas(text: str) -> Markup:
    """HTML with its formulas as MathML, which browsers set by themselves."""
    parts = re.compile(r"(<code>.*?</code>)|\$([^$]+)\$")
    shown = parts.sub(lambda found: found[1] or _formula(html.unescape(found[2])), text)
    return Markup(ENDS.sub(r'<span style="white-space: nowrap">\g<0></span>', shown))


def _formula(latex: str) -> str:
    from latex2mathml.converter import convert

    try:
        formula = convert(HAT.sub(lambda hat: unicodedata.normalize("NFC", f"{hat[1] or hat[2]}\u0302"), latex))
        formula = re.sub(r"(<mi>\w{2,}</mi>)(?=<m[^o])", r'\1<mspace width="0.17em"/>', formula)  # log x, and not logx
        if all(part.tag.startswith(MATHML) for part in ElementTree.fromstring(formula).iter()):
            return formula
    except Exception:  # a reader's own, perhaps, and half of it
        pass
    return f"<code>{html.escape(latex)}</code>"
