"""Make the student's notebooks from the masters: `python -m utils.teach.notebooks`.

A master, solutions/CHAPTER.ipynb, holds every answer. The student's copy, notebooks/CHAPTER.ipynb, is the same notebook
with a stub in place of each region of a code cell between the lines

    ### BEGIN SOLUTION
    ### END SOLUTION

and without the cells that bear the tag `solution`. Both are executed, and saved as after "run all" in a fresh kernel,
with their outputs and nothing else: no widget state, no timings, no metadata but `CELL_KEYS`.

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
import subprocess
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import deepcopy
from itertools import zip_longest
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from utils.figures.page import WIDGET_VIEW
from utils.judge.verdict import MIME as VERDICT
from utils.teach.command import command

ROOT = Path(__file__).resolve().parents[2]
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
CELL_KEYS = {"tags", "slideshow", "nbgrader", "workbook", "jupyter"}
SECONDS_A_CELL = 120
SECRET_LENGTH, SECRET_WORDS = 15, 6  # characters of code, words of an explanation: less gives nothing away

MARKER = re.compile(r"\s*### (BEGIN|END) SOLUTION\s*")
LIKE_A_MARKER = re.compile(r"(?i:#\s*(begin|end)[ _-]*solution)|\b(BEGIN|END)[ _-]+SOLUTION")
PAIRS_FIT = "`### BEGIN SOLUTION` and then `### END SOLUTION`, each on a line of its own, would"
TAG_FITS = "in a cell that is not code only the tag `solution` would"


class Refused(SystemExit):
    """Why nothing was written, a sentence a line. A command ends with it: Python prints it, and the exit code is 1."""


def refuse(faults: Iterable[str]) -> None:
    """Raises Refused with all the faults, if there are any."""
    if faults := list(faults):
        raise Refused("\n".join([*faults, "Nothing was written."]))


def read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def write(path: Path, text: str) -> None:
    new = path.with_name(f".{path.name}.new")  # moved into place whole: no crash leaves half a notebook
    new.write_text(text, encoding="utf-8", newline="\n")
    new.replace(path)


def parse(text: str) -> NotebookNode:
    """The notebook in a file's text. Raises ValueError when there is none, or one whose cells have no ids yet."""
    try:
        notebook = nbformat.v4.reads(text)
        with warnings.catch_warnings(action="ignore"):  # it mends missing and double ids; `master_faults` names them
            nbformat.validate(deepcopy(notebook))
    except (AttributeError, ValueError, nbformat.ValidationError) as error:
        raise ValueError(f"is not a notebook: {str(error).partition(chr(10))[0]}") from error
    if (notebook.nbformat, notebook.nbformat_minor) < (4, 5):
        raise ValueError(f"is of format {notebook.nbformat}.{notebook.nbformat_minor}; 4.5 or newer would fit")
    return notebook


def dump(notebook: NotebookNode) -> str:
    return nbformat.v4.writes(notebook) + "\n"


def name(notebook: NotebookNode, cell: NotebookNode) -> str:
    return f"cell {notebook.cells.index(cell) + 1} ({cell.get('id', 'no id')})"


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook: NotebookNode) -> dict[str | None, list[NotebookNode]]:
    return {cell.get("id"): cell.outputs for cell in code_cells(notebook)}


# From a master to the student's copy


def regions(cell: NotebookNode) -> list[tuple[int, int]]:
    """The indices of the two marker lines of each solution region. Raises ValueError on a marker that does not fit."""
    lines, code = cell.source.split("\n"), cell.cell_type == "code"
    found: list[int] = []
    for i, line in enumerate(lines):
        marker = MARKER.fullmatch(line)
        if code and marker and marker[1] == ("BEGIN", "END")[len(found) % 2]:
            found.append(i)
        elif LIKE_A_MARKER.search(line) or (code and line.lstrip().startswith("###")):
            raise ValueError(f"line {i + 1}, {line.strip()!r}, does not fit here; {PAIRS_FIT if code else TAG_FITS}")
    if len(found) % 2:
        raise ValueError(f"line {found[-1] + 1}, {lines[found[-1]].strip()!r}, has no END; {PAIRS_FIT}")
    return list(zip(found[::2], found[1::2], strict=True))


def stub(above: list[str], below: list[str]) -> str:
    """What takes the place of a region between these lines of its cell."""
    if above and above[0].startswith("%%derivation"):
        return "# your lines here"
    in_brackets = re.match(r"\s*[])}]", "".join(below[:1]))
    return "...  # or press an answer below" if in_brackets else "...  # your code here"


def student_source(cell: NotebookNode) -> str:
    lines = cell.source.split("\n")
    given = cell.metadata.get("workbook", {}).get("given")  # what is to be mended where it stands
    for begin, end in reversed(regions(cell)):
        indent = lines[begin].partition("#")[0]
        lines[begin : end + 1] = [given or indent + stub(lines[:begin], lines[end + 1 :])]
    return "\n".join(lines)


def is_solution(cell: NotebookNode) -> bool:
    return "solution" in cell.metadata.get("tags", [])


def only(keys: Iterable[str], metadata: NotebookNode) -> NotebookNode:
    return NotebookNode({key: value for key, value in metadata.items() if key in keys})


def clean(notebook: NotebookNode) -> NotebookNode:
    """Takes out, in place, what differs from run to run, from machine to machine or from one editor to the next."""
    notebook.nbformat_minor = 5
    notebook.metadata = only({"workbook"}, notebook.metadata)
    notebook.metadata.update(kernelspec=KERNEL, language_info={"name": "python"})
    for cell in notebook.cells:
        cell.metadata = only(CELL_KEYS, cell.metadata)
    for count, cell in enumerate(code_cells(notebook), 1):
        cell.execution_count = count  # nbval takes a cell without one for a cell that was never run
        for output in cell.outputs:
            if "data" in output:
                output.data.pop(WIDGET_VIEW, None)  # it names a widget of one kernel by a random id
                output.metadata = only(output.data, output.metadata)
            if "execution_count" in output:
                output.execution_count = count
        cell.outputs = [output for output in cell.outputs if output.get("data", True)]
    return notebook


def digest(notebook: NotebookNode) -> str:
    """Of what a person can write into a notebook; blank cells, such as a last Shift+Enter adds, do not count."""
    written = [cell.source for cell in notebook.cells if cell.source.strip()]
    return hashlib.sha256(json.dumps(written).encode()).hexdigest()[:16]


def without_solutions(notebook: NotebookNode) -> NotebookNode:
    """Takes out, in place, what a student is to find."""
    notebook.cells = [cell for cell in notebook.cells if not is_solution(cell)]
    for cell in notebook.cells:
        cell.source = student_source(cell)
    return notebook


def student_copy(master: NotebookNode) -> NotebookNode:
    """The student's copy of a master, not yet executed."""
    copy = without_solutions(clean(deepcopy(master)))
    for cell in copy.cells:
        cell.metadata.get("workbook", {}).pop("given", None)
    for cell in code_cells(copy):
        cell.outputs = []
    copy.metadata.workbook = {"digest": digest(copy)}
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
    ids = set()
    for number, cell in enumerate(master.cells, 1):
        where = f"cell {number} ({cell.get('id', 'no id')})"
        if cell.get("id") in {None, *ids}:
            yield f"{where} needs an id that no cell above it has"
        ids.add(cell.get("id"))
        if not cell.source.strip():
            yield f"{where} is empty"
        for tag in cell.metadata.get("tags", []):
            if tag != "solution" and tag.strip().lower().startswith("solution"):
                yield f"{where} bears the tag {tag!r}; `solution` would fit"
        try:
            regions(cell)
        except ValueError as error:
            yield f"{where}, {error}"


def squeeze(text: str) -> str:
    return "".join(text.split())


def giveaway(line: str, cell_type: str) -> str:
    """The part of a solution's line that would give it away, without blanks; empty where the line says too little."""
    if cell_type != "code":
        # A summary states a formula again on purpose; it is by its words that an explanation is known.
        words = re.findall(r"(?<![\\\w])[^\W\d_]{2,}", re.sub(r"\$+[^$]*\$*", "", line))
        return squeeze(line) if len(words) >= SECRET_WORDS else ""
    code = re.sub(r"(^|\s)#.*", "", line).strip()
    if re.match(r"import |from |[@%]", code) or code.endswith(":"):
        return ""
    code = code.removeprefix("return ").rstrip(",")
    with suppress(ValueError, SyntaxError):
        if isinstance(ast.literal_eval(code), str | int | float):
            return ""  # a choice stands among the options on show
    return squeeze(code) if len(squeeze(code)) >= SECRET_LENGTH else ""


def secrets(master: NotebookNode) -> Iterator[tuple[str, str]]:
    """(which line, its giveaway) for all that no student's copy may hold.

    A line that also stands in the open, such as a function's set-up, is no secret. Where that holds for all lines of a
    region, they are secret all the same.
    """
    kept = [(cell.cell_type, student_source(cell)) for cell in master.cells if not is_solution(cell)]
    shown = {(kind, giveaway(line, kind)) for kind, source in kept for line in source.split("\n")}
    for cell in master.cells:
        lines, kind = cell.source.split("\n"), cell.cell_type
        for begin, end in [(-1, len(lines))] if is_solution(cell) else regions(cell):
            told = [(i, secret) for i in range(begin + 1, end) if (secret := giveaway(lines[i], kind))]
            hidden = [(i, secret) for i, secret in told if (kind, secret) not in shown]
            for i, secret in hidden or told:
                yield f"line {i + 1} of {name(master, cell)} of the master, {lines[i].strip()!r},", secret


def leaks(master: NotebookNode, copy: NotebookNode) -> Iterator[str]:
    """Each line of a solution that can be read in the copy: in the source, an output or the metadata of a cell."""
    hidden = list(secrets(master))
    for cell in copy.cells:
        text = json.dumps(cell, ensure_ascii=False).replace('\\"', '"').replace("\\\\", "\\")
        # As it is stored, and as a browser shows it.
        faces = [squeeze(face) for face in (text, html.unescape(re.sub(r"<[^>]*>", "", text)))]
        for line, secret in hidden:
            if any(secret in face for face in faces):
                yield f"gives a solution away: {line} can be read in {name(copy, cell)} of the copy"


def shows_verdict(cell: NotebookNode) -> bool:
    return any(VERDICT in output.get("data", {}) for output in cell.outputs)


def copy_faults(master: NotebookNode, copy: NotebookNode) -> Iterator[str]:
    """Why an executed copy cannot be handed out."""
    asking = {cell.id for cell in code_cells(master) if shows_verdict(cell)}
    for cell in code_cells(copy):
        if cell.id in asking and not shows_verdict(cell):
            yield f"{name(copy, cell)} shows no verdict, though the master's does"
        if any(output.output_type == "error" for output in cell.outputs):
            yield f"{name(copy, cell)} shows an error"
    yield from leaks(master, copy)


# Outputs


def execute(notebook: NotebookNode, folder: Path) -> str | None:
    """Run every cell in a fresh kernel of this interpreter and keep its outputs. Returns the fault that stopped it."""
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpecManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    client = NotebookClient(
        notebook,
        # With no folders to look in: an installed kernel of the same name may belong to another Python.
        km=AsyncKernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[])),
        timeout=SECONDS_A_CELL,
        force_raise_errors=True,
        coalesce_streams=True,
    )
    try:
        client.execute(
            cwd=str(folder),
            env={**os.environ, "WORKBOOK_PROGRESS": "off"},
            stderr=subprocess.DEVNULL,  # the kernel's own log; what cells write to stderr arrives as their output
            cleanup_kc=True,
        )
    except CellExecutionError as error:
        reason = f"{error.ename}: {' '.join(error.evalue.split())[:200]}"
    except (CellTimeoutError, DeadKernelError) as error:
        reason = str(error).partition("\n")[0]
    else:
        return None
    return f"{name(notebook, code_cells(notebook)[client.code_cells_executed - 1])} stops: {reason}"


def same_picture(one: str, other: str) -> bool:
    """Whether two PNGs, in base64, differ by rounding alone: the mean difference in each 16 x 16 block is below 1 %.

    The mean over the whole picture misses a digit that changed: 2e-5 of the picture, but 2 % and more of its block.
    """
    from PIL import Image, ImageChops

    a, b = (Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB") for png in (one, other))
    blocks = ImageChops.difference(a, b).reduce(16)
    return a.size == b.size and all(most < 0.01 * 255 for _, most in blocks.getextrema())


def keep_pictures(fresh: NotebookNode, stored: NotebookNode) -> None:
    """Keep the stored bytes of a picture that looks the same, so that a build on another machine changes nothing."""
    before = outputs(stored)
    for cell in code_cells(fresh):
        for new, old in zip(cell.outputs, before.get(cell.id, []), strict=False):
            png, kept = (output.get("data", {}).get("image/png") for output in (new, old))
            if png and kept and same_picture(png, kept):
                new.data["image/png"] = kept


# The two commands


def read_masters(root: Path, chapters: list[str]) -> dict[str, NotebookNode]:
    """The masters of these chapters. Raises Refused with the faults of all of them."""
    masters, faults = {}, []
    for chapter in chapters:
        try:
            masters[chapter] = master = parse(read(root / "solutions" / f"{chapter}.ipynb"))
            found = list(master_faults(master)) or leaks(master, student_copy(master))
        except ValueError as error:
            found = [str(error)]
        faults += [f"solutions/{chapter}.ipynb: {fault}" for fault in found]
    refuse(faults)
    return masters


def difference(wanted: NotebookNode, text: str) -> Iterator[str]:
    """Where the text of a notebook is first not what it should be."""
    if dump(clean(wanted)) != text:
        pairs = zip_longest(wanted.cells, parse(text).cells)
        cells = (name(wanted, want) if want else "a cell too many" for want, have in pairs if want != have)
        yield f"is out of date: first in {next(cells, 'its metadata')}"


def check(root: Path, chapters: list[str]) -> list[str]:
    """What is out of date, and what lies in notebooks/ and is no chapter's copy. Raises Refused.

    Nothing is executed: all but the outputs is compared with what would be made now, and nbval proves the outputs.
    """
    found = []
    for chapter, master in read_masters(root, chapters).items():
        own, file = (f"{folder}/{chapter}.ipynb" for folder in ("solutions", "notebooks"))
        text, copy = read(root / file), student_copy(master)
        if text is None:
            found.append(f"{file} is missing")
        elif not untouched(text):
            found.append(f"{file} was changed by hand since it was made")
        else:
            stored = outputs(parse(text))
            for cell in code_cells(copy):
                cell.outputs = stored.get(cell.id, [])
            found += [f"{file} {fault}" for fault in (*difference(copy, text), *copy_faults(master, copy))]
        found += [f"{own} {fault}" for fault in difference(master, read(root / own))]
    copies = {f"{chapter}.ipynb" for chapter in existing(root)}
    strays = sorted({path.name for path in root.glob("notebooks/[!.]*")} - copies)
    return [*found, *(f"notebooks/{file} has no master" for file in strays)]


def build(root: Path, chapters: list[str]) -> list[str]:
    """Make the copies and renew the outputs of the masters. Returns what was written. Raises Refused."""
    masters = read_masters(root, chapters)
    copies = {f"notebooks/{chapter}.ipynb": student_copy(master) for chapter, master in masters.items()}
    made = {f"solutions/{chapter}.ipynb": master for chapter, master in masters.items()} | copies
    before = {file: read(root / file) for file in made}
    refuse_written_into(root, copies)
    (root / "notebooks").mkdir(exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        stops = list(pool.map(lambda file: execute(made[file], (root / file).parent), made))
    refuse(f"{file}: {stop}" for file, stop in zip(made, stops, strict=True) if stop)
    for file, notebook in made.items():
        clean(notebook)
        if before[file] is not None:
            keep_pictures(notebook, parse(before[file]))
    pairs = zip(copies.items(), masters.values(), strict=True)
    refuse(f"{file}: {fault}" for (file, copy), master in pairs for fault in copy_faults(master, copy))
    refuse(f"{file} was saved during the build; build again" for file in made if read(root / file) != before[file])
    return renew(root, {file: dump(notebook) for file, notebook in made.items()})


def refuse_written_into(root: Path, files: Iterable[str]) -> None:
    """Raises Refused where one of these is there and is not as it was made."""
    texts = {file: read(root / file) for file in files}
    touched = [file for file, text in texts.items() if text is not None and not untouched(text)]
    refuse(f"{file} was changed by hand since it was made; move it away, then build again" for file in touched)


def renew(root: Path, made: Mapping[str, str]) -> list[str]:
    """Write the texts of these files where they are other ones. Returns what was written."""
    changed = [file for file, text in made.items() if read(root / file) != text]
    for file in changed:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        write(root / file, made[file])
    return [f"wrote {file}" for file in changed]


def existing(root: Path) -> list[str]:
    """The chapters that have a master."""
    return sorted(path.stem for path in root.glob("solutions/[!.]*.ipynb"))


def parse_chapters(parser: argparse.ArgumentParser, arguments: list[str] | None, root: Path) -> argparse.Namespace:
    """Parse a command line that may name `chapters`; if it names none, they are all that there are. Stops the program
    with a message if there is no such master."""
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help="such as 2a_1_softmax (default: all)")
    asked, masters = parser.parse_args(arguments), existing(root)
    if not masters:
        parser.error(f"there are no masters in {root / 'solutions'}")
    asked.chapters = [Path(chapter).name.removesuffix(".ipynb") for chapter in asked.chapters] or masters
    if unknown := [chapter for chapter in asked.chapters if chapter not in masters]:
        parser.error(f"there is no master {unknown[0]!r} among {', '.join(masters)}")
    return asked


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """The command line: 0 when all is well, 1 when something is out of date. Raises Refused."""
    parser = command(
        "utils.teach.notebooks",
        "Make the student's notebooks, notebooks/, from the masters, solutions/, and execute both.",
        "A copy that somebody wrote into is never overwritten, and nothing is ever deleted.",
    )
    parser.add_argument("--check", action="store_true", help="write and execute nothing; say what is out of date")
    asked = parse_chapters(parser, arguments, root)
    found = (check if asked.check else build)(root, asked.chapters)
    print(*found or ["notebooks/ is up to date." if asked.check else "Nothing has changed."], sep="\n")
    return 1 if asked.check and found else 0


if __name__ == "__main__":
    sys.exit(main())
