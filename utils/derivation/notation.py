"""The notation of a derivation: one expression a line, read by Python's `ast` and a white list.

Ten lines that show all of it:

    D(J, theta[i])                              the partial derivative of J with respect to theta_i
    D(-sum(y[j] * log(y_hat[j]), j), theta[i])  a sum names the letter that it runs over
    -log(exp(theta[k]) / sum(exp(theta)))       a sum over all entries of a row needs no letter
    softmax(theta)[i] - 1                       what is in [ ] picks an entry; letters are i j k l m n
    sum(y_hat[j], j != k)                       a sum that leaves one term out
    y_hat[i] * (delta(i, j) - y_hat[j])         delta is 1 where its letters are equal and 0 elsewhere
    (1 + exp(-z)) ** -2                         a power has a number for its exponent
    x @ W1 + b1                                 @ is the matrix product; x and b1 are rows
    h.T @ theta * W2                            * multiplies entry by entry; .T turns rows into columns
    D(h, z) @ D(z, x)                           the Jacobian [a, b] = dh_a / dz_b, and another one

`log exp sqrt sigma` go entry by entry, `softmax` takes a row, `diag` makes a matrix of a row. Nothing else exists: no
other name, function or attribute, and nothing is ever handed to `eval`.
"""

from __future__ import annotations

import ast
import difflib
import re
import unicodedata
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

FUNCTIONS = {name: name for name in ("log", "exp", "sqrt", "softmax", "sigma", "diag", "sum", "D", "delta")}
FUNCTIONS |= {"sigmoid": "sigma", "σ": "sigma", "ln": "log", "δ": "delta"}
ALIASES = {"θ": "theta", "ŷ": "y_hat", "yhat": "y_hat"}
LETTERS = frozenset("ijklmn")
OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.MatMult: "@"}

# What NumPy, LaTeX or paper has, and how it is written here.
DERIVATIVE = "A derivative is written `D(expr, theta[i])`."
SUM = "A sum is written `sum(expr, j)`."
TRANSPOSE = "A transpose is written `.T`, as in `W2.T`."
SUBSCRIPT = "An index is written in brackets, as in `theta[i]`; the number of a layer is part of the name, as in `W2`."
SUPERSCRIPTS, SUBSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₗₘₙ"
ELSEWHERE = {
    "dot": "The matrix product is written `@`.",
    "matmul": "The matrix product is written `@`.",
    "transpose": TRANSPOSE,
    "logsumexp": "It is written out: `log(sum(exp(theta)))`.",
    "max": "It only keeps a computer from overflowing: on paper leave it out.",
    **dict.fromkeys(("d", "partial", "grad", "diff"), DERIVATIVE),
    **dict.fromkeys(
        ("sigma_prime", "dsigma", "sigmoid_prime", "sigmoid_derivative"),
        "The derivative of sigma is written out, `sigma(z) * (1 - sigma(z))`, or as `D(sigma(z), z)`, which is a "
        "matrix when $z$ is a row.",
    ),
}
FOREIGN = {
    "=": "One expression a line, without `=`: the line above is the left-hand side.",
    ";": "One expression a line, without `;`.",
    "//": "A quotient is written `/`, and a comment begins with `#`.",
    "^": "`^` is not used here: for a power write `**`, as in `x**2`, for a power of e `exp(...)`, and for a transpose "
    "`.T`, as in `W2.T`.",
    **dict.fromkeys(("...", "…"), "A sum of many terms is written `sum(expr, j)`."),
    "−": "This is a typographic minus: type the `-` of the keyboard.",
    "–": "This is a dash: type the `-` of the keyboard.",
    "≠": "This is written `!=`, as in `sum(expr, j != i)`.",
    "⊗": "An outer product is a column times a row, as in `h.T @ theta`.",
    "√": "A root is written `sqrt(...)`.",
    "ᵀ": TRANSPOSE,
    **dict.fromkeys("{}", "Braces are not used here: group with `( )`."),
    **dict.fromkeys("\\$", "This is not LaTeX: write `theta[i]`, `log(...)`, `sum(..., j)`."),
    **dict.fromkeys("·⋅×", "For a product write `*` (entry by entry) or `@` (the matrix product)."),
    **dict.fromkeys("∘⊙", "The product entry by entry is written `*`."),
    **dict.fromkeys("Σ∑", SUM),
    **dict.fromkeys("∂∇", DERIVATIVE),
    **dict.fromkeys("'’′", "A derivative is written `D(sigma(z), z)`, a transpose `W2.T`."),
    **dict.fromkeys(SUPERSCRIPTS, "A power is written `**`, as in `x**2`."),
    **dict.fromkeys(SUBSCRIPTS, SUBSCRIPT),
}

LONGEST_LINE, DEEPEST, MOST_NODES, LARGEST_NUMBER, LARGEST_POWER = 400, 24, 150, 1e6, 8
WORD = rf"[^\W\d{SUPERSCRIPTS}{SUBSCRIPTS}ᵀ][^\W{SUPERSCRIPTS}{SUBSCRIPTS}ᵀ]*"
TOKEN = re.compile(rf"\s+|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+|{WORD}|\*\*|//|\.\.\.|[!<>=]=|.")
MODULE = re.compile(r"\b(np|numpy|math)\s*\.\s*(\w+)")
ENTRY = r"(\w+)((?:\[[\w, ]*\])?)"
FRACTION = re.compile(rf"(?<!\w)(?:[d∂]|[d∂]{ENTRY})\s*/\s*[d∂]{ENTRY}")
SHORT = re.compile(r"[\w .,:*/@()\[\]+-]{1,30}")  # a piece of a line that can be told as it stands


class Unreadable(Exception):
    """A line that has no value. slug: the kind of trouble. column: where, from 0, or None if it is not in one place."""

    def __init__(self, message: str, column: int | None = None, slug: str = "syntax") -> None:
        super().__init__(message)
        self.message, self.column, self.slug = message, column, slug


class Node(NamedTuple):
    """A part of an expression. op: what it is; args: Nodes, and for some the letters, name or number that belong to it.

    number (value,), name (name,), index (of, letters), neg (a,), + - * / @ (a, b), ** (a, number), T (a,), log exp sqrt
    softmax sigma diag total (a,), sum (body, letter, the letter left out or None), D (body, of what), delta (a, b).
    """

    op: str
    args: tuple

    @property
    def children(self) -> tuple[Node, ...]:
        return tuple(arg for arg in self.args if isinstance(arg, Node))

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()

    def has(self, *ops: str) -> bool:
        return any(node.op in ops for node in self.walk())


def parse(text: str, names: Collection[str]) -> Node:
    """The tree of one line. names: what may be called by name. Raises Unreadable, with the column and a mend."""
    text = unicodedata.normalize("NFC", re.sub(r"\s", " ", text))  # a page that is copied from has other spaces and ŷ
    if len(text) > LONGEST_LINE:
        raise Unreadable(f"This line is longer than {LONGEST_LINE} characters. Break it into steps.", LONGEST_LINE)
    _refuse_other_notations(text, names)
    _scan(text, names)
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        column = (getattr(error, "offset", None) or 1) - 1 + len(text) - len(text.lstrip())
        raise Unreadable("This cannot be read as an expression.", min(column, len(text))) from None
    return _Reader(text, names).read(tree)


def _refuse_other_notations(text: str, names: Collection[str]) -> None:
    """Find what NumPy or paper writes in several tokens: a function of a module, a derivative as a fraction."""
    if found := MODULE.search(text):
        module, name = found.groups()
        stands = f": `{name}(...)` stands alone." if name in FUNCTIONS else f": there is no `{name}` here."
        told = f". {ELSEWHERE[name]}" if name in ELSEWHERE else stands
        raise Unreadable(f"Drop `{module}.`{told}", found.start())
    for found in FRACTION.finditer(text):
        above, entry, below, by = found.groups()
        if above is None or ALIASES.get(above, above) in names:
            written = f"D({above}{entry}, {below}{by})" if above else f"D(expr, {below}{by})"
            raise Unreadable(f"This derivative is written `{written}`.", found.start())


def _scan(text: str, names: Collection[str]) -> None:
    """Find what goes wrong on paper-to-keyboard before Python does, and say it in the words of the notation."""
    open_at: list[tuple[str, int, int]] = []
    wants_operand, before, factor = True, "", 0  # factor: where the one begins that is being read
    for match in TOKEN.finditer(text):
        token, at = match.group(), match.start()
        if token.isspace():
            continue
        if token[0] == "=" and open_at:
            told = "Inside brackets nothing is set equal: a sum names its letter alone, as in `sum(expr, j)`, and "
            raise Unreadable(told + "`delta(i, j)` is 1 where its letters are equal.", at)
        _refuse_foreign(token, at)
        is_word = token[0].isalnum() or token[0] == "_" or (token[0] == "." and len(token) > 1)
        if before == ".":
            if token != "T":
                mend = f"`{token}(...)` stands alone." if token in FUNCTIONS else ELSEWHERE.get(token, TRANSPOSE)
                raise Unreadable(f"After a dot only `T` can follow; this is `{token}`. {mend}", at)
            token = ")"  # it closes what it stands after: no function is called `T`
        elif is_word:
            if not wants_operand:
                raise Unreadable(_missing_operator(before, token, text[factor:at], text[at:], names), at)
            wants_operand, factor = False, at
        elif token in "([":
            if not wants_operand and token == "(" and not before.isidentifier():
                raise Unreadable(_missing_operator(before, token, text[factor:at], text[at:], names), at)
            if wants_operand and token == "[":
                raise Unreadable("A `[` picks an entry of what stands before it, and nothing does: `theta[i]`.", at)
            factor = at if wants_operand else factor
            open_at.append((token, at, factor))
            if len(open_at) > DEEPEST:
                raise Unreadable(f"More than {DEEPEST} brackets are open here. Break the line into steps.", at)
            wants_operand = True
        elif token in ")]":
            if not open_at or open_at[-1][0] + token not in ("()", "[]"):
                raise Unreadable(f"This `{token}` closes nothing that is open.", at)
            if wants_operand and before != ":":
                raise Unreadable(f"Something is missing before this `{token}`.", at)
            _, _, factor = open_at.pop()
            wants_operand = False
        elif token == ":":
            wants_operand = False
        elif token == ".":
            if wants_operand:
                raise Unreadable("Before the dot something is missing: `W2.T`.", at)
        else:
            if wants_operand and token not in "+-":
                raise Unreadable(f"Before this `{token}` a number or a name is missing.", at)
            if token == "," and not open_at:
                raise Unreadable("One expression a line: a comma stands only inside brackets.", at)
            wants_operand = True
        before = token
    if open_at:
        bracket, at, _ = open_at[-1]
        raise Unreadable(f"This `{bracket}` is never closed.", at)
    if wants_operand:
        raise Unreadable("The line ends where a number or a name should follow.", len(text.rstrip()))


def _refuse_foreign(token: str, at: int) -> None:
    said = SUM if token.startswith("sum_") else FOREIGN.get(token) or FOREIGN.get(token[0])
    if said:
        raise Unreadable(said, at)
    if not (token[0].isalnum() or token[0] in "_.+-*/@()[],:" or token == "!="):
        what = f"`{token}`" if token.isprintable() else "A character that cannot be seen"
        raise Unreadable(f"{what} has no meaning in this notation.", at)


def _missing_operator(before: str, token: str, left: str, right: str, names: Collection[str]) -> str:
    """What to write between the factor `left`, whose last token is `before`, and `right`, which begins with `token`."""
    if before in FUNCTIONS:
        return f"`{before}` needs brackets round what it is taken of: `{before}(...)`."
    if token == "for":
        return SUM
    if token.startswith("_"):
        return SUBSCRIPT
    if before in ELSEWHERE:
        return ELSEWHERE[before]
    return _product(left.strip(), _first_factor(right), names)


def _product(left: str, right: str, names: Collection[str]) -> str:
    """How the product of two factors is written."""
    left, right = (piece if SHORT.fullmatch(piece) else "(...)" for piece in (left, right))
    if any(name.startswith("W") for name in names):  # there are matrices, and which product is meant nobody can tell
        kinds = "`@` for the product of matrices, `*` for numbers and entry by entry"
        return f"A product needs its sign between `{left}` and `{right}`: {kinds}."
    return f"A product needs `*`: `{left} * {right}`."


def _first_factor(text: str) -> str:
    """What a text begins with: a word or brackets, with what is picked, called or turned of it."""
    depth, end, before = 0, 0, ""
    for match in TOKEN.finditer(text):
        token = match.group()
        follows = token in "[." or before == "." or (token == "(" and before.isidentifier())
        if before and depth == 0 and not follows:
            break
        depth += (token in "([") - (token in ")]")
        end, before = match.end(), token
    return text[:end].strip()


class _Reader:
    """From Python's tree to ours, refusing all that is not on the list."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        self.names, self.count, self.depth = names, 0, 0
        self.bytes, self.shift = text.strip().encode(), len(text) - len(text.lstrip())

    def read(self, tree: ast.expr) -> Node:
        self.count, self.depth = self.count + 1, self.depth + 1
        if self.count > MOST_NODES or self.depth > 2 * DEEPEST:
            raise self.refused(tree, "This line has too many parts. Break it into steps.")
        node = self.convert(tree)
        self.depth -= 1
        return node

    def convert(self, tree: ast.expr) -> Node:
        match tree:
            case ast.Constant(value=value) if type(value) in (int, float):
                if not abs(value) <= LARGEST_NUMBER:
                    raise self.refused(tree, f"Numbers go up to {LARGEST_NUMBER:.0f} here.")
                return Node("number", (float(value),))
            case ast.Name(id=name):
                return self.name(tree, name)
            case ast.UnaryOp(op=ast.USub(), operand=a):
                return Node("neg", (self.read(a),))
            case ast.UnaryOp(op=ast.UAdd(), operand=a):
                return self.read(a)
            case ast.BinOp(op=ast.Pow(), left=a, right=b):
                return Node("**", (self.read(a), self.exponent(b)))
            case ast.BinOp(op=op, left=a, right=b) if type(op) in OPERATORS:
                return Node(OPERATORS[type(op)], (self.read(a), self.read(b)))
            case ast.Attribute(value=a, attr="T"):
                return Node("T", (self.read(a),))
            case ast.Subscript(value=a, slice=picked):
                picked = picked.elts if isinstance(picked, ast.Tuple) else [picked]
                if not 1 <= len(picked) <= 2:
                    raise self.refused(tree, "One letter picks an entry of a row, two an entry of a matrix.")
                return Node("index", (self.read(a), *(self.letter(part, colon=True) for part in picked)))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                if name not in FUNCTIONS:
                    raise self.refused(tree, f"`{name}` is not a function. {self.instead_of_call(name, args)}")
                return self.call(tree, FUNCTIONS[name], args)
        raise self.refused(tree, "This has no meaning in this notation.")

    def call(self, tree: ast.Call, name: str, args: list[ast.expr]) -> Node:
        match name, args:
            case "sum", [body]:
                return Node("total", (self.read(body),))
            case "sum", [body, ast.Compare(left=letter, ops=[ast.NotEq()], comparators=[other])]:
                return Node("sum", (self.read(body), self.letter(letter), self.letter(other)))
            case "sum", [ast.Name(id=letter), _] if letter in LETTERS and letter not in self.names:
                raise self.refused(tree, "The letter that a sum runs over comes last: `sum(expr, j)`.")
            case "sum", [body, letter]:
                return Node("sum", (self.read(body), self.letter(letter), None))
            case "sum", _:
                raise self.refused(tree, "A sum needs the letter it runs over: `sum(expr, j)`.")
            case "D", [body, variable]:
                of = self.read(variable)
                base = of.args[0] if of.op == "index" else of
                if base.op != "name" or ":" in of.args:
                    told = "`D(expr, theta[i])` is taken with respect to a name or one of its entries."
                    raise self.refused(variable, told)
                node = Node("D", (self.read(body), of))
                if nesting(node) > 2:
                    raise self.refused(tree, "Three derivatives, one inside the other, are more than is needed here.")
                return node
            case "D", _:
                raise self.refused(tree, "A derivative needs to know with respect to what: `D(expr, theta[i])`.")
            case "delta", [a, b]:
                return Node("delta", (self.letter(a), self.letter(b)))
            case "delta", _:
                raise self.refused(tree, "`delta` takes two letters: `delta(i, j)`.")
            case _, [a]:
                return Node(name, (self.read(a),))
        raise self.refused(tree, f"`{name}` is taken of one thing: `{name}(...)`.")

    def name(self, tree: ast.expr, name: str) -> Node:
        name = ALIASES.get(name, name)
        if name in self.names:
            return Node("name", (name,))
        if name in LETTERS:
            raise self.refused(tree, f"`{name}` is a letter that counts: it stands in brackets, as in `theta[{name}]`.")
        if name in FUNCTIONS:
            raise self.refused(tree, f"`{name}` is taken of something: `{name}(...)`.")
        if name == "e":
            raise self.refused(tree, "For a power of e write `exp(...)`.", "unknown-name")
        raise self.refused(tree, f"There is no `{name}` here. {self.instead(name, self.names)}", "unknown-name")

    def letter(self, tree: ast.expr, colon: bool = False) -> str:
        match tree:
            case ast.Name(id=name) if name in LETTERS and name not in self.names:
                return name
            case ast.Slice(lower=None, upper=None, step=None) if colon:
                return ":"
        raise self.refused(tree, "Here one of the letters i, j, k, l, m, n should stand.")

    def exponent(self, tree: ast.expr) -> float:
        node = self.read(tree)
        sign = -1 if node.op == "neg" else 1
        node = node.args[0] if node.op == "neg" else node
        if node.op != "number" or node.args[0] > LARGEST_POWER:
            told = f"An exponent is a number up to {LARGEST_POWER}. For a power of e write `exp(...)`."
            raise self.refused(tree, told)
        return sign * node.args[0]

    def instead_of_call(self, name: str, args: list[ast.expr]) -> str:
        if ALIASES.get(name, name) not in (*self.names, *LETTERS):
            return self.instead(name, FUNCTIONS)
        picked = [arg.id for arg in args if isinstance(arg, ast.Name) and arg.id in LETTERS]
        if picked and len(picked) == len(args):
            return f"An index is written in brackets: `{name}[{', '.join(picked)}]`."
        return _product(name, "(...)", self.names)

    def instead(self, name: str, known: Collection[str]) -> str:
        """What to write for a name that is not among the known ones."""
        stem, _, letters = name.rpartition("_")
        if letters and LETTERS.issuperset(letters):
            if ALIASES.get(stem, stem) in self.names:
                return f"An index is written in brackets: `{stem}[{', '.join(letters)}]`."
            if stem == "delta":
                return f"It is written `delta({', '.join(letters)})`."
        if stem == "D" or (name[0] == "d" and ALIASES.get(name[1:], name[1:]) in self.names):
            return DERIVATIVE
        near = [f"`{n}`" for n in difflib.get_close_matches(name[:40], known, n=2, cutoff=0.5)]
        return ELSEWHERE.get(name) or (
            f"Did you mean {' or '.join(near)}?" if near else f"There is {', '.join(f'`{n}`' for n in sorted(known))}."
        )

    def refused(self, tree: Any, message: str, slug: str = "syntax") -> Unreadable:
        column = len(self.bytes[: getattr(tree, "col_offset", 0)].decode(errors="ignore"))
        return Unreadable(message, column + self.shift, slug)


def nesting(node: Node) -> int:
    """How many derivatives stand one inside the other."""
    return (node.op == "D") + max(map(nesting, node.children), default=0)


def example_lines() -> list[tuple[str, str]]:
    """The ten lines of the notation and what each shows, for a help cell."""
    block = re.findall(r"^    (\S.*?)  +(\S.*)$", __doc__, re.MULTILINE)
    return [(line, said) for line, said in block]
