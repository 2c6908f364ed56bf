"""The notation: what each line means, what is said where one cannot be read, and how it is typeset."""

import numpy as np
import pytest
from matplotlib.mathtext import MathTextParser

from tests import pages
from tests.derivation_data import RIGHT, SETTINGS, rows
from utils.exercises import get
from utils.judge.algebra import (
    OTHER_INDEX,
    SIGMOID,
    SOFT_LABELS,
    Unreadable,
    example_lines,
    lines_of,
    parse,
    typeset,
)
from utils.judge.algebra.evaluate import World
from utils.judge.algebra.notation import DEEPEST, LONGEST_LINE, readings
from utils.reference import complex_step, cross_entropy_from_logits, sigmoid_derivative, softmax, softmax_jacobian


def world(setting):
    return World(setting, setting.points(np.random.default_rng(3)))


def value(text, setting):
    return world(setting).value(parse(text, setting.names))


def refusal(text, setting=OTHER_INDEX):
    with pytest.raises(Unreadable) as caught:
        world(setting).value(parse(text, setting.names))
    return caught.value


# ---- what lines mean ----------------------------------------------------------------------------------------------


def test_the_ten_documented_lines_have_values_in_the_settings_they_are_about():
    lines = example_lines()
    assert len(lines) == 10
    for line, said in lines:
        readable = 0
        for setting in SETTINGS.values():
            try:
                readable += np.isfinite(value(line, setting)).all()
            except Unreadable:
                continue
        assert readable, line
        assert said


@pytest.mark.parametrize(("setting", "line", "same"), rows("one value") + rows("one value of paper"))
def test_two_ways_to_write_a_thing_have_one_value(setting, line, same):
    if "W1[k, j]" in line:  # k is bound only inside a sum
        line, same = f"sum({line}, k)", f"sum({same}, k)"
    a, b = (value(text, SETTINGS[setting]) for text in (line, same))
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


def test_derivatives_agree_with_the_reference():
    at = OTHER_INDEX.points(np.random.default_rng(3))
    for n, (theta, y) in enumerate(zip(at["theta"], at["y"], strict=True)):
        expected = complex_step(lambda t, y=y: cross_entropy_from_logits(t, y), theta)
        np.testing.assert_allclose(value("D(J, theta)", OTHER_INDEX)[n], expected, rtol=1e-12)
        np.testing.assert_allclose(value("D(y_hat, theta)", OTHER_INDEX)[n], softmax_jacobian(theta[0]), rtol=1e-12)
        np.testing.assert_allclose(value("y_hat", OTHER_INDEX)[n], softmax(theta), rtol=1e-12)
    z = SIGMOID.points(np.random.default_rng(3))["z"]
    np.testing.assert_allclose(value("D(h, z)", SIGMOID), sigmoid_derivative(z), rtol=1e-12)


def test_a_logarithm_of_a_negative_number_has_no_value_even_inside_a_derivative():
    assert np.isnan(value("log(-exp(theta[i]))", OTHER_INDEX)).all()
    assert np.isnan(value("D(log(-exp(theta[i])), theta[i])", OTHER_INDEX)).all()


# ---- paper and LaTeX ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("setting", "line", "same"), rows("one tree"))
def test_paper_and_latex_are_read_as_the_same_tree(setting, line, same):
    setting = SETTINGS[setting]
    assert world(setting).meant(parse(line, setting.names)) == parse(same, setting.names)


@pytest.mark.parametrize("row", rows("readings"))
def test_what_paper_leaves_open_has_two_readings(row):
    line, *ways = row
    meant, names = world(SOFT_LABELS).meant, SOFT_LABELS.names
    assert [meant(way) for way in readings(line, names)] == [parse(way, names) for way in ways]


def test_all_that_is_wrong_with_a_line_is_told_at_once():
    trouble = refusal("tehta[i] + foo(3) ; e + qq")
    assert [other.column for other in (trouble, *trouble.more)] == [0, 11, 18, 20, 24]
    assert "At column 12: `foo` is not a function" in trouble.all


# ---- what is refused, where, and how to mend it --------------------------------------------------------------------


@pytest.mark.parametrize(("text", "column", "said"), [*rows("refused"), ("1 \x00", 2, "cannot be seen")])
def test_what_cannot_be_read_is_refused_at_its_column_with_a_mend(text, column, said):
    trouble = refusal(text)
    assert trouble.column == int(column)
    assert said in trouble.message


@pytest.mark.parametrize(("setting", "text", "said"), rows("does not go together"))
def test_what_does_not_go_together_is_told_with_its_shapes(setting, text, said):
    assert said in refusal(text, SETTINGS[setting]).message


@pytest.mark.parametrize(("text",), pages.rows("What is too deep, too long, or would run something", "heavy.md"))
def test_what_is_too_deep_or_too_long_or_would_run_something_else_is_refused(text):
    assert refusal(eval(text, {"LONGEST_LINE": LONGEST_LINE})).message


def test_brackets_may_be_as_deep_as_is_promised():
    assert parse("(" * DEEPEST + "1" + ")" * DEEPEST, ())


# ---- typesetting --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("setting", "text", "latex"), rows("typeset"))
def test_a_line_is_typeset_with_the_brackets_its_meaning_needs(setting, text, latex):
    setting = SETTINGS[setting]
    assert typeset(parse(text, setting.names), world(setting).shapes) == latex
    MathTextParser("path").parse(f"${latex}$")  # as a figure shows it


def test_what_is_typeset_is_read_as_what_it_was():
    others = "2b_1.identity", "2b_1.symmetry", "2b_3.chain", "2b_3.entry", "3_3.weight"
    for id, text in [*RIGHT, *((other, text) for other in others for text in get(other).accepts)]:
        setting = get(id).setting
        here = world(setting)
        for line in lines_of(text):
            latex = typeset(here.meant(parse(line, setting.names)), here.shapes)
            MathTextParser("path").parse(f"${latex}$")  # as a figure shows it
            np.testing.assert_allclose(value(latex, setting), value(line, setting), rtol=1e-9, atol=1e-12)
