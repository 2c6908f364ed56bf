"""What the reader sees and presses: cards, hints, the solution, choices, tables to fill in, and the progress board."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances

from tests.pages import rows
from utils import exercise, fill_in, logits_figure, predict, progress_board, show_verdict
from utils.exercises import BANK, CHAPTERS, Counterexample, Exercise, Row, Sheet, Verdict, get
from utils.figures import page as outputs
from utils.figures.live import own
from utils.judge.verdict import MIME
from utils.panels import solution, verdict
from utils.panels.pressed import Page
from utils.reference import softmax

# ---- @exercise ----------------------------------------------------------------------------------------------------


def test_a_right_function_is_handed_back_and_recorded(screen):
    mine = lambda theta: softmax(theta)  # noqa: E731
    assert exercise("2a_1.softmax")(mine) is mine
    assert screen.record == {"exercise": "2a_1.softmax", "state": "right", "mistake": None}
    assert screen.progress.states().get("2a_1.softmax") == "right"


@pytest.mark.parametrize("answer", [np.exp, lambda theta: None, lambda theta: theta / 0 / []])
def test_a_wrong_or_missing_function_is_replaced_by_the_reference_and_the_card_says_so(screen, answer):
    stands_in = exercise("2a_1.softmax", record=False)(answer)
    assert np.allclose(stands_in(np.array([1.0, 2.0])), softmax([1.0, 2.0]))
    assert "use the reference" in screen.cards[-1]["text/html"]
    assert screen.record["state"] != "right" and not screen.progress.states(), "a demonstration counts for nobody"


def test_a_figure_draws_a_wrong_function_beside_the_reference_and_none_that_is_missing_or_never_ends(
    screen, monkeypatch
):
    def wrong(theta):
        return np.exp(theta)

    stands_in = exercise("2a_1.softmax")(wrong)
    assert own(stands_in, softmax) is wrong
    assert "your function gives 7.39" in logits_figure(stands_in).spec["first"]["twin"]
    overflows = exercise("2a_1.softmax")(lambda theta: np.exp(theta) / np.exp(theta).sum())
    assert "gives the same here, but is not right yet: see its card" in logits_figure(overflows).spec["first"]["twin"]
    assert own(exercise("2a_1.softmax")(lambda theta: ...), softmax) is None
    endless = Verdict("2a_1.softmax", "your code stopped", "It never ends.", "too-slow")
    monkeypatch.setattr(Exercise, "check", lambda asked, answer: endless)
    assert own(exercise("2a_1.softmax")(wrong), softmax) is None


SCRIPT = """from utils import exercise, predict, progress_board
progress_board('2a_1')
predict('2a_1.shift')
@exercise('2a_1.softmax')
def softmax(theta):
    return theta
"""


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_in_a_plain_script_the_verdict_is_printed_as_text_with_whatever_characters_the_console_has(tmp_path, encoding):
    environment = os.environ | {"WORKBOOK_PROGRESS": "off", "PYTHONIOENCODING": encoding}
    with (tmp_path / "log.txt").open("wb") as log:
        subprocess.run([sys.executable, "-c", SCRIPT], stdout=log, cwd=tmp_path, env=environment, check=True)
    said = (tmp_path / "log.txt").read_text(encoding)
    assert "2a_1.softmax: wrong" in said and "progress: 0 of " in said and "<div" not in said
    assert ("?" if encoding != "utf-8" else "○") + " 2a_1.softmax: not attempted" in said


# ---- the card -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", verdict.STATES)
def test_a_card_tells_the_state_in_words_and_carries_a_record(state):
    shown = verdict.bundle(Verdict("2a_1.softmax", state, "Said.", "overflow" if state == "wrong" else None))
    sign, word, _ = verdict.STATES[state]
    assert f"{sign} {word}" in shown["text/html"] and "8 min" in shown["text/html"]
    level = get("2a_1.softmax").level
    assert f'title="level {level} of 3">{"●●●"[:level]}{"○○○"[level:]}<' in shown["text/html"]
    assert shown["text/plain"].startswith(f"2a_1.softmax: {state}")
    assert shown[MIME]["state"] == state


@pytest.mark.parametrize("answer", [None, softmax, np.exp])
def test_a_card_is_the_same_at_every_run_and_its_hints_lie_one_inside_the_other_until_it_is_right(answer):
    (card,) = {verdict.bundle(get("2a_1.softmax").check(answer))["text/html"] for _ in range(5)}
    assert card.count("<details") == card.count("</details>") == (0 if answer is softmax else 3)
    nested = r"Hint 1 of 3.*?</summary>(?:(?!</details>).)*Hint 2 of 3(?:(?!</details>).)*Hint 3"
    assert bool(re.search(nested, card, re.DOTALL)) == (answer is not softmax)


def test_what_an_answer_says_cannot_break_the_page():
    nasty = "<script>alert(1)</script>"
    detail = Counterexample({"theta": np.ones(2)}, told=f"stopped with {nasty}")
    card = verdict.bundle(Verdict("2a_1.softmax", "wrong", f"See {nasty}", None, detail, nasty))["text/html"]
    assert "<script" not in card and card.count("&lt;script&gt;") == 3


# ---- the solution -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "presses"), [(np.exp, 2), (softmax, 1)], ids=["wrong", "right"])
def test_the_solution_takes_two_presses_and_once_the_answer_is_right_one(screen, monkeypatch, answer, presses):
    monkeypatch.setattr(verdict, "solution", lambda id: f"worked out: {id}")
    show_verdict(get("2a_1.softmax").check(answer))
    (button,), shown = screen.buttons, screen.outputs[-1]
    for press in range(presses):
        assert not shown["text/markdown"] and ("I have tried" in button.labels["solution"]) == (press == 1)
        button.press("solution")
    for text in ("worked out: 2a_1.softmax", "", "worked out: 2a_1.softmax"):
        assert shown["text/markdown"] == text
        button.press("solution")


@pytest.mark.parametrize("id", [e.id for e in BANK.values() if hasattr(e, "reference")])
def test_every_function_has_a_solution_with_its_explanation(id):
    text = solution.solution(id)
    assert f'@exercise("{id}")' in text and "return" in text and "SOLUTION" not in text
    assert "**Why this works**" in text


def test_without_the_solutions_folder_a_sentence_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(solution, "FOLDERS", (tmp_path,))
    assert "not part of this copy" in solution.solution("2a_1.softmax")


# ---- choices ------------------------------------------------------------------------------------------------------


def test_pressing_an_answer_changes_the_verdict_below_and_is_remembered(screen):
    predict("2a_1.shift")
    (buttons,) = screen.buttons
    assert buttons.chosen is None and screen.record["state"] == "not attempted"
    assert not buttons.spec["said"][0], "there is nothing to hear, and what is being said is not cut short"
    buttons.press("larger")
    said = {"exercise": "2a_1.shift", "state": "wrong", "mistake": "larger"}
    assert screen.record == said | {"answer": "larger"}  # it stands nowhere else in the notebook
    buttons.press("unchanged")
    assert screen.record["state"] == "right" and len(screen.cards) == 1
    predict("2a_1.shift")
    assert screen.buttons[-1].chosen == screen.record["answer"] == "unchanged"
    screen.buttons[-1].press("flatter")  # out of curiosity
    assert screen.record["state"] == "wrong" and screen.progress.states().get("2a_1.shift") == "right"
    predict("2a_1.shift")
    assert screen.buttons[-1].chosen == "flatter", "what was pressed last is what stands in the notebook"


@pytest.mark.parametrize(("answer", "chosen", "said"), rows("What an answer in the cell of a question becomes"))
def test_an_answer_in_the_cell_counts_and_a_misspelt_one_lists_what_there_is(screen, answer, chosen, said):
    Page().keep("2a_1.shift", "an answer of an older edition")
    predict("2a_1.shift", eval(answer, {"np": np}))
    assert (screen.buttons[-1].chosen or "") == chosen and said in screen.cards[-1]["text/plain"]
    assert "answer" not in screen.record
    text = screen.outputs[0]["text/plain"]
    assert all(slug in text and label in text for slug, label in get("2a_1.shift").labels.items())


# ---- the board ----------------------------------------------------------------------------------------------------


def test_the_board_shows_what_is_begun_and_the_minutes_left_and_follows_the_verdicts_of_its_notebook(screen):
    progress_board()
    progress_board("2a_1")
    whole, chapter = screen.outputs
    own = [id for id in BANK if id.startswith("2a_1.")]
    assert all(f"{id}: not attempted" in chapter["text/plain"] for id in own)
    assert "00.one_hot: not attempted" in whole["text/plain"]  # alone in its chapter
    many = [here for here in CHAPTERS if here != "00"]
    assert all(f"{here}: not attempted, {len(BANK.of(here))} exercises" in whole["text/plain"] for here in many)
    for board, count in ((chapter, len(own)), (whole, len(CHAPTERS))):  # a chapter that is not begun is one row
        assert board["text/html"].count("<tr") == board["text/html"].count("Not attempted") == count
    minutes = {id: e.minutes for id, e in BANK.items()}
    assert f"0 of {len(BANK)} right, about {sum(minutes.values())} minutes of exercises left" in whole["text/plain"]
    exercise("2a_1.softmax")(softmax)
    predict("2a_1.shift", "larger")
    left = sum(minutes[id] for id in minutes if id.startswith("2a_1.")) - minutes["2a_1.softmax"]
    assert f"about {left} minutes of exercises left" in chapter["text/plain"] and "2a_2" not in chapter["text/plain"]
    for text in (whole["text/plain"], chapter["text/plain"]):
        assert "✓ 2a_1.softmax: right" in text and "✗ 2a_1.shift: wrong" in text
        assert all(f"{id}: not attempted" in text for id in set(own) - {"2a_1.softmax", "2a_1.shift"})
    assert whole["text/html"].count("<tr") == len(own) + len(CHAPTERS) - 1


def test_the_board_says_when_progress_cannot_be_saved(screen):
    screen.progress.problem = "Progress cannot be saved."
    progress_board()
    assert "cannot be saved" in screen.outputs[0]["text/html"] and "cannot be saved" in screen.outputs[0]["text/plain"]


# ---- where a widget is shown, and what stands for it ---------------------------------------------------------------


def test_on_a_page_of_jupyter_what_stands_for_a_widget_is_an_output_of_its_own_that_follows_it(screen, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "2a_1_softmax.ipynb")
    predict("2a_1.shift")
    still, living, card = screen.outputs
    assert outputs.WIDGET_VIEW in living and outputs.WIDGET_VIEW not in still
    assert outputs.STILL in still["text/html"] and "your answer" not in still["text/html"]
    screen.buttons[0].press("unchanged")
    assert "(your answer)" in still["text/html"] and card[MIME]["state"] == "right"

    screen.outputs.clear()
    logits_figure(softmax)._ipython_display_()
    still, living = screen.outputs
    assert {"image/png", "text/plain"} == still.keys() and outputs.WIDGET_VIEW in living


def test_elsewhere_a_widget_and_what_stands_for_it_are_one_output(screen, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    predict("2a_1.shift")
    assert outputs.WIDGET_VIEW in screen.outputs[0] and "text/html" in screen.outputs[0]
    with pytest.raises(NotImplementedError):
        logits_figure(softmax)._ipython_display_()


@pytest.mark.parametrize(("message", "environment", "shown", "why"), rows("Where a widget is shown"))
def test_a_widget_is_shown_only_where_a_browser_can_move_it(message, environment, shown, why, monkeypatch):
    kernel = SimpleNamespace(get_parent=lambda: {"header": {"msg_id": eval(message)}})
    monkeypatch.setattr(outputs, "get_ipython", lambda: SimpleNamespace(kernel=kernel))
    for name in ("JPY_SESSION_NAME", "SERVER_SOFTWARE"):
        monkeypatch.delenv(name, raising=False)
    if environment:
        monkeypatch.setenv(*environment.split("="))
    bundle = {outputs.WIDGET_VIEW: {"model_id": "a"}, "text/plain": "a figure"}
    assert outputs.seen(bundle) == (bundle if shown == "yes" else {"text/plain": "a figure"})
    if shown == "no":
        figure = logits_figure(softmax)._repr_mimebundle_()[0]
        assert "image/png" in figure and outputs.WIDGET_VIEW not in figure


# ---- tables to fill in --------------------------------------------------------------------------------------------

SHAPES = replace(
    get("2b_2.shapes"),
    id="2b_2.small",
    question="Which shape has each array?",
    labels={"(D,)": "(D,)", "(D, H)": "(D, H)", "rows": "a row < a batch"},
    rows=[
        Row("x", "$x$, *one* example", "(D,)", {"rows": "There is one example only."}, "Count its axes."),
        Row("W1", "$W_1$", "(D, H)", {"(D,)": "Weights have two axes."}, told="Rows of $D$ go in."),
        Row("b1", "$b_1$", "(D,)"),
    ],
    notice="All three.",
)
RIGHT = SHAPES.solution


@pytest.mark.parametrize(("answers", "state", "mistake", "said"), rows("What a sheet is told"))
def test_a_sheet_is_judged_as_a_whole(answers, state, mistake, said):
    found = SHAPES.check(*eval(f"[{answers}]", {"RIGHT": RIGHT}))
    assert (found.state, found.mistake or "") == (state, mistake) and found.message.startswith(said)


def test_each_answered_row_is_marked_with_its_own_words():
    marks = SHAPES.marks({"x": "(D, H)", "W1": "(D, H)", "b1": "rows", "y": "x"})
    assert {slug: (mark.right, mark.text) for slug, mark in marks.items()} == {
        "x": (False, "Count its axes."),
        "W1": (True, "Rows of $D$ go in."),
        "b1": (False, "This does not fit here."),
    }
    assert SHAPES.marks(...) == SHAPES.marks("x") == {}


@pytest.mark.parametrize("asked", [e for e in BANK.values() if isinstance(e, Sheet)], ids=lambda e: e.id)
def test_every_wrong_answer_to_a_sheet_of_the_bank_is_called_by_its_row_and_told_why(asked):
    assert asked.check(asked.solution).state == "right"
    for row in asked.rows:
        for option in asked.labels.keys() - {row.right}:
            found = asked.check(asked.solution | {row.slug: option})
            assert (found.state, found.mistake) == ("wrong", row.slug)
            assert row.feedback.get(option, row.otherwise) in found.message


class Filled:
    """The small sheet on a new page: its buttons, and what is said beside them, by row."""

    def __init__(self, screen, *answers):
        screen.outputs.clear()
        fill_in(SHAPES.id, *answers)
        self.still, self.card, *_ = screen.outputs
        rows = [row.children for row in _instances[self.still[outputs.WIDGET_VIEW]["model_id"]].children]
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

    again, offered = fill(), [screen.buttons[-1].labels["solution"]]
    assert again.chosen == screen.record["answer"] == {"x": "rows", "W1": "(D,)"}
    assert "Weights have two axes." in again.told["W1"] and screen.record["mistake"] == "x"
    for slug, option in RIGHT.items():
        again.buttons[slug].press(option)
    assert again.told.keys() == RIGHT.keys() and again.told["W1"].endswith("✓</strong> Rows of $D$ go in.")
    assert screen.record["state"] == screen.progress.states().get(SHAPES.id) == "right"
    assert [*offered, screen.buttons[-1].labels["solution"]] == ["Solution", "Compare with ours"]


@pytest.mark.parametrize("kept", ["of an older kind", {"x": "(K,)", "gone": "(D,)"}, ["x"], {"x": {}}])
def test_a_remembered_answer_that_no_longer_exists_is_forgotten(screen, fill, kept):
    Page().keep(SHAPES.id, kept)
    assert fill().chosen == {} and screen.record["state"] == "not attempted"


def test_answers_in_the_cell_come_before_those_remembered_and_a_misspelt_one_is_told(screen, fill):
    Page().keep(SHAPES.id, {"x": "rows"})
    assert fill(RIGHT).chosen == RIGHT
    assert screen.record["state"] == screen.progress.states().get(SHAPES.id) == "right"
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
