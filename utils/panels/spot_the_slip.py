"""A game: a short derivation with one slip in it. Find the line, and name the slip."""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import NamedTuple

import ipywidgets

from utils.exercises import BANK, Derivation
from utils.figures.page import show
from utils.judge.algebra import Reading, Setting, Step, lines_of, parse
from utils.judge.algebra.notation import Node
from utils.judge.derivation import WrongChain
from utils.panels.buttons import Buttons
from utils.panels.verdict import STATES, inline

ROUNDS, CHOICES, HANDS, SHORTEST = 10, 4, 3, 3
MARK = {True: STATES["right"][0], False: STATES["wrong"][0]}
Card = tuple[Derivation, WrongChain]


def _is(*ops: str) -> Callable[[Node], bool]:
    return lambda node: node.op in ops


def _of(parts: Callable[[Node], bool], *ops: str) -> Callable[[Node], bool]:
    """A node of one of these kinds that has such a part directly below it."""
    return lambda node: node.op in ops and any(map(parts, node.children))


def _taken(parts: Callable[[Node], bool]) -> Callable[[Node], bool]:
    """A derivative that is taken of something with such a part in it."""
    return lambda node: node.op == "D" and any(map(parts, node.args[0].walk()))


def _named(*names: str) -> Callable[[Node], bool]:
    return lambda node: node.op == "name" and node.args[0] in names


TERMS, SUM = _is("+", "-"), _is("sum", "total")

# What a line can hold. A name is offered only where the line of the slip, or the one above it, holds what it speaks of.
HOLDS: dict[str, Callable[[Node], bool]] = {
    "derivative": _is("D"),
    "derivative of a quotient": _taken(_is("/")),
    "derivative of a number": _taken(_is("number")),
    "derivative of y_hat": _taken(lambda node: node.op == "softmax" or _named("y_hat")(node)),
    "function of a function": _taken(_is("log", "exp", "sigma", "/", "**")),
    "variable above": lambda node: node.op == "D" and node.args[0].op in ("name", "index"),
    "chain": lambda node: node.op in ("@", "*") and all(child.has("D") for child in node.children),
    "sigma": lambda node: node.op == "sigma" or (node.op == "D" and _named("z", "x")(node.args[1])),
    "index": _is("index"),
    "sum": _is("sum"),
    "target": _named("y", "J"),
    "log of a sum": _of(SUM, "log"),
    "log of a quotient": lambda node: node.op == "log" and (node.has("/") or node.args[0].op == "index"),
    "fraction": _is("/"),
    "one over a sum": lambda node: node.op == "/" and (TERMS(node.args[1]) or SUM(node.args[1])),
    "fraction as a term": _of(_is("/"), "+", "-"),
    "number as a term": _of(_is("number"), "+", "-"),
    "minus before brackets": lambda node: node.op in ("neg", "-") and TERMS(node.args[-1]),
    "terms beside a product": lambda node: _of(TERMS, "*", "@")(node) or _of(_is("*", "@"), "+", "-")(node),
    "matrix product": _is("@"),
    "product entry by entry": _is("*"),
}


class Name(NamedTuple):
    """What a slip is called in the game.

    said: on its button. looks: what would be seen of it in line n, or in the line above. needs: what the two must hold
    between them, of HOLDS and of what `_held` adds, for it to be offered.
    """

    said: str
    looks: str
    needs: tuple[str, ...] = ()


NAMES = {
    "sign": {
        "lost-minus": Name(
            "that of the whole line is turned round", "line {n} would be minus line {above}, number for number"
        ),
        "constant-sign": Name(
            "that of a constant term is wrong",
            "line {n} would be mended by another sign before its constant term",
            ("number as a term",),
        ),
        "minus-not-distributed": Name(
            "a minus before brackets reached the first term only",
            "the brackets of line {above} would be gone, and only the first of their terms would be turned round",
            ("minus before brackets",),
        ),
    },
    "operator": {
        "value-for-operator": Name(
            "a derivative is multiplied where it should be taken",
            "line {n} would hold a derivative *times* something, where it should be the derivative *of* it",
            ("derivative",),
        ),
        "operator-doubled": Name(
            "a derivative is taken for a second time",
            "what stands under the operator of line {n} would be a derivative already",
            ("derivative",),
        ),
        "operator-lost": Name(
            "a derivative is not taken at all",
            "line {n} would hold, as it is, what the operator of line {above} is to work on",
            ("derivative",),
        ),
        "sigma-for-sigma-prime": Name(
            "σ stands where its derivative is meant",
            "there would be a σ in line {n} that lacks its 1 − σ",
            ("derivative", "sigma"),
        ),
    },
    "index": {
        "wrong-index": Name(
            "one letter stands for another",
            "line {n} would be mended by other letters, and by nothing else",
            ("index",),
        ),
        "same-index-used": Name(
            "the case i = k is taken for i ≠ k", "line {n} would be right if $i$ were $k$", ("i != k",)
        ),
        "other-index-used": Name(
            "the case i ≠ k is taken for i = k",
            "line {n} would be right if $i$ were another class than $k$",
            ("i = k",),
        ),
        "diagonal-only": Name(
            "all terms but the one with i are taken for constant",
            "of the sum in line {above} only the term with $i$ would have been differentiated",
            ("derivative", "sum"),
        ),
        "forgot-y": Name(
            "the term with the target is dropped", "line {n} would lack a term, one with $y$ in it", ("index", "target")
        ),
        "all-terms-of-the-sum": Name(
            "each term of a sum is differentiated by its own variable",
            "a whole sum would be left in line {n}, where only one of its terms moves",
            ("derivative", "sum"),
        ),
        "softmax-derivative": Name(
            "the wrong case of the derivative of softmax",
            "line {n} would hold $\\hat y_a(1 - \\hat y_a)$ for $-\\hat y_a\\hat y_b$, or the other way round",
            ("index", "derivative of y_hat"),
        ),
    },
    "rule": {
        "log-of-quotient": Name(
            "the logarithm of a quotient is taken apart wrongly",
            "a logarithm of line {above} would have become something else than the difference of two",
            ("log of a quotient",),
        ),
        "log-of-sum": Name(
            "the logarithm of a sum is taken apart",
            "the logarithm before a sum in line {above} would have moved inside the sum",
            ("log of a sum",),
        ),
        "forgot-inner-derivative": Name(
            "the inner factor of the chain rule is missing",
            "line {n} would need one factor more: the derivative of what is inside",
            ("function of a function",),
        ),
        "forgotten-denominator": Name(
            "a denominator is missing",
            "a term of line {n} would be mended by a denominator",
            ("fraction",),
        ),
        "stopped-early": Name(
            "the chain ends before the variable is reached",
            "line {n} would need one factor more at its end, by the variable that is asked for",
            ("chain",),
        ),
        "no-prime": Name(
            "the factor σ′ of the chain is missing", "line {n} would need one factor more, σ′", ("matrices", "sigma")
        ),
        "derivative-of-a-constant": Name(
            "a constant is given a derivative of its own",
            "line {n} would hold a term that comes from differentiating a constant, and should be 0",
            ("derivative of a number",),
        ),
        "product-rule": Name(
            "a quotient is differentiated part by part",
            "both parts of a fraction would be differentiated in line {n}, each where it stands",
            ("derivative of a quotient",),
        ),
        "reciprocal-rule": Name(
            "1/f is differentiated as if it were 1/f′",
            "in line {n} a derivative would stand below the bar, and a 1 above",
            ("derivative of a quotient",),
        ),
        "reciprocal-split": Name(
            "one over a sum is taken apart",
            "a sum below a bar in line {above} would have become terms of their own",
            ("one over a sum",),
        ),
        "numerators-subtracted": Name(
            "numerators are subtracted, with no common denominator",
            "two terms of line {above} would share a bar in line {n} that belonged to one of them",
            ("fraction as a term",),
        ),
        "square-lost": Name(
            "the square in the quotient rule is missing",
            "line {n} would be mended by a square below its bar",
            ("derivative of a quotient",),
        ),
    },
    "product": {
        "matmul-for-hadamard": Name(
            "a matrix product, where entry by entry is meant",
            "two factors of line {n} that stand side by side would need a $\\circ$ between them",
            ("matrix product",),
        ),
        "hadamard-for-matmul": Name(
            "entry by entry, where a matrix product is meant",
            "a $\\circ$ in line {n} would stand where rows should meet columns",
            ("matrices", "product entry by entry"),
        ),
        "order-of-factors": Name(
            "the factors stand in the wrong order",
            "line {n} would be mended by its own factors in another order",
            ("matrix product",),
        ),
        "missing-brackets": Name(
            "a sum has lost its brackets to the product beside it",
            "line {n} would be mended by a pair of brackets round two of its terms",
            ("terms beside a product",),
        ),
    },
    "shape": {
        "vector-for-diagonal": Name(
            "a row stands for a diagonal matrix",
            "a row of line {n} would be right as the diagonal of a matrix",
            ("matrices", "sigma"),
        ),
        "transpose": Name(
            "a matrix is turned the wrong way",
            "one matrix of line {n} would be mended by a $T$ more, or one less",
            ("matrix product",),
        ),
        "on-its-side": Name(
            "the whole line is the transpose of what is asked",
            "line {n} would hold the right numbers, in a column for a row or a row for a column",
            ("matrices",),
        ),
        "upside-down": Name(
            "a derivative stands upside down",
            "in line {n} a derivative would have below what should be above",
            ("variable above",),
        ),
    },
}
KIND = {slug: kind for kind, names in NAMES.items() for slug in names}
NAME = {slug: name for names in NAMES.values() for slug, name in names.items()}

# Pairs of which now one, now the other can be said of the same line: they are never offered together.
TOO_CLOSE = [
    {"all-terms-of-the-sum", "log-of-sum"},
    {"all-terms-of-the-sum", "operator-lost"},
    {"diagonal-only", "forgot-y"},
    {"diagonal-only", "forgotten-denominator"},
    {"diagonal-only", "log-of-sum"},
    {"diagonal-only", "same-index-used"},
    {"diagonal-only", "wrong-index"},
    {"forgot-inner-derivative", "lost-minus"},
    {"forgot-inner-derivative", "no-prime"},
    {"forgot-inner-derivative", "operator-lost"},
    {"forgot-inner-derivative", "stopped-early"},
    {"forgot-y", "other-index-used"},
    {"forgotten-denominator", "numerators-subtracted"},
    {"forgotten-denominator", "square-lost"},
    {"lost-minus", "log-of-quotient"},
    {"lost-minus", "operator-lost"},
    {"missing-brackets", "reciprocal-split"},
    {"no-prime", "operator-lost"},
    {"no-prime", "sigma-for-sigma-prime"},
    {"on-its-side", "order-of-factors"},
    {"on-its-side", "transpose"},
    {"on-its-side", "upside-down"},
    {"operator-lost", "sigma-for-sigma-prime"},
    {"operator-lost", "stopped-early"},
    {"operator-lost", "value-for-operator"},
    {"operator-lost", "vector-for-diagonal"},
    {"product-rule", "reciprocal-rule"},
    {"same-index-used", "derivative-of-a-constant"},
    {"same-index-used", "softmax-derivative"},
    {"same-index-used", "wrong-index"},
    {"other-index-used", "softmax-derivative"},
    {"square-lost", "sigma-for-sigma-prime"},
    {"transpose", "upside-down"},
    {"transpose", "wrong-index"},
    {"vector-for-diagonal", "matmul-for-hadamard"},
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


def pool() -> dict[str, list[Card]]:
    """The wrong derivations of the bank that make a puzzle, by slug: those that are not too short."""
    found = defaultdict(list)
    for asked in BANK.values():
        for wrong in asked.mistakes if isinstance(asked, Derivation) else ():
            if wrong.slug in KIND and len(lines_of(wrong.text)) >= SHORTEST:
                found[wrong.slug].append((asked, wrong))
    return found


def deck(seed: int) -> list[Puzzle]:
    """The puzzles of one game, no two with the same slip; the same ones for the same seed.

    Half of the pool is dealt into three hands, then the other half, so that a game has none of the three before it.
    """
    rng, found = Random(seed), pool()
    turn, hand = divmod(seed, HANDS)
    dealt = _hands(found, turn)[hand][:ROUNDS]
    rng.shuffle(dealt)
    return [Puzzle(asked, wrong, _choices(asked, wrong, found, rng)) for asked, wrong in dealt]


def _hands(found: dict[str, list[Card]], turn: int) -> list[list[Card]]:
    """Every other card of the pool, in hands that have a slip no more than once: of one slip as many as there are hands
    are laid out in a row, and the hands take from the row in turn."""
    rng, groups = Random(turn), defaultdict(list)
    for card in [card for cards in found.values() for card in cards][turn % 2 :: 2]:
        groups[card[1].slug].append(card)
    shuffled = rng.sample(list(groups.values()), len(groups))
    row = [card for group in shuffled for card in rng.sample(group, min(HANDS, len(group)))]
    return [row[hand::HANDS] for hand in range(HANDS)]


def _choices(asked: Derivation, wrong: WrongChain, found: Collection[str], rng: Random) -> tuple[str, ...]:
    """The slug of a slip and others that its lines allow, each of another kind as far as there are such."""
    held, slug = _held(asked, wrong), wrong.slug
    close = {slug}.union(*(pair for pair in TOO_CLOSE if slug in pair))
    fit = [name for name in found if name not in close and held.issuperset(NAME[name].needs)]
    rng.shuffle(fit)
    of_other_kinds = {KIND[name]: name for name in fit if KIND[name] != KIND[slug]}.values()
    fit.sort(key=lambda name: name not in of_other_kinds)
    chosen = {slug, *fit[: CHOICES - 1]}
    return tuple(name for name in KIND if name in chosen)


def _held(asked: Derivation, wrong: WrongChain) -> set[str]:
    """What the line of a slip and the one above it hold, and which case it is."""
    setting = asked.setting
    lines = lines_of(wrong.text)[wrong.line - 2 : wrong.line]
    nodes = [node for line in lines for node in parse(line, setting.names).walk()]
    held = {what for what, is_that in HOLDS.items() if any(map(is_that, nodes))}
    if "k" in setting.indices:
        held.add("i = k" if setting.same else "i != k")
    if "W1" in setting.names and "index" not in held:
        held.add("matrices")
    return held


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
        looks = NAME[slug].looks.format(n=slip.number, above=slip.number - 1)
        return f"Not that: then {looks}. Lay line {slip.number} beside line {slip.number - 1}, symbol by symbol."

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
    show(_Table(seed).box, {"text/plain": text})


class _Table:
    """The game on the screen. Its rows and buttons stay from round to round, so that the keyboard keeps its place."""

    def __init__(self, seed: int) -> None:
        self.head, self.told = ipywidgets.HTMLMath(), ipywidgets.HTMLMath(layout={"margin": "8px 0"})
        self.lines, self.rows = ipywidgets.VBox(), []
        self.names = Buttons({}, self.name, "What went wrong?", look="list", toggles=False)
        self.on = Buttons({"on": ""}, self.go_on, look="main", toggles=False)
        self.box = ipywidgets.VBox(
            [self.head, self.lines, self.told, self.names, self.on], layout={"max_width": "60em"}
        )
        self.deal(Game(seed))

    def deal(self, game: Game) -> None:
        """Show the puzzle at hand of a game."""
        self.game = game
        steps = game.puzzle.reading.steps
        self.rows += [_Row(number, self.pick) for number in range(len(self.rows) + 1, len(steps) + 1)]
        for row, step in zip(self.rows, steps, strict=False):
            row.show(step)
        self.lines.children = [row.box for row in self.rows[: len(steps)]]
        self.names.offer({slug: _said(slug) for slug in game.puzzle.choices})
        self.tell("Which is the first line that is not equal to the one above it?")

    def pick(self, number: int) -> None:
        message = self.game.pick(number)
        here = [row.button for row in self.rows[: len(self.game.puzzle.reading.steps)]]
        self._pressed(here[number - 1], here, message, self.game.found >= 1)

    def name(self, slug: str) -> None:
        message, hit = self.game.name(slug), self.game.found == 2
        for each in self.names.labels if hit else [slug]:
            self.names.set(each, off=True)
        self.names.set(slug, label=f"{MARK[hit]} {_said(slug)}")
        self.tell(message, self.names)

    def _pressed(self, button: Buttons, among: Sequence[Buttons], message: str, hit: bool) -> None:
        for each in among if hit else [button]:
            each.set("line", off=True)
        button.set("line", label=f"{MARK[hit]} {button.labels['line']}")
        self.tell(message, button)

    def go_on(self, _: str) -> None:
        if self.game.over:
            self.deal(Game(self.game.seed + 1))
        else:
            self.game.go_on()
            self.deal(self.game)
        self.rows[0].button.focus()

    def tell(self, message: str, pressed: Buttons | None = None) -> None:
        """Say what is to be said, also to whoever hears the page and has just pressed one of these buttons."""
        game = self.game
        rounds = len(game.puzzles)
        given = _given(game.puzzle.asked.setting)
        self.head.value = inline(f"**Round {game.round + 1} of {rounds}** · points: {game.points} · {given}")
        if game.over:
            message += f" **{game.points} of {2 * rounds} points in game {game.seed}.**"
        self.told.value = inline(message)
        self.names.layout.display = None if game.found else "none"
        self.on.layout.display = None if game.found == 2 else "none"
        self.on.set("on", label=f"Play game {game.seed + 1}" if game.over else "Next round")
        if pressed:
            pressed.say(message)


class _Row:
    """A line of the derivation, and the button that points at it."""

    def __init__(self, number: int, pick: Callable[[int], None]) -> None:
        self.label = f"line {number}"
        self.button = Buttons({}, lambda _: pick(number), toggles=False, layout={"flex": "0 0 auto"})
        self.formula = ipywidgets.HTMLMath(layout={"margin": "0 0 0 1em"})
        self.box = ipywidgets.HBox([self.button, self.formula], layout={"align_items": "center", "padding": "4px 0"})

    def show(self, step: Step) -> None:
        self.button.offer({"line": self.label})
        equal = "" if step.number == 1 else "= "
        self.formula.value = f"$\\displaystyle {equal}{html.escape(step.latex, quote=False)}$"


def _said(slug: str) -> str:
    return f"{KIND[slug]}: {NAME[slug].said}"


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
