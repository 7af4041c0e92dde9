"""Memory on GPUs: by the libraries that the user has imported, and by NVIDIA's NVML. Never imports one itself."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .nvml import Nvml, NvmlLook
from .record import EXACT, EXACT_LIFETIME, SAMPLED, CellGpu, Measure, cut

#: With none of these imported the process holds no memory on a GPU that a notebook would know of: NVML is not asked.
LIBRARIES = frozenset(
    (
        "torch",
        "cupy",
        "jax",
        "jaxlib",
        "tensorflow",
        "numba.cuda",
        "pycuda",
        "cuda",
        "cudf",
        "rmm",
        "paddle",
        "mxnet",
        "onnxruntime",
    )
)


@dataclass(slots=True)
class AllocatorLook:
    """What one library holds on one GPU."""

    index: int
    name: str
    source: str
    #: Bytes in use now.
    used: int
    #: The most of all time, or since the user last reset it; None where the library does not keep it.
    high: int | None


@dataclass(slots=True)
class GpuState:
    """What was in use when a run began."""

    allocators: list[AllocatorLook] = field(default_factory=list)
    nvml: NvmlLook | None = None


class Gpus:
    """Asks those that are there. nvml: gives NVML, loaded when first needed; None where there is none."""

    def __init__(self, nvml: Callable[[], Nvml | None] = Nvml.load) -> None:
        self._load = nvml
        self._nvml: Nvml | None = None
        self._tried = False
        #: How many modules there were when they were last looked through, and whether one of LIBRARIES was among them.
        self._modules = -1
        self._wanted = False

    @property
    def note(self) -> str:
        """For the doctor: what is known of NVIDIA's library, one sentence; empty as long as nobody needed it."""
        if not self._tried:
            return ""
        return "NVIDIA's NVML is not there." if self._nvml is None else self._nvml.note

    def begin(self) -> GpuState | None:
        """None where no library is imported that could use a GPU."""
        # To look for each name in so large a table costs a cell more than all else here.
        if len(sys.modules) != self._modules:
            self._modules = len(sys.modules)
            self._wanted = not sys.modules.keys().isdisjoint(LIBRARIES)
        return self._look() if self._wanted else None

    def end(self, start: GpuState | None) -> list[CellGpu]:
        end = self.begin()
        if end is None:
            return []
        if start is None:  # The run imported the library: nothing of it was in use before.
            start = GpuState()
        before = {(look.source, look.index): look for look in start.allocators}
        found = [_of_allocator(before.get((look.source, look.index)), look) for look in end.allocators]
        if end.nvml is not None and self._nvml is not None:
            found += self._nvml.difference(start.nvml, end.nvml, any(look.used > 0 for look in end.allocators))
        return found

    def _look(self) -> GpuState:
        state = GpuState()
        for look in (_torch, _cupy, _jax):
            try:
                state.allocators += look()
            except Exception:  # noqa: BLE001 - a library that is half imported, or of another release
                continue
        if not self._tried:
            self._tried = True
            self._nvml = self._load()
        if self._nvml is not None:
            state.nvml = self._nvml.look()
        return state


def _of_allocator(before: AllocatorLook | None, after: AllocatorLook) -> CellGpu:
    """The peak: exact where the highest of all time rose in the run, else at least what was seen."""
    used_before = 0 if before is None else before.used
    high_before = 0 if before is None else before.high or 0
    if after.high is not None and after.high > high_before:
        peak = Measure(after.high, EXACT_LIFETIME)
    else:
        peak = Measure(max(used_before, after.used), SAMPLED)
    delta = Measure(after.used - used_before, EXACT)
    return CellGpu(after.index, cut(after.name), "allocator", after.source, peak, delta)


def _torch() -> list[AllocatorLook]:
    torch: Any = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    # Asking anything else first would create a context on the GPU.
    if cuda is None or not cuda.is_initialized():
        return []
    found = []
    for index in range(cuda.device_count()):
        stats = cuda.memory_stats_as_nested_dict(index)
        of_all = stats["allocated_bytes"]["all"] if stats else {"current": 0, "peak": 0}
        if of_all["peak"] > 0:
            name = str(cuda.get_device_name(index))
            found.append(AllocatorLook(index, name, "torch", int(of_all["current"]), int(of_all["peak"])))
    return found


def _cupy() -> list[AllocatorLook]:
    cupy: Any = sys.modules.get("cupy")
    if cupy is None or not hasattr(cupy, "get_default_memory_pool"):
        return []
    pool = cupy.get_default_memory_pool()
    # The pool is one for each GPU and knows that of the current one; without a byte in it nothing was ever used.
    if pool.total_bytes() == 0:
        return []
    device = cupy.cuda.Device()
    return [AllocatorLook(int(device.id), f"GPU {device.id}", "cupy", int(pool.used_bytes()), None)]


def _jax() -> list[AllocatorLook]:
    bridge: Any = sys.modules.get("jax._src.xla_bridge")
    jax: Any = sys.modules.get("jax")
    # local_devices() would start all backends.
    if jax is None or bridge is None or not bridge.backends_are_initialized():
        return []
    found = []
    for device in jax.local_devices():
        stats = device.memory_stats() if device.platform != "cpu" else None
        if stats:
            high = stats.get("peak_bytes_in_use")
            used = int(stats.get("bytes_in_use", 0))
            name = str(device.device_kind)
            found.append(AllocatorLook(int(device.id), name, "jax", used, None if high is None else int(high)))
    return found
