/** A notebook's report in a real Chromium: it needs nothing from elsewhere, and reads well in both themes and on a phone. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CellRecord } from "../../protocol/cell.ts";
import { runCli } from "../../server/cli/cli.ts";
import { recordOf, writeNotebook } from "../../server/cli/notebook/testing.ts";
import { launchChromium } from "../../webview/preview/browser.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folder = mkdtempSync(path.join(tmpdir(), "gorgon-report-"));
const report = path.join(folder, "report.html");
let browser: Browser;

const ENDS: readonly Partial<CellRecord>[] = [
  {},
  { level: "WARN", limit: { bytes: 2 ** 30, source: "cgroup /user.slice", share: 0.84 } },
  { level: "CRIT", outcome: "error", error: "MemoryError" },
  { outcome: "died", by: "outside", notes: ["Killed for memory."], limit: null, level: "UNKNOWN" },
];

beforeAll(async () => {
  browser = await launchChromium();
  const cells = Array.from({ length: 40 }, (_, index) => {
    const source = `step(${String(index)}, ${'"long", '.repeat(40)})`;
    return index % 5 === 4 ? { source } : { source, record: recordOf(source, index + 1, ENDS[index % 4]) };
  });
  const file = writeNotebook(folder, cells);
  const silent = { write: () => true };
  const args = ["notebook", "report", file, "-o", report, "--source", "--open", "no"];
  expect(await runCli(args, { stdout: silent, stderr: silent, env: { HOME: folder }, isTTY: false })).toBe(0);
});

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

it.each(["light", "dark"] as const)(
  "asks for nothing and has nothing serious for axe in the %s theme",
  async (scheme) => {
    const page = await browser.newPage({
      colorScheme: scheme,
      viewport: { width: 1280, height: 900 },
      bypassCSP: true,
    });
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    const url = pathToFileURL(report).href;
    await page.goto(url);
    await page.locator("details summary").nth(1).click();
    await page.evaluate(AXE);
    const found = await page.evaluate(
      "axe.run().then(({ violations }) => violations.filter((one) => /serious|critical/.test(one.impact)).map((one) => one.id + ' ' + one.nodes[0].html))",
    );
    expect(found).toEqual([]);
    expect(asked).toEqual([url]);
    await page.close();
  },
);

it("is never wider than its window, and a click on the strip leads to the cell", async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 700 } });
  await page.goto(pathToFileURL(report).href);
  await page.locator(".strip a").nth(20).click();
  const target = page.locator("details:target");
  await expect.poll(() => target.count()).toBe(1);
  expect(await target.locator("summary").textContent()).toContain("In [26]");
  for (const width of [1280, 900, 420]) {
    await page.setViewportSize({ width, height: 700 });
    const over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    expect([width, over]).toEqual([width, 0]);
  }
  await page.close();
});
