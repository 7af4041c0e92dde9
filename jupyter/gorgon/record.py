"""What one run of a notebook cell cost: the Python form of protocol/cell.ts, and its JSON form."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

#: The MIME type of a record in a cell's outputs.
CELL_MIME = "application/vnd.gorgon.cell.v1+json"

#: The form of the record; raised when a field changes its meaning.
CELL_VERSION = 1

#: Counted by the system for this very run.
EXACT = "exact"
#: Exact, because the process's peak of all time rose in this run.
EXACT_LIFETIME = "exact-lifetime"
#: At least this: there may have been more between two looks.
SAMPLED = "sampled"
#: Not to be had here; the value is None.
NONE = "none"

QUALITIES = (EXACT, EXACT_LIFETIME, SAMPLED, NONE)

#: What is measured, by name, in the order in which people read it. Bytes are bytes, times milliseconds.
CELL_MEASURES = (
    "wallMs",
    "cpuMs",
    "cpuChildrenMs",
    "cores",
    "throttledMs",
    "peakBytes",
    "peakDeltaBytes",
    "startBytes",
    "endBytes",
    "fileBytes",
    "swapDeltaBytes",
    "childPeakBytes",
    "treeBytes",
    "diskReadBytes",
    "diskWriteBytes",
    "readBytes",
    "writeBytes",
    "netRxBytes",
    "netTxBytes",
    "threads",
    "children",
)

OUTCOMES = ("ok", "error", "interrupted", "died")
LEVELS = ("OK", "UNKNOWN", "WARN", "CRIT")
SCOPES = ("allocator", "process", "device")

#: No text in a record is longer; what is longer is cut.
TEXT_MAX = 2000


def cut(text: str) -> str:
    """The text, at most as long as a record may hold."""
    return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "\N{HORIZONTAL ELLIPSIS}"


@dataclass(slots=True)
class Measure:
    """A number with its quality. `value` is None exactly where the quality is `none`. Nobody changes one.

    Not frozen: twenty are made at the end of each cell, and frozen ones take three times as long.
    """

    value: float | int | None
    quality: str = EXACT

    def to_dict(self) -> dict[str, Any]:
        return {"value": self.value, "quality": self.quality}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Measure:
        quality = _one_of(data.get("quality"), QUALITIES, NONE)
        value = data.get("value")
        if quality == NONE or not _is_number(value):
            return ABSENT
        return cls(value, quality)


#: What is not to be had.
ABSENT = Measure(None, NONE)


@dataclass(frozen=True, slots=True)
class CellGpu:
    """Memory of one GPU in one run."""

    index: int
    name: str
    #: Whose memory it is: of the `allocator` (torch, cupy, jax), of this `process`, or of the whole `device`.
    scope: str
    #: E.g. `torch`, `nvml`.
    source: str
    peak: Measure
    delta: Measure

    def to_dict(self) -> dict[str, Any]:
        return {
            "index": self.index,
            "name": self.name,
            "scope": self.scope,
            "source": self.source,
            "peakBytes": self.peak.to_dict(),
            "deltaBytes": self.delta.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CellGpu:
        return cls(
            int(_number(data.get("index"))),
            _text(data.get("name")),
            _one_of(data.get("scope"), SCOPES, "device"),
            _text(data.get("source")),
            Measure.from_dict(_mapping(data.get("peakBytes"))),
            Measure.from_dict(_mapping(data.get("deltaBytes"))),
        )


@dataclass(frozen=True, slots=True)
class CellRef:
    """Which cell it was. Never its text."""

    #: What the front end calls it: a cell's URI in VS Code, nbformat's id in JupyterLab; None where it has no name.
    id: str | None
    #: `In [7]`; None where it is not known.
    execution_count: int | None
    #: SHA-1 of the cell's text, hexadecimal; empty where it is not known.
    hash: str = ""
    #: A name that the user gave; else empty.
    label: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {"id": self.id, "executionCount": self.execution_count, "hash": self.hash, "label": self.label}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CellRef:
        name = data.get("id")
        count = data.get("executionCount")
        return cls(
            cut(name) if isinstance(name, str) else None,
            int(_number(count)) if _is_number(count) else None,
            _text(data.get("hash")),
            _text(data.get("label")),
        )


@dataclass(frozen=True, slots=True)
class KernelRef:
    """The process that runs the code."""

    pid: int
    #: When it started, milliseconds since the epoch: tells it from a later process with the same pid. 0: not known.
    started_at: int
    language: str
    #: Host name; a remote kernel's is not the worker's.
    host: str

    def to_dict(self) -> dict[str, Any]:
        return {"pid": self.pid, "startedAt": self.started_at, "language": self.language, "host": self.host}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> KernelRef:
        return cls(
            int(_number(data.get("pid"))),
            int(_number(data.get("startedAt"))),
            _text(data.get("language")),
            _text(data.get("host")),
        )


@dataclass(frozen=True, slots=True)
class CellLimit:
    """The tightest limit of memory and how near the run came to it."""

    bytes: int
    #: In words, e.g. `cgroup /user.slice`, `MEM_LIMIT`, `the machine's memory`, `%gorgon limit`.
    source: str
    #: 0..1 and more: the peak over the limit.
    share: float

    def to_dict(self) -> dict[str, Any]:
        return {"bytes": self.bytes, "source": self.source, "share": self.share}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CellLimit:
        return cls(int(_number(data.get("bytes"))), _text(data.get("source")), float(_number(data.get("share"))))


@dataclass(frozen=True, slots=True)
class CellRecord:
    """One run of one cell, complete. All texts are data, never markup."""

    #: Unique for ever.
    id: str
    kernel: KernelRef
    cell: CellRef
    #: Milliseconds since the epoch, by the clock of the kernel's machine.
    started_at: int
    ended_at: int
    #: One of OUTCOMES.
    outcome: str
    #: The class of the exception, e.g. `MemoryError`; empty without one. Never its message.
    error: str = ""
    #: By a name of CELL_MEASURES. A missing name means the same as quality `none`.
    measures: Mapping[str, Measure] = field(default_factory=dict)
    gpus: Sequence[CellGpu] = ()
    limit: CellLimit | None = None
    #: By the share of the limit; UNKNOWN without a limit or a peak.
    level: str = "UNKNOWN"
    #: Another cell ran at the same time: what was used cannot be told apart.
    overlap: bool = False
    #: Who measured: `kernel` (this package) or `outside` (the worker).
    by: str = "kernel"
    #: What a reader must know, each a sentence.
    notes: Sequence[str] = ()

    def measure(self, name: str) -> Measure:
        """The measure of that name; one of quality `none` where it is missing."""
        return self.measures.get(name, ABSENT)

    def to_dict(self) -> dict[str, Any]:
        return {
            "v": CELL_VERSION,
            "id": self.id,
            "kernel": self.kernel.to_dict(),
            "cell": self.cell.to_dict(),
            "startedAt": self.started_at,
            "endedAt": self.ended_at,
            "outcome": self.outcome,
            "error": self.error,
            "measures": {name: measure.to_dict() for name, measure in self.measures.items()},
            "gpus": [gpu.to_dict() for gpu in self.gpus],
            "limit": None if self.limit is None else self.limit.to_dict(),
            "level": self.level,
            "overlap": self.overlap,
            "by": self.by,
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CellRecord:
        """From the JSON form. What is missing or of another type gets the least that can be said.

        Raises ValueError where it is not a record at all, or of another version.
        """
        if not isinstance(data, Mapping) or data.get("v") != CELL_VERSION or not isinstance(data.get("id"), str):
            raise ValueError(f"This is not a cell record of version {CELL_VERSION}.")
        limit = data.get("limit")
        measures = _mapping(data.get("measures"))
        return cls(
            id=_text(data["id"]),
            kernel=KernelRef.from_dict(_mapping(data.get("kernel"))),
            cell=CellRef.from_dict(_mapping(data.get("cell"))),
            started_at=int(_number(data.get("startedAt"))),
            ended_at=int(_number(data.get("endedAt"))),
            outcome=_one_of(data.get("outcome"), OUTCOMES, "ok"),
            error=_text(data.get("error")),
            measures={name: Measure.from_dict(_mapping(measures[name])) for name in CELL_MEASURES if name in measures},
            gpus=tuple(CellGpu.from_dict(gpu) for gpu in _list(data.get("gpus")) if isinstance(gpu, Mapping)),
            limit=CellLimit.from_dict(limit) if isinstance(limit, Mapping) else None,
            level=_one_of(data.get("level"), LEVELS, "UNKNOWN"),
            overlap=data.get("overlap") is True,
            by=_one_of(data.get("by"), ("kernel", "outside"), "kernel"),
            notes=tuple(cut(note) for note in _list(data.get("notes")) if isinstance(note, str)),
        )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _number(value: Any) -> float | int:
    return value if _is_number(value) else 0


def _text(value: object) -> str:
    return cut(value) if isinstance(value, str) else ""


def _one_of(value: object, known: Sequence[str], otherwise: str) -> str:
    return value if isinstance(value, str) and value in known else otherwise


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
