"""Every benchmark in one table: python -m tests.benchmarks"""

from tests.benchmarks import figures, grading, notebooks, reference, verdicts
from tests.benchmarks.timing import print_table

print_table(row for part in (reference, verdicts, grading, figures, notebooks) for row in part.rows())
