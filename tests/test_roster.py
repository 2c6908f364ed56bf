"""Who handed in what: one student is one row, whatever the download is called, and the roster goes back as it came.

The names of downloads, the class lists and whose is what stand in names.md.
"""

import csv
import io
import json
import re
import tarfile
import zipfile
from typing import NamedTuple

import pytest

from tests.pages import notebook, rows, sections
from tests.returned import hand_in, table
from utils.bank.markdown import in_backticks, split
from utils.exercises import BANK
from utils.teach.grade import __main__ as command
from utils.teach.grade.marking import Mark
from utils.teach.grade.roster import Roster, owners
from utils.teach.grade.submission import read

FIRST, SECOND = [e.id for e in BANK.values() if e.id.startswith("2a_1.")][:2]
OTHER = next(e.id for e in BANK.values() if e.id.startswith("2a_2."))
# First and last name, participant of the two assignments, number of the user.
CLASS = [(*names, 501 + n, 701 + n, 4101 + n) for n, names in enumerate(rows("The class", "names.md"))]
LATE, TWICE, RENAMED, NESTED, ON_PAPER, ONCE, ABSENT = 1, 3, 5, 7, 8, 9, 11  # who in the class did what


def work(**states):
    """A notebook that the stub of the marking reads. states: by exercise."""
    return notebook(json.dumps(states))


DONE = work(**{FIRST: "right"})


def stub(waiting, asked):
    for key, cells in waiting.items():
        yield key, [Mark(exercise, state) for exercise, state in json.loads(cells[0].source).items()]


@pytest.fixture
def folder(tmp_path):
    """For what is handed in."""
    made = tmp_path / "in"
    made.mkdir()
    return made


@pytest.fixture(autouse=True)
def no_marking(monkeypatch):
    monkeypatch.setattr(command, "_each", stub)
    monkeypatch.setattr("utils.teach.grade.report.picture", lambda marks, path: None)


def run(tmp_path, *arguments):
    assert command.main([str(tmp_path / "in"), "--out", str(tmp_path / "marks.csv"), *map(str, arguments)]) == 0
    return {row["student"]: row for row in table(tmp_path / "marks_by_student.csv")}


def zipped(files):
    """An archive of {name: text or bytes}."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def handed_in(number):
    """{student: {name: data}} of the first or the second assignment, whatever the platform."""
    chapter = ("2a_1_softmax", "2a_2_cross_entropy")[number]
    right = work(**({FIRST: "right", SECOND: "wrong"}, {OTHER: "right"})[number])
    found = {student: {f"{chapter}.ipynb": right} for student in range(len(CLASS))}
    if number == 0:
        better = work(**{FIRST: "wrong", SECOND: "right"})
        found[TWICE] = {f"{chapter}.ipynb": right, f"{chapter}-Copy1.ipynb": right, f"{chapter} (1).ipynb": better}
        found[RENAMED] = {"my very own work_FINAL_v2.ipynb.txt": right}
        names = {"work/2a_1.ipynb": right, "__MACOSX/._2a_1.ipynb": "x", "work/.ipynb_checkpoints/a.ipynb": ""}
        found[NESTED] = {"homework.zip": zipped({"again.zip": zipped(names)})}
    found[ON_PAPER] = {"answers.pdf": b"%PDF"}
    del found[ABSENT]
    if number == 1:
        del found[ONCE]
    return found


def moodle(folder):
    """Lay a class into a folder. Returns its list, the column that tells who somebody is, and what stands there."""
    for number in (0, 1):
        files = {}
        for student, given in handed_in(number).items():
            first, last, *participant = CLASS[student]
            kind = f"{first} {last}_{participant[number]}_assignsubmission_"
            files |= {f"{kind}file_/{name}": data for name, data in given.items()}
            files[f"{kind}onlinetext_/onlinetext.html"] = "<p>see my file</p>"
        (folder / f"DL-Homework {number + 1}-9{number}.zip").write_bytes(zipped(files))
    rows = [["Identifier", "Full name", "Email address", "Status", "Grade"]]
    rows += [[f"Participant {c[2]}", f"{c[0]} {c[1]}", f"s{c[4]}@x.edu", "Submitted", ""] for c in CLASS]
    return rows, 2, lambda student: f"s{student[4]}@x.edu"


def canvas(folder):
    """The same."""
    for number in (0, 1):
        files = {}
        for student, given in handed_in(number).items():
            first, last, _, _, user = CLASS[student]
            squashed = "".join(filter(str.isalnum, f"{last}{first}".lower()))
            late = "_LATE" if student == LATE else ""
            for i, (name, data) in enumerate(given.items(), 991000 + 10 * student):
                files[f"{squashed}{late}_{user}_{i}_{name.replace('.ipynb', '-1.ipynb')}"] = data
        (folder / f"submissions ({number}).zip").write_bytes(zipped(files))
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Quiz (77)", "Final Score"]]
    rows += [["    Points Possible", "", "", "", "", "10", "(read only)"]]
    rows += [[f"{c[1]}, {c[0]}", str(c[4]), f"S{c[4]}", f"{c[0][0]}{c[4]}".lower(), "Monday", "9", "90"] for c in CLASS]
    rows += [["Student, Test", "4199", "", "ab12", "Monday", "", ""]]
    return rows, 1, lambda student: str(student[4])


def written(path, rows):
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.mark.parametrize("platform", [moodle, canvas], ids=["Moodle", "Canvas"])
def test_twelve_students_over_two_assignments_are_twelve_rows(platform, tmp_path, folder, capsys):
    rows, column, known_by = platform(folder)
    without = run(tmp_path)
    assert len(without) == 11  # of one there is no trace
    said = capsys.readouterr().out
    assert "answers.pdf" in said and "onlinetext.html" not in said.replace("answers.pdf, onlinetext.html", "")

    feedback = tmp_path / "feedback"
    found = run(tmp_path, "--roster", written(tmp_path / "roster.csv", rows), "--feedback", feedback)
    assert len(list(feedback.glob("*.html"))) == len(table(feedback / "links.csv")) == 12
    said = capsys.readouterr().out
    assert len(found) == 12 and "Not on the roster" not in said and "No notebook in" not in said
    right = [int(row["right"]) for row in found.values()]
    assert sorted(right) == [0, 0, 1, *[2] * 8, 3]  # on paper, absent, one assignment, and two attempts that add up
    nobody = said.partition("Handed in no notebook that can be read\n")[2].split("\n\n")[0]
    assert len(nobody.splitlines()) == 2 and "answers.pdf" in nobody and "nothing handed in" in nobody

    book = table(tmp_path / "gradebook.csv")
    assert list(book[0]) == [*rows[0], "2a_1_softmax", "2a_2_cross_entropy"]
    assert [[row[name] for name in rows[0]] for row in book] == rows[1:]
    points = {row[rows[0][column]]: (row["2a_1_softmax"], row["2a_2_cross_entropy"]) for row in book}
    first, second, other = (str(BANK[id].minutes) for id in (FIRST, SECOND, OTHER))
    expected = dict.fromkeys(range(len(CLASS)), (first, other))
    expected |= {TWICE: (str(int(first) + int(second)), other), ONCE: (first, ""), ON_PAPER: ("", ""), ABSENT: ("", "")}
    assert {student: points.pop(known_by(CLASS[student])) for student in expected} == expected
    if platform is canvas:  # what is left are rows of its own
        assert all(text.isdigit() for text in points.pop("")) and points == {"4199": ("", "")}

    again = [list(row.values()) for row in book]  # as it comes back once that was imported
    header = [*rows[0], "2a_1_softmax (88)", "2a_2_cross_entropy (89)"]
    run(tmp_path, "--roster", written(tmp_path / "roster.csv", [header, *again]))
    assert [list(row.values()) for row in table(tmp_path / "gradebook.csv")] == again
    assert list(table(tmp_path / "gradebook.csv")[0]) == header


def test_both_platforms_in_one_folder_come_together_by_the_roster(tmp_path, folder):
    rows, *_ = moodle(folder)
    canvas(folder)
    found = run(tmp_path, "--roster", written(tmp_path / "roster.csv", rows))
    assert len(found) == 12 and max(int(row["right"]) for row in found.values()) == 3


# ---- names and class lists -----------------------------------------------------------------------------------------

WITHOUT, WITH = (split(sections("names.md")[kind], "h3")[1:] for kind in ("Without a class list", "With a class list"))
CLASSES = {heading.text: [in_backticks(item) for _, item in students.items] for heading, (students,) in WITHOUT}
CLASSES |= {  # what cannot be seen
    "composed and decomposed letters": [["J\u00f6rg/2a_1.ipynb", "Jo\u0308rg/2a_2.ipynb"], ["Jorg/2a_1.ipynb"]],
    "marks of a direction": [["\u200fדנה כהן/2a_1", "דנה כהן\u200e/2a_2"], ["דנה לוי/2a_1"]],
}


@pytest.mark.parametrize("students", CLASSES.values(), ids=CLASSES)
def test_without_a_roster_the_paths_of_each_student_come_together(students):
    worked = [path for paths in students for path in paths]
    found = owners([*worked, "group 1/2a_1_softmax.ipynb"], worked)
    names = [{found[path] for path in paths} for paths in students]
    assert all(len(of_one) == 1 for of_one in names) and len(set().union(*names)) == len(students), names


@pytest.mark.parametrize(("paths", "names"), rows("What a name is", "names.md"))
def test_a_name_is_what_is_left_of_a_path(paths, names):
    paths = paths.split("; ")
    assert owners(paths, paths) == dict(zip(paths, names.split("; "), strict=True))


class List(NamedTuple):
    """A class list of names.md. whose: by path, the name of the student, or "" where that is nobody of it."""

    text: str
    encoding: str
    whose: dict[str, str]

    def write(self, path):
        path.write_text(self.text, encoding=self.encoding, newline="")
        return path


LISTS = {
    heading.text: List(
        text=code.text.rstrip("\n"),
        encoding=(re.findall("in (utf-16|cp1252)", heading.text) or ["utf-8"])[0],
        whose={path.strip("`"): name.removeprefix("-") for _, (path, name) in table.items[1:]},
    )
    for heading, (code, table) in WITH
}
LISTS["Namesakes and near names"].whose["Jo\u0308rg Mu\u0308ller/2a_1"] = "Jörg Müller"


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, listed in LISTS.items() for path in listed.whose])
def test_a_student_of_the_roster_is_found_and_nobody_taken_for_another(kind, path, tmp_path):
    roster = Roster(LISTS[kind].write(tmp_path / "r.csv"), handed_in=[path])
    found = owners([path], [path], roster)[path]
    assert found == name if (name := LISTS[kind].whose[path]) else found not in roster.names.values()


@pytest.mark.parametrize("listed", LISTS.values(), ids=LISTS)
def test_a_class_list_comes_back_as_it_was_with_a_column_of_points(listed, tmp_path):
    path, name = next(iter(listed.whose.items()))
    hand_in(tmp_path / "in", {path.removesuffix(".ipynb"): DONE})
    given = run(tmp_path, "--roster", listed.write(tmp_path / "r.csv"))
    assert given.pop(name)["right"] == "1" and {row["right"] for row in given.values()} == {"0"}

    roster = Roster(tmp_path / "r.csv", handed_in=[path])
    assert len(given) + 1 == len(roster.names)
    text = (tmp_path / "gradebook.csv").read_text(encoding="utf-8-sig")
    before, after = (list(csv.reader(io.StringIO(t), delimiter=roster.delimiter)) for t in (listed.text, text))
    heads, students = after[len(roster.above)], after[len(roster.above) + 1 :]
    place = next(i for i, head in enumerate(heads) if head.startswith("2a_1_softmax"))
    if heads[-1] == "End-of-Line Indicator":  # of Brightspace
        assert heads[-2] == "2a_1_softmax Points Grade"
    else:
        assert heads[place:] == ["2a_1_softmax"]
    points = {roster.names.get(i, ""): row[place] for i, row in enumerate(students)}
    assert {student for student in points if points[student]} == {name} and points[name] == str(BANK[FIRST].minutes)
    for row in after[len(roster.above) :]:
        del row[place]
    assert after[not any(heads) :] == before


@pytest.mark.parametrize(("roster", "words"), rows("What is no class list", "names.md"))
def test_a_roster_that_does_not_fit_is_told(roster, words, tmp_path, capsys):
    hand_in(tmp_path / "in", {"a": DONE})
    (tmp_path / "r.csv").write_bytes(eval(roster))
    with pytest.raises(SystemExit):
        run(tmp_path, "--roster", tmp_path / "r.csv", *["--column=nom"] * ("'nom'" in words))
    assert words in capsys.readouterr().err


def test_a_roster_of_another_class_is_told(tmp_path, capsys):
    hand_in(tmp_path / "in", {"Ann Lee/2a_1": DONE})
    for name, words in (("Bo Chen", "as nobody is: is it the list of this class?"), ("Ann Lee", "")):
        run(tmp_path, "--roster", written(tmp_path / "r.csv", [["name"], [name]]))
        assert (words or "Wrote") in (said := "".join(capsys.readouterr())) and ("as nobody" in said) == bool(words)
        assert "Columns of the roster: name\n" in said


def test_a_column_can_be_named(tmp_path):
    roster = Roster(
        written(tmp_path / "r.csv", [["who", "tutor"], ["Ann Lee", "Bo Chen"], ["Cy Poe", "Di Roe"]]), ["who"]
    )
    assert owners(["Bo Chen/a", "Ann Lee/a"], [], roster) == {"Bo Chen/a": "Bo Chen/a", "Ann Lee/a": "Ann Lee"}


def test_who_handed_in_no_notebook_is_listed_by_name(tmp_path, folder, capsys):
    files = {
        "Ann/2a_1.ipynb": DONE,
        "Ann/data/picture.png": b"",
        "Ben/answers.pdf": b"",
        "Cy/source/deep/down.py": b"",
        "Dora_12_assignsubmission_onlinetext_/onlinetext.html": b"",
        "Eve/2a_1.ipynb": work(**{"": "unreadable"}),
    }
    (folder / "Gus").mkdir()
    hand_in(folder, {"group 1/Hal/2a_1": DONE})
    (folder / "class.zip").write_bytes(zipped(files))
    run(tmp_path)
    said = capsys.readouterr().out
    assert "Dora: no notebook: onlinetext.html" in said and "  class/Eve: " in said
    assert "No notebook in\n  Gus\n  class.zip/Ben\n  class.zip/Cy" in said and not re.search("picture|group", said)
    run(tmp_path, "--roster", written(tmp_path / "r.csv", [["name"], ["Ben"], ["Hal"]]))
    assert "  Ben: no notebook: answers.pdf" in capsys.readouterr().out


def test_a_homework_on_paper_is_told_beside_a_notebook_of_another(tmp_path, folder, capsys):
    first, second = (f"hw{n}/Ann Lee_{n}_assignsubmission_" for n in (1, 2))
    files = {
        f"{first}file_/2a_1.ipynb": DONE,
        f"{first}file_/a.png": "",
        **{f"{second}file_/{name}": "" for name in ("d.png", "c.png", "b.png", "answers.pdf")},
        f"{second}onlinetext_/o.html": "",
    }
    (folder / "both.zip").write_bytes(zipped(files))
    found = run(tmp_path)
    assert (found["Ann Lee"]["right"], len(found)) == ("1", 1)
    said = capsys.readouterr().out.partition("Not readable\n")[2]
    assert "no notebook: answers.pdf, b.png, c.png, d.png, o.html" in said and "a.png" not in said


def test_of_a_course_of_nbgrader_what_was_submitted_is_read(tmp_path, folder):
    names = "source/2a_1/2a_1", "release/2a_1/2a_1", "submitted/Ann/2a_1/2a_1"
    hand_in(folder, dict.fromkeys(names, DONE))
    (folder / "nbgrader_config.py").touch()
    assert list(run(tmp_path)) == ["Ann"]


def test_a_file_without_an_ending_does_not_hide_the_notebook_of_its_name(tmp_path, folder):
    (folder / "Ann.zip").write_bytes(zipped({"2a_1.ipynb": DONE, "2a_1": "notes"}))
    assert [row["right"] for row in run(tmp_path).values()] == ["1"]


def test_masters_are_left_out_and_said(tmp_path, folder, capsys):
    master = notebook(f'@exercise("{FIRST}")\ndef f():\n    ### BEGIN SOLUTION\n    ### END SOLUTION')
    files = {"w/notebooks/2a_1_softmax.ipynb": work(**{FIRST: "wrong"}), "w/solutions/2a_1_softmax.ipynb": master}
    (folder / "Ann.zip").write_bytes(zipped(files))
    (folder / "solutions.zip").write_bytes(zipped({"2a_1_softmax.ipynb": master}))
    (folder / "Bo Chen_12_assignsubmission_file_").mkdir()
    (folder / "Bo Chen_12_assignsubmission_file_" / "2a_1.ipynb").write_text(master)
    found = run(tmp_path)
    assert [row["right"] for row in found.values()] == ["0", "0"]
    said, _, told = capsys.readouterr().out.partition("Masters of the workbook, which are left out")
    assert "Bo Chen: no notebook: 2a_1 (a master)" in said
    assert "Ann.zip/w/solutions/2a_1_softmax" in told and "solutions.zip/2a_1_softmax" in told


def test_archives_in_archives_are_opened_whatever_packed_them(tmp_path):
    mine = DONE
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "2a_1.ipynb").write_text(mine)
    (tmp_path / "mine.zip").write_bytes(zipped({"2a_2.ipynb": mine}))
    with tarfile.open(tmp_path / "Ann.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "x", "./x")
        archive.add(tmp_path / "mine.zip", "mine.zip")
    deep = zipped({"2a_1.ipynb": mine})
    for _ in range(5):
        deep = zipped({"deeper.zip": deep})
    files = {"Ann.tar.gz": (tmp_path / "Ann.tar.gz").read_bytes(), "Ben.zip": deep, "Cy.zip": b"PK no archive"}
    (tmp_path / "class.zip").write_bytes(zipped(files))
    found = dict(command.returned(tmp_path / "class.zip"))
    assert found["class.zip/Ann.tar.gz/x/2a_1"] == found["class.zip/Ann.tar.gz/mine.zip/2a_2"] == read(mine)
    (why,) = (text for path, text in found.items() if "Ben" in path)
    assert "lies in 4 others" in str(why) and str(found["class.zip/Cy.zip"]) == "the archive cannot be read"


def test_names_in_an_archive_that_does_not_say_utf_8_are_read(tmp_path):
    raw = zipped({"Jörg/2a_1.ipynb": "{}"})
    assert b"\x14\x00\x00\x08" in raw
    for flags in (b"\x14\x00\x00\x08", b"\x14\x03\x14\x00\x00\x08"):
        raw = raw.replace(flags, flags[:-1] + b"\x00")
    (tmp_path / "a.zip").write_bytes(raw)
    assert list(dict(command.returned(tmp_path / "a.zip"))) == ["a.zip/Jörg/2a_1"]


def test_an_archive_that_holds_far_more_than_notebooks_do_is_not_read_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr("utils.teach.grade.folder.ARCHIVE", 1 << 20)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(5):
            archive.writestr(f"{i}.ipynb", "0" * (1 << 19))
    found = dict(command.returned(tmp_path / "bomb.zip"))
    assert len(found) == 3 and "far more" in str(found["bomb.zip"])
