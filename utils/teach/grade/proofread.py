"""Proofread typeset derivations: `python -m utils.teach.grade.proofread page.tex --exercise 2a_3.same_index`.

Each line is printed with its mark and, where there is one, the reason. The exit code is 0 if all is right.
"""

import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from utils.exercises import Derivation, get
from utils.judge.algebra import Step, lines_of
from utils.panels.derivation import MARKS
from utils.teach.command import command

ASKED = re.compile(r"^\s*[%#]\s*exercise:?\s+(\S+)\s*$", re.MULTILINE)
SUFFIXES = {".tex", ".txt", ".md"}


def main(arguments: list[str] | None = None) -> int:
    parser = command(
        "utils.teach.grade.proofread",
        "Read derivations, in LaTeX or as typed in a notebook, and say of each line if it is right.",
        "A comment in a file, `% exercise: 2a_3.other_index`, begins the next exercise.",
    )
    parser.add_argument("pages", nargs="+", type=Path, metavar="PAGE", help="files, or folders of them")
    parser.add_argument("--exercise", metavar="ID", help="what the pages are about, such as 2a_3.same_index")
    asked = parser.parse_args(arguments)
    try:
        reports = [(page, *read) for page in files(asked.pages) for read in proofread(page, asked.exercise)]
    except ValueError as error:
        parser.error(str(error))
    for page, _, report in reports:
        print(f"{page}, {report}")
    if len(reports) > 1:
        print(f"{sum(right for _, right, _ in reports)} of {len(reports)} are right.")
    return 0 if all(right for _, right, _ in reports) else 1


def files(pages: list[Path]) -> Iterator[Path]:
    """The files that were named, and those in a folder that was. Raises ValueError for what is neither."""
    for page in pages:
        found = [path for path in sorted(page.rglob("*")) if path.suffix in SUFFIXES] if page.is_dir() else [page]
        if not page.exists():
            raise ValueError(f"there is no {str(page)!r}")
        if not found:
            raise ValueError(f"the folder {str(page)!r} holds no page; files {', '.join(sorted(SUFFIXES))} would fit")
        yield from found


def proofread(page: Path, exercise: str | None) -> Iterator[tuple[bool, str]]:
    """For each derivation on a page, whether it is right, and the report. Raises ValueError with what would fit."""
    try:
        head, *others = ASKED.split(page.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise ValueError(f"{str(page)!r} is not text in UTF-8") from None
    parts = list(zip(others[::2], others[1::2], strict=True))
    if exercise and (lines_of(head) or not parts):
        parts.insert(0, (exercise, head))
    if not parts:
        fits = "--exercise, or a line `% exercise: ID` in it, would"
        raise ValueError(f"nothing says what {str(page)!r} is about; {fits}")
    for id, text in parts:
        verdict, reading = get(id, Derivation).examine(text)
        wrong = reading.first_slip is not None
        state = "wrong" if wrong else verdict.state
        lines = [line for step in pairwise([None, *reading.steps]) for line in told(*step)]
        yield state == "right", "\n".join([f"{id}: {state}", *lines, *([] if wrong else ["", verdict.message]), ""])


def told(before: Step | None, step: Step) -> Iterator[str]:
    """A line, and below it where and why it is wrong."""
    sign = {"= ": "=", r"\neq ": "≠"}.get(step.relation(before), " ")
    yield f"  {step.number:>3} {MARKS[step.status][0]} {sign} {step.text}"
    if step.column is not None:
        yield f"{' ' * (10 + step.column)}^"
    if step.status not in ("right", "carried"):
        yield f"          {step.slug or 'no name'}: {step.reason}"


if __name__ == "__main__":
    sys.exit(main())
