"""The pieces of a slide as HTML. What stands between dollar signs is left to MathJax."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from nbconvert.filters.markdown_mistune import markdown2html_mistune

from utils.panels import verdict

GAP = re.compile(r"(?<=[,.])\s*\\qquad\s*|\s*\\q?quad\s*(?=\\Longrightarrow)")
WORD = re.compile(  # that has a formula in it, such as $n$-th or ($K$, or is a shape, such as (5, 5)
    r"[^\s$<>]*(?<!\$)\$[^$]+\$[^\s$<>]*|\((?:\w+, )+\w+\)[^\s$<>]*"
)


def markdown(text: str) -> str:
    return _unbroken(markdown2html_mistune(text))


def inline(text: str) -> str:
    """A line of Markdown, without a paragraph around it."""
    return _unbroken(verdict.inline(text))


def paragraph(text: str, look: str) -> str:
    return f'<p class="{look}">{inline(text)}</p>'


def formula(block: str) -> str:
    """A formula that is displayed; one too wide for its slide is broken where its author left a gap."""
    pieces = GAP.split(block.strip("$\n "))
    return f'<div class="formula">{"".join(f"<div>{math(piece)}</div>" for piece in pieces)}</div>'


def math(latex: str) -> str:
    return rf"$\displaystyle {html.escape(latex, quote=False)}$"


def code(source: str, printed: str = "") -> str:
    return listing(f"```python\n{source}\n```", printed)


def listing(block: str, printed: str = "") -> str:
    """A block of Markdown that is nothing but code, and what it prints, with the characters of their longest line: by
    them deck.css knows how large both can be."""
    shown = markdown2html_mistune(block) + f'<pre class="output">{html.escape(printed)}</pre>' * bool(printed)
    longest = max(map(len, html.unescape(re.sub("<[^>]*>", "", shown)).split("\n")))
    return f'<div style="--columns: {longest}">{shown}</div>'


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
    answer = f' <strong class="right">{html.escape(right)}</strong>' if right else ""
    return f'<p class="row">{inline(label)}{answer}</p>'


def step(latex: str, reason: str = "") -> str:
    """A line of a derivation, and why it is equal to the line above."""
    return f'<div class="step"><div>{math(latex)}</div><div class="reason">{inline(reason)}</div></div>'


def _unbroken(text: str) -> str:
    """The same HTML, with no line that begins with the full stop of a formula or in the middle of a shape."""
    return WORD.sub(r'<span class="unbroken">\g<0></span>', text)
