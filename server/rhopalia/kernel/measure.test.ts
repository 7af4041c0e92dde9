import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Looks, type Look } from "./looks.ts";
import { recordOf, type Run } from "./measure.ts";
import { CELL } from "./testing.ts";

const FROM = 100_000;
const kernel = { pid: 50, startedAt: 0, language: "python", host: "box" };

const run = (wallMs: number, more: Partial<Run> = {}): Run => ({
  ...{ kernel, cell: CELL, from: FROM, to: FROM + wallMs, outcome: "ok", idleSince: 0, limit: null, processors: 2 },
  ...more,
});

/** A look so many milliseconds after the begin of the run. */
function look(at: number, cpuMs: number | null, more: Partial<Look> = {}): Look {
  const memory = { rssBytes: 1000, sumBytes: 1000, peakBytes: null, treeBytes: null };
  const counts = { children: 0, threads: 1, childCpuMs: 0, cores: null, io: null };
  return { time: FROM + at, ...memory, ...counts, cpuMs, ...more };
}

function measured(of: Run, ...looks: readonly Look[]) {
  const all = new Looks();
  for (const one of looks) all.add(one);
  return recordOf(of, all)?.measures ?? {};
}

const io = (bytes: number) => ({ io: { diskRead: 0, diskWrite: bytes, read: 0, write: bytes } });

describe("CPU of a run from looks from outside", () => {
  test("is not told of a short run, whose looks are mostly of what was before and after", () => {
    const found = measured(run(19), look(-600, 1000), look(700, 1190));
    expect([found.cpuMs, found.cores, found.cpuChildrenMs]).toEqual([undefined, undefined, undefined]);
    expect(found.wallMs).toEqual({ value: 19, quality: "exact" });
  });

  test("is not told of a run that one look fell into", () => {
    expect(measured(run(300), look(-400, 0), look(100, 150), look(700, 400)).cpuMs).toBeUndefined();
  });

  test("is what grew between two looks in the run, and so at least that", () => {
    const found = measured(run(3000), look(-900, 0), look(100, 500), look(2900, 3200), look(3900, 4000));
    expect(found.cpuMs).toEqual({ value: 2700, quality: "sampled" });
    expect(found.cores).toEqual({ value: 0.9, quality: "sampled" });
  });

  test("is more where looks just before and after say more, less what all processors could have used meanwhile", () => {
    const found = measured(run(1000), look(-10, 0), look(240, 230), look(760, 750), look(1005, 990));
    expect(found.cpuMs?.value).toBe(990 - 15 * 2);
  });

  test("is told exactly where a look was at each end", () => {
    const found = measured(run(1000), look(0, 70, { childCpuMs: 10 }), look(1000, 1570, { childCpuMs: 410 }));
    expect([found.cpuMs?.value, found.cores?.value, found.cpuChildrenMs?.value]).toEqual([1500, 1.5, 400]);
  });

  test("is never more than all processors can do in that time, nor what the system's clock cannot tell from none", () => {
    expect(measured(run(100), look(0, 0), look(100, 900)).cpuMs?.value).toBe(200);
    expect(measured(run(100), look(0, 0), look(100, 10)).cpuMs).toBeUndefined();
    expect(measured(run(0), look(0, 0), look(5, 90)).cpuMs).toBeUndefined();
  });

  test("is not told where the system does not count it", () => {
    expect(measured(run(1000), look(0, null, { childCpuMs: null }), look(1000, null)).cpuMs).toBeUndefined();
  });

  test("is at most what the run used, whatever ran around it", () => {
    const parts = fc.record({
      /** Cores in use before, in and after the run. */
      rates: fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 0, max: 2 }))),
      wallMs: fc.integer({ min: 1, max: 5000 }),
      looks: fc.array(fc.integer({ min: -2000, max: 7000 }), { minLength: 1, maxLength: 12 }),
    });
    fc.assert(
      fc.property(parts, ({ rates: [before = 0, within = 0, after = 0], wallMs, looks }) => {
        const cpuAt = (at: number) =>
          (Math.min(at, 0) + 2000) * before +
          Math.min(Math.max(at, 0), wallMs) * within +
          Math.max(at - wallMs, 0) * after;
        const times = [...new Set(looks)].sort((one, other) => one - other);
        const { cpuMs } = measured(run(wallMs), ...times.map((at) => look(at, cpuAt(at))));
        expect(cpuMs?.value ?? 0).toBeLessThanOrEqual(wallMs * within);
      }),
    );
  });
});

describe("bytes of files of a run from looks from outside", () => {
  test("are not those of the run before", () => {
    const looks = [look(-900, 0, io(5)), look(200, 0, io(900)), look(800, 0, io(940)), look(1100, 0, io(950))];
    expect(measured(run(1000, { idleSince: FROM - 100 }), ...looks).writeBytes?.value).toBe(50);
    expect(measured(run(1000, { idleSince: FROM - 950 }), ...looks).writeBytes?.value).toBe(945);
    // Of the first run nobody knows what the kernel did before, as it started.
    expect(measured(run(1000), ...looks).writeBytes?.value).toBe(50);
    expect(measured(run(100), ...looks).writeBytes).toBeUndefined();
    expect(measured(run(100), look(-20, 0, io(5)), ...looks.slice(1)).writeBytes?.value).toBe(895);
  });
});
