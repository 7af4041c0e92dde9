"""System calls that keep the interpreter's lock.

Python gives the lock up around each of its own, and the kernel's thread that sends output takes it just then: a cell
would wait for that thread as often as it is measured. For files of /proc and local sockets only, which answer at once.
"""

from __future__ import annotations

import mmap
import os
import socket
import sys
from collections.abc import Sequence
from typing import Any

try:
    import ctypes
except ImportError:  # A Python without libffi.
    ctypes = None  # type: ignore[assignment]

_O_READ = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0)
_O_WRITE = os.O_WRONLY | getattr(os, "O_CLOEXEC", 0)

#: What waitid() writes into, bytes: siginfo_t on every Linux.
_SIGINFO_BYTES = 128
#: To wait for no child: only to hear whether there is one.
_WAIT = getattr(os, "WEXITED", 0) | getattr(os, "WNOHANG", 0) | getattr(os, "WNOWAIT", 0)
_ALL = getattr(os, "P_ALL", 0)

_READ_WRITE = getattr(mmap, "PROT_READ", 0) | getattr(mmap, "PROT_WRITE", 0)
_SHARED = getattr(mmap, "MAP_SHARED", 0)

#: Not to wait, and no signal where nobody is at the other end.
_SEND = getattr(socket, "MSG_DONTWAIT", 0) | getattr(socket, "MSG_NOSIGNAL", 0)

#: Room for any `struct stat`, and how much of its beginning says which file it is: on every Linux its device and its number.
_STAT_BYTES = 512
_STAT_NAME_BYTES = 16


class Room:
    """Memory at a fixed place, which C writes and Python reads."""

    def __init__(self, size: int) -> None:
        #: A slice of it is a copy.
        self.bytes: Any = (ctypes.c_char * size)()
        self.address = ctypes.addressof(self.bytes)


#: An open file, how much of it is read, and the room for that: its address and its bytes.
Place = tuple[int, int, int, Any]


def _waits() -> bool:
    """Whether waitid() may be called: a filter of system calls can forbid it."""
    try:
        os.waitid(_ALL, 0, _WAIT)
    except ChildProcessError:
        pass
    except OSError:
        return False
    return True


class Held:
    """The calls. `available` is False where the C library cannot be called; then none of the others may be."""

    def __init__(self) -> None:
        self.available = False
        if ctypes is None or not sys.platform.startswith("linux"):
            return
        try:
            library = ctypes.PyDLL(None)
            self._open = library.open
            self._close = library.close
            self._pread = library.pread64 if hasattr(library, "pread64") else library.pread
            self._write = library.write
            self._send = library.send
            self._waitid = library.waitid
            self._mmap = library.mmap64 if hasattr(library, "mmap64") else library.mmap
        except (OSError, AttributeError):
            return
        self._open.argtypes = (ctypes.c_char_p, ctypes.c_int)
        self._close.argtypes = (ctypes.c_int,)
        self._pread.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64)
        self._pread.restype = ctypes.c_ssize_t
        # Only glibc since 2.33 and musl have it as a function.
        self._fstat = getattr(library, "fstat", None)
        if self._fstat is not None:
            self._fstat.argtypes = (ctypes.c_int, ctypes.c_void_p)
            self._stat = Room(_STAT_BYTES)
        self._write.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t)
        self._write.restype = ctypes.c_ssize_t
        self._send.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int)
        self._send.restype = ctypes.c_ssize_t
        self._waitid.argtypes = (ctypes.c_int, ctypes.c_uint, ctypes.c_void_p, ctypes.c_int)
        self._mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *(ctypes.c_int,) * 3, ctypes.c_int64)
        self._mmap.restype = ctypes.c_ssize_t
        self._siginfo = Room(_SIGINFO_BYTES)
        self._waits = _waits()
        self._rooms: dict[int, list[Room]] = {}
        self.available = True

    def pread(self, fd: int, size: int) -> bytes | None:
        """The first bytes of an open file; None where that fails."""
        spare = self._rooms.setdefault(size, [])
        # Taken and put back: another thread may read at the same time.
        room = spare.pop() if spare else Room(size)
        count = self._pread(fd, room.address, size, 0)
        found = room.bytes[:count] if count >= 0 else None
        spare.append(room)
        return found

    def preads(self, places: Sequence[Place]) -> list[bytes] | None:
        """What is in several open files now; None where one cannot be read."""
        pread = self._pread
        found = []
        for fd, size, address, text in places:
            count = pread(fd, address, size, 0)
            if count < 0:
                return None
            found.append(text[:count])
        return found

    def read_once(self, path: bytes, size: int) -> bytes:
        """What is in a small file; empty where it cannot be read."""
        fd = self._open(path, _O_READ)
        if fd < 0:
            return b""
        found = self.pread(fd, size)
        self._close(fd)
        return found or b""

    def write_once(self, path: bytes, data: bytes) -> bool:
        """Writes into a file that is there; whether that went well."""
        fd = self._open(path, _O_WRITE)
        if fd < 0:
            return False
        done = self.write(fd, data)
        self._close(fd)
        return done

    def name_of(self, fd: int) -> bytes:
        """What tells an open file from every other one; empty where that is not known."""
        if self._fstat is None or self._fstat(fd, self._stat.address) < 0:
            return b""
        found: bytes = self._stat.bytes[:_STAT_NAME_BYTES]
        return found

    def write(self, fd: int, data: bytes) -> bool:
        """Writes into an open file; whether that went well."""
        written: int = self._write(fd, data, len(data))
        return written == len(data)

    def send(self, fd: int, data: bytes) -> int:
        """Into an open socket, without waiting: how many bytes were taken, negative where none could be."""
        taken: int = self._send(fd, data, len(data), _SEND)
        return taken

    def mapped(self, fd: int, size: int) -> Any:
        """The bytes of an open file in memory, to read and to write; None where that fails. They are there for good.

        Python's own mmap keeps a descriptor, and closes it in the end: it could be the user's own file by then.
        """
        address = self._mmap(None, size, _READ_WRITE, _SHARED, fd, 0)
        return None if address == -1 else (ctypes.c_char * size).from_address(address)

    def childless(self) -> bool:
        """Whether this process surely has no child, ended ones that nobody waited for included."""
        # With these arguments it has no other reason to fail, where it may be called at all.
        none: bool = self._waits and self._waitid(_ALL, 0, self._siginfo.address, _WAIT) < 0
        return none


HELD = Held()
