"""Front ends that listen over comms, with a real kernel and a real client."""

from __future__ import annotations

import time
from queue import Empty
from typing import Any

from conftest import PATIENCE, Kernel, KernelMaker


class FrontEnd:
    """Opens comms and reads what comes of them."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self.told: dict[str, list[dict[str, Any]]] = {}
        self.closed: set[str] = set()

    def open(self, name: str, data: Any = None, target: str = "gorgon.v1") -> None:
        self.told[name] = []
        self._send("comm_open", {"comm_id": name, "target_name": target, "data": data if data is not None else {}})

    def send(self, name: str, data: Any) -> None:
        self._send("comm_msg", {"comm_id": name, "data": data})

    def close(self, name: str) -> None:
        self._send("comm_close", {"comm_id": name, "data": {}})

    def _send(self, kind: str, content: dict[str, Any]) -> None:
        client = self._kernel.client
        client.shell_channel.send(client.session.msg(kind, content))

    def run(self, code: str, cell_id: str) -> None:
        """Runs a cell and reads until the kernel is idle after it."""
        sent = self._kernel.send(code, cell_id)
        self._read(lambda message: _idle_after(message, sent))

    def wait(self, name: str, key: str, count: int = 1) -> list[Any]:
        """What was told under that key, once it was so often."""
        if len(self.all(name, key)) < count:
            self._read(lambda _: len(self.all(name, key)) >= count)
        return self.all(name, key)

    def all(self, name: str, key: str) -> list[Any]:
        return [data[key] for data in self.told[name] if key in data]

    def wait_closed(self, name: str) -> None:
        if name not in self.closed:
            self._read(lambda _: name in self.closed)

    def _read(self, enough: Any) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                message = self._kernel.client.get_iopub_msg(timeout=0.5)
            except Empty:
                continue
            content = message["content"]
            if message["msg_type"] == "comm_msg" and content["comm_id"] in self.told:
                self.told[content["comm_id"]].append(content["data"])
            elif message["msg_type"] == "comm_close":
                self.closed.add(content["comm_id"])
            if enough(message):
                return
        raise TimeoutError(f"Not told in time; so far: {self.told}")


def _idle_after(message: Any, sent: str) -> bool:
    state = message["content"].get("execution_state") if message["msg_type"] == "status" else None
    return state == "idle" and message["parent_header"].get("msg_id") == sent


def test_a_front_end_gets_what_it_missed_and_then_everything_live(kernel_maker: KernelMaker) -> None:
    kernel = kernel_maker()
    kernel.run("1", "one")
    kernel.run("2", "two")
    known = kernel.records()[0]["id"]
    front = FrontEnd(kernel)
    front.open("a", {"since": known})
    (hello,) = front.wait("a", "hello")
    assert hello["kernel"]["pid"] == kernel.pid
    assert (hello["v"], hello["running"], hello["auto"]) == (1, None, True)
    (records,) = front.wait("a", "records")
    assert [record["cell"]["id"] for record in records] == ["two"]
    front.run("not_told = 3", "three")
    assert [one["cell"]["id"] for one in front.wait("a", "started")] == ["three"]
    assert [one["cell"]["id"] for one in front.wait("a", "record")] == ["three"]
    assert "not_told" not in str(front.told["a"])


def test_several_front_ends_and_one_that_leaves(kernel_maker: KernelMaker) -> None:
    kernel = kernel_maker()
    front = FrontEnd(kernel)
    for name in ("a", "b"):
        front.open(name)
        assert front.wait(name, "records") == [[]]
    front.run("1", "one")
    assert len(front.wait("a", "record")) == len(front.wait("b", "record")) == 1
    front.close("a")
    front.run("2", "two")
    assert len(front.wait("b", "record", 2)) == 2
    assert len(front.all("a", "record")) == 1
    assert kernel.value("_g.session().failures", "import gorgon as _g") == []


def test_a_front_end_may_ask_again_and_say_nonsense(kernel_maker: KernelMaker) -> None:
    kernel = kernel_maker()
    kernel.run("1", "one")
    front = FrontEnd(kernel)
    front.open("a", {"since": ["no", "id"]})
    assert len(front.wait("a", "records")[0]) == 1
    for nonsense in ([], "text", {"no": 1}, None, {"since": None}):
        front.send("a", nonsense)
    assert len(front.wait("a", "records", 2)[1]) == 1
    kernel.run("2", "two")
    assert kernel.value("_g.session().failures", "import gorgon as _g") == []


def test_many_records_come_in_parts(kernel_maker: KernelMaker) -> None:
    kernel = kernel_maker()
    kernel.run("1")
    kernel.run("s = __import__('gorgon').session()\nfor _ in range(120): s.records.add(s.records.last())")
    front = FrontEnd(kernel)
    front.open("a")
    front.wait("a", "hello")
    while not front.all("a", "last") or not front.all("a", "last")[-1]:
        front.wait("a", "last", len(front.all("a", "last")) + 1)
    parts = front.all("a", "records")
    assert len(parts) == 3
    assert sum(map(len, parts)) == len(kernel.records())


def test_unloading_closes_them(kernel_maker: KernelMaker) -> None:
    kernel = kernel_maker()
    front = FrontEnd(kernel)
    front.open("a")
    front.wait("a", "records")
    front.run("%unload_ext gorgon", "last")
    front.wait_closed("a")
    front.open("late")
    front.wait_closed("late")
    front.run("%load_ext gorgon", "again")
    front.open("c")
    front.wait("c", "hello")
