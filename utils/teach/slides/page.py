"""Slides as a page for reveal.js, and what the page loads."""

from __future__ import annotations

import html
import shutil
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from utils.teach.slides.cut import Slide
from utils.teach.slides.markup import inline, markdown

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
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="stylesheet" href="lib/reveal.css">
<link rel="stylesheet" href="lib/deck.css">
</head>
<body>
<div class="reveal"><div class="slides">
{sections}
</div></div>
<script src="lib/reveal.js"></script>
<script src="lib/notes.js"></script>
<script src="lib/fit.js"></script>
<script>
MathJax = {{
  tex: {{inlineMath: [["$", "$"]]}},
  svg: {{fontCache: "local"}},
  options: {{enableMenu: false}},
  startup: {{pageReady: () => MathJax.startup.defaultPageReady().then(() => {{
    // The speaker's window copies the notes without MathJax's style, which hides what only a screen reader is to find.
    document.querySelectorAll("aside.notes mjx-assistive-mml").forEach(copy => copy.remove());
    document.querySelectorAll(".page").forEach(fit);
    return Reveal.initialize({{
      width: 1280, height: 720, margin: 0, center: false, hash: true, controls: false, slideNumber: "c/t",
      transition: "none", navigationMode: "linear", pdfSeparateFragments: false, plugins: [RevealNotes],
    }});
  }})}},
}};
</script>
<script src="lib/mathjax.js"></script>
</body>
</html>
"""
INDEX = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Gradients by Hand: decks</title><link rel="stylesheet" href="lib/deck.css"></head>
<body class="index">
<h1>Gradients by Hand</h1>
<ul>
{items}
</ul>
<p>Space goes on, Shift and Space goes back. F fills the screen, S opens the speaker's view with notes and a clock,
O shows all slides, B blackens the screen. For a PDF add <code>?print-pdf</code> to the address and print.</p>
</body>
</html>
"""


class Missing(Exception):
    """What has to be installed before a deck can be made."""


def copy_scripts(folder: Path) -> None:
    """Lay everything that decks load into `folder`. Raises Missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for package, files in CARRIED.items():
        try:
            carrier = distribution(package)
        except PackageNotFoundError:
            raise Missing(
                "reveal.js and MathJax are not installed. They come with the extra `lecture`: run\n"
                '    python -m pip install -e ".[lecture]"\n'
                "in the folder of the workbook, once and with a network; decks themselves need none."
            ) from None
        for source, name in files.items():
            shutil.copyfile(carrier.locate_file(source), folder / name)
    for own in ("deck.css", "fit.js"):
        shutil.copyfile(Path(__file__).with_name(own), folder / own)


def deck(title: str, slides: Iterable[Slide]) -> str:
    """The page. The slides of a section are a column in the overview."""
    columns: list[list[str]] = []
    for slide in slides:
        if slide.opens or not columns:
            columns.append([])
        columns[-1].append(_section(slide))
    sections = "\n".join("<section>\n" + "\n".join(column) + "\n</section>" for column in columns)
    return PAGE.format(title=html.escape(title), sections=sections)


def index(titles: Mapping[str, str]) -> str:
    """The page of all decks. titles: by file name."""
    items = (f'<li><a href="{file}">{html.escape(title)}</a></li>' for file, title in titles.items())
    return INDEX.format(items="\n".join(items))


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
