/** Takes pictures of a notebook in a real workbench: cells while they run and when done, near a limit, dead, by cost. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";
import { makeGroup, removeGroup } from "../test/control-group.ts";
import { notification, runCommand, until, untilBell } from "../test/e2e/driver.ts";
import { NotebookPage, openNotebooks, writeNotebook } from "../test/e2e/notebook.ts";
import { ARTIFACTS } from "../test/e2e/session.ts";
import { here } from "../test/platforms.ts";

const THEMES = [
  ["dark", "Dark Modern"],
  ["light", "Light Modern"],
] as const;

/** The workbench, and how wide its bars of activities, title and status are, CSS pixels. */
const WINDOW = { width: 980, height: 690 } as const;
const [SIDE, TOP, BOTTOM] = [48, 35, 28] as const;

/** What a data notebook might do in a kernel that may use 1 GiB. */
const WORK = [
  "rows = [{'user': i % 5000, 'value': i} for i in range(400_000)]",
  "totals = dict.fromkeys(range(5000), 0)\nfor row in rows:\n    totals[row['user']] += row['value']",
  "import json\ntext = json.dumps(rows)",
  "import time\nmatrix = b'x' * (700 << 20)\ntime.sleep(4)",
  "copies = [bytearray(matrix) for _ in range(4)]",
] as const;
const [AGAIN, SLOW, DEADLY] = [1, 3, 4] as const;

/** Takes all of them; those that the README shows go to `media`. */
export async function takeCellPictures(media: string): Promise<void> {
  for (const [name, theme] of THEMES) await takeIn(name, theme, name === "dark" ? media : null);
}

async function takeIn(name: string, theme: string, media: string | null): Promise<void> {
  const session = await openNotebooks({
    settings: {
      "workbench.colorTheme": theme,
      "breadcrumbs.enabled": false,
      "gorgon.interval": 1,
      "gorgon.cpu.warn": 99,
      "gorgon.cpu.crit": 100,
      "gorgon.disk.warn": 99,
      "gorgon.disk.crit": 100,
      "gorgon.rate.adaptive": false,
      // Other kernels of this machine are no part of the picture.
      "gorgon.notifications.enabled": false,
      "jupyterFixture.access": "allow",
    },
    viewport: WINDOW,
    scale: 1.35,
  });
  const { page, folder } = session;
  /** For the README without the bars around, which show what else the machine does. */
  const shoot = async (state: string, readme = "", top: number = TOP): Promise<void> => {
    await page.mouse.move(700, 4);
    await until("no tooltip", async () => ((await page.locator(".workbench-hover:visible").count()) > 0 ? null : true));
    await page.screenshot({ path: path.join(ARTIFACTS, `cells-${name}-${state}.png`) });
    if (media === null || readme === "") return;
    const { width, height } = page.viewportSize() ?? WINDOW;
    const clip = { x: SIDE, y: top, width: width - SIDE, height: height - top - BOTTOM };
    await page.screenshot({ path: path.join(media, readme), clip });
  };
  const group = here("cgroup-v1") ? makeGroup("memory", "notebooks") : null;
  try {
    let wrapper: readonly string[] = [];
    if (group !== null) {
      writeFileSync(path.join(group.folder, "memory.limit_in_bytes"), String(1 << 30));
      writeFileSync(path.join(group.folder, "memory.swappiness"), "0");
      wrapper = ["sh", "-c", `echo $$ > "${path.join(group.folder, "cgroup.procs")}"; exec "$@"`, "sh"];
    }
    await untilBell(page, "numbers in the bell", (face) => /\d %/.test(face.text), 60_000);
    writeNotebook(folder, "events.ipynb", WORK, { wrapper });
    const notebook = await NotebookPage.open(page, "events.ipynb");
    await runCommand(page, "View: Close Primary Side Bar");
    await measure(page, notebook);
    await shoot("done");
    await notebook.start(SLOW);
    await notebook.untilItem(SLOW, /now \d/);
    await shoot("running");
    await notebook.ended(SLOW);
    await notebook.untilItem(SLOW, /\(\+\d/);
    await shoot("warning");
    await showCostly(page);
    await shoot("expensive", "cells.png");
    await runCommand(page, "View: Close Primary Side Bar");
    // Room for the notification below what stands under the cell.
    await page.setViewportSize({ ...WINDOW, height: 860 });
    await notebook.start(DEADLY);
    await notebook.untilItem(DEADLY, /died/);
    await notification(page, /memory/).waitFor();
    // It slides in.
    await page.waitForFunction("document.getAnimations().every((one) => one.playState !== 'running')");
    const above = await notebook.cell(SLOW).boundingBox();
    await shoot("died", "kernel-died.png", (above?.y ?? TOP) - 8);
  } finally {
    await session.close();
    if (group !== null) await removeGroup(group);
  }
}

/** Runs the first cells, and loads the package between two runs of the very first. */
async function measure(page: Page, notebook: NotebookPage): Promise<void> {
  await notebook.run(0);
  await runCommand(page, "Gorgon: Measure This Kernel");
  const question = page.locator(".monaco-dialog-box").filter({ hasText: "Measure the kernel of this notebook?" });
  await question.locator(".monaco-button", { hasText: "This Time" }).click();
  await notification(page, /This kernel is measured/).waitFor();
  await runCommand(page, "Notifications: Clear All Notifications");
  for (const index of [0, 1, 2, AGAIN]) {
    await notebook.run(index);
    await notebook.untilItem(index, /peak/);
  }
  await notebook.untilItem(AGAIN, /^was/);
}

/** Opens the view alone: the others of the side bar are closed. */
async function showCostly(page: Page): Promise<void> {
  await runCommand(page, "Gorgon: Show Most Expensive Cells");
  for (const view of ["Bell", "Sensors", "Processes"]) {
    await page.locator(`.pane-header.expanded[aria-label^="${view}"]`).click();
  }
  await until("the cells in the view", async () => {
    for (const frame of page.frames()) {
      const bars = await frame.locator("main.costly .strip-bars [data-bar]:visible").count();
      if (bars >= SLOW) return true;
    }
    return null;
  });
}
