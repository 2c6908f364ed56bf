"""Marking a class: what is planted is what is marked, and a hostile notebook costs itself and nothing else."""

import csv
import importlib
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.returned import SETUP, function, notebook, submission, the_class
from utils.exercises import BANK, Sheet
from utils.judge.verdict import MIME
from utils.teach.grade import report
from utils.teach.grade.__main__ import main
from utils.teach.grade.folder import lean
from utils.teach.grade.marking import Desk, Mark, mark
from utils.teach.grade.process import Process, Stopped
from utils.teach.grade.roster import owners
from utils.teach.grade.submission import Function, Statement, Unreadable, Value, steps

SOLUTIONS = sorted(Path(__file__).resolve().parents[1].glob("solutions/*.ipynb"))
SOFTMAX = [e for e in BANK.values() if e.id.startswith("2a_1.")]

ONE_ROW = function("2a_1.one_row", "e = np.exp(theta)\nreturn e / e.sum()")
LSE = function(
    "2a_1.log_sum_exp",
    "m = theta.max(axis=-1, keepdims=True)\nreturn np.squeeze(m, -1) + np.log(np.exp(theta - m).sum(-1))",
)
NUMPY = "import numpy as np"


def states(*cells):
    """{exercise: state} of a notebook with these cells, without what is missing in it."""
    return {m.exercise: m.state for m in mark(notebook(SETUP, NUMPY, *cells)) if m.state != "missing"}


# ---- what is read --------------------------------------------------------------------------------------------------


def test_only_what_answers_need_is_run():
    found = steps(
        notebook(
            "import numpy as np\nimport this_is_not_installed",
            "%matplotlib inline\n!touch me\nnp.random.seed(0)",
            "half = 0.5\ndef helper(a):\n    return half * a",
            "figure = slow_figure()",
            '@exercise("2a_1.one_row")\ndef f(theta):\n    return helper(np.exp(theta))',
            'predict("2a_1.shift", "unchanged")',
            "%%derivation 2a_3.same_index\ny_hat[i] - 1",
        )
    )
    assert [type(step) for step in found] == [Statement, Statement, Statement, Function, Value, Value]
    assert [step.source.split("\n")[0] for step in found[:3]] == ["import numpy as np", "half = 0.5", "def helper(a):"]


def test_a_name_means_what_it_meant_where_the_answer_stands():
    cell = function("2a_1.one_row", "e = np.exp(theta)\nreturn e / total(e)")
    right, wrong = "def total(a):\n    return a.sum()", "def total(a):\n    return a.sum() + 1"
    assert states(wrong, right, cell, wrong) == {"2a_1.one_row": "right"}
    assert states(right, wrong, cell, right) == {"2a_1.one_row": "wrong"}
    assert states(cell, right) == {"2a_1.one_row": "your code stopped"}


def test_an_answer_that_builds_on_another_is_given_the_reference_where_that_one_is_wrong():
    softmax = '@exercise("2a_1.softmax")\ndef softmax(theta):\n    return theta'
    builds = '@exercise("2a_1.temperature")\ndef at(theta, T):\n    return softmax(theta / T)'
    assert states(softmax, builds) == {"2a_1.softmax": "wrong", "2a_1.temperature": "right"}


def test_of_two_answers_the_better_counts_and_of_two_choices_the_last():
    wrong = function("2a_1.one_row", "return theta")
    assert states(ONE_ROW, wrong) == states(wrong, ONE_ROW) == {"2a_1.one_row": "right"}
    assert states('predict("2a_1.shift", "unchanged")', 'predict("2a_1.shift", "larger")')["2a_1.shift"] == "wrong"


@pytest.mark.parametrize("text", ["", "  \n", "not json", "[]", '{"cells": 3}', '{"nothing": 1}', "[" * 100_000])
def test_what_is_no_notebook_is_unreadable(text):
    with pytest.raises(Unreadable):
        steps(text)
    (given,) = mark(text)
    assert given.state == "unreadable" and given.note


def test_a_notebook_without_any_exercise_is_unreadable_too():
    (given,) = mark(notebook("x = 1"))
    assert (given.state, given.note) == ("unreadable", "no exercise of the workbook is in it")


def test_what_a_chapter_asks_and_a_notebook_lacks_is_missing():
    marks = {m.exercise: m.state for m in mark(notebook(SETUP, NUMPY, ONE_ROW))}
    assert marks.pop("2a_1.one_row") == "right"
    assert set(marks) == {e for e in BANK if e.startswith("2a_1.")} - {"2a_1.one_row"}
    assert set(marks.values()) == {"missing"}


def test_a_cell_that_python_cannot_read_costs_its_own_exercise():
    broken = '@exercise("2a_1.softmax")\ndef softmax(theta)\n    return theta'
    assert states(broken, ONE_ROW) == {"2a_1.softmax": "your code stopped", "2a_1.one_row": "right"}


DEF = "def f(theta):\n    e = np.exp(theta)\n    return e / e.sum()"
WAYS = {
    "utils.exercise": f'import utils\n@utils.exercise("2a_1.one_row")\n{DEF}',
    "by name": f'@exercise(id="2a_1.one_row", record=True)\n{DEF}',
    "timed": f'%%time\n@exercise("2a_1.one_row")\n{DEF}',
    "among commands": f'!ls\n%matplotlib inline\n@exercise("2a_1.one_row")\n{DEF}\nf?',
    "captured": f'%%capture out\n@exercise("2a_1.one_row")\n{DEF}',
    "import *": '@exercise("2a_1.one_row")\ndef f(theta):\n    return exp(theta) / exp(theta).sum()',
    "import in a block": '@exercise("2a_1.one_row")\ndef f(theta):\n    return npy.exp(theta) / npy.exp(theta).sum()',
    "another decorator below": '@exercise("2a_1.one_row")\n@shares\ndef f(theta):\n    return np.exp(theta)',
    "a builtin's name": '@exercise("2a_1.one_row")\ndef f(theta):\n    return np.exp(theta) / sum(np.exp(theta), 0.0)',
    "a counter": f'calls = 0\n@exercise("2a_1.one_row")\n{DEF.replace("e =", "global calls; calls += 1; e =")}',
    "imported as": f'from utils import exercise as ask\n@ask("2a_1.one_row")\n{DEF}',
    "a module imported as": f'import utils as u\n@u.exercise("2a_1.one_row")\n{DEF}',
    "from its module": f'import utils.panels.verdict as v\n@v.exercise("2a_1.one_row")\n{DEF}',
    "under a name of one's own": f'import utils\nask = utils.exercise\n@ask("2a_1.one_row")\n{DEF}',
    "a name for the id": f'CHAPTER = "2a_1"\nID = f"{{CHAPTER}}.one_row"\n@exercise(ID)\n{DEF}',
    "called on a function": f'{DEF}\nexercise("2a_1.one_row")(f)',
    "called on a lambda": 'f = exercise("2a_1.one_row")(lambda theta: np.exp(theta) / np.exp(theta).sum())',
    "commands for a value": f'! ls\nfiles = !ls\nt = %timeit -o 1\n@exercise("2a_1.one_row")\n{DEF}',
    "pylab": f'%pylab inline\n@exercise("2a_1.one_row")\n{DEF.replace("np.", "")}',
    "line ends of Windows": f'%%time\n@exercise("2a_1.one_row")\n{DEF}'.replace("\n", "\r\n"),
    "magics in a row": f'%%time\n%%capture\n@exercise("2a_1.one_row")\n{DEF}',
    "a magic below a comment": f'# mine\n\n%%time\n@exercise("2a_1.one_row")\n{DEF}',
    "indented": f'  @exercise("2a_1.one_row")\n{DEF}'.replace("\n", "\n  "),
    "the import of a figure beside it": "from utils import logits_figure, reference\n"
    f'@exercise("2a_1.one_row")\n{DEF.replace("e.sum()", "reference.one_hot(0, 1) / e.sum()")}',
    "a class": "class Layer:\n    def __call__(self, theta):\n        return shares(np.exp)(theta)\n"
    'layer = Layer()\n@exercise("2a_1.one_row")\ndef f(theta):\n    return layer(theta)',
    "a list that grew": "parts = []\nparts.append(np.exp)\n"
    f'@exercise("2a_1.one_row")\n{DEF.replace("np.exp", "parts[0]")}',
}
HELP = """\
from numpy import *
if True:
    import numpy as npy
def shares(f):
    return lambda theta: f(theta) / f(theta).sum()
def sum(a, start):
    return a.sum() + start"""


@pytest.mark.parametrize("cell", WAYS.values(), ids=WAYS)
def test_an_exercise_can_be_asked_in_many_ways(cell):
    assert states(HELP, cell) == {"2a_1.one_row": "right"}


@pytest.mark.parametrize(
    "cell",
    [
        f'one_row = [exercise("2a_1.one_row")(lambda theta: theta)]\n{DEF}',
        f'%%memit\n@exercise("2a_1.one_row")\n{DEF}',
        f'from utils import exercise as ask\n@ask("2a_1.one_row")\n{DEF})',
        f'with np.errstate():\n    @exercise("2a_1.one_row")\n    {DEF.replace(chr(10), chr(10) + "    ")}',
        f'@exercise("2a_1.one_row")\nasync {DEF}',
        'chosen = predict("2a_1.one_row", "a")',
        'predict("2a_1.one_row", "a"',
    ],
)
def test_what_marking_cannot_follow_is_said_and_not_missing(cell):
    (given,) = (m for m in mark(notebook(SETUP, NUMPY, cell)) if m.exercise == "2a_1.one_row")
    assert given.state == "your code stopped" and given.note


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (
            f'for name in ("one_row",):\n    @exercise(f"2a_1.{{name}}")\n    {DEF.replace(chr(10), chr(10) + "    ")}',
            "2a_1.{",
        ),
        (f"from utils import exercise as ask\n@ask(IDS[0])\n{DEF}", "ask(IDS[0])"),
        (f'import utils as u\nID = "2a_1.one_row"\nID = ID.lower()\n@u.exercise(ID)\n{DEF}', "u.exercise(ID)"),
        (f'@exercise("2a_1.onerow")\n{DEF}', "no exercise '2a_1.onerow'"),
    ],
)
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


def test_what_is_commented_out_asks_nothing():
    assert states(ONE_ROW, "# " + LSE.replace("\n", "\n# ")) == {"2a_1.one_row": "right"}


def test_a_question_that_is_asked_again_and_left_open_keeps_its_answer():
    assert states('predict("2a_1.shift", "unchanged")', 'predict("2a_1.shift", ...)') == {"2a_1.shift": "right"}


def test_the_note_says_what_stopped_an_answer():
    cells = "from not_installed import softmax", function("2a_1.one_row", "return softmax(theta)")
    note = next(m.note for m in mark(notebook(SETUP, NUMPY, *cells)) if m.exercise == "2a_1.one_row")
    assert "name 'softmax' is not defined" in note and "No module named 'not_installed'" in note
    hidden = function("2a_1.one_row", "raise KeyError(object())")
    assert " at 0x" not in next(m.note for m in mark(notebook(SETUP, NUMPY, hidden)) if m.exercise == "2a_1.one_row")


def test_a_notebook_of_the_third_format_is_read():
    cells = [{"cell_type": "code", "input": source, "outputs": []} for source in (SETUP, NUMPY, ONE_ROW)]
    third = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells, "metadata": {}}]}
    assert {m.exercise: m.state for m in mark(json.dumps(third))}["2a_1.one_row"] == "right"


def test_a_derivation_is_read_below_a_comment_and_with_the_line_ends_of_windows():
    right = f"%%derivation 2a_3.same_index\n{BANK['2a_3.same_index'].accepts[0]}"
    for cell in (right, f"# mine\n{right}", right.replace("\n", "\r\n"), right.replace(" ", "\t", 1)):
        assert states(cell) == {"2a_3.same_index": "right"}


def test_a_demonstration_is_no_answer():
    shown = [f'@exercise("2a_1.one_row", {how})\n{DEF}' for how in ("record=False", "False")]
    assert states(*shown, "%%derivation 2a_3.same_index record=False\ny_hat[i]", LSE) == {"2a_1.log_sum_exp": "right"}


@pytest.mark.parametrize(
    "cell",
    [
        "x = " + "+".join("1" * 1000),
        "!ls\n" * 10_000,
        "x = " + "-" * 5000 + "1",
        'x = "\ud800"',
        'x = "\0"',
        "x = (\n" + " " * 300_000 + "y",
        "#\n" * 200_000 + " " * 300_000 + "%",
    ],
    ids=["a long sum", "many commands", "deep", "no text", "null", "wide", "many comments"],
)
def test_an_odd_cell_costs_itself(cell):
    assert states(cell, ONE_ROW) == {"2a_1.one_row": "right"}


def test_nobody_writes_a_megabyte_of_code():
    (given,) = mark(notebook("1\n" * 1_000_000, ONE_ROW))
    assert (given.state, given.note) == ("unreadable", "it holds more code than anybody writes")


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_a_master_gets_full_marks(path):
    assert {(m.state, m.note) for m in mark(path.read_text(encoding="utf-8"))} == {("right", "")}


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_a_copy_that_nobody_touched_is_not_attempted_throughout(path):
    copy = path.parents[1] / "notebooks" / path.name
    assert {(m.state, m.note) for m in mark(copy.read_text(encoding="utf-8"))} == {("not attempted", "")}


# ---- the workbook's own functions ----------------------------------------------------------------------------------

BORROWED = {  # answers to 2a_1.one_row
    "renamed": "from utils.reference import softmax as mine\nhelper = mine",
    "by attributes": "import utils.reference as rooms\nhelper = lambda theta: rooms.softmax(theta)",
    "import *": "from utils.reference import *\nhelper = softmax",
    "from the bank": 'helper = get("2a_1.one_row").reference',
    "another right one of the bank": 'helper = get("2a_1.one_row").accepts[0]',
    "by a name put together": 'from utils import reference\nhelper = getattr(reference, "soft" + "max")',
    "in a class": "from utils.reference import softmax\n"
    "class Layer:\n    __call__ = staticmethod(softmax)\nhelper = Layer()",
    "in a dict, partly": "from functools import partial\nfrom utils.reference import softmax\n"
    'table = {"f": partial(softmax)}\nhelper = lambda theta: table["f"](theta)',
    "row by row": "from utils.reference import softmax\nhelper = lambda theta: np.apply_along_axis(softmax, -1, theta)",
    "recursively": "from utils.reference import softmax\ndef first(theta):\n    return softmax(theta)\n"
    "def helper(theta):\n    return first(theta)",
    "in a thread": "from threading import Thread\nfrom utils.reference import softmax\n"
    "def helper(theta):\n    found = []\n    thread = Thread(target=lambda: found.append(softmax(theta)))\n"
    "    thread.start()\n    thread.join()\n    return found[0]",
    "in a pool": "from concurrent.futures import ThreadPoolExecutor\nfrom utils.reference import softmax\n"
    "pool = ThreadPoolExecutor(1)\nhelper = lambda theta: pool.submit(softmax, theta).result()",
    "in a thread without a class": "import _thread, time\nfrom utils.reference import softmax\n"
    "def helper(theta):\n    found = []\n    _thread.start_new_thread(lambda: found.append(softmax(theta)), ())\n"
    "    while not found:\n        time.sleep(0.001)\n    return found[0]",
    "unwatched": "import sys, threading\nfrom utils.reference import softmax\n"
    "def helper(theta):\n    sys.setprofile(None)\n    threading.setprofile(None)\n    return softmax(theta)",
    "as a copy": "from types import FunctionType\nfrom utils.reference import softmax\n"
    "helper = FunctionType(softmax.__code__, softmax.__globals__)",
    "as a copy of another name": "from types import FunctionType\nfrom utils.reference import softmax\n"
    'helper = FunctionType(softmax.__code__.replace(co_name="mine"), softmax.__globals__)',
    "lazily": "from utils.reference import softmax\nhelper = lambda theta: next(map(softmax, [theta]))",
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
    (told,) = notes(cell, function("2a_1.one_row", "return helper(theta)")).values()
    assert told == f"calls the workbook's own {'2a_1.one_row' if 'accepts' in cell else 'softmax'}"


@pytest.mark.parametrize("cell", KEPT.values(), ids=KEPT)
@pytest.mark.parametrize("answer", ["return table[labels][:, :K]", "return rows(labels, K)"])
def test_an_answer_that_keeps_what_the_workbooks_own_gave_is_right_and_told(cell, answer):
    rows = "def rows(labels, K):\n    return table[labels][:, :K]"
    (told,) = notes(cell, rows, function("00.one_hot", answer)).values()
    assert told == "keeps from a cell above what the workbook's own one_hot gave"


def test_a_result_that_is_made_anew_or_only_has_the_same_name_is_ones_own():
    kept = "from utils.reference import one_hot\ntable = one_hot(range(100), 100)"
    own = function("00.one_hot", "return table[labels][:, :K]")
    assert notes(kept, "table = np.eye(100)", own) == {"00.one_hot": ""}
    local = function("00.one_hot", "table = np.eye(K)\nreturn table[labels]")
    assert notes(kept, local) == {"00.one_hot": ""}


def test_a_mistake_of_the_bank_whose_values_are_right_is_told():
    formula = next(i for i, m in enumerate(BANK["3_3.step"].mistakes) if m.slug == "changed-arguments")
    answer = f'return get("3_3.step").mistakes[{formula}].formula(parameter.copy(), gradient, rate)'
    assert notes(function("3_3.step", answer)) == {"3_3.step": "calls the workbook's own mistakes of 3_3.step"}


def test_what_the_notebook_gives_to_an_exercise_is_not_told():
    given = "from utils.reference import log_softmax, softmax, forward, sigmoid_derivative"
    row = function("2b_3.one_row", "z, h, theta, y_hat = forward(x, W1, b1, W2, b2)\n"
                   "return (y_hat - y) @ W2.T * sigmoid_derivative(z) @ W1.T")  # fmt: skip
    logits = function("2a_2.from_logits", "return -np.mean(np.sum(y * log_softmax(theta), axis=-1))")
    assert notes(given, row, logits) == {"2b_3.one_row": "", "2a_2.from_logits": ""}


def test_what_the_notebook_does_not_give_is_told_though_it_is_no_answer_by_itself():
    both = "from utils.reference import complex_step, forward, cross_entropy_from_logits"
    gradient = function(
        "2a_3.gradient", "return complex_step(lambda t: cross_entropy_from_logits(t, y), theta, 1e-200)"
    )
    hidden = function("2b_2.hidden", "return forward(x, W1, b1, np.zeros((len(b1), 2)), np.zeros(2))[:2]")
    assert notes(both, gradient, hidden) == {
        "2a_3.gradient": "calls the workbook's own complex_step",
        "2b_2.hidden": "calls the workbook's own forward",
    }


def test_what_stands_in_for_an_answer_above_is_given_to_those_below():
    wrong = '@exercise("2a_1.log_sum_exp")\ndef lse(theta):\n    return theta'
    below = function("2a_1.log_softmax", "return theta - lse(theta)[..., np.newaxis]")
    assert notes(wrong, below) == {"2a_1.log_softmax": ""}


def test_functions_that_an_exercise_hands_in_are_not_the_answers_own_calls():
    asked = "3_1.central_difference", "3_1.gradient_check", "3_1.complex_step"
    cells = [cell["source"] for cell in json.loads(SOLUTIONS[7].read_text(encoding="utf-8"))["cells"]]
    found = notes(*("".join(cell) for cell in cells if '@exercise("3_1' in "".join(cell)))
    assert set(asked) <= set(found) and set(found.values()) == {""}


def test_of_two_right_answers_the_one_of_ones_own_counts():
    borrowed = function("2a_1.one_row", 'return get("2a_1.one_row").reference(theta)')
    assert notes(ONE_ROW, borrowed) == notes(borrowed, ONE_ROW) == {"2a_1.one_row": ""}


# ---- hostile notebooks ---------------------------------------------------------------------------------------------

HOSTILE = {
    "loops": "while True:\n    pass",
    "loops and cannot be interrupted": "while True:\n    try:\n        while 1: 0\n    except BaseException: 0",
    "sleeps": "import time\ntime.sleep(1000)",
    "eats memory": "held = []\nwhile True:\n    held.append(np.ones(10_000_000))",
    "asks for too much": "return np.ones((1_000_000, 1_000_000))",
    "exits": "import sys\nsys.exit(0)",
    "exits at once": "import os\nos._exit(0)",
    "crashes": "import ctypes\nctypes.string_at(0)",
    "recurses": "return answer_2a_1_softmax(theta)",
    "raises what nobody can print": "class E(Exception):\n    def __str__(self):\n        raise self\nraise E",
    "returns nonsense": "class A:\n    __array__ = None\n    def __repr__(self):\n        raise KeyError\nreturn A()",
    "returns a list in itself": "a = []\na.append(a)\nreturn a",
    "prints without end": "import sys\nwhile True:\n    print('x' * 10_000)\n    sys.stderr.write('y' * 10_000)",
    "starts processes": "import subprocess\nsubprocess.run(['true'])\nreturn theta",
    "forks": "import os\nwhile True:\n    os.fork()",
    "kills its parent": "import os\nos.kill(os.getppid(), 9)\nreturn theta",
    "calls out": "import socket\nsocket.create_connection(('127.0.0.1', 9))\nreturn theta",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_answer_costs_itself_and_nothing_else(body):
    hostile = function("2a_1.softmax", body)
    found = states(ONE_ROW, hostile, LSE)
    assert found.pop("2a_1.softmax") in ("wrong", "your code stopped")
    assert found == {"2a_1.one_row": "right", "2a_1.log_sum_exp": "right"}


@pytest.mark.parametrize(
    "line", ["while True: np = 1", "import os; np = os._exit(1)", "np = 1 / 0", "np = [0] * 10**14"]
)
def test_a_hostile_statement_costs_those_who_need_it(line):
    spoilt = function("2a_1.softmax", "return np.exp(theta)")
    assert states(line, spoilt, NUMPY, LSE) == {"2a_1.softmax": "your code stopped", "2a_1.log_sum_exp": "right"} or (
        states(line, spoilt, NUMPY, LSE) == {"2a_1.softmax": "wrong", "2a_1.log_sum_exp": "right"}
    )


PLOTS = {
    "shown": "plt.plot([1, 2])\nplt.show()",
    "saved": "figure, axes = plt.subplots()\naxes.bar([1, 2], [3, 4])\nfigure.savefig('mine.png')\nplt.close(figure)",
    "drawn": "plt.figure().canvas.draw()",
}


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
def test_an_answer_may_plot_and_nobody_looks(plot):
    body = f"{plot}\ne = np.exp(theta)\nreturn e / e.sum()"
    given = mark(notebook(SETUP, NUMPY, "import matplotlib.pyplot as plt", function("2a_1.one_row", body)))
    assert [(m.state, m.note) for m in given if m.exercise == "2a_1.one_row"] == [("right", "")]


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


@pytest.mark.parametrize(
    "forgery",
    [
        "def exercise(id):\n    return lambda f: f",
        "from utils.exercises import Exercise, Verdict\n"
        "Exercise.check = lambda self, answer, rng=None: Verdict(self.id, 'right', '')",
        "import utils.judge.code.calls\nutils.judge.code.calls.agree = lambda *_: True",
        "import numpy as np\nnp.isclose = lambda *_, **__: np.array(True)",
    ],
)
def test_a_verdict_cannot_be_forged(forgery):
    helper = f"{forgery}\nhelper = 0"
    hostile = function("2a_1.softmax", f"helper\n{forgery}\nreturn theta")
    assert states(helper, hostile)["2a_1.softmax"] == "wrong"


def pressed(source, exercise, answer):
    """A notebook with one cell, below which somebody has pressed an answer and then forged the verdict."""
    written = json.loads(notebook(source))
    record = {"exercise": exercise, "state": "right", "mistake": None, "answer": answer}
    data = {"text/plain": "right", "application/vnd.workbook.verdict+json": record}
    written["cells"][0]["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    return {m.exercise: (m.state, m.mistake) for m in mark(json.dumps(written))}[exercise]


def test_an_answer_that_was_pressed_is_handed_in_and_judged_anew():
    ask = 'predict("2a_1.shift", ...)'
    assert pressed(ask, "2a_1.shift", "unchanged") == ("right", "")
    wrong = next(option.slug for option in BANK["2a_1.shift"].options if option.slug != "unchanged")
    assert pressed(ask, "2a_1.shift", wrong) == ("wrong", wrong)
    assert pressed('predict("2a_1.shift", None)', "2a_1.shift", "unchanged") == ("right", "")
    sheet = next(e for e in BANK.values() if isinstance(e, Sheet))
    assert pressed(f'fill_in("{sheet.id}", ...)', sheet.id, sheet.solution) == ("right", "")


def test_of_an_answer_in_the_cell_and_one_pressed_below_it_the_better_counts():
    """Which of them came last cannot be told: a cell may be written over and not run again."""
    for typed, below in (("unchanged", "nan"), ("larger", "unchanged")):
        assert pressed(f'predict("2a_1.shift", "{typed}")', "2a_1.shift", below) == ("right", "")


def test_stored_outputs_are_not_looked_at():
    forged = json.loads(notebook(SETUP, function("2a_1.softmax", "return theta")))
    forged["cells"][1]["outputs"] = json.loads(SOLUTIONS[1].read_text(encoding="utf-8"))["cells"][4].get("outputs", [])
    assert next(m.state for m in mark(json.dumps(forged)) if m.exercise == "2a_1.softmax") == "wrong"


def test_forged_replies_are_no_marks():
    shout = (
        "import os\nfor fd in range(3, 30):\n    try:\n        os.write(fd, b'{\"value\": 1}\\n')\n"
        "    except OSError:\n        pass\nreturn theta"
    )
    found = states(function("2a_1.softmax", shout), LSE)
    assert found == {"2a_1.softmax": "your code stopped", "2a_1.log_sum_exp": "right"}


def test_a_process_that_does_not_listen_does_not_hold_up_the_judge():
    """It answers the last call itself, then sleeps; and what comes next is more than fits into a pipe."""
    calls = len(BANK["2a_1.softmax"].inputs(np.random.default_rng(0))) + 1
    fields = '"error": None, "said": "", "line": "", "changed": [], "view": False, "warned": [], "printed": ""'
    body = f"""\
{"x" * 300_000!r}
global calls
calls += 1
y_hat = get("2a_1.softmax").reference(theta)
if calls == {calls}:
    frame = sys._getframe()
    while frame.f_code.co_name != "main":
        frame = frame.f_back
    there = frame.f_locals
    told = {{"token": there["token"], "value": encoded(y_hat), {fields}}}
    there["replies"].write(json.dumps(told).encode() + b"\\n")
    time.sleep(1000)
return y_hat"""
    needs = "import json, sys, time\nfrom utils.teach.grade.worker import encoded\ncalls = 0"
    assert states(needs, function("2a_1.softmax", body), LSE)["2a_1.log_sum_exp"] == "right"


# ---- the command ---------------------------------------------------------------------------------------------------


def hand_in(folder, submissions):
    """Write {name: text} into a folder, each name a path of its own."""
    for name, text in submissions.items():
        path = folder / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def hand_in_a_class(folder, the_class):
    """Put a class into a folder. Returns the marks that are planted."""
    planted = {}
    for number, (text, marks) in enumerate(the_class):
        student = f"group {number % 7}/student {number:03} of 7"
        hand_in(folder, {student: text})
        planted[student] = marks
    hand_in(folder, {".ipynb_checkpoints/student 000": "not a submission"})
    return planted


def as_planted(path):
    found = {}
    for row in rows(path):
        found.setdefault(row["student"], {})[row["exercise"]] = (row["state"], row["mistake"])
    return found


def test_a_class_gets_exactly_the_marks_that_were_planted(tmp_path, capsys):
    planted = hand_in_a_class(tmp_path / "in", the_class())
    assert main([str(tmp_path / "in"), "--out", str(tmp_path / "marks.csv")]) == 0
    assert as_planted(tmp_path / "marks.csv") == planted
    assert (tmp_path / "marks.png").stat().st_size > 10_000
    assert len(rows(tmp_path / "marks_by_student.csv")) == len(planted)
    told = capsys.readouterr()
    assert f"{len(planted)} students, {len(planted) - 5} of them with a notebook that can be read" in told.out
    assert f"{len(planted)} of {len(planted)}" in told.err


def test_a_dask_cluster_gives_the_same_marks(tmp_path):
    distributed = pytest.importorskip("distributed")
    planted = hand_in_a_class(tmp_path / "in", list(the_class())[::8])
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        given = [str(tmp_path / "in"), "--out", str(tmp_path / "m.csv"), "--scheduler", cluster.scheduler_address]
        assert main(given) == 0
    assert as_planted(tmp_path / "m.csv") == planted


def test_a_students_notebooks_come_together_by_their_paths_without_the_names_of_chapters(tmp_path):
    paths = {
        "Anna": [
            "Anna/2a_1_softmax",
            "Anna/2a_2_cross_entropy/2a_2_cross_entropy",
            "2b_1_sigmoid/Anna",
            "00_start_here_Anna",
        ],
        "group 1/Ben": ["group 1/Ben/2a_1_softmax", "group 1/Ben/2a_1_softmax (1)", "group 1/Ben - 2b_1_sigmoid"],
        "group 1/Cleo": ["group 1/Cleo"],
        "2a_1_softmax": ["2a_1_softmax"],  # there is nothing else to tell whose it is
    }
    owner = owners([path for found in paths.values() for path in found], [])
    assert owner == {path: student for student, found in paths.items() for path in found}


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
    report.write_students({"Anna": given}, tmp_path / "students.csv")
    (row,) = rows(tmp_path / "students.csv")
    assert (row["right"], row["of"]) == ("2", "3")
    assert report.states({"Anna": given})["2a_1.softmax"].total() == 1


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path, capsys):
    folder, out = tmp_path / "in", tmp_path / "marks.csv"
    hand_in(folder, {f"s{turn}": submission(SOFTMAX, turn, whole=True)[0] for turn in range(1, 9)})
    assert main([str(folder), "--out", str(tmp_path / "whole.csv")]) == 0
    command = [sys.executable, "-m", "utils.teach.grade", str(folder), "--out", str(out), "--jobs", "1"]
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    journal = tmp_path / ".marks.csv.unfinished"
    while not (journal.exists() and journal.read_text().count("\n") >= 2):
        assert running.poll() is None
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert not out.exists()
    capsys.readouterr()
    assert main([str(folder), "--out", str(out)]) == 0
    assert "were marked before the last run stopped" in capsys.readouterr().err
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert not journal.exists()


def test_the_seed_gives_the_same_inputs_again_and_no_other_seed_does():
    def tried(code, seed):
        return next(m.note for m in mark(notebook(SETUP, NUMPY, code), seed) if m.state != "missing")

    code = function(
        "2a_1.one_row",
        "if len(theta) > 3:\n    raise ValueError(theta.sum())\nreturn np.exp(theta) / np.exp(theta).sum()",
    )
    assert tried(code, "a") == tried(code, "a")
    assert len({tried(code, seed) for seed in "abcdefgh"}) == 8, "whoever does not know the seed cannot prepare"
    assert len({tried(f"{code}  # {n}", "a") for n in range(2)}) == 1, "comments are no code"
    assert tried(code, "a") != tried(code.replace("theta.sum()", "0 + theta.sum()"), "a"), "nor can he try his luck"


def test_outputs_do_not_change_the_inputs():
    code = function(
        "2a_1.one_row",
        "if len(theta) > 3:\n    raise ValueError(theta.sum())\nreturn np.exp(theta) / np.exp(theta).sum()",
    )
    run = json.loads(notebook(SETUP, NUMPY, code))
    run["cells"][2] |= {"execution_count": 7, "outputs": [{"output_type": "stream", "name": "stdout", "text": "1"}]}
    assert mark(json.dumps(run), "a") == mark(notebook(SETUP, NUMPY, code), "a")


def test_a_run_tells_its_seed_and_marks_the_same_with_it(tmp_path, capsys):
    sometimes = function("2a_1.one_row", "e = np.exp(theta)\nreturn e / e.sum() if theta.sum() % 1 < 0.9 else theta")
    hand_in(
        tmp_path / "in", {f"s{n}": notebook(SETUP, NUMPY, f"n = {n}", sometimes + f" + 0 * {n}") for n in range(12)}
    )
    assert main([str(tmp_path / "in"), "--out", str(tmp_path / "a.csv")]) == 0
    told = capsys.readouterr().err.split("--seed ")[1].split()[0]
    assert main([str(tmp_path / "in"), "--out", str(tmp_path / "b.csv"), "--seed", told]) == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_what_is_stopped_costs_nobody_else_and_the_same_at_every_run(monkeypatch):
    """Softmax prints so much, or never ends; what stands below goes on with the reference."""
    monkeypatch.setattr("utils.teach.grade.marking.SECONDS", 0.5)
    softmax = '@exercise("2a_1.softmax")\ndef softmax(theta):\n    {}\n    return theta'
    below = '@exercise("2a_1.temperature")\ndef at(theta, T):\n    return softmax(theta / T)'
    for body in ("for n in range(10**9): print(n)", "while True: pass", "import time; time.sleep(60)"):
        for _ in range(3):
            found = states(softmax.format(body), below)
            assert found == {"2a_1.softmax": "your code stopped", "2a_1.temperature": "right"}, body


def test_to_end_a_process_may_be_interrupted(monkeypatch):
    """The desk goes on with a new one, and never with the one that is being ended."""
    close = Process.close

    def interrupted(self):
        close(self)
        raise KeyboardInterrupt

    with Desk() as desk:
        desk.keep("run", "x = 1")
        monkeypatch.setattr(Process, "close", interrupted)
        with pytest.raises(KeyboardInterrupt):
            desk.clear()
        monkeypatch.setattr(Process, "close", close)
        assert desk.ask("value", "x")["value"] == "1"


def test_a_process_that_is_held_up_by_others_has_its_whole_time(monkeypatch):
    """As on a machine with much else to do. Whoever sleeps is not held up."""
    with Desk() as desk:
        desk.ask("run", "import time")
        slow = "while time.process_time() < end:\n    sum(range(10_000))\n    time.sleep(0.001)"
        began = time.monotonic()
        assert desk.ask("run", f"end = time.process_time() + 0.1\n{slow}", seconds=0.4)["error"] is None
        assert time.monotonic() - began > 0.1
        with pytest.raises(Stopped):
            desk.ask("run", "time.sleep(30)", seconds=0.4)
        with pytest.raises(Stopped):
            desk.ask("run", "while True: pass", seconds=0.4)


def test_marks_are_the_same_at_every_run_and_however_many_run_at_once(tmp_path):
    hand_in(tmp_path / "in", {f"s{turn}": submission(SOFTMAX, turn, whole=True)[0] for turn in range(2, 5)})
    for jobs in ("1", "2"):
        assert main([str(tmp_path / "in"), "--out", str(tmp_path / f"{jobs}.csv"), "--jobs", jobs, "--seed", "1"]) == 0
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_names_do_not_matter_and_one_bad_file_costs_itself(tmp_path, capsys):
    hand_in(
        tmp_path / "in",
        {
            "Müller, Jörg (late) v2": notebook(SETUP, NUMPY, ONE_ROW),
            "=cmd|calc/a": "garbage",
            "deep/er/x": "",
        },
    )
    (tmp_path / "in" / "binary.ipynb").write_bytes(bytes(range(256)))
    shouted = tmp_path / "in" / "SHOUTED.IPYNB"
    shouted.write_text(notebook(SETUP, 'predict("2a_1.shift", (_ for _ in ()).throw(ValueError("\\ud800")))'))
    if sys.platform == "linux":
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/in/M\xfcller.ipynb")).write_text("")
    assert main([str(tmp_path / "in"), "--out", str(tmp_path / "marks.csv")]) == 0
    found = {
        row["student"]: row["state"] for row in rows(tmp_path / "marks.csv") if row["exercise"] in ("", "2a_1.one_row")
    }
    assert found == {
        "Müller, Jörg": "right",
        "'=cmd|calc/a": "unreadable",
        "deep/er/x": "unreadable",
        "binary": "unreadable",
        "SHOUTED": "missing",
    } | ({r"M\xfcller": "unreadable"} if sys.platform == "linux" else {})
    assert "2 of them with a notebook that can be read" in capsys.readouterr().out


def state_of(path):
    return {row["student"]: row["state"] for row in rows(path) if row["exercise"] in ("", "2a_1.one_row")}


def test_what_a_learning_platform_hands_out_is_read(tmp_path, capsys):
    """Folders by name, archives, double endings, marks at the head of a file, and what is no notebook at all."""
    right, folder = notebook(SETUP, NUMPY, ONE_ROW), tmp_path / "in"
    hand_in(folder, {"Ana Sá_123_assignsubmission_file_/" + "long " * 40: right, "a": right, "x/a": right})
    (folder / "a.IPYNB").write_text("")
    (folder / "sa_LATE_12_3456_2a_1-1.ipynb.txt").write_text(right)
    (folder / "bom.ipynb").write_bytes(b"\xef\xbb\xbf" + right.replace(": ", ":\r\n").encode())
    (folder / "utf16.ipynb").write_text(right, encoding="utf-16")
    with zipfile.ZipFile(folder / "Bo_124.zip", "w") as archive:
        for name in ("my work/2a_1.ipynb", "__MACOSX/my work/._2a_1.ipynb", "my work/.ipynb_checkpoints/2a_1.ipynb"):
            archive.writestr(name, right)
    (folder / "x.zip").write_bytes(b"PK no archive")
    (folder / "Cy_125").mkdir()
    (folder / "Cy_125" / "answers.html").write_text("<html>")
    assert main([str(folder), "--out", str(tmp_path / "marks.csv")]) == 0
    assert state_of(tmp_path / "marks.csv") == {
        "Ana Sá": "right",
        "Bo_124/my work": "right",
        "a": "right",
        "bom": "right",
        "sa": "right",
        "utf16": "right",
        "x/a": "right",
        "x": "unreadable",
    }
    assert "No notebook in\n  Cy_125" in capsys.readouterr().out


def test_outputs_cost_nothing_and_what_is_too_large_is_told(tmp_path):
    right = json.loads(notebook(SETUP, NUMPY, ONE_ROW))
    picture = {"output_type": "display_data", "data": {"image/png": "A" * (9 << 20) + "\n"}, "metadata": {}}
    printed = {"output_type": "stream", "name": "stdout", "text": ["epoch 7\n"] * 1_500_000}  # 18 MB
    right["cells"][0]["outputs"] = [picture, printed]
    many = '{"cells": [' + "[]," * (3 << 20) + "[]]}"
    hand_in(tmp_path / "in", {"outputs": json.dumps(right), "many": many})
    with zipfile.ZipFile(tmp_path / "in" / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.ipynb", "0" * (65 << 20))
    with (tmp_path / "in" / "huge.ipynb").open("wb") as huge:
        huge.truncate(65 << 20)
    assert main([str(tmp_path / "in"), "--out", str(tmp_path / "marks.csv")]) == 0
    found = {row["student"]: row for row in rows(tmp_path / "marks.csv") if row["exercise"] in ("", "2a_1.one_row")}
    assert found["outputs"]["state"] == "right"
    assert "9 MB" in found["many"]["note"] and "65 MB" in found["huge"]["note"]
    assert "65 MB" in found["bomb/a"]["note"]
    assert {found[name]["state"] for name in ("many", "huge", "bomb/a")} == {"unreadable"}


def test_taking_outputs_out_leaves_the_cells_and_the_verdicts():
    verdict = {"output_type": "display_data", "data": {MIME: {"exercise": "a", "answer": '"outputs": ["b"]'}}}
    printed = {"output_type": "stream", "text": ['[{"', "\\", '"outputs": [', "}"]}
    for source in ("x", '"outputs": [', ['x = "outputs"\n', '"widgets": {'], '"\\', "}]"):
        cell = {"cell_type": "code", "source": source, "outputs": [printed, verdict, printed, verdict]}
        text = {"cell_type": "markdown", "source": source, "attachments": {"a.png": {"image/png": "A" * 9}}}
        whole = {"cells": [cell, text, cell | {"outputs": []}], "metadata": {"widgets": {"state": [{}]}, "after": [1]}}
        for indent in (None, 1):
            left = json.loads(lean(json.dumps(whole, indent=indent)))
            assert left["cells"][0] == cell | {"outputs": [verdict, verdict]}
            assert left["cells"][1] == text | {"attachments": {}} and left["cells"][2]["outputs"] == []
            assert left["metadata"] == {"widgets": {}, "after": [1]}
    for text in ('{"outputs": [', '{"outputs": ["a}', '{"outputs": [}]'):
        assert lean(text).startswith('{"outputs": [')


def ends(text, seed):
    """Marks, but for one notebook, at which it comes to an end."""
    return os._exit(1) if "fatal" in text else mark(text, seed)


def test_a_notebook_that_ends_its_judge_costs_itself(tmp_path, monkeypatch):
    fatal = notebook(SETUP, "fatal = 1")
    hand_in(tmp_path / "in", {"a": notebook(NUMPY, ONE_ROW), "b": fatal, "c": notebook(NUMPY, ONE_ROW, "1")})
    monkeypatch.setattr("utils.teach.grade.__main__.mark", ends)
    assert main([str(tmp_path / "in"), "--out", str(tmp_path / "marks.csv")]) == 0
    found = {(row["student"], row["state"]) for row in rows(tmp_path / "marks.csv")} - {
        ("a", "missing"),
        ("c", "missing"),
    }
    assert found == {("a", "right"), ("b", "unreadable"), ("c", "right")}


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_console_that_lacks_a_character_prints_all_the_rest(tmp_path, encoding):
    hand_in(tmp_path / "in", {"דנה כהן": notebook(SETUP, NUMPY, ONE_ROW), "王": "no notebook"})
    command = [sys.executable, "-m", "utils.teach.grade", str(tmp_path / "in"), "--out", str(tmp_path / "m.csv")]
    done = subprocess.run(command, env=os.environ | {"PYTHONIOENCODING": encoding}, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert "2a_1.one_row" in done.stdout.decode(encoding) and "100%" in done.stdout.decode(encoding)
    assert {row["student"] for row in rows(tmp_path / "m.csv")} == {"דנה כהן", "王"}


@pytest.mark.parametrize("module", ["grade.__main__", "grade.nbgrader", "lite", "notebooks", "slides.__main__"])
def test_no_command_depends_on_the_consoles_encoding(module, monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr("sys.stdout", console)
    with pytest.raises(SystemExit):
        importlib.import_module(f"utils.teach.{module}").main(["--help"])
    print("ŷ", file=console)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "is not there"),
        (["."], "there is no notebook"),
        ([".", "--jobs", "0"], "there is no notebook"),
    ],
)
def test_what_cannot_be_marked_is_told(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(arguments)
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
    assert report.nothing_readable(marks) == ["c: the file is empty"]


def test_the_summary_tells_what_is_worth_a_look(tmp_path):
    own, odd = "calls the workbook's own softmax", "an exercise is asked whose id cannot be read: ask(IDS[0])"
    marks = {
        "a": [Mark("2a_1.one_row", "right", note=own), Mark("2a_1.softmax", "right", note=own)],
        "b": [Mark("2a_1.one_row", "right"), Mark("2a_1.softmax", "missing", note=odd)],
    } | {f"c{i:02}": [Mark("2a_1.softmax", "right", note=own)] for i in range(20)}
    told = report.summary(marks).partition("Worth a look")[2]
    assert f"a: {own} (2a_1.one_row, 2a_1.softmax)" in told and f"b: {odd} (2a_1.softmax)" in told
    assert "and 10 more" in told and "c19" not in told
    report.write_look(marks, tmp_path / "look.csv")
    assert len(rows(tmp_path / "look.csv")) == 23
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


def test_the_stored_verdict_of_an_answer_is_held_against_its_mark():
    """The order of the cells was another one when they were run."""
    text = json.loads(notebook(SETUP, NUMPY, ONE_ROW.replace("e.sum()", "total(e)"), "total = np.sum"))
    record = {"exercise": "2a_1.one_row", "state": "right", "mistake": None}
    text["cells"][2]["outputs"] = [{"output_type": "display_data", "data": {MIME: record}, "metadata": {}}]
    given = next(m for m in mark(json.dumps(text)) if m.exercise == "2a_1.one_row")
    assert (given.state, given.stored) == ("your code stopped", "right")
