"""Four scores become four probabilities, by the formula that overflows and by the one that does not."""

import numpy as np

from utils.figures.classes import INDICES, SCORES, class_rows, named, scores
from utils.figures.live import Slider, span
from utils.figures.parts import Beside, briefly, column, cut, dot, say
from utils.figures.style import BLUE, INK, NAIVE, ORANGE, PAPER, REFERENCE, YOURS, number
from utils.reference import softmax

CEILING, FLOOR = np.log10(np.finfo(float).max), np.log10(np.finfo(float).smallest_subnormal)
REACH, EDGE = 6, 450  # of the axis of scores, of the axis of exponents
WHO = {"naive": "the naive formula", "yours": "your function"}


class LogitsFigure(Beside):
    """The live figure of softmax(theta / T + c), with the reader's own softmax, (4,) -> (4,), beside the reference.

    Keyword arguments say where the sliders start: theta_0 to theta_3, T and c.
    """

    title = "From scores to probabilities"
    size, narrow_size = (8.6, 4.0), (4.2, 9.6)
    controls = (
        *SCORES,
        Slider("T", "temperature T", span(0.1, 5, 0.1), 1),
        Slider("c", "common shift c", span(-1000, 1000, 10), 0),
    )
    right = staticmethod(softmax)

    def build(self, figure):
        figure.get_layout_engine().set(wspace=0.05)
        panels = figure.subplots(3, 1) if self.narrow else figure.subplots(1, 3, sharey=True, width_ratios=(1, 1.15, 1))
        logits, powers, shares = panels

        class_rows(logits, -REACH, REACH)
        logits.set_title("scores s = θ/T + c")
        logits.set(xlim=(-REACH, 2.1 * REACH), xticks=(-5, 0, 5), xticklabels=("c−5", "c", "c+5"))
        logits.set_xlabel("bar: s   tick: before T", loc="left")
        self.scores = logits.barh(INDICES, 0, 0.5, animated=True)
        self.raw = dot(logits, "|", INK, 30, markeredgecolor=INK, markeredgewidth=1.2)
        self.beyond = {way: dot(logits, way, PAPER, 9) for way in "<>"}
        self.score_texts = column(logits, 1.1 * REACH, INDICES)

        class_rows(powers, -EDGE, EDGE)
        powers.set_title("$e^s$ in float64")
        powers.set_xlabel("log scale", loc="left")
        powers.set(xlim=(-EDGE, 2.1 * EDGE), xticks=(FLOOR, 0, CEILING), xticklabels=("$10^{-324}$", "1", "$10^{308}$"))
        for wall, end, words in ((CEILING, EDGE, "inf"), (FLOOR, -EDGE, "0")):
            powers.axvspan(wall, end, facecolor=INK, alpha=0.1)
            powers.axvline(wall, color=INK, linewidth=1.5, linestyle="--")
            powers.text((wall + end) / 2, 3.52, words, ha="center")
        self.stems = powers.hlines(INDICES, 0, 0, color=INK, linewidth=1.5, animated=True)
        self.held = dot(powers, "o", BLUE, 9, markeredgecolor=BLUE)
        self.lost = dot(powers, "X", ORANGE, 10, markeredgecolor=ORANGE)
        self.power_texts = column(powers, 1.1 * EDGE, INDICES)

        class_rows(shares, 0, 1)
        room = (-0.3, 1.45) if self.function else (0, 1.3)  # for what is no probability
        shares.set(title="probabilities", xlim=room, xticks=(0, 0.5, 1))
        looks = {"reference": REFERENCE, "naive": NAIVE} | ({"yours": YOURS} if self.function else {})
        height = 0.8 / len(looks)
        self.shares = {}
        for i, (name, look) in enumerate(looks.items()):
            rows = INDICES + (i + 0.5) * height - 0.4
            bars = shares.barh(rows, 0, 0.92 * height, label=name, animated=True, **look)
            self.shares[name] = bars, column(shares, 0, rows)
        self.cut = [dot(shares, way, PAPER, 9, markeredgecolor=INK) for way in "<>"]
        figure.legend(loc="outside lower right", ncols=3)

    def update(self, state):
        theta = scores(state)
        z = theta / state["T"] + state["c"]
        self.raw.set_data(theta, INDICES)
        cut(self.scores, theta / state["T"], -REACH, REACH, self.beyond.values(), signs=True)
        say(self.score_texts, [number(score, "+.1f") for score in z])

        powers = np.exp(z)
        held = (powers > 0) & (powers < np.inf)
        exponents = np.clip(z / np.log(10), 40 - EDGE, EDGE - 40)
        self.stems.set_segments([[(0, row), (exponent, row)] for row, exponent in zip(INDICES, exponents, strict=True)])
        self.held.set_data(exponents[held], INDICES[held])
        self.lost.set_data(exponents[~held], INDICES[~held])
        for text, power, fine in zip(self.power_texts, powers, held, strict=True):
            _write(text, number(power, ".3g" if 0.001 < power < 1000 else ".0e") if fine else f"{power:.0f}", fine)

        right = softmax(z)
        given, shift = named(theta, "+.1f"), number(state["c"], ".0f")
        said = [f"Scores {given} with T = {state['T']:.1f} and c = {shift} make {named(right, '.2f')}"]
        made = {"reference": (right, ""), "naive": (powers / powers.sum(), ""), "yours": self.asked(z, shape=z.shape)}
        for name, (bars, texts) in self.shares.items():
            shares, trouble = made[name]
            ends = cut(bars, shares, -0.25, 1, self.cut)  # those of "yours" come last, and no others are cut
            for text, share, end in zip(texts, shares, ends, strict=True):
                text.set_x(0.02 + max(end, 0))
                _write(text, briefly(trouble) or number(share), np.isfinite(share), bars[0].get_facecolor())
            if name in WHO:
                alike = self.alike if name == "yours" else "the same"
                gives = alike if np.allclose(shares, right, atol=0.005) else ", ".join(map(number, shares))
                said.append(f"{WHO[name]} {trouble or f'gives {gives}'}")
        if np.isinf(powers).any():
            said.append(f"{'every' if np.isinf(powers).all() else 'some'} e^s overflows to inf")
        elif not powers.any():
            said.append("every e^s underflows to 0")
        return "; ".join(said) + "."


def _write(text, words, fine=True, warning=ORANGE):
    text.set(text=words, color=INK if fine else warning, fontweight="normal" if fine else "bold")
