/** What Gorgon and other tools of JupyterLab show of the same ten cells, at what rate, and wrong by how much. */
import type { BenchOptions, BenchResult } from "./bench.ts";
import { ask, mib, quantile, rounded } from "./python.ts";

export const title = "Side by side in JupyterLab (`npm run bench:side-by-side`)";

const ROUNDS = 3;

/** What stood on the page of a tool, beside the truth of that run. Null: nothing did. */
interface Shown {
  readonly truthMiB: number;
  readonly memoryMiB: number | null;
  readonly truthMs: number;
  readonly wallMs: number | null;
}

/** What side_by_side.py prints. */
interface Answer {
  readonly tools: Readonly<Record<string, { readonly version: string | null; readonly intervalS: number | null }>>;
  readonly cells: readonly { readonly name: string; readonly known: boolean }[];
  readonly runs: readonly { readonly cell: string; readonly shown: Readonly<Record<string, Shown>> }[];
}

interface Result extends Answer {
  readonly rounds: number;
}

const OURS = "Gorgon";

/** What the versions below can show at all: their code and documentation say so. */
const FACTS: readonly (readonly [what: string, byTool: Readonly<Record<string, string>>])[] = [
  [
    "whose numbers",
    {
      Gorgon: "each cell; kernel; machine",
      "jupyter-resource-usage": "the server with all kernels; the kernel in front",
      JUmPER: "each cell",
      "jupyterlab-execute-time": "each cell",
      "jupyterlab-nvdashboard": "the machine",
    },
  ],
  [
    "a cell's peak",
    {
      Gorgon: "yes, counted by the system",
      "jupyter-resource-usage": "no: what is used now",
      JUmPER: "the highest sample",
      "jupyterlab-execute-time": "no",
      "jupyterlab-nvdashboard": "no: a curve",
    },
  ],
  ["a cell's time", { Gorgon: "yes", JUmPER: "yes", "jupyterlab-execute-time": "yes" }],
  [
    "children",
    {
      Gorgon: "apart: largest child, and all together",
      "jupyter-resource-usage": "within the sum",
      JUmPER: "within the sum",
    },
  ],
  [
    "limits",
    {
      Gorgon: "control groups, `MEM_LIMIT`, `ulimit -v`, the machine; OK, WARN, CRIT",
      "jupyter-resource-usage": "`MEM_LIMIT`, `CPU_LIMIT` or configuration; one warning",
      JUmPER: "Slurm's, `ulimit -v`, the machine; no level",
    },
  ],
  [
    "GPU memory",
    {
      Gorgon: "by allocator, process or device",
      JUmPER: "by process (NVIDIA)",
      "jupyterlab-nvdashboard": "by device",
    },
  ],
  ["why a kernel died", { Gorgon: "yes, with evidence" }],
];

/** The bench. Rejects where there is no Python of 3.11 or later, or no /proc. */
export async function run({ samples = ROUNDS, say }: BenchOptions): Promise<BenchResult> {
  if (process.platform !== "linux") throw new Error("The truth is read from /proc: this bench runs on Linux alone.");
  const { tools, cells, runs } = (await ask("side_by_side.py", [samples], say)) as Answer;
  const kept = runs.map(({ cell, shown }) => ({
    cell,
    shown: Object.fromEntries(
      Object.entries(shown).map(([tool, { truthMiB, memoryMiB, truthMs, wallMs }]) => [
        tool,
        {
          truthMiB: rounded(truthMiB),
          memoryMiB: memoryMiB === null ? null : rounded(memoryMiB),
          truthMs: rounded(truthMs),
          wallMs: wallMs === null ? null : rounded(wallMs),
        },
      ]),
    ),
  }));
  const ours = memoryErrors(kept, OURS);
  if (ours.length < kept.length) throw new Error("Gorgon showed nothing of a cell.");
  return {
    worstPeakErrorMiB: rounded(Math.abs(worst(ours))),
    worstWallErrorMs: rounded(Math.abs(worst(wallErrors(kept, OURS)))),
    rounds: samples,
    tools,
    cells,
    runs: kept,
  };
}

/** For docs/footprint.md: the tables stand where a user chooses between tools. */
export function describe(result: BenchResult): string {
  return [
    "What each of several tools shows of the same ten cells stands in [notebook.md](notebook.md#what-other-tools-show).",
    `Gorgon's worst errors of any run: ${mib(result["worstPeakErrorMiB"] as number)} MiB,`,
    `${(result["worstWallErrorMs"] as number).toFixed(1)} ms.`,
  ].join("\n");
}

/** The tables, for docs/notebook.md. */
export const excerpt = { file: "notebook.md", of: tables };

function tables(result: BenchResult): string {
  const of = result as unknown as Result;
  return [facts(of), rates(of), peaks(of)].join("\n\n");
}

function facts({ tools }: Result): string {
  const packages = new Map(Object.entries(tools).map(([tool, { version }]) => [packageOf(tool), version]));
  const names = [...packages.keys()];
  const heads = names.map((name) => [name, packages.get(name)].filter(Boolean).join(" "));
  return [
    `| | ${heads.join(" | ")} |`,
    `|---|${names.map(() => "---|").join("")}`,
    ...FACTS.map(([what, byTool]) => `| ${what} | ${names.map((name) => byTool[name] ?? "no").join(" | ")} |`),
  ].join("\n");
}

function rates({ tools, runs }: Result): string {
  const rows = Object.entries(tools).map(([tool, { intervalS }]) => {
    const memory = memoryErrors(runs, tool);
    const wall = wallErrors(runs, tool);
    const often =
      intervalS === null ? "each cell" : intervalS < 1 ? `${String(intervalS * 1000)} ms` : `${String(intervalS)} s`;
    const seen = memoryIsShown(tool) ? `${String(memory.length)} of ${String(runs.length)}` : "–";
    return `| ${tool} | ${often} | ${seen} | ${errors(memory, mib)} | ${errors(wall, (ms) => ms.toFixed(1))} |`;
  });
  return [
    "Measured: a real Jupyter server with all of them, each cell in fresh kernels, pages that ask as each tool's own front end",
    "does by default. _Memory seen_: in how many runs a number came to the page while the cell ran. An error is the highest of these",
    "numbers over the last one before the cell, less the truth: the bytes that the cell is known to touch, else the high-water mark as",
    "another process reads it. nvdashboard's number is the machine's, with whatever else runs on it. The true time is by a stopwatch",
    "within the cell. A median is of errors without their sign.",
    "",
    "| tool | how often | memory seen | error of memory, MiB: median | worst | error of time, ms: median | worst |",
    "|---|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function peaks({ tools, cells, runs, rounds }: Result): string {
  const names = Object.keys(tools).filter(memoryIsShown);
  return [
    `The peak of memory over the start that was to be seen, MiB: the median of ${String(rounds)} runs.`,
    "",
    `| cell | truth | ${names.join(" | ")} |`,
    `|---|---|${names.map(() => "---|").join("")}`,
    ...cells.map(({ name, known }) => {
      const of = runs.filter(({ cell }) => cell === name).map(({ shown }) => shown);
      const truth = quantile(
        of.flatMap((shown) => shown[OURS]?.truthMiB ?? []),
        0.5,
      );
      const columns = names.map((tool) => {
        const seen = of.flatMap((shown) => shown[tool]?.memoryMiB ?? []);
        if (seen.length === 0) return "no sample";
        const middle = mib(quantile(seen, 0.5));
        return seen.length === of.length ? middle : `${middle} (${String(seen.length)} of ${String(of.length)} runs)`;
      });
      return `| ${name} | ${known ? "" : "~"}${mib(truth)} | ${columns.join(" | ")} |`;
    }),
  ].join("\n");
}

/** A tool that has several pages is one package. */
function packageOf(tool: string): string {
  return tool.split(",")[0] ?? tool;
}

function memoryIsShown(tool: string): boolean {
  return tool !== "jupyterlab-execute-time";
}

function memoryErrors(runs: Answer["runs"], tool: string): number[] {
  const all = runs.flatMap(({ shown }) => shown[tool] ?? []);
  return all.flatMap(({ memoryMiB, truthMiB }) => (memoryMiB === null ? [] : memoryMiB - truthMiB));
}

function wallErrors(runs: Answer["runs"], tool: string): number[] {
  const all = runs.flatMap(({ shown }) => shown[tool] ?? []);
  return all.flatMap(({ wallMs, truthMs }) => (wallMs === null ? [] : wallMs - truthMs));
}

/** The farthest from zero, with its sign. */
function worst(values: readonly number[]): number {
  return values.reduce((found, value) => (Math.abs(value) > Math.abs(found) ? value : found), 0);
}

/** Two cells: the median regardless of the sign, and the worst with it. */
function errors(values: readonly number[], text: (value: number) => string): string {
  if (values.length === 0) return "– | –";
  return `${text(quantile(values.map(Math.abs), 0.5))} | ${signed(worst(values), text)}`;
}

function signed(value: number, text: (value: number) => string): string {
  return `${value < 0 ? "−" : "+"}${text(Math.abs(value))}`;
}
