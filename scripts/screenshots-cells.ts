/** Takes pictures of a notebook in a real workbench: cells while they run and when done, near a limit, dead, by cost. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";
import { makeGroup, removeGroup } from "../test/control-group.ts";
import { notification, runCommand, untilBell } from "../test/e2e/driver.ts";
import { NotebookPage, openNotebooks, writeNotebook } from "../test/e2e/notebook.ts";
import { ARTIFACTS } from "../test/e2e/session.ts";
import { here } from "../test/platforms.ts";

const THEMES = [
  ["dark", "Dark Modern"],
  ["light", "Light Modern"],
] as const;

/** What a data notebook might do in a kernel that may use 1 GiB. */
const WORK = [
  "rows = [{'user': i % 5000, 'value': i * 0.5} for i in range(400_000)]",
  "totals = {}\nfor row in rows:\n    totals[row['user']] = totals.get(row['user'], 0) + row['value']",
  "matrix = bytearray(b'x' * (600 << 20))\nimport time\ntime.sleep(3)",
  "copies = [bytes(matrix) for _ in range(4)]",
] as const;

/** Takes all of them; those that the README shows go to `media`. */
export async function takeCellPictures(media: string): Promise<void> {
  for (const [name, theme] of THEMES) await takeIn(name, theme, name === "dark" ? media : null);
}

async function takeIn(name: string, theme: string, media: string | null): Promise<void> {
  const session = await openNotebooks({
    settings: {
      "workbench.colorTheme": theme,
      "gorgon.interval": 1,
      "gorgon.cpu.warn": 99,
      "gorgon.cpu.crit": 100,
      "gorgon.disk.warn": 99,
      "gorgon.disk.crit": 100,
      "gorgon.rate.adaptive": false,
      "jupyterFixture.access": "allow",
    },
    viewport: { width: 1100, height: 900 },
    scale: 1.5,
  });
  const { page, folder } = session;
  const shoot = async (state: string): Promise<void> => {
    await page.mouse.move(700, 4);
    await page.screenshot({ path: path.join(ARTIFACTS, `cells-${name}-${state}.png`) });
  };
  const group = here("cgroup-v1") ? makeGroup("memory") : null;
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
    await notebook.run(1);
    await notebook.untilItem(1, /^was/);
    await notebook.start(2);
    await notebook.untilItem(2, /^[2-9] s|now .*MiB/);
    await shoot("running");
    await notebook.ended(2);
    await notebook.untilItem(2, /\(\+\d/);
    await shoot("done");
    await runCommand(page, "Gorgon: Show Most Expensive Cells");
    await shoot("expensive");
    if (media !== null) await page.screenshot({ path: path.join(media, "cells.png") });
    await notebook.start(3);
    await notebook.untilItem(3, /died/);
    await notification(page, /memory/).waitFor();
    await shoot("died");
    if (media !== null) await page.screenshot({ path: path.join(media, "kernel-died.png") });
  } finally {
    await session.close();
    if (group !== null) await removeGroup(group);
  }
}

/** Runs the first cells, and loads the package between them. */
async function measure(page: Page, notebook: NotebookPage): Promise<void> {
  await notebook.run(0);
  await runCommand(page, "Gorgon: Measure This Kernel");
  const question = page.locator(".monaco-dialog-box").filter({ hasText: "Measure the kernel of this notebook?" });
  await question.locator(".monaco-button", { hasText: "This Time" }).click();
  await notification(page, /This kernel is measured/).waitFor();
  await runCommand(page, "Notifications: Clear All Notifications");
  for (const index of [0, 1]) {
    await notebook.run(index);
    await notebook.untilItem(index, /peak/);
  }
}
