/** What a person does and sees in the workbench, in terms of its page. Everything waits for a condition, never for time. */
import type { Frame, Locator, Page } from "playwright-core";

/** How long a person would wait before calling it broken, milliseconds. */
const PATIENCE_MS = 30_000;

/** Waits until `probe` answers something other than null, and answers with it; `what` stands in the error. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | null> | T | null,
  limitMs = PATIENCE_MS,
): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const found = await probe();
    if (found !== null) return found;
    if (performance.now() > end) throw new Error(`Not within ${String(limitMs / 1000)} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** What the status bar item shows and says. */
export interface BellFace {
  readonly text: string;
  /** What a screen reader says. */
  readonly label: string;
  /** VS Code's colour class: `warning`, `error` or none. */
  readonly kind: "warning" | "error" | "none";
}

/** Gorgon's item in the status bar. */
export function bell(page: Page): Locator {
  return page.locator('.statusbar-item[id$="gorgon.bell"]');
}

/** The few members of a page's elements that are read; the types of the DOM are not those of this program. */
interface PageElement {
  readonly textContent: string | null;
  readonly classList: { contains(name: string): boolean };
  getAttribute(name: string): string | null;
  querySelector(selector: string): PageElement | null;
}

/** Likewise of a canvas. */
interface PageCanvas {
  readonly width: number;
  readonly height: number;
  getContext(kind: "2d"): {
    getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
  } | null;
}

/** Reads the bell; null while it is not there. Figure spaces are written as spaces. */
export async function readBell(page: Page): Promise<BellFace | null> {
  const faces = await bell(page).evaluateAll((items: readonly PageElement[]) =>
    items.map((item): BellFace => {
      const spoken = item.querySelector("[aria-label]") ?? item;
      const kinds = ["error", "warning"] as const;
      return {
        text: (item.textContent ?? "").replace(/\s+/g, " ").trim(),
        label: spoken.getAttribute("aria-label") ?? "",
        kind: kinds.find((kind) => item.classList.contains(`${kind}-kind`)) ?? "none",
      };
    }),
  );
  return faces[0] ?? null;
}

/** Waits until the bell is as wanted, and answers with it. The last face stands in the error. */
export async function untilBell(
  page: Page,
  what: string,
  wanted: (face: BellFace) => boolean,
  limitMs = PATIENCE_MS,
): Promise<BellFace> {
  let last: BellFace | null = null;
  try {
    return await until(
      what,
      async () => {
        last = await readBell(page);
        return last && wanted(last) ? last : null;
      },
      limitMs,
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${message}; the bell says ${JSON.stringify(last)}`, { cause: error });
  }
}

/** Looks at the bell all the time, and remembers when it said CRIT. */
export interface BellWatch {
  /** Milliseconds since the bell last said CRIT; Infinity when it never did. */
  sinceCrit(): number;
  stop(): void;
}

/** Begins to watch. */
export function watchBell(page: Page): BellWatch {
  let lastCrit = -Infinity;
  const timer = setInterval(() => {
    readBell(page)
      .then((face) => {
        if (face?.text.includes("CRIT") === true) lastCrit = performance.now();
      })
      .catch(() => undefined); // the page is being reloaded
  }, 250);
  return {
    sinceCrit: () => performance.now() - lastCrit,
    stop: () => {
      clearInterval(timer);
    },
  };
}

/** Hovers over the bell and answers with the tooltip. */
export async function hoverBell(page: Page): Promise<Locator> {
  const hover = page
    .locator(".monaco-hover:not(.hidden), .workbench-hover")
    .filter({ hasText: "Gorgon itself" })
    .last();
  // A redraw of the bar may swallow the first hover.
  await until("the bell's tooltip", async () => {
    await page.mouse.move(400, 300);
    await bell(page).hover();
    return hover.waitFor({ timeout: 3000 }).then(
      () => true,
      () => null,
    );
  });
  return hover;
}

/** Hovers over the bell again and again until the tooltip says this: an open one is redrawn rarely. */
export async function untilTooltip(page: Page, text: RegExp): Promise<void> {
  let last = "";
  try {
    await until(
      `a tooltip with ${String(text)}`,
      async () => {
        last = await (await hoverBell(page)).innerText();
        return text.test(last) ? true : null;
      },
      60_000,
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${message}; it says ${JSON.stringify(last)}`, { cause: error });
  }
  await page.mouse.move(400, 300);
}

/** The few members of the window that tell the workbench of its focus. */
interface FocusedWindow {
  document: { hasFocus: () => boolean };
  dispatchEvent(event: unknown): void;
  Event: new (type: string) => unknown;
}

/** Gives the window the focus, or takes it, as another window in front of it would. */
export async function setFocus(page: Page, focused: boolean): Promise<void> {
  await page.evaluate((has: boolean) => {
    const window = globalThis as unknown as FocusedWindow;
    window.document.hasFocus = () => has;
    window.dispatchEvent(new window.Event(has ? "focus" : "blur"));
  }, focused);
}

/** Types into the command palette and takes the first row with this text; tries again while it is not there yet. */
async function pick(page: Page, typed: string, title: string): Promise<void> {
  const input = page.locator(".quick-input-widget input.input, .quick-input-widget .quick-input-box input").first();
  const row = page.locator(".quick-input-list .monaco-list-row").filter({ hasText: title }).first();
  const there = (locator: Locator): Promise<true | null> =>
    locator.waitFor({ timeout: 3000 }).then(
      () => true,
      () => null,
    );
  await until(`'${title}' in the command palette`, async () => {
    await page.keyboard.press("Escape");
    await page.keyboard.press("F1");
    if ((await there(input)) === null) return null;
    await input.fill(typed);
    return there(row);
  });
  await row.click();
}

/** Runs a command by its title in the command palette. */
export async function runCommand(page: Page, title: string): Promise<void> {
  await pick(page, `>${title}`, title);
}

/** Opens a file of the workspace by its name. */
export async function openFile(page: Page, name: string): Promise<void> {
  await pick(page, name, name);
}

/** A notification with a text in it. */
export function notification(page: Page, text: string | RegExp): Locator {
  return page.locator(".notifications-toasts .notification-list-item").filter({ hasText: text });
}

/** The dashboard's frame: the one in which a canvas lies below Gorgon's page. */
export async function dashboard(page: Page): Promise<Frame> {
  return until("the dashboard with its charts", async () => {
    for (const frame of page.frames()) {
      // A frame may go away while it is asked.
      const canvases = await frame
        .locator("#app canvas")
        .count()
        .catch(() => 0);
      if (canvases > 0) return frame;
    }
    return null;
  });
}

/** How many pixels of each canvas carry colour, and a number that changes with the picture. */
export async function inkOf(frame: Frame): Promise<readonly { readonly drawn: number; readonly sum: number }[]> {
  return frame.locator("canvas").evaluateAll((canvases: readonly PageCanvas[]) =>
    canvases.map((canvas) => {
      const { data } = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
      let drawn = 0;
      let sum = 0;
      for (let i = 3; i < data.length; i += 4) {
        if (data[i] === 0) continue;
        drawn += 1;
        sum = (sum * 31 + i + (data[i - 1] ?? 0)) % 1_000_000_007;
      }
      return { drawn, sum };
    }),
  );
}
