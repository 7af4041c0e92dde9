"""The living descendants of this process and what they have used, from Linux's /proc."""

from __future__ import annotations

import os
import time

from .files import read_once
from .held import HELD
from .snapshot import Child, ChildKey

#: More descendants are not read: the look would cost more than the cell.
MOST = 64

#: Flag in field 9 of /proc/PID/stat: forked, but runs no program of its own yet (include/linux/sched.h).
PF_FORKNOEXEC = 0x40

_NS_A_TICK = 1_000_000_000 // (os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100)


class Tree:
    """Finds descendants below /proc. proc: its folder."""

    def __init__(self, proc: str, real: bool) -> None:
        self._proc = proc
        #: Of the running system, not of a recorded tree: pids mean something.
        self._real = real
        self._has_lists: bool | None = None

    def any(self) -> bool:
        """Whether there is a child at all; one system call."""
        if not self._real:
            return True
        if HELD.available:
            return not HELD.childless()
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return False
        except OSError:
            return True
        return True

    def read(self, pid: int) -> tuple[dict[ChildKey, Child], bool]:
        """All descendants of `pid`, and whether none had to be left out."""
        found: dict[ChildKey, Child] = {}
        complete = True
        waiting = self._children(pid)
        while waiting:
            if len(found) >= MOST:
                return found, False
            child = waiting.pop()
            one = self.one(child)
            if one is None:
                continue
            key, what = one
            if key in found:
                continue
            found[key] = what
            complete = complete and what.io is not None
            if not what.zombie:
                waiting.extend(self._children(child, what.threads))
        return found, complete

    def one(self, pid: int) -> tuple[ChildKey, Child] | None:
        """What one process has used; None when it is gone."""
        stat = read_once(f"{self._proc}/{pid}/stat")
        # The name may hold blanks and brackets: what counts begins after the last one.
        fields = stat[stat.rfind(b")") + 2 :].split()
        if len(fields) < 20:
            return None
        flags = int(fields[6])
        ticks = [int(field) for field in fields[11:15]]
        zombie = fields[0] in (b"Z", b"X")
        forked = bool(flags & PF_FORKNOEXEC)
        reaped_ns = (ticks[2] + ticks[3]) * _NS_A_TICK
        return (pid, int(fields[19])), Child(
            cpu_ns=self._own_ns(pid, (ticks[0] + ticks[1]) * _NS_A_TICK) + reaped_ns,
            io=self._io(pid, zombie),
            peak=None if forked or zombie else high_water(read_once(f"{self._proc}/{pid}/status")),
            forked=forked,
            zombie=zombie,
            threads=int(fields[17]),
        )

    def _own_ns(self, pid: int, ticks_ns: int) -> int:
        """The process's CPU clock (clock_getcpuclockid(3)); what /proc says is in steps of 10 ms."""
        if not self._real:
            return ticks_ns
        try:
            return time.clock_gettime_ns((~pid << 3) | 2)
        except OSError:
            return ticks_ns

    def _io(self, pid: int, zombie: bool) -> tuple[int, int, int, int] | None:
        return parse_io(read_once(f"{self._proc}/{pid}/io"))

    def _children(self, pid: int, threads_known: int = 0) -> list[int]:
        tasks = f"{self._proc}/{pid}/task"
        if threads_known == 1 and self._has_lists:
            # Its one thread is the first, which has the process's own number.
            return list(map(int, read_once(f"{tasks}/{pid}/children", 65536).split()))
        try:
            threads = os.listdir(tasks)
        except OSError:
            return []
        if self._has_lists is None:
            self._has_lists = os.path.exists(f"{tasks}/{threads[0]}/children") if threads else None
        if not self._has_lists:
            return self._by_parent(pid)
        found: list[int] = []
        for thread in threads:
            found += map(int, read_once(f"{tasks}/{thread}/children", 65536).split())
        return found

    def _by_parent(self, pid: int) -> list[int]:
        """For systems without lists of children (CONFIG_PROC_CHILDREN): all processes are asked for their parent."""
        found: list[int] = []
        try:
            names = os.listdir(self._proc)
        except OSError:
            return found
        for name in names:
            if not name.isdigit():
                continue
            stat = read_once(f"{self._proc}/{name}/stat")
            fields = stat[stat.rfind(b")") + 2 :].split(None, 2)
            if len(fields) > 1 and fields[1].isdigit() and int(fields[1]) == pid:
                found.append(int(name))
        return found


def parse_io(text: bytes) -> tuple[int, int, int, int] | None:
    """Of /proc/PID/io: rchar, wchar, read_bytes, write_bytes."""
    fields = text.split()
    # rchar: n wchar: n syscr: n syscw: n read_bytes: n write_bytes: n cancelled_write_bytes: n
    if len(fields) < 12 or fields[0] != b"rchar:":
        return None
    try:
        return int(fields[1]), int(fields[3]), int(fields[9]), int(fields[11])
    except ValueError:
        return None


def kib(text: bytes, name: bytes) -> int | None:
    """A size of /proc/PID/status in bytes; None where it is not there. name: with newline before and colon after."""
    at = text.find(name)
    if at < 0:
        return None
    at += len(name)
    try:
        return int(text[at : text.index(b"k", at)]) * 1024
    except ValueError:
        return None


def high_water(status: bytes) -> int | None:
    return kib(status, b"\nVmHWM:")
