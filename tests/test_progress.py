"""Progress is kept between kernels, survives a damaged or read-only file, and is never lost by two kernels at once."""

import json
import os
import stat
import sys

import pytest

from utils.exercises import Verdict
from utils.widgets.progress import Progress, default_path


def verdict(id, state, mistake=None):
    return Verdict(id, state, "said", mistake)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "progress.jsonl"


def test_another_kernel_sees_what_was_kept(path):
    Progress(path).record(verdict("2a_1.softmax", "wrong", "overflow"))
    Progress(path).record(verdict("2a_1.shift", "right"), "unchanged")
    later = Progress(path)
    assert later.state("2a_1.softmax") == "wrong"
    assert later.entries()["2a_1.softmax"]["mistake"] == "overflow"
    assert later.entries()["2a_1.shift"]["answer"] == "unchanged"
    assert later.state("2a_1.log_softmax") == "not attempted"


def test_what_was_right_once_stays_right_and_a_stub_takes_nothing_back(path):
    progress = Progress(path)
    for state in ("wrong", "right", "not attempted"):
        progress.record(verdict("a.b", state))
    assert progress.state("a.b") == "right"
    progress.record(verdict("a.b", "wrong"))
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
    [b"\xff\xfe\x00garbage", b'{"exercise": "a.b", "sta', b"[1, 2]\nnull\n7\n", b'{"no": "exercise"}\n', b"\n\n\n"],
)
def test_a_damaged_line_costs_that_line_only(path, damage):
    Progress(path).record(verdict("a.first", "right"))
    with path.open("ab") as file:
        file.write(damage)
    progress = Progress(path)
    progress.record(verdict("a.second", "wrong"))
    assert progress.state("a.first") == "right" and progress.state("a.second") == "wrong"
    assert not progress.problem


def test_an_entry_with_values_of_the_wrong_kind_is_passed_over(path):
    path.write_text(json.dumps({"exercise": ["a"], "state": "right"}) + "\n", encoding="utf-8")
    progress = Progress(path)
    progress.record(verdict("a.b", "right"))
    assert progress.state("a.b") == "right"


def test_where_nothing_can_be_written_progress_lasts_as_long_as_the_kernel_and_says_so(tmp_path):
    progress = Progress(tmp_path)  # a folder stands where the file should be
    progress.record(verdict("a.b", "right"))
    assert progress.state("a.b") == "right"
    assert "cannot be saved" in progress.problem


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere; Windows has no modes"
)
def test_a_read_only_file_is_left_alone(path):
    Progress(path).record(verdict("a.b", "wrong"))
    path.chmod(stat.S_IREAD)
    progress = Progress(path)
    progress.record(verdict("a.b", "right"))
    assert progress.state("a.b") == "right" and Progress(path).state("a.b") == "wrong"


def test_without_a_file_everything_stays_in_memory():
    progress = Progress(None)
    progress.record(verdict("a.b", "right"), "chosen")
    assert progress.entries()["a.b"]["answer"] == "chosen" and not progress.problem


def test_whoever_watches_is_told_of_a_change_and_of_nothing_else(path):
    progress, told = Progress(path), []
    progress.on_change["board"] = lambda: told.append(1)
    for state in ("not attempted", "wrong", "wrong", "right"):
        progress.record(verdict("a.b", state))
    assert len(told) == 2


def test_the_place_can_be_chosen_and_switched_off(monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBOOK_PROGRESS", "off")
    assert default_path() is None
    monkeypatch.setenv("WORKBOOK_PROGRESS", str(tmp_path / "mine.jsonl"))
    assert default_path() == tmp_path / "mine.jsonl"
    monkeypatch.delenv("WORKBOOK_PROGRESS")
    assert default_path().name == ".progress.jsonl" and "notebooks" not in default_path().parts
