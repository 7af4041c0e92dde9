"""Which cell runs, in a small file that is mapped into memory: what a kernel wrote there before it died can be read after it.

Who looks at the kernel reads it at each look, also while a call of C holds the interpreter's lock. To write it takes no
system call and wakes nobody, whereas a message would have its receiver run just when the cell needs the CPU. It lies in
memory: to write into a file on a disk can have to wait for the disk.

The file holds what `kernel/cell/started` of protocol/messages/kernel.ts has as parameters, on one line; no cell runs while
its first byte is zero. That byte is written last: who reads the same twice has read it whole.
"""

from __future__ import annotations

import os
import re
import sys
from json.encoder import encode_basestring_ascii as _quoted
from typing import TYPE_CHECKING, Any

from . import runtime
from .meter.held import HELD

if TYPE_CHECKING:
    from .record import CellRef

#: Receivers take only files with such a name.
NAME = re.compile(r"kernel-(\d+)-(\d+)\.running")
#: The longest ids and labels that a cell may have fit, all of them escaped.
SIZE = 65_536
#: Dead kernels' files that were made so long ago go when another one begins, seconds. Who reads one has it open.
_KEEP_S = 60.0


class BlackBox:
    """The file of one kernel. Nothing in it raises."""

    def __init__(self, pid: int, started_at: int) -> None:
        self._name = f"kernel-{pid}-{started_at}.running"
        self._pid = os.getpid()
        self._room: Any = None
        #: The file; empty where there is none.
        self.path = ""
        #: Why there is none, in words; empty also where none is wanted.
        self.why = "It was not asked for yet."

    def open(self) -> None:
        """Makes the file."""
        if self.path:
            return
        self.why = ""
        if not sys.platform.startswith("linux") or not HELD.available:
            return  # Receivers are told, as far as there are any.
        try:
            folder = runtime.ensure_memory_folder()
            path, fd = runtime.make_file(self._name, NAME, _KEEP_S, os.O_RDWR, folder)
        except (OSError, runtime.NotTrusted) as error:
            self.why = f"There is no file to say which cell runs: {error}"
            return
        try:
            # All of it has its place then: a page for which there is none left would end the kernel at the first touch.
            if os.write(fd, bytes(SIZE)) < SIZE:
                why = "there is no room left"
            else:
                self._room = HELD.mapped(fd, SIZE)
                why = "" if self._room is not None else "it cannot be mapped into memory"
        except OSError as error:
            why = str(error)
        finally:
            os.close(fd)
        if why:
            _remove(path)
            self.why = f"The file to say which cell runs cannot be used: {why}"
            return
        self.path = path

    def tell(self, words: str) -> None:
        """A cell runs. words: JSON, ASCII, on one line. A cell waits for this."""
        room = self._room
        if room is None or len(words) >= SIZE:
            self.clear()
            return
        data = words.encode("ascii")
        room[0] = b"\0"
        room[1 : len(data) + 1] = data[1:] + b"\n"
        room[0] = data[:1]

    def clear(self) -> None:
        """No cell runs."""
        if self._room is not None:
            self._room[0] = b"\0"

    def close(self) -> None:
        """Removes the file. In a child that has inherited it this does nothing: it is the kernel's."""
        path, self.path = self.path, ""
        self._room = None
        self.why = "It was ended."
        if path and os.getpid() == self._pid:
            _remove(path)

    def leave(self) -> None:
        """In a child: what it runs is none of the kernel's cells."""
        self.path, self._room, self.why = "", None, "This is a child of the kernel."


def started_json(cell: CellRef, started_at: int) -> str:
    """That a cell began, with `CellRef.to_dict` in it. A cell waits for it, and json.dumps takes longer."""
    name = "null" if cell.id is None else _quoted(cell.id)
    count = "null" if cell.execution_count is None else cell.execution_count
    words = f'"hash":{_quoted(cell.hash)},"label":{_quoted(cell.label)}'
    return f'{{"cell":{{"id":{name},"executionCount":{count},{words}}},"startedAt":{started_at}}}'


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass
