"""Tells front ends of cells over comms that they open: target `gorgon.v1`.

A front end opens with `{"since": record id | null}` and gets `{"hello": ...}`, `{"records": [...]}` with those since the id, and
from then on `{"started": {"cell", "startedAt"}}` and `{"record": ...}`. `{"since": ...}` as a later message asks once more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .record import CellRecord, CellRef
    from .session import Session

TARGET = "gorgon.v1"

#: Raised when one of the messages changes its meaning.
COMM_VERSION = 1

#: Front ends that may listen at one time: beyond it the one that has listened longest is told no more.
MOST_LISTENERS = 32
#: Records in one message.
_BATCH = 50


def register(session: Session) -> Callable[[], None] | None:
    """Lets front ends open comms from now on; gives back what ends it, None where there are no comms."""
    manager = _manager(session.shell)
    if manager is None:
        return None
    comms = Comms(session)
    manager.register_target(TARGET, comms.opened)
    unsubscribe = [session.on_started(comms.started, comms.listened_to), session.on_record(comms.recorded)]

    def end() -> None:
        for one in unsubscribe:
            one()
        manager.unregister_target(TARGET, comms.opened)
        comms.close()

    return end


def _manager(shell: Any) -> Any:
    """The kernel's manager of comms; None outside a kernel: nobody could open one there."""
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return None
    of_kernel = getattr(kernel, "comm_manager", None)
    if of_kernel is not None:
        return of_kernel
    try:
        from comm import get_comm_manager
    except ImportError:
        return None
    return get_comm_manager()


class Comms:
    """The open comms."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._open: dict[str, Any] = {}

    def opened(self, comm: Any, message: Any) -> None:
        """A front end opened one."""
        for old in list(self._open)[: max(0, len(self._open) - MOST_LISTENERS + 1)]:
            self._close(old)
        comm.on_msg(lambda later: self._asked(comm, later))
        comm.on_close(lambda _: self._open.pop(comm.comm_id, None))
        self._open[comm.comm_id] = comm
        self._send(comm, {"hello": self._hello()})
        self._send_since(comm, _data(message).get("since"))

    def listened_to(self) -> bool:
        """Whether any front end listens."""
        return bool(self._open)

    def started(self, cell: CellRef, started_at: int) -> None:
        if self._open:
            self._tell({"started": {"cell": cell.to_dict(), "startedAt": started_at}})

    def recorded(self, record: CellRecord) -> None:
        if self._open:
            self._tell({"record": record.to_dict()})

    def close(self) -> None:
        """The extension is unloaded: front ends are told."""
        for name in list(self._open):
            self._close(name)

    def _asked(self, comm: Any, message: Any) -> None:
        data = _data(message)
        if "since" in data:
            self._send_since(comm, data["since"])

    def _hello(self) -> dict[str, Any]:
        from . import __version__

        session = self._session
        running, config = session.running, session.config
        magics = getattr(session, "magics", None)
        return {
            "v": COMM_VERSION,
            "version": __version__,
            "kernel": session.kernel.to_dict(),
            "running": None if running is None else {"cell": running[0].to_dict(), "startedAt": running[1]},
            "auto": config.auto,
            "warn": config.warn,
            "crit": config.crit,
            "annotate": config.annotate,
            "storeMetadata": bool(getattr(magics, "store_metadata", False)),
        }

    def _send_since(self, comm: Any, since: object) -> None:
        records = self._session.records.since(since if isinstance(since, str) else None)
        for at in range(0, max(1, len(records)), _BATCH):
            part = [record.to_dict() for record in records[at : at + _BATCH]]
            self._send(comm, {"records": part, "last": at + _BATCH >= len(records)})

    def _tell(self, data: dict[str, Any]) -> None:
        for comm in list(self._open.values()):
            self._send(comm, data)

    def _send(self, comm: Any, data: dict[str, Any]) -> None:
        try:
            comm.send(data)
        except Exception as error:  # noqa: BLE001 - a front end that is gone disturbs neither the cell nor the others
            self._open.pop(comm.comm_id, None)
            self._session.failed("comm", error)

    def _close(self, name: str) -> None:
        comm = self._open.pop(name, None)
        try:
            if comm is not None:
                comm.close()
        except Exception as error:  # noqa: BLE001 - it is gone either way
            self._session.failed("comm", error)


def _data(message: Any) -> dict[str, Any]:
    """What a front end sent; whatever it is."""
    content = message.get("content") if isinstance(message, dict) else None
    data = content.get("data") if isinstance(content, dict) else None
    return data if isinstance(data, dict) else {}
