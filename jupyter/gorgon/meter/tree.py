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
    """What was read of a descendant, true until it runs again."""

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
        self._born = b""
        #: All are in `_known` who lived when nobody had been born for two searches. After one alone somebody could have his
        #: number and stand in no list of children yet.
        self._settled = False
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
        born = self._last_pid.read() if self._real else b""
        quiet = born != b"" and born == self._born
        if quiet and self._settled and all(self._slept(known) for known in self._known.values()):
            return {known.key: known.child for known in self._known.values()}, True
        found, complete, steady = self._search(pid)
        self._settled = quiet and complete and steady and self._last_pid.read() == born
        self._born = born
        return found, complete

    def close(self) -> None:
        self._last_pid.close()
        self._settled = False
        self._known.clear()

    def _search(self, pid: int) -> tuple[dict[ChildKey, Child], bool, bool]:
        """What is found, whether that is all, and whether nobody ended meanwhile, whose children would be somebody else's."""
        before, self._known = self._known, {}
        slept = {child for child, known in before.items() if self._slept(known)}
        # Where one has ended, another may have got its children without running for it.
        alike = len(slept) == len(before)
        found: dict[ChildKey, Child] = {}
        complete = steady = True
        waiting = self._children(pid)
        while waiting:
            if len(found) >= MOST:
                return found, False, False
            child = waiting.pop()
            known = before[child] if child in slept else None
            if known is None:
                # Before the rest is read: what it does meanwhile has it read again.
                clock_ns = self._clock_ns(child)
                one = self.one(child)
                if one is None:
                    steady = False
                    continue
                key, what = one
                steady = steady and not what.zombie
                below = [] if what.zombie else self._children(child, what.threads)
                known = _Known(-1 if clock_ns is None else clock_ns, key, what, below)
            elif not alike:
                known = known._replace(below=[] if known.child.zombie else self._children(child, 1))
            if known.key in found:
                continue
            found[known.key] = known.child
            complete = complete and known.child.io is not None
            self._known[child] = known
            waiting.extend(known.below)
        return found, complete, steady

    def _slept(self, known: _Known) -> bool:
        """Whether it has surely not run since it was read, and so has done nothing.

        The clock of one that runs now on another CPU stands still until that CPU's next tick, so it must not run now; that
        is told of the first thread alone.
        """
        fields = self._stat(known.key[0])
        return (
            len(fields) >= 20
            and fields[0] != b"R"
            and int(fields[17]) <= 1
            and int(fields[19]) == known.key[1]
            and self._clock_ns(known.key[0]) == known.clock_ns
        )

    def one(self, pid: int) -> tuple[ChildKey, Child] | None:
        """What one process has used; None when it is gone."""
        fields = self._stat(pid)
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

    def _stat(self, pid: int) -> list[bytes]:
        """The fields of /proc/PID/stat from the third on: the name may hold blanks and brackets. Empty when it is gone."""
        stat = read_once(f"{self._proc}/{pid}/stat")
        return stat[stat.rfind(b")") + 2 :].split()

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
            fields = self._stat(int(name))
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
