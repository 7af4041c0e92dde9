/** How smooth Explore is: frame times of fifty series at 1 Hz, and of panning over them, in a real Chromium. */
import type { Page } from "playwright-core";
import { type ExploreState, EMPTY_STATE, withSeries } from "../webview/explore/state.ts";
import { launchChromium } from "../webview/preview/browser.ts";
import { bundleExplore, openExplore } from "../webview/preview/explore-open.ts";
import { sampleAsk } from "../webview/preview/explore-sample.ts";
import { THEMES } from "../webview/preview/themes.ts";
import type { BenchOptions, BenchResult } from "./bench.ts";
import { percentile } from "./regression.ts";

export const title = "Frame times of the dashboard (`npm run bench:frames`)";

const SERIES = 50;
const UPDATE_MS = 1000;
const DEFAULT_MINUTES = 0.25;
/** The first values come, the compiler works. */
const WARM_UP_MS = 3000;
/** A frame that is longer than this is seen as a stutter. */
const LONG_MS = 50;
/** What a screen of 60 Hz has for a frame. */
const FRAME_MS = 1000 / 60;

interface Frames {
  readonly intervals: readonly number[];
  readonly draws: readonly number[];
}

/** The bench. */
export async function run({ minutes = DEFAULT_MINUTES, say }: BenchOptions): Promise<BenchResult> {
  const state = await fifty();
  const browser = await launchChromium();
  try {
    const told = { state, sample: { cores: SERIES }, everyMs: UPDATE_MS };
    const page = await openExplore(browser, await bundleExplore(), { theme: THEMES.dark, page: told });
    await page.locator("[data-part=explore-chart]").waitFor();
    await page.waitForTimeout(WARM_UP_MS);
    say(`Following ${SERIES} series at ${UPDATE_MS / 1000} s for ${minutes} min...`);
    const live = await framesOf(page, () => page.waitForTimeout(minutes * 60_000));
    say(`Panning over them for ${minutes} min...`);
    const panning = await framesOf(page, () => pan(page, minutes * 60_000));
    return {
      series: SERIES,
      points: await pointsShown(page),
      minutes,
      ...figures("live", live),
      ...figures("pan", panning),
    };
  } finally {
    await browser.close();
  }
}

/** For docs/footprint.md. */
export function describe(result: BenchResult): string {
  const cell = (key: string) => (typeof result[key] === "number" ? String(result[key]) : "not measured");
  const row = (what: string, key: string) => `| ${what} | ${cell(`live${key}`)} | ${cell(`pan${key}`)} |`;
  return [
    `Explore with ${cell("series")} series of ${cell("points")} points together, in a Chromium without a graphics card (all is drawn by`,
    `the CPU), ${cell("minutes")} min each: following now at one update a second, and panning with the mouse all the time. A frame's`,
    "time is what lies between two animation frames; work is what the page computes in one in which it draws. At 60 Hz a frame has",
    `16.7 ms; one over ${LONG_MS} ms is seen as a stutter.`,
    "",
    "| milliseconds | following | panning |",
    "|---|---|---|",
    row("frame, p50", "P50Ms"),
    row("frame, p95", "P95Ms"),
    row("frame, p99", "P99Ms"),
    row(`frames over ${LONG_MS} ms, of all`, "LongShare"),
    row("work of a frame that draws, p50", "WorkP50Ms"),
    row("work of a frame that draws, p99", "WorkP99Ms"),
  ].join("\n");
}

async function fifty(): Promise<ExploreState> {
  const now = Date.now();
  const ask = sampleAsk({ now: () => now, cores: SERIES });
  const { series } = await ask({ ask: "series", search: "system.cpu.utilization", limit: SERIES });
  return series.reduce<ExploreState>(withSeries, { ...EMPTY_STATE, window: { live: true, span: 600_000 } });
}

/**
 * The times between animation frames while something is done, and how long the callbacks of each frame took that drew:
 * the page's own are wrapped, so that nothing else is counted.
 */
async function framesOf(page: Page, act: () => Promise<void>): Promise<Frames> {
  await page.evaluate(`(() => {
    window.frames_ = { intervals: [], draws: [], on: true };
    const record = window.frames_;
    const plain = window.plainFrame ?? window.requestAnimationFrame.bind(window);
    window.plainFrame = plain;
    window.requestAnimationFrame = (callback) => plain((time) => {
      const began = performance.now();
      callback(time);
      record.draws.push(performance.now() - began);
    });
    let before = null;
    const tick = (time) => {
      if (!record.on) return;
      if (before !== null) record.intervals.push(time - before);
      before = time;
      plain(tick);
    };
    plain(tick);
  })()`);
  await act();
  return page.evaluate("(() => { window.frames_.on = false; return window.frames_; })()");
}

/** Drags to and fro with Shift held, a step about each frame. */
async function pan(page: Page, lastMs: number): Promise<void> {
  const box = await page.locator(".x-surface").boundingBox();
  if (box === null) throw new Error("There is no chart to pan over.");
  const y = box.y + box.height / 2;
  const end = performance.now() + lastMs;
  await page.keyboard.down("Shift");
  await page.mouse.move(box.x + box.width * 0.3, y);
  await page.mouse.down();
  for (let step = 0; performance.now() < end; step += 1) {
    await page.mouse.move(box.x + box.width * (0.45 + 0.2 * Math.sin(step / 40)), y);
  }
  await page.mouse.up();
  await page.keyboard.up("Shift");
}

/** Points of all lines that were asked for last in one go. */
async function pointsShown(page: Page): Promise<number> {
  return page.evaluate(`(() => {
    const first = window.exploreAsked.find((one) => one.ask === "frames").queries;
    return first.reduce((sum, one) => sum + (one.to - one.from) / one.step, 0);
  })()`);
}

function figures(of: string, { intervals, draws }: Frames): Record<string, number> {
  const long = intervals.filter((one) => one > LONG_MS).length;
  return {
    [`${of}P50Ms`]: round(percentile(intervals, 0.5)),
    [`${of}P95Ms`]: round(percentile(intervals, 0.95)),
    [`${of}P99Ms`]: round(percentile(intervals, 0.99)),
    [`${of}Long`]: long,
    [`${of}LongShare`]: Number((long / Math.max(1, intervals.length)).toFixed(4)),
    [`${of}Frames`]: intervals.length,
    [`${of}Dropped`]: intervals.filter((one) => one > 1.5 * FRAME_MS).length,
    [`${of}WorkP50Ms`]: round(percentile(draws, 0.5)),
    [`${of}WorkP99Ms`]: round(percentile(draws, 0.99)),
  };
}

function round(value: number): number {
  return Number(value.toFixed(1));
}
