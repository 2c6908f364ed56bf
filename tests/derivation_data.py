"""Derivations that people write, from the tables in `derivations/`: blocks between blank lines, of which the first line
says what they are.

paper.txt: as on paper, in an alphabet (N is NumPy's, U Unicode, L LaTeX, M mixed; P has words beside its formulas, or
goes a way of its own). All but the last have two planted slips, with `-` for no name:
`✗ line | what stands there | what is put there | names that are true of it`.
chains.txt: in NumPy's notation; right ones, wrong ones with the line and the name of the slip, unfinished ones, and
pages, in which each line that is not right is followed by its status and the name of its slip. Most pages are parts of
the scanned one, with the marks of their lines.
prose.txt: with sentences, as they are pasted; a block begins with `### ` and its exercise. A row that begins with ✗ is
the slip of its text; the others are right.
lines.txt: single lines, a section for each test; the parts of a row are set apart by ` | `.

And lines that are spelled at random in NumPy's notation (N), as on paper (U) or in LaTeX (L), with few brackets.
"""

import re
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import numpy as np

from utils.exercises import get
from utils.judge import algebra
from utils.judge.algebra import HIDDEN_LAYER, lines_of, typeset
from utils.judge.algebra.evaluate import World
from utils.judge.algebra.tree import Node

TABLES = Path(__file__).parent / "derivations"
SETTINGS = {
    "same": algebra.SAME_INDEX,
    "other": algebra.OTHER_INDEX,
    "any": algebra.ANY_INDEX,
    "soft": algebra.SOFT_LABELS,
    "network": HIDDEN_LAYER,
    "sigmoid": algebra.SIGMOID,
}
SHORT = {
    "<Q>": "D(-sum(y[j] * log(y_hat[j]), j), theta[i])",
    "<S>": "sum(exp(theta[j]), j)",
    "<T>": "sum(exp(theta))",
}


class Plant(NamedTuple):
    """A slip that is put into a right derivation. names: those that would be true of it."""

    line: int
    old: str
    new: str
    names: tuple[str, ...]


class Paper(NamedTuple):
    exercise: str
    alphabet: str
    text: str
    plants: tuple[Plant, ...]


def blocks(table):
    """The words of each block's first line, and the lines below it. ~ is a blank line inside a block."""
    text = (TABLES / table).read_text(encoding="utf-8")
    for short, long in SHORT.items():
        text = text.replace(short, long)
    for block in text.strip().split("\n\n"):
        head, *lines = block.split("\n")
        yield head.split(), ["" if line == "~" else line for line in lines]


def parts(row):
    return [part.strip() for part in row.split(" | ")]


def rows(section):
    """The rows of a section of lines.txt, each in its parts."""
    text = (TABLES / "lines.txt").read_text(encoding="utf-8")
    (body,) = re.findall(rf"^# {re.escape(section)}\n(.*?)(?=^# |\Z)", text, re.DOTALL | re.MULTILINE)
    return [parts(f"{row} ") for row in body.split("\n") if row]


def paper(head, lines):
    planted = [parts(line[1:]) for line in lines if line.startswith("✗")]
    plants = tuple(Plant(int(number), old, new, tuple(names.split(","))) for number, old, new, names in planted)
    return Paper(*head, "\n".join(line for line in lines if not line.startswith("✗")), plants)


def page(lines):
    """(line, status, name of the slip) of each line."""
    marked = [(*parts(line), "right", None)[:3] for line in lines]
    return [(line, status, None if slug == "-" else slug) for line, status, slug in marked]


def planted(paper, plant):
    """The text with the slip in its line, and nowhere else."""
    names = get(paper.exercise).setting.names
    right = lines_of(paper.text, names)
    for found in re.finditer(re.escape(plant.old), paper.text):
        text = paper.text[: found.start()] + plant.new + paper.text[found.end() :]
        changed = [n for n, pair in enumerate(zip_longest(right, lines_of(text, names)), 1) if len(set(pair)) > 1]
        if changed == [plant.line]:
            return text
    raise AssertionError((paper, plant))


PROSE = re.findall(r"^### (\S+)\n(.*?)(?=\n^### |\Z)", (TABLES / "prose.txt").read_text(), re.MULTILINE | re.DOTALL)
PAPERS = [paper(*block) for block in blocks("paper.txt")]
RIGHT, WRONG, UNFINISHED, PAGES = [], [], [], []
for (what, kind, *more), lines in blocks("chains.txt"):
    text = "\n".join(lines)
    match kind:
        case "right":
            RIGHT.append((what, text))
        case "unfinished":
            UNFINISHED.append((*more, text))
        case "page":
            PAGES.append((SETTINGS[what], page(lines)))
        case line:
            WRONG.append((what, int(line), None if more == ["-"] else more[0], text))


# ---- spelled at random ------------------------------------------------------------------------------------------

SHAPES = World(HIDDEN_LAYER, HIDDEN_LAYER.points(np.random.default_rng(0))).shapes
SUM, PREFIX, PRODUCT, POWER, ATOM = range(5)
PAPER = {"theta": ["θ"], "y_hat": ["ŷ", "y_hat"], "sigma": ["σ"], "sqrt": ["√"], "log": ["log", "ln"]}
RAISED = {2: "²", 3: "³", -1: "⁻¹"}
# How people write what is typeset for them.
LATEX = {
    r"\partial ": r"\mathrm{d} ",
    r"\hat{y}": r"\hat y",
    r"\log": r"\ln",
    r"\operatorname": r"\mathrm",
    r"\sum_{j}": r"\sum_{j=1}^{K}",
    r"\left(": r"\bigl(",
    r"\right)": r"\bigr)",
    "_{i}": "_i",
    "_{k}": "[k]",
    r" \, ": " ",
    r"\delta_{ik}": "1[i = k]",
}


def spelled(node, alphabet, rng):
    """The text of a line. Raises LookupError where an alphabet has no such line."""
    if alphabet != "L":
        return {"N": _Numpy, "U": _Paper}[alphabet](rng.choice).told(node)[0]
    latex = typeset(node, SHAPES)
    for typed, written in LATEX.items():
        latex = latex.replace(typed, rng.choice([typed, written]))
    return latex


class _Numpy:
    names = {}  # noqa: RUF012

    def __init__(self, any):
        self.any = any

    def name(self, name):
        return self.any(self.names.get(name, [name]))

    def at_least(self, level, node):
        text, tight = self.told(node)
        return text if tight >= level else f"({text})"

    def told(self, node):
        """A part, and how tightly it holds together."""
        match node:
            case Node("number", (value,)):
                return f"{value:g}", ATOM if value >= 0 else SUM
            case Node("name", (name,)):
                return self.name(name), ATOM
            case Node("index", (base, *letters)):
                return f"{self.at_least(ATOM, base)}[{', '.join(letters)}]", ATOM
            case Node("neg", (a,)):
                return f"-{self.at_least(POWER, a)}", SUM
            case Node("+" | "-" as op, (a, b)):
                return f"{self.told(a)[0]} {op} {self.at_least(PREFIX, b)}", SUM
            case Node("*" | "/" | "@" as op, (a, b)):
                return f"{self.at_least(POWER, a)} {op} {self.at_least(POWER, b)}", PRODUCT
            case Node("**", (a, power)):
                return f"{self.at_least(ATOM, a)}**{power:g}", POWER
            case Node("T", (a,)):
                return f"{self.at_least(ATOM, a)}.T", ATOM
            case Node("sum", (body, letter, without)):
                left_out = f" != {without}" if without else ""
                return f"sum({self.told(body)[0]}, {letter}{left_out})", ATOM
            case Node("delta", (a, b)):
                return f"delta({a}, {b})", ATOM
            case Node("D", (body, by)):
                return f"D({self.told(body)[0]}, {self.told(by)[0]})", ATOM
            case Node(op, (a,)):
                name = "sum" if op == "total" else self.name(op)
                return f"{name}({self.told(a)[0]})", ATOM


class _Paper(_Numpy):
    names = PAPER

    def told(self, node):
        match node:
            case Node("index", (base, letter)) if letter != ":":
                return self.at_least(ATOM, base) + self.any([f"_{letter}", f"_{{{letter}}}", f"[{letter}]"]), ATOM
            case Node("*", (a, b)):
                first, (last, tight) = self.at_least(PRODUCT, a), self.told(b)
                if tight not in (PREFIX, ATOM, POWER):
                    last, tight = f"({last})", ATOM
                first = f"({first})" if "/" in first else first
                return f"{first}{self.any([' · ', ' * ', ' '])}{last}", min(tight, PRODUCT)
            case Node("**", (a, power)):
                return self.at_least(ATOM, a) + RAISED.get(power, f"^{{{power:g}}}"), POWER
            case Node("exp", (a,)):
                return f"e^{{{self.told(a)[0]}}}", POWER
            case Node("log", (a,)) if self.told(a)[1] == ATOM and self.any([True, False]):
                return f"{self.name('log')} {self.told(a)[0]}", PREFIX
            case Node("sum", (body, letter, without)):
                head = f"Σ_{{{letter}≠{without}}}" if without else self.any([f"Σ_{letter}", f"sum_{letter}"])
                return f"{head} {self.at_least(PREFIX, body)}", PREFIX
            case Node("delta", (a, b)):
                return self.any([f"δ_{a}{b}", f"1[{a} = {b}]"]), ATOM
            case Node("D", (body, by)):
                (text, tight), (below, _) = self.told(body), self.told(by)
                if body.op in ("name", "index"):
                    return f"∂{text}/∂{below}", POWER
                return f"∂/∂{below} {text if tight in (ATOM, PREFIX) else f'({text})'}", PREFIX
            case Node("@" | "T" | "diag" | "beside" | "dot" | "prime" as op, _):
                raise LookupError(op)  # paper leaves open which product a sign means
        return super().told(node)
