/**
 * What a scan of the processes costs: on this machine's /proc, and on a generated tree of 2,000 processes on disk.
 * `node bench/processes.ts [--json]` prints CPU milliseconds a scan (the median) and the longest hold of the event loop.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Files, Host } from "../server/host/host.ts";
import { nodeHost } from "../server/host/node.ts";
import { linuxProcesses } from "../server/rhopalia/process/linux.ts";

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

/** The median of CPU a scan, and the longest time between two turns of the event loop during one. */
async function measure(host: Host): Promise<{ processes: number; cpuMs: number; holdMs: number }> {
  const sensor = linuxProcesses(host);
  const times: number[] = [];
  const holds: number[] = [];
  let processes = 0;
  for (let round = 0; round < ROUNDS; round++) {
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

const root = generate();
try {
  const here = await measure(nodeHost());
  const many = await measure(hostIn(root));
  if (process.argv.includes("--json")) console.log(JSON.stringify({ here, many }));
  else {
    for (const { processes, cpuMs, holdMs } of [here, many]) {
      console.log(
        `${String(processes)} processes: ${String(cpuMs)} ms CPU a scan, event loop held ${String(holdMs)} ms`,
      );
    }
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
