/** A kernel in another language than Python: no package is loaded, so all is seen from outside. R stands for the rest. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { CellRef } from "../../protocol/cell.ts";
import type { KernelDeath, KernelState } from "../../protocol/kernel.ts";
import { silentLog } from "../../server/host/log.ts";
import { nodeHost } from "../../server/host/node.ts";
import { kernelWatch } from "../../server/rhopalia/kernel/index.ts";
import type { KernelWatching } from "../../server/rhopalia/kernel/watching.ts";
import { RealKernel } from "../kernel.ts";
import { here } from "../platforms.ts";

const MIB = 2 ** 20;
/** How often the worker looks at kernels while a cell runs, milliseconds. */
const LOOK_MS = 250;
const CELL: CellRef = { id: "cell-4", executionCount: 4, hash: "", label: "" };
const folder = mkdtempSync(path.join(tmpdir(), "gorgon-r-"));

const closing: (() => Promise<void> | void)[] = [];

beforeAll(() => {
  const asked = spawnSync("R", ["--slave", "-e", "library(IRkernel)"], { encoding: "utf8", timeout: 60_000 });
  if (asked.status !== 0) throw new Error("missing: the language R with its kernel (apt-get install r-cran-irkernel)");
  const spec = path.join(folder, "kernels", "gorgon-r");
  mkdirSync(spec, { recursive: true });
  const argv = ["R", "--slave", "-e", "IRkernel::main()", "--args", "{connection_file}"];
  writeFileSync(path.join(spec, "kernel.json"), JSON.stringify({ argv, display_name: "R", language: "R" }));
}, 90_000);

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function startKernel(): Promise<RealKernel> {
  const connection = path.join(folder, `kernel-${String(closing.length)}-${String(Date.now())}.json`);
  const env = { JUPYTER_PATH: folder };
  return RealKernel.start({ spec: "gorgon-r", connection, folder, env }, (end) => closing.push(end));
}

/** Looks at the kernels of this machine as the worker does, until the test ends. */
async function watch(): Promise<{ watching: KernelWatching; find: (pid: number) => KernelState | undefined }> {
  const watching = kernelWatch({ host: nodeHost(), log: silentLog });
  const look = async () => {
    // Nothing to read is no failure, and the state says what is there.
    await Promise.resolve(watching.sensor.read(new AbortController().signal)).catch(() => undefined);
  };
  const timer = setInterval(() => void look(), LOOK_MS);
  closing.push(async () => {
    clearInterval(timer);
    await watching.close();
  });
  await look();
  return { watching, find: (pid) => watching.state().kernels.find((one) => one.kernel.pid === pid) };
}

describe.runIf(here("linux"))("a kernel of R [linux]", () => {
  it("is found by its command line, and what a cell used is measured from outside and marked as sampled", async () => {
    const kernel = await startKernel();
    const { pid } = kernel;
    const { watching, find } = await watch();
    await expect.poll(() => find(pid)?.kernel.language).toBe("r");
    const state = find(pid);
    expect(state?.connection).toMatch(/^kernel-\d/);
    expect(state?.measured).toBe(false);
    const id = { pid, startedAt: state?.kernel.startedAt ?? 0 };

    const from = Date.now();
    watching.setRunning(id, { cell: CELL, startedAt: from });
    // 320 MB of numbers, each drawn: none of it stays untouched. Held while several looks fall on it.
    expect(await kernel.run("x <- runif(4e7); Sys.sleep(1.5); y <- sum(x)")).toBe("ok");
    watching.setRunning(id, null);
    const record = watching.measure({ ...id, cell: CELL, from, to: Date.now(), outcome: "ok" });

    expect(record).toMatchObject({ by: "outside", outcome: "ok", cell: CELL, kernel: { pid, language: "r" } });
    const { peakBytes, peakDeltaBytes, cpuMs } = record?.measures ?? {};
    expect((peakDeltaBytes?.value ?? 0) / MIB).toBeGreaterThan(300);
    expect((peakDeltaBytes?.value ?? 0) / MIB).toBeLessThan(340);
    expect(["sampled", "exact-lifetime"]).toContain(peakBytes?.quality);
    expect(cpuMs?.value).toBeGreaterThan(100);
  });

  it("that is killed in a cell is said to be, with the signal and the cell", async () => {
    const kernel = await startKernel();
    const { pid } = kernel;
    const { watching, find } = await watch();
    await expect.poll(() => find(pid)?.kernel.language).toBe("r");
    const id = { pid, startedAt: find(pid)?.kernel.startedAt ?? 0 };
    const deaths: KernelDeath[] = [];
    watching.onDeath((death) => deaths.push(death));
    const startedAt = Date.now();
    watching.setRunning(id, { cell: CELL, startedAt });
    kernel.begin("repeat { }");
    await expect.poll(() => find(pid)?.usage?.cores ?? 0).toBeGreaterThan(0.1);
    process.kill(pid, "SIGKILL");
    await expect.poll(() => deaths.find((death) => death.kernel.pid === pid)?.cause).toBe("signal");
    const death = deaths.find((one) => one.kernel.pid === pid);
    expect(death).toMatchObject({ signal: "SIGKILL", cell: CELL, kernel: { language: "r" } });
    expect(death?.evidence.length).toBeGreaterThan(0);
  });
});
