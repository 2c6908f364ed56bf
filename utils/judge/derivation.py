"""A derivation to write, a line a step, and the verdict on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from utils.judge.algebra import Other, Reading, Setting, Trap, judge, lines_of, others
from utils.judge.verdict import Asked, Verdict, checker_fault

# Why a derivation without a wrong line is not right yet.
UNFINISHED = {"too-few-steps", "lines-missing", "operator-left", "not-simplified", "not-the-answer"}
NOT_ATTEMPTED = "Yours to derive. The first line is the question; write what it is equal to in the lines below it."
GIVEN = (
    "The page as it was written, and what the checker finds in it. Mend it where it stands, and run this cell again."
)
WHOLE = 4  # lines at least, the question one of them, of a derivation of one's own in place of a page to be mended
LATEST: dict[str, str] = {}  # the text last judged in this kernel as the reader's own, by exercise


@dataclass(frozen=True)
class WrongChain:
    """A derivation with one slip that people really make: its name, the line it is in, the text."""

    slug: str
    line: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Derivation(Asked):
    """A derivation to write.

    setting: what the names mean, and the case. question: the first line. answer: what the last line equals.
    traps: wrong values that belong to this question alone. accepts: right derivations. mistakes: wrong ones by name.
    steps: so many lines that say something new are asked, the question one of them; with fewer it is not finished.
    given: lines to be mended where they stand, so that each of them is needed.
    """

    way = "a derivation: begin its cell with %%derivation {}"
    setting: Setting
    question: str
    answer: str
    traps: Sequence[Trap] = ()
    accepts: Sequence[str] = ()
    mistakes: Sequence[WrongChain] = ()
    steps: int = 3
    given: str = ""

    def read(self, text: str) -> Reading:
        """Every line with what was found in it."""
        return judge(text, self.setting, self.question, self.answer, self.traps)

    def others(self, text: str) -> dict[str, Other]:
        """What its first slip could be taken for, and is not."""
        return others(text, self.setting, self.question, self.answer, self.traps)

    def check(self, answer: Any) -> Verdict:
        """Judge the text of a derivation. Takes well under 50 ms."""
        return self.examine(answer)[0]

    def examine(self, answer: Any) -> tuple[Verdict, Reading]:
        """The verdict, and what it rests on."""
        text = "" if answer is None or answer is ... else answer
        if not isinstance(text, str):
            message = f"A derivation is text, a line a step; this is a {type(text).__name__}. Use `%%derivation`."
            return Verdict(self.id, "wrong", message, "not-a-text"), Reading()
        try:
            reading = self.read(text)
            verdict = self._verdict(text, reading)
            if reading.unread and not reading.first_slip:
                unread = ", ".join(f"`{equation}`" for equation in reading.unread[:3])
                told = f"{verdict.message} Not judged, for it stands beside the derivation: {unread}."
                verdict = replace(verdict, message=told)
            return verdict, reading
        except Exception as error:  # the question itself, say, cannot be read
            return checker_fault(self.id, error), Reading()

    def _verdict(self, text: str, reading: Reading) -> Verdict:
        wrong = partial(Verdict, self.id, "wrong")
        if reading.not_attempted:
            return Verdict(self.id, "not attempted", NOT_ATTEMPTED)
        if self.given and lines_of(text, self.setting.names) == lines_of(self.given, self.setting.names):
            return Verdict(self.id, "not attempted", GIVEN)
        if slip := reading.first_slip:
            where_it_stops = slip.column is not None and f"{slip.text}\n{' ' * slip.column}^"
            later = [step for step in reading.steps if step.number > slip.number]
            right = [step.number for step in later if step.status == "right" and not (step.beside or slip.beside)]
            again = f" (Line {right[0]} is right again.)" if right else ""
            others = (f"Line {step.number}: {step.reason}" for step in later if step.status == "unreadable")
            told = "\n\n".join([f"Line {slip.number}: {slip.reason}{again}", *others])
            return wrong(told, slip.slug, where_it_stops or slip.difference)
        if reading.problem:
            return wrong(reading.problem, reading.slug)
        if self.given and reading.different < self.steps and not self._is_another_way(reading):
            counted = f"the page has {self.steps}, and these are {reading.different}"
            if reading.different < len(reading.steps):
                counted += ", for a line that repeats another is no step"
            message = f"Right as far as it goes, but lines are missing: {counted}. Mend them, do not leave them out."
            return wrong(message, "lines-missing")
        if not self.given and reading.taken < self.steps:
            return wrong(self._too_few(reading), "too-few-steps")
        checked = f"No difference was found between your lines at {reading.points} points, to $10^{{-9}}$."
        return Verdict(self.id, "right", f"{self.notice} {checked}")

    def _is_another_way(self, reading: Reading) -> bool:
        """Whether most of these lines are not the page's, as it has them, and there are as many as a derivation has at
        least: then the page is not shortened but left."""
        page = lines_of(self.given, self.setting.names)
        own = [step for step in reading.steps if step.text not in page]
        return reading.taken >= WHOLE and len(own) > len(reading.steps) / 2

    def _too_few(self, reading: Reading) -> str:
        """What is said of a right answer without the way to it."""
        counted = "this is the question again" if reading.taken == 1 else f"these are {reading.taken}"
        told = f"At least {self.steps} lines are asked, counting the question; {counted}."
        if reading.taken < len(reading.steps):
            told += " A line that says what one above says, in another order or with a name written out, is no step."
        return f"Not wrong, and not finished: how do you get there? {told}"
