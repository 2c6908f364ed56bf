"""Which exercises stand where: kept between kernels in one small file, outside the notebooks.

The file is a journal, one JSON object a line, a line for each change of state. Two kernels can write at once without
undoing each other, and a damaged line costs that line. Where nothing can be written, progress lasts as long as the
kernel, and says so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from utils.exercises import Verdict

ROOT = Path(__file__).resolve().parents[2]


class Progress:
    """path: the journal, or None to keep everything in memory."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.problem = ""
        self.on_change: dict[
            str, Callable[[], None]
        ] = {}  # one entry a board, so that a cell run again replaces its own
        self._memory: dict[str, dict[str, Any]] = {}

    def record(self, verdict: Verdict, answer: Any = None) -> None:
        """Keep a verdict, and for a choice or a sheet what was chosen. What was right once stays right: a second look
        at a wrong answer takes nothing back, and an untouched stub takes back no attempt."""
        entry = {"exercise": verdict.exercise, "state": verdict.state, "mistake": verdict.mistake, "answer": answer}
        known = self.entries().get(verdict.exercise)
        if verdict.state == "not attempted" or entry == known or (known and known["state"] == "right"):
            return
        self._memory[verdict.exercise] = entry
        if self.path:
            try:
                with self.path.open("a+b") as journal:
                    journal.write(_missing_newline(journal) + json.dumps(entry, default=repr).encode() + b"\n")
            except OSError as error:
                self.problem = f"Progress cannot be saved ({error.strerror}), so it lasts until this kernel stops."
        for refresh in self.on_change.values():
            refresh()

    def entries(self) -> dict[str, dict[str, Any]]:
        """The newest entry of each exercise, by id; this kernel's own where the file could not take them."""
        kept: dict[str, dict[str, Any]] = {}
        for line in self._lines():
            try:
                entry = json.loads(line)
                if isinstance(entry["state"], str):
                    kept[entry["exercise"]] = {
                        key: entry.get(key) for key in ("exercise", "state", "mistake", "answer")
                    }
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):  # half a line, or not ours
                continue
        return {**kept, **self._memory} if self.problem or not self.path else kept

    def state(self, exercise: str) -> str:
        return self.entries().get(exercise, {}).get("state", "not attempted")

    def _lines(self) -> list[str]:
        if not self.path:
            return []
        try:
            return self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:  # not there yet, or not readable: writing will tell
            return []


def _missing_newline(journal: Any) -> bytes:
    """What must come first so that a half-written last line does not swallow the next."""
    if journal.seek(0, os.SEEK_END) == 0:
        return b""
    journal.seek(-1, os.SEEK_END)
    return b"" if journal.read(1) == b"\n" else b"\n"


def default_path() -> Path | None:
    """WORKBOOK_PROGRESS if set ("off" keeps nothing), else a hidden file beside the README, else one in the home."""
    chosen = os.environ.get("WORKBOOK_PROGRESS")
    if chosen:
        return None if chosen == "off" else Path(chosen)
    beside = (ROOT / "pyproject.toml").exists()
    return ROOT / ".progress.jsonl" if beside else Path.home() / ".gradients_by_hand.jsonl"


PROGRESS = Progress(default_path())
