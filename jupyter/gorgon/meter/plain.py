"""Measures by what Python alone knows: for systems without a meter of their own, and as a part of the others."""

from __future__ import annotations

import sys
import time
from typing import Any

from .snapshot import Snapshot

try:
    import resource
except ImportError:  # Windows.
    resource = None  # type: ignore[assignment]

#: getrusage() counts resident memory in KiB, but on macOS in bytes.
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


#: What getrusage() says of children that were reaped; None where there is no such call.
Reaped = Any


def reaped() -> Reaped:
    return None if resource is None else resource.getrusage(resource.RUSAGE_CHILDREN)


def put_reaped(found: Snapshot, children: Reaped) -> None:
    """Writes into a snapshot what was known of reaped children when it was made."""
    if children is None:
        found.reaped_cpu_ns = found.reaped_peak = found.reaped_faults = None
        return
    found.reaped_cpu_ns = round((children.ru_utime + children.ru_stime) * 1e9)
    found.reaped_peak = children.ru_maxrss * MAXRSS_UNIT
    found.reaped_faults = children.ru_minflt + children.ru_majflt + children.ru_nvcsw + children.ru_nivcsw


def clocks() -> Snapshot:
    """Time and CPU, and what getrusage() knows of children that were reaped."""
    if resource is None:
        return Snapshot(time.perf_counter_ns(), time.process_time_ns(), children=None)
    found = Snapshot(wall_ns=0, cpu_ns=0)
    put_reaped(found, reaped())
    return found


def lifetime_high() -> int | None:
    """The highest resident memory of this process of all time, bytes; Linux: since its last reset."""
    if resource is None:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_UNIT


def address_space_limited() -> bool:
    """Whether `ulimit -v` limits this process."""
    return resource is not None and resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


class PlainMeter:
    """Wall, CPU and the peak of all time, where getrusage() exists."""

    def __init__(self) -> None:
        self.mode = "lifetime" if resource is not None else "none"
        self.notes = [f"Gorgon has no meter for {sys.platform}: it says time, CPU and the peak of all time only."]
        self.tremble = 0
        self.addresses_limited = False

    def prepare(self, reset_peak: bool) -> None:
        pass

    def begin(self, reset_peak: bool, alone: bool = True) -> Snapshot:
        return self._look()

    def end(self, start: Snapshot) -> Snapshot:
        return self._look()

    def resident(self) -> int | None:
        return None

    def started_at(self) -> int:
        return 0

    def close(self) -> None:
        pass

    def _look(self) -> Snapshot:
        found = clocks()
        found.children = None
        found.high = lifetime_high()
        found.cpu_ns = time.process_time_ns()
        found.wall_ns = time.perf_counter_ns()
        return found
