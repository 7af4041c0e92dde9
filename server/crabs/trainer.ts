/** The trainer: polls a training run when it has something to say, at the end of a batch or of an epoch. */
import type { Snapshot } from "../../protocol/reading.ts";
import type { Clock, Disposable } from "../host/host.ts";
import { silentLog, type Log } from "../host/log.ts";
import type { Rhopalium } from "../rhopalia/rhopalium.ts";
import type { Crab, CrabStats } from "./crab.ts";
import { CrabGuardian } from "./guardian.ts";
import type { PresetOptions } from "./sleeper.ts";

/** Milliseconds between two polls while the script says nothing: its silence grows, its end comes nearer. */
const IDLE_INTERVAL_MS = 30_000;
/** How often to look whether the file has grown, while a training runs and while none does. */
const LOOK_MS = 1000;
const IDLE_LOOK_MS = 5000;
/** A training that said nothing for so long is not waited for so closely any more. */
const IDLE_AFTER_MS = 60_000;

/** A sensor that knows cheaply whether there is something to read. */
export interface Growing extends Rhopalium {
  /** Never rejects. */
  changed(): Promise<boolean>;
}

/** What the trainer needs. */
export interface TrainerOptions extends Omit<PresetOptions, "sensors"> {
  readonly sensor: Growing;
}

/** A crab that the source's growth makes poll; in between it polls slowly like any other. */
export class CrabTrainer implements Crab {
  readonly #crab: CrabGuardian;
  readonly #sensor: Growing;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #off: (sensor: string) => boolean;
  #timer: Disposable | null = null;
  #looking: Promise<void> | null = null;
  #started = false;
  #grewAt = -Infinity;

  constructor({ sensor, ...options }: TrainerOptions) {
    this.#sensor = sensor;
    this.#clock = options.clock;
    this.#log = options.log ?? silentLog;
    this.#off = options.off ?? (() => false);
    this.#crab = new CrabGuardian({ name: "trainer", intervalMs: IDLE_INTERVAL_MS, ...options, sensors: [sensor] });
  }

  get name(): string {
    return this.#crab.name;
  }

  get intervalMs(): number {
    return this.#crab.intervalMs;
  }

  get metrics(): Crab["metrics"] {
    return this.#crab.metrics;
  }

  collectOnce(): Promise<Snapshot> {
    return this.#crab.collectOnce();
  }

  start(): void {
    this.#crab.start();
    if (this.#started) return;
    this.#started = true;
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#timer?.dispose();
    this.#timer = null;
    await this.#looking;
    await this.#crab.stop();
  }

  setInterval(intervalMs: number): void {
    this.#crab.setInterval(intervalMs);
  }

  getBuffer(): readonly Snapshot[] {
    return this.#crab.getBuffer();
  }

  onSnapshot(listener: (snapshot: Snapshot) => void): Disposable {
    return this.#crab.onSnapshot(listener);
  }

  stats(): CrabStats {
    return this.#crab.stats();
  }

  async dispose(): Promise<void> {
    await this.stop();
    await this.#crab.dispose();
  }

  #schedule(): void {
    if (!this.#started) return;
    const idle = this.#clock.monotonic() - this.#grewAt > IDLE_AFTER_MS;
    this.#timer = this.#clock.schedule(
      () => {
        this.#looking = this.#look().finally(() => {
          this.#looking = null;
          this.#schedule();
        });
      },
      idle ? IDLE_LOOK_MS : LOOK_MS,
    );
  }

  async #look(): Promise<void> {
    try {
      if (this.#off(this.#sensor.name) || !(await this.#sensor.changed()) || !this.#started) return;
      this.#grewAt = this.#clock.monotonic();
      await this.#crab.collectOnce();
    } catch (error) {
      this.#log.warn(`${this.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
