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


SIGNS = {"lost-minus", "sign-of-a-term", "constant-sign", "minus-not-distributed", "log-of-quotient"}
CHAIN = {"forgot-inner-derivative", "forgot-outer-derivative", "factor-missing", "softmax-derivative"}
SHAPES = {"wrong-index", "transpose", "on-its-side"}
OF_A_LETTER = {
    "wrong-index",
    "same-index-used",
    "other-index-used",
    "unbound-index",
    "transpose",
    "all-terms-of-the-sum",
}
OF_A_FACTOR = CHAIN | {"sigma-for-sigma-prime", "forgotten-denominator", "operator-lost"}
# What is planted, and the names that are true of it.
PLANTED = {
    "sign": ({"a + b": "a - b", "a - b": "a + b", "-a": "a"}, SIGNS | {"term-too-many"}),
    "brackets": (
        {"a * (b ± q)": "a * b ± q", "(b ± q) * a": "b ± q * a", "a / (b ± q)": "a / b ± q", "-(a ± b)": "-a ± b"},
        SIGNS | {"missing-brackets"},
    ),
    "operator lost": (
        {"D(a, v)": "a"},
        {"operator-lost", "all-terms-of-the-sum", "factor-missing", "sigma-for-sigma-prime"},
    ),
    "product": ({"D(u * w, v)": "D(u, v) * D(w, v)", "D(u / a, v)": "D(u, v) / D(a, v)"}, {"product-rule"}),
    "reciprocal": ({"D(c / a, v)": "c / D(a, v)"}, {"reciprocal-rule", "product-rule"}),
    "square": ({"D(a / b, v)": "(D(a, v) * b - a * D(b, v)) / b"}, {"quotient-rule", "square-lost"}),
    "outer": ({"D(log(a), v)": "D(a, v)", "D(exp(a), v)": "D(a, v)"}, CHAIN),
    "inner": ({"D(log(a), v)": "1 / a", "D(exp(a), v)": "exp(a)"}, CHAIN),
    "log of sum": ({"log(sum(a, j))": "sum(log(a), j)", "log(sum(a))": "sum(log(a))"}, {"log-of-sum"}),
    "log of quotient": ({"log(a / b)": ("log(a) / log(b)", "log(a) + log(b)")}, {"log-of-quotient", *SIGNS}),
    "sum constant": ({"D(log(s), v)": "0"}, {"sum-for-constant"}),
    "sum of products": ({"sum(a * b, j)": "sum(a, j) * sum(b, j)"}, {"sum-of-products"}),
    "letter": (
        {"a[m]": ("a[i]", "a[j]", "a[k]"), "a[m, n]": ("a[m, i]", "a[m, j]", "a[m, k]")},
        OF_A_LETTER,
    ),
    "factor": ({"u * a": "u", "a * u": "u"}, OF_A_FACTOR),
    "denominator": (
        {
            f"a / {below}": "a"
            for below in ("exp(b)", "sum(exp(b))", "sum(exp(b), j)", "(1 + exp(b))", "(1 + exp(b)) ** 2")
        },
        {"forgotten-denominator", "factor-missing", "square-lost"},
    ),
    "transposed": ({"a.T": "a"}, SHAPES),
    "entrywise": ({"a @ b": "a * b"}, SHAPES | {"hadamard-for-matmul"}),
    "matrix product": ({"a * b": "a @ b"}, SHAPES | {"matmul-for-hadamard"}),
    "order": ({"a @ b": "b @ a"}, SHAPES | {"order-of-factors"}),
    "diagonal": ({"diag(a)": "a"}, SHAPES | {"vector-for-diagonal", "matmul-for-hadamard"}),
}
PLANTED = {kind: (rules(table), names) for kind, (table, names) in PLANTED.items()}


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
