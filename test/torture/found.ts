/** What a history file holds of the known samples. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { HistoryQuery } from "../../protocol/history.ts";
import type { ChunkStore } from "../../server/octopus/store/chunk-store.ts";
import { METRIC, SERIES, valueOf } from "./known.ts";

export const EVERYTHING: HistoryQuery = {
  metric: METRIC,
  match: {},
  from: -Infinity,
  to: Infinity,
  step: 0,
  aggregate: "avg",
};

/** A folder of one's own under the system's temporary folder. */
export function freshFolder(): string {
  return mkdtempSync(path.join(tmpdir(), "gorgon-torture-"));
}

/** What was found in a file. */
export interface Found {
  /** The indices that are there, by series. */
  readonly indices: readonly ReadonlySet<number>[];
  readonly wrong: number;
  readonly doubled: number;
}

/** Every known sample of a file; sample `index` is of the time `base + index`. */
export async function readAll(store: ChunkStore, base: number, from = -Infinity): Promise<Found> {
  const indices = Array.from({ length: SERIES }, () => new Set<number>());
  let wrong = 0;
  let doubled = 0;
  for (const { attributes, times, values } of await store.query({ ...EVERYTHING, from: base + from })) {
    const series = Number(attributes["series"]);
    const seen = indices[series];
    times.forEach((time, at) => {
      const index = time - base;
      if (!Object.is(values[at], valueOf(series, index))) wrong += 1;
      if (seen?.has(index) === true) doubled += 1;
      seen?.add(index);
    });
  }
  return { indices, wrong, doubled };
}

/** The first index in [from, to) that a series lacks; null when all are there. */
export function firstMissing(found: Found, from: number, to: number): number | null {
  for (let index = from; index < to; index++) {
    if (!found.indices.every((series) => series.has(index))) return index;
  }
  return null;
}
