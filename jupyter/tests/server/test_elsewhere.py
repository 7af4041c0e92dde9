"""Where something is missing, the rest works, and it is said."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from gorgon.server import door as door_module
from gorgon.server.hooks import Hooks
from gorgon.server.records import Records
from gorgon.server.threads import Threads
from gorgon.server.watch import Watch

from .conftest import Lab, until


class GatewayMappingKernelManager:
    """As jupyter_server's: its kernels are elsewhere."""

    def list_kernel_ids(self) -> list[str]:
        return ["far-away"]


class Sessions:
    async def list_sessions(self) -> list[dict[str, Any]]:
        return [{"path": "nb.ipynb", "kernel": {"id": "far-away"}}]


async def test_kernels_of_a_gateway_are_named_and_not_touched(jp_asyncio_loop: Any) -> None:
    threads = Threads()
    watch = Watch(
        GatewayMappingKernelManager(),
        Sessions(),
        threads,
        Records(5, 5, 1 << 20),
        version="1",
        log=logging.getLogger("test"),
        sample_s=0.25,
        idle_s=0.25,
        prepare=lambda _: None,
    )
    watch.start()
    try:
        await until(lambda: watch.kernels and watch.kernels[0].path, "it is seen")
        (found,) = [one.state() for one in watch.kernels]
        assert found["id"] == "far-away" and found["path"] == "nb.ipynb"
        assert found["local"] is False and found["pid"] is None and found["usage"] is None
        assert "run at a gateway" in watch.notes[0]
    finally:
        await watch.close()
        threads.close()


async def test_without_a_folder_of_ones_own_kernels_are_seen_from_outside(
    lab: Lab, gorgon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await until(lambda: gorgon.watch.door.announcement, "it is announced")
    await gorgon.watch.door.close()
    monkeypatch.setattr(
        door_module.runtime, "ensure_runtime_folder", lambda **_: (_ for _ in ()).throw(OSError("read-only"))
    )
    await gorgon.watch.door.open()
    assert "read-only" in gorgon.watch.door.why
    kernel = await lab.start("nb.ipynb", load=False)
    reply = await lab.run(kernel, "import os\nassert 'GORGON_SERVER' not in os.environ")
    assert reply["status"] == "ok"
    assert any("read-only" in note for note in (await lab.state())["notes"])


async def test_hooks_go_without_a_trace(jp_asyncio_loop: Any) -> None:
    class Manager:
        async def start_kernel(self, **named: Any) -> str:
            return "k"

        async def restart_kernel(self, kernel_id: str) -> None: ...
        async def shutdown_kernel(self, kernel_id: str, now: bool = False) -> None: ...

    manager = Manager()
    seen: list[str] = []

    async def prepare(named: dict[str, Any]) -> None:
        named["env"] = {"A": "1"}

    hooks = Hooks(manager, prepare, seen.append, seen.append)
    hooks.attach()
    await manager.start_kernel()
    await manager.shutdown_kernel("k", now=True)
    assert seen == ["k", "k"]
    hooks.detach()
    assert "start_kernel" not in vars(manager)
    await manager.start_kernel()
    assert len(seen) == 2


async def test_more_hanging_calls_than_threads_do_not_keep_the_server_from_ending(jp_asyncio_loop: Any) -> None:
    threads = Threads(most=2)
    assert await threads.call(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await threads.call(lambda: 1 / 0)
    threads.close()
    with pytest.raises(asyncio.CancelledError):
        await threads.call(lambda: 7)


async def test_one_setting_loads_the_package_into_every_kernel(lab: Lab, gorgon: Any) -> None:
    gorgon.measure_kernels = True
    kernel = await lab.start("nb.ipynb", load=False)
    await until(lambda: lab.measured(kernel), "it is measured by itself")
    await lab.run(kernel, "1 + 1", "a")
    await until(lambda: lab.records(kernel=kernel), "its cells leave records")


async def test_a_child_kernel_does_not_speak_for_its_parent(lab: Lab, tmp_path: Path) -> None:
    kernel = await lab.start("nb.ipynb")
    code = (
        "from jupyter_client.manager import start_new_kernel\nm, c = start_new_kernel()\n"
        "c.execute_interactive('%load_ext gorgon\\nimport time; time.sleep(1)')\n"
        "c.execute_interactive('1 + 1')\nimport time; time.sleep(1)\nm.shutdown_kernel(now=True)"
    )
    reply = await lab.run(kernel, code, "outer")
    assert reply["status"] == "ok", reply
    records = await until(lambda: lab.records(kernel=kernel), "the parent's cell is told")
    assert {one["cell"]["id"] for one in records} == {"outer"}
    assert len({one["kernel"]["pid"] for one in records}) == 1


def test_no_file_of_the_kernels_part_needs_jupyter() -> None:
    """Imported in any kernel: what is of the server stays in its folder."""
    folder = Path(door_module.__file__).parents[1]
    for file in folder.rglob("*.py"):
        if file.parent.name != "server":
            text = file.read_text()
            assert "jupyter_server" not in text.replace("_jupyter_server_extension_points", ""), file
            assert "tornado" not in text, file
    assert os.path.exists(folder / "server" / "app.py")
