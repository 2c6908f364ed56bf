"""Marking a class: what is planted is what is marked, and a hostile notebook costs itself and nothing else."""

import io
import json
import os
import signal
import sys
import warnings
import zipfile
from contextlib import closing, nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from tests import returned
from tests.pages import notebook, rows, sections
from tests.returned import CHANCE, HARM, NUMPY, SETUP, function, table
from utils.exercises import BANK, CHAPTERS, chapter_of
from utils.teach.grade import __main__ as command
from utils.teach.grade import own, process, report
from utils.teach.grade.__main__ import main
from utils.teach.grade.marking import Mark, mark
from utils.teach.grade.process import Desk, Stopped
from utils.teach.grade.submission import read, steps

SOLUTIONS = sorted(Path(__file__).resolve().parents[1].glob("solutions/*.ipynb"))
ROW = "2a_1.one_row"
ONE_ROW = function(ROW, "e = np.exp(theta)\nreturn e / e.sum()")
PAGE = list(returned.handed_in())


def the_mark(exercise, *cells):
    return next(m for m in mark(notebook(SETUP, NUMPY, *cells)) if m.exercise == exercise)


@pytest.fixture
def whole():
    """For tests of the command with its pool of processes, and with its picture."""


@pytest.fixture(autouse=True)
def quick(request, monkeypatch):
    """What never ends is stopped soon; the command marks in this process, whose answers' own is begun already."""
    for module in ("marking", "process"):
        monkeypatch.setattr(f"utils.teach.grade.{module}.SECONDS", 1.0)
    if "whole" not in request.fixturenames:

        def in_turn(waiting, asked):
            return ((key, command.mark(cells, asked.seed)) for key, cells in waiting.items())

        monkeypatch.setattr(command, "_each", in_turn)
        monkeypatch.setattr("utils.teach.grade.report.picture", lambda marks, path: None)


# ---- what is read --------------------------------------------------------------------------------------------------


def compare(given, marks):
    """That these are the marks that stand below a notebook of returned.md."""
    found = {m.exercise: m for m in given if m.state != "missing" or m.note}
    assert {id: m.state for id, m in found.items()} == {id: state for id, (state, *_) in marks.items()}
    for id, (_, mistake, words) in marks.items():
        m = found[id]
        assert mistake in ("", m.mistake) and words in m.note
        assert words or not m.note or m.state == "your code stopped"
        assert m.note or m.mistake or m.state != "your code stopped"


@pytest.mark.parametrize(
    "handed",
    [each for each in PAGE if each.section not in (HARM, CHANCE)],
    ids=lambda handed: f"{handed.section}: {handed.heading}",
)
def test_a_notebook_gets_the_marks_that_stand_below_it(handed):
    compare(mark(handed.text), handed.marks)


def test_only_what_answers_need_is_run():
    cells = (
        "import numpy as np\nimport this_is_not_installed",
        "%matplotlib inline\n!touch me\nnp.random.seed(0)",
        "half = 0.5\ndef helper(a):\n    return half * a",
        "figure = slow_figure()",
        "theta = train_for_an_hour()\nfor k in theta:\n    print(k)",
        '@exercise("2a_1.one_row")\ndef f(theta):\n    return helper([np.exp(k) for k in theta])',
        'predict("2a_1.shift", "unchanged")',
        "%%derivation 2a_3.same_index\ny_hat[i] - 1",
    )
    found = steps(read(notebook(*cells)))
    needed, asked = found[:3], [step.exercise for step in found[3:]]
    assert [step.source.split("\n")[0] for step in needed] == ["import numpy as np", "half = 0.5", "def helper(a):"]
    assert asked == [ROW, "2a_1.shift", "2a_3.same_index"]


def test_what_else_stands_in_a_notebook_costs_nothing_whatever_its_characters():
    derivation = f"%%derivation 2a_3.same_index\r\n{BANK['2a_3.same_index'].accepts[0]}".replace("\n", "\r\n")
    odd = "x = " + "+".join("1" * 1000), "!ls\n" * 2_000, "x = " + "-" * 5000 + "1", 'x = "\ud800"', 'x = "\0"'
    wide = "x = (\n" + " " * 300_000 + "y", "#\n" * 200_000 + " " * 300_000 + "%"
    warned = r'x = "\hat y" if (1 is 1) else 0', ONE_ROW.replace("return", 'r = 1 is 1, "\\hat y"\n    return')
    with warnings.catch_warnings(action="error"):
        given = mark(notebook(SETUP, NUMPY, *odd, *wide, derivation, *warned))
    assert {m.exercise for m in given if m.state == "right"} == {"2a_3.same_index", ROW}


def test_a_mark_keeps_the_answer_as_it_was_written_and_what_its_output_told():
    written = ONE_ROW.replace("    e =", "    # so that nothing overflows\n    e   =")
    given = the_mark(ROW, f'# %% {{"exercise": "{ROW}", "state": "wrong"}}\nx = 1\n{written}\ny = 2')
    assert (given.state, given.stored, given.answer) == ("right", "wrong", written)
    assert given.told == BANK[ROW].notice


def test_where_no_copy_is_handed_out_only_an_exercises_own_function_is_told(monkeypatch):
    monkeypatch.setattr(own, "handed_out", lambda chapter: [])
    monkeypatch.setattr(own, "_given", own._given.__wrapped__)  # which keeps what it has found
    both = function(ROW, "return reference.softmax(theta) + reference.one_hot(0, 1)")
    *_, answer = steps(read(notebook("from utils import reference", both)))
    assert own.borrowed(ROW, answer.needs, {}) == ["softmax"]


@pytest.mark.parametrize(("text", "note"), rows("What cannot be read", "returned.md"))
def test_what_is_no_notebook_is_unreadable(text, note):
    assert mark(eval(text, {"notebook": notebook, "ONE_ROW": ONE_ROW})) == [Mark("", "unreadable", note=note)]


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_a_master_gets_full_marks_and_a_copy_that_nobody_touched_is_not_attempted(path):
    """So each exercise is asked in its own chapter, and in no other: what lacks there would be missing."""
    copy, chapter = path.parents[1] / "notebooks" / path.name, next(c for c in CHAPTERS if path.stem.startswith(c))
    asked = [e.id for e in BANK.values() if chapter_of(e.id) == chapter]
    for file, state in ((path, "right"), (copy, "not attempted")):
        marks = mark(file.read_text(encoding="utf-8"))
        assert [(m.exercise, m.state, m.note) for m in marks] == [(id, state, "") for id in asked]
    assert len(CHAPTERS) == len(SOLUTIONS)


# ---- hostile notebooks ---------------------------------------------------------------------------------------------


def test_an_answer_may_plot_and_nobody_looks(monkeypatch):
    for module in ("marking", "process"):
        monkeypatch.setattr(f"utils.teach.grade.{module}.SECONDS", 10)
    body = """\
plt.plot([1, 2])
plt.show()
figure, axes = plt.subplots()
axes.bar([1, 2], [3, 4])
figure.savefig('mine.png')
figure.canvas.draw()
plt.close("all")
e = np.exp(theta)
return e / e.sum()"""
    given = the_mark("2a_1.one_row", "import matplotlib.pyplot as plt", function("2a_1.one_row", body))
    assert (given.state, given.note) == ("right", "")


def test_no_file_is_removed_changed_or_made(tmp_path):
    victim = tmp_path / "thesis.txt"
    victim.write_text("five years of work")
    _, acts = sections("returned.md")["What would change, make or remove a file"]
    names = f"import os, pathlib, shutil\nFOLDER, FILE = {str(tmp_path)!r}, {str(victim)!r}"
    for act in acts.text.splitlines():
        hostile = function("2a_1.softmax", f"{names}\n{act}\nreturn theta")
        given = {m.exercise: m.state for m in mark(notebook(SETUP, NUMPY, hostile, ONE_ROW)) if m.state != "missing"}
        assert given == {"2a_1.softmax": "your code stopped", ROW: "right"}, act
        assert victim.read_text() == "five years of work" and list(tmp_path.iterdir()) == [victim], act


def test_a_process_that_does_not_listen_does_not_hold_up_the_judge():
    """It answers the last call itself, then sleeps; and what comes next is more than fits into a pipe."""
    calls = len(BANK["2a_1.softmax"].inputs(np.random.default_rng(0))) + 1
    fields = {"error": None, "printed": "", "threads": 0}
    body = f"""\
{"x" * 300_000!r}
global calls
calls += 1
y_hat = get("2a_1.softmax").reference(theta)
if calls == {calls}:
    frame = sys._getframe()
    while frame.f_code.co_name != "serve":
        frame = frame.f_back
    there = frame.f_locals
    told = {fields} | {{"token": there["token"], "outcome": [encoded(y_hat), None, "", "", [], [], False, []]}}
    there["replies"].write(json.dumps(told).encode() + b"\\n")
    time.sleep(1000)
return y_hat"""
    needs = "import json, sys, time\nfrom utils.teach.grade.worker import encoded\ncalls = 0"
    given = mark(notebook(SETUP, NUMPY, needs, function("2a_1.softmax", body), ONE_ROW))
    assert {m.exercise: m.state for m in given if m.state != "missing"} == {"2a_1.softmax": "right", ROW: "right"}


# ---- the command ---------------------------------------------------------------------------------------------------


def graded(tmp_path, texts, *arguments, out="marks.csv"):
    """The rows of the marks of {path: text}."""
    assert main([str(returned.hand_in(tmp_path / "in", texts)), "--out", str(tmp_path / out), *arguments]) == 0
    return table(tmp_path / out)


def test_a_class_gets_exactly_the_marks_that_were_planted_and_the_same_with_the_seed_of_the_run(
    tmp_path, capsys, whole, long
):
    sometimes = "e = np.exp(theta)\nreturn e / e.sum() if theta.sum() % 1 < {} else theta"
    lucky = [notebook(SETUP, NUMPY, function(ROW, sometimes.format(n / 20))) for n in range(8, 16)]
    texts, planted = returned.in_groups(returned.the_class(whole=long))
    if long:  # all that the bank knows
        known = {(e.id, mistake.slug) for e in BANK.values() for mistake in getattr(e, "mistakes", ())}
        assert known <= {(id, slug) for marks in planted.values() for id, (_, slug) in marks.items()}
    hidden = {".ipynb_checkpoints/student 000": "not a submission"}
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as where marking runs in the background
    try:
        graded(tmp_path, texts | hidden | {f"lucky {n}": text for n, text in enumerate(lucky)})
    finally:
        signal.signal(signal.SIGINT, interrupt)
    found = returned.as_planted(tmp_path / "marks.csv")
    luck = [found.pop(f"lucky {n}") for n in range(8)]
    assert found == planted
    assert (tmp_path / "marks.png").stat().st_size > 10_000
    assert len(table(tmp_path / "marks_by_student.csv")) == len(planted) + 8
    told = capsys.readouterr()
    assert f"{len(planted) + 8} students, {len(planted) + 6} of them with a notebook that can be read" in told.out
    seed = told.err.split("--seed ")[1].split()[0]
    assert luck == [{m.exercise: (m.state, m.mistake) for m in mark(text, seed)} for text in lucky]


def test_of_several_attempts_the_better_counts_and_never_their_sum(tmp_path):
    first = [Mark("2a_1.softmax", "right"), Mark(ROW, "missing"), Mark("2a_1.log_softmax", "wrong", "sign")]
    again = [Mark("2a_1.softmax", "wrong"), Mark(ROW, "right", "", "calls the workbook's own softmax")]
    third = [Mark(ROW, "right"), Mark("2a_1.log_softmax", "not attempted"), Mark("2a_1.softmax", "right")]
    broken = [Mark("", "unreadable", note="the file is empty")]
    by_notebook = {"a": first, "b": again, "c": third, "d": broken}
    (given,) = report.gathered(by_notebook, dict.fromkeys(by_notebook, "Anna")).values()
    best = {m.exercise: (m.state, m.note, m.notebook) for m in given}
    assert best == {
        "": ("unreadable", "the file is empty", "d"),
        ROW: ("right", "", "c"),
        "2a_1.softmax": ("right", "", "a"),
        "2a_1.log_softmax": ("wrong", "", "a"),
    }
    report.write(tmp_path / "students.csv", *report.tables({"Anna": given})["by_student"])
    (row,) = table(tmp_path / "students.csv")
    assert (row["right"], row["of"]) == ("2", "3")
    assert report.states({"Anna": given})["2a_1.softmax"].total() == 1


LOTS = function(  # its error names what it was tried on
    ROW,
    "if len(theta) > 3:\n    raise ValueError(theta.sum())\nreturn np.exp(theta) / np.exp(theta).sum()",
)


def test_the_seed_gives_the_same_inputs_again_and_no_other_seed_does():
    def tried(code, seed):
        return next(m.note for m in mark(notebook(SETUP, NUMPY, code), seed) if m.state != "missing")

    assert tried(LOTS, "a") == tried(LOTS, "a")
    assert len({tried(LOTS, seed) for seed in "abcdefgh"}) == 8, "whoever does not know the seed cannot prepare"
    assert len({tried(f"{LOTS}  # {n}", "a") for n in range(2)}) == 1, "comments are no code"
    assert tried(LOTS, "a") != tried(LOTS.replace("theta.sum()", "0 + theta.sum()"), "a"), "nor can he try his luck"
    run = json.loads(notebook(SETUP, NUMPY, LOTS))
    run["cells"][2] |= {"execution_count": 7, "outputs": [{"output_type": "stream", "name": "stdout", "text": "1"}]}
    assert mark(json.dumps(run), "a") == mark(notebook(SETUP, NUMPY, LOTS), "a"), "and outputs do not matter"


def test_what_an_answer_leaves_to_chance_is_the_same_at_every_run(long):
    """And so, at length, is what has to be stopped."""
    asked = [each for each in PAGE if each.section == CHANCE or (long and each.section == HARM)]

    def given():
        process._nursery.cache_clear()  # the process that answers are forked from is another one, too
        return [mark(each.text) for each in asked]

    first = given()
    assert all(given() == first for _ in range(49 if long else 1))
    for each, marks in zip(asked, first, strict=True):
        compare(marks, each.marks)


def test_to_end_a_process_may_be_interrupted(monkeypatch):
    """The desk goes on with a new one, and never with the one that is being ended."""
    kill = psutil.Process.kill

    def interrupted(self):
        kill(self)
        raise KeyboardInterrupt

    with closing(Desk()) as desk:
        desk.keep("run", "x = 1")
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(psutil.Process, "kill", interrupted)
            desk.close()
        assert desk.ask("value", "x")["value"] == "1"


@pytest.mark.skipif(not process.LINUX, reason="elsewhere it cannot be seen who is held up")
@pytest.mark.parametrize(("seen", "seconds", "what"), rows("What a process is charged with", "returned.md"))
def test_the_time_in_which_others_hold_up_a_process_is_not_its_own(seen, seconds, what, monkeypatch):
    waited, worked, status, came = eval(seen)
    with closing(Desk()) as desk, monkeypatch.context() as patch:
        desk.ask("run", "")
        times = SimpleNamespace(user=desk._worked + worked, system=0.0)
        seen = SimpleNamespace(cpu_times=lambda: times, status=lambda: status, oneshot=nullcontext)
        patch.setattr(desk, "_worker", seen)
        assert desk._charged(waited, came) == pytest.approx(float(seconds))


def test_a_process_that_cannot_be_begun_is_no_fault_of_the_answer(monkeypatch):
    monkeypatch.setattr(Desk, "_told", lambda *_, **__: (_ for _ in ()).throw(Stopped("too late")))
    for cells in ([], [NUMPY]):
        given = next(m for m in mark(notebook(SETUP, *cells, ONE_ROW)) if m.state != "missing")
        assert given.state in ("checker fault", "unreadable") and "no process could be begun" in given.note


def test_names_do_not_matter_nor_the_characters_of_the_console_and_one_bad_file_costs_itself(tmp_path, monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr("sys.stdout", console)
    raised = 'predict("2a_1.shift", (_ for _ in ()).throw(ValueError("\\ud800")))'
    names = {
        "Müller, Jörg (late) v2": notebook(SETUP, NUMPY, ONE_ROW),
        "דנה כהן": notebook(SETUP, NUMPY, ONE_ROW),
        "=cmd|calc/a": "garbage",
        "deep/er/x": "",
        "binary": bytes(range(256)),
        "deep/SHOUTED.IPYNB": notebook(SETUP, raised),
    }
    if sys.platform == "linux":
        names[os.fsdecode(b"M\xfcller")] = ""
    graded(tmp_path, names)
    assert state_of(tmp_path / "marks.csv") == {
        "Müller, Jörg": "right",
        "דנה כהן": "right",
        "'=cmd|calc/a": "unreadable",
        "deep/er/x": "unreadable",
        "binary": "unreadable",
        "deep/SHOUTED": "missing",
    } | ({r"M\xfcller": "unreadable"} if sys.platform == "linux" else {})
    console.flush()
    assert b"3 of them with a notebook that can be read" in console.buffer.getvalue()


def state_of(path):
    return {row["student"]: row["state"] for row in table(path) if row["exercise"] in ("", ROW)}


def test_a_notebook_is_read_whatever_its_encoding_its_line_ends_and_its_ending(tmp_path):
    text = notebook(SETUP, NUMPY, ONE_ROW)
    cells = [{"cell_type": "code", "input": source, "outputs": []} for source in (SETUP, NUMPY, ONE_ROW)]
    third = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells, "metadata": {}}]}
    files = {
        "of the third format.ipynb": json.dumps(third).encode(),
        "bom.ipynb": b"\xef\xbb\xbf" + text.replace(": ", ":\r\n").encode(),
        "utf16.ipynb": text.encode("utf-16"),
        "saved by a browser.ipynb.txt": text.encode(),
        "SHOUTED.IPYNB": text.encode(),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    found = [[(cell.kind, cell.source) for cell in cells] for _, cells in command.returned(tmp_path)]
    assert found == [[("code", source) for source in (SETUP, NUMPY, ONE_ROW)]] * len(files)


def test_outputs_cost_nothing_and_what_is_too_large_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("utils.teach.grade.folder.LARGEST", 4 << 20)
    monkeypatch.setattr("utils.teach.grade.submission.PLAIN", 1 << 20)
    right = json.loads(notebook(SETUP, NUMPY, ONE_ROW))
    picture = {"output_type": "display_data", "data": {"image/png": "A" * (1 << 20) + "\n"}, "metadata": {}}
    printed = {"output_type": "stream", "name": "stdout", "text": ["epoch 7\n"] * 150_000}  # 2 MB
    right["cells"][0]["outputs"] = [picture, printed]
    many = notebook("#" * (1 << 20))
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in" / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.ipynb", "0" * (5 << 20))
    given = graded(tmp_path, {"outputs": json.dumps(right), "many": many, "huge": bytes(5 << 20)})
    found = {row["student"]: row for row in given if row["exercise"] in ("", ROW)}
    assert found["outputs"]["state"] == "right"
    for name, words in (("many", "1 MB besides"), ("huge", "has 5 MB"), ("bomb/a", "has 5 MB")):
        assert found[name]["state"] == "unreadable" and words in found[name]["note"]


def ends(cells, seed):
    """Marks, but for one notebook, at which it comes to an end."""
    return os._exit(1) if "fatal" in repr(cells) else mark(cells, seed)


def test_a_notebook_that_ends_its_judge_costs_itself(tmp_path, monkeypatch, whole):
    monkeypatch.setattr("utils.teach.grade.__main__.mark", ends)
    texts = {"a": notebook(NUMPY, ONE_ROW), "b": notebook(SETUP, "fatal = 1"), "c": notebook(NUMPY, ONE_ROW, "1")}
    graded(tmp_path, texts, "--jobs", "1")
    assert state_of(tmp_path / "marks.csv") == {"a": "right", "b": "unreadable", "c": "right"}


def test_the_summary_puts_first_what_stops_the_class():
    marks = {
        "a": [Mark("2a_1.softmax", "right"), Mark("2a_1.log_softmax", "wrong", "overflow")],
        "b": [Mark("2a_1.softmax", "wrong", "sign"), Mark("2a_1.log_softmax", "wrong", "overflow")],
        "c": [Mark("", "unreadable", note="the file is empty")],
    }
    told = report.summary(marks)
    assert told.index("2a_1.log_softmax") < told.index("2a_1.softmax ")
    assert "2  2a_1.log_softmax: overflow" in told and "0%" in told and "50%" in told
    assert report.unreadable(marks) == (["c: the file is empty"], [])


def test_the_summary_tells_what_is_worth_a_look(tmp_path):
    own, odd = "calls the workbook's own softmax", "an exercise is asked whose id cannot be read: ask(IDS[0])"
    marks = {
        "a": [Mark(ROW, "right", note=own), Mark("2a_1.softmax", "right", note=own)],
        "b": [Mark(ROW, "right"), Mark("2a_1.softmax", "missing", note=odd)],
    } | {f"c{i:02}": [Mark("2a_1.softmax", "right", note=own)] for i in range(20)}
    told = report.summary(marks).partition("Worth a look")[2]
    assert f"a: {own} (2a_1.one_row, 2a_1.softmax)" in told and f"b: {odd} (2a_1.softmax)" in told
    assert "and 10 more" in told and "c19" not in told
    report.write(tmp_path / "look.csv", *report.tables(marks)["look"])
    assert len(table(tmp_path / "look.csv")) == 23
    assert "Worth a look" not in report.summary({"a": [Mark("2a_1.softmax", "right")]})


@pytest.mark.parametrize(("state", "stored", "note", "why"), rows("What is worth a look", "returned.md"))
def test_a_mark_that_differs_from_what_the_student_saw_is_worth_a_look(state, stored, note, why):
    looks = report.worth_a_look({"a": [Mark("2a_1.softmax", state, note=note, stored=stored)]})
    assert [why in said for _, _, said in looks] == ([True] if why else [])
