"""Times that can be compared: taken in turn, in one run, and reduced to medians."""

import gc
import statistics
import time


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
