/** Makes the record of a run from the looks at its kernel: what an observer outside can say, and how sure it is. */
import { t } from "@vscode/l10n";
import { randomUUID } from "node:crypto";
import os from "node:os";
import type { CellMeasure, CellOutcome, CellRecord, CellRef, KernelRef, Measure } from "../../../protocol/cell.ts";
import { formatDuration } from "../../../protocol/format.ts";
import { levelOfShare } from "./limit.ts";
import type { Look, Looks } from "./looks.ts";

/** How far a look may be from a run's begin or end to stand for it. */
const NEAR_MS = 1500;
/** The system counts CPU in hundredths of a second: less than two of them may be none. */
const COUNTED_MS = 20;
/** A look so near to a run's begin saw of what went before no more than an idle kernel does. */
const AT_ONCE_MS = 50;

/** A run to be measured. Times are milliseconds since the epoch. */
export interface Run {
  readonly kernel: KernelRef;
  readonly cell: CellRef;
  readonly from: number;
  readonly to: number;
  readonly outcome: CellOutcome;
  /** When the kernel's run before this one ended; 0: none is known. What rose before that was not this run's doing. */
  readonly idleSince: number;
  readonly limit: { readonly bytes: number; readonly source: string } | null;
  /** CPUs of the machine: more than all of them nobody uses. Its own by default. */
  readonly processors?: number;
}

/** The record; null when nobody looked anywhere near the run. */
export function recordOf(run: Run, looks: Looks): CellRecord | null {
  const { from, to } = run;
  const inside = looks.between(from, to);
  const before = looks.before(from);
  const start = before !== null && from - before.time <= NEAR_MS ? before : (inside[0] ?? null);
  const later = looks.after(to);
  const end = later !== null && later.time - to <= NEAR_MS ? later : (inside.at(-1) ?? null);
  const seen = [...new Set([start, ...inside, end])].filter((one) => one !== null);
  if (seen.length === 0) return null;
  const peak = peakOf(run, start, end, inside, seen);
  const measures: Partial<Record<CellMeasure, Measure>> = {
    wallMs: { value: Math.max(0, to - from), quality: "exact" },
    peakBytes: peak,
    ...(start === null ? {} : startMeasures(start, peak)),
    ...(end === null ? {} : endMeasures(end)),
    ...cpuMeasures(run, present(before, inside[0]), present(inside.at(-1), later)),
    ...ioMeasures(run, start, inside[0] ?? null, end),
    treeBytes: sampled(Math.max(...seen.map((one) => one.treeBytes ?? (one.children === 0 ? one.rssBytes : 0)))),
  };
  if (measures.treeBytes?.value === 0) delete measures.treeBytes;
  const { limit } = run;
  const top = Math.max(peak.value ?? 0, measures.treeBytes?.value ?? 0);
  const share = limit === null ? null : top / limit.bytes;
  return {
    v: 1,
    id: randomUUID(),
    kernel: run.kernel,
    cell: run.cell,
    startedAt: from,
    endedAt: to,
    outcome: run.outcome,
    error: "",
    measures,
    gpus: [],
    limit: limit === null || share === null ? null : { bytes: limit.bytes, source: limit.source, share },
    level: levelOfShare(share, "OK"),
    overlap: false,
    by: "outside",
    notes: notesOf(run, inside, peak),
  };
}

/**
 * The peak of all time rose in the run: then it is the run's, exactly. It counts only when the looks at both ends are near, no
 * other run lies between, and nobody reset it meanwhile, as the package does.
 */
function peakOf(
  run: Run,
  start: Look | null,
  end: Look | null,
  inside: readonly Look[],
  seen: readonly Look[],
): Measure {
  const highest = Math.max(
    ...seen.filter((one) => one !== start || inside.includes(one)).map((one) => one.rssBytes),
    0,
  );
  const from = start?.peakBytes ?? null;
  const to = end?.peakBytes ?? null;
  const alone = start !== null && start.time <= run.from && start.time >= run.idleSince;
  if (alone && end !== null && end.time >= run.to && from !== null && to !== null && to > from) {
    const peaks = [from, ...inside.map((one) => one.peakBytes ?? 0), to];
    const rises = peaks.every((one, index) => index === 0 || one >= (peaks[index - 1] ?? 0));
    if (rises) return { value: Math.max(to, highest), quality: "exact-lifetime" };
  }
  return sampled(highest > 0 ? highest : (start?.rssBytes ?? 0));
}

function startMeasures(start: Look, peak: Measure): Partial<Record<CellMeasure, Measure>> {
  const delta = peak.value === null ? null : Math.max(0, peak.value - start.rssBytes);
  return { startBytes: sampled(start.rssBytes), peakDeltaBytes: { value: delta, quality: peak.quality } };
}

function endMeasures(end: Look): Partial<Record<CellMeasure, Measure>> {
  return { endBytes: sampled(end.rssBytes), threads: sampled(end.threads), children: sampled(end.children) };
}

/**
 * At least so much CPU was the run's: what grew between two looks, less what all processors together could have used in the
 * parts of that time that were not the run's. Of the looks at hand those that say the most. Where nothing is left nothing is said:
 * of a short run between two looks it cannot be told what of their difference was its own.
 */
function cpuMeasures(
  { from, to, processors }: Run,
  starts: readonly Look[],
  ends: readonly Look[],
): Partial<Record<CellMeasure, Measure>> {
  const all = processors ?? os.cpus().length;
  const wallMs = to - from;
  const least = (of: (look: Look) => number | null): number => {
    const grown = starts.flatMap((start) =>
      ends.map((end) => {
        const outsideMs = Math.max(0, from - start.time) + Math.max(0, end.time - to);
        return (of(end) ?? 0) - (of(start) ?? Infinity) - outsideMs * all;
      }),
    );
    return Math.min(Math.max(0, ...grown), wallMs * all);
  };
  const cpuMs = least((look) => look.cpuMs);
  if (cpuMs < COUNTED_MS) return {};
  const childrenMs = least((look) => look.childCpuMs);
  return {
    cpuMs: sampled(cpuMs),
    cores: sampled(cpuMs / wallMs),
    ...(childrenMs < COUNTED_MS ? {} : { cpuChildrenMs: sampled(childrenMs) }),
  };
}

/** Bytes of files: an idle kernel moves none, so a look before the run will do where no other run lies between. */
function ioMeasures(
  { from, idleSince }: Run,
  start: Look | null,
  inside: Look | null,
  end: Look | null,
): Partial<Record<CellMeasure, Measure>> {
  const isIdle = start !== null && (from - start.time <= AT_ONCE_MS || (idleSince > 0 && start.time >= idleSince));
  const first = isIdle ? start : inside;
  if (first === null || end === null || end.time <= first.time || first.io === null || end.io === null) return {};
  const [was, is] = [first.io, end.io];
  return {
    diskReadBytes: sampled(Math.max(0, is.diskRead - was.diskRead)),
    diskWriteBytes: sampled(Math.max(0, is.diskWrite - was.diskWrite)),
    readBytes: sampled(Math.max(0, is.read - was.read)),
    writeBytes: sampled(Math.max(0, is.write - was.write)),
  };
}

function present(...looks: readonly (Look | null | undefined)[]): readonly Look[] {
  return looks.filter((one) => one !== null && one !== undefined);
}

function notesOf(run: Run, inside: readonly Look[], peak: Measure): string[] {
  const notes = [t("Measured from outside the kernel: the time is the front end's, with the way there and back.")];
  if (inside.length <= 1) notes.push(t("The run was shorter than the time between two looks."));
  else {
    const gap = Math.max(...inside.slice(1).map((one, index) => one.time - (inside[index]?.time ?? one.time)));
    notes.push(t("Looked at {0} times, at most {1} apart.", inside.length, formatDuration(gap)));
  }
  if (peak.quality === "sampled") notes.push(t("A peak between two looks is not seen."));
  else notes.push(t("The peak is exact: the highest that the kernel ever held rose in this run."));
  if (run.outcome === "died") notes.push(t("The kernel died in this run: what it used last was not seen."));
  return notes;
}

function sampled(value: number): Measure {
  return { value, quality: "sampled" };
}
