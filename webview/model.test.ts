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

  it("say what is the matter, why, and what can be done about it", () => {
    const { head } = view(crit);
    expect(head.level).toBe("CRIT");
    expect(head.title).toBe("Memory is running out: 96.8 %");
    expect(head.meta).toBe("CRIT for 2 min · worst of 3");
    expect(head.detail).toBe("Memory: 96.8 % is at or over 95 %.");
    expect(head.actions.map((action) => action.message)).toEqual([
      { type: "acknowledge", alert: "a-memory", undo: false },
      { type: "silence", alert: "a-memory" },
      { type: "tab", tab: "alerts" },
    ]);
    // Without an alert there is still the rule to be muted.
    const bell = { ...stateOf(crit).bell, alerts: [] };
    const bare = view(withState(crit, { bell })).head.actions.map((action) => action.message);
    expect(bare).toEqual([{ type: "mute", rule: "memory", muted: true }]);
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
    expect(view(null).tiles.map((tile) => tile.number)).toEqual(["–", "–", "–", "–", "–"]);
  });

  it("show a GPU where there is one: load, memory, temperature and name", () => {
    expect(view(calm).tiles.map((tile) => tile.title)).not.toContain("GPU");
    const gpu = view(sampleSnapshot({ now: NOW, gpus: 1 })).tiles[4];
    expect(gpu).toMatchObject({ title: "GPU", level: null, number: "44.0", unit: "%" });
    expect(gpu?.context).toBe("9.80 of 24.0 GiB · 61 °C · NVIDIA GeForce RTX 4090");
    expect(gpu?.description).toBe("GPU 44.0 %. 9.80 of 24.0 GiB · 61 °C · NVIDIA GeForce RTX 4090");
  });

  it("of several GPUs show the one whose memory is fullest, and say of how many", () => {
    const gpu = view(sampleSnapshot({ now: NOW, gpus: 3 })).tiles[4];
    expect(gpu).toMatchObject({ title: "GPU 2", number: "58.0", context: "11.8 of 24.0 GiB · 63 °C · fullest of 3" });
  });

  it("show a dash for the load of a GPU that keeps it to itself, and leave out the rest", () => {
    const glance = stateOf(calm).glance;
    const mig = { id: "a", name: "A100", utilization: null, memoryUsed: 5, memoryTotal: null, temperature: null };
    const gpu = view(withState(calm, { glance: { ...glance, gpu: [mig] } })).tiles[4];
    expect(gpu).toMatchObject({ number: "–", context: "A100" });
  });

  it("show the resource that is waited for most", () => {
    const tile = (pressure: { cpu: number | null; memory: number | null; io: number | null }) =>
      view(withState(crit, { glance: { ...stateOf(crit).glance, pressure } })).tiles[4];
    expect(tile({ cpu: 0.02, memory: 0.113, io: 0.004 })).toMatchObject({
      ...{ title: "Pressure", level: null, number: "11.3", unit: "%", context: "waits for memory · 10 s" },
    });
    expect(tile({ cpu: 0.02, memory: null, io: 0.4 })?.context).toBe("waits for IO · 10 s");
    expect(tile({ cpu: 0, memory: 0, io: 0 })).toMatchObject({ number: "0.0", context: "nothing waits" });
    // A system without such figures has no such tile.
    expect(tile({ cpu: null, memory: null, io: null })).toBeUndefined();
  });

  it("show the level of a pressure rule, and the number that it judged", () => {
    const [cpu] = stateOf(crit).bell.verdicts;
    if (cpu === undefined) throw new Error("a sample has verdicts");
    const rule = { ...cpu.rule, id: "pressure", metric: "gorgon.pressure.ratio", warn: 0.1, crit: null };
    const verdict: Verdict = { ...cpu, rule, level: "WARN", value: 0.15 };
    const bell = { ...stateOf(crit).bell, verdicts: [verdict] };
    expect(view(withState(crit, { bell })).tiles[4]).toMatchObject({ level: "WARN", number: "15.0" });
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
  it("tells how often the machine is polled, and why not as often as configured", () => {
    const rate = { intervalMs: 10_000, baseMs: 2000, slowestMs: 20_000, reason: "window unfocused" };
    const { cost } = view(withState(calm, { intervalMs: 10_000, rate }));
    expect(cost.find((one) => one.id === "interval")?.text).toBe("every 10 s: window unfocused");
    expect(view(calm).cost.find((one) => one.id === "interval")?.text).toBe("every 2 s");
  });

  it("tells what Gorgon itself costs", () => {
    expect(view(calm).cost.map((one) => one.text)).toEqual([
      "Gorgon itself: 0.4 % of a core, 71.0 MiB",
      "every 2 s",
      "214 series, 7 d in 38.0 MiB",
    ]);
  });
});
