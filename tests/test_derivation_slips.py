"""Every recognised slip: found in its own example, called by its own name, and told in a whole sentence. And slips
planted at random: a planted slip is told by a name that is true of it, or by none; a wrong value in disguise, which no
slip in the line above leads to, gets no name that says what was done to that line.
"""

import random
from contextlib import suppress

import pytest

from tests.derivation_data import RIGHT, SETTINGS, rows
from tests.derivation_spelling import spelled
from utils.exercises import BANK
from utils.judge.algebra import SLIPS, judge, parse
from utils.judge.algebra.notation import Node
from utils.judge.algebra.rewriting import everywhere, plain, rules
from utils.judge.algebra.slips import DEEDS


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
LINES = {id: [*BANK[id].accepts, *(text for of, text in RIGHT if of == id)] for id in NUMBERS + MATRICES}
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
    exercise = BANK[id := rng.choice([*LINES])]
    lines = [line for text in rng.choice(LINES[id]).split("\n") if (line := text.partition("#")[0].strip())]
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
