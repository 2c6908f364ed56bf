"""What goes back: a page a student that needs no network and gives no solution away; and what is told of answers that
are alike."""

import re
from xml.etree import ElementTree

import pytest

from tests.pages import notebook
from tests.returned import SETUP, table
from utils.exercises import BANK
from utils.judge.verdict import Place
from utils.teach.grade import report
from utils.teach.grade.feedback import page, write_feedback
from utils.teach.grade.marking import Mark, mark
from utils.teach.grade.report import alike, form
from utils.teach.grade.roster import Roster

SOFTMAX = '''@exercise("2a_1.softmax")
def softmax(theta):
    """theta: (K,) or (N, K)"""
    # shifted: no <b>overflow</b>
    m = theta.max(axis=-1, keepdims=True)
    e = np.exp(theta - m)
    return e / e.sum(axis=0)'''


def whole(html):
    """That each element of a page is closed, and that nothing is loaded."""
    page = ElementTree.fromstring(re.sub("(?i)<!doctype.*?>|<meta.*?>|&nbsp;", "", html))
    assert not [e for e in page.iter() if e.tag == "img" or {"src", "href", "action", "data"} & {*e.keys()}]
    assert "<script" not in html and "url(" not in html


def test_a_page_shows_each_answer_as_it_was_handed_in_and_what_was_said_to_it():
    cells = [SETUP, "import numpy as np", SOFTMAX, 'predict("2a_1.shift", "larger")']
    given = mark(notebook(*cells))
    html = page("Jörg <Müller>", given)
    whole(html)
    assert "Jörg &lt;Müller&gt;" in html and "# shifted: no &lt;b&gt;overflow&lt;/b&gt;" in html
    said = next(m for m in given if m.exercise == "2a_1.softmax")
    assert said.state == "wrong" and said.mistake in html and said.detail.splitlines()[-1] in html
    assert (said.place.line, said.place.expression) == (6, "e.sum(axis=0)")  # the def is the first
    assert ">e.sum(axis=0)</span>" in html and re.search(r">✗</span>.*; due here: <math", html)
    assert html.count("<article") == len(given) and html.count("Not found in your notebook") == len(given) - 2
    assert "<math" in html and "$" not in html and "<h2>2a_1 · Softmax</h2>" in html
    assert f"0 of {len(given)} exercises are right" in html and "<pre></pre>" not in html


def test_no_solution_is_on_a_page():
    asked = [e for e in BANK.values() if e.id.startswith("2a_1.")]
    html = page("Ann", [Mark(e.id, "wrong", told="No.") for e in asked])
    assert not any(hint in html for e in asked for hint in e.hints) and not any(e.notice in html for e in asked)


def test_what_is_said_to_whoever_marks_is_not_on_a_page_and_why_an_answer_stopped_is():
    own = Mark("2a_1.softmax", "right", note="calls the workbook's own softmax", told="Well done.")
    stopped = Mark("2a_1.hot", "your code stopped", note="still running after 2 seconds")
    html = page("Ann", [own, stopped])
    assert "calls the" not in html and "Well done." in html and "still running" in html


def test_a_named_function_stands_apart_from_what_it_is_of():
    html = page("Ann", [Mark("2a_1.softmax", "wrong", told=r"$\log 0$, $\log(x)$, $\theta y$")])
    assert '<mi>log</mi><mspace width="0.17em"/><mn>0</mn>' in html and html.count("<mspace") == 1


def test_no_line_begins_with_the_full_stop_that_ends_a_formula():
    html = page("Ann", [Mark("2a_1.softmax", "wrong", told="Of $K$ and $H$, $H$ is one, and $K$.")])
    held = re.findall(r'<span style="white-space: nowrap"><math.*?</math>(.)</span>', html)
    assert held == [",", "."] and html.count("<math") == 4


@pytest.mark.parametrize("formula", [r"\frac{", r"\text{<img src=x onerror=alert(1)>}", "a < b & c", r"\unknown{x}"])
def test_a_formula_does_no_harm(formula):
    whole(page("Ann", [Mark("2a_1.softmax", "wrong", told=f"Here: ${formula}$.")]))


def test_pages_keep_their_names_and_can_be_mailed(tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text("name,mail\nAnn Lee,ann@x.edu\nBo Chen,bo@x.edu\n")
    marks = {"Ann Lee": [Mark("2a_1.softmax", "right")], "=Bo/Chen": [Mark("", "unreadable", note="the file is empty")]}
    tables = []
    for _ in range(2):
        write_feedback(marks, tmp_path / "feedback", Roster(roster))
        tables.append(table(tmp_path / "feedback" / "links.csv"))
    assert tables[0] == tables[1] and [row["address"] for row in tables[0]] == ["", "ann@x.edu"]
    pages = sorted(path.name for path in (tmp_path / "feedback").glob("*.html"))
    assert pages == sorted(row["page"] for row in tables[0])
    assert all(re.fullmatch(r"[\w-]+-[0-9a-f]{16}\.html", name) for name in pages)
    assert "the file is empty" in (tmp_path / "feedback" / tables[0][0]["page"]).read_text(encoding="utf-8")


def test_a_table_holds_the_place(tmp_path):
    place = Place(4, "e.sum()", "", "")
    report.write(tmp_path / "marks.csv", *report.tables({"Ann": [Mark("2a_1.softmax", "wrong", place=place)]})[""])
    (row,) = table(tmp_path / "marks.csv")
    assert (row["line"], row["part"]) == ("4", "e.sum()")


# ---- answers alike -------------------------------------------------------------------------------------------------


def answered(**answers):
    return {student: [Mark("2a_1.softmax", "right", answer=answer)] for student, answer in answers.items()}


RENAMED = (
    SOFTMAX.replace("(theta", "(logits").replace("theta.", "logits.").replace("m)", "top)").replace("m =", "top =")
)


@pytest.mark.parametrize(
    "other",
    [
        SOFTMAX,
        RENAMED,
        SOFTMAX.replace(" = ", "=").replace("    # shifted: no <b>overflow</b>\n", "\n\n"),
        SOFTMAX.replace('    """theta: (K,) or (N, K)"""\n', ""),
    ],
)
def test_answers_equal_up_to_names_blanks_and_comments_are_a_group(other):
    third = SOFTMAX.replace("axis=0", "axis=-1, keepdims=True")
    (group,) = alike(answered(ann=SOFTMAX, bo=other, cy=third, di=third.replace("np.exp", "np.exp2")))
    assert group == (("ann", "bo"), ["2a_1.softmax"])


def test_what_is_short_and_what_many_write_is_no_group():
    short = "@exercise('2a_1.softmax')\ndef f(theta):\n    return np.exp(theta)"
    assert alike(answered(ann=short, bo=short, cy=SOFTMAX)) == []
    assert alike(answered(**{f"s{i}": SOFTMAX for i in range(5)}, cy=short)) == []


def test_groups_of_the_same_students_come_together_and_derivations_count():
    lines = "D(-sum(y[j] * log(y_hat[j]), j), theta[i])\n-1/y_hat[i] * D(y_hat[i], theta[i])  # chain\ny_hat[i] - 1"
    marks = answered(ann=SOFTMAX, bo=RENAMED)
    for given, text in zip(marks.values(), (lines, lines.replace(" ", "").replace("#chain", "")), strict=True):
        given.append(Mark("2a_3.same_index", "wrong", answer=text))
    assert alike(marks) == [(("ann", "bo"), ["2a_1.softmax", "2a_3.same_index"])]
    assert report.tables(marks, alike(marks))["alike"][1] == [[2, "2a_1.softmax, 2a_3.same_index", "ann", "bo"]]
    told = report.summary(marks, alike(marks))
    assert "Worth a look, too" in told and "ann, bo: 2a_1.softmax, 2a_3.same_index" in told


def test_what_is_a_comment_in_a_derivation_makes_no_other_answer():
    lines = ["D(-sum(y[j] * log(y_hat[j]), j), theta[i])", "-1/y_hat[i] * D(y_hat[i], theta[i])", "y_hat[i] - 1"]
    written = {"ann": lines, "bo": [f"{lines[0]}  % the question", *lines[1:]], "cy": [*lines[:2], f"{lines[2]} | end"]}
    marks = {name: [Mark("2a_3.same_index", "right", answer="\n".join(each))] for name, each in written.items()}
    assert alike(marks) == [(("ann", "bo", "cy"), ["2a_3.same_index"])]


def test_other_signs_numbers_and_attributes_make_another_answer():
    forms = {
        form(SOFTMAX.replace(*change)) for change in (("", ""), ("-1", "-2"), ("np.exp", "np.log"), (" - ", " + "))
    }
    assert len(forms) == 4
