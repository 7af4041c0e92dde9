/** What is known of a kernel's death, and what of it speaks for what. */
import { t } from "@vscode/l10n";
import type { CellRef, KernelRef } from "../../../protocol/cell.ts";
import { formatBytes, formatDuration } from "../../../protocol/format.ts";
import type { DeathEvidence } from "../../../protocol/kernel.ts";
import type { DeathReport } from "../../wire/kernel-watcher.ts";

/** Everything known of a death. Times are milliseconds since the epoch. */
export interface DeathFacts {
  /** Unique for ever; the death's. */
  readonly id: string;
  readonly kernel: KernelRef;
  readonly connection: string;
  readonly folder: string;
  readonly ancestors: readonly number[];
  /** When it was seen to be gone. */
  readonly time: number;
  /** What the watcher program said; null when it said nothing. */
  readonly report: DeathReport | null;
  /** Why it said nothing, in words; empty when it did. */
  readonly unwatched: string;
  /** What the memory group counted by itself, where there is no report; null where it counts nothing. */
  readonly counted: DeathReport["oom"];
  /** It was asked to end. */
  readonly leaving: boolean;
  /** Whoever started it is gone too. */
  readonly orphaned: boolean;
  readonly running: { readonly cell: CellRef; readonly startedAt: number } | null;
  /** It used a good part of a core when it was last looked at. */
  readonly busy: boolean;
  readonly lastBytes: number | null;
  readonly lastAt: number | null;
  readonly limit: { readonly bytes: number; readonly source: string } | null;
}

/** What faulthandler calls the signals. */
const FAULTS: readonly (readonly [RegExp, string])[] = [
  [/segmentation fault|access violation/i, "SIGSEGV"],
  [/bus error/i, "SIGBUS"],
  [/abort/i, "SIGABRT"],
  [/floating.point/i, "SIGFPE"],
  [/illegal instruction/i, "SIGILL"],
];

/** When it died: the watcher's word where there is one, else when it was seen to be gone. */
export function diedAt({ report, time }: Pick<DeathFacts, "report" | "time">): number {
  return report === null || report.time <= 0 ? time : Math.min(report.time, time);
}

/** What the memory group counted; the watcher's word first. */
export function oomOf({ report, counted }: DeathFacts): DeathReport["oom"] {
  return report?.oom ?? counted;
}

/** Whether somebody of its memory group was killed for want of memory when it died. */
export function isOom(facts: DeathFacts): boolean {
  const oom = oomOf(facts);
  return oom !== null && oom.after > oom.before;
}

/** Whether the system's log says that it was killed for want of memory. */
export function saysKilled(report: DeathReport | null): boolean {
  return /\bKilled process \d+ \(/.test(report?.kernelLog ?? "");
}

/** The kernel log's line on a crash; empty without one. */
export function crashLine(report: DeathReport | null): string {
  const line = report?.kernelLog ?? "";
  return saysKilled(report) ? "" : line;
}

/** The signal that faulthandler and the log speak of; empty when neither does. */
export function faultSignal({ report }: DeathFacts): string {
  const said = `${report?.faults ?? ""} ${report?.kernelLog ?? ""}`;
  const found = FAULTS.find(([pattern]) => pattern.test(said))?.[1];
  return found ?? (/\bsegfault at\b/.test(said) ? "SIGSEGV" : "");
}

/** What speaks for it, best first. */
export function evidenceOf(facts: DeathFacts): readonly DeathEvidence[] {
  const { report, leaving, lastBytes, lastAt } = facts;
  const found: DeathEvidence[] = [];
  const add = (source: string, says: string) => found.push({ source, says });
  if (report?.exitKnown === true) {
    const source = report.how === "pidfd" ? "pidfd" : "proc";
    add(
      source,
      report.signal === ""
        ? t("The system says that it ended with exit code {0}.", report.exitCode ?? 0)
        : t("The system says that {0} ended it.", report.signal),
    );
  }
  if (report !== null && report.faults !== "") add("faulthandler", t("faulthandler wrote: {0}", report.faults));
  const oom = oomOf(facts);
  if (oom !== null) {
    add("cgroup", countedWords(oom));
  }
  if (report !== null && report.kernelLog !== "") add("kernel-log", t("The system's log says: {0}", report.kernelLog));
  if (leaving) add("front-end", t("A front end asked it to end."));
  if (lastBytes !== null && lastAt !== null) {
    const ago = formatDuration(Math.max(0, diedAt(facts) - lastAt));
    add(
      "last-sample",
      t("It and its children had {0} when they were last looked at, {1} before.", formatBytes(lastBytes), ago),
    );
  }
  return found;
}

function countedWords({ group, before, after, limitBytes }: NonNullable<DeathReport["oom"]>): string {
  const words = { group, before, after };
  // The root has no counter of its own: that one is the whole machine's.
  if (group === "/" && limitBytes === null) {
    return after > before
      ? t("The machine counted {before} kills for want of memory before, and {after} after.", words)
      : t("The machine counted no kill for want of memory.");
  }
  return after > before
    ? t("Control group {group} counted {before} kills for want of memory before, and {after} after.", words)
    : t("Control group {group} counted no kill for want of memory.", words);
}
