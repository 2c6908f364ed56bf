"""A question to answer before looking: press one of the answers, or name it in the cell."""

from __future__ import annotations

import html
from typing import Any

from utils.exercises import Choice
from utils.figures.page import display, show
from utils.panels.buttons import Buttons
from utils.panels.pressed import Page
from utils.panels.progress import PROGRESS
from utils.panels.verdict import CHOICES, bundle, find, spoken


def predict(id: str, answer: Any = ...) -> None:
    """Ask the question `id` and judge the answer.

    answer: the slug of one of the options, or `...` to choose by pressing. What was pressed in this notebook is shown
    again when the cell is run again. Raises ValueError if `id` is no question with choices.
    """
    asked = find(id, Choice)
    slugs = [option.slug for option in asked.options]
    page, pressed = Page(), None
    if answer is ... or answer is None:
        before = page.answer(id)
        answer = pressed = before if before in slugs else None
    buttons = Buttons(
        {option.slug: option.label for option in asked.options},
        lambda answer: chosen(answer),
        group=asked.question,
        look="list",
        chosen=answer if isinstance(answer, str) and answer in slugs else None,
        layout={"max_width": "46em"},
    )
    buttons.add_class(CHOICES)
    refresh = show(buttons, _still(asked, answer))
    verdict = asked.check(answer)
    PROGRESS.record(verdict)
    shown = display(bundle(verdict, pressed), raw=True, display_id=True)
    buttons.say(spoken(verdict))

    def chosen(answer: str) -> None:
        verdict = asked.check(answer)
        page.keep(id, answer)
        PROGRESS.record(verdict)
        shown.update(bundle(verdict, answer), raw=True)
        refresh(_still(asked, answer))
        buttons.say(spoken(verdict))


def _still(asked: Choice, answer: Any) -> dict[str, str]:
    """The question and its answers, for where no widget can be shown. The answer given is marked for the eye alone:
    the text is the same whatever was pressed."""
    listed = "\n".join(f"  {option.slug!r}: {option.label}" for option in asked.options)
    rows = "".join(
        f"<li>{'<strong>' if option.slug == answer else ''}{html.escape(option.label)}"
        f"{' (your answer)</strong>' if option.slug == answer else ''}</li>"
        for option in asked.options
    )
    return {
        "text/plain": f"{asked.question}\n{listed}",
        "text/html": f"<ul>{rows}</ul>",
    }
