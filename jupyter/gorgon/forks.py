"""Counts how often this process has forked without taking another program, as far as Python sees it."""

from __future__ import annotations

import os

_count = 0
_registered = False


def watch() -> None:
    """Begins to count. The hook cannot be taken back; it adds one to a number."""
    global _registered
    if not _registered and hasattr(os, "register_at_fork"):
        _registered = True
        os.register_at_fork(after_in_parent=_forked)


def count() -> int:
    return _count


def _forked() -> None:
    global _count
    _count += 1
