/**
 * The dashboard in a language that nobody speaks, in a real Chromium: what is not in it was never translated. Whatever
 * the worker says is marked as data; the few texts that are the same in every language are listed with the reason.
 */
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DashboardSnapshot, TABS } from "../../protocol/messages/webview.ts";
import { pseudoBundle, wordsIn } from "../../scripts/words.ts";
import { EMPTY_STATE, type ExploreState, withSeries, withUnit } from "../../webview/explore/state.ts";
import { sampleHistoryOfAlerts, sampleSettings } from "../../webview/preview/alerts.ts";
import { type ExploreBundle, bundleExplore, openExplore } from "../../webview/preview/explore-open.ts";
import { type ExplorePage, sampleAsk } from "../../webview/preview/explore-sample.ts";
import { sampleSnapshot } from "../../webview/preview/sample.ts";
import { type Served, serveDashboard } from "../../webview/preview/serve.ts";
import { manyAlerts, pinnedSnapshot, unknownSnapshot } from "../../webview/preview/states.ts";
import { THEMES } from "../../webview/preview/themes.ts";
import { send, usePages } from "./pages.ts";
import { RECORD_PAINTING, expectTranslated, untranslated } from "./untranslated.ts";

const MINUTE = 60_000;
/** Sentences of other European languages are longer than English ones by about as much. */
const LONGER = 0.3;
const WORDS = pseudoBundle(wordsIn(path.resolve(import.meta.dirname, "../..")).messages, LONGER);
const VIEWPORT = { width: 800, height: 900 };

/** Fields of the worker's messages that hold texts; ids and enumerations are none. */
const DATA_FIELDS: readonly string[] = [
  ...["headline", "title", "reason", "message", "text", "cause", "note", "author", "by", "comment", "description"],
  ...["hostname", "os", "kernel", "cpuModel", "virtualization", "limitedBy", "name", "detail", "path", "where"],
  ...["key", "value", "source", "origin", "sensor", "crab"],
];
/** Records whose values, whatever their names, are texts of users. */
const DATA_RECORDS: readonly string[] = ["labels", "matchers"];

/** The same value with the worker's texts in ⟨angles⟩, so that they are told from the page's own. */
function asData<T>(value: T, ...fields: readonly string[]): T {
  const marked = (one: unknown, field: string, inRecord: boolean): unknown => {
    if (typeof one === "string") return one !== "" && (inRecord || fields.includes(field)) ? `⟨${one}⟩` : one;
    if (Array.isArray(one)) return one.map((each) => marked(each, field, inRecord));
    if (typeof one !== "object" || one === null) return one;
    const record = DATA_RECORDS.includes(field);
    return Object.fromEntries(Object.entries(one).map(([key, each]) => [key, marked(each, key, record)]));
  };
  // Only texts were replaced, by texts.
  return marked(value, "", false) as T;
}

let served: Served;
let bundle: ExploreBundle;
const pages = usePages();

beforeAll(async () => {
  served = await serveDashboard(THEMES.dark, undefined, WORDS);
  bundle = await bundleExplore();
});

afterAll(async () => {
  await served.close();
});

const REFUSAL = "⟨The leading window does not answer. Try again in a moment.⟩";

async function openPage(query: string, answers: object = {}): Promise<Page> {
  const page = pages.watch(
    await pages.browser.newPage({ viewport: VIEWPORT, reducedMotion: "reduce", locale: "en-GB" }),
  );
  const withoutOrigin = DATA_FIELDS.filter((field) => field !== "origin");
  const all = {
    alerts: asData(sampleHistoryOfAlerts(Date.now()), ...DATA_FIELDS),
    settings: asData(sampleSettings(), ...withoutOrigin),
    acknowledge: { refuse: REFUSAL },
    ...answers,
  };
  await page.addInitScript(`${RECORD_PAINTING} window.answers = ${JSON.stringify(all)}`);
  await page.goto(`${served.url}${query}`);
  return page;
}

function changed(base: DashboardSnapshot, change: Partial<NonNullable<DashboardSnapshot["state"]>>): DashboardSnapshot {
  return base.state === null ? base : { ...base, state: { ...base.state, ...change } };
}

/** Something is wrong with everything that is said beside the values. */
function troubled(now: number): DashboardSnapshot {
  const base = sampleSnapshot({ now, story: "crit", gpus: 3 });
  if (base.state === null) return base;
  const { history, rate, role, sensors } = base.state;
  const problem = { source: "user file", key: "interval", value: "0", message: "It is above 0; 2 s stays in force" };
  return {
    ...changed(base, {
      history: { ...history, mode: "memory", reason: "there is no node:sqlite" },
      rate: { ...rate, intervalMs: 10_000, reason: "nobody looks" },
      role: role === null ? null : { ...role, role: "alone", reason: "the folder cannot be locked" },
      sensors: sensors.map((sensor, index) =>
        index < 2 ? { ...sensor, ok: false, reason: index === 0 ? "" : "no" } : sensor,
      ),
      problems: [problem, problem],
    }),
    muted: ["disk", "memory"],
  };
}

/** Nothing was sensed, kept or judged yet. */
function bare(now: number): DashboardSnapshot {
  const base = sampleSnapshot({ now });
  if (base.state === null) return base;
  const { bell } = base.state;
  const empty = { cpu: [], memory: [], disk: [], network: [], gpu: [], pressure: [] };
  return {
    ...changed(base, { bell: { ...bell, verdicts: [] }, processes: null, sensors: [], role: null }),
    history: { from: now - 15 * MINUTE, to: now, step: 2000, ...empty },
  };
}

/** What the page may be in. Null: nothing has come yet. */
const STATES: Readonly<Record<string, (now: number) => DashboardSnapshot | null>> = {
  calm: (now) => sampleSnapshot({ now }),
  warn: (now) => sampleSnapshot({ now, story: "warn", range: 60 }),
  crit: (now) => sampleSnapshot({ now, story: "crit" }),
  unknown: unknownSnapshot,
  waiting: () => null,
  starting: (now) => ({
    ...sampleSnapshot({ now }),
    state: null,
    history: null,
    worker: { status: "starting", reason: "" },
  }),
  down: (now) => ({ ...sampleSnapshot({ now }), worker: { status: "down", reason: "" } }),
  stale: (now) => changed(sampleSnapshot({ now }), { time: now - 14_000 }),
  many: (now) => manyAlerts(now, 30),
  pinned: pinnedSnapshot,
  untrusted: (now) => ({ ...sampleSnapshot({ now, story: "crit" }), mayAct: false }),
  troubled,
  bare,
};

/** What a state is recognised by, where it is not the first thing to be seen. */
const PHASES: Readonly<Record<string, string>> = {
  waiting: "loading",
  starting: "loading",
  down: "down",
  stale: "stale",
};

describe("in a language that nobody speaks", () => {
  it.each(Object.keys(STATES))("every tab is in it, and has room for it: %s", async (state) => {
    const page = await openPage("");
    const snapshot = STATES[state]?.(Date.now()) ?? null;
    if (snapshot !== null) await send(page, asData(snapshot, ...DATA_FIELDS));
    const phase = PHASES[state] ?? "live";
    await expect.poll(() => page.locator(".page").getAttribute("data-phase")).toBe(phase);
    for (const tab of TABS) {
      await send(page, { type: "show", tab });
      await page.locator(`[data-tab=${tab}][aria-selected=true]`).waitFor();
      if (tab === "alerts" && phase === "live")
        await page.locator("[data-part=alert-history] .strip").first().waitFor();
      if (tab === "about" && phase === "live") await page.getByText("bell.memory.crit").waitFor();
      await expectTranslated(page);
    }
  });

  it("the charts' tables and pointers are in it", async () => {
    const page = await openPage("");
    await send(page, asData(STATES["warn"]?.(Date.now()), ...DATA_FIELDS));
    const chart = page.locator("[data-part=plot-load] canvas");
    await chart.hover({ position: { x: 200, y: 60 } });
    await page.locator(".readout").first().waitFor();
    await page.locator("[data-part=plot-network] vscode-button").click();
    await page.locator("[data-part=plot-network] table").waitFor();
    await expectTranslated(page);
  });

  it("the form that silences is in it, whatever it says", async () => {
    const page = await openPage("?tab=alerts", { silence: { refuse: REFUSAL } });
    await send(page, asData(STATES["crit"]?.(Date.now()), ...DATA_FIELDS));
    await page.locator("[data-alert=a-latency] vscode-button").nth(1).click();
    const form = page.getByRole("dialog");
    await form.waitFor();
    await expectTranslated(page);
    await form.getByRole("textbox").first().fill("");
    await expectTranslated(page);
    for (const tick of await form.getByRole("checkbox").all()) await tick.uncheck();
    await expectTranslated(page);
    await form.getByRole("checkbox").first().check();
    await form.getByRole("textbox").first().fill("*");
    await expectTranslated(page);
    await page.keyboard.press("Enter");
    await form.getByText(REFUSAL).waitFor();
    await expectTranslated(page);
  });

  it("what goes wrong is said in it", async () => {
    const page = await openPage("?tab=alerts", { alerts: { refuse: REFUSAL }, settings: { refuse: REFUSAL } });
    await send(page, asData(STATES["crit"]?.(Date.now()), ...DATA_FIELDS));
    await page.locator("[data-part=alert-history]").getByText(REFUSAL).waitFor();
    await page.locator("[data-alert=a-memory] vscode-button").first().click();
    await page.locator("[data-part=trouble]").getByText(REFUSAL).waitFor();
    await expectTranslated(page);
    await send(page, { type: "show", tab: "about" });
    await page.locator("[data-part=settings]").getByText(REFUSAL).waitFor();
    await expectTranslated(page);
  });

  it("the history's table, and a search without a find, are in it", async () => {
    const page = await openPage("?tab=alerts");
    await send(page, asData(STATES["crit"]?.(Date.now()), ...DATA_FIELDS));
    await page.locator("[data-part=alert-history] .strip").first().waitFor();
    await page.locator("[data-part=alert-history] .card-top vscode-button").click();
    await page.locator("[data-part=alert-history] table").waitFor();
    await expectTranslated(page);
    await page.evaluate("window.answers.alerts = []");
    for (const span of ["1 h", "7 d"]) {
      await page.getByRole("radio", { name: span }).click();
      await page.locator("[data-part=alert-history] .none").waitFor();
      await expectTranslated(page);
    }
    await send(page, { type: "show", tab: "about" });
    await page.getByRole("searchbox").fill("12345");
    await page.locator("[data-part=settings] .none").waitFor();
    await expectTranslated(page);
  });
});

describe("in that language Explore", () => {
  const NOW = Date.UTC(2026, 10, 22, 12, 34, 56);
  const ask = sampleAsk({ now: () => NOW, cores: 4 });
  /** Rules' titles, what happened, and values of attributes: all said by the worker. */
  const said = [
    ...["CPU is busy", "Epoch 3 ended", "coretemp Package id 0", `<img src=x onerror="window.broken=1">`],
    ...["▲ Memory ", "◆ Memory ", "▲ Disk ", "◆ Disk ", "eth0", "receive", "transmit"],
  ];
  let data: string[] = [];
  let some: ExploreState = EMPTY_STATE;
  let every: ExploreState = EMPTY_STATE;

  beforeAll(async () => {
    const { series } = await ask({ ask: "series", search: "", limit: 100 });
    data = [...said, ...series.map((one) => one.description)].sort((a, b) => b.length - a.length);
    every = series.reduce<ExploreState>((before, one) => withSeries(before, one), EMPTY_STATE);
    const few = series.filter((one) => one.metric === "gorgon.cpu.busy" || one.metric === "system.network.io");
    some = few.reduce<ExploreState>((before, one) => withSeries(before, one), EMPTY_STATE);
  });

  async function openOn(told: Partial<ExplorePage>): Promise<Page> {
    const page = await openExplore(pages.browser, bundle, {
      ...{ theme: THEMES.dark, words: WORDS, viewport: VIEWPORT, beforehand: RECORD_PAINTING },
      page: { frozenAt: NOW, ...told },
    });
    return pages.watch(page);
  }

  const status = (page: Page) => page.locator("[data-part=explore-status]");

  it("is in it before anything is chosen, while it searches and when it finds nothing", async () => {
    const page = await openOn({});
    await page.locator("[data-part=explore-empty]").waitFor();
    await expectTranslated(page, data);
    await page.getByRole("combobox").first().fill("eth0");
    await expect.poll(() => page.getByRole("option").count()).toBe(2);
    await expectTranslated(page, data);
    await page.getByRole("combobox").first().fill("12345");
    await page.getByText("12345").waitFor();
    await expectTranslated(page, data);
  });

  it("is in it with charts of every unit, a cursor, a table and a hidden unit", async () => {
    const page = await openOn({ state: withUnit(every, "Cel", false) });
    await expect.poll(() => status(page).textContent()).toContain("Éách póínt");
    await page.locator(".x-surface").first().hover();
    await page.locator(".readout").first().waitFor();
    await page.locator("[data-part=explore-toolbar] .x-end button").first().click();
    await page.locator(".x-work > .plot-table").waitFor();
    await expectTranslated(page, data);
  });

  it("is in it over a month, kept in steps", async () => {
    const page = await openOn({ state: { ...some, window: { live: true, span: 30 * 24 * 60 * MINUTE } } });
    await expect.poll(() => status(page).textContent()).toContain("Párts áré");
    await expectTranslated(page, data);
  });

  it("is in it with the form of a rule and after each deed", async () => {
    const page = await openOn({ state: some });
    await expect.poll(() => status(page).textContent()).toContain("Éách póínt");
    const [copy, save, picture, pin, rule] = (await page.locator(".x-end button").all()).slice(1);
    const done = page.locator("[data-part=explore-done]");
    for (const button of [copy, save, picture, pin]) {
      const before = await done.textContent();
      await button?.click();
      await expect.poll(() => done.textContent()).not.toBe(before);
      await expectTranslated(page, data);
    }
    await rule?.click();
    await page.locator("[data-part=explore-rule]").waitFor();
    await expectTranslated(page, data);
  });

  it("is in it while it waits, when it fails and where rules cannot be added", async () => {
    const waiting = await openOn({ state: some, sample: { silent: true }, mayAct: false });
    await expect.poll(() => status(waiting).textContent()).toContain("Fétchíng");
    await expectTranslated(waiting, data);
    const failing = await openOn({ state: some, sample: { failure: REFUSAL } });
    await expect.poll(() => status(failing).textContent()).toContain(REFUSAL);
    await failing.getByRole("combobox").first().fill("cpu");
    await failing.locator("#x-search-status").getByText(REFUSAL).waitFor();
    await expectTranslated(failing, data);
  });
});

describe("the check itself", () => {
  it("finds an English text beside and inside a translated one, and takes what the worker says", () => {
    expect(untranslated("⟦Wáítíng fór ⟨devbox⟩ ~~⟧", [])).toBe("");
    expect(untranslated("⟦Wáítíng ~~⟧ for it", [])).toBe("for it");
    expect(untranslated("⟦Wáítíng fór the worker ~~⟧", [])).toBe("the");
    expect(untranslated("Memory 96.8 %, CRIT", [])).toContain("Memory");
    expect(untranslated("⟦Mémóry ~~⟧ 96.8 %, CRIT", [])).toBe("");
  });
});
