"""A text cut into the lines of a derivation, whether it was typed into a cell or is a page of LaTeX.

`=` opens the next line wherever it stands, inside brackets excepted; so do a line break, `\\\\` and an arrow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from utils.judge.algebra.notation import word_of

COMMENT = re.compile(r"#.*|(?<!\\)%.*")
ENVIRONMENT = re.compile(
    r"\\begin\{(?!document)(\w+\*?)\}(?:\{[^{}]*\})?(.*?)\\end\{\1\}|\$\$(.*?)\$\$|\\\[(.*?)\\\]", re.DOTALL
)
INLINE = re.compile(r"\$([^$]*)\$|\\\((.*?)\\\)")
FORMULA = re.compile(f"{ENVIRONMENT.pattern}|{INLINE.pattern}", re.DOTALL)
LEFT_OUT = re.compile(r"\\(?:nonumber|notag|label\{[^{}]*\}|tag\*?\{[^{}]*\}|begin\{document\}|end\{document\})|\$")
BREAK = re.compile(
    r"\\\\(?:\[[^\]]*\])?|\\(?:Long)?[Rr]ightarrow(?![a-zA-Z])|\\(?:implies|therefore)(?![a-zA-Z])|[⇒∴\n]"
)
SAME = r"[ijk]\s*(?:==?|\\neq?(?![a-zA-Z])|≠|!=)\s*[ijk]"
WORDS = r"(?:for|if|case|when|where|or|and|so|then|now|hence|thus)(?![\w(])"
BETWEEN = r"[\s&,:;{}]|\\q?quad|\\[,;:! ]|\\text(?![a-z])"
CASE = re.compile(rf"(?:{BETWEEN}|{WORDS})*{SAME}(?![\w\[])(?:{BETWEEN}|{WORDS})*|\s*{WORDS}[\s&,:]*")
PROSE = re.compile(r"\\(?:text|textrm|mbox)\s*\{([^{}]*)\}")
LET = re.compile(r"\s*(?:let|set|call|with)\s+(?=\S)")
MARK = re.compile(r"(?P<equal>:=|(?<![!<>])==?)|(?P<part>(?<!\\)[,;]|\\q?quad(?![a-zA-Z]))|(?P<open>[(\[{])|[)\]}]")


class Line(NamedTuple):
    """continues: whether it goes on from the line above, after an `=`; leads: where that `=` begins a new line. opens:
    whether it is the left-hand side of an equation of its own. names: whether that says what a name is to mean."""

    text: str
    continues: bool = False
    leads: bool = False
    opens: bool = False
    names: bool = False


def lines_of(text: str) -> list[str]:
    """The lines that say something: without comments, and without those that only wait to be filled in."""
    return [line.text for line in cut(text)]


def cut(text: str) -> list[Line]:
    """The lines of a text, each with how it is joined to the one above it."""
    text = "\n".join(COMMENT.sub("", line) for line in text.split("\n"))
    if "\\documentclass" in text or "\\begin{document}" in text:
        page = text.rpartition("\\begin{document}")[2]  # of which only the mathematics is read
        text = "\n".join(found.group() for found in FORMULA.finditer(page))
    text = ENVIRONMENT.sub(_in_one, text)
    text = re.sub(r"\\(?:begin|end)\{[^{}]*\}", "", text)
    lines: list[Line] = []
    hangs = False  # an `=` at the end of a line stands before the next one
    for statement in _statements(text):
        sides = list(_sides(statement))
        if sides:
            leads = sides[0].continues or hangs
            lines += [sides[0]._replace(continues=False, leads=leads), *sides[1:]]
            hangs = _bare(statement).endswith("=")
    return lines


def _in_one(found: re.Match[str]) -> str:
    """A block of LaTeX breaks its lines at `\\\\` alone."""
    block = next(filter(None, found.groups()[1:]), "").replace("\n", " ")
    return f"\n{block}\n"


def _statements(text: str) -> Iterator[str]:
    """What stands in a line of its own, or after a comma if it is an equation."""
    for line in BREAK.split(text):
        for formula in [a or b for a, b in INLINE.findall(line)] or [line]:
            parts = _parted(LEFT_OUT.sub(" ", formula), "part")
            whole = parts[0]
            for part in parts[1:]:
                if len(_parted(part, "equal")) > 1:
                    yield whole
                    whole = part.lstrip(",;")
                else:
                    whole += part
            yield whole


def _parted(text: str, kind: str) -> list[str]:
    """The parts of a text, each with the mark of this kind that stands before it, outside all brackets."""
    depth, starts = 0, [0]
    for found in MARK.finditer(text):
        if found.lastgroup in ("equal", "part"):
            if found.lastgroup == kind and depth <= 0:
                starts.append(found.start())
        else:
            depth += 1 if found.lastgroup == "open" else -1
    return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def _bare(text: str) -> str:
    """A line without what only sets it apart from its neighbours."""
    while (bare := text.strip().strip("&,").removesuffix("\\quad").removesuffix("\\qquad")) != text:
        text = bare
    return text


def _unless_prose(found: re.Match[str]) -> str:
    styled = found[1].strip()
    return "" if re.fullmatch(WORDS, styled) or not word_of(styled) else found[0]


def _sides(statement: str) -> Iterator[Line]:
    """The sides of an equation, or the one line that stands without an equals sign."""
    while found := CASE.match(statement):  # "for i = k:" is told by the exercise
        statement = statement[found.end() :]
    named = LET.match(statement)
    parts = _parted(statement[named.end() if named else 0 :], "equal")
    sides = [_bare(PROSE.sub(_unless_prose, re.sub(r"^:?={1,2}", "", part))) for part in parts]
    sides = [re.sub(r"(?<=[^\d.])\.$", "", side) for side in sides]
    for n, side in enumerate(sides):
        if side and side not in ("...", "…", "pass"):
            yield Line(side, n > 0, False, n == 0 and len(sides) > 1, bool(named) and n == 0)
