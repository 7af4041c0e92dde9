"""Asks the worker of this user on this machine for its bell: it measures more, and then one measures for all."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from .. import leader, runtime
from . import wire

#: How often it is asked, seconds: while somebody looks, and else.
ASK_S = 2.0
ASK_IDLE_S = 10.0
#: A worker that does not know the question is asked again after so long: it may be another one by then.
_REFUSED_S = 60.0


class Worker:
    """In a thread of its own, which waits for the socket and for the files of the announcement."""

    def __init__(
        self, heard: Callable[[dict[str, Any] | None], None], version: str, env: Mapping[str, str] = os.environ
    ) -> None:
        """heard: called in the thread with a HostView, or None before the worker's first poll."""
        self._heard = heard
        self._version = version
        self._leader = leader.Leader(self._hello, env)
        self._started_at = runtime.start_time(os.getpid())
        self._wake, self._woken = socket.socketpair()
        self._wake.setblocking(False)
        self._woken.setblocking(False)
        self._thread: threading.Thread | None = None
        self._ending = False
        self._ask_at = 0.0
        self._open = 0
        #: Set from outside: somebody looks.
        self.watched = False
        #: Why a worker that is there does not tell, in a sentence; empty where it does or there is none.
        self.why = ""

    def start(self) -> None:
        if sys.platform == "win32":
            return  # Its socket is a named pipe there.
        self._thread = threading.Thread(target=self._run, name="gorgon-worker", daemon=True)
        self._thread.start()

    def nudge(self) -> None:
        """Somebody begins to look."""
        self._ask_at = min(self._ask_at, time.monotonic() + 0.05)
        self._poke()

    def close(self) -> None:
        """Does not wait: what it waits for may hang."""
        self._ending = True
        self._poke()

    def _poke(self) -> None:
        try:
            self._wake.send(b"\0")
        except OSError:
            pass  # It is awake, or has ended.

    def _hello(self) -> dict[str, Any]:
        kernel = {
            "pid": os.getpid(),
            "startedAt": self._started_at,
            "language": "jupyter",
            "host": socket.gethostname(),
        }
        return {"role": "server", "kernel": kernel, "version": self._version, "executable": "", "faults": ""}

    def _run(self) -> None:
        try:
            while not self._ending:
                self._turn()
        except Exception as error:  # noqa: BLE001 - without it the server's own sampler goes on
            self.why = f"The link to the worker broke: {error}"
        finally:
            self._leader.close()
            self._wake.close()
            self._woken.close()

    def _turn(self) -> None:
        now = time.monotonic()
        for event in self._leader.step(now):
            self._take(event)
        if self._leader.ready and not self._open and now >= self._ask_at:
            self._open = self._leader.request("kernel/host", {"watched": self.watched})
            self._ask_at = now + (ASK_S if self.watched else ASK_IDLE_S)
            for event in self._leader.step(now):
                self._take(event)
        elif not self._leader.ready:
            self.why = self._why_not()
        self._leader.wait(
            self._woken, max(0.0, min(self._leader.due(now), self._ask_at - now if self._leader.ready else 60.0))
        )

    def _why_not(self) -> str:
        """Why a worker that seems to be there is not linked; that there is none needs no word."""
        why = self._leader.why
        if "refused" in why or "another release" in why:
            return f"{why} Update the older of the two, so that this server shows the worker's bell."
        return f"No worker's bell is shown: {why}" if "trusted" in why or "left alone" in why else ""

    def _take(self, event: leader.Event) -> None:
        if isinstance(event, (leader.Ready, leader.Lost)):
            self._open, self._ask_at, self.why = 0, 0.0, ""
        elif isinstance(event, leader.Answered) and event.number == self._open:
            self._open = 0
            if event.refused:
                self._ask_at = time.monotonic() + _REFUSED_S
                self.why = (
                    f"The worker of this machine (Gorgon {self._leader.peer}) does not tell a Jupyter server its bell "
                    f"({event.refused}): update it. This server measures by itself meanwhile."
                )
                return
            try:
                self._heard(wire.host_view(event.result))
                self.why = ""
            except wire.Refused as error:
                self._ask_at = time.monotonic() + _REFUSED_S
                self.why = (
                    f"What the worker of this machine tells is not understood ({error}): update the older of the two."
                )
