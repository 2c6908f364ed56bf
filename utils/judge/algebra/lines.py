"""A text cut into the lines of a derivation, whether it was typed into a cell or is a page of LaTeX.

`=` opens the next line wherever it stands, inside brackets excepted; so do a line break, `\\\\` and an arrow. What is
said in words beside the formulas is left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from utils.judge.algebra.notation import FUNCTIONS
from utils.judge.algebra.spelling import plainly_spelled

COMMENT = re.compile(r"#.*|(?<!\\)%.*|(?:←|\\leftarrow).*")
ENVIRONMENT = re.compile(
    r"\\begin\{(?!document|cases|.?matrix)(\w+\*?)\}(?:\{[^{}]*\})?(.*?)\\end\{\1\}|\$\$(.*?)\$\$|\\\[(.*?)\\\]",
    re.DOTALL,
)
INLINE = re.compile(r"\$([^$]*)\$|\\\((.*?)\\\)")
FORMULA = re.compile(f"{ENVIRONMENT.pattern}|{INLINE.pattern}", re.DOTALL)

# What only changes how a page looks.
GROUP = r"[^{}]*"
for _ in range(5):  # brackets inside brackets
    GROUP = rf"(?:[^{{}}]|\{{{GROUP}\}})*"
LAYOUT = [
    (rf"\\(?:label|tag\*?|[hv]space\*?)\{{{GROUP}\}}|\\(?:begin|end)\{{(?!cases|.?matrix)[^{{}}]*\}}", " "),
    (r"\\(?:nonumber|notag|noindent|quad|qed|blacksquare|square|Box|hfill)(?![a-z])|[■□∎]", " "),
    (rf"\\(?:under|over)brace\s*\{{({GROUP})\}}\s*[_^]\s*(?:\{{{GROUP}\}}|\w)", r"{\1}"),
    (rf"\\(?:boxed|fbox|cancel|underline|(?:text)?color\s*\{{\w+\}})\s*\{{({GROUP})\}}", r" \1 "),
    (rf"\\(?:overset|underset|stackrel)\s*\{{{GROUP}\}}\s*(?:\{{({GROUP})\}}|(=))", r" \1\2 "),
    (rf"\\(?:right|[bB]igg?[lrm]?)?\s*\|\s*_\s*(?:\{{{GROUP}\}}|\w)|\\left\.|\{{\s*\}}", " "),
    (r"^\s*(?:\d+|[a-z])\)\s+|^\s*\d+\.\s+(?![-+*/@=])", " "),
]
LAYOUT = [(re.compile(pattern, re.MULTILINE), plain) for pattern, plain in LAYOUT]
QUAD, GAP = re.compile(r"\\q?quad(?![a-zA-Z])|&&"), "\x1f"
NUMBERED = re.compile(rf"(?:{GAP}|\s{{3,}})\s*\((?:\d+(?:\.\d+)*[a-z]?|\*+)\)\s*$")
STYLED = re.compile(r"\\(?:text|textrm|textbf|textit|mbox|mathrm|intertext)\s*\{([^{}]*)\}")
BREAK = re.compile(
    r"\\\\(?:\[[^\]]*\])?|\\(?:Long)?[Rr]ightarrow(?![a-zA-Z])|\\(?:implies|therefore|iff|to)(?![a-zA-Z])|[⇒∴→⟹⇔\n]|<?[=-]+>"
    r"|\.(?=\s+[A-Z][a-z])|(?<=[^\d\s.])\.(?=\s+[^T\s])"
)
MARK = re.compile(r"(?P<equal>:=|≡|\\equiv|(?<![!<>])==?)|(?P<part>(?<!\\)[,;:\x1f])|(?P<open>[(\[{])|[)\]}]")

# What is said in words. A word is one if it stands alone, has no meaning in a formula, and is among those that join
# sentences, or beside another word, or all that stands before a comma, a colon or a bracket.
SAME = r"[ijk]\s*(?:==?|\\neq?(?![a-zA-Z])|≠|!=)\s*[ijk]"
_JOINING = "and or so then now hence thus therefore finally gives get is where for if case when with let"
_REASONS = "since because as given by using from see"
_COMMON = "we the this that these are only both here term terms in of at it which"
JOINING, REASONS = set(_JOINING.split()), set(_REASONS.split())
SAID = JOINING | REASONS | set(_COMMON.split())
WORDS = rf"(?:{'|'.join(sorted(JOINING - {'let', 'with'}))})(?![\w(])"
BETWEEN = r"[\s&,:;{}]|\\[,;:! ]"
CASE = re.compile(rf"(?:{BETWEEN}|{WORDS})*{SAME}(?![\w\[])(?:{BETWEEN}|{WORDS})*|\s*{WORDS}[\s&,:]*", re.IGNORECASE)
WORD = re.compile(r"(?<![\\\w^_{@.'’])(?:[A-Za-z]{2,}|I(?=\s+[a-z]{2}))(?:['’]s)?(?![\w(\[{_^@'’])")
REMARK = re.compile(r"[(\[]\s*([A-Za-z][^()\[\]]*)[)\]]")
LET = re.compile(r"\s*(?:let|set|call|with)\s+(?=\S)", re.IGNORECASE)


class Line(NamedTuple):
    """continues: whether it goes on from the line above, after an `=`; leads: where that `=` begins a new line. opens:
    whether it is the left-hand side of an equation of its own. names: whether that says what a name is to mean."""

    text: str
    continues: bool = False
    leads: bool = False
    opens: bool = False
    names: bool = False


def lines_of(text: str, names: Collection[str] | None = None) -> list[str]:
    """The lines that say something: without comments, and without those that only wait to be filled in."""
    return [line.text for line in cut(text, names)]


def cut(text: str, names: Collection[str] | None = None) -> list[Line]:
    """The lines of a text, each with how it is joined to the one above it. names: those that a formula may hold, by
    which words are known; without them only those that join sentences are."""
    text = "\n".join(COMMENT.sub("", line) for line in text.split("\n"))
    if "\\documentclass" in text or "\\begin{document}" in text:
        page = text.rpartition("\\begin{document}")[2]  # of which only the mathematics is read
        text = "\n".join(found.group() for found in FORMULA.finditer(page))
    lines: list[Line] = []
    hangs = False  # an `=` at the end of a line stands before the next one
    for statement in _statements(ENVIRONMENT.sub(_in_one, text), _Prose(names)):
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


def _statements(text: str, prose: _Prose) -> Iterator[str]:
    """What stands in a line of its own, or after a comma if it is an equation."""
    text = STYLED.sub(lambda found: found[0] if prose.is_name(found[1].strip()) else f" {found[1]} ", text)
    text = QUAD.sub(GAP, text)
    for pattern, plain in LAYOUT:
        text = pattern.sub(plain, text)
    for line in BREAK.split(text):
        for formula in [a or b for a, b in INLINE.findall(line)] or [line]:
            formula = REMARK.sub(lambda found: "" if prose.begins(found[1]) else found[0], formula.replace("$", " "))
            whole, *parts = _parted(NUMBERED.sub("", formula), "part")
            for part in parts:
                if part[0] == ":" or len(_parted(part, "equal")) > 1:
                    yield from prose.left_out(whole, label=part[0] == ":" or WORD.fullmatch(whole.strip()) is not None)
                    whole = part[1:]
                else:
                    whole += part
            yield from prose.left_out(whole)


class _Prose:
    """What is said in words beside formulas with these names."""

    def __init__(self, names: Collection[str] | None) -> None:
        self.all, self.names = names is None, {*(names or ()), *FUNCTIONS}

    def is_known(self, word: str) -> bool:
        """Whether a word has a meaning in a formula."""
        plain = plainly_spelled(word)[0].strip().removeprefix("\\")
        return (
            self.all
            or plain in self.names
            or plain.removeprefix("d") in self.names
            or (len(plain) < 2 and plain != "I")
            or plain[0] in "0123456789"
        )

    def is_name(self, styled: str) -> bool:
        """Whether what has a style of its own belongs to a formula."""
        return re.fullmatch(r"[\\\w]+", styled) is not None and styled.lower() not in SAID and self.is_known(styled)

    def words(self, text: str) -> list[re.Match[str]]:
        """The words of a text that belong to no formula."""
        unknown = self.unknown(text)
        return [found for n, found in enumerate(unknown) if self.is_said(text, unknown, n)]

    def is_said(self, text: str, unknown: list[re.Match[str]], n: int) -> bool:
        found = unknown[n]
        if self.all or found[0].lower() in SAID:
            return True
        beside = (unknown[n - 1 : n] if n else []) + unknown[n + 1 : n + 2]
        gaps = (text[min(found.end(), other.end()) : max(found.start(), other.start())] for other in beside)
        return any(re.fullmatch(r"[\s,’']+|-", gap) for gap in gaps)

    def begins(self, text: str) -> bool:
        """Whether a text begins with words, or is made of them."""
        alone = re.fullmatch(r"[A-Za-z ,'’-]+", text) and self.unknown(text)
        words = self.words(text)
        return bool(alone or (words and not text[: words[0].start()].strip()))

    def unknown(self, text: str) -> list[re.Match[str]]:
        return [found for found in WORD.finditer(text) if found[0].lower() in SAID or not self.is_known(found[0])]

    def left_out(self, part: str, label: bool = False) -> Iterator[str]:
        """A part of a statement without what it says in words. label: whether it stands before a colon."""
        part = part.replace(GAP, " ")
        words = self.unknown(part) if label else self.words(part)
        if not words:
            yield part
            return
        start, first = words[0].start(), words[0][0].lower()
        named = LET.match(part)
        if (label and not named) or (first in REASONS and not part[:start].strip(" &,;")):
            return
        if part[:start].strip(" &,;"):  # words behind a formula
            after = part[start:] if first in JOINING else "".join(_parted(part[start:], "equal")[1:])
            yield part[:start] + (after if first not in REASONS | JOINING else "")
            if first in JOINING:
                yield from self.left_out(after)
            return
        end = words[0].end()
        while len(words) > 1 and not part[end : words[1].start()].strip(" ,"):
            words, end = words[1:], words[1].end()
        formula = part[end : words[1].start() if len(words) > 1 else None]
        led = first in JOINING or (words[0][0].lower() in JOINING and len(words) == 1)
        if led or len(_parted(formula, "equal")) > 1:
            for rest in self.left_out(part[end:].lstrip(" ,")):
                yield f"{named[0]}{rest}" if named else rest


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
    return re.sub(r"^(?:[\s&,;|]|\\[,;:! ])+|(?:[\s&,;|]|\\[,;:! ])+$", "", text)


def _sides(statement: str) -> Iterator[Line]:
    """The sides of an equation, or the one line that stands without an equals sign."""
    while found := CASE.match(statement):  # "for i = k:" is told by the exercise
        statement = statement[found.end() :]
    named = LET.match(statement)
    parts = _parted(statement[named.end() if named else 0 :], "equal")
    sides = [_bare(re.sub(r"^(?::?={1,2}|≡|\\equiv)", "", part)) for part in parts]
    sides = [re.sub(r"(?<=[^\d.])\.$|(?<=\d)\.$", "", side) for side in sides]
    for n, side in enumerate(sides):
        if side and side not in ("...", "…", "pass"):
            yield Line(side, n > 0, False, n == 0 and len(sides) > 1, bool(named) and n == 0)
