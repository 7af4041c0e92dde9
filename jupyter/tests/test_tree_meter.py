"""Descendants are read anew only where they have run, and none that begins, works or ends is missed. Real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from beside import until

from gorgon.meter import tree as meter_tree
from gorgon.meter.snapshot import Child
from gorgon.meter.tree import Tree, parse_io

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's /proc")

#: Does what each line says, and answers with one.
HELPER = """
import os, subprocess, sys, threading, time
for line in sys.stdin:
    word, *more = line.split()
    if word == "work":
        end = time.process_time() + 0.05
        while time.process_time() < end: pass
        print("worked", flush=True)
    elif word == "bear":
        print(subprocess.Popen(["sleep", "600"]).pid, flush=True)
    elif word == "call":
        with open(more[0]) as ears, open(more[1], "w") as mouth:
            called = subprocess.Popen([sys.executable, "-c", os.environ["HELPER"]], stdin=ears, stdout=mouth)
        print(called.pid, flush=True)
    elif word == "run":
        exec(bytes.fromhex(more[0]).decode())
    elif word == "write":
        with open(os.devnull, "wb") as null: null.write(b"x" * 5_000_000)
        print("wrote", flush=True)
"""


class Helper:
    """A process that does as it is told."""

    def __init__(self, pid: int, mouth: IO[str], ear: IO[str]) -> None:
        self.pid, self._mouth, self._ear = pid, mouth, ear
        self.ask("work")

    def ask(self, *words: str) -> str:
        """What it answers, once it waits for the next word."""
        self.tell(*words)
        return self.hear()

    def tell(self, *words: str) -> None:
        self._mouth.write(" ".join(words) + "\n")
        self._mouth.flush()

    def hear(self) -> str:
        answer = self._ear.readline().strip()
        until(lambda: stat_of(self.pid)[0] == "S", "it waits for the next word")
        return answer

    def run(self, code: str) -> str:
        return self.ask("run", code.encode().hex())


class Root(Helper):
    """Whose descendants are looked at: those of the tests themselves are many."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pipes: list[IO[str]] = []
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [sys.executable, "-c", HELPER],
            stdin=pipe,
            stdout=pipe,
            text=True,
            env={**os.environ, "HELPER": HELPER},
            start_new_session=True,
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        super().__init__(self.process.pid, self.process.stdin, self.process.stdout)

    def call(self) -> Helper:
        """A child that does as it is told."""
        ears, mouth = self._folder / f"{len(self._pipes)}.in", self._folder / f"{len(self._pipes)}.out"
        os.mkfifo(ears)
        os.mkfifo(mouth)
        self.tell("call", str(ears), str(mouth))
        pipes = open(ears, "w"), open(mouth)
        self._pipes += pipes
        return Helper(int(self.hear()), *pipes)

    def close(self) -> None:
        os.killpg(self.pid, signal.SIGKILL)
        self.process.communicate()
        for one in self._pipes:
            one.close()


def stat_of(pid: int) -> list[str]:
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Root]:
    one = Root(tmp_path)
    yield one
    one.close()


@pytest.fixture
def helper(root: Root) -> Helper:
    return root.call()


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


def look(tree: Tree, root: Root) -> dict[int, Child]:
    found, complete = tree.read(root.pid)
    assert complete
    return {pid: child for (pid, _), child in found.items()}


def files_of(pid: int, opened: list[str]) -> list[str]:
    return [path.rsplit("/", 1)[-1] for path in opened if path.startswith(f"/proc/{pid}/")]


def test_who_has_not_run_is_not_read_again(tree: Tree, root: Root, helper: Helper, opened: list[str]) -> None:
    first = look(tree, root)
    assert {"stat", "io", "status", "children"} <= set(files_of(helper.pid, opened))
    opened.clear()
    for _ in range(5):
        assert look(tree, root)[helper.pid] == first[helper.pid]
    assert set(files_of(helper.pid, opened)) == {"stat"}


def test_nobody_is_searched_for_while_nobody_is_born(
    tree: Tree, root: Root, helper: Helper, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Others on this machine may start programs at any moment.
    number = b"77\n"
    monkeypatch.setattr(tree._last_pid, "read", lambda: number)
    first = look(tree, root)
    for at in range(3):
        opened.clear()
        assert look(tree, root) == first
        # After one search alone somebody may have a number and stand in no list yet.
        assert bool(files_of(root.pid, opened)) == (at == 0)
    helper.ask("work")
    assert look(tree, root)[helper.pid].cpu_ns > first[helper.pid].cpu_ns
    assert files_of(root.pid, opened) != []
    number = b"78\n"
    for searched in (True, True, False):
        opened.clear()
        assert look(tree, root).keys() == first.keys()
        assert bool(files_of(root.pid, opened)) == searched
    # No such file (an old kernel, gVisor): they are searched for each time.
    number = b""
    for _ in range(3):
        opened.clear()
        look(tree, root)
        assert files_of(root.pid, opened) != []


def test_what_one_does_is_seen(tree: Tree, root: Root, helper: Helper) -> None:
    before = look(tree, root)[helper.pid]
    helper.ask("work")
    worked = look(tree, root)[helper.pid]
    assert worked.cpu_ns - before.cpu_ns >= 50_000_000
    helper.ask("write")
    wrote = look(tree, root)[helper.pid]
    assert worked.io is not None and wrote.io is not None
    assert wrote.io[1] - worked.io[1] >= 5_000_000


@pytest.mark.parametrize(
    "code",
    [
        "null = open(os.devnull, 'wb')\nprint('on', flush=True)\nwhile True: null.write(b'x' * 65536)",
        # Its first thread sleeps.
        "null = open(os.devnull, 'wb')\n"
        "def on():\n    while True: null.write(b'x' * 65536)\n"
        "threading.Thread(target=on).start()\nprint('on', flush=True)\ntime.sleep(600)",
    ],
    ids=["one thread", "another thread"],
)
def test_what_one_does_that_runs_now_is_not_missed(tree: Tree, root: Root, helper: Helper, code: str) -> None:
    # The clock of who runs on another CPU stands still until that CPU's next tick.
    helper.tell("run", code.encode().hex())
    assert helper._ear.readline().strip() == "on"
    last = -1
    for _ in range(300):
        fresh = parse_io(Path(f"/proc/{helper.pid}/io").read_bytes())
        io = look(tree, root)[helper.pid].io
        assert io is not None and fresh is not None
        assert io[1] >= fresh[1] and io[1] >= last
        last = io[1]


def test_who_is_born_is_found(tree: Tree, root: Root, helper: Helper) -> None:
    assert set(look(tree, root)) == {helper.pid}
    beside = root.call()
    assert set(look(tree, root)) == {helper.pid, beside.pid}
    below = int(helper.ask("bear"))
    for _ in range(4):
        assert set(look(tree, root)) == {helper.pid, beside.pid, below}
    again = int(beside.ask("bear"))
    assert set(look(tree, root)) == {helper.pid, beside.pid, below, again}


def test_who_has_ended_is_no_living_child(tree: Tree, root: Root, helper: Helper) -> None:
    dying = int(root.ask("bear"))
    for _ in range(3):
        assert not look(tree, root)[dying].zombie
    os.kill(dying, signal.SIGKILL)
    until(lambda: stat_of(dying)[0] == "Z", "it has ended")
    for _ in range(3):
        assert look(tree, root)[dying].zombie
    root.run(f"os.waitpid({dying}, 0); print('waited', flush=True)")
    for _ in range(3):
        assert set(look(tree, root)) == {helper.pid}


def test_orphans_are_found_at_who_took_them(tree: Tree, root: Root, helper: Helper) -> None:
    # It adopts orphans below it, and sleeps all the while.
    answer = helper.run(
        "import ctypes\n"
        "assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0\n"
        "shell = 'sleep 600 & echo $!; exec sleep 600'\n"
        "child = subprocess.Popen(['sh', '-c', shell], stdout=subprocess.PIPE, text=True)\n"
        "print(child.pid, child.stdout.readline().strip(), flush=True)\n"
    )
    middle, orphan = map(int, answer.split())
    all_of_them = {helper.pid, middle, orphan}
    until(lambda: set(look(tree, root)) == all_of_them, "all are there")
    for _ in range(3):
        assert set(look(tree, root)) == all_of_them
    os.kill(middle, signal.SIGKILL)
    until(lambda: stat_of(middle)[0] == "Z", "it has ended")
    assert int(stat_of(orphan)[1]) == helper.pid
    for _ in range(3):
        assert set(look(tree, root)) == all_of_them
