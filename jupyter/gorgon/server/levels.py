"""What values mean: thresholds that are left a little under where they were reached, and how long they must stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..record import LEVELS

#: Shares of a kernel's limit, and where a level that was reached is left again: as the worker's built-in rule has it.
WARN_SHARE = 0.8
CRIT_SHARE = 0.95
SHARE_SLACK = 0.05


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on a value is WARN or CRIT, and where that is left; None: it never is."""

    warn: float | None
    crit: float | None
    warn_clear: float | None = None
    crit_clear: float | None = None

    def level(self, value: float | None, before: str = "OK") -> str:
        """Thresholds are inclusive. `before`: the level of the value before."""
        if value is None or value != value:
            return "UNKNOWN"
        if self._reached(value, self.crit) or (before == "CRIT" and self._held(value, self.crit_clear)):
            return "CRIT"
        was = before in ("WARN", "CRIT") and self.warn is not None
        return "WARN" if self._reached(value, self.warn) or (was and self._held(value, self.warn_clear)) else "OK"

    @staticmethod
    def _reached(value: float, threshold: float | None) -> bool:
        return threshold is not None and value >= threshold

    @staticmethod
    def _held(value: float, clear: float | None) -> bool:
        return clear is not None and value > clear


#: Of a share of a memory limit.
OF_LIMIT = Thresholds(WARN_SHARE, CRIT_SHARE, WARN_SHARE - SHARE_SLACK, CRIT_SHARE - SHARE_SLACK)


class Standing:
    """A level that counts only once it has stood for so long, and goes on for a while after it ended. Times are seconds."""

    def __init__(self, thresholds: Thresholds, for_s: float = 0.0, keep_s: float = 0.0) -> None:
        self._thresholds = thresholds
        self._for_s = for_s
        self._keep_s = keep_s
        self._raw = "OK"
        self._since: dict[str, float] = {}
        self._bad_at = 0.0
        #: What counts.
        self.level = "UNKNOWN"

    def see(self, value: float | None, now: float) -> str:
        """The level that counts with that value, at that monotonic time."""
        raw = self._thresholds.level(value, self._raw)
        if raw == "UNKNOWN":
            self._since.clear()
            self._raw, self.level = "OK", raw
            return raw
        self._raw = raw
        for level in ("WARN", "CRIT"):
            if LEVELS.index(raw) >= LEVELS.index(level):
                self._since.setdefault(level, now)
            else:
                self._since.pop(level, None)
        stood = [level for level, since in self._since.items() if now - since >= self._for_s]
        counts = "CRIT" if "CRIT" in stood else "WARN" if "WARN" in stood else "OK"
        if counts != "OK":
            self._bad_at = now
        elif self.level in ("WARN", "CRIT") and now - self._bad_at < self._keep_s:
            counts = self.level
        self.level = counts
        return counts


def worst(levels: Iterable[str]) -> str:
    """UNKNOWN for none at all."""
    found = -1
    for level in levels:
        found = max(found, LEVELS.index(level))
    return "UNKNOWN" if found < 0 else LEVELS[found]
