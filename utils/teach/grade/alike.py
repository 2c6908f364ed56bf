"""Answers that are equal up to names, blanks and comments, and that few have given: worth a look, and no more than
that. There are good reasons for them: two learned together, or the task leaves little room.
"""

from __future__ import annotations

import ast
import keyword
import re
import textwrap
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from utils.exercises import BANK, Derivation, Exercise
from utils.teach.grade.marking import Mark

LEAST = 30  # names, numbers and signs of an answer: what is shorter meets by itself
FEW, SHARE = 3, 0.1  # students that may share an answer, at least and of those who answered; more is what many write


class Group(NamedTuple):
    students: tuple[str, ...]
    exercises: list[str]


def alike(marks: Mapping[str, Sequence[Mark]]) -> list[Group]:
    """Groups of students, with the exercises in which they answered alike; most exercises first."""
    forms: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)  # who gave an answer
    answered = Counter()
    for student, given in marks.items():
        for m in given:
            tried = m.state in ("right", "wrong", "your code stopped")
            if tried and isinstance(BANK[m.exercise], Exercise | Derivation):
                forms[m.exercise, form(m.answer)].append(student)
                answered[m.exercise] += 1
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for (exercise, tokens), students in forms.items():
        if 1 < len(students) <= max(FEW, SHARE * answered[exercise]) and len(tokens) >= LEAST:
            groups[tuple(sorted(students))].append(exercise)
    return sorted((Group(*item) for item in groups.items()), key=lambda group: (-len(group.exercises), group.students))


def form(answer: str) -> tuple[str, ...]:
    """What is left of an answer without names, blanks, comments, decorators and what is said of a function."""
    try:
        tree = ast.parse(textwrap.dedent(answer))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a derivation, or what Python cannot read
        plain = re.sub(r"#.*", "", answer)
    else:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                node.decorator_list = []
                node.body = node.body[ast.get_docstring(node) is not None :]
        plain = ast.unparse(tree)
    names: dict[str, str] = {}
    tokens = []
    for dot, word, sign in re.findall(r"(\.\s*)?(\w+)|([^\w\s])", plain):
        own = word and not dot and not word[0].isdecimal() and not keyword.iskeyword(word)
        tokens.append(names.setdefault(word, f"name{len(names)}") if own else dot.strip() + word + sign)
    return tuple(tokens)
