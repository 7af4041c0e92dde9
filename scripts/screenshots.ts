/**
 * Takes the README's pictures in a real workbench: media/dashboard.png, alerts.png, explore.png and bell.png; with the word
 * `cells` those of notebooks: media/cells.png and kernel-died.png, and every state in both themes in test/artifacts; with
 * the word `lab` those of JupyterLab and Notebook 7 likewise: media/lab-*.png and notebook7-cells.png.
 */
import path from "node:path";
import { burn } from "../test/e2e/burner.ts";
import { bell, dashboard, hoverBell, inkOf, runCommand, until, untilBell } from "../test/e2e/driver.ts";
import { openSession } from "../test/e2e/session.ts";
import { takeCellPictures } from "./screenshots-cells.ts";
import { takeLabPictures } from "./screenshots-lab.ts";

const media = path.join(path.dirname(import.meta.dirname), "media");

/** What the machine does while the picture's minute goes by: busy cores and their share, for so many seconds. */
const SCENES: readonly (readonly [cores: number, share: number, seconds: number])[] = [
  [1, 0.2, 14],
  [1, 0.7, 8],
  [2, 0.7, 7],
  [1, 0.3, 14],
  [1, 0.5, 10],
  [1, 0.1, 9],
];

async function takeDashboardPictures(): Promise<void> {
  const session = await openSession({
    settings: {
      "workbench.colorTheme": "Dark Modern",
      "gorgon.interval": 1,
      // The pictures show a calm day; an opening workbench is none.
      "gorgon.cpu.warn": 99,
      "gorgon.cpu.crit": 100,
      "gorgon.cpu.for": 0,
      "gorgon.disk.for": 0,
      "gorgon.notifications.enabled": false,
    },
    viewport: { width: 1200, height: 900 },
    scale: 1.5,
  });
  try {
    const { page } = session;
    await untilBell(page, "numbers in the bell", (face) => /CPU \d+ %/.test(face.text), 60_000);
    session.configure({ "gorgon.cpu.warn": 70, "gorgon.cpu.crit": 90 });
    await runCommand(page, "View: Close Primary Side Bar").catch(() => undefined);
    await runCommand(page, "Gorgon: Show Dashboard");
    const frame = await dashboard(page);
    await frame.getByRole("radio", { name: "1 min", exact: true }).click();
    for (const [cores, share, seconds] of SCENES) {
      const work = burn({ cores, share, limitMs: seconds * 1000 });
      const end = performance.now() + seconds * 1000;
      await until("the end of a scene", () => (performance.now() > end ? true : null), 60_000);
      await work.stop();
    }
    await untilBell(page, "calm for the picture", (face) => face.kind === "none");
    await page.mouse.move(600, 5);
    await page.screenshot({ path: path.join(media, "dashboard.png") });

    // Any series, found by its words.
    await frame.getByRole("tab", { name: "Explore" }).click();
    for (const words of ["cpu busy", "pressure cpu some"]) {
      await frame.getByRole("combobox").first().fill(words);
      const option = frame
        .getByRole("option")
        .filter({ hasText: words.split(" ")[0] ?? "" })
        .first();
      await option.click();
    }
    await page.keyboard.press("Escape");
    await frame.getByText("5 min", { exact: true }).click();
    await frame.getByText("Each point is").waitFor();
    await until("ink on the chart", async () => ((await inkOf(frame)).some((one) => one.drawn > 500) ? true : null));
    await page.mouse.move(600, 5);
    await page.screenshot({ path: path.join(media, "explore.png") });

    // An alert that somebody looks after, in the tab and in the side bar.
    session.configure({ "gorgon.disk.warn": 2, "gorgon.disk.crit": 99 });
    await untilBell(page, "WARN for the disk", (face) => face.text.includes("Disk"));
    await runCommand(page, "Gorgon: Focus on Bell View");
    await frame.getByRole("tab", { name: "Alerts" }).click();
    const alert = frame.locator('[data-part="open-alerts"] [data-alert]').filter({ hasText: "Disk" }).first();
    await alert.locator("vscode-button", { hasText: "Acknowledge" }).click();
    await alert
      .getByText(/Acknowledged by/)
      .first()
      .waitFor();
    await frame.locator('[data-part="alert-history"] [data-bar]').first().waitFor();
    await page.mouse.move(600, 5);
    await page.screenshot({ path: path.join(media, "alerts.png") });
    session.configure({});
    await runCommand(page, "View: Close Primary Side Bar");

    // The bell by itself, at its worst: nothing behind the tooltip.
    await runCommand(page, "View: Close All Editors");
    session.configure({ "gorgon.cpu.warn": 70, "gorgon.cpu.crit": 90 });
    const load = burn();
    try {
      await untilBell(page, "CRIT", (face) => face.kind === "error");
      const hover = await hoverBell(page);
      const [box, item] = [await hover.boundingBox(), await bell(page).boundingBox()];
      if (!box || !item) throw new Error("The tooltip closed before its picture was taken.");
      const x = Math.max(0, Math.min(box.x, item.x) - 16);
      const y = Math.max(0, box.y - 12);
      const width = Math.max(box.x + box.width, item.x + item.width) - x + 16;
      const clip = { x, y, width, height: item.y + item.height - y };
      await page.screenshot({ path: path.join(media, "bell.png"), clip });
    } finally {
      await load.stop();
    }
    console.log("media/dashboard.png, explore.png, alerts.png and bell.png are new.");
  } finally {
    await session.close();
  }
}

if (process.argv.includes("cells")) await takeCellPictures(media);
else if (process.argv.includes("lab")) await takeLabPictures(media);
else await takeDashboardPictures();
