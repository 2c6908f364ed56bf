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


def place(exercise, source, seed=0):
    return get(exercise).check(function(exercise, source), np.random.default_rng(seed)).place


@pytest.mark.parametrize(("exercise", "source"), right_programs(), ids=[exercise for exercise, _ in right_programs()])
def test_reading_a_function_changes_nothing_of_what_it_does(exercise, source):
    answer, asked = function(exercise, source), BANK[exercise]
    inside = Inside(answer)
    for case in asked.inputs(np.random.default_rng(0)):
        bare, _ = call(answer, case, len(asked.returns))
        assert same_outcome(inside.run(case, len(asked.returns)).outcome, bare)


def test_every_construct_of_a_function_is_read_without_a_change():
    source = '''
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
    answer, asked = function("2a_1.softmax", source.strip()), get("2a_1.softmax")
    inside = Inside(answer)
    for case in asked.inputs(np.random.default_rng(1)):
        assert same_outcome(inside.run(case, 1).outcome, call(answer, case)[0])
    assert asked.check(answer).state == "right"


@pytest.mark.parametrize("thing", [np.exp, max, type("A", (), {"__call__": lambda self, x: x})()])
def test_what_has_no_source_is_unreadable(thing):
    with pytest.raises(Unreadable):
        Inside(thing)
    scope = {}
    exec("def f(x, y, W1, b1, W2, b2):\n    return x", scope)
    assert get(DX).check(scope["f"]).place is None


@pytest.mark.parametrize(
    ("lines", "line", "expression", "last", "due"),
    [
        (["dtheta = np.log(y_hat) - y"], 3, "np.log(y_hat)", r"\hat y", r"\hat y"),
        (["dtheta = y_hat - y + b2"], 3, "y_hat - y + b2", r"\partial J/\partial\theta", r"\partial J/\partial\theta"),
        (["dtheta = -y"], 3, "-y", r"\hat y", r"\partial J/\partial\theta"),
    ],
)
def test_what_is_wrong_with_the_first_factor_is_not_blamed_on_the_forward_pass(lines, line, expression, last, due):
    rest = "\n    return dtheta @ W2.T * h * (1 - h) @ W1.T"
    found = place("2b_3.one_row", HEAD + "    " + "\n    ".join(lines) + rest)
    assert found.line == line and expression in found.expression
    assert (found.last, found.due) == (f"${last}$", f"${due}$")


def test_a_loop_over_rows_is_read_a_row_at_a_time():
    source = (
        "def f(x, y, W1, b1, W2, b2):\n    X, Y = np.atleast_2d(x), np.atleast_2d(y)\n    out = np.zeros_like(X)\n"
        "    for n in range(len(X)):\n        h = sigmoid(X[n] @ W1 + b1)\n        p = softmax(h @ W2 + b2)\n"
        "        back = W2 @ (p - Y[n])\n        out[n] = W1 @ (back * {}) / len(X)\n    return out.reshape(x.shape)"
    )
    assert get(DX).check(function(DX, source.format("h * (1 - h)"))).state == "right"
    found = place(DX, source.format("h"))
    assert (found.line, found.expression) == (8, "back * h") and found.due == r"$\partial J/\partial z$"
    assert [line.sign for line in found.lines] == ["✓", "", "", "✓", "✓", "", "✗", ""]


def test_a_helper_of_another_cell_is_read_too():
    answer = function(DX, HEAD + "    return back((y_hat - y) / (1 if x.ndim == 1 else len(x)), W2, h) @ W1.T")
    helper = function(DX, "def back(d, W, h):\n    return d @ W.T * h")
    answer.__globals__["back"] = exec_in(answer.__globals__, helper)
    found = get(DX).check(answer).place
    assert (found.function, found.line, found.expression) == ("back", 2, "d @ W.T * h")


def exec_in(scope, helper):
    """The same function among other names, as if its cell stood in the same notebook."""
    return type(helper)(helper.__code__, scope, helper.__name__)


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


@pytest.mark.parametrize(
    ("id", "source", "said"),
    [
        ("2b_3.one_row", HEAD + "    return (y_hat - y) @ W2 * h @ W1.T", "4, the last of the first, meets 2"),
        ("2b_3.one_row", HEAD + "    return (y_hat - y) * h @ W1.T", "counted from the last axis, 4 meets 2"),
        (
            "2b_2.hidden",
            "def f(x, W1, b1):\n    z = np.einsum('d,hd->h', x, W1) + b1\n    return z, sigmoid(z)",
            "`d` is 2",
        ),
    ],
)
def test_where_shapes_do_not_meet_is_told_in_words(id, source, said):
    for seed in range(3):
        verdict = get(id).check(function(id, source), np.random.default_rng(seed))
        assert verdict.state == "your code stopped" and (said in verdict.message or verdict.mistake)
        assert verdict.place.line == len(source.splitlines()) - ("einsum" in source)


def test_a_right_detour_is_not_blamed():
    """The loss by way of log-sum-exp: no line of it is a step, and only the last is wrong."""
    source = (
        "def f(theta, y):\n    m = theta.max(axis=-1)\n"
        "    lse = m + np.log(np.exp(theta - m[..., None]).sum(axis=-1))\n"
        "    picked = (y * theta).sum(axis=-1)\n    return {}"
    )
    assert (
        get("2a_2.from_logits").check(function("2a_2.from_logits", source.format("np.mean(lse - picked)"))).state
        == "right"
    )
    found = place("2a_2.from_logits", source.format("np.mean(lse + picked)"))
    assert found is None or found.line == 5


def test_the_card_shows_the_readers_lines_and_never_what_is_right():
    source = (
        HEAD
        + "    dtheta = (y_hat - y) / (1 if x.ndim == 1 else len(x))\n    dh = dtheta @ W2.T\n    return dh * h @ W1.T"
    )
    shown = bundle(get(DX).check(function(DX, source), np.random.default_rng(0)))
    assert (
        "   3 ✓ dtheta = (y_hat - y) / (1 if x.ndim == 1 else len(x))   $\\partial J/\\partial\\theta$"
        in shown["text/plain"]
    )
    assert "   5 ✗ return dh * h @ W1.T" in shown["text/plain"] and "1 - h" not in shown["text/plain"]
    assert 'aria-label="here it goes wrong"' in shown["text/html"] and "underline wavy" in shown["text/html"]


def test_a_place_is_the_same_whatever_was_drawn():
    for slip in slips()[::101]:
        told = {
            get(slip.exercise).check(function(slip.exercise, slip.steps.source), np.random.default_rng(s)).place
            for s in range(3)
        }
        assert len(told - {None}) <= 1, slip
