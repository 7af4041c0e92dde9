"""Measures this process on macOS by proc_pid_rusage(): its physical footprint, of which the system keeps peaks."""

from __future__ import annotations

import ctypes
import os
import time
from typing import Any

from . import plain
from .snapshot import Child, ChildKey, Snapshot

_RUSAGE_INFO_V4 = 4
_PROC_PIDTBSDINFO = 3
_PROC_PIDTASKINFO = 4
_MOST_CHILDREN = 64


class RusageInfo(ctypes.Structure):
    """struct rusage_info_v4 of <sys/resource.h>. Times are in units of mach_absolute_time()."""

    _fields_ = (
        ("uuid", ctypes.c_uint8 * 16),
        ("user_time", ctypes.c_uint64),
        ("system_time", ctypes.c_uint64),
        ("pkg_idle_wkups", ctypes.c_uint64),
        ("interrupt_wkups", ctypes.c_uint64),
        ("pageins", ctypes.c_uint64),
        ("wired_size", ctypes.c_uint64),
        ("resident_size", ctypes.c_uint64),
        ("phys_footprint", ctypes.c_uint64),
        ("proc_start_abstime", ctypes.c_uint64),
        ("proc_exit_abstime", ctypes.c_uint64),
        ("child_user_time", ctypes.c_uint64),
        ("child_system_time", ctypes.c_uint64),
        ("child_pkg_idle_wkups", ctypes.c_uint64),
        ("child_interrupt_wkups", ctypes.c_uint64),
        ("child_pageins", ctypes.c_uint64),
        ("child_elapsed_abstime", ctypes.c_uint64),
        ("diskio_bytesread", ctypes.c_uint64),
        ("diskio_byteswritten", ctypes.c_uint64),
        ("cpu_time_qos", ctypes.c_uint64 * 7),
        ("billed_system_time", ctypes.c_uint64),
        ("serviced_system_time", ctypes.c_uint64),
        ("logical_writes", ctypes.c_uint64),
        ("lifetime_max_phys_footprint", ctypes.c_uint64),
        ("instructions", ctypes.c_uint64),
        ("cycles", ctypes.c_uint64),
        ("billed_energy", ctypes.c_uint64),
        ("serviced_energy", ctypes.c_uint64),
        ("interval_max_phys_footprint", ctypes.c_uint64),
        ("runnable_time", ctypes.c_uint64),
    )


class TaskInfo(ctypes.Structure):
    """struct proc_taskinfo of <sys/proc_info.h>."""

    _fields_ = (
        ("sizes_and_times", ctypes.c_uint64 * 6),
        ("counters", ctypes.c_int32 * 9),
        ("threadnum", ctypes.c_int32),
        ("numrunning", ctypes.c_int32),
        ("priority", ctypes.c_int32),
    )


class BsdInfo(ctypes.Structure):
    """struct proc_bsdinfo of <sys/proc_info.h>."""

    _fields_ = (
        ("flags_to_rgid", ctypes.c_uint32 * 12),
        ("comm", ctypes.c_char * 16),
        ("name", ctypes.c_char * 32),
        ("nfiles_to_nice", ctypes.c_uint32 * 6),
        ("start_tvsec", ctypes.c_uint64),
        ("start_tvusec", ctypes.c_uint64),
    )


class DarwinMeter:
    """library: libproc as ctypes loads it."""

    def __init__(self, library: Any = None) -> None:
        self.mode = "none"
        self.notes: list[str] = []
        self.tremble = 0
        self.addresses_limited = False
        if library is None:
            library = ctypes.CDLL("/usr/lib/libSystem.B.dylib", use_errno=True)
        self._library = library
        self._pid = os.getpid()
        self._tick_ns = _tick_ns(library)
        # Private, but what the system's own tools use; since macOS 10.14.
        self._reset_interval = getattr(library, "proc_reset_footprint_interval", None)
        self._can_reset: bool | None = None

    def prepare(self, reset_peak: bool) -> None:
        info = self._read(self._pid)
        if info is None:
            self.mode = "lifetime"
            self._say("proc_pid_rusage() does not answer: memory is known by getrusage() only.")
            return
        if not reset_peak:
            self.mode = "lifetime" if self._can_reset is None else self.mode
            return
        if self._can_reset is None:
            self._can_reset = self._reset()
        self.mode = "reset" if self._can_reset else "lifetime"
        self._say("Memory is the physical footprint, which counts compressed pages, too.")
        if not self._can_reset:
            self._say("The interval peak cannot be reset: a peak is exact only where it is the highest of all time.")

    def begin(self, reset_peak: bool, alone: bool = True) -> Snapshot:
        if reset_peak and self._can_reset is None:
            self.prepare(True)
        children = self._children()
        found = self._look(use_interval=False)
        if reset_peak and self._can_reset:
            interval = self._read(self._pid)
            if interval is not None:
                found.high = interval.interval_max_phys_footprint
            found.was_reset = self._reset()
        found.children = children
        found.cpu_ns = time.process_time_ns()
        found.wall_ns = time.perf_counter_ns()
        return found

    def end(self, start: Snapshot) -> Snapshot:
        wall, cpu = time.perf_counter_ns(), time.process_time_ns()
        found = self._look(use_interval=start.was_reset)
        found.wall_ns, found.cpu_ns = wall, cpu
        found.children = self._children()
        return found

    def resident(self) -> int | None:
        info = self._read(self._pid)
        return None if info is None else int(info.phys_footprint)

    def started_at(self) -> int:
        info = BsdInfo()
        size = ctypes.sizeof(info)
        read = self._library.proc_pidinfo(self._pid, _PROC_PIDTBSDINFO, ctypes.c_uint64(0), ctypes.byref(info), size)
        return int(info.start_tvsec) * 1000 + int(info.start_tvusec) // 1000 if read == size else 0

    def close(self) -> None:
        pass

    def _look(self, use_interval: bool) -> Snapshot:
        found = plain.clocks()
        found.children = None
        info = self._read(self._pid)
        if info is None:
            found.high = plain.lifetime_high()
            return found
        found.rss = int(info.phys_footprint)
        found.high = int(info.interval_max_phys_footprint if use_interval else info.lifetime_max_phys_footprint)
        found.io = (None, None, int(info.diskio_bytesread), int(info.diskio_byteswritten))
        task = TaskInfo()
        size = ctypes.sizeof(task)
        if (
            self._library.proc_pidinfo(self._pid, _PROC_PIDTASKINFO, ctypes.c_uint64(0), ctypes.byref(task), size)
            == size
        ):
            found.threads = int(task.threadnum)
        return found

    def _read(self, pid: int) -> RusageInfo | None:
        info = RusageInfo()
        failed = self._library.proc_pid_rusage(pid, _RUSAGE_INFO_V4, ctypes.byref(info))
        return None if failed else info

    def _reset(self) -> bool:
        return self._reset_interval is not None and self._reset_interval(self._pid) == 0

    def _children(self) -> dict[ChildKey, Child] | None:
        pids = (ctypes.c_int * _MOST_CHILDREN)()
        count = self._library.proc_listchildpids(self._pid, pids, ctypes.sizeof(pids))
        if count < 0:
            return None
        found: dict[ChildKey, Child] = {}
        for pid in pids[: min(count, _MOST_CHILDREN)]:
            info = self._read(pid)
            if info is None:
                continue
            ticks = info.user_time + info.system_time + info.child_user_time + info.child_system_time
            # Its peak may be of the time before it took its own program.
            found[(pid, int(info.proc_start_abstime))] = Child(
                cpu_ns=int(ticks * self._tick_ns),
                io=None,
                peak=None,
                forked=False,
                zombie=False,
            )
        return found

    def _say(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)


def _tick_ns(library: Any) -> float:
    """Nanoseconds in one unit of mach_absolute_time(): 1 on Intel, 125/3 on Apple's own."""

    class Timebase(ctypes.Structure):
        _fields_ = (("numer", ctypes.c_uint32), ("denom", ctypes.c_uint32))

    timebase = Timebase()
    if library.mach_timebase_info(ctypes.byref(timebase)) != 0 or timebase.denom == 0:
        return 1.0
    return float(timebase.numer / timebase.denom)
