"""`labels.csv` of a folder: read, checked, backed up, locked, written, one annotator's rows at a time.

* A file that this tool has not written (other columns, another separator, other labels) is refused and left alone.
* Before the first write of a session the old file is copied to `labels.csv.backup`.
* One session per annotator and folder: a second window is refused. A second session of one process, such as a notebook
  cell that runs again, takes over from the first.
* Where `labels.csv` is a link, the file that it points to is written, and the link stays.
"""

import math
import shutil
import warnings
from pathlib import Path
from urllib.parse import quote
from weakref import WeakValueDictionary, finalize

import pandas as pd
from filelock import FileLock, Timeout

from lib import paths
from lib.emotions import EMOTIONS

COLUMNS = ("path", "emotion", "intensity", "annotator")
UNSUITABLE = "unsuitable"
Answer = tuple[str, float]  # emotion, intensity in [0, 1]; NaN until it is given
_open: WeakValueDictionary[Path, "LabelsFile"] = WeakValueDictionary()  # by their locks, of this process


class LabelsFile:
    """The rows of one annotator in the `labels.csv` of a folder, locked for as long as this object lives."""

    def __init__(self, folder: Path, annotator: str) -> None:
        """Lock the rows of one annotator; all others are kept as they are.

        Raises:
            BlockingIOError: another process labels this folder for this annotator.
        """
        self.name, self.annotator = folder / "labels.csv", annotator
        self.path = self.name.resolve()  # a link is followed, so that it stays
        self._backed_up = False
        place = folder.resolve() / f".labels.{quote(annotator, safe='')}.lock"
        if place in _open:
            _open.pop(place).close()
        self._lock = FileLock(place, timeout=0, thread_local=False)
        self._whole = FileLock(folder.resolve() / ".labels.lock", thread_local=False)  # while others' rows are copied
        try:
            self._lock.acquire()
        except Timeout:
            who = f" as {annotator!r}" if annotator else ""
            raise BlockingIOError(
                f"another session labels {folder}{who}; close it, or choose another annotator"
            ) from None
        self._end = finalize(self, _give_back, self._lock)
        _open[place] = self

    def close(self) -> None:
        """Give the lock back, as the end of the program does; a later `write` is refused."""
        self._end()

    def write(self, answers: dict[str, Answer]) -> None:
        """Replace the annotator's rows, all or nothing; rows of others and further columns are kept.

        Raises:
            OSError: the file cannot be written, or a later session has taken over.
            ValueError: the file is no longer one of this tool.
        """
        if not self._lock.is_locked:
            raise BlockingIOError("this folder was opened in a later session; go on there")
        self._whole.acquire()
        try:
            table = _table(self.name)
            self._back_up()
            with paths.replace_on_success(self.path) as part:
                self._with(table, answers).to_csv(part, index=False)
        finally:
            _give_back(self._whole)

    def _with(self, table: pd.DataFrame, answers: dict[str, Answer]) -> pd.DataFrame:
        """Return the table with the annotator's rows replaced; a row with further columns stays without its answer."""
        mine = table["annotator"] == self.annotator
        further = table[mine].drop(columns=list(COLUMNS[1:]))
        rows = [
            (path, emotion, "" if math.isnan(intensity) else str(intensity), self.annotator)
            for path, (emotion, intensity) in answers.items()
        ]
        parts = [table[~mine], pd.DataFrame(rows, columns=COLUMNS).merge(further, on="path", how="left")]
        if len(further.columns) > 1:
            unanswered = table[mine & ~table["path"].isin(list(answers))]
            parts.append(unanswered.assign(emotion="", intensity=""))
        return pd.concat(parts)

    def _back_up(self) -> None:
        """Copy the file as it was before this session, once."""
        if self.path.is_file() and not self._backed_up:
            with paths.replace_on_success(self.path.with_name(f"{self.path.name}.backup")) as part:
                shutil.copyfile(self.path, part)
        self._backed_up = True


def answers_of(name: Path, annotator: str) -> dict[str, Answer]:
    """Return the answers of one annotator by image, without a lock: none where there is no file.

    Args:
        name: of a `labels.csv`.
        annotator: whose rows.

    Raises:
        ValueError: the file is not one of this tool, or holds labels that it does not know.
    """
    table = _table(name)
    mine = table[(table["annotator"] == annotator) & (table["emotion"] != "")]
    intensity = pd.to_numeric(mine["intensity"], errors="coerce")
    wrong = ~mine["emotion"].isin([*EMOTIONS, UNSUITABLE]) | mine["path"].duplicated()
    wrong |= (mine["intensity"] != "") & ~intensity.between(0, 1)
    if wrong.any():
        rows = mine.loc[wrong, list(COLUMNS[:3])].head(3).agg(", ".join, axis=1)
        raise ValueError(
            f"{name}: {wrong.sum()} rows have an unknown emotion, an intensity outside 0 to 1, or name an "
            f"image twice, for instance {'; '.join(rows)}. Expected {', '.join(EMOTIONS)} or {UNSUITABLE}"
        )
    return dict(zip(mine["path"], zip(mine["emotion"], intensity, strict=True), strict=True))


def _table(name: Path) -> pd.DataFrame:
    """Return a whole file as text; an empty table where there is none."""
    if not name.is_file():
        return pd.DataFrame(columns=COLUMNS, dtype=str)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            # no index: a comma at the end of every line, as spreadsheets write it, is no column
            table = pd.read_csv(name, dtype=str, keep_default_na=False, encoding="utf-8-sig", index_col=False)
    except pd.errors.ParserWarning:
        raise ValueError(
            f"{name} was not written by this tool: it has rows of more fields than its header. Nothing was "
            "changed; put values with commas into double quotes, or move it away"
        ) from None
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        table = pd.DataFrame()
    lacking = [column for column in COLUMNS if column not in table]
    if lacking:
        raise ValueError(
            f"{name} was not written by this tool: it has no column {', '.join(lacking)}, with commas and as "
            f"UTF-8. Nothing was changed; give it the columns {', '.join(COLUMNS)}, or move it away"
        )
    return table[[*COLUMNS, *(column for column in table if column not in COLUMNS)]]


def _give_back(lock: FileLock) -> None:
    """Release a lock and leave no file of it: removed while it is held, so that whoever waits makes a new one."""
    if lock.is_locked:
        Path(lock.lock_file).unlink(missing_ok=True)
    lock.release()
