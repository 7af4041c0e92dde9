"""Measures this process on Linux: the peak of a cell exactly, by resetting the memory high-water mark before it."""

from __future__ import annotations

import mmap
import os
import re
import time

from .. import forks
from ..cgroups import Cgroups, cpu_quota
from . import plain
from .files import KeptFile, read_once
from .snapshot import Child, ChildKey, Snapshot
from .tree import Tree, kib, parse_io

PROBE_BYTES = 8 << 20

#: Networks that carry nothing of their own: what passes there passes another one, too, or stays on the machine.
_INNER_NET = re.compile(rb"lo$|veth|docker|br-|virbr|cni|flannel|cali|lxc|vnet|ifb|dummy|bond_|team_")


class LinuxMeter:
    """Reads /proc and the control groups below `root`."""

    def __init__(self, root: str = "/") -> None:
        self._root = root.rstrip("/")
        self._real = self._root == ""
        self._proc = f"{self._root}/proc"
        self.mode = "unknown"
        self.notes: list[str] = []
        self._status = KeptFile(f"{self._proc}/self/status")
        self._io = KeptFile(f"{self._proc}/self/io", 1024)
        self._net = KeptFile(f"{self._proc}/self/net/dev", 65536)
        self._statm = KeptFile(f"{self._proc}/self/statm", 256)
        self._tree = Tree(self._proc, self._real)
        self._throttles = [
            (KeptFile(f"{group.folder}/cpu.stat"), group.version)
            for group in Cgroups(self._root or "/").chain("cpu")
            if cpu_quota(group) is not None
        ]
        self._net_names: tuple[bytes, ...] | None = None
        self._net_used: frozenset[bytes] = frozenset()
        self._can_reset: bool | None = None
        self.tremble = _tremble()

    def prepare(self, reset_peak: bool) -> None:
        if not reset_peak:
            if self._can_reset is None:
                self.mode = "lifetime"
            return
        if self._can_reset is None:
            self._can_reset = self._probe()
        self.mode = "reset" if self._can_reset else self._without_reset()

    def begin(self, reset_peak: bool) -> Snapshot:
        if reset_peak and self._can_reset is None:
            self.prepare(True)
        children, complete = self._descendants()
        net = self._net_bytes()
        throttled = self._throttled()
        found = plain.clocks()
        self._memory(found)
        if reset_peak and self._can_reset:
            found.was_reset = self._reset()
        found.children, found.children_complete = children, complete
        found.net, found.throttled_ns = net, throttled
        found.forks = forks.count()
        text = self._io.read()
        io = parse_io(text)
        # What this very look read is counted after it was answered.
        found.io = None if io is None else (io[0] + len(text), io[1], io[2], io[3])
        found.cpu_ns = time.process_time_ns()
        found.wall_ns = time.perf_counter_ns()
        return found

    def end(self, start: Snapshot) -> Snapshot:
        wall = time.perf_counter_ns()
        cpu = time.process_time_ns()
        io = parse_io(self._io.read())
        found = plain.clocks()
        found.wall_ns, found.cpu_ns, found.io = wall, cpu, io
        self._memory(found)
        children, complete = self._descendants()
        for key in start.children or ():
            # Its parent is gone but it is not: what it used before the run must not be taken off for nothing.
            if key not in children and (one := self._tree.one(key[0])) is not None and one[0] == key:
                one[1].stray = True
                children[key] = one[1]
        found.children, found.children_complete = children, complete
        found.net = self._net_bytes()
        found.throttled_ns = self._throttled()
        found.forks = forks.count()
        return found

    def resident(self) -> int | None:
        fields = self._statm.read().split()
        return int(fields[1]) * mmap.PAGESIZE if len(fields) > 1 and fields[1].isdigit() else None

    def started_at(self) -> int:
        stat = read_once(f"{self._proc}/self/stat")
        fields = stat[stat.rfind(b")") + 2 :].split()
        booted = re.search(rb"^btime (\d{1,12})$", read_once(f"{self._proc}/stat", 1 << 20), re.MULTILINE)
        if len(fields) < 20 or booted is None:
            return 0
        return int(booted[1]) * 1000 + int(fields[19]) * 1000 // os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        for kept in (self._status, self._io, self._net, self._statm, *(kept for kept, _ in self._throttles)):
            kept.close()

    def _memory(self, found: Snapshot) -> None:
        text = self._status.read()
        found.rss = kib(text, b"\nVmRSS:")
        found.high = kib(text, b"\nVmHWM:")
        if found.high is None and self._real:
            found.high = plain.lifetime_high()
        if found.rss is None:
            found.rss = self.resident()
        found.file = kib(text, b"\nRssFile:")
        found.swap = kib(text, b"\nVmSwap:")
        found.virtual = kib(text, b"\nVmSize:")
        found.virtual_high = kib(text, b"\nVmPeak:")
        at = text.find(b"\nThreads:")
        if at >= 0:
            number = text[at + 9 : at + 20].split(None, 1)[:1]
            found.threads = int(number[0]) if number and number[0].isdigit() else None

    def _reset(self) -> bool:
        # Opened each time: a descriptor that is kept could be the user's own file by now, and this writes.
        try:
            fd = os.open(f"{self._proc}/self/clear_refs", os.O_WRONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            os.write(fd, b"5")
        except OSError:
            return False
        finally:
            os.close(fd)
        return True

    def _probe(self) -> bool:
        """Whether a reset really lowers the mark: some systems have the file and do nothing."""
        try:
            with mmap.mmap(-1, PROBE_BYTES) as room:
                for at in range(0, PROBE_BYTES, mmap.PAGESIZE):
                    room[at] = 1
        except (OSError, ValueError):
            return False
        before = kib(self._status.read(), b"\nVmHWM:")
        if before is None or not self._reset():
            return False
        text = self._status.read()
        after, rss = kib(text, b"\nVmHWM:"), kib(text, b"\nVmRSS:")
        if after is None or rss is None or not self._real:
            return False
        return after <= before - PROBE_BYTES // 2 and after - rss < PROBE_BYTES // 2

    def _without_reset(self) -> str:
        note = (
            "The memory high-water mark cannot be reset here (no usable /proc/self/clear_refs): a cell's peak is exact "
            "only where it is the highest of the kernel's life."
        )
        if note not in self.notes:
            self.notes.append(note)
        return "lifetime"

    def _descendants(self) -> tuple[dict[ChildKey, Child], bool]:
        if not self._tree.any():
            return {}, True
        return self._tree.read(os.getpid())

    def _throttled(self) -> tuple[int, ...] | None:
        if not self._throttles:
            return None
        return tuple(_throttled_ns(kept.read(), version) for kept, version in self._throttles)

    def _net_bytes(self) -> tuple[int, int] | None:
        lines = self._net.read().splitlines()[2:]
        if not lines:
            return None
        rows = [line.partition(b":") for line in lines]
        names = tuple(name for name, _, _ in rows)
        if names != self._net_names:
            self._net_names = names
            self._net_used = self._outer_nets(names)
        received = sent = 0
        for name, _, rest in rows:
            if name in self._net_used:
                fields = rest.split(None, 9)
                if len(fields) < 9 or not fields[0].isdigit() or not fields[8].isdigit():
                    return None
                received += int(fields[0])
                sent += int(fields[8])
        return received, sent

    def _outer_nets(self, names: tuple[bytes, ...]) -> frozenset[bytes]:
        outer = [name for name in names if not _INNER_NET.match(name.strip())]
        hardware = [
            name for name in outer if os.path.exists(f"{self._root}/sys/class/net/{os.fsdecode(name.strip())}/device")
        ]
        # On a machine itself a tunnel's bytes pass the hardware, too. In a container there is no hardware to see.
        return frozenset(hardware or outer)


def _throttled_ns(text: bytes, version: int) -> int:
    name, unit = (b"throttled_usec ", 1000) if version == 2 else (b"throttled_time ", 1)
    at = text.find(name)
    if at < 0:
        return 0
    end = text.find(b"\n", at)
    number = text[at + len(name) : end if end >= 0 else len(text)]
    return int(number) * unit if number.isdigit() else 0


def _tremble() -> int:
    """Linux counts resident memory in a batch on each CPU (since 6.2; before, on each thread), bytes."""
    cpus = os.cpu_count() or 1
    return cpus * max(32, 2 * cpus) * mmap.PAGESIZE
