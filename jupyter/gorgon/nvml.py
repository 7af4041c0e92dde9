"""Memory on NVIDIA's GPUs by its management library (NVML), called through ctypes."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .record import EXACT, SAMPLED, CellGpu, Measure, cut

_SUCCESS = 0
_TOO_SMALL = 7
#: What NVML says of a process whose memory it may not know (Windows' own drivers, some virtual GPUs).
_UNKNOWN = 0xFFFFFFFFFFFFFFFF

#: Inode of the first PID namespace, that of the machine itself (include/linux/proc_ns.h).
_FIRST_NAMESPACE = 0xEFFFFFFC

#: More GPUs are not asked at each cell: NVML takes tens of microseconds and more for each answer.
MOST_DEVICES = 16

#: One look may take so long; when two in a row took longer, NVML is not asked any more.
PATIENCE_S = 0.02


class _Memory(ctypes.Structure):
    """nvmlMemory_t."""

    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


class _Process(ctypes.Structure):
    """nvmlProcessInfo_t, as of version 2 of the call; version 3 has the same form."""

    _fields_ = (
        ("pid", ctypes.c_uint),
        ("used", ctypes.c_ulonglong),
        ("gpu_instance", ctypes.c_uint),
        ("compute_instance", ctypes.c_uint),
    )


@dataclass(slots=True)
class DeviceLook:
    """One GPU now. Bytes."""

    index: int
    name: str
    device: int
    #: Of this process; None where it is not in NVML's list or its memory is not told.
    own: int | None
    #: How many processes the list had.
    listed: int


@dataclass(slots=True)
class NvmlLook:
    devices: list[DeviceLook]


class Nvml:
    """The library, begun. library: what ctypes loaded."""

    def __init__(self, library: Any, namespace: int | None = None) -> None:
        self._library = library
        self._pid = os.getpid()
        #: False in a container: the pids in NVML's list are the host's, one of them may be ours by chance.
        self._pids_are_true = (
            _namespace() in (_FIRST_NAMESPACE, None) if namespace is None else (namespace == _FIRST_NAMESPACE)
        )
        self._slow = 0
        self._devices: list[tuple[int, Any, str]] = []
        #: This process was seen in the list once.
        self._was_listed = False
        self._list: Any = None
        #: For the doctor, one sentence.
        self.note = ""
        self._begin()

    @classmethod
    def load(cls, names: Sequence[str] | None = None) -> Nvml | None:
        """None where the library or a GPU is not there."""
        if names is None:
            names = ("nvml.dll",) if sys.platform == "win32" else ("libnvidia-ml.so.1", "libnvidia-ml.so")
        for name in names:
            try:
                return cls(ctypes.CDLL(name))
            except (OSError, AttributeError):
                continue
        return None

    def look(self) -> NvmlLook | None:
        """All GPUs now; None when NVML does not answer, or too slowly."""
        if self._slow >= 2:
            return None
        begun = time.monotonic()
        devices = []
        for index, handle, name in self._devices:
            memory = _Memory()
            if self._library.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)) != _SUCCESS:
                continue
            own, listed = self._own(handle)
            devices.append(DeviceLook(index, name, memory.used, own, listed))
        self._slow = self._slow + 1 if time.monotonic() - begun > PATIENCE_S else 0
        if self._slow >= 2:
            self.note = "NVML answers too slowly to be asked at each cell."
        return NvmlLook(devices)

    def difference(self, start: NvmlLook | None, end: NvmlLook, holds: bool) -> list[CellGpu]:
        """What a run changed. holds: a library says that this process has memory on a GPU.

        Inside a container NVML lists the pids of the host: this process is then in no list although it holds memory,
        and another may have its number. Only the whole device can be told there.
        """
        before = {} if start is None else {look.index: look for look in start.devices}
        if any(look.own is not None for look in end.devices):
            self._was_listed = True
        elif not self._pids_are_true or (holds and not self._was_listed and any(look.listed for look in end.devices)):
            self.note = "NVML lists the pids of the host, not of this container: GPU memory is that of whole devices."
        found: list[CellGpu] = []
        for look in end.devices:
            first = before.get(look.index)
            if look.own is not None or (first is not None and first.own is not None):
                own_first = 0 if first is None or first.own is None else first.own
                found.append(_gpu(look, "process", own_first, look.own or 0, first is None))
            elif not self._was_listed and (holds or first is None or look.device != first.device):
                found.append(_gpu(look, "device", 0 if first is None else first.device, look.device, first is None))
        return found

    def _begin(self) -> None:
        library = self._library
        initialize = getattr(library, "nvmlInit_v2", None) or library.nvmlInit
        if initialize() != _SUCCESS:
            raise OSError("NVML cannot be started.")
        # Version 3 of the call came with driver 510, version 2 with 450.
        for name in ("nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetComputeRunningProcesses_v2"):
            try:
                self._list = getattr(library, name)
                break
            except AttributeError:
                continue
        count = ctypes.c_uint()
        if library.nvmlDeviceGetCount_v2(ctypes.byref(count)) != _SUCCESS or count.value == 0:
            raise OSError("NVML sees no GPU.")
        for index in range(min(count.value, MOST_DEVICES)):
            handle = ctypes.c_void_p()
            if library.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(index), ctypes.byref(handle)) != _SUCCESS:
                continue
            text = ctypes.create_string_buffer(96)
            library.nvmlDeviceGetName(handle, text, ctypes.c_uint(len(text)))
            self._devices.append((index, handle, cut(text.value.decode("utf-8", "replace"))))

    def _own(self, handle: Any) -> tuple[int | None, int]:
        """Memory of this process on a GPU, and how many processes are on it."""
        if self._list is None or not self._pids_are_true:
            return None, 0
        room = 32
        for _ in range(3):
            processes = (_Process * room)()
            count = ctypes.c_uint(room)
            answer = self._list(handle, ctypes.byref(count), processes)
            if answer == _TOO_SMALL:
                room = count.value + 16
                continue
            if answer != _SUCCESS:
                return None, 0
            listed = min(count.value, room)
            own = [one.used for one in processes[:listed] if one.pid == self._pid and one.used != _UNKNOWN]
            return (sum(own) if own else None), listed
        return None, 0


def _namespace() -> int | None:
    """Inode of this process's PID namespace; None where the system has none."""
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return None


def _gpu(look: DeviceLook, scope: str, before: int, after: int, unseen: bool) -> CellGpu:
    """NVML keeps no peak: it was at least the higher of both ends. unseen: nobody looked when the run began."""
    delta = Measure(None, "none") if unseen and scope == "device" else Measure(after - before, EXACT)
    return CellGpu(look.index, look.name, scope, "nvml", Measure(max(before, after), SAMPLED), delta)
