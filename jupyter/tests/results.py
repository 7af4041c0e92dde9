"""A pytest plugin that leaves what scripts/results.ts reads: `-p tests.results --results FILE`.

A test skipped with a reason that begins `missing: ` lacks something installable; one whose reason begins with `[need]`
is not for this platform, and the need is on the list in test/platforms.ts.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

MISSING = "missing: "
NEED = re.compile(r"\[[a-z0-9-]+\]")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--results", metavar="FILE", default="", help="write how each test ended to this file, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--results"):
        config.pluginmanager.register(Results(Path(config.getoption("--results"))), "gorgon-results")


def title_of(nodeid: str) -> str:
    """The name of a test without square brackets, which mark needs."""
    return nodeid.replace("[", " (").replace("]", ")")


class Results:
    """Collects how each test ended; a test that fails in its set-up or after its end has failed."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.cases: dict[str, dict[str, Any]] = {}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._end(report.nodeid, "failed", str(report.longrepr))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._end(report.nodeid, "failed", _message(report))
        elif report.skipped:
            self._skip(report)
        elif report.when == "call" and report.nodeid not in self.cases:
            self._end(report.nodeid, "passed", "")

    def pytest_sessionfinish(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps({"cases": list(self.cases.values())}), encoding="utf-8")

    def _skip(self, report: pytest.TestReport) -> None:
        if hasattr(report, "wasxfail"):
            self._end(report.nodeid, "failed", f"expected to fail: {report.wasxfail}; mend it instead")
            return
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        if reason.startswith(MISSING):
            self._end(report.nodeid, "missing", reason.removeprefix(MISSING))
            return
        need = NEED.search(reason)
        self._end(report.nodeid, "skipped", reason, "" if need is None else f"{need.group()} ")

    def _end(self, nodeid: str, status: str, message: str, need: str = "") -> None:
        self.cases[nodeid] = {"title": f"{need}{title_of(nodeid)}", "status": status, "message": message}


def _message(report: pytest.TestReport) -> str:
    """The error first, which is what a summary shows, then where."""
    crash = getattr(report.longrepr, "reprcrash", None)
    where = str(report.longrepr)
    return where if crash is None else f"{crash.message}\n{where}"
