/** The one place where the parts are put together, in the order of the data's way. */
import type { HostFacts, WorkerState } from "../protocol/state.ts";
import { Bell } from "./bell/bell.ts";
import { rulesOf } from "./bell/rules.ts";
import type { LoadedConfig } from "./config/config.ts";
import type { Crab } from "./crabs/crab.ts";
import { CrabGuardian } from "./crabs/guardian.ts";
import { SelfMeter } from "./crabs/self.ts";
import type { Disposable, Host } from "./host/host.ts";
import type { Log } from "./host/log.ts";
import { glanceOf } from "./octopus/glance.ts";
import type { Hub } from "./octopus/hub.ts";
import { Octopus } from "./octopus/octopus.ts";
import { openStore } from "./octopus/store/open.ts";
import { MemoryStore } from "./octopus/store/memory.ts";
import type { SeriesStore } from "./octopus/store/store.ts";
import { hostSensors } from "./rhopalia/index.ts";

/** What the stack is made from. */
export interface StackOptions {
  readonly host: Host;
  readonly log: Log;
  readonly config: LoadedConfig;
  readonly facts: HostFacts;
  /** The history file; null keeps history in memory only, because the caller wants none on disk. */
  readonly historyPath: string | null;
  readonly nodeName: string;
}

/** The running parts, for the faces above. */
export interface Stack {
  readonly hub: Hub;
  readonly bell: Bell;
  readonly guardian: Crab;
  readonly config: LoadedConfig;
  /** The complete state now; null before the first poll has ended. */
  state(): WorkerState | null;
  /** Called with the complete state after every judgement. */
  onState(listener: (state: WorkerState) => void): Disposable;
  /** Puts a configuration into force. A history setting that changed reopens the store. */
  applyConfig(config: LoadedConfig): Promise<void>;
  /** Puts the static facts in place of the provisional ones. */
  setFacts(facts: HostFacts): void;
  start(): void;
  /** Stops polling, flushes and closes. */
  close(): Promise<void>;
}

/** Off Linux every read asks a program of the system, some of them slow to start. */
const SLOW_DEADLINE_MS = 10_000;

/** Where the worker keeps no file, this much history is in memory. */
const MEMORY_RETENTION_MS = 3_600_000;

/** Opens the store that the configuration asks for. */
function storeOf(options: StackOptions, config: LoadedConfig): SeriesStore {
  const { clock } = options.host;
  const { enabled, retentionMs } = config.config.history;
  if (enabled && options.historyPath !== null) {
    return openStore({ path: options.historyPath, retentionMs, clock, log: options.log });
  }
  const why = enabled
    ? "History is not kept on disk here"
    : "History on disk is switched off (gorgon.history.enabled, or history.enabled)";
  return new MemoryStore({ clock, retentionMs: MEMORY_RETENTION_MS, reason: `${why}; the last hour is in memory.` });
}

/** Builds the stack; nothing polls before `start`. */
export function createStack(options: StackOptions): Stack {
  const { host, log, nodeName } = options;
  let config = options.config;
  let facts = options.facts;
  let sequence = 0;
  const boot = host.clock.now().toString(36);

  const self = new SelfMeter(host.clock);
  const hub = new Octopus({ node: nodeName, clock: host.clock, log, store: storeOf(options, config) });
  const guardian = new CrabGuardian({
    name: "guardian",
    node: nodeName,
    sensors: [...hostSensors(host), self],
    clock: host.clock,
    log,
    intervalMs: config.config.intervalMs,
    ...(host.platform === "linux" ? {} : { deadlineMs: SLOW_DEADLINE_MS }),
  });
  hub.register(guardian);
  const bell = new Bell({ hub, rules: rulesOf(config.config), clock: host.clock, log });

  const state = (): WorkerState | null => {
    if (guardian.stats().polls === 0) return null;
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
      intervalMs: guardian.intervalMs,
      problems: config.problems,
    };
  };

  return {
    hub,
    bell,
    guardian,
    get config() {
      return config;
    },
    state,
    onState: (listener) =>
      bell.on(() => {
        const now = state();
        if (now) listener(now);
      }),
    applyConfig: async (next) => {
      const before = config.config.history;
      const after = next.config.history;
      config = next;
      if (guardian.intervalMs !== next.config.intervalMs) guardian.setInterval(next.config.intervalMs);
      bell.setRules(rulesOf(next.config));
      if (before.enabled !== after.enabled || before.retentionMs !== after.retentionMs) {
        await hub.replaceStore(() => storeOf(options, next));
      }
    },
    setFacts: (next) => {
      facts = next;
    },
    start: () => hub.start(),
    close: async () => {
      bell.dispose();
      await hub.close();
    },
  };
}
