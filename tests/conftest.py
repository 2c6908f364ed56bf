"""What tests of more than one file stand on."""

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.lab import BROWSER_ARGS, find_browser, stop_or_skip

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
