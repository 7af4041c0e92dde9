"""What the package adds to a cell: `latency.py PACKAGE BLOCKS CELLS`. Prints one JSON object.

One kernel runs blocks of empty cells with the extension and without it by turns: of cells that somebody runs one by one, and
of cells of which each is asked for as soon as the one before is done. The hooks' own time is taken within the kernel, around
IPython's events; what a user waits for is taken outside, from the request to idle.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time

from kernel import Kernel

SCENES = {
    "an ordinary kernel": "import numpy as np, pandas as pd",
    "1 GiB in use": "import numpy as np; big = np.ones(2**27)",
    "four children": "import subprocess, sys; jobs = [subprocess.Popen(['sleep', '600']) for _ in range(4)]",
}
CLEAN_UP = "for job in globals().get('jobs', []): job.kill(); job.wait()"

# Around all that is registered for the two events, whoever did it.
WATCH = """
def _watch():
    import time
    events = get_ipython().events
    trigger, taken = events.trigger, []
    def timed(event, *args, **kwargs):
        if event not in ("pre_run_cell", "post_run_cell"):
            return trigger(event, *args, **kwargs)
        worked = time.thread_time_ns()  # A system call: outside of what the other clock sees.
        began = time.perf_counter_ns()
        try:
            return trigger(event, *args, **kwargs)
        finally:
            took = time.perf_counter_ns() - began
            taken.append((took / 1e6, (time.thread_time_ns() - worked) / 1e6))
    events.trigger = timed
    return taken
_taken = _watch()
"""
# A cell after a change of the hooks, and one that fills caches, are not counted.
SETTLE = 3
# What a person leaves between two cells at least, seconds.
PAUSE_S = 0.02


def block(kernel: Kernel, loaded: bool, cells: int, pause_s: float) -> tuple[float, float, float]:
    """Medians of a cell, milliseconds: its round trip, the hooks' time, and what of that they had the CPU."""
    kernel.run("%load_ext gorgon" if loaded else "%unload_ext gorgon")
    for _ in range(SETTLE):
        kernel.round_trip_ms("pass")
    kernel.run("_taken.clear()")
    trips = []
    for _ in range(cells):
        time.sleep(pause_s)
        trips.append(kernel.round_trip_ms("pass"))
    taken = json.loads(kernel.run("import json; print(json.dumps(_taken))"))
    # The first is the end of the cell that cleared the list, the last the begin of the one that printed it.
    taken = taken[1:-1]
    pairs = [(taken[at][0] + taken[at + 1][0], taken[at][1] + taken[at + 1][1]) for at in range(0, len(taken) - 1, 2)]
    return (
        statistics.median(trips),
        statistics.median(wall for wall, _ in pairs),
        statistics.median(cpu for _, cpu in pairs),
    )


def scene(package: str, prepare: str, blocks: int, cells: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder, Kernel(folder, package) as kernel:
        kernel.run(prepare)
        kernel.run(WATCH)
        kernel.run("%load_ext gorgon")
        with_it, without = turns(kernel, blocks, cells, PAUSE_S)
        row_with, row_without = turns(kernel, blocks, cells, 0.0)
        kernel.run(CLEAN_UP)
    return {
        "addedMs": added_ms(with_it, without),
        "inRowMs": added_ms(row_with, row_without),
        "hookMs": statistics.median(one[1] for one in with_it) - statistics.median(one[1] for one in without),
        "hookCpuMs": statistics.median(one[2] for one in with_it) - statistics.median(one[2] for one in without),
        "roundTripMs": statistics.median(one[0] for one in without),
    }


def turns(kernel: Kernel, blocks: int, cells: int, pause_s: float) -> tuple[list[tuple[float, float, float]], ...]:
    """Blocks with the extension, and as many without it."""
    with_it: list[tuple[float, float, float]] = []
    without: list[tuple[float, float, float]] = []
    for turn in range(blocks):
        # Who goes first changes, so that a machine that slows down favours nobody.
        for loaded in (True, False) if turn % 2 == 0 else (False, True):
            (with_it if loaded else without).append(block(kernel, loaded, cells, pause_s))
    return with_it, without


def added_ms(with_it: list[tuple[float, float, float]], without: list[tuple[float, float, float]]) -> float:
    return statistics.median(one[0] - other[0] for one, other in zip(with_it, without, strict=True))


def main(package: str, blocks: str, cells: str) -> None:
    result = {}
    for name, prepare in SCENES.items():
        print(f"  {name}", file=sys.stderr, flush=True)
        result[name] = scene(package, prepare, int(blocks), int(cells))
    print(json.dumps(result))


main(*sys.argv[1:])
