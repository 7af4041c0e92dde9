/** The end of an epoch as a note on the time line. */
import { formatDuration, formatValue } from "../../../protocol/format.ts";
import type { EpochEnd } from "./progress.ts";

/** Metrics that a note names; a chart shows the others. */
const NAMED = 3;

/** Something that happened, for the time line. Times are milliseconds since the epoch; `end` is null for a moment. */
export interface Note {
  readonly time: number;
  readonly end: number | null;
  readonly kind: "epoch";
  /** For people; data, never markup. */
  readonly text: string;
  /** Who said so, e.g. the progress file's path. */
  readonly source: string;
}

/** `Epoch 3 of 10 ended after 2 min: loss 0.412, accuracy 0.871`. */
export function epochNote(end: EpochEnd, source: string): Note {
  const { epoch, epochs, durationMs, loss, metrics, time } = end;
  const of = epochs === null ? "" : ` of ${String(epochs)}`;
  const after = durationMs === null ? "" : ` after ${formatDuration(durationMs)}`;
  const numbers = [...(loss === null ? [] : [["loss", loss] as const]), ...[...metrics].slice(0, NAMED)];
  const told = numbers.map(([name, value]) => `${name} ${formatValue(value, "{value}")}`).join(", ");
  const text = `Epoch ${String(epoch)}${of} ended${after}${told === "" ? "" : `: ${told}`}`;
  const began = durationMs === null ? time : time - durationMs;
  return { time: began, end: durationMs === null ? null : time, kind: "epoch", text, source };
}
