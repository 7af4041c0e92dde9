/**
 * A kernel that dies in JupyterLab: why, in a dialog in place of Lab's bare one, under the cell and in the panel. The server
 * lies below /user/ada/ as a JupyterHub puts it; one kernel is an ipykernel 6.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { pythonEnv } from "../../scripts/python-env.ts";
import { makeGroup, removeGroup, type ControlGroup } from "../control-group.ts";
import { until } from "../e2e/driver.ts";
import { here } from "../platforms.ts";
import { bell, command, dialog, panel, untilText, type NotebookPage } from "./driver.ts";
import { hold } from "./files.ts";
import { openSession, ownFaults, type Session } from "./session.ts";

const KILL = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)";
const EXIT = "import os\nos._exit(3)";
const BREAK = "import ctypes\nctypes.string_at(0)";

describe("a kernel that dies in JupyterLab", () => {
  let session: Session;
  let open = false;
  let group: ControlGroup | null = null;

  beforeAll(async () => {
    group = here("cgroup-v1") ? makeGroup("memory") : null;
    if (group !== null) {
      writeFileSync(path.join(group.folder, "memory.limit_in_bytes"), String(300 << 20));
      writeFileSync(path.join(group.folder, "memory.swappiness"), "0");
    }
    const procs = path.join(group?.folder ?? "", "cgroup.procs");
    session = await openSession({
      baseUrl: "/user/ada/",
      viewport: { width: 1280, height: 900 },
      config: { Gorgon: { measure_kernels: true } },
      kernels: {
        old: { python: await pythonEnv("old") },
        tight: { wrapper: ["sh", "-c", `echo $$ > "${procs}"; exec "$@"`, "sh"] },
      },
    });
    open = true;
  });

  afterAll(async () => {
    if (open) await session.close();
    if (group !== null) await removeGroup(group);
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

  /** Runs the last cell of a new notebook, which is its kernel's end, and reads all that is said of it. */
  async function die(name: string, code: string, kernel = "python3"): Promise<NotebookPage> {
    const { page } = session;
    const notebook = await session.open(`${name}.ipynb`, ["x = 1", code], { kernel });
    await notebook.run(0);
    await notebook.untilFooter(0, /\d m?s/);
    await notebook.start(1);
    await dialog(page, `Why the kernel of ${name}.ipynb died`).waitFor({ timeout: 60_000 });
    await session.shot(`died-${name}`);
    return notebook;
  }

  /** What the dialog says; closes it. It is the only one: Lab's own is not there. */
  async function told(name: string): Promise<string> {
    const { page } = session;
    const dialogs = page.locator(".jp-Dialog");
    expect(await dialogs.count()).toBe(1);
    const text = await dialogs.first().innerText();
    await dialog(page, name).getByRole("button", { name: "Close" }).click();
    await dialogs.first().waitFor({ state: "detached" });
    return text;
  }

  it.each([
    ["killed by SIGKILL", "killed", KILL, /killed by SIGKILL/],
    ["that exits", "exited", EXIT, /exited with code 3/],
    ["that breaks", "broke", BREAK, /segmentation fault/],
  ])("says why: one %s", async (_, name, code, cause) => {
    const { page } = session;
    const notebook = await die(name, code);
    const said = await told(name);
    expect(said).toMatch(cause);
    expect(said).toMatch(/Cell that ran\s+Cell 2/);
    expect(said).toMatch(/What speaks for it/);
    expect(await notebook.untilFooter(1, cause)).toMatch(/last \d+(\.\d)? MiB/);
    await bell(page).click();
    await untilText("the death in the panel", new RegExp(`${name}\\.ipynb`), 30_000, () =>
      panel(page).getByRole("region", { name: "Kernels that died" }).innerText(),
    );
    // Lab has started another; the cells go on.
    await notebook.ready();
    await notebook.run(0);
    await notebook.untilFooter(0, /was/);
    await notebook.untilFooter(1, cause);
  });

  it.runIf(here("cgroup-v1"))("[cgroup-v1] says why: one that wanted more memory than its group may have", async () => {
    const { page } = session;
    const notebook = await die("hungry", hold(1000), "tight");
    const said = await told("hungry");
    expect(said).toMatch(/out of memory/);
    expect(said).toContain(group?.name ?? "");
    expect(said).toMatch(/300 MiB/);
    await notebook.untilFooter(1, /out of memory last \d+(\.\d)? of 300 MiB \(cgroup/);
    await notebook.ready();
    // The panel tells it again to who asks.
    await bell(page).click();
    const deaths = panel(page).getByRole("region", { name: "Kernels that died" });
    await deaths.getByRole("button", { name: "Why?" }).first().click();
    await dialog(page, "hungry").getByRole("button", { name: "Go to the cell" }).click();
    await until("the chosen cell", async () =>
      (await notebook.cell(1).getAttribute("class"))?.includes("jp-mod-active") === true ? true : null,
    );
  });

  it("measures an ipykernel 6 and says why it died", async () => {
    const notebook = await session.open("old.ipynb", ["1", hold(100), KILL], { kernel: "old" });
    await notebook.run(1);
    await notebook.untilFooter(1, /peak \d+ MiB \(\+(99\.\d|10\d)\)/);
    await notebook.start(2);
    await dialog(session.page, "Why the kernel of old.ipynb died").waitFor({ timeout: 60_000 });
    expect(await told("old")).toMatch(/SIGKILL/);
    await notebook.untilFooter(2, /killed by SIGKILL/);
  });

  it("asks about a kernel that its guard froze, and ends it only once that was confirmed", async () => {
    const { page } = session;
    const notebook = await session.open("frozen.ipynb", ["%gorgon limit 400MiB", "x = b'x' * (900 << 20)"]);
    await notebook.run(0);
    await notebook.start(1);
    await notebook.untilFooter(1, /frozen at .* of 400 MiB/);
    const toast = page.locator(".Toastify__toast").filter({ hasText: "frozen.ipynb is frozen" });
    const sure = dialog(page, "End the kernel of frozen.ipynb?");
    await toast.getByRole("button", { name: "End Kernel" }).click();
    await session.shot("frozen-sure");
    await sure.getByRole("button", { name: "Cancel" }).click();
    await sure.waitFor({ state: "detached" });
    expect(await notebook.footerText(1)).toMatch(/frozen/);
    await toast.waitFor();
    await notebook
      .footer(1)
      .getByRole("button", { name: /End Kernel/ })
      .click();
    await sure.getByRole("button", { name: "End Kernel" }).click();
    await toast.waitFor({ state: "detached" });
    await until("no frozen kernel", async () => ((await notebook.footerText(1)).includes("frozen") ? null : true));
    await session.shot("frozen-ended");
    await notebook.ready();
    await notebook.run(0);
  });

  it("says nothing of a restart and an end that somebody asked for", async () => {
    const { page } = session;
    const notebook = await session.open("asked.ipynb", ["x = 1", "import time; time.sleep(600)"]);
    await notebook.run(0);
    await notebook.start(1);
    await notebook.untilFooter(1, /\d s/);
    await command(page, "notebook:restart-kernel");
    await dialog(page, /Restart Kernel/)
      .getByRole("button", { name: "Confirm Kernel Restart" })
      .click();
    await notebook.ready();
    await notebook.run(0);
    await notebook.untilFooter(0, /was/);
    await command(page, "notebook:shutdown-kernel");
    await until("no kernel", async () => {
      const kernels = (await (await session.server.api("api/kernels")).json()) as readonly { readonly id: string }[];
      const sessions = (await (await session.server.api("api/sessions")).json()) as readonly {
        readonly path: string;
      }[];
      return kernels.length >= 0 && sessions.every(({ path: of }) => of !== "asked.ipynb") ? true : null;
    });
    await bell(page).click();
    await panel(page).getByRole("heading").first().waitFor();
    expect(await panel(page).innerText()).not.toContain("asked.ipynb ended");
    expect(await page.locator(".jp-Dialog").count()).toBe(0);
    expect(await notebook.footerText(0)).toMatch(/was/);
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
