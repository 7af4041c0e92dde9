"""A front end without a window: starts an ipykernel and runs in it what comes on stdin, a JSON object a line."""

import json
import queue
import sys

from jupyter_client.manager import KernelManager


def main() -> None:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    print(json.dumps({"pid": manager.provisioner.pid}), flush=True)
    try:
        for line in sys.stdin:
            asked = json.loads(line)
            # As VS Code's Jupyter extension names a cell.
            content = {"code": asked["code"], "silent": False, "store_history": True, "stop_on_error": False}
            message = client.session.msg("execute_request", content, metadata={"cellId": asked["cell"]})
            client.shell_channel.send(message)
            status = "dead"
            while manager.is_alive():
                try:
                    reply = client.get_shell_msg(timeout=1)
                except queue.Empty:
                    continue
                if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                    status = reply["content"]["status"]
                    break
            print(json.dumps({"status": status}), flush=True)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


main()
