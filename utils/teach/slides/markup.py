"""The pieces of a slide as HTML. What stands between dollar signs is left to MathJax."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from nbconvert.filters.markdown_mistune import markdown2html_mistune

from utils.panels import verdict

PUNCTUATED = re.compile(r"(?<!\$)(\$[^$]+\$[.,;:?!)]+)")


def markdown(text: str) -> str:
    return _unbroken(markdown2html_mistune(text))


def inline(text: str) -> str:
    """A line of Markdown, without a paragraph around it."""
    return _unbroken(verdict.inline(text))


def paragraph(text: str, look: str) -> str:
    return f'<p class="{look}">{inline(text)}</p>'


def literal(text: str, look: str) -> str:
    return f'<p class="{look}">{html.escape(text)}</p>'


def formula(rows: Sequence[str]) -> str:
    """As Markdown: a formula that is displayed, in one row or several."""
    latex = r" \\[0.4em] ".join(rows)
    return rf"$$\begin{{gathered}}{latex}\end{{gathered}}$$" if len(rows) > 1 else f"$${latex}$$"


def code(source: str, size: int) -> str:
    return listing(f"```python\n{source}\n```", size)


def listing(block: str, size: int) -> str:
    """A block of Markdown that is nothing but code."""
    return f'<div style="font-size: {size}px">{markdown2html_mistune(block)}</div>'


def output(text: str, size: int) -> str:
    return f'<pre class="output" style="font-size: {size}px">{html.escape(text)}</pre>'


def picture(png: str, twin: str) -> str:
    """png: base64, as a notebook holds it. twin: what is told to whoever cannot see it."""
    return f'<img src="data:image/png;base64,{"".join(png.split())}" alt="{html.escape(twin)}">'


def options(labels: Iterable[tuple[str, bool]]) -> str:
    """Labels, each with whether it is shown to be the right one."""
    items = (
        f'<li class="right">{html.escape(x)} ✓</li>' if right else f"<li>{html.escape(x)}</li>" for x, right in labels
    )
    return f'<ol class="options">{"".join(items)}</ol>'


def row(label: str, right: str = "") -> str:
    return f'<p class="row">{inline(label)} <strong>{html.escape(right)}</strong></p>'


def step(latex: str, reason: str = "") -> str:
    """A line of a derivation, and why it is equal to the line above."""
    formula = html.escape(latex, quote=False)
    return f'<div class="step"><div>$\\displaystyle {formula}$</div><div class="reason">{inline(reason)}</div></div>'


def _unbroken(text: str) -> str:
    """The same HTML, with no line that begins with the full stop of a formula."""
    return PUNCTUATED.sub(r'<span class="unbroken">\1</span>', text)
