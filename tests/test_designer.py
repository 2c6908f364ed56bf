"""The designer of test data: which wrong formulas of the bank survive which data, and what is told of them."""

import contextlib
import re
from itertools import pairwise

import numpy as np
import pytest

import utils.figures.test_data as designer
from tests.screen import rows
from utils.exercises import BANK
from utils.figures.test_data import CLASSIC, COMPLEX_STEP, GRADIENTS, RELATIVE, DesignFigure, outcomes
from utils.reference import input_gradient, relative_error

GOOD = {"gradient": "dJ/dx", "N": 6, "D": 4, "H": 5, "K": 3, "scale": 1.0, "labels": "soft", "biases": "N(0, 1)"}
GOOD |= {"rule": RELATIVE}
WORST = GOOD | {"N": 1, "D": 3, "H": 3, "labels": "all equal", "biases": "zero", "scale": 1e-4, "rule": CLASSIC}


def survivors(**changed):
    _, wrong = outcomes(**GOOD | changed)
    return {slug for slug, outcome in wrong.items() if outcome.passes}


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_with_good_data_next_to_no_wrong_formula_passes_and_with_careless_data_most(gradient):
    for data, least, most in ((GOOD, 0, 0.2), (WORST, 0.7 if gradient == "dJ/dx" else 0, 1)):
        right, wrong = outcomes(**data | {"gradient": gradient})
        assert right.passes and least <= len(survivors(**data | {"gradient": gradient})) / len(wrong) < most
    assert {"sign", "no-prime", "w1-not-transposed"} <= survivors(**WORST)


def test_the_way_that_the_chapter_advises_lets_fewer_through_at_each_change_but_the_last():
    """Weights, rule, rows, biases, labels; then three different sizes, and one formula comes back."""
    design = DesignFigure().state()
    changes = [{"scale": 1}, {"rule": RELATIVE}, {"N": 6}, {"biases": "N(0, 1)"}, {"labels": "soft"}, {"D": 4, "H": 5}]
    left = []
    for change in ({}, *changes):
        design |= change
        right, wrong = outcomes(**design)
        assert right.passes
        left.append({slug for slug, outcome in wrong.items() if outcome.passes})
    assert all(after <= before for before, after in pairwise(left[:-1]))
    assert len(left[1]) < len(left[0]) / 2
    assert left[-1] - left[-2] == {"transposed-to-fit"} and left[-2] < left[-1]


@pytest.mark.parametrize(("better", "worse", "gradients", "hidden"), rows("What worse test data hide"))
def test_worse_data_hide_just_the_formulas_that_the_chapter_says(better, worse, gradients, hidden):
    better, worse = (eval(f"dict({data})", {"CLASSIC": CLASSIC}) for data in (better, worse))
    for gradient in gradients.split("; ") if gradients else GRADIENTS:
        before, after = (survivors(**data, gradient=gradient) for data in (better, better | worse))
        assert set(hidden.split(", ")) <= after - before


def test_tiny_weights_hide_most_under_a_floor_raise_a_false_alarm_without_and_do_no_harm_to_the_complex_step():
    tiny = {rule: outcomes(**GOOD | {"scale": 1e-4, "rule": rule}) for rule in (CLASSIC, RELATIVE, COMPLEX_STEP)}
    passing = {rule: sum(outcome.passes for outcome in wrong.values()) for rule, (_, wrong) in tiny.items()}
    assert [right.passes for right, _ in tiny.values()] == [True, False, True]
    assert passing[CLASSIC] > 0.5 * len(tiny[CLASSIC][1])
    assert passing[COMPLEX_STEP] == len(survivors())


def test_of_several_formulas_of_one_name_the_one_with_the_smallest_error_speaks():
    equal = GOOD | {"D": 4, "H": 4, "K": 4}
    _, wrong = outcomes(**equal)
    arguments = designer._arguments(equal)
    right = input_gradient(*arguments)
    for slug in ("w1-not-transposed", "w2-not-transposed"):
        errors = []
        for mistake in BANK["2b_3.input_gradient"].mistakes:
            with contextlib.suppress(ValueError):  # it stops, though others of its name do not
                if mistake.slug == slug:
                    errors.append(relative_error(mistake.formula(*arguments), right))
        assert wrong[slug].how == f"error {min(errors):.1g}"


@pytest.mark.parametrize(("design", "slug", "how"), rows("What caught a formula"))
def test_what_caught_a_formula_is_told(design, slug, how):
    outcome = outcomes(**eval(design, {"GOOD": GOOD, "WORST": WORST}))[1][slug]
    assert re.fullmatch(re.escape(how).replace("…", ".*"), outcome.how) and not outcome.passes


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_a_formula_that_is_pressed_is_explained_by_what_is_written_and_by_the_banks_words(gradient):
    figure = DesignFigure(gradient=gradient)
    told = {(m.slug, designer.plain(m.feedback)) for m in BANK[GRADIENTS[gradient][0]].mistakes}
    for cell, entry in enumerate(designer.table(gradient)):
        said = figure.update(figure.state(formula=cell))
        for text in (figure.line, figure.told):
            box = text.get_window_extent()
            assert box.x1 < figure.figure.bbox.width and box.y0 > 0, entry
        assert entry.told in said and entry.line in said
        if entry.told.startswith("To "):
            assert entry.line and (entry.name, entry.told.partition(": ")[2]) in told
            assert not re.search(r"[$\\\\]", entry.told)


def test_formulas_stand_below_the_line_that_they_spoil():
    head, below = None, {}
    for entry in designer.table("dJ/dx"):
        head = head if entry.told.startswith("To ") else entry.line
        below.setdefault(head, []).append(entry.name)
    assert "no-prime" in below["prime = h * (1 - h)"] and "forgot-b1" in below["z = x @ W1 + b1"]
    assert {"sign", "starts-from-p"} <= set(below["dtheta = (y_hat - y) / N"])


def test_a_change_of_one_size_leaves_the_other_numbers_as_they_are():
    small, large = designer._arguments(GOOD), designer._arguments(GOOD | {"N": 8, "H": 6})
    np.testing.assert_array_equal(small[0], large[0][:6])
    np.testing.assert_array_equal(small[2], large[2][:, :5])
