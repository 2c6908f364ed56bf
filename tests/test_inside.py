"""An answer read from inside: reading changes nothing, a slip is placed, and no line that is right is blamed."""

import numpy as np
import pytest

from tests.one_slip import function, right_programs
from tests.test_told_truly import answers, source
from utils.exercises import BANK, get
from utils.judge.code.calls import call, same_outcome
from utils.judge.code.inside import Inside, Unreadable
from utils.panels.verdict import bundle

DX = "2b_3.input_gradient"
HEAD = "def f(x, y, W1, b1, W2, b2):\n    z, h, theta, y_hat = forward(x, W1, b1, W2, b2)\n"
ALSO_RIGHT = [(id, source(get(id), text)) for id, text, name, _ in answers() if name == "right" and "def " in text]
READ = [*right_programs(), *ALSO_RIGHT]


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


def test_a_helper_of_another_cell_is_read_too():
    answer = function(DX, HEAD + "    return back((y_hat - y) / (1 if x.ndim == 1 else len(x)), W2, h) @ W1.T")
    helper = function(DX, "def back(d, W, h):\n    return d @ W.T * h")
    # The same function among other names, as if its cell stood in the same notebook.
    answer.__globals__["back"] = type(helper)(helper.__code__, answer.__globals__, "back")
    found = get(DX).check(answer).place
    assert (found.function, found.line, found.expression) == ("back", 2, "d @ W.T * h")
    assert found.last == r"$\partial J/\partial h$"


def test_the_card_shows_the_readers_lines_and_never_what_is_right():
    dtheta = "dtheta = (y_hat - y) / (1 if x.ndim == 1 else len(x))"
    source = f"{HEAD}    {dtheta}\n    dh = dtheta @ W2.T\n    return dh * h @ W1.T"
    shown = bundle(get(DX).check(function(DX, source), np.random.default_rng(0)))
    assert f"   3 ✓ {dtheta}   $\\partial J/\\partial\\theta$" in shown["text/plain"]
    assert "   5 ✗ return dh * h @ W1.T" in shown["text/plain"] and "1 - h" not in shown["text/plain"]
    assert 'aria-label="here it goes wrong"' in shown["text/html"] and "underline wavy" in shown["text/html"]


def test_the_card_keeps_the_indentation_of_a_line():
    loop = "    s = 0.0\n    for j in range(theta.shape[-1]):\n        s = e[..., j]\n    return e / s[..., None]"
    answer = function("2a_1.softmax", f"def f(theta):\n    e = np.exp(theta)\n{loop}")
    shown = bundle(get("2a_1.softmax").check(answer, np.random.default_rng(0)))
    assert "   4   for j in" in shown["text/plain"] and "   5 ✗     s = e[..., j]" in shown["text/plain"]
