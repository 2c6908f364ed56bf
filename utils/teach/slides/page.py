"""Slides as a page for reveal.js, and what the page loads."""

from __future__ import annotations

import html
import shutil
from collections.abc import Iterable, Mapping
from importlib.metadata import distribution
from pathlib import Path
from string import Template

from utils.teach.slides.cut import Slide
from utils.teach.slides.markup import inline, markdown

HERE = Path(__file__).parent
DECK = Template((HERE / "deck.html").read_text(encoding="utf-8"))
INDEX = Template((HERE / "index.html").read_text(encoding="utf-8"))

# Whoever has this workbook has pip, and few have Node: so the scripts come in the packages that carry them on PyPI.
CARRIED = {
    "sphinx-revealjs": {
        "sphinx_revealjs/_static/revealjs/LICENSE": "reveal.LICENSE",
        "sphinx_revealjs/_static/revealjs/dist/reveal.js": "reveal.js",
        "sphinx_revealjs/_static/revealjs/dist/reveal.css": "reveal.css",
        "sphinx_revealjs/_static/revealjs/plugin/notes/notes.js": "notes.js",
    },
    "django-static-mathjax": {
        "mathjax/static/mathjax/LICENSE": "mathjax.LICENSE",
        "mathjax/static/mathjax/es5/tex-svg.js": "mathjax.js",
    },
}
MISSING = """reveal.js and MathJax are not installed. They come with the extra `lecture`: run
    python -m pip install -e ".[lecture]"
in the folder of the workbook, once and with a network; decks themselves need none."""


def copy_scripts(folder: Path) -> None:
    """Lay everything that decks load into `folder`. Raises PackageNotFoundError where the extra is not installed."""
    folder.mkdir(parents=True, exist_ok=True)
    for package, files in CARRIED.items():
        for source, name in files.items():
            shutil.copyfile(distribution(package).locate_file(source), folder / name)
    for own in ("deck.css", "fit.js"):
        shutil.copyfile(HERE / own, folder / own)


def deck(title: str, slides: Iterable[Slide]) -> str:
    """The page. The slides of a section are a column in the overview."""
    columns: list[list[str]] = []
    for slide in slides:
        if slide.opens or not columns:
            columns.append([])
        columns[-1].append(_section(slide))
    sections = "\n".join("<section>\n" + "\n".join(column) + "\n</section>" for column in columns)
    return DECK.substitute(title=html.escape(title), sections=sections)


def index(titles: Mapping[str, str]) -> str:
    """The page of all decks. titles: by file name."""
    items = (f'<li><a href="{file}">{html.escape(title)}</a></li>' for file, title in titles.items())
    return INDEX.substitute(items="\n".join(items))


def _section(slide: Slide) -> str:
    heading = "h1" if slide.kind == "title" else "h2"
    parts = (
        f'<div class="part{" fragment" * part.later}" data-edge="{part.at_the_edge}">{part.html}</div>'
        for part in slide.parts
    )
    return f"""<section>
<div class="page {slide.kind}{" opens" * slide.opens}">
<header><p class="above">{inline(slide.above)}</p><{heading}>{inline(slide.title)}</{heading}></header>
<div class="parts">
{chr(10).join(parts)}
</div>
</div>
<aside class="notes">{markdown(chr(10).join(f"{note}{chr(10)}" for note in slide.notes))}</aside>
</section>"""
