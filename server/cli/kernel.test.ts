import { afterAll, describe, expect, test } from "vitest";
import type { KernelDeath, KernelsState, KernelState } from "../../protocol/kernel.ts";
import { styleOf } from "../bell/terminal-style.ts";
import { renderKernels } from "./kernel.ts";
import { homes } from "./testing.ts";

const MIB = 2 ** 20;
const NOW = 1_700_000_000_000;
const style = styleOf({ env: {}, isTTY: true, columns: 110 });
const { user, remove } = homes();
afterAll(remove);

const kernel: KernelState = {
  kernel: { pid: 4711, startedAt: NOW - 60_000, language: "python", host: "box" },
  connection: "kernel-1.json",
  folder: "/home/ada/work",
  ancestors: [],
  measured: true,
  usage: {
    time: NOW,
    rssBytes: 300 * MIB,
    treeBytes: 512 * MIB,
    cores: 1.482,
    children: 3,
    threads: 9,
    gpuBytes: null,
  },
  running: { cell: { id: null, executionCount: 7, hash: "", label: "" }, startedAt: NOW - 12_000, peakBytes: 0 },
  limit: { bytes: 2048 * MIB, source: "cgroup /box" },
  level: "OK",
  guard: null,
};

function rendered(over: Partial<KernelsState & { leader: number | null }> = {}): string {
  return renderKernels(
    { time: NOW, kernels: [kernel], deaths: [], leader: 1, ...over },
    { ...style, colour: false },
  ).join("\n");
}

describe("gorgon kernel", () => {
  test("lists what each kernel uses and runs", () => {
    expect(rendered()).toBe(
      [
        " PID  LANGUAGE  LEVEL   MEMORY        OF  CORES  PROC  RUNS               FOLDER",
        "4711  python    OK     512 MiB  2.00 GiB   1.48     4  cell [7] for 12 s  /home/ada/work",
      ].join("\n"),
    );
  });

  test("says why one is frozen and how it is answered", () => {
    const guard = { phase: "frozen", limitBytes: 1, treeBytes: 1, since: NOW, reason: "It grew by 2 GiB/s." } as const;
    const text = rendered({ kernels: [{ ...kernel, level: "CRIT", guard }] });
    expect(text).toContain("frozen: It grew by 2 GiB/s. Answer with gorgon kernel continue|interrupt|end 4711");
  });

  test("says why those died that are gone, and that nobody watches where nobody does", () => {
    const death = {
      ...{ id: "d", kernel: kernel.kernel, connection: "", folder: "", ancestors: [], time: NOW - 120_000 },
      ...{ cause: "oom", signal: "SIGKILL", exitCode: null, evidence: [], cell: null, cellStartedAt: null },
      ...{ lastBytes: null, lastAt: null, limit: null, sentence: "It was killed.\u001b[2J", mend: "Load less." },
    } as const satisfies KernelDeath;
    const text = rendered({ kernels: [], deaths: [death], leader: null });
    expect(text).toContain("No notebook kernel of yours runs");
    expect(text).toContain("No worker of yours runs on this machine now");
    expect(text).toContain("4711  python  oom, 2 min ago");
    expect(text).not.toContain("\u001b");
  });

  test("refuses what is no process, and to answer where no worker runs", async () => {
    const { run } = user();
    expect(await run("kernel end all")).toMatchObject({ code: 64 });
    const refused = await run("kernel end 4711");
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("No worker of yours runs on this machine");
  });
});
