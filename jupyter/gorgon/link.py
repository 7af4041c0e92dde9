"""Tells a worker, or the Jupyter server, which cell runs and what each run cost, from a thread of its own: a cell never waits."""

from __future__ import annotations

import atexit
import os
import socket
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import leader
from .blackbox import BlackBox, started_json
from .faults import Faults
from .meter.held import HELD

if TYPE_CHECKING:
    from .record import CellRecord, CellRef
    from .session import Session

#: Records that may wait for their answers at one time; the worker takes 64.
_MOST_OPEN = 16
#: Words that wait for the thread. The ring holds the records, so what falls out here is not lost.
_MOST_WAITING = 1000
#: Ids of taken records; beyond it those that have left the ring are forgotten.
_MOST_REMEMBERED = 2000
#: After it has spoken the thread lets so much time pass, seconds: what cells in a row have to say goes out together. Of a
#: kernel that dies in a call of C they are lost where that follows within this time.
_CALM_S = 0.05
#: How long the end of the kernel may wait for records to be taken, seconds.
_FLUSH_S = 0.5

_links: weakref.WeakSet[Link] = weakref.WeakSet()
_hooked = False


class _Question:
    """What the cell's thread asks the worker."""

    def __init__(self) -> None:
        self.answered = threading.Event()
        self.result: Any = None


class Link:
    """The kernel's end. `start` and `stop` once each; nothing in it raises."""

    def __init__(self, session: Session, place: str = "", who: str = leader.WORKER, first: Link | None = None) -> None:
        """place: the announcement of who is told, by default the leading worker's. first: the link whose files these are."""
        self._session = session
        self._pid = os.getpid()
        kernel = session.kernel
        self._is_first = first is None
        #: The file of faulthandler; `.why` says why there is none.
        self.faults: Faults = Faults(kernel.pid, kernel.started_at) if first is None else first.faults
        #: Says which cell runs to those who can read it; the others are told.
        self.box: BlackBox = BlackBox(kernel.pid, kernel.started_at) if first is None else first.box
        # A call that gives the interpreter's lock up would have the cell wait for the thread that sends output.
        send = HELD.send if HELD.available else None
        self._leader = leader.Leader(self._hello, place=place, who=who, send=send)
        self._inbox: deque[tuple[str, Any]] = deque(maxlen=_MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._wake: socket.socket | None = None
        self._woken: socket.socket | None = None
        self._unsubscribe: list[Callable[[], None]] = []
        self._ends_at: float | None = None
        #: Until then the thread wakes by itself, and need not be woken for a record; 0: it waits to be woken.
        self._calm_until = 0.0
        # What follows is the thread's alone.
        self._open: dict[int, str] = {}
        self._questions: dict[int, _Question] = {}
        self._taken: set[str] = set()
        self._told: tuple[CellRef, int] | None = None
        #: Records that the worker did not take, for the doctor.
        self.refused = 0

    @property
    def connected(self) -> bool:
        return self._leader.ready

    @property
    def why(self) -> str:
        """Why there is no connection, in words; empty while there is one."""
        return self._leader.why

    @property
    def peer(self) -> str:
        """The worker's version; empty without a connection."""
        return self._leader.peer

    @property
    def notes(self) -> list[str]:
        """What does not work, each a sentence, for `%gorgon doctor`."""
        notes = [self.why] if self.why else []
        if self._is_first:
            notes += [why for why in (self.faults.why, self.box.why) if why]
        if self.refused:
            notes.append(f"The {self._leader.who} did not take {self.refused} records.")
        return notes

    def start(self) -> None:
        if self._is_first:
            self.faults.enable()
            self.box.open()
        if self._thread is not None or self._pid != os.getpid():
            return
        if sys.platform == "win32":
            self._leader.close(
                "Named pipes of Windows are not supported: records stay in the kernel, and a front end asks for them."
            )
            return
        self._wake, self._woken = socket.socketpair()
        self._wake.setblocking(False)
        self._woken.setblocking(False)
        _watch_forks()
        _links.add(self)
        self._unsubscribe = [
            self._session.on_started(self._on_started, lambda: self._leader.ready and not self._leader.reads_box),
            self._session.on_record(self._on_record),
        ]
        self._thread = threading.Thread(target=self._run, name="gorgon-link", daemon=True)
        self._thread.start()
        atexit.register(self._at_exit)

    def stop(self) -> None:
        """Ends it, after records that wait were taken or half a second has passed."""
        if self._is_first:
            # Nobody will say when what runs now has ended.
            self.box.clear()
        self._at_exit()

    def _at_exit(self) -> None:
        """A kernel that ends within a cell leaves its name behind."""
        atexit.unregister(self._at_exit)
        # A kernel that ends with its cell has a record of it still to be made.
        self._session.settle()
        if self._is_first:
            self.faults.disable()
            self._session.box = None
            self.box.close()
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe = []
        thread, self._thread = self._thread, None
        _links.discard(self)
        if thread is None or self._pid != os.getpid():
            return
        self._ends_at = time.monotonic() + _FLUSH_S
        self._nudge()
        thread.join(_FLUSH_S + 1.0)

    def bell(self, timeout_s: float = 0.5) -> dict[str, Any] | None:
        """The worker's bell; None without a worker, before its first poll, or when it does not answer in time."""
        if not self.connected or self._pid != os.getpid():
            return None
        question = _Question()
        self._inbox.append(("bell", question))
        self._calm_until = 0.0  # Somebody waits.
        self._nudge()
        question.answered.wait(timeout_s)
        return question.result if isinstance(question.result, dict) else None

    # --- in the cell's thread ---

    def _on_started(self, cell: CellRef, started_at: int) -> None:
        if not self._leader.ready or self._leader.reads_box:
            return
        # A cell that goes straight into C keeps the thread from running, and would die there without a name.
        if self._leader.say_now("kernel/cell/started", started_json(cell, started_at)):
            # For when the thread wakes: there is no hurry.
            self._inbox.append(("said", (cell, started_at)))
            return
        self._inbox.append(("started", (cell, started_at)))
        self._nudge()

    def _on_record(self, record: CellRecord) -> None:
        if self._leader.ready:
            self._inbox.append(("record", record))
            if self._calm_until == 0.0:
                self._nudge()

    def _nudge(self) -> None:
        if self._wake is None or self._pid != os.getpid():
            return
        try:
            self._wake.send(b"\0")
        except OSError:
            pass  # It is full: the thread is awake; or closed.

    # --- in the link's thread ---

    def _hello(self) -> dict[str, Any]:
        from . import __version__

        return {
            "role": "kernel",
            "kernel": self._session.kernel.to_dict(),
            "version": __version__,
            "executable": sys.executable or "",
            "faults": self.faults.path,
            "box": self.box.path,
        }

    def _run(self) -> None:
        try:
            while not self._ended():
                self._wait()
                self._step()
        except Exception as error:  # noqa: BLE001 - a thread's traceback would land in the user's output
            self._leader.close(f"The link broke: {type(error).__name__}: {error}")
        else:
            self._leader.close()
        for one in (self._wake, self._woken):
            if one is not None:
                one.close()
        for question in self._questions.values():
            question.answered.set()

    def _ended(self) -> bool:
        if self._ends_at is None:
            return False
        unsent = self._inbox or self._open or self._leader.wants_write
        return not (self._leader.ready and unsent) or time.monotonic() >= self._ends_at

    def _wait(self) -> None:
        assert self._woken is not None
        now = time.monotonic()
        seconds = self._leader.due(now)
        if self._ends_at is not None:
            seconds = min(seconds, max(0.0, self._ends_at - now))
        if self._calm_until > 0.0:
            seconds = min(seconds, max(0.0, self._calm_until - now))
        self._leader.wait(self._woken, seconds)
        if not self._is_calm():
            # Before it looks at what waits: who adds to that now wakes it again.
            self._calm_until = 0.0

    def _is_calm(self) -> bool:
        """It has just spoken, and what waits can wait."""
        few = len(self._inbox) < _MOST_OPEN and self._ends_at is None
        return few and time.monotonic() < self._calm_until

    def _step(self) -> None:
        """All that can be heard and said now. What goes out may be answered at once, and make room for more."""
        self._hear()
        if self._calm_until > 0.0:
            return
        while self._say():
            self._hear()
            self._calm_until = time.monotonic() + _CALM_S

    def _hear(self) -> None:
        """Sends what waits, and takes in what came."""
        for event in self._leader.step(time.monotonic()):
            if isinstance(event, leader.Ready):
                self._catch_up()
            elif isinstance(event, leader.Lost):
                self._open.clear()
                self._give_up_questions()
            elif isinstance(event, leader.Answered):
                self._answered(event)

    def _say(self) -> bool:
        """Puts into words what waits and may go out; False where there was nothing."""
        if not self._leader.ready:
            self._give_up_questions()
            return False
        said = False
        while self._inbox and len(self._open) < _MOST_OPEN:
            said = True
            kind, what = self._inbox.popleft()
            if kind == "started":
                # Others may have begun while it waited behind records.
                if what == self._session.running:
                    self._tell_started(*what)
            elif kind == "said":
                self._told = what
            elif kind == "record":
                self._tell_record(what)
            elif number := self._leader.request("kernel/bell", None):
                self._questions[number] = what
        if self._told is not None and not self._inbox and self._session.running is None:
            # It left no record: it was too short for one, or the measuring was switched off.
            self._leader.notify("kernel/cell/idle", {})
            self._told = None
            said = True
        return said

    def _catch_up(self) -> None:
        """What the worker has not taken yet, oldest first, and what runs now."""
        self._open.clear()
        self._told = None
        if self._leader.reads_box:
            # From the next cell on, and for good: nobody else may find an old one in it.
            self._session.box = self.box
        # Cells may add to it meanwhile: a record is in the ring before it is here, so none is lost.
        bells = []
        while self._inbox:
            one = self._inbox.popleft()
            if one[0] == "bell":
                bells.append(one)
        self._inbox.extend(("record", record) for record in self._session.records.all())
        self._inbox.extend(bells)
        running = self._session.running
        if running is not None:
            self._inbox.append(("started", running))

    def _tell_started(self, cell: CellRef, started_at: int) -> None:
        self._told = cell, started_at
        self._leader.notify("kernel/cell/started", {"cell": cell.to_dict(), "startedAt": started_at})

    def _tell_record(self, record: CellRecord) -> None:
        if self._told is not None and record.ended_at >= self._told[1]:
            self._told = None
        if record.id in self._taken or record.id in self._open.values():
            return
        try:
            number = self._leader.request("kernel/cell/ended", {"record": record.to_dict()})
        except (ValueError, TypeError):
            self.refused += 1  # It has a number that is none, and never will be taken.
            self._taken.add(record.id)
            return
        self._open[number] = record.id

    def _answered(self, event: leader.Answered) -> None:
        question = self._questions.pop(event.number, None)
        if question is not None:
            question.result = event.result
            question.answered.set()
            return
        record = self._open.pop(event.number, None)
        if record is None:
            return
        # One that is refused would be refused again.
        self._taken.add(record)
        if event.refused:
            self.refused += 1
        if len(self._taken) > _MOST_REMEMBERED:
            self._taken &= {one.id for one in self._session.records.all()}

    def _give_up_questions(self) -> None:
        for question in self._questions.values():
            question.answered.set()
        self._questions.clear()

    def _forked(self) -> None:
        """In a child: the connection is the kernel's. Closing our copies does not end it."""
        for one in (self._wake, self._woken):
            if one is not None:
                one.close()
        self._thread = None
        self._unsubscribe = []
        self.box.leave()
        self._leader.close("This is a child of the kernel, which does not speak for it.")
        atexit.unregister(self._at_exit)


def _watch_forks() -> None:
    global _hooked
    if not _hooked and hasattr(os, "register_at_fork"):
        _hooked = True
        os.register_at_fork(after_in_child=_after_fork)


def _after_fork() -> None:
    for one in list(_links):
        one._forked()
    _links.clear()
