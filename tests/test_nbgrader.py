"""The workbook under nbgrader: its own commands run on a course of ours, and give the points that our marks give.

nbgrader is installed into a folder of its own. In the reader's environment it would put a menu, a button and a panel
into JupyterLab, which would stay there.
"""

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_output

from tests import pages
from tests.lab import stop_or_skip
from tests.pages import sections
from utils.exercises import BANK
from utils.teach.grade.marking import mark
from utils.teach.grade.nbgrader import assignment, main, points
from utils.teach.notebooks import ROOT, dump, parse, read

CHAPTERS = CHAPTER, NEXT = "2a_2_cross_entropy", "00_start_here"
MASTERS = sorted(ROOT.glob("solutions/*.ipynb"))


def by_id(notebook: NotebookNode) -> dict[str, NotebookNode]:
    return {cell.id: cell for cell in notebook.cells}


def point_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]


def load(path: Path) -> NotebookNode:
    return parse(read(path))


def handed_in(released: NotebookNode, right: dict[str, str]) -> NotebookNode:
    """A notebook that is right but for what stands on the page, and for a test cell that is to be skipped, its points
    being there."""
    cells, (_, slips) = by_id(released), sections("returned.md")["What a student of nbgrader hands in"]
    for id in right.keys() & cells.keys():
        cells[id].source = right[id]
    for slip in parse(pages.notebook(slips.text)).cells:
        cells[slip.id].update(slip, metadata=cells[slip.id].metadata)
    cells["2a_2-surprise"].metadata.tags = ["skip-execution"]
    cells["2a_2-surprise"].outputs = [new_output("execute_result", {"text/plain": "3"}, execution_count=1)]
    return released


@cache
def installed() -> Path:
    """The folder in which nbgrader is, in the version that the README names. Skips the test where it cannot be had."""
    (version,) = re.findall(r"pip install (nbgrader==\S+)", read(ROOT / "utils" / "teach" / "README.md"))
    folder = ROOT / ".pytest_cache" / version
    if not (folder / "nbgrader").exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), version]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            stop_or_skip(f"{version} could not be installed: {done.stderr[-300:]}")
    return folder


RUN = """
import json, sys
from nbgrader.apps.nbgraderapp import NbGraderApp
for command in json.loads(sys.argv[1]):
    try:
        NbGraderApp.launch_instance(command)
    except SystemExit as end:
        if end.code:
            raise
    NbGraderApp.clear_instance()
"""


def nbgrader(course: Path, *commands: list[str]) -> str:
    """Run commands, one after the other, as in an activated environment. Returns what they print."""
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(commands)],
        cwd=course,
        env=os.environ | {"PATH": paths, "PYTHONPATH": str(installed())},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def gradebook(course: Path) -> Any:
    sys.path.append(str(installed()))
    try:
        from nbgrader.api import Gradebook
    finally:
        sys.path.remove(str(installed()))
    return Gradebook(f"sqlite:///{course}/gradebook.db")


class Course:
    """A course of two chapters, of which a student hands in one. validated: what the student is told when asking."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        assert main([str(folder), *CHAPTERS]) == 0
        nbgrader(folder, *(["generate_assignment", chapter] for chapter in CHAPTERS))
        self.submitted = self.path("submitted/student")
        self.submitted.parent.mkdir(parents=True)
        right = {cell.id: cell.source for cell in load(self.path("source")).cells}
        self.submitted.write_text(dump(handed_in(load(self.path("release")), right)), encoding="utf-8")
        grading = ["autograde", CHAPTER], ["generate_feedback", CHAPTER]
        self.validated = nbgrader(folder, ["validate", str(self.submitted)], *grading)

    def path(self, step: str, chapter: str = CHAPTER, suffix: str = "ipynb") -> Path:
        return self.folder / step / chapter / f"{chapter}.{suffix}"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return Course(tmp_path_factory.mktemp("course"))


@pytest.mark.parametrize("path", MASTERS, ids=lambda path: path.stem)
def test_every_exercise_of_a_master_can_be_marked(path):
    source = assignment(path.stem, load(path))
    chapter = [e for e in BANK.values() if path.stem.startswith(e.id.partition(".")[0])]
    cells = point_cells(source)
    found = {cell.source.splitlines()[-1]: cell.metadata.nbgrader.points for cell in cells}
    assert found == {f'points("{e.id}", "{path.name}")': e.minutes for e in chapter} and len(cells) == len(chapter)
    marked = [cell for cell in source.cells if "nbgrader" in cell.metadata]
    answers = [cell.source for cell in marked if cell.metadata.nbgrader.solution]
    for asked in chapter:
        assert any(f'"{asked.id}"' in source or f"derivation {asked.id}\n" in source for source in answers)
    names = [cell.metadata.nbgrader.grade_id for cell in marked]
    assert len(set(names)) == len(names) and all(re.fullmatch(r"[\w-]+", name) for name in names)


def test_what_is_released_is_the_students_copy_and_its_point_cells(course):
    for chapter in CHAPTERS:
        released, copy = load(course.path("release", chapter)), load(ROOT / "notebooks" / f"{chapter}.ipynb")
        ours = [re.sub(r"\]\((\w+)\.ipynb", r"](../\1/\1.ipynb", cell.source) for cell in copy.cells]
        assert [cell.source for cell in released.cells[: len(ours)]] == ours
        closing, *cells = released.cells[len(ours) :]
        assert closing.source.startswith("## Points") and cells == point_cells(released)


def test_links_between_chapters_lead_from_assignment_to_assignment(course):
    for chapter in CHAPTERS:
        path = course.path("release", chapter)
        links = re.findall(r"\]\((\S+?\.ipynb)", read(path))
        assert links
        for link in links:
            linked = (path.parent / link).resolve()
            assert linked.parents[1] == course.folder / "release" and linked.parent.name == linked.stem
            assert (ROOT / "solutions" / linked.name).exists() or linked.stem not in {p.stem for p in MASTERS}


def test_points_are_the_minutes_of_what_our_marks_call_right(course):
    marks = {m.exercise: m.state for m in mark(read(course.submitted))}
    assert marks == {
        "2a_2.halved": "right",
        "2a_2.surprise": "wrong",
        "2a_2.floor": "wrong",
        "2a_2.cross_entropy": "not attempted",
        "2a_2.clueless": "right",
        "2a_2.from_logits": "your code stopped",
    }
    with gradebook(course.folder) as book:
        graded = book.find_submission(CHAPTER, "student").notebooks[0].grades
        assert not any(grade.needs_manual_grade for grade in graded)
        points = {grade.name: grade.auto_score for grade in graded}
    assert points == {id.replace(".", "-"): BANK[id].minutes * (marks[id] == "right") for id in marks}


def test_validating_tells_a_student_what_is_missing_and_why(course):
    assert "VALIDATION FAILED ON 4 CELL(S)!" in course.validated
    assert f"2a_2.cross_entropy: not attempted. 0 of {BANK['2a_2.cross_entropy'].minutes} points.\n" in course.validated
    assert "2a_2.surprise: wrong, lost-sign. 0 of 3 points." in course.validated
    assert "2a_2.from_logits: your code stopped, SyntaxError" in course.validated
    assert "Traceback" not in course.validated


def test_points_that_rest_on_the_workbooks_own_function_are_given_and_told(tmp_path, capsys):
    borrowed = '@exercise("00.one_hot")\ndef f(labels, K):\n    return reference.one_hot(labels, K)'
    chapter = load(ROOT / "solutions" / f"{NEXT}.ipynb")
    by_id(chapter)["one-hot"].source = borrowed
    (tmp_path / "in.ipynb").write_text(dump(chapter), encoding="utf-8")
    assert points("00.one_hot", str(tmp_path / "in.ipynb")) == BANK["00.one_hot"].minutes
    told = capsys.readouterr()
    assert told.out == "00.one_hot: uses the workbook's own one_hot.\n" and not told.err


def test_feedback_tells_the_points_and_the_mistake_and_shows_the_figures_without_a_network(course):
    page = read(course.path("feedback/student", suffix="html"))
    assert "(Score: 2.0 / 21.0)" in page and "2a_2.surprise: wrong, lost-sign. 0 of 3 points." in page
    submitted = load(course.submitted).cells
    figures = [cell for cell in submitted if cell.cell_type == "code" and "_figure(" in cell.source]
    assert figures and len(re.findall(r'<img[^>]*src="data:image/png;base64', page)) == len(figures)
    assert "application/vnd.jupyter.widget-view+json" not in re.sub(r"<script>.*?</script>", "", page, flags=re.S)
    assert "widgets" not in load(course.path("autograded/student")).metadata


def test_a_course_is_made_once_and_no_work_in_it_is_overwritten(tmp_path, capsys):
    course = tmp_path / "course"
    assert main([str(course), CHAPTER]) == 0
    assert capsys.readouterr().out.count("wrote") == 2
    (course / "nbgrader_config.py").write_text("c = get_config()  # of our school")
    assert main([str(course), CHAPTER]) == 0
    assert capsys.readouterr().out == "Nothing has changed.\n"
    source = course / "source" / CHAPTER / f"{CHAPTER}.ipynb"
    mine = read(source).replace('"# ', '"# Our own ', 1)
    source.write_text(mine, encoding="utf-8")
    with pytest.raises(SystemExit, match="was changed by hand"):
        main([str(course), CHAPTER])
    assert read(source) == mine
    assert read(course / "nbgrader_config.py") == "c = get_config()  # of our school"
