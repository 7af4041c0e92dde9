"""Which cell runs is written where it outlives the kernel, for those who can read it; the others are told."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from beside import CAN_BE_NOBODY, NOBODY, NOBODYS_PYTHON, Worker, until
from conftest import Kernel, KernelMaker

from gorgon.blackbox import SIZE, BlackBox, started_json
from gorgon.record import TEXT_MAX, CellRef
from gorgon.runtime import state_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no worker is reached there")

FOLDER = Path(__file__).resolve().parent.parent


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    one = Worker(Path(os.path.relpath(tmp_path)).resolve() / "w")
    assert isinstance(one.welcome, dict)
    one.welcome["box"] = True
    yield one
    one.close()


def linked(kernel_maker: KernelMaker, worker: Worker) -> Kernel:
    kernel = kernel_maker(env={"GORGON_ENDPOINT": str(worker.announcement)})
    until(lambda: worker.greetings, "the kernel greets")
    setup = "import gorgon as _g\n_link = _g.session().link"
    until(lambda: kernel.value("_link.connected", setup), "it is welcome")
    return kernel


def read(path: str) -> dict | None:
    """None: no cell runs."""
    data = Path(path).read_bytes()
    assert len(data) == SIZE
    if data[0] == 0:
        return None
    found: dict = json.loads(data[: data.index(b"\n")])
    return found


def running(path: str) -> str | None:
    found = read(path)
    return None if found is None else found["cell"]["id"]


def test_who_can_read_it_is_not_told(kernel_maker: KernelMaker, worker: Worker) -> None:
    kernel = linked(kernel_maker, worker)
    box = worker.greetings[0]["box"]
    assert stat.S_IMODE(os.stat(box).st_mode) == 0o600
    before = time.time() * 1000
    message = kernel.send("import sys, time\nwhile not hasattr(sys, 'enough'): time.sleep(0.01)\n", "long")
    found = until(lambda: read(box) if running(box) == "long" else None, "it says what runs")
    assert before - 1000 < found["startedAt"] < time.time() * 1000 + 1000 and len(found["cell"]["hash"]) == 40
    kernel.interrupt()
    kernel.wait(message)
    until(lambda: any(one["cell"]["id"] == "long" for one in worker.records), "its record arrives")
    assert running(box) is None
    assert not worker.of("kernel/cell/started") and not worker.of("kernel/cell/idle")


def test_after_a_connection_that_broke_nobody_finds_an_old_cell(kernel_maker: KernelMaker, worker: Worker) -> None:
    kernel = linked(kernel_maker, worker)
    message = kernel.send("import sys, time\nwhile not hasattr(sys, 'enough'): time.sleep(0.01)\n", "long")
    box = worker.greetings[0]["box"]
    until(lambda: running(box) == "long", "it says what runs")
    assert isinstance(worker.welcome, dict)
    worker.welcome["box"] = False
    worker.cut()
    (told,) = until(lambda: worker.of("kernel/cell/started"), "who cannot read it is told what runs")
    assert told["cell"]["id"] == "long" and running(box) == "long"
    kernel.interrupt()
    kernel.wait(message)
    until(lambda: running(box) is None, "nor does it say so when the cell has ended")


def test_a_cell_in_c_is_known_after_the_kernel_was_killed(kernel_maker: KernelMaker, worker: Worker) -> None:
    kernel = linked(kernel_maker, worker)
    box = worker.greetings[0]["box"]
    kernel.send("import itertools; sum(itertools.repeat(1, 10**12))", "in-c")
    until(lambda: running(box) == "in-c", "it says so while no other thread of the kernel can run")
    os.kill(kernel.pid, signal.SIGKILL)
    until(lambda: state_of(kernel.pid) in ("", "Z"), "the kernel is gone")
    assert running(box) == "in-c"


def test_a_child_of_the_kernel_says_nothing_in_it(kernel_maker: KernelMaker, worker: Worker) -> None:
    kernel = linked(kernel_maker, worker)
    box = worker.greetings[0]["box"]
    code = (
        "import os\npid = os.fork()\n"
        "if pid == 0:\n"
        "    import gorgon\n    session = gorgon.session()\n"
        "    session._tell_box()\n    session.link.box.tell('{}')\n    session.link.stop()\n    session.link.box.close()\n"
        "    os._exit(0)\n"
        "os.waitpid(pid, 0)\nwhile not hasattr(os, 'enough'): pass\n"
    )
    message = kernel.send(code, "parent")
    until(lambda: running(box) == "parent", "it says what runs")
    until(lambda: not _children(kernel.pid), "the child has come and gone")
    assert running(box) == "parent"
    kernel.interrupt()
    kernel.wait(message)
    assert running(box) is None


def test_a_kernel_that_ends_takes_it_away(kernel_maker: KernelMaker, worker: Worker) -> None:
    kernel = linked(kernel_maker, worker)
    box = worker.greetings[0]["box"]
    kernel.run("%unload_ext gorgon", "u")
    assert not os.path.exists(box)


def test_the_longest_names_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    box = BlackBox(os.getpid(), 5)
    box.open()
    try:
        # Of another plane: two escapes of six characters each.
        cell = CellRef("\U0001f600" * TEXT_MAX, 10**9, "f" * 40, "\U0001f600" * TEXT_MAX)
        box.tell(started_json(cell, 1_700_000_000_000))
        assert read(box.path) == {"cell": cell.to_dict(), "startedAt": 1_700_000_000_000}
        box.tell(started_json(CellRef("b", 1), 2))
        assert running(box.path) == "b"
        box.tell("x" * SIZE)
        assert read(box.path) is None
    finally:
        box.close()
    assert not list(tmp_path.glob("**/*.running")) and box.why


def test_those_of_dead_kernels_are_cleaned_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    box = BlackBox(os.getpid(), 5)
    box.open()
    folder = Path(box.path).parent
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    old, fresh = folder / f"kernel-{dead.pid}-1.running", folder / f"kernel-{dead.pid}-2.running"
    faults = folder / f"kernel-{dead.pid}-1.faults"
    for one in (old, fresh, faults):
        one.write_text("")
    for one in (old, faults):
        os.utime(one, (time.time() - 3600,) * 2)
    box.close()
    box.open()
    assert sorted(folder.iterdir()) == sorted([fresh, faults, Path(box.path)])
    box.close()


@pytest.mark.skipif(not CAN_BE_NOBODY, reason="only root can become another user, with setpriv")
def test_without_a_place_for_it_this_is_said_and_cells_are_told(tmp_path: Path) -> None:
    for one in [tmp_path, *tmp_path.parents]:
        if one.stat().st_mode & 0o005 != 0o005:
            one.chmod(one.stat().st_mode | 0o005)
    env = {**os.environ, "PYTHONPATH": str(FOLDER)}
    env.update({name: str(tmp_path) for name in ("XDG_RUNTIME_DIR", "TMPDIR", "XDG_STATE_HOME")})
    code = "from gorgon.blackbox import BlackBox\nbox = BlackBox(1, 5)\nbox.open()\nbox.tell('{}')\nbox.clear()\nprint(box.path, box.why)"
    done = subprocess.run(
        [*NOBODY, NOBODYS_PYTHON, "-c", code], env=env, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.startswith(" There is no file to say which cell runs: No folder"), done.stderr


def _children(pid: int) -> str:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text()
