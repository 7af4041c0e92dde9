/** A Prometheus remote-write request: protobuf by hand, in Snappy's form for what is not compressed. */
import type { Attributes, Reading } from "../protocol/reading.ts";
import type { Moment } from "./store-samples.ts";

const BYTES = 2;
const FIXED64 = 1;

/** A protobuf message as it grows. */
class Message {
  #bytes = Buffer.alloc(1024);
  #length = 0;

  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  bytes(field: number, value: Uint8Array): void {
    this.varint((field << 3) | BYTES);
    this.varint(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  double(field: number, value: number): void {
    this.varint((field << 3) | FIXED64);
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = Buffer.alloc((this.#length + more) * 2);
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** WriteRequest { timeseries: [{ labels: [{ name, value }], samples: [{ value, timestamp }] }] } of some moments. */
export function writeRequest(moments: readonly Moment[], labelsOf: (reading: Reading) => Attributes): Uint8Array {
  const request = new Message();
  const count = moments[0]?.readings.length ?? 0;
  for (let index = 0; index < count; index++) {
    const reading = moments[0]?.readings[index];
    if (reading === undefined) continue;
    const series = new Message();
    for (const [name, value] of Object.entries(labelsOf(reading)).sort(([a], [b]) => (a < b ? -1 : 1))) {
      const label = new Message();
      label.bytes(1, Buffer.from(name));
      label.bytes(2, Buffer.from(value));
      series.bytes(1, label.view());
    }
    for (const { time, readings } of moments) {
      const sample = new Message();
      sample.double(1, readings[index]?.value ?? 0);
      sample.varint(2 << 3);
      sample.varint(time);
      series.bytes(2, sample.view());
    }
    request.bytes(1, series.view());
  }
  return snappy(request.view());
}

/** Snappy's block format with literals alone: the length, then pieces of up to 64 KiB behind a three-byte tag. */
function snappy(bytes: Uint8Array): Uint8Array {
  const head = new Message();
  head.varint(bytes.length);
  const parts: Uint8Array[] = [head.view()];
  for (let from = 0; from < bytes.length; from += 65_536) {
    const piece = bytes.subarray(from, from + 65_536);
    const length = piece.length - 1;
    parts.push(Uint8Array.of(61 << 2, length & 0xff, length >>> 8), piece);
  }
  return Buffer.concat(parts);
}
