"""The check of a right program, and of one with a slip, which is read from inside, against calls on the same inputs.

The median should take less than 100 ms, and the slowest less than 300.
"""

import gc
import statistics
import time

import numpy as np

from tests.benchmarks.timing import Row
from tests.one_slip import function, right_programs, slips
from utils.exercises import BANK

SAMPLE = 11  # every eleventh slip


def rows():
    """Measure, and yield a Row for each comparison."""
    slipped = [(slip.exercise, slip.source) for slip in slips()[::SAMPLE]]
    gc.freeze()  # or Python walks through all slips in the middle of a check
    for called, programs in (("a right program", right_programs()), ("a program with one slip", slipped)):
        checked, bare = zip(*(measured(*program) for program in programs), strict=True)
        for name, of in (("median", statistics.median), ("slowest", max)):
            yield Row(f"check of {called}, {name}", of(checked), "calls", of(bare))


def measured(exercise, source):
    """The seconds of a check, and of calling the answer on the same inputs."""
    asked, answer = BANK[exercise], function(exercise, source)
    cases = asked.inputs(np.random.default_rng(0))
    started = time.perf_counter()
    for case in cases:
        asked.run(answer, case)
    called = time.perf_counter()
    asked.check(answer, np.random.default_rng(0))
    return time.perf_counter() - called, called - started
