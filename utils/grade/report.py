"""What an instructor reads in one look: where the class stands, as a table in words and as a picture."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from utils.exercises import BANK
from utils.grade.marking import Mark
from utils.grade.own import NOTEBOOKS

STATES = ("right", "wrong", "your code stopped", "not attempted", "missing", "checker fault")
COLUMNS = ("student", "exercise", "title", "state", "mistake", "minutes", "note")
LOOKS = {  # colour and hatch: what the figures of the workbook wear
    "right": ("#0b9178", None),
    "wrong": ("#d1600e", "///"),
    "your code stopped": ("#9a55bf", "xx"),
    "not attempted": ("#c9ced3", None),
    "missing": ("#8b949c", ".."),
    "checker fault": ("black", None),
}
COMMONEST = FEW = 12

CHAPTER = "|".join(re.escape(path.stem) for path in sorted(NOTEBOOKS.glob("*.ipynb"))) or "(?!)"
CHAPTER_IN_A_NAME = re.compile(rf"[\s_.-]*(?:{CHAPTER})(?:\s*\(\d+\))?[\s_.-]*")  # (1): a browser saved it again

Marks = Mapping[str, Sequence[Mark]]  # by notebook: its path below the folder


def write_marks(marks: Marks, path: Path) -> None:
    """One row for each exercise of each notebook, sorted; minutes: what the exercise is meant to take."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for student in sorted(marks):
            for m in marks[student]:
                asked = BANK.get(m.exercise)
                title, minutes = (asked.title, asked.minutes) if asked else ("", "")
                rows.writerow([_cell(student), m.exercise, title, m.state, m.mistake, minutes, _cell(m.note)])


def write_students(marks: Marks, path: Path) -> None:
    """One row a student: how many exercises are right, of how many, and the minutes these were meant to take."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("student", "right", "of", "minutes right", "minutes in all"))
        for student, given in _by_student(marks):
            asked = [m for m in given if m.exercise in BANK]
            right = [m for m in asked if m.state == "right"]
            rows.writerow([_cell(student), len(right), len(asked), _minutes(right), _minutes(asked)])


def summary(marks: Marks) -> str:
    """The class in one look: every exercise with its states, the one that stops most first; the commonest mistakes."""
    counts = states(marks)
    unreadable = sorted(student for student, given in marks.items() if any(m.state == "unreadable" for m in given))
    handed_in = f"{len(marks)} notebooks of {len(_by_student(marks))} students"
    lines = [f"{handed_in}, {len(marks) - len(unreadable)} of them readable", ""]
    lines.append(f"{'exercise':28}{'right':>7}{'wrong':>7}{'stopped':>9}{'not att.':>10}{'missing':>9}   right")
    for exercise, found in sorted(counts.items(), key=lambda item: _share(item[1])):
        numbers = f"{found['right']:7}{found['wrong']:7}{found['your code stopped']:9}{found['not attempted']:10}"
        bar = "█" * round(20 * _share(found))
        lines.append(f"{exercise:28}{numbers}{found['missing']:9}   {bar:20} {_share(found):4.0%}")
        if found["checker fault"]:
            lines.append(f"{'':28}the checker itself failed {found['checker fault']} times: please report it")
    lines += ["", "The commonest mistakes"]
    lines += [f"{count:6}  {exercise}: {slug}" for (exercise, slug), count in mistakes(marks)] or ["  none"]
    if noted := _noted(marks):
        shown = [f"  {student}: {note} ({', '.join(exercises)})" for (student, note), exercises in noted[:FEW]]
        more = [f"  and {len(noted) - FEW} more: see the notes"] if len(noted) > FEW else []
        lines += ["", "Worth a look", *shown, *more]
    if unreadable:
        lines += ["", "Not readable", *(f"  {student}: {_note(marks[student])}" for student in unreadable)]
    return "\n".join(lines)


def picture(marks: Marks, path: Path) -> None:
    """The same as a picture: a bar an exercise in the order of the workbook, and the commonest mistakes beside it."""
    from matplotlib.figure import Figure

    counts, common = states(marks), mistakes(marks)
    exercises = [e for e in BANK if e in counts]
    height = max(3.0, 0.26 * max(len(exercises), len(common)) + 1.4)
    figure = Figure(figsize=(12, height), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.5, 1))
    start = [0] * len(exercises)
    for state in STATES:
        if widths := [counts[e][state] for e in exercises]:
            colour, hatch = LOOKS[state]
            if any(widths):
                look = {"color": colour, "hatch": hatch, "edgecolor": "white", "label": state.removeprefix("your ")}
                left.barh(exercises, widths, left=start, **look)
            start = [a + b for a, b in zip(start, widths, strict=True)]
    left.set(title="Where the class stands", xlabel="students")
    left.invert_yaxis()
    if exercises:
        figure.legend(loc="outside lower center", ncols=len(STATES), frameon=False)
    names = [f"{exercise}: {slug}" for (exercise, slug), _ in common]
    right.barh(names, [count for _, count in common], color=LOOKS["wrong"][0], hatch="///", edgecolor="white")
    right.set(title="The commonest mistakes", xlabel="students", ylim=(max(len(names), FEW // 2) - 0.5, -0.5))
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.xaxis.get_major_locator().set_params(integer=True)
    figure.savefig(path, dpi=150, metadata={"Software": None})


def states(marks: Marks) -> dict[str, Counter]:
    """How many students stand where, by exercise."""
    counts: dict[str, Counter] = {}
    for given in marks.values():
        for m in given:
            if m.exercise in BANK:
                counts.setdefault(m.exercise, Counter())[m.state] += 1
    return counts


def mistakes(marks: Marks) -> list[tuple[tuple[str, str], int]]:
    """((exercise, mistake), students) of the commonest named mistakes."""
    found = Counter((m.exercise, m.mistake) for given in marks.values() for m in given if m.mistake)
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:COMMONEST]


def _by_student(marks: Marks) -> list[tuple[str, list[Mark]]]:
    """The marks of each student. Whose a notebook is, its path says, the names of chapters left out."""
    found: dict[str, list[Mark]] = {}
    for path in sorted(marks):
        names = (CHAPTER_IN_A_NAME.sub(" ", name).strip() for name in path.split("/"))
        found.setdefault("/".join(filter(None, names)) or path, []).extend(marks[path])
    return list(found.items())


def _noted(marks: Marks) -> list[tuple[tuple[str, str], list[str]]]:
    """((student, note), exercises) of what is right and yet has a note, or has one and may have been answered."""
    found: dict[tuple[str, str], list[str]] = {}
    for student in sorted(marks):
        for m in marks[student]:
            if m.note and m.state in ("right", "missing", "not attempted"):
                found.setdefault((student, m.note), []).append(m.exercise)
    return list(found.items())


def _share(found: Counter) -> float:
    return found["right"] / found.total()


def _minutes(given: Sequence[Mark]) -> int:
    return sum(BANK[m.exercise].minutes for m in given)


def _note(given: Sequence[Mark]) -> str:
    return next(m.note for m in given if m.state == "unreadable")


def _cell(text: str) -> str:
    """A name that a spreadsheet would take for a formula is kept from being one."""
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text
