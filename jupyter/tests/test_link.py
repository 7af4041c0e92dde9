"""The link tells a worker what runs and what it cost, and never holds up a cell. The worker here is a small one."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from beside import Worker, until
from conftest import Kernel, KernelMaker

from gorgon.blackbox import started_json
from gorgon.leader import Leader
from gorgon.record import CellRef

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the worker's socket is POSIX's")

FOLDER = Path(__file__).resolve().parent.parent
SETUP = "import gorgon as _g\n_link = _g.session().link"

WorkerMaker = Callable[..., Worker]


@pytest.fixture
def worker_maker(tmp_path: Path) -> Iterator[WorkerMaker]:
    workers: list[Worker] = []

    def make(name: str = "w", pid: int = 0) -> Worker:
        # Paths of sockets are short.
        workers.append(Worker(Path(os.path.relpath(tmp_path)).resolve() / name, pid))
        return workers[-1]

    yield make
    for one in workers:
        one.close()


def linked(kernel_maker: KernelMaker, worker: Worker) -> Kernel:
    kernel = kernel_maker(env={"GORGON_ENDPOINT": str(worker.announcement)})
    until(lambda: worker.greetings, "the kernel greets")
    return kernel


def why(kernel: Kernel) -> str:
    found: str = kernel.value("_link.why", SETUP)
    return found


def test_a_kernel_greets_and_tells_of_its_cells(kernel_maker: KernelMaker, worker_maker: WorkerMaker) -> None:
    worker = worker_maker()
    kernel = linked(kernel_maker, worker)
    (hello,) = worker.greetings
    assert (hello["protocol"], hello["role"], hello["executable"]) == (1, "kernel", sys.executable)
    assert hello["kernel"]["pid"] == kernel.pid and hello["kernel"]["language"] == "python"
    assert os.path.exists(hello["faults"])
    kernel.run("secret = 6 * 7", "cell-a")
    (record,) = until(lambda: worker.records, "the record arrives")
    assert record["cell"]["id"] == "cell-a" and record["measures"]["wallMs"]["value"] >= 0
    (started,) = worker.of("kernel/cell/started")
    assert started["cell"]["id"] == "cell-a" and started["startedAt"] == record["startedAt"]
    names = [name for name, _ in worker.heard]
    assert names.index("kernel/cell/started") < names.index("kernel/cell/ended")
    assert "secret" not in str(worker.heard), "a cell's text stays in the kernel"
    assert kernel.value("[_link.connected, _link.why, _link.peer]", SETUP) == [True, "", "9.9.9"]
    assert kernel.value("_link.bell(5.0)", SETUP) == {"level": "WARN", "sentence": "Memory is at 85 %."}


def test_a_cell_is_told_while_it_runs(kernel_maker: KernelMaker, worker_maker: WorkerMaker) -> None:
    worker = worker_maker()
    kernel = linked(kernel_maker, worker)
    message = kernel.send("import sys, time\nwhile not hasattr(sys, 'enough'): time.sleep(0.01)\n", "long")
    until(lambda: worker.of("kernel/cell/started"), "it is told at once")
    assert not worker.records
    # A worker that comes meanwhile is told what runs.
    worker.cut()
    until(lambda: len(worker.of("kernel/cell/started")) == 2, "it is told again")
    kernel.interrupt()
    kernel.wait(message)
    (record,) = until(lambda: worker.records, "its record arrives")
    assert record["outcome"] == "interrupted"


def test_a_cell_that_goes_straight_into_c_is_told_before_it_does(
    kernel_maker: KernelMaker, worker_maker: WorkerMaker
) -> None:
    worker = worker_maker()
    kernel = linked(kernel_maker, worker)
    kernel.run("import itertools", "before")
    until(lambda: worker.records, "the link has nothing else to tell")
    # As where the link's thread is not quick enough: in that call no other thread of the kernel runs, for minutes.
    kernel.value("None", f"{SETUP}\n_link._step = lambda: None")
    kernel.send("sum(itertools.repeat(1, 10**12))", "in-c")
    until(lambda: len(worker.of("kernel/cell/started")) == 2, "it is told all the same")
    os.kill(kernel.pid, signal.SIGKILL)
    until(lambda: not _alive(worker), "the kernel is gone")
    assert worker.of("kernel/cell/started")[-1]["cell"]["id"] == "in-c"
    assert [one["cell"]["id"] for one in worker.records] == ["before"]


LONG = json.dumps({"text": "x" * 500})


class TestSaidAtOnce:
    """Against a worker that the test plays itself, so that it can be as slow as it likes."""

    @pytest.fixture
    def pair(self) -> Iterator[tuple[Leader, socket.socket]]:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        leader = Leader(dict)
        leader._socket, leader.ready = ours, True
        # Only what the tests do is to happen.
        leader._next_look = float("inf")
        yield leader, theirs
        leader.close()
        theirs.close()

    def test_nothing_goes_before_what_waits(self, pair: tuple[Leader, socket.socket]) -> None:
        leader, theirs = pair
        leader.notify("first", {})
        assert not leader.say_now("second", "{}")
        leader.step(0.0)
        assert leader.say_now("third", "{}")
        assert [json.loads(line)["method"] for line in theirs.recv(4096).splitlines()] == ["first", "third"]

    def test_it_waits_for_nobody_and_leaves_no_half_message(self, pair: tuple[Leader, socket.socket]) -> None:
        leader, theirs = pair
        said = 0
        began = time.monotonic()
        while leader.say_now(f"word-{said}", LONG):
            said += 1
        assert time.monotonic() - began < 5 and said > 0
        reader = theirs.makefile("rb")
        heard: list[str] = []
        # What did not fit goes out with the owner's next step.
        leader.notify("last", {})
        while not heard or heard[-1] != "last":
            leader.step(0.0)
            heard.append(json.loads(reader.readline())["method"])
        assert heard == [*(f"word-{at}" for at in range(said)), "last"]

    def test_words_of_many_threads_stay_whole(self, pair: tuple[Leader, socket.socket]) -> None:
        leader, theirs = pair
        heard: list[str] = []
        reading = threading.Thread(
            target=lambda: heard.extend(json.loads(line)["method"] for line in theirs.makefile("rb"))
        )
        reading.start()
        said: list[str] = []

        def say(who: int) -> None:
            said.extend(f"{who}-{at}" for at in range(400) if leader.say_now(f"{who}-{at}", LONG))

        threads = [threading.Thread(target=say, args=(who,)) for who in range(3)]
        for one in threads:
            one.start()
        for at in range(400):
            leader.notify(f"owner-{at}", {"text": "y" * 500})
            leader.step(0.0)
        for one in threads:
            one.join()
        while leader.wants_write:
            leader.step(0.0)
        leader.close()
        reading.join()
        assert sorted(heard) == sorted([*said, *(f"owner-{at}" for at in range(400))])

    def test_it_is_not_said_where_it_cannot_be(self, pair: tuple[Leader, socket.socket]) -> None:
        leader, theirs = pair
        theirs.close()
        assert not leader.say_now("to nobody", "{}")
        leader.close()
        assert not leader.say_now("after the end", "{}")
        assert not Leader(dict).say_now("before the begin", "{}")

    @pytest.mark.parametrize(
        "cell", [CellRef('a"\n\u2028é\ud800', 7, "0" * 40, "label\\"), CellRef(None, None), CellRef("", 0, "", "")]
    )
    def test_it_says_what_the_record_says_of_the_cell(self, cell: CellRef) -> None:
        assert json.loads(started_json(cell, 5)) == {"cell": cell.to_dict(), "startedAt": 5}

    def test_who_was_interrupted_holds_nobody_up(self, pair: tuple[Leader, socket.socket]) -> None:
        leader, theirs = pair
        leader._sending.acquire()
        assert not leader.say_now("now", "{}")
        leader.notify("later", {})
        leader.step(0.0)
        assert json.loads(theirs.recv(4096))["method"] == "later"


def test_records_of_a_broken_connection_are_sent_again(kernel_maker: KernelMaker, worker_maker: WorkerMaker) -> None:
    worker = worker_maker()
    kernel = linked(kernel_maker, worker)
    kernel.run("1", "taken")
    until(lambda: len(worker.records) == 1, "the first is taken")
    worker.mute.set()
    kernel.run("2", "unanswered")
    until(lambda: len(worker.of("kernel/cell/ended")) == 2, "the second is sent, and not answered")
    worker.close()
    kernel.run("3", "alone")
    until(lambda: "ended" in why(kernel) or "worker" in why(kernel), "it notices")
    later = worker_maker("later")
    # The kernel looks where the first one was: the new leader announces itself there.
    later.announcement = worker.announcement
    later.announce()
    until(lambda: len(later.records) == 2, "what was not taken is sent to the next worker")
    assert [one["cell"]["id"] for one in later.records] == ["unanswered", "alone"]
    kernel.run("4", "after")
    until(lambda: len(later.records) == 3, "and what comes after it")


def test_a_kernel_that_was_there_before_the_worker(kernel_maker: KernelMaker, worker_maker: WorkerMaker) -> None:
    worker = worker_maker()
    worker.announcement.unlink()
    kernel = kernel_maker(env={"GORGON_ENDPOINT": str(worker.announcement)})
    for at in range(30):
        kernel.run("pass", f"cell-{at}")
    assert "No Gorgon worker runs" in why(kernel)
    worker.announce()
    until(lambda: len(worker.records) == 30, "all are told")
    assert [one["cell"]["id"] for one in worker.records] == [f"cell-{at}" for at in range(30)]


def test_a_new_leader_is_noticed_while_the_old_one_still_answers(
    kernel_maker: KernelMaker, worker_maker: WorkerMaker
) -> None:
    worker = worker_maker()
    kernel = linked(kernel_maker, worker)
    later = worker_maker("later", pid=worker.pid + 1)
    later.announcement = worker.announcement
    later.announce()
    until(lambda: later.greetings, "it goes to the new one")
    kernel.run("1", "cell")
    until(lambda: later.records, "and tells it")
    assert not worker.records


class TestWhy:
    def kernel(self, kernel_maker: KernelMaker, worker: Worker) -> Kernel:
        return kernel_maker(env={"GORGON_ENDPOINT": str(worker.announcement)})

    def test_a_wrong_token(self, kernel_maker: KernelMaker, worker_maker: WorkerMaker) -> None:
        worker = worker_maker()
        worker.token = "0" * 64
        kernel = self.kernel(kernel_maker, worker)
        until(lambda: "the token is wrong" in why(kernel), "the refusal is said")
        assert kernel.run("1 + 1").status == "ok"

    def test_a_dead_socket(self, kernel_maker: KernelMaker, worker_maker: WorkerMaker) -> None:
        worker = worker_maker()
        worker.close(tidy=False)
        kernel = self.kernel(kernel_maker, worker)
        until(lambda: "Nobody answers at" in why(kernel), "that nobody answers is said")
        assert kernel.value("_link.bell(5.0)", SETUP) is None

    def test_a_worker_of_another_release(self, kernel_maker: KernelMaker, worker_maker: WorkerMaker) -> None:
        worker = worker_maker()
        worker.welcome = {"protocol": 2, "pid": 1, "version": "7.0.0"}
        kernel = self.kernel(kernel_maker, worker)
        until(lambda: "another release (7.0.0, link 2)" in why(kernel), "the versions are said")

    def test_an_announcement_that_others_can_write(self, kernel_maker: KernelMaker, worker_maker: WorkerMaker) -> None:
        worker = worker_maker()
        worker.announce(mode=0o666)
        kernel = self.kernel(kernel_maker, worker)
        until(lambda: "open to others" in why(kernel), "that it is not trusted is said")
        assert not worker.greetings

    def test_a_worker_that_talks_nonsense(self, kernel_maker: KernelMaker, worker_maker: WorkerMaker) -> None:
        worker = worker_maker()
        kernel = linked(kernel_maker, worker)
        for one in list(worker.connections):
            one.sendall(b"[nonsense\n")
        until(lambda: len(worker.greetings) > 1, "it leaves and comes again")
        assert kernel.run("1 + 1").status == "ok"


def test_a_record_that_the_worker_refuses_is_not_sent_for_ever(
    kernel_maker: KernelMaker, worker_maker: WorkerMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = worker_maker()
    real = worker._hear

    def refuse(method: str, params: Any) -> dict[str, Any] | None:
        answer = real(method, params)
        return {"error": {"code": -32000, "message": "too long"}} if method == "kernel/cell/ended" else answer

    monkeypatch.setattr(worker, "_hear", refuse)
    kernel = linked(kernel_maker, worker)
    kernel.run("1", "refused")
    until(lambda: kernel.value("_link.refused", SETUP) == 1, "the refusal is counted")
    worker.cut()
    until(lambda: len(worker.greetings) == 2, "it comes again")
    kernel.run("2", "other")
    until(lambda: len(worker.records) == 2, "the next is sent")
    assert [one["cell"]["id"] for one in worker.records] == ["refused", "other"]


def test_a_cell_too_short_for_a_record_is_told_as_over(kernel_maker: KernelMaker, worker_maker: WorkerMaker) -> None:
    worker = worker_maker()
    kernel = linked(kernel_maker, worker)
    kernel.value("1", "import gorgon as _g\n_g.session().config.min_wall = 60.0")
    kernel.run("1", "short")
    until(lambda: worker.of("kernel/cell/started"), "it is told that it runs")
    until(lambda: worker.of("kernel/cell/idle"), "and that it does no more")
    assert not worker.records


def test_a_forked_child_neither_speaks_nor_ends_the_connection(
    kernel_maker: KernelMaker, worker_maker: WorkerMaker
) -> None:
    worker = worker_maker()
    kernel = linked(kernel_maker, worker)
    code = (
        "import os, sys, multiprocessing\n"
        "def child(out):\n"
        "    import gorgon\n"
        "    link = gorgon.session().link\n"
        "    out.put([link.connected, link.why, link.bell(1.0)])\n"
        "fork = multiprocessing.get_context('fork')\n"
        "out = fork.SimpleQueue()\n"
        "process = fork.Process(target=child, args=(out,)); process.start(); process.join()\n"
        "found = out.get()\n"
        "assert process.exitcode == 0\n"
        "assert found[0] is False and 'child' in found[1] and found[2] is None, found\n"
    )
    reply = kernel.run(code, "forks")
    assert reply.status == "ok", reply
    kernel.run("1", "after")
    until(lambda: len(worker.records) == 2, "the kernel's own connection stands")
    assert len(worker.greetings) == 1


def test_it_is_gone_after_unload_and_back_after_load(kernel_maker: KernelMaker, worker_maker: WorkerMaker) -> None:
    worker = worker_maker()
    kernel = linked(kernel_maker, worker)
    threads = "sorted(one.name for one in __import__('threading').enumerate() if 'gorgon' in one.name)"
    assert kernel.value(threads) == ["gorgon-link"]
    kernel.run("%unload_ext gorgon", None, store_history=False)
    assert kernel.value(threads) == []
    until(lambda: not _alive(worker), "the connection has ended")
    kernel.run("%load_ext gorgon", None, store_history=False)
    until(lambda: len(worker.greetings) == 2, "it greets again")


def _alive(worker: Worker) -> list[Any]:
    return [one for one in worker.connections if _open(one)]


def _open(one: Any) -> bool:
    try:
        one.sendall(b'{"jsonrpc": "2.0", "method": "x", "params": null}\n')
    except OSError:
        return False
    return True


def test_the_last_record_arrives_when_the_kernel_is_ended(kernel_maker: KernelMaker, worker_maker: WorkerMaker) -> None:
    worker = worker_maker()
    kernel = linked(kernel_maker, worker)
    kernel.run("1", "first")
    kernel.run("2", "last")
    kernel.manager.shutdown_kernel()
    until(lambda: len(worker.records) == 2, "the last one arrives")


def test_many_files_are_open_in_the_kernel(kernel_maker: KernelMaker, worker_maker: WorkerMaker) -> None:
    # select() cannot wait for file descriptors over 1,023.
    worker = worker_maker()
    kernel = kernel_maker(env={"GORGON_ENDPOINT": str(worker.announcement)}, load=False)
    reply = kernel.run(
        "import os, resource\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)\n"
        "held = [os.open('/dev/null', os.O_RDONLY) for _ in range(1500)]\n%load_ext gorgon"
    )
    assert reply.status == "ok", reply
    kernel.run("1", "cell")
    until(lambda: worker.records, "the record arrives all the same")


#: Runs in an interpreter of its own: cells that follow each other at once.
QUICK = """
import time
from gorgon.link import Link
from gorgon.record import CellRecord, CellRef, KernelRef, Measure
from gorgon.ring import Ring
import os

class Session:
    def __init__(self):
        self.records, self.running = Ring(), None
        self.kernel = KernelRef(os.getpid(), 1, "python", "here")
    def on_started(self, listener, listens):
        self.start = listener
        return lambda: None
    def settle(self):
        pass
    def on_record(self, listener):
        self.record = listener
        return lambda: None

session = Session()
link = Link(session)
link.start()
deadline = time.monotonic() + 20
while not link.connected:
    assert time.monotonic() < deadline, link.why
    time.sleep(0.01)
names = ("wallMs", "cpuMs", "peakBytes", "startBytes", "endBytes", "readBytes", "writeBytes", "threads")
for at in range(400):
    cell = CellRef(f"cell-{at}", at, "0" * 40)
    record = CellRecord(f"r-{at}", session.kernel, cell, 1, 2, "ok", measures={n: Measure(1) for n in names})
    session.start(cell, 1)
    session.records.add(record)
    session.record(record)
input()
link.stop()
"""


def all_arrive(code: str, worker: Worker, tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(FOLDER), "GORGON_ENDPOINT": str(worker.announcement)}
    env["XDG_RUNTIME_DIR"] = str(tmp_path)
    with subprocess.Popen([sys.executable, "-c", code], env=env, stdin=subprocess.PIPE) as quick:
        until(lambda: len(worker.records) == 400, "all arrive")
        quick.communicate(b"\n", timeout=30)
    assert quick.returncode == 0


def test_cells_that_follow_each_other_at_once_all_arrive(worker_maker: WorkerMaker, tmp_path: Path) -> None:
    all_arrive(QUICK, worker_maker(), tmp_path)


#: An answer is there before what asked for it has looked elsewhere.
AT_ONCE = """
from gorgon import leader
write = leader.Leader._write
def write_and_read(self, now, events):
    write(self, now, events)
    if self._waiting and not self._unsent:
        leader.wait_for(self.fileno(), write=False, seconds=5)
        self._read(now, events)
leader.Leader._write = write_and_read
"""


def test_an_answer_that_is_there_at_once_is_heard(worker_maker: WorkerMaker, tmp_path: Path) -> None:
    all_arrive(AT_ONCE + QUICK, worker_maker(), tmp_path)


def test_a_worker_that_does_not_read_holds_nobody_up(kernel_maker: KernelMaker, worker_maker: WorkerMaker) -> None:
    worker = worker_maker()
    worker.mute.set()
    kernel = linked(kernel_maker, worker)
    for at in range(40):
        before = time.monotonic()
        assert kernel.run("pass", f"cell-{at}").status == "ok"
        assert time.monotonic() - before < 5
    assert len(worker.of("kernel/cell/ended")) <= 16, "it is not flooded"
    worker.mute.clear()
    worker.cut()
    until(lambda: len(worker.records) == 40, "all arrive in the end")
