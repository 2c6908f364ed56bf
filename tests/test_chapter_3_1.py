"""Chapter 3_1: what its exercises accept and call by name, and that every claim of its questions is true."""

import json
from pathlib import Path

import numpy as np
import pytest

from utils.exercises import get
from utils.reference import (
    central_difference,
    cross_entropy_from_logits,
    forward_difference,
    gradient_check,
    input_gradient,
    loss,
    one_hot,
    relative_error,
    softmax,
)

FORWARD, CENTRAL = "3_1.forward_difference", "3_1.central_difference"
MASTER = Path(__file__).resolve().parents[1] / "solutions" / "3_1_gradient_check.ipynb"


def by_index(rule):
    """A numeric derivative as a student would write it, with the quotient left open."""

    def derivative(g, x, h):
        d = np.zeros(np.shape(x))
        for i in np.ndindex(d.shape):
            e = np.zeros(d.shape)
            e[i] = 1
            d[i] = rule(g, x, e, h)
        return d

    return derivative


# ---- The numeric derivatives


def in_place(id, kept):
    """A difference quotient that moves the array kept(x) and puts each old value back."""

    def difference(g, x, h):
        x = kept(x)
        d, here = np.empty(x.shape), g(x)
        for i in np.ndindex(x.shape):
            old = x[i]
            x[i] = old + h
            above = g(x)
            x[i] = old - h
            below = g(x)
            x[i] = old
            d[i] = (above - here) / h if id == FORWARD else (above - below) / (2 * h)
        return d

    return difference


@pytest.mark.parametrize("id", [FORWARD, CENTRAL])
def test_a_loop_that_moves_the_callers_array_and_puts_the_old_value_back_is_right(id):
    assert get(id).check(in_place(id, lambda x: x.astype(float, copy=False))).state == "right"


COPY_OF_INTEGERS = "an array of integers, or a copy of one,"


@pytest.mark.parametrize(
    ("id", "answer", "slug", "told"),
    [
        (FORWARD, by_index(lambda g, x, e, h: (g(x) - g(x - h * e)) / h), "backward", ""),
        (CENTRAL, by_index(lambda g, x, e, h: (g(x + h * e) - g(x - h * e)) / h), "no-2", ""),
        (CENTRAL, by_index(lambda g, x, e, h: (g(x + h * e) - g(x - h * e)) / 2 * h), "precedence", ""),
        ("3_1.complex_step", by_index(lambda g, x, e, h: g(x + 1j * h * e).real / h), "real-part", ""),
        (FORWARD, in_place(FORWARD, lambda x: x), "integers", COPY_OF_INTEGERS),
        (CENTRAL, in_place(CENTRAL, lambda x: x), "integers", COPY_OF_INTEGERS),
    ],
)
def test_a_slip_in_a_loop_is_called_by_its_name_and_told_of_what_is_there(id, answer, slug, told):
    verdict = get(id).check(answer)
    assert verdict.mistake == slug and told in verdict.message


@pytest.mark.parametrize(
    ("id", "rule"),
    [
        (FORWARD, lambda g, x, e, h: (g(x + h * e) - g(x)) / h + 0.01),
        (CENTRAL, lambda g, x, e, h: (g(x + h * e) - g(x - h * e)) / (2 * h) - 0.01 * g(x)),
    ],
)
def test_what_is_not_recognised_is_held_against_a_result_that_can_be_had_by_hand(id, rule):
    message = get(id).check(by_index(rule)).message
    assert "by hand" in message or "constant" in message or "off by" in message


def test_for_a_sum_of_squares_the_two_differences_are_what_the_message_says():
    x = np.array([0.3, -1.0, 2.0])
    for h in (0.5, 0.01):
        np.testing.assert_allclose(forward_difference(lambda x: np.sum(x**2), x, h), 2 * x + h)
        np.testing.assert_allclose(central_difference(lambda x: np.sum(x**2), x, h), 2 * x)


# ---- The relative error, and the check


def ratio(a, b):
    return np.max(np.abs(a - b)), max(np.max(np.abs(a)), np.max(np.abs(b)))


def only_above_0(a, b):
    n, m = ratio(a, b)
    return n / m if m > 0 else 0.0


@pytest.mark.parametrize(
    ("answer", "named"),
    [(only_above_0, "`m > 0`"), (lambda a, b: np.nan_to_num(np.divide(*ratio(a, b))), "`nan_to_num`")],
)
def test_whoever_gives_a_nan_the_error_0_is_told_of_their_own_way_of_doing_so(answer, named):
    verdict = get("3_1.relative_error").check(answer)
    assert verdict.mistake == "nan-passes"
    assert verdict.message.startswith("A NaN gets an error of 0 here, and passes") and named in verdict.message


def compared(agrees, shapes=True, derivative=central_difference, **step):
    """A check that asks `agrees` of the claimed gradient, the numeric one and the tolerance, after the shapes."""

    def check(g, gradient, x, tolerance):
        a, n = gradient(x), derivative(g, x, **step)
        return (a.shape == n.shape or not shapes) and agrees(a, n, tolerance)

    return check


def within(a, n, tolerance):
    return relative_error(a, n) <= tolerance


def by_norm(a, n, tolerance):
    size = np.linalg.norm(a) + np.linalg.norm(n)
    return bool(size == 0 or np.linalg.norm(a - n) / size <= tolerance)


def close(atol):
    return lambda a, n, tolerance: np.allclose(a, n, rtol=tolerance, **atol)


@pytest.mark.parametrize(
    ("check", "slug", "told", "untold"),
    [
        (compared(close({"atol": 0})), "entry-by-entry", "one small entry decides", "10^{-8}"),
        (compared(close({"atol": 0}), shapes=False), "entry-by-entry", "one small entry decides", "10^{-8}"),
        (compared(close({})), "allclose", "10^{-8}", "one small entry decides"),
        (compared(within, h=1e-1), "rough-derivative", "step", "shape"),
        (compared(within, h=1e-2), "rough-derivative", "step", "shape"),
        (compared(within, derivative=forward_difference, h=1e-3), "rough-derivative", "step", "shape"),
        (compared(within, derivative=forward_difference, h=1e-5), "rough-derivative", "step", "shape"),
    ],
)
def test_a_check_is_told_of_its_own_fault_and_of_no_other(check, slug, told, untold):
    verdict = get("3_1.gradient_check").check(check)
    assert verdict.mistake == slug and told in verdict.message and untold not in verdict.message


@pytest.mark.parametrize("answer", [True, False, np.True_])
def test_a_check_that_always_says_the_same_is_told_a_gradient_that_it_judges_wrongly(answer):
    verdict = get("3_1.gradient_check").check(lambda g, gradient, x, tolerance: answer)
    assert verdict.state == "wrong"
    assert f"`{bool(answer)}`" in verdict.message and "relative error" in verdict.message


def test_a_check_may_use_any_good_derivative_and_any_good_measure():
    assert get("3_1.gradient_check").check(compared(by_norm, h=1e-4)).state == "right"


# ---- What the questions claim


def network(scale=1.0, N=6, D=4, H=5, K=3):
    rng = np.random.default_rng(0)
    x, W1, b1, W2, b2 = (rng.normal(size=size) for size in ((N, D), (D, H), H, (H, K), K))
    return x, one_hot(np.arange(N) % K, K), scale * W1, b1, scale * W2, b2


def test_half_the_step_is_a_quarter_of_the_central_error():
    errors = [central_difference(lambda x: x**3, np.array(2.0), h) - 12 for h in (0.1, 0.05)]
    assert errors[0] / errors[1] == pytest.approx(4)
    assert get("3_1.halving").right == "quarter"


def test_the_middle_one_of_the_steps_gives_the_most_digits():
    x, *rest = network()
    error = {
        h: relative_error(forward_difference(lambda x: loss(x, *rest), x, h), input_gradient(x, *rest))
        for h in (1e-2, 1e-8, 1e-15)
    }
    assert error[1e-8] < 1e-5 < 1e-3 < min(error[1e-2], error[1e-15])
    assert get("3_1.best_step").right == "middle"


def test_with_tiny_weights_the_wrong_sign_passes_the_rule_with_a_floor():
    x, *rest = network(scale=1e-4)
    n, a = central_difference(lambda x: loss(x, *rest), x), -input_gradient(x, *rest)
    assert np.max(np.abs(a - n) / np.maximum(1, np.maximum(np.abs(a), np.abs(n)))) < 1e-5
    assert relative_error(a, n) > 1.9
    assert get("3_1.tiny_weights").right == "passes"


def test_of_the_four_wrong_gradients_only_that_without_the_mean_passes_for_one_row():
    formulas = {
        "sign": lambda t, y: (y - softmax(t)) / len(t),
        "no-mean": lambda t, y: softmax(t) - y,
        "double": lambda t, y: 2 * (softmax(t) - y) / len(t),
        "diagonal": lambda t, y: -y * (1 - softmax(t)) / len(t),
    }
    theta = np.random.default_rng(0).normal(size=(6, 3))
    for rows, passing in ((1, {"no-mean"}), (6, set())):
        t, y = theta[:rows], one_hot(np.arange(rows) % 3, 3)
        assert passing == {
            slug
            for slug, formula in formulas.items()
            if gradient_check(lambda t, y=y: cross_entropy_from_logits(t, y), lambda t, f=formula, y=y: f(t, y), t)
        }
    assert {option.slug for option in get("3_1.one_row").options} == set(formulas)
    assert get("3_1.one_row").right == "no-mean"


# ---- Wrong, and passing: the networks as they stand in the notebook


@pytest.fixture(scope="module")
def notebook():
    """The names that the notebook's cells about the wrong networks leave behind."""
    cells = {cell["id"]: "".join(cell["source"]) for cell in json.loads(MASTER.read_text(encoding="utf-8"))["cells"]}
    names = {}
    for id in ("setup", "network", "networks"):
        source = cells[id].partition("\nprint(")[0]
        exec(source, names)
    return names


NAMES = {"negated": "A", "sigmoid-output": "B", "softmax-of-sigmoid": "C"}
THETA = np.random.default_rng(2).normal(0, 2, size=(6, 3))
FACTS = {
    "positive": lambda y_hat, J: J(THETA) >= 0,
    "rows": lambda y_hat, J: np.allclose(y_hat(THETA).sum(axis=1), 1),
    "sure": lambda y_hat, J: y_hat(np.tile([20.0, 0, 0], (6, 1)))[0, 0] > 0.99,
}


@pytest.mark.parametrize("name", ["ours", *NAMES.values()])
def test_each_network_passes_its_own_gradient_check(notebook, name):
    _, J, dJ = notebook["networks"][name]
    for seed in range(3):
        assert gradient_check(J, dJ, np.random.default_rng(seed).normal(0, 2, size=(6, 3)))


def test_ours_obeys_every_fact(notebook):
    y_hat, J, _ = notebook["networks"]["ours"]
    assert all(holds(y_hat, J) for holds in FACTS.values())
    assert J(np.zeros((6, 3))) == pytest.approx(np.log(3))


@pytest.mark.parametrize("row", get("3_1.unmask").rows, ids=lambda row: row.slug)
def test_each_wrong_network_breaks_just_the_fact_that_the_sheet_says(notebook, row):
    y_hat, J, _ = notebook["networks"][NAMES[row.slug]]
    assert [fact for fact, holds in FACTS.items() if not holds(y_hat, J)] == [row.right]


def test_log_K_at_the_start_unmasks_two_of_the_three(notebook):
    wrong = [name for name, (_, J, _) in notebook["networks"].items() if not np.isclose(J(np.zeros((6, 3))), np.log(3))]
    assert wrong == ["A", "B"]
