"""Lets faulthandler write into a file of ours, so that the worker can read why the kernel broke."""

from __future__ import annotations

import atexit
import faulthandler
import io
import os
import re
import weakref

from . import runtime

#: The watcher takes only files with such a name (watcher.py).
NAME = re.compile(r"kernel-(\d+)-(\d+)\.faults")
#: So long a dead kernel's file is left for the watcher to read.
_KEEP_S = 60.0

_enabled: weakref.WeakSet[Faults] = weakref.WeakSet()
_hooked = False


class Faults:
    """The file of one kernel. Nothing in it raises."""

    def __init__(self, pid: int, started_at: int) -> None:
        self._pid = pid
        self._started_at = started_at
        self._fd = -1
        self._file: weakref.ref[io.FileIO] | None = None
        #: The file; empty while faulthandler does not write there.
        self.path = ""
        #: Why it does not, in words; empty while it does.
        self.why = "It was not asked to yet."

    def enable(self) -> None:
        """Makes the file, unless somebody else uses faulthandler: its file could not be given back to it."""
        if self.path:
            return
        if faulthandler.is_enabled():
            self.why = "faulthandler is in use already (by the user or PYTHONFAULTHANDLER), so it is left as it is."
            return
        try:
            name = f"kernel-{self._pid}-{self._started_at}.faults"
            path, self._fd = runtime.make_file(name, NAME, _KEEP_S, os.O_WRONLY | os.O_APPEND)
        except (OSError, runtime.NotTrusted) as error:
            self.why = f"faulthandler has no file to write to: {error}"
            return
        try:
            file = io.FileIO(self._fd, "w", closefd=False)
            faulthandler.enable(file=file, all_threads=True)
            # faulthandler holds the only reference: when it is gone, somebody else enabled or disabled it.
            self._file = weakref.ref(file)
        except (OSError, RuntimeError, ValueError, TypeError) as error:
            self._close(path)
            self.why = f"faulthandler could not be enabled: {error}"
            return
        self.path, self.why = path, ""
        _watch_forks()
        _enabled.add(self)
        atexit.register(self.disable)

    @property
    def ours(self) -> bool:
        """Whether faulthandler still writes to our file."""
        return self._file is not None and self._file() is not None

    def disable(self) -> None:
        """Ends it and removes the file. What somebody else enabled since stays."""
        if not self.path:
            return
        atexit.unregister(self.disable)
        _enabled.discard(self)
        if self.ours:
            faulthandler.disable()
        path, self.path, self._file = self.path, "", None
        self._close(path)
        self.why = "It was ended."

    def _close(self, path: str) -> None:
        try:
            os.close(self._fd)
            os.unlink(path)
        except OSError:
            pass
        self._fd = -1

    def _forked(self) -> None:
        """In a child: what breaks it is not what breaks the kernel, and the file is the kernel's."""
        if self.ours:
            faulthandler.disable()
        atexit.unregister(self.disable)
        self.path, self._file, self.why = "", None, "This is a child of the kernel."
        try:
            os.close(self._fd)
        except OSError:
            pass
        self._fd = -1


def _watch_forks() -> None:
    global _hooked
    if not _hooked and hasattr(os, "register_at_fork"):
        _hooked = True
        os.register_at_fork(after_in_child=_after_fork)


def _after_fork() -> None:
    for one in list(_enabled):
        one._forked()
    _enabled.clear()
