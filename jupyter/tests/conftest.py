"""A real kernel for the tests: ipykernel over jupyter_client, with this folder's package."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

FOLDER = Path(__file__).resolve().parent.parent

#: Seconds that a cell of a test may take.
PATIENCE = 60.0

MARK = "gorgon-test-value:"

sys.path.insert(0, str(FOLDER))


@dataclass
class Reply:
    """What came of one request."""

    status: str
    #: Text of stdout and stderr, in order.
    printed: str = ""
    #: Content of every display_data, execute_result and error.
    outputs: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    execution_count: int | None = None


class Kernel:
    """One running kernel."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client
        self._cells = 0

    @property
    def pid(self) -> int:
        found: int = self.manager.provisioner.pid  # type: ignore[union-attr]
        return found

    def send(
        self,
        code: str,
        cell_id: str | None = None,
        *,
        store_history: bool = True,
        silent: bool = False,
        subshell: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> str:
        """Sends a request as a front end does and gives back its id."""
        content = {
            "code": code,
            "silent": silent,
            "store_history": store_history,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        given = dict(metadata or {})
        if cell_id is not None:
            given["cellId"] = cell_id
        message = self.client.session.msg("execute_request", content, metadata=given)
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)
        name: str = message["header"]["msg_id"]
        return name

    def wait(self, message_id: str, timeout: float = PATIENCE) -> Reply:
        return self.wait_all([message_id], timeout)[message_id]

    def wait_all(self, message_ids: list[str], timeout: float = PATIENCE) -> dict[str, Reply]:
        """Waits until each request has its reply and the kernel is idle after it."""
        deadline = time.monotonic() + timeout
        replies = {name: Reply("") for name in message_ids}
        waiting = {(name, what) for name in message_ids for what in ("reply", "idle")}
        while waiting:
            if time.monotonic() > deadline:
                raise TimeoutError(f"The kernel did not answer within {timeout} s.")
            self._read_iopub(replies, waiting)
            self._read_shell(replies, waiting)
        return replies

    def _read_iopub(self, replies: dict[str, Reply], waiting: set[tuple[str, str]]) -> None:
        try:
            message = self.client.get_iopub_msg(timeout=0.05)
        except Empty:
            return
        parent = message["parent_header"].get("msg_id", "")
        reply = replies.get(parent)
        if reply is None:
            return
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "status" and content["execution_state"] == "idle":
            waiting.discard((parent, "idle"))
        elif kind == "stream":
            reply.printed += content["text"]
        elif kind in ("display_data", "execute_result", "error"):
            reply.outputs.append({"output_type": kind, **content})

    def _read_shell(self, replies: dict[str, Reply], waiting: set[tuple[str, str]]) -> None:
        while True:
            try:
                message = self.client.get_shell_msg(timeout=0)
            except Empty:
                return
            parent = message["parent_header"].get("msg_id", "")
            if parent in replies:
                content = message["content"]
                replies[parent].status = content["status"]
                replies[parent].error = content.get("ename", "")
                replies[parent].execution_count = content.get("execution_count")
                waiting.discard((parent, "reply"))

    def run(self, code: str, cell_id: str | None = "", *, timeout: float = PATIENCE, **how: Any) -> Reply:
        """Runs one cell to its end. Without a cell_id it gets one of its own; None sends none."""
        if cell_id == "":
            self._cells += 1
            cell_id = f"cell-{self._cells}"
        return self.wait(self.send(code, cell_id, **how), timeout)

    def value(self, expression: str, setup: str = "") -> Any:
        """A value in the kernel, asked for as a front end's own code is: outside the history, no cell."""
        code = f"{setup}\nimport json as _json\nprint({MARK!r} + _json.dumps({expression}))"
        reply = self.run(code, None, store_history=False)
        for line in reply.printed.splitlines():
            if line.startswith(MARK):
                return json.loads(line[len(MARK) :])
        raise AssertionError(f"The kernel gave no value of {expression}: {reply}")

    def records(self) -> list[dict[str, Any]]:
        """The records that the kernel keeps, in their JSON form, oldest first."""
        found: list[dict[str, Any]] = self.value(
            "[_r.to_dict() for _r in _gorgon.session().records.all()]", "import gorgon as _gorgon"
        )
        return found

    def cost(self, code: str, **how: Any) -> dict[str, Any]:
        """Runs one cell and gives back its record."""
        self._cells += 1
        name = f"cell-{self._cells}"
        reply = self.run(code, name, **how)
        found = [record for record in self.records() if record["cell"]["id"] == name]
        assert len(found) == 1, f"{len(found)} records of the cell: {reply}"
        return found[0]

    def interrupt(self) -> None:
        os.kill(self.pid, signal.SIGINT)

    def stop(self) -> None:
        self.client.stop_channels()
        if self.manager.is_alive():
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


KernelMaker = Callable[..., Kernel]


@pytest.fixture(scope="session")
def kernel_maker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KernelMaker]:
    """Starts kernels; each ends with the session of tests at the latest."""
    kernels: list[Kernel] = []

    def make(
        env: dict[str, str] | None = None,
        load: bool = True,
        arguments: tuple[str, ...] = (),
        python: str = sys.executable,
    ) -> Kernel:
        folder = tmp_path_factory.mktemp("kernel")
        # Nothing of the person who runs the tests: no profile, no running worker of theirs.
        around = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GORGON")},
            "PYTHONPATH": str(FOLDER),
            "PYTHONDONTWRITEBYTECODE": "1",
            "IPYTHONDIR": str(folder / "ipython"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "XDG_RUNTIME_DIR": str(folder),
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_STATE_HOME": str(folder / "state"),
            **(env or {}),
        }
        # Sockets in a folder: free ports can be taken by another test before the kernel has them.
        manager = KernelManager(connection_file=str(folder / "kernel.json"), transport="ipc", ip=str(folder / "socket"))
        manager.kernel_spec.argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}", *arguments]
        manager.start_kernel(env=around, cwd=str(folder))
        client = manager.client()
        client.start_channels()
        kernel = Kernel(manager, client)
        kernels.append(kernel)
        client.wait_for_ready(timeout=PATIENCE)
        if load:
            reply = kernel.run("%load_ext gorgon", None, store_history=False)
            assert reply.status == "ok", reply
            assert reply.printed == "" and reply.outputs == [], reply
        return kernel

    yield make
    for kernel in kernels:
        kernel.stop()


@pytest.fixture(scope="session")
def kernel(kernel_maker: KernelMaker) -> Kernel:
    """One kernel that many tests share, with the extension loaded and nothing written to a history file."""
    return kernel_maker(arguments=("--HistoryManager.enabled=False",))
