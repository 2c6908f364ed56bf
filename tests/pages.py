"""What the pages beside this file hold, tests/*.md, as the bank's own reader reads them."""

import json
import re
from functools import cache
from pathlib import Path

from utils.bank.markdown import Block, Page, split
from utils.judge.verdict import MIME


@cache
def sections(page: str, kind: str = "h2") -> dict[str, list[Block]]:
    """What stands below each heading of a kind."""
    blocks = Page(Path(__file__).with_name(page)).blocks()
    return {heading.text: below for heading, below in split(blocks, kind)[1:]}


def rows(heading: str, page: str = "screen.md") -> list[list[str]]:
    """The rows of the table below a heading of a page: the texts of their cells, of which the first is code."""
    (table,) = (block for block in sections(page)[heading] if block.kind == "table")
    return [[re.fullmatch("`(.*)`", code)[1], *more] for _, (code, *more) in table.items[1:]]


def notebook(*texts: str, kind: str = "code") -> str:
    """A notebook's text with the cells of these texts, `# %%` between two of them. Behind that sign may stand what else
    a cell has: its kind, its id, its slide type, metadata and attachments; and what its output holds: the record of a
    verdict, what was printed, and what is shown, by its MIME type."""
    made = []
    for part in filter(None, (part for text in texts for part in re.split("^(?=# %%)", text, flags=re.MULTILINE))):
        head, _, source = part.partition("\n") if part.startswith("# %%") else ("", "", part)
        own = json.loads(head.removeprefix("# %%") or "{}")
        shown = {name: own[name] for name in own if "/" in name}
        if record := {name: own[name] for name in ("exercise", "state", "answer") if name in own}:
            shown[MIME] = record
        outputs = [{"output_type": "display_data", "data": shown, "metadata": {}}] * bool(shown)
        if "printed" in own:
            outputs.append({"output_type": "stream", "name": "stdout", "text": own["printed"]})
        cell = {"cell_type": "code" if outputs else own.get("kind", kind), "id": own.get("id", f"cell-{len(made)}")}
        slide = {"slideshow": {"slide_type": own["slide"]}} if "slide" in own else {}
        cell |= {"metadata": own.get("metadata", {}) | slide, "source": source.removesuffix("\n")}
        cell |= {"attachments": own["attachments"]} if "attachments" in own else {}
        made.append(cell | ({"execution_count": None, "outputs": outputs} if cell["cell_type"] == "code" else {}))
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
