"""Frames on their way through threads, so that camera, network and screen do not wait for one another.

    frames -> [place] -> work -> [place] -> whoever loops over the `Line`

A place holds one frame. In a line that is *live*, a new frame replaces one that nobody has taken, so that a slow step
loses frames and is never late by more than its own time. In a line that is not, a step waits until the place is free,
and every frame arrives.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


class Place:
    """A place for one item between two threads; looping over it takes the items until it is closed.

    Attributes:
        replaced: items that a newer one has replaced.

    Args:
        live: whether a new item replaces one that is still there; otherwise `put` waits.
    """

    def __init__(self, live: bool) -> None:
        self.live, self.replaced = live, 0
        self._changed, self._items = threading.Condition(), []
        self._open, self._error = True, None

    def put(self, item: object) -> bool:
        """Put an item; return False where the place is closed, so that nobody will take it."""
        with self._changed:
            self._changed.wait_for(lambda: self.live or not self._items or not self._open)
            if self._open:
                self.replaced += len(self._items)
                self._items = [item]
                self._changed.notify_all()
            return self._open

    def close(self, error: Exception | None = None) -> None:
        """End the loop of whoever takes, after the item that is still there; an error is raised there."""
        with self._changed:
            if self._open:
                self._open, self._error = False, error
            self._changed.notify_all()

    def __iter__(self) -> Iterator:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._items or not self._open)
                if not self._items:
                    break
                item = self._items.pop()
                self._changed.notify_all()
            yield item
        if self._error:
            raise self._error


class Line:
    """Frames, and work on each, in two threads; loop over it to take what is made. Leaving the loop waits for both.

    Args:
        frames: where the items come from.
        work: what is made of each.
        live: whether frames are lost where work, or whoever takes, is slow.
    """

    def __init__(self, frames: Iterable[Item], work: Callable[[Item], Made], live: bool) -> None:
        self._waiting, self._made = Place(live), Place(live)
        self._threads = [
            threading.Thread(target=_pass, args=(frames, lambda item: item, self._waiting), daemon=True),
            threading.Thread(target=_pass, args=(self._waiting, work, self._made), daemon=True),
        ]

    @property
    def lost(self) -> int:
        """Frames that were not worked on, or not taken, because newer ones came."""
        return self._waiting.replaced + self._made.replaced

    def __iter__(self) -> Iterator[Made]:
        for thread in self._threads:
            thread.start()
        try:
            yield from self._made
        finally:
            self.close()
            for thread in self._threads:
                thread.join()

    def close(self) -> None:
        """End both threads after the item that each has in hand, and with them the camera."""
        self._waiting.close()
        self._made.close()


def _pass(items: Iterable[Item], work: Callable[[Item], Made], place: Place) -> None:
    """Put what is made of each item into a place; an error goes there too, to whoever takes."""
    items, error = iter(items), None
    try:
        for item in items:
            if not place.put(work(item)):
                break
    except Exception as raised:
        error = raised
    place.close(error)
    close = getattr(items, "close", None)  # a generator over a camera lets it go
    if close:
        close()
