/** The GPU sensor over real processes: a stand-in for nvidia-smi that replays recordings, and a GPU where one is. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { here } from "../../../test/platforms.ts";
import { nodeHost } from "../../host/node.ts";
import { probe, type Probe } from "../probe.ts";
import { NoData } from "../rhopalium.ts";
import { type GpuSensor, gpuSensor } from "./index.ts";

const STAND_IN = path.join(import.meta.dirname, "stand-in.ts");
const recording = (name: string) => path.join(import.meta.dirname, "recorded", name);
const UTILIZATION = "hw.gpu.utilization";
const until = { timeout: 4500, interval: 20 };

const sensors: GpuSensor[] = [];
afterEach(() => {
  for (const sensor of sensors.splice(0)) sensor.dispose();
});

function replay(name: string, devicesMs = 50) {
  const sensor = gpuSensor(nodeHost(), {
    nvidia: { file: process.execPath, args: [STAND_IN, recording(name)] },
    devicesMs,
    processesMs: 50,
  });
  sensors.push(sensor);
  sensor.need("devices");
  return sensor;
}

/** What it says now: readings, or the reason why there are none. */
async function said(sensor: GpuSensor): Promise<Probe | string> {
  try {
    return await probe(sensor);
  } catch (error) {
    return error instanceof Error ? `${error instanceof NoData ? "no data: " : ""}${error.message}` : String(error);
  }
}

async function reasonOf(sensor: GpuSensor): Promise<string> {
  const now = await said(sensor);
  return typeof now === "string" ? now : now.reason;
}

async function valuesOf(sensor: GpuSensor, metric: string): Promise<readonly number[]> {
  const now = await said(sensor);
  return typeof now === "string" ? [] : now.readings.filter((one) => one.metric === metric).map((one) => one.value);
}

describe("recorded output of nvidia-smi, replayed", () => {
  test("follows two GPUs and their processes", async () => {
    const sensor = replay("two-gpus", 200);
    sensor.need("processes");
    await expect.poll(() => valuesOf(sensor, UTILIZATION), until).toEqual([0.97, 0.05]);
    await expect.poll(() => valuesOf(sensor, UTILIZATION), until).toEqual([0.44, 0]);
    await expect.poll(() => valuesOf(sensor, "gorgon.gpu.process.memory"), until).toHaveLength(2);
    expect(await reasonOf(sensor)).toBe("");
  });

  test("leaves utilization out where MIG divides the GPU, and knows the process by its slice", async () => {
    const sensor = replay("mig");
    sensor.need("processes");
    await expect.poll(() => valuesOf(sensor, "hw.power"), until).toEqual([71.25]);
    await expect.poll(() => valuesOf(sensor, "gorgon.gpu.process.memory"), until).toEqual([2048 * 1024 ** 2]);
    expect(await valuesOf(sensor, UTILIZATION)).toEqual([]);
  });

  test("gives what an old card supports", async () => {
    const sensor = replay("passive");
    await expect.poll(() => valuesOf(sensor, "hw.gpu.memory.limit"), until).toEqual([5301 * 1024 ** 2]);
    expect(await valuesOf(sensor, "hw.temperature")).toEqual([]);
  });

  test("puts a line together that comes in pieces", async () => {
    const sensor = replay("torn", 100);
    await expect.poll(() => valuesOf(sensor, UTILIZATION), until).toEqual([0.44]);
  });

  test.each([
    ["mismatch", "Restart the computer"],
    ["no-driver", "modprobe nvidia"],
    ["too-old", "Update the NVIDIA driver"],
    ["none", "no data: nvidia-smi finds no GPU"],
    ["lost", "A GPU is lost"],
  ])("says what is the matter: %s", async (name, words) => {
    const sensor = replay(name);
    await expect.poll(() => reasonOf(sensor), until).toContain(words);
  });
});

describe.runIf(process.platform === "linux")("nothing is left behind", () => {
  test("when the worker is killed while nvidia-smi talks, and while it hangs", async () => {
    for (const name of ["talks", "hangs"]) {
      const code = `
        const { nodeHost } = await import(${JSON.stringify(new URL("../../host/node.ts", import.meta.url).href)});
        const { gpuSensor } = await import(${JSON.stringify(new URL("index.ts", import.meta.url).href)});
        const sensor = gpuSensor(nodeHost(), {
          nvidia: { file: process.execPath, args: ${JSON.stringify([STAND_IN, recording(name)])} }, devicesMs: 1000 });
        sensor.need("devices");
        setInterval(() => { try { console.log(sensor.read(new AbortController().signal).length); } catch (error) { console.log(error.message); } }, 20);`;
      const worker = spawn(process.execPath, ["--input-type=module", "-e", code], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let heard = "";
      worker.stdout.on("data", (chunk: Buffer) => (heard += chunk.toString()));
      // Its readings are there, so its child is.
      await expect.poll(() => /[5-9]\n/.test(heard), until).toBe(true);
      const children = childrenOf(worker.pid ?? 0);
      expect(children).toHaveLength(1);
      worker.kill("SIGKILL");
      for (const pid of children) await expect.poll(() => isAlive(pid), until).toBe(false);
    }
  }, 20_000);
});

describe.runIf(here("gpu"))("a GPU of this machine [gpu]", () => {
  test("tells its memory or its load", async () => {
    const sensor = gpuSensor(nodeHost(), { devicesMs: 500 });
    sensors.push(sensor);
    sensor.need("devices");
    await expect
      .poll(async () => (await valuesOf(sensor, "hw.gpu.memory.limit")).length, { timeout: 40_000 })
      .toBeGreaterThan(0);
  }, 45_000);
});

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}

/** A zombie that nobody reaped yet is dead. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${String(pid)}/stat`, "utf8"));
  } catch {
    return false;
  }
}
