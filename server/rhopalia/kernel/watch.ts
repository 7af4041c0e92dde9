/** Watches the kernels of this user: finds them, looks at them, and says when and why one is gone. */
import { t } from "@vscode/l10n";
import os from "node:os";
import type { CellRecord } from "../../../protocol/cell.ts";
import type { GuardState, KernelDeath, KernelsState } from "../../../protocol/kernel.ts";
import type { Reading } from "../../../protocol/reading.ts";
import type { Clock, Disposable, Host } from "../../host/host.ts";
import type { Log } from "../../host/log.ts";
import { cgroupsOf } from "../cgroup.ts";
import { NoData } from "../rhopalium.ts";
import { Deaths, lastRecord, REMEMBERED_MS } from "./deaths.ts";
import { sameKernel, type FoundKernel, type KernelEye } from "./eye.ts";
import { limitOf } from "./limit.ts";
import { recordOf } from "./measure.ts";
import { KillCount } from "./kill-count.ts";
import { KERNEL_METRICS, MOST_SLOTS } from "./metrics.ts";
import { watcherProgram } from "./program.ts";
import { readingsOf, TOLD_MS } from "./readings.ts";
import { KernelSearch } from "./search.ts";
import { SharedMemory } from "./shared.ts";
import { Tracked } from "./tracked.ts";
import type { DeathReport } from "../../wire/kernel-watcher.ts";
import { WatcherRunner } from "./watcher.ts";
import type { KernelGreeting, KernelId, KernelSensor, KernelWatching, RunToMeasure } from "./watching.ts";

/** A limit changes seldom, and a process can be moved. */
const LIMIT_EVERY_MS = 10_000;
/** While a cell runs it is looked at so often, by this worker's own clock. */
const RUNNING_LOOK_MS = 250;
/** A look is repeated for somebody who asks only when the last one is older. */
const FRESH_MS = 50;
/** A reading of /proc that takes longer hangs. */
const DEADLINE_MS = 2000;
/** What changed is told at most so often. */
const TELL_MS = 500;
/** A wrapper starts its kernel within this time; what a kernel itself starts later is none. */
const WRAPS_MS = 60_000;
/** Of more kernels at one time the rest is left alone. */
const MOST_KERNELS = 200;

/** What the watch needs. */
export interface WatchOptions {
  readonly host: Host;
  readonly log: Log;
  readonly eye: KernelEye;
  /** This machine's name, as kernels give it. */
  readonly hostname?: string;
  /** What each process holds of the GPUs, bytes by pid; null while that is not read. */
  readonly gpu?: () => ReadonlyMap<number, number> | null;
  /** Where the program lies that sees how kernels end; null: it is not run. By default where it is packed. */
  readonly program?: string | null;
  /** False while the user has switched the sensor off: then nothing is looked at. */
  readonly enabled?: () => boolean;
}

/** Everything known of kernels. */
export class KernelWatch implements KernelWatching {
  readonly sensor: KernelSensor;
  readonly #host: Host;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #eye: KernelEye;
  readonly #hostname: string;
  readonly #gpu: () => ReadonlyMap<number, number> | null;
  readonly #enabled: () => boolean;
  readonly #changed = new Set<(state: KernelsState) => void>();
  readonly #vanished = new Set<(kernel: KernelId) => void>();
  readonly #dead = new Set<(death: KernelDeath) => void>();
  readonly #recorded = new Set<(record: CellRecord) => void>();
  readonly #search: KernelSearch;
  readonly #runner: WatcherRunner;
  readonly #deaths: Deaths;
  #kernels: readonly Tracked[] = [];
  #toldAt = -Infinity;
  #telling: Disposable | null = null;
  #looking: Disposable | null = null;
  #closed = false;

  constructor(options: WatchOptions) {
    const { host, log, eye } = options;
    this.#host = host;
    this.#clock = host.clock;
    this.#log = log;
    this.#eye = eye;
    this.#hostname = options.hostname ?? os.hostname();
    this.#gpu = options.gpu ?? (() => null);
    this.#enabled = options.enabled ?? (() => true);
    const program = options.program === undefined ? watcherProgram(host.files) : options.program;
    const pythons = () => this.#pythons();
    const onDied = (report: DeathReport) => {
      const one = this.#kernels.find(({ local, found }) => local && found.pid === report.pid);
      if (one !== undefined) this.#deaths.hear(one, report);
    };
    this.#runner = new WatcherRunner({ host, log, program, pythons, onDied });
    const onDeath = (one: Tracked, death: KernelDeath) => this.#died(one, death);
    const onVanished = ({ kernel }: Tracked) => {
      for (const listener of [...this.#vanished]) this.#call(() => listener(kernel));
    };
    this.#deaths = new Deaths({ clock: host.clock, log, eye, runner: this.#runner, onVanished, onDeath });
    const onFound = (found: readonly FoundKernel[]) => this.#adoptAll(found);
    this.#search = new KernelSearch({ host, eye, enabled: this.#enabled, onFound });
    const wantedMs = () => this.#wantedMs();
    this.sensor = {
      name: "kernel",
      metrics: KERNEL_METRICS,
      read: (signal) => this.#read(signal),
      dispose: () => undefined,
      // Where every look asks a program of the system, it may take its time.
      deadlineMs: eye.lookMs > 1000 ? eye.lookMs : DEADLINE_MS,
      get wantedMs() {
        return wantedMs();
      },
    };
  }

  state(): KernelsState {
    const kernels = this.#living.map((one) => one.state());
    return { time: this.#clock.now(), kernels, deaths: this.#deaths.within(REMEMBERED_MS) };
  }

  scan(): Promise<void> {
    return this.#search.now();
  }

  onChange(listener: (state: KernelsState) => void): Disposable {
    return subscribe(this.#changed, listener);
  }

  onVanished(listener: (kernel: KernelId) => void): Disposable {
    return subscribe(this.#vanished, listener);
  }

  onDeath(listener: (death: KernelDeath) => void): Disposable {
    return subscribe(this.#dead, listener);
  }

  onRecord(listener: (record: CellRecord) => void): Disposable {
    return subscribe(this.#recorded, listener);
  }

  greet({ kernel, executable, faults }: KernelGreeting): void {
    const one = this.#of(kernel) ?? this.#track(this.#seek(kernel), kernel);
    if (one === null) return;
    one.kernel = kernel;
    one.measured = true;
    one.faults = faults;
    if (executable !== "") one.executable = executable;
    this.#watchEnd(one);
    this.#change();
  }

  part(kernel: KernelId): void {
    const one = this.#of(kernel);
    if (one === null) return;
    one.measured = false;
    one.guard = null;
    // Of a kernel elsewhere nothing more will be heard.
    if (!one.local) this.#remove(one);
    this.#change();
  }

  setRunning(kernel: KernelId, running: Parameters<KernelWatching["setRunning"]>[1]): void {
    const one = this.#of(kernel);
    if (one !== null) {
      this.#run(one, running);
      return;
    }
    // A window may know a kernel before it was found.
    void this.#search.now().then(() => {
      const found = this.#of(kernel);
      if (found !== null) this.#run(found, running);
    });
  }

  setLeaving(kernel: KernelId): void {
    this.#of(kernel)?.leave(this.#clock.now());
  }

  setGuard(kernel: KernelId, guard: GuardState | null): void {
    const one = this.#of(kernel);
    if (one === null) return;
    one.guard = guard;
    one.limitAt = -Infinity;
    this.#change();
  }

  measure({ cell, from, to, outcome, ...kernel }: RunToMeasure): CellRecord | null {
    const one = this.#of(kernel);
    if (one === null || !(to >= from)) return null;
    // A look at the end is part of the run, however short ago the last one was.
    const seenTo = one.looks.last?.time ?? -Infinity;
    if (seenTo < to && this.#clock.now() - to < this.#eye.lookMs) this.#lookNow(one, 0);
    const idleSince = one.idleSince(from);
    one.ended(to);
    return recordOf({ kernel: one.kernel, cell, from, to, outcome, idleSince, limit: one.limit }, one.looks);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#search.dispose();
    this.#telling?.dispose();
    this.#looking?.dispose();
    this.#deaths.close();
    this.#changed.clear();
    this.#vanished.clear();
    this.#dead.clear();
    this.#recorded.clear();
    this.#runner.close();
    await Promise.resolve();
  }

  /** Without those of whose end is only not known yet why. */
  get #living(): readonly Tracked[] {
    return this.#kernels.filter(({ gone }) => !gone);
  }

  #wantedMs(): number {
    const lively = this.#kernels.length > 0 || this.#deaths.within(TOLD_MS).length > 0;
    return lively ? this.#eye.lookMs : this.#eye.scanMs;
  }

  async #read(signal: AbortSignal): Promise<readonly Reading[]> {
    await this.#search.keepPace(signal);
    if (signal.aborted) return [];
    for (const one of this.#kernels) this.#look(one);
    void Promise.all(this.#kernels.map((one) => one.shared.ask(one.pids)));
    if (this.#kernels.length > 0) this.#change();
    const deaths = this.#deaths.within(TOLD_MS);
    if (this.#kernels.length === 0 && deaths.length === 0) throw new NoData(t("no notebook kernel of this user runs"));
    return readingsOf({ kernels: this.#living, deaths, died: this.#deaths.counts });
  }

  #adoptAll(found: readonly FoundKernel[]): void {
    const before = this.#kernels;
    for (const one of found) this.#adopt(one);
    if (this.#kernels !== before) this.#change();
  }

  #adopt(found: FoundKernel): void {
    const known = this.#of(found);
    if (known?.local === true) return;
    const { pid, startedAt, language } = found;
    if (known === null) {
      const wrapper = this.#wrapperOf(found);
      if (wrapper !== null) this.#remove(wrapper);
      const one = this.#track(found, { pid, startedAt, language, host: this.#hostname });
      const running = wrapper?.running ?? null;
      if (running !== null) one?.run(running, this.#clock.now());
    } else if (known.kernel.host === this.#hostname) {
      // It greeted while the sensor was switched off.
      known.settle(found);
      this.#watchEnd(known);
    }
  }

  /** What was taken for this kernel before it was there: who starts one, such as `conda run`, names its connection file too. */
  #wrapperOf({ connection, ancestors, startedAt }: FoundKernel): Tracked | null {
    if (connection === "") return null;
    const own = this.#kernels.filter(
      ({ local, measured, found }) => local && !measured && ancestors.includes(found.pid),
    );
    const starts = ({ found }: Tracked) => found.connection === connection && startedAt - found.startedAt < WRAPS_MS;
    return own.find(starts) ?? null;
  }

  #track(found: FoundKernel | null, kernel: Tracked["kernel"]): Tracked | null {
    if (this.#kernels.length >= MOST_KERNELS) return null;
    const shared = new SharedMemory(this.#clock, (pids) => this.#eye.shared(pids));
    const one = new Tracked({ found, kernel, number: this.#freeNumber(), shared });
    this.#kernels = [...this.#kernels, one];
    this.#log.debug(`kernel ${String(kernel.pid)} (${kernel.language}) is watched`);
    this.#lookNow(one);
    this.#watchEnd(one);
    return one;
  }

  #run(one: Tracked, running: Parameters<KernelWatching["setRunning"]>[1]): void {
    // A look may find it gone, and its end is judged by what it ran. Of what has ended it still shows the peak.
    if (running !== null) one.run(running, this.#clock.now());
    this.#lookNow(one);
    if (running === null) one.run(null, this.#clock.now());
    this.#keepLooking();
    this.#change();
  }

  #watchEnd({ local, gone, found: { pid, startedAt }, faults }: Tracked): void {
    if (local && !gone && this.#enabled()) this.#runner.watch({ pid, startedAt, faults });
  }

  /** Interpreters that may run the watcher: that of a kernel works, and who greeted said which it is. */
  #pythons(): readonly string[] {
    const python = this.#kernels.filter(({ local, kernel }) => local && kernel.language === "python");
    const greeted = python.filter(({ measured }) => measured);
    const named = [...greeted, ...python].map(({ executable }) => executable).filter((one) => one !== "");
    return [...named, this.#host.platform === "win32" ? "python" : "python3"];
  }

  #freeNumber(): number {
    const taken = new Set(this.#kernels.map(({ number }) => number));
    for (let number = 1; number <= MOST_SLOTS; number++) if (!taken.has(number)) return number;
    return 0;
  }

  /** The process that says that it is a kernel; null: it is none of this machine's. */
  #seek({ pid, startedAt, language, host }: Tracked["kernel"]): FoundKernel | null {
    return host === this.#hostname && this.#enabled() ? this.#eye.find(pid, startedAt, language) : null;
  }

  #of(kernel: KernelId): Tracked | null {
    return this.#kernels.find((one) => sameKernel(one.kernel, kernel)) ?? null;
  }

  #lookNow(one: Tracked, freshMs = FRESH_MS): void {
    const age = this.#clock.now() - (one.looks.last?.time ?? -Infinity);
    if (this.#enabled() && !this.#closed && !(age >= 0 && age < freshMs)) this.#look(one);
  }

  #look(one: Tracked): void {
    if (!one.local || one.gone) return;
    const monotonic = this.#clock.monotonic();
    const looked = this.#eye.look(one.found);
    if (looked === "gone") {
      this.#deaths.vanished(one);
      return;
    }
    if (monotonic - one.limitAt >= LIMIT_EVERY_MS) {
      const groups = this.#host.platform === "linux" ? cgroupsOf(this.#host, one.found.pid, "memory") : [];
      one.limit = limitOf(this.#host, groups, one.guard?.limitBytes ?? null);
      one.limitAt = monotonic;
      one.kills = groups[0] === undefined ? null : new KillCount(this.#host, groups[0]);
    }
    if (!this.#runner.watches(one.found.pid)) one.kills?.look();
    one.see(looked);
    one.gpuBytes = this.#gpuOf(one.pids);
  }

  /** Where the GPUs' pids are those of another namespace, as in containers, none is found and nothing is known. */
  #gpuOf(pids: readonly number[]): number | null {
    const held = this.#gpu();
    if (held === null) return null;
    const found = pids.filter((pid) => held.has(pid));
    if (found.length > 0) return found.reduce((sum, pid) => sum + (held.get(pid) ?? 0), 0);
    return [...held.keys()].every((pid) => this.#eye.alive(pid)) ? 0 : null;
  }

  /** Looks more often while a cell runs. */
  #keepLooking(): void {
    this.#looking?.dispose();
    this.#looking = null;
    if (this.#closed || this.#eye.lookMs < RUNNING_LOOK_MS || this.#eye.lookMs > 1000) return;
    if (!this.#kernels.some(({ running, gone }) => running !== null && !gone)) return;
    this.#looking = this.#clock.schedule(
      () => {
        for (const one of this.#kernels) if (one.running !== null) this.#lookNow(one);
        this.#change();
        this.#keepLooking();
      },
      RUNNING_LOOK_MS,
      { unref: true },
    );
  }

  #remove(one: Tracked): void {
    this.#kernels = this.#kernels.filter((other) => other !== one);
    this.#runner.forget(one.found.pid);
    this.#eye.forget(one.found.pid);
  }

  #died(one: Tracked, death: KernelDeath): void {
    this.#remove(one);
    for (const listener of [...this.#dead]) this.#call(() => listener(death));
    const record = lastRecord(one, death);
    if (record !== null) for (const listener of [...this.#recorded]) this.#call(() => listener(record));
    this.#change();
  }

  /** Tells what changed, at once or when it is time again. */
  #change(): void {
    if (this.#closed || this.#telling !== null || this.#changed.size === 0) return;
    const waitMs = Math.max(0, this.#toldAt + TELL_MS - this.#clock.monotonic());
    const tell = () => {
      this.#telling = null;
      this.#toldAt = this.#clock.monotonic();
      const state = this.state();
      for (const listener of [...this.#changed]) this.#call(() => listener(state));
    };
    this.#telling = this.#clock.schedule(tell, waitMs, { unref: true });
  }

  #call(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#log.error(`A listener on kernels failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function subscribe<T>(listeners: Set<(value: T) => void>, listener: (value: T) => void): Disposable {
  const own = (value: T) => listener(value);
  listeners.add(own);
  return { dispose: () => listeners.delete(own) };
}
