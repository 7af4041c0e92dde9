"""What the tools show of the same ten cells: `side_by_side.py PACKAGE ROUNDS`. Prints one JSON object.

One Jupyter server with all of them. Each cell runs in two fresh kernels a round, one with nothing but Gorgon's package and
one with JUmPER; pages of the others look meanwhile. A cell begins at some moment of the pages' intervals.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import jumper
import pages
import processes
from notebook import Notebook, Run
from server import Server
from truth import CELLS, MIB, PREPARE, Cell

EXTENSIONS = ("jupyter_resource_usage", "jupyterlab_nvdashboard")
#: What a kernel does after its start must not fall into the cell.
SETTLE_S = 0.2


@dataclass(frozen=True)
class Truth:
    """Of one run."""

    code: str
    run: Run
    peak_mib: float
    wall_ms: float

    def beside(self, memory_mib: float | None = None, wall_ms: float | None = None) -> dict[str, float | None]:
        """What a tool showed of it, beside the truth."""
        return {"truthMiB": self.peak_mib, "memoryMiB": memory_mib, "truthMs": self.wall_ms, "wallMs": wall_ms}


async def measure(notebook: Notebook, cell: Cell) -> Truth:
    """Runs it; its clock is a stopwatch in its own text."""
    code = f"_began = time.perf_counter()\n{cell.code}\n_took = time.perf_counter() - _began"
    start = processes.reset_peak(notebook.pid)
    run = await notebook.run(code)
    peak = (processes.peak(notebook.pid) - start) / MIB
    took = float((await notebook.run("print(_took)")).printed)
    return Truth(code, run, peak if cell.known is None else cell.known, took * 1000)


async def prepared(server: Server, folder: str, cell: Cell) -> Notebook:
    notebook = await Notebook.open(server, folder)
    await notebook.run(PREPARE)
    if cell.before:
        await notebook.run(cell.before)
    return notebook


async def once(server: Server, cell: Cell, name: str) -> dict[str, dict[str, float | None]]:
    """What each tool showed of one run."""
    watched, jumped = await asyncio.gather(
        prepared(server, f"{name}-watched", cell), prepared(server, f"{name}-jumper", cell)
    )
    await watched.run("%load_ext gorgon")
    records = pages.Records(watched)
    await jumped.run(jumper.LOAD)
    await jumped.run(jumper.START)
    await asyncio.sleep(SETTLE_S)
    # The pages are opened now.
    status_bar = pages.server_memory(server)
    panel = pages.kernel_memory(server, watched.kernel_id)
    chart = pages.machine_memory(server)
    looking = (status_bar, panel, chart)
    await asyncio.gather(*(page.shown.begun() for page in looking))
    wait = random.Random(name).uniform(0, pages.resource_usage_interval())
    await asyncio.gather(asyncio.sleep(wait), jumped.run(jumper.WARM_UP))

    truth = await measure(watched, cell)
    record = await records.of(truth.run)
    for page in looking:
        await page.close()
    seen = [page.shown.over_start(*pages.span(truth.run)) for page in looking]
    of_server, of_kernel, of_machine = (None if value is None else value / MIB for value in seen)
    measures = {key: record["measures"][key]["value"] for key in ("peakDeltaBytes", "wallMs")}

    jumper_truth = await measure(jumped, cell)
    await jumped.run(jumper.LAST_LOOK)
    await jumped.run(jumper.EXPORT)
    said = jumper.read((await jumped.run(jumper.PRINT)).printed, jumper_truth.code)
    await jumped.run(jumper.STOP)
    await asyncio.gather(watched.close(), jumped.close())
    return {
        "Gorgon": truth.beside(measures["peakDeltaBytes"] / MIB, measures["wallMs"]),
        "jupyter-resource-usage, status bar": truth.beside(of_server),
        "jupyter-resource-usage, kernel panel": truth.beside(of_kernel),
        "JUmPER": jumper_truth.beside(said.peak_mib, said.wall_ms),
        "jupyterlab-execute-time": truth.beside(None, pages.execute_time_ms(truth.run)),
        "jupyterlab-nvdashboard": truth.beside(of_machine),
    }


def tools() -> dict[str, dict[str, Any]]:
    """Versions, and seconds between two looks as the installed packages have them; null: once a cell."""
    from jumper_extension.core.state import Settings

    often = pages.resource_usage_interval()
    return {
        "Gorgon": {"version": None, "intervalS": None},
        "jupyter-resource-usage, status bar": {"version": version("jupyter-resource-usage"), "intervalS": often},
        "jupyter-resource-usage, kernel panel": {"version": version("jupyter-resource-usage"), "intervalS": often},
        "JUmPER": {"version": version("jumper-extension"), "intervalS": Settings().monitoring.default_interval},
        "jupyterlab-execute-time": {"version": version("jupyterlab-execute-time"), "intervalS": None},
        "jupyterlab-nvdashboard": {
            "version": version("jupyterlab-nvdashboard"),
            "intervalS": pages.nvdashboard_interval(),
        },
    }


async def main(package: str, rounds: str) -> None:
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        async with Server(folder, package, EXTENSIONS) as server:
            for turn in range(int(rounds)):
                for index, cell in enumerate(CELLS):
                    print(f"  round {turn + 1}: {cell.name}", file=sys.stderr, flush=True)
                    runs.append({"cell": cell.name, "shown": await once(server, cell, f"{turn}-{index}")})
    cells = [{"name": cell.name, "known": cell.known is not None} for cell in CELLS]
    print(json.dumps({"tools": tools(), "cells": cells, "runs": runs}))


asyncio.run(main(*sys.argv[1:]))
