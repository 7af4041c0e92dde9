/** Takes pictures of real pages of JupyterLab and Notebook 7: cells near a limit, the bell's panel, a death, the dearest cells. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { until } from "../test/e2e/driver.ts";
import { makeGroup, removeGroup, type ControlGroup } from "../test/control-group.ts";
import { ARTIFACTS } from "../test/e2e/session.ts";
import { bell, command, dialog, panel, untilBell, untilText } from "../test/lab/driver.ts";
import { openSession, type Session } from "../test/lab/session.ts";
import { setup } from "../test/lab/setup.ts";
import { here } from "../test/platforms.ts";

const THEMES = [
  ["dark", "JupyterLab Dark"],
  ["light", "JupyterLab Light"],
] as const;

/** What a data notebook might do in a kernel that may use 1 GiB. */
const WORK = [
  "rows = [{'user': i % 5000, 'value': i * 0.5} for i in range(400_000)]",
  "totals = {}\nfor row in rows:\n    totals[row['user']] = totals.get(row['user'], 0) + row['value']",
  "matrix = b'x' * (720 << 20)",
  "top = sorted(totals.items(), key=lambda item: -item[1])[:3]\ntop",
  "copies = [bytearray(matrix) for _ in range(4)]",
] as const;

/** Takes all of them; those that the documents show go to `media`. */
export async function takeLabPictures(media: string): Promise<void> {
  const tidy = await setup();
  const group = here("cgroup-v1") ? makeGroup("memory", "notebooks") : null;
  try {
    if (group !== null) {
      writeFileSync(path.join(group.folder, "memory.limit_in_bytes"), String(1 << 30));
      writeFileSync(path.join(group.folder, "memory.swappiness"), "0");
    }
    for (const [name, theme] of THEMES) {
      await takeIn("lab", name, theme, group, media);
      await takeIn("notebook", name, theme, group, media);
    }
  } finally {
    if (group !== null) await removeGroup(group);
    tidy?.();
  }
}

function open(app: "lab" | "notebook", theme: string, group: ControlGroup | null): Promise<Session> {
  const procs = path.join(group?.folder ?? "", "cgroup.procs");
  return openSession({
    app,
    viewport: { width: 1120, height: 640 },
    scale: 1.1,
    config: { Gorgon: { measure_kernels: true, disk: "/" } },
    settings: { "@jupyterlab/apputils-extension:themes": { theme } },
    ...(group === null
      ? {}
      : {
          kernels: {
            capped: { title: "Python 3 in 1 GiB", wrapper: ["sh", "-c", `echo $$ > "${procs}"; exec "$@"`, "sh"] },
          },
        }),
  });
}

async function takeIn(
  app: "lab" | "notebook",
  name: string,
  theme: string,
  group: ControlGroup | null,
  media: string,
): Promise<void> {
  const session = await open(app, theme, group);
  const { page } = session;
  const shoot = async (state: string, file: string | null = null): Promise<void> => {
    await page.mouse.move(500, 620);
    await page.screenshot({ path: path.join(ARTIFACTS, `${app}-${name}-${state}.png`) });
    // The documents show both looks.
    if (file !== null && name === (app === "lab" ? "dark" : "light"))
      await page.screenshot({ path: path.join(media, file) });
  };
  try {
    const notebook = await session.open("events.ipynb", WORK, group === null ? {} : { kernel: "capped" });
    if (app === "lab") await command(page, "application:toggle-left-area");
    for (const index of [0, 1, 2, 3]) await notebook.run(index);
    // Once more, so that the run before stands beside it.
    await notebook.run(1);
    await notebook.untilFooter(1, /peak .*was/);
    await notebook.untilFooter(2, group === null ? /peak/ : /WARN peak/);
    await notebook.select(3);
    await command(page, "gorgon:show-most-expensive-cells");
    const costly = page.locator("#gorgon-costly");
    await costly.getByRole("radio", { name: "Memory" }).click();
    await untilText("the dearest cell", /^Cell \d/, 30_000, () => costly.locator(".rows .name").first().innerText());
    await shoot("costly", app === "lab" ? "lab-costly.png" : null);
    await bell(page).click();
    await untilText("levels", /CPU .*Memory .*Disk/, 30_000, () => panel(page).innerText());
    await untilBell(page, group === null ? /OK|WARN|CRIT/ : /WARN: events/);
    if (app === "lab") {
      // Half a minute of trends.
      const trend = panel(page).locator("path.jp-Gorgon-sparkLine").first();
      await until("trends", async () => (((await trend.getAttribute("d")) ?? "").length > 70 ? true : null), 120_000);
    }
    await shoot("cells", app === "lab" ? "lab-cells.png" : "notebook7-cells.png");
    await notebook.footer(1).locator(".jp-Gorgon-line").click();
    await shoot("table");
    await notebook.footer(1).locator(".jp-Gorgon-line").click();
    if (group === null) return;
    await notebook.start(4);
    await dialog(page, "Why the kernel of events.ipynb died").waitFor({ timeout: 60_000 });
    await shoot("died", app === "lab" ? "lab-died.png" : null);
    await dialog(page, "Why").getByRole("button", { name: "Close" }).click();
    await notebook.untilFooter(4, /out of memory/);
    await shoot("dead");
  } finally {
    await session.close();
  }
}
