/** Explore in a real Chromium, under the extension's policy, with a made-up worker behind it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { FromDashboard, Question } from "../../protocol/messages/webview.ts";
import type { ExploreState } from "../../webview/explore/state.ts";
import { type ExploreBundle, bundleExplore, openExplore } from "../../webview/preview/explore-open.ts";
import type { ExplorePage } from "../../webview/preview/explore-sample.ts";
import { THEMES } from "../../webview/preview/themes.ts";
import { usePages } from "./pages.ts";

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 10, 22, 12, 34, 56);

let bundle: ExploreBundle;
const pages = usePages();

beforeAll(async () => {
  bundle = await bundleExplore();
});

async function openPage(told: Partial<ExplorePage> = {}): Promise<Page> {
  return pages.watch(
    await openExplore(pages.browser, bundle, { theme: THEMES.dark, page: { frozenAt: NOW, ...told } }),
  );
}

const CPU: ExploreState = {
  series: [{ metric: "gorgon.cpu.busy", attributes: {}, unit: "1", kind: "gauge", slot: 0 }],
  window: { live: true, span: 15 * MINUTE },
  hiddenUnits: [],
};

const asked = (page: Page): Promise<Question[]> => page.evaluate("window.exploreAsked");
const posted = (page: Page): Promise<FromDashboard[]> => page.evaluate("window.explorePosted");
const saved = (page: Page): Promise<ExploreState | null> => page.evaluate("window.exploreSaved");
const chart = (page: Page) => page.locator(".x-surface").first();

/** Pixels of the first chart that are drawn on. */
async function ink(page: Page): Promise<number> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector("[data-part=explore-chart] canvas");
    if (canvas === null) return 0;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.reduce((sum, value, at) => sum + (at % 4 === 3 && value > 0 ? 1 : 0), 0);
  })()`);
}

/** How much is drawn in each column of 8 pixels of the first chart's plot, 0..1, `from` pixels further right. */
async function columnsOf(page: Page, from = 0): Promise<number[]> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector("[data-part=explore-chart] canvas");
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const columns = [];
    for (let left = 64 + ${String(from)}; left + 8 < width - 200; left += 8) {
      let sum = 0;
      for (let y = 16; y < height - 30; y += 1) {
        for (let x = left; x < left + 8; x += 1) sum += data[4 * (y * width + x) + 3];
      }
      columns.push(sum / (8 * (height - 46) * 255));
    }
    return columns;
  })()`);
}

/** The largest difference of two columns. */
function furthest(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, index) => Math.abs(value - (b[index] ?? value))));
}

async function drawn(page: Page): Promise<void> {
  await expect.poll(() => page.locator("[data-part=explore-status]").textContent()).toContain("Each point is");
}

describe("finding series", () => {
  it("works by keyboard: type, move, choose several, close", async () => {
    const page = await openPage();
    await page.getByRole("heading", { name: "Nothing is chosen yet" }).waitFor();
    const field = page.getByRole("combobox", { name: "Find a series" });
    await field.focus();
    await page.keyboard.type("eth0");
    await page.getByText("2 series.").waitFor();
    expect(await field.getAttribute("aria-expanded")).toBe("true");
    await page.keyboard.press("ArrowDown");
    const active = await field.getAttribute("aria-activedescendant");
    expect(await page.locator(`#${active ?? ""}`).textContent()).toContain("receive");
    await page.keyboard.press("Enter");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.getByRole("option", { selected: true }).count()).toBe(2);
    await page.keyboard.press("Escape");
    expect(await field.getAttribute("aria-expanded")).toBe("false");
    await drawn(page);
    expect(await page.locator(".x-chip").count()).toBe(2);
    await expect.poll(() => ink(page)).toBeGreaterThan(1000);
    await expect.poll(async () => (await saved(page))?.series.length).toBe(2);
  });

  it("can begin with a button, and the focus goes on to the chart", async () => {
    const page = await openPage();
    await page.getByRole("button", { name: "Memory" }).click();
    await drawn(page);
    expect(await page.evaluate(`document.activeElement.getAttribute("aria-roledescription")`)).toBe("chart");
    expect(await page.getByRole("listbox").isHidden()).toBe(true);
  });

  it("asks once for what was typed in one go, and shows names as text", async () => {
    const page = await openPage();
    await page.getByRole("combobox").click();
    await page.keyboard.type("filesystem");
    await page.getByText("1 series.").waitFor();
    expect(await page.getByRole("option").textContent()).toContain(`<img src=x onerror="`);
    const searches = (await asked(page)).flatMap((one) => (one.ask === "series" ? [one.search] : []));
    expect(searches).toEqual(["", "filesystem"]);
    expect(await page.evaluate("window.broken")).toBeUndefined();
  });

  it("says in words what it did not find, and what went wrong", async () => {
    const page = await openPage();
    await page.getByRole("combobox").fill("flux capacitor");
    await page.getByText("No series has all of these words: flux capacitor").waitFor();
    const failing = await openPage({ sample: { failure: "The worker is down." } });
    await failing.getByRole("combobox").fill("cpu");
    await failing.getByText("The search failed: The worker is down.").waitFor();
  });
});

describe("the window", () => {
  it("is zoomed and panned by keyboard, asks only for what is missing, and goes back to now", async () => {
    const page = await openPage({ state: CPU });
    await drawn(page);
    await chart(page).focus();
    await page.keyboard.press("-");
    await expect.poll(async () => (await saved(page))?.window).toEqual({ live: true, span: 30 * MINUTE });
    const before = (await asked(page)).length;
    await page.keyboard.press("ArrowLeft");
    await expect.poll(async () => (await saved(page))?.window).toMatchObject({ live: false, to: NOW - 3 * MINUTE });
    await expect.poll(async () => (await asked(page)).length).toBeGreaterThan(before);
    const last = (await asked(page)).findLast((one) => one.ask === "frames");
    const query = last?.queries[0];
    expect((query?.to ?? 0) - (query?.from ?? 0)).toBeLessThanOrEqual(4 * MINUTE);
    await page.keyboard.press("End");
    await expect.poll(async () => (await saved(page))?.window).toEqual({ live: true, span: 30 * MINUTE });
  });

  it("is drawn with the mouse, and zoomed by the wheel with Ctrl", async () => {
    const page = await openPage({ state: CPU });
    await drawn(page);
    const box = await chart(page).boundingBox();
    if (box === null) throw new Error("There is no chart.");
    await page.mouse.move(box.x + 300, box.y + 100);
    await page.mouse.down();
    await page.mouse.move(box.x + 500, box.y + 100, { steps: 4 });
    await page.mouse.up();
    await expect.poll(async () => (await saved(page))?.window.live).toBe(false);
    const width = async (): Promise<number> => {
      const window = (await saved(page))?.window;
      return window === undefined || window.live ? 0 : window.to - window.from;
    };
    const first = await width();
    expect(first).toBeLessThan(5 * MINUTE);
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -100);
    await page.keyboard.up("Control");
    await expect.poll(width).toBeLessThan(first);
  });

  it("looks after a pan as it does when it is drawn anew: what is moved is what is there", async () => {
    const series = Array.from({ length: 24 }, (_, core) => ({
      metric: "system.cpu.utilization",
      attributes: { "cpu.logical_number": String(core), "cpu.mode": "user" },
      ...({ unit: "1", kind: "gauge", slot: core } as const),
    }));
    const state: ExploreState = {
      ...CPU,
      series,
      window: { live: false, from: NOW - 60 * MINUTE, to: NOW - 45 * MINUTE },
    };
    const sample = { cores: 24 };
    const page = await openPage({ state, sample });
    await drawn(page);
    await chart(page).focus();
    for (let press = 0; press < 7; press += 1) await page.keyboard.press("ArrowRight");
    // Seven times a tenth of a quarter of an hour.
    const window = { live: false as const, from: NOW - 49.5 * MINUTE, to: NOW - 34.5 * MINUTE };
    await expect.poll(async () => (await saved(page))?.window).toEqual(window);
    const fresh = await openPage({ state: { ...state, window }, sample });
    await drawn(fresh);
    // A moved bitmap stands on whole pixels, so that edges are soft elsewhere: columns are compared, not pixels.
    await expect.poll(async () => furthest(await columnsOf(page), await columnsOf(fresh))).toBeLessThan(0.03);
    expect(furthest(await columnsOf(page), await columnsOf(fresh, 40))).toBeGreaterThan(0.03);
  });

  it("has a cursor that is moved and read out by keyboard", async () => {
    const page = await openPage({ state: CPU });
    await drawn(page);
    await chart(page).focus();
    await page.keyboard.press("Shift+ArrowLeft");
    await expect.poll(() => page.locator(".readout-row").textContent()).toMatch(/cpu\.busy[\d.]+ %/);
    expect(await page.locator(".x-explore > [role=status]").textContent()).toMatch(/gorgon\.cpu\.busy [\d.]+ %/);
    await page.keyboard.press("Escape");
    expect(await page.locator(".readout").isHidden()).toBe(true);
  });

  it("says why there are no values, and tries again when asked", async () => {
    const page = await openPage({ state: CPU, sample: { failure: "The worker is down" } });
    await page.getByText("The values could not be fetched: The worker is down.").waitFor();
    const before = (await asked(page)).length;
    await page.getByRole("button", { name: "Try Again" }).click();
    await expect.poll(async () => (await asked(page)).length).toBeGreaterThan(before);
  });
});

describe("the chart", () => {
  it("is copied as CSV, and saved as a file", async () => {
    const page = await openPage({ state: CPU });
    await drawn(page);
    await page.getByRole("button", { name: "Copy CSV" }).click();
    await page.getByText("rows copied as CSV").waitFor();
    const text = await page.evaluate<string>("navigator.clipboard.readText()");
    const [head, first] = text.split(/\r?\n/);
    expect(head).toBe("time,gorgon.cpu.busy");
    expect(first).toMatch(/^2026-11-22T12:\d\d:\d\d\.000Z,0\.\d+$/);
    await page.getByRole("button", { name: "Save CSV" }).click();
    await page.getByText("The file was saved.").waitFor();
    const save = (await asked(page)).find((one) => one.ask === "save");
    expect(save?.name).toMatch(/^gorgon [\d -]+\.csv$/);
    expect(Buffer.from(save?.base64 ?? "", "base64").toString("utf8")).toContain("time,gorgon.cpu.busy");
  });

  it("is copied as a picture", async () => {
    const page = await openPage({ state: CPU });
    await drawn(page);
    await page.getByRole("button", { name: "Copy Picture" }).click();
    await page.getByText("copied as a picture").waitFor();
    const types = await page.evaluate("navigator.clipboard.read().then(([item]) => item.types)");
    expect(types).toEqual(["image/png"]);
  });

  it("is a table too", async () => {
    const page = await openPage({ state: CPU });
    await drawn(page);
    await page.getByRole("button", { name: "Show the numbers as a table" }).click();
    const table = page.getByRole("table", { name: "The chosen series in this window" });
    expect(await table.getByRole("rowheader").allTextContents()).toEqual(["gorgon.cpu.busy"]);
    expect(await table.getByRole("cell").allTextContents()).toContainEqual(expect.stringMatching(/^[\d.]+ %$/));
  });

  it("is pinned to the overview, with a counter as its rate", async () => {
    const io = { metric: "system.network.io", attributes: { "network.io.direction": "receive" } };
    const series = [...CPU.series, { ...io, unit: "By", kind: "counter", slot: 1 } as const];
    const page = await openPage({ state: { ...CPU, series } });
    await page.getByRole("button", { name: "Pin" }).click();
    const pins = (await posted(page)).flatMap((one) => (one.type === "pin" ? [one.chart] : []));
    expect(pins.map((pin) => pin.series)).toEqual([
      [{ metric: "gorgon.cpu.busy", attributes: {} }],
      [{ ...io, aggregate: "rate" }],
    ]);
    expect(new Set(pins.map((pin) => pin.id)).size).toBe(2);
  });

  it("becomes a rule: by a field, and by moving its border with the keyboard", async () => {
    const page = await openPage({ state: CPU });
    await drawn(page);
    await page.getByRole("button", { name: "Add Rule" }).click();
    await page.getByRole("spinbutton", { name: "Threshold" }).fill("80");
    const border = page.getByRole("slider", { name: "Threshold of the new rule" });
    await expect.poll(() => border.getAttribute("aria-valuetext")).toBe("WARN at or above 80 %");
    await border.focus();
    await page.keyboard.press("ArrowUp");
    await expect.poll(() => border.getAttribute("aria-valuetext")).toBe("WARN at or above 81 %");
    await page.getByLabel("Lasting").selectOption("for 5 min");
    await page.getByRole("button", { name: "Add to gorgon.yaml" }).click();
    await page.getByText("gorgon.yaml is open with the rule added").waitFor();
    const add = (await asked(page)).find((one) => one.ask === "addRule");
    expect(add?.rule).toMatchObject({
      metric: "gorgon.cpu.busy",
      match: {},
      direction: "above",
      crit: null,
      forMs: 300_000,
    });
    expect(add?.rule.warn).toBeCloseTo(0.81);
  });

  it("makes no rule where the workspace is not trusted", async () => {
    const page = await openPage({ state: CPU, mayAct: false });
    const button = page.getByRole("button", { name: "Add Rule" });
    await expect.poll(() => button.isDisabled()).toBe(true);
    expect(await button.getAttribute("title")).toContain("not trusted");
  });
});

it("a page that follows asks for the new part only", async () => {
  const page = await openPage({ state: CPU, frozenAt: null, everyMs: 250 });
  await drawn(page);
  const frames = async () => (await asked(page)).filter((one) => one.ask === "frames");
  await expect.poll(async () => (await frames()).length).toBeGreaterThan(3);
  const widths = (await frames()).slice(1).map(({ queries }) => (queries[0]?.to ?? 0) - (queries[0]?.from ?? 0));
  expect(Math.max(...widths)).toBeLessThanOrEqual(30_000);
});

it("in every theme nothing is wider than the page, and axe finds nothing serious", async () => {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");
  for (const theme of Object.values(THEMES)) {
    const page = await openExplore(pages.browser, bundle, { theme, page: { frozenAt: NOW, state: CPU } });
    await drawn(page);
    await page.getByRole("button", { name: "Add Rule" }).click();
    await page.getByRole("button", { name: "Show the numbers as a table" }).click();
    await page.getByRole("combobox", { name: "Find a series" }).fill("cpu");
    await page.getByRole("option").first().waitFor();
    await page.evaluate(axe);
    const found = await page.evaluate(
      "axe.run().then(({ violations }) => violations.filter((one) => /serious|critical/.test(one.impact)).map((one) => one.id + ' ' + one.nodes[0].html))",
    );
    expect(found).toEqual([]);
    const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    expect(wide).toBe(0);
    await page.close();
  }
});
