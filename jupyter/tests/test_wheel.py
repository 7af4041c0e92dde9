"""The wheel: it builds, installs, loads, and leaves nothing behind."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

JUPYTER = Path(__file__).parent.parent


def run(*args: str | Path, cwd: Path) -> str:
    # A front end that is there is taken; none is built here.
    env = {**os.environ, "GORGON_SKIP_FRONT_END": "1"}
    done = subprocess.run([str(arg) for arg in args], cwd=cwd, env=env, capture_output=True, text=True, check=False)
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
    """Its files. pip leaves folders that it made for others' kinds of files, such as etc/jupyter."""
    return {file for file in folder.rglob("*") if "__pycache__" not in file.parts and not file.is_dir()}


def test_the_wheel_holds_the_package_and_what_jupyter_looks_for(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    data = {name.split(".data/data/", 1)[1] for name in found if ".data/data/" in name}
    assert "etc/jupyter/jupyter_server_config.d/gorgon.json" in data
    others = {name for name in data if not name.startswith("etc/")}
    assert all(name.startswith("share/jupyter/labextensions/gorgon-jupyter/") for name in others)
    built = (JUPYTER / "gorgon" / "labextension" / "package.json").exists()
    assert ("share/jupyter/labextensions/gorgon-jupyter/package.json" in data) == built
    names = {name for name in found if ".data/" not in name}
    package = {str(file.relative_to(JUPYTER)) for file in (JUPYTER / "gorgon").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == package
    assert names - package <= {"gorgon/py.typed"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The package's sources as they are in a clone, without a front end."""
    clone = tmp_path / "jupyter"
    ignored = shutil.ignore_patterns(
        ".venv*", "node_modules", "labextension", "tests", "__pycache__", "lib", "package.json"
    )
    shutil.copytree(JUPYTER, clone, ignore=ignored)
    return clone


def build(clone: Path, what: str, path: str) -> subprocess.CompletedProcess[str]:
    """Builds, with programs of that path alone."""
    env = {**os.environ, "PATH": path}
    env.pop("GORGON_SKIP_FRONT_END", None)
    command = [sys.executable, "-m", "build", what, "--no-isolation", "--outdir", str(clone.parent / "out"), str(clone)]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_without_node_the_build_says_what_to_do(clone: Path, tmp_path: Path) -> None:
    (clone / "package.json").write_text("{}")
    done = build(clone, "--wheel", str(tmp_path))
    assert done.returncode != 0
    assert "there is no npm: install Node.js" in done.stdout + done.stderr
    assert "GORGON_SKIP_FRONT_END=1" in done.stdout + done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="[linux] npm is a program of its own here")
def test_the_front_end_is_built_once_and_is_in_both_archives(clone: Path, tmp_path: Path) -> None:
    (clone / "package.json").write_text("{}")
    (clone / "install.json").write_text("{}")
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(
        "#!/bin/sh\necho $1 >> calls\ncase $1 in run) /bin/mkdir -p gorgon/labextension/static; "
        "echo '{}' > gorgon/labextension/package.json; echo 1 > gorgon/labextension/static/style.js;; esac\n"
    )
    npm.chmod(0o755)
    for what in ("--sdist", "--wheel"):
        done = build(clone, what, str(npm.parent))
        assert done.returncode == 0, done.stderr
    assert (clone / "calls").read_text() == "ci\nrun\n"
    (wheel,) = (tmp_path / "out").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    shared = "share/jupyter/labextensions/gorgon-jupyter"
    ends = (f"{shared}/package.json", f"{shared}/static/style.js", f"{shared}/install.json")
    assert all(any(name.endswith(end) for name in names) for end in ends)
    assert not any(name.startswith("gorgon/labextension") for name in names)
    (sdist,) = (tmp_path / "out").glob("*.tar.gz")
    with tarfile.open(sdist) as sources:
        assert any(name.endswith("gorgon/labextension/static/style.js") for name in sources.getnames())


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
