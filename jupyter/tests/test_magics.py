"""`%gorgon` and `%%gorgon` with a real kernel."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import FOLDER, Kernel, KernelMaker, Reply

LINE = re.compile(r"wall \S+ m?s \| CPU .* \| peak RAM .* \| (OK|WARN|CRIT|UNKNOWN)")


def shown(reply: Reply, mime: str = "text/plain") -> str:
    """What one output shows."""
    (output,) = (one for one in reply.outputs if one["output_type"] != "error")
    return str(output["data"][mime])


def errors(reply: Reply) -> list[dict[str, Any]]:
    return [one for one in reply.outputs if one["output_type"] == "error"]


# -- %%gorgon ------------------------------------------------------------------------------------------------------


def test_a_cell_with_the_magic_says_what_it_cost(kernel: Kernel) -> None:
    before = len(kernel.records())
    reply = kernel.run("%%gorgon --label 'big one'\nx = bytearray(64 << 20)\ndel x\n'value'", "labelled")
    assert reply.status == "ok"
    assert reply.printed.startswith("big one | wall")
    assert re.search(r"\(\+6[34]\.\d MiB, exact\)", reply.printed)
    assert shown(reply) == "'value'"
    records = kernel.records()
    assert len(records) == before + 1
    assert records[-1]["cell"]["label"] == "big one"
    assert records[-1]["cell"]["id"] == "labelled"


def test_it_measures_where_measuring_is_off(kernel: Kernel) -> None:
    kernel.run("%gorgon off")
    try:
        before = len(kernel.records())
        kernel.run("1")
        assert len(kernel.records()) == before
        reply = kernel.run("%%gorgon\n1", "asked")
        assert LINE.match(reply.printed)
        assert kernel.records()[-1]["cell"]["id"] == "asked"
    finally:
        kernel.run("%gorgon on -q")
    before = len(kernel.records())
    kernel.run("1")
    assert len(kernel.records()) == before + 1


def test_quiet_prints_nothing(kernel: Kernel) -> None:
    reply = kernel.run("%%gorgon -q\nx = 1")
    assert (reply.status, reply.printed, reply.outputs) == ("ok", "", [])


def test_the_object_is_the_record_of_the_cell(kernel: Kernel) -> None:
    reply = kernel.run("%%gorgon -o\nx = bytearray(32 << 20)", "object")
    assert reply.printed == ""
    assert LINE.match(shown(reply))
    assert "<table" in shown(reply, "text/html")
    (output,) = reply.outputs
    record = output["data"]["application/vnd.gorgon.cell.v1+json"]
    kept = kernel.records()[-1]
    assert (record["id"], record["cell"]) == (kept["id"], kept["cell"])
    assert abs(record["measures"]["peakBytes"]["value"] - kept["measures"]["peakBytes"]["value"]) < 4 << 20


def test_a_variable_holds_it_for_later(kernel: Kernel) -> None:
    reply = kernel.run("%%gorgon -v cost --label kept\nx = 1")
    assert reply.printed.startswith("kept | wall")
    later = kernel.run("cost")
    assert shown(later).startswith("kept | wall")
    # It is of another cell than the one that shows it.
    assert "application/vnd.gorgon.cell.v1+json" not in later.outputs[0]["data"]
    assert kernel.value("[cost.wall_ms > 0, cost.to_dict()['cell']['label'], cost.outcome]") == [True, "kept", "ok"]


def test_the_record_goes_into_a_file(kernel: Kernel, tmp_path: Path) -> None:
    path = tmp_path / "a record.json"
    kernel.run(f"%%gorgon -q --json '{path}'\nx = 1")
    assert json.loads(path.read_text())["v"] == 1


def test_an_error_shows_once_at_its_own_line_and_the_cell_has_failed(kernel: Kernel) -> None:
    reply = kernel.run("%%gorgon\nx = 1\n\nraise ValueError('mine')", "failing")
    assert (reply.status, reply.error) == ("error", "ValueError")
    (error,) = errors(reply)
    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error["traceback"]))
    assert re.search(r"-+> 3 raise ValueError", text)
    assert "magics.py" not in text
    assert "running.py" not in text
    assert reply.printed.startswith("failed: ValueError | wall")
    record = kernel.records()[-1]
    assert (record["outcome"], record["error"]) == ("error", "ValueError")


def test_a_cell_behind_a_failed_one_is_not_run(kernel: Kernel) -> None:
    message = kernel.client.session.msg(
        "execute_request",
        {
            "code": "%%gorgon\n1/0",
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "stop_on_error": True,
        },
    )
    kernel.client.shell_channel.send(message)
    behind = kernel.send("not_run = 1")
    replies = kernel.wait_all([message["header"]["msg_id"], behind])
    assert replies[behind].status == "aborted"


def test_a_broken_body_shows_its_syntax_error(kernel: Kernel) -> None:
    reply = kernel.run("%%gorgon\ndef broken(:\n  pass")
    assert (reply.status, reply.error) == ("error", "SyntaxError")
    assert len(errors(reply)) == 1
    assert kernel.records()[-1]["error"] == "SyntaxError"


def test_a_batch_run_stops_at_a_failing_body(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbclient = pytest.importorskip("nbclient", reason="missing: nbclient")
    nbformat = pytest.importorskip("nbformat", reason="missing: nbformat")
    cells = [nbformat.v4.new_code_cell(text) for text in ("%load_ext gorgon", "%%gorgon\n1/0", "not_run = 1")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    monkeypatch.setenv("PYTHONPATH", str(FOLDER))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    with pytest.raises(nbclient.exceptions.CellExecutionError) as caught:
        nbclient.NotebookClient(notebook, timeout=60).execute()
    assert caught.value.ename == "ZeroDivisionError"
    assert [cell.get("execution_count") for cell in notebook.cells] == [1, 2, None]


def test_an_interrupt_ends_the_body(kernel: Kernel) -> None:
    sent = kernel.send("%%gorgon\nimport os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(30)")
    reply = kernel.wait(sent, 20)
    assert reply.status == "error"
    assert kernel.records()[-1]["outcome"] == "interrupted"


def test_strings_over_lines_and_other_magics_inside(kernel: Kernel) -> None:
    kernel.run('%%gorgon -q\ntext = """one\n\n    two %d {x}\n"""\nnumber = 1')
    assert kernel.value("text") == "one\n\n    two %d {x}\n"
    reply = kernel.run("%%gorgon -q\n%%capture captured\nprint('inside')")
    assert (reply.status, reply.printed) == ("ok", "")
    assert kernel.value("captured.stdout") == "inside\n"
    reply = kernel.run("%%gorgon\n%time y = sum(range(1000))\n!echo shell")
    assert "Wall time" in reply.printed
    assert "shell" in reply.printed
    assert LINE.search(reply.printed)


def test_inside_other_magics(kernel: Kernel) -> None:
    before = len(kernel.records())
    reply = kernel.run("%%time\n%%gorgon --label inner\nx = 1", "timed")
    assert "Wall time" in reply.printed
    assert "inner | wall" in reply.printed
    reply = kernel.run("%%gorgon --label outer\n%%gorgon --label inner\nx = 2", "twice")
    assert [one.split(" |")[0] for one in reply.printed.splitlines()] == ["inner", "outer"]
    named = [(one["cell"]["id"], one["cell"]["label"]) for one in kernel.records()[before:]]
    assert named == [("timed", "inner"), ("twice", "outer")]


def test_names_of_the_body_are_the_users(kernel: Kernel) -> None:
    kernel.run("%%gorgon -q\nmade_here = 41\ndef f(): return made_here + 1")
    assert kernel.value("f()") == 42


def test_await_says_that_no_magic_can(kernel: Kernel) -> None:
    reply = kernel.run("%%gorgon\nimport asyncio\nawait asyncio.sleep(0)")
    assert reply.status == "error"
    assert "No cell magic can await" in reply.printed
    assert "Traceback" not in reply.printed


def test_warn_counts_for_this_cell(kernel: Kernel) -> None:
    reply = kernel.run("%%gorgon --warn 0.0001%\nx = 1")
    assert "WARN: 0 % of" in reply.printed
    assert kernel.records()[-1]["level"] == "WARN"
    assert kernel.run("x = 2").status == "ok"
    assert kernel.records()[-1]["level"] == "OK"


def test_a_limit_for_one_cell_stops_it_and_is_gone_afterwards(kernel: Kernel) -> None:
    reply = kernel.run(
        "%%gorgon --limit 1GiB\nkept = []\nfor _ in range(2000):\n    kept.append(bytearray(4 << 20))\n    sum(range(20000))",
        "guarded",
    )
    # All of it goes back to the system now, and not in a cell of the next tests.
    kernel.run("kept = None\nimport ctypes, sys\nif sys.platform == 'linux': ctypes.CDLL(None).malloc_trim(0)")
    assert (reply.status, reply.error) == ("error", "KeyboardInterrupt")
    record = next(one for one in kernel.records() if one["cell"]["id"] == "guarded")
    assert record["outcome"] == "interrupted"
    assert record["limit"] == {"bytes": 1 << 30, "source": "%gorgon limit", "share": record["limit"]["share"]}
    assert kernel.run("%gorgon limit").printed.startswith("No limit is set")


# -- %gorgon run ---------------------------------------------------------------------------------------------------


def test_a_statement_gives_its_value_and_says_what_it_cost(kernel: Kernel) -> None:
    reply = kernel.run("%gorgon run sum(range(10))")
    assert LINE.match(reply.printed)
    assert shown(reply) == "45"
    kernel.run("kept = %gorgon run -q {'a': 1, \"b c\": [i for i in range(3)]}")
    assert kernel.value("kept") == {"a": 1, "b c": [0, 1, 2]}


def test_a_statement_is_measured_for_itself(kernel_maker: KernelMaker) -> None:
    # A kernel of its own: what other cells have freed can go back to the system at any time, and so in this statement.
    kernel = kernel_maker()
    # Beyond 32 MiB malloc always asks the system: nothing that was freed before is taken again.
    kernel.run("big = b'x' * (96 << 20)\ndel big\nr = %gorgon run -o --label part small = b'x' * (48 << 20)")
    inner, outer = kernel.value("r.to_dict()"), next(one for one in reversed(kernel.records()))
    assert inner["cell"]["label"] == "part"
    assert 47 << 20 <= inner["measures"]["peakDeltaBytes"]["value"] <= 49 << 20
    assert outer["measures"]["peakDeltaBytes"]["value"] >= 95 << 20
    assert inner["id"] != outer["id"]


def test_a_statement_sees_the_names_around_it(kernel: Kernel) -> None:
    kernel.run(
        "def f():\n    inside = 20\n    return get_ipython().run_line_magic('gorgon', 'run -q inside + 1')\nfound = f()"
    )
    assert kernel.value("found") == 21


def test_a_statement_that_fails_ends_the_cell_without_our_frames(kernel: Kernel) -> None:
    reply = kernel.run("%gorgon run 1/0\nnot_reached = 1")
    assert (reply.status, reply.error) == ("error", "ZeroDivisionError")
    (shown_error,) = errors(reply)
    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(shown_error["traceback"]))
    assert "running.py" not in text
    assert "magics.py" not in text
    assert kernel.value("'not_reached' in globals()") is False


# -- commands ------------------------------------------------------------------------------------------------------


def test_the_status_names_kernel_last_cell_and_bell(kernel: Kernel) -> None:
    kernel.run("%%gorgon -q --label before\n1")
    text = kernel.run("%gorgon").printed
    assert re.search(rf"^Kernel     process {kernel.pid}, .* resident, .* % of ", text, re.MULTILINE)
    assert re.search(r"^Last cell  In \[\d+\] before: before \| wall", text, re.MULTILINE)
    assert re.search(r"^Bell       not heard: .", text, re.MULTILINE)
    reply = kernel.run("%gorgon -o")
    assert LINE.match(shown(reply))


def test_top_and_report_show_cells(kernel: Kernel) -> None:
    kernel.run("%%gorgon -q --label '</td><script>alert(1)</script>'\nx = bytearray(200 << 20)\ndel x")
    top = kernel.run("%gorgon top 3 --by memory")
    assert "Most expensive cells by peak memory" in shown(top)
    report = kernel.run("%gorgon report")
    assert "Runs" in shown(report)
    for html in (shown(top, "text/html"), shown(report, "text/html")):
        assert "<script" not in html
        assert "&lt;script&gt;" in html
    assert "<svg" in shown(report, "text/html")


@pytest.mark.parametrize(("name", "start"), [("r.html", "<!DOCTYPE html>"), ("r.md", "# What"), ("r.json", "{")])
def test_a_report_goes_into_a_file(kernel: Kernel, tmp_path: Path, name: str, start: str) -> None:
    reply = kernel.run(f"%gorgon report {tmp_path / name}")
    assert reply.printed == f"Written: {tmp_path / name}\n"
    assert (tmp_path / name).read_text().startswith(start)


def test_a_limit_guards_until_it_is_off(kernel: Kernel) -> None:
    assert "is interrupted" in kernel.run("%gorgon limit 80%").printed
    kernel.run("%reload_ext gorgon")
    try:
        assert "guarded at" in kernel.run("%gorgon").printed
        assert "OK  guard         guards" in kernel.run("%gorgon doctor").printed
        assert kernel.value("_g.session().config.limit_bytes", "import gorgon as _g") > 1 << 30
    finally:
        assert "not guarded" in kernel.run("%gorgon limit off").printed
    assert kernel.value("_g.session().config.limit_bytes", "import gorgon as _g") is None


def test_the_doctor_has_a_line_for_everything(kernel: Kernel) -> None:
    text = kernel.run("%gorgon doctor").printed
    subjects = {found[2] for found in re.finditer(r"^(OK|!|x) +(\S.*?)  +\S", text, re.MULTILINE)}
    assert {"package", "measuring", "meter", "permissions", "limits", "IPython", "ipykernel", "worker"} <= subjects
    assert {"guard", "GPU", "GORGON_LOG", "front ends"} <= subjects


def test_help_explains_commands_and_options(kernel: Kernel) -> None:
    text = kernel.value("get_ipython().find_line_magic('gorgon').__doc__")
    for word in ("%gorgon run STATEMENT", "%gorgon doctor", "--label", "-o", "--limit SIZE"):
        assert word in text


# -- settings ------------------------------------------------------------------------------------------------------


def test_config_shows_and_changes_settings(kernel: Kernel) -> None:
    assert "min_wall" in kernel.run("%gorgon config").printed
    assert "GorgonMagics" in kernel.run("%config").printed
    kernel.run("%config GorgonMagics.min_wall = 5.0")
    try:
        before = len(kernel.records())
        kernel.run("1")
        kernel.run("%%gorgon -q --label kept\n1")
        assert [one["cell"]["label"] for one in kernel.records()[before:]] == ["kept"]
    finally:
        kernel.run("%config GorgonMagics.min_wall = 0.0")


def test_settings_survive_a_reload_and_nothing_is_there_twice(kernel_maker: KernelMaker) -> None:
    kernel = kernel_maker()
    kernel.run("%config GorgonMagics.warn = 0.5\nfirst = 1")
    assert kernel.run("%reload_ext gorgon").printed == ""
    assert kernel.value("_g.session().config.warn", "import gorgon as _g") == 0.5
    assert kernel.value("[type(c).__name__ for c in get_ipython().configurables].count('GorgonMagics')") == 1
    assert kernel.run("%%gorgon\n1").printed.count("wall") == 1
    before = len(kernel.records())
    kernel.run("1")
    assert len(kernel.records()) == before + 1
    reply = kernel.run("%unload_ext gorgon")
    assert (reply.status, reply.printed) == ("ok", "")
    assert "not found" in kernel.run("%gorgon").printed
    kernel.run("%load_ext gorgon")
    assert len(kernel.records()) >= before + 1


def test_settings_of_a_configuration_file_count(kernel_maker: KernelMaker) -> None:
    kernel = kernel_maker(arguments=("--GorgonMagics.auto=False", "--GorgonMagics.crit=0.9"))
    assert kernel.value("[_g.session().config.auto, _g.session().config.crit]", "import gorgon as _g") == [False, 0.9]


def test_a_package_with_parts_missing_still_measures(kernel_maker: KernelMaker, tmp_path: Path) -> None:
    left_out = shutil.ignore_patterns("link.py", "guard.py", "comm.py", "log.py", "__pycache__")
    shutil.copytree(FOLDER / "gorgon", tmp_path / "gorgon", ignore=left_out)
    kernel = kernel_maker(env={"PYTHONPATH": str(tmp_path)})
    kernel.run("%%gorgon -q --label all\n1")
    assert kernel.records()[-1]["cell"]["label"] == "all"
    assert "not heard: this package has no link" in kernel.run("%gorgon").printed
    reply = kernel.run("%gorgon limit 80%")
    assert (reply.status, "This package has no guard" in reply.printed) == ("ok", True)
    assert "Install the whole package" in kernel.run("%gorgon doctor").printed


def test_a_measuring_that_fails_leaves_the_code_as_it_is(kernel_maker: KernelMaker) -> None:
    kernel = kernel_maker()
    kernel.run(
        "import gorgon\n"
        "def broken(*_):\n    raise OSError('no /proc today')\n"
        "gorgon.session().meter.begin = broken\n"
        "gorgon.session().meter.end = broken"
    )
    reply = kernel.run("%%gorgon\nkept = 41")
    assert reply.status == "ok"
    assert reply.printed == "Gorgon could not measure this: %gorgon doctor says why.\n"
    assert kernel.run("kept = kept + %gorgon run -q 1").status == "error"  # No magic is part of an expression.
    assert kernel.run("more = %gorgon run -q kept + 1").status == "ok"
    assert kernel.value("more") == 42
    assert "no /proc today" in kernel.run("%gorgon doctor").printed


# -- bad lines -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        "%gorgon nonsense",
        "%gorgon --nonsense",
        "%gorgon limit 12 apples",
        "%gorgon limit 12",
        "%gorgon limit 1MiB",
        "%gorgon limit 200%",
        "%gorgon top many",
        "%gorgon top -1",
        "%gorgon top 0",
        "%gorgon top 3 --by beauty",
        "%gorgon report /no/such/folder/r.html",
        "%gorgon report r.exe",
        "%gorgon run",
        "%gorgon run def broken(:",
        "%gorgon on and on",
        "%gorgon report 'unclosed",
        "%%gorgon --warn 80\n1",
        "%%gorgon --limit apples\n1",
        "%%gorgon --json /no/such/folder/r.json\n1",
        "%%gorgon -v not-a-name\n1",
        "%%gorgon -v class\n1",
        "%%gorgon top 3\n1",
        "%%gorgon --label\n1",
        "%%gorgon\n",
    ],
)
def test_a_bad_line_is_answered_shortly_and_nothing_is_run(kernel: Kernel, code: str) -> None:
    reply = kernel.run(code.replace("\n1", "\nwas_run = 1"))
    assert reply.status == "error"
    assert reply.error == "UsageError"
    assert errors(reply) == []
    assert reply.printed.startswith("UsageError: ")
    assert len(reply.printed) < 300
    assert kernel.value("'was_run' in globals()") is False


# -- outputs -------------------------------------------------------------------------------------------------------


def test_the_cost_as_an_output_of_the_cell(kernel_maker: KernelMaker) -> None:
    kernel = kernel_maker()
    kernel.run("%config GorgonMagics.annotate = 'output'")
    reply = kernel.run("print('mine')\n1 + 1", "annotated")
    kinds = [one["output_type"] for one in reply.outputs]
    assert kinds == ["execute_result", "display_data"]
    data = reply.outputs[-1]["data"]
    assert LINE.match(data["text/plain"])
    assert data["application/vnd.gorgon.cell.v1+json"] == kernel.records()[-1]
    # One line for one run.
    reply = kernel.run("%%gorgon --label once\n1;")
    assert reply.printed == ""
    assert len([one for one in reply.outputs if "application/vnd.gorgon.cell.v1+json" in one["data"]]) == 1
    reply = kernel.run(
        "import threading, time\nthreading.Thread(target=lambda: time.sleep(0.2)).start()\nawait __import__('asyncio').sleep(0)"
    )
    assert [one["output_type"] for one in reply.outputs] == ["display_data"]
    kernel.run("%config GorgonMagics.annotate = 'ui'")
    assert kernel.run("1;").outputs == []


def test_a_drain_hands_over_records_that_are_new(kernel: Kernel) -> None:
    mime = "application/vnd.gorgon.records.v1+json"
    kernel.run("1", "drained-1")
    known = kernel.records()[-1]["id"]
    kernel.run("2", "drained-2")
    for code in ("import gorgon; gorgon.drain({!r})", "import gorgon.drain, gorgon; gorgon.drain({!r})"):
        reply = kernel.run(code.format(known), None, store_history=False)
        (output,) = reply.outputs
        told = output["data"][mime]
        assert [one["cell"]["id"] for one in told["records"]] == ["drained-2"]
        assert told["kernel"]["pid"] == kernel.pid
        assert told["running"] is None
    everything = kernel.run("gorgon.drain()", None, store_history=False).outputs[0]["data"][mime]
    assert len(everything["records"]) == len(kernel.records())
    unknown = kernel.run("gorgon.drain('no such id')", None, store_history=False).outputs[0]["data"][mime]
    assert len(unknown["records"]) == len(kernel.records())


def test_nothing_of_ours_stands_among_the_users_names(kernel_maker: KernelMaker) -> None:
    kernel = kernel_maker()
    before = set(kernel.value("[name for name in globals() if not name.startswith('_')]"))
    kernel.run("%%gorgon\n1")
    kernel.run("%gorgon run 1")
    after = set(kernel.value("[name for name in globals() if not name.startswith('_')]"))
    assert before == after
