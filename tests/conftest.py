"""What tests of more than one file stand on."""

import sys

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.lab import BROWSER_ARGS, find_browser, stop_or_skip
from utils.judge.verdict import MIME
from utils.panels.buttons import Buttons
from utils.panels.progress import Progress

# What waits for other programs begins first, and is the longest that one worker has to do in a row.
FIRST = ("test_browser", "test_nbgrader", "test_grade", "test_lite", "test_slides", "test_notebooks")
SPREAD = "test_exercise_bank.py"  # no two exercises share anything: this file need not stay on one worker


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: FIRST.index(item.path.stem) if item.path.stem in FIRST else len(FIRST))


def pytest_xdist_make_scheduler(config, log):
    class Scheduling(LoadFileScheduling):
        def _split_scope(self, test):
            file, _, name = test.partition("::")
            return f"{file} {name.partition('[')[2].partition('-')[0]}" if file.endswith(SPREAD) else file

    return Scheduling(config, log)


@pytest.fixture(scope="module")
def browser():
    """A Chromium or Chrome to look with. Where there is none, the test is skipped, or fails if one is required."""
    path = find_browser()
    if not path:
        stop_or_skip("no Chromium or Chrome was found on this machine; WORKBOOK_BROWSER can name one")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGS)
        yield chromium
        chromium.close()


class Screen:
    """Stands in for the notebook: what is displayed there and becomes of it, the buttons on it, and the progress."""

    def __init__(self):
        self.outputs, self.buttons, self.progress = [], [], Progress(None)

    def display(self, bundle, raw=False, display_id=None, metadata=None):
        assert raw
        output = dict(bundle)
        self.outputs.append(output)

        class Handle:
            def update(_, new, raw=False):
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


@pytest.fixture
def screen(monkeypatch):
    screen = Screen()
    known = {
        "display": screen.display,
        "PROGRESS": screen.progress,
        "Buttons": screen.make,
        "_pressed": {},
        "LATEST": {},
    }
    for name in [name for name in sys.modules if name.startswith(("utils.panels.", "utils.figures.page"))]:
        for what in known.keys() & vars(sys.modules[name]).keys():
            monkeypatch.setattr(sys.modules[name], what, known[what])
    return screen
