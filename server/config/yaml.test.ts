import { describe, expect, test } from "vitest";
import { MAX_EXPANDED } from "./yaml-aliases.ts";
import { MAX_FAULTS, MAX_PIECES, parseYaml } from "./yaml.ts";

function faultsOf(text: string): readonly { readonly at: string; readonly reason: string }[] {
  const read = parseYaml(text);
  if (read.status === "read") return [];
  return read.faults.map(({ reason, range }) => ({ at: `${String(range.line)}:${String(range.column)}`, reason }));
}

/** Each name stands for `width` of the one before it. */
function bomb(names: string, width: number): string {
  const layers = Array.from(names.slice(1)).map((name, index) => {
    return `${name}: &${name} [${Array<string>(width)
      .fill(`*${names.charAt(index)}`)
      .join(",")}]`;
  });
  return `${names.charAt(0)}: &${names.charAt(0)} [${Array<string>(width).fill("x").join(",")}]\n${layers.join("\n")}\n`;
}

describe("the text of a configuration file", () => {
  test.each([
    ["is no YAML", "bell:\n  cpu: [1, 2\n", "3:1", /./],
    ["is indented with tabs", "bell:\n\tcpu: {}\n", "2:1", /^Tabs/],
    ["names a key twice", "interval: 2s\ninterval: 3s\n", "2:1", /unique/i],
    ["names a key twice, deep down", "rules:\n  - {id: a, id: b}\n", "2:13", /the key id stands here twice/],
    ["is a list", "- interval\n", "1:1", /must hold keys/],
    ["holds several documents", "interval: 2s\n---\ninterval: 3s\n", "2:1", /documents/],
    ["runs code by a tag", "interval: !!js/function 'x'\n", "1:11", /tag/i],
    ["holds a NUL", "interval: 2s\nbell: \0\n", "2:7", /U\+0000/],
    ["holds an escape", "a: 1\r\nb: 2\r\nc: \u001B[31m\n", "3:4", /U\+001B/],
    ["has an alias that contains itself", "rules: &all\n  - *all\n", "2:5", /its own anchor &all/],
    ["has aliases in a loop through a map", "a: &a {b: &b {c: *a}}\n", "1:18", /its own anchor &a/],
    ["has an alias that leads nowhere", "a: 1\nb: *c\n", "2:4", /no anchor &c/],
    ["is larger than any file may be", "#".repeat(10 * 1024 * 1024), "1:1", /larger than 1 MiB/],
  ])("that %s is told with its place", (_, text, at, reason) => {
    const [first] = faultsOf(text);
    expect(first?.at).toBe(at);
    expect(first?.reason).toMatch(reason);
  });

  test("may have the line ends and the mark of Windows, and names places in it as an editor does", () => {
    const read = parseYaml("\uFEFFrules:\r\n  - id: swap\r\n    warn: 1\r\n");
    if (read.status !== "read") throw new Error("refused");
    expect([...read.root.keys()]).toEqual(["rules"]);
    const range = read.locate({ path: ["rules", 0, "warn"], part: "value" });
    expect(range).toEqual({ line: 3, column: 11, endLine: 3, endColumn: 12 });
  });

  test("leads to what it says by key, by number and by id, and to what is around it where nothing is", () => {
    const read = parseYaml("rules:\n  - id: one\n  - id: two\n    match: {a: b}\nbell: &x {cpu: {warn: 1}}\n");
    if (read.status !== "read") throw new Error("refused");
    const at = (path: readonly (string | number)[], part: "key" | "value" = "value") => {
      const { line, column, endLine, endColumn } = read.locate({ path, part });
      return [line, column, endLine, endColumn].join(" ");
    };
    expect(at(["rules", "two", "match", "a"])).toBe("4 16 4 17");
    expect(at(["rules", 1, "match"], "key")).toBe("4 5 4 10");
    // Of a block only the first line.
    expect(at(["rules", 1])).toBe("3 5 3 12");
    expect(at(["rules", 1, "warn"])).toBe("3 5 3 12");
    expect(at(["nowhere"])).toBe("1 1 1 2");
  });
});

describe("a hostile text", () => {
  test("stands for few values, however its aliases multiply, and the alias is named at which it becomes too many", () => {
    const faults = faultsOf(bomb("abcdefghijklmnopqrstuvwxyz", 9));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({ at: "5:8", reason: expect.stringContaining(String(MAX_EXPANDED)) as string });
    // Some dozens are what aliases are for.
    expect(faultsOf(bomb("abc", 9))).toEqual([]);
  });

  test.each([
    ["brackets", `a: ${"[".repeat(20_000)}`],
    ["braces", "{a: ".repeat(20_000)],
    ["dashes", "- ".repeat(20_000)],
    ["question marks", "? ".repeat(20_000)],
    ["lines", Array.from({ length: 1000 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n")],
  ])("is not followed into the depth: %s", (_, text) => {
    const [first, ...others] = faultsOf(text);
    expect(first?.reason).toMatch(/nested too deeply/);
    expect(others).toEqual([]);
  });

  test.each([
    [
      "keys, which would be compared with one another",
      Array.from({ length: 15_000 }, (_, at) => `k${String(at)}:`).join("\n"),
    ],
    ["items", `a: [${"1,".repeat(MAX_PIECES)}]`],
    ["empty lines", `a:${"\n".repeat(MAX_PIECES * 2)}`],
    ["comments", "# x\n".repeat(MAX_PIECES)],
  ])("is read only to its %s", (_, text) => {
    expect(text.length).toBeGreaterThan(MAX_PIECES);
    const [first] = faultsOf(text);
    expect(first?.reason).toMatch(/more than any configuration/);
  });

  test("is told of with few words", () => {
    expect(faultsOf("}\n".repeat(5000)).length).toBeLessThanOrEqual(MAX_FAULTS);
    expect(faultsOf(`{${"a: 1, ".repeat(5000)}}`)).toHaveLength(MAX_FAULTS);
  });

  test("cannot pass a key called __proto__ off as anything else", () => {
    const read = parseYaml("__proto__: {polluted: true}\n");
    expect(read.status === "read" && [...read.root.keys()]).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});
