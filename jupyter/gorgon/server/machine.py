"""How much of the machine is in use, by the standard library alone. Called in threads: the system may hold it up."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from dataclasses import dataclass

from ..cgroups import Cgroup, Cgroups, text_of
from ..display import format_bytes
from ..limits import MACHINE_MEMORY, CpuLimit, MemoryLimit, MemoryLimits, cpu_limits, machine_memory

#: Limits change seldom, and a process can be moved.
_LIMITS_FOR_S = 10.0
#: A limit above this is the machine's: cgroup version 1 writes a number near 2^63 for none.
_MACHINE_CPUS = "the machine's CPUs"


@dataclass(frozen=True, slots=True)
class Use:
    """A share 0..1 of something, or another value; None while there is none, and `detail` says why."""

    value: float | None
    detail: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One look. What the machine does not have is None as a whole."""

    cpu: Use
    memory: Use
    swap: Use | None
    pressure: Use | None
    #: Where processes killed for want of memory are counted, and how many there were ever; None where they are not.
    kills: tuple[str, int] | None


class Machine:
    """Remembers the look before: use of CPU is a difference."""

    def __init__(self, root: str = "/") -> None:
        self._root = root.rstrip("/")
        self._memory_limits = MemoryLimits(root)
        self._limits_at = -_LIMITS_FOR_S
        self._cpu_limit: CpuLimit | None = None
        self._memory_limit: MemoryLimit | None = None
        self._cpu_group: Cgroup | None = None
        self._memory_group: Cgroup | None = None
        #: Busy and all ticks of the machine; and CPU seconds of the group at a monotonic time.
        self._ticks: tuple[int, int] | None = None
        self._group_cpu: tuple[float, float] | None = None

    def look(self, own_bytes: int) -> Sample:
        """own_bytes: what the kernels of this server use, for a limit that only the environment tells."""
        now = time.monotonic()
        if now - self._limits_at >= _LIMITS_FOR_S:
            self._find_limits()
            self._limits_at = now
        meminfo = self._meminfo()
        return Sample(
            cpu=self._cpu(now),
            memory=self._memory(meminfo, own_bytes),
            swap=_swap(meminfo),
            pressure=self._pressure(),
            kills=self._kills(),
        )

    def _find_limits(self) -> None:
        limits = [one for one in self._memory_limits.read() if not one.of_addresses]
        self._memory_limit = limits[0] if limits else None
        self._cpu_limit = next(iter(cpu_limits(self._root or "/")), None)
        self._memory_group = self._group_of("memory", self._memory_limit)
        self._cpu_group = self._group_of("cpu", self._cpu_limit)

    def _group_of(self, controller: str, limit: MemoryLimit | CpuLimit | None) -> Cgroup | None:
        if limit is None or not limit.source.startswith("cgroup "):
            return None
        name = limit.source.removeprefix("cgroup ").removesuffix(" (memory.high)")
        return next((one for one in Cgroups(self._root or "/").chain(controller) if one.name == name), None)

    # --- CPU ---

    def _cpu(self, now: float) -> Use:
        load = _load()
        group, limit = self._cpu_group, self._cpu_limit
        if group is not None and limit is not None and (used := _group_seconds(group, self._root)) is not None:
            before, self._group_cpu = self._group_cpu, (now, used)
            detail = f"{limit.cpus:g} CPUs ({limit.source}){load}"
            if before is None or now <= before[0]:
                return Use(None, _STARTING)
            return Use(min(1.0, max(0.0, used - before[1]) / (now - before[0]) / limit.cpus), detail)
        count = os.cpu_count() or 1
        ticks = _ticks(self._root)
        if ticks is None:
            return self._by_load(count)
        earlier, self._ticks = self._ticks, ticks
        if earlier is None or ticks[1] <= earlier[1]:
            return Use(None, _STARTING)
        busy = max(0, ticks[0] - earlier[0]) / (ticks[1] - earlier[1])
        return Use(min(1.0, busy), f"{count} CPUs{load}")

    @staticmethod
    def _by_load(count: int) -> Use:
        try:
            one, _, _ = os.getloadavg()
        except (AttributeError, OSError):
            return Use(None, "This system does not say how busy its CPUs are.")
        return Use(min(1.0, one / count), f"the load of the last minute, {one:.2f} on {count} CPUs")

    # --- memory ---

    def _meminfo(self) -> dict[str, int]:
        text = text_of(f"{self._root}/proc/meminfo")
        return {name: int(kib) * 1024 for name, kib in re.findall(r"^(\w+):\s+(\d+) kB$", text, re.MULTILINE)}

    def _memory(self, meminfo: dict[str, int], own_bytes: int) -> Use:
        limit, group = self._memory_limit, self._memory_group
        if group is not None and limit is not None and (used := _group_bytes(group)) is not None:
            return _of(used, limit.bytes, limit.source)
        if limit is not None and limit.source == "MEM_LIMIT":
            return _of(own_bytes, limit.bytes, "MEM_LIMIT, by this server and its kernels")
        total = meminfo.get("MemTotal") or machine_memory(self._root or "/") or 0
        available = meminfo.get("MemAvailable", _available())
        if total <= 0 or available is None:
            return Use(None, "This system does not say how much of its memory is in use.")
        return _of(total - min(total, available), total, MACHINE_MEMORY)

    def _pressure(self) -> Use | None:
        """Share of the last ten seconds in which nothing could run for want of memory (PSI, `full`)."""
        found = re.search(r"^full avg10=(\d+\.\d+)", text_of(f"{self._root}/proc/pressure/memory"), re.MULTILINE)
        return (
            None if found is None else Use(float(found[1]) / 100, "time in which nothing could run for want of memory")
        )

    def _kills(self) -> tuple[str, int] | None:
        """Where the memory is that is judged: of a machine that is shared (a hub's), the others' are not told."""
        limit, group = self._memory_limit, self._memory_group
        if group is not None:
            place, text = group.name, group.text("memory.events" if group.version == 2 else "memory.oom_control")
        elif limit is None or limit.source == MACHINE_MEMORY:
            place, text = "", text_of(f"{self._root}/proc/vmstat")
        else:
            return None
        found = re.search(r"^oom_kill (\d+)$", text, re.MULTILINE)
        return None if found is None else (place, int(found[1]))


def disk_use(path: str) -> Use:
    """Of the file system with that path, as df(1) counts it: what only root may use is no free space. Raises OSError."""
    found = shutil.disk_usage(path)
    there = found.used + found.free
    if there <= 0:
        return Use(None, "This file system does not say how full it is.")
    return Use(found.used / there, f"{format_bytes(found.free)} free")


_STARTING = "starting: waiting for the second reading"


def _of(used: int, limit: int, source: str) -> Use:
    return Use(min(1.0, used / limit), f"{format_bytes(used)} of {format_bytes(limit)} ({source})")


def _swap(meminfo: dict[str, int]) -> Use | None:
    total = meminfo.get("SwapTotal", 0)
    if total <= 0:
        return None
    used = total - min(total, meminfo.get("SwapFree", 0))
    return Use(used / total, f"{format_bytes(used)} of {format_bytes(total)}")


def _ticks(root: str) -> tuple[int, int] | None:
    """Busy ones and all, since the machine started. Waiting for a disk is not work of the CPU."""
    found = re.match(r"cpu ((?: ?\d+)+)", text_of(f"{root}/proc/stat"))
    if found is None:
        return None
    # user nice system idle iowait irq softirq steal; guest time is in user's already.
    ticks = [int(word) for word in found[1].split()][:8]
    return sum(ticks) - sum(ticks[3:5]), sum(ticks)


def _group_seconds(group: Cgroup, root: str) -> float | None:
    if group.version == 2:
        found = re.search(r"^usage_usec (\d+)$", group.text("cpu.stat"), re.MULTILINE)
        return None if found is None else int(found[1]) / 1e6
    # Version 1 counts in another controller's group, often of the same name.
    for one in Cgroups(root or "/").chain("cpuacct"):
        if one.name == group.name and (text := one.text("cpuacct.usage").strip()).isdigit():
            return int(text) / 1e9
    return None


def _group_bytes(group: Cgroup) -> int | None:
    """Without inactive pages of files, which are given back before anything is killed."""
    now = group.text("memory.current" if group.version == 2 else "memory.usage_in_bytes").strip()
    if not now.isdigit():
        return None
    key = "inactive_file" if group.version == 2 else "total_inactive_file"
    inactive = re.search(rf"^{key} (\d+)$", group.text("memory.stat"), re.MULTILINE)
    return max(0, int(now) - (0 if inactive is None else int(inactive[1])))


def _load() -> str:
    try:
        return ", load {:.2f} {:.2f} {:.2f}".format(*os.getloadavg())
    except (AttributeError, OSError):
        return ""


def _available() -> int | None:
    """Where there is no /proc; macOS does not tell it here."""
    if sys.platform == "darwin":
        return None
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None
