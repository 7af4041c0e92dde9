/**
 * What stands in the journal. A record is one flush and is all or nothing:
 *
 *     length u32 | crc32 of the payload u32 | payload
 *     payload = version u8, then entries:
 *       define    1 | id varint | sealed varint | length varint | JSON [name, unit, kind]
 *       samples   2 | sequence varint | time f64 | count u32 | count times: id difference zigzag | value f64
 *       cut       3 | id varint
 *
 * Ids are defined anew in every file before they are used, so that each file can be read alone. Every append has a
 * number of its own, the sequence, which only grows. `cut` says that a chunk ended with what was said so far;
 * `sealed` that everything up to that sequence (0: nothing) is in the database.
 */
import { crc32 } from "node:zlib";
import type { MetricKind, Unit } from "../../../../protocol/reading.ts";
import { ByteReader, ByteWriter, unzigzag, zigzag } from "../chunk/bytes.ts";

const VERSION = 1;
const DEFINE = 1;
const SAMPLES = 2;
const CUT = 3;

/** Length and checksum. */
export const RECORD_HEAD = 8;
/** Far more than a writer ever puts into one record; a length beyond it is damage. */
export const MAX_RECORD = 64 * 1024 * 1024;

/** How a series is introduced. */
export interface Definition {
  /** As `formatName` gives it. */
  readonly name: string;
  readonly unit: Unit;
  readonly kind: MetricKind;
}

/** Takes what a journal says, in its order. */
export interface JournalVisitor {
  define(id: number, definition: Definition, sealed: number): void;
  sample(id: number, sequence: number, time: number, value: number): void;
  cut(id: number): void;
}

/** Builds one record. */
export class RecordWriter {
  #out = new ByteWriter(16 * 1024);
  #countAt = -1;
  #count = 0;
  #id = 0;

  constructor() {
    this.#begin();
  }

  /** Bytes so far; 0 when nothing was said. */
  get length(): number {
    return this.#out.length === RECORD_HEAD + 1 ? 0 : this.#out.length;
  }

  define(id: number, { name, unit, kind }: Definition, sealed: number): void {
    const text = Buffer.from(JSON.stringify([name, unit, kind]));
    this.#out.byte(DEFINE);
    this.#out.varint(id);
    this.#out.varint(sealed);
    this.#out.varint(text.length);
    this.#out.raw(text);
  }

  /** Begins the samples of one moment; nothing but `sample` until `end`. */
  begin(sequence: number, time: number): void {
    this.#out.byte(SAMPLES);
    this.#out.varint(sequence);
    this.#out.double(time);
    this.#countAt = this.#out.length;
    this.#out.reserve(4);
    this.#out.length += 4;
    this.#count = 0;
    this.#id = 0;
  }

  sample(id: number, value: number): void {
    this.#out.varint(zigzag(id - this.#id));
    this.#out.double(value);
    this.#id = id;
    this.#count++;
  }

  end(): void {
    putU32(this.#out.bytes, this.#countAt, this.#count);
  }

  cut(id: number): void {
    this.#out.byte(CUT);
    this.#out.varint(id);
  }

  /** The record, ready to be written, and begins a new one. */
  take(): Uint8Array {
    const bytes = this.#out.bytes.subarray(0, this.#out.length);
    putU32(bytes, 0, bytes.length - RECORD_HEAD);
    putU32(bytes, 4, crc32(bytes.subarray(RECORD_HEAD)));
    this.#out = new ByteWriter(Math.max(1024, bytes.length));
    this.#begin();
    return bytes;
  }

  #begin(): void {
    this.#out.length = RECORD_HEAD;
    this.#out.byte(VERSION);
  }
}

function putU32(bytes: Uint8Array, at: number, value: number): void {
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length).setUint32(at, value, true);
}

/** How far a journal could be read, and why no further. */
export interface ReadResult {
  /** Where the last whole record ends. */
  readonly good: number;
  /** `end`: nothing follows. `torn`: a record that is not all there follows. `damaged`: bytes that are no record do. */
  readonly stop: "end" | "torn" | "damaged";
  /** In words; empty at the end. */
  readonly reason: string;
}

/** Reads whole records from `from` on and tells the visitor. Never throws for what stands in the bytes. */
export function readRecords(bytes: Uint8Array, from: number, visitor: JournalVisitor): ReadResult {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = from;
  while (at < bytes.length) {
    const left = bytes.length - at;
    if (left < RECORD_HEAD) return { good: at, stop: "torn", reason: `${String(left)} bytes of a record's head` };
    const length = view.getUint32(at, true);
    if (length === 0 || length > MAX_RECORD) {
      return { good: at, stop: "damaged", reason: `a record of ${String(length)} bytes` };
    }
    if (left - RECORD_HEAD < length) {
      return { good: at, stop: "torn", reason: `${String(left - RECORD_HEAD)} of a record's ${String(length)} bytes` };
    }
    const payload = bytes.subarray(at + RECORD_HEAD, at + RECORD_HEAD + length);
    if (crc32(payload) !== view.getUint32(at + 4, true)) {
      return { good: at, stop: "damaged", reason: "a record whose checksum is wrong" };
    }
    if (payload[0] !== VERSION) {
      return { good: at, stop: "damaged", reason: `a record of version ${String(payload[0])}` };
    }
    try {
      readEntries(new ByteReader(payload, 1), visitor);
    } catch (error) {
      return { good: at, stop: "damaged", reason: error instanceof Error ? error.message : String(error) };
    }
    at += RECORD_HEAD + length;
  }
  return { good: at, stop: "end", reason: "" };
}

function readEntries(from: ByteReader, visitor: JournalVisitor): void {
  while (from.at < from.end) {
    const entry = from.byte();
    if (entry === SAMPLES) readSamples(from, visitor);
    else if (entry === CUT) visitor.cut(from.varint());
    else if (entry === DEFINE) {
      const id = from.varint();
      const sealed = from.varint();
      const text = from.part(from.varint());
      visitor.define(id, parseDefinition(text), sealed);
    } else throw new Error(`an entry of kind ${String(entry)}`);
  }
}

function readSamples(from: ByteReader, visitor: JournalVisitor): void {
  const sequence = from.varint();
  const time = from.double();
  let count = 0;
  for (let byte = 0; byte < 4; byte++) count += from.byte() * 2 ** (8 * byte);
  let id = 0;
  for (; count > 0; count--) {
    id += unzigzag(from.varint());
    visitor.sample(id, sequence, time, from.double());
  }
}

function parseDefinition(text: ByteReader): Definition {
  const parsed: unknown = JSON.parse(Buffer.from(text.bytes.subarray(text.at, text.end)).toString("utf8"));
  if (!Array.isArray(parsed)) throw new Error("a series without a name");
  const [name, unit, kind] = parsed as unknown[];
  if (typeof name !== "string" || typeof unit !== "string" || typeof kind !== "string") {
    throw new Error("a series without a name");
  }
  return { name, unit: unit as Unit, kind: kind === "counter" ? "counter" : "gauge" };
}
