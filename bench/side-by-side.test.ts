/** The tables of what tools show: what was not seen is said so, and errors keep their sign. */
import { describe, expect, it } from "vitest";
import { excerpt } from "./side-by-side.ts";

const RUNS = [
  { Gorgon: 64.2, sampler: null },
  { Gorgon: 63.9, sampler: 20 },
  { Gorgon: 64, sampler: null },
];

const result = {
  rounds: 3,
  tools: {
    Gorgon: { version: null, intervalS: null },
    "sampler, panel": { version: "1.2.3", intervalS: 5 },
    "jupyterlab-execute-time": { version: "3.3.0", intervalS: null },
  },
  cells: [{ name: "64 MiB", known: true }],
  runs: RUNS.map(({ Gorgon, sampler }) => {
    const truth = { truthMiB: 64, truthMs: 100, memoryMiB: null, wallMs: null };
    return {
      cell: "64 MiB",
      shown: {
        Gorgon: { ...truth, memoryMiB: Gorgon, wallMs: 100.5 },
        "sampler, panel": { ...truth, memoryMiB: sampler },
        "jupyterlab-execute-time": { ...truth, wallMs: 90 },
      },
    };
  }),
};

/** The columns of the first line that begins so. */
function row(text: string, name: string): string[] {
  const line = text.split("\n").find((one) => one.startsWith(`| ${name} |`));
  return line?.split("|").map((column) => column.trim()) ?? [];
}

describe("the tables of what tools show side by side", () => {
  const text = excerpt.of(result);

  it("counts the runs in which a tool had a number, and keeps the sign of the worst error", () => {
    expect(row(text, "sampler, panel").slice(2, 8)).toEqual(["5 s", "1 of 3", "44.0", "−44.0", "–", "–"]);
    expect(row(text, "Gorgon").slice(2, 8)).toEqual(["each cell", "3 of 3", "0.1", "+0.2", "0.5", "+0.5"]);
  });

  it("says of a tool that shows times alone that it shows no memory", () => {
    const columns = row(text, "jupyterlab-execute-time");
    expect(columns.slice(2, 8)).toEqual(["each cell", "–", "–", "–", "10.0", "−10.0"]);
  });

  it("says beside a cell's median in how many runs there was one", () => {
    expect(row(text, "64 MiB").slice(2, 5)).toEqual(["64.0", "64.0", "20.0 (1 of 3 runs)"]);
  });

  it("says so where no run had a number", () => {
    const blind = { ...result, runs: result.runs.filter((one) => one.shown["sampler, panel"].memoryMiB === null) };
    expect(row(excerpt.of(blind), "64 MiB")[4]).toBe("no sample");
  });
});
