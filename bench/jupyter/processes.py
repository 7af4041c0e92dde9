"""What /proc says of other processes: their high-water marks, and the CPU time of trees of them."""

from __future__ import annotations

import os
from collections.abc import Iterable

_TICKS = os.sysconf("SC_CLK_TCK")


def reset_peak(pid: int) -> int:
    """Sets the process's high-water mark back to what it has now, which is the answer, bytes (proc(5), clear_refs)."""
    with open(f"/proc/{pid}/clear_refs", "w") as file:
        file.write("5")
    return _status(pid, "VmRSS")


def peak(pid: int) -> int:
    """The high-water mark since it was set back, bytes."""
    return _status(pid, "VmHWM")


def cpu_seconds(root: int, without: Iterable[int] = ()) -> float:
    """What a process and all below it have used so far, and what of theirs has ended; `without`: trees that do not count."""
    children: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                words = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(words[1]), []).append(int(name))
        # utime, stime, and both of the children that it has waited for.
        used[int(name)] = sum(int(word) for word in words[11:15]) / _TICKS
    left_out = set(without)
    total, waiting = 0.0, [root]
    while waiting:
        pid = waiting.pop()
        if pid in left_out:
            continue
        total += used.get(pid, 0.0)
        waiting.extend(children.get(pid, []))
    return total


def _status(pid: int, name: str) -> int:
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    raise LookupError(f"/proc/{pid}/status has no {name}")
