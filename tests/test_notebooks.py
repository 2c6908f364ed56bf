"""solutions/ to notebooks/: what the copies hold, what is refused, and that this repository's own are in order."""

import base64
import io
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from matplotlib.image import imsave
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from utils.teach import notebooks
from utils.teach.notebooks import VERDICT, build, check, main, parse, student_copy

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
SECRET = "(softmax(theta) - y) / len(theta)"
WORDS = "Only the entry of the right class keeps its minus one, which is why the rows sum to zero."


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
        assert main([*arguments], root) == 1
        assert contents(root) == before
        told = capsys.readouterr()
        return told.out + told.err

    return refused


def png(array: np.ndarray) -> str:
    file = io.BytesIO()
    imsave(file, array, format="png")
    return base64.b64encode(file.getvalue()).decode()


@pytest.fixture
def no_kernels(monkeypatch):
    """For what does not depend on outputs."""
    monkeypatch.setattr(notebooks, "execute", lambda notebook, folder: None)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A chapter with one cell for each thing that execution has to get right, built by real kernels."""
    root = tmp_path_factory.mktemp("workbook")
    widget = "type('Figure', (), {'_repr_mimebundle_': lambda self, **_: ({'text/plain': 'A figure.', "
    widget += (
        f"'{notebooks.WIDGET_VIEW}': {{'model_id': str(id(self))}}}}, {{'text/plain': {{}}, 'isolated': True}})}})()"
    )
    master = notebook(
        prose("# A chapter", "", "The minus sign is written −, the sum Σ."),
        code("import os, sys", "print(os.environ['WORKBOOK_PROGRESS'])", "print(os.path.basename(os.getcwd()))"),
        code("def gradient():", f"    {BEGIN}", "    return 'the answer'", f"    {END}", "", "gradient()"),
        code("print(", '    "2a_1.shift",', f"    {BEGIN}", '    "unchanged",', f"    {END}", ")"),
        code(widget, scrolled=True, collapsed=False, tags=["figure"], workbook={"expect": "wrong"}),
        code(
            "from IPython.display import display",
            f"display({{'{notebooks.WIDGET_VIEW}': {{'model_id': 'x'}}}}, raw=True)",
        ),
        code("for i in range(3):", "    print(i, flush=True)", "    print('warned', file=sys.stderr, flush=True)"),
        code("print(sys.executable)"),
        prose(WORDS, tags=["solution"]),
        code("print('only in the master')", tags=["solution"]),
    )
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


# The source of the student's copy


def test_a_region_becomes_one_stub_at_its_own_indentation():
    cell = code(
        "class A:",
        "    def f(self):",
        f"        {BEGIN}",
        "        a = 1",
        "        return a",
        f"        {END}",
        "",
        "A()",
    )
    assert student_copy(notebook(cell)).cells[0].source == (
        "class A:\n    def f(self):\n        ...  # your code here\n\nA()"
    )


def test_every_region_of_a_cell_becomes_a_stub_and_imports_inside_go_with_it():
    cell = code(BEGIN, "import math", END, "between = 1", BEGIN, "x = math.pi", END)
    stub = "...  # your code here"
    assert student_copy(notebook(cell)).cells[0].source == f"{stub}\nbetween = 1\n{stub}"


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ('predict("2a_1.shift",', ")"),
        ("marks = {", "}"),
        ("f(g(1), '(', [", "])"),
        ("%matplotlib inline\npredict(  # where (", ")"),
    ],
)
def test_a_region_inside_brackets_leaves_the_ellipsis_as_the_answer(above, below):
    cell = code(above, f"    {BEGIN}", '    "unchanged",', f"    {END}", below)
    assert student_copy(notebook(cell)).cells[0].source == f"{above}\n    ...  # or press an answer below\n{below}"


def test_brackets_closed_or_quoted_above_a_region_do_not_make_it_an_answer():
    cell = code("f(1)", "s = ')('  # (", BEGIN, "x = 1", END)
    assert student_copy(notebook(cell)).cells[0].source.endswith("\n...  # your code here")


def test_the_stub_of_a_derivation_is_a_comment_of_its_language():
    cell = code("%%derivation 2a_3.same_index", "D(-log(y_hat[i]), theta[i])", BEGIN, "y_hat[i] - 1", END)
    assert student_copy(notebook(cell)).cells[0].source.split("\n")[1:] == [
        "D(-log(y_hat[i]), theta[i])",
        "# your lines here",
    ]


def test_cells_tagged_solution_are_dropped_and_all_others_keep_their_ids():
    master = notebook(
        prose("# A"), prose(WORDS, tags=["solution"]), code("1", tags=["solution"]), code("2", tags=["x"])
    )
    assert [(cell.id, cell.source) for cell in student_copy(master).cells] == [("cell-0", "# A"), ("cell-3", "2")]


# Masters that are refused

FAULTY = {
    "begin_without_end": ([code("x = 1", BEGIN, "x = 2")], "cell 1 (cell-0), line 2, '### BEGIN SOLUTION',"),
    "end_without_begin": ([prose("# A"), code("x = 1", END)], "cell 2 (cell-1), line 2, '### END SOLUTION',"),
    "reversed": ([code(END, "x = 1", BEGIN)], "line 1, '### END SOLUTION',"),
    "nested": ([code(BEGIN, "x = 1", BEGIN, "x = 2", END, END)], "line 3, '### BEGIN SOLUTION',"),
    "plural": ([code("### BEGIN SOLUTIONS", "x = 1", "### END SOLUTIONS")], "line 1, '### BEGIN SOLUTIONS',"),
    "no_blank": ([code("###BEGIN SOLUTION", "x = 1", "###END SOLUTION")], "line 1, '###BEGIN SOLUTION',"),
    "lower_case": ([code("### begin solution", "x = 1", "### end solution")], "line 1, '### begin solution',"),
    "one_hash": ([code("# BEGIN SOLUTION", "x = 1", "# END SOLUTION")], "line 1, '# BEGIN SOLUTION',"),
    "typing_slip": ([code("### BEGN SOLUTION", "x = 1", "### EDN SOLUTION")], "line 1, '### BEGN SOLUTION',"),
    "trailing_text": ([code("### BEGIN SOLUTION of 2a", "x = 1", END)], "line 1, '### BEGIN SOLUTION of 2a',"),
    "behind_code": ([code("x = 1  ### BEGIN SOLUTION", END)], "line 1, 'x = 1  ### BEGIN SOLUTION',"),
    "in_markdown": ([prose("Now:", BEGIN, "the answer", END)], "cell 1 (cell-0), line 2, '### BEGIN SOLUTION',"),
    "in_raw": ([new_raw_cell(f"{BEGIN}\nx = 1\n{END}")], "cell 1 (cell-0), line 1, '### BEGIN SOLUTION',"),
    "misspelt_tag": ([prose(WORDS, tags=["Solutions"])], "cell 1 (cell-0) bears the tag 'Solutions'"),
    "empty_cell": ([prose("# A"), code(" ")], "cell 2 (cell-1) is empty"),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_a_faulty_master_is_refused_with_the_place_named_and_what_would_fit(fault, tmp_path, refused):
    cells, reason = FAULTY[fault]
    put(tmp_path, "0_good", notebook(prose("# Good")))
    put(tmp_path, "1_faulty", notebook(*cells))
    message = refused(tmp_path)
    assert message.startswith("solutions/1_faulty.ipynb: cell ") and message.endswith("Nothing was written.\n")
    assert reason in message and re.search(r"would fit|would\n|needs its END|is empty", message)


def test_all_faulty_masters_are_named_at_once(tmp_path, refused):
    put(tmp_path, "1_a", notebook(code(BEGIN)))
    put(tmp_path, "2_b", notebook(code(END), prose(" ")))
    assert [line.split(",")[0] for line in refused(tmp_path).splitlines()[:-1]] == [
        "solutions/1_a.ipynb: cell 1 (cell-0)",
        "solutions/2_b.ipynb: cell 1 (cell-0)",
        "solutions/2_b.ipynb: cell 2 (cell-1) is empty",
    ]


def test_cells_with_the_same_id_or_none_are_refused(tmp_path, refused):
    master = notebook(prose("# A"), prose("B"), prose("C"))
    master.cells[1].id = "cell-0"
    del master.cells[2]["id"]
    put(tmp_path, "1_a", master)
    message = refused(tmp_path)
    assert "cell 2 (cell-0) needs an id" in message
    assert "cell 3 (no id) needs an id" in message


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not a notebook"),
        ("[]", "is not a notebook"),
        ('{"cells": [{}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "is not a notebook"),
        ('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 2}', "is of format 4.2"),
    ],
)
def test_a_file_that_is_no_notebook_is_refused_in_a_sentence(text, reason, tmp_path, refused):
    put(tmp_path, "1_a", notebook(prose("# A"))).write_text(text, encoding="utf-8")
    assert f"solutions/1_a.ipynb: {reason}" in refused(tmp_path)


# Leaks

LEAKY = {
    "in_prose": prose(f"The answer is `{SECRET}`."),
    "in_prose_spaced_otherwise": prose("The answer is `(softmax(theta)-y)  /  len( theta )`."),
    "in_a_comment": code(f"# {SECRET}", "1"),
    "in_another_cell": code("def other(theta, y):", f"    return {SECRET}"),
    "in_metadata": prose("# A", workbook={"note": SECRET}),
    "in_an_attachment": NotebookNode(prose("# A"), attachments={"note.txt": {"text/plain": SECRET}}),
    "in_raw": new_raw_cell(SECRET),
}


OUTPUTS = {
    "text": new_output("stream", text=f"expected {SECRET}\n"),
    "html": new_output("display_data", {"text/html": "<pre>(<b>softmax</b>(theta) &#45; y) / len(theta)</pre>"}),
    "attribute": new_output("display_data", {"text/html": f'<button data-answer="{SECRET}">Solution</button>'}),
    "latex": new_output("execute_result", {"text/latex": f"${SECRET}$"}),
    "svg": new_output("display_data", {"image/svg+xml": f"<svg><text>{SECRET}</text></svg>"}),
    "json": new_output("display_data", {VERDICT: {"detail": [SECRET]}}),
}
LEAKY |= {f"as_{kind}": NotebookNode(code("hint()"), outputs=[output]) for kind, output in OUTPUTS.items()}


@pytest.mark.parametrize("place", LEAKY)
def test_a_solution_that_can_be_read_elsewhere_in_the_copy_is_refused(place, tmp_path, monkeypatch, refused):
    def show(notebook, folder):
        notebook.cells[-1].outputs = deepcopy(LEAKY[place].outputs)

    monkeypatch.setattr(notebooks, "execute", show)
    put(tmp_path, "1_a", notebook(exercise(f"    return {SECRET}"), deepcopy(LEAKY[place])))
    message = refused(tmp_path)
    assert f"line 4 of cell 1 (cell-0) of the master, 'return {SECRET}'," in message
    assert f"can be read in cell 2 (cell-1){' outputs' * place.startswith('as_')}" in message


@pytest.mark.parametrize("kind", ["code", "markdown"])
def test_the_text_of_a_dropped_cell_may_not_come_back(kind, tmp_path, refused):
    dropped = prose(WORDS, tags=["solution"]) if kind == "markdown" else code(f"y = {SECRET}", tags=["solution"])
    returned = prose(f"In one breath: {WORDS}") if kind == "markdown" else prose(f"`y = {SECRET}`")
    put(tmp_path, "1_a", notebook(dropped, returned))
    assert "line 1 of cell 1 (cell-0) of the master" in refused(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "return x",
        "import numpy as np",
        "# the mean over the rows of the batch",
        "for i in range(len(theta)):",
        '"stays unchanged",',
    ],
)
def test_lines_that_say_nothing_by_themselves_are_no_secrets(line):
    master = notebook(exercise(f"    {line}"), prose(f"Look: {line}"))
    assert list(notebooks.leaks(master, student_copy(master))) == []


def test_a_set_up_line_that_the_reader_is_given_elsewhere_is_no_secret_but_a_whole_answer_is():
    given = code("theta = np.asarray(theta, dtype=float)")
    shared = notebook(exercise("    theta = np.asarray(theta, dtype=float)", f"    return {SECRET}"), given)
    assert list(notebooks.leaks(shared, student_copy(shared))) == []
    whole = notebook(exercise("    theta = np.asarray(theta, dtype=float)"), given)
    assert len(list(notebooks.leaks(whole, student_copy(whole)))) == 1


def test_a_formula_of_a_dropped_explanation_may_be_stated_again_in_a_summary():
    formula = r"$$\frac{\partial J}{\partial\theta} = \hat y - y = \mathrm{softmax}(\theta) - y$$"
    master = notebook(prose(formula, tags=["solution"]), prose("In one breath", "", formula))
    assert list(notebooks.leaks(master, student_copy(master))) == []


# Execution and what is saved


def outputs(root: Path, number: int) -> list:
    return copy_of(root).cells[number].outputs


def test_the_copy_shows_what_its_stubs_do(built):
    assert outputs(built, 2) == []  # gradient() is None
    assert outputs(built, 3)[0].text == "2a_1.shift Ellipsis\n"


def test_the_master_is_executed_too_and_keeps_its_source(built):
    master = load(built / "solutions" / "1_a.ipynb")
    assert master.cells[2].outputs[0].data["text/plain"] == "'the answer'"
    assert BEGIN in master.cells[2].source
    assert len(master.cells) == 10


def test_cells_run_in_the_notebooks_folder_without_touching_anybodys_progress(built):
    assert outputs(built, 1)[0].text == "off\nnotebooks\n"


def test_the_kernel_is_the_interpreter_that_builds(built):
    assert outputs(built, 7)[0].text == sys.executable + "\n"


def test_each_stream_is_saved_in_one_piece(built):
    assert [(output.name, output.text) for output in outputs(built, 6)] == [
        ("stdout", "0\n1\n2\n"),
        ("stderr", "warned\n" * 3),
    ]


def test_widget_views_are_not_saved_and_leave_their_text(built):
    assert outputs(built, 4)[0].data == {"text/plain": "A figure."}
    assert outputs(built, 5) == []


def test_nothing_stray_is_saved(built):
    for folder in ("notebooks", "solutions"):
        text = notebooks.read(built / folder / "1_a.ipynb")
        saved = parse(text)
        assert set(saved.metadata) <= {"kernelspec", "language_info", "workbook"}
        assert saved.metadata.kernelspec.name == "python3"
        assert saved.metadata.language_info == {"name": "python"}
        assert saved.cells[4].metadata == {"tags": ["figure"], "workbook": {"expect": "wrong"}}
        assert saved.cells[4].outputs[0].metadata == {"text/plain": {}}
        for stray in ("scrolled", "collapsed", "iopub", "widget-state", "3.12.1"):
            assert stray not in text


def test_an_output_bears_the_number_of_its_cell():
    result = new_output("execute_result", {"text/plain": "1"}, execution_count=7)
    ran = notebook(prose("# A"), new_code_cell("1", outputs=[result], execution_count=7))
    assert notebooks.clean(ran).cells[1].outputs[0].execution_count == 1


def test_cells_are_numbered_as_by_run_all_and_nbval_finds_the_outputs_it_expects(built):
    counts = [cell.execution_count for cell in notebooks.code_cells(copy_of(built))]
    assert counts == [1, 2, 3, 4, 5, 6, 7]
    assert outputs(built, 4)[0].execution_count == 4
    plugins = ["-p", "no:xdist", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env"]
    nbval = [sys.executable, "-m", "pytest", "-c", os.devnull, *plugins, "notebooks"]
    environment = os.environ | {"WORKBOOK_PROGRESS": "off", "PYTEST_ADDOPTS": ""}
    found = subprocess.run(nbval, cwd=built, env=environment, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


def test_files_are_utf_8_with_line_feeds_and_one_at_the_end(built):
    for data in contents(built).values():
        assert b"\r" not in data
        assert data.endswith(b"}\n")
        assert "−, the sum Σ".encode() in data


@pytest.mark.parametrize(
    ("arguments", "said"), [([], "Nothing has changed.\n"), (["--check"], "notebooks/ is up to date.\n")]
)
def test_where_all_is_well_no_byte_is_changed_and_it_is_said(arguments, said, built, capsys):
    before = contents(built)
    assert main(arguments, built) == 0
    assert capsys.readouterr().out == said
    assert contents(built) == before


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (code("x = 1 / 0", tags=["raises-exception"]), "ZeroDivisionError: division by zero"),
        (code("import time", "time.sleep(100)"), "A cell timed out while it was being executed, after 1 s"),
    ],
)
def test_a_cell_that_fails_or_never_ends_stops_the_build(cell, reason, tmp_path, monkeypatch, refused):
    monkeypatch.setattr(notebooks, "SECONDS_A_CELL", 1)
    put(tmp_path, "1_a", notebook(prose("# A"), cell))
    assert f"notebooks/1_a.ipynb: cell 2 (cell-1) stops: {reason}" in refused(tmp_path)


def test_where_nothing_can_execute_notebooks_the_reason_is_a_sentence(tmp_path, monkeypatch, refused):
    monkeypatch.setitem(sys.modules, "nbclient", None)
    put(tmp_path, "1_a", notebook(prose("# A")))
    assert "cannot be executed without nbclient, which comes with JupyterLab" in refused(tmp_path)


# Pictures


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((40, 50, 3))


def test_a_picture_that_differs_by_rounding_is_the_same_and_one_with_another_digit_is_not():
    first = picture()
    rounded = np.clip(first + 1 / 255, 0, 1)
    digit = first.copy()
    digit[20:28, 20:25] = 0
    assert notebooks.same_picture(png(first), png(rounded))
    assert not notebooks.same_picture(png(first), png(digit))
    assert not notebooks.same_picture(png(first), png(first[:, :-1]))


@pytest.mark.parametrize(("drawn", "kept"), [(np.clip(picture() + 1 / 255, 0, 1), True), (picture(seed=1), False)])
def test_the_stored_picture_is_kept_as_long_as_the_fresh_one_looks_like_it(drawn, kept, tmp_path, monkeypatch):
    def draw(array):
        def execute(notebook, folder):
            notebook.cells[0].outputs = [
                new_output("display_data", {"image/png": png(array), "text/plain": "A figure."})
            ]

        monkeypatch.setattr(notebooks, "execute", execute)
        build(tmp_path, ["1_a"])
        return contents(tmp_path)

    put(tmp_path, "1_a", notebook(code("figure()")))
    assert (draw(picture()) == draw(drawn)) is kept


# What a person wrote is never lost


@pytest.fixture
def answered(tmp_path, no_kernels):
    """A chapter whose copy somebody has worked in."""
    put(tmp_path, "1_a", notebook(prose("# A"), exercise(f"    return {SECRET}")))
    build(tmp_path, ["1_a"])
    path = tmp_path / "notebooks" / "1_a.ipynb"
    notebooks.write(path, notebooks.read(path).replace("...  # your code here", "return y - theta"))
    return tmp_path


def test_a_copy_that_somebody_answered_in_is_named_and_not_overwritten(answered, refused):
    assert "notebooks/1_a.ipynb was changed by hand since it was made; move it away" in refused(answered)
    assert refused(answered, "--check") == "notebooks/1_a.ipynb was changed by hand since it was made\n"


@pytest.mark.parametrize("text", ["", "not a notebook", "{}"])
def test_a_file_that_was_not_made_here_is_not_overwritten(text, answered, refused):
    notebooks.write(answered / "notebooks" / "1_a.ipynb", text)
    refused(answered)


def test_a_copy_that_was_only_run_is_made_anew(answered):
    (answered / "notebooks" / "1_a.ipynb").unlink()
    build(answered, ["1_a"])
    clean = contents(answered)
    run = copy_of(answered)
    run.cells[1].update(execution_count=7, outputs=[new_output("stream", text="answered")])
    run.cells.append(new_code_cell(id="after-the-last"))
    notebooks.write(answered / "notebooks" / "1_a.ipynb", notebooks.dump(run))
    assert main([], answered) == 0
    assert contents(answered) == clean


def test_a_copy_that_was_not_touched_follows_its_master_through_any_number_of_changes(tmp_path, no_kernels):
    for title in ("# One", "# Two", "# Three"):
        put(tmp_path, "1_a", notebook(prose(title)))
        assert main([], tmp_path) == 0
        assert copy_of(tmp_path).cells[0].source == title


def test_a_master_that_is_saved_during_the_build_is_not_overwritten(tmp_path, monkeypatch, capsys):
    path = put(tmp_path, "1_a", notebook(prose("# Before")))
    later = notebooks.dump(notebook(prose("# Saved meanwhile")))

    def execute(notebook, folder):  # of master and copy at once, so two may write
        path.write_text(later, encoding="utf-8")

    monkeypatch.setattr(notebooks, "execute", execute)
    assert main([], tmp_path) == 1
    assert "solutions/1_a.ipynb was saved during the build" in capsys.readouterr().err
    assert notebooks.read(path) == later


def test_nothing_is_deleted_and_check_names_what_has_no_master(tmp_path, no_kernels, refused):
    put(tmp_path, "1_a", notebook(prose("# A")))
    build(tmp_path, ["1_a"])
    for stray in ("0_gone.ipynb", "notes.txt", ".ipynb_checkpoints/1_a-checkpoint.ipynb"):
        path = tmp_path / "notebooks" / stray
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine", encoding="utf-8")
    before = contents(tmp_path)
    assert main([], tmp_path) == 0
    assert contents(tmp_path) == before
    assert refused(tmp_path, "--check").endswith(
        "notebooks/0_gone.ipynb has no master\nnotebooks/notes.txt has no master\n"
    )


# The check


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """A chapter in which each cell of code shows a verdict."""

    def execute(notebook, folder):
        for cell in notebooks.code_cells(notebook):
            cell.outputs = [new_output("display_data", {VERDICT: {"state": "right"}})]

    monkeypatch.setattr(notebooks, "execute", execute)
    put(tmp_path, "1_a", notebook(prose("# A"), exercise(f"    return {SECRET}"), code("figure()")))
    build(tmp_path, ["1_a"])
    return tmp_path


ERROR = new_output("error", ename="E", evalue="", traceback=[])
WIDGET = new_output("display_data", {notebooks.WIDGET_VIEW: {}, "text/plain": "x"})


@pytest.mark.parametrize(
    ("file", "cell", "written", "told"),
    [
        ("solutions", 0, {"source": "# B"}, 'notebooks/1_a.ipynb is out of date: in cell 1 there should be\n    "# B"'),
        ("solutions", 1, {"execution_count": 9}, "solutions/1_a.ipynb is out of date"),
        ("notebooks", 2, {"outputs": []}, "cell 3 (cell-2) shows no verdict"),
        ("notebooks", 2, {"outputs": [ERROR]}, "cell 3 (cell-2) shows an error"),
        ("notebooks", 2, {"outputs": [WIDGET]}, "notebooks/1_a.ipynb is out of date: in cell 3"),
        ("notebooks", 2, {"outputs": [new_output("stream", text=SECRET)]}, "gives a solution away"),
        ("notebooks", 2, {"metadata": {"scrolled": True}}, "is out of date: in cell 3"),
        ("notebooks", None, {"widgets": {}}, "is out of date"),
    ],
)
def test_check_names_the_notebook_and_the_first_difference(file, cell, written, told, shown, refused):
    path = shown / file / "1_a.ipynb"
    changed = load(path)
    (changed.metadata if cell is None else changed.cells[cell]).update(written)
    notebooks.write(path, notebooks.dump(changed))
    report = refused(shown, "--check")
    assert told in report and len(report.splitlines()) <= 8


def test_check_does_not_execute(shown, monkeypatch):
    monkeypatch.delattr(notebooks, "execute")
    assert check(shown, ["1_a"]) == []


def test_check_names_a_copy_that_is_missing(shown, refused):
    (shown / "notebooks" / "1_a.ipynb").unlink()
    assert refused(shown, "--check") == "notebooks/1_a.ipynb is missing\n"


def test_line_endings_that_git_may_have_changed_are_not_a_difference(shown):
    for path in shown.glob("*/1_a.ipynb"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert main(["--check"], shown) == 0


# The command line


@pytest.mark.parametrize("given", ["2_b", "2_b.ipynb", "solutions/2_b.ipynb"])
def test_only_the_chapters_named_are_built(given, tmp_path, no_kernels):
    for chapter in ("1_a", "2_b"):
        put(tmp_path, chapter, notebook(prose("# A")))
    assert main([given], tmp_path) == 0
    assert [path.name for path in (tmp_path / "notebooks").iterdir()] == ["2_b.ipynb"]
    assert main(["--check", given], tmp_path) == 0


@pytest.mark.parametrize(
    ("arguments", "reason"), [(["3_c"], "no master '3_c' among 1_a"), (["--fast"], "unrecognized")]
)
def test_a_wrong_command_line_is_told_what_is_wrong(arguments, reason, tmp_path, capsys):
    put(tmp_path, "1_a", notebook(prose("# A")))
    with pytest.raises(SystemExit) as stop:
        main(arguments, tmp_path)
    assert stop.value.code == 2
    assert reason in capsys.readouterr().err


def test_the_command_explains_itself():
    command = [sys.executable, "-m", "utils.teach.notebooks", "--help"]
    help_text = subprocess.run(command, capture_output=True, text=True, check=True, cwd=notebooks.ROOT).stdout
    assert "--check" in help_text
    assert "never overwritten" in " ".join(help_text.split())


# This repository's own notebooks

MASTERS = sorted(notebooks.ROOT.glob("solutions/[!.]*.ipynb"))
COPIES = sorted(notebooks.ROOT.glob("notebooks/[!.]*.ipynb"))
every_notebook = pytest.mark.parametrize("path", MASTERS + COPIES, ids=lambda path: f"{path.parent.name}/{path.name}")


def verdicts(path: Path):
    """(cell, verdict) of each exercise that a notebook shows."""
    for cell in notebooks.code_cells(load(path)):
        for output in cell.outputs:
            if verdict := output.get("data", {}).get(VERDICT):
                yield cell, verdict


def prose_of(path: Path) -> str:
    return "\n\n".join(cell.source for cell in load(path).cells if cell.cell_type == "markdown")


def text_of(path: Path) -> str:
    """The prose of a notebook, code in it left out."""
    return re.sub(r"```.*?```|`[^`\n]*`", "", prose_of(path), flags=re.DOTALL)


def anchors(path: Path) -> set[str]:
    """What a link into a notebook may name: its headings, as JupyterLab writes them, and explicit ids."""
    prose = prose_of(path)
    headings = re.findall(r"^#{1,6} +(.+?) *#*$", prose, flags=re.MULTILINE)
    return {re.sub(r"[*`_]", "", heading).replace(" ", "-") for heading in headings} | set(
        re.findall(r'id="([^"]+)"', prose)
    )


def links(path: Path) -> list[str]:
    text = text_of(path)
    found = re.findall(r"\]\(<?([^)\s>]+)>?(?: [^)]*)?\)", text) + re.findall(r"""(?:href|src)=["']([^"']+)""", text)
    return [link for link in found if not re.match(r"(https?|mailto|data|attachment):", link)]


def test_there_are_chapters():
    assert MASTERS
    assert [path.name for path in MASTERS] == [path.name for path in COPIES]


def test_the_notebooks_are_exactly_what_the_masters_make(capsys):
    status = main(["--check"])
    assert status == 0, capsys.readouterr()


@every_notebook
def test_verdicts_are_right_in_the_masters_and_not_attempted_in_the_copies(path):
    usual = {"solutions": "right", "notebooks": "not attempted"}[path.parent.name]
    for cell, verdict in verdicts(path):
        wanted = cell.metadata.get("workbook", {}).get("expect", usual)
        assert verdict["state"] == wanted, f"{cell.id}: {verdict}"


@pytest.mark.parametrize("path", MASTERS, ids=lambda path: path.name)
def test_no_line_of_code_is_wider_than_its_cell_on_a_small_screen(path):
    room = 96  # columns that JupyterLab shows in a window of 1280 pixels, beside its file browser
    for cell in notebooks.code_cells(load(path)):
        if cell.source.startswith("%%derivation"):  # LaTeX is long, and stands typeset below
            continue
        for line in cell.source.splitlines():
            assert len(line) <= room, f"{cell.id}: {line}"


@pytest.mark.parametrize("path", MASTERS, ids=lambda path: path.name)
def test_the_copy_asks_what_the_master_asks(path):
    copy = notebooks.ROOT / "notebooks" / path.name
    # A worked explanation may answer an exercise once more, another way.
    asked = [verdict["exercise"] for cell, verdict in verdicts(path) if not notebooks.is_solution(cell)]
    assert asked == [verdict["exercise"] for _, verdict in verdicts(copy)]


def test_every_exercise_of_the_bank_is_asked_in_one_notebook_and_that_is_its_own_chapter():
    from utils.exercises import BANK

    asked = defaultdict(set)
    for path in MASTERS:
        for _, verdict in verdicts(path):
            asked[verdict["exercise"]].add(path.stem)
    assert sorted(asked) == sorted(BANK)
    for exercise_id, chapters in asked.items():
        assert len(chapters) == 1, f"{exercise_id} is asked in {chapters}"
        assert min(chapters).startswith(exercise_id.partition(".")[0] + "_"), exercise_id


@every_notebook
def test_a_notebook_opens_with_its_title_says_its_minutes_and_closes_in_one_breath(path):
    assert load(path).cells[0].source.startswith("# ")
    text = text_of(path)
    assert re.search(r"\d+\s+minutes", text)
    assert re.search(r"^#+ In one breath", text, flags=re.MULTILINE)


@every_notebook
def test_a_notebook_links_to_the_next_one(path):
    names = sorted(each.name for each in path.parent.glob("[!.]*.ipynb"))
    following = dict(pairwise(names)).get(path.name)
    assert following is None or following in {link.partition("#")[0].removeprefix("./") for link in links(path)}


@every_notebook
def test_relative_links_and_anchors_resolve(path):
    for link in links(path):
        file, _, anchor = unquote(link).partition("#")
        target = path.parent / file if file else path
        assert target.exists(), link
        if anchor and target.suffix == ".ipynb":
            assert anchor in anchors(target), link


@every_notebook
def test_a_notebook_loads_nothing_but_its_own_json(path):
    assert "widgets" not in json.loads(notebooks.read(path))["metadata"]
