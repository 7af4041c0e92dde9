/** A Chromium for a file of tests, and its pages: each test ends with pages that broke nothing and that their policy refused nothing. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { launchChromium } from "../../webview/preview/browser.ts";

/** What a page's own words in the console count as. */
export interface WatchOptions {
  /** An error in the console breaks the test as an exception does. */
  readonly console?: boolean;
}

/** The pages of one file of tests. */
export interface Pages {
  /** Only within tests and hooks. */
  readonly browser: Browser;
  /** Watches a page until the test ends, and closes it then. Answers with the page. */
  watch(page: Page, options?: WatchOptions): Page;
}

/** Registers the hooks of the file that calls it, once, at its top. */
export function usePages(): Pages {
  let browser: Browser | null = null;
  const open: { readonly page: Page; readonly errors: string[] }[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => browser?.close());
  afterEach(async () => {
    for (const { page, errors } of open.splice(0)) {
      expect(errors).toEqual([]);
      expect(await page.evaluate("window.violations")).toEqual([]);
      await page.close();
    }
  });

  return {
    get browser() {
      if (browser === null) throw new Error("The browser is there within tests alone.");
      return browser;
    },
    watch: (page, options = {}) => {
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(error.message));
      if (options.console === true) {
        page.on("console", (message) => {
          if (message.type() === "error") errors.push(message.text());
        });
      }
      open.push({ page, errors });
      return page;
    },
  };
}

/** Hands a message to the page as the extension does. */
export async function send(page: Page, message: unknown): Promise<void> {
  await page.evaluate(`window.postMessage(${JSON.stringify(message)}, "*")`);
}
