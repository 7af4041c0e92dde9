"""A record's JSON form: the same as protocol/cell.ts says, there and back, whatever is sent."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gorgon import record
from gorgon.record import CellGpu, CellLimit, CellRecord, CellRef, KernelRef, Measure
from gorgon.ring import Ring

CONTRACT = Path(__file__).resolve().parents[2] / "protocol" / "cell.ts"


def a_record(name: str = "r1") -> CellRecord:
    return CellRecord(
        id=name,
        kernel=KernelRef(7, 1_700_000_000_000, "python", "box"),
        cell=CellRef("c1", 3, "ab" * 20, "load"),
        started_at=1_700_000_000_100,
        ended_at=1_700_000_000_900,
        outcome="error",
        error="MemoryError",
        measures={"wallMs": Measure(800.5), "peakBytes": Measure(5 << 30, "sampled"), "treeBytes": record.ABSENT},
        gpus=(CellGpu(0, "H100", "allocator", "torch", Measure(9, "exact-lifetime"), Measure(-2)),),
        limit=CellLimit(6 << 30, "MEM_LIMIT", 5 / 6),
        level="WARN",
        overlap=True,
        notes=("One.", "Two."),
    )


def names_in(block: str) -> list[str]:
    text = CONTRACT.read_text(encoding="utf-8")
    found = re.search(rf"export const {block} = \[(.*?)\] as const", text, re.DOTALL)
    assert found is not None
    return re.findall(r'"([^"]+)"', found[1])


@pytest.mark.skipif(not CONTRACT.exists(), reason="Not in the repository.")
def test_both_languages_know_the_same_names() -> None:
    text = CONTRACT.read_text(encoding="utf-8")
    assert list(record.CELL_MEASURES) == names_in("CELL_MEASURES")
    assert list(record.QUALITIES) == names_in("QUALITIES")
    assert list(record.OUTCOMES) == names_in("CELL_OUTCOMES")
    assert f'CELL_MIME = "{record.CELL_MIME}"' in text
    assert f"CELL_VERSION = {record.CELL_VERSION};" in text
    for interface, data in (
        ("CellRecord", a_record().to_dict()),
        ("CellRef", a_record().cell.to_dict()),
        ("KernelRef", a_record().kernel.to_dict()),
        ("CellLimit", a_record().to_dict()["limit"]),
        ("CellGpu", a_record().gpus[0].to_dict()),
        ("Measure", Measure(1).to_dict()),
    ):
        body = re.search(rf"export interface {interface} \{{(.*?)^\}}", text, re.DOTALL | re.MULTILINE)
        assert body is not None
        assert re.findall(r"^  readonly (\w+):", body[1], re.MULTILINE) == list(data)


def test_a_record_survives_the_way_through_json() -> None:
    there = json.loads(json.dumps(a_record().to_dict(), allow_nan=False))
    assert CellRecord.from_dict(there).to_dict() == a_record().to_dict()


def test_what_is_missing_gets_the_least_that_can_be_said() -> None:
    found = CellRecord.from_dict({"v": 1, "id": "x", "measures": {"wallMs": {"value": "fast", "quality": "exact"}}})
    assert found.level == "UNKNOWN"
    assert found.limit is None
    assert found.measure("wallMs").quality == "none"
    assert found.measure("peakBytes").value is None


@pytest.mark.parametrize("data", [{}, {"v": 2, "id": "x"}, {"v": 1}, {"v": 1, "id": 3}, None, [], "x"])
def test_what_is_no_record_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match="not a cell record"):
        CellRecord.from_dict(data)  # type: ignore[arg-type]


def test_a_hostile_record_is_cut_and_told_no_more_than_it_says() -> None:
    found = CellRecord.from_dict(
        {
            "v": 1,
            "id": "x",
            "cell": {"id": "y" * 10_000, "executionCount": True, "hash": 5},
            "gpus": [3, {"scope": "moon", "peakBytes": {"value": float("inf"), "quality": "exact"}}],
            "level": "FINE",
            "notes": ["n" * 10_000, 4],
            "overlap": "yes",
        }
    )
    assert found.cell.id is not None
    assert len(found.cell.id) == record.TEXT_MAX
    assert (found.cell.execution_count, found.cell.hash) == (None, "")
    assert found.gpus[0].scope == "device"
    assert found.gpus[0].peak.quality == "none"
    assert (found.level, found.overlap, len(found.notes), len(found.notes[0])) == ("UNKNOWN", False, 1, record.TEXT_MAX)


def test_the_ring_keeps_the_newest() -> None:
    ring = Ring(3)
    assert (ring.last(), ring.all()) == (None, [])
    for number in range(5):
        ring.add(a_record(f"r{number}"))
    assert [one.id for one in ring.all()] == ["r2", "r3", "r4"]
    assert [one.id for one in ring.since("r3")] == ["r4"]
    assert [one.id for one in ring.since("r4")] == []
    assert [one.id for one in ring.since("gone")] == ["r2", "r3", "r4"]
    assert ring.last() is not None
    assert len(ring) == 3


def test_the_ring_keeps_five_hundred() -> None:
    ring = Ring()
    for number in range(600):
        ring.add(a_record(str(number)))
    assert len(ring.all()) == 500
