/** Notebook 7, below another base URL: the bell stands at the top, for there is no status bar. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { bell, command, dialog, panel, untilBell, untilText } from "./driver.ts";
import { hold } from "./files.ts";
import { openSession, ownFaults, type Session } from "./session.ts";

describe("Gorgon in Notebook 7", () => {
  let session: Session;
  let open = false;

  beforeAll(async () => {
    session = await openSession({
      app: "notebook",
      baseUrl: "/user/ada/",
      viewport: { width: 1280, height: 800 },
      config: { Gorgon: { measure_kernels: true } },
    });
    open = true;
  });

  afterAll(async () => {
    if (open) await session.close();
  });

  afterEach(async ({ task }) => {
    if (open && task.result?.state === "fail") {
      await session.shot(
        `failed-${task.name
          .split(" ")
          .slice(0, 8)
          .join("-")
          .replaceAll(/[^\w-]/g, "")}`,
      );
    }
  });

  it("has the bell at the top, its panel behind it, and footers under cells", async () => {
    const { page } = session;
    const notebook = await session.open("seven.ipynb", ["1", hold(200)]);
    await untilBell(page, /OK|WARN|CRIT/);
    const [at, top] = [
      await bell(page).boundingBox(),
      await page.locator("#menu-panel, #top-panel").last().boundingBox(),
    ];
    expect(at?.y ?? Infinity).toBeLessThan((top?.y ?? 0) + (top?.height ?? 0));
    await notebook.run(1);
    await notebook.untilFooter(1, /peak 2\d\d MiB \(\+(199|20\d)/);
    await bell(page).click();
    await untilText("the panel's levels", /CPU .*Memory .*Disk/, 30_000, () => panel(page).innerText());
    await session.shot("notebook7");
    await command(page, "gorgon:show-most-expensive-cells");
    const costly = page.locator("#gorgon-costly");
    await untilText("the dearest cell", /^Cell 2/, 30_000, () => costly.locator(".rows .name").first().innerText());
  });

  it("says why a kernel died, in place of the bare dialog", async () => {
    const { page } = session;
    const notebook = await session.open("dead.ipynb", ["1", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"]);
    await notebook.run(0);
    await notebook.start(1);
    await dialog(page, "Why the kernel of dead.ipynb died").waitFor({ timeout: 60_000 });
    await session.shot("notebook7-died");
    const dialogs = page.locator(".jp-Dialog");
    expect(await dialogs.count()).toBe(1);
    expect(await dialogs.innerText()).toMatch(/killed by SIGKILL/);
    await dialogs.getByRole("button", { name: "Close" }).click();
    await notebook.untilFooter(1, /killed by SIGKILL/);
    await notebook.ready();
    await notebook.run(0);
  });

  it("shows the costs again when the page is loaded anew", async () => {
    const { page } = session;
    const notebook = await session.open("again.ipynb", ["1", hold(100)]);
    await notebook.run(1);
    const before = await notebook.untilFooter(1, /peak/);
    await page.reload({ waitUntil: "domcontentloaded" });
    await notebook.ready();
    expect(await notebook.untilFooter(1, /peak/)).toBe(before);
  });

  it("throws nothing, and leaves no process behind", async () => {
    expect(ownFaults(session.faults)).toEqual([]);
    expect(session.external).toEqual([]);
    open = false;
    const { killed, left } = await session.close();
    expect(killed).toEqual([]);
    expect(left).toEqual([]);
  });
});
