"""What this server knows as OpenMetrics text, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..record import LEVELS

if TYPE_CHECKING:
    from .watch import Watch

_UNIT_NAMES = {"1": "ratio", "By": "bytes"}


class Metrics:
    """One text a scrape."""

    def __init__(self, version: str) -> None:
        self._version = version

    def text(self, watch: Watch, host: Mapping[str, Any] | None) -> str:
        """https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md"""
        lines: list[str] = []
        kernels = watch.kernels
        _family(lines, "gorgon_build", "info", "The release that runs.", [({"version": self._version}, 1)], "_info")
        _family(lines, "gorgon_kernels", "gauge", "Kernels of this server.", [({}, len(kernels))])
        named = [(_labels(one.id, one.name, one.path), one) for one in kernels]
        looks = [(labels, one, one.looks.last) for labels, one in named]
        seen = [(labels, one, last) for labels, one, last in looks if last is not None]
        _family(
            lines,
            "gorgon_kernel_memory_bytes",
            "gauge",
            "Memory of a kernel and its children, shared pages counted once.",
            [(labels, last.bytes) for labels, _, last in seen],
            unit="bytes",
        )
        _family(
            lines,
            "gorgon_kernel_memory_limit_bytes",
            "gauge",
            "The limit that the kernel's memory is nearest to.",
            [
                ({**labels, "source": one.limit.source}, one.limit.bytes)
                for labels, one in named
                if one.limit is not None
            ],
            unit="bytes",
        )
        _family(
            lines,
            "gorgon_kernel_cpu_cores",
            "gauge",
            "CPU cores in use by a kernel and its children.",
            [(labels, one.looks.cores) for labels, one in named if one.looks.cores is not None],
        )
        _family(
            lines,
            "gorgon_kernel_running",
            "gauge",
            "Whether a measured cell runs in it.",
            [(labels, int(one.running is not None)) for labels, one in named if one.measured],
        )
        _family(
            lines,
            "gorgon_kernel_deaths",
            "counter",
            "Ends of kernels since the server began.",
            [({"cause": cause}, count) for cause, count in sorted(watch.deaths.counts.items())],
            "_total",
        )
        if host is not None:
            _host(lines, host)
        return "\n".join([*lines, "# EOF", ""])


def _host(lines: list[str], host: Mapping[str, Any]) -> None:
    levels = host["levels"]
    words = "0: OK, 1: UNKNOWN, 2: WARN, 3: CRIT."
    _family(lines, "gorgon_bell_level", "gauge", words, [({}, LEVELS.index(host["level"]))])
    _family(
        lines,
        "gorgon_level",
        "gauge",
        "As gorgon_bell_level, of one thing.",
        [({"id": one["id"]}, LEVELS.index(one["level"])) for one in levels],
    )
    for unit, name in _UNIT_NAMES.items():
        values = [
            ({"id": one["id"]}, one["value"]) for one in levels if one["unit"] == unit and one["value"] is not None
        ]
        _family(lines, f"gorgon_value_{name}", "gauge", "The value behind a level.", values, unit=name)


def _labels(kernel: str, name: str, path: str) -> dict[str, str]:
    return {"kernel": kernel, "name": name, "path": path}


def _family(
    lines: list[str],
    name: str,
    kind: str,
    text: str,
    samples: Iterable[tuple[Mapping[str, str], float]],
    suffix: str = "",
    unit: str = "",
) -> None:
    found = list(samples)
    if not found:
        return
    lines.append(f"# TYPE {name} {kind}")
    if unit:
        lines.append(f"# UNIT {name} {unit}")
    lines.append(f"# HELP {name} {text}")
    for labels, value in found:
        inside = ",".join(f'{key}="{_escape(one)}"' for key, one in labels.items())
        lines.append(f"{name}{suffix}{{{inside}}} {_number(value)}" if inside else f"{name}{suffix} {_number(value)}")


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    """All digits: `:g` would round bytes."""
    return str(value) if isinstance(value, int) else repr(float(value))
