"""Chapters 2b: the sigmoid's digits, the network's shapes, dJ/dx by every right way, and what the questions claim."""

from pathlib import Path

import numpy as np
import pytest

from utils.bank.catalogue import Reader
from utils.bank.markdown import blocks_of, split
from utils.exercises import get
from utils.reference import (
    complex_step,
    forward,
    input_gradient,
    loss,
    one_hot,
    parameter_gradients,
    relative_error,
    sigmoid,
    sigmoid_derivative,
    softmax,
)

HIDDEN, FORWARD, SHAPES = (get(f"2b_2.{name}") for name in ("hidden", "forward", "shapes"))
ROW, BATCH, ENTRY, CHAIN = (get(f"2b_3.{name}") for name in ("one_row", "input_gradient", "entry", "chain"))
SIGMOID, PRIME, SYMMETRY = (get(f"2b_1.{name}") for name in ("sigmoid", "sigmoid_derivative", "symmetry"))
QUESTION = "D(theta[i], h[j])"
DERIVED = "D(J, x)\nD(J, theta) @ D(theta, h) @ D(h, z) @ D(z, x)"


def called(exercise, answer):
    verdict = exercise.check(answer)
    return verdict.state, verdict.mistake


# ---- derivations --------------------------------------------------------------------------------------------------


def derivations():
    """(exercise, name of the slip, its line, text) of each derivation that stands beside this file."""
    file = Path(__file__).parent / "derivations.md"
    for exercise, blocks in split(blocks_of(file), 2)[1:]:
        for heading, items in split(blocks, 3)[1:]:
            reader = Reader(file, {}, lambda id: None)
            for found in reader.derivations(heading, items, int(heading.text == "With a slip")):
                yield exercise.text, *found


@pytest.mark.parametrize(("id", "slug", "line", "text"), list(derivations()))
def test_a_right_derivation_passes_however_it_goes_and_a_wrong_one_is_named_at_its_line(id, slug, line, text):
    for _ in range(3):
        verdict, reading = get(id).examine(text)
        slip = reading.first_slip
        found = verdict.state, verdict.mistake, slip and slip.number
        assert found == (("wrong", slug, line) if slug else ("right", None, None)), verdict


@pytest.mark.parametrize(
    ("id", "text", "slug"),
    [
        ("2b_1.symmetry", "1 - sigma(z)\n1 - h\nsigma(-z)", "unknown-name"),
        ("2b_1.identity", "D(sigma(z), z)\nexp(-z) / (1 + exp(-z)) ** 2", "not-simplified"),
        ("2b_1.symmetry", "1 - sigma(z)\n1 / (1 + exp(z))", "not-simplified"),
        ("2b_1.symmetry", "1 - sigma(z)\n1 + -sigma(z)", "not-the-answer"),
        ("2b_1.symmetry", "1 - sigma(z)\n-(sigma(z) - 1)", "not-the-answer"),
        ("2b_1.symmetry", "1 - sigma(z)\n1 - 1 * sigma(z)", "not-the-answer"),
        ("2b_3.chain", DERIVED, "operator-left"),
        ("2b_3.chain", "((y_hat - y) @ W2.T * h * (1 - h)) @ W1.T", "not-the-question"),
    ],
)
def test_a_derivation_that_is_not_finished_is_told_why(id, text, slug):
    assert called(get(id), text) == ("wrong", slug)
    assert slug != "unknown-name" or "There is `z`." in get(id).check(text).message


@pytest.mark.parametrize("line", ["sigma(z) ** 2", "exp(-z) / (2 + exp(-z))", "1 / (1 + exp(-2 * z))", "z"])
def test_a_wrong_line_of_a_question_without_a_derivative_is_a_slip_and_no_fault_of_the_checker(line):
    verdict, reading = SYMMETRY.examine(f"1 - sigma(z)\n{line}\nsigma(-z)")
    assert (verdict.state, reading.first_slip.number) == ("wrong", 2)


def test_one_dot_for_two_products_is_told_with_both_factors_and_both_shapes():
    verdict = CHAIN.check("D(J, x)\n(y_hat - y) @ W2.T @ sigma(z) @ (1 - sigma(z)) @ W1.T")
    factors = r"$(\hat{y} - y) \, W_{2}^{T}$ is a row (1, 5) and $\sigma(z)$ is a row (1, 5); at the `@`, 5 meets 1"
    assert verdict.mistake == "matmul-for-hadamard" and factors in verdict.message


def test_the_counterexample_of_an_entry_shows_the_matrix_it_is_an_entry_of():
    inputs = ENTRY.check(f"{QUESTION}\n-W2[j, i]").detail.inputs
    assert list(inputs) == ["W2", "i", "j"] and inputs["i"] != inputs["j"]


# ---- the sigmoid: digits and silence ------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [22.0, 123.0, 444.0, 666.0, 691.0, 700.0, 709.0, 745.0])
def test_a_cut_is_wrong_where_it_costs_digits_and_right_where_nothing_is_asked_any_more(limit):
    verdict = SIGMOID.check(lambda z: 1 / (1 + np.exp(-np.clip(z, -limit, limit))))
    assert verdict.state == ("right" if 690 < limit < 710 else "wrong")  # exp(745) overflows, and says so
    assert limit > 690 or "larger $z$ gets a larger" in verdict.message


def test_the_right_tail_of_the_derivative_may_be_lost_in_1_minus_h_but_not_to_an_overflow():
    assert sigmoid(40.0) * (1 - sigmoid(40.0)) != sigmoid(-40.0) * (1 - sigmoid(-40.0))  # even on paper only
    verdict = PRIME.check(lambda z: sigmoid(z) * (1 - sigmoid(z)))
    assert verdict.state == "right" and verdict.message.startswith("On paper")
    assert PRIME.check(lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2).mistake == "overflow"


def by_hand(axis, keepdims, shift):
    def softmax(z):
        e = np.exp(z - shift * np.max(z, axis=axis, keepdims=keepdims))
        return e / np.sum(e, axis=axis, keepdims=keepdims)

    return softmax


@pytest.mark.parametrize("shift", [0, 1])
@pytest.mark.parametrize(
    ("axis", "keepdims"), [(None, False), (-1, True), (-1, False), (0, True), (0, False), (1, True)]
)
def test_a_softmax_written_by_hand_is_told_to_be_one(axis, keepdims, shift):
    assert SIGMOID.check(by_hand(axis, keepdims, shift)).mistake == "softmax-for-sigmoid"


@pytest.mark.parametrize(
    ("side", "answer"),
    [
        ("positive", lambda z: 1 / (1 + np.exp(-np.abs(z)))),
        ("positive", lambda z: np.exp(np.abs(z)) / (1 + np.exp(np.abs(z)))),
        ("negative", lambda z: np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z)))),
        ("negative", lambda z: 1 / (1 + np.exp(np.abs(z)))),
    ],
)
def test_an_even_sigmoid_is_told_on_which_side_it_is_right_and_of_no_code_that_may_not_be_there(side, answer):
    verdict = SIGMOID.check(answer)
    assert verdict.mistake == "abs-not-undone"
    assert verdict.message.startswith(f"Right for {side} $z$") and "good exponent" not in verdict.message


@pytest.mark.parametrize(
    "answer", [lambda z: 1 / (2 + np.exp(z) + np.exp(-z)), lambda z: 1 / (1 + np.exp(-z)) / (1 + np.exp(z))]
)
def test_an_overflow_in_the_derivative_is_told_without_a_formula_that_may_not_be_there(answer):
    verdict = PRIME.check(answer)
    assert verdict.mistake == "overflow-sigmoid" and "frac" not in verdict.message


@pytest.mark.parametrize("step", [1e-3, 1e-5, 1e-7])
@pytest.mark.parametrize("f", [sigmoid, lambda z: 1 / (1 + np.exp(-z))])
def test_a_difference_quotient_is_told_to_be_one(step, f):
    verdict = PRIME.check(lambda z: (f(z + step) - f(z - step)) / (2 * step))
    assert verdict.state == "wrong" and "numeric" in verdict.message


@pytest.mark.parametrize("matrix", [np.diag, np.diagflat])  # np.diag stops at a z of three axes, but was wrong before
@pytest.mark.parametrize("exercise", [PRIME, get("2b_1.derivative_from_h")], ids=lambda e: e.id)
def test_the_jacobian_in_place_of_its_diagonal_is_called_so(exercise, matrix):
    assert called(exercise, lambda v: matrix(exercise.reference(v))) == ("wrong", "diagonal-matrix")


# ---- the forward pass ---------------------------------------------------------------------------------------------


def test_a_forward_pass_that_returns_the_probabilities_alone_is_told_what_is_asked():
    verdict = FORWARD.check(lambda x, W1, b1, W2, b2: forward(x, W1, b1, W2, b2).y_hat)
    assert (verdict.state, verdict.mistake) == ("wrong", "returns")
    assert "return z, h, theta, y_hat" in verdict.message


def test_the_first_of_the_results_that_is_wrong_is_named_and_shown():
    def doubled(x, W1, b1, W2, b2):
        z = x @ W1 + b1
        theta = 2 * (sigmoid(z) @ W2 + b2)
        return z, sigmoid(z), theta, softmax(theta)

    verdict = FORWARD.check(doubled)
    assert verdict.message.startswith("`theta` is the first of your results that is wrong.")
    assert "theta = " in str(verdict.detail) and "y_hat = " not in str(verdict.detail)


def turned(x, W1, b1, W2, b2):
    theta = sigmoid(x @ W1 + b1) @ W2.T + b2
    return theta, theta, theta, theta


def overwrites(x, W1, b1):
    z = np.array(b1)
    for j in range(len(b1)):
        for i in range(len(x)):
            z[j] = x[i] * W1[i, j] + b1[j]
    return z, sigmoid(z)


@pytest.mark.parametrize(
    ("exercise", "answer", "state", "slug"),
    [
        (FORWARD, turned, "your code stopped", "w2-transposed"),
        (HIDDEN, lambda x, W1, b1: (x @ W1 + b1, sigmoid(-(x @ W1 + b1))), "wrong", "minus-in-sigma"),
        (HIDDEN, lambda x, W1, b1: (x @ W1, sigmoid(x @ W1 + b1)), "wrong", "bias-not-in-z"),
        (HIDDEN, overwrites, "wrong", "last-term-only"),
    ],
)
def test_a_slip_on_the_way_forward_is_called_by_its_name(exercise, answer, state, slug):
    assert called(exercise, answer) == (state, slug)


def test_a_matrix_that_the_reference_refuses_stops_the_code():
    answer = lambda x, W1, b1, W2, b2: forward(x, W1, b1, np.transpose(W2), b2)  # noqa: E731
    assert FORWARD.check(answer).state == "your code stopped"


# ---- dJ/dx --------------------------------------------------------------------------------------------------------


def network(seed):
    """x, y, W1, b1, W2, b2 of random sizes, 1 among them, a single row every fourth time."""
    rng = np.random.default_rng(seed)
    N, D, H, K = rng.integers(1, 9, 4)
    K += 1
    shapes = [(N, D), (D, H), (H,), (H, K), (K,)]
    x, W1, b1, W2, b2 = (rng.normal(size=shape) for shape in shapes)
    y = rng.dirichlet(np.ones(K), N) if seed % 2 else np.eye(K)[rng.integers(0, K, N)]
    return (x[0], y[0], W1, b1, W2, b2) if seed % 4 == 0 else (x, y, W1, b1, W2, b2)


@pytest.mark.parametrize("accepted", BATCH.accepts)
def test_every_right_way_to_write_it_is_the_complex_step_of_the_loss(accepted):
    for seed in range(8):
        x, *others = network(seed)
        assert relative_error(accepted(x, *others), complex_step(lambda v, o=others: loss(v, *o), x)) < 1e-12


def test_nothing_comes_back_where_the_target_is_the_prediction():
    for seed in range(8):
        x, _, *parameters = network(seed)
        assert np.abs(input_gradient(x, forward(x, *parameters).y_hat, *parameters)).max() < 1e-15


def by_fitting_shapes(x, y, W1, b1, W2, b2):
    """Transposed only where it does not fit: wrong only where sizes are equal."""
    z, _, _, y_hat = forward(x, W1, b1, W2, b2)
    d = y_hat - y
    return d @ (W2 if d.shape[-1] == len(W2) else W2.T) * sigmoid_derivative(z) @ W1.T / (1 if x.ndim == 1 else len(x))


def in_columns(x, y, W1, b1, W2, b2):
    _, h, _, y_hat = forward(x, W1, b1, W2, b2)
    return W1 @ ((W2 @ (y_hat - y)) * h * (1 - h))


def with_overwritten_sum(x, y, W1, b1, W2, b2):
    _, h, _, y_hat = forward(x, W1, b1, W2, b2)
    dz = (y_hat - y) @ W2.T * h * (1 - h)
    dx = np.zeros(len(x))
    for d in range(len(x)):
        for j in range(len(dz)):
            dx[d] = dz[j] * W1[d, j]
    return dx


@pytest.mark.parametrize(
    ("exercise", "answer", "state", "slug"),
    [
        (BATCH, by_fitting_shapes, "wrong", "transposed-to-fit"),
        (ROW, in_columns, "right", None),
        (BATCH, in_columns, "your code stopped", "columns"),
        (ROW, with_overwritten_sum, "wrong", "last-term-only"),
        (get("2b_3.vjp"), lambda g, z: g @ np.diag(sigmoid_derivative(z)), "your code stopped", "row-only"),
        (get("2b_3.vjp"), lambda g, z: np.dot(g, np.diag(sigmoid_derivative(z))), "your code stopped", "row-only"),
        (get("2b_3.vjp"), lambda g, z: np.dot(np.diag(sigmoid_derivative(z)), g), "wrong", "row-only"),
    ],
)
def test_a_slip_on_the_way_back_is_called_by_its_name(exercise, answer, state, slug):
    assert called(exercise, answer) == (state, slug)


def test_one_row_as_it_is_typed_from_paper_is_stopped_at_the_sigmoids():
    """(y_hat - y) W2^T sigma (1 - sigma) W1^T, with one dot for both products."""

    def answer(x, y, W1, b1, W2, b2):
        _, h, _, y_hat = forward(x, W1, b1, W2, b2)
        return (y_hat - y) @ W2.T @ h @ (1 - h) @ W1.T

    assert called(ROW, answer) == ("your code stopped", "matmul-for-hadamard")
    place = ROW.check(answer).place
    assert (place.expression, place.last) == ("(y_hat - y) @ W2.T @ h @ (1 - h)", "$\\partial J/\\partial h$")


def test_a_gradient_with_a_part_that_moves_no_z_is_told_so():
    """It is a fact that can be checked without knowing the gradient."""
    rng = np.random.default_rng(0)
    x, y, W1, b1, W2, b2 = rng.normal(size=5), np.eye(3)[0], *(rng.normal(size=s) for s in [(5, 2), 2, (2, 3), 3])
    right = input_gradient(x, y, W1, b1, W2, b2)
    for exercise in (ROW, BATCH):
        assert [law(x, y, W1, b1, W2, b2, right) for law in exercise.laws] == [None, None]
        assert "without changing any $z$" in exercise.laws[0](x, y, W1, b1, W2, b2, right + x)


@pytest.mark.parametrize("exercise", [ROW, BATCH], ids=lambda e: e.id)
def test_a_matrix_that_is_not_turned_keeps_its_name_beside_a_wrong_sign(exercise):
    def answer(x, y, W1, b1, W2, b2):
        _, h, _, y_hat = forward(x, W1, b1, W2, b2)
        return ((y - y_hat) @ W2 * h * (1 - h)) @ W1.T

    verdict = exercise.check(answer)
    assert verdict.mistake == "w2-not-transposed"
    assert verdict.place.expression == "y - y_hat" and verdict.place.again


# ---- what the questions and the sheet claim -----------------------------------------------------------------------


def test_no_text_answers_the_question_that_follows_it():
    assert "H^2" not in get("2b_3.vjp").notice
    assert not any("left to right" in hint for hint in CHAIN.hints)


def test_the_numbers_that_the_questions_tell_are_so():
    assert np.round(sigmoid([3.0, -3.0]), 3).tolist() == [0.953, 0.047]
    assert round(float(sigmoid_derivative(0.9)), 3) == 0.206
    assert sigmoid_derivative(0.0) == 0.25
    assert sigmoid_derivative(1.0) > 0.196
    h = 1 / (1 + np.exp(-40.0))
    assert h * (1 - h) == 0 and sigmoid_derivative(40.0) == pytest.approx(4.2e-18, rel=0.02)


def test_a_hundredfold_W1_all_but_stops_the_gradient_at_most_inputs():
    rng = np.random.default_rng(0)
    W1, b1, W2, b2 = (rng.normal(size=size) for size in ((4, 6), 6, (6, 3), 3))
    x, y = rng.normal(size=(500, 4)), one_hot(rng.integers(0, 3, 500), 3)
    before, after = (np.linalg.norm(input_gradient(x, y, scale * W1, b1, W2, b2), axis=1) for scale in (1, 100))
    assert np.median(after / before) < 1e-4
    assert np.max(after) > 10 * np.max(before)  # at an input where a unit is just switching


def test_the_shapes_of_the_sheet_are_those_of_a_network():
    sizes = {"N": 6, "D": 4, "H": 5, "K": 3}
    N, D, H, K = sizes.values()
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(N, D)), rng.dirichlet(np.ones(K), N)
    W1, b1, W2, b2 = network = [rng.normal(size=size) for size in ((D, H), H, (H, K), K)]
    z, h, theta, y_hat = forward(x, *network)
    arrays = {"x": x, "W1": W1, "b1": b1, "z": z, "h": h, "W2": W2, "b2": b2, "theta": theta, "y_hat": y_hat}
    arrays |= {"J": loss(x, y, *network), "dJ/dtheta": y_hat - y, "dJ/dx": input_gradient(x, y, *network)}
    arrays |= {"dJ/dW1": parameter_gradients(x, y, *network).dW1}
    assert arrays.keys() == SHAPES.solution.keys()
    for row in SHAPES.rows:
        assert np.shape(arrays[row.slug]) == eval(row.right, sizes)
        assert row.right not in row.feedback and row.otherwise != row.told


def test_the_network_of_the_chapter_answers_exclusive_or():
    W1, b1 = np.array([[6.0, 4.0], [6.0, 4.0]]), np.array([-3.0, -6.0])
    W2, b2 = np.array([[-3.0, 5.0], [4.0, -4.0]]), np.array([1.0, -3.0])
    y_hat = forward([[0, 0], [0, 1], [1, 0], [1, 1]], W1, b1, W2, b2).y_hat
    assert y_hat.argmax(axis=1).tolist() == [0, 1, 1, 0]
    assert y_hat.max(axis=1).min() > 0.9
