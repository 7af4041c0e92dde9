"""Records are kept by notebook, within bounds."""

from __future__ import annotations

import json
from typing import Any

from gorgon.server.records import Records


def record(name: str, size: int = 10) -> dict[str, Any]:
    return {"id": name, "text": "x" * size}


def ids(kept: Records, kernel: str = "", path: str = "", since: str = "") -> list[str]:
    return [one["id"] for one in json.loads(kept.read(kernel, path, since))]


def test_one_that_comes_twice_is_kept_once() -> None:
    kept = Records(5, 5, 1 << 20)
    assert kept.add("k", "a", record("1")) is not None
    assert kept.add("k", "a", record("1")) is None
    assert ids(kept, "k") == ["1"]


def test_a_notebook_keeps_its_newest_and_the_server_its_last_notebooks() -> None:
    kept = Records(3, 2, 1 << 20)
    for number in range(5):
        kept.add("k", "a", record(f"a{number}"))
    kept.add("k2", "b", record("b"))
    kept.add("k", "a", record("a5"))
    kept.add("k3", "c", record("c"))
    assert ids(kept, path="a") == ["a3", "a4", "a5"] and ids(kept, path="b") == [] and ids(kept, path="c") == ["c"]


def test_huge_records_push_out_old_ones() -> None:
    kept = Records(1000, 1000, 10_000)
    for number in range(20):
        kept.add("k", "a", record(str(number), 1000))
    assert len(kept) == 9 and ids(kept, "k")[-1] == "19"
    kept.add("k2", "b", record("huge", 50_000))
    assert ids(kept, path="a") == [] and ids(kept, path="b") == ["huge"]


def test_a_console_has_no_notebook_and_a_session_may_come_later() -> None:
    kept = Records(5, 5, 1 << 20)
    kept.add("k", "", record("1"))
    assert ids(kept, "k") == ["1"] and ids(kept, path="") == []
    kept.move("k", "", "a")
    kept.add("k", "a", record("2"))
    assert ids(kept, path="a") == ["1", "2"] and ids(kept, "k") == ["1", "2"]
    kept.move("k", "a", "b")
    assert ids(kept, path="a") == [] and ids(kept, path="b", since="1") == ["2"]
    assert ids(kept, path="b", since="unknown") == ["1", "2"]
