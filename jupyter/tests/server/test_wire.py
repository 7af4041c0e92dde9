"""What comes from kernels and workers is checked: of any size and form, it is taken, mended or refused."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from gorgon.server import wire
from gorgon.server.wire import KernelName, Refused

KERNEL = KernelName(7, 1_700_000_000_000, "python", "box")
NOW = 1_700_000_100_000


def record(**changed: Any) -> dict[str, Any]:
    made = {
        "v": 1,
        "id": "r1",
        "kernel": KERNEL.to_dict(),
        "cell": {"id": "c", "executionCount": 1, "hash": "", "label": ""},
        "startedAt": NOW - 1000,
        "endedAt": NOW,
        "outcome": "ok",
        "error": "",
        "measures": {"wallMs": {"value": 1, "quality": "exact"}},
        "gpus": [],
        "limit": None,
        "level": "OK",
        "overlap": False,
        "by": "kernel",
        "notes": [],
    }
    return {"record": {**made, **changed}}


def test_a_record_passes_as_it_is() -> None:
    given = record()
    assert wire.record(given, KERNEL, NOW) == given["record"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": ""},
        {"id": "x" * 201},
        {"id": "a\u202eb"},
        {"v": 2},
        {"kernel": {**KERNEL.to_dict(), "pid": 8}},
        {"kernel": {**KERNEL.to_dict(), "startedAt": 5}},
        {"kernel": None},
        {"cell": {"id": 5}},
        {"cell": {"id": None, "executionCount": None, "hash": "nothex", "label": ""}},
        {"endedAt": NOW + 90_000_000},
        {"endedAt": math.inf},
        {"startedAt": -1},
        {"outcome": "fine"},
        {"level": "BAD"},
        {"limit": {"bytes": 10**400, "source": "", "share": 1}},
    ],
    ids=str,
)
def test_a_record_that_is_wrong_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        wire.record(record(**wrong), KERNEL, NOW)


def test_texts_are_made_plain_and_lists_bounded() -> None:
    hostile = "<img src=x onerror=alert(1)>\u202e\x1b[31m" + "x" * 5000
    gpu = {"index": 0, "name": hostile, "scope": "device", "source": "nvml", "peakBytes": {}, "deltaBytes": {}}
    given = record(error=hostile, notes=[hostile] * 100, gpus=[gpu] * 100, measures={"unknown": {}, "wallMs": "x"})
    taken = wire.record(given, KERNEL, NOW)
    assert len(taken["notes"]) == 64 and len(taken["gpus"]) == 32
    for text in (taken["error"], taken["notes"][0], taken["gpus"][0]["name"]):
        assert len(text) <= 2000 and "\x1b" not in text and "\u202e" not in text
        assert text.startswith("<img"), "it is data, and is kept as such"
    assert taken["measures"] == {"wallMs": {"value": None, "quality": "none"}}
    json.dumps(taken, allow_nan=False)


def test_the_view_of_a_worker_is_bounded() -> None:
    level = {
        "id": "cpu",
        "title": "CPU",
        "level": "OK",
        "value": 0.5,
        "unit": "1",
        "detail": "",
        "points": [[1, 2]] * 9999,
    }
    level["points"].append([math.nan, 1])  # type: ignore[union-attr]
    view = {
        "time": NOW,
        "node": "box",
        "by": "server",
        "level": "OK",
        "headline": "All is well",
        "levels": [level] * 200,
    }
    taken = wire.host_view({**view, "alerts": []})
    assert taken is not None and taken["by"] == "worker" and len(taken["levels"]) == 64
    assert len(taken["levels"][0]["points"]) < 301
    assert wire.host_view(None) is None
    for wrong in ([], {**view, "alerts": 5}, {**view, "alerts": [], "level": 3}, {**view, "alerts": [{}]}):
        with pytest.raises(Refused):
            wire.host_view(wrong)


def test_a_guard_is_checked() -> None:
    state = {"phase": "frozen", "limitBytes": 1, "treeBytes": 2, "since": 3, "reason": "why"}
    assert wire.guard_state({"state": state}) == state
    assert wire.guard_state({"state": None}) is None
    for wrong in ({}, {"state": {**state, "phase": "x"}}, {"state": {**state, "limitBytes": -1}}, None):
        if wrong == {}:
            assert wire.guard_state(wrong) is None
            continue
        with pytest.raises(Refused):
            wire.guard_state(wrong)
