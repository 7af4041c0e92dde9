import { describe, expect, test } from "vitest";
import { fixtureHost } from "../../host/fixture.ts";
import { silentLog } from "../../host/log.ts";
import { ManualClock } from "../../host/manual-clock.ts";
import type { DeathReport } from "../../wire/kernel-watcher.ts";
import { WatcherRunner } from "./watcher.ts";

const one = { pid: 50, startedAt: 1000, faults: "/run/kernel-50-1000.faults" };
const two = { pid: 51, startedAt: 2000, faults: "" };
const watching = (pid: number) => JSON.stringify({ watching: { pid, how: "pidfd" } });

function runner(pythons: readonly string[] = ["/venv/bin/python", "python3"], program: string | null = "/watcher.py") {
  const clock = new ManualClock();
  const host = fixtureHost({ clock });
  const died: DeathReport[] = [];
  const made = new WatcherRunner({
    host,
    log: silentLog,
    program,
    pythons: () => pythons,
    onDied: (one) => died.push(one),
  });
  const running = () => host.streams.filter((stream) => stream.running);
  const last = () => {
    const stream = host.streams.at(-1);
    if (stream === undefined) throw new Error("nothing was started");
    return stream;
  };
  return { clock, host, made, died, running, last };
}

describe("the watcher of kernels", () => {
  test("starts with the first kernel and ends a while after the last", () => {
    const { clock, made, running, last } = runner();
    expect(running()).toEqual([]);
    made.watch(one);
    made.watch(two);
    expect(running()).toHaveLength(1);
    expect(last().heard.map((line) => JSON.parse(line) as unknown)).toEqual([{ watch: one }, { watch: two }]);
    made.forget(50);
    made.forget(51);
    expect(last().heard.at(-1)).toBe('{"forget":{"pid":51}}');
    clock.advance(10_000);
    made.watch(two);
    clock.advance(10_000);
    expect(running()).toHaveLength(1);
    made.forget(51);
    clock.advance(15_000);
    expect(running()).toEqual([]);
  });

  test("is believed only about processes that it confirmed", () => {
    const { made, last } = runner();
    made.watch(one);
    expect(made.watches(50)).toBe(false);
    last().say(watching(50), watching(99));
    expect(made.watches(50)).toBe(true);
    expect(made.watches(99)).toBe(false);
  });

  test("passes on a death in full, and nothing that has another form", () => {
    const { made, died, last } = runner();
    made.watch(one);
    const report = {
      ...{ pid: 50, time: 5, how: "pidfd", exitCode: null, signal: "SIGKILL", exitKnown: true, coreDumped: false },
      ...{ oom: { group: "/a", before: 0, after: 1, limitBytes: 5 }, kernelLog: "", faults: "" },
    };
    last().say("{", "null", '{"died":{}}', `{"died":${JSON.stringify({ ...report, exitCode: "1" })}}`);
    last().say(
      `{"died":${JSON.stringify({ ...report, pid: 99 })}}`,
      `{"died":${JSON.stringify({ ...report, faults: "x".repeat(9999) })}}`,
    );
    expect(died).toEqual([]);
    last().say(`{"died":${JSON.stringify(report)}}`);
    expect(died).toEqual([report]);
  });

  test("tries the next interpreter at once where one cannot run it, and says so when none can", () => {
    const { clock, host, made, running, last } = runner();
    made.watch(one);
    expect(last().file).toBe("/venv/bin/python");
    last().end({ code: 1, stderr: "SyntaxError" });
    expect(last().file).toBe("python3");
    last().end({ code: null, failure: new Error("The program python3 is not installed.") });
    expect(running()).toEqual([]);
    expect(made.why).toContain("Install Python 3.8 or later");
    clock.advance(1000);
    expect(host.streams.map(({ file }) => file)).toEqual(["/venv/bin/python", "python3", "/venv/bin/python"]);
    last().say(watching(50));
    expect(made.why).toBe("");
  });

  test("comes back after a growing pause when it dies, with everything that is to be watched", () => {
    const { clock, host, made, last } = runner();
    made.watch(one);
    const pauses: number[] = [];
    for (let round = 0; round < 9; round++) {
      const before = host.streams.length;
      last().say(watching(50));
      last().end({ code: 1 });
      let waited = 0;
      for (; host.streams.length === before && waited < 200; waited++) clock.advance(1000);
      pauses.push(waited);
      expect(JSON.parse(last().heard[0] ?? "")).toEqual({ watch: one });
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    // One that ran for long begins anew.
    last().say(watching(50));
    clock.advance(60_000);
    last().end({ code: 1 });
    const before = host.streams.length;
    clock.advance(1000);
    expect(host.streams.length).toBe(before + 1);
  });

  test("is not started where it was not packed, and never again after its end", () => {
    const missing = runner(["python3"], null);
    missing.made.watch(one);
    expect(missing.host.streams).toEqual([]);
    expect(missing.made.why).toContain("missing from this installation");
    const { clock, host, made, running } = runner();
    made.watch(one);
    made.close();
    made.watch(two);
    clock.advance(100_000);
    expect(running()).toEqual([]);
    expect(host.streams).toHaveLength(1);
  });
});
