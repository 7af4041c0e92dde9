import fc from "fast-check";
import { expect, test } from "vitest";
import { matches } from "./wildcard.ts";

test.each([
  ["*.gz", "a.gz", true],
  ["*.gz", ".gz", true],
  ["*.gz", "a.gz.1", false],
  ["python*", "python3.11", true],
  ["?ode", "node", true],
  ["?ode", "ode", false],
  ["a*b*c", "aXbYc", true],
  ["a*b*c", "acb", false],
  ["(a+)+$", "aaaa", false],
  ["", "", true],
])("%s against %s is %s", (pattern, name, expected) => {
  expect(matches(pattern, name)).toBe(expected);
});

/** The definition, in its plainest form. */
function plainly(pattern: string, name: string): boolean {
  const [first] = pattern;
  if (first === undefined) return name === "";
  if (first === "*") return plainly(pattern.slice(1), name) || (name !== "" && plainly(pattern, name.slice(1)));
  return name !== "" && (first === "?" || first === name[0]) && plainly(pattern.slice(1), name.slice(1));
}

test("it agrees with the definition", () => {
  const letters = (unit: readonly string[]) => fc.string({ unit: fc.constantFrom(...unit), maxLength: 8 });
  fc.assert(
    fc.property(letters(["a", "b", "*", "?"]), letters(["a", "b"]), (pattern, name) => {
      expect(matches(pattern, name)).toBe(plainly(pattern, name));
    }),
  );
});

test("a pattern of many stars takes no time", () => {
  const started = performance.now();
  expect(matches("*a".repeat(100) + "b", "a".repeat(4000))).toBe(false);
  expect(performance.now() - started).toBeLessThan(1000);
});
