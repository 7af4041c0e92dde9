"""What runs beside a kernel in the tests: a small leading worker that speaks the protocol, and the watcher."""

from __future__ import annotations

import json
import os
import queue
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent
WATCHER = FOLDER / "gorgon" / "watcher.py"

#: Runs a program as a user without any right.
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all")
#: An interpreter that everybody may run: the one of the tests may lie in somebody's home folder.
NOBODYS_PYTHON = shutil.which("python3", path="/usr/bin:/bin:/usr/local/bin") or ""
CAN_BE_NOBODY = (
    hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("setpriv") is not None and NOBODYS_PYTHON != ""
)

#: Longest that something may take that is waited for.
PATIENCE = 30.0


def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """The first true value of the condition."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"Nothing came of it in {seconds} s: {what}"
        time.sleep(0.005)


class Worker:
    """A leading worker's door, in a thread of the test. Each connection is served until it ends."""

    def __init__(self, folder: Path, pid: int = 0) -> None:
        self.folder = folder
        self.pid = pid or os.getpid()
        self.token = os.urandom(32).hex()
        self.greetings: list[dict[str, Any]] = []
        self.heard: list[tuple[str, Any]] = []
        self.records: list[dict[str, Any]] = []
        self.connections: list[socket.socket] = []
        #: What the greeting is answered with; a text refuses it.
        self.welcome: dict[str, Any] | str = {"protocol": 1, "pid": self.pid, "version": "9.9.9"}
        self.bell: dict[str, Any] | None = {"level": "WARN", "sentence": "Memory is at 85 %."}
        #: Answers no record while it is set.
        self.mute = threading.Event()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket = folder / "door.sock"
        self.announcement = folder / "leader.json"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.socket))
        self.socket.chmod(0o600)
        self._listener.listen(16)
        self.announce()
        threading.Thread(target=self._accept, daemon=True).start()

    def announce(self, mode: int = 0o600) -> None:
        self._write(self.folder / "door.token", self.token, mode)
        door = {"pid": self.pid, "socket": str(self.socket), "token": str(self.folder / "door.token")}
        self._write(self.announcement, json.dumps(door), mode)

    def _write(self, path: Path, text: str, mode: int) -> None:
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.write_text(text)
        fresh.chmod(mode)
        fresh.replace(path)

    def tell(self, method: str, params: Any) -> None:
        """A notification to everybody who has greeted."""
        for one in list(self.connections):
            try:
                one.sendall(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode() + b"\n")
            except OSError:
                pass

    def cut(self) -> None:
        """Ends every connection; new ones are taken."""
        while self.connections:
            one = self.connections.pop()
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def close(self, tidy: bool = True) -> None:
        """Untidy: as a worker does that was killed."""
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self.cut()
        if tidy:
            self.announcement.unlink(missing_ok=True)
            self.socket.unlink(missing_ok=True)

    def of(self, method: str) -> list[Any]:
        return [params for name, params in list(self.heard) if name == method]

    def _accept(self) -> None:
        while True:
            try:
                one, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(one,), daemon=True).start()

    def _serve(self, one: socket.socket) -> None:
        greeted = False
        try:
            for line in one.makefile("rb"):
                message = json.loads(line)
                method, params, number = message["method"], message.get("params"), message.get("id")
                if method == "kernel/hello":
                    answer = self._greet(params)
                    greeted = "result" in answer
                    if greeted:
                        self.connections.append(one)
                else:
                    assert greeted, "it spoke before it greeted"
                    answer = self._hear(method, params)
                if number is not None and answer is not None:
                    one.sendall(json.dumps({"jsonrpc": "2.0", "id": number, **answer}).encode() + b"\n")
                if method == "kernel/hello" and not greeted:
                    one.close()
                    return
        except (OSError, ValueError):
            pass

    def _greet(self, params: dict[str, Any]) -> dict[str, Any]:
        self.greetings.append(params)
        if params["token"] != self.token:
            return {"error": {"code": -32000, "message": "the token is wrong"}}
        if isinstance(self.welcome, str):
            return {"error": {"code": -32000, "message": self.welcome}}
        return {"result": self.welcome}

    def _hear(self, method: str, params: Any) -> dict[str, Any] | None:
        self.heard.append((method, params))
        if method == "kernel/cell/ended":
            if self.mute.is_set():
                return None
            self.records.append(params["record"])
        return {"result": self.bell if method == "kernel/bell" else None}


class Watching:
    """The watcher as the worker runs it."""

    def __init__(self, prefix: tuple[str, ...] = (), python: str = sys.executable) -> None:
        self.process = subprocess.Popen(
            [*prefix, python, "-I", str(WATCHER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(json.loads(line))
        self._lines.put(None)

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def watch(self, pid: int, started_at: float = 0, faults: str = "") -> dict[str, Any]:
        """What it says to that."""
        self.write(json.dumps({"watch": {"pid": pid, "startedAt": started_at, "faults": faults}}).encode() + b"\n")
        found: dict[str, Any] = self.next()["watching"]
        return found

    def next(self, seconds: float = PATIENCE) -> dict[str, Any]:
        found = self._lines.get(timeout=seconds)
        assert found is not None, "the watcher ended"
        return found

    def death(self) -> dict[str, Any]:
        found: dict[str, Any] = self.next()["died"]
        return found

    def close(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(PATIENCE)
