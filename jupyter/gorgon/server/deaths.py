"""The deaths of kernels: waits for what is still to be heard of one, and comes to a verdict."""

from __future__ import annotations

import asyncio
import os
import signal
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from .kernel import Kernel
from .threads import Threads
from .verdict import Facts, died_at, is_alarming, verdict
from .watching import Watching

#: Deaths are remembered for so long, and so many.
REMEMBERED_S = 3600.0
MOST_DEATHS = 50
#: How long the watcher's word is waited for, which itself waits until the process is reaped, seconds.
_REPORT_WAIT_S = 3.5
#: Who asks a kernel to end may be heard of a moment later than its end.
_LEAVE_WAIT_S = 0.5
#: How long the system may take to give back what the process had.
_REAP_WAIT_S = 3.0
_STEP_S = 0.05


class Deaths:
    """Those that die, and those that died."""

    def __init__(
        self,
        watching: Watching,
        threads: Threads,
        told: Callable[[Kernel, dict[str, Any], bool], None],
        name: Callable[[], Awaitable[None]],
    ) -> None:
        """told: called once for each death, with whether it is worth an alert. name: learns where the notebooks are."""
        self._watching = watching
        self._name = name
        self._threads = threads
        self._told = told
        self._dying: dict[Kernel, asyncio.Task[None]] = {}
        self._deaths: list[dict[str, Any]] = []
        #: Since the server began, by cause.
        self.counts: Counter[str] = Counter()

    def within(self, seconds: float = REMEMBERED_S) -> list[dict[str, Any]]:
        """The newest first."""
        since = (time.time() - seconds) * 1000
        return [one for one in self._deaths if one["time"] >= since]

    def vanished(self, kernel: Kernel) -> None:
        """It is not there any more, or the watcher said how it ended."""
        if kernel not in self._dying:
            kernel.gone = True
            self._dying[kernel] = asyncio.get_running_loop().create_task(self._conclude(kernel))

    async def close(self) -> None:
        tasks = list(self._dying.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _conclude(self, kernel: Kernel) -> None:
        asked = _asked(kernel)
        seen_at = time.time() * 1000
        waits = time.monotonic() + _REPORT_WAIT_S
        while kernel.report is None and self._watching.watches(kernel.pid or 0) and time.monotonic() < waits:
            await asyncio.sleep(_STEP_S)
        status = await _status(kernel)
        report = await self._report(kernel, status, seen_at)
        killed = report is None or not report["exitKnown"] or report["signal"] == "SIGKILL"
        if killed and not asked and not kernel.leaving:
            await asyncio.sleep(_LEAVE_WAIT_S)
        # Lab gives the session of a kernel that begins another name at first.
        await self._name()
        last = kernel.looks.last_size(died_at(report, seen_at))
        facts = Facts(
            id=str(uuid.uuid4()),
            kernel=kernel.ref(),
            connection=kernel.connection,
            folder=kernel.folder,
            ancestors=(os.getpid(),),
            time=seen_at,
            report=report,
            unwatched=self._watching.why,
            counted=None,
            leaving=asked or kernel.leaving,
            orphaned=False,
            running=kernel.running,
            busy=kernel.busy,
            last_bytes=None if last is None else last[0],
            last_at=None if last is None else last[1],
            limit=kernel.limit_dict(),
        )
        death = {**verdict(facts), "kernelId": kernel.id, "path": kernel.path}
        self.counts[death["cause"]] += 1
        self._deaths = [death, *self.within()][:MOST_DEATHS]
        self._dying.pop(kernel, None)
        self._told(kernel, death, is_alarming(death))

    async def _report(self, kernel: Kernel, status: int | None, seen_at: float) -> dict[str, Any] | None:
        """The watcher's word with the parent's, which is a fact."""
        report = kernel.report
        if report is None:
            if status is None:
                return None
            try:
                oom, fault = await self._threads.call(kernel.counted), await self._threads.call(kernel.fault)
            except OSError:
                oom, fault = None, ""
            report = {"pid": kernel.pid, "time": seen_at, "coreDumped": None}
            report.update({"oom": oom, "kernelLog": "", "faults": fault, "how": "poll", "exitKnown": False})
            report.update({"exitCode": None, "signal": ""})
        if status is None:
            return report
        parent = {"how": "parent", "exitKnown": True}
        if status < 0:
            return {**report, **parent, "exitCode": None, "signal": _signal_name(-status)}
        return {**report, **parent, "exitCode": status, "signal": ""}


def _asked(kernel: Kernel) -> bool:
    """Whether who manages it is about to end it, or this server did ask it."""
    return kernel.leaving or bool(getattr(kernel.manager, "shutting_down", False))


async def _status(kernel: Kernel) -> int | None:
    """What its parent was told of its end, as Popen has it; None where this process is not its parent."""
    poll = getattr(kernel.process, "poll", None)
    if not callable(poll):
        return None
    until = time.monotonic() + _REAP_WAIT_S
    while True:
        found = poll()
        if isinstance(found, int):
            return found
        if time.monotonic() >= until:
            return None
        await asyncio.sleep(_STEP_S)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"
