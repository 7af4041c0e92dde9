"""Puts the parts together when the extension is loaded, and takes them apart again."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .session import Session


class _Loaded:
    """One shell's session, and how its parts are ended."""

    def __init__(self, shell: InteractiveShell, session: Session) -> None:
        self.shell = shell
        self.session = session
        self.endings: list[Callable[[], object]] = []
        self.active = False


# The one thing that must outlive `%reload_ext`, which runs the package's own module anew but not this one.
_loaded: _Loaded | None = None


def load(shell: InteractiveShell) -> None:
    """A second load of the same shell changes nothing; another shell takes over."""
    global _loaded
    if _loaded is not None and _loaded.active:
        if _loaded.shell is shell:
            return
        unload(_loaded.shell)
    if _loaded is None or _loaded.shell is not shell:
        from .config import Config
        from .session import Session

        _loaded = _Loaded(shell, Session(shell, Config()))
    loaded = _loaded
    loaded.active = True
    session = loaded.session
    session.start()
    _add(loaded, "link", lambda module: _link(module, session))
    _add(loaded, "link", lambda module: _server_link(module, session))
    _add(loaded, "magics", lambda module: _register(module, shell, session))
    _add(loaded, "comm", lambda module: _register(module, session))
    _add(loaded, "log", lambda module: module.start(session))


def unload(shell: InteractiveShell) -> None:
    loaded = _loaded
    if loaded is None or not loaded.active or loaded.shell is not shell:
        return
    loaded.active = False
    while loaded.endings:
        ending = loaded.endings.pop()
        try:
            ending()
        except Exception as error:  # noqa: BLE001 - one part that fails leaves the others as they are
            loaded.session.failed("unload", error)
    loaded.session.stop()


def session() -> Session | None:
    return _loaded.session if _loaded is not None and _loaded.active else None


def _add(loaded: _Loaded, name: str, begin: Callable[[Any], Callable[[], object] | None]) -> None:
    """Begins one part. One that is missing or fails leaves the others as they are."""
    try:
        ending = begin(importlib.import_module(f".{name}", __package__))
    except Exception as error:  # noqa: BLE001 - one part that fails leaves the others as they are
        loaded.session.failed(name, error)
        return
    if ending is not None:
        loaded.endings.append(ending)


def _link(module: Any, session: Session) -> Callable[[], object]:
    link = module.Link(session)
    session.link = link
    link.start()
    stop: Callable[[], object] = link.stop
    return stop


def _server_link(module: Any, session: Session) -> Callable[[], object] | None:
    """Beside the worker's: to the Jupyter server that started this kernel, where its extension says that it listens."""
    from .runtime import server_announcement

    place = server_announcement()
    if not place:
        return None
    link = module.Link(session, place, "Jupyter server", session.link)
    session.server_link = link
    link.start()
    stop: Callable[[], object] = link.stop
    return stop


def _register(module: Any, *arguments: object) -> Callable[[], object] | None:
    """What register() gives back, or a function `unregister` of the module, ends the part."""
    ending = module.register(*arguments)
    if callable(ending):
        return ending  # type: ignore[no-any-return]
    undo = getattr(module, "unregister", None)
    return (lambda: undo(*arguments)) if callable(undo) else None
