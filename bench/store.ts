/** The store beside Prometheus' TSDB: bytes a sample, ingest, and the time of questions, on the same made-up samples. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { systemClock } from "../server/host/node.ts";
import { ChunkStore } from "../server/octopus/store/chunk-store.ts";
import type { BenchOptions, BenchResult } from "./bench.ts";
import { measureBlocks } from "./store-blocks.ts";
import { ASKED, BATCH, DAY, DAY_MS, median, MONTH_METRICS, monthOf, POINTS, SPANS, type Side } from "./store-plan.ts";
import { measurePrometheus, requirePrometheus } from "./store-prometheus.ts";
import { madeUpHost, type Moment } from "./store-samples.ts";

export const title = "The store (`npm run bench:store`)";

/** The bench. Rejects where the peer is not installed. */
export async function run({ say }: BenchOptions): Promise<BenchResult> {
  requirePrometheus();
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
    const peer = await measurePrometheus(folder, day, to, say);
    say(describeSide(peer));
    say("2,000 series, for the event loop...");
    const blocks = await measureBlocks(folder);
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
      longestBlockMs: round(blocks.longestBlockMs),
      p99BlockMs: round(blocks.p99BlockMs),
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
    "2 bytes a sample, at least 300,000 samples a second, 24 h below 5 ms. The event loop: 2,000 series at 2 s for 70",
    "minutes, in which all of their chunks end together three times; the longest time in each moment in which nothing else",
    "could run, the best of three rounds.",
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
    `| event loop held at 2,000 series, 99th percentile, ms | ${cell("p99BlockMs")} | |`,
    `| event loop held at 2,000 series, longest, ms | ${cell("longestBlockMs")} | |`,
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
    const began = performance.now();
    const frames = await store.query({ metric, match: {}, from, to, step: (to - from) / POINTS, aggregate: "avg" });
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

function round(value: number): number {
  return Number(value.toPrecision(3));
}
