"""A connection to the leading worker's socket: JSON-RPC 2.0, a message a line. No thread of its own; it never blocks."""

from __future__ import annotations

import errno
import json
import os
import random
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from . import runtime

#: KERNEL_LINK_VERSION of protocol/messages/kernel.ts.
KERNEL_LINK_VERSION = 1

#: What is at the other end, usually.
WORKER = "worker"
#: Longest message taken, bytes. What a worker sends to a kernel is small.
MAX_LINE = 1 << 20
#: What may wait to be sent: beyond it the worker does not read, and is left.
MAX_UNSENT = 8 << 20
#: A request without an answer for so long ends the connection, seconds.
ANSWER_S = 10.0
#: How often the announcement is looked at, seconds.
LOOK_S = 2.0
FIRST_DELAY_S = 1.0
LAST_DELAY_S = 30.0
#: How long the owner waits for who says something at once; that takes microseconds.
_OTHER_S = 0.05


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker took the greeting."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection ended; requests that wait are answered by nobody."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A request was answered; `refused` is empty or says in words why it was not done."""

    number: int
    result: Any
    refused: str


@dataclass(frozen=True, slots=True)
class Told:
    """A notification."""

    method: str
    params: Any


Event = Ready | Lost | Answered | Told


class Leader:
    """Finds the leader, greets it, and finds the next one when it is gone. Whoever owns it calls `step` when `due`."""

    def __init__(
        self,
        hello: Callable[[], dict[str, Any]],
        env: Mapping[str, str] = os.environ,
        place: str = "",
        who: str = WORKER,
        send: Callable[[int, bytes], int] | None = None,
    ) -> None:
        """place: the announcement to look at, by default a worker's. who: what is there, for words.

        send: sends to a socket's descriptor for `say_now`, without waiting: how many bytes were taken, negative where none were.
        """
        #: All of the greeting but protocol and token.
        self._hello = hello
        self._env = env
        self._place = place
        self.who = who
        self._send_at_once = send
        self._socket: socket.socket | None = None
        self._pid = 0
        self._unsent = bytearray()
        #: Held while something goes out.
        self._sending = threading.Lock()
        self._rest = bytearray()
        self._waiting: dict[int, float] = {}
        self._number = 0
        self._greeting = 0
        self._delay = FIRST_DELAY_S
        self._next_try = 0.0
        self._next_look = 0.0
        self._announced: tuple[int, ...] | None = None
        #: Greeted and welcomed.
        self.ready = False
        #: It reads from the kernel's file which cell runs, and need not be told.
        self.reads_box = False
        #: The worker's version; empty before it welcomed us.
        self.peer = ""
        #: Why there is no connection, in words; empty while there is one.
        self.why = f"No {who} was looked for yet."

    @property
    def place(self) -> str:
        """The announcement that is looked at."""
        return self._place or runtime.announcement_file(self._env)

    # --- for the owner's loop ---

    def wait(self, woken: socket.socket, seconds: float) -> None:
        """Until something comes, something can be sent, somebody writes to the other end of `woken`, or so long."""
        poller = select.poll()
        poller.register(woken, select.POLLIN)
        if self.fileno() >= 0:
            poller.register(self.fileno(), select.POLLIN | (select.POLLOUT if self.wants_write else 0))
        poller.poll(seconds * 1000 + 1)
        try:
            while woken.recv(4096):
                pass
        except OSError:
            pass

    def fileno(self) -> int:
        """-1 without a connection."""
        return -1 if self._socket is None else self._socket.fileno()

    @property
    def wants_write(self) -> bool:
        return self._socket is not None and bool(self._unsent)

    def due(self, now: float) -> float:
        """Seconds until `step` is to be called, whether or not the socket has news."""
        times = [self._next_look]
        if self._socket is None:
            times.append(self._next_try)
        elif self._waiting:
            times.append(min(self._waiting.values()))
        return max(0.0, min(times) - now)

    def step(self, now: float) -> list[Event]:
        """Does what is due and returns what happened. Never raises, never waits."""
        events: list[Event] = []
        if now >= self._next_look:
            self._next_look = now + LOOK_S
            self._look(now, events)
        if self._socket is None and now >= self._next_try:
            self._connect(now)
        if self._socket is not None:
            self._read(now, events)
        if self._socket is not None and self._waiting and now >= min(self._waiting.values()):
            self._drop(f"The {self.who} of process {self._pid} does not answer.", now, events)
        self._write(now, events)
        return events

    def notify(self, method: str, params: dict[str, Any]) -> None:
        if self.ready:
            self._send({"method": method, "params": params})

    def say_now(self, method: str, params: str) -> bool:
        """From any thread: it is with the system when this returns, or it was not sent at all (False). Never waits, never raises.

        params: JSON, ASCII without a line's end. A cell waits for it, so nothing is made here that can be made cheaper.
        """
        held = self._sending.acquire(blocking=False)
        try:
            link = self._socket
            # What waits goes first, and its owner sends it.
            if not held or link is None or not self.ready or self._unsent:
                return False
            line = f'{{"jsonrpc":"2.0","method":"{method}","params":{params}}}\n'.encode("ascii")
            sent = link.send(line) if self._send_at_once is None else self._send_at_once(link.fileno(), line)
            if sent < 0:
                return False  # The owner will find out what is the matter.
            if sent < len(line):
                self._unsent[:0] = line[sent:]
            return True
        except (OSError, ValueError):
            return False
        finally:
            if held:
                self._sending.release()

    def request(self, method: str, params: dict[str, Any] | None) -> int:
        """The number by which it is answered; 0 where it was not sent."""
        return self._ask(method, params, ANSWER_S) if self.ready else 0

    def close(self, why: str = "The link was ended.") -> None:
        if self._socket is not None:
            with self._alone():
                self._socket.close()
        self._forget()
        self.why = why

    def flush(self, seconds: float) -> None:
        """Waits until all is sent, at most so long: for an owner that ends."""
        end = time.monotonic() + seconds
        while self.wants_write and time.monotonic() < end:
            wait_for(self.fileno(), write=True, seconds=end - time.monotonic())
            self._write(time.monotonic(), [])

    # --- connecting ---

    def _look(self, now: float, events: list[Event]) -> None:
        """Another announcement is another leader: it is gone to at once."""
        try:
            found = os.stat(self.place)
            seen: tuple[int, ...] | None = (found.st_ino, found.st_mtime_ns, found.st_size)
        except OSError:
            seen = None
        if seen == self._announced:
            return
        self._announced = seen
        if seen is None:
            return
        self._delay, self._next_try = FIRST_DELAY_S, 0.0
        if self._socket is not None and self._announced_pid() not in (0, self._pid):
            self._drop(f"Another {self.who} is there.", now, events)
            self._next_try = 0.0

    def _announced_pid(self) -> int:
        try:
            found = runtime.read_announcement(self.place)
        except (OSError, runtime.NotTrusted):
            return 0
        return 0 if found is None else found.pid

    def _connect(self, now: float) -> None:
        # A little chance, so that many kernels do not come at once.
        self._next_try = now + self._delay * random.uniform(0.8, 1.2)
        self._delay = min(self._delay * 2, LAST_DELAY_S)
        try:
            token = self._open()
        except (OSError, runtime.NotTrusted) as error:
            self.why = str(error)
            return
        greeting = {"protocol": KERNEL_LINK_VERSION, "token": token, **self._hello()}
        self._greeting = self._ask("kernel/hello", greeting, ANSWER_S)
        self.why = f"The {self.who} of process {self._pid} has not answered the greeting yet."

    def _open(self) -> str:
        """Connects and returns the token. Raises NotTrusted in words, or OSError."""
        if not hasattr(socket, "AF_UNIX"):
            raise runtime.NotTrusted(
                f"The {self.who} is reached by a named pipe on this system, which this package cannot use: records stay in "
                "the kernel, and go to a front end that asks for them."
            )
        path = self.place
        found = runtime.read_announcement(path)
        if found is None:
            raise runtime.NotTrusted(
                f"No Gorgon worker runs for this user on this machine ({path} does not exist). Open VS Code with Gorgon."
                if self.who == WORKER
                else f"The {self.who} that started this kernel has ended ({path} does not exist)."
            )
        try:
            runtime.check_own(found.socket, secret=False)
            token = runtime.read_secret(found.token).strip()
            link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        except FileNotFoundError as error:
            raise runtime.NotTrusted(f"The {self.who} that announced itself in {path} has ended: {error}") from error
        try:
            link.setblocking(False)
            link.connect(found.socket)
            _check_peer(link, self.who)
        except (OSError, runtime.NotTrusted) as error:
            link.close()
            if isinstance(error, OSError) and error.errno in (errno.ECONNREFUSED, errno.ENOENT):
                words = f"Nobody answers at {found.socket}: the {self.who} of process {found.pid} has ended."
                raise runtime.NotTrusted(words) from error
            raise
        self._socket, self._pid = link, found.pid
        return token

    # --- talking ---

    def _ask(self, method: str, params: dict[str, Any] | None, deadline_s: float) -> int:
        self._number += 1
        # Raises for what is no JSON: nothing is waited for then.
        self._send({"id": self._number, "method": method, "params": params})
        self._waiting[self._number] = time.monotonic() + deadline_s
        return self._number

    def _send(self, message: dict[str, Any]) -> None:
        # What is no JSON (NaN) would make the worker cut the connection.
        line = json.dumps({"jsonrpc": "2.0", **message}, allow_nan=False)
        self._unsent += line.encode("utf-8", "surrogatepass") + b"\n"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else sends. Who was interrupted, or is not there after a fork, may hold it for ever, and is not waited for."""
        held = self._sending.acquire(timeout=_OTHER_S)
        try:
            yield
        finally:
            if held:
                self._sending.release()

    def _write(self, now: float, events: list[Event]) -> None:
        while self._socket is not None and self._unsent:
            try:
                with self._alone():
                    sent = self._socket.send(self._unsent[:65_536])
            except (BlockingIOError, InterruptedError):
                if len(self._unsent) > MAX_UNSENT:
                    self._drop(f"The {self.who} of process {self._pid} does not read what is sent to it.", now, events)
                return
            except OSError as error:
                # What the other end said before it closed is its reason.
                self._read(now, events)
                self._drop(f"The connection to the {self.who} of process {self._pid} broke: {error}", now, events)
                return
            del self._unsent[:sent]

    def _read(self, now: float, events: list[Event]) -> None:
        # So many at most, that a worker that never stops cannot hold us.
        for _ in range(64):
            if self._socket is None:
                return
            try:
                data = self._socket.recv(65_536)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                self._drop(f"The connection to the {self.who} of process {self._pid} broke: {error}", now, events)
                return
            if not data:
                self._drop(f"The {self.who} of process {self._pid} ended the connection.", now, events)
                return
            self._rest += data
            *lines, rest = bytes(self._rest).split(b"\n")
            self._rest = bytearray(rest)
            if len(rest) > MAX_LINE or not all(self._take(line, now, events) for line in lines):
                self._drop(f"The {self.who} of process {self._pid} sent something that is no message.", now, events)
                return

    def _take(self, line: bytes, now: float, events: list[Event]) -> bool:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            return False
        if not isinstance(message, dict):
            return False
        method, number = message.get("method"), message.get("id")
        if isinstance(method, str):
            if number is None:
                events.append(Told(method, message.get("params")))
            else:
                self._send({"id": number, "error": {"code": -32601, "message": f"{method[:80]} is not known here"}})
            return True
        if type(number) is not int or self._waiting.pop(number, None) is None:
            return True
        refused = _words(message["error"]) if "error" in message else ""
        if number == self._greeting:
            self._welcome(message.get("result"), refused, now, events)
        else:
            events.append(Answered(number, message.get("result"), refused))
        return True

    def _welcome(self, result: Any, refused: str, now: float, events: list[Event]) -> None:
        self._greeting = 0
        if refused:
            self._drop(f"The {self.who} of process {self._pid} refused this kernel: {refused}", now, events)
            return
        spoken = result.get("protocol") if isinstance(result, dict) else None
        version = result.get("version") if isinstance(result, dict) else None
        if spoken != KERNEL_LINK_VERSION or not isinstance(version, str):
            words = f"The {self.who} is of another release ({version}, link {spoken}) than this package (link "
            self._drop(f"{words}{KERNEL_LINK_VERSION}): update the older one.", now, events)
            return
        self.reads_box = result.get("box") is True
        self.ready, self.peer, self.why = True, version[:100], ""
        self._delay = FIRST_DELAY_S
        events.append(Ready())

    def _drop(self, why: str, now: float, events: list[Event]) -> None:
        if self._socket is None:
            return
        was_ready = self.ready
        with self._alone():
            self._socket.close()
        self._forget()
        self.why = why
        self._next_try = now + self._delay * random.uniform(0.8, 1.2)
        if was_ready:
            events.append(Lost())

    def _forget(self) -> None:
        self._socket, self.ready, self.reads_box, self.peer = None, False, False, ""
        self._unsent.clear()
        self._rest.clear()
        self._waiting.clear()


def wait_for(fd: int, *, write: bool, seconds: float) -> bool:
    """Waits for one file descriptor; select() would fail for numbers over 1,023."""
    poller = select.poll()
    poller.register(fd, select.POLLOUT if write else select.POLLIN)
    return bool(poller.poll(max(0.0, seconds) * 1000))


def _check_peer(link: socket.socket, who: str) -> None:
    """Who listens is this user; asked of the system where it can say so."""
    if not sys.platform.startswith("linux"):
        return
    _, uid, _ = struct.unpack("3i", link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    if uid != os.getuid():
        raise runtime.NotTrusted(f"The {who}'s socket is served by another user (uid {uid}), so it is not trusted")


def _words(error: Any) -> str:
    message = error.get("message") if isinstance(error, dict) else error
    return message[:500] if isinstance(message, str) and message else "without words"
