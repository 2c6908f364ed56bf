"""A table to fill in: choose in a row, and what is to be said of it stands under it at once."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import ipywidgets

from utils.exercises import Sheet
from utils.judge.sheet import Mark, Row
from utils.panels.buttons import Buttons
from utils.panels.question import Question
from utils.panels.verdict import STATES, find, ink, inline, solution_button

LINE = "1px solid var(--jp-border-color2, #ccc)"


def fill_in(id: str, answers: Any = ...) -> None:
    """Ask the sheet `id` and judge it, row by row and as a whole.

    answers: {row: option}, or `...` to choose in the table. What was chosen in this notebook is shown again when the
    cell is run again. Raises ValueError if `id` is no table to fill in.
    """
    asked = find(id, Sheet)
    question = Question(asked, answers, asked.filled, _still)
    filled = asked.filled(question.answer)
    rows = {row.slug: _RowOfButtons(asked, row, filled.get(row.slug), lambda slug: chosen(slug)) for row in asked.rows}
    _tell(asked, rows)
    solution_button(question.show(ipywidgets.VBox([row.box for row in rows.values()], layout={"max_width": "72em"})))

    def chosen(slug: str) -> None:
        rows[slug].buttons.say(question.press(_tell(asked, rows), slug))


class _RowOfButtons:
    """A row on the screen."""

    def __init__(self, asked: Sheet, row: Row, filled: str | None, press: Callable[[str], None]) -> None:
        self.buttons = Buttons(
            asked.labels,
            lambda _: press(row.slug),
            group=f"{row.slug}: {row.label}",
            chosen=filled,
            layout={"width": "auto", "flex": "0 1 auto"},
        )
        self.told = ipywidgets.HTMLMath(layout={"flex": "1 1 100%", "min_width": "0"})
        label = ipywidgets.HTMLMath(inline(row.label), layout={"flex": "1 1 24em"})
        self.box = ipywidgets.HBox(  # which a narrow window breaks into lines
            [label, self.buttons, self.told],
            layout={"flex_flow": "row wrap", "align_items": "center", "padding": "3px 0", "border_bottom": LINE},
        )

    def tell(self, mark: Mark | None) -> None:
        self.told.value = _said(mark)
        self.told.layout.display = None if mark else "none"


def _tell(asked: Sheet, rows: dict[str, _RowOfButtons]) -> dict[str, str]:
    """Say beside each row what is to be said of it. Returns the answers."""
    answers = asked.filled({slug: row.buttons.chosen for slug, row in rows.items()})
    marks = asked.marks(answers)
    for slug, row in rows.items():
        row.tell(marks.get(slug))
    return answers


def _said(mark: Mark | None) -> str:
    if mark is None:
        return ""
    sign, word, colour = STATES["right" if mark.right else "wrong"]
    return f'<strong style="color:{ink(colour)}" title="{word}">{sign}</strong> {inline(mark.text) or word}'


def _still(asked: Sheet, answers: Any) -> dict[str, str]:
    """The table as it stands, for where no widget can be shown."""
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
