/** What the watcher program says, line by line, checked: it is a program of ours, run by an interpreter that is not. */
import * as z from "zod/mini";

/** The longest text of a report, characters. */
const MAX_TEXT = 2000;

const text = z.string().check(z.maxLength(MAX_TEXT));
const count = z.number().check(z.gte(0));
const pid = z.int().check(z.gte(1));

const died = z.object({
  pid,
  /** Milliseconds since the epoch. */
  time: count,
  /** `pidfd`: a handle on the very process; `poll`: its entry was looked at. */
  how: z.enum(["pidfd", "poll"]),
  exitCode: z.nullable(z.int()),
  /** Empty where no signal ended it. */
  signal: z.string().check(z.maxLength(20)),
  /** Exit code and signal are facts, not blanks. */
  exitKnown: z.boolean(),
  coreDumped: z.nullable(z.boolean()),
  /** Its memory group's count of kills; equal ones: none. `limitBytes`: null where no limit that can be seen was reached. */
  oom: z.nullable(z.object({ group: text, before: count, after: count, limitBytes: z.nullable(count) })),
  kernelLog: text,
  /** The first line that faulthandler wrote. */
  faults: text,
});

const line = z.union([z.object({ watching: z.object({ pid, how: z.enum(["pidfd", "poll"]) }) }), z.object({ died })]);

/** How a process ended, as the watcher program saw it. */
export type DeathReport = Readonly<z.infer<typeof died>>;

/** One line of the watcher program. */
export type WatcherLine = { readonly watching: { readonly pid: number } } | { readonly died: DeathReport };

/** The line; null for what is none of its. */
export function parseWatcherLine(said: string): WatcherLine | null {
  try {
    const parsed = z.safeParse(line, JSON.parse(said));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
