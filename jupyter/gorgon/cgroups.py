"""Which Linux control groups a process is in, its own first, then those above it as far as they can be seen."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cgroup:
    """One control group that holds this process."""

    version: int
    #: Its folder under the cgroup mount.
    folder: str
    #: Its name as the kernel gives it to this process, e.g. `/user.slice/user-1000.slice`.
    name: str

    def text(self, file: str) -> str:
        """What is in one of its files; empty where it is not there (the root group has no limits) or not readable."""
        return text_of(f"{self.folder}/{file}")


@dataclass(frozen=True, slots=True)
class _Mount:
    root: str
    point: str
    kind: str
    options: frozenset[str]


class Cgroups:
    """Reads below `root`, where the system's files are."""

    def __init__(self, root: str = "/", pid: int | None = None) -> None:
        """pid: None for this process."""
        self._root = root.rstrip("/")
        self._process = "self" if pid is None else str(pid)

    def chain(self, controller: str) -> list[Cgroup]:
        """For one controller (`memory`, `cpu`). Version 1 is taken where the controller is mounted so (hybrid)."""
        mounts = self._mounts()
        unified: str | None = None
        for line in text_of(f"{self._root}/proc/{self._process}/cgroup").splitlines():
            # hierarchy:controllers:path, and the path may hold colons.
            parts = line.split(":", 2)
            if len(parts) < 3:
                continue
            hierarchy, controllers, path = parts
            if hierarchy == "0" and controllers == "":
                unified = path
            elif controller in controllers.split(","):
                found = [mount for mount in mounts if mount.kind == "cgroup" and controller in mount.options]
                if found:
                    return self._upwards(1, found[-1], path)
        found = [mount for mount in mounts if mount.kind == "cgroup2"]
        return self._upwards(2, found[-1], unified) if found and unified is not None else []

    def _upwards(self, version: int, mount: _Mount, path: str) -> list[Cgroup]:
        point = self._root + mount.point
        inside = _within(mount.root, path)
        # A path outside the mount (another namespace's) says nothing about the folders here: the mount's own root is
        # then the nearest group that can be seen.
        if inside is None or not os.path.isdir(_join(point, inside)):
            inside = "/"
        groups: list[Cgroup] = []
        while True:
            groups.append(Cgroup(version, _join(point, inside), path))
            if inside == "/":
                return groups
            inside, path = _parent(inside), _parent(path)

    def _mounts(self) -> list[_Mount]:
        found: list[_Mount] = []
        for line in text_of(f"{self._root}/proc/self/mountinfo").splitlines():
            fields, _, tail = line.partition(" - ")
            first, last = fields.split(" "), tail.split(" ")
            if len(first) > 4 and len(last) > 2 and last[0] in ("cgroup", "cgroup2"):
                found.append(_Mount(_plain(first[3]), _plain(first[4]), last[0], frozenset(last[2].split(","))))
        return found


def cpu_quota(group: Cgroup) -> float | None:
    """How many CPUs a group may use; None without a limit. v2: cpu.max; v1: cpu.cfs_quota_us / cpu.cfs_period_us."""
    if group.version == 2:
        fields = group.text("cpu.max").split()
    else:
        fields = [group.text("cpu.cfs_quota_us").strip(), group.text("cpu.cfs_period_us").strip()]
    if len(fields) < 2 or not fields[0].isdigit() or not fields[1].isdigit() or int(fields[1]) == 0:
        return None
    return int(fields[0]) / int(fields[1])


def text_of(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def _within(root: str, path: str) -> str | None:
    if ".." in path.split("/"):
        return None
    if root == "/" or root.startswith("/.."):
        return path
    if path == root:
        return "/"
    return path[len(root) :] if path.startswith(f"{root}/") else None


def _join(point: str, path: str) -> str:
    return point if path == "/" else point + path


def _parent(path: str) -> str:
    return path[: path.rfind("/")] or "/"


def _plain(text: str) -> str:
    """Blanks in mountinfo are written as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
