"""Marking a class: `utils.teach.grade` beside nbgrader autograde on the same submissions, how it grows up to two
thousand notebooks, and whether fifty runs over answers that have to be stopped agree.

Each as its command does it: ours on all cores, nbgrader one notebook after the other.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

from tests.benchmarks.timing import Row
from tests.returned import SETUP, hand_in, hostile, notebook, submission, table, the_class
from tests.test_nbgrader import gradebook, nbgrader
from utils.exercises import BANK
from utils.teach.grade import marking
from utils.teach.grade.nbgrader import CONFIG, assignment
from utils.teach.notebooks import ROOT, dump, parse

BESIDE, FEW, MANY = 60, 125, 2000  # submissions
RUNS = 50
NASTY = (  # bodies of softmax
    "while True: pass",
    "while True:\n        try:\n            while 1: 0\n        except BaseException: 0",
    "import time; time.sleep(60)",
    "for n in range(10**9): print(n)",
    "for n in range(20_000): print(n)",
    "import os; os._exit(1)",
    "held = []\n    while True: held.append(np.empty(10**8))",
    "held = []\n    while True: held.append([0] * 100)",
    "s = 'x'\n    while True: s += s",
    "import _thread; _thread.interrupt_main(); return theta",
    "import threading, time\n    while True: threading.Thread(target=time.sleep, args=(60,)).start()",
    "return softmax(theta)",
    "import sys; sys.setrecursionlimit(10**9)\n    def f(n): return f(n + 1)\n    return f(0)",
    "return theta + np.random.default_rng().random() + np.random.rand()",
    "return theta + ['abcd'.index(letter) for letter in {'a', 'b', 'c', 'd'}]",
    "import os; raise ValueError(os.getcwd(), object())",
)


def rows():
    """Measure, and yield a Row for each comparison. Raises AssertionError if the two give different marks."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _beside_nbgrader(Path(folder))
    yield _runs_that_agree()
    with tempfile.TemporaryDirectory() as folder:
        yield _growth(Path(folder))


def _beside_nbgrader(folder):
    """Against nbgrader with our test cells, and, for the least that it can take, with test cells that judge nothing."""
    for name, source in (("judged", None), ("not judged", "0")):
        course = folder / name
        chapters = _hand_in(course, source)
        before = _seconds(_mark, course)
        theirs = _seconds(_autograde, course, chapters)
        ours = (before + _seconds(_mark, course)) / 2
        if name == "judged":
            assert _our_points(course) == _their_points(course, chapters)
        other = "nbgrader autograde" if name == "judged" else "nbgrader, its test cells empty"
        yield Row(f"marking {BESIDE} submissions", ours, other, theirs, 1 / 5)


def _honest(count):
    """So many submissions of the synthetic class, and their marks: from all of its chapters, and no hostile ones."""
    honest = list(the_class(whole=True))[: -len(list(hostile()))]
    return [honest[i * len(honest) // count] for i in range(count)]


def _hand_in(course, test_cell):
    """Make a course of the synthetic class: what is handed in, and what it was made from. Returns its chapters."""
    course.mkdir()
    (course / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    chapters = []
    for student, (text, planted) in enumerate(_honest(BESIDE)):
        chapter = next(iter(planted)).partition(".")[0]
        if chapter not in chapters:
            chapters.append(chapter)
            all_right, _ = submission([BANK[exercise] for exercise in planted], 1)
            _put(course / "source", chapter, all_right, test_cell)
            nbgrader(course, ["generate_assignment", chapter])
        _put(course / "submitted" / f"student {student}", chapter, text, test_cell)
    return chapters


def _put(folder, chapter, text, test_cell):
    notebook = assignment(chapter, parse(text))
    for cell in notebook.cells:
        if test_cell and "nbgrader" in cell.metadata:
            cell.source = test_cell
    path = folder / chapter / f"{chapter}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(dump(notebook), encoding="utf-8")


def _mark(course):
    command = [sys.executable, "-m", "utils.teach.grade", course / "submitted", "--out", course / "marks.csv"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def _autograde(course, chapters):
    for chapter in chapters:
        nbgrader(course, ["autograde", chapter])


def _our_points(course):
    return sum(int(row["minutes right"]) for row in table(course / "marks_by_student.csv"))


def _their_points(course, chapters):
    with gradebook(course) as book:
        return sum(each.score for chapter in chapters for each in book.assignment_submissions(chapter))


def _runs_that_agree():
    """Over answers that have to be stopped, or that draw lots; with a limit so short that so many runs come to an end,
    and no shorter: what fills its memory in just that time is stopped by now this, now that."""
    softmax = '@exercise("2a_1.softmax")\ndef softmax(theta):\n    {}\n    return theta'
    below = '@exercise("2a_1.temperature")\ndef at(theta, T):\n    return softmax(theta / T)'
    texts = [notebook(SETUP, "import numpy as np", softmax.format(body), below) for body in NASTY]
    seen = [{} for _ in texts]  # marks, and how often

    def run():
        for marks, text in zip(seen, texts, strict=True):
            given = repr(marking.mark(text, "seed"))
            marks[given] = marks.get(given, 0) + 1

    with mock.patch.object(marking, "SECONDS", 1.0):
        seconds = [_seconds(run) for _ in range(RUNS)]
    differ = {body: [*marks.values()] for body, marks in zip(NASTY, seen, strict=True) if len(marks) > 1}
    assert not differ, f"marks differ from run to run: {differ}"
    return Row(f"the slowest of {RUNS} runs that agree", max(seconds), "the quickest", min(seconds))


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
