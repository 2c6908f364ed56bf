"""Notebooks as a class returns them, made up, each with the marks it must get.

A wrong answer calls the bank's own formula for it, so every mistake that the workbook knows is handed in by somebody.
"""

import json
from collections.abc import Iterator
from functools import cache

import numpy as np

from utils.exercises import BANK, Choice, Derivation, Exercise
from utils.grade.marking import SEED

Planted = dict[str, tuple[str, str]]  # {exercise: (state, mistake)}
SETUP = "from utils import exercise, predict, fill_in\nfrom utils.exercises import get"


def notebook(*sources: str) -> str:
    """A notebook's text with these code cells."""
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for i, source in enumerate(sources)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def function(exercise: str, body: str) -> str:
    """A cell that answers an exercise with a function; ARGUMENTS in its body stands for the names of these."""
    names = ", ".join(BANK[exercise].inputs(np.random.default_rng(0))[0].arguments)
    lines = body.replace("ARGUMENTS", names).splitlines()
    return "\n".join(
        [f'@exercise("{exercise}")', f"def answer_{_name(exercise)}({names}):", *(f"    {line}" for line in lines)]
    )


def the_class(count: int) -> Iterator[tuple[str, Planted]]:
    """`count` submissions. The first of each chapter leaves all unattempted, the second has all right; then every
    mistake and every other way to be right has its turn, and after the last chapter it all begins again."""
    chapters = list(dict.fromkeys(exercise.partition(".")[0] for exercise in BANK))
    turns = {chapter: 2 + max(len(_wrong(e)) + len(_right(e)) for e in _of(chapter)) for chapter in chapters}
    given = [(chapter, turn) for chapter in chapters for turn in range(turns[chapter])]
    for number in range(count):
        yield submission(*given[number % len(given)])


def submission(chapter: str, turn: int) -> tuple[str, Planted]:
    """A chapter's notebook as somebody returns it, and its marks."""
    cells, planted = [SETUP], {}
    for asked in _of(chapter):
        answers = [_stub(asked), _right(asked)[0], *_wrong(asked), *_right(asked)[1:]]
        number = turn % len(answers)
        cell, state, mistake = answers[number]
        cells.append(cell)
        planted[asked.id] = state or _state(asked.id, number - 2), mistake
    return notebook(*cells), planted


def _of(chapter: str) -> list:
    return [e for e in BANK.values() if e.id.partition(".")[0] == chapter]


def _stub(asked) -> tuple[str, str, str]:
    if isinstance(asked, Exercise):
        cell = function(asked.id, "...  # your code here")
    elif isinstance(asked, Derivation):
        cell = f"%%derivation {asked.id}\n{asked.question}\n# your lines here"
    else:
        cell = f'{_asks(asked)}("{asked.id}", ...)'
    return cell, "not attempted", ""


def _right(asked) -> list[tuple[str, str, str]]:
    if isinstance(asked, Exercise):
        bodies = ["return get({0!r}).reference(ARGUMENTS)"]
        bodies += [f"return get({{0!r}}).accepts[{i}](ARGUMENTS)" for i in range(len(asked.accepts))]
        cells = [function(asked.id, body.format(asked.id)) for body in bodies]
    elif isinstance(asked, Derivation):
        cells = [f"%%derivation {asked.id}\n{text}" for text in asked.accepts]
    elif isinstance(asked, Choice):
        cells = [
            f'predict("{asked.id}", "{asked.right}")',
            f'mine = "{asked.right}"\npredict("{asked.id}", answer=mine)',
        ]
    else:
        cells = [f'fill_in("{asked.id}", answers={asked.solution!r})']
    return [(cell, "right", "") for cell in cells]


def _wrong(asked) -> list[tuple[str, str, str]]:
    if isinstance(asked, Exercise):
        formula = f"return get({asked.id!r}).mistakes[{{}}].formula(ARGUMENTS)"
        return [(function(asked.id, formula.format(i)), "", m.slug) for i, m in enumerate(asked.mistakes)]
    if isinstance(asked, Derivation):
        return [(f"%%derivation {asked.id}\n{m.text}", "wrong", m.slug) for m in asked.mistakes]
    if isinstance(asked, Choice):
        wrong = [option.slug for option in asked.options if option.slug != asked.right]
        return [(f'predict("{asked.id}", "{slug}")', "wrong", slug) for slug in wrong]
    return [
        (f'fill_in("{asked.id}", answers={(asked.solution | {row.slug: option})!r})', "wrong", row.slug)
        for row in asked.rows
        for option in row.feedback
    ]


@cache
def _state(exercise: str, number: int) -> str:
    """Whether a mistake gives wrong numbers, or none because it stops."""
    asked = BANK[exercise]
    return asked.check(asked.mistakes[number].formula, np.random.default_rng(SEED)).state


def _asks(asked) -> str:
    return "predict" if isinstance(asked, Choice) else "fill_in"


def _name(exercise: str) -> str:
    return exercise.replace(".", "_")
