"""Says how the kernel is now, in a few lines: `%gorgon`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .display import GLYPHS, cell_name, format_bytes, format_ratio, line, plain

if TYPE_CHECKING:
    from .session import Session

#: How long the worker may take to say how its bell is, seconds.
_BELL_S = 0.5


def status(session: Session, guard: Any = None) -> str:
    """Kernel, last cell, bell. guard: guard.Guard, where there is one."""
    last = session.records.last()
    rows = [("Kernel", _kernel(session, guard)), ("Measuring", _measuring(session))]
    rows.append(("Last cell", "none was measured yet" if last is None else f"{cell_name(last)}: {line(last)}"))
    rows.append(("Bell", _bell(session)))
    return "\n".join(f"{name:<10} {text}" for name, text in rows)


def _kernel(session: Session, guard: Any) -> str:
    now = session.meter.resident()
    text = f"process {session.kernel.pid}, {format_bytes(now)} resident"
    limits = session.limits()
    tightest = next((limit for limit in limits if not limit.of_addresses), None)
    if tightest is not None and now is not None:
        share = format_ratio(now / tightest.bytes)
        text += f", {share} of {format_bytes(tightest.bytes)} ({plain(tightest.source, 80)})"
    if guard is not None and guard.running:
        text += f"; guarded at {format_bytes(guard.limit_bytes)}"
    return text


def _measuring(session: Session) -> str:
    if session.quiet:
        return "stopped after failures: see %gorgon doctor"
    how = {"reset": "peaks exact in every cell", "lifetime": "peaks exact where they are the highest so far"}
    cells = "every cell" if session.config.auto else "only cells with %%gorgon (%gorgon on: every cell)"
    count = len(session.records)
    kept = "1 record" if count == 1 else f"{count} records"
    return f"{cells}; {how.get(session.meter.mode, 'peaks as far as they can be seen')}; {kept}"


def _bell(session: Session) -> str:
    link = session.link
    if link is None:
        return "not heard: this package has no link to a worker"
    if not link.connected and session.server_link is not None and session.server_link.connected:
        link = session.server_link
    if not link.connected:
        return f"not heard: {plain(link.why or 'no worker is beside this kernel', 200)}"
    bell = link.bell(_BELL_S)
    if not isinstance(bell, dict):
        return "not heard: it has not been judged yet, or the answer did not come in time"
    level = plain(str(bell.get("level", "UNKNOWN")), 20)
    sentence = plain(str(bell.get("sentence", "")), 300)
    return f"{GLYPHS.get(level, '?')} {level}" + (f": {sentence}" if sentence else "")
