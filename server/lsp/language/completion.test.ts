import { describe, expect, test } from "vitest";
import { TextDocument } from "vscode-languageserver-textdocument";
import { defaultConfig } from "../../config/defaults.ts";
import { fileShape, type Shape, workspaceShape } from "../../config/shape.ts";
import { complete } from "./completion.ts";
import { marked, sampleMetrics } from "./testing.ts";

function offers(sample: string, shape: Shape = fileShape()) {
  const { text, offset } = marked(sample);
  const document = TextDocument.create("file:///gorgon.yaml", "yaml", 1, text);
  const items = complete(text, offset, {
    shape,
    metrics: sampleMetrics(),
    config: defaultConfig().config,
    snippets: true,
    range: (from, to) => ({ start: document.positionAt(from), end: document.positionAt(to) }),
  });
  return items.map((item) => ({
    ...item,
    /** The whole text once it is taken. */
    taken: TextDocument.applyEdits(document, [item.textEdit as { range: never; newText: string }]),
  }));
}

const labels = (sample: string, shape?: Shape) => offers(sample, shape).map(({ label }) => label);
const taken = (sample: string, label: string) => offers(sample).find((one) => one.label === label)?.taken;

describe("completion of keys", () => {
  test("offers at the top what the file may hold: everything to the user, to a workspace rules and watches", () => {
    expect(labels("|")).toEqual(expect.arrayContaining(["interval", "bell", "history", "rules", "watches", "sql"]));
    expect(labels("int|")).toContain("interval");
    expect(labels("|", workspaceShape())).toEqual(["rules", "watches"]);
  });

  test.each([
    ["a block", "rules:\n  - id: a\n    met|\n"],
    ["an empty line", "rules:\n  - id: a\n    |"],
    ["an empty line before others", "rules:\n  - id: a\n    |\n    warn: 1\n"],
    ["braces", "rules:\n  - { id: a, met| }\n"],
    ["open braces", "rules:\n  - { id: a, |"],
  ])("offers the keys of a rule in %s, without those that are there", (_, sample) => {
    const found = labels(sample);
    expect(found[0]).toBe("metric");
    expect(found).toEqual(expect.arrayContaining(["match", "keepFiringFor", "trend"]));
    expect(found).not.toContain("id");
  });

  test("goes on while the file is broken elsewhere", () => {
    expect(labels("rules:\n  - id: a\n    |\nbell: [")).toContain("metric");
    expect(labels("bell: [}\nrules:\n  - id: a\n    |")).toBeDefined();
  });

  test("puts a colon behind a key, and none before one that has it", () => {
    expect(taken("bell:\n  cpu:\n    wa|", "warn")).toBe("bell:\n  cpu:\n    warn: ");
    expect(taken("bell:\n  cpu:\n    wa|: 70", "warn")).toBe("bell:\n  cpu:\n    warn: 70");
    expect(taken("be|", "bell")).toBe("bell:");
  });

  test("knows the keys of what lies within, and offers a whole new rule where one can begin", () => {
    expect(labels("rules:\n  - id: a\n    trend: { | }")).toEqual(["target", "over"]);
    expect(labels("rules:\n  |")).toEqual(["new rule"]);
    expect(labels("rules:\n  - id: a\n  - |")).toContain("id");
    expect(labels("watches:\n  - id: a\n    |")).toEqual(["path", "process", "pid"]);
  });

  test("names the attributes that the rule's metric has now, without those that are there", () => {
    const rule = "rules:\n  - metric: gorgon.disk.io.rate\n    match:\n      ";
    expect(labels(`${rule}|`)).toEqual(["system.device", "disk.io.direction"]);
    expect(labels(`${rule}system.device: sda\n      |`)).toEqual(["disk.io.direction"]);
    expect(labels("rules:\n  - { metric: gorgon.disk.io.rate, match: { sys| } }")).toContain("system.device");
  });

  test("offers nothing in a comment, nor in a map that nobody knows", () => {
    expect(labels("# |")).toEqual([]);
    expect(labels("interval: 2s # |")).toEqual([]);
    expect(labels("what:\n  |")).toEqual([]);
  });
});

describe("completion of values", () => {
  test("offers metrics with their unit and what they mean: those built in and those that run", () => {
    const found = offers("rules:\n  - id: a\n    metric: |");
    expect(found.find(({ label }) => label === "gorgon.cpu.busy")).toMatchObject({
      detail: "ratio",
      documentation: { value: expect.stringMatching(/Share of time.*Now 43\\\.2 \\%/s) as string },
    });
    expect(found.find(({ label }) => label === "lab.pressure")).toMatchObject({
      documentation: { value: expect.stringContaining("\\*lab\\*") as string },
    });
    expect(found.length).toBeGreaterThan(50);
  });

  test("replaces the whole value", () => {
    expect(taken("rules:\n  - metric: gorgon.|dis # it\n    warn: 1", "gorgon.cpu.busy")).toBe(
      "rules:\n  - metric: gorgon.cpu.busy # it\n    warn: 1",
    );
    expect(taken("rules: [{ metric: |, warn: 1 }]", "gorgon.cpu.busy")).toBe(
      "rules: [{ metric: gorgon.cpu.busy, warn: 1 }]",
    );
  });

  test.each([
    ["a direction", "rules:\n  - direction: |", ["above", "below"]],
    ["a policy", "rules:\n  - missing: o|", ["unknown", "keep", "ok", "crit"]],
    ["a switch", "history:\n  enabled: |", ["true", "false"]],
    ["a time", "rules:\n  - for: |", ["30s", "1m", "5m", "15m", "1h", "4h", "1d"]],
    ["a threshold of a ratio", "rules:\n  - metric: gorgon.cpu.busy\n    warn: |", ["50%", "70%", "80%", "90%", "95%"]],
    [
      "a threshold of bytes a second",
      "rules:\n  - warn: |\n    metric: gorgon.disk.io.rate",
      ["100MiB/s", "1GiB/s", "10GiB/s"],
    ],
    ["a threshold of a trend", "rules:\n  - trend: {}\n    warn: |", ["1m", "5m", "15m", "1h", "4h", "1d"]],
    ["an attribute", "rules:\n  - metric: gorgon.disk.io.rate\n    match: { disk.io.direction: | }", ["read", "write"]],
    ["an id", "rules:\n  - id: |", []],
  ])("offers for %s what it can be", (_, sample, wanted) => {
    expect(labels(sample)).toEqual(wanted);
  });

  test("writes a value so that it reads back, whatever is in it", () => {
    const sample = "rules:\n  - metric: system.filesystem.utilization\n    match: { system.filesystem.mountpoint: | }";
    expect(taken(sample, "/mnt/a: [b]")).toContain('mountpoint: "/mnt/a: [b]" }');
  });

  test("fills the braces of a message", () => {
    const rule = "rules:\n  - metric: gorgon.disk.io.rate\n    message: ";
    expect(labels(`${rule}"{v|`)).toEqual(expect.arrayContaining(["{value}", "{system.device}"]));
    expect(taken(`${rule}Now {v|} of {title}`, "{value}")).toBe(`${rule}Now {value} of {title}`);
    expect(labels(`${rule}Now |`)).toEqual([]);
  });
});

test("a text too large to be looked at, or broken in every way, offers nothing and does no harm", () => {
  expect(labels(`${"a: 1\n".repeat(300_000)}|`)).toEqual([]);
  expect(labels(`a: ${"[".repeat(10_000)}|`)).toEqual([]);
  expect(labels("a: *nowhere\nrules:\n  - |")).toBeDefined();
  expect(labels("rules: &a\n  - *a\n  - |")).toBeDefined();
});
