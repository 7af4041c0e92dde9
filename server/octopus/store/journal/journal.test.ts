/** The journal: what was written comes back, whatever happens to its end. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../../host/manual-clock.ts";
import { nodeDisk, type JournalDisk } from "./disk.ts";
import { journalFile, journalNumbers, replayFile } from "./files.ts";
import { Journal, JournalRemoved } from "./journal.ts";
import { readRecords, RecordWriter, type JournalVisitor } from "./records.ts";
import { JournalTail } from "./tail.ts";

let folder: string;

beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), "gorgon-journal-")), "journal");
});

afterEach(() => rmSync(path.dirname(folder), { recursive: true, force: true }));

/** Writes down what it is told. */
class Listener implements JournalVisitor {
  readonly heard: string[] = [];
  define(id: number, { name, unit, kind }: { name: string; unit: string; kind: string }, sealed: number): void {
    this.heard.push(`define ${String(id)} ${name} ${unit} ${kind} ${String(sealed)}`);
  }
  sample(id: number, sequence: number, time: number, value: number): void {
    this.heard.push(
      `sample ${String(id)} ${String(sequence)} ${String(time)} ${Object.is(value, -0) ? "-0" : String(value)}`,
    );
  }
  cut(id: number): void {
    this.heard.push(`cut ${String(id)}`);
  }
}

const DEFINITION = { name: '["cpu",["mode","user"]]', unit: "1", kind: "gauge" } as const;

function journal(
  clock = new ManualClock(),
  more: { fileBytes?: number; maxBytes?: number; disk?: JournalDisk } = {},
): Journal {
  nodeDisk.prepare(folder);
  return new Journal({ disk: nodeDisk, folder, clock, old: [], ...more });
}

function say(to: Journal, sequence: number, values: readonly number[]): void {
  to.begin(sequence, 1000 * sequence);
  values.forEach((value, index) => to.sample(index + 1, value));
  to.end();
  to.settle();
}

const files = () => journalNumbers(readdirSync(folder));
const bytesOf = (number: number) => readFileSync(journalFile(folder, number));

/** Five small records in one file, and where each ends. */
function fiveRecords(): { readonly bytes: Buffer; readonly ends: number[]; readonly heard: readonly string[][] } {
  const writer = new RecordWriter();
  const parts: Uint8Array[] = [];
  const ends: number[] = [];
  const heard: string[][] = [];
  for (let sequence = 1; sequence <= 5; sequence++) {
    if (sequence === 1) writer.define(1, DEFINITION, 0);
    writer.begin(sequence, 1000 * sequence);
    writer.sample(1, sequence / 3);
    writer.sample(2, -0);
    writer.end();
    if (sequence === 3) writer.cut(1);
    parts.push(writer.take());
    ends.push(Buffer.concat(parts).length);
    const listener = new Listener();
    readRecords(Buffer.concat(parts), 0, listener);
    heard.push(listener.heard);
  }
  return { bytes: Buffer.concat(parts), ends, heard };
}

describe("a journal's records", () => {
  it("say again what was said, to the bit", () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1e9), fc.maxSafeInteger(), number), { maxLength: 50 }), (given) => {
        const writer = new RecordWriter();
        given.forEach(([id, time, value], index) => {
          writer.begin(index, time);
          writer.sample(id, value);
          writer.end();
        });
        const listener = new Listener();
        expect(readRecords(writer.take(), 0, listener)).toMatchObject({ stop: "end" });
        expect(listener.heard).toEqual(
          given.map(([id, time, value], index) => {
            return `sample ${String(id)} ${String(index)} ${String(time)} ${Object.is(value, -0) ? "-0" : String(value)}`;
          }),
        );
      }),
    );
  });

  it("keep the exact prefix when any bit of them is flipped", () => {
    const { bytes, ends, heard } = fiveRecords();
    for (let at = 0; at < bytes.length; at++) {
      const before = ends.filter((end) => end <= at).length;
      for (let bit = 0; bit < 8; bit++) {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
        const listener = new Listener();
        const { good, stop, reason } = readRecords(damaged, 0, listener);
        expect(listener.heard).toEqual(heard[before - 1] ?? []);
        expect(good).toBe(ends[before - 1] ?? 0);
        expect(stop).not.toBe("end");
        expect(reason).not.toBe("");
      }
    }
  });

  it("keep the exact prefix wherever they are cut off, or when zeros or garbage follow", () => {
    const { bytes, ends, heard } = fiveRecords();
    for (let length = 0; length <= bytes.length; length++) {
      const whole = ends.filter((end) => end <= length).length;
      for (const tail of [Buffer.alloc(0), Buffer.alloc(40), Buffer.alloc(40, 0xa5)]) {
        const listener = new Listener();
        const { good } = readRecords(Buffer.concat([bytes.subarray(0, length), tail]), 0, listener);
        // A cut followed by other bytes may by chance go on as it was; it must not say more than was said.
        expect(good).toBeGreaterThanOrEqual(ends[whole - 1] ?? 0);
        expect(listener.heard).toEqual(heard[ends.indexOf(good)] ?? []);
      }
    }
  });

  it("of any bytes are read without an error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(readRecords(bytes, 0, new Listener()).good).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});

describe("a journal on disk", () => {
  it("is one write a flush, and nothing before it", () => {
    const writes: number[] = [];
    const disk: JournalDisk = {
      ...nodeDisk,
      create(file) {
        const real = nodeDisk.create(file);
        return {
          removed: () => real.removed(),
          write: (bytes, at) => {
            writes.push(bytes.length);
            real.write(bytes, at);
          },
          truncate: (length) => real.truncate(length),
          sync: () => real.sync(),
          close: () => real.close(),
        };
      },
    };
    const one = journal(new ManualClock(), { disk });
    for (let sequence = 1; sequence <= 100; sequence++) say(one, sequence, [1, 2, 3]);
    expect(writes).toHaveLength(0);
    one.flush();
    expect(writes).toHaveLength(1);
    one.flush();
    expect(writes).toHaveLength(1);
  });

  it("asks the disk to confirm once in 30 s, not at every flush", async () => {
    let syncs = 0;
    const clock = new ManualClock();
    const disk: JournalDisk = {
      ...nodeDisk,
      create(file) {
        const real = nodeDisk.create(file);
        const sync = async () => {
          syncs++;
          await real.sync();
        };
        return {
          removed: () => real.removed(),
          write: (bytes, at) => real.write(bytes, at),
          truncate: (length) => real.truncate(length),
          sync,
          close: () => real.close(),
        };
      },
    };
    const one = journal(clock, { disk });
    for (let sequence = 1; sequence <= 24; sequence++) {
      say(one, sequence, [1]);
      one.flush();
      clock.advance(5000);
    }
    expect(syncs).toBe(3);
    await one.close();
  });

  it("goes on in the next file when one is full, each readable alone, and lets go of those that are sealed", async () => {
    const one = journal(new ManualClock(), { fileBytes: 2000 });
    const generations = new Set<number>();
    for (let sequence = 1; sequence <= 60; sequence++) {
      if (!generations.has(one.generation)) one.define(1, DEFINITION, 0);
      generations.add(one.generation);
      say(
        one,
        sequence,
        Array.from({ length: 10 }, (_, index) => index),
      );
      one.flush();
    }
    const all = files();
    expect(all.length).toBeGreaterThan(2);
    const sequences: number[] = [];
    for (const number of all) {
      const listener = new Listener();
      readRecords(bytesOf(number), 0, listener);
      expect(listener.heard[0]).toContain("define 1");
      for (const line of listener.heard) {
        if (line.startsWith("sample 1 ")) sequences.push(Number(line.split(" ")[2]));
      }
    }
    expect(sequences).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    one.removeBelow(30);
    const left = files();
    expect(left.length).toBeLessThan(all.length);
    const oldest = new Listener();
    readRecords(bytesOf(left[0] ?? 0), 0, oldest);
    // The oldest one left holds something at or above the mark.
    expect(Number(oldest.heard.at(-1)?.split(" ")[2])).toBeGreaterThanOrEqual(30);
    one.removeBelow(Infinity);
    expect(files()).toEqual([all.at(-1)]);
    await one.close();
  });

  it("keeps what a full disk did not take, cuts off half a record, and writes all of it when there is room", async () => {
    let room = 500;
    const disk: JournalDisk = {
      ...nodeDisk,
      create(file) {
        const real = nodeDisk.create(file);
        return {
          removed: () => real.removed(),
          write: (bytes, at) => {
            const part = Math.min(bytes.length, room);
            real.write(bytes.subarray(0, part), at);
            room -= part;
            if (part < bytes.length)
              throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
          },
          truncate: (length) => real.truncate(length),
          sync: () => real.sync(),
          close: () => real.close(),
        };
      },
    };
    const one = journal(new ManualClock(), { disk });
    let failures = 0;
    for (let sequence = 1; sequence <= 40; sequence++) {
      say(one, sequence, [1, 2]);
      try {
        one.flush();
      } catch (error) {
        expect((error as Error).message).toContain("ENOSPC");
        failures++;
      }
    }
    expect(failures).toBeGreaterThan(10);
    room = Infinity;
    one.flush();
    const listener = new Listener();
    const [number = 0] = files();
    expect(readRecords(bytesOf(number), 0, listener)).toMatchObject({ stop: "end" });
    expect(listener.heard).toHaveLength(80);
    await one.close();
  });

  it("never grows beyond its bound, however long nothing is sealed", async () => {
    const one = journal(new ManualClock(), { fileBytes: 2000, maxBytes: 10_000 });
    for (let sequence = 1; sequence <= 400; sequence++) {
      say(one, sequence, [1, 2, 3, 4, 5, 6, 7, 8]);
      one.flush();
    }
    const bytes = files().reduce((sum, number) => sum + statSync(journalFile(folder, number)).size, 0);
    expect(bytes).toBeLessThanOrEqual(12_000);
    expect(one.dropped).toBeGreaterThan(0);
    await one.close();
  });

  it("notices that its file was removed", async () => {
    const one = journal();
    say(one, 1, [1]);
    one.flush();
    rmSync(folder, { recursive: true });
    say(one, 2, [1]);
    expect(() => one.flush()).toThrow(JournalRemoved);
    await one.close();
  });

  it("is repaired to its last whole record, once, with what was lost and why", () => {
    const { bytes, ends } = fiveRecords();
    nodeDisk.prepare(folder);
    const file = journalFile(folder, 1);
    writeFileSync(file, bytes.subarray(0, bytes.length - 3));
    const first = replayFile(nodeDisk, file, new Listener());
    const end = ends[3] ?? 0;
    expect(first).toMatchObject({ bytes: end, repair: { kind: "torn", at: end, lost: bytes.length - 3 - end } });
    expect(first.repair?.reason).toMatch(/of a record's \d+ bytes/);
    expect(statSync(file).size).toBe(end);
    expect(replayFile(nodeDisk, file, new Listener()).repair).toBeNull();
  });
});

describe("a journal's tail", () => {
  it("says everything once and in order, however little comes between two looks", () => {
    const { bytes, heard } = fiveRecords();
    nodeDisk.prepare(folder);
    const tail = new JournalTail(nodeDisk, folder);
    const listener = new Listener();
    for (let length = 0; length <= bytes.length; length += 7) {
      writeFileSync(journalFile(folder, 1), bytes.subarray(0, length));
      Array.from(tail.look(() => listener));
    }
    writeFileSync(journalFile(folder, 1), bytes);
    Array.from(tail.look(() => listener));
    writeFileSync(journalFile(folder, 2), bytes);
    Array.from(tail.look(() => listener));
    expect(listener.heard).toEqual([...(heard[4] ?? []), ...(heard[4] ?? [])]);
  });

  it("is empty where there is no journal", () => {
    const tail = new JournalTail(nodeDisk, path.join(folder, "nowhere"));
    expect(Array.from(tail.look(() => new Listener()))).toEqual([]);
  });
});
