"""Marking a class: `utils.teach.grade` beside nbgrader autograde on the same submissions, and how it grows up to two
thousand notebooks.

Each as its command does it: ours on all cores, nbgrader one notebook after the other.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.timing import Row
from tests.returned import hand_in, hostile, submission, table, the_class
from tests.test_nbgrader import gradebook, nbgrader
from utils.exercises import BANK
from utils.teach.grade.nbgrader import CONFIG, assignment
from utils.teach.notebooks import ROOT, dump, parse

BESIDE, FEW, MANY = 60, 125, 2000  # submissions


def rows():
    """Measure, and yield a Row for each comparison. Raises AssertionError if the two give different marks."""
    with tempfile.TemporaryDirectory() as folder:
        yield _beside_nbgrader(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        yield _growth(Path(folder))


def _beside_nbgrader(course):
    (course / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    chapters = _hand_in(course)
    before = _seconds(_mark, course)
    theirs = _seconds(_autograde, course, chapters)
    ours = (before + _seconds(_mark, course)) / 2
    with gradebook(course) as book:
        scores = [each.score for chapter in chapters for each in book.assignment_submissions(chapter)]
    assert sum(int(row["minutes right"]) for row in table(course / "marks_by_student.csv")) == sum(scores)
    return Row(f"marking {BESIDE} submissions", ours, "nbgrader autograde", theirs, 1 / 5)


def _honest(count):
    """So many submissions of the synthetic class, and their marks: from all of its chapters, and no hostile ones."""
    honest = list(the_class(whole=True))[: -len(list(hostile()))]
    return [honest[i * len(honest) // count] for i in range(count)]


def _hand_in(course):
    """Make a course of the synthetic class: what is handed in, and what it was made from. Returns its chapters."""
    chapters = []
    for student, (text, planted) in enumerate(_honest(BESIDE)):
        chapter = next(iter(planted)).partition(".")[0]
        if chapter not in chapters:
            chapters.append(chapter)
            all_right, _ = submission([BANK[exercise] for exercise in planted], 1)
            _put(course / "source", chapter, all_right)
            nbgrader(course, ["generate_assignment", chapter])
        _put(course / "submitted" / f"student {student}", chapter, text)
    return chapters


def _put(folder, chapter, text):
    path = folder / chapter / f"{chapter}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(dump(assignment(chapter, parse(text))), encoding="utf-8")


def _mark(course):
    command = [sys.executable, "-m", "utils.teach.grade", course / "submitted", "--out", course / "marks.csv"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def _autograde(course, chapters):
    for chapter in chapters:
        nbgrader(course, ["autograde", chapter])


def _growth(folder):
    for size in (FEW, MANY):
        for student, (text, _) in enumerate(_honest(size)):
            signed = json.loads(text)
            signed["cells"][0]["source"] += f"\nstudent = {student}"  # equal notebooks would be marked once
            hand_in(folder / str(size) / "submitted", {f"student {student}": json.dumps(signed)})
    few = _seconds(_mark, folder / str(FEW))
    many = _seconds(_mark, folder / str(MANY))
    few = (few + _seconds(_mark, folder / str(FEW))) / 2
    return Row(f"marking {MANY} submissions", many, f"{MANY // FEW} times the marking of {FEW}", MANY // FEW * few, 1.1)


def _seconds(function, *arguments):
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start
