"""Four scores and four probabilities, and nothing else: the first figure that a reader plays with."""

import numpy as np

from utils.figures.live import LiveFigure
from utils.figures.logits import CLASSES, SCORES, scores
from utils.figures.style import INK, REFERENCE, number, signed
from utils.reference import softmax

ROWS = np.arange(len(CLASSES))


def scores_figure(**start):
    """The live figure of softmax with four classes. Keywords say where the sliders start: theta_0=2, say."""
    return ScoresFigure(**start)


class ScoresFigure(LiveFigure):
    title = "Scores and probabilities"
    size, narrow_size = (8.6, 2.7), (4, 4.6)
    controls = SCORES

    def build(self, figure):
        figure.get_layout_engine().set(wspace=0.1, hspace=0.05)
        left, right = figure.subplots(2, 1) if self.narrow else figure.subplots(1, 2, sharey=True)
        for axes in (left, right):
            axes.set(ylim=(3.6, -0.6), yticks=ROWS, yticklabels=CLASSES)
        left.set(xlim=(-5.2, 7), xticks=(-5, 0, 5), title="scores θ")
        right.set(xlim=(0, 1.2), xticks=(0, 0.5, 1), title="probabilities ŷ = softmax(θ)")
        for axes, end in ((left, (-5, 5)), (right, (0, 1))):
            axes.spines.left.set_visible(False)
            axes.spines.bottom.set_bounds(*end)
            axes.tick_params(axis="y", length=0)
            axes.axvline(0, color=INK, linewidth=0.8)
        self.scores = left.barh(ROWS, 0, 0.55, animated=True)
        self.shares = right.barh(ROWS, 0, 0.55, animated=True, **REFERENCE)
        self.score_texts = [left.text(5.6, row, "", va="center", animated=True) for row in ROWS]
        self.share_texts = [right.text(0, row, "", va="center", animated=True) for row in ROWS]

    def update(self, state):
        theta = scores(state)
        for bar, text, score in zip(self.scores, self.score_texts, theta, strict=True):
            bar.set(width=score, **signed(score))
            text.set_text(number(score, "+.1f"))
        for bar, text, share in zip(self.shares, self.share_texts, softmax(theta), strict=True):
            bar.set_width(share)
            text.set(text=number(share), x=share + 0.02)

    def twin(self, state):
        theta = scores(state)
        given = ", ".join(f"{name} {number(score, '+.1f')}" for name, score in zip(CLASSES, theta, strict=True))
        made = ", ".join(f"{name} {number(share)}" for name, share in zip(CLASSES, softmax(theta), strict=True))
        return f"The scores {given} become the probabilities {made}."
