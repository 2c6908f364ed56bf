"""Tables to fill in: what is judged, what is said of each row, and what the reader presses."""

import pytest

from utils import exercise, fill_in
from utils.exercises import BANK, Row, Sheet
from utils.panels import pressed, sheet

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


def judged(answers):
    found = SHAPES.check(answers)
    return found.state, found.mistake


# ---- the contract -------------------------------------------------------------------------------------------------


def test_all_rows_right_is_right_in_any_order():
    assert judged(RIGHT) == judged(dict(reversed(RIGHT.items()))) == ("right", None)
    assert SHAPES.check(RIGHT).message == SHAPES.notice and SHAPES.solution == RIGHT


@pytest.mark.parametrize("stub", [None, ..., {}, {"x": ...}, {"x": None, "W1": ...}])
def test_an_untouched_sheet_is_not_attempted(stub):
    assert judged(stub) == ("not attempted", None)


def test_the_first_wrong_row_gives_the_mistake_its_name_and_its_words():
    found = SHAPES.check({"b1": "rows", "W1": "(D,)", "x": "(D,)"})
    assert (found.state, found.mistake) == ("wrong", "W1")
    assert found.message == "1 of 3 right. Row `W1`: Weights have two axes."


@pytest.mark.parametrize(
    ("answers", "pressed", "said"),
    [
        ({"x": "(D,)", "b1": ...}, None, "1 of 3 right so far, 2 still open."),
        ({"W1": "(D, H)", "x": "rows"}, None, "1 of 3 right so far, 1 still open. Row `x`: There is one example only."),
        ({"x": "(D,)", "b1": "(D, H)"}, "x", "Row `x` is right. 1 of 3 right so far, 1 still open. Row `b1`: "),
    ],
)
def test_a_sheet_that_is_partly_filled_says_how_far_it_is(answers, pressed, said):
    found = SHAPES.check(answers, pressed)
    assert found.message.startswith(said) and found.state == "wrong"
    assert judged({"x": "(D,)"}) == ("wrong", "unfinished")


@pytest.mark.parametrize(
    ("answers", "mistake", "said"),
    [
        ({"y": "(D,)"}, "no-such-row", "no row 'y': 'x', 'W1', 'b1'"),
        ({3: "(D,)"}, "no-such-row", "no row 3"),
        ({"x": "(K,)"}, "no-such-answer", "'(K,)' in row 'x' is not one of the answers: '(D,)', '(D, H)', 'rows'"),
        ({"x": ["(D,)"]}, "no-such-answer", "not one of the answers"),
        ("(D,)", "not-a-dict", "this is of type str"),
        (7, "not-a-dict", "{row: answer}"),
    ],
)
def test_what_is_no_answer_is_told_what_would_fit(answers, mistake, said):
    assert judged(answers) == ("wrong", mistake)
    assert said in SHAPES.check(answers).message


def test_each_answered_row_is_marked_with_its_own_words():
    marks = SHAPES.marks({"x": "(D, H)", "W1": "(D, H)", "b1": "rows", "y": "x"})
    assert {slug: (mark.right, mark.text) for slug, mark in marks.items()} == {
        "x": (False, "Count its axes."),
        "W1": (True, "Rows of $D$ go in."),
        "b1": (False, "This does not fit here."),
    }
    assert SHAPES.marks(...) == SHAPES.marks("x") == {}


# ---- every sheet of the bank --------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", SHEETS)
def test_a_sheet_asks_each_row_once_and_offers_its_answer(asked):
    slugs = [row.slug for row in asked.rows]
    assert len(set(slugs)) == len(slugs) >= 2 and len(asked.labels) >= 3
    for row in asked.rows:
        assert row.right in asked.labels and row.label.count("$") % 2 == 0
        assert set(row.feedback) <= set(asked.labels) - {row.right}, "words that nobody could ever read"
    assert asked.check(asked.solution).state == "right" and asked.question


@pytest.mark.parametrize("asked", SHEETS)
def test_every_wrong_answer_is_called_by_its_row_and_told_why(asked):
    for row in asked.rows:
        for option in set(asked.labels) - {row.right}:
            found = asked.check(asked.solution | {row.slug: option})
            assert (found.state, found.mistake) == ("wrong", row.slug)
            said = row.feedback.get(option, row.otherwise)
            assert said in found.message and said[-1] in ".?)"
            assert said.count("$") % 2 == said.count("`") % 2 == 0


# ---- what the reader presses --------------------------------------------------------------------------------------


@pytest.fixture
def rows(screen, monkeypatch):
    """The rows on the page, by their slugs."""
    monkeypatch.setitem(BANK, SHAPES.id, SHAPES)
    made, make = {}, sheet._RowOfButtons.__init__

    def remember(self, asked, row, *more):
        make(self, asked, row, *more)
        made[row.slug] = self

    monkeypatch.setattr(sheet._RowOfButtons, "__init__", remember)
    return made


def test_each_row_says_at_once_whether_it_is_right_and_the_card_follows(screen, rows):
    fill_in(SHAPES.id)
    assert screen.record["state"] == "not attempted"
    assert all(row.told.layout.display == "none" for row in rows.values())
    rows["x"].buttons.press("rows")
    assert "✗" in rows["x"].told.value and "There is one example only." in rows["x"].told.value
    assert screen.record == {
        "exercise": SHAPES.id,
        "state": "wrong",
        "mistake": "x",
        "answer": {"x": "rows"},
    }
    for slug, option in RIGHT.items():
        rows[slug].buttons.press(option)
    assert "✓" in rows["W1"].told.value and "Rows of $D$ go in." in rows["W1"].told.value
    assert all(row.told.layout.display is None for row in rows.values())
    assert screen.record["state"] == screen.progress.state(SHAPES.id) == "right"


def test_what_was_chosen_is_shown_again(screen, rows):
    fill_in(SHAPES.id)
    rows["W1"].buttons.press("(D,)")
    rows["x"].buttons.press("(D,)")
    fill_in(SHAPES.id)
    assert {slug: row.buttons.chosen for slug, row in rows.items()} == {"x": "(D,)", "W1": "(D,)", "b1": None}
    assert "Weights have two axes." in rows["W1"].told.value
    assert screen.record["mistake"] == "W1"
    assert screen.record["answer"] == {"x": "(D,)", "W1": "(D,)"}


@pytest.mark.parametrize("kept", ["of an older kind", {"x": "(K,)", "gone": "(D,)"}, ["x"], {"x": {}}])
def test_a_remembered_answer_that_no_longer_exists_is_forgotten(screen, rows, kept):
    pressed.Page().keep(SHAPES.id, kept)
    fill_in(SHAPES.id)
    assert all(row.buttons.chosen is None for row in rows.values())
    assert screen.record["state"] == "not attempted"


def test_answers_in_the_cell_count_and_come_before_those_remembered(screen, rows):
    pressed.Page().keep(SHAPES.id, {"x": "rows"})
    fill_in(SHAPES.id, answers=RIGHT)
    assert {slug: row.buttons.chosen for slug, row in rows.items()} == RIGHT
    assert screen.record["state"] == screen.progress.state(SHAPES.id) == "right"


def test_a_misspelt_answer_is_told_and_the_rest_is_shown(screen, rows):
    fill_in(SHAPES.id, {"x": "(D,)", "W1": "(H, D)"})
    assert screen.record["mistake"] == "no-such-answer"
    assert rows["x"].buttons.chosen == "(D,)" and rows["W1"].buttons.chosen is None


def test_without_widgets_rows_answers_and_marks_can_be_read(screen, rows):
    fill_in(SHAPES.id, {"x": "rows"})
    text, html = screen.outputs[0]["text/plain"], screen.outputs[0]["text/html"]
    assert all(f"  {row.slug} = " in text and row.label in text for row in SHAPES.rows)
    assert "x = rows" in text and "W1 = ..." in text and "Answers: '(D,)', '(D, H)', 'rows'" in text
    assert "a row &lt; a batch" in html and "There is one example only." in html and "<em>one</em>" in html
    fill_in(SHAPES.id, {"x": "rows"})
    texts = [output["text/plain"] for output in screen.outputs if SHAPES.question in output["text/plain"]]
    assert texts == [text, text], "the same at every run"


def test_every_button_can_be_told_by_its_row(screen, rows):
    fill_in(SHAPES.id)
    assert screen.buttons[1].spec["group"].startswith("W1: ") and screen.buttons[1].labels == SHAPES.labels


def test_a_sheet_has_a_card_with_hints_and_no_name_of_a_mistake_and_a_solution(screen, rows):
    fill_in(SHAPES.id, {"x": "rows"})
    card = screen.cards[-1]["text/html"]
    assert "Hint 1 of 3" in card and "&middot; <code>x</code>" not in card
    assert any("Solution" in output["text/plain"] for output in screen.outputs)


@pytest.mark.parametrize(
    ("ask", "id", "told"),
    [
        (fill_in, "2a_1.softmax", "@exercise"),
        (fill_in, "2a_3.same_index", r"%%derivation 2a_3\.same_index"),
        (fill_in, "2a_1.shift", "predict"),
        (fill_in, "2b_2.shaps", "Did you mean"),
        (exercise, SHAPES.id, "fill_in"),
    ],
)
def test_an_exercise_of_another_kind_is_told_how_it_is_asked(rows, ask, id, told):
    with pytest.raises(ValueError, match=told):
        ask(id)
