/** Notes on the time line: an alert, a cell's run, a deployment. */
import type { Annotation } from "../../../protocol/history.ts";
import type { ChunkFile } from "./chunk-file.ts";

export type { Annotation } from "../../../protocol/history.ts";

/** Texts are cut at this length. */
const MAX_TEXT = 2000;
/** A list has this many at most: the newest. */
const MAX_LISTED = 1000;
/** Of a row, as numbers that are no BigInt. */
const COLUMNS = "id, time * 1.0 AS time, end * 1.0 AS end, kind, text, source";

/** Which notes: those that touch [from, to), of these kinds or of all. */
export interface AnnotationQuery {
  readonly from: number;
  readonly to: number;
  readonly kinds?: readonly string[];
}

/** What the parts above may do with the notes. */
export type NoteKeeper = Pick<Annotations, "add" | "finish" | "list" | "all">;

/** The notes cannot be written or read here and now; the message says why, with the mend. */
export class AnnotationsUnavailable extends Error {
  override readonly name = "AnnotationsUnavailable";
}

/** The table of notes. */
export class Annotations {
  readonly #where: () => { readonly file: ChunkFile | null; readonly leads: boolean };

  /** `where` says which file is open now, and whether this process is its writer. */
  constructor(where: () => { readonly file: ChunkFile | null; readonly leads: boolean }) {
    this.#where = where;
  }

  /** Keeps a note; gives its id. Throws AnnotationsUnavailable, RangeError for times that are none, SQLite's errors. */
  add(note: Omit<Annotation, "id">): number {
    const { file, leads } = this.#where();
    if (file === null) throw new AnnotationsUnavailable("Notes cannot be kept: there is no history file now.");
    if (!leads) {
      throw new AnnotationsUnavailable("Another window's Gorgon writes the history: send the note to that one.");
    }
    const time = Math.round(note.time);
    const end = note.end === null ? null : Math.round(note.end);
    if (!Number.isSafeInteger(time) || (end !== null && !(Number.isSafeInteger(end) && end >= time))) {
      throw new RangeError(`A note from ${String(note.time)} to ${String(note.end)} is at no time.`);
    }
    let id = 0;
    file.write(() => {
      const done = file
        .statement("INSERT INTO annotation (time, end, kind, text, source) VALUES (?, ?, ?, ?, ?)")
        .run(time, end, note.kind, note.text.slice(0, MAX_TEXT), note.source.slice(0, MAX_TEXT));
      id = Number(done.lastInsertRowid);
    });
    return id;
  }

  /** Sets when something that had begun has ended; false when there is no such note. Throws like `add`. */
  finish(id: number, end: number): boolean {
    const { file, leads } = this.#where();
    if (file === null || !leads) throw new AnnotationsUnavailable("Notes can be changed by the history's writer only.");
    let changed = false;
    file.write(() => {
      const done = file.statement("UPDATE annotation SET end = max(time, ?) WHERE id = ?").run(Math.round(end), id);
      changed = done.changes !== 0;
    });
    return changed;
  }

  /** Notes by time, the newest thousand at most. Throws AnnotationsUnavailable and SQLite's errors. */
  list({ from, to, kinds }: AnnotationQuery): Annotation[] {
    const { file } = this.#where();
    if (file === null) throw new AnnotationsUnavailable("Notes cannot be read: there is no history file now.");
    const rows = file
      .statement(
        `SELECT ${COLUMNS} FROM annotation WHERE time < :to AND ifnull(end, time) >= :from AND (:kinds IS NULL OR kind IN ` +
          "(SELECT value FROM json_each(:kinds))) ORDER BY time DESC, id DESC LIMIT :limit",
      )
      .all({ from, to, kinds: kinds === undefined ? null : JSON.stringify(kinds), limit: MAX_LISTED });
    return rows.flatMap(noteOf).reverse();
  }

  /** Every note that touches [from, to), by time, a thousand at a time. Throws like `list`. */
  *all({ from, to }: Pick<AnnotationQuery, "from" | "to">): Generator<Annotation> {
    for (let after = { time: -Infinity, id: 0 }; ;) {
      const { file } = this.#where();
      if (file === null) throw new AnnotationsUnavailable("Notes cannot be read: there is no history file now.");
      const page = file
        .statement(
          `SELECT ${COLUMNS} FROM annotation WHERE time < :to AND ifnull(end, time) >= :from AND ` +
            "(time > :time OR (time = :time AND id > :id)) ORDER BY time, id LIMIT :limit",
        )
        .all({ from, to, ...after, limit: MAX_LISTED })
        .flatMap(noteOf);
      yield* page;
      const last = page.at(-1);
      if (last === undefined) return;
      after = { time: last.time, id: last.id };
    }
  }

  /** Forgets notes that ended before `cutoff`. For the writer alone. */
  prune(cutoff: number): void {
    const { file } = this.#where();
    file?.statement("DELETE FROM annotation WHERE ifnull(end, time) < ?").run(cutoff);
  }
}

/** The notes of a store; none where it keeps none, or has no file now. Throws SQLite's errors. */
export function notesOf(store: { readonly annotations?: NoteKeeper }, query: AnnotationQuery): readonly Annotation[] {
  try {
    return store.annotations?.list(query) ?? [];
  } catch (error) {
    if (error instanceof AnnotationsUnavailable) return [];
    throw error;
  }
}

type Row = Readonly<Record<string, unknown>>;

/** The note in a row; none when another program wrote something else there. */
function noteOf({ id, time, end, kind, text, source }: Row): Annotation[] {
  if (typeof id !== "number" || typeof time !== "number") return [];
  if (typeof kind !== "string" || typeof text !== "string" || typeof source !== "string") return [];
  return [{ id, time, end: typeof end === "number" ? end : null, kind, text, source }];
}
