import { describe, expect, test } from "vitest";
import { Scanner } from "./scanner.ts";

function decimal(text: string, unit?: number): number {
  const scanner = new Scanner("a test");
  scanner.reset(Buffer.from(text));
  return scanner.decimal(unit);
}

describe("a decimal number in a file", () => {
  test("is the double that is nearest to what stands there, whole or divided", () => {
    for (let hundredths = 0; hundredths < 20_000; hundredths += 7) {
      const text = `${String(Math.floor(hundredths / 100))}.${String(hundredths % 100).padStart(2, "0")}`;
      expect(decimal(text)).toBe(Number(text));
      expect(decimal(text, 100)).toBe(hundredths / 10_000);
    }
    expect(decimal("7", 100)).toBe(0.07);
  });

  test("may have more digits than a double", () => {
    expect(decimal("12345678901.123456789012345678901")).toBeCloseTo(12_345_678_901.123_457, 5);
    expect(decimal("0.1234567890123456789")).toBeCloseTo(0.123_456_789_012_345_68, 14);
  });
});
