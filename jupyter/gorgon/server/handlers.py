"""What pages ask the server, and what it tells them: protocol/messages/jupyter.ts. All of it authenticated and authorized."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized, ws_authenticated
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado import web
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from . import wire

if TYPE_CHECKING:
    from .app import Gorgon

#: What an authorizer is asked about.
RESOURCE = "gorgon"
_MAX_BODY = 4096


class _Handler(ExtensionHandlerMixin, APIHandler):
    auth_resource = RESOURCE
    #: What asks again and again does not keep an idle server from being culled.
    _track_activity = False

    @property
    def gorgon(self) -> Gorgon:
        app: Gorgon = self.extensionapp
        return app


class StateHandler(_Handler):
    """GET state."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        await self.gorgon.watch.refresh()
        self.finish(self.gorgon.state_text())


class RecordsHandler(_Handler):
    """GET records."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        kernel, path, since = (self.get_query_argument(name, "") for name in ("kernel", "path", "since"))
        watch = self.gorgon.watch
        await watch.refresh()
        self.finish(f'{{"records":{watch.records.read(kernel, path, since)}}}')


class GuardHandler(_Handler):
    """POST guard: it can interrupt or end a kernel, so who may not do that may not do this."""

    @web.authenticated
    @authorized("execute", resource="kernels")
    async def post(self) -> None:
        if len(self.request.body) > _MAX_BODY:
            raise web.HTTPError(413, "That is no answer to a guard.")
        try:
            asked = json.loads(self.request.body)
        except (ValueError, RecursionError) as error:
            raise web.HTTPError(400, "JSON expected") from error
        kernel = asked.get("kernel") if isinstance(asked, dict) else None
        answer = asked.get("answer") if isinstance(asked, dict) else None
        if not isinstance(kernel, str) or answer not in wire.GUARD_ANSWERS:
            raise web.HTTPError(400, f"kernel and answer ({', '.join(wire.GUARD_ANSWERS)}) expected")
        why = await self.gorgon.watch.answer_guard(kernel, answer)
        if why:
            self.set_status(409)
        self.finish(json.dumps({"message": why} if why else {}))


class MetricsHandler(_Handler):
    """GET metrics: OpenMetrics, where it is switched on."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        text = self.gorgon.metrics_text()
        if text is None:
            raise web.HTTPError(404, "Gorgon.prometheus is off")
        self.finish(text, set_content_type="application/openmetrics-text; version=1.0.0; charset=utf-8")


class LiveHandler(ExtensionHandlerMixin, WebSocketMixin, WebSocketHandler, JupyterHandler):
    """WebSocket live."""

    auth_resource = RESOURCE

    def initialize(self, name: str, **named: Any) -> None:
        super().initialize(name, **named)
        self.visible = True
        self.waiting = 0

    @property
    def max_message_size(self) -> int:
        """What a page says is short."""
        return 4096

    @ws_authenticated
    async def get(self, *arguments: Any, **named: Any) -> None:
        allowed = await ensure_async(self.authorizer.is_authorized(self, self.current_user, "read", RESOURCE))
        if not allowed:
            raise web.HTTPError(403)
        await super().get(*arguments, **named)

    def open(self, *arguments: Any, **named: Any) -> None:
        super().open(*arguments, **named)
        app: Gorgon = self.extensionapp
        self._pages = app.pages
        if not self._pages.add(self):
            self.close(1013, "too many pages")

    def on_message(self, message: str | bytes) -> None:
        try:
            said = json.loads(message)
        except (ValueError, RecursionError):
            said = None
        visible = said.get("visible") if isinstance(said, dict) else None
        if not isinstance(visible, bool):
            self.close(1003, "not understood")
            return
        self._pages.show(self, visible)

    def on_close(self) -> None:
        self._pages.remove(self)
        super().on_close()

    def tell(self, text: str) -> None:
        try:
            sent = self.write_message(text)
        except WebSocketClosedError:
            return
        self.waiting += 1
        sent.add_done_callback(self._sent)

    def _sent(self, future: Any) -> None:
        self.waiting -= 1
        # Looked at, so that nobody logs it: the page has gone.
        future.exception()

    def cut(self) -> None:
        self.close(1001, "the server ends it")
