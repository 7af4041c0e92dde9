"""Memory on GPUs, by the libraries that the user has imported and by NVIDIA's NVML; never imports one."""

from __future__ import annotations

from dataclasses import dataclass

from .record import CellGpu


@dataclass(slots=True)
class GpuState:
    """What was in use when a run began."""


class Gpus:
    def begin(self) -> GpuState | None:
        return None

    def end(self, start: GpuState | None) -> list[CellGpu]:
        return []
