/** The policy in force on a crab. */
import { describe, expect, it } from "vitest";
import type { Snapshot } from "../../protocol/reading.ts";
import { ManualClock } from "../host/manual-clock.ts";
import { CrabGuardian } from "./guardian.ts";
import { Pace } from "./pace.ts";

const AWAY = { focused: false, dashboardVisible: false };
const HERE = { focused: true, dashboardVisible: false };

function setUp(onBattery: () => boolean | null = () => false) {
  const clock = new ManualClock();
  const crab = new CrabGuardian({ name: "guardian", node: "here", clock, sensors: [], intervalMs: 2000, jitter: 0 });
  const polls: number[] = [];
  crab.onSnapshot(({ time }: Snapshot) => polls.push(time - Date.UTC(2026, 0, 1)));
  const pace = new Pace({ crab, clock, onBattery, baseMs: 2000, adaptive: true });
  crab.start();
  return { clock, crab, polls, pace };
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

  it("goes to the full rate when the bell rings, and down again a minute after it was last bad", async () => {
    const { clock, crab, pace } = setUp();
    pace.setAttention(AWAY);
    expect(crab.intervalMs).toBe(10_000);
    pace.setLevel("CRIT");
    expect(pace.rate).toMatchObject({ intervalMs: 2000, reason: "CRIT, although window unfocused" });
    await clock.advanceAsync(30_000);
    pace.setLevel("OK");
    expect(crab.intervalMs).toBe(2000);
    await clock.advanceAsync(30_000);
    pace.setLevel("OK");
    expect(pace.rate).toMatchObject({ intervalMs: 10_000, reason: "window unfocused" });
    await crab.dispose();
  });

  it("follows the charger, and looks at it twice a minute at most", async () => {
    let battery = false;
    let looks = 0;
    const { clock, crab, pace } = setUp(() => {
      looks += 1;
      return battery;
    });
    battery = true;
    for (let second = 0; second < 60; second += 2) {
      await clock.advanceAsync(2000);
      pace.setLevel("OK");
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
