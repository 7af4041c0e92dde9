"""A real Jupyter server with the extension in the tests' own event loop, and real kernels in it."""

from __future__ import annotations

import asyncio
import json
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.asynchronous.client import AsyncKernelClient

pytest_plugins = ["pytest_jupyter.jupyter_server"]

FOLDER = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60.0


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, jp_runtime_dir: Path) -> None:
    """Nothing of the person who runs the tests: no worker, no profile, no kernels."""
    for name in ("GORGON_ENDPOINT", "GORGON_SERVER", "GORGON_LOG", "MEM_LIMIT", "CPU_LIMIT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(FOLDER))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(jp_runtime_dir))


@pytest.fixture
def jp_runtime_dir() -> Iterator[Path]:
    """Short: the kernels' sockets lie there."""
    with tempfile.TemporaryDirectory(prefix="gorgon-") as folder:
        yield Path(folder)


@pytest.fixture
def jp_server_config() -> dict[str, Any]:
    return {
        "ServerApp": {"jpserver_extensions": {"gorgon": True}},
        # Sockets in a folder: free ports can be taken by another test before the kernel has them.
        "MultiKernelManager": {"default_kernel_name": "python3"},
        "KernelManager": {"transport": "ipc"},
        "Gorgon": {"idle_seconds": 1.0},
    }


@pytest.fixture
def gorgon(jp_serverapp: Any) -> Any:
    """The extension as it is loaded."""
    (app,) = jp_serverapp.extension_manager.extension_apps["gorgon"]
    return app


async def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """The first true value of the condition."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if isinstance(value, Awaitable):
            value = await value
        if value:
            return value
        assert time.monotonic() < end, f"Nothing came of it in {seconds} s: {what}"
        await asyncio.sleep(0.01)


class Lab:
    """What a page does, by REST and WebSocket."""

    def __init__(self, serverapp: Any, fetch: Any, ws_fetch: Any) -> None:
        self.serverapp = serverapp
        self.fetch = fetch
        self.ws_fetch = ws_fetch
        self.clients: dict[str, AsyncKernelClient] = {}

    async def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((await self.fetch("gorgon", "api", "state")).body)
        return found

    async def records(self, **asked: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((await self.fetch("gorgon", "api", "records", params=asked)).body)[
            "records"
        ]
        return found

    async def start(self, path: str = "", load: bool = True) -> str:
        """A kernel, with a session of that notebook where a path is given; answers with its id."""
        if path:
            body = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
            answer = await self.fetch("api", "sessions", method="POST", body=json.dumps(body))
            kernel: str = json.loads(answer.body)["kernel"]["id"]
        else:
            answer = await self.fetch("api", "kernels", method="POST", body=json.dumps({"name": "python3"}))
            kernel = json.loads(answer.body)["id"]
        await self.connect(kernel)
        if load:
            await self.run(kernel, "%load_ext gorgon", store_history=False)
            await until(lambda: self.measured(kernel), "the package greets the server")
        return kernel

    async def connect(self, kernel: str) -> None:
        # Two of one session have one name at the kernel, which then answers the first alone.
        if kernel in self.clients:
            self.clients.pop(kernel).stop_channels()
        manager = self.serverapp.kernel_manager.get_kernel(kernel)
        client = manager.client()
        client.session = client.session.clone()
        client.session.session = secrets.token_hex(8)
        client.start_channels()
        self.clients[kernel] = client
        await client.wait_for_ready(timeout=PATIENCE)

    def send(self, kernel: str, code: str, cell: str = "", **how: Any) -> str:
        client = self.clients[kernel]
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        content.update(how)
        message = client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
        client.shell_channel.send(message)
        name: str = message["header"]["msg_id"]
        return name

    async def run(self, kernel: str, code: str, cell: str = "", **how: Any) -> dict[str, Any]:
        name = self.send(kernel, code, cell, **how)
        end = time.monotonic() + PATIENCE
        while True:
            reply = await self.clients[kernel].get_shell_msg(timeout=max(0.1, end - time.monotonic()))
            if reply["parent_header"].get("msg_id") == name:
                content: dict[str, Any] = reply["content"]
                return content

    async def kernel(self, kernel: str) -> dict[str, Any]:
        """As the state tells it."""
        return next((one for one in (await self.state())["kernels"] if one["id"] == kernel), {})

    async def measured(self, kernel: str) -> bool:
        return (await self.kernel(kernel)).get("measured") is True

    @asynccontextmanager
    async def page(self) -> AsyncIterator[Page]:
        socket = await self.ws_fetch("gorgon", "api", "live")
        page = Page(socket)
        try:
            yield page
        finally:
            socket.close()
            page.reading.cancel()


class Page:
    """One open WebSocket; what it is told is kept."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.states: list[dict[str, Any]] = []
        self.records: list[dict[str, Any]] = []
        self.deaths: list[dict[str, Any]] = []
        self.closed = False
        self.reading = asyncio.get_running_loop().create_task(self._read())

    async def _read(self) -> None:
        while (text := await self.socket.read_message()) is not None:
            message = json.loads(text)
            if "state" in message:
                self.states.append(message["state"])
            elif "record" in message:
                self.records.append(message)
            elif "death" in message:
                self.deaths.append(message["death"])
        self.closed = True

    def say(self, **message: Any) -> None:
        self.socket.write_message(json.dumps(message))

    @property
    def state(self) -> dict[str, Any]:
        return self.states[-1] if self.states else {}

    def kernel(self, kernel: str) -> dict[str, Any]:
        return next((one for one in self.state.get("kernels", []) if one["id"] == kernel), {})


@pytest.fixture
def lab(
    gorgon: Any, jp_serverapp: Any, jp_fetch: Any, jp_ws_fetch: Any, jp_asyncio_loop: asyncio.AbstractEventLoop
) -> Iterator[Lab]:
    lab = Lab(jp_serverapp, jp_fetch, jp_ws_fetch)
    yield lab
    for client in lab.clients.values():
        client.stop_channels()
    jp_asyncio_loop.run_until_complete(gorgon.stop_extension())
    jp_asyncio_loop.run_until_complete(jp_serverapp.kernel_manager.shutdown_all(now=True))
