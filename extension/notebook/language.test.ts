/** Everything the notebook side shows comes through the table of words: drawn in an invented language, no English is left. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { config } from "@vscode/l10n";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CELL_MEASURES, CELL_OUTCOMES, QUALITIES } from "../../protocol/cell.ts";
import { DEATH_CAUSES, type GuardState } from "../../protocol/kernel.ts";
import { pseudoBundle, strays } from "../../scripts/words.ts";
import { deathOf, fakeNotebookWindow, GIB, kernelOf, recordOf } from "../testing/cells.ts";
import { costPage } from "./cost-page.ts";
import { deathPage } from "./death-page.ts";
import { costItems, deathItems, frozenItems, liveItems, type CellItem } from "./items.ts";
import { SHOWN } from "./names.ts";

const BUNDLE = path.join(import.meta.dirname, "..", "..", "l10n", "bundle.l10n.json");
const SHARES = { warn: 0.8, crit: 0.95 };
const NOTHING = { sentence: "", mend: "", evidence: [], connection: "", folder: "" };

const WORDS = pseudoBundle(Object.keys(JSON.parse(readFileSync(BUNDLE, "utf8")) as object));

beforeAll(() => config({ contents: WORDS }));
afterAll(() => config({ contents: {} }));

/** Units, levels, names of programs and signals, and what Intl writes. */
const DATA =
  /^(B|KiB|MiB|GiB|s|ms|min|h|d|PiB|CPU|GPU|WARN|CRIT|OK|UNKNOWN|H100|SIGKILL|ValueError|Nov|AM|PM|devbox|demo\.ipynb|Gorgon)$/;

function english(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) =>
    strays(text.replace(/\$\([\w~-]+\)|<[^>]*>|&#\d+;/g, " ")).flatMap((word) =>
      DATA.test(word) ? [] : [`${word} in: ${text}`],
    ),
  );
}

const textsOf = (items: readonly CellItem[]): readonly string[] =>
  items.flatMap(({ text, tooltip }) => [text, tooltip]);

/** Records of every quality and outcome, with every measure. */
function records() {
  const bytes = { value: 3 * GIB, quality: "exact" as const };
  const gpu = { index: 0, name: "H100", peakBytes: bytes, deltaBytes: bytes };
  return QUALITIES.flatMap((quality) =>
    CELL_OUTCOMES.map((outcome, index) =>
      recordOf({
        ...{
          outcome,
          error: outcome === "error" ? "ValueError" : "",
          overlap: true,
          by: index % 2 === 0 ? "kernel" : "outside",
        },
        measures: Object.fromEntries(CELL_MEASURES.map((name) => [name, { value: 2.5 * GIB, quality }])),
        gpus: [
          { ...gpu, scope: "allocator", source: "" },
          { ...gpu, scope: "process", source: "" },
          { ...gpu, scope: "device", source: "" },
        ],
        limit: index === 0 ? null : { bytes: 4 * GIB, source: "", share: [0, 0.5, 0.85, 0.97][index] ?? 0 },
      }),
    ),
  );
}

test("what stands under a cell and in its page", () => {
  for (const now of records()) {
    const cost = { now, before: recordOf(), cleared: false };
    const items = costItems(cost, { show: SHOWN, minWallMs: 0, shares: SHARES }, null);
    const page = costPage({ cost, name: "", file: "demo.ipynb", shares: SHARES, edited: true });
    expect(items.length).toBeGreaterThan(2);
    expect(english([...textsOf(items), page.title, page.body])).toEqual([]);
  }
});

test("what stands under a cell that runs, of a kernel that died or is frozen", () => {
  const usage = { time: 0, rssBytes: GIB, treeBytes: 2 * GIB, cores: 1.5, children: 2, threads: 3, gpuBytes: null };
  const kernel = kernelOf({ usage, limit: { bytes: 2 * GIB, source: "" }, level: "CRIT" });
  const guard: GuardState = { phase: "frozen", limitBytes: GIB, treeBytes: GIB, since: 0, reason: "" };
  expect(
    english(textsOf([...liveItems({ startedAt: 0, kernel, timed: false }, 9000, SHOWN), ...frozenItems(guard)])),
  ).toEqual([]);
  for (const cause of DEATH_CAUSES) {
    for (const more of [{}, { signal: "", exitCode: 3, limit: null }, { lastBytes: null }]) {
      const death = deathOf({ ...NOTHING, cause, limit: { bytes: GIB, source: "" }, ...more });
      const page = deathPage(death, "", "demo.ipynb");
      expect(english([...textsOf(deathItems(death)), page.title, page.body])).toEqual([]);
    }
  }
});

test("what is asked and answered in messages and choices", async () => {
  const { fake, notebooks, kernels, run, timers } = await fakeNotebookWindow(WORDS);
  const refused: string[] = [];
  const trying = async (id: string): Promise<void> => {
    await run(id).catch((error: unknown) => refused.push(error instanceof Error ? error.message : String(error)));
  };
  await trying("gorgon.measureKernel");
  notebooks.open("/work/demo/demo.ipynb", [{ text: "a()", id: "aa" }]);
  for (const id of ["measureKernel", "chooseKernel", "showCellCost", "whyKernelDied"]) await trying(`gorgon.${id}`);
  const guard: GuardState = { phase: "frozen", limitBytes: GIB, treeBytes: GIB, since: 1, reason: "" };
  await kernels([
    kernelOf({ guard, folder: "", connection: "", kernel: { pid: 7, startedAt: 1, language: "", host: "" } }),
  ]);
  await run("gorgon.chooseKernel");
  const picks = fake.state.pickItems.flatMap(({ description = "" }) => [description]);
  const choosing = [fake.state.pickTitle, fake.state.pickPlaceHolder];
  await run("gorgon.answerGuard");
  picks.push(
    ...fake.state.pickItems.flatMap(({ label, detail = "" }) => [label, detail]),
    ...choosing,
    fake.state.pickTitle,
  );
  await kernels([], [deathOf({ ...NOTHING, time: timers.now() })]);
  fake.state.trusted = false;
  await trying("gorgon.measureKernel");
  const messages = fake.messages.flatMap(({ text, buttons }) => [text, ...buttons]);
  expect([refused.length, picks.length, messages.length]).toEqual([6, 10, 7]);
  expect(english([...refused, ...picks, ...messages])).toEqual([]);
});
