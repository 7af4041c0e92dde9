/** Reads one file of the journal into a head. */
import { seriesKey } from "../../../protocol/reading.ts";
import type { ChunkHead, ChunkSeries } from "./chunk-head.ts";
import type { Definition, JournalVisitor } from "./journal/records.ts";
import { parseName } from "./series-name.ts";

/** The series that a file or a journal names; known from now on. `id`: its number in the file. Null for damage. */
export function addNamed(head: ChunkHead, definition: Definition, id?: number): ChunkSeries | null {
  const parsed = parseName(definition.name);
  if (parsed === null) return null;
  const { metric, attributes } = parsed;
  return head.get(seriesKey(metric, attributes)) ?? head.add(metric, attributes, definition.unit, definition.kind, id);
}

/** Takes what one file of the journal says; ids mean something within one file only. */
export class Replay implements JournalVisitor {
  readonly #head: ChunkHead;
  readonly #series = new Map<number, ChunkSeries>();
  /** Sequence of the newest sample; 0 when there was none. */
  last = 0;

  constructor(head: ChunkHead) {
    this.#head = head;
  }

  define(id: number, definition: Definition, sealed: number): void {
    const series = addNamed(this.#head, definition);
    if (series === null) return;
    this.#series.set(id, series);
    // All that was said of it before is in the database: what comes now is another chunk.
    if (series.open.count > 0 && series.open.sequence <= sealed) series.freeze();
  }

  sample(id: number, sequence: number, time: number, value: number): void {
    if (sequence > this.last) this.last = sequence;
    const series = this.#series.get(id);
    if (series === undefined || sequence <= series.sealed) return;
    series.open.add(time, value, sequence);
  }

  cut(id: number): void {
    this.#series.get(id)?.freeze();
  }
}
