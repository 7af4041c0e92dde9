"""The bell in the browser: a worker's where there is one, else this server's own, in the same words."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
from traitlets import TraitError

from gorgon import runtime
from gorgon.server import machine
from gorgon.server.app import Gorgon
from gorgon.server.host import Host, _Line, check_thresholds, rules
from gorgon.server.levels import Standing, Thresholds
from gorgon.server.machine import Machine, Use

from .conftest import Lab, until

sys.path.insert(0, str(Path(__file__).parents[1]))
from beside import Worker

GIB = 1 << 30


def test_a_level_must_stand_and_is_left_a_little_lower() -> None:
    standing = Standing(Thresholds(0.8, 0.95, 0.77, 0.92), for_s=10)
    seen = [
        standing.see(value, now) for now, value in ((0, 0.5), (1, 0.85), (9, 0.85), (11, 0.85), (12, 0.78), (13, 0.76))
    ]
    assert seen == ["OK", "OK", "OK", "WARN", "WARN", "OK"]
    seen = [standing.see(value, now) for now, value in ((20, 0.96), (25, 0.85), (26, 0.96), (30, 0.96), (36, 0.96))]
    assert seen == ["OK", "OK", "OK", "WARN", "CRIT"]
    assert standing.see(None, 40) == "UNKNOWN"


def test_an_alert_can_go_on_for_a_while() -> None:
    standing = Standing(Thresholds(0.1, 0.4, 0.05, 0.2), keep_s=60)
    assert [standing.see(value, now) for now, value in ((0, 0.2), (30, 0.0), (61, 0.0))] == ["WARN", "WARN", "OK"]


def test_the_numbers_are_those_of_the_workers_rules() -> None:
    bell = (Path(__file__).parents[3] / "docs" / "bell.md").read_text()
    for name, rule in rules().items():
        row = next(
            line
            for line in bell.splitlines()
            if line.startswith(f"| `{'memory-pressure' if name == 'pressure' else name}`")
        )
        _, _, warn, crit, length, *_ = [cell.strip() for cell in row.split("|")]
        shown = [
            f"{value * 100:g} %" if value is not None else "" for value in (rule.thresholds.warn, rule.thresholds.crit)
        ]
        assert [warn, crit] == shown, name
        assert length == (f"{rule.for_s / 60:g} min" if rule.for_s >= 60 else f"{rule.for_s:g} s"), name


@pytest.mark.parametrize(
    "wrong",
    [
        {"gpu": {}},
        {"cpu": 5},
        {"cpu": {"warn": 2}},
        {"cpu": {"warn": 0.9, "crit": 0.5}},
        {"cpu": {"for": -1}},
        {"cpu": {"x": 1}},
    ],
    ids=str,
)
def test_thresholds_that_are_wrong_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises((TraitError, ValueError), match="thresholds"):
        Gorgon(thresholds=wrong)


def test_words_of_what_is_the_matter() -> None:
    def line(name: str, value: float, level: str) -> _Line:
        one = _Line(rules()[name], name, name, "/home", Standing(rules()[name].thresholds), Use(value, ""))
        one.standing.level = level
        return one

    assert line("cpu", 0.91, "CRIT").words() == "CPU is busy: 91.0 %"
    assert line("memory", 0.96, "CRIT").words() == "memory is running out: 96.0 %"
    assert line("disk", 0.9, "WARN").words() == "disk /home is filling up: 90.0 %"


# --- what is measured ---


def system(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


MEMINFO = "MemTotal:       16777216 kB\nMemAvailable:   4194304 kB\nSwapTotal: 1048576 kB\nSwapFree: 524288 kB\n"


def test_a_machine_without_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cpu_limits", lambda _: [])
    system(tmp_path, proc__meminfo=MEMINFO, proc__stat="cpu  100 0 0 100 0 0 0 0 0 0\n", proc__vmstat="oom_kill 3\n")
    system(
        tmp_path,
        proc__pressure__memory="some avg10=1.00 avg60=0 avg300=0 total=1\nfull avg10=12.50 avg60=0 avg300=0 total=1\n",
    )
    one = Machine(str(tmp_path))
    first = one.look(0)
    assert first.cpu.value is None and first.memory.value == 0.75 and first.swap == Use(0.5, "512 MiB of 1.00 GiB")
    assert first.pressure is not None and first.pressure.value == 0.125 and first.kills == ("", 3)
    (tmp_path / "proc/stat").write_text("cpu  175 0 0 120 5 0 0 0 0 0\n")
    assert one.look(0).cpu.value == 0.75


def test_a_container_of_version_2(tmp_path: Path) -> None:
    system(tmp_path, proc__meminfo=MEMINFO, proc__self__cgroup="0::/pod\n", proc__vmstat="oom_kill 9\n")
    system(tmp_path, proc__self__mountinfo="30 1 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
    group = "sys__fs__cgroup__pod__"
    system(tmp_path, **{f"{group}memory.max": str(2 * GIB), f"{group}memory.current": str(2 * GIB)})
    system(tmp_path, **{f"{group}memory.stat": f"anon 1\ninactive_file {GIB}\n"})
    system(tmp_path, **{f"{group}memory.events": "oom 4\noom_kill 2\noom_group_kill 0\n"})
    found = Machine(str(tmp_path)).look(0)
    assert found.memory == Use(0.5, "1.00 GiB of 2.00 GiB (cgroup /pod)")
    # The machine's count holds what happened to others in their containers.
    assert found.kills == ("/pod", 2)


def test_a_hubs_limit_that_no_group_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEM_LIMIT", str(4 * GIB))
    system(tmp_path, proc__meminfo=MEMINFO, proc__vmstat="oom_kill 9\n")
    found = Machine(str(tmp_path)).look(3 * GIB)
    assert found.memory == Use(0.75, "3.00 GiB of 4.00 GiB (MEM_LIMIT, by this server and its kernels)")
    # Others of the hub have their kernels on the same machine.
    assert found.kills is None


def test_kills_are_told_where_they_are_counted(gorgon: Any) -> None:
    host = gorgon.host

    def told(kills: tuple[str, int] | None) -> bool:
        host._judge([], kills)
        return any(one["id"] == "oom" and one["endedAt"] is None for one in host.view()["alerts"])

    host._looked = True
    assert not told(("/pod", 2))
    assert told(("/pod", 3))
    # Moved to where much had happened before.
    assert not told(("/other", 70))


def test_a_system_that_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "machine_memory", lambda _: None)
    monkeypatch.setattr(machine, "_available", lambda: None)
    found = Machine(str(tmp_path)).look(0)
    assert found.memory.value is None and found.swap is None and found.pressure is None and found.kills is None


# --- in a server ---


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any]) -> dict[str, Any]:
    jp_server_config["Gorgon"].update(prometheus=True, thresholds={"memory": {"warn": 0.001, "crit": 0.99, "for": 1}})
    return jp_server_config


async def test_the_bell_rings_by_itself(lab: Lab) -> None:
    async def rings() -> Any:
        host = (await lab.state())["host"]
        return host and host["level"] == "WARN" and host

    async with lab.page():
        host = await until(rings, "it rings")
    assert host["node"] == socket.gethostname() and host["headline"].startswith("Memory is getting short: ")
    (alert,) = host["alerts"]
    assert alert["id"] == "memory" and alert["endedAt"] is None and alert["message"] == host["headline"]
    assert {one["id"].split()[0] for one in host["levels"]} >= {"cpu", "memory", "disk"}
    assert all(len(one["points"]) >= 1 for one in host["levels"] if one["value"] is not None)


async def test_a_workers_bell_is_taken_while_there_is_one(
    lab: Lab, gorgon: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class HostWorker(Worker):
        view: ClassVar[Any] = {"error": {"code": -32000, "message": "kernel/host is not known here"}}

        def _hear(self, method: str, params: Any) -> dict[str, Any] | None:
            if method == "kernel/host":
                self.heard.append((method, params))
                return self.view  # type: ignore[no-any-return]
            return super()._hear(method, params)

    place = Path(runtime.announcement_file())
    worker = HostWorker(place.parent)
    worker.announce()

    async def by(what: str) -> bool:
        host = (await lab.state())["host"]
        return bool(host) and host["by"] == what

    try:
        async with lab.page():
            await until(lambda: worker.of("kernel/host"), "it is asked")
            assert worker.greetings[0]["role"] == "server" and worker.greetings[0]["kernel"]["language"] == "jupyter"
            await until(lambda: gorgon.host.notes, "an older worker is named")
            assert "does not tell a Jupyter server its bell" in gorgon.host.notes[0] and await by("server")
            level = {"id": "gpu", "title": "GPU", "level": "CRIT", "value": 1, "unit": "1", "detail": "", "points": []}
            view = {
                "time": 1,
                "node": "box",
                "by": "worker",
                "level": "CRIT",
                "headline": "GPU is full",
                "levels": [level],
            }
            worker.view = {"result": {**view, "alerts": []}}
            worker.cut()
            await until(lambda: by("worker"), "the worker's bell is shown")
            host = (await lab.state())["host"]
            assert host["headline"] == "GPU is full" and not gorgon.host.notes
            await until(lambda: {"watched": True} in worker.of("kernel/host"), "it hears that a page is in sight")
            worker.close()
            gorgon.host._worker_view = (gorgon.host._worker_view[0] - 60, gorgon.host._worker_view[1])
            await until(lambda: by("server"), "without it the server's own is")
    finally:
        worker.close()


async def test_a_workers_note_that_is_another_users_is_not_trusted_and_that_is_said(lab: Lab, gorgon: Any) -> None:
    if os.getuid() != 0:
        pytest.skip("[two-users] only root can give a file to another user")
    place = Path(runtime.announcement_file())
    place.parent.mkdir(parents=True, mode=0o700)
    place.write_text(json.dumps({"pid": 1, "socket": "/tmp/x", "token": "/tmp/y"}))
    place.chmod(0o600)
    os.chown(place, 65534, 65534)

    async def said() -> bool:
        return any("belongs to another user" in note for note in (await lab.state())["notes"])

    await until(said, "it is said")
    assert (await lab.state())["host"]["by"] == "server"


async def test_metrics_for_who_may_ask(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = await lab.start('we"ird\\.ipynb')
    await until(lambda: lab.kernel(kernel), "it is there")

    async def text() -> str:
        answer = await lab.fetch("gorgon", "metrics")
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
        return str(answer.body.decode())

    async def whole() -> str:
        found = await text()
        return found if "gorgon_kernel_memory_bytes{" in found and "gorgon_value_ratio" in found else ""

    found = await until(whole, "all is known")
    assert found.endswith("# EOF\n") and "gorgon_kernels 1\n" in found
    assert f'gorgon_kernel_running{{kernel="{kernel}",name="python3",path="we\\"ird\\\\.ipynb"}} 0\n' in found
    names = [line.split(" ")[2] for line in found.splitlines() if line.startswith("# TYPE")]
    assert len(names) == len(set(names))


async def test_a_kernel_near_the_hubs_limit(lab: Lab, gorgon: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEM_LIMIT", str(400 << 20))
    kernel = await lab.start("nb.ipynb")
    async with lab.page() as page:
        lab.send(kernel, "x = b'x' * (300 << 20)\nimport time\ntime.sleep(3)", "big")
        found = await until(
            lambda: page.kernel(kernel).get("level") in ("WARN", "CRIT") and page.kernel(kernel),
            "it comes near its limit",
        )
        assert found["limit"] == {"bytes": 400 << 20, "source": "MEM_LIMIT"}
        state = await until(
            lambda: any(one["id"].startswith("kernel-memory") for one in page.state["host"]["alerts"]) and page.state,
            "the bell says so",
        )
    assert "nb.ipynb comes near its memory limit" in json.dumps(state["host"]) or "about to reach" in json.dumps(
        state["host"]
    )


def test_a_host_that_was_never_looked_at(jp_asyncio_loop: Any) -> None:
    one = Host.__new__(Host)
    one._worker_view, one._looked = None, False
    assert one.view() is None and one.bell() is None


def test_check_thresholds_keeps_the_rest() -> None:
    assert check_thresholds({"cpu": {"warn": 0.5}})["memory"] == rules()["memory"]
