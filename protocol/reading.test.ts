/** A series is told from every other by its key, whatever its names hold. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seriesKey, type Attributes } from "./reading.ts";

const name = fc.string({ unit: fc.constantFrom("a", "b", "\u0000", "\u0001", "\\", "0", ";"), maxLength: 4 });
const attributes = fc.dictionary(name, name, { maxKeys: 3, noNullPrototype: true });

/** What makes two series the same. */
const identity = (metric: string, labels: Attributes): string =>
  JSON.stringify([metric, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))]);

describe("seriesKey", () => {
  it("does not depend on the order of the attributes", () => {
    expect(seriesKey("m", { b: "2", a: "1" })).toBe(seriesKey("m", { a: "1", b: "2" }));
  });

  it("is equal for equal series only, separators in names included", () => {
    fc.assert(
      fc.property(name, attributes, name, attributes, (metric, labels, other, others) => {
        const same = identity(metric, labels) === identity(other, others);
        expect(seriesKey(metric, labels) === seriesKey(other, others)).toBe(same);
      }),
      { numRuns: 2000 },
    );
    expect(seriesKey("m", { a: "1\u0000b\u00012" })).not.toBe(seriesKey("m", { a: "1", b: "2" }));
  });
});
