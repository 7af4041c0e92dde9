"""What is a cell and what is not: every way in which IPython runs code, with a real kernel."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import pytest
from conftest import Kernel, KernelMaker


def ids(kernel: Kernel) -> list[str]:
    return [record["id"] for record in kernel.records()]


def new_ones(kernel: Kernel, code: str, cell_id: str | None = "", **how: Any) -> list[dict[str, Any]]:
    before = set(ids(kernel))
    kernel.run(code, cell_id, **how)
    return [record for record in kernel.records() if record["id"] not in before]


def test_a_cell_leaves_one_record_that_names_it(kernel: Kernel) -> None:
    reply = kernel.run("1 + 1", "vscode-notebook-cell:/a.ipynb#W0")
    record = kernel.records()[-1]
    assert record["cell"] == {
        "id": "vscode-notebook-cell:/a.ipynb#W0",
        "executionCount": reply.execution_count,
        "hash": hashlib.sha1(b"1 + 1").hexdigest(),
        "label": "",
    }
    assert record["kernel"]["pid"] == kernel.pid
    assert record["kernel"]["language"] == "python"
    assert abs(record["endedAt"] - time.time() * 1000) < 60_000
    assert (record["outcome"], record["error"], record["by"], record["overlap"]) == ("ok", "", "kernel", False)


def test_the_kernel_started_when_the_system_says(kernel: Kernel) -> None:
    psutil = pytest.importorskip("psutil")
    record = kernel.cost("pass")
    assert abs(record["kernel"]["startedAt"] - psutil.Process(kernel.pid).create_time() * 1000) < 2000


def test_loading_says_nothing_and_the_loading_cell_has_no_record(kernel_maker: KernelMaker) -> None:
    kernel = kernel_maker(load=False)
    reply = kernel.run("%load_ext gorgon", "first")
    assert (reply.status, reply.printed, reply.outputs) == ("ok", "", [])
    assert kernel.records() == []
    assert kernel.run("2", "second").status == "ok"
    assert [record["cell"]["id"] for record in kernel.records()] == ["second"]


@pytest.mark.parametrize("empty", ["", "   ", "\n\n"])
def test_an_empty_cell_leaves_no_record(kernel: Kernel, empty: str) -> None:
    assert new_ones(kernel, empty) == []
    assert kernel.value("_gorgon.session().running", "import gorgon as _gorgon") is None


def test_a_comment_is_a_cell(kernel: Kernel) -> None:
    assert [record["outcome"] for record in new_ones(kernel, "# nothing")] == ["ok"]


def test_code_of_the_front_end_is_no_cell(kernel: Kernel) -> None:
    assert new_ones(kernel, "x = 1", None, store_history=False) == []


def test_a_silent_request_is_no_cell(kernel: Kernel) -> None:
    assert new_ones(kernel, "x = 1", silent=True) == []


def test_a_cell_outside_the_history_that_has_a_name_is_a_cell(kernel: Kernel) -> None:
    (record,) = new_ones(kernel, "x = 1", "named", store_history=False)
    assert record["cell"]["id"] == "named"
    assert record["cell"]["executionCount"] is None


def test_a_cell_of_a_batch_run_has_no_name_but_a_record(kernel: Kernel) -> None:
    (record,) = new_ones(kernel, "x = 1", None)
    assert record["cell"]["id"] is None
    assert record["cell"]["executionCount"] is not None


def test_code_that_a_cell_runs_belongs_to_the_cell(kernel: Kernel) -> None:
    (record,) = new_ones(
        kernel,
        "get_ipython().run_cell('inner = bytearray(64 << 20)')\n"
        "get_ipython().run_cell('')\n"
        "get_ipython().run_cell('del inner', store_history=True)\n"
        "get_ipython().run_cell('def broken(:')\n"
        "after = bytearray(96 << 20)\n"
        "del after",
        "outer",
    )
    assert record["cell"]["id"] == "outer"
    assert record["measures"]["peakDeltaBytes"]["value"] >= 95 << 20
    assert record["measures"]["peakBytes"]["quality"] == "exact"


def test_code_that_a_cell_awaits_belongs_to_the_cell(kernel: Kernel) -> None:
    (record,) = new_ones(
        kernel,
        "_ip = get_ipython()\n_code = 'import asyncio; await asyncio.sleep(0.05)'\n"
        "await _ip.run_cell_async(_code, transformed_cell=_ip.transform_cell(_code))",
        "awaiting",
    )
    assert record["cell"]["id"] == "awaiting"
    assert record["measures"]["wallMs"]["value"] >= 50


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("def broken(:", "SyntaxError"),
        ("  x = 1\n y", "IndentationError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("import sys; sys.exit()", "SystemExit"),
        ("raise BaseException('mine')", "BaseException"),
        ("await a_name_that_is_not_there", "NameError"),
        ("%no_such_magic", ""),
    ],
)
def test_a_cell_that_fails_says_with_what(kernel: Kernel, code: str, error: str) -> None:
    (record,) = new_ones(kernel, code)
    if error == "":  # IPython prints that there is no such magic; what it raises depends on its release.
        error = record["error"]
    assert (record["outcome"], record["error"]) == ("ok" if error == "" else "error", error)


def test_the_message_of_an_error_stays_in_the_kernel(kernel: Kernel) -> None:
    (record,) = new_ones(kernel, "raise ValueError('a password')")
    assert "password" not in str(record)


@pytest.mark.parametrize(
    "code",
    [
        "import time\nprint('go', flush=True)\ntime.sleep(50)",
        # In short naps: ipykernel's event loop does not wake up for a signal.
        "import asyncio\nprint('go', flush=True)\nfor _ in range(1000): await asyncio.sleep(0.05)",
    ],
)
def test_an_interrupted_cell_says_so(kernel: Kernel, code: str) -> None:
    before = set(ids(kernel))
    message = kernel.send(code, "interrupted")
    _wait_for_output(kernel, message)
    kernel.interrupt()
    kernel.wait(message)
    (record,) = [record for record in kernel.records() if record["id"] not in before]
    assert record["outcome"] == "interrupted"
    assert record["error"] in ("KeyboardInterrupt", "CancelledError")


def test_a_cell_with_await_is_measured_to_its_end(kernel: Kernel) -> None:
    (record,) = new_ones(kernel, "import asyncio\nawait asyncio.sleep(0.2)\nx = bytearray(32 << 20)\ndel x")
    assert record["outcome"] == "ok"
    assert record["measures"]["wallMs"]["value"] >= 200
    assert record["measures"]["peakDeltaBytes"]["value"] >= 31 << 20


def test_what_runs_can_be_asked_for(kernel: Kernel) -> None:
    code = "import gorgon; cell, since = gorgon.session().running; print(cell.id, cell.execution_count, since > 1e12)"
    reply = kernel.run(code, "asks")
    assert reply.printed.split() == ["asks", str(reply.execution_count), "True"]


def test_the_first_cell_that_is_measured_knows_its_number_while_it_runs(kernel_maker: KernelMaker) -> None:
    kernel = kernel_maker()
    reply = kernel.run("import gorgon; print(gorgon.session().running[0].execution_count)")
    assert reply.printed.split() == [str(reply.execution_count)]


def test_cells_of_two_subshells_at_once_are_marked(kernel: Kernel) -> None:
    subshell = _subshell(kernel)
    first = kernel.send("import time; time.sleep(0.6)", "in-main")
    _wait_until(kernel, first)
    second = kernel.send("import time; time.sleep(0.1)", "in-subshell", subshell=subshell)
    kernel.wait_all([first, second])
    found = {record["cell"]["id"]: record for record in kernel.records()}
    for name in ("in-main", "in-subshell"):
        assert found[name]["overlap"] is True
        assert any("same time" in note for note in found[name]["notes"])
    assert kernel.cost("alone = 1")["overlap"] is False


def test_a_subshell_does_not_hide_the_peak_of_the_main_cell(kernel: Kernel) -> None:
    subshell = _subshell(kernel)
    first = kernel.send("x = bytearray(200 << 20); del x; print('go')\nimport time; time.sleep(0.6)", "high")
    _wait_for_output(kernel, first)
    second = kernel.send("y = bytearray(20 << 20); del y", "low", subshell=subshell)
    kernel.wait_all([first, second])
    found = {record["cell"]["id"]: record["measures"] for record in kernel.records()}
    assert found["high"]["peakDeltaBytes"]["value"] >= 199 << 20
    assert 19 << 20 <= found["low"]["peakDeltaBytes"]["value"] < 60 << 20


def test_a_program_that_resets_the_mark_itself_is_noticed(kernel: Kernel) -> None:
    record = kernel.cost(
        "x = bytearray(100 << 20)\nget_ipython().run_cell('pass')\ndel x\n"
        "with open('/proc/self/clear_refs', 'w') as _f: _f.write('5')"
    )
    peak = record["measures"]["peakBytes"]
    assert peak["quality"] == "sampled"
    assert peak["value"] - record["measures"]["startBytes"]["value"] >= 99 << 20
    assert any("reset" in note for note in record["notes"])


def test_a_forked_child_that_runs_on_measures_nothing(kernel: Kernel) -> None:
    record = kernel.cost(
        "import os, gorgon\ncount = len(gorgon.session().records)\npid = os.fork()\n"
        "if pid == 0:\n"
        "    get_ipython().run_cell('x = 1', store_history=True, cell_id='in-child')\n"
        "    os._exit(0 if len(gorgon.session().records) == count else 1)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0"
    )
    assert record["outcome"] == "ok"


def _wait_for_output(kernel: Kernel, message: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = kernel.client.get_iopub_msg(timeout=30)
        if found["parent_header"].get("msg_id") == message and found["header"]["msg_type"] == "stream":
            return
    raise AssertionError("The cell printed nothing.")


def _wait_until(kernel: Kernel, message: str) -> None:
    """Until the cell has begun."""
    while True:
        found = kernel.client.get_iopub_msg(timeout=30)
        if found["parent_header"].get("msg_id") == message and found["header"]["msg_type"] == "execute_input":
            return


def _subshell(kernel: Kernel) -> str:
    message = kernel.client.session.msg("create_subshell_request")
    kernel.client.control_channel.send(message)
    reply = kernel.client.get_control_msg(timeout=30)
    if reply["content"].get("status") != "ok":
        pytest.skip("This ipykernel has no subshells.")
    name: str = reply["content"]["subshell_id"]
    return name
