import { describe, expect, test } from "vitest";
import type { ProcessWatch } from "../../config/watch.ts";
import type { FixtureHost } from "../../host/fixture.ts";
import { probe, probeTwice, recorded, type Probe } from "../probe.ts";
import { linuxProcesses } from "./linux.ts";

const PAGE = 4096;
const BOOT_MS = 1_700_000_000_000;

/** A line of /proc/<pid>/stat. */
function stat(pid: number, name: string, values: { ticks?: number; start?: number; pages?: number } = {}): string {
  const { ticks = 0, start = 100, pages = 10 } = values;
  return `${String(pid)} (${name}) S 1 1 1 0 -1 0 0 0 0 0 ${String(ticks)} 0 0 0 20 0 1 0 ${String(start)} 0 ${String(pages)} 0\n`;
}

function set(host: FixtureHost, pid: number, name: string, values: Parameters<typeof stat>[2] = {}): void {
  host.write(`/proc/${String(pid)}/stat`, stat(pid, name, values));
}

function remove(host: FixtureHost, pid: number): void {
  for (const file of ["stat", "io", "cmdline"]) host.remove(`/proc/${String(pid)}/${file}`);
}

const watch = (values: Partial<ProcessWatch>): ProcessWatch => ({
  kind: "process",
  id: "it",
  origin: "user file",
  workspace: "",
  name: "",
  pid: 0,
  ...values,
});

function of(found: Probe, metric: string, pid: number): number | undefined {
  return found.readings.find((one) => one.metric === metric && one.attributes["process.pid"] === String(pid))?.value;
}

const CPU = "process.cpu.utilization";
const MEMORY = "process.memory.usage";
const COUNT = "gorgon.watch.process.count";

describe("the process sensor on Linux", () => {
  test("names a process by pid, program, start and script, and never by its other arguments", async () => {
    const { host } = recorded("process/desk");
    host.linkTo("/proc/700/exe", "/usr/bin/python3.11");
    const found = await probe(linuxProcesses(host));
    const python = {
      "process.pid": "700",
      "process.executable.name": "python3.11",
      "process.creation.time": new Date(BOOT_MS + 50_000).toISOString(),
      "gorgon.process.detail": "train.py",
    };
    expect(found.value(MEMORY, python)).toBe(250_000 * PAGE);
    expect(found.value("process.thread.count", python)).toBe(9);
    expect(JSON.stringify(found.readings)).not.toContain("hunter2");
  });

  test("measures CPU between two readings, as a share of all cores", async () => {
    const { host, clock } = recorded("process/desk");
    const sensor = linuxProcesses(host);
    const found = await probeTwice(sensor, clock, 10_000, () => {
      set(host, 700, "python3", { ticks: 3200, start: 5000, pages: 250_000 });
    });
    // 2,000 ticks are 20 s in 10 s on four cores.
    expect(of(found, CPU, 700)).toBe(0.5);
    expect(of(found, CPU, 703)).toBe(0);
  });

  test("says nothing about CPU at the first reading", async () => {
    const { host } = recorded("process/desk");
    expect((await probe(linuxProcesses(host))).values(CPU, "process.pid")).toEqual([]);
  });

  test("measures disk traffic of those it may look into", async () => {
    const { host, clock } = recorded("process/desk");
    const found = await probeTwice(linuxProcesses(host), clock, 10_000, () => {
      host.write("/proc/700/io", "read_bytes: 21000000\nwrite_bytes: 5000000\n");
      host.fail("/proc/703/io", "EACCES");
    });
    const rates = found.readings.filter((one) => one.metric === "process.disk.io.rate");
    const python = rates.filter((one) => one.attributes["process.pid"] === "700");
    expect(python.map((one) => [one.attributes["disk.io.direction"], one.value])).toEqual([
      ["read", 2_000_000],
      ["write", 500_000],
    ]);
    expect(rates.some((one) => one.attributes["process.pid"] === "703")).toBe(false);
  });

  test("reads names with parentheses, blanks and newlines as they are", async () => {
    const { host } = recorded("process/desk");
    set(host, 702, "a\nb (c) d", { pages: 7 });
    const found = await probe(linuxProcesses(host));
    const names = found.values(MEMORY, "process.executable.name");
    expect(names).toContain("tmux: server) S 1");
    expect(names).toContain("a\nb (c) d");
    expect(of(found, MEMORY, 701)).toBe(900 * PAGE);
  });

  test("counts all processes by state", async () => {
    const { host } = recorded("process/desk");
    const found = await probe(linuxProcesses(host));
    const count = (state: string) => found.value("system.process.count", { "process.state": state });
    expect([count("running"), count("sleeping"), count("defunct"), count("stopped")]).toEqual([1, 5, 1, 0]);
  });

  test("shows only the top by CPU and the top by memory, however many there are", async () => {
    const { host, clock } = recorded("process/desk");
    for (let pid = 1000; pid < 1300; pid++) set(host, pid, "crowd", { pages: pid, start: pid, ticks: 0 });
    const sensor = linuxProcesses(host, { top: 3 });
    const found = await probeTwice(sensor, clock, 1000, () => {
      for (const pid of [1001, 1002]) set(host, pid, "crowd", { pages: pid, start: pid, ticks: 100 });
    });
    expect(found.values(MEMORY, "process.pid").sort()).toEqual(["1001", "1002", "700", "703", "704"]);
    expect(found.value("system.process.count", { "process.state": "sleeping" })).toBe(305);
  });

  test("takes a process that vanishes while it is read for gone, which is no failure", async () => {
    const { host, clock } = recorded("process/desk");
    const sensor = linuxProcesses(host);
    const found = await probeTwice(sensor, clock, 1000, () => {
      host.fail("/proc/703/stat", "ESRCH");
      host.fail("/proc/704/stat", "ENOENT");
      host.write("/proc/1/stat", "");
    });
    expect(found.reason).toBe("");
    expect(found.values(MEMORY, "process.pid").sort()).toEqual(["700", "701"]);
  });

  test("does not take a new process with an old pid for the old one", async () => {
    const { host, clock } = recorded("process/desk");
    const found = await probeTwice(linuxProcesses(host), clock, 1000, () => {
      host.write("/proc/700/io", "read_bytes: 90000000\nwrite_bytes: 0\n");
      set(host, 700, "other", { ticks: 2000, start: 4000, pages: 5 });
    });
    // It started before the youngest of the last scan (a clock's oddity), so nothing is known of its CPU time since.
    expect(of(found, CPU, 700)).toBeUndefined();
    expect(found.readings.some((one) => one.metric === "process.disk.io.rate" && one.value > 0)).toBe(false);
  });

  test("counts all the CPU time of a process that started since the last reading", async () => {
    const { host, clock } = recorded("process/desk");
    const found = await probeTwice(linuxProcesses(host), clock, 10_000, () => {
      set(host, 900, "burner", { ticks: 1000, start: 6000 });
    });
    expect(of(found, CPU, 900)).toBe(0.25);
  });

  test("goes on when one line cannot be understood, and says which file", async () => {
    const { host } = recorded("process/desk");
    host.write("/proc/701/stat", "701 (tmux) S garbage\n");
    const found = await probe(linuxProcesses(host));
    expect(found.reason).toContain("/proc/<pid>/stat is not in the expected format");
    expect(of(found, MEMORY, 700)).toBe(250_000 * PAGE);
  });

  test("uses the kernel's own page size", async () => {
    const { host } = recorded("process/desk");
    // AT_PAGESZ (6) is 16,384 on this machine; every number a 64-bit word, low byte first. 0x4000 is text: NUL, @.
    host.write("/proc/self/auxv", "\x06\0\0\0\0\0\0\0\0\x40\0\0\0\0\0\0");
    expect(of(await probe(linuxProcesses(host)), MEMORY, 700)).toBe(250_000 * 16_384);
  });

  test("fails with a reason when /proc cannot be listed", async () => {
    const { host } = recorded("process/desk");
    const files = {
      ...host.files,
      list: () => {
        throw Object.assign(new Error("no"), { code: "EACCES" });
      },
    };
    const { platform, clock, programs, env } = host;
    const sensor = linuxProcesses({ platform, clock, programs, env, files });
    await expect(probe(sensor)).rejects.toThrow("/proc cannot be read: this user may not read it");
  });
});

describe("watched processes", () => {
  const it = { "gorgon.watch": "it" };

  test("by name are counted and summed, and 0 when none runs", async () => {
    const { host, clock } = recorded("process/desk");
    const watches = [watch({ name: "post*" }), watch({ id: "none", name: "nginx" })];
    const found = await probeTwice(linuxProcesses(host, { watches: () => watches }), clock, 10_000, () => {
      set(host, 703, "postgres", { ticks: 270, start: 5300, pages: 40_000 });
      set(host, 704, "postgres", { ticks: 210, start: 5400, pages: 20_000 });
    });
    expect(found.value(COUNT, it)).toBe(2);
    expect(found.value("gorgon.watch.process.memory.usage", it)).toBe(60_000 * PAGE);
    expect(found.value("gorgon.watch.process.cpu.utilization", it)).toBeCloseTo(0.1, 12);
    expect(found.value(COUNT, { "gorgon.watch": "none" })).toBe(0);
    expect(found.value("gorgon.watch.process.memory.usage", { "gorgon.watch": "none" })).toBeUndefined();
  });

  test("by name are found by their program's file name too", async () => {
    const { host } = recorded("process/desk");
    host.linkTo("/proc/700/exe", "/opt/conda/bin/trainer");
    const found = await probe(linuxProcesses(host, { watches: () => [watch({ name: "trainer" })] }));
    expect(found.value(COUNT, it)).toBe(1);
  });

  test("by pid are not followed to another process that got the pid", async () => {
    const { host, clock } = recorded("process/desk");
    const sensor = linuxProcesses(host, { watches: () => [watch({ pid: 703 })] });
    expect((await probe(sensor)).value(COUNT, it)).toBe(1);
    clock.advance(1000);
    set(host, 703, "impostor", { start: 9999 });
    expect((await probe(sensor)).value(COUNT, it)).toBe(0);
    clock.advance(1000);
    remove(host, 703);
    expect((await probe(sensor)).value(COUNT, it)).toBe(0);
  });

  test("of a workspace carry its name", async () => {
    const { host } = recorded("process/desk");
    const one = watch({ name: "systemd", workspace: "demo" });
    const found = await probe(linuxProcesses(host, { watches: () => [one] }));
    expect(found.value(COUNT, { ...it, "gorgon.workspace": "demo" })).toBe(1);
  });
});
