/** The dashboard's tabs in a real Chromium: keyboard, questions and their answers, and what axe finds in every state. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dashboardHtml } from "../../extension/dashboard/html.ts";
import { type DashboardSnapshot, type FromDashboard, TABS } from "../../protocol/messages/webview.ts";
import { sampleHistoryOfAlerts, sampleSettings } from "../../webview/preview/alerts.ts";
import { sampleSnapshot } from "../../webview/preview/sample.ts";
import { type Served, serveDashboard } from "../../webview/preview/serve.ts";
import { hostileSnapshot, manyAlerts, pinnedSnapshot, unknownSnapshot } from "../../webview/preview/states.ts";
import { THEMES } from "../../webview/preview/themes.ts";
import { send, usePages } from "./pages.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const PICTURES = path.join(import.meta.dirname, "../artifacts/dashboard");

let served: Served;
const pages = usePages();

beforeAll(async () => {
  served = await serveDashboard(THEMES.dark, dashboardHtml);
});

afterAll(async () => {
  await served.close();
});

async function openPage(query: string, answers: object = {}): Promise<Page> {
  const now = Date.now();
  const page = pages.watch(
    await pages.browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" }),
    { console: true },
  );
  const all = { alerts: sampleHistoryOfAlerts(now), settings: sampleSettings(), ...answers };
  await page.addInitScript(`window.answers = ${JSON.stringify(all)}`);
  await page.goto(`${served.url}${query}`);
  return page;
}

const crit = (): DashboardSnapshot => sampleSnapshot({ now: Date.now(), story: "crit" });

/** The questions that the page asked, of one kind. */
async function asked(page: Page, kind: string): Promise<unknown[]> {
  const posted: FromDashboard[] = await page.evaluate("window.posted");
  return posted.flatMap((one) => (one.type === "question" && one.question.ask === kind ? [one.question] : []));
}

describe("tabs", () => {
  it("are gone through with arrow keys, Home and End, and keep the focus", async () => {
    const page = await openPage("");
    await send(page, crit());
    await page.getByRole("tab", { name: "Overview" }).focus();
    for (const [key, name] of [
      ["ArrowRight", "Explore"],
      ["End", "About"],
      ["ArrowRight", "Overview"],
      ["ArrowLeft", "About"],
      ["Home", "Overview"],
    ] as const) {
      await page.keyboard.press(key);
      const tab = page.getByRole("tab", { name });
      await expect.poll(() => tab.getAttribute("aria-selected")).toBe("true");
      expect(await page.locator(":focus").getAttribute("data-tab")).toBe(name.toLowerCase());
      expect(await page.getByRole("tabpanel").count()).toBe(1);
    }
    expect(await page.evaluate("window.savedState.tab")).toBe("overview");
    expect(await page.getByRole("tab", { name: "Alerts 5 open" }).count()).toBe(1);
  });

  it("come back as they were, and follow a wish of the extension", async () => {
    const page = await openPage("?tab=about");
    await send(page, crit());
    await page.getByRole("tabpanel", { name: "About" }).waitFor();
    await send(page, { type: "show", tab: "alerts" });
    await page.getByRole("tabpanel", { name: /^Alerts/ }).waitFor();
    // Not a tab of ours: nothing happens.
    await send(page, { type: "show", tab: "<img>" });
    await page.getByRole("tabpanel", { name: /^Alerts/ }).waitFor();
  });
});

describe("alerts", () => {
  it("stand by level, with what follows from what under its cause", async () => {
    const page = await openPage("?tab=alerts");
    await send(page, crit());
    const critical = page.getByRole("region", { name: "Critical" });
    await expect.poll(() => critical.locator(".row-title").allTextContents()).toEqual(["Memory", "Memory pressure"]);
    expect(await critical.textContent()).toContain("Follows from Memory");
    expect(await page.locator("[data-alert=a-backup]").textContent()).toContain("Silenced by ada for");
    expect(await page.locator("[data-alert=a-over] vscode-button").count()).toBe(0);
  });

  it("are acknowledged; a refusal is said in words and can be put away", async () => {
    const refusal = "The leading window does not answer. Try again in a moment.";
    const page = await openPage("?tab=alerts", { acknowledge: { refuse: refusal } });
    await send(page, crit());
    await page
      .locator("[data-alert=a-memory]")
      .getByRole("button", { name: /^Acknowledge/ })
      .click();
    const trouble = page.locator("[data-part=trouble]");
    await expect.poll(() => trouble.textContent()).toContain(refusal);
    expect(await asked(page, "acknowledge")).toEqual([{ ask: "acknowledge", alert: "a-memory", undo: false }]);
    await trouble.getByRole("button", { name: /^Dismiss/ }).click();
    expect(await trouble.isVisible()).toBe(false);
  });

  it("are silenced by keyboard alone, with a preview of what is covered", async () => {
    const page = await openPage("?tab=alerts", { silence: { result: null } });
    await send(page, crit());
    const button = page.locator("[data-alert=a-latency]").getByRole("button", { name: /^Silence/ });
    await button.focus();
    await page.keyboard.press("Enter");
    const form = page.getByRole("dialog", { name: "Silence Query latency" });
    await form.waitFor();
    const preview = page.locator("[data-part=silence-preview]");
    expect(await preview.textContent()).toBe("Covers 1 open alert: Query latency.");
    await form.getByRole("textbox", { name: "rule" }).fill("*");
    for (const key of ["team", "database"]) {
      await form.getByRole("checkbox", { name: `${key} must fit` }).focus();
      await page.keyboard.press("Space");
    }
    await expect.poll(() => preview.textContent()).toMatch(/^Covers 6 open alerts: /);
    await form.getByRole("checkbox", { name: "rule must fit" }).uncheck();
    expect(await preview.textContent()).toContain("Tick at least one line");
    await form.getByRole("checkbox", { name: "rule must fit" }).check();
    await form.getByRole("combobox", { name: "For how long" }).selectOption("4 hours");
    await form.getByRole("textbox", { name: "Comment, for others" }).fill("migration");
    await page.keyboard.press("Enter");
    await form.waitFor({ state: "hidden" });
    const [question] = (await asked(page, "silence")) as {
      silence: { matchers: object; endsAt: number; comment: string };
    }[];
    expect(question?.silence).toMatchObject({ matchers: { rule: "*" }, comment: "migration" });
    expect((question?.silence.endsAt ?? 0) - Date.now()).toBeGreaterThan(3.9 * 3_600_000);
    // Escape leaves everything as it was, and the focus goes back.
    await button.focus();
    await page.keyboard.press("Enter");
    await form.waitFor();
    await page.keyboard.press("Escape");
    await form.waitFor({ state: "hidden" });
    expect(await asked(page, "silence")).toHaveLength(1);
  });

  it("cannot be changed where the workspace is not trusted, which is said", async () => {
    const page = await openPage("?tab=alerts");
    await send(page, { ...crit(), mayAct: false });
    await page.locator("[data-part=untrusted]").waitFor();
    const acknowledge = page.locator("[data-alert=a-memory] vscode-button").first();
    expect(await acknowledge.getAttribute("disabled")).not.toBeNull();
    expect(await acknowledge.getAttribute("title")).toContain("not trusted");
    await page.getByRole("button", { name: /^Manage Trust/ }).click();
    await expect.poll(() => page.evaluate("window.posted")).toContainEqual({ type: "command", command: "trust" });
  });

  it("have a history that is gone through with the arrow keys, and a table of it", async () => {
    const page = await openPage("?tab=alerts");
    await send(page, crit());
    const bars = page.getByRole("listbox").getByRole("option");
    await bars.first().waitFor();
    await bars.first().focus();
    const first = await page.locator("[data-part=bar-detail]").textContent();
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => page.locator("[data-part=bar-detail]").textContent()).not.toBe(first);
    expect(await page.locator(":focus").getAttribute("aria-selected")).toBe("true");
    await page.getByRole("radio", { name: "7 d" }).click();
    await expect.poll(async () => (await asked(page, "alerts")).length).toBeGreaterThan(1);
    await page.getByRole("button", { name: "The history as a table" }).click();
    const table = page.getByRole("table", { name: "Alerts, newest first" });
    await table.waitFor();
    expect(await table.getByRole("row").count()).toBeGreaterThan(20);
  });

  it("say why there is no history, and ask again when wished", async () => {
    const page = await openPage("?tab=alerts", { alerts: { refuse: "The store is closed." } });
    await send(page, crit());
    const history = page.locator("[data-part=alert-history]");
    await expect.poll(() => history.textContent()).toContain("The store is closed.");
    await page.evaluate("window.answers.alerts = []");
    await history.getByRole("button", { name: /^Try Again/ }).click();
    await expect.poll(() => history.textContent()).toContain("No alert in the last 24 hours.");
  });
});

describe("the rest", () => {
  it("takes a pinned chart off the overview", async () => {
    const page = await openPage("");
    await send(page, pinnedSnapshot(Date.now()));
    const button = page.locator("[data-part=pinned]").getByRole("button", { name: /^Take gorgon.cpu.busy/ });
    await button.click();
    await expect.poll(() => page.evaluate("window.posted")).toContainEqual({ type: "unpin", id: "pin-2" });
    await send(page, crit());
    await page.locator("[data-part=pinned]").waitFor({ state: "hidden" });
  });

  it("finds settings by words, with where each came from", async () => {
    const page = await openPage("?tab=about");
    await send(page, crit());
    const table = page.getByRole("table", { name: "Settings in force" });
    await table.waitFor();
    await page.getByRole("searchbox", { name: "Search" }).fill("user file");
    await expect.poll(() => table.getByRole("rowheader").allTextContents()).toEqual(["bell.memory.crit"]);
    expect(await table.textContent()).toContain("/home/ada/.config/gorgon/gorgon.yaml");
  });

  it.each(["overview", "alerts", "about"])("shows hostile texts as the text they are: %s", async (tab) => {
    const page = await openPage(`?tab=${tab}`);
    await send(page, hostileSnapshot(Date.now()));
    await page.getByRole("heading", { level: 1 }).waitFor();
    await expect.poll(() => page.locator(".page").textContent()).toContain("<img src=x");
    expect(await page.locator(".page img").count()).toBe(0);
    expect(await page.evaluate("window.broken")).toBeUndefined();
    const text = await page.locator(".page").innerText();
    for (const unseen of ["\u0000", "\u0007", "\u001b", "\u202e"]) expect(text).not.toContain(unseen);
    // Nothing on the page is endless.
    expect(text.length).toBeLessThan(40_000);
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
  });

  it("paints first within 300 ms", async () => {
    const page = await openPage("");
    const times: number[] = [];
    const paints = (): Promise<number[]> =>
      page.evaluate("performance.getEntriesByName('first-contentful-paint').map((one) => one.startTime)");
    // What else the machine does can only add to it: the best of a few is the page's own.
    for (let load = 0; load < 8; load += 1) {
      await page.reload();
      await expect.poll(async () => (await paints()).length).toBe(1);
      times.push(...(await paints()));
    }
    expect(Math.min(...times)).toBeLessThan(300);
  });
});

/** What a page may be in. */
const STATES: Readonly<Record<string, (now: number) => DashboardSnapshot | null>> = {
  calm: (now) => sampleSnapshot({ now }),
  warn: (now) => sampleSnapshot({ now, story: "warn" }),
  crit: (now) => sampleSnapshot({ now, story: "crit" }),
  unknown: unknownSnapshot,
  waiting: () => null,
  down: (now) => ({ ...sampleSnapshot({ now }), worker: { status: "down", reason: "It ended with signal SIGKILL" } }),
  many: (now) => manyAlerts(now, 30),
  hostile: hostileSnapshot,
  pinned: pinnedSnapshot,
  untrusted: (now) => ({ ...sampleSnapshot({ now, story: "crit" }), mayAct: false }),
};

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
}

describe.each(Object.keys(THEMES) as (keyof typeof THEMES)[])("in %s", (name) => {
  it.each(Object.keys(STATES))("axe finds nothing serious on any tab: %s", async (state) => {
    const page = await openPage("");
    await page.evaluate(`window.applyTheme(${JSON.stringify(THEMES[name])})`);
    await page.evaluate(AXE);
    const snapshot = STATES[state]?.(Date.now()) ?? null;
    if (snapshot !== null) await send(page, snapshot);
    const found: string[] = [];
    for (const tab of TABS) {
      await send(page, { type: "show", tab });
      await page.locator(`[data-tab=${tab}][aria-selected=true]`).waitFor();
      // Kept for people to look at: every tab, state and theme.
      await page.screenshot({ path: path.join(PICTURES, `${tab}-${state}-${name}.png`) });
      const violations = await page.evaluate<Finding[]>(
        "axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)",
      );
      for (const { id, impact, nodes } of violations) {
        if (impact !== "serious" && impact !== "critical") continue;
        found.push(
          `${tab} ${id}: ${nodes
            .slice(0, 3)
            .map((one) => `${one.target.join(" ")} ${one.failureSummary}`)
            .join(" | ")}`,
        );
      }
    }
    expect(found).toEqual([]);
  });
});
