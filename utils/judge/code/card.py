"""What is told of a place: what stands there, in words, and the reader's own lines with what each of them is."""

from __future__ import annotations

import ast
import traceback
from collections.abc import Iterator, Sequence

import numpy as np

from utils.judge.code import variants
from utils.judge.code.calls import agree
from utils.judge.code.reading import LAYOUTS, Reading, is_truth
from utils.judge.code.way import Match, Quantity, times
from utils.judge.verdict import Line, Place, with_due

ELEMENTWISE = ("add", "subtract", "multiply", "divide", "maximum", "minimum", "where", "power")
FEW, ELSEWHERE = 2, 4  # numbers that may be known by chance, and cases in which that would show
TOLD = 11  # lines of an answer that are shown
OTHER_SIZE = "this is another size"
TURNED = "with its axes exchanged"
COPY = "a copy of it"
SAID = {  # what is due where that is no step, and what is said of what stands there
    COPY: "this is a second name of one array, so what changes the one changes the other",
    **variants.SAID,
}


class Card(Reading):
    """A reading that can be told. stops: whether what is told of is a stop there, and not a result."""

    stops = True

    def told(self, index: int, quantity: Quantity, sole: bool) -> Place:
        part = self.parts[index]
        reached = self.reached(index)
        *_, last = "", *(self.way.whole[n].told for n in sorted(reached - {quantity.step}) if n >= 0)
        way = self.way.whole.items() if sole else ()  # of two slips either may have a name
        step = self.way.whole.get(quantity.step)
        due = quantity.told if step is None or quantity.label in SAID else step.told
        due = due if quantity.whole or step is None else f"a part of {due}"
        missed = [q.name for n, q in way if n == quantity.step or (n < quantity.step and n not in reached)]
        what = self.described(index, quantity)
        said = f"{with_due(what, due)}{'' if sole else '. This is the first slip; another one is below'}"
        of_helper = [Line(part.line, part.text, "✗", f"in `{part.function}`: {said}")]
        lines = of_helper if part.function else self.lines(index, said)
        return Place(part.line, part.text, last, due, what, part.function, not sole, tuple(lines), tuple(missed))

    def described(self, index: int, due: Quantity) -> str:
        """What the value of a part is, as far as it is known: the end of a sentence that begins with the part."""
        match, part = self.match(index), self.parts[index]
        if match and match.exact and not match.quantity.whole and self.last(index) is not None:
            match = times(self.last(index), due) or match
        if match and not (self.is_true_elsewhere(index, match) and self.is_no_chance(index, match)):
            match = None
        label = match.quantity.called if match else ""
        if ", " in label and match.kind in ("times", "rows times", "transposed"):
            label += ","  # "e, the exponentials, times 2": what goes on does not belong to the exponentials
        turned = f"this is {label} {TURNED}" if match and match.kind == "transposed" else ""
        if due.label == variants.MORE and match and match.exact and match.quantity.whole and match.quantity.step >= 0:
            return f"this is {label}"
        if due.label in SAID:
            return turned or SAID[due.label]
        if index in self.cut and self.stops:
            made_of = self.made_of(index, due)
            return f"it stops here, with {made_of}" if made_of else "it stops here"
        if match is None and self.is_neutral(index) and self.sizes(index):
            return OTHER_SIZE
        if match is None:
            made_of = self.made_of(index, due)
            return f"computed from {made_of}, but none of the right steps" if made_of else "none of the right steps"
        if match.exact and self.has_one_axis_more(index, due):
            return f"this has the numbers of {due.told}, but an axis of length 1 is left over"
        if turned:
            return turned
        if match.kind == "logarithm":
            return f"this is the logarithm of {label}"
        if match.kind == "rows times" and np.ptp(match.factor) > 1e-9 * np.max(np.abs(match.factor)):
            return f"this is {label} with a factor of its own in each row"
        if match.kind == "rows times":
            return f"this is {label} times a number"
        if match.kind in LAYOUTS and match.quantity is not due:
            return f"this has the numbers of {label}"
        if match.kind == "times":
            return f"this is {label} times {self.factor(match.factor)}"
        if match.kind == "reshaped":
            return f"this is {label} in another shape"
        if match.kind == "axes" and np.ndim(self.values(index)[-1]) != match.quantity.value.ndim:
            change = "left over" if self.has_axis_left(index) else "lost"
            return f"this has the numbers of {label}, but an axis of length 1 is {change}"
        row = {"row": "a row of ", "entry": "an entry of "}.get(match.kind, "")
        if match.kind == "same" and match.quantity is due and is_truth(due):
            return f"this is the opposite of {label}"
        if match.kind == "same" and match.quantity is due:
            return f"this has the numbers of {label}, and other axes"
        return f"this is {row}{label}" if not part.role else f"this makes it {row}{label}"

    def has_one_axis_more(self, index: int, due: Quantity) -> bool:
        """Whether the value of a part is what is due, but for an axis of length 1."""
        own = None if isinstance(due.value, tuple) else self.last(index)
        return own is not None and due.whole and own.ndim > due.value.ndim and agree(np.squeeze(own), due.value)

    def is_no_chance(self, index: int, match: Match) -> bool:
        """Whether more speaks for what is known of a value than that it is a single 0 or 1, as many a number is."""
        return match.kind != "entry" or len(self.values(index)) > 1 or not np.isin(match.quantity.value, (0, 1)).all()

    def is_true_elsewhere(self, index: int, match: Match) -> bool:
        """Whether what is known of a value in one case holds in others, too; two single numbers meet by chance, and
        what differs in its sign alone has it somewhere else in another case."""
        if (np.size(self.last(index)) > FEW and match.kind != "times") or (match.exact and match.quantity.whole):
            return True
        for other in map(self.elsewhere, self.others[:ELSEWHERE]):
            theirs = other.match(index)
            alike = theirs and theirs.quantity.label == match.quantity.label
            alike = alike and (theirs.kind == match.kind or match.kind == "times")  # N is 1 for a single row
            if other.values(index) and not alike:
                return False
        return True

    def meeting(self, index: int | None) -> tuple[str, bool]:
        """Of what stopped: its operands, their shapes, where these do not meet; and whether that explains it."""
        if index is None:
            return "", False
        node, name = self.parts[index].node, self.parts[index].called
        given = [i for i in self.parts[index].below if self.last(i) is not None]
        shapes = [self.last(i).shape for i in given]
        error = self.run.outcome.error
        if not any(shapes) or isinstance(error, NameError | AttributeError) or _says_it_itself(error):
            return "", False
        literal = [self.parts[i].text == str(self.last(i)) for i in given]  # which tells its value itself
        told = [f"{self.operand(i)} {_size(self.last(i))}" for i, own in zip(given, literal, strict=True) if not own]
        named = ((self.parts[i].id, value) for i in self.parts[index].below for value in self.values(i)[-1:])
        indices = (f"`{name}` is a tuple of indices, {value}" for name, value in named if name and _is_index(value))
        told += dict.fromkeys(indices) if isinstance(error, IndexError) else []
        subscripts = node.args[0] if isinstance(node, ast.Call) and node.args else None
        why = ""
        if isinstance(subscripts, ast.Constant) and isinstance(subscripts.value, str):
            why = _in_einsum(subscripts.value, shapes)
        elif "truth value" in str(error) and name in ("max", "min") and not isinstance(node.func, ast.Attribute):
            of_numbers = f"np.{name}" if len(shapes) == 1 else f"np.{name}imum"
            why = f"Python's own `{name}` compares whole arrays, and `{of_numbers}` the numbers in them"
        elif len(shapes) == 2:
            product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
            inner = product or name in ("matmul", "dot")
            elementwise = isinstance(node, ast.BinOp | ast.AugAssign) or name in ELEMENTWISE
            why = _in_product(*shapes) if inner else _in_broadcast(*shapes) if elementwise else ""
        return f"{', '.join(told)}{why and f': {why}'}.", bool(why)

    def operand(self, index: int) -> str:
        """A part as the reader wrote it, and what it is."""
        match, text = self.match(index), f"`{self.parts[index].text}`"
        known = match and match.quantity.whole and match.exact and match.quantity.told != text
        return f"{text} ({match.quantity.told})" if known else text

    def made_of(self, index: int, due: Quantity) -> str:
        """What a part is made of, in words; nothing is made of what it should be."""
        made = ((m.kind, m.quantity) for m in self.made(index) if m.quantity.step != due.step or due.step < 0)
        made = ((kind, q.called) for kind, q in made if q.name != "N")
        labels = dict.fromkeys(f"a multiple of {name}" if "times" in kind else name for kind, name in made)
        if not labels:
            return ""
        *first, last = labels
        return f"{', '.join(first)} and {last}" if first else last

    def factor(self, factor: float) -> str:
        """A factor by its cause where it has one: sizes are drawn anew at each check, and are no help as numbers."""
        sizes = {"$N$": int(self.way.step("N").value)}
        for name, value in self.e.case.arguments.items():
            if np.ndim(value) and not callable(value):
                sizes.setdefault(f"the size of the last axis of `{name}`", np.shape(value)[-1])
        for name, size in sizes.items():
            for sign, minus in ((1, ""), (-1, "minus ")):
                if size > 2 and np.isclose(factor, sign * size):
                    return minus + name
                if size > 2 and np.isclose(factor, sign / size):
                    return f"{minus}one over {name}"
        known = {-1: "$-1$", 2: "2", 0.5: "1/2", -2: "$-2$", -0.5: "$-1/2$"}
        return next((text for f, text in known.items() if np.isclose(factor, f)), "a number")

    def lines(self, blamed: int, what: str) -> Iterator[Line]:
        """The lines of the function with what each is, and the parts of the one that goes wrong."""
        roots: dict[int, list[int]] = {}  # of each statement, the parts that are in no other
        for i, part in enumerate(self.parts):
            ours = part.statement and not part.function and part.role != "before" and (i in self.order or i == blamed)
            if ours and (i not in self.above or self.parts[self.above[i]].statement is not part.statement):
                roots.setdefault(id(part.statement), []).append(i)
        margin = min((self.parts[whole[-1]].statement.col_offset for whole in roots.values()), default=0)  # of the body
        rows = []
        for whole in roots.values():
            part = self.parts[whole[-1]]
            number = part.statement.lineno - part.node.lineno + part.line
            source = self.inside.lines[number]
            holds = part.statement is self.parts[blamed].statement
            if holds and whole != [blamed]:
                rows += self.within(blamed, part.statement)
            sign, label = ("✗", what) if holds else self.called(whole)
            start = None
            if holds and self.parts[blamed].line == number:
                start = len(source.encode()[: self.parts[blamed].node.col_offset].decode()) - margin
            rows.append((number, Line(number, source.partition("#")[0].rstrip()[margin:], sign, label, start)))
        told = [line for _, line in sorted(rows, key=lambda row: row[0])]
        while len(told) > TOLD:  # what is least to the point goes first
            told.remove(next((line for line in told if not line.sign), told[0]))
        yield from told

    def within(self, blamed: int, statement: ast.stmt) -> Iterator[tuple[int, Line]]:
        """The steps that are reached inside one line."""
        seen = set()
        for i in self.order:
            part = self.parts[i]
            if i == blamed:
                return
            sign, label = self.called([i]) if part.statement is statement and part.below else ("", "")
            if sign and not self.is_neutral(i) and part.text not in seen:
                seen.add(part.text)
                yield part.line, Line(0, part.text, sign, label)

    def called(self, whole: Sequence[int]) -> tuple[str, str]:
        """The sign of a line, and what it is, from its parts as a whole."""
        matches = [m for i in whole for m in self.matches_in(i)]
        if not matches or not all(m and m.quantity.whole and m.kind != "rows times" for m in matches):
            return "", ""
        if any(m.kind == "logarithm" for m in matches):
            return "", f"the logarithm of {matches[0].quantity.told}" if len(matches) == 1 else ""
        if any(m.kind == "times" for m in matches):
            m = matches[0]
            told = m.quantity.told + ("," if ", " in m.quantity.told else "")
            return "", f"{told} times {self.factor(m.factor)}" if len(matches) == 1 else ""
        turned = f" {TURNED}" if [m.kind for m in matches] == ["transposed"] else ""
        return "✓", ", ".join(m.quantity.told for m in matches) + turned


def _says_it_itself(error: BaseException | None) -> bool:
    """Whether it comes from a function of the reference, which names the argument, its shape and what would fit."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)] if error else []
    return bool(frames) and frames[-1].f_globals.get("__package__") == "utils.reference"


def _is_index(value: object) -> bool:
    return isinstance(value, tuple) and len(value) > 0 and all(isinstance(number, int | np.integer) for number in value)


def _size(value: np.ndarray) -> str:
    """The shape of an operand; of an index its value."""
    is_index = value.ndim == 0 and value.dtype.kind in "iu"
    return f"is {value}" if is_index else f"has shape {value.shape}"


def _in_product(a: tuple[int, ...], b: tuple[int, ...]) -> str:
    if not a or not b:
        return "a single number has no axis to sum over"
    ours, theirs = a[-1], b[-2] if len(b) > 1 else b[0]
    return f"the inner sizes are {ours} and {theirs}, and should be the same" if ours != theirs else ""


def _in_broadcast(a: tuple[int, ...], b: tuple[int, ...]) -> str:
    pairs = zip(reversed(a), reversed(b), strict=False)
    met = next(((n, m) for n, m in pairs if n != m and 1 not in (n, m)), None)
    return f"counted from the last axis, {met[0]} meets {met[1]}" if met else ""


def _in_einsum(subscripts: str, shapes: Sequence[tuple[int, ...]]) -> str:
    inputs = subscripts.replace(" ", "").partition("->")[0].split(",")
    if len(inputs) != len(shapes):
        return f"`{subscripts}` speaks of {len(inputs)} arrays, and is given {len(shapes)}"
    sizes: dict[str, int] = {}
    for letters, shape in zip(inputs, shapes, strict=True):
        if "..." in letters:
            continue
        if len(letters) != len(shape):
            return f"`{letters}` asks for {len(letters)} axes, and meets {len(shape)}"
        for letter, size in zip(letters, shape, strict=True):
            if sizes.setdefault(letter, size) != size:
                return f"`{letter}` is {sizes[letter]} in one and {size} in the other"
    return ""
