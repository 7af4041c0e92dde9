"""Which cell runs is written where it outlives the kernel, for those who can read it; the others are told."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
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

#: In memory, where these files lie.
SHARED = Path("/dev/shm")
FOLDER = Path(__file__).resolve().parent.parent


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of one's own in memory."""
    with tempfile.TemporaryDirectory(dir=SHARED) as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    one = Worker(Path(os.path.relpath(tmp_path)).resolve() / "w")
    assert isinstance(one.welcome, dict)
    one.welcome["box"] = True
    yield one
    one.close()


def linked(kernel_maker: KernelMaker, worker: Worker) -> tuple[Kernel, str]:
    """A kernel that the worker knows, and the file in which it says what runs."""
    kernel = kernel_maker(env={"GORGON_ENDPOINT": str(worker.announcement)})
    until(lambda: worker.greetings, "the kernel greets")
    setup = "import gorgon as _g\n_link = _g.session().link"
    until(lambda: kernel.value("_link.connected", setup), "it is welcome")
    return kernel, worker.greetings[0]["box"]


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
    kernel, box = linked(kernel_maker, worker)
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
    kernel, box = linked(kernel_maker, worker)
    message = kernel.send("import sys, time\nwhile not hasattr(sys, 'enough'): time.sleep(0.01)\n", "long")
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
    kernel, box = linked(kernel_maker, worker)
    kernel.send("import itertools; sum(itertools.repeat(1, 10**12))", "in-c")
    until(lambda: running(box) == "in-c", "it says so while no other thread of the kernel can run")
    os.kill(kernel.pid, signal.SIGKILL)
    until(lambda: state_of(kernel.pid) in ("", "Z"), "the kernel is gone")
    assert running(box) == "in-c"


def test_a_child_of_the_kernel_says_nothing_in_it(kernel_maker: KernelMaker, worker: Worker, tmp_path: Path) -> None:
    kernel, box = linked(kernel_maker, worker)
    code = (
        "import os\npid = os.fork()\n"
        "if pid == 0:\n"
        "    import gorgon\n    session = gorgon.session()\n"
        "    session._tell_box()\n    session.link.box.tell('{}')\n    session.link.stop()\n    session.link.box.close()\n"
        "    os._exit(0)\n"
        f"os.waitpid(pid, 0)\nopen({str(tmp_path / 'gone')!r}, 'w').close()\nwhile not hasattr(os, 'enough'): pass\n"
    )
    message = kernel.send(code, "parent")
    until(lambda: running(box) == "parent", "it says what runs")
    until((tmp_path / "gone").exists, "the child has come and gone")
    assert running(box) == "parent"
    kernel.interrupt()
    kernel.wait(message)
    assert running(box) is None


def test_a_kernel_that_ends_takes_it_away(kernel_maker: KernelMaker, worker: Worker) -> None:
    kernel, box = linked(kernel_maker, worker)
    with open(box, "rb") as kept:
        kernel.run("%unload_ext gorgon", "u")
        assert not os.path.exists(box)
        assert kept.read(1) == b"\0", "who reads on does not take that cell for one that runs for ever"


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "ValueError"])
def test_an_end_that_goes_wrong_is_an_end(kernel_maker: KernelMaker, worker: Worker, error: str) -> None:
    kernel, box = linked(kernel_maker, worker)
    code = (
        "import gorgon\n_session = gorgon.session()\n_own = _session._tell_box\n_calls = []\n"
        "def _once():\n    _calls.append(1)\n"
        f"    if len(_calls) == 1: raise {error}('now')\n    _own()\n"
        "_session._tell_box = _once"
    )
    assert kernel.run(code, "broken").status == "ok"
    assert running(box) is None


def test_the_longest_names_fit(memory: Path) -> None:
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
    assert not list(memory.glob("**/*.running")) and box.why


def test_those_of_dead_kernels_are_cleaned_up(memory: Path) -> None:
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


NOWHERE = """
from gorgon import blackbox, runtime
runtime._kind_of = lambda path: {kind}
box = blackbox.BlackBox(1, 5)
box.open()
box.tell('{{}}')
box.clear()
print(repr(box.path), box.why)
"""


def nowhere(kind: str, prefix: tuple[str, ...], folder: Path, before: str = "") -> str:
    env = {**os.environ, "PYTHONPATH": str(FOLDER), "PYTHONDONTWRITEBYTECODE": "1"}
    env.update({name: str(folder) for name in ("XDG_RUNTIME_DIR", "TMPDIR", "XDG_STATE_HOME")})
    code = before + NOWHERE.format(kind=kind)
    done = subprocess.run([*prefix, "-c", code], env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_without_memory_for_it_this_is_said_and_cells_are_told(tmp_path: Path) -> None:
    words = nowhere("'ext4'", (sys.executable,), tmp_path)
    assert words.startswith("'' There is no file to say which cell runs: No folder of yours lies in memory")


@pytest.mark.skipif(not CAN_BE_NOBODY, reason="only root can become another user, with setpriv")
def test_a_folder_of_somebody_elses_is_not_used(memory: Path) -> None:
    for one in (memory, memory / "gorgon"):
        one.mkdir(exist_ok=True)
        one.chmod(0o755)
    words = nowhere("'tmpfs' if 'shm/tmp' in path else 'ext4'", (*NOBODY, NOBODYS_PYTHON), memory)
    assert words.startswith("'' There is no file") and "belongs to another user (uid 0)" in words


def test_a_full_file_system_does_not_end_the_kernel(memory: Path) -> None:
    # To touch a page for which there is no room would.
    for limit in (0, SIZE // 2):
        code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        words = nowhere("'tmpfs'", (sys.executable,), memory, code)
        assert words.startswith("'' The file to say which cell runs cannot be used: ")
        assert not list(memory.glob("**/*.running"))
