"""A question that is answered by pressing: its widget, what stands for it, and its card follow each press."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from utils.exercises import Choice, Sheet, Verdict
from utils.figures.page import display, show
from utils.panels.pressed import Page
from utils.panels.progress import PROGRESS
from utils.panels.verdict import bundle, spoken


class Question:
    """asked: the exercise. given: the answer in the cell, or `...` for the one that was pressed last in this notebook,
    as far as it still `fits`. still: what stands for the widget where none can be shown, for an answer."""

    def __init__(
        self, asked: Choice | Sheet, given: Any, fits: Callable[[Any], Any], still: Callable[[Any, Any], dict[str, str]]
    ) -> None:
        self.asked, self.still, self.page = asked, still, Page()
        self.answer, self.pressed = given, None
        if given is ... or given is None:
            self.answer = self.pressed = fits(self.page.answer(asked.id))

    def show(self, widget: Any) -> Verdict:
        """Show the widget and, below it, the card."""
        self._refresh = show(widget, self.still(self.asked, self.answer))
        verdict = self.asked.check(self.answer)
        PROGRESS.record(verdict)
        self._card = display(bundle(verdict, self.pressed), raw=True, display_id=True)
        return verdict

    def press(self, answer: Any, *row: str) -> str:
        """Judge what has been pressed, and keep it. Returns what is to be heard. row: the one that was answered."""
        verdict = self.asked.check(answer, *row)
        self.page.keep(self.asked.id, answer)
        PROGRESS.record(verdict)
        self._card.update(bundle(verdict, answer), raw=True)
        self._refresh(self.still(self.asked, answer))
        return spoken(verdict)
