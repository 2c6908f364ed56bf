"""Bug hunt: backward passes with one planted bug each, taken from the bank, to be named with as few probes as can be.

A probe is a small experiment on the pass from outside. Its reading is a sentence with its numbers, and a finding: what
of it a hunter can use to tell bugs apart. Bugs of which all probes find the same cannot be told apart: none is planted.
"""

from __future__ import annotations

import re
import textwrap
import warnings
from collections.abc import Callable, Collection, Sequence
from fractions import Fraction
from functools import cache, cached_property
from itertools import combinations
from operator import eq
from typing import NamedTuple

import ipywidgets
import numpy as np

from utils.exercises import BANK
from utils.panels.buttons import Buttons
from utils.panels.game import Game, note
from utils.panels.verdict import STATES, inline
from utils.reference import complex_step, forward, loss, one_hot, relative_error, sigmoid_derivative

EXERCISE = "2b_3.input_gradient"
N, D, H, K = 6, 4, 5, 3  # pairwise different, so that shapes tell what met what
RIGHT = r"$\frac{\partial J}{\partial x} = \big(\frac{\hat y - y}{N}\, W_2^T \circ \sigma'(z)\big)\, W_1^T$"
PASSES, BUDGET, LINE_UP = 8, 5, 10
POINTS = BUDGET + 1  # for a bug named at sight; each probe and each false accusation costs one


class Net(NamedTuple):
    """The arguments of a backward pass."""

    x: np.ndarray
    y: np.ndarray
    W1: np.ndarray
    b1: np.ndarray
    W2: np.ndarray
    b2: np.ndarray

    @classmethod
    def drawn(cls, rng: np.random.Generator, N: int, D: int, H: int, K: int) -> Net:
        x, W1, b1, W2, b2 = (rng.normal(size=size) for size in ((N, D), (D, H), H, (H, K), K))
        return cls(x, one_hot(rng.permutation(N) % K, K), W1, b1, W2, b2)

    def numeric(self) -> np.ndarray:
        return complex_step(lambda x: loss(x, *self[1:]), self.x)


class Reading(NamedTuple):
    finding: str
    sentence: str


Read = Callable[[Callable, Net], Reading]


class Unusable(Exception):
    """No gradient came out. The message says what did."""


# ---- Probes


def _call(f: Callable, net: Net) -> Reading:
    arguments = [argument.copy() for argument in net]
    _gradient(f, net, arguments)
    spoilt = [name for name, a, b in zip(Net._fields, arguments, net, strict=True) if not np.array_equal(a, b)]
    finding = f"changes {', '.join(spoilt)}" if spoilt else "fits"
    end = f", but the call changes its argument {', '.join(spoilt)}." if spoilt else "."
    return Reading(finding, f"x has shape {net.x.shape}, and so has dx{end}")


def _square(f: Callable, net: Net) -> Reading:
    square = Net.drawn(np.random.default_rng(1), 4, 4, 4, 4)
    error = relative_error(_gradient(f, square), square.numeric())
    if error < 1e-6:
        return Reading("runs and agrees", "With N = D = H = K = 4 it runs, and agrees with the numeric gradient.")
    return Reading("runs", f"With N = D = H = K = 4 it runs; its relative error there is {_short(error)}.")


def _one_row(f: Callable, net: Net) -> Reading:
    results = []
    for what, part in (("Row 0 by itself", net._replace(x=net.x[0], y=net.y[0])), ("The batch", net)):
        try:
            results.append(_gradient(f, part))
        except Unusable as unusable:
            before = "Row 0 by itself goes through. " if results else ""
            return Reading(f"{what}: {unusable}", f"{before}{what}: {unusable}")
    alone, batch = results
    factor = _factor(batch[0], alone)
    if factor is None:
        return Reading("no factor", f"Row 0 by itself and row 0 in the batch of {N} do not even point the same way.")
    return Reading(factor, f"Row 0 in the batch of {N} is {factor} times what it is by itself. Right is 1/{N}.")


def _cosine(f: Callable, net: Net) -> Reading:
    a, b = _gradient(f, net).ravel(), net.numeric().ravel()
    cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
    finding = "1" if cosine > 1 - 1e-9 else "−1" if cosine < 1e-9 - 1 else "between"
    return Reading(finding, f"The cosine to the numeric gradient is {_written(cosine, '.3f')}. Right is 1.000.")


def _ratio(f: Callable, net: Net) -> Reading:
    a, b = _gradient(f, net), net.numeric()
    factor = _factor(a, b)
    if factor is None:
        low, high = np.min(a / b), np.max(a / b)
        return Reading(
            "none", f"No constant: the entries are from {_short(low)} to {_short(high)} times the numeric ones."
        )
    return Reading(factor, f"Every entry is {factor} times the numeric one.")


def _check(f: Callable, net: Net) -> Reading:
    a, b = _gradient(f, net), net.numeric()
    error = relative_error(a, b)
    if error < 1e-6:
        return Reading("agrees", f"It agrees with the numeric gradient: relative error {_short(error)}.")
    row, entry = np.unravel_index(np.argmax(np.abs(a - b)), a.shape)
    return Reading("differs", f"The relative error is {_short(error)}, and worst at row {row}, entry {entry}.")


def _row_sums(f: Callable, net: Net) -> Reading:
    """With equal columns w in W2, all that W2^T lets through of dJ/dtheta is the sums of its rows, times w."""
    w = net.W2[:, 0]
    dx = _gradient(f, net._replace(W2=np.repeat(w[:, np.newaxis], net.W2.shape[1], axis=1)))
    of_sum_1 = (sigmoid_derivative(net.x @ net.W1 + net.b1) * w) @ net.W1.T
    sums = np.sum(dx * of_sum_1, axis=1) / np.sum(of_sum_1**2, axis=1)
    start = "All columns of W2 are made equal, so that of dJ/dθ only the sums of its rows come back to x"
    if not np.allclose(dx, sums[:, np.newaxis] * of_sum_1, atol=1e-9):
        return Reading("not 0", f"{start}: what comes back is not 0, and should be.")
    low, high = _short(sums.min()), _short(sums.max())
    if factor := _factor(sums, np.ones(len(sums))):
        return Reading(factor, f"{start}: each is {factor}. Right is 0.")
    return Reading("differ", f"{start}: they are from {low} to {high}. Right is 0.")


def _at_zero(f: Callable, net: Net) -> Reading:
    centre = Net(np.zeros_like(net.x), net.y, net.W1, np.zeros_like(net.b1), net.W2, np.zeros_like(net.b2))
    factor = _factor(_gradient(f, centre), centre.numeric())
    start = "With x = 0 and without biases all z are 0, h is 1/2, σ' is 1/4"
    if factor is None:
        return Reading("none", f"{start}: no constant relates it to the numeric gradient.")
    return Reading(factor, f"{start}: every entry is {factor} times the numeric one.")


def _other_targets(f: Callable, net: Net) -> Reading:
    other = net._replace(y=np.full_like(net.y, 1 / net.y.shape[1]))
    factor = _factor(_gradient(f, other) - _gradient(f, net), other.numeric() - net.numeric())
    change = f"changes by {factor} times" if factor else "changes, and not in proportion to"
    return Reading(factor or "none", f"With soft targets, all 1/3, dx {change} what the numeric gradient changes by.")


def _vanishes(why: str, change: Callable[[Net], Net]) -> Read:
    """Is dJ/dx 0 where it has to be?"""

    def read(f: Callable, net: Net) -> Reading:
        largest = np.max(np.abs(_gradient(f, change(net))))
        if largest < 1e-9:
            return Reading("0", f"{why}, and dJ/dx is 0: it gives 0.")
        return Reading("not 0", f"{why}, and dJ/dx is 0: it gives entries up to {_short(largest)}.")

    return read


_at_rest = _vanishes(
    "The targets are set to ŷ itself, so that nothing is left to learn",
    lambda net: net._replace(y=forward(net.x, *net[2:]).y_hat),
)
_sure = _vanishes(
    "All rows get one label, and a large b2 makes ŷ just that",
    lambda net: net._replace(y=np.broadcast_to(net.y[0], net.y.shape), b2=1000 * (2 * net.y[0] - 1)),
)
_all_on = _vanishes("b1 is raised by 1000, so that all h are 1 and σ' is 0", lambda net: net._replace(b1=net.b1 + 1000))
_all_off = _vanishes(
    "b1 is lowered by 1000, so that all h are 0 and σ' is 0", lambda net: net._replace(b1=net.b1 - 1000)
)


class Probe(NamedTuple):
    asks: str
    read: Read


PROBES = {
    "shape": Probe("Call it, and look at the shape of what comes out", _call),
    "square": Probe("Call it where N = D = H = K, and every transpose fits", _square),
    "one row": Probe("The same row by itself and in a batch of six", _one_row),
    "cosine": Probe("Which way it points, beside the numeric gradient", _cosine),
    "ratio": Probe("Is it the numeric gradient times a constant?", _ratio),
    "gradient check": Probe("The relative error, and where it is worst", _check),
    "row sums": Probe("Do the rows of its dJ/dθ sum to 0? A W2 with equal columns shows it", _row_sums),
    "y = ŷ": Probe("Is dJ/dx 0 where the targets are the prediction?", _at_rest),
    "sure": Probe("Is dJ/dx 0 where ŷ is 1 for the true class?", _sure),
    "other y": Probe("What do the targets do? Change them", _other_targets),
    "z = 0": Probe("What stands in the place of σ'? Put all units at z = 0", _at_zero),
    "all on": Probe("Is σ' in it? Saturate all units at 1", _all_on),
    "all off": Probe("Is σ' in it? Saturate all units at 0", _all_off),
}


def take(probe: str, f: Callable, net: Net) -> Reading:
    """What a probe says of the function f(x, y, W1, b1, W2, b2)."""
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        try:
            return PROBES[probe].read(f, net)
        except Unusable as unusable:
            return Reading(str(unusable), str(unusable))


def _gradient(f: Callable, net: Net, arguments: Sequence[np.ndarray] = ()) -> np.ndarray:
    try:
        dx = np.asarray(f(*(arguments or [argument.copy() for argument in net])), dtype=float)
    except Exception as error:
        raise Unusable(f"It stops: {_told(error)}.") from error
    if dx.shape != net.x.shape:
        raise Unusable(f"x has shape {net.x.shape}, dx has shape {dx.shape}.")
    if not np.isfinite(dx).all():
        raise Unusable("What comes out holds a nan or an infinity.")
    return dx


# What NumPy says of shapes that do not fit, and that cut down to the shapes.
MISFITS = {
    r"size (\d+) is different from (\d+)": r"`@` meets sizes \2 and \1, which should be the same",
    r"(\d+) \(dim \d\) != (\d+) \(dim \d\)": r"`@` meets sizes \1 and \2, which should be the same",
    r"does not have enough dimensions": r"`@` meets a single number, which has nothing to sum over",
    r"shapes (\([\d, ]*\)) (\([\d, ]*\))": r"shapes \1 and \2 do not fit entry by entry",
}


def _told(error: Exception) -> str:
    text = " ".join(str(error).split())
    for pattern, words in MISFITS.items():
        if found := re.search(pattern, text):
            return found.expand(words)
    return f"{type(error).__name__}, {textwrap.shorten(text, 120, placeholder='…')}"


def _factor(a: np.ndarray, b: np.ndarray) -> str | None:
    """The constant c of a = c b, as a fraction where it is one; None where there is no constant."""
    c = float(np.sum(a * b) / np.sum(b * b))
    if not np.allclose(a, c * b, rtol=1e-6, atol=1e-6 * np.max(np.abs(b))):
        return None
    fraction = Fraction(c).limit_denominator(50)
    return _written(fraction, "") if abs(fraction - c) < 1e-6 else _written(c, ".3g")


def _short(value: float) -> str:
    return _written(value, ".2g")


def _written(value: float | Fraction, form: str) -> str:
    return f"{value:{form}}".replace("-", "−")


# ---- The game


class Suspect(NamedTuple):
    """A wrong formula of the bank, and what all the probes find of it."""

    slug: str
    formula: Callable
    feedback: str
    findings: tuple[str, ...]


@cache
def suspects() -> tuple[Suspect, ...]:
    """The wrong formulas that the probes can tell from the right one and from all of another name."""
    net = Net.drawn(np.random.default_rng(0), N, D, H, K)
    asked = BANK[EXERCISE]
    everyone = [Suspect(m.slug, m.formula, m.feedback, _findings(m.formula, net)) for m in asked.mistakes]
    right = _findings(asked.reference, net)
    return tuple(
        suspect
        for suspect in everyone
        if suspect.findings != right
        and all(other.slug == suspect.slug for other in everyone if other.findings == suspect.findings)
    )


def _findings(f: Callable, net: Net) -> tuple[str, ...]:
    return tuple(take(probe, f, net).finding for probe in PROBES)


class Pass:
    """One backward pass with a planted bug, and what the hunter knows of it.

    bug: the planted one. line_up: the slugs that it can have, itself among them.
    """

    def __init__(self, bug: Suspect, line_up: Sequence[str], net: Net) -> None:
        self.bug, self.line_up, self.net = bug, tuple(line_up), net
        self.readings: dict[str, Reading] = {}
        self.accused: list[str] = []
        self.state = "open"  # then "named" or "escaped"

    @property
    def left(self) -> int:
        """What is left of the budget."""
        return BUDGET - len(self.readings) - len(self.accused)

    @property
    def over(self) -> bool:
        return self.state != "open"

    @property
    def points(self) -> int:
        return POINTS - len(self.readings) - len(self.accused) if self.state == "named" else 0

    def probe(self, name: str) -> Reading:
        """Take a probe. A second look at the same one costs nothing. Raises ValueError once the budget is spent."""
        if name not in self.readings:
            if self.left < 1 or self.over:
                raise ValueError("no probe is left for this pass: name the bug")
            self.readings[name] = take(name, self.bug.formula, self.net)
        return self.readings[name]

    def accuse(self, slug: str) -> str:
        """Name the bug. Returns what is to be said of it."""
        if slug not in self.line_up or slug in self.accused or self.over:
            raise ValueError(f"{slug!r} cannot be accused here")
        if slug == self.bug.slug:
            self.state = "named"
            return f"Named: `{slug}`. {self._par()} {self.bug.feedback}"
        alibi = self._alibi(slug)
        if self.left < 1:
            self.state = "escaped"
            return f"{alibi} The budget is spent, and `{self.bug.slug}` has escaped. {self.bug.feedback}"
        self.accused.append(slug)
        return alibi

    def told(self, slug: str) -> str:
        """What the bank says of a suspect; of the bug, what it says of the very formula that is planted."""
        alike = (suspect for suspect in (self.bug, *suspects()) if suspect.slug == slug)
        return next(alike).feedback

    @cached_property
    def told_apart(self) -> dict[str, list[tuple[Suspect, list[str]]]]:
        """Each formula of the line-up by its slug, and the probes that tell it from the bug."""
        apart: dict[str, list[tuple[Suspect, list[str]]]] = {slug: [] for slug in self.line_up}
        for other in suspects():
            if other.slug in apart:
                pairs = zip(PROBES, self.bug.findings, other.findings, strict=True)
                apart[other.slug].append((other, [name for name, mine, theirs in pairs if mine != theirs]))
        return apart

    def consistent(self, readings: Collection[str]) -> list[str]:
        """Who of the line-up would have given the same findings with these probes."""
        return [
            slug
            for slug, formulas in self.told_apart.items()
            if any(not set(readings) & set(probes) for _, probes in formulas)
        ]

    def shortest(self) -> tuple[str, ...]:
        """Fewest probes after which only the bug is left of the line-up, as many as can be of those that were taken."""
        for count in range(len(PROBES) + 1):
            enough = [chosen for chosen in combinations(PROBES, count) if len(self.consistent(chosen)) == 1]
            if enough:
                return max(enough, key=lambda chosen: len(self.readings.keys() & chosen))
        raise AssertionError("suspects() keeps only bugs that the probes tell apart")

    def _par(self) -> str:
        taken, enough = len(self.readings), self.shortest()
        took, which = f"You took {probes(taken)}", " and ".join(f"*{name}*" for name in enough)
        if (fits := len(self.consistent(self.readings))) > 1:
            return f"{took}. It was a guess: {fits} of the line-up fit what you had measured. To be sure takes {which}."
        return f"{took}; {which} would have done." if len(enough) < taken else f"{took}, and fewer would not do."

    def _alibi(self, slug: str) -> str:
        """Why somebody was not it: a probe of which they would have given another reading."""
        theirs, differ = min(self.told_apart[slug], key=lambda found: len(self.readings.keys() & found[1]))
        taken = next((name for name in self.readings if name in differ), None)
        probe = taken or differ[0]
        if taken:
            against = "Your own probe speaks against it"
        else:
            against = "Your probes could not tell, but another does" if self.readings else "A probe would have told you"
        return f"Not `{slug}`. {against}: *{probe}* would have read “{take(probe, theirs.formula, self.net).sentence}”"


def passes(seed: int) -> list[Pass]:
    """The passes of a hunt, the same for the same seed."""
    rng = np.random.default_rng(seed)
    known = list(dict.fromkeys(suspect.slug for suspect in suspects()))
    return [_pass(slug, known, rng) for slug in rng.choice(known, PASSES, replace=False).tolist()]


def _pass(slug: str, known: Sequence[str], rng: np.random.Generator) -> Pass:
    """The line-up is the bug, and those of whom most probes find the same, or the same kind of thing."""
    bug = suspects()[rng.choice([i for i, suspect in enumerate(suspects()) if suspect.slug == slug])]
    alike = {
        other.slug: rng.random() + sum(map(eq, map(_kind, other.findings), map(_kind, bug.findings)))
        for other in suspects()
    }
    nearest = sorted(alike.keys() - {slug}, key=alike.get)[1 - LINE_UP :]
    return Pass(bug, sorted([slug, *nearest], key=known.index), Net.drawn(rng, N, D, H, K))


def probes(count: int) -> str:
    return f"{count or 'no'} probe{'s' * (count > 1)}"


def _kind(finding: str) -> str:
    """Of passes that stop, or that return another shape, just that."""
    return re.split("[:(]", finding)[0]


# ---- On the page


def bug_hunt(seed: int = 0) -> None:
    """Play a hunt. seed: which; the same seed plants the same bugs, and the last button goes on to the next seed."""
    BugHunt(seed).play()


class BugHunt(Game):
    called, round_called, most = "hunt", "pass", POINTS

    def __str__(self) -> str:
        return (
            f"Bug hunt {self.seed}: {PASSES} backward passes for dJ/dx, each with one planted bug out of a line-up of "
            f"{LINE_UP}. A budget of {BUDGET} probes for each: {', '.join(PROBES)}. {POINTS} points for a bug named at "
            "sight; each probe and each false accusation costs one."
        )

    def deal(self, seed: int) -> list[Pass]:
        return passes(seed)

    def parts(self) -> list[ipywidgets.Widget]:
        self.readings, self.told = ipywidgets.HTML(), ipywidgets.HTMLMath()
        self.probes = self.first = Buttons(dict.fromkeys(PROBES, ""), self.probe, "Probes", "grid", toggles=False)
        for name, probe in PROBES.items():
            self.probes.set(name, note=probe.asks)
        self.suspects = Buttons({}, self.suspect, "Suspects", "grid")
        self.name_it = Buttons({"it": "Name it"}, self.accuse, look="main", toggles=False)
        above, below = (ipywidgets.HTML(f"<strong>{words}</strong>") for words in ("Probes", "Suspects"))
        return [above, self.probes, self.readings, below, self.suspects, self.told, self.name_it, self.said]

    def begin(self) -> None:
        """Show the suspects, none of them chosen, each with what has become of it."""
        now = self.now
        signs = dict.fromkeys(now.accused, "wrong") | ({now.bug.slug: "right"} if now.state == "named" else {})
        self.suspects.offer({s: f"{STATES[signs[s]][0]} {s}" if s in signs else s for s in now.line_up})

    def refresh(self) -> None:
        now, slug = self.now, self.suspects.chosen
        self.readings.value = _table(now.readings)
        with self.probes.hold_sync():
            for name in PROBES:
                taken = name in now.readings
                off = not taken and (now.left < 1 or now.over)
                self.probes.set(name, label=f"{STATES['right'][0]} {name}" if taken else name, off=off)
        accused = slug in now.accused
        self.told.value = "" if slug is None else note(self._told(slug), "wrong" if accused else "not attempted")

    def about(self) -> str:
        now = self.now
        said = f"left for this pass: **{'●' * now.left}{'○' * (BUDGET - now.left)}**"
        if now.over:
            said = f"this pass: **{now.state}**"
        named = [each for each in self.rounds if each.state == "named"]
        if self.over:
            said += f" · {len(named)} of {PASSES} named."
        if self.over and named:
            took, enough = sum(len(each.readings) for each in named), sum(len(each.shortest()) for each in named)
            said += f" For what you named you took {probes(took)}; to be sure takes {enough}."
        return f"{said}\nRight is {RIGHT}, with $N = {N}$, $D = {D}$, $H = {H}$, $K = {K}$."

    def probe(self, name: str) -> None:
        now = self.now
        if name in now.readings or (now.left and not now.over):  # a quick second press overtakes `off`
            now.probe(name)
            self.probes.say(f"{now.readings[name].sentence} Left for this pass: {now.left}.")
        self.show()

    def suspect(self, slug: str) -> None:
        self.show()
        self.suspects.say(self._told(slug))

    def accuse(self, _: str) -> None:
        now, slug = self.now, self.suspects.chosen
        if now.over:
            return
        if slug in (None, *now.accused):
            self.say("Press a suspect first, one that has not been accused yet.", None, self.name_it)
        else:
            said = now.accuse(slug)
            self.begin()
            self.say(said, now.state == "named", self.name_it)

    def _told(self, slug: str) -> str:
        """What the bank says to whoever makes this mistake."""
        if slug in self.now.accused:
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
