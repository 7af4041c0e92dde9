import { describe, expect, it } from "vitest";
import type { Verdict } from "../protocol/bell.ts";
import type { DashboardSnapshot } from "../protocol/messages/webview.ts";
import type { WorkerState } from "../protocol/state.ts";
import { viewOf } from "./model.ts";
import { sampleSnapshot } from "./preview/sample.ts";

const NOW = Date.UTC(2024, 2, 5, 14, 20);

function view(snapshot: DashboardSnapshot | null, now = NOW, wokeAt = 0) {
  return viewOf({ snapshot, now, wokeAt });
}

function stateOf(snapshot: DashboardSnapshot): WorkerState {
  if (snapshot.state === null) throw new Error("a sample has a state");
  return snapshot.state;
}

function withState(snapshot: DashboardSnapshot, change: Partial<WorkerState>): DashboardSnapshot {
  return { ...snapshot, state: { ...stateOf(snapshot), ...change } };
}

const calm = sampleSnapshot({ now: NOW });
const crit = sampleSnapshot({ now: NOW, story: "crit" });

describe("the first two lines", () => {
  it("say that all is well, and on what machine", () => {
    const { head } = view(calm);
    expect(head).toMatchObject({ level: "OK", title: "All is well", meta: "OK for 41 min · 3 rules", actions: [] });
    expect(head.detail).toContain("devbox · 8 cores, AMD EPYC 7B13 · 31.3 GiB");
  });

  it("say what is the matter, why, and offer to mute it", () => {
    const { head } = view(crit);
    expect(head.level).toBe("CRIT");
    expect(head.title).toBe("Memory is running out: 96.8 %");
    expect(head.meta).toBe("CRIT for 2 min · worst of 3");
    expect(head.detail).toBe("Memory: 96.8 % is at or over 95 %.");
    expect(head.actions.map((action) => action.message)).toEqual([{ type: "mute", rule: "memory", muted: true }]);
  });

  it("announce the level and its subject without numbers that move", () => {
    expect(view(crit).head.announcement).toBe("CRIT: Memory");
  });

  it("wait for the worker, and for its first reading", () => {
    expect(view(null)).toMatchObject({ phase: "loading", head: { busy: true, title: "Gorgon is starting" } });
    const first = { ...calm, state: null, history: null };
    expect(view(first).head.title).toBe("Taking the first reading");
    const starting = { ...first, worker: { status: "starting", reason: "" } as const };
    expect(view(starting).head.title).toBe("Gorgon is starting");
  });

  it("say that the worker is down, why, and offer to restart it", () => {
    const down = view({ ...crit, worker: { status: "down", reason: "It ended with SIGKILL" } }, NOW + 90_000);
    expect(down).toMatchObject({ phase: "down", faded: true, head: { level: "UNKNOWN" } });
    expect(down.head.detail).toBe("It ended with SIGKILL. The values below are from 1 min ago.");
    expect(down.head.actions.map((action) => action.id)).toEqual(["restart", "log"]);
  });

  it("say that there is no news after three intervals, not before", () => {
    expect(view(calm, NOW + 6000).phase).toBe("live");
    const stale = view(calm, NOW + 12_000);
    expect(stale).toMatchObject({ phase: "stale", faded: true, head: { level: "UNKNOWN", title: "No news for 12 s" } });
    expect(stale.head.actions.map((action) => action.id)).toContain("restart");
  });

  it("do not blame the worker for the time when nobody looked", () => {
    expect(view(calm, NOW + 60_000, NOW + 58_000).phase).toBe("live");
  });

  it("offer the doctor when something is unknown", () => {
    const [first] = stateOf(crit).bell.verdicts;
    if (first === undefined) throw new Error("a sample has verdicts");
    const verdict: Verdict = {
      ...first,
      level: "UNKNOWN",
      value: null,
      reason: "/proc/stat: permission denied",
    };
    const bell = { ...stateOf(crit).bell, level: "UNKNOWN" as const, verdicts: [verdict] };
    const { head, tiles } = view(withState(crit, { bell }));
    expect(head.detail).toBe("CPU: /proc/stat: permission denied.");
    expect(head.actions[0]?.message).toEqual({ type: "command", command: "doctor" });
    expect(tiles[0]).toMatchObject({ level: "UNKNOWN", number: "–", unit: "" });
  });
});

describe("tiles", () => {
  it("carry level, value, unit and context", () => {
    const [cpu, memory, disk, network] = view(crit).tiles;
    expect(cpu).toMatchObject({ title: "CPU", level: "OK", unit: "%", context: "8 cores · load 5.87" });
    expect(memory).toMatchObject({ level: "CRIT", number: "96.8", context: "22.7 of 23.4 GiB · cgroup /user.slice" });
    expect(disk).toMatchObject({ number: "71.0", context: "178 of 251 GiB · /" });
    expect(network).toMatchObject({ level: null, number: "760", unit: "KiB/s", context: "↓ 640 KiB/s · ↑ 120 KiB/s" });
    expect(memory?.description).toBe("Memory 96.8 %, CRIT. 22.7 of 23.4 GiB · cgroup /user.slice");
  });

  it("show a dash, never a zero, where nothing is known", () => {
    expect(view(null).tiles.map((tile) => tile.number)).toEqual(["–", "–", "–", "–"]);
  });

  it("say how much swap is in use, when some is", () => {
    const glance = stateOf(crit).glance;
    const swapping = { ...glance, memory: { ...glance.memory, limitedBy: "host", swapUsed: 3 * 1024 ** 3 } };
    expect(view(withState(crit, { glance: swapping })).tiles[1]?.context).toBe("22.7 of 23.4 GiB · swap 3.00 GiB");
  });
});

describe("rules", () => {
  it("stand worst first, with reason, age and origin", () => {
    const { verdicts, verdictsNote } = view(crit);
    expect(verdicts.map((row) => row.title)).toEqual(["Memory", "CPU", "Disk /"]);
    expect(verdicts[0]).toMatchObject({ value: "96.8 %", since: "CRIT for 2 min" });
    expect(verdicts[0]?.sinceTitle).toContain("built in");
    expect(verdicts[1]?.reason).toBe("WARN from 70 %, CRIT from 90 %");
    expect(verdictsNote).toBe("1 of 3 not OK");
  });

  it("offer to unmute what is muted", () => {
    const { verdicts, verdictsNote } = view({ ...crit, muted: ["memory"] });
    expect(verdicts[0]).toMatchObject({ muted: true, action: { label: "Unmute" } });
    expect(verdicts[0]?.action.message).toEqual({ type: "mute", rule: "memory", muted: false });
    expect(verdictsNote).toBe("1 of 3 not OK · 1 muted");
  });
});

describe("what is not as it should be", () => {
  it("names each refused setting, its value and what is in force", () => {
    const problem = { source: "setting", key: "bell.cpu.warn", value: "170", message: "0 to 100; 70 % stays in force" };
    const [notice] = view(withState(calm, { problems: [problem] })).notices;
    expect(notice?.text).toBe("1 setting refused; the last good value stays in force.");
    expect(notice?.details).toEqual(["bell.cpu.warn = 170 (setting): 0 to 100; 70 % stays in force."]);
    expect(notice?.actions[0]?.message).toEqual({ type: "command", command: "settings" });
  });

  it("says why history is not kept", () => {
    const history = { ...stateOf(calm).history, mode: "memory" as const, reason: "the disk is full" };
    const { notices, cost } = view(withState(calm, { history }));
    expect(notices[0]?.text).toBe("History lasts only until the worker ends: the disk is full.");
    expect(cost.map((one) => one.text)).toContain("214 series, in memory only");
  });

  it("does not complain that another window writes the history", () => {
    const history = { ...stateOf(calm).history, mode: "following" as const, reason: "pid 7 leads" };
    const { notices, cost } = view(withState(calm, { history }));
    expect(notices).toEqual([]);
    expect(cost.at(-1)?.text).toBe("history written by another window");
  });

  it("lists silent sensors with their reason", () => {
    const [sensor] = stateOf(calm).sensors;
    if (sensor === undefined) throw new Error("a sample has sensors");
    const silent = view(withState(calm, { sensors: [{ ...sensor, ok: false, reason: "permission denied" }] })).silent;
    expect(silent).toEqual([{ id: "guardian/cpu", title: "cpu", reason: "permission denied." }]);
  });
});

describe("the last line", () => {
  it("tells what Gorgon itself costs", () => {
    expect(view(calm).cost.map((one) => one.text)).toEqual([
      "Gorgon itself: 0.4 % of a core, 71.0 MiB",
      "every 2 s",
      "214 series, 7 d in 38.0 MiB",
    ]);
  });
});
