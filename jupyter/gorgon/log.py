"""Writes each record to the file that GORGON_LOG names, a line of JSON each: for runs without a front end."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from .record import CellRecord

if TYPE_CHECKING:
    from .session import Session

VARIABLE = "GORGON_LOG"

# Not to wait: a pipe that nobody reads must not stop the notebook.
_HOW = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)


class Log:
    """Appends to one file, which only the user may read. Several kernels may write into one."""

    def __init__(self, path: str) -> None:
        # The notebook may change its folder later.
        self.path = os.path.abspath(os.path.expanduser(path))
        #: Why nothing is written, in words; empty while all is well.
        self.why = ""

    def write(self, record: CellRecord) -> None:
        """Never raises: after the first failure it writes no more and says why in `why`."""
        if self.why:
            return
        line = json.dumps(record.to_dict(), separators=(",", ":"), allow_nan=False) + "\n"
        data = line.encode("utf-8", "replace")
        try:
            fd = os.open(self.path, _HOW, 0o600)
        except OSError as error:
            self.why = f"{VARIABLE}: {self.path} cannot be opened: {error.strerror}."
            return
        try:
            # One call for one line: lines of two kernels do not mix.
            written = os.write(fd, data)
            if written < len(data):
                self.why = f"{VARIABLE}: {self.path} takes no more: its file system is full."
        except OSError as error:
            self.why = f"{VARIABLE}: {self.path} cannot be written: {error.strerror}."
        finally:
            os.close(fd)


def start(session: Session) -> Callable[[], object] | None:
    """Begins to write where GORGON_LOG is set; gives back what ends it."""
    path = os.environ.get(VARIABLE, "")
    if path == "":
        return None
    log = Log(path)
    session.log = log
    return session.on_record(log.write)
