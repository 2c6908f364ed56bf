"""Times that can be compared: taken in turn, in one run, and reduced to medians."""

import gc
import statistics
import time
from typing import NamedTuple


class Row(NamedTuple):
    """One line of a table. target: the largest ratio, ours over the other, that is good enough; None if none is set."""

    name: str
    ours_seconds: float
    other_name: str
    other_seconds: float
    target: float | None = None

    @property
    def ratio(self):
        return self.ours_seconds / self.other_seconds


def print_table(rows):
    """Print rows as they come, for a measurement can take a while."""
    line = "{:58} {:32} {:>10} {:>10} {:>7} {:>7}"
    print(line.format("ours", "against", "ours, ms", "other, ms", "ratio", "target"))
    for row in rows:
        times = f"{1e3 * row.ours_seconds:.2f}", f"{1e3 * row.other_seconds:.2f}"
        target = "" if row.target is None else f"{row.target:.2f}"
        print(line.format(row.name, row.other_name, *times, f"{row.ratio:.2f}", target), flush=True)


def interleaved_medians(*functions, rounds=15):
    """Median seconds of each function, called in turn `rounds` times after one warm-up call each.

    In turn, so that whatever else the machine does falls on all of them alike: it is the ratios that mean something.
    """
    for function in functions:
        function()
    seconds = [[] for _ in functions]
    collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(rounds):
            for function, spent in zip(functions, seconds, strict=True):
                start = time.perf_counter()
                function()
                spent.append(time.perf_counter() - start)
    finally:
        if collecting:
            gc.enable()
    return [statistics.median(spent) for spent in seconds]
