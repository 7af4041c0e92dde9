/** Which colour and dashes a series has: the overview's where it is there, else one of its own, the same each time. */
import type { ChartSeries } from "../../protocol/messages/webview.ts";
import { seriesKey } from "../../protocol/reading.ts";

/** A slot's ink is its number modulo their count. */
export const INKS = ["cpu", "memory", "disk", "network", "gpu", "pressure"] as const;

/** The last one, red, is left to what the overview draws in it: on any other line it would look like an alarm. */
const FREE_INKS = INKS.length - 1;

/** What the overview draws has its colour here too. */
const OVERVIEW: Readonly<Record<string, (typeof INKS)[number]>> = {
  "gorgon.cpu.busy": "cpu",
  "system.memory.utilization": "memory",
  "system.filesystem.utilization": "disk",
  "gorgon.network.io.rate": "network",
  "hw.gpu.utilization": "gpu",
  "gorgon.pressure.ratio": "pressure",
};

/**
 * The slot for a series beside others: its own colour if it is free, else the next one; those of the overview keep their
 * colour and differ in shade, then in dashes. Ten differ by colour alone.
 */
export function freeSlot(series: ChartSeries, taken: readonly number[]): number {
  const known = OVERVIEW[series.metric];
  const own = known === undefined ? hash(seriesKey(series.metric, series.attributes)) : INKS.indexOf(known);
  const used = new Set(taken);
  for (let round = 0; ; round += 1) {
    for (let turn = 0; turn < (known === undefined ? FREE_INKS : 1); turn += 1) {
      const ink = known === undefined ? (own + turn) % FREE_INKS : own;
      const slot = round * INKS.length + ink;
      if (!used.has(slot)) return slot;
    }
  }
}

/** The slots of a list of series, as they get them when they are chosen one after the other. */
export function slotsOf(series: readonly ChartSeries[]): number[] {
  const slots: number[] = [];
  for (const one of series) slots.push(freeSlot(one, slots));
  return slots;
}

/** FNV-1a, to spread names over the colours. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193);
  }
  return (sum >>> 0) % FREE_INKS;
}
