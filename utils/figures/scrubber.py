"""The derivation scrubber: the reader's own lines as numbers, one beside the other, next to a numeric derivative."""

from contextlib import suppress

import numpy as np

from utils.exercises import Derivation, get
from utils.figures.live import LiveFigure, Slider, span
from utils.figures.parts import column, dot, plain_rows, words
from utils.figures.style import BLUE, INK, ORANGE, TEAL, number
from utils.judge.algebra.evaluate import World
from utils.judge.algebra.notation import Unreadable
from utils.judge.derivation import LATEST
from utils.reference import central_difference, cross_entropy_from_logits, one_hot

REACH = 2  # of the axis; what lies beyond is marked at the edge
SAID = {"slip": "the slip", "carried": "carries the slip", "unreadable": "cannot be read"}


class Scrubber(LiveFigure):
    """The live figure that steps through a derivation of dJ/dtheta_i with three classes.

    id: of a derivation of chapter 2a_3. text: its lines; without it, those judged last in this notebook, and before any
    was, the question alone. Keyword arguments say where the sliders start: line, if there are two or more, theta_0 to
    theta_2, and entry. Raises ValueError if there is no such derivation, or if it is not about one logit.
    """

    title = "Your derivation, line by line, in numbers"

    def __init__(self, id, text=None, **start):
        self.asked = asked = get(id, Derivation)
        if set(asked.setting.indices) != {"i", "k"}:
            raise ValueError(f"{id!r} is not about one logit theta_i and a true class k, so it has no scrubber")
        lines = asked.read(LATEST.get(id, "") if text is None else text).steps
        self.steps = steps = lines or asked.read(f"{asked.question}\n{asked.question}").steps[:1]
        self.size, self.narrow_size = ((width, 2.3 + 0.3 * len(steps)) for width in (8.6, 4.4))
        pairs = [(i, k) for k in range(3) for i in range(3) if (i == k) == asked.setting.same]
        self.pair = {f"i = k = {k}" if i == k else f"i = {i}, k = {k}": (i, k) for i, k in pairs}
        which = [Slider("line", "line", range(1, len(steps) + 1), 1)] if len(steps) > 1 else []
        self.controls = (
            *which,
            Slider("entry", "which entry", list(self.pair), next(iter(self.pair))),
            *(Slider(f"theta_{n}", f"θ{'₀₁₂'[n]}", span(-3, 3, 0.1), home) for n, home in enumerate((1, 0, -1))),
        )
        self.formulas = [f"${step.latex}$".replace(r"\frac", r"\dfrac") if step.latex else step.text for step in steps]
        super().__init__(**start)

    def build(self, figure):
        count = len(self.steps)
        axes = figure.subplots()
        axes.set(xlim=(-REACH, (1.95 if self.narrow else 1.45) * REACH), ylim=(count + 0.6, -1.9))
        axes.set(xticks=(-2, -1, 0, 1, 2), yticks=range(1, count + 1), xlabel="value of the line")
        axes.set_ylabel("line", y=(count / 2 + 0.1) / (count + 2.5))  # beside the middle one
        plain_rows(axes, -REACH, REACH)
        axes.hlines(range(1, count + 1), -REACH, REACH, color=INK, alpha=0.12, linewidth=0.8)
        (self.numeric,) = axes.plot([], [], color=TEAL, linewidth=2, linestyle="--", animated=True)
        self.numeric_text = words(axes, 0, 0.35, color=TEAL, ha="center", va="bottom", fontweight="bold")
        (self.gap,) = axes.plot([], [], color=ORANGE, linewidth=2.5, animated=True)
        self.fits = dot(axes, "o", BLUE, 8, markeredgecolor=BLUE)
        self.off = dot(axes, "X", ORANGE, 9, markeredgecolor=ORANGE)
        self.ring = dot(axes, "o", "none", 16, markeredgecolor=INK, markeredgewidth=1.5)
        self.formula = words(axes, -REACH, -1.25, fontsize=11 if self.narrow else 14)
        self.values = column(axes, 1.08 * REACH, range(1, count + 1))

    def update(self, state):
        theta, (i, k) = np.array([state[f"theta_{n}"] for n in range(3)]), self.pair[state["entry"]]
        y = one_hot(np.array([k]), 3)
        here = {"theta": theta[None, None], "y": y[None], "i": np.array([i]), "k": np.array([k])}
        world = World(self.asked.setting, here)
        values = np.array([_value(world, step.tree) for step in self.steps])  # NaN where a line has none
        slope = float(central_difference(lambda t: cross_entropy_from_logits(t[None], y), theta)[i])
        line, near = int(state.get("line", 1)), np.abs(values - slope) < 1e-6
        at, rows, there = np.clip(values, -REACH, REACH), np.arange(1, len(values) + 1), np.isfinite(values)
        self.numeric.set_data([slope, slope], [0.5, len(values) + 0.6])
        self.numeric_text.set(text=f"numeric derivative {number(slope, '+.3f')}", x=np.clip(slope, -0.7, 1.2))
        self.fits.set_data(at[near], rows[near])
        self.off.set_data(at[there & ~near], rows[there & ~near])
        for n, (text, value, fits) in enumerate(zip(self.values, values, near, strict=True), 1):
            told = f"{number(value, '+.3f')}{'' if fits else ' ≠'}" if np.isfinite(value) else "no number"
            text.set(text=told, color=INK if fits else ORANGE, fontweight="bold" if n == line else "normal")
        here = at[line - 1]
        self.ring.set_data([here], [line])
        self.gap.set_data(([], []) if near[line - 1] else ([here, slope], [line, line]))
        self.formula.set_text(f"{line}:  {self.formulas[line - 1]}")
        step, value = self.steps[line - 1], values[line - 1]
        said = f"Line {line} of {len(self.steps)} ({SAID.get(step.status, step.status)}), {step.text}"
        where = f"at theta = ({', '.join(number(t, '.1f') for t in theta)}), {state['entry']}"
        numeric = f"the numeric derivative is {number(slope, '.3f')}"
        if not np.isfinite(value):
            return f"{said}: no number {where}; {numeric}."
        fits = "the same" if near[line - 1] else f"it stands off by {number(abs(value - slope), '.3f')}"
        return f"{said}: {number(value, '.3f')} {where}; {numeric}, {fits}; {_off(rows[there & ~near])}."


def _off(lines):
    if len(lines) < 2:
        return f"line {lines[0]} stands off" if len(lines) else "no line stands off"
    return f"lines {', '.join(map(str, lines[:-1]))} and {lines[-1]} stand off"


def _value(world, tree):
    with suppress(Unreadable):
        if tree is not None and (value := world.value(tree)).size == 1:
            return float(value.item())
    return np.nan
