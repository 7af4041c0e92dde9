/**
 * What a person meets: Gorgon's VSIX in a real VS Code workbench (code-server and Chromium). The cases share one
 * window and follow each other as in a day's work.
 */
import type { Frame, Locator } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RANGES } from "../../protocol/messages/webview.ts";
import { signal } from "../workbench/processes.ts";
import { burn } from "./burner.ts";
import {
  bell,
  dashboard,
  hoverBell,
  inkOf,
  notification,
  readBell,
  runCommand,
  setFocus,
  until,
  untilBell,
  untilTooltip,
  watchBell,
  type BellFace,
  type BellWatch,
} from "./driver.ts";
import { openSession, type Session } from "./session.ts";

/** An opening workbench uses every core by itself; until it has settled that is no news. */
const SETTLING = {
  "workbench.colorTheme": "Dark Modern",
  "gorgon.interval": 3,
  "gorgon.cpu.warn": 99,
  "gorgon.cpu.crit": 100,
  // The page may not have the focus where there is no display; a case of its own looks at the rate.
  "gorgon.rate.adaptive": false,
};
const NORMAL = {
  "gorgon.interval": 1,
  "gorgon.cpu.warn": 70,
  "gorgon.cpu.crit": 90,
  // How long is a matter of the bell's own tests.
  "gorgon.cpu.for": 0,
  "gorgon.rate.adaptive": false,
};

/** Nothing but what a case sets rings. */
const QUIET_CPU = { ...NORMAL, "gorgon.cpu.warn": 99, "gorgon.cpu.crit": 100 };

/** A rule that was CRIT less than this ago is the same cause still, and is not told again. */
const SETTLED_MS = 61_000;

/** How long a changed setting may take to show before its file is saved again. */
const SAVE_AGAIN_MS = 5000;

/** The button of a range in the dashboard. */
const range = (frame: Frame, name: string): Locator => frame.getByRole("radio", { name, exact: true });
const calm = (face: BellFace): boolean => /CPU \d+ % · Mem \d+ %/.test(face.text) && face.kind === "none";
/** Calm or not: the machine may have other things to do than these tests. */
const live = (face: BellFace): boolean => /\d %/.test(face.text) && /^Gorgon: (all|warning|critical)/.test(face.label);

describe("Gorgon in a real workbench", () => {
  let session: Session;
  let watch: BellWatch;
  let open = false;

  beforeAll(async () => {
    session = await openSession({ settings: SETTLING });
    open = true;
    watch = watchBell(session.page);
  });

  afterAll(async () => {
    watch.stop();
    if (open) await session.close();
  });

  afterEach(async ({ task }) => {
    if (open && task.result?.state === "fail")
      await session.shot(`failed-${task.name.split(" ").slice(0, 4).join("-")}`);
  });

  it("rings in the status bar with live numbers", async () => {
    const { page } = session;
    const first = await untilBell(page, "numbers in the bell", live, 60_000);
    await untilBell(page, "other numbers in the bell", (face) => live(face) && face.text !== first.text);
    expect(session.workers()).toHaveLength(1);
    await session.shot("bell-ok");
  });

  it("explains itself in the tooltip, with its own cost", async () => {
    const hover = await hoverBell(session.page);
    const rows = await hover.locator("table tr").allInnerTexts();
    for (const title of ["CPU", "Memory", "Disk", "Network"]) {
      expect(rows.some((row) => row.startsWith(title) && /\d/.test(row))).toBe(true);
    }
    expect(await hover.innerText()).toMatch(/Gorgon itself: \d+\.\d % CPU, \d[\d.]* MiB, every \d s/);
    await session.shot("bell-tooltip");
    await session.page.mouse.move(400, 300);
  });

  it("polls less often while the window is left, says so, and is back at once", async () => {
    const { page } = session;
    const unmoved = { "gorgon.cpu.warn": 100, "gorgon.cpu.crit": 100 };
    session.configure({ "gorgon.interval": 1, ...unmoved, "gorgon.rate.adaptive": true });
    await setFocus(page, false);
    // While the bell rings, as it may on a busy machine, the full rate is kept, and that is said.
    await untilTooltip(page, /every (5 s: |1 s: (WARN|CRIT), although )window unfocused/);
    await setFocus(page, true);
    await untilTooltip(page, /every 1 s(?!:)/);
    session.configure({});
  });

  it("says CRIT under load, tells once with what can be done, and is calm again after it", async () => {
    const { page } = session;
    await until("a minute without CRIT", () => (watch.sinceCrit() > SETTLED_MS ? true : null), 180_000);
    const before = await untilBell(page, "calm before the load", calm, 60_000);
    expect(before.label).toBe("Gorgon: all is well");
    session.configure(NORMAL);
    const load = burn();
    try {
      await untilBell(page, "WARN or CRIT", (face) => /WARN|CRIT/.test(face.text));
      const face = await untilBell(page, "CRIT", (now) => now.kind === "error");
      expect(face.text).toMatch(/CRIT CPU \d+ %/);
      expect(face.label).toBe("Gorgon: critical, CPU is busy");
      const toast = notification(page, /CRIT: CPU is busy/);
      await toast.waitFor();
      expect(await toast.count()).toBe(1);
      await toast.hover();
      const buttons = await toast.locator(".monaco-button").allInnerTexts();
      expect(buttons.map((text) => text.trim()).filter(Boolean)).toEqual(["Show Dashboard", "Acknowledge", "Mute..."]);
      await session.shot("bell-crit");
      await toast.locator(".monaco-button", { hasText: "Show Dashboard" }).click();
    } finally {
      await load.stop();
    }
    await untilBell(page, "calm after the load", calm, 60_000);
    await dashboard(page);
  }, 400_000);

  it("lists sensors and processes in its side bar, each with what can be done, and has a menu on a key", async () => {
    const { page } = session;
    await runCommand(page, "Gorgon: Focus on Sensors View");
    // The words for a screen reader are the whole row's.
    const row = (words: RegExp) => page.locator(".sidebar").getByRole("treeitem", { name: words }).first();
    await row(/, pid \d+, CPU /).waitFor();
    const cpu = row(/^cpu, well, \d+\.\d %/);
    await cpu.waitFor();
    await cpu.hover();
    await cpu.locator('.action-label[aria-label^="Disable Sensor"]').waitFor();
    await session.shot("views");
    await page.keyboard.press("Control+k");
    await page.keyboard.press("g");
    const menu = page.locator(".quick-input-widget");
    await until("the menu", async () => ((await menu.innerText()).includes("Run Doctor") ? true : null));
    expect(await menu.innerText()).toMatch(/Gorgon: (OK|WARN|CRIT|UNKNOWN) /);
    await session.shot("menu");
    await page.keyboard.press("Escape");
  });

  it("draws its dashboard, and the values move", async () => {
    const { page } = session;
    await runCommand(page, "Gorgon: Show Dashboard");
    const frame = await dashboard(page);
    const value = frame.locator('[data-part="tile-cpu"] [data-part="value"]');
    const before = await until("a value for the CPU", async () => {
      const text = await value.innerText();
      return /^\d/.test(text) ? text : null;
    });
    await range(frame, "1 min").click();
    const drawn = await until("ink on every canvas", async () => {
      const ink = await inkOf(frame);
      return ink.length >= 3 && ink.every((one) => one.drawn > 500) ? ink : null;
    });
    await until("another value for the CPU", async () => ((await value.innerText()) !== before ? true : null));
    await until("another picture", async () => ((await inkOf(frame))[0]?.sum !== drawn[0]?.sum ? true : null));
    await session.shot("dashboard-dark");
  });

  it("mutes a rule from its notification: the bell still rings, nothing pops up, and it can be lifted", async () => {
    const { page } = session;
    // Some of every memory and disk is in use: both ring at once, without a load.
    const ringing = { ...QUIET_CPU, "gorgon.memory.warn": 1, "gorgon.memory.crit": 2, "gorgon.memory.for": 0 };
    session.configure(ringing);
    const toast = notification(page, /Gorgon CRIT:.*Memory/);
    await toast.waitFor();
    await toast.hover();
    await toast.locator(".monaco-button", { hasText: "Mute..." }).click();
    await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "Mute in this workspace" }).click();
    await runCommand(page, "Gorgon: Show Alerts");
    const frame = await dashboard(page);
    const row = frame.locator('li[data-rule="memory"]');
    await row.locator(".row-muted").waitFor();
    await untilTooltip(page, /Muted: Memory/);
    await session.shot("bell-muted");
    session.configure(QUIET_CPU);
    await until("a minute without CRIT", () => (watch.sinceCrit() > SETTLED_MS ? true : null), 180_000);
    // The disk is told after the memory would have been: when its notification is there, the other one does not come.
    session.configure({ ...ringing, "gorgon.disk.warn": 1, "gorgon.disk.crit": 2, "gorgon.disk.for": 0 });
    await notification(page, /Gorgon CRIT:.*Disk/).waitFor();
    await untilBell(page, "CRIT for the memory too", (face) => face.kind === "error");
    expect(await row.getAttribute("data-level")).toBe("CRIT");
    expect(await toast.count()).toBe(0);
    await row.hover();
    await row.locator("vscode-button", { hasText: "Unmute" }).click();
    await row.locator(".row-muted").waitFor({ state: "hidden" });
    await frame.getByRole("tab", { name: "Overview" }).click();
    session.configure(NORMAL);
    await untilBell(page, "calm after the mute", (face) => !face.text.includes("CRIT"), 60_000);
  }, 400_000);

  it("takes an alert from its tab: acknowledged, silenced and told in the history", async () => {
    const { page } = session;
    session.configure({ ...QUIET_CPU, "gorgon.disk.warn": 1, "gorgon.disk.crit": 99, "gorgon.disk.for": 0 });
    await untilBell(page, "WARN for the disk", (face) => face.kind === "warning");
    await runCommand(page, "Gorgon: Show Alerts");
    const frame = await dashboard(page);
    const row = frame.locator('[data-part="open-alerts"] [data-alert]').filter({ hasText: "Disk" }).first();
    await row.waitFor();
    await row.locator("vscode-button", { hasText: "Acknowledge" }).click();
    await row
      .getByText(/Acknowledged by/)
      .first()
      .waitFor();
    await row.locator("vscode-button", { hasText: "Silence" }).click();
    await session.shot("silence-form");
    await frame.locator("dialog vscode-button", { hasText: /^Silence/ }).click();
    await frame.locator('[data-part="silences"] [data-silence]').first().waitFor();
    await row
      .getByText(/Silenced/)
      .first()
      .waitFor();
    await frame.locator('[data-part="alert-history"] [data-bar]').first().waitFor();
    await session.shot("tab-alerts");
    session.configure(NORMAL);
    await untilBell(page, "calm after the disk", (face) => !face.text.includes("Disk"), 60_000);
  });

  it("finds any series in Explore and says in About what Gorgon costs and where settings come from", async () => {
    const { page } = session;
    const frame = await dashboard(page);
    await frame.getByRole("tab", { name: "Explore" }).click();
    const search = frame.getByRole("combobox").first();
    await search.fill("load");
    await frame.getByRole("option").filter({ hasText: "load" }).first().click();
    await until("ink on the chart", async () => ((await inkOf(frame)).some((one) => one.drawn > 500) ? true : null));
    await session.shot("tab-explore");
    await frame.getByRole("tab", { name: "About" }).click();
    await frame.getByText("gorgon.cpu.for").or(frame.getByText("bell.cpu.for")).first().waitFor();
    await session.shot("tab-about");
    await frame.getByRole("tab", { name: "Overview" }).click();
  });

  it("shows every range that it offers", async () => {
    const frame = await dashboard(session.page);
    const words: Record<number, string> = { 1: "1 min", 15: "15 min", 60: "1 h", 1440: "24 h" };
    for (const minutes of [...RANGES].reverse()) {
      const radio = range(frame, words[minutes] ?? "");
      await radio.click();
      await until(`the charts over ${words[minutes] ?? ""}`, async () => {
        const waiting = await frame.locator("main[data-waiting]").count();
        const checked = await radio.getAttribute("aria-checked");
        return waiting === 0 && checked === "true" ? true : null;
      });
      expect(await radio.innerText()).toBe(words[minutes]);
      expect(await frame.locator("canvas").first().getAttribute("aria-label")).toMatch(/\S/);
    }
  });

  it("says so when the worker is killed, and brings it back", async () => {
    const { page } = session;
    await untilBell(page, "numbers before the blow", live, 60_000);
    const [worker, ...others] = session.workers();
    if (!worker) throw new Error("there is no worker");
    expect(others).toEqual([]);
    signal(worker.pid, "SIGKILL");
    const face = await untilBell(page, "word of the worker's end", (now) => !live(now));
    expect(face.label).toMatch(/Gorgon: The worker ended \(killed by SIGKILL\)/);
    await session.shot("bell-worker-killed");
    await untilBell(page, "numbers after the restart", live, 60_000);
    const [next] = session.workers();
    expect(next?.pid).not.toBe(worker.pid);
  });

  it("restores the dashboard when the window is reloaded", async () => {
    const { page } = session;
    // VS Code's own way: it keeps the window's state before it reloads; a browser's reload button may be too quick.
    await Promise.all([page.waitForEvent("domcontentloaded"), runCommand(page, "Developer: Reload Window")]);
    const frame = await dashboard(page);
    await until("ink on the restored canvas", async () => (((await inkOf(frame))[0]?.drawn ?? 0) > 500 ? true : null));
    expect(await range(frame, "1 min").getAttribute("aria-checked")).toBe("true");
    await until("one worker", () => (session.workers().length === 1 ? true : null));
    await session.shot("dashboard-restored");
  });

  it.each([
    ["light", "Light Modern", "vscode-light"],
    ["high-contrast", "Default High Contrast", "vscode-high-contrast"],
    ["high-contrast-light", "Default High Contrast Light", "vscode-high-contrast-light"],
    ["dark", "Dark Modern", "vscode-dark"],
  ])("follows the %s theme", async (name, theme, className) => {
    const frame = await dashboard(session.page);
    const before = (await inkOf(frame))[0]?.sum;
    // VS Code hears of a saved file through a watcher that may miss a save right after another: save again then.
    await until(`the class ${className}`, async () => {
      session.configure({ ...NORMAL, "workbench.colorTheme": theme });
      const applied = frame.locator(`body.${className}`).waitFor({ state: "attached", timeout: SAVE_AGAIN_MS });
      return applied.then(
        () => true,
        () => null,
      );
    });
    await until("charts in the theme's colours", async () => {
      const ink = (await inkOf(frame))[0];
      return ink && ink.drawn > 500 && ink.sum !== before ? true : null;
    });
    await session.shot(`theme-${name}`);
  });

  it("breaks no policy of the page, asks nothing outside of the machine, and throws nothing", async () => {
    expect(session.faults).toEqual([]);
    expect(session.external).toEqual([]);
    expect(await readBell(session.page)).not.toBeNull();
    expect(await bell(session.page).count()).toBe(1);
  });

  it("leaves no process behind", async () => {
    open = false;
    const { killed, left, leftovers } = await session.close();
    expect(killed.filter((one) => one.command.includes("worker.cjs"))).toEqual([]);
    expect(left).toEqual([]);
    expect(leftovers).toEqual([]);
  });
});
