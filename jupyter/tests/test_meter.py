"""The meters where the system refuses, lacks or does otherwise: recorded trees and stand-ins for system libraries."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from beside import FOLDER

from gorgon.config import Config
from gorgon.meter import choose
from gorgon.meter.darwin import BsdInfo, DarwinMeter, RusageInfo, TaskInfo
from gorgon.meter.difference import Cost, Watch, cost
from gorgon.meter.files import KeptFile, KeptSwitch
from gorgon.meter.linux import LinuxMeter
from gorgon.meter.plain import PlainMeter
from gorgon.meter.snapshot import Child, Snapshot
from gorgon.meter.windows import IoCounters, MemoryCounters, MemoryStatus, WindowsMeter, machine_memory
from gorgon.record import EXACT, KernelRef
from gorgon.run import Ending, Parts, Run

MIB = 1 << 20

STATUS = """Name:\tpython3
VmPeak:\t  900000 kB
VmSize:\t  800000 kB
VmHWM:\t  {high} kB
VmRSS:\t  {rss} kB
RssAnon:\t   40000 kB
RssFile:\t   10240 kB
RssShmem:\t       0 kB
VmSwap:\t     512 kB
Threads:\t7
"""

IO = "rchar: 100\nwchar: 200\nsyscr: 3\nsyscw: 4\nread_bytes: 500\nwrite_bytes: 600\ncancelled_write_bytes: 0\n"

NET = (
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
    "    lo: 9000 1 0 0 0 0 0 0 9000 1 0 0 0 0 0 0\n"
    "  eth0: {rx} 1 0 0 0 0 0 0 {tx} 1 0 0 0 0 0 0\n"
    "docker0: 7000 1 0 0 0 0 0 0 7000 1 0 0 0 0 0 0\n"
    "  tun0: 400 1 0 0 0 0 0 0 400 1 0 0 0 0 0 0\n"
)

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="Reads /proc.")


def put(root: Path, path: str, text: str) -> None:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)


def run_of(meter: Any, between: Callable[[], object] = lambda: None, reset_peak: bool = True) -> Cost:
    meter.prepare(reset_peak)
    start = meter.begin(reset_peak)
    between()
    return cost(Watch(start), meter.end(start), meter.tremble, 0)


# -- Linux -------------------------------------------------------------------------------------------------------------


@linux_only
def test_this_linux_can_reset_the_mark() -> None:
    meter = choose()
    meter.prepare(True)
    assert (meter.mode, meter.notes) == ("reset", [])
    found = run_of(meter, lambda: len(b"x" * (64 << 20)))
    assert abs(found.measures["peakDeltaBytes"].value - 64 * MIB) <= MIB  # type: ignore[operator]
    meter.close()
    assert run_of(meter).measures["peakBytes"].quality == "exact"  # It opens again what it needs.
    meter.close()


@linux_only
def test_the_peak_of_a_run_whose_record_waits_outlives_the_next_reset() -> None:
    meter = choose()
    parts = Parts(meter, KernelRef(os.getpid(), 1, "python", "here"), Config())
    parts.prepare()
    first, second = Run(None, 1, None), Run(None, 2, None)
    parts.begin(first)
    len(b"x" * (64 << 20))
    parts.stop(first)
    parts.begin(second)  # Of another thread, say: nobody has asked for the record yet.
    parts.stop(second)
    for run, mib in ((second, 0), (first, 64)):
        measures = parts.record(run, Ending.of(None), []).measures
        assert measures["peakBytes"].quality == EXACT
        assert abs(measures["peakDeltaBytes"].value - mib * MIB) <= MIB  # type: ignore[operator]
    meter.close()


#: Runs in a process of its own, whose IO nobody else adds to. The first run opens the meter's files.
READS = """
from gorgon.meter import choose
from gorgon.meter.difference import Watch, cost
meter = choose()
meter.prepare(True)
with open("/dev/zero", "rb", buffering=0) as zero:
    for size in (10, 0, 1000):
        start = meter.begin(True)
        size and zero.read(size)
        found = cost(Watch(start), meter.end(start), meter.tremble, 0).measures
        print(found["readBytes"].value, found["writeBytes"].value)
"""


@linux_only
def test_what_a_look_reads_itself_is_no_io_of_the_run() -> None:
    env = {**os.environ, "PYTHONPATH": str(FOLDER)}
    found = subprocess.run([sys.executable, "-c", READS], env=env, capture_output=True, text=True, check=True)
    assert found.stdout.split("\n") == ["10 0", "0 0", "1000 0", ""]


@linux_only
def test_a_system_without_clear_refs_keeps_the_peak_of_all_time(tmp_path: Path) -> None:
    # As gVisor and kernels without CONFIG_PROC_PAGE_MONITOR: a status, but nothing to reset.
    put(tmp_path, "proc/self/status", STATUS.format(high=60000, rss=50000))
    put(tmp_path, "proc/self/io", IO)
    put(tmp_path, "proc/self/net/dev", NET.format(rx=1000, tx=2000))
    meter = LinuxMeter(str(tmp_path))
    meter.prepare(True)
    assert meter.mode == "lifetime"
    assert "clear_refs" in meter.notes[0]
    lower = run_of(meter)
    assert lower.measures["peakBytes"].to_dict() == {"value": 50000 * 1024, "quality": "sampled"}
    higher = run_of(meter, lambda: put(tmp_path, "proc/self/status", STATUS.format(high=70000, rss=50000)))
    assert higher.measures["peakBytes"].to_dict() == {"value": 70000 * 1024, "quality": "exact-lifetime"}
    assert higher.measures["fileBytes"].value == 10240 * 1024
    assert higher.measures["threads"].value == 7
    assert not (tmp_path / "proc/self/clear_refs").exists()


@linux_only
def test_a_clear_refs_that_does_nothing_is_found_out(tmp_path: Path) -> None:
    put(tmp_path, "proc/self/status", STATUS.format(high=60000, rss=50000))
    put(tmp_path, "proc/self/clear_refs", "")
    meter = LinuxMeter(str(tmp_path))
    meter.prepare(True)
    assert meter.mode == "lifetime"


@linux_only
def test_without_any_right_in_proc_there_is_still_time_and_cpu(tmp_path: Path) -> None:
    meter = LinuxMeter(str(tmp_path))
    found = run_of(meter)
    assert found.measures["wallMs"].quality == "exact"
    assert found.measures["cpuMs"].value is not None
    for name in ("peakDeltaBytes", "readBytes", "netRxBytes", "threads", "fileBytes"):
        assert name not in found.measures
    assert found.measures["peakBytes"].quality == "none"
    assert meter.started_at() == 0


@linux_only
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("proc/self/status", "VmRSS: \nVmHWM:\nThreads:\n\nVmRSS:\tmuch kB\n"),
        ("proc/self/status", "\nVmRSS:\t12"),
        ("proc/self/io", "rchar: many\n" * 6),
        ("proc/self/io", "read_bytes: 5\n"),
        ("proc/self/net/dev", "a\nb\n  eth0 no colon\n"),
        ("proc/self/net/dev", "a\nb\n  eth0: 1 2\n"),
        ("proc/self/statm", "x y z\n"),
        ("proc/self/stat", "1 (a) b) S"),
    ],
)
def test_nonsense_in_proc_is_no_number(tmp_path: Path, path: str, text: str) -> None:
    put(tmp_path, path, text)
    assert run_of(LinuxMeter(str(tmp_path))).measures["wallMs"].quality == "exact"


@linux_only
def test_a_container_counts_its_own_networks_and_a_machine_its_hardware(tmp_path: Path) -> None:
    put(tmp_path, "proc/self/net/dev", NET.format(rx=1000, tx=2000))
    after = NET.format(rx=1500, tx=2700).replace("400 1", "450 1")
    container = run_of(LinuxMeter(str(tmp_path)), lambda: put(tmp_path, "proc/self/net/dev", after))
    assert (container.measures["netRxBytes"].value, container.measures["netTxBytes"].value) == (550, 750)
    put(tmp_path, "sys/class/net/eth0/device/vendor", "0x1")
    put(tmp_path, "proc/self/net/dev", NET.format(rx=1000, tx=2000))
    machine = run_of(LinuxMeter(str(tmp_path)), lambda: put(tmp_path, "proc/self/net/dev", after))
    assert (machine.measures["netRxBytes"].value, machine.measures["netTxBytes"].value) == (500, 700)


@linux_only
def test_what_is_slow_to_read_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gorgon.meter.linux.SLOW_NS", 0)
    put(tmp_path, "proc/self/net/dev", NET.format(rx=1000, tx=2000))
    meter = LinuxMeter(str(tmp_path))
    assert "netRxBytes" not in run_of(meter).measures
    assert "too many networks" in meter.notes[0]


@linux_only
@pytest.mark.parametrize(
    ("files", "before", "after"),
    [
        (
            {
                "proc/self/cgroup": "0::/pod\n",
                "proc/self/mountinfo": "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
                "sys/fs/cgroup/pod/cpu.max": "50000 100000\n",
            },
            "usage_usec 1\nnr_throttled 1\nthrottled_usec 1000\n",
            "usage_usec 9\nnr_throttled 3\nthrottled_usec 251000\n",
        ),
        (
            {
                "proc/self/cgroup": "3:cpu:/pod\n",
                "proc/self/mountinfo": "31 30 0:27 / /sys/fs/cgroup rw - cgroup cgroup rw,cpu\n",
                "sys/fs/cgroup/pod/cpu.cfs_quota_us": "50000\n",
                "sys/fs/cgroup/pod/cpu.cfs_period_us": "100000\n",
            },
            "nr_periods 5\nnr_throttled 1\nthrottled_time 1000000\n",
            "nr_periods 9\nnr_throttled 4\nthrottled_time 251000000",
        ),
    ],
)
def test_how_long_the_group_was_held_back(tmp_path: Path, files: dict[str, str], before: str, after: str) -> None:
    for path, text in files.items():
        put(tmp_path, path, text)
    stat = "sys/fs/cgroup/pod/cpu.stat"
    put(tmp_path, stat, before)
    found = run_of(LinuxMeter(str(tmp_path)), lambda: put(tmp_path, stat, after))
    assert found.measures["throttledMs"].value == 250


@linux_only
def test_children_are_found_where_the_system_has_no_lists_of_them(tmp_path: Path) -> None:
    # Kernels without CONFIG_PROC_CHILDREN. The name of a process may hold anything.
    me = os.getpid()
    numbers = "1 1 0 -1 {flags} 0 0 0 0 {user} 20 5 5 20 0 1 0 {start} 1 1"
    put(tmp_path, f"proc/{me}/task/{me}/stat", "")
    put(tmp_path, "proc/900/stat", f"900 (a) R 5) S {me} " + numbers.format(flags=0, user=30, start=77))
    put(tmp_path, "proc/900/task/900/stat", "")
    put(tmp_path, "proc/900/status", STATUS.format(high=5000, rss=4000))
    put(tmp_path, "proc/901/stat", "901 (b) S 900 " + numbers.format(flags=0x40, user=10, start=78))
    put(tmp_path, "proc/901/task/901/stat", "")
    put(tmp_path, "proc/901/status", STATUS.format(high=99000, rss=90000))
    put(tmp_path, "proc/902/stat", "902 (c) S 1 " + numbers.format(flags=0, user=10, start=79))
    meter = LinuxMeter(str(tmp_path))
    children = meter.begin(False).children
    assert children is not None
    assert set(children) == {(900, 77), (901, 78)}
    assert (children[900, 77].peak, children[900, 77].forked) == (5000 * 1024, False)
    assert (children[901, 78].peak, children[901, 78].forked) == (None, True)
    # Ticks of 10 ms: its own and those of children it has waited for.
    assert children[900, 77].cpu_ns == (30 + 20 + 5 + 5) * 10_000_000


def test_a_kept_file_that_somebody_closed_is_opened_again(tmp_path: Path) -> None:
    put(tmp_path, "a", "one")
    put(tmp_path, "b", "theirs")
    kept = KeptFile(str(tmp_path / "a"))
    assert kept.read() == b"one"
    os.close(kept._fd)
    assert kept.read() == b"one"
    # Its number is another file's by now: that one must stay open.
    fd = kept._fd
    os.close(fd)
    theirs = os.open(tmp_path / "b", os.O_RDONLY)
    if theirs != fd:
        os.dup2(theirs, fd)
    kept.close()
    assert os.fstat(fd).st_size == 6
    os.close(fd)


@linux_only
def test_a_kept_switch_is_never_written_into_somebody_elses_file(tmp_path: Path) -> None:
    put(tmp_path, "a", "")
    put(tmp_path, "theirs", "theirs")
    kept = KeptSwitch(str(tmp_path / "a"))
    assert kept.write(b"1")
    assert kept.write(b"2")
    fd = kept._fd
    if fd < 0:
        pytest.skip("missing: fstat() in the C library; without it each write opens its own")
    # Somebody closed what was not theirs, and opened a file of their own.
    theirs = os.open(tmp_path / "theirs", os.O_RDWR)
    os.dup2(theirs, fd)
    assert kept.write(b"3")
    assert (tmp_path / "theirs").read_text() == "theirs"
    assert (tmp_path / "a").read_text() == "32"
    kept.close()
    assert os.fstat(fd).st_size == 6
    os.close(fd)
    os.close(theirs)
    assert not KeptSwitch(str(tmp_path / "none")).write(b"1")


@linux_only
def test_a_reset_that_fails_later_leaves_the_peak_of_all_time(monkeypatch: pytest.MonkeyPatch) -> None:
    meter = choose()
    meter.prepare(True)
    high = meter.begin(False).high
    monkeypatch.setattr(KeptSwitch, "write", lambda self, data: False)
    start = meter.begin(True)
    assert not start.was_reset
    assert (start.high or 0) >= (high or 0)
    assert cost(Watch(start), meter.end(start), meter.tremble, 0).measures["peakBytes"].quality != EXACT


# -- macOS and Windows, by stand-ins for their libraries ---------------------------------------------------------------


class FakeLibproc:
    """Answers as libproc does, for one process of a chosen footprint."""

    def __init__(self, resets: bool = True, children: int = 0) -> None:
        self.footprint = 50 * MIB
        self.interval = 90 * MIB
        self.lifetime = 90 * MIB
        self.written = 0
        self.child_time = 24_000_000  # Units of 125/3 ns: one second.
        self.children = children
        if resets:
            self.proc_reset_footprint_interval = self._reset

    def _reset(self, pid: int) -> int:
        self.interval = self.footprint
        return 0

    def spike(self, size: int) -> None:
        self.interval = max(self.interval, size)
        self.lifetime = max(self.lifetime, size)

    def proc_pid_rusage(self, pid: int, flavour: int, place: Any) -> int:
        info = place._obj
        assert isinstance(info, RusageInfo)
        assert flavour == 4
        info.phys_footprint = self.footprint
        info.interval_max_phys_footprint = self.interval
        info.lifetime_max_phys_footprint = self.lifetime
        info.diskio_byteswritten = self.written
        info.user_time = self.child_time
        info.proc_start_abstime = 5
        return 0

    def proc_pidinfo(self, pid: int, flavour: int, arg: Any, place: Any, size: int) -> int:
        info = place._obj
        if isinstance(info, TaskInfo):
            info.threadnum = 9
        elif isinstance(info, BsdInfo):
            info.start_tvsec, info.start_tvusec = 1_700_000_000, 250_000
        return size

    def proc_listchildpids(self, pid: int, place: Any, size: int) -> int:
        for at in range(self.children):
            place[at] = 100 + at
        return self.children

    def mach_timebase_info(self, place: Any) -> int:
        place._obj.numer, place._obj.denom = 125, 3
        return 0


def test_the_structures_of_macos_have_their_size() -> None:
    # sizeof in C: 16 + 35 * 8, 96, 136.
    assert ctypes.sizeof(RusageInfo) == 296
    assert ctypes.sizeof(TaskInfo) == 96
    assert ctypes.sizeof(BsdInfo) == 136


def test_macos_says_the_peak_of_the_interval() -> None:
    library = FakeLibproc()
    meter = DarwinMeter(library)
    found = run_of(meter, lambda: library.spike(70 * MIB))
    assert meter.mode == "reset"
    assert found.measures["peakBytes"].to_dict() == {"value": 70 * MIB, "quality": "exact"}
    assert found.measures["threads"].value == 9
    assert "readBytes" not in found.measures
    assert meter.started_at() == 1_700_000_000_250


def test_macos_without_the_private_call_says_the_peak_of_all_time() -> None:
    library = FakeLibproc(resets=False)
    meter = DarwinMeter(library)
    assert run_of(meter, lambda: library.spike(70 * MIB)).measures["peakBytes"].quality == "sampled"
    risen = run_of(meter, lambda: library.spike(95 * MIB)).measures["peakBytes"]
    assert risen.to_dict() == {"value": 95 * MIB, "quality": "exact-lifetime"}
    assert meter.mode == "lifetime"


def test_macos_counts_a_living_child_in_its_own_unit_of_time() -> None:
    library = FakeLibproc(children=1)
    meter = DarwinMeter(library)

    def spin() -> None:
        library.child_time += 12_000_000

    found = run_of(meter, spin)
    assert found.measures["cpuChildrenMs"].value == pytest.approx(500, abs=5)
    assert found.measures["children"].value == 1


class FakeKernel32:
    """Answers as kernel32 does."""

    def __init__(self) -> None:
        self.peak = 80 * MIB
        self.written = 0

    def K32GetProcessMemoryInfo(self, process: Any, place: Any, size: int) -> int:
        memory = place._obj
        assert isinstance(memory, MemoryCounters)
        assert memory.cb == size
        memory.working_set, memory.peak_working_set = 60 * MIB, self.peak
        return 1

    def GetProcessIoCounters(self, process: Any, place: Any) -> int:
        assert isinstance(place._obj, IoCounters)
        place._obj.write_bytes = self.written
        return 1

    def GetProcessTimes(self, process: Any, created: Any, *others: Any) -> int:
        created._obj.value = (1_700_000_000_000 + 11_644_473_600_000) * 10_000
        return 1

    def GlobalMemoryStatusEx(self, place: Any) -> int:
        assert isinstance(place._obj, MemoryStatus)
        assert place._obj.length == ctypes.sizeof(MemoryStatus) == 64
        place._obj.total = 16 << 30
        return 1


def test_windows_says_the_peak_of_all_time_where_it_rose() -> None:
    library = FakeKernel32()
    meter = WindowsMeter(library)

    def work() -> None:
        library.peak, library.written = 100 * MIB, 5000

    found = run_of(meter, work)
    assert found.measures["peakBytes"].to_dict() == {"value": 100 * MIB, "quality": "exact-lifetime"}
    assert found.measures["writeBytes"].value == 5000
    assert "children" not in found.measures
    assert run_of(meter).measures["peakBytes"].to_dict() == {"value": 60 * MIB, "quality": "sampled"}
    assert meter.started_at() == 1_700_000_000_000
    assert machine_memory(library) == 16 << 30


def test_an_unknown_system_still_says_time_and_cpu() -> None:
    meter = PlainMeter()
    found = run_of(meter)
    assert found.measures["wallMs"].quality == "exact"
    assert "no meter" in meter.notes[0]


# -- what two looks make -----------------------------------------------------------------------------------------------


def looks(**end: Any) -> tuple[Snapshot, Snapshot]:
    base = {"rss": 100 * MIB, "high": 100 * MIB, "reaped_cpu_ns": 0, "reaped_peak": 0, "reaped_faults": 0}
    start = Snapshot(0, 0, **base)
    start.was_reset = True
    return start, Snapshot(1_000_000_000, 0, **{**base, **end})


def test_a_child_that_was_there_before_counts_only_what_it_used_in_the_run() -> None:
    start, end = looks(reaped_cpu_ns=3_000_000_000)
    start.children = {(5, 1): Child(2_500_000_000, (10, 20, 30, 40), None, False, False)}
    start.io, end.io = (0, 0, 0, 0), (110, 220, 30, 40)
    found = cost(Watch(start), end, 0, 0).measures
    assert found["cpuChildrenMs"].value == 500
    assert (found["readBytes"].value, found["writeBytes"].value) == (100, 200)


def test_children_that_the_system_reaped_are_not_said_to_be_exact() -> None:
    start, end = looks()
    start.children = {(5, 1): Child(2_500_000_000, None, None, False, False)}
    found = cost(Watch(start), end, 0, 0, ignores_children=True).measures
    assert found["cpuChildrenMs"].to_dict() == {"value": 0, "quality": "sampled"}


def test_a_peak_below_what_was_seen_is_at_least_that() -> None:
    start, end = looks(rss=100 * MIB, high=120 * MIB)
    watch = Watch(start, later_floor=100 * MIB)
    watch.see(500 * MIB)
    found = cost(watch, end, MIB, 0)
    assert found.measures["peakBytes"].to_dict() == {"value": 500 * MIB, "quality": "sampled"}
    assert len(found.notes) == 1


def test_a_peak_that_was_reset_for_an_inner_run_is_carried_over() -> None:
    start, end = looks(high=150 * MIB)
    watch = Watch(start, later_floor=100 * MIB)
    watch.carry(900 * MIB, 120 * MIB)
    assert cost(watch, end, 0, 0).measures["peakBytes"].to_dict() == {"value": 900 * MIB, "quality": "exact"}


def test_an_old_childs_peak_is_not_told_when_the_kernel_once_had_more() -> None:
    start, end = looks(reaped_peak=400 * MIB, reaped_faults=9)
    start.children = {(5, 1): Child(0, None, None, False, False)}
    assert "childPeakBytes" not in cost(Watch(start), end, 0, own_high=900 * MIB).measures
    assert cost(Watch(start), end, 0, own_high=300 * MIB).measures["childPeakBytes"].value == 400 * MIB
