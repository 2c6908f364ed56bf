"""Texts of every kind, in three alphabets, against the derivation checker.

No text may raise, take 300 ms, or get a tick on a line that has another value than the question.
"""

import math
import time
from contextlib import suppress

from tests.derivation_data import RIGHT
from tests.derivation_oracle import value
from tests.derivation_spelling import spelled
from utils.judge.algebra import Unreadable, lines_of, parse
from utils.judge.bank import exercises

EXERCISES = list(exercises("2a_3").values())

SAME, OTHER = (next(e for e in EXERCISES if e.id == f"2a_3.{case}_index") for case in ("same", "other"))
GOOD = {e.id: [text for id, text in RIGHT if id == e.id] for e in (SAME, OTHER)}
TOKENS = [
    *"theta y y_hat J x W1 z i j k m log exp sqrt softmax sigma diag sum D delta".split(),  # noqa: SIM905
    *"()()()[],+-*/@.=^':θŷΣ#12",
    *("[i]", "[k]", "[j]", "**", ".T", "0.5", "1e9", "!=", "...", "lambda", "__import__", "open('x')", "9**9**9"),
]
CHANGES = "-({})", "({}) * 1", "D({}, theta[i])", "({}) + 1e-6", "2 * ({})", "({}) ** 1"
SECONDS = 3  # nothing hangs on a busy machine either; how fast it is, a benchmark says


def tree(rng, depth, letters):
    """A random expression, mostly well formed."""
    leaf = depth <= 0 or rng.random() < 0.15
    letter = rng.choice(letters)
    if leaf:
        return rng.choice([f"theta[{letter}]", f"y_hat[{letter}]", f"y[{letter}]", "J", "1", "2", "0.5"])
    a, b = (tree(rng, depth - 1 - rng.random(), letters) for _ in "ab")
    kind = rng.randrange(11)
    if kind < 5:
        return f"({a} {'+-*/*'[kind]} {b})"
    if kind == 5:
        return f"-{a}"
    if kind == 6:
        return f"{rng.choice(['log', 'exp', 'sqrt'])}({a})"
    if kind == 7:
        return f"({a}) ** {rng.choice([2, 3, -1, 0.5])}"
    if kind == 8:
        new = rng.choice("jmn")
        return f"sum({tree(rng, depth - 1, [*letters, new])}, {new}{rng.choice(['', '', ' != i'])})"
    if kind == 9:
        return f"D({a}, {rng.choice(['theta', 'y_hat'])}[{letter}])"
    return f"D({a}, theta[i])"


def mutated(rng, text):
    """A right derivation with one or two things changed: a character, a letter, a token, a line."""
    for _ in range(rng.randint(1, 2)):
        n = rng.randrange(len(text))
        kind = rng.randrange(6)
        if kind == 0:
            text = text[:n] + text[n + 1 :] or "1"
        elif kind == 1:
            text = text[:n] + rng.choice("ijk+-*/()[]1 0@.,") + text[n:]
        elif kind == 2:
            text = "".join(rng.choice("ijk") if c in "ijk" and rng.random() < 0.06 else c for c in text)
        elif kind == 3:
            text = "".join(rng.choice("+-") if c in "+-" and rng.random() < 0.15 else c for c in text)
        else:
            lines = text.split("\n")
            line = rng.randrange(len(lines))
            if kind == 4:
                lines[line] = rng.choice(CHANGES).format(lines[line])
            else:
                lines.insert(line, rng.choice(lines))
            text = "\n".join(lines)
    return text


def texts(rng, exercise):
    """One text of a random kind."""
    kind = rng.randrange(9)
    if kind == 8:
        return rng.choice(GOOD[exercise.id])
    if kind == 0:
        codes = (rng.choice([rng.randrange(128), rng.randrange(0xD7FF), 10]) for _ in range(rng.randrange(200)))
        return "".join(map(chr, codes))
    if kind == 1:
        lines = (rng.choices(TOKENS, k=rng.randrange(1, 30)) for _ in range(rng.randrange(1, 6)))
        return "\n".join(rng.choice(" \t\u2028\0").join(line) for line in lines)
    if kind == 2:
        lines = [tree(rng, rng.randrange(1, 7), ["i", "k"]) for _ in range(rng.randrange(1, 5))]
        return "\n".join([exercise.question, *lines, exercise.answer])
    if kind == 3:
        deep = rng.choice(["(", "-", "log(", "sum(exp(theta[j]) * ", "D(", "theta[i] ** 8 ** ", "[", "exp("])
        return exercise.question + "\n" + deep * rng.randrange(1, 300) + rng.choice(["", "1", "theta[i]" + ")" * 20])
    return mutated(rng, rng.choice(GOOD[exercise.id]))


def wrong_line(lines, exercise, rng):
    """The first line of which the oracle says that it differs from the question, or None."""
    for _ in range(3):
        i = rng.randrange(3)
        k = i if exercise is SAME else (i + rng.randint(1, 2)) % 3
        theta = [rng.gauss(0, 1) for _ in range(3)]
        y = [float(n == k) for n in range(3)]
        question = value(exercise.question, theta, y, i, k)
        for line in lines:
            try:
                found = value(line, theta, y, i, k)
            except (ArithmeticError, ValueError, LookupError, TypeError, SyntaxError):
                continue  # singular here, or beyond the oracle
            if math.isfinite(found) and abs(found - question) > 1e-7 * (1 + abs(question)):
                return line
    return None


def respelled(rng, text, names):
    """A text with most of its lines in another alphabet."""
    lines = text.split("\n")
    for n, line in enumerate(lines):
        if rng.random() < 0.8:
            with suppress(Unreadable, LookupError):
                lines[n] = rng.choice(["", "= "]) * bool(n) + spelled(parse(line, names), rng.choice("UL"), rng)
    return "\n".join(lines)


def attack(rng):
    """One text against one exercise: state, mistake, seconds, text. Raises AssertionError if a promise breaks."""
    exercise = rng.choice([SAME, OTHER])
    source = text = texts(rng, exercise)
    names = exercise.setting.names
    kind = rng.randrange(3)
    if kind:  # the same in other alphabets, and, since no oracle can read that, sometimes spoilt
        text = respelled(rng, source, names)
        text = mutated(rng, text) if kind == 2 and text else text
    start = time.process_time()  # a busy machine is slow, not the checker
    verdict, reading = exercise.examine(text)
    str(verdict.detail)
    seconds = time.process_time() - start
    assert verdict.state in ("right", "wrong", "not attempted"), (text, verdict)
    if verdict.state == "right":
        assert all(step.status == "right" for step in reading.steps) and len(reading.steps) == len(
            lines_of(text, names)
        ), text
    sources = [step.text for step in reading.steps] if kind != 1 else lines_of(source, names)
    if kind == 2 or len(sources) != len(reading.steps):
        return verdict.state, verdict.mistake, seconds, text
    pairs = zip(sources, reading.steps, strict=True)
    ticked = [line for line, step in pairs if step.status == "right" and not step.beside]
    line = wrong_line(ticked, exercise, rng)
    assert line is None, (text, line)
    if source in GOOD[exercise.id]:
        assert verdict.state == "right", (text, verdict)
    return verdict.state, verdict.mistake, seconds, text
