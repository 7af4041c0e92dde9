/** The store bench's peer: Debian's Prometheus, fed the same samples. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Attributes, Reading } from "../protocol/reading.ts";
import { cpuMs } from "./cpu-time.ts";
import { ASKED, BATCH, DAY, median, MONTH_METRICS, monthOf, POINTS, SPANS, type Side } from "./store-plan.ts";
import { writeRequest } from "./store-remote-write.ts";
import type { Moment } from "./store-samples.ts";

const PROMETHEUS = "/usr/bin/prometheus";
const PROMTOOL = "/usr/bin/promtool";

/** Throws, with what to install, where the peer is not. */
export function requirePrometheus(): void {
  for (const program of [PROMETHEUS, PROMTOOL]) {
    if (existsSync(program)) continue;
    throw new Error(`${program} is missing: apt-get install prometheus, and run the bench again.`);
  }
}

/** Prometheus: bytes and questions from blocks, ingest through remote write. */
export async function measurePrometheus(
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
