/**
 * The dashboard in a language that nobody speaks, in a real Chromium: what is not in it was never translated. Whatever
 * the worker says is marked as data; the few texts that are the same in every language are listed with the reason.
 */
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type DashboardSnapshot, TABS } from "../../protocol/messages/webview.ts";
import { PSEUDO_MARKS, pseudoBundle, wordsIn } from "../../scripts/words.ts";
import { EMPTY_STATE, type ExploreState, withSeries, withUnit } from "../../webview/explore/state.ts";
import { sampleHistoryOfAlerts, sampleSettings } from "../../webview/preview/alerts.ts";
import { launchChromium } from "../../webview/preview/browser.ts";
import { type ExploreBundle, bundleExplore, openExplore } from "../../webview/preview/explore-open.ts";
import { type ExplorePage, sampleAsk } from "../../webview/preview/explore-sample.ts";
import { sampleSnapshot } from "../../webview/preview/sample.ts";
import { type Served, serveDashboard } from "../../webview/preview/serve.ts";
import { manyAlerts, pinnedSnapshot, unknownSnapshot } from "../../webview/preview/states.ts";
import { THEMES } from "../../webview/preview/themes.ts";

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

/** Where a text may stand that is the same in every language, and why it is. */
const SAME_EVERYWHERE: readonly { readonly text: RegExp; readonly why: string }[] = [
  { text: /⟨[^⟩⟦⟧]*⟩?/g, why: "what the worker says; it speaks the language by itself" },
  { text: /\b(OK|WARN|CRIT|UNKNOWN)\b/g, why: "levels are words of the protocol, as files and logs have them" },
  { text: /\b(CPU|GPU|IO|Gorgon|CSV|PNG|gorgon\.yaml)\b/g, why: "abbreviations and names" },
  {
    text: /\d ?(%|([KMGT]i)?B(\/s)?|ms|min|s|h|d|°C|\/s)(?!\p{L})/gu,
    why: "numbers with units, by protocol/format.ts",
  },
  { text: /(?<![\p{L}/])(([KMGT]i)?B(\/s)?|ms|min|s|°C)(?![\p{L}])/gu, why: "units beside their numbers" },
  {
    text: /\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|AM|PM|UTC|GMT)\b/g,
    why: "dates, by Intl in the browser's language",
  },
  { text: /[a-z._]+=[^\s,⟦⟧]*/g, why: "attributes with their values, as searches take them" },
  { text: /\b(cpu\.utilization \d user|memory\.(utilization|usage) used)\b/g, why: "series by metric and attributes" },
  { text: /\b[a-z_]+(\.[a-z_]+)+\b/g, why: "names of metrics and attributes" },
  { text: /\/(data|vda1)\b/g, why: "paths" },
  { text: /(?<![\p{L}.])(team|database|path|rule)(?=:|$| múst)/gu, why: "labels' names" },
  { text: /(?<=rúlé )[\w-]+/g, why: "a rule's id" },
  { text: /\beth0 (receive|transmit)\b|\b(cpu busy|io rate)\b/g, why: "series by their attributes and short metrics" },
];

/** What is left of a text that was never translated; empty when all was. */
function untranslated(text: string, data: readonly string[]): string {
  let rest = text;
  for (const known of data) rest = rest.replaceAll(known, "");
  for (const same of SAME_EVERYWHERE) rest = rest.replace(same.text, "");
  let depth = 0;
  let outside = "";
  for (const letter of rest) {
    if (letter === PSEUDO_MARKS[0]) depth += 1;
    else if (letter === PSEUDO_MARKS[1]) depth -= 1;
    else if (depth <= 0) outside += letter;
  }
  // The invented language has no plain vowels: a word with one was put into a sentence untranslated.
  const inside = /(?<!\p{L})[\p{L}]*[aeiouAEIOU]\p{L}*/u.exec(rest);
  return /\p{L}/u.test(outside) ? outside.trim() : (inside?.[0] ?? "");
}

/** Everything that is read or heard on the page now, and what charts have painted. */
const READ = `(() => {
  const texts = new Set(window.painted);
  const visible = (element) => (element.closest("select") ?? element).checkVisibility();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: parent, data } = walker.currentNode;
    if (data.trim() !== "" && parent.closest("script, style") === null && visible(parent)) texts.add(data.trim());
  }
  const names = ["aria-label", "title", "placeholder", "aria-valuetext", "aria-roledescription", "aria-description", "alt"];
  for (const element of document.querySelectorAll("body *")) {
    if (!visible(element)) continue;
    for (const name of names) if (element.hasAttribute(name)) texts.add(element.getAttribute(name));
  }
  return [...texts];
})()`;

/** Elements that stick out of the page, or of the card or button that they are in. */
const STICKING_OUT = `(() => {
  const found = [];
  const clips = (element) => getComputedStyle(element).overflowX !== "visible";
  const inClip = (element, until) => {
    for (let one = element.parentElement; one !== null && one !== until; one = one.parentElement) if (clips(one)) return true;
    return false;
  };
  for (const element of document.querySelectorAll("#app *")) {
    if (!element.checkVisibility({ visibilityProperty: true }) || element.closest("svg, .unseen, .codicon") !== null) continue;
    const box = element.closest(".card, .tile, dialog, button, vscode-button");
    const outer = box === null || box === element ? document.documentElement : box;
    if (inClip(element, outer)) continue;
    const { left, right } = element.getBoundingClientRect();
    const bounds = outer === document.documentElement ? { left: 0, right: innerWidth } : outer.getBoundingClientRect();
    if (right > bounds.right + 1 || left < bounds.left - 1) {
      found.push(element.tagName + "." + element.className + " " + Math.round(right - bounds.right) + " px: " + element.textContent.slice(0, 60));
    }
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page scrolls sideways");
  return found;
})()`;

const RECORD_PAINTING = `
  window.painted = new Set();
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    window.painted.add(String(text));
    return fillText.call(this, text, ...rest);
  };`;

let browser: Browser;
let served: Served;
let bundle: ExploreBundle;
const open: { page: Page; errors: string[] }[] = [];

beforeAll(async () => {
  browser = await launchChromium();
  served = await serveDashboard(THEMES.dark, undefined, WORDS);
  bundle = await bundleExplore();
});

afterAll(async () => {
  await browser.close();
  await served.close();
});

afterEach(async () => {
  for (const { page, errors } of open.splice(0)) {
    expect(errors).toEqual([]);
    expect(await page.evaluate("window.violations")).toEqual([]);
    await page.close();
  }
});

function watched(page: Page): Page {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  open.push({ page, errors });
  return page;
}

const REFUSAL = "⟨The leading window does not answer. Try again in a moment.⟩";

async function openPage(query: string, answers: object = {}): Promise<Page> {
  const page = watched(await browser.newPage({ viewport: VIEWPORT, reducedMotion: "reduce", locale: "en-GB" }));
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

async function send(page: Page, message: unknown): Promise<void> {
  await page.evaluate(`window.postMessage(${JSON.stringify(message)}, "*")`);
}

/** Nothing on the page is in English, and all of it has room. */
async function expectTranslated(page: Page, data: readonly string[] = []): Promise<void> {
  const texts: string[] = await page.evaluate(READ);
  const left = texts.flatMap((text) => {
    const rest = untranslated(text, data);
    return rest === "" ? [] : [{ rest, text }];
  });
  expect(left).toEqual([]);
  expect(texts.some((text) => text.startsWith(PSEUDO_MARKS[0]))).toBe(true);
  expect(await page.evaluate(STICKING_OUT)).toEqual([]);
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
    const page = await openExplore(browser, bundle, {
      ...{ theme: THEMES.dark, words: WORDS, viewport: VIEWPORT, beforehand: RECORD_PAINTING },
      page: { frozenAt: NOW, ...told },
    });
    return watched(page);
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
