"""Checks what comes from outside: from kernels and guards, from a worker, from pages. All of it is data of any size and form."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..record import LEVELS, OUTCOMES, TEXT_MAX, CellRecord

ROLES = ("kernel", "guard")
GUARD_PHASES = ("watching", "near", "interrupted", "frozen")
GUARD_ANSWERS = ("continue", "interrupt", "end")

MAX_TOKEN = 1000
MAX_PATH = 4096
MAX_ID = 200
MAX_GPUS = 32
MAX_NOTES = 64
MAX_PID = 2**32
#: The last moment that JavaScript's Date can be, milliseconds.
MAX_TIME = 8.64e15
#: Of a machine's view.
MAX_LEVELS = 64
MAX_ALERTS = 200
MAX_POINTS = 300

#: Two starts of one pid that are nearer than this, milliseconds, are one (protocol/kernel.ts).
START_TREMBLE_MS = 5000

_HASH = re.compile(r"(?:[0-9a-f]{40})?")
_UNPRINTABLE = frozenset(("Cc", "Cf", "Zl", "Zp", "Cs"))


class Refused(Exception):
    """Not what it should be, or not to be done. The message says why, for who sent it."""


@dataclass(frozen=True, slots=True)
class KernelName:
    """Which process; JSON form: KernelRef of protocol/cell.ts."""

    pid: int
    #: Milliseconds since the epoch; 0 where it is not known.
    started_at: float
    language: str
    host: str

    def to_dict(self) -> dict[str, Any]:
        return {"pid": self.pid, "startedAt": self.started_at, "language": self.language, "host": self.host}

    def same(self, pid: int, started_at: float) -> bool:
        return self.pid == pid and abs(self.started_at - started_at) <= START_TREMBLE_MS


@dataclass(frozen=True, slots=True)
class Greeting:
    """kernel/hello of protocol/messages/kernel.ts."""

    protocol: float
    token: str
    role: str
    kernel: KernelName
    version: str
    executable: str
    faults: str


def plain(text: str) -> str:
    """On one line, without controls and what reorders text, at most as long as a record may hold."""
    text = text[:TEXT_MAX]
    if text.isprintable():
        return text
    return "".join(one for one in text if unicodedata.category(one) not in _UNPRINTABLE)


def greeting(params: Any) -> Greeting:
    """Raises Refused."""
    data = _object(params, "the greeting")
    return Greeting(
        protocol=_number(data, "protocol"),
        token=_string(data, "token", MAX_TOKEN),
        role=_one_of(data, "role", ROLES),
        kernel=kernel_name(data.get("kernel")),
        version=plain(_string(data, "version")),
        executable=_path(data, "executable"),
        faults=_path(data, "faults"),
    )


def kernel_name(raw: Any) -> KernelName:
    """Raises Refused."""
    data = _object(raw, "kernel")
    pid = data.get("pid")
    if type(pid) is not int or not 1 <= pid <= MAX_PID:
        raise Refused("kernel.pid: a positive number expected")
    return KernelName(pid, _moment(data, "startedAt"), plain(_string(data, "language")), plain(_string(data, "host")))


def cell_started(params: Any) -> dict[str, Any]:
    """`{"cell", "startedAt"}`. Raises Refused."""
    data = _object(params, "the begin of a cell")
    return {"cell": cell(data.get("cell")), "startedAt": _moment(data, "startedAt")}


def cell(raw: Any) -> dict[str, Any]:
    """CellRef. Raises Refused."""
    data = _object(raw, "cell")
    name, count = data.get("id"), data.get("executionCount")
    if name is not None and not isinstance(name, str):
        raise Refused("cell.id: text or null expected")
    if count is not None and type(count) is not int:
        raise Refused("cell.executionCount: a whole number or null expected")
    digest = _string(data, "hash")
    if _HASH.fullmatch(digest) is None:
        raise Refused("cell.hash: SHA-1 in hexadecimal expected")
    return {
        "id": None if name is None else plain(name),
        "executionCount": count,
        "hash": digest,
        "label": plain(_string(data, "label")),
    }


def record(params: Any, kernel: KernelName, now_ms: float) -> dict[str, Any]:
    """The record of a cell of that kernel, made safe. Raises Refused."""
    data = _object(_object(params, "the end of a cell").get("record"), "record")
    name = _string(data, "id", MAX_ID)
    if name == "" or plain(name) != name:
        raise Refused("record.id: text without control characters expected")
    of = kernel_name(data.get("kernel"))
    if not of.same(kernel.pid, kernel.started_at):
        raise Refused("the record is of another kernel")
    cell(data.get("cell"))
    _moment(data, "startedAt")
    if _moment(data, "endedAt") > now_ms + 86_400_000:
        raise Refused("the record ends after tomorrow")
    _one_of(data, "outcome", OUTCOMES)
    _one_of(data, "level", LEVELS)
    try:
        known = CellRecord.from_dict(data).to_dict()
    except (ValueError, TypeError, OverflowError) as error:
        raise Refused(f"the record cannot be read: {error}") from error
    known["gpus"] = known["gpus"][:MAX_GPUS]
    known["notes"] = known["notes"][:MAX_NOTES]
    safe: dict[str, Any] = _plain_all(known)
    return safe


def guard_state(params: Any) -> dict[str, Any] | None:
    """GuardState, or None: it stops. Raises Refused."""
    raw = _object(params, "the guard's state").get("state")
    if raw is None:
        return None
    data = _object(raw, "state")
    return {
        "phase": _one_of(data, "phase", GUARD_PHASES),
        "limitBytes": _least(data, "limitBytes"),
        "treeBytes": _least(data, "treeBytes"),
        "since": _moment(data, "since"),
        "reason": plain(_string(data, "reason")),
    }


def host_view(raw: Any) -> dict[str, Any] | None:
    """HostView of protocol/messages/jupyter.ts as a worker gives it; None before its first poll. Raises Refused."""
    if raw is None:
        return None
    data = _object(raw, "the machine's view")
    return {
        "time": _moment(data, "time"),
        "node": plain(_string(data, "node")),
        "by": "worker",
        "level": _one_of(data, "level", LEVELS),
        "headline": plain(_string(data, "headline")),
        "levels": [_host_level(one) for one in _list(data, "levels")[:MAX_LEVELS]],
        "alerts": [_host_alert(one) for one in _list(data, "alerts")[:MAX_ALERTS]],
    }


def _host_level(raw: Any) -> dict[str, Any]:
    data = _object(raw, "a level")
    value = data.get("value")
    unit = _string(data, "unit", 40)
    points = []
    for point in _list(data, "points")[-MAX_POINTS:]:
        if isinstance(point, list) and len(point) == 2 and _finite(point[0]) and _finite(point[1]):
            points.append([point[0], point[1]])
    return {
        "id": plain(_string(data, "id")),
        "title": plain(_string(data, "title")),
        "level": _one_of(data, "level", LEVELS),
        "value": value if _finite(value) else None,
        "unit": plain(unit),
        "detail": plain(_string(data, "detail")),
        "points": points,
    }


def _host_alert(raw: Any) -> dict[str, Any]:
    data = _object(raw, "an alert")
    return {
        "id": plain(_string(data, "id")),
        "title": plain(_string(data, "title")),
        "level": _one_of(data, "level", LEVELS),
        "since": _moment(data, "since"),
        "endedAt": None if data.get("endedAt") is None else _moment(data, "endedAt"),
        "message": plain(_string(data, "message")),
    }


def _object(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Refused(f"{what}: an object expected")
    return value


def _list(data: Mapping[str, Any], name: str) -> list[Any]:
    value = data.get(name)
    if not isinstance(value, list):
        raise Refused(f"{name}: a list expected")
    return value


def _string(data: Mapping[str, Any], name: str, most: int = 0) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise Refused(f"{name}: text expected")
    if most and len(value) > most:
        raise Refused(f"{name}: at most {most} characters expected")
    return value


def _path(data: Mapping[str, Any], name: str) -> str:
    """One that had to be mended would be another's."""
    value = _string(data, name, MAX_PATH)
    if any(ord(one) < 32 or ord(one) == 127 for one in value):
        raise Refused(f"{name}: no control characters allowed")
    return value


def _one_of(data: Mapping[str, Any], name: str, known: Sequence[str]) -> str:
    value = data.get(name)
    if not isinstance(value, str) or value not in known:
        raise Refused(f"{name}: one of {', '.join(known)} expected")
    return value


def _finite(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _number(data: Mapping[str, Any], name: str) -> float:
    value: Any = data.get(name)
    if not _finite(value):
        raise Refused(f"{name}: a number expected")
    number: float = value
    return number


def _least(data: Mapping[str, Any], name: str) -> float:
    value = _number(data, name)
    if value < 0:
        raise Refused(f"{name}: 0 or more expected")
    return value


def _moment(data: Mapping[str, Any], name: str) -> float:
    value = _least(data, name)
    if value > MAX_TIME:
        raise Refused(f"{name}: milliseconds since the epoch expected")
    return value


def _plain_all(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {key: _plain_all(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain_all(one) for one in value]
    return value
