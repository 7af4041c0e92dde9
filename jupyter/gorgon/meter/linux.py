"""Measures this process on Linux: the peak of a cell exactly, by resetting the memory high-water mark before it."""

from __future__ import annotations

import mmap
import os
import re
import time
from typing import Any

from .. import forks
from ..cgroups import Cgroups, cpu_quota
from . import plain
from .files import KeptFile, KeptSwitch, Together, read_once
from .snapshot import Child, ChildKey, Snapshot
from .tree import Tree, kib, parse_io

PROBE_BYTES = 8 << 20

#: What takes longer at each look, at its best of three, is left out.
SLOW_NS = 200_000

#: Networks that carry nothing of their own: what passes there passes another one, too, or stays on the machine.
_INNER_NET = re.compile(rb"lo$|veth|docker|br-|virbr|cni|flannel|cali|lxc|vnet|ifb|dummy|bond_|team_")


# /proc/PID/status has its lines in this order (fs/proc/array.c); one search is much cheaper than seven.
_STATUS = re.compile(
    rb"\nVmPeak:\s+(\d+) kB\nVmSize:\s+(\d+) kB\n(?:.*\n){0,3}?VmHWM:\s+(\d+) kB\nVmRSS:\s+(\d+) kB\n"
    rb"RssAnon:.*\nRssFile:\s+(\d+) kB\n(?:.*\n){1,9}?VmSwap:\s+(\d+) kB\n(?:.*\n){0,9}?Threads:\s+(\d+)\n"
)


class Look(Snapshot):
    """Read now, understood when somebody asks: a cell waits for the reading alone."""

    __slots__ = ("_meter", "around", "instead", "io_text", "is_begin", "is_lean", "lean_high", "memory", "reaped")

    #: Of /proc/self/status (or statm, see below).
    memory: bytes
    #: Of /proc/self/net/dev and of each control group's cpu.stat; None: to be read when somebody asks.
    around: list[bytes] | None
    io_text: bytes
    #: What the look itself read and wrote after `io_text` was told counts, too.
    is_begin: bool
    reaped: plain.Reaped
    #: Highest resident memory and resident memory, by other ways than /proc/self/status; asked for where that lacks them.
    instead: tuple[int | None, int | None]
    #: `memory` is only /proc/self/statm; the highest resident memory is then `lean_high`, where anybody needs that.
    is_lean: bool
    lean_high: int | None

    def __init__(self, meter: LinuxMeter) -> None:
        # The fields of a snapshot have no values yet.
        self._meter: LinuxMeter | None = meter

    def __getattr__(self, name: str) -> Any:
        meter = self._meter
        if meter is None or name.startswith("_"):
            raise AttributeError(name)
        self._meter = None
        meter.understand(self)
        return getattr(self, name)


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
        self._clear_refs = KeptSwitch(f"{self._proc}/self/clear_refs")
        self._tree = Tree(self._proc, self._real)
        self._throttles = [
            (KeptFile(f"{group.folder}/cpu.stat"), group.version)
            for group in Cgroups(self._root or "/").chain("cpu")
            if cpu_quota(group) is not None
        ]
        #: What is read at the begin of a run, at its end, and once there is time after it; None before the first.
        self._together: tuple[Together, Together, Together] | None = None
        self._net_lines = -1
        self._net_patterns: list[re.Pattern[bytes]] = []
        self._can_reset: bool | None = None
        #: See _can_be_lean().
        self._lean = False
        #: /proc/self/status has the usual lines.
        self._usual = False
        self.tremble = _tremble()
        self.addresses_limited = plain.address_space_limited()

    def prepare(self, reset_peak: bool) -> None:
        self._together = None
        self._leave_out_slow()
        if not reset_peak:
            if self._can_reset is None:
                self.mode = "lifetime"
            return
        if self._can_reset is None:
            self._can_reset = self._probe()
        self.mode = "reset" if self._can_reset else self._without_reset()

    def begin(self, reset_peak: bool, alone: bool = True) -> Snapshot:
        if reset_peak and self._can_reset is None:
            self.prepare(True)
        together = self._together
        if together is None or (self._lean and self.addresses_limited):
            together = self._gather()
        found = Look(self)
        found.children, found.children_complete = self._descendants()
        if not self._lean:
            found.instead = self._instead()
        found.memory, found.io_text, *found.around = together[0].read()
        reset = reset_peak and self._can_reset
        found.is_lean = self._lean
        if self._lean:
            # What was before the reset is asked for only by a run that is under way, and to judge children from before.
            found.lean_high = None if alone and reset and not found.children else plain.lifetime_high()
        found.was_reset = bool(reset) and self._clear_refs.write(b"5")
        if reset and not found.was_reset and found.is_lean:
            found.lean_high = plain.lifetime_high()
        found.is_begin = True
        found.forks = forks.count()
        found.reaped = plain.reaped()
        found.cpu_ns = time.process_time_ns()
        found.wall_ns = time.perf_counter_ns()
        return found

    def end(self, start: Snapshot) -> Snapshot:
        found = Look(self)
        found.wall_ns = time.perf_counter_ns()
        found.cpu_ns = time.process_time_ns()
        together = self._together or self._gather()
        found.reaped = plain.reaped()
        found.io_text, found.memory = together[1].read()
        found.is_begin = False
        # These count what the whole namespace and the whole group do: once there is time they say the same.
        found.around = None
        found.is_lean = False
        found.instead = self._instead()
        children, complete = self._descendants()
        for key in start.children or ():
            # Its parent is gone but it is not: what it used before the run must not be taken off for nothing.
            if key not in children and (one := self._tree.one(key[0])) is not None and one[0] == key:
                one[1].stray = True
                children[key] = one[1]
        found.children, found.children_complete = children, complete
        found.was_reset = False
        found.forks = forks.count()
        return found

    def _gather(self) -> tuple[Together, Together, Together]:
        around = (self._net, *(kept for kept, _ in self._throttles))
        self._usual = _STATUS.search(self._status.read()) is not None
        self._lean = self._can_be_lean()
        self._together = (
            Together(self._statm if self._lean else self._status, self._io, *around),
            Together(self._io, self._status),
            Together(*around),
        )
        return self._together

    def understand(self, look: Look) -> None:
        """Fills in what a look's texts say."""
        net, *throttles = (self._together or self._gather())[2].read() if look.around is None else look.around
        plain.put_reaped(look, look.reaped)
        if look.is_lean:
            self._leanly(look)
        else:
            self._memory(look.memory, look)
            # Swap was added to the machine: from now on it is to be asked for.
            self._lean = self._lean and not look.swap
        io = parse_io(look.io_text)
        if io is not None and look.is_begin:
            read = len(look.io_text) + sum(map(len, look.around or ()))
            io = io[0] + read, io[1] + int(look.was_reset), io[2], io[3]
        look.io = io
        look.net = self._net_bytes(net)
        look.throttled_ns = (
            tuple(_throttled_ns(text, version) for text, (_, version) in zip(throttles, self._throttles, strict=False))
            if throttles
            else None
        )

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
        self._together = None
        for kept in (self._status, self._io, self._net, self._statm, *(kept for kept, _ in self._throttles)):
            kept.close()
        self._clear_refs.close()
        self._tree.close()

    def _memory(self, text: bytes, found: Look) -> None:
        usual = _STATUS.search(text)
        if usual is None:
            self._memory_by_line(text, found)
            return
        peak, size, high, rss, file, swap, threads = usual.groups()
        found.virtual_high, found.virtual = int(peak) << 10, int(size) << 10
        found.high, found.rss = int(high) << 10, int(rss) << 10
        found.file, found.swap, found.threads = int(file) << 10, int(swap) << 10, int(threads)

    def _leanly(self, found: Look) -> None:
        """Of /proc/self/statm, and what there cannot be."""
        pages = found.memory.split()
        found.virtual, found.rss = int(pages[0]) * mmap.PAGESIZE, int(pages[1]) * mmap.PAGESIZE
        # The reset has put it there.
        found.high = found.rss if found.lean_high is None else found.lean_high
        found.file = found.threads = found.virtual_high = None
        found.swap = 0

    def _can_be_lean(self) -> bool:
        """Whether a run's begin can do without the long /proc/self/status: of that it needs more only for swap and address space."""
        if not self._real or not self._can_reset or self.addresses_limited:
            return False
        swap = re.search(rb"^SwapTotal:\s+(\d+) kB$", read_once("/proc/meminfo"), re.MULTILINE)
        return swap is not None and int(swap[1]) == 0 and self._usual

    def _instead(self) -> tuple[int | None, int | None]:
        if self._usual:
            return None, None
        return plain.lifetime_high() if self._real else None, self.resident()

    def _memory_by_line(self, text: bytes, found: Look) -> None:
        """For a /proc/self/status that lacks lines (gVisor) or has them in another order."""
        found.virtual_high = found.virtual = found.swap = found.threads = None
        found.rss = kib(text, b"\nVmRSS:")
        found.high = kib(text, b"\nVmHWM:")
        high, rss = found.instead
        if found.high is None:
            found.high = high
        if found.rss is None:
            found.rss = rss
        found.file = kib(text, b"\nRssFile:")
        found.swap = kib(text, b"\nVmSwap:")
        found.virtual = kib(text, b"\nVmSize:")
        found.virtual_high = kib(text, b"\nVmPeak:")
        threads = re.search(rb"\nThreads:\s+(\d+)", text)
        found.threads = None if threads is None else int(threads[1])

    def _probe(self) -> bool:
        """Whether a reset really lowers the mark: some systems have the file and do nothing."""
        try:
            with mmap.mmap(-1, PROBE_BYTES) as room:
                for at in range(0, PROBE_BYTES, mmap.PAGESIZE):
                    room[at] = 1
        except (OSError, ValueError):
            return False
        before = kib(self._status.read(), b"\nVmHWM:")
        if before is None or not self._clear_refs.write(b"5"):
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

    def _leave_out_slow(self) -> None:
        """Hundreds of networks, or a control group with hundreds of CPUs, would cost more than all the rest."""
        for read, leave_out, note in (
            (
                lambda: self._net_bytes(self._net.read()),
                self._net.leave,
                "Network bytes are left out: this machine has too many networks.",
            ),
            (
                lambda: [kept.read() for kept, _ in self._throttles],
                self._throttles.clear,
                "Throttled time is left out: the control group answers too slowly.",
            ),
        ):
            took = []
            for _ in range(3):
                begun = time.perf_counter_ns()
                read()
                took.append(time.perf_counter_ns() - begun)
            if min(took) > SLOW_NS:
                leave_out()
                self.notes.append(note)

    def _descendants(self) -> tuple[dict[ChildKey, Child], bool]:
        if not self._tree.any():
            return {}, True
        return self._tree.read(os.getpid())

    def _net_bytes(self, text: bytes) -> tuple[int, int] | None:
        if self._net_lines != text.count(b"\n"):
            self._find_nets(text)
        received = sent = 0
        for pattern in self._net_patterns:
            found = pattern.search(text)
            if found is None:  # Another one has come in its place.
                self._net_lines = -1
                return None
            received += int(found[1])
            sent += int(found[2])
        return (received, sent) if self._net_patterns else None

    def _find_nets(self, text: bytes) -> None:
        names = [line.partition(b":")[0].strip() for line in text.splitlines()[2:] if b":" in line]
        self._net_lines = text.count(b"\n")
        self._net_patterns = [
            re.compile(rb"\n\s*" + re.escape(name) + rb":\s*(\d+)(?:\s+\d+){7}\s+(\d+)")
            for name in self._outer_nets(names)
        ]

    def _outer_nets(self, names: list[bytes]) -> list[bytes]:
        outer = [name for name in names if not _INNER_NET.match(name)]
        nets = f"{self._root}/sys/class/net"
        hardware = [name for name in outer if os.path.exists(f"{nets}/{os.fsdecode(name)}/device")]
        # On a machine itself a tunnel's bytes pass the hardware, too. In a container there is no hardware to see.
        return hardware or outer


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
