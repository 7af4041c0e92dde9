/** What Gorgon's extension costs a Jupyter server with ten kernels, beside jupyter-resource-usage in the same run. */
import type { BenchOptions, BenchResult } from "./bench.ts";
import { ask, quantile, rounded } from "./python.ts";

export const title = "Jupyter server with ten kernels (`npm run bench:jupyter-server`)";

const ROUNDS = 3;
/** Three of the intervals at which jupyter-resource-usage's page asks. */
const SECONDS = 15;

/** What serving.py prints. CPU and messages are a second. */
interface Answer {
  readonly kernels: number;
  readonly pauseMs: number;
  readonly intervalS: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly servers: Readonly<
    Record<
      string,
      readonly {
        readonly server: number;
        readonly kernels: number;
        readonly messages: number;
        readonly tookMs: Readonly<Record<string, readonly number[]>>;
      }[]
    >
  >;
}

/** Milliseconds until an answer. */
interface Latency {
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  readonly worst: number;
}

/** Of one server. CPU milliseconds a second: the median of the rounds, the range, and that of all kernels together. */
interface Row {
  readonly cpuMs: number;
  readonly cpuRangeMs: readonly [number, number];
  readonly kernelsCpuMs: number;
  /** That the page was told, a second. */
  readonly messages: number;
  readonly asked: number;
  readonly latency: Readonly<Record<string, Latency>>;
}

interface Result {
  readonly rounds: number;
  readonly seconds: number;
  readonly kernels: number;
  readonly pauseMs: number;
  readonly intervalS: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly servers: Readonly<Record<string, Row>>;
}

/** The bench. Rejects where there is no Python of 3.11 or later, or no /proc. */
export async function run({ samples = ROUNDS, say }: BenchOptions): Promise<BenchResult> {
  if (process.platform !== "linux") throw new Error("CPU time is read from /proc: this bench runs on Linux alone.");
  const answer = (await ask("serving.py", [samples, SECONDS], say)) as Answer;
  const { kernels, pauseMs, intervalS, versions } = answer;
  const servers = Object.fromEntries(
    Object.entries(answer.servers).map(([name, rounds]) => {
      const cpu = rounds.map(({ server }) => server * 1000);
      const paths = Object.keys(rounds[0]?.tookMs ?? {});
      const took = (path: string) => rounds.flatMap(({ tookMs }) => tookMs[path] ?? []);
      const row: Row = {
        cpuMs: rounded(quantile(cpu, 0.5)),
        cpuRangeMs: [rounded(Math.min(...cpu)), rounded(Math.max(...cpu))],
        kernelsCpuMs: rounded(
          quantile(
            rounds.map((round) => round.kernels * 1000),
            0.5,
          ),
        ),
        messages: rounded(
          quantile(
            rounds.map(({ messages }) => messages),
            0.5,
          ),
        ),
        asked: paths.reduce((sum, path) => sum + took(path).length, 0),
        latency: Object.fromEntries(paths.map((path) => [path, latency(took(path))])),
      };
      return [name, row];
    }),
  );
  return { rounds: samples, seconds: SECONDS, kernels, pauseMs, intervalS, versions, servers };
}

function latency(took: readonly number[]): Latency {
  return {
    median: rounded(quantile(took, 0.5)),
    p95: rounded(quantile(took, 0.95)),
    p99: rounded(quantile(took, 0.99)),
    worst: rounded(Math.max(...took)),
  };
}

/** For docs/footprint.md. */
export function describe(result: BenchResult): string {
  const { rounds, seconds, kernels, pauseMs, intervalS, versions, servers } = result as unknown as Result;
  const rows = Object.entries(servers);
  const without = servers["none"];
  const paths = Object.keys(without?.latency ?? {});
  const version = (name: string) => (versions[name] === undefined ? name : `${name} ${versions[name]}`);
  return [
    `Three real Jupyter servers (${version("jupyter_server")}) by turns, ${String(rounds)} times each for ${String(seconds)} s, each fresh`,
    `and with ${String(kernels)} fresh kernels: four idle, three that compute a little all the time, three that run a short cell each`,
    "second for an open page. One has no extension that measures. One has jupyter-resource-usage and a page whose status bar and",
    `kernel panel ask every ${String(intervalS)} s. One has Gorgon, its package loaded in every kernel, and a page in sight that listens.`,
    "Counted is the CPU time of the server and of all it started but the kernels; of the kernels apart.",
    "",
    "| extension | CPU of the server, ms a second | lowest to highest | more than without | CPU of all kernels, ms a second | told a page, messages a second |",
    "|---|---|---|---|---|---|",
    ...rows.map(([name, row]) => {
      const more = name === "none" || without === undefined ? "" : one(row.cpuMs - without.cpuMs);
      const range = row.cpuRangeMs.map(one).join(" to ");
      return `| ${version(name)} | ${one(row.cpuMs)} | ${range} | ${more} | ${one(row.kernelsCpuMs)} | ${one(row.messages)} |`;
    }),
    "",
    `How long another request waits for its answer, milliseconds, from when it was due; one every ${String(pauseMs)} ms, by turns, over one`,
    "connection of another process.",
    "",
    "| extension | request | median | p95 | p99 | worst |",
    "|---|---|---|---|---|---|",
    ...paths.flatMap((path) =>
      rows.map(([name, row]) => {
        const took = row.latency[path];
        const numbers = took === undefined ? [] : [took.median, took.p95, took.p99, took.worst];
        return `| ${version(name)} | \`${path}\` | ${numbers.map(one).join(" | ")} |`;
      }),
    ),
  ].join("\n");
}

function one(value: number): string {
  return value.toFixed(1);
}
