"""The notation of a derivation: one expression a line, in NumPy's notation, that of paper, or LaTeX, mixed freely.

Ten lines that show all of it:

    D(J, theta[i])                              the partial derivative of J with respect to theta_i: ∂J/∂θ_i
    D(-sum(y[j] * log(y_hat[j]), j), theta[i])  ∂/∂θ_i (-Σ_j y_j log ŷ_j): a sum names the letter that it runs over
    -log(exp(theta[k]) / sum(exp(theta)))       a sum over all entries of a row needs no letter; e^x is exp(x)
    softmax(theta)[i] - 1                       [i] or _i picks an entry; the letters are i j k l m n
    sum(y_hat[j], j != k)                       the sum of all ŷ_j but ŷ_k: one term is left out
    y_hat[i] * (delta(i, j) - y_hat[j])         ŷ_i (δ_ij - ŷ_j): delta is 1 where its letters are equal, 0 elsewhere
    (1 + exp(-z)) ** -2                         1 / (1 + e^(-z))²: the exponent of a power is a number
    x @ W1 + b1                                 x W_1 + b_1: @ is the matrix product; x and b1 are rows
    h.T @ theta * W2                            * is ∘ and multiplies entry by entry; .T is ᵀ, a row becomes a column
    D(h, z) @ D(z, x)                           ∂h/∂z ∂z/∂x: the Jacobian [a, b] = dh_a / dz_b, and another one

`log exp sqrt sigma` go entry by entry, `softmax` takes a row, `diag` makes a matrix of a row. Nothing else exists: no
other name, function or attribute. The grammar is in notation.lark; nothing is ever handed to `eval`.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from itertools import zip_longest
from pathlib import Path

from lark import Lark, Token, Tree, UnexpectedToken

from utils.judge.algebra.functions import Function
from utils.judge.algebra.spelling import OTHERS, plainly_spelled
from utils.judge.algebra.tree import (
    BOUND,
    MOST_NODES,
    MOVES,
    Letter,
    Node,
    Told,
    all_terms,
    listed,
    matrix_of,
    nesting,
    terms_of,
    written_out,
)

FUNCTIONS = {name: name for name in ("log", "exp", "sqrt", "softmax", "sigma", "diag", "sum", "lim", "D", "delta")}
FUNCTIONS |= {"sigmoid": "sigma", "ln": "log", "CE": "CE", "ce": "CE", "log_softmax": "log_softmax"}
FUNCTIONS |= dict.fromkeys(("LSE", "logsumexp", "log_sum_exp"), "LSE") | {"diff": "D"}
SHORT_FOR = {"LSE": "log(sum(exp(a)))", "log_softmax": "log(softmax(a))", "CE": "-sum(a * log(b))"}
LETTERS = frozenset("ijklmn")
BRACKETS = {"_LPAR": "_RPAR", "_LSQB": "_RSQB", "_LBRACE": "_RBRACE"}
SIGNS = {"STAR": "*", "AT": "@", "DOT": "dot"}
NO_INDEX = {"NAME", "FUNC", "SUM", "E", "PARTIAL", "_FRAC", "_LPAR", "_SLASH"}
RUNS_OVER = re.compile(r"(?:sum|Σ|∑)(?:\\limits|\\nolimits|\s)*_\s*\{?\s*([a-z])(?![a-z])|,\s*([a-z])\s*\)")
GOES_TO = re.compile(r"\\?([^\W\d_]\w*)\s*→")  # what goes somewhere in a limit
PLAIN = {"plus": "+", "minus": "-", "entrywise": "*", "quotient": "/", "fraction": "/", "transposed": "T"}
LOSSES = ("L", "E", "C", "loss", "cost", "ell")  # what the loss may be called, which is J
# What has a meaning, and may be a name of the reader's own too.
TOLD_ANEW = {"e", "d", "D", "delta", "Σ", "l", "m", "n"}
TRANSPOSES = {"T", "t", "top", "intercal"}
# What stands below a name of the reader's own and belongs to it: a number, a letter, or a word.
BELOW = re.compile(r"(?<=[^\W\d_])(?:_?\{?(\d+)\}?|(_)\s*\{?\s*\\?([^\W\d_]+)(?:\s*(?:,|_)\s*([i-n]))?\s*\}?)$")


def _said(table: dict[str, str]) -> dict[str, str]:
    """What is said, by each name of those that it stands for."""
    return {name: " ".join(said.split()) for names, said in table.items() for name in names.split()}


_FILE = tomllib.loads(Path(__file__).with_name("said.toml").read_text(encoding="utf-8"))
ARGUMENTS, ELSEWHERE, FOREIGN, UNEXPECTED, FITS, LEFT, SAID = map(_said, _FILE.values())
DERIVATIVE, TRANSPOSE = ELSEWHERE["d"], ELSEWHERE["transpose"]
LONGEST_LINE, DEEPEST, LARGEST_NUMBER, LARGEST_POWER = 600, 24, 1e6, 8


class Unreadable(Exception):
    """A line that has no value. told: what is wrong; mend: what is usually meant. slug: the kind of trouble. column:
    where, from 0, or None if it is not in one place. more: what else is wrong with the same line."""

    more: Sequence[Unreadable] = ()

    def __init__(self, told: str, column: int | None = None, slug: str = "syntax", mend: str = "") -> None:
        self.message = f"{told} {mend}".rstrip()
        super().__init__(self.message)
        self.told, self.column, self.slug = told, column, slug

    @property
    def all(self) -> str:
        """All that is wrong with the line."""
        return self.message + "".join(f" At column {other.column + 1}: {other.message}" for other in self.more)


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
        reader = _Reader(names, text)
        tree = reader.tree()
        first = reader.node(tree)
        _refuse(reader.problems)
        other = reader.node(tree, wide=True)
        return [first] if reader.problems or other == first else [first, other]
    except Unreadable as trouble:
        for each in (trouble, *trouble.more):
            each.column = columns[each.column]
        raise


def new_name(text: str, names: Collection[str]) -> Told | None:
    """The name that a text tells, if it has no meaning yet, or one that may be told anew, such as that of e; alone or
    with what it is taken of, as f(z)."""
    plain = plainly_spelled(text[: LONGEST_LINE + 1], tuple(names))[0].strip().removeprefix("\\")
    if applied := re.fullmatch(r"(\S+?)\s*\((.*)\)", plain):
        name = new_name(applied[1], names)
        if name is None or name in TOLD_ANEW:
            return None
        if any_number := new_name(applied[2], names):
            return Told(name, of=any_number.node, of_any=True)
        of_these = re.split(r"\s*,\s*", applied[2])
        if len(of_these) > 1:  # L(y, y_hat) is L
            return Told(name, on=of_these) if {*of_these} <= {*names} else None
        with suppress(Unreadable):
            of = parse(applied[2], names)
            return Told(name, of=of) if (of.args[0] if of.op == "index" else of).op == "name" else None
        return None
    plain = re.sub(r"\[\s*([i-n])(?:\s*,\s*([i-n]))?\s*\]$", r"_\1\2", plain)
    word = re.sub(r"_$", "", BELOW.sub(r"\1\2\3_\4", plain))
    word = re.sub(r"_([i-n])_([i-n])$", r"_\1\2", word)  # M_{j,i} is M_{ji}
    plain, (stem, _, below) = word.rstrip("0123456789"), word.partition("_")
    is_word = re.fullmatch(r"[^\W\d_]\w*", word) and not re.search(f"[{OTHERS}]", word)
    if word in names or not is_word or (LETTERS - TOLD_ANEW).issuperset(word):
        return None
    if stem == "delta" and len(below) > 1 and LETTERS.issuperset(below):  # Kronecker's
        return None
    numbered = plain in names and plain != word  # as what runs through a network
    anew = numbered or stem.rstrip("0123456789") in TOLD_ANEW or (stem == "sigma" and "z" not in names)
    return Told(word) if anew or is_unknown(word, names) else None


def is_unknown(word: str, names: Collection[str]) -> bool:
    """Whether a word has no meaning, nor have its pieces."""
    return _Reader(names, word).tokens[-1:] == [Token("UNKNOWN", word.removeprefix("\\"))]


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
        first, *first.more = sorted(ordered, key=lambda problem: problem.column)
        raise first


def letters_in(text: str, names: Collection[str]) -> set[Letter]:
    """The letters that a text uses to count: i to n, what its sums run over, and what stands below a name."""
    below = rf"(?<![^\W_])d?(?:{'|'.join(names)})\s*_\s*\{{?\s*([a-z])(?![a-zA-Z])"
    found = re.findall(below, plainly_spelled(text, tuple(names))[0])
    return set(map(Letter, LETTERS | _summed(text).union(found) - {*names, "e"} - ({"d"} - {*found})))


def _summed(text: str) -> set[str]:
    return {a or b for a, b in RUNS_OVER.findall(text)}


@lru_cache(256)
def _pieces(names: tuple[str, ...], functions: tuple[str, ...], letters: str) -> re.Pattern[str]:
    """What a word can be made of: `xW_1` is x beside W_1, `θ_ik` is θ with letters, `dθ` is the θ of a derivative."""
    anywhere = {"delta", "sigma"}.intersection(functions)
    names = [name if name != "d" else "d(?=_|$)" for name in names]  # else dz would be d times z
    name, function, inside = ("|".join(sorted(all, key=len, reverse=True)) for all in (names, functions, anywhere))
    return re.compile(
        rf"(?P<_UNDER>_)|(?P<FUNC>(?:\A|(?<=\Ad))(?:sum(?=_|[{letters}]*$)|(?:{function})(?=(?:_[{letters}]*)?$))"
        rf"|(?:{inside})(?=_?[{letters}]*$)|(?:\A|(?<=\Ad))(?:log|ln)(?=(?:{name or '(?!)'})$))"
        rf"|(?P<LETTERS>(?!d$)[{letters}]+(?=_|$)|(?<=_)[{letters}]+)|(?P<NUMBER>(?<=_)\d+|(?<=[^\W\d_])\d$)"
        rf"|(?<=_)(?P<UNKNOWN>[A-Z](?=(?:{name or '(?!)'})(?:_|$))|.+)"
        rf"|(?P<NAME>{name or '(?!)'})|(?P<E>e)(?=_|$)"
        rf"|\A(?P<PARTIAL>d|partial)(?=$|(?:{name})(?:_|[{letters}]*$)|(?:{function})(?:{name})?$|[A-Z])"
    )


class _Reader:
    """From the words of a line to its tree: what each word is, a name, a function, letters that count; then, by the
    grammar's tree, a method for each kind of branch. problems: what is wrong with the line so far."""

    def __init__(self, names: Collection[str], text: str) -> None:
        functions, self.told, letters = ({n: n for n in names if isinstance(n, k)} for k in (Function, Told, Letter))
        self.functions = FUNCTIONS | functions
        self.names = [name for name in names if name not in functions and name not in letters]
        self.names += {*GOES_TO.findall(text)}.difference(self.names)
        self.letters = LETTERS | _summed(text) - {*self.names, "d", "e"} | {*letters}
        self.text, self.tokens, self.problems = text, [], []
        functions = tuple(name for name in self.functions if name not in self.names)
        self.pieces = _pieces(tuple(self.names), functions, "".join(sorted(self.letters)))
        self.parser = _grammar().parse_interactive(text, "line")
        for token in self.parser.lexer_thread.lex(self.parser.parser_state):
            self.add(token, self.tokens[-1] if self.tokens else Token("", ""))
        self.pair()

    def tree(self) -> Tree:
        """The grammar's tree of the line. Raises Unreadable with what is wrong, if it has none."""
        try:
            for token in self.tokens:
                self.parser.feed_token(token)
            return self.parser.feed_eof()
        except UnexpectedToken as error:
            _refuse(self.problems or [self.unexpected(error.token, self.parser.accepts())])

    def add(self, token: Token, before: Token) -> None:
        match token.type:
            case "WORD":
                self.word(token, before)
            case "_PRIME" if before == "sigma" or before in self.told:
                self.tokens[-1] = before.update(value=f"{before}'")
            case "ATTRIBUTE":
                name = token.lstrip(". ")
                mend = f"`{name}(...)` stands alone." if name in self.functions else ELSEWHERE.get(name, TRANSPOSE)
                told = f"After a dot only `T` can follow; this is `{name}`. {mend}"
                self.refused(Token("", name, start_pos=token.start_pos + len(token) - len(name)), told)
            case "FOREIGN" | "PAIR":
                what = f"`{token}`" if token.isprintable() else "A character that cannot be seen"
                self.refused(token, FOREIGN.get(str(token)) or f"{what} has no meaning in this notation.")
            case "PARTIAL" if before.type == "_SLASH":  # one word, so that the parser sees no quotient
                self.tokens[-1] = Token("OVER", "/∂", start_pos=token.start_pos)
            case _:
                self.tokens.append(token)

    def word(self, token: Token, before: Token) -> None:
        """Add what a word stands for, in as many pieces as it has."""
        word = token.removeprefix("\\")
        start, at, kind = 0, token.start_pos + len(token) - len(word), ""
        is_last = before.type in ("_LBRACE", "COMMA") and word[0].isupper() and self.letters.issuperset(word[1:] or "?")
        if (before.type == "_CARET" and word[0] == "T") or is_last:  # W_2^Th, W_{2,Hi}
            kind = "UNKNOWN"
        elif before.type == "_SLASH" and word[0] == "d" and any(other.type == "PARTIAL" for other in self.tokens):
            kind = "PARTIAL"  # dJ/du, whether or not there is a u
        elif word == "d" in self.letters and before.type in ("_UNDER", "_LBRACE", "_LSQB", "COMMA"):
            kind = "LETTERS"
        if kind and word not in self.names:
            self.add(Token(kind, word[0], start_pos=at), before)
            start = 1
        while start < len(word):
            found = self.pieces.match(word, start)
            if found is None:
                shift = start if kind == "PARTIAL" else 0
                self.tokens.append(Token("UNKNOWN", word[shift:], start_pos=at + shift if shift else token.start_pos))
                return
            piece, end = found[0], found.end()
            joined = kind in ("NAME", "FUNC") or (before.type == "SUM" and start == 0)
            kind = found.lastgroup
            if (kind == "LETTERS" and joined) or (kind == "NUMBER" and word[start - 1] != "_"):
                self.tokens.append(Token("_UNDER", "_", start_pos=at + start))  # θi, Σj, z1
            value = self.functions[piece] if kind == "FUNC" else piece
            self.add(Token(kind, value, start_pos=at + start), self.tokens[-1] if self.tokens else Token("", ""))
            start = end

    def pair(self) -> None:
        """See which brackets belong together, and so do the signs of a derivative, and what a word is by what stands
        behind it."""
        opened: list[int] = []
        closing: dict[int, int] = {}
        signs = [Token("", "")]  # the last one in each of the brackets that are open
        for n, token in enumerate(self.tokens):
            if token.type == "PARTIAL":
                signs[-1] = token
            elif token.type == "OVER":  # what stands between the two is differentiated
                sign = self.tokens[n - 1] if self.tokens[n - 1] == "d" else signs[-1]
                sign.type = "ABOVE"
            elif token.type in BRACKETS:
                opened.append(n)
                signs.append(Token("", ""))
                if len(opened) > DEEPEST:
                    told = f"More than {DEEPEST} brackets are open here. Break the line into steps."
                    raise Unreadable(told, token.start_pos)
            elif token.type in BRACKETS.values():
                if not opened or BRACKETS[self.tokens[opened[-1]].type] != token.type:
                    self.refused(token, f"This `{token}` closes nothing that is open.")
                    return
                closing[opened.pop()] = n
                signs.pop()
        if opened and not self.problems:
            self.refused(self.tokens[opened[-1]], f"This `{self.tokens[opened[-1]]}` is never closed.")
        inside = {start: {token.type for token in self.tokens[start + 1 : end]} for start, end in closing.items()}
        for start, end in closing.items():  # what holds a sum or a product is no index
            if self.tokens[start].type == "_LSQB" and inside[start] & NO_INDEX and len(inside[start]) > 1:
                self.tokens[start].type, self.tokens[end].type = "_LPAR", "_RPAR"
        for n, (token, after, below) in enumerate(zip_longest(*(self.tokens[n:] for n in range(3)))):
            end = closing.get(n + 2, n + 2) + 1  # what follows an index or a power
            behind = self.tokens[end : end + 1]
            opens = end if after and after.type in ("_UNDER", "_CARET") else n + 1
            is_variable = n > 0 and self.tokens[n - 1].type == "OVER"
            if not is_variable and self.is_applied(token, self.tokens[opens : closing.get(opens, opens) + 1]):
                token.type = "FUNC"
            match token.type, after and after.type:
                case "FUNC", bracket if bracket in BRACKETS:
                    token.type = "CALL"
                case "NAME", "_LPAR" if token in FUNCTIONS and {"COMMA", "EQUAL"} & inside.get(n + 1, set()):
                    token.type = "CALL"
                case "FUNC", "_UNDER" if token == "lim":
                    token.type = "LIMIT"
                case "FUNC", _ if token == "sum":
                    token.type = "SUM"
                case "SUM", sign if token in self.names and sign != "_UNDER":
                    if sign != "_CARET" or [other.type for other in behind] != ["_UNDER"]:
                        token.type = "NAME"
                case "_FRAC", "_LBRACE" if below and (below.type == "PARTIAL" or below == "d"):
                    end = closing.get(n + 1, n)
                    if [other.type for other in self.tokens[end + 1 : end + 3]] == ["_LBRACE", "PARTIAL"]:
                        below.type = "ABOVE"  # \\frac{∂J}{∂θ}
                case "FUNC", "_UNDER" | "_CARET" as sign if token != "delta" and behind and behind[0].type in BRACKETS:
                    token.type = {"_UNDER": "PICKED", "_CARET": "POWERED"}[sign]

    def is_applied(self, token: Token, group: list[Token]) -> bool:
        """Whether a name is taken of what stands in brackets behind it: any of f(z), and h of z alone, from which it is
        computed."""
        told = self.told.get(token.rstrip("'")) if token.type == "NAME" and len(group) > 2 else None
        inside = {part for part in group[1:-1] if part.type not in ("COMMA", "_LPAR", "_RPAR")}
        return told is not None and group[0].type == "_LPAR" and (told.of is not None or inside <= {*told.on})

    def unexpected(self, token: Token, expected: Collection[str]) -> Unreadable:
        """What is said of a line that stops making sense at a token. expected: what could have stood there."""
        ends = token.type == "$END"
        column = len(self.text.rstrip()) if ends else token.start_pos
        before = max((other for other in self.tokens if other.start_pos < column), key=_column, default=token)
        signs = [other for other in self.tokens if other.type in ("PARTIAL", "ABOVE", "OVER")]
        if before.type in ("PARTIAL", "ABOVE") or (token in signs and len(signs) == 1):
            told = f"`{'∂' if '∂' in self.text else 'd'}` is the sign of a derivative, and no name. {DERIVATIVE}"
            return Unreadable(told, before.start_pos if before.type != "OVER" and before in signs else column + 1)
        if "NAME" in expected and "STAR" not in expected:
            told = f"Before this `{token}` a number or a name is missing."
            return Unreadable("The line ends where a number or a name should follow." if ends else told, column)
        if token.type in UNEXPECTED:
            return Unreadable(UNEXPECTED[token.type], column)
        fits = ", ".join(said for type, said in FITS.items() if type in expected)
        what = "Something is missing at the end" if ends else f"`{token}` cannot stand here"
        return Unreadable(f"{what}. What fits: {fits}.", column)

    def node(self, tree: Tree, wide: bool = False) -> Node:
        """What the grammar's tree means. wide: read what is doubtful the other way."""
        self.wide = wide
        self.waiting: dict[str, Token] = {}  # dots, and the last entry of those that they stand for
        self.count = self.depth = 0
        return self.read(tree)

    def read(self, tree: Tree | Token) -> Node:
        self.count, self.depth = self.count + 1, self.depth + 1
        if self.count > MOST_NODES or self.depth > 2 * DEEPEST:
            raise Unreadable("This line has too many parts. Break it into steps.", _column(tree))
        if isinstance(tree, Token):
            node = self.atom(tree)
        elif method := getattr(self, tree.data, None):
            node = method(*tree.children)
        else:
            node = Node(PLAIN.get(tree.data, tree.data), tuple(map(self.read, tree.children)))
        self.depth -= 1
        return node

    def line(self, inside: Tree | Token) -> Node:
        letters = "".join(token for token in _tokens(inside) if token.type == "LETTERS")
        self.free = next((letter for letter in "mnlkj" if letter not in letters), "j")
        node = self.read(inside)
        node = all_terms(node, self.free) if node.has("dots") else node
        for what, token in self.waiting.items():
            if what in node.ops or what in node.letters:
                self.refused(token, SAID["many-terms" if what == "dots" else "letter-wanted"])
        return node

    def group(self, *inside: Tree | Token) -> Node:
        if len(inside) == 1:
            return self.read(*inside)
        entries = [("+", self.read(part)) for part in inside if part != ","]
        n, _, entry, _ = listed(entries, self.free)
        if n == 0:  # `(y_1, ..., y_K)` is the row whose entries these are
            return Node("row", (entry, self.free, None))
        has_dots = any(part.op == "dots" for _, part in entries)
        return self.refused(inside[1], SAID["many-entries"] if has_dots else UNEXPECTED["COMMA"])

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
                told = self.told.get(name := token.rstrip("'"), Told(name))
                if told.of_any:
                    return self.refused(token, f"`{name}` is taken of something: `{name}(...)`.")
                node = Node("name", (told.alike or str(name),))
                prime = Node("D", (node, told.of)) if told.of else Node("prime", (node,))
                return prime if token.endswith("'") else node
            case "FUNC" if token in ("sigma", "sigma'") and "z" in self.names:
                return Node(str(token), (Node("name", ("z",)),))
            case "FUNC":
                told = f"`{token}` is taken of something: `{token}(...)`."
                known = {"D": DERIVATIVE, "delta": ARGUMENTS["delta"], "lim": ARGUMENTS["lim"]}
                return self.refused(token, known.get(token, told))
            case "E":
                told = f"{SAID['power-of-e']} If it is a name of yours, tell what it means: `e = ...`."
                return self.refused(token, told, "unknown-name")
            case "DOTS":
                self.waiting["dots"] = token
                return Node("dots", ())
            case "LETTERS" if token in self.told:
                return Node("name", (str(token),))
            case "LETTERS" if len(token) == 1:
                told = f"`{token}` is a letter that counts: it stands in brackets, as in `theta[{token}]`."
                return self.refused(token, told)
        told = f"There is no `{token}` here. {_instead(str(token), self.names)}"
        return self.refused(token, told, "unknown-name")

    # ---- sums and products ----------------------------------------------------------------------------------------

    def product(self, a: Tree, sign: Token, b: Tree) -> Node:
        return Node(SIGNS[sign.type], (self.read(a), self.read(b)))

    def beside(self, a: Tree, b: Tree) -> Node:
        before, behind = a, b
        while _is(before, "beside", "product", "quotient", "neg"):
            before = before.children[-1]
        while _is(behind, "entry", "raised", "transposed", "prime"):
            behind = behind.children[0]
        is_unknown = isinstance(before, Token) and before.type == "UNKNOWN"
        if is_unknown and _is(behind, "group") and not re.search("_[i-n]+$", before):
            self.refused(before, f"`{before}` is not a function. {_instead(before, {*self.functions.values()})}")
            return self.read(a)
        if _is(a, "derivative") and _is(b, "group") and a.children[1] == "sigma" and b.children[0] == a.children[-1]:
            return self.read(a)  # dσ/dz (z)
        if _is(a, "quotient") and self.wide:
            return Node("/", (self.read(a.children[0]), self.beside(a.children[1], b)))
        pick = b.children[0] if _is(b, "group") and isinstance(b.children[0], Token) else Token("", "")
        if pick.type == "LETTERS" or (pick.type == "NUMBER" and isinstance(a, Token) and a.type == "NAME"):
            return self.entry(a, Tree("picks", b.children))  # a letter has no value, so that `y_hat(i)` is an entry
        return Node("beside", (self.read(a), self.read(b)))

    # ---- powers and entries ---------------------------------------------------------------------------------------

    def raised(self, base: Tree, exponent: Tree) -> Node:
        tokens = _tokens(exponent)
        if len(tokens) == 1 and tokens[0].type == "UNKNOWN" and tokens[0] in TRANSPOSES:
            return Node("T", (self.read(base),))
        power = self.read(exponent)
        sign, size = (-1, power.args[0]) if power.op == "neg" else (1, power)
        if isinstance(base, Token) and base == "e" and (base.type == "E" or size.op != "number"):
            return Node("exp", (power,))
        a = self.read(base)
        if size.op != "number" or size.args[0] > LARGEST_POWER:
            return self.refused(exponent, f"An exponent is a number up to {LARGEST_POWER}. {SAID['power-of-e']}")
        return Node("**", (a, sign * size.args[0]))

    def entry(self, base: Tree, picks: Tree) -> Node:
        first = picks.children[0]
        if _is(first, "equal"):  # 1[i = j], or a product, y_j [i = j]
            return self.read(first) if base in ("1", "delta") else Node("beside", (self.read(base), self.read(first)))
        picked = [letter for pick in picks.children if pick != "," for letter in self.picked(pick)]
        if base == "delta" and len(picked) == 2:
            return Node("delta", tuple(picked))
        is_below = self.text[: _column(first)].endswith(("_", "{"))
        if len(picked) == 1 and is_below and isinstance(base, Token) and base.type == "E":  # e_j, of the identity
            return Node("row", (Node("delta", (picked[0], self.free)), self.free, None))
        if len(picked) > 2:
            return self.refused(first, "One letter picks an entry of a row, two an entry of a matrix.")
        whole = self.read(base)
        if _is(base, "group") and len(picked) == 2 and whole.letters.issuperset(picked):
            return matrix_of(whole, *picked)  # [∂h_i/∂z_j]_ij is told by its entries
        return Node("index", (whole, *picked))

    def picked(self, pick: Token | Tree) -> str:
        """The letters, or numbers, of one piece of an index; `:` for all entries, where that or a dot stands."""
        if isinstance(pick, Tree) or (pick.type in ("NUMBER", "UNKNOWN") and not re.fullmatch("[1-9]+|[A-Z]", pick)):
            self.refused(pick, SAID["letter-wanted"])
            return "1"
        if pick.type == "UNKNOWN":
            self.waiting[str(pick)] = pick
        return ":" if pick.type in ("COLON", "DOT") else str(pick)

    def equal(self, a: Token, sign: Token, b: Token) -> Node:
        letters = [*self.picked(a), *self.picked(b)]
        if len(letters) > 2:
            self.refused(a, SAID["letter-wanted"])
        same = Node("delta", tuple(letters[:2]))
        return same if sign.type == "EQUAL" else Node("-", (Node("number", (1.0,)), same))

    # ---- functions ------------------------------------------------------------------------------------------------

    def called(self, name: Token, picks: Tree, of: Tree) -> Node:
        """softmax_i(θ) is the entry of softmax(θ)."""
        return self.entry(Tree("call", [name, of]), picks)

    def powered(self, name: Token, exponent: Tree, of: Tree) -> Node:
        """σ²(z) is the square of σ(z)."""
        if self.is_factor(name, of):
            return self.read(Tree("beside", [Tree("raised", [name.update("FUNC"), exponent]), of]))
        return self.raised(Tree("call", [name, of]), exponent)

    def is_factor(self, name: Token, behind: Tree | Token) -> bool:
        """Whether a σ is σ(z), and what stands behind it is multiplied with it, as in σ(1 - σ). Where that holds no
        such σ it is in doubt, but for z itself."""
        if name not in ("sigma", "sigma'") or "z" not in self.names or _tokens(behind) == ["z"]:
            return False
        return self.wide or _holds_bare(behind)

    def call(self, name: Token, of: Tree) -> Node:
        args = [part for part in of.children if part != ","] if _is(of, "group") else [of]
        if any(isinstance(part, Token) and part.type == "DOTS" for part in args):
            args = [of]  # one row
        if self.is_factor(name, of):
            return self.read(Tree("beside", [name.update("FUNC"), of]))
        if name.rstrip("'") in self.told and name not in TOLD_ANEW:
            return self.applied(name, args)
        match str(name), args:
            case "sum", [body]:
                return Node("total", (self.read(body),))
            case "sum", [body, Tree(data="equal", children=[letter, Token(type="UNEQUAL"), other])]:
                return Node("sum", (self.read(body), *self.equal(letter, Token("EQUAL", "="), other).args))
            case "sum", [body, Token(type="LETTERS") as letter] if len(letter) == 1:
                return Node("sum", (self.read(body), str(letter), None))
            case "D", [body, variable]:
                return self.differentiated(name, self.read(body), variable)
            case "delta", [Token() as a, Token() as b]:
                return self.equal(a, Token("EQUAL", "="), b)
            case "delta", [Tree(data="equal") as equal]:
                return self.read(equal)
            case "diag", [_, _, *_]:
                return Node("diag", (Node("list", tuple(map(self.read, args))),))
            case ("LSE" | "log_softmax", [_]) | ("CE", [_, _]):
                of = dict(zip((Told("a").node, Told("b").node), map(self.read, args), strict=False))
                return written_out(parse(SHORT_FOR[name], ("a", "b")), of)
            case _, [a] if name not in ARGUMENTS:
                return Node(self.functions.get(name, str(name)), (self.read(a),))
        return self.refused(name, ARGUMENTS.get(name, f"`{name}` is taken of one thing: `{name}(...)`."))

    def applied(self, name: Token, args: Sequence[Tree | Token]) -> Node:
        """h(z) is h, and f(-z) what f(z) is told to be, with -z for z."""
        told = self.told[name.rstrip("'")]
        if told.of is None or ((of := self.read(args[0])) == told.of and not told.of_any):
            return self.atom(name.update("NAME"))
        is_prime = name.endswith("'")
        if (is_prime and of.op not in ("name", "index")) or not (told.of_any or told.means.names <= told.of.names):
            return self.refused(args[0], f"Of `{name}` it is not told what this is: write it out.")
        applied = Node("applied", (told, of))
        return Node("D", (applied, of)) if is_prime else applied

    def sum(self, head: Tree, body: Tree) -> Node:
        over: list[tuple[str, str | None]] = []
        for under in head.children[1:]:
            match under:
                case Token(type="LETTERS"):  # below: `Σⱼ`, or the letter alone of `_{j}`
                    over += [(letter, None) for letter in under]
                case Tree(data="equal", children=[letter, _, other]):
                    over = [pair for pair in over if pair[0] != letter] + [(str(letter), str(other))]
                case Tree(data="bounded", children=[letter, _, "0" | "1"]):
                    over.append((str(letter), None))
                case Tree(data="bounded"):
                    return self.refused(under, SAID["all-entries"])
        if not over:
            return Node("Σ", (self.read(body),))
        for n, part in enumerate(spine := _spine(body)):
            below = part.children[1] if _is(part, "quotient") else None
            others = below.find_data("sum_head") if isinstance(below, Tree) else ()
            if any(letter in _tokens(other) for other in others for letter, _ in over):
                return self.read(_in_front("sum", head, spine, n))  # a sum over the same letter below: not inside
        node = self.read(body)
        for letter, without in reversed(over):
            node = Node("sum", (node, letter, without))
        return node

    def limit(self, head: Tree, body: Tree) -> Node:
        """What goes somewhere gets a name that nothing else has: an h beside the h of a network, say."""
        _, name, at = head.children
        inside = f"{BOUND}{name}"
        return Node("limit", (self.read(body).renamed(name, inside), inside, self.read(at)))

    # ---- derivatives ----------------------------------------------------------------------------------------------

    def derivative(self, sign: Token, body: Tree | Token, _: Token, variable: Tree) -> Node:
        if isinstance(body, Token) and body.type == "FUNC":  # dσ/dz is that of σ(z), dσ/du too; ∂LSE/∂θ_i of LSE(θ)
            of, is_entry = variable, _is(variable, "entry")
            if is_entry != (body == "sigma"):  # the row of an entry; and σ is that of z, whatever it moves with
                of = variable.children[0] if is_entry else Token("NAME", "z") if "z" in self.names else variable
            body = Tree("call", [body, of])
        return self.differentiated(sign, self.read(body), variable)

    def gradient(self, sign: Token, of: Tree) -> Node:
        """dtheta is what the code of this workbook calls dJ/dtheta; else what a d stands before is a differential."""
        if _is(of, "raised", "transposed") and not _is(of.children[0], "group"):
            return self.read(Tree(of.data, [Tree("gradient", [sign, of.children[0]]), *of.children[1:]]))
        if _is(of, "call") and self.is_factor(*of.children):  # dσ (1 + e^{-z}) is a product
            return self.read(Tree("beside", [Tree("gradient", [sign, of.children[0].update("FUNC")]), of.children[1]]))
        of_sigma = _is(of, "call") and of.children[0] == "sigma" and "J" in self.names
        if sign != "d" or of_sigma:
            return self.refused(sign, ELSEWHERE["sigma_prime"] if of_sigma else DERIVATIVE)
        is_word = _column(of) == sign.start_pos + 1 and not _is(of, "call")
        if is_word and of != "J" and "J" in self.names and not self.wide:
            return self.differentiated(sign, Node("name", ("J",)), of)
        return Node("prime", (self.read(of), "d"))

    def operated(self, operator: Tree, body: Tree) -> Node:
        """An operator in front of a product: of the brackets that follow it, or of everything."""
        spine = _spine(body)
        bracketed = spine[0]
        while _is(bracketed, "raised", "entry", "transposed"):
            bracketed = bracketed.children[0]
        is_short = operator.children[0].type == "PARTIAL"  # ∂_i, or ∇, which stands close to its first factor
        if len(spine) > 1 and (_is(bracketed, "group") or is_short) and not self.wide:
            return self.read(_in_front("operated", operator, spine, 1))
        return self.differentiated(operator.children[0], self.read(body), operator.children[-1])

    def differentiated(self, at: Token, body: Node, variable: Tree) -> Node:
        if isinstance(variable, Token) and variable.type == "LETTERS" and len(variable) == 1:
            of = Node("index", (MOVES, str(variable)))  # of ∂_i it is known what moves by the question
        else:
            of = self.read(variable)
        base = of.args[0] if of.op == "index" else of
        if base.op != "name" or ":" in of.args:
            if base.op == "number" and self.problems:
                return body  # told already
            return self.refused(variable, "`D(expr, theta[i])` is taken with respect to a name or one of its entries.")
        terms = terms_of(body)
        if len(terms) == 3 and terms[0][1].op == terms[2][1].op == "dots":  # of … + h_j W_{2,ji} + … one term moves
            body = terms[1][1] if terms[1][0] == "+" else Node("neg", (terms[1][1],))
        node = Node("D", (body, of))
        if nesting(node) > 2:
            return self.refused(at, "Three derivatives, one inside the other, are more than is needed here.")
        return node


def _instead(name: str, known: Collection[str]) -> str:
    """What to write for a name that is not among the known ones."""
    stem = name.rpartition("_")[0]
    if stem in ("D", "d", "∂"):
        return DERIVATIVE
    if name in LOSSES and "J" in known:
        return "The loss is called `J` here."
    letter = re.split(r"[_\d]", name)[0]  # of W_ij, where there are W1 and W2
    near = [n for n in known if n.rstrip("0123456789") == letter]
    near = [f"`{n}`" for n in near or difflib.get_close_matches(name[:40], known, n=2, cutoff=0.5)]
    return ELSEWHERE.get(name) or (
        f"Did you mean {' or '.join(near)}?" if near else f"There is {', '.join(f'`{n}`' for n in sorted(known))}."
    )


def _is(tree: Tree | Token, *kinds: str) -> bool:
    return isinstance(tree, Tree) and tree.data in kinds


def _holds_bare(tree: Tree | Token) -> bool:
    """Whether there is a function in it that is taken of nothing, as σ is."""
    if isinstance(tree, Token):
        return tree.type == "FUNC"
    return any(map(_holds_bare, tree.children[tree.data == "call" :]))


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


def _tokens(tree: Tree | Token) -> list[Token]:
    return [tree] if isinstance(tree, Token) else [*tree.scan_values(lambda _: True)]


def _column(tree: Tree | Token) -> int:
    return min((token.start_pos for token in _tokens(tree)), default=0)


def example_lines() -> list[tuple[str, str]]:
    """The ten lines of the notation and what each shows, for a help cell."""
    return re.findall(r"^    (\S.*?)  +(\S.*)$", __doc__, re.MULTILINE)
