"""Label files with commas: one parser for all of them, which also knows where in the file each record begins."""

import csv
import os
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from lib.datasets.files import regular
from lib.datasets.table import DataError

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read(root: Path, name: str, columns: Collection[str], optional: Collection[str] = ()) -> pd.DataFrame:
    """Read `columns` (and those of `optional` that are there) of a label file as text; "" where a cell is empty.

    Args:
        root: the data set's folder.
        name: the file, relative to it.
        columns: names that the header must have, in any order, among others.
        optional: names that it may have.

    Raises:
        DataError: the file is no table (see `records`) or lacks a column.
    """
    return read_located(root, name, columns, optional)[0]


def read_located(
    root: Path, name: str, columns: Collection[str], optional: Collection[str] = (), unread: Collection[str] = ()
) -> tuple[pd.DataFrame, list[int]]:
    """Read as `read` does; return the table, and the byte of the file at which each of its rows begins.

    The columns in `unread` must be there and are too large to keep.
    """
    lines = records(root, name)
    header = next(lines, (0, []))[1]
    absent = sorted({*columns, *unread} - set(header))
    if absent:
        raise DataError(
            f"{root / name} has no column {', '.join(absent)}; it has {', '.join(filter(None, header)) or 'none'}"
        )
    wanted = [column for column in (*columns, *optional) if column in header]
    twice = [column for column in wanted if header.count(column) > 1]
    if twice:
        raise DataError(f"{root / name} has two columns {twice[0]}; rename the one that is not meant")
    places = [header.index(column) for column in wanted]
    rows, starts = [], []
    for start, fields in lines:
        rows.append([fields[place] for place in places])
        starts.append(start)
    return pd.DataFrame(rows, columns=wanted, dtype=str), starts


def records(root: Path, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (the byte where it begins, its fields) of every record that is not blank, the header first.

    A byte-order mark, Windows line ends, quotes, line breaks inside quotes and blanks round a value do no harm. Every
    record has as many fields as the header; a shorter one is filled with "".

    Raises:
        DataError: the file is not UTF-8, its quotes do not pair, a record has more fields than the header, or the last
            line has no end and may have lost a field or a digit.
    """
    with open(regular(root, name), "rb") as file:
        size, ended = file.seek(0, os.SEEK_END), _ends_with_a_line_end(file)
        file.seek(0)
        start = len(BYTE_ORDER_MARK) if file.read(3) == BYTE_ORDER_MARK else 0
        file.seek(start)
        reader, header = parse(line.decode() for line in iter(file.readline, b"")), []
        try:
            for fields in reader:
                fields = [field.strip() for field in fields]
                if any(fields):
                    header = header or fields
                    _check_fields(fields, len(header), ended or file.tell() < size)
                    yield start, (fields + [""] * len(header))[: len(header)]
                start = file.tell()
        except UnicodeDecodeError as error:
            raise DataError(f"{root / name} is not UTF-8 text (line {reader.line_num + 1}: {error.reason})") from None
        except csv.Error as error:
            raise DataError(f"{root / name} is not a table with commas (line {reader.line_num}: {error})") from None


def _ends_with_a_line_end(file: BinaryIO) -> bool:
    """Tell whether the last byte is a line end; an empty file has lost nothing. `file` stands at its end."""
    return file.tell() == 0 or (file.seek(-1, os.SEEK_END) >= 0 and file.read(1) == b"\n")


def _check_fields(fields: list[str], expected: int, whole: bool) -> None:
    """Raise csv.Error where a record has fields too many, or is the last, without line end, and may be cut short."""
    if any(fields[expected:]):
        raise csv.Error(f"{len(fields)} fields, the header has {expected}; a value with a comma needs double quotes")
    if not whole and (len(fields) < expected or re.fullmatch(r"[-+]?[\d.]*(e[-+]?\d*)?", fields[-1], re.I)):
        raise csv.Error("the last line has no line end, so it may be cut short; complete it, or add the line end")


def parse(lines: Iterable[str]) -> Iterator[list[str]]:
    """Return a reader of the records in `lines`: commas, double quotes; csv.Error where the quotes do not pair."""
    return csv.reader(lines, strict=True, skipinitialspace=True)
