"""What is long by nature, and what the tests do a little of: a class that hands in every mistake, on this machine and
on a Dask cluster, and 300,000 derivations of every kind of text."""

import random
import tempfile
import time
from pathlib import Path

from distributed import LocalCluster

from tests.benchmarks.timing import Row
from tests.fuzz_derivation import SECONDS, attack
from tests.returned import as_planted, hand_in, in_groups, the_class
from utils.exercises import BANK
from utils.teach.grade.__main__ import main

TEXTS = 300_000


def rows():
    """Measure, and yield a Row for each comparison. Raises AssertionError if a promise is not kept."""
    yield _the_whole_class()
    rng = random.Random(0)
    slowest = max(attack(rng)[2] for _ in range(TEXTS))
    yield Row(f"the slowest of {TEXTS} fuzzed derivations", slowest, "what none may take", SECONDS, 1.0)


def _the_whole_class():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        texts, planted = in_groups(the_class(whole=True))
        hand_in(folder / "in", texts)
        seen = {(exercise, slug) for marks in planted.values() for exercise, (_, slug) in marks.items()}
        asked = {(e.id, mistake.slug) for e in BANK.values() for mistake in getattr(e, "mistakes", ())}
        assert len(planted) >= 240 and asked <= seen
        here = _marked(folder, planted)
        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
            there = _marked(folder, planted, "--scheduler", cluster.scheduler_address)
    return Row(f"marking a class of {len(planted)} with all mistakes", here, "on a Dask cluster of two", there)


def _marked(folder, planted, *options):
    start = time.perf_counter()
    main([str(folder / "in"), "--out", str(folder / "marks.csv"), *options])
    assert as_planted(folder / "marks.csv") == planted
    return time.perf_counter() - start
