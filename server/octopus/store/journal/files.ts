/** Which files a journal has: numbered, in one folder, oldest first. */
import path from "node:path";
import type { JournalDisk } from "./disk.ts";
import { readRecords, type JournalVisitor } from "./records.ts";

const NAME = /^(\d{10})\.journal$/;
const DIGITS = 10;

/** The path of a file by its number. */
export function journalFile(folder: string, number: number): string {
  return path.join(folder, `${String(number).padStart(DIGITS, "0")}.journal`);
}

/** Numbers of the files among these names, rising. Other names are none of ours. */
export function journalNumbers(names: readonly string[]): number[] {
  const numbers: number[] = [];
  for (const name of names) {
    const digits = NAME.exec(name)?.[1];
    if (digits !== undefined) numbers.push(Number(digits));
  }
  return numbers.sort((a, b) => a - b);
}

/** A journal that did not end well. */
export interface Repair {
  readonly file: string;
  /** `torn`: its writer was killed while it wrote, as is to be expected. `damaged`: something else spoiled it. */
  readonly kind: "torn" | "damaged";
  /** Where it was cut, and how many bytes that took away. */
  readonly at: number;
  readonly lost: number;
  readonly reason: string;
}

/** Reads one file from its beginning and cuts off what follows its last whole record. Throws the system's errors. */
export function replayFile(
  disk: JournalDisk,
  file: string,
  visitor: JournalVisitor,
): { readonly bytes: number; readonly repair: Repair | null } {
  const bytes = disk.read(file, 0);
  if (bytes === null) return { bytes: 0, repair: null };
  const { good, stop, reason } = readRecords(bytes, 0, visitor);
  if (stop === "end") return { bytes: good, repair: null };
  disk.truncate(file, good);
  return { bytes: good, repair: { file, kind: stop, at: good, lost: bytes.length - good, reason } };
}
