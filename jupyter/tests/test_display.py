"""What people read of a record: numbers with their marks, one line, HTML in which nothing of others is markup."""

from __future__ import annotations

import json
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from samples import HOSTILE, MIB, hostile, record

from gorgon.display import format_bytes, format_duration, format_ratio, html_of, line, plain, rows_of, written
from gorgon.record import ABSENT, CellLimit, CellRef, Measure
from gorgon.report import Report

FORMAT_TS = Path(__file__).resolve().parents[2] / "protocol" / "format.ts"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (912, "912 B"),
        (1023, "1.00 KiB"),
        (12.8 * MIB, "12.8 MiB"),
        (999.5 * 1024, "0.98 MiB"),
        (None, "n/a"),
    ],
)
def test_bytes_are_binary(value: float | None, text: str) -> None:
    assert format_bytes(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 ms"),
        (0.123, "0.12 ms"),
        (5, "5 ms"),
        (350.5, "351 ms"),
        (1240, "1.2 s"),
        (59_999, "59 s"),
        (7.3e6, "2 h"),
    ],
)
def test_durations_have_their_largest_fitting_unit(value: float, text: str) -> None:
    assert format_duration(value) == text


def test_numbers_are_written_as_in_vs_code() -> None:
    node = shutil.which("node")
    if node is None or not FORMAT_TS.exists():
        pytest.skip("missing: node, or protocol/format.ts beside the package")
    values = [0.0, 0.00123, 0.5, 9.994, 9.995, 99.94, 99.95, 999.4, 999.5, 1000, 1023.9, 1024, 2.5, 350.5, -12_345.6]
    values += [sign * 1.37**power for power in range(0, 130, 2) for sign in (1, -1)]
    program = (
        f"import {{formatBytes, formatDuration, formatRatio}} from {json.dumps(FORMAT_TS.as_uri())};"
        "const all = JSON.parse(process.argv[1]);"
        "console.log(JSON.stringify(all.map((v) => [formatBytes(v), formatDuration(v), formatRatio(v)])));"
    )
    command = [node, "--input-type=module", "-e", program, json.dumps(values)]
    theirs = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=FORMAT_TS.parent)
    if theirs.returncode != 0:
        pytest.skip(f"missing: a node that runs TypeScript: {theirs.stderr[-200:]}")
    ours = [[format_bytes(value), format_duration(value), format_ratio(value)] for value in values]
    assert ours == json.loads(theirs.stdout)


def test_the_line_says_what_the_run_cost() -> None:
    assert line(record()) == (
        "wall 1.2 s | CPU 2.1 s (1.7 cores) | peak RAM 1.92 GiB (+512 MiB, exact) | disk r 0 w 50.0 MiB | 3 children | OK"
    )


def test_a_number_that_is_not_exact_looks_so() -> None:
    sampled = {
        "peakBytes": Measure(MIB, "sampled"),
        "peakDeltaBytes": Measure(0, "sampled"),
        "cpuMs": Measure(100, "sampled"),
        "cores": Measure(1, "sampled"),
    }
    text = line(record(measures=sampled))
    assert "peak RAM >= 1.00 MiB (+0 B, sampled)" in text
    assert "CPU ~100 ms (~1.0 cores)" in text


def test_what_is_not_to_be_had_is_not_zero() -> None:
    text = line(record(measures={"peakBytes": ABSENT, "cpuMs": ABSENT, "cores": ABSENT}))
    assert "peak RAM n/a" in text
    assert "CPU n/a" in text
    assert written("wallMs", Measure(float("nan"))) == "n/a"


def test_a_run_near_its_limit_says_which_limit() -> None:
    near = record(level="WARN", limit=CellLimit(12 << 30, "cgroup /user.slice", 0.834))
    assert line(near).endswith("WARN: 83 % of 12.0 GiB (cgroup /user.slice)")


def test_label_and_failure_stand_first() -> None:
    text = line(record(cell=CellRef("c", 1, "", "load"), outcome="error", error="MemoryError"))
    assert text.startswith("load | failed: MemoryError | wall")


def test_every_number_has_its_quality_in_the_table() -> None:
    rows = {name: (value, quality) for name, value, quality in rows_of(record())}
    assert rows["Peak memory"] == ("1.92 GiB", "exact")
    assert rows["Limit of memory"] == ("12.0 GiB", "cgroup /user.slice; the peak was 16.0 % of it")


class Tags(HTMLParser):
    """The tags and attributes that a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.parametrize("text", [html_of(hostile()), Report([hostile(), record()], [(MIB, HOSTILE)]).page()])
def test_hostile_texts_stay_text_in_html(text: str) -> None:
    found = Tags(text)
    assert not found.tags & {"script", "img", "a", "iframe", "link", "object"}
    assert not {name for name in found.attributes if name.startswith("on") or name in ("src", "href")}
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_hostile_texts_cannot_rewrite_a_terminal() -> None:
    for text in (line(hostile()), str(Report([hostile()], [(MIB, HOSTILE)]))):
        assert all(char.isprintable() or char == "\n" for char in text)
    assert "\n" not in line(hostile())


def test_long_texts_are_cut() -> None:
    assert len(plain("x" * 10_000, 60)) == 60


def test_html_is_in_the_colours_around_it() -> None:
    text = html_of(record())
    assert "color:" not in text.replace("font-variant", "")
    assert "<style" not in text
