import { describe, expect, test } from "vitest";
import { fixtureHost } from "../../host/fixture.ts";
import { ManualClock } from "../../host/manual-clock.ts";
import { ProgramFailed } from "../../host/programs.ts";
import { probe, recorded } from "../probe.ts";
import { Malformed, NoData } from "../rhopalium.ts";
import { gpuSensor } from "./index.ts";

const ONE = "GPU-5a3e9c2b-1f60-4c1e-9a9e-3d1f6f7b8a01";
const TWO = "GPU-b04c77d1-62aa-4b0f-8f0e-9cde01c2aa02";
const line = (id: string, percent = 44) => `${id}, RTX, ${String(percent)}, 1024, 4096, 61, 212.47`;
const labels = (id: string, name = "RTX") => ({ "hw.id": id, "hw.name": name });
const UTILIZATION = "hw.gpu.utilization";

/** A machine with nvidia-smi, which says what the test says. */
function nvidia() {
  const clock = new ManualClock();
  const host = fixtureHost({ clock, env: { PATH: "relative:/opt/bin" }, files: { "/opt/bin/nvidia-smi": "" } });
  const sensor = gpuSensor(host, { lingerMs: 5000 });
  const running = () => host.streams.filter((one) => one.running);
  const newest = () => {
    const stream = host.streams.at(-1);
    if (stream === undefined) throw new Error("nvidia-smi was not started");
    return stream;
  };
  return { clock, host, sensor, running, newest };
}

describe("the GPU sensor", () => {
  test("says that there is nothing to read on a machine without a GPU", async () => {
    const sensor = gpuSensor(fixtureHost());
    sensor.touch("devices");
    await expect(probe(sensor)).rejects.toThrow(NoData);
  });

  test("starts nothing until somebody needs it, and ends it a while after nobody does", async () => {
    const { clock, sensor, host, running } = nvidia();
    expect((await probe(sensor)).readings).toEqual([]);
    expect(host.streams).toEqual([]);
    const handle = sensor.need("devices");
    expect(running().map(({ file, args }) => [file, args.at(-1)])).toEqual([["/opt/bin/nvidia-smi", "--loop-ms=2000"]]);
    const processes = sensor.need("processes");
    expect(running()).toHaveLength(2);
    processes.dispose();
    handle.dispose();
    clock.advance(4999);
    expect(running()).toHaveLength(2);
    clock.advance(1);
    expect(running()).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test("gives the newest word on each GPU", async () => {
    const { clock, sensor, newest } = nvidia();
    sensor.need("devices");
    expect((await probe(sensor)).readings).toEqual([]);
    newest().say(line(ONE), line(TWO, 0));
    clock.advance(2000);
    newest().say(line(ONE, 97), line(TWO, 5));
    const found = await probe(sensor);
    expect(found.values(UTILIZATION, "hw.id")).toEqual([ONE, TWO]);
    expect(found.value(UTILIZATION, labels(ONE))).toBe(0.97);
    expect(found.value("hw.gpu.memory.utilization", labels(ONE))).toBe(0.25);
    expect(found.value("hw.temperature", { ...labels(ONE), "hw.type": "gpu" })).toBe(61);
  });

  test("tells the processes that hold most of it", async () => {
    const { sensor, newest, running } = nvidia();
    sensor.need("devices");
    newest().say(line(ONE));
    sensor.need("processes");
    expect(running().map(({ args }) => args.at(-1))).toEqual(["--loop-ms=2000", "--loop-ms=10000"]);
    newest().say(...Array.from({ length: 40 }, (_, pid) => `${ONE}, ${String(pid + 1)}, ${String(pid)}, /bin/p`));
    const found = await probe(sensor);
    const pids = found.values("gorgon.gpu.process.memory", "process.pid");
    expect(pids).toHaveLength(16);
    expect(pids.slice(0, 2)).toEqual(["40", "39"]);
    const attributes = { ...labels(ONE), "process.pid": "40", "process.executable.name": "p" };
    expect(found.value("gorgon.gpu.process.memory", attributes)).toBe(39 * 1024 ** 2);
  });

  test("names a GPU that went away while the other stayed, and goes on with that", async () => {
    const { clock, sensor, newest } = nvidia();
    sensor.need("devices");
    newest().say(line(ONE), line(TWO));
    for (let round = 0; round < 5; round++) {
      clock.advance(2000);
      newest().say(line(ONE));
      await probe(sensor);
    }
    const found = await probe(sensor);
    expect(found.values(UTILIZATION, "hw.id")).toEqual([ONE]);
    expect(found.reason).toContain(`no longer tells of RTX (${TWO})`);
    newest().say(line(TWO));
    expect((await probe(sensor)).reason).toBe("");
  });

  test("keeps saying that a GPU is lost while every round says so, and stops when it is over", async () => {
    const { clock, sensor, newest } = nvidia();
    sensor.need("devices");
    const lost = `${TWO}, RTX, [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost]`;
    for (let round = 0; round < 4; round++) {
      newest().say(lost, line(ONE));
      const found = await probe(sensor);
      expect(found.reason).toContain("A GPU is lost");
      expect(found.values(UTILIZATION, "hw.id")).toEqual([ONE]);
      clock.advance(2000);
    }
    for (let round = 0; round < 3; round++) {
      newest().say(line(TWO), line(ONE));
      clock.advance(2000);
    }
    newest().say(line(ONE), line(TWO));
    expect((await probe(sensor)).reason).toBe("");
  });

  test("starts an nvidia-smi that ended again, each time later, and at once when it had been well", async () => {
    const { clock, sensor, host, newest } = nvidia();
    sensor.need("devices");
    for (const wait of [1000, 2000, 4000]) {
      newest().say("Failed to initialize NVML: Driver/library version mismatch");
      newest().end({ code: 18 });
      await expect(probe(sensor)).rejects.toThrow("Restart the computer");
      const before = host.streams.length;
      clock.advance(wait - 1);
      expect(host.streams).toHaveLength(before);
      clock.advance(1);
      expect(host.streams).toHaveLength(before + 1);
    }
    for (let second = 0; second < 40; second += 2) {
      newest().say(line(ONE));
      clock.advance(2000);
    }
    newest().say(line(ONE));
    newest().end({ code: null });
    const before = host.streams.length;
    clock.advance(1000);
    expect(host.streams).toHaveLength(before + 1);
  });

  test("ends an nvidia-smi that says nothing any more, says so, and starts another", async () => {
    const { clock, sensor, host, newest } = nvidia();
    sensor.need("devices");
    newest().say(line(ONE));
    const hanging = newest();
    clock.advance(10_000);
    expect(hanging.running).toBe(false);
    await expect(probe(sensor)).rejects.toThrow("has said nothing for 10 s");
    clock.advance(1000);
    expect(host.streams).toHaveLength(2);
    newest().say(line(ONE));
    expect((await probe(sensor)).reason).toBe("");
  });

  test("waits longer for the first line, because a driver without its daemon takes its time", () => {
    const { clock, sensor, newest } = nvidia();
    sensor.need("devices");
    clock.advance(29_000);
    expect(newest().running).toBe(true);
    clock.advance(1001);
    expect(newest().running).toBe(false);
  });

  test("is not troubled by a processes' child that has nothing to tell", async () => {
    const { clock, sensor, running } = nvidia();
    sensor.need("processes");
    clock.advance(600_000);
    expect(running()).toHaveLength(1);
    expect((await probe(sensor)).readings).toEqual([]);
  });

  test("takes a damaged line for chance, and three for a reason", async () => {
    const { sensor, newest } = nvidia();
    sensor.need("devices");
    newest().say(line(ONE), "GPU-5a3e9c2b, NVI", line(ONE));
    expect((await probe(sensor)).reason).toBe("");
    newest().say("GPU-1, 44 %", "GPU-2, 45 %", "GPU-3, 46 %");
    expect((await probe(sensor)).reason).toContain('says what cannot be understood: "GPU-3, 46 %"');
  });

  test("without a device behind the driver has nothing to read, and asks again seldom", async () => {
    const { clock, sensor, host, newest } = nvidia();
    sensor.need("devices");
    newest().say("No devices were found");
    newest().end({ code: 6 });
    await expect(probe(sensor)).rejects.toThrow(NoData);
    clock.advance(599_000);
    expect(host.streams).toHaveLength(1);
    clock.advance(1000);
    expect(host.streams).toHaveLength(2);
  });

  test("that was uninstalled meanwhile is nothing to read, not a failure", async () => {
    const { sensor, newest } = nvidia();
    sensor.need("devices");
    newest().end({ code: null, failure: new ProgramFailed("nvidia-smi", "ENOENT", "gone") });
    await expect(probe(sensor)).rejects.toThrow(NoData);
  });

  test("ends its children when it is given back, whoever needs it", () => {
    const { sensor, running, clock } = nvidia();
    sensor.need("devices");
    sensor.need("processes");
    sensor.dispose();
    expect(running()).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test("notices a driver that is installed while somebody waits for it", async () => {
    const clock = new ManualClock();
    const host = fixtureHost({ clock });
    const sensor = gpuSensor(host);
    sensor.need("devices");
    await expect(probe(sensor)).rejects.toThrow(NoData);
    host.write("/usr/bin/nvidia-smi", "");
    clock.advance(60_000);
    await probe(sensor);
    expect(host.streams).toHaveLength(1);
  });
});

describe("AMD's cards", () => {
  test("tell load, memory, temperature and power, each card under its address", async () => {
    const { host } = recorded("amd-laptop");
    const sensor = gpuSensor(host);
    sensor.need("devices");
    const found = await probe(sensor);
    expect(found.values(UTILIZATION, "hw.id")).toEqual(["0000:0a:00.0", "0000:05:00.0"]);
    const first = labels("0000:0a:00.0", "AMD GPU 0x73bf");
    expect(found.value(UTILIZATION, first)).toBe(0.37);
    expect(found.value("hw.gpu.memory.usage", first)).toBe(4290772992);
    expect(found.value("hw.temperature", { ...first, "hw.type": "gpu" })).toBe(54);
    expect(found.value("hw.power", { ...first, "hw.type": "gpu" })).toBe(118);
    const second = labels("0000:05:00.0", "Radeon <i>Graphics</i>");
    expect(found.value("hw.power", { ...second, "hw.type": "gpu" })).toBe(9);
  });

  test("are not read while nobody needs them, and one that sleeps is left asleep", async () => {
    const { host } = recorded("amd-laptop");
    const busy = "/sys/class/drm/card1/device/gpu_busy_percent";
    const sensor = gpuSensor(host);
    expect((await probe(sensor)).readings).toEqual([]);
    host.write("/sys/class/drm/card1/device/power/runtime_status", "suspended\n");
    sensor.need("devices");
    expect((await probe(sensor)).values(UTILIZATION, "hw.id")).toEqual(["0000:05:00.0"]);
    expect(host.asked.get(busy)).toBeUndefined();
  });

  test("may refuse a figure, which is then absent", async () => {
    const { host } = recorded("amd-laptop");
    host.fail("/sys/class/drm/card1/device/gpu_busy_percent", "EPERM");
    host.write("/sys/class/drm/card10/device/gpu_busy_percent", "\u0000garbage");
    const sensor = gpuSensor(host);
    sensor.need("devices");
    const found = await probe(sensor);
    expect(found.values(UTILIZATION, "hw.id")).toEqual([]);
    expect(found.values("hw.gpu.memory.usage", "hw.id")).toHaveLength(2);
  });
});

describe("Apple's GPUs", () => {
  const ask = "/usr/sbin/ioreg -r -d 1 -w 0 -c IOAccelerator";

  function mac(stdout: string) {
    const clock = new ManualClock();
    const host = fixtureHost({ platform: "darwin", clock });
    host.setProgram(ask, { stdout, stderr: "", code: 0 });
    const sensor = gpuSensor(host);
    sensor.need("devices");
    return { clock, host, sensor };
  }

  const m1 = fixtureHost({ root: import.meta.dirname }).files.text("/recorded/ioreg-m1.txt");

  test("tell load and memory, and are asked every ten seconds, not at every poll", async () => {
    const { clock, host, sensor } = mac(m1);
    for (let poll = 0; poll < 10; poll++) {
      const found = await probe(sensor);
      const attributes = labels("AGXAcceleratorG13X", "Apple M1 Max");
      expect(found.value(UTILIZATION, attributes)).toBe(0.05);
      expect(found.value("hw.gpu.memory.usage", attributes)).toBe(456196096);
      clock.advance(2000);
    }
    expect(host.asked.get(ask)).toBe(2);
  });

  test("without statistics say so", async () => {
    await expect(probe(mac(m1.replace("PerformanceStatistics", "Other")).sensor)).rejects.toThrow(Malformed);
  });
});
