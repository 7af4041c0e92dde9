/** What kernels say arrives as it was sent, and whatever hostile thing one sends, what comes out is safe. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CELL_MEASURES, type CellRecord } from "../../protocol/cell.ts";
import type { KernelDeath } from "../../protocol/kernel.ts";
import { parseCellRecord, parseCellsParams } from "./cells.ts";
import { parseKernelAct, parseKernelHello, parseKernels } from "./kernels.ts";
import { cellRecord, cellRef, KERNEL, KERNEL_START, kernelsState, kernelState } from "./testing.ts";

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** A death with every field. */
const DEATH: KernelDeath = {
  ...{ id: "d", kernel: KERNEL, connection: "k.json", folder: "/w", ancestors: [1], time: KERNEL_START, cause: "oom" },
  ...{ signal: "SIGKILL", exitCode: null, evidence: [{ source: "cgroup", says: "It rose." }], cell: cellRef(1) },
  ...{ cellStartedAt: KERNEL_START, lastBytes: 1, lastAt: KERNEL_START, limit: { bytes: 1, source: "cgroup /a" } },
  ...{ sentence: "It was killed.", mend: "Use less." },
};

const overTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const refused = (raw: unknown): string => {
  const parsed = parseCellRecord(raw);
  return parsed.ok ? "" : parsed.reason;
};

describe("a record", () => {
  it("with every field survives the way unchanged", () => {
    const measures = Object.fromEntries(
      CELL_MEASURES.map((name) => [name, { value: -1.5, quality: "sampled" }]),
    ) as CellRecord["measures"];
    const record = cellRecord(3, { measures });
    expect(parseCellRecord(overTheWire(record))).toEqual({ ok: true, value: record });
  });

  it("loses what this release does not know, and what has no value says so in both fields", () => {
    const measures = { wallMs: { value: 3, quality: "none" }, cpuMs: { value: null, quality: "exact" }, ghosts: 7 };
    const parsed = parseCellRecord({ ...cellRecord(1), measures, source: "print('secret')" });
    const none = { value: null, quality: "none" };
    expect(parsed).toEqual({ ok: true, value: cellRecord(1, { measures: { wallMs: none, cpuMs: none } as never }) });
  });

  it("has its texts cut and cleaned, and no more GPUs and notes than a machine has", () => {
    const [gpu] = cellRecord(1).gpus;
    const parsed = parseCellRecord({
      ...cellRecord(1),
      error: `Memory\u001b[31m\u202eError\n${"x".repeat(5000)}`,
      gpus: Array.from({ length: 99 }, () => gpu),
      notes: Array.from({ length: 99 }, (_, index) => String(index)),
    });
    const record = parsed.ok ? parsed.value : null;
    expect(record?.error).toMatch(/^Memory\[31mErrorx{1900,}$/);
    expect(record?.error.length).toBeLessThanOrEqual(2000);
    expect([record?.gpus.length, record?.notes.length]).toEqual([32, 64]);
  });

  it.each([
    ["of a later form", { v: 2 }, "v: one of 1 expected"],
    ["without a name", { id: "" }, "id"],
    ["with a name that would have to be cut", { id: "x".repeat(201) }, "id"],
    ["with an endless number", { endedAt: Infinity }, "endedAt"],
    ["before there was time", { startedAt: -1 }, "startedAt"],
    ["with a measure that is no number", { measures: { wallMs: { value: "1", quality: "exact" } } }, "wallMs.value"],
    ["of a group of processes", { kernel: { ...KERNEL, pid: -1 } }, "kernel.pid"],
    ["with a cell's text for its hash", { cell: { ...cellRef(1), hash: "print(1)" } }, "cell.hash"],
  ])("%s is refused in words", (_, more, where) => {
    expect(refused({ ...cellRecord(1), ...more })).toContain(where);
  });

  it("however hostile, comes out safe or not at all", () => {
    const paths = pathsIn(cellRecord(1));
    const hostile = fc.oneof(
      fc.anything({ maxDepth: 2 }),
      fc.string({ unit: "binary", maxLength: 30 }),
      fc.constantFrom("__proto__", "\u0000", "x".repeat(3000), "\ud800", -0, 1e300, NaN, Infinity, [], {}, null),
      fc.array(fc.constantFrom("\u2028note", cellRecord(1).gpus[0]), { maxLength: 100 }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...paths), hostile), { maxLength: 3 }), (changes) => {
        const raw = overTheWire(cellRecord(1)) as Record<string, unknown>;
        for (const [path, value] of changes) put(raw, path, value);
        const parsed = parseCellRecord(raw);
        if (!parsed.ok) {
          expect(parsed.reason).toMatch(/^The cell's record cannot be used/);
          return;
        }
        for (const [, value] of leaves(parsed.value)) {
          if (typeof value === "string") {
            expect(UNSAFE.test(value)).toBe(false);
            expect(value.length).toBeLessThanOrEqual(2000);
          } else if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
        }
        expect(CELL_MEASURES).toEqual(expect.arrayContaining(Object.keys(parsed.value.measures)));
        expect(Object.keys(parsed.value).sort()).toEqual(Object.keys(cellRecord(1)).sort());
        expect([parsed.value.gpus.length <= 32, parsed.value.notes.length <= 64]).toEqual([true, true]);
        // What was accepted once is accepted again, as it is: it is kept, told and read back.
        expect(parseCellRecord(overTheWire(parsed.value))).toEqual(overTheWire(parsed));
      }),
      { numRuns: 80 },
    );
  });
});

describe("what is told of kernels", () => {
  it("survives the way unchanged, deaths too", () => {
    const usage = { time: 1, rssBytes: 2, treeBytes: null, cores: 0.5, children: 1, threads: 4, gpuBytes: 7 };
    const running = { cell: cellRef(1), startedAt: KERNEL_START, peakBytes: 9 };
    const guard = { phase: "frozen", limitBytes: 5, treeBytes: 6, since: 7, reason: "It grows." } as const;
    const whole = kernelState({ usage, running, guard, measured: true, limit: { bytes: 1, source: "MEM_LIMIT" } });
    const state = { ...kernelsState(whole, kernelState()), deaths: [DEATH] };
    expect(parseKernels(overTheWire(state))).toEqual({ ok: true, value: state });
  });

  it("is no act for two things, nor for none", () => {
    const runs = { pid: 1, startedAt: 2, cell: null, since: 3, leaving: true };
    expect(parseKernelAct({ runs })).toEqual({ ok: true, value: { runs } });
    expect(parseKernelAct({ find: true })).toEqual({ ok: true, value: { find: true } });
    expect(parseKernelAct({ find: false }).ok).toBe(false);
    expect(parseKernelAct({}).ok).toBe(false);
    const backwards = { pid: 1, startedAt: 2, cell: cellRef(1), from: 3, to: 2, outcome: "ok" };
    expect(parseKernelAct({ measure: backwards }).ok).toBe(false);
    expect(parseKernelAct({ guard: { pid: 1, startedAt: 2, answer: "kill" } }).ok).toBe(false);
  });

  it("names programs and files that are none when their paths would have to be mended", () => {
    const hello = { protocol: 1, token: "t", role: "kernel", kernel: KERNEL, version: "1", executable: "", faults: "" };
    expect(parseKernelHello({ ...hello, executable: "/usr/bin/python3" }).ok).toBe(true);
    expect(parseKernelHello({ ...hello, executable: "/bin/\nsh" }).ok).toBe(false);
    expect(parseKernelHello({ ...hello, faults: "x".repeat(5000) }).ok).toBe(false);
  });
});

it("a question for cells has bounds", () => {
  const asked = { from: 0, to: 1, kernel: null, hashes: [], limit: 10 };
  expect(parseCellsParams(asked).ok).toBe(true);
  for (const wrong of [{ limit: 0 }, { limit: 1e6 }, { from: 2 }, { hashes: ["'; DROP TABLE cell_record; --"] }]) {
    expect(parseCellsParams({ ...asked, ...wrong }).ok).toBe(false);
  }
});

type Path = readonly string[];

/** The way to every value in it, itself and the containers too. */
function pathsIn(value: unknown, path: Path = []): Path[] {
  const below = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return [...(path.length === 0 ? [] : [path]), ...below.flatMap(([key, one]) => pathsIn(one, [...path, key]))];
}

function leaves(value: unknown): (readonly [Path, unknown])[] {
  return pathsIn(value).map((path) => [path, path.reduce<unknown>((at, key) => (at as never)[key], value)]);
}

function put(into: Record<string, unknown>, path: Path, value: unknown): void {
  const last = path.at(-1) ?? "";
  let at: unknown = into;
  for (const key of path.slice(0, -1)) at = (at as Record<string, unknown> | undefined)?.[key];
  if (typeof at === "object" && at !== null) Object.assign(at, { [last]: value });
}
