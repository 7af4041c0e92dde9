/** What a measured cell costs, and the peak that each of several tools reports for the same ten cells, beside the truth. */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildAll } from "../scripts/build.ts";
import { TestClient } from "../test/protocol/client.ts";
import type { BenchOptions, BenchResult } from "./bench.ts";
import { ask, mib, quantile, rounded } from "./python.ts";

export const title = "Cells of notebooks (`npm run bench:cells`)";

const ROUNDS = 3;
/** Cells that the package sees, and as many that it does not. */
const CELLS = 1000;
const WORKER_INTERVAL_S = 2;
const PATIENCE_MS = 30_000;

/** What latency.py prints, by scene; milliseconds. */
type Latency = Readonly<Record<string, Readonly<Record<Figure, number>>>>;

type Figure =
  "addedMs" | "doubtMs" | "hookMs" | "hookCpuMs" | "roundTripMs" | "inRowMs" | "inRowDoubtMs" | "inRowHookMs";

/** What peaks.py prints. Peaks are MiB by tool and cell, one a round; null: it had no number to show. */
interface Peaks {
  readonly cells: readonly {
    readonly name: string;
    readonly truthMiB: number;
    /** The cell's text says so; else it was read from outside. */
    readonly known: boolean;
    readonly outsideMiB: number;
  }[];
  readonly tools: Readonly<Record<string, Readonly<Record<string, readonly (number | null)[]>>>>;
  /** Why a tool could not be run. */
  readonly reasons: Readonly<Record<string, string>>;
}

const OURS = "Gorgon";

/** The bench. Rejects where there is no Python of 3.11 or later, or no /proc. */
export async function run({ samples = ROUNDS, say }: BenchOptions): Promise<BenchResult> {
  if (process.platform !== "linux") throw new Error("The truth is read from /proc: this bench runs on Linux alone.");
  const latency = await measureLatency(say);
  const peaks = (await ask("peaks.py", [samples], say)) as Peaks;
  const ordinary = Object.values(latency)[0];
  if (ordinary === undefined) throw new Error("latency.py measured no scene.");
  return {
    addedMs: rounded(ordinary.addedMs),
    hookMs: rounded(ordinary.hookMs),
    worstPeakErrorMiB: rounded(Math.max(...peaks.cells.map((cell) => worstError(peaks, OURS, cell)))),
    rounds: samples,
    scenes: Object.fromEntries(
      Object.entries(latency).map(([scene, figures]) => [
        scene,
        Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, rounded(value)])),
      ]),
    ),
    cells: peaks.cells.map((cell) => ({
      ...cell,
      truthMiB: rounded(cell.truthMiB),
      outsideMiB: rounded(cell.outsideMiB),
    })),
    tools: Object.fromEntries(
      Object.entries(peaks.tools).map(([tool, cells]) => [
        tool,
        Object.fromEntries(
          Object.entries(cells).map(([cell, values]) => [
            cell,
            values.map((value) => (value === null ? null : rounded(value))),
          ]),
        ),
      ]),
    ),
    reasons: peaks.reasons,
  };
}

/** With a worker of its own beside, which polls as it does for a user. */
async function measureLatency(say: BenchOptions["say"]): Promise<Latency> {
  await buildAll();
  const client = new TestClient();
  try {
    await client.initializeWith({ settings: { interval: WORKER_INTERVAL_S } });
    return (await ask("latency.py", [CELLS, await announcement(client.home)], say)) as Latency;
  } finally {
    await client.dispose();
  }
}

/** Where the worker of that home says how it is reached. */
async function announcement(home: string): Promise<string> {
  const state = path.join(home, "state", "gorgon");
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const [folder = ""] = existsSync(state) ? readdirSync(state) : [];
    const file = path.join(state, folder, "leader.json");
    if (existsSync(file)) return file;
    if (performance.now() > until) throw new Error(`The worker has not announced itself below ${state}.`);
    await sleep(100);
  }
}

/** For docs/footprint.md. */
export function describe(result: BenchResult): string {
  const scenes = Object.entries(result["scenes"] as Latency);
  return [
    "What a user waits longer for an empty cell, from the request until the kernel is idle: cells that the package sees and cells",
    `that it does not, ten by ten in one kernel, ${String(CELLS)} of each. _Added_ is the median of the differences between a cell of ten`,
    "(their median; the first two do not count, for they meet what the others left) and one of the next ten, with the half-width in",
    "which 95 of 100 such medians lie. Of it the hooks themselves, timed within the kernel. Cells are run one by one, 60 ms after the",
    "one before, or each is asked for as soon as the one before is done (_in a row_). A worker runs beside all of it, and listens to",
    "the kernel in one of the scenes. Budget: 0.2 ms a cell.",
    "",
    "| milliseconds a cell | added, one by one | hooks | of it CPU | round trip without | added in a row | hooks in a row |",
    "|---|---|---|---|---|---|---|",
    ...scenes.map(
      ([scene, one]) =>
        `| ${scene} | ${number(one.addedMs)} ± ${number(one.doubtMs)} | ${number(one.hookMs)} | ${number(one.hookCpuMs)} | ${number(one.roundTripMs)} | ${number(one.inRowMs)} ± ${number(one.inRowDoubtMs)} | ${number(one.inRowHookMs)} |`,
    ),
    "",
    peakTable(result),
    "",
    "_No sample_: the tool had none within the cell. memray counts what was asked for, not what became resident; it does so",
    "for every allocation, which is another question than how much memory the process needed.",
  ].join("\n");
}

/** The table of peaks alone, for docs/notebook.md. */
export const excerpt = { file: "notebook.md", of: peakTable };

function peakTable(result: BenchResult): string {
  const peaks = result as unknown as Peaks;
  const tools = Object.keys(peaks.tools);
  return [
    "The peak of memory over the start that each tool reports for a cell, MiB: the median of",
    `${String(result["rounds"])} runs, each in a fresh kernel of the same environment. The truth is the number of bytes that a`,
    "cell is known to touch; with ~, the high-water mark that another process reads in a run without any tool.",
    `Gorgon's worst error of any run: ${String(result["worstPeakErrorMiB"])} MiB; budget: 1 MiB.`,
    "",
    `| cell | truth | ${tools.join(" | ")} |`,
    `|---|---|${tools.map(() => "---|").join("")}`,
    ...peaks.cells.map((cell) => {
      const truth = `${cell.known ? "" : "~"}${mib(cell.truthMiB)}`;
      return `| ${cell.name} | ${truth} | ${tools.map((tool) => shown(peaks, tool, cell.name)).join(" | ")} |`;
    }),
    ...Object.entries(peaks.reasons).map(([tool, reason]) => `\n${tool} could not be run: ${reason}`),
  ].join("\n");
}

/** What the tool said, and from how many of the rounds where it had a number in some only. */
function shown(peaks: Peaks, tool: string, cell: string): string {
  if (peaks.reasons[tool] !== undefined) return "could not be run";
  const all = peaks.tools[tool]?.[cell] ?? [];
  const values = all.filter((value) => value !== null);
  if (values.length === 0) return "no sample";
  const middle = mib(quantile(values, 0.5));
  return values.length === all.length ? middle : `${middle} (${String(values.length)} of ${String(all.length)} runs)`;
}

function worstError(peaks: Peaks, tool: string, { name, truthMiB }: Peaks["cells"][number]): number {
  const values = peaks.tools[tool]?.[name] ?? [];
  if (values.length === 0) throw new Error(`${tool} said nothing of '${name}'.`);
  return Math.max(...values.map((value) => Math.abs((value ?? Infinity) - truthMiB)));
}

function number(value: number): string {
  return value.toFixed(2);
}
