/** The one scheduler: polls its sensors at an interval, each under a deadline, never two polls at once. */
import { randomBytes } from "node:crypto";
import type { MetricInfo, Reading, SensorFailure, Snapshot } from "../../protocol/reading.ts";
import type { Clock, Disposable } from "../host/host.ts";
import { silentLog, type Log } from "../host/log.ts";
import { NoData, PartialFailure, type Rhopalium } from "../rhopalia/rhopalium.ts";
import { ownBeat, type Beat } from "./beat.ts";
import type { Crab, CrabStats } from "./crab.ts";
import { DeadlineExceeded, withDeadline } from "./deadline.ts";
import { checkReadings } from "./readings.ts";
import { Ring } from "./ring.ts";
import { earlyMs, nextMultiple, Turn } from "./turn.ts";

/** Milliseconds between two polls when nothing else is said. */
export const DEFAULT_INTERVAL_MS = 5000;
/** A sensor that takes longer than this is cut, however long the interval is. */
const MAX_DEADLINE_MS = 2000;
/** setTimeout's limit: a longer delay would fire at once. */
const MAX_INTERVAL_MS = 2 ** 31 - 1;
const DEFAULT_JITTER = 0.05;
const MAX_JITTER = 0.5;

/** What a crab needs. */
export interface CrabOptions {
  readonly name: string;
  /** The machine's name, for snapshots. */
  readonly node: string;
  readonly sensors: readonly Rhopalium[];
  readonly clock: Clock;
  readonly log?: Log;
  /** Milliseconds; 5,000 by default. */
  readonly intervalMs?: number;
  /** Milliseconds by sensor name, for those that are to be read less or more often than the others. */
  readonly sensorIntervalsMs?: Readonly<Record<string, number>>;
  /**
   * A poll begins up to this share of the interval after its moment, at random, so that many machines do not poll in
   * step. The moments themselves stay multiples of the interval: nothing adds up. 0 to 0.5, 0.05 by default.
   */
  readonly jitter?: number;
  /** Shared with other crabs, so that all poll at common multiples; its own beginning at each start by default. */
  readonly beat?: Beat;
  /** Milliseconds that a sensor may take; the interval, and at most 2,000, by default. */
  readonly deadlineMs?: number;
  /** Snapshots kept; 100 by default. */
  readonly bufferSize?: number;
  readonly tags?: readonly string[];
  /** Whether a sensor is switched off, by name; asked at every poll. None is by default. */
  readonly off?: (sensor: string) => boolean;
}

/** The crab was disposed; make a new one. */
export class CrabDisposed extends Error {
  override readonly name = "CrabDisposed";
  constructor(crab: string) {
    super(`Crab '${crab}' has been disposed and polls no more. Make a new one.`);
  }
}

/** What one sensor added to a poll. */
interface Outcome {
  readonly readings: readonly Reading[];
}

/** Owns sensors and polls them. */
export class CrabGuardian implements Crab {
  readonly name: string;
  readonly #node: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #jitter: number;
  readonly #fixedDeadlineMs: number | null;
  readonly #tags: readonly string[];
  readonly #off: (sensor: string) => boolean;
  readonly #buffer: Ring<Snapshot>;
  readonly #turns: readonly Turn[];
  readonly #listeners = new Set<(snapshot: Snapshot) => void>();
  readonly #boot: string;
  #metrics: Crab["metrics"] | null = null;
  #intervalMs: number;
  #sequence = 0;
  #polls = 0;
  #overruns = 0;
  #lastMs = 0;
  readonly #sharedBeat: Beat | null;
  /** What all due times are counted from. */
  #beat: Beat;
  #startedAt = -Infinity;
  #timer: Disposable | null = null;
  #started = false;
  #disposed = false;
  #running: Promise<Snapshot> | null = null;

  /** Throws RangeError for an interval, deadline, jitter or buffer size that cannot be. */
  constructor(options: CrabOptions) {
    const { name, node, sensors, clock } = options;
    this.name = name;
    this.#node = node;
    this.#clock = clock;
    this.#log = options.log ?? silentLog;
    this.#intervalMs = checkMilliseconds(`The interval of crab '${name}'`, options.intervalMs ?? DEFAULT_INTERVAL_MS);
    this.#fixedDeadlineMs =
      options.deadlineMs === undefined ? null : checkMilliseconds(`The deadline of crab '${name}'`, options.deadlineMs);
    this.#jitter = checkJitter(name, options.jitter ?? DEFAULT_JITTER);
    this.#buffer = new Ring(options.bufferSize ?? 100);
    this.#tags = options.tags ?? [];
    this.#off = options.off ?? (() => false);
    this.#sharedBeat = options.beat ?? null;
    this.#beat = this.#sharedBeat ?? ownBeat(clock.monotonic());
    const now = clock.monotonic();
    const own = new Map(Object.entries(options.sensorIntervalsMs ?? {}));
    for (const [sensor, intervalMs] of own) checkMilliseconds(`The interval of sensor '${sensor}'`, intervalMs);
    this.#turns = sensors.map((sensor) => new Turn(sensor, own.get(sensor.name) ?? null, this.#intervalMs, now));
    // The time tells restarts apart for people, the random part tells apart two in the same millisecond.
    this.#boot = `${clock.now().toString(36)}${randomBytes(3).toString("hex")}`;
  }

  get intervalMs(): number {
    return this.#intervalMs;
  }

  get metrics(): Crab["metrics"] {
    if (this.#metrics !== null) return this.#metrics;
    const found = new Map<string, { info: MetricInfo; sensor: string; intervalMs: number }>();
    for (const turn of this.#turns) {
      for (const info of turn.sensor.metrics) {
        if (found.has(info.name)) continue;
        found.set(info.name, { info, sensor: turn.sensor.name, intervalMs: turn.intervalMs });
      }
    }
    this.#metrics = found;
    return found;
  }

  collectOnce(): Promise<Snapshot> {
    if (this.#disposed) return Promise.reject(new CrabDisposed(this.name));
    return this.#running ?? this.#poll(this.#turns);
  }

  start(): void {
    if (this.#disposed) throw new CrabDisposed(this.name);
    if (this.#started) return;
    this.#started = true;
    const now = this.#clock.monotonic();
    if (this.#sharedBeat === null) this.#beat = ownBeat(now);
    this.#startedAt = now;
    for (const turn of this.#turns) if (!turn.failing) turn.reset(now);
    if (this.#running === null) this.#tick();
    else this.#schedule(now);
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#timer?.dispose();
    this.#timer = null;
    await this.#running;
  }

  setInterval(intervalMs: number): void {
    checkMilliseconds(`The interval of crab '${this.name}'`, intervalMs);
    this.#intervalMs = intervalMs;
    this.#metrics = null;
    const now = this.#clock.monotonic();
    for (const turn of this.#turns) turn.setCrabInterval(intervalMs, this.#beat.origin, now);
    if (this.#started) this.#schedule(now);
  }

  getBuffer(): readonly Snapshot[] {
    return this.#buffer.toArray();
  }

  onSnapshot(listener: (snapshot: Snapshot) => void): Disposable {
    // A wrapper of its own, so that one function subscribed twice is called and disposed twice.
    const own = (snapshot: Snapshot) => listener(snapshot);
    this.#listeners.add(own);
    return { dispose: () => this.#listeners.delete(own) };
  }

  stats(): CrabStats {
    return {
      polls: this.#polls,
      overruns: this.#overruns,
      lastMs: this.#lastMs,
      sensors: this.#turns.map((turn) => turn.health(this.name)),
    };
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.stop();
    this.#listeners.clear();
    for (const { sensor } of this.#turns) {
      try {
        sensor.dispose();
      } catch (error) {
        this.#log.warn(`${this.name}: sensor ${sensor.name} could not be disposed: ${reasonOf(error)}`);
      }
    }
  }

  #tick(): void {
    const now = this.#clock.monotonic();
    if (this.#running === null) {
      const due = this.#turns.filter((turn) => turn.dueAt <= now + earlyMs(turn.intervalMs));
      void this.#poll(due);
    } else {
      // What was due stays due, and is read at the next tick.
      this.#overruns += 1;
      this.#log.debug(`${this.name}: a poll was due while the one before still ran; it is left out`);
    }
    this.#schedule(now);
  }

  #schedule(now: number): void {
    this.#timer?.dispose();
    const { origin } = this.#beat;
    // A crab that joins a beat polls at once, and leaves out a moment that comes right after.
    const multiple = (intervalMs: number) =>
      nextMultiple(origin, intervalMs, Math.max(now, this.#startedAt + intervalMs / 2));
    let next = multiple(this.#intervalMs);
    for (const turn of this.#turns) {
      const ahead = turn.dueAt > now + earlyMs(turn.intervalMs) && turn.dueAt >= this.#startedAt + turn.intervalMs / 2;
      next = Math.min(next, ahead ? turn.dueAt : multiple(turn.intervalMs));
    }
    const jitterMs = this.#beat.jitterMs(next, this.#jitter * Math.min(this.#intervalMs, next - now));
    this.#timer = this.#clock.schedule(() => this.#tick(), next + jitterMs - now);
  }

  #poll(turns: readonly Turn[]): Promise<Snapshot> {
    const running = this.#run(turns).finally(() => {
      this.#running = null;
    });
    this.#running = running;
    return running;
  }

  async #run(turns: readonly Turn[]): Promise<Snapshot> {
    const time = this.#clock.now();
    const began = this.#clock.monotonic();
    const sequence = this.#sequence++;
    for (const turn of this.#turns) turn.off = this.#off(turn.sensor.name);
    // All are started before the first is waited for: a slow one delays nobody.
    const outcomes = await Promise.all(turns.map((turn) => this.#read(turn, began)));
    const ended = this.#clock.monotonic();
    const failures: SensorFailure[] = [];
    for (const turn of this.#turns) {
      const failure = turn.failure(ended, this.#clock.now());
      if (failure !== null) failures.push(failure);
    }
    const snapshot: Snapshot = {
      id: `${this.#node}/${this.name}/${this.#boot}-${String(sequence)}`,
      time,
      node: this.#node,
      crab: this.name,
      readings: outcomes.flatMap((outcome) => outcome.readings),
      failures,
      durationMs: ended - began,
      tags: this.#tags,
    };
    this.#polls += 1;
    this.#lastMs = snapshot.durationMs;
    this.#buffer.push(snapshot);
    for (const listener of [...this.#listeners]) {
      try {
        listener(snapshot);
      } catch (error) {
        this.#log.error(`${this.name}: a listener failed on snapshot ${snapshot.id}: ${reasonOf(error)}`);
      }
    }
    return snapshot;
  }

  async #read(turn: Turn, began: number): Promise<Outcome> {
    if (turn.hanging) return { readings: [] };
    if (turn.off) {
      turn.skipped(this.#beat.origin, began);
      return { readings: [] };
    }
    const { sensor } = turn;
    const readAt = this.#clock.monotonic();
    const took = () => this.#clock.monotonic() - readAt;
    const attempt = withDeadline<unknown>((signal) => sensor.read(signal), this.#deadlineMs, this.#clock);
    try {
      const checked = checkReadings(await attempt.result, sensor.metrics);
      if (checked.reason === "") this.#succeeded(turn, began, took());
      else this.#failed(turn, checked.reason, began, took(), checked.readings.length > 0 ? "partly" : "wholly");
      return checked;
    } catch (error) {
      if (error instanceof NoData) {
        turn.hasNothing(error.message, this.#beat.origin, began, took());
        return { readings: [] };
      }
      if (error instanceof PartialFailure) {
        const { readings, reason } = checkReadings(error.readings, sensor.metrics);
        this.#failed(turn, reason === "" ? error.message : `${error.message}; ${reason}`, began, took(), "partly");
        return { readings };
      }
      if (error instanceof DeadlineExceeded) {
        turn.hanging = true;
        void attempt.ended.then(() => {
          turn.hanging = false;
        });
      }
      this.#failed(turn, reasonOf(error), began, took());
      return { readings: [] };
    }
  }

  #succeeded(turn: Turn, began: number, tookMs: number): void {
    if (turn.failing) this.#log.info(`${this.name}: sensor ${turn.sensor.name} answers again`);
    turn.succeeded(this.#beat.origin, began, tookMs);
  }

  #failed(turn: Turn, reason: string, began: number, tookMs: number, extent: "wholly" | "partly" = "wholly"): void {
    const message = `${this.name}: sensor ${turn.sensor.name} failed: ${reason}`;
    // Once aloud; the repetitions are in the counts.
    if (turn.failing) this.#log.debug(message);
    else this.#log.warn(message);
    turn.failed(reason, this.#beat.origin, began, tookMs, extent);
  }

  get #deadlineMs(): number {
    return this.#fixedDeadlineMs ?? Math.min(this.#intervalMs, MAX_DEADLINE_MS);
  }
}

function checkMilliseconds(what: string, value: number): number {
  // The value may come from a caller without types.
  if (typeof value !== "number" || !(value > 0) || value > MAX_INTERVAL_MS) {
    throw new RangeError(
      `${what} cannot be ${String(value)} ms: give more than 0 and at most ${String(MAX_INTERVAL_MS)} ms.`,
    );
  }
  return value;
}

function checkJitter(crab: string, jitter: number): number {
  if (jitter >= 0 && jitter <= MAX_JITTER) return jitter;
  throw new RangeError(
    `The jitter of crab '${crab}' cannot be ${String(jitter)}: give a share of the interval from 0 to ${String(MAX_JITTER)}.`,
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error && error.message !== "" ? error.message : String(error);
}
