/** Sample notebooks for the view of the most expensive cells. Never shipped. */
import type { CostlySnapshot, CostMark, CostRow } from "../../protocol/messages/costly.ts";

const CODE = [
  'df = pd.read_parquet("events/")',
  "X = np.kron(features, embeddings)",
  "model.fit(X, y)",
  "df.groupby('user').agg(total=('amount', 'sum'))",
  "plt.hist(df['amount'], bins=200)",
  "import numpy as np",
] as const;

const TIMES = [41_000, 3200, 940, 310, 45, 12] as const;

/** A notebook of some cells in the middle of its work. */
export function sampleCostly(change: Partial<CostlySnapshot> = {}): CostlySnapshot {
  const rows = TIMES.map((time, index): CostRow => {
    const seconds = time >= 1000 ? `${String(time / 1000)} s` : `${String(time)} ms`;
    return {
      id: `cell-${String(index)}`,
      index: [7, 2, 12, 5, 9, 0][index] ?? 0,
      name: `Cell ${String(([7, 2, 12, 5, 9, 0][index] ?? 0) + 1)} [${String(index + 4)}]`,
      code: [CODE[1], CODE[0], CODE[2], CODE[3], CODE[4], CODE[5]][index] ?? "",
      value: seconds,
      others: "peak 4.10 GiB · CPU 5.8 s",
      part: time / TIMES[0],
      level: index === 0 ? "WARN" : index === 2 ? "CRIT" : "OK",
      failed: index === 3,
    };
  });
  return {
    ...{ type: "snapshot", file: "events.ipynb", order: "time", cells: 16, rows, more: 0 },
    marks: rows.map(({ index, level }, at): CostMark => [index, TIMES[at] ?? 0, level]).sort((a, b) => a[0] - b[0]),
    ...{ running: "", runningIndex: null, hint: "", command: null },
    ...change,
  };
}

/** Two thousand cells. */
export function longCostly(): CostlySnapshot {
  const marks = Array.from({ length: 2000 }, (_, index): CostMark => {
    const value = Math.abs(Math.sin(index * 12.9898)) ** 200 * 40_000 + 50 + (index % 40);
    return [index, value, value > 39_000 && index % 3 === 0 ? "CRIT" : value > 39_000 ? "WARN" : "OK"];
  });
  return sampleCostly({
    cells: 2000,
    marks,
    more: 1950,
    running: "Cell 801 runs: 14 s, now 2.10 GiB",
    runningIndex: 800,
  });
}

/** The states in which something is the matter. */
export const COSTLY_STATES: Readonly<Record<string, CostlySnapshot>> = {
  some: sampleCostly(),
  memory: sampleCostly({ order: "memory" }),
  long: longCostly(),
  sampled: sampleCostly({
    hint: "Measured from outside, as samples. Inside the kernel the numbers are exact.",
    command: "measure",
  }),
  empty: sampleCostly({ rows: [], marks: [], hint: "Run a cell: what it cost stands here and under the cell." }),
  nothing: sampleCostly({
    ...{ file: "", cells: 0, rows: [], marks: [] },
    hint: "Open a notebook: its cells stand here once they have run.",
  }),
};
