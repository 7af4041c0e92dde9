"""How a test ended reaches the one line that counts all tests."""

import json
import subprocess
import sys
from pathlib import Path

SAMPLE = """
import pytest

def test_good(): pass
def test_bad(): assert 1 == 2
@pytest.mark.skip(reason="[macos] needs a Mac")
def test_elsewhere(): pass
@pytest.mark.skip(reason="missing: the language R (apt-get install r-base-core)")
def test_lacking(): pass
@pytest.mark.parametrize("n", ["linux"])
def test_named(n): pass
@pytest.mark.xfail
def test_given_up(): assert False
@pytest.fixture
def broken(): raise RuntimeError("missing: chromium")
def test_set_up(broken): pass
"""


def test_each_end_is_told(tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text(SAMPLE)
    (tmp_path / "test_torn.py").write_text("import no_such_module\n")
    results = tmp_path / "results.json"
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "tests.results", "--results", str(results)]
    options = ["--continue-on-collection-errors", "--rootdir", str(tmp_path), "-c", "/dev/null"]
    subprocess.run(
        [*pytest, *options, str(tmp_path)], cwd=Path(__file__).parent.parent, capture_output=True, check=False
    )
    cases = json.loads(results.read_text())["cases"]
    ends = {case["title"].split("::")[-1]: case["status"] for case in cases}
    assert ends == {
        "test_torn.py": "failed",
        "test_good": "passed",
        "test_bad": "failed",
        "test_elsewhere": "skipped",
        "test_lacking": "missing",
        "test_named (linux)": "passed",
        "test_given_up": "failed",
        "test_set_up": "failed",
    }
    by_end = {case["title"].split("::")[-1]: case for case in cases}
    assert by_end["test_elsewhere"]["title"].startswith("[macos] ")
    assert by_end["test_lacking"]["message"] == "the language R (apt-get install r-base-core)"
    # What scripts/results.ts takes for something to install.
    assert by_end["test_set_up"]["message"].startswith("RuntimeError: missing: chromium")
    assert by_end["test_bad"]["message"].startswith("assert 1 == 2")
