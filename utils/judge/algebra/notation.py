"""The notation of a derivation: one expression a line, in NumPy's notation, that of paper, or LaTeX, mixed freely.

Ten lines that show all of it:

    D(J, theta[i])                              the partial derivative of J with respect to theta_i: ∂J/∂θ_i
    D(-sum(y[j] * log(y_hat[j]), j), theta[i])  ∂/∂θ_i (-Σ_j y_j log ŷ_j): a sum names the letter that it runs over
    -log(exp(theta[k]) / sum(exp(theta)))       a sum over all entries of a row needs no letter; exp is also e^
    softmax(theta)[i] - 1                       what is in [ ] or below picks an entry; letters are i j k l m n
    sum(y_hat[j], j != k)                       Σ_{j≠k} ŷ_j: a sum that leaves one term out
    y_hat[i] * (delta(i, j) - y_hat[j])         ŷ_i (δ_ij - ŷ_j): delta is 1 where its letters are equal, 0 elsewhere
    (1 + exp(-z)) ** -2                         (1 + e^{-z})^{-2}: a power has a number for its exponent
    x @ W1 + b1                                 x W_1 + b_1: @ is the matrix product; x and b1 are rows
    h.T @ theta * W2                            * is ∘ and multiplies entry by entry; .T is ᵀ, a row becomes a column
    D(h, z) @ D(z, x)                           ∂h/∂z ∂z/∂x: the Jacobian [a, b] = dh_a / dz_b, and another one

`log exp sqrt sigma` go entry by entry, `softmax` takes a row, `diag` makes a matrix of a row. Nothing else exists: no
other name, function or attribute. The grammar is in notation.lark; nothing is ever handed to `eval`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache, cached_property
from itertools import pairwise
from typing import NamedTuple

from lark import Lark, Token, Tree, UnexpectedToken

from utils.judge.algebra.functions import Function
from utils.judge.algebra.spelling import plainly_spelled

FUNCTIONS = {name: name for name in ("log", "exp", "sqrt", "softmax", "sigma", "diag", "sum", "D", "delta")}
FUNCTIONS |= {"sigmoid": "sigma", "ln": "log", "CE": "CE", "ce": "CE", "log_softmax": "log_softmax"}
FUNCTIONS |= dict.fromkeys(("LSE", "logsumexp", "log_sum_exp"), "LSE")
LETTERS = frozenset("ijklmn")
BRACKETS = {"_LPAR": "_RPAR", "_LSQB": "_RSQB", "_LBRACE": "_RBRACE"}
SIGNS = {"STAR": "*", "AT": "@", "DOT": "dot"}
NO_INDEX = {"NAME", "FUNC", "CALL", "SUM", "E", "PARTIAL", "_FRAC", "_LPAR", "_SLASH"}
ENDS = {*BRACKETS.values(), "PLUS", "MINUS", "STAR", "AT", "DOT", "_CIRC", "_SLASH", "_COMMA", "BARE", ""}
RUNS_OVER = re.compile(r"(?:sum|Σ|∑)(?:\\limits|\\nolimits|\s)*_\s*\{?\s*([a-z])(?![a-z])|,\s*([a-z])\s*\)")
PLAIN = {
    "plus": "+",
    "primed": "prime",
    "minus": "-",
    "neg": "neg",
    "entrywise": "*",
    "quotient": "/",
    "fraction": "/",
    "transposed": "T",
}
TRANSPOSES = {"T", "t", "top", "intercal"}

# What NumPy or paper has, and how it is written here.
DERIVATIVE = "A derivative is written `D(expr, theta[i])`, or `∂/∂θ_i (...)`."
SUM = "A sum is written `sum(expr, j)`, or `Σ_j ...`."
A_LETTER = "one of the letters i, j, k, l, m, n"
TWO_LETTERS = "`delta` takes two letters: `delta(i, j)`, or `δ_ij`."
LETTER_WANTED = f"Here {A_LETTER} should stand."
POWER_OF_E = "For a power of e write `exp(...)`, or `e^{...}`."
TRANSPOSE = "A transpose is written `.T`, as in `W2.T`, or `^T`."
ELSEWHERE = {
    "dot": "The matrix product is written `@`.",
    "matmul": "The matrix product is written `@`.",
    "transpose": TRANSPOSE,
    "begin": "Write what is asked alone, without `\\begin{...}`: one case a derivation, and a matrix by its name.",
    **dict.fromkeys(("I", "eye"), "The matrix that has a row on its diagonal is written `diag(...)`."),
    "max": "It only keeps a computer from overflowing: on paper leave it out.",
    "for": SUM,
    **dict.fromkeys(("d", "D", "partial", "grad", "diff"), DERIVATIVE),
    **dict.fromkeys(
        ("sigma_prime", "dsigma", "sigmoid_prime", "sigmoid_derivative"),
        "The derivative of sigma is written out, `sigma(z) * (1 - sigma(z))`, as `sigma'(z)`, or as `D(sigma(z), z)`, "
        "which is a matrix when $z$ is a row.",
    ),
}
PRIME = "A derivative is written `sigma'(z)` or `D(sigma(z), z)`, a transpose `W2.T`."
FOREIGN = {
    ";": "One expression a line, without `;`.",
    "//": "A quotient is written `/`, and a comment begins with `#`.",
    "⊗": "An outer product is a column times a row, as in `h.T @ theta`.",
    **dict.fromkeys(("...", "…", "\\dots", "\\ldots", "\\cdots"), "A sum of many terms is written `sum(expr, j)`."),
    **dict.fromkeys("'’′", PRIME),
}

LONGEST_LINE, DEEPEST, MOST_NODES, LARGEST_NUMBER, LARGEST_POWER = 600, 24, 150, 1e6, 8


class Unreadable(Exception):
    """A line that has no value. slug: the kind of trouble. column: where, from 0, or None if it is not in one place.

    more: what else is wrong with the same line.
    """

    def __init__(
        self, message: str, column: int | None = None, slug: str = "syntax", more: Sequence[Unreadable] = ()
    ) -> None:
        super().__init__(message)
        self.message, self.column, self.slug, self.more = message, column, slug, tuple(more)
        self.told = message

    @property
    def all(self) -> str:
        """All that is wrong with the line."""
        return self.message + "".join(f" At column {other.column + 1}: {other.message}" for other in self.more)


class Node(NamedTuple("Node", [("op", str), ("args", tuple)])):
    """A part of an expression. op: what it is; args: Nodes, and for some the letters, name or number that belong to it.

    number (value,), name (name,), index (of, letters), neg (a,), + - * / @ (a, b), ** (a, number), T (a,), log exp sqrt
    softmax sigma sigma' diag total (a,), sum (body, letter, the letter left out or None), D (body, of what),
    delta (a, b). What stands beside another, or has a dot between, is `beside` or `dot` (a, b), until the shapes tell
    which product is meant (`World.meant`).
    """

    @cached_property
    def children(self) -> tuple[Node, ...]:
        return tuple([arg for arg in self.args if isinstance(arg, Node)])

    def changed(self, change: Callable[[Node], Node]) -> Node:
        """The same with each of its parts changed."""
        return Node(self.op, tuple([change(arg) if isinstance(arg, Node) else arg for arg in self.args]))

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()

    @cached_property
    def letters(self) -> frozenset[str]:
        """The letters that count in it, but for those that a sum of its own runs over."""
        inside = frozenset().union(*(part.letters for part in self.children))
        match self:
            case Node("delta", own) | Node("index", (_, *own)):
                return inside.union(own) - {":"}
            case Node("sum", (_, over, without)):
                return (inside - {over}).union(without or ())
        return inside

    @cached_property
    def ops(self) -> frozenset[str]:
        """What its parts are, and it itself."""
        return frozenset({self.op}).union(*(part.ops for part in self.children))

    @cached_property
    def summed(self) -> frozenset[str]:
        """The letters that its sums run over."""
        own = {self.args[1]} if self.op == "sum" else ()
        return frozenset(own).union(*(part.summed for part in self.children))

    @property
    def names(self) -> set[str]:
        return {node.args[0] for node in self.walk() if node.op == "name"}

    def has(self, *ops: str) -> bool:
        return not self.ops.isdisjoint(ops)


def parse(text: str, names: Collection[str]) -> Node:
    """The tree of one line. names: what may be called by name. Raises Unreadable, with the column and a mend."""
    return readings(text, names)[0]


def readings(text: str, names: Collection[str]) -> list[Node]:
    """The tree of one line, and after it what else paper would let it mean: `a/b c` as a/(bc), and `∂/∂x (a) b` as the
    derivative of both. Raises Unreadable with all that is wrong."""
    if len(text) > LONGEST_LINE:
        raise Unreadable(f"This line is longer than {LONGEST_LINE} characters. Break it into steps.", LONGEST_LINE)
    text, columns = plainly_spelled(text, tuple(names))
    try:
        words = _Words(names, text)
        near = _Reader(names)
        tree = words.tree()
        first = near.read(tree)
        _refuse([*words.problems, *near.problems])
        return list(dict.fromkeys([first, _Reader(names, wide=True).read(tree)])) if near.doubtful else [first]
    except Unreadable as trouble:
        for each in (trouble, *trouble.more):
            each.column = columns[each.column]
        raise


def new_name(text: str, names: Collection[str], surely: bool = False) -> str | None:
    """The name that a text is, if it has no meaning yet. surely: even if it looks like one that is misspelled."""
    if len(text) > LONGEST_LINE:
        return None
    plain = plainly_spelled(text, tuple(names))[0].strip().removeprefix("\\")
    word = re.sub(r"(?<=[^\W\d_])_?\{?(\d+)\}?$", r"\1", plain)
    numbered = word.rstrip("0123456789") == "delta"  # what runs back through a network is called so, too
    if not re.fullmatch(r"[^\W\d_]\w*", word) or (word in FUNCTIONS and not numbered) or LETTERS.issuperset(word):
        return None
    unknown = [token.type for token in _Words(names, word).tokens] == ["UNKNOWN"]
    surely = surely or numbered or len(word) < 3
    return word if (unknown or numbered) and (surely or "mean" not in _instead(word, names)) else None


@cache
def _grammar() -> Lark:
    starts = ["line", "spellings"]
    return Lark.open(
        "notation.lark", rel_to=__file__, parser="lalr", lexer="basic", start=starts, maybe_placeholders=False
    )


def _refuse(problems: Sequence[Unreadable]) -> None:
    if problems:
        ordered = sorted(reversed(problems), key=lambda problem: problem.column, reverse=True)
        for kind in ("column", "message"):  # in one place, and of one kind, the first is enough
            ordered = list({getattr(problem, kind): problem for problem in ordered}.values())
        first, *more = sorted(ordered, key=lambda problem: problem.column)
        raise Unreadable(first.message, first.column, first.slug, more)


def _known(names: Collection[str]) -> tuple[list[str], dict[str, str]]:
    """The names of a setting, and all functions that it may use, each with what it is called."""
    added = {name: name for name in names if isinstance(name, Function)}
    return [name for name in names if name not in added], FUNCTIONS | added


class _Words:
    """What each word of a line is: a name, a function, letters that count. problems: those that have no meaning."""

    def __init__(self, names: Collection[str], text: str) -> None:
        self.names, self.functions = _known(names)
        self.text, self.tokens, self.problems = text, [], []
        self.parser = _grammar().parse_interactive(text, "line")
        self.letters = LETTERS | set("".join(map("".join, RUNS_OVER.findall(text)))) - {*self.names, "d", "e"}
        for token in self.parser.lexer_thread.lex(self.parser.parser_state):
            self.add(token)
        self.pair()

    def tree(self) -> Tree:
        """The grammar's tree of the line. Raises Unreadable with what is wrong, if it has none."""
        try:
            for token in self.tokens:
                self.parser.feed_token(token)
            return self.parser.feed_eof().children[0]
        except UnexpectedToken as error:
            end = len(self.text.rstrip())
            _refuse(self.problems or [self.unexpected(error.token, self.parser.accepts(), end)])

    def add(self, token: Token) -> None:
        before = self.tokens[-1] if self.tokens else Token("", "")
        match token.type:
            case "WORD":
                self.word(token, before)
            case "PRIME" if before.type == "FUNC" and before.value == "sigma":
                self.tokens[-1] = before.update(value="sigma'")
            case "ATTRIBUTE":
                name = token.value.lstrip(". ")
                mend = f"`{name}(...)` stands alone." if name in self.functions else ELSEWHERE.get(name, TRANSPOSE)
                told = f"After a dot only `T` can follow; this is `{name}`. {mend}"
                self.refuse(told, token, len(token) - len(name))
            case "PRIME" if before.type in BRACKETS.values() or before.type == "NAME":
                self.tokens.append(token)
            case "PRIME" | "FOREIGN" | "PAIR":
                what = f"`{token}`" if token.isprintable() else "A character that cannot be seen"
                self.refuse(FOREIGN.get(str(token)) or f"{what} has no meaning in this notation.", token)
            case _:
                self.tokens.append(token)

    def put(self, type: str, value: str, token: Token, shift: int = 0) -> None:
        self.tokens.append(Token(type, value, start_pos=token.start_pos + shift))

    def refuse(self, message: str, token: Token, shift: int = 0, slug: str = "syntax") -> None:
        self.problems.append(Unreadable(message, token.start_pos + shift, slug))

    def word(self, token: Token, before: Token) -> None:
        """Add what a word stands for, in as many pieces as it has: `xW_1` is x beside W_1, `θ_ik` is θ with letters."""
        word = token.removeprefix("\\")
        shift, start = len(token) - len(word), 0
        if before.type == "_CARET" and word[0] == "T" and word not in self.names:
            self.put("UNKNOWN", "T", token)
            start = 1
        while start < len(word):
            if word[start] == "_":
                self.put("_UNDER", "_", token, start + shift)
                start += 1
            after_line = start > 0 and word[start - 1] == "_"
            ends = range(len(word), start, -1)
            found = next(((kind, end) for end in ends if (kind := self.kind(word, start, end, after_line))), None)
            if found is None:
                piece = word[start:] if start == 0 or after_line else word
                self.put("UNKNOWN", piece, token, start + shift if start else 0)
                return
            (type, value), end = found
            below = type == "LETTERS" and (start > 0 or (before.type == "SUM" and before is self.tokens[-1]))
            if below and not after_line:
                self.put("_UNDER", "_", token, start + shift)  # θi, Σj
            self.put(type, value, token, start + shift)
            start = end

    def kind(self, word: str, start: int, end: int, after_line: bool) -> tuple[str, str] | None:
        """What a piece of a word can stand for, if for anything. Whole words can be more than their pieces."""
        piece, rest = word[start:end], word[end:]
        ends = not rest or rest[0] == "_"
        # What stands below a sum needs no line, and need not be a letter.
        below = self.is_below(rest) if piece == "sum" else rest[:1] == "_" and self.letters.issuperset(rest[1:])
        if piece in self.functions and start == 0 and (not rest or below):
            return ("NAME", piece) if piece in self.names else ("FUNC", self.functions[piece])
        if self.letters.issuperset(piece) and piece not in self.names and (after_line or ends):
            return "LETTERS", piece
        if after_line:
            return ("NUMBER", piece) if piece.isdigit() else None
        if piece in self.names:
            return "NAME", piece
        if piece == "e" and ends:
            return "E", piece
        if piece in ("d", "partial") and start == 0 and (not rest or self.is_name(rest)):
            return "PARTIAL", piece
        return None

    def is_name(self, word: str) -> bool:
        """Whether a word is a name, perhaps with what stands below it."""
        return any(word[:end] in self.names and self.is_below(word[end:]) for end in range(1, len(word) + 1))

    def is_below(self, rest: str) -> bool:
        """Whether what is left of a word stands below what comes before."""
        return rest[:1] == "_" or self.letters.issuperset(rest)

    def pair(self) -> None:
        """See which brackets belong together, and what a word is by what stands beside it."""
        opened: list[int] = []
        closing: dict[int, int] = {}
        for n, token in enumerate(self.tokens):
            if token.type in BRACKETS:
                opened.append(n)
                if len(opened) > DEEPEST:
                    told = f"More than {DEEPEST} brackets are open here. Break the line into steps."
                    raise Unreadable(told, token.start_pos)
            elif token.type in BRACKETS.values():
                if not opened or BRACKETS[self.tokens[opened[-1]].type] != token.type:
                    self.refuse(f"This `{token}` closes nothing that is open.", token)
                    return
                closing[opened.pop()] = n
        if opened and not self.problems:
            self.refuse(f"This `{self.tokens[opened[-1]]}` is never closed.", self.tokens[opened[-1]])
        tokens, self.tokens = [*self.tokens, Token("", ""), Token("", "")], []
        for start, end in closing.items():  # what holds a sum or a product is no index
            inside = {token.type for token in tokens[start + 1 : end]}
            if tokens[start].type == "_LSQB" and inside & NO_INDEX and len(inside) > 1:
                tokens[start].type, tokens[end].type = "_LPAR", "_RPAR"
        if "z" in self.names:
            self.find_bare(tokens, closing)
        for n, (token, after) in enumerate(pairwise(tokens[:-1])):
            behind = tokens[closing.get(n + 1, n) + 1]  # what follows a word with its brackets
            if token.type == "UNKNOWN" and token[:1] == "d" and len(token) > 1 and self.is_in_fraction(token, behind):
                self.join(Token("PARTIAL", "d", start_pos=token.start_pos))
                type = "FUNC" if token[1:] in self.functions else "UNKNOWN"
                token = Token(type, self.functions.get(token[1:], token[1:]), start_pos=token.start_pos + 1)
            match token.type, after.type:
                case "PARTIAL", "NAME" if self.is_gradient(tokens, n, closing):
                    token.type = "GRADIENT"
                case "FUNC", bracket if bracket in BRACKETS:
                    token.type = "CALL"
                case "NAME", "_LPAR" if token == "delta" and tokens[n + 2].type == "LETTERS":
                    token.type = "CALL"
                case "FUNC", "_UNDER" if token == "delta":
                    self.refuse(TWO_LETTERS, token)
                case "FUNC", _ if token == "sum":
                    token.type = "SUM"
                case "FUNC", "_UNDER":
                    token.type = "PICKED"
                case "FUNC", "_CARET" if tokens[closing.get(n + 2, n + 2) + 1].type == "_LPAR":
                    token.type = "POWERED"
                case "UNKNOWN", "_LPAR" if self.tokens[-1:] != ["^"]:
                    self.refuse(f"`{token}` is not a function. {_instead(token, {*self.functions.values()})}", token)
            self.join(token)

    def find_bare(self, tokens: list[Token], closing: dict[int, int]) -> None:
        """See which sigmas stand for their value at z, as in `σ(1 - σ)`: those that are taken of nothing, and those
        before brackets that hold such a one."""
        bare: list[int] = []
        for n, token in reversed(list(enumerate(tokens))):
            after = n + 1
            if tokens[after : after + 1] and tokens[after].type == "_CARET":
                after = closing.get(n + 2, n + 2) + 1
            differentiated = n > 0 and tokens[n - 1].type == "PARTIAL"
            if token.type == "FUNC" and token in ("sigma", "sigma'") and not differentiated:
                holds = any(n < other < closing.get(after, n) for other in bare)
                if holds or tokens[after].type in ENDS:
                    bare.append(n)
        for n in bare:
            tokens[n].type = "BARE"

    def is_in_fraction(self, token: Token, behind: Token) -> bool:
        """Whether a word with a d in front is one of the two sides of a derivative."""
        above = behind.type == "_SLASH" and (token[1:] in self.functions or token[1:2].isupper())
        return above or (self.tokens[-1:] == ["/"] and any(before.type == "PARTIAL" for before in self.tokens))

    def is_gradient(self, tokens: list[Token], n: int, closing: dict[int, int]) -> bool:
        """Whether a d begins the name of a gradient, `dtheta` for dJ/dtheta, and no side of a derivative."""
        sign, name = tokens[n : n + 2]
        if sign != "d" or "J" not in {*self.names} - {name} or name.start_pos != sign.start_pos + 1:
            return False
        end = n + 2
        while tokens[end].type in ("_UNDER", "LETTERS", "NUMBER", "_LSQB") or tokens[end - 1].type == "_UNDER":
            end = closing.get(end, end) + 1
        below = tokens[end].type == "_SLASH" and tokens[end + 1].type == "PARTIAL"
        return not below and (n == 0 or tokens[n - 1].type not in ("_SLASH", "_LBRACE"))

    def join(self, token: Token) -> None:
        """Add a word; the sign of a derivative below a slash is one word with it."""
        if token.type == "PARTIAL" and self.tokens and self.tokens[-1].type == "_SLASH":
            self.tokens.pop()
            token = Token("OVER", "/∂", start_pos=token.start_pos)
        self.tokens.append(token)

    def unexpected(self, token: Token, expected: Collection[str], end: int) -> Unreadable:
        """What is said of a line that stops making sense at a token. expected: what could have stood there."""
        at = next((n for n, other in enumerate(self.tokens) if other is token), len(self.tokens))
        column = token.start_pos if at < len(self.tokens) else end
        before = self.tokens[at - 1] if at else Token("", "")
        if before.type == "FUNC":
            mend = DERIVATIVE if before == "D" else f"`{before}` is taken of something: `{before}(...)`."
            return Unreadable(mend, before.start_pos)
        if ("OVER" in expected and "NAME" not in expected) or before.type == "PARTIAL":
            partial = next(t for t in reversed(self.tokens[:at]) if t.type == "PARTIAL")
            return Unreadable(DERIVATIVE, partial.start_pos)
        shown = f"`{token}`"
        if before.type == "EQUAL" and "LETTERS" in expected:
            return Unreadable("A sum names its letter alone, as in `sum(expr, j)`.", before.start_pos)
        if "NAME" in expected and "STAR" not in expected:
            if at == len(self.tokens):
                return Unreadable("The line ends where a number or a name should follow.", column)
            if token.type in BRACKETS.values():
                return Unreadable(f"Something is missing before this {shown}.", column)
            return Unreadable(f"Before this {shown} a number or a name is missing.", column)
        if token.type in ("EQUAL", "UNEQUAL"):
            told = "Inside brackets nothing is set equal: a sum names its letter alone, as in `sum(expr, j)`, and "
            return Unreadable(told + "`delta(i, j)` is 1 where its letters are equal.", column)
        if token.type == "_COMMA":
            told = "One expression a line: a comma stands only between letters, or in the brackets of a function."
            return Unreadable(told, column)
        fits = [said for type, said in FITS.items() if type in expected]
        what = f"{shown} cannot stand here" if at < len(self.tokens) else "Something is missing at the end"
        return Unreadable(f"{what}. What fits: {', '.join(fits)}.", column)


FITS = {
    "STAR": "a sign such as `+` or `*`",
    "NAME": "a name",
    "LETTERS": A_LETTER,
    "_LBRACE": "`{`",
    "_LPAR": "`(`",
    "_RBRACE": "`}`",
    "_RPAR": "`)`",
    "_RSQB": "`]`",
    "_UNDER": "an index",
    "PARTIAL": "`∂`",
    "OVER": "`/∂`",
    "$END": "the end of the line",
}


def _instead(name: str, known: Collection[str]) -> str:
    """What to write for a name that is not among the known ones."""
    stem = name.rpartition("_")[0]
    if stem in ("D", "d", "∂"):
        return DERIVATIVE
    near = [f"`{n}`" for n in difflib.get_close_matches(name[:40], known, n=2, cutoff=0.5)]
    return ELSEWHERE.get(name) or (
        f"Did you mean {' or '.join(near)}?" if near else f"There is {', '.join(f'`{n}`' for n in sorted(known))}."
    )


class _Reader:
    """From the grammar's tree to ours: a method for each kind of branch. wide: read what is doubtful the other way."""

    def __init__(self, names: Collection[str], wide: bool = False) -> None:
        self.names, self.functions = _known(names)
        self.wide, self.doubtful = wide, False
        self.problems: list[Unreadable] = []
        self.count = self.depth = 0

    def read(self, tree: Tree | Token) -> Node:
        self.count, self.depth = self.count + 1, self.depth + 1
        if self.count > MOST_NODES or self.depth > 2 * DEEPEST:
            raise Unreadable("This line has too many parts. Break it into steps.", _column(tree))
        if isinstance(tree, Token):
            node = self.atom(tree)
        elif tree.data in PLAIN:
            node = Node(PLAIN[tree.data], tuple(self.read(child) for child in tree.children if not _is_sign(child)))
        else:
            node = getattr(self, tree.data)(*tree.children)
        self.depth -= 1
        return node

    def group(self, *inside: Tree | Token) -> Node:
        return self.read(inside[-1])

    pos = group

    def refused(self, tree: Tree | Token, message: str, slug: str = "syntax") -> Node:
        self.problems.append(Unreadable(message, _column(tree), slug))
        return Node("number", (1.0,))

    def atom(self, token: Token) -> Node:
        match token.type:
            case "NUMBER" if abs(float(token)) > LARGEST_NUMBER:
                return self.refused(token, f"Numbers go up to {LARGEST_NUMBER:.0f} here.")
            case "NUMBER":
                return Node("number", (float(token),))
            case "NAME":
                return Node("name", (str(token),))
            case "BARE":
                return Node(str(token), (Node("name", ("z",)),))
            case "E":
                return self.refused(token, POWER_OF_E, "unknown-name")
            case "LETTERS" if len(token) == 1:
                told = f"`{token}` is a letter that counts: it stands in brackets, as in `theta[{token}]`."
                return self.refused(token, told)
        told = f"There is no `{token}` here. {_instead(str(token), self.names)}"
        return self.refused(token, told, "unknown-name")

    # ---- sums and products ----------------------------------------------------------------------------------------

    def product(self, a: Tree, sign: Token, b: Tree) -> Node:
        return Node(SIGNS[sign.type], (self.read(a), self.read(b)))

    def beside(self, a: Tree, b: Tree) -> Node:
        if _is(a, "derivative") and _is(b, "group") and a.children[1] == "sigma" and b.children[0] == a.children[-1]:
            return self.read(a)  # dσ/dz (z)
        if _is(a, "quotient"):
            self.doubtful = True
            if self.wide:
                return Node("/", (self.read(a.children[0]), self.beside(a.children[1], b)))
        if _is(b, "group") and isinstance(b.children[0], Token) and b.children[0].type == "LETTERS":
            return self.entry(a, Tree("picks", b.children))  # a letter has no value, so that `y_hat(i)` is an entry
        return Node("beside", (self.read(a), self.read(b)))

    # ---- powers and entries ---------------------------------------------------------------------------------------

    def raised(self, base: Tree, exponent: Tree) -> Node:
        inner = exponent
        while _is(inner, "group"):
            (inner,) = inner.children
        if isinstance(inner, Token) and inner in TRANSPOSES and inner.type == "UNKNOWN":
            return Node("T", (self.read(base),))
        power = self.read(inner)
        if isinstance(base, Token) and base.type == "E":
            return Node("exp", (power,))
        a = self.read(base)
        sign = -1 if power.op == "neg" else 1
        power = power.args[0] if power.op == "neg" else power
        if power.op != "number" or power.args[0] > LARGEST_POWER:
            return self.refused(exponent, f"An exponent is a number up to {LARGEST_POWER}. {POWER_OF_E}")
        return Node("**", (a, sign * power.args[0]))

    def entry(self, base: Tree, picks: Tree) -> Node:
        first, picked = picks.children[0], self.picked(picks)
        if _is(first, "equal"):
            one = isinstance(base, Token) and base == "1"
            told = "What is set equal stands behind a 1, as in `1[i = k]`."
            return self.equal(*first.children) if one else self.refused(first, told)
        for pick in picks.children:
            if _is(pick, "equal") or pick.type in ("NUMBER", "UNKNOWN"):
                return self.refused(pick, LETTER_WANTED)
        if not 1 <= len(picked) <= 2:
            return self.refused(first, "One letter picks an entry of a row, two an entry of a matrix.")
        return Node("index", (self.read(base), *picked))

    def picked(self, picks: Tree) -> list[str]:
        """The letters, one by one; `:` or a dot for all there are."""
        words = [":" if pick.type == "DOT" else pick for pick in picks.children if isinstance(pick, Token)]
        return [letter for word in words for letter in word if letter != ","]

    def equal(self, a: Token, sign: Token, b: Token) -> Node:
        if len(a) > 1 or len(b) > 1:
            return self.refused(a, LETTER_WANTED)
        same = Node("delta", (str(a), str(b)))
        return same if sign.type == "EQUAL" else Node("-", (Node("number", (1.0,)), same))

    # ---- functions ------------------------------------------------------------------------------------------------

    def called(self, name: Token, picks: Tree, of: Tree) -> Node:
        """softmax_i(θ) is the entry of softmax(θ)."""
        return self.entry(Tree("call", [name, of]), picks)

    def powered(self, name: Token, exponent: Tree, of: Tree) -> Node:
        """σ²(z) is the square of σ(z)."""
        return self.raised(Tree("call", [name, of]), exponent)

    def call(self, name: Token, *args: Tree) -> Node:
        args = [arg.children[0] if _is(arg, "group") and len(args) == 1 else arg for arg in args]
        letters = [
            str(arg) if isinstance(arg, Token) and arg.type == "LETTERS" and len(arg) == 1 else "" for arg in args
        ]
        match str(name), args:
            case "sum", [body]:
                return Node("total", (self.read(body),))
            case "sum", [_, _] if letters[0]:
                return self.refused(name, "The letter that a sum runs over comes last: `sum(expr, j)`.")
            case "sum", [body, Tree(data="equal", children=[letter, Token(type="UNEQUAL"), other])]:
                return Node("sum", (self.read(body), str(letter), str(other)))
            case "sum", [body, Tree(data="equal", children=[_, sign, _])]:
                return self.refused(sign, "A sum names its letter alone, as in `sum(expr, j)`.")
            case "sum", [body, _] if letters[1]:
                return Node("sum", (self.read(body), letters[1], None))
            case "sum", [body, other]:
                self.read(body)
                return self.refused(other, LETTER_WANTED)
            case "sum", _:
                return self.refused(name, "A sum needs the letter it runs over: `sum(expr, j)`.")
            case "D", [body, variable]:
                return self.differentiated(name, self.read(body), variable)
            case "D", _:
                return self.refused(name, "A derivative needs to know with respect to what: `D(expr, theta[i])`.")
            case "delta", [_, _] if all(letters):
                return Node("delta", tuple(letters))
            case "delta", _:
                return self.refused(name, TWO_LETTERS)
            case "LSE", [a]:
                return Node("log", (Node("total", (Node("exp", (self.read(a),)),)),))
            case "log_softmax", [a]:
                return Node("log", (Node("softmax", (self.read(a),)),))
            case "CE", [y, y_hat]:
                return Node("neg", (Node("total", (Node("*", (self.read(y), Node("log", (self.read(y_hat),)))),)),))
            case _, [a] if name != "CE":
                return Node(self.functions.get(name, str(name)), (self.read(a),))
        how = "two things: `CE(y, y_hat)`" if name == "CE" else f"one thing: `{name}(...)`"
        return self.refused(name, f"`{name}` is taken of {how}.")

    def sum(self, head: Tree, body: Tree) -> Node:
        over: list[tuple[str, str | None]] = []
        for under in head.children[1:]:
            if _is(under, "over"):
                continue
            if isinstance(under, Token):  # below: `Σⱼ`, or the letter alone of `_{j}`
                over += [(letter, None) for letter in under]
            elif under.data == "equal":
                letter, _, other = map(str, under.children)
                over = [pair for pair in over if pair[0] != letter] + [(letter, other)]
            elif under.data == "bounded":
                if under.children[2] not in ("0", "1"):
                    told = "A sum runs over all entries here; `sum(expr, j != i)` leaves one out."
                    return self.refused(under, told)
                over.append((str(under.children[0]), None))
        if not over:
            return Node("total", (self.read(body),))
        for n, part in enumerate(spine := _spine(body)):
            if _is(part, "quotient") and _sums_over(part.children[1], {letter for letter, _ in over}):
                return self.read(_in_front("sum", head, spine, n))  # a sum over the same letter below: not inside
        node = self.read(body)
        for letter, without in reversed(over):
            node = Node("sum", (node, letter, without))
        return node

    # ---- derivatives ----------------------------------------------------------------------------------------------

    def derivative(self, sign: Token, body: Tree | Token, _: Token, variable: Tree) -> Node:
        if isinstance(body, Token) and body.type == "FUNC":  # dσ/dz is that of σ(z), and so is dσ/du
            of = Token("NAME", "z") if body == "sigma" and "z" in self.names else variable
            body = Tree("call", [body, of])
        return self.differentiated(sign, self.read(body), variable)

    def gradient(self, sign: Token, variable: Tree) -> Node:
        """dtheta is what the code of this workbook calls dJ/dtheta."""
        return self.differentiated(sign, Node("name", ("J",)), variable)

    def operated(self, operator: Tree, body: Tree) -> Node:
        """An operator in front of a product: of the brackets that follow it, or of everything."""
        spine = _spine(body)
        bracketed = spine[0]
        while _is(bracketed, "raised", "entry", "transposed"):
            bracketed = bracketed.children[0]
        if len(spine) > 1 and (_is(bracketed, "group") or operator.children[0] in ("∇", "\\nabla")):
            self.doubtful = True
            if not self.wide:
                return self.read(_in_front("operated", operator, spine, 1))
        return self.differentiated(operator.children[0], self.read(body), operator.children[-1])

    def differentiated(self, at: Token, body: Node, variable: Tree) -> Node:
        of = self.read(variable)
        base = of.args[0] if of.op == "index" else of
        if base.op != "name" or ":" in of.args:
            if base.op == "number" and self.problems:
                return body  # told already
            return self.refused(variable, "`D(expr, theta[i])` is taken with respect to a name or one of its entries.")
        node = Node("D", (body, of))
        if nesting(node) > 2:
            return self.refused(at, "Three derivatives, one inside the other, are more than is needed here.")
        return node


def _is_sign(tree: Tree | Token) -> bool:
    return isinstance(tree, Token) and tree.type in ("PLUS", "MINUS", "TRANSPOSE", "PRIME")


def _is(tree: Tree | Token, *kinds: str) -> bool:
    return isinstance(tree, Tree) and tree.data in kinds


def _spine(tree: Tree | Token) -> list[Tree | Token]:
    """The first factor of a product, the product of the first two, and so on up to the whole."""
    spine = [tree]
    while _is(spine[0], "product", "beside", "quotient", "entrywise"):
        spine.insert(0, spine[0].children[0])
    return spine


def _in_front(kind: str, head: Tree, spine: list[Tree | Token], count: int) -> Tree:
    """A product with a prefix that reaches over its first factors alone."""
    tree = Tree(kind, [head, spine[count - 1]])
    for branch in spine[count:]:
        tree = Tree(branch.data, [tree, *branch.children[1:]])
    return tree


def _sums_over(tree: Tree | Token, letters: set[str]) -> bool:
    heads = tree.find_data("sum_head") if isinstance(tree, Tree) else ()
    return any(letters & {str(token) for token in head.scan_values(lambda _: True)} for head in heads)


def _column(tree: Tree | Token) -> int:
    if isinstance(tree, Token):
        return tree.start_pos
    return min((token.start_pos for token in tree.scan_values(lambda _: True)), default=0)


def nesting(node: Node) -> int:
    """How many derivatives stand one inside the other."""
    return (node.op == "D") + max(map(nesting, node.children), default=0)


def example_lines() -> list[tuple[str, str]]:
    """The ten lines of the notation and what each shows, for a help cell."""
    block = re.findall(r"^    (\S.*?)  +(\S.*)$", __doc__, re.MULTILINE)
    return [(line, said) for line, said in block]
