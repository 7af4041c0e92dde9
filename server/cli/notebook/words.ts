/** What both forms of a report say in the same words: its subtitle, its totals, and what the reader must know. */
import { ABSENT, formatBytes, formatDuration } from "../../../protocol/format.ts";
import { measureOf, written } from "../../../protocol/cell-words.ts";
import { utc } from "../alerts.ts";
import type { Source } from "./sources.ts";
import { type MeasuredCell, type Summary, titleOf, type Total } from "./summary.ts";

/** One of the large numbers. `ink` is a variable of the style sheet. */
export interface Tile {
  readonly title: string;
  readonly value: string;
  readonly more: string;
  readonly ink: string;
}

/** How many cells, which kernel, and when. */
export function subtitle({ cells, measured, kernels, from, to }: Summary): string {
  const [kernel] = kernels;
  const who =
    kernels.length === 1 && kernel !== undefined
      ? `${kernel.language === "" ? "" : `${kernel.language} `}kernel ${String(kernel.pid)} on ${kernel.host}`
      : `${String(kernels.length)} kernels`;
  return `${String(measured.length)} of ${String(cells.length)} code cells measured · ${who} · ${utc(from)}, ${formatDuration(to - from)} from the first to the last`;
}

/** Time, CPU, memory, and disk and network as far as they are known. */
export function tiles({ measured, totals, peak, ended }: Summary): readonly Tile[] {
  const wall = totals.wallMs;
  const cpu = totals.cpuMs;
  const found: Tile[] = [];
  const count = `in ${String(measured.length)} cells`;
  const bad = ended.length === 0 ? count : `${count}, ${String(ended.length)} of them did not end well`;
  if (wall !== undefined) found.push({ title: "Time", value: duration(wall), more: bad, ink: "time" });
  if (cpu !== undefined) {
    const cores =
      wall === undefined || wall.value === 0 ? "" : `${(cpu.value / wall.value).toFixed(1)} cores on average`;
    found.push({ title: "CPU time", value: duration(cpu), more: cores, ink: "cpu" });
  }
  if (peak !== null) {
    const value = written(peak.record, "peakBytes") ?? "";
    found.push({ title: "Highest peak of memory", value, more: `in ${titleOf(peak)}`, ink: "memory" });
  }
  const { diskReadBytes: read, diskWriteBytes: write } = totals;
  if (read !== undefined || write !== undefined) {
    const value = `${read === undefined ? ABSENT : bytes(read)} read`;
    found.push({ title: "Disk", value, more: `${write === undefined ? ABSENT : bytes(write)} written`, ink: "disk" });
  }
  return found;
}

/** `Before: 3.2 s, peak 4.00 GiB.`; empty for a cell that ran once. */
export function beforeWords({ before }: MeasuredCell): string {
  if (before === null) return "";
  const peak = written(before, "peakBytes");
  return `The run before: ${written(before, "wallMs") ?? ABSENT}${peak === null ? "" : `, peak ${peak}`}.`;
}

const PLACES: Readonly<Record<Source, string>> = {
  outputs: "the notebook's outputs",
  metadata: "the notebook's metadata",
  log: "the log",
  history: "what the worker keeps, by the hash of each cell's text",
};

/** What a reader must know of the numbers. */
export function footnotes({ measured, sources, strangers, problems }: Summary): readonly string[] {
  const sampled = measured.some(({ record }) =>
    Object.values(record.measures).some(({ quality }) => quality === "sampled"),
  );
  const before = measured.some(({ record }) => measureOf(record, "startBytes") !== null);
  const notes = [
    `Numbers are of each cell's newest run, found in ${sources.map((source) => PLACES[source]).join(", and in ")}.`,
  ];
  if (sampled)
    notes.push(
      "≥ and ~ mark what was sampled: at least, or about, so much. All else was counted by the system for that run.",
    );
  if (before)
    notes.push(
      "The pale part of a memory bar was in use before the run. What a run frees inside the process can be used again without a new peak.",
    );
  if (measured.some(({ record }) => record.by === "outside"))
    notes.push("Some cells were measured from outside of their kernel: their peaks are samples.");
  if (measured.some(({ record }) => record.overlap))
    notes.push("Some cells ran at the same time: what they used cannot be told apart.");
  if (strangers === 1) notes.push("One run is of a cell that has another text now, or is gone; it is not counted.");
  if (strangers > 1)
    notes.push(`${String(strangers)} runs are of cells that have another text now, or are gone; they are not counted.`);
  return [...notes, ...problems];
}

function duration({ value, atLeast }: Total): string {
  return `${atLeast ? "≥ " : ""}${formatDuration(value)}`;
}

function bytes({ value, atLeast }: Total): string {
  return `${atLeast ? "≥ " : ""}${formatBytes(value)}`;
}
