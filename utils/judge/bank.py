"""The exercises as the judge knows them, built from the catalogue, a chapter when it is first asked for."""

import difflib
import math
from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

import utils.bank
from utils import reference
from utils.bank import formulas, inputs
from utils.bank.catalogue import Entry, Reader, laws
from utils.judge import algebra
from utils.judge.algebra import Function, Setting, Trap
from utils.judge.derivation import Derivation, WrongChain
from utils.judge.exercise import Exercise, Mistake
from utils.judge.sheet import Choice, Row, Sheet
from utils.judge.verdict import Asked

FOLDER = Path(utils.bank.__file__).parent
CHAPTERS = tuple(sorted(page.stem for page in FOLDER.glob("[0-9]*.md")))


def chapter_of(id: str) -> str:
    """The chapter that asks an exercise: "2a_1" of "2a_1.softmax"."""
    return str(id).partition(".")[0]


@cache
def entries(chapter: str) -> dict[str, Entry]:
    """What the catalogue says of a chapter, by the exercises' ids."""

    def earlier(id: str) -> Entry | None:
        before = chapter_of(id) in CHAPTERS[: CHAPTERS.index(chapter)]
        return entries(chapter_of(id)).get(id) if before else None

    return Reader(FOLDER / f"{chapter}.md", names(), earlier).entries()


@cache
def exercises(chapter: str) -> dict[str, Asked]:
    """The exercises of a chapter by their ids, in the order in which they are asked; of no chapter those put there."""
    return {id: built(entry) for id, entry in entries(chapter).items()} if chapter in CHAPTERS else {}


@cache
def names() -> dict[str, Any]:
    """What the blocks and the facts of a page may call: NumPy, the reference, the laws, and the bank's own Python."""
    known = {"np": np, "exp": np.exp, "log": np.log, "math": math, "replace": replace}
    known |= {name: thing for name, thing in vars(algebra).items() if isinstance(thing, Setting)}
    for module in (inputs, formulas, reference):
        known |= {name: value for name, value in vars(module).items() if not name.startswith("_")}
    return known | laws(FOLDER / "laws.md", known) | {"Setting": Setting, "Function": Function}


class Bank(MutableMapping[str, Asked]):
    """Every exercise by its id. To look one up reads its chapter only."""

    def __getitem__(self, id: str) -> Asked:
        return exercises(chapter_of(id))[id]

    def __setitem__(self, id: str, asked: Asked) -> None:
        exercises(chapter_of(id))[id] = asked

    def __delitem__(self, id: str) -> None:
        del exercises(chapter_of(id))[id]

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(map(exercises, CHAPTERS))

    def __len__(self) -> int:
        return sum(map(len, map(exercises, CHAPTERS)))

    def of(self, chapter: str) -> list[Asked]:
        """The exercises of a chapter, whose page alone is read."""
        return [*exercises(chapter).values()]


BANK = Bank()


def get(id: str, kind: type = Asked) -> Any:
    """The exercise with this id, such as "2a_1.softmax". Raises ValueError with the nearest ids if there is none, and
    with how it is asked, and what would fit, if it is of another kind."""
    if id not in BANK:
        near = difflib.get_close_matches(str(id), BANK, n=3, cutoff=0.4) or sorted(BANK)
        raise ValueError(f"There is no exercise {id!r}. Did you mean {' or '.join(map(repr, near))}?")
    asked = BANK[id]
    if not isinstance(asked, kind):
        fit = [e.id for e in BANK.values() if isinstance(e, kind)]
        near = [other for other in fit if chapter_of(other) == chapter_of(id)] or fit
        raise ValueError(f"{id!r} is {asked.way.format(id)}. What can be asked as here: {', '.join(near)}")
    return asked


# What makes an exercise of a kind, and what makes its parts of what the page tells of them.
MADE: dict[str, tuple[type, dict[str, type]]] = {
    "Function": (Exercise, {"mistakes": Mistake}),
    "Derivation": (Derivation, {"traps": Trap, "mistakes": WrongChain}),
    "Choice": (Choice, {}),
    "Sheet": (Sheet, {"rows": Row}),
}


def built(entry: Entry) -> Asked:
    """The exercise that an entry of the catalogue tells of."""
    kind, makers = MADE[entry.kind]
    return kind(**entry.parts | {name: [make(*part) for part in entry.parts[name]] for name, make in makers.items()})
