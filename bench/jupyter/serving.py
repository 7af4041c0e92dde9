"""What extensions cost a Jupyter server while ten kernels run: `serving.py PACKAGE ROUNDS SECONDS`. Prints one JSON object.

Three servers by turns, each fresh and with ten fresh kernels: one without any such extension, one with
jupyter-resource-usage and a page that asks for its numbers, and one with Gorgon and a page that listens.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pages
import processes
from notebook import Notebook
from server import Server

#: How many kernels do what.
IDLE, BUSY, CELLS = 4, 3, 3
WORK = "import time\nend = time.monotonic() + 600\nwhile time.monotonic() < end:\n    sum(range(200_000))\n    time.sleep(0.1)"
CELL = "sum(range(100_000))"
CELL_PAUSE_S = 1.0
#: After the pages are opened.
SETTLE_S = 3.0
PATHS = ("api/status", "api/kernels")
PAUSE_S = 0.05
#: What Gorgon's messages are.
KINDS = {"state", "record", "death"}

#: The extensions of each server, and settings.
SERVERS: dict[str, tuple[Sequence[str], Mapping[str, Mapping[str, Any]]]] = {
    "none": ((), {}),
    "jupyter-resource-usage": (("jupyter_resource_usage",), {}),
    "Gorgon": (("gorgon",), {"Gorgon": {"measure_kernels": True}}),
}


async def run_cells(notebook: Notebook) -> None:
    while True:
        await notebook.run(CELL)
        await asyncio.sleep(CELL_PAUSE_S)


async def listen(server: Server, told: list[str]) -> None:
    """Gorgon's page, which somebody sees. told: what each message was."""
    socket = await server.socket("gorgon/api/live")
    try:
        await socket.write_message(json.dumps({"visible": True}))
        while (text := await socket.read_message()) is not None:
            told.extend(json.loads(text).keys() & KINDS)
    finally:
        socket.close()


async def look(name: str, server: Server, kernel_id: str, told: list[str], stack: AsyncExitStack) -> None:
    """Opens the page of the server's extension."""
    if name == "jupyter-resource-usage":
        for page in (pages.server_memory(server), pages.kernel_memory(server, kernel_id)):
            stack.push_async_callback(page.close)
            await page.shown.begun()
    elif name == "Gorgon":
        started(listen(server, told), stack)


def started(work: Any, stack: AsyncExitStack) -> None:
    """Goes on until the stack is left, which raises what went wrong."""
    task = asyncio.ensure_future(work)

    async def end() -> None:
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass

    stack.push_async_callback(end)


async def probed(server: Server, seconds: float) -> dict[str, list[float]]:
    """From a process of its own, so that nothing else of this one delays it. Raises RuntimeError."""
    token = server.headers["Authorization"].split()[1]
    program = str(Path(__file__).with_name("probe.py"))
    child = await asyncio.create_subprocess_exec(
        sys.executable, program, server.url, token, str(seconds), str(PAUSE_S), *PATHS, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await child.communicate()
    if child.returncode != 0:
        raise RuntimeError(f"probe.py ended with {child.returncode}")
    return json.loads(said)


async def once(name: str, package: str, seconds: float) -> dict[str, Any]:
    """CPU seconds a second of the server without its kernels and of the kernels, and the latencies by path."""
    extensions, settings = SERVERS[name]
    told: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        async with Server(folder, package, extensions, settings) as server:
            notebooks = await asyncio.gather(*(Notebook.open(server, f"k{at}") for at in range(IDLE + BUSY + CELLS)))
            busy, cells = notebooks[:BUSY], notebooks[BUSY : BUSY + CELLS]
            work = [notebook.begin(WORK) for notebook in busy]
            async with AsyncExitStack() as stack:
                for notebook in cells:
                    started(run_cells(notebook), stack)
                await look(name, server, cells[0].kernel_id, told, stack)
                await asyncio.sleep(SETTLE_S)
                kernels = [notebook.pid for notebook in notebooks]
                told.clear()
                loop = asyncio.get_running_loop()
                before, began = usage(server.pid, kernels), loop.time()
                took = await probed(server, seconds)
                after, ended = usage(server.pid, kernels), loop.time()
                messages = len(told)
            for notebook, run in zip(busy, work, strict=True):
                await notebook.interrupt()
                await run.done.wait()
            if name == "Gorgon" and {"state", "record"} - set(told):
                raise RuntimeError(f"Gorgon's page was told of {set(told)} only")
    of_server, of_kernels = ((now - then) / (ended - began) for now, then in zip(after, before, strict=True))
    return {"server": of_server, "kernels": of_kernels, "tookMs": took, "messages": messages / (ended - began)}


def usage(server: int, kernels: list[int]) -> tuple[float, float]:
    return processes.cpu_seconds(server, kernels), sum(processes.cpu_seconds(pid) for pid in kernels)


async def main(package: str, rounds: str, seconds: str) -> None:
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in SERVERS}
    names = list(SERVERS)
    for turn in range(int(rounds)):
        # Who goes first changes, so that a machine that slows down favours nobody.
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            print(f"  round {turn + 1}: {name}", file=sys.stderr, flush=True)
            found[name].append(await once(name, package, float(seconds)))
    print(
        json.dumps(
            {
                "kernels": IDLE + BUSY + CELLS,
                "pauseMs": PAUSE_S * 1000,
                "intervalS": pages.resource_usage_interval(),
                "versions": {name: version(name) for name in ("jupyter_server", "jupyter-resource-usage")},
                "servers": found,
            }
        )
    )


asyncio.run(main(*sys.argv[1:]))
