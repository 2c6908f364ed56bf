"""What is long by nature, and what the tests do a little of: a class that hands in every mistake, all chapters by
the rules of axe, 300,000 derivations of every kind of text, and 20,000 with a slip planted."""

import random
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests import fuzz_slips
from tests.benchmarks.timing import Row
from tests.fuzz_derivation import SECONDS, attack
from tests.lab import BROWSER_ARGS, find_browser, jupyterlab
from tests.returned import as_planted, hand_in, in_groups, the_class
from tests.test_browser import PATIENCE, PLANTED, all_chapters, found_by_axe, one_of_each_kind
from utils.exercises import BANK
from utils.teach.grade.__main__ import main

TEXTS = 300_000
PLANTED_SLIPS = 20_000


def rows():
    """Measure, and yield a Row for each comparison. Raises AssertionError if a promise is not kept."""
    yield _the_whole_class()
    yield _all_chapters_by_axe()
    rng = random.Random(0)
    slowest = max(attack(rng)[2] for _ in range(TEXTS))
    yield Row(f"the slowest of {TEXTS} fuzzed derivations", slowest, "what none may take", SECONDS, 1.0)
    start = time.perf_counter()
    told = [found[1] is not None for found in (fuzz_slips.attack(rng) for _ in range(PLANTED_SLIPS)) if found]
    seconds = (time.perf_counter() - start) / PLANTED_SLIPS
    yield Row(f"a planted slip, {sum(told)} of {len(told)} named", seconds, "what none may take", SECONDS, 1.0)


def _the_whole_class():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        texts, planted = in_groups(the_class(whole=True))
        hand_in(folder / "in", texts)
        seen = {(exercise, slug) for marks in planted.values() for exercise, (_, slug) in marks.items()}
        asked = {(e.id, mistake.slug) for e in BANK.values() for mistake in getattr(e, "mistakes", ())}
        assert len(planted) >= 240 and asked <= seen
        here = _marked(folder, planted)
        alone = _marked(folder, planted, "--jobs", "1")
    return Row(f"marking a class of {len(planted)} with all mistakes", here, "one notebook at a time", alone)


def _all_chapters_by_axe():
    seconds = []
    with tempfile.TemporaryDirectory() as home, jupyterlab(Path(home)) as lab, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_ARGS)
        for sources in (all_chapters(), one_of_each_kind()):
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            page.set_default_timeout(PATIENCE)
            start = time.perf_counter()
            assert found_by_axe(page, lab, sources) == PLANTED
            seconds.append(time.perf_counter() - start)
    return Row("axe on what all chapters show", seconds[0], "on one of each kind", seconds[1])


def _marked(folder, planted, *options):
    start = time.perf_counter()
    main([str(folder / "in"), "--out", str(folder / "marks.csv"), *options])
    assert as_planted(folder / "marks.csv") == planted
    return time.perf_counter() - start
