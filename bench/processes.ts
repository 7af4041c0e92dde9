/** What a scan of the processes costs: on this machine's /proc, and on a generated tree of 2,000 processes on disk. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Files, Host } from "../server/host/host.ts";
import { nodeHost } from "../server/host/node.ts";
import { linuxProcesses } from "../server/rhopalia/process/linux.ts";
import type { BenchOptions, BenchResult } from "./bench.ts";

const GENERATED = 2000;
const ROUNDS = 25;
const PAUSE_MS = 100;

/** The real file system, with /proc in a folder. */
function hostIn(root: string): Host {
  const host = nodeHost();
  const at = (name: string) => (name.startsWith("/proc") ? path.join(root, name) : name);
  const { files } = host;
  const moved: Files = {
    ...files,
    live: (name, options) => files.live(at(name), options),
    text: (name) => files.text(at(name)),
    list: (name) => files.list(at(name)),
    exists: (name) => files.exists(at(name)),
    link: (name) => files.link(at(name)),
  };
  return { ...host, files: moved };
}

function generate(): string {
  const root = mkdtempSync(path.join(os.tmpdir(), "gorgon-bench-proc-"));
  for (let pid = 1; pid <= GENERATED; pid++) {
    const folder = path.join(root, "proc", String(pid));
    mkdirSync(folder, { recursive: true });
    const numbers = `S 1 1 1 0 -1 4194560 1 0 0 0 ${String(pid * 3)} ${String(pid)} 0 0 20 0 4 0 ${String(pid)} 1000000 ${String(pid)}`;
    const rest = "18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0";
    writeFileSync(path.join(folder, "stat"), `${String(pid)} (worker ${String(pid % 40)}) ${numbers} ${rest}\n`);
    writeFileSync(path.join(folder, "io"), "read_bytes: 4096\nwrite_bytes: 4096\n");
    writeFileSync(path.join(folder, "cmdline"), "worker\0--flag\0");
  }
  writeFileSync(path.join(root, "proc", "stat"), "cpu 1 2 3 4\nbtime 1700000000\n");
  return root;
}

/** Medians of the rounds, in milliseconds. */
interface Figures {
  readonly processes: number;
  readonly cpuMs: number;
  readonly holdMs: number;
}

/** The median of CPU a scan, and the longest time between two turns of the event loop during one. */
async function measure(host: Host, rounds: number): Promise<Figures> {
  const sensor = linuxProcesses(host);
  const times: number[] = [];
  const holds: number[] = [];
  let processes = 0;
  for (let round = 0; round < rounds; round++) {
    await sleep(PAUSE_MS);
    let hold = 0;
    let last = performance.now();
    let running = true;
    const beat = (): void => {
      const now = performance.now();
      hold = Math.max(hold, now - last);
      last = now;
      if (running) setImmediate(beat);
    };
    setImmediate(beat);
    const start = process.cpuUsage();
    const readings = await sensor.read(new AbortController().signal);
    const { user, system } = process.cpuUsage(start);
    beat();
    running = false;
    times.push((user + system) / 1000);
    holds.push(hold);
    processes = readings.reduce((sum, one) => sum + (one.metric === "system.process.count" ? one.value : 0), 0);
  }
  const median = (list: number[]) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;
  return { processes, cpuMs: Math.round(median(times) * 100) / 100, holdMs: Math.round(median(holds) * 100) / 100 };
}

export const title = "Processes";

/** CPU a scan, and how long one holds the event loop; of this machine's processes, and of 2,000 generated ones. */
export async function run({ samples }: BenchOptions): Promise<BenchResult> {
  const rounds = samples ?? ROUNDS;
  const root = generate();
  try {
    const here = await measure(nodeHost(), rounds);
    const generated = await measure(hostIn(root), rounds);
    return { here, generated };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** The result in words. */
export function describe(result: BenchResult): string {
  const line = (what: string, { processes, cpuMs, holdMs }: Figures) =>
    `- ${what}, ${String(processes)} processes: ${String(cpuMs)} ms of CPU a scan (every 10 s), event loop held ${String(holdMs)} ms`;
  const { here, generated } = result as unknown as { here: Figures; generated: Figures };
  const note =
    "The generated ones are files on a disk: those of the kernel itself cost two to three times as much each.";
  return [line("This machine", here), line("Generated", generated), "", note].join("\n");
}
