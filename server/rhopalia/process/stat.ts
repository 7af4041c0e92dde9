/** One line of /proc/<pid>/stat (proc_pid_stat(5)), parsed out of its bytes. */
import type { Host } from "../../host/host.ts";
import type { Scanner } from "../scanner.ts";
import { smallText } from "../small-file.ts";

/** The kernel shows times to programs in hundredths of a second on every architecture that Node runs on (USER_HZ). */
export const TICKS_A_SECOND = 100;

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
  /** The pid of the process that started it, or that took it over. */
  parent: number;
  /** CPU time in user and system mode, clock ticks. */
  ticks: number;
  /** The same of children that it has waited for, and of theirs. */
  reapedTicks: number;
  threads: number;
  /** When it started, clock ticks since the machine did. With the pid it tells a process from every other. */
  start: number;
  /** Pages in RAM. */
  pages: number;
}

/** An empty one, to be filled. */
export function emptyStat(): Stat {
  return { nameFrom: 0, nameTo: 0, state: "", parent: 0, ticks: 0, reapedTicks: 0, threads: 0, start: 0, pages: 0 };
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
  scanner.skipWord();
  stat.parent = scanner.whole();
  // pgrp session tty tpgid flags minflt cminflt majflt cmajflt
  for (let field = 0; field < 9; field++) scanner.skipWord();
  stat.ticks = scanner.whole() + scanner.whole();
  stat.reapedTicks = scanner.whole() + scanner.whole();
  // priority nice
  for (let field = 0; field < 2; field++) scanner.skipWord();
  stat.threads = scanner.whole();
  scanner.skipWord(); // itrealvalue
  stat.start = scanner.whole();
  if (stat.start > LATEST_START) throw scanner.malformed("a start lies beyond all time");
  scanner.skipWord(); // vsize
  stat.pages = scanner.whole();
}

/** When the machine started, milliseconds since the epoch; 0 where that cannot be read. It moves with the clock's corrections. */
export function bootedMs(host: Host): number {
  const [, seconds = ""] = /^btime (\d{1,12})$/m.exec(smallText(host, "/proc/stat") ?? "") ?? [];
  return seconds === "" ? 0 : Number(seconds) * 1000;
}
