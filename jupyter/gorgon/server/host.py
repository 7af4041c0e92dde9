"""The bell in the browser: a worker's where one runs for this user, else what this server measures and judges by itself."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..display import format_ratio, plain
from ..limits import MACHINE_MEMORY
from ..record import LEVELS
from .kernel import Kernel
from .levels import OF_LIMIT, Standing, Thresholds, worst
from .machine import Machine, Use, disk_use
from .threads import Threads
from .verdict import is_alarming
from .worker import ASK_IDLE_S, Worker

#: How often the machine is looked at, seconds: while somebody looks, and else.
LOOK_S = 2.0
LOOK_IDLE_S = 10.0
#: A file system that does not answer for so long is unknown, seconds.
DISK_HANGS_S = 10.0
#: Points are so far apart at least, the highest value of each time; and so old at most, seconds.
POINT_S = 5.0
POINTS_FOR_S = 300.0
#: A worker's view that is older than this is the past, seconds.
STALE_S = 3 * ASK_IDLE_S
#: Alerts that ended are told for so long, seconds; of more at one time the rest is left out.
ENDED_FOR_S = 600.0
MOST_ALERTS = 100
#: Kills for want of memory are told for so long, seconds.
KILLS_FOR_S = 600.0

_MINUTE = 60.0


@dataclass(frozen=True)
class Rule:
    """What is judged, as the worker's rule of that id."""

    id: str
    title: str
    thresholds: Thresholds
    for_s: float = 0.0
    keep_s: float = 0.0


def _rule(
    name: str, title: str, warn: float, crit: float | None, slack: float, for_s: float, keep_s: float = 0.0
) -> Rule:
    def clear(threshold: float) -> float:
        return max(threshold / 2, threshold - slack)

    crit_clear = None if crit is None else clear(crit)
    return Rule(name, title, Thresholds(warn, crit, clear(warn), crit_clear), for_s, keep_s)


def rules() -> dict[str, Rule]:
    """The same numbers as the worker's built-in rules (docs/bell.md)."""
    return {
        "cpu": _rule("cpu", "CPU", 0.7, 0.9, 0.1, 20 * _MINUTE),
        "memory": _rule("memory", "Memory", 0.8, 0.95, 0.03, 10.0),
        "disk": _rule("disk", "Disk", 0.85, 0.95, 0.01, _MINUTE),
        "swap": _rule("swap", "Swap", 0.9, None, 0.1, 5 * _MINUTE),
        "pressure": Rule("pressure", "Memory pressure", Thresholds(0.1, 0.4, 0.05, 0.2), 30.0, _MINUTE),
    }


_SLACKS = {"cpu": 0.1, "memory": 0.03, "disk": 0.01, "swap": 0.1, "pressure": 0.05}


def check_thresholds(given: Mapping[str, Any]) -> dict[str, Rule]:
    """The rules with other thresholds. Raises ValueError in words."""
    found = rules()
    for name, one in given.items():
        if name not in found:
            raise ValueError(f"Gorgon.thresholds: there is no {name}; there are {', '.join(found)}")
        if not isinstance(one, dict) or not set(one) <= {"warn", "crit", "for"}:
            raise ValueError(f"Gorgon.thresholds: {name}: an object with warn, crit and for expected")
        usual = found[name]
        warn, crit = one.get("warn", usual.thresholds.warn), one.get("crit", usual.thresholds.crit)
        for_s = one.get("for", usual.for_s)
        shares = [value for value in (warn, crit) if value is not None]
        if not all(_is_number(value) and 0 < value <= 1 for value in shares) or not _is_number(for_s) or for_s < 0:
            raise ValueError(f"Gorgon.thresholds: {name}: shares over 0 and up to 1, and seconds expected")
        if warn is None or (crit is not None and warn > crit):
            raise ValueError(f"Gorgon.thresholds: {name}: warn must be there and not over crit")
        found[name] = _rule(name, usual.title, warn, crit, _SLACKS[name], for_s, usual.keep_s)
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value


@dataclass
class _Line:
    """One thing that is judged, over time."""

    rule: Rule
    id: str
    title: str
    #: What it is called in a sentence that begins with it.
    name: str
    standing: Standing
    use: Use = field(default_factory=lambda: Use(None, "starting: the first reading is on its way"))
    points: deque[list[float]] = field(default_factory=lambda: deque(maxlen=int(POINTS_FOR_S / POINT_S)))

    def see(self, use: Use) -> None:
        self.use = use
        self.standing.see(use.value, time.monotonic())
        if use.value is None:
            return
        now = time.time() * 1000
        if self.points and now - self.points[-1][0] < POINT_S * 1000:
            self.points[-1][1] = max(self.points[-1][1], round(use.value, 4))
        else:
            self.points.append([int(now), round(use.value, 4)])

    def to_dict(self) -> dict[str, Any]:
        oldest = (time.time() - POINTS_FOR_S) * 1000
        value = self.use.value
        return {
            "id": self.id,
            "title": self.title,
            "level": self.standing.level,
            "value": None if value is None else round(value, 4),
            "unit": "1",
            "detail": self.use.detail,
            "points": [point for point in self.points if point[0] >= oldest],
        }

    def words(self) -> str:
        """What is the matter, in the words of the worker's headline."""
        shown, crit = format_ratio(self.use.value), self.standing.level == "CRIT"
        if self.rule.id == "cpu":
            return f"CPU is busy: {shown}"
        if self.rule.id == "memory":
            return f"memory is running out: {shown}" if crit else f"memory is getting short: {shown}"
        if self.rule.id == "disk":
            return f"disk {self.name} is nearly full: {shown}" if crit else f"disk {self.name} is filling up: {shown}"
        if self.rule.id == "swap":
            return f"swap is nearly full: {shown}"
        return f"programs wait for memory: {shown} of the time"


class Host:
    """Its methods are called in the event loop."""

    def __init__(
        self,
        threads: Threads,
        *,
        disk: str,
        thresholds: Mapping[str, Any],
        kernels: Callable[[], list[Kernel]],
        deaths: Callable[[], list[dict[str, Any]]],
        changed: Callable[[], None],
        version: str,
    ) -> None:
        """disk: a path. deaths: of the last five minutes. changed: called after each look."""
        self._threads = threads
        self._disk = disk
        self._kernels = kernels
        self._deaths = deaths
        self._changed = changed
        self._machine = Machine()
        self._rules = check_thresholds(thresholds)
        self._lines: dict[str, _Line] = {}
        self._alerts: dict[str, dict[str, Any]] = {}
        self._kernel_levels: dict[str, str] = {}
        self._kills: deque[tuple[float, int]] = deque(maxlen=200)
        self._kills_place = ""
        self._worker_view: tuple[float, dict[str, Any]] | None = None
        self._looked = False
        self._failure = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._disk_task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._worker = Worker(self._heard_in_thread, version)
        self._watched = False
        self._closing = False

    @property
    def watched(self) -> bool:
        """Whether somebody looks; set from outside."""
        return self._watched

    @watched.setter
    def watched(self, watched: bool) -> None:
        self._watched = self._worker.watched = watched

    @property
    def notes(self) -> list[str]:
        return [one for one in (self._failure, self._worker.why) if one]

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._run())
        self._worker.start()

    async def close(self) -> None:
        # A cancellation can be lost in wait_for() before Python 3.12.
        self._closing = True
        self._wake.set()
        self._worker.close()
        for task in (self._task, self._disk_task):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    def look_closer(self) -> None:
        """Somebody begins to look."""
        self._worker.nudge()
        self._wake.set()

    # --- what is told ---

    def view(self) -> dict[str, Any] | None:
        """HostView of protocol/messages/jupyter.ts; None before the first look."""
        if (of_worker := self._fresh_view()) is not None:
            return of_worker
        return self._own_view() if self._looked else None

    def bell(self) -> dict[str, Any] | None:
        """KernelBell of protocol/messages/kernel.ts."""
        view = self.view()
        return None if view is None else {"level": view["level"], "sentence": view["headline"]}

    def _fresh_view(self) -> dict[str, Any] | None:
        if self._worker_view is None or time.monotonic() - self._worker_view[0] > STALE_S:
            return None
        return self._worker_view[1]

    def _heard_in_thread(self, view: dict[str, Any] | None) -> None:
        loop = self._loop
        try:
            if loop is not None:
                loop.call_soon_threadsafe(self._heard, view)
        except RuntimeError:
            pass  # The loop has ended.

    def _heard(self, view: dict[str, Any] | None) -> None:
        self._worker_view = None if view is None else (time.monotonic(), view)
        self._changed()

    def _own_view(self) -> dict[str, Any]:
        lines = list(self._lines.values())
        alerts = sorted(self._alerts.values(), key=_by_weight)
        open_alerts = [one for one in alerts if one["endedAt"] is None]
        level = worst([*(one.standing.level for one in lines), *(one["level"] for one in open_alerts)])
        return {
            "time": int(time.time() * 1000),
            "node": socket.gethostname(),
            "by": "server",
            "level": level,
            "headline": _headline(lines, open_alerts),
            "levels": [one.to_dict() for one in lines],
            "alerts": [{**one, "message": _capital(one["message"])} for one in alerts[:MOST_ALERTS]],
        }

    # --- looking ---

    async def _run(self) -> None:
        while not self._closing:
            self._wake.clear()
            if self._fresh_view() is None:
                try:
                    await self._look()
                    self._failure = ""
                except (OSError, ValueError) as error:
                    self._failure = f"The machine cannot be looked at: {error}"
                    for name in ("cpu", "memory"):
                        self._see(name, Use(None, "The machine cannot be looked at."))
            # One that hangs does not hold up the rest: it is looked at by itself.
            if self._disk_task is None or self._disk_task.done():
                self._disk_task = asyncio.get_running_loop().create_task(self._look_at_disk())
            self._changed()
            try:
                await asyncio.wait_for(self._wake.wait(), LOOK_S if self.watched else LOOK_IDLE_S)
                await asyncio.sleep(0.1)
            except (asyncio.TimeoutError, TimeoutError):
                pass

    async def _look(self) -> None:
        kernels = self._kernels()
        own = sum(one.looks.last.bytes for one in kernels if one.looks.last is not None)
        sample = await self._threads.call(self._machine.look, own)
        self._see("cpu", sample.cpu)
        self._see("memory", sample.memory)
        if sample.swap is not None:
            self._see("swap", sample.swap)
        if sample.pressure is not None:
            self._see("pressure", sample.pressure)
        self._looked = True
        self._judge(kernels, sample.kills)

    async def _look_at_disk(self) -> None:
        look = self._threads.call(disk_use, self._disk)
        try:
            use = await asyncio.wait_for(asyncio.shield(look), DISK_HANGS_S)
        except (asyncio.TimeoutError, TimeoutError):
            self._see("disk", Use(None, f"The file system of {plain(self._disk, 100)} does not answer."))
            try:
                use = await look
            except OSError as error:
                use = Use(None, str(error))
        except OSError as error:
            use = Use(None, str(error))
        self._see("disk", use)

    def _see(self, name: str, use: Use) -> None:
        line = self._lines.get(name)
        if line is None:
            rule = self._rules[name]
            place = plain(self._disk, 60) if name == "disk" else ""
            line = _Line(
                rule,
                f"disk {place}" if place else name,
                f"Disk {place}" if place else rule.title,
                place,
                Standing(rule.thresholds, rule.for_s, rule.keep_s),
            )
            self._lines[name] = line
        line.see(use)

    # --- alerts ---

    def _judge(self, kernels: list[Kernel], kills: tuple[str, int] | None) -> None:
        bad: dict[str, tuple[str, str, str]] = {}
        for line in self._lines.values():
            if line.standing.level in ("WARN", "CRIT"):
                bad[line.id] = line.title, line.standing.level, line.words()
        self._judge_kernels(kernels, bad)
        if kills is not None:
            now = time.monotonic()
            place, count = kills
            if place != self._kills_place:
                # Another counter: limits were changed, or this server was moved.
                self._kills.clear()
                self._kills_place = place
            self._kills.append((now, count))
            while self._kills and now - self._kills[0][0] > KILLS_FOR_S:
                self._kills.popleft()
            grew = count - self._kills[0][1]
            if grew > 0:
                bad["oom"] = "Killed for want of memory", "CRIT", f"memory ran out, processes killed: {grew}"
        self._keep_alerts(bad)

    def _judge_kernels(self, kernels: list[Kernel], bad: dict[str, tuple[str, str, str]]) -> None:
        for death in self._deaths():
            if is_alarming(death):
                words = death["sentence"].rstrip(".:")
                bad[f"kernel-died {death['id']}"] = "Notebook kernel died", "CRIT", words
        levels: dict[str, str] = {}
        for one in kernels:
            name = plain(one.path.rsplit("/", 1)[-1] or one.name, 60)
            if one.frozen and one.guard is not None:
                words = (
                    f"The kernel of process {one.pid} is frozen by its memory guard and waits for an answer (continue, "
                    f"interrupt or end): {one.guard['reason'].rstrip('.:')}"
                )
                bad[f"kernel-frozen {one.id}"] = "Notebook kernel frozen", "CRIT", words
            # Of limits tighter than the machine, whose own memory is judged already.
            if one.limit is None or one.limit.source == MACHINE_MEMORY:
                continue
            level = OF_LIMIT.level(one.share, self._kernel_levels.get(one.id, "OK"))
            levels[one.id] = level
            if level in ("WARN", "CRIT"):
                shown = format_ratio(one.share)
                words = f"kernel {name} comes near its memory limit: {shown}"
                if level == "CRIT":
                    words = f"kernel {name} is about to reach its memory limit: {shown}"
                bad[f"kernel-memory {one.id}"] = "Notebook kernel memory", level, words
        self._kernel_levels = levels

    def _keep_alerts(self, bad: Mapping[str, tuple[str, str, str]]) -> None:
        now = int(time.time() * 1000)
        for name, (title, level, message) in bad.items():
            known = self._alerts.get(name)
            if known is None or known["endedAt"] is not None:
                known = {"id": name, "title": title, "level": level, "since": now, "endedAt": None, "message": message}
                self._alerts[name] = known
            known.update(level=level, message=message)
        for name, one in list(self._alerts.items()):
            if name not in bad and one["endedAt"] is None:
                one["endedAt"] = now
            if one["endedAt"] is not None and now - one["endedAt"] > ENDED_FOR_S * 1000:
                del self._alerts[name]


def _by_weight(alert: Mapping[str, Any]) -> tuple[bool, int, int]:
    """Those that go on first, the worst of them first, the newest of those first."""
    return alert["endedAt"] is not None, -LEVELS.index(alert["level"]), -alert["since"]


def _headline(lines: list[_Line], alerts: list[dict[str, Any]]) -> str:
    unknown = [one for one in lines if one.standing.level == "UNKNOWN"]
    listed = _listed([one.title if one.rule.id in ("cpu", "disk") else one.title.lower() for one in unknown])
    if not alerts:
        if not unknown:
            return "All is well"
        if all(one.use.detail.startswith("starting") for one in unknown):
            return (
                "Starting: nothing is known yet" if len(unknown) == len(lines) else f"Starting: {listed} not known yet"
            )
        reasons = {one.use.detail for one in unknown}
        reason = f": {reasons.pop().rstrip('.')}" if len(reasons) == 1 else ""
        return f"Nothing is known about {listed}{reason}"
    parts = [one["message"] for one in alerts]
    known_bad = len(parts)
    if unknown:
        parts.append(f"nothing is known about {listed}")
    if known_bad == 1:
        parts[0] = _capital(parts[0])
        return "; ".join(parts)
    return f"{known_bad} things need attention: {'; '.join(parts)}"


def _listed(titles: list[str]) -> str:
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}" if titles else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
