"""Watches the kernels of a Jupyter server: hears their packages, looks at them, keeps their records, says why one died."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable
from typing import Any

from jupyter_core.utils import ensure_async

from ..runtime import SERVER_VARIABLE
from ..tree import Gone
from .deaths import Deaths
from .door import KEEP_S, Door
from .hooks import Hooks, with_variable
from .kernel import Kernel
from .records import Records
from .threads import Threads
from .watching import Watching
from .wire import Greeting, KernelName

#: While a cell runs and somebody looks, its kernel is looked at so often, seconds: looks are all that is known of its peak.
RUNNING_S = 0.25
#: The same where the package in the kernel knows the peak, and a look is for the page, which is told twice a second.
MEASURED_S = 0.5
#: A look that takes longer hangs; nothing waits for it.
HANGS_S = 5.0
#: Where notebooks are is asked for so often, seconds; they are renamed seldom.
PATHS_S = 5.0
#: So long after its package has left, a kernel counts as idle, seconds: who dies is heard of earlier.
PARTED_S = 5.0
#: So long a kernel is young, seconds: its notebook is asked for more often, as long as it is not known.
YOUNG_S = 30.0
#: Of more kernels at one time the rest is left alone.
MOST_KERNELS = 200

_MADE_UP = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Watch:
    """All kernels. Its methods are called in the event loop."""

    def __init__(
        self,
        kernels: Any,
        sessions: Any,
        threads: Threads,
        records: Records,
        *,
        version: str,
        log: logging.Logger | logging.LoggerAdapter[Any],
        sample_s: float,
        idle_s: float,
        prepare: Callable[[dict[str, Any]], None],
    ) -> None:
        """kernels, sessions: the server's managers. prepare: may change the arguments with which a kernel is started."""
        self._manager = kernels
        self._sessions = sessions
        self._threads = threads
        self._log = log
        self._sample_s = sample_s
        self._idle_s = idle_s
        self._prepare_more = prepare
        self.records = records
        self.door = Door(self, threads, version)
        self.watching = Watching(self._heard_death)
        self.deaths = Deaths(self.watching, threads, self._died, lambda: self.refresh(0.0))
        self._hooks = Hooks(kernels, self._prepare, self._started, self._leaving)
        self._kernels: dict[str, Kernel] = {}
        self._remote = _is_gateway(kernels)
        self._unseen = ""
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._opened = asyncio.Event()
        self._paths_at = -PATHS_S
        self._closing = False
        #: Whether somebody looks; set from outside.
        self.watched = False
        #: Set from outside.
        self.changed: Callable[[], None] = lambda: None
        self.tell: Callable[[str], None] = lambda _: None
        self.bell_now: Callable[[], dict[str, Any] | None] = lambda: None

    # --- life ---

    def start(self) -> None:
        if not self._remote:
            self._hooks.attach()
        self._spawn(self._open())
        self._spawn(self._run())

    async def close(self) -> None:
        # A cancellation can be lost in wait_for() before Python 3.12.
        self._closing = True
        self._wake.set()
        self._hooks.detach()
        for kernel in self._kernels.values():
            kernel.leave()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.deaths.close()
        await self.watching.close()
        await self.door.close()
        for kernel in self._kernels.values():
            kernel.close()

    def look_closer(self) -> None:
        """Somebody begins to look."""
        self._wake.set()

    # --- what is asked ---

    @property
    def kernels(self) -> list[Kernel]:
        """Those that live, oldest first."""
        return [one for one in self._kernels.values() if not one.gone]

    @property
    def notes(self) -> list[str]:
        if self._remote:
            return [
                "The kernels of this server run at a gateway: what they use is known only from the package in them "
                "(%load_ext gorgon), and why one died is not known."
            ]
        return [one for one in (self.door.why, self.watching.why, self._unseen) if one]

    async def answer_guard(self, kernel_id: str, answer: str) -> str:
        """Why it could not be done, in words; empty where it was."""
        kernel = self._kernels.get(kernel_id)
        if kernel is None or kernel.gone:
            return "There is no such kernel."
        name = kernel.greeted
        pid = kernel.pid or 0 if name is None else name.pid
        if self.door.answer_guard(pid, kernel.started_at if name is None else name.started_at, answer):
            return ""
        return "No memory guard holds this kernel frozen."

    async def refresh(self, older_s: float = 1.0) -> None:
        """Learns where the notebooks are."""
        if time.monotonic() - self._paths_at < older_s:
            return
        self._paths_at = time.monotonic()
        try:
            found = await ensure_async(self._sessions.list_sessions())
        except Exception as error:  # noqa: BLE001 - another's manager: its failure is not ours
            self._log.debug("Gorgon: the sessions cannot be listed: %s", error)
            return
        paths = {}
        for one in found:
            kernel = one.get("kernel") or {}
            path = str(one.get("path") or one.get("name") or "")
            # Lab begins a session under a made-up name and says the notebook's a moment later.
            if _MADE_UP.fullmatch(path.rsplit("/", 1)[-1]) is None:
                paths[kernel.get("id")] = path
        for kernel in self._kernels.values():
            path = paths.get(kernel.id, kernel.path)
            if path != kernel.path:
                self.records.move(kernel.id, kernel.path, path)
                kernel.path = path
                self.changed()

    def _has_nameless(self) -> bool:
        now = time.time() * 1000
        return any(not one.path and now - one.started_at < YOUNG_S * 1000 for one in self.kernels)

    # --- the kernel manager ---

    async def _prepare(self, named: dict[str, Any]) -> None:
        await self._opened.wait()
        if self.door.announcement:
            with_variable(named, SERVER_VARIABLE, self.door.announcement)
        self._prepare_more(named)

    def _started(self, kernel_id: str) -> None:
        self._paths_at = -PATHS_S
        self._wake.set()

    def _leaving(self, kernel_id: str) -> None:
        kernel = self._kernels.get(kernel_id)
        if kernel is not None:
            kernel.leave()

    def _scan(self) -> None:
        """Finds kernels that began, and those whose process is another one or gone."""
        ids = list(self._manager.list_kernel_ids())[:MOST_KERNELS]
        for kernel_id in ids:
            try:
                manager = self._manager.get_kernel(kernel_id) if not self._remote else None
            except KeyError:
                continue
            known = self._kernels.get(kernel_id)
            if known is not None and (self._remote or known.is_process(manager)):
                continue
            if known is not None:
                self._replaced(known)
            fresh = Kernel(kernel_id, manager, not self._remote)
            if not self._remote and fresh.pid is None and not getattr(manager, "has_kernel", True):
                continue  # It begins only.
            if known is not None:
                fresh.path = known.path
            self._kernels[kernel_id] = fresh
            self._spawn(self._settle(fresh))
        for kernel_id in set(self._kernels) - set(ids):
            one = self._kernels[kernel_id]
            self._replaced(one)
            if self._kernels.get(kernel_id) is one:
                del self._kernels[kernel_id]
                self.changed()

    def _replaced(self, kernel: Kernel) -> None:
        """Its manager has it no more."""
        if kernel.local and not kernel.gone:
            self.deaths.vanished(kernel)

    async def _settle(self, kernel: Kernel) -> None:
        try:
            self._unseen = await self._threads.call(kernel.settle) or self._unseen
        except Gone:
            if kernel.local:
                self.deaths.vanished(kernel)
        except Exception as error:  # noqa: BLE001 - one kernel that cannot be looked at leaves the others
            self._unseen = f"Kernels cannot be looked at from outside: {error}"
        finally:
            kernel.settled.set()
        if kernel.local and not kernel.gone and kernel.pid is not None:
            self.watching.watch(kernel.pid, kernel.started_at, kernel.faults)
        self.changed()

    # --- looking ---

    async def _open(self) -> None:
        try:
            await self.door.open()
        finally:
            self._opened.set()
        while True:
            await asyncio.sleep(KEEP_S)
            await self.door.keep()

    async def _run(self) -> None:
        scanned = -self._idle_s
        while not self._closing:
            self._wake.clear()
            now = time.monotonic()
            scan_s = self._sample_s if self.watched else self._idle_s
            try:
                if now - scanned >= min(scan_s, self._sample_s) * 0.9:
                    scanned = now
                    self._scan()
                    await self.refresh(self._sample_s if self._has_nameless() else PATHS_S)
                for kernel in self.kernels:
                    if kernel.local and not kernel.looking and kernel.settled.is_set() and now >= kernel.next_look:
                        self._spawn(self._look(kernel))
            except Exception as error:  # noqa: BLE001 - another's manager: the next turn may do
                self._log.debug("Gorgon: a look at the kernels failed: %s", error)
            running = [self._running_s(one) for one in self.kernels if one.running is not None] if self.watched else []
            pause = min(running) if running else self._sample_s if self._kernels else self._idle_s
            try:
                await asyncio.wait_for(self._wake.wait(), pause)
            except (asyncio.TimeoutError, TimeoutError):
                continue
            # What wakes it often does not make it run more often.
            scanned = -self._idle_s
            await asyncio.sleep(0.05)

    def _running_s(self, kernel: Kernel) -> float:
        """How often a kernel that runs is looked at while somebody looks, seconds."""
        return min(self._sample_s, MEASURED_S if kernel.measured else RUNNING_S)

    async def _look(self, kernel: Kernel) -> None:
        kernel.looking = True
        running = kernel.running is not None
        pause = self._sample_s if running else self._idle_s
        if self.watched:
            pause = self._running_s(kernel) if running else self._sample_s
        kernel.next_look = time.monotonic() + pause * 0.9
        try:
            look = await self._threads.call(kernel.look)
            if look is not None and not kernel.gone:
                kernel.see(look)
                self.changed()
        except Gone:
            if not kernel.gone:
                self.deaths.vanished(kernel)
        except (OSError, ValueError) as error:
            self._log.debug("Gorgon: kernel %s cannot be looked at: %s", kernel.id, error)
        finally:
            kernel.looking = False
            if kernel.gone:
                kernel.close()

    # --- deaths ---

    def _heard_death(self, report: dict[str, Any]) -> None:
        for kernel in self._kernels.values():
            if kernel.local and kernel.pid == report["pid"] and kernel.report is None:
                kernel.report = report
                self.deaths.vanished(kernel)
                return

    def _died(self, kernel: Kernel, death: dict[str, Any], alarming: bool) -> None:
        level = logging.WARNING if alarming else logging.INFO
        self._log.log(level, "Gorgon: kernel %s: %s", kernel.id, death["sentence"])
        if kernel.pid is not None:
            self.watching.forget(kernel.pid)
        if self._kernels.get(kernel.id) is kernel and death["cause"] == "ended" and not kernel.local:
            del self._kernels[kernel.id]
        name = kernel.greeted
        if name is not None:
            self.door.drop(name.pid, name.started_at)
        if alarming:
            self.tell(json.dumps({"death": death}))
        record = kernel.last_record(death)
        if record is not None:
            self._keep(kernel, record)
        kernel.close()
        self.changed()
        self._wake.set()

    # --- what kernels say (door.Receiver) ---

    async def knows(self, name: KernelName) -> bool:
        return await self._find(name, wait=True) is not None

    async def _find(self, name: KernelName, wait: bool = False) -> Kernel | None:
        self._scan()
        for kernel in list(self._kernels.values()):
            if kernel.gone or not kernel.local:
                continue
            if wait:
                await kernel.settled.wait()
            if kernel.pid == name.pid:
                return kernel
            if await self._threads.call(kernel.names_its_file, name.pid):
                kernel.greeted = name
                return kernel
        return None

    def _of(self, name: KernelName) -> Kernel | None:
        for kernel in self._kernels.values():
            greeted = kernel.greeted
            if greeted is not None and greeted.same(name.pid, name.started_at):
                return kernel
        for kernel in self._kernels.values():
            if kernel.pid == name.pid and not kernel.gone:
                return kernel
        return None

    def greet(self, greeting: Greeting) -> None:
        kernel = self._of(greeting.kernel)
        if kernel is None:
            return
        kernel.greeted = greeting.kernel
        kernel.measured = True
        kernel.faults = greeting.faults
        if kernel.pid is not None and not kernel.gone:
            self.watching.watch(kernel.pid, kernel.started_at, kernel.faults)
        self.changed()

    def part(self, kernel: KernelName) -> None:
        found = self._of(kernel)
        if found is not None:
            found.measured = False
            self.changed()
            self._spawn(self._idle_later(found))

    async def _idle_later(self, kernel: Kernel) -> None:
        """What it ran when it left may be what it died of; if it lives, nobody will say when that ends."""
        await asyncio.sleep(PARTED_S)
        if not kernel.gone and not kernel.measured and kernel.running is not None:
            kernel.run(None)
            self.changed()

    def runs(self, kernel: KernelName, running: dict[str, Any] | None) -> None:
        found = self._of(kernel)
        if found is None or found.gone:
            return
        found.run(running)
        if running is not None:
            found.next_look = 0.0
            self._wake.set()
        self.changed()

    def ended(self, kernel: KernelName, record: dict[str, Any]) -> None:
        found = self._of(kernel)
        if found is not None:
            self._spawn(self._keep_there(found, record))

    async def _keep_there(self, kernel: Kernel, record: dict[str, Any]) -> None:
        if not kernel.path:
            await self.refresh()
        self._keep(kernel, record)

    def _keep(self, kernel: Kernel, record: dict[str, Any]) -> None:
        text = self.records.add(kernel.id, kernel.path, record)
        if text is not None:
            names = f'"kernelId":{json.dumps(kernel.id)},"path":{json.dumps(kernel.path)}'
            self.tell(f'{{"record":{text},{names}}}')

    def guard(self, kernel: KernelName, state: dict[str, Any] | None) -> None:
        found = self._of(kernel)
        if found is not None:
            found.guard = state
            self.changed()

    def bell(self) -> dict[str, Any] | None:
        return self.bell_now()

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _is_gateway(manager: Any) -> bool:
    """Whether its kernels run elsewhere."""
    return any(one.__name__ == "GatewayMappingKernelManager" for one in type(manager).__mro__)
