/** Takes pictures of the most expensive cells in all states and themes: `node webview/preview/costly-shoot.ts [folder] [filter]`. */
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { launchChromium } from "./browser.ts";
import { COSTLY_STATES } from "./costly-sample.ts";
import { serveDashboard } from "./serve.ts";
import { THEMES } from "./themes.ts";

const folder = process.argv[2] ?? mkdtempSync(path.join(tmpdir(), "gorgon-costly-"));
const filter = new RegExp(process.argv[3] ?? "");
mkdirSync(folder, { recursive: true });
const browser = await launchChromium();
try {
  for (const [themeName, theme] of Object.entries(THEMES)) {
    const served = await serveDashboard(theme, undefined, {}, "costly");
    try {
      for (const [name, snapshot] of Object.entries(COSTLY_STATES)) {
        const file = `costly-${name}-${themeName}`;
        if (!filter.test(file)) continue;
        const page = await browser.newPage({ viewport: { width: 320, height: 460 } });
        page.on("pageerror", (error) => process.stderr.write(`${file}: ${error.message}\n`));
        await page.goto(served.url);
        await page.evaluate(`window.postMessage(${JSON.stringify(snapshot)}, "*")`);
        // VS Code puts the side bar's colour behind it.
        await page.evaluate('document.documentElement.style.background = "var(--vscode-editor-background)"');
        await page.waitForTimeout(150);
        await page.screenshot({ path: path.join(folder, `${file}.png`) });
        const violations = await page.evaluate("window.violations");
        if ((violations as unknown[]).length > 0) process.stderr.write(`${file}: ${JSON.stringify(violations)}\n`);
        await page.close();
      }
    } finally {
      await served.close();
    }
  }
} finally {
  await browser.close();
}
process.stdout.write(`${folder}\n`);
