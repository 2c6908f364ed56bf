"""Notebooks as a class returns them, made up, each with the marks it must get.

A wrong answer calls the bank's own formula for it, so every mistake that the workbook knows is handed in by somebody.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from utils.exercises import BANK, Choice, Derivation, Exercise

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


def the_class(whole: bool = False) -> Iterator[tuple[str, Planted]]:
    """A class: nothing attempted, all right, each kind of wrong answer once, and the hostile ones. The whole class has
    240 students and more, and hands in each mistake of the bank by its name."""
    for chapters in (("00", "2a_1"), ("2a_2", "2a_3"), ("2b_1",), ("2b_2",), ("2b_3",), ("3_1", "3_2"), ("3_3",)):
        asked = [e for e in BANK.values() if e.id.partition(".")[0] in chapters]
        for turn in range(max(len(_answers(e, whole)) for e in asked)):
            yield submission(asked, turn, whole)
    yield from hostile()


def submission(asked: Sequence, turn: int, whole: bool = False) -> tuple[str, Planted]:
    """A notebook in which each exercise is answered by the turn-th of its answers, and its marks."""
    cells, planted = [SETUP], {}
    for exercise in asked:
        answers = _answers(exercise, whole)
        cell, state, mistake = answers[turn % len(answers)]
        cells.append(cell)
        planted[exercise.id] = state or _state(exercise.id, mistake), mistake
    return notebook(*cells), planted


def hostile() -> Iterator[tuple[str, Planted]]:
    """Notebooks that mean harm, or came to some: each costs itself, or its own exercise."""
    unreadable = {"": ("unreadable", "")}
    for text in ("", "not a notebook", '{"cells": 3}', "\x00" * 1000, notebook("1 + 1")):
        yield text, unreadable
    asked = [e for e in BANK.values() if e.id.startswith("00.")]
    (exercise,) = asked
    for body, mistake in (
        ("while True:\n    pass", "too-slow"),
        ("held = []\nwhile True:\n    held.append(bytes(10**8))", ""),
        ("import os\nos._exit(0)", ""),
        ("raise SystemExit", ""),
        ("import shutil\nshutil.rmtree('/')", ""),
        ("import subprocess\nsubprocess.run(['true'])", ""),
    ):
        yield notebook(function(exercise.id, body)), {exercise.id: ("your code stopped", mistake)}
    right, wrong = submission(asked, 1), submission(asked, 2)
    forged = json.loads(wrong[0])
    record = {"exercise": exercise.id, "state": "right", "mistake": None}
    data = {"application/vnd.workbook.verdict+json": record, "text/plain": f"{exercise.id}: right"}
    forged["cells"][1]["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    yield json.dumps(forged), wrong[1]
    twice = json.loads(right[0])
    twice["cells"] += json.loads(wrong[0])["cells"]
    yield json.dumps(twice), right[1]
    chapter = [e for e in BANK.values() if e.id.startswith("2a_1.")]
    yield submission(chapter[:1], 1)[0], {e.id: ("right" if e is chapter[0] else "missing", "") for e in chapter}
    yield notebook(f"x = (\n@exercise('{exercise.id}')\ndef f():"), {exercise.id: ("your code stopped", "")}


def in_groups(the_class: Iterable[tuple[str, Planted]]) -> tuple[dict[str, str], dict[str, Planted]]:
    """A class by the paths at which its notebooks lie: their texts, and their marks."""
    paths = {f"group {n % 7}/student {n:03} of 7": each for n, each in enumerate(the_class)}
    return {path: text for path, (text, _) in paths.items()}, {path: marks for path, (_, marks) in paths.items()}


def hand_in(folder: Path, texts: Mapping[str, str | bytes]) -> Path:
    """Write {name: text} into a folder, each name a path of its own."""
    for name, text in texts.items():
        path = folder / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def table(path: Path, **options: str) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, **options))


def as_planted(path: Path) -> dict[str, Planted]:
    """The marks of a table."""
    found: dict[str, Planted] = {}
    for row in table(path):
        found.setdefault(row["student"], {})[row["exercise"]] = (row["state"], row["mistake"])
    return found


def _answers(asked, whole: bool) -> list[tuple[str, str, str]]:
    """(cell, state, mistake) of ways to answer: not at all, rightly, and by each mistake, or by the first of a kind."""

    def kind(mistake: str, state: str) -> str | bool:
        return mistake if whole or mistake == "changed-arguments" else state or _stops(asked, mistake)

    wrong = {kind(mistake, state): (cell, state, mistake) for cell, state, mistake in reversed(_wrong(asked))}
    return [_stub(asked), _right(asked), *reversed(wrong.values())]


def _stub(asked) -> tuple[str, str, str]:
    if isinstance(asked, Exercise):
        cell = function(asked.id, "...  # your code here")
    elif isinstance(asked, Derivation):
        cell = f"%%derivation {asked.id}\n{asked.question}\n# your lines here"
    else:
        cell = f'{_asks(asked)}("{asked.id}", ...)'
    return cell, "not attempted", ""


def _right(asked) -> tuple[str, str, str]:
    if isinstance(asked, Exercise):
        cell = function(asked.id, f"return get({asked.id!r}).reference(ARGUMENTS)")
    elif isinstance(asked, Derivation):
        cell = f"%%derivation {asked.id}\n{asked.accepts[0]}"
    elif isinstance(asked, Choice):
        cell = f'mine = "{asked.right}"\npredict("{asked.id}", answer=mine)'
    else:
        cell = f'fill_in("{asked.id}", answers={asked.solution!r})'
    return cell, "right", ""


def _wrong(asked) -> list[tuple[str, str, str]]:
    if isinstance(asked, Exercise):
        formula = f"return get({asked.id!r}).mistakes[{{}}].formula(ARGUMENTS)"
        return [(function(asked.id, formula.format(i)), "", m.slug) for i, m in enumerate(asked.mistakes)]
    if isinstance(asked, Derivation):
        return [(f"%%derivation {asked.id}\n{m.text}", "wrong", m.slug) for m in asked.mistakes]
    if isinstance(asked, Choice):
        wrong = [option.slug for option in asked.options if option.slug != asked.right]
        return [(f'predict("{asked.id}", "{slug}")', "wrong", slug) for slug in wrong]
    answers = [asked.solution | {row.slug: next(o for o in asked.labels if o != row.right)} for row in asked.rows]
    cells = [f'fill_in("{asked.id}", answers={given!r})' for given in answers]
    return [(cell, "wrong", row.slug) for cell, row in zip(cells, asked.rows, strict=True)]


@cache
def _state(exercise: str, slug: str) -> str:
    """Whether a mistake gives wrong numbers, or none because it stops."""
    return BANK[exercise].check(_formula(BANK[exercise], slug), np.random.default_rng(0)).state


def _stops(asked: Exercise, slug: str) -> bool:
    """Whether a mistake stops at the first of its inputs: to judge each would take seconds."""
    return asked.run(_formula(asked, slug), asked.inputs(np.random.default_rng(0))[0])[0].error is not None


def _formula(asked: Exercise, slug: str) -> Callable:
    return next(m.formula for m in asked.mistakes if m.slug == slug)


def _asks(asked) -> str:
    return "predict" if isinstance(asked, Choice) else "fill_in"


def _name(exercise: str) -> str:
    return exercise.replace(".", "_")
