/** One real workbench with Gorgon's VSIX installed, shown in Chromium: what every end-to-end case starts from. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Browser } from "playwright-core";
import { freshVsix } from "../../scripts/package.ts";
import { ensureWorkbench } from "../../scripts/workbench.ts";
import { findChromium, openBrowser, openPage, type WorkbenchPage } from "../workbench/browser.ts";
import { ofRun, waitGone, type Process } from "../workbench/processes.ts";
import { createProfile, removeProfile, writeSettings, type Profile } from "../workbench/profile.ts";
import { installVsix, startServer, type Stopped, type WorkbenchServer } from "../workbench/server.ts";

const root = path.dirname(path.dirname(import.meta.dirname));

/** Where screenshots and logs go; git ignores it. */
export const ARTIFACTS = path.join(root, "test", "artifacts");

/** What is left after a session. */
export interface Closed extends Stopped {
  /** Processes with the run's mark when everything should be over. */
  readonly leftovers: readonly Process[];
}

/** A workbench in use. */
export interface Session extends WorkbenchPage {
  readonly profile: Profile;
  readonly server: WorkbenchServer;
  readonly browser: Browser;
  /** The copy of the demo workspace that is open. */
  readonly folder: string;
  /** Replaces the settings; the workbench takes them up at once. */
  configure(settings: Readonly<Record<string, unknown>>): void;
  /** Gorgon's workers of this workbench. */
  workers(): Process[];
  /** Keeps a picture of the whole window. */
  shot(name: string): Promise<void>;
  /** Ends browser and server, and removes the profile. */
  close(): Promise<Closed>;
}

/** How a session looks. */
export interface SessionOptions {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Device pixels a CSS pixel. */
  readonly scale?: number;
  /** More variables for the workbench's environment, and so for the worker's. */
  readonly env?: Readonly<Record<string, string>>;
  /** More extensions to install: the paths of their VSIXes. */
  readonly extensions?: readonly string[];
}

/** Installs, starts and opens everything. Throws `missing: ...` when Chromium or the workbench cannot be had. */
export async function openSession(options: SessionOptions = {}): Promise<Session> {
  findChromium();
  const { entry } = await ensureWorkbench();
  // A VSIX made elsewhere may be named, e.g. the one about to be released.
  const vsix = process.env["GORGON_VSIX"] ?? (await freshVsix());
  const profile = createProfile();
  let server: WorkbenchServer | undefined;
  let browser: Browser | undefined;
  const end = async (): Promise<Stopped> => {
    await browser?.close();
    const stopped = await server?.stop();
    return stopped ?? { killed: [], left: [] };
  };
  try {
    const configure = (settings: Readonly<Record<string, unknown>>): void => {
      writeSettings(profile.userData, { ...options.settings, ...settings });
    };
    configure({});
    for (const one of [vsix, ...(options.extensions ?? [])]) await installVsix(entry, profile, one);
    const folder = path.join(profile.base, "demo");
    mkdirSync(folder);
    cpSync(path.join(root, "demo"), folder, { recursive: true });
    server = await startServer({ entry, profile, ...(options.env === undefined ? {} : { env: options.env }) });
    browser = await openBrowser(profile);
    const view = await openPage(browser, options.viewport, options.scale);
    mkdirSync(ARTIFACTS, { recursive: true });
    await view.page.goto(server.url(folder), { waitUntil: "domcontentloaded" });
    const { output } = server;
    return {
      ...view,
      profile,
      server,
      browser,
      folder,
      configure,
      workers: () => ofRun(profile.mark).filter((one) => /worker\.cjs(\s|$)/.test(one.command)),
      shot: async (name) => {
        await view.page.screenshot({ path: path.join(ARTIFACTS, `${name}.png`) });
      },
      close: async () => {
        const stopped = await end();
        const leftovers = await waitGone(() => ofRun(profile.mark), 5000);
        writeFileSync(path.join(ARTIFACTS, "e2e.log"), `${view.lines.join("\n")}\n\n${output()}`);
        removeProfile(profile, true);
        return { ...stopped, leftovers };
      },
    };
  } catch (error) {
    await end();
    removeProfile(profile, true);
    throw error;
  }
}
