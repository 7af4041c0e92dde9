/** Single values: which layer is in force, and what becomes of one that is wrong. */
import { describe, expect, test } from "vitest";
import { configHome, originOf } from "./testing.ts";

const home = configHome();

describe("without any configuration", () => {
  test("the documented thresholds are in force and nothing is wrong", async () => {
    const { config, problems, provenance } = await home.load();
    expect(config).toEqual({
      intervalMs: 5000,
      rate: { adaptive: true },
      bell: {
        cpu: { warn: 0.7, crit: 0.9, forMs: 1_200_000 },
        memory: { warn: 0.8, crit: 0.95, forMs: 10_000 },
        disk: { warn: 0.85, crit: 0.95, forMs: 60_000 },
      },
      rules: [],
      watches: [],
      sql: [],
      sensors: { disabled: [] },
      history: { enabled: true, retentionMs: Infinity },
    });
    expect(problems).toEqual([]);
    expect(provenance.every((one) => one.origin === "default")).toBe(true);
  });

  test("no age caps the history, and the doctor says so", async () => {
    expect(originOf(await home.load(), "history.days")).toMatchObject({ value: "not set", origin: "default" });
    expect((await home.load({ settings: { historyDays: 3 } })).config.history.retentionMs).toBe(3 * 86_400_000);
    expect((await home.load({ settings: { historyDays: null } })).config.history.retentionMs).toBe(Infinity);
  });

  test("VS Code polls at its own interval", async () => {
    expect((await home.load({ defaultIntervalMs: 2000 })).config.intervalMs).toBe(2000);
  });
});

describe("of several layers", () => {
  test("flag beats environment beats setting beats user file beats default, and each value says where it is from", async () => {
    const file = home.write("interval: 40s\nbell: {cpu: {warn: 10, crit: 20}, disk: {warn: 50}}\nhistory: {days: 3}\n");
    const loaded = await home.load({
      host: home.host({ GORGON_INTERVAL: "20", GORGON_CPU_WARN: "12%" }),
      flags: { interval: "10" },
      settings: { interval: 30, cpu: { warn: 11 }, memory: { warn: 60 } },
    });
    expect(loaded.problems).toEqual([]);
    expect(loaded.config.intervalMs).toBe(10_000);
    expect(loaded.config.bell).toMatchObject({
      cpu: { warn: 0.12, crit: 0.2 },
      memory: { warn: 0.6, crit: 0.95 },
      disk: { warn: 0.5, crit: 0.95 },
    });
    expect(originOf(loaded, "interval")).toEqual({
      key: "interval",
      value: "10 s",
      origin: "flag",
      where: "--interval",
    });
    expect(originOf(loaded, "bell.cpu.warn")).toMatchObject({ origin: "environment", where: "GORGON_CPU_WARN" });
    expect(originOf(loaded, "bell.memory.warn")).toMatchObject({ origin: "setting", where: "gorgon.memory.warn" });
    expect(originOf(loaded, "history.days")).toMatchObject({ origin: "user file", where: file, value: "3 days" });
    expect(originOf(loaded, "history.enabled")).toMatchObject({ origin: "default", where: "" });
  });

  test("a variable that is empty counts as not set", async () => {
    expect((await home.load({ host: home.host({ GORGON_INTERVAL: " " }) })).problems).toEqual([]);
  });

  test.each([
    ["500ms", 500],
    ["2s", 2000],
    ["1m", 60_000],
    ["1h", 3_600_000],
    ["0.5", 500],
    ["1.5 s", 1500],
  ])("an interval may be written %s", async (text, intervalMs) => {
    expect((await home.load({ host: home.host({ GORGON_INTERVAL: text }) })).config.intervalMs).toBe(intervalMs);
  });
});

describe("a value that is wrong", () => {
  test.each<[unknown]>([
    [0],
    [-1],
    [0.4],
    [3601],
    ["0"],
    ["soon"],
    [true],
    [Number.NaN],
    [Infinity],
    ["2 weeks"],
    [{}],
  ])("such as the interval %s is named, with what is allowed, and is not used", async (interval) => {
    const { config, problems } = await home.load({ settings: { interval } });
    expect(config.intervalMs).toBe(5000);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ source: "setting", key: "interval" });
    expect(problems[0]?.message).toContain("from 0.5 s to 1 h");
    expect(problems[0]?.message).toContain("5 s stays in force");
  });

  test("leaves the last good one in force, and says whose that was", async () => {
    home.write("interval: 7s\n");
    const first = await home.load();
    home.write("interval: -3\n");
    const second = await home.load({ previous: first });
    expect(second.config.intervalMs).toBe(7000);
    expect(second.problems[0]).toMatchObject({ key: "interval", value: "-3" });
    expect(second.problems[0]?.message).toContain("7 s stays in force");
    expect(originOf(second, "interval")?.origin).toBe("user file");
  });

  test("gives way to a weaker layer at the start", async () => {
    home.write("interval: 9s\n");
    expect((await home.load({ settings: { interval: 0 } })).config.intervalMs).toBe(9000);
  });

  test("is told also where a stronger layer hides it", async () => {
    home.write("interval: never\n");
    const { config, problems } = await home.load({ settings: { interval: 3 } });
    expect(config.intervalMs).toBe(3000);
    expect(problems[0]?.message).toContain("3 s stays in force");
  });

  test.each<[unknown]>([["high"], [0], [101], [-5], [null], [[80]]])(
    "such as the threshold %s is not used",
    async (warn) => {
      const { config, problems } = await home.load({ settings: { cpu: { warn } } });
      expect(config.bell.cpu.warn).toBe(0.7);
      expect(problems).toHaveLength(warn === null ? 0 : 1);
    },
  );

  test("such as a ratio for a percentage is told how it is meant", async () => {
    const { problems } = await home.load({ settings: { cpu: { warn: 0.7 } } });
    expect(problems[0]?.message).toContain("a percentage from 1 to 100 (for 0.7 of the whole write 70)");
  });

  test("such as an object for a section, or the other way round, is named", async () => {
    home.write("bell: 5\nhistory: [1]\n");
    const { problems } = await home.load({ settings: { cpu: 5, memory: { warn: { deep: 1 } } } });
    expect(problems.map((one) => one.key)).toEqual(["bell.cpu", "bell", "history", "bell.memory.warn"]);
  });

  test("is shortened and cannot bring control characters along", async () => {
    const { problems } = await home.load({ settings: { interval: `\u001b[2J${"x".repeat(500)}` } });
    expect(problems[0]?.value).toMatch(/^\uFFFD\[2Jx+\.\.\.$/);
    expect(problems[0]?.value.length).toBeLessThan(80);
  });
});

describe("warn over crit", () => {
  test("is refused with both values, and the last good pair stays", async () => {
    const { config, problems } = await home.load({ settings: { cpu: { warn: 95, crit: 60 } } });
    expect(config.bell.cpu).toMatchObject({ warn: 0.7, crit: 0.9 });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ source: "setting", key: "bell.cpu.warn", value: "95" });
    expect(problems[0]?.message).toBe("warn (95 %) must not be over crit (60 %). 70 % and 90 % stay in force.");

    const previous = await home.load({ settings: { cpu: { warn: 30, crit: 40 } } });
    const next = await home.load({ settings: { cpu: { warn: 95, crit: 60 } }, previous });
    expect(next.config.bell.cpu).toMatchObject({ warn: 0.3, crit: 0.4 });
  });

  test("that only came about with a default refuses what was set", async () => {
    const { config, problems } = await home.load({ settings: { cpu: { warn: 95 } } });
    expect(config.bell.cpu).toMatchObject({ warn: 0.7, crit: 0.9 });
    expect(problems[0]).toMatchObject({ key: "bell.cpu.warn", value: "95" });
  });

  test("across layers refuses the weaker one's word", async () => {
    home.write("bell: {cpu: {warn: 85}}\n");
    const { config, problems } = await home.load({ settings: { cpu: { crit: 80 } } });
    expect(config.bell.cpu).toMatchObject({ warn: 0.7, crit: 0.8 });
    expect(problems[0]).toMatchObject({ key: "bell.cpu.warn", value: "85" });
  });

  test("is not the same as warn at crit, which is allowed", async () => {
    const { config, problems } = await home.load({ settings: { cpu: { warn: 80, crit: 80 } } });
    expect(config.bell.cpu).toMatchObject({ warn: 0.8, crit: 0.8 });
    expect(problems).toEqual([]);
  });
});

describe("a key that nobody knows", () => {
  test("is named with the nearest known one", async () => {
    home.write("intervall: 2s\nbell:\n  cpu: {wanr: 5}\n  gpu: {}\nhistory: {day: 1}\n");
    const { problems, config } = await home.load();
    expect(problems.map((one) => one.key)).toEqual(["intervall", "bell.cpu.wanr", "bell.gpu", "history.day"]);
    expect(problems[0]?.message).toContain("Did you mean interval?");
    expect(problems[1]?.message).toContain("Did you mean warn?");
    expect(config.intervalMs).toBe(5000);
  });

  test("may be called __proto__ or constructor without touching any object", async () => {
    home.write("__proto__: {polluted: yes}\nconstructor: {prototype: {polluted: yes}}\nbell: {__proto__: {warn: 1}}\n");
    const { problems } = await home.load({ settings: JSON.parse('{"cpu":{"__proto__":{"warn":1}}}') as object });
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(problems.map((one) => one.key)).toEqual([
      "bell.cpu.__proto__",
      "__proto__",
      "constructor",
      "bell.__proto__",
    ]);
  });
});

describe("sensors that are switched off", () => {
  test("are named in the file, the environment or the settings, and the strongest counts alone", async () => {
    const file = home.write("sensors: { disabled: [thermal, battery, thermal] }\n");
    const alone = await home.load();
    expect(alone.config.sensors.disabled).toEqual(["battery", "thermal"]);
    expect(originOf(alone, "sensors.disabled")).toMatchObject({
      value: "battery, thermal",
      origin: "user file",
      where: file,
    });
    const settings = { sensorsDisabled: [] };
    const set = await home.load({ settings });
    expect(set.config.sensors.disabled).toEqual([]);
    expect(originOf(set, "sensors.disabled")).toMatchObject({ origin: "setting", where: "gorgon.sensors.disabled" });
    const env = { GORGON_SENSORS_DISABLED: "tcp, disk" };
    expect((await home.load({ settings, host: home.host(env) })).config.sensors.disabled).toEqual(["disk", "tcp"]);
  });

  test("that are no names are refused, and no workspace has a say", async () => {
    const wrong = await home.load({ settings: { sensorsDisabled: ["../etc"] } });
    expect(wrong.config.sensors.disabled).toEqual([]);
    expect(wrong.problems[0]?.message).toMatch(/gorgon.sensors.disabled must be a list of .*none stays in force/);
    const folder = home.workspace("sensors: { disabled: [cpu] }\n");
    const tried = await home.load({ workspaceFolders: [folder] });
    expect(tried.config.sensors.disabled).toEqual([]);
    expect(tried.problems[0]?.message).toContain("a workspace cannot set it");
  });
});
