"""Notebooks as a class returns them, made up or from returned.md, each with the marks it must get.

A wrong answer calls the bank's own formula for it, so every mistake that the workbook knows is handed in by somebody.
"""

import csv
import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.pages import notebook, sections
from utils.bank.markdown import Block, split
from utils.exercises import BANK, Choice, Derivation, Exercise

Planted = dict[str, tuple[str, str]]  # {exercise: (state, mistake)}
SETUP = "from utils import exercise, predict, fill_in\nfrom utils.exercises import get"
NUMPY = "import numpy as np"


def function(exercise: str, body: str) -> str:
    """A cell that answers an exercise with a function; ARGUMENTS in its body stands for the names of these."""
    names = ", ".join(BANK[exercise].inputs(np.random.default_rng(0))[0].arguments)
    lines = body.replace("ARGUMENTS", names).splitlines()
    head = f'@exercise("{exercise}")\ndef answer_{exercise.replace(".", "_")}({names}):'
    return "\n".join([head, *(f"    {line}" for line in lines)])


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
    written, planted = [SETUP], {}
    for exercise in asked:
        answers = _answers(exercise, whole)
        cell, state, mistake = answers[turn % len(answers)]
        written.append(cell)
        planted[exercise.id] = state or _state(exercise.id, mistake), mistake
    return notebook(*written), planted


HARM, CHANCE = "Answers that mean harm, or came to some", "What is another one at every run, unless somebody sees to it"
MARK = re.compile(r"`(\S+)`: ([a-z ]+?)(?: `([\w-]+)`)?(?:; (.*))?")


class Handed(NamedTuple):
    """A notebook of returned.md. marks: state, mistake and words of the note by exercise, "" for what is not said."""

    section: str
    heading: str
    text: str
    marks: dict[str, tuple[str, str, str]]


def handed_in() -> Iterator[Handed]:
    for section, blocks in sections("returned.md").items():
        (_, common), *notebooks = split(blocks, "h3")
        above, below, *_ = (*_code(common), "", "")
        for heading, own in notebooks:
            (source,) = _code(own)
            text = notebook(SETUP, NUMPY, above, source, below)
            yield Handed(section, heading.text, text, _marks(common) | _marks(own))


def _code(blocks: Iterable[Block]) -> list[str]:
    return [block.text for block in blocks if block.kind == "code"]


def _marks(blocks: Iterable[Block]) -> dict[str, tuple[str, str, str]]:
    found = [MARK.fullmatch(item).groups("") for block in blocks if block.kind == "list" for _, item in block.items]
    return {id: tuple(mark) for ids, *mark in found for id in fnmatch.filter(BANK, ids)}


def hostile() -> Iterator[tuple[str, Planted]]:
    """What means harm, or came to some: each costs itself, or its own exercise."""
    for text in ("", "not a notebook"):
        yield text, {"": ("unreadable", "")}
    missing = {e.id: ("missing", "") for e in BANK.values() if e.id.startswith("2a_1.")}
    for each in handed_in():
        if each.section == HARM:
            yield each.text, missing | {id: (state, mistake) for id, (state, mistake, _) in each.marks.items()}


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
    if isinstance(asked, Exercise):
        bank = f"return get({asked.id!r})"
        stub, right = "...  # your code here", f"{bank}.reference(ARGUMENTS)"
        wrong = [(m.slug, f"{bank}.mistakes[{i}].formula(ARGUMENTS)") for i, m in enumerate(asked.mistakes)]
    elif isinstance(asked, Derivation):
        stub, right = f"{asked.question}\n# your lines here", asked.accepts[0]
        wrong = [(m.slug, m.text) for m in asked.mistakes]
    elif isinstance(asked, Choice):
        stub, right = "...", f"answer=str({asked.right!r})"
        wrong = [(slug, repr(slug)) for slug in asked.labels if slug != asked.right]
    else:
        stub, right = "...", f"answers={asked.solution!r}"
        others = [(row.slug, next(label for label in asked.labels if label != row.right)) for row in asked.rows]
        wrong = [(slug, f"answers={asked.solution | {slug: label}!r}") for slug, label in others]

    state = "" if isinstance(asked, Exercise) else "wrong"
    kinds = {
        slug if whole or slug == "changed-arguments" else state or _stops(asked, slug): (answer, state, slug)
        for slug, answer in reversed(wrong)
    }
    ways = [(stub, "not attempted", ""), (right, "right", ""), *reversed(kinds.values())]
    return [(_cell(asked, answer), state, slug) for answer, state, slug in ways]


def _cell(asked, answer: str) -> str:
    if isinstance(asked, Exercise):
        return function(asked.id, answer)
    if isinstance(asked, Derivation):
        return f"%%derivation {asked.id}\n{answer}"
    return f'{"predict" if isinstance(asked, Choice) else "fill_in"}("{asked.id}", {answer})'


@cache
def _state(exercise: str, slug: str) -> str:
    """Whether a mistake gives wrong numbers, or none because it stops."""
    return BANK[exercise].check(_formula(BANK[exercise], slug), np.random.default_rng(0)).state


def _stops(asked: Exercise, slug: str) -> bool:
    """Whether a mistake stops at the first of its inputs: to judge each would take seconds."""
    return asked.run(_formula(asked, slug), asked.inputs(np.random.default_rng(0))[0])[0].error is not None


def _formula(asked: Exercise, slug: str) -> Callable:
    return next(m.formula for m in asked.mistakes if m.slug == slug)
