"""What the two games share: rounds and points, the card below, what is heard, and where the keyboard goes."""

from typing import Any

import ipywidgets

from utils.figures.page import show
from utils.panels.buttons import Buttons
from utils.panels.verdict import STATES, ink, inline

STATE = {True: "right", False: "wrong", None: "not attempted"}


class Game:
    """A game on the page. Its buttons stay from round to round, so that the keyboard keeps its place.

    A game says what the rounds of a seed are, each with `points` and whether it is `over` (`deal`), which widgets stand
    between the head and the button that goes on (`parts`), how the round at hand is shown (`refresh`), what stands
    beside the points and below them (`about`, in Markdown), and which buttons the keyboard goes to when a round begins
    (`first`). The same seed is the same game; after the last round the next seed is played. most: the points of a
    round. question: what the card says when one begins.
    """

    called, round_called, most, question = "game", "round", 1, ""

    def __init__(self, seed: int) -> None:
        self.head, self.said = ipywidgets.HTMLMath(), ipywidgets.HTMLMath()
        self.onward = Buttons({}, lambda _: self.go_on(), look="main", toggles=False)
        self.box = ipywidgets.VBox([self.head, *self.parts(), self.onward])
        self.start(seed)

    def play(self) -> None:
        """Show the game, and one sentence where it cannot be played."""
        show(self.box, {"text/plain": f"{self} Run this cell to play."})

    def start(self, seed: int) -> None:
        self.seed, self.rounds = seed, self.deal(seed)
        self.turn_to(0)

    def turn_to(self, at: int) -> None:
        self.at = at
        self.said.value = self.question and note(self.question)
        self.show()

    @property
    def now(self) -> Any:
        return self.rounds[self.at]

    @property
    def over(self) -> bool:
        return self.now.over and self.at == len(self.rounds) - 1

    @property
    def points(self) -> int:
        return sum(each.points for each in self.rounds)

    def go_on(self) -> None:
        if not self.now.over:  # a quick second press
            return
        if self.over:
            self.start(self.seed + 1)
        else:
            self.turn_to(self.at + 1)
        self.onward.say(f"{self._where.capitalize()}.")
        self.first.focus()

    def say(self, words: str, right: bool | None, pressed: Buttons) -> None:
        """Say on the card, and to whoever hears the page and has just pressed one of these buttons."""
        self.said.value = note(words, right)
        self.show()
        pressed.say(words)

    @property
    def _where(self) -> str:
        return f"{self.round_called} {self.at + 1} of {len(self.rounds)}"

    def show(self) -> None:
        """Show what has become of the round at hand."""
        self.refresh()
        points = f"{self.points} point{'s' * (self.points != 1)}"
        if self.over:
            points = f"**{self.points} of {self.most * len(self.rounds)} points**"
        lines = f"**{self.called.capitalize()} {self.seed}, {self._where}** · {points} · {self.about()}".split("\n")
        self.head.value = f'<div style="line-height:1.6;white-space:normal">{"<br>".join(map(inline, lines))}</div>'
        self.onward.layout.display = None if self.now.over else "none"
        self.onward.offer({"on": f"Play {self.called} {self.seed + 1}" if self.over else f"Next {self.round_called}"})


def note(words: str, right: bool | None = None) -> str:
    """Words with a sign and its colour."""
    sign, _, colour = STATES[STATE[right]]
    return (
        f'<div style="max-width:46em;line-height:1.4;white-space:normal">'
        f'<strong style="color:{ink(colour)}">{"?" if right is None else sign}</strong> {inline(words)}</div>'
    )


def marked(label: str, right: bool | None) -> str:
    """The label of a button with the sign of what was found, if anything was."""
    return label if right is None else f"{STATES[STATE[right]][0]} {label}"
