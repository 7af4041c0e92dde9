/** The one place where the parts are put together, in the order of the data's way. */
import type { Attention } from "../protocol/attention.ts";
import type { HostFacts, WorkerState } from "../protocol/state.ts";
import { Bell } from "./bell/bell.ts";
import { rulesOf } from "./bell/rules.ts";
import type { LoadedConfig } from "./config/config.ts";
import { commonBeat } from "./crabs/beat.ts";
import type { Crab } from "./crabs/crab.ts";
import { CrabGuardian } from "./crabs/guardian.ts";
import { Pace } from "./crabs/pace.ts";
import { SelfMeter } from "./crabs/self.ts";
import { sleeper } from "./crabs/sleeper.ts";
import { CrabTrainer } from "./crabs/trainer.ts";
import { CallOut, troubled, watchdog } from "./crabs/watchdog.ts";
import type { Disposable, Host } from "./host/host.ts";
import type { Log } from "./host/log.ts";
import { glanceOf } from "./octopus/glance.ts";
import type { Hub } from "./octopus/hub.ts";
import { Octopus } from "./octopus/octopus.ts";
import { openStore } from "./octopus/store/open.ts";
import { MemoryStore } from "./octopus/store/memory.ts";
import type { SeriesStore } from "./octopus/store/store.ts";
import { hostSensors, slowSensors } from "./rhopalia/index.ts";
import { onBattery } from "./rhopalia/power.ts";
import { runawaySensor } from "./rhopalia/runaway/index.ts";
import { trainingSensor } from "./rhopalia/training/index.ts";
import { epochNote, type Note } from "./rhopalia/training/note.ts";

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
  /** Called with every note for the time line, such as the end of a training's epoch. */
  onNote(listener: (note: Note) => void): Disposable;
  /** What the window says of itself: while nobody looks, polls are rarer. */
  setAttention(attention: Attention): void;
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

/** Snapshots in the ring: faces ask the store for the past, and each snapshot is 8 kB or more. */
const RING_SNAPSHOTS = 150;

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
  const hub = new Octopus({
    node: nodeName,
    clock: host.clock,
    log,
    store: storeOf(options, config),
    bufferSize: RING_SNAPSHOTS,
  });
  // All crabs of this process poll at common multiples.
  const shared = { node: nodeName, clock: host.clock, log, beat: commonBeat(host.clock) };
  const guardian = new CrabGuardian({
    ...shared,
    name: "guardian",
    sensors: [...hostSensors(host), self],
    intervalMs: config.config.intervalMs,
    ...(host.platform === "linux" ? {} : { deadlineMs: SLOW_DEADLINE_MS }),
  });
  hub.register(guardian);
  const slow = slowSensors(host);
  if (slow.length > 0) hub.register(sleeper({ ...shared, sensors: slow }));
  const notes = new Set<(note: Note) => void>();
  const training = trainingSensor(host, (end) => {
    const note = epochNote(end, training?.path ?? "");
    log.info(note.text);
    for (const listener of [...notes]) listener(note);
  });
  if (training !== null) hub.register(new CrabTrainer({ ...shared, sensor: training }));
  const bell = new Bell({ hub, rules: rulesOf(config.config), clock: host.clock, log });
  const pace = new Pace({
    crab: guardian,
    clock: host.clock,
    onBattery: () => onBattery(host),
    baseMs: config.config.intervalMs,
    adaptive: config.config.rate.adaptive,
    log,
  });
  const watch = new CallOut({
    kennel: hub,
    make: () => watchdog({ ...shared, sensors: [runawaySensor(host)].filter((one) => one !== null) }),
    clock: host.clock,
    log,
  });
  let started = false;
  const follow = bell.on((now) => {
    if (!started) return; // Who only looks once polls by himself.
    pace.setLevel(now.level);
    // Not within the judgement: a crab that comes or goes is judged by itself.
    if (troubled(now) && host.platform === "linux") queueMicrotask(() => watch.call());
  });

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
      rate: started ? pace.rate : { ...pace.rate, intervalMs: guardian.intervalMs, reason: "" },
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
    onNote: (listener) => {
      const own = (note: Note) => listener(note);
      notes.add(own);
      return { dispose: () => notes.delete(own) };
    },
    setAttention: (attention) => pace.setAttention(attention),
    applyConfig: async (next) => {
      const before = config.config.history;
      const after = next.config.history;
      config = next;
      pace.configure(next.config.intervalMs, next.config.rate.adaptive);
      bell.setRules(rulesOf(next.config));
      if (before.enabled !== after.enabled || before.retentionMs !== after.retentionMs) {
        await hub.replaceStore(() => storeOf(options, next));
      }
    },
    setFacts: (next) => {
      facts = next;
    },
    start: () => {
      started = true;
      hub.start();
    },
    close: async () => {
      started = false;
      follow.dispose();
      watch.dispose();
      bell.dispose();
      await hub.close();
    },
  };
}
