"""Tells others of cells; one that fails disturbs neither the cell nor the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: A listener that has raised so often in a row is called no more.
MOST_FAILURES = 3


class Listeners:
    """Called in the order in which they came. failed: told of each failure."""

    def __init__(self, failed: Callable[[object, BaseException], None]) -> None:
        self._failed = failed
        self._listeners: dict[int, Callable[..., object]] = {}
        #: Whether each wants to be called now; all others always do.
        self._listens: dict[int, Callable[[], bool]] = {}
        #: The same for `listens`, which is asked before each cell; None: some always do.
        self._to_ask: tuple[Callable[[], bool], ...] | None = ()
        self._failures: dict[int, int] = {}
        self._next = 0

    def add(self, listener: Callable[..., object], listens: Callable[[], bool] | None = None) -> Callable[[], None]:
        """listens: whether it wants to be called, at a moment. It is called all the same where others want that."""
        self._next += 1
        key = self._next
        self._listeners[key] = listener
        if listens is not None:
            self._listens[key] = listens
        self._changed()
        return lambda: self._remove(key)

    def listens(self) -> bool:
        """Whether anybody wants to be called now: what they are called with need not be made else."""
        if self._to_ask is None:
            return True
        for listens in self._to_ask:
            if listens():
                return True
        return False

    def call(self, *arguments: Any) -> None:
        for key, listener in list(self._listeners.items()):
            try:
                listener(*arguments)
                self._failures.pop(key, None)
            except KeyboardInterrupt:
                continue
            except BaseException as error:  # noqa: BLE001 - what a listener raises is not the cell's
                self._failed(listener, error)
                self._failures[key] = self._failures.get(key, 0) + 1
                if self._failures[key] >= MOST_FAILURES:
                    self._remove(key)

    def _remove(self, key: int) -> None:
        self._listeners.pop(key, None)
        self._listens.pop(key, None)
        self._failures.pop(key, None)
        self._changed()

    def _changed(self) -> None:
        every = len(self._listens) == len(self._listeners)
        self._to_ask = tuple(self._listens.values()) if every else None
