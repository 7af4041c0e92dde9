"""How much memory a process and its children use, read from /proc so cheaply that it can be done 100 times a second."""

from __future__ import annotations

import os
import re
import time
from collections import deque

#: Processes of a tree that are looked at; a tree of more is a fork bomb.
MOST_PROCESSES = 1000
#: Shared pages are counted once (PSS) as often as this share of the time allows, and not more often than PSS_S.
_PSS_SHARE = 0.05
_PSS_S = 0.25
#: How often children are looked for, seconds.
_CHILDREN_S = 0.1

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class Gone(Exception):
    """The process has ended."""


class Process:
    """One process. Its files stay open: they are of this process even when its pid is another's."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        try:
            self._statm = os.open(f"/proc/{pid}/statm", os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise Gone(str(error)) from error
        self.rss = 0
        #: Address space, bytes.
        self.addresses = 0
        #: Newest last: (monotonic time, resident bytes).
        self.history: deque[tuple[float, int]] = deque(maxlen=32)

    def read(self, now: float) -> int:
        """Resident bytes. Raises Gone."""
        try:
            words = os.pread(self._statm, 128, 0).split()
            self.addresses, self.rss = int(words[0]) * _PAGE, int(words[1]) * _PAGE
        except (OSError, IndexError, ValueError) as error:
            raise Gone(str(error)) from error
        self.history.append((now, self.rss))
        return self.rss

    def pss(self) -> int:
        """Resident bytes with each shared page divided by those who share it; the resident ones where it may not be read."""
        try:
            with open(f"/proc/{self.pid}/smaps_rollup", "rb") as file:
                for line in file.read(4096).splitlines():
                    if line.startswith(b"Pss:"):
                        return int(line.split()[1]) * 1024
        except (OSError, ValueError, IndexError):
            pass
        return self.rss

    def growth(self, since: float) -> int:
        """Bytes by which it has grown since then."""
        older = [rss for at, rss in self.history if at <= since]
        first = older[-1] if older else self.history[0][1] if self.history else self.rss
        return self.rss - first

    def close(self) -> None:
        if self._statm >= 0:
            os.close(self._statm)
            self._statm = -1


class Tree:
    """A process and all below it, without this one."""

    def __init__(self, pid: int) -> None:
        """Raises Gone."""
        self.root = Process(pid)
        self.processes: dict[int, Process] = {pid: self.root}
        self._looked_at = 0.0
        self._pss: tuple[float, int, int] | None = None
        self._pss_next = 0.0

    def look(self, now: float) -> int:
        """Bytes at that monotonic time: resident ones of one process; of several an estimate that is never too low.

        The estimate is the last exact one and what was added since. Raises Gone when the first process has ended.
        """
        if now - self._looked_at >= _CHILDREN_S:
            self._find()
            self._looked_at = now
        total = self.root.read(now)
        for one in list(self.processes.values()):
            if one is self.root:
                continue
            try:
                total += one.read(now)
            except Gone:
                self._drop(one)
        if len(self.processes) == 1:
            self._pss = None
            return total
        if self._pss is None or now >= self._pss_next:
            return self.exact(now)
        # A new child shares with its parent what it has not written to, which is counted at the next exact look.
        return min(total, max(0, self._pss[2] + total - self._pss[1]))

    def exact(self, now: float) -> int:
        """Bytes with shared pages counted once. It walks the page tables: some milliseconds for each GiB."""
        before = time.monotonic()
        resident = sum(one.rss for one in self.processes.values())
        if len(self.processes) == 1:
            return resident
        exact = sum(one.pss() for one in self.processes.values())
        cost = time.monotonic() - before
        self._pss = (now, resident, exact)
        self._pss_next = now + max(_PSS_S, cost / _PSS_SHARE)
        return exact

    def estimated(self, total: int) -> bool:
        """Whether so much, which `look` gave, may be too high: something was added since the last exact look."""
        return self._pss is not None and total - self._pss[2] > 1 << 20

    def close(self) -> None:
        for one in self.processes.values():
            one.close()

    def _find(self) -> None:
        found = descendants(self.root.pid)
        for pid, one in list(self.processes.items()):
            if one is not self.root and pid not in found:
                self._drop(one)
        for pid in found:
            if pid not in self.processes and pid != os.getpid():
                try:
                    self.processes[pid] = Process(pid)
                except Gone:
                    continue

    def _drop(self, one: Process) -> None:
        one.close()
        self.processes.pop(one.pid, None)


def descendants(pid: int) -> set[int]:
    """Pids of all below a process."""
    found: set[int] = set()
    waiting = [pid]
    while waiting and len(found) < MOST_PROCESSES:
        children = _children(waiting.pop())
        if children is None:
            return _descendants_by_parent(pid)
        fresh = [one for one in children if one not in found and one != pid]
        found.update(fresh)
        waiting.extend(fresh)
    return found


def _children(pid: int) -> list[int] | None:
    """None where the kernel was built without these files. A thread's children are its own there."""
    children: list[int] = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    for thread in threads:
        try:
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                children.extend(int(word) for word in file.read(65_536).split())
        except FileNotFoundError:
            if os.path.exists(f"/proc/{pid}/task/{thread}/statm"):
                return None
        except (OSError, ValueError):
            continue
    return children


def _descendants_by_parent(pid: int) -> set[int]:
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                text = file.read(4096)
            parents.setdefault(int(text[text.rfind(b")") + 1 :].split()[1]), []).append(int(name))
        except (OSError, ValueError, IndexError):
            continue
    found: set[int] = set()
    waiting = [pid]
    while waiting and len(found) < MOST_PROCESSES:
        fresh = [one for one in parents.get(waiting.pop(), []) if one not in found]
        found.update(fresh)
        waiting.extend(fresh)
    return found


def catches(pid: int, number: int) -> bool:
    """Whether a process catches a signal: it neither ends by it nor ignores it."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            found = re.search(rb"^SigCgt:\s*([0-9a-f]+)$", file.read(16_384), re.MULTILINE)
    except OSError:
        return False
    return found is not None and bool(int(found.group(1), 16) >> (number - 1) & 1)
