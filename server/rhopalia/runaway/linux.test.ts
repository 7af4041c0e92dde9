import { describe, expect, test } from "vitest";
import { fixtureHost } from "../../host/fixture.ts";
import { ManualClock } from "../../host/manual-clock.ts";
import { probe } from "../probe.ts";
import { linuxRunaway } from "./linux.ts";

const PAGE = 4096;
const CPU = "gorgon.runaway.cpu.cores";
const MEMORY = "gorgon.runaway.memory.usage";

/** A line of /proc/pid/stat with what is read of it. */
function stat(pid: number, name: string, facts: { ticks?: number; start?: number; pages?: number } = {}): string {
  const fields = Array.from({ length: 50 }, () => "0");
  fields[11] = String(facts.ticks ?? 0);
  fields[19] = String(facts.start ?? 100);
  fields[21] = String(facts.pages ?? 10);
  return `${String(pid)} (${name}) R ${fields.slice(1).join(" ")}\n`;
}

function setUp() {
  const clock = new ManualClock();
  const host = fixtureHost({ clock, files: { "/proc/stat": "cpu 1 2 3\n" } });
  const put = (pid: number, name: string, facts = {}) =>
    host.write(`/proc/${String(pid)}/stat`, stat(pid, name, facts));
  return { clock, host, put, sensor: linuxRunaway(host, PAGE) };
}

const who = (pid: number, name: string) => ({ "process.pid": String(pid), "process.executable.name": name });

describe("the runaway sensor", () => {
  test("names the three that use most cores and the three with most memory, worst first", async () => {
    const { clock, put, sensor } = setUp();
    for (let pid = 1; pid <= 9; pid++) put(pid, `p${String(pid)}`, { pages: pid });
    await probe(sensor);
    clock.advance(500);
    for (let pid = 1; pid <= 9; pid++) put(pid, `p${String(pid)}`, { pages: pid, ticks: pid * 10 });
    const found = await probe(sensor);
    expect(found.values(CPU, "process.executable.name")).toEqual(["p9", "p8", "p7"]);
    expect(found.value(CPU, who(9, "p9"))).toBeCloseTo(1.8, 9);
    expect(found.values(MEMORY, "process.executable.name")).toEqual(["p9", "p8", "p7"]);
    expect(found.value(MEMORY, who(9, "p9"))).toBe(9 * PAGE);
  });

  test("says nothing of a process's CPU at its first sight, nor across a pid that was given again", async () => {
    const { clock, put, sensor } = setUp();
    put(7, "old", { ticks: 1000, start: 100 });
    expect((await probe(sensor)).values(CPU, "process.pid")).toEqual([]);
    clock.advance(500);
    put(7, "new", { ticks: 5, start: 900 });
    expect((await probe(sensor)).values(CPU, "process.pid")).toEqual([]);
    clock.advance(500);
    put(7, "new", { ticks: 30, start: 900 });
    expect((await probe(sensor)).value(CPU, who(7, "new"))).toBeCloseTo(0.5, 9);
  });

  test("takes no harm from a process that ends while it is looked at", async () => {
    const { clock, host, put, sensor } = setUp();
    put(1, "stays", { ticks: 1 });
    put(2, "goes", { ticks: 1 });
    await probe(sensor);
    clock.advance(500);
    host.fail("/proc/2/stat", "ESRCH");
    put(1, "stays", { ticks: 51 });
    expect((await probe(sensor)).values(CPU, "process.executable.name")).toEqual(["stays"]);
  });

  test("takes names for what they are, with blanks, brackets and line breaks", async () => {
    const { put, sensor } = setUp();
    put(5, "a) R 1 (b\n c");
    expect((await probe(sensor)).values(MEMORY, "process.executable.name")).toEqual(["a) R 1 (b\n c"]);
  });

  test("looks at all once in three seconds, and at the suspects alone in between", async () => {
    const { clock, host, put, sensor } = setUp();
    for (let pid = 1; pid <= 60; pid++) put(pid, "p", { pages: pid });
    await probe(sensor);
    for (let read = 0; read < 5; read++) {
      clock.advance(500);
      await probe(sensor);
    }
    const asked = [...host.asked].filter(([path]) => /^\/proc\/\d+\/stat$/.test(path));
    expect(asked.filter(([, times]) => times > 1).length).toBeLessThanOrEqual(16);
    clock.advance(500);
    put(61, "latecomer", { pages: 1000 });
    expect((await probe(sensor)).values(MEMORY, "process.executable.name")[0]).toBe("latecomer");
  });
});
