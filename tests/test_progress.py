"""Progress is kept between kernels, survives a damaged or read-only file, and is never lost by two kernels at once."""

import os
import subprocess
import sys

import pytest

from tests.pages import rows
from utils.exercises import Verdict
from utils.panels import progress as module
from utils.panels.progress import Progress, default_place


def verdict(id, state, mistake=None):
    return Verdict(id, state, "said", mistake)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "progress.jsonl"


def test_two_kernels_that_write_in_turn_lose_nothing_and_a_third_sees_it(path):
    one, two = Progress(path), Progress(path)
    for n in range(20):
        (one if n % 2 else two).record(verdict(f"a.e{n}", "right"))
    one.record(verdict("2a_1.softmax", "wrong", "overflow"))
    for progress in (one, two, Progress(path)):
        assert all(progress.states().get(f"a.e{n}") == "right" for n in range(20))
        assert progress.states().get("2a_1.log_softmax") is None
        assert progress.states()["2a_1.softmax"] == "wrong"


def test_what_was_right_once_stays_right_and_a_stub_takes_nothing_back(path):
    progress, told = Progress(path), []
    progress.on_change["board"] = lambda: told.append(progress.states()["a.b"])
    sizes = []
    for state in ("not attempted", "wrong", "wrong", "not attempted", "right", "right", "not attempted", "wrong"):
        progress.record(verdict("a.b", state))
        sizes.append(path.stat().st_size if path.exists() else 0)
    assert told == ["wrong", "right"], "whoever watches is told of a change and of nothing else"
    assert len(set(sizes)) == 3, "and the file does not grow while nothing changes"


@pytest.mark.parametrize(("damage",), rows("What does not harm the progress above and below it"))
def test_a_damaged_line_costs_that_line_only(path, damage):
    Progress(path).record(verdict("a.first", "right"))
    with path.open("ab") as file:
        file.write(eval(damage))
    progress = Progress(path)
    progress.record(verdict("a.second", "wrong"))
    assert progress.states() == {"a.first": "right", "a.second": "wrong"} and not progress.problem


def test_where_nothing_can_be_written_progress_lasts_as_long_as_the_kernel_and_says_so(tmp_path):
    for place, problem in ((tmp_path, "cannot be saved"), (None, "")):  # a folder stands where the file should be
        progress = Progress(place)
        progress.record(verdict("a.b", "right"))
        progress.write({"pressed": "here"})
        assert progress.states().get("a.b") == "right" and {"pressed": "here"} in progress.lines()
        assert problem in progress.problem and bool(problem) == bool(progress.problem)


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere; Windows has no modes"
)
def test_a_read_only_file_is_left_alone(path):
    Progress(path).record(verdict("a.b", "wrong"))
    path.chmod(0o400)
    progress = Progress(path)
    progress.record(verdict("a.b", "right"))
    assert progress.states().get("a.b") == "right" and Progress(path).states().get("a.b") == "wrong"


# ---- where it is kept ---------------------------------------------------------------------------------------------


def test_the_place_can_be_chosen_and_switched_off(monkeypatch, path):
    monkeypatch.setenv("WORKBOOK_PROGRESS", "off")
    assert default_place() == (None, "")
    monkeypatch.setenv("WORKBOOK_PROGRESS", str(path))
    monkeypatch.setitem(sys.modules, "platformdirs", None)  # a browser's Python has none, and needs none
    assert default_place() == (path, "")


@pytest.fixture
def home(monkeypatch, tmp_path):
    """A person's home, with a copy of the workbook beside it."""
    monkeypatch.delenv("WORKBOOK_PROGRESS", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr("platformdirs.user_data_path", lambda name, appauthor: tmp_path / "home" / "data" / name)
    monkeypatch.setattr(module, "ROOT", tmp_path / "workbook")
    return tmp_path


def test_each_copy_of_the_workbook_has_its_own_file_in_the_persons_folder(home, monkeypatch):
    first, _ = default_place()
    assert first.parent == home / "home" / "data" / "gradients-by-hand" and default_place() == (first, "")
    monkeypatch.setattr(module, "ROOT", home / "another" / "workbook")
    assert default_place()[0] not in (first, None)


NO_PLACE = "Progress cannot be saved ({}), so it lasts until this kernel stops."


def test_where_there_is_no_place_progress_lasts_as_long_as_the_kernel_and_says_so(monkeypatch):
    monkeypatch.delenv("WORKBOOK_PROGRESS", raising=False)
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    kept = Progress(*default_place())
    kept.record(verdict("a.b", "right"))
    told = NO_PLACE.format("the package platformdirs is not installed")
    assert (kept.states().get("a.b"), kept.problem) == ("right", told)


@pytest.mark.skipif(sys.platform != "linux", reason="who has no home is told by Linux's list of users")
def test_everything_is_imported_where_nobody_has_a_home(tmp_path):
    """As in a container, for a user whom its list of users does not know."""
    nobody = "import pwd\ndef unknown(who): raise KeyError(who)\npwd.getpwuid = pwd.getpwnam = unknown\n"
    script = nobody + "from utils import exercise, predict, progress_board\nprogress_board('2a_1')"
    kept = {name: value for name, value in os.environ.items() if name not in ("HOME", "WORKBOOK_PROGRESS")}
    done = subprocess.run([sys.executable, "-c", script], env=kept, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert NO_PLACE.format("no home folder is known") in done.stdout and not list(tmp_path.iterdir())
