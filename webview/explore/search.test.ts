/** The search's states, and the window as CSV. */
import { describe, expect, it } from "vitest";
import type { SeriesInfo } from "../../protocol/series.ts";
import { csvOf } from "./csv.ts";
import { attributesText, fullName, shortName } from "./names.ts";
import { NO_SEARCH, type SearchEvent, type SearchState, searchStatus, searched } from "./search.ts";

const info = (metric: string): SeriesInfo => ({
  ...{ metric, attributes: {}, unit: "1", kind: "gauge", description: "", value: 1, time: 0 },
});
const after = (...events: readonly SearchEvent[]): SearchState => events.reduce(searched, NO_SEARCH);
const typed: SearchEvent = { type: "typed", text: "cpu" };
const asked: SearchEvent = { type: "asked" };
const answered = (turn: number, ...metrics: string[]): SearchEvent => ({
  ...{ type: "answered", turn, results: metrics.map(info), total: metrics.length },
});

describe("a search", () => {
  it("says what it does: waits, searches, finds", () => {
    expect(searchStatus(after(typed))).toBe("Searching…");
    expect(searchStatus(after(typed, asked, answered(1, "a", "b")))).toBe("2 series.");
    const many: SearchEvent = { type: "answered", turn: 1, results: [info("a")], total: 214 };
    expect(searchStatus(after(typed, asked, many))).toBe("1 of 214 series are listed; more words narrow it down.");
    expect(searchStatus(after(typed, asked, answered(1)))).toContain("No series has all of these words: cpu");
  });

  it("does not let a late answer replace a newer one", () => {
    const state = after(typed, asked, typed, asked, answered(2, "new"), answered(1, "old"));
    expect(state.results.map((one) => one.metric)).toEqual(["new"]);
    expect(after(typed, asked, asked, { type: "failed", turn: 1, reason: "aborted" }).phase).toBe("asking");
  });

  it("says why it failed, and works again after", () => {
    const failed = after(typed, asked, { type: "failed", turn: 1, reason: "The worker is down." });
    expect(searchStatus(failed)).toBe("The search failed: The worker is down.");
    expect([asked, answered(2, "a")].reduce(searched, failed)).toMatchObject({ phase: "found", reason: "" });
  });

  it("moves round the results by steps, and stops at the ends by pages", () => {
    const found = after(typed, asked, answered(1, "a", "b", "c"));
    const move = (state: SearchState, by: number) => searched(state, { type: "moved", by });
    expect(move(found, 1).active).toBe(0);
    expect(move(move(found, -1), 1).active).toBe(0);
    expect(move(move(found, 10), 10).active).toBe(2);
    expect(move(after(typed), 1).active).toBe(-1);
  });
});

describe("CSV", () => {
  const columns = (times: number[], values: number[]) => ({ times, values, min: values, max: values });

  it("has a row a time and a column a series, empty where there is no value", () => {
    const text = csvOf([
      { name: "a", unit: "By", columns: columns([0, 1000], [1.5, 2]) },
      { name: 'b "x", y', unit: "", columns: columns([1000, 2000], [3, NaN]) },
    ]);
    expect(text.split("\r\n")).toEqual([
      'time,a [By],"b ""x"", y"',
      "1970-01-01T00:00:00.000Z,1.5,",
      "1970-01-01T00:00:01.000Z,2,3",
      "",
    ]);
  });

  it.each(["=1+1", "+1", "-1", "@x", "\tx"])("gives spreadsheets no formula to run: %j", (name) => {
    const [head] = csvOf([{ name, unit: "", columns: columns([], []) }]).split("\r\n");
    expect(head).toMatch(/^time,"?'/);
  });
});

describe("names", () => {
  const eth = (direction: string) => ({
    metric: "system.network.io",
    attributes: { "network.interface.name": "eth0", "network.io.direction": direction },
  });

  it("are short where lines end: what they share is left out", () => {
    expect(shortName(eth("receive"), [eth("receive"), eth("transmit")])).toBe("receive");
    expect(shortName(eth("receive"), [eth("receive"), { metric: "x", attributes: {} }])).toContain("network.io");
  });

  it("are in full where there is room, without control characters and never endless", () => {
    expect(attributesText(eth("receive").attributes)).toBe("interface.name=eth0, direction=receive");
    const odd = fullName({ metric: "m\u0007\u202E", attributes: { a: "x".repeat(10_000) } });
    for (const hidden of ["\u0007", "\u202E"]) expect(odd).not.toContain(hidden);
    expect(odd.length).toBeLessThanOrEqual(200);
  });
});
