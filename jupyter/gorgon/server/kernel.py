"""One process that is a kernel of this server: what was seen of it, what is said of it, and what follows."""

from __future__ import annotations

import asyncio
import os
import socket
import time
import uuid
from typing import Any

from .. import runtime, watcher
from ..limits import MemoryLimit, nearest
from ..record import CELL_VERSION
from .levels import OF_LIMIT
from .sight import Look, Looks, Sight, sight_of
from .wire import KernelName

#: Who was asked to end and has not for so long will not.
LEAVING_HOLDS_S = 60.0
#: Who uses so much of a core is at work, whether or not somebody says at what.
BUSY_CORES = 0.2


class Kernel:
    """A restarted kernel is another one with the same id."""

    def __init__(self, kernel_id: str, manager: Any, local: bool) -> None:
        process = getattr(getattr(manager, "provisioner", None), "process", None) if local else None
        pid = getattr(process, "pid", None)
        #: Popen of a kernel that this process started; None of others, whose pid may be another machine's.
        self.process: Any = process if type(pid) is int and callable(getattr(process, "poll", None)) else None
        self.pid: int | None = None if self.process is None else pid
        self.local = self.pid is not None
        self.id = kernel_id
        self.manager = manager
        self.name = str(getattr(manager, "kernel_name", "") or "")
        self.path = ""
        self.folder = ""
        self.started_at = 0.0
        #: Set once it was looked at for the first time, or cannot be.
        self.settled = asyncio.Event()
        self.looks = Looks()
        #: A look is under way.
        self.looking = False
        self.next_look = 0.0
        self.measured = False
        #: As its package calls itself; None before it has greeted.
        self.greeted: KernelName | None = None
        self.faults = ""
        self.guard: dict[str, Any] | None = None
        self.running: dict[str, Any] | None = None
        self.level = "UNKNOWN"
        self.limit: MemoryLimit | None = None
        self.share: float | None = None
        self.gone = False
        self.report: dict[str, Any] | None = None
        self._peak = 0
        self._sight: Sight | None = None
        self._group: Any = None
        self._leaving_at: float | None = None

    @property
    def language(self) -> str:
        if self.greeted is not None:
            return self.greeted.language
        spec = getattr(self.manager, "kernel_spec", None)
        return str(getattr(spec, "language", "") or "").lower()

    @property
    def connection(self) -> str:
        return os.path.basename(str(getattr(self.manager, "connection_file", "") or ""))

    def ref(self) -> dict[str, Any]:
        """KernelRef of protocol/cell.ts."""
        if self.greeted is not None:
            return self.greeted.to_dict()
        return KernelName(self.pid or 0, self.started_at, self.language, socket.gethostname()).to_dict()

    def is_process(self, manager: Any) -> bool:
        """Whether its manager still has the process that this one is."""
        provisioner = getattr(manager, "provisioner", None)
        if not self.local:
            return manager is self.manager
        return provisioner is not None and getattr(provisioner, "process", None) is self.process

    # --- in threads ---

    def settle(self) -> str:
        """Finds the process and what limits it; answers with why it cannot be looked at, or nothing. Raises Gone."""
        if self.pid is None:
            return ""
        self.started_at = runtime.start_time(self.pid)
        try:
            self.folder = os.readlink(f"/proc/{self.pid}/cwd")
        except OSError:
            self.folder = ""
        self._group = watcher.group_of(self.pid)
        try:
            self._sight = sight_of(self.pid, self.started_at)
        except ImportError:
            return "Kernels are not looked at from outside on this system: install psutil beside Jupyter."
        return ""

    def look(self) -> Look | None:
        """Raises Gone."""
        return None if self._sight is None else self._sight.look()

    def counted(self) -> dict[str, Any] | None:
        """What its memory group counted since it was found, where no watcher says it."""
        found: dict[str, Any] | None = None if self._group is None else self._group.verdict()
        return found

    def fault(self) -> str:
        """What faulthandler wrote; empty without it."""
        return "" if self.pid is None else watcher.first_fault(self.faults, self.pid)

    def names_its_file(self, pid: int) -> bool:
        """Whether that process was started with this kernel's connection file: the kernel behind a wrapper."""
        file = str(getattr(self.manager, "connection_file", "") or "")
        if not file:
            return False
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as command:
                return os.fsencode(file) in command.read(65_536).split(b"\0")
        except OSError:
            return False

    # --- in the event loop ---

    def see(self, look: Look) -> None:
        self.looks.add(look)
        if self.running is not None:
            self._peak = max(self._peak, look.rss)
        limits = list(look.limits)
        if self.guard is not None and self.guard["limitBytes"] > 0:
            limits.append(MemoryLimit(int(self.guard["limitBytes"]), "%gorgon limit"))
        found = nearest(limits, look.bytes, look.addresses or None)
        self.limit = None if found is None else MemoryLimit(found.bytes, found.source)
        self.share = None if found is None else found.share
        self.level = OF_LIMIT.level(self.share, self.level)

    def run(self, running: dict[str, Any] | None) -> None:
        self.running = running
        self._peak = 0
        if running is not None:
            self._leaving_at = None

    def leave(self) -> None:
        """It was asked to end."""
        self._leaving_at = time.monotonic()

    @property
    def leaving(self) -> bool:
        return self._leaving_at is not None and time.monotonic() - self._leaving_at < LEAVING_HOLDS_S

    @property
    def busy(self) -> bool:
        return (self.looks.cores or 0) >= BUSY_CORES

    @property
    def frozen(self) -> bool:
        return self.guard is not None and self.guard["phase"] == "frozen"

    def close(self) -> None:
        if self._sight is not None and not self.looking:
            self._sight.close()
            self._sight = None

    def limit_dict(self) -> dict[str, Any] | None:
        return None if self.limit is None else {"bytes": self.limit.bytes, "source": self.limit.source}

    def state(self) -> dict[str, Any]:
        """JupyterKernel of protocol/messages/jupyter.ts."""
        last = self.looks.last
        usage = None
        if last is not None:
            usage = {
                "time": int(last.time),
                "rssBytes": last.rss,
                "treeBytes": last.tree,
                "cores": None if self.looks.cores is None else round(self.looks.cores, 3),
                "children": last.children,
                "threads": last.threads,
                "gpuBytes": None,
            }
        return {
            "id": self.id,
            "name": self.name,
            "path": self.path,
            "pid": self.pid,
            "local": self.local,
            "measured": self.measured,
            "usage": usage,
            "running": None if self.running is None else {**self.running, "peakBytes": self._peak},
            "limit": self.limit_dict(),
            "level": self.level,
            "guard": self.guard,
        }

    def last_record(self, death: dict[str, Any]) -> dict[str, Any] | None:
        """The record of the cell that it ran when it ended, as far as it was seen; None when it ran none, or nobody looked."""
        if self.running is None:
            return None
        start, end = self.running["startedAt"], max(self.running["startedAt"], death["time"])
        looks = self.looks.between(start, end)
        before = self.looks.before(start)
        if not looks:
            return None
        peak = max(max(one.rss for one in looks), self._peak)
        first = before or looks[0]
        measures: dict[str, Any] = {
            "wallMs": {"value": end - start, "quality": "exact"},
            "peakBytes": _sampled(peak),
            "peakDeltaBytes": _sampled(max(0, peak - first.rss)),
            "startBytes": _sampled(first.rss),
            "treeBytes": _sampled(max(one.bytes for one in looks)),
        }
        if first.cpu_ms is not None and looks[-1].cpu_ms is not None:
            measures["cpuMs"] = _sampled(max(0.0, looks[-1].cpu_ms - first.cpu_ms))
        limit = self.limit_dict()
        share = max(peak, *(one.bytes for one in looks)) / limit["bytes"] if limit else None
        return {
            "v": CELL_VERSION,
            "id": str(uuid.uuid4()),
            "kernel": self.ref(),
            "cell": self.running["cell"],
            "startedAt": start,
            "endedAt": end,
            "outcome": "interrupted" if death["cause"] == "ended" else "died",
            "error": "",
            "measures": measures,
            "gpus": [],
            "limit": None if limit is None else {**limit, "share": share},
            "level": OF_LIMIT.level(share),
            "overlap": False,
            "by": "outside",
            "notes": ["The kernel ended in this cell: this is what was seen of it from outside."],
        }


def _sampled(value: float) -> dict[str, Any]:
    return {"value": value, "quality": "sampled"}
