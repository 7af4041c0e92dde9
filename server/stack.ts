/** The one place where the parts are put together, in the order of the data's way. */
import type { LinkWish } from "../protocol/messages/leader.ts";
import type { HostFacts, WorkerState } from "../protocol/state.ts";
import { Bell } from "./bell/bell.ts";
import { rulesOf } from "./bell/rules.ts";
import type { LoadedConfig } from "./config/config.ts";
import { workspaceRules } from "./config/rules.ts";
import type { Crab } from "./crabs/crab.ts";
import { CrabGuardian } from "./crabs/guardian.ts";
import { SelfMeter } from "./crabs/self.ts";
import type { Disposable, Host } from "./host/host.ts";
import type { Log } from "./host/log.ts";
import type { StatePaths } from "./host/paths.ts";
import { glanceOf } from "./octopus/glance.ts";
import type { Hub } from "./octopus/hub.ts";
import { Leadership } from "./octopus/leader/leadership.ts";
import { Octopus } from "./octopus/octopus.ts";
import { openStore } from "./octopus/store/open.ts";
import { MemoryStore } from "./octopus/store/memory.ts";
import type { SeriesStore } from "./octopus/store/store.ts";
import { hostSensors } from "./rhopalia/index.ts";
import type { Rhopalium } from "./rhopalia/rhopalium.ts";
import { VERSION } from "./version.ts";

/** What the stack is made from. */
export interface StackOptions {
  readonly host: Host;
  readonly log: Log;
  readonly config: LoadedConfig;
  readonly facts: HostFacts;
  /**
   * Where history is kept and the leader of this user's workers is found. Null: history is in memory only, and this
   * stack senses for itself without looking for others.
   */
  readonly paths: StatePaths | null;
  readonly nodeName: string;
}

/** The running parts, for the faces above. */
export interface Stack {
  readonly hub: Hub;
  readonly bell: Bell;
  /** What this worker is among those of its user; null for a stack that looks for no others. */
  readonly leadership: Leadership | null;
  readonly config: LoadedConfig;
  /** The complete state now; null before the first poll has ended. */
  state(): WorkerState | null;
  /** Called with the complete state after every judgement. */
  onState(listener: (state: WorkerState) => void): Disposable;
  /** Puts a configuration into force. A history setting that changed reopens the store. */
  applyConfig(config: LoadedConfig): Promise<void>;
  /** Puts the static facts in place of the provisional ones. */
  setFacts(facts: HostFacts): void;
  /** Resolves when it is known who leads; a stack without others at once. */
  start(): Promise<void>;
  /** Stops polling, flushes and closes. */
  close(): Promise<void>;
}

/** Off Linux every read asks a program of the system, some of them slow to start. */
const SLOW_DEADLINE_MS = 10_000;

/** The crab that every stack has. */
export const GUARDIAN = "guardian";

/** Where the worker keeps no file, this much history is in memory. */
const MEMORY_RETENTION_MS = 3_600_000;

/** Opens the store that the configuration asks for. Only a worker that leads writes. */
function storeOf(options: StackOptions, config: LoadedConfig, leadership: Leadership | null): SeriesStore {
  const { clock } = options.host;
  const { enabled, retentionMs } = config.config.history;
  if (enabled && options.paths !== null) {
    const mayWrite = () => leadership?.mayWrite() ?? true;
    return openStore({ path: options.paths.history, retentionMs, clock, log: options.log, mayWrite });
  }
  const why = enabled
    ? "History is not kept on disk here"
    : "History on disk is switched off (gorgon.history.enabled, or history.enabled)";
  return new MemoryStore({ clock, retentionMs: MEMORY_RETENTION_MS, reason: `${why}; the last hour is in memory.` });
}

/** What this window wants of whoever leads. */
function wishOf({ config }: LoadedConfig): LinkWish {
  return { intervalMs: config.intervalMs, rules: workspaceRules(config.rules) };
}

function leadershipOf({ host, log, nodeName, config, paths }: StackOptions): Leadership | null {
  if (paths === null) return null;
  const me = { pid: process.pid, version: VERSION, node: nodeName };
  return new Leadership({ paths, clock: host.clock, log, me, wish: wishOf(config) });
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

/** Which crabs the hub has: this worker's own, made anew each time it begins to sense, or the leader's. */
class Senses {
  readonly #hub: Hub;
  readonly #wantedMs: () => number;
  readonly #make: () => readonly Crab[];
  #own = false;

  constructor(hub: Hub, wantedMs: () => number, make: () => readonly Crab[]) {
    this.#hub = hub;
    this.#wantedMs = wantedMs;
    this.#make = make;
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
    this.#hub.replaceCrabs(this.#make());
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
}

/** Builds the stack; nothing polls before `start`. */
export function createStack(options: StackOptions): Stack {
  const { host, log, nodeName } = options;
  let config = options.config;
  let facts = options.facts;
  let sequence = 0;
  const boot = host.clock.now().toString(36);

  const self = new SelfMeter(host.clock);
  const leadership = leadershipOf(options);
  const hub = new Octopus({ node: nodeName, clock: host.clock, log, store: storeOf(options, config, leadership) });
  const wantedMs = () => leadership?.intervalMs ?? config.config.intervalMs;
  const senses = new Senses(hub, wantedMs, () => [
    new CrabGuardian({
      name: GUARDIAN,
      node: nodeName,
      sensors: [...hostSensors(host), lent(self)],
      clock: host.clock,
      log,
      intervalMs: wantedMs(),
      ...(host.platform === "linux" ? {} : { deadlineMs: SLOW_DEADLINE_MS }),
    }),
  ]);
  if (leadership === null) senses.begin();
  let polled = false;
  // Before the bell, whose judgement of the first snapshot is told already.
  hub.on("snapshot", () => {
    polled = true;
    if (!senses.own) self.read();
  });
  const bell = new Bell({ hub, rules: rulesOf(config.config), clock: host.clock, log });

  const listeners = new Set<(state: WorkerState) => void>();
  const tell = () => {
    const now = listeners.size === 0 ? null : state();
    if (now) for (const listener of [...listeners]) listener(now);
  };
  bell.on(tell);
  leadership?.onRelays((crabs) => senses.borrow(crabs));
  leadership?.onRole(({ role }) => {
    if (role === "leads" || role === "alone") senses.begin();
    senses.keepPace();
    // The right to write came or went with the role.
    void hub.store.flush();
    tell();
  });
  leadership?.onFollowers(() => senses.keepPace());

  const state = (): WorkerState | null => {
    if (!polled) return null;
    sequence += 1;
    return {
      id: `${nodeName}/state/${boot}-${String(sequence)}`,
      time: host.clock.now(),
      node: nodeName,
      bell: bell.state(),
      glance: glanceOf(hub, facts.cores),
      host: facts,
      sensors: hub.list().flatMap((crab) => crab.stats().sensors),
      self: self.cost(),
      history: hub.store.health(),
      role: leadership?.role ?? null,
      intervalMs: senses.guardian?.intervalMs ?? config.config.intervalMs,
      problems: config.problems,
    };
  };

  return {
    hub,
    bell,
    leadership,
    get config() {
      return config;
    },
    state,
    onState: (listener) => {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
    applyConfig: async (next) => {
      const before = config.config.history;
      const after = next.config.history;
      config = next;
      leadership?.setWish(wishOf(next));
      senses.keepPace();
      bell.setRules(rulesOf(next.config));
      if (before.enabled !== after.enabled || before.retentionMs !== after.retentionMs) {
        await hub.replaceStore(() => storeOf(options, next, leadership));
      }
    },
    setFacts: (next) => {
      facts = next;
    },
    start: async () => {
      hub.start();
      await leadership?.start(hub);
    },
    close: async () => {
      bell.dispose();
      // History first: whoever leads next finds all of it in the file.
      await hub.close();
      await leadership?.close();
      self.dispose();
    },
  };
}
