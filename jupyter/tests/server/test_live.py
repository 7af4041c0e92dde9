"""Pages are told of kernels, cells and their costs, by REST and live."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import Any

import pytest

from .conftest import Lab, until


async def test_a_page_sees_a_cell_begin_and_end(lab: Lab) -> None:
    kernel = await lab.start("train.ipynb")
    async with lab.page() as page:
        await until(lambda: page.kernel(kernel), "the state comes first")
        lab.send(kernel, "import time\ndata = bytearray(60 << 20)\ntime.sleep(1.5)", "cell-1")

        def running() -> Any:
            found = page.kernel(kernel).get("running")
            return found if found and found["peakBytes"] > 60 << 20 else None

        seen = await until(running, "it runs, with its peak as seen from outside")
        assert seen["cell"]["id"] == "cell-1"
        told = await until(lambda: page.records, "its record comes")
        assert told[0]["kernelId"] == kernel and told[0]["path"] == "train.ipynb"
        record = told[0]["record"]
        assert record["cell"]["id"] == "cell-1" and record["by"] == "kernel"
        assert record["measures"]["peakDeltaBytes"]["value"] > 55 << 20
        await until(lambda: page.kernel(kernel).get("running") is None, "it is idle again")
    shown = await lab.kernel(kernel)
    assert shown["path"] == "train.ipynb" and shown["local"] and shown["name"] == "python3"
    assert shown["usage"]["rssBytes"] > 10 << 20 and shown["usage"]["threads"] >= 1
    assert shown["limit"]["bytes"] > 0 and shown["level"] == "OK"
    assert [one["id"] for one in await lab.records(kernel=kernel)] == [record["id"]]
    state = await lab.state()
    assert state["v"] == 1 and state["deaths"] == []
    assert state["host"]["by"] == "server" and {"cpu", "memory"} <= {one["id"] for one in state["host"]["levels"]}


async def test_records_outlive_the_kernel_and_the_page(lab: Lab) -> None:
    kernel = await lab.start("nb.ipynb")
    await lab.run(kernel, "1 + 1", "a")
    await until(lambda: lab.records(path="nb.ipynb"), "the first is kept")
    await lab.fetch("api", "kernels", kernel, "restart", method="POST", allow_nonstandard_methods=True)
    await lab.connect(kernel)
    await lab.run(kernel, "%load_ext gorgon")
    await until(lambda: lab.measured(kernel), "the new one greets")
    await lab.run(kernel, "2 + 2", "b")

    async def both() -> bool:
        return [one["cell"]["id"] for one in await lab.records(kernel=kernel)] == ["a", "b"]

    await until(both, "those of both are kept")
    await lab.fetch("api", "kernels", kernel, method="DELETE")
    first, second = await lab.records(path="nb.ipynb")
    assert first["kernel"]["pid"] != second["kernel"]["pid"]
    assert [one["id"] for one in await lab.records(path="nb.ipynb", since=first["id"])] == [second["id"]]
    assert await lab.records(path="other.ipynb") == []


async def test_a_renamed_notebook_keeps_its_records(lab: Lab) -> None:
    kernel = await lab.start("old.ipynb")
    await lab.run(kernel, "1 + 1", "a")
    await until(lambda: lab.records(path="old.ipynb"), "it is kept")
    (session,) = json.loads((await lab.fetch("api", "sessions")).body)
    body = json.dumps({"path": "new.ipynb", "name": "new.ipynb", "type": "notebook"})
    await lab.fetch("api", "sessions", session["id"], method="PATCH", body=body)

    async def moved() -> bool:
        await lab.state()
        return len(await lab.records(path="new.ipynb")) == 1

    await until(moved, "it follows")
    assert (await lab.kernel(kernel))["path"] == "new.ipynb"


async def test_two_pages_and_a_hidden_one(lab: Lab) -> None:
    kernel = await lab.start("nb.ipynb")
    async with lab.page() as seen, lab.page() as hidden:
        await until(lambda: seen.states and hidden.states, "both are told at first")
        hidden.say(visible=False)
        before = len(hidden.states)
        await lab.run(kernel, "1 + 1", "a")
        await until(lambda: seen.records and hidden.records, "both get the record at once")
        await until(lambda: len(seen.states) >= 4, "who looks is told again and again")
        assert len(hidden.states) - before <= 1
        hidden.say(visible=True)
        await until(lambda: len(hidden.states) > before + 1, "who looks again is told")


async def test_a_kernel_without_the_package_is_seen_from_outside(lab: Lab) -> None:
    kernel = await lab.start("plain.ipynb", load=False)

    async def seen() -> bool:
        return (await lab.kernel(kernel)).get("usage") is not None

    await until(seen, "it is looked at")
    found = await lab.kernel(kernel)
    assert not found["measured"] and found["running"] is None and found["usage"]["rssBytes"] > 1 << 20


async def test_an_unloaded_package_is_heard_no_more(lab: Lab) -> None:
    kernel = await lab.start("nb.ipynb")
    await lab.run(kernel, "%unload_ext gorgon")

    async def parted() -> bool:
        return not await lab.measured(kernel)

    await until(parted, "it is not measured any more")


async def test_a_frozen_kernel_is_answered_in_the_page(lab: Lab) -> None:
    kernel = await lab.start("nb.ipynb")
    async with lab.page() as page:
        await lab.run(kernel, "%gorgon limit 600MiB")
        await until(lambda: page.kernel(kernel).get("guard"), "its guard speaks to the server")
        code = (
            "import time\nx = []\nfor i in range(120):\n try:\n  x.append(b'x' * (8 << 20)); time.sleep(.01)\n"
            " except KeyboardInterrupt: pass\nlen(x)"
        )
        lab.send(kernel, code, "greedy")
        await until(lambda: page.kernel(kernel)["guard"]["phase"] == "frozen", "it is frozen")
        assert page.kernel(kernel)["limit"] == {"bytes": 600 << 20, "source": "%gorgon limit"}
        state = await until(lambda: page.state["host"]["level"] == "CRIT" and page.state, "the bell rings")
        assert "is frozen by its memory guard" in state["host"]["headline"]
        body = json.dumps({"kernel": kernel, "answer": "end"})
        answer = await lab.fetch("gorgon", "api", "guard", method="POST", body=body)
        assert json.loads(answer.body) == {}
        await until(lambda: page.state["deaths"], "it ends")


class Restless:
    """Measures the longest time for which the event loop did nothing else."""

    def __init__(self) -> None:
        self.worst = 0.0
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            self.worst = max(self.worst, now - last - 0.001)
            last = now

    def stop(self) -> float:
        self._task.cancel()
        return self.worst


async def test_a_file_that_hangs_holds_up_neither_the_server_nor_other_kernels(
    lab: Lab, gorgon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernels = [await lab.start(f"{number}.ipynb") for number in range(5)]
    stuck = gorgon.watch._kernels[kernels[0]]
    free = threading.Event()
    monkeypatch.setattr(stuck, "look", free.wait)
    monkeypatch.setattr("gorgon.server.host.disk_use", lambda _: free.wait() and None)
    try:
        async with lab.page() as page:
            await until(lambda: len(page.states) > 2, "states come")
            await until(lambda: stuck.looking, "it hangs")
            # What the tests do themselves in this loop counts, too: the page's end and each client are in it.
            probe = Restless()
            counts = [len(one.looks.between(0, 1e15)) for one in gorgon.watch.kernels]
            for kernel in kernels:
                lab.send(kernel, "x = [bytes(1000) for _ in range(100_000)]\nimport time\ntime.sleep(1)", "c")
            await until(lambda: len(page.records) == 5, "all records come")
            worst = probe.stop()
            grew = [
                len(one.looks.between(0, 1e15)) - count for one, count in zip(gorgon.watch.kernels, counts, strict=True)
            ]
        assert grew[0] == 0 and all(count > 0 for count in grew[1:])
        print(f"worst gap of the event loop: {worst * 1000:.1f} ms")
        assert worst < 0.1
    finally:
        free.set()
