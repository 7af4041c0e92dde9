/** Damaged and random lines of nvidia-smi never break its parsers. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDevice, parseProcess } from "./nvidia-lines.ts";

const ID = "GPU-5a3e9c2b-1f60-4c1e-9a9e-3d1f6f7b8a01";
const LINE = `${ID}, NVIDIA GeForce RTX 4090, 44, 10035, 24564, 61, 212.47`;

test("no text breaks the parsers, and every value is one that a face can show", () => {
  const cut = fc
    .tuple(fc.nat({ max: LINE.length }), fc.nat({ max: LINE.length }), fc.string({ unit: "binary", maxLength: 20 }))
    .map(([a, b, piece]) => LINE.slice(0, Math.min(a, b)) + piece + LINE.slice(Math.max(a, b)));
  fc.assert(
    fc.property(fc.oneof(cut, fc.string({ unit: "binary" })), (line) => {
      const parsed = parseDevice(line);
      parseProcess(line);
      if (parsed.kind !== "value") return;
      const { utilization, memoryUsed, memoryTotal, temperature, power } = parsed.value;
      for (const value of [utilization, memoryUsed, memoryTotal, temperature, power]) {
        expect(value === null || (Number.isFinite(value) && value >= 0)).toBe(true);
      }
      expect(utilization ?? 0).toBeLessThanOrEqual(1);
    }),
    { numRuns: 500 },
  );
});
