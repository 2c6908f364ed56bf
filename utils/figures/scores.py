"""Four scores and four probabilities, and nothing else: the first figure that a reader plays with."""

from utils.figures.classes import INDICES, SCORES, class_rows, named, scores
from utils.figures.live import LiveFigure
from utils.figures.parts import column, grow, say
from utils.figures.style import REFERENCE, number
from utils.reference import softmax


class ScoresFigure(LiveFigure):
    """The live figure of softmax with four classes. Keywords say where the sliders start: theta_0=2, say."""

    title = "Scores and probabilities"
    size, narrow_size = (8.6, 2.7), (4, 4.6)
    controls = SCORES

    def build(self, figure):
        figure.get_layout_engine().set(wspace=0.1, hspace=0.05)
        left, right = figure.subplots(2, 1) if self.narrow else figure.subplots(1, 2, sharey=True)
        left.set(xlim=(-5.2, 7), xticks=(-5, 0, 5), title="scores θ")
        right.set(xlim=(0, 1.2), xticks=(0, 0.5, 1), title="probabilities ŷ = softmax(θ)")
        class_rows(left, -5, 5)
        class_rows(right, 0, 1)
        self.scores = left.barh(INDICES, 0, 0.55, animated=True)
        self.shares = right.barh(INDICES, 0, 0.55, animated=True, **REFERENCE)
        self.score_texts, self.share_texts = column(left, 5.6, INDICES), column(right, 0, INDICES)

    def update(self, state):
        theta = scores(state)
        shares = softmax(theta)
        grow(self.scores, theta, signs=True)
        say(self.score_texts, [number(score, "+.1f") for score in theta])
        grow(self.shares, shares, self.share_texts)
        return f"The scores {named(theta, '+.1f')} become the probabilities {named(shares, '.2f')}."
