/** What the worker costs: ten minutes of the built worker at 2 s over its own channel, and the sizes of what is shipped. */
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildAll } from "../scripts/build.ts";
import { freshVsix } from "../scripts/package.ts";
import { stateChanged } from "../protocol/messages/worker.ts";
import type { WorkerState } from "../protocol/state.ts";
import { TestClient, WORKER } from "../test/protocol/client.ts";
import type { BenchOptions, BenchResult } from "./bench.ts";
import { cpuMs } from "./cpu-time.ts";
import { percentile, slope } from "./regression.ts";

export const title = "The worker (`npm run bench:worker`)";

const root = path.dirname(import.meta.dirname);

const INTERVAL_S = 2;
const DEFAULT_MINUTES = 10;
/** Caches fill and the compiler works in the beginning: the slope is taken from what comes after this share of the run. */
const WARM_UP_SHARE = 0.3;
const MB = 2 ** 20;

/** A second window's worker is measured beside the first afterwards: for this share of the minutes. */
const FOLLOWER_SHARE = 0.3;
/** It has settled after this long. */
const FOLLOWER_WARM_MS = 10_000;

/** Where the in-host suite leaves its results. */
const IN_HOST = path.join(root, "test", "artifacts", "in-host.json");

/** One look at the worker, by its own state and the kernel's books. */
interface Look {
  readonly hours: number;
  readonly rssMb: number;
}

/** The bench. Rejects when the worker ends before its time. */
export async function run({ minutes = DEFAULT_MINUTES, say }: BenchOptions): Promise<BenchResult> {
  if (process.platform !== "linux") throw new Error("This bench reads /proc; it runs on Linux.");
  // What is shipped is measured, so it is made from the sources as they are.
  const vsix = await freshVsix();
  if (!existsSync(WORKER)) await buildAll();
  const client = new TestClient();
  const { pid } = client.child;
  if (pid === undefined) throw new Error("The worker could not be started.");
  try {
    const states: WorkerState[] = [];
    client.connection.onNotification(stateChanged.method, (state: WorkerState) => void states.push(state));
    await client.initializeWith({ settings: { interval: INTERVAL_S } });
    say(`The worker runs as process ${pid}; measuring ${minutes} min at one poll every ${INTERVAL_S} s...`);
    const began = performance.now();
    const end = began + minutes * 60_000;
    const warm = began + minutes * 60_000 * WARM_UP_SHARE;
    const looks: Look[] = [];
    const loop: number[] = [];
    let cpuFrom: { readonly at: number; readonly ms: number } | null = null;
    let counted = 0;
    for (;;) {
      const now = performance.now();
      if (client.child.exitCode !== null || client.child.signalCode !== null) throw new Error("The worker ended.");
      looks.push({ hours: (now - began) / 3_600_000, rssMb: rssBytes(pid) / MB });
      if (cpuFrom === null && now >= warm) {
        cpuFrom = { at: now, ms: cpuMs(pid) };
        say(`  warm: ${round(looks.at(-1)?.rssMb ?? NaN, 1)} MiB`);
      }
      for (; counted < states.length; counted++) {
        const delay = states[counted]?.self.loopP99Ms ?? null;
        if (delay !== null && now >= warm) loop.push(delay);
      }
      if (now >= end) break;
      await sleep(Math.min(1000, end - now));
    }
    const heard = states.length;
    const last = looks.at(-1);
    const used = cpuFrom === null ? NaN : (cpuMs(pid) - cpuFrom.ms) / (performance.now() - cpuFrom.at);
    const settled = looks.filter((one) => one.hours * 3_600_000 >= minutes * 60_000 * WARM_UP_SHARE);
    const following = await measureFollower(client, minutes * FOLLOWER_SHARE, say);
    const activation = activationMs();
    return {
      rssMb: round(last?.rssMb ?? NaN, 1),
      rssMaxMb: round(Math.max(...looks.map((one) => one.rssMb)), 1),
      rssSlopeMbPerH: round(slope(settled.map((one) => [one.hours, one.rssMb])), 2),
      cpuPercent: round(used * 100, 3),
      loopP99Ms: round(percentile(loop, 0.5), 2),
      loopP99WorstMs: round(percentile(loop, 1), 2),
      ...following,
      activationMs: activation.ms,
      ...(activation.ms === null ? { activationMissing: activation.reason } : {}),
      extensionKb: kb("dist/extension.cjs"),
      clientKb: kb("dist/client.cjs"),
      webviewKb: kb("dist/webview/dashboard.js"),
      workerKb: kb("dist/worker.cjs"),
      vsixMb: round(statSync(vsix).size / 1e6, 2),
      minutes,
      states: heard,
      intervalMs: INTERVAL_S * 1000,
    };
  } finally {
    await client.dispose();
  }
}

/** A second worker of the same user, which follows the first, and what both cost in the same time. */
async function measureFollower(first: TestClient, minutes: number, say: BenchOptions["say"]) {
  const leader = first.child.pid;
  const client = new TestClient({ home: first.home });
  const { pid } = client.child;
  if (pid === undefined || leader === undefined) throw new Error("The second worker could not be started.");
  try {
    let role = "";
    client.connection.onNotification(stateChanged.method, (state: WorkerState) => {
      role = state.role?.role ?? "";
    });
    await client.initializeWith({ settings: { interval: INTERVAL_S } });
    await sleep(FOLLOWER_WARM_MS);
    say(`A second worker, process ${pid}, follows for ${round(minutes, 1)} min...`);
    const began = performance.now();
    const from = [cpuMs(leader), cpuMs(pid)] as const;
    await sleep(minutes * 60_000);
    if (role !== "follows") throw new Error(`The second worker should follow, but it ${role || "says nothing"}.`);
    const percent = (now: number, before: number) => round(((now - before) / (performance.now() - began)) * 100, 3);
    return {
      leaderCpuPercent: percent(cpuMs(leader), from[0]),
      followerCpuPercent: percent(cpuMs(pid), from[1]),
      followerRssMb: round(rssBytes(pid) / MB, 1),
    };
  } finally {
    await client.dispose({ keepHome: true });
  }
}

/** For docs/footprint.md. */
export function describe(result: BenchResult): string {
  const cell = (key: string) => (typeof result[key] === "number" ? String(result[key]) : "not measured");
  const missing = typeof result["activationMissing"] === "string" ? ` (${result["activationMissing"]})` : "";
  return [
    `The built worker for ${cell("minutes")} min at one poll every ${INTERVAL_S} s over the channel that VS Code uses:`,
    `${cell("states")} states were sent. Memory is the whole process's resident memory; its slope is a line fitted to the run after`,
    "its warm-up, and noise over a short run. CPU is the share of one core after the warm-up. The event loop's delay is",
    "the 99th percentile over a minute, of which the median and the worst minute after the warm-up are given. Then a second",
    "window's worker, which follows, runs beside the first for 3/10 of the time: the CPU of both is of the same moments.",
    "",
    "| what | measured | budget |",
    "|---|---|---|",
    `| resident memory at the end, MiB | ${cell("rssMb")} | 90 |`,
    `| at most, MiB | ${cell("rssMaxMb")} | |`,
    `| slope, MiB an hour | ${cell("rssSlopeMbPerH")} | 1, over an hour or more |`,
    `| CPU, percent of a core | ${cell("cpuPercent")} | 1 |`,
    `| CPU of a worker that leads another, percent of a core | ${cell("leaderCpuPercent")} | |`,
    `| CPU of the one that follows it, percent of a core | ${cell("followerCpuPercent")} | 1 |`,
    `| resident memory of the one that follows, MiB | ${cell("followerRssMb")} | 90 |`,
    `| event-loop block, p99, ms | ${cell("loopP99Ms")} | 20 |`,
    `| the same in the worst minute, ms | ${cell("loopP99WorstMs")} | |`,
    `| activation of the extension, ms${missing} | ${cell("activationMs")} | 30 |`,
    `| extension bundle, kB | ${cell("extensionKb")} | 120 |`,
    `| dashboard bundle, kB | ${cell("webviewKb")} | 350 |`,
    `| VSIX, MB | ${cell("vsixMb")} | 3 |`,
  ].join("\n");
}

/** Resident memory from the kernel's books, bytes. */
function rssBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kib === undefined) throw new Error(`/proc/${pid}/status names no VmRSS.`);
  return Number(kib) * 1024;
}

/** From the in-host suite's last run: a window has to open for it. */
function activationMs(): { readonly ms: number | null; readonly reason: string } {
  const reason = "the in-host suite has left no record: npm test -- in-host, and run the bench again";
  if (!existsSync(IN_HOST)) return { ms: null, reason };
  const { measures } = JSON.parse(readFileSync(IN_HOST, "utf8")) as { measures?: { activationMs?: number } };
  const ms = measures?.activationMs;
  return ms === undefined ? { ms: null, reason } : { ms: round(ms, 1), reason: "" };
}

function kb(file: string): number {
  return round(statSync(path.join(root, file)).size / 1000, 1);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
