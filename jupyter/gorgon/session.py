"""Measures the cells of one shell: sees them begin and end, and hands their records on."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from . import forks
from .blackbox import BlackBox, started_json
from .config import Config
from .limits import MemoryLimit, MemoryLimits
from .listeners import Listeners
from .meter import choose
from .meter.snapshot import Meter
from .record import CellRecord, CellRef, KernelRef
from .ring import Ring
from .run import Ending, Parts, Run

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

#: After so many failures of its own the session measures no more.
MOST_FAILURES = 3

#: Limits are read anew after so many seconds: a container's can be changed while it runs.
LIMITS_FOR_S = 30.0

#: A record is made so many seconds after its cell, when nobody waits: the kernel has answered, and the answer is sent.
SETTLE_S = 0.01

#: Where cells follow each other faster than that, what the thread that sends an answer gets to itself before, seconds.
ANSWERING_S = 0.0001


class Session:
    """One for each shell. Nothing here raises into the user's cell; what went wrong is in `failures`."""

    def __init__(self, shell: InteractiveShell, config: Config, meter: Meter | None = None, root: str = "/") -> None:
        self.shell = shell
        self.config = config
        self._ring = Ring()
        #: Where something failed and with what, newest last; for `%gorgon doctor`, it never leaves the kernel.
        self.failures: list[str] = []
        self.meter: Meter = choose(root) if meter is None else meter
        self.kernel = KernelRef(os.getpid(), self.meter.started_at(), "python", socket.gethostname())
        #: It has failed too often and measures no more.
        self.quiet = False
        #: Set where these parts are there: link.Link to the worker and to the Jupyter server, log.Log, magics.GorgonMagics.
        self.link: Any = None
        self.server_link: Any = None
        self.log: Any = None
        #: Where it is written which cell runs, since somebody reads it there.
        self.box: BlackBox | None = None
        self.magics: Any = None
        self._root = root
        self._parts = Parts(self.meter, self.kernel, config)
        self._started = Listeners(self._listener_failed)
        self._recorded = Listeners(self._listener_failed)
        self._runs: dict[int, Run] = {}
        #: Runs that ended and whose records are still to be made, by thread.
        self._waiting: dict[int, deque[tuple[Run, Ending, list[MemoryLimit]]]] = {}
        self._next: tuple[str, float | None] | None = None
        self._limits: MemoryLimits | None = None
        self._limits_read: tuple[float, int | None, list[MemoryLimit]] | None = None
        #: When the last run ended, milliseconds since the epoch, and whether the next one has begun right after it.
        self._ended_at = 0
        self._in_row = False
        #: The shell counts on before it tells that a cell begins; None before one has begun.
        self._counts_late: bool | None = None
        self._own_failures = 0
        self._on = False

    # -- what others ask -------------------------------------------------------------------------------------------

    @property
    def records(self) -> Ring:
        """The newest records."""
        self._settle()
        return self._ring

    @property
    def running(self) -> tuple[CellRef, int] | None:
        """The cell that runs, and since when (milliseconds since the epoch); of several the one that began last."""
        runs = [run for run in list(self._runs.values()) if run.shown]
        if not runs:
            return None
        last = max(runs, key=lambda run: run.started_at)
        return last.cell, last.started_at

    @property
    def gpu_note(self) -> str:
        """For the doctor: what is known of NVIDIA's library; empty as long as nobody needed it."""
        return self._parts.gpu_note

    def on_started(
        self, listener: Callable[[CellRef, int], object], listens: Callable[[], bool] | None = None
    ) -> Callable[[], None]:
        """Called in the cell's own thread when a cell begins, where `listens` says so. Gives back what ends it."""
        return self._started.add(listener, listens)

    def on_record(self, listener: Callable[[CellRecord], object]) -> Callable[[], None]:
        """Called in the cell's own thread when a record is complete and in the ring. Gives back what ends it."""
        return self._recorded.add(listener)

    def limits(self) -> list[MemoryLimit]:
        """The limits of this kernel's memory, the tightest first; at most 30 seconds old."""
        now = time.monotonic()
        known = self._limits_read
        if known is not None and now - known[0] < LIMITS_FOR_S and known[1] == self.config.limit_bytes:
            return known[2]
        if self._limits is None:
            self._limits = MemoryLimits(self._root)
        limit_bytes = self.config.limit_bytes
        read = self._limits.read(limit_bytes)
        self._limits_read = (now, limit_bytes, read)
        self.meter.addresses_limited = any(limit.of_addresses for limit in read)
        return read

    def label_next(self, label: str, warn: float | None = None) -> None:
        """Names the cell that this thread runs, or the next one, and has it measured also where `auto` is off.

        warn: the share of the limit from which on this one is WARN.
        """
        run = self._runs.get(threading.get_ident())
        if run is None:
            self._next = (label, warn)
            return
        run.name(label, warn)
        if not run.measured:
            self._measure(run)

    def saw(self, rss_bytes: int) -> None:
        """Somebody outside saw so much resident memory: a peak below that would be wrong."""
        self._parts.saw(rss_bytes)

    def settle(self) -> None:
        """Makes the records of the runs that ended in this thread, for which nobody has waited yet."""
        self._settle()

    def fail_cell(self, error: BaseException) -> None:
        """The cell that this thread runs has failed, though IPython does not know: a magic ran its code and showed the error.

        The request is answered with the error, and it stands in the record.
        """
        run = self._runs.get(threading.get_ident())
        if run is not None:
            run.failure = error

    @contextmanager
    def measure(self, label: str = "", whole: bool = False) -> Iterator[Run]:
        """Measures what is done inside; `.record` of what it gives is there afterwards.

        The record goes nowhere else: the cell around has its own. An exception passes and is in the record.
        whole: it is all that the cell does, so the two records are of one run and have one id.
        """
        around = self._runs.get(threading.get_ident())
        cell = around.cell if around is not None else CellRef(None, None)
        run = Run(cell, _now(), None)
        if whole and around is not None:
            run.id = around.id
        run.name(label, None)
        limits = self.limits()
        self._parts.begin(run)
        try:
            yield run
        finally:
            raised = sys.exc_info()[1]
            self._parts.stop(run)
            run.record = self._parts.record(run, Ending.of(raised), limits)

    def failed(self, where: str, error: BaseException) -> None:
        """Remembers a failure of a part; never raises."""
        self.failures.append(f"{where}: {type(error).__name__}: {error}"[:500])
        del self.failures[:-50]

    # -- life ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Sees cells from now on."""
        if self._on:
            return
        self._on = True
        self.quiet = False
        self._own_failures = 0
        forks.watch()
        try:
            self._parts.prepare()
        except Exception as error:  # noqa: BLE001 - cells are seen all the same, the doctor says what failed
            self.failed("meter", error)
        self.shell.events.register("pre_run_cell", self._pre_run_cell)
        self.shell.events.register("post_run_cell", self._post_run_cell)

    def stop(self) -> None:
        """Sees no more cells; one that runs leaves no record. The records stay."""
        if not self._on:
            return
        self._settle()
        self._on = False
        for event, callback in (("pre_run_cell", self._pre_run_cell), ("post_run_cell", self._post_run_cell)):
            try:
                self.shell.events.unregister(event, callback)
            except ValueError:
                pass  # Somebody took all callbacks away.
        self._runs.clear()
        self._tell_box()
        self._waiting.clear()
        self._parts.forget()
        self.meter.close()

    # -- IPython's events ------------------------------------------------------------------------------------------

    def _pre_run_cell(self, info: Any = None) -> None:
        try:
            self._begin(info)
        except KeyboardInterrupt:
            pass  # IPython would print it and run the cell all the same.
        except BaseException as error:  # noqa: BLE001 - nothing may reach the user's cell
            self._own_failure("pre_run_cell", error)

    def _post_run_cell(self, result: Any = None) -> None:
        try:
            # Read here: inside the hook it would be the hook's own.
            self._end(result, sys.exc_info()[1])
        except KeyboardInterrupt:
            run = self._runs.get(threading.get_ident())
            if run is not None and (result is None or getattr(result, "info", None) is run.stack[0]):
                self._drop(threading.get_ident())
            self._tell_box()
        except BaseException as error:  # noqa: BLE001 - nothing may reach the user's cell
            self._own_failure("post_run_cell", error)

    def _begin(self, info: Any) -> None:
        if self.quiet or not self._on or os.getpid() != self.kernel.pid:
            return
        thread = threading.get_ident()
        self._settle()
        run = self._runs.get(thread)
        request = self._request()
        if run is not None:
            if _is_one(request, run.request):
                run.stack.append(info)
                self._parts.look(run)
                return
            # Another request in the same thread: the end of the one before was never told.
            self._drop(thread)
        now = _now()
        self._in_row = now - self._ended_at <= SETTLE_S * 1000
        run = Run(None, now, info, self._count(info))
        run.request = request
        run.shown = getattr(info, "store_history", True) or getattr(info, "cell_id", None) is not None
        self._runs[thread] = run
        if not run.shown:
            return
        if self._next is not None:
            run.name(*self._next)
        elif not self.config.auto:
            run.shown = False
            return
        self._next = None
        self._measure(run)

    def _measure(self, run: Run) -> None:
        run.shown = True
        self.limits()
        if self.box is not None:
            self.box.tell(started_json(run.cell, run.started_at))
        if self._started.listens():
            self._started.call(run.cell, run.started_at)
        self._parts.begin(run)

    def _end(self, result: Any, raised: BaseException | None) -> None:
        thread = threading.get_ident()
        run = self._runs.get(thread)
        if run is None:
            return  # An empty cell has an end only; and the cell that loaded the extension.
        info = getattr(result, "info", None)
        if result is not None and info is not run.stack[0]:
            # An inner run of code, or an empty one, which is not in the stack at all.
            for depth in range(len(run.stack) - 1, 0, -1):
                if run.stack[depth] is info:
                    del run.stack[depth:]
                    self._parts.look(run)
                    break
            return
        del self._runs[thread]
        if run.failure is not None and result is not None and result.success:
            result.error_in_exec = run.failure
        self._tell_box()
        if not run.measured:
            return
        self._parts.stop(run)
        self._ended_at = run.ended_at
        error = raised
        if result is not None:
            error = getattr(result, "error_before_exec", None) or getattr(result, "error_in_exec", None)
            self._learn_count(run, result)
        limits = self._limits_read[2] if self._limits_read else []
        self._waiting.setdefault(thread, deque()).append((run, Ending.of(error, result is None), limits))
        if not self._settles_later():
            self._settle()

    def _settles_later(self) -> bool:
        """The answer to the front end need not wait for the record, where this thread goes on to it by an event loop."""
        if self.config.annotate == "output" or self.log is not None:
            return False  # What is shown in the cell, and what a batch leaves, must be there before the answer.
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return False
        if self._in_row:
            # Later the next cell would wait for it, or come while it is made.
            loop.call_soon(self._answered)
        else:
            loop.call_later(SETTLE_S, self._settle)
        return True

    def _answered(self) -> None:
        """The kernel has handed its answer to the thread that sends it, which goes first."""
        # The next cell may have made the record already.
        if self._waiting.get(threading.get_ident()):
            time.sleep(ANSWERING_S)
            self._settle()

    def _settle(self) -> None:
        """Makes the records of this thread's runs that ended. Nothing in it raises."""
        waiting = self._waiting.get(threading.get_ident())
        while waiting:
            run, ending, limits = waiting.popleft()
            try:
                record = self._parts.record(run, ending, limits)
                if self._too_short(run, record):
                    continue
                self._ring.add(record)
                self._recorded.call(record)
            except Exception as error:  # noqa: BLE001 - nothing may reach the user's cell
                self._own_failure("record", error)

    def _too_short(self, run: Run, record: CellRecord) -> bool:
        wall_ms = record.measure("wallMs").value or 0
        return wall_ms < self.config.min_wall * 1000 and record.outcome == "ok" and not run.cell.label

    def _tell_box(self) -> None:
        """A run has ended."""
        if self.box is None:
            return
        running = self.running if self._runs else None
        if running is None:
            self.box.clear()
        else:
            self.box.tell(started_json(*running))

    def _drop(self, thread: int) -> None:
        run = self._runs.pop(thread, None)
        if run is not None:
            self._parts.drop(run)
        self._tell_box()

    # -- what IPython's releases do differently ---------------------------------------------------------------------

    def _request(self) -> Any:
        """The front end's request that runs in this thread; something else outside a kernel."""
        get_parent = getattr(self.shell, "get_parent", None)
        return get_parent() if get_parent is not None else getattr(self.shell, "parent_header", None)

    def _count(self, info: Any) -> int | None:
        if not getattr(info, "store_history", True):
            return None
        count = getattr(self.shell, "execution_count", None)
        if not isinstance(count, int):
            return None
        # Newer releases raise it before the cell runs, older ones afterwards.
        if self._counts_late is None:
            # The inputs are kept after that in all of them: there are as many as cells before, and an empty one.
            inputs = getattr(self.shell, "user_ns", {}).get("In")
            self._counts_late = isinstance(inputs, list) and len(inputs) == count - 1
        return count - 1 if self._counts_late else count

    def _learn_count(self, run: Run, result: Any) -> None:
        count, told = getattr(result, "execution_count", None), run.execution_count
        if told is None or not isinstance(count, int) or count == told:
            return
        self._counts_late = count < told
        run.count(count)

    # -- failures --------------------------------------------------------------------------------------------------

    def _own_failure(self, where: str, error: BaseException) -> None:
        self.failed(where, error)
        self._drop(threading.get_ident())
        self._own_failures += 1
        if self._own_failures >= MOST_FAILURES and not self.quiet:
            self.quiet = True
            self.failures.append(f"Gorgon failed {MOST_FAILURES} times and measures no more: %reload_ext gorgon.")

    def _listener_failed(self, listener: object, error: BaseException) -> None:
        self.failed(getattr(listener, "__qualname__", type(listener).__name__), error)


def _now() -> int:
    return time.time_ns() // 1_000_000


def _is_one(request: Any, other: Any) -> bool:
    """Whether two requests are the same one, as far as they have ids."""
    first, second = _message_id(request), _message_id(other)
    return first == second or first is None or second is None


def _message_id(request: Any) -> str | None:
    header = request.get("header") if isinstance(request, dict) else None
    return header.get("msg_id") if isinstance(header, dict) else None
