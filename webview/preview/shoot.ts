/** Takes pictures of the dashboard in its states and themes: `node webview/preview/shoot.ts [folder] [filter] [language]`. */
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Page } from "playwright-core";
import type { DashboardSnapshot, Tab } from "../../protocol/messages/webview.ts";
import { sampleHistoryOfAlerts, sampleSettings } from "./alerts.ts";
import { launchChromium } from "./browser.ts";
import { sampleSnapshot } from "./sample.ts";
import { hostileSnapshot, manyAlerts, pinnedSnapshot, unknownSnapshot } from "./states.ts";
import { serveDashboard } from "./serve.ts";
import { THEMES } from "./themes.ts";

const now = Date.now();
const crit = sampleSnapshot({ now, story: "crit" });
const calm = sampleSnapshot({ now });

function changed(base: DashboardSnapshot, change: Partial<NonNullable<DashboardSnapshot["state"]>>): DashboardSnapshot {
  return base.state === null ? base : { ...base, state: { ...base.state, ...change } };
}

/** The sentences of a language, e.g. `de`; English without one. */
function wordsOf(language: string | undefined): Record<string, string> {
  if (language === undefined) return {};
  const file = path.join(import.meta.dirname, "../../l10n", `bundle.l10n.${language}.json`);
  return JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
}

const silentSensor = {
  crab: "guardian",
  sensor: "network",
  ok: false,
  reason: "/proc/net/dev: permission denied. Run VS Code outside the sandbox, or leave this sensor out",
  intervalMs: 2000,
  lastMs: 0,
  failures: 14,
};

/** Every designed state of the overview. Null: nothing has come yet. */
const STATES: Readonly<Record<string, DashboardSnapshot | null>> = {
  crit,
  calm,
  warn: { ...sampleSnapshot({ now, story: "warn", range: 60 }), muted: ["disk"] },
  day: sampleSnapshot({ now, story: "crit", range: 1440 }),
  gpu: sampleSnapshot({ now, story: "crit", gpus: 1 }),
  gpus: sampleSnapshot({ now, gpus: 8 }),
  minute: sampleSnapshot({ now, range: 1 }),
  waiting: null,
  starting: { ...calm, state: null, history: null, worker: { status: "starting", reason: "" } },
  empty: {
    ...calm,
    history: {
      from: now - 900_000,
      to: now,
      step: 2000,
      cpu: [],
      memory: [],
      disk: [],
      network: [],
      gpu: [],
      pressure: [],
    },
  },
  stale: changed({ ...crit, sentAt: now }, { time: now - 14_000 }),
  down: {
    ...crit,
    worker: { status: "down", reason: "It ended with signal SIGKILL, four times within three minutes" },
  },
  troubled: changed(crit, {
    sensors: [...(crit.state?.sensors.slice(0, 3) ?? []), silentSensor],
    problems: [
      {
        source: "setting",
        key: "bell.cpu.warn",
        value: "170",
        message: "A threshold is a percentage from 0 to 100; 70 % stays in force",
      },
      {
        source: "/home/ada/.config/gorgon/gorgon.yaml",
        key: "interval",
        value: "0",
        message: "The interval is a number of seconds above 0; 2 s stays in force",
      },
    ],
    history: {
      ...(crit.state?.history ?? { path: "", bytes: 0, series: 214, retentionMs: 0 }),
      mode: "memory",
      reason: "this VS Code's Node has no node:sqlite; update VS Code to 1.125 or later",
    },
  }),
  untrusted: { ...crit, mayAct: false },
  hostile: hostileSnapshot(now),
  many: manyAlerts(now),
  pinned: pinnedSnapshot(now),
  unknown: unknownSnapshot(now),
};

/** Pictures: a tab, a state, and what is done before. */
const SHOTS: readonly { readonly tab: Tab; readonly state: string; readonly after?: string }[] = [
  ...Object.keys(STATES).map((state) => ({ tab: "overview", state }) as const),
  ...["crit", "warn", "calm", "waiting", "down", "many", "hostile", "untrusted", "unknown"].map(
    (state) => ({ tab: "alerts", state }) as const,
  ),
  { tab: "alerts", state: "crit", after: "silence" },
  { tab: "alerts", state: "crit", after: "table" },
  { tab: "alerts", state: "crit", after: "refused" },
  ...["crit", "waiting", "troubled", "hostile", "down"].map((state) => ({ tab: "about", state }) as const),
  { tab: "explore", state: "calm" },
];

const words = wordsOf(process.argv[4]);
const inWords = (english: string): string => words[english] ?? english;

/** Does what a picture is to show. */
async function perform(page: Page, tab: Tab, state: string, after: string | undefined): Promise<void> {
  if (tab === "overview" && state === "calm") await page.mouse.move(page.viewportSize()?.width ?? 400 * 0.4, 400);
  if (tab === "overview" && state === "warn") await page.locator("[data-part=plot-disk] vscode-button").click();
  if (after === "silence")
    await page.locator("[data-alert=a-memory] vscode-button", { hasText: inWords("Silence…") }).click();
  if (after === "table") await page.locator("[data-part=alert-history] .card-top vscode-button").click();
  if (after === "refused")
    await page.locator("[data-alert=a-memory] vscode-button", { hasText: inWords("Acknowledge") }).click();
}

const folder = process.argv[2] ?? mkdtempSync(path.join(tmpdir(), "gorgon-dashboard-"));
const filter = new RegExp(process.argv[3] ?? "");
mkdirSync(folder, { recursive: true });
const answers = {
  alerts: sampleHistoryOfAlerts(now),
  settings: sampleSettings(),
  series: { series: [], total: 0 },
  frames: [],
  annotations: [],
  acknowledge: { refuse: "The leading window does not answer. Try again in a moment." },
};
const browser = await launchChromium();
try {
  for (const [themeName, theme] of Object.entries(THEMES)) {
    const served = await serveDashboard(theme, undefined, words);
    for (const { tab, state, after } of SHOTS) {
      const snapshot = STATES[state] ?? null;
      for (const [width, height] of [
        [1280, 800],
        [600, 900],
        [400, 900],
      ] as const) {
        const name = [tab, state, after, themeName, String(width)].filter(Boolean).join("-");
        if (!filter.test(name)) continue;
        const page = await browser.newPage({ viewport: { width, height }, colorScheme: "dark" });
        page.on("pageerror", (error) => process.stderr.write(`${name}: ${error.message}\n`));
        await page.addInitScript(`window.answers = ${JSON.stringify(answers)}`);
        await page.goto(`${served.url}?range=${String(snapshot?.range ?? 15)}&tab=${tab}`);
        if (snapshot !== null) {
          await page.evaluate(`window.postMessage(${JSON.stringify(snapshot)}, "*")`);
          await page.waitForFunction("document.querySelector('[data-part=headline]').textContent !== ''");
          await page.waitForTimeout(state === "stale" ? 7000 : 250);
        }
        await perform(page, tab, state, after);
        if (after !== undefined) await page.waitForTimeout(150);
        await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: width < 1280 || tab !== "overview" });
        const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        const violations = await page.evaluate("window.violations");
        if (wide !== 0 || (violations as unknown[]).length > 0) {
          process.stderr.write(`${name}: ${String(wide)} px too wide; ${JSON.stringify(violations)}\n`);
        }
        await page.close();
      }
    }
    await served.close();
  }
} finally {
  await browser.close();
}
process.stdout.write(`${folder}\n`);
