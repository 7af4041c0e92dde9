/**
 * What a person meets in a notebook: Gorgon's VSIX in a real VS Code workbench beside real kernels. The Jupyter extension is
 * stood in for by a fixture under its id. The cases share one window; each has a notebook, and so a kernel, of its own.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Frame, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { makeGroup, removeGroup } from "../control-group.ts";
import { here } from "../platforms.ts";
import { dashboard, notification, runCommand, until, untilBell } from "./driver.ts";
import { NotebookPage, openNotebooks, writeNotebook, type KernelOptions } from "./notebook.ts";
import type { Session } from "./session.ts";

const SETTINGS = {
  "workbench.colorTheme": "Dark Modern",
  "gorgon.interval": 1,
  // What the machine does besides is no news here.
  "gorgon.cpu.warn": 99,
  "gorgon.cpu.crit": 100,
  "gorgon.rate.adaptive": false,
  // Other kernels of this machine are the bell's business; a window tells of its own by itself.
  "gorgon.notifications.enabled": false,
};

/** Holds so many MiB, each page touched, for as many seconds. */
const hold = (mib: number, seconds = 0): string =>
  `import time\nblock = bytearray(${String(mib)} << 20)\nblock[::4096] = b"x" * len(block[::4096])\n` +
  `time.sleep(${String(seconds)})\ndel block`;

/** Takes an answer in a dialog. */
async function answer(page: Page, question: string, button: string): Promise<void> {
  const dialog = page.locator(".monaco-dialog-box").filter({ hasText: question });
  await dialog.locator(".monaco-button", { hasText: button }).click();
}

/** Has this kernel measured from inside; answers Jupyter too, which asks only once. */
async function measure(page: Page, jupyter: "Allow" | "Deny" = "Allow"): Promise<void> {
  await runCommand(page, "Gorgon: Measure This Kernel");
  await answer(page, "Measure the kernel of this notebook?", "This Time");
  const question = page.locator(".monaco-dialog-box").filter({ hasText: "grant Kernel access" });
  const done = notification(page, /This kernel is measured/);
  await question.or(done).first().waitFor();
  if ((await question.count()) > 0) await answer(page, "grant Kernel access", jupyter);
}

/** Closes what popped up before, so that it is not taken for what comes. */
async function clearNotifications(page: Page): Promise<void> {
  await runCommand(page, "Notifications: Clear All Notifications");
  await page.locator(".notifications-toasts .notification-list-item").waitFor({ state: "detached" });
}

/** Closes whatever is open, without a question about outputs that were not saved. */
async function closeNotebook(page: Page): Promise<void> {
  const tabs = page.locator(".tabs-container .tab");
  while ((await tabs.count()) > 0) {
    const before = await tabs.count();
    await tabs.first().click();
    await runCommand(page, "View: Revert and Close Editor");
    await until("a closed editor", async () => ((await tabs.count()) < before ? true : null));
  }
}

/** The page of one of Gorgon's views, by what is in it. */
async function frameWith(page: Page, selector: string): Promise<Frame> {
  return until(`a page with ${selector}`, async () => {
    for (const frame of page.frames()) {
      const there = await frame
        .locator(selector)
        .count()
        .catch(() => 0); // the frame went away
      if (there > 0) return frame;
    }
    return null;
  });
}

/** Takes an answer in a notification. */
async function press(page: Page, text: string | RegExp, button: string): Promise<void> {
  const toast = notification(page, text).first();
  await toast.waitFor();
  await toast.hover();
  await toast.locator(".monaco-button", { hasText: button }).click();
}

/** The size at which a cell's item says that its kernel is frozen, in the unit of its limit; 0 where it does not say so. */
function frozenAt(items: readonly string[]): number {
  const found = items.flatMap((text) => /frozen at ([\d.]+) of/.exec(text)?.[1] ?? []);
  return Number(found[0] ?? 0);
}

/** Runs until the worker has found the kernel: a kernel that has just begun is nobody's yet. */
const BEGIN = "import time; time.sleep(1)";

describe("Gorgon in a notebook", () => {
  let session: Session;
  let open = false;
  let number = 0;

  /** A new notebook with a kernel of its own, in front. */
  const openNotebook = async (sources: readonly string[], kernel: KernelOptions = {}): Promise<NotebookPage> => {
    number += 1;
    const name = `case-${String(number)}.ipynb`;
    await closeNotebook(session.page);
    writeNotebook(session.folder, name, sources, kernel);
    return NotebookPage.open(session.page, name, kernel.spec === "ir" ? /^R$/ : /Python 3/);
  };

  beforeAll(async () => {
    session = await openNotebooks({ settings: SETTINGS, viewport: { width: 1280, height: 1000 } });
    open = true;
  });

  afterAll(async () => {
    if (open) await session.close();
  });

  afterEach(async ({ task }) => {
    if (open && task.result?.state === "fail")
      await session.shot(`failed-notebook-${task.name.split(" ").slice(0, 6).join("-")}`);
  });

  it("says what a cell costs by looking from outside, while it runs and when it is done", async () => {
    const notebook = await openNotebook(["print('hello', 6 * 7)", hold(300, 4), "1 / 0"]);
    expect(await notebook.run(0)).toBe("ok");
    await notebook.untilOutput("hello 42");
    await notebook.start(1);
    await notebook.untilItem(1, /now 3\d\d MiB/);
    await session.shot("notebook-live");
    expect(await notebook.ended(1)).toBe("ok");
    await notebook.untilItem(1, /^peak (≥ )?3\d\d MiB/);
    expect(await notebook.run(2)).toBe("error");
    await notebook.untilItem(2, /peak/);
    await session.shot("notebook-outside");
  });

  it("says that there is no kernel to measure where none was started", async () => {
    const { page } = session;
    await openNotebook(["1"]);
    await runCommand(page, "Gorgon: Measure This Kernel");
    await notification(page, /No kernel runs for this notebook yet. Run a cell/).waitFor();
    await session.shot("notebook-not-started");
    await clearNotifications(page);
  });

  it("goes on from outside where the user does not let it into the kernel", async () => {
    const { page } = session;
    const notebook = await openNotebook(["1", hold(200, 3)]);
    await notebook.run(0);
    await measure(page, "Deny");
    await notification(page, /does not let Gorgon/).waitFor();
    await session.shot("notebook-denied");
    await clearNotifications(page);
    await notebook.run(1);
    await notebook.untilItem(1, /^peak (≥ )?2\d\d MiB/);
  });

  it("measures exactly with the package in the kernel, beside the run before", async () => {
    const { page } = session;
    await runCommand(page, "Jupyter: Manage Access To Jupyter Kernels");
    const notebook = await openNotebook(["1", hold(200), "sum(range(3_000_000))"]);
    await notebook.run(0);
    await measure(page);
    await notification(page, /This kernel is measured/).waitFor();
    await session.shot("notebook-measured");
    await clearNotifications(page);
    await notebook.run(1);
    const first = await notebook.untilItem(1, /^peak 2\d\d MiB \(\+20\d\)/);
    expect(first.join(" ")).not.toMatch(/[≥~]/);
    await notebook.run(1);
    await notebook.untilItem(1, /^was 2\d\d MiB/);
    await session.shot("notebook-exact");
  });

  it("is loaded behind a cell that runs", async () => {
    const { page } = session;
    const notebook = await openNotebook(["import time; time.sleep(12)", hold(100)]);
    await notebook.start(0);
    await notebook.untilItem(0, /^\d+\.\d ?s/);
    await measure(page);
    await session.shot("notebook-queued");
    expect(await notebook.ended(0)).toBe("ok");
    await notification(page, /This kernel is measured/).waitFor();
    await notebook.run(1);
    await notebook.untilItem(1, /^peak \d+ MiB \(\+(99\.\d|10\d)\)/);
  });

  it("shows the costs again when the window is reloaded", async () => {
    const { page } = session;
    const notebook = await openNotebook([BEGIN, hold(150, 1)]);
    await notebook.run(0);
    await notebook.run(1);
    const before = await notebook.untilItem(1, /peak/);
    await Promise.all([page.waitForEvent("domcontentloaded"), runCommand(page, "Developer: Reload Window")]);
    await notebook.cell(1).waitFor();
    const after = await notebook.untilItem(1, /peak/);
    expect(after.filter((text) => /peak|CPU/.test(text))).toEqual(before.filter((text) => /peak|CPU/.test(text)));
    await session.shot("notebook-reloaded");
  });

  it("warns near the limit of the kernel", async () => {
    const { page } = session;
    const notebook = await openNotebook(["1", hold(270)], { environment: { MEM_LIMIT: String(400 << 20) } });
    await notebook.run(0);
    await measure(page);
    await notification(page, /This kernel is measured/).waitFor();
    await notebook.run(1);
    await notebook.untilItem(1, /^WARN peak 3\d\d MiB \(\+270\), 8\d % of limit/);
    await session.shot("notebook-warning");
  });

  it.each([
    [
      "killed by SIGKILL",
      "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
      /killed by SIGKILL/,
      /killed \(SIGKILL\)/,
    ],
    ["that exits", "import os; os._exit(3)", /exited with code 3/, /code 3/],
    ["that breaks", "import ctypes; ctypes.string_at(0)", /segmentation fault/, /SIGSEGV/],
  ])("says why a kernel died: one %s", async (_, code, words, sentence) => {
    const { page } = session;
    await clearNotifications(page);
    const notebook = await openNotebook([BEGIN, code]);
    await notebook.run(0);
    await notebook.untilItem(0, /peak/);
    await notebook.start(1);
    await notebook.untilItem(1, words);
    await notification(page, sentence).waitFor();
    await session.shot(`notebook-died-${String(number)}`);
    // It was no restart that somebody asked for: a new kernel goes on.
    expect(await notebook.run(0)).toBe("ok");
  });

  it.runIf(here("cgroup-v1"))(
    "[cgroup-v1] says that a kernel died for want of memory, and of whose limit",
    async () => {
      const { page } = session;
      await clearNotifications(page);
      const group = makeGroup("memory");
      try {
        writeFileSync(path.join(group.folder, "memory.limit_in_bytes"), String(300 << 20));
        writeFileSync(path.join(group.folder, "memory.swappiness"), "0");
        const procs = path.join(group.folder, "cgroup.procs");
        const wrapper = ["sh", "-c", `echo $$ > "${procs}"; exec "$@"`, "sh"];
        const notebook = await openNotebook([BEGIN, hold(1000)], { wrapper });
        await notebook.run(0);
        await notebook.untilItem(0, /peak/);
        // The next cell lasts a fifth of a second: its kernel must have been seen alive.
        await notebook.untilItem(0, /peak/);
        await notebook.start(1);
        await notebook.untilItem(1, /out of memory/);
        await notification(page, /out of memory|limit/i).waitFor();
        await session.shot("notebook-died-oom");
        await notebook.item(1, "Why?").click();
        await until("the page that says why", async () => {
          for (const frame of page.frames()) {
            const text = await frame
              .locator("body")
              .innerText()
              .catch(() => "");
            if (text.includes("What speaks for it")) return text.includes(group.name) ? true : null;
          }
          return null;
        });
        await session.shot("notebook-why");
        await runCommand(page, "View: Close All Editors");
      } finally {
        await removeGroup(group);
      }
    },
  );

  it("keeps the deaths in the history of alerts", async () => {
    const { page } = session;
    await runCommand(page, "Gorgon: Show Alerts");
    const frame = await dashboard(page);
    await until("a kernel in the history", async () => {
      const text = await frame.locator('[data-part="alert-history"]').innerText();
      return /[Kk]ernel/.test(text) ? true : null;
    });
    await session.shot("notebook-alerts");
  });

  it("asks about a kernel that its guard froze, and does what the user says", async () => {
    const { page } = session;
    const notebook = await openNotebook(["1", "%gorgon limit 400MiB", "x = b'x' * (6 << 30)\nprint(len(x))"]);
    await notebook.run(0);
    await measure(page);
    await notification(page, /This kernel is measured/).waitFor();
    await clearNotifications(page);
    expect(await notebook.run(1)).toBe("ok");
    await notebook.start(2);
    // One call of C says nothing of itself: that the cell runs is known from its frost alone.
    const items = await notebook.untilItem(2, /kernel frozen at .* of 400 MiB/);
    expect(items).toEqual(expect.arrayContaining(["Continue", "Interrupt", "End Kernel"]));
    await untilBell(page, "CRIT for the frozen kernel", (face) => face.kind === "error");
    await notification(page, /is frozen at/).waitFor();
    await session.shot("notebook-frozen");
    // It may grow by some more, and is asked about again.
    const first = frozenAt(items);
    await press(page, /is frozen at/, "Continue");
    await until("it frozen with more memory", async () => (frozenAt(await notebook.items(2)) > first ? true : null));
    // The same answers stand under the cell. One call of C does not hear an interrupt.
    await notebook.item(2, "Interrupt").click();
    await notification(page, /you asked it to stop/).waitFor();
    await session.shot("notebook-frozen-again");
    await press(page, /you asked it to stop/, "End Kernel");
    expect(await notebook.ended(2)).toBe("error");
    await until("the kernel's end", async () => (frozenAt(await notebook.items(2)) > 0 ? null : true));
    await session.shot("notebook-ended");
    expect(await notebook.run(0)).toBe("ok");
    await clearNotifications(page);
  });

  it("says what cells of some milliseconds cost, run one by one and all at once", async () => {
    const { page } = session;
    const notebook = await openNotebook(["1", "a = sum(range(1000))", "b = [a] * 100", "c = b[0]"]);
    await notebook.run(0);
    await measure(page);
    await notification(page, /This kernel is measured/).waitFor();
    await clearNotifications(page);
    for (const index of [1, 2, 3]) {
      await notebook.run(index);
      const items = await notebook.untilItem(index, /^peak \d/);
      expect(items.join(" ")).not.toMatch(/[≥~]/);
    }
    await session.shot("notebook-short");
    await runCommand(page, "Notebook: Run All");
    // Beside the run before: this is another one.
    for (const index of [1, 2, 3]) await notebook.untilItem(index, /^was /);
    await session.shot("notebook-run-all");
    await runCommand(page, "Gorgon: Show Most Expensive Cells");
    const view = await frameWith(page, "main.costly");
    await view.getByRole("radio", { name: "Time" }).click();
    await until("a row and a bar for each cell", async () => {
      const bars = await view.locator(".strip-bars [data-bar]").count();
      return bars === 4 && (await view.locator("ol.rows li").count()) === 4 ? true : null;
    });
    await session.shot("notebook-short-costly");
  });

  it("lists the most expensive cells and jumps to one", async () => {
    const { page } = session;
    const notebook = await openNotebook(["1", "sum(range(3_000_000))", hold(50), hold(200, 1)]);
    await notebook.run(0);
    await measure(page);
    await notification(page, /This kernel is measured/).waitFor();
    await clearNotifications(page);
    await runCommand(page, "Notebook: Run All");
    for (const index of [0, 1, 2, 3]) await notebook.untilItem(index, /peak/);
    await runCommand(page, "Gorgon: Show Most Expensive Cells");
    const view = await frameWith(page, "main.costly");
    await view.getByRole("radio", { name: "Memory" }).click();
    const dearest = view.locator("ol.rows li button.go").first();
    await until("the last cell at the top", async () => (/2\d\d MiB/.test(await dearest.innerText()) ? true : null));
    await until("a bar for each cell", async () =>
      (await view.locator(".strip-bars [data-bar]").count()) === 4 ? true : null,
    );
    await session.shot("notebook-costly");
    await page.keyboard.press("Control+Home");
    await dearest.click();
    await page.locator(".notebookOverlay .code-cell-row.focused:visible").filter({ hasText: "bytearray" }).waitFor();
    await session.shot("notebook-jumped");
  });

  it("looks at an R kernel from outside", async () => {
    const sources = ["Sys.sleep(5)", "x <- rep(1, 3e7); Sys.sleep(3); length(x)"];
    const notebook = await openNotebook(sources, { spec: "ir" });
    await notebook.run(0);
    await notebook.untilItem(0, /peak/);
    await notebook.run(1);
    await notebook.untilItem(1, /^peak (≥ )?[2-9]\d\d MiB/);
    await session.shot("notebook-r");
  });

  it("breaks no policy of the page, asks nothing outside of the machine, and throws nothing", () => {
    expect(session.faults).toEqual([]);
    expect(session.external).toEqual([]);
  });

  it("leaves no process behind", async () => {
    open = false;
    const { killed, left, leftovers } = await session.close();
    expect(killed.filter((one) => /worker\.cjs|watcher\.py|ipykernel/.test(one.command))).toEqual([]);
    expect(left).toEqual([]);
    expect(leftovers).toEqual([]);
  });
});
