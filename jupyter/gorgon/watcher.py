"""Watches processes that are not its children and says how each ended. Run by the worker: `python -I watcher.py`.

JSON lines. In: `{"watch": {"pid", "startedAt", "faults"}}`, `{"forget": {"pid"}}`. Out: `{"watching": {"pid", "how"}}`,
`{"died": {...}}` (see `Watch.verdict`). It ends when its input ends. It sends no signal, starts no program but
journalctl, and opens of what its input names only a file that faulthandler of that very process has written.
One file without imports from the package; Python >= 3.8.
"""

from __future__ import annotations

import errno
import json
import os
import re
import select
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
from typing import Any, NamedTuple

MAX_WATCHES = 512
MAX_LINE = 65_536
MAX_FILE = 65_536
MAX_TEXT = 300
"""How long a dead process may stay unreaped before it is told with what is known, seconds."""
REAP_S = 2.0
RETRY_S = 0.025
POLL_S = 0.25
"""Two readings of one start time differ by so much at most, milliseconds: the clock is set, /proc/stat rounds."""
START_TOLERANCE_MS = 3000
JOURNAL_S = 1.5
MAX_LOG_LINES = 2000

"""ioctl PIDFD_GET_INFO (linux/pidfd.h): the first published size of its structure, 64 bytes, ends with the exit code."""
PIDFD_GET_INFO = 0xC040FF0B
PIDFD_INFO_SIZE = 64
PIDFD_INFO_EXIT = 1 << 3
EXIT_CODE_AT = 60
"""Inode of the first pid namespace (linux/proc_ns.h): only there the kernel log's pids are ours."""
FIRST_PID_NAMESPACE = "pid:[4026531836]"
"""cgroup v1 writes a number near 2^63 for no limit."""
NO_LIMIT = 1 << 62

FAULTS_NAME = re.compile(r"^kernel-(\d+)-\d+\.faults$")
FAULTS_LINE = re.compile(r"^(Fatal Python error|Windows fatal exception|Fatal error)\b")


def read_text(path: str, limit: int = MAX_FILE) -> str | None:
    """The start of a file; None where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(limit).decode("utf-8", "replace")
    except (OSError, ValueError):
        return None


def clean(text: str) -> str:
    """One line of printable text."""
    return "".join(one if one.isprintable() else " " for one in text).strip()[:MAX_TEXT]


# --- the process ---


class Stat(NamedTuple):
    """What /proc/PID/stat says. `status`: how it ended, as wait() has it; None where it lives or may not be known."""

    state: str
    ticks: int
    status: int | None


def read_stat(pid: int) -> Stat | None:
    """None where there is no such process, or no /proc."""
    path = f"/proc/{pid}/stat"
    text = read_text(path, 4096)
    if text is None:
        return None
    # The name may hold blanks and brackets.
    words = text[text.rfind(")") + 1 :].split()
    try:
        state, ticks = words[0], int(words[19])
        status = int(words[49]) if len(words) > 49 and state in "ZX" else None
        # The kernel writes 0 for those who may not know: that is an answer for the same user only.
        if status == 0 and os.stat(path).st_uid != os.geteuid():
            status = None
    except (IndexError, ValueError, OSError):
        return None
    return Stat(state, ticks, status)


def started_at(ticks: int) -> float | None:
    """Milliseconds since the epoch of a start time in clock ticks since boot."""
    found = re.search(r"^btime (\d+)$", read_text("/proc/stat", 1 << 20) or "", re.MULTILINE)
    return None if found is None else int(found.group(1)) * 1000 + ticks * 1000 / os.sysconf("SC_CLK_TCK")


def lives_elsewhere(pid: int) -> bool:
    """Whether a process lives, on systems without /proc. Signal 0 is none: it only asks, except on Windows."""
    if sys.platform == "win32":
        import ctypes

        kernel32 = ctypes.windll.kernel32
        handle = kernel32.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
        if not handle:
            return False
        code = ctypes.c_ulong()
        known = kernel32.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel32.CloseHandle(handle)
        return not known or code.value == 259  # STILL_ACTIVE
    try:
        os.kill(pid, 0)
    except OSError as error:
        return error.errno == errno.EPERM
    return True


def exit_status(pidfd: int) -> tuple[int | None, bool]:
    """How the process of a pidfd ended as wait() has it, and whether asking again can help (it is not reaped yet)."""
    try:
        import fcntl

        buffer = bytearray(PIDFD_INFO_SIZE)
        struct.pack_into("=Q", buffer, 0, PIDFD_INFO_EXIT)
        fcntl.ioctl(pidfd, PIDFD_GET_INFO, buffer, True)
    except (OSError, ImportError):
        return None, False  # Linux < 6.13, or reaped on one < 6.15.
    if struct.unpack_from("=Q", buffer, 0)[0] & PIDFD_INFO_EXIT:
        return struct.unpack_from("=i", buffer, EXIT_CODE_AT)[0], False
    return None, True


def signal_name(number: int) -> str:
    """E.g. `SIGKILL`."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"


# --- its memory control group ---


class Level(NamedTuple):
    """A control group on the way up: its folder, its limit in bytes, and how often that was reached."""

    folder: str
    limit: int | None
    reached: int | None


class Group:
    """The control group that limits a process' memory, as it was when the process was looked at."""

    def __init__(self, name: str, folder: str, mount: str, version: int) -> None:
        self.name = name
        self.folder = folder
        self.mount = mount
        self.version = version
        self.before = self.kills()
        self.levels = self.climb()

    def kills(self) -> int | None:
        """Processes of this group that were killed for want of memory; None where it is not told."""
        if self.version == 1:
            return self.number("memory.oom_control", "oom_kill")
        local = self.number("memory.events.local", "oom_kill")
        return local if local is not None else self.number("memory.events", "oom_kill")

    def number(self, file: str, key: str, folder: str = "") -> int | None:
        text = read_text(os.path.join(folder or self.folder, file), 4096) or ""
        found = re.search(rf"^{key} (\d+)$", text, re.MULTILINE) if key else re.match(r"(\d+)$", text.strip())
        return None if found is None else int(found.group(1))

    def climb(self) -> list[Level]:
        """This group and those above it, at most 32."""
        levels = []
        folder = self.folder
        for _ in range(32):
            limit = self.number("memory.limit_in_bytes" if self.version == 1 else "memory.max", "", folder)
            reached = (
                self.number("memory.failcnt", "", folder)
                if self.version == 1
                else self.number("memory.events.local", "oom", folder)
            )
            levels.append(Level(folder, None if limit is None or limit >= NO_LIMIT else limit, reached))
            if folder == self.mount or not folder.startswith(self.mount):
                break
            folder = os.path.dirname(folder)
        return levels

    def verdict(self) -> dict[str, Any] | None:
        """The `oom` of a death; None where nothing was counted. Of the groups whose limit was reached, the tightest."""
        after = self.kills()
        if self.before is None or after is None:
            return None
        old = {one.folder: one.reached for one in self.levels}
        hit = [
            one
            for one in self.climb()
            if one.limit is not None and one.reached is not None and one.reached > (old.get(one.folder) or 0)
        ]
        if after > self.before and hit:
            tightest = min(hit, key=lambda one: one.limit or 0)
            return self._said(tightest.folder, after, tightest.limit)
        # Killed, but no limit of these groups was reached: the whole machine, or a group that is not seen from here.
        limits = [one.limit for one in self.levels if one.limit is not None]
        return self._said(self.folder, after, None if after > self.before or not limits else min(limits))

    def _said(self, folder: str, after: int, limit: int | None) -> dict[str, Any]:
        above = len(os.path.relpath(self.folder, folder).split("/")) if folder != self.folder else 0
        name = self.name
        for _ in range(above):
            name = os.path.dirname(name)
        return {"group": name, "before": self.before, "after": after, "limitBytes": limit}


class Machine:
    """Where no group counts, the whole machine does (/proc/vmstat, Linux >= 4.13)."""

    def __init__(self) -> None:
        self.before = self.kills()

    def kills(self) -> int | None:
        found = re.search(r"^oom_kill (\d+)$", read_text("/proc/vmstat") or "", re.MULTILINE)
        return None if found is None else int(found.group(1))

    def verdict(self) -> dict[str, Any] | None:
        after = self.kills()
        if self.before is None or after is None:
            return None
        return {"group": "/", "before": self.before, "after": after, "limitBytes": None}


def group_of(pid: int) -> Any:
    """The memory group of a process, the machine where it has none."""
    text = read_text(f"/proc/{pid}/cgroup", MAX_FILE) or ""
    paths: dict[int, str] = {}
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if "memory" in controllers.split(","):
            paths[1] = path
        elif number == "0" and controllers == "":
            paths[2] = path
    for version in (1, 2):
        path = paths.get(version, "")
        if not path.startswith("/") or ".." in path.split("/"):
            continue
        for mount, root in group_mounts(version):
            inside = path[len(root.rstrip("/")) :] if path == root or path.startswith(root.rstrip("/") + "/") else path
            folder = (mount + inside).rstrip("/")
            group = Group(path, folder, mount, version) if os.path.isdir(folder) else None
            if group is not None and group.before is not None:
                return group
    return Machine()


def group_mounts(version: int) -> list[tuple[str, str]]:
    """Where the groups are mounted, and which part of them: from mountinfo (proc(5))."""
    mounts = []
    for line in (read_text("/proc/self/mountinfo", 1 << 20) or "").splitlines():
        left, _, right = line.partition(" - ")
        words, kind = left.split(" "), right.split(" ")
        if len(words) < 6 or len(kind) < 3:
            continue
        if kind[0] == "cgroup2" if version == 2 else kind[0] == "cgroup" and "memory" in kind[2].split(","):
            mounts.append((unescape(words[4]), unescape(words[3])))
    return mounts


def unescape(field: str) -> str:
    """The kernel writes blanks as `\\040`."""
    return re.sub(r"\\([0-3][0-7]{2})", lambda found: chr(int(found.group(1), 8)), field)


# --- what the system wrote down ---


class KernelLog:
    """What the kernel wrote since this was made, where it may be read; in a pid namespace its pids are not ours."""

    def __init__(self) -> None:
        self.fd = -1
        self.since = time.time()
        self.recent: list[str] = []
        self.usable = sys.platform.startswith("linux") and self._first_namespace()
        if not self.usable:
            return
        try:
            self.fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            os.lseek(self.fd, 0, os.SEEK_END)
        except OSError:
            if self.fd >= 0:
                os.close(self.fd)
            self.fd = -1

    @staticmethod
    def _first_namespace() -> bool:
        try:
            return os.readlink("/proc/self/ns/pid") == FIRST_PID_NAMESPACE
        except OSError:
            return False

    def about(self, pid: int) -> str:
        """The line on the end of that process; empty without one."""
        if not self.usable:
            return ""
        killed = re.compile(rf"\bKilled process {pid} \(")
        trapped = re.compile(rf"\S\[{pid}\]:? (segfault|general protection|trap|bus error|bad frame)")
        found = ""
        for line in self._kmsg() if self.fd >= 0 else self._journal(self.since):
            if killed.search(line) or trapped.search(line):
                found = clean(line)
        return found

    def _kmsg(self) -> list[str]:
        lines: list[str] = []
        for _ in range(MAX_LOG_LINES):
            try:
                record = os.read(self.fd, 8192).decode("utf-8", "replace")
            except OSError as error:
                if error.errno == errno.EPIPE:
                    continue  # Some were overwritten; the next read goes on behind them.
                break
            lines.append(record.partition(";")[2].split("\n", 1)[0])
        # What is read is gone: a process that dies at the same time may be in it.
        self.recent = (self.recent + lines)[-MAX_LOG_LINES:]
        return self.recent

    @staticmethod
    def _journal(since: float) -> list[str]:
        program = shutil.which("journalctl", path="/usr/bin:/bin")
        readable = any(
            os.access(os.path.join(folder, name, "system.journal"), os.R_OK)
            for folder in ("/var/log/journal", "/run/log/journal")
            for name in (os.listdir(folder) if os.access(folder, os.R_OK | os.X_OK) else [])
        )
        if program is None or not readable:
            return []
        arguments = [
            "-k",
            "-o",
            "cat",
            "-q",
            "--no-pager",
            "-n",
            "300",
            "--since",
            f"@{int(max(since, time.time() - 60))}",
        ]
        try:
            done = subprocess.run(
                [program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=JOURNAL_S,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return []
        return done.stdout[: 1 << 20].decode("utf-8", "replace").splitlines()


def first_fault(path: str, pid: int) -> str:
    """The first line that faulthandler wrote; empty for any file that is not this user's and of that process."""
    named = FAULTS_NAME.match(os.path.basename(path))
    if named is None or int(named.group(1)) != pid or not os.path.isabs(path):
        return ""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        fd = os.open(path, flags)
    except (OSError, ValueError):
        return ""
    try:
        found = os.fstat(fd)
        own = not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
        if not stat.S_ISREG(found.st_mode) or not own:
            return ""
        text = os.read(fd, 4096).decode("utf-8", "replace")
    except OSError:
        return ""
    finally:
        os.close(fd)
    line = next((one for one in text.splitlines() if one.strip()), "")
    return clean(line) if FAULTS_LINE.match(line) else ""


# --- watching ---


class Watch:
    """One process. `pidfd` is -1 where its /proc entry is polled."""

    def __init__(self, pid: int, began: float, faults: str) -> None:
        self.pid = pid
        self.began = began
        self.faults = faults
        self.pidfd = -1
        self.died_at = 0.0
        """When to tell it at the latest, on the monotonic clock; 0 while it lives."""
        self.deadline = 0.0
        self.status: int | None = None
        if hasattr(os, "pidfd_open"):
            try:
                self.pidfd = os.pidfd_open(pid)
            except OSError:
                pass  # No such process, a kernel before 5.3, or a sandbox without it.
        # Looked at after the pidfd was opened: it cannot be another process' then.
        found = read_stat(pid)
        self.ticks = None if found is None else found.ticks
        self.group = group_of(pid)
        self.gone = not self._same(found)
        if self.gone:
            self.close()

    @property
    def how(self) -> str:
        return "pidfd" if self.pidfd >= 0 else "poll"

    def _same(self, found: Stat | None) -> bool:
        """Whether the process that was meant is there: its pid may be another's by now."""
        if found is None:
            # With hidepid another user's process is not to be seen, and lives all the same.
            return self.pidfd >= 0 or (not os.path.exists("/proc/self/stat") and lives_elsewhere(self.pid))
        began = started_at(found.ticks)
        return began is None or self.began <= 0 or abs(began - self.began) <= START_TOLERANCE_MS

    def ended(self) -> bool:
        """Whether a polled process is gone or a zombie."""
        if self.gone:
            return True
        found = read_stat(self.pid)
        if found is None:
            return os.path.exists("/proc/self/stat") or not lives_elsewhere(self.pid)
        if self.ticks is not None and found.ticks != self.ticks:
            return True
        return found.state in "ZX"

    def note_death(self) -> None:
        if self.deadline == 0.0:
            self.died_at = time.time()
            self.deadline = time.monotonic() + REAP_S

    def settled(self) -> bool:
        """Whether all is known that will be. A zombie's status is in /proc; a reaped one's in the pidfd."""
        if self.status is not None or self.gone:
            return True
        found = read_stat(self.pid)
        if found is not None and found.ticks == self.ticks and found.status is not None:
            self.status = found.status
            return True
        if self.pidfd < 0:
            return True
        self.status, more = exit_status(self.pidfd)
        return not more or time.monotonic() >= self.deadline

    def verdict(self, log: KernelLog) -> dict[str, Any]:
        """What is told. `exitKnown`: exitCode and signal are facts. `oom.before == oom.after`: none was killed."""
        status = self.status
        number = 0 if status is None else status & 0x7F
        return {
            "pid": self.pid,
            "time": int(self.died_at * 1000),
            "how": self.how,
            "exitCode": None if status is None or number else (status >> 8) & 0xFF,
            "signal": signal_name(number) if number else "",
            "exitKnown": status is not None,
            "coreDumped": bool(status & 0x80) if status is not None and number else None,
            "oom": None if self.gone else self.group.verdict(),
            # Of a process that was gone before, it cannot be known which one the log means.
            "kernelLog": "" if self.gone else log.about(self.pid),
            "faults": first_fault(self.faults, self.pid),
        }

    def close(self) -> None:
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1


class Watcher:
    """Reads lines from one file descriptor, writes lines to another, until the first ends."""

    def __init__(self, source: int, sink: int) -> None:
        self.source = source
        self.sink = sink
        self.watches: dict[int, Watch] = {}
        self.log = KernelLog()
        self.rest = b""
        self.skipping = False

    def run(self) -> None:
        while True:
            ready = self._wait()
            if self.source in ready and not self._read():
                return
            self._look(ready)

    def _wait(self) -> list[int]:
        """File descriptors with news, or none after a while."""
        living = [one for one in self.watches.values() if one.deadline == 0.0]
        timeout: float | None = None
        if any(one.deadline for one in self.watches.values()):
            timeout = RETRY_S
        elif any(one.pidfd < 0 for one in living):
            timeout = POLL_S
        fds = [self.source] + [one.pidfd for one in living if one.pidfd >= 0]
        if not hasattr(select, "poll"):
            return list(select.select(fds, [], [], timeout)[0])
        poller = select.poll()
        for fd in fds:
            poller.register(fd, select.POLLIN)
        return [fd for fd, _ in poller.poll(None if timeout is None else timeout * 1000)]

    def _read(self) -> bool:
        data = os.read(self.source, MAX_LINE)
        if not data:
            return False
        lines = (self.rest + data).split(b"\n")
        self.rest = lines.pop()
        for line in lines:
            if self.skipping:
                self.skipping = False
            elif len(line) <= MAX_LINE:
                self._take(line)
        if len(self.rest) > MAX_LINE:
            self.rest, self.skipping = b"", True
        return True

    def _take(self, line: bytes) -> None:
        """Does what a line says; what has another form is left out."""
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not isinstance(message, dict):
            return
        watch, forget = message.get("watch"), message.get("forget")
        if isinstance(watch, dict):
            pid: Any = watch.get("pid")
            began: Any = watch.get("startedAt")
            faults = watch.get("faults", "")
            if is_pid(pid) and is_time(began) and isinstance(faults, str) and len(faults) <= 4096:
                self._watch(pid, float(began), faults)
        elif isinstance(forget, dict) and is_pid(forget.get("pid")):
            old = self.watches.pop(forget["pid"], None)
            if old is not None:
                old.close()

    def _watch(self, pid: int, began: float, faults: str) -> None:
        old = self.watches.get(pid)
        if old is not None and abs(old.began - began) <= START_TOLERANCE_MS:
            old.faults = faults or old.faults
            self._say({"watching": {"pid": pid, "how": old.how}})
            return
        if old is not None:
            # Another process has its pid: the old one is dead, whether or not that was noticed.
            old.note_death()
            old.settled()
            self._tell(old)
        elif len(self.watches) >= MAX_WATCHES:
            return
        fresh = self.watches[pid] = Watch(pid, began, faults)
        self._say({"watching": {"pid": pid, "how": fresh.how}})
        if fresh.gone:
            fresh.note_death()

    def _look(self, ready: list[int]) -> None:
        for one in list(self.watches.values()):
            if one.deadline == 0.0 and (one.pidfd in ready if one.pidfd >= 0 else one.ended()):
                one.note_death()
            if one.deadline and one.settled():
                self._tell(one)

    def _tell(self, one: Watch) -> None:
        self.watches.pop(one.pid, None)
        self._say({"died": one.verdict(self.log)})
        one.close()

    def _say(self, message: dict[str, Any]) -> None:
        data = (json.dumps(message) + "\n").encode("utf-8")
        while data:
            data = data[os.write(self.sink, data) :]


def is_pid(value: Any) -> bool:
    """A process' number; not those that mean groups or everything."""
    return type(value) is int and 1 <= value <= 2**31 - 1


def is_time(value: Any) -> bool:
    """Milliseconds since the epoch; 0 where it is not known."""
    return type(value) in (int, float) and 0 <= value < 1e15


def pump(into: socket.socket) -> None:
    """Windows cannot wait for its standard input: a thread hands it on to a socket."""
    try:
        while True:
            data = os.read(0, MAX_LINE)
            if not data:
                break
            into.sendall(data)
    except OSError:
        pass
    into.close()


def main() -> int:
    """Until the input ends, or nobody reads the output."""
    # Ctrl+C in the worker's terminal is the worker's.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source = 0
    if sys.platform == "win32":
        here, there = socket.socketpair()
        threading.Thread(target=pump, args=(there,), daemon=True).start()
        source = here.fileno()
    try:
        Watcher(source, 1).run()
    except BrokenPipeError:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
