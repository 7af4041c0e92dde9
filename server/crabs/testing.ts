/** Sensors and crabs for the tests of the guardian. */
import type { Reading, Snapshot } from "../../protocol/reading.ts";
import type { ManualClock } from "../host/manual-clock.ts";
import type { Rhopalium } from "../rhopalia/rhopalium.ts";
import { CrabGuardian, type CrabOptions } from "./guardian.ts";

/** When every test begins. */
export const START = Date.UTC(2026, 0, 1);

/** A sensor with one gauge, `test.<name>`, that answers as told. */
export function sensor(name: string, read: (signal: AbortSignal) => unknown): Rhopalium & { disposed: boolean } {
  return {
    name,
    disposed: false,
    metrics: [{ name: `test.${name}`, unit: "1", kind: "gauge", description: "for tests" }],
    read: read as Rhopalium["read"],
    dispose() {
      this.disposed = true;
    },
  };
}

/** What `sensor` reads. */
export function reading(name: string, value: number): Reading {
  return { metric: `test.${name}`, attributes: {}, value };
}

/** A sensor that always reads 0.5. */
export const steady = (name: string) => sensor(name, () => [reading(name, 0.5)]);

/** A sensor that hangs. */
export const never = () => new Promise<never>(() => undefined);

/** A crab without jitter, every 2 s. */
export function crab(clock: ManualClock, sensors: readonly Rhopalium[], more: Partial<CrabOptions> = {}): CrabGuardian {
  return new CrabGuardian({ name: "local", node: "here", clock, sensors, intervalMs: 2000, jitter: 0, ...more });
}

/** Every snapshot from now on. */
export function watch(guardian: CrabGuardian): Snapshot[] {
  const seen: Snapshot[] = [];
  guardian.onSnapshot((snapshot) => seen.push(snapshot));
  return seen;
}

/** When snapshots came, seconds from the start. */
export const seconds = (snapshots: readonly Snapshot[]) => snapshots.map((snapshot) => (snapshot.time - START) / 1000);
