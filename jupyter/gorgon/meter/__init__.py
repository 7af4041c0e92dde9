"""Chooses the meter for the system that runs the kernel."""

from __future__ import annotations

import sys

from .snapshot import Meter


def choose(root: str = "/") -> Meter:
    """The meter of this system. root: where the system's files are (Linux)."""
    if sys.platform == "linux":
        from .linux import LinuxMeter

        return LinuxMeter(root)
    if sys.platform == "darwin":
        from .darwin import DarwinMeter

        return DarwinMeter()
    if sys.platform == "win32":
        from .windows import WindowsMeter

        return WindowsMeter()
    from .plain import PlainMeter

    return PlainMeter()
