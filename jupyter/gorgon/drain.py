"""Hands records to a front end that asks by code, because nothing else reaches it: `gorgon.drain()` in a remote kernel."""

from __future__ import annotations

from typing import Any

#: The MIME type of what a drain displays.
RECORDS_MIME = "application/vnd.gorgon.records.v1+json"

#: The form of it; raised when a field changes its meaning.
RECORDS_VERSION = 1


def drain(since_id: str | None = None) -> None:
    """Displays the records after the one with that id; all that are kept, where it is None or not known any more.

    `{"v": 1, "kernel": KernelRef, "running": {"cell", "startedAt"} | null, "records": [...]}`. Without a session: no records,
    and kernel is null.
    """
    import IPython.display

    from . import extension

    session = extension.session()
    wanted = since_id if isinstance(since_id, str) else None
    records = [] if session is None else [record.to_dict() for record in session.records.since(wanted)]
    running = None if session is None else session.running
    told = {
        "v": RECORDS_VERSION,
        "kernel": None if session is None else session.kernel.to_dict(),
        "running": None if running is None else {"cell": running[0].to_dict(), "startedAt": running[1]},
        "records": records,
    }
    show: Any = IPython.display.display
    show({RECORDS_MIME: told, "text/plain": f"Gorgon: {len(records)} records"}, raw=True)
