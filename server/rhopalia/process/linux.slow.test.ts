/** The process sensor on this machine, with a real process that comes, burns and goes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import type { ProcessWatch } from "../../config/watch.ts";
import { nodeHost } from "../../host/node.ts";
import { probe, type Probe } from "../probe.ts";
import { linuxProcesses } from "./linux.ts";

const CPU = "process.cpu.utilization";
const MEMORY = "process.memory.usage";
const COUNT = "gorgon.watch.process.count";

const watch = (pid: number): ProcessWatch => ({
  kind: "process",
  id: "it",
  origin: "user file",
  workspace: "",
  name: "",
  pid,
});

function of(found: Probe, metric: string, pid: number): number | undefined {
  return found.readings.find((one) => one.metric === metric && one.attributes["process.pid"] === String(pid))?.value;
}

describe.runIf(process.platform === "linux")("the process sensor on this machine", () => {
  test("sees a child come, burn and go", async () => {
    const child = spawn(process.execPath, ["-e", "console.log(1); for (;;) Math.sqrt(2)"], { stdio: "pipe" });
    try {
      await once(child.stdout, "data");
      const pid = child.pid ?? 0;
      const sensor = linuxProcesses(nodeHost(), { top: 500, watches: () => [watch(pid)] });
      await probe(sensor);
      let busy: number | undefined;
      await expect
        .poll(async () => (busy = of(await probe(sensor), CPU, pid) ?? 0), { timeout: 4000, interval: 200 })
        .toBeGreaterThan(0);
      expect(busy).toBeLessThanOrEqual(1);
      child.kill("SIGKILL");
      await once(child, "exit");
      expect((await probe(sensor)).value(COUNT, { "gorgon.watch": "it" })).toBe(0);
    } finally {
      child.kill("SIGKILL");
    }
  });

  test("measures its own memory as Node does", async () => {
    const found = await probe(linuxProcesses(nodeHost(), { top: 500 }));
    const rss = process.memoryUsage.rss();
    expect(Math.abs((of(found, MEMORY, process.pid) ?? 0) - rss) / rss).toBeLessThan(0.3);
  });
});
