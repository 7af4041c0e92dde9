import { describe, expect, it } from "vitest";
import type { ProcessRow, WorkerState } from "../protocol/state.ts";
import { sampleState } from "./preview/sample.ts";
import { MOST_ROWS, processTable } from "./processes.ts";

const NOW = Date.UTC(2024, 2, 5, 14, 20);
const state = sampleState({ now: NOW });

function withRows(rows: readonly Partial<ProcessRow>[]): WorkerState {
  const none = { ioRate: null, threads: null, gpuMemoryBytes: null };
  const blank = { name: "x", detail: "", startedAt: 0, cpu: null, memoryBytes: 0, ...none };
  const full = rows.map((row, index) => ({ pid: index + 1, ...blank, ...row }));
  return { ...state, processes: { time: NOW, intervalMs: 10_000, rows: full } };
}

describe("the processes", () => {
  it("are sorted by memory or by CPU, the largest first", () => {
    const names = (sort: "cpu" | "memory") => processTable(state, sort, NOW).lines.map((line) => line.name);
    expect(names("memory").slice(0, 3)).toEqual(["python3.11", "rust-analyzer", "node"]);
    expect(names("cpu").slice(0, 3)).toEqual(["cc1plus", "python3.11", "rust-analyzer"]);
    expect(names("cpu")).toHaveLength(MOST_ROWS);
    expect(processTable(state, "cpu", NOW).note).toBe("by CPU");
  });

  it("carry numbers with units, and a dash for what is not known", () => {
    const [line] = processTable(
      withRows([{ cpu: 1.484, memoryBytes: 20_293_720_474, ioRate: 2_202_009 }]),
      "cpu",
      NOW,
    ).lines;
    expect(line).toMatchObject({ cpu: "148.4 %", memory: "18.9 GiB", io: "2.10 MiB/s" });
    const [unknown] = processTable(withRows([{ memoryBytes: 1024 }]), "cpu", NOW).lines;
    expect(unknown).toMatchObject({ cpu: "–", memory: "1.00 KiB", io: "–" });
  });

  it("keep their order while they are equal, whatever order they come in", () => {
    const table = processTable(withRows([{ pid: 30 }, { pid: 4 }, { pid: 100 }]), "memory", NOW);
    expect(table.lines.map((line) => line.id)).toEqual(["4 0", "30 0", "100 0"]);
  });

  it("that are two of one pid are two rows", () => {
    const table = processTable(
      withRows([
        { pid: 4, startedAt: 1 },
        { pid: 4, startedAt: 2 },
      ]),
      "memory",
      NOW,
    );
    expect(new Set(table.lines.map((line) => line.id)).size).toBe(2);
  });

  it("tell pid, traffic, threads and start in the tooltip, and shorten a long name", () => {
    const [line] = processTable(
      withRows([{ pid: 77, name: "n".repeat(60), threads: 12, startedAt: NOW, ioRate: 1024 }]),
      "cpu",
      NOW,
    ).lines;
    expect(line?.title).toContain("pid 77 · IO 1.00 KiB/s · 12 threads · since ");
    expect(line?.name).toHaveLength(28);
  });

  it("have a column for the GPU while some process holds its memory, and can be sorted by it", () => {
    expect(processTable(state, "cpu", NOW).hasGpu).toBe(false);
    const table = processTable(
      withRows([{ memoryBytes: 9 }, { gpuMemoryBytes: 1024 ** 3 }, { gpuMemoryBytes: 2 * 1024 ** 3 }]),
      "gpu",
      NOW,
    );
    expect(table).toMatchObject({ hasGpu: true, note: "by GPU memory" });
    expect(table.lines.map((line) => line.gpu)).toEqual(["2.00 GiB", "1.00 GiB", "–"]);
  });

  it("are sorted by memory again when no process holds a GPU any more", () => {
    const table = processTable(withRows([{ memoryBytes: 1 }, { memoryBytes: 2 }]), "gpu", NOW);
    expect(table).toMatchObject({ hasGpu: false, sort: "memory", note: "by memory" });
    expect(table.lines.map((line) => line.id)).toEqual(["2 0", "1 0"]);
  });

  it("include one that holds a GPU and little else, with dashes for what is not known", () => {
    const busy = Array.from({ length: 12 }, (_, index) => ({ cpu: 1 + index, memoryBytes: 1024 }));
    const holder = { name: "ollama", memoryBytes: null, gpuMemoryBytes: 5 * 1024 ** 3 };
    for (const sort of ["cpu", "memory"] as const) {
      const { lines } = processTable(withRows([...busy, holder]), sort, NOW);
      expect(lines).toHaveLength(MOST_ROWS);
      expect(lines.at(-1)).toMatchObject({ name: "ollama", memory: "–", cpu: "–", gpu: "5.00 GiB" });
    }
  });

  it("say how old they are when they are no longer looked at", () => {
    expect(processTable(state, "memory", NOW).note).toBe("by memory");
    expect(processTable(state, "memory", NOW + 120_000).note).toBe("by memory · 2 min ago");
  });

  it("say what is waited for, or why there are none", () => {
    expect(processTable(null, "memory", NOW).empty).toBe("Waiting for the first look at the processes.");
    expect(processTable(withRows([]), "memory", NOW).empty).toBe("No process can be seen from here.");
    const [sensor] = state.sensors;
    if (sensor === undefined) throw new Error("a sample has sensors");
    const failing = { ...sensor, sensor: "process", ok: false, reason: "/proc cannot be read: no." };
    const silent = { ...state, processes: null, sensors: [failing] };
    expect(processTable(silent, "memory", NOW).empty).toBe("/proc cannot be read: no.");
  });
});
