"""Asks a server again and again over one connection: `probe.py URL TOKEN SECONDS PAUSE PATH...`. Prints milliseconds by path."""

from __future__ import annotations

import http.client
import json
import sys
import time
from urllib.parse import urlsplit


def main(url: str, token: str, seconds: str, pause: str, *paths: str) -> None:
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "127.0.0.1", where.port, timeout=float(seconds) + 60)
    took: dict[str, list[float]] = {path: [] for path in paths}
    began = time.monotonic()
    turn = 0
    while turn * float(pause) < float(seconds):
        path = paths[turn % len(paths)]
        # From when it was due: a slow answer must not hide those that it delays.
        due = began + turn * float(pause)
        time.sleep(max(0.0, due - time.monotonic()))
        connection.request("GET", f"{where.path}{path}", headers={"Authorization": f"token {token}"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.client.OK:
            raise SystemExit(f"{path}: {answer.status} {answer.reason}")
        took[path].append((time.monotonic() - due) * 1000)
        turn += 1
    print(json.dumps(took))


main(*sys.argv[1:])
