"""Turns two looks at the process into what a run cost, each number with how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..record import ABSENT, EXACT, EXACT_LIFETIME, SAMPLED, Measure
from .snapshot import Snapshot

MS_IN_NS = 1_000_000


@dataclass(slots=True)
class Watch:
    """What is known of memory between the two looks of one run."""

    start: Snapshot
    #: The high-water mark, each time it was reset for another run while this one went on.
    carried: int = 0
    #: Resident memory when the high-water mark was last reset for another run; None: it was for this one.
    later_floor: int | None = None
    #: The highest that anybody saw in between.
    seen: int = 0

    def carry(self, high: int | None, rss: int | None) -> None:
        """The high-water mark is about to be reset for another run."""
        if high is not None:
            self.carried = max(self.carried, high)
        self.later_floor = rss or 0
        self.see(rss)

    @property
    def floor(self) -> int:
        """The high-water mark cannot fall below this by itself."""
        return (self.start.rss or 0) if self.later_floor is None else self.later_floor

    def see(self, rss: int | None) -> None:
        """Somebody saw so much resident memory in between."""
        if rss is not None and rss > self.seen:
            self.seen = rss


@dataclass(slots=True)
class Cost:
    """What a run cost."""

    measures: dict[str, Measure]
    #: What a reader must know, each a sentence.
    notes: list[str] = field(default_factory=list)
    #: The highest address space that is known, bytes.
    virtual: int | None = None


def cost(watch: Watch, end: Snapshot, tremble: int, own_high: int, ignores_children: bool = False) -> Cost:
    """The cost of a run.

    tremble: by so many bytes the system's count can be off. own_high: the highest the kernel's process was ever seen
    at, bytes. ignores_children: the process lets the system reap its children, which then counts nothing of them.
    """
    start = watch.start
    found: dict[str, Measure] = {}
    result = Cost(found)

    wall = max(1, end.wall_ns - start.wall_ns)
    found["wallMs"] = Measure(wall / MS_IN_NS)
    children_ns, quality = _children_cpu(start, end, ignores_children)
    cpu = end.cpu_ns - start.cpu_ns + (children_ns or 0)
    found["cpuMs"] = Measure(cpu / MS_IN_NS, quality)
    if children_ns is not None:
        found["cpuChildrenMs"] = Measure(children_ns / MS_IN_NS, quality)
    found["cores"] = Measure(cpu / wall, quality)
    if start.throttled_ns and end.throttled_ns and len(start.throttled_ns) == len(end.throttled_ns):
        held = max(after - before for before, after in zip(start.throttled_ns, end.throttled_ns, strict=True))
        found["throttledMs"] = Measure(max(0, held) / MS_IN_NS)

    peak = _peak(watch, end, tremble, result.notes)
    found["peakBytes"] = peak
    if peak.value is not None and start.rss is not None:
        found["peakDeltaBytes"] = Measure(max(0, int(peak.value) - start.rss), peak.quality)
    _put(found, "startBytes", start.rss)
    _put(found, "endBytes", end.rss)
    _put(found, "fileBytes", end.file)
    if start.swap is not None and end.swap is not None:
        found["swapDeltaBytes"] = Measure(end.swap - start.swap)
    mark = max(end.high or 0, watch.carried, int(peak.value or 0))
    child_peak = _child_peak(start, end, mark + tremble, max(own_high, mark) + tremble)
    if child_peak is not ABSENT:
        found["childPeakBytes"] = child_peak

    _put_io(found, start, end)
    if start.net is not None and end.net is not None:
        found["netRxBytes"] = Measure(max(0, end.net[0] - start.net[0]))
        found["netTxBytes"] = Measure(max(0, end.net[1] - start.net[1]))
    _put(found, "threads", end.threads)
    if end.children is not None:
        there = [child for child in end.children.values() if not child.zombie and not child.stray]
        found["children"] = Measure(len(there), EXACT if end.children_complete else SAMPLED)

    if start.virtual is not None and end.virtual is not None:
        known = end.virtual_high is not None and start.virtual_high is not None
        rose = known and end.virtual_high > start.virtual_high  # type: ignore[operator]
        result.virtual = end.virtual_high if rose else max(start.virtual, end.virtual)
    if not (start.children_complete and end.children_complete):
        result.notes.append("Not all child processes could be read: there may have been more CPU time and IO.")
    return result


def _put(found: dict[str, Measure], name: str, value: int | None) -> None:
    if value is not None:
        found[name] = Measure(value)


def _peak(watch: Watch, end: Snapshot, tremble: int, notes: list[str]) -> Measure:
    """Resident memory at its highest.

    With a reset it is the high-water mark. Without, the mark is of all time: exact where it rose, else only what was
    seen is known.
    """
    start = watch.start
    known = [value for value in (start.rss, end.rss, watch.seen or None) if value is not None]
    seen = max(known, default=None)
    if end.high is None or start.high is None:
        return ABSENT if seen is None else Measure(seen, SAMPLED)
    high = max(end.high, watch.carried)
    if watch.start.was_reset:
        if end.high + tremble < watch.floor or high + tremble < watch.seen:
            notes.append("Another program reset the memory high-water mark in this run: the peak is at least this.")
            return Measure(max(high, seen or 0), SAMPLED)
        return Measure(high, EXACT)
    if high > start.high:
        return Measure(high, EXACT_LIFETIME)
    return ABSENT if seen is None else Measure(seen, SAMPLED)


def _children_cpu(start: Snapshot, end: Snapshot, ignores_children: bool) -> tuple[int | None, str]:
    """CPU time of children.

    Reaped ones count with their whole life when they are reaped; so what living ones had used before the run is taken
    off, and what living ones have used by now is added.
    """
    if start.reaped_cpu_ns is None or end.reaped_cpu_ns is None:
        return None, SAMPLED if end.children is None else EXACT
    total = end.reaped_cpu_ns - start.reaped_cpu_ns
    exact = start.children_complete and end.children_complete and not ignores_children
    if start.children is None or end.children is None:
        exact = False
    else:
        for child in end.children.values():
            total += child.cpu_ns
        for child in start.children.values():
            total -= child.cpu_ns
    if total < 0:  # One that nobody waited for: the system forgot what it had used.
        return 0, SAMPLED if total < -50 * MS_IN_NS else EXACT
    return total, EXACT if exact else SAMPLED


def _child_peak(start: Snapshot, end: Snapshot, mark: int, own_high: int) -> Measure:
    """The highest resident memory of one child of this run.

    The system counts for a reaped child what its process held before it took its own program, and that is the
    kernel's memory: only what is more than the kernel had is known to be the child's own. mark: the kernel's
    high-water mark in this run. own_high: of all time, for children that were there before.
    """
    reaped = end.reaped_peak is not None and (end.reaped_faults or 0) > (start.reaped_faults or 0)
    before = start.children or {}
    after = end.children or {}
    if not reaped and not after:
        return ABSENT
    best = 0
    quality = EXACT
    forked = end.forks > start.forks or any(child.forked for child in before.values())
    for key, child in after.items():
        forked = forked or child.forked
        if child.peak is None or child.stray:
            continue
        earlier = before.get(key)
        if earlier is None:
            best = max(best, child.peak)
        elif child.peak > max(best, earlier.peak or 0):
            best, quality = child.peak, EXACT_LIFETIME
    if reaped and end.reaped_peak is not None:
        least = mark if all(key in after for key in before) else own_high
        if end.reaped_peak > max(start.reaped_peak or 0, least) and not forked:
            if end.reaped_peak > best:
                best, quality = end.reaped_peak, EXACT_LIFETIME
        elif best > 0:
            quality = SAMPLED
    return Measure(best, quality) if best > 0 else ABSENT


_IO = ("readBytes", "writeBytes", "diskReadBytes", "diskWriteBytes")


def _put_io(found: dict[str, Measure], start: Snapshot, end: Snapshot) -> None:
    if start.io is None or end.io is None:
        return
    quality = EXACT if start.children_complete and end.children_complete else SAMPLED
    for name, first, last in zip(_IO, start.io, end.io, strict=True):
        if first is not None and last is not None:
            found[name] = Measure(last - first if last > first else 0, quality)
    # As with CPU: reaped children's are in the process's own by now.
    for sign, children in ((-1, start.children), (1, end.children)):
        for child in (children or {}).values():
            for at, name in enumerate(_IO):
                if name not in found:
                    continue
                if child.io is None:
                    found[name].quality = SAMPLED
                else:
                    found[name].value += sign * child.io[at]  # type: ignore[operator]
    if start.children or end.children:
        for name in _IO:
            if name in found and found[name].value < 0:  # type: ignore[operator]
                found[name] = Measure(0, SAMPLED)
