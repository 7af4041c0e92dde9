/** CPU of one full host sample, ours beside node_exporter and Glances, all paced at 2 s in one run. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import http from "node:http";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { WORKER_ARGUMENTS, WORKER_ENVIRONMENT } from "../protocol/launch.ts";
import type { BenchOptions, BenchResult } from "./bench.ts";
import { cpuMs } from "./cpu-time.ts";
import type { SampleReport, SampleRequest } from "./sensors-child.ts";

export const title = "One full host sample (`npm run bench:sensors`)";

const PACE_MS = 2000;
const DEFAULT_SAMPLES = 30;

/**
 * Ten minutes of work at this pace, so that we are measured as a worker is, compiled; then half a minute at the pace itself.
 * After a burst V8 compacts the heap once or twice when it grows idle (some 20 ms of CPU in all), and never again at this
 * pace: it depended on a tenth of a MiB of heap whether that fell into the measured time.
 */
const WARM_SAMPLES = 300;
const WARM_PACED = 15;
const WARM_SCRAPES = 20;

const EXPORTER = "/usr/bin/prometheus-node-exporter";
const GLANCES = "/usr/bin/glances";

/** The collectors that read what our host sensors read. */
const SAME = ["cpu", "meminfo", "loadavg", "pressure", "diskstats", "filesystem", "netdev"];

/** A process that is measured. */
interface Contender {
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** Our own, which keeps its pace by itself. */
interface Ours extends Contender {
  readonly samples: (request: SampleRequest) => Promise<SampleReport>;
}

/** A node_exporter, which works when it is scraped. */
interface Exporter extends Contender {
  readonly scrape: () => Promise<unknown>;
}

/** The bench. Rejects where the peer is not installed. */
export async function run({ samples = DEFAULT_SAMPLES, say }: BenchOptions): Promise<BenchResult> {
  if (process.platform !== "linux") throw new Error("This bench reads /proc; it runs on Linux.");
  if (!existsSync(EXPORTER)) {
    throw new Error(`${EXPORTER} is missing: apt-get install prometheus-node-exporter, and run the bench again.`);
  }
  const started: Contender[] = [];
  const start = async <T extends Contender>(starting: Promise<T>): Promise<T> => {
    const contender = await starting;
    started.push(contender);
    return contender;
  };
  try {
    const ours = await start(startOurs());
    const same = await start(
      startExporter(["--collector.disable-defaults", ...SAME.map((name) => `--collector.${name}`)]),
    );
    const full = await start(startExporter([]));
    const glances = existsSync(GLANCES) ? await start(startGlances()) : null;
    if (glances === null) say("Glances is not installed (apt-get install glances): no figure for it.");
    await ours.samples({ times: WARM_SAMPLES, paceMs: 0 });
    for (let scrape = 0; scrape < WARM_SCRAPES; scrape++) {
      await same.scrape();
      await full.scrape();
    }
    await paced(ours, same, full, WARM_PACED);
    say(`Measuring ${samples} samples, one every ${PACE_MS / 1000} s...`);
    const before = started.map((one) => cpuMs(one.pid));
    const began = performance.now();
    const report = await paced(ours, same, full, samples);
    const refreshes = (performance.now() - began) / PACE_MS;
    const used = started.map((one, index) => cpuMs(one.pid) - (before[index] ?? 0));
    const each = (contender: Contender) => (used[started.indexOf(contender)] ?? NaN) / samples;
    const oursMs = each(ours);
    const peerSameMs = each(same);
    const glancesMs = glances === null ? null : (used[started.indexOf(glances)] ?? NaN) / refreshes;
    return {
      oursMs: round3(oursMs),
      oursReadMs: round3(report.cpuMs),
      peerSameMs: round3(peerSameMs),
      peerDefaultMs: round3(each(full)),
      ratio: round3(oursMs / peerSameMs),
      glancesMs: glancesMs === null ? null : round3(glancesMs),
      glancesRatio: glancesMs === null ? null : round3(oursMs / glancesMs),
      readings: report.readings,
      samples,
      paceMs: PACE_MS,
    };
  } finally {
    for (const contender of started) await contender.stop();
  }
}

/** For docs/footprint.md. */
export function describe(result: BenchResult): string {
  const cell = (key: string) => (typeof result[key] === "number" ? String(result[key]) : "not installed");
  return [
    `CPU time, user and system, of the whole process per sample, over ${cell("samples")} samples at one every`,
    `${PACE_MS / 1000} s. All take turns in one run. Ours: ${cell("readings")} readings of CPU by mode and core, load, memory,`,
    "swap, pressure, file systems, disks and network. Budget: at most 1 ms, and half of the peer with the same collectors.",
    "",
    "| | CPU ms a sample |",
    "|---|---|",
    `| Gorgon, all host sensors | ${cell("oursMs")} |`,
    `| of it within the reading itself | ${cell("oursReadMs")} |`,
    `| node_exporter, the same collectors only | ${cell("peerSameMs")} |`,
    `| node_exporter, its default collectors | ${cell("peerDefaultMs")} |`,
    `| Glances, one refresh | ${cell("glancesMs")} |`,
    `| **ours / node_exporter, same collectors** | **${cell("ratio")}** |`,
    `| ours / Glances | ${cell("glancesRatio")} |`,
  ].join("\n");
}

/** All take turns for some samples, a third of the pace apart, so that nobody runs in caches that another filled. */
async function paced(ours: Ours, same: Exporter, full: Exporter, times: number): Promise<SampleReport> {
  const began = performance.now();
  const report = ours.samples({ times, paceMs: PACE_MS });
  for (let time = 0; time < times; time++) {
    for (const [place, exporter] of [same, full].entries()) {
      const due = began + (time + (place + 1) / 3) * PACE_MS;
      await sleep(Math.max(0, due - performance.now()));
      await exporter.scrape();
    }
  }
  await sleep(Math.max(0, began + times * PACE_MS - performance.now()));
  return report;
}

async function startOurs(): Promise<Ours> {
  const child = spawn(process.execPath, [...WORKER_ARGUMENTS, path.join(import.meta.dirname, "sensors-child.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...WORKER_ENVIRONMENT },
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const samples = async (request: SampleRequest): Promise<SampleReport> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await answers.next();
    if (done === true) throw new Error("The measured process ended.");
    return JSON.parse(value) as SampleReport;
  };
  // Up when it answers.
  await samples({ times: 1, paceMs: 0 });
  return { ...contender(child), samples };
}

async function startExporter(collectors: readonly string[]): Promise<Exporter> {
  const port = await freePort();
  const child = spawn(
    EXPORTER,
    [`--web.listen-address=127.0.0.1:${port}`, "--web.disable-exporter-metrics", "--log.level=error", ...collectors],
    { stdio: "ignore" },
  );
  const agent = new http.Agent({ keepAlive: true });
  const scrape = () => get(`http://127.0.0.1:${port}/metrics`, agent);
  for (let attempt = 0; ; attempt++) {
    try {
      await scrape();
      const { pid, stop } = contender(child);
      return {
        pid,
        scrape,
        stop: async () => {
          agent.destroy();
          await stop();
        },
      };
    } catch (error) {
      if (attempt === 50 || child.exitCode !== null) throw error;
      await sleep(100);
    }
  }
}

async function startGlances(): Promise<Contender> {
  const child = spawn(
    GLANCES,
    ["-q", "-t", String(PACE_MS / 1000), "--disable-check-update", "--disable-autodiscover"],
    {
      stdio: "ignore",
    },
  );
  // It loads its plugins first; that is not a refresh.
  await sleep(5000);
  if (child.exitCode !== null) throw new Error(`Glances ended with code ${child.exitCode}.`);
  return contender(child);
}

function contender(child: ChildProcess): Contender {
  const { pid } = child;
  if (pid === undefined) throw new Error(`${child.spawnfile} could not be started.`);
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  return { pid, stop };
}

function get(url: string, agent: http.Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent, timeout: 5000 }, (response) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => (bytes += chunk.length));
      response.on("end", () => {
        if (response.statusCode === 200) resolve(bytes);
        else reject(new Error(`${url} answered ${response.statusCode ?? 0}.`));
      });
      response.on("error", reject);
    });
    request.on("timeout", () => request.destroy(new Error(`${url} gave no answer.`)));
    request.on("error", reject);
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function round3(value: number): number {
  return Math.round(value * 1000) / 1000;
}
