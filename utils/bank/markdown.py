"""A page as a flat list of blocks, each with its line, and the error that tells of a line."""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode


class CatalogueError(ValueError):
    """A file of the catalogue is wrong: where, what was found, and what would fit."""

    def __init__(self, file: Path, line: int, found: str, fits: str) -> None:
        super().__init__(f"{file}, line {line}: {found}. {fits}")
        self.file, self.line, self.found, self.fits = file, line, found, fits


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph, a fenced block, a list or a table. items: of a list; the rows of a table, in cells."""

    kind: str
    line: int
    text: str = ""
    items: tuple = ()
    level: int = 0


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table").disable("inline")  # words are handed on as they are written


def blocks_of(file: Path) -> Iterator[Block]:
    """The blocks of a file. Raises CatalogueError at what is none of them."""
    text = file.read_text(encoding="utf-8")
    source = text.split("\n")

    def need(holds: Any, line: int, found: str, fits: str) -> None:
        if not holds:
            raise CatalogueError(file, line, found, fits)

    tree = SyntaxTreeNode(_markdown().parse(text))
    for words in (node for node in tree.walk() if node.type == "inline" and node.map):
        for mark in ("$", "`"):
            found = f"an odd number of {mark} in {textwrap.shorten(words.content, 60)!r}"
            need(words.content.count(mark) % 2 == 0, words.map[0] + 1, found, "They come in pairs.")
    for node in tree.children:
        line, after = node.map[0] + 1, node.map[1]
        if node.type == "heading":
            fits = "'##' opens an exercise, and '###' a part of it."
            need(node.tag in ("h1", "h2", "h3"), line, f"the heading {_text(node)!r} of level {node.tag[1]}", fits)
            yield Block("heading", line, _text(node), level=int(node.tag[1]))
        elif node.type == "paragraph":
            fits = "Below its heads stands '|---|---|', with as many cells as they have."
            need(not _text(node).startswith("|"), line, "a table without its second line", fits)
            yield Block("paragraph", line, _text(node))
        elif node.type == "fence":
            ends = after > line and source[after - 1].strip() == node.markup
            ends = ends and not re.search(
                f"^{node.markup}", node.content, re.MULTILINE
            )  # nor begins the next one in it
            need(ends, line, "a block that does not end", f"A line of {node.markup} ends it.")
            yield Block("code", line + 1, node.content)
        elif node.type in ("bullet_list", "ordered_list"):
            items = []
            for item in node.children:
                one = [child.type for child in item.children] == ["paragraph"]
                need(one, item.map[0] + 1, "an item that is more than a paragraph", "An item is one paragraph.")
                items.append((item.map[0] + 1, _text(item.children[0])))
            yield Block("list", line, items=tuple(items))
        elif node.type == "table":
            rows = []
            for row in (row for part in node.children for row in part.children):
                at, heads = row.map[0] + 1, len(node.children[0].children[0].children)
                count = len(re.findall(r"(?<!\\)\|", source[at - 1].strip().removeprefix("|").removesuffix("|"))) + 1
                fits = "A row has as many as the heads; a '|' in a cell is written '\\|'."
                need(count == heads, at, f"{count} cells in a table of {heads} columns", fits)
                rows.append((at, [_text(cell) for cell in row.children]))
            yield Block("table", line, items=tuple(rows))
        else:
            fits = "Headings, paragraphs, fenced blocks, lists and tables are read here."
            need(False, line, f"a {node.type.replace('_', ' ')}", fits)


def _text(node: SyntaxTreeNode) -> str:
    """What stands in a node, on one line."""
    return " ".join(child.content.replace("\n", " ") for child in node.children)


def split(blocks: Iterable[Block], level: int) -> list[tuple[Block | None, list[Block]]]:
    """What stands before the first heading of a level, and then each such heading with what stands below it."""
    parts: list[tuple[Block | None, list[Block]]] = [(None, [])]
    for block in blocks:
        if block.kind == "heading" and block.level == level:
            parts.append((block, []))
        else:
            parts[-1][1].append(block)
    return parts


def groups(blocks: Sequence[Block]) -> list[tuple[list[Block], list[Block]]]:
    """Fenced blocks, and what stands below them up to the next ones."""
    groups: list[tuple[list[Block], list[Block]]] = []
    for block in blocks:
        if not groups or (block.kind == "code" and groups[-1][1]):
            groups.append(([], []))
        groups[-1][block.kind != "code"].append(block)
    return groups


def in_backticks(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def listed(names: Iterable[str]) -> str:
    return " or ".join(map(str, names))


def nearest(name: str, known: Iterable[str], others: str = "") -> str:
    """Those that a name may have been meant for, as what would fit. others: what else would, where none is near."""
    known = [str(one) for one in known]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6) or ([] if others else known)
    return f"{listed(map(repr, near)) or others} would fit."
