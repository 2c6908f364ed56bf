"""The figures of the first chapters: what they show is what the reference says, and what the reader's function does."""

import numpy as np
import pytest

from tests.figures import words
from utils import reference
from utils.figures.logits import LogitsFigure
from utils.figures.parts import CLASSES
from utils.figures.scores import scores_figure
from utils.figures.style import number
from utils.figures.surprise import SurpriseFigure
from utils.reference import softmax

STATES = [{}, {"theta_0": -5, "theta_2": 5}, {"T": 0.1}, {"T": 5}, {"c": 800}, {"c": -1000, "T": 0.5}]


def naive(theta):
    return np.exp(theta) / np.exp(theta).sum()


def naive_cross_entropy(y, y_hat):
    return -np.mean(np.sum(y * np.log(y_hat), axis=1))


def probabilities(figure, state):
    state = figure.state(**state)
    theta = np.array([state[f"theta_{i}"] for i in range(4)])
    return reference.softmax(theta / state["T"] + state["c"])


def widths(bars):
    return np.array([bar.get_width() for bar in bars])


@pytest.fixture(scope="module")
def logits():
    return LogitsFigure()


@pytest.fixture(scope="module")
def surprise():
    return SurpriseFigure()


# ---- Logits


@pytest.mark.parametrize("state", STATES)
def test_the_sentence_and_the_bars_hold_the_probabilities_of_the_reference(logits, state):
    twin = logits.picture(state)["twin"]
    expected = probabilities(logits, state)
    shares = ", ".join(f"{name} {number(p)}" for name, p in zip(("cat", "dog", "owl", "fox"), expected, strict=True))
    assert f"make {shares};" in twin
    bars, texts = logits.shares["reference"]
    assert widths(bars) == pytest.approx(expected)
    assert words(texts) == [number(p) for p in expected]


def test_a_common_shift_moves_the_powers_and_no_probability(logits):
    before = logits.picture({"c": 0})
    bars, powers = widths(logits.shares["reference"][0]), words(logits.power_texts)
    after = logits.picture({"c": 700})
    assert widths(logits.shares["reference"][0]) == pytest.approx(bars)
    assert words(logits.power_texts) != powers
    assert words(logits.score_texts) == ["+702.0", "+701.0", "+699.0", "+700.5"]
    assert before["twin"].split("make")[1] == after["twin"].split("make")[1]


def test_the_naive_formula_is_right_as_far_as_the_chapter_goes_before_it_asks_about_overflow(logits):
    for c in (100, 700):
        assert logits.picture(logits.state(c=c))["twin"].endswith("the naive formula gives the same.")


def test_overflow_is_seen_where_the_naive_formula_meets_the_ceiling(logits):
    twin = logits.picture({"c": 800})["twin"]
    assert words(logits.shares["naive"][1]) == ["nan"] * 4
    assert widths(logits.shares["naive"][0]).tolist() == [0, 0, 0, 0]
    assert words(logits.power_texts) == ["inf"] * 4
    assert len(logits.lost.get_xdata()) == 4 and len(logits.held.get_xdata()) == 0
    assert twin.endswith("the naive formula gives nan, nan, nan, nan; some e^s overflows to inf.")


def test_where_only_some_powers_overflow_the_naive_formula_gives_nan_beside_zero(logits):
    twin = logits.picture({"c": 710})["twin"]
    assert words(logits.shares["naive"][1]) == ["nan", "nan", "0.00", "nan"]
    assert words(logits.power_texts) == ["inf", "inf", "8e+307", "inf"]
    assert "the naive formula gives nan, nan, 0.00, nan" in twin


def test_underflow_of_all_powers_is_zero_over_zero(logits):
    twin = logits.picture({"c": -1000})["twin"]
    assert words(logits.power_texts) == ["0"] * 4
    assert words(logits.shares["naive"][1]) == ["nan"] * 4
    assert twin.endswith("every e^s underflows to 0.")


def test_marks_beyond_float64_lie_beyond_its_walls(logits):
    logits.picture({"c": 710})
    assert (logits.lost.get_xdata() > np.log10(np.finfo(float).max)).all()
    assert (logits.held.get_xdata() < np.log10(np.finfo(float).max)).all()


def test_a_low_temperature_sharpens_and_a_high_one_evens_out(logits):
    logits.picture({"T": 0.1})
    assert widths(logits.shares["reference"][0])[0] > 0.99
    logits.picture({"T": 5})
    assert np.ptp(widths(logits.shares["reference"][0])) < 0.15


def test_a_score_beyond_the_axis_ends_in_an_arrow(logits):
    def arrows():
        return {way: [CLASSES[int(row)] for row in line.get_ydata()] for way, line in logits.beyond.items()}

    logits.picture({"theta_0": 0.6, "theta_1": -0.6, "theta_3": 0, "T": 0.1})  # +6, -6, -10, 0
    assert arrows() == {"<": ["owl"], ">": []}
    logits.picture({"theta_0": 0.7, "theta_1": -0.7, "T": 0.1, "c": 50})  # the shift moves the axis along
    assert arrows() == {"<": ["dog", "owl"], ">": ["cat"]}
    assert words(logits.score_texts)[0] == "+57.0"


def test_signs_are_shown_by_hatch_and_by_sign_as_well(logits):
    logits.picture({})
    assert [bool(bar.get_hatch()) for bar in logits.scores] == [False, False, True, False]
    assert [text[0] for text in words(logits.score_texts)] == ["+", "+", "−", "+"]
    logits.picture({"theta_2": 1})
    assert not logits.scores[2].get_hatch()


@pytest.mark.parametrize(
    ("function", "said", "shown"),
    [
        (naive, "your function gives nan, nan, nan, nan", ["nan"] * 4),
        (lambda theta: theta * 0 + 0.25, "your function gives 0.25, 0.25, 0.25, 0.25", ["0.25"] * 4),
        (lambda theta: 0 * theta - 0.25, "gives −0.25, −0.25, −0.25, −0.25", ["−0.25"] * 4),
        (lambda theta: None, "your function stopped: it returned None", ["stopped"] * 4),
    ],
)
def test_the_readers_softmax_is_shown_as_it_is(function, said, shown):
    figure = LogitsFigure(function)
    picture = figure.picture({"c": 800})
    assert picture["shapes"]
    assert said in picture["twin"]
    expected = [number(p) for p in probabilities(figure, {})]
    assert words(figure.shares["yours"][1]) == shown
    assert words(figure.shares["reference"][1]) == expected


# ---- Surprise


def row(figure, state):
    state = figure.state(**state)
    p, rest, s = state["p"], state["rest"], state["softness"]
    return np.array([1 - 2 * s / 3, s / 3, s / 3]), np.array([p, (1 - p) * rest, (1 - p) * (1 - rest)])


@pytest.mark.parametrize("state", [{}, {"p": 1}, {"p": 0.9, "softness": 1}, {"p": 0.02, "softness": 0.3, "rest": 0.5}])
def test_the_sentence_holds_the_cross_entropy_and_its_floor(surprise, state):
    twin = surprise.picture(state)["twin"]
    y, y_hat = row(surprise, state)
    J, floor = reference.cross_entropy(y, y_hat), reference.cross_entropy(y, y)
    assert f"cat is a surprise of {number(-np.log(y_hat[0]))} nats" in twin
    assert f"J is {number(J)} nats, where {number(floor)} is the least" in twin
    assert surprise.total.get_text() == f"J = −Σ y log ŷ = {number(J)} = floor {number(floor)} + {number(J - floor)}"
    assert max(J, floor) == pytest.approx(J)


@pytest.mark.parametrize("state", [{}, {"p": 0.6, "softness": 0.5}, {"p": 0.2, "softness": 1, "rest": 0.35}])
def test_the_terms_stacked_end_to_end_are_as_long_as_J(surprise, state):
    surprise.picture(state)
    y, y_hat = row(surprise, state)
    assert widths(surprise.terms) == pytest.approx(-y * np.log(y_hat))
    assert widths(surprise.terms).sum() == pytest.approx(reference.cross_entropy(y, y_hat))
    ends = [bar.get_x() + bar.get_width() for bar in surprise.terms]
    assert [bar.get_x() for bar in surprise.terms] == pytest.approx([0, *ends[:-1]])


def test_the_bars_are_the_target_and_the_prediction(surprise):
    surprise.picture({"p": 0.4, "softness": 0.6})
    y, y_hat = row(surprise, {"p": 0.4, "softness": 0.6})
    assert [bar.get_height() for bar in surprise.y] == pytest.approx(y)
    assert [bar.get_height() for bar in surprise.y_hat] == pytest.approx(y_hat)


def test_no_prediction_gets_below_the_floor_of_a_soft_target_and_the_target_itself_reaches_it(surprise):
    state = {"p": 0.6, "rest": 0.5, "softness": 0.6}
    surprise.picture(state)
    y, y_hat = row(surprise, state)
    assert y == pytest.approx(y_hat)
    assert widths(surprise.terms).sum() == pytest.approx(surprise.floor.get_xdata()[0])
    assert "0.95 is the least" in surprise.twin(surprise.state(**state))


def test_a_true_class_given_nothing_is_an_infinite_surprise_that_can_still_be_drawn():
    figure = SurpriseFigure(naive_cross_entropy)
    picture = figure.picture({"p": 0})
    assert picture["shapes"]
    assert "a surprise of ∞ nats, and J is ∞ nats" in picture["twin"]
    assert figure.point_text.get_text() == "∞"
    assert widths(figure.terms).sum() == 5  # the whole axis


def test_zero_log_zero_is_zero_in_the_reference_and_nan_in_the_readers_plain_formula():
    figure = SurpriseFigure(naive_cross_entropy)
    twin = figure.picture({"p": 1})["twin"]
    assert "J is 0.00 nats" in twin
    assert twin.endswith("your function gives nan.")
    assert figure.mine_text.get_text() == "yours nan"
    assert len(figure.mine.get_xdata()) == 0


@pytest.mark.parametrize(
    ("function", "said", "shown"),
    [
        (lambda y, y_hat: reference.cross_entropy(y, y_hat), "your function gives 1.20", "yours 1.20"),
        (lambda y, y_hat: -np.sum(y * np.log2(y_hat)), "your function gives 1.74", "yours 1.74"),
        (lambda y, y_hat: np.sum(y * np.log(y_hat)), "your function gives −1.20", "yours −1.20"),
        (lambda y, y_hat: -np.sum(y * np.log(y_hat), axis=1), "it returned shape (1,), not a single", "yours stopped"),
        (lambda y, y_hat: None, "your function stopped: it returned None", "yours stopped"),
    ],
)
def test_the_readers_cross_entropy_is_shown_as_it_is(function, said, shown):
    figure = SurpriseFigure(function)
    picture = figure.picture({})
    assert picture["shapes"]
    assert said in picture["twin"]
    assert figure.mine_text.get_text() == shown
    assert "J is 1.20 nats" in picture["twin"]


# ---- Scores


def test_the_first_figure_shows_scores_and_their_probabilities():
    figure = scores_figure(theta_3=2.5)
    picture = figure.picture(figure.state(theta_3=2.5))
    shares = softmax([2, 1, -1, 2.5])
    assert all(f"{name} {share:.2f}" in picture["twin"] for name, share in zip(CLASSES, shares, strict=True))
    assert [bar.get_width() for bar in figure.shares] == pytest.approx(shares)
    assert picture["shapes"] != figure.picture({"theta_0": -5})["shapes"]
