"""How many words a room takes in: what of a paragraph is shown; the rest is for the speaker."""

from __future__ import annotations

import re

SHOWN = 170  # characters of a paragraph; what is longer is told, not read

SENTENCE_END = re.compile(r"(?:(?<=[.?!])|(?<=[.?!][*)]))\s+")
LEADS_ON = re.compile(r"[a-z]\Z|[,:]\$*\Z")  # what stands below finishes the sentence


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
