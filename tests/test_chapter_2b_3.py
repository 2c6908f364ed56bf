"""Chapter 2b_3: dJ/dx by every right way, every known mistake, and the two derivations as people write them."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from utils.exercises import get
from utils.reference import complex_step, forward, input_gradient, loss, relative_error, sigmoid_derivative

ROW, BATCH, ENTRY_BY_HAND, CHAIN_BY_HAND = (
    get(f"2b_3.{name}") for name in ("one_row", "input_gradient", "entry", "chain")
)
SEEDS = range(40)
ENTRY = "D(theta[i], h[j])"
ENTRY_SUM = f"{ENTRY}\nD(sum(h[k] * W2[k, i], k) + b2[i], h[j])"
DERIVED = "D(J, x)\nD(J, theta) @ D(theta, h) @ D(h, z) @ D(z, x)"
GRADIENT = "((y_hat - y) @ W2.T * h * (1 - h)) @ W1.T"


def network(seed):
    """x, y, W1, b1, W2, b2 of random sizes, 1 among them, a single row every fourth time."""
    rng = np.random.default_rng(seed)
    N, D, H, K = rng.integers(1, 9, 4)
    K += 1
    shapes = [(N, D), (D, H), (H,), (H, K), (K,)]
    x, W1, b1, W2, b2 = (rng.normal(size=shape) for shape in shapes)
    y = rng.dirichlet(np.ones(K), N) if seed % 2 else np.eye(K)[rng.integers(0, K, N)]
    return (x[0], y[0], W1, b1, W2, b2) if seed % 4 == 0 else (x, y, W1, b1, W2, b2)


def by_autograd(x, *others):
    def J(x, y, W1, b1, W2, b2):
        theta = anp.dot(1 / (1 + anp.exp(-(anp.dot(x, W1) + b1))), W2) + b2
        return anp.mean(anp.log(anp.sum(anp.exp(theta), axis=-1)) - anp.sum(y * theta, axis=-1))

    return autograd.grad(J)(x, *others)


# ---- dJ/dx by other ways ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_the_gradient_is_the_complex_step_of_the_loss_and_what_autograd_finds(seed):
    x, *others = network(seed)
    dx = input_gradient(x, *others)
    assert relative_error(dx, complex_step(lambda v: loss(v, *others), x)) < 1e-12
    assert relative_error(dx, by_autograd(x, *others)) < 1e-12


@pytest.mark.parametrize("accepted", BATCH.accepts)
def test_every_right_way_to_write_it_is_the_complex_step_of_the_loss(accepted):
    for seed in range(8):
        x, *others = network(seed)
        assert relative_error(accepted(x, *others), complex_step(lambda v, o=others: loss(v, *o), x)) < 1e-12


def test_nothing_comes_back_where_the_target_is_the_prediction():
    for seed in range(8):
        x, _, *parameters = network(seed)
        assert np.abs(input_gradient(x, forward(x, *parameters).y_hat, *parameters)).max() < 1e-15


# ---- the bank -----------------------------------------------------------------------------------------------------


def test_a_transpose_that_is_only_wrong_where_sizes_are_equal_is_called_by_its_name():
    def fits(d, W):
        return d @ (W if d.shape[-1] == len(W) else W.T)

    def answer(x, y, W1, b1, W2, b2):
        z, _, _, y_hat = forward(x, W1, b1, W2, b2)
        return fits(y_hat - y, W2) * sigmoid_derivative(z) @ W1.T / (1 if x.ndim == 1 else len(x))

    verdict = BATCH.check(answer)
    assert (verdict.state, verdict.mistake) == ("wrong", "transposed-to-fit")


def test_one_row_as_it_is_typed_from_paper_is_stopped_at_the_sigmoids():
    """(y_hat - y) W2^T sigma (1 - sigma) W1^T, with one dot for both products."""

    def answer(x, y, W1, b1, W2, b2):
        _, h, _, y_hat = forward(x, W1, b1, W2, b2)
        return (y_hat - y) @ W2.T @ h @ (1 - h) @ W1.T

    verdict = ROW.check(answer)
    assert (verdict.state, verdict.mistake) == ("your code stopped", "matmul-for-hadamard")
    assert (verdict.place.expression, verdict.place.last) == (
        "(y_hat - y) @ W2.T @ h @ (1 - h)",
        "$\\partial J/\\partial h$",
    )


def test_a_gradient_with_a_part_that_moves_no_z_is_told_so():
    """It is a fact that can be checked without knowing the gradient."""
    rng = np.random.default_rng(0)
    x, y, W1, b1, W2, b2 = rng.normal(size=5), np.eye(3)[0], *(rng.normal(size=s) for s in [(5, 2), 2, (2, 3), 3])
    right = input_gradient(x, y, W1, b1, W2, b2)
    for exercise in (ROW, BATCH):
        assert [law(x, y, W1, b1, W2, b2, right) for law in exercise.laws] == [None, None]
        assert "without changing any $z$" in exercise.laws[0](x, y, W1, b1, W2, b2, right + x)


def test_columns_are_told_from_rows_where_a_batch_stops_them():
    def in_columns(x, y, W1, b1, W2, b2):
        _, h, _, y_hat = forward(x, W1, b1, W2, b2)
        dz = (W2 @ (y_hat - y)) * h * (1 - h)
        return W1 @ dz

    assert ROW.check(in_columns).state == "right"
    verdict = BATCH.check(in_columns)
    assert (verdict.state, verdict.mistake) == ("your code stopped", "columns")


@pytest.mark.parametrize("exercise", [ROW, BATCH], ids=lambda e: e.id)
def test_a_matrix_that_is_not_turned_keeps_its_name_beside_a_wrong_sign(exercise):
    def answer(x, y, W1, b1, W2, b2):
        _, h, _, y_hat = forward(x, W1, b1, W2, b2)
        return ((y - y_hat) @ W2 * h * (1 - h)) @ W1.T

    verdict = exercise.check(answer)
    assert verdict.mistake == "w2-not-transposed"
    assert verdict.place.expression == "y - y_hat" and verdict.place.again


def test_a_loop_that_overwrites_its_sum_is_told_so():
    def answer(x, y, W1, b1, W2, b2):
        _, h, _, y_hat = forward(x, W1, b1, W2, b2)
        dz = (y_hat - y) @ W2.T * h * (1 - h)
        dx = np.zeros(len(x))
        for d in range(len(x)):
            for j in range(len(dz)):
                dx[d] = dz[j] * W1[d, j]
        return dx

    assert ROW.check(answer).mistake == "last-term-only"


def test_a_diagonal_matrix_of_a_batch_is_told_however_the_product_is_written():
    for answer in (
        lambda g, z: g @ np.diag(sigmoid_derivative(z)),
        lambda g, z: np.dot(g, np.diag(sigmoid_derivative(z))),
        lambda g, z: np.dot(np.diag(sigmoid_derivative(z)), g),
    ):
        assert get("2b_3.vjp").check(answer).mistake == "row-only"


def test_no_text_answers_the_question_that_follows_it():
    assert "H^2" not in get("2b_3.vjp").notice
    assert not any("left to right" in hint for hint in CHAIN_BY_HAND.hints)


# ---- the derivations ----------------------------------------------------------------------------------------------


def blocks(text):
    return [block.strip() for block in text.replace("<C>", DERIVED).replace("<S>", ENTRY_SUM).split("\n\n")]


RIGHT_ENTRY = blocks("""
<S>
D(sum(h[k] * W2[k, i], k), h[j])
sum(D(h[k], h[j]) * W2[k, i], k)
W2[j, i]

<S>
D(sum(h[k] * W2[k, i], k), h[j]) + D(b2[i], h[j])
W2[j, i] + 0
W2[j, i]

D(theta[i], h[j])
D((h @ W2 + b2)[i], h[j])
D((h @ W2)[i], h[j])
W2[j, i]

D(theta[i], h[j])
D(theta, h)[i, j]
W2.T[i, j]
W2[j, i]

D(theta[i], h[j])
D(sum(W2.T[i, m] * h[m], m) + b2[i], h[j])
sum(W2.T[i, m] * delta(m, j), m)
W2.T[i, j]

D(sum(h[k] * W2[k, i], k) + b2[i], h[j])
sum(W2[k, i] * D(h[k], h[j]), k)
W2[j, i]

D(theta[i], h[j])
D(b2[i] + h[j] * W2[j, i] + sum(h[k] * W2[k, i], k != j), h[j])
0 + W2[j, i] + 0
W2[j, i]
""")

RIGHT_CHAIN = blocks("""
<C>
(y_hat - y) @ D(theta, h) @ D(h, z) @ D(z, x)
(y_hat - y) @ W2.T @ diag(sigma(z) * (1 - sigma(z))) @ W1.T
((y_hat - y) @ W2.T * sigma(z) * (1 - sigma(z))) @ W1.T

D(J, x)
D(J, theta) @ D(theta, x)
(y_hat - y) @ W2.T @ diag(h * (1 - h)) @ W1.T
((y_hat - y) @ W2.T * (h * (1 - h))) @ W1.T

D(J, x)
D(J, y_hat) @ D(y_hat, theta) @ D(theta, h) @ D(h, z) @ D(z, x)
(-y / y_hat) @ (diag(y_hat) - y_hat.T @ y_hat) @ W2.T @ diag(h * (1 - h)) @ W1.T
(-y + sum(y[k], k) * y_hat) @ W2.T @ diag(h * (1 - h)) @ W1.T
((y_hat - y) @ W2.T * h * (1 - h)) @ W1.T

D(-sum(y[k] * log(y_hat[k]), k), x)
D(J, z) @ D(z, x)
(D(J, h) @ D(h, z)) @ W1.T
((y_hat - y) @ W2.T * h * (1 - h)) @ W1.T

D(J, x)
D(J, h) @ D(h, x)
(D(J, h) * (h - h ** 2)) @ W1.T
((y_hat - y) @ W2.T * (h - h ** 2)) @ W1.T

D(J, x)
(W1 @ (diag(h * (1 - h)) @ (W2 @ (y_hat - y).T))).T
(W1 @ ((h * (1 - h)).T * (W2 @ (y_hat - y).T))).T
((h * (1 - h)) * ((y_hat - y) @ W2.T)) @ W1.T

D(J, x)
D(log(sum(exp(theta))) - sum(y * theta), x)
(y_hat - y) @ D(theta, x)
(y_hat - y) @ D(h @ W2, x)
(y_hat - y) @ W2.T @ D(sigma(x @ W1 + b1), x)
((y_hat - y) @ W2.T * sigma(z) * (1 - sigma(z))) @ D(x @ W1 + b1, x)
((y_hat - y) @ W2.T * sigma(z) * (1 - sigma(z))) @ W1.T

<C>
((y_hat - y) @ W2.T * sigma(z) * sigma(-z)) @ W1.T

D(J, x)
(softmax(h @ W2 + b2) - y) @ W2.T @ diag(sigma(x @ W1 + b1) * (1 - sigma(x @ W1 + b1))) @ W1.T
((softmax(theta) - y) @ W2.T * sigma(x @ W1 + b1) * (1 - sigma(x @ W1 + b1))) @ W1.T

<C>
(y_hat - y) @ W2.T @ diag(h) @ diag(1 - h) @ W1.T
(y_hat - y) @ W2.T * h @ diag(1 - h) @ W1.T
(y_hat - y) @ W2.T * h * (1 - h) @ W1.T

D(J, x)
sum(D(J, theta[k]) * D(theta[k], x), k)
sum((y_hat[k] - y[k]) * D(theta[k], x), k)
(y_hat - y) @ D(theta, x)
((y_hat - y) @ W2.T * h * (1 - h)) @ W1.T

D(J, x)
sum(D(J, z[m]) * D(z[m], x), m)
sum(D(J, h[m]) * h[m] * (1 - h[m]) * W1.T[m, :], m)
((y_hat - y) @ W2.T * h * (1 - h)) @ W1.T

D(J, x)
D(J, h) @ D(h, z) @ D(z, x)
D(J, theta) @ D(theta, h) @ D(h, z) @ W1.T
((y_hat - y) @ W2.T - (y_hat - y) @ W2.T * (1 - h)) * (1 - h) @ W1.T
""")

WRONG_ENTRY = [
    (2, "wrong-index", f"{ENTRY}\nD(sum(h[k] * W2[k, j], k) + b2[j], h[j])\nW2[j, j]"),
    (2, "wrong-index", f"{ENTRY}\nD(theta[j], h[i])"),
    (2, "wrong-index", f"{ENTRY}\nD(theta, h)[j, i]\nW2[j, i]"),
    (3, "wrong-index", f"{ENTRY_SUM}\nW2.T[j, i]"),
    (2, "shape", f"{ENTRY}\nD(h @ W2 + b2, h[j])\nW2[j, i]"),
    (2, "shape", f"{ENTRY}\nD(theta, h)"),
    (2, "unbound-index", f"{ENTRY}\nD(sum(h[k] * W2[k, i]) + b2[i], h[j])\nW2[j, i]"),
    (3, "lost-minus", f"{ENTRY_SUM}\n-W2[j, i]"),
    (3, "nothing-left", f"{ENTRY_SUM}\nsum(h[k] * D(W2[k, i], h[j]), k)"),
    (3, "product-rule", f"{ENTRY_SUM}\nsum(D(h[k], h[j]) * D(W2[k, i], h[j]), k)"),
    (2, "all-terms-of-the-sum", f"{ENTRY}\nsum(D(h[k] * W2[k, i], h[k]), k)\nW2[j, i]"),
]

WRONG_CHAIN = [
    (2, "hadamard-for-matmul", "D(J, x)\n(y_hat - y) * W2.T * sigma(z) * (1 - sigma(z)) * W1.T"),
    (3, "does-not-multiply", f"{DERIVED}\n(y_hat - y) @ W2.T @ diag(h * (1 - h)) @ x"),
    (3, "factor-too-many", f"{DERIVED}\n(y_hat - y) @ W2.T @ diag(h * (1 - h)) @ W1.T @ x"),
    (3, "order-of-factors", f"{DERIVED}\n(y_hat - y) @ W2.T @ W1.T * h * (1 - h)\n{GRADIENT}"),
    (3, "order-of-factors", f"{DERIVED}\n((y_hat - y) * h * (1 - h)) @ W2.T @ W1.T"),
    (3, "order-of-factors", f"{DERIVED}\nW1.T @ diag(h * (1 - h)) @ W2.T @ (y_hat - y)"),
    (3, "matmul-for-hadamard", f"{DERIVED}\n(y_hat - y) @ W2.T @ diag(h) @ (1 - h) @ W1.T"),
    (3, "missing-brackets", f"{DERIVED}\n(y_hat - y) @ W2.T @ diag(h) * (1 - diag(h)) @ W1.T"),
    (3, "transpose", f"{DERIVED}\n((y_hat - y) @ W2.T * h * (1 - h)).T @ W1.T"),
    (3, "transpose", f"{DERIVED}\nW1 @ diag(h * (1 - h)) @ W2 @ (y_hat - y)"),
    (3, "sigma-for-sigma-prime", f"{DERIVED}\n((y_hat - y) @ W2.T * sigma(z)) @ W1.T"),
    (3, "shapes", f"{DERIVED}\n((y_hat - y) @ (W2.T + b2.T) * h * (1 - h)) @ W1.T"),
    (2, "ratio", f"D(J, x)\n2 * {GRADIENT}"),
    (2, "skips-softmax", f"D(J, x)\nD(J, y_hat) @ D(theta, h) @ D(h, z) @ D(z, x)\n{GRADIENT}"),
    (2, "stopped-early", "D(J, x)\nD(J, theta) @ D(theta, h)"),
    (3, "syntax", f"{DERIVED}\ndot(y_hat - y, W2.T) * h * (1 - h) @ W1.T"),
    (None, "operator-left", DERIVED),
    (None, "not-the-question", GRADIENT),
]


@pytest.mark.parametrize(
    ("exercise", "text"), [*((ENTRY_BY_HAND, t) for t in RIGHT_ENTRY), *((CHAIN_BY_HAND, t) for t in RIGHT_CHAIN)]
)
def test_a_right_derivation_passes_however_it_goes(exercise, text):
    verdict = exercise.check(text)
    assert verdict.state == "right", verdict


@pytest.mark.parametrize(
    ("exercise", "line", "slug", "text"),
    [*((ENTRY_BY_HAND, *wrong) for wrong in WRONG_ENTRY), *((CHAIN_BY_HAND, *wrong) for wrong in WRONG_CHAIN)],
)
def test_a_wrong_derivation_is_rejected_at_its_line_and_by_its_name(exercise, line, slug, text):
    for _ in range(3):
        verdict, reading = exercise.examine(text)
        slip = reading.first_slip
        assert (verdict.state, slip.number if slip else None, verdict.mistake) == ("wrong", line, slug)


def test_one_dot_for_two_products_is_told_with_both_factors_and_both_shapes():
    verdict = CHAIN_BY_HAND.check("D(J, x)\n(y_hat - y) @ W2.T @ sigma(z) @ (1 - sigma(z)) @ W1.T")
    assert verdict.mistake == "matmul-for-hadamard"
    assert (
        r"$(\hat{y} - y) \, W_{2}^{T}$ is a row (1, 5) and $\sigma(z)$ is a row (1, 5); at the `@`, 5 meets 1"
        in verdict.message
    )


def test_the_counterexample_of_an_entry_shows_the_matrix_it_is_an_entry_of():
    inputs = ENTRY_BY_HAND.check(f"{ENTRY}\n-W2[j, i]").detail.inputs
    assert list(inputs) == ["W2", "i", "j"]
    assert inputs["i"] != inputs["j"]
