/** The ring keeps the newest. */
import { describe, expect, it } from "vitest";
import { Ring } from "./ring.ts";

describe("a ring", () => {
  it("keeps everything, oldest first, until it is full", () => {
    const ring = new Ring<number>(3);
    ring.push(1);
    ring.push(2);
    expect(ring.toArray()).toEqual([1, 2]);
  });

  it("forgets the oldest when it is full", () => {
    const ring = new Ring<number>(3);
    for (let item = 1; item <= 8; item++) ring.push(item);
    expect(ring.toArray()).toEqual([6, 7, 8]);
    expect(ring.size).toBe(3);
    expect(ring.filter((item) => item !== 7)).toEqual([6, 8]);
  });

  it("keeps the newest of a million items in a large ring", () => {
    const ring = new Ring<number>(100_000);
    for (let item = 0; item < 1_000_000; item++) ring.push(item);
    expect(ring.toArray()[0]).toBe(900_000);
    expect(ring.size).toBe(100_000);
  });

  it.each([0, -1, 1.5, NaN])("refuses a capacity of %s and says what is allowed", (capacity) => {
    expect(() => new Ring(capacity)).toThrow(/at least 1/);
  });
});
