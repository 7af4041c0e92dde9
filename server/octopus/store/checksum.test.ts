/** The checksum notices what a disk can do to a sample. */
import { expect, it } from "vitest";
import { sampleChecksum, textHash } from "./checksum.ts";

const TIME = Date.UTC(2026, 0, 1);
const SERIES = textHash('["system.cpu.utilization"]');

/** Every single flipped bit of a double. */
function* flips(value: number): Generator<number> {
  const bytes = new DataView(new ArrayBuffer(8));
  for (let bit = 0; bit < 64; bit++) {
    bytes.setFloat64(0, value);
    bytes.setUint8(bit >> 3, bytes.getUint8(bit >> 3) ^ (1 << (bit & 7)));
    yield bytes.getFloat64(0);
  }
}

it("differs for every single flipped bit of the value and of the time, and under another series", () => {
  for (const value of [0, -0, 0.5, 1, 0.1 + 0.2, 1e300, 5e-324]) {
    const right = sampleChecksum(SERIES, TIME, value);
    for (const wrong of flips(value)) expect(sampleChecksum(SERIES, TIME, wrong)).not.toBe(right);
    for (const wrong of flips(TIME)) expect(sampleChecksum(SERIES, wrong, value)).not.toBe(right);
    expect(sampleChecksum(textHash('["system.cpu.utilisation"]'), TIME, value)).not.toBe(right);
  }
});

it("tells zero from negative zero", () => {
  expect(sampleChecksum(SERIES, TIME, 0)).not.toBe(sampleChecksum(SERIES, TIME, -0));
});
