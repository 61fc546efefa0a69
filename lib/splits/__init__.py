"""Splits of a table, disjoint by subject, and the gate that no leak passes.

protocols   how images are divided: at random, paper A's Table 3, leak-free, by intensity, officially
leakage     what two sides share, and the gate
files       saved splits with their hashes
register    test reads: by whom, once per run, counted
results     images per side and what sides share, as notebook 06 records them; figures draws it
"""

from lib.splits.files import load, save
from lib.splits.leakage import LeakError, audit, exposure, leaks
from lib.splits.protocols import (
    SPLITS,
    TABLE_3,
    at_random,
    intensity,
    leak_free,
    official,
    paper_table_3,
    split,
    without_leaks,
)
from lib.splits.register import READERS, read_test, readings, test_reads
from lib.splits.results import results, shared
