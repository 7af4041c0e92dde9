/** Puts the rate policy in force: follows the window, the battery and the bell, and sets the crab's interval. */
import type { Attention } from "../../protocol/attention.ts";
import type { BellState } from "../../protocol/bell.ts";
import { worst, type Level } from "../../protocol/level.ts";
import type { PollRate } from "../../protocol/state.ts";
import type { Clock } from "../host/host.ts";
import { silentLog, type Log } from "../host/log.ts";
import type { Crab } from "./crab.ts";
import { rateOf } from "./rate.ts";

/** Full rate for so long after the last WARN or CRIT: what comes and goes must not change the rate each time. */
const AFTERMATH_MS = 60_000;
/**
 * What moves slowly is news for so long after its level changed. The aftermath comes on top: five minutes at the full
 * rate together.
 */
const NEWS_MS = 300_000 - AFTERMATH_MS;
/**
 * A rule's metric that begins with one of these can hardly change between two polls of the lowered rate (how full disks
 * and batteries are), or comes from a crab with a pace of its own (watches, queries, limits, trainings).
 */
const SLOW_METRICS = [
  "system.filesystem.",
  "system.uptime",
  "hw.battery.",
  "gorgon.limit.",
  "gorgon.sql.",
  "gorgon.training",
  "gorgon.watch.",
] as const;

/** A charger is plugged in rarely. */
const POWER_LOOK_MS = 30_000;

/**
 * The worst level for which polls must not become rarer: of a WARN or CRIT that can change quickly, or whose level is
 * news. OK when nothing calls for the full rate; a disk that has been at 92 % for hours does not.
 */
export function pressingLevel({ verdicts, time }: Pick<BellState, "verdicts" | "time">): Level {
  const pressing = verdicts.filter(
    ({ rule, level, since }) =>
      (level === "WARN" || level === "CRIT") &&
      (time - since < NEWS_MS || !SLOW_METRICS.some((prefix) => rule.metric.startsWith(prefix))),
  );
  return pressing.length === 0 ? "OK" : worst(pressing.map(({ level }) => level));
}

/** What the pace needs. */
export interface PaceOptions {
  readonly crab: Pick<Crab, "name" | "intervalMs" | "setInterval" | "collectOnce">;
  readonly clock: Clock;
  /** Whether the machine runs on battery; null: not known. Asked twice a minute at most. */
  readonly onBattery: () => boolean | null;
  readonly baseMs: number;
  readonly adaptive: boolean;
  readonly log?: Log;
}

/** Holds the conditions; each change is judged at once. */
export class Pace {
  readonly #crab: PaceOptions["crab"];
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #askPower: () => boolean | null;
  #baseMs: number;
  #adaptive: boolean;
  #attention: Attention | null = null;
  #seenUntil = -Infinity;
  #level: Level = "UNKNOWN";
  #troubledLevel: Level = "UNKNOWN";
  #troubledUntil = -Infinity;
  #onBattery: boolean | null = null;
  #powerAt = -Infinity;
  #rate: PollRate;

  constructor(options: PaceOptions) {
    this.#crab = options.crab;
    this.#clock = options.clock;
    this.#log = options.log ?? silentLog;
    this.#askPower = options.onBattery;
    this.#baseMs = options.baseMs;
    this.#adaptive = options.adaptive;
    this.#rate = this.#judge();
  }

  /** In force now. */
  get rate(): PollRate {
    return this.#rate;
  }

  /** The configuration changed. */
  configure(baseMs: number, adaptive: boolean): void {
    this.#baseMs = baseMs;
    this.#adaptive = adaptive;
    this.#apply();
  }

  /** The window was focused or left, the dashboard shown or hidden. */
  setAttention(attention: Attention): void {
    this.#attention = attention;
    this.#apply();
  }

  /** Somebody looks elsewhere than in the window, a page of Jupyter for instance: for so long from now on, milliseconds. */
  seenFor(ms: number): void {
    this.#seenUntil = this.#clock.monotonic() + ms;
    this.#apply();
  }

  /** To be called after every judgement of the bell, also when nothing changed: time passes and chargers go. */
  setBell(bell: Pick<BellState, "verdicts" | "time">): void {
    const level = pressingLevel(bell);
    this.#level = level;
    if (level === "WARN" || level === "CRIT") {
      this.#troubledLevel = level;
      this.#troubledUntil = this.#clock.monotonic() + AFTERMATH_MS;
    }
    this.#apply();
  }

  #judge(): PollRate {
    const now = this.#clock.monotonic();
    if (this.#adaptive && now - this.#powerAt >= POWER_LOOK_MS) {
      this.#powerAt = now;
      this.#onBattery = this.#askPower();
    }
    return rateOf({
      baseMs: this.#baseMs,
      adaptive: this.#adaptive,
      attention: now < this.#seenUntil ? null : this.#attention,
      onBattery: this.#onBattery,
      level: now < this.#troubledUntil ? this.#troubledLevel : this.#level,
    });
  }

  #apply(): void {
    this.#rate = this.#judge();
    const { intervalMs, reason } = this.#rate;
    if (intervalMs === this.#crab.intervalMs) return;
    const why = reason === "" ? "" : `: ${reason}`;
    this.#log.debug(`${this.#crab.name}: a poll every ${String(intervalMs / 1000)} s${why}`);
    this.#crab.setInterval(intervalMs);
    // At once: who comes back sees fresh numbers, and those kept meanwhile are known to be rarer, not late.
    this.#crab.collectOnce().catch(() => undefined); // a crab that was disposed polls no more
  }
}
