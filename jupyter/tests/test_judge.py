"""When a cell is interrupted and when its kernel is frozen: by looks at made-up times."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gorgon import judge
from gorgon.judge import FAST_S, FROZEN, INTERRUPTED, NEAR, SLOW_S, WATCHING, Judge

MIB = 1 << 20
GIB = 1 << 30


def run(one: Judge, use: Callable[[float], float], seconds: float, begin: float = 0.0) -> list[tuple[float, str]]:
    """Looks as often as the judge wants to, and gives back what it said and when."""
    said, now = [], begin
    while now < begin + seconds:
        act = one.see(now, int(use(now)))
        if act:
            said.append((now, act))
        now += one.pause()
    return said


def steady(used: float) -> Callable[[float], float]:
    return lambda now: used


def growing(start: float, rate: float, most: float = 64 * GIB) -> Callable[[float], float]:
    return lambda now: min(most, start + rate * now)


def test_what_stays_far_from_the_limit_is_looked_at_twice_a_second() -> None:
    one = Judge(12 * GIB)
    assert run(one, steady(GIB), 60) == []
    assert one.phase == WATCHING and one.pause() == SLOW_S


def test_near_the_limit_it_looks_at_least_fifty_times_a_second() -> None:
    one = Judge(12 * GIB)
    assert run(one, steady(11 * GIB), 60) == []
    assert one.phase == NEAR and one.pause() <= 0.02


@pytest.mark.parametrize("rate", [20 * MIB, 200 * MIB, GIB, 4 * GIB])
def test_what_never_stops_growing_is_interrupted_and_then_frozen_about_the_limit(rate: float) -> None:
    one = Judge(12 * GIB)
    (first, act), (second, then) = run(one, growing(GIB, rate), 2000)
    assert (act, then) == ("interrupt", "freeze")
    assert 0.1 <= second - first <= 2.0
    assert one.phase == FROZEN
    frozen = growing(GIB, rate)(second)
    assert 10 * GIB < frozen < 12 * GIB + rate * 0.2 + 64 * MIB


def test_a_look_comes_before_a_fast_cell_has_reached_the_limit() -> None:
    one = Judge(12 * GIB)
    # Four GiB a second from half way, between two looks of an idle kernel.
    (first, _), *_ = run(one, lambda now: GIB if now < 5 else GIB + 4 * GIB * (now - 5), 10)
    assert GIB + 4 * GIB * (first - 5) < 12 * GIB


def test_what_stops_at_the_interrupt_is_not_frozen() -> None:
    one = Judge(12 * GIB)
    use = growing(GIB, GIB)
    stop = 0.0

    def cell(now: float) -> float:
        nonlocal stop
        if one.phase == INTERRUPTED and not stop:
            stop = now + 0.005
        return use(min(now, stop) if stop else now)

    assert [act for _, act in run(one, cell, 30)] == ["interrupt"]
    assert one.phase == NEAR, "what it left is still there, and nothing is to be done"


def test_growth_that_ends_well_before_the_limit_is_let_be() -> None:
    # Two seconds from the limit, but not near it: most cells end before.
    assert run(Judge(12 * GIB), growing(GIB, 2 * GIB, most=9 * GIB), 20) == []


def test_a_cell_that_grows_again_after_an_interrupt_is_interrupted_again_before_it_is_frozen() -> None:
    one = Judge(GIB)
    assert one.see(0.0, 1100 * MIB) == "interrupt"
    assert run(one, steady(1100 * MIB), 5, 0.01) == []
    said = run(one, lambda now: 1100 * MIB + (now - 10) * GIB, 1, 10)
    assert [act for _, act in said] == ["interrupt", "freeze"]


def test_what_creeps_past_the_limit_is_frozen_all_the_same() -> None:
    # Two MiB a second: slower than anything that shows within a second.
    one = Judge(GIB)
    said = run(one, growing(900 * MIB, 2 * MIB), 600)
    assert [act for _, act in said] == ["interrupt", "interrupt", "freeze"]
    assert growing(900 * MIB, 2 * MIB)(said[-1][0]) < GIB * 1.1


class TestAnswers:
    def frozen(self) -> Judge:
        one = Judge(GIB)
        run(one, growing(500 * MIB, GIB), 3)
        assert one.phase == FROZEN
        assert one.see(3.0, 2 * GIB) == "", "nothing more is done to what is frozen"
        one.tree = 1100 * MIB
        return one

    def test_continue_allows_a_tenth_more(self) -> None:
        one = self.frozen()
        one.resume("continue")
        assert one.phase == NEAR
        assert run(one, steady(1150 * MIB), 10, 4) == []
        assert [act for _, act in run(one, lambda now: (1150 + (now - 20) * 500) * MIB, 3, 20)] == [
            "interrupt",
            "freeze",
        ]

    def test_after_it_fell_below_the_limit_that_counts_again(self) -> None:
        one = self.frozen()
        one.resume("continue")
        run(one, steady(200 * MIB), 1, 4)
        assert one.phase == WATCHING and one.allowed == GIB

    def test_interrupt_gives_the_same_grace_again(self) -> None:
        one = self.frozen()
        one.resume("interrupt")
        assert one.phase == INTERRUPTED
        ((when, act),) = run(one, lambda now: 1100 * MIB + (now - 4) * GIB, 2, 4)
        assert act == "freeze" and when - 4 >= 0.1
        assert "you asked it to stop" in one.reason


def test_a_limit_below_what_is_used_counts_from_there() -> None:
    one = Judge(GIB)
    one.start(3 * GIB)
    assert run(one, steady(3 * GIB), 10) == []
    assert [act for _, act in run(one, growing(3 * GIB, GIB), 3, 0)] != []


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "0.98 KiB"),
        (1536, "1.50 KiB"),
        (12 * GIB, "12.0 GiB"),
        (353 * MIB, "353 MiB"),
    ],
)
def test_sizes_are_written_as_everywhere(count: int, text: str) -> None:
    assert judge.size(count) == text


def test_pauses_never_exceed_what_a_core_needs_to_fill_half_the_way() -> None:
    one = Judge(8 * GIB)
    for used in range(0, 8 * GIB, 256 * MIB):
        one = Judge(8 * GIB)
        one.start(used)
        one.see(0.0, used)
        assert FAST_S <= one.pause() <= max(0.02, (one.allowed - used) / (8 * GIB) + 1e-9)
