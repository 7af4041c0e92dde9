"""Descendants are read anew only where they have run, and none that begins, works or ends is missed. Real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from beside import until

from gorgon.meter import tree as meter_tree
from gorgon.meter.snapshot import Child
from gorgon.meter.tree import Tree

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's /proc")

#: Does what each line says, and answers with one.
HELPER = """
import os, subprocess, sys, time
for line in sys.stdin:
    word = line.strip()
    if word == "work":
        end = time.process_time() + 0.05
        while time.process_time() < end: pass
        print("worked", flush=True)
    elif word == "bear":
        print(subprocess.Popen(["sleep", "600"]).pid, flush=True)
    elif word == "write":
        with open(os.devnull, "wb") as null: null.write(b"x" * 5_000_000)
        print("wrote", flush=True)
"""


class Helper:
    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([sys.executable, "-c", HELPER], stdin=pipe, stdout=pipe, text=True)
        self.pid = self.process.pid
        # It has begun to listen, and sleeps.
        self.ask("work")
        self.asleep()

    def ask(self, word: str) -> str:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        self.asleep()
        return answer

    def asleep(self) -> None:
        until(lambda: stat_of(self.pid)[0] == "S", "it waits for the next word")


def stat_of(pid: int) -> list[str]:
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()


@pytest.fixture
def helper() -> Iterator[Helper]:
    one = Helper()
    yield one
    below = subprocess.run(["ps", "-o", "pid=", "--ppid", str(one.pid)], capture_output=True, text=True, check=False)
    # They hold its output open.
    for pid in below.stdout.split():
        os.kill(int(pid), 9)
    one.process.kill()
    one.process.communicate()


@pytest.fixture
def tree() -> Iterator[Tree]:
    one = Tree("/proc", True)
    yield one
    one.close()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Files that were opened to look at processes."""
    paths: list[str] = []
    read_once: Callable[..., bytes] = meter_tree.read_once

    def noted(path: str, *more: Any) -> bytes:
        paths.append(path)
        return read_once(path, *more)

    monkeypatch.setattr(meter_tree, "read_once", noted)
    return paths


def look(tree: Tree) -> dict[int, Child]:
    found, complete = tree.read(os.getpid())
    assert complete
    return {pid: child for (pid, _), child in found.items()}


def files_of(pid: int, opened: list[str]) -> list[str]:
    return [path.rsplit("/", 1)[-1] for path in opened if path.startswith(f"/proc/{pid}/")]


def test_who_has_not_run_is_not_read_again(tree: Tree, helper: Helper, opened: list[str]) -> None:
    first = look(tree)
    assert "stat" in files_of(helper.pid, opened) and "io" in files_of(helper.pid, opened)
    opened.clear()
    for _ in range(5):
        assert look(tree)[helper.pid] == first[helper.pid]
    assert files_of(helper.pid, opened) == []


def test_nothing_is_opened_while_nobody_is_born(
    tree: Tree, helper: Helper, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Others on this machine may start programs at any moment.
    monkeypatch.setattr(tree._last_pid, "read", lambda: b"77\n")
    first = look(tree)
    opened.clear()
    assert look(tree) == first and opened == []
    helper.ask("work")
    assert look(tree)[helper.pid].cpu_ns > first[helper.pid].cpu_ns and opened != []
    opened.clear()
    monkeypatch.setattr(tree._last_pid, "read", lambda: b"78\n")
    assert look(tree).keys() == first.keys()
    assert opened != [] and files_of(helper.pid, opened) == [], "the kernel's own threads were asked for children"
    # No such file (an old kernel, gVisor): looked for each time.
    monkeypatch.setattr(tree._last_pid, "read", lambda: b"")
    look(tree)
    opened.clear()
    look(tree)
    assert opened != []


def test_what_one_does_is_seen(tree: Tree, helper: Helper) -> None:
    before = look(tree)[helper.pid]
    helper.ask("work")
    worked = look(tree)[helper.pid]
    assert worked.cpu_ns - before.cpu_ns >= 50_000_000
    helper.ask("write")
    wrote = look(tree)[helper.pid]
    assert worked.io is not None and wrote.io is not None
    assert wrote.io[1] - worked.io[1] >= 5_000_000


def test_who_is_born_is_found(tree: Tree, helper: Helper) -> None:
    assert set(look(tree)) == {helper.pid}
    beside = Helper()
    try:
        assert set(look(tree)) == {helper.pid, beside.pid}
        below = int(helper.ask("bear"))
        assert set(look(tree)) == {helper.pid, beside.pid, below}
        assert set(look(tree)) == {helper.pid, beside.pid, below}
    finally:
        beside.process.kill()
        beside.process.communicate()
    assert set(look(tree)) == {helper.pid, below}


def test_who_has_ended_is_no_living_child(tree: Tree, helper: Helper) -> None:
    dying = subprocess.Popen(["sleep", "600"])
    assert not look(tree)[dying.pid].zombie
    dying.kill()
    until(lambda: stat_of(dying.pid)[0] == "Z", "it has ended")
    assert look(tree)[dying.pid].zombie
    dying.wait()
    assert set(look(tree)) == {helper.pid}


def test_orphans_are_found_at_who_took_them(tree: Tree, tmp_path: Any) -> None:
    # The first process adopts orphans below it, and sleeps all the while.
    code = (
        "import ctypes, subprocess, sys, time\n"
        "assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0\n"
        "child = subprocess.Popen(['sh', '-c', 'sleep 600 & echo $!; exec sleep 600'], stdout=subprocess.PIPE, text=True)\n"
        "print(child.pid, child.stdout.readline().strip(), flush=True)\n"
        "time.sleep(600)\n"
    )
    adopter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert adopter.stdout is not None
        middle, orphan = map(int, adopter.stdout.readline().split())
        until(lambda: stat_of(adopter.pid)[0] == "S", "it sleeps")
        until(lambda: set(look(tree)) == {adopter.pid, middle, orphan}, "all are there")
        os.kill(middle, 9)
        until(lambda: stat_of(middle)[0] == "Z", "it has ended")
        assert int(stat_of(orphan)[1]) == adopter.pid
        assert set(look(tree)) == {adopter.pid, middle, orphan}
        assert set(look(tree)) == {adopter.pid, middle, orphan}
    finally:
        for pid in (middle, orphan):
            os.kill(pid, 9)
        adopter.kill()
        adopter.communicate()
