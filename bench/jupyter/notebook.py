"""A kernel of a Jupyter server as a page has it: started by a request, spoken to over a WebSocket."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from server import PATIENCE_S, Server
from tornado.websocket import WebSocketClientConnection


class CellFailed(Exception):
    """A cell ended with an error, which is the message."""


@dataclass
class Run:
    """One run of a cell: what the page heard of it."""

    cell_id: str
    printed: str = ""
    failed: str = ""
    #: As JupyterLab's recordTiming stores it in the cell's metadata.
    timing: dict[str, str] = field(default_factory=dict)
    replied: bool = False
    idle: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def time(self, name: str) -> float:
        """Seconds since the epoch, by the kernel's clock."""
        return datetime.fromisoformat(self.timing[name].replace("Z", "+00:00")).astimezone(timezone.utc).timestamp()


class Notebook:
    """One page with one kernel."""

    def __init__(self, server: Server, kernel_id: str, socket: WebSocketClientConnection) -> None:
        self.kernel_id = kernel_id
        self.pid = 0
        self._server = server
        self._socket = socket
        self._session = uuid.uuid4().hex
        self._runs: dict[str, Run] = {}
        self._comms: dict[str, Callable[[dict[str, Any]], None]] = {}
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, server: Server, folder: str) -> Notebook:
        """Starts a kernel in a folder below the server's own, and waits until it runs cells."""
        (server.root / folder).mkdir(exist_ok=True)
        kernel = await server.post("api/kernels", {"name": "python3", "path": f"{folder}/notebook.ipynb"})
        socket = await server.socket(f"api/kernels/{kernel['id']}/channels")
        notebook = cls(server, kernel["id"], socket)
        notebook.pid = int((await notebook.run("import os; print(os.getpid())")).printed)
        return notebook

    async def run(self, code: str) -> Run:
        """Raises CellFailed, TimeoutError."""
        run = self.begin(code)
        await asyncio.wait_for(run.done.wait(), PATIENCE_S)
        if run.failed:
            raise CellFailed(run.failed)
        return run

    def begin(self, code: str) -> Run:
        """Runs a cell without waiting for it."""
        run = Run(uuid.uuid4().hex[:8])
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True}
        self._runs[self._send("execute_request", content, {"cellId": run.cell_id})] = run
        return run

    def open_comm(self, target: str, data: dict[str, Any], told: Callable[[dict[str, Any]], None]) -> None:
        """told: called with the data of each message."""
        name = uuid.uuid4().hex
        self._comms[name] = told
        self._send("comm_open", {"comm_id": name, "target_name": target, "data": data})

    async def interrupt(self) -> None:
        await self._server.post(f"api/kernels/{self.kernel_id}/interrupt")

    async def close(self) -> None:
        """Ends the kernel and the page."""
        self._reading.cancel()
        self._socket.close()
        await self._server.delete(f"api/kernels/{self.kernel_id}")

    def _send(self, kind: str, content: dict[str, Any], metadata: dict[str, Any] | None = None) -> str:
        name = uuid.uuid4().hex
        header = {
            "msg_id": name,
            "msg_type": kind,
            "session": self._session,
            "username": "",
            "version": "5.3",
            "date": datetime.now(timezone.utc).isoformat(),
        }
        message = {"header": header, "parent_header": {}, "metadata": metadata or {}, "content": content, "buffers": []}
        self._socket.write_message(json.dumps({**message, "channel": "shell"}))
        return name

    async def _read(self) -> None:
        while (text := await self._socket.read_message()) is not None:
            # A binary message holds buffers, which no cell of ours sends.
            if isinstance(text, str):
                self._heard(json.loads(text))

    def _heard(self, message: dict[str, Any]) -> None:
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "comm_msg":
            told = self._comms.get(content["comm_id"])
            if told is not None:
                told(content["data"])
        run = self._runs.get(message["parent_header"].get("msg_id", ""))
        if run is None:
            return
        date = message["header"]["date"]
        if kind == "stream":
            run.printed += content["text"]
        elif kind == "error":
            run.failed = f"{content['ename']}: {content['evalue']}"
        elif kind == "execute_input":
            run.timing["iopub.execute_input"] = date
        elif kind == "status":
            run.timing[f"iopub.status.{content['execution_state']}"] = date
            run.idle = run.idle or content["execution_state"] == "idle"
        elif kind == "execute_reply":
            if "started" in message["metadata"]:
                run.timing["shell.execute_reply.started"] = message["metadata"]["started"]
            run.timing["shell.execute_reply"] = date
            run.replied = True
        if run.idle and run.replied:
            del self._runs[message["parent_header"]["msg_id"]]
            run.done.set()
