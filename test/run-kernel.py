"""Starts a kernel by the name of its specification and runs in it what comes on standard input, a JSON object a line.

Answers with a line of JSON each: first the kernel's pid, then how each cell ended (`dead`: the kernel did not live to say it).
"""

import json
import os
import queue
import shutil
import sys
import tempfile
import uuid

from jupyter_client.manager import KernelManager
from jupyter_core.paths import jupyter_runtime_dir

#: How long a kernel may take until it answers, seconds: a busy machine needs some ten.
READY_S = 45


def say(message: dict) -> None:
    print(json.dumps(message), flush=True)


def main(name: str, connection: str = "") -> None:
    # Sockets in a folder: free ports can be taken by another test before the kernel has them. A short path: it has 107 letters.
    if not connection:
        # Where, and as, front ends write it.
        os.makedirs(jupyter_runtime_dir(), mode=0o700, exist_ok=True)
        connection = os.path.join(jupyter_runtime_dir(), f"kernel-{uuid.uuid4()}.json")
    sockets = tempfile.mkdtemp(prefix="gk-")
    manager = KernelManager(kernel_name=name, transport="ipc", ip=f"{sockets}/s", connection_file=connection)
    try:
        # What a kernel prints by itself is no answer of ours.
        manager.start_kernel(stdout=sys.stderr)
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=READY_S)
        say({"pid": manager.provisioner.pid})
        for line in sys.stdin:
            say({"status": run(manager, client, json.loads(line))})
    finally:
        manager.shutdown_kernel(now=True)
        shutil.rmtree(sockets, ignore_errors=True)


def run(manager: KernelManager, client, asked: dict) -> str:
    content = {"code": asked["code"], "silent": False, "store_history": True, "stop_on_error": False}
    # As VS Code's Jupyter extension names a cell.
    metadata = {"cellId": asked["cell"]} if "cell" in asked else {}
    message = client.session.msg("execute_request", content, metadata=metadata)
    client.shell_channel.send(message)
    while manager.is_alive():
        try:
            reply = client.get_shell_msg(timeout=1)
        except queue.Empty:
            continue
        if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
            return reply["content"]["status"]
    return "dead"


main(*sys.argv[1:])
