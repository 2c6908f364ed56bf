"""How much a room takes in: what of a paragraph is shown, and roughly how high a piece stands on a slide.

A slide is 1280 x 720 pixels, its text 34 pixels high (deck.css). Heights are counted in lines of that text, and guessed
without a browser; tests/test_slides.py measures every slide in one.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Sequence

LINES = 11.5  # that fit under a title
LINE = 46  # the pixels of one
COLUMNS, TABLE_COLUMNS, REASON_COLUMNS = 62, 75, 30  # characters in a line of text, in a row of a table, of a reason
CODE_COLUMNS = 1800  # characters in a line of code that is one pixel high
SMALLEST, LEGIBLE, LARGEST = 22, 25, 28  # pixels of code
SHOWN = 170  # characters of a paragraph; what is longer is told, not read
WIDE = 60  # characters of a formula; a wider one is broken where its author left a gap

SENTENCE_END = re.compile(r"(?:(?<=[.?!])|(?<=[.?!][*)]))\s+")
LEADS_ON = re.compile(r"[a-z]\Z|[,:]\$*\Z")  # what stands below finishes the sentence
GAP = re.compile(r"(?<=[,.])\s*\\qquad\s*|\s*\\q?quad\s*(?=\\Longrightarrow)")


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


def rows(formula: str) -> list[str]:
    """A displayed formula as the rows that it is set in, without its dollar signs."""
    first, *pieces = GAP.split(formula.strip("$\n "))
    broken = [first]
    for piece in pieces:
        longer = rf"{broken[-1]} \qquad {piece}"
        if len(visible(longer)) > WIDE:
            broken.append(piece)
        else:
            broken[-1] = longer
    return broken


def visible(text: str) -> str:
    """Roughly the characters that are seen of Markdown with LaTeX."""
    return re.sub(r"[$`*{}^_]|\\[,;!]", "", re.sub(r"\\[a-zA-Z]+", "x", text))


def text_lines(text: str, columns: int = COLUMNS) -> int:
    return sum(max(1, math.ceil(len(visible(line)) / columns)) for line in text.split("\n"))


def height(block: str) -> float:
    """The lines that a block of Markdown takes."""
    if block.startswith("$$"):
        return sum(3 if re.search(r"cases|underbrace", row) else 2.2 for row in rows(block))
    if block.startswith("|"):
        return 0.9 * text_lines(block, TABLE_COLUMNS) + 0.2
    return text_lines(block) + 0.4


def row_height(line: str) -> float:
    """The lines that a row of a sheet takes."""
    return 2.4 if r"\sum" in line else 1.8 if r"\frac" in line else text_lines(line) + 0.2


def step_height(latex: str, reason: str = "") -> float:
    """The lines that a line of a derivation takes; its formula is set larger than one of a sheet."""
    return max(row_height(latex), 0.7 * text_lines(reason, REASON_COLUMNS)) + 0.2


def code_lines(block: str) -> list[str]:
    """The lines of a block of code, fenced or indented by four spaces; none of any other block."""
    if block.startswith("```"):
        return block.split("\n")[1:-1]
    return textwrap.dedent(block).split("\n") if block.startswith("    ") else []


def code_size(lines: Sequence[str]) -> int:
    """The pixels of code: as large as its longest line allows."""
    return min(LARGEST, max(SMALLEST, CODE_COLUMNS // max(map(len, lines))))


def code_height(lines: Sequence[str]) -> float:
    size = code_size(lines)
    wrapped = sum(max(1, math.ceil(len(line) * size / CODE_COLUMNS)) for line in lines)
    return 1.3 * wrapped * size / LINE + 0.6
