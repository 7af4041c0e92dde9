"""Looks at a kernel and its children from outside: memory, CPU, threads. Called in threads; the system may hold it up."""

from __future__ import annotations

import os
import sys
import time
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Any, Protocol

from .. import runtime, tree
from ..limits import MemoryLimit, MemoryLimits
from ..tree import Gone

#: Looks that are kept: a quarter of an hour at one a second.
MOST_LOOKS = 900
#: CPU is told over at least so long: the system counts it in hundredths of a second.
CPU_OVER_MS = 900
#: So long a process takes at most to die, with gigabytes to give back.
DYING_MS = 1000
#: A limit changes seldom, and a process can be moved.
LIMITS_FOR_S = 10.0


@dataclass(frozen=True, slots=True)
class Look:
    """A kernel and its children at one moment."""

    #: Milliseconds since the epoch.
    time: float
    #: Resident memory of the kernel's own process, bytes.
    rss: int
    #: Of all, shared pages counted once; None where it cannot be read.
    tree: int | None
    #: CPU time of all, those included that were waited for, milliseconds; None where it is not counted.
    cpu_ms: float | None
    threads: int
    children: int
    #: Address space of the kernel's process, bytes.
    addresses: int
    limits: tuple[MemoryLimit, ...]

    @property
    def bytes(self) -> int:
        """As it counts against a limit."""
        return max(self.rss, self.tree or 0)


class Sight(Protocol):
    """Looks at one process."""

    def look(self) -> Look:
        """Raises Gone."""

    def close(self) -> None: ...


class LinuxSight:
    """From /proc."""

    def __init__(self, pid: int, started_at: float) -> None:
        """Raises Gone."""
        self._tree = tree.Tree(pid)
        found = runtime.start_time(pid)
        # Opened first: what is looked at is that process for ever.
        if started_at and found and abs(found - started_at) > 3000:
            self._tree.close()
            raise Gone(f"process {pid} is another one")
        self._limits: MemoryLimits | None = None
        self._read: tuple[float, tuple[MemoryLimit, ...]] = (-LIMITS_FOR_S, ())
        self._tick_ms = 1000 / os.sysconf("SC_CLK_TCK")

    def look(self) -> Look:
        now = time.monotonic()
        total = self._tree.look(now)
        root = self._tree.root
        ticks = threads = 0
        for pid in self._tree.processes:
            used, count = _stat(pid)
            ticks += used
            threads += count
        # A process that dies while it is looked at has no threads any more, and its memory is being taken from it.
        if threads == 0:
            raise Gone("it is about to end")
        return Look(
            time=time.time() * 1000,
            rss=root.rss,
            tree=total,
            cpu_ms=ticks * self._tick_ms,
            threads=threads,
            children=len(self._tree.processes) - 1,
            addresses=root.addresses,
            limits=self._limits_now(now),
        )

    def close(self) -> None:
        self._tree.close()

    def _limits_now(self, now: float) -> tuple[MemoryLimit, ...]:
        if now - self._read[0] >= LIMITS_FOR_S:
            self._limits = MemoryLimits(pid=self._tree.root.pid)
            self._read = now, tuple(self._limits.read())
        return self._read[1]


class PsutilSight:
    """Elsewhere, where the environment happens to have psutil: ipykernel needs it."""

    def __init__(self, pid: int, started_at: float) -> None:
        """Raises Gone, or ImportError."""
        import psutil

        self._psutil: Any = psutil
        try:
            self._process = psutil.Process(pid)
            found = self._process.create_time() * 1000
        except psutil.Error as error:
            raise Gone(str(error)) from error
        if started_at and abs(found - started_at) > 3000:
            raise Gone(f"process {pid} is another one")

    def look(self) -> Look:
        try:
            rss, cpu, threads = self._of(self._process)
            children = self._process.children(recursive=True)
        except self._psutil.Error as error:
            raise Gone(str(error)) from error
        for child in children:
            try:
                _, more, others = self._of(child)
            except self._psutil.Error:
                continue
            cpu, threads = cpu + more, threads + others
        return Look(
            time=time.time() * 1000,
            rss=rss,
            # Resident memory counts shared pages with each: that sum would be too high.
            tree=rss if not children else None,
            cpu_ms=cpu,
            threads=threads,
            children=len(children),
            addresses=0,
            limits=tuple(MemoryLimits().read()),
        )

    def close(self) -> None:
        pass

    @staticmethod
    def _of(process: Any) -> tuple[int, float, int]:
        with process.oneshot():
            times = process.cpu_times()
            return process.memory_info().rss, (times.user + times.system) * 1000, process.num_threads()


def sight_of(pid: int, started_at: float) -> Sight:
    """Raises Gone, or ImportError where nothing can look at processes here."""
    if sys.platform.startswith("linux"):
        return LinuxSight(pid, started_at)
    return PsutilSight(pid, started_at)


def _stat(pid: int) -> tuple[int, int]:
    """Clock ticks with those of children that it has waited for, and threads; nothing where it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read(4096)
        words = text[text.rfind(b")") + 1 :].split()
        if words[0] in (b"Z", b"X"):
            return 0, 0
        return sum(int(word) for word in words[11:15]), int(words[17])
    except (OSError, ValueError, IndexError):
        return 0, 0


class Looks:
    """The newest looks at one kernel, by time."""

    def __init__(self) -> None:
        self._looks: list[Look] = []
        #: Cores in use; None before the second look.
        self.cores: float | None = None

    def add(self, look: Look) -> None:
        # A clock that was set back begins anew.
        if self._looks and look.time <= self._looks[-1].time:
            self._looks = [one for one in self._looks if one.time < look.time]
        earlier = self.before(look.time - CPU_OVER_MS)
        if earlier is not None and earlier.cpu_ms is not None and look.cpu_ms is not None:
            self.cores = max(0.0, look.cpu_ms - earlier.cpu_ms) / (look.time - earlier.time)
        self._looks.append(look)
        if len(self._looks) > MOST_LOOKS * 1.1:
            del self._looks[:-MOST_LOOKS]

    @property
    def last(self) -> Look | None:
        return self._looks[-1] if self._looks else None

    def before(self, time_ms: float) -> Look | None:
        """The newest at or before a moment."""
        at = bisect_right(self._looks, time_ms, key=lambda one: one.time)
        return self._looks[at - 1] if at else None

    def between(self, start_ms: float, end_ms: float) -> list[Look]:
        first = bisect_left(self._looks, start_ms, key=lambda one: one.time)
        return self._looks[first : bisect_right(self._looks, end_ms, key=lambda one: one.time)]

    def last_size(self, died_at: float) -> tuple[int, float] | None:
        """What it had before it died then, and when that was seen.

        Of who is killed for want of memory the system takes the memory before the process is gone: a look that falls into
        that says nothing.
        """
        if not self._looks:
            return None
        last = self._looks[-1]
        before = self._looks[-2] if len(self._looks) > 1 else None
        taken = died_at - last.time < DYING_MS and before is not None and last.bytes < before.bytes
        found = before if taken and before is not None else last
        return found.bytes, found.time
