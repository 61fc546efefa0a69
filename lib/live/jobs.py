"""Work behind a window, so that the window never waits: threads work, and the window's own thread takes the results."""

import queue
import threading
from collections.abc import Callable


class Jobs:
    """Jobs in the order of `start` in one thread, and jobs `beside` them in threads of their own."""

    def __init__(self) -> None:
        self._todo: queue.SimpleQueue = queue.SimpleQueue()
        self._ended: queue.SimpleQueue = queue.SimpleQueue()
        self._finished = False
        self._threads = [threading.Thread(target=self._work, daemon=True)]
        self._threads[0].start()

    def start(self, work: Callable[[], object], done: Callable[[object], None], failed: Callable[[str], None]) -> None:
        """Queue a job: `deliver` will call `done` with its result, or `failed` with the sentence of its error."""
        self._todo.put((work, done, failed))

    def beside(self, work: Callable[[], object], done: Callable[[object], None], failed: Callable[[str], None]) -> None:
        """Start a job that lasts, such as a video, at once."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(threading.Thread(target=self._do, args=(work, done, failed), daemon=True))
        self._threads[-1].start()

    def deliver(self) -> None:
        """Call `done` or `failed` of every job that has ended."""
        while not self._ended.empty():
            call, outcome = self._ended.get()
            call(outcome)

    def finish(self) -> None:
        """Wait for the jobs that run and drop those behind; a process that ends while a network works is aborted."""
        self._finished = True
        self._todo.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while (job := self._todo.get()) is not None:
            if not self._finished:
                self._do(*job)

    def _do(self, work: Callable[[], object], done: Callable[[object], None], failed: Callable[[str], None]) -> None:
        try:
            self._ended.put((done, work()))
        except Exception as error:  # whatever it is, the window says it and lives on
            self._ended.put((failed, str(error) or type(error).__name__))
