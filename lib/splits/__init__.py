"""Splits of a table, disjoint by subject, and the gate that no leak passes."""

from lib.splits.leakage import LeakError, audit, leaks
from lib.splits.protocols import (
    READERS,
    TABLE_3,
    leak_free,
    load,
    official,
    paper_table_3,
    read_test,
    save,
    sha256,
    split,
    test_reads,
    without_leaks,
)

__all__ = [
    "READERS",
    "TABLE_3",
    "LeakError",
    "audit",
    "leak_free",
    "leaks",
    "load",
    "official",
    "paper_table_3",
    "read_test",
    "save",
    "sha256",
    "split",
    "test_reads",
    "without_leaks",
]
