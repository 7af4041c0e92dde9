/** A headless Chromium that shows a workbench, and a record of what went wrong in the page. */
import { accessSync, constants } from "node:fs";
import path from "node:path";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { environmentOf, type Profile } from "./profile.ts";

/** Chromium's program. Throws `missing: ...` when there is none. */
export function findChromium(): string {
  const named = process.env["CHROMIUM"];
  const folders = ["/usr/bin", ...(process.env["PATH"] ?? "").split(path.delimiter)];
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const candidates = named ? [named] : names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  if (process.platform === "darwin") {
    candidates.push("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
  }
  for (const file of candidates) {
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // the next one
    }
  }
  throw new Error(
    named
      ? `missing: chromium (CHROMIUM=${named} is not a program)`
      : "missing: chromium (apt-get install chromium, or set CHROMIUM to its path)",
  );
}

/** Starts Chromium with the profile's environment, so that it carries the run's mark too. */
export async function openBrowser(profile: Profile): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    headless: true,
    env: environmentOf(profile),
    args: ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"],
  });
}

/** A page that shows a workbench. */
export interface WorkbenchPage {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Addresses outside of this machine that the page asked for; none of them was let through. */
  readonly external: string[];
  /** Errors nobody caught, and everything the content security policy stopped. */
  readonly faults: string[];
  /** Every console line, for the artifacts. */
  readonly lines: string[];
}

const LOOPBACK = new Set(["127.0.0.1", "localhost"]);

/** Opens a blank page in which nothing but this machine can be reached. */
export async function openPage(
  browser: Browser,
  viewport: { readonly width: number; readonly height: number } = { width: 1280, height: 800 },
  scale = 1,
): Promise<WorkbenchPage> {
  const context = await browser.newContext({ viewport, deviceScaleFactor: scale });
  const external: string[] = [];
  await context.route(
    (url) => /^(https?|wss?):$/.test(url.protocol) && !LOOPBACK.has(url.hostname),
    async (route) => {
      external.push(route.request().url());
      await route.abort();
    },
  );
  const page = await context.newPage();
  const faults: string[] = [];
  const lines: string[] = [];
  page.on("console", (message) => {
    const text = message.text();
    lines.push(`[${message.type()}] ${text}`);
    if (/content security policy/i.test(text)) faults.push(text);
  });
  page.on("pageerror", (error) => {
    lines.push(`[pageerror] ${error.stack ?? error.message}`);
    faults.push(error.stack ?? error.message);
  });
  page.on("dialog", (dialog) => {
    dialog.accept().catch(() => undefined); // it closed by itself
  });
  return { context, page, external, faults, lines };
}
