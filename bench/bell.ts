/** How long the bell takes: from the sample that crosses a threshold to the word in the status bar of a real workbench. */
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../test/e2e/driver.ts";
import { openSession, type Session } from "../test/e2e/session.ts";
import { environmentOf } from "../test/workbench/profile.ts";
import type { BenchOptions, BenchResult } from "./bench.ts";
import { percentile } from "./regression.ts";

export const title = "From the sample to the status bar (`npm run bench:bell`)";

const CROSSINGS = 100;
const METRIC = "gorgon.training.loss";
/** The word that the rule brings into the status bar. */
const WORD = "Bench loss";
/** Crossings do not come in step with anything that beats by itself. */
const PAUSE_MS = 1037;

const RULES = `rules:
  - id: bench-loss
    title: ${WORD}
    metric: ${METRIC}
    crit: 0.5
`;

/** One look at the status bar after it changed. */
interface Seen {
  readonly time: number;
  readonly bad: boolean;
}

/** What the page remembers. */
interface WatchedPage {
  readonly document: {
    querySelector(selector: string): { readonly textContent: string | null } | null;
    readonly body: unknown;
  };
  readonly MutationObserver: new (heard: () => void) => { observe(target: unknown, options: object): void };
  gorgonSeen?: { readonly time: number; readonly bad: boolean }[];
}

/** The bench. Rejects where no workbench can be opened. */
export async function run({ samples = CROSSINGS, say }: BenchOptions): Promise<BenchResult> {
  const scratch = mkdtempSync(path.join(tmpdir(), "gorgon-bench-"));
  const progress = path.join(scratch, "progress.jsonl");
  writeFileSync(progress, "");
  const session = await openSession({ settings: quiet(), env: { GORGON_PROGRESS: progress } });
  try {
    writeFileSync(path.join(session.folder, "gorgon.yaml"), RULES);
    await watch(session);
    const told = (loss: number) => appendFileSync(progress, `${JSON.stringify({ epoch: 1, batch: 1, loss })}\n`);
    const shown = async (bad: boolean) =>
      until(`the status bar ${bad ? "with" : "without"} '${WORD}'`, async () => {
        const last = (await seen(session)).at(-1);
        return last?.bad === bad ? true : null;
      });
    told(0);
    await sleep(PAUSE_MS);
    // Once to and fro, so that the rule is in force and everything is loaded.
    for (const bad of [true, false]) {
      told(bad ? 1 : 0);
      await shown(bad);
    }
    const from = Date.now();
    for (let count = 0; count < samples; count++) {
      const bad = count % 2 === 0;
      told(bad ? 1 : 0);
      await shown(bad);
      await sleep(PAUSE_MS);
      if ((count + 1) % 20 === 0) say(`  ${String(count + 1)} of ${String(samples)} crossings`);
    }
    const crossed = await crossings(session, from, samples);
    const changes = (await seen(session)).filter((one) => one.time >= from);
    const delays = crossed.flatMap(({ time, bad }) => {
      const change = changes.find((one) => one.time >= time && one.bad === bad);
      return change === undefined ? [] : [change.time - time];
    });
    if (delays.length < samples) {
      throw new Error(`Only ${String(delays.length)} of ${String(samples)} crossings were found in the status bar.`);
    }
    return {
      p50Ms: percentile(delays, 0.5),
      p99Ms: percentile(delays, 0.99),
      worstMs: percentile(delays, 1),
      crossings: delays.length,
    };
  } finally {
    await session.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** For docs/footprint.md. */
export function describe(result: BenchResult): string {
  const cell = (key: string) => String(result[key]);
  return [
    `A training script's reported loss crosses a threshold ${cell("crossings")} times, to and fro. Counted is the time from the`,
    "sample as the history has it (its poll's beginning) until the words in the status bar of the browser workbench change,",
    "both on this machine's clock; how long the sample is waited for is the sampling interval and is not counted.",
    "",
    "| what | measured | budget |",
    "|---|---|---|",
    `| median, ms | ${cell("p50Ms")} | |`,
    `| p99, ms | ${cell("p99Ms")} | 100 |`,
    `| worst, ms | ${cell("worstMs")} | |`,
  ].join("\n");
}

/** Everything else that could ring stays quiet, and the rate stays as it is. */
function quiet(): Readonly<Record<string, unknown>> {
  const never = { warn: 100, crit: 100 };
  const levels = Object.fromEntries(
    ["cpu", "memory", "disk"].flatMap((id) =>
      Object.entries(never).map(([level, at]) => [`gorgon.${id}.${level}`, at]),
    ),
  );
  return { ...levels, "gorgon.rate.adaptive": false, "gorgon.notifications.enabled": false };
}

async function watch({ page }: Session): Promise<void> {
  await page.locator('.statusbar-item[id$="gorgon.bell"]').waitFor({ timeout: 60_000 });
  await page.evaluate((word: string) => {
    const view = globalThis as unknown as WatchedPage;
    const found: { time: number; bad: boolean }[] = [];
    view.gorgonSeen = found;
    const look = (): void => {
      const text = view.document.querySelector('.statusbar-item[id$="gorgon.bell"]')?.textContent ?? "";
      const bad = text.includes(word);
      if (found.at(-1)?.bad !== bad) found.push({ time: Date.now(), bad });
    };
    new view.MutationObserver(look).observe(view.document.body, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
    });
    look();
  }, WORD);
}

async function seen({ page }: Session): Promise<readonly Seen[]> {
  return page.evaluate(() => (globalThis as unknown as WatchedPage).gorgonSeen ?? []);
}

/** The samples at which the value crossed, from the history, as soon as all have been flushed. */
async function crossings({ profile }: Session, from: number, wanted: number): Promise<readonly Seen[]> {
  const worker = path.join(import.meta.dirname, "..", "dist", "worker.cjs");
  const since = new Date(from).toISOString();
  const args = [worker, "export", "--metric", METRIC, "--from", since, "--format", "ndjson"];
  return until("every crossing in the history", () => {
    const text = execFileSync(process.execPath, args, { env: environmentOf(profile), encoding: "utf8" });
    const samples = text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { readonly time: string | number; readonly value: number })
      .map(({ time, value }): Seen => ({ time: new Date(time).getTime(), bad: value >= 0.5 }));
    const crossed = samples.filter((one, index) => one.bad !== (samples[index - 1]?.bad ?? false));
    return crossed.length >= wanted ? crossed.slice(0, wanted) : null;
  });
}
