/** Which crabs a worker has: its own, made anew each time it begins to sense, or those of the leader it follows. */
import type { Crab } from "./crabs/crab.ts";
import { commonBeat } from "./crabs/beat.ts";
import { CrabGuardian } from "./crabs/guardian.ts";
import { sleeper, type PresetOptions } from "./crabs/sleeper.ts";
import { CrabTrainer } from "./crabs/trainer.ts";
import { watchdog } from "./crabs/watchdog.ts";
import type { StackConfig } from "./config/config.ts";
import type { Host } from "./host/host.ts";
import type { Log } from "./host/log.ts";
import type { Hub } from "./octopus/hub.ts";
import { hostSensors, SLOW_SENSOR_INTERVALS_MS, slowSensors } from "./rhopalia/index.ts";
import type { Rhopalium } from "./rhopalia/rhopalium.ts";
import { runawaySensor } from "./rhopalia/runaway/index.ts";
import { SystemInformation } from "./rhopalia/systeminformation.ts";
import { trainingSensor } from "./rhopalia/training/index.ts";
import { epochNote, type Note } from "./rhopalia/training/note.ts";

/** The crab that every stack has. */
export const GUARDIAN = "guardian";

/** Off Linux every read asks a program of the system, some of them slow to start. */
const SLOW_DEADLINE_MS = 10_000;

/** What the worker's own crabs are made from. */
export interface OwnCrabsOptions {
  readonly host: Host;
  readonly log: Log;
  readonly nodeName: string;
  /** The configuration in force; asked at every reading. */
  readonly config: () => StackConfig;
  /** Sensors that outlive the crabs: their state is the worker's own. */
  readonly lasting: readonly Rhopalium[];
  readonly onNote: (note: Note) => void;
  /** Further crabs for the same clock and beat. */
  readonly others?: (shared: Omit<PresetOptions, "sensors">) => readonly Crab[];
}

/** A sensor that outlives the crabs it is lent to: a worker that follows, and has none, still says what it costs. */
function lent(sensor: Rhopalium): Rhopalium {
  return {
    name: sensor.name,
    metrics: sensor.metrics,
    read: (signal) => sensor.read(signal),
    dispose: () => undefined,
  };
}

/** Makes the crabs of a worker that senses by itself. All of them poll at common multiples. */
export class OwnCrabs {
  readonly #options: OwnCrabsOptions;
  readonly #shared: {
    node: string;
    clock: Host["clock"];
    log: Log;
    beat: ReturnType<typeof commonBeat>;
    off: (sensor: string) => boolean;
  };

  constructor(options: OwnCrabsOptions) {
    this.#options = options;
    const { host, log, nodeName, config } = options;
    const off = (sensor: string) => config().sensors.disabled.includes(sensor);
    this.#shared = { node: nodeName, clock: host.clock, log, beat: commonBeat(host.clock), off };
  }

  /** A fresh set: guardian, sleeper and, where a training script reports, trainer. */
  make(intervalMs: number): readonly Crab[] {
    const { host, log, config, lasting, onNote, others } = this.#options;
    const information = new SystemInformation(host);
    const crabs: Crab[] = [
      new CrabGuardian({
        ...this.#shared,
        name: GUARDIAN,
        sensors: [...hostSensors(host, null, information), ...lasting.map(lent)],
        intervalMs,
        ...(host.platform === "linux" ? {} : { deadlineMs: SLOW_DEADLINE_MS }),
      }),
      sleeper({
        ...this.#shared,
        sensors: slowSensors(host, { information, watches: () => config().watches, sql: () => config().sql }),
        sensorIntervalsMs: SLOW_SENSOR_INTERVALS_MS,
      }),
    ];
    const training = trainingSensor(host, (end) => {
      const note = epochNote(end, training?.path ?? "");
      log.info(note.text);
      onNote(note);
    });
    if (training !== null) crabs.push(new CrabTrainer({ ...this.#shared, sensor: training }));
    return [...crabs, ...(others?.(this.#shared) ?? [])];
  }

  /** The crab that looks at the worst processes while something is wrong. */
  watchdog(): Crab {
    return watchdog({
      ...this.#shared,
      sensors: [runawaySensor(this.#options.host)].filter((one) => one !== null),
    });
  }
}

/** Puts one set of crabs or the other into the hub. */
export class Senses {
  readonly #hub: Hub;
  readonly #wantedMs: () => number;
  readonly #crabs: OwnCrabs;
  #own = false;

  constructor(hub: Hub, wantedMs: () => number, crabs: OwnCrabs) {
    this.#hub = hub;
    this.#wantedMs = wantedMs;
    this.#crabs = crabs;
  }

  /** Whether this worker senses by itself. */
  get own(): boolean {
    return this.#own;
  }

  get guardian(): Crab | undefined {
    return this.#hub.list().find((crab) => crab.name === GUARDIAN);
  }

  begin(): void {
    if (this.#own) return;
    this.#own = true;
    this.#hub.replaceCrabs(this.#crabs.make(this.#wantedMs()));
  }

  borrow(crabs: readonly Crab[]): void {
    this.#own = false;
    this.#hub.replaceCrabs(crabs);
  }

  /** Polls at the interval that is wanted now; a worker that follows leaves that to the leader. */
  keepPace(): void {
    const crab = this.#own ? this.guardian : undefined;
    const wantedMs = this.#wantedMs();
    if (crab !== undefined && crab.intervalMs !== wantedMs) crab.setInterval(wantedMs);
  }

  /** For the watchdog: a worker that follows has the leader's, and neither adds nor removes one. */
  readonly kennel = {
    register: (crab: Crab): void => {
      if (this.#own) this.#hub.register(crab);
      else void crab.dispose();
    },
    unregister: (name: string): Promise<boolean> => (this.#own ? this.#hub.unregister(name) : Promise.resolve(false)),
  };
}
