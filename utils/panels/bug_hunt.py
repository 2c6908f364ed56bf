"""Bug hunt: backward passes with one planted bug each, taken from the bank, to be named with as few probes as can be.

A probe is a small experiment on the pass from outside. Its reading is a sentence with its numbers, and a finding: what
of it a hunter can use to tell bugs apart. Bugs of which all probes find the same cannot be told apart: none is planted.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, cached_property
from itertools import combinations
from pathlib import Path
from typing import NamedTuple, Self

import ipywidgets
import numpy as np

from utils.bank.inputs import Case
from utils.exercises import BANK, Mistake
from utils.judge.code.calls import Outcome, call
from utils.panels.buttons import Buttons
from utils.panels.game import Game, marked, note
from utils.panels.verdict import inline
from utils.reference import complex_step, forward, loss, one_hot, relative_error, sigmoid_derivative

EXERCISE = "2b_3.input_gradient"
N, D, H, K = 6, 4, 5, 3  # pairwise different, so that shapes tell what met what
RIGHT = r"$\frac{\partial J}{\partial x} = \big(\frac{\hat y - y}{N}\, W_2^T \circ \sigma'(z)\big)\, W_1^T$"
PASSES, BUDGET, LINE_UP = 8, 5, 10
TOLD = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
POINTS = BUDGET + 1  # for a bug named at sight; each new answer of a probe and each false accusation costs one


class Net(NamedTuple):
    """The arguments of a backward pass."""

    x: np.ndarray
    y: np.ndarray
    W1: np.ndarray
    b1: np.ndarray
    W2: np.ndarray
    b2: np.ndarray

    @classmethod
    def drawn(cls, rng: np.random.Generator, N: int = N, D: int = D, H: int = H, K: int = K) -> Self:
        x, W1, b1, W2, b2 = (rng.normal(size=size) for size in ((N, D), (D, H), H, (H, K), K))
        return cls(x, one_hot(rng.permutation(N) % K, K), W1, b1, W2, b2)

    def numeric(self) -> np.ndarray:
        return complex_step(lambda x: loss(x, *self[1:]), self.x)


class Reading(NamedTuple):
    finding: str
    sentence: str


class Unusable(Exception):
    """No gradient came out. The message says what did."""


# ---- Probes: each looks at a function f(x, y, W1, b1, W2, b2) from outside


def _shape(f: Callable, net: Net) -> Reading:
    _gradient(f, net)
    outcome, _ = call(f, Case(net._asdict()))
    spoilt = ", ".join(outcome.changed)
    end = f", but the call changes its argument {spoilt}" if spoilt else ""
    return Reading(f"changes {spoilt}" if spoilt else "fits", f"x has shape {net.x.shape}, and so has dx{end}.")


def _square(f: Callable, net: Net) -> Reading:
    finding, sentence = _check(f, Net.drawn(np.random.default_rng(1), 4, 4, 4, 4))
    return Reading(finding, f"With N = D = H = K = 4 it runs. {sentence}")


def _one_row(f: Callable, net: Net) -> Reading:
    alone = _gradient(f, net._replace(x=net.x[0], y=net.y[0]), "Row 0 by itself: ")
    batch = _gradient(f, net, "Row 0 by itself goes through. The batch: ")
    of_itself = f"Row 0 in the batch of {N} is {{}} times what it is by itself. Right is 1/{N}."
    otherwise = f"Row 0 by itself and row 0 in the batch of {N} do not even point the same way."
    return _multiple(batch[0], alone, of_itself, otherwise)


def _cosine(f: Callable, net: Net) -> Reading:
    a, b = _gradient(f, net).ravel(), net.numeric().ravel()
    cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
    finding = _written(np.sign(cosine), ".0f") if abs(cosine) > 1 - 1e-9 else "between"
    return Reading(finding, f"The cosine to the numeric gradient is {_written(cosine, '.3f')}. Right is 1.000.")


def _check(f: Callable, net: Net) -> Reading:
    a, b = _gradient(f, net), net.numeric()
    error = relative_error(a, b)
    if error < 1e-6:
        return Reading("agrees", f"It agrees with the numeric gradient: relative error {_written(error)}.")
    row, entry = np.unravel_index(np.argmax(np.abs(a - b)), a.shape)
    return Reading("differs", f"The relative error is {_written(error)}, and worst at row {row}, entry {entry}.")


def _row_sums(f: Callable, net: Net) -> Reading:
    """With equal columns w in W2, all that W2^T lets through of dJ/dtheta is the sums of its rows, times w."""
    w = net.W2[:, 0]
    dx = _gradient(f, net._replace(W2=np.repeat(w[:, np.newaxis], net.W2.shape[1], axis=1)))
    of_sum_1 = (sigmoid_derivative(net.x @ net.W1 + net.b1) * w) @ net.W1.T
    sums = np.sum(dx * of_sum_1, axis=1) / np.sum(of_sum_1**2, axis=1)
    start = "All columns of W2 are made equal, so that of dJ/dθ only the sums of its rows come back to x"
    if not np.allclose(dx, sums[:, np.newaxis] * of_sum_1, atol=1e-9):
        return Reading("not 0", f"{start}: what comes back is not 0, and should be.")
    unequal = f"{start}: they are {_range(sums)}. Right is 0."
    return _multiple(sums, np.ones(len(sums)), f"{start}: each is {{}}. Right is 0.", unequal)


def _other_targets(f: Callable, net: Net) -> Reading:
    other = net._replace(y=np.full_like(net.y, 1 / net.y.shape[1]))
    change, numeric = _gradient(f, other) - _gradient(f, net), other.numeric() - net.numeric()
    start, end = "With soft targets, all 1/3, dx changes", "what the numeric gradient changes by."
    return _multiple(change, numeric, f"{start} by {{}} times {end}", f"{start}, and not in proportion to {end}")


def _beside_the_numeric_one(probe: str, **changed: Callable[[Net], np.ndarray]) -> Callable[[Callable, Net], Reading]:
    """What has it to do with the numeric gradient there? changed: by argument, what stands in its place."""
    why = TOLD["where"][probe]

    def read(f: Callable, net: Net) -> Reading:
        there = net._replace(**{name: value(net) for name, value in changed.items()})
        dx, numeric = _gradient(f, there), there.numeric()
        largest = np.max(np.abs(dx))
        if np.max(np.abs(numeric)) > 1e-9:
            none = f"{why}: no constant relates the two, the entries are {_range(dx / numeric)} times the numeric ones."
            return _multiple(dx, numeric, f"{why}: every entry is {{}} times the numeric one.", none)
        if largest > 1e-9:
            return Reading("not 0", f"{why}, and dJ/dx is 0: it gives entries up to {_written(largest)}.")
        return Reading("0", f"{why}, and dJ/dx is 0: it gives 0.")

    return read


class Probe(NamedTuple):
    asks: str
    read: Callable[[Callable, Net], Reading]


READ = {
    "shape": _shape,
    "square": _square,
    "one row": _one_row,
    "cosine": _cosine,
    "ratio": _beside_the_numeric_one("ratio"),
    "gradient check": _check,
    "row sums": _row_sums,
    "y = ŷ": _beside_the_numeric_one("y = ŷ", y=lambda net: forward(net.x, *net[2:]).y_hat),
    "sure": _beside_the_numeric_one(
        "sure", y=lambda net: np.broadcast_to(net.y[0], net.y.shape), b2=lambda net: 1000 * (2 * net.y[0] - 1)
    ),
    "other y": _other_targets,
    "z = 0": _beside_the_numeric_one(
        "z = 0", x=lambda net: 0 * net.x, b1=lambda net: 0 * net.b1, b2=lambda net: 0 * net.b2
    ),
    "all on": _beside_the_numeric_one("all on", b1=lambda net: net.b1 + 1000),
    "all off": _beside_the_numeric_one("all off", b1=lambda net: net.b1 - 1000),
}
PROBES = {name: Probe(asks, READ[name]) for name, asks in TOLD["asks"].items()}


@np.errstate(all="ignore")
def take(probe: str, f: Callable, net: Net) -> Reading:
    """What a probe says of the function f(x, y, W1, b1, W2, b2)."""
    try:
        return PROBES[probe].read(f, net)
    except Unusable as unusable:
        return Reading(str(unusable), str(unusable))


def _gradient(f: Callable, net: Net, what: str = "") -> np.ndarray:
    """What f gives, if that can be a gradient. what: words that come before why it cannot."""
    outcome, _ = call(f, Case(net._asdict()))
    if outcome.error:
        raise Unusable(f"{what}It stops: {_told(outcome)}.")
    if np.shape(outcome.value) != net.x.shape:
        raise Unusable(f"{what}x has shape {net.x.shape}, dx has shape {np.shape(outcome.value)}.")
    if not np.isfinite(outcome.value).all():
        raise Unusable(f"{what}What comes out holds a nan or an infinity.")
    return outcome.value


def _told(outcome: Outcome) -> str:
    for pattern, words in TOLD["misfits"].items():
        if found := re.search(pattern, outcome.said):
            return found.expand(words)
    return f"{type(outcome.error).__name__}, {outcome.said}"


def _multiple(a: np.ndarray, b: np.ndarray, sentence: str, otherwise: str) -> Reading:
    """Whether a is a constant times b. sentence: with {} in the place of that constant, a fraction where it is one."""
    c = float(np.sum(a * b) / np.sum(b * b))
    if not np.allclose(a, c * b, rtol=1e-6, atol=1e-6 * np.max(np.abs(b))):
        return Reading("none", otherwise)
    fraction = Fraction(c).limit_denominator(50)
    factor = _written(fraction, "") if abs(fraction - c) < 1e-6 else _written(c, ".3g")
    told = sentence.format(factor).replace(" 1 times ", " exactly ")
    return Reading(factor, re.sub(r"\b0 times [^.]*", "0", told))


def _range(values: np.ndarray) -> str:
    return f"from {_written(np.min(values))} to {_written(np.max(values))}"


def _written(value: float | Fraction, form: str = ".2g") -> str:
    return f"{value:{form}}".replace("-", "−")


# ---- The game


class Suspect(NamedTuple):
    """A wrong formula of the bank, and what each probe finds of it."""

    slug: str
    formula: Callable
    feedback: str
    findings: dict[str, str]

    def told_from(self, other: Self) -> list[str]:
        """The probes that find something else of the other one."""
        return [probe for probe, finding in self.findings.items() if other.findings[probe] != finding]


@cache
def suspects() -> tuple[Suspect, ...]:
    """The wrong formulas that the probes can tell from the right one and from all of another name."""
    asked, net = BANK[EXERCISE], Net.drawn(np.random.default_rng(0))
    right = Mistake("right", asked.reference, "")
    everyone = [
        Suspect(m.slug, m.formula, m.feedback, {probe: take(probe, m.formula, net).finding for probe in PROBES})
        for m in (right, *asked.mistakes)
    ]
    return tuple(
        one for one in everyone[1:] if all(one.told_from(other) for other in everyone if other.slug != one.slug)
    )


@dataclass
class Pass:
    """One backward pass with a planted bug, and what the hunter knows of it.

    bug: the planted one. line_up: the slugs that it can have, itself among them.
    """

    bug: Suspect
    line_up: Sequence[str]
    net: Net
    readings: dict[str, Reading] = field(default_factory=dict)
    suspected: str | None = None
    accused: list[str] = field(default_factory=list)

    @property
    def left(self) -> int:
        """What is left of the budget: less than nothing once the bug has escaped. To hear a sentence again is free."""
        said = {reading.sentence for reading in self.readings.values()}
        return BUDGET - len(said) - sum(slug != self.bug.slug for slug in self.accused)

    @property
    def state(self) -> str:
        if self.bug.slug in self.accused:
            return "named"
        return "open" if self.left >= 0 else "escaped"

    @property
    def over(self) -> bool:
        return self.state != "open"

    @property
    def points(self) -> int:
        return self.left + 1 if self.state == "named" else 0

    def allows(self, probe: str) -> bool:
        """Whether a probe has been taken, so that a second look costs nothing, or still can be."""
        return probe in self.readings or (self.left > 0 and not self.over)

    def probe(self, name: str) -> Reading:
        if name not in self.readings:
            self.readings[name] = take(name, self.bug.formula, self.net)
        return self.readings[name]

    def accuse(self, slug: str) -> str:
        """Name the bug. Returns what is to be said of it."""
        self.accused.append(slug)
        if self.state == "named":
            return f"Named: `{slug}`. {self._par()} {self.bug.feedback}"
        escaped = f" The budget is spent, and `{self.bug.slug}` has escaped. {self.bug.feedback}"
        return f"{self._alibi(slug)}{escaped if self.over else ''}"

    def told(self, slug: str) -> str:
        """What the bank says of a suspect; of the bug, what it says of the very formula that is planted."""
        return next(suspect.feedback for suspect in (self.bug, *suspects()) if suspect.slug == slug)

    @cached_property
    def told_apart(self) -> list[tuple[Suspect, list[str]]]:
        """Each formula of the line-up, and the probes that tell it from the bug."""
        return [(other, self.bug.told_from(other)) for other in suspects() if other.slug in self.line_up]

    def consistent(self, probes: Iterable[str]) -> set[str]:
        """Who of the line-up would have given the same findings with these probes."""
        return {other.slug for other, telling in self.told_apart if not set(telling).intersection(probes)}

    def shortest(self) -> tuple[str, ...]:
        """Fewest probes after which only the bug is left of the line-up, as many as can be of those that were taken."""
        by_count = (combinations(PROBES, count) for count in range(len(PROBES) + 1))
        enough = ([chosen for chosen in some if len(self.consistent(chosen)) == 1] for some in by_count)
        return max(next(filter(None, enough)), key=lambda chosen: len(self.readings.keys() & chosen))

    def _par(self) -> str:
        taken, enough = len(self.readings), self.shortest()
        took, which = f"You took {probes(taken)}", " and ".join(f"*{name}*" for name in enough)
        if (fits := len(self.consistent(self.readings))) > 1:
            return f"{took}. It was a guess: {fits} of the line-up fit what you had measured. To be sure takes {which}."
        return f"{took}; {which} would have done." if len(enough) < taken else f"{took}, and fewer would not do."

    def _alibi(self, slug: str) -> str:
        """Why somebody was not it: a probe of which they would have given another reading."""
        alike = [found for found in self.told_apart if found[0].slug == slug]
        theirs, telling = min(alike, key=lambda found: len(self.readings.keys() & found[1]))
        taken = [name for name in self.readings if name in telling]
        against = "Your probes could not tell, but another does" if self.readings else "A probe would have told you"
        if taken:
            against = "Your own probe speaks against it"
        probe = (taken or telling)[0]
        return f"Not `{slug}`. {against}: *{probe}* would have read “{take(probe, theirs.formula, self.net).sentence}”"


def passes(seed: int) -> list[Pass]:
    """The passes of a hunt, the same for the same seed."""
    rng = np.random.default_rng(seed)
    variants = defaultdict(list)
    for suspect in suspects():
        variants[suspect.slug].append(suspect)
    found, slugs = [], [*variants]
    for slug in rng.choice(slugs, PASSES, replace=False).tolist():
        bug = variants[slug][rng.integers(len(variants[slug]))]
        apart = {other.slug: rng.random() + len(bug.told_from(other)) for other in suspects() if other.slug != slug}
        nearest = sorted(apart, key=apart.get)[: LINE_UP - 1]  # those whom fewest probes tell from the bug
        found.append(Pass(bug, sorted([slug, *nearest], key=slugs.index), Net.drawn(rng)))
    return found


def probes(count: int) -> str:
    return f"{count or 'no'} probe{'s' * (count > 1)}"


# ---- On the page


def bug_hunt(seed: int = 0) -> None:
    """Play a hunt. seed: which; the same seed plants the same bugs, and the last button goes on to the next seed."""
    BugHunt(seed).play()


class BugHunt(Game):
    called, round_called, most = "hunt", "pass", POINTS
    deal = staticmethod(passes)

    def __str__(self) -> str:
        return (
            f"Bug hunt {self.seed}: {PASSES} backward passes for dJ/dx, each with one planted bug out of a line-up of "
            f"{LINE_UP}. A budget of {BUDGET} probes for each: {', '.join(PROBES)}. {POINTS} points for a bug named at "
            "sight; each probe that says something new costs one, and so does each false accusation."
        )

    def parts(self) -> list[ipywidgets.Widget]:
        self.readings, self.told = ipywidgets.HTML(), ipywidgets.HTMLMath()
        self.probes = self.first = Buttons({}, self.probe, "Probes", "grid", toggles=False)
        self.suspects = Buttons({}, self.suspect, "Suspects", "grid")
        self.name_it = Buttons({}, lambda _: self.accuse(), look="main", toggles=False)
        above, below = (ipywidgets.HTML(f"<strong>{words}</strong>") for words in ("Probes", "Suspects"))
        return [above, self.probes, self.readings, below, self.suspects, self.told, self.name_it, self.said]

    def refresh(self) -> None:
        now, slug = self.now, self.now.suspected
        self.readings.value = _table(now.readings)
        self.probes.offer(
            {name: marked(name, True if name in now.readings else None) for name in PROBES},
            notes={name: probe.asks for name, probe in PROBES.items()},
            off=[name for name in PROBES if not now.allows(name)],
        )
        signs = {accused: accused == now.bug.slug for accused in now.accused}
        self.suspects.offer({each: marked(each, signs.get(each)) for each in now.line_up}, slug)
        self.name_it.offer({"it": "Name it"}, off=["it"] if now.over else [])
        self.told.value = "" if slug is None else note(self._told(slug), signs.get(slug))

    def about(self) -> str:
        now = self.now
        left = f"left for this pass: **{'●' * now.left}{'○' * (BUDGET - now.left)}**"
        left += "" if now.left else ", so no probe: name it"
        said = f"this pass: **{now.state}**" if now.over else left
        named = [each for each in self.rounds if each.state == "named"]
        if self.over:
            said += f" · {len(named)} of {PASSES} named."
        if self.over and named:
            took, enough = sum(len(each.readings) for each in named), sum(len(each.shortest()) for each in named)
            said += f" For what you named you took {probes(took)}; to be sure takes {enough}."
        return f"{said}\nRight is {RIGHT}, with $N = {N}$, $D = {D}$, $H = {H}$, $K = {K}$."

    def probe(self, name: str) -> None:
        self.probes.say(f"{self.now.probe(name).sentence} Left for this pass: {self.now.left}.")
        self.show()

    def suspect(self, slug: str) -> None:
        self.now.suspected = slug
        self.show()
        self.suspects.say(self._told(slug))

    def accuse(self) -> None:
        now, slug = self.now, self.now.suspected
        if slug in (None, *now.accused):
            self.say("Press a suspect first, one that has not been accused yet.", None, self.name_it)
        else:
            said, now.suspected = now.accuse(slug), None
            self.say(said, now.state == "named", self.name_it)

    def _told(self, slug: str) -> str:
        """What the bank says to whoever makes this mistake."""
        if slug in self.now.accused and slug != self.now.bug.slug:
            return f"`{slug}` was not it."
        return f"Whoever wrote `{slug}` is told: {self.now.told(slug)}"


def _table(readings: dict[str, Reading]) -> str:
    cell = '<td style="text-align:left;vertical-align:top;padding:2px 12px 2px 0'
    rows = "".join(
        f'<tr style="background:none">{cell};white-space:nowrap"><em>{name}</em></td>'
        f'{cell};white-space:normal">{inline(reading.sentence)}</td></tr>'
        for name, reading in readings.items()
    )
    return f'<table style="line-height:1.4">{rows}</table>'
