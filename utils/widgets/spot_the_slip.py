"""A game: a short derivation with one slip in it. Find the line, and name the slip."""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

import ipywidgets

from utils.derivation import Reading, Setting, Step, lines_of
from utils.exercises import BANK, Derivation
from utils.exercises.chapter_3_2 import PAGES
from utils.exercises.derivation import WrongChain
from utils.widgets.page import display
from utils.widgets.verdict import inline

ROUNDS, CHOICES, SHORTEST = 10, 4, 3

# What slips are called in the game. Those of one kind can be hard to tell apart, so a round offers one of each kind.
NAMES = {
    "sign": {
        "lost-minus": "that of the whole line is turned round",
        "constant-sign": "that of a constant term is wrong",
        "minus-not-distributed": "a minus before brackets reached the first term only",
        "sign-of-a-term": "that of one term is wrong",
    },
    "operator": {
        "value-for-operator": "a derivative is multiplied where it should be taken",
        "operator-doubled": "a derivative is taken for a second time",
        "operator-lost": "a derivative is not taken at all",
        "sigma-for-sigma-prime": "σ stands where its derivative is meant",
    },
    "index": {
        "wrong-index": "one letter stands for another",
        "same-index-used": "the case i = k is taken for i ≠ k",
        "other-index-used": "the case i ≠ k is taken for i = k",
        "diagonal-only": "all terms but the one with i are taken for constant",
        "forgot-y": "the term with the target is dropped",
        "all-terms-of-the-sum": "each term of a sum is differentiated by its own variable",
        "softmax-derivative": "the wrong case of the derivative of softmax",
    },
    "rule": {
        "log-of-quotient": "the logarithm of a quotient is taken apart wrongly",
        "log-of-sum": "the logarithm of a sum is taken apart",
        "forgot-inner-derivative": "the inner factor of the chain rule is missing",
        "forgot-outer-derivative": "the outer factor of the chain rule is missing",
        "forgotten-denominator": "a denominator is missing",
        "stopped-early": "the chain ends before the variable is reached",
        "no-prime": "the factor σ′ of the chain is missing",
        "derivative-of-a-constant": "a constant is given a derivative of its own",
        "product-rule": "a quotient is differentiated part by part",
        "reciprocal-rule": "1/f is differentiated as if it were 1/f′",
        "reciprocal-split": "one over a sum is taken apart",
        "numerators-subtracted": "numerators are subtracted, with no common denominator",
        "square-lost": "the square in the quotient rule is missing",
    },
    "product": {
        "matmul-for-hadamard": "a matrix product, where entry by entry is meant",
        "hadamard-for-matmul": "entry by entry, where a matrix product is meant",
        "order-of-factors": "the factors stand in the wrong order",
        "missing-brackets": "a sum has lost its brackets to the product beside it",
    },
    "kind": {
        "vector-for-diagonal": "a row stands for a diagonal matrix",
        "transpose": "a matrix is turned the wrong way",
        "on-its-side": "the whole line is the transpose of what is asked",
        "upside-down": "a derivative stands upside down",
    },
}
KIND = {slug: kind for kind, names in NAMES.items() for slug in names}

# Pairs of which now one, now the other can be said of the same line: they are never offered together.
TOO_CLOSE = [
    {"diagonal-only", "forgotten-denominator"},
    {"all-terms-of-the-sum", "log-of-sum"},
    {"all-terms-of-the-sum", "operator-lost"},
    {"forgot-inner-derivative", "operator-lost"},
    {"stopped-early", "operator-lost"},
    {"no-prime", "operator-lost"},
    {"no-prime", "sigma-for-sigma-prime"},
    {"lost-minus", "operator-lost"},
    {"lost-minus", "log-of-quotient"},
    {"vector-for-diagonal", "matmul-for-hadamard"},
    {"wrong-index", "transpose"},
]


@dataclass(frozen=True)
class Puzzle:
    """A wrong derivation of the bank. choices: the slugs among which that of its slip is to be found."""

    asked: Derivation
    wrong: WrongChain
    choices: tuple[str, ...]

    @cached_property
    def reading(self) -> Reading:
        return self.asked.read(self.wrong.text)

    @property
    def slip(self) -> Step:
        return self.reading.first_slip


def pool() -> dict[str, list[tuple[Derivation, WrongChain]]]:
    """The wrong derivations of the bank that make a puzzle, by slug: neither too short nor a page that was marked."""
    found = defaultdict(list)
    for asked in BANK.values():
        for wrong in asked.mistakes if isinstance(asked, Derivation) else ():
            if wrong.slug in KIND and len(lines_of(wrong.text)) >= SHORTEST and wrong.text not in PAGES:
                found[wrong.slug].append((asked, wrong))
    return found


def deck(seed: int) -> list[Puzzle]:
    """The puzzles of one game, no two with the same slip; the same ones for the same seed."""
    rng, found = Random(seed), pool()
    drawn = [rng.choice(found[slug]) for slug in rng.sample(sorted(found), ROUNDS)]
    return [Puzzle(asked, wrong, _choices(asked, wrong.slug, found, rng)) for asked, wrong in drawn]


def _choices(asked: Derivation, slug: str, found: dict, rng: Random) -> tuple[str, ...]:
    """A slug and a few of other kinds that occur where there are matrices, or where there are none, as here."""
    world = {name for name, drawn in found.items() if any(_matrices(e) == _matrices(asked) for e, _ in drawn)}
    others = []
    for kind, names in NAMES.items():
        near = [name for name in names if name in world and {name, slug} not in TOO_CLOSE]
        if kind != KIND[slug] and near:
            others.append(rng.choice(near))
    chosen = {slug, *rng.sample(others, min(CHOICES - 1, len(others)))}
    return tuple(name for name in KIND if name in chosen)


def _matrices(asked: Derivation) -> bool:
    return "W1" in asked.setting.names


class Game:
    """Ten puzzles: a point for each line that is found at once, and one for each name.

    found: of the puzzle at hand, 0 for nothing yet, 1 for the line, 2 for the name too.
    """

    def __init__(self, seed: int) -> None:
        self.seed, self.puzzles = seed, deck(seed)
        self.round, self.points, self.found, self.missed = 0, 0, 0, False

    @property
    def puzzle(self) -> Puzzle:
        return self.puzzles[self.round]

    @property
    def over(self) -> bool:
        return self.found == 2 and self.round == len(self.puzzles) - 1

    def pick(self, number: int) -> str:
        """Point at a line. Returns what is to be said of it, in Markdown."""
        step, slip = self.puzzle.reading.steps[number - 1], self.puzzle.slip
        if self._hits(step is slip, 1):
            return f"Line {number} it is{_where(slip)}. What went wrong there?"
        if number == 1:
            return "Line 1 is the question itself."
        if step.status == "carried":
            return f"Line {number} only carries the slip on: it is equal to line {number - 1}. Where did it come in?"
        if number > slip.number:
            return f"Line {number} is right again: it is equal to the question. The slip lies before it."
        return f"Line {number} is equal to line {number - 1}, at all points that were tried."

    def name(self, slug: str) -> str:
        """Say what the slip is. Returns what is to be said of that."""
        slip = self.puzzle.slip
        if self._hits(slug == slip.slug, 2):
            return f"Yes: `{slug}`. {slip.reason}"
        return f"Not that. Lay line {slip.number} beside line {slip.number - 1}, symbol by symbol. What is different?"

    def go_on(self) -> None:
        self.round, self.found = self.round + 1, 0

    def _hits(self, hit: bool, found: int) -> bool:
        if self.found == found - 1:  # what is found already can be pressed again, for nothing
            self.points += hit and not self.missed
            self.found += hit
            self.missed = not hit
        return hit


def spot_the_slip(seed: int = 0) -> None:
    """Play ten rounds. seed: which derivations are dealt; the same seed deals the same ones."""
    text = f"Spot the slip, game {seed}: {ROUNDS} derivations with one slip each. Run this cell to play."
    display(_Table(seed).box._repr_mimebundle_() | {"text/plain": text}, raw=True)


class _Table:
    """The game on the screen."""

    def __init__(self, seed: int) -> None:
        self.head, self.told = ipywidgets.HTMLMath(), ipywidgets.HTMLMath(layout={"margin": "8px 0"})
        self.lines, self.names = ipywidgets.VBox(), ipywidgets.VBox(layout={"align_items": "flex-start"})
        self.on = _button("", self.go_on)
        self.on.layout.align_self, self.on.button_style = "flex-start", "primary"
        self.box = ipywidgets.VBox(
            [self.head, self.lines, self.told, self.names, self.on], layout={"max_width": "60em"}
        )
        self.deal(Game(seed))

    def deal(self, game: Game) -> None:
        """Show the puzzle at hand of a game."""
        self.game = game
        steps = game.puzzle.reading.steps
        self.picks = [_button(f"line {step.number}", self.pick) for step in steps]
        self.lines.children = [_line(pick, step) for pick, step in zip(self.picks, steps, strict=True)]
        self.names.children = [_button(_said(slug), self.name) for slug in game.puzzle.choices]
        self.tell("Which is the first line that is not equal to the one above it?")

    def pick(self, button: ipywidgets.Button) -> None:
        self._pressed(button, self.picks, self.game.pick(self.picks.index(button) + 1), self.game.found >= 1)

    def name(self, button: ipywidgets.Button) -> None:
        slug = self.game.puzzle.choices[self.names.children.index(button)]
        self._pressed(button, self.names.children, self.game.name(slug), self.game.found == 2)

    def _pressed(self, button: ipywidgets.Button, among: Sequence[ipywidgets.Button], message: str, hit: bool) -> None:
        button.icon = "check" if hit else "times"
        for each in among if hit else [button]:
            each.disabled = each is not button or not hit
        self.tell(message)

    def go_on(self, _: ipywidgets.Button) -> None:
        if self.game.over:
            self.deal(Game(self.game.seed + 1))
        else:
            self.game.go_on()
            self.deal(self.game)

    def tell(self, message: str) -> None:
        game = self.game
        rounds = len(game.puzzles)
        given = _given(game.puzzle.asked.setting)
        self.head.value = inline(f"**Round {game.round + 1} of {rounds}** · points: {game.points} · {given}")
        if game.over:
            message += f" **{game.points} of {2 * rounds} points in game {game.seed}.**"
        self.told.value = inline(message)
        self.names.layout.display = None if game.found else "none"
        self.on.layout.display = None if game.found == 2 else "none"
        self.on.description = f"Play game {game.seed + 1}" if game.over else "Next round"


def _button(description: str, on_click: Any) -> ipywidgets.Button:
    button = ipywidgets.Button(description=description, layout={"width": "auto", "flex": "0 0 auto"})
    button.on_click(on_click)
    return button


def _line(pick: ipywidgets.Button, step: Step) -> ipywidgets.HBox:
    equal = "" if step.number == 1 else "= "
    latex = f"$\\displaystyle {equal}{html.escape(step.latex, quote=False)}$"
    shown = ipywidgets.HTMLMath(latex, layout={"margin": "0 0 0 1em"})
    return ipywidgets.HBox([pick, shown], layout={"align_items": "center", "padding": "4px 0"})


def _said(slug: str) -> str:
    return f"{KIND[slug]}: {NAMES[KIND[slug]][slug]}"


def _given(setting: Setting) -> str:
    """What the letters of a derivation mean, as far as the lines do not tell."""
    if "W1" in setting.names:
        network = "$z = xW_1 + b_1$, $h = \\sigma(z)$, $\\theta = hW_2 + b_2$, $\\hat y = \\mathrm{softmax}(\\theta)$"
        return f"{network} · side by side: a matrix product; $\\circ$: entry by entry"
    if "k" in setting.indices:
        return "$y$ is one-hot at $k$, and " + ("$i = k$" if setting.same else "$i \\neq k$")
    return "$y$ is any probability vector" if "y" in setting.names else "$\\sigma(z) = 1/(1 + e^{-z})$"


def _where(slip: Step) -> str:
    """In numbers, how a line differs from the one above it."""
    if slip.difference is None:
        return ""
    at = ", ".join(f"{name} = {value}" for name, value in slip.difference.inputs.items())
    return f": at `{at}` it is {slip.difference.yours}, and {slip.difference.above_is} is {slip.difference.above}"
