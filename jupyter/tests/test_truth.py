"""The ground truth: what a cell is known to use is what its record says, with a real kernel."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from conftest import Kernel, KernelMaker

MIB = 1 << 20

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="The peak is exact on Linux only.")

#: Code that touches every page of so many MiB without numpy, and gives them back.
TOUCH = """
import mmap as _mmap
_room = _mmap.mmap(-1, {mib} << 20)
for _at in range(0, {mib} << 20, 4096): _room[_at] = 1
_room.close()
"""


def number(record: dict[str, Any], name: str) -> float:
    measure = record["measures"][name]
    assert measure["value"] is not None
    value: float = measure["value"]
    return value


def quality(record: dict[str, Any], name: str) -> str:
    found: str = record["measures"][name]["quality"]
    return found


@pytest.fixture(scope="module")
def warm(kernel_maker: KernelMaker) -> Kernel:
    """A kernel with the imports done: they would be in the first cell's cost.

    Its C library gives large freed blocks back at once; else it may keep and reuse them, and the truth is not known.
    """
    kernel = kernel_maker(arguments=("--HistoryManager.enabled=False",), env={"MALLOC_MMAP_THRESHOLD_": "131072"})
    kernel.run("import numpy as np, os, sys, time, subprocess, mmap, resource; np.ones(10).sum()")
    return kernel


@pytest.mark.parametrize("mib", [1, 8, 64, 512, 2048])
@pytest.mark.parametrize("how", ["numpy", "mmap"])
def test_touched_memory_is_the_peak_to_a_mebibyte(warm: Kernel, how: str, mib: int) -> None:
    code = f"_a = np.empty({mib} << 20, 'u1'); _a[::4096] = 1; del _a" if how == "numpy" else TOUCH.format(mib=mib)
    record = warm.cost(code)
    assert abs(number(record, "peakDeltaBytes") - mib * MIB) <= MIB
    assert quality(record, "peakBytes") == quality(record, "peakDeltaBytes") == "exact"
    assert number(record, "endBytes") - number(record, "startBytes") <= MIB


@pytest.mark.parametrize("code", ["_a = np.empty(1 << 30, 'u1'); del _a", "_a = np.zeros(1 << 30, 'u1'); del _a"])
def test_memory_that_is_not_touched_is_none(warm: Kernel, code: str) -> None:
    assert number(warm.cost(code), "peakDeltaBytes") <= MIB


def test_a_spike_in_c_code_that_holds_the_interpreter_is_seen(warm: Kernel) -> None:
    record = warm.cost("b'x' * (512 << 20) and None")
    assert abs(number(record, "peakDeltaBytes") - 512 * MIB) <= MIB


def test_a_short_spike_before_a_long_rest_is_seen(warm: Kernel) -> None:
    record = warm.cost("np.ones(100 << 17); time.sleep(0.3)")
    assert abs(number(record, "peakDeltaBytes") - 100 * MIB) <= MIB


def test_memory_that_stays_is_at_the_end_too(warm: Kernel) -> None:
    record = warm.cost("kept = np.ones(64 << 17)")
    assert abs(number(record, "endBytes") - number(record, "startBytes") - 64 * MIB) <= MIB
    assert number(record, "peakBytes") >= number(record, "endBytes") - MIB
    warm.run("del kept")


def test_each_of_four_like_cells_says_the_same(warm: Kernel) -> None:
    for _ in range(4):
        assert abs(number(warm.cost("np.ones(50 << 17); None"), "peakDeltaBytes") - 50 * MIB) <= MIB


def test_reused_memory_shows_in_the_peak_and_not_over_the_start(warm: Kernel) -> None:
    before = number(warm.cost("pass"), "endBytes")
    # The last small block stays, so the C library cannot give back the ones below it.
    warm.run("_held = [bytearray(1000) for _ in range(200_000)]; _pin = _held[-1]; del _held")
    record = warm.cost("_again = [bytearray(1000) for _ in range(150_000)]; del _again")
    assert number(record, "peakBytes") - before > 190 * MIB
    assert number(record, "peakDeltaBytes") < 20 * MIB
    warm.run("del _pin")


def test_a_mapped_file_counts_as_file(warm: Kernel) -> None:
    record = warm.cost(
        "with open('big', 'wb') as _f: _f.write(bytes(100 << 20))\n"
        "with open('big', 'rb') as _f: _m = mmap.mmap(_f.fileno(), 0, access=mmap.ACCESS_READ)\n"
        "_n = sum(_m[_i] for _i in range(0, len(_m), 4096))"
    )
    assert number(record, "fileBytes") >= 100 * MIB
    assert number(record, "peakDeltaBytes") >= 99 * MIB
    warm.run("_m.close(); os.unlink('big')")


# -- children ----------------------------------------------------------------------------------------------------------


def test_forked_readers_of_shared_memory_add_nothing(warm: Kernel) -> None:
    record = warm.cost(
        "_shared = np.ones(256 << 17)\n_pids = []\n"
        "for _ in range(4):\n"
        "    _pid = os.fork()\n"
        "    if _pid == 0:\n"
        "        try: float(_shared.sum()); time.sleep(30)\n"
        "        finally: os._exit(0)\n"
        "    _pids.append(_pid)\n"
        "time.sleep(0.5)"
    )
    assert number(record, "children") == 4
    assert "childPeakBytes" not in record["measures"]
    assert abs(number(record, "peakDeltaBytes") - 256 * MIB) <= 2 * MIB
    after = warm.cost("for _pid in _pids: os.kill(_pid, 9)\nfor _pid in _pids: os.waitpid(_pid, 0)\ndel _shared")
    assert number(after, "children") == 0
    assert "childPeakBytes" not in after["measures"]


EATER = "x = b'x' * (200 << 20); print('ready', flush=True); import time; time.sleep({seconds})"


def test_children_with_their_own_program_each_have_a_peak(warm: Kernel) -> None:
    code = f"_c = [subprocess.Popen([sys.executable, '-c', {EATER.format(seconds=30)!r}], stdout=subprocess.PIPE) for _ in range(3)]\n"
    record = warm.cost(code + "for _p in _c: _p.stdout.readline()")
    assert number(record, "children") == 3
    assert abs(number(record, "childPeakBytes") - 209 * MIB) <= 6 * MIB
    assert quality(record, "childPeakBytes") == "exact"
    assert number(record, "peakDeltaBytes") < 16 * MIB
    ended = warm.cost("for _p in _c: _p.kill()\nfor _p in _c: _p.wait(); _p.stdout.close()")
    assert number(ended, "children") == 0


def test_children_that_have_ended_have_a_peak(kernel_maker: KernelMaker) -> None:
    kernel = kernel_maker()
    kernel.run("import subprocess, sys")
    code = f"_c = [subprocess.Popen([sys.executable, '-c', {EATER.format(seconds=0)!r}], stdout=subprocess.DEVNULL) for _ in range(3)]\n"
    record = kernel.cost(code + "for _p in _c: _p.wait()")
    assert abs(number(record, "childPeakBytes") - 209 * MIB) <= 6 * MIB
    assert quality(record, "childPeakBytes") == "exact-lifetime"
    assert number(record, "children") == 0


def test_the_kernels_own_memory_is_not_taken_for_a_childs(kernel_maker: KernelMaker) -> None:
    # getrusage() says of a child that ended what the kernel had when it was forked.
    kernel = kernel_maker()
    kernel.run("import subprocess; held = b'x' * (300 << 20)")
    record = kernel.cost("subprocess.run(['true'])")
    assert "childPeakBytes" not in record["measures"]


# -- CPU ---------------------------------------------------------------------------------------------------------------

SPIN = "import time\nwhile time.process_time() < {until}: pass\n"


def test_a_second_of_the_kernels_own_is_a_second(warm: Kernel) -> None:
    record = warm.cost("_until = time.process_time() + 1.0\nwhile time.process_time() < _until: pass")
    assert number(record, "cpuMs") == pytest.approx(1000, rel=0.02)
    assert number(record, "cpuChildrenMs") == pytest.approx(0, abs=1)
    assert quality(record, "cpuMs") == "exact"
    assert number(record, "cores") == pytest.approx(number(record, "cpuMs") / number(record, "wallMs"))


def test_a_second_of_a_child_that_ended_is_a_second(warm: Kernel) -> None:
    record = warm.cost(f"subprocess.run([sys.executable, '-c', {SPIN.format(until=1.0)!r}])")
    assert number(record, "cpuChildrenMs") == pytest.approx(1000, rel=0.02, abs=20)


def test_a_second_of_a_living_child_is_a_second(warm: Kernel) -> None:
    # It says what it has used by its own count, and then waits.
    program = SPIN.format(until=1.0) + "print(time.process_time(), flush=True); time.sleep(60)"
    record = warm.cost(
        f"_p = subprocess.Popen([sys.executable, '-c', {program!r}], stdout=subprocess.PIPE)\n_said = float(_p.stdout.readline())"
    )
    said = float(warm.value("_said")) * 1000
    assert number(record, "cpuChildrenMs") == pytest.approx(said, rel=0.02)
    # Reaped in a later cell it must not count a second time.
    later = warm.cost("_p.kill(); _p.wait(); _p.stdout.close()")
    assert number(later, "cpuChildrenMs") < 25


def test_a_living_grandchild_counts(warm: Kernel) -> None:
    program = SPIN.format(until=0.5) + "print('done', flush=True); time.sleep(60)"
    record = warm.cost(
        f"_p = subprocess.Popen(['sh', '-c', '\"$0\" -c \"$1\"; true', sys.executable, {program!r}], stdout=subprocess.PIPE, "
        "start_new_session=True)\n_ = _p.stdout.readline()"
    )
    assert number(record, "children") == 2
    assert number(record, "cpuChildrenMs") == pytest.approx(500, rel=0.1)
    warm.cost("import signal; os.killpg(_p.pid, signal.SIGKILL); _p.wait(); _p.stdout.close()")


def test_a_child_that_left_its_parent_is_not_taken_off(warm: Kernel) -> None:
    program = SPIN.format(until=0.4) + "print('done', flush=True); time.sleep(60)"
    warm.cost(
        f"_p = subprocess.Popen(['sh', '-c', '\"$0\" -c \"$1\" & echo $!; wait', sys.executable, {program!r}], "
        "stdout=subprocess.PIPE, text=True)\n_grandchild = int(_p.stdout.readline()); _ = _p.stdout.readline()"
    )
    record = warm.cost("_p.kill(); _p.wait(); _p.stdout.close()")
    assert 0 <= number(record, "cpuChildrenMs") < 25
    assert number(record, "children") == 0
    warm.run("os.kill(_grandchild, 9)")


def test_the_time_of_two_threads_is_the_time_of_both(warm: Kernel) -> None:
    code = (
        "import hashlib, threading\n_data = bytes(1 << 20)\n"
        "def _work():\n"
        "    until = time.thread_time() + 0.5\n"
        "    while time.thread_time() < until: hashlib.sha256(_data).digest()\n"
        "_t = [threading.Thread(target=_work) for _ in range(2)]\n"
        "for _one in _t: _one.start()\nfor _one in _t: _one.join()"
    )
    record = warm.cost(code)
    assert number(record, "cpuMs") == pytest.approx(1000, rel=0.05)
    # How many at once depends on who else uses the machine.
    assert number(record, "cores") == pytest.approx(number(record, "cpuMs") / number(record, "wallMs"))


def test_sleep_costs_nearly_nothing(warm: Kernel) -> None:
    record = warm.cost("time.sleep(1)")
    assert number(record, "wallMs") >= 1000
    assert number(record, "cpuMs") < 20
    assert number(record, "peakDeltaBytes") < MIB


def test_a_child_that_nobody_has_waited_for_is_counted_and_is_not_there(warm: Kernel) -> None:
    program = SPIN.format(until=0.3)
    record = warm.cost(
        f"_p = subprocess.Popen([sys.executable, '-c', {program!r}])\nos.waitid(os.P_PID, _p.pid, os.WEXITED | os.WNOWAIT)"
    )
    assert number(record, "cpuChildrenMs") == pytest.approx(300, rel=0.1)
    assert quality(record, "cpuChildrenMs") == "exact"
    assert number(record, "children") == 0
    assert record["notes"] == []
    assert number(warm.cost("_p.wait()"), "cpuChildrenMs") < 25


def test_where_the_system_reaps_children_itself_their_time_is_at_least_what_was_seen(warm: Kernel) -> None:
    warm.run("import signal; _old = signal.signal(signal.SIGCHLD, signal.SIG_IGN)")
    record = warm.cost("subprocess.run(['true'])")
    assert quality(record, "cpuChildrenMs") == quality(record, "cpuMs") == "sampled"
    warm.run("signal.signal(signal.SIGCHLD, _old)")
    assert quality(warm.cost("pass"), "cpuMs") == "exact"


def test_of_very_many_children_not_all_are_read_and_that_is_said(warm: Kernel) -> None:
    record = warm.cost("_many = [subprocess.Popen(['sleep', '100']) for _ in range(70)]")
    assert number(record, "children") == 64
    assert quality(record, "children") == quality(record, "cpuChildrenMs") == "sampled"
    assert any("Not all child processes" in note for note in record["notes"])
    warm.cost("for _p in _many: _p.kill()\nfor _p in _many: _p.wait()")
    assert number(warm.cost("pass"), "children") == 0


# -- IO ----------------------------------------------------------------------------------------------------------------

WRITE = "with open('fifty', 'wb', buffering=0) as _f:\n    for _ in range(50): _f.write(bytes(1 << 20))\n    os.fsync(_f.fileno())\n"


def test_fifty_mebibytes_written_are_fifty(warm: Kernel) -> None:
    record = warm.cost(WRITE)
    # A few bytes more wake up the threads of the kernel's sockets.
    assert 0 <= number(record, "writeBytes") - 50 * MIB < 256
    assert quality(record, "writeBytes") == "exact"


def test_fifty_mebibytes_of_a_child_that_ended_are_fifty(warm: Kernel) -> None:
    record = warm.cost(f"subprocess.run([sys.executable, '-c', {('import os' + chr(10) + WRITE)!r}])")
    assert 0 <= number(record, "writeBytes") - 50 * MIB < 256


def test_fifty_mebibytes_of_a_living_child_are_fifty_and_count_once(warm: Kernel) -> None:
    program = "import os, time\n" + WRITE + "os.write(1, b'done\\n'); time.sleep(60)"
    record = warm.cost(
        f"_p = subprocess.Popen([sys.executable, '-c', {program!r}], stdout=subprocess.PIPE)\n_ = _p.stdout.readline()"
    )
    assert 0 <= number(record, "writeBytes") - 50 * MIB < 256
    assert number(warm.cost("_p.kill(); _p.wait(); _p.stdout.close()"), "writeBytes") < 256


def test_a_warm_file_is_read_without_the_device(warm: Kernel) -> None:
    warm.run(WRITE)
    record = warm.cost("with open('fifty', 'rb', buffering=0) as _f: _n = len(_f.read())")
    assert 0 <= number(record, "readBytes") - 50 * MIB < 4096
    assert number(record, "diskReadBytes") == 0
    warm.run("os.unlink('fifty')")


def test_the_network_namespace_is_counted(warm: Kernel) -> None:
    record = warm.cost("pass")
    assert number(record, "netRxBytes") >= 0
    assert number(record, "netTxBytes") >= 0


# -- without the reset -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plain(kernel_maker: KernelMaker) -> Kernel:
    """A kernel in which the mark is never reset."""
    kernel = kernel_maker()
    kernel.run("import gorgon as _g; _g.session().config.reset_peak = False", None, store_history=False)
    return kernel


def test_without_the_reset_a_new_peak_of_all_time_is_exact(plain: Kernel) -> None:
    plain.run("import time")
    record = plain.cost("x = b'x' * (300 << 20); del x")
    assert quality(record, "peakBytes") == "exact-lifetime"
    assert abs(number(record, "peakDeltaBytes") - 300 * MIB) <= MIB
    lower = plain.cost("x = b'x' * (100 << 20)")
    assert quality(lower, "peakBytes") == "sampled"
    assert number(lower, "peakBytes") >= number(lower, "endBytes") - MIB
    assert number(lower, "peakDeltaBytes") >= 99 * MIB
    hidden = plain.cost("del x; y = b'x' * (150 << 20); del y")
    assert quality(hidden, "peakDeltaBytes") == "sampled"


def test_without_the_reset_the_programs_own_figure_stays(plain: Kernel) -> None:
    plain.run("import resource; _before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss")
    plain.run("pass")
    assert plain.value("resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >= _before") is True
