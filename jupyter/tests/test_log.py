"""The log of records: a line each, for the user alone, also of notebooks that nobody looks at."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import FOLDER, KernelMaker
from test_record import a_record

from gorgon.log import Log
from gorgon.record import CellRecord


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_each_record_is_a_line_that_only_the_user_may_read(kernel_maker: KernelMaker, tmp_path: Path) -> None:
    path = tmp_path / "cells.jsonl"
    kernel = kernel_maker(env={"GORGON_LOG": str(path)})
    kernel.run("import os; os.chdir('/'); secret = 'a line of source'", "first")
    kernel.run("1 / 0", "second")
    assert [line["cell"]["id"] for line in lines(path)] == ["first", "second"]
    assert lines(path) == kernel.records()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "secret" not in path.read_text()


def test_a_relative_path_is_of_the_folder_where_the_kernel_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    log = Log("cells.jsonl")
    monkeypatch.chdir("/")
    log.write(a_record())
    assert CellRecord.from_dict(lines(tmp_path / "cells.jsonl")[0]) == CellRecord.from_dict(a_record().to_dict())


def test_what_cannot_be_written_is_given_up_quietly(tmp_path: Path, kernel_maker: KernelMaker) -> None:
    log = Log(str(tmp_path / "no" / "folder" / "cells.jsonl"))
    log.write(a_record())
    log.write(a_record())
    assert "cannot be opened" in log.why
    kernel = kernel_maker(env={"GORGON_LOG": str(tmp_path)})
    assert kernel.run("1", "one").printed == ""
    assert len(kernel.records()) == 1
    assert "cannot be opened" in kernel.value("_gorgon.session().log.why", "import gorgon as _gorgon")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="No /dev/full.")
def test_a_full_disk_is_given_up_quietly() -> None:
    log = Log("/dev/full")
    log.write(a_record())
    assert "cannot be written" in log.why


def test_a_pipe_that_nobody_reads_stops_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    log = Log(str(tmp_path / "pipe"))
    log.write(a_record())
    assert log.why != ""


def notebook(path: Path, sources: list[str]) -> Path:
    nbformat = pytest.importorskip("nbformat")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    nbformat.write(book, path)
    return path


SOURCES = ["%load_ext gorgon", "x = b'x' * (60 << 20)", "", "del x\nimport time; time.sleep(0.05)"]


@pytest.fixture
def batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The log of a batch run; nothing of the user's own settings."""
    monkeypatch.setenv("GORGON_LOG", str(tmp_path / "cells.jsonl"))
    monkeypatch.setenv("PYTHONPATH", str(FOLDER))
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "user"))
    (tmp_path / "user" / "kernels" / "here").mkdir(parents=True)
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "here",
        "language": "python",
    }
    (tmp_path / "user" / "kernels" / "here" / "kernel.json").write_text(json.dumps(spec))
    return tmp_path / "cells.jsonl"


def check(found: list[dict[str, Any]]) -> None:
    assert [(line["cell"]["id"], line["outcome"]) for line in found] == [(None, "ok"), (None, "ok")]
    assert [line["cell"]["executionCount"] for line in found] == [2, 3]
    assert found[0]["measures"]["peakDeltaBytes"]["value"] >= 59 << 20
    assert found[1]["measures"]["wallMs"]["value"] >= 50


def test_a_run_of_nbclient_leaves_its_log(batch: Path, tmp_path: Path) -> None:
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    book = nbformat.read(notebook(tmp_path / "a.ipynb", SOURCES), as_version=4)
    nbclient.NotebookClient(book, timeout=60, kernel_name="here").execute()
    assert not any(cell.outputs for cell in book.cells)
    check(lines(batch))


def test_a_run_of_papermill_leaves_its_log(batch: Path, tmp_path: Path) -> None:
    papermill = pytest.importorskip("papermill")
    path = notebook(tmp_path / "a.ipynb", SOURCES)
    papermill.execute_notebook(
        str(path), str(tmp_path / "out.ipynb"), kernel_name="here", progress_bar=False, log_output=False
    )
    check(lines(batch))
