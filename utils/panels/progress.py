"""Which exercises stand where: kept between kernels in one small file, which is the person's own.

The file is a journal, one JSON object a line, a line for each change of state. Two kernels can write at once without
undoing each other, and a damaged line costs that line. Where nothing can be written, progress lasts as long as the
kernel, and says so. Answers are not kept here: they belong to the notebook that is handed in.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from utils.exercises import Verdict

ROOT = Path(__file__).resolve().parents[2]
UNSAVED = "Progress cannot be saved ({}), so it lasts until this kernel stops."


class Progress:
    """path: the journal, or None to keep its lines in memory. problem: why it is None, if that is not meant."""

    def __init__(self, path: Path | None, problem: str = "") -> None:
        self.path, self.problem = path, problem
        self.on_change: dict[str, Callable[[], None]] = {}  # by board, so that a cell run again replaces its own
        self._unwritten: list[dict[str, Any]] = []  # lines of this kernel that the file could or should not take

    def record(self, verdict: Verdict) -> None:
        """Keep a verdict. What was right once stays right: a second look at a wrong answer takes nothing back, and an
        untouched stub takes back no attempt."""
        if verdict.state == "not attempted" or self.states().get(verdict.exercise) in (verdict.state, "right"):
            return
        self.write({"exercise": verdict.exercise, "state": verdict.state})
        for refresh in self.on_change.values():
            refresh()

    def write(self, entry: dict[str, Any], lasting: bool = True) -> None:
        """Add a line to the journal: a new one, even below half a line. lasting: whether other kernels may read it."""
        if self.path and lasting:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self.path.open("ab") as journal:
                    journal.write(f"\n{json.dumps(entry, default=repr)}\n".encode())
                return
            except OSError as error:
                self.problem = UNSAVED.format(error.strerror)
        self._unwritten.append(entry)

    def states(self) -> dict[str, str]:
        """The newest state of each exercise that was tried, by id."""
        told = ((line.get("exercise"), line.get("state")) for line in self.lines())
        return {id: state for id, state in told if isinstance(id, str) and isinstance(state, str)}

    def lines(self) -> Iterator[dict[str, Any]]:
        """What stands in the journal."""
        text = ""
        with contextlib.suppress(OSError):  # not there yet, or not readable: writing will tell
            text = self.path.read_text(encoding="utf-8", errors="replace") if self.path else ""
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):  # half a line, or not ours
                continue
            if isinstance(entry, dict):
                yield entry
        yield from self._unwritten


def default_place() -> tuple[Path | None, str]:
    """The journal: WORKBOOK_PROGRESS if set ("off" keeps nothing), else in the folder that the platform has for a
    person's data, a file for each copy of the workbook. Where there is none: None, and why."""
    chosen = os.environ.get("WORKBOOK_PROGRESS")
    if chosen:
        return (None if chosen == "off" else Path(chosen)), ""
    try:
        from platformdirs import user_data_path  # a browser's Python lacks it, and is told where
    except ModuleNotFoundError:
        return None, UNSAVED.format("the package platformdirs is not installed")
    try:
        folder = user_data_path("gradients-by-hand", appauthor=False)
    except RuntimeError:
        return None, UNSAVED.format("no home folder is known")
    return folder / f"{ROOT.name}-{hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:8]}.jsonl", ""


PROGRESS = Progress(*default_place())
