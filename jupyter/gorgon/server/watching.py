"""Runs watcher.py beside the server: a small program that sees how kernels end, their memory group's count with it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import watcher

#: Pause before it is started again, doubled each time up to the longest, seconds.
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_MAX_LINE = 65_536
_END_S = 2.0


class Watching:
    """Keeps the program running from the first kernel on."""

    def __init__(self, died: Callable[[dict[str, Any]], None], program: str = "") -> None:
        """died: told of each report. program: by default the package's own."""
        self._died = died
        self._program = program or str(Path(watcher.__file__))
        #: What runs it.
        self.python = sys.executable
        self._watched: dict[int, dict[str, Any]] = {}
        self._confirmed: set[int] = set()
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        #: Why it does not run, in words; empty when it does or needs not.
        self.why = ""

    def watch(self, pid: int, started_at: float, faults: str) -> None:
        """Again with other words, when more is known of it."""
        self._watched[pid] = {"pid": pid, "startedAt": started_at, "faults": faults}
        self._say({"watch": self._watched[pid]})
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def forget(self, pid: int) -> None:
        if self._watched.pop(pid, None) is not None:
            self._confirmed.discard(pid)
            self._say({"forget": {"pid": pid}})

    def watches(self, pid: int) -> bool:
        """Whether it will say how that process ends."""
        return self._process is not None and pid in self._confirmed

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        pause = _FIRST_PAUSE_S
        while True:
            try:
                worked = await self._once()
            except (OSError, NotImplementedError) as error:
                self.why = f"How kernels end is known by their exit status alone: the watcher does not start ({error})."
                worked = False
            pause = _FIRST_PAUSE_S if worked else min(_LONGEST_PAUSE_S, pause * 2)
            await asyncio.sleep(pause)

    async def _once(self) -> bool:
        # Isolated: neither the environment nor the user's site may change what it does.
        process = await asyncio.create_subprocess_exec(
            *(self.python, "-I", self._program),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_MAX_LINE,
        )
        assert process.stdout is not None
        self._process = process
        try:
            for one in self._watched.values():
                self._say({"watch": one})
            while line := await process.stdout.readline():
                self._hear(line)
            self.why = "The program that watches kernels ended; it is started anew."
            return bool(self._confirmed)
        except ValueError:
            return False  # A line that is too long: it is not what we started.
        finally:
            self._process = None
            self._confirmed.clear()
            await _end(process)

    def _hear(self, line: bytes) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            return
        if "watching" in message:
            pid = message["watching"]["pid"]
            if pid in self._watched:
                self._confirmed.add(pid)
            self.why = ""
        elif "died" in message and message["died"]["pid"] in self._watched:
            self._died(message["died"])

    def _say(self, message: dict[str, Any]) -> None:
        process = self._process
        if process is not None and process.stdin is not None and not process.stdin.is_closing():
            process.stdin.write(json.dumps(message).encode() + b"\n")


async def _end(process: asyncio.subprocess.Process) -> None:
    """It ends by itself when its input does."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(asyncio.shield(process.wait()), _END_S)
    except (asyncio.TimeoutError, TimeoutError, asyncio.CancelledError):
        if process.returncode is None:
            process.kill()
