"""Why a kernel died, as the server that started it knows: from its exit status, its memory group and its last cell."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from .conftest import Lab, until

ROOT_GROUP = Path("/sys/fs/cgroup/memory")

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="[linux] signals are POSIX's")


async def dies(lab: Lab, code: str, path: str = "nb.ipynb") -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Runs a cell that ends its kernel; the death as pages are told it, and the records they got."""
    kernel = await lab.start(path)
    async with lab.page() as page:
        await until(lambda: page.kernel(kernel), "the state comes")
        lab.send(kernel, code, "deadly")
        (death,) = await until(lambda: page.deaths, "the death is told")
        await until(lambda: page.records, "what was seen of its cell is told")
        await until(lambda: page.state.get("deaths"), "it stands in the state")
        assert page.state["deaths"][0]["id"] == death["id"]
        assert death["kernelId"] == kernel and death["path"] == path
        assert death["cell"]["id"] == "deadly"
        return death, page.records


WAIT = "import time, os, signal\nx = bytearray(30 << 20)\ntime.sleep(1.2)\n"


async def test_a_kernel_that_is_killed(lab: Lab) -> None:
    death, records = await dies(lab, WAIT + "os.kill(os.getpid(), signal.SIGKILL)")
    assert (death["cause"], death["signal"]) == ("signal", "SIGKILL")
    assert death["evidence"][0]["source"] == "parent"
    assert "SIGKILL" in death["evidence"][0]["says"]
    assert death["sentence"].startswith("The kernel was killed (SIGKILL)")
    assert death["lastBytes"] > 30 << 20
    record = records[-1]["record"]
    assert record["outcome"] == "died" and record["by"] == "outside"
    assert record["measures"]["peakBytes"]["value"] > 30 << 20


async def test_a_kernel_that_exits(lab: Lab) -> None:
    death, _ = await dies(lab, WAIT + "os._exit(3)")
    assert (death["cause"], death["exitCode"], death["signal"]) == ("exit", 3, "")
    assert "exit code 3 in In [" in death["sentence"]


async def test_a_kernel_that_breaks(lab: Lab) -> None:
    death, _ = await dies(lab, WAIT + "import ctypes\nctypes.string_at(0)")
    assert (death["cause"], death["signal"]) == ("segfault", "SIGSEGV")
    assert {"source": "faulthandler", "says": "faulthandler wrote: Fatal Python error: Segmentation fault"} in death[
        "evidence"
    ]


def writable_group() -> Path | None:
    """A new memory group of version 1 in which kernels can be put; None where that may not be done."""
    group = ROOT_GROUP / f"gorgon-test-{os.getpid()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(400 << 20))
        return group
    except OSError:
        return None


async def test_a_kernel_that_is_killed_for_want_of_memory(lab: Lab, gorgon: Any) -> None:
    group = writable_group()
    if group is None:
        pytest.skip("[cgroup-v1] no memory group of version 1 can be made here")
    try:
        kernel = await lab.start("big.ipynb")
        pid = (await lab.kernel(kernel))["pid"]
        (group / "cgroup.procs").write_text(str(pid))
        async with lab.page() as page:
            # The watcher counts from when it is told; it is told anew after a greeting.
            watch = gorgon.watch
            watch.watching.forget(pid)
            await until(lambda: not watch.watching.watches(pid), "it is forgotten")
            one = watch._kernels[kernel]
            watch.watching.watch(pid, one.started_at, one.faults)
            await until(lambda: watch.watching.watches(pid), "it is watched in its new group")
            lab.send(
                kernel, "import time\nx = []\nfor i in range(80):\n  x.append(b'x' * (10 << 20)); time.sleep(.02)", "c"
            )
            (death,) = await until(lambda: page.deaths, "the death is told")
        assert death["cause"] == "oom" and death["signal"] == "SIGKILL"
        assert death["limit"] == {"bytes": 400 << 20, "source": f"cgroup /{group.name}"}
        assert "killed for want of memory in In [" in death["sentence"] and group.name in death["sentence"]
        assert {"parent", "cgroup", "last-sample"} <= {one["source"] for one in death["evidence"]}
    finally:
        for pid_text in (group / "cgroup.procs").read_text().split():
            os.kill(int(pid_text), signal.SIGKILL)
        await until(lambda: not (group / "cgroup.procs").read_text().split(), "the group is empty")
        group.rmdir()


@pytest.mark.parametrize("how", ["restart", "shutdown"])
async def test_an_end_that_was_asked_for_is_no_alarm(lab: Lab, how: str) -> None:
    kernel = await lab.start("nb.ipynb")
    await lab.run(kernel, "1 + 1", "one")
    async with lab.page() as page:
        await until(lambda: page.kernel(kernel), "the state comes")
        lab.send(kernel, "import time\ntime.sleep(30)", "long")
        await until(lambda: page.kernel(kernel).get("running"), "it runs")
        before = (await lab.kernel(kernel))["pid"]
        if how == "restart":
            await lab.fetch("api", "kernels", kernel, "restart", method="POST", allow_nonstandard_methods=True)
            await until(lambda: page.kernel(kernel).get("pid") not in (None, before), "the new process is seen")
        else:
            await lab.fetch("api", "kernels", kernel, method="DELETE")
            await until(lambda: not page.kernel(kernel), "it is gone")
        (death,) = await until(lambda: page.state["deaths"], "its end is remembered")
        assert death["cause"] == "ended" and death["sentence"] == "The kernel was asked to end, and it did."
        assert not page.deaths, "nobody is alarmed"
    state = await lab.state()
    assert not [one for one in state["host"]["alerts"] if one["id"].startswith("kernel-died")]
    kept = await lab.records(path="nb.ipynb")
    assert [(one["cell"]["id"], one["outcome"]) for one in kept] == [("one", "ok"), ("long", "interrupted")]


async def test_a_death_rings_the_bell_and_the_restarted_kernel_is_watched(lab: Lab, gorgon: Any) -> None:
    kernel = await lab.start("nb.ipynb")
    first = (await lab.kernel(kernel))["pid"]
    os.kill(first, signal.SIGKILL)

    async def alert() -> Any:
        host = (await lab.state())["host"]
        return [one for one in host["alerts"] if one["id"].startswith("kernel-died")] and host

    host = await until(alert, "the bell rings")
    assert host["level"] == "CRIT" and "killed (SIGKILL)" in host["headline"]

    async def another() -> bool:
        return (await lab.kernel(kernel)).get("pid") not in (None, first)

    await until(another, "Jupyter starts it anew, and it is watched")
    await lab.connect(kernel)
    await lab.run(kernel, "%load_ext gorgon")
    await until(lambda: lab.measured(kernel), "its package finds the server again")


async def test_without_the_watcher_the_parent_still_knows(lab: Lab, gorgon: Any) -> None:
    gorgon.watch.watching.python = "/nowhere/python"
    kernel = await lab.start("nb.ipynb")
    await until(lambda: gorgon.watch.watching.why, "it cannot be started")
    assert any("watcher does not start" in note for note in (await lab.state())["notes"])
    os.kill((await lab.kernel(kernel))["pid"], signal.SIGKILL)
    death = await until(lambda: gorgon.watch.deaths.within(), "the death is seen")
    assert death[0]["cause"] == "signal" and death[0]["signal"] == "SIGKILL"
