/** The stack as a whole on a recorded machine: the rate, and the crabs that come and go. */
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { WorkerState } from "../protocol/state.ts";
import { defaultConfig } from "./config/defaults.ts";
import { fixtureHost } from "./host/fixture.ts";
import { silentLog } from "./host/log.ts";
import { ManualClock } from "./host/manual-clock.ts";
import { provisionalFacts } from "./rhopalia/facts.ts";
import { createStack } from "./stack.ts";

const AWAY = { focused: false, dashboardVisible: false, notifies: true };
const HERE = { focused: true, dashboardVisible: false, notifies: true };
/** Of the machine's memory all is in use. */
const FULL = "MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 1 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n";

function setUp(intervalMs = 2000) {
  const clock = new ManualClock();
  const root = path.join(import.meta.dirname, "rhopalia", "fixtures", "bare-debian");
  const host = fixtureHost({ root, clock });
  const usual = defaultConfig(intervalMs);
  // The recorded machine's disk is nearly full; these tests are about its memory, and not about waiting.
  const memory = { ...usual.config.bell.memory, forMs: 0 };
  const bell = { ...usual.config.bell, memory, disk: { warn: 1, crit: 1 } };
  const config = { ...usual, config: { ...usual.config, bell } };
  const stack = createStack({
    host,
    log: silentLog,
    config,
    facts: provisionalFacts(),
    paths: null,
    nodeName: "here",
  });
  const states: WorkerState[] = [];
  stack.onState((state) => states.push(state));
  void stack.start();
  const last = () => {
    const state = states.at(-1);
    if (state === undefined) throw new Error("no state yet");
    return state;
  };
  const level = (id: string) => last().bell.verdicts.find((one) => one.rule.id === id)?.level;
  return { clock, host, config, stack, states, last, level };
}

describe("the rate of the stack", () => {
  it("is lowered while nobody looks, without a value that is taken for lost meanwhile", async () => {
    const { clock, stack, states, last } = setUp();
    await clock.advanceAsync(5000);
    expect(last()).toMatchObject({ intervalMs: 2000, rate: { baseMs: 2000, reason: "" } });
    stack.setAttention(AWAY);
    await clock.advanceAsync(100);
    expect(last()).toMatchObject({ intervalMs: 10_000, rate: { intervalMs: 10_000, reason: "window unfocused" } });
    const polls = () => stack.hub.get("guardian").stats().polls;
    const before = polls();
    await clock.advanceAsync(60_000);
    expect(polls() - before).toBeLessThanOrEqual(8);
    const known = states.map((state) => state.bell.verdicts.find((one) => one.rule.id === "memory")?.level);
    expect(new Set(known)).toEqual(new Set(["OK"]));
    stack.setAttention(HERE);
    await clock.advanceAsync(100);
    expect(last()).toMatchObject({ intervalMs: 2000, rate: { reason: "" } });
    await stack.close();
    expect(clock.pending).toBe(0);
  });

  it("follows the configuration, and the switch that leaves it alone", async () => {
    const { clock, stack, config, last } = setUp();
    await clock.advanceAsync(1000);
    stack.setAttention(AWAY);
    await stack.applyConfig({ ...config, config: { ...config.config, intervalMs: 1000 } });
    await clock.advanceAsync(100);
    expect(last().rate).toEqual({ intervalMs: 5000, baseMs: 1000, slowestMs: 10_000, reason: "window unfocused" });
    await stack.applyConfig({ ...config, config: { ...config.config, rate: { adaptive: false } } });
    await clock.advanceAsync(100);
    expect(last().rate).toEqual({ intervalMs: 2000, baseMs: 2000, slowestMs: 2000, reason: "" });
    await stack.close();
  });

  it("is lowered on battery", async () => {
    const { clock, host, stack, last } = setUp();
    host.write("/sys/class/power_supply/BAT0/type", "Battery\n");
    host.write("/sys/class/power_supply/BAT0/status", "Discharging\n");
    await clock.advanceAsync(40_000);
    expect(last().rate).toMatchObject({ intervalMs: 4000, reason: "on battery" });
    await stack.close();
  });

  it("is the full one while the bell rings, whoever looks", async () => {
    const { clock, host, stack, last, level } = setUp();
    await clock.advanceAsync(1000);
    stack.setAttention(AWAY);
    await clock.advanceAsync(1000);
    expect(last().intervalMs).toBe(10_000);
    host.write("/proc/meminfo", FULL);
    await clock.advanceAsync(10_000);
    expect(level("memory")).toBe("CRIT");
    expect(last()).toMatchObject({ intervalMs: 2000, rate: { reason: "CRIT, although window unfocused" } });
    await stack.close();
  });
});

describe("the watchdog of the stack", () => {
  it("comes when memory is CRIT, names the worst process, and goes half a minute after it is well again", async () => {
    const { clock, host, stack, last } = setUp();
    const meminfo = host.files.text("/proc/meminfo");
    const crabs = () => stack.hub.list().map((crab) => crab.name);
    await clock.advanceAsync(3000);
    expect(crabs()).toEqual(["guardian", "sleeper"]);
    const fields = Array.from({ length: 50 }, (_, index) => (index === 20 ? "5000" : "7"));
    host.write("/proc/4242/stat", `4242 (hog) R ${fields.join(" ")}\n`);
    host.write("/proc/meminfo", FULL);
    await clock.advanceAsync(3000);
    expect(crabs()).toEqual(["guardian", "sleeper", "watchdog"]);
    expect(last().sensors.find((one) => one.crab === "watchdog")).toMatchObject({ intervalMs: 500, ok: true });
    const [worst] = stack.hub.latest("gorgon.runaway.memory.usage");
    expect(worst?.reading).toMatchObject({
      attributes: { "process.pid": "4242", "process.executable.name": "hog" },
      value: 5000 * 4096,
    });
    host.write("/proc/meminfo", meminfo);
    await clock.advanceAsync(29_000);
    expect(crabs()).toContain("watchdog");
    await clock.advanceAsync(4000);
    expect(crabs()).toEqual(["guardian", "sleeper"]);
    expect(stack.hub.latest("gorgon.runaway.memory.usage")).toEqual([]);
    await stack.close();
    expect(clock.pending).toBe(0);
  });
});

describe("which process holds a GPU", () => {
  const KIND = "--query-compute-apps";
  const WITH_GPU = { focused: true, dashboardVisible: true, notifies: true };

  it("is asked while a dashboard is visible, shown with the processes, and not asked any more a while after", async () => {
    const { clock, host, stack, last } = setUp();
    host.write("/usr/bin/nvidia-smi", "");
    host.write("/proc/4242/stat", `4242 (hog) R ${Array.from({ length: 50 }, () => "7").join(" ")}\n`);
    const asked = () => host.streams.filter(({ args, running }) => running && args.some((one) => one.startsWith(KIND)));
    await clock.advanceAsync(60_000);
    expect(host.streams).toEqual([]);
    stack.setAttention(WITH_GPU);
    const [stream] = asked();
    if (stream === undefined) throw new Error("nvidia-smi was not started");
    stream.say("GPU-5a3e9c2b, 48113, 18432, /home/ada/.venv/bin/python3");
    await clock.advanceAsync(12_000);
    const row = last().processes?.rows.find(({ pid }) => pid === 48_113);
    expect(row).toMatchObject({ name: "python3", memoryBytes: null, gpuMemoryBytes: 18_432 * 1024 ** 2 });
    stack.setAttention(HERE);
    await clock.advanceAsync(60_000);
    expect(asked()).toHaveLength(1);
    await clock.advanceAsync(41_000);
    expect(asked()).toEqual([]);
    await clock.advanceAsync(10_000);
    expect(last().processes?.rows.filter(({ gpuMemoryBytes }) => gpuMemoryBytes !== null)).toEqual([]);
    await stack.close();
    expect(clock.pending).toBe(0);
  });

  it("is not asked any more when the stack closes", async () => {
    const { clock, host, stack } = setUp();
    host.write("/usr/bin/nvidia-smi", "");
    await clock.advanceAsync(60_000);
    stack.setAttention(WITH_GPU);
    expect(host.streams.filter((one) => one.running)).toHaveLength(1);
    await stack.close();
    expect(host.streams.filter((one) => one.running)).toEqual([]);
  });
});

describe("a sensor that the user switched off", () => {
  it("is not read, its rule says so with the mend, and it comes back at once", async () => {
    const { clock, stack, config, last, level } = setUp();
    const verdict = () => last().bell.verdicts.find((one) => one.rule.id === "memory");
    const health = () => last().sensors.find((one) => one.sensor === "memory");
    await clock.advanceAsync(5000);
    expect(level("memory")).toBe("OK");
    expect(health()).not.toHaveProperty("off");
    const off = { ...config, config: { ...config.config, sensors: { disabled: ["memory"] } } };
    await stack.applyConfig(off);
    expect(verdict()).toMatchObject({ level: "UNKNOWN", value: null });
    expect(verdict()?.reason).toBe(
      "switched off in settings: take memory out of gorgon.sensors.disabled to read it again",
    );
    expect(health()).toMatchObject({ ok: true, off: true, reason: verdict()?.reason });
    const before = stack.hub.latest("system.memory.utilization")[0]?.time;
    await clock.advanceAsync(10_000);
    expect(stack.hub.latest("system.memory.utilization")[0]?.time).toBe(before);
    expect(level("disk")).toBe("OK");
    await stack.applyConfig(config);
    expect(level("memory")).toBe("OK");
    await stack.close();
    expect(clock.pending).toBe(0);
  });
});
