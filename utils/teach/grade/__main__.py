"""The command line: python -m utils.teach.grade SUBMISSIONS/ --out marks.csv"""

import argparse
import os
import secrets
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from utils.teach.command import command
from utils.teach.grade import report
from utils.teach.grade.folder import returned
from utils.teach.grade.marking import Mark, mark
from utils.teach.grade.roster import Roster, owner, owners
from utils.teach.grade.submission import Notebook, is_master

UNDONE = {"missing", "not attempted", "unreadable"}


def main(argv: list[str] | None = None) -> int:
    parser = command("utils.teach.grade", "Mark a folder of returned notebooks by running their answers again.")
    parser.add_argument("submissions", type=Path, help="a folder or an archive; every notebook in it is a submission")
    parser.add_argument("--out", type=Path, default=Path("marks.csv"), help="where the marks go (default: marks.csv)")
    parser.add_argument("--roster", type=Path, help="the class list that your learning platform exports, as CSV")
    parser.add_argument(
        "--column", action="append", default=[], help="of the roster, that tells who somebody is (default: finds them)"
    )
    parser.add_argument("--feedback", type=Path, metavar="FOLDER", help="where a page for each student goes")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="notebooks at once (default: one a core)")
    parser.add_argument("--seed", help="that an earlier run has told: answers are tried on the same inputs again")
    asked = parser.parse_args(argv)
    if not asked.submissions.exists():
        parser.error(f"{str(asked.submissions)!r} is not there; the folder of the returned notebooks would fit")
    files = dict(sorted(returned(asked.submissions), key=lambda file: file[1] is not None))  # `a` is not `a.ipynb`
    masters = sorted(path for path, cells in files.items() if isinstance(cells, list) and is_master(cells))
    notebooks = {path: cells for path, cells in files.items() if cells is not None and path not in masters}
    if not notebooks and not masters:
        parser.error(f"there is no notebook (.ipynb) in {str(asked.submissions)!r}")
    if asked.jobs < 1:
        parser.error(f"--jobs {asked.jobs}: one or more would fit")
    if asked.column and not asked.roster:
        parser.error("--column names a column of a class list; --roster with its file would fit")
    if asked.feedback and not find_spec("latex2mathml"):
        parser.error('--feedback needs a package that writes formulas: pip install -e ".[feedback]"')
    try:
        roster = Roster(asked.roster, asked.column, files) if asked.roster else None
    except (OSError, ValueError) as error:
        parser.error(f"--roster: {error}")

    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.touch()  # what cannot be written is told before all the work
    asked.seed = asked.seed or secrets.token_hex(8)  # nobody can prepare results for a secret
    by_notebook = {}
    for count, (path, given) in enumerate(_each(notebooks, asked), 1):
        by_notebook[path] = given
        bar, end = "█" * (30 * count // len(notebooks)), "\n" if count == len(notebooks) else ""
        print(f"\r{bar:30} {count} of {len(notebooks)}", end=end, file=sys.stderr, flush=True)
    others = {path: " (a master)" * (path in masters) for path in sorted(set(files) - set(notebooks))}
    marks, loose = _by_student(by_notebook, others, roster)
    loose = [path for path in loose if path not in masters]
    groups = report.alike(marks)

    written = []
    for name, table in report.tables(marks, groups).items():
        written.append(asked.out.with_name(f"{asked.out.stem}_{name}.csv") if name else asked.out)
        report.write(written[-1], *table)
    written.append(asked.out.with_suffix(".png"))
    report.picture(marks, written[-1])
    if roster:
        written.append(asked.out.with_name("gradebook.csv"))
        report.write_gradebook(roster, marks, written[-1])
    if asked.feedback:
        from utils.teach.grade.feedback import LINKS, write_feedback

        written.append(asked.feedback / LINKS)
        write_feedback(marks, asked.feedback, roster)

    print(report.summary(marks, groups))
    strangers = sorted(set(marks) - set(roster.names.values())) if roster else []
    found = [name for name in marks if name not in strangers and any(m.exercise for m in marks[name])]
    nobody = "" if found else ", as nobody is: is it the list of this class? --column names what tells who somebody is"
    nothing, others = report.unreadable(marks)
    for title, lines in (
        ("Handed in no notebook that can be read", nothing),
        ("Not readable", others),
        ("No notebook in", loose),
        ("Masters of the workbook, which are left out", masters),
        (f"Not on the roster{nobody}", strangers),
    ):
        if lines:
            print(f"\n{title}", *lines, sep="\n  ")
    print("\nWrote", *written, sep="\n  ", file=sys.stderr)
    if roster:  # whoever stands among these is no student
        print(f"Columns of the roster: {', '.join(filter(None, roster.header)) or 'without heads'}", file=sys.stderr)
    print(f"The same marks again: --seed {asked.seed}", file=sys.stderr)
    return 0


def _by_student(
    by_notebook: Mapping[str, list[Mark]], others: Mapping[str, str], roster: Roster | None
) -> tuple[dict[str, list[Mark]], list[str]]:
    """The marks of each student, of those who handed in no notebook too; and what lies there without a notebook, and
    is no student's by its name. others: what else there is, and what is to be said of it."""
    folders = {str(folder) for path in by_notebook for folder in PurePosixPath(path).parents}
    tops = {other: _top(other, folders) for other in others}  # a folder without a notebook is one thing
    worked = {path for path, given in by_notebook.items() if any(m.state not in UNDONE for m in given)}
    whose = owners([*by_notebook, *tops.values()], worked, roster)
    marks = report.gathered(by_notebook, whose)
    names = set(roster.names.values()) if roster else set()
    with_notebook = {(whose[path], who.download) for path in by_notebook if (who := owner(path))}
    without = defaultdict(list)  # files by the student and the download
    loose = set()
    for other, top in tops.items():
        student, who = whose[top], owner(top)
        if student not in marks and not who and student not in names:
            loose.add(top)
        elif student not in marks or (who and (student, who.download) not in with_notebook):
            without[student, who.download if who else ""].append(f"{PurePosixPath(other).name}{others[other]}")
    for (student, where), files in sorted(without.items()):
        note = f"no notebook: {', '.join(dict.fromkeys(files))}"
        marks.setdefault(student, []).append(Mark("", "unreadable", note=note, notebook=where))
    for student in names - set(marks):
        marks[student] = [Mark("", "unreadable", note="nothing handed in")]
    return marks, sorted(loose)


def _top(path: str, folders: set[str]) -> str:
    """What a platform has named by whoever handed it in; else the outermost folder around a file in which no notebook
    lies, or the file."""
    if who := owner(path):
        return f"{who.download}/{who.part}".removeprefix("/")
    around = [str(folder) for folder in reversed(PurePosixPath(path).parents)]
    return next((folder for folder in around if folder not in folders), path)


def _each(waiting: Mapping[str, Notebook], asked: argparse.Namespace) -> Iterator[tuple[str, list[Mark]]]:
    """The marks of each notebook, with its path, as they come."""
    left = dict(waiting)
    with suppress(BrokenProcessPool), ProcessPoolExecutor(asked.jobs) as pool:
        futures = {pool.submit(mark, cells, asked.seed): path for path, cells in waiting.items()}
        for future in as_completed(futures):
            yield futures[future], future.result()
            del left[futures[future]]
    for path, cells in left.items():  # one of them ended the process that marked it: from here on each has its own
        with ProcessPoolExecutor(1) as pool:
            try:
                yield path, pool.submit(mark, cells, asked.seed).result()
            except BrokenProcessPool:
                yield path, [Mark("", "unreadable", note="it ended the process that marked it")]


if __name__ == "__main__":
    sys.exit(main())
