"""What the reader sees of a derivation: its lines with their marks, the magic that shows them, and the scrubber."""

import re

import numpy as np
import pytest
from IPython import get_ipython
from IPython.testing.globalipapp import start_ipython

from tests.derivation_data import PAGES, rows
from tests.figures import at, twin
from utils.exercises import BANK
from utils.figures.scrubber import Scrubber
from utils.judge.verdict import MIME
from utils.panels import derivation

(_, SAME_INDEX), (_, OTHER_INDEX) = PAGES[:2]
SAME, OTHER = ("\n".join(line for line, *_ in page) for page in (SAME_INDEX, OTHER_INDEX))


def test_each_line_is_typeset_with_its_mark_and_the_first_slip_stands_out(screen):
    derivation.derivation("2a_3.same_index", SAME)
    html = screen.cards[0]["text/html"]
    rows = re.findall(r'<tr style="([^"]*)" data-status="([^"]*)">', html)
    assert [status for _, status in rows] == [status for _, status, _ in SAME_INDEX]
    assert ["box-shadow" in style for style, _ in rows] == [n == 1 for n in range(12)]
    assert html.count("$\\displaystyle") == 12
    assert "carries the slip" in html and "right again" in html and "lost minus" in html
    assert screen.record == {"exercise": "2a_3.same_index", "state": "wrong", "mistake": "value-for-operator"}


def test_the_text_tells_state_message_and_every_line_and_is_the_same_at_every_run(screen):
    for _ in range(3):
        derivation.derivation("2a_3.other_index", OTHER)
    (text,) = {card["text/plain"] for card in screen.cards}
    assert text.startswith("2a_3.other_index: wrong (lost-minus)\nLine 3: ")
    assert "   3 ✗ D(theta[k] - log" in text and "   6 ✓ y_hat[i]" in text


def test_an_exhibit_shows_its_marks_and_keeps_the_answer_to_the_exercise_that_follows(screen):
    derivation._magic(" 2a_3.same_index  record=False ", SAME)
    (shown,) = screen.outputs  # and no button
    html, text = shown["text/html"], shown["text/plain"]
    assert re.findall(r'data-status="([^"]*)"', html) == [status for _, status, _ in SAME_INDEX]
    assert derivation.EXHIBIT in html and text.startswith(derivation.EXHIBIT) and "   8 ✗ D(theta[i]" in text
    asked = BANK["2a_3.same_index"]
    verdict_on_it = asked.check(SAME)
    hidden = (verdict_on_it.message, str(verdict_on_it.detail), *asked.hints, "Hint", "Not yet", "lost minus")
    assert not any(told in html or told in text for told in hidden)
    assert "carries the slip" in html and "right again" in html
    assert shown[MIME]["state"] == "wrong" and not derivation.PROGRESS.states() and not derivation.LATEST


@pytest.mark.parametrize("row", rows("shown"))
def test_a_verdict_is_recorded_and_shown_with_the_lines(screen, row):
    """A line that cannot be read is shown as it was typed, with its column marked."""
    text, state, *pieces = (cell.replace("↵", "\n") for cell in row)
    derivation.derivation("2a_3.same_index", text)
    html = screen.cards[0]["text/html"]
    assert [html.count(piece) for piece in pieces] == [1] * len(pieces) and "<b>" not in html
    assert ("<table" in html) == bool(pieces) and ("wavy" in html) == ("<b>" in text)
    assert screen.record["state"] == state and derivation.LATEST["2a_3.same_index"] == text
    assert screen.progress.states().get("2a_3.same_index", "not attempted") == state


@pytest.fixture
def shell(monkeypatch):
    shell = start_ipython() or get_ipython()
    monkeypatch.setattr(derivation, "get_ipython", lambda: shell)
    derivation.register()
    return shell


@pytest.mark.parametrize("above", ["# mine\n", "\n# mine\n\n", "x = 1\n"])
def test_below_another_line_the_magic_says_where_it_belongs(shell, capsys, above):
    shell.run_cell(f"{above}%%derivation 2a_3.same_index\nD(J, theta[i])")
    said = capsys.readouterr()
    assert "must be the very first line of its cell" in said.out + said.err


def test_a_chapter_is_shown_the_notation_that_it_needs_and_without_one_all_ten_lines_are(screen):
    derivation.notation("2a_3")
    shown = screen.outputs[0]["text/plain"]
    assert "softmax(theta)[i]" in shown and "@" not in shown and "exp(-z)" not in shown
    for chapter in "", "00":  # in the second nothing is derived
        derivation.notation(chapter)
    assert all(o["text/html"].count("<tr") == 10 == o["text/plain"].count("\n") + 1 for o in screen.outputs[1:])


# ---- the scrubber -------------------------------------------------------------------------------------------------


def test_the_scrubber_tells_each_line_beside_a_numeric_derivative():
    figure = Scrubber("2a_3.same_index", SAME)
    right, wrong = (twin(figure, line=line) for line in (7, 8))
    assert "(right)" in right and "−0.335, the same" in right
    assert "(the slip)" in wrong and "0.335 at theta" in wrong and "stands off by 0.670" in wrong
    assert wrong.endswith("lines 2, 3, 4, 8 and 9 stand off.")


def test_wrong_lines_stand_off_by_shape_and_by_word_at_every_theta():
    figure = Scrubber("2a_3.same_index", SAME)
    for theta in (-2.0, 0.5, 3.0):
        at(figure, theta_0=theta, entry="i = k = 1")
        off = [n for n, text in enumerate(figure.values, 1) if text.get_text().endswith("≠")]
        assert off == [2, 3, 4, 8, 9] == list(figure.off.get_ydata())
        assert np.allclose(figure.fits.get_xdata(), figure.numeric.get_xdata()[0])


def test_the_two_classes_are_chosen_apart_in_the_other_case():
    figure = Scrubber("2a_3.other_index", OTHER)
    assert len(figure.pair) == 6 and all(i != k for i, k in figure.pair.values())
    assert "i = 2, k = 0" in twin(figure, entry="i = 2, k = 0")


def test_without_a_text_the_scrubber_takes_the_last_one_of_this_notebook(screen):
    figure = Scrubber("2a_3.other_index")
    assert len(figure.steps) == 1 and "line" not in figure.state()  # nothing to step through
    derivation.derivation("2a_3.other_index", OTHER)
    assert len(Scrubber("2a_3.other_index").steps) == 6


def test_lines_without_a_value_have_no_mark_and_say_so():
    text = "D(J, theta[i])\n2 x\ny_hat\nlog(theta[i]) * y_hat[i]"
    figure = Scrubber("2a_3.same_index", text, theta_0=-1)
    assert ["no number" in twin(figure, line=line) for line in (1, 2, 3, 4)] == [False, True, True, True]
    assert twin(figure, line=1).endswith("no line stands off.")


def test_an_equals_sign_stands_only_between_lines_that_are_equal():
    asked = BANK["2a_3.same_index"]
    lines = asked.question, "1 - y_hat[i]", "1 - softmax(theta)[i]", "y_hat[i] - 1", "y_hat[i] - "
    steps = asked.read("\n".join(lines)).steps
    assert [step.status for step in steps] == ["right", "slip", "carried", "right", "unreadable"]
    relations = [step.relation(before) for before, step in zip((None, *steps), steps, strict=False)]
    assert relations == ["", r"\neq ", "= ", r"\neq ", ""]


def test_a_worked_derivation_shows_each_line_as_on_paper_as_typed_and_why_it_holds(screen):
    text = "D(sum(theta[j] ** 2, j), theta[i])  # the question\n2 * theta[i]  # only $j = i$ moves"
    derivation.worked_derivation(text)
    (shown,) = screen.outputs
    lines = "   1 ✓ D(sum(theta[j] ** 2, j), theta[i])  the question", "   2 ✓ 2 * theta[i]  only $j = i$ moves"
    assert shown["text/plain"] == "\n".join(lines)
    assert shown["text/html"].count("$\\displaystyle") == 2 and "<code>2 * theta[i]</code>" in shown["text/html"]
    assert MIME not in shown, "it is nobody's attempt"


def test_a_slip_in_a_worked_derivation_is_told_as_in_an_exercise(screen):
    derivation.worked_derivation("D(sum(theta[j] ** 2, j), theta[i])\nsum(2 * theta[j], j)")
    assert "Line 2 (all-terms-of-the-sum): Every term" in screen.outputs[0]["text/plain"]
    assert "line 1 is 2\nthis line is 0" in screen.outputs[0]["text/html"]
