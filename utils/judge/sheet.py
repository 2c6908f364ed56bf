"""Questions to be answered with one of a few options: one by itself, or a table with one a row."""

import reprlib
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from utils.judge.verdict import Asked, Verdict

NOT_ATTEMPTED = "Yours to fill in. Each row is judged as soon as you choose, so a guess costs nothing."


class Mark(NamedTuple):
    """What is said of one answered row."""

    right: bool
    text: str


@dataclass(frozen=True, kw_only=True)
class Choice(Asked):
    """A question with a few answers to choose from, to be answered before looking.

    labels: of the answers, by their slugs. right: the slug of the right one. feedback: to whoever chose another, by its
    slug.
    """

    way = "a question with choices: use predict({!r}, ...)"
    question: str
    labels: Mapping[str, str]
    right: str
    feedback: Mapping[str, str]

    def filled(self, answer: Any) -> str | None:
        """An answer, if it is the slug of one of these."""
        return answer if _among(answer, self.labels) else None

    def check(self, answer: Any) -> Verdict:
        """Judge a choice, given by its slug."""
        if answer is None or answer is ...:
            return Verdict(self.id, "not attempted", "Choose before you look: a guess that is wrong teaches most.")
        chosen = next((slug for slug, label in self.labels.items() if _among(answer, (slug, label))), None)
        if chosen is None:
            message = f"{reprlib.repr(answer)} is not one of the answers: {_listed(self.labels)}."
            return Verdict(self.id, "wrong", message, "no-such-answer")
        if chosen == self.right:
            return Verdict(self.id, "right", self.notice)
        return Verdict(self.id, "wrong", self.feedback[chosen], chosen)


@dataclass(frozen=True)
class Row:
    """One row to fill in.

    label: what is asked, Markdown with $maths$. right: the slug of the option that belongs here. feedback: by option,
    why it does not; otherwise: for all options that have no words of their own. told: what is said once it is right.
    """

    slug: str
    label: str
    right: str
    feedback: Mapping[str, str] = field(default_factory=dict)
    otherwise: str = "This does not fit here."
    told: str = ""

    def mark(self, option: str) -> Mark:
        if option == self.right:
            return Mark(True, self.told)
        return Mark(False, self.feedback.get(option, self.otherwise))


@dataclass(frozen=True, kw_only=True)
class Sheet(Asked):
    """A table to fill in.

    labels: of the answers, the same for every row, by their slugs; plain text. rows: in the order in which they are
    asked.
    """

    way = "a table to fill in: use fill_in({!r}, ...)"
    question: str
    rows: Sequence[Row]
    labels: Mapping[str, str]

    @property
    def solution(self) -> dict[str, str]:
        return {row.slug: row.right for row in self.rows}

    def filled(self, answers: Any) -> dict[str, str]:
        """The answers that belong to this sheet, in the order of its rows; `...` and None leave a row open."""
        given = answers if isinstance(answers, Mapping) else {}
        return {row.slug: given[row.slug] for row in self.rows if _among(given.get(row.slug), self.labels)}

    def marks(self, answers: Any) -> dict[str, Mark]:
        """What is said of each row that is answered, by its slug."""
        filled = self.filled(answers)
        return {row.slug: row.mark(filled[row.slug]) for row in self.rows if row.slug in filled}

    def check(self, answers: Any, pressed: str | None = None) -> Verdict:
        """Judge a dict {slug of the row: slug of the option}. The first wrong row gives the mistake its name.

        pressed: the row that was answered just now, of which the message speaks first.
        """
        wrong, rows = partial(Verdict, self.id, "wrong"), self.solution
        answers = {} if answers is None or answers is ... else answers
        if not isinstance(answers, Mapping):
            message = f"A dict is asked here, `{{row: answer}}`; this is of type {type(answers).__name__}."
            return wrong(message, "not-a-dict")
        given = {row: option for row, option in answers.items() if option is not None and option is not ...}
        for row, option in given.items():
            if not _among(row, rows):
                return wrong(f"There is no row {reprlib.repr(row)}: {_listed(rows)}.", "no-such-row")
            if not _among(option, self.labels):
                message = f"{reprlib.repr(option)} in row {row!r} is not one of the answers: {_listed(self.labels)}."
                return wrong(message, "no-such-answer")
        marks, left = self.marks(given), len(rows) - len(given)
        if not marks:
            return Verdict(self.id, "not attempted", NOT_ATTEMPTED)
        amiss = [slug for slug, mark in marks.items() if not mark.right]
        if not amiss and not left:
            return Verdict(self.id, "right", self.notice)
        said = f"{len(marks) - len(amiss)} of {len(rows)} right" + (f" so far, {left} still open." if left else ".")
        if not amiss:
            return wrong(said, "unfinished")
        told = pressed if pressed in amiss else amiss[0]
        if pressed in marks and marks[pressed].right:
            said = f"Row `{pressed}` is right. {said}"
        return wrong(f"{said} Row `{told}`: {marks[told].text}", amiss[0])


def _among(name: Any, known: Container[str]) -> bool:
    return isinstance(name, str) and name in known


def _listed(known: Mapping[str, str]) -> str:
    return ", ".join(map(repr, known))
