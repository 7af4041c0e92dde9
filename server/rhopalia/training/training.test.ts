/** The sensor on real files. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { fixtureHost } from "../../host/fixture.ts";
import { ManualClock } from "../../host/manual-clock.ts";
import { probe } from "../probe.ts";
import { NoData } from "../rhopalium.ts";
import { trainingSensor, TrainingSensor } from "./index.ts";
import type { EpochEnd } from "./progress.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "gorgon-training-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function setUp(name: string) {
  const clock = new ManualClock();
  const file = path.join(folder, name);
  const ends: EpochEnd[] = [];
  const sensor = new TrainingSensor(clock, file, (end) => ends.push(end));
  const report = (fields: object) => appendFileSync(file, `${JSON.stringify(fields)}\n`);
  return { clock, file, ends, sensor, report };
}

describe("the training sensor", () => {
  test("has nothing to read before a script reports, which is no failure", async () => {
    const { file, sensor } = setUp("none");
    await expect(probe(sensor)).rejects.toThrow(NoData);
    writeFileSync(file, "");
    await expect(probe(sensor)).rejects.toThrow("no training has reported");
    sensor.dispose();
  });

  test("gives what the newest record says, and the epochs that ended on the way", async () => {
    const { sensor, report, ends } = setUp("run");
    for (let batch = 1; batch <= 3; batch++)
      report({ epoch: 1, epochs: 2, batch, batches: 3, loss: 4 - batch, time: batch + 1e9 });
    report({ epoch: 2, epochs: 2, batch: 1, batches: 3, loss: 0.5, "top 5": 0.9, time: 4 + 1e9 });
    const found = await probe(sensor);
    expect(found.value("gorgon.training.epoch")).toBe(2);
    expect(found.value("gorgon.training.loss")).toBe(0.5);
    expect(found.value("gorgon.training.batch.rate")).toBeCloseTo(1, 9);
    expect(found.value("gorgon.training.metric", { "gorgon.training.metric.name": "top 5" })).toBe(0.9);
    expect(ends).toMatchObject([{ epoch: 1, durationMs: 2000, loss: 1 }]);
    sensor.dispose();
  });

  test("says how many lines it could not use, not what stood in them, and keeps the rest", async () => {
    const { file, sensor, report } = setUp("bad");
    report({ epoch: 1, loss: 2 });
    appendFileSync(file, 'password=hunter2\n{"epoch": \n');
    const found = await probe(sensor);
    expect(found.value("gorgon.training.epoch")).toBe(1);
    expect(found.reason).toMatch(/^2 lines of .*bad cannot be used: each must be a JSON object/);
    expect(found.reason).not.toContain("hunter2");
    expect((await probe(sensor)).reason).toBe("");
    sensor.dispose();
  });

  test("lets a run go that has been silent for long", async () => {
    const { clock, sensor, report } = setUp("silent");
    report({ epoch: 1, loss: 2 });
    await probe(sensor);
    clock.advance(599_000);
    expect((await probe(sensor)).value("gorgon.training.silence")).toBe(599);
    clock.advance(60_000);
    await expect(probe(sensor)).rejects.toThrow("silent for 10 min");
    sensor.dispose();
  });

  test("is there when the environment names a file, and only then", () => {
    expect(trainingSensor(fixtureHost(), () => undefined)).toBeNull();
    expect(trainingSensor(fixtureHost({ env: { GORGON_PROGRESS: " " } }), () => undefined)).toBeNull();
    const sensor = trainingSensor(fixtureHost({ env: { GORGON_PROGRESS: "/tmp/p" } }), () => undefined);
    expect(sensor?.path).toBe("/tmp/p");
  });
});
