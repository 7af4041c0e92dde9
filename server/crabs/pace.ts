/** Puts the rate policy in force: follows the window, the battery and the bell, and sets the crab's interval. */
import type { Attention } from "../../protocol/attention.ts";
import type { Level } from "../../protocol/level.ts";
import type { PollRate } from "../../protocol/state.ts";
import type { Clock } from "../host/host.ts";
import { silentLog, type Log } from "../host/log.ts";
import type { Crab } from "./crab.ts";
import { rateOf } from "./rate.ts";

/** Full rate for so long after the last WARN or CRIT: what comes and goes must not change the rate each time. */
const AFTERMATH_MS = 60_000;
/** A charger is plugged in rarely. */
const POWER_LOOK_MS = 30_000;

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

  /** To be called after every judgement of the bell, also when nothing changed: time passes and chargers go. */
  setLevel(level: Level): void {
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
      attention: this.#attention,
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
