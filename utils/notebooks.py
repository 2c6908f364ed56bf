"""Make the student's notebooks from the masters: `python -m utils.notebooks`.

A master, solutions/CHAPTER.ipynb, holds every answer. The student's copy, notebooks/CHAPTER.ipynb, is the same notebook
with a stub in place of each region of a code cell between the lines

    ### BEGIN SOLUTION
    ### END SOLUTION

and without the cells that bear the tag `solution`. Both are executed, and saved with their outputs and nothing else: no
widget state, no timings, no metadata but `CELL_KEYS`, and no execution counts, so that `[ ]` tells the reader that
nothing has run in this kernel yet, and a new cell does not renumber the cells below it.

When anything is refused, no file changes. Nothing that a person wrote is lost: the source of a master never changes, a
copy bears a digest of the cells it was made with, so that one which somebody worked in is recognised and not
overwritten, and nothing is ever deleted. Hidden files, such as .ipynb_checkpoints, are nobody's copies and left alone.
"""

import argparse
import ast
import base64
import hashlib
import html
import io
import json
import os
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import deepcopy
from itertools import zip_longest
from pathlib import Path
from textwrap import shorten

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
CELL_KEYS = {"tags", "slideshow", "nbgrader", "workbook"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"  # names a widget of one kernel by a random id
SECONDS_A_CELL = 120

MARKER = re.compile(r"\s*### (BEGIN|END) SOLUTION\s*")
LIKE_A_MARKER = re.compile(r"(?i:#\s*(begin|end)[ _-]*solution)|\b(BEGIN|END)[ _-]+SOLUTION")


class Refused(Exception):
    """Why nothing was written: each argument is a sentence."""


def refuse(faults: Iterable[str]) -> None:
    """Raises Refused with all the faults, if there are any."""
    if faults := list(faults):
        raise Refused(*faults)


def read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def write(path: Path, text: str) -> None:
    new = path.with_name(f".{path.name}.new")  # moved into place whole: no crash leaves half a notebook
    new.write_text(text, encoding="utf-8", newline="\n")
    new.replace(path)


def parse(text: str) -> NotebookNode:
    """The notebook in a file's text. Raises ValueError when there is none."""
    try:
        return nbformat.v4.reads(text)
    except (AttributeError, ValueError) as error:
        raise ValueError(f"is not a notebook: {error}") from error


def dump(notebook: NotebookNode) -> str:
    return nbformat.v4.writes(notebook) + "\n"


def name(notebook: NotebookNode, cell: NotebookNode) -> str:
    return f"cell {notebook.cells.index(cell) + 1} ({cell.get('id', 'no id')})"


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


# From a master to the student's copy


def regions(cell: NotebookNode) -> list[tuple[int, int]]:
    """The indices of the two marker lines of each solution region. Raises ValueError on a marker that does not fit."""
    lines, marks, code = cell.source.split("\n"), [], cell.cell_type == "code"
    for i, line in enumerate(lines):
        at = f"line {i + 1}, {line.strip()!r},"
        if not code and LIKE_A_MARKER.search(line):
            raise ValueError(f"{at} is a marker in a {cell.cell_type} cell; the tag `solution` on the cell would fit")
        if code and (marker := MARKER.fullmatch(line)):
            if marker[1] != ("BEGIN", "END")[len(marks) % 2]:
                raise ValueError(f"{at} does not fit here; each BEGIN needs its END before the next BEGIN")
            marks.append(i)
        elif code and (LIKE_A_MARKER.search(line) or line.lstrip().startswith("###")):
            raise ValueError(f"{at} does not fit; `### BEGIN SOLUTION` or `### END SOLUTION` on its own line would")
    if len(marks) % 2:
        raise ValueError(f"line {marks[-1] + 1}, {lines[marks[-1]].strip()!r}, has no END; `### END SOLUTION` would fit")
    return list(zip(marks[::2], marks[1::2], strict=True))


def inside_brackets(above: str) -> bool:
    """Whether a bracket is still open after these lines of code."""
    depth = 0
    with suppress(tokenize.TokenError, SyntaxError):  # the upper part of a cell is rarely whole Python
        for token in tokenize.generate_tokens(io.StringIO(above).readline):
            depth += (token.string in {"(", "[", "{"}) - (token.string in {")", "]", "}"})
    return depth > 0


def stub(above: str) -> str:
    """What takes the place of a region that has these lines above it in its cell."""
    if above.startswith("%%derivation"):
        return "# your lines here"
    return f"...  # your {'answer' if inside_brackets(above) else 'code'} here"


def student_source(cell: NotebookNode) -> str:
    lines = cell.source.split("\n")
    for begin, end in reversed(regions(cell)):
        indent = lines[begin].partition("#")[0]
        lines[begin : end + 1] = [indent + stub("\n".join(lines[:begin]))]
    return "\n".join(lines)


def is_solution(cell: NotebookNode) -> bool:
    return "solution" in cell.metadata.get("tags", [])


def only(keys: Iterable[str], metadata: NotebookNode) -> NotebookNode:
    return NotebookNode({key: value for key, value in metadata.items() if key in keys})


def clean(notebook: NotebookNode) -> NotebookNode:
    """The notebook without what differs from run to run, from machine to machine or from one editor to the next."""
    notebook = deepcopy(notebook)
    notebook.nbformat_minor = 5
    notebook.metadata = only({"workbook"}, notebook.metadata)
    notebook.metadata.update(kernelspec=KERNEL, language_info={"name": "python"})
    for cell in notebook.cells:
        cell.metadata = only(CELL_KEYS, cell.metadata)
    for cell in code_cells(notebook):
        cell.execution_count = None
        for output in cell.outputs:
            if "data" in output:
                output.data.pop(WIDGET_VIEW, None)
                output.metadata = only(output.data, output.metadata)
            if "execution_count" in output:
                output.execution_count = None
        cell.outputs = [output for output in cell.outputs if output.get("data", True)]
    return notebook


def digest(notebook: NotebookNode) -> str:
    """Of all that a person can write into a notebook; blank cells, such as a last Shift+Enter adds, do not count."""
    written = [(cell.cell_type, cell.source) for cell in notebook.cells if cell.source.strip()]
    return hashlib.sha256(json.dumps(written).encode()).hexdigest()[:16]


def student_copy(master: NotebookNode) -> NotebookNode:
    """The student's copy of a master, not yet executed."""
    copy = clean(master)
    copy.cells = [cell for cell in copy.cells if not is_solution(cell)]
    for cell in copy.cells:
        cell.source = student_source(cell)
    for cell in code_cells(copy):
        cell.outputs = []
    copy.metadata.workbook = {**copy.metadata.get("workbook", {}), "digest": digest(copy)}
    return copy


def untouched(text: str) -> bool:
    """Whether a file is a copy into which nobody has written since it was made."""
    with suppress(ValueError):
        copy = parse(text)
        return copy.metadata.get("workbook", {}).get("digest") == digest(copy)
    return False


# What is refused


def master_faults(master: NotebookNode) -> Iterator[str]:
    """Why a notebook cannot be a master."""
    if (master.nbformat, master.nbformat_minor) < (4, 5):
        yield f"is of format {master.nbformat}.{master.nbformat_minor}, which has no cell ids; 4.5 would fit"
        return
    ids = [cell.get("id") for cell in master.cells]
    for i, cell in enumerate(master.cells):
        where = f"cell {i + 1} ({ids[i] or 'no id'})"
        if ids[i] in {None, *ids[:i]}:
            yield f"{where} needs an id that no other cell has"
        if not cell.source.strip():
            yield f"{where} is empty"
        for tag in cell.metadata.get("tags", []):
            if tag != "solution" and tag.strip().lower().startswith("solution"):
                yield f"{where} bears the tag {tag!r}; `solution` would fit"
        try:
            regions(cell)
        except ValueError as error:
            yield f"{where}, {error}"
    try:
        nbformat.validate(nbformat.v4.upgrade(deepcopy(master)))
    except nbformat.ValidationError as error:
        yield f"is not a valid notebook: {error.message}"


def squeeze(text: str) -> str:
    return "".join(text.split())


def giveaway(line: str, cell_type: str) -> str:
    """What of a solution's line would give it away, without blanks; empty where it says too little to be a secret."""
    if cell_type != "code":
        # A summary states a formula again on purpose; it is by its words that an explanation is known.
        return squeeze(line) if len(squeeze(re.sub(r"\$[^$]*\$?", "", line))) >= 30 else ""
    code = re.sub(r"(^|\s)#.*", "", line).strip()
    if re.match(r"import |from |[@%]", code) or code.endswith(":"):
        return ""
    code = code.removeprefix("return ").rstrip(",")
    with suppress(ValueError, SyntaxError):
        if isinstance(ast.literal_eval(code), str | int | float):
            return ""  # a choice stands among the options on show
    return squeeze(code) if len(squeeze(code)) >= 15 else ""


def secrets(master: NotebookNode) -> Iterator[tuple[str, str]]:
    """(which line, its giveaway) for all that no student's copy may hold.

    A line that stands in the open as well, such as the set-up of a function, is no secret, unless its whole region does.
    """
    kept = [(cell.cell_type, student_source(cell)) for cell in master.cells if not is_solution(cell)]
    shown = {(kind, giveaway(line, kind)) for kind, source in kept for line in source.split("\n")}
    for cell in master.cells:
        lines, kind = cell.source.split("\n"), cell.cell_type
        for begin, end in [(-1, len(lines))] if is_solution(cell) else regions(cell):
            told = [(i, secret) for i in range(begin + 1, end) if (secret := giveaway(lines[i], kind))]
            for i, secret in [(i, secret) for i, secret in told if (kind, secret) not in shown] or told:
                yield f"line {i + 1} of {name(master, cell)} of the master, {lines[i].strip()!r},", secret


def strings(node: object, where: str) -> Iterator[tuple[str, str]]:
    """(where, text) for all text in a part of a notebook."""
    if isinstance(node, str):
        yield where, node
    elif isinstance(node, dict):
        for key, value in node.items():
            if key not in {"image/png", "image/jpeg"}:
                yield from strings(value, f"{where} {key}")
    elif isinstance(node, list):
        for value in node:
            yield from strings(value, where)


def copy_faults(master: NotebookNode, copy: NotebookNode) -> Iterator[str]:
    """Why a copy cannot be given to students: solutions that can be read in it, and outputs that are not as they should be."""
    texts = [*strings(copy.metadata, "its metadata")]
    shows = {cell.id for cell in code_cells(master) if cell.outputs}
    for cell in copy.cells:
        texts += strings(cell, f"its {name(copy, cell)},")
        ...
