/** Makes the record of a run from the looks at its kernel: what an observer outside can say, and how sure it is. */
import { t } from "@vscode/l10n";
import { randomUUID } from "node:crypto";
import type { CellMeasure, CellOutcome, CellRecord, CellRef, KernelRef, Measure } from "../../../protocol/cell.ts";
import { formatDuration } from "../../../protocol/format.ts";
import { levelOfShare } from "./limit.ts";
import type { Look, Looks } from "./looks.ts";

/** How far a look may be from a run's begin or end to stand for it. */
const NEAR_MS = 1500;

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
    ...(start === null || end === null || start === end ? {} : growth(start, end, to - from)),
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

function growth(start: Look, end: Look, wallMs: number): Partial<Record<CellMeasure, Measure>> {
  const found: Partial<Record<CellMeasure, Measure>> = {};
  if (start.cpuMs !== null && end.cpuMs !== null) {
    const cpuMs = Math.max(0, end.cpuMs - start.cpuMs);
    found.cpuMs = sampled(cpuMs);
    if (wallMs > 0) found.cores = sampled(cpuMs / wallMs);
  }
  if (start.childCpuMs !== null && end.childCpuMs !== null) {
    found.cpuChildrenMs = sampled(Math.max(0, end.childCpuMs - start.childCpuMs));
  }
  const { io } = start;
  if (io !== null && end.io !== null) {
    found.diskReadBytes = sampled(Math.max(0, end.io.diskRead - io.diskRead));
    found.diskWriteBytes = sampled(Math.max(0, end.io.diskWrite - io.diskWrite));
    found.readBytes = sampled(Math.max(0, end.io.read - io.read));
    found.writeBytes = sampled(Math.max(0, end.io.write - io.write));
  }
  return found;
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
