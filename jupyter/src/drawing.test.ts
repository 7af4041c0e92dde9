/** What people see and hear: footers, the bell, the panel, records in outputs; texts of others stay texts. */
import "./testing/page.ts";
import { readFileSync } from "node:fs";
import path from "node:path";
import { Signal } from "@lumino/signaling";
import { config } from "@vscode/l10n";
import { afterEach, describe, expect, test, vi } from "vitest";
import { pseudoBundle, strays } from "../../scripts/words.ts";
import { BellItem, bellWords } from "./bell.ts";
import { NOTHING, type CellView } from "./book.ts";
import type { Connection, ConnectionStatus } from "./connection.ts";
import { isShown } from "./deaths.ts";
import { CellFooter, footerLine, type FooterInput } from "./footer.ts";
import { frozenChange } from "./guard-change.ts";
import { recordElement } from "./mime.ts";
import { DEFAULTS, valuesOf } from "./options.ts";
import { BellPanel } from "./panel.ts";
import { deathOf, GIB, hostOf, kernelOf, measures, MIB, runOf, START, stateOf } from "./testing/told.ts";
import type { JupyterState } from "../../protocol/messages/jupyter.ts";

afterEach(() => config({ contents: {} }));

function inputOf(view: Partial<CellView>, change: Partial<FooterInput> = {}): FooterInput {
  return {
    view: { ...NOTHING, ...view },
    kernel: null,
    options: DEFAULTS,
    now: 12_000,
    name: "Cell 3",
    waiting: false,
    edited: () => false,
    ...change,
  };
}

const running = { cell: { id: "a", executionCount: 1, hash: "", label: "" }, startedAt: START, seenAt: 0 };
const costOf = (now = runOf({ id: "a" }), before: ReturnType<typeof runOf> | null = null) => ({
  ...{ now, before, cleared: false },
});
const words = (input: FooterInput) => footerLine(input).parts.map(({ text }) => text);
const guard = {
  phase: "frozen",
  limitBytes: 4 * GIB,
  treeBytes: 3.9 * GIB,
  since: START,
  reason: "95 % of it",
} as const;

describe("what stands under a cell", () => {
  test("a cell of which nothing is known has nothing", () => {
    expect(footerLine(inputOf({})).kind).toBe("none");
  });

  test("its cost, and what it was before", () => {
    const before = runOf({ id: "a" }, 0, { measures: measures({ wallMs: 900, peakBytes: 4 * GIB }) });
    expect(words(inputOf({ cost: costOf(runOf({ id: "a" }, 9), before) }))).toEqual([
      ...["500 ms", "CPU 900 ms (1.8 cores)", "peak 4.10 GiB (+2.60)", "was 4.00 GiB"],
    ]);
  });

  test("near the limit the level is said as a word and as a shape", () => {
    const limit = { bytes: 4.2 * GIB, source: "MEM_LIMIT", share: 0.976 };
    const { parts } = footerLine(inputOf({ cost: costOf(runOf({ id: "a" }, 0, { limit })) }));
    expect(parts).toContainEqual({ mark: "crit", text: "CRIT peak 4.10 GiB (+2.60), 98 % of limit" });
  });

  test("while it runs: how long, what the kernel has now, its peak so far, and what it was", () => {
    const usage = {
      ...{ time: START, rssBytes: GIB, treeBytes: null, cores: 1.8, children: 0, threads: 1, gpuBytes: null },
    };
    const kernel = kernelOf({ usage, running: { cell: running.cell, startedAt: START, peakBytes: 3 * GIB } });
    expect(words(inputOf({ running, cost: costOf() }, { kernel }))).toEqual([
      ...["12 s", "1.8 cores", "now 1.00 GiB", "peak ≥ 3.00 GiB", "was 4.10 GiB"],
    ]);
  });

  test("in the queue its old cost is only what it was", () => {
    expect(footerLine(inputOf({ cost: costOf() }, { waiting: true }))).toEqual({
      kind: "waiting",
      parts: [{ mark: "none", text: "was 4.10 GiB", quiet: true }],
    });
  });

  test("a kernel that died there, and why", () => {
    const line = footerLine(inputOf({ death: deathOf(), cost: costOf() }));
    expect(line).toMatchObject({ kind: "death", parts: [{ mark: "failed", text: "kernel died: out of memory" }, {}] });
  });

  test("a frozen kernel comes with its three answers", () => {
    const answered: string[] = [];
    const footer = new CellFooter({ answer: (answer) => answered.push(answer), leave: () => undefined });
    footer.draw(inputOf({ running }, { kernel: kernelOf({ guard }) }));
    const answers = [...footer.node.querySelectorAll<HTMLButtonElement>(".jp-Gorgon-answers button")];
    expect(answers.map((one) => one.textContent)).toEqual(["▶ Continue", "■ Interrupt", "✕ End Kernel"]);
    for (const one of answers) one.click();
    expect(answered).toEqual(["continue", "interrupt", "end"]);
    expect(footer.node.querySelector<HTMLElement>(".jp-Gorgon-answers")?.hidden).toBe(false);
  });

  test("the line opens into the table of everything, and Escape shuts it, then leads back", () => {
    const leave = vi.fn();
    const footer = new CellFooter({ answer: () => undefined, leave });
    footer.draw(inputOf({ cost: costOf() }));
    const line = footer.node.querySelector<HTMLButtonElement>("button.jp-Gorgon-line");
    const escape = () => line?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    line?.click();
    expect(line?.getAttribute("aria-expanded")).toBe("true");
    expect(footer.node.querySelector("table")?.textContent).toContain("Peak memory4.10 GiBexact");
    escape();
    expect(line?.getAttribute("aria-expanded")).toBe("false");
    expect(leave).not.toHaveBeenCalled();
    escape();
    expect(leave).toHaveBeenCalledOnce();
  });

  test("Lab's own keys stay off in it", () => {
    const { node } = new CellFooter({ answer: () => undefined, leave: () => undefined });
    expect(node.hasAttribute("data-lm-suppress-shortcuts")).toBe(true);
  });
});

describe("the bell", () => {
  test("says the whole level in words", () => {
    const host = hostOf({ level: "WARN", headline: "Memory is 91.2 % full" });
    expect(bellWords(stateOf({ host }), "live")).toEqual({
      ...{ level: "WARN", text: "WARN: Memory is 91.2 % full", title: "WARN: Memory is 91.2 % full" },
    });
  });

  test("a kernel near its limit goes before a machine that is not worse", () => {
    const usage = {
      ...{ time: 0, rssBytes: 3.9 * GIB, treeBytes: null, cores: null },
      ...{ children: 0, threads: 1, gpuBytes: null },
    };
    const kernels = [
      kernelOf(),
      kernelOf({ id: "k2", level: "CRIT", usage, limit: { bytes: 4 * GIB, source: "MEM_LIMIT" } }),
    ];
    expect(bellWords(stateOf({ kernels }), "live")).toMatchObject({
      level: "CRIT",
      text: "CRIT: demo.ipynb has 3.90 of 4.00 GiB",
    });
    const host = hostOf({ level: "CRIT", headline: "Disk is full" });
    expect(bellWords(stateOf({ host, kernels: [kernelOf({ level: "WARN" })] }), "live").text).toBe(
      "CRIT: Disk is full",
    );
  });

  test.each<[ConnectionStatus, RegExp]>([
    ["absent", /pip install gorgon-jupyter/],
    ["other", /reload the page/],
    ["seeking", /Waiting/],
  ])("where the server is %s it knows nothing and says why", (status, why) => {
    const { level, title } = bellWords(null, status);
    expect([level, title]).toEqual(["UNKNOWN", expect.stringMatching(why)]);
  });

  test("is heard when the level changes, not when a number does", () => {
    const { connection, become } = fakeConnection(stateOf());
    const bell = new BellItem(connection, () => undefined);
    const heard = () => bell.node.querySelector("[role=status]")?.textContent;
    expect(heard()).toBe("");
    become(stateOf({ host: hostOf({ headline: "All is well, CPU 4 %" }) }));
    expect(heard()).toBe("");
    become(stateOf({ host: hostOf({ level: "CRIT", headline: "Memory is full" }) }));
    expect(heard()).toBe("Gorgon: CRIT: Memory is full");
  });
});

function fakeConnection(first: JupyterState) {
  const fake = { state: first, status: "live" } as {
    state: JupyterState;
    status: string;
    changed?: Signal<object, void>;
  };
  const changed = new Signal<object, void>(fake);
  fake.changed = changed;
  const become = (state: JupyterState): void => {
    fake.state = state;
    changed.emit();
  };
  return { connection: fake as unknown as Connection, become };
}

const HOSTILE = `<img src=x onerror="alert(1)"><script>alert(2)</script>\u202Egnp`;

describe("texts of others", () => {
  test("in the panel are texts: of levels, alerts, kernels, deaths and notes", () => {
    const usage = {
      ...{ time: 0, rssBytes: MIB, treeBytes: null, cores: null },
      ...{ children: 0, threads: 1, gpuBytes: null },
    };
    const alerts = [{ id: "a", title: HOSTILE, level: "WARN", since: START, endedAt: null, message: HOSTILE } as const];
    const levels = [
      { id: "l", title: HOSTILE, level: "OK", value: 0.5, unit: "1", detail: HOSTILE, points: [[START, 0.5]] } as const,
    ];
    const kernels = [
      kernelOf({ path: HOSTILE, usage, limit: { bytes: GIB, source: HOSTILE }, guard: { ...guard, reason: HOSTILE } }),
    ];
    const state = stateOf({
      ...{ host: hostOf({ node: HOSTILE, headline: HOSTILE, alerts, levels }), kernels },
      ...{ deaths: [deathOf({ sentence: HOSTILE, path: HOSTILE })], notes: [HOSTILE, HOSTILE] },
    });
    const nothing = { answer: () => undefined, why: () => undefined, open: () => undefined };
    const { node } = new BellPanel(fakeConnection(state).connection, nothing);
    expect(node.querySelectorAll("img, script")).toHaveLength(0);
    expect(node.textContent).toContain("<img src=x onerror=");
    expect(node.textContent).not.toContain("\u202E");
  });

  test("in a record of an opened file are texts, and short", () => {
    const record = runOf({ label: HOSTILE, hash: HOSTILE }, 0, {
      ...{ outcome: "error", error: HOSTILE.repeat(400), notes: Array<string>(5000).fill(HOSTILE.repeat(50)) },
      limit: { bytes: GIB, source: HOSTILE, share: 4 },
      gpus: [{ index: 0, name: HOSTILE, scope: "device", source: HOSTILE, ...peaks() }],
    });
    const element = recordElement(record, { values: DEFAULTS });
    expect(element.querySelectorAll("img, script")).toHaveLength(0);
    expect(element.textContent.length).toBeLessThan(15_000);
    expect(element.querySelectorAll("li").length).toBeLessThan(20);
  });

  test.each([
    null,
    "text",
    42,
    [],
    {},
    { v: 2 },
    { v: 1, id: "x", kernel: { pid: -1 } },
    { v: 1, id: {}, kernel: { pid: 1, startedAt: 1 }, startedAt: "now", endedAt: [] },
  ])("what is no record is said to be none: %j", (value) => {
    const element = recordElement(value, { values: DEFAULTS });
    expect(element.textContent).toMatch(/has not the form of one/);
    expect(element.querySelector("table")).toBeNull();
  });

  test("a record with wrong parts shows the parts that are right", () => {
    const wild = {
      ...runOf({ id: "a" }),
      measures: {
        wallMs: { value: "1", quality: "exact" },
        cpuMs: { value: 5, quality: "exact" },
        __proto__: { x: 1 },
      },
    };
    const element = recordElement({ ...wild, gpus: "none", notes: { length: 9 }, limit: 7 }, { values: DEFAULTS });
    expect(element.querySelector("table")?.textContent).toContain("CPU time5 ms");
  });
});

function peaks() {
  const known = { value: GIB, quality: "sampled" } as const;
  return { peakBytes: known, deltaBytes: known };
}

describe("who is interrupted", () => {
  const [kernels, paths] = [new Set(["kernel-1"]), new Set(["work/demo.ipynb"])];

  test("those with the notebook open, by its kernel or by its path", () => {
    expect(isShown(deathOf(), kernels, new Set())).toBe(true);
    expect(isShown(deathOf({ kernelId: "gone" }), new Set(), paths)).toBe(true);
    expect(isShown(deathOf({ kernelId: "other", path: "other.ipynb" }), kernels, paths)).toBe(false);
    expect(isShown(deathOf({ kernelId: "other", path: "" }), kernels, new Set([""]))).toBe(false);
  });

  test("nobody for a kernel that was asked to end", () => {
    expect(isShown(deathOf({ cause: "ended" }), kernels, paths)).toBe(false);
  });

  test("of a frozen kernel once, for as long as it is frozen", () => {
    const frozen = kernelOf({ guard });
    expect(frozenChange(new Set(), [frozen]).fresh).toEqual([frozen]);
    expect(frozenChange(new Set(["kernel-1"]), [frozen])).toEqual({ fresh: [], over: [] });
    expect(frozenChange(new Set(["kernel-1"]), [kernelOf()])).toEqual({ fresh: [], over: ["kernel-1"] });
  });
});

describe("what is set", () => {
  test("is taken in people's units, and a wrong value is its default", () => {
    expect(
      valuesOf({
        show: ["memory", "nonsense", "time"],
        minWall: 0.5,
        warn: 60,
        crit: 300,
        measure: "python",
        persist: true,
      }),
    ).toEqual({
      ...{
        show: ["time", "memory"],
        minWallMs: 500,
        shares: { warn: 0.6, crit: 0.95 },
        measure: "python",
        persist: true,
      },
    });
    expect(valuesOf({ show: "all", minWall: -1, warn: null, measure: "r", persist: "yes" })).toEqual(DEFAULTS);
  });

  test("has in Lab's schema the same defaults and choices", () => {
    const file = path.join(import.meta.dirname, "..", "schema", "options.json");
    const { properties } = JSON.parse(readFileSync(file, "utf8")) as {
      properties: Record<string, { default: unknown }>;
    };
    const defaults = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, one.default]));
    expect(valuesOf(defaults)).toEqual(DEFAULTS);
  });
});

/** Units, levels and product names. */
const DATA =
  /^(B|KiB|MiB|GiB|s|ms|min|CPU|GPU|WARN|CRIT|OK|UNKNOWN|Gorgon|demo\.ipynb|work|devbox|SIGKILL|AM|PM|Nov|python3)$/;

test("in another language no English is left", () => {
  const file = path.join(import.meta.dirname, "..", "..", "l10n", "bundle.l10n.json");
  config({ contents: pseudoBundle(Object.keys(JSON.parse(readFileSync(file, "utf8")) as object)) });
  const state = stateOf({
    host: hostOf({
      headline: "",
      levels: [{ id: "l", title: "CPU", level: "OK", value: 0.5, unit: "1", detail: "", points: [] }],
    }),
    kernels: [kernelOf(), kernelOf({ id: "k2", local: false, guard: { ...guard, reason: "" } })],
    deaths: [deathOf({ sentence: "", mend: "", evidence: [], path: "" })],
  });
  const nothing = { answer: () => undefined, why: () => undefined, open: () => undefined };
  const { node } = new BellPanel(fakeConnection(state).connection, nothing);
  const footer = new CellFooter({ answer: () => undefined, leave: () => undefined });
  footer.draw(inputOf({ cost: costOf(runOf({ id: "a" }, 0, { limit: null })) }, { name: "" }));
  footer.node.querySelector<HTMLButtonElement>(".jp-Gorgon-line")?.click();
  const refused = recordElement({}, { values: DEFAULTS });
  const texts = [node, footer.node, refused].flatMap((one) =>
    [...one.querySelectorAll("*")].filter((each) => each.childElementCount === 0).map((each) => each.textContent),
  );
  expect(texts.flatMap((text) => strays(text).filter((word) => !DATA.test(word)))).toEqual([]);
});
