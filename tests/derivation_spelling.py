"""A line spelled at random in NumPy's notation (N), as on paper (U) or in LaTeX (L), with few brackets."""

import numpy as np

from utils.judge.algebra import HIDDEN_LAYER, typeset
from utils.judge.algebra.evaluate import World
from utils.judge.algebra.notation import Node

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
