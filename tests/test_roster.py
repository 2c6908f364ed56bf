"""Who handed in what: one student is one row, whatever the download is called, and the roster goes back as it came."""

import csv
import io
import json
import tarfile
import zipfile

import pytest

from tests.returned import hand_in, notebook, table
from utils.exercises import BANK
from utils.teach.grade import __main__ as command
from utils.teach.grade.marking import Mark
from utils.teach.grade.roster import Roster, owners
from utils.teach.grade.submission import read

FIRST, SECOND = [e.id for e in BANK.values() if e.id.startswith("2a_1.")][:2]
OTHER = next(e.id for e in BANK.values() if e.id.startswith("2a_2."))
CLASS = [  # first and last name, participant of the two assignments, number of the user
    ("Ann", "Lee", 501, 701, 4101),
    ("Ann Lee", "Smith", 502, 702, 4102),
    ("Jörg", "Müller", 503, 703, 4103),
    ("Anne-Marie", "O'Neill", 504, 704, 4104),
    ("小明", "王", 505, 705, 4105),
    ("דנה", "כהן", 506, 706, 4106),
    ("Bo", "Chen", 507, 707, 4107),
    ("Cy", "van den Berg", 508, 708, 4108),
    ("Dora", "Ünal", 509, 709, 4109),
    ("Eve", "Sá", 510, 710, 4110),
    ("Finn", "Li", 511, 711, 4111),
    ("Gus", "Absent", 512, 712, 4112),
]
LATE, TWICE, RENAMED, NESTED, ON_PAPER, ONCE, ABSENT = 1, 3, 5, 7, 8, 9, 11  # who in the class did what


def work(**states):
    """A notebook that the stub of the marking reads. states: by exercise."""
    return notebook(json.dumps(states))


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
    return rows


def canvas(folder):
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
    return [*rows, ["Student, Test", "4199", "", "ab12", "Monday", "", ""]]


def written(path, rows, encoding="utf-8-sig", delimiter=","):
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


@pytest.mark.parametrize("platform", [moodle, canvas], ids=["Moodle", "Canvas"])
def test_twelve_students_over_two_assignments_are_twelve_rows(platform, tmp_path, folder, capsys):
    rows = platform(folder)
    without = run(tmp_path)
    assert len(without) == 11  # of one there is no trace
    said = capsys.readouterr().out
    assert "answers.pdf" in said and "onlinetext.html" not in said.replace("answers.pdf, onlinetext.html", "")

    found = run(tmp_path, "--roster", written(tmp_path / "roster.csv", rows))
    said = capsys.readouterr().out
    assert len(found) == 12 and "Not on the roster" not in said and "No notebook in" not in said
    right = [int(row["right"]) for row in found.values()]
    assert sorted(right) == [0, 0, 1, *[2] * 8, 3]  # on paper, absent, one assignment, and two attempts that add up
    nobody = said.partition("Handed in no notebook that can be read\n")[2].split("\n\n")[0]
    assert len(nobody.splitlines()) == 2 and "answers.pdf" in nobody and "nothing handed in" in nobody

    book = table(tmp_path / "gradebook.csv")
    assert list(book[0]) == [*rows[0], "2a_1_softmax", "2a_2_cross_entropy"]
    assert [[row[name] for name in rows[0]] for row in book] == rows[1:]
    minutes = BANK[FIRST].minutes, BANK[SECOND].minutes, BANK[OTHER].minutes
    points = {
        row[rows[0][2 if platform is moodle else 1]]: (row["2a_1_softmax"], row["2a_2_cross_entropy"]) for row in book
    }
    key = (lambda c: f"s{c[4]}@x.edu") if platform is moodle else lambda c: str(c[4])
    assert points[key(CLASS[TWICE])] == (str(minutes[0] + minutes[1]), str(minutes[2]))
    assert points[key(CLASS[NESTED])] == points[key(CLASS[RENAMED])] == (str(minutes[0]), str(minutes[2]))
    assert points[key(CLASS[ONCE])] == (str(minutes[0]), "")
    assert points[key(CLASS[ON_PAPER])] == points[key(CLASS[ABSENT])] == ("", "")
    if platform is canvas:
        assert all(text.isdigit() for text in points[""]) and points["4199"] == ("", "")


def test_both_platforms_in_one_folder_come_together_by_the_roster(tmp_path, folder):
    rows = moodle(folder)
    canvas(folder)
    found = run(tmp_path, "--roster", written(tmp_path / "roster.csv", rows))
    assert len(found) == 12 and max(int(row["right"]) for row in found.values()) == 3


def test_a_gradebook_that_was_imported_before_keeps_its_columns(tmp_path, folder):
    rows = canvas(folder)
    run(tmp_path, "--roster", written(tmp_path / "roster.csv", rows))
    again = [list(row.values()) for row in table(tmp_path / "gradebook.csv")]
    header = [*rows[0], "2a_1_softmax (88)", "2a_2_cross_entropy (89)"]
    run(tmp_path, "--roster", written(tmp_path / "roster2.csv", [header, *again]))
    assert [list(row.values()) for row in table(tmp_path / "gradebook.csv")] == again
    assert list(table(tmp_path / "gradebook.csv")[0]) == header


PERSON = {"Jane Doe": "2a_1_softmax"}
ROSTERS = {  # how a class list comes, and what one of the class handed in
    "Blackboard": (
        [["Last Name", "First Name", "Username", "Student ID"],
         ["Doe", "Jane", "jdoe1", "7001"], ["Roe", "Jim", "jroe", "7002"]],
        {"encoding": "utf-16", "delimiter": "\t"},
        "gradebook_DL_Homework 1_jdoe1_attempt_2026-11-20-13-45-10_2a_1.ipynb",
    ),
    "Brightspace": (
        [["OrgDefinedId", "Username", "Last Name", "First Name", "Email", "End-of-Line Indicator"],
         ["#7001", "#jdoe1", "Doe", "Jane", "jane@x.edu", "#"], ["#7002", "#jroe", "Roe", "Jim", "jim@x.edu", "#"]],
        {},
        "127466-283451 - Jane Doe - Oct 6, 2026 1138 PM/2a_1.ipynb",
    ),
    "Brightspace, a login without digits": (
        [["Username", "Last Name", "First Name"], ["#jd", "Doe", "Jane"], ["#jr", "Roe", "Jim"]],
        {},
        "127466-283451 - Jane Doe - Oct 6, 2026 1138 PM/2a_1.ipynb",
    ),
    "with blank rows": ([["name"], ["Jane Doe"], ["Jim Roe"], *[[" "]] * 5], {}, "Jane Doe/2a_1.ipynb"),
    "GitHub Classroom": (
        [["identifier", "github_username", "github_id", "name"],
         ["Doe", "jane-d", "1", "Jane"], ["Roe", "jimr", "2", "Jim"]],
        {},
        "softmax-submissions/softmax-jane-d/2a_1.ipynb",
    ),
    "nbgrader": ([["id", "name"], ["7001", "Jane Doe"], ["7002", "Jim Roe"]], {},
                 "submitted/7001/2a_1_softmax/2a_1_softmax.ipynb"),
    "cells of two lines": (
        [["name", "street"], ["Jane Doe", "5 Main St\nSpringfield"], ["Jim Roe", "7 Oak St\nShelby"]],
        {}, "Jane Doe/2a_1.ipynb"),
    "heads that look like numbers": (
        [["name", "2025", "q1"], ["Jane Doe", "1200", "A1"], ["Jim Roe", "1300", "B2"]], {}, "Jane Doe/2a_1.ipynb"),
    "heads that look like logins": (
        [["name", "course1"], ["Jane Doe", "cs101"], ["Jim Roe", "cs101"]], {}, "Course 7/Jane Doe/2a_1.ipynb"),
    "by address": ([["mail"], ["jane.doe@x.edu"], ["jim.roe@x.edu"]], {}, "jane.doe_2a_1.ipynb"),
    "of Excel in Europe": ([["Nachname", "Vorname"], ["Doe", "Jäne"], ["Roe", "Jim"]],
                           {"encoding": "cp1252", "delimiter": ";"}, "Jäne Doe - Kopie/2a_1.ipynb"),
    "Moodle, a group before the name": ([["Vollständiger Name"], ["Jane Doe"], ["Jim Roe"]], {},
                                        "Group A-Jane Doe_12345_assignsubmission_file_/x.ipynb"),
    "the name of the assignment around it": ([["login"], ["jdoe1"], ["jroe"]], {}, "homework 3/jdoe1_softmax_v2.ipynb"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ROSTERS)
def test_a_roster_of_any_kind_finds_its_student_and_keeps_its_columns(kind, tmp_path):
    rows, options, path = ROSTERS[kind]
    file = tmp_path / "in" / path
    file.parent.mkdir(parents=True)
    file.write_text(work(**{FIRST: "right"}))
    found = run(tmp_path, "--roster", written(tmp_path / "roster.csv", rows, **{"encoding": "utf-8"} | options))
    assert sorted(int(row["right"]) for row in found.values()) == [0, 1]
    delimiter = options.get("delimiter", ",")
    book = table(tmp_path / "gradebook.csv", delimiter=delimiter)
    assert [[row[name] for name in rows[0]] for row in book] == rows[1:]
    added = [name for name in book[0] if name not in rows[0]]
    assert added == ["2a_1_softmax Points Grade" if kind == "Brightspace" else "2a_1_softmax"]
    assert [row[added[0]] for row in book] == [str(BANK[FIRST].minutes), *[""] * (len(rows) - 2)]
    assert {*found} == {"Jim Roe", "Jane Doe"} or "#" not in "".join(found)
    if kind == "Brightspace":
        assert list(book[0])[-1] == "End-of-Line Indicator"


NAMES = [["name", "id"], ["Ann Lee", "11"], ["Ann Lee", "12"], ["Bob Roe", "13"], ["Xi An Wang", "14"],
         ["Xian Wang", "15"], ["Jörg Müller", "16"], ["Jorg Muller", "17"]]  # fmt: skip
MOODLE = [["Identifier", "Full name", "Email address", "Assignment: hw1 (Real)"],
          ["Participant 501", "Ann Lee", "ann.lee@x.edu", "85"], ["Participant 502", "Bob Roe", "bob.roe@x.edu", "92"],
          ["Participant 503", "Marie O'Neill", "m@x.edu", ""], ["", "Anne-Marie O'Neill", "a@x.edu", ""]]  # fmt: skip
LOGINS = [["Last Name", "First Name", "Username", "Student ID", "Last Access"],
          ["Doe", "Jane", "j_doe", "7001", "Nov 20, 2026 1:45 PM"], ["Doe", "Jim", "m_doe", "7002", "Nov 21, 2026"],
          ["Li", "Wei", "wli3", "7003", ""], ["Li", "Wei", "wli4", "7004", ""]]  # fmt: skip
FOUND = [  # a roster, a path, and whose it is; None where two could be meant, or somebody else
    ([["name", "login"], ["Jane Doe", "jane"], ["Jane Roe", "jane"]], {
        "Jane Doe Miller/2a_1": None, "Jane Doe Miller_123_assignsubmission_file_/2a_1": None,
        "doemillerjane_4711_99123_2a_1": None, "Jane/2a_1": None, "Jane Doe/2a_1": "Jane Doe"}),
    (NAMES, {
        "Ann Lee 11": "Ann Lee (row 2)", "Ann Lee_12/2a_1": "Ann Lee (row 3)", "Ann Lee/2a_1": None,
        "annlee_11_99123_a": "Ann Lee (row 2)", "leeann_12_99124_a": "Ann Lee (row 3)", "roebob_99_99125_a": "Bob Roe",
        "roebob_11_99126_a": None, "13/2a_1": "Bob Roe", "Bob Roe 11": "Bob Roe", "13/Stranger": None,
        "section 13/Stranger": None, "homework 13": None, "13/Bob Roe": "Bob Roe", "Bob Roe and Ann Lee": None,
        "Bob": None, "Xi An Wang/a": "Xi An Wang", "Xian Wang/a": "Xian Wang", "xianwang/a": None,
        "MÜLLER, JÖRG/2a_1": "Jörg Müller", "Jorg Muller - Kopie": "Jorg Muller",
        "Jo\u0308rg Mu\u0308ller/2a_1": "Jörg Müller"}),
    (MOODLE, {
        "Ann Lee_501_assignsubmission_file_/a": "Ann Lee", "Bob Roe_501_assignsubmission_file_/a": None,
        "Participant_502_assignsubmission_file_/a": "Bob Roe", "G1-Bob Roe_900_assignsubmission_file_/a": "Bob Roe",
        "Marie O'Neill_9_assignsubmission_file_/a": "Marie O'Neill", "ann.lee/2a_1": "Ann Lee", "bob.lee/2a_1": None,
        "Anne-Marie O'Neill_9_assignsubmission_file_/a": "Anne-Marie O'Neill", "bob.roe@x.edu_2a_1": "Bob Roe",
        "85/2a_1": None}),
    (LOGINS, {
        "Homework 1_j_doe_attempt_2026-11-20-13-45-10_a": "Doe Jane", "Li Wei/2a_1": None, "doe/2a_1": None,
        "Homework 1_m_doe_attempt_2026-11-20-13-45-11_a": "Doe Jim", "Homework_wli3_attempt_2026-11-20-13-45-11_a":
        "Li Wei (row 4)", "Wei Li 7003": "Li Wei (row 4)", "Wei Li (wli4)": "Li Wei (row 5)", "doe_j/2a_1": None,
        "Jane_Doe_hw1": "Doe Jane", "7002_2a_1": "Doe Jim"}),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "path", "name"), [(r, p, name) for r, found in FOUND for p, name in found.items()])
def test_a_student_of_the_roster_is_found_and_nobody_taken_for_another(rows, path, name, tmp_path):
    roster = Roster(written(tmp_path / "r.csv", rows))
    found = owners([path], [path], roster)[path]
    assert found == name if name else found not in roster.names.values()


UNFIT = [  # the column that is named, a roster, and what is told
    (["nom"], [["name"], ["Ann"]], "no column 'nom'; it has 'name'"),
    ([], [["name", "points"]], "names nobody"),
    ([], [["points"], ["7"], ["8"]], "names nobody"),
    ([], [[]], "names nobody"),
    ([], [["name"], ["PK\0\0"]], "is no list in text; the same list saved as CSV would fit"),
    ([], b"%PDF-1.4\nAnn Lee, Bo Chen\nCy Poe, Di Roe\n", "is no list in text"),
    ([], b"<!DOCTYPE html><table><tr><td>Ann Lee</td></tr></table>", "is no list in text"),
    ([], [["name"], ["a" * 140_000]], "is no CSV, field larger than field limit"),
    (
        [],
        b'name,id\n"Ann Lee,11\nBo Chen,12\nCy Poe,13\n',
        "is no CSV, unexpected end of data; a list in which every quote",
    ),
    ([], b'name,id\n"Ann Lee,11\nBo Chen,12\n"Cy Poe",13\n', "is no CSV, ',' expected after"),
    ([], b'name,id\n"Ann Lee,11\nBo Chen",12\nCy Poe,13\n', "has a name in two lines, 'Ann Lee,11\\nBo Chen'"),
]


@pytest.mark.parametrize(("column", "rows", "words"), UNFIT)
def test_a_roster_that_does_not_fit_is_told(column, rows, words, tmp_path, capsys):
    hand_in(tmp_path / "in", {"a": work(**{FIRST: "right"})})
    roster = tmp_path / "r.csv"
    roster.write_bytes(rows) if isinstance(rows, bytes) else written(roster, rows)
    arguments = ["--roster", roster, *(f"--column={name}" for name in column)]
    with pytest.raises(SystemExit):
        run(tmp_path, *arguments)
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("above", [["sep=;"], ["Course 7", ""], ["Course 7, autumn", ""], ["Course 7, autumn"]])
def test_what_stands_above_the_heads_of_a_roster_is_nobody_and_stays(above, tmp_path):
    hand_in(tmp_path / "in", {"Ann Lee/2a_1": work(**{FIRST: "right"})})
    rows = [["name", "mail"], ["Ann Lee", "a@x.edu"], ["Bo Chen", "b@x.edu"]]
    path = tmp_path / "r.csv"
    path.write_text("\n".join(map(";".join, [above, *rows])))
    assert sorted(run(tmp_path, "--roster", path)) == ["Ann Lee", "Bo Chen"]
    book = (tmp_path / "gradebook.csv").read_text(encoding="utf-8-sig").splitlines()
    assert book[0].startswith(above[0]) and book[1:3] == [
        "name;mail;2a_1_softmax",
        f"Ann Lee;a@x.edu;{BANK[FIRST].minutes}",
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [["Ann Lee"], ["Bo Chen"]],
        [["Lee", "Ann"], ["Chen", "Bo"]],
        [["Ann Lee", "a@x.edu"], ["Bo Chen", "b@x.edu"]],
        [["Ann Lee", "4101"], ["Bo Chen", "4102"]],
        [["alee7", "Lee", "Ann"], ["bchen", "Chen", "Bo"], ["cpoe", "Poe", "Cy"]],
    ],
)
def test_a_roster_without_heads_loses_nobody(rows, tmp_path):
    hand_in(tmp_path / "in", {"Ann Lee/2a_1": work(**{FIRST: "right"})})
    found = run(tmp_path, "--roster", written(tmp_path / "r.csv", rows))
    assert sorted(int(row["right"]) for row in found.values()) == [*[0] * (len(rows) - 1), 1]
    with (tmp_path / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        heads, first, *others = csv.reader(file)
    assert heads == [*[""] * len(rows[0]), "2a_1_softmax"] and first == [*rows[0], str(BANK[FIRST].minutes)]
    assert [row[:-1] for row in others] == rows[1:]


def test_a_roster_of_another_class_is_told(tmp_path, capsys):
    hand_in(tmp_path / "in", {"Ann Lee/2a_1": work(**{FIRST: "right"})})
    for name, words in (("Bo Chen", "as nobody is: is it the list of this class?"), ("Ann Lee", "")):
        run(tmp_path, "--roster", written(tmp_path / "r.csv", [["name"], [name]]))
        assert (words or "Wrote") in (said := "".join(capsys.readouterr())) and ("as nobody" in said) == bool(words)
        assert "Columns of the roster: name\n" in said


def test_a_column_can_be_named(tmp_path):
    roster = Roster(
        written(tmp_path / "r.csv", [["who", "tutor"], ["Ann Lee", "Bo Chen"], ["Cy Poe", "Di Roe"]]), ["who"]
    )
    assert owners(["Bo Chen/a", "Ann Lee/a"], [], roster) == {"Bo Chen/a": "Bo Chen/a", "Ann Lee/a": "Ann Lee"}


BEN = ["Ben_2a_1_softmax.ipynb", "Ben_815.zip/2a_2.ipynb"]
MOODLES = "hw{}.zip/{}_{}_assignsubmission_file_/2a_1"
CLASSES = {  # the paths of each student; there is no roster
    "of JupyterLab, systems and browsers": [[
        "Ann_2a_1_softmax.ipynb", "Ann_2a_1_softmax-Copy1.ipynb", "Copy of Ann_2a_1_softmax.ipynb",
        "Ann_2a_2 - Kopie.ipynb", "Ann_2a_1_softmax (1).ipynb", "Ann_2a_1_FINAL_v2.ipynb",
        "ann_LATE_2a_1.ipynb", "Ann 2a_1 - Copy - Copy.ipynb",
        "Ann_2a_1_softmax-1.ipynb", "Ann-1.ipynb", "Ann.ipynb", "Ann resubmission.ipynb", "Ann 2026-11-20.ipynb",
        "Cópia de Ann 2a_1.ipynb", "Ann 2a_1 - Kopia.ipynb", "Ann 2a_1 — копия.ipynb", "Ann 2a_1 - 副本.ipynb"], BEN],
    "a folder of hers, with whatever names": [["Ann/2a_1_softmax.ipynb", "Ann/mine.ipynb", "Ann/try 2.ipynb"], BEN],
    "numbers that may be anything": [["Ann_4711.zip/2a_1.ipynb"], ["Ann_4712.zip/2a_1.ipynb"], BEN],
    "a workbook": [[f"Ann.zip/workbook/notebooks/{n}.ipynb" for n in ("2a_1_softmax", "2a_2_cross_entropy")], BEN],
    "nbgrader": [[f"submitted/Ann/{n}/{n}.ipynb" for n in ("2a_1_softmax", "2a_2_cross_entropy")], BEN],
    "a folder a week": [["week 1/Ann.ipynb", "week 2/Ann.ipynb", "2a_1_softmax/Ann.ipynb", "hw3_Ann.ipynb"], BEN],
    "composed and decomposed letters": [["J\u00f6rg/2a_1.ipynb", "Jo\u0308rg/2a_2.ipynb"], BEN],
    "Google": [["drive-download-20261120T134510Z-001.zip/Ann - 2a_1", "Homework 1-20261121T134510Z-002.zip/Ann"],
               ["drive-download-20261120T134510Z-001.zip/Ben - Copy of 2a_1_softmax"]],
    "GitHub": [["softmax-submissions/softmax-ann-l/2a_1", "gradients-submissions.zip/gradients-ann-l-main/a"],
               ["softmax-submissions/softmax-ann/2a_1"]],
    "a workbook of GitHub": [["Ann.zip/workbook-main/notebooks/2a_1"], ["softmax-ben-main.zip/softmax-ben-main/2a_1"]],
    "Canvas": [["doejane_4101_99100_2a_1-1", "doejane_LATE_4101_99101_2a_2", "doejane_4101_text.html"],
               ["doejane_4102_99102_2a_1"], ["anon_x1y2z_99103_2a_1", "anon_x1y2z_LATE_99104_2a_1"]],
    "names of chapters": [["Anna/2a_1_softmax", "Anna/2a_2_cross_entropy/2a_2_cross_entropy", "2b_1_sigmoid/Anna",
                           "00_start_here_Anna"], ["group 1/Ben/2a_1_softmax", "group 1/Ben - 2b_1_sigmoid",
                           "group 1/Ben/2a_1_softmax (1)"], ["group 1/Cleo"], ["2a_1_softmax"]],
    "Teams": [["Submitted files/Ann Lee/Homework 1/Version 2/2a_1_softmax", "Working files/Ann Lee/Homework 1/2a_1"],
              ["Submitted files/Ben/Homework 1/2a_1_softmax"]],
    "Sakai": [["Homework 1/Lee, Ann(s4101)/Submission attachment(s)/2a_1", "Homework 2/Lee, Ann(s4101)/mine_2a_2"],
              ["Homework 1/Lee, Ann(s4102)/Submission attachment(s)/2a_1"]],
    "marks of a direction": [["\u200fדנה כהן/2a_1", "דנה כהן\u200e/2a_2"], ["דנה לוי/2a_1"]],
    "no Canvas": [["cs_229_2026_ann"], ["cs_229_2026_ben"], ["hw_1_2026_cy"]],
    "Blackboard": [["a/HW 1_jdoe_attempt_2026-11-20-13-45-10_x", "b/HW 2_jdoe_attempt_2026-11-27-13-45-10_x"],
                   ["a/HW 1_j_doe_attempt_2026-11-20-13-45-10"], ["a/HW 1_m_doe_attempt_2026-11-20-13-45-10_x"]],
    "Moodle": [[MOODLES.format(1, "Ann Lee", 1)], [MOODLES.format(1, "Ann Lee", 2)],
               [MOODLES.format(1, "Bo", 3), MOODLES.format(2, "Bo", 4)],
               [MOODLES.format(1, "Participant", 5)], [MOODLES.format(2, "Participant", 6)]],
    "one name": [["hw.zip/Ann Lee_1_assignsubmission_file_/2a_1"], ["hw.zip/Ann Lee_2_assignsubmission_file_/2a_1"],
                 ["annlee_11_99123_a"], ["annlee_12_99124_a"]],
    "one name, and numbers": [["Li 20231/2a_1"], ["Li 20232/2a_1"], ["Ann 20233/2a_1"], ["Bo 20234/2a_1"]],
    "one name, and numbers of files": [["Li_20231"], ["Li_20232"], ["Ann_20233"], ["Bo_20234"]],
    "numbered": [[f"student {n:03}.ipynb"] for n in range(100, 140)],
    "in groups": [[f"group {g}/student_{n}.ipynb"] for g in (1, 2) for n in (1, 2, 3)],
    "numbers alone": [[f"{100000 + n}/2a_1_softmax.ipynb"] for n in range(5)],
    "sections": [["A-101.ipynb"], ["A-102.ipynb"], ["B-101.ipynb"], ["B-102.ipynb"]],
    "a name among numbers": [["student.ipynb"], *([f"student {n}.ipynb"] for n in range(1, 6))],
    "a second folder": [["Ann/2a_1"], ["Ann 2/2a_1"]],
    "accents": [["Müller/2a_1.ipynb"], ["Muller/2a_1.ipynb"]],
    "blanks": [["Xi An/2a_1"], ["Xian/2a_1"]],
    "vowels that are marks": [["राम/2a_1"], ["रमा/2a_1"], ["มี/2a_1"], ["มา/2a_1"]],
    "what looks like an ending": [["jane.doe"], ["jane.roe"], ["jane.lee/2a_1", "jane.lee_2a_2"], ["jane@x.edu/2a_1"]],
    "a copy that nobody touched lies beside them": [["group 1/Ann.ipynb"], ["group 1/Ben.ipynb"]],
}  # fmt: skip


@pytest.mark.parametrize("students", CLASSES.values(), ids=CLASSES)
def test_without_a_roster_the_paths_of_each_student_come_together(students):
    worked = [path for paths in students for path in paths]
    found = owners([*worked, "group 1/2a_1_softmax.ipynb"], worked)
    names = [{found[path] for path in paths} for paths in students]
    assert all(len(of_one) == 1 for of_one in names) and len(set().union(*names)) == len(students), names


def test_a_name_is_what_is_left_of_a_path():
    paths = {"group 1/Ben - 2b_1_sigmoid": "group 1/Ben", "2a_1_softmax": "2a_1_softmax", "2b_1_sigmoid/Anna": "Anna"}
    assert owners([*paths], [*paths]) == paths


def test_a_number_that_tells_nobody_apart_stays_in_the_name():
    for path in ("Jane Doe 12345/2a_1", "Jane_Doe_4711", "jdoe_20231234/2a_1"):
        others = ["Jim Roe 12346/2a_1", "Ann Lee_4712"]
        assert owners([path, *others], [path, *others])[path] == path.removesuffix("/2a_1")


def test_who_handed_in_no_notebook_is_listed_by_name(tmp_path, folder, capsys):
    files = {
        "Ann/2a_1.ipynb": work(**{FIRST: "right"}),
        "Ann/data/picture.png": b"",
        "Ben/answers.pdf": b"",
        "Cy/source/deep/down.py": b"",
        "Dora_12_assignsubmission_onlinetext_/onlinetext.html": b"",
        "Eve/2a_1.ipynb": work(**{"": "unreadable"}),
    }
    (folder / "Gus").mkdir()
    (folder / "class.zip").write_bytes(zipped(files))
    run(tmp_path)
    said = capsys.readouterr().out
    assert "Dora: no notebook: onlinetext.html" in said and "  class/Eve: " in said
    assert "No notebook in\n  Gus\n  class.zip/Ben\n  class.zip/Cy" in said and "picture" not in said


def test_a_homework_on_paper_is_told_beside_a_notebook_of_another(tmp_path, folder, capsys):
    first, second = (f"hw{n}/Ann Lee_{n}_assignsubmission_" for n in (1, 2))
    files = {
        f"{first}file_/2a_1.ipynb": work(**{FIRST: "right"}),
        f"{first}file_/a.png": "",
        f"{second}file_/answers.pdf": "",
        f"{second}onlinetext_/o.html": "",
    }
    (folder / "both.zip").write_bytes(zipped(files))
    found = run(tmp_path)
    assert (found["Ann Lee"]["right"], len(found)) == ("1", 1)
    said = capsys.readouterr().out.partition("Not readable\n")[2]
    assert "no notebook: answers.pdf" in said and "a.png" not in said


def test_of_a_course_of_nbgrader_what_was_submitted_is_read(tmp_path, folder):
    names = "source/2a_1/2a_1", "release/2a_1/2a_1", "submitted/Ann/2a_1/2a_1"
    hand_in(folder, dict.fromkeys(names, work(**{FIRST: "right"})))
    (folder / "nbgrader_config.py").touch()
    assert list(run(tmp_path)) == ["Ann"]


def test_a_file_without_an_ending_does_not_hide_the_notebook_of_its_name(tmp_path, folder):
    (folder / "Ann.zip").write_bytes(zipped({"2a_1.ipynb": work(**{FIRST: "right"}), "2a_1": "notes"}))
    assert [row["right"] for row in run(tmp_path).values()] == ["1"]


def test_masters_are_left_out_and_said(tmp_path, folder, capsys):
    master = notebook(f'@exercise("{FIRST}")\ndef f():\n    ### BEGIN SOLUTION\n    ### END SOLUTION')
    files = {"w/notebooks/2a_1_softmax.ipynb": work(**{FIRST: "wrong"}), "w/solutions/2a_1_softmax.ipynb": master}
    (folder / "Ann.zip").write_bytes(zipped(files))
    (folder / "solutions.zip").write_bytes(zipped({"2a_1_softmax.ipynb": master}))
    found = run(tmp_path)
    assert [row["right"] for row in found.values()] == ["0"]
    told = capsys.readouterr().out.partition("Masters of the workbook, which are left out")[2]
    assert "Ann.zip/w/solutions/2a_1_softmax" in told and "solutions.zip/2a_1_softmax" in told


def test_archives_in_archives_are_opened_whatever_packed_them(tmp_path):
    mine = work(**{FIRST: "right"})
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
