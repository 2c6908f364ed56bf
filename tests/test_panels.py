"""What the reader sees and presses: the verdict's card, hints, the solution button, choices and the progress board."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from utils import exercise, logits_figure, predict, progress_board, show_verdict
from utils.exercises import BANK, Counterexample, Exercise, Verdict, get
from utils.figures import page as outputs
from utils.figures.live import own
from utils.figures.logits import LogitsFigure as AnyFigure
from utils.panels import board, choice, pressed, solution, verdict
from utils.panels.buttons import Buttons
from utils.panels.progress import Progress
from utils.reference import softmax


class Page:
    """Stands in for the notebook: keeps what is displayed, and what a display becomes when it is updated."""

    def __init__(self):
        self.outputs = []

    def display(self, bundle, raw=False, display_id=None, metadata=None):
        assert raw
        output = dict(bundle)
        self.outputs.append(output)

        class Handle:
            def update(_, new, raw=False):
                output.clear()
                output.update(new)

        return Handle() if display_id else None

    def cards(self):
        return [output for output in self.outputs if verdict.MIME in output]


@pytest.fixture
def page(monkeypatch):
    page = Page()
    progress = Progress(None)
    for module in (verdict, choice, board, outputs):
        monkeypatch.setattr(module, "display", page.display)
    for module in (verdict, choice, board):
        monkeypatch.setattr(module, "PROGRESS", progress)
    monkeypatch.setattr(pressed, "PROGRESS", progress)
    monkeypatch.setattr(pressed, "_pressed", {})
    page.progress = progress
    return page


@pytest.fixture
def made(monkeypatch):
    """Every widget that is made, in order."""
    widgets = []

    def remember(*args, **kwargs):
        widgets.append(Buttons(*args, **kwargs))
        return widgets[-1]

    for module in (verdict, choice):
        monkeypatch.setattr(module, "Buttons", remember)
    return widgets


# ---- @exercise ----------------------------------------------------------------------------------------------------


def test_a_right_function_is_handed_back_and_recorded(page):
    mine = lambda theta: softmax(theta)  # noqa: E731
    assert exercise("2a_1.softmax")(mine) is mine
    assert page.cards()[0][verdict.MIME] == {"exercise": "2a_1.softmax", "state": "right", "mistake": None}
    assert page.progress.state("2a_1.softmax") == "right"


def test_a_wrong_or_missing_function_is_replaced_by_the_reference_and_the_card_says_so(page):
    for answer in (lambda theta: np.exp(theta), lambda theta: None, lambda theta: theta / 0 / []):
        stands_in = exercise("2a_1.softmax")(answer)
        assert np.allclose(stands_in(np.array([1.0, 2.0])), softmax([1.0, 2.0]))
        assert "use the reference" in page.cards()[-1]["text/html"]


def test_a_figure_draws_a_wrong_function_beside_the_reference_and_none_that_is_missing_or_never_ends(page, monkeypatch):
    def wrong(theta):
        return np.exp(theta)

    stands_in = exercise("2a_1.softmax")(wrong)
    assert own(stands_in, softmax) is wrong
    assert "your function gives 7.39" in logits_figure(stands_in).spec["first"]["twin"]
    assert own(exercise("2a_1.softmax")(lambda theta: ...), softmax) is None
    endless = Verdict("2a_1.softmax", "your code stopped", "It never ends.", "too-slow")
    monkeypatch.setattr(Exercise, "check", lambda asked, answer: endless)
    assert own(exercise("2a_1.softmax")(wrong), softmax) is None


def test_on_a_page_of_jupyter_what_stands_for_a_widget_is_an_output_of_its_own_that_follows_it(page, made, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "2a_1_softmax.ipynb")
    predict("2a_1.shift")
    still, living, card = page.outputs
    assert outputs.WIDGET_VIEW in living and outputs.WIDGET_VIEW not in still
    assert outputs.STILL in still["text/html"] and "your answer" not in still["text/html"]
    made[0].press("unchanged")
    assert "(your answer)" in still["text/html"] and card[verdict.MIME]["state"] == "right"

    page.outputs.clear()
    figure = logits_figure(softmax)
    figure._ipython_display_()
    still, living = page.outputs
    assert {"image/png", "text/plain"} == still.keys() and outputs.WIDGET_VIEW in living


def test_elsewhere_a_widget_and_what_stands_for_it_are_one_output(page, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    predict("2a_1.shift")
    assert outputs.WIDGET_VIEW in page.outputs[0] and "text/html" in page.outputs[0]
    with pytest.raises(NotImplementedError):
        logits_figure(softmax)._ipython_display_()


def test_a_demonstration_counts_for_nobody(page):
    exercise("2a_1.softmax", record=False)(np.exp)
    assert page.cards()[0][verdict.MIME]["state"] == "wrong" and not page.progress.entries()


def test_the_decorator_refuses_ids_that_are_none_or_no_functions():
    with pytest.raises(ValueError, match="Did you mean"):
        exercise("2a_1.softmaks")
    with pytest.raises(ValueError, match="predict"):
        exercise("2a_1.shift")
    with pytest.raises(ValueError, match="%%derivation"):
        exercise("2a_3.same_index")
    with pytest.raises(ValueError, match="@exercise"):
        predict("2a_1.softmax")


def test_in_a_plain_script_the_verdict_is_printed_as_text(tmp_path):
    script = (
        "from utils import exercise, predict, progress_board\n"
        "progress_board('2a_1')\npredict('2a_1.shift')\n"
        "@exercise('2a_1.softmax')\ndef softmax(theta):\n    return theta\n"
    )
    environment = os.environ | {"WORKBOOK_PROGRESS": "off"}
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert run.returncode == 0, run.stderr
    assert "2a_1.softmax: wrong" in run.stdout and "progress: 0 of " in run.stdout and "<div" not in run.stdout


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_plain_script_never_stops_at_a_character_that_its_console_lacks(tmp_path, encoding):
    script = "from utils import predict, progress_board\nprogress_board('2a_1')\npredict('2a_1.shift', ...)"
    environment = os.environ | {"WORKBOOK_PROGRESS": "off", "PYTHONIOENCODING": encoding}
    with (tmp_path / "log.txt").open("wb") as log:
        subprocess.run([sys.executable, "-c", script], stdout=log, cwd=tmp_path, env=environment, check=True)
    written = (tmp_path / "log.txt").read_text(encoding)
    assert ("?" if encoding != "utf-8" else "○") + " 2a_1.softmax: not attempted" in written


# ---- the card -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", verdict.STATES)
def test_a_card_tells_the_state_in_words_and_carries_a_record(state):
    shown = verdict.bundle(Verdict("2a_1.softmax", state, "Said.", "overflow" if state == "wrong" else None))
    sign, word, _ = verdict.STATES[state]
    assert f"{sign} {word}" in shown["text/html"] and "8 min" in shown["text/html"]
    assert shown["text/plain"].startswith(f"2a_1.softmax: {state}")
    assert shown[verdict.MIME]["state"] == state


def test_hints_lie_one_inside_the_other_and_end_when_it_is_right():
    card = verdict.bundle(get("2a_1.softmax").check(np.exp))["text/html"]
    assert card.count("<details") == card.count("</details>") == 3
    assert card.index("Hint 1 of 3") < card.index("Hint 2 of 3") < card.index("Hint 3 of 3")
    assert re.search(r"Hint 1 of 3.*?</summary>(?:(?!</details>).)*Hint 2 of 3", card, re.S)
    assert "<details" not in verdict.bundle(get("2a_1.softmax").check(softmax))["text/html"]


def test_the_text_of_a_card_is_the_same_at_every_run():
    for answer in (None, softmax, np.exp):
        assert len({str(verdict.bundle(get("2a_1.softmax").check(answer))) for _ in range(5)}) == 1


def test_what_an_answer_says_cannot_break_the_page():
    nasty = "<script>alert(1)</script>"
    detail = Counterexample({"theta": np.ones(2)}, told=f"stopped with {nasty}")
    card = verdict.bundle(Verdict("2a_1.softmax", "wrong", f"See {nasty}", None, detail, nasty))["text/html"]
    assert "<script" not in card and card.count("&lt;script&gt;") == 3


def test_markdown_in_a_sentence_becomes_html_and_mathematics_is_left_alone():
    text = verdict.inline("Use `a < b`, *not* $x_i * y_i < 2 * z$.")
    assert text == "Use <code>a &lt; b</code>, <em>not</em> $x_i * y_i &lt; 2 * z$."


# ---- the solution -------------------------------------------------------------------------------------------------


def test_the_solution_takes_two_presses(page, made, monkeypatch):
    monkeypatch.setattr(verdict, "solution", lambda id: f"worked out: {id}")
    show_verdict(get("2a_1.softmax").check(np.exp))
    button, shown = made[0], page.outputs[-1]
    assert not shown["text/markdown"]
    button.press("solution")
    assert not shown["text/markdown"] and "I have tried" in button.labels["solution"]
    button.press("solution")
    assert shown["text/markdown"] == "worked out: 2a_1.softmax"
    button.press("solution")
    assert not shown["text/markdown"]
    button.press("solution")
    assert shown["text/markdown"] == "worked out: 2a_1.softmax"


@pytest.mark.parametrize("id", [e.id for e in BANK.values() if hasattr(e, "reference")])
def test_every_function_has_a_solution_with_its_explanation(id):
    text = solution.solution(id)
    assert f'@exercise("{id}")' in text and "return" in text and "SOLUTION" not in text
    assert "**Why this works**" in text


def test_without_the_solutions_folder_a_sentence_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(solution, "FOLDERS", (tmp_path,))
    assert "not part of this copy" in solution.solution("2a_1.softmax")


# ---- choices ------------------------------------------------------------------------------------------------------


def test_pressing_an_answer_changes_the_verdict_below_and_is_remembered(page, made):
    predict("2a_1.shift")
    buttons = made[0]
    assert buttons.chosen is None and page.cards()[0][verdict.MIME]["state"] == "not attempted"
    buttons.press("larger")
    said = {"exercise": "2a_1.shift", "state": "wrong", "mistake": "larger"}
    assert page.cards()[0][verdict.MIME] == said | {"answer": "larger"}  # it stands nowhere else in the notebook
    buttons.press("unchanged")
    assert page.cards()[0][verdict.MIME]["state"] == "right" and len(page.cards()) == 1
    predict("2a_1.shift")
    assert made[-1].chosen == "unchanged" and page.cards()[-1][verdict.MIME]["answer"] == "unchanged"
    made[-1].press("flatter")  # out of curiosity
    assert page.cards()[-1][verdict.MIME]["state"] == "wrong" and page.progress.state("2a_1.shift") == "right"
    predict("2a_1.shift")
    assert made[-1].chosen == "flatter", "what was pressed last is what stands in the notebook"


def test_an_answer_in_the_cell_counts_and_a_misspelt_one_lists_what_there_is(page, made):
    predict("2a_1.shift", "unchanged")
    assert page.cards()[-1][verdict.MIME]["state"] == "right" and made[-1].chosen == "unchanged"
    assert "answer" not in page.cards()[-1][verdict.MIME]
    predict("2a_1.shift", "bigger")
    assert "'unchanged'" in page.cards()[-1]["text/plain"] and made[-1].chosen is None


def test_without_widgets_the_answers_can_be_read_as_text(page):
    predict("2a_1.shift")
    text = page.outputs[0]["text/plain"]
    assert all(option.slug in text and option.label in text for option in get("2a_1.shift").options)


def test_a_remembered_answer_that_no_longer_exists_is_forgotten(page, made):
    pressed.Page().keep("2a_1.shift", "an answer of an older edition")
    predict("2a_1.shift")
    assert made[0].chosen is None and page.cards()[0][verdict.MIME]["state"] == "not attempted"


# ---- the board ----------------------------------------------------------------------------------------------------


def test_the_board_shows_every_exercise_and_the_minutes_left(page):
    progress_board()
    text = page.outputs[0]["text/plain"]
    assert all(f"{id}: not attempted" in text for id in BANK)
    assert f"0 of {len(BANK)} right, about {sum(e.minutes for e in BANK.values())} minutes of exercises left" in text


def test_the_board_follows_the_verdicts_of_its_notebook(page):
    progress_board("2a_1")
    total = sum(e.minutes for e in BANK.values() if e.id.startswith("2a_1."))
    exercise("2a_1.softmax")(softmax)
    predict("2a_1.shift", "larger")
    text = page.outputs[0]["text/plain"]
    assert "2a_1.softmax: right" in text and "2a_1.shift: wrong" in text and "2a_2" not in text
    assert f"about {total - get('2a_1.softmax').minutes} minutes of exercises left" in text


def test_the_board_says_when_progress_cannot_be_saved(page, monkeypatch, tmp_path):
    progress = Progress(tmp_path)
    progress.record(Verdict("2a_1.softmax", "right", ""))
    monkeypatch.setattr(board, "PROGRESS", progress)
    progress_board()
    assert "cannot be saved" in page.outputs[0]["text/html"]


def test_once_right_one_press_compares(page, made, monkeypatch):
    monkeypatch.setattr(verdict, "solution", lambda id: f"worked out: {id}")
    show_verdict(get("2a_1.softmax").check(softmax))
    made[0].press("solution")
    assert page.outputs[-1]["text/markdown"] == "worked out: 2a_1.softmax"


def test_an_unknown_chapter_is_told_with_those_that_exist(page):
    with pytest.raises(ValueError, match="2a_1, 2a_2"):
        progress_board("9z")


# ---- where no browser looks on -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "environment", "shown"),
    [
        ("23c70df9-1ece604e84a8f56f4ffc89e7_23236_2", {}, False),  # nbconvert, nbgrader, papermill: of jupyter_client
        ("0b5e2f1c-6a0c-4f57-9c0e-3f1d8f1b8a11", {}, True),  # JupyterLab, VS Code: a UUID
        ("", {}, True),
        ("23c70df9-1ece604e84a8f56f4ffc89e7_23236_2", {"JPY_SESSION_NAME": "a.ipynb"}, True),  # a server runs the cells
        ("23c70df9-1ece604e84a8f56f4ffc89e7_23236_2", {"SERVER_SOFTWARE": "voila/0.5.12"}, True),
    ],
)
def test_a_widget_is_shown_only_where_a_browser_can_move_it(message, environment, shown, monkeypatch):
    class Shell:
        class kernel:
            def get_parent():
                return {"header": {"msg_id": message}}

    monkeypatch.setattr(outputs, "get_ipython", lambda: Shell)
    for name in ("JPY_SESSION_NAME", "SERVER_SOFTWARE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    bundle = {outputs.WIDGET_VIEW: {"model_id": "a"}, "text/plain": "a figure"}
    assert outputs.seen(bundle) == (bundle if shown else {"text/plain": "a figure"})
    assert "image/png" in AnyFigure()._repr_mimebundle_()[0]
    assert (outputs.WIDGET_VIEW in AnyFigure()._repr_mimebundle_()[0]) == shown
