"""A notebook's page for the tests of what is shown there."""

import re
import sys
from pathlib import Path

from utils.judge.verdict import MIME
from utils.panels.buttons import Buttons
from utils.panels.progress import Progress


def rows(heading, page="screen.md"):
    """The rows of the table below a heading of a page: the texts of their cells, of which the first is code."""
    text = (Path(__file__).parent / page).read_text(encoding="utf-8")
    found = []
    for line in text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0].strip().split("\n")[2:]:
        row = re.fullmatch(r"\| `(.*?)` \|(?:(.*)\|)?", line)
        assert row, f"{page}: no row of a table whose first cell is code: {line}"
        found.append([row[1], *map(str.strip, row[2].split("|") if row[2] else ())])
    return found


class Screen:
    """Stands in for the notebook: what is displayed there and becomes of it, the buttons on it, and the progress."""

    def __init__(self, monkeypatch):
        self.outputs, self.buttons, self.progress = [], [], Progress(None)
        own = {"display": self.display, "PROGRESS": self.progress, "Buttons": self.make, "LATEST": {}}
        for name in [name for name in sys.modules if name.startswith(("utils.panels.", "utils.figures."))]:
            for what in own.keys() & vars(sys.modules[name]).keys():
                monkeypatch.setattr(sys.modules[name], what, own[what])

    def display(self, bundle, raw=False, display_id=None, metadata=None):
        assert raw
        output = dict(bundle)
        self.outputs.append(output)

        class Handle:
            def update(_, new, raw=False, metadata=None):
                output.clear()
                output.update(new)

        return Handle() if display_id else None

    def make(self, *options, **look):
        self.buttons.append(Buttons(*options, **look))
        return self.buttons[-1]

    @property
    def cards(self):
        return [output for output in self.outputs if MIME in output]

    @property
    def record(self):
        """What the last card keeps for tests and graders."""
        return self.cards[-1][MIME]
