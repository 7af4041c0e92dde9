/** The policy in force on a crab. */
import { describe, expect, it } from "vitest";
import type { BellState } from "../../protocol/bell.ts";
import type { Level } from "../../protocol/level.ts";
import type { Snapshot } from "../../protocol/reading.ts";
import { ManualClock } from "../host/manual-clock.ts";
import { CrabGuardian } from "./guardian.ts";
import { Pace } from "./pace.ts";

const AWAY = { focused: false, dashboardVisible: false, notifies: true };
const CPU = "gorgon.cpu.busy";
const DISK = "system.filesystem.utilization";
const HERE = { focused: true, dashboardVisible: false, notifies: true };

/** A rule's metric, its level and since when. */
type Judged = readonly [metric: string, level: Level, since?: number];

function setUp(onBattery: () => boolean | null = () => false) {
  const clock = new ManualClock();
  const crab = new CrabGuardian({ name: "guardian", node: "here", clock, sensors: [], intervalMs: 2000, jitter: 0 });
  const polls: number[] = [];
  crab.onSnapshot(({ time }: Snapshot) => polls.push(time - Date.UTC(2026, 0, 1)));
  /** What the bell says. */
  const bell = (...rules: Judged[]) => ({
    time: clock.now(),
    verdicts: rules.map(([metric, level, since = clock.now()]): BellState["verdicts"][number] => {
      const rule = {
        id: metric,
        title: metric,
        metric,
        match: {},
        direction: "above",
        warn: 0.8,
        crit: 0.9,
        origin: "",
      } as const;
      return { rule, level, since, value: 0.92, unit: "1", attributes: {}, readAt: clock.now(), reason: "" };
    }),
  });
  const pace = new Pace({ crab, clock, onBattery, baseMs: 2000, adaptive: true });
  crab.start();
  return { clock, crab, polls, pace, bell };
}

describe("the pace of a crab", () => {
  it("slows down when the window is left, and polls at once and at the full rate when it is back", async () => {
    const { clock, crab, polls, pace } = setUp();
    await clock.advanceAsync(5000);
    pace.setAttention(AWAY);
    await clock.advanceAsync(28_000);
    expect(polls).toEqual([0, 2000, 4000, 5000, 10_000, 20_000, 30_000]);
    pace.setAttention(HERE);
    await clock.advanceAsync(3500);
    expect(polls.slice(7)).toEqual([33_000, 34_000, 36_000]);
    expect(crab.intervalMs).toBe(2000);
    await crab.dispose();
  });

  it("is the full one while somebody looks at a page elsewhere, and goes down when that asks no more", async () => {
    const { clock, crab, pace, bell } = setUp();
    pace.setAttention(AWAY);
    expect(crab.intervalMs).toBe(10_000);
    pace.seenFor(10_000);
    expect(pace.rate).toMatchObject({ intervalMs: 2000, reason: "" });
    await clock.advanceAsync(8000);
    pace.seenFor(10_000);
    await clock.advanceAsync(8000);
    pace.setBell(bell([CPU, "OK"]));
    expect(crab.intervalMs).toBe(2000);
    await clock.advanceAsync(2000);
    pace.setBell(bell([CPU, "OK"]));
    expect(pace.rate).toMatchObject({ intervalMs: 10_000, reason: "window unfocused" });
    await crab.dispose();
  });

  it("goes to the full rate when the bell rings, and down again a minute after it was last bad", async () => {
    const { clock, crab, pace, bell } = setUp();
    pace.setAttention(AWAY);
    expect(crab.intervalMs).toBe(10_000);
    pace.setBell(bell([CPU, "CRIT"]));
    expect(pace.rate).toMatchObject({ intervalMs: 2000, reason: "CRIT, although window unfocused" });
    await clock.advanceAsync(30_000);
    pace.setBell(bell([CPU, "OK"]));
    expect(crab.intervalMs).toBe(2000);
    await clock.advanceAsync(30_000);
    pace.setBell(bell([CPU, "OK"]));
    expect(pace.rate).toMatchObject({ intervalMs: 10_000, reason: "window unfocused" });
    await crab.dispose();
  });

  it("is lowered again when a full disk is no news any more, and is the full one at once when more is wrong", async () => {
    const { clock, crab, pace, bell } = setUp();
    pace.setAttention(AWAY);
    const since = clock.now();
    const look = async (ms: number, ...more: Judged[]) => {
      for (let passed = 0; passed < ms; passed += 2000) {
        await clock.advanceAsync(2000);
        pace.setBell(bell([DISK, "WARN", since], ...more));
      }
      return crab.intervalMs;
    };
    expect(await look(290_000)).toBe(2000);
    expect(await look(12_000)).toBe(10_000);
    expect(pace.rate.reason).toBe("window unfocused");
    expect(await look(2000, [CPU, "WARN"])).toBe(2000);
    expect(pace.rate.reason).toBe("WARN, although window unfocused");
    await crab.dispose();
  });

  it("is the full one for as long as something is wrong that can change quickly", async () => {
    const { clock, crab, pace, bell } = setUp();
    pace.setAttention(AWAY);
    const since = clock.now();
    await clock.advanceAsync(3_600_000);
    pace.setBell(bell([DISK, "WARN", since], [CPU, "CRIT", since]));
    expect(pace.rate.reason).toBe("CRIT, although window unfocused");
    await crab.dispose();
  });

  it("is the full one again when a disk that was WARN for long becomes CRIT", async () => {
    const { clock, crab, pace, bell } = setUp();
    pace.setAttention(AWAY);
    const since = clock.now();
    await clock.advanceAsync(3_600_000);
    pace.setBell(bell([DISK, "WARN", since]));
    expect(crab.intervalMs).toBe(10_000);
    pace.setBell(bell([DISK, "CRIT"]));
    expect(crab.intervalMs).toBe(2000);
    await crab.dispose();
  });

  it("follows the charger, and looks at it twice a minute at most", async () => {
    let battery = false;
    let looks = 0;
    const { clock, crab, pace, bell } = setUp(() => {
      looks += 1;
      return battery;
    });
    battery = true;
    for (let second = 0; second < 60; second += 2) {
      await clock.advanceAsync(2000);
      pace.setBell(bell([CPU, "OK"]));
    }
    expect(crab.intervalMs).toBe(4000);
    expect(looks).toBe(3);
    await crab.dispose();
  });

  it("takes another configured interval at once, and the switch to leave the rate alone", async () => {
    const { crab, pace } = setUp();
    pace.setAttention(AWAY);
    pace.configure(1000, true);
    expect(crab.intervalMs).toBe(5000);
    pace.configure(1000, false);
    expect(pace.rate).toEqual({ intervalMs: 1000, baseMs: 1000, slowestMs: 1000, reason: "" });
    await crab.dispose();
  });
});
