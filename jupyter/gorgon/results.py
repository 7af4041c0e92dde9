"""What the magics give back: a record that shows itself as text, as HTML, and to front ends that know it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .display import html_of, line
from .record import CELL_MEASURES, CELL_MIME, CellRecord

if TYPE_CHECKING:
    from pandas import DataFrame  # type: ignore[import-untyped,unused-ignore]


class RichRecord:
    """One record. Its numbers are attributes: `r.peak_bytes`, `r.wall_ms`; None where they are not to be had."""

    def __init__(self, record: CellRecord, part: bool = False) -> None:
        self.record = record
        #: It is of a part of the cell that its `cell` names.
        self.part = part

    def __str__(self) -> str:
        return line(self.record)

    def __repr__(self) -> str:
        return f"<CellRecord {line(self.record)}>"

    def __getattr__(self, name: str) -> Any:
        measure = _ATTRIBUTES.get(name)
        if measure is not None:
            return self.record.measure(measure).value
        if name.startswith("_") or name in ("record", "part"):
            raise AttributeError(name)
        return getattr(self.record, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_ATTRIBUTES, *type(self.record).__slots__})

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        shown: dict[str, Any] = {"text/plain": str(self), "text/html": html_of(self.record)}
        # Front ends take what they find in a cell's outputs for the cost of that cell.
        if not self.part and _runs_now(self.record):
            shown[CELL_MIME] = self.to_dict()
        return shown

    def to_dict(self) -> dict[str, Any]:
        """The JSON form (`application/vnd.gorgon.cell.v1+json`)."""
        return self.record.to_dict()

    def to_pandas(self) -> DataFrame:
        """One row; needs pandas."""
        return to_pandas([self.record])


def _attribute(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


_ATTRIBUTES = {_attribute(name): name for name in CELL_MEASURES}


def _runs_now(record: CellRecord) -> bool:
    """It is a record of the cell that runs and would show it."""
    from . import extension

    session = extension.session()
    running = None if session is None else session.running
    return running is not None and running[0] == record.cell


def bundle(record: CellRecord) -> dict[str, Any]:
    """For a cell's own output: front ends that know records draw it, others show the line."""
    return {"text/plain": line(record), CELL_MIME: record.to_dict()}


def to_pandas(records: Iterable[CellRecord]) -> DataFrame:
    """A row for each record, a column for each measure and one for its quality. Needs pandas, which is imported here."""
    try:
        import pandas  # type: ignore[import-untyped,unused-ignore]
    except ImportError as error:
        raise ImportError("to_pandas() needs pandas, which is not installed here; to_dict() needs nothing.") from error
    return pandas.DataFrame([_row(record) for record in records])


def _row(record: CellRecord) -> dict[str, Any]:
    import pandas

    row: dict[str, Any] = {
        "id": record.id,
        "cell": record.cell.id,
        "executionCount": record.cell.execution_count,
        "label": record.cell.label,
        "startedAt": pandas.Timestamp(record.started_at, unit="ms", tz="UTC"),
        "outcome": record.outcome,
        "error": record.error,
        "level": record.level,
        "limitBytes": None if record.limit is None else record.limit.bytes,
        "limitShare": None if record.limit is None else record.limit.share,
        "overlap": record.overlap,
    }
    for name in CELL_MEASURES:
        measure = record.measure(name)
        row[name] = measure.value
        row[f"{name}Quality"] = measure.quality
    return row
