/** One line of /proc/<pid>/stat (proc_pid_stat(5)), parsed out of its bytes. */
import type { Scanner } from "../scanner.ts";

const OPEN = 0x28;
const CLOSE = 0x29;
const SPACE = 0x20;

/** Some 350 years after the machine's start, in clock ticks: damage, which would not even be a date. */
const LATEST_START = 2 ** 40;

/** What is wanted of it. One object is filled again and again. */
export interface Stat {
  /** Where the name stands in the bytes. */
  nameFrom: number;
  nameTo: number;
  /** The letter of its state. */
  state: string;
  /** CPU time in user and system mode, clock ticks. */
  ticks: number;
  threads: number;
  /** When it started, clock ticks since the machine did. With the pid it tells a process from every other. */
  start: number;
  /** Pages in RAM. */
  pages: number;
}

/** An empty one, to be filled. */
export function emptyStat(): Stat {
  return { nameFrom: 0, nameTo: 0, state: "", ticks: 0, threads: 0, start: 0, pages: 0 };
}

/** Fills `stat` from the scanner's bytes. Throws Malformed. */
export function parseStat(scanner: Scanner, stat: Stat): void {
  const { bytes } = scanner;
  // The name may hold anything, blanks, parentheses and newlines among it; nothing after it holds a parenthesis.
  const from = bytes.indexOf(OPEN);
  const to = bytes.lastIndexOf(CLOSE);
  if (from < 0 || to < from || bytes[to + 1] !== SPACE) throw scanner.malformed("the name is missing");
  stat.nameFrom = from + 1;
  stat.nameTo = to;
  scanner.at = to + 2;
  stat.state = String.fromCharCode(bytes[to + 2] ?? 0);
  // state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt
  for (let field = 0; field < 11; field++) scanner.skipWord();
  stat.ticks = scanner.whole() + scanner.whole();
  // cutime cstime priority nice
  for (let field = 0; field < 4; field++) scanner.skipWord();
  stat.threads = scanner.whole();
  scanner.skipWord(); // itrealvalue
  stat.start = scanner.whole();
  if (stat.start > LATEST_START) throw scanner.malformed("a start lies beyond all time");
  scanner.skipWord(); // vsize
  stat.pages = scanner.whole();
}
