"""The wheel: it builds, installs, loads, and leaves nothing behind."""

import json
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

JUPYTER = Path(__file__).parent.parent


def run(*args: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(arg) for arg in args], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{args}: {done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with what is installed here: without a network."""
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, JUPYTER, cwd=out)
    (file,) = out.glob("*.whl")
    return file


def listing(folder: Path) -> set[Path]:
    return {file for file in folder.rglob("*") if "__pycache__" not in file.parts}


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = {str(file.relative_to(JUPYTER)) for file in (JUPYTER / "gorgon").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == package
    assert names - package <= {"gorgon/py.typed"}


def test_a_fresh_environment_installs_loads_and_uninstalls_it(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "env"
    venv.create(home, with_pip=True)
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    site = Path(run(python, "-I", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip())
    # IPython comes from the environment of the tests; the package from the wheel alone.
    (site / "ipython.pth").write_text(sysconfig.get_path("purelib"))
    before = listing(home)
    run(python, "-I", "-m", "pip", "install", "--no-index", "--no-deps", wheel, cwd=tmp_path)
    code = "%load_ext gorgon\nimport gorgon, json\nprint(json.dumps([gorgon.__version__, gorgon.__file__]))"
    script = tmp_path / "load.ipy"
    script.write_text(code)
    said = run(python, "-I", "-m", "IPython", "--no-banner", "--quick", "--colors=NoColor", script, cwd=tmp_path)
    version, file = json.loads(said.strip().splitlines()[-1])
    assert len(said.strip().splitlines()) == 1, "loading is silent"
    assert Path(file).is_relative_to(site)
    assert version == json.loads((JUPYTER.parent / "package.json").read_text())["version"]
    assert f"-{version}-" in wheel.name
    run(python, "-I", "-m", "pip", "uninstall", "--yes", "gorgon-jupyter", cwd=tmp_path)
    assert listing(home) == before
