"""A wheel is all that it takes: a Jupyter server that starts after its install has the extension, under any base URL."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
from pathlib import Path
from typing import Any

import pytest

from .conftest import FOLDER


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel; Jupyter comes from the environment of the tests."""
    folder = tmp_path_factory.mktemp("wheel")
    home, out = folder / "env", folder / "out"
    env = {**os.environ, "GORGON_SKIP_FRONT_END": "1"}
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(FOLDER)]
    subprocess.run(build, env=env, check=True, capture_output=True)
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.run([python, "-I", "-c", ask], check=True, capture_output=True, text=True).stdout.strip())
    (site / "jupyter.pth").write_text(sysconfig.get_path("purelib"))
    (wheel,) = out.glob("*.whl")
    install = [python, "-I", "-m", "pip", "install", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    return python


def fetch(url: str, token: str) -> Any:
    request = urllib.request.Request(url, headers={"Authorization": f"token {token}"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.loads(answer.read())


@pytest.mark.skipif(sys.platform == "win32", reason="[linux] ends a server by a signal")
# Jupyter closes nothing when it is interrupted without a terminal, which is how a JupyterHub ends it.
@pytest.mark.parametrize("end_by", [signal.SIGTERM, signal.SIGINT], ids=["ended", "interrupted"])
def test_a_server_finds_it_and_tidies_up(
    python: Path, tmp_path: Path, jp_runtime_dir: Path, end_by: signal.Signals
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    home = tmp_path / "home"
    home.mkdir()
    env = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTHON", "XDG"))}
    env.update(HOME=str(home), TMPDIR=str(jp_runtime_dir), JUPYTER_TOKEN=token)
    words = [
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        "--ServerApp.base_url=/user/ada/",
        f"--notebook-dir={home}",
    ]
    server = subprocess.Popen(
        [python, "-I", "-m", "jupyter_server", *words, "--Gorgon.prometheus=True"],
        env=env,
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(tmp_path / "log").open("w"),
    )
    try:
        end = time.monotonic() + 30
        state: Any = None
        while True:
            try:
                state = fetch(f"http://127.0.0.1:{port}/user/ada/gorgon/api/state", token)
                # Its door for kernels opens beside the rest.
                if state["host"] is not None and state["notes"] == []:
                    break
            except OSError:
                pass
            late = server.poll() is not None or time.monotonic() >= end
            assert not late, f"{state}\n{(tmp_path / 'log').read_text()[-3000:]}"
            time.sleep(0.1)
        assert state["v"] == 1
        files = list(jp_runtime_dir.rglob("server-*"))
        assert len(files) == 3
    finally:
        server.send_signal(end_by)
        server.wait(30)
    assert list(jp_runtime_dir.rglob("server-*")) == [], "nothing is left"
    children = subprocess.run(["pgrep", "-P", str(server.pid)], capture_output=True, text=True, check=False).stdout
    assert children == ""
