/** For tests of the kernel sensor: a recorded machine whose processes come, work and go as a test says. */
import { FixtureHost } from "../../host/fixture.ts";
import { ManualClock } from "../../host/manual-clock.ts";
import { silentLog } from "../../host/log.ts";
import type { CellRef } from "../../../protocol/cell.ts";
import type { KernelDeath } from "../../../protocol/kernel.ts";
import type { Reading } from "../../../protocol/reading.ts";
import { kernelWatch } from "./index.ts";
import type { KernelWatchOptions } from "./index.ts";

const PAGE = 4096;
export const BOOT_MS = 1_700_000_000_000;
/** The recorded machine's memory. */
export const MACHINE_BYTES = 16 * 2 ** 30;

/** A process as /proc shows it. */
export interface ProcessWish {
  readonly pid: number;
  readonly parent?: number;
  readonly argv?: readonly string[];
  readonly state?: string;
  readonly ticks?: number;
  readonly reaped?: number;
  readonly threads?: number;
  readonly start?: number;
  readonly bytes?: number;
  readonly peakBytes?: number;
  readonly uid?: number;
  /** Pids of its children, under its first thread. */
  readonly children?: readonly number[];
  readonly name?: string;
  readonly cgroup?: string;
}

/** The command line of a kernel of ipykernel. */
export function ipykernel(connection = "kernel-1.json"): readonly string[] {
  return ["/usr/bin/python3", "-m", "ipykernel_launcher", "-f", `/run/user/1000/jupyter/${connection}`];
}

/** A cell that ran as `In [7]`. */
export const CELL: CellRef = { id: "c1", executionCount: 7, hash: "", label: "" };

/** A machine with one user (1000), on which nothing runs but what the test starts. */
export class KernelMachine {
  readonly clock = new ManualClock(BOOT_MS + 10_000_000);
  readonly host: FixtureHost;
  readonly #known = new Map<number, ProcessWish>();

  constructor(files: Readonly<Record<string, string>> = {}, env: Readonly<Record<string, string>> = {}) {
    this.host = new FixtureHost({
      clock: this.clock,
      env,
      files: {
        "/proc/stat": `btime ${String(BOOT_MS / 1000)}\n`,
        "/proc/self/status": "Name:\tnode\nUid:\t1000\t1000\t1000\t1000\n",
        "/proc/meminfo": `MemTotal:       ${String(MACHINE_BYTES / 1024)} kB\n`,
        "/proc/self/mountinfo": "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
        ...files,
      },
    });
  }

  /** Starts a process, or changes what was said of one. */
  put(wish: ProcessWish): void {
    const one = { ...this.#known.get(wish.pid), ...wish };
    this.#known.set(wish.pid, one);
    const { pid, parent = 1, state = "S", ticks = 0, reaped = 0, threads = 1, start = 100, bytes = 50 * 2 ** 20 } = one;
    const { host } = this;
    const at = (file: string) => `/proc/${String(pid)}/${file}`;
    const numbers = `${String(parent)} 1 1 0 -1 0 0 0 0 0 ${String(ticks)} 0 ${String(reaped)} 0 20 0 ${String(threads)} 0`;
    host.write(
      at("stat"),
      `${String(pid)} (${one.name ?? "python3"}) ${state} ${numbers} ${String(start)} 0 ${String(bytes / PAGE)} 0\n`,
    );
    host.write(at("cmdline"), (one.argv ?? ["/bin/true"]).join("\0"));
    const uid = String(one.uid ?? 1000);
    const peak = String((one.peakBytes ?? bytes) / 1024);
    host.write(at("status"), `Name:\tpython3\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\nVmHWM:\t${peak} kB\n`);
    host.write(at(`task/${String(pid)}/children`), (one.children ?? []).map((child) => `${String(child)} `).join(""));
    host.write(at("cgroup"), `0::${one.cgroup ?? "/"}\n`);
    host.linkTo(at("cwd"), "/home/ada/work");
    host.linkTo(at("exe"), one.argv?.[0] ?? "/bin/true");
  }

  /** Takes a process away. */
  end(pid: number): void {
    this.#known.delete(pid);
    for (const file of ["stat", "cmdline", "status", "cgroup", `task/${String(pid)}/children`]) {
      this.host.remove(`/proc/${String(pid)}/${file}`);
    }
  }

  /** A watch over this machine, and what it says. */
  watch(options: Partial<KernelWatchOptions> = {}) {
    const watching = kernelWatch({
      host: this.host,
      log: silentLog,
      hostname: "box",
      program: null,
      ...options,
    });
    const deaths: KernelDeath[] = [];
    watching.onDeath((death) => deaths.push(death));
    const read = async (): Promise<readonly Reading[]> => {
      try {
        return await watching.sensor.read(new AbortController().signal);
      } catch (error) {
        if (error instanceof Error && error.name === "NoData") return [];
        throw error;
      }
    };
    /** Lets time pass as the crab does: a look a second. */
    const pass = async (seconds: number): Promise<readonly Reading[]> => {
      let readings: readonly Reading[] = [];
      for (let second = 0; second < seconds; second++) {
        await this.clock.advanceAsync(1000);
        readings = await read();
      }
      return readings;
    };
    return { watching, deaths, read, pass };
  }
}
