"""Where the leading worker and this package keep their files, and whom of them to trust: as server/host/paths.ts has it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

#: Names an announcement file to use instead of the usual one.
ENDPOINT_VARIABLE = "GORGON_ENDPOINT"
#: The announcement of the Jupyter server's extension that started this kernel.
SERVER_VARIABLE = "GORGON_SERVER"

#: A socket's path fits into 104 bytes with its end on macOS and the BSDs, 108 on Linux.
MAX_SOCKET_PATH = 103
_OTHERS = 0o077
_MAX_FILE = 16_384
_LINKS_LIMIT = 40
_PROGRAM_S = 5.0

# fmt: off
_NETWORK_TYPES = frozenset((
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "9p", "afs", "coda", "ceph", "lustre", "gpfs", "beegfs",
    "glusterfs", "orangefs", "pvfs2", "ocfs2", "gfs2", "davfs", "virtiofs", "vboxsf", "prl_fs", "vmhgfs", "drvfs",
))
_MEMORY_TYPES = frozenset(("tmpfs", "ramfs"))
_LOCAL_FUSE = frozenset(("fuseblk", "fuse.ntfs-3g", "fuse.exfat", "fuse.lxcfs", "fuse.zfs"))
# fmt: on


class NotTrusted(Exception):
    """A file or folder is not this user's own, or open to others. Its message says which and why."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """Where the leading worker says that it can be reached."""

    pid: int
    #: Path of its socket, or name of its pipe.
    socket: str
    #: Path of its token file.
    token: str


# --- places ---


def announcement_file(env: Mapping[str, str] = os.environ) -> str:
    """Where the leader announces itself, whether or not it did."""
    named = env.get(ENDPOINT_VARIABLE, "")
    return named if os.path.isabs(named) else os.path.join(state_folder(env), "leader.json")


def server_announcement(env: Mapping[str, str] = os.environ) -> str:
    """Where the Jupyter server that started this kernel announces itself; empty without one, or where it is the leader's."""
    named = env.get(SERVER_VARIABLE, "")
    if not os.path.isabs(named) or os.path.realpath(named) == os.path.realpath(announcement_file(env)):
        return ""
    return named


def state_folder(env: Mapping[str, str] = os.environ) -> str:
    """`$XDG_STATE_HOME/gorgon/<machine>`; a local folder where that lies on a network file system."""
    usual = _join(_state_home(env), "gorgon", machine_id())
    if _on_network(usual):
        return _join(f"/var/tmp/gorgon-{_uid()}", machine_id())
    return usual


def runtime_folders(env: Mapping[str, str] = os.environ) -> list[str]:
    """Where short-lived files may lie, the best first: the leader's own places. Nothing is created."""
    if sys.platform == "win32":
        return [state_folder(env)]
    runtime = _absolute(env, "XDG_RUNTIME_DIR")
    temporary = _absolute(env, "TMPDIR") or "/tmp"
    return [
        *([] if runtime is None else [_join(runtime, "gorgon", machine_id())]),
        _join(temporary, f"gorgon-{_uid()}", machine_id()),
        state_folder(env),
    ]


def ensure_runtime_folder(env: Mapping[str, str] = os.environ, longest_name: int = 0) -> str:
    """Makes the first of them that can be used, where a socket with a name so long fits. Raises NotTrusted in words."""
    reasons = []
    for folder in runtime_folders(env):
        if longest_name and len(os.fsencode(folder)) + 1 + longest_name > MAX_SOCKET_PATH:
            reasons.append(f"{folder}: the path of a socket there is too long")
            continue
        why = _unusable(folder)
        if not why:
            return folder
        reasons.append(why)
    raise NotTrusted("No folder for short-lived files can be used: " + "; ".join(reasons))


def _unusable(folder: str) -> str:
    """Makes a folder for this user alone. Why it cannot be used, in words; empty where it can."""
    try:
        ensure_own_folder(folder)
    except (OSError, NotTrusted) as error:
        return str(error)
    # A read-only file system shows itself only here.
    return "" if os.access(folder, os.W_OK | os.X_OK) else f"{folder} is read-only"


def make_file(name: str, alike: re.Pattern[str], keep_s: float, flags: int, folder: str = "") -> tuple[str, int]:
    """A fresh file for this user alone: its path, and its descriptor opened with these flags.

    alike: names of files of its kind, of which those of dead processes go once they are so old, seconds (see remove_stale).
    folder: one that was made sure of, by default the runtime folder. Raises NotTrusted in words, or OSError.
    """
    folder = folder or ensure_runtime_folder()
    remove_stale(folder, alike, keep_s)
    path = os.path.join(folder, name)
    # One of that name is of a process whose pid we have: it is dead.
    if os.path.lexists(path):
        os.unlink(path)
    return path, os.open(path, flags | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)


def ensure_memory_folder(env: Mapping[str, str] = os.environ) -> str:
    """The first folder for short-lived files that lies in memory, as those of systemd and `/dev/shm` do. Linux only.

    Raises NotTrusted in words.
    """
    reasons = []
    for folder in (*runtime_folders(env), _join(f"/dev/shm/gorgon-{_uid()}", machine_id())):
        if _kind_of(folder) not in _MEMORY_TYPES:
            continue
        why = _unusable(folder)
        if not why:
            return folder
        reasons.append(why)
    raise NotTrusted("; ".join(reasons) or "No folder of yours lies in memory (XDG_RUNTIME_DIR, /dev/shm)")


def machine_id() -> str:
    """16 hexadecimal digits that tell this machine from others that share a home folder."""
    raw = _raw_machine_id() or f"hostname {socket.gethostname()}"
    return hashlib.sha256(f"gorgon machine {raw}".encode()).hexdigest()[:16]


def _raw_machine_id() -> str | None:
    if sys.platform == "win32":
        return _windows_guid()
    if sys.platform == "darwin":
        return _mac_uuid()
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            with open(path, encoding="ascii") as file:
                found = file.read(256).strip()
        except (OSError, ValueError):
            continue
        # systemd writes "uninitialized" into images that have no id yet.
        if re.fullmatch(r"[0-9a-fA-F]{32}", found):
            return found.lower()
    return None


def _mac_uuid() -> str | None:
    try:
        done = subprocess.run(
            ["/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROGRAM_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(rb'"IOPlatformUUID"\s*=\s*"([0-9A-Fa-f-]{36})"', done.stdout)
    return None if found is None else found.group(1).decode().lower()


def _windows_guid() -> str | None:
    try:
        import winreg as registry

        wanted = registry.KEY_READ | registry.KEY_WOW64_64KEY  # type: ignore[attr-defined,unused-ignore]
        name = r"SOFTWARE\Microsoft\Cryptography"
        with registry.OpenKey(registry.HKEY_LOCAL_MACHINE, name, 0, wanted) as key:  # type: ignore[attr-defined,unused-ignore]
            value = str(registry.QueryValueEx(key, "MachineGuid")[0])  # type: ignore[attr-defined,unused-ignore]
    except (ImportError, OSError):
        return None
    return value.lower() if re.fullmatch(r"[0-9A-Fa-f-]{36}", value) else None


def _state_home(env: Mapping[str, str]) -> str:
    if sys.platform == "win32":
        return env.get("LOCALAPPDATA") or os.path.join(os.path.expanduser("~"), "AppData", "Local")
    return _absolute(env, "XDG_STATE_HOME") or _join(_home(env), ".local", "state")


def _home(env: Mapping[str, str]) -> str:
    home = _absolute(env, "HOME")
    if home is not None:
        return home
    import pwd

    try:
        return pwd.getpwuid(_uid()).pw_dir
    except KeyError:
        return "/"


def _absolute(env: Mapping[str, str], variable: str) -> str | None:
    """The XDG rules: a relative path in these variables is ignored."""
    value = env.get(variable, "")
    return value if value.startswith("/") else None


def _uid() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0


def _join(*parts: str) -> str:
    joined = os.path.normpath(os.path.join(*parts))
    # POSIX lets two slashes at the beginning stand; Node makes them one, and so do we.
    return joined[1:] if joined.startswith("//") else joined


# --- network file systems ---


def _on_network(path: str) -> bool:
    kind = _kind_of(path)
    if kind in _NETWORK_TYPES:
        return True
    return (kind == "fuse" or kind.startswith("fuse.")) and kind not in _LOCAL_FUSE


def _kind_of(path: str) -> str:
    """The type of the file system on which a path lies, or would lie; empty where that is not known."""
    if not sys.platform.startswith("linux"):
        return ""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
            lines = file.read(1 << 22).splitlines()
    except OSError:
        return ""
    real = _resolve(path)
    point, kind = "", ""
    for line in lines:
        words, _, right = line.partition(" - ")
        fields = words.split(" ")
        if len(fields) < 6:
            continue
        mount = re.sub(r"\\([0-3][0-7]{2})", lambda found: chr(int(found.group(1), 8)), fields[4])
        inside = mount == "/" or real == mount or real.startswith(mount + "/")
        # Of several mounts on one point the last is the one in sight.
        if inside and len(mount) >= len(point):
            point, kind = mount, right.split(" ", 1)[0]
    return kind


def _resolve(path: str) -> str:
    """The path with the links of those parts that exist followed."""
    rest = [part for part in path.split("/") if part not in ("", ".")]
    resolved, links = "", 0
    while rest:
        part = rest.pop(0)
        if part == "..":
            resolved = resolved[: max(0, resolved.rfind("/"))]
            continue
        try:
            target = os.readlink(f"{resolved}/{part}") if links < _LINKS_LIMIT else None
        except OSError:
            target = None
        if target is None:
            resolved = f"{resolved}/{part}"
            continue
        links += 1
        if target.startswith("/"):
            resolved = ""
        rest = [one for one in target.split("/") if one not in ("", ".")] + rest
    return resolved or "/"


# --- trust ---


def ensure_own_folder(folder: str) -> None:
    """Makes a folder for this user alone, and checks it and the one above. Raises NotTrusted, or OSError."""
    above = os.path.dirname(folder)
    os.makedirs(os.path.dirname(above), mode=0o700, exist_ok=True)
    for one in (above, folder):
        try:
            os.mkdir(one, 0o700)
        except FileExistsError:
            pass
        found = os.lstat(one)
        if not stat.S_ISDIR(found.st_mode):
            raise NotTrusted(f"{one} is not a folder; move it away")
        if hasattr(os, "getuid"):
            if found.st_uid != os.getuid():
                raise NotTrusted(f"{one} belongs to another user (uid {found.st_uid}), so it is left alone")
            if found.st_mode & _OTHERS:
                os.chmod(one, 0o700)


def check_own(path: str, secret: bool = True) -> os.stat_result:
    """Raises NotTrusted where a file or socket is not this user's own or, if secret, others may read it; OSError."""
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        raise NotTrusted(f"{path} is a symbolic link, so it is not trusted")
    if hasattr(os, "getuid"):
        if found.st_uid != os.getuid():
            raise NotTrusted(f"{path} belongs to another user (uid {found.st_uid}), so it is not trusted")
        if secret and found.st_mode & _OTHERS:
            raise NotTrusted(f"{path} is open to others (mode {found.st_mode & 0o777:o}), so it is not trusted")
    return found


def read_secret(path: str) -> str:
    """Reads a small file that only this user may read. Raises NotTrusted, or OSError."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    seen = check_own(path)
    if not stat.S_ISREG(seen.st_mode) or seen.st_size > _MAX_FILE:
        raise NotTrusted(f"{path} is no small file, so it is not trusted")
    fd = os.open(path, flags)
    try:
        opened = os.fstat(fd)
        if (opened.st_dev, opened.st_ino) != (seen.st_dev, seen.st_ino):
            raise NotTrusted(f"{path} was changed while it was looked at")
        return os.read(fd, _MAX_FILE).decode("utf-8", "replace")
    finally:
        os.close(fd)


def read_announcement(path: str) -> Announcement | None:
    """Where the last leader said it was; None when none did. It may be dead. Raises NotTrusted, or OSError."""
    try:
        text = read_secret(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict):
        pid, door, token = data.get("pid"), data.get("socket"), data.get("token")
        if type(pid) is int and pid > 0 and _is_path(door) and _is_path(token):
            return Announcement(pid, str(door), str(token))
    raise NotTrusted(f"{path} does not hold what a worker writes there")


def _is_path(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 4096 and "\0" not in value


# --- processes ---


def start_time(pid: int) -> int:
    """When a process started, milliseconds since the epoch; 0 where that is not known."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            found = re.search(r"^btime (\d+)$", file.read(1 << 20), re.MULTILINE)
        ticks = int(_stat(pid)[19])
    except (OSError, ValueError, IndexError):
        return 0
    return 0 if found is None else int(found.group(1)) * 1000 + ticks * 1000 // os.sysconf("SC_CLK_TCK")


def state_of(pid: int) -> str:
    """The letter of /proc/PID/stat: `T` where it is stopped, `Z` where it is dead; empty where there is none."""
    try:
        return _stat(pid)[0]
    except (OSError, IndexError):
        return ""


def _stat(pid: int) -> list[str]:
    """The words of /proc/PID/stat after the name, which may hold blanks and brackets."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        text = file.read(4096)
    return text[text.rfind(")") + 1 :].split()


def lives(pid: int, started_at: int) -> bool:
    """Whether that very process lives. True where it cannot be told."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    if state_of(pid) in ("Z", "X"):
        return False
    now = start_time(pid)
    # Two readings differ when the clock was set.
    return now == 0 or started_at == 0 or abs(now - started_at) <= 3000


def remove_stale(folder: str, pattern: re.Pattern[str], older_than_s: float) -> None:
    """Removes files whose name tells of a dead process (groups: pid, start) and that nobody wrote to for a while."""
    import time

    try:
        names: Iterable[str] = os.listdir(folder)
    except OSError:
        return
    for name in names:
        found = pattern.fullmatch(name)
        if found is None or lives(int(found.group(1)), int(found.group(2))):
            continue
        path = os.path.join(folder, name)
        try:
            if time.time() - os.lstat(path).st_mtime >= older_than_s:
                os.unlink(path)
        except OSError:
            pass
