"""The Python beside the catalogue of chapter 2b_3: draws and laws."""

from __future__ import annotations

import numpy as np

from utils.bank.case import cases
from utils.bank.formulas import law
from utils.bank.inputs import each_shape_again, network_input_and_target
from utils.reference import input_gradient

NEARLY_ONE = [13.0, 18.0, 23.0]  # units at which a difference quotient is all rounding


@each_shape_again
def pre_activations(rng):
    ordinary = [[0.0, 1.0, -2.0], rng.normal(0, 2, 4), rng.normal(0, 2, 6)]
    extreme = [[1000.0, 0.0, -1000.0], np.linspace(-1e4, 1e4, 4)]
    return cases("z", ordinary, extreme) + cases("z", extreme=[NEARLY_ONE], atol=1e-14)


@each_shape_again
def gradient_and_pre_activation(rng):
    H, N = sorted(int(n) for n in rng.choice(np.arange(4, 9), 2, replace=False))
    g, z = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]]), np.array([[0.0, 1.0, -2.0], [2.0, -1.0, 0.5]])
    far = np.array([[1000.0, 0.0, -1000.0], [-1e4, 1e4, 3.0]])
    drawn = [(rng.normal(size=shape), rng.normal(0, 2, shape)) for shape in (H, (N, H))]
    extreme = [(g[0], far[0]), (g[1], far[1]), (g, far)]
    tiny = cases("g z", extreme=[(g[0], NEARLY_ONE)], atol=1e-14)
    return cases("g z", [(g[0], z[0]), (g, z), *drawn], extreme) + tiny


def single_rows(rng):
    return [case for case in network_input_and_target(rng) if case.arguments["x"].ndim == 1]


moves_z = law(  # along a direction that changes no z, nothing changes
    lambda x, y, W1, b1, W2, b2, result: not np.any(np.abs(result - result @ W1 @ np.linalg.pinv(W1)) > 1e-9),
    "Your gradient has a part along which $x$ can move without changing any $z$ (it is perpendicular to every column of "
    "$W_1$). Along it $J$ stands still, so this part must be 0.",
)


def _is_more_than_noise(*given):
    """Of a faint gradient a numeric derivative finds the rounding of J, divided by its step."""
    *arguments, result = given
    right = input_gradient(*arguments)
    return np.max(np.abs(right)) >= 1e-8 or np.max(np.abs(result - right)) >= 1e-8


is_more_than_noise = law(
    _is_more_than_noise,
    "Where all units are nearly flat the gradient is tiny, and yours is off by as much as its own size. A numeric "
    "derivative does that: it is for checking. The formula has all its digits, however small it is.",
)
