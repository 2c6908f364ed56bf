"""A line as LaTeX that MathJax and matplotlib both typeset, with no more brackets than its meaning needs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from utils.judge.algebra.functions import Function
from utils.judge.algebra.setting import NUMBER
from utils.judge.algebra.tree import BOUND, Node

# How tightly a part holds together. A prefix (a logarithm, a sum, a derivative) takes in all products to its right.
SUM, PREFIX, ENTRYWISE, PRODUCT, POWER, ATOM = range(6)
_GREEK = "alpha beta gamma delta epsilon varepsilon zeta eta theta kappa lambda mu nu xi pi "
_GREEK += "rho sigma tau phi chi psi omega ell"
GREEK = set(_GREEK.split())
FUNCTIONS = {
    "softmax": r"\operatorname{softmax}",
    "diag": r"\operatorname{diag}",
    "sigma": r"\sigma",
    "sigma'": r"\sigma'",
}


def typeset(node: Node, shapes: Mapping[str, tuple[int, int]]) -> str:
    """LaTeX without dollar signs. shapes: of the names, which tell a product of numbers from one entry by entry."""
    letters = {arg for part in node.walk() for arg in part.args if part.op != "name" and isinstance(arg, str)}
    return _Typesetter(shapes, letters).latex(node)[0]


class _Typesetter:
    def __init__(self, shapes: Mapping[str, tuple[int, int]], letters: set[str]) -> None:
        self.shapes, self.letters = shapes, letters

    def latex(self, node: Node) -> tuple[str, int]:
        """What it looks like, and how tightly it holds together."""
        match node:
            case Node("number", (value,)):
                return f"{value:.10g}", ATOM
            case Node("name", (name,)):
                return _name(name), ATOM
            case Node("index", (base, *letters)):
                return self._entry(base, letters), ATOM
            case Node("neg", (a,)):
                return f"-{self.at_least(PREFIX, a)}", SUM
            case Node("+" | "-" as op, (a, b)):
                # A sum on the right of a plus needs no brackets, unless it begins with a minus.
                loose = op == "+" and not self.latex(b)[0].startswith("-")
                right = self.latex(b)[0] if loose else self.at_least(PREFIX, b)
                return f"{self.latex(a)[0]} {op} {right}", SUM
            case Node("*" | "@" | "beside" | "dot" | "/" as op, (Node("neg", (a,)), b)):
                return self.latex(Node("neg", (Node(op, (a, b)),)))
            case Node("*", (a, b)) if self._is_array(a) and self._is_array(b):
                return self._product(node, r"\circ", ENTRYWISE)
            case Node("*", (a, b)):
                plain = a.op not in ("/", "D") and b.op not in ("/", "D", "number")
                return self._product(node, r"\," if plain else r"\cdot", PRODUCT)
            case Node("@" | "beside" | "dot" as op, _):
                return self._product(node, r"\cdot" if op == "dot" else r"\,", PRODUCT)
            case Node("/", (Node("*", (Node("/", _) as first, a)), b)):
                return self.latex(Node("*", (first, Node("/", (a, b)))))
            case Node("/", (a, b)):
                return rf"\frac{{{self.latex(a)[0]}}}{{{self.latex(b)[0]}}}", PRODUCT
            case Node("**", (a, power)):
                return f"{self.at_least(ATOM, a)}^{{{power:.10g}}}", POWER
            case Node("T", (a,)):
                return f"{self.at_least(ATOM, a)}^{{T}}", POWER
            case Node("prime", (a, "d")):
                return f"d{self.at_least(ATOM, a)}", POWER
            case Node("prime", (a,)):
                return f"{self.at_least(ATOM, a)}'", POWER
            case Node("exp", (a,)):
                return f"e^{{{self.latex(a)[0]}}}", POWER
            case Node("sqrt", (a,)):
                return rf"\sqrt{{{self.latex(a)[0]}}}", ATOM
            case Node("log", (a,)):
                return rf"\log {self._operand(a)}", PREFIX
            case Node(name, (a,)) if latex := _function(name):
                return f"{latex}{_bracketed(self.latex(a)[0])}", ATOM
            case Node("applied", (told, of)):
                return f"{_name(told)}{_bracketed(self.latex(of)[0])}", ATOM
            case Node("total" | "Σ", (a,)):
                letter = next((letter for letter in "jmnlki" if letter not in self.letters), "j")
                if entry := self._in_entries(a, letter):
                    return self.latex(Node("sum", (entry, letter, None)))
                return rf"\operatorname{{sum}}{_bracketed(self.latex(a)[0])}", ATOM
            case Node("sum", (body, letter, without)):
                under = letter if without is None else rf"{letter} \neq {without}"
                return rf"\sum_{{{under}}} {self.at_least(PREFIX, body)}", PREFIX
            case Node("limit", (body, name, at)):
                return rf"\lim_{{{_name(name)} \to {self.latex(at)[0]}}} {self.at_least(PREFIX, body)}", PREFIX
            case Node("row", (Node("delta", (at, letter)), over, _)) if letter == over:
                return rf"e_{{{at}}}", ATOM
            case Node("row", (entry, letter, _)):
                return _bracketed(rf"{self.latex(entry.renamed(letter, '1'))[0]}, \ldots"), ATOM
            case Node("list", entries):
                return ", ".join(self.latex(entry)[0] for entry in entries), ATOM  # in the brackets of diag
            case Node("delta", (a, b)):
                return rf"\delta_{{{a}{b}}}", ATOM
            case Node("D", (body, variable)):
                by = rf"\partial {self.latex(variable)[0]}"
                if body.op in ("name", "index"):
                    return rf"\frac{{\partial {self.latex(body)[0]}}}{{{by}}}", PRODUCT
                return rf"\frac{{\partial}}{{{by}}} {self._operand(body)}", PREFIX
        raise AssertionError(node)

    def at_least(self, tight: int, node: Node) -> str:
        text, tightness = self.latex(node)
        return text if tightness >= tight else _bracketed(text)

    def _operand(self, node: Node) -> str:
        """What a logarithm or a derivative is taken of: brackets, unless it is one piece to the eye."""
        text, tightness = self.latex(node)
        one_piece = tightness >= POWER or (tightness >= PREFIX and node.op in ("/", "log", "sum", "total", "D"))
        return text if one_piece else _bracketed(text)

    def _product(self, node: Node, sign: str, tight: int) -> tuple[str, int]:
        a, b = node.args
        right, right_tight = self.latex(b)
        if right_tight < PREFIX or (ENTRYWISE <= right_tight <= tight and b.op in ("*", "@") and b.op != node.op):
            right, right_tight = _bracketed(right), ATOM
        return f"{self.at_least(tight, a)} {sign} {right}", min(right_tight, tight)

    def _in_entries(self, node: Node, letter: str) -> Node | None:
        """The entry of a row that this letter counts, if the row is made entry by entry of rows and numbers."""
        match node:
            case Node("name", (name,)):
                shape = self.shapes.get(name, NUMBER)
                entry = node if shape == NUMBER else Node("index", (node, letter))
                return entry if shape[0] == 1 else None
            case Node("softmax", (a,)) if self._in_entries(a, letter):
                return Node("index", (node, letter))
            case Node("number" | "index" | "total" | "sum" | "delta", _):
                return node if ":" not in node.args else None
            case Node("neg" | "+" | "-" | "*" | "/" | "**" | "exp" | "log" | "sqrt" | "sigma" | "sigma'" as op, args):
                entries = [self._in_entries(arg, letter) if isinstance(arg, Node) else arg for arg in args]
                return Node(op, tuple(entries)) if None not in entries else None
        return None

    def _is_array(self, node: Node) -> bool:
        match node:
            case Node("index", (_, *letters)):
                return ":" in letters
            case Node("sum" | "total" | "delta" | "number", _):
                return False
            case Node("name", (name,)):
                return self.shapes.get(name, NUMBER) != NUMBER
            case Node("@", (a, b)) if a.op != "T" and b.op == "T" and b.args[0].op == "name":
                return self.shapes.get(b.args[0].args[0], NUMBER)[0] != 1  # a row times a column is a number
        return any(map(self._is_array, node.children))

    def _entry(self, base: Node, letters: list[str]) -> str:
        picked = "".join(letter if letter != ":" else r"\cdot " for letter in letters)
        if base.op == "name":
            return _name(base.args[0], picked)
        inside = self.latex(base)[0] if _function(base.op) else _bracketed(self.latex(base)[0])
        return f"{inside}_{{{picked}}}"


def _function(op: str) -> str | None:
    """How a function is called, if it is one that is called by name."""
    return op.latex if isinstance(op, Function) else FUNCTIONS.get(op)


def _name(name: str, picked: str = "") -> str:
    """A name with its number or the word that belongs to it, and what is picked of it, below."""
    stem, word, number = re.fullmatch(
        r"(.+?)(?:_([^\W\d]\w*?))?_?(\d*)", name.removeprefix(BOUND).replace("_hat", "^")
    ).groups()
    letter = _word(stem.removesuffix("^"))
    below = ",".join(filter(None, (*map(_word, (word or "").split("_")), number, picked)))
    return (rf"\hat{{{letter}}}" if stem.endswith("^") else letter) + (f"_{{{below}}}" if below else "")


def _word(word: str) -> str:
    if word[:1] == "Δ":
        return rf"\Delta {word[1:]}"
    return f"\\{word}" if word in GREEK else rf"\mathrm{{{word}}}" if len(word) > 1 else word


def _bracketed(text: str) -> str:
    return rf"\left({text}\right)" if r"\frac" in text or r"\sum" in text else f"({text})"
