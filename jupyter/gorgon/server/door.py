"""The socket at which the packages in kernels and their memory guards speak: JSON-RPC 2.0, a message a line."""

from __future__ import annotations

import asyncio
import atexit
import hmac
import itertools
import json
import os
import re
import secrets
import socket
import struct
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from .. import runtime
from ..leader import KERNEL_LINK_VERSION
from . import wire
from .threads import Threads
from .wire import Greeting, KernelName, Refused

#: The server's files: pid, start time, and which of several in one process.
NAME = re.compile(r"server-(\d+)-(\d+)-\d+\.(?:sock|token|json)")
#: A record takes some kilobytes; one with the longest texts that are allowed fits.
MAX_LINE = 512 * 1024
#: Of who has not greeted yet.
MAX_GREETING = 16 * 1024
#: Lines that are longer are read by a thread: it takes milliseconds.
_LONG_LINE = 32 * 1024
#: Kernels, and as many guards.
MAX_CLIENTS = 128
#: Connections, greeted or not.
MAX_CONNECTIONS = 2 * MAX_CLIENTS + 32
#: Seconds that a greeting may take.
GREET_S = 10.0
#: What may wait to be sent: beyond it the other end does not read, and is cut.
MAX_UNSENT = 1 << 20
#: Messages of one connection in a second; beyond it the rest has to wait.
MAX_RATE = 500
#: How often it is looked whether the files are still there, seconds.
KEEP_S = 60.0
_STALE_S = 60.0


_numbers = itertools.count()


class Receiver(Protocol):
    """What is done with what is heard. Called in the event loop."""

    async def knows(self, kernel: KernelName) -> bool:
        """Whether this server started that kernel."""

    def greet(self, greeting: Greeting) -> None: ...
    def part(self, kernel: KernelName) -> None: ...
    def runs(self, kernel: KernelName, running: dict[str, Any] | None) -> None: ...
    def ended(self, kernel: KernelName, record: dict[str, Any]) -> None: ...
    def guard(self, kernel: KernelName, state: dict[str, Any] | None) -> None: ...
    def bell(self) -> dict[str, Any] | None: ...


@dataclass(eq=False)
class _Client:
    writer: asyncio.StreamWriter
    role: str
    kernel: KernelName
    guard: dict[str, Any] | None = None
    running_since: float | None = None
    heard: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class _Place:
    announcement: str
    socket: str
    token: str

    @property
    def files(self) -> tuple[str, ...]:
        return self.announcement, self.socket, self.token


class Door:
    """Opened once, closed once. `announcement` is what kernels are told; empty while it is closed."""

    def __init__(self, receiver: Receiver, threads: Threads, version: str) -> None:
        self._receiver = receiver
        self._threads = threads
        self._version = version
        self._token = secrets.token_hex(32)
        self._place: _Place | None = None
        self._pid = os.getpid()
        self._server: asyncio.AbstractServer | None = None
        self._clients: set[_Client] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        #: Why kernels cannot reach the server, in a sentence; empty where they can.
        self.why = "Kernels cannot reach this server yet."

    @property
    def announcement(self) -> str:
        return "" if self._place is None else self._place.announcement

    async def open(self) -> None:
        """Never raises: see `why`."""
        if sys.platform == "win32" or not hasattr(socket, "AF_UNIX"):
            self.why = (
                "Kernels cannot reach this server on Windows: pages ask them for their records themselves, and what a "
                "page did not see is in the kernel as long as it lives."
            )
            return
        try:
            self._place, listener = await self._threads.call(_listen, self._place, self._token)
            atexit.register(self._at_exit)
            self._server = await asyncio.start_unix_server(self._connected, sock=listener, limit=MAX_LINE)
            self.why = ""
        except (OSError, runtime.NotTrusted) as error:
            self._place = None
            self.why = (
                f"Kernels cannot reach this server, so a page sees the records of those kernels only that it asks itself: "
                f"{error}"
            )

    async def keep(self) -> None:
        """Makes anew what somebody removed."""
        if self._place is not None and not await self._threads.call(_reachable, self._place):
            server, self._server = self._server, None
            if server is not None:
                server.close()
            await self.open()

    async def close(self) -> None:
        """Takes nobody any more; the files go."""
        server, self._server = self._server, None
        place, self._place = self._place, None
        if server is not None:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if place is not None:
            _remove(place)
        atexit.unregister(self._at_exit)

    def _at_exit(self) -> None:
        """A server without a terminal ends at once when it is interrupted, as JupyterHub does: nobody closes it then."""
        # A child that was forked has inherited this.
        if self._place is not None and os.getpid() == self._pid:
            _remove(self._place)

    def answer_guard(self, pid: int, started_at: float, answer: str) -> bool:
        """Tells the guard of a frozen kernel what the user wants; false where none holds it."""
        for one in self._clients:
            frozen = one.guard is not None and one.guard["phase"] == "frozen"
            if one.role == "guard" and frozen and one.kernel.same(pid, started_at):
                _send(one.writer, {"method": "kernel/guard/answer", "params": {"answer": answer}})
                return True
        return False

    def drop(self, pid: int, started_at: float) -> None:
        """The kernel is gone: a child that has inherited its connection does not speak for it."""
        for one in list(self._clients):
            if one.kernel.same(pid, started_at):
                self._lose(one)
                one.writer.close()

    # --- one connection ---

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= MAX_CONNECTIONS or not _same_user(writer):
            writer.close()
            return
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client: _Client | None = None
        try:
            first = await asyncio.wait_for(reader.readuntil(b"\n"), GREET_S)
            client = await self._welcome(writer, first)
            while client is not None and client in self._clients:
                line = await reader.readuntil(b"\n")
                await self._take(client, line)
                await _pace(client.heard)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.TimeoutError, TimeoutError):
            pass  # It ended, it sent a message that is too long, or it never greeted.
        except (OSError, _NoMessage):
            pass
        finally:
            if client is not None:
                self._lose(client)
            writer.close()

    async def _welcome(self, writer: asyncio.StreamWriter, line: bytes) -> _Client | None:
        message = _parse(line) if len(line) <= MAX_GREETING else {}
        number = message.get("id")
        try:
            if message.get("method") != "kernel/hello":
                raise Refused("a greeting was expected")
            greeting = wire.greeting(message.get("params"))
            client = await self._admit(writer, greeting)
        except Refused as error:
            _send(writer, {"id": number, "error": {"code": -32000, "message": str(error)}})
            return None
        result = {"protocol": KERNEL_LINK_VERSION, "pid": os.getpid(), "version": self._version}
        _send(writer, {"id": number, "result": result})
        if client.role == "kernel":
            self._receiver.greet(greeting)
        return client

    async def _admit(self, writer: asyncio.StreamWriter, greeting: Greeting) -> _Client:
        if not hmac.compare_digest(greeting.token.encode("utf-8", "replace"), self._token.encode()):
            raise Refused("the token is wrong")
        if greeting.protocol != KERNEL_LINK_VERSION:
            raise Refused(
                f"this Jupyter server runs Gorgon {self._version} (kernel link {KERNEL_LINK_VERSION}), the kernel's package "
                f"is {greeting.version} (kernel link {greeting.protocol:g}): they do not know each other. Update the older one"
            )
        if not await self._receiver.knows(greeting.kernel):
            raise Refused("this Jupyter server did not start that kernel")
        same = [one for one in self._clients if one.role == greeting.role]
        before = [one for one in same if one.kernel.same(greeting.kernel.pid, greeting.kernel.started_at)]
        if not before and len(same) >= MAX_CLIENTS:
            raise Refused(f"{MAX_CLIENTS} of its kind are connected already, and no more are taken")
        client = _Client(writer, greeting.role, greeting.kernel)
        self._clients.add(client)
        for one in before:
            self._lose(one)
            one.writer.close()
        return client

    def _lose(self, client: _Client) -> None:
        if client not in self._clients:
            return
        self._clients.discard(client)
        name = client.kernel
        # One that connected anew has taken its place.
        if any(one.role == client.role and one.kernel.same(name.pid, name.started_at) for one in self._clients):
            return
        if client.role == "kernel":
            self._receiver.part(name)
        else:
            self._receiver.guard(name, None)

    async def _take(self, client: _Client, line: bytes) -> None:
        message = await self._threads.call(_parse, line) if len(line) > _LONG_LINE else _parse(line)
        method, number, params = message.get("method"), message.get("id"), message.get("params")
        if not isinstance(method, str):
            return  # An answer; nothing was asked.
        try:
            result = self._do(client, method, params)
        except Refused as error:
            if number is not None:
                _send(client.writer, {"id": number, "error": {"code": -32000, "message": str(error)[:500]}})
            return
        if number is not None:
            _send(client.writer, {"id": number, "result": result})

    def _do(self, client: _Client, method: str, params: Any) -> Any:
        if method == "kernel/bell":
            return self._receiver.bell()
        if client.role == "guard" and method == "kernel/guard/state":
            client.guard = wire.guard_state(params)
            self._receiver.guard(client.kernel, client.guard)
            return None
        if client.role == "kernel" and method == "kernel/cell/started":
            running = wire.cell_started(params)
            client.running_since = running["startedAt"]
            self._receiver.runs(client.kernel, running)
            return None
        if client.role == "kernel" and method == "kernel/cell/idle":
            client.running_since = None
            self._receiver.runs(client.kernel, None)
            return None
        if client.role == "kernel" and method == "kernel/cell/ended":
            record = wire.record(params, client.kernel, time.time() * 1000)
            self._receiver.ended(client.kernel, record)
            # Records of earlier runs are sent again after a connection broke, while the next cell runs.
            if client.running_since is not None and record["startedAt"] > client.running_since - 1:
                client.running_since = None
                self._receiver.runs(client.kernel, None)
            return None
        raise Refused(f"{wire.plain(method)[:80]} is not known here")


class _NoMessage(Exception):
    """Whoever breaks the form is cut."""


def _parse(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _NoMessage from error
    if not isinstance(message, dict):
        raise _NoMessage
    return message


def _send(writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
    transport = writer.transport
    if transport.is_closing():
        return
    if transport.get_write_buffer_size() > MAX_UNSENT:
        transport.abort()
        return
    number = message.get("id")
    if number is not None and not isinstance(number, (int, str)):
        message = {**message, "id": None}
    writer.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


async def _pace(heard: list[float]) -> None:
    """Lets others have their turn; who speaks too much waits."""
    now = time.monotonic()
    if len(heard) >= MAX_RATE:
        wait = 1.0 - (now - heard[0])
        heard.clear()
        if wait > 0:
            await asyncio.sleep(wait)
            return
    heard.append(now)
    await asyncio.sleep(0)


def _same_user(writer: asyncio.StreamWriter) -> bool:
    """Whether the other end is this user; asked of the system where it can say so."""
    if not sys.platform.startswith("linux"):
        return True
    one = writer.get_extra_info("socket")
    _, uid, _ = struct.unpack("3i", one.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return bool(uid == os.getuid())


# --- files; in a thread ---


def _listen(place: _Place | None, token: str) -> tuple[_Place, socket.socket]:
    """Raises NotTrusted or OSError."""
    if place is None:
        stem = f"server-{os.getpid()}-{runtime.start_time(os.getpid())}-{next(_numbers)}"
        folder = runtime.ensure_runtime_folder(longest_name=len(stem) + len(".sock"))
        runtime.remove_stale(folder, NAME, _STALE_S)
        base = os.path.join(folder, stem)
        place = _Place(f"{base}.json", f"{base}.sock", f"{base}.token")
    else:
        runtime.ensure_own_folder(os.path.dirname(place.announcement))
        _remove(place)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(place.socket)
        # The folder kept others out meanwhile.
        os.chmod(place.socket, 0o600)
        listener.setblocking(False)
        _write_secret(place.token, token)
        door = {"pid": os.getpid(), "socket": place.socket, "token": place.token}
        # Listens before it is announced.
        listener.listen(64)
        _write_secret(place.announcement, json.dumps(door))
    except OSError:
        listener.close()
        _remove(place)
        raise
    return place, listener


def _write_secret(path: str, text: str) -> None:
    """A file that others cannot read, whole or not at all."""
    fresh = f"{path}.new"
    if os.path.lexists(fresh):
        os.unlink(fresh)
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
    os.replace(fresh, path)


def _reachable(place: _Place) -> bool:
    return all(os.path.lexists(file) for file in place.files)


def _remove(place: _Place) -> None:
    for file in place.files:
        try:
            os.unlink(file)
        except OSError:
            pass
