"""The exercises as the judge knows them, built from the catalogue, a chapter when it is first asked for."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Iterator, MutableMapping
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

import utils.bank
from utils import reference
from utils.bank import formulas, inputs
from utils.bank.catalogue import CatalogueError, Entry, read
from utils.judge import algebra
from utils.judge.algebra import Setting, Trap
from utils.judge.derivation import Derivation, WrongChain
from utils.judge.exercise import Choice, Exercise, Mistake, Option
from utils.judge.sheet import Row, Sheet

CHAPTERS = ("00", "2a_1", "2a_2", "2a_3", "2b_1", "2b_2", "2b_3", "3_1", "3_2", "3_3")
FOLDER = Path(utils.bank.__file__).parent

Asked = Exercise | Derivation | Choice | Sheet


def chapter_of(id: str) -> str:
    """The chapter that asks an exercise: "2a_1" of "2a_1.softmax"."""
    return id.partition(".")[0]


@cache
def entries(chapter: str) -> dict[str, Entry]:
    """What the catalogue says of a chapter, by the exercises' ids."""

    def elsewhere(id: str) -> Entry | None:
        other = chapter_of(id)
        return entries(other).get(id) if other in CHAPTERS and other != chapter else None

    return {entry.id: entry for entry in read(FOLDER / f"{chapter}.md", names(chapter), elsewhere)}


@cache
def exercises(chapter: str) -> dict[str, Asked]:
    """The exercises of a chapter by their ids, in the order in which they are asked."""
    return {id: built(entry) for id, entry in entries(chapter).items()}


def names(chapter: str) -> dict[str, Any]:
    """What the blocks and the facts of a chapter may call: NumPy, the reference, and the bank's own Python."""
    known = {"np": np, "exp": np.exp, "log": np.log, "math": math, "partial": partial, "replace": dataclasses.replace}
    known |= {"Setting": Setting}
    known |= {name: value for name, value in vars(algebra).items() if isinstance(value, Setting)}
    modules = [reference, formulas, inputs]
    if find_spec(f"utils.bank.chapter_{chapter}"):
        modules.append(import_module(f"utils.bank.chapter_{chapter}"))
    for module in modules:
        known |= {name: value for name, value in vars(module).items() if not name.startswith("_")}
    return known


class Bank(MutableMapping[str, Asked]):
    """Every exercise by its id. To look one up reads its chapter only."""

    def __init__(self) -> None:
        self._added: dict[str, Asked] = {}  # of no chapter

    def __getitem__(self, id: str) -> Asked:
        return self._beside(id)[id]

    def __setitem__(self, id: str, asked: Asked) -> None:
        self._beside(id)[id] = asked

    def __delitem__(self, id: str) -> None:
        del self._beside(id)[id]

    def __iter__(self) -> Iterator[str]:
        return chain((id for chapter in CHAPTERS for id in exercises(chapter)), self._added)

    def __len__(self) -> int:
        return sum(len(exercises(chapter)) for chapter in CHAPTERS) + len(self._added)

    def _beside(self, id: str) -> dict[str, Asked]:
        """The exercises of the same chapter, or those of none."""
        if not isinstance(id, str):
            raise KeyError(id)
        return exercises(chapter_of(id)) if chapter_of(id) in CHAPTERS else self._added


BANK = Bank()


def get(id: str) -> Asked:
    """The exercise with this id, such as "2a_1.softmax". Raises ValueError with the nearest ids if there is none."""
    if id in BANK:
        return BANK[id]
    near = difflib.get_close_matches(str(id), BANK, n=3, cutoff=0.4) or sorted(BANK)
    raise ValueError(f"There is no exercise {id!r}. Did you mean {' or '.join(map(repr, near))}?")


def built(entry: Entry) -> Asked:
    """The exercise that an entry of the catalogue tells of. Raises CatalogueError where a fact of it is unknown."""
    make = {"Function": _function, "Derivation": _derivation, "Choice": _choice, "Sheet": _sheet}[entry.kind]
    return make(entry)


def _made(entry: Entry, kind: type, **parts: Any) -> Any:
    known = {field.name: field for field in dataclasses.fields(kind)}
    given = {"id": entry.id, "title": entry.title, "hints": entry.hints, "notice": entry.notice} | parts | entry.facts
    needed = {name for name, field in known.items() if _has_no_default(field)}
    for problem in (given.keys() - known.keys(), needed - given.keys()):
        if problem:
            found = f"{sorted(problem)[0]!r} is {'no fact of' if problem - known.keys() else 'not told of'} {entry.id}"
            fits = f"Facts of a {entry.kind.lower()} are {', '.join(sorted(known.keys() - parts.keys()))}."
            raise CatalogueError(entry.file, entry.line, found, fits)
    return kind(**given)


def _has_no_default(field: dataclasses.Field) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _function(entry: Entry) -> Exercise:
    mistakes = [Mistake(wrong.slug, wrong.answer, wrong.said, **wrong.more) for wrong in entry.mistakes]
    parts = {"reference": entry.right, "mistakes": mistakes, "accepts": entry.accepts}
    if entry.program and entry.program.steps:
        parts["steps"] = entry.program.text
    return _made(entry, Exercise, **parts)


def _derivation(entry: Entry) -> Derivation:
    traps = [Trap(wrong.slug, wrong.answer, wrong.said, **wrong.more) for wrong in entry.mistakes if not wrong.slip]
    chains = [WrongChain(w.slug, w.slip, w.answer, **w.more) for w in entry.mistakes if w.slip]
    parts = {"question": entry.question, "answer": entry.right, "accepts": entry.accepts}
    return _made(entry, Derivation, traps=traps, mistakes=chains, **parts)


def _choice(entry: Entry) -> Choice:
    options = [Option(option.slug, option.label, option.said) for option in entry.options]
    return _made(entry, Choice, question=entry.question, options=options, right=entry.right)


def _sheet(entry: Entry) -> Sheet:
    rows = []
    for row in entry.rows:
        said = {slug: text for slug, text in row.said.items() if slug is not None}
        otherwise = {"otherwise": row.said[None]} if None in row.said else {}
        rows.append(Row(row.slug, row.label, row.right, said, told=row.told, **otherwise))
    options = [option.slug if option.slug == option.label else (option.slug, option.label) for option in entry.options]
    return _made(entry, Sheet, question=entry.question, options=options, rows=rows)
