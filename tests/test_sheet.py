"""Tables to fill in: what is judged, what is said of each row, and what the reader presses."""

import pytest
from ipywidgets.widgets.widget import _instances

from tests.screen import rows
from utils import fill_in
from utils.exercises import BANK, Row, Sheet
from utils.figures.page import WIDGET_VIEW
from utils.panels.pressed import Page

SHAPES = Sheet(
    id="2b_2.small",
    title="Shapes",
    minutes=2,
    level=1,
    question="Which shape has each array?",
    labels={"(D,)": "(D,)", "(D, H)": "(D, H)", "rows": "a row < a batch"},
    rows=[
        Row("x", "$x$, *one* example", "(D,)", {"rows": "There is one example only."}, "Count its axes."),
        Row("W1", "$W_1$", "(D, H)", {"(D,)": "Weights have two axes."}, told="Rows of $D$ go in."),
        Row("b1", "$b_1$", "(D,)"),
    ],
    hints=["One.", "Two.", "Three."],
    notice="All three.",
)
RIGHT = {"x": "(D,)", "W1": "(D, H)", "b1": "(D,)"}
SHEETS = [pytest.param(e, id=e.id) for e in BANK.values() if isinstance(e, Sheet)]


# ---- the contract -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answers", "state", "mistake", "said"), rows("What a sheet is told"))
def test_a_sheet_is_judged_as_a_whole(answers, state, mistake, said):
    found = SHAPES.check(eval(answers, {"RIGHT": RIGHT}))
    assert (found.state, found.mistake or "") == (state, mistake) and found.message.startswith(said)


def test_of_the_row_that_was_pressed_the_message_speaks_first():
    said = SHAPES.check({"x": "(D,)", "b1": "(D, H)"}, "x").message
    assert said.startswith("Row `x` is right. 1 of 3 right so far, 1 still open. Row `b1`: ")


def test_each_answered_row_is_marked_with_its_own_words():
    marks = SHAPES.marks({"x": "(D, H)", "W1": "(D, H)", "b1": "rows", "y": "x"})
    assert {slug: (mark.right, mark.text) for slug, mark in marks.items()} == {
        "x": (False, "Count its axes."),
        "W1": (True, "Rows of $D$ go in."),
        "b1": (False, "This does not fit here."),
    }
    assert SHAPES.marks(...) == SHAPES.marks("x") == {}


@pytest.mark.parametrize("asked", SHEETS)
def test_every_wrong_answer_to_a_sheet_of_the_bank_is_called_by_its_row_and_told_why(asked):
    assert asked.check(asked.solution).state == "right"
    for row in asked.rows:
        for option in asked.labels.keys() - {row.right}:
            found = asked.check(asked.solution | {row.slug: option})
            assert (found.state, found.mistake) == ("wrong", row.slug)
            assert row.feedback.get(option, row.otherwise) in found.message


# ---- what the reader presses --------------------------------------------------------------------------------------


class Filled:
    """The small sheet on a new page: its buttons, and what is said beside them, by row."""

    def __init__(self, screen, *answers):
        screen.outputs.clear()
        fill_in(SHAPES.id, *answers)
        self.still, self.card, *_ = screen.outputs
        rows = [row.children for row in _instances[self.still[WIDGET_VIEW]["model_id"]].children]
        self.buttons = {row.slug: buttons for row, (_, buttons, _) in zip(SHAPES.rows, rows, strict=True)}
        self._told = {row.slug: told for row, (_, _, told) in zip(SHAPES.rows, rows, strict=True)}

    @property
    def chosen(self):
        return {slug: buttons.chosen for slug, buttons in self.buttons.items() if buttons.chosen}

    @property
    def told(self):
        return {slug: told.value for slug, told in self._told.items() if told.layout.display != "none"}


@pytest.fixture
def fill(screen, monkeypatch):
    monkeypatch.setitem(BANK, SHAPES.id, SHAPES)
    return lambda *answers: Filled(screen, *answers)


def test_each_row_says_at_once_whether_it_is_right_and_card_and_notebook_follow(screen, fill):
    sheet = fill()
    assert screen.record["state"] == "not attempted" and sheet.told == sheet.chosen == {}
    assert sheet.buttons["W1"].spec["group"] == "W1: W_1" and sheet.buttons["W1"].labels == SHAPES.labels
    sheet.buttons["x"].press("rows")
    assert sheet.told.keys() == {"x"} and sheet.told["x"].endswith("✗</strong> There is one example only.")
    assert screen.record == {"exercise": SHAPES.id, "state": "wrong", "mistake": "x", "answer": {"x": "rows"}}
    assert "Hint 1 of 3" in sheet.card["text/html"] and "&middot; <code>x</code>" not in sheet.card["text/html"]
    sheet.buttons["W1"].press("(D,)")

    again = fill()
    assert again.chosen == screen.record["answer"] == {"x": "rows", "W1": "(D,)"}
    assert "Weights have two axes." in again.told["W1"] and screen.record["mistake"] == "x"
    for slug, option in RIGHT.items():
        again.buttons[slug].press(option)
    assert again.told.keys() == RIGHT.keys() and again.told["W1"].endswith("✓</strong> Rows of $D$ go in.")
    assert screen.record["state"] == screen.progress.state(SHAPES.id) == "right"


@pytest.mark.parametrize("kept", ["of an older kind", {"x": "(K,)", "gone": "(D,)"}, ["x"], {"x": {}}])
def test_a_remembered_answer_that_no_longer_exists_is_forgotten(screen, fill, kept):
    Page().keep(SHAPES.id, kept)
    assert fill().chosen == {} and screen.record["state"] == "not attempted"


def test_answers_in_the_cell_come_before_those_remembered_and_a_misspelt_one_is_told(screen, fill):
    Page().keep(SHAPES.id, {"x": "rows"})
    assert fill(RIGHT).chosen == RIGHT
    assert screen.record["state"] == screen.progress.state(SHAPES.id) == "right"
    assert fill({"x": "(D,)", "W1": "(H, D)"}).chosen == {"x": "(D,)"}
    assert screen.record["mistake"] == "no-such-answer"


def test_without_widgets_rows_answers_and_marks_can_be_read(fill):
    still = fill({"x": "rows"}).still
    text, html = still["text/plain"], still["text/html"]
    assert text == (
        "Which shape has each array?\n  x = rows: $x$, *one* example\n  W1 = ...: $W_1$\n  b1 = ...: $b_1$\n"
        "Answers: '(D,)', '(D, H)', 'rows'"
    )
    assert "a row &lt; a batch" in html and "There is one example only." in html and "<em>one</em>" in html
    assert fill({"x": "rows"}).still["text/plain"] == text, "the same at every run"
