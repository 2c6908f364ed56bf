"""From running a cell with the right answer to its verdict, and the check alone of programs with one slip."""

import gc
import statistics
import time

import numpy as np
from jupyter_client.manager import start_new_kernel

from tests.benchmarks.timing import Row, interleaved_medians
from tests.one_slip import function, slips
from utils.exercises import BANK, Exercise
from utils.panels.solution import solution
from utils.panels.verdict import MIME

SAMPLE = 11  # every eleventh
FUNCTIONS = [e for e in BANK.values() if isinstance(e, Exercise)]


def rows():
    """Measure, and yield a Row for each comparison."""
    yield from slipped()
    yield from cells()


def slipped():
    """A check of programs with one slip, which are read from inside, against calling them on the same inputs: the
    median, which should take less than 100 ms, and the slowest, less than 300."""
    seconds, bare, some = [], [], slips()[::SAMPLE]
    gc.freeze()  # or Python walks through the trees of all slips in the middle of a check
    for slip in some:
        asked, answer = BANK[slip.exercise], function(slip.exercise, slip.source)
        cases = asked.inputs(np.random.default_rng(0))
        started = time.perf_counter()
        for case in cases:
            asked.run(answer, case)
        called = time.perf_counter()
        asked.check(answer, np.random.default_rng(0))
        bare.append(called - started)
        seconds.append(time.perf_counter() - called)
    yield Row("check of a program with one slip, median", statistics.median(seconds), "calls", statistics.median(bare))
    yield Row("check of a program with one slip, slowest", max(seconds), "calls", max(bare))


def cells():
    """Running the solution's cell until its verdict has arrived, against the same cell without the decorator."""
    manager, client = start_new_kernel(kernel_name="python3", extra_arguments=["--log-level=ERROR"])
    try:
        run(client, "import os; os.environ['WORKBOOK_PROGRESS'] = 'off'")
        run(client, "import numpy as np\nfrom utils import exercise\nfrom utils.reference import *")
        for exercise in FUNCTIONS:
            cell = solution(exercise.id).split("```")[1].removeprefix("python\n")
            plain = "\n".join(line for line in cell.splitlines() if not line.startswith("@exercise"))
            assert run(client, cell), "the cell gave a verdict"
            checked, bare = interleaved_medians(
                lambda cell=cell: run(client, cell), lambda plain=plain: run(client, plain), rounds=9
            )
            yield Row(f"cell run to verdict, {exercise.id}", checked, "the same cell, unchecked", bare)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run(client, code):
    """Run a cell, until the kernel is idle again. Whether there was a verdict."""
    heard = []
    reply = client.execute_interactive(code, timeout=60, output_hook=heard.append)
    if reply["content"]["status"] == "error":
        raise RuntimeError("\n".join(reply["content"]["traceback"]))
    return any(MIME in message["content"].get("data", {}) for message in heard)
