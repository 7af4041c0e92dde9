"""What a meter reads of the process at one moment, the same form for every system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(slots=True)
class Child:
    """A living descendant of the kernel."""

    #: CPU time of it and of those of its own children that it has reaped, nanoseconds.
    cpu_ns: int
    #: Bytes: asked for by read(), by write(), read from and written to devices; None where they may not be read.
    io: tuple[int, int, int, int] | None
    #: Its highest resident memory since it took its program; None where it only forked (what it shares with the
    #: kernel counts in it) and where it cannot be read.
    peak: int | None
    #: It forked and runs the kernel's own program.
    forked: bool
    #: It has ended and nobody has waited for it yet.
    zombie: bool
    threads: int = 0
    #: It has left the tree since the run began: its parent is gone.
    stray: bool = False


#: A descendant by its pid and the moment at which it started (system's own unit).
ChildKey = tuple[int, int]


@dataclass(slots=True)
class Snapshot:
    """Counters of the kernel's process. Bytes, and nanoseconds; None is what cannot be had here."""

    wall_ns: int
    #: Of the process itself, all threads.
    cpu_ns: int
    #: Of children that were reaped; None where the system does not say.
    reaped_cpu_ns: int | None = None
    #: The highest resident memory of one child that was reaped.
    reaped_peak: int | None = None
    #: Rises whenever a child is reaped.
    reaped_faults: int | None = None
    #: Resident memory now (macOS: physical footprint).
    rss: int | None = None
    #: The highest of `rss` since the last reset, or of all time.
    high: int | None = None
    file: int | None = None
    swap: int | None = None
    #: Address space now, and its highest of all time.
    virtual: int | None = None
    virtual_high: int | None = None
    threads: int | None = None
    #: As in Child.
    io: tuple[int | None, int | None, int | None, int | None] | None = None
    #: Received and sent in the network namespace.
    net: tuple[int, int] | None = None
    #: How long each control group with a CPU limit held its processes back.
    throttled_ns: tuple[int, ...] | None = None
    #: None where the system's children cannot be listed.
    children: Mapping[ChildKey, Child] | None = field(default_factory=dict)
    #: All living descendants are in `children`, with what they used.
    children_complete: bool = True
    #: The high-water mark was put back to `rss` when this was read.
    was_reset: bool = False
    #: How often the process has forked without taking another program, as far as Python knows.
    forks: int = 0


class Meter(Protocol):
    """Reads this process. One for each kernel; its methods never raise for what a system refuses."""

    #: How the peak is found: `reset` (exact in every cell), `lifetime` (exact where the peak of all time rises), `none`.
    mode: str
    #: For `%gorgon doctor`: what is not to be had here and why, each a sentence.
    notes: list[str]
    #: By so much the system's count of resident memory can be off, bytes.
    tremble: int
    #: The address space has a limit (`ulimit -v`): how near a run comes to it is to be known. Whoever reads limits says so.
    addresses_limited: bool

    def prepare(self, reset_peak: bool) -> None:
        """Finds out once whether the peak can be reset, where the user wants that."""

    def begin(self, reset_peak: bool, alone: bool = True) -> Snapshot:
        """Reads everything, the cheapest and most telling last, and resets the peak if wanted and possible.

        alone: no other run is under way, which would need the peak as it was before the reset.
        """

    def end(self, start: Snapshot) -> Snapshot:
        """The same at the end of a run that began with `start`."""

    def resident(self) -> int | None:
        """Resident memory now, bytes; cheap."""

    def started_at(self) -> int:
        """When this process started, milliseconds since the epoch; 0 where it is not known."""

    def close(self) -> None:
        """Gives back what is open. It may be used again afterwards."""
