/**
 * What a person meets in JupyterLab 4: the bell, the cells, the most expensive of them. The wheel in a real server and a real
 * page; jupyter-resource-usage is there as well. The cases share them; each has a notebook, and so a kernel, of its own.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { until } from "../e2e/driver.ts";
import { openPage } from "../workbench/browser.ts";
import { bell, command, dialog, NotebookPage, panel, untilBell, untilText } from "./driver.ts";
import { footersOf, recordsOf } from "./expected.ts";
import { hold } from "./files.ts";
import { openSession, ownFaults, type Session } from "./session.ts";

/** As a JupyterHub sets it for the server and its kernels. */
const MEM_LIMIT = 2048 * 2 ** 20;

const LONG = 300;
const HUGE = 2000;
/** So many looks, a tenth of a second apart, without any cell in sight are no pause between two drawings. */
const BLANK_LOOKS = 20;
/** Turns of the wheel until one end of the longest notebook must have come by. */
const MOST_TURNS = 200;

describe("Gorgon in JupyterLab", () => {
  let session: Session;
  let open = false;

  beforeAll(async () => {
    session = await openSession({
      viewport: { width: 1280, height: 900 },
      config: { Gorgon: { measure_kernels: true } },
      env: { MEM_LIMIT: String(MEM_LIMIT) },
    });
    open = true;
  });

  afterAll(async () => {
    if (open) await session.close();
  });

  afterEach(async ({ task }) => {
    if (open && task.result?.state === "fail") {
      await session.shot(`failed-${task.name.split(" ").slice(0, 6).join("-")}`);
    }
  });

  it("says OK in the status bar, WARN and CRIT in words as a kernel comes near its limit, and OK again", async () => {
    const { page } = session;
    const sources = [hold(1720, 600), `block = None\n${hold(1960, 600)}`, "block = None"];
    const notebook = await session.open("bell.ipynb", sources);
    expect(await untilBell(page, /^✓ OK/)).toMatch(/^✓ OK/);
    await notebook.start(0);
    await untilBell(page, /WARN: bell\.ipynb has 1\.\d+ of 2\.00 GiB/);
    await bell(page).click();
    await untilText("the alert", /WARN Notebook kernel memory/, 30_000, () => panel(page).innerText());
    const said = await panel(page).innerText();
    expect(said).toMatch(/CPU\s+[\d.]+ %/);
    expect(said).toMatch(/Memory\s+8[\d.]+ %/);
    expect(said).toMatch(/Disk/);
    expect(said).toMatch(/Kernel bell\.ipynb comes near its memory limit/);
    expect(said).toMatch(/8\d % of its limit \(MEM_LIMIT\)/);
    expect(said).toMatch(/by the Jupyter server itself/);
    await panel(page).locator("svg.jp-Gorgon-spark path.jp-Gorgon-sparkLine[d*='L']").first().waitFor();
    await session.shot("bell");
    await command(page, "notebook:interrupt-kernel");
    await notebook.untilFooter(0, /WARN peak 1\.\d+ GiB \(\+1\.\d+\), 8\d % of limit/);
    await notebook.start(1);
    await untilBell(page, /CRIT: bell\.ipynb has (1\.9\d|2\.0\d) of 2\.00 GiB/);
    // A screen reader hears of another level.
    await page
      .getByRole("status")
      .filter({ hasText: /Gorgon: CRIT/ })
      .first()
      .waitFor({ state: "attached" });
    await command(page, "notebook:interrupt-kernel");
    await notebook.untilFooter(1, /CRIT peak .* (9\d|10\d) % of limit/);
    await notebook.run(2);
    await untilBell(page, /^✓ OK/);
    await untilText("the end of the alert", /over since/, 30_000, () => panel(page).innerText());
    // Both tell of memory in one bar.
    await page.locator("#jp-main-statusbar").getByText(/^Mem:/).waitFor();
  });

  it("keeps the footers of 300 cells right while they are scrolled, reloaded and their kernel is started anew", async () => {
    const { page, server } = session;
    server.configure({ "@jupyterlab/notebook-extension:tracker": { windowingMode: "full" } });
    const marks: Readonly<Record<number, number>> = { 0: 100, 150: 200, 299: 300 };
    const sources = Array.from({ length: LONG }, (_, at) => {
      const size = marks[at];
      return size === undefined ? `x = ${String(at)}` : hold(size);
    });
    const notebook = await session.open("long.ipynb", sources);
    await command(page, "notebook:run-all-cells");
    const expected = await untilExpected("long.ipynb", LONG);
    expect([...expected.keys()].length).toBe(LONG);
    expect(expected.get(150)?.join(" ")).toMatch(/peak .*\(\+(199|20\d)\)/);

    // Lab leads to the last cell.
    await scrollTo(notebook, 0, expected);
    const down = await scrollTo(notebook, LONG - 1, expected);
    const up = await scrollTo(notebook, 0, expected);
    for (const seen of [down, up]) {
      for (const [at, parts] of seen) expect([at, parts]).toEqual([at, expected.get(at)]);
    }
    // Lab guesses the height of what it has not drawn yet: with the true one it may jump over a few.
    expect(new Set([...down.keys(), ...up.keys()]).size).toBeGreaterThan(LONG * 0.95);
    // Lab has taken the parts of cells out of the page that nobody sees.
    expect(await page.locator(".jp-Gorgon-footer").count()).toBeLessThan(LONG / 2);

    await page.reload({ waitUntil: "domcontentloaded" });
    await notebook.ready();
    await expectFooters(notebook, expected);

    await command(page, "notebook:restart-kernel");
    await dialog(page, /Restart Kernel/)
      .getByRole("button", { name: "Confirm Kernel Restart" })
      .click();
    await notebook.ready();
    await expectFooters(notebook, expected);
    // Asked for, it is no death.
    expect(await page.locator(".jp-Dialog").count()).toBe(0);
    await notebook.run(0);
    await notebook.untilFooter(0, /peak \d+ MiB \(\+(?:99\.\d|10\d)\) was \d+ MiB/);
  });

  it("leads from the list of the most expensive cells and from its strip to the cell", async () => {
    const { page } = session;
    const notebook = new NotebookPage(page);
    await command(page, "gorgon:show-most-expensive-cells");
    const costly = page.locator("#gorgon-costly");
    await costly.getByRole("radio", { name: "Memory" }).click();
    await untilText("the dearest cell", /^Cell 300 /, 30_000, () => costly.locator(".rows .name").first().innerText());
    const names = await costly.locator(".rows .name").allInnerTexts();
    expect(names.slice(0, 2).map((name) => name.replace(/ \[.*/, ""))).toEqual(["Cell 300", "Cell 151"]);
    await costly.locator(".rows .go").first().click();
    await untilActive(notebook, 299);
    await notebook.untilFooter(299, /\(\+(299|30\d)/);
    await session.shot("costly");
    const strip = costly.locator(".strip-field");
    await strip.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("Enter");
    await untilActive(notebook, 0);
    // The table of everything, by the keyboard too.
    await notebook.footer(0).locator(".jp-Gorgon-line").press("Enter");
    await notebook.footer(0).getByRole("table").first().waitFor();
    expect(await notebook.footer(0).innerText()).toMatch(/The run before: done/);
  });

  it("shows a run in both of two tabs, with its time and size while it goes on", async () => {
    const { server, browser } = session;
    const first = await session.open("tabs.ipynb", ["1", hold(250, 8)]);
    const other = await openPage(browser);
    try {
      const second = await NotebookPage.open(other.page, server.notebook("tabs.ipynb"));
      await first.start(1);
      for (const tab of [first, second]) await tab.untilFooter(1, /\d s .*now 3\d\d MiB/);
      await session.shot("live");
      const [one, two] = [await first.untilFooter(1, /peak 3\d\d/), await second.untilFooter(1, /peak 3\d\d/)];
      expect(two).toBe(one);
      await second.run(1);
      for (const tab of [first, second]) await tab.untilFooter(1, /was 3\d\d MiB/);
      expect(ownFaults(other.faults)).toEqual([]);
    } finally {
      await other.context.close();
    }
  });

  it("finds the cells of a notebook without ids, also when it was saved and opened again", async () => {
    const { page, server } = session;
    const sources = ["a = 1", hold(120), "raise ValueError('no')"];
    const notebook = await session.open("old.ipynb", sources, { ids: false });
    for (const index of [0, 1, 2]) await notebook.run(index);
    await notebook.untilFooter(1, /\(\+1[12]\d(\.\d)?\)/);
    await notebook.untilFooter(2, /ValueError/);
    const before = await notebook.drawn();
    await command(page, "docmanager:save");
    await until("a saved file", () =>
      readFileSync(path.join(server.folder, "old.ipynb"), "utf8").includes('"execution_count": 3') ? true : null,
    );
    await page.goto(server.notebook("old.ipynb"), { waitUntil: "domcontentloaded" });
    await notebook.ready();
    await notebook.untilFooter(1, /\(\+1[12]\d(\.\d)?\)/);
    expect(await notebook.drawn()).toEqual(before);
  });

  it("draws what a hostile notebook file holds as data", async () => {
    const { page } = session;
    const outputs = HOSTILE.map((value) => ({
      output_type: "display_data",
      data: { "application/vnd.gorgon.cell.v1+json": value, "text/plain": "in place of it" },
      metadata: {},
    }));
    const kept = HOSTILE.map((value, at) => {
      const own = { id: `cell-${String(at + 2)}`, executionCount: 1, hash: "", label: "<b>kept</b>" };
      return typeof value === "object" && value !== null && "cell" in value
        ? { ...value, id: `kept-${String(at)}`, cell: own }
        : value;
    });
    const told = { ...RECORD, id: "told", cell: { ...RECORD.cell, id: "cell-1" } };
    const annotated = { "application/vnd.gorgon.cell.v1+json": told, "text/plain": "in place of it" };
    const cells = [
      { source: "1", outputs },
      { source: "2", outputs: [{ output_type: "display_data", data: annotated, metadata: {} }] },
      ...kept.map((gorgon) => ({ source: "3", metadata: { gorgon } })),
    ];
    const notebook = await session.open("hostile.ipynb", cells);
    const drawn = notebook.cell(0).locator(".jp-Gorgon-output");
    await drawn.last().waitFor();
    expect(await drawn.count()).toBe(HOSTILE.length);
    // What an output tells is its cell's cost.
    await notebook.untilFooter(1, /<script>window\.hacked=2<\/script>/);
    await drawn.first().locator("summary").click();
    const first = await drawn.first().innerText();
    expect(first).toContain("<img src=x onerror=window.hacked=1>");
    expect(first).toContain("<script>window.hacked=2</script>");
    for (const texts of await drawn.allInnerTexts()) expect(texts.trim()).not.toBe("");
    const markup = ".jp-Gorgon img, .jp-Gorgon script, .jp-Gorgon b, .jp-Gorgon iframe, .jp-Gorgon a";
    expect(await page.locator(markup).count()).toBe(0);
    await notebook.cell(2).scrollIntoViewIfNeeded();
    await notebook.untilFooter(2, /<script>window\.hacked=2<\/script>/);
    expect(await page.evaluate(() => (globalThis as { hacked?: unknown }).hacked ?? null)).toBeNull();
    await session.shot("hostile");
  });

  it("opens and runs a notebook of 2,000 cells without holding up the page", async () => {
    const { page, server } = session;
    const sources = Array.from({ length: HUGE }, (_, at) => `y = ${String(at)}`);
    server.configure({ "@jupyterlab/notebook-extension:tracker": { windowingMode: "full" } });
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Profiler.enable");
    await devtools.send("Profiler.setSamplingInterval", { interval: 1000 });
    const notebook = await session.open("huge.ipynb", sources);
    await devtools.send("Profiler.start");
    const began = performance.now();
    await command(page, "notebook:run-all-cells");
    await until(
      "the last of 2,000 cells",
      async () => (/\[\d+\]/.test(await notebook.prompt(HUGE - 1).catch(() => "")) ? true : null),
      150_000,
    );
    await notebook.untilFooter(HUGE - 1, /\d m?s|\d µs/);
    const { profile } = await devtools.send("Profiler.stop");
    const { longestMs, wholeMs } = stretchesOf(profile as unknown as Profile, /\/extensions\/gorgon-jupyter\//);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(
      `2,000 cells ran in ${seconds} s; Gorgon's script took ${wholeMs.toFixed(0)} ms of it, the longest stretch ` +
        `${longestMs.toFixed(0)} ms`,
    );
    // A machine that does other things besides makes it longer; what takes seconds is ours.
    expect(longestMs).toBeLessThan(1000);
  });

  it("has its settings in Lab's editor, and heeds them at once", async () => {
    const { page } = session;
    const notebook = await session.open("settings.ipynb", [hold(100)]);
    await notebook.run(0);
    await notebook.untilFooter(0, /CPU .*peak/);
    await command(page, "settingeditor:open", { query: "Gorgon" });
    const editor = page.locator("#setting-editor");
    const shortest = editor.locator('input[id$="minWall"]');
    await editor.getByText("Shortest run shown, seconds").first().waitFor();
    await session.shot("settings");
    await shortest.fill("60");
    await page.getByRole("tab", { name: /settings\.ipynb/ }).click();
    await until("no footer of a short run", async () => ((await notebook.footerText(0)) === "" ? true : null));
    await command(page, "settingeditor:open", { query: "Gorgon" });
    await shortest.fill("0");
    await page.getByRole("tab", { name: /settings\.ipynb/ }).click();
    await notebook.untilFooter(0, /CPU .*peak/);
  });

  it("breaks no policy of the page, asks nothing outside of the machine, and throws nothing", () => {
    expect(ownFaults(session.faults)).toEqual([]);
    expect(session.external).toEqual([]);
  });

  it("leaves no process behind", async () => {
    open = false;
    const { killed, left } = await session.close();
    expect(killed).toEqual([]);
    expect(left).toEqual([]);
  });

  /** Waits until the server has a record of each of the first cells; answers with their footers. */
  async function untilExpected(name: string, cells: number): Promise<ReadonlyMap<number, readonly string[]>> {
    return until(
      `${String(cells)} records`,
      async () => {
        const footers = footersOf(await recordsOf(session.server, name));
        return footers.size === cells ? footers : null;
      },
      120_000,
    );
  }

  /**
   * Waits until each cell in sight has its footer. Null where no cell is: Lab by itself often shows nothing at all after it was led to
   * a cell, until somebody scrolls further.
   */
  async function footersInSight(
    notebook: NotebookPage,
    expected: ReadonlyMap<number, readonly string[]>,
  ): Promise<ReadonlyMap<number, readonly string[]> | null> {
    let last: ReadonlyMap<number, readonly string[]> = new Map();
    let blank = 0;
    const right = (): boolean => [...last].every(([at, parts]) => parts.join() === expected.get(at)?.join());
    try {
      await until("right footers", async () => {
        last = await notebook.drawn();
        blank = last.size === 0 ? blank + 1 : 0;
        return (last.size > 0 && right()) || blank >= BLANK_LOOKS ? true : null;
      });
    } catch (error) {
      for (const [at, parts] of last) expect([at, parts]).toEqual([at, expected.get(at)]);
      throw error;
    }
    return blank > 0 ? null : last;
  }

  /** The same of the notebook's beginning, where somebody scrolls to when there is nothing. */
  async function expectFooters(
    notebook: NotebookPage,
    expected: ReadonlyMap<number, readonly string[]>,
  ): Promise<ReadonlyMap<number, readonly string[]>> {
    for (let turns = 0; turns < MOST_TURNS; turns += 1) {
      const shown = await footersInSight(notebook, expected);
      if (shown !== null) return shown;
      await notebook.scroll(-400);
    }
    throw new Error(`No cell is in sight: ${await notebook.layout()}`);
  }

  /** Turns the wheel until one end is in sight; answers with every footer that was seen on the way. */
  async function scrollTo(
    notebook: NotebookPage,
    end: number,
    expected: ReadonlyMap<number, readonly string[]>,
  ): Promise<ReadonlyMap<number, readonly string[]>> {
    const seen = new Map<number, readonly string[]>();
    for (let turns = 0; turns < MOST_TURNS && !seen.has(end); turns += 1) {
      const shown = await footersInSight(notebook, expected);
      for (const [at, parts] of shown ?? []) seen.set(at, parts);
      if (!seen.has(end)) await notebook.scroll(end === 0 ? -400 : 400);
    }
    return new Map([...seen].sort(([a], [b]) => a - b));
  }

  async function untilActive(notebook: NotebookPage, index: number): Promise<void> {
    const cell = notebook.cell(index);
    await until(`cell ${String(index)} in sight and chosen`, async () => {
      if ((await cell.count()) === 0) return null;
      const [box, root] = [await cell.boundingBox(), await notebook.root().boundingBox()];
      const chosen = (await cell.getAttribute("class"))?.includes("jp-mod-active") === true;
      return chosen && box !== null && root !== null && box.y >= root.y && box.y < root.y + root.height ? true : null;
    });
  }
});

/** Chromium's CPU profile, as far as it is read. Times are microseconds. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** How long a script of such an address was at work, or waited for what it had called: in all, and at most without a break. */
function stretchesOf(profile: Profile, address: RegExp): { readonly longestMs: number; readonly wholeMs: number } {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const ours = new Set<number>();
  const mark = (id: number, inside: boolean): void => {
    const node = nodes.get(id);
    if (node === undefined) return;
    const in_ = inside || address.test(node.callFrame.url);
    if (in_) ours.add(id);
    for (const child of node.children ?? []) mark(child, in_);
  };
  const [root] = profile.nodes;
  if (root !== undefined) mark(root.id, false);
  let [longest, whole, stretch] = [0, 0, 0];
  profile.samples.forEach((id, at) => {
    // A sample tells of the time until the next one.
    const time = profile.timeDeltas[at + 1] ?? 0;
    stretch = ours.has(id) ? stretch + time : 0;
    if (ours.has(id)) whole += time;
    longest = Math.max(longest, stretch);
  });
  return { longestMs: longest / 1000, wholeMs: whole / 1000 };
}

const RECORD = {
  v: 1,
  id: "one",
  kernel: { pid: 1, startedAt: 1, language: "python", host: "h" },
  cell: { id: null, executionCount: 1, hash: "", label: "<img src=x onerror=window.hacked=1>" },
  startedAt: 1000,
  endedAt: 2000,
  outcome: "error",
  error: "<script>window.hacked=2</script>",
  measures: { wallMs: { value: 1000, quality: "exact" } },
  gpus: [],
  limit: { bytes: 1000, share: 0.99, source: "<b>limit</b>" },
  level: "CRIT",
  overlap: false,
  by: "kernel",
  notes: ["<iframe src='javascript:window.hacked=3'></iframe>", "<a href='javascript:0'>x</a>"],
};

/** The first is of the right form; the others are of none. */
const HOSTILE: readonly unknown[] = [
  RECORD,
  "<img src=x onerror=window.hacked=4>",
  Array.from({ length: 60 }).reduce<unknown>((inner) => ({ deeper: [inner] }), "end"),
  { ...RECORD, id: 7, measures: "<b>none</b>", notes: { length: 1e9 } },
  { ...RECORD, id: "two", measures: { wallMs: { value: "<b>1</b>", quality: "exact" } }, gpus: [[], null, "<b>"] },
  {
    ...RECORD,
    id: "three",
    startedAt: 1e308,
    endedAt: -1e308,
    measures: { wallMs: { value: 1e308, quality: "exact" } },
  },
  { ...RECORD, id: "four", error: "x".repeat(200_000), notes: Array.from({ length: 5000 }, () => "<b>note</b>") },
  { ...RECORD, id: "five", cell: null, limit: [], outcome: "toString", level: "__proto__" },
  {
    ...RECORD,
    id: "six",
    measures: JSON.parse('{ "__proto__": { "hacked": 1 }, "constructor": { "prototype": 1 } }') as unknown,
  },
  null,
  17,
  [],
];
