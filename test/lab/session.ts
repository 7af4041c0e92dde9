/** One Jupyter server and one browser: what the cases of a file share. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Browser } from "playwright-core";
import { ARTIFACTS } from "../e2e/session.ts";
import { findChromium, openBrowser, openPage, type WorkbenchPage } from "../workbench/browser.ts";
import { NotebookPage } from "./driver.ts";
import { writeNotebook, type CellFile, type NotebookOptions } from "./files.ts";
import { wheelPlaces, type Places } from "./install.ts";
import type { Stopped } from "./program.ts";
import { startJupyter, type JupyterServer, type ServerOptions } from "./server.ts";

/** Both are there, and a page is open. */
export interface Session extends WorkbenchPage {
  readonly server: JupyterServer;
  readonly browser: Browser;
  /** Writes a notebook and opens it in the page, or in another one. */
  open(
    name: string,
    cells: readonly (string | CellFile)[],
    options?: NotebookOptions & { readonly page?: WorkbenchPage },
  ): Promise<NotebookPage>;
  /** Keeps a picture of the page. */
  shot(name: string): Promise<void>;
  close(): Promise<Stopped>;
}

/** How a session looks. */
export interface SessionOptions extends Omit<ServerOptions, "places"> {
  /** Default: the wheel. Null: the environment as it is. */
  readonly places?: Places | null;
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Device pixels a CSS pixel. */
  readonly scale?: number;
}

/** The errors of a page in which something of ours took part. Lab and Notebook throw some without it, too. */
export function ownFaults(faults: readonly string[]): readonly string[] {
  return faults.filter((fault) => /gorgon|content security policy/i.test(fault));
}

/** Starts everything. Throws `missing: ...` where Chromium or Python cannot be had. */
export async function openSession({ places, viewport, scale, ...options }: SessionOptions = {}): Promise<Session> {
  findChromium();
  const server = await startJupyter({ ...options, places: places === undefined ? wheelPlaces() : places });
  let browser: Browser | undefined;
  try {
    browser = await openBrowser(server.profile);
    const view = await openPage(browser, viewport, scale);
    mkdirSync(ARTIFACTS, { recursive: true });
    const opened = browser;
    return {
      ...view,
      server,
      browser,
      open: async (name, cells, { page = view, ...how } = {}) => {
        writeNotebook(server.folder, name, cells, how);
        return NotebookPage.open(page.page, server.notebook(name));
      },
      shot: async (name) => {
        await view.page.screenshot({ path: path.join(ARTIFACTS, `lab-${name}.png`) });
      },
      close: async () => {
        await opened.close();
        const stopped = await server.stop();
        writeFileSync(path.join(ARTIFACTS, "lab.log"), `${view.lines.join("\n")}\n\n${server.output()}`);
        return stopped;
      },
    };
  } catch (error) {
    await browser?.close();
    await server.stop();
    throw error;
  }
}
