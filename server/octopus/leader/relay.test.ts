/** What the leader sends comes out of a relay as if it had been read here: checked, once, in order. */
import { expect, test } from "vitest";
import type { CrabCard, CrabCount } from "../../../protocol/messages/leader.ts";
import type { Reading, Snapshot } from "../../../protocol/reading.ts";
import { RelayCrab } from "./relay.ts";
import { Relays } from "./relays.ts";
import { silentLog } from "../../host/log.ts";

const CARD: CrabCard = {
  name: "guardian",
  intervalMs: 2000,
  metrics: [
    {
      info: { name: "test.value", unit: "1", kind: "gauge", description: "a value" },
      sensor: "test",
      intervalMs: 2000,
    },
  ],
};
const COUNT: CrabCount = { polls: 3, overruns: 0, lastMs: 1, sensors: [] };

function snapshot(id: string, readings: readonly unknown[]): Snapshot {
  const given = readings as readonly Reading[];
  return { id, time: 1, node: "here", crab: "guardian", readings: given, failures: [], durationMs: 1, tags: [] };
}

function relay(collect: (crab: string) => Promise<string> = () => Promise.resolve("none")) {
  const crab = new RelayCrab({ card: CARD, collect });
  const got: Snapshot[] = [];
  crab.onSnapshot((one) => got.push(one));
  return { crab, got };
}

const value = (number: unknown) => ({ metric: "test.value", attributes: {}, value: number });

test("what came before the start is handed on at the start, and nothing twice", () => {
  const { crab, got } = relay();
  crab.receive(snapshot("a", [value(1)]), COUNT);
  expect(got).toEqual([]);
  crab.start();
  crab.receive(snapshot("b", [value(2)]), COUNT);
  crab.receive(snapshot("a", [value(1)]), COUNT);
  expect(got.map(({ id }) => id)).toEqual(["a", "b"]);
  expect(crab.stats().polls).toBe(3);
});

test("what has the same attributes as before shares them, so that many snapshots take little memory", () => {
  const { crab, got } = relay();
  crab.start();
  const on = (device: string, number: number) => ({ ...value(number), attributes: { "system.device": device } });
  crab.receive(snapshot("a", [on("sda", 1), on("sdb", 2)]), COUNT);
  crab.receive(snapshot("b", [on("sda", 3), on("sdc", 4)]), COUNT);
  expect(got[1]?.readings).toEqual([on("sda", 3), on("sdc", 4)]);
  expect(got[1]?.readings[0]?.attributes).toBe(got[0]?.readings[0]?.attributes);
});

test("readings that no crab could give are left out, the good ones stay", () => {
  const { crab, got } = relay();
  crab.start();
  const other = { metric: "test.other", attributes: {}, value: 1 };
  crab.receive(snapshot("a", [value(null), value("1"), null, other, value(0.5)]), COUNT);
  expect(got[0]?.readings).toEqual([value(0.5)]);
});

test("a poll gives the very snapshot that was handed on", async () => {
  const { crab, got } = relay(() => {
    crab.receive(snapshot("c", [value(3)]), COUNT);
    return Promise.resolve("c");
  });
  crab.start();
  expect(await crab.collectOnce()).toBe(got[0]);
});

test("a poll whose snapshot never came is an error in words", async () => {
  await expect(relay().crab.collectOnce()).rejects.toThrow("the leader polled guardian, but its snapshot did not come");
});

test("interval and metrics are the leader's, as it says them last", () => {
  const { crab } = relay();
  crab.update({ ...CARD, intervalMs: 500, metrics: [] });
  expect(crab.intervalMs).toBe(500);
  expect(crab.metrics.size).toBe(0);
});

test("a crab that stays keeps its relay, one that goes loses it", () => {
  const relays = new Relays(silentLog, () => Promise.resolve(""));
  expect(relays.update([CARD])).toBe(true);
  const [first] = relays.all;
  expect(relays.update([{ ...CARD, intervalMs: 1000 }])).toBe(false);
  expect(relays.all).toEqual([first]);
  expect(relays.update([{ ...CARD, name: "sleeper" }])).toBe(true);
  expect(relays.all.map(({ name }) => name)).toEqual(["sleeper"]);
});
