"""Answers that are in a notebook and not in its marks are told, and change no mark."""

import json

import pytest

from tests.returned import SETUP, function, notebook
from utils.exercises import BANK
from utils.judge.verdict import MIME
from utils.teach.grade.marking import mark

ONE_ROW = function("2a_1.one_row", "e = np.exp(theta)\nreturn e / e.sum()")
STUB = '@exercise("2a_1.softmax")\ndef softmax(theta):\n    ...  # your code here'
ANSWER = (
    "def softmax(theta):\n    e = np.exp(theta - theta.max(-1, keepdims=True))\n    return e / e.sum(-1, keepdims=True)"
)
ASKED = f'@exercise("2a_1.softmax")\n{ANSWER}'
MINE = ANSWER.replace("softmax", "mine")
SAME = BANK["2a_3.same_index"]


def cell(kind, source, id="mine", record=None):
    outputs = [{"output_type": "display_data", "data": {MIME: record}}] if record else []
    return {"cell_type": kind, "id": id, "metadata": {}, "source": source, "outputs": outputs}


def marked(*cells, exercise="2a_1.softmax", above=(SETUP, "import numpy as np", ONE_ROW)):
    text = json.loads(notebook(*above))
    text["cells"] += cells
    return next(m for m in mark(json.dumps(text)) if m.exercise == exercise)


LOST = {
    "decorator deleted": ([cell("code", ANSWER)], "`softmax` is defined, but not asked"),
    "decorator and name gone, but it is the cell": ([cell("code", MINE, id="softmax")], "holds something else"),
    "decorator commented out": ([cell("code", f"# {ASKED}")], "in a comment"),
    "decorator and name gone, but the verdict is there": (
        [cell("code", "f = 1", record={"exercise": "2a_1.softmax", "state": "right"})],
        "a verdict says 'right'",
    ),
    "cell turned into Markdown": ([cell("markdown", ASKED)], "in a cell of kind markdown"),
    "cell turned into raw text": ([cell("raw", ASKED)], "in a cell of kind raw"),
    "answer in a cell below the stub": ([cell("code", STUB), cell("code", MINE)], "a cell below it may hold"),
    "answer in a text below the stub": ([cell("code", STUB), cell("markdown", f"```\n{MINE}\n```")], "a cell below it"),
}


@pytest.mark.parametrize(("cells", "words"), LOST.values(), ids=LOST)
def test_an_answer_that_no_mark_counts_is_told(cells, words):
    given = marked(*cells)
    assert given.state in ("missing", "not attempted") and words in given.note


def test_a_derivation_below_its_stub_is_told():
    stub = cell("code", f"%%derivation {SAME.id}\n{SAME.question}\n# your lines here")
    given = marked(stub, cell("markdown", f"${SAME.accepts[0].splitlines()[1]}$"), exercise=SAME.id)
    assert (given.state, given.note) == ("not attempted", "a cell below it may hold the answer")


@pytest.mark.parametrize("quotes", ["“”", "‘’", "„“", "«»"])
def test_curly_quotes_are_told_as_what_stopped_the_cell(quotes):
    given = marked(cell("code", ASKED.replace('"2a_1.softmax"', "2a_1.softmax".join(quotes))))
    assert given.state == "your code stopped" and "SyntaxError" in given.note


def test_what_is_handed_out_and_experiments_are_no_answers():
    text = cell("markdown", "Softmax is asked below.")
    for cells in ([], [cell("code", STUB), cell("code", "np.exp(3)"), text], [text, cell("code", "# softmax")]):
        assert marked(*cells).note == ""


def test_a_notebook_of_text_alone_is_told_by_its_exercises():
    given = marked(cell("markdown", ASKED), above=())
    assert given.state == "missing" and "markdown" in given.note


def test_a_mark_keeps_the_answer_as_it_was_written_and_what_its_output_told():
    written = ASKED.replace("    e =", "    # shifted, so that nothing overflows\n    e   =")
    given = marked(cell("code", f"x = 1\n{written}\ny = 2", record={"exercise": "2a_1.softmax", "state": "wrong"}))
    assert (given.state, given.stored, given.answer) == ("right", "wrong", written)
    assert given.told == BANK["2a_1.softmax"].notice
