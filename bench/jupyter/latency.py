"""What the package adds to a cell: `latency.py PACKAGE CELLS ANNOUNCEMENT`. Prints one JSON object.

One kernel runs empty cells of which the package sees some and not others, by turns: IPython's two events reach it or do not.
Ten in a row are of one kind, because what a cell leaves behind, in caches and to be done, is met by the next; the first two of
them are not counted. Neighbours are compared, so that a machine whose speed changes favours nobody. Cells are run one by one,
as somebody does who looks at each, or each is asked for as soon as the one before is done. ANNOUNCEMENT is a running worker's,
which listens in one of the scenes; in the others nobody does. The hooks' own time is taken within the kernel, around the two
events; what a user waits for is taken outside, from the request to idle.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import tempfile
import time

from kernel import Kernel

ORDINARY = "import numpy as np, pandas as pd"
#: By name: what runs in the kernel before.
SCENES = {
    "an ordinary kernel": ORDINARY,
    "a worker listens": ORDINARY,
    "1 GiB in use": "import numpy as np; big = np.ones(2**27)",
    "four children": "import subprocess, sys; jobs = [subprocess.Popen(['sleep', '600']) for _ in range(4)]",
}
LISTENED_TO = "a worker listens"
LINKED = """
import time, gorgon
_until = time.monotonic() + 60
while not gorgon.session().link.connected:
    assert time.monotonic() < _until, gorgon.session().link.why
    time.sleep(0.05)
"""
CLEAN_UP = "for job in globals().get('jobs', []): job.kill(); job.wait()"

#: Times that chance draws from what was measured.
DRAWS = 500

# Around all that is registered for the two events, whoever did it.
WATCH = """
def _watch():
    import time
    events = get_ipython().events
    trigger, taken, turns = events.trigger, [], [0, 0]
    def timed(event, *args, **kwargs):
        if event not in ("pre_run_cell", "post_run_cell"):
            return trigger(event, *args, **kwargs)
        if event == "pre_run_cell":
            turns[1] += 1
        # The first is the end of the cell that began to count: it was not seen to begin.
        seen = turns[0] == 0 or turns[1] == 0 or (turns[1] - 1) // turns[0] % 2 == 0
        worked = time.thread_time_ns()  # A system call: outside of what the other clock sees.
        began = time.perf_counter_ns()
        try:
            return trigger(event, *args, **kwargs) if seen else None
        finally:
            took = time.perf_counter_ns() - began
            taken.append((event, took / 1e6, (time.thread_time_ns() - worked) / 1e6))
    events.trigger = timed
    return taken, turns
_taken, _turns = _watch()
"""
# What a person leaves between two cells at least, seconds: by then all is told that is told of the one before.
PAUSE_S = 0.06
# Cells of one kind that follow each other, and how many of them are not counted.
TURN, FIRST = 10, 2


def turns(kernel: Kernel, cells: int, pause_s: float) -> list[dict[str, float]]:
    """Of each turn that the package saw, how much more it took than the next, which it did not see.

    Medians of the turn's cells, milliseconds: `trip`, `hook` and, of that, `cpu`; `without` is the other's trip itself.
    cells: of each kind.
    """
    kernel.run(f"_turns[:] = {TURN}, 0; _taken.clear()")
    trips = []
    for _ in range(cells // TURN * TURN * 2):
        time.sleep(pause_s)
        trips.append(kernel.round_trip_ms("pass"))
    taken = json.loads(kernel.run("_turns[:] = 0, 0; import json; print(json.dumps(_taken))"))
    # The last begin is that of the cell that printed it.
    begins = [one for one in taken if one[0] == "pre_run_cell"][:-1]
    ends = [one for one in taken if one[0] == "post_run_cell"][1:]
    assert len(begins) == len(ends) == len(trips), (len(begins), len(ends), len(trips))
    medians = []
    for at in range(0, len(trips), TURN):
        counted = range(at + FIRST, at + TURN)
        medians.append(
            {
                "trip": statistics.median(trips[one] for one in counted),
                "hook": statistics.median(begins[one][1] + ends[one][1] for one in counted),
                "cpu": statistics.median(begins[one][2] + ends[one][2] for one in counted),
            }
        )
    return [
        {**{name: seen[name] - unseen[name] for name in seen}, "without": unseen["trip"]}
        for seen, unseen in zip(medians[::2], medians[1::2], strict=True)
    ]


def median_ms(pairs: list[dict[str, float]], name: str = "trip") -> float:
    return statistics.median(pair[name] for pair in pairs)


def doubt_ms(pairs: list[dict[str, float]]) -> float:
    """Half of what 95 of 100 such medians lie in, by drawing again and again from the pairs (bootstrap)."""
    chance = random.Random(1)
    drawn = sorted(median_ms(chance.choices(pairs, k=len(pairs))) for _ in range(DRAWS))
    return (drawn[int(DRAWS * 0.975)] - drawn[int(DRAWS * 0.025)]) / 2


def scene(package: str, name: str, cells: int, announcement: str) -> dict[str, float]:
    os.environ["GORGON_ENDPOINT"] = announcement if name == LISTENED_TO else os.devnull + "/nobody"
    with tempfile.TemporaryDirectory() as folder, Kernel(folder, package) as kernel:
        kernel.run(SCENES[name])
        kernel.run("%load_ext gorgon")
        if name == LISTENED_TO:
            kernel.run(LINKED)
        kernel.run(WATCH)
        single = turns(kernel, cells, PAUSE_S)
        in_row = turns(kernel, cells, 0.0)
        kernel.run(CLEAN_UP)
    return {
        "addedMs": median_ms(single),
        "doubtMs": doubt_ms(single),
        "inRowMs": median_ms(in_row),
        "inRowDoubtMs": doubt_ms(in_row),
        "hookMs": median_ms(single, "hook"),
        "hookCpuMs": median_ms(single, "cpu"),
        "inRowHookMs": median_ms(in_row, "hook"),
        "roundTripMs": median_ms(single, "without"),
    }


def main(package: str, cells: str, announcement: str) -> None:
    result = {}
    for name in SCENES:
        print(f"  {name}", file=sys.stderr, flush=True)
        result[name] = scene(package, name, int(cells), announcement)
    print(json.dumps(result))


main(*sys.argv[1:])
