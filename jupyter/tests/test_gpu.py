"""Memory on GPUs, without one: a library built for the test answers as NVML does, and modules as torch, cupy, jax do."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from conftest import KernelMaker

from gorgon.gpu import LIBRARIES, Gpus
from gorgon.nvml import _FIRST_NAMESPACE, Nvml

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="The library for the test is built for Linux.")

MIB = 1 << 20

# What the test sets through the environment: memory of the device, of the listed process, its pid.
NVML_C = r"""
#include <stdlib.h>
#include <string.h>
typedef struct { unsigned long long total, free, used; } memory_t;
typedef struct { unsigned int pid; unsigned long long used; unsigned int gi, ci; } process_t;
static unsigned long long number(const char *name) { char *v = getenv(name); return v ? strtoull(v, 0, 10) : 0; }
int nvmlInit_v2(void) { return (int)number("FAKE_INIT"); }
int nvmlDeviceGetCount_v2(unsigned int *count) { *count = (unsigned)number("FAKE_COUNT"); return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **device) { *device = (void *)(size_t)(0x700000000000 + index); return 0; }
int nvmlDeviceGetName(void *device, char *name, unsigned int length) { strncpy(name, "Fake H100", length); return device ? 0 : 1; }
int nvmlDeviceGetMemoryInfo(void *device, memory_t *m) {
  if ((size_t)device < 0x700000000000) return 2;
  m->total = 80ULL << 30; m->used = number("FAKE_DEVICE"); m->free = m->total - m->used; return 0;
}
int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned int *count, process_t *list) {
  unsigned int there = (unsigned)number("FAKE_LISTED");
  if (*count < there) { *count = there; return 7; }
  for (unsigned int i = 0; i < there; i++) { list[i].pid = 4000000 + i; list[i].used = 1; }
  if (there && getenv("FAKE_PID")) { list[there - 1].pid = (unsigned)number("FAKE_PID"); list[there - 1].used = number("FAKE_OWN"); }
  *count = there;
  return 0;
}
"""


@pytest.fixture(scope="session")
def fake_nvml(tmp_path_factory: pytest.TempPathFactory) -> str:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("No C compiler.")
    folder = tmp_path_factory.mktemp("nvml")
    (folder / "nvml.c").write_text(NVML_C)
    target = folder / "libnvidia-ml.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(target), str(folder / "nvml.c")], check=True)
    return str(target)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets what the library answers; getenv() in C sees what os.environ says."""

    def say(**numbers: int) -> None:
        for name, value in numbers.items():
            monkeypatch.setenv(f"FAKE_{name.upper()}", str(value))

    for library in LIBRARIES:
        monkeypatch.delitem(sys.modules, library, raising=False)
    say(init=0, count=1, device=0, listed=0)
    return say


def imported(monkeypatch: pytest.MonkeyPatch, name: str, **attributes: Any) -> SimpleNamespace:
    module = SimpleNamespace(**attributes)
    monkeypatch.setitem(sys.modules, name, module)  # type: ignore[arg-type]
    return module


class FakeCuda:
    """torch.cuda as far as it is asked."""

    def __init__(self, initialized: bool = True) -> None:
        self.initialized = initialized
        self.current = 0
        self.peak = 0

    def is_initialized(self) -> bool:
        return self.initialized

    def device_count(self) -> int:
        assert self.initialized, "Asking this would create a context."
        return 2

    def memory_stats_as_nested_dict(self, index: int) -> Any:
        return {"allocated_bytes": {"all": {"current": self.current, "peak": self.peak}}} if index == 1 else {}

    def get_device_name(self, index: int) -> str:
        return f"Card {index}"

    def use(self, size: int, stays: int) -> None:
        self.peak = max(self.peak, self.current + size)
        self.current += stays


def test_without_a_library_nothing_is_asked(machine: Any) -> None:
    def never() -> None:
        raise AssertionError("NVML was loaded.")

    gpus = Gpus(never)
    assert gpus.begin() is None
    assert gpus.end(None) == []
    assert gpus.note == ""


def test_torch_without_a_context_gets_none(machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(monkeypatch, "torch", cuda=FakeCuda(initialized=False))
    gpus = Gpus(lambda: None)
    assert gpus.end(gpus.begin()) == []
    assert gpus.note == "NVIDIA's NVML is not there."


def test_torch_says_its_peak_where_it_rose(machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = FakeCuda()
    imported(monkeypatch, "torch", cuda=cuda)
    gpus = Gpus(lambda: None)
    start = gpus.begin()
    cuda.use(300 * MIB, stays=100 * MIB)
    (found,) = gpus.end(start)
    assert (found.index, found.name, found.scope, found.source) == (1, "Card 1", "allocator", "torch")
    assert found.peak.to_dict() == {"value": 300 * MIB, "quality": "exact-lifetime"}
    assert found.delta.to_dict() == {"value": 100 * MIB, "quality": "exact"}
    start = gpus.begin()
    cuda.use(50 * MIB, stays=0)
    (lower,) = gpus.end(start)
    assert lower.peak.to_dict() == {"value": 100 * MIB, "quality": "sampled"}


def test_cupy_and_jax_say_what_they_hold(machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = SimpleNamespace(total_bytes=lambda: 10, used_bytes=lambda: 7)
    cuda = SimpleNamespace(Device=lambda: SimpleNamespace(id=0))
    imported(monkeypatch, "cupy", get_default_memory_pool=lambda: pool, cuda=cuda)
    stats = {"bytes_in_use": 5, "peak_bytes_in_use": 9}
    device = SimpleNamespace(id=0, platform="gpu", device_kind="Card", memory_stats=lambda: stats)
    imported(monkeypatch, "jax", local_devices=lambda: [device, SimpleNamespace(platform="cpu")])
    imported(monkeypatch, "jax._src.xla_bridge", backends_are_initialized=lambda: True)
    cupy, jax = Gpus(lambda: None).end(None)
    assert (cupy.source, cupy.peak.to_dict()) == ("cupy", {"value": 7, "quality": "sampled"})
    assert (jax.source, jax.peak.to_dict()) == ("jax", {"value": 9, "quality": "exact-lifetime"})
    imported(monkeypatch, "jax._src.xla_bridge", backends_are_initialized=lambda: False)
    assert [gpu.source for gpu in Gpus(lambda: None).end(None)] == ["cupy"]


@pytest.mark.parametrize("module", [ModuleType("torch"), None, SimpleNamespace(cuda=SimpleNamespace())])
def test_a_library_that_is_half_there_is_passed_over(
    machine: Any, monkeypatch: pytest.MonkeyPatch, module: Any
) -> None:
    monkeypatch.setitem(sys.modules, "torch", module)
    monkeypatch.setitem(sys.modules, "cupy", module)
    gpus = Gpus(lambda: None)
    assert gpus.end(gpus.begin()) == []


def test_nvml_says_what_the_process_has(fake_nvml: str, machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(monkeypatch, "tensorflow")
    gpus = Gpus(lambda: Nvml(ctypes.CDLL(fake_nvml), _FIRST_NAMESPACE))
    machine(device=900 * MIB, listed=2, own=100 * MIB, pid=os.getpid())
    start = gpus.begin()
    machine(device=1500 * MIB, own=400 * MIB)
    (found,) = gpus.end(start)
    assert (found.name, found.scope, found.source) == ("Fake H100", "process", "nvml")
    assert found.peak.to_dict() == {"value": 400 * MIB, "quality": "sampled"}
    assert found.delta.value == 300 * MIB
    machine(device=600 * MIB, listed=1, pid=5000000)
    (freed,) = gpus.end(start)
    assert (freed.scope, freed.delta.value) == ("process", -100 * MIB)


def test_many_processes_on_a_gpu_are_all_looked_through(
    fake_nvml: str, machine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(monkeypatch, "tensorflow")
    machine(device=1, listed=200, own=5 * MIB, pid=os.getpid())
    (found,) = Gpus(lambda: Nvml(ctypes.CDLL(fake_nvml), _FIRST_NAMESPACE)).end(None)
    assert (found.scope, found.peak.value) == ("process", 5 * MIB)


def test_in_a_container_the_pids_are_the_hosts_and_only_the_device_is_told(
    fake_nvml: str, machine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(monkeypatch, "tensorflow")
    nvml = Nvml(ctypes.CDLL(fake_nvml), 4026532198)
    gpus = Gpus(lambda: nvml)
    # Another process of the host has our number there.
    machine(device=900 * MIB, listed=1, own=100 * MIB, pid=os.getpid())
    start = gpus.begin()
    machine(device=1500 * MIB)
    (found,) = gpus.end(start)
    assert (found.scope, found.peak.value, found.delta.value) == ("device", 1500 * MIB, 600 * MIB)
    assert "container" in gpus.note


def test_memory_that_is_held_by_a_process_in_no_list_is_the_devices(
    fake_nvml: str, machine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuda = FakeCuda()
    cuda.use(100 * MIB, stays=100 * MIB)
    imported(monkeypatch, "torch", cuda=cuda)
    gpus = Gpus(lambda: Nvml(ctypes.CDLL(fake_nvml), _FIRST_NAMESPACE))
    machine(device=900 * MIB, listed=3)
    _, device = gpus.end(gpus.begin())
    assert device.scope == "device"
    assert "container" in gpus.note


def test_what_nvml_may_not_know_is_not_a_number(fake_nvml: str, machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(monkeypatch, "tensorflow")
    machine(device=5 * MIB, listed=1, own=(1 << 64) - 1, pid=os.getpid())
    (found,) = Gpus(lambda: Nvml(ctypes.CDLL(fake_nvml), _FIRST_NAMESPACE)).end(None)
    assert (found.scope, found.peak.value) == ("device", 5 * MIB)


def test_a_library_without_a_gpu_is_none(fake_nvml: str, machine: Any) -> None:
    machine(count=0)
    assert Nvml.load([fake_nvml]) is None
    machine(count=1, init=9)
    assert Nvml.load([fake_nvml]) is None
    assert Nvml.load(["libgorgon-is-not-there.so"]) is None
    # A library that has none of the functions.
    assert Nvml.load(["libc.so.6"]) is None


def test_a_slow_nvml_is_not_asked_for_long() -> None:
    class Slow:
        def __getattr__(self, name: str) -> Any:
            if name == "nvmlDeviceGetCount_v2":
                return self._count
            return self._nap if name == "nvmlDeviceGetMemoryInfo" else lambda *_: 0

        def _count(self, place: Any) -> int:
            place._obj.value = 1
            return 0

        def _nap(self, *_: object) -> int:
            time.sleep(0.03)
            return 1

    nvml = Nvml(Slow(), _FIRST_NAMESPACE)
    assert nvml.look() is not None
    nvml.look()
    assert nvml.look() is None
    assert "too slowly" in nvml.note


def test_a_kernel_with_a_gpu_says_so_in_its_records(fake_nvml: str, kernel_maker: KernelMaker) -> None:
    kernel = kernel_maker(
        env={"LD_LIBRARY_PATH": str(Path(fake_nvml).parent), "FAKE_COUNT": "1", "FAKE_DEVICE": str(70 * MIB)}
    )
    assert kernel.cost("1")["gpus"] == []
    record = kernel.cost("import sys, types; sys.modules['tensorflow'] = types.ModuleType('tensorflow')")
    assert record["gpus"] == [
        {
            "index": 0,
            "name": "Fake H100",
            "scope": "device",
            "source": "nvml",
            "peakBytes": {"value": 70 * MIB, "quality": "sampled"},
            "deltaBytes": {"value": None, "quality": "none"},
        }
    ]
