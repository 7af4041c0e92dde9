"""Keeps the newest records, so that nothing is lost while no front end listens."""

from __future__ import annotations

from collections import deque

from .record import CellRecord

#: How many records are kept.
CAPACITY = 500


class Ring:
    """The newest records, oldest first. Several threads may use it."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._records: deque[CellRecord] = deque(maxlen=capacity)

    def add(self, record: CellRecord) -> None:
        self._records.append(record)

    def all(self) -> list[CellRecord]:
        return list(self._records.copy())

    def last(self) -> CellRecord | None:
        try:
            return self._records[-1]
        except IndexError:
            return None

    def since(self, record_id: str | None) -> list[CellRecord]:
        """Those after the record with that id; all, where it is None or not here (any more)."""
        records = self.all()
        for at in range(len(records) - 1, -1, -1):
            if records[at].id == record_id:
                return records[at + 1 :]
        return records

    def __len__(self) -> int:
        return len(self._records)
