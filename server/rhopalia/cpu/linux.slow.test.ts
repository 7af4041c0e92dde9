/** The CPU sensor on this machine, with a core that a real process keeps busy. */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { nodeHost } from "../../host/node.ts";
import { probe } from "../probe.ts";
import { linuxCpu } from "./linux.ts";

describe.runIf(process.platform === "linux")("the CPU sensor on this machine", () => {
  test("sees a core that is kept busy, and shares that add up to one", async () => {
    const sensor = linuxCpu(nodeHost());
    const burner = spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" });
    try {
      await probe(sensor);
      await sleep(500);
      const found = await probe(sensor);
      const cores = found.value("system.cpu.logical.count") ?? NaN;
      expect(found.value("gorgon.cpu.busy")).toBeGreaterThan(0.5 / cores);
      const whole = found.readings.filter(
        (one) => one.metric === "system.cpu.utilization" && !("cpu.logical_number" in one.attributes),
      );
      expect(whole.reduce((sum, one) => sum + one.value, 0)).toBeCloseTo(1, 9);
    } finally {
      burner.kill("SIGKILL");
      sensor.dispose();
    }
  });
});
