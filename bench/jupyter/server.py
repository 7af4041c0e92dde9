"""A real Jupyter server for the benches: on loopback, in folders of its own, with the wished extensions alone."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

PATIENCE_S = 120.0
_STEP_S = 0.1
#: How long it may take to end its kernels and itself.
_END_S = 20.0


class Server:
    """Use it in an `async with`. Its kernels have the package on their path."""

    def __init__(
        self,
        folder: str,
        package: str,
        extensions: Sequence[str],
        settings: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """settings: more of its configuration, by class."""
        self.root = Path(folder, "notebooks")
        self._folder = Path(folder)
        self._package = package
        self._token = secrets.token_hex(16)
        found = Path(sys.prefix, "etc", "jupyter", "jupyter_server_config.d")
        installed = {name for file in found.glob("*.json") for name in _extensions_of(file)}
        self._config = {
            "ServerApp": {"jpserver_extensions": {name: name in extensions for name in installed | set(extensions)}},
            **(settings or {}),
        }
        self.url = ""
        self.pid = 0

    async def __aenter__(self) -> Server:
        places = {name: self._folder / name for name in ("config", "data", "runtime", "ipython", "state", "run")}
        for place in (self.root, *places.values()):
            place.mkdir(mode=0o700, parents=True)
        (places["config"] / "jupyter_server_config.json").write_text(json.dumps(self._config))
        env = {name: value for name, value in os.environ.items() if not name.startswith(("GORGON_", "JUPYTER"))}
        # What somebody set for the server that runs the bench is none of ours.
        for name in ("MEM_LIMIT", "CPU_LIMIT"):
            env.pop(name, None)
        env |= {
            "JUPYTER_CONFIG_DIR": str(places["config"]),
            "JUPYTER_DATA_DIR": str(places["data"]),
            "JUPYTER_RUNTIME_DIR": str(places["runtime"]),
            "IPYTHONDIR": str(places["ipython"]),
            # So that no worker of Gorgon is found that happens to run here.
            "XDG_STATE_HOME": str(places["state"]),
            "XDG_RUNTIME_DIR": str(places["run"]),
            "JUPYTER_TOKEN": self._token,
            "PYTHONPATH": self._package,
        }
        named = ["--ServerApp.ip=127.0.0.1", "--no-browser", "--allow-root", f"--ServerApp.root_dir={self.root}"]
        self._log = open(self._folder / "server.log", "wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", *named], env=env, stdout=self._log, stderr=subprocess.STDOUT
        )
        self.pid = self._process.pid
        try:
            await self._ready(places["runtime"] / f"jpserver-{self.pid}.json")
        except BaseException:
            self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._end)

    async def get(self, path: str) -> Any:
        """Raises HTTPError where the server says no."""
        return await self._ask("GET", path)

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return await self._ask("POST", path, json.dumps(body or {}))

    async def delete(self, path: str) -> None:
        await self._ask("DELETE", path)

    async def socket(self, path: str) -> WebSocketClientConnection:
        request = HTTPRequest(
            f"{self.url.replace('http', 'ws', 1)}{path}", headers=self.headers, connect_timeout=PATIENCE_S
        )
        return await websocket_connect(request, max_message_size=1 << 28)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"token {self._token}"}

    async def _ask(self, method: str, path: str, body: str | None = None) -> Any:
        request = HTTPRequest(
            f"{self.url}{path}", method, headers=self.headers, body=body, request_timeout=PATIENCE_S, allow_ipv6=False
        )
        answer = await AsyncHTTPClient().fetch(request)
        return json.loads(answer.body) if answer.body else None

    async def _ready(self, announced: Path) -> None:
        """It announces itself once its port is bound."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            if announced.exists():
                try:
                    self.url = json.loads(announced.read_text())["url"]
                    await self.get("api/status")
                    return
                except (ValueError, OSError):
                    pass
            await asyncio.sleep(_STEP_S)
        said = (self._folder / "server.log").read_text(errors="replace").splitlines()[-3:]
        raise RuntimeError(f"The Jupyter server did not begin: {' '.join(said)}")

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            # Kernels end by themselves once their parent is gone.
            self._process.kill()
            self._process.wait()
        self._log.close()


def _extensions_of(file: Path) -> list[str]:
    return list(json.loads(file.read_text()).get("ServerApp", {}).get("jpserver_extensions", {}))
