"""A game: a short derivation with one slip in it. Find the line, and name the slip.

The derivations are wrong ones of the bank. The names to choose from are those that the judge of derivations knows: it
says which other slips the two lines allow, and what speaks against each.
"""

import html
import tomllib
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from random import Random

import ipywidgets

from utils.exercises import BANK, Derivation
from utils.judge.algebra import TITLES, Difference, Other, Setting, Step, lines_of
from utils.judge.derivation import WrongChain
from utils.panels.buttons import Buttons
from utils.panels.derivation import MARKS
from utils.panels.game import Game, marked

ROUNDS, CHOICES, SHORTEST, GAMES_APART = 10, 4, 3, 4
KIND = {slug: title.partition(":")[0] for slug, title in TITLES.items()}
LONGEST_POINT = 60  # of a point that is told again with each wrong name

# Names that are never offered, and those that are never offered together.
UNFAIR = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
TOO_GENERAL, ALIKE = set(UNFAIR["too_general"]), [set(names.split()) for names in UNFAIR["alike"]]


class Round:
    """A wrong derivation of the bank: a point for its line, and one for the name of its slip, if found at once.

    picked, named: the lines and names that were pressed, the first ones first. seed: which other names are offered.
    """

    def __init__(self, asked: Derivation, wrong: WrongChain, seed: int = 0) -> None:
        self.asked, self.wrong, self.seed = asked, wrong, seed
        self.picked: list[int] = []
        self.named: list[str] = []

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        return self.asked.read(self.wrong.text).steps

    @property
    def slip(self) -> Step:
        return self.steps[self.wrong.line - 1]

    @property
    def found(self) -> bool:
        """Whether the line is found."""
        return self.wrong.line in self.picked

    @property
    def over(self) -> bool:
        return self.wrong.slug in self.named

    @property
    def points(self) -> int:
        return (self.picked[:1] == [self.wrong.line]) + (self.named[:1] == [self.wrong.slug])

    @cached_property
    def others(self) -> dict[str, Other]:
        """What the slip could be taken for, and is not."""
        return self.asked.others(self.wrong.text)

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """The slug of the slip and some of the others, each of another kind as far as there are such."""
        own, rng = self.wrong.slug, Random(f"{self.seed} {self.wrong.text}")
        fair = [
            slug for slug in self.others if slug not in TOO_GENERAL and not any({slug, own} <= alike for alike in ALIKE)
        ]
        rng.shuffle(fair)
        of_other_kinds = {KIND[slug]: slug for slug in fair if KIND[slug] != KIND[own]}.values()
        fair.sort(key=lambda slug: slug not in of_other_kinds)
        chosen = {own, *fair[: CHOICES - 1]}
        return tuple(slug for slug in TITLES if slug in chosen)

    def pick(self, number: int) -> str:
        """Point at a line. Returns what is to be said of it, in Markdown."""
        self.picked.append(number)
        step = self.steps[number - 1]
        if step is self.slip:
            return f"Line {number} it is{_numbers(': at', self.slip.difference)}. What went wrong there?"
        if number == 1:
            return "Not here: line 1 is the question itself."
        if step.status == "carried":
            return (
                f"Not here: line {number} carries the slip on, and is equal to line {number - 1}. Where does it begin?"
            )
        if number > self.slip.number:
            return f"Not here: line {number} is right again, equal to the question. The slip lies before it."
        return f"Not here: line {number} is equal to line {number - 1}, at all points that were tried."

    def name(self, slug: str) -> str:
        """Say what the slip is. Returns what is to be said of that."""
        self.named.append(slug)
        if slug == self.wrong.slug:
            return f"Yes: `{slug}`. {self.slip.reason}"
        other, number, above = self.others[slug], self.slip.number, self.slip.number - 1
        found = (
            f"with that mended, line {number} could be ${other.latex}$, and would still not be equal to line {above}"
        )
        if other.made:
            found = f"made on the way from line {above}, it could give ${other.latex}$, and that is not line {number}"
        against = f"Not that: {found}{_numbers('. At', other.difference, LONGEST_POINT)}. {other.trouble}".rstrip()
        return f"{against} Lay line {number} beside line {above}, symbol by symbol."


@cache
def pool() -> tuple[Round, ...]:
    """The wrong derivations of the bank that are long enough, and whose slip has a title."""
    asked = [e for e in BANK.values() if isinstance(e, Derivation)]
    wrong = [(e, wrong) for e in asked for wrong in e.mistakes if wrong.slug in TITLES]
    return tuple(Round(e, wrong) for e, wrong in wrong if len(lines_of(wrong.text)) >= SHORTEST)


def deck(seed: int) -> list[Round]:
    """The rounds of one game, no two with the same slip; the same ones for the same seed.

    A game is dealt every fourth round of the pool, the next game the fourth ones after it, and so on: so none has a
    round of the three before it.
    """
    rng = Random(seed)
    these = sorted(pool(), key=lambda each: each.wrong.slug)[seed % GAMES_APART :: GAMES_APART]
    one_of_each_slip = {each.wrong.slug: each for each in rng.sample(these, len(these))}
    return [Round(each.asked, each.wrong, seed) for each in rng.sample([*one_of_each_slip.values()], ROUNDS)]


def spot_the_slip(seed: int = 0) -> None:
    """Play ten rounds. seed: which derivations are dealt; the same seed deals the same ones."""
    SpotTheSlip(seed).play()


class SpotTheSlip(Game):
    most, question = 2, "Which is the first line that is not equal to the one above it?"
    deal = staticmethod(deck)

    def __str__(self) -> str:
        return f"Spot the slip, game {self.seed}: {ROUNDS} derivations with one slip each."

    def parts(self) -> list[ipywidgets.Widget]:
        self.lines, self.rows = ipywidgets.VBox(), []
        look = {"max_width": "60em"}
        self.names = Buttons({}, self.name, "What went wrong?", look="list", toggles=False, layout=look)
        return [self.lines, self.said, self.names]

    def refresh(self) -> None:
        now, steps = self.now, self.now.steps
        self.rows += [_Row(number, self.pick) for number in range(len(self.rows) + 1, len(steps) + 1)]
        for row, step in zip(self.rows, steps, strict=False):
            row.show(step, now.found or step.number in now.picked)
        self.lines.children = [row.box for row in self.rows[: len(steps)]]
        self.first = self.rows[0].button
        signs = {slug: slug == now.wrong.slug for slug in now.named}
        titles = {slug: marked(TITLES[slug], signs.get(slug)) for slug in now.choices}
        self.names.offer(titles, off=titles if now.over else now.named)
        self.names.layout.display = None if now.found else "none"

    def about(self) -> str:
        return _given(self.now.asked.setting)

    def pick(self, number: int) -> None:
        self.say(self.now.pick(number), number == self.now.wrong.line, self.rows[number - 1].button)

    def name(self, slug: str) -> None:
        self.say(self.now.name(slug), slug == self.now.wrong.slug, self.names)


class _Row:
    """A line of the derivation, and the button that points at it."""

    def __init__(self, number: int, pick: Callable[[int], None]) -> None:
        self.button = Buttons({}, lambda _: pick(number), toggles=False, layout={"flex": "0 0 7em"})
        self.formula = ipywidgets.HTMLMath(layout={"margin": "0 0 0 1em"}).add_class("workbook-formula")
        self.box = ipywidgets.HBox([self.button, self.formula], layout={"align_items": "center", "padding": "4px 0"})

    def show(self, step: Step, told: bool) -> None:
        """told: whether the reader is told by now what the line is, with the sign that every derivation has for it."""
        sign = f"{MARKS[step.status][0]} " if told else ""
        self.button.offer({"line": f"{sign}line {step.number}"}, off=["line"] if told else [])
        equal = "" if step.number == 1 else "= "
        self.formula.value = f"$\\displaystyle {equal}{html.escape(step.latex, quote=False)}$"


def _given(setting: Setting) -> str:
    """What the letters of a derivation mean, as far as the lines do not tell."""
    if "W1" in setting.names:
        network = "$z = xW_1 + b_1$, $h = \\sigma(z)$, $\\theta = hW_2 + b_2$, $\\hat y = \\mathrm{softmax}(\\theta)$"
        return f"{network} · side by side: a matrix product; $\\circ$: entry by entry"
    if "k" in setting.indices:
        return "$y$ is one-hot at $k$, and " + ("$i = k$" if setting.same else "$i \\neq k$")
    return "$y$ is any probability vector" if "y" in setting.names else "$\\sigma(z) = 1/(1 + e^{-z})$"


def _numbers(before: str, difference: Difference | None, longest: int = 1000) -> str:
    """In numbers, how a line differs from the one that it should be equal to; nothing if that takes too many."""
    at = ", ".join(f"{name} = {value}" for name, value in difference.inputs.items()) if difference else ""
    if not at or len(at) > longest:
        return ""
    return f"{before} `{at}` it is {difference.yours}, and {difference.above_is} is {difference.above}"
