"""The watcher says how a kernel ended that is not its child."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from beside import CAN_BE_NOBODY, NOBODY, NOBODYS_PYTHON, Watching, until
from conftest import Kernel, KernelMaker

from gorgon import runtime

MIB = 1 << 20
GROUPS = Path("/sys/fs/cgroup/memory")

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what is watched here is /proc and pidfds")


def release() -> tuple[int, int]:
    found = re.match(r"(\d+)\.(\d+)", os.uname().release)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


#: How a process ended that is not a child is told since this kernel.
knows_exits = pytest.mark.skipif(release() < (6, 15), reason="PIDFD_INFO_EXIT needs Linux 6.15")
is_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may change user or group"
)


@pytest.fixture
def watching() -> Iterator[Watching]:
    one = Watching()
    yield one
    assert one.close() == 0


PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.DEVNULL)
print(child.pid, flush=True)
sys.stdin.read()
child.wait()
"""


def stranger(code: str) -> tuple[int, subprocess.Popen[bytes]]:
    """A process that is no child of this one; its parent reaps it when its own input ends."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT, code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    return int(parent.stdout.readline()), parent


@linux
@knows_exits
class TestRealKernels:
    """Each with its own ipykernel, which is a child of the test, not of the watcher."""

    def dies(self, watching: Watching, kernel: Kernel, code: str) -> dict[str, object]:
        path = kernel.value("_g.session().link.faults.path", "import gorgon as _g")
        said = watching.watch(kernel.pid, runtime.start_time(kernel.pid), path)
        assert said == {"pid": kernel.pid, "how": "pidfd"}
        kernel.send(code)
        # Whoever started the kernel reaps it some time.
        death = watching.death()
        assert death["pid"] == kernel.pid
        assert abs(death["time"] - time.time() * 1000) < 10_000
        return death

    def test_a_kernel_that_was_killed(self, watching: Watching, kernel_maker: KernelMaker) -> None:
        death = self.dies(watching, kernel_maker(), "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
        assert (death["exitKnown"], death["signal"], death["exitCode"]) == (True, "SIGKILL", None)
        assert death["faults"] == ""
        oom = death["oom"]
        assert oom is None or (isinstance(oom, dict) and oom["before"] == oom["after"]), "nobody was out of memory"

    def test_a_kernel_that_exits_with_a_code(self, watching: Watching, kernel_maker: KernelMaker) -> None:
        death = self.dies(watching, kernel_maker(), "import os; os._exit(3)")
        assert (death["exitKnown"], death["signal"], death["exitCode"]) == (True, "", 3)

    def test_a_kernel_that_breaks(self, watching: Watching, kernel_maker: KernelMaker) -> None:
        death = self.dies(watching, kernel_maker(), "import ctypes; ctypes.string_at(0)")
        assert (death["exitKnown"], death["signal"], death["exitCode"]) == (True, "SIGSEGV", None)
        assert death["faults"] == "Fatal Python error: Segmentation fault"
        assert death["coreDumped"] in (True, False)

    def test_a_kernel_that_is_asked_to_end(self, watching: Watching, kernel_maker: KernelMaker) -> None:
        kernel = kernel_maker()
        path = Path(kernel.value("_g.session().link.faults.path", "import gorgon as _g"))
        assert path.stat().st_mode & 0o777 == 0o600
        watching.watch(kernel.pid, runtime.start_time(kernel.pid), str(path))
        kernel.manager.shutdown_kernel()
        death = watching.death()
        assert (death["exitKnown"], death["signal"], death["exitCode"], death["faults"]) == (True, "", 0, "")
        assert not path.exists(), "a clean end leaves no file"

    @is_root
    @pytest.mark.skipif(
        not (GROUPS / "memory.limit_in_bytes").exists(), reason="needs a memory controller of cgroup v1"
    )
    def test_a_kernel_that_is_out_of_its_groups_memory(self, watching: Watching, kernel_maker: KernelMaker) -> None:
        kernel = kernel_maker()
        own = next(
            line.split(":", 2)[2] for line in Path("/proc/self/cgroup").read_text().splitlines() if ":memory:" in line
        )
        group = GROUPS / own.strip("/") / f"gorgon-test-{os.getpid()}"
        if not group.parent.is_dir():
            group = GROUPS / group.name
        group.mkdir()
        try:
            (group / "memory.limit_in_bytes").write_text(str(300 * MIB))
            (group / "cgroup.procs").write_text(str(kernel.pid))
            death = self.dies(watching, kernel, f"x = bytearray({800 * MIB})")
            assert death["signal"] == "SIGKILL"
            oom = death["oom"]
            assert isinstance(oom, dict)
            assert oom["after"] == oom["before"] + 1
            assert oom["limitBytes"] == 300 * MIB
            assert str(oom["group"]).endswith(group.name)
        finally:
            until(lambda: not (group / "cgroup.procs").read_text().strip(), "the group is empty")
            group.rmdir()


@linux
@knows_exits
def test_a_zombie_counts_as_died_and_how_is_known(watching: Watching) -> None:
    pid, parent = stranger("import os; os._exit(7)")
    watching.watch(pid)
    death = watching.death()
    assert (death["exitKnown"], death["exitCode"]) == (True, 7)
    assert Path(f"/proc/{pid}").exists(), "nobody has reaped it yet"
    parent.communicate()


@linux
@knows_exits
@pytest.mark.skipif(not CAN_BE_NOBODY, reason="only root can become another user, with setpriv")
def test_an_unprivileged_watcher_knows_how_its_users_kernel_ended() -> None:
    kernel = subprocess.Popen([*NOBODY, NOBODYS_PYTHON, "-c", "import time; time.sleep(60)"])
    one = Watching(NOBODY, NOBODYS_PYTHON)
    until(lambda: Path(f"/proc/{kernel.pid}").stat().st_uid == 65534, "it has become another user")
    assert one.watch(kernel.pid)["how"] == "pidfd"
    kernel.send_signal(signal.SIGTERM)
    kernel.wait()
    death = one.death()
    assert (death["exitKnown"], death["signal"]) == (True, "SIGTERM")
    assert one.close() == 0


@linux
def test_another_process_with_the_pid_is_not_taken_for_the_kernel(watching: Watching) -> None:
    pid, parent = stranger("import time; time.sleep(60)")
    began = runtime.start_time(pid)
    watching.watch(pid, began - 60_000)
    death = watching.death()
    assert death["pid"] == pid and death["exitKnown"] is False and death["oom"] is None
    # The one that has the pid now can be watched, and lives.
    assert watching.watch(pid, began) == {"pid": pid, "how": "pidfd"}
    os.kill(pid, signal.SIGKILL)
    parent.communicate()
    assert watching.death()["signal"] == "SIGKILL"


@linux
def test_a_process_that_is_gone_already_has_died(watching: Watching) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    watching.watch(gone.pid, 1000)
    assert watching.death()["exitKnown"] is False


@linux
def test_without_pidfds_it_polls(tmp_path: Path) -> None:
    # The same file with an os module that has none, as on kernels before 5.3 and on other systems.
    program = tmp_path / "polling.py"
    source = (Path(__file__).parent.parent / "gorgon" / "watcher.py").read_text()
    program.write_text(source.replace("import os\n", "import os\ndel os.pidfd_open\n", 1))
    process = subprocess.Popen([sys.executable, "-I", str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    pid, parent = stranger("import os, time; time.sleep(0.3); os._exit(5)")
    watch = {"watch": {"pid": pid, "startedAt": runtime.start_time(pid), "faults": ""}}
    process.stdin.write(json.dumps(watch).encode() + b"\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline()) == {"watching": {"pid": pid, "how": "poll"}}
    died = json.loads(process.stdout.readline())["died"]
    # Nobody has reaped it: its status is in /proc still.
    assert (died["how"], died["exitKnown"], died["exitCode"]) == ("poll", True, 5)
    parent.communicate()
    process.stdin.close()
    assert process.wait(10) == 0


@linux
def test_what_is_forgotten_is_not_told(watching: Watching) -> None:
    pid, parent = stranger("import time; time.sleep(60)")
    watching.watch(pid)
    watching.write(json.dumps({"forget": {"pid": pid}}).encode() + b"\n")
    other, other_parent = stranger("import time; time.sleep(60)")
    watching.watch(other)
    for one in (pid, other):
        os.kill(one, signal.SIGKILL)
    assert watching.death()["pid"] == other
    parent.communicate()
    other_parent.communicate()


@linux
@pytest.mark.parametrize(
    "line",
    [
        b"no json",
        b"[1, 2]",
        b"[" * 60_000,
        b'{"watch": {"pid": -1, "startedAt": 0, "faults": ""}}',
        b'{"watch": {"pid": 0, "startedAt": 0, "faults": ""}}',
        b'{"watch": {"pid": true, "startedAt": 0, "faults": ""}}',
        b'{"watch": {"pid": "1; kill 1", "startedAt": 0, "faults": ""}}',
        b'{"watch": {"pid": 99999999999999999999, "startedAt": 0, "faults": ""}}',
        b'{"watch": {"pid": 1, "startedAt": NaN, "faults": ""}}',
        b'{"watch": {"pid": 1, "startedAt": 0, "faults": 7}}',
        b'{"kill": {"pid": 1, "signal": 9}}',
        b'{"forget": {"pid": -1}}',
        b"x" * 300_000,
        b"\xff\xfe\x00",
        b"",
    ],
)
def test_a_line_of_another_form_does_nothing(watching: Watching, line: bytes) -> None:
    watching.write(line + b"\n")
    pid, parent = stranger("import os; os._exit(4)")
    assert watching.watch(pid)["pid"] == pid, "the next line counts"
    assert watching.death()["pid"] == pid
    parent.communicate()


@linux
class TestFaultsFiles:
    """A path in a line is not to make it read what is not faulthandler's."""

    def told(self, watching: Watching, folder: Path, name: str, text: str = "Fatal Python error: Aborted\n") -> str:
        pid, parent = stranger("import sys; sys.exit(0)")
        path = folder / name.replace("PID", str(pid))
        if not os.path.lexists(path):
            path.write_text(text)
        watching.watch(pid, 0, str(path))
        found: str = watching.death()["faults"]
        parent.communicate()
        return found

    def test_the_first_line_is_told(self, watching: Watching, tmp_path: Path) -> None:
        text = "Fatal Python error: Bus error\n\nCurrent thread 0x1 (most recent call first):\n"
        assert self.told(watching, tmp_path, "kernel-PID-1.faults", text) == "Fatal Python error: Bus error"

    def test_not_of_another_process(self, watching: Watching, tmp_path: Path) -> None:
        assert self.told(watching, tmp_path, "kernel-1-1.faults") == ""

    def test_not_of_another_name(self, watching: Watching, tmp_path: Path) -> None:
        assert self.told(watching, tmp_path, "id_rsa") == ""

    def test_not_what_faulthandler_does_not_write(self, watching: Watching, tmp_path: Path) -> None:
        assert self.told(watching, tmp_path, "kernel-PID-1.faults", "secret\n") == ""

    def test_not_through_a_link_and_not_from_a_pipe(self, watching: Watching, tmp_path: Path) -> None:
        pid, parent = stranger("import sys; sys.stdin.read(); import time; time.sleep(0.5)")
        target = tmp_path / "target"
        target.write_text("Fatal Python error: Aborted\n")
        link = tmp_path / f"kernel-{pid}-1.faults"
        link.symlink_to(target)
        watching.watch(pid, 0, str(link))
        assert watching.death()["faults"] == ""
        parent.communicate()
        pid, parent = stranger("import time; time.sleep(0.5)")
        pipe = tmp_path / f"kernel-{pid}-2.faults"
        os.mkfifo(pipe)
        watching.watch(pid, 0, str(pipe))
        assert watching.death()["faults"] == ""
        parent.communicate()

    @is_root
    def test_not_of_another_user(self, watching: Watching, tmp_path: Path) -> None:
        pid, parent = stranger("import time; time.sleep(0.5)")
        path = tmp_path / f"kernel-{pid}-1.faults"
        path.write_text("Fatal Python error: Aborted\n")
        os.chown(path, 65534, 65534)
        watching.watch(pid, 0, str(path))
        assert watching.death()["faults"] == ""
        parent.communicate()


@linux
def test_it_costs_nothing_while_nothing_dies(watching: Watching) -> None:
    parents = []
    for _ in range(20):
        pid, parent = stranger("import time; time.sleep(60)")
        watching.watch(pid)
        parents.append((pid, parent))
    ticks = os.sysconf("SC_CLK_TCK")

    def used() -> float:
        words = Path(f"/proc/{watching.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / ticks

    before = used()
    time.sleep(1.0)
    assert used() - before <= 0.01
    for pid, parent in parents:
        os.kill(pid, signal.SIGKILL)
        parent.communicate()
    assert {watching.death()["pid"] for _ in parents} == {pid for pid, _ in parents}
