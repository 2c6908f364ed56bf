"""The workbook as a course of nbgrader: `python -m utils.teach.grade.nbgrader COURSE [CHAPTER...]`.

Each chapter becomes an assignment: its master, cells marked and links mended, and behind it a locked cell for each
exercise, which gives its points. nbgrader does the rest; the student's copies are made as the workbook makes its own.
"""

import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from utils.exercises import BANK
from utils.teach import notebooks
from utils.teach.command import command
from utils.teach.grade.marking import Mark, mark
from utils.teach.grade.submission import Attempt, read, steps

CONFIG = '''\
"""How nbgrader works on the workbook. Anything else that your school needs can be added."""

import os
import secrets

from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import ClearOutput, ClearSolutions

os.environ["WORKBOOK_PROGRESS"] = "off"  # in the kernels that mark, nobody's own progress is read or written

c = get_config()
c.GenerateAssignment.preprocessors = [
    "utils.teach.grade.nbgrader.student_copy" if step is ClearSolutions else step
    for step in GenerateAssignment.preprocessors.default()
]
# An answer that was pressed stands in the output of its cell until that is run again.
c.Autograde.sanitize_preprocessors = [
    step for step in Autograde.sanitize_preprocessors.default() if step is not ClearOutput
]
c.Execute.skip_cells_with_tag = secrets.token_hex()  # a test cell that a tag has skipped would get full points
c.Execute.store_widget_state = False  # with it, feedback shows widgets, which need a network, and hides pictures
c.Execute.timeout = 180  # seconds a cell: more than any takes, the training of a network among them
'''
CLOSING = """\
## Points

Save this notebook, then run the cells below. Each judges one exercise anew, as it stands in the file, and gives its
points: the minutes it is meant to take."""
LINK = re.compile(r"\]\((\w+)\.ipynb")

_marks = lru_cache(maxsize=1)(mark)  # the cells behind a chapter ask one after the other


def points(id: str, notebook: str) -> int:
    """The points of an exercise: its minutes where it is right, else 0, with a sentence on stderr that says why.

    notebook: the file that holds the answer. It is judged as `utils.teach.grade` judges it, which runs the answers in a
    process of its own: what they left in this kernel or in anybody's progress file counts for nothing.
    """
    given = {m.exercise: m for m in _marks(Path(notebook).read_text(encoding="utf-8"))}.get(id, Mark(id, "missing"))
    most = BANK[id].minutes
    if given.state == "right":
        if given.note:
            print(f"{id}: {given.note}.")  # for whoever marks; on stderr it would cost the points
        return most
    why = ", ".join(filter(None, (given.state, given.mistake, given.note)))
    print(f"{id}: {why}. 0 of {most} points.", file=sys.stderr)  # nbgrader shows it to whoever validates
    return 0


def student_copy(notebook: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
    """A preprocessor: does nbgrader's ClearSolutions' work, with the stubs that fit."""
    return notebooks.without_solutions(notebook), resources


def assignment(chapter: str, master: NotebookNode) -> NotebookNode:
    """The source of an assignment, and of the notebook in it, that bear the name of a chapter."""
    source = notebooks.clean(master)
    for cell in source.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(r"](../\1/\1.ipynb", cell.source)
        elif notebooks.regions(cell):
            cell.metadata.nbgrader = _marked(cell.id, gives_points=False)
    found = [step for step in steps(read(notebooks.dump(source))) if isinstance(step, Attempt)]
    asked = [step.exercise for step in found if step.exercise in BANK]
    source.cells.append(new_markdown_cell(CLOSING, id="points"))
    for id in dict.fromkeys(asked):
        name = id.replace(".", "-")  # what nbgrader's pages take for a name
        marked = _marked(name, gives_points=True) | {"points": BANK[id].minutes}
        text = f'from utils.teach.grade.nbgrader import points\n\npoints("{id}", "{chapter}.ipynb")'
        source.cells.append(new_code_cell(text, id=name, metadata={"nbgrader": marked}))
    source.metadata.workbook = {"digest": notebooks.digest(source)}
    return source


def _marked(name: str, gives_points: bool) -> dict[str, Any]:
    """nbgrader's own metadata of a cell that gives points, or else holds an answer."""
    kind = {"grade": gives_points, "locked": gives_points, "solution": not gives_points, "task": False}
    return kind | {"grade_id": name, "schema_version": 3}


def build(course: Path, chapters: list[str]) -> list[str]:
    """Write the sources of these chapters, and a config if there is none. Returns what was written. Raises Refused."""
    masters = notebooks.read_masters(notebooks.ROOT, chapters)
    made = {f"source/{name}/{name}.ipynb": notebooks.dump(assignment(name, master)) for name, master in masters.items()}
    notebooks.refuse_written_into(course, made)
    if not (course / "nbgrader_config.py").exists():
        made["nbgrader_config.py"] = CONFIG
    return notebooks.renew(course, made)


def main(arguments: list[str] | None = None) -> int:
    """The command line. Raises Refused."""
    parser = command("utils.teach.grade.nbgrader", "Make a course of nbgrader of the workbook, or add to one.")
    parser.add_argument("course", type=Path, metavar="COURSE", help="the folder of the course; made if there is none")
    asked = notebooks.parse_chapters(parser, arguments, notebooks.ROOT)
    changed = build(asked.course, asked.chapters)
    print(*changed or ["Nothing has changed."], sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
