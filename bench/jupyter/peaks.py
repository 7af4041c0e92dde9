"""The peak that each tool reports for the same ten cells: `peaks.py PACKAGE ROUNDS`. Prints one JSON object.

Each cell runs in a fresh kernel a tool and round. The truth is the number of bytes that a cell is known to touch, and for
the others the high-water mark that this process, outside of the kernel, reads in a run without any tool.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import jumper
from kernel import CellFailed, Kernel
from truth import CELLS, MIB, PREPARE, Cell


def indented(code: str) -> str:
    return "\n".join(f"    {line}" for line in code.splitlines())


def plain(kernel: Kernel, cell: Cell, folder: Path) -> float:
    start = kernel.reset_peak()
    kernel.run(cell.code)
    return (kernel.peak() - start) / MIB


def gorgon(kernel: Kernel, cell: Cell, folder: Path) -> float:
    kernel.run("%load_ext gorgon")
    kernel.run(cell.code)
    record = json.loads((folder / "cells.jsonl").read_text().splitlines()[-1])
    measure = record["measures"]["peakDeltaBytes"]
    if measure["value"] is None:
        raise CellFailed(f"no peak: {' '.join(record['notes'])}")
    return measure["value"] / MIB


def memory_profiler(kernel: Kernel, cell: Cell, folder: Path) -> float:
    kernel.run("%load_ext memory_profiler")
    return number(r"increment: (-?[\d.]+) MiB", kernel.run(f"%%memit\n{cell.code}"))


def ipython_memory_usage(kernel: Kernel, cell: Cell, folder: Path) -> float:
    kernel.run("%load_ext ipython_memory_usage")
    kernel.run("%imu_start")
    said = kernel.run(cell.code)
    return number(r"used (-?[\d.]+) MiB", said) + number(r"peaked (-?[\d.]+) MiB above", said)


def jumper_extension(kernel: Kernel, cell: Cell, folder: Path) -> float | None:
    kernel.run(jumper.LOAD)
    kernel.run(jumper.START)
    kernel.run(jumper.WARM_UP)
    kernel.run(cell.code)
    kernel.run(jumper.LAST_LOOK)
    kernel.run(jumper.EXPORT)
    found = jumper.read(kernel.run(jumper.PRINT), cell.code)
    kernel.run(jumper.STOP)
    return found.peak_mib


def memray(kernel: Kernel, cell: Cell, folder: Path) -> float:
    kernel.run("import memray")
    kernel.run(f"with memray.Tracker('run.bin'):\n{indented(cell.code)}")
    return int(kernel.run("print(memray.FileReader('run.bin').metadata.peak_memory)")) / MIB


def number(pattern: str, said: str) -> float:
    found = re.search(pattern, said)
    if found is None:
        raise CellFailed(f"it said: {said.strip()[:200]}")
    return float(found.group(1))


TOOLS: dict[str, Callable[[Kernel, Cell, Path], float | None]] = {
    "plain": plain,
    "Gorgon": gorgon,
    "memory_profiler": memory_profiler,
    "ipython_memory_usage": ipython_memory_usage,
    "JUmPER": jumper_extension,
    "memray": memray,
}


def once(package: str, tool: str, cell: Cell) -> float | None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = str(folder / "cells.jsonl") if tool == "Gorgon" else ""
        with Kernel(name, package, log) as kernel:
            kernel.run(PREPARE)
            if cell.before:
                kernel.run(cell.before)
            # What the kernel does after its start must not fall into the cell.
            time.sleep(0.2)
            return TOOLS[tool](kernel, cell, folder)


def main(package: str, rounds: str) -> None:
    found: dict[str, dict[str, list[float | None]]] = {tool: {cell.name: [] for cell in CELLS} for tool in TOOLS}
    reasons: dict[str, str] = {}
    for turn in range(int(rounds)):
        for cell in CELLS:
            print(f"  round {turn + 1}: {cell.name}", file=sys.stderr, flush=True)
            for tool in TOOLS:
                if tool in reasons:
                    continue
                try:
                    found[tool][cell.name].append(once(package, tool, cell))
                except CellFailed as error:
                    # Gorgon's own failure is none of another tool's: it fails the bench.
                    if tool in ("plain", "Gorgon"):
                        raise
                    reasons[tool] = str(error)
    plain_runs = {
        name: statistics.median(value for value in values if value is not None)
        for name, values in found.pop("plain").items()
    }
    cells = [
        {
            "name": cell.name,
            "truthMiB": plain_runs[cell.name] if cell.known is None else cell.known,
            "known": cell.known is not None,
            "outsideMiB": plain_runs[cell.name],
        }
        for cell in CELLS
    ]
    print(json.dumps({"cells": cells, "tools": found, "reasons": reasons}))


main(*sys.argv[1:])
