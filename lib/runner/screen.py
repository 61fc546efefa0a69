"""What the reader sees of a run: a line per notebook, and what the running ones are at; all of it is in a log too."""

import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from lib.runner.execute import Outcome, Watch
from lib.runner.plan import Step

LOG_EVERY, PRINT_EVERY = 20, 60  # seconds between two lines about one notebook, in the log and where no terminal is


class Screen:
    """Prints to a terminal or a pipe, and writes `build/run.log`."""

    def __init__(self, log: Path, stream: TextIO = sys.stdout) -> None:
        old = log.exists() and log.stat().st_size < 10**6  # some hundred runs
        self.log = log.open("a" if old else "w", encoding="utf-8")
        self.stream, self.terminal = stream, stream.isatty()
        self.peak = 0  # bytes that all running notebooks have held together
        self._shown, self._told = "", {}

    def line(self, text: str) -> None:
        """Print a line that stays, and log it."""
        self._wipe()
        print(text, file=self.stream, flush=True)
        self.write(text)

    def write(self, text: str) -> None:
        """Log a line alone."""
        self.log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")
        self.log.flush()

    def ended(self, step: Step, outcome: Outcome) -> None:
        """Print a notebook's line."""
        head = f"{step.notebook.number}  {step.notebook.title:<44.44}"
        result = "ok" if outcome.ok else "FAILED"
        self.line(f"{head} {outcome.seconds:7.1f} s {outcome.peak_bytes / 2**30:5.1f} GB  {result}")

    def tick(self, running: Mapping[str, Watch]) -> None:
        """Show what the running notebooks are at: on a terminal in one line that is written anew."""
        self.peak = max(self.peak, sum(watch.resident for watch in running.values()))
        texts = {number: f"{number}  cell {at(watch)}" for number, watch in running.items()}
        for number, text in texts.items():
            self._tell(number, text, running[number].seconds())
        if self.terminal and running:
            width = shutil.get_terminal_size().columns - 1
            share = max(20, width // len(running) - 3)
            times = [f"{text:.{share - 7}} {running[number].seconds():4.0f} s" for number, text in texts.items()]
            self._wipe()
            self._shown = " | ".join(times)[:width]
            print(self._shown, end="", file=self.stream, flush=True)

    def _tell(self, number: str, text: str, seconds: float) -> None:
        """Log, and print where no terminal is, how far a notebook is, if it has moved and not too often."""
        now, line = time.monotonic(), f"{text}  ({seconds:.0f} s)"
        logged, printed, before = self._told.get(number, (now, now, text))
        if text != before and now >= logged + LOG_EVERY:
            logged, before = now, text
            self.write(line)
            if not self.terminal and now >= printed + PRINT_EVERY:
                printed = now
                print(line, file=self.stream, flush=True)
        self._told[number] = (logged, printed, before)

    def _wipe(self) -> None:
        """Overwrite the line that shows what runs."""
        if self._shown:
            print("\r" + " " * len(self._shown) + "\r", end="", file=self.stream, flush=True)
            self._shown = ""


def at(watch: Watch) -> str:
    """Return which cell of how many a notebook is at, and the newest line that it has shown."""
    return f"{watch.cell + 1}/{watch.cells} {watch.note}".rstrip()
