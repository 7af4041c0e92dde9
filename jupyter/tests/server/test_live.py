"""Pages are told of kernels, cells and their costs, by REST and live."""

from __future__ import annotations

from typing import Any

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
