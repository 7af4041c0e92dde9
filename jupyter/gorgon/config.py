"""What the user can choose about the measuring of cells."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Config:
    """One for each kernel; read anew at every cell, so a change counts from the next one on."""

    #: Measure every cell. Off: only those that ask for it (`%%gorgon`).
    auto: bool = True
    #: Seconds. A cell that was faster leaves no record, unless it failed or has a label.
    min_wall: float = 0.0
    #: Share of the tightest memory limit from which on a cell is WARN.
    warn: float = 0.8
    #: The same for CRIT.
    crit: float = 0.95
    #: Where the cost is shown: by the front end (`ui`), as an output of the cell (`output`), not at all (`off`).
    annotate: str = "ui"
    #: Reset the process's memory high-water mark before each cell (Linux). That resets `ru_maxrss` of the kernel, too.
    reset_peak: bool = True
    #: A memory limit that the user set (`%gorgon limit`), bytes.
    limit_bytes: int | None = None
