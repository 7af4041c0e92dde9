import { describe, expect, test } from "vitest";
import { nearest } from "./nearest.ts";

describe("the nearest name", () => {
  const known = ["interval", "bell", "history", "rules"];

  test.each([
    ["intervall", "interval"],
    ["intreval", "interval"],
    ["Bell", "bell"],
    ["rule", "rules"],
    ["hist", "history"],
  ])("of %s is %s", (given, meant) => {
    expect(nearest(given, known)).toEqual([meant]);
  });

  test("is none when nothing is near", () => {
    expect(nearest("docker", known)).toEqual([]);
    expect(nearest("", known)).toEqual([]);
  });

  test("can be several, nearest first", () => {
    expect(nearest("system.memory.utilisation", ["system.memory.utilization", "system.memory.usage", "x"], 3)).toEqual([
      "system.memory.utilization",
      "system.memory.usage",
    ]);
  });

  test("of a huge text is found without delay", () => {
    expect(nearest("x".repeat(1_000_000), known)).toEqual([]);
  });
});
