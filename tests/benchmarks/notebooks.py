"""The whole nbval run, as the test command does it, beside a serial one."""

import subprocess
import sys
from pathlib import Path

from tests.benchmarks.timing import Row, interleaved_medians

ROOT = Path(__file__).parents[2]


def rows():
    """Measure, and yield a Row for each comparison."""

    def nbval(*options):
        command = [sys.executable, "-m", "pytest", "-q", "notebooks", "solutions", *options]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise RuntimeError(f"only green runs can be compared:\n{done.stdout}")

    parallel, serial = interleaved_medians(nbval, lambda: nbval("-n", "0"), rounds=3)
    yield Row("all notebooks under nbval, a file a worker", parallel, "one after the other", serial, 1.0)
