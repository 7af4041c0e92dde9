"""Keeps the records of cells by notebook, so that neither a reload nor a kernel's restart loses them. Bounded."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple


class _Kept(NamedTuple):
    id: str
    kernel: str
    #: Its JSON form, as it is sent.
    text: str


class Records:
    """The newest of each notebook. Where a kernel has no notebook, those of the kernel."""

    def __init__(self, per_notebook: int, notebooks: int, most_bytes: int) -> None:
        self._per_notebook = per_notebook
        self._notebooks = notebooks
        self._most_bytes = most_bytes
        self._bytes = 0
        #: By notebook, the one that ran last at the end.
        self._of: OrderedDict[str, OrderedDict[str, _Kept]] = OrderedDict()

    def __len__(self) -> int:
        return sum(len(kept) for kept in self._of.values())

    def add(self, kernel: str, path: str, record: Mapping[str, Any]) -> str | None:
        """Its JSON form; None where it is there already."""
        place = _place(kernel, path)
        kept = self._of.setdefault(place, OrderedDict())
        if record["id"] in kept:
            return None
        text = json.dumps(record, separators=(",", ":"), allow_nan=False)
        kept[record["id"]] = _Kept(record["id"], kernel, text)
        self._bytes += len(text)
        self._of.move_to_end(place)
        while len(kept) > self._per_notebook:
            self._bytes -= len(kept.popitem(last=False)[1].text)
        # Of all notebooks the one that did not run for longest goes, of a single one the oldest records.
        while len(self._of) > self._notebooks or (self._bytes > self._most_bytes and len(self._of) > 1):
            self._drop(next(iter(self._of)))
        while self._bytes > self._most_bytes and len(kept) > 1:
            self._bytes -= len(kept.popitem(last=False)[1].text)
        return text

    def move(self, kernel: str, before: str, after: str) -> None:
        """The notebook of a kernel is called otherwise now, or is known at last."""
        old = self._of.pop(_place(kernel, before), None)
        if old is None:
            return
        new = self._of.setdefault(_place(kernel, after), OrderedDict())
        for name, one in old.items():
            if name in new:
                self._bytes -= len(one.text)
            else:
                new[name] = one
        while len(new) > self._per_notebook:
            self._bytes -= len(new.popitem(last=False)[1].text)

    def read(self, kernel: str, path: str, since: str) -> str:
        """A JSON list, oldest first: of that kernel, and of those that ran the notebook at the path. since: a record's id."""
        found: dict[str, _Kept] = {}
        for place, kept in self._of.items():
            whole = bool(path) and place == _place("", path)
            found.update((name, one) for name, one in kept.items() if whole or one.kernel == kernel)
        texts = [one.text for one in found.values()]
        if since in found:
            texts = texts[list(found).index(since) + 1 :]
        return "[" + ",".join(texts) + "]"

    def _drop(self, place: str) -> None:
        for one in self._of.pop(place).values():
            self._bytes -= len(one.text)


def _place(kernel: str, path: str) -> str:
    return f"path {path}" if path else f"kernel {kernel}"
