"""A notebook's page for the tests of what is shown there."""

import sys

from utils.judge.verdict import MIME
from utils.panels.buttons import Buttons
from utils.panels.progress import Progress


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
