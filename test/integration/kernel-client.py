"""The least that speaks to a leading worker as a kernel: greets, passes on what comes on stdin, prints what it is told."""

import json
import os
import socket
import sys
import threading


def started_at() -> int:
    """When this process began, milliseconds since the epoch."""
    with open("/proc/self/stat", encoding="ascii") as file:
        ticks = int(file.read().rsplit(")", 1)[1].split()[19])
    with open("/proc/stat", encoding="ascii") as file:
        booted = next(int(line.split()[1]) for line in file if line.startswith("btime "))
    return booted * 1000 + ticks * 1000 // os.sysconf("SC_CLK_TCK")


def main(announcement: str, role: str, pid: str, start: str) -> None:
    with open(announcement, encoding="utf-8") as file:
        at = json.load(file)
    with open(at["token"], encoding="ascii") as file:
        token = file.read()
    own = {"pid": int(pid or os.getpid()), "startedAt": int(start or started_at())}
    kernel = {**own, "language": "python", "host": socket.gethostname()}
    hello = {
        "protocol": 1,
        "token": token,
        "role": role,
        "kernel": kernel,
        "version": "9.9.9",
        "executable": "",
        "faults": "",
    }
    link = socket.socket(socket.AF_UNIX)
    link.connect(at["socket"])

    def say(message: dict) -> None:
        link.sendall(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    def hear() -> None:
        for line in link.makefile():
            print(line, end="", flush=True)
        os._exit(0)

    threading.Thread(target=hear, daemon=True).start()
    print(json.dumps({"kernel": kernel}), flush=True)
    say({"id": 0, "method": "kernel/hello", "params": hello})
    for line in sys.stdin:
        say(json.loads(line))


main(*sys.argv[1:])
