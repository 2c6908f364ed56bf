"""Marking a class: what is planted is what is marked, and a hostile notebook costs itself and nothing else."""

import importlib
import io
import json
import os
import sys
import zipfile
from contextlib import closing, nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from tests.returned import (
    SETUP,
    as_planted,
    function,
    hand_in,
    in_groups,
    notebook,
    submission,
    table,
    the_class,
    with_record,
)
from utils.exercises import BANK, Sheet
from utils.teach.grade import __main__ as command
from utils.teach.grade import process, report
from utils.teach.grade.__main__ import main
from utils.teach.grade.marking import Desk, Mark, mark, marks_of
from utils.teach.grade.process import Process, Stopped
from utils.teach.grade.submission import Function, Statement, Value, read, steps

SOLUTIONS = sorted(Path(__file__).resolve().parents[1].glob("solutions/*.ipynb"))
SOFTMAX = [e for e in BANK.values() if e.id.startswith("2a_1.")]

ONE_ROW = function("2a_1.one_row", "e = np.exp(theta)\nreturn e / e.sum()")
LSE = function(
    "2a_1.log_sum_exp",
    "m = theta.max(axis=-1, keepdims=True)\nreturn np.squeeze(m, -1) + np.log(np.exp(theta - m).sum(-1))",
)
NUMPY = "import numpy as np"


def the_mark(exercise, *cells):
    return next(m for m in mark(notebook(SETUP, NUMPY, *cells)) if m.exercise == exercise)


def states(*cells):
    """{exercise: state} of a notebook with these cells, without what is missing in it. What stopped says why."""
    given = mark(notebook(SETUP, NUMPY, *cells))
    assert all(m.note or m.mistake for m in given if m.state == "your code stopped")
    return {m.exercise: m.state for m in given if m.state != "missing"}


# ---- what is read --------------------------------------------------------------------------------------------------


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
    assert [type(step) for step in found] == [Statement, Statement, Statement, Function, Value, Value]
    assert [step.source.split("\n")[0] for step in found[:3]] == ["import numpy as np", "half = 0.5", "def helper(a):"]


def total(more=""):
    return f"def total(a):\n    return a.sum(){more}"


DEF = "def f(theta):\n    e = np.exp(theta)\n    return e / e.sum()"
ASKED = '@exercise("2a_1.{}")\ndef softmax(theta){}\n    return theta'
BY_TOTAL = function("2a_1.one_row", "e = np.exp(theta)\nreturn e / total(e)")
ALL_WRONG = function("2a_1.one_row", "return theta")
SHIFT = 'predict("2a_1.shift", {})'
LINES = f"%%derivation 2a_3.same_index\n{BANK['2a_3.same_index'].accepts[0]}"
ROW, RIGHT, STOPPED = "2a_1.one_row", {"2a_1.one_row": "right"}, "your code stopped"
NEEDS_NUMPY = function("2a_1.softmax", "return np.exp(theta)"), NUMPY, LSE
STOPS = {"2a_1.softmax": STOPPED, "2a_1.log_sum_exp": "right"}
SHOUT = """\
import os
for fd in range(3, 30):
    try:
        os.write(fd, b'{"value": 1}\\n')
    except OSError:
        pass
return theta"""


def forged(line):
    """Cells of which the last is wrong, after somebody has forged what it is judged with, here and in the answer."""
    needs = "import numpy as np\nfrom utils.exercises import Exercise, Verdict\nfrom utils.judge.code import calls"
    return [f"{needs}\n{line}\nhelper = 0", function("2a_1.softmax", f"helper\n{line}\nreturn theta")]


STATES = {  # cells, and the states of what is not missing in them
    "a name means what it meant above": ([total(" + 1"), total(), BY_TOTAL, total(" + 1")], RIGHT),
    "or what it meant wrongly": ([total(), total(" + 1"), BY_TOTAL, total()], {ROW: "wrong"}),
    "and not what it means below": ([BY_TOTAL, total()], {ROW: STOPPED}),
    "the reference stands in for what is wrong above": (
        [ASKED.format("softmax", ":"), function("2a_1.temperature", "return softmax(theta / T)")],
        {"2a_1.softmax": "wrong", "2a_1.temperature": "right"},
    ),
    "and for what never ends": (
        [ASKED.format("softmax", ":\n    while True: pass"), function("2a_1.temperature", "return softmax(theta / T)")],
        {"2a_1.softmax": STOPPED, "2a_1.temperature": "right"},
    ),
    "of two answers the better counts": ([ONE_ROW, ALL_WRONG], RIGHT),
    "whichever came first": ([ALL_WRONG, ONE_ROW], RIGHT),
    "of two choices the last": ([SHIFT.format('"unchanged"'), SHIFT.format('"larger"')], {"2a_1.shift": "wrong"}),
    "unless that is left open": ([SHIFT.format('"unchanged"'), SHIFT.format("...")], {"2a_1.shift": "right"}),
    "what Python cannot read": ([ASKED.format("softmax", ""), ONE_ROW], RIGHT | {"2a_1.softmax": STOPPED}),
    "what is commented out": ([ONE_ROW, "# " + LSE.replace("\n", "\n# ")], RIGHT),
    "a derivation below a comment": ([f"# mine\n{LINES}"], {"2a_3.same_index": "right"}),
    "with the line ends of Windows": ([LINES.replace("\n", "\r\n")], {"2a_3.same_index": "right"}),
    "with a tab": ([LINES.replace(" ", "\t", 1)], {"2a_3.same_index": "right"}),
    "a demonstration": ([ONE_ROW, f'@exercise("2a_1.softmax", record=False)\n{DEF}'], RIGHT),
    "or shortly": ([ONE_ROW, f'@exercise("2a_1.softmax", False)\n{DEF}'], RIGHT),
    "a derivation that is shown": (["%%derivation 2a_3.same_index record=False\ny_hat[i]", ONE_ROW], RIGHT),
    "a long sum": (["x = " + "+".join("1" * 1000), ONE_ROW], RIGHT),
    "many commands": (["!ls\n" * 2_000, ONE_ROW], RIGHT),
    "deep": (["x = " + "-" * 5000 + "1", ONE_ROW], RIGHT),
    "no text": (['x = "\ud800"', ONE_ROW], RIGHT),
    "null": (['x = "\0"', ONE_ROW], RIGHT),
    "wide": (["x = (\n" + " " * 300_000 + "y", ONE_ROW], RIGHT),
    "many comments": (["#\n" * 200_000 + " " * 300_000 + "%", ONE_ROW], RIGHT),
    "an endless statement": (["while True: np = 1", *NEEDS_NUMPY], STOPS),
    "a statement that exits": (["import os; np = os._exit(1)", *NEEDS_NUMPY], STOPS),
    "a statement that stops": (["np = 1 / 0", *NEEDS_NUMPY], STOPS),
    "a statement that fills the memory": (["np = [0] * 10**14", *NEEDS_NUMPY], STOPS),
    "replies forged": ([function("2a_1.softmax", SHOUT), LSE], STOPS),
    "the question forged": (forged("def exercise(id):\n    return lambda f: f"), {"2a_1.softmax": "wrong"}),
    "the check forged": (
        forged("Exercise.check = lambda self, answer, rng=None: Verdict(self.id, 'right', '')"),
        {"2a_1.softmax": "wrong"},
    ),
    "the comparison forged": (forged("calls.agree = lambda *_: True"), {"2a_1.softmax": "wrong"}),
    "NumPy forged": (forged("np.isclose = lambda *_, **__: np.array(True)"), {"2a_1.softmax": "wrong"}),
}


IN_A_BLOCK = DEF.replace("\n", "\n    ")
ASKS = f'@exercise("{ROW}")\n{DEF}'
HELP = """\
from numpy import *
if True:
    import numpy as npy
def shares(f):
    return lambda theta: f(theta) / f(theta).sum()
def sum(a, start):
    return a.sum() + start"""
WAYS = {  # to ask an exercise
    "by name": f'@exercise(id="{ROW}", record=True)\n{DEF}',
    "among commands": f"!ls\n%matplotlib inline\nfiles = !ls\nt = %timeit -o 1\n{ASKS}\nf?",
    "magics in a row below a comment": f"# mine\n\n%%time\n%%capture out\n{ASKS}",
    "import *": f'@exercise("{ROW}")\ndef f(theta):\n    return exp(theta) / exp(theta).sum()',
    "import in a block": f'@exercise("{ROW}")\ndef f(theta):\n    return npy.exp(theta) / npy.exp(theta).sum()',
    "another decorator below": f'@exercise("{ROW}")\n@shares\ndef f(theta):\n    return np.exp(theta)',
    "a builtin's name": f'@exercise("{ROW}")\ndef f(theta):\n    return np.exp(theta) / sum(np.exp(theta), 0.0)',
    "a counter": f"calls = 0\n{ASKS.replace('e =', 'global calls; calls += 1; e =')}",
    "imported as": f'from utils import exercise as ask\n@ask("{ROW}")\n{DEF}',
    "from its module": f'import utils.panels.verdict as v\n@v.exercise("{ROW}")\n{DEF}',
    "under a name of one's own": f'import utils\nask = utils.exercise\n@ask("{ROW}")\n{DEF}',
    "a name for the id": f'ID = "{ROW}"\n@exercise(ID)\n{DEF}',
    "called on a function": f'{DEF}\nexercise("{ROW}")(f)',
    "called on a lambda": f'f = exercise("{ROW}")(lambda theta: np.exp(theta) / np.exp(theta).sum())',
    "pylab": f"%pylab inline\n{ASKS.replace('np.', '')}",
    "indented": f"  {ASKS}".replace("\n", "\n  "),
    "the import of a figure beside it": "from utils import logits_figure, reference\n"
    + ASKS.replace("e.sum()", "reference.one_hot(0, 1) / e.sum()"),
    "a class": "class Layer:\n    def __call__(self, theta):\n        return shares(np.exp)(theta)\n"
    f'layer = Layer()\n@exercise("{ROW}")\ndef f(theta):\n    return layer(theta)',
    "a list that grew": f"parts = []\nparts.append(np.exp)\n{ASKS.replace('np.exp', 'parts[0]')}",
}
NOT_FOLLOWED = {  # but said, and not missing
    "in a list": f'one_row = [exercise("{ROW}")(lambda theta: theta)]\n{DEF}',
    "below an unknown magic": f"%%memit\n{ASKS}",
    "in a block": f'with np.errstate():\n    @exercise("{ROW}")\n    {IN_A_BLOCK}',
    "asynchronous": f'@exercise("{ROW}")\nasync {DEF}',
    "a result that is kept": f'chosen = predict("{ROW}", "a")',
    "an open bracket": f'predict("{ROW}", "a"',
}
STATES |= {name: ([HELP, cell], RIGHT) for name, cell in WAYS.items()}
STATES |= {name: ([cell], {ROW: STOPPED}) for name, cell in NOT_FOLLOWED.items()}


@pytest.mark.parametrize(("cells", "marked"), STATES.values(), ids=STATES)
def test_which_answer_counts_and_what_it_costs(cells, marked):
    assert states(*cells) == marked


UNREADABLE = {
    "": "the file is empty",
    "  \n": "the file is empty",
    "not json": "the file is not JSON",
    "[" * 100_000: "the file is not JSON",
    "[]": "the file is JSON, but not a notebook",
    '{"cells": 3}': "the file is JSON, but not a notebook",
    '{"cells": ["' + '","' * 4_000_000: "it is made of more parts than any notebook",
    notebook("x = 1"): "no exercise of the workbook is in it",
    notebook("1\n" * 1_000_000, ONE_ROW): "it holds more code than anybody writes",
}


@pytest.mark.parametrize(("text", "note"), UNREADABLE.items(), ids=range(len(UNREADABLE)))
def test_what_is_no_notebook_is_unreadable(text, note):
    assert mark(text) == [Mark("", "unreadable", note=note)]


UNREAD = {  # ids, and what is said of them
    f'NAME = "one_row"\n@exercise(f"2a_1.{{NAME}}")\n{DEF}': "2a_1.{",
    f"from utils import exercise as ask\n@ask(IDS[0])\n{DEF}": "ask(IDS[0])",
    f'import utils as u\nID = "{ROW}"\nID = ID.lower()\n@u.exercise(ID)\n{DEF}': "u.exercise(ID)",
    f'@exercise("2a_1.onerow")\n{DEF}': "no exercise '2a_1.onerow'",
}


@pytest.mark.parametrize(("cell", "words"), UNREAD.items())
def test_an_exercise_whose_id_cannot_be_read_is_told_beside_what_is_not_answered(cell, words):
    untouched = '@exercise("2a_1.one_row")\ndef f(theta):\n    ...'
    for cells, state in (((cell,), "missing"), ((untouched, cell), "not attempted")):
        notes = {m.exercise: (m.state, m.note) for m in mark(notebook(SETUP, NUMPY, LSE, *cells))}
        assert notes["2a_1.one_row"][0] == state and words in notes["2a_1.one_row"][1]
        assert notes["2a_1.log_sum_exp"] == ("right", "")
    (given,) = mark(notebook(SETUP, NUMPY, cell))
    assert given.state == "unreadable" and words in given.note


@pytest.mark.parametrize(
    "line",
    ["model.predict(theta)", "def predict(x):\n    return x\npredict(theta)", "predict = max\npredict('a', 'b')"],
)
def test_a_function_of_the_students_own_that_bears_the_name_of_ours_asks_nothing(line):
    assert {m.note for m in mark(notebook(SETUP, NUMPY, ONE_ROW, line))} == {""}


def test_the_note_says_what_stopped_an_answer():
    cells = "from not_installed import softmax", function("2a_1.one_row", "return softmax(theta)")
    note = the_mark("2a_1.one_row", *cells).note
    assert "name 'softmax' is not defined" in note and "No module named 'not_installed'" in note
    hidden = function("2a_1.one_row", "raise KeyError(object())")
    assert " at 0x" not in the_mark("2a_1.one_row", hidden).note


def test_a_notebook_of_the_third_format_is_read():
    cells = [{"cell_type": "code", "input": source, "outputs": []} for source in (SETUP, NUMPY, ONE_ROW)]
    third = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells, "metadata": {}}]}
    assert {m.exercise: m.state for m in mark(json.dumps(third))}["2a_1.one_row"] == "right"


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_a_master_gets_full_marks_and_a_copy_that_nobody_touched_is_not_attempted(path):
    copy = path.parents[1] / "notebooks" / path.name
    for file, state in ((path, "right"), (copy, "not attempted")):
        assert {(m.state, m.note) for m in mark(file.read_text(encoding="utf-8"))} == {(state, "")}


# ---- the workbook's own functions ----------------------------------------------------------------------------------

BORROWED = {  # answers to 2a_1.one_row, below an import of softmax
    "renamed": "mine = softmax\nhelper = mine",
    "from the bank": 'helper = get("2a_1.one_row").reference',
    "another right one of the bank": 'helper = get("2a_1.one_row").accepts[0]',
    "by a name put together": 'from utils import reference\nhelper = getattr(reference, "soft" + "max")',
    "in a class": "class Layer:\n    __call__ = staticmethod(softmax)\nhelper = Layer()",
    "in a dict, partly": "from functools import partial\n"
    'table = {"f": partial(softmax)}\nhelper = lambda theta: table["f"](theta)',
    "in a pool": "from concurrent.futures import ThreadPoolExecutor\n"
    "pool = ThreadPoolExecutor(1)\nhelper = lambda theta: pool.submit(softmax, theta).result()",
    "in a thread without a class": "import _thread, time\n"
    "def helper(theta):\n    found = []\n    _thread.start_new_thread(lambda: found.append(softmax(theta)), ())\n"
    "    while not found:\n        time.sleep(0.001)\n    return found[0]",
    "unwatched": "import sys, threading\n"
    "def helper(theta):\n    sys.setprofile(None)\n    threading.setprofile(None)\n    return softmax(theta)",
    "as a copy of another name": "from types import FunctionType\n"
    'helper = FunctionType(softmax.__code__.replace(co_name="mine"), softmax.__globals__)',
}
KEPT = {
    "a table": "from utils.reference import one_hot\ntable = one_hot(range(100), 100)",
    "a dict that grew": "from utils.reference import one_hot\ntable = {}\nfor k in range(100):\n"
    "    table[k] = one_hot(k, 100)\ntable = np.array([table[k] for k in range(100)])",
    "by a helper": "from utils.reference import one_hot\ndef made(n):\n    return one_hot(range(n), n)\n"
    "first = made(100)\ntable = first.copy()",
    "in a class": "from utils.reference import one_hot\n"
    "class Rows:\n    all = one_hot(range(100), 100)\ntable = Rows.all",
}


def notes(*cells):
    return {m.exercise: m.note for m in mark(notebook(SETUP, NUMPY, *cells)) if m.state == "right"}


@pytest.mark.parametrize("cell", BORROWED.values(), ids=BORROWED)
def test_an_answer_that_calls_the_workbooks_own_is_right_and_told(cell):
    softmax = "from utils.reference import softmax"
    (told,) = notes(softmax, cell, function("2a_1.one_row", "return helper(theta)")).values()
    assert told == f"calls the workbook's own {'2a_1.one_row' if 'accepts' in cell else 'softmax'}"


@pytest.mark.parametrize("cell", KEPT.values(), ids=KEPT)
@pytest.mark.parametrize("answer", ["return table[labels][:, :K]", "return rows(labels, K)"])
def test_an_answer_that_keeps_what_the_workbooks_own_gave_is_right_and_told(cell, answer):
    rows = "def rows(labels, K):\n    return table[labels][:, :K]"
    (told,) = notes(cell, rows, function("00.one_hot", answer)).values()
    assert told == "keeps from a cell above what the workbook's own one_hot gave"


IMPORTS = "from utils.reference import complex_step, cross_entropy_from_logits, forward"
FORMULA = next(i for i, m in enumerate(BANK["3_3.step"].mistakes) if m.slug == "changed-arguments")
OWN = function(ROW, f'return get("{ROW}").reference(theta)')
NOTES = {  # cells, and what is noted of the right answers in them
    "what is made anew": (
        [KEPT["a table"], "table = np.eye(100)", function("00.one_hot", "return table[labels][:, :K]")],
        {"00.one_hot": ""},
    ),
    "what only has the same name": (
        [KEPT["a table"], function("00.one_hot", "table = np.eye(K)\nreturn table[labels]")],
        {"00.one_hot": ""},
    ),
    "a mistake of the bank whose values are right": (
        [function("3_3.step", f'return get("3_3.step").mistakes[{FORMULA}].formula(parameter.copy(), gradient, rate)')],
        {"3_3.step": "calls the workbook's own mistakes of 3_3.step"},
    ),
    "what its notebook does not give, though that is no answer by itself": (
        [
            IMPORTS,
            function("2a_3.gradient", "return complex_step(lambda t: cross_entropy_from_logits(t, y), theta, 1e-200)"),
            function("2b_2.hidden", "return forward(x, W1, b1, np.zeros((len(b1), 2)), np.zeros(2))[:2]"),
        ],
        {"2a_3.gradient": "calls the workbook's own complex_step", "2b_2.hidden": "calls the workbook's own forward"},
    ),
    "what stands in for an answer above": (
        [
            '@exercise("2a_1.log_sum_exp")\ndef lse(theta):\n    return theta',
            function("2a_1.log_softmax", "return theta - lse(theta)[..., np.newaxis]"),
        ],
        {"2a_1.log_softmax": ""},
    ),
    "of two right answers the one of ones own counts": ([ONE_ROW, OWN], {ROW: ""}),
    "whichever of them came first": ([OWN, ONE_ROW], {ROW: ""}),
}


@pytest.mark.parametrize(("cells", "noted"), NOTES.values(), ids=NOTES)
def test_only_what_is_not_ones_own_is_noted(cells, noted):
    assert notes(*cells) == noted


# ---- hostile notebooks ---------------------------------------------------------------------------------------------


def test_an_answer_may_plot_and_nobody_looks(monkeypatch):
    monkeypatch.setattr("utils.teach.grade.marking.SECONDS", 10)
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
    for act in (
        f"os.remove({str(victim)!r})",
        f"os.rename({str(victim)!r}, {str(tmp_path / 'gone')!r})",
        f"shutil.rmtree({str(tmp_path)!r})",
        f"os.truncate({str(victim)!r}, 0)",
        f"open({str(victim)!r}, 'w').write('')",
        f"np.save({str(tmp_path / 'new')!r}, theta)",
        f"os.close(os.open({str(tmp_path / 'new')!r}, os.O_CREAT))",
        f"os.chmod({str(victim)!r}, 0)",
        f"pathlib.Path({str(victim)!r}).unlink()",
        f"os.symlink({str(victim)!r}, 'mine') or open('mine', 'w').close()",
        "open('mine', 'w').close()",
        f"import __main__; __main__.FORBIDDEN = ('no',); os.remove({str(victim)!r})",
        f"import __main__; __main__.WRITING = 0; open({str(victim)!r}, 'w').close()",
        f"os.path.realpath = lambda path: os.getcwd(); open({str(victim)!r}, 'w').close()",
        f"os.mkdir('new', dir_fd=os.open({str(tmp_path)!r}, os.O_RDONLY))",
        f"os.mkfifo({str(tmp_path / 'new')!r})",
        f"import _posixsubprocess as p; p.fork_exec([b'/bin/rm'], [b'/bin/rm', {os.fsencode(victim)!r}])",
        "os.write(os.memfd_create('a'), b'x')",
        "import signal; signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 9)",
    ):
        hostile = function("2a_1.softmax", f"import os, pathlib, shutil\n{act}\nreturn theta")
        assert states(hostile, LSE) == {"2a_1.softmax": "your code stopped", "2a_1.log_sum_exp": "right"}, act
        assert victim.read_text() == "five years of work" and list(tmp_path.iterdir()) == [victim], act


SHEET = next(e for e in BANK.values() if isinstance(e, Sheet))
WRONG = next(option.slug for option in BANK["2a_1.shift"].options if option.slug != "unchanged")
OPEN = SHIFT.format("...")
PRESSED = [  # a cell, an answer that was pressed below it, and the mark; the verdict beside it is always forged
    (OPEN, "2a_1.shift", "unchanged", ("right", "")),
    (OPEN, "2a_1.shift", WRONG, ("wrong", WRONG)),
    (SHIFT.format("None"), "2a_1.shift", "unchanged", ("right", "")),
    (f'fill_in("{SHEET.id}", ...)', SHEET.id, SHEET.solution, ("right", "")),
    # Which came last cannot be told, for a cell may be written over and not run again: the better counts.
    (SHIFT.format('"unchanged"'), "2a_1.shift", "nan", ("right", "")),
    (SHIFT.format('"larger"'), "2a_1.shift", "unchanged", ("right", "")),
    (function("2a_1.softmax", "return theta"), "2a_1.softmax", None, ("wrong", "")),
]


@pytest.mark.parametrize(("source", "exercise", "answer", "marked"), PRESSED)
def test_an_answer_that_was_pressed_is_handed_in_and_no_stored_verdict_is_believed(source, exercise, answer, marked):
    record = {"exercise": exercise, "state": "right", "mistake": None, "answer": answer}
    given = {m.exercise: m for m in mark(with_record(notebook(SETUP, source), 1, record))}[exercise]
    assert (given.state, given.mistake, given.stored) == (*marked, "right")


def test_a_process_that_does_not_listen_does_not_hold_up_the_judge():
    """It answers the last call itself, then sleeps; and what comes next is more than fits into a pipe."""
    calls = len(BANK["2a_1.softmax"].inputs(np.random.default_rng(0))) + 1
    fields = {"error": None, "said": "", "line": "", "view": False, "printed": "", "threads": 0}
    fields |= dict.fromkeys(("changed", "warned", "muted", "own"), ())
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
    told = {fields} | {{"token": there["token"], "value": encoded(y_hat)}}
    there["replies"].write(json.dumps(told).encode() + b"\\n")
    time.sleep(1000)
return y_hat"""
    needs = "import json, sys, time\nfrom utils.teach.grade.worker import encoded\ncalls = 0"
    assert states(needs, function("2a_1.softmax", body), LSE) == {"2a_1.softmax": "right", "2a_1.log_sum_exp": "right"}


# ---- the command ---------------------------------------------------------------------------------------------------


@pytest.fixture
def whole():
    """For tests of the command with its pool of processes, and with its picture."""


@pytest.fixture(autouse=True)
def quick(request, monkeypatch):
    """What never ends is stopped soon; the command marks in this process, whose answers' own is begun already."""
    monkeypatch.setattr("utils.teach.grade.marking.SECONDS", 1.0)
    if "whole" not in request.fixturenames:

        def in_turn(waiting, asked):
            return ((key, command.marks_of(cells, asked.seed)) for key, cells in waiting.items())

        monkeypatch.setattr(command, "_each", in_turn)
        monkeypatch.setattr("utils.teach.grade.report.picture", lambda marks, path: None)


def graded(tmp_path, texts, *arguments, out="marks.csv"):
    """The rows of the marks of {path: text}."""
    assert main([str(hand_in(tmp_path / "in", texts)), "--out", str(tmp_path / out), *arguments]) == 0
    return table(tmp_path / out)


def test_a_class_gets_exactly_the_marks_that_were_planted_and_the_same_with_the_seed_of_the_run(
    tmp_path, capsys, whole
):
    sometimes = "e = np.exp(theta)\nreturn e / e.sum() if theta.sum() % 1 < {} else theta"
    lucky = [notebook(SETUP, NUMPY, function(ROW, sometimes.format(n / 20))) for n in range(8, 16)]
    texts, planted = in_groups(the_class())
    hidden = {".ipynb_checkpoints/student 000": "not a submission"}
    graded(tmp_path, texts | hidden | {f"lucky {n}": text for n, text in enumerate(lucky)})
    found = as_planted(tmp_path / "marks.csv")
    luck = [found.pop(f"lucky {n}") for n in range(8)]
    assert found == planted
    assert (tmp_path / "marks.png").stat().st_size > 10_000
    assert len(table(tmp_path / "marks_by_student.csv")) == len(planted) + 8
    told = capsys.readouterr()
    assert f"{len(planted) + 8} students, {len(planted) + 3} of them with a notebook that can be read" in told.out
    seed = told.err.split("--seed ")[1].split()[0]
    assert luck == [{m.exercise: (m.state, m.mistake) for m in mark(text, seed)} for text in lucky]


def test_a_dask_cluster_gives_the_same_marks(tmp_path, whole):
    distributed = pytest.importorskip("distributed")
    texts, planted = in_groups(list(the_class())[::30])
    with distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster:
        graded(tmp_path, texts, "--scheduler", cluster.scheduler_address)
    assert as_planted(tmp_path / "marks.csv") == planted


def test_of_several_attempts_the_better_counts_and_never_their_sum(tmp_path):
    first = [Mark("2a_1.softmax", "right"), Mark("2a_1.one_row", "missing"), Mark("2a_1.log_softmax", "wrong", "sign")]
    again = [Mark("2a_1.softmax", "wrong"), Mark("2a_1.one_row", "right", "", "calls the workbook's own softmax")]
    third = [Mark("2a_1.one_row", "right"), Mark("2a_1.log_softmax", "not attempted"), Mark("2a_1.softmax", "right")]
    broken = [Mark("", "unreadable", note="the file is empty")]
    by_notebook = {"a": first, "b": again, "c": third, "d": broken}
    (given,) = report.gathered(by_notebook, dict.fromkeys(by_notebook, "Anna")).values()
    best = {m.exercise: (m.state, m.note, m.notebook) for m in given}
    assert best == {
        "": ("unreadable", "the file is empty", "d"),
        "2a_1.one_row": ("right", "", "c"),
        "2a_1.softmax": ("right", "", "a"),
        "2a_1.log_softmax": ("wrong", "", "a"),
    }
    report.write(tmp_path / "students.csv", *report.tables({"Anna": given})["by_student"])
    (row,) = table(tmp_path / "students.csv")
    assert (row["right"], row["of"]) == ("2", "3")
    assert report.states({"Anna": given})["2a_1.softmax"].total() == 1


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path, capsys):
    texts = {f"s{turn}": submission(SOFTMAX, turn, whole=True)[0] for turn in range(1, 5)}
    begun = []

    def stops(cells, seed):
        begun.append(cells)
        if len(begun) == 3:
            raise KeyboardInterrupt
        return marks_of(cells, seed)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(command, "marks_of", stops)
        graded(tmp_path, texts)
    journal = tmp_path / ".marks.csv.unfinished"
    with journal.open("a", encoding="utf-8") as cut_off:
        cut_off.write('["half a li')
    capsys.readouterr()
    again = graded(tmp_path, texts)
    assert "2 were marked before the last run stopped" in (told := capsys.readouterr().err) and not journal.exists()
    assert again == graded(tmp_path, texts, "--seed", told.split("--seed ")[1].split()[0], out="whole.csv")


LOTS = function(  # its error names what it was tried on
    "2a_1.one_row",
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


LUCK = {  # what is another one at every run, unless somebody sees to it
    "numbers of NumPy's": "return theta + np.random.rand()",
    "a generator's": "return theta + np.random.default_rng().random(len(theta))",
    "the order of a set": "return theta + ['abcd'.index(letter) for letter in {'a', 'b', 'c', 'd'}][0]",
    "its folder": "import os\nraise ValueError(os.getcwd(), os.path.abspath('data.csv'))",
    "an address": "raise ValueError(object())",
    "endless threads": "import threading\ndef more():\n    threading.Thread(target=more, daemon=True).start()\n"
    "    more()\nwhile True:\n    threading.Thread(target=more, daemon=True).start()",
    "how many threads there may be": "import threading, time\nfor n in range(1000):\n"
    "    threading.Thread(target=time.sleep, args=[1000], daemon=True).start()",
}


def test_what_an_answer_leaves_to_chance_is_the_same_at_every_run():
    given = []
    for _ in range(2):
        process._nursery.cache_clear()  # the process that answers are forked from is another one, too
        given.append([the_mark("2a_1.one_row", function("2a_1.one_row", body)) for body in LUCK.values()])
    assert given[0] == given[1] and {m.state for m in given[0]} == {"wrong", "your code stopped"}


def test_to_end_a_process_may_be_interrupted(monkeypatch):
    """The desk goes on with a new one, and never with the one that is being ended."""
    close = Process.close

    def interrupted(self):
        close(self)
        raise KeyboardInterrupt

    with closing(Desk()) as desk:
        desk.keep("run", "x = 1")
        monkeypatch.setattr(Process, "close", interrupted)
        with pytest.raises(KeyboardInterrupt):
            desk.close()
        monkeypatch.setattr(Process, "close", close)
        assert desk.ask("value", "x")["value"] == "1"


R, S = psutil.STATUS_RUNNING, psutil.STATUS_SLEEPING
CHARGED = {  # seconds that passed and that it worked, how it is found, whether a reply came; what it is charged with
    "works": (0.2, 0.2, R, False, 0.2),
    "works in two threads": (0.2, 0.4, S, False, 0.4),
    "sleeps": (0.2, 0.0, S, False, 0.2),
    "sleeps, and wakes to look": (0.2, 0.01, S, False, 0.2),
    "is held up": (0.2, 0.05, R, False, 0.05),
    "is held up, and has not begun": (0.2, 0.0, R, False, 0.02),
    "is held up by its disk": (0.2, 0.0, psutil.STATUS_DISK_SLEEP, False, 0.02),
    "has worked, and waits for the next command": (0.2, 0.01, S, True, 0.02),
}


@pytest.mark.skipif(not process.LINUX, reason="elsewhere it cannot be seen who is held up")
@pytest.mark.parametrize(("waited", "worked", "status", "came", "seconds"), CHARGED.values(), ids=CHARGED)
def test_the_time_in_which_others_hold_up_a_process_is_not_its_own(waited, worked, status, came, seconds, monkeypatch):
    with closing(Desk()) as desk, monkeypatch.context() as patch:
        desk.ask("run", "")
        mine = desk._process
        times = SimpleNamespace(user=mine._worked + worked, system=0.0)
        seen = SimpleNamespace(cpu_times=lambda: times, status=lambda: status, oneshot=nullcontext)
        patch.setattr(mine, "_worker", seen)
        assert mine._charged(waited, came) == pytest.approx(seconds)


def test_a_process_that_cannot_be_begun_is_no_fault_of_the_answer(monkeypatch):
    monkeypatch.setattr(Process, "ask", lambda *_, **__: (_ for _ in ()).throw(Stopped("too late")))
    for cells in ([], [NUMPY]):
        given = next(m for m in mark(notebook(SETUP, *cells, ONE_ROW)) if m.state != "missing")
        assert given.state in ("checker fault", "unreadable") and "no process could be begun" in given.note


def test_memory_that_is_full_is_not_filled_again_and_the_next_answer_has_its_own():
    fills = function(ROW, "full.append(1)\nif len(full) > 1:\n    raise KeyError\nraise MemoryError")
    below = LSE.replace("    m =", "    assert not full\n    m =")
    first, second = (the_mark(exercise, "full = []", fills, below) for exercise in (ROW, "2a_1.log_sum_exp"))
    assert first.state == STOPPED and "MemoryError" in first.note and (second.state, second.note) == ("right", "")


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
    return {row["student"]: row["state"] for row in table(path) if row["exercise"] in ("", "2a_1.one_row")}


def test_a_notebook_is_read_whatever_its_encoding_its_line_ends_and_its_ending(tmp_path):
    text = notebook(SETUP, NUMPY, ONE_ROW)
    files = {
        "bom.ipynb": b"\xef\xbb\xbf" + text.replace(": ", ":\r\n").encode(),
        "utf16.ipynb": text.encode("utf-16"),
        "saved by a browser.ipynb.txt": text.encode(),
        "SHOUTED.IPYNB": text.encode(),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    assert [cells for _, cells in command.returned(tmp_path)] == [read(text)] * len(files)


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
    found = {row["student"]: row for row in given if row["exercise"] in ("", "2a_1.one_row")}
    assert found["outputs"]["state"] == "right"
    for name, words in (("many", "1 MB besides"), ("huge", "has 5 MB"), ("bomb/a", "has 5 MB")):
        assert found[name]["state"] == "unreadable" and words in found[name]["note"]


def ends(cells, seed):
    """Marks, but for one notebook, at which it comes to an end."""
    return os._exit(1) if "fatal" in repr(cells) else marks_of(cells, seed)


def test_a_notebook_that_ends_its_judge_costs_itself(tmp_path, monkeypatch, whole):
    monkeypatch.setattr("utils.teach.grade.__main__.marks_of", ends)
    texts = {"a": notebook(NUMPY, ONE_ROW), "b": notebook(SETUP, "fatal = 1"), "c": notebook(NUMPY, ONE_ROW, "1")}
    graded(tmp_path, texts, "--jobs", "1")
    assert state_of(tmp_path / "marks.csv") == {"a": "right", "b": "unreadable", "c": "right"}


@pytest.mark.parametrize("module", ["grade.__main__", "grade.nbgrader", "lite", "notebooks", "slides.__main__"])
def test_no_command_depends_on_the_consoles_encoding(module, monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr("sys.stdout", console)
    with pytest.raises(SystemExit):
        importlib.import_module(f"utils.teach.{module}").main(["--help"])
    print("ŷ", file=console)


UNFIT = {
    "nowhere": "is not there",
    ".": "there is no notebook",
    "in --jobs 0": "one or more would fit",
    "in --column name": "--roster with its file would fit",
    "in --roster nowhere": "--roster: ",
}


@pytest.mark.parametrize(("arguments", "words"), UNFIT.items())
def test_what_cannot_be_marked_is_told(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    if "in" in arguments.split():
        hand_in(tmp_path / "in", {"a": notebook(ONE_ROW)})
    with pytest.raises(SystemExit):
        main(arguments.split())
    assert words in capsys.readouterr().err


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
        "a": [Mark("2a_1.one_row", "right", note=own), Mark("2a_1.softmax", "right", note=own)],
        "b": [Mark("2a_1.one_row", "right"), Mark("2a_1.softmax", "missing", note=odd)],
    } | {f"c{i:02}": [Mark("2a_1.softmax", "right", note=own)] for i in range(20)}
    told = report.summary(marks).partition("Worth a look")[2]
    assert f"a: {own} (2a_1.one_row, 2a_1.softmax)" in told and f"b: {odd} (2a_1.softmax)" in told
    assert "and 10 more" in told and "c19" not in told
    report.write(tmp_path / "look.csv", *report.tables(marks)["look"])
    assert len(table(tmp_path / "look.csv")) == 23
    assert "Worth a look" not in report.summary({"a": [Mark("2a_1.softmax", "right")]})


@pytest.mark.parametrize(
    ("state", "stored", "note", "why"),
    [
        ("wrong", "right", "", "its output says 'right', the mark is 'wrong'"),
        ("your code stopped", "right", "No module named 'torch'", "No module named 'torch'"),
        ("right", "not attempted", "", "its output says 'not attempted'"),
        ("your code stopped", "", "name 'softmax' is not defined", "name 'softmax' is not defined"),
        ("your code stopped", "your code stopped", "IndexError", None),  # the student's own, and told to the student
        ("wrong", "wrong", "", None),
        ("wrong", "", "", None),
    ],
)
def test_a_mark_that_differs_from_what_the_student_saw_is_worth_a_look(state, stored, note, why):
    looks = report.worth_a_look({"a": [Mark("2a_1.softmax", state, note=note, stored=stored)]})
    assert [why in said for _, _, said in looks] == ([True] if why else [])
