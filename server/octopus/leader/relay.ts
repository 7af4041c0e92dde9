/** A crab whose sensors are in the leading worker: what the leader reads comes out here as if it had been read here. */
import type { Attributes, Reading, SensorFailure, Snapshot } from "../../../protocol/reading.ts";
import type { CrabCard, CrabCount } from "../../../protocol/messages/leader.ts";
import type { Crab, CrabStats } from "../../crabs/crab.ts";
import { checkReadings } from "../../crabs/readings.ts";
import { Ring } from "../../crabs/ring.ts";
import type { Disposable } from "../../host/host.ts";
import { silentLog, type Log } from "../../host/log.ts";

/** As many as a crab of one's own keeps. */
const BUFFER_SIZE = 100;

/** What a relay needs. */
export interface RelayOptions {
  readonly card: CrabCard;
  readonly log?: Log;
  /** Makes the leader poll; resolves with the snapshot's id once the snapshot has come. */
  readonly collect: (crab: string) => Promise<string>;
}

/** Takes the leader's snapshots. Its interval is the leader's; it polls only on the user's behalf. */
export class RelayCrab implements Crab {
  readonly name: string;
  readonly #log: Log;
  readonly #collect: (crab: string) => Promise<string>;
  readonly #buffer = new Ring<Snapshot>(BUFFER_SIZE);
  readonly #listeners = new Set<(snapshot: Snapshot) => void>();
  /** What came before `start`. */
  #early: Snapshot[] = [];
  #newest: Snapshot | null = null;
  #started = false;
  #card: CrabCard;
  #metrics: Crab["metrics"];
  #infos: readonly CrabCard["metrics"][number]["info"][];
  #stats: CrabStats = { polls: 0, overruns: 0, lastMs: 0, sensors: [] };
  #complained = "";

  constructor(options: RelayOptions) {
    const { card, collect } = options;
    this.name = card.name;
    this.#log = options.log ?? silentLog;
    this.#collect = collect;
    this.#card = card;
    this.#metrics = metricsOf(card);
    this.#infos = card.metrics.map(({ info }) => info);
  }

  get intervalMs(): number {
    return this.#card.intervalMs;
  }

  get metrics(): Crab["metrics"] {
    return this.#metrics;
  }

  /** The leader's crab has other metrics or another interval now. */
  update(card: CrabCard): void {
    this.#card = card;
    this.#metrics = metricsOf(card);
    this.#infos = card.metrics.map(({ info }) => info);
  }

  /** Takes what the leader sent. The same snapshot twice, as after a reconnection, counts once. */
  receive(sent: Snapshot, stats: CrabCount): void {
    this.#stats = stats;
    if (this.#find(sent.id) !== null) return;
    const checked = checkReadings(sent.readings, this.#infos);
    const { reason } = checked;
    if (reason !== "" && reason !== this.#complained) this.#log.warn(`${this.name}: the leader ${reason}`);
    this.#complained = reason;
    const readings = shared(checked.readings, this.#newest?.readings ?? []);
    const snapshot = { ...sent, readings, failures: sent.failures.map((one): SensorFailure => ({ ...one })) };
    this.#buffer.push(snapshot);
    this.#newest = snapshot;
    if (this.#started) this.#tell(snapshot);
    else this.#early = [...this.#early, snapshot].slice(-BUFFER_SIZE);
  }

  async collectOnce(): Promise<Snapshot> {
    const id = await this.#collect(this.name);
    const found = this.#find(id);
    if (found === null) throw new Error(`the leader polled ${this.name}, but its snapshot did not come`);
    return found;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    const early = this.#early;
    this.#early = [];
    for (const snapshot of early) this.#tell(snapshot);
  }

  stop(): Promise<void> {
    this.#started = false;
    return Promise.resolve();
  }

  /** The leader polls at the smallest interval that any window wishes; a relay has none of its own to set. */
  setInterval(): void {
    // Wishes go to the leader with the window's configuration.
  }

  getBuffer(): readonly Snapshot[] {
    return this.#buffer.toArray();
  }

  onSnapshot(listener: (snapshot: Snapshot) => void): Disposable {
    const own = (snapshot: Snapshot) => listener(snapshot);
    this.#listeners.add(own);
    return { dispose: () => this.#listeners.delete(own) };
  }

  stats(): CrabStats {
    return this.#stats;
  }

  dispose(): Promise<void> {
    this.#started = false;
    this.#early = [];
    this.#listeners.clear();
    return Promise.resolve();
  }

  #find(id: string): Snapshot | null {
    if (this.#newest?.id === id) return this.#newest;
    return this.#buffer.toArray().find((one) => one.id === id) ?? null;
  }

  #tell(snapshot: Snapshot): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(snapshot);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#log.error(`${this.name}: a listener failed on snapshot ${snapshot.id}: ${reason}`);
      }
    }
  }
}

/**
 * The readings with the attributes of the ones before, where they are the same: a snapshot comes as text, and hundreds
 * of them in memory would each have names of their own.
 */
function shared(readings: readonly Reading[], before: readonly Reading[]): readonly Reading[] {
  return readings.map((reading, index) => {
    const last = before[index];
    if (last?.metric !== reading.metric || !sameAttributes(last.attributes, reading.attributes)) return reading;
    return { metric: last.metric, attributes: last.attributes, value: reading.value };
  });
}

function sameAttributes(one: Attributes, other: Attributes): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}

function metricsOf(card: CrabCard): Crab["metrics"] {
  return new Map(card.metrics.map((one) => [one.info.name, one]));
}
