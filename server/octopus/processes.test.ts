import { describe, expect, test } from "vitest";
import type { Attributes } from "../../protocol/reading.ts";
import type { Latest } from "./hub.ts";
import { processesOf } from "./processes.ts";

const attributes = (pid: number, more: Attributes = {}): Attributes => ({
  "process.pid": String(pid),
  "process.executable.name": "python3",
  "process.creation.time": "2024-03-05T14:00:00.000Z",
  ...more,
});

/** A hub that knows these newest values: metric, attributes, value, time. */
function hub(...values: readonly (readonly [string, Attributes, number, number?])[]) {
  return {
    latest: (metric: string): readonly Latest[] =>
      values
        .filter(([name]) => name === metric)
        .map(([name, of, value, time = 1000]) => ({
          reading: { metric: name, attributes: of, value },
          time,
          crab: "sleeper",
          intervalMs: 10_000,
        })),
  };
}

describe("the list of processes", () => {
  test("joins what is known of each process, in cores and bytes a second", () => {
    const one = attributes(7, { "gorgon.process.detail": "train.py" });
    const list = processesOf(
      hub(
        ["process.memory.usage", one, 4096],
        ["process.cpu.utilization", one, 0.185],
        ["process.thread.count", one, 9],
        ["process.disk.io.rate", { ...one, "disk.io.direction": "read" }, 100],
        ["process.disk.io.rate", { ...one, "disk.io.direction": "write" }, 20],
      ),
      8,
    );
    expect(list).toEqual({
      time: 1000,
      intervalMs: 10_000,
      rows: [
        {
          pid: 7,
          name: "python3",
          detail: "train.py",
          startedAt: Date.UTC(2024, 2, 5, 14),
          cpu: 1.48,
          memoryBytes: 4096,
          gpuMemoryBytes: null,
          ioRate: 120,
          threads: 9,
        },
      ],
    });
  });

  test("holds the processes of the newest scan only", () => {
    const list = processesOf(
      hub(["process.memory.usage", attributes(1), 10, 1000], ["process.memory.usage", attributes(2), 20, 2000]),
      1,
    );
    expect(list?.rows.map((row) => row.pid)).toEqual([2]);
    expect(list?.rows[0]).toMatchObject({ cpu: null, ioRate: null, threads: null });
  });

  const onGpu = (pid: number, id: string): Attributes => ({
    "hw.id": id,
    "process.pid": String(pid),
    "process.executable.name": "python3.11",
  });

  test("knows what a process holds of all GPUs together", () => {
    const list = processesOf(
      hub(
        ["process.memory.usage", attributes(7), 4096],
        ["process.memory.usage", attributes(8), 4096],
        ["gorgon.gpu.process.memory", onGpu(7, "GPU-1"), 1000],
        ["gorgon.gpu.process.memory", onGpu(7, "GPU-2"), 500],
      ),
      8,
      1000,
    );
    expect(list?.rows.map((row) => [row.pid, row.gpuMemoryBytes])).toEqual([
      [7, 1500],
      [8, null],
    ]);
  });

  test("has a process of which only the GPU tells, with nothing made up", () => {
    const list = processesOf(
      hub(["process.memory.usage", attributes(7), 4096], ["gorgon.gpu.process.memory", onGpu(9, "GPU-1"), 1000]),
      8,
      1000,
    );
    expect(list?.rows[1]).toEqual({
      ...{ pid: 9, name: "python3.11", detail: "", startedAt: 0, gpuMemoryBytes: 1000 },
      ...{ cpu: null, memoryBytes: null, ioRate: null, threads: null },
    });
  });

  test("forgets GPUs that are not read any more", () => {
    const known = hub(
      ["process.memory.usage", attributes(7), 4096],
      ["gorgon.gpu.process.memory", onGpu(7, "GPU-1"), 1000],
      ["gorgon.gpu.process.memory", onGpu(9, "GPU-1"), 1000],
    );
    expect(processesOf(known, 8, 31_000)?.rows).toHaveLength(2);
    expect(processesOf(known, 8, 31_001)?.rows).toMatchObject([{ pid: 7, gpuMemoryBytes: null }]);
  });

  test("is absent before processes were looked at", () => {
    expect(processesOf(hub(), 4)).toBeNull();
  });
});
