"""A page as a flat list of blocks, each with its line, and the error that tells of a line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token


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
    tokens = iter(_markdown().parse(file.read_text(encoding="utf-8")))
    for token in tokens:
        line = token.map[0] + 1 if token.map else 0
        if token.type == "heading_open":
            yield Block("heading", line, next(tokens).content, level=int(token.tag[1]))
        elif token.type == "paragraph_open":
            yield Block("paragraph", line, _on_one_line(next(tokens)))
        elif token.type == "fence":
            yield Block("code", line + 1, token.content)
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            yield Block("list", line, items=tuple(_items(file, tokens, token.type.replace("open", "close"))))
        elif token.type == "table_open":
            yield Block("table", line, items=tuple(_cells(tokens)))
        elif not token.type.endswith("_close"):
            found = f"a {token.type.removesuffix('_open').replace('_', ' ')}"
            raise CatalogueError(
                file, line, found, "Headings, paragraphs, fenced blocks, lists and tables are read here."
            )


def _items(file: Path, tokens: Iterator[Token], end: str) -> Iterator[tuple[int, str]]:
    for token in tokens:
        if token.type == end:
            return
        if token.type == "inline":
            yield token.map[0] + 1, _on_one_line(token)
        elif token.type not in ("list_item_open", "list_item_close", "paragraph_open", "paragraph_close"):
            raise CatalogueError(file, token.map[0] + 1, "a list within a list", "An item is one paragraph.")


def _cells(tokens: Iterator[Token]) -> Iterator[tuple[int, list[str]]]:
    row: list[str] = []
    line = 0
    for token in tokens:
        if token.type == "table_close":
            return
        if token.type == "tr_open":
            row, line = [], token.map[0] + 1
        elif token.type == "inline":
            row.append(token.content)
        elif token.type == "tr_close":
            yield line, row


def _on_one_line(token: Token) -> str:
    return " ".join(token.content.split("\n"))


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


def nearest(name: str, known: Iterable[str]) -> str:
    known = [str(one) for one in known]
    return listed(map(repr, difflib.get_close_matches(name, known, n=3, cutoff=0.5) or known[:9]))
