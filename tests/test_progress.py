"""Progress is kept between kernels, survives a damaged or read-only file, and is never lost by two kernels at once."""

import os
import stat
import subprocess
import sys

import pytest

from utils.exercises import Verdict
from utils.panels import progress as module
from utils.panels.progress import Progress, default_place


def verdict(id, state, mistake=None):
    return Verdict(id, state, "said", mistake)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "progress.jsonl"


def test_another_kernel_sees_what_was_kept(path):
    Progress(path).record(verdict("2a_1.softmax", "wrong", "overflow"))
    Progress(path).record(verdict("2a_1.shift", "right"))
    later = Progress(path)
    assert later.state("2a_1.softmax") == "wrong"
    assert later.entries()["2a_1.softmax"]["mistake"] == "overflow"
    assert later.state("2a_1.shift") == "right"
    assert later.state("2a_1.log_softmax") == "not attempted"


@pytest.mark.parametrize("later", ["not attempted", "wrong"])
def test_what_was_right_once_stays_right_and_a_stub_takes_nothing_back(path, later):
    progress = Progress(path)
    for state in ("wrong", "not attempted", "right", later):
        progress.record(verdict("a.b", state))
    assert progress.state("a.b") == "right"


def test_the_file_does_not_grow_while_nothing_changes(path):
    progress = Progress(path)
    progress.record(verdict("a.b", "right"))
    size = path.stat().st_size
    for _ in range(50):
        progress.record(verdict("a.b", "right"))
    assert path.stat().st_size == size


def test_two_kernels_that_write_in_turn_lose_nothing(path):
    one, two = Progress(path), Progress(path)
    for n in range(20):
        (one if n % 2 else two).record(verdict(f"a.e{n}", "right"))
    assert all(one.state(f"a.e{n}") == two.state(f"a.e{n}") == "right" for n in range(20))


@pytest.mark.parametrize(
    "damage",
    [
        b"\xff\xfe\x00garbage",
        b'{"exercise": "a.b", "sta',
        b"[1, 2]\nnull\n7\n",
        b'{"no": "exercise"}\n',
        b'{"exercise": ["a"], "state": "right"}\n',
        b"\n\n\n",
    ],
)
def test_a_damaged_line_costs_that_line_only(path, damage):
    Progress(path).record(verdict("a.first", "right"))
    with path.open("ab") as file:
        file.write(damage)
    progress = Progress(path)
    progress.record(verdict("a.second", "wrong"))
    assert progress.state("a.first") == "right" and progress.state("a.second") == "wrong"
    assert not progress.problem


@pytest.mark.parametrize("written", [True, False], ids=["a folder stands where the file should be", "no file"])
def test_where_nothing_can_be_written_progress_lasts_as_long_as_the_kernel_and_says_so(tmp_path, written):
    progress = Progress(tmp_path if written else None)
    progress.record(verdict("a.b", "right"))
    assert progress.state("a.b") == "right"
    assert ("cannot be saved" in progress.problem) == written


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere; Windows has no modes"
)
def test_a_read_only_file_is_left_alone(path):
    Progress(path).record(verdict("a.b", "wrong"))
    path.chmod(stat.S_IREAD)
    progress = Progress(path)
    progress.record(verdict("a.b", "right"))
    assert progress.state("a.b") == "right" and Progress(path).state("a.b") == "wrong"


def test_whoever_watches_is_told_of_a_change_and_of_nothing_else(path):
    progress, told = Progress(path), []
    progress.on_change["board"] = lambda: told.append(1)
    for state in ("not attempted", "wrong", "wrong", "right"):
        progress.record(verdict("a.b", state))
    assert len(told) == 2


def test_the_place_can_be_chosen_and_switched_off(monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBOOK_PROGRESS", "off")
    assert default_place() == (None, "")
    monkeypatch.setenv("WORKBOOK_PROGRESS", str(tmp_path / "mine.jsonl"))
    monkeypatch.setitem(sys.modules, "platformdirs", None)  # a browser's Python has none, and needs none
    assert default_place() == (tmp_path / "mine.jsonl", "")


@pytest.fixture
def home(monkeypatch, tmp_path):
    """A person's home, a copy of the workbook outside it, and where the platform keeps a person's data."""
    monkeypatch.delenv("WORKBOOK_PROGRESS", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr("platformdirs.user_data_path", lambda name, appauthor: tmp_path / "home" / "data" / name)
    monkeypatch.setattr(module, "ROOT", tmp_path / "workbook")
    for folder in ("home", "workbook", "another"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "pyproject.toml").touch()
    return tmp_path


def test_each_copy_of_the_workbook_has_its_own_file_in_the_persons_folder(home, monkeypatch):
    first, _ = default_place()
    assert first.parent == home / "home" / "data" / "gradients-by-hand" and default_place() == (first, "")
    Progress(first).record(verdict("a.b", "right"))
    monkeypatch.setattr(module, "ROOT", home / "another")
    second, _ = default_place()
    assert second != first and Progress(second).state("a.b") == "not attempted"
    assert [path.name for path in (home / "workbook").iterdir()] == ["pyproject.toml"]


OLD = '{"exercise": "a.b", "state": "right", "mistake": null, "answer": "chosen"}\n'


@pytest.mark.parametrize("clone", [True, False])
def test_what_an_earlier_edition_has_kept_is_taken_over_once(home, clone):
    old = home / "workbook" / ".progress.jsonl"
    if not clone:
        (home / "workbook" / "pyproject.toml").unlink()
        old = home / "home" / ".gradients_by_hand.jsonl"
    old.write_text(OLD)
    path, _ = default_place()
    assert Progress(path).state("a.b") == "right" and not old.exists()
    path.unlink()  # to start afresh
    assert Progress(default_place()[0]).state("a.b") == "not attempted"


def test_what_is_no_plain_file_of_this_persons_is_left_alone(home):
    (home / "thesis").write_text(OLD)
    (home / "workbook" / ".progress.jsonl").symlink_to(home / "thesis")
    assert not Progress(default_place()[0]).entries()
    assert (home / "thesis").exists()


def test_without_a_home_progress_lasts_as_long_as_the_kernel_and_says_so(home, monkeypatch):
    def unknown(name, appauthor):
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr("platformdirs.user_data_path", unknown)
    path, problem = default_place()
    assert path is None and problem == (
        "Progress cannot be saved (no home folder is known), so it lasts until this kernel stops."
    )
    kept = Progress(path, problem)
    kept.record(verdict("a.b", "right"))
    assert kept.state("a.b") == "right" and kept.problem == problem
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    assert "platformdirs is not installed" in default_place()[1]


@pytest.mark.skipif(sys.platform != "linux", reason="who has no home is told by Linux's list of users")
def test_everything_is_imported_where_nobody_has_a_home(tmp_path):
    """As in a container, for a user whom its list of users does not know."""
    nobody = "import pwd\ndef unknown(who): raise KeyError(who)\npwd.getpwuid = pwd.getpwnam = unknown\n"
    script = nobody + "from utils import exercise, predict, progress_board\nprogress_board('2a_1')"
    kept = {name: value for name, value in os.environ.items() if name not in ("HOME", "WORKBOOK_PROGRESS")}
    done = subprocess.run([sys.executable, "-c", script], env=kept, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "no home folder is known" in done.stdout and not list(tmp_path.iterdir())
