"""The memory limit that the user sets, and the guard that watches it where there can be one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .display import format_bytes, plain
from .sizes import BadSize, parse_size

if TYPE_CHECKING:
    from .session import Session


class Limiter:
    """One for each session. A limit that cannot be guarded still counts for the levels, and says so."""

    def __init__(self, session: Session) -> None:
        self._session = session
        #: guard.Guard, once there was a limit.
        self.guard: Any = None

    def size(self, text: str) -> int:
        """Bytes, which the kernel must not have passed yet; a share is of the tightest other limit. Raises BadSize."""
        others = [one.bytes for one in self._session.limits() if not one.of_addresses and one.source != "%gorgon limit"]
        size = parse_size(text, min(others, default=None))
        now = self._session.meter.resident() or 0
        if size <= now:
            raise BadSize(
                f"The kernel holds {format_bytes(now)} now: a limit of {format_bytes(size)} would stop every cell."
            )
        return size

    def set(self, size: int) -> None:
        """Sets the limit and guards it; what hinders that is printed and does not stop the cell."""
        self._session.config.limit_bytes = size
        try:
            from .guard import Guard, GuardFailed
        except ImportError as error:
            print(f"This package has no guard: {error}", file=sys.stderr)
            return
        try:
            if self.guard is None:
                self.guard = Guard(self._session, self._session.link)
            self.guard.start(size)
        except GuardFailed as error:
            print(plain(str(error), 400), file=sys.stderr)
        except Exception as error:  # noqa: BLE001 - a limit that cannot be guarded must not stop the cell
            self._session.failed("guard", error)
            print("The guard could not be started: %gorgon doctor says why.", file=sys.stderr)

    def clear(self) -> None:
        """No limit, no guard."""
        self._session.config.limit_bytes = None
        self.pause()

    def pause(self) -> None:
        """No guard; the limit stays for `resume`."""
        try:
            if self.guard is not None:
                self.guard.stop()
        except Exception as error:  # noqa: BLE001 - it ends with the kernel at the latest
            self._session.failed("guard", error)

    def resume(self) -> None:
        """Guards again after `%reload_ext`."""
        if self._session.config.limit_bytes is not None:
            self.set(self._session.config.limit_bytes)

    @contextmanager
    def during(self, text: str | None) -> Iterator[None]:
        """A limit while something runs; afterwards it is as it was before. Raises BadSize before anything runs."""
        if text is None:
            yield
            return
        before = self._session.config.limit_bytes
        self.set(self.size(text))
        try:
            yield
        finally:
            if before is None:
                self.clear()
            else:
                self.set(before)

    def words(self) -> str:
        """What is in force."""
        limit = self._session.config.limit_bytes
        if limit is None:
            return "No limit is set: the kernel's memory is not guarded. %gorgon limit 12GiB sets one."
        if self.guard is not None and self.guard.running:
            does = "a cell that would cross it is interrupted, and if that is not enough frozen; you decide what ends."
        else:
            does = "levels count against it, but it is not guarded (%gorgon doctor)."
        return f"Limit {format_bytes(limit)}: {does}"
