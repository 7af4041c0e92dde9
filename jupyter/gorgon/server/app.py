"""The extension as Jupyter loads it: its settings (c.Gorgon), and the parts put together."""

from __future__ import annotations

import asyncio
import json
import os
import time
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool, Dict, Float, Integer, Unicode, validate

from .. import __version__
from .handlers import GuardHandler, LiveHandler, MetricsHandler, RecordsHandler, StateHandler
from .host import Host
from .metrics import Metrics
from .pages import Pages
from .records import Records
from .threads import Threads
from .watch import Watch

#: JUPYTER_VERSION of protocol/messages/jupyter.ts.
JUPYTER_VERSION = 1


class Gorgon(ExtensionApp):
    """Says in JupyterLab and Notebook what cells cost, how the machine is, and why a kernel died."""

    name = "gorgon"
    description = "What cells cost, how the machine is, and why a kernel died."
    load_other_extensions = True

    enabled = Bool(True, help="Off: nothing is watched, and pages are told so.").tag(config=True)
    prometheus = Bool(
        False, help="Serves <base_url>gorgon/metrics as OpenMetrics, to who is authenticated as for anything else here."
    ).tag(config=True)
    measure_kernels = Bool(
        False,
        help="Loads the package (%load_ext gorgon) into every Python kernel that this server starts with ipykernel; it must "
        "be installed in the kernel's environment.",
    ).tag(config=True)
    records_per_notebook = Integer(500, min=1, max=10_000, help="Records of cells that are kept of one notebook.").tag(
        config=True
    )
    notebooks = Integer(50, min=1, max=1000, help="Notebooks of which records are kept.").tag(config=True)
    records_bytes = Integer(64 << 20, min=1 << 20, help="Most memory for records, bytes.").tag(config=True)
    sample_seconds = Float(1.0, min=0.25, max=60, help="How often kernels are looked at while a page is seen.").tag(
        config=True
    )
    idle_seconds = Float(5.0, min=0.25, max=600, help="How often, while none is.").tag(config=True)
    thresholds = Dict(
        help="Other thresholds of the machine than Gorgon's own, where no worker judges it, e.g. "
        "{'cpu': {'warn': 0.7, 'crit': 0.9, 'for': 1200}}: shares, and seconds that they must stand. There are cpu, memory, "
        "swap, disk and pressure."
    ).tag(config=True)
    disk = Unicode("", help="A path whose disk is watched; by default the folder with the notebooks.").tag(config=True)

    @validate("thresholds")
    def _check_thresholds(self, proposal: Any) -> Any:
        from .host import check_thresholds

        check_thresholds(proposal["value"])
        return proposal["value"]

    # --- what pages are told ---

    def state_text(self) -> str:
        """JupyterState, as JSON."""
        return json.dumps(self._state(), separators=(",", ":"), allow_nan=False)

    def metrics_text(self) -> str | None:
        """None where they are not wanted."""
        return self._metrics.text(self.watch, self.host.view()) if self.prometheus and self.enabled else None

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = {"v": JUPYTER_VERSION, "version": __version__, "time": int(time.time() * 1000)}
        if not self.enabled:
            note = "Gorgon is switched off on this server: c.Gorgon.enabled = True switches it on."
            return {**state, "host": None, "kernels": [], "deaths": [], "notes": [note]}
        return {
            **state,
            "host": self.host.view(),
            "kernels": [one.state() for one in self.watch.kernels],
            "deaths": self.watch.deaths.within(),
            "notes": [*self.watch.notes, *self.host.notes],
        }

    # --- life ---

    def initialize_handlers(self) -> None:
        self.handlers.extend(
            [
                (r"gorgon/api/state", StateHandler),
                (r"gorgon/api/records", RecordsHandler),
                (r"gorgon/api/guard", GuardHandler),
                (r"gorgon/api/live", LiveHandler),
                (r"gorgon/metrics", MetricsHandler),
            ]
        )

    def initialize_settings(self) -> None:
        server = self.serverapp
        assert server is not None
        self._threads = Threads()
        self._metrics = Metrics(__version__)
        self.pages = Pages(lambda: f'{{"state":{self.state_text()}}}', self._seen)
        self.watch = Watch(
            server.kernel_manager,
            server.session_manager,
            self._threads,
            Records(self.records_per_notebook, self.notebooks, self.records_bytes),
            version=__version__,
            log=self.log,
            sample_s=self.sample_seconds,
            idle_s=self.idle_seconds,
            prepare=self._prepare_kernel,
        )
        self.host = Host(
            self._threads,
            disk=self.disk or os.path.expanduser(str(server.root_dir or "")) or os.getcwd(),
            thresholds=self.thresholds,
            kernels=lambda: self.watch.kernels,
            deaths=lambda: self.watch.deaths.within(300.0),
            changed=self.pages.changed,
            version=__version__,
        )
        self.watch.changed = self.pages.changed
        self.watch.tell = self.pages.tell
        self.watch.bell_now = self.host.bell
        if self.enabled:
            server.io_loop.add_callback(self._begin)

    def _begin(self) -> None:
        self.watch.start()
        self.host.start()

    def _seen(self) -> None:
        self.watch.watched = self.host.watched = self.pages.visible
        if self.enabled and self.pages.visible:
            self.watch.look_closer()
            self.host.look_closer()

    async def stop_extension(self) -> None:
        """The server ends: its kernels do because of that."""
        self.pages.close()
        if self.enabled:
            await asyncio.gather(self.watch.close(), self.host.close(), return_exceptions=True)
        self._threads.close()

    def _prepare_kernel(self, named: dict[str, Any]) -> None:
        """Adds what has the package loaded, to the start of a Python kernel by ipykernel; no other understands it."""
        server = self.serverapp
        if not self.measure_kernels or server is None:
            return
        try:
            name = named.get("kernel_name") or server.kernel_manager.default_kernel_name
            spec = server.kernel_spec_manager.get_kernel_spec(name)
        except Exception:  # noqa: BLE001 - the start itself says what is wrong
            return
        if spec.language.lower() == "python" and any("ipykernel" in word for word in spec.argv):
            load = "--InteractiveShellApp.extra_extensions=gorgon"
            named["extra_arguments"] = [*(named.get("extra_arguments") or []), load]
