"""Which small changes of a wrong answer make every result right.

Whoever slips writes one thing for another: a name, a sign, an axis, brackets, an operand too few. So each expression
and each statement is changed in every such way, but for those that leave a name unread. All of these programs are
compiled as one, in which a number picks the change, so that a run costs no more than the answer's own.
"""

from __future__ import annotations

import ast
import copy
import gc
import io
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations, permutations
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from utils.judge.code.calls import Memory, agree, as_results, changed_arguments, listening
from utils.judge.code.diagnosis import Evidence
from utils.judge.code.inside import Endless, Inside, called, cloned, factory, name_of, placed, spelled, with_methods
from utils.judge.code.reading import Reading

PICK, TURN = "__pick__", "__turn__"
COUNT = ast.parse(f"{TURN}()").body[0]  # stands first in each loop
PICKED, BELOW = ast.parse(f"{PICK}[0]", mode="eval").body, ast.Lt()  # stand in thousands of places, as one node each
LONGER, SPARE = 4, 100  # times as many turns as without a change, and so many more: a change may have no end
SLOW = 0.1  # seconds; an array may grow with each turn
LIKELY, SELDOM = 500_000, 250_000  # values in all runs with such changes; the first take some 0.1 s
FEW = 5  # elements of which every order is tried

# What is meant instead, in words.
NAME, NUMBER, OPERATION, FUNCTION = "another name", "another number", "another operation", "another function"
SIGN, AXIS, INDEX, ORDER = "another sign", "another axis, or another shape", "another index", "another order"
BRACKETS = "other brackets"
OPERAND = "another operand besides"  # of which there may be too many to be tried
LESS, MORE, OPPOSITE, PLACE = "something less", "something more", "the opposite", "another place in the program"
ELSE = "something else"  # where more than one of these would do
KEPT = "`=`, which writes"
ADDS = {
    ast.Add: "`+=`, which adds to what stands there",
    ast.Sub: "`-=`, which takes from what stands there",
    ast.Mult: "`*=`, which multiplies what stands there",
    ast.Div: "`/=`, which divides what stands there",
}
WRITES = (KEPT, *ADDS.values())
INSTEAD = (*WRITES, NAME, NUMBER, OPERATION, FUNCTION, SIGN, AXIS, INDEX, ORDER, BRACKETS, OPPOSITE, PLACE)
DUE = (*INSTEAD, LESS, MORE, ELSE)
SAID = {  # of what stands there
    **dict.fromkeys(DUE, "one small change in this line makes every result right"),
    **dict.fromkeys(ADDS.values(), "this takes the place of what stands there"),
    KEPT: "what comes out is thrown away",
}

# What is written instead of an expression E, by its kind; its parts have the names that `ast` gives them.
EXPRESSIONS = {
    ast.BinOp: {
        OPERATION: "left + right; left - right; left * right; left / right; left @ right; left ** right",
        ORDER: "right - left; right / left; right @ left; right ** left",
        LESS: "left; right",
    },
    ast.UnaryOp: {SIGN: "operand"},
    ast.Subscript: {LESS: "value"},
    ast.IfExp: {OPPOSITE: "body; orelse; orelse if test else body"},
    ast.Compare: {OPPOSITE: "not E; ~(E)"},
    ast.BoolOp: {OPPOSITE: "not E"},
}
COUNTS = {NUMBER: "E + 1; E - 1; 0; 1"}
MASKS = {OPPOSITE: "~E"}
NUMBERS = {
    SIGN: "-E",
    OPERATION: "1 / E",
    MORE: "E * 2; E / 2; E ** 2; E - 1; 1 - E; 1 + E; E * (1 - E); np.exp(E); np.log(E); np.sum(E); np.mean(E); "
    "np.abs(E); np.sqrt(E)",
}
AS_ROWS = {AXIS: "np.atleast_2d(E)"}
BY_AXES = {1: {AXIS: "E[..., None]; E[None]"}, 2: {AXIS: "E[..., None]; E[None]; E.T; E[0]; E[:, 0]"}}
WITH_FACTOR, WITH_TERM = {MORE: "E * O; E / O; E * (1 - O)"}, {MORE: "E + O; E - O; O - E"}
ONE_OF_MANY = {MORE: "E / len(N)"}
FOR_MANY = {NUMBER: "len(N)", **ONE_OF_MANY}
WITH_COUNT = "E + O; E - O; E * O"
OTHER_INDEX = {INDEX: "value[:, slice]; value[:slice]; value[slice:]; value[slice - 1]; value[slice + 1]"}
SLICES = [ast.parse(text, mode="eval").body.slice for text in ("E[1:]", "E[:-1]")]
ORDERS, EQUALS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE), (ast.Eq, ast.NotEq)
FAMILIES = (  # functions of which one is written for another
    {"sum", "mean", "prod", "max", "min", "cumsum"},
    {"exp", "log", "expm1", "log1p", "exp2", "log2", "log10"},
    {"zeros", "ones", "empty", "eye"},
    {"zeros_like", "ones_like", "empty_like"},
    {"argmax", "argmin", "argsort", "max", "min"},
    {"maximum", "minimum", "add", "subtract", "multiply", "divide"},
    {"dot", "matmul", "outer", "multiply", "inner"},
    {"vstack", "hstack", "stack", "column_stack", "concatenate", "array"},
    {"sqrt", "square", "abs", "sign"},
    {"logaddexp", "logaddexp2", "maximum", "add"},
    {"any", "all"},
    {"append", "extend"},
)
DTYPES = ("bool", "int", "float", "complex")
REDUCING = {"sum", "mean", "prod", "max", "min", "argmax", "argmin", "cumsum", "norm", "stack", "concatenate"}
KEYWORDS = ("axis=0", "axis=1", "axis=-1", "axis=0, keepdims=True", "axis=1, keepdims=True", "axis=-1, keepdims=True")

Option = tuple[str, Any]  # what is meant, in words, and what is written instead


class Edit(NamedTuple):
    """A change. due: what is meant instead. line: the `def` of its function is line 1. index: of the part that
    is changed, or that the change stands in. written, instead: what stands there, and in the changed program. chooses:
    whether it stands in what chooses one of two ways, where a change may only avoid the wrong one."""

    due: str
    function: str
    line: int
    index: int
    reads_the_unread: bool  # whether it reads a name that nothing reads as it is
    written: ast.AST
    instead: ast.AST
    chooses: bool

    @property
    def adds(self) -> bool:
        """Whether all that is written stays, and there is more."""
        own, other = (
            [part for part in ast.walk(node) if isinstance(part, ast.expr)] for node in (self.written, self.instead)
        )
        kept = {*map(id, other)}.issuperset(id(part) for part in own if isinstance(part, ast.Name | ast.Constant))
        return kept and len(other) > len(own)


class TooMany(Exception):
    """Of changes, to be tried in a short time."""


class Variants:
    """A wrong answer with its small changes of some kinds, each of which can be tried on these cases: with all of them,
    or with none, where there are too many."""

    def __init__(self, reading: Reading, cases: Sequence[Evidence], kinds: Collection[str], evaluated: int) -> None:
        inside, self.kinds = reading.inside, kinds
        self.edits: list[Edit] = []
        self.unread = set[str]()  # names that nothing reads
        self._reading, self._picked = reading, [-1]
        nodes = [node for definition, _ in inside.definitions.values() for node in ast.walk(definition)]
        self.texts = sorted({n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)})
        stored = {n.attr for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)}
        self.attributes = sorted(stored)
        self._turns, self._usual = 0, dict[int, float]()  # of loops: in this run, and by the case as the answer is
        self._memory, self._locked = Memory(), dict[int, dict[str, Any]]()  # _locked: arguments, by the case
        ordinary = [e for e in cases if not e.case.extreme]
        wrong = (e for e in ordinary if not e.agrees)
        small = min(wrong, key=lambda e: sum(np.size(value) for value in e.case.arguments.values()))
        inside.run(small.case, reading.results)
        self._cases, self.most = [small, *ordinary], evaluated // inside.work
        self._extreme = [e for e in cases if e.case.extreme]
        collects = gc.isenabled()
        gc.disable()  # which would look through all of these nodes again and again while they are made
        try:
            self._answer = self._made(inside)
        except (SyntaxError, ValueError, RecursionError, TooMany):  # of what no change can be put into, or too many
            self.edits.clear()
        finally:
            if collects:
                gc.enable()

    def _made(self, inside: Inside) -> Callable:
        """The answer, and the helpers that it calls, with all changes in them."""
        scope, made = dict(inside.answer.__globals__), dict[Any, Callable]()
        for function, (definition, captured) in inside.definitions.items():
            tree, local = factory(_Function(self, function, definition).all, (PICK, TURN, *captured)), dict[str, Any]()
            exec(compile(tree, "<variants>", "exec"), scope, local)
            made[function] = local["__make__"](self._picked, self._turn, *captured.values())
            made[function].__defaults__, made[function].__kwdefaults__ = function.__defaults__, function.__kwdefaults__
        functions = {n: self._shared(v, made) for n, v in scope.items() if isinstance(v, FunctionType)}
        classes = [(name, v) for name, v in scope.items() if isinstance(v, type) and inside.reads(v)]
        scope |= functions | {name: with_methods(v, lambda f: made.get(f, f)) for name, v in classes}
        return made[inside.answer]

    def _shared(self, function: FunctionType, made: Mapping[Any, Callable]) -> Callable:
        """A function that is called by its name: with the changes in it, or with a memory if it is surely right."""
        is_right = getattr(function, "is_right", False) or str(function.__module__).startswith("utils.reference.")
        return made.get(function) or (self._memory.of(function) if is_right else function)

    def mending(self) -> list[Edit]:
        """The changes that make every result right. Extreme inputs choose among them: a slip may hide there another
        one, which no small change mends."""
        with listening(io.StringIO()), np.errstate(all="ignore"):
            found = [n for n in range(len(self.edits)) if all(self._is_right(n, e) for e in self._cases)]
            best = [n for n in found if all(self._is_right(n, e) for e in self._extreme)]
        return [self.edits[n] for n in best or found]

    def _turn(self) -> None:
        self._turns += 1
        if self._turns > self._limit:
            raise Endless
        if time.perf_counter() > self._due:  # a busy machine is slow, not the answer: from here on its own time counts
            self._latest = self._latest or time.process_time() + SLOW
            if time.process_time() > self._latest:
                raise Endless

    def _is_right(self, number: int, e: Evidence) -> bool:
        """Whether the result of a case is right with a change."""
        if id(e) not in self._usual:
            self._usual[id(e)] = float("inf")
            self._is_right(-1, e)  # as it is
            self._usual[id(e)] = self._turns
        self._picked[0], self._limit = number, LONGER * self._usual[id(e)] + SPARE
        given = self._locked[id(e)] = self._locked.get(id(e)) or self._memory.read_only(e.case)
        try:
            try:
                value = self._run(given)
            except ValueError as error:
                if "read-only" not in str(error):
                    return False
                given = e.case.copies()
                value = self._run(given)
        except KeyboardInterrupt:
            raise
        except BaseException:  # whatever a change leads to
            return False
        right = agree(as_results(value, self._reading.results), e.expected, e.case.atol)
        return right and (given is self._locked[id(e)] or not changed_arguments(e.case.arguments, given))

    def _run(self, given: Mapping[str, Any]) -> Any:
        self._turns, self._due, self._latest = 0, time.perf_counter() + SLOW, 0.0
        return self._answer(*given.values())


def likeliest(reading: Reading, cases: Sequence[Evidence], may_avoid: Callable[[Edit], bool]) -> list[Edit]:
    """The likeliest of the small changes that make every result right: one thing in place of another, before what is
    less or more; where nothing reads a name, what does. may_avoid: whether a change may only lead round what is wrong;
    where all of one thing in place of another may, there are the others, too."""
    instead = Variants(reading, cases, INSTEAD, LIKELY)
    found = instead.mending()
    avoid = all(map(may_avoid, found))
    if not avoid and (not instead.unread or any(edit.reads_the_unread for edit in found)):
        return [edit for edit in found if edit.reads_the_unread] or found
    others = _less_or_more(reading, cases)
    reading_it = [edit for edit in (*found, *others) if edit.reads_the_unread]
    usual = [] if instead.unread else others
    return reading_it or [*found, *(usual if avoid else ())]


def _less_or_more(reading: Reading, cases: Sequence[Evidence]) -> list[Edit]:
    """Changes to what is less or more. Where there are too many with another operand, those without, as far as they
    agree on a line: what is not tried may stand in yet another one."""
    with_operands = Variants(reading, cases, (LESS, MORE, OPERAND), SELDOM)
    if with_operands.edits:
        return with_operands.mending()
    found = Variants(reading, cases, (LESS, MORE), SELDOM).mending()
    return found if len({(edit.function, edit.line) for edit in found}) == 1 else []


def in_one_line(reading: Reading, edits: Sequence[Edit]) -> tuple[int, str] | None:
    """The part that these changes are in, and what is meant there, if all of them stand in one line."""
    if any(edit.due == SIGN for edit in edits):  # a lost minus explains itself
        edits = [edit for edit in edits if edit.due not in WRITES]
    first = min(edits, key=lambda edit: edit.due not in WRITES, default=None)  # which says most
    if len({(e.function, e.line) for e in edits}) != 1:
        return None
    part = reading.parts[first.index]
    if (part.function, part.line) != (first.function, first.line):
        return None
    if first.due in WRITES:
        return first.index, first.due
    around, due = reading.around, {e.due for e in edits}
    if due <= {LESS, MORE} and _may_be_due_below(reading, first.index):
        return None
    common = (i for i in around(first.index) if all(i in around(e.index) for e in edits))
    says_it = len(due) == 1 or due <= {*INSTEAD}
    return next(common, first.index), min(due, key=DUE.index) if says_it else ELSE


def _may_be_due_below(reading: Reading, index: int) -> bool:
    """Whether the line of a part gives a name to a step as it is: what seems to be missing may be due where that is
    read, unless several lines read it, which would all lack the same."""
    part, match = reading.parts[whole := reading.whole(index)], reading.match(whole)
    if not (match and match.kind == "same" and match.quantity.step >= 0) or isinstance(part.statement, ast.Return):
        return False
    readers = {id(other.statement) for other in reading.parts if other.id and other.id == part.name}
    return len(readers) < 2 or len(reading.giving(part.name, part.function)) > 1


class _Function:
    """One function with all changes in it. all: its tree, in which a number picks one of them."""

    def __init__(self, variants: Variants, function: FunctionType, definition: ast.FunctionDef | ast.Lambda) -> None:
        self._reading, self._edits, self._kinds = variants._reading, variants.edits, variants.kinds
        self._function, self._start = function, definition.lineno
        self._texts, self._attributes, self._most = variants.texts, variants.attributes, variants.most
        self._helper = "" if function is self._reading.inside.answer else name_of(function)
        parts = self._reading.parts  # _within: the part that is gone through; _is_compared: whether it is below a `<`
        self._within = next((i for i, part in enumerate(parts) if part.function == self._helper), 0)
        self._is_compared = self._chooses = False  # _chooses: whether it is in what chooses one of two ways, once
        self._fills = False  # whether this statement may put something into a list
        whole = cloned(definition)
        nodes = [*ast.walk(whole)]
        for loop in (node for node in nodes if isinstance(node, ast.For | ast.While)):
            loop.body.insert(0, COUNT)
        stored = ((n.id, n.lineno) for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
        given = [(node.arg, 0) for node in nodes if isinstance(node, ast.arg)]
        self._names = dict(sorted([*stored, *given], key=lambda pair: -pair[1]))  # and the line that gives it first
        self._after = {n.name: n.end_lineno + 1 for n in nodes if isinstance(n, ast.FunctionDef)}  # these functions
        self._reads = dict[int, tuple[str, ...]]()  # of nodes of the answer
        self._read = Counter(self._read_in(whole))
        targets = [node.target for node in nodes if isinstance(node, ast.For | ast.comprehension)]
        self._turning = {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
        assigned = [(target, node) for node in nodes if isinstance(node, ast.Assign) for target in node.targets]
        alone = {n.id for n in (*targets, *(target for target, _ in assigned)) if isinstance(n, ast.Name)}
        self._alone = alone | {name for name, _ in given}  # what is given alone, and not with others by a tuple
        self._growing = {t.id for t, n in assigned if isinstance(t, ast.Name) and t.id in self._read_in(n.value)}
        self._added_to = {n.target.id for n in nodes if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name)}
        self._unread = {name for name in self._alone if not self._read[name] and name[0] != "_"}
        variants.unread |= self._unread
        named = [(p.id or p.name, self._reading.values(i)[-1:]) for i, p in enumerate(self._reading.parts)]
        held = {name: value for name, values in named for value in values}
        # At some time: a list may become an array by its own name.
        self._lists = {name for name, values in named if name and values and isinstance(values[0], list)}
        self._counts = {name: isinstance(value, int | np.integer) for name, value in held.items()}  # as sizes are
        steps = [n for step in self._reading.steps for n in ast.walk(_template(step.expression))]
        self._imaginary = [n for n in steps if isinstance(n, ast.Constant) and isinstance(n.value, complex)][:1]
        called_there = {n.func.id: n.func for n in steps if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        scope = self._reading.inside.answer.__globals__
        self._functions = [f for name, f in called_there.items() if name in scope]  # which a right program calls
        self._own_functions = [f for f in self._functions if self._reading.inside.reads(scope[f.id])]
        arguments = self._reading.e.case.arguments
        self._first = _name(next(iter(arguments)))
        arrays = [name for name, value in arguments.items() if np.ndim(value)]
        self._calls_given = [_template(f"{f}({a})") for f, v in arguments.items() if callable(v) for a in arrays]
        self._operands = self._to_calculate_with()
        self.all = self._defined(whole)

    # ---- all programs as one -------------------------------------------------------------------------------------

    def _defined(self, node: ast.FunctionDef | ast.Lambda) -> Any:
        new, none = copy.copy(node), placed.Constant(None)
        new.args = copy.copy(node.args)
        new.args.defaults = [none for _ in node.args.defaults]
        new.args.kw_defaults = [default and none for default in node.args.kw_defaults]
        if isinstance(node, ast.Lambda):
            new.body = self._changed(node.body)
        else:
            new.body, new.decorator_list = self._body(node.body), []
        return new

    def _body(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        first, options = len(self._edits), []
        declared = [s for s in statements if isinstance(s, ast.Global | ast.Nonlocal)]  # which have to come first
        statements = [s for s in statements if s not in declared]
        for statement, due, option in [*_arranged(statements), *self._exchanged(statements)]:
            new = placed.Pass() if due == LESS else statement
            options += [option or [placed.Pass()] for _ in self._noted(statement, [(due, new)])]
        own = [self._statement(s) if self._may_be_wrong(s) else s for s in statements]
        all_of_them = [placed.If(_is_one_of(first, options), _picked(first, options, ast.If), own)] if options else own
        return [*declared, *all_of_them]

    def _exchanged(self, body: Sequence[ast.stmt]) -> Iterator[tuple[ast.stmt, str, list[ast.stmt]]]:
        """Statements of which one gives several names in another order, where these are names of each other's steps."""
        way = self._reading.way
        for n, s in enumerate(body):
            names = s.targets[0].elts if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Tuple) else []
            index = self._index(s.value) if names else None
            value = None if index is None else (None, *self._reading.values(index))[-1]
            pairs = zip(names, value, strict=False) if isinstance(value, tuple) else ()
            held = [(way.step(spelled(name)), way.match(part)) for name, part in pairs]
            wrong = [i for i, (own, known) in enumerate(held) if own and known and known.quantity.step != own.step]
            for i, j in combinations(wrong, 2):
                new = [*names]
                new[i], new[j] = names[j], names[i]
                yield s, ORDER, [*body[:n], placed.Assign([placed.Tuple(new, ast.Store())], s.value), *body[n + 1 :]]

    def _may_be_wrong(self, s: ast.stmt) -> bool:
        """Whether one thing may stand for another in a statement: not where it, and no other, gives what is a step."""
        gives = isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name) and MORE not in self._kinds
        index = self._index(s.value) if gives else None
        return index is None or not self._reading.reaches_a_step(self._reading.whole(index))

    def _statement(self, s: ast.stmt) -> ast.AST:
        if isinstance(s, ast.FunctionDef):
            return self._defined(s)
        target = s.targets[0] if isinstance(s, ast.Assign) else s
        self._fills = isinstance(target, ast.Subscript | ast.AugAssign | ast.Expr)
        return self._parts(s)

    def _changed(self, node: ast.expr, within: ast.AST | None = None) -> ast.expr:
        """An expression, or what is written instead."""
        # A list that is put into itself has no end.
        kept = self._lists if self._fills else ()
        meant = (o for o in self._options(node, within) if getattr(o[1], "id", "") not in kept)
        first, options = len(self._edits), self._noted(node, meant)
        compared = self._is_compared
        self._is_compared |= _orders(node) and (self._chooses or self._is_mask(node, within))
        own = self._parts(node)
        self._is_compared = compared
        return placed.IfExp(_is_one_of(first, options), _picked(first, options, ast.IfExp), own) if options else own

    def _is_mask(self, node: ast.expr, within: ast.AST | None) -> bool:
        """Whether a comparison picks entries, and is no answer for all of them together."""
        value = self._value(node)
        return value is not None and value.ndim > 0 and called(within) not in ("all", "any")

    def _noted(self, node: ast.AST, options: Iterable[Option]) -> list[ast.AST]:
        """What is written instead of a node, by changes of the kinds that are asked; each is noted down as an edit."""
        found = (self._index(part) for part in ast.walk(node) if hasattr(part, "lineno"))
        index = next((i for i in found if i is not None), self._within)
        line, lost, noted = node.lineno - self._start + 1, self._read_in(node), []
        only_here = {name for name in lost if name in self._alone and self._read[name] <= lost.count(name)}
        for due, new in options:
            if due not in self._kinds:
                continue
            gained = self._read_in(new) if only_here or self._unread else ()
            if only_here.issubset(gained):  # nobody means to leave a name unread
                reads_it = not self._unread.isdisjoint(gained)
                self._edits.append(Edit(due, self._helper, line, index, reads_it, node, new, self._chooses))
                noted.append(new)
        if len(self._edits) > self._most:
            raise TooMany
        return noted

    def _read_in(self, node: ast.AST) -> tuple[str, ...]:
        """The names that this reads. Of the answer's own nodes, which stand in many changes, they are remembered."""
        if id(node) in self._reads:
            return self._reads[id(node)]
        if isinstance(node, ast.Name):
            return (node.id,) if isinstance(node.ctx, ast.Load) else ()
        found = tuple(name for child in _children(node) for name in self._read_in(child))
        if "lineno" in vars(node):
            self._reads[id(node)] = found
        return found

    def _parts(self, node: ast.AST) -> ast.AST:
        """The same, with each of its parts as it is or changed."""
        new = copy.copy(node)
        index, before = self._index(node) if hasattr(node, "lineno") else None, self._within
        self._within = before if index is None else index
        chooses = self._chooses
        for field, value in ast.iter_fields(node):
            is_test = field == "test" and isinstance(node, ast.If | ast.IfExp)
            self._chooses = chooses or (is_test and self._turning.isdisjoint(self._read_in(value)))
            if field in ("annotation", "decorator_list", "args", "func") and not isinstance(node, ast.Call):
                continue
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                setattr(new, field, self._body(value))
            elif isinstance(value, list):
                setattr(new, field, [self._part(part, node) for part in value])
            elif field == "func":
                setattr(new, field, self._parts(value) if isinstance(value, ast.Attribute) else value)
            else:
                setattr(new, field, self._part(value, node))
        self._within, self._chooses = before, chooses
        return new

    def _part(self, node: Any, within: ast.AST) -> Any:
        if not isinstance(node, ast.AST) or isinstance(node, ast.JoinedStr | ast.pattern) or node is COUNT.value:
            return node
        stored = isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)
        if not isinstance(node, ast.expr) or isinstance(node, ast.Slice | ast.Starred | ast.Lambda) or stored:
            return self._defined(node) if isinstance(node, ast.Lambda) else self._parts(node)
        return self._changed(node, within)

    # ---- what there is to write ----------------------------------------------------------------------------------

    def _index(self, node: ast.AST) -> int | None:
        return self._reading.inside.index(self._function, node)

    def _value(self, node: ast.expr) -> np.ndarray | None:
        """The last value of an expression, where that is numbers."""
        return None if (index := self._index(node)) is None else self._reading.last(index)

    def _named(self, line: int) -> list[str]:
        """What has a name, up to a line."""
        return [name for name, first in self._names.items() if first <= line]

    def _to_calculate_with(self) -> list[tuple[ast.expr, int, np.ndarray]]:
        """The names and the entries of what has a name, with their numbers; and the line from which on each is there:
        in a function that it calls, it would have no end."""
        given = {} if self._helper else self._reading.e.case.arguments
        found = {name: np.asarray(value) for name, value in given.items() if not callable(value)}
        arrays = [(name, value) for name, value in found.items() if value.ndim and len(value)]
        turns = ((p.id, v) for i, p in enumerate(self._reading.parts) for v in self._reading.values(i)[-1:])
        tuples = {name: value for name, value in turns if isinstance(value, tuple)}  # indices of `np.ndindex`
        at = [(n, tuples.get(n, 0)) for n in self._turning]
        found |= {f"{name}[{n}]": value[i] for name, value in arrays for n, i in at if _has(value, i)}
        for i, part in enumerate(self._reading.parts):
            of_names = all(self._reading.parts[j].id for j in part.below)
            is_short = part.id or (isinstance(part.node, ast.Subscript | ast.Call) and of_names)
            texts = (part.text if is_short else "", part.name if part.is_named else "")
            if part.function == self._helper and (value := self._reading.last(i)) is not None:
                found |= {text: value for text in texts if text and ", " not in text}
        found |= {} if self._helper else self._missing(found)
        nodes = ((_template(text), value) for text, value in found.items())
        there = self._names | self._after
        return [(node, max((there.get(n, 0) for n in self._read_in(node)), default=0), value) for node, value in nodes]

    def _missing(self, found: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The steps of the right program whose value nothing has, as far as they can be written with the names here."""
        known, missing = {*self._names, *self._reading.inside.answer.__globals__}, dict[str, np.ndarray]()
        for step, q in self._reading.way.whole.items():
            text = self._reading.steps[step].expression
            can_be_written = known.issuperset(self._read_in(_template(text)))
            is_there = any(np.array_equal(q.value, value) for value in found.values())
            if isinstance(q.value, np.ndarray) and q.value.ndim and can_be_written and not is_there:
                missing[text] = q.value
        return missing

    def _fitting(self, line: int) -> Iterator[tuple[ast.expr, np.ndarray]]:
        return ((node, value) for node, first, value in self._operands if first <= line)

    # ---- what is written instead ---------------------------------------------------------------------------------

    def _options(self, e: ast.expr, within: ast.AST | None) -> Iterator[Option]:
        names, value = self._named(e.lineno), self._value(e)
        yield from ((BRACKETS, other) for other in _bracketed(e))
        fields = {"E": e, **{field: part for field, part in ast.iter_fields(e) if isinstance(part, ast.expr)}}
        yield from _filled(EXPRESSIONS.get(type(e), {}), **fields)
        yield from ((LESS, other) for other in _alike(e))
        if isinstance(e, ast.Attribute) and e.attr in self._attributes:
            yield from ((NAME, placed.Attribute(e.value, n, ast.Load())) for n in self._attributes)
        if (isinstance(e, ast.Subscript) or spelled(e)) and not self._is_compared:
            counts = self._counts.get(spelled(e))
            yield from ((NAME, _name(n)) for n in names if counts is None or self._counts.get(n, counts) == counts)
            held = (o for o, _ in self._fitting(e.lineno) if spelled(o) and not isinstance(o, ast.Name))
            yield from ((NAME, o) for o in held)
        if within is None or isinstance(within, ast.stmt | ast.Tuple):
            yield from (
                (NAME, _with(e, {name: _name(n)})) for name in self._often(e, within) for n in names if n != name
            )
        if isinstance(e, ast.Name) and e.id in DTYPES:
            yield from ((NAME, _name(n)) for n in DTYPES)
        if isinstance(within, ast.Assign) and getattr(within.targets[0], "id", "") in self._added_to:
            yield NUMBER, placed.Constant(0)  # with which a sum begins
        if self._is_function(e):
            yield from ((FUNCTION, f) for f in self._functions)
        if isinstance(within, ast.Subscript) and isinstance(within.ctx, ast.Store) and _picks_many(e):
            yield from ((INDEX, other) for other in self._slices(e, e.lineno))
        if isinstance(e, ast.Constant):
            yield from self._constants(e)
        elif isinstance(e, ast.Call):
            yield from self._calls(e)
        elif isinstance(e, ast.Subscript):
            yield from self._subscripts(e, fields)
        elif isinstance(e, ast.Compare) and len(e.ops) == 1:
            left = self._value(e.left)
            counts = left is not None and left.dtype.kind in "iu"  # else `==` would choose the other way throughout
            others = EQUALS if not _orders(e) else ORDERS + EQUALS if counts else ORDERS
            yield from ((OPERATION, placed.Compare(e.left, [op()], e.comparators)) for op in others)
        elif isinstance(e, ast.BoolOp):
            yield OPERATION, placed.BoolOp(ast.And() if isinstance(e.op, ast.Or) else ast.Or(), e.values)
            yield from ((LESS, part) for part in e.values)
        elif isinstance(e, ast.Tuple | ast.List) and len(e.elts) < FEW:
            yield from (
                (ORDER, getattr(placed, type(e).__name__)([*some], ast.Load())) for some in permutations(e.elts)
            )
        elif isinstance(e, ast.Attribute) and e.attr == "T":
            yield AXIS, e.value
        elif isinstance(e, ast.Attribute) and e.attr in ("shape", "size"):
            yield AXIS, placed.Attribute(e.value, "size" if e.attr == "shape" else "shape", ast.Load())
        can_have_more = isinstance(e, ast.Name | ast.Call | ast.BinOp | ast.Attribute | ast.Subscript | ast.UnaryOp)
        is_measured = getattr(within, "attr", "") in ("shape", "size", "ndim")  # nobody turns what is only measured
        if value is not None and can_have_more and not (self._is_compared or is_measured):
            yield from self._more(e, value, within)

    def _often(self, e: ast.expr, within: ast.AST | None) -> list[str]:
        """The names that an expression reads more than once, and that are no turns of its own, nor what it goes on to
        change."""
        names = (n for n in (*ast.walk(e), *getattr(within, "targets", ())) if isinstance(n, ast.Name))
        known = self._names.keys() - {n.id for n in names if isinstance(n.ctx, ast.Store)}
        return [name for name, times in Counter(self._read_in(e)).items() if times > 1 and name in known]

    def _constants(self, e: ast.Constant) -> Iterator[Option]:
        own = e.value
        if isinstance(own, bool):
            yield OPPOSITE, placed.Constant(not own)
        elif own is None or isinstance(own, int | float):
            usual = "0.0; 1.0; 2.0; -1.0; 0.5; -1e999" if isinstance(own, float) else "0; 1; 2; -1; 0.5"
            yield from _filled({NUMBER: usual if own is None else f"{usual}; E + 1; E - 1"}, E=e)
            yield from ((NUMBER, call) for call in self._calls_given)
            turning = (n for n in self._named(e.lineno) if n in self._turning and not self._is_compared)
            yield from ((INDEX, _name(n)) for n in turning)
            yield from ((NAME, _name(n)) for n in self._unread)
            yield from ((NUMBER, _template(f"len({n})")) for n in self._lists)
            yield from _filled(FOR_MANY, E=e, N=self._first)
            yield from ((NUMBER, number) for number in self._imaginary)
            yield AXIS, placed.Constant(None)
            yield from ((NAME, o) for o, _ in self._fitting(e.lineno) if not self._is_compared)
        elif isinstance(own, str):
            texts = _subscripts_like(own) if "->" in own else self._texts
            yield from ((AXIS if "->" in own else NAME, placed.Constant(text)) for text in texts)

    def _is_function(self, e: ast.expr) -> bool:
        """Whether it is a function that is handed on, and no helper of the reader's."""
        index = None if isinstance(e, ast.Call) else self._index(e)
        values = () if index is None else self._reading.values(index)
        return bool(values) and callable(values[0]) and not self._reading.inside.reads(values[0])

    def _calls(self, e: ast.Call) -> Iterator[Option]:
        f, args, keywords = e.func, e.args, e.keywords
        name, has_dot = called(e), isinstance(f, ast.Attribute)
        is_method = has_dot and getattr(f.value, "id", "") != "np"
        others = sorted({n for family in FAMILIES if name in family for n in family})
        functions = [placed.Attribute(f.value, n, ast.Load()) if has_dot else _name(n) for n in others]
        # What stands for a helper of the reader's would hide the slip that is in it.
        is_helper = name in self._reading.inside.helpers
        functions += [] if has_dot else self._own_functions if is_helper else self._functions
        yield from ((FUNCTION, placed.Call(g, args, keywords)) for g in functions)
        if "eye" in others and args:
            yield FUNCTION, _with(_template("np.eye(*E)"), {"E": args[0]})
        alone = [f.value, *args[:2]] if is_method else args[:2]
        yield from ((LESS, part) for part in alone if not isinstance(part, ast.Starred))
        if 1 < len(args) < FEW:
            yield from ((ORDER, placed.Call(f, [*some], keywords)) for some in permutations(args))
        yield from (
            (LESS, placed.Call(f, [*args[:i], *args[i + 1 :]], keywords)) for i in range(not is_method, len(args))
        )
        yield from ((AXIS, placed.Call(f, args, [*keywords[:i], *keywords[i + 1 :]])) for i in range(len(keywords)))
        given = {keyword.arg for keyword in keywords}
        along = KEYWORDS if "axis" not in given and len(args) == (not is_method) else ()
        for text in (*along, "keepdims=True") if name in REDUCING else ():
            more = [keyword for keyword in _template(f"f({text})").keywords if keyword.arg not in given]
            yield AXIS, placed.Call(f, args, [*keywords, *more])

    def _subscripts(self, e: ast.Subscript, fields: dict[str, ast.expr]) -> Iterator[Option]:
        yield from ((INDEX, placed.Subscript(e.value, other, ast.Load())) for other in self._slices(e.slice, e.lineno))
        if not isinstance(e.slice, ast.Slice | ast.Tuple):
            yield from _filled(OTHER_INDEX, **fields)

    def _slices(self, s: ast.expr, line: int) -> Iterator[ast.expr]:
        """What else may stand in the brackets that pick an entry."""
        turning = [_name(n) for n in self._named(line) if n in self._turning]
        parts = s.elts if isinstance(s, ast.Tuple) else [s]
        if len(parts) > 1:
            yield from parts
            yield from (_at(*some) for some in permutations(parts[:FEW]))
        elif not isinstance(s, ast.Slice):
            yield from (other for n in turning for other in (n, _at(s, n), _at(n, s)))
        for i, part in enumerate(parts):
            if isinstance(part, ast.Slice):
                lower, upper, step = part.lower, part.upper, part.step
                slices = (
                    placed.Slice(None, upper, step),
                    placed.Slice(lower, None, step),
                    placed.Slice(lower, upper),
                    *SLICES,
                )
                yield from (_at(*parts[:i], other, *parts[i + 1 :]) for other in (*slices, *turning))

    def _more(self, e: ast.expr, own: np.ndarray, within: ast.AST | None) -> Iterator[Option]:
        """An expression of which something is missing: a sign, an axis, an operand, a call."""
        if own.ndim == 0 and own.dtype.kind in "iu":  # a number of something, or an index
            yield from _filled(COUNTS, E=e)
            given = [(n, v) for n, v in self._reading.e.case.arguments.items() if n in self._names]
            yield from ((NUMBER, _name(n)) for n, v in given if isinstance(v, int))
            yield from ((NUMBER, _template(f"{n}.shape[{axis}]")) for n, v in given for axis in range(np.ndim(v)))
            counts = [o for o, value in self._fitting(e.lineno) if value.ndim == 0] if self._reading.plain else ()
            yield from (option for o in counts for option in _filled({MORE: WITH_COUNT}, E=e, O=o))
            return
        if own.dtype.kind == "b":
            yield from _filled(MASKS, E=e)
        if own.dtype.kind not in "fiuc":
            return
        operation = type(within.op) if isinstance(within, ast.BinOp | ast.UnaryOp) else None
        yield from (option for option in _filled(NUMBERS, E=e) if operation is not ast.USub or option[0] != SIGN)
        if getattr(e, "id", "") not in self._growing:  # it would have another axis at each turn of a loop
            yield from _filled(BY_AXES.get(own.ndim, {}), E=e)
        yield from _filled(AS_ROWS if own.ndim else {}, E=e)
        turning = [_name(n) for n in self._named(e.lineno) if n in self._turning and own.ndim]
        yield from ((INDEX, placed.Subscript(e, n, ast.Load())) for n in turning)
        if MORE not in self._kinds:
            return
        yield from ((MORE, placed.Call(f, [e], [])) for f in self._functions)
        yield from (option for number in self._imaginary for option in _filled({MORE: "E * O"}, E=e, O=number))
        yield from _filled(ONE_OF_MANY, E=e, N=self._first)
        if OPERAND not in self._kinds:
            return
        # An operand of a product or a sum gets none of its own: the whole gets it.
        product, total = operation in (ast.Mult, ast.Div), operation in (ast.Add, ast.Sub)
        for o, value in self._fitting(e.lineno):
            if _broadcast(own, value) == own.shape:
                yield from _filled({} if product else WITH_FACTOR, E=e, O=o)
                yield from _filled({} if total else WITH_TERM, E=e, O=o)
            if own.ndim and value.ndim:
                yield from _filled({MORE: "E @ O"} if own.shape[-1] == value.shape[0] else {}, E=e, O=o)
                yield from _filled({MORE: "E @ O.T"} if own.shape[-1] == value.shape[-1] else {}, E=e, O=o)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes right below one, as `ast.iter_child_nodes` gives them, in a third of its time."""
    for value in vars(node).values():
        if isinstance(value, ast.AST):
            yield value
        elif isinstance(value, list):
            yield from (part for part in value if isinstance(part, ast.AST))


def _has(array: np.ndarray, index: Any) -> bool:
    try:
        return array[index] is not None
    except (IndexError, TypeError):
        return False


@cache
def _template(text: str) -> Any:
    return ast.parse(text, mode="eval").body


def _filled(table: Mapping[str, str], **parts: ast.expr) -> Iterator[Option]:
    """What a table says, with these parts in place of their names."""
    return ((due, _with(_template(text), parts)) for due, texts in table.items() for text in texts.split("; "))


def _with(node: Any, parts: Mapping[str, ast.expr]) -> Any:
    if isinstance(node, ast.Name):
        return parts.get(node.id, node)
    if isinstance(node, list):
        return [_with(part, parts) for part in node]
    if not isinstance(node, ast.AST) or not node._fields:
        return node
    return getattr(placed, type(node).__name__)(*(_with(getattr(node, field), parts) for field in node._fields))


def _at(*parts: ast.expr) -> ast.expr:
    """What stands in the brackets that pick an entry by these."""
    return placed.Tuple([*parts], ast.Load()) if parts[1:] else parts[0]


def _picks_many(s: ast.expr) -> bool:
    """Whether what stands in the brackets may pick more than an entry."""
    return not isinstance(s, ast.Tuple) or any(isinstance(part, ast.Slice) for part in s.elts)


def _name(text: str) -> ast.Name:
    return placed.Name(text, ast.Load())


def _bracketed(e: ast.expr) -> Iterator[ast.expr]:
    """The same operations in another order: `a / (b + c)` for `a / b + c`, `a + f(b)` for `f(a + b)`, and back."""
    for inner, around in _operands(e):
        yield from (within(around(part)) for part, within in _operands(inner))


def _operands(e: ast.expr) -> Iterator[tuple[ast.expr, Callable[[ast.expr], ast.expr]]]:
    """Each operand of an operation, and what makes the operation with another one in its place."""
    if isinstance(e, ast.BinOp):
        yield e.left, lambda part: placed.BinOp(part, e.op, e.right)
        yield e.right, lambda part: placed.BinOp(e.left, e.op, part)
    elif isinstance(e, ast.UnaryOp):
        yield e.operand, lambda part: placed.UnaryOp(e.op, part)
    elif isinstance(e, ast.Call) and len(e.args) == 1:
        yield e.args[0], lambda part: placed.Call(e.func, [part], e.keywords)


def _alike(e: ast.expr) -> Iterator[ast.expr]:
    """`f(a, b)` for `f(g(a), g(b))`, `a - b` for `a[1:] - b[1:]`, `f(a)` for `f(a.T).T`: without what is done twice."""
    if isinstance(e, ast.Call) and len(e.args) > 1:
        parts, whole = e.args, lambda *parts: placed.Call(e.func, [*parts], e.keywords)
    elif isinstance(e, ast.BinOp):
        parts, whole = [e.left, e.right], lambda left, right: placed.BinOp(left, e.op, right)
    elif isinstance(call := _unwrapped(e)[1], ast.Call) and len(call.args) == 1:
        parts, whole = [e, call.args[0]], lambda call, part: placed.Call(call.func, [part], call.keywords)
    else:
        return
    done, bare = zip(*map(_unwrapped, parts), strict=True)
    if done[0] and len({*done}) == 1:
        yield whole(*bare)


def _unwrapped(e: ast.expr) -> tuple[tuple[str, ...], ast.expr]:
    """What is done with one operand, and that operand."""
    if isinstance(e, ast.Call) and len(e.args) == 1:
        return tuple(map(ast.dump, [e.func, *e.keywords])), e.args[0]
    if isinstance(e, ast.Subscript):
        return ("[]", ast.dump(e.slice)), e.value
    return (("." + e.attr,), e.value) if isinstance(e, ast.Attribute) else ((), e)


def _orders(node: ast.AST) -> bool:
    """Whether this compares by `<` and the like. Where that chooses one of two ways, changes in it would avoid one."""
    return isinstance(node, ast.Compare) and isinstance(node.ops[0], ORDERS)


def _broadcast(a: np.ndarray, b: np.ndarray) -> tuple[int, ...] | None:
    try:
        return np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return None


def _subscripts_like(text: str) -> Iterator[str]:
    """What may be meant by the subscripts of an `einsum`."""
    inputs, *_ = text.partition("->")
    letters = sorted(filter(str.isalpha, {*text}))
    yield from (f"{inputs}->{''.join(some)}" for size in range(3) for some in permutations(letters, size))
    yield from (text[:i] + other + text[i + 1 :] for i, c in enumerate(text) if c in letters for other in letters)
    yield from (text.replace(term, term[::-1], 1) for term in inputs.split(","))


def _arranged(body: Sequence[ast.stmt]) -> Iterator[tuple[ast.stmt, str, list[ast.stmt]]]:
    """Statements of which one is another one, is left out, comes later, or stands above, in or below a loop."""
    for i, s in enumerate(body):
        if s is COUNT:
            continue
        before, after = body[:i], body[i + 1 :]
        if not isinstance(s, ast.Return | ast.FunctionDef | ast.Import | ast.ImportFrom | ast.Pass | ast.Assert):
            yield s, LESS, [*before, *after]
        for due, other in _assignments(s):
            yield s, due, [*before, other, *after]
        if after and not isinstance(s, ast.FunctionDef):
            yield s, ORDER, [*before, after[0], s, *after[1:]]
        if isinstance(s, ast.For | ast.While) and len(s.body) > 2:
            yield s.body[-1], PLACE, [*before, _with_body(s, s.body[:-1]), s.body[-1], *after]
            yield s.body[1], PLACE, [*before, s.body[1], _with_body(s, [COUNT, *s.body[2:]]), *after]
        if isinstance(s, ast.For | ast.While) and after:
            yield after[0], PLACE, [*before, _with_body(s, [*s.body, after[0]]), *after[1:]]


def _assignments(s: ast.stmt) -> Iterator[tuple[str, ast.stmt]]:
    """What else may be meant by `a = b`, `a += b`, `a == b`, or `a + b` alone."""
    value = getattr(s, "value", None)
    if isinstance(s, ast.Expr) and isinstance(value, ast.Compare | ast.BinOp):
        target = copy.copy(value.left)
        target.ctx = ast.Store()
        if isinstance(target, ast.Name | ast.Subscript):
            yield KEPT, placed.Assign([target], value.comparators[0] if isinstance(value, ast.Compare) else value)
    elif isinstance(s, ast.Assign | ast.AugAssign):
        target = s.target if isinstance(s, ast.AugAssign) else s.targets[0]
        if isinstance(target, ast.Name | ast.Subscript):
            yield OPERATION, placed.Assign([target], value)
            for op, due in ADDS.items():
                yield due if isinstance(s, ast.Assign) else OPERATION, placed.AugAssign(target, op(), value)


def _with_body(loop: ast.stmt, body: list[ast.stmt]) -> ast.stmt:
    new = copy.copy(loop)
    new.body = body
    return new


def _is_one_of(first: int, options: Sequence) -> ast.expr:
    return placed.Compare(placed.Constant(first), [ast.LtE(), BELOW], [PICKED, placed.Constant(first + len(options))])


def _picked(first: int, options: Sequence, kind: type) -> Any:
    """A tree of choices, for Python allows no deep nest."""
    if len(options) == 1:
        return options[0]
    half = len(options) // 2
    test = placed.Compare(PICKED, [BELOW], [placed.Constant(first + half)])
    low, high = _picked(first, options[:half], kind), _picked(first + half, options[half:], kind)
    return placed.IfExp(test, low, high) if kind is ast.IfExp else [placed.If(test, low, high)]
