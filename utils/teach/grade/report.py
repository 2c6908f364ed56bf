"""What an instructor reads in one look: where the class stands, in tables and a picture, and what is worth a look."""

import csv
import keyword
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from utils.exercises import BANK, CHAPTERS, Derivation, Exercise, chapter_of
from utils.judge.algebra import lines_of
from utils.teach.grade.marking import Mark, rank
from utils.teach.grade.roster import EXCEL, STEMS, Roster

COLUMNS = ("student", "exercise", "title", "state", "mistake", "line", "part", "minutes", "note", "notebook")
LOOKS = {  # colour and hatch: what the figures of the workbook wear
    "right": ("#0a8069", None),
    "wrong": ("#bf5509", "///"),
    "your code stopped": ("#9450b8", "xx"),
    "not attempted": ("#c9ced3", None),
    "missing": ("#8b949c", ".."),
    "checker fault": ("black", None),
}
COMMONEST = FEW = 12
LEAST = 30  # names, numbers and signs of an answer: what is shorter meets by itself
SHARED, SHARE = 3, 0.1  # students that may share an answer, at least and of those who answered; more is what many write
UNSAID = re.compile(r"#.*|^\s*@.*|(\"\"\"|''')(?s:.*?)\1", re.M)  # comments, decorators, docstrings
ALIKE = "answers equal up to names, blanks and comments"
END_OF_LINE = "End-of-Line Indicator"  # the last column of Brightspace's lists

Marks = Mapping[str, Sequence[Mark]]  # by student
Group = tuple[tuple[str, ...], list[str]]  # students, and the exercises in which they answered alike


def gathered(by_notebook: Mapping[str, Sequence[Mark]], owner: Mapping[str, str]) -> dict[str, list[Mark]]:
    """The marks of each student: of several attempts at an exercise the best, with the notebook in which it stands."""
    found: dict[str, dict[str, Mark]] = defaultdict(dict)
    for path in sorted(by_notebook):
        best = found[owner[path]]
        for m in by_notebook[path]:
            key = m.exercise or path  # each notebook that cannot be read is told
            if key not in best or rank(m) < rank(best[key]):
                best[key] = replace(m, notebook=path)
    place = {exercise: i for i, exercise in enumerate(BANK)}
    return {
        student: sorted(best.values(), key=lambda m: (place.get(m.exercise, -1), m.notebook))
        for student, best in found.items()
    }


def tables(marks: Marks, groups: Iterable[Group] = ()) -> dict[str, tuple[Sequence[str], list[list[object]]]]:
    """What is written, each with its columns: of each exercise of each student; of each student; what is worth a look;
    which answers are alike. minutes: what is meant to be taken."""
    rows, students = [], []
    for student, given in sorted(marks.items()):
        students.append([student, *counted(given)])
        for m in given:
            title, most = (BANK[m.exercise].title, minutes([m])) if m.exercise else ("", "")
            where = [m.place.line, m.place.expression] if m.place else ["", ""]
            rows.append([student, m.exercise, title, m.state, m.mistake, *where, most, m.note, m.notebook])
    looks = [[student, m.exercise, m.state, why, m.notebook] for student, m, why in worth_a_look(marks)]
    same = [[len(exercises), ", ".join(exercises), *names] for names, exercises in groups]
    return {
        "": (COLUMNS, rows),
        "by_student": (("student", "right", "of", "minutes right", "minutes in all"), students),
        "look": (("student", "exercise", "mark", "worth a look", "notebook"), looks),
        "alike": (("exercises alike", f"worth a look: {ALIKE}", "students"), same),
    }


def write_gradebook(roster: Roster, marks: Marks, path: Path) -> None:
    """The roster's own rows and columns, and a column a chapter with its points: the minutes of what is right. A
    chapter that somebody did not hand in is left empty, as it was."""
    found = {chapter_of(m.exercise) for _, m in asked(marks)}
    header, rows = list(roster.header), [row + [""] * (len(roster.header) - len(row)) for row in roster.rows]
    for chapter in filter(found.__contains__, CHAPTERS):
        name = STEMS.get(chapter, chapter)
        known = [re.sub(r"( Points Grade\b.*|\s*\(\d+\))$", "", title) for title in header]  # of an earlier import
        if name in known:
            place = known.index(name)
        else:
            place = header.index(END_OF_LINE) if END_OF_LINE in header else len(header)
            header.insert(place, f"{name} Points Grade" if END_OF_LINE in header else name)
            for row in rows:
                row.insert(place, "")
        for i, row in enumerate(rows):
            mine = [m for m in marks.get(roster.names.get(i, ""), ()) if chapter_of(m.exercise) == chapter]
            if mine:
                row[place] = minutes([m for m in mine if m.state == "right"])
            elif row[:1] and row[0].strip() == "Points Possible":
                row[place] = sum(e.minutes for e in BANK.of(chapter))
    first, *others = [*roster.above, header, *rows]
    write(path, first, others, roster.delimiter)


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str = "") -> None:
    """delimiter: of a list that came from elsewhere, whose cells stay as they are. In one of ours no cell is a formula:
    a spreadsheet would take a name that begins with = for one."""
    with path.open("w", encoding=EXCEL, newline="") as file:
        table = csv.writer(file, lineterminator="\n", delimiter=delimiter or ",")
        table.writerow(header)
        for row in rows:
            table.writerow(row if delimiter else [f"'{c}" if c and str(c)[0] in "=+-@\t\r" else c for c in row])


def summary(marks: Marks, groups: Sequence[Group] = ()) -> str:
    """The class in one look: every exercise with its states, the one that stops most first; the commonest mistakes."""
    counts = states(marks)
    readable = sum(any(m.exercise for m in given) for given in marks.values())
    lines = [f"{len(marks)} students, {readable} of them with a notebook that can be read", ""]
    lines.append(f"{'exercise':28}{'right':>7}{'wrong':>7}{'stopped':>9}{'not att.':>10}{'missing':>9}   right")
    for exercise, found in sorted(counts.items(), key=lambda item: _share(item[1])):
        numbers = f"{found['right']:7}{found['wrong']:7}{found['your code stopped']:9}{found['not attempted']:10}"
        bar = "█" * round(20 * _share(found))
        lines.append(f"{exercise:28}{numbers}{found['missing']:9}   {bar:20} {_share(found):4.0%}")
        if found["checker fault"]:
            lines.append(f"{'':28}the checker itself failed {found['checker fault']} times: please report it")
    lines += ["", "The commonest mistakes"]
    lines += [f"{count:6}  {exercise}: {slug}" for (exercise, slug), count in mistakes(marks)] or ["  none"]
    looks: dict[tuple[str, str], list[str]] = defaultdict(list)
    for student, m, why in worth_a_look(marks):
        looks[student, why].append(m.exercise)
    few = [f"{name}: {why} ({', '.join(ids[:4])}{', …' * (len(ids) > 4)})" for (name, why), ids in looks.items()]
    same = [f"{', '.join(names)}: {', '.join(exercises)}" for names, exercises in groups]
    for title, found in (("Worth a look", few), (f"Worth a look, too: {ALIKE}", same)):
        more = [f"and {len(found) - FEW} more: see the table"] if len(found) > FEW else []
        lines += ["", title, *(f"  {line}" for line in found[:FEW] + more)] if found else []
    return "\n".join(lines)


def unreadable(marks: Marks) -> tuple[list[str], list[str]]:
    """Who handed in no notebook that can be read, and why each file was none; and the files that cannot be read of
    those who handed in one that can."""
    nothing, others = [], []
    for student, given in sorted(marks.items()):
        files = [m for m in given if not m.exercise]
        if len(files) == len(given):
            nothing.append(f"{student}: {'; '.join(dict.fromkeys(m.note for m in files))}")
        else:
            others += [f"{', '.join(filter(None, (student, m.notebook)))}: {m.note}" for m in files]
    return nothing, others


def worth_a_look(marks: Marks) -> Iterator[tuple[str, Mark, str]]:
    """(student, mark, why) of marks that may not be what they seem: the output of the student's own run tells another
    state, or there is a note, and none of the student's own errors."""
    for student, m in asked(marks):
        differs = m.stored and m.stored != m.state
        stopped = m.state == "your code stopped" and not m.stored
        note = m.note if differs or stopped or m.state in ("right", "missing", "not attempted") else ""
        why = [f"its output says {m.stored!r}, the mark is {m.state!r}" if differs else "", note]
        if any(why):
            yield student, m, "; ".join(filter(None, why))


def alike(marks: Marks) -> list[Group]:
    """Students whose answers are equal up to names, blanks and comments, most exercises first, where few have given
    them. There are good reasons for that, too: two learned together, or the task leaves little room."""
    forms: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)  # who gave an answer
    for student, m in asked(marks):
        kind = type(BANK[m.exercise])
        if m.state in ("right", "wrong", "your code stopped") and kind in (Exercise, Derivation):
            lines = lines_of(m.answer) if kind is Derivation else [m.answer]  # which have comments of their own
            forms[m.exercise, form("\n".join(lines))].append(student)
    answered = Counter(exercise for (exercise, _), students in forms.items() for _ in students)
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for (exercise, tokens), students in forms.items():
        if 1 < len(students) <= max(SHARED, SHARE * answered[exercise]) and len(tokens) >= LEAST:
            groups[tuple(sorted(students))].append(exercise)
    return sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))


def form(answer: str) -> tuple[str, ...]:
    """What is left of an answer without names, blanks, comments, decorators and what is said of a function."""
    names: dict[str, str] = {}
    tokens = []
    for dot, word, sign in re.findall(r"(\.\s*)?(\w+)|([^\w\s])", UNSAID.sub("", answer)):
        own = word and not dot and not word[0].isdecimal() and not keyword.iskeyword(word)
        tokens.append(names.setdefault(word, f"name{len(names)}") if own else dot.strip() + word + sign)
    return tuple(tokens)


def picture(marks: Marks, path: Path) -> None:
    """The same as a picture: a bar an exercise in the order of the workbook, and the commonest mistakes beside it."""
    from matplotlib.figure import Figure

    counts, common = states(marks), mistakes(marks)
    exercises = [e for e in BANK if e in counts]
    height = max(3.0, 0.26 * max(len(exercises), len(common)) + 1.4)
    figure = Figure(figsize=(12, height), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.5, 1))
    widths = np.array([[counts[e][state] for e in exercises] for state in LOOKS])
    for (state, (colour, hatch)), width, end in zip(LOOKS.items(), widths, widths.cumsum(axis=0), strict=True):
        if width.any():
            look = {"color": colour, "hatch": hatch, "edgecolor": "white", "label": state.removeprefix("your ")}
            left.barh(exercises, width, left=end - width, **look)
    left.set(title="Where the class stands", xlabel="students")
    left.invert_yaxis()
    if exercises:
        figure.legend(loc="outside lower center", ncols=len(LOOKS), frameon=False)
    names = [f"{exercise}: {slug}" for (exercise, slug), _ in common]
    right.barh(names, [count for _, count in common], color=LOOKS["wrong"][0], hatch="///", edgecolor="white")
    right.set(title="The commonest mistakes", xlabel="students", ylim=(max(len(names), FEW // 2) - 0.5, -0.5))
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.xaxis.get_major_locator().set_params(integer=True)
    figure.savefig(path, dpi=150, metadata={"Software": None})


def asked(marks: Marks) -> Iterator[tuple[str, Mark]]:
    """Each mark of an exercise, with its student."""
    return ((student, m) for student, given in sorted(marks.items()) for m in given if m.exercise)


def states(marks: Marks) -> dict[str, Counter]:
    """How many students stand where, by exercise."""
    counts: dict[str, Counter] = defaultdict(Counter)
    for _, m in asked(marks):
        counts[m.exercise][m.state] += 1
    return counts


def mistakes(marks: Marks) -> list[tuple[tuple[str, str], int]]:
    """((exercise, mistake), students) of the commonest named mistakes."""
    found = Counter((m.exercise, m.mistake) for _, m in asked(marks) if m.mistake)
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:COMMONEST]


def counted(given: Sequence[Mark]) -> tuple[int, int, int, int]:
    """Of a student's marks how many are right, and of how many; and the minutes of these and of those."""
    all = [m for m in given if m.exercise]
    right = [m for m in all if m.state == "right"]
    return len(right), len(all), minutes(right), minutes(all)


def minutes(given: Sequence[Mark]) -> int:
    """The points of these marks, were all of them right."""
    return sum(BANK[m.exercise].minutes for m in given)


def _share(found: Counter) -> float:
    return found["right"] / found.total()
