"""Records for tests of what is shown."""

from __future__ import annotations

from typing import Any

from gorgon.record import CellGpu, CellLimit, CellRecord, CellRef, KernelRef, Measure

MIB = 1 << 20

#: A label, a name, a note as somebody would write who wants to be more than text.
HOSTILE = (
    "</td><script>alert(1)</script><img src=x onerror=alert(2)> \x1b[2J\u202e | `x` [a](javascript:b) \" ' \n# head"
)


def record(**given: Any) -> CellRecord:
    """A plain record; what is given replaces its fields."""
    measures = {
        "wallMs": Measure(1240.0),
        "cpuMs": Measure(2100.0),
        "cores": Measure(1.69),
        "peakBytes": Measure(1966 * MIB),
        "peakDeltaBytes": Measure(512 * MIB),
        "diskReadBytes": Measure(0),
        "diskWriteBytes": Measure(50 * MIB),
        "children": Measure(3),
        **given.pop("measures", {}),
    }
    fields: dict[str, Any] = {
        "id": "r1",
        "kernel": KernelRef(4711, 1_700_000_000_000, "python", "host"),
        "cell": CellRef("cell-1", 7, "ab" * 20),
        "started_at": 1_700_000_001_000,
        "ended_at": 1_700_000_002_240,
        "outcome": "ok",
        "measures": measures,
        "limit": CellLimit(12 << 30, "cgroup /user.slice", 0.16),
        "level": "OK",
        **given,
    }
    return CellRecord(**fields)


def hostile() -> CellRecord:
    """A record of which every text is hostile."""
    return record(
        cell=CellRef(HOSTILE, None, HOSTILE, HOSTILE),
        outcome="error",
        error=HOSTILE,
        gpus=(CellGpu(0, HOSTILE, "allocator", HOSTILE, Measure(MIB), Measure(MIB)),),
        limit=CellLimit(12 << 30, HOSTILE, 0.97),
        level="CRIT",
        notes=(HOSTILE,),
    )
