/** Takes the README's pictures in a real workbench: media/dashboard.png and media/bell.png. */
import path from "node:path";
import { burn } from "../test/e2e/burner.ts";
import { bell, dashboard, hoverBell, runCommand, until, untilBell } from "../test/e2e/driver.ts";
import { openSession } from "../test/e2e/session.ts";

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

const session = await openSession({
  settings: {
    "workbench.colorTheme": "Dark Modern",
    "gorgon.interval": 1,
    // The pictures show a calm day; an opening workbench is none.
    "gorgon.cpu.warn": 99,
    "gorgon.cpu.crit": 100,
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
  await frame.locator('vscode-radio[value="1"]').click();
  for (const [cores, share, seconds] of SCENES) {
    const work = burn({ cores, share, limitMs: seconds * 1000 });
    const end = performance.now() + seconds * 1000;
    await until("the end of a scene", () => (performance.now() > end ? true : null), 60_000);
    await work.stop();
  }
  await untilBell(page, "calm for the picture", (face) => face.kind === "none");
  await page.mouse.move(600, 5);
  await page.screenshot({ path: path.join(media, "dashboard.png") });

  // The bell by itself, at its worst: nothing behind the tooltip.
  await runCommand(page, "View: Close All Editors");
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
  console.log("media/dashboard.png and media/bell.png are new.");
} finally {
  await session.close();
}
