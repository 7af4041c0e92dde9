/** The watchdog: looks at the worst processes twice a second, and only while something is wrong. */
import type { BellState } from "../../protocol/bell.ts";
import type { Clock, Disposable } from "../host/host.ts";
import { silentLog, type Log } from "../host/log.ts";
import type { Crab } from "./crab.ts";
import { CrabGuardian } from "./guardian.ts";
import type { PresetOptions } from "./sleeper.ts";

/** Milliseconds between two polls. */
export const WATCHDOG_INTERVAL_MS = 500;
/** It stays for so long after the last WARN or CRIT: what comes back at once is the same trouble. */
const STAYS_MS = 30_000;
/** The rules whose trouble a process can be the cause of. */
const GUARDED: ReadonlySet<string> = new Set(["cpu", "memory"]);

/** Makes the crab for the worst processes. It is meant to live for the length of one trouble. */
export function watchdog(options: PresetOptions): CrabGuardian {
  return new CrabGuardian({ name: "watchdog", intervalMs: WATCHDOG_INTERVAL_MS, ...options });
}

/** Whether the bell says WARN or CRIT for something that a process can be the cause of. */
export function troubled(bell: Pick<BellState, "verdicts">): boolean {
  return bell.verdicts.some(({ rule, level }) => GUARDED.has(rule.id) && (level === "WARN" || level === "CRIT"));
}

/** Where a crab is put to work and taken from it; the hub is one. */
export interface Kennel {
  register(crab: Crab): void;
  unregister(name: string): Promise<boolean>;
}

/** What the call-out needs. */
export interface CallOutOptions {
  readonly kennel: Kennel;
  /** Makes a fresh crab: one that was taken from work is disposed. */
  readonly make: () => Crab;
  readonly clock: Clock;
  readonly log?: Log;
  /** How long the crab stays after the last call, milliseconds; 30,000 by default. */
  readonly staysMs?: number;
}

/** Calls a crab out while it is needed, and home again some time after it was needed last. */
export class CallOut {
  readonly #options: CallOutOptions;
  readonly #log: Log;
  #crab: Crab | null = null;
  #timer: Disposable | null = null;
  #closed = false;

  constructor(options: CallOutOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
  }

  /** Whether the crab is at work. */
  get out(): boolean {
    return this.#crab !== null;
  }

  /** It is needed now. Calling again keeps it at work for longer. */
  call(): void {
    if (this.#closed) return;
    const { kennel, make, clock, staysMs = STAYS_MS } = this.#options;
    this.#timer?.dispose();
    this.#timer = clock.schedule(() => this.#home(), staysMs, { unref: true });
    if (this.#crab !== null) return;
    const crab = make();
    this.#crab = crab;
    this.#log.debug(`${crab.name}: called out`);
    kennel.register(crab);
  }

  /** Never calls again. A crab at work is left to its kennel. */
  dispose(): void {
    this.#closed = true;
    this.#timer?.dispose();
  }

  #home(): void {
    const crab = this.#crab;
    this.#crab = null;
    if (crab === null) return;
    this.#log.debug(`${crab.name}: called home`);
    this.#options.kennel.unregister(crab.name).catch((error: unknown) => {
      this.#log.warn(
        `${crab.name} could not be called home: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
  }
}
