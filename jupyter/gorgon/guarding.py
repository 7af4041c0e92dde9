"""The process beside a kernel that guards its memory: looks, interrupts, freezes, and does what the user answers.

What it froze goes on when it ends, also by SIGTERM. Only SIGKILL leaves the kernel frozen: then
`python -m gorgon.guard answer PID continue` lets it go on by itself (guard.py).
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import stat
import struct
import sys
import time
from typing import Any

from . import judge, leader, runtime, tree
from .leader import wait_for

#: The socket of a guard: pid and start time of its kernel.
NAME = re.compile(r"guard-(\d+)-(\d+)\.sock")
#: What a user can answer (protocol/kernel.ts).
ANSWERS = ("continue", "interrupt", "end")
#: After SIGTERM, seconds.
KILL_AFTER_S = 5.0
#: The state is told so often beside every change, seconds.
TELL_S = 1.0
_LISTEN_S = 1.0
_MAX_LINE = 65_536
_MOST_ANSWERERS = 8
#: A child that grew by so much in the last tenth of a second is stopped, too.
_GREW = 1 << 20


class Stopped:
    """A process that was stopped by us. The signal goes to that very process, whoever has its pid later."""

    def __init__(self, pid: int, ancestor: int) -> None:
        """Raises OSError where it is gone."""
        self.pid = pid
        self.pidfd = os.pidfd_open(pid)
        # Opened first, looked at then: it cannot be another process' that took the pid between.
        if pid != ancestor and pid not in tree.descendants(ancestor):
            os.close(self.pidfd)
            raise ProcessLookupError(pid)

    def send(self, number: int) -> bool:
        try:
            signal.pidfd_send_signal(self.pidfd, number)
            return True
        except OSError:
            return False

    def close(self) -> None:
        os.close(self.pidfd)


class Guarding:
    """Runs until the kernel has ended or says that it wants no guard. `control` is what the kernel writes to."""

    def __init__(self, kernel: dict[str, Any], limit: int, control: int, version: str) -> None:
        self.kernel = kernel
        self.version = version
        self.pid = int(kernel["pid"])
        self.control: int | None = control
        self.root = Stopped(self.pid, self.pid)
        self.tree = tree.Tree(self.pid)
        self.judge = judge.Judge(limit)
        self.judge.start(self.tree.look(time.monotonic()))
        #: Who is told and may answer: the worker, and the Jupyter server where one started the kernel.
        self.leaders = [leader.Leader(self._hello)]
        if place := runtime.server_announcement():
            self.leaders.append(leader.Leader(self._hello, place=place, who="Jupyter server"))
        self.frozen: dict[int, Stopped] = {}
        self.seen_stopped = False
        #: A cell runs, as the kernel says.
        self.busy = True
        #: What the user said to end, until it has.
        self.condemned: dict[int, Stopped] = {}
        self.since = int(time.time() * 1000)
        self.phase = self.judge.phase
        self.told_phase = ""
        self.next_look = 0.0
        self.next_tell = 0.0
        self.kill_at: float | None = None
        self.kill_tree = 0
        self.ending = False
        self.rest = b""
        self.path, self.listener = listen(self.pid, int(kernel["startedAt"]))
        self.answerers: dict[int, tuple[socket.socket, float]] = {}

    def _hello(self) -> dict[str, Any]:
        return {"role": "guard", "kernel": self.kernel, "version": self.version, "executable": "", "faults": ""}

    # --- the loop ---

    def run(self) -> None:
        """Whatever ends it, the kernel does not stay frozen."""
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, self._asked_to_end)
        try:
            while not self.ending:
                self._turn()
        except tree.Gone:
            pass
        finally:
            self.let_go()
            self._close()

    def _asked_to_end(self, *_: object) -> None:
        self.ending = True

    def _turn(self) -> None:
        now = time.monotonic()
        dues = [self.next_look - now, self.next_tell - now, *(one.due(now) for one in self.leaders)]
        if self.kill_at is not None:
            dues.append(self.kill_at - now)
        ready = self._wait(max(0.0, min(dues)))
        now = time.monotonic()
        if self.root.pidfd in ready:
            raise tree.Gone("the kernel has ended")
        if self.control is not None and self.control in ready:
            self._read_control()
        if now >= self.next_look:
            self._look(now)
        for one in self.leaders:
            for event in one.step(now):
                self._heard(event)
        self._serve(ready, now)
        if now >= self.next_tell or self.judge.phase != self.told_phase:
            self._tell(now)
        if self.kill_at is not None and now >= self.kill_at:
            self._kill()

    def _wait(self, seconds: float) -> set[int]:
        poller = select.poll()
        for fd in (self.root.pidfd, self.control, *self.answerers):
            if fd is not None and fd >= 0:
                poller.register(fd, select.POLLIN)
        for one in self.leaders:
            if one.fileno() >= 0:
                poller.register(one.fileno(), select.POLLIN | (select.POLLOUT if one.wants_write else 0))
        if self.listener is not None and len(self.answerers) < _MOST_ANSWERERS:
            poller.register(self.listener, select.POLLIN)
        return {fd for fd, _ in poller.poll(seconds * 1000)}

    # --- looking ---

    def _look(self, now: float) -> None:
        used = self.tree.look(now)
        if self.tree.estimated(used) and self.judge.close(now, used):
            used = self.tree.exact(now)
        if self.judge.phase == judge.FROZEN:
            self._keep_frozen(now, used)
        elif self.kill_at is not None:
            # It was asked to end and grows instead: it does not hear.
            if used > judge.more_than(self.kill_tree):
                self._kill()
        else:
            act = self.judge.see(now, used)
            if act == "interrupt":
                self._interrupt()
            elif act == "freeze":
                self._freeze(now)
        self.next_look = now + self.judge.pause()

    def _interrupt(self) -> None:
        """Only a cell: between two of them the kernel may lose the message that it is at, or end by the signal."""
        if self.control is not None and wait_for(self.control, write=False, seconds=0):
            self._read_control()
        if self.busy and tree.catches(self.pid, signal.SIGINT):
            self.root.send(signal.SIGINT)
        else:
            self.judge.spare()

    def _freeze(self, now: float) -> None:
        self.frozen[self.pid] = self.root
        self.seen_stopped = False
        self.root.send(signal.SIGSTOP)
        self._stop_growing_children(now)

    def _stop_growing_children(self, now: float) -> None:
        for one in list(self.tree.processes.values()):
            if one.pid in self.frozen or one.growth(now - 0.1) < _GREW:
                continue
            try:
                child = Stopped(one.pid, self.pid)
            except OSError:
                continue
            child.send(signal.SIGSTOP)
            self.frozen[one.pid] = child

    def _keep_frozen(self, now: float, used: int) -> None:
        self.judge.see(now, used)
        self._stop_growing_children(now)
        # It stops when it comes out of the system's code. If it goes on after that, somebody else has answered.
        stopped = runtime.state_of(self.pid) in ("T", "t")
        if self.seen_stopped and not stopped:
            self._thaw("continue")
        self.seen_stopped = stopped

    # --- answers ---

    def answer(self, word: str) -> str:
        """Does what the user wants with the frozen kernel; why not, in words."""
        if word not in ANSWERS:
            return "The answers are: continue, interrupt, end."
        if self.judge.phase != judge.FROZEN:
            return f"The kernel of process {self.pid} is not frozen."
        if word == "end":
            self.kill_at = time.monotonic() + KILL_AFTER_S
            self.kill_tree = self.judge.tree
            # Sent while they are stopped: it is the first thing that they see.
            for one in self.frozen.values():
                one.send(signal.SIGTERM)
        elif word == "interrupt":
            if not tree.catches(self.pid, signal.SIGINT):
                return "The kernel does not catch an interrupt now: it would end by it."
            self.root.send(signal.SIGINT)
        self._thaw(word)
        return ""

    def _thaw(self, word: str) -> None:
        if word == "end":
            self.condemned = dict(self.frozen)
        self.let_go()
        self.judge.resume("continue" if word == "end" else word)
        if word == "end":
            self.judge.reason = "You ended the kernel."
        self.next_look = 0.0

    def let_go(self) -> None:
        """Everything that we stopped goes on."""
        for one in self.frozen.values():
            one.send(signal.SIGCONT)
        self.frozen = {}

    def _kill(self) -> None:
        """Only after the user said to end it."""
        self.kill_at = None
        for one in {**self.condemned, self.pid: self.root}.values():
            one.send(signal.SIGKILL)

    # --- talking ---

    def _heard(self, event: leader.Event) -> None:
        if isinstance(event, leader.Ready):
            self.told_phase = ""
        elif isinstance(event, leader.Told) and event.method == "kernel/guard/answer":
            word = event.params.get("answer") if isinstance(event.params, dict) else None
            if isinstance(word, str):
                self.answer(word)

    def _tell(self, now: float) -> None:
        self.told_phase = self.judge.phase
        self.next_tell = now + TELL_S
        state = self.state()
        for one in self.leaders:
            one.notify("kernel/guard/state", {"state": state})
            for event in one.step(time.monotonic()):
                self._heard(event)

    def state(self) -> dict[str, Any]:
        """GuardState of protocol/kernel.ts."""
        if self.judge.phase != self.phase:
            self.phase, self.since = self.judge.phase, int(time.time() * 1000)
        return {
            "phase": self.judge.phase,
            "limitBytes": self.judge.limit,
            "treeBytes": self.judge.tree,
            "since": self.since,
            "reason": self.judge.reason,
        }

    def _read_control(self) -> None:
        assert self.control is not None
        data = os.read(self.control, _MAX_LINE)
        if not data:
            # The kernel closed it, or a child of its holds it open no more: the pidfd tells whether it lives.
            os.close(self.control)
            self.control = None
            self.ending = True
            return
        *lines, self.rest = (self.rest + data)[-_MAX_LINE:].split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "limit" in message:
                self.judge.set_limit(int(message["limit"]), self.tree.look(time.monotonic()))
                self.next_look = self.next_tell = 0.0
            if "busy" in message:
                self.busy = message["busy"] is True
            if message.get("stop") is True:
                self.ending = True

    # --- answers without a worker ---

    def _serve(self, ready: set[int], now: float) -> None:
        if self.listener is not None and self.listener.fileno() in ready:
            try:
                one, _ = self.listener.accept()
            except OSError:
                pass
            else:
                one.setblocking(False)
                self.answerers[one.fileno()] = one, now + _LISTEN_S
        for fd, (one, until) in list(self.answerers.items()):
            if fd in ready:
                self._reply(one)
            elif now < until:
                continue
            one.close()
            del self.answerers[fd]

    def _reply(self, one: socket.socket) -> None:
        try:
            word = one.recv(64).decode("ascii", "replace").strip()
            if not same_user(one):
                return
            wrong = self.answer(word) if word != "state" else ""
            one.send(json.dumps({"wrong": wrong, "state": self.state()}).encode())
        except OSError:
            pass

    def _close(self) -> None:
        for one in self.leaders:
            if one.ready:
                one.notify("kernel/guard/state", {"state": None})
                one.step(time.monotonic())
                one.flush(0.5)
            one.close()
        if self.listener is not None:
            self.listener.close()
            try:
                os.unlink(self.path)
            except OSError:
                pass


def socket_name(pid: int, started_at: int) -> str:
    return f"guard-{pid}-{started_at}.sock"


def listen(pid: int, started_at: int) -> tuple[str, socket.socket | None]:
    """The socket for `python -m gorgon.guard answer`; without a folder for it the worker alone can answer."""
    name = socket_name(pid, started_at)
    try:
        folder = runtime.ensure_runtime_folder(longest_name=len(name))
        runtime.remove_stale(folder, NAME, 0.0)
        path = os.path.join(folder, name)
        if os.path.lexists(path):
            os.unlink(path)
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        one.bind(path)
        # The folder kept others out meanwhile.
        os.chmod(path, stat.S_IRUSR | stat.S_IWUSR)
        one.listen(_MOST_ANSWERERS)
        one.setblocking(False)
    except (OSError, runtime.NotTrusted):
        return "", None
    return path, one


def same_user(one: socket.socket) -> bool:
    """Whether the other end is this user, or root."""
    _, uid, _ = struct.unpack("3i", one.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return uid in (os.getuid(), 0)


def main() -> None:
    """Started by guard.Guard: the first line of the input says whom to guard, the output says whether it does."""
    # No child of the kernel's: its children are counted, waited for and measured by what runs in it.
    if os.fork() != 0:
        os._exit(0)
    rest = b""
    while b"\n" not in rest and len(rest) < _MAX_LINE:
        data = os.read(0, 4096)
        if not data:
            return
        rest += data
    line, _, after = rest.partition(b"\n")
    asked = json.loads(line)
    os.chdir("/")
    try:
        if runtime.start_time(asked["kernel"]["pid"]) == 0:
            raise OSError("/proc does not tell of the kernel")
        guarding = Guarding(asked["kernel"], int(asked["limit"]), 0, str(asked["version"]))
    except (OSError, tree.Gone, runtime.NotTrusted) as error:
        say({"wrong": str(error)})
        return
    guarding.rest = after
    say({"pid": os.getpid(), "socket": guarding.path})
    guarding.run()


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
