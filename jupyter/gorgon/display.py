"""Writes a record for people: numbers as protocol/format.ts does, one line of text, a table that needs no style sheet."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .record import CellGpu, CellRecord, Measure

#: What stands where there is no value.
ABSENT = "n/a"

_BYTE_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")

#: Only what grows while nobody looks is "at least"; other samples are "about".
_GROWING = frozenset(
    (
        "peakBytes",
        "peakDeltaBytes",
        "childPeakBytes",
        "treeBytes",
        "diskReadBytes",
        "diskWriteBytes",
        "readBytes",
        "writeBytes",
    )
)

#: Below this it is the interpreter's own files: modules that are imported, the history.
_DISK_WORTH = 1 << 20

#: A shape beside the word and the place: colour is never needed.
GLYPHS: Mapping[str, str] = {"OK": "✓", "WARN": "▲", "CRIT": "◆", "UNKNOWN": "?"}

_NAMES: Mapping[str, str] = {
    "wallMs": "Time",
    "cpuMs": "CPU time",
    "cpuChildrenMs": "of it in children",
    "cores": "Cores in use",
    "throttledMs": "Held back by the CPU limit",
    "peakBytes": "Peak memory",
    "peakDeltaBytes": "Peak over the start (increment)",
    "startBytes": "Memory before",
    "endBytes": "Memory after",
    "fileBytes": "of it backed by files",
    "swapDeltaBytes": "Swapped out",
    "childPeakBytes": "Peak of one child",
    "treeBytes": "Peak with children",
    "diskReadBytes": "Read from disk",
    "diskWriteBytes": "Written to disk",
    "readBytes": "Read by calls",
    "writeBytes": "Written by calls",
    "netRxBytes": "Received (whole network namespace)",
    "netTxBytes": "Sent (whole network namespace)",
    "threads": "Threads at the end",
    "children": "Children at the end",
}

_QUALITIES: Mapping[str, str] = {
    "exact": "exact",
    "exact-lifetime": "exact: the highest of the kernel's life",
    "sampled": "sampled: at least this",
    "none": "not to be had here",
}


# -- texts of others -----------------------------------------------------------------------------------------------


def plain(text: str, most: int = 200) -> str:
    """A text of others on one line: without control characters, which could rewrite a terminal, and not longer than that."""
    shown = "".join(char if char.isprintable() else " " for char in text[: most * 2])
    shown = " ".join(shown.split())
    return shown if len(shown) <= most else shown[: most - 1].rstrip() + "…"


def escape(text: str, most: int = 200) -> str:
    """The same for HTML, for contents and quoted attributes."""
    return html.escape(plain(text, most), quote=True)


# -- numbers -------------------------------------------------------------------------------------------------------


def _fixed(value: float, digits: int) -> str:
    return str(Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def _significant(value: float) -> str:
    size = abs(value)
    if size >= 999.5:
        return str(int(float(f"{value:.3g}")))
    # The bounds are where rounding would carry into another digit: 9.995 is written 10.0, not 10.00.
    return _fixed(value, 0 if size >= 99.95 else 1 if size >= 9.995 else 2)


def format_bytes(value: float | None) -> str:
    """Bytes in binary units: `912 B`, `12.8 MiB`."""
    if value is None or not math.isfinite(value):
        return ABSENT
    unit = 0
    # 999.5 KiB would be written 1000 KiB: the next unit is shorter.
    while abs(value) >= 999.5 and unit < len(_BYTE_UNITS) - 1:
        value /= 1024
        unit += 1
    return f"{_round(value) if unit == 0 else _significant(value)} {_BYTE_UNITS[unit]}"


def format_ratio(value: float | None) -> str:
    """A ratio 0..1 as percent: `61.4 %`."""
    return ABSENT if value is None or not math.isfinite(value) else f"{_fixed(value * 100, 1)} %"


def format_duration(milliseconds: float | None) -> str:
    """A length of time in its largest fitting unit: `0.12 ms`, `350 ms`, `1.2 s`, `12 s`, `2 min`, `3 h`, `9 d`."""
    if milliseconds is None or not math.isfinite(milliseconds):
        return ABSENT
    size = abs(milliseconds)
    if 0 < size < 10:
        return f"{_short(float(f'{milliseconds:.2g}'))} ms"
    if size < 1000:
        return f"{_round(milliseconds)} ms"
    if size < 10_000:
        return f"{_short(float(_fixed(milliseconds / 1000, 1)))} s"
    for unit, length in (("s", 1000), ("min", 60_000), ("h", 3_600_000)):
        if size < {"s": 60_000, "min": 3_600_000, "h": 86_400_000}[unit]:
            return f"{math.floor(milliseconds / length)} {unit}"
    return f"{math.floor(milliseconds / 86_400_000)} d"


def _round(value: float) -> int:
    return math.floor(value + 0.5)


def _short(value: float) -> str:
    return f"{value:f}".rstrip("0").rstrip(".") or "0"


def amount(name: str, value: float) -> str:
    """A value of a measure in its unit, without a mark."""
    if name == "cores":
        return _fixed(value, 1 if value < 9.95 else 0)
    if name in ("threads", "children"):
        return str(_round(value))
    return format_duration(value) if name.endswith("Ms") else format_bytes(value)


def mark(name: str, quality: str) -> str:
    """What stands before a number that is not exact: `>=` at least, `~` about."""
    return "" if quality != "sampled" else ">= " if name in _GROWING else "~"


def written(name: str, measure: Measure) -> str:
    """A value with its mark: `>= 4.10 GiB`; `n/a` where there is none."""
    if measure.value is None or not math.isfinite(measure.value):
        return ABSENT
    return mark(name, measure.quality) + amount(name, measure.value)


def name_of(name: str) -> str:
    """What a measure is called."""
    return _NAMES.get(name, name)


def quality_words(quality: str) -> str:
    """How far a number can be trusted."""
    return _QUALITIES.get(quality, quality)


# -- a record ------------------------------------------------------------------------------------------------------


def cell_name(record: CellRecord) -> str:
    """`In [7]`, with the label where there is one; never its text."""
    cell = record.cell
    if cell.execution_count is not None:
        name = f"In [{cell.execution_count}]"
    elif cell.id:
        name = f"cell {plain(cell.id.rsplit('#', 1)[-1], 24)}"
    else:
        name = f"cell {cell.hash[:8]}" if cell.hash else "a cell"
    label = plain(cell.label, 60)
    return f"{name} {label}" if label else name


def outcome_words(record: CellRecord) -> str:
    """How it ended; empty where nothing went wrong."""
    if record.outcome == "ok":
        return ""
    if record.outcome == "error":
        return f"failed: {plain(record.error, 60)}" if record.error else "failed"
    return "interrupted" if record.outcome == "interrupted" else "the kernel died"


def cpu_words(record: CellRecord) -> str:
    """`2.1 s (1.7 cores)`."""
    cores = record.measure("cores")
    text = written("cpuMs", record.measure("cpuMs"))
    return text if cores.value is None else f"{text} ({written('cores', cores)} cores)"


def peak_words(record: CellRecord) -> str:
    """`1.92 GiB (+512 MiB, exact)`: the highest resident memory, and by how much it was over the start."""
    peak, delta = record.measure("peakBytes"), record.measure("peakDeltaBytes")
    if peak.value is None:
        return ABSENT
    quality = "sampled" if peak.quality == "sampled" else "exact"
    over = "" if delta.value is None else f"+{format_bytes(delta.value)}, "
    return f"{written('peakBytes', peak)} ({over}{quality})"


def gpu_words(gpu: CellGpu) -> str:
    """`3.10 GiB (device)`."""
    whose = plain(gpu.source, 20) if gpu.scope == "allocator" else gpu.scope
    return f"{written('peakBytes', gpu.peak)} ({whose})"


def level_words(record: CellRecord) -> str:
    """`OK`, or `WARN: 83 % of 12.0 GiB (cgroup /user.slice)`."""
    if record.limit is None or record.level not in ("WARN", "CRIT"):
        return record.level
    share = f"{_round(record.limit.share * 100)} %"
    return f"{record.level}: {share} of {format_bytes(record.limit.bytes)} ({plain(record.limit.source, 80)})"


def line(record: CellRecord) -> str:
    """One line: `wall 1.2 s | CPU 2.1 s (1.7 cores) | peak RAM 1.92 GiB (+512 MiB, exact) | 3 children | OK`."""
    measure = record.measure
    parts = [plain(record.cell.label, 60), outcome_words(record), f"wall {written('wallMs', measure('wallMs'))}"]
    parts.append(f"CPU {cpu_words(record)}")
    parts.append(f"peak RAM {peak_words(record)}")
    for name, words in (("treeBytes", "with children"), ("childPeakBytes", "one child"), ("throttledMs", "throttled")):
        if measure(name).value:
            parts.append(f"{words} {written(name, measure(name))}")
    if measure("swapDeltaBytes").value:
        swapped = measure("swapDeltaBytes").value or 0
        parts.append(f"swap {'+' if swapped > 0 else ''}{format_bytes(swapped)}")
    parts.extend(f"GPU{gpu.index} {gpu_words(gpu)}" for gpu in record.gpus[:8])
    if max(measure("diskReadBytes").value or 0, measure("diskWriteBytes").value or 0) >= _DISK_WORTH:
        read, write = (_disk(name, measure(name)) for name in ("diskReadBytes", "diskWriteBytes"))
        parts.append(f"disk r {read} w {write}")
    if measure("children").value:
        count = written("children", measure("children"))
        parts.append("1 child" if count == "1" else f"{count} children")
    if record.overlap:
        parts.append("with another cell")
    parts.append(level_words(record))
    return " | ".join(part for part in parts if part)


def _disk(name: str, measure: Measure) -> str:
    return "0" if measure.value == 0 and measure.quality != "sampled" else written(name, measure)


def rows_of(record: CellRecord) -> list[tuple[str, str, str]]:
    """Everything that is known: name, value, how far it can be trusted."""
    rows = [
        (name_of(name), written(name, measure), quality_words(measure.quality))
        for name, measure in record.measures.items()
        if measure.value is not None
    ]
    for gpu in record.gpus:
        whose = {"allocator": "of its allocator", "process": "of this process"}.get(gpu.scope, "of the whole device")
        of_whom = f"{quality_words(gpu.peak.quality)}; {whose}, by {gpu.source}"
        rows.append((f"GPU {gpu.index} {gpu.name}", written("peakBytes", gpu.peak), of_whom))
    if record.limit is not None:
        share = format_ratio(record.limit.share)
        rows.append(
            ("Limit of memory", format_bytes(record.limit.bytes), f"{record.limit.source}; the peak was {share} of it")
        )
    return rows


# -- HTML ----------------------------------------------------------------------------------------------------------

_CELL = "padding:1px 10px 1px 0;text-align:{};vertical-align:top;border:0"


def html_table(head: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset((1,))) -> str:
    """A table in the colours around it. All texts are escaped here. right: columns of numbers."""

    def one(tag: str, at: int, text: str) -> str:
        style = _CELL.format("right" if at in right else "left")
        return f'<{tag} style="{style};font-variant-numeric:tabular-nums">{escape(text, 400)}</{tag}>'

    def row(tag: str, texts: Sequence[str]) -> str:
        return '<tr style="background:none">' + "".join(one(tag, at, text) for at, text in enumerate(texts)) + "</tr>"

    top = f"<thead>{row('th', head)}</thead>" if head else ""
    body = "".join(row("td", texts) for texts in rows)
    return f'<table style="border-collapse:collapse;border:0">{top}<tbody>{body}</tbody></table>'


def html_of(record: CellRecord) -> str:
    """The record as HTML: the line, everything behind a fold, what a reader must know."""
    title = f"{GLYPHS.get(record.level, '?')} {cell_name(record)}"
    notes = "".join(f"<li>{escape(note, 400)}</li>" for note in record.notes)
    table = html_table(("", "", "how far to trust it"), rows_of(record))
    return (
        f"<div><strong>{escape(title)}</strong> <span>{escape(line(record), 600)}</span>"
        f"<details><summary>All numbers</summary>{table}</details>" + (f"<ul>{notes}</ul>" if notes else "") + "</div>"
    )


def text_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset(), most: int = 80
) -> str:
    """Aligned columns. Texts are cut to one line each."""
    lines = [[plain(text, most) for text in row] for row in ([head, *rows] if head else rows)]
    if not lines:
        return ""
    widths = [max(len(row[at]) for row in lines) for at in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            text.rjust(width) if at in right else text.ljust(width)
            for at, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in lines
    )
