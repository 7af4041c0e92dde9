"""Measures what measuring costs: the time that the package adds to a cell, in a real kernel.

    python bench/hook.py [--cells 400] [--json FILE]

Each case is a fresh ipykernel that runs many trivial cells; the two hooks are timed where IPython calls them. What is done
once the kernel has answered, where nobody waits for it, is timed by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

FOLDER = Path(__file__).resolve().parent.parent

TIMED = """
import time as _time
def _time_hooks():
    import gorgon
    session = gorgon.session()
    spent = []
    events = get_ipython().events
    def timed(name, inner):
        def hook(argument):
            busy = _time.thread_time_ns()  # A system call: outside of what the other clock sees.
            begun = _time.perf_counter_ns()
            inner(argument)
            took = _time.perf_counter_ns() - begun
            busy = _time.thread_time_ns() - busy
            if name == 'pre_run_cell':
                spent.append([took, busy, 0])
            elif spent:
                spent[-1][0] += took
                spent[-1][1] += busy
        return hook
    for name in ('pre_run_cell', 'post_run_cell'):
        inner = getattr(session, '_' + name)
        events.unregister(name, inner)
        events.register(name, timed(name, inner))
    after = session._settle
    def settle():
        begun, waiting = _time.perf_counter_ns(), any(session._waiting.values())
        after()
        if waiting and spent:
            spent[-1][2] += _time.perf_counter_ns() - begun
    session._settle = settle
    return spent
_spent = _time_hooks()
"""

#: By name: code that brings the kernel into its state, before the cells.
CASES = {
    "a fresh kernel": "",
    "4 GiB in use": "_held = bytearray(4 << 30); _held[::4096] = b'x' * ((4 << 30) // 4096)",
    "12 threads of its own": (
        "import threading as _t; _stop = _t.Event(); [_t.Thread(target=_stop.wait, daemon=True).start() for _ in range(12)]"
    ),
    "3 living children": "import subprocess as _s; _c = [_s.Popen(['sleep', '600']) for _ in range(3)]",
}


def run_case(setup: str, cells: int) -> list[tuple[float, float, float]]:
    """Microseconds for each cell: of both hooks together by the clock, and of CPU in the cell's own thread; afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        manager = KernelManager(connection_file=f"{folder}/kernel.json", transport="ipc", ip=f"{folder}/socket")
        manager.kernel_spec.argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        around = {**os.environ, "PYTHONPATH": str(FOLDER), "IPYTHONDIR": folder, "XDG_RUNTIME_DIR": folder}
        manager.start_kernel(env=around, stderr=-3)
        client = manager.client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=60)
            for code in ("%load_ext gorgon", setup, TIMED):
                _run(client, code)
            for _ in range(cells):
                _run(client, "1;")
            text = _run(client, "import json; print(json.dumps(_spent))")
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    return [(took / 1000, busy / 1000, after / 1000) for took, busy, after in json.loads(text)[10:-1]]


def _run(client: Any, code: str) -> str:
    printed: list[str] = []

    def hear(message: Any) -> None:
        if message["header"]["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    reply = client.execute_interactive(code, output_hook=hear, timeout=120)
    if reply["content"]["status"] != "ok":
        raise RuntimeError(f"{code!r} failed: {reply['content']}")
    return "".join(printed)


def main() -> None:
    parser = argparse.ArgumentParser(description="What measuring adds to a cell.")
    parser.add_argument("--cells", type=int, default=400)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    found = []
    print(f"{'microseconds added to a cell':30} {'median':>8} {'p95':>8} {'p99':>8} {'CPU':>8} {'after':>8}")
    for name, setup in CASES.items():
        spent = run_case(setup, asked.cells)
        parts = statistics.quantiles([took for took, _, _ in spent], n=100, method="inclusive")
        # On a busy machine the clock also counts the others; CPU does not.
        busy = statistics.median(busy for _, busy, _ in spent)
        after = statistics.median(after for _, _, after in spent)
        row = {
            "case": name,
            "medianUs": parts[49],
            "p95Us": parts[94],
            "p99Us": parts[98],
            "cpuMedianUs": busy,
            "afterMedianUs": after,
        }
        found.append(row)
        print(f"{name:30} {parts[49]:8.0f} {parts[94]:8.0f} {parts[98]:8.0f} {busy:8.0f} {after:8.0f}", flush=True)
    if asked.json is not None:
        machine = {
            "load": os.getloadavg()[0],
            "python": platform.python_version(),
            "system": platform.release(),
            "cpus": os.cpu_count(),
        }
        asked.json.write_text(json.dumps({"machine": machine, "cells": asked.cells, "cases": found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
