"""The magics in an old IPython: `GORGON_OLD_PYTHON` names an interpreter that has one."""

from __future__ import annotations

import os

import pytest
from conftest import Kernel, KernelMaker

OLD = os.environ.get("GORGON_OLD_PYTHON", "")

pytestmark = pytest.mark.skipif(
    OLD == "", reason="missing: an interpreter with an old IPython, named by GORGON_OLD_PYTHON"
)


@pytest.fixture(scope="module")
def old(kernel_maker: KernelMaker) -> Kernel:
    return kernel_maker(python=OLD, arguments=("--HistoryManager.enabled=False",))


def test_cells_and_magics_work(old: Kernel) -> None:
    old.run("x = bytearray(64 << 20)\ndel x")
    record = old.records()[-1]
    assert record["measures"]["peakDeltaBytes"]["value"] > 60 << 20
    reply = old.run("%%gorgon --label old\n'value'", "named")
    assert reply.printed.startswith("old | wall")
    cell = old.records()[-1]["cell"]
    # The front end's name of a cell reaches the hooks from 8.3 on.
    has_ids = old.value("__import__('IPython').version_info[:2]") >= [8, 3]
    assert (cell["id"], cell["label"]) == ("named" if has_ids else None, "old")
    assert old.run("%gorgon run sum(range(10))").outputs[0]["data"]["text/plain"] == "45"
    assert "Runs" in old.run("%gorgon report").outputs[0]["data"]["text/plain"]


def test_the_doctor_names_the_releases(old: Kernel) -> None:
    text = old.run("%gorgon doctor").printed
    version = old.value("__import__('IPython').__version__")
    assert f"IPython       {version}" in text


def test_a_failing_body_fails_the_cell_once(old: Kernel) -> None:
    reply = old.run("%%gorgon\n1\n1/0")
    assert (reply.status, reply.error) == ("error", "ZeroDivisionError")
    assert len([one for one in reply.outputs if one["output_type"] == "error"]) == 1
    assert old.records()[-1]["outcome"] == "error"
    reply = old.run("%gorgon run 1/0")
    text = "\n".join(reply.outputs[0]["traceback"])
    assert "running.py" not in text


def test_bad_lines_are_answered_shortly(old: Kernel) -> None:
    for code in ("%gorgon nonsense", "%gorgon limit 12 apples", "%%gorgon --nonsense\n1", "%gorgon top -1"):
        reply = old.run(code)
        assert reply.status == "error"
        assert reply.printed.startswith("UsageError: "), reply


def test_outputs_and_reload(old: Kernel) -> None:
    old.run("%config GorgonMagics.annotate = 'output'")
    assert "application/vnd.gorgon.cell.v1+json" in old.run("1;", "shown").outputs[0]["data"]
    assert old.run("%reload_ext gorgon").printed == ""
    assert len(old.run("2;", "again").outputs) == 1
    old.run("%config GorgonMagics.annotate = 'ui'")
    reply = old.run("import gorgon; gorgon.drain()", None, store_history=False)
    assert "application/vnd.gorgon.records.v1+json" in reply.outputs[0]["data"]
