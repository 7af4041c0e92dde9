"""JUmPER in a kernel: the cells that make it watch, and what it says of one."""

from __future__ import annotations

import json
from dataclasses import dataclass

LOAD = "%load_ext jumper_extension"
START = "%perfmonitor_start"
# Its interval is a second: so long it needs for what was there before, and for a last look.
WARM_UP = "import time; time.sleep(2.2)"
LAST_LOOK = "time.sleep(1.2)"
EXPORT = "%perfmonitor_export_perfdata --level process\n%perfmonitor_export_cell_history"
PRINT = (
    "print('[' + perfdata_df[['memory', 'cell_index']].to_json(orient='values') + ',' + "
    "cell_history_df[['cell_index', 'raw_cell', 'duration']].to_json(orient='values') + ']')"
)
# Its collector is a process of its own, which would outlive the kernel.
STOP = "%perfmonitor_stop"


@dataclass(frozen=True)
class Found:
    """Of one cell. peak_mib: over the last sample before it; None: it had none within the cell."""

    peak_mib: float | None
    wall_ms: float


def read(printed: str, code: str) -> Found:
    """What PRINT printed, for the cell of that text."""
    samples, cells = json.loads(printed)
    index, seconds = next((at, took) for at, text, took in cells if text == code)
    during = [gib for gib, at in samples if at == index]
    before = [gib for gib, at in samples if at is not None and at < index]
    return Found((max(during) - before[-1]) * 1024 if during and before else None, seconds * 1000)
