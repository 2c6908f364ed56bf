"""The notation: what each line means, what is said where one cannot be read, and how it is typeset."""

import numpy as np
import pytest

from utils.derivation import HIDDEN_LAYER, OTHER_INDEX, SIGMOID, SOFT_LABELS, Unreadable, example_lines, parse, typeset
from utils.derivation.evaluate import World
from utils.derivation.notation import DEEPEST, LONGEST_LINE
from utils.reference import complex_step, cross_entropy_from_logits, sigmoid_derivative, softmax, softmax_jacobian

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


# ---- what is refused, where, and how to mend it --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("2theta[i]", 1, "A product needs `*`: `2 * theta[i]`"),
        ("y_hat[i] (1 - y_hat[i])", 9, "needs `*`"),
        ("(1) theta[i]", 4, "needs `*`"),
        ("y_hat(1)", 0, "needs `*`"),
        ("theta[i]^2", 8, "write `**`"),
        ("y @ W2^T", 6, "for a transpose `.T`"),
        ("dot(y, y)", 0, "written `@`"),
        ("sigma_prime(y)", 0, "`sigma(z) * (1 - sigma(z))`"),
        ("sum(y[j], )", 10, "missing before"),
        ("sum(y[j], j, k)", 0, "the letter it runs over"),
        ("tehta[i]", 0, "`theta`"),
        ("D(J, tehta[i])", 5, "`theta`"),
        ("1 - (y[i]", 4, "never closed"),
        ("1 - y[i])", 8, "closes nothing"),
        ("log(y[i]]", 8, "closes nothing"),
        ("J = -log(y_hat[k])", 2, "the line above is the left-hand side"),
        ("= y_hat[i]", 0, "the line above is the left-hand side"),
        ("log y_hat[k]", 4, "needs brackets"),
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
        ("e ** theta[i]", 0, "write `exp(...)`"),
        ("print(1)", 0, "is not a function"),
        ("y[i] if y[i] else 1", 5, "needs `*`"),
        ("[1, 2]", 0, "picks an entry"),
        ("y[i], y[k]", 4, "One expression a line"),
        ("\\frac{1}{2}", 0, "LaTeX"),
        ("∂J", 0, "`D(expr, theta[i])`"),
        ("y[i] · y[k]", 5, "`*`"),
        ("θ[i] − 1", 5, "minus"),
        ("y[i] ⊙ y[k]", 5, "entry by entry is written `*`"),
        ("y.T ⊗ y", 4, "a column times a row"),
        ("y[i]² - 1", 4, "written `**`"),
        ("J² - 1", 1, "written `**`"),
        ("y @ yᵀ", 5, "A transpose is written `.T`"),
        ("θᵢ - 1", 1, "in brackets, as in `theta[i]`"),
        ("W₂", 1, "the number of a layer is part of the name"),
        ("√y[i]", 0, "`sqrt(...)`"),
        ("∇J", 0, "`D(expr, theta[i])`"),
        ("y[i];", 4, "One expression a line"),
        ("y[i] // so", 5, "a comment begins with `#`"),
        ("$y[i]$", 0, "LaTeX"),
        ("e^theta[i]", 1, "for a power of e `exp(...)`"),
        ("y[i] + ... + y[k]", 7, "many terms is written `sum(expr, j)`"),
        ("sum(y[j], j=0)", 11, "names its letter alone"),
        ("sum(y[j] * (j == i), j)", 14, "`delta(i, j)` is 1"),
        ("sum(j, y[j])", 0, "comes last: `sum(expr, j)`"),
        ("sum_j y[j]", 0, "written `sum(expr, j)`"),
        ("sum_j(y[j])", 0, "written `sum(expr, j)`"),
        ("Σ_j y[j]", 0, "written `sum(expr, j)`"),
        ("sum(y[j] for j)", 9, "written `sum(expr, j)`"),
        ("theta.exp(y)", 6, "`exp(...)` stands alone"),
        ("-np.exp(theta[i])", 1, "Drop `np.`: `exp(...)` stands alone."),
        ("numpy.dot(y, theta)", 0, "Drop `numpy.`. The matrix product is written `@`."),
        ("1 + np.array(y)", 4, "Drop `np.`: there is no `array` here."),
        ("y.dot(theta)", 2, "The matrix product is written `@`"),
        ("y.transpose", 2, "A transpose is written `.T`"),
        ("y_hat_i - 1", 0, "in brackets: `y_hat[i]`"),
        ("ŷ_i - 1", 0, "in brackets: `ŷ[i]`"),
        ("softmax(theta)_i", 14, "in brackets, as in `theta[i]`"),
        ("y_ - 1", 0, "There is no `y_`"),
        ("delta_ik", 0, "`delta(i, k)`"),
        ("y_hat(i)", 0, "`y_hat[i]`"),
        ("y[i](1 - y[i])", 4, "needs `*`: `y[i] * (1 - y[i])`"),
        ("(1 - y[i]) log(y[k])[i] + 2", 11, "needs `*`: `(1 - y[i]) * log(y[k])[i]`"),
        ("2 + softmax(theta).T[i] y[i]", 24, "needs `*`: `softmax(theta).T[i] * y[i]`"),
        ("(y[i])(y[k])(theta[i])", 6, "needs `*`: `(y[i]) * (y[k])`"),
        ("(y[i] + y[k] + y_hat[i] + y_hat[k])(1 - y[i]", 35, "needs `*`: `(...) * (1 - y[i]`"),
        ("y[i] y[k$]", 5, "needs `*`: `y[i] * (...)`"),
        ("-dJ / dtheta", 1, "`D(J, theta)`"),
        ("2 * dJ/dtheta[i]", 4, "`D(J, theta[i])`"),
        ("∂ŷ[k]/∂θ[i]", 0, "`D(ŷ[k], θ[i])`"),
        ("d/dtheta[i] J", 0, "`D(expr, theta[i])`"),
        ("dtheta[i]", 0, "`D(expr, theta[i])`"),
        ("d log(y[i])", 2, "`D(expr, theta[i])`"),
        ("partial J", 8, "`D(expr, theta[i])`"),
        ("D_theta * J", 0, "`D(expr, theta[i])`"),
        ("grad(J, theta)", 0, "`D(expr, theta[i])`"),
        ("logsumexp(theta)", 0, "`log(sum(exp(theta)))`"),
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
        ("network", "W2[j][i]", "in one pair of brackets: write `W2[j, i]`"),
        ("network", "W2.T[i][j]", "in one pair of brackets: write `[i, j]`"),
        ("network", "theta[i][j]", "one number already"),
        ("network", "dtheta[i]/dh[j]", "written `D(theta[i], h[j])`"),
        ("network", "d/dz sigma(z)", "written `D(expr, z)`"),
        ("class", "d/dz sigma(z)", "written `D(expr, z)`"),
        ("network", "W2.T(h)", "between `W2.T` and `(h)`"),
        ("network", "(y_hat - y) W2.T", "between `(y_hat - y)` and `W2.T`: `@` for the product of matrices"),
        ("network", "W2(h)", "between `W2` and `(...)`: `@` for the product of matrices"),
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


def test_matrices_are_typeset_as_the_chapters_write_them():
    shapes = world(HIDDEN_LAYER).kinds.shapes
    line = "((y_hat - y) @ W2.T * sigma(z) * (1 - h)) @ W1.T"
    expected = r"((\hat{y} - y) \, W_{2}^{T} \circ \sigma(z) \circ (1 - h)) \, W_{1}^{T}"
    assert typeset(parse(line, HIDDEN_LAYER.names), shapes) == expected
    assert typeset(parse("W2[j, i]", HIDDEN_LAYER.names), shapes) == "W_{2,ji}"
