"""What the doctor finds, and that it does not fall ill itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from conftest import KernelMaker

from gorgon.config import Config
from gorgon.doctor import Finding, examine, page


def patient(**given: Any) -> Any:
    """A session as far as the doctor looks at it."""
    meter = SimpleNamespace(mode="reset", notes=[], tremble=0, resident=lambda: 1 << 30)
    shown: dict[str, Any] = {
        "config": Config(),
        "meter": meter,
        "records": _Records(),
        "limits": lambda: [],
        "link": None,
        "log": None,
        "failures": [],
        "quiet": False,
        "shell": SimpleNamespace(),
    }
    return SimpleNamespace(**{**shown, **given})


class _Records:
    def last(self) -> None:
        return None

    def __len__(self) -> int:
        return 0


def lines(session: Any, subject: str) -> list[Finding]:
    return [one for one in examine(session) if one.subject == subject]


def test_a_meter_that_cannot_reset_says_what_is_lost() -> None:
    meter = SimpleNamespace(mode="lifetime", notes=["It has no clear_refs."], tremble=0)
    found = lines(patient(meter=meter), "meter")
    assert [one.state for one in found] == ["!", "!"]
    assert "else at least what was seen" in found[0].says
    assert found[1].says == "It has no clear_refs."


def test_what_is_switched_off_says_how_to_switch_it_on() -> None:
    session = patient(config=Config(auto=False, reset_peak=False))
    assert lines(session, "measuring")[0].mend == "%gorgon on"
    assert lines(session, "meter")[0].mend == "%config GorgonMagics.reset_peak = True"


def test_a_session_that_failed_too_often_is_an_x() -> None:
    (found,) = lines(patient(quiet=True, failures=["meter: OSError: gone"]), "measuring")
    assert (found.state, "%reload_ext gorgon" in found.mend) == ("x", True)


def test_a_log_that_cannot_be_written_is_an_x() -> None:
    (found,) = lines(patient(log=SimpleNamespace(why="GORGON_LOG: /x cannot be opened: no.", path="/x")), "GORGON_LOG")
    assert (found.state, found.says) == ("x", "GORGON_LOG: /x cannot be opened: no.")


def test_no_limit_says_how_to_set_one() -> None:
    assert lines(patient(), "limits")[0].mend.startswith("%gorgon limit")


@pytest.mark.parametrize(("release", "state"), [("8.2.0", "!"), ("8.3.0", "OK"), ("9.18.1", "OK"), ("10.0.dev", "OK")])
def test_an_old_ipython_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch, release: str, state: str) -> None:
    import IPython

    monkeypatch.setattr(IPython, "__version__", release)
    assert lines(patient(), "IPython")[0].state == state


def test_a_look_that_fails_is_a_line_of_its_own() -> None:
    def broken() -> list[Any]:
        raise OSError("no /sys here")

    (found,) = lines(patient(limits=broken), "limits")
    assert (found.state, "no /sys here" in found.says) == ("!", True)
    assert len(examine(SimpleNamespace())) >= 8


def test_hostile_failures_stay_on_their_line() -> None:
    text = page(examine(patient(failures=["log: \x1b[2J\nOK  all is well"])))
    assert "\x1b" not in text
    assert "\nOK  all" not in text


def test_the_last_line_counts() -> None:
    assert page([Finding("OK", "a", "b")]).endswith("All is well.")
    assert page([Finding("OK", "a", "b"), Finding("x", "c", "d")]).endswith("1 of 2 lines could be better.")


def test_a_kernel_without_its_log_says_so(kernel_maker: KernelMaker) -> None:
    kernel = kernel_maker(env={"GORGON_LOG": "/no/such/folder/log.jsonl"})
    kernel.run("1")
    text = kernel.run("%gorgon doctor").printed
    assert "x   GORGON_LOG" in text
