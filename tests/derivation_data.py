"""Derivations that people write, from the tables in `derivations/`: blocks between blank lines, of which the first line
says what they are.

paper.txt: as on paper, in an alphabet (N is NumPy's, U Unicode, L LaTeX, M mixed; P has words beside its formulas, or
goes a way of its own). All but the last have two planted slips, with `-` for no name:
`✗ line | what stands there | what is put there | names that are true of it`.
chains.txt: in NumPy's notation; right ones, wrong ones with the line and the name of the slip, unfinished ones, and
pages, in which each line that is not right is followed by its status and the name of its slip. Most pages are parts of
the scanned one, with the marks of their lines.
lines.txt: single lines, a section for each test; the parts of a row are set apart by ` | `.
"""

import re
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from utils.exercises import get
from utils.judge.algebra import ANY_INDEX, HIDDEN_LAYER, OTHER_INDEX, SAME_INDEX, SIGMOID, SOFT_LABELS, lines_of

TABLES = Path(__file__).parent / "derivations"
SETTINGS = {
    "same": SAME_INDEX,
    "other": OTHER_INDEX,
    "any": ANY_INDEX,
    "soft": SOFT_LABELS,
    "network": HIDDEN_LAYER,
    "sigmoid": SIGMOID,
}
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


def parts(row):
    return [part.strip() for part in row.split(" | ")]


def rows(section):
    """The rows of a section of lines.txt, each in its parts."""
    text = (TABLES / "lines.txt").read_text(encoding="utf-8")
    (body,) = re.findall(rf"^# {re.escape(section)}\n(.*?)(?=^# |\Z)", text, re.DOTALL | re.MULTILINE)
    return [parts(f"{row} ") for row in body.split("\n") if row]


def paper(head, lines):
    planted = [parts(line[1:]) for line in lines if line.startswith("✗")]
    plants = tuple(Plant(int(number), old, new, tuple(names.split(","))) for number, old, new, names in planted)
    return Paper(*head, "\n".join(line for line in lines if not line.startswith("✗")), plants)


def page(lines):
    """(line, status, name of the slip) of each line."""
    marked = [(*parts(line), "right", None)[:3] for line in lines]
    return [(line, status, None if slug == "-" else slug) for line, status, slug in marked]


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


PAPERS = [paper(*block) for block in blocks("paper.txt")]
RIGHT, WRONG, UNFINISHED, PAGES = [], [], [], []
for (what, kind, *more), lines in blocks("chains.txt"):
    text = "\n".join(lines)
    match kind:
        case "right":
            RIGHT.append((what, text))
        case "unfinished":
            UNFINISHED.append((*more, text))
        case "page":
            PAGES.append((SETTINGS[what], page(lines)))
        case line:
            WRONG.append((what, int(line), None if more == ["-"] else more[0], text))
