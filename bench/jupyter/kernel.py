"""A real ipykernel for the benches: starts one, runs cells in it, and looks at its process from outside."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from types import TracebackType

import processes
from jupyter_client.manager import KernelManager

PATIENCE_S = 120


class CellFailed(Exception):
    """A cell ended with an error, which is the message."""


class Kernel:
    """One kernel, with the package on its path but not loaded. Use it in a `with`."""

    def __init__(self, folder: str, package: str, log: str = "") -> None:
        env = {**os.environ, "PYTHONPATH": package, "IPYTHONDIR": os.path.join(folder, "ipython")}
        env.pop("GORGON_LOG", None)
        if log:
            env["GORGON_LOG"] = log
        # Sockets in a folder: a free port can be taken by somebody else before the kernel has it.
        self._sockets = tempfile.TemporaryDirectory(prefix="gk-")
        self.manager = KernelManager(kernel_name="python3", transport="ipc", ip=f"{self._sockets.name}/s")
        self.manager.start_kernel(cwd=folder, env=env, stderr=subprocess.DEVNULL)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE_S)
        self.pid = int(self.run("import os; print(os.getpid())"))

    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self._sockets.cleanup()

    def run(self, code: str) -> str:
        """What the cell printed. Raises CellFailed."""
        printed: list[str] = []
        failed: list[str] = []

        def heard(message: dict) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                printed.append(content["text"])
            elif message["msg_type"] == "error":
                failed.append(f"{content['ename']}: {content['evalue']}")

        self.client.execute_interactive(code, output_hook=heard, timeout=PATIENCE_S)
        if failed:
            raise CellFailed(failed[0])
        return "".join(printed)

    def round_trip_ms(self, code: str) -> float:
        """From the request until the kernel says that it is idle again."""
        began = time.perf_counter()
        asked = self.client.execute(code)
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE_S)
            if message["parent_header"].get("msg_id") != asked or message["msg_type"] != "status":
                continue
            if message["content"]["execution_state"] == "idle":
                took = (time.perf_counter() - began) * 1000
                self.client.get_shell_msg(timeout=PATIENCE_S)
                return took

    def reset_peak(self) -> int:
        """Bytes, as processes.reset_peak."""
        return processes.reset_peak(self.pid)

    def peak(self) -> int:
        """Bytes, as processes.peak."""
        return processes.peak(self.pid)
