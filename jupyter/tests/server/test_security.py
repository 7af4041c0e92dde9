"""Who is not allowed is told nothing, and what is not trusted is not used."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.auth import Authorizer
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from gorgon import runtime
from gorgon.leader import Leader

from .conftest import Lab, until

PATHS = (("gorgon", "api", "state"), ("gorgon", "api", "records"), ("gorgon", "metrics"))


async def code_of(asking: Any) -> int:
    try:
        return int((await asking).code)
    except HTTPClientError as error:
        return int(error.code)


async def test_without_a_token_nothing_is_told(lab: Lab, jp_http_port: int, jp_base_url: str) -> None:
    nobody = {"headers": {"Authorization": ""}}
    for path in PATHS:
        assert await code_of(lab.fetch(*path, **nobody)) == 403, path
    body = json.dumps({"kernel": "x", "answer": "end"})
    assert await code_of(lab.fetch("gorgon", "api", "guard", method="POST", body=body, **nobody)) == 403
    with pytest.raises(HTTPClientError) as refused:
        await websocket_connect(f"ws://127.0.0.1:{jp_http_port}{jp_base_url}gorgon/api/live")
    assert refused.value.code == 403


async def cookies_of(serverapp: Any, url: str) -> str:
    """What a browser has after a login."""
    login = await AsyncHTTPClient().fetch(f"{url}api/status?token={serverapp.identity_provider.token}")
    cookies = "; ".join(one.split(";")[0] for one in login.headers.get_list("Set-Cookie"))
    assert cookies
    return cookies


@pytest.fixture
def url(jp_http_port: int, jp_base_url: str) -> str:
    return f"http://127.0.0.1:{jp_http_port}{jp_base_url}"


async def test_a_page_of_another_origin_is_refused(lab: Lab, jp_serverapp: Any, url: str) -> None:
    cookie = {"Cookie": await cookies_of(jp_serverapp, url)}
    live = url.replace("http:", "ws:") + "gorgon/api/live"
    own = await websocket_connect(HTTPRequest(live, headers=cookie))
    own.close()
    with pytest.raises(HTTPClientError) as refused:
        await websocket_connect(HTTPRequest(live, headers={**cookie, "Origin": "http://evil.example"}))
    assert refused.value.code == 403


async def test_everything_lies_below_the_base_url(
    lab: Lab, jp_base_url: str, jp_http_port: int, jp_auth_header: Any
) -> None:
    assert jp_base_url != "/"
    assert (await lab.state())["v"] == 1
    bare = AsyncHTTPClient().fetch(f"http://127.0.0.1:{jp_http_port}/gorgon/api/state", headers=jp_auth_header)
    assert await code_of(bare) == 404


class NoGuards(Authorizer):
    """Lets look, and not touch kernels."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return (action, resource) in (("read", "gorgon"), ("read", "kernels"))


async def test_an_authorizer_is_asked(lab: Lab, jp_serverapp: Any) -> None:
    jp_serverapp.web_app.settings["authorizer"] = NoGuards()
    assert (await lab.state())["v"] == 1
    body = json.dumps({"kernel": "x", "answer": "end"})
    assert await code_of(lab.fetch("gorgon", "api", "guard", method="POST", body=body)) == 403
    jp_serverapp.web_app.settings["authorizer"].is_authorized = lambda *_: False
    assert await code_of(lab.fetch("gorgon", "api", "state")) == 403
    with pytest.raises(HTTPClientError):
        await lab.ws_fetch("gorgon", "api", "live")


async def test_a_form_of_another_site_cannot_answer_a_guard(lab: Lab, jp_serverapp: Any, url: str) -> None:
    cookies = await cookies_of(jp_serverapp, url)
    body = json.dumps({"kernel": "x", "answer": "end"})
    asked = AsyncHTTPClient().fetch(f"{url}gorgon/api/guard", method="POST", body=body, headers={"Cookie": cookies})
    assert await code_of(asked) == 403


async def test_what_is_no_answer_to_a_guard_is_refused(lab: Lab) -> None:
    for body, code in (("[]", 400), ("{", 400), ('{"kernel":"x","answer":"rm"}', 400), ("x" * 5000, 413)):
        assert await code_of(lab.fetch("gorgon", "api", "guard", method="POST", body=body)) == code, body[:20]
    body = json.dumps({"kernel": "x", "answer": "end"})
    assert await code_of(lab.fetch("gorgon", "api", "guard", method="POST", body=body)) == 409


async def test_a_page_that_says_nonsense_is_closed(lab: Lab) -> None:
    for nonsense in ("[", "[]", '{"visible": "yes"}', "x" * 10_000):
        async with lab.page() as page:
            await until(lambda: page.states, "the state comes")
            page.socket.write_message(nonsense)
            await until(lambda: page.closed, f"it is closed after {nonsense[:20]}")


async def test_the_files_of_the_server_are_its_users_own_and_go_with_it(lab: Lab, gorgon: Any) -> None:
    await until(lambda: gorgon.watch.door.announcement, "it is announced")
    announcement = Path(gorgon.watch.door.announcement)
    door = json.loads(announcement.read_text())
    for file in (announcement, Path(door["socket"]), Path(door["token"])):
        found = file.lstat()
        assert stat.S_IMODE(found.st_mode) == 0o600 and found.st_uid == os.getuid(), file
    assert stat.S_IMODE(announcement.parent.stat().st_mode) == 0o700
    await gorgon.stop_extension()
    assert not list(announcement.parent.glob("server-*"))


async def test_the_files_stay_when_a_forked_child_exits(lab: Lab, gorgon: Any) -> None:
    await until(lambda: gorgon.watch.door.announcement, "it is announced")
    child = os.fork()
    if child == 0:
        gorgon.watch.door._at_exit()
        os._exit(0)
    os.waitpid(child, 0)
    assert len(list(Path(gorgon.watch.door.announcement).parent.glob("server-*"))) == 3


async def test_files_that_were_removed_are_made_anew(lab: Lab, gorgon: Any) -> None:
    await until(lambda: gorgon.watch.door.announcement, "it is announced")
    door = json.loads(Path(gorgon.watch.door.announcement).read_text())
    os.unlink(door["socket"])
    os.unlink(door["token"])
    await gorgon.watch.door.keep()
    kernel = await lab.start("nb.ipynb")
    assert await lab.measured(kernel)


HELLO = {
    "protocol": 1,
    "token": "",
    "role": "kernel",
    "kernel": {"pid": os.getpid(), "startedAt": 0, "language": "python", "host": "x"},
    "version": "1",
    "executable": "",
    "faults": "",
}


async def talk(gorgon: Any, *lines: bytes) -> bytes:
    """What the server's socket says to them, until it closes or says nothing more."""
    await until(lambda: gorgon.watch.door.announcement, "it is announced")
    path = json.loads(Path(gorgon.watch.door.announcement).read_text())["socket"]
    reader, writer = await asyncio.open_unix_connection(path)
    for line in lines:
        writer.write(line + b"\n")
    heard = b""
    try:
        while more := await asyncio.wait_for(reader.read(65_536), 2):
            heard += more
    except (asyncio.TimeoutError, ConnectionError):
        pass
    writer.close()
    return heard


def token_of(gorgon: Any) -> str:
    return Path(json.loads(Path(gorgon.watch.door.announcement).read_text())["token"]).read_text()


def hello(**changed: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "kernel/hello", "params": {**HELLO, **changed}}).encode()


async def test_who_does_not_greet_rightly_is_not_heard(lab: Lab, gorgon: Any) -> None:
    await until(lambda: gorgon.watch.door.announcement, "it is announced")
    token = token_of(gorgon)
    for line, words in (
        (hello(), b"the token is wrong"),
        (hello(token=token, protocol=7), b"Update the older one"),
        (hello(token=token), b"did not start that kernel"),
        (hello(token=token, role="root"), b"one of kernel, guard expected"),
        (hello(token=token, kernel={**HELLO["kernel"], "pid": -1}), b"positive number"),  # type: ignore[dict-item]
        (hello(token="\ud800" * 10), b"the token is wrong"),
        (b'{"id":1,"method":"kernel/cell/ended","params":{}}', b"a greeting was expected"),
        (b"[" * 100_000, b""),
        (b"x" * 600_000, b""),
        (b'{"id":1,"method":"kernel/hello","params":' + b"[" * 5000 + b"]" * 5000 + b"}", b""),
    ):
        heard = await talk(gorgon, line)
        assert words in heard and b'"result"' not in heard, line[:80]
    assert (await lab.state())["kernels"] == []


async def test_a_kernel_that_is_not_this_servers_is_refused(lab: Lab, gorgon: Any, tmp_path: Path) -> None:
    await until(lambda: gorgon.watch.door.announcement, "it is announced")
    leader = Leader(
        lambda: {name: HELLO[name] for name in HELLO if name != "token"}, place=gorgon.watch.door.announcement
    )

    async def refused() -> bool:
        leader.step(0.0) if leader.fileno() < 0 else leader.step(1e9)
        return "did not start that kernel" in leader.why

    await until(refused, "it is refused")
    leader.close()


async def test_an_announcement_of_another_user_is_not_trusted(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("[two-users] only root can give a file to another user")
    place = tmp_path / "server.json"
    place.write_text(json.dumps({"pid": 1, "socket": "/tmp/x", "token": "/tmp/y"}))
    place.chmod(0o600)
    os.chown(place, 65534, 65534)
    leader = Leader(lambda: {}, place=str(place), who="Jupyter server")
    leader.step(1e9)
    assert "belongs to another user" in leader.why and leader.fileno() == -1
    with pytest.raises(runtime.NotTrusted):
        runtime.read_announcement(str(place))
