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
from dataclasses import dataclass
from pathlib import Path

from kernel import CellFailed, Kernel

MIB = 2**20
PREPARE = (
    "import mmap, time\nimport numpy as np\nimport pandas as pd\npd.DataFrame({'a': np.arange(10)}).sort_values('a')"
)


@dataclass(frozen=True)
class Cell:
    """A cell, and the bytes that it touches at once where its text says so, MiB."""

    name: str
    code: str
    known: float | None = None
    before: str = ""


CELLS = (
    Cell("64 MiB, one byte a page", "x = np.empty(64 << 20, 'u1')\nx[::4096] = 1\ndel x", 64),
    Cell("512 MiB in one C call", "text = b'x' * (512 << 20)\ndel text", 512),
    Cell("400 MiB freed at once, then idle", "x = np.ones(50 << 20)\ndel x\ntime.sleep(0.3)", 400),
    # numpy puts the sum into the first product: two arrays at once, not three.
    Cell("temporaries of 64 MiB", "c = a * 2 + b * 3\ndel c", 128, "a = np.ones(8 << 20)\nb = np.ones(8 << 20)"),
    Cell("1 GiB reserved, not touched", "x = np.empty(1 << 30, 'u1')\ntime.sleep(0.2)\ndel x", 0),
    Cell("16 MiB for a moment, then idle", "x = b'x' * (16 << 20)\ndel x\ntime.sleep(0.5)", 16),
    Cell("128 MiB four times over", "for _ in range(4):\n    x = b'x' * (128 << 20)\n    del x", 128),
    Cell("a table, sorted", "d = pd.DataFrame({'k': np.arange(4_000_000)[::-1]})\ns = d.sort_values('k')\ndel d, s"),
    Cell("a list of five million numbers", "x = list(range(5_000_000))\ndel x"),
    Cell(
        "a file of 200 MiB, mapped and read",
        "m = np.memmap('scan.bin', 'u1', 'r')\nint(m[::4096].sum())\ndel m",
        200,
        "with open('scan.bin', 'wb') as file:\n    for _ in range(200): file.write(b'x' * (1 << 20))",
    ),
)


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


def jumper(kernel: Kernel, cell: Cell, folder: Path) -> float | None:
    kernel.run("%load_ext jumper_extension")
    kernel.run("%perfmonitor_start")
    # Its interval is a second: so long it needs for what was there before, and for a last look.
    kernel.run("time.sleep(2.2)")
    kernel.run(cell.code)
    kernel.run("time.sleep(1.2)")
    kernel.run("%perfmonitor_export_perfdata --level process\n%perfmonitor_export_cell_history")
    samples = json.loads(kernel.run("print(perfdata_df[['memory', 'cell_index']].to_json(orient='values'))"))
    cells = json.loads(kernel.run("print(cell_history_df[['cell_index', 'raw_cell']].to_json(orient='values'))"))
    # Its collector is a process of its own, which would outlive the kernel.
    kernel.run("%perfmonitor_stop")
    index = next(at for at, code in cells if code == cell.code)
    during = [gib for gib, at in samples if at == index]
    before = [gib for gib, at in samples if at is not None and at < index]
    return (max(during) - before[-1]) * 1024 if during and before else None


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
    "JUmPER": jumper,
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
