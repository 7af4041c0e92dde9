/** What a leader notes while it leads, in a file that all candidates append to, and what can be told from it. */
import path from "node:path";

/** What the parent tells it. */
export interface LeaderTask {
  /** Holds lock, socket and witness. */
  readonly folder: string;
}

/** What it tells the parent. Times are of the system's monotonic clock, which all processes share. */
export interface LeaderNews {
  readonly at: number;
  readonly role: string;
  readonly leader: number | null;
}

/** Where the moments of leading are noted: `<pid> <time>` a line. */
export function witnessFile(folder: string): string {
  return path.join(folder, "witness");
}

/** Milliseconds of the system's monotonic clock. */
export function systemMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Whoever leads notes it this often. */
export const BEAT_MS = 5;

/** How often a process noted that it led between two notes of another. A line that a kill cut short is none. */
export function overlaps(witness: string): number {
  const spans = new Map<string, { first: number; last: number }>();
  for (const line of witness.split("\n")) {
    const [pid, time, more] = line.split(" ");
    const at = Number(time);
    if (!pid || !time || more !== undefined || !Number.isFinite(at)) continue;
    const span = spans.get(pid);
    if (span === undefined) spans.set(pid, { first: at, last: at });
    else span.last = Math.max(span.last, at);
  }
  const all = [...spans.values()].sort((one, two) => one.first - two.first);
  return all.filter((span, index) => {
    const before = all[index - 1];
    return before !== undefined && before.last > span.first;
  }).length;
}
