"""The pages that look: each is told the state when it changed, rarer where nobody sees it, and what happens at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

#: The state is told at most so often, seconds; and to a page that nobody sees.
TELL_S = 0.5
TELL_HIDDEN_S = 10.0
#: Pages at one time; beyond it a new one is refused.
MOST_PAGES = 64
#: Messages that may wait for a page that does not read.
MOST_WAITING = 1000


class Page(Protocol):
    """One open WebSocket."""

    visible: bool
    #: Messages that are not sent yet.
    waiting: int

    def tell(self, text: str) -> None: ...
    def cut(self) -> None: ...


class Pages:
    """Those that are open."""

    def __init__(self, state: Callable[[], str], seen: Callable[[], None]) -> None:
        """state: the message, made anew. seen: called when somebody begins to look, or nobody does any more."""
        self._state = state
        self._seen = seen
        self._told_at: dict[Page, float] = {}
        self._changed: set[Page] = set()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def visible(self) -> bool:
        """Whether somebody looks."""
        return any(page.visible for page in self._told_at)

    def __len__(self) -> int:
        return len(self._told_at)

    def add(self, page: Page) -> bool:
        """False: there are too many."""
        if len(self._told_at) >= MOST_PAGES:
            return False
        self._told_at[page] = 0.0
        self._tell_state([page])
        self._seen()
        return True

    def remove(self, page: Page) -> None:
        self._told_at.pop(page, None)
        self._changed.discard(page)
        self._seen()

    def show(self, page: Page, visible: bool) -> None:
        """What a page says of itself."""
        before, page.visible = page.visible, visible
        if page not in self._told_at or before == visible:
            return
        if visible:
            self._changed.add(page)
        self._plan()
        self._seen()

    def changed(self) -> None:
        """The state is another one."""
        if self._timer is not None and len(self._changed) == len(self._told_at):
            return  # All are to be told already.
        self._changed.update(self._told_at)
        self._plan()

    def tell(self, text: str) -> None:
        """To all, at once."""
        for page in list(self._told_at):
            if page.waiting > MOST_WAITING:
                page.cut()
            else:
                page.tell(text)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for page in list(self._told_at):
            page.cut()
        self._told_at.clear()

    def _due(self, page: Page) -> float:
        return self._told_at[page] + (TELL_S if page.visible else TELL_HIDDEN_S)

    def _plan(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._changed:
            wait = max(0.0, min(self._due(page) for page in self._changed) - time.monotonic())
            self._timer = asyncio.get_running_loop().call_later(wait, self._flush)

    def _flush(self) -> None:
        self._timer = None
        now = time.monotonic() + 0.01
        # Who has not read the one before gets the next.
        due = [page for page in self._changed if self._due(page) <= now]
        self._tell_state([page for page in due if page.waiting == 0])
        for page in due:
            if page in self._told_at:
                self._told_at[page] = time.monotonic()
        self._plan()

    def _tell_state(self, pages: list[Page]) -> None:
        if not pages:
            return
        text = self._state()
        for page in pages:
            self._changed.discard(page)
            self._told_at[page] = time.monotonic()
            page.tell(text)
