/** What a person does and sees in JupyterLab and Notebook 7, in terms of the page. Waits for conditions, never for time. */
import type { Locator, Page } from "playwright-core";
import { until } from "../e2e/driver.ts";

/** How long a page or a cell that does little may take, milliseconds: the first cell starts a kernel on a busy machine. */
const PATIENCE_MS = 90_000;

/** Lab's application, as it is exposed to its page on request. */
interface ExposedApp {
  readonly jupyterapp?: {
    readonly restored: Promise<unknown>;
    readonly commands: { execute(id: string, args?: unknown): Promise<unknown> };
    readonly shell: { readonly currentWidget: { readonly sessionContext?: ExposedSession } | null };
  };
}

/** A notebook's line to its kernel. */
interface ExposedSession {
  readonly session: { readonly kernel: { readonly id: string; readonly status: string } | null } | null;
}

/** The kernel of the notebook in front as Lab knows it; null without one. Lab draws an idle one before there is any. */
export async function kernelOf(page: Page): Promise<{ readonly id: string; readonly status: string } | null> {
  return page.evaluate(() => {
    const kernel = (globalThis as ExposedApp).jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel ?? null;
    return kernel === null ? null : { id: kernel.id, status: kernel.status };
  });
}

/** Runs one of Lab's commands, as its menus do. */
export async function command(page: Page, id: string, args: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await page.evaluate(
    async ([name, given]) => {
      const app = (globalThis as ExposedApp).jupyterapp;
      if (app === undefined) throw new Error("the application is not there");
      // A command that shows a dialog ends with the dialog: nobody waits for it here.
      void app.commands.execute(name, given);
      await Promise.resolve();
    },
    [id, args] as const,
  );
}

/** The bell's button, in the status bar or at the top. */
export function bell(page: Page): Locator {
  return page.locator("#gorgon-bell button");
}

/** Waits until the bell's words are as wanted; answers with them. The last ones stand in the error. */
export async function untilBell(page: Page, wanted: RegExp, limitMs = PATIENCE_MS): Promise<string> {
  return untilText(`the bell with ${String(wanted)}`, wanted, limitMs, () =>
    bell(page)
      .innerText({ timeout: 1000 })
      .catch(() => ""),
  );
}

/** Waits for a text of the page; the last one stands in the error. */
export async function untilText(
  what: string,
  wanted: RegExp,
  limitMs: number,
  read: () => Promise<string>,
): Promise<string> {
  let last = "";
  try {
    return await until(
      what,
      async () => {
        last = (await read()).replace(/\s+/g, " ").trim();
        return wanted.test(last) ? last : null;
      },
      limitMs,
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${message}; there is ${JSON.stringify(last)}`, { cause: error });
  }
}

/** An open dialog with this in its title. */
export function dialog(page: Page, title: string | RegExp): Locator {
  return page.locator(".jp-Dialog").filter({ has: page.locator(".jp-Dialog-header").filter({ hasText: title }) });
}

/** The side panel with levels, alerts and kernels. */
export function panel(page: Page): Locator {
  return page.locator("#gorgon-panel");
}

/** The few members of a page's elements that are read; the types of the DOM are not those of this program. */
interface PageElement {
  readonly textContent: string | null;
  getAttribute(name: string): string | null;
  getBoundingClientRect(): { readonly top: number; readonly bottom: number };
  querySelectorAll(selector: string): Iterable<PageElement>;
}

/** A notebook that is in front. */
export class NotebookPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Opens the address and waits until the cells are there and the kernel is idle. */
  static async open(page: Page, address: string): Promise<NotebookPage> {
    await page.goto(address, { waitUntil: "domcontentloaded" });
    const notebook = new NotebookPage(page);
    await notebook.ready();
    return notebook;
  }

  /** Waits until the cells are there and the kernel is idle. */
  async ready(): Promise<void> {
    await this.cell(0).waitFor({ timeout: PATIENCE_MS });
    await until(
      "an idle kernel",
      async () => ((await kernelOf(this.page))?.status === "idle" ? true : null),
      PATIENCE_MS,
    );
  }

  /** The visible notebook. */
  root(): Locator {
    return this.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)").first();
  }

  /** A cell by its place in the notebook, where it is drawn. */
  cell(index: number): Locator {
    return this.root().locator(`.jp-Cell[data-windowed-list-index="${String(index)}"]`);
  }

  /** Gorgon's line under a cell. */
  footer(index: number): Locator {
    return this.cell(index).locator(".jp-Gorgon-footer:not(.lm-mod-hidden)");
  }

  /** What stands there; empty without one. */
  async footerText(index: number): Promise<string> {
    const texts = await this.footer(index).locator(".jp-Gorgon-line").allInnerTexts();
    return texts.join(" | ").replace(/\s+/g, " ").trim();
  }

  /** Waits until the footer says this; answers with all of it. */
  async untilFooter(index: number, wanted: RegExp, limitMs = PATIENCE_MS): Promise<string> {
    return untilText(`${String(wanted)} under cell ${String(index)}`, wanted, limitMs, () => this.footerText(index));
  }

  /** What stands under each cell that is in sight as a whole, part by part, by the cell's place. */
  async drawn(): Promise<ReadonlyMap<number, readonly string[]>> {
    const found = await this.root()
      .locator(".jp-WindowedPanel-outer")
      .evaluate((outer: PageElement) => {
        const sight = outer.getBoundingClientRect();
        return [...outer.querySelectorAll(".jp-Cell[data-windowed-list-index]")].flatMap((cell) => {
          const { top, bottom } = cell.getBoundingClientRect();
          if (top < sight.top || bottom > sight.bottom || bottom <= top) return [];
          const parts = cell.querySelectorAll(".jp-Gorgon-footer:not(.lm-mod-hidden) .jp-Gorgon-part > :last-child");
          const index = Number(cell.getAttribute("data-windowed-list-index"));
          return [{ index, parts: [...parts].map((part) => part.textContent ?? "") }];
        });
      });
    return new Map(found.map(({ index, parts }) => [index, parts]));
  }

  /** Turns the wheel over the cells, by CSS pixels. */
  async scroll(pixels: number): Promise<void> {
    await this.root().locator(".jp-WindowedPanel-outer").hover();
    await this.page.mouse.wheel(0, pixels);
  }

  /** How Lab has laid out the cells, for an error. */
  async layout(): Promise<string> {
    return this.root()
      .locator(".jp-WindowedPanel-outer")
      .evaluate((outer: PageElement & { readonly scrollTop: number; readonly scrollHeight: number }) => {
        const { top, bottom } = outer.getBoundingClientRect();
        const cells = [...outer.querySelectorAll(".jp-Cell[data-windowed-list-index]")].flatMap((cell) => {
          const place = cell.getBoundingClientRect();
          const index = cell.getAttribute("data-windowed-list-index");
          // The others are hidden.
          return place.bottom > place.top ? [[index, Math.round(place.top), Math.round(place.bottom)]] : [];
        });
        const { scrollTop, scrollHeight } = outer;
        return JSON.stringify({ sight: [top, bottom], scrollTop, scrollHeight, cells });
      });
  }

  /** Selects a cell without its editor taking the keys. */
  async select(index: number): Promise<void> {
    await this.cell(index).locator(".jp-InputPrompt").click();
  }

  /** Runs a cell and does not wait. */
  async start(index: number): Promise<void> {
    await this.select(index);
    await this.page.keyboard.press("Control+Enter");
  }

  /** Runs a cell to its end. */
  async run(index: number, limitMs = PATIENCE_MS): Promise<void> {
    await this.select(index);
    const ended = this.page.evaluate(async () => {
      await (globalThis as ExposedApp).jupyterapp?.commands.execute("notebook:run-cell");
    });
    let late: NodeJS.Timeout | undefined;
    const limit = new Promise((_, reject) => {
      late = setTimeout(() => reject(new Error(`Cell ${String(index)} does not end`)), limitMs);
    });
    await Promise.race([ended, limit]);
    clearTimeout(late);
  }

  /** The number of a cell's last run, as it stands at its left. */
  async prompt(index: number): Promise<string> {
    return this.cell(index).locator(".jp-InputPrompt").innerText();
  }
}
