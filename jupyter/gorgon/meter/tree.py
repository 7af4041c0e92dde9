"""The living descendants of this process and what they have used, from Linux's /proc."""

from __future__ import annotations

import os
import time
from typing import NamedTuple

from .files import KeptFile, read_once
from .held import HELD
from .snapshot import Child, ChildKey

#: More descendants are not read: the look would cost more than the cell.
MOST = 64

#: Flag in field 9 of /proc/PID/stat: forked, but runs no program of its own yet (include/linux/sched.h).
PF_FORKNOEXEC = 0x40

_NS_A_TICK = 1_000_000_000 // (os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100)


class _Known(NamedTuple):
    """What was read of a descendant, true until its CPU clock goes on: who has not run has done nothing."""

    clock_ns: int
    key: ChildKey
    child: Child
    #: Pids of its own children.
    below: list[int]


class Tree:
    """Finds descendants below /proc. proc: its folder."""

    def __init__(self, proc: str, real: bool) -> None:
        self._proc = proc
        #: Of the running system, not of a recorded tree: pids mean something.
        self._real = real
        self._has_lists: bool | None = None
        #: The number that a process or thread was given last in this namespace (pid_namespaces(7)): as long as it stays,
        #: nobody was born. Not /proc/loadavg, which containers see through lxcfs, seconds old.
        self._last_pid = KeptFile(f"{proc}/sys/kernel/ns_last_pid", 64)
        self._last_born = b""
        self._known: dict[int, _Known] = {}

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
        # Before they are looked for: who is born meanwhile is found now, and the number is another one the next time.
        born = self._last_pid.read() if self._real else b""
        if born and born == self._last_born:
            same = self._same()
            if same is not None:
                return same, True
        found, complete = self._search(pid)
        self._last_born = born if complete else b""
        return found, complete

    def close(self) -> None:
        self._last_pid.close()
        self._last_born = b""
        self._known.clear()

    def _same(self) -> dict[ChildKey, Child] | None:
        """Those that are known, where not one of them has run since it was read."""
        for pid, known in self._known.items():
            if self._clock_ns(pid) != known.clock_ns:
                return None
        return {known.key: known.child for known in self._known.values()}

    def _search(self, pid: int) -> tuple[dict[ChildKey, Child], bool]:
        before, self._known = self._known, {}
        # Where one has ended, another may have got its children without running for it.
        alike = all(self._clock_ns(child) == known.clock_ns for child, known in before.items())
        found: dict[ChildKey, Child] = {}
        complete = True
        waiting = self._children(pid)
        while waiting:
            if len(found) >= MOST:
                return found, False
            child = waiting.pop()
            clock_ns = self._clock_ns(child)
            known = before.get(child)
            if known is None or known.clock_ns != clock_ns:
                one = self.one(child)
                if one is None:
                    continue
                key, what = one
                # Its clock was read first: what it did meanwhile has it read again.
                below = [] if what.zombie else self._children(child, what.threads)
                known = _Known(-1 if clock_ns is None else clock_ns, key, what, below)
            elif not alike:
                known = known._replace(below=self._children(child, known.child.threads))
            if known.key in found:
                continue
            found[known.key] = known.child
            complete = complete and known.child.io is not None
            self._known[child] = known
            waiting.extend(known.below)
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
        """What /proc says is in steps of 10 ms."""
        clock_ns = self._clock_ns(pid)
        return ticks_ns if clock_ns is None else clock_ns

    def _clock_ns(self, pid: int) -> int | None:
        """The process's CPU clock (clock_getcpuclockid(3)); None where there is none."""
        if not self._real:
            return None
        try:
            return time.clock_gettime_ns((~pid << 3) | 2)
        except OSError:
            return None

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
