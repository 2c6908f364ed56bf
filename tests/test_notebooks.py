"""solutions/ to notebooks/: what the copies hold, what is refused, and that this repository's own are in order."""

import base64
import io
import json
import re
import sys
from copy import deepcopy
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imsave
from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests import pages
from tests.pages import rows, sections
from utils.bank.markdown import split
from utils.teach import notebooks
from utils.teach.notebooks import VERDICT, build, main, parse, student_copy

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
SECRET = "(softmax(theta) - y) / len(theta)"


def code(*lines: str, **metadata) -> NotebookNode:
    return new_code_cell("\n".join(lines), metadata=metadata)


def prose(*lines: str, **metadata) -> NotebookNode:
    return new_markdown_cell("\n".join(lines), metadata=metadata)


def notebook(*cells: NotebookNode) -> NotebookNode:
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    return new_notebook(cells=list(cells))


def exercise(*answer: str) -> NotebookNode:
    return code("def gradient(theta, y):", '    """dJ/dtheta"""', f"    {BEGIN}", *answer, f"    {END}")


def showing(data: dict) -> NotebookNode:
    return new_code_cell("hint()", outputs=[new_output("display_data", data)])


def put(root: Path, chapter: str, master: NotebookNode) -> Path:
    path = root / "solutions" / f"{chapter}.ipynb"
    path.parent.mkdir(exist_ok=True)
    notebooks.write(path, notebooks.dump(master))
    return path


def load(path: Path) -> NotebookNode:
    return parse(notebooks.read(path))


def copy_of(root: Path) -> NotebookNode:
    return load(root / "notebooks" / "1_a.ipynb")


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def refused(capsys):
    """What the command says where it refuses, and changes no file."""

    def refused(root: Path, *arguments: str) -> str:
        before = contents(root)
        try:
            assert main([*arguments], root) == 1
            said = capsys.readouterr().out
        except SystemExit as end:
            said = f"{end}\n"
        assert contents(root) == before
        return said

    return refused


def png(array: np.ndarray) -> str:
    file = io.BytesIO()
    imsave(file, array, format="png")
    return base64.b64encode(file.getvalue()).decode()


@pytest.fixture
def workbook(tmp_path, monkeypatch):
    """A workbook of one chapter, made without kernels: each cell of code shows a verdict."""

    def execute(notebook, folder):
        for cell in notebooks.code_cells(notebook):
            cell.outputs = showing({VERDICT: {"state": "right"}}).outputs

    monkeypatch.setattr(notebooks, "execute", execute)
    put(tmp_path, "1_a", notebook(prose("# A"), exercise(f"    return {SECRET}"), code("figure()")))
    build(tmp_path, ["1_a"])
    return tmp_path


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A chapter that was built by real kernels."""
    root = tmp_path_factory.mktemp("workbook")
    _, code = sections("masters.md")["A cell for each thing that execution has to get right"]
    master = parse(pages.notebook(code.text))
    master.metadata = NotebookNode(
        {
            "kernelspec": {"display_name": "my venv", "name": "my-venv"},
            "language_info": {"name": "python", "version": "3.12.1"},
            "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {}}},
            "toc-autonumbering": True,
        }
    )
    put(root, "1_a", master)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("WORKBOOK_PROGRESS", raising=False)
        build(root, ["1_a"])
    return root


def written(*in_sections):
    """What stands below each heading in these sections of masters.md: the texts of its blocks. A block above the first
    heading of a section stands above each of its masters."""
    found = []
    for section in in_sections:
        (_, above), *masters = split(sections("masters.md")[section], "h3")
        above = "".join(block.text for block in above if block.kind == "code")
        found += [pytest.param(above + first.text, *(b.text for b in rest), id=h.text) for h, (first, *rest) in masters]
    return found


# The source of the student's copy


@pytest.mark.parametrize(("master", "stub"), written("What a region becomes"))
def test_each_region_becomes_a_stub_that_fits_at_its_own_indentation(master, stub):
    assert student_copy(parse(pages.notebook(master))).cells[0].source == stub.removesuffix("\n")


def test_cells_tagged_solution_are_dropped_and_all_others_keep_their_ids():
    master = notebook(
        prose("# A"), prose("Words.", tags=["solution"]), code("1", tags=["solution"]), code("2", tags=["x"])
    )
    assert [(cell.id, cell.source) for cell in student_copy(master).cells] == [("cell-0", "# A"), ("cell-3", "2")]


# Masters that are refused


@pytest.mark.parametrize(("text", "reason"), written("What is refused", "What is no notebook"))
def test_a_faulty_master_is_refused_with_the_place_named_and_what_would_fit(text, reason, tmp_path, refused):
    put(tmp_path, "0_good", notebook(prose("# Good")))
    file = text if "is not a notebook" in reason or "is of format" in reason else pages.notebook(text)
    notebooks.write(tmp_path / "solutions" / "1_faulty.ipynb", file)
    message = refused(tmp_path)
    assert message.startswith("solutions/1_faulty.ipynb: ") and message.endswith("Nothing was written.\n")
    assert reason in message and (
        "SOLUTION'," not in reason or re.search(r"does not fit here; .* would$|has no END", message, re.M)
    )


def test_all_faulty_masters_are_named_at_once(tmp_path, refused):
    put(tmp_path, "1_a", notebook(code(BEGIN)))
    master = put(tmp_path, "2_b", notebook(code(END), prose(" "), prose("B"), prose("C")))
    changed = load(master)
    changed.cells[2].id = "cell-0"
    del changed.cells[3]["id"]
    notebooks.write(master, notebooks.dump(changed))
    assert [line.split(",")[0] for line in refused(tmp_path).splitlines()[:-1]] == [
        "solutions/1_a.ipynb: cell 1 (cell-0)",
        "solutions/2_b.ipynb: cell 1 (cell-0)",
        "solutions/2_b.ipynb: cell 2 (cell-1) is empty",
        "solutions/2_b.ipynb: cell 3 (cell-0) needs an id that no cell above it has",
        "solutions/2_b.ipynb: cell 4 (no id) needs an id that no cell above it has",
    ]


# Leaks


def seen(text):
    """Where a copy gives a solution away that shows the last cell of this master as it is, and where that cell is."""
    master = parse(pages.notebook(text))
    copy = student_copy(master)
    copy.cells[-1].update(deepcopy(master.cells[-1]))
    found = [fault.partition(" can be read in cell ")[2] for fault in notebooks.leaks(master, copy)]
    return found, f"{len(copy.cells)} (cell-1) of the copy"


@pytest.mark.parametrize("text", written("What gives the gradient away", "What gives another solution away"))
def test_no_solution_can_be_read_elsewhere_in_the_copy(text):
    found, last = seen(text)
    assert found == [last]


@pytest.mark.parametrize("text", written("What is no secret"))
def test_what_says_too_little_or_stands_in_the_open_is_no_secret(text):
    assert seen(text)[0] == []


def test_a_solution_that_a_copy_shows_once_it_is_executed_is_refused(tmp_path, monkeypatch, refused):
    def execute(notebook, folder):
        notebook.cells[-1].outputs = showing({"text/html": f"<pre>{SECRET}</pre>"}).outputs

    monkeypatch.setattr(notebooks, "execute", execute)
    put(tmp_path, "1_a", notebook(exercise(f"    return {SECRET}"), code("hint()")))
    message = refused(tmp_path)
    assert message.startswith("notebooks/1_a.ipynb: gives a solution away: line 4 of cell 1 (cell-0) of the master")
    assert "can be read in cell 2 (cell-1) of the copy" in message


# Execution and what is saved


def test_each_cell_leaves_what_it_shows_and_nothing_stray(built):
    copy = copy_of(built)
    texts = [[output.get("text") or output.data["text/plain"] for output in cell.outputs] for cell in copy.cells[1:]]
    assert texts == [
        ["off\nnotebooks\n"],  # in the notebook's folder, without touching anybody's progress
        [],  # gradient() is None: a stub
        ["2a_1.shift Ellipsis\n"],
        ["A figure."],
        [],  # a widget's view that has no text
        ["0\n1\n2\n", "warned\n" * 3],  # each stream in one piece
        [sys.executable + "\n"],  # the interpreter that builds
    ]
    assert [cell.execution_count for cell in notebooks.code_cells(copy)] == [1, 2, 3, 4, 5, 6, 7]
    assert copy.cells[4].outputs[0].execution_count == 4


def test_the_master_is_executed_too_and_keeps_its_source(built):
    master = load(built / "solutions" / "1_a.ipynb")
    assert master.cells[2].outputs[0].data["text/plain"] == "'the answer'"
    assert BEGIN in master.cells[2].source
    assert len(master.cells) == 10


@pytest.mark.parametrize("folder", ["notebooks", "solutions"])
def test_no_stray_metadata_is_saved_and_text_as_utf_8_with_line_feeds(folder, built):
    data = (built / folder / "1_a.ipynb").read_bytes()
    saved = parse(data.decode())
    assert set(saved.metadata) <= {"kernelspec", "language_info", "workbook"}
    assert saved.metadata.kernelspec.name == "python3"
    assert saved.metadata.language_info == {"name": "python"}
    assert saved.cells[4].metadata == {"tags": ["figure"], "workbook": {"expect": "wrong"}}
    assert saved.cells[4].outputs[0].metadata == {"text/plain": {}}
    assert not re.search(rb"scrolled|collapsed|iopub|widget-state|3\.12\.1|\r", data)
    assert data.endswith(b"}\n") and "−, the sum Σ".encode() in data


def test_where_all_is_well_no_byte_is_changed_and_it_is_said(built, capsys):
    before = contents(built)
    for arguments, said in (([], "Nothing has changed.\n"), (["--check"], "notebooks/ is up to date.\n")):
        assert main(arguments, built) == 0
        assert capsys.readouterr().out == said and contents(built) == before


def test_cells_that_fail_or_never_end_stop_the_build_and_are_all_named(tmp_path, monkeypatch, refused):
    monkeypatch.setattr(notebooks, "SECONDS_A_CELL", 3)
    put(tmp_path, "1_a", notebook(prose("# A"), code("x = 1 / 0", tags=["raises-exception"])))
    put(tmp_path, "2_b", notebook(prose("# B"), code("import time", "time.sleep(100)")))
    message = refused(tmp_path)
    assert "/1_a.ipynb: cell 2 (cell-1) stops: ZeroDivisionError: division by zero" in message
    assert "/2_b.ipynb: cell 2 (cell-1) stops: A cell timed out while it was being executed, after 3 s" in message


# Pictures


PICTURE = np.random.default_rng(0).random((40, 50, 3))
DIGIT = PICTURE.copy()
DIGIT[20:28, 20:25] = 0


@pytest.mark.parametrize(("drawn", "kept"), rows("Which picture is kept", "masters.md"))
def test_the_stored_picture_is_kept_as_long_as_the_fresh_one_looks_like_it(drawn, kept, tmp_path, monkeypatch):
    def draw(array):
        def execute(notebook, folder):
            notebook.cells[0].outputs = showing({"image/png": png(array), "text/plain": "A figure."}).outputs

        monkeypatch.setattr(notebooks, "execute", execute)
        build(tmp_path, ["1_a"])
        return contents(tmp_path)

    put(tmp_path, "1_a", notebook(code("figure()")))
    assert (draw(PICTURE) == draw(eval(drawn))) == (kept == "kept")


# What a person wrote is never lost


@pytest.mark.parametrize("text", [None, "", "not a notebook", "{}"])
def test_a_copy_that_somebody_wrote_into_and_what_was_not_made_here_is_not_overwritten(text, workbook, refused):
    path = workbook / "notebooks" / "1_a.ipynb"
    answered = notebooks.read(path).replace("...  # your code here", "return y - theta")
    notebooks.write(path, answered if text is None else text)
    assert "notebooks/1_a.ipynb was changed by hand since it was made; move it away" in refused(workbook)
    assert refused(workbook, "--check") == "notebooks/1_a.ipynb was changed by hand since it was made\n"


def test_a_copy_that_was_only_run_is_made_anew(workbook):
    clean, run = contents(workbook), copy_of(workbook)
    run.cells[1].update(execution_count=7, outputs=[new_output("stream", text="answered")])
    run.cells.append(new_code_cell(id="after-the-last"))
    notebooks.write(workbook / "notebooks" / "1_a.ipynb", notebooks.dump(run))
    assert main([], workbook) == 0
    assert contents(workbook) == clean


def test_a_copy_that_was_not_touched_follows_its_master_through_any_number_of_changes(workbook):
    for title in ("# One", "# Two", "# Three"):
        put(workbook, "1_a", notebook(prose(title)))
        assert main([], workbook) == 0
        assert copy_of(workbook).cells[0].source == title


def test_a_master_that_is_saved_during_the_build_is_not_overwritten(tmp_path, monkeypatch):
    path = put(tmp_path, "1_a", notebook(prose("# Before")))
    later = notebooks.dump(notebook(prose("# Saved meanwhile")))

    def execute(notebook, folder):  # of master and copy at once, so two may write
        path.write_text(later, encoding="utf-8")

    monkeypatch.setattr(notebooks, "execute", execute)
    with pytest.raises(SystemExit, match=r"solutions/1_a\.ipynb was saved during the build"):
        main([], tmp_path)
    assert notebooks.read(path) == later


def test_nothing_is_deleted_and_check_names_what_has_no_master(workbook, refused):
    for stray in ("0_gone.ipynb", "notes.txt", ".ipynb_checkpoints/1_a-checkpoint.ipynb"):
        path = workbook / "notebooks" / stray
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine", encoding="utf-8")
    before = contents(workbook)
    assert main([], workbook) == 0
    assert contents(workbook) == before
    assert refused(workbook, "--check").endswith(
        "notebooks/0_gone.ipynb has no master\nnotebooks/notes.txt has no master\n"
    )


# The check


@pytest.mark.parametrize(("change", "told"), rows("What the check tells", "masters.md"))
def test_check_names_the_notebook_and_the_first_difference(change, told, workbook, refused):
    folder, cell, written = change.split(" ", 2)
    path = workbook / folder / "1_a.ipynb"
    changed = load(path)
    (changed.metadata if cell == "-" else changed.cells[int(cell)]).update(from_dict(json.loads(written)))
    notebooks.write(path, notebooks.dump(changed))
    report = refused(workbook, "--check")
    assert told in report and len(report.splitlines()) <= 8


def test_check_does_not_execute_and_minds_no_line_endings_that_git_may_have_changed(workbook, monkeypatch, refused):
    monkeypatch.delattr(notebooks, "execute")
    for path in workbook.glob("*/1_a.ipynb"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert notebooks.check(workbook, ["1_a"]) == []
    (workbook / "notebooks" / "1_a.ipynb").unlink()
    assert refused(workbook, "--check") == "notebooks/1_a.ipynb is missing\n"


# The command line


@pytest.mark.parametrize("given", ["2_b", "2_b.ipynb", "solutions/2_b.ipynb"])
def test_only_the_chapters_named_are_built(given, workbook):
    for chapter in ("2_b", "3_c"):
        put(workbook, chapter, notebook(prose("# A")))
    assert main([given], workbook) == 0
    assert sorted(path.name for path in (workbook / "notebooks").iterdir()) == ["1_a.ipynb", "2_b.ipynb"]
    assert main(["--check", given], workbook) == 0


# This repository's own notebooks

MASTERS = sorted(notebooks.ROOT.glob("solutions/[!.]*.ipynb"))
COPIES = sorted(notebooks.ROOT.glob("notebooks/[!.]*.ipynb"))
every_notebook = pytest.mark.parametrize("path", MASTERS + COPIES, ids=lambda path: f"{path.parent.name}/{path.name}")


def test_the_notebooks_are_exactly_what_the_masters_make(capsys):
    status = main(["--check"])
    assert status == 0, capsys.readouterr()


@every_notebook
def test_verdicts_are_right_in_the_masters_and_not_attempted_in_the_copies(path):
    usual = {"solutions": "right", "notebooks": "not attempted"}[path.parent.name]
    for cell in notebooks.code_cells(load(path)):
        wanted = cell.metadata.get("workbook", {}).get("expect", usual)
        found = [output.data[VERDICT] for output in cell.outputs if VERDICT in output.get("data", {})]
        assert all(verdict["state"] == wanted for verdict in found), f"{cell.id}: {found}"


@pytest.mark.parametrize("path", MASTERS, ids=lambda path: path.name)
def test_no_line_of_code_is_wider_than_its_cell_on_a_small_screen(path):
    room = 96  # columns that JupyterLab shows in a window of 1280 pixels, beside its file browser
    for cell in notebooks.code_cells(load(path)):
        if cell.source.startswith("%%derivation"):  # LaTeX is long, and stands typeset below
            continue
        for line in cell.source.splitlines():
            assert len(line) <= room, f"{cell.id}: {line}"


@every_notebook
def test_a_notebook_opens_with_its_title_says_its_minutes_closes_in_one_breath_and_leads_to_the_next(path):
    text = "\n\n".join(cell.source for cell in load(path).cells if cell.cell_type == "markdown")
    assert text.startswith("# ")
    assert re.search(r"\d+\s+minutes", text)
    assert re.search(r"^#+ In one breath", text, flags=re.MULTILINE)
    names = sorted(each.name for each in path.parent.glob("[!.]*.ipynb"))
    following = dict(pairwise(names)).get(path.name)
    assert following is None or f"]({following}" in text
