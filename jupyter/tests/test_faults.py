"""faulthandler gets a file of ours, and nobody else's use of it is disturbed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from beside import CAN_BE_NOBODY, NOBODY, NOBODYS_PYTHON

FOLDER = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes of files are POSIX's")

MAKE = """
import faulthandler, os, sys
from gorgon.faults import Faults
faults = Faults(os.getpid(), 5)
"""


def python(code: str, folder: Path, *options: str, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Runs it in an interpreter of its own: faulthandler is one for a process."""
    env = {**os.environ, "PYTHONPATH": str(FOLDER), "XDG_RUNTIME_DIR": str(folder), "TMPDIR": str(folder)}
    env["XDG_STATE_HOME"] = str(folder)
    return subprocess.run(
        [*(prefix or (sys.executable,)), *options, "-c", MAKE + code],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("**/*.faults"))


def test_what_breaks_the_process_is_in_the_file(tmp_path: Path) -> None:
    done = python("faults.enable(); print(faults.path); sys.stdout.flush(); faulthandler._sigsegv()", tmp_path)
    path = Path(done.stdout.strip())
    assert files(tmp_path) == [path]
    assert path.read_text().startswith("Fatal Python error: Segmentation fault")
    assert path.stat().st_mode & 0o777 == 0o600
    assert "Fatal" not in done.stderr


def test_a_clean_end_leaves_no_file(tmp_path: Path) -> None:
    done = python("faults.enable(); assert faults.path and os.path.exists(faults.path)", tmp_path)
    assert done.returncode == 0, done.stderr
    assert files(tmp_path) == []


def test_it_is_off_again_after_unload(tmp_path: Path) -> None:
    code = "faults.enable(); assert faulthandler.is_enabled(); faults.disable(); assert not faulthandler.is_enabled()"
    assert python(code, tmp_path).returncode == 0


def test_a_faulthandler_that_was_on_stays_what_it_was(tmp_path: Path) -> None:
    done = python(
        "faults.enable(); print(faults.why); sys.stdout.flush(); faulthandler._sigsegv()", tmp_path, "-Xfaulthandler"
    )
    assert "left as it is" in done.stdout
    assert "Fatal Python error: Segmentation fault" in done.stderr, "it writes where it wrote before"
    assert files(tmp_path) == []


def test_one_that_was_turned_on_later_survives_unload(tmp_path: Path) -> None:
    code = (
        "import gc\nfaults.enable()\nfaulthandler.enable(sys.stderr)\ngc.collect()\nassert not faults.ours\nfaults.disable()\n"
        "assert faulthandler.is_enabled()\nfaulthandler._sigsegv()"
    )
    done = python(code, tmp_path)
    assert "Fatal Python error: Segmentation fault" in done.stderr
    assert files(tmp_path) == []


def test_a_child_that_breaks_does_not_write_into_the_kernels_file(tmp_path: Path) -> None:
    code = (
        "faults.enable()\npid = os.fork()\n"
        "if pid == 0:\n    faulthandler._sigsegv()\n"
        "assert os.waitpid(pid, 0)[1] & 0x7f == 11\nassert os.path.getsize(faults.path) == 0\nassert faults.ours"
    )
    assert python(code, tmp_path).returncode == 0


def test_a_child_that_ends_leaves_the_kernels_file(tmp_path: Path) -> None:
    code = (
        "faults.enable()\npid = os.fork()\nif pid == 0:\n    sys.exit(0)\n"
        "os.waitpid(pid, 0)\nassert os.path.exists(faults.path)"
    )
    assert python(code, tmp_path).returncode == 0


def test_files_of_dead_kernels_are_cleaned_up(tmp_path: Path) -> None:
    folder = Path(python("faults.enable(); print(os.path.dirname(faults.path))", tmp_path).stdout.strip())
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    old, fresh = folder / f"kernel-{dead.pid}-1.faults", folder / f"kernel-{dead.pid}-2.faults"
    live, other = folder / f"kernel-{os.getpid()}-0.faults", folder / "leader.json"
    for one in (old, fresh, live, other):
        one.write_text("Fatal Python error: Aborted\n")
    for one in (old, live, other):
        os.utime(one, (time.time() - 3600,) * 2)
    python("faults.enable()", tmp_path)
    # The watcher may be about to read the fresh one.
    assert sorted(folder.iterdir()) == sorted([fresh, live, other])


@pytest.mark.skipif(not CAN_BE_NOBODY, reason="only root can become another user, with setpriv")
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o755)
    for one in [closed, *closed.parents]:
        if one.stat().st_mode & 0o005 != 0o005:
            one.chmod(one.stat().st_mode | 0o005)
    done = python(
        "faults.enable(); print(faults.path, faults.why, faulthandler.is_enabled())",
        closed,
        prefix=(*NOBODY, NOBODYS_PYTHON),
    )
    assert "No folder for short-lived files can be used" in done.stdout, done.stderr
    assert str(closed) in done.stdout and done.stdout.strip().endswith("False")
