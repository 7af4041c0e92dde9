/** The store beside Prometheus' TSDB: bytes a sample, ingest, and the time of questions, on the same made-up samples. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Aggregate } from "../protocol/history.ts";
import type { Attributes, Reading } from "../protocol/reading.ts";
import { systemClock } from "../server/host/node.ts";
import { ChunkStore } from "../server/octopus/store/chunk-store.ts";
import type { BenchOptions, BenchResult } from "./bench.ts";
import { cpuMs } from "./cpu-time.ts";
import { INTERVAL_MS, madeUpHost, type Moment } from "./store-samples.ts";
import { writeRequest } from "./store-remote-write.ts";

export const title = "The store (`npm run bench:store`)";

const PROMETHEUS = "/usr/bin/prometheus";
const PROMTOOL = "/usr/bin/promtool";

const DAY_MS = 86_400_000;
const DAY = DAY_MS / INTERVAL_MS;
const MONTH_DAYS = 30;
/** Of the month only these are kept: a month of all would take an hour to feed to either. */
const MONTH_METRICS: readonly string[] = ["gorgon.cpu.busy", "system.memory.utilization"];
/** Moments between two flushes: 200 s of samples at once, as nobody waits for the clock here. */
const BATCH = 100;
const POINTS = 500;
const ASKED = 25;

/** What is asked, and over which time. */
const SPANS: readonly { readonly name: string; readonly ms: number }[] = [
  { name: "1h", ms: 3_600_000 },
  { name: "24h", ms: DAY_MS },
  { name: "30d", ms: MONTH_DAYS * DAY_MS },
];

/** One side of the comparison. */
interface Side {
  readonly ingestPerS: number;
  readonly ingestPerCpuS: number;
  readonly bytesPerSample: number;
  readonly queryMs: Readonly<Record<string, number>>;
}

/** The bench. Rejects where the peer is not installed. */
export async function run({ say }: BenchOptions): Promise<BenchResult> {
  for (const program of [PROMETHEUS, PROMTOOL]) {
    if (!existsSync(program)) {
      throw new Error(`${program} is missing: apt-get install prometheus, and run the bench again.`);
    }
  }
  const folder = mkdtempSync(path.join(tmpdir(), "gorgon-bench-store-"));
  try {
    // The end of a two-hour block of the peer's, so that it holds whole ones.
    const to = Math.floor(Date.now() / (2 * 3_600_000)) * 2 * 3_600_000;
    say("Making up a day of a host's samples...");
    const host = madeUpHost();
    const day = [...host.moments(to - DAY_MS, DAY)];
    const series = day[0]?.readings.length ?? 0;
    say(`${String(series)} series, ${String(series * DAY)} samples. Ours...`);
    const ours = await measureOurs(folder, day, host.metrics, to);
    say(`${describeSide(ours)} Prometheus...`);
    const peer = await measurePeer(folder, day, to, say);
    say(describeSide(peer));
    return {
      bytesPerSample: round(ours.bytesPerSample),
      peerBytesPerSample: round(peer.bytesPerSample),
      ingestPerS: Math.round(ours.ingestPerS),
      peerIngestPerS: Math.round(peer.ingestPerS),
      ingestPerCpuS: Math.round(ours.ingestPerCpuS),
      peerIngestPerCpuS: Math.round(peer.ingestPerCpuS),
      query1hMs: round(ours.queryMs["1h"] ?? NaN),
      query24hMs: round(ours.queryMs["24h"] ?? NaN),
      query30dMs: round(ours.queryMs["30d"] ?? NaN),
      peerQuery1hMs: round(peer.queryMs["1h"] ?? NaN),
      peerQuery24hMs: round(peer.queryMs["24h"] ?? NaN),
      peerQuery30dMs: round(peer.queryMs["30d"] ?? NaN),
      peerEmptyQueryMs: round(peer.queryMs["empty"] ?? NaN),
      ...ours.details,
      series,
      samples: series * DAY,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** For docs/footprint.md. */
export function describe(result: BenchResult): string {
  const cell = (key: string) => (typeof result[key] === "number" ? result[key].toLocaleString("en-US") : "-");
  return [
    `A day of ${cell("series")} series of one host at 2 s (${cell("samples")} samples, made up after recordings of our own`,
    "sensors), and 30 days of two of them. Ingest: ours through head, journal and sealing in one process; Prometheus by",
    "remote write over loopback into its head and write-ahead log, without compaction. Bytes: the raw samples on disk,",
    "with index and unused room in pages; Prometheus the blocks that `promtool tsdb create-blocks-from openmetrics` makes,",
    "index included; the coarser tiers, which it has not, stand on a line of their own. Questions: the mean of each step",
    "of 500, the median of 25; Prometheus over its HTTP API, whose own share the empty question shows. Budget: at most",
    "2 bytes a sample, at least 300,000 samples a second, 24 h below 5 ms.",
    "",
    "| | Gorgon | Prometheus |",
    "|---|---|---|",
    `| bytes a sample on disk | ${cell("bytesPerSample")} | ${cell("peerBytesPerSample")} |`,
    `| of it the chunks themselves | ${cell("bodyBytesPerSample")} | |`,
    `| the whole file, with the tiers of 1 min, 10 min and 1 h | ${cell("withTiersBytesPerSample")} | |`,
    `| samples a second | ${cell("ingestPerS")} | ${cell("peerIngestPerS")} |`,
    `| samples a second of CPU | ${cell("ingestPerCpuS")} | ${cell("peerIngestPerCpuS")} |`,
    `| 1 h to 500 points, ms | ${cell("query1hMs")} | ${cell("peerQuery1hMs")} |`,
    `| 24 h to 500 points, ms | ${cell("query24hMs")} | ${cell("peerQuery24hMs")} |`,
    `| of it CPU, ms | ${cell("query24hCpuMs")} | |`,
    `| 30 d to 500 points, ms | ${cell("query30dMs")} | ${cell("peerQuery30dMs")} |`,
    `| an empty question, ms | | ${cell("peerEmptyQueryMs")} |`,
    `| RAM a sample of open chunks, bytes | ${cell("ramBytesPerSample")} | |`,
  ].join("\n");
}

function describeSide({ bytesPerSample, ingestPerS, queryMs }: Side): string {
  const asked = Object.entries(queryMs).map(([name, ms]) => `${name} ${ms.toFixed(2)} ms`);
  return `${bytesPerSample.toFixed(2)} bytes a sample, ${Math.round(ingestPerS).toLocaleString("en-US")} samples/s; ${asked.join(", ")}.`;
}

/** Ours: the day as fast as it goes, flushed as it comes; then the month; then questions. */
async function measureOurs(
  folder: string,
  day: readonly Moment[],
  metrics: ReturnType<typeof madeUpHost>["metrics"],
  to: number,
): Promise<Side & { readonly details: BenchResult }> {
  const file = path.join(folder, "ours", "history.db");
  const store = new ChunkStore({ path: file, clock: systemClock });
  const series = day[0]?.readings.length ?? 0;
  const cpu = process.cpuUsage();
  const began = performance.now();
  let ram = 0;
  for (const [index, { time, readings }] of day.entries()) {
    store.append(time, readings, metrics);
    if (index === DAY / 2) {
      const { bytes, samples } = store.memory;
      ram = bytes / samples;
    }
    if (index % BATCH === BATCH - 1) await store.flush();
  }
  await store.flush();
  const seconds = (performance.now() - began) / 1000;
  const used = process.cpuUsage(cpu);
  const samples = series * day.length;
  await store.sealNow();
  await store.close();
  const bytes = statSync(file).size;
  const raw = rawBytes(file);

  const month = path.join(folder, "month", "history.db");
  const long = new ChunkStore({ path: month, clock: systemClock });
  let count = 0;
  for (const { time, readings } of monthOf(to)) {
    long.append(time, readings, metrics);
    if (++count % 1000 === 0) await long.flush();
  }
  await long.flush();
  const queryMs: Record<string, number> = {};
  for (const { name, ms } of SPANS) queryMs[name] = await ask(long, to - ms, to);
  const before = process.cpuUsage();
  await ask(long, to - DAY_MS, to);
  const after = process.cpuUsage(before);
  const cpu24h = (after.user + after.system) / 1000 / ASKED;
  await long.close();
  return {
    ingestPerS: samples / seconds,
    ingestPerCpuS: (samples * 1e6) / (used.user + used.system),
    bytesPerSample: raw.pages / samples,
    queryMs,
    details: {
      bodyBytesPerSample: round(raw.bodies / samples),
      withTiersBytesPerSample: round(bytes / samples),
      query24hCpuMs: round(cpu24h),
      ramBytesPerSample: round(ram),
    },
  };
}

/** The median of some questions for one series. */
async function ask(store: ChunkStore, from: number, to: number): Promise<number> {
  const took: number[] = [];
  for (let round = 0; round < ASKED; round++) {
    const metric = MONTH_METRICS[round % MONTH_METRICS.length] ?? "";
    const aggregate: Aggregate = "avg";
    const began = performance.now();
    const frames = await store.query({ metric, match: {}, from, to, step: (to - from) / POINTS, aggregate });
    took.push(performance.now() - began);
    const points = frames[0]?.times.length ?? 0;
    if (frames.length !== 1 || points < POINTS * 0.99) throw new Error(`${metric} has only ${String(points)} points.`);
  }
  return median(took);
}

/** Bytes of the pages of the raw chunks and their indexes; and of the chunks' bodies alone. */
function rawBytes(file: string): { readonly pages: number; readonly bodies: number } {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = new DatabaseSync(file, { readOnly: true });
  const pages = database.prepare("SELECT sum(pgsize) AS bytes FROM dbstat WHERE name LIKE 'chunk%'").get();
  const bodies = database.prepare("SELECT sum(length(body)) AS bytes FROM chunk").get();
  database.close();
  return { pages: Number(pages?.["bytes"]), bodies: Number(bodies?.["bytes"]) };
}

/** A month of a few series of another host, made when asked for: it is too long to hold. */
function* monthOf(to: number): Generator<Moment> {
  for (const { time, readings } of madeUpHost(2).moments(to - MONTH_DAYS * DAY_MS, MONTH_DAYS * DAY)) {
    yield { time, readings: readings.filter((reading) => MONTH_METRICS.includes(reading.metric)) };
  }
}

/** Prometheus: bytes and questions from blocks, ingest through remote write. */
async function measurePeer(
  folder: string,
  day: readonly Moment[],
  to: number,
  say: (line: string) => void,
): Promise<Side> {
  const samples = (day[0]?.readings.length ?? 0) * day.length;
  const ingest = await peerIngest(folder, day);
  say(`Prometheus took ${Math.round(ingest.perS).toLocaleString("en-US")} samples/s; making its blocks...`);
  const blocks = path.join(folder, "blocks");
  await createBlocks(folder, blocks, day);
  const bytesPerSample = sizeOf(blocks) / samples;
  rmSync(blocks, { recursive: true });
  await createBlocks(folder, blocks, monthOf(to));
  const queryMs: Record<string, number> = {};
  const server = await startPrometheus(folder, blocks, []);
  try {
    for (const { name, ms } of SPANS) {
      const took: number[] = [];
      for (let round = 0; round < ASKED; round++) {
        const metric = promName(MONTH_METRICS[round % MONTH_METRICS.length] ?? "");
        const step = ms / POINTS / 1000;
        const query = `avg_over_time(${metric}[${String(Math.ceil(step))}s])`;
        took.push(await server.ask(query, (to - ms) / 1000 + step, to / 1000, step, POINTS * 0.99));
      }
      queryMs[name] = median(took);
    }
    const empty: number[] = [];
    for (let round = 0; round < ASKED; round++) empty.push(await server.ask("vector(1)", to / 1000, to / 1000, 1, 1));
    queryMs["empty"] = median(empty);
  } finally {
    await server.stop();
  }
  return { ingestPerS: ingest.perS, ingestPerCpuS: ingest.perCpuS, bytesPerSample, queryMs };
}

async function peerIngest(folder: string, day: readonly Moment[]): Promise<{ perS: number; perCpuS: number }> {
  const server = await startPrometheus(folder, path.join(folder, "remote"), ["--web.enable-remote-write-receiver"]);
  try {
    // Made before the clock runs: ours is given its readings too. 6 hours, because the head takes no more at once.
    const part = day.slice(-DAY / 4);
    const requests: Uint8Array[] = [];
    for (let from = 0; from < part.length; from += BATCH)
      requests.push(writeRequest(part.slice(from, from + BATCH), labelsOf));
    const cpu = cpuMs(server.pid);
    const began = performance.now();
    for (const body of requests) await server.write(body);
    const seconds = (performance.now() - began) / 1000;
    const samples = (day[0]?.readings.length ?? 0) * part.length;
    return { perS: samples / seconds, perCpuS: (samples * 1000) / (cpuMs(server.pid) - cpu) };
  } finally {
    await server.stop();
  }
}

const promName = (metric: string): string => metric.replaceAll(/[^a-zA-Z0-9_]/g, "_");

function labelsOf({ metric, attributes }: Reading): Attributes {
  const labels: Record<string, string> = { __name__: promName(metric) };
  for (const [key, value] of Object.entries(attributes)) labels[promName(key)] = value;
  return labels;
}

/** Blocks from OpenMetrics text, which wants each metric's samples together. */
async function createBlocks(folder: string, into: string, moments: Iterable<Moment>): Promise<void> {
  const file = path.join(folder, "samples.om");
  const out = createWriteStream(file);
  const lines = new Map<string, string[]>();
  for (const { time, readings } of moments) {
    for (const reading of readings) {
      const { __name__: name = "", ...labels } = labelsOf(reading);
      const pairs = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
      let own = lines.get(name);
      if (own === undefined) lines.set(name, (own = []));
      own.push(`${name}{${pairs.join(",")}} ${String(reading.value)} ${String(time / 1000)}\n`);
    }
  }
  for (const [name, own] of lines) {
    out.write(`# TYPE ${name} unknown\n`);
    for (let from = 0; from < own.length; from += 10_000) {
      if (!out.write(own.slice(from, from + 10_000).join(""))) await once(out, "drain");
    }
  }
  out.end("# EOF\n");
  await once(out, "finish");
  const done = spawnSync(
    PROMTOOL,
    ["tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=24h", file, into],
    {
      encoding: "utf8",
    },
  );
  rmSync(file);
  if (done.status !== 0) throw new Error(`promtool could not make blocks: ${done.stderr.slice(0, 500)}`);
}

function sizeOf(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += statSync(path.join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}

interface Server {
  readonly pid: number;
  /** Milliseconds that a range question took. */
  readonly ask: (query: string, start: number, end: number, step: number, points: number) => Promise<number>;
  readonly write: (body: Uint8Array) => Promise<void>;
  readonly stop: () => Promise<void>;
}

async function startPrometheus(folder: string, data: string, more: readonly string[]): Promise<Server> {
  const config = path.join(folder, "prometheus.yml");
  writeFileSync(config, "global: {}\n");
  const port = await freePort();
  const child = spawn(
    PROMETHEUS,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${String(port)}`,
      "--storage.tsdb.retention.time=10y",
      "--log.level=error",
      ...more,
    ],
    { stdio: "ignore" },
  );
  const base = `http://127.0.0.1:${String(port)}`;
  for (let attempt = 0; ; attempt++) {
    try {
      const ready = await fetch(`${base}/-/ready`);
      await ready.text();
      if (ready.ok) break;
    } catch {
      // It does not listen yet.
    }
    if (attempt === 200 || child.exitCode !== null) throw new Error("Prometheus did not become ready.");
    await sleep(100);
  }
  return {
    pid: child.pid ?? 0,
    ask: async (query, start, end, step, points) => {
      const form = new URLSearchParams({ query, start: String(start), end: String(end), step: String(step) });
      const began = performance.now();
      const response = await fetch(`${base}/api/v1/query_range`, { method: "POST", body: form });
      const answer = (await response.json()) as { data?: { result?: { values?: unknown[] }[] } };
      const took = performance.now() - began;
      const found = answer.data?.result?.[0]?.values?.length ?? 0;
      if (found < points) throw new Error(`Prometheus gave ${String(found)} points for ${query}.`);
      return took;
    },
    write: async (body) => {
      const response = await fetch(`${base}/api/v1/write`, {
        method: "POST",
        body,
        headers: {
          "Content-Type": "application/x-protobuf",
          "Content-Encoding": "snappy",
          "X-Prometheus-Remote-Write-Version": "0.1.0",
        },
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`Prometheus refused a write: ${text.slice(0, 300)}`);
    },
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[values.length >> 1] ?? NaN;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
