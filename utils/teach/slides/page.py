"""Slides as a page for reveal.js, its pieces as HTML, and what the page loads. What stands between dollar signs is left
to MathJax.
"""

import html
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from nbconvert.filters.markdown_mistune import markdown2html_mistune

from utils.panels import verdict

HERE = Path(__file__).parent
TEMPLATES = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True)

# Whoever has this workbook has pip, and few have Node: so the scripts come in the packages that carry them on PyPI.
REVEAL, MATHJAX = "sphinx_revealjs/_static/revealjs", "mathjax/static/mathjax"
CARRIED = {  # by its name beside the decks, the package and the place in it
    "reveal.LICENSE": ("sphinx-revealjs", f"{REVEAL}/LICENSE"),
    "reveal.js": ("sphinx-revealjs", f"{REVEAL}/dist/reveal.js"),
    "reveal.css": ("sphinx-revealjs", f"{REVEAL}/dist/reveal.css"),
    "notes.js": ("sphinx-revealjs", f"{REVEAL}/plugin/notes/notes.js"),
    "mathjax.LICENSE": ("django-static-mathjax", f"{MATHJAX}/LICENSE"),
    "mathjax.js": ("django-static-mathjax", f"{MATHJAX}/es5/tex-svg.js"),
}
MISSING = """reveal.js and MathJax are not installed. They come with the extra `lecture`: run
    python -m pip install -e ".[lecture]"
in the folder of the workbook, once and with a network; decks themselves need none."""
GAP = re.compile(r"(?<=[,.])\s*\\qquad\s*|\s*\\q?quad\s*(?=\\Longrightarrow)")
# A word that has a formula in it, such as $n$-th or ($K$, or is a shape, such as (5, 5).
WORD = re.compile(r"[^\s$<>]*(?<!\$)\$[^$]+\$[^\s$<>]*|\((?:\w+, )+\w+\)[^\s$<>]*")


@dataclass(frozen=True)
class Part:
    """A piece of a slide.

    later: whether it comes when the speaker goes on. at_the_edge: what becomes of it where the slide is cut in two just
    below it, because a page cannot hold it all (fit.js); what heads all is repeated wherever the slide is cut.
    """

    html: str
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


def copy_scripts(folder: Path) -> None:
    """Lay everything that decks load into `folder`. Raises PackageNotFoundError where the extra is not installed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (package, source) in CARRIED.items():
        shutil.copyfile(distribution(package).locate_file(source), folder / name)
    for own in ("deck.css", "fit.js"):
        shutil.copyfile(HERE / own, folder / own)


def deck(title: str, slides: Iterable[Slide]) -> str:
    """The page. The slides of a section are a column in the overview."""
    return TEMPLATES.get_template("deck.html").render(title=title, slides=slides, inline=inline, markdown=markdown)


def index(titles: Mapping[str, str]) -> str:
    """The page of all decks. titles: by file name."""
    return TEMPLATES.get_template("index.html").render(titles=titles)


# The pieces of a slide


def markdown(text: str) -> Markup:
    return _unbroken(markdown2html_mistune(text))


def inline(text: str) -> Markup:
    """A line of Markdown, without a paragraph around it."""
    return _unbroken(verdict.inline(text))


def formula(block: str) -> str:
    """A formula that is displayed; one too wide for its slide is broken where its author left a gap."""
    return PIECES.formula(GAP.split(block.strip("$\n ")))


def listing(block: str, printed: str = "") -> str:
    """A block of Markdown that is nothing but code, and what it prints, with the characters of their longest line: by
    them deck.css knows how large both can be."""
    shown = markdown2html_mistune(block) + f'<pre class="output">{html.escape(printed)}</pre>' * bool(printed)
    longest = max(map(len, html.unescape(re.sub("<[^>]*>", "", shown)).split("\n")))
    return f'<div style="--columns: {longest}">{shown}</div>'


def _unbroken(text: str) -> Markup:
    """The same HTML, with no line that begins with the full stop of a formula or in the middle of a shape."""
    return Markup(WORD.sub(r'<span class="unbroken">\g<0></span>', text))


# What else stands on a slide, by its name.
PIECES: Any = TEMPLATES.get_template("pieces.html", globals={"inline": inline}).module
