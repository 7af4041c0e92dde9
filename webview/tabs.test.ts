/** Where keys lead among the tabs, and what the page remembers. */
import { expect, it } from "vitest";
import { isToDashboard, pageState } from "./bridge.ts";
import { tabAfter } from "./tabs.ts";

it("goes round with the arrow keys, and to the ends with Home and End", () => {
  expect(tabAfter("overview", "ArrowRight")).toBe("explore");
  expect(tabAfter("overview", "ArrowLeft")).toBe("about");
  expect(tabAfter("about", "ArrowRight")).toBe("overview");
  expect(tabAfter("alerts", "Home")).toBe("overview");
  expect(tabAfter("overview", "End")).toBe("about");
  expect(tabAfter("overview", "a")).toBeNull();
});

it("remembers part by part, and forgets what another release meant otherwise", () => {
  expect(pageState({ tab: "alerts", range: 60, explore: { a: 1 } })).toEqual({
    tab: "alerts",
    range: 60,
    explore: { a: 1 },
  });
  expect(pageState({ range: 60 })).toEqual({ tab: "overview", range: 60, explore: null });
  expect(pageState({ tab: "__proto__", range: "15" })).toEqual({ tab: "overview", range: 15, explore: null });
  expect(pageState(null)).toEqual({ tab: "overview", range: 15, explore: null });
});

it("takes snapshots, answers and wishes, and nothing else", () => {
  expect(isToDashboard({ type: "snapshot", worker: {} })).toBe(true);
  expect(isToDashboard({ type: "answer", id: 1, ok: true })).toBe(true);
  expect(isToDashboard({ type: "show", tab: "about" })).toBe(true);
  for (const other of [
    null,
    "snapshot",
    {},
    { type: "answer", id: "1", ok: true },
    { type: "show", tab: "settings" },
  ]) {
    expect(isToDashboard(other)).toBe(false);
  }
});
