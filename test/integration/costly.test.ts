/** The view of the most expensive cells in a real Chromium: keyboard, clicks, policy, themes, and what axe finds. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { dashboardHtml } from "../../extension/dashboard/html.ts";
import type { CostlySnapshot } from "../../protocol/messages/costly.ts";
import { launchChromium } from "../../webview/preview/browser.ts";
import { COSTLY_STATES, sampleCostly } from "../../webview/preview/costly-sample.ts";
import { serveDashboard, type Served } from "../../webview/preview/serve.ts";
import { THEMES } from "../../webview/preview/themes.ts";

let browser: Browser;
let served: Served;

beforeAll(async () => {
  browser = await launchChromium();
  served = await serveDashboard(THEMES.dark, dashboardHtml, {}, "costly");
});
afterAll(async () => {
  await browser.close();
  await served.close();
});

async function opened(snapshot: CostlySnapshot): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 320, height: 600 } });
  await page.goto(served.url);
  await show(page, snapshot);
  return page;
}

async function show(page: Page, snapshot: CostlySnapshot): Promise<void> {
  await page.evaluate(`window.postMessage(${JSON.stringify(snapshot)}, "*")`);
  await page.waitForFunction("document.querySelector('main').innerText !== ''");
}

const posted = async (page: Page): Promise<unknown[]> => page.evaluate("window.posted");

it("leads to a cell and to its cost by click, and orders anew", async () => {
  const page = await opened(sampleCostly());
  await page
    .getByRole("button", { name: /Cell 8 \[4\]/ })
    .first()
    .click();
  await page.getByRole("button", { name: "Show what Cell 3 [5] cost" }).click();
  await page.getByRole("radio", { name: "Memory" }).click();
  expect(await posted(page)).toEqual([
    { type: "ready" },
    { type: "go", index: 7 },
    { type: "cost", id: "cell-1" },
    { type: "order", order: "memory" },
  ]);
  await page.close();
});

it("the strip is one tab stop: arrows choose the cells that cost something, Enter goes there, and it is said", async () => {
  const page = await opened(sampleCostly());
  const strip = page.getByRole("slider");
  await strip.focus();
  expect(await strip.getAttribute("aria-valuetext")).toBe("Cell 8 · 41 s");
  await page.keyboard.press("ArrowRight");
  expect(await strip.getAttribute("aria-valuetext")).toBe("Cell 10 · 45 ms");
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowRight");
  expect(await strip.getAttribute("aria-valuetext")).toBe("Cell 13 · 940 ms");
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  expect((await posted(page)).at(-1)).toEqual({ type: "go", index: 0 });
  // News do not take the choice away.
  await show(page, sampleCostly({ running: "Cell 2 runs: 3 s", runningIndex: 1 }));
  await page.getByText("Cell 2 runs: 3 s").waitFor();
  expect(await strip.getAttribute("aria-valuetext")).toBe("Cell 1 · 12 ms");
  await page.close();
});

it("says what is the matter where there is nothing, and offers what helps", async () => {
  const page = await opened(COSTLY_STATES["sampled"] ?? sampleCostly());
  await page.getByRole("button", { name: "Measure This Kernel" }).click();
  expect((await posted(page)).at(-1)).toEqual({ type: "command", command: "measure" });
  await show(page, COSTLY_STATES["empty"] ?? sampleCostly());
  await page.getByText("Run a cell").waitFor();
  expect(await page.getByRole("slider").count()).toBe(0);
  await page.close();
});

it("texts of a notebook are only ever text", async () => {
  const code = '<img src=x onerror="window.hurt = 1">\u202e<b>';
  const rows = sampleCostly().rows.map((row) => ({ ...row, name: code, code, value: code, others: code }));
  const page = await opened(sampleCostly({ rows, hint: code, running: code, file: code }));
  expect(await page.evaluate("[window.hurt, document.querySelectorAll('main img, main b').length]")).toEqual([
    undefined,
    0,
  ]);
  expect(await page.evaluate("window.violations")).toEqual([]);
  expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
  await page.close();
});

it.each(Object.keys(COSTLY_STATES))("axe finds nothing serious, and no policy is broken: %s", async (state) => {
  const page = await opened(COSTLY_STATES[state] ?? sampleCostly());
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
  for (const theme of Object.values(THEMES)) {
    await page.evaluate(`window.applyTheme(${JSON.stringify(theme)})`);
    await page.evaluate('document.documentElement.style.background = "var(--vscode-editor-background)"');
    const found = await page.evaluate(
      "axe.run().then(({ violations }) => violations.filter((one) => /serious|critical/.test(one.impact)).map((one) => one.id + ' ' + one.nodes[0].html))",
    );
    expect(found).toEqual([]);
  }
  expect(await page.evaluate("window.violations")).toEqual([]);
  await page.close();
});
