"""An answer read from inside: reading changes nothing, a slip is placed, and no line that is right is blamed."""

import numpy as np
import pytest

from tests.one_slip import function, right_programs, slips
from utils.exercises import BANK, get
from utils.judge.code.calls import call, same_outcome
from utils.judge.code.inside import Inside, Unreadable
from utils.panels.verdict import bundle

DX = "2b_3.input_gradient"
HEAD = "def f(x, y, W1, b1, W2, b2):\n    z, h, theta, y_hat = forward(x, W1, b1, W2, b2)\n"
EVERYTHING = '''
def f(theta, *, scale=2.0):
    """All sorts of things."""
    log: list[float] = []
    def inner(row, power=1):
        nonlocal scale
        if (m := row.max()) > -np.inf and not row.sum() == 1e9:
            row = row - m
        return np.exp(row) ** power
    rows = [inner(row) for row in np.atleast_2d(theta) if row.any() or True]
    total = 0
    for i, row in enumerate(rows):
        total += row.sum()
        rows[i] /= (lambda s: s.sum())(row)
        log.append(f"{total:.2f}" if i else "first")
    while len(log) > 100:
        log.pop()
    try:
        out = np.empty((len(rows), theta.shape[-1]))
        out[:, ::1], first = rows, rows[0][..., None]
    except ValueError:
        raise
    with np.errstate(all="ignore"):
        out[0] = {**{"a": out[0]}}["a"]
    return out.reshape(theta.shape) if theta.ndim else first
'''
READ = [*right_programs(), ("2a_1.softmax", EVERYTHING.strip())]


def place(exercise, source, seed=0):
    return get(exercise).check(function(exercise, source), np.random.default_rng(seed)).place


@pytest.mark.parametrize(("exercise", "source"), READ, ids=[exercise for exercise, _ in READ])
def test_a_right_answer_is_right_and_does_what_it_did_when_it_is_read(exercise, source):
    answer, asked = function(exercise, source), BANK[exercise]
    assert asked.check(answer).state == "right"
    inside = Inside(answer)
    for case in asked.inputs(np.random.default_rng(0)):
        bare, _ = call(answer, case, len(asked.returns))
        assert same_outcome(inside.run(case, len(asked.returns)).outcome, bare)


@pytest.mark.parametrize("thing", [np.exp, max, type("A", (), {"__call__": lambda self, x: x})()])
def test_what_has_no_source_is_unreadable(thing):
    with pytest.raises(Unreadable):
        Inside(thing)
    scope = {}
    exec("def f(x, y, W1, b1, W2, b2):\n    return x", scope)
    assert get(DX).check(scope["f"]).place is None


@pytest.mark.parametrize(
    ("line", "last", "due"),
    [
        ("dtheta = np.log(y_hat) - y", r"\theta", r"\hat y"),
        ("dtheta = y_hat - y + b2", r"\hat y", r"\partial J/\partial\theta"),
        ("dtheta = -y", r"\hat y", r"\partial J/\partial\theta"),
    ],
)
def test_a_place_names_the_step_that_was_reached_and_another_that_is_due(line, last, due):
    found = place("2b_3.one_row", f"{HEAD}    {line}\n    return dtheta @ W2.T * h * (1 - h) @ W1.T")
    assert (found.line, found.last, found.due) == (3, f"${last}$", f"${due}$")


def test_a_loop_over_rows_is_read_a_row_at_a_time():
    source = (
        "def f(x, y, W1, b1, W2, b2):\n    X, Y = np.atleast_2d(x), np.atleast_2d(y)\n    out = np.zeros_like(X)\n"
        "    for n in range(len(X)):\n        h = sigmoid(X[n] @ W1 + b1)\n        p = softmax(h @ W2 + b2)\n"
        "        back = W2 @ (p - Y[n])\n        out[n] = W1 @ (back * h) / len(X)\n    return out.reshape(x.shape)"
    )
    found = place(DX, source)
    assert (found.line, found.expression) == (8, "back * h") and found.due == r"$\partial J/\partial z$"
    assert [line.sign for line in found.lines] == ["✓", "", "", "✓", "✓", "", "✗", ""]


def test_a_helper_of_another_cell_is_read_too():
    answer = function(DX, HEAD + "    return back((y_hat - y) / (1 if x.ndim == 1 else len(x)), W2, h) @ W1.T")
    helper = function(DX, "def back(d, W, h):\n    return d @ W.T * h")
    # The same function among other names, as if its cell stood in the same notebook.
    answer.__globals__["back"] = type(helper)(helper.__code__, answer.__globals__, "back")
    found = get(DX).check(answer).place
    assert (found.function, found.line, found.expression) == ("back", 2, "d @ W.T * h")


@pytest.mark.parametrize(
    ("line", "factor"),
    [
        ("(y - y_hat) / N", "$-1$"),
        ("y_hat - y", "$N$"),
        ("2 * (y_hat - y) / N", "2"),
        ("(y_hat - y) / N / N", "one over $N$"),
    ],
)
def test_a_factor_is_told_where_it_enters(line, factor):
    body = f"    N = 1 if x.ndim == 1 else len(x)\n    d = {line}\n    return d @ W2.T * h * (1 - h) @ W1.T"
    found = place(DX, HEAD + body)
    assert found.line == 4 and found.what.endswith(f" times {factor}") and found.due == r"$\partial J/\partial\theta$"


LOOPS = {  # of an exercise, an answer, the line of its slip, and what is due there
    "compared": (
        "00.one_hot",
        """def f(labels, K):
    y = np.zeros((len(labels), K))
    for i in range(len(labels)):
        for j in range(K):
            if labels[i] == j:
                y[i, j] == 1
    return y""",
        ("y[i, j] == 1", "`=`, which writes"),
    ),
    "compared-name": (
        "2b_2.hidden",
        "def f(x, W1, b1):\n    z = x @ W1\n    z == z + b1\n    return z, sigmoid(z)",
        ("z == z + b1", "`=`, which writes"),
    ),
    "never-filled": (
        "00.one_hot",
        """def f(labels, K):
    y = np.zeros((len(labels), K))
    for i in range(len(labels)):
        row = y[i].copy()
        row[labels[i]] = 1
    return y""",
        None,
    ),
    "last-term": (
        "2a_2.cross_entropy",
        """def f(y, y_hat):
    y, y_hat = np.atleast_2d(y), np.atleast_2d(y_hat)
    J = 0.0
    for n in range(len(y)):
        for i in range(y.shape[1]):
            if y[n, i] > 0:
                J = y[n, i] * np.log(y_hat[n, i])
    return J / len(y)""",
        ("y[n, i] * np.log(y_hat[n, i])", "the sum over all turns: `-=` takes from it"),
    ),
    "last-term-of-a-row": (
        "2a_1.softmax",
        """def f(theta):
    e = np.exp(theta - theta.max(axis=-1, keepdims=True))
    s = 0.0
    for j in range(theta.shape[-1]):
        s = e[..., j]
    return e / s[..., None]""",
        ("e[..., j]", "the sum over all turns: `+=` adds to it"),
    ),
    "last-term-of-an-entry": (
        DX,
        HEAD
        + """    dz = (y_hat - y) / (len(x) if x.ndim == 2 else 1) @ W2.T * h * (1 - h)
    dx = np.zeros(x.shape)
    for d in range(x.shape[-1]):
        for j in range(W1.shape[1]):
            dx[..., d] = dz[..., j] * W1[d, j]
    return dx""",
        ("dx[..., d] = dz[..., j] * W1[d, j]", "the sum over all turns: `+=` adds to it"),
    ),
}


@pytest.mark.parametrize(
    ("exercise", "source", "what"),
    [
        ("3_3.push", "def f(x, dx, epsilon):\n    return np.clip(dx, -epsilon, epsilon)", "made of `dx` and `epsilon`"),
        (
            "2a_2.cross_entropy",
            "def f(y, y_hat):\n    return np.mean(-np.log(y_hat[np.arange(len(y)), y.argmax(axis=-1)]))",
            "made of `y_hat` and `y`",
        ),
    ],
)
def test_a_single_number_and_zeros_are_no_part_of_a_step_by_chance(exercise, source, what):
    assert place(exercise, source).what == f"{what}, and no step of the right way"


def test_an_axis_that_is_carried_along_comes_off_what_is_returned():
    source = (
        "def f(x, y, W1, b1, W2, b2):\n    if x.ndim == 1:\n        x, y = x[None], y[None]\n"
        "    z, h, theta, y_hat = forward(x, W1, b1, W2, b2)\n    dh = (y_hat - y) / len(x) @ W2.T\n"
        "    return dh * sigmoid_derivative(z) @ W1.T"
    )
    found = place(DX, source)
    assert found.expression == "dh * sigmoid_derivative(z) @ W1.T" and found.what.endswith("length 1 is left over")


@pytest.mark.parametrize(("exercise", "source", "said"), LOOPS.values(), ids=LOOPS)
def test_in_a_loop_the_line_that_writes_is_blamed_and_not_the_array_that_it_should_fill(exercise, source, said):
    found = place(exercise, source)
    assert (found and (found.expression, found.due, found.again)) == (said and (*said, False))


def test_what_is_blamed_is_wrong_in_the_example_that_is_shown():
    dz = "dz = (y_hat - y) / x.shape[0] @ W2.T @ np.diag(h * (1 - h))"  # a batch stumbles over the second slip only
    verdict = get(DX).check(function(DX, f"{HEAD}    {dz}\n    return dz @ W1.T"), np.random.default_rng(0))
    assert verdict.detail.inputs["x"].ndim == 1 and verdict.place.expression == "(y_hat - y) / x.shape[0]"


def test_what_stops_in_another_draw_is_not_told_to_stop_beside_a_result():
    verdict = get("2b_1.sigmoid_derivative").check(
        function("2b_1.sigmoid_derivative", "def f(z):\n    return np.gradient(sigmoid(z), z)")
    )
    assert verdict.detail.returned is not None and verdict.place and "stops" not in verdict.place.what


def test_what_stops_in_another_draw_is_not_told_to_stop_above_the_line_that_stops_here():
    source = (
        "def f(x, y, W1, b1, W2, b2):\n    x, y = np.atleast_2d(x), np.atleast_2d(y)\n"
        "    z, h, theta, y_hat = forward(x, W1, b1, W2, b2)\n    dtheta = (y_hat - y) / len(x)\n"
        "    dz = W2.T * h * (1 - h)\n    return x.T @ dz, dz.sum(axis=0), h.T @ dtheta, dtheta.sum(axis=0)"
    )  # a batch stops in line 5, the one row that is shown in line 6
    verdict = get("3_3.parameter_gradients").check(function("3_3.parameter_gradients", source))
    assert "in line 6" in verdict.message and verdict.place.line == 5 and "stops" not in verdict.place.what


def test_where_a_function_stops_no_right_factor_is_blamed():
    source = "def f(z):\n    import math\n    return 1 / (1 + math.exp(-z))"
    assert place("2b_1.sigmoid", source).expression == "1 / (1 + math.exp(-z))"


def test_the_card_shows_the_readers_lines_and_never_what_is_right():
    dtheta = "dtheta = (y_hat - y) / (1 if x.ndim == 1 else len(x))"
    source = f"{HEAD}    {dtheta}\n    dh = dtheta @ W2.T\n    return dh * h @ W1.T"
    shown = bundle(get(DX).check(function(DX, source), np.random.default_rng(0)))
    assert f"   3 ✓ {dtheta}   $\\partial J/\\partial\\theta$" in shown["text/plain"]
    assert "   5 ✗ return dh * h @ W1.T" in shown["text/plain"] and "1 - h" not in shown["text/plain"]
    assert 'aria-label="here it goes wrong"' in shown["text/html"] and "underline wavy" in shown["text/html"]


def test_the_card_keeps_the_indentation_of_a_line():
    answer = function("2a_2.cross_entropy", LOOPS["last-term"][1].replace("    return", "        return"))
    shown = bundle(get("2a_2.cross_entropy").check(answer, np.random.default_rng(0)))
    assert "   4   for n in" in shown["text/plain"] and "   8 ✗     return J / len(y)" in shown["text/plain"]


def test_a_place_is_the_same_whatever_was_drawn():
    for slip in slips()[::202]:
        answer = function(slip.exercise, slip.source)
        told = {get(slip.exercise).check(answer, np.random.default_rng(seed)).place for seed in range(2)}
        assert len(told) == 1 or None in told, slip
