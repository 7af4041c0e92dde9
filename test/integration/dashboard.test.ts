/** The dashboard's bundle in a real Chromium, in the extension's own document with its policy. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dashboardHtml } from "../../extension/dashboard/html.ts";
import type { DashboardSnapshot, FromDashboard } from "../../protocol/messages/webview.ts";
import { type SampleOptions, sampleSnapshot } from "../../webview/preview/sample.ts";
import { type Served, serveDashboard } from "../../webview/preview/serve.ts";
import { THEMES } from "../../webview/preview/themes.ts";
import { send, usePages } from "./pages.ts";

const HOSTILE = `<img src=x onerror="window.broken=1">`;
/** DESIGN, Budgets: the dashboard. */
const BUNDLE_BYTES = 350_000;

let served: Served;
const pages = usePages();

beforeAll(async () => {
  served = await serveDashboard(THEMES.dark, dashboardHtml);
});

afterAll(async () => {
  await served.close();
});

async function openPage(query = "", viewport = { width: 1280, height: 800 }): Promise<Page> {
  const page = pages.watch(await pages.browser.newPage({ viewport, reducedMotion: "reduce" }), { console: true });
  await page.goto(`${served.url}${query}`);
  return page;
}

function sample(options: Partial<SampleOptions> = {}): DashboardSnapshot {
  return sampleSnapshot({ now: Date.now(), ...options });
}

async function posted(page: Page): Promise<FromDashboard[]> {
  return page.evaluate("window.posted");
}

/** How many pixels of a chart's canvas are drawn on, and in how many colours. */
async function ink(page: Page, chart: string): Promise<{ pixels: number; colours: number }> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector("[data-part=plot-${chart}] canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set();
    let pixels = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] === 0) continue;
      pixels += 1;
      colours.add(data[at] + "," + data[at + 1] + "," + data[at + 2]);
    }
    return { pixels, colours: colours.size };
  })()`);
}

async function picture(page: Page, chart: string): Promise<string> {
  return page.evaluate(`document.querySelector("[data-part=plot-${chart}] canvas").toDataURL()`);
}

describe("the dashboard", () => {
  it("asks for a snapshot of the remembered range, and draws the charts and tiles from it", async () => {
    const page = await openPage("?range=60");
    expect(await posted(page)).toEqual([{ type: "ready", range: 60 }]);
    await send(page, sample({ range: 60, story: "crit" }));
    await page.getByRole("heading", { name: "Memory is running out: 96.8 %" }).waitFor();
    for (const chart of ["load", "network", "disk"]) {
      await expect.poll(async () => (await ink(page, chart)).pixels).toBeGreaterThan(1000);
      expect((await ink(page, chart)).colours).toBeGreaterThan(5);
    }
    expect(await page.locator("[data-part=tile-memory]").textContent()).toContain("◆ CRIT");
    expect(await page.locator("[data-part=tile-cpu] .trend-line").getAttribute("d")).toMatch(/^M/);
    expect(await page.getByRole("img", { name: /^CPU and memory over 1 h: CPU/ }).count()).toBe(1);
    expect(await page.locator("[data-part=cost]").textContent()).toContain("Gorgon itself: 0.4 % of a core");
  });

  it("moves its values and charts when another snapshot comes", async () => {
    const page = await openPage();
    await send(page, sample({ turn: 0 }));
    const value = page.locator("[data-part=tile-cpu] [data-part=value]");
    await expect.poll(() => value.textContent()).toMatch(/^\d/);
    const before = { text: await value.textContent(), chart: await picture(page, "load") };
    await send(page, sample({ turn: 3 }));
    await expect.poll(() => value.textContent()).not.toBe(before.text);
    expect(await picture(page, "load")).not.toBe(before.chart);
  });

  it("posts the chosen range, remembers it, and says that it is loading", async () => {
    const page = await openPage();
    await send(page, sample());
    await page.getByRole("radio", { name: "24 h" }).click();
    await expect.poll(() => posted(page)).toContainEqual({ type: "range", range: 1440 });
    expect(await page.evaluate("window.savedState")).toEqual({ tab: "overview", range: 1440, explore: null });
    expect(await page.locator("[data-waiting]").count()).toBe(1);
    await send(page, sample({ range: 1440 }));
    await expect.poll(() => page.locator("[data-waiting]").count()).toBe(0);
  });

  it("is worked by keyboard: range, acknowledge and table", async () => {
    const page = await openPage();
    await send(page, sample({ story: "crit" }));
    await page.getByRole("heading", { level: 1, name: /^Memory/ }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => posted(page)).toContainEqual({ type: "range", range: 60 });
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect
      .poll(() => posted(page))
      .toContainEqual({
        ...{ type: "question", id: 1 },
        question: { ask: "acknowledge", alert: "a-memory", undo: false },
      });
    const toggle = page.locator("[data-part=plot-load] vscode-button");
    await toggle.locator("button").focus();
    await page.keyboard.press("Space");
    await page.getByRole("table", { name: "CPU and memory" }).waitFor();
    expect(await page.getByRole("rowheader").allTextContents()).toContain("Memory");
    expect(await page.getByRole("columnheader").allTextContents()).toContain("Highest");
    expect(await toggle.getAttribute("aria-pressed")).toBe("true");
  });

  it("sorts the processes by the heads of their table, by keyboard too", async () => {
    const page = await openPage();
    await send(page, sample());
    const table = page.getByRole("table", { name: "Running processes" });
    const names = (): Promise<string[]> => table.getByRole("rowheader").allTextContents();
    await expect.poll(async () => (await names())[0]).toBe("python3.11 train.py");
    expect(await names()).toHaveLength(8);
    const head = (name: string) => table.getByRole("columnheader", { name });
    expect(await head("Memory").getAttribute("aria-sort")).toBe("descending");
    await table.getByRole("button", { name: "CPU" }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(async () => (await names())[0]).toBe("cc1plus ");
    expect(await head("CPU").getAttribute("aria-sort")).toBe("descending");
    expect(await head("Memory").getAttribute("aria-sort")).toBeNull();
    // The choice stays when new values come.
    await send(page, sample({ turn: 4 }));
    await expect.poll(async () => (await names())[0]).toBe("cc1plus ");
    await table.getByRole("button", { name: "Memory" }).click();
    await expect.poll(async () => (await names())[0]).toBe("python3.11 train.py");
  });

  it("mutes a rule, and offers to unmute it when it is muted", async () => {
    const page = await openPage("?tab=alerts");
    await send(page, sample());
    const button = page.locator("[data-rule=disk] vscode-button");
    await button.click();
    await expect.poll(() => posted(page)).toContainEqual({ type: "mute", rule: "disk", muted: true });
    await send(page, { ...sample(), muted: ["disk"] });
    await expect.poll(() => button.textContent()).toBe("Unmute");
    await button.click();
    await expect.poll(() => posted(page)).toContainEqual({ type: "mute", rule: "disk", muted: false });
  });

  it("says that the worker is down and why, and offers to restart it", async () => {
    const page = await openPage();
    await send(page, { ...sample(), worker: { status: "down", reason: "It ended with signal SIGKILL" } });
    await page.getByRole("heading", { name: "Gorgon's worker is down" }).waitFor();
    expect(await page.locator("[data-part=detail]").textContent()).toContain("It ended with signal SIGKILL.");
    expect(await page.locator(".page").getAttribute("data-faded")).toBe("");
    await page
      .locator(".head")
      .getByRole("button", { name: /^Restart/ })
      .click();
    await expect.poll(() => posted(page)).toContainEqual({ type: "command", command: "restart" });
    await send(page, sample());
    await page.getByRole("heading", { name: "All is well" }).waitFor();
    expect(await page.locator(".page").getAttribute("data-faded")).toBeNull();
  });

  it("greys old values and says for how long there has been no news", async () => {
    const page = await openPage();
    const now = Date.now();
    await page.clock.install({ time: now });
    await page.reload();
    await send(page, sampleSnapshot({ now }));
    await page.getByRole("heading", { name: "All is well" }).waitFor();
    await page.clock.runFor(12_000);
    await page.getByRole("heading", { name: "No news for 12 s" }).waitFor();
    expect(await page.locator(".page").getAttribute("data-faded")).toBe("");
  });

  it("waits in words while the worker starts and while there is no history", async () => {
    const page = await openPage();
    await page.getByRole("heading", { name: "Gorgon is starting" }).waitFor();
    const empty = { from: 0, to: 1, step: 2000, cpu: [], memory: [], disk: [], network: [], gpu: [], pressure: [] };
    await send(page, { ...sample(), history: empty });
    const words = page.locator("[data-part=plot-load] .plot-empty");
    await expect.poll(() => words.textContent()).toBe("Collecting; first points in 2 s.");
    await send(page, sample());
    await words.waitFor({ state: "hidden" });
    expect((await ink(page, "load")).pixels).toBeGreaterThan(1000);
  });

  it("shows hostile names as the text they are", async () => {
    const page = await openPage();
    const base = sample({ story: "warn", mount: HOSTILE, hostname: HOSTILE });
    const { state } = base;
    if (state === null) throw new Error("a sample has a state");
    const problem = { source: HOSTILE, key: HOSTILE, value: HOSTILE, message: HOSTILE };
    const sensors = state.sensors.map((sensor) => ({
      ...sensor,
      ok: false,
      sensor: HOSTILE + sensor.sensor,
      reason: HOSTILE,
    }));
    const processes = {
      time: state.time,
      intervalMs: 10_000,
      rows: (state.processes?.rows ?? []).map((row) => ({ ...row, name: HOSTILE, detail: HOSTILE })),
    };
    await send(page, { ...base, state: { ...state, sensors, processes, problems: [problem] } });
    await page.getByRole("heading", { name: HOSTILE }).waitFor();
    await page.locator("[data-part=plot-disk] vscode-button").click();
    await page.getByRole("rowheader", { name: HOSTILE }).waitFor();
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.evaluate("window.broken")).toBeUndefined();
    expect(await page.locator("[data-part=notice-problems]").textContent()).toContain(HOSTILE);
  });

  it("keeps its size while 2,000 snapshots come", async () => {
    const page = await openPage("?range=1", { width: 800, height: 600 });
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    const measure = async (): Promise<Record<string, number>> => {
      await session.send("HeapProfiler.collectGarbage");
      const { metrics } = await session.send("Performance.getMetrics");
      return Object.fromEntries(metrics.map((metric) => [metric.name, metric.value]));
    };
    const pour = (amount: number): Promise<unknown> =>
      page.evaluate(`(async (amount) => {
        const all = ${JSON.stringify([sample({ turn: 1, range: 1 }), sample({ turn: 2, range: 1, story: "crit" })])};
        for (let sent = 0; sent < amount; sent += 1) {
          const base = all[sent % 2];
          const now = Date.now();
          window.postMessage({ ...base, sentAt: now, state: { ...base.state, time: now, id: String(sent) } }, "*");
          if (sent % 20 === 19) await new Promise((resolve) => setTimeout(resolve));
        }
        await new Promise((resolve) => { const end = new MessageChannel(); end.port1.onmessage = resolve; end.port2.postMessage(0); });
        await new Promise((resolve) => setTimeout(resolve));
      })(${String(amount)})`);
    await pour(100);
    const elements = await page.locator("*").count();
    const before = await measure();
    await pour(2000);
    const after = await measure();
    // The last snapshot may not be drawn yet; what leaked would never go again.
    await expect.poll(() => page.locator("*").count()).toBe(elements);
    // Rows come and go with the snapshots; those that went may not all have been collected before.
    const listeners = async (): Promise<number> => (await measure())["JSEventListeners"] ?? Infinity;
    await expect.poll(listeners).toBeLessThanOrEqual(before["JSEventListeners"] ?? 0);
    expect(Math.abs((after["Nodes"] ?? 0) - (before["Nodes"] ?? 0))).toBeLessThan(50);
    expect((after["JSHeapUsedSize"] ?? 0) - (before["JSHeapUsedSize"] ?? 0)).toBeLessThan(2_000_000);
  }, 120_000);

  it("follows the theme, high contrast included, without being sent anything", async () => {
    const page = await openPage();
    await send(page, sample());
    await expect.poll(async () => (await ink(page, "load")).pixels).toBeGreaterThan(1000);
    for (const theme of [THEMES.light, THEMES["hc-dark"], THEMES["hc-light"]]) {
      const before = await picture(page, "load");
      await page.evaluate(`window.applyTheme(${JSON.stringify(theme)})`);
      await expect.poll(() => picture(page, "load")).not.toBe(before);
    }
  });

  it("works in a plain browser, in the system's light and dark", async () => {
    const page = await openPage("?host=browser");
    expect(await posted(page)).toEqual([{ type: "ready", range: 15 }]);
    await send(page, sample());
    await page.getByRole("heading", { name: "All is well" }).waitFor();
    const background = (): Promise<string> => page.evaluate("getComputedStyle(document.body).backgroundColor");
    await expect.poll(async () => (await ink(page, "load")).pixels).toBeGreaterThan(1000);
    const light = await picture(page, "load");
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await background()).toBe("rgb(31, 31, 31)");
    await expect.poll(() => picture(page, "load")).not.toBe(light);
    const dark = await picture(page, "load");
    await page.emulateMedia({ colorScheme: "light" });
    expect(await background()).toBe("rgb(255, 255, 255)");
    await expect.poll(() => picture(page, "load")).not.toBe(dark);
  });

  it.each([400, 600, 1280])("has no sideways scrolling at %i px, long names included", async (width) => {
    const page = await openPage("", { width, height: 800 });
    const mount = `/mnt/${"a-very-long-volume-name-".repeat(6)}`;
    await send(page, sample({ story: "warn", mount, hostname: "host-".repeat(40) }));
    await page.getByRole("heading", { level: 1, name: /^Disk/ }).waitFor();
    await page.locator("[data-part=plot-disk] vscode-button").click();
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
  });

  it("keeps its bundle within the budget", () => {
    expect(served.bundleBytes).toBeLessThanOrEqual(BUNDLE_BYTES);
  });
});
