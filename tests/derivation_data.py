"""Derivations that people write, from the tables in `derivations/`: blocks between blank lines, of which the first line
says what they are.

paper.txt: as on paper, in an alphabet (N is NumPy's, U Unicode, L LaTeX, M mixed; P has words beside its formulas). All
but the last have two planted slips, `✗ line | what stands there | what is put there | names that are true of it`, with
`-` for none.
chains.txt: in NumPy's notation; right ones, wrong ones with the line and the name of the slip, and unfinished ones.
lines.txt: single lines, a section for each test; the parts of a row are set apart by ` | `.
"""

import re
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from utils.exercises import get
from utils.judge.algebra import lines_of

TABLES = Path(__file__).parent / "derivations"
SHORT = {
    "<Q>": "D(-sum(y[j] * log(y_hat[j]), j), theta[i])",
    "<S>": "sum(exp(theta[j]), j)",
    "<T>": "sum(exp(theta))",
}


class Plant(NamedTuple):
    """A slip that is put into a right derivation. names: those that would be true of it."""

    line: int
    old: str
    new: str
    names: tuple[str, ...]


class Paper(NamedTuple):
    exercise: str
    alphabet: str
    text: str
    plants: tuple[Plant, ...]


def blocks(table):
    """The words of each block's first line, and the lines below it. ~ is a blank line inside a block."""
    text = (TABLES / table).read_text(encoding="utf-8")
    for short, long in SHORT.items():
        text = text.replace(short, long)
    for block in text.strip().split("\n\n"):
        head, *lines = block.split("\n")
        yield head.split(), ["" if line == "~" else line for line in lines]


def rows(section):
    """The rows of a section of lines.txt, each in its parts."""
    text = (TABLES / "lines.txt").read_text(encoding="utf-8")
    (body,) = re.findall(rf"^# {re.escape(section)}\n(.*?)(?=^# |\Z)", text, re.DOTALL | re.MULTILINE)
    return [[part.strip() for part in row.split(" | ")] for row in body.split("\n") if row]


def _paper(head, lines):
    planted = [[part.strip() for part in line[1:].split("|")] for line in lines if line.startswith("✗")]
    plants = tuple(Plant(int(number), old, new, tuple(names.split(","))) for number, old, new, names in planted)
    return Paper(*head, "\n".join(line for line in lines if not line.startswith("✗")), plants)


def planted(paper, plant):
    """The text with the slip in its line, and nowhere else."""
    names = get(paper.exercise).setting.names
    right = lines_of(paper.text, names)
    for found in re.finditer(re.escape(plant.old), paper.text):
        text = paper.text[: found.start()] + plant.new + paper.text[found.end() :]
        changed = [n for n, pair in enumerate(zip_longest(right, lines_of(text, names)), 1) if len(set(pair)) > 1]
        if changed == [plant.line]:
            return text
    raise AssertionError((paper, plant))


PAPERS = [_paper(*block) for block in blocks("paper.txt")]
_CHAINS = [(*head, "\n".join(lines)) for head, lines in blocks("chains.txt")]
RIGHT = [(exercise, text) for exercise, *kind, text in _CHAINS if kind == ["right"]]
UNFINISHED = [(slug, text) for _, *kind, slug, text in _CHAINS if kind == ["unfinished"]]
WRONG = [(e, int(line), slug if slug != "-" else None, text) for e, line, slug, text in
         (chain for chain in _CHAINS if chain[1].isdigit())]  # fmt: skip
