"""Guards the kernel's memory from a process beside it: `%gorgon limit 12GiB`, `python -m gorgon.guard answer PID WORD`."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from types import FrameType
from typing import TYPE_CHECKING, Any

from . import runtime

if TYPE_CHECKING:
    from .link import Link
    from .session import Session

_START_S = 10.0
_ANSWER_S = 5.0

#: Imports this very package, from a folder or an archive, and nothing else of what lies beside it.
_BOOT = (
    "import sys, types, importlib.machinery as m\n"
    "p = sys.modules['gorgon'] = types.ModuleType('gorgon')\n"
    "p.__path__ = list(m.PathFinder.find_spec('gorgon', [sys.argv[1]]).submodule_search_locations)\n"
    "from gorgon import guarding; guarding.main()\n"
)


_ANY = object()


class GuardFailed(RuntimeError):
    """The guard cannot do its work here. Its message says why, and what can be done."""


class Guard:
    """The guard of this kernel. It never ends the kernel by itself: it interrupts, freezes and asks."""

    def __init__(self, session: Session, link: Link | None = None) -> None:
        self._session = session
        self._link = link
        self._process: tuple[int, int] | None = None
        self._owner = os.getpid()
        self._limit: int | None = None
        #: The cell that runs, as IPython has it; ANY: the one that started the guard.
        self._cell: object = None
        #: Its process; 0 while there is none. It is no child of the kernel.
        self.pid = 0
        #: Where `python -m gorgon.guard answer` reaches it; empty where no folder for it can be used.
        self.socket = ""

    @property
    def limit_bytes(self) -> int | None:
        """None while nothing is guarded."""
        return self._limit if self.running else None

    @property
    def running(self) -> bool:
        if self._process is None or self._owner != os.getpid():
            return False
        # Its end of the pipe closes when it ends, however that comes about.
        try:
            if os.read(self._process[1], 4096):
                return True
        except BlockingIOError:
            return True
        except OSError:
            pass
        self._forget()
        return False

    def start(self, limit_bytes: int) -> None:
        """Guards from now on, or changes the limit (bytes, of the kernel and all its children). Raises GuardFailed."""
        if limit_bytes < 1 << 20:
            raise GuardFailed("A limit below 1 MiB would stop every cell.")
        wrong = unsupported()
        if wrong:
            raise GuardFailed(wrong)
        if self.running:
            assert self._process is not None
            os.write(self._process[0], (json.dumps({"limit": limit_bytes}) + "\n").encode())
        else:
            self._launch(limit_bytes)
        self._limit = limit_bytes

    def stop(self) -> None:
        """Guards no more. What is frozen goes on."""
        atexit.unregister(self.stop)
        if self.running and self._process is not None:
            try:
                os.write(self._process[0], b'{"stop": true}\n')
                _read_until_closed(self._process[1], 2.0)
            except OSError:
                pass
        if self._owner == os.getpid():
            self._unshield()
            self._forget()

    def _launch(self, limit_bytes: int) -> None:
        from . import __version__

        entry = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        command = [sys.executable, "-I", "-S", "-c", _BOOT, entry]
        try:
            child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # An interrupt of the kernel's process group is none of its.
                start_new_session=True,
            )
        except OSError as error:
            raise GuardFailed(f"The guard's process could not be started with {sys.executable}: {error}") from error
        assert child.stdin is not None and child.stdout is not None
        # Ours to close: they outlive what Popen knows of, the process that forks and ends.
        ends = os.dup(child.stdin.fileno()), os.dup(child.stdout.fileno())
        child.stdin.close()
        child.stdout.close()
        self._process, self._owner = ends, os.getpid()
        asked = {"kernel": self._session.kernel.to_dict(), "limit": limit_bytes, "version": __version__}
        try:
            os.write(ends[0], (json.dumps(asked) + "\n").encode())
            child.wait(_START_S)
            said = json.loads(_read_line(ends[1], _START_S) or "{}")
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            child.kill()
            child.wait()
            self._forget()
            raise GuardFailed(f"The guard's process did not start: {error}") from error
        if "pid" not in said:
            self._forget()
            raise GuardFailed(f"The guard cannot watch this kernel: {said.get('wrong', 'it ended at once')}")
        # A guard that is stuck is not to hold up a cell.
        os.set_blocking(ends[0], False)
        os.set_blocking(ends[1], False)
        self.pid, self.socket = int(said["pid"]), str(said["socket"])
        atexit.register(self.stop)
        self._cell = _ANY
        self._events("register")

    # --- in the cell's thread ---

    def _pre_run_cell(self, info: object = None) -> None:
        if self._cell is None:
            self._cell = info
            self._say_busy(True)
            if threading.current_thread() is threading.main_thread():
                self._shield()

    def _post_run_cell(self, result: object = None) -> None:
        # Code that a cell runs ends before the cell does.
        if self._cell is _ANY or result is None or getattr(result, "info", None) is self._cell:
            self._cell = None
            self._say_busy(False)
            # A kernel puts its handler back itself, after the reply.
            if not hasattr(self._session.shell, "kernel"):
                self._unshield()

    def _shield(self) -> None:
        """An interrupt that comes as a cell ends would be raised in IPython's own code, and the reply be lost."""
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._on_interrupt)

    def _unshield(self) -> None:
        if threading.current_thread() is threading.main_thread() and self._shields():
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _shields(self) -> bool:
        return signal.getsignal(signal.SIGINT) == self._on_interrupt

    @staticmethod
    def _on_interrupt(number: int, frame: FrameType | None) -> None:
        if in_cell(frame):
            signal.default_int_handler(number, frame)

    def _say_busy(self, busy: bool) -> None:
        if self._process is None or self._owner != os.getpid():
            return
        try:
            os.write(self._process[0], b'{"busy": true}\n' if busy else b'{"busy": false}\n')
        except OSError:
            pass  # It has ended.

    def _events(self, act: str) -> None:
        shell: Any = getattr(self._session, "shell", None)
        for event, listener in (("pre_run_cell", self._pre_run_cell), ("post_run_cell", self._post_run_cell)):
            try:
                getattr(shell.events, act)(event, listener)
            except (AttributeError, ValueError):
                pass  # Without a shell every moment is a cell's; or somebody took all listeners away.

    def _forget(self) -> None:
        self._events("unregister")
        for fd in self._process or ():
            try:
                os.close(fd)
            except OSError:
                pass
        self._process, self._limit, self.pid, self.socket = None, None, 0, ""


def in_cell(frame: FrameType | None) -> bool:
    """Whether a frame is of what IPython runs for a cell: what is raised there, and in what runs its statements, fails the cell.

    Between two statements of a cell it is IPython's own: an interrupt that came in the last call of C of the first is heard there.
    """
    while frame is not None:
        frame = frame.f_back
        if frame is not None and frame.f_code.co_name in ("run_code", "run_ast_nodes"):
            return True
    return False


def unsupported() -> str:
    """Why no kernel can be guarded on this system; empty where it can."""
    if not sys.platform.startswith("linux"):
        return "The memory guard needs Linux: it reads /proc and stops processes."
    if not hasattr(os, "pidfd_open") or not hasattr(signal, "pidfd_send_signal"):
        return "The memory guard needs pidfd_open (Linux 5.3)."
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError as error:
        return f"The memory guard needs pidfd_open, which this system refuses: {error}"
    if not os.path.exists("/proc/self/statm"):
        return "The memory guard needs /proc/PID/statm."
    if not sys.executable:
        return "The memory guard needs the path of the interpreter, which this one does not know."
    return ""


def _read_line(fd: int, seconds: float) -> str:
    from .leader import wait_for

    end, text = time.monotonic() + seconds, b""
    while b"\n" not in text and wait_for(fd, write=False, seconds=end - time.monotonic()):
        data = os.read(fd, 4096)
        if not data:
            break
        text += data
    return text.decode("utf-8", "replace").partition("\n")[0]


def _read_until_closed(fd: int, seconds: float) -> None:
    from .leader import wait_for

    end = time.monotonic() + seconds
    while wait_for(fd, write=False, seconds=end - time.monotonic()):
        if not os.read(fd, 4096):
            return


# --- answers without a worker ---


def answer(pid: int, word: str) -> tuple[bool, str]:
    """Tells the guard of a frozen kernel what to do, and whether that was done. In words for people."""
    from .guarding import ANSWERS

    if word not in ANSWERS:
        return False, f"{word} is no answer: they are {', '.join(ANSWERS)}."
    found = _socket_of(pid)
    if found is None:
        return False, f"No guard watches a kernel of process {pid}."
    path, started_at = found
    try:
        reply = _ask(path, word)
    except (OSError, ValueError, runtime.NotTrusted):
        return _without_guard(pid, started_at, path, word)
    if reply.get("wrong"):
        return False, str(reply["wrong"])
    done = {"continue": "goes on", "interrupt": "was interrupted", "end": "is being ended"}[word]
    return True, f"The kernel of process {pid} {done}."


def _socket_of(pid: int) -> tuple[str, int] | None:
    from .guarding import NAME

    for folder in runtime.runtime_folders():
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            found = NAME.fullmatch(name)
            if found is not None and int(found.group(1)) == pid and runtime.lives(pid, int(found.group(2))):
                return os.path.join(folder, name), int(found.group(2))
    return None


def _ask(path: str, word: str) -> dict[str, Any]:
    runtime.check_own(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
        one.settimeout(_ANSWER_S)
        one.connect(path)
        one.sendall(f"{word}\n".encode())
        reply = json.loads(one.recv(65_536))
    return reply if isinstance(reply, dict) else {"wrong": "The guard did not understand."}


def _without_guard(pid: int, started_at: int, path: str, word: str) -> tuple[bool, str]:
    """The guard was killed: whom it froze would stay so. What it left shows that it was the one."""
    from . import tree

    pidfd = os.pidfd_open(pid)
    try:
        if not runtime.lives(pid, started_at) or runtime.state_of(pid) not in ("T", "t"):
            return False, f"The guard of process {pid} has ended, and the kernel is not frozen."
        number = {"continue": None, "interrupt": signal.SIGINT, "end": signal.SIGTERM}[word]
        if number is not None:
            signal.pidfd_send_signal(pidfd, number)
        for child in tree.descendants(pid):
            if runtime.state_of(child) in ("T", "t"):
                os.kill(child, signal.SIGCONT)
        signal.pidfd_send_signal(pidfd, signal.SIGCONT)
        os.unlink(path)
    finally:
        os.close(pidfd)
    return True, f"The guard of process {pid} had been killed; the kernel was told to {word} all the same."


def main(arguments: list[str]) -> int:
    """`answer PID continue|interrupt|end`: 0 where it was done, 1 where not, 2 for a wrong call."""
    if len(arguments) == 3 and arguments[0] == "answer" and arguments[1].isdigit():
        done, words = answer(int(arguments[1]), arguments[2])
        print(words, file=sys.stdout if done else sys.stderr)
        return 0 if done else 1
    print("Usage: python -m gorgon.guard answer PID continue|interrupt|end", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
