"""Times that can be compared: taken in turn, in one run, and reduced to medians."""

import statistics
import timeit
from typing import NamedTuple


class Row(NamedTuple):
    """One line of a table. target: the largest ratio, ours over the other, that is good enough; None if none is set."""

    name: str
    ours_seconds: float
    other_name: str
    other_seconds: float
    target: float | None = None


def print_table(rows):
    """Print rows as they come, for a measurement can take a while."""
    line = "{:58} {:32} {:>10} {:>10} {:>7} {:>7}"
    print(line.format("ours", "against", "ours, ms", "other, ms", "ratio", "target"))
    for row in rows:
        times = f"{1e3 * row.ours_seconds:.2f}", f"{1e3 * row.other_seconds:.2f}"
        ratio = f"{row.ours_seconds / row.other_seconds:.2f}"
        target = "" if row.target is None else f"{row.target:.2f}"
        print(line.format(row.name, row.other_name, *times, ratio, target), flush=True)


def interleaved_medians(*functions, rounds=15):
    """Median seconds of each function, called in turn `rounds` times after one warm-up call each.

    In turn, so that whatever else the machine does falls on all of them alike: it is the ratios that mean something.
    Nothing is collected meanwhile.
    """
    _, *seconds = [[timeit.timeit(function, number=1) for function in functions] for _ in range(rounds + 1)]
    return [statistics.median(spent) for spent in zip(*seconds, strict=True)]
