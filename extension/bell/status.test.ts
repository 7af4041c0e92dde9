/** What stands in the status bar, in its tooltip, and when the item is touched. */
import { expect, test } from "vitest";
import type { WorkerRole } from "../../protocol/role.ts";
import type { WorkerStatus } from "../worker/worker.ts";
import { HELLO } from "../testing/connection.ts";
import { CALM, stateOf, verdict } from "../testing/states.ts";
import { fakeVscode } from "../testing/vscode.ts";
import { faceOf, type BellView } from "./face.ts";
import { StatusBell } from "./status.ts";
import { tooltipOf } from "./tooltip.ts";

const RUNNING: WorkerStatus = { status: "running", reason: "", hello: HELLO };
const NOW = 1_700_000_120_000;

function view(more: Partial<BellView> = {}): BellView {
  return { worker: RUNNING, state: stateOf(), silentSince: null, muted: [], now: NOW, ...more };
}

const textOf = (shown: BellView): string => tooltipOf(shown).markdown;

function drawn(start: BellView) {
  const fake = fakeVscode();
  const bell = new StatusBell(fake.vs);
  bell.draw(start);
  const [item] = fake.items;
  if (item === undefined) throw new Error("no item");
  return { bell, item, touched: () => item.set.splice(0).map(({ key }) => key) };
}

test("when all is well it says CPU and memory, without colour", () => {
  expect(faceOf(view())).toMatchObject({
    text: "$(gorgon-bell) CPU 12 % · Mem 54 %",
    background: null,
    label: "Gorgon: all is well",
    command: "gorgon.showDashboard",
  });
});

test("one figure takes the room of two, so that the neighbours stand still", () => {
  const state = stateOf();
  const calm = stateOf(CALM, { glance: { ...state.glance, cpu: { busy: 0.04, load1: 0, cores: 1 } } });
  expect(faceOf(view({ state: calm })).text).toContain("CPU \u20074 %");
});

test("a value that is not known is a dash, never 0", () => {
  const state = stateOf();
  const glance = { ...state.glance, cpu: { busy: null, load1: null, cores: 1 } };
  expect(faceOf(view({ state: stateOf(CALM, { glance }) })).text).toContain("CPU –");
});

test("the worst rule is named first, with its level as word and colour and how many others there are", () => {
  const state = stateOf([verdict("cpu", "WARN", 0.72), verdict("memory", "CRIT", 0.912), verdict("disk", "OK", 0.5)]);
  const face = faceOf(view({ state }));
  expect(face.text).toBe("$(gorgon-bell) CRIT Memory 91 % +1");
  expect(face.background).toBe("error");
  expect(face.label).toBe("Gorgon: critical, memory is running out, CPU is busy");
});

test("WARN has the warning colour", () => {
  const state = stateOf([verdict("cpu", "WARN", 0.72)]);
  expect(faceOf(view({ state }))).toMatchObject({ text: "$(gorgon-bell) WARN CPU 72 %", background: "warning" });
});

test("UNKNOWN has the word and no colour", () => {
  const state = stateOf([verdict("cpu", "UNKNOWN", null), verdict("memory", "OK", 0.5)]);
  expect(faceOf(view({ state }))).toMatchObject({
    text: "$(gorgon-bell) UNKNOWN CPU",
    background: null,
    label: "Gorgon: unknown, CPU is not known",
  });
});

test("a rate that cannot be known yet is no alarm right after the start, and UNKNOWN later", () => {
  const first = verdict("cpu", "UNKNOWN", null, { readAt: null });
  const at = (uptimeMs: number) =>
    view({ state: stateOf([first], { self: { ...stateOf().self, uptimeMs }, intervalMs: 2000 }) });
  expect(faceOf(at(1000)).text).toBe("$(gorgon-bell) starting…");
  expect(faceOf(at(6000)).text).toBe("$(gorgon-bell) UNKNOWN CPU");
});

test("the label for those who hear it holds no number", () => {
  for (const level of ["OK", "UNKNOWN", "WARN", "CRIT"] as const) {
    expect(faceOf(view({ state: stateOf([verdict("cpu", level, 0.9)]) })).label).not.toMatch(/\d/);
  }
});

test("a worker that is down is said so, with the way to restart it", () => {
  const worker: WorkerStatus = { status: "down", reason: "It fell over.", mend: "restart" };
  expect(faceOf(view({ worker }))).toMatchObject({
    text: "$(gorgon-bell) Gorgon is down",
    background: "warning",
    command: "gorgon.restartWorker",
  });
  expect(textOf(view({ worker }))).toContain("It fell over\\.");
  expect(textOf(view({ worker }))).toContain("[Restart](command:gorgon.restartWorker)");
});

test("a worker of another release is mended by a reload", () => {
  const worker: WorkerStatus = { status: "down", reason: "Protocol 2.", mend: "reload" };
  expect(textOf(view({ worker }))).toContain("[Reload Window](command:workbench.action.reloadWindow)");
});

test("old numbers are not shown as good news when the worker hangs", () => {
  const silent = view({ silentSince: NOW - 12_000 });
  expect(faceOf(silent)).toMatchObject({ text: "$(gorgon-bell) UNKNOWN", background: null });
  expect(textOf(silent)).toContain("No word for 12 s");
});

test("the tooltip has a row for each rule with value and level, and what Gorgon costs", () => {
  const text = textOf(view({ state: stateOf([...CALM, verdict("swap", "CRIT", 0.95)]) }));
  expect(text).toContain("| CPU | 12\\.0 \\% | &nbsp;&nbsp;OK |");
  expect(text).toContain("| Disk \\/ | 71\\.0 \\% | &nbsp;&nbsp;OK |");
  expect(text).toMatch(/\| swap \| 95\\\.0 \\% \| .*CRIT.* \|/);
  expect(text).toContain("Gorgon itself: 0\\.4 \\% CPU, 71\\.0 MiB, every 2 s");
});

test("a file system is called by where it is mounted; how long it lasts is rounded to what the redraw can keep", () => {
  const attributes = {
    "system.device": "/dev/vda",
    "system.filesystem.mountpoint": "/",
    "system.filesystem.type": "ext4",
  };
  const state = stateOf([verdict("disk", "OK", 0.15, { attributes })]);
  expect(textOf(view({ state }))).toContain("| Disk \\/ | 15");
  expect(textOf(view({ state }))).toContain("OK for 2 min");
  expect(textOf(view({ state, now: state.bell.since + 1 }))).toContain("OK just now");
});

test("the tooltip says why history is not on disk, which sensors are silent, what was refused and what is muted", () => {
  const state = stateOf();
  const text = textOf(
    view({
      muted: ["cpu"],
      state: stateOf(CALM, {
        history: { ...state.history, mode: "memory", reason: "The disk is full." },
        problems: [{ source: "setting", key: "bell.cpu.warn", value: "900", message: "must be 1 to 100" }],
        sensors: [{ crab: "host", sensor: "disk", ok: false, reason: "denied", intervalMs: 1, lastMs: 1, failures: 3 }],
      }),
    }),
  );
  expect(text).toContain("History: in memory only. The disk is full\\.");
  expect(text).toContain("disk: denied");
  expect(text).toContain("`bell.cpu.warn`: must be 1 to 100");
  expect(text).toContain("Muted: CPU");
});

test("the tooltip says which window leads, and warns when this one watches for itself", () => {
  const windows = (role: WorkerRole | null) =>
    /Windows: (.*)/.exec(textOf(view({ state: stateOf(CALM, { role }) })))?.[1] ?? null;
  expect(windows({ worker: "w", role: "leads", leader: 42, since: 0, reason: "" })).toBe("this window leads");
  expect(windows({ worker: "w", role: "follows", leader: 7, since: 0, reason: "" })).toBe(
    "the window of process 7 leads",
  );
  expect(windows({ worker: "w", role: "alone", leader: null, since: 0, reason: "no right" })).toBe(
    "$(warning) this window watches for itself. no right",
  );
  expect(windows(null)).toBeNull();
});

test("hostile names stay text: no link, icon, row or markup comes of them", () => {
  const evil = "[x](command:evil) $(flame) <b>|</b> `code`\n\n# big\n| a | b |";
  const state = stateOf([verdict("disk", "CRIT", 0.99, { attributes: { mount: evil }, reason: evil })]);
  const text = textOf(view({ state: { ...state, bell: { ...state.bell, headline: evil } } }));
  expect(text).not.toContain("](command:evil)");
  expect(text).not.toMatch(/(^|[^\\])\$\(flame\)/);
  expect(text).not.toContain("<b>");
  expect(text).not.toMatch(/^# big/m);
  const row = text.split("\n").find((line) => line.startsWith("| Disk"));
  // Its own four borders and no more: those of the name are escaped.
  expect(row?.match(/(?<!\\)\|/g)).toHaveLength(4);
  const face = faceOf(view({ state: stateOf([verdict("$(flame)", "WARN", 0.8)]) }));
  expect(face.text).not.toContain("$(flame)");
});

test("links may run what they name and no more; while numbers move there are none, or the hover would flicker", () => {
  const down: WorkerStatus = { status: "down", reason: "It fell over.", mend: "reload" };
  for (const shown of [view({ worker: down }), view({ state: null }), view({ silentSince: 0 }), view()]) {
    const { item } = drawn(shown);
    const tooltip = item.now["tooltip"] as { isTrusted?: { enabledCommands: string[] }; value: string };
    const linked = [...tooltip.value.matchAll(/\(command:([\w.]+)\)/g)].map(([, command]) => command);
    for (const command of linked) expect(tooltip.isTrusted?.enabledCommands).toContain(command);
  }
  expect(tooltipOf(view()).commands).toBeNull();
});

test("the item is not touched while what it shows stays the same", () => {
  const { bell, touched } = drawn(view());
  expect(touched()).toContain("text");
  bell.draw(view({ now: NOW + 2000 }));
  const state = stateOf();
  const same = { ...state, glance: { ...state.glance, cpu: { ...state.glance.cpu, busy: 0.1244 } } };
  bell.draw(view({ now: NOW + 4000, state: same }));
  expect(touched()).toEqual([]);
});

test("a number that ticks touches the text alone; the tooltip follows every ten seconds", () => {
  const { bell, touched } = drawn(view());
  touched();
  const state = stateOf();
  const at = (busy: number): Partial<BellView> => ({
    state: stateOf([verdict("cpu", "OK", busy)], { glance: { ...state.glance, cpu: { busy, load1: 0, cores: 1 } } }),
  });
  bell.draw(view({ ...at(0.2), now: NOW + 2000 }));
  expect(touched()).toEqual(["text"]);
  bell.draw(view({ ...at(0.3), now: NOW + 4000 }));
  bell.draw(view({ ...at(0.4), now: NOW + 6000 }));
  expect(touched()).toEqual(["text", "text"]);
  bell.draw(view({ ...at(0.5), now: NOW + 12_000 }));
  expect(touched()).toEqual(["text", "tooltip"]);
});

test("a change of level changes colour, label and tooltip at once", () => {
  const { bell, item, touched } = drawn(view());
  touched();
  bell.draw(view({ state: stateOf([verdict("cpu", "CRIT", 0.95)]), now: NOW + 1 }));
  expect(touched().sort()).toEqual(["accessibilityInformation", "backgroundColor", "text", "tooltip"]);
  expect(item.now["backgroundColor"]).toMatchObject({ id: "statusBarItem.errorBackground" });
  bell.draw(view({ now: NOW + 2 }));
  expect(item.now["backgroundColor"]).toBeUndefined();
});

test("the tooltip says how often it polls, and why not as often as configured", () => {
  const rate = { intervalMs: 10_000, baseMs: 2000, slowestMs: 20_000, reason: "window unfocused" };
  expect(textOf(view({ state: stateOf(CALM, { intervalMs: 10_000, rate }) }))).toContain(
    "every 10 s: window unfocused",
  );
});
