/** Kernels on macOS and Windows, through systeminformation: a program of the system, so looked at seldom. */
import os from "node:os";
import type { Host } from "../../host/host.ts";
import { amount, startOf, type Listed } from "../process/elsewhere.ts";
import type { SystemInformation } from "../systeminformation.ts";
import { kernelCommand } from "./command.ts";
import { START_TREMBLE_MS, type FoundKernel, type KernelEye, type Looked } from "./eye.ts";

const EVERY_MS = 10_000;
const MOST_ANCESTORS = 32;
const MOST_PROCESSES = 256;
const KIB = 1024;

/** The eye where every look is a list of all processes. */
export class OtherEye implements KernelEye {
  readonly lookMs = EVERY_MS;
  readonly scanMs = EVERY_MS;
  readonly #host: Host;
  readonly #information: SystemInformation;
  readonly #user: string;
  #listed: ReadonlyMap<number, Listed> = new Map();
  #children: ReadonlyMap<number, readonly Listed[]> = new Map();
  #listedAt = 0;

  /** `user`: whose kernels are wanted; this process's own by default. */
  constructor(host: Host, information: SystemInformation, user = ownName()) {
    this.#host = host;
    this.#information = information;
    this.#user = user;
  }

  async scan(signal: AbortSignal): Promise<readonly FoundKernel[]> {
    const { list } = await this.#information.ask("the processes", (library) => library.processes(), signal);
    const sound = list.filter((one) => Number.isSafeInteger(one.pid) && one.pid > 0 && amount(one.memRss) !== null);
    this.#listed = new Map(sound.map((one) => [one.pid, one]));
    this.#children = Map.groupBy(sound, ({ parentPid }) => parentPid);
    this.#listedAt = this.#host.clock.now();
    return sound.flatMap((one) => {
      const command = kernelCommand(wordsOf(one));
      // Windows does not say whose a process is, and shows others' command lines to administrators alone.
      if (command === null || (one.user !== "" && one.user !== this.#user)) return [];
      const above = this.ancestors(one.pid);
      // A fork has its parent's command line.
      if (above.some((pid) => this.#lineOf(pid) === lineOf(one))) return [];
      return [this.#foundAs(one, command.language, command.connection)];
    });
  }

  find(pid: number, startedAt: number, language: string): FoundKernel | null {
    const one = this.#listed.get(pid);
    if (one === undefined || Math.abs(startOf(one) - startedAt) > START_TREMBLE_MS) return null;
    return this.#foundAs(one, language, kernelCommand(wordsOf(one))?.connection ?? "");
  }

  look({ pid, startedAt }: Pick<FoundKernel, "pid" | "startedAt">): Looked {
    const one = this.#listed.get(pid);
    if (one === undefined || Math.abs(startOf(one) - startedAt) > START_TREMBLE_MS) return "gone";
    const tree = [one];
    for (let index = 0; index < tree.length && tree.length < MOST_PROCESSES; index++) {
      for (const child of this.#children.get(tree[index]?.pid ?? 0) ?? []) if (!tree.includes(child)) tree.push(child);
    }
    const sum = (of: (listed: Listed) => number | null) => tree.reduce((total, each) => total + (of(each) ?? 0), 0);
    const percent = sum(({ cpu }) => amount(cpu));
    return {
      time: this.#listedAt,
      rssBytes: one.memRss * KIB,
      sumBytes: sum(({ memRss }) => memRss) * KIB,
      ...{ peakBytes: null, cpuMs: null, childCpuMs: null, io: null, threads: 0 },
      // macOS counts in percent of one core, Windows in percent of all.
      cores: (percent / 100) * (this.#host.platform === "win32" ? os.availableParallelism() : 1),
      pids: tree.map((each) => each.pid),
    };
  }

  shared(): Promise<number | null> {
    return Promise.resolve(null);
  }

  ancestors(pid: number): readonly number[] {
    const found: number[] = [];
    for (let one = this.#listed.get(pid); one !== undefined && found.length < MOST_ANCESTORS;) {
      const parent = one.parentPid;
      if (parent <= 0 || parent === one.pid || found.includes(parent)) break;
      found.push(parent);
      one = this.#listed.get(parent);
    }
    return found;
  }

  alive(pid: number): boolean {
    return this.#listed.has(pid);
  }

  forget(): void {
    // Nothing is kept of a single kernel.
  }

  #foundAs(one: Listed, language: string, connection: string): FoundKernel {
    const ancestors = this.ancestors(one.pid);
    const isWrapper = (pid: number) => connection !== "" && this.#lineOf(pid).includes(connection);
    const starter = ancestors.find((pid) => pid !== 1 && !isWrapper(pid)) ?? null;
    const { pid, path } = one;
    return { pid, startedAt: startOf(one), language, connection, folder: "", ancestors, executable: path, starter };
  }

  #lineOf(pid: number): string {
    const one = this.#listed.get(pid);
    return one === undefined ? "" : lineOf(one);
  }
}

function lineOf({ command, params }: Listed): string {
  return `${command} ${params}`.trim();
}

/** Only what stands behind the last slash counts of a path, so that blanks in folders do no harm. */
function wordsOf(one: Listed): readonly string[] {
  return (lineOf(one).match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^"(.*)"$/, "$1"));
}

function ownName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return ""; // A user without an entry.
  }
}
