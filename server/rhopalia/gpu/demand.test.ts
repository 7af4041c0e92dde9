/** What a window needs of the GPUs is told when it changes, and a sensor is held to what is wanted. */
import { expect, test } from "vitest";
import { fixtureHost } from "../../host/fixture.ts";
import { ManualClock } from "../../host/manual-clock.ts";
import { GpuDemand, GpuHold, gpuSensor } from "./index.ts";

test("a face that asked a while ago needs it no more, a rule does as long as it stands", () => {
  const clock = new ManualClock();
  const told: (readonly string[])[] = [];
  const demand = new GpuDemand(clock, () => told.push(demand.parts));
  demand.touch("devices");
  demand.touch("devices");
  const rule = demand.need("processes");
  expect(told).toEqual([["devices"], ["devices", "processes"]]);
  clock.advance(90_000);
  expect(demand.parts).toEqual(["processes"]);
  rule.dispose();
  clock.advance(90_000);
  expect(told.at(-1)).toEqual([]);
  expect(clock.pending).toBe(0);
});

test("the sensor runs for what is held and ends soon after", () => {
  const clock = new ManualClock();
  const host = fixtureHost({ clock, env: { PATH: "/opt/bin" }, files: { "/opt/bin/nvidia-smi": "" } });
  const hold = new GpuHold(gpuSensor(host, { lingerMs: 1000 }));
  const running = () => host.streams.filter((one) => one.running).length;
  hold.set(["devices"]);
  hold.set(["devices", "processes"]);
  expect(running()).toBe(2);
  hold.set(["devices"]);
  clock.advance(1000);
  expect(running()).toBe(1);
  hold.dispose();
  clock.advance(1000);
  expect(running()).toBe(0);
});
