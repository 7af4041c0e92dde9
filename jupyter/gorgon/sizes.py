"""Reads sizes and shares as people write them: `12GiB`, `500M`, `80%`."""

from __future__ import annotations

import re

_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_SIZE = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(?:([kmgtp])(i?b)?|b)?", re.IGNORECASE)
_SHARE = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(%?)")

#: A number without a unit below this is not meant as bytes.
_LEAST_BARE = 1 << 20


class BadSize(ValueError):
    """Not a size. Its message is for people and says how one is written."""


def parse_size(text: str, whole: int | None = None) -> int:
    """Bytes. `12G` and `12GiB` are binary, `12GB` decimal; `80%` is of `whole`. Raises BadSize."""
    wanted = _unquoted(text)
    if wanted.endswith("%"):
        share = parse_share(wanted)
        if whole is None:
            raise BadSize(f"{_shown(text)}: of what is not known here; write a size, for example 12GiB.")
        return int(whole * share)
    found = _SIZE.fullmatch(wanted)
    if found is None:
        raise BadSize(f"{_shown(text)} is no size: write it like 12GiB, 500MiB or 80%.")
    number, letter, tail = found[1], (found[2] or "").lower(), (found[3] or "").lower()
    base = 1000 if tail == "b" else 1024
    # Ten digits are more than any machine has in TiB, and a float keeps them.
    if len(number) > 20:
        raise BadSize(f"{_shown(text)} is more than any machine has.")
    size = int(float(number) * base ** _POWERS[letter])
    if size >= 1 << 60:
        raise BadSize(f"{_shown(text)} is more than any machine has.")
    if letter == "" and not wanted.lower().endswith("b") and size < _LEAST_BARE:
        raise BadSize(f"{_shown(text)} has no unit: write it like 12GiB, 500MiB or 80%.")
    if size <= 0:
        raise BadSize(f"{_shown(text)} is no size: it must be more than nothing.")
    return size


def parse_share(text: str) -> float:
    """A share 0..1 from `80%` or `0.8`. Raises BadSize."""
    found = _SHARE.fullmatch(_unquoted(text))
    share = -1.0 if found is None or len(found[1]) > 20 else float(found[1]) / (100 if found[2] else 1)
    if not 0 < share <= 1:
        raise BadSize(f"{_shown(text)} is no share: write it like 80% or 0.8.")
    return share


def _unquoted(text: str) -> str:
    return text.strip().strip("'\"").strip()


def _shown(text: str) -> str:
    from .display import plain

    return plain(_unquoted(text), 40) or "Nothing"
