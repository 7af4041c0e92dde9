/** Takes pictures of the dashboard in its states and themes: `node webview/preview/shoot.ts [folder] [filter]`. */
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { DashboardSnapshot } from "../../protocol/messages/webview.ts";
import { launchChromium } from "./browser.ts";
import { sampleSnapshot } from "./sample.ts";
import { serveDashboard } from "./serve.ts";
import { THEMES } from "./themes.ts";

const now = Date.now();
const crit = sampleSnapshot({ now, story: "crit" });
const calm = sampleSnapshot({ now });

function changed(base: DashboardSnapshot, change: Partial<NonNullable<DashboardSnapshot["state"]>>): DashboardSnapshot {
  return base.state === null ? base : { ...base, state: { ...base.state, ...change } };
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

/** Every designed state. Null: nothing has come yet. */
const STATES: Readonly<Record<string, DashboardSnapshot | null>> = {
  crit,
  calm,
  warn: { ...sampleSnapshot({ now, story: "warn", range: 60 }), muted: ["disk"] },
  day: sampleSnapshot({ now, story: "crit", range: 1440 }),
  minute: sampleSnapshot({ now, range: 1 }),
  waiting: null,
  starting: { ...calm, state: null, history: null, worker: { status: "starting", reason: "" } },
  empty: { ...calm, history: { from: now - 900_000, to: now, step: 2000, cpu: [], memory: [], disk: [], network: [] } },
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
};

const folder = process.argv[2] ?? mkdtempSync(path.join(tmpdir(), "gorgon-dashboard-"));
const filter = new RegExp(process.argv[3] ?? "");
mkdirSync(folder, { recursive: true });
const browser = await launchChromium();
try {
  for (const [themeName, theme] of Object.entries(THEMES)) {
    const served = await serveDashboard(theme);
    for (const [state, snapshot] of Object.entries(STATES)) {
      for (const [width, height] of [
        [1280, 800],
        [600, 900],
        [400, 900],
      ] as const) {
        const name = `${state}-${themeName}-${String(width)}`;
        if (!filter.test(name)) continue;
        const page = await browser.newPage({ viewport: { width, height }, colorScheme: "dark" });
        page.on("pageerror", (error) => process.stderr.write(`${name}: ${error.message}\n`));
        await page.goto(`${served.url}?range=${String(snapshot?.range ?? 15)}`);
        if (snapshot !== null) {
          await page.evaluate(`window.postMessage(${JSON.stringify(snapshot)}, "*")`);
          await page.waitForFunction("document.querySelector('[data-part=headline]').textContent !== ''");
          await page.waitForTimeout(state === "stale" ? 7000 : 150);
        }
        if (state === "calm") await page.mouse.move(width * 0.4, 400);
        if (state === "warn") await page.locator("[data-part=plot-disk] vscode-button").click();
        await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: width < 1280 });
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
