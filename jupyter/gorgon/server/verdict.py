"""Why a kernel died: from what was seen and heard to a cause, a sentence, a mend, and what speaks for it. Pure.

The words and the logic are those of the worker's verdict; protocol/fixtures/verdicts.json holds both to them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..display import format_bytes, format_duration

#: Signals by which the system ends a program that broke: it touched memory that is not its own, or gave up on itself.
_CRASHES = ("SIGSEGV", "SIGBUS", "SIGABRT", "SIGFPE", "SIGILL")
#: Signals by which a program is asked to end.
_ASKED = ("SIGTERM", "SIGINT", "SIGHUP")

#: What faulthandler calls the signals.
_FAULTS = (
    (re.compile(r"segmentation fault|access violation", re.IGNORECASE), "SIGSEGV"),
    (re.compile(r"bus error", re.IGNORECASE), "SIGBUS"),
    (re.compile(r"abort", re.IGNORECASE), "SIGABRT"),
    (re.compile(r"floating.point", re.IGNORECASE), "SIGFPE"),
    (re.compile(r"illegal instruction", re.IGNORECASE), "SIGILL"),
)
_KILLED = re.compile(r"\bKilled process \d+ \(")


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known of a death. Names and forms as in the worker's DeathFacts; times are milliseconds since the epoch."""

    id: str
    kernel: Mapping[str, Any]
    connection: str
    folder: str
    ancestors: tuple[int, ...]
    #: When it was seen to be gone.
    time: float
    #: What the watcher said (watcher.py), with what the parent knows; `how` is `parent` where its word counts.
    report: Mapping[str, Any] | None
    #: Why it said nothing, in words.
    unwatched: str
    counted: Mapping[str, Any] | None
    #: It was asked to end.
    leaving: bool
    #: Whoever started it is gone too.
    orphaned: bool
    running: Mapping[str, Any] | None
    #: It used a good part of a core when it was last looked at.
    busy: bool
    last_bytes: float | None
    last_at: float | None
    limit: Mapping[str, Any] | None


class _Finding(NamedTuple):
    cause: str
    sentence: str
    mend: str


def verdict(facts: Facts) -> dict[str, Any]:
    """KernelDeath of protocol/kernel.ts."""
    report = facts.report or {}
    signal = str(report.get("signal", ""))
    cause, sentence, mend = _finding(facts, signal)
    oom = _oom(facts) if cause == "oom" and _is_oom(facts) else None
    limit = facts.limit
    if oom is not None and oom["limitBytes"] is not None:
        limit = {"bytes": oom["limitBytes"], "source": f"cgroup {oom['group']}"}
    running = facts.running
    return {
        "id": facts.id,
        "kernel": dict(facts.kernel),
        "connection": facts.connection,
        "folder": facts.folder,
        "ancestors": list(facts.ancestors),
        "time": died_at(facts.report, facts.time),
        "cause": cause,
        "signal": fault_signal(facts.report) if signal == "" and cause == "segfault" else signal,
        "exitCode": report.get("exitCode"),
        "evidence": _evidence(facts),
        "cell": None if running is None else running["cell"],
        "cellStartedAt": None if running is None else running["startedAt"],
        "lastBytes": facts.last_bytes,
        "lastAt": facts.last_at,
        "limit": limit,
        "sentence": sentence,
        "mend": mend,
    }


def is_alarming(death: Mapping[str, Any]) -> bool:
    """Whether a death is worth an alert: of an idle kernel of which nothing is known it is not."""
    return bool(death["cause"] != "ended" and (death["cause"] != "unknown" or death["cell"] is not None))


def died_at(report: Mapping[str, Any] | None, seen_at: float) -> float:
    """The watcher's word where there is one, else when it was seen to be gone."""
    told = 0 if report is None else report["time"]
    return seen_at if told <= 0 else min(told, seen_at)


def _finding(facts: Facts, signal: str) -> _Finding:
    report = facts.report or {}
    known = report.get("exitKnown") is True
    idle = facts.running is None and not facts.busy
    if facts.leaving:
        return _ended("The kernel was asked to end, and it did.")
    if (signal == "SIGKILL" or not known) and (_is_oom(facts) or _says_killed(facts.report)):
        return _oom_finding(facts)
    if signal in _CRASHES or (not known and str(report.get("faults", "")) + _crash_line(facts.report) != ""):
        return _crash(facts, signal or fault_signal(facts.report))
    if signal in _ASKED:
        return _ended(f"The kernel was ended with {signal}.")
    if idle and facts.orphaned and (signal == "SIGKILL" or not known):
        return _ended("The kernel was ended together with the program that had started it.")
    if signal != "":
        return _signalled(facts, signal)
    if known:
        if report.get("exitCode") == 0:
            return _ended("The kernel ended by itself, without an error.")
        return _exited(facts, report.get("exitCode"))
    return _unknown(facts)


# --- words ---


def cell_name(cell: Mapping[str, Any]) -> str:
    """What a cell is called for people."""
    if cell["label"] != "":
        return str(cell["label"])
    return "a cell" if cell["executionCount"] is None else f"In [{cell['executionCount']}]"


def _in(facts: Facts) -> str:
    return "" if facts.running is None else f" in {cell_name(facts.running['cell'])}"


def _size(size: float | None) -> str:
    """An en dash for what is not known, as protocol/format.ts writes it."""
    return "\N{EN DASH}" if size is None else format_bytes(size)


def _ended(sentence: str) -> _Finding:
    """An end that surprises nobody."""
    return _Finding("ended", sentence, "")


def _oom_finding(facts: Facts) -> _Finding:
    oom = _oom(facts) if _is_oom(facts) else None
    size = _size(facts.last_bytes)
    if oom is not None and oom["limitBytes"] is not None:
        limit = format_bytes(oom["limitBytes"])
        mend = "Load less at a time, free what is not needed any more, or raise the limit of the control group."
        if facts.kernel["language"] == "python":
            mend += " %gorgon limit stops a cell before it comes to that."
        return _Finding(
            "oom",
            f"The kernel was killed for want of memory{_in(facts)}: its control group {oom['group']} may have {limit}, "
            f"and the kernel had {size} when it was last seen.",
            mend,
        )
    return _Finding(
        "oom",
        f"The kernel was killed for want of memory{_in(facts)}: the machine had none left. The kernel had {size} when it "
        "was last seen.",
        "Load less at a time, or end other programs that hold much memory (gorgon top --sort memory).",
    )


def _crash(facts: Facts, signal: str) -> _Finding:
    by = f" ({signal})" if signal else ""
    return _Finding(
        "segfault",
        f"The kernel crashed in native code{_in(facts)}{by}.",
        "A package with native code is the usual cause: update or reinstall the one that the cell uses.",
    )


def _signalled(facts: Facts, signal: str) -> _Finding:
    if signal != "SIGKILL":
        sentence = f"The kernel was ended by the signal {signal}{_in(facts)}."
        return _Finding("signal", sentence, "Look who sent the signal.")
    if _oom(facts) is not None:
        sentence = f"The kernel was killed (SIGKILL) by somebody{_in(facts)}, not for want of memory."
    else:
        sentence = f"The kernel was killed (SIGKILL){_in(facts)}."
    return _Finding(
        "signal", sentence, "Look who did it: a person, a job scheduler, or a service with a limit of its own."
    )


def _exited(facts: Facts, code: Any) -> _Finding:
    return _Finding(
        "exit",
        f"The kernel ended by itself with exit code {code or 0}{_in(facts)}.",
        "Look for a call that ends the process (in Python os._exit) in the code and in what it calls, and at the kernel's "
        "own output.",
    )


def _unknown(facts: Facts) -> _Finding:
    ran = "" if facts.running is None else f" while it ran {cell_name(facts.running['cell'])}"
    mend = "This system does not say how a process ended that is not one's own child; Linux 6.15 and later does."
    return _Finding(
        "unknown",
        f"The kernel of process {facts.kernel['pid']} is gone{ran}, and nobody saw why.",
        facts.unwatched or mend,
    )


# --- evidence ---


def _oom(facts: Facts) -> Mapping[str, Any] | None:
    """What the memory group counted; the watcher's word first."""
    told = None if facts.report is None else facts.report.get("oom")
    return facts.counted if told is None else told


def _is_oom(facts: Facts) -> bool:
    oom = _oom(facts)
    return oom is not None and oom["after"] > oom["before"]


def _says_killed(report: Mapping[str, Any] | None) -> bool:
    return report is not None and _KILLED.search(report["kernelLog"]) is not None


def _crash_line(report: Mapping[str, Any] | None) -> str:
    return "" if report is None or _says_killed(report) else str(report["kernelLog"])


def fault_signal(report: Mapping[str, Any] | None) -> str:
    """The signal that faulthandler and the log speak of; empty when neither does."""
    said = "" if report is None else f"{report['faults']} {report['kernelLog']}"
    for pattern, name in _FAULTS:
        if pattern.search(said):
            return name
    return "SIGSEGV" if re.search(r"\bsegfault at\b", said) else ""


def _evidence(facts: Facts) -> list[dict[str, str]]:
    """What speaks for it, best first."""
    found: list[dict[str, str]] = []

    def add(source: str, says: str) -> None:
        found.append({"source": source, "says": says})

    report = facts.report
    if report is not None and report["exitKnown"]:
        parent = report["how"] == "parent"
        who = "The Jupyter server, which had started it, was told" if parent else "The system says"
        ended = report["signal"]
        words = f"{ended} ended it" if ended else f"it ended with exit code {report['exitCode'] or 0}"
        add(report["how"] if report["how"] in ("pidfd", "parent") else "proc", f"{who} that {words}.")
    if report is not None and report["faults"]:
        add("faulthandler", f"faulthandler wrote: {report['faults']}")
    oom = _oom(facts)
    if oom is not None:
        add("cgroup", _counted(oom))
    if report is not None and report["kernelLog"]:
        add("kernel-log", f"The system's log says: {report['kernelLog']}")
    if facts.leaving:
        add("front-end", "A front end asked it to end.")
    if facts.last_bytes is not None and facts.last_at is not None:
        ago = format_duration(max(0, died_at(report, facts.time) - facts.last_at))
        size = format_bytes(facts.last_bytes)
        add("last-sample", f"It and its children had {size} when they were last looked at, {ago} before.")
    return found


def _counted(oom: Mapping[str, Any]) -> str:
    group, before, after = oom["group"], oom["before"], oom["after"]
    # The root has no counter of its own: that one is the whole machine's.
    if group == "/" and oom["limitBytes"] is None:
        if after > before:
            return f"The machine counted {before} kills for want of memory before, and {after} after."
        return "The machine counted no kill for want of memory."
    if after > before:
        return f"Control group {group} counted {before} kills for want of memory before, and {after} after."
    return f"Control group {group} counted no kill for want of memory."
