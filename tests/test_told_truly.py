"""Answers that look right from a distance, or are wrong for another reason than it seems: what is told is true."""

import json
import warnings
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from tests.one_slip import function
from utils.bank.inputs import Case
from utils.exercises import BANK, Exercise, get
from utils.judge.code.steps import parse, run
from utils.judge.code.way import Quantity
from utils.reference import (
    central_difference,
    forward,
    forward_difference,
    log_sum_exp,
    sigmoid,
    softmax,
    softmax_jacobian,
)

FUNCTIONS = [e for e in BANK.values() if isinstance(e, Exercise)]
SEEDS = 4


def verdicts(id, answer):
    return [get(id).check(answer, np.random.default_rng(seed)) for seed in range(SEEDS)]


def told(id, answer):
    """The name, the message and the example, which are the same at every draw."""
    found = verdicts(id, answer)
    assert len({(v.state, v.mistake, v.message) for v in found}) == 1, found
    assert found[0].state != "right"
    return found[0]


def program(id, first="", **lines):
    """The right program with some of its lines exchanged, and others before the first, as text."""
    exercise = get(id)
    names = list(exercise.inputs(np.random.default_rng(0))[0].arguments)
    text = first + "\n".join(f"{step.name} = {lines.get(step.name, step.expression)}" for step in parse(exercise.steps))

    def answer(*arguments):
        with np.errstate(all="ignore"):
            values = run(text, Case(dict(zip(names, arguments, strict=True))))
        return tuple(values[name] for name in exercise.returns) if len(exercise.returns) > 1 else [*values.values()][-1]

    return answer


def rows(a):
    return len(a) if np.ndim(a) == 2 else 1


# ---- targets, arguments, results ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hardened",
    [
        "np.eye(y.shape[-1])[np.argmax(y, axis=-1)]",
        "(y == 1) * 1.0",
        "(y > 0) * 1.0",
        "np.ceil(y)",
        "1.0 * y.astype(int)",
        "(y > 0.5) * 1.0",
        "(y == y.max(axis=-1, keepdims=True)) * 1.0",
        "np.eye(y.shape[-1])[np.argmax(y > 0, axis=-1)]",
    ],
)
@pytest.mark.parametrize(
    "id",
    [
        "2a_2.cross_entropy",
        "2a_2.from_logits",
        "2a_3.matrix_route",
        "2a_3.gradient",
        "2b_3.one_row",
        "2b_3.input_gradient",
        "3_3.parameter_gradients",
    ],
)
def test_targets_of_which_only_hard_ones_survive_are_told_so(id, hardened):
    verdict = told(id, program(id, f"y = {hardened}\n"))
    assert verdict.mistake == "hard-labels-only" and "one-hot" in verdict.message


def test_the_row_of_the_jacobian_at_the_label_is_told_to_be_for_hard_labels():
    verdict = told(
        "2a_3.matrix_route", lambda theta, y: -softmax_jacobian(theta)[y.argmax()] / softmax(theta)[y.argmax()]
    )
    assert verdict.mistake == "hard-labels-only"


@pytest.mark.parametrize(
    ("id", "answer", "names"),
    [
        ("2a_2.from_logits", lambda theta, y: np.mean(np.sum(-theta * np.log(softmax(y)), axis=-1)), "theta y"),
        ("2a_3.gradient", lambda theta, y: (softmax(y) - theta) / len(y), "theta y"),
        ("2b_3.vjp", lambda g, z: z * sigmoid(g) * (1 - sigmoid(g)), "g z"),
        ("3_3.step", lambda parameter, gradient, rate: gradient - rate * parameter, "parameter gradient"),
        ("2a_1.temperature", lambda theta, T: softmax(T / theta), "theta T"),
        ("2b_2.count_parameters", lambda D, H, K: H * D + D + D * K + K, "D H"),
        ("2b_2.count_parameters", lambda D, H, K: D * K + K + K * H + H, "H K"),
        ("3_3.push", lambda x, dx, epsilon: np.clip(dx - epsilon * np.sign(x), 0, 1), "x dx"),
    ],
)
def test_two_arguments_exchanged_are_named(id, answer, names):
    verdict = told(id, answer)
    assert verdict.mistake == "arguments-exchanged"
    assert all(f"`{name}`" in verdict.message for name in names.split())


@pytest.mark.parametrize("exercise", [e for e in FUNCTIONS if len(e.returns) > 1], ids=lambda e: e.id)
def test_results_in_any_other_order_are_told_so(exercise):
    for order in permutations(range(len(exercise.returns))):
        answer = lambda *given, order=order: [exercise.reference(*given)[i] for i in order]  # noqa: E731
        verdict = exercise.check(answer)
        if order == tuple(range(len(order))):
            assert verdict.state == "right"
        else:
            assert verdict.mistake == "results-exchanged" and ", ".join(exercise.returns) in verdict.message


# ---- what is kept, and what is not looked at --------------------------------------------------------------------


def kept_by_shape(function):
    before = {}

    def answer(*given):
        shapes = tuple(np.shape(value) if np.ndim(value) or callable(value) else value for value in given)
        return before.setdefault(shapes, function(*given))

    return answer


WITH_ARRAYS = [e for e in FUNCTIONS if e.id != "2b_2.count_parameters"]


@pytest.mark.parametrize("exercise", WITH_ARRAYS, ids=lambda e: e.id)
def test_a_result_that_is_kept_for_the_next_input_of_its_shape_is_no_right_answer(exercise):
    for seed in range(SEEDS):
        verdict = exercise.check(kept_by_shape(exercise.reference), np.random.default_rng(seed))
        assert verdict.state == "wrong"
        assert verdict.mistake == "kept-result" or exercise.id == "3_1.gradient_check"  # whose results are yes or no


@pytest.mark.parametrize(
    ("id", "slug", "answer"),
    [
        *(
            ("3_1.central_difference", "ignores-h", lambda g, x, h, step=step: central_difference(g, x, step))
            for step in (0.5, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8)
        ),
        *(
            ("3_1.forward_difference", "ignores-h", lambda g, x, h, step=step: forward_difference(g, x, step))
            for step in (0.5, 0.01, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8)
        ),
        ("3_1.central_difference", "ignores-h", lambda g, x, h: central_difference(g, x, 1e-3 * np.max(np.abs(x)))),
        ("3_3.step", "ignores-rate", lambda parameter, gradient, rate: parameter - 0.01 * gradient),
        ("3_3.push", "ignores-epsilon", lambda x, dx, epsilon: np.clip(x - 0.1 * np.sign(dx), 0, 1)),
        ("2a_1.temperature", "ignores-T", lambda theta, T: softmax(theta / 3)),
        ("2a_2.surprise", "ignores-k", lambda y_hat, k: -np.log(y_hat[1])),
        ("00.one_hot", "ignores-K", lambda labels, K: np.eye(12)[labels]),
        ("3_1.gradient_check", "ignores-tolerance", lambda g, d, x, tol: bool(np.all(np.abs(d(x) - 2 * x) < 1))),
    ],
)
def test_a_number_that_is_not_looked_at_is_named(id, slug, answer):
    assert told(id, answer).mistake == slug


@pytest.mark.parametrize("exercise", WITH_ARRAYS, ids=lambda e: e.id)
def test_an_argument_that_is_changed_is_named(exercise):
    def answer(*given):
        result = exercise.reference(*given)
        next(value for value in given if np.ndim(value))[...] = 1
        return result

    verdict = exercise.check(answer)
    assert verdict.mistake in ("changed-arguments", "restored-by-arithmetic")
    given = exercise.inputs(np.random.default_rng(0))[0].arguments
    name = next(name for name, value in given.items() if np.ndim(value))
    assert f"`{name}`" in verdict.message or "caller" in verdict.message


def down(function):
    return lambda theta, *others: np.transpose(function(np.transpose(theta), *map(np.transpose, others)))


@pytest.mark.parametrize(
    ("id", "answer"),
    [
        ("2a_1.softmax", down(softmax)),
        ("2a_1.softmax", lambda theta: np.exp(theta) / np.exp(theta).sum(axis=0)),
        ("2a_1.log_sum_exp", down(log_sum_exp)),
        ("2a_1.log_sum_exp", lambda theta: np.log(np.exp(theta).sum(axis=0))),
        ("2a_1.log_softmax", lambda theta: theta - np.log(np.exp(theta).sum(axis=0))),
        ("2a_1.temperature", lambda theta, T: down(softmax)(theta / T)),
        ("2a_2.cross_entropy", lambda y, y_hat: np.mean(-np.sum(np.where(y > 0, y * np.log(y_hat), 0), axis=0))),
    ],
)
def test_work_along_the_batch_is_told_to_be_along_the_wrong_axis(id, answer):
    assert told(id, answer).mistake == "wrong-axis"


@pytest.mark.parametrize("id", ["2a_1.softmax", "2a_1.log_sum_exp", "2a_1.temperature", "2a_2.from_logits"])
def test_an_axis_of_a_batch_alone_is_told_so(id):
    exercise = get(id)

    def answer(theta, *others):
        np.max(theta, axis=1, keepdims=True)
        return exercise.reference(theta, *others)

    assert told(id, answer).mistake == "batch-only"


# ---- a sum, a mean, a sign --------------------------------------------------------------------------------------


MEANS = ["2a_2.cross_entropy", "2a_2.from_logits", "2a_3.gradient", "2b_3.input_gradient"]


@pytest.mark.parametrize("id", MEANS)
@pytest.mark.parametrize(
    ("factor", "names"),
    [
        (lambda n, k: n, {"sum-for-mean", "no-1/N"}),
        (lambda n, k: 1 / n, {"1/N-twice"}),
        (lambda n, k: -n, {"sign", "lost-sign-loss"}),
        (lambda n, k: -1 / n, {"sign"}),
        (lambda n, k: 1 / k, {"mean-over-everything", "1/K"}),
        (lambda n, k: n / k, {"1/K"}),
        (lambda n, k: 2, {"factor-2"}),
    ],
)
def test_a_factor_has_one_name_in_every_exercise(id, factor, names):
    exercise = get(id)
    first = 1 if id == "2b_3.input_gradient" else 0
    answer = lambda *given: exercise.reference(*given) * factor(rows(given[0]), given[first].shape[-1])  # noqa: E731
    assert told(id, answer).mistake in names


@pytest.mark.parametrize("id", ["2a_3.gradient", "2b_3.input_gradient"])
def test_of_a_sign_and_a_missing_mean_the_sign_comes_first(id):
    exercise = get(id)
    verdict = told(id, lambda *given: -rows(given[0]) * exercise.reference(*given))
    assert verdict.mistake == "sign"
    assert verdict.message.lower().index("sign") < verdict.message.index("$1/N$")


def test_a_turned_difference_without_its_mean_is_told_to_be_both():
    verdict = told("2b_3.input_gradient", program("2b_3.input_gradient", dtheta="y - y_hat"))
    assert verdict.mistake == "sign" and "$1/N$" in verdict.message


BINARY = {
    "mean": lambda t: np.mean(t),
    "total": lambda t: np.sum(t),
    "rows": lambda t: np.mean(np.sum(t, axis=-1)),
    "over the rows": lambda t: np.sum(t) / rows(t),
    "over the classes": lambda t: np.sum(t) / t.shape[-1] / rows(t),
    "lost sign": lambda t: -np.mean(np.sum(t, axis=-1)),
}


@pytest.mark.parametrize("gathered", BINARY.values(), ids=BINARY)
def test_a_binary_cross_entropy_has_its_name_however_it_is_gathered(gathered):
    def of_probabilities(y, y_hat):
        return gathered(-(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat)))

    assert told("2a_2.cross_entropy", of_probabilities).mistake == "binary-ce"
    assert told("2a_2.from_logits", lambda theta, y: of_probabilities(y, softmax(theta))).mistake == "binary-ce"
    assert told("2a_2.from_logits", lambda theta, y: of_probabilities(y, sigmoid(theta))).mistake == "binary-ce"


@pytest.mark.parametrize("slug", ["swapped", "hard-labels-only", "unweighted", "squared-error", "entropy-of-y_hat"])
def test_a_known_mistake_keeps_its_name_beside_a_sum(slug):
    exercise = get("2a_2.cross_entropy")
    formula = next(m.formula for m in exercise.mistakes if m.slug == slug)
    assert told(exercise.id, lambda y, y_hat: rows(y) * formula(y, y_hat)).mistake == slug


@pytest.mark.parametrize(
    ("lines", "slug"),
    [
        ({"dtheta": "sigmoid(theta) - y"}, "sigmoid-for-softmax"),
        ({"dtheta": "(softmax(y_hat) - y)"}, "double-softmax"),
        ({"dtheta": "y_hat"}, "forgot-y"),
        ({"dtheta": "y - y_hat"}, "sign"),
        ({"dtheta": "-y / y_hat"}, "starts-from-dyhat"),
        ({"dtheta": "-y / y_hat * y_hat * (1 - y_hat)"}, "diagonal-only"),
    ],
)
def test_of_two_slips_in_the_parameters_gradients_both_are_told(lines, slug):
    verdict = told("3_3.parameter_gradients", program("3_3.parameter_gradients", **lines))
    assert verdict.mistake == slug and "$1/N$" in verdict.message


def test_a_slip_of_single_rows_is_told_although_another_one_is_made_in_batches():
    def answer(theta):
        return np.exp(theta) if theta.ndim == 1 else softmax(theta)[:, :-1]  # no part of the list is made in batches

    verdict = told("2a_1.softmax", lambda theta: answer(theta) if theta.ndim == 1 else answer(theta) @ theta)
    assert verdict.mistake == "not-normalised" and "something else is wrong besides" in verdict.message


def test_where_single_rows_only_stop_the_slip_in_batches_is_named():
    def answer(x, y, W1, b1, W2, b2):
        _, h, _, y_hat = forward(x, W1, b1, W2, b2)
        dtheta = (y_hat - y) / rows(x)
        dz = dtheta @ W2.T * h * (1 - h)
        return x.T @ dz, dz.sum(axis=0, keepdims=True), h.T @ dtheta, dtheta.sum(axis=0, keepdims=True)

    verdict = told("3_3.parameter_gradients", answer)
    assert verdict.mistake == "keepdims" and "For a single row something else is wrong besides" in verdict.message


# ---- softmax and its Jacobian -------------------------------------------------------------------------------------


SIZES = {
    "max": lambda a: a.max(axis=-1, keepdims=True),
    "one max": lambda a: a.max(),
    "abs": lambda a: np.abs(a).max(axis=-1, keepdims=True),
    "sum": lambda a: a.sum(axis=-1, keepdims=True),
    "norm": lambda a: np.linalg.norm(a, axis=-1, keepdims=True),
    "std": lambda a: a.std(axis=-1, keepdims=True),
}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize(
    "id", ["2a_1.one_row", "2a_1.softmax", "2a_1.log_sum_exp", "2a_1.log_softmax", "2a_2.from_logits", "2a_3.jacobian"]
)
def test_logits_that_are_scaled_are_told_not_to_be_shifted(id, size):
    by_the_size = lambda theta, *others: get(id).reference(theta / size(theta), *others)  # noqa: E731
    verdict = told(id, by_the_size)
    assert verdict.mistake == "scaled"
    assert verdict.detail.inputs["theta"].size <= 6


def test_what_is_told_of_a_batch_is_shown_on_a_batch():
    verdict = told(
        "2a_1.log_sum_exp",
        lambda theta: (
            theta.max(axis=-1, keepdims=True) + np.log(np.exp(theta - theta.max(axis=-1, keepdims=True)).sum(axis=-1))
        ),
    )
    assert verdict.mistake == "mixed-keepdims" and verdict.detail.inputs["theta"].ndim == 2


def entries(of):
    def answer(theta):
        p, K = softmax(theta), len(theta)
        return np.array([[of(p, theta, i, j) for j in range(K)] for i in range(K)])

    return answer


@pytest.mark.parametrize(
    ("slug", "answer"),
    [
        ("double-softmax", lambda theta: softmax_jacobian(softmax(theta))),
        ("double-softmax", lambda theta: np.diag(softmax(softmax(theta))) - np.outer(*[softmax(softmax(theta))] * 2)),
        ("logits-for-probabilities", entries(lambda p, t, i, j: p[i] * ((i == j) - t[j]))),
        ("logits-for-probabilities", entries(lambda p, t, i, j: p[i] * (1 - t[i]) if i == j else -p[i] * p[j])),
        ("logits-for-probabilities", entries(lambda p, t, i, j: t[i] * ((i == j) - t[j]))),
        ("logits-for-probabilities", entries(lambda p, t, i, j: t[i] * (1 - t[i]) if i == j else -t[i] * t[j])),
        ("lost-minus", entries(lambda p, t, i, j: p[i] * (1 - p[i]) if i == j else p[i] * p[j])),
        ("lost-minus", entries(lambda p, t, i, j: p[i] * ((i == j) + p[j]))),
        ("sigmoid-for-softmax", lambda theta: np.diag(sigmoid(theta) * (1 - sigmoid(theta)))),
        ("sign-of-a-case", entries(lambda p, t, i, j: -p[i] * (1 - p[i]) if i == j else -p[i] * p[j])),
        ("scaled-columns", lambda theta: np.diag(softmax(theta)) - softmax(theta) * softmax(theta)),
        ("not-multiplied-out", lambda theta: np.diag(softmax(theta)) - softmax(theta)),
        ("one-dimensional", lambda theta: np.diag(softmax(theta)) - softmax(theta).T @ softmax(theta)),
    ],
)
def test_a_slip_in_the_jacobian_of_softmax_has_a_name(slug, answer):
    assert told("2a_3.jacobian", answer).mistake == slug


@pytest.mark.parametrize("id", ["2b_3.one_row", "2b_3.input_gradient", "3_3.parameter_gradients"])
def test_the_diagonal_of_softmaxs_jacobian_alone_is_told_to_be_that(id):
    lines = {"dtheta": "(-y / y_hat) * y_hat * (1 - y_hat) / N"}
    assert told(id, program(id, **lines)).mistake == "diagonal-only"
    lines = {"dtheta": "-y * (1 - y_hat) / N"}
    assert told(id, program(id, **lines)).mistake == "diagonal-only"


def test_the_way_through_the_probabilities_is_told_to_be_right_for_ordinary_inputs():
    def answer(x, y, W1, b1, W2, b2):
        _, h, _, y_hat = forward(x, W1, b1, W2, b2)
        y, p = np.atleast_2d(y, y_hat)
        dtheta = np.array([(-t / q) @ (np.diag(q) - np.outer(q, q)) for t, q in zip(y, p, strict=True)]) / len(p)
        return (dtheta @ W2.T * h * (1 - h) @ W1.T).reshape(x.shape)

    for id in ("2b_3.one_row", "2b_3.input_gradient"):
        verdict = told(id, answer)
        assert verdict.mistake == "by-way-of-probabilities" and verdict.message.startswith("Right on paper")


@pytest.mark.parametrize("exercise", [e for e in FUNCTIONS if e.level > 1], ids=lambda e: e.id)
def test_an_overflow_is_told_to_be_right_for_ordinary_inputs(exercise):
    def answer(*given):
        result = exercise.reference(*given)
        large = any(np.ndim(a) and np.max(np.abs(a)) > 500 for a in given if not callable(a))
        return np.asarray(result) * np.nan if large else result

    if len(exercise.returns) == 1:
        verdict = exercise.check(answer)
        assert verdict.mistake not in ("overflow", "not-finite") or "ight for ordinary" in verdict.message


# ---- numeric derivatives ------------------------------------------------------------------------------------------

FLOORS = (1e-20, 1e-12, 1e-3)  # both ends of what is known, and one between: the bank's own test tries each


@pytest.mark.parametrize("floor", FLOORS)
@pytest.mark.parametrize("padded", [False, True], ids=["floor", "added"])
def test_a_constant_below_the_line_is_told_by_its_name(floor, padded):
    def error(a, b):
        size = max(np.max(np.abs(a)), np.max(np.abs(b)))
        return np.max(np.abs(a - b)) / (size + floor if padded else max(size, floor))

    assert told("3_1.relative_error", error).mistake == "epsilon"

    def check(g, gradient, x, tolerance):
        claimed = gradient(x)
        return claimed.shape == x.shape and bool(error(claimed, central_difference(g, x)) <= tolerance)

    assert told("3_1.gradient_check", check).mistake == "epsilon"


@pytest.mark.parametrize(
    ("slug", "answer"),
    [
        ("smaller-size", lambda a, b: np.max(np.abs(a - b)) / min(np.max(np.abs(a)), np.max(np.abs(b)))),
        ("smaller-size", lambda a, b: np.max(np.abs(a - b)) / np.min(np.maximum(np.abs(a), np.abs(b)))),
        ("entry-by-entry", lambda a, b: np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b)))),
        ("entry-by-entry", lambda a, b: np.max(np.abs(a - b) / (np.abs(a) + np.abs(b)))),
        ("entry-by-entry", lambda a, b: np.max(np.abs(a - b) / (np.abs(a) + np.abs(b) + 1e-8))),
        ("entry-by-entry", lambda a, b: np.max(np.abs(a - b) / np.maximum(np.abs(a), np.maximum(np.abs(b), 1e-8)))),
        ("one-size-only", lambda a, b: np.max(np.abs(a - b)) / np.max(np.abs(b))),
    ],
)
def test_a_measure_that_is_not_the_one_asked_has_a_name(slug, answer):
    assert told("3_1.relative_error", answer).mistake == slug


@pytest.mark.parametrize("id", ["3_1.forward_difference", "3_1.central_difference", "3_1.complex_step"])
def test_the_task_says_that_x_may_hold_integers(id):
    for folder in ("solutions", "notebooks"):
        page = json.loads((Path(folder) / "3_1_gradient_check.ipynb").read_text(encoding="utf-8"))
        cell = next("".join(c["source"]) for c in page["cells"] if f'@exercise("{id}")' in "".join(c["source"]))
        assert "integers" in cell


# ---- what is muted -----------------------------------------------------------------------------------------------


def naive(z):
    return 1 / (1 + np.exp(-z))


def by_errstate(z):
    with np.errstate(over="ignore"):
        return naive(z)


def by_errstate_of_all(z):
    with np.errstate(all="ignore"):
        return np.where(z >= 0, naive(z), np.exp(z) / (1 + np.exp(z)))


@np.errstate(over="ignore")
def by_a_decorator(z):
    return naive(z)


def by_warnings(z):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return naive(z)


def by_a_filter(z):
    warnings.filterwarnings("ignore", "overflow")
    return naive(z)


def by_seterr(z):
    old = np.seterr(over="ignore")
    try:
        return naive(z)
    finally:
        np.seterr(**old)


def by_a_helper(z):
    return by_errstate(z)


@pytest.mark.parametrize(
    "answer", [by_errstate, by_errstate_of_all, by_a_decorator, by_warnings, by_a_filter, by_seterr, by_a_helper]
)
def test_what_was_muted_is_said(answer):
    before, filters = np.geterr(), list(warnings.filters)
    for verdict in verdicts("2b_1.sigmoid", answer):
        assert verdict.state == "right"
        assert "overflow encountered in exp" in verdict.message and "said nothing" not in verdict.message
    assert np.geterr() == before and warnings.filters == filters


def test_a_careful_answer_that_mutes_nothing_is_not_told_of_muting():
    def careful(z):
        with np.errstate(over="ignore"):
            return np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))

    exercise = get("2b_1.sigmoid")
    assert exercise.check(careful).message == exercise.notice


# ---- small inputs that were judged untruly ------------------------------------------------------------------------

CHAIN = "z, h, theta, y_hat = forward(x, W1, b1, W2, b2); {}; return dtheta @ W2.T * h * (1 - h) @ W1.T"
ALONE = "return np.mean({}(-(1 - y) * np.log(1 - y_hat)))"
SIZES_OF_BOTH = "np.maximum(np.abs(a), np.abs(b))"


@pytest.mark.parametrize(
    ("id", "lines", "mistake", "at"),
    [
        ("2b_3.one_row", CHAIN.format("dtheta = np.log(y_hat) - y"), None, "np.log(y_hat)"),
        ("2b_3.one_row", CHAIN.format("dtheta = y_hat - y + b2"), None, "y_hat - y + b2"),
        ("2b_3.one_row", CHAIN.format("dtheta = -y"), None, "-y"),
        ("2b_3.input_gradient", CHAIN.format("dtheta = y - y_hat"), "sign", "y - y_hat"),
        ("2a_2.cross_entropy", ALONE.format(""), "binary-ce", None),
        ("2a_2.cross_entropy", "return np.mean(np.sum((1 - y) * -np.log(1 - y_hat), axis=-1))", "binary-ce", None),
        (
            "2a_2.from_logits",
            "y = y > 0; return np.mean(log_sum_exp(theta) - np.sum(y * theta, axis=-1))",
            None,
            "y > 0",
        ),
        *(
            (id, f"return softmax({scaled})", "scaled", scaled)
            for id in ("2a_1.softmax", "2a_1.one_row")
            for scaled in ("theta / 2", "2 * theta", "theta / theta.shape[-1]")
        ),
        *(
            ("3_1.relative_error", f"return np.mean(np.abs(a - b) / {size})", "mean", None)
            for size in (SIZES_OF_BOTH, "(np.abs(a) + np.abs(b))", "np.abs(a)", "np.abs(b)")
        ),
    ],
)
def test_small_inputs_are_judged_truly(id, lines, mistake, at):
    arguments = ", ".join(get(id).inputs(np.random.default_rng(0))[0].arguments)
    body = "".join(f"    {line}\n" for line in lines.split("; "))
    verdict = told(id, function(id, f"def answer({arguments}):\n{body}"))
    assert verdict.mistake == mistake
    assert at is None or verdict.place.expression == at


def test_where_a_loop_writes_by_two_brackets_the_wrong_branch_is_the_place_and_not_the_return():
    lines = """def jacobian(theta):
    p = softmax(theta)
    J = np.zeros((theta.size, theta.size))
    for i in range(theta.size):
        for j in range(theta.size):
            if i == j:
                J[i][j] = p[i] * (1 - p[j])
            else:
                J[i][j] = -p[i] * p[i]
    return J
"""
    place = told("2a_3.jacobian", function("2a_3.jacobian", lines)).place
    assert place.expression == "J[i][j] = -p[i] * p[i]"


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ("forward(x, W1, b1, W2.T, b2)", "is W2 transposed?"),
        ("forward(x, W1, b2, W2, b1)", "one bias for each column of W1"),
    ],
)
def test_what_a_function_of_the_reference_says_of_its_arguments_is_passed_on(first, words):
    lines = f"z, h, theta, y_hat = {first}\n    return (y_hat - y) @ W2.T * h * (1 - h) @ W1.T\n"
    lines = f"def answer(x, y, W1, b1, W2, b2):\n    {lines}"
    verdict = told("2b_3.one_row", function("2b_3.one_row", lines))
    assert verdict.state == "your code stopped" and words in verdict.message


def test_no_sign_is_said_to_be_turned_in_a_yes_or_no():
    lines = "a, b = gradient(x), central_difference(g, x)\n    if a.shape != b.shape:\n        return False\n"
    lines = f"def answer(g, gradient, x, tolerance):\n    {lines}    return -bool(relative_error(a, b) <= tolerance)\n"
    assert told("3_1.gradient_check", function("3_1.gradient_check", lines)).mistake != "nan-passes"


@pytest.mark.parametrize(
    ("label", "told"),
    [
        (r"$z = xW_1 + b_1$", "$z$"),
        (r"$z = xW_1$, the inputs", "$z$, the inputs"),
        (r"$y_i \log\hat y_i$, and 0 where $y_i = 0$", r"$y_i \log\hat y_i$, and 0 where $y_i = 0$"),
    ],
)
def test_of_what_is_due_the_name_is_told_and_its_condition_but_not_its_formula(label, told):
    assert Quantity(np.zeros(1), 0, True, "z", label).told == told
