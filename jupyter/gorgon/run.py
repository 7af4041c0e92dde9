"""One run of a cell between its begin and its end, and the record that comes of it."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import os
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from .config import Config
from .gpu import Gpus, GpuState
from .limits import MemoryLimit, judge, nearest
from .meter.difference import Watch, cost
from .meter.snapshot import Meter, Snapshot
from .record import SAMPLED, CellGpu, CellRecord, CellRef, KernelRef, cut

try:  # Python's own: OpenSSL's takes ten times as long to begin as it does to hash a cell.
    from _sha1 import sha1 as _sha1  # type: ignore[import-not-found]
except ImportError:
    from functools import partial

    _sha1 = partial(hashlib.sha1, usedforsecurity=False)

OVERLAP = "Another cell ran at the same time: what each used cannot be told apart."


class Ending(NamedTuple):
    """How a run ended, without the exception itself: that would keep alive what the user's code held."""

    outcome: str
    #: The exception's class; empty without one.
    error: str

    @classmethod
    def of(cls, error: BaseException | None, broke_off: bool = False) -> Ending:
        """broke_off: IPython gave no result."""
        if error is None:
            return _BROKEN_OFF if broke_off else _WELL
        interrupted = isinstance(error, (KeyboardInterrupt, asyncio.CancelledError))
        return cls("interrupted" if interrupted else "error", cut(type(error).__name__))


_WELL = Ending("ok", "")
_BROKEN_OFF = Ending("error", "")


class Ids:
    """Ids of runs, each unique for ever: one random beginning for the process, and a count. A call of the system costs more."""

    def __init__(self) -> None:
        self._pid = -1
        self._beginning = ""
        self._count = itertools.count()

    def next(self) -> str:
        """32 hexadecimal digits."""
        if self._pid != os.getpid():  # Not made yet, or by the process from which this one was forked.
            self._pid, self._beginning = os.getpid(), os.urandom(12).hex()
        return f"{self._beginning}{next(self._count) & 0xFFFFFFFF:08x}"


_ids = Ids()


class Run:
    """A cell that runs."""

    #: Others may know that it runs.
    shown = True
    overlap = False
    warn: float | None = None
    #: It failed though IPython did not see that: a magic ran the code and showed the error.
    failure: BaseException | None = None
    record: CellRecord | None = None
    watch: Watch | None = None
    end: Snapshot | None = None
    ended_at = 0
    gpus: GpuState | None = None
    gpus_end: Sequence[CellGpu] = ()
    #: The front end's request, as far as there is one.
    request: Any = None

    def __init__(self, cell: CellRef | None, started_at: int, info: object, count: int | None = None) -> None:
        """cell: None where `info` and its execution count say which one it is. started_at: milliseconds since the epoch."""
        self._id = ""
        self._cell = cell
        self._count = count
        #: Milliseconds since the epoch.
        self.started_at = started_at
        #: What IPython gave when it and each inner run of code began, outermost first.
        self.stack: list[object] = [info]
        self.thread = threading.get_ident()

    @property
    def id(self) -> str:
        """Of its record. A part that is all of a run has the run's."""
        if not self._id:
            self._id = _ids.next()
        return self._id

    @id.setter
    def id(self, other: str) -> None:
        self._id = other

    @property
    def cell(self) -> CellRef:
        """Which cell it is of; made when somebody asks, for which the run itself need not wait."""
        if self._cell is None:
            self._cell = reference(self.stack[0], self._count)
        return self._cell

    @property
    def execution_count(self) -> int | None:
        return self._count if self._cell is None else self._cell.execution_count

    @property
    def measured(self) -> bool:
        return self.watch is not None

    def name(self, label: str, warn: float | None) -> None:
        self._cell = replace(self.cell, label=cut(label))
        self.warn = warn

    def count(self, execution_count: int) -> None:
        self._count = execution_count
        if self._cell is not None:
            self._cell = replace(self._cell, execution_count=execution_count)


class Parts:
    """Begins and ends the measuring of runs, of which several can be under way."""

    def __init__(self, meter: Meter, kernel: KernelRef, config: Config) -> None:
        self._meter = meter
        self._kernel = kernel
        self._config = config
        self._gpus = Gpus()
        self._under_way: list[Run] = []
        self._lock = threading.Lock()
        #: The highest that this process was ever seen at, bytes.
        self._own_high = 0

    @property
    def gpu_note(self) -> str:
        """For the doctor: what is known of NVIDIA's library; empty as long as nobody needed it."""
        return self._gpus.note

    def prepare(self) -> None:
        first = self._meter.begin(False)
        self._own_high = first.high or 0
        self._meter.prepare(self._config.reset_peak)

    def begin(self, run: Run) -> None:
        gpus = self._gpus.begin()
        with self._lock:
            start = self._meter.begin(self._config.reset_peak, not self._under_way)
            for other in self._under_way:
                if other.watch is not None and start.was_reset:
                    other.watch.carry(start.high, start.rss)
                if other.thread != run.thread:
                    other.overlap = run.overlap = True
            run.gpus = gpus
            run.watch = Watch(start)
            self._under_way.append(run)

    def stop(self, run: Run) -> None:
        """Looks at what it ends with; the rest has time."""
        watch = run.watch
        assert watch is not None
        with self._lock:
            run.end = self._meter.end(watch.start)
            if run in self._under_way:
                self._under_way.remove(run)
        run.gpus_end = self._gpus.end(run.gpus)
        run.ended_at = time.time_ns() // 1_000_000

    def record(self, run: Run, ending: Ending, limits: Sequence[MemoryLimit]) -> CellRecord:
        """The record of a run that was stopped."""
        watch, end = run.watch, run.end
        assert watch is not None and end is not None
        self._own_high = max(self._own_high, watch.start.high or 0)
        found = cost(watch, end, self._meter.tremble, self._own_high, _ignores_children())
        self._own_high = max(self._own_high, end.high or 0)
        peak = found.measures["peakBytes"]
        peak_bytes = None if peak.value is None else int(peak.value)
        limit = nearest(limits, peak_bytes, found.virtual)
        warn = self._config.warn if run.warn is None else run.warn
        notes = found.notes
        if run.overlap:
            notes.append(OVERLAP)
        if peak_bytes is not None and peak.quality != SAMPLED and self._meter.tremble > peak_bytes // 20:
            off = self._meter.tremble / (1 << 20)
            notes.append(f"Linux counts memory on each CPU of its own here: the peak can be off by {off:.0f} MiB.")
        return CellRecord(
            id=run.id,
            kernel=self._kernel,
            cell=run.cell,
            started_at=run.started_at,
            ended_at=max(run.started_at, run.ended_at),
            outcome=ending.outcome,
            error=ending.error,
            measures=found.measures,
            gpus=run.gpus_end,
            limit=limit,
            level=judge(None if limit is None else limit.share, warn, max(warn, self._config.crit)),
            overlap=run.overlap,
            by="kernel",
            notes=tuple(notes),
        )

    def drop(self, run: Run) -> None:
        with self._lock:
            if run in self._under_way:
                self._under_way.remove(run)

    def look(self, run: Run) -> None:
        """A good moment to see how much memory there is: inside the run."""
        if run.watch is not None:
            run.watch.see(self._meter.resident())

    def saw(self, rss_bytes: int) -> None:
        for run in list(self._under_way):
            if run.watch is not None:
                run.watch.see(rss_bytes)

    def forget(self) -> None:
        with self._lock:
            self._under_way.clear()


def reference(info: Any, count: int | None) -> CellRef:
    """Which cell IPython is about to run. Its text is hashed and not kept."""
    text = getattr(info, "raw_cell", None)
    name = getattr(info, "cell_id", None)
    digest = ""
    if isinstance(text, str):
        digest = _sha1(text.encode("utf-8", "surrogatepass")).hexdigest()
    return CellRef(cut(name) if isinstance(name, str) else None, count, digest)


def _ignores_children() -> bool:
    """The system then reaps children itself and counts nothing of them."""
    ignored = getattr(signal, "SIGCHLD", None)
    return ignored is not None and signal.getsignal(ignored) is signal.SIG_IGN
