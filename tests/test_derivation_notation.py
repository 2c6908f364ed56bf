"""The notation: what each line means, what is said where one cannot be read, and how it is typeset."""

import numpy as np
import pytest

from tests.derivation_chains import RIGHT_OTHER, RIGHT_SAME
from utils.exercises import get
from utils.judge.algebra import (
    HIDDEN_LAYER,
    OTHER_INDEX,
    SAME_INDEX,
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

SCALAR = [text for id in ("2b_1.identity", "2b_1.symmetry") for text in get(id).accepts]
NETWORK = [text for id in ("2b_3.chain", "2b_3.entry", "3_3.weight") for text in get(id).accepts]
SETTINGS = {"class": OTHER_INDEX, "soft": SOFT_LABELS, "network": HIDDEN_LAYER, "sigmoid": SIGMOID}


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


@pytest.mark.parametrize(
    ("setting", "line", "same"),
    [
        ("class", "D(J, theta[i])", "y_hat[i] - y[i]"),
        ("class", "D(J, theta)", "y_hat - y"),
        ("class", "D(J, y_hat)", "-y / y_hat"),
        ("class", "D(y_hat, theta)", "diag(y_hat) - y_hat.T @ y_hat"),
        ("soft", "D(y_hat[i], theta[j])", "y_hat[i] * (delta(i, j) - y_hat[j])"),
        ("soft", "D(J, y_hat) @ D(y_hat, theta)", "y_hat * sum(y[k], k) - y"),
        ("soft", "D(D(J, theta[i]), theta[j])", "y_hat[i] * (delta(i, j) - y_hat[j])"),
        ("soft", "sum(sum(y[k] * y_hat[m], m), k)", "1"),
        ("soft", "sum(y_hat[k], k != i)", "1 - y_hat[i]"),
        ("soft", "sum(D(J, theta[i]) + D(theta[i], y_hat[k]), k)", "3 * D(J, theta[i])"),
        ("soft", "sum(D(J, theta) @ theta.T + D(1, theta[k]), k)", "3 * (D(J, theta) @ theta.T)"),
        ("soft", "D(theta, y_hat) + D(y, theta)", "0 * diag(y)"),
        ("soft", "sum(D(sum(y[m] * theta[k], m), theta) @ y.T, k)", "sum(y)"),
        ("soft", "sum(exp(theta))", "sum(exp(theta[k]), k)"),
        ("soft", "δ(i, j) - delta(i, i)", "-1"),
        ("class", "D(J, y_hat) @ D(y_hat, theta[i])", "D(J, theta[i])"),
        ("class", "D(y_hat, theta[i])", "D(y_hat, theta)[:, i].T"),
        ("network", "D(J, y_hat) @ D(y_hat, theta) @ D(theta, W2[j, i])", "D(J, W2[j, i])"),
        ("network", "D(J, theta) @ (D(theta, h) @ D(h, z[j]))", "D(J, z[j])"),
        ("network", "D(h, h[j]) @ W2 + h @ D(W2, h[j])", "D(theta, h[j])"),
        ("network", "y.T @ D(theta, h[j])", "y.T @ W2[j, :]"),
        ("soft", "sum(sqrt(y_hat[k]) ** 4 / y_hat[k], k)", "+1"),
        ("soft", "log(exp(theta[i]) ** 2) - ln(exp(θ[i]))", "theta[i]"),
        ("soft", "y\u0302[i] - ŷ[i]", "0"),
        ("sigmoid", "D(sigmoid(z), z)", "sigma(z) * sigma(-z)"),
        ("sigmoid", "D((1 + exp(-z)) ** -1, z)", "h * (1 - h)"),
        ("network", "D(theta[i], h[j])", "W2[j, i]"),
        ("network", "h @ W2[:, i] + b2[i]", "theta[i]"),
        ("network", "D(theta, h)", "W2.T"),
        ("network", "D(h, z)", "diag(h * (1 - h))"),
        ("network", "D(J, x)", "((y_hat - y) @ W2.T * h * (1 - h)) @ W1.T"),
        ("network", "D(J, W2)", "h.T @ (y_hat - y)"),
        ("network", "D(J, W1[k, j])", "x[k] * D(J, z[j])"),
    ],
)
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


@pytest.mark.parametrize(
    ("setting", "line", "same"),
    [
        # indices
        ("soft", "θ_i - ŷ_j", "theta[i] - y_hat[j]"),
        ("soft", r"\theta_{i} - \hat{y}_j - \hat y_i - \widehat{y}_i", "theta[i] - y_hat[j] - y_hat[i] - y_hat[i]"),
        ("soft", "θᵢ + y_hat_i + yhat[j] + y_hat(i)", "theta[i] + y_hat[i] + y_hat[j] + y_hat[i]"),
        ("soft", r"\mathrm{softmax}(\theta)_i", "softmax(theta)[i]"),
        ("soft", r"\left[\operatorname{softmax}(\boldsymbol{\theta})\right]_i", "softmax(theta)[i]"),
        ("network", "W2[j][i] + W_{2,ji} + W_{2,j,i} + W_{2ji} + W_2[j, i]", "+".join(["W2[j, i]"] * 5)),
        (
            "network",
            r"(W_2)_{ji} + \mathbf{W}_{2, ji} + w_{2,ji} + W₂[j, i]",
            "W2[j, i] + W2[j, i] + W2[j, i] + W2[j, i]",
        ),
        ("network", "(W_2^T)_{ij} + W2.T[i][j]", "W2.T[i, j] + W2.T[i, j]"),
        # products
        ("network", "xW_1+b_1", "x @ W1 + b1"),
        ("network", r"h \cdot W_2 + b_{2}", "h @ W2 + b2"),
        ("network", "(ŷ - y) W₂ᵀ ∘ h ⊙ (1 - h)", "(y_hat - y) @ W2.T * h * (1 - h)"),
        ("network", "h ∘ (ŷ - y) W_2^T", "h * ((y_hat - y) @ W2.T)"),
        ("network", r"h^\top\theta + h^{T}\theta + hᵀθ", "h.T @ theta + h.T @ theta + h.T @ theta"),
        ("network", r"\sigma(z)(1-\sigma(z))", "sigma(z) * (1 - sigma(z))"),
        ("network", "2 h_j W_{2,ji}", "2 * h[j] * W2[j, i]"),
        ("network", "h_jW_{2,ji}", "h[j] * W2[j, i]"),
        ("soft", "y ŷᵀ", "y @ y_hat.T"),
        ("soft", "∂J/∂ŷ ∂ŷ/∂θ_i", "D(J, y_hat) @ D(y_hat, theta[i])"),
        ("soft", "2(θ_i − 1)3 × y_i", "2 * (theta[i] - 1) * 3 * y[i]"),
        # powers
        ("sigmoid", "e^{-z} + e^-z + e^z - \\exp(z) - e**z", "exp(-z) + exp(-z) + exp(z) - exp(z) - exp(z)"),
        ("sigmoid", "(1+e^{-z})^{-2} + (1 + z)² + z⁻¹", "(1 + exp(-z)) ** -2 + (1 + z) ** 2 + z ** -1"),
        ("sigmoid", r"\sqrt{z} z + √z", "sqrt(z) * z + sqrt(z)"),
        ("sigmoid", r"\frac12 z + \tfrac{1}{2} + \dfrac{z}{1+z}", "1 / 2 * z + 1 / 2 + z / (1 + z)"),
        ("soft", "e^θ_i + e^{θ_j} + e^theta[i]", "exp(theta[i]) + exp(theta[j]) + exp(theta[i])"),
        # sums
        ("soft", "Σ_k ŷ_k + sum_k ŷ_k + Σₖ ŷₖ", "sum(y_hat[k], k) + sum(y_hat[k], k) + sum(y_hat[k], k)"),
        ("soft", r"\sum_{k=1}^{K} y_k + \sum\limits_{k=1}^3 y_k", "sum(y[k], k) + sum(y[k], k)"),
        ("soft", r"\sum_{k \ne i} y_k + \sum_{k=1, k\neq i}^{K} y_k", "sum(y[k], k != i) + sum(y[k], k != i)"),
        ("soft", "Σ_{k≠i} y_k log ŷ_k - 1", "sum(y[k] * log(y_hat[k]), k != i) - 1"),
        ("soft", r"\sum_{k,m} y_k y_m", "sum(sum(y[k] * y[m], m), k)"),
        ("soft", "Σ exp(θ) + Σ e^θ", "sum(exp(theta)) + sum(exp(theta))"),
        ("soft", "1/Σ_k e^θ_k · e^θ_i", "1 / sum(exp(theta[k]), k) * exp(theta[i])"),
        # logarithms
        ("soft", r"\log\sum_k e^{\theta_k} - \ln \hat y_i", "log(sum(exp(theta[k]), k)) - log(y_hat[i])"),
        ("soft", "LSE(θ) - logsumexp(theta)", "log(sum(exp(theta))) - log(sum(exp(theta)))"),
        ("soft", r"-\log\frac{e^{\theta_i}}{\sum_k e^{\theta_k}}", "-log(exp(theta[i]) / sum(exp(theta[k]), k))"),
        ("soft", "log ŷ_i log y_i - log 2y_i", "log(y_hat[i]) * log(y[i]) - log(2 * y[i])"),
        ("soft", "log(y_i)² y_i", "log(y[i]) ** 2 * y[i]"),
        ("soft", r"CE(y, \hat y)", "-sum(y * log(y_hat))"),
        # deltas
        ("soft", "δ_ij + δᵢⱼ + \\delta_{i,j} + δ(i, j)", "+".join(["delta(i, j)"] * 4)),
        ("soft", r"1[i = j] + \mathbb{1}[i=j] + \mathbf{1}_{i=j} + [i == j]", "+".join(["delta(i, j)"] * 4)),
        # derivatives
        ("soft", "∂J/∂θ_i - dJ/dtheta_i - dJ / dtheta[i]", "D(J, theta[i]) - D(J, theta[i]) - D(J, theta[i])"),
        (
            "soft",
            r"\frac{\partial J}{\partial\theta_i} - \frac{\mathrm{d} J}{\mathrm{d}\theta_i}",
            "D(J, theta[i]) - D(J, theta[i])",
        ),
        ("soft", r"\partial_{\theta_i} J + \nabla_{\theta_i} J", "D(J, theta[i]) + D(J, theta[i])"),
        ("soft", r"\frac{\partial}{\partial\theta_i}\Bigl(-\log\hat y_j\Bigr)", "D(-log(y_hat[j]), theta[i])"),
        ("soft", r"\frac{\partial(-\log\hat y_j)}{\partial\theta_i}", "D(-log(y_hat[j]), theta[i])"),
        ("soft", r"\frac{\partial}{\partial\theta_i}\theta_i - \log y_i", "D(theta[i], theta[i]) - log(y[i])"),
        (
            "soft",
            r"\frac{\partial}{\partial\theta_i} y_i \log \hat y_j \cdot 2",
            "D(y[i] * log(y_hat[j]) * 2, theta[i])",
        ),
        ("soft", "∂/∂θ_i log Σ_k e^{θ_k}", "D(log(sum(exp(theta[k]), k)), theta[i])"),
        ("soft", "-1/ŷ_j ∂ŷ_j/∂θ_i", "-1 / y_hat[j] * D(y_hat[j], theta[i])"),
        ("soft", "∂/∂θ_i (θ_i) y_i", "D(theta[i], theta[i]) * y[i]"),
        ("sigmoid", "d/dz (1 + z)^-1 z", "D((1 + z) ** -1, z) * z"),
        ("sigmoid", "∂σ/∂z + dsigma/dz", "D(sigma(z), z) + D(sigma(z), z)"),
        ("soft", r"\left\{ y_i \,\; 2 \right\} & \quad", "(y[i] * 2)"),
    ],
)
def test_paper_and_latex_are_read_as_the_same_tree(setting, line, same):
    setting = SETTINGS[setting]
    kinds = world(setting).kinds
    assert kinds.meant(parse(line, setting.names)) == parse(same, setting.names)


def test_the_derivative_of_sigma_has_a_prime():
    for line in ("σ'(z)", r"\sigma'(z)", "sigma′(z)", r"\sigma^\prime(z)"):
        np.testing.assert_allclose(value(line, HIDDEN_LAYER), value("h * (1 - h)", HIDDEN_LAYER), rtol=1e-12)


@pytest.mark.parametrize(
    ("line", "ways"),
    [
        ("1/2 y[i]", ["1 / 2 * y[i]", "1 / (2 * y[i])"]),
        ("∂/∂θ_i (y_i) θ_i", ["D(y[i], theta[i]) * theta[i]", "D(y[i] * theta[i], theta[i])"]),
        ("1 / 2 * y[i]", ["1 / 2 * y[i]"]),
        (r"\frac{1}{2} y[i]", ["1 / 2 * y[i]"]),
    ],
)
def test_what_paper_leaves_open_has_two_readings(line, ways):
    kinds, names = world(SOFT_LABELS).kinds, SOFT_LABELS.names
    assert [kinds.meant(way) for way in readings(line, names)] == [parse(way, names) for way in ways]


def test_all_that_is_wrong_with_a_line_is_told_at_once():
    trouble = refusal("tehta[i] + foo(3) ; e + qq")
    assert [other.column for other in (trouble, *trouble.more)] == [0, 11, 18, 20, 24]
    assert "At column 12: `foo` is not a function" in trouble.all


# ---- what is refused, where, and how to mend it --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("dot(y, y)", 0, "written `@`"),
        ("sigma_prime(y)", 0, "`sigma(z) * (1 - sigma(z))`"),
        ("sum(y[j], )", 10, "missing before"),
        ("sum(y[j], j, k)", 0, "the letter it runs over"),
        ("tehta[i]", 0, "`theta`"),
        ("D(J, tehta[i])", 5, "`theta`"),
        ("1 - (y[i]", 4, "never closed"),
        ("1 - y[i])", 8, "closes nothing"),
        ("log(y[i]]", 8, "closes nothing"),
        ("y_hat[i] -", 10, "should follow"),
        ("* y_hat[i]", 0, "is missing"),
        ("D(J)", 0, "with respect to what"),
        ("D(J, 2)", 5, "a name or one of its entries"),
        ("D(D(D(J, theta[i]), theta[i]), theta[i])", 0, "Three derivatives"),
        ("theta[0]", 6, "one of the letters"),
        ("i * theta[i]", 0, "letter that counts"),
        ("softmax", 0, "taken of something"),
        ("theta.real", 6, "only `T` can follow"),
        ("theta.T.T[i].x", 13, "only `T` can follow"),
        ("exp(theta[i], 2)", 0, "taken of one thing"),
        ("2 ** theta[i]", 5, "An exponent is a number"),
        ("theta[i] ** 99", 12, "An exponent is a number"),
        ("1e9 * theta[i]", 0, "Numbers go up to"),
        ("print(1)", 0, "is not a function"),
        ("y[i] if y[i] else 1", 5, "There is no `if`"),
        ("[1, 2]", 2, "a comma stands only between letters"),
        ("y[i], y[k]", 4, "One expression a line"),
        ("∂J", 0, "`D(expr, theta[i])`"),
        ("y.T ⊗ y", 4, "a column times a row"),
        ("∇J", 0, "`D(expr, theta[i])`"),
        ("y[i];", 4, "One expression a line"),
        ("y[i] // so", 5, "a comment begins with `#`"),
        ("y[i] + ... + y[k]", 7, "many terms is written `sum(expr, j)`"),
        ("sum(y[j], j=0)", 11, "names its letter alone"),
        ("sum(j, y[j])", 0, "comes last: `sum(expr, j)`"),
        ("sum(y[j] for j)", 9, "written `sum(expr, j)`"),
        ("theta.exp(y)", 6, "`exp(...)` stands alone"),
        ("-np.exp(theta[i])", 1, "Drop `np.`: `exp(...)` stands alone."),
        ("numpy.dot(y, theta)", 0, "Drop `numpy.`. The matrix product is written `@`."),
        ("1 + np.array(y)", 4, "Drop `np.`: there is no `array` here."),
        ("y.dot(theta)", 2, "The matrix product is written `@`"),
        ("y.transpose", 2, "A transpose is written `.T`"),
        ("y_ - 1", 3, "What fits: one of the letters i, j, k, l, m, n, `{`."),
        ("y[i] y[k$]", 8, "`$` has no meaning"),
        ("dtheta[i]", 0, "`D(expr, theta[i])`"),
        ("d log(y[i])", 0, "`D(expr, theta[i])`"),
        ("partial J", 0, "`D(expr, theta[i])`"),
        ("D_theta * J", 0, "`D(expr, theta[i])`"),
        ("grad(J, theta)", 0, "`D(expr, theta[i])`"),
        ("theta - max(theta)", 8, "leave it out"),
        ("y[i] # 1", 5, "no meaning"),
        ("1 \x00", 2, "cannot be seen"),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_column_with_a_mend(text, column, said):
    trouble = refusal(text)
    assert trouble.column == column
    assert said in trouble.message


@pytest.mark.parametrize(
    ("setting", "text", "said"),
    [
        ("network", "y_hat @ W2", r"$\hat{y}$ is a row (1, 3) and $W_{2}$ is a matrix (5, 3); at the `@`, 3 meets 5"),
        ("network", "h * theta", r"entry by entry does not fit: $h$ is a row (1, 5) and $\theta$ is a row (1, 3)"),
        ("network", "W1 + W2", "$W_{1}$ is a matrix (4, 5) and $W_{2}$ is a matrix (5, 3); `+` takes two of one shape"),
        ("network", "y + " + " + ".join(["y_hat"] * 12) + " + h", "the left side is a row (1, 3) and $h$ is a row"),
        ("network", "2 @ W2", "A number multiplies with `*`"),
        ("network", "W1 * h", "The matrix product is `@`; to scale each column by an entry of the row, `@ diag(...)`."),
        ("network", "(y_hat - y) @ D(J, theta)", "at the `@`, 3 meets 1"),
        ("network", "D(J, h) @ D(theta, h)", "at the `@`, 5 meets 3"),
        ("network", "(y_hat - y) @ D(W2, W2[j, i])", "at the `@`, 3 meets 5"),
        ("network", "theta[i][j]", "one number already"),
        ("class", "d/dz sigma(z)", "There is no `z` here"),
        ("network", "W2.T(h)", r"$W_{2}^{T}$ is a matrix (3, 5) and $h$ is a row (1, 5)"),
        ("network", "h (W2 h)", "$W_{2}$ is a matrix (5, 3) and $h$ is a row (1, 5)"),
        ("network", "softmax(theta[i])", "its entry is `softmax(theta)[i]`"),
        ("network", "W2[j]", "two letters"),
        ("network", "h[j, i]", "one letter"),
        ("network", "W2[i, j]", "`i` has 3 values, but here it counts 5: the rows of $W_{2}$"),
        ("network", "W2.T[i, i]", "`i` has 3 values, but here it counts 5: the columns of $W_{2}^{T}$"),
        ("network", "sum(h[k] * theta[k], k)", "3 entries in one place and 5 in another"),
        ("network", "D(W2, W1)", "four indices"),
        ("network", "D(W1, h)", "three indices"),
        ("network", "softmax(W1)", "taken of a row"),
        ("network", "diag(x.T)", "makes a matrix of a row"),
        ("class", "exp(theta[j]) / sum(exp(theta[j]), j)", "only inside a sum"),
        ("class", "sum(exp(theta[i]), i)", "`i` is taken"),
        ("class", "sum(exp(theta[i]), j)", "does not occur"),
        ("class", "sum(y[k])", "needs the letter it runs over"),
        ("class", "J[i]", "one number already"),
    ],
)
def test_what_does_not_go_together_is_told_with_its_shapes(setting, text, said):
    assert said in refusal(text, SETTINGS[setting]).message


@pytest.mark.parametrize(
    "text",
    [
        "(" * 500 + "1" + ")" * 500,
        "-" * 390 + "1",
        "log(" * 30 + "2" + ")" * 30,
        "1 + " * 2000 + "1",
        "+".join(["1"] * 190),
        "sum(" * 6 + "y[j]" + ", j)" * 6,
        "sum(sum(sum(sum(sum(y[i] * y[j] * y[l] * y[m] * y[n], j), l), m), n), k)",
        "x" * LONGEST_LINE,
        "theta" + ".T" * 190,
        "theta[i]" + " ** 2" * 70,
    ],
)
def test_what_is_too_deep_or_too_long_is_refused(text):
    assert refusal(text).message


def test_brackets_may_be_as_deep_as_is_promised():
    assert parse("(" * DEEPEST + "1" + ")" * DEEPEST, ())


def test_nothing_but_the_listed_operations_is_ever_run():
    for text in (
        "__import__('os')",
        "open('x')",
        "().__class__",
        "theta.__class__",
        "f'{theta}'",
        "(lambda: 1)()",
        "[*y]",
    ):
        refusal(text)


# ---- typesetting --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("y_hat[i] - 1", r"\hat{y}_{i} - 1"),
        ("-(theta[i] - y[i])", r"-(\theta_{i} - y_{i})"),
        ("theta[i] - (y[i] - y[k])", r"\theta_{i} - (y_{i} - y_{k})"),
        ("theta[i] + (y[i] - y[k])", r"\theta_{i} + y_{i} - y_{k}"),
        ("theta[i] + (-y[i])", r"\theta_{i} + (-y_{i})"),
        ("-(-y[i])", r"-(-y_{i})"),
        ("(y[i] + y[k]) * theta[i]", r"(y_{i} + y_{k}) \, \theta_{i}"),
        ("y[i] * -theta[i]", r"y_{i} \, (-\theta_{i})"),
        ("-y[i] * theta[i]", r"-y_{i} \, \theta_{i}"),
        ("2 * 3", r"2 \cdot 3"),
        ("-1 / y[i]", r"-\frac{1}{y_{i}}"),
        ("D(-1 / y[i], y[i])", r"\frac{\partial}{\partial y_{i}} \left(-\frac{1}{y_{i}}\right)"),
        ("D(1 / y[i], y[i])", r"\frac{\partial}{\partial y_{i}} \frac{1}{y_{i}}"),
        ("log(-y[i] / y[k])", r"\log \left(-\frac{y_{i}}{y_{k}}\right)"),
        ("log(D(-y[i] / 3, y[i]))", r"\log \frac{\partial}{\partial y_{i}} \left(-\frac{y_{i}}{3}\right)"),
        ("(y[i] / y[k]) ** 2", r"\left(\frac{y_{i}}{y_{k}}\right)^{2}"),
        ("exp(theta[i]) ** 2", r"(e^{\theta_{i}})^{2}"),
        ("log(y[i] * y[k])", r"\log (y_{i} \, y_{k})"),
        ("log(y[i]) * y[k]", r"(\log y_{i}) \, y_{k}"),
        ("y[k] * log(y[i])", r"y_{k} \, \log y_{i}"),
        ("sum(y[j], j) * y[k]", r"\left(\sum_{j} y_{j}\right) \, y_{k}"),
        ("sum(y[j] - 1, j)", r"\sum_{j} (y_{j} - 1)"),
        ("sum(y[j], j != i)", r"\sum_{j \neq i} y_{j}"),
        ("D(J, theta[i])", r"\frac{\partial J}{\partial \theta_{i}}"),
        ("D(-log(y_hat[k]), theta[i])", r"\frac{\partial}{\partial \theta_{i}} (-\log \hat{y}_{k})"),
        ("D(log(y[i]), theta[i]) * y[k]", r"\left(\frac{\partial}{\partial \theta_{i}} \log y_{i}\right) \cdot y_{k}"),
        ("softmax(theta)[i]", r"\operatorname{softmax}(\theta)_{i}"),
        ("delta(i, k)", r"\delta_{ik}"),
        ("y_hat * y", r"\hat{y} \circ y"),
        ("y_hat.T @ y_hat", r"\hat{y}^{T} \, \hat{y}"),
        ("y * (y_hat @ theta.T)", r"y \, (\hat{y} \, \theta^{T})"),
        ("(y * y_hat) @ theta.T", r"(y \circ \hat{y}) \, \theta^{T}"),
        ("y * y_hat @ theta.T", r"(y \circ \hat{y}) \, \theta^{T}"),
    ],
)
def test_a_line_is_typeset_with_the_brackets_its_meaning_needs(text, latex):
    shapes = world(OTHER_INDEX).kinds.shapes
    assert typeset(parse(text, OTHER_INDEX.names), shapes) == latex


def test_what_is_typeset_is_read_as_what_it_was():
    for setting, lines in (
        (OTHER_INDEX, RIGHT_OTHER),
        (SAME_INDEX, RIGHT_SAME),
        (HIDDEN_LAYER, NETWORK),
        (SIGMOID, SCALAR),
    ):
        kinds = world(setting).kinds
        for line in {line for text in lines for line in lines_of(text)}:
            tree = kinds.meant(parse(line, setting.names))
            latex = typeset(tree, kinds.shapes)
            np.testing.assert_allclose(value(latex, setting), value(line, setting), rtol=1e-9, atol=1e-12)


def test_matrices_are_typeset_as_the_chapters_write_them():
    shapes = world(HIDDEN_LAYER).kinds.shapes
    line = "((y_hat - y) @ W2.T * sigma(z) * (1 - h)) @ W1.T"
    expected = r"((\hat{y} - y) \, W_{2}^{T} \circ \sigma(z) \circ (1 - h)) \, W_{1}^{T}"
    assert typeset(parse(line, HIDDEN_LAYER.names), shapes) == expected
    assert typeset(parse("W2[j, i]", HIDDEN_LAYER.names), shapes) == "W_{2,ji}"
