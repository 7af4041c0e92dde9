"""Loading, unloading, reloading; parts that fail; other shells and other releases of IPython."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import KernelMaker
from IPython.core.interactiveshell import InteractiveShell

import gorgon
from gorgon import extension
from gorgon.config import Config
from gorgon.meter import choose
from gorgon.session import Session


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """A shell in this very process, without a history file."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    assert shell.history_manager is not None
    shell.history_manager.enabled = False
    yield shell
    gorgon.unload_ipython_extension(shell)
    InteractiveShell.clear_instance()


@pytest.fixture
def session(shell: InteractiveShell) -> Iterator[Session]:
    """A session of its own, without the other parts."""
    session = Session(shell, Config())
    session.start()
    yield session
    session.stop()


def test_unloading_ends_it_and_loading_again_keeps_the_records(kernel_maker: KernelMaker) -> None:
    kernel = kernel_maker()
    kernel.run("1", "one")
    assert kernel.run("%reload_ext gorgon", "reload").printed == ""
    kernel.run("2", "two")
    assert kernel.run("%unload_ext gorgon", "unload").printed == ""
    kernel.run("3", "unseen")
    assert kernel.value("_gorgon.session()", "import gorgon as _gorgon") is None
    assert kernel.run("%load_ext gorgon", "again").printed == ""
    kernel.run("4", "four")
    assert [record["cell"]["id"] for record in kernel.records()] == ["one", "two", "four"]


def test_loading_twice_measures_once(kernel_maker: KernelMaker) -> None:
    kernel = kernel_maker()
    kernel.run("import gorgon; gorgon.load_ipython_extension(get_ipython())", "twice")
    kernel.run("1", "one")
    assert [record["cell"]["id"] for record in kernel.records()] == ["twice", "one"]


def test_nothing_is_put_into_the_users_names(kernel_maker: KernelMaker) -> None:
    kernel = kernel_maker(load=False)
    before = set(kernel.value("sorted(get_ipython().user_ns)"))
    kernel.run("%load_ext gorgon", "load")
    assert set(kernel.value("sorted(get_ipython().user_ns)")) - before <= {"_i1", "_i", "_ii", "_iii", "_json"}


def test_no_library_is_imported_for_its_own_sake(kernel_maker: KernelMaker) -> None:
    kernel = kernel_maker()
    names = ("torch", "cupy", "jax", "numpy", "pandas", "tensorflow")
    assert kernel.value(f"[name for name in {names!r} if name in _sys.modules]", "import sys as _sys") == []


#: Interpreters with other releases of IPython, as PATH has folders: none but the tests' own where it is not set.
OTHERS = [python for python in os.environ.get("GORGON_TEST_PYTHONS", "").split(os.pathsep) if python]


@pytest.mark.parametrize("python", [sys.executable, *OTHERS])
def test_every_release_of_ipython_is_measured(kernel_maker: KernelMaker, python: str) -> None:
    kernel = kernel_maker(python=python)
    heard = "import gorgon as _g; _counts = []; _g.session().on_started(lambda cell, since: _counts.append(cell.execution_count))"
    kernel.run(heard, None, store_history=False)
    counts = []
    for _ in range(3):
        reply = kernel.run("x = b'x' * (50 << 20); del x", "named")
        assert reply.printed == ""
        kernel.run("", "empty")
        kernel.run("get_ipython().run_cell('')", "nests")
        counts.append(reply.execution_count)
    found = kernel.records()
    assert [record["cell"]["executionCount"] for record in found[::2]] == counts
    for record in found[::2]:
        assert 49 << 20 <= record["measures"]["peakDeltaBytes"]["value"] <= 51 << 20
    # When a cell begins, a release that counts late is known from the second one on.
    assert kernel.value("_counts")[2::2] == counts[1:]


def test_a_failing_meter_goes_quiet_after_three_times(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        def __init__(self) -> None:
            self.real = choose()
            self.ends = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(self.real, name)

        def end(self, start: Any) -> Any:
            self.ends += 1
            raise OSError("no more")

    meter = Broken()
    session = Session(shell, Config(), meter=meter)  # type: ignore[arg-type]
    session.start()
    for _ in range(5):
        assert shell.run_cell("1;", store_history=True).success
    session.stop()
    assert meter.ends == 3
    assert len(session.failures) == 4
    assert "measures no more" in session.failures[-1]
    assert session.records.all() == []
    assert capsys.readouterr() == ("", "")


def test_a_listener_that_fails_disturbs_nobody(
    session: Session, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    called: list[str] = []

    def bad(*_: object) -> None:
        called.append("bad")
        raise RuntimeError("of the listener")

    session.on_started(bad)
    session.on_record(bad)
    stop = session.on_record(lambda record: called.append(record.outcome))
    for _ in range(5):
        shell.run_cell("1;", store_history=True)
    assert called.count("bad") == 6
    assert called.count("ok") == 5
    assert len(session.records.all()) == 5
    stop()
    shell.run_cell("1;", store_history=True)
    assert called.count("ok") == 5
    assert capsys.readouterr() == ("", "")


def test_listeners_are_told_in_order_and_in_the_cells_thread(session: Session, shell: InteractiveShell) -> None:
    told: list[tuple[str, object, int]] = []
    session.on_started(lambda cell, since: told.append(("started", cell.hash, threading.get_ident())))
    session.on_record(lambda record: told.append(("ended", record.cell.hash, threading.get_ident())))
    shell.run_cell("1;", store_history=True)
    assert [what for what, _, _ in told] == ["started", "ended"]
    assert told[0][1:] == told[1][1:] == (told[0][1], threading.get_ident())


def test_nobody_is_told_where_none_listens_just_then(session: Session, shell: InteractiveShell) -> None:
    told: list[str] = []
    awake: list[int] = []
    end = session.on_started(lambda cell, since: told.append("asleep"), lambda: bool(awake))
    shell.run_cell("1;", store_history=True)
    assert told == []
    awake.append(1)
    shell.run_cell("1;", store_history=True)
    assert told == ["asleep"]
    awake.clear()
    session.on_started(lambda cell, since: told.append("always"))
    end()
    shell.run_cell("1;", store_history=True)
    assert told == ["asleep", "always"]


def test_a_record_is_made_once_the_kernel_has_answered_and_in_a_row_at_once(
    session: Session, shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[Session.__module__], "SETTLE_S", 60)
    heard: list[object] = []
    session.on_record(heard.append)

    async def turn() -> None:
        shell.run_cell("1;", store_history=True)
        assert heard == [], "the answer need not wait for it"
        await asyncio.sleep(0)
        assert heard == [], "nobody asks, and no cell follows"
        shell.run_cell("2;", store_history=True)
        assert len(heard) == 1, "the next cell has begun"
        await asyncio.sleep(0)
        assert len(heard) == 2, "it came in a row"

    asyncio.run(turn())


def test_with_auto_off_only_named_cells_are_measured(session: Session, shell: InteractiveShell) -> None:
    session.config.auto = False
    shell.user_ns["session"] = session
    shell.run_cell("1;", store_history=True)
    assert session.records.all() == []
    shell.run_cell(
        "session.label_next('inside', warn=0.0)\n"
        "get_ipython().run_cell('x = bytearray(40 << 20)', store_history=False); del x",
        store_history=True,
    )
    session.label_next("next")
    shell.run_cell("1;", store_history=True)
    shell.run_cell("1;", store_history=True)
    inside, following = session.records.all()
    assert (inside.cell.label, inside.level) == ("inside", "WARN")
    assert (inside.measure("peakDeltaBytes").value or 0) >= 39 << 20
    assert (following.cell.label, following.level) == ("next", "OK")


def test_a_label_counts_for_one_cell(session: Session, shell: InteractiveShell) -> None:
    session.label_next("x" * 5000, None)
    shell.run_cell("1;", store_history=True)
    shell.run_cell("1;", store_history=True)
    first, second = session.records.all()
    assert len(first.cell.label) == 2000
    assert second.cell.label == ""


def test_quick_cells_can_be_left_out(session: Session, shell: InteractiveShell) -> None:
    session.config.min_wall = 0.1
    shell.run_cell("1;", store_history=True)
    shell.run_cell("import time; time.sleep(0.11)", store_history=True)
    shell.run_cell("raise ValueError", store_history=True)
    assert [record.outcome for record in session.records.all()] == ["ok", "error"]


def test_a_part_of_a_cell_can_be_measured(session: Session, shell: InteractiveShell) -> None:
    heard: list[object] = []
    session.on_record(heard.append)
    with session.measure("part") as part:
        len(b"x" * (30 << 20))
    assert part.record is not None
    assert part.record.cell.label == "part"
    assert 29 << 20 <= (part.record.measure("peakDeltaBytes").value or 0) <= 32 << 20
    with pytest.raises(KeyError), session.measure() as failing:
        raise KeyError
    assert failing.record is not None
    assert (failing.record.outcome, failing.record.error) == ("error", "KeyError")
    assert heard == []


def test_measuring_a_part_takes_nothing_from_the_cell(session: Session, shell: InteractiveShell) -> None:
    shell.user_ns["session"] = session
    shell.run_cell(
        "b'x' * (200 << 20) and None\nwith session.measure() as part: b'x' * (20 << 20) and None",
        store_history=True,
    )
    whole = session.records.last()
    part = shell.user_ns["part"].record
    assert whole is not None
    assert 199 << 20 <= (whole.measure("peakDeltaBytes").value or 0) <= 201 << 20
    assert 19 << 20 <= (part.measure("peakDeltaBytes").value or 0) <= 21 << 20
    assert (whole.measure("peakBytes").quality, part.measure("peakBytes").quality) == ("exact", "exact")
    assert whole.overlap is False


def test_the_level_is_by_the_nearest_limit(session: Session, shell: InteractiveShell) -> None:
    resident = choose().begin(False).rss
    assert resident is not None
    for limit, level in ((resident * 100, "OK"), (int(resident / 0.85), "WARN"), (resident, "CRIT")):
        session.config.limit_bytes = limit
        shell.run_cell("1;", store_history=True)
        record = session.records.last()
        assert record is not None
        assert record.limit is not None
        assert (record.level, record.limit.source) == (level, "%gorgon limit")
        assert record.limit.share == pytest.approx((record.measure("peakBytes").value or 0) / limit)


def test_the_address_space_counts_where_it_is_limited(kernel_maker: KernelMaker) -> None:
    resource = pytest.importorskip("resource")
    kernel = kernel_maker()
    kernel.run(f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({6 << 30}, {resource.RLIM_INFINITY}))")
    kernel.run("import gorgon; gorgon.session()._limits_read = None", None, store_history=False)
    record = kernel.cost("import mmap; _m = mmap.mmap(-1, 5 << 30); _m.close()")
    assert record["limit"]["source"] == "RLIMIT_AS (ulimit -v)"
    assert record["limit"]["share"] > 5 / 6


def test_a_failing_part_leaves_the_others(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> None:
    class Magics:
        registered = 0
        unregistered = 0

        @classmethod
        def register(cls, ip: object, session: object) -> None:
            cls.registered += 1

        @classmethod
        def unregister(cls, ip: object, session: object) -> None:
            cls.unregistered += 1

    class Link:
        def __init__(self, session: object) -> None:
            raise OSError("no socket")

    monkeypatch.setitem(sys.modules, "gorgon.magics", Magics)
    monkeypatch.setitem(sys.modules, "gorgon.link", type("module", (), {"Link": Link}))
    gorgon.load_ipython_extension(shell)
    found = gorgon.session()
    assert found is not None
    assert any(failure.startswith("link: OSError") for failure in found.failures)
    assert Magics.registered == 1
    shell.run_cell("1;", store_history=True)
    assert len(found.records.all()) == 1
    gorgon.unload_ipython_extension(shell)
    assert Magics.unregistered == 1
    assert gorgon.session() is None


def test_another_shell_takes_over(shell: InteractiveShell) -> None:
    gorgon.load_ipython_extension(shell)
    first = gorgon.session()
    other = InteractiveShell()
    assert other.history_manager is not None
    other.history_manager.enabled = False
    gorgon.load_ipython_extension(other)
    assert gorgon.session() is not first
    assert extension.session() is gorgon.session()
    gorgon.unload_ipython_extension(shell)  # It is not loaded there any more.
    assert gorgon.session() is not None
    gorgon.unload_ipython_extension(other)
