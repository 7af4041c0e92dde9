"""Reports on a session's cells: totals, a heat strip, the most expensive ones, limits and notes; as text, HTML, Markdown, JSON."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .display import (
    cell_name,
    escape,
    format_bytes,
    format_duration,
    html_table,
    peak_words,
    plain,
    text_table,
    written,
)
from .ranking import HEAD, ORDERS, RIGHT, rank
from .record import CellRecord

if TYPE_CHECKING:
    from pandas import DataFrame  # type: ignore[import-untyped,unused-ignore]

    from .session import Session

#: How many cells stand in each list.
MOST = 10
#: How many runs the strip shows, the newest.
_STRIP = 200
_BLOCKS = "▁▂▃▄▅▆▇█"

MARKS = (
    "exact: counted by the system for this very run. >=: seen in samples, there may have been more. ~: about. "
    "n/a: not to be had here. The increment is the peak over what the kernel held before; 0 can also mean that memory "
    "freed earlier was used again."
)


class CannotWrite(ValueError):
    """A report cannot be written there. Its message is for people."""


class Report:
    """The records of a session, and what is to be said of all of them."""

    def __init__(
        self, records: Sequence[CellRecord], limits: Sequence[tuple[int, str]] = (), made_at: float | None = None
    ):
        self.records = list(records)
        #: Bytes and who sets them, the tightest first.
        self.limits = list(limits)
        self.made_at = time.time() if made_at is None else made_at

    @classmethod
    def of(cls, session: Session) -> Report:
        try:
            limits = [(limit.bytes, limit.source) for limit in session.limits()]
        except Exception as error:  # noqa: BLE001 - a report without limits is better than none
            session.failed("report", error)
            limits = []
        return cls(session.records.all(), limits)

    # -- what it says ----------------------------------------------------------------------------------------------

    def totals(self) -> list[tuple[str, str]]:
        """Name and value of what is true of all runs together."""
        records = self.records
        if not records:
            return []
        highest = max(records, key=lambda record: record.measure("peakBytes").value or 0)
        failed = sum(record.outcome != "ok" for record in records)
        began, ended = min(one.started_at for one in records), max(one.ended_at for one in records)
        levels = [
            f"{count} {level}" for level in ("CRIT", "WARN") if (count := sum(one.level == level for one in records))
        ]
        return [
            ("Runs", f"{len(records)}, of {len(rank(records))} cells" + (f", {failed} failed" if failed else "")),
            ("Time in cells", f"{format_duration(self._sum('wallMs'))} within {format_duration(ended - began)}"),
            ("CPU time", format_duration(self._sum("cpuMs"))),
            ("Highest peak", f"{peak_words(highest)}, {cell_name(highest)}"),
            (
                "Disk",
                f"read {format_bytes(self._sum('diskReadBytes'))}, wrote {format_bytes(self._sum('diskWriteBytes'))}",
            ),
            ("Levels", ", ".join(levels) or "no cell came near its limit"),
        ]

    def _sum(self, name: str) -> float:
        return sum(record.measure(name).value or 0 for record in self.records)

    def limit_rows(self) -> list[tuple[str, str]]:
        return [(format_bytes(size), source) for size, source in self.limits[:6]]

    def notes(self) -> list[str]:
        """Each note once, with the cells that it is about."""
        cells: dict[str, list[str]] = {}
        for record in self.records:
            for note in record.notes:
                names = cells.setdefault(plain(note, 400), [])
                if (name := cell_name(record)) not in names:
                    names.append(name)
        return [
            f"{note} ({', '.join(names[:5])}{f' and {len(names) - 5} more' if len(names) > 5 else ''})"
            for note, names in list(cells.items())[:20]
        ]

    def lists(self) -> list[tuple[str, list[tuple[str, ...]]]]:
        """The most expensive cells, by time and by memory: title and rows."""
        return [
            (f"Most expensive cells by {ORDERS[by][0]}", [one.row() for one in rank(self.records, by, MOST)])
            for by in ("time", "memory")
        ]

    # -- text ------------------------------------------------------------------------------------------------------

    def __str__(self) -> str:
        if not self.records:
            return "No cell was measured yet."
        parts = [text_table((), self.totals()), self._text_strip()]
        parts.extend(f"{title}\n{text_table(HEAD, rows, RIGHT)}" for title, rows in self.lists())
        if self.limits:
            parts.append("Limits of memory\n" + text_table((), self.limit_rows(), frozenset((0,))))
        if notes := self.notes():
            parts.append("\n".join(("Notes", *(f"- {note}" for note in notes))))
        parts.append(MARKS)
        return "\n\n".join(parts)

    __repr__ = __str__

    def _text_strip(self) -> str:
        shown = self.records[-80:]
        rows = []
        for name, words in (("wallMs", "time  "), ("peakBytes", "memory")):
            shares = _shares(shown, name)
            rows.append(f"{words} " + "".join(_BLOCKS[min(7, int(share * 8))] for share in shares))
        return "\n".join(rows)

    # -- HTML ------------------------------------------------------------------------------------------------------

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": str(self), "text/html": self.html()}

    def html(self) -> str:
        """Without a script or a style sheet, in the colours around it."""
        if not self.records:
            return "<p>No cell was measured yet.</p>"
        parts = [html_table((), self.totals(), frozenset()), self._html_strip()]
        parts.extend(f"<h4>{escape(title)}</h4>{html_table(HEAD, rows, RIGHT)}" for title, rows in self.lists())
        if self.limits:
            parts.append("<h4>Limits of memory</h4>" + html_table((), self.limit_rows(), frozenset((0,))))
        if notes := self.notes():
            parts.append("<h4>Notes</h4><ul>" + "".join(f"<li>{escape(note, 600)}</li>" for note in notes) + "</ul>")
        parts.append(f"<p><small>{escape(MARKS, 600)}</small></p>")
        return f"<div>{''.join(parts)}</div>"

    def page(self) -> str:
        """A whole document, for a file."""
        made = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(self.made_at))
        return (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
            '<meta name="viewport" content="width=device-width"><title>What the cells cost</title>'
            "<style>:root{color-scheme:light dark}body{font:14px/1.5 system-ui,sans-serif;margin:2em;max-width:75em}</style>"
            f"</head><body><h1>What the cells cost</h1><p>{made}</p>{self.html()}</body></html>\n"
        )

    def _html_strip(self) -> str:
        """A bar for each run, in their order; a pointer shows which cell it was."""
        shown = self.records[-_STRIP:]
        step = min(14, max(4, 640 // len(shown)))
        width = len(shown) * step
        strips = []
        for name, words in (("wallMs", "Time"), ("peakBytes", "Peak memory")):
            bars = "".join(
                _bar(record, at * step, step - 1, share)
                for at, (record, share) in enumerate(zip(shown, _shares(shown, name), strict=True))
            )
            strips.append(
                f"<div><small>{words} of each run</small><br>"
                f'<svg role="img" aria-label="{words} of each run, in their order" width="{width}" height="32" '
                f'viewBox="0 0 {width} 32" style="max-width:100%;color:inherit">{bars}</svg></div>'
            )
        return "".join(strips)

    # -- other forms -----------------------------------------------------------------------------------------------

    def markdown(self) -> str:
        if not self.records:
            return "# What the cells cost\n\nNo cell was measured yet.\n"
        made = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(self.made_at))
        parts = ["# What the cells cost", made, _markdown_table(("", ""), self.totals())]
        for title, rows in self.lists():
            parts.extend((f"## {title}", _markdown_table(HEAD, rows)))
        if self.limits:
            parts.extend(("## Limits of memory", _markdown_table(("limit", "set by"), self.limit_rows())))
        if notes := self.notes():
            parts.extend(("## Notes", "\n".join(f"- {_markdown(note)}" for note in notes)))
        parts.append(_markdown(MARKS))
        return "\n\n".join(parts) + "\n"

    def to_dict(self) -> dict[str, Any]:
        return {
            "v": 1,
            "madeAt": int(self.made_at * 1000),
            "limits": [{"bytes": size, "source": source} for size, source in self.limits],
            "records": [record.to_dict() for record in self.records],
        }

    def to_pandas(self) -> DataFrame:
        """A row for each run; needs pandas."""
        from .results import to_pandas

        return to_pandas(self.records)

    def write(self, path: str) -> str:
        """Writes the form that the file's ending asks for and gives back the full path. Raises CannotWrite."""
        full = os.path.abspath(os.path.expanduser(path))
        ending = os.path.splitext(full)[1].lower()
        if ending in (".html", ".htm"):
            text = self.page()
        elif ending in (".md", ".markdown"):
            text = self.markdown()
        elif ending == ".json":
            text = json.dumps(self.to_dict(), indent=2, allow_nan=False) + "\n"
        else:
            raise CannotWrite(f"{plain(path, 80)}: a report is written as .html, .md or .json.")
        write_text(full, text)
        return full


def write_text(path: str, text: str) -> None:
    """Writes a file whole. Raises CannotWrite with the system's reason."""
    try:
        with open(path, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise CannotWrite(f"{plain(path, 120)} cannot be written: {reason}.") from error


def _shares(records: Sequence[CellRecord], name: str) -> list[float]:
    """Each run's part of the highest, 0..1."""
    values = [float(record.measure(name).value or 0) for record in records]
    highest = max(values, default=0)
    return [value / highest if highest > 0 else 0.0 for value in values]


def _bar(record: CellRecord, x: int, width: int, share: float) -> str:
    height = max(1, round(share * 30))
    dim = 1 if record.level in ("WARN", "CRIT") else 0.35 + share * 0.4
    # Short: there are hundreds of them, and notebooks are saved with what they show.
    title = escape(f"{cell_name(record)}: {written('wallMs', record.measure('wallMs'))}, {peak_words(record)}", 120)
    return (
        f'<rect x="{x}" y="{31 - height}" width="{width}" height="{height}" fill="currentColor" fill-opacity="{dim:.2f}">'
        f"<title>{title}</title></rect>"
    )


def _markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([_markdown(text) for text in row] for row in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


def _markdown(text: str) -> str:
    """A text of others, so that nothing in it is markup."""
    shown = plain(text, 600).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{char}" if char in "\\`*_{}[]|#!>~" else char for char in shown)
