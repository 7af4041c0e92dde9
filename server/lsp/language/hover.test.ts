import { describe, expect, test } from "vitest";
import { defaultConfig } from "../../config/defaults.ts";
import { fileShape } from "../../config/shape.ts";
import { hoverAt } from "./hover.ts";
import { marked, READ_AT, sampleMetrics } from "./testing.ts";

function hover(sample: string, metrics = sampleMetrics()) {
  const { text, offset } = marked(sample);
  const parts = { shape: fileShape(), metrics, config: defaultConfig().config, now: READ_AT + 3000 };
  const found = hoverAt(text, offset, parts);
  return found === null ? null : { on: text.slice(found.from, found.to), says: found.markdown };
}

/** A rule on the disk's rate. */
const disk = (more: string) => `rules:\n  - { id: a, metric: gorgon.disk.io.rate, ${more} }\n`;

describe("hover", () => {
  test("says what a key means and what happens without it", () => {
    expect(hover("rules:\n  - keep|FiringFor: 1m")).toEqual({
      on: "keepFiringFor",
      says: expect.stringMatching(/How long an alert goes on.*Without it: not at all/) as string,
    });
    expect(hover("bell:\n  cpu:\n    wa|rn: 70")?.says).toMatch(/WARN at or over this percentage/);
    expect(hover("interv|al: 2s")?.says).toMatch(/Time between two polls/);
    expect(hover("|rules: []")?.says).toMatch(/Further rules/);
  });

  test("shows a metric's meaning, unit and values, the worst first, and when they were read", () => {
    const found = hover("rules:\n  - metric: gorgon.disk|.io.rate");
    expect(found?.on).toBe("gorgon.disk.io.rate");
    expect(found?.says).toMatch(/\*\*gorgon\\\.disk\\\.io\\\.rate\*\* \(By\\\/s\)/);
    expect(found?.says).toMatch(/300 MiB\\\/s\*\* sda\\, write, read 3 s ago[^]*1\\\.00 MiB\\\/s/);
    expect(hover("rules:\n  - metric: gorgon.nothing|")?.says).toMatch(/^Nothing here reads this metric/);
    expect(hover("rules:\n  - metric: gorgon.disk.latency|")?.says).toContain("No value now.");
  });

  test("counts only the series that the rule asks for", () => {
    const says = hover("rules:\n  - metric: gorgon.disk.io|.rate\n    match: { disk.io.direction: read }")?.says;
    expect(says).toContain("1\\.00 MiB");
    expect(says).not.toContain("300 MiB");
  });

  test.each([
    [
      "under it",
      disk("warn: 40|0MiB/s"),
      /Now \*\*300 MiB\\\/s\*\* \(sda\\, write\): 100 MiB\\\/s under it, read 3 s ago/,
    ],
    ["over it", disk("crit: 200|MiB/s"), /100 MiB\\\/s over it, so crossed/],
    ["of low values", disk("direction: below, warn: 2MiB/|s"), /Now \*\*1\\\.00 MiB[^]*under it, so crossed/],
    ["that is built in", "bell:\n  cpu: { warn: 7|0 }", /Now \*\*43\\\.2 \\%\*\*: 26\\\.8 \\% under it/],
    ["of a metric without a value", "rules:\n  - { metric: gorgon.disk.latency, warn: 1| }", /No value now/],
  ])("tells how far the value is from a threshold: one %s", (_, sample, says) => {
    expect(hover(sample)?.says).toMatch(says);
  });

  test("shows names as text, whatever is in them", () => {
    const says = hover("rules:\n  - metric: lab.|pressure")?.says ?? "";
    expect(says).not.toContain("<b>");
    expect(says).not.toContain("*lab*");
  });

  test("is silent where there is nothing to say", () => {
    expect(hover("# comm|ent\ninterval: 2s")).toBeNull();
    expect(hover("what: |ever")).toBeNull();
    expect(hover(`a: ${"[".repeat(10_000)}|x`)).toBeNull();
  });
});
