"""Slips planted at random in three alphabets, and wrong values in disguise.

A planted slip is told by a name that is true of it, or by none. A wrong value in disguise, which no slip in the line
above leads to, gets no name that says what was done to that line.
"""

import time
from contextlib import suppress

from tests import derivation_data
from tests.derivation_spelling import spelled
from utils.exercises import BANK
from utils.judge.algebra import parse
from utils.judge.algebra.notation import Node
from utils.judge.algebra.rewriting import everywhere, rules
from utils.judge.algebra.slips import DEEDS

NUMBERS = "2a_3.same_index", "2a_3.other_index", "2a_3.any_index", "2b_1.identity"
MATRICES = "2b_3.entry", "2b_3.chain", "3_2.repair_diagonal", "3_3.weight"
SETTINGS = {id: BANK[id] for id in NUMBERS + MATRICES}
RIGHT = {id: list(exercise.accepts) for id, exercise in SETTINGS.items()}
for id, text in derivation_data.RIGHT:
    RIGHT[id].append(text)

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
    table = {}
    for change in changes.split(" ; "):
        part, becomes = change.split(" → ")
        table.setdefault(part, []).append(becomes)
    return rules(table)


# What is planted, and the names that are true of it.
PLANTED = {kind: (planting(changes), {*names.split(", ")}) for kind, changes, names in derivation_data.rows("planted")}


def planted(rng):
    """(exercise, lines, names that are true of the last line, what was planted), or None."""
    id = rng.choice(list(SETTINGS))
    exercise = SETTINGS[id]
    lines = [line.partition("#")[0].strip() for line in rng.choice(RIGHT[id]).split("\n")]
    lines = [line for line in lines if line]
    names = exercise.setting.names
    at = rng.randrange(len(lines))
    kind = rng.choice(list(PLANTED))
    rewrite, true = PLANTED[kind]
    made = list(everywhere(parse(lines[at], names), rewrite, None))
    if not made:
        return None
    line = shuffled(rng, rng.choice(made))
    text = spelled(line, "N", rng)
    with suppress(LookupError):  # what it cannot spell stays as it is
        text = spelled(line, rng.choice("NUL"), rng)
    return exercise, [*dict.fromkeys([exercise.question, *lines[: at + 1]]), text], true, kind


def disguised(rng):
    """The value that a slip in the question leads to, in a form that no slip leads to."""
    id = rng.choice(NUMBERS)
    exercise = SETTINGS[id]
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
    return exercise, [exercise.question, form]


def attack(rng):
    """One line. (what was planted, the name told, seconds). Raises AssertionError for a name that is not true."""
    if rng.random() < 0.3:
        exercise, lines = disguised(rng)
        kind, allowed = "disguised", None
    else:
        case = planted(rng)
        if case is None:
            return None
        exercise, lines, allowed, kind = case
    start = time.process_time()
    verdict, reading = exercise.examine("\n".join(lines))
    seconds = time.process_time() - start
    assert verdict.state in ("right", "wrong", "not attempted"), (lines, verdict)
    last = reading.first_slip
    if last is None or last is not reading.steps[-1]:
        return None
    if allowed is None:
        assert last.slug not in DEEDS, (lines, last.slug)
    else:
        traps = {trap.slug for trap in exercise.traps}
        assert last.slug in allowed | FACTS | traps, (kind, lines[-2:], last.slug)
    return kind, last.slug, seconds
