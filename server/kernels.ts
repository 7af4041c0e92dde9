/** Notebook kernels for one worker: watched where it senses, told where it leads, shown as it is told where it follows. */
import { t } from "@vscode/l10n";
import type { CellRecord } from "../protocol/cell.ts";
import { sameKernel, type GuardState, type KernelDeath, type KernelsState } from "../protocol/kernel.ts";
import type { ParamsOf } from "../protocol/message.ts";
import type { KernelBell } from "../protocol/messages/kernel.ts";
import type { HostView } from "../protocol/messages/jupyter.ts";
import type { KernelAct } from "../protocol/messages/leader.ts";
import type { Reading } from "../protocol/reading.ts";
import type { kernelRuns } from "../protocol/messages/worker.ts";
import type { Crab } from "./crabs/crab.ts";
import { CrabGuardian } from "./crabs/guardian.ts";
import type { PresetOptions } from "./crabs/sleeper.ts";
import type { Clock, Disposable } from "./host/host.ts";
import type { Log } from "./host/log.ts";
import { CellBook } from "./octopus/cell-book.ts";
import { KernelRefused, type KernelClients, type KernelReceiver } from "./octopus/leader/kernel-clients.ts";
import type { Leadership } from "./octopus/leader/leadership.ts";
import type { CellKeeper, CellQuery } from "./octopus/store/cells.ts";
import { NoData } from "./rhopalia/rhopalium.ts";
import type { KernelGreeting, KernelId, KernelWatching } from "./rhopalia/kernel/watching.ts";

/** The crab that looks at kernels. */
export const KERNELS = "kernels";

/** Kernels whose last word from this window is remembered: more than a person has. */
const MOST_RUNS = 200;

/** So long a death is shown, as the watch does it. */
const DEATHS_MS = 3_600_000;

/** What kernels need of the rest. */
export interface KernelsOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Begins to watch; called each time that this worker begins to sense for its user. */
  readonly watch: () => KernelWatching;
  /** Null for a worker that looks for no others. */
  readonly leadership: () => Pick<Leadership, "door" | "leader"> | null;
  /** Where records are kept now. */
  readonly keeper: () => CellKeeper;
  /** Null before the first poll has ended. */
  readonly bell: () => KernelBell | null;
  /** The same, with what it is made of, for a page that is in sight or not. Never rejects. */
  readonly host: (watched: boolean) => Promise<HostView | null>;
}

type Runs = Extract<KernelAct, { readonly runs: unknown }>["runs"];

/** What a window says of a kernel, or wants done with it. */
export type WindowWish =
  { readonly runs: ParamsOf<typeof kernelRuns> } | Exclude<KernelAct, { readonly runs: unknown }>;

/** What one worker knows of kernels, and does with them. */
export class Kernels implements KernelReceiver {
  readonly #options: KernelsOptions;
  readonly #book: CellBook;
  readonly #stateListeners = new Set<(state: KernelsState) => void>();
  readonly #cellListeners = new Set<(record: CellRecord) => void>();
  #watching: KernelWatching | null = null;
  #crab: Crab | null = null;
  #looked = false;
  /** Deaths that the last leader saw. */
  #inherited: readonly KernelDeath[] = [];
  /** What was told last, by the watch or by the leader. */
  #shown: KernelsState | null = null;
  /** What this window says that its kernels run: said again to whoever leads next. */
  #runs: readonly Runs[] = [];

  constructor(options: KernelsOptions) {
    this.#options = options;
    this.#book = new CellBook(options);
  }

  /** Begins to watch: this worker senses for its user now. */
  begin(): void {
    if (this.#watching !== null) return;
    let watching: KernelWatching;
    try {
      watching = this.#options.watch();
    } catch (error) {
      this.#options.log.error(`Kernels are not watched: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    this.#watching = watching;
    // Until it has looked once, what the last leader told is nearer to the truth than an empty list.
    this.#looked = this.#shown === null;
    this.#inherited = this.#shown?.deaths ?? [];
    watching.onChange(() => {
      this.#keepPace();
      if (this.#looked) this.#tellAll();
    });
    watching.onVanished((kernel) => this.#options.leadership()?.door.kernels?.look(kernel));
    watching.onDeath(({ kernel }) => this.#options.leadership()?.door.kernels?.drop(kernel));
    watching.onRecord((record) => this.ended(record));
    this.#tellAll();
  }

  /** Watches no more: another one does, or this worker ends. What was seen last is shown until the other speaks. */
  async rest(): Promise<void> {
    const watching = this.#watching;
    if (watching === null) return;
    this.#shown = this.state();
    this.#watching = null;
    this.#crab = null;
    await watching.close();
  }

  /** A fresh crab for the watch; none where this worker does not watch. */
  crabs(shared: Omit<PresetOptions, "sensors">): readonly Crab[] {
    const sensor = this.#watching?.sensor;
    if (sensor === undefined) return [];
    const { name, metrics, deadlineMs, wantedMs: intervalMs } = sensor;
    const read = async (signal: AbortSignal): Promise<readonly Reading[]> => {
      try {
        return await sensor.read(signal);
      } catch (error) {
        // A kernel may start at any moment: a crab would ask again in a minute.
        if (error instanceof NoData) return [];
        throw error;
      }
    };
    // The watch outlives its crab.
    const lent = { name, metrics, read, dispose: () => undefined };
    const crab = new CrabGuardian({ name: KERNELS, ...shared, sensors: [lent], intervalMs, deadlineMs });
    crab.onSnapshot(() => {
      this.#keepPace();
      if (this.#looked) return;
      this.#looked = true;
      this.#tellAll();
    });
    this.#crab = crab;
    return [crab];
  }

  /** What waits for a store is written, as soon as it takes it. */
  settle(): void {
    this.#book.settle();
  }

  /** Somebody else leads now, or this worker: whoever does hears from this window what its kernels run. */
  sayAgain(): void {
    for (const runs of this.#runs) this.#pass({ runs }).catch(() => undefined); // nobody leads yet: said with the next role
  }

  state(): KernelsState {
    const time = this.#options.clock.now();
    const now = this.#looked ? this.#watching?.state() : undefined;
    if (now === undefined) return this.#shown ?? { time, kernels: [], deaths: [] };
    // The watch knows of no death before it began.
    const before = this.#inherited.filter((one) => time - one.time < DEATHS_MS);
    return before.length === 0 ? now : { ...now, deaths: [...now.deaths, ...before] };
  }

  onState(listener: (state: KernelsState) => void): Disposable {
    return subscribe(this.#stateListeners, listener);
  }

  onCell(listener: (record: CellRecord) => void): Disposable {
    return subscribe(this.#cellListeners, listener);
  }

  /** Records, newest first. */
  cells(query: CellQuery): readonly CellRecord[] {
    return this.#book.list(query);
  }

  /** How many records are kept; null while that cannot be told. */
  get kept(): number | null {
    return this.#book.count();
  }

  /** Who is connected to this worker. */
  get connected(): KernelClients["list"] {
    return this.#options.leadership()?.door.kernels?.list ?? [];
  }

  /** Does what this worker's own window wants, here or where the leader is. Rejects in words. */
  async wish(wish: WindowWish): Promise<CellRecord | null> {
    if (!("runs" in wish)) return this.#pass(wish);
    const runs = { ...wish.runs, since: this.#options.clock.now() };
    const others = this.#runs.filter((one) => !sameKernel(one, runs));
    this.#runs = (runs.cell === null ? others : [...others, runs]).slice(-MOST_RUNS);
    return this.#pass({ runs });
  }

  /** The kernels at this moment: new ones are searched for, here or where the leader is. Never rejects. */
  async find(): Promise<KernelsState> {
    try {
      await this.#pass({ find: true });
    } catch (error) {
      this.#options.log.debug(
        `Kernels were not searched for: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    return this.state();
  }

  async act(act: KernelAct): Promise<CellRecord | null> {
    const watching = this.#watching;
    if (watching === null) {
      throw new KernelRefused(t("No window watches kernels at this moment; one will in a second."));
    }
    const connected = this.#options.leadership()?.door.kernels ?? null;
    if ("find" in act) {
      const before = watching.state().kernels.length;
      await watching.scan();
      // Before the answer goes to who follows, which shows what it was told last.
      if (this.#looked && watching.state().kernels.length !== before) this.#tellAll();
      return null;
    }
    if ("guard" in act) {
      if (connected?.answerGuard(act.guard, act.guard.answer) === true) return null;
      throw new KernelRefused(t("No memory guard holds the kernel of process {0} frozen now.", act.guard.pid));
    }
    if ("measure" in act) {
      const record = watching.measure(act.measure);
      if (record !== null) this.ended(record);
      return record;
    }
    const { cell, since, leaving, ...kernel } = act.runs;
    if (leaving) watching.setLeaving(kernel);
    // The package in the kernel knows better, once it has come to speak: a call of C can keep it from that.
    if (connected?.busy(kernel) !== true) {
      watching.setRunning(kernel, cell === null ? null : { cell, startedAt: since });
    }
    return null;
  }

  greet(greeting: KernelGreeting): void {
    this.#watching?.greet(greeting);
  }

  part(kernel: KernelId): void {
    this.#watching?.part(kernel);
  }

  runs(kernel: KernelId, running: Parameters<KernelWatching["setRunning"]>[1]): void {
    this.#watching?.setRunning(kernel, running);
  }

  guard(kernel: KernelId, state: GuardState | null): void {
    this.#watching?.setGuard(kernel, state);
  }

  bell(): KernelBell | null {
    return this.#options.bell();
  }

  host(watched: boolean): Promise<HostView | null> {
    return this.#options.host(watched);
  }

  ended(record: CellRecord): void {
    if (!this.#book.add(record)) return;
    this.#options.leadership()?.door.tellCell(record);
    this.#tellCell(record);
  }

  showKernels(state: KernelsState): void {
    if (this.#watching !== null) return;
    this.#shown = state;
    this.#tellState(state);
  }

  showCell(record: CellRecord): void {
    if (this.#book.add(record)) this.#tellCell(record);
  }

  /** Takes nothing more, so that what comes is the next leader's, and watches no more. History is to be closed after. */
  async close(): Promise<void> {
    this.#options.leadership()?.door.kernels?.close();
    await this.rest();
    this.#stateListeners.clear();
    this.#cellListeners.clear();
  }

  async #pass(act: KernelAct): Promise<CellRecord | null> {
    const leader = this.#options.leadership()?.leader ?? null;
    return leader === null ? this.act(act) : leader.actKernel(act);
  }

  /** The crab polls as often as the sensor wants now. */
  #keepPace(): void {
    const wantedMs = this.#watching?.sensor.wantedMs;
    const crab = this.#crab;
    if (crab !== null && wantedMs !== undefined && crab.intervalMs !== wantedMs) crab.setInterval(wantedMs);
  }

  #tellAll(): void {
    const state = this.state();
    this.#options.leadership()?.door.tellKernels(state);
    this.#tellState(state);
  }

  #tellState(state: KernelsState): void {
    for (const listener of [...this.#stateListeners]) listener(state);
  }

  #tellCell(record: CellRecord): void {
    for (const listener of [...this.#cellListeners]) listener(record);
  }
}

function subscribe<T>(listeners: Set<(value: T) => void>, listener: (value: T) => void): Disposable {
  const own = (value: T) => listener(value);
  listeners.add(own);
  return { dispose: () => listeners.delete(own) };
}
