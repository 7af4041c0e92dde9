/** The dashboard's bundle in a plain browser page, fed over HTTP by a real worker: the transport without VS Code. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../../webview/preview/browser.ts";
import { type DashboardHost, hostDashboard } from "./dashboard-host.ts";

/** Memory is always in use. */
const CONFIG = `interval: 1
rules:
  - id: always
    title: Always
    metric: system.memory.utilization
    match: { system.memory.state: used }
    crit: 0.001%
    labels: { team: data }
`;

let browser: Browser;
let host: DashboardHost;
let page: Page | undefined;

beforeAll(async () => {
  [browser, host] = await Promise.all([launchChromium(), hostDashboard({ yaml: CONFIG })]);
});

afterAll(async () => {
  await browser.close();
  await host.close();
});

afterEach(async () => {
  await page?.close();
});

async function openPage(url = host.url): Promise<Page> {
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(url);
  return page;
}

/** The first words that only a living worker can have said. */
async function live(opened: Page): Promise<void> {
  await expect.poll(() => opened.locator(".page").getAttribute("data-phase")).toBe("live");
}

it("shows what the worker senses, and takes the token out of the address", async () => {
  const opened = await openPage();
  await live(opened);
  await expect.poll(() => opened.locator("[data-part=tile-memory] [data-part=value]").textContent()).toMatch(/^\d/);
  const shown = host.latest.last?.host.hostname ?? "";
  expect(shown).not.toBe("");
  expect(opened.url()).not.toContain("token");
  // The token stays with the tab: a reload needs no other.
  await opened.reload();
  await live(opened);
});

it("answers questions: the page gets the worker's frames, and its refusals in words", async () => {
  const opened = await openPage();
  await live(opened);
  await opened.getByRole("tab", { name: "About" }).click();
  await opened.getByRole("row", { name: /^cpu/ }).first().waitFor();
  const settings = opened.locator("[data-part=settings]");
  // Either the table or the worker's reason why there is none; never an endless wait.
  await expect.poll(() => settings.textContent()).not.toContain("Loading the settings.");
});

it("remembers the tab across a reload", async () => {
  const opened = await openPage();
  await live(opened);
  await opened.getByRole("tab", { name: /^Alerts/ }).click();
  await opened.reload();
  await expect.poll(() => opened.getByRole("tab", { name: /^Alerts/ }).getAttribute("aria-selected")).toBe("true");
});

it("says so when the line is lost, and listens again by itself", async () => {
  const opened = await openPage();
  await live(opened);
  await opened.evaluate(`
    window.lost = 0;
    new MutationObserver(() => {
      if (document.querySelector(".page").dataset.phase === "down") window.lost += 1;
    }).observe(document.querySelector(".page"), { attributes: true });
  `);
  host.cut();
  await expect.poll(() => opened.evaluate("window.lost")).toBeGreaterThan(0);
  await live(opened);
});

it("refuses a page without the token, in words", async () => {
  const opened = await openPage(host.url.replace(/#.*/, ""));
  await opened.getByRole("heading", { name: "Gorgon's worker is down" }).waitFor();
  expect(await opened.locator("[data-part=detail]").textContent()).toContain("token");
});

it("asks for nothing while it is hidden, and for a snapshot when it is shown again", async () => {
  const opened = await openPage();
  await live(opened);
  const hide = (hidden: boolean): Promise<unknown> =>
    opened.evaluate(`
      Object.defineProperty(document, "hidden", { configurable: true, value: ${String(hidden)} });
      document.dispatchEvent(new Event("visibilitychange"));
    `);
  await hide(true);
  await expect.poll(() => host.listening()).toBe(0);
  const before = host.sent();
  const { time } = host.latest.last ?? { time: 0 };
  // Two states went by.
  await expect.poll(() => (host.latest.last?.time ?? 0) > time + 3000).toBe(true);
  expect(host.sent()).toBe(before);
  await hide(false);
  await expect.poll(() => host.sent()).toBeGreaterThan(before);
  await live(opened);
});

describe("a page in front of a real worker with an alert", () => {
  const alerts = async (): Promise<Page> => {
    const opened = await openPage();
    await live(opened);
    await opened.getByRole("tab", { name: /^Alerts/ }).click();
    return opened;
  };
  const always = () => host.latest.last?.bell.alerts.find(({ rule }) => rule === "always");
  const row = (opened: Page) => opened.locator("[data-part=open-alerts] [data-alert]").filter({ hasText: "Always" });

  it("acknowledges it, which the worker and then the page show", async () => {
    const opened = await alerts();
    await row(opened)
      .getByRole("button", { name: /^Acknowledge/ })
      .click();
    await expect.poll(() => always()?.acknowledged?.by).toBe("test");
    await expect.poll(() => row(opened).textContent()).toMatch(/acknowledged/i);
  });

  it("silences it by its rule, and ends that again", async () => {
    const opened = await alerts();
    await row(opened)
      .getByRole("button", { name: /^Silence/ })
      .click();
    const form = opened.getByRole("dialog", { name: "Silence Always" });
    await form.getByRole("textbox", { name: "Comment, for others" }).fill("a build");
    await form.getByRole("button", { name: /^Silence/ }).click();
    await expect.poll(() => always()?.silencedBy ?? null).not.toBeNull();
    expect(host.latest.last?.bell.silences).toMatchObject([{ author: "test", comment: "a build" }]);
    const silences = opened.locator("[data-part=silences]");
    await expect.poll(() => silences.textContent()).toContain("a build");
    await silences.getByRole("button", { name: /^End/ }).click();
    await expect.poll(() => always()?.silencedBy ?? null).toBeNull();
  });

  it("shows it in the history, with what changed it", async () => {
    const opened = await alerts();
    await expect.poll(() => opened.locator("[data-part=alert-history]").textContent()).toContain("Always");
  });

  it("finds series of the worker, and draws what is chosen", async () => {
    const opened = await openPage();
    await live(opened);
    await opened.getByRole("tab", { name: "Explore" }).click();
    await opened.getByRole("combobox", { name: "Find a series" }).fill("system.memory.utilization used");
    await opened.getByRole("option").first().click();
    await expect.poll(() => opened.locator(".x-chip").count()).toBe(1);
    await expect.poll(() => opened.locator("[data-part=explore-status]").textContent()).toContain("Each point is");
  });

  it("lists where the worker's settings come from", async () => {
    const opened = await openPage();
    await live(opened);
    await opened.getByRole("tab", { name: "About" }).click();
    const settings = opened.locator("[data-part=settings]");
    await expect.poll(() => settings.textContent()).toContain("gorgon.yaml");
    expect(
      await settings
        .getByRole("row", { name: /interval/ })
        .first()
        .textContent(),
    ).toContain("1 s");
  });
});
