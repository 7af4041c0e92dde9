/** One sensor's turn in its crab: when it is due, how long it is left alone after failures, how it is doing. */
import type { SensorFailure } from "../../protocol/reading.ts";
import type { SensorHealth } from "../../protocol/state.ts";
import type { Rhopalium } from "../rhopalia/rhopalium.ts";

/** Back-off: the wait after a failure doubles from the sensor's interval up to this many intervals... */
const MAX_BACKOFF_INTERVALS = 32;
/** ...and to this time, whichever is less; but a sensor is never tried more often than its interval. */
const MAX_BACKOFF_MS = 60_000;
/** A reason is one line on a face. */
const MAX_REASON = 300;

/** Why a sensor is not read, with what reads it again. */
function switchedOff(sensor: string): string {
  return `switched off in settings: take ${sensor} out of gorgon.sensors.disabled to read it again`;
}

/** What is known of one sensor. Times are the clock's monotonic milliseconds. */
export class Turn {
  readonly sensor: Rhopalium;
  readonly #ownIntervalMs: number | null;
  #crabIntervalMs: number;
  #dueAt: number;
  #consecutive = 0;
  #failures = 0;
  #reason = "";
  #nothingHere = "";
  #lastMs = 0;
  /** Switched off by the user: not read, and neither well nor failing. */
  off = false;
  /** A read that passed its deadline and has not ended yet: the sensor is not started again before it does. */
  hanging = false;

  constructor(sensor: Rhopalium, ownIntervalMs: number | null, crabIntervalMs: number, now: number) {
    this.sensor = sensor;
    this.#ownIntervalMs = ownIntervalMs;
    this.#crabIntervalMs = crabIntervalMs;
    this.#dueAt = now;
  }

  get intervalMs(): number {
    return this.#ownIntervalMs ?? this.#crabIntervalMs;
  }

  get dueAt(): number {
    return this.#dueAt;
  }

  get failing(): boolean {
    return this.#consecutive > 0;
  }

  /** The crab's interval changed; a sensor with an interval of its own keeps it. */
  setCrabInterval(intervalMs: number, origin: number, now: number): void {
    this.#crabIntervalMs = intervalMs;
    if (this.#ownIntervalMs === null && !this.failing) this.#dueAt = nextMultiple(origin, intervalMs, now);
  }

  /** Due at once, as at the beginning. */
  reset(now: number): void {
    this.#dueAt = now;
  }

  succeeded(origin: number, now: number, tookMs: number): void {
    this.#consecutive = 0;
    this.#reason = "";
    this.#nothingHere = "";
    this.#lastMs = tookMs;
    this.#dueAt = nextMultiple(origin, this.intervalMs, now);
  }

  /** There is nothing to read on this machine: no failure, asked again at the slow rate. */
  hasNothing(message: string, origin: number, now: number, tookMs: number): void {
    this.succeeded(origin, now, tookMs);
    this.#nothingHere = message === "" ? "nothing to read here" : `nothing to read here: ${shorten(message)}`;
    this.#dueAt = nextMultiple(origin, this.intervalMs, now + this.#waitMs(Infinity) - this.intervalMs);
  }

  /** `partly`: what else the sensor reads is still wanted at its interval, so there is no back-off. */
  failed(reason: string, origin: number, now: number, tookMs: number, extent: "wholly" | "partly" = "wholly"): void {
    this.#consecutive += 1;
    this.#failures += 1;
    this.#reason = shorten(reason);
    this.#nothingHere = "";
    this.#lastMs = tookMs;
    const wait = extent === "partly" ? this.intervalMs : this.#waitMs(2 ** (this.#consecutive - 1));
    this.#dueAt = nextMultiple(origin, this.intervalMs, now + wait - this.intervalMs);
  }

  /** Not read, because the user does not want it; what went wrong before is forgotten. */
  skipped(origin: number, now: number): void {
    this.succeeded(origin, now, 0);
  }

  /** For the snapshot: why there is nothing of this sensor, or not all; null when there is. */
  failure(nowMonotonic: number, nowWall: number): SensorFailure | null {
    if (this.off)
      return { sensor: this.sensor.name, reason: switchedOff(this.sensor.name), consecutive: 0, retryAt: 0 };
    if (!this.failing) return null;
    const stuck = this.hanging ? "; that read still hangs, and the next begins when it ends" : "";
    return {
      sensor: this.sensor.name,
      reason: this.#reason + stuck,
      consecutive: this.#consecutive,
      retryAt: Math.round(nowWall + Math.max(0, this.#dueAt - nowMonotonic)),
    };
  }

  health(crab: string): SensorHealth {
    return {
      crab,
      sensor: this.sensor.name,
      ok: !this.failing,
      ...(this.off ? { off: true } : {}),
      reason: this.off ? switchedOff(this.sensor.name) : this.failing ? this.#reason : this.#nothingHere,
      intervalMs: this.intervalMs,
      lastMs: this.#lastMs,
      failures: this.#failures,
    };
  }

  #waitMs(intervals: number): number {
    const wait = this.intervalMs * Math.min(MAX_BACKOFF_INTERVALS, intervals);
    return Math.max(this.intervalMs, Math.min(MAX_BACKOFF_MS, wait));
  }
}

/**
 * The first multiple of the interval, counted from `origin`, after `now`. Timers may fire a moment early, so a
 * multiple that is all but reached counts as reached.
 */
export function nextMultiple(origin: number, intervalMs: number, now: number): number {
  const reached = now + earlyMs(intervalMs);
  return origin + (Math.floor((reached - origin) / intervalMs) + 1) * intervalMs;
}

/** How early a timer may fire and still count as on time. */
export function earlyMs(intervalMs: number): number {
  return Math.min(2, intervalMs / 4);
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > MAX_REASON ? `${line.slice(0, MAX_REASON - 1)}…` : line;
}
