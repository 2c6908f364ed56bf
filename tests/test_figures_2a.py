"""The figures of chapters 2a: what they show is what the reference says. Their sentences stand in figures.md."""

from itertools import product

import numpy as np
import pytest

from tests.figures import at
from utils.figures.classes import target
from utils.figures.parts import compact
from utils.figures.simplex import CORNERS, GRID, LEVELS, NAMES, _contours
from utils.reference import cross_entropy, one_hot


@pytest.mark.parametrize("value", [0, 0.004, -99.994, 1234.5, -66082, 2e12, np.nan, np.inf])
def test_a_compact_number_has_room_in_a_cell(value):
    assert len(compact(value, "+")) <= 6


def test_the_softest_target_is_uniform_and_the_hardest_one_hot():
    np.testing.assert_array_equal(target("owl", 0), one_hot(2, 4))
    np.testing.assert_allclose(target("owl", 1), 0.25)
    assert target("owl", 0.35).sum() == pytest.approx(1)


# ---- The compass


def barycentric(points, whole):
    """Points of the plane, or ways in it, as three parts of the corners, whose sum is `whole`."""
    return np.linalg.solve(np.vstack([CORNERS.T, np.ones(3)]), np.vstack([points.T, np.full(len(points), whole)])).T


def test_a_step_along_the_arrow_lowers_J_wherever_the_prediction_is():
    for k, softness in (("cat", 0), ("dog", 0.3), ("owl", 0.96)):
        y = target(k, softness, NAMES)
        figure, _ = at("simplex_compass", k=k, softness=softness)
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
