/** What Gorgon says about itself. */
import { expect, it } from "vitest";
import type { DashboardSnapshot } from "../../protocol/messages/webview.ts";
import { sampleSettings } from "../preview/alerts.ts";
import { sampleSnapshot } from "../preview/sample.ts";
import { aboutOf, settingRows } from "./model.ts";

const NOW = Date.UTC(2024, 2, 5, 14, 20);
const calm = sampleSnapshot({ now: NOW });

function changed(change: Partial<NonNullable<DashboardSnapshot["state"]>>): DashboardSnapshot {
  return calm.state === null ? calm : { ...calm, state: { ...calm.state, ...change } };
}

it("names its own cost, and why it polls less often than configured", () => {
  const rate = { intervalMs: 10_000, baseMs: 2000, slowestMs: 20_000, reason: "window unfocused" };
  const { cost } = aboutOf(changed({ intervalMs: 10_000, rate }), NOW);
  expect(cost.map(({ name, value }) => [name, value])).toEqual([
    ["CPU", "0.4 %"],
    ["Memory", "71.0 MiB"],
    ["Event loop delay", "3.1 ms"],
    ["Polls", "every 10 s"],
    ["Up", "for 5 h"],
  ]);
  expect(cost[3]?.more).toBe("window unfocused; configured every 2 s");
});

it("puts failing sensors first, with their reason", () => {
  const [first, ...rest] = calm.state?.sensors ?? [];
  if (first === undefined) throw new Error("a sample has sensors");
  const failing = { ...first, sensor: "thermal", ok: false, reason: "no zone is there", failures: 7 };
  const { sensors, sensorsNote } = aboutOf(changed({ sensors: [...rest, failing] }), NOW);
  expect(sensors[0]).toMatchObject({ name: "thermal", state: "silent", failures: "7", reason: "no zone is there." });
  expect(sensorsNote).toBe("1 of 4 silent");
});

it("tells the role, and versions where a worker runs", () => {
  const { place } = aboutOf(calm, NOW);
  expect(place.find((fact) => fact.id === "role")?.value).toBe("this window leads");
  expect(place.find((fact) => fact.id === "version")).toMatchObject({
    value: "0.2.0",
    more: "Node 24.1.0, protocol 2",
  });
  const down = Object.fromEntries(Object.entries(calm).filter(([key]) => key !== "versions"));
  expect(aboutOf(down as unknown as DashboardSnapshot, NOW).place.find((fact) => fact.id === "version")?.value).toBe(
    "–",
  );
});

it("finds settings by every word of the search, in key, value, origin or place", () => {
  const found = (search: string): string[] => settingRows(sampleSettings(), search).map((row) => row.key);
  expect(found("")).toHaveLength(8);
  expect(found("bell cpu")).toEqual(["bell.cpu.warn", "bell.cpu.crit"]);
  expect(found("FILE memory")).toEqual(["bell.memory.crit"]);
  expect(settingRows(sampleSettings(), "interval")[0]?.chosen).toBe(false);
});
