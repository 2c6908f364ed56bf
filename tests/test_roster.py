"""Who handed in what: one student is one row, whatever the download is called, and the roster goes back as it came."""

import csv
import io
import json
import tarfile
import zipfile

import pytest

from utils.exercises import BANK
from utils.teach.grade import __main__ as command
from utils.teach.grade.marking import Mark
from utils.teach.grade.roster import Roster, owners

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
    return json.dumps({"cells": [], "states": states})


def stub(jobs):
    def each(texts, *_):
        for key, text in texts.items():
            yield key, [Mark(exercise, state) for exercise, state in json.loads(text)["states"].items()]

    return each


@pytest.fixture(autouse=True)
def no_marking(monkeypatch):
    monkeypatch.setattr(command, "_on_this_machine", stub)
    monkeypatch.setattr("utils.teach.grade.report.picture", lambda marks, path: None)


def run(tmp_path, *arguments):
    assert command.main([str(tmp_path / "in"), "--out", str(tmp_path / "marks.csv"), *map(str, arguments)]) == 0
    return {row["student"]: row for row in table(tmp_path / "marks_by_student.csv")}


def table(path, **options):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, **options))


def packed(path, files):
    """An archive of {name: text or bytes}, as a file or in memory."""
    target = path or io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target if path else target.getvalue()


def handed_in(number):
    """{student: {name: data}} of the first or the second assignment, whatever the platform."""
    chapter = ("2a_1_softmax", "2a_2_cross_entropy")[number]
    right = work(**({FIRST: "right", SECOND: "wrong"}, {OTHER: "right"})[number])
    found = {student: {f"{chapter}.ipynb": right} for student in range(len(CLASS))}
    if number == 0:
        better = work(**{FIRST: "wrong", SECOND: "right"})
        found[TWICE] = {f"{chapter}.ipynb": right, f"{chapter}-Copy1.ipynb": right, f"{chapter} (1).ipynb": better}
        found[RENAMED] = {"my very own work_FINAL_v2.ipynb.txt": right}
        inner = packed(
            None, {"work/2a_1.ipynb": right, "__MACOSX/._2a_1.ipynb": "x", "work/.ipynb_checkpoints/a.ipynb": ""}
        )
        found[NESTED] = {"homework.zip": packed(None, {"again.zip": inner})}
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
        packed(folder / f"DL-Homework {number + 1}-9{number}.zip", files)
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
            for i, (name, data) in enumerate(given.items()):
                files[f"{squashed}{late}_{user}_{991000 + 10 * student + i}_{name.replace('.ipynb', '-1.ipynb')}"] = (
                    data
                )
        packed(folder / f"submissions ({number}).zip", files)
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Quiz (77)", "Final Score"]]
    rows += [["    Points Possible", "", "", "", "", "10", "(read only)"]]
    rows += [[f"{c[1]}, {c[0]}", str(c[4]), f"S{c[4]}", f"{c[0][0]}{c[4]}".lower(), "Monday", "9", "90"] for c in CLASS]
    return [*rows, ["Student, Test", "4199", "", "ab12", "Monday", "", ""]]


def written(path, rows, encoding="utf-8-sig", delimiter=","):
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


@pytest.mark.parametrize("platform", [moodle, canvas], ids=["Moodle", "Canvas"])
def test_twelve_students_over_two_assignments_are_twelve_rows(platform, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    rows = platform(tmp_path / "in")
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


def test_both_platforms_in_one_folder_come_together_by_the_roster(tmp_path):
    (tmp_path / "in").mkdir()
    rows = moodle(tmp_path / "in")
    canvas(tmp_path / "in")
    found = run(tmp_path, "--roster", written(tmp_path / "roster.csv", rows))
    assert len(found) == 12 and max(int(row["right"]) for row in found.values()) == 3


def test_a_gradebook_that_was_imported_before_keeps_its_columns(tmp_path):
    (tmp_path / "in").mkdir()
    rows = canvas(tmp_path / "in")
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
    "GitHub Classroom": (
        [["identifier", "github_username", "github_id", "name"],
         ["Doe", "jane-d", "1", "Jane"], ["Roe", "jimr", "2", "Jim"]],
        {},
        "softmax-submissions/softmax-jane-d/2a_1.ipynb",
    ),
    "nbgrader": ([["id", "name"], ["7001", "Jane Doe"], ["7002", "Jim Roe"]], {},
                 "submitted/7001/2a_1_softmax/2a_1_softmax.ipynb"),
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
    assert [row[added[0]] for row in book] == [str(BANK[FIRST].minutes), ""]
    if kind == "Brightspace":
        assert list(book[0])[-1] == "End-of-Line Indicator"


@pytest.mark.parametrize(
    "path",
    [
        "Jane Doe Miller/2a_1.ipynb",  # somebody else, as far as anybody knows
        "Jane Doe Miller_123_assignsubmission_file_/2a_1.ipynb",
        "doemillerjane_4711_99123_2a_1.ipynb",
        "Jane/2a_1.ipynb",
    ],
)
def test_nobody_is_taken_for_another(path, tmp_path):
    roster = Roster(written(tmp_path / "r.csv", [["name", "login"], ["Jane Doe", "jane"], ["Jane Roe", "jane"]]))
    assert owners([path], [path], roster)[path] not in roster.names.values()


def test_two_of_one_name_are_two(tmp_path):
    paths = [f"hw.zip/Ann Lee_{n}_assignsubmission_file_/2a_1.ipynb" for n in (1, 2)] + [
        "annlee_11_99123_a",
        "annlee_12_99124_a",
    ]
    assert len(set(owners(paths, paths).values())) == 4
    roster = Roster(written(tmp_path / "r.csv", [["name", "id"], ["Ann Lee", "11"], ["Ann Lee", "12"]]))
    found = owners(paths, paths, roster)
    assert found[paths[2]] != found[paths[3]] and {found[paths[2]], found[paths[3]]} == set(roster.names.values())


@pytest.mark.parametrize(
    ("column", "rows", "words"),
    [
        (["nom"], [["name"], ["Ann"]], "no column 'nom'; it has 'name'"),
        ([], [["name", "points"]], "names nobody"),
        ([], [["points"], ["7"], ["8"]], "names nobody"),
    ],
)
def test_a_roster_that_does_not_fit_is_told(column, rows, words, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ipynb").write_text(work(**{FIRST: "right"}))
    arguments = ["--roster", written(tmp_path / "r.csv", rows), *(f"--column={name}" for name in column)]
    with pytest.raises(SystemExit):
        run(tmp_path, *arguments)
    assert words in capsys.readouterr().err


def test_a_column_can_be_named(tmp_path):
    rows = [["who", "tutor"], ["Ann Lee", "Bo Chen"], ["Cy Poe", "Di Roe"]]
    roster = Roster(written(tmp_path / "r.csv", rows), ["who"])
    assert owners(["Bo Chen/a.ipynb", "Ann Lee/a.ipynb"], [], roster) == {
        "Bo Chen/a.ipynb": "Bo Chen/a",
        "Ann Lee/a.ipynb": "Ann Lee",
    }


ONE = {  # paths of one student, without a roster
    "of JupyterLab, systems and browsers": [
        "Ann_2a_1_softmax.ipynb", "Ann_2a_1_softmax-Copy1.ipynb", "Copy of Ann_2a_1_softmax.ipynb",
        "Ann_2a_2 - Kopie.ipynb", "Ann_2a_1_softmax (1).ipynb", "Ann_2a_1_FINAL_v2.ipynb", "ann_LATE_2a_1.ipynb",
        "Ann_2a_1_softmax-1.ipynb", "Ann-1.ipynb", "Ann.ipynb",
    ],
    "a folder of hers, with whatever names": ["Ann/2a_1_softmax.ipynb", "Ann/mine.ipynb", "Ann/try 2.ipynb"],
    "numbers of files": ["Ann_4711.zip/2a_1.ipynb", "Ann_4712.zip/2a_1.ipynb"],
    "a workbook": [f"Ann.zip/workbook/notebooks/{name}.ipynb" for name in ("2a_1_softmax", "2a_2_cross_entropy")],
    "nbgrader": [f"submitted/Ann/{name}/{name}.ipynb" for name in ("2a_1_softmax", "2a_2_cross_entropy")],
    "a folder a week": ["week 1/Ann.ipynb", "week 2/Ann.ipynb", "2a_1_softmax/Ann.ipynb"],
    "composed and decomposed letters": ["J\u00f6rg/2a_1.ipynb", "Jo\u0308rg/2a_2.ipynb"],
}  # fmt: skip


@pytest.mark.parametrize("paths", ONE.values(), ids=ONE)
def test_one_student_is_one_without_a_roster(paths):
    others = ["Ben_2a_1_softmax.ipynb", "Ben_815.zip/2a_2.ipynb"]
    found = owners([*paths, *others], [*paths, *others])
    assert len(set(found.values())) == 2, found


@pytest.mark.parametrize(
    "paths",
    [
        [f"student {n:03}.ipynb" for n in range(100, 140)],
        [f"group {g}/student_{n}.ipynb" for g in (1, 2) for n in (1, 2, 3)],
        [f"{100000 + n}/2a_1_softmax.ipynb" for n in range(5)],
        ["group 1/2a_1_softmax.ipynb", "group 1/Ann.ipynb", "group 1/Ben.ipynb"],
        ["A-101.ipynb", "A-102.ipynb", "B-101.ipynb", "B-102.ipynb"],
        ["student.ipynb", *(f"student {n}.ipynb" for n in range(1, 6))],
        ["Müller/2a_1.ipynb", "Muller/2a_1.ipynb"],
    ],
    ids=[
        "numbered",
        "in groups",
        "numbers alone",
        "a copy that nobody touched lies beside them",
        "sections",
        "a name among numbers",
        "accents",
    ],
)
def test_several_students_stay_several(paths):
    worked = [path for path in paths if path != "group 1/2a_1_softmax.ipynb"]
    assert len(set(owners(paths, worked).values())) == len(paths)


def test_a_path_of_a_mac_is_as_good_as_any(tmp_path):
    file = tmp_path / "in" / "Jo\u0308rg Mu\u0308ller" / "2a_1.ipynb"
    file.parent.mkdir(parents=True)
    file.write_text(work(**{FIRST: "right"}))
    assert list(run(tmp_path)) == ["Jo\u0308rg Mu\u0308ller"]
    found = run(tmp_path, "--roster", written(tmp_path / "r.csv", [["name"], ["Müller, Jörg"], ["Ann Lee"]]))
    assert {name: row["right"] for name, row in found.items()} == {"Müller, Jörg": "1", "Ann Lee": "0"}


def test_who_handed_in_no_notebook_is_listed_by_name(tmp_path, capsys):
    files = {
        "Ann/2a_1.ipynb": work(**{FIRST: "right"}),
        "Ann/data/picture.png": b"",
        "Ben/answers.pdf": b"",
        "Cy/source/deep/down.py": b"",
        "Dora_12_assignsubmission_onlinetext_/onlinetext.html": b"",
        "Eve/2a_1.ipynb": work(**{"": "unreadable"}),
    }
    (tmp_path / "in" / "Gus").mkdir(parents=True)
    packed(tmp_path / "in" / "class.zip", files)
    run(tmp_path)
    said = capsys.readouterr().out
    assert "Dora: no notebook: onlinetext.html" in said and "  class/Eve: " in said
    assert "No notebook in\n  Gus\n  class.zip/Ben\n  class.zip/Cy" in said and "picture" not in said


def test_of_a_course_of_nbgrader_what_was_submitted_is_read(tmp_path):
    for name in (
        "source/2a_1/2a_1.ipynb",
        "release/2a_1/2a_1.ipynb",
        "submitted/Ann/2a_1/2a_1.ipynb",
        "nbgrader_config.py",
    ):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(work(**{FIRST: "right"}))
    assert list(run(tmp_path)) == ["Ann"]


def test_a_file_without_an_ending_does_not_hide_the_notebook_of_its_name(tmp_path):
    (tmp_path / "in").mkdir()
    packed(tmp_path / "in" / "Ann.zip", {"2a_1.ipynb": work(**{FIRST: "right"}), "2a_1": "notes"})
    assert [row["right"] for row in run(tmp_path).values()] == ["1"]


def test_masters_are_left_out_and_said(tmp_path, capsys):
    cell = {
        "cell_type": "code",
        "source": f'@exercise("{FIRST}")\ndef f():\n    ### BEGIN SOLUTION\n    ### END SOLUTION',
    }
    master = json.dumps({"cells": [cell], "states": {FIRST: "right"}})
    packed_up = {"w/notebooks/2a_1_softmax.ipynb": work(**{FIRST: "wrong"}), "w/solutions/2a_1_softmax.ipynb": master}
    (tmp_path / "in").mkdir()
    packed(tmp_path / "in" / "Ann.zip", packed_up)
    packed(tmp_path / "in" / "solutions.zip", {"2a_1_softmax.ipynb": master})
    found = run(tmp_path)
    assert [row["right"] for row in found.values()] == ["0"]
    told = capsys.readouterr().out.partition("Masters of the workbook, which are left out")[2]
    assert "Ann.zip/w/solutions/2a_1_softmax" in told and "solutions.zip/2a_1_softmax" in told


def test_archives_in_archives_are_opened_whatever_packed_them(tmp_path):
    notebook = work(**{FIRST: "right"}).encode()
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as archive:
        for name, data in (("./x/2a_1.ipynb", notebook), ("mine.zip", packed(None, {"2a_2.ipynb": notebook}))):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    deep = packed(None, {"2a_1.ipynb": notebook})
    for _ in range(5):
        deep = packed(None, {"deeper.zip": deep})
    packed(tmp_path / "class.zip", {"Ann.tar.gz": tar.getvalue(), "Ben.zip": deep, "Cy.zip": b"PK no archive"})
    found = dict(command.returned(tmp_path / "class.zip"))
    assert found["class.zip/Ann.tar.gz/x/2a_1"] == found["class.zip/Ann.tar.gz/mine.zip/2a_2"] == notebook.decode()
    (why,) = (text for path, text in found.items() if "Ben" in path)
    assert "lies in 4 others" in str(why) and str(found["class.zip/Cy.zip"]) == "the archive cannot be read"


def test_names_in_an_archive_that_does_not_say_utf_8_are_read(tmp_path):
    packed(tmp_path / "a.zip", {"Jörg/2a_1.ipynb": "{}"})
    raw = (tmp_path / "a.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.infolist()[0].flag_bits & 0x800
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
