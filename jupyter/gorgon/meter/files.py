"""A file of /proc that is kept open, because to open it anew costs more than to read it."""

from __future__ import annotations

import os

from .held import HELD


class KeptFile:
    """Read again and again from its beginning. Never written: its descriptor may be somebody else's by now."""

    def __init__(self, path: str, size: int = 8192) -> None:
        self._path = path
        self._size = size
        self._fd = -1
        self._identity: tuple[int, int] | None = None

    def read(self) -> bytes:
        """What is in it now; empty where it cannot be read."""
        if self._fd >= 0:
            if HELD.available:
                found = HELD.pread(self._fd, self._size)
                if found is not None:
                    return found
            else:
                try:
                    return os.pread(self._fd, self._size, 0)
                except OSError:
                    pass
            self._fd = -1  # Somebody closed what was not theirs.
        try:
            self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            status = os.fstat(self._fd)
            self._identity = (status.st_dev, status.st_ino)
            return os.pread(self._fd, self._size, 0)
        except OSError:
            return b""

    def leave(self) -> None:
        """It is not to be read any more: empty from now on."""
        self.close()
        self._path = os.devnull

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd < 0:
            return
        try:
            status = os.fstat(fd)
            if (status.st_dev, status.st_ino) == self._identity:
                os.close(fd)
        except OSError:
            pass


def read_once(path: str, size: int = 8192) -> bytes:
    """What is in a small file; empty where it cannot be read."""
    if HELD.available:
        return HELD.read_once(os.fsencode(path), size)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(fd, size)
    except OSError:
        return b""
    finally:
        os.close(fd)


def write_once(path: str, data: bytes) -> bool:
    """Writes into a file that is there; whether that went well."""
    if HELD.available:
        return HELD.write_once(os.fsencode(path), data)
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.write(fd, data) == len(data)
    except OSError:
        return False
    finally:
        os.close(fd)
