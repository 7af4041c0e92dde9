/** Takes pictures of Explore in its states and themes: `node webview/preview/explore-shoot.ts [folder] [filter]`. */
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Page } from "playwright-core";
import type { SeriesInfo } from "../../protocol/series.ts";
import { type ExploreState, EMPTY_STATE, withSeries } from "../explore/state.ts";
import { launchChromium } from "./browser.ts";
import { bundleExplore, openExplore } from "./explore-open.ts";
import { type ExplorePage, sampleAsk } from "./explore-sample.ts";
import { THEMES } from "./themes.ts";

const HOUR = 3_600_000;
const frozenAt = new Date(2026, 10, 22, 14, 42, 10).getTime();

/** The state with everything chosen that these searches find. */
async function choose(cores: number, ...searches: readonly string[]): Promise<ExploreState> {
  const ask = sampleAsk({ now: () => frozenAt, cores });
  let state = EMPTY_STATE;
  for (const search of searches) {
    const { series } = await ask({ ask: "series", search, limit: 100 });
    state = series.reduce<ExploreState>((before, one: SeriesInfo) => withSeries(before, one), state);
  }
  return state;
}

interface Shot {
  readonly page: Partial<ExplorePage>;
  readonly act?: (page: Page) => Promise<void>;
}

const some = await choose(4, "gorgon.cpu", "memory.utilization", "network");
const all = await choose(4, "gorgon.cpu", "memory", "network", "temperature", "filesystem");
const many = await choose(50, "system.cpu");
const hover = async (page: Page): Promise<void> => page.mouse.move(500, 420);

const SHOTS: Readonly<Record<string, Shot>> = {
  empty: { page: {} },
  search: {
    page: { state: some },
    act: async (page) => {
      await page.getByRole("combobox", { name: "Find a series" }).fill("cpu");
      await page.getByRole("option").first().waitFor();
      for (let step = 0; step < 3; step += 1) await page.keyboard.press("ArrowDown");
    },
  },
  "search-nothing": {
    page: {},
    act: async (page) => {
      await page.getByRole("combobox", { name: "Find a series" }).fill("flux capacitor");
      await page.getByText("No series has all of these words").waitFor();
    },
  },
  two: { page: { state: some }, act: hover },
  units: { page: { state: all } },
  many: { page: { state: many, sample: { cores: 50 } } },
  "many-hover": { page: { state: many, sample: { cores: 50 } }, act: hover },
  week: { page: { state: { ...some, window: { live: true, span: 168 * HOUR } } } },
  day: { page: { state: { ...some, window: { live: false, from: frozenAt - 30 * HOUR, to: frozenAt - 6 * HOUR } } } },
  rule: { page: { state: some }, act: (page) => page.getByRole("button", { name: "Add Rule" }).click() },
  table: {
    page: { state: all },
    act: (page) => page.getByRole("button", { name: "Show the numbers as a table" }).click(),
  },
  loading: { page: { state: some, sample: { silent: true } } },
  failed: {
    page: { state: some, sample: { failure: "Gorgon's worker is down. Restart it from the overview." } },
  },
};

const folder = process.argv[2] ?? mkdtempSync(path.join(tmpdir(), "gorgon-explore-"));
const filter = new RegExp(process.argv[3] ?? "");
mkdirSync(folder, { recursive: true });
const bundle = await bundleExplore();
const browser = await launchChromium();
try {
  for (const [themeName, theme] of Object.entries(THEMES)) {
    for (const [name, shot] of Object.entries(SHOTS)) {
      for (const [width, height] of [
        [1280, 800],
        [480, 900],
      ] as const) {
        const file = `explore-${name}-${themeName}-${String(width)}`;
        if (!filter.test(file)) continue;
        const told = { frozenAt, sample: { cores: 4 }, ...shot.page };
        const page = await openExplore(browser, bundle, { theme, page: told, viewport: { width, height } });
        page.on("pageerror", (error) => process.stderr.write(`${file}: ${error.message}\n`));
        await page.waitForTimeout(300);
        await shot.act?.(page);
        await page.waitForTimeout(150);
        await page.screenshot({ path: path.join(folder, `${file}.png`), fullPage: true });
        const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        const violations = await page.evaluate("window.violations");
        if (wide !== 0 || (violations as unknown[]).length > 0) {
          process.stderr.write(`${file}: ${String(wide)} px too wide; ${JSON.stringify(violations)}\n`);
        }
        await page.close();
      }
    }
  }
} finally {
  await browser.close();
}
process.stdout.write(`${folder}\n`);
