"""Decides when a kernel's memory is near its limit, when its cell is interrupted and when it is frozen. It only decides."""

from __future__ import annotations

from collections import deque

WATCHING, NEAR, INTERRUPTED, FROZEN = "watching", "near", "interrupted", "frozen"

#: From this share of the limit on it is near.
NEAR_SHARE = 0.85
#: Growth that reaches the limit within so long is near, too; past TRIP_SHARE of the limit the cell is interrupted then.
HORIZON_S = 2.0
TRIP_SHARE = 0.9
#: Growth that reaches the limit within so long leaves no more time, wherever it is: the grace and a look.
LAST_S = 0.12
#: What is left to the interrupt before the kernel is frozen.
GRACE_S = 0.1
#: After so long without growth an interrupted kernel may be interrupted again.
SETTLED_S = 3.0
#: So much is used by the error message itself, bytes: it is no growth of the cell.
LAST_WORDS = 16 << 20
#: Interrupted so often without falling below the limit, it is frozen at once: it creeps.
MOST_STRIKES = 2
#: After "continue": so much more may be used before it is frozen again, and not less than MORE_BYTES.
MORE = 1.1
MORE_BYTES = 64 << 20
#: Growth is taken over so long.
RATE_S = 0.1
#: After an interrupt: what grew before it does not count.
RECENT_S = 0.05
#: Slower growth is noise, bytes a second; for large limits, so much of the limit.
LEAST_RATE = 20 << 20
LEAST_SHARE = 0.02

#: Seconds between two looks near the limit (100 a second), and far from it.
FAST_S = 0.01
SLOW_S = 0.5
#: One core fills about so much memory in a second: far from the limit a look comes before half of the way is gone.
_FILLS = 4 << 30


class Judge:
    """`see` each look; it says what to do. Times are monotonic seconds, memory is bytes."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.phase = WATCHING
        self.reason = "Memory is far from the limit."
        self.tree = 0
        #: What may be used now: the limit, or more after the user said so.
        self.allowed = limit
        self._looks: deque[tuple[float, int]] = deque(maxlen=64)
        self._interrupted_at = 0.0
        self._grew_at = 0.0
        self._base: int | None = None
        self._asked = False
        self._strikes = 0

    def rate(self, over_s: float = RATE_S) -> float:
        """Growth over so long (or the last two looks), bytes a second; 0 when it is none, noise, or not known."""
        if len(self._looks) < 2:
            return 0.0
        now, tree = self._looks[-1]
        older = [one for one in self._looks if now - one[0] >= over_s]
        at, before = older[-1] if older else self._looks[0]
        # Two looks that are close together see the steps in which memory is handed out.
        rate = (tree - before) / (now - at) if now - at >= FAST_S * 2 else 0.0
        return rate if rate >= max(LEAST_RATE, self.limit * LEAST_SHARE) else 0.0

    def set_limit(self, limit: int, tree: int) -> None:
        """The user chose another one, while so much is used."""
        self.limit = self.allowed = limit
        self._strikes = 0
        self._looks.clear()
        if self.phase != FROZEN:
            self._become(WATCHING, "The limit was changed.")
            self.start(tree)

    def close(self, now: float, tree: int) -> bool:
        """Whether that look is near enough to what may be used, or to its growth, that it is to be known exactly."""
        self._looks.append((now, tree))
        rate = self.rate()
        self._looks.pop()
        return tree >= self.allowed * NEAR_SHARE or tree + rate * HORIZON_S >= self.allowed

    def start(self, tree: int) -> None:
        """The first look: what is there already is not what a cell does."""
        self.tree = tree
        if tree >= self.limit:
            self.allowed = more_than(tree)

    def see(self, now: float, tree: int) -> str:
        """`interrupt`, `freeze`, or empty."""
        self.tree = tree
        self._looks.append((now, tree))
        if self.phase == FROZEN:
            return ""
        if tree < self.limit:
            self.allowed, self._strikes = self.limit, 0
        if self.phase == INTERRUPTED:
            return self._after_interrupt(now, tree)
        rate = self.rate()
        if self._trips(tree, rate):
            if self._strikes >= MOST_STRIKES:
                return self._freeze(rate, f"it was interrupted {self._strikes} times")
            self._strikes += 1
            self._interrupted_at = self._grew_at = now
            self._base = None
            self._become(INTERRUPTED, f"Memory {self._words(rate)}, so the cell was interrupted.")
            return "interrupt"
        if tree >= self.allowed * NEAR_SHARE or tree + rate * HORIZON_S >= self.allowed:
            self._become(NEAR, f"Memory {self._words(rate)}.")
        else:
            self._become(WATCHING, "Memory is far from the limit.")
        return ""

    def spare(self) -> None:
        """The interrupt was not sent: no cell runs that would see it. What grows on is frozen all the same."""
        self.reason = f"Memory {self._words(self.rate())}, and no cell runs that could be interrupted."

    def pause(self) -> float:
        """Seconds until the next look."""
        if self.phase == FROZEN:
            return 0.2
        rate = self.rate()
        if self.phase == INTERRUPTED or (rate > 0 and self.tree + rate * HORIZON_S >= self.allowed):
            return FAST_S
        if self.tree >= self.allowed * NEAR_SHARE:
            return FAST_S * 2
        return min(SLOW_S, max(FAST_S * 2, (self.allowed - self.tree) / _FILLS / 2))

    def resume(self, answer: str) -> None:
        """The user answered, or somebody else let the kernel go on."""
        self._looks.clear()
        if answer == "interrupt":
            # Frozen again after the same grace, should it grow on.
            self._asked = True
            self._interrupted_at = self._grew_at = -1.0
            self._base = None
            self._become(INTERRUPTED, "You asked the cell to stop.")
            return
        self.allowed = max(self.limit, more_than(self.tree))
        self._become(NEAR, f"You let it go on, up to {size(self.allowed)}.")

    def _trips(self, tree: int, rate: float) -> bool:
        if tree >= self.allowed or (rate > 0 and tree + rate * LAST_S >= self.allowed):
            return True
        return rate > 0 and tree >= self.allowed * TRIP_SHARE and tree + rate * HORIZON_S >= self.allowed

    def _after_interrupt(self, now: float, tree: int) -> str:
        if self._interrupted_at < 0:
            self._interrupted_at = self._grew_at = now
        if now - self._interrupted_at < GRACE_S:
            return ""
        if self._base is None:
            self._base = tree
        rate = self.rate(RECENT_S)
        if rate > 0:
            self._grew_at = now
        self._base = min(self._base, tree)
        grew = tree - self._base >= LAST_WORDS
        # Far from the limit there is time to see whether it hears.
        if (rate > 0 or grew) and (tree >= self.allowed * TRIP_SHARE or tree + rate * LAST_S >= self.allowed):
            return self._freeze(rate, "you asked it to stop" if self._asked else "it was interrupted")
        if tree < self.allowed * NEAR_SHARE or now - self._grew_at >= SETTLED_S:
            self._asked = False
            if tree >= self.allowed:
                # It stays there: what counts from now on is further growth.
                self.allowed = tree + LAST_WORDS
            self._become(NEAR if tree >= self.allowed * NEAR_SHARE else WATCHING, "The cell stopped growing.")
        return ""

    def _freeze(self, rate: float, tried: str) -> str:
        words = f"Memory {self._words(rate)}, and grew on after {tried}: the kernel is frozen until you decide."
        self._become(FROZEN, words)
        self._asked, self._strikes = False, 0
        return "freeze"

    def _become(self, phase: str, reason: str) -> None:
        if phase != self.phase:
            self.phase, self.reason = phase, reason

    def _words(self, rate: float) -> str:
        now = f"is {size(self.tree)} of the {size(self.limit)} limit"
        return f"{now} and grows by {size(rate)}/s" if rate > 0 else now


def more_than(tree: int) -> int:
    """What may be used after the user accepted so much."""
    return max(int(tree * MORE), tree + MORE_BYTES)


def size(count: float) -> str:
    """E.g. `1.25 GiB`: three significant digits."""
    units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    value, at = float(count), 0
    # 999.5 KiB would be written 1000 KiB: the next unit is shorter.
    while abs(value) >= 999.5 and at < len(units) - 1:
        value, at = value / 1024, at + 1
    digits = 0 if at == 0 or abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f} {units[at]}"
