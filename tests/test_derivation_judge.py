"""The verdict on a derivation: right ones of many kinds, wrong ones at the right line, and no text that does harm.

And its slips: each is found in its own example. One that is planted at random is told by a name that is true of it, or
by none; a wrong value in disguise, which no slip in the line above leads to, gets no name of what was done there.
"""

import ast
import math
import operator
import random
import re
import time
from contextlib import suppress

import numpy as np
import pytest

from tests import pages
from tests.derivation_data import PAGES, RIGHT, SETTINGS, UNFINISHED, WRONG, rows, spelled
from utils.exercises import BANK, Derivation
from utils.judge.algebra import SLIPS, Unreadable, judge, lines_of, parse
from utils.judge.algebra.rewriting import everywhere, plain, rules
from utils.judge.algebra.slips import DEEDS
from utils.judge.algebra.tree import Node
from utils.panels.verdict import STATES, bundle

DERIVATIONS = [e for e in BANK.values() if isinstance(e, Derivation)]
SAME, OTHER = (next(e for e in DERIVATIONS if e.id == f"2a_3.{case}_index") for case in ("same", "other"))
QUESTION = SAME.question


def first_slip(exercise, text):
    verdict, reading = exercise.examine(text)
    slip = reading.first_slip
    return verdict.state, slip.number if slip else None, verdict.mistake


# ---- right and wrong derivations ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("id", "text"), RIGHT)
def test_a_right_derivation_passes_however_it_goes(id, text):
    verdict, reading = BANK[id].examine(text)
    assert verdict.state == "right", verdict
    assert "to $10^{-9}$" in verdict.message and f"{reading.points} points" in verdict.message


@pytest.mark.parametrize(("id", "line", "slug", "text"), WRONG)
def test_a_wrong_derivation_is_rejected_at_its_line_and_by_its_name_and_in_the_same_words_at_every_run(
    id, line, slug, text
):
    assert first_slip(BANK[id], text) == ("wrong", line, slug)
    assert len({(v.message, v.mistake, str(v.detail)) for v in (BANK[id].check(text) for _ in range(3))}) == 1


@pytest.mark.parametrize(("slug", "text"), UNFINISHED)
def test_a_derivation_without_a_wrong_line_that_is_not_finished_is_told_what_is_missing(slug, text):
    assert first_slip(SAME, text) == ("wrong", None, slug)


@pytest.mark.parametrize("exercise", DERIVATIONS, ids=lambda e: e.id)
def test_the_bank_keeps_its_word(exercise):
    assert all(exercise.check(text).state == "right" for text in exercise.accepts)
    assert len({wrong.slug for wrong in exercise.mistakes}) >= 4
    for wrong in exercise.mistakes:
        assert first_slip(exercise, wrong.text) == ("wrong", wrong.line, wrong.slug)
    for trap in exercise.traps:
        assert first_slip(exercise, f"{exercise.question}\n{trap.text}") == ("wrong", 2, trap.slug)
    short = exercise.check(f"{exercise.question}\n{exercise.answer}")
    if exercise.steps > 2:
        assert (short.state, short.mistake) == ("wrong", "lines-missing" if exercise.given else "too-few-steps")


@pytest.mark.parametrize(("setting", "page"), PAGES)
def test_a_page_yields_exactly_its_slips(setting, page):
    lines = [line for line, *_ in page]
    reading = judge("\n".join(lines), setting, lines[0], lines[-1])
    assert [(step.text, step.status, step.slug) for step in reading.steps] == page


# ---- what is said -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", rows("what is told"))
def test_what_is_wrong_or_not_finished_is_called_by_its_name_and_told_where_it_came_in_and_what_it_is(row):
    """And not where a name of one's own has brought it."""
    id, text, name, *said = row
    verdict = BANK[id].check(text.replace("↵", "\n"))
    assert (verdict.state, verdict.mistake or "-") == ("wrong", name)
    message = " ".join(f"{verdict.message} {verdict.detail}".split())
    assert all(words in message for words in said)
    if said and said[0].startswith("Line "):
        assert message.startswith(said[0]) and "right again" not in message and verdict.message.count("Line ") == 1


def test_a_line_that_says_what_a_line_above_has_said_is_no_step():
    reading = SAME.read("D(J, theta[i])\nD( J,theta[i] )\n(D(J, θ[i]))\nsoftmax(theta)[i] - 1\ny_hat[i] - 1")
    assert [step.repeats for step in reading.steps] == [None, 1, 1, None, None]
    assert reading.right and reading.different == 3 and reading.taken == 2


def test_the_card_of_what_is_not_finished_is_not_that_of_a_mistake():
    cards = [bundle(SAME.check(f"{QUESTION}\n{lines}"))["text/html"] for lines in ("y_hat[i] - 1", "y_hat[i]")]
    assert "… Right so far" in cards[0] and STATES["wrong"][2] not in cards[0]
    assert "✗ Not yet" in cards[1]


@pytest.mark.parametrize("exercise", [e for e in DERIVATIONS if e.given and e.steps > 2], ids=lambda e: e.id)
def test_a_page_is_mended_and_not_shortened(exercise):
    first, *_, last = exercise.accepts[0].splitlines()
    for text in (f"{first}\n{last}", f"{exercise.question}\n" * (exercise.steps - 1) + exercise.answer):
        verdict = exercise.check(text)
        assert (verdict.state, verdict.mistake) == ("wrong", "lines-missing")
        assert f"has {exercise.steps}, and these are 2" in verdict.message
    assert "for a line that repeats another is no step" in verdict.message
    assert exercise.check(f"{exercise.question}\n{exercise.accepts[0]}").state == "right", "more lines are welcome"


def test_a_line_that_has_a_value_at_few_points_is_called_the_same_at_every_run():
    line = "D(log(exp(theta[i]) - sum(exp(theta[j]), j != i)), theta[i])"
    assert len({first_slip(OTHER, f"{QUESTION}\n{line}") for _ in range(30)}) == 1


# ---- texts of every kind ------------------------------------------------------------------------------------------


# A second, slow and simple way to the value of a line: one point, plain loops, derivatives by differences. It shares
# nothing with the checker but the notation, so that what both say is true.
STEP = 2e-3
WEIGHTS = {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}
OPERATIONS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


def value(text, theta, y, i, k):
    """The number that a line about dJ/dtheta_i is, NaN or infinity where it is none; an exception where this oracle has
    no word."""
    with np.errstate(all="ignore"):
        names = {"theta": np.array(theta), "y": np.array(y)}
        return float(_value(ast.parse(text.strip(), mode="eval").body, names, {"i": i, "k": k}))


def _softmax(row):
    powers = np.exp(row - row.max())
    return powers / powers.sum()


def _named(name, env):
    if name in env:
        return env[name]
    if name == "y_hat":
        return _softmax(env["theta"])
    if name == "J":
        return -np.sum(env["y"] * np.log(_named("y_hat", env)))
    raise LookupError(name)


def _value(node, env, at):
    match node:
        case ast.Constant(value=number):
            return np.float64(number)
        case ast.Name(id=name):
            return _named(name, env)
        case ast.UnaryOp(op=op, operand=a):
            return OPERATIONS[type(op)](_value(a, env, at))
        case ast.BinOp(op=op, left=a, right=b):
            return OPERATIONS[type(op)](_value(a, env, at), _value(b, env, at))
        case ast.Subscript(value=a, slice=ast.Name(id=letter)):
            return _value(a, env, at)[at[letter]]
        case ast.Call(func=ast.Name(id="log" | "exp" | "sqrt" as name), args=[a]):
            return getattr(np, name)(_value(a, env, at))
        case ast.Call(func=ast.Name(id="softmax"), args=[a]):
            return _softmax(_value(a, env, at))
        case ast.Call(func=ast.Name(id="delta"), args=[ast.Name(id=a), ast.Name(id=b)]):
            return np.float64(at[a] == at[b])
        case ast.Call(func=ast.Name(id="sum"), args=[a]):
            return np.sum(_value(a, env, at))
        case ast.Call(func=ast.Name(id="sum"), args=[a, ast.Name(id=letter)]):
            return sum(_value(a, env, at | {letter: n}) for n in range(3))
        case ast.Call(func=ast.Name(id="sum"), args=[a, ast.Compare(ast.Name(id=letter), _, [ast.Name(id=without)])]):
            return sum(_value(a, env, at | {letter: n}) for n in range(3) if n != at[without])
        case ast.Call(func=ast.Name(id="D"), args=[a, ast.Subscript(value=ast.Name(id=name), slice=ast.Name(id=by))]):
            here, direction = _named(name, env), np.arange(3) == at[by]
            step = STEP * (here[at[by]] if name == "y_hat" else 1)  # a probability must not step below 0
            steps = [(sign * n * step, sign * weight / step) for n, weight in WEIGHTS.items() for sign in (1, -1)]
            return sum(weight * _value(a, env | {name: here + move * direction}, at) for move, weight in steps)
    raise LookupError(ast.dump(node))


GOOD = {e.id: [text for id, text in RIGHT if id == e.id] for e in (SAME, OTHER)}
TOKENS = [
    *"theta y y_hat J x W1 z i j k m log exp sqrt softmax sigma diag sum D delta".split(),  # noqa: SIM905
    *"()()()[],+-*/@.=^':θŷΣ#12𝑦\u0302▒〖〗∂_{}",
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
    if rng.random() < 0.1:
        new = rng.choice("jmn")
        return f"sum({tree(rng, depth - 1, [*letters, new])}, {new}{rng.choice(['', '', ' != i'])})"
    forms = [f"({a} {operation} {b})" for operation in "+-*/*"]
    forms += [f"{rng.choice(['log', 'exp', 'sqrt'])}({a})", f"({a}) ** {rng.choice([2, 3, -1, 0.5])}"]
    return rng.choice([*forms, f"-{a}", f"D({a}, {rng.choice(['theta', 'y_hat'])}[{letter}])", f"D({a}, theta[i])"])


def mutated(rng, text):
    """A right derivation with one or two things changed: a character, a letter, a sign, a line."""

    def anew(letters, share):
        return re.sub(f"[{letters}]", lambda c: rng.choice(letters) if rng.random() < share else c[0], text)

    for _ in range(rng.randint(1, 2)):
        n, lines = rng.randrange(len(text)), text.split("\n")
        k = rng.randrange(len(lines))
        changes = [
            text[:n] + text[n + 1 :] or "1",
            text[:n] + rng.choice("ijk+-*/()[]1 0@.,") + text[n:],
            anew("ijk", 0.06),
            anew("+-", 0.15),
            "\n".join([*lines[:k], rng.choice(CHANGES).format(lines[k]), *lines[k + 1 :]]),
            "\n".join([*lines[:k], rng.choice(lines), *lines[k:]]),
        ]
        text = rng.choice(changes)
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
    """One text against one exercise."""
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
    assert time.process_time() - start < SECONDS
    assert verdict.state in ("right", "wrong", "not attempted"), (text, verdict)
    if verdict.state == "right":
        assert all(step.status == "right" for step in reading.steps), text
        assert len(reading.steps) == len(lines_of(text, names)), text
    sources = [step.text for step in reading.steps] if kind != 1 else lines_of(source, names)
    if kind == 2 or len(sources) != len(reading.steps):
        return
    pairs = zip(sources, reading.steps, strict=True)
    ticked = [line for line, step in pairs if step.status == "right" and not step.beside]
    line = wrong_line(ticked, exercise, rng)
    assert line is None, (text, line)
    if source in GOOD[exercise.id]:
        assert verdict.state == "right", (text, verdict)


def test_no_fuzzed_text_raises_or_takes_long_or_gets_a_tick_that_it_does_not_deserve(long):
    rng = random.Random(20)
    for _ in range(300_000 if long else 400):
        attack(rng)


@pytest.mark.parametrize(("lines",), pages.rows("What is judged in bounded work", "heavy.md"))
def test_long_and_heavy_texts_are_judged_in_bounded_work(lines):
    assert SAME.check(f"{QUESTION}\n{eval(lines)}").state == "wrong"


# ---- slips ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.slug)
def test_a_slip_is_recognised_in_its_own_example_and_told_in_whole_sentences(slip):
    name, above, line = slip.example
    setting = SETTINGS[name]
    for _ in range(3):
        first, second = judge(f"{above}\n{line}", setting, above, above).steps
        assert first.status == "right"
        assert (second.status in ("slip", "does not multiply"), second.slug) == (True, slip.slug)
        assert slip.feedback in second.reason
    assert judge(f"{above}\n1 * ({above})", setting, above, above).first_slip is None
    assert slip.feedback[-1] in ".?!" and "  " not in slip.feedback
    assert slip.feedback.count("$") % 2 == 0 and slip.feedback.count("`") % 2 == 0


@pytest.mark.parametrize(("id", "text"), rows("beside the line above"))
def test_what_a_slip_could_be_taken_for_is_seen_in_the_calculation_that_it_is_made_in(id, text):
    assert BANK[id].others(text.replace("↵", "\n")).keys() <= {slip.slug for slip in SLIPS}


@pytest.mark.parametrize("row", rows("called"))
def test_a_slip_is_called_by_its_name_or_by_none(row):
    setting, asked, lines, slug, *said = row
    step = judge(f"{asked} = {lines}", SETTINGS[setting], asked, asked).steps[-1]
    assert (step.status != "right", step.slug or "-") == (True, slug)
    assert "".join(said) in " ".join(f"{step.reason} {step.difference}".split())


@pytest.mark.parametrize(("a", "relation", "b"), rows("plainly the same"))
def test_lines_are_plainly_the_same_up_to_order_brackets_and_where_a_minus_stands(a, relation, b):
    a, b = (parse(text, ("theta", "y", "y_hat", "W1", "W2")) for text in (a, b))
    assert (plain(a) == plain(b)) == (relation == "=")


# ---- planted at random --------------------------------------------------------------------------------------------

NUMBERS = "2a_3.same_index", "2a_3.other_index", "2a_3.any_index", "2b_1.identity"
MATRICES = "2b_3.entry", "2b_3.chain", "3_2.repair_diagonal", "3_3.weight"
PLANTED_IN = {id: [*BANK[id].accepts, *(text for of, text in RIGHT if of == id)] for id in NUMBERS + MATRICES}
# Facts: of the value alone, of what the question asks for, of what does not multiply or cannot be read.
FACTS = {None, "ratio", "offset", "nothing-left", "singular", "shape", "shapes", "does-not-multiply", "syntax"}


def shuffled(rng, node):
    """The same line in another order, with brackets and minus signs that change nothing."""
    args = [shuffled(rng, arg) if isinstance(arg, Node) else arg for arg in node.args]
    if node.op in ("+", "*") and rng.random() < 0.4:
        args = args[::-1]
    if node.op == "-" and rng.random() < 0.3:
        return Node("+", (Node("neg", (args[1],)), args[0]))
    if node.op == "neg" and args[0].op == "*" and rng.random() < 0.3:
        return Node("*", (Node("neg", (args[0].args[0],)), args[0].args[1]))
    return Node(node.op, tuple(args))


def planting(changes):
    """The rewriting that makes any of these changes, each told as what a part looks like and what it becomes."""
    pairs = [change.split(" → ") for change in changes.split(" ; ")]
    return rules({part: [becomes for other, becomes in pairs if other == part] for part, _ in pairs})


# What is planted, and the names that are true of it.
PLANTED = [(planting(changes), {*names.split(", ")}) for _, changes, names in rows("planted")]


def planted(rng):
    """(exercise, lines, names that are true of the last one), or None where what is drawn has no place."""
    exercise = BANK[id := rng.choice([*PLANTED_IN])]
    lines = [line for text in rng.choice(PLANTED_IN[id]).split("\n") if (line := text.partition("#")[0].strip())]
    at, (rewrite, true) = rng.randrange(len(lines)), rng.choice(PLANTED)
    if made := list(everywhere(parse(lines[at], exercise.setting.names), rewrite, None)):
        line = shuffled(rng, rng.choice(made))
        text = spelled(line, "N", rng)
        with suppress(LookupError):  # what it cannot spell stays as it is
            text = spelled(line, rng.choice("NUL"), rng)
        true = true | FACTS | {trap.slug for trap in exercise.traps}
        return exercise, [*dict.fromkeys([exercise.question, *lines[: at + 1]]), text], true
    return None


def disguised(rng):
    """(exercise, lines, None): the value that a slip in the question leads to, in a form that no slip leads to."""
    exercise = BANK[id := rng.choice(NUMBERS)]
    by = "z" if id == "2b_1.identity" else "theta[i]"
    wrong = rng.choice([trap.text for trap in exercise.traps] + ["0", "1", exercise.answer + " + 1", "-1"])
    form = rng.choice(
        [
            f"D({by} * ({wrong}), {by}) - {by} * D({wrong}, {by})",
            f"D(log(exp({by} * ({wrong}))), {by}) - {by} * D({wrong}, {by})",
            f"D(({wrong}) * log({by}**2 + 1), {by}) - D({wrong}, {by}) * log({by}**2 + 1)"
            f" + ({wrong}) * (1 - 2*{by}/({by}**2 + 1))",
        ]
    )
    return exercise, [exercise.question, form], None


def attacks(rng, count):
    """The name, or None, that each of these lines is told which is a first slip. It has to be true of the line."""
    for _ in range(count):
        case = disguised(rng) if rng.random() < 0.3 else planted(rng)
        if case is None:
            continue
        exercise, lines, true = case
        verdict, reading = exercise.examine("\n".join(lines))
        assert verdict.state in ("right", "wrong", "not attempted"), (lines, verdict)
        if (slip := reading.first_slip) and slip is reading.steps[-1]:
            assert slip.slug in true if true else slip.slug not in DEEDS, (lines[-2:], slip.slug)
            yield slip.slug


def test_slips_planted_at_random_get_a_true_name_or_none(long):
    count = 20_000 if long else 500
    told = [slug is not None for slug in attacks(random.Random(15), count)]
    assert len(told) > count / 4 and sum(told) > len(told) / 4
