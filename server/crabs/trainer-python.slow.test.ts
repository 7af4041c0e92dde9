/** The trainer on a real Python program that reports as the sensor's README says. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { systemClock } from "../host/node.ts";
import { TrainingSensor } from "../rhopalia/training/index.ts";
import type { EpochEnd } from "../rhopalia/training/progress.ts";
import { CrabTrainer } from "./trainer.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "gorgon-trainer-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The function of the README, with a small training around it. */
function script(): string {
  const readme = readFileSync(path.join(import.meta.dirname, "../rhopalia/training/README.md"), "utf8");
  const snippet = /```python\n([^]*?)# in the training loop/.exec(readme)?.[1];
  if (snippet === undefined) throw new Error("the README shows no snippet");
  const loop = [
    "for epoch in range(1, 4):",
    "    for batch in range(1, 6):",
    "        time.sleep(0.02)",
    "        report(epoch=epoch, epochs=3, batch=batch, batches=5, loss=1 / (epoch * batch), accuracy=0.5)",
    'report(epoch=3, loss=float("nan"))',
  ];
  return `${snippet}\n${loop.join("\n")}\n`;
}

describe("a Python program that reports", () => {
  test("is followed by the trainer to its end", async () => {
    if (spawnSync("python3", ["--version"]).error !== undefined) {
      throw new Error("missing: python3 (apt-get install python3)");
    }
    const file = path.join(folder, "python");
    const ends: EpochEnd[] = [];
    const sensor = new TrainingSensor(systemClock, file, (end) => ends.push(end));
    const trainer = new CrabTrainer({ sensor, node: "here", clock: { ...systemClock, schedule: quick }, jitter: 0 });
    const values = new Map<string, number>();
    trainer.onSnapshot(({ readings }) => {
      for (const { metric, value } of readings) values.set(metric, value);
    });
    trainer.start();
    const child = spawn("python3", ["-c", script()], {
      env: { ...process.env, GORGON_PROGRESS: file },
      stdio: ["ignore", "ignore", "inherit"],
    });
    try {
      const [code] = (await once(child, "exit")) as [number];
      expect(code).toBe(0);
      await expect.poll(() => values.get("gorgon.training.progress"), { timeout: 20_000 }).toBe(1);
      expect(ends.map((end) => end.epoch)).toEqual([1, 2, 3]);
      expect(ends[1]?.durationMs).toBeGreaterThan(50);
      expect(ends[2]?.loss).toBeCloseTo(1 / 15, 9);
      expect(values.get("gorgon.training.batch.rate")).toBeGreaterThan(1);
      expect(trainer.stats().sensors[0]).toMatchObject({ ok: true, reason: "" });
    } finally {
      child.kill("SIGKILL");
      await trainer.dispose();
    }
  }, 40_000);
});

/** Looks twenty times as often as the trainer does, so that the test need not wait. */
function quick(run: () => void, milliseconds: number) {
  return systemClock.schedule(run, milliseconds / 20);
}
