"""The figure of chapter 2b_1: where the scale of W1 puts the hidden units on sigma', and what is left of dJ/dx."""

import re

import numpy as np
import pytest

from tests.figures import between, twin
from utils import reference
from utils.figures import saturation
from utils.figures.saturation import FLAT, SATURATED, SCALES, SIZES, W1, W2, b1, b2, power, saturation_figure, x, y
from utils.reference import input_gradient, sigmoid, sigmoid_derivative

START = {"W1_scale": 1, "x_scale": 1}
STOPS = [control.stops for control in saturation.SaturationFigure.controls]
STATES = [{"W1_scale": w, "x_scale": t} for (w,) in STOPS[0][::10] for (t,) in STOPS[1][::10]]


def by_h(z):
    return sigmoid(z) * (1 - sigmoid(z))


@pytest.fixture(scope="module")
def figure():
    return saturation_figure()


def number(words):
    """Back from 7.12·10⁻³³."""
    mantissa, _, exponent = words.replace("−", "-").partition("·10")
    return float(mantissa) * 10 ** float(exponent.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)


def numbers(words):
    return [number(found) for found in re.findall(r"[−\d][\d.]*(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?", words)]


def slopes(W1_scale, x_scale):
    return sigmoid_derivative(x_scale * x @ (W1_scale * W1) + b1)


def size(W1_scale, x_scale):
    gradient = input_gradient(x_scale * x, y, W1_scale * W1, b1, W2, b2)
    return np.hypot.reduce(gradient)


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.25, "0.25"), (451.3, "451"), (-0.0012345, "−0.00123"), (7.116e-33, "7.12·10⁻³³"), (0, "0"), (np.nan, "nan")],
)
def test_a_number_of_any_size_is_written_with_three_digits(value, written):
    assert power(value) == written


# ---- What it shows is what the reference says


@pytest.mark.parametrize("state", STATES)
def test_the_sentence_holds_the_slopes_and_the_size_of_the_gradient(figure, state):
    said = twin(figure, **state)
    right = slopes(**state)
    assert numbers(between(said, "hidden units is ", ", never")) == pytest.approx(right, rel=0.006)
    assert between(said, "never above 1/4, and ", " of 6") == str((right < SATURATED).sum())
    assert number(between(said, "size of dJ/dx is ", ",")) == pytest.approx(size(**state), rel=0.006)


@pytest.mark.parametrize("x_scale", [0.1, 1, 10])
def test_the_curve_is_the_size_of_the_reference_gradient_at_every_scale(figure, x_scale):
    said = twin(figure, x_scale=x_scale)
    line, point, _ = figure.sizes["size of dJ/dx"]
    right = [size(scale, x_scale) for scale in SCALES]
    assert line.get_ydata() == pytest.approx(right)
    assert [*point.get_xdata(), *point.get_ydata()] == pytest.approx([1, size(1, x_scale)])
    assert numbers(between(said, "while at ", ":")) == pytest.approx([SCALES[np.argmax(right)], max(right)], rel=0.006)


@pytest.mark.parametrize("state", STATES[::4])
def test_every_hidden_unit_is_a_dot_on_the_curve_marked_by_whether_it_is_saturated(figure, state):
    twin(figure, **state)
    z = state["x_scale"] * x @ (state["W1_scale"] * W1) + b1
    for dots, heights in zip(figure.dots, (sigmoid(z), sigmoid_derivative(z)), strict=True):
        flat = np.abs(z) > FLAT
        for dot, some in zip(dots, (~flat, flat), strict=True):
            np.testing.assert_allclose(dot.get_xdata(), z[some].clip(-10, 10))
            np.testing.assert_allclose(dot.get_ydata(), heights[some])
    assert [bar.get_hatch() for bar in figure.bars] == ["xx" if saturated else None for saturated in flat]


def test_the_flat_arms_begin_where_the_slope_is_that_of_a_saturated_unit():
    assert sigmoid_derivative(np.array([-FLAT, FLAT])) == pytest.approx(SATURATED)


def test_a_point_leaves_the_page_with_its_line(figure):
    _, point, text = figure.sizes["size of dJ/dx"]
    twin(figure, W1_scale=100)
    assert size(100, 1) < SIZES[0]
    assert not point.get_visible()
    assert text.get_text() == f"size of dJ/dx: {power(size(100, 1))}"
    twin(figure)
    assert point.get_visible()


# ---- The story it tells


def test_no_slope_is_above_a_quarter():
    assert sigmoid_derivative(np.linspace(-50, 50, 10_001)).max() == sigmoid_derivative(0.0) == 1 / 4
    assert max(slopes(**state).max() for state in STATES) <= 1 / 4


def test_small_weights_leave_the_slopes_large_and_the_gradient_as_small_as_themselves(figure):
    assert (round(slopes(0.01, 1).min(), 2), round(slopes(0.01, 1).max(), 2)) == (0.17, 0.25)  # as the chapter says
    assert size(0.01, 1) < size(1, 1) / 100
    assert size(0.02, 1) / size(0.01, 1) == pytest.approx(2, rel=0.05)
    assert twin(figure, W1_scale=0.01).endswith("here W1, the last factor, holds it down.")


def test_between_them_the_gradient_is_largest(figure):
    best = STOPS[0][np.argmax([size(scale, 1) for scale in SCALES])][0]
    assert 1 < best < 10
    assert twin(figure, W1_scale=best).endswith(f"the size of dJ/dx is {power(size(best, 1))}, the largest there is.")


def test_large_weights_saturate_every_unit_and_the_gradient_dies_exponentially(figure):
    assert slopes(100, 1).max() < 1e-30
    assert size(100, 1) < 1e-28
    assert np.linalg.norm(100 * W1) > 400
    rate = np.diff(np.log([size(scale, 1) / scale for scale in (40, 60, 80, 100)])) / 20
    assert rate == pytest.approx(-np.abs(x @ W1).min(), rel=0.01)
    assert "6 of 6 are saturated" in twin(figure, W1_scale=100)
    assert twin(figure, W1_scale=100).endswith("here σ′ holds it down.")


def test_the_scale_of_x_saturates_as_that_of_W1_does_but_is_no_factor_of_the_gradient(figure):
    dots = []
    for state in ({"W1_scale": 10}, {"x_scale": 10}):
        twin(figure, **state)
        dots.append([dot.get_xdata().tolist() for dot in figure.dots[0]])
    assert dots[0] == dots[1]
    assert size(10, 1) == pytest.approx(10 * size(1, 10))


@pytest.mark.parametrize("state", STATES[::5])
def test_the_gradient_is_never_larger_than_its_factors_allow(state):
    dh = (reference.forward(state["x_scale"] * x, state["W1_scale"] * W1, b1, W2, b2).y_hat - y) @ W2.T
    bound = np.linalg.norm(dh) * slopes(**state).max() * np.linalg.norm(state["W1_scale"] * W1)
    assert size(**state) <= bound


# ---- The reader's function


@pytest.mark.parametrize("state", [{}, {"W1_scale": 10}, {"x_scale": 0.1}])
def test_a_wrong_function_stands_beside_the_reference_with_its_own_gradient(state):
    mine = saturation_figure(sigmoid)
    said = twin(mine, **state)
    state = START | state
    z = state["x_scale"] * x @ (state["W1_scale"] * W1) + b1
    y_hat = reference.softmax(sigmoid(z) @ W2 + b2)
    wrong = ((y_hat - y) @ W2.T * sigmoid(z)) @ (state["W1_scale"] * W1).T
    right = [*sigmoid(z), np.linalg.norm(wrong)]
    assert numbers(between(said, "your function gives ", "!").rstrip(".")) == pytest.approx(right, rel=0.006)
    for text, slope, h in zip(mine.slope_texts, map(power, sigmoid_derivative(z)), map(power, sigmoid(z)), strict=True):
        assert text.get_text() == (slope if h == slope else f"{slope} ≠ {h}")
    np.testing.assert_allclose(mine.curve.get_ydata(), sigmoid(mine.curve.get_xdata()))


def test_a_function_that_loses_the_tail_is_marked_where_it_does():
    mine = saturation_figure(by_h)
    said = twin(mine, W1_scale=100)
    z = x @ (100 * W1) + b1
    assert ["≠ 0" in text.get_text() for text in mine.slope_texts] == (z > 40).tolist()
    assert "your function gives 1.18·10⁻⁵⁶, 0, 0, " in said
