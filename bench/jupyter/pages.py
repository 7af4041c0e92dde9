"""What a page of each tool shows while a cell runs, asked for as the tool's own front end does."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from notebook import Notebook, Run
from server import PATIENCE_S, Server
from tornado.httpclient import HTTPClientError

_EXTENSIONS = Path(sys.prefix, "share", "jupyter", "labextensions")


class Shown:
    """Numbers that came to stand on a page, each with the time."""

    def __init__(self) -> None:
        self._samples: list[tuple[float, float]] = []
        self._first = asyncio.Event()

    def add(self, value: float) -> None:
        self._samples.append((time.time(), value))
        self._first.set()

    async def begun(self) -> None:
        """Waits for the first. Raises TimeoutError."""
        await asyncio.wait_for(self._first.wait(), PATIENCE_S)

    def over_start(self, begin: float, end: float) -> float | None:
        """The highest that came within these seconds of the epoch, over the last before; None: there was none."""
        before = [value for at, value in self._samples if at < begin]
        during = [value for at, value in self._samples if begin <= at <= end]
        return max(during) - before[-1] if before and during else None


class Page:
    """An open page of one kind. Use `close` in the end."""

    def __init__(self, work: Callable[[Shown], Awaitable[None]]) -> None:
        self.shown = Shown()
        self._task = asyncio.ensure_future(work(self.shown))

    async def close(self) -> None:
        """Raises what went wrong meanwhile."""
        self._task.cancel()
        try:
            await self._task
        except asyncio.CancelledError:
            pass


def resource_usage_interval() -> float:
    """Seconds; its status bar and its panel have the same number written into their code."""
    return _setting("@jupyter-server/resource-usage", "topbar-item.json", "refreshRate") / 1000


def nvdashboard_interval() -> float:
    """Seconds; its page tells the server so as soon as it is connected."""
    return _setting("jupyterlab-nvdashboard", "config.json", "updateFrequency") / 1000


def server_memory(server: Server) -> Page:
    """jupyter-resource-usage's status bar: the server and all its kernels."""

    async def ask() -> float:
        answer = await server.get("api/metrics/v1")
        return answer["pss"] if answer.get("pss") is not None else answer["rss"]

    return Page(lambda shown: _again(ask, resource_usage_interval(), shown))


def kernel_memory(server: Server, kernel_id: str) -> Page:
    """jupyter-resource-usage's panel: the kernel of the notebook in front, as the kernel says itself."""

    async def ask() -> float | None:
        content = (await server.get(f"api/metrics/v1/kernel_usage/get_usage/{kernel_id}"))["content"]
        return content.get("kernel_memory")

    return Page(lambda shown: _again(ask, resource_usage_interval(), shown))


def machine_memory(server: Server) -> Page:
    """nvdashboard's chart of the machine's memory."""

    async def read(shown: Shown) -> None:
        socket = await server.socket("nvdashboard/cpu_resource")
        try:
            while (text := await socket.read_message()) is not None:
                said = json.loads(text)
                if said.get("status") == "connected":
                    wanted = {"updateFrequency": nvdashboard_interval() * 1000, "isPaused": False}
                    await socket.write_message(json.dumps(wanted))
                else:
                    shown.add(said["memory_usage"])
        finally:
            socket.close()

    return Page(read)


def span(run: Run) -> tuple[float, float]:
    """When the kernel began and ended a cell, seconds since the epoch: by what recordTiming stored."""
    started = "shell.execute_reply.started"
    return run.time(started if started in run.timing else "iopub.execute_input"), run.time("shell.execute_reply")


def execute_time_ms(run: Run) -> float:
    """jupyterlab-execute-time's duration: whole milliseconds between the two."""
    begin, end = span(run)
    return float(int((end - begin) * 1000))


class Records:
    """Gorgon's page: it opens a comm, and the kernel tells it of each cell."""

    def __init__(self, notebook: Notebook) -> None:
        self._records: dict[str, dict[str, Any]] = {}
        notebook.open_comm("gorgon.v1", {"since": None}, self._told)

    async def of(self, run: Run) -> dict[str, Any]:
        """The record of a run. Raises TimeoutError."""

        async def wait() -> dict[str, Any]:
            while run.cell_id not in self._records:
                await asyncio.sleep(0.01)
            return self._records[run.cell_id]

        return await asyncio.wait_for(wait(), PATIENCE_S)

    def _told(self, data: dict[str, Any]) -> None:
        for record in [*data.get("records", []), *([data["record"]] if "record" in data else [])]:
            self._records[record["cell"]["id"]] = record


async def _again(ask: Callable[[], Awaitable[float | None]], interval: float, shown: Shown) -> None:
    while True:
        began = time.monotonic()
        try:
            value = await ask()
        except HTTPClientError:
            # The page leaves what stood there, and asks again in its time.
            value = None
        if value is not None:
            shown.add(value)
        await asyncio.sleep(max(0.0, began + interval - time.monotonic()))


def _setting(extension: str, file: str, name: str) -> float:
    """The default of a setting, as the installed extension has it. Raises OSError, KeyError."""
    found = next(Path(_EXTENSIONS, extension, "schemas").rglob(file))
    return json.loads(found.read_text())["properties"][name]["default"]
