"""Sees a Jupyter server's kernels begin, and who asks them to end: around three methods of its kernel manager."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Any

from jupyter_core.utils import ensure_async


class Hooks:
    """In place until `detach`. The manager may be any class: its own methods are called with what they were called with."""

    def __init__(
        self,
        manager: Any,
        prepare: Callable[[dict[str, Any]], Awaitable[None]],
        started: Callable[[str], None],
        leaving: Callable[[str], None],
    ) -> None:
        """prepare: changes the keyword arguments of a start."""
        self._manager = manager
        self._prepare = prepare
        self._started = started
        self._leaving = leaving
        self._own: dict[str, Any] = {}

    def attach(self) -> None:
        for name, make in (
            ("start_kernel", self._start),
            ("restart_kernel", self._asked),
            ("shutdown_kernel", self._asked),
        ):
            own = getattr(self._manager, name)
            hook = make(own)
            setattr(self._manager, name, hook)
            self._own[name] = hook

    def detach(self) -> None:
        """What somebody else put around ours stays, and so does ours in it."""
        for name, hook in self._own.items():
            if self._manager.__dict__.get(name) is hook:
                delattr(self._manager, name)
        self._own.clear()

    def _start(self, own: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        async def start_kernel(*arguments: Any, **named: Any) -> Any:
            if self._own:
                await self._prepare(named)
            kernel_id = await ensure_async(own(*arguments, **named))
            if self._own:
                self._started(kernel_id)
            return kernel_id

        return start_kernel

    def _asked(self, own: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        async def ask(kernel_id: str, *arguments: Any, **named: Any) -> Any:
            if self._own:
                self._leaving(kernel_id)
            return await ensure_async(own(kernel_id, *arguments, **named))

        return ask


def with_variable(named: dict[str, Any], variable: str, value: str) -> None:
    """The environment of a start with one more variable: what was given, or what the server has itself."""
    named["env"] = {**(named.get("env") or os.environ), variable: value}
