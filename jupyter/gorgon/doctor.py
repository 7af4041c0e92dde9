"""Says what works, what does not, and what to do about it: `%gorgon doctor`."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .display import format_bytes, plain

if TYPE_CHECKING:
    from .session import Session

OK, BAD, WORSE = "OK", "!", "x"

#: From these releases on the front end's name of a cell reaches the hooks.
_CELL_ID_IPYTHON = (8, 3)
_CELL_ID_IPYKERNEL = (6, 12, 1)


@dataclass(frozen=True)
class Finding:
    """One line: OK, `!` (works, but less well) or `x` (does not work), and what can be done."""

    state: str
    subject: str
    says: str
    mend: str = ""

    def __str__(self) -> str:
        mend = f"\n{'':18}-> {plain(self.mend, 300)}" if self.mend else ""
        return f"{self.state:<3} {self.subject:<13} {plain(self.says, 400)}{mend}"


def examine(session: Session, guard: Any = None) -> list[Finding]:
    """All findings. One that cannot be made says so itself; nothing raises."""
    findings: list[Finding] = []
    for subject, look in _LOOKS:
        try:
            findings.extend(look(session, guard))
        except Exception as error:  # noqa: BLE001 - the doctor must not fall ill
            findings.append(Finding(BAD, subject, f"could not be looked at: {type(error).__name__}: {error}"))
    return findings


def page(findings: list[Finding]) -> str:
    """All lines, and a last one that says how many are not OK."""
    wrong = sum(finding.state != OK for finding in findings)
    last = "All is well." if wrong == 0 else f"{wrong} of {len(findings)} lines could be better."
    return "\n".join([*map(str, findings), last])


def _package(session: Session, _: Any) -> Iterator[Finding]:
    from . import KERNEL_API, __version__

    folder = os.path.dirname(os.path.abspath(__file__))
    yield Finding(OK, "package", f"gorgon {__version__} (api {KERNEL_API}) from {folder}")
    if session.quiet:
        yield Finding(
            WORSE, "measuring", "stopped after repeated failures.", "%reload_ext gorgon, and report what failed."
        )
    elif not session.config.auto:
        yield Finding(BAD, "measuring", "only cells with %%gorgon are measured.", "%gorgon on")
    else:
        yield Finding(OK, "measuring", f"every cell; {len(session.records)} records are kept, the newest 500")


def _meter(session: Session, _: Any) -> Iterator[Finding]:
    meter = session.meter
    if not session.config.reset_peak:
        says = "lifetime: peaks are exact only where they are the highest so far, because reset_peak is off."
        yield Finding(BAD, "meter", says, "%config GorgonMagics.reset_peak = True")
    elif meter.mode == "reset":
        yield Finding(OK, "meter", "reset: the peak of every cell is exact. It also resets ru_maxrss of the kernel.")
    else:
        says = {
            "lifetime": "lifetime: peaks are exact where they are the highest so far, else at least what was seen.",
            "none": "none: peaks are only what was seen before and after.",
        }.get(meter.mode, f"{meter.mode}: not examined yet.")
        mend = "Linux 4.0 or newer with /proc/self/clear_refs makes every peak exact."
        yield Finding(BAD, "meter", says, mend if sys.platform == "linux" else "")
    for note in meter.notes:
        yield Finding(BAD, "meter", note)
    tremble = int(getattr(meter, "tremble", 0))
    if tremble >= 16 << 20:
        yield Finding(
            BAD,
            "meter",
            f"Linux counts memory on each CPU of its own here: peaks can be off by {format_bytes(tremble)}.",
        )


def _permissions(session: Session, _: Any) -> Iterator[Finding]:
    if sys.platform != "linux":
        return
    closed = [name for name in ("status", "io", "net/dev") if not _opens(f"/proc/self/{name}", os.O_RDONLY)]
    if not _opens("/proc/self/clear_refs", os.O_WRONLY):
        closed.append("clear_refs (to write)")
    if closed:
        mend = "The container's or sandbox's profile hides them; what is read there is n/a in the records."
        yield Finding(BAD, "permissions", f"/proc/self: {', '.join(closed)} cannot be opened.", mend)
    else:
        yield Finding(OK, "permissions", "status, io, net/dev and clear_refs of /proc/self can be used")


def _opens(path: str, how: int) -> bool:
    try:
        os.close(os.open(path, how))
    except OSError:
        return False
    return True


def _limits(session: Session, _: Any) -> Iterator[Finding]:
    limits = session.limits()
    if not limits:
        yield Finding(BAD, "limits", "no limit of memory is known: levels stay UNKNOWN.", "%gorgon limit 12GiB")
    else:
        others = "".join(f"; {format_bytes(one.bytes)} ({one.source})" for one in limits[1:4])
        yield Finding(OK, "limits", f"memory {format_bytes(limits[0].bytes)} ({limits[0].source}){others}")
    from .limits import cpu_limits

    cpus = cpu_limits()
    if cpus:
        yield Finding(OK, "limits", f"{cpus[0].cpus:g} CPUs ({cpus[0].source})")


def _ipython(session: Session, _: Any) -> Iterator[Finding]:
    import IPython

    found = IPython.__version__
    if _release(found) < _CELL_ID_IPYTHON:
        says = f"{found}: cells have no ids (they came with 8.3); they are told apart by number and text."
        yield Finding(BAD, "IPython", says, "pip install --upgrade ipython")
    else:
        yield Finding(OK, "IPython", found)
    if getattr(session.shell, "kernel", None) is None:
        yield Finding(OK, "ipykernel", "not used: this is a terminal; costs are printed where you ask for them")
        return
    kernel = sys.modules.get("ipykernel")
    found = str(getattr(kernel, "__version__", "unknown"))
    if kernel is not None and _release(found) < _CELL_ID_IPYKERNEL:
        says = f"{found}: cells have no ids (they came with 6.12.1); they are told apart by number and text."
        yield Finding(BAD, "ipykernel", says, "pip install --upgrade ipykernel")
    else:
        yield Finding(OK, "ipykernel", found)


def _release(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def _link(session: Session, _: Any) -> Iterator[Finding]:
    if session.link is None:
        yield Finding(
            BAD, "worker", "this package has no link: nothing is told to a worker.", "Install the whole package."
        )
        return
    yield from _linked("worker", session.link)


def _server(session: Session, _: Any) -> Iterator[Finding]:
    if session.server_link is not None:
        yield from _linked("server", session.server_link)


def _linked(name: str, link: Any) -> Iterator[Finding]:
    if link.connected:
        yield Finding(OK, name, f"linked to release {link.peer or 'unknown'}")
    else:
        yield Finding(BAD, name, f"not linked: {link.why or f'no {name} is beside this kernel.'}")
    for note in getattr(link, "notes", []):
        if note != link.why:
            yield Finding(BAD, name, note)


def _guard(session: Session, guard: Any) -> Iterator[Finding]:
    limit = session.config.limit_bytes
    if guard is not None and guard.running:
        yield Finding(OK, "guard", f"guards {format_bytes(guard.limit_bytes)} from process {getattr(guard, 'pid', 0)}")
        return
    module = _try_import("guard")
    if module is None:
        yield Finding(BAD, "guard", "this package has none.", "Install the whole package.")
        return
    wrong = module.unsupported() if hasattr(module, "unsupported") else ""
    if wrong:
        yield Finding(BAD, "guard", wrong)
    elif limit is not None:
        says = f"the limit of {format_bytes(limit)} is not guarded: its process has ended."
        yield Finding(WORSE, "guard", says, f"%gorgon limit {limit}")
    else:
        yield Finding(OK, "guard", "off; %gorgon limit 12GiB guards the kernel's memory")


def _gpu(session: Session, _: Any) -> Iterator[Finding]:
    from .gpu import LIBRARIES

    libraries = [name for name in LIBRARIES if name in sys.modules]
    last = session.records.last()
    if last is not None and last.gpus:
        seen = ", ".join(f"GPU {gpu.index} {gpu.name} ({gpu.scope}, by {gpu.source})" for gpu in last.gpus[:4])
        yield Finding(OK, "GPU", seen)
    elif libraries:
        yield Finding(OK, "GPU", f"{', '.join(libraries)} imported, but no GPU in use by it")
    else:
        yield Finding(OK, "GPU", "none in use; libraries are asked only once you have imported them")
    if session.gpu_note:
        yield Finding(BAD if libraries else OK, "GPU", session.gpu_note)


def _log(session: Session, _: Any) -> Iterator[Finding]:
    log = session.log
    if log is None:
        yield Finding(OK, "GORGON_LOG", "not set: records stay in the kernel and with front ends")
    elif log.why:
        yield Finding(WORSE, "GORGON_LOG", log.why, "Set it to a file that can be written, and restart the kernel.")
    else:
        yield Finding(OK, "GORGON_LOG", f"records are appended to {log.path}")


def _front_ends(session: Session, _: Any) -> Iterator[Finding]:
    module = _try_import("comm")
    manager = module._manager(session.shell) if module is not None else None
    if manager is None:
        yield Finding(OK, "front ends", "none can open a comm here: this is no kernel")
    else:
        yield Finding(OK, "front ends", f"annotate = {session.config.annotate!r}; comms can be opened")


def _failures(session: Session, _: Any) -> Iterator[Finding]:
    for failure in session.failures[-5:]:
        yield Finding(BAD, "failed", failure)
    more = len(session.failures) - 5
    if more > 0:
        yield Finding(BAD, "failed", f"{more} more before these")


def _try_import(name: str) -> Any:
    try:
        return importlib.import_module(f".{name}", __package__)
    except ImportError:
        return None


_LOOKS: tuple[tuple[str, Callable[[Session, Any], Iterator[Finding]]], ...] = (
    ("package", _package),
    ("meter", _meter),
    ("permissions", _permissions),
    ("limits", _limits),
    ("IPython", _ipython),
    ("worker", _link),
    ("server", _server),
    ("guard", _guard),
    ("GPU", _gpu),
    ("GORGON_LOG", _log),
    ("front ends", _front_ends),
    ("failed", _failures),
)
