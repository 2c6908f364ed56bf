"""What tests of more than one file stand on."""

import gc
import logging
import os
import sys

import pytest

from tests.lab import BROWSER_ARGS, find_browser, stop_or_skip
from utils.judge.verdict import MIME
from utils.panels.buttons import Buttons
from utils.panels.progress import Progress

# The longest begin first, so that no worker is alone with one of them at the end.
LONG = "exercise_bank browser one_slip told_truly grade every_figure nbgrader slides lite person".split()  # noqa: SIM905


class Raised(logging.Handler):
    """A fault of ours that a reader is spared is raised where tests run."""

    def emit(self, record):
        if record.exc_info:
            raise record.exc_info[1]


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="do at length what the tests do a little of, in an hour")


def pytest_configure(config):
    logging.getLogger("utils").addHandler(Raised())
    logging.getLogger("utils").setLevel(logging.DEBUG)
    # Kernels have a history of their own: one that several workers write at once is not safe, and yours is yours.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    history = config.rootpath / ".pytest_cache" / f"ipython-{worker}"
    history.mkdir(parents=True, exist_ok=True)
    os.environ["IPYTHONDIR"] = str(history)


def pytest_collection_modifyitems(items):
    rank = {f"test_{name}": number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(LONG)))


def pytest_collection_finish():
    gc.freeze()  # thousands of tests stay until the end: no need to look through them again and again
    gc.set_threshold(100_000, 20, 50)  # and what a test leaves behind is small beside the memory there is


def pytest_xdist_auto_num_workers():
    return (os.cpu_count() or 1) + 1  # one of them mostly waits: for a browser, a kernel, an answer that never ends


@pytest.fixture
def long(request):
    """Whether to do at length what the tests do a little of."""
    return request.config.getoption("--long")


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


@pytest.fixture
def screen(monkeypatch):
    """Stands in for the notebook in which the panels show what they show."""
    return Screen(monkeypatch)
