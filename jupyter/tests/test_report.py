"""Reports on a session's cells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from samples import HOSTILE, MIB, hostile, record

from gorgon.ranking import Top, rank
from gorgon.record import CellRecord, CellRef, Measure
from gorgon.report import CannotWrite, Report
from gorgon.results import RichRecord, to_pandas


def session() -> list[CellRecord]:
    return [
        record(id="a", cell=CellRef("one", 1), measures={"wallMs": Measure(10.0), "peakBytes": Measure(900 * MIB)}),
        record(
            id="b",
            cell=CellRef("two", 2, "", "train"),
            measures={"wallMs": Measure(9000.0), "peakBytes": Measure(100 * MIB)},
        ),
        record(id="c", cell=CellRef("one", 3), measures={"wallMs": Measure(20.0), "peakBytes": Measure(300 * MIB)}),
    ]


def test_a_cell_that_ran_twice_is_shown_with_its_worst_run() -> None:
    by_time = rank(session(), "time")
    assert [(one.worst.id, one.runs) for one in by_time] == [("b", 1), ("c", 2)]
    assert [one.worst.id for one in rank(session(), "memory")] == ["a", "b"]


def test_runs_without_an_id_are_told_apart_by_their_text() -> None:
    same = [record(id=name, cell=CellRef(None, None, digest)) for name, digest in (("a", "x"), ("b", "x"), ("c", "y"))]
    assert sorted(one.runs for one in rank(same)) == [1, 2]


def test_top_shows_so_many() -> None:
    assert len(Top(session(), "time", 1).cells) == 1
    assert "train" in str(Top(session(), "time", 1))


def test_the_text_names_totals_and_the_worst() -> None:
    text = str(Report(session(), [(12 << 30, "MEM_LIMIT")]))
    assert "3, of 2 cells" in text
    assert "900 MiB (+512 MiB, exact), In [1]" in text
    assert "12.0 GiB  MEM_LIMIT" in text


def test_a_session_without_cells_says_so() -> None:
    report = Report([])
    for text in (str(report), report.html(), report.markdown(), report.page(), str(Top([], "time", 3))):
        assert "No cell was measured yet" in text


def test_files_take_their_form_from_their_name(tmp_path: Path) -> None:
    report = Report(session(), [(MIB, "MEM_LIMIT")])
    assert Path(report.write(str(tmp_path / "r.html"))).read_text().startswith("<!DOCTYPE html>")
    assert "| Runs | 3, of 2 cells |" in Path(report.write(str(tmp_path / "r.md"))).read_text()
    told = json.loads(Path(report.write(str(tmp_path / "r.JSON"))).read_text())
    assert [CellRecord.from_dict(one).id for one in told["records"]] == ["a", "b", "c"]


@pytest.mark.parametrize("name", ["r.pdf", "r", "missing/r.html", "nul\0.html"])
def test_what_cannot_be_written_is_said_in_one_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotWrite) as caught:
        Report(session()).write(str(tmp_path / name))
    assert "\n" not in str(caught.value)


def test_hostile_texts_stay_text_in_markdown() -> None:
    text = Report([hostile()], [(MIB, HOSTILE)]).markdown()
    assert "<script" not in text
    assert "<img" not in text
    assert "[a]" not in text
    # A row stays one row.
    for row in (one for one in text.splitlines() if one.startswith("| ◆")):
        assert row.replace("\\|", "").count("|") == 9


def test_records_become_rows_of_a_data_frame() -> None:
    pandas = pytest.importorskip("pandas")
    frame = Report(session()).to_pandas()
    assert list(frame["peakBytes"]) == [900 * MIB, 100 * MIB, 300 * MIB]
    assert list(frame["peakBytesQuality"]) == ["exact"] * 3
    assert frame["startedAt"].dt.tz is not None
    assert isinstance(to_pandas([]), pandas.DataFrame)
    assert len(RichRecord(record()).to_pandas()) == 1


def test_a_record_gives_its_numbers_as_attributes() -> None:
    rich = RichRecord(record())
    assert (rich.wall_ms, rich.peak_bytes, rich.net_rx_bytes, rich.outcome) == (1240.0, 1966 * MIB, None, "ok")
    assert {"wall_ms", "peak_delta_bytes", "to_dict", "limit"} <= set(dir(rich))
    with pytest.raises(AttributeError):
        _ = rich.no_such_thing


def test_a_record_shows_itself_as_text_and_html() -> None:
    shown = RichRecord(record())._repr_mimebundle_()
    assert shown["text/plain"].startswith("wall 1.2 s")
    assert "<script" not in shown["text/html"]
    # It is of no cell that runs now: no front end may take it for the cost of the cell that shows it.
    assert set(shown) == {"text/plain", "text/html"}
