"""Measures this process on Windows by psapi: the peak working set is of all time and cannot be reset."""

from __future__ import annotations

import ctypes
import time
from typing import Any

from .snapshot import Snapshot

#: From 1601-01-01, where Windows counts from, to the epoch, in milliseconds.
_EPOCH_MS = 11_644_473_600_000


class MemoryCounters(ctypes.Structure):
    """PROCESS_MEMORY_COUNTERS_EX."""

    _fields_ = (
        ("cb", ctypes.c_uint32),
        ("page_faults", ctypes.c_uint32),
        ("peak_working_set", ctypes.c_size_t),
        ("working_set", ctypes.c_size_t),
        ("quotas", ctypes.c_size_t * 4),
        ("pagefile", ctypes.c_size_t),
        ("peak_pagefile", ctypes.c_size_t),
        ("private", ctypes.c_size_t),
    )


class IoCounters(ctypes.Structure):
    """IO_COUNTERS. They count files, devices and pipes alike."""

    _fields_ = (
        ("read_operations", ctypes.c_uint64),
        ("write_operations", ctypes.c_uint64),
        ("other_operations", ctypes.c_uint64),
        ("read_bytes", ctypes.c_uint64),
        ("write_bytes", ctypes.c_uint64),
        ("other_bytes", ctypes.c_uint64),
    )


class MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("total", ctypes.c_uint64),
        ("rest", ctypes.c_uint64 * 6),
    )


class WindowsMeter:
    """library: kernel32 as ctypes loads it."""

    def __init__(self, library: Any = None) -> None:
        self.mode = "lifetime"
        self.notes = [
            "Windows keeps the peak of all time only: a cell's is exact where it is the highest so far.",
            "Windows does not say here what child processes used.",
        ]
        self.tremble = 0
        self.addresses_limited = False
        self._library = _kernel32() if library is None else library
        # A pseudo handle of this process; it need not be closed.
        self._process = ctypes.c_void_p(-1)

    def prepare(self, reset_peak: bool) -> None:
        pass

    def begin(self, reset_peak: bool, alone: bool = True) -> Snapshot:
        found = self._look()
        found.cpu_ns = time.process_time_ns()
        found.wall_ns = time.perf_counter_ns()
        return found

    def end(self, start: Snapshot) -> Snapshot:
        wall, cpu = time.perf_counter_ns(), time.process_time_ns()
        found = self._look()
        found.wall_ns, found.cpu_ns = wall, cpu
        return found

    def resident(self) -> int | None:
        memory = self._memory()
        return None if memory is None else int(memory.working_set)

    def started_at(self) -> int:
        times = [ctypes.c_uint64() for _ in range(4)]
        if not self._library.GetProcessTimes(self._process, *(ctypes.byref(one) for one in times)):
            return 0
        return int(times[0].value) // 10_000 - _EPOCH_MS

    def close(self) -> None:
        pass

    def _look(self) -> Snapshot:
        found = Snapshot(0, 0, children=None)
        memory = self._memory()
        if memory is not None:
            found.rss = int(memory.working_set)
            found.high = int(memory.peak_working_set)
        io = IoCounters()
        if self._library.GetProcessIoCounters(self._process, ctypes.byref(io)):
            found.io = (int(io.read_bytes), int(io.write_bytes), None, None)
        return found

    def _memory(self) -> MemoryCounters | None:
        memory = MemoryCounters()
        memory.cb = ctypes.sizeof(memory)
        # Since Windows 7 psapi's function is in kernel32 under this name.
        answered = self._library.K32GetProcessMemoryInfo(self._process, ctypes.byref(memory), memory.cb)
        return memory if answered else None


def machine_memory(library: Any = None) -> int | None:
    """Physical memory of the machine, bytes."""
    status = MemoryStatus()
    status.length = ctypes.sizeof(status)
    library = _kernel32() if library is None else library
    return int(status.total) if library.GlobalMemoryStatusEx(ctypes.byref(status)) else None


def _kernel32() -> Any:
    return getattr(ctypes, "WinDLL")("kernel32", use_last_error=True)  # noqa: B009 - exists on Windows only
