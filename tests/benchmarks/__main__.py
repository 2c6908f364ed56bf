"""The benchmarks in one table, all of them or those named: python -m tests.benchmarks [verdicts figures ...]"""

import argparse

from tests.benchmarks import figures, grading, reference, verdicts
from tests.benchmarks.timing import print_table

PARTS = {part.__name__.rpartition(".")[2]: part for part in (reference, verdicts, grading, figures)}

parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Print a table of ratios from one run.")
parser.add_argument("part", nargs="*", choices=PARTS, help="all if none is named")
named = parser.parse_args().part or PARTS
print_table(row for name in PARTS if name in named for row in PARTS[name].rows())
