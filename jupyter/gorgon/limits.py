"""What a process may use: the tightest limit of memory and of CPUs, and who sets it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .cgroups import Cgroups, cpu_quota, text_of
from .record import CellLimit

try:
    import resource
except ImportError:  # Windows.
    resource = None  # type: ignore[assignment]

ADDRESS_SPACE = "RLIMIT_AS (ulimit -v)"
MACHINE_MEMORY = "the machine's memory"

_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """So much memory, and who says so."""

    bytes: int
    #: In words: `cgroup /user.slice`, `MEM_LIMIT`, `the machine's memory`, `%gorgon limit`.
    source: str

    @property
    def of_addresses(self) -> bool:
        """It limits address space, not resident memory."""
        return self.source == ADDRESS_SPACE


@dataclass(frozen=True, slots=True)
class CpuLimit:
    """So many CPUs, and who says so."""

    cpus: float
    source: str


class MemoryLimits:
    """All limits of a process's memory, below `root`, where the system's files are. The groups are found once."""

    def __init__(self, root: str = "/", environ: Mapping[str, str] | None = None, pid: int | None = None) -> None:
        """pid: None for this process. environ: what it was started with, by default what this one was."""
        self._pid = pid
        self._environ = os.environ if environ is None else environ
        self._groups = Cgroups(root, pid).chain("memory")
        self._machine = machine_memory(root)

    def read(self, limit_bytes: int | None = None) -> list[MemoryLimit]:
        """The tightest first. limit_bytes: what the user set for this kernel.

        What is above the machine's memory is no limit and is left out, but for the user's own.
        """
        found: list[MemoryLimit] = []
        for group in self._groups:
            if group.version == 2:
                _add(found, group.text("memory.max"), f"cgroup {group.name}")
                _add(found, group.text("memory.high"), f"cgroup {group.name} (memory.high)")
            else:
                _add(found, group.text("memory.limit_in_bytes"), f"cgroup {group.name}")
        if self._groups and self._groups[-1].version == 1:
            # A group above that cannot be seen from here.
            text = self._groups[0].text("memory.stat")
            above = re.search(r"^hierarchical_memory_limit (\d+)$", text, re.MULTILINE)
            _add(found, above[1] if above else "", f"a cgroup above {self._groups[0].name}")
        if (of_hub := _size(self._environ.get("MEM_LIMIT", ""))) is not None:
            found.append(MemoryLimit(of_hub, "MEM_LIMIT"))
        if (of_addresses := _address_space(self._pid)) is not None:
            found.append(MemoryLimit(of_addresses, ADDRESS_SPACE))
        if self._machine is not None:
            found = [limit for limit in found if limit.bytes < self._machine]
            found.append(MemoryLimit(self._machine, MACHINE_MEMORY))
        if limit_bytes is not None and limit_bytes > 0:
            found.append(MemoryLimit(limit_bytes, "%gorgon limit"))
        # A stable sort: of equal ones the nearest to the process is named.
        return sorted(found, key=lambda limit: limit.bytes)


def cpu_limits(root: str = "/", environ: Mapping[str, str] | None = None) -> list[CpuLimit]:
    """All limits of CPU, the tightest first."""
    environ = os.environ if environ is None else environ
    found: list[CpuLimit] = []
    for group in Cgroups(root).chain("cpu"):
        if (quota := cpu_quota(group)) is not None:
            found.append(CpuLimit(quota, f"cgroup {group.name}"))
    try:
        of_hub = float(environ.get("CPU_LIMIT", ""))
        if 0 < of_hub < float("inf"):
            found.append(CpuLimit(of_hub, "CPU_LIMIT"))
    except ValueError:
        pass
    there = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        allowed = len(os.sched_getaffinity(0))
        if allowed < there:
            found.append(CpuLimit(allowed, "the CPUs it may run on (affinity)"))
    found = [limit for limit in found if limit.cpus < there]
    found.append(CpuLimit(there, "the machine's CPUs"))
    return sorted(found, key=lambda limit: limit.cpus)


def machine_memory(root: str = "/") -> int | None:
    """Bytes; None where the system does not say."""
    if sys.platform == "win32":
        from .meter.windows import machine_memory as of_windows

        return of_windows()
    total = re.search(r"^MemTotal:\s+(\d+) kB$", text_of(f"{root.rstrip('/')}/proc/meminfo"), re.MULTILINE)
    if total is not None:
        return int(total[1]) * 1024
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def nearest(limits: Sequence[MemoryLimit], peak: int | None, addresses: int | None) -> CellLimit | None:
    """The limit that a run came nearest to; None without a limit or a peak. addresses: its address space, bytes."""
    best: CellLimit | None = None
    for limit in limits:
        used = addresses if limit.of_addresses else peak
        if used is not None and (best is None or used / limit.bytes > best.share):
            best = CellLimit(limit.bytes, limit.source, used / limit.bytes)
    return best


def judge(share: float | None, warn: float, crit: float) -> str:
    """The level of a share of a limit."""
    if share is None:
        return "UNKNOWN"
    return "CRIT" if share >= crit else "WARN" if share >= warn else "OK"


def _add(found: list[MemoryLimit], text: str, source: str) -> None:
    # Version 2 says `max` where there is none. The same number twice is the same limit, seen from two groups.
    number = text.strip()
    if number.isdigit() and all(limit.bytes != int(number) for limit in found):
        found.append(MemoryLimit(int(number), source))


def _size(text: str) -> int | None:
    """Bytes, as JupyterHub writes them; with K, M, G, T as in its configuration, too."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?\s*", text, re.IGNORECASE)
    if found is None:
        return None
    size = int(float(found[1]) * (1 << _UNITS[found[2].upper()]))
    return size if size > 0 else None


def _address_space(pid: int | None) -> int | None:
    if resource is None or not hasattr(resource, "RLIMIT_AS"):
        return None
    if pid is None:
        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    else:
        try:
            soft, _ = resource.prlimit(pid, resource.RLIMIT_AS)
        except (AttributeError, OSError):
            return None  # Only Linux tells of others.
    return soft if soft != resource.RLIM_INFINITY and soft > 0 else None
