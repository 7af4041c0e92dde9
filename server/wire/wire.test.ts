import { describe, expect, test } from "vitest";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import { parseAttention, parseContext, parseHistoryParams, parseInitializeOptions, parseLogLevel } from "./wire.ts";

const options = {
  protocol: PROTOCOL_VERSION,
  client: "0.1.0",
  logLevel: "info",
  settings: { interval: 2, cpu: { warn: "nonsense" } },
  workspaceFolders: [{ name: "demo", path: "/demo" }],
};

describe("what a client sends", () => {
  test("is taken when it is what the protocol says, settings unchecked", () => {
    expect(parseInitializeOptions(options)).toEqual({ ok: true, value: options });
    expect(parseContext({ settings: {}, workspaceFolders: [] }).ok).toBe(true);
    expect(parseLogLevel({ level: "debug" })).toEqual({ ok: true, value: { level: "debug" } });
    const attention = { focused: true, dashboardVisible: false, notifies: true };
    expect(parseAttention(attention)).toEqual({ ok: true, value: attention });
    expect(parseAttention({ focused: "yes" })).toMatchObject({ ok: false });
  });

  test.each([
    undefined,
    null,
    5,
    "x",
    [],
    {},
    { ...options, workspaceFolders: "/demo" },
    { ...options, logLevel: "loud" },
  ])("is refused in words when it is %j", (raw) => {
    const parsed = parseInitializeOptions(raw);
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(parsed.reason).toMatch(/^InitializationOptions cannot be used.*(expected|allowed)/);
  });

  test("in the shape of another release is told that it is another release", () => {
    const parsed = parseInitializeOptions({ protocol: PROTOCOL_VERSION + 1, wishes: [] });
    expect(parsed).toMatchObject({ ok: false });
    if (!parsed.ok) expect(parsed.reason).toContain("different releases. Reload the window.");
  });

  test("says where it is wrong", () => {
    const query = { metric: "a", match: {}, from: 0, to: 1, step: 0, aggregate: "avg" };
    expect(parseHistoryParams({ queries: [query] }).ok).toBe(true);
    const bad = (over: object) => {
      const parsed = parseHistoryParams({ queries: [{ ...query, ...over }] });
      return parsed.ok ? "" : parsed.reason;
    };
    expect(bad({ aggregate: "median" })).toBe(
      "The history query cannot be used at queries.0.aggregate: one of avg, min, max, sum, count, last, rate, p50, p95, p99 expected",
    );
    expect(bad({ from: 2 })).toContain("from must not be after to");
    expect(bad({ step: -1 })).toContain("queries.0.step: at least 0 expected");
    expect(bad({ match: { a: 5 } })).toContain("queries.0.match.a: string expected");
    expect(bad({ metric: "" })).not.toBe("");
    expect(bad({ from: Number.NaN })).not.toBe("");
    const many = parseHistoryParams({ queries: Array.from({ length: 65 }, () => query) });
    expect(many.ok).toBe(false);
  });
});
