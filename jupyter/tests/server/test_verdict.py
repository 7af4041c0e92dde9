"""The verdict on a death is the worker's, word for word: one file of cases holds both to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gorgon.server.verdict import Facts, is_alarming, verdict

CASES = json.loads((Path(__file__).parents[3] / "protocol" / "fixtures" / "verdicts.json").read_text())["cases"]


def facts_of(data: dict[str, Any]) -> Facts:
    renamed = {"lastBytes": "last_bytes", "lastAt": "last_at"}
    named = {renamed.get(name, name): value for name, value in data.items()}
    return Facts(**{**named, "ancestors": tuple(named["ancestors"])})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_verdict_that_both_languages_give(case: dict[str, Any]) -> None:
    assert verdict(facts_of(case["facts"])) == case["death"]


def test_the_parents_word_is_the_best_evidence() -> None:
    facts = dict(CASES[0]["facts"])
    facts["report"] = {**facts["report"], "how": "parent"}
    death = verdict(facts_of(facts))
    assert death["evidence"][0] == {
        "source": "parent",
        "says": "The Jupyter server, which had started it, was told that SIGKILL ended it.",
    }
    assert death["sentence"] == CASES[0]["death"]["sentence"]


def test_only_what_took_something_away_alarms() -> None:
    alarming = {case["name"]: is_alarming(case["death"]) for case in CASES}
    assert alarming["killed by somebody while idle"] and alarming["nobody saw why"]
    assert not alarming["nobody saw why, while idle"] and not alarming["asked to end"]
