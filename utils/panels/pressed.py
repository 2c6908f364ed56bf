"""What was pressed in a notebook: kept in that notebook, and filled in from there alone.

A press stands in the output of its cell, which is what is handed in. When the cell is run again that output is gone, so
the answer is taken from the saved notebook, or from what was pressed on the same page since. Whoever runs a notebook,
wherever, adds no answer to it.
"""

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from IPython import get_ipython

from utils.judge.verdict import MIME
from utils.panels.progress import PROGRESS

_saved: dict[str, dict[str, Any]] = {}  # by exercise, the record that the notebook held when it was last looked at


class Page:
    """The notebook on the screen in which a cell is being run.

    name: of the connection between this page and its kernel. It outlives a restart of the kernel, and no other notebook
    has it; "" where there is no such thing. file: the notebook as it was saved, if a person has it open.
    """

    def __init__(self) -> None:
        shell = get_ipython()
        asked = shell.get_parent() if hasattr(shell, "get_parent") else None
        self.name = str((asked or {}).get("header", {}).get("session", ""))
        name = getattr(shell, "user_ns", {}).get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME")
        # Who executes a notebook without opening it sends no cell; and what it has inherited names another notebook.
        is_open = "cellId" in ((asked or {}).get("metadata") or {})
        self.file = Path(name) if name and is_open else None

    def keep(self, exercise: str, answer: Any) -> None:
        """Remember what was pressed, until the notebook has been saved."""
        press = {"page": self.name, "exercise": exercise, "answer": answer, "saved": self._saved()}
        PROGRESS.write({"pressed": press}, lasting=bool(self.name))  # a restart of the kernel does not lose it

    def answer(self, exercise: str) -> Any:
        """What was pressed last in this notebook, or None."""
        saved = self._saved()
        _saved.update(_records(self.file, *saved) if saved else {})
        record, press = _saved.get(exercise), self._last(exercise)
        if press and (record is None or press.get("saved") == saved):
            return press.get("answer")
        return record.get("answer") if record else None

    def _last(self, exercise: str) -> dict[str, Any] | None:
        presses = (line["pressed"] for line in PROGRESS.lines() if isinstance(line.get("pressed"), dict))
        own = [press for press in presses if (press.get("page"), press.get("exercise")) == (self.name, exercise)]
        return own[-1] if own else None

    def _saved(self) -> list[int] | None:
        """What differs once the notebook is saved again."""
        try:
            found = self.file.stat()
        except (AttributeError, OSError):
            return None
        return [found.st_mtime_ns, found.st_size]


@lru_cache(maxsize=1)
def _records(file: Path, *saved: int) -> dict[str, dict[str, Any]]:
    """The records of verdicts in a notebook, by exercise."""
    try:
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        found = [output.get("data", {}).get(MIME) for cell in cells for output in cell.get("outputs", ())]
        return {record["exercise"]: record for record in found if isinstance(record, dict)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):  # not readable, or no notebook
        return {}
