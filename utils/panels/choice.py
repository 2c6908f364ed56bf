"""A question to answer before looking: press one of the answers, or name it in the cell."""

from __future__ import annotations

import html
from typing import Any

from utils.exercises import Choice
from utils.panels.buttons import Buttons
from utils.panels.question import Question
from utils.panels.verdict import find, spoken


def predict(id: str, answer: Any = ...) -> None:
    """Ask the question `id` and judge the answer.

    answer: the slug of one of the options, or `...` to choose by pressing. What was pressed in this notebook is shown
    again when the cell is run again. Raises ValueError if `id` is no question with choices.
    """
    asked = find(id, Choice)
    slugs = [option.slug for option in asked.options]
    question = Question(asked, answer, lambda kept: kept if kept in slugs else None, _still)
    buttons = Buttons(
        {option.slug: option.label for option in asked.options},
        lambda answer: buttons.say(question.press(answer)),
        group=asked.question,
        look="list",
        chosen=question.answer if isinstance(question.answer, str) and question.answer in slugs else None,
        layout={"max_width": "46em"},
    )
    buttons.say(spoken(question.show(buttons)))


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
