"""The figures of chapters 2a: what they show is what the reference says. Their sentences stand in figures.md."""

from itertools import product

import numpy as np
import pytest

import utils
from tests.figures import at, between, holds
from utils.figures.classes import INDICES, scores, target
from utils.figures.parts import compact
from utils.figures.simplex import CORNERS, GRID, LEVELS, NAMES, _contours
from utils.reference import complex_step, cross_entropy, cross_entropy_from_logits, one_hot, softmax


@pytest.mark.parametrize("value", [0, 0.004, -99.994, 1234.5, -66082, 2e12, np.nan, np.inf])
def test_a_compact_number_has_room_in_a_cell(value):
    assert len(compact(value, "+")) <= 6


def test_the_softest_target_is_uniform_and_the_hardest_one_hot():
    np.testing.assert_array_equal(target("owl", 0), one_hot(2, 4))
    np.testing.assert_allclose(target("owl", 1), 0.25)
    assert target("owl", 0.35).sum() == pytest.approx(1)


# ---- What each figure shows in a state


def scores_figure(figure, state, said):
    theta, shares = scores(state), softmax(scores(state))
    yield figure.scores, theta
    yield figure.shares, shares
    yield figure.score_texts, theta
    yield figure.share_texts, shares
    yield said, [*theta, *shares]


def logits_figure(figure, state, said):
    z = scores(state) / state["T"] + state["c"]
    powers, gap = np.exp(z), z - state["c"]
    naive = powers / powers.sum()
    yield figure.scores, gap.clip(-6, 6)
    yield figure.score_texts, z
    yield figure.beyond["<"].get_ydata(), INDICES[gap < -6]  # what the axis has no room for ends in an arrow
    yield figure.beyond[">"].get_ydata(), INDICES[gap > 6]
    for name, shares in (("reference", softmax(z)), ("naive", naive)):
        bars, texts = figure.shares[name]
        yield bars, np.nan_to_num(shares)
        yield texts, shares
    yield between(said, " make ", ";"), softmax(z)
    yield between(said, "the naive formula gives ", ";"), [] if np.allclose(naive, softmax(z), atol=0.005) else naive
    yield figure.power_texts, powers
    held = (powers > 0) & np.isfinite(powers)
    for marks, some in ((figure.held, held), (figure.lost, ~held)):
        exponents = marks.get_xdata()
        yield marks.get_ydata(), INDICES[some]
        yield (exponents < np.log10(5e-324)) | (exponents > np.log10(np.finfo(float).max)), ~held[some]


def surprise_figure(figure, state, said):
    p, rest, y = state["p"], state["rest"], target("cat", state["softness"], NAMES)
    y_hat = np.array([p, (1 - p) * rest, (1 - p) * (1 - rest)])
    J, floor = cross_entropy(y, y_hat), cross_entropy(y, y)
    ends = np.cumsum(np.where(y > 0, -y * np.log(y_hat), 0)).clip(0, 5)  # the terms lie end to end, to the axis' end
    yield figure.y, y
    yield figure.y_hat, y_hat
    yield figure.terms, np.diff(ends, prepend=0)
    yield [bar.get_x() for bar in figure.terms], [0, *ends[:-1]]
    yield figure.floor.get_xdata(), [floor, floor]
    yield [figure.total], [J, floor, round(J, 2) - round(floor, 2)]
    yield [figure.point_text], -np.log(p)
    yield said, [*y_hat, *y, -np.log(p), J, floor]
    if figure.function:
        mine = figure.function(y, y_hat)
        yield figure.mine.get_xdata(), np.clip(mine, 0, 5) if np.isfinite(mine) else []
        yield [figure.mine_text], mine


def gradient_figure(figure, state, said):
    theta, y = scores(state), target(state["k"], state["softness"])
    J, slopes = (
        cross_entropy_from_logits(theta, y),
        complex_step(lambda theta: cross_entropy_from_logits(theta, y), theta),
    )
    yield figure.y, y
    yield figure.y_hat, softmax(theta)
    yield figure.slopes, slopes
    yield figure.numeric, np.column_stack([INDICES, slopes])
    yield figure.slope_texts, slopes
    yield " ".join(text.get_text().partition("\n")[0] for text in figure.gap_texts), -slopes
    yield [gap.get_visible() for gap in figure.gaps], abs(slopes) > 0.03
    mine = figure.function(theta, y) if figure.function else np.zeros(0)
    yield figure.mine if figure.function else [], np.nan_to_num(mine).clip(-1.1, 1.1)
    yield [figure.sum], [0, *[mine.sum()] * (mine.size > 0)]
    yield between(said, "J is ", "; central"), [J, *slopes, 0]
    yield said.partition("probabilities: ")[2], [abs(slope) for slope in slopes if abs(slope) >= 0.005]


def jacobian_figure(figure, state, said):
    theta, y = scores(state), target(state["k"], state["softness"])
    y_hat = softmax(theta)
    entries = np.array([complex_step(lambda theta, i=i: softmax(theta)[i], theta) for i in range(4)])
    weights = complex_step(lambda y_hat: cross_entropy(y, y_hat), y_hat)
    mine = figure.function(theta) if figure.function else entries
    beside = ([own] * (not np.isclose(own, right)) for own, right in zip(mine.flat, entries.flat, strict=True))
    yield cells(figure.entries), [n for right, own in zip(entries.flat, beside, strict=True) for n in (right, *own)]
    yield cells(figure.weighted), weights[:, np.newaxis] * entries
    yield cells(figure.totals), y_hat - y
    yield figure.weights, weights
    yield figure.shares, y_hat
    yield [*figure.row_sums, *figure.column_sums], np.zeros(8)
    yield between(said, "weighs the rows with ", ", and dJ/dθ"), [*weights[y > 0], *[0] * (not y.all())]
    yield said.partition("ŷ − y is ")[2], y_hat - y


def simplex_compass(figure, state, said):
    y = target(state["k"], state["softness"], NAMES)
    y_hat = np.array([state["cat"], state["dog"], 1 - state["cat"] - state["dog"]])
    theta = np.log(y_hat)
    step = -complex_step(lambda theta: cross_entropy_from_logits(theta, y), theta)
    moved = (softmax(theta + 1e-6 * step) - softmax(theta - 1e-6 * step)) / 2e-6
    J, floor, sizes = cross_entropy(y, y_hat), cross_entropy(y, y), np.linalg.norm([step, moved], axis=1)
    yield between(said, "At ŷ = ", "is the least"), [*y_hat, *y, J, floor]
    if not said.endswith("; ŷ = y: the gradient is 0, and the arrow is gone."):
        yield said.partition("y − ŷ is ")[2], [*step, sizes[0], *moved, sizes[1]]
    else:
        assert np.allclose(step, 0)
    yield figure.arrow, moved @ CORNERS
    yield figure.steps, step
    yield from zip(figure.columns, (y_hat, y, step), strict=True)
    yield (
        np.concatenate([path.vertices for path in figure.contours.get_paths()]),
        np.concatenate(_contours(state["k"], state["softness"])[0]),
    )
    yield figure.facts, [J, floor, round(J, 2) - round(floor, 2), *sizes]


def cells(tiles):
    return [text for _, text in tiles]


ORACLES = scores_figure, logits_figure, surprise_figure, gradient_figure, jacobian_figure, simplex_compass


@pytest.mark.parametrize("oracle", ORACLES)
def test_the_picture_and_the_sentence_hold_what_the_reference_gives(oracle):
    assert holds(oracle)


# ---- The compass


def barycentric(points, whole):
    """Points of the plane, or ways in it, as three parts of the corners, whose sum is `whole`."""
    return np.linalg.solve(np.vstack([CORNERS.T, np.ones(3)]), np.vstack([points.T, np.full(len(points), whole)])).T


def test_a_step_along_the_arrow_lowers_J_wherever_the_prediction_is():
    for k, softness in (("cat", 0), ("dog", 0.3), ("owl", 0.96)):
        y = target(k, softness, NAMES)
        figure, _ = at(utils.simplex_compass, k=k, softness=softness)
        moves = barycentric(np.column_stack([figure.field.U, figure.field.V]), 0)
        for p, move in zip(GRID, moves, strict=True):
            if not np.allclose(p, y, atol=1e-3):
                assert cross_entropy(y, p + 0.01 * move) < cross_entropy(y, p)


@pytest.mark.parametrize(("k", "softness"), list(product(NAMES, [0, 0.06, 0.3, 0.96])))
def test_contours_lie_in_the_triangle_where_J_has_their_level(k, softness):
    y = target(k, softness, NAMES)
    lines, widths = _contours(k, softness)
    levels = LEVELS[cross_entropy(y, y) < LEVELS]
    for line, level, width in zip(lines, levels, widths, strict=True):
        p = barycentric(line, 1)
        assert p.min() > -1e-9
        inside = p[p.min(axis=1) > 1e-5] if softness else p
        J = np.array([cross_entropy(y, row) for row in inside.clip(0)])
        assert abs(J - level).max(initial=0) < 0.01
        assert width == (2 if level == int(level) else 0.8)
