/** A Chromium without a window, for the preview and the tests. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts the browser that $CHROMIUM names, else Debian's. Throws an error that says what to install. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
  if (!existsSync(executablePath)) {
    throw new Error(
      `missing: chromium (apt-get install chromium): there is none at ${executablePath}; $CHROMIUM may name another`,
    );
  }
  return chromium.launch({ executablePath, args: FLAGS });
}
