"""A file of /proc that is kept open, because to open it anew costs more than to read it."""

from __future__ import annotations

import os

from .held import HELD, Place, Room


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

    @property
    def place(self) -> tuple[int, int]:
        """Its descriptor, negative before it was read, and how much of it is read at most."""
        return self._fd, self._size

    def leave(self) -> None:
        """It is not to be read any more: empty from now on."""
        self.close()
        self._path = os.devnull

    def close(self) -> None:
        """It is opened again when it is read the next time."""
        fd, self._fd = self._fd, -1
        if fd < 0:
            return
        try:
            status = os.fstat(fd)
            if (status.st_dev, status.st_ino) == self._identity:
                os.close(fd)
        except OSError:
            pass


class KeptSwitch:
    """A file of /proc that is written again and again. Its descriptor could be the user's own file by now: it is looked at before."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._fd = -1
        self._name = b""

    def write(self, data: bytes) -> bool:
        """Whether that went well."""
        if self._fd >= 0:
            if HELD.name_of(self._fd) == self._name:
                return HELD.write(self._fd, data)
            self._fd = -1  # Somebody closed what was not theirs.
        if not HELD.available:
            return write_once(self._path, data)
        try:
            fd = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)
        except OSError:
            return False
        self._name = HELD.name_of(fd)
        if self._name:
            self._fd = fd
            return HELD.write(fd, data)
        os.close(fd)
        return write_once(self._path, data)

    def close(self) -> None:
        """It is opened again when it is written the next time."""
        fd, self._fd = self._fd, -1
        if fd >= 0 and HELD.name_of(fd) == self._name:
            os.close(fd)


class Together:
    """Kept files that are read one right after the other, by one thread at a time. Ends when one of them is closed."""

    def __init__(self, *files: KeptFile) -> None:
        self._files = files
        self._places: list[Place] = []
        self._rooms: list[Room] = []
        #: The files' numbers in what is read, which leaves out those that cannot be.
        self._order: list[int] = []

    def read(self) -> list[bytes]:
        """What is in each now; empty where one cannot be read."""
        if self._places:
            told = HELD.preads(self._places)
            if told is not None:
                if len(told) == len(self._files):
                    return told
                found = [b""] * len(self._files)
                for at, text in zip(self._order, told, strict=True):
                    found[at] = text
                return found
        # The first time, or somebody closed what was not theirs.
        found = [kept.read() for kept in self._files]
        if HELD.available:
            self._order = [at for at, text in enumerate(found) if text]
            places = [self._files[at].place for at in self._order]
            self._rooms = [Room(size) for _, size in places]
            self._places = [(*place, room.address, room.bytes) for place, room in zip(places, self._rooms, strict=True)]
        return found


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
