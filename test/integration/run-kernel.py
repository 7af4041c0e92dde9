"""Starts a kernel by the name of its specification and runs what comes on standard input, a JSON string a line.

Answers with a line of JSON each: first the kernel's pid, then how each piece of code ended. SIGTERM ends both.
"""

import json
import os
import signal
import sys

from jupyter_client.manager import KernelManager


def main(name: str, connection: str) -> None:
    # Also in the middle of a cell that will never answer.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    manager = KernelManager(kernel_name=name, connection_file=connection)
    manager.start_kernel(stderr=os.open(os.devnull, os.O_WRONLY))
    try:
        client = manager.blocking_client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        print(json.dumps({"pid": manager.provisioner.pid}), flush=True)
        for line in sys.stdin:
            reply = client.execute_interactive(json.loads(line), output_hook=lambda message: None, timeout=60)
            print(json.dumps({"status": reply["content"]["status"]}), flush=True)
    finally:
        manager.shutdown_kernel(now=True)


main(*sys.argv[1:])
