/** Real kernels of ipykernel that die in real ways, seen by the real watcher from outside. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { here } from "../../../test/platforms.ts";
import { testPython } from "../../../test/python.ts";
import type { CellRecord } from "../../../protocol/cell.ts";
import type { KernelDeath, KernelState } from "../../../protocol/kernel.ts";
import { silentLog } from "../../host/log.ts";
import { nodeHost } from "../../host/node.ts";
import { kernelWatch } from "./index.ts";
import { CELL } from "./testing.ts";

const MIB = 2 ** 20;
const folder = mkdtempSync(path.join(os.tmpdir(), "gorgon-kernel-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts a kernel with jupyter_client, and runs the code that comes on its standard input, a line each. */
const CLIENT = `
import json, sys
from jupyter_client.manager import KernelManager
manager = KernelManager(kernel_name="python3")
manager.connection_file = sys.argv[1]
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=60)
print("ready", manager.provisioner.process.pid, flush=True)
for line in sys.stdin:
    client.execute(json.loads(line), store_history=True)
`;

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

let count = 0;

async function kernel() {
  const connection = path.join(folder, `kernel-real-${String(process.pid)}-${String(count++)}.json`);
  const client = spawn(testPython(), ["-c", CLIENT, connection], { cwd: folder, stdio: ["pipe", "pipe", "pipe"] });
  closing.push(() => void client.kill("SIGKILL"));
  const pid = await ready(client);
  closing.push(() => end(pid));
  const say = (code: string) => client.stdin.write(`${JSON.stringify(code)}\n`);
  return { pid, say, client };
}

function ready(client: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    client.stdout?.on("data", (text: Buffer) => {
      const pid = /ready (\d+)/.exec(text.toString())?.[1];
      if (pid !== undefined) resolve(Number(pid));
    });
    let said = "";
    client.stderr?.on("data", (text: Buffer) => (said = (said + text.toString()).slice(-2000)));
    client.once("exit", (code) => reject(new Error(`the kernel's client ended with ${String(code)}: ${said}`)));
  });
}

/** The kernel leads a group of its own; what it forked is in it. */
function end(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // All are dead, as they were meant to be.
  }
}

/** A watch over this machine, polled four times a second, that tells of one kernel only: others may run here. */
async function watched(pid: number) {
  const watching = kernelWatch({ host: nodeHost(), log: silentLog });
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
    await expect.poll(() => deaths.length, { timeout: 15_000 }).toBe(1);
    return deaths[0];
  };
  return { watching, id, deaths, records, state, run, death };
}

/** The watcher has opened its handle on the process by then: a look of its own takes milliseconds. */
async function settledWatch(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1500));
}

describe.runIf(here("linux"))("a real kernel [linux]", () => {
  test("is found, and what it does is seen from outside", async () => {
    const { pid, say } = await kernel();
    const { watching, id, state } = await watched(pid);
    expect(state()).toMatchObject({ kernel: { language: "python" }, folder, measured: false, level: "OK" });
    expect(state().connection).toMatch(/^kernel-real-/);
    const from = Date.now();
    watching.setRunning(id, { cell: CELL, startedAt: from });
    say(
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
  }, 60_000);

  test("sees the processes that it starts, and their memory once", async () => {
    const { pid, say } = await kernel();
    const { state } = await watched(pid);
    say(
      "import os, time; data = bytearray(os.urandom(1 << 20) * 200)\nfor _ in range(3):\n    if os.fork() == 0:\n        time.sleep(60); os._exit(0)",
    );
    await expect.poll(() => state().usage?.children, { timeout: 15_000 }).toBe(3);
    await expect.poll(() => state().usage?.treeBytes ?? 0, { timeout: 15_000 }).toBeGreaterThan(200 * MIB);
    // Four times 200 MiB are resident, 200 MiB exist.
    expect(state().usage?.treeBytes).toBeLessThan(420 * MIB);
  }, 60_000);

  test.each([
    ["SIGKILL", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", { cause: "signal", signal: "SIGKILL" }],
    ["an exit code", "import os; os._exit(7)", { cause: "exit", exitCode: 7 }],
    ["a segmentation fault", "import ctypes; ctypes.string_at(0)", { cause: "segfault", signal: "SIGSEGV" }],
    ["an abort", "import os; os.abort()", { cause: "segfault", signal: "SIGABRT" }],
  ])(
    "that dies by %s in a cell is said to have died so, with the cell",
    async (_, code, expected) => {
      const { pid, say } = await kernel();
      const { run, death, records } = await watched(pid);
      await settledWatch();
      run();
      say(code);
      const found = await death();
      expect(found).toMatchObject({ ...expected, cell: CELL });
      expect(found?.sentence).toContain("In [7]");
      expect(found?.evidence[0]?.source).toBe("pidfd");
      expect(records).toMatchObject([{ outcome: "died", cell: CELL }]);
    },
    60_000,
  );

  test("that its client shuts down in good order has only ended", async () => {
    const { pid, say } = await kernel();
    const { death } = await watched(pid);
    await settledWatch();
    say("exit()");
    expect(await death()).toMatchObject({ cause: "ended", cell: null });
  }, 60_000);
});

describe.runIf(here("cgroup-v1"))("a real kernel in a control group [cgroup-v1]", () => {
  test("that is killed for want of memory is said to, with group, limit, last size and cell", async () => {
    const above = /^\d+:memory:(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? "/";
    const name = `${above === "/" ? "" : above}/gorgon-kernel-${String(process.pid)}`;
    const group = `/sys/fs/cgroup/memory${name}`;
    mkdirSync(group);
    closing.push(async () => {
      await expect.poll(() => readFileSync(`${group}/cgroup.procs`, "utf8"), { timeout: 10_000 }).toBe("");
      rmdirSync(group);
    });
    writeFileSync(`${group}/memory.limit_in_bytes`, String(300 * MIB));
    const { pid, say } = await kernel();
    writeFileSync(`${group}/cgroup.procs`, String(pid));
    const { run, death, state, records } = await watched(pid);
    expect(state().limit).toEqual({ bytes: 300 * MIB, source: `cgroup ${name}` });
    await settledWatch();
    run();
    say(
      "import time; time.sleep(0.5); data = bytearray(200 << 20); data[::4096] = b'x' * len(data[::4096]); time.sleep(1)\nmore = b'x' * (400 << 20)",
    );
    const found = await death();
    expect(found).toMatchObject({
      ...{ cause: "oom", signal: "SIGKILL", cell: CELL },
      limit: { bytes: 300 * MIB, source: `cgroup ${name}` },
    });
    expect(found?.sentence).toContain(`in In [7]: its control group ${name} may have 300 MiB`);
    expect(found?.lastBytes).toBeGreaterThan(200 * MIB);
    expect(found?.evidence.map(({ source }) => source).slice(0, 2)).toEqual(["pidfd", "cgroup"]);
    expect(records).toMatchObject([{ outcome: "died" }]);
  }, 60_000);
});
