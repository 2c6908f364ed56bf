"""What each part of a line is: a number, a row, a column, a matrix. Shapes come before values."""

from __future__ import annotations

from contextlib import suppress

from utils.judge.algebra.functions import Function
from utils.judge.algebra.notation import PRIME, Node, Unreadable
from utils.judge.algebra.setting import NUMBER, Setting
from utils.judge.algebra.typeset import typeset

Shape = tuple[int, int]
UNKNOWN = 0  # how many values the letter of a sum has, as long as that is being found out
LONGEST_NAME = 80  # characters of LaTeX that are still read as one thing
TWO_ROWS = "Turn the second: `.T`. (NumPy lets two rows pass, whose arrays know no rows and columns.)"
ROW_BY_MATRIX = (
    "The matrix product is `@`; to scale each column by an entry of the row, `@ diag(...)`. (NumPy repeats the row for "
    "each row of the matrix; on paper nothing is repeated.)"
)
DEEPEST = 4  # sums and derivatives inside one another: the axes that an array can have besides its own


class Misfit(Unreadable):
    """Two parts that do not go together. node: where they meet. told: what is wrong; mend: what is usually meant."""

    def __init__(self, told: str, node: Node, slug: str = "shapes", mend: str = "") -> None:
        super().__init__(f"{told} {mend}".rstrip(), None, slug)
        self.told, self.node = told, node


def in_words(shape: Shape) -> str:
    match shape:
        case (1, 1):
            return "a number"
        case (1, _):
            return f"a row {shape}"
        case (_, 1):
            return f"a column {shape}"
    return f"a matrix {shape}"


def _is_open(node: Node) -> bool:
    """Whether shapes have to tell what is meant."""
    return node.op in ("beside", "dot", "prime") or (node.op == "index" and node.args[0].op == "index")


def _turned(left: Shape, right: Shape, by: Shape) -> bool:
    """Whether a derivative on the right of a product is a row by a number, which is a column of the Jacobian."""
    return by == NUMBER and left[1] == right[1] > right[0] == 1


class Kinds:
    """The shapes of everything in one setting. `of(node)` raises Unreadable or Misfit for what has no value."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.shapes: dict[str, Shape] = dict(setting.shapes)
        self.known: dict[tuple, Shape] = {}
        self.free: frozenset[str] = frozenset()  # letters of the line read last that no sum of its own runs over
        self.unsigned: dict[Node, str] = {}  # products of arrays in the line read last: which sign was written, if any
        self.definitions: dict[str, Node] = {}
        for name, node in setting.definitions.items():
            letters = self.free_letters(node)
            self.definitions[name] = self._meant(node, letters)
            self.shapes[name] = self.of(self.definitions[name], letters)

    def free_letters(self, node: Node) -> dict[str, int]:
        """The letters of the setting that a definition may use: all but those that its own sums run over."""
        bound = {part.args[1] for part in node.walk() if part.op == "sum"}
        return {letter: size for letter, size in self.setting.indices.items() if letter not in bound}

    def meant(self, line: Node) -> Node:
        """The same line with each product that has a dot, or no sign at all, as what its shapes let it be: the matrix
        product where two arrays multiply, else the product entry by entry."""
        self.unsigned, self.free = {}, frozenset(line.letters)
        return self._meant(line, dict(self.setting.indices)) if any(map(_is_open, line.walk())) else line

    def has_one_sign_for_two(self, line: Node) -> bool:
        """Whether factors in a row have one sign, or none, for both kinds of product."""
        products = [(node, node.args[0]) for node in self.meant(line).walk() if node in self.unsigned]
        return any(self.unsigned[a] == self.unsigned.get(b) and a.op != b.op for a, b in products)

    def _meant(self, node: Node, letters: dict[str, int]) -> Node:
        inside = letters
        if node.op == "sum":
            with suppress(Unreadable):
                inside = letters | {node.args[1]: self.range(node, letters)}
        match node.changed(lambda part: self._meant(part, inside)):
            case Node("beside" | "dot" as sign, (a, b)):
                return self._product(sign, a, b, letters)
            case Node("index", (Node("index", (base, row)), column)) if 1 not in self._shape(base, letters):
                return Node("index", (base, row, column))  # W2[k][i]
            case Node("prime", (a,)) if len(self.setting.shapes) == 1:  # by the one thing that can move
                return Node("D", (a, Node("name", tuple(self.setting.shapes))))
            case same:
                return same

    def _product(self, sign: str, a: Node, b: Node, letters: dict[str, int]) -> Node:
        left, right = self._shape(a, letters), self._shape(b, letters)
        if NUMBER in (left, right):
            return Node("*", (a, b))
        by = self._shape(b.args[1], letters) if b.op == "D" else left
        multiply = left[1] == right[0] or left != right or _turned(left, right, by)
        node = Node("@" if multiply else "*", (a, b))
        self.unsigned[node] = sign
        return node

    def _shape(self, node: Node, letters: dict[str, int]) -> Shape:
        try:
            return self.of(node, letters)
        except Unreadable:  # which is told of the line as a whole
            return NUMBER

    def of(self, node: Node, letters: dict[str, int] | None = None, depth: int = 0) -> Shape:
        """letters: those with a meaning here, and how many values each has. Without it, those of the setting."""
        letters = dict(self.setting.indices) if letters is None else letters
        key = node, tuple(sorted(letters.items())), depth, self.free
        if key not in self.known:
            self.known[key] = self._of(node, letters, depth)
        return self.known[key]

    def _of(self, node: Node, letters: dict[str, int], depth: int) -> Shape:
        def of(child: Node) -> Shape:
            return self.of(child, letters, depth)

        match node:
            case Node("number", _):
                return NUMBER
            case Node("name", (name,)):
                return self.shapes[name]
            case Node("index", (Node("index", (base, row)), column)) if 1 not in of(base):
                name = base.args[0] if base.op == "name" else ""
                told = f"in one pair of brackets: write `{name}[{row}, {column}]`."
                raise Misfit(f"The two letters of an entry of {in_words(of(base))} stand {told}", node)
            case Node("index", (base, *picked)):
                return self._entry(node, of(base), picked, letters)
            case Node("beside" | "dot" as sign, (a, b)):
                return of(self._product(sign, a, b, letters))
            case Node("prime", _):
                raise Misfit(PRIME, node, "syntax")
            case Node("neg" | "log" | "exp" | "sqrt" | "sigma" | "sigma'", (a,)) | Node("**", (a, _)):
                return of(a)
            case Node("T", (a,)):
                return of(a)[::-1]
            case Node(Function() as added, (a,)):
                if added.number and of(a) == NUMBER:
                    raise Misfit(f"`{added}` is taken of a row, a column or a matrix. {added.meaning}".rstrip(), node)
                return NUMBER if added.number else of(a)
            case Node("softmax" | "diag" as op, (a,)):
                rows, columns = of(a)
                if rows != 1 or columns == 1:
                    told = "makes a matrix of a row" if op == "diag" else "is taken of a row, such as theta"
                    told += "; its entry is `softmax(theta)[i]`" * (op == "softmax" and columns == rows)
                    raise Misfit(f"{op} {told}; this is {in_words(of(a))}.", node)
                return (columns if op == "diag" else 1), columns
            case Node("total", (a,)):
                if of(a) == NUMBER:
                    raise Misfit("A sum over numbers needs the letter it runs over: `sum(expr, j)`.", node, "syntax")
                return NUMBER
            case Node("sum", (body, letter, _)):
                return self.of(body, letters | {letter: self.range(node, letters)}, self.deeper(node, depth))
            case Node("delta", both):
                for letter in both:
                    self._meaning(letter, letters, node)
                return NUMBER
            case Node("D", (body, variable)):
                return self._derivative(node, self.of(body, letters, self.deeper(node, depth)), of(variable))
            case Node("@", (a, b)):
                left, right = of(a), of(b)
                # By itself the derivative of a row by a number is a row, in the chain rule a column of the Jacobian.
                if b.op == "D" and _turned(left, right, of(b.args[1])):
                    right = right[::-1]
                if left[1] != right[0]:
                    mend = "A number multiplies with `*`." if NUMBER in (left, right) else ""
                    if left[0] == right[0] == 1 and left == right:
                        mend = TWO_ROWS
                    told = f"This does not multiply: {self._sides(a, left, b, right)}; at the `@`, {left[1]} meets "
                    raise Misfit(f"{told}{right[0]}. {mend}".rstrip(), node, "does-not-multiply")
                return self.by_matrix(b) if left[0] == 1 and self.by_matrix(b) else (left[0], right[1])
            case Node(op, (a, b)):
                if of(a) != of(b) and NUMBER not in (of(a), of(b)):
                    what = "This product entry by entry does not fit" if op == "*" else "This does not fit"
                    told = f"{what}: {self._sides(a, of(a), b, of(b))}; `{op}` takes two of one shape."
                    scales = op == "*" and of(a)[1] == of(b)[1] and 1 in (of(a)[0], of(b)[0])
                    slug = "does-not-multiply" if op == "*" else "shapes"
                    raise Misfit(told, node, slug, ROW_BY_MATRIX if scales else "")
                return max(of(a), of(b), key=lambda shape: shape[0] * shape[1])
        raise AssertionError(node)

    def _sides(self, a: Node, a_shape: Shape, b: Node, b_shape: Shape) -> str:
        """What the two sides of an operator are; a long one goes without its formula."""
        left, right = (
            latex if len(latex := f"${typeset(side, self.shapes)}$") <= LONGEST_NAME else f"the {which} side"
            for side, which in ((a, "left"), (b, "right"))
        )
        return f"{left} is {in_words(a_shape)} and {right} is {in_words(b_shape)}"

    def _entry(self, node: Node, shape: Shape, picked: list[str], letters: dict[str, int]) -> Shape:
        rows, columns = shape
        if shape == NUMBER:
            raise Misfit("This is one number already: it has no entries to pick.", node)
        if (len(picked) == 2) == (1 in shape):
            how = "one letter: `[i]`" if 1 in shape else "two letters, one for the row and one for the column"
            raise Misfit(f"An entry of {in_words(shape)} has {how}.", node)
        sizes = {"rows": rows, "columns": columns} if len(picked) == 2 else {"entries": rows * columns}
        for letter, (what, size) in zip(picked, sizes.items(), strict=True):
            has = size if letter == ":" else self._meaning(letter, letters, node)
            if has not in (size, UNKNOWN):
                of = typeset(node.args[0], self.shapes)
                message = f"`{letter}` has {has} values, but here it counts {size}: the {what} of ${of}$."
                raise Misfit(message, node, "wrong-index")
        if len(picked) == 1:
            return shape if picked == [":"] else NUMBER
        return (rows if picked[0] == ":" else 1), (columns if picked[1] == ":" else 1)

    def _meaning(self, letter: str, letters: dict[str, int], node: Node) -> int:
        if letter not in letters:
            entries = " or ".join(f"`{name}`" for name in self.setting.indices)
            which = f"the entry that is looked at is called {entries}" if entries else "the question picks no entry"
            message = f"`{letter}` has a meaning only inside a sum over it; {which}."
            raise Misfit(message, node, "unbound-index")
        return letters[letter]

    def deeper(self, node: Node, depth: int) -> int:
        if depth == DEEPEST:
            raise Misfit(f"More than {DEEPEST} sums or derivatives stand one inside the other.", node, "syntax")
        return depth + 1

    def range(self, node: Node, letters: dict[str, int]) -> int:
        """How many values the letter of a sum has: as many as there are entries where it stands."""
        body, letter, without = node.args
        if letter in letters and (letter in self.free or letter not in self.setting.indices):
            message = f"`{letter}` is taken: it already says which entry is meant. Let the sum run over another letter."
            raise Misfit(message, node, "wrong-index")
        if without is not None:
            self._meaning(without, letters, node)
        sizes = set(self._sizes(body, letter, letters))
        if not sizes:
            message = f"The sum runs over `{letter}`, but `{letter}` does not occur in what is summed."
            raise Misfit(message, node, "wrong-index")
        if len(sizes) > 1:
            small, large = sorted(sizes)[:2]
            raise Misfit(f"`{letter}` counts {small} entries in one place and {large} in another.", node, "wrong-index")
        if without is not None and letters[without] not in sizes:
            raise Misfit(f"`{letter}` and `{without}` count different things.", node, "wrong-index")
        return sizes.pop()

    def _sizes(self, node: Node, letter: str, letters: dict[str, int]):
        if node.op == "index" and letter in node.args:
            shape = self.of(node.args[0], letters | {letter: UNKNOWN})
            places = shape if len(node.args) == 3 else (shape[0] * shape[1],)
            yield from (size for size, at in zip(places, node.args[1:], strict=True) if at == letter)
        elif node.op == "delta" and letter in node.args:
            yield from (letters[other] for other in node.args if other in letters)
        for child in node.children:
            yield from self._sizes(child, letter, letters)

    def by_matrix(self, node: Node) -> Shape | None:
        """The shape of the matrix that a row is differentiated by, if that is what this is, or ends in: a row times it
        is the derivative of a number by this matrix again."""
        match node:
            case Node("@", (_, b)):
                return self.by_matrix(b)
            case Node("D", (body, Node("name", (name,)))) if 1 not in self.shapes[name]:
                try:
                    return self.shapes[name] if self.of(body) != NUMBER else None
                except Unreadable:  # told of where it stands
                    return None
        return None

    def _derivative(self, node: Node, body: Shape, variable: Shape) -> Shape:
        if variable == NUMBER:
            return body
        if 1 not in body:
            count = "three" if 1 in variable else "four"
            raise Misfit(f"The derivative of {in_words(body)} by {in_words(variable)} has {count} indices.", node)
        if body == NUMBER and 1 not in variable:
            return variable
        return body[0] * body[1], variable[0] * variable[1]
