import { describe, expect, test } from "vitest";
import { parseYaml } from "./file.ts";

describe("the text of a configuration file", () => {
  test.each([
    ["is no YAML", "bell:\n  cpu: [1, 2\n", "3:1", /./],
    ["is indented with tabs", "bell:\n\tcpu: {}\n", "2:1", /^Tabs/],
    ["names a key twice", "interval: 2s\ninterval: 3s\n", "2:1", /unique/i],
    ["is a list", "- interval\n", "1:1", /must hold keys/],
    ["holds several documents", "interval: 2s\n---\ninterval: 3s\n", "2:1", /documents/],
    ["runs code by a tag", "interval: !!js/function 'x'\n", "1:11", /tag/i],
  ])("that %s is told with its place", (_, text, at, reason) => {
    const read = parseYaml(text);
    expect(read).toMatchObject({ status: "broken", at });
    expect(read.status === "broken" ? read.reason : "").toMatch(reason);
  });

  test("cannot exhaust the stack by nesting, nor memory by aliases", () => {
    const names = Array.from("bcdefghi");
    const layers = names.map((name, index) => {
      const below = `*${"abcdefghi".charAt(index)}`;
      return `${name}: &${name} [${Array<string>(9).fill(below).join(",")}]`;
    });
    const bomb = `a: &a [${"x,".repeat(9)}x]\n${layers.join("\n")}\n`;
    expect(parseYaml(bomb)).toMatchObject({ status: "broken" });
    expect(parseYaml(`a: ${"[".repeat(20_000)}`)).toMatchObject({ status: "broken" });
    expect(parseYaml("{a: ".repeat(20_000))).toMatchObject({ status: "broken" });
  });

  test("keeps a key called __proto__ as a key", () => {
    const read = parseYaml("__proto__: {polluted: true}\n");
    expect(read.status === "read" && [...read.root.keys()]).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});
