"""Where in the chain: of a wrong dJ/dx, the factor at which it first goes wrong."""

from functools import partial
from itertools import combinations, product

import numpy as np
import pytest

from utils.exercises import get
from utils.exercises.chain import BATCH, FORWARD, H_BY_Z, J_BY_THETA, THETA_BY_H, Z_BY_X, where_in_the_chain
from utils.exercises.formulas import step_by_step
from utils.reference import central_difference, forward, input_gradient, loss, sigmoid, sigmoid_derivative, softmax

ROW, BATCHES = get("2b_3.one_row"), get("2b_3.input_gradient")
# Wrong ways to take each step, none of which stops where the others are right.
WRONG = [
    (J_BY_THETA, "dtheta", lambda s: s.y_hat / s.N),
    (J_BY_THETA, "dtheta", lambda s: (s.y_hat - s.y) * s.y_hat / s.N),
    (J_BY_THETA, "dtheta", lambda s: -s.y / s.y_hat / s.N),
    (THETA_BY_H, "dh", lambda s: s.dtheta @ s.W2.reshape(s.W2.shape[::-1])),
    (THETA_BY_H, "dh", lambda s: s.dtheta @ np.abs(s.W2.T)),
    (H_BY_Z, "dz", lambda s: s.dh),
    (H_BY_Z, "dz", lambda s: s.dh * s.h**2),
    (H_BY_Z, "dz", lambda s: s.dh * sigmoid_derivative(s.x @ s.W1)),
    (H_BY_Z, "dz", lambda s: s.dh * s.h * 1 - s.h),
    (Z_BY_X, "dx", lambda s: s.dz @ s.W1.reshape(s.W1.shape[::-1])),
    (Z_BY_X, "dx", lambda s: s.dz @ s.W1.T + s.x),
]


def chain(factor=1, N=lambda x: 1 if x.ndim == 1 else len(x), **steps):
    """dJ/dx with these steps in place of the right ones."""
    return step_by_step(BATCHES.steps, "scaled", N=N, **steps, scaled=lambda s: factor * s.dx)


# ---- nothing to blame ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [input_gradient, *BATCHES.accepts])
def test_a_right_answer_goes_wrong_nowhere(answer):
    assert where_in_the_chain(answer) is None


def test_a_right_answer_for_one_row_is_not_asked_for_batches():
    def one_row(x, y, W1, b1, W2, b2):
        z, _, _, y_hat = forward(x, W1, b1, W2, b2)
        return W1 @ np.diag(sigmoid_derivative(z)) @ W2 @ (y_hat - y)

    assert where_in_the_chain(one_row, batch=False) is None
    assert where_in_the_chain(one_row) == BATCH


def test_a_numeric_derivative_goes_wrong_nowhere_but_loses_a_faint_gradient():
    def numeric(x, y, *parameters):
        return central_difference(lambda v: loss(v, y, *parameters), x)

    assert where_in_the_chain(numeric) is None
    for exercise in (ROW, BATCHES):
        verdict = exercise.check(numeric)
        assert verdict.state == "wrong" and "numeric" in verdict.message


def test_what_is_no_gradient_even_on_the_plainest_network_has_no_factor_to_blame():
    def stops(*arguments):
        raise ZeroDivisionError

    for answer in (
        stops,
        lambda *arguments: None,
        lambda *arguments: "dx",
        lambda *arguments: np.nan * input_gradient(*arguments),
        lambda *arguments: np.sum(input_gradient(*arguments), axis=-1),
    ):
        assert where_in_the_chain(answer) is None


def looped(g, W, rows=range, columns=range, plus=True):
    """g @ W.T for one row, number by number, over these of its rows and columns."""
    out = np.zeros(len(W))
    for i in rows(len(W)):
        for j in columns(W.shape[1]):
            out[i] = (out[i] if plus else 0) + g[j] * W[i, j]
    return out


def but_the_last(n):
    return range(n - 1)


def but_the_first(n):
    return range(1, n)


@pytest.mark.parametrize(
    "steps",
    [
        {"dx": lambda s: looped(s.dz, s.W1, plus=False)},
        {"dx": lambda s: looped(s.dz, s.W1, rows=but_the_last)},
        {"dx": lambda s: looped(s.dz, s.W1, columns=but_the_first)},
        {"dz": lambda s: np.append((s.dh * s.prime)[:-1], 0)},
        {"dh": lambda s: looped(s.dtheta, s.W2, plus=False)},
        {"dh": lambda s: looped(s.dtheta, s.W2, rows=but_the_last)},
        {"dh": lambda s: looped(s.dtheta, s.W2, columns=but_the_last)},
        {"dh": lambda s: np.abs(s.dtheta @ s.W2.T)},
        {"dz": lambda s: s.dh * (s.h - s.h)},
        {"dz": lambda s: s.prime},
        {"dz": lambda s: s.dh * s.y_hat * (1 - s.y_hat)},
        {"dx": lambda s: np.mean(s.dz * s.W1, axis=-1)},
    ],
)
def test_a_right_start_is_not_blamed_for_what_a_later_line_loses(steps):
    verdict = ROW.check(chain(**steps))
    assert verdict.state != "right" and J_BY_THETA not in verdict.message.partition("First wrong factor")[2]


# ---- one factor ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("factor", "name", "step"), WRONG)
def test_a_wrong_step_is_found_whatever_constant_comes_with_it(factor, name, step):
    for constant in (1, 1e-3, 50, -1):
        assert where_in_the_chain(chain(factor=constant, **{name: step})) == factor


@pytest.mark.parametrize(("first", "second"), [two for two in combinations(WRONG, 2) if two[0][1] != two[1][1]])
def test_of_two_wrong_steps_the_first_is_named(first, second):
    assert where_in_the_chain(chain(**{name: step for _, name, step in (first, second)})) == first[0]


@pytest.mark.parametrize("factor", [2, -1, 1 / 3])
def test_a_constant_alone_has_no_place_in_a_product(factor):
    assert where_in_the_chain(chain(factor)) is None


@pytest.mark.parametrize("N", [lambda x: -1, lambda x: -2 * len(x), lambda x: 3])
def test_a_constant_does_not_hide_a_wrong_1_over_N(N):
    assert where_in_the_chain(chain(N=N)) == BATCH


@pytest.mark.parametrize("exercise", [ROW, BATCHES], ids=lambda e: e.id)
def test_a_minus_is_told_by_both_its_places_and_blamed_on_neither(exercise):
    lost_at_the_start, lost_at_the_units = (
        exercise.check(chain(**step))
        for step in ({"dtheta": lambda s: (s.y - s.y_hat) / s.N}, {"prime": lambda s: -s.h * (1 - s.h)})
    )
    assert lost_at_the_start.message == lost_at_the_units.message
    assert lost_at_the_units.mistake == "sign"
    assert "First wrong factor" not in lost_at_the_units.message
    assert "$\\hat y - y$" in lost_at_the_units.message and "$h(1 - h)$" in lost_at_the_units.message


@pytest.mark.parametrize("N", [lambda x: 1, lambda x: 1 if x.ndim == 1 else len(x) ** 2, len])
def test_a_wrong_1_over_N_is_told_of_the_batch(N):
    assert where_in_the_chain(chain(N=N)) == BATCH


@pytest.mark.parametrize(
    "answer",
    [
        lambda x, y, W1, b1, W2, b2: input_gradient(x, y, W1, 0 * b1, W2, b2),
        lambda x, y, W1, b1, W2, b2: input_gradient(x, y, W1, b1, W2, 0 * b2),
        chain(dtheta=lambda s: (s.theta - s.y) / s.N),
        chain(dtheta=lambda s: (sigmoid(s.theta) - s.y) / s.N),
    ],
)
def test_a_wrong_prediction_is_told_of_the_forward_pass(answer):
    assert where_in_the_chain(answer) == FORWARD


def test_a_transpose_that_is_chosen_by_shape_is_found_although_the_shapes_fit():
    def fitting(d, W):
        return d @ (W if d.shape[-1] == len(W) else W.T)

    assert where_in_the_chain(chain(dh=lambda s: fitting(s.dtheta, s.W2))) == THETA_BY_H
    assert where_in_the_chain(chain(dx=lambda s: fitting(s.dz, s.W1))) == Z_BY_X


@pytest.mark.parametrize(
    ("factor", "steps"),
    [
        (THETA_BY_H, {"dh": lambda s: s.dtheta @ s.W2}),
        (THETA_BY_H, {"dh": lambda s: s.dtheta * s.W2.T}),
        (H_BY_Z, {"dz": lambda s: s.dh @ sigmoid_derivative(s.z)}),
        (H_BY_Z, {"dz": lambda s: s.dh @ s.h @ (1 - s.h)}),
        (Z_BY_X, {"dx": lambda s: s.dz @ s.W1}),
        (Z_BY_X, {"dx": lambda s: s.dz * s.W1.T}),
        (Z_BY_X, {"dx": lambda s: s.dh @ s.W1.T * s.h * (1 - s.h)}),
    ],
)
def test_an_answer_that_stops_on_ordinary_sizes_is_told_the_factor_at_which_it_does(factor, steps):
    assert where_in_the_chain(chain(**steps)) == factor


# ---- two slips at once ------------------------------------------------------------------------------------------

# `@` and `*` confused: none of these runs on every shape.
CONFUSED = [
    (THETA_BY_H, {"dh": lambda s: s.dtheta * s.W2.T}),
    (THETA_BY_H, {"dh": lambda s: s.W2.T @ s.dtheta}),
    (H_BY_Z, {"dz": lambda s: s.dh @ s.prime}),
    (H_BY_Z, {"dz": lambda s: s.dh @ s.h * (1 - s.h)}),
    (H_BY_Z, {"dz": lambda s: s.dh @ s.h @ (1 - s.h)}),
    (Z_BY_X, {"dx": lambda s: s.dz * s.W1.T}),
]
BESIDE = [
    (BATCH, {"dtheta": lambda s: s.y_hat - s.y / s.N}),
    (BATCH, {"y_hat": lambda s: np.reshape(softmax(np.ravel(s.theta)), s.theta.shape)}),
    (BATCH, {"dx": lambda s: np.sum(np.atleast_2d(s.dz @ s.W1.T), axis=0)}),
    (Z_BY_X, {"dx": lambda s: np.atleast_2d(s.x).T @ np.atleast_2d(s.dz)}),
    (H_BY_Z, {"dz": lambda s: s.dh @ s.h * (1 - s.h)}),
    (FORWARD, {"y_hat": lambda s: s.theta}),
    (J_BY_THETA, {"dtheta": lambda s: (s.y - s.y_hat) / s.N}),
]


@pytest.mark.parametrize(("confused", "beside"), list(product(CONFUSED, BESIDE)))
def test_beside_a_product_that_stops_no_factor_is_blamed_that_is_right(confused, beside):
    found = where_in_the_chain(chain(**(confused[1] | beside[1])))
    assert found in (confused[0], beside[0], None)


@pytest.mark.parametrize("step", [{"prime": lambda s: s.z * (1 - s.z)}, {"dx": lambda s: s.dz}])
def test_a_bias_lost_on_the_way_forward_is_told_before_the_slopes_that_it_moves(step):
    assert where_in_the_chain(chain(z=lambda s: s.x @ s.W1, **step)) == FORWARD


def test_a_matrix_left_out_is_told_although_something_is_added_behind_it():
    answer = chain(dh=lambda s: s.dtheta, dz=lambda s: s.dh * s.h * 1 - s.h)
    assert where_in_the_chain(answer) == THETA_BY_H


# ---- its manners --------------------------------------------------------------------------------------------------


def test_the_same_answer_is_told_the_same_at_every_run_and_nothing_outside_is_touched():
    np.random.seed(3)  # an answer's own random numbers must not be disturbed
    before = np.random.get_state()[1].copy()
    for _, name, step in WRONG:
        assert len({where_in_the_chain(chain(**{name: step})) for _ in range(3)}) == 1
    assert np.array_equal(np.random.get_state()[1], before)


def test_it_takes_few_calls():
    calls = []

    def counted(*arguments):
        calls.append(1)
        return input_gradient(*arguments)

    where_in_the_chain(counted)
    assert len(calls) < 50


def test_every_factor_is_met_by_a_mistake_of_the_bank_and_only_constants_care_and_shape_have_none():
    assert {m.factor for m in BATCHES.mistakes} == {FORWARD, J_BY_THETA, THETA_BY_H, H_BY_Z, Z_BY_X, BATCH, None}
    without = {m.slug for m in BATCHES.mistakes if m.factor is None}
    constants, care = {"sign", "factor-2", "1/K", "mean-over-everything"}, {"overflow-sigmoid", "overflow"}
    others = {"by-way-of-probabilities", "summed-over-inputs", "changed-arguments", "last-term-only"}
    assert without == constants | care | others


@pytest.mark.parametrize("exercise", [ROW, BATCHES], ids=lambda e: e.id)
def test_the_verdict_says_where(exercise):
    verdict = exercise.check(chain(dz=lambda s: s.dh * np.cos(s.h)))
    assert verdict.message.endswith(f"First wrong factor of the chain: {H_BY_Z}.")


def test_the_check_of_one_row_asks_with_batch_false():
    assert isinstance(ROW.locate, partial) and ROW.locate.keywords == {"batch": False}
