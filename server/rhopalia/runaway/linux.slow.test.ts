/** The runaway sensor on this machine, with a real process that runs wild. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { nodeHost } from "../../host/node.ts";
import { probe } from "../probe.ts";
import { runawaySensor } from "./index.ts";

const CPU = "gorgon.runaway.cpu.cores";

describe("the runaway sensor", () => {
  test.runIf(process.platform === "linux")(
    "finds a real process that runs wild",
    async () => {
      const child = spawn(process.execPath, ["-e", "const end = Date.now() + 60000; while (Date.now() < end);"]);
      try {
        await once(child, "spawn");
        const sensor = runawaySensor(nodeHost());
        if (sensor === null) throw new Error("no sensor");
        await expect
          .poll(async () => (await probe(sensor)).values(CPU, "process.pid"), { timeout: 30_000, interval: 300 })
          .toContain(String(child.pid));
        sensor.dispose();
      } finally {
        child.kill("SIGKILL");
      }
    },
    40_000,
  );
});
