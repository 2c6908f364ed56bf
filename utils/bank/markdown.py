"""A page as a flat list of blocks, each with its line, and what is said of a line that is wrong."""

import difflib
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode


class CatalogueError(ValueError):
    """A file of the catalogue is wrong: where, what was found, and what would fit."""

    def __init__(self, file: Path, line: int, found: str, fits: str) -> None:
        super().__init__(f"{file}, line {line}: {found}. {fits}")
        self.file, self.line, self.found, self.fits = file, line, found, fits


@dataclass(frozen=True)
class Block:
    """A heading, "h1" to "h3", a paragraph, a list, a table or code. items: of a list, or rows, each with its line."""

    kind: str
    line: int
    text: str = ""
    items: tuple = ()

    @property
    def called(self) -> str:
        name = {"code": "fenced block", "h1": "heading", "h3": "heading"}.get(self.kind, self.kind)
        return f"a {name} of {len(self.items)}" if self.items else f"a {name}"


class Shape(NamedTuple):
    """Of a part of a page. kinds: of its blocks, as a pattern; that of a list or table is followed by how many items it
    has. called: in words."""

    kinds: str
    called: str


@dataclass
class Page:
    """A file of the catalogue. Each of its checks raises CatalogueError with the line that is wrong."""

    file: Path

    def error(self, at: Block | int, found: str, fits: str) -> CatalogueError:
        return CatalogueError(self.file, at.line if isinstance(at, Block) else at, found, fits)

    def need(self, holds: Any, at: Block | int, found: str, fits: str) -> None:
        """That something holds."""
        if not holds:
            raise self.error(at, found, fits)

    def known(self, name: str, names: Iterable[str], at: Block | int, what: str, others: str = "") -> None:
        """That a name is one of some names. others: what else would fit, where none of them is near."""
        names = [*map(str, names)]
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.6) or ([] if others else names)
        self.need(name in names, at, f"{name!r} is no {what}", f"{listed(map(repr, near)) or others} would fit.")

    def once(self, lines: dict[str, int], name: str, at: Block | int, what: str) -> None:
        """That a name comes for the first time. lines: where those stand that came before; this one joins them."""
        self.need(name not in lines, at, f"a second {what} {name!r}", f"The first stands in line {lines.get(name)}.")
        lines[name] = at.line if isinstance(at, Block) else at

    def shaped(self, form: re.Pattern, text: str, at: Block | int, what: str, fits: str) -> re.Match:
        """A text that has a form, taken apart."""
        match = form.fullmatch(text)
        self.need(match, at, f"{text!r} is no {what}", f"{fits} would be one.")
        return match

    def only(self, at: Block, blocks: Sequence[Block], shape: Shape) -> Sequence[Block]:
        """What stands below a heading or a line, if it has this shape."""
        found = " and ".join(block.called for block in blocks) or "nothing"
        fits = re.fullmatch(shape.kinds, " ".join(f"{block.kind} {len(block.items) or ''}".strip() for block in blocks))
        self.need(fits, at, f"{found} below {at.text!r}", f"{shape.called} would fit there.")
        return blocks

    def blocks(self) -> Iterator[Block]:
        source = self.file.read_text(encoding="utf-8").split("\n")
        tree = SyntaxTreeNode(_markdown().parse("\n".join(source)))
        for words in (node for node in tree.walk() if node.type == "inline" and node.map):
            for mark in ("$", "`"):
                found = f"an odd number of {mark} in {textwrap.shorten(words.content, 60)!r}"
                self.need(words.content.count(mark) % 2 == 0, words.map[0] + 1, found, "They come in pairs.")
        for node in tree.children:
            line, rows = node.map[0] + 1, source[slice(*node.map)]
            if node.type == "heading":
                found = f"the heading {_text(node)!r} of level {node.tag[1]}"
                self.need(node.tag in ("h1", "h2", "h3"), line, found, "'##' opens an exercise, and '###' a part.")
                yield Block(node.tag, line, _text(node))
            elif node.type == "paragraph":
                fits = "Below its heads stands '|---|---|', with as many cells as they have."
                self.need(not _text(node).startswith("|"), line, "a table without its second line", fits)
                yield Block("paragraph", line, _text(node))
            elif node.type == "fence":
                fences = sum(row.startswith(node.markup) for row in rows)  # it ends, and not by that of the next one
                self.need(fences == 2, line, "a block that does not end", f"A line of {node.markup} ends it.")
                yield Block("code", line + 1, node.content)
            elif node.type in ("bullet_list", "ordered_list"):
                items = [(item.map[0] + 1, item.children) for item in node.children]
                for number, parts in items:
                    one = [part.type for part in parts] == ["paragraph"]
                    self.need(one, number, "an item that is more than a paragraph", "An item is one paragraph.")
                yield Block("list", line, items=tuple((number, _text(parts[0])) for number, parts in items))
            elif node.type == "table":
                counts = [len(re.findall(r"(?<!\\)\|", row.strip().strip("|"))) + 1 for row in rows]
                for number, count in enumerate(counts, line):  # of which the parser cuts off what is too much
                    fits = "A row has as many as the heads; a '|' in a cell is written '\\|'."
                    self.need(count == counts[0], number, f"{count} cells in a table of {counts[0]} columns", fits)
                cells = (row for part in node.children for row in part.children)
                yield Block("table", line, items=tuple((row.map[0] + 1, [*map(_text, row.children)]) for row in cells))
            else:
                fits = "Headings, paragraphs, fenced blocks, lists and tables are read here."
                raise self.error(line, f"a {node.type.replace('_', ' ')}", fits)


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table").disable("inline")  # words are handed on as they are written


def _text(node: SyntaxTreeNode) -> str:
    """What stands in a node, on one line."""
    return " ".join(child.content.replace("\n", " ") for child in node.children)


def split(blocks: Iterable[Block], kind: str) -> list[tuple[Block | None, list[Block]]]:
    """What stands before the first block of a kind, and then each such block with what stands below it."""
    parts: list[tuple[Block | None, list[Block]]] = [(None, [])]
    for block in blocks:
        if block.kind == kind:
            parts.append((block, []))
        else:
            parts[-1][1].append(block)
    return parts


def in_backticks(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def listed(names: Iterable[str]) -> str:
    return " or ".join(map(str, names))
