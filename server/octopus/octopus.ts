/** The hub: registers crabs, keeps ring, newest values and store, answers queries, carries events. */
import { randomBytes } from "node:crypto";
import { t } from "@vscode/l10n";
import type { HistoryQuery, SeriesFrame } from "../../protocol/history.ts";
import type { Attributes, MetricInfo, Snapshot } from "../../protocol/reading.ts";
import type { Crab } from "../crabs/crab.ts";
import { Ring } from "../crabs/ring.ts";
import type { Clock, Disposable } from "../host/host.ts";
import { silentLog, type Log } from "../host/log.ts";
import { Bus } from "./bus.ts";
import { UnknownCrab, type Hub, type HubEvents, type Latest, type MetricSource, type WindowQuery } from "./hub.ts";
import { LatestIndex } from "./latest.ts";
import { MemoryStore } from "./store/memory.ts";
import type { SeriesStore } from "./store/store.ts";

/** What the hub needs. */
export interface OctopusOptions {
  readonly node: string;
  readonly clock: Clock;
  readonly log?: Log;
  /** Snapshots in the ring; 1,000 by default. */
  readonly bufferSize?: number;
  /** Where history is kept; in memory by default. The hub closes it. */
  readonly store?: SeriesStore;
  readonly tags?: readonly string[];
}

/** A crab with what the hub keeps beside it. */
interface Member {
  readonly crab: Crab;
  readonly subscription: Disposable;
  newest: Snapshot | null;
  /** `crab.metrics` as the store wants it, made anew when the crab makes a new map. */
  infos: { readonly of: Crab["metrics"]; readonly map: ReadonlyMap<string, MetricInfo> } | null;
}

/** The hub. One failing crab, listener or store never stops the others. */
export class Octopus implements Hub {
  readonly node: string;
  #store: SeriesStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #bus: Bus<HubEvents>;
  readonly #ring: Ring<Snapshot>;
  readonly #latest = new LatestIndex();
  readonly #members = new Map<string, Member>();
  /** Names that are or were registered: their snapshots may still be in the ring. */
  readonly #everKnown = new Set<string>();
  /** A crab's snapshot -> as kept here, with the hub's tags. */
  readonly #kept = new WeakMap<Snapshot, Snapshot>();
  readonly #boot: string;
  #sequence = 0;
  #tags: readonly string[];
  #started = false;
  #closed: Promise<void> | null = null;
  /** Snapshots for the store while it is being replaced; null otherwise. */
  #waiting: { readonly member: Member; readonly snapshot: Snapshot }[] | null = null;
  #replacing: Promise<void> = Promise.resolve();

  constructor(options: OctopusOptions) {
    this.node = options.node;
    this.#clock = options.clock;
    this.#log = options.log ?? silentLog;
    this.#bus = new Bus(this.#log);
    this.#ring = new Ring(options.bufferSize ?? 1000);
    this.#tags = [...(options.tags ?? [])];
    this.#store = options.store ?? new MemoryStore({ clock: options.clock });
    this.#boot = `${options.clock.now().toString(36)}${randomBytes(3).toString("hex")}`;
  }

  get store(): SeriesStore {
    return this.#store;
  }

  replaceStore(open: () => SeriesStore): Promise<void> {
    // One after the other: two changes of settings in a row must not both close the same store.
    this.#replacing = this.#replacing.then(() => this.#replaceStore(open));
    return this.#replacing;
  }

  register(crab: Crab): void {
    const old = this.#members.get(crab.name)?.crab;
    if (old !== undefined && old !== crab) {
      this.#log.warn(`A crab named '${crab.name}' was registered already; the new one replaces it.`);
    }
    this.#admit(crab);
  }

  replaceCrabs(crabs: readonly Crab[]): void {
    const names = new Set(crabs.map(({ name }) => name));
    for (const name of [...this.#members.keys()]) if (!names.has(name)) void this.unregister(name);
    for (const crab of crabs) this.#admit(crab);
  }

  #admit(crab: Crab): void {
    const { name } = crab;
    const old = this.#members.get(name);
    if (old?.crab === crab) return;
    if (old !== undefined) void this.#dismiss(old);
    const member: Member = {
      crab,
      subscription: crab.onSnapshot((snapshot) => this.#take(member, snapshot)),
      newest: null,
      infos: null,
    };
    this.#members.set(name, member);
    this.#everKnown.add(name);
    if (this.#started) crab.start();
    this.#bus.emit("registered", this.#event(name));
  }

  async unregister(name: string): Promise<boolean> {
    const member = this.#members.get(name);
    if (member === undefined) return false;
    this.#members.delete(name);
    this.#latest.forgetCrab(name);
    await this.#dismiss(member);
    this.#bus.emit("unregistered", this.#event(name));
    return true;
  }

  list(): readonly Crab[] {
    return [...this.#members.values()].map((member) => member.crab);
  }

  get(name: string): Crab {
    return this.#member(name).crab;
  }

  async collectOnce(name?: string): Promise<readonly Snapshot[]> {
    const asked = name === undefined ? [...this.#members.values()] : [this.#member(name)];
    const outcomes = await Promise.allSettled(asked.map((member) => member.crab.collectOnce()));
    const found: Snapshot[] = [];
    outcomes.forEach((outcome, index) => {
      const member = asked[index];
      if (member === undefined) return;
      if (outcome.status === "fulfilled") found.push(this.#take(member, outcome.value));
      else this.#log.error(`Crab '${member.crab.name}' could not be polled: ${reasonOf(outcome.reason)}`);
    });
    return found;
  }

  getBuffer(query: WindowQuery = {}): readonly Snapshot[] {
    const { from = -Infinity, to = Infinity, crab, tags = [] } = query;
    if (crab !== undefined && !this.#everKnown.has(crab)) throw new UnknownCrab(crab, [...this.#members.keys()]);
    return this.#ring.filter(
      (snapshot) =>
        snapshot.time >= from &&
        snapshot.time < to &&
        (crab === undefined || snapshot.crab === crab) &&
        tags.every((tag) => snapshot.tags.includes(tag)),
    );
  }

  latest(metric: string, match: Attributes = {}): readonly Latest[] {
    return this.#latest.find(metric, match);
  }

  source(metric: string): MetricSource | null {
    for (const { crab, newest } of this.#members.values()) {
      const given = crab.metrics.get(metric);
      if (given === undefined) continue;
      const failure = newest?.failures.find((one) => one.sensor === given.sensor) ?? null;
      return { info: given.info, crab: crab.name, sensor: given.sensor, intervalMs: given.intervalMs, failure };
    }
    return null;
  }

  query(query: HistoryQuery): Promise<readonly SeriesFrame[]> {
    return this.#store.query(query);
  }

  on<E extends keyof HubEvents>(event: E, listener: (value: HubEvents[E]) => void): Disposable {
    return this.#bus.on(event, listener);
  }

  setTags(tags: readonly string[]): void {
    this.#tags = [...tags];
  }

  start(): void {
    if (this.#closed !== null) throw new Error("This octopus has been closed. Make a new one.");
    this.#started = true;
    for (const { crab } of this.#members.values()) crab.start();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#started = false;
    const members = [...this.#members.values()];
    this.#members.clear();
    // The last polls still reach ring and store: the subscriptions end with the crabs.
    await Promise.all(members.map((member) => this.#dismiss(member)));
    await this.#replacing;
    await this.#closeStore();
    this.#bus.clear();
  }

  async #replaceStore(open: () => SeriesStore): Promise<void> {
    if (this.#closed !== null) return;
    const waiting: { readonly member: Member; readonly snapshot: Snapshot }[] = [];
    this.#waiting = waiting;
    // The old one is closed first, because both may be of the same file.
    await this.#closeStore();
    try {
      this.#store = open();
    } catch (error) {
      const reason = t("History is kept in memory only: its store could not be opened ({0}).", reasonOf(error));
      this.#log.error(reason);
      this.#store = new MemoryStore({ clock: this.#clock, reason });
    }
    this.#waiting = null;
    for (const { member, snapshot } of waiting) this.#keep(member, snapshot);
  }

  async #closeStore(): Promise<void> {
    try {
      await this.#store.close();
    } catch (error) {
      this.#log.error(`The history could not be closed: ${reasonOf(error)}`);
    }
  }

  /** Keeps a snapshot once, however often it is handed in, and gives it back as kept. */
  #take(member: Member, snapshot: Snapshot): Snapshot {
    const known = this.#kept.get(snapshot);
    if (known !== undefined) return known;
    const tags = [...new Set([...snapshot.tags, ...this.#tags])];
    const kept = tags.length === snapshot.tags.length ? snapshot : { ...snapshot, tags };
    this.#kept.set(snapshot, kept);
    this.#kept.set(kept, kept);
    // A crab that was replaced or removed while it polled has nothing to say any more about now.
    if (this.#members.get(kept.crab) === member) {
      member.newest = kept;
      this.#latest.take(kept, member.crab.metrics, member.crab.intervalMs);
    }
    this.#ring.push(kept);
    if (this.#waiting === null) this.#keep(member, kept);
    else this.#waiting.push({ member, snapshot: kept });
    this.#bus.emit("snapshot", kept);
    return kept;
  }

  #keep(member: Member, snapshot: Snapshot): void {
    try {
      const infos = this.#infosOf(member);
      const kept = snapshot.readings.filter((one) => infos.get(one.metric)?.transient !== true);
      this.#store.append(snapshot.time, kept, infos);
    } catch (error) {
      this.#log.error(`The history could not take snapshot ${snapshot.id}: ${reasonOf(error)}`);
    }
  }

  #infosOf(member: Member): ReadonlyMap<string, MetricInfo> {
    const { metrics } = member.crab;
    if (member.infos?.of !== metrics) {
      const map = new Map([...metrics].map(([name, given]) => [name, given.info]));
      member.infos = { of: metrics, map };
    }
    return member.infos.map;
  }

  #member(name: string): Member {
    const member = this.#members.get(name);
    if (member === undefined) throw new UnknownCrab(name, [...this.#members.keys()]);
    return member;
  }

  async #dismiss(member: Member): Promise<void> {
    try {
      await member.crab.dispose();
    } catch (error) {
      this.#log.error(`Crab '${member.crab.name}' could not be disposed: ${reasonOf(error)}`);
    }
    member.subscription.dispose();
  }

  #event(crab: string): HubEvents["registered"] {
    const id = `${this.node}/hub/${this.#boot}-${String(this.#sequence++)}`;
    return { id, time: this.#clock.now(), node: this.node, crab };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
