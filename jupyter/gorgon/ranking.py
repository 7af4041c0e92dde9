"""Puts the cells of a session in order by what they cost; a cell that ran often is shown with its most expensive run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .display import (
    GLYPHS,
    cell_name,
    cpu_words,
    format_bytes,
    html_table,
    outcome_words,
    peak_words,
    text_table,
    written,
)
from .record import CellRecord


def _disk(record: CellRecord) -> float:
    return (record.measure("diskReadBytes").value or 0) + (record.measure("diskWriteBytes").value or 0)


def _of(name: str) -> Callable[[CellRecord], float]:
    return lambda record: record.measure(name).value or 0


#: What `--by` can say: how it is called, and the cost of a run.
ORDERS: Mapping[str, tuple[str, Callable[[CellRecord], float]]] = {
    "time": ("time", _of("wallMs")),
    "memory": ("peak memory", _of("peakBytes")),
    "cpu": ("CPU time", _of("cpuMs")),
    "disk": ("disk traffic", _disk),
}

HEAD = ("", "cell", "runs", "wall", "CPU", "peak RAM", "disk", "")
#: Columns of numbers.
RIGHT = frozenset((2, 3))


@dataclass(frozen=True)
class Ranked:
    """A cell: its most expensive run, and how many runs there were."""

    worst: CellRecord
    runs: int

    def row(self) -> tuple[str, ...]:
        record = self.worst
        return (
            f"{GLYPHS.get(record.level, '?')} {record.level}",
            cell_name(record),
            str(self.runs),
            written("wallMs", record.measure("wallMs")),
            cpu_words(record),
            peak_words(record),
            format_bytes(_disk(record)),
            outcome_words(record),
        )


def rank(records: Iterable[CellRecord], by: str = "time", most: int | None = None) -> list[Ranked]:
    """The most expensive cells first."""
    cost = ORDERS[by][1]
    cells: dict[str, list[CellRecord]] = {}
    for record in records:
        cells.setdefault(_same(record), []).append(record)
    ranked = [Ranked(max(runs, key=cost), len(runs)) for runs in cells.values()]
    return sorted(ranked, key=lambda one: cost(one.worst), reverse=True)[:most]


def _same(record: CellRecord) -> str:
    """Runs with the same key are runs of one cell."""
    cell = record.cell
    return f"id {cell.id}" if cell.id else f"text {cell.hash}" if cell.hash else record.id


class Top:
    """The most expensive cells, for `%gorgon top`."""

    def __init__(self, records: Sequence[CellRecord], by: str, most: int) -> None:
        self.by = by
        self.cells = rank(records, by, most)

    def _rows(self) -> list[tuple[str, ...]]:
        return [one.row() for one in self.cells]

    def __str__(self) -> str:
        if not self.cells:
            return "No cell was measured yet."
        title = f"Most expensive cells by {ORDERS[self.by][0]}"
        return f"{title}\n{text_table(HEAD, self._rows(), RIGHT)}"

    __repr__ = __str__

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": str(self), "text/html": self.html()}

    def html(self) -> str:
        if not self.cells:
            return "<p>No cell was measured yet.</p>"
        return f"<h4>Most expensive cells by {ORDERS[self.by][0]}</h4>{html_table(HEAD, self._rows(), RIGHT)}"

    def to_dict(self) -> list[dict[str, Any]]:
        return [{"runs": one.runs, "record": one.worst.to_dict()} for one in self.cells]
