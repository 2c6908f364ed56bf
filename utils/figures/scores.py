"""Four scores and four probabilities, and nothing else: the first figure that a reader plays with."""

import numpy as np

from utils.figures.live import LiveFigure
from utils.figures.parts import CLASSES, SCORES, column, grow, named, scores
from utils.figures.style import INK, REFERENCE, number, signed
from utils.reference import softmax

ROWS = np.arange(len(CLASSES))


class ScoresFigure(LiveFigure):
    """The live figure of softmax with four classes. Keywords say where the sliders start: theta_0=2, say."""

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
        self.score_texts, self.share_texts = column(left, 5.6, ROWS), column(right, 0, ROWS)

    def update(self, state):
        theta = scores(state)
        for bar, text, score in zip(self.scores, self.score_texts, theta, strict=True):
            bar.set(width=score, **signed(score))
            text.set_text(number(score, "+.1f"))
        grow(self.shares, softmax(theta), self.share_texts)

    def twin(self, state):
        theta = scores(state)
        return f"The scores {named(theta, '+.1f')} become the probabilities {named(softmax(theta), '.2f')}."


scores_figure = ScoresFigure
