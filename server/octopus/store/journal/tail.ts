/** Follows the journal that another process writes: each look takes what has come since, and never changes a byte. */
import type { JournalDisk } from "./disk.ts";
import { journalFile, journalNumbers } from "./files.ts";
import { readRecords, type JournalVisitor } from "./records.ts";

/** Ids mean something within one file only; the visitor is told whose they are. */
export type TailVisitor = (number: number) => JournalVisitor;

/** Reads a growing journal. */
export class JournalTail {
  readonly #disk: JournalDisk;
  readonly #folder: string;
  /** How far each file was read. */
  readonly #read = new Map<number, number>();

  constructor(disk: JournalDisk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
  }

  /**
   * Takes what is new, one file after the other, yielding after each so that the caller can let others go first. A
   * record that is not all there yet is left for the next look. Throws the system's errors.
   */
  *look(visitor: TailVisitor): Generator<number> {
    const numbers = journalNumbers(this.#disk.list(this.#folder));
    for (const known of this.#read.keys()) if (!numbers.includes(known)) this.#read.delete(known);
    for (const number of numbers) {
      const from = this.#read.get(number) ?? 0;
      const bytes = this.#disk.read(journalFile(this.#folder, number), from);
      // Gone between two calls: all of it is in the database, which is read after this.
      if (bytes === null || bytes.length === 0) continue;
      const { good } = readRecords(bytes, 0, visitor(number));
      this.#read.set(number, from + good);
      yield number;
    }
  }
}
