/** The one place where the parts are put together, in the order of the data's way. */
import { randomUUID } from "node:crypto";
import { t } from "@vscode/l10n";
import type { AlertAct, Silence } from "../protocol/alert.ts";
import type { Attention } from "../protocol/attention.ts";
import type { CellRecord } from "../protocol/cell.ts";
import type { KernelsState } from "../protocol/kernel.ts";
import type { LinkWindow, LinkWish } from "../protocol/messages/leader.ts";
import type { HostFacts, PollRate, WorkerState } from "../protocol/state.ts";
import { Bell } from "./bell/bell.ts";
import { HostViews } from "./bell/host-view.ts";
import { atOnce, BUILT_IN, rulesOf } from "./bell/rules.ts";
import { TimeLine } from "./bell/time-line.ts";
import type { LoadedConfig } from "./config/config.ts";
import { workspaceRules } from "./config/rules.ts";
import { Pace } from "./crabs/pace.ts";
import { SelfMeter } from "./crabs/self.ts";
import { CallOut, troubled } from "./crabs/watchdog.ts";
import type { Disposable, Host } from "./host/host.ts";
import type { Log } from "./host/log.ts";
import type { StatePaths } from "./host/paths.ts";
import { History, wantedHistory } from "./history.ts";
import { KERNELS, Kernels, type WindowWish } from "./kernels.ts";
import { glanceOf } from "./octopus/glance.ts";
import type { Hub, Latest } from "./octopus/hub.ts";
import { Leadership, type LeadershipOptions } from "./octopus/leader/leadership.ts";
import { Octopus } from "./octopus/octopus.ts";
import { gpuMemoryOf, processesOf } from "./octopus/processes.ts";
import type { CellQuery } from "./octopus/store/cells.ts";
import { kernelWatch } from "./rhopalia/kernel/index.ts";
import { GpuDemand, GpuHold, gpuSensor } from "./rhopalia/gpu/index.ts";
import { onBattery } from "./rhopalia/battery/index.ts";
import type { Note } from "./rhopalia/training/note.ts";
import { GUARDIAN, OwnCrabs, Senses } from "./senses.ts";
import { VERSION } from "./version.ts";

export { GUARDIAN } from "./senses.ts";

/** What the stack is made from. */
export interface StackOptions {
  readonly host: Host;
  readonly log: Log;
  readonly config: LoadedConfig;
  readonly facts: HostFacts;
  /**
   * Where history and the leader's lock lie; null keeps history in memory only and looks for no other worker, because
   * the caller wants neither.
   */
  readonly paths: StatePaths | null;
  readonly nodeName: string;
  /** For who looks only once: what is crossed counts at once, whatever its `for`. */
  readonly atOnce?: boolean;
}

/** The running parts, for the faces above. */
export interface Stack {
  readonly hub: Hub;
  readonly bell: Bell;
  /** What this worker is among those of its user; null for a stack that looks for no others. */
  readonly leadership: Leadership | null;
  readonly config: LoadedConfig;
  /** GPUs are read only while somebody needs them: a face that shows them says so here, whichever window leads. */
  readonly gpu: Pick<GpuDemand, "need" | "touch">;
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
  /** Does to alerts what a user wants; answers with the silence that was added. Rejects with ActRefused. */
  act(act: AlertAct): Promise<Silence | null>;
  /** The kernels of this user now, as this worker or the one that leads sees them. */
  kernels(): KernelsState;
  /** The same, after new ones were searched for. Never rejects. */
  findKernels(): Promise<KernelsState>;
  /** Called when something of them changed. */
  onKernels(listener: (state: KernelsState) => void): Disposable;
  /** What cells cost, newest first. */
  cells(query: CellQuery): readonly CellRecord[];
  /** Called with every record once. */
  onCell(listener: (record: CellRecord) => void): Disposable;
  /** Takes what the window says of a kernel, or does with it what it wants; answers with the record that was made. Rejects in words. */
  kernelAct(act: WindowWish): Promise<CellRecord | null>;
  /** For the doctor: packages and guards that are connected to this worker, and records that are kept. */
  kernelReport(): { readonly connected: Kernels["connected"]; readonly kept: number | null };
  /** Puts the static facts in place of the provisional ones. */
  setFacts(facts: HostFacts): void;
  /** Resolves when it is known who leads. */
  start(): Promise<void>;
  /** Stops polling, flushes and closes. */
  close(): Promise<void>;
}

/** Snapshots in the ring: faces ask the store for the past, and each snapshot is 8 kB or more. */
const RING_SNAPSHOTS = 150;

/** What the window asks for lingers already: the sensor's own is for a window that is reloaded. */
const GPU_LINGER_MS = 10_000;
/** A page of Jupyter in sight asks every two seconds: one that does no more is not seen any more after so long. */
const PAGE_SEEN_MS = 10_000;

/** What this window wants of whoever leads. */
function wishOf(config: LoadedConfig, more: Pick<LinkWish, "intervalMs" | "gpu" | "window">): LinkWish {
  return { ...more, rules: workspaceRules(config.config.rules), historyMs: wantedHistory(config) };
}

function leadershipOf(
  { host, log, nodeName, config, paths }: StackOptions,
  window: LinkWindow,
  done: Pick<LeadershipOptions, "act" | "kernels">,
): Leadership | null {
  if (paths === null) return null;
  const me = { pid: process.pid, version: VERSION, node: nodeName };
  const wish = wishOf(config, { intervalMs: config.config.intervalMs, gpu: [], window });
  return new Leadership({ paths, clock: host.clock, log, me, wish, ...done });
}

const first = (found: readonly Latest[]): number | null => found[0]?.reading.value ?? null;

/** Builds the stack; nothing polls before `start`. */
export function createStack(options: StackOptions): Stack {
  const { host, log, nodeName } = options;
  const { clock } = host;
  let config = options.config;
  let facts = options.facts;
  let sequence = 0;
  let started = false;
  let polled = false;
  /** Whether there is more to tell than the last levels. */
  let news = true;
  let levels = "";
  /** What is judged next is of kernels alone, which are told by themselves. */
  let ofKernels = false;
  const boot = clock.now().toString(36);
  const listeners = new Set<(state: WorkerState) => void>();
  const notes = new Set<(note: Note) => void>();

  const self = new SelfMeter(clock);
  const gpu = gpuSensor(host, { lingerMs: GPU_LINGER_MS });
  const gpuHold = new GpuHold(gpu);
  const gpuDemand = new GpuDemand(clock, () => tellWish());
  /** Until a window says what it is, it is none that shows notifications: a terminal never says so. */
  let window: LinkWindow = { worker: randomUUID(), notifies: false, focusedAt: null };
  const kernels = new Kernels({
    clock,
    log,
    watch: () =>
      kernelWatch({
        host,
        log,
        enabled: () => !config.config.sensors.disabled.includes("kernel"),
        gpu: () => gpuMemoryOf(hub, clock.now()),
      }),
    leadership: () => leadership,
    keeper: () => hub.store.cells,
    bell: () => (polled ? { level: bell.state().level, sentence: bell.state().headline } : null),
    host: async (watched) => {
      gpuDemand.touch("devices"); // who asks shows them
      if (watched) pace.seenFor(PAGE_SEEN_MS);
      return polled ? hostViews.of(bell.state()) : null;
    },
  });
  const leadership = leadershipOf(options, window, { act: (act) => bell.act(act), kernels });
  const history = new History({ host, log, paths: options.paths, leadership, config: () => config });
  const hub = new Octopus({ node: nodeName, clock, log, store: history.open(), bufferSize: RING_SNAPSHOTS });

  /** What this window wants; the leader polls at the shortest that any window wants. */
  let wishedMs = config.config.intervalMs;
  const wantedMs = () => leadership?.wishes.intervalMs ?? wishedMs;
  const crabs = new OwnCrabs({
    host,
    log,
    nodeName,
    config: () => config.config,
    lasting: [gpu, self],
    others: (shared) => kernels.crabs(shared),
    onNote: (note) => [...notes].forEach((listener) => listener(note)),
  });
  const senses = new Senses(hub, wantedMs, crabs);
  if (leadership === null) senses.begin();
  // Before the bell, whose judgement of the first snapshot is told already.
  hub.on("snapshot", ({ crab }) => {
    ofKernels = crab === KERNELS;
    kernels.settle();
    if (crab !== GUARDIAN) return;
    polled = true;
    news = true;
    if (!senses.own) self.read();
  });

  const judged = () => (options.atOnce === true ? atOnce(rulesOf(config.config)) : rulesOf(config.config));
  const bell = new Bell({ hub, rules: judged(), clock, log, teller: () => leadership?.wishes.teller ?? null });
  const hostViews = new HostViews({ hub, clock, cores: () => facts.cores });
  const leads = () => leadership?.role.role === "leads";
  const timeLine = new TimeLine({ bell, store: () => hub.store, leads, log });
  notes.add((note) => timeLine.add(note));
  const pace = new Pace({
    crab: {
      name: GUARDIAN,
      get intervalMs() {
        return wishedMs;
      },
      setInterval: (intervalMs) => {
        wishedMs = intervalMs;
        tellWish();
        senses.keepPace();
      },
      collectOnce: () => hub.get(GUARDIAN).collectOnce(),
    },
    clock,
    onBattery: () => onBattery(host),
    baseMs: config.config.intervalMs,
    adaptive: config.config.rate.adaptive,
    log,
  });
  const watch = new CallOut({ kennel: senses.kennel, make: () => crabs.watchdog(), clock, log });

  let gpuRules: Disposable | null = null;
  /** A rule on a GPU that somebody wrote needs it as long as the rule stands. */
  const needGpu = (): void => {
    const metrics = new Set(judged().flatMap(({ origin, metric }) => (origin === BUILT_IN ? [] : [metric])));
    const before = gpuRules;
    const wanted =
      !config.config.sensors.disabled.includes(gpu.name) && gpu.metrics.some(({ name }) => metrics.has(name));
    gpuRules = wanted ? gpuDemand.need("devices") : null;
    before?.dispose();
  };
  /** Only who senses reads the GPUs, for all windows. */
  const readGpu = (): void => {
    gpuHold.set(senses.own && started ? (leadership?.wishes.gpu ?? gpuDemand.parts) : []);
  };
  const tellWish = (): void => {
    // Whoever leads hears of its own wish as of the others'.
    leadership?.setWish(wishOf(config, { intervalMs: wishedMs, gpu: gpuDemand.parts, window }));
    readGpu();
  };
  let attention: Attention | null = null;
  let gpuProcesses: Disposable | null = null;
  /** The dashboard shows which process holds a GPU's memory; nothing else does. */
  const needGpuProcesses = (): void => {
    const wanted = started && attention?.dashboardVisible === true;
    if (wanted === (gpuProcesses !== null)) return;
    gpuProcesses?.dispose();
    gpuProcesses = wanted ? gpuDemand.need("processes") : null;
  };

  const rate = (): PollRate => {
    const intervalMs = senses.guardian?.intervalMs ?? wishedMs;
    if (!started) return { ...pace.rate, intervalMs, reason: "" };
    return intervalMs === pace.rate.intervalMs ? pace.rate : { ...pace.rate, intervalMs, reason: t("another window") };
  };
  const state = (): WorkerState | null => {
    if (!polled) return null;
    sequence += 1;
    const inForce = rate();
    return {
      id: `${nodeName}/state/${boot}-${String(sequence)}`,
      time: clock.now(),
      node: nodeName,
      bell: bell.state(),
      glance: glanceOf(hub, facts.cores, clock.now()),
      processes: processesOf(hub, first(hub.latest("system.cpu.logical.count")) ?? facts.cores, clock.now()),
      host: facts,
      sensors: hub.list().flatMap((crab) => crab.stats().sensors),
      self: self.cost(),
      history: history.health(hub.store),
      role: leadership?.role ?? null,
      intervalMs: inForce.intervalMs,
      rate: inForce,
      problems: config.problems,
    };
  };
  const tell = () => {
    const now = listeners.size === 0 ? null : state();
    if (now) for (const listener of [...listeners]) listener(now);
  };

  leadership?.onAlerts((alerts) => bell.showForeign(alerts));
  bell.on((now) => {
    leadership?.door.tellAlerts({ alerts: now.alerts, silences: now.silences });
    // Who only looks once polls by himself.
    if (started) {
      pace.setBell(now);
      // Not within the judgement: a crab that comes or goes is judged by itself.
      if (senses.own && troubled(now) && host.platform === "linux") queueMicrotask(() => watch.call());
    }
    const before = levels;
    levels = [
      ...now.verdicts.map(({ rule, level }) => `${rule.id} ${level}`),
      ...now.alerts.map(({ id, changedAt, notifications }) => `${id} ${String(changedAt)} ${String(notifications)}`),
    ].join("\n");
    // A window that follows tells at the guardian's pace, and at once what changed.
    if ((senses.own && !ofKernels) || news || levels !== before) tell();
    news = false;
    ofKernels = false;
  });
  /** What other windows wish goes when they go. */
  const heedFollowers = (): void => {
    senses.keepPace();
    readGpu();
    bell.setGuests(leadership?.wishes.rules ?? []);
    void history.keep(hub);
  };
  leadership?.onRelays((relays) => {
    senses.borrow(relays);
    void kernels.rest();
    readGpu();
  });
  leadership?.onRole(({ role }) => {
    if (role === "leads" || role === "alone") {
      kernels.begin();
      senses.begin();
    }
    if (role !== "seeks") kernels.sayAgain();
    heedFollowers();
    // Until the next leader speaks, what the last one said still stands.
    if (role !== "follows" && role !== "seeks") bell.showForeign(null);
    // The right to write came or went with the role.
    void hub.store.flush();
    tell();
  });
  leadership?.onFollowers(() => heedFollowers());

  return {
    hub,
    bell,
    leadership,
    gpu: gpuDemand,
    get config() {
      return config;
    },
    state,
    onState: (listener) => {
      const own = (now: WorkerState) => listener(now);
      listeners.add(own);
      return { dispose: () => listeners.delete(own) };
    },
    onNote: (listener) => {
      const own = (note: Note) => listener(note);
      notes.add(own);
      return { dispose: () => notes.delete(own) };
    },
    setAttention: (next) => {
      attention = next;
      const focusedAt = next.focused ? (window.focusedAt ?? clock.now()) : null;
      if (focusedAt !== window.focusedAt || next.notifies !== window.notifies) {
        window = { ...window, notifies: next.notifies, focusedAt };
        tellWish();
      }
      pace.setAttention(next);
      needGpuProcesses();
    },
    applyConfig: async (next) => {
      const switched = config.config.sensors.disabled.join() !== next.config.sensors.disabled.join();
      config = next;
      pace.configure(next.config.intervalMs, next.config.rate.adaptive);
      tellWish();
      senses.keepPace();
      bell.setRules(judged());
      needGpu();
      await history.keep(hub);
      // Who flips a switch looks for what comes of it.
      if (switched && started) await hub.collectOnce();
    },
    act: async (act) => {
      const forwarded = leadership?.leader?.act(act) ?? null;
      return forwarded === null ? bell.act(act) : await forwarded;
    },
    kernels: () => kernels.state(),
    findKernels: () => kernels.find(),
    onKernels: (listener) => kernels.onState(listener),
    cells: (query) => kernels.cells(query),
    onCell: (listener) => kernels.onCell(listener),
    kernelAct: (act) => kernels.wish(act),
    kernelReport: () => ({ connected: kernels.connected, kept: kernels.kept }),
    setFacts: (next) => {
      facts = next;
    },
    start: async () => {
      started = true;
      needGpu();
      needGpuProcesses();
      readGpu();
      hub.start();
      await leadership?.start(hub);
    },
    close: async () => {
      started = false;
      watch.dispose();
      gpuDemand.dispose();
      gpuHold.dispose();
      timeLine.dispose();
      bell.dispose();
      await kernels.close();
      // History first: whoever leads next finds all of it in the file.
      await hub.close();
      await leadership?.close();
      gpu.dispose();
      self.dispose();
    },
  };
}
