"""Does what may wait for the system in threads: the server's event loop never does."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

#: Threads at one time. One that hangs in the system is one less for the others.
MOST_THREADS = 8
#: A thread without work ends after so long, seconds.
_IDLE_S = 30.0

_Job = tuple[asyncio.Future[Any], Callable[..., Any], tuple[Any, ...]]


class Threads:
    """Daemons: one that hangs does not keep the server from ending."""

    def __init__(self, most: int = MOST_THREADS) -> None:
        self._most = most
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._idle = 0
        self._closed = False

    def call(self, work: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:
        """What the work gives, or raises. Called in a running event loop."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if self._closed:
            future.cancel()
            return future
        self._jobs.put((future, work, arguments))
        with self._lock:
            if self._idle < self._jobs.qsize() and self._threads < self._most:
                self._threads += 1
                threading.Thread(target=self._run, name="gorgon-server", daemon=True).start()
        return future

    def close(self) -> None:
        """Takes no more work; who has some ends it."""
        self._closed = True
        for _ in range(self._most):
            self._jobs.put(None)

    def _run(self) -> None:
        while not self._closed:
            with self._lock:
                self._idle += 1
            try:
                job = self._jobs.get(timeout=_IDLE_S)
            except queue.Empty:
                job = None
            finally:
                with self._lock:
                    self._idle -= 1
            if job is None:
                break
            self._do(*job)
            del job
        with self._lock:
            self._threads -= 1

    @staticmethod
    def _do(future: asyncio.Future[Any], work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        try:
            result, error = work(*arguments), None
        except Exception as raised:  # noqa: BLE001 - it is told to who asked
            result, error = None, raised
        try:
            future.get_loop().call_soon_threadsafe(_settle, future, result, error)
        except RuntimeError:
            pass  # The loop has ended.


def _settle(future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
