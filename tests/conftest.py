"""What tests of more than one file stand on."""

import os

import pytest
from lab import BROWSER_ARGS, find_browser


@pytest.fixture(scope="module")
def browser():
    """A Chromium or Chrome to look with. Where there is none, the test is skipped, or fails if one is required."""
    path = find_browser()
    if not path:
        reason = "no Chromium or Chrome was found on this machine; WORKBOOK_BROWSER can name one"
        (pytest.fail if os.environ.get("WORKBOOK_BROWSER_REQUIRED") else pytest.skip)(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGS)
        yield chromium
        chromium.close()
