"""Questions that are answered by pressing: one answer of a few, or one in each row of a table. What is to be said of a
press stands below it at once."""

import html
from functools import singledispatch
from typing import Any

import ipywidgets

from utils.exercises import Choice, Sheet, Verdict, get
from utils.figures.page import display, show
from utils.judge.sheet import Mark
from utils.panels.buttons import Buttons
from utils.panels.pressed import Page
from utils.panels.progress import PROGRESS
from utils.panels.verdict import STATES, bundle, ink, inline, solution_button, spoken

LINE = "1px solid var(--jp-border-color2, #ccc)"


def predict(id: str, answer: Any = ...) -> None:
    """Ask the question `id`, to be answered before looking, and judge the answer.

    answer: the slug of one of the options, or `...` to choose by pressing. What was pressed in this notebook is shown
    again when the cell is run again. Raises ValueError if `id` is no question with choices.
    """
    asked = get(id, Choice)
    question = _Question(asked, answer)
    buttons = Buttons(
        asked.labels,
        lambda slug: buttons.say(spoken(question.press(slug))),
        group=asked.question,
        look="list",
        chosen=asked.filled(question.answer),
        layout={"max_width": "46em"},
    )
    buttons.say(spoken(question.show(buttons)))


def fill_in(id: str, answers: Any = ...) -> None:
    """Ask the sheet `id` and judge it, row by row and as a whole.

    answers: {row: option}, or `...` to choose in the table. What was chosen in this notebook is shown again when the
    cell is run again. Raises ValueError if `id` is no table to fill in.
    """
    asked = get(id, Sheet)
    question = _Question(asked, answers)
    filled = asked.filled(question.answer)
    buttons, told, boxes = {}, {}, []
    for row in asked.rows:
        buttons[row.slug] = Buttons(
            asked.labels,
            lambda _, slug=row.slug: choose(slug),
            group=f"{row.slug}: {row.label}",
            chosen=filled.get(row.slug),
            layout={"width": "auto", "flex": "0 1 auto"},
        )
        told[row.slug] = ipywidgets.HTMLMath(layout={"flex": "1 1 100%", "min_width": "0"})
        label = ipywidgets.HTMLMath(inline(row.label), layout={"flex": "1 1 24em"}).add_class("workbook-formula")
        narrow = {"flex_flow": "row wrap", "align_items": "center", "padding": "3px 0", "border_bottom": LINE}
        boxes.append(ipywidgets.HBox([label, buttons[row.slug], told[row.slug]], layout=narrow))

    def tell() -> dict[str, str]:
        """Say beside each row what is to be said of it. Returns the answers."""
        answers = asked.filled({slug: row.chosen for slug, row in buttons.items()})
        marks = asked.marks(answers)
        for slug, words in told.items():
            words.value = _said(marks.get(slug))
            words.layout.display = None if slug in marks else "none"
        return answers

    def choose(slug: str) -> None:
        verdict = question.press(tell(), slug)
        buttons[slug].say(spoken(verdict))
        follow(verdict)

    tell()
    follow = solution_button(question.show(ipywidgets.VBox(boxes, layout={"max_width": "72em"})))


class _Question:
    """The widget of a question, what stands for it, and its card follow each press.

    given: the answer in the cell, or `...` for the one that was pressed last in this notebook, as far as it still fits.
    """

    def __init__(self, asked: Choice | Sheet, given: Any) -> None:
        self.asked, self.page = asked, Page()
        self.answer, self.pressed = given, None
        if given is ... or given is None:
            self.answer = self.pressed = asked.filled(self.page.answer(asked.id))

    def show(self, widget: Any) -> Verdict:
        """Show the widget and, below it, the card."""
        self._refresh = show(widget, _as_text(self.asked, self.answer))
        verdict = self.asked.check(self.answer)
        PROGRESS.record(verdict)
        self._card = display(bundle(verdict, self.pressed), raw=True, display_id=True)
        return verdict

    def press(self, answer: Any, *row: str) -> Verdict:
        """Judge what has been pressed, and keep it. row: the one that was answered."""
        verdict = self.asked.check(answer, *row)
        self.page.keep(self.asked.id, answer)
        PROGRESS.record(verdict)
        self._card.update(bundle(verdict, answer), raw=True)
        self._refresh(_as_text(self.asked, answer))
        return verdict


@singledispatch
def _as_text(asked: Choice, answer: Any) -> dict[str, str]:
    """What stands for the widget where none can be shown: the question and its answers. The one given is marked for the
    eye alone: the text is the same whatever was pressed."""
    listed = "\n".join(f"  {slug!r}: {label}" for slug, label in asked.labels.items())
    chosen, rows = asked.filled(answer), []
    for slug, label in asked.labels.items():
        label = html.escape(label)
        rows.append(f"<li><strong>{label} (your answer)</strong></li>" if slug == chosen else f"<li>{label}</li>")
    return {"text/plain": f"{asked.question}\n{listed}", "text/html": f"<ul>{''.join(rows)}</ul>"}


@_as_text.register
def _(asked: Sheet, answers: Any) -> dict[str, str]:
    filled = asked.filled(answers)
    marks, cell = asked.marks(filled), f'<td style="text-align:left;border-bottom:{LINE}">'
    lines = (f"  {row.slug} = {filled.get(row.slug, '...')}: {row.label}" for row in asked.rows)
    rows = (
        f'<tr style="background:none">{cell}{inline(row.label)}</td>'
        f"{cell}{html.escape(asked.labels.get(filled.get(row.slug), ''))}</td>"
        f"{cell}{_said(marks.get(row.slug))}</td></tr>"
        for row in asked.rows
    )
    return {
        "text/plain": "\n".join([asked.question, *lines, f"Answers: {', '.join(map(repr, asked.labels))}"]),
        "text/html": f"<p>{inline(asked.question)}</p><table>{''.join(rows)}</table>",
    }


def _said(mark: Mark | None) -> str:
    if mark is None:
        return ""
    sign, word, colour = STATES["right" if mark.right else "wrong"]
    return f'<strong style="color:{ink(colour)}" title="{word}">{sign}</strong> {inline(mark.text) or word}'
