import { describe, expect, test } from "vitest";
import type { DeathReport } from "../../wire/kernel-watcher.ts";
import type { DeathFacts } from "./evidence.ts";
import { CELL } from "./testing.ts";
import { isAlarming, verdict } from "./verdict.ts";

const NOW = 1_700_000_100_000;
const GIB = 2 ** 30;

const quiet: DeathReport = {
  pid: 50,
  time: NOW - 100,
  how: "pidfd",
  exitCode: null,
  signal: "",
  exitKnown: true,
  coreDumped: null,
  oom: { group: "/user.slice", before: 2, after: 2, limitBytes: 2 * GIB },
  kernelLog: "",
  faults: "",
};

function death(report: Partial<DeathReport> | null, more: Partial<DeathFacts> = {}) {
  return verdict({
    id: "d1",
    kernel: { pid: 50, startedAt: NOW - 60_000, language: "python", host: "box" },
    ...{ connection: "kernel-1.json", folder: "/home/ada", ancestors: [40, 1], time: NOW },
    report: report === null ? null : { ...quiet, ...report },
    ...{ unwatched: report === null ? "No Python was found." : "", counted: null, leaving: false, orphaned: false },
    running: { cell: CELL, startedAt: NOW - 5000 },
    ...{
      busy: true,
      lastBytes: 1.8 * GIB,
      lastAt: NOW - 700,
      limit: { bytes: 16 * GIB, source: "the machine's memory" },
    },
    ...more,
  });
}

const idle = { running: null, busy: false } as const;
const rose = { group: "/user.slice", before: 2, after: 3, limitBytes: 2 * GIB };

describe("the verdict on a kernel that died", () => {
  test("names group, limit, last size and cell of one that was killed for want of memory", () => {
    const found = death({ signal: "SIGKILL", oom: rose });
    expect(found).toMatchObject({
      cause: "oom",
      signal: "SIGKILL",
      time: NOW - 100,
      limit: { bytes: 2 * GIB, source: "cgroup /user.slice" },
      sentence:
        "The kernel was killed for want of memory in cell [7]: its control group /user.slice may have 2.00 GiB, and the " +
        "kernel had 1.80 GiB when it was last seen.",
    });
    expect(found.evidence.map(({ source }) => source)).toEqual(["pidfd", "cgroup", "last-sample"]);
    expect(found.evidence.at(-1)?.says).toContain("1.80 GiB when they were last looked at, 600 ms before");
    expect(found.mend).toContain("%gorgon limit");
  });

  test("blames the machine where no limit was reached", () => {
    const found = death({ signal: "SIGKILL", oom: { ...rose, limitBytes: null } });
    expect(found.cause).toBe("oom");
    expect(found.sentence).toContain("the machine had none left");
    const log = "Out of memory: Killed process 50 (python3) total-vm:1kB";
    const logged = death({ signal: "SIGKILL", kernelLog: log });
    expect(logged).toMatchObject({ cause: "oom", limit: { source: "the machine's memory" } });
    expect(logged.evidence).toContainEqual({ source: "kernel-log", says: `The system's log says: ${log}` });
  });

  test("does not blame memory when somebody else of the group was killed for it", () => {
    expect(death({ exitCode: 3, oom: rose })).toMatchObject({ cause: "exit", exitCode: 3 });
  });

  test("says that a kill was somebody's when the group counted none", () => {
    expect(death({ signal: "SIGKILL" })).toMatchObject({
      cause: "signal",
      sentence: "The kernel was killed (SIGKILL) by somebody in cell [7], not for want of memory.",
    });
    // Nobody counted: nothing is said of memory.
    expect(death({ signal: "SIGKILL", oom: null }).sentence).toBe("The kernel was killed (SIGKILL) in cell [7].");
    expect(death({ signal: "SIGUSR1" }).sentence).toBe("The kernel was ended by the signal SIGUSR1 in cell [7].");
  });

  test.each(["SIGSEGV", "SIGBUS", "SIGABRT"])("calls %s a crash, with what faulthandler wrote", (signal) => {
    const found = death({ signal, faults: "Fatal Python error: Segmentation fault" });
    expect(found).toMatchObject({
      cause: "segfault",
      sentence: `The kernel crashed in native code in cell [7] (${signal}).`,
    });
    expect(found.evidence).toContainEqual({
      source: "faulthandler",
      says: "faulthandler wrote: Fatal Python error: Segmentation fault",
    });
  });

  test("reads from what was written how a process ended that the system says nothing about", () => {
    const unsaid = { exitKnown: false, how: "poll" } as const;
    expect(death({ ...unsaid, faults: "Fatal Python error: Bus error" })).toMatchObject({
      cause: "segfault",
      signal: "SIGBUS",
    });
    const line = "python3[50]: segfault at 0 ip 00007f";
    expect(death({ ...unsaid, kernelLog: line })).toMatchObject({ cause: "segfault", signal: "SIGSEGV" });
    expect(death({ ...unsaid, oom: rose })).toMatchObject({ cause: "oom", signal: "" });
    expect(death(unsaid)).toMatchObject({
      cause: "unknown",
      evidence: [{ source: "cgroup" }, { source: "last-sample" }],
    });
    expect(death(unsaid).mend).toContain("Linux 6.15");
  });

  test("names an exit code", () => {
    expect(death({ exitCode: 1 })).toMatchObject({
      cause: "exit",
      exitCode: 1,
      sentence: "The kernel ended by itself with exit code 1 in cell [7].",
    });
  });

  test.each([
    ["it was asked to", death({ signal: "SIGKILL" }, { leaving: true })],
    ["with exit code 0", death({ exitCode: 0 })],
    ["with SIGTERM", death({ signal: "SIGTERM" })],
    ["idle, together with its window", death({ signal: "SIGKILL" }, { ...idle, orphaned: true })],
  ])("an end %s is none to report", (_, found) => {
    expect(found.cause).toBe("ended");
    expect(isAlarming(found)).toBe(false);
  });

  test("the end of a window is no excuse for one that was killed at work", () => {
    expect(death({ signal: "SIGKILL" }, { orphaned: true }).cause).toBe("signal");
  });

  test("says that nobody saw it, and why; and rings only when a cell was lost", () => {
    const found = death(null);
    expect(found).toMatchObject({ cause: "unknown", mend: "No Python was found." });
    expect(found.sentence).toBe("The kernel of process 50 is gone while it ran cell [7], and nobody saw why.");
    expect(isAlarming(found)).toBe(true);
    expect(isAlarming(death(null, idle))).toBe(false);
  });

  test("without a watcher the group's own counter still tells", () => {
    expect(death(null, { counted: rose })).toMatchObject({ cause: "oom", limit: { source: "cgroup /user.slice" } });
  });
});
