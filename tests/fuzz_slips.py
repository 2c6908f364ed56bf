"""Slips planted at random, and wrong values in disguise. By hand: `python tests/fuzz_slips.py 20000 [seed]`.

A planted slip is told by a name that is true of it, or by none. A wrong value in disguise, which no slip in the line
above leads to, gets no name that says what was done to that line.
"""

import random
import sys
import time
from collections import Counter

import derivation_chains

from utils.derivation import SLIPS, parse
from utils.derivation.notation import Node
from utils.exercises import BANK

NUMBERS = "2a_3.same_index", "2a_3.other_index", "2a_3.any_index", "2b_1.identity"
MATRICES = "2b_3.entry", "2b_3.chain", "3_2.repair_diagonal", "3_3.weight"
SETTINGS = {id: BANK[id] for id in NUMBERS + MATRICES}
RIGHT = {id: list(exercise.accepts) for id, exercise in SETTINGS.items()}
RIGHT["2a_3.same_index"] += derivation_chains.RIGHT_SAME
RIGHT["2a_3.other_index"] += derivation_chains.RIGHT_OTHER

# Names that say what was done to the line above, and not only which change would make the line right.
OF_A_DEED = {slip.slug for slip in SLIPS if slip.spoil} - {slip.slug for slip in SLIPS if slip.mend}
# Facts: of the value alone, of what the question asks for, of what does not multiply or cannot be read.
FACTS = {None, "ratio", "offset", "nothing-left", "singular", "shape", "shapes", "does-not-multiply", "syntax"}


def written(node):
    """A tree in the notation of the bank, with all its brackets."""
    match node:
        case Node("number", (value,)):
            return f"{value:g}" if value >= 0 else f"(-{-value:g})"
        case Node("name", (name,)):
            return name
        case Node("index", (base, *letters)):
            return f"{written(base)}[{', '.join(letters)}]"
        case Node("neg", (a,)):
            return f"(-{written(a)})"
        case Node("**", (a, power)):
            return f"{written(a)}**{f'({power:g})' if power < 0 else f'{power:g}'}"
        case Node("T", (a,)):
            return f"{written(a)}.T"
        case Node("total", (a,)):
            return f"sum({written(a)})"
        case Node("sum", (body, letter, None)):
            return f"sum({written(body)}, {letter})"
        case Node("sum", (body, letter, without)):
            return f"sum({written(body)}, {letter} != {without})"
        case Node("delta", (a, b)):
            return f"delta({a}, {b})"
        case Node("D", (body, by)):
            return f"D({written(body)}, {written(by)})"
        case Node("+" | "-" | "*" | "/" | "@" as op, (a, b)):
            return f"({written(a)} {op} {written(b)})"
        case Node(op, (a,)):
            return f"{op}({written(a)})"
    raise AssertionError(node)


def changed(node, change):
    """Every tree with one part changed."""
    yield from change(node)
    for n, arg in enumerate(node.args[:1] if node.op == "D" else node.args):
        if isinstance(arg, Node):
            for new in changed(arg, change):
                yield Node(node.op, (*node.args[:n], new, *node.args[n + 1 :]))


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


def D(a, v):
    return Node("D", (a, v))


def _sign(node):
    if node.op in ("+", "-"):
        yield Node("-" if node.op == "+" else "+", node.args)
    if node.op == "neg":
        yield node.args[0]


def _brackets(node):
    match node:
        case Node("*", (a, Node("+" | "-" as op, (b, c)))):
            yield Node(op, (Node("*", (a, b)), c))
        case Node("*", (Node("+" | "-" as op, (b, c)), a)):
            yield Node(op, (b, Node("*", (c, a))))
        case Node("/", (a, Node("+" | "-" as op, (b, c)))):
            yield Node(op, (Node("/", (a, b)), c))
        case Node("neg", (Node("+" | "-" as op, (a, b)),)):
            yield Node(op, (Node("neg", (a,)), b))


def _operator_lost(node):
    if node.op == "D":
        yield node.args[0]


def _product(node):
    match node:
        case Node("D", (Node("*", (a, b)), v)) if "number" not in (a.op, b.op):
            yield Node("*", (D(a, v), D(b, v)))
        case Node("D", (Node("/", (a, b)), v)) if a.op != "number":
            yield Node("/", (D(a, v), D(b, v)))


def _reciprocal(node):
    match node:
        case Node("D", (Node("/", (Node("number", _) as a, b)), v)):
            yield Node("/", (a, D(b, v)))


def _square(node):
    match node:
        case Node("D", (Node("/", (a, b)), v)):
            yield Node("/", (Node("-", (Node("*", (D(a, v), b)), Node("*", (a, D(b, v))))), b))


def _outer(node):
    match node:
        case Node("D", (Node("log" | "exp", (a,)), v)):
            yield D(a, v)


def _inner(node):
    match node:
        case Node("D", (Node("log", (a,)), _)):
            yield Node("/", (Node("number", (1.0,)), a))
        case Node("D", (Node("exp", (a,)) as whole, v)) if a != v:
            yield whole


def _log_of_sum(node):
    match node:
        case Node("log", (Node("sum", (body, letter, without)),)):
            yield Node("sum", (Node("log", (body,)), letter, without))
        case Node("log", (Node("total", (body,)),)):
            yield Node("total", (Node("log", (body,)),))


def _log_of_quotient(node):
    match node:
        case Node("log", (Node("/", (a, b)),)):
            yield Node("/", (Node("log", (a,)), Node("log", (b,))))
            yield Node("+", (Node("log", (a,)), Node("log", (b,))))


def _sum_constant(node):
    match node:
        case Node("D", (Node("log", (Node("sum" | "total", _),)), _)):
            yield Node("number", (0.0,))


def _sum_of_products(node):
    match node:
        case Node("sum", (Node("*", (a, b)), letter, without)):
            yield Node("*", (Node("sum", (a, letter, without)), Node("sum", (b, letter, without))))


def _letter(node):
    if node.op == "index":
        for new in "ijk":
            yield Node("index", (*node.args[:-1], new))


def _factor(node):
    if node.op == "*":
        yield from (arg for arg in node.args if arg.op != "number")


def _denominator(node):
    if node.op == "/" and node.args[1].has("exp"):
        yield node.args[0]


def _transposed(node):
    if node.op == "T":
        yield node.args[0]


def _entrywise(node):
    if node.op == "@":
        yield Node("*", node.args)


def _matrix_product(node):
    if node.op == "*":
        yield Node("@", node.args)


def _order(node):
    if node.op == "@":
        yield Node("@", node.args[::-1])


def _diagonal(node):
    if node.op == "diag":
        yield node.args[0]


SIGNS = {"lost-minus", "sign-of-a-term", "constant-sign", "minus-not-distributed", "log-of-quotient"}
CHAIN = {"forgot-inner-derivative", "forgot-outer-derivative", "factor-missing", "softmax-derivative"}
SHAPES = {"wrong-index", "transpose", "on-its-side"}
# What is planted, and the names that are true of it.
PLANTED = {
    _sign: SIGNS | {"term-too-many"},
    _brackets: SIGNS | {"missing-brackets"},
    _operator_lost: {"operator-lost", "all-terms-of-the-sum", "factor-missing"},
    _product: {"product-rule"},
    _reciprocal: {"reciprocal-rule", "product-rule"},
    _square: {"quotient-rule", "square-lost"},
    _outer: CHAIN,
    _inner: CHAIN,
    _log_of_sum: {"log-of-sum"},
    _log_of_quotient: {"log-of-quotient", *SIGNS},
    _sum_constant: {"sum-for-constant"},
    _sum_of_products: {"sum-of-products"},
    _letter: {
        "wrong-index",
        "same-index-used",
        "other-index-used",
        "unbound-index",
        "transpose",
        "all-terms-of-the-sum",
    },
    _factor: CHAIN | {"sigma-for-sigma-prime"} | {"forgotten-denominator", "operator-lost"},
    _transposed: SHAPES,
    _entrywise: SHAPES | {"hadamard-for-matmul"},
    _matrix_product: SHAPES | {"matmul-for-hadamard"},
    _order: SHAPES | {"order-of-factors"},
    _diagonal: SHAPES | {"vector-for-diagonal", "matmul-for-hadamard"},
    _denominator: {"forgotten-denominator", "factor-missing", "square-lost"},
}


def planted(rng):
    """(exercise, lines, names that are true of the last line, what was planted), or None."""
    id = rng.choice(list(SETTINGS))
    exercise = SETTINGS[id]
    lines = [line.partition("#")[0].strip() for line in rng.choice(RIGHT[id]).split("\n")]
    lines = [line for line in lines if line]
    names = exercise.setting.names
    at = rng.randrange(len(lines))
    kind = rng.choice(list(PLANTED))
    made = list(changed(parse(lines[at], names), kind))
    if not made:
        return None
    line = rng.choice(made)
    text = written(shuffled(rng, line))
    return exercise, [*dict.fromkeys([exercise.question, *lines[: at + 1]]), text], PLANTED[kind], kind


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
        kind, allowed = disguised, None
    else:
        case = planted(rng)
        if case is None:
            return None
        exercise, lines, allowed, kind = case
    start = time.process_time()
    verdict, reading = exercise.examine("\n".join(lines))
    seconds = time.process_time() - start
    assert verdict.state in ("right", "wrong", "not attempted"), (lines, verdict)
    last = reading.steps[-1] if reading.steps else None
    if last is None or reading.first_slip is not last:
        return None
    if allowed is None:
        assert last.slug not in OF_A_DEED, (lines, last.slug)
    else:
        traps = {trap.slug for trap in exercise.traps}
        assert last.slug in allowed | FACTS | traps, (kind.__name__, lines[-2:], last.slug)
    return kind.__name__.strip("_"), last.slug, seconds


def main(count, seed):
    rng, told, slowest, false = random.Random(seed), Counter(), 0.0, []
    for _ in range(count):
        try:
            found = attack(rng)
        except AssertionError as error:
            false.append(error.args[0])
            continue
        if found:
            kind, slug, seconds = found
            told[kind, slug] += 1
            slowest = max(slowest, seconds)
    for (kind, slug), times in sorted(told.items(), key=lambda item: (item[0][0], -item[1])):
        print(f"{times:6d}  {kind:18} {slug}")
    lines = sum(told.values()) + len(false)
    named = sum(times for (_, slug), times in told.items() if slug)
    print(f"{lines} wrong lines, {named} named, slowest {slowest * 1000:.0f} ms, {len(false)} false")
    for each in false[:40]:
        print(each)
    return false


if __name__ == "__main__":
    sys.exit(
        bool(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, int(sys.argv[2]) if len(sys.argv) > 2 else 0))
    )
