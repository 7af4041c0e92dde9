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
        self._failures: dict[int, int] = {}
        self._next = 0

    def add(self, listener: Callable[..., object]) -> Callable[[], None]:
        self._next += 1
        key = self._next
        self._listeners[key] = listener
        return lambda: self._remove(key)

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
        self._failures.pop(key, None)
