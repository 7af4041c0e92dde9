/** Real kernels of ipykernel that die in real ways, seen by the real watcher from outside. */
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { RealKernel } from "../../../test/kernel.ts";
import { here } from "../../../test/platforms.ts";
import type { CellRecord } from "../../../protocol/cell.ts";
import type { KernelDeath, KernelState } from "../../../protocol/kernel.ts";
import type { Host, Programs } from "../../host/host.ts";
import { silentLog } from "../../host/log.ts";
import { nodeHost } from "../../host/node.ts";
import { parseWatcherLine } from "../../wire/kernel-watcher.ts";
import { kernelWatch } from "./index.ts";
import { CELL } from "./testing.ts";

const MIB = 2 ** 20;
/** Each phase has a deadline of its own, which says what hangs; this one is longer than all of them. */
const PATIENCE_MS = 150_000;
const folder = mkdtempSync(path.join(os.tmpdir(), "gorgon-kernel-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

let count = 0;

async function started() {
  const connection = path.join(folder, `kernel-real-${String(process.pid)}-${String(count++)}.json`);
  const env = { IPYTHONDIR: path.join(folder, "ipython") };
  const kernel = await RealKernel.start({ connection, folder, env }, (end) => closing.push(end));
  return { pid: kernel.pid, begin: (code: string) => kernel.begin(code) };
}

/** A watch over this machine, polled four times a second, that tells of one kernel only: others may run here. */
async function watched(pid: number) {
  /** Those whose end the watcher program has said that it will see. */
  const confirmed = new Set<number>();
  const watching = kernelWatch({ host: overheard(confirmed), log: silentLog });
  const deaths: KernelDeath[] = [];
  const records: CellRecord[] = [];
  watching.onDeath((death) => death.kernel.pid === pid && deaths.push(death));
  watching.onRecord((record) => record.kernel.pid === pid && records.push(record));
  const read = async () => {
    try {
      await watching.sensor.read(new AbortController().signal);
    } catch {
      // No kernel is left.
    }
  };
  const timer = setInterval(() => void read(), 250);
  closing.push(async () => {
    clearInterval(timer);
    await watching.close();
  });
  await read();
  const state = (): KernelState => {
    const found = watching.state().kernels.find((one) => one.kernel.pid === pid);
    if (found === undefined) throw new Error(`kernel ${String(pid)} is not known`);
    return found;
  };
  const { kernel: id } = state();
  const run = () => watching.setRunning(id, { cell: CELL, startedAt: Date.now() });
  const death = async () => {
    await expect.poll(() => deaths.length, { timeout: 20_000, message: "no death was told" }).toBe(1);
    return deaths[0];
  };
  /** A handle is open on the process: its end will be known in full. */
  const settled = async () => {
    const message = "the watcher program did not take the kernel";
    await expect.poll(() => confirmed.has(pid), { timeout: 20_000, message }).toBe(true);
  };
  return { watching, id, deaths, records, state, run, death, settled };
}

/** The real machine; what the watcher program says is heard. */
function overheard(confirmed: Set<number>): Host {
  const host = nodeHost();
  const stream: Programs["stream"] = (file, args, options) => {
    const onLine = (line: string) => {
      const said = parseWatcherLine(line);
      options.onLine(line);
      if (said !== null && "watching" in said) confirmed.add(said.watching.pid);
    };
    return host.programs.stream(file, args, { ...options, onLine });
  };
  return { ...host, programs: { ...host.programs, stream } };
}

describe.runIf(here("linux"))("a real kernel [linux]", () => {
  test(
    "is watched soon after it began, because its connection file was seen, also in a folder that came with it",
    async () => {
      const confirmed = new Set<number>();
      const runtime = path.join(folder, "home", "runtime");
      const host = { ...overheard(confirmed), env: { ...process.env, JUPYTER_RUNTIME_DIR: runtime } };
      const watching = kernelWatch({ host, log: silentLog });
      closing.push(() => watching.close());
      // Once and never again: what is found is found without a poll.
      await Promise.resolve(watching.sensor.read(new AbortController().signal)).catch(() => undefined);
      const env = { JUPYTER_RUNTIME_DIR: runtime };
      const { pid } = await RealKernel.start({ folder, env }, (end) => closing.push(end));
      const ids = () => watching.state().kernels.map(({ kernel }) => kernel.pid);
      await expect.poll(ids).toContain(pid);
      await expect.poll(() => confirmed.has(pid)).toBe(true);
    },
    PATIENCE_MS,
  );

  test(
    "is found, and what it does is seen from outside",
    async () => {
      const { pid, begin } = await started();
      const { watching, id, state } = await watched(pid);
      expect(state()).toMatchObject({ kernel: { language: "python" }, folder, measured: false, level: "OK" });
      expect(state().connection).toMatch(/^kernel-real-/);
      const from = Date.now();
      watching.setRunning(id, { cell: CELL, startedAt: from });
      begin(
        "import time; data = b'x' * (300 << 20); del data; end = time.process_time() + 2\nwhile time.process_time() < end: pass",
      );
      // How much of a core it gets is the machine's affair.
      await expect.poll(() => state().usage?.cores ?? 0, { timeout: 30_000 }).toBeGreaterThan(0.05);
      await expect.poll(() => state().usage?.cores ?? 1, { timeout: 30_000 }).toBe(0);
      watching.setRunning(id, null);
      const record = watching.measure({
        pid: id.pid,
        startedAt: id.startedAt,
        cell: CELL,
        from,
        to: Date.now(),
        outcome: "ok",
      });
      // 300 MiB for a moment, which no look can be sure to meet: the kernel's own peak tells.
      expect(record?.measures.peakBytes?.quality).toBe("exact-lifetime");
      expect(record?.measures.peakDeltaBytes?.value).toBeGreaterThan(295 * MIB);
      expect(record?.measures.peakDeltaBytes?.value).toBeLessThan(310 * MIB);
      expect(record?.measures.cpuMs?.value).toBeGreaterThan(1900);
      expect(record?.measures.cpuMs?.value).toBeLessThan(2900);
    },
    PATIENCE_MS,
  );

  test(
    "sees the processes that it starts, and their memory once",
    async () => {
      const { pid, begin } = await started();
      const { state } = await watched(pid);
      begin(
        "import os, time; data = bytearray(os.urandom(1 << 20) * 200)\nfor _ in range(3):\n    if os.fork() == 0:\n        time.sleep(60); os._exit(0)",
      );
      await expect.poll(() => state().usage?.children, { timeout: 15_000 }).toBe(3);
      await expect.poll(() => state().usage?.treeBytes ?? 0, { timeout: 15_000 }).toBeGreaterThan(200 * MIB);
      // Four times 200 MiB are resident, 200 MiB exist.
      expect(state().usage?.treeBytes).toBeLessThan(420 * MIB);
    },
    PATIENCE_MS,
  );

  test.each([
    ["SIGKILL", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", { cause: "signal", signal: "SIGKILL" }],
    ["an exit code", "import os; os._exit(7)", { cause: "exit", exitCode: 7 }],
    ["a segmentation fault", "import ctypes; ctypes.string_at(0)", { cause: "segfault", signal: "SIGSEGV" }],
    ["an abort", "import os; os.abort()", { cause: "segfault", signal: "SIGABRT" }],
  ])(
    "that dies by %s in a cell is said to have died so, with the cell",
    async (_, code, expected) => {
      const { pid, begin } = await started();
      const { run, death, records, settled } = await watched(pid);
      await settled();
      run();
      begin(code);
      const found = await death();
      expect(found).toMatchObject({ ...expected, cell: CELL });
      expect(found?.sentence).toContain("cell [7]");
      expect(found?.evidence[0]?.source).toBe("pidfd");
      expect(records).toMatchObject([{ outcome: "died", cell: CELL }]);
    },
    PATIENCE_MS,
  );

  test(
    "that its client shuts down in good order has only ended",
    async () => {
      const { pid, begin } = await started();
      const { death, settled } = await watched(pid);
      await settled();
      begin("exit()");
      expect(await death()).toMatchObject({ cause: "ended", cell: null });
    },
    PATIENCE_MS,
  );
});

describe.runIf(here("cgroup-v1"))("a real kernel in a control group [cgroup-v1]", () => {
  test(
    "that is killed for want of memory is said to, with group, limit, last size and cell",
    async () => {
      const above = /^\d+:memory:(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? "/";
      const name = `${above === "/" ? "" : above}/gorgon-kernel-${String(process.pid)}`;
      const group = `/sys/fs/cgroup/memory${name}`;
      mkdirSync(group);
      closing.push(async () => {
        await expect.poll(() => readFileSync(`${group}/cgroup.procs`, "utf8"), { timeout: 10_000 }).toBe("");
        rmdirSync(group);
      });
      writeFileSync(`${group}/memory.limit_in_bytes`, String(300 * MIB));
      const { pid, begin } = await started();
      writeFileSync(`${group}/cgroup.procs`, String(pid));
      const { run, death, state, records, settled } = await watched(pid);
      expect(state().limit).toEqual({ bytes: 300 * MIB, source: `cgroup ${name}` });
      await settled();
      run();
      begin(
        "import time; time.sleep(0.5); data = bytearray(200 << 20); data[::4096] = b'x' * len(data[::4096]); time.sleep(1)\nmore = b'x' * (400 << 20)",
      );
      const found = await death();
      expect(found).toMatchObject({
        ...{ cause: "oom", signal: "SIGKILL", cell: CELL },
        limit: { bytes: 300 * MIB, source: `cgroup ${name}` },
      });
      expect(found?.sentence).toContain(`in cell [7]: its control group ${name} may have 300 MiB`);
      expect(found?.lastBytes).toBeGreaterThan(200 * MIB);
      expect(found?.evidence.map(({ source }) => source).slice(0, 2)).toEqual(["pidfd", "cgroup"]);
      expect(records).toMatchObject([{ outcome: "died" }]);
    },
    PATIENCE_MS,
  );
});
